#!/usr/bin/env python3
"""Counts media references of timelines with OpenTimelineIO: what genlock's readers are compared with.

Usage: otio_counts.py FILE...   (opentimelineio and its adapters: cmx3600, fcpx_xml, fcp_xml, ale, AAF)
Prints one line of JSON a file: {"path", "clips", "targets"} or {"path", "error"}. `clips` counts
clips whose media are not a generator, `targets` is the sorted list of distinct target URLs.
"""

import json
import sys
import warnings

import opentimelineio as otio

ADAPTERS = {"edl": "cmx_3600", "fcpxml": "fcpx_xml", "xml": "fcp_xml", "ale": "ale", "aaf": "AAF"}


def clips(thing):
    """All clips, whatever the adapter gives: a timeline, a collection, a bare clip."""
    if isinstance(thing, otio.schema.Clip):
        yield thing
    elif isinstance(thing, otio.schema.Timeline):
        yield from clips(thing.tracks)
    elif hasattr(thing, "__iter__"):
        for child in thing:
            yield from clips(child)


def count(path):
    """What one file holds."""
    adapter = ADAPTERS.get(path.rsplit(".", 1)[-1].lower())
    arguments = {"simplify": False} if adapter == "AAF" else {}
    thing = otio.adapters.read_from_file(path, adapter_name=adapter, **arguments)
    number, targets = 0, set()
    for clip in clips(thing):
        references = clip.media_references().values()
        if all(isinstance(one, otio.schema.GeneratorReference) for one in references):
            continue
        number += 1
        for one in references:
            url = getattr(one, "target_url", None)
            if url:
                targets.add(url)
    return {"path": path, "clips": number, "targets": sorted(targets)}


def main():
    """One line for each file, also for those that cannot be read."""
    warnings.simplefilter("ignore")
    for path in sys.argv[1:]:
        try:
            found = count(path)
        except Exception as error:  # pylint: disable=broad-except
            found = {"path": path, "error": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(found))


if __name__ == "__main__":
    main()
