//! Whether a file is a timeline, for one that something else names as if it were media: what it plays is not known
//! from there. Told by the extension and by how it begins; where other files begin so too, by what only a timeline
//! has in it. Reads no more than it takes.

use std::io;
use std::io::Read;
use std::io::Seek;
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::deliver::timeline::FILE_MAX;
use crate::deliver::timeline::edl;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::format::Format;
use crate::deliver::timeline::otio;
use crate::deliver::timeline::parse;
use crate::deliver::timeline::text;
use crate::deliver::timeline::zip;

/// The bytes by which a format is told.
const START: u64 = 64 << 10;

/// Whether a file is a timeline, whole or broken.
pub fn is_timeline<R: Read + Seek>(path: &Path, mut file: R) -> io::Result<bool> {
    if Format::of_extension(path).is_some() {
        return Ok(true);
    }
    let mut start = Vec::new();
    file.by_ref().take(START).read_to_end(&mut start)?;
    match begins_as(&start) {
        None => Ok(false),
        Some(Format::Fcpxml | Format::Xmeml | Format::Prproj) => Ok(true),
        Some(Format::Otioz) => Ok(zip::has_member(file, otio::ZIPPED_NAME)),
        Some(_) => {
            file.rewind()?;
            let mut bytes = Vec::new();
            file.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
            // One that is larger than what is read of any is one all the same.
            Ok(!matches!(parse(path, &bytes), Err(TimelineError::Malformed { .. })))
        }
    }
}

/// The format that a file may be in which begins so.
fn begins_as(start: &[u8]) -> Option<Format> {
    match Format::of_bytes(start) {
        // Anything may be packed so.
        Some(Format::Prproj) => {
            let mut unpacked = Vec::new();
            // That it breaks off where the start ends is no error.
            let _ = MultiGzDecoder::new(start).take(START).read_to_end(&mut unpacked);
            Format::of_text(&text::decode(&unpacked).text)
                .filter(|format| *format == Format::Prproj)
        }
        None => {
            let decoded = text::decode(start);
            Format::of_text(&decoded.text)
                .or_else(|| edl::has_event(&decoded.text).then_some(Format::Edl))
        }
        binary => binary,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::default());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    }

    fn told(path: &str, bytes: &[u8]) -> bool {
        is_timeline(Path::new(path), Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_timeline_is_told_whatever_it_is_called() {
        let event = "001  AX  V  C  00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n";
        let long = format!("<PremiereData>{}</PremiereData>", "<a>b</a>".repeat(200_000));
        let all: [&[u8]; 8] = [
            br#"{"OTIO_SCHEMA": "Timeline.1", "tracks": null}"#,
            event.as_bytes(),
            "TITLE: x\n\n001  AX  V  C  00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n"
                .as_bytes(),
            b"<?xml version='1.0'?>\n<!DOCTYPE xmeml>\n<xmeml version='5'></xmeml>",
            b"<fcpxml version='1.10'>",
            b"<PremiereData Version='3'></PremiereData>",
            &packed("<PremiereData Version='3'></PremiereData>"),
            &packed(&long),
        ];
        for one in all {
            assert!(told("reel.mov", one), "{:?}", String::from_utf8_lossy(one));
        }
        for name in ["a.otio", "a.otioz", "a.EDL", "a.fcpxml", "a.aaf", "a.ale", "a.prproj"] {
            assert!(told(name, b"broken"), "{name}");
        }
    }

    #[test]
    fn what_only_begins_as_timelines_do_is_none() {
        let all: [&[u8]; 9] = [
            b"",
            b"\x89PNG\r\n\x1a\n",
            br#"{"v": "5.7", "fr": 24, "layers": []}"#,
            b"[Script Info]\nTitle: x\n",
            b"Title: notes for the cut\nnothing in it\n",
            b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
            b"PK\x03\x04 no directory",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no container",
            &packed("<svg></svg>"),
        ];
        for one in all {
            assert!(!told("title.json", one), "{:?}", String::from_utf8_lossy(one));
        }
    }
}
