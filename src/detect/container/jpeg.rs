//! JPEG: APP1 (EXIF, XMP, extended XMP), APP11 (JUMBF), APP13 (Photoshop resources), comments, and
//! the trailer after the image. Walks segment by segment up to the first scan and never decodes.
//!
//! Entropy-coded data cannot hold an end-of-image marker, so a file is truncated exactly when none
//! stands after the scan. The tail is looked at first; only when it has none (a large trailer, or a
//! cut file) the rest is read, up to `SCAN_CAP`.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::block::{BLOCKS_CAP, Block, Carrier, Content, Found, Pieces, STORES_MAX, Store};
use crate::detect::bytes::{Broke, Bytes, WINDOW_MAX};
use crate::detect::container::tiff::is_exif;
use crate::detect::container::{irb, samsung};
use crate::detect::sniff::jpeg_start;

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
    let start = jpeg_start(bytes.peek_up_to(0, WINDOW_MAX)).unwrap_or(0);
    if start > 0 {
        found.problem(NAME, format!("{start} bytes stand before the image"));
    }
    let result = segments(bytes, start as u64 + 2, found, &mut parts);
    parts.finish(found);
    match result {
        Err(broke) => found.broke(NAME, &broke),
        Ok(None) => {}
        Ok(Some(scan)) => image_end(bytes, scan, found),
    }
}

/// Pieces of a packet by their offset in it.
type Packet = BTreeMap<u32, Vec<u8>>;

/// What is spread over several segments.
#[derive(Default)]
struct Parts {
    /// Extended XMP by its GUID: first offset in the file, pieces by their offset in the packet.
    xmp: BTreeMap<Vec<u8>, (u64, Packet)>,
    photoshop: Vec<u8>,
    photoshop_at: u64,
    /// Bytes of both so far.
    held: usize,
    /// Boxes whose first part was met, by their number.
    boxes: BTreeSet<[u8; 2]>,
    /// Stores by the number of their box: which block each one is.
    stores: BTreeMap<[u8; 2], usize>,
}

