//! JPEG: APP1 (EXIF, XMP, extended XMP), APP11 (JUMBF), APP13 (Photoshop resources), comments, and
//! the trailer after the image. Walks segment by segment up to the first scan and never decodes.
//!
//! Entropy-coded data cannot hold an end-of-image marker, so a file is truncated exactly when none
//! stands after the scan. The tail is looked at first; only when it has none (a large trailer, or a
//! cut file) the rest is read, up to `SCAN_CAP`.

use std::collections::BTreeMap;

use crate::detect::block::{Carrier, Content, Found, Store};
use crate::detect::bytes::{Broke, Bytes, WINDOW_MAX};
use crate::detect::container::{irb, samsung};

const NAME: &str = "jpeg";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const XMP_MORE: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const EXIF: &[u8] = b"Exif\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
/// How far the end-of-image marker is searched behind the scan.
const SCAN_CAP: u64 = 64 << 20;

/// Walks the segments.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    let mut parts = Parts::default();
    let result = segments(bytes, found, &mut parts);
    parts.finish(found);
    match result {
        Err(broke) => found.broke(NAME, &broke),
        Ok(None) => {}
        Ok(Some(scan)) => image_end(bytes, scan, found),
    }
}

/// Pieces of a packet by their offset in it.
type Pieces = BTreeMap<u32, Vec<u8>>;

/// What is spread over several segments.
#[derive(Default)]
struct Parts {
    /// Extended XMP by its GUID: first offset in the file, pieces by their offset in the packet.
    xmp: BTreeMap<Vec<u8>, (u64, Pieces)>,
    photoshop: Vec<u8>,
    photoshop_at: u64,
    c2pa: bool,
}

impl Parts {
    fn finish(&mut self, found: &mut Found) {
        for (at, pieces) in self.xmp.values_mut() {
            // The pieces carry their offsets; a gap leaves XML that does not parse, which is said.
            let packet = std::mem::take(pieces).into_values().collect::<Vec<_>>().concat();
            found.add(format!("JPEG APP1 extended XMP @ offset {at}"), Content::Xmp(packet));
        }
        if !self.photoshop.is_empty() {
            let place = format!("JPEG APP13 @ offset {}", self.photoshop_at);
            irb::walk(&self.photoshop, &place, found);
        }
    }
}

/// Walks to the first scan and gives the offset behind its header, or nothing when the image ends
/// without one (as thumbnails-only files do).
fn segments(
    bytes: &mut Bytes<'_>,
    found: &mut Found,
    parts: &mut Parts,
) -> Result<Option<u64>, Broke> {
    let mut at = 2;
    loop {
        let mut marker = at;
        if bytes.u8(marker).map_err(|_| Broke::new(at, "ends before any image data"))? != 0xff {
            // A length lied. Decoders go on at the next marker, and so marks there are found too.
            found.broke(NAME, &Broke::new(at, "no marker stands here"));
            marker =
                next_marker(bytes, at).ok_or_else(|| Broke::new(at, "no marker follows at all"))?;
        }
        // Any number of fill bytes may stand before a marker.
        while bytes.u8(marker + 1)? == 0xff {
            marker += 1;
        }
        let code = bytes.u8(marker + 1)?;
        let body = marker + 2;
        match code {
            0xd9 => return Ok(None),
            0x01 | 0xd0..=0xd8 => {
                at = body;
                continue;
            }
            _ => {}
        }
        let len = u64::from(bytes.u16_be(body)?);
        if len < 2 || body + len > bytes.len() {
            return Err(Broke::new(
                marker,
                format!("segment FF{code:02X} of {len} bytes runs past the end"),
            ));
        }
        if code == 0xda {
            return Ok(Some(body + len));
        }
        if matches!(code, 0xe0..=0xef | 0xfe) {
            let data = bytes.take(body + 2, len - 2)?;
            segment(code, marker, &data, found, parts);
        }
        at = body + len;
    }
}

/// The next marker that begins a segment, not far off.
fn next_marker(bytes: &mut Bytes<'_>, from: u64) -> Option<u64> {
    let part = bytes.peek_up_to(from, WINDOW_MAX);
    let hit = part
        .windows(2)
        .position(|pair| matches!(pair, [0xff, 0xc0..=0xcf | 0xd9..=0xef | 0xfe]))?;
    Some(from + hit as u64)
}

fn segment(code: u8, at: u64, data: &[u8], found: &mut Found, parts: &mut Parts) {
    match code {
        0xe1 => {
            if let Some(packet) = data.strip_prefix(XMP) {
                found.add(format!("JPEG APP1 XMP @ offset {at}"), Content::Xmp(packet.to_vec()));
            } else if let Some(more) = data.strip_prefix(XMP_MORE) {
                extended(at, more, parts);
            } else if data.starts_with(EXIF) {
                let exif = data.get(6..).unwrap_or_default().to_vec();
                found.add(format!("JPEG APP1 EXIF @ offset {at}"), Content::Exif(exif));
            }
        }
        0xeb if !parts.c2pa && c2pa_superbox(data) => {
            parts.c2pa = true;
            found
                .add(format!("JPEG APP11 JUMBF c2pa @ offset {at}"), Content::C2pa(Store::InPlace));
        }
        0xed => {
            if let Some(resources) = data.strip_prefix(PHOTOSHOP) {
                if parts.photoshop.is_empty() {
                    parts.photoshop_at = at;
                }
                parts.photoshop.extend_from_slice(resources);
            }
        }
        0xfe => found.text(
            format!("JPEG COM @ offset {at}"),
            Carrier::Comment,
            "COM",
            String::from_utf8_lossy(data).trim_end_matches('\0'),
        ),
        // Chinese generators put the label into a bare segment of its own.
        0xe0..=0xef if data.starts_with(b"AIGC{") => found.text(
            format!("JPEG APP{} AIGC @ offset {at}", code - 0xe0),
            Carrier::Comment,
            "AIGC",
            String::from_utf8_lossy(data.get(4..).unwrap_or_default()).trim_end_matches('\0'),
        ),
        _ => {}
    }
}

