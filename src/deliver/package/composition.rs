//! Composition playlist of IMF (ST 2067-3:2013, :2016, :2020) and DCP (ST 429-7:2006, Interop
//! `PROTO-ASDCP-CPL-20040511#`), and output profile list (ST 2067-100): which file plays when.

use crate::deliver::package::packing_list::digest;
use crate::deliver::package::xml::{Element, Tag, Xml, XmlFault};
use crate::deliver::package::{CompositionUse, Digest, Fraction, UseKind, uuid};

/// Uses in one composition.
const USES_MAX: usize = 100_000;

/// The editions of the playlist.
pub(super) const KNOWN: &[&str] = &[
    "http://www.digicine.com/PROTO-ASDCP-CPL-20040511#",
    "http://www.smpte-ra.org/schemas/429-7/2006/CPL",
    "http://www.smpte-ra.org/schemas/2067-3/2013",
    "http://www.smpte-ra.org/schemas/2067-3/2016",
];

/// What a composition playlist says.
#[derive(Debug, Default)]
pub(super) struct Composition {
    pub(super) namespace: String,
    /// UUID.
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) edit_rate: Option<Fraction>,
    /// The timecode of its first frame, where it says one.
    pub(super) starts_at: Option<String>,
    /// What it plays. `composition`, `title` and `path` are filled in by who knows the package.
    pub(super) uses: Vec<CompositionUse>,
    /// Hashes of track files by the playlist itself: UUID and digest.
    pub(super) digests: Vec<(String, Digest)>,
}

/// Reads a composition playlist.
pub(super) fn parse(text: &str) -> Result<Composition, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    if root.name != "CompositionPlaylist" {
        return Err(xml.fault(&format!("is a {}, not a CompositionPlaylist", root.name)));
    }
    let mut composition =
        Composition { namespace: xml.namespace().to_owned(), ..Composition::default() };
    let mut clock = Some(Fraction::ZERO);
    let mut part = 0;
    let mut listed = false;
    while let Some(tag) = xml.child()? {
        match tag.name.as_str() {
            "Id" if tag.own => composition.id = uuid(&xml.text()?),
            "ContentTitle" | "ContentTitleText" if tag.own => {
                composition.title = Some(xml.text()?).filter(|text| !text.is_empty());
            }
            "EditRate" if tag.own => {
                let text = xml.text()?;
                let rate = Fraction::rate(&text);
                composition.edit_rate =
                    Some(rate.ok_or_else(|| xml.fault("has an EditRate that is none"))?);
            }
            "CompositionTimecode" if tag.own => {
                let element = xml.record(tag)?;
                let start = element.text_of("TimecodeStartAddress");
                composition.starts_at = start.map(str::to_owned);
            }
            "SegmentList" | "ReelList" if tag.own => {
                listed = true;
                let reels = tag.name == "ReelList";
                while let Some(tag) = xml.child()? {
                    if !tag.own || !matches!(tag.name.as_str(), "Segment" | "Reel") {
                        xml.skip()?;
                        continue;
                    }
                    part += 1;
                    let start = Start { part, clock };
                    clock = if reels {
                        reel(&mut xml, &start, &mut composition)?
                    } else {
                        segment(&mut xml, &start, &mut composition)?
                    };
                }
            }
            _ => xml.skip()?,
        }
    }
    if !listed {
        return Err(xml.fault("has neither a SegmentList nor a ReelList"));
    }
    Ok(composition)
}

/// The composition an output profile list is for.
pub(super) fn parse_output_profile_list(text: &str) -> Result<Option<String>, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    if root.name != "OutputProfileList" {
        return Err(xml.fault(&format!("is a {}, not an OutputProfileList", root.name)));
    }
    let mut composition = None;
    while let Some(tag) = xml.child()? {
        if tag.own && tag.name == "CompositionPlaylistId" {
            composition = uuid(&xml.text()?);
        } else {
            xml.skip()?;
        }
    }
    Ok(composition)
}

/// Where a segment or reel begins.
struct Start {
    /// From 1.
    part: u32,
    /// Seconds from the start of the composition; `None` once it cannot be told.
    clock: Option<Fraction>,
}

/// A segment of IMF: sequences side by side, resources one after another (ST 2067-3, 6.10).
fn segment(
    xml: &mut Xml<'_>,
    start: &Start,
    composition: &mut Composition,
) -> Result<Option<Fraction>, XmlFault> {
    let mut end = start.clock;
    while let Some(tag) = xml.child()? {
        if !tag.own || tag.name != "SequenceList" {
            xml.skip()?;
            continue;
        }
        // Each sequence is in the namespace of the standard that brought it.
        while let Some(sequence) = xml.child()? {
            let after = self::sequence(xml, &sequence, start, composition)?;
            end = later(end, after);
        }
    }
    Ok(end)
}