impl Parts {
    /// Whether there is room for a piece: a block put together of pieces is as large as one may be.
    fn holds(&mut self, piece: &[u8], found: &mut Found) -> bool {
        self.held += piece.len();
        let room = self.held <= BLOCKS_CAP;
        if !room {
            found.more(NAME, "pieces of metadata");
        }
        room
    }

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

/// Walks from behind the first marker to the first scan and gives the offset behind its header, or nothing when the image ends
/// without one (as thumbnails-only files do).
fn segments(
    bytes: &mut Bytes<'_>,
    from: u64,
    found: &mut Found,
    parts: &mut Parts,
) -> Result<Option<u64>, Broke> {
    let mut at = from;
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
            if code == 0xeb && len >= 2 {
                // What is there of a manifest store is read.
                let cut = bytes.len().saturating_sub(body + 2);
                segment(code, marker, &bytes.take(body + 2, cut)?, found, parts);
            }
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
        // Chinese generators put the label into a bare segment of its own.
        0xe0..=0xef if data.starts_with(b"AIGC{") => found.text(
            format!("JPEG APP{} AIGC @ offset {at}", code - 0xe0),
            Carrier::Comment,
            "AIGC",
            String::from_utf8_lossy(data.get(4..).unwrap_or_default()).trim_end_matches('\0'),
        ),
        0xe1 => {
            if let Some(packet) = data.strip_prefix(XMP) {
                found.add(format!("JPEG APP1 XMP @ offset {at}"), Content::Xmp(packet.to_vec()));
            } else if let Some(more) = data.strip_prefix(XMP_MORE) {
                if parts.holds(more, found) {
                    extended(at, more, parts);
                }
            } else if data.starts_with(EXIF) || is_exif(data) {
                found.add(format!("JPEG APP1 EXIF @ offset {at}"), Content::Exif(data.to_vec()));
            }
        }
        0xeb => {
            if let Some(part) = data.strip_prefix(b"JP") {
                boxed(at, part, found, parts);
            }
        }
        0xed => {
            if let Some(resources) = data.strip_prefix(PHOTOSHOP)
                && parts.holds(resources, found)
            {
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

/// What a JUMBF superbox says that it is, when it is a C2PA store.
const C2PA_UUID: [u8; 16] = *b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71";

/// A part of a box, as JPEG XT spreads it over APP11 segments: its number, which part it is, and the box's
/// header again. A store whose head is damaged must not pass for none.
fn boxed(at: u64, part: &[u8], found: &mut Found, parts: &mut Parts) {
    let mut broken = |what: &str| found.problem(NAME, format!("APP11 @ offset {at}: {what}"));
    let (Some(number), Some(sequence), Some(length), Some(kind)) =
        (part.first_chunk(), part.get(2..6), part.get(6..10), part.get(10..14))
    else {
        return broken("too short for a part of a box");
    };
    let is_first = sequence == [0, 0, 0, 1];
    let is_long = length == [0, 0, 0, 1];
    let inside = part.get(if is_long { 22 } else { 14 }..).unwrap_or_default();
    let is_described = inside.get(4..8) == Some(b"jumd");
    // Behind the marker with its length and the letters, the number and the sequence.
    let start = at + 4 + 2 + 6;
    let end = at + 4 + 2 + part.len() as u64;
    if kind != b"jumb" {
        // JPEG XT has boxes of its own, all named in letters and digits.
        if is_first && (is_described || !kind.iter().all(u8::is_ascii_alphanumeric)) {
            broken("no box begins where one should");
        }
        return;
    }
    if !is_first {
        if parts.boxes.insert(*number) {
            broken("the first part of this box is not there");
        } else if let Some(Block { content: Content::C2pa(Store::InPlace(pieces)), .. }) =
            parts.stores.get(number).and_then(|index| found.blocks.get_mut(*index))
        {
            // The header of the box stands in each part again.
            pieces.push(start + if is_long { 16 } else { 8 }..end);
        }
        return;
    }
    parts.boxes.insert(*number);
    if !is_described {
        return broken("a JUMBF box that does not say what it is");
    }
    let is_typed = inside.get(8..24) == Some(&C2PA_UUID);
    let is_labelled = inside.get(25..30) == Some(b"c2pa\0");
    if !is_typed && !is_labelled {
        if !is_of_others(inside) {
            broken("a JUMBF box whose type and label mean nothing");
        }
        return;
    }
    if !is_typed || !is_labelled {
        broken("a C2PA store whose type and label do not agree");
    } else if is_long {
        broken("a C2PA store with a length of 64 bits, which readers of C2PA do not take");
    }
    if parts.stores.len() < STORES_MAX && !parts.stores.contains_key(number) {
        parts.stores.insert(*number, found.blocks.len());
        let place = format!("JPEG APP11 JUMBF c2pa @ offset {at}");
        found.add(place, Content::C2pa(Store::InPlace(Pieces::from(start..end))));
    }
}

/// Whether a box that is no C2PA store may be one of another standard: its type ends as those of ISO do, or
/// it has a label that can be read.
fn is_of_others(inside: &[u8]) -> bool {
    let is_iso = inside.get(12..24) == C2PA_UUID.get(4..);
    let label = inside.get(25..).and_then(|text| text.split(|byte| *byte == 0).next());
    let is_text = |label: &[u8]| !label.is_empty() && label.iter().all(u8::is_ascii_graphic);
    is_iso
        || inside.get(24).is_some_and(|toggles| toggles & 0b1110_0010 == 0b10)
            && label.is_some_and(is_text)
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
    use crate::detect::container::tiff::tests::tiff;
    use crate::detect::container::walked;
    use crate::detect::expand::expand;

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

    /// A part of a box, with what a description box would say.
    fn part(sequence: u8, header: &[u8], uuid: &[u8], label: &[u8]) -> Vec<u8> {
        let number = [b"JP\0\x01\0\0\0", &[sequence][..], header].concat();
        [&number, b"\0\0\0\x26jumd".as_slice(), uuid, b"\x03", label].concat()
    }

    #[test]
    fn a_store_whose_head_is_damaged_is_not_passed_over() {
        const HEADER: &[u8] = b"\0\0\0\x40jumb";
        let (other, mut iso) = ([b'o'; 16], C2PA_UUID);
        iso[..4].copy_from_slice(b"json");
        let look = |parts: &[Vec<u8>]| {
            let segments: Vec<_> = parts.iter().map(|part| segment_bytes(0xeb, part)).collect();
            let found = found(&jpeg(&segments));
            (found.blocks.len(), found.problems.len())
        };
        assert_eq!(look(&[part(1, HEADER, &C2PA_UUID, b"c2pa\0")]), (1, 0));
        // Of several parts the first tells.
        let second = part(2, HEADER, &other, b"more");
        assert_eq!(look(&[part(1, HEADER, &C2PA_UUID, b"c2pa\0"), second.clone()]), (1, 0));
        assert_eq!(look(&[second.clone(), second]), (0, 1));
        // One byte of its label, of its type, of its description; a header that is none.
        assert_eq!(look(&[part(1, HEADER, &C2PA_UUID, b"x2pa\0")]), (1, 1));
        assert_eq!(look(&[part(1, HEADER, &other, b"c2pa\0")]), (1, 1));
        let mut cut = part(1, HEADER, &C2PA_UUID, b"c2pa\0");
        cut[20] = b'x';
        assert_eq!(look(&[cut]), (0, 1));
        assert_eq!(look(&[part(1, &[0x9b; 8], &other, b"")]), (0, 1));
        assert_eq!(look(&[b"JP\0\x01".to_vec()]), (0, 1));
        let long = part(1, b"\0\0\0\x01jumb\0\0\0\0\0\0\0\x48", &C2PA_UUID, b"c2pa\0");
        assert_eq!(look(&[long]), (1, 1));
        assert_eq!(look(&[part(1, b"\0\0\0\x40jumc", &C2PA_UUID, b"c2pa\0")]), (0, 1));
        assert_eq!(look(&[part(1, HEADER, &other, b"\x9b\x07")]), (0, 1));
        // Boxes of other standards.
        assert_eq!(look(&[part(1, HEADER, &other, b"j360\0")]), (0, 0));
        assert_eq!(look(&[part(1, HEADER, &iso, b"")]), (0, 0));
        assert_eq!(look(&[b"JP\0\x01\0\0\0\x01\0\0\0\x40SPECtone".to_vec()]), (0, 0));
        assert_eq!(look(&[b"HDR_RI ver=11".to_vec()]), (0, 0));
    }

    #[test]
    fn what_stands_before_the_image_hides_no_mark() {
        let file = jpeg(&[segment_bytes(0xfe, b"hello there")]);
        for before in [b"\xef\xbb\xbf".as_slice(), b"\n", &[0; 16]] {
            let late = found(&[before, &file].concat());
            assert_eq!(late.texts(), [("COM", "hello there")]);
            let [problem] = &late.problems[..] else { panic!("{:?}", late.problems) };
            assert_eq!(problem.problem, format!("{} bytes stand before the image", before.len()));
        }
    }

    #[test]
    fn a_bare_label_is_found_in_any_segment() {
        for code in 0xe0..=0xef {
            let result = found(&jpeg(&[segment_bytes(code, b"AIGC{\"Label\":\"1\"}")]));
            assert_eq!(result.texts(), [("AIGC", "{\"Label\":\"1\"}")], "{code:x}");
            assert_eq!(result.problems, []);
        }
    }

    #[test]
    fn exif_is_read_with_its_word_once_twice_or_not_at_all() {
        let block = tiff(&[(305, 2, b"reve.com\0")]);
        for word in ["Exif\0\0", "", "Exif\0\0Exif\0\0", "Exif\0"] {
            let mut found =
                found(&jpeg(&[segment_bytes(0xe1, &[word.as_bytes(), &block].concat())]));
            let (fields, _) = expand(&mut found);
            let fields: Vec<_> =
                fields.iter().map(|it| (it.key.as_str(), it.value.as_str())).collect();
            assert_eq!(fields, [("Software", "reve.com")], "{word:?}");
            assert_eq!(found.problems, [], "{word:?}");
        }
        // The segment of another program, which begins like nothing we know.
        assert_eq!(found(&jpeg(&[segment_bytes(0xe1, b"II of MM\0*")])).blocks, []);
    }

    #[test]
    fn pieces_of_one_block_are_bounded_together() {
        let resources = segment_bytes(0xed, &[PHOTOSHOP, &vec![0; 60_000]].concat());
        let result = found(&jpeg(&vec![resources; BLOCKS_CAP / 60_000 + 1]));
        assert!(result.problems.iter().any(|it| it.problem.contains("pieces of metadata")));
    }

    #[test]
    fn segments_give_their_blocks() {
        let mut more = XMP_MORE.to_vec();
        more.extend_from_slice(&[b'g'; 32]);
        let first = [more.clone(), vec![0, 0, 0, 4, 0, 0, 0, 0], b"<a".to_vec()].concat();
        let second = [more, vec![0, 0, 0, 4, 0, 0, 0, 2], b"/>".to_vec()].concat();
        let jumbf = part(1, b"\0\0\0\x40jumb", &C2PA_UUID, b"c2pa\0");
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