fn extended(at: u64, data: &[u8], parts: &mut Parts) {
    let (Some(guid), Some(offset), Some(piece)) =
        (data.get(..32), data.get(36..40), data.get(40..))
    else {
        return;
    };
    let offset = offset.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let (_, pieces) = parts.xmp.entry(guid.to_vec()).or_insert_with(|| (at, BTreeMap::new()));
    pieces.insert(offset, piece.to_vec());
}

/// The first segment of a store: `JP`, instance, sequence 1, then the superbox with its label.
/// Four letters alone would be found in compressed data too.
fn c2pa_superbox(data: &[u8]) -> bool {
    data.starts_with(b"JP") && data.get(8..).is_some_and(is_c2pa_jumbf)
}

/// Whether these bytes begin a JUMBF superbox labelled `c2pa`.
pub fn is_c2pa_jumbf(data: &[u8]) -> bool {
    data.get(4..8) == Some(b"jumb")
        && data.get(12..16) == Some(b"jumd")
        && data.get(33..38) == Some(b"c2pa\0")
}

fn image_end(bytes: &mut Bytes<'_>, scan: u64, found: &mut Found) {
    let tail = bytes.len().saturating_sub(WINDOW_MAX as u64 / 16).max(scan);
    let end = end_marker(bytes, tail).or_else(|| {
        bytes.read_ahead(WINDOW_MAX);
        end_marker(bytes, scan)
    });
    if end.is_some() {
        samsung::walk(bytes, scan, found);
    } else if bytes.len() - scan <= SCAN_CAP {
        found.problem(NAME, format!("broke at offset {}: ends inside the image data", bytes.len()));
    }
}

/// The first end-of-image marker from `from` on.
fn end_marker(bytes: &mut Bytes<'_>, from: u64) -> Option<u64> {
    let mut at = from;
    let stop = bytes.len().min(from.saturating_add(SCAN_CAP));
    while at + 1 < stop {
        let part = bytes.peek_up_to(at, 4096);
        if let Some(hit) = part.windows(2).position(|pair| pair == [0xff, 0xd9]) {
            return Some(at + hit as u64);
        }
        // One byte of overlap, for a marker across the seam.
        at += (part.len() as u64).saturating_sub(1).max(1);
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    /// One segment.
    pub fn segment_bytes(code: u8, data: &[u8]) -> Vec<u8> {
        let mut out = vec![0xff, code];
        out.extend_from_slice(&u16::try_from(data.len() + 2).unwrap().to_be_bytes());
        out.extend_from_slice(data);
        out
    }

    /// A JPEG with these segments and a little image data.
    pub fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
        let mut out = vec![0xff, 0xd8];
        out.extend(segments.concat());
        out.extend(segment_bytes(0xda, &[0; 10]));
        out.extend_from_slice(&[1, 2, 3, 0xff, 0, 4, 0xff, 0xd9]);
        out
    }

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn segments_give_their_blocks() {
        let mut more = XMP_MORE.to_vec();
        more.extend_from_slice(&[b'g'; 32]);
        let first = [more.clone(), vec![0, 0, 0, 4, 0, 0, 0, 0], b"<a".to_vec()].concat();
        let second = [more, vec![0, 0, 0, 4, 0, 0, 0, 2], b"/>".to_vec()].concat();
        let jumbf = [
            b"JP\0\x01\0\0\0\x01".as_slice(),
            b"\0\0\0\x40jumb\0\0\0\x26jumd0123456789abcdef\x03c2pa\0",
        ]
        .concat();
        let file = jpeg(&[
            segment_bytes(0xe1, &[XMP, b"<x/>"].concat()),
            segment_bytes(0xe1, &second),
            segment_bytes(0xe1, &first),
            segment_bytes(0xeb, &jumbf),
            segment_bytes(0xfe, b"hello"),
        ]);
        let found = found(&file);
        assert_eq!(found.problems, []);
        let places: Vec<_> = found.blocks.iter().map(|block| block.place.as_str()).collect();
        assert_eq!(places[0], "JPEG APP1 XMP @ offset 2");
        assert!(places[1].starts_with("JPEG APP11 JUMBF c2pa"));
        assert!(matches!(&found.blocks[3].content, Content::Xmp(xmp) if xmp == b"<a/>"));
    }

    #[test]
    fn a_false_length_and_a_cut_file_are_problems_and_a_trailer_is_none() {
        let mut file = jpeg(&[segment_bytes(0xfe, b"hello")]);
        file.extend(std::iter::repeat_n(7, 100_000));
        assert_eq!(found(&file).problems, []);
        let mut lie = file.clone();
        lie[4] = 0xff;
        lie.truncate(200);
        assert!(found(&lie).problems[0].problem.contains("segment FFFE of"));
        let cut = &file[..file.len() - 100_004];
        assert_eq!(
            found(cut).problems[0].problem,
            format!("broke at offset {}: ends inside the image data", cut.len())
        );
        assert_eq!(found(&file[..6]).problems.len(), 1);
    }
}