fn sequence(
    xml: &mut Xml<'_>,
    sequence: &Tag,
    start: &Start,
    composition: &mut Composition,
) -> Result<Option<Fraction>, XmlFault> {
    let mut clock = start.clock;
    let mut track = None;
    while let Some(tag) = xml.child()? {
        match tag.name.as_str() {
            "TrackId" => track = uuid(&xml.text()?),
            "ResourceList" => {
                while let Some(tag) = xml.child()? {
                    let element = xml.record(tag)?;
                    let made = resource(&element, sequence, start.part);
                    let mut used = made.map_err(|what| xml.fault(&what))?;
                    used.edit_rate = used.edit_rate.or(composition.edit_rate);
                    used.track.clone_from(&track);
                    used.record_start = clock;
                    clock = after(clock, &used);
                    // Markers are resources without a file.
                    if used.kind == UseKind::Marker && used.track_file.is_empty() {
                        continue;
                    }
                    push(xml, composition, used, &element)?;
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(clock)
}

fn resource(element: &Element, sequence: &Tag, part: u32) -> Result<CompositionUse, String> {
    let entry_point = number(element, "EntryPoint")?.unwrap_or(0);
    let intrinsic = number(element, "IntrinsicDuration")?;
    let rest = intrinsic.map(|all| all.saturating_sub(entry_point));
    Ok(CompositionUse {
        kind: UseKind::of(&sequence.name),
        element: sequence.name.clone(),
        track_file: element.text_of("TrackFileId").and_then(uuid).unwrap_or_default(),
        edit_rate: rate(element)?,
        part,
        entry_point,
        duration: number(element, "SourceDuration")?.or(rest),
        repeat: number(element, "RepeatCount")?.unwrap_or(1),
        encrypted: element.child("KeyId").is_some(),
        ..CompositionUse::default()
    })
}

/// A reel of a DCP: assets side by side (ST 429-7, 8). It lasts as long as its picture.
fn reel(
    xml: &mut Xml<'_>,
    start: &Start,
    composition: &mut Composition,
) -> Result<Option<Fraction>, XmlFault> {
    let (mut longest, mut picture) = (start.clock, None);
    while let Some(tag) = xml.child()? {
        if !tag.own || tag.name != "AssetList" {
            xml.skip()?;
            continue;
        }
        while let Some(tag) = xml.child()? {
            let kind = UseKind::of(&tag.name);
            if kind == UseKind::Marker || tag.name == "CompositionMetadataAsset" {
                // These stand in the playlist itself; no file belongs to them.
                xml.skip()?;
                continue;
            }
            let element = xml.record(tag)?;
            let made = reel_asset(&element, kind, start);
            let used = made.map_err(|what| xml.fault(&what))?;
            let end = after(start.clock, &used);
            longest = later(longest, end);
            if kind == UseKind::Picture {
                picture = Some(end);
            }
            push(xml, composition, used, &element)?;
        }
    }
    Ok(picture.unwrap_or(longest))
}

fn reel_asset(element: &Element, kind: UseKind, start: &Start) -> Result<CompositionUse, String> {
    let entry_point = number(element, "EntryPoint")?.unwrap_or(0);
    let intrinsic = number(element, "IntrinsicDuration")?;
    let rest = intrinsic.map(|all| all.saturating_sub(entry_point));
    // An Id that is no child of the root's namespace is still the one of this asset: later
    // standards put the whole asset into a namespace of their own.
    let id = element.children.iter().find(|child| child.tag.name == "Id");
    let id = id.and_then(|id| uuid(&id.text));
    let name = &element.tag.name;
    Ok(CompositionUse {
        kind,
        element: name.clone(),
        track_file: id.ok_or_else(|| format!("has a {name} without a UUID"))?,
        part: start.part,
        entry_point,
        duration: number(element, "Duration")?.or(rest),
        repeat: 1,
        edit_rate: rate(element)?,
        record_start: start.clock,
        encrypted: element.child("KeyId").is_some(),
        ..CompositionUse::default()
    })
}

fn push(
    xml: &Xml<'_>,
    composition: &mut Composition,
    used: CompositionUse,
    element: &Element,
) -> Result<(), XmlFault> {
    let id = &used.track_file;
    if id.is_empty() {
        return Err(xml.fault(&format!("has a resource of a {} without a file", used.element)));
    }
    if composition.uses.len() >= USES_MAX {
        return Err(xml.fault(&format!("plays more than {USES_MAX} resources")));
    }
    if element.child("Hash").is_some() {
        let digest = digest(element).map_err(|what| xml.fault(&format!("asset {id}: {what}")))?;
        let known = (id.clone(), digest);
        if composition.digests.last() != Some(&known) {
            composition.digests.push(known);
        }
    }
    composition.uses.push(used);
    Ok(())
}

fn after(clock: Option<Fraction>, used: &CompositionUse) -> Option<Fraction> {
    let units = used.duration?.checked_mul(used.repeat)?;
    clock?.after(units, used.edit_rate?)
}

fn later(one: Option<Fraction>, other: Option<Fraction>) -> Option<Fraction> {
    let (one, other) = (one?, other?);
    Some(if other.exceeds(one) { other } else { one })
}

fn rate(element: &Element) -> Result<Option<Fraction>, String> {
    let Some(text) = element.text_of("EditRate") else { return Ok(None) };
    let name = &element.tag.name;
    let rate = Fraction::rate(text);
    rate.map(Some).ok_or_else(|| format!("gives a {name} the edit rate {text:?}, which is none"))
}

fn number(element: &Element, name: &str) -> Result<Option<u64>, String> {
    let Some(text) = element.text_of(name) else { return Ok(None) };
    let number = text.parse::<u64>();
    number
        .map(Some)
        .map_err(|_| format!("gives a resource the {name} {text:?}, which is no number"))
}
