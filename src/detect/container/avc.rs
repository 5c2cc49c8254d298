//! User data in the first frames of an H.264 or H.265 film: what encoders of generators write into
//! the stream itself, and which so outlives a change of container. Finds the first samples through
//! the sample tables and walks their NAL units; never searches the media for bytes, and reads of it
//! only unit headers and user data. Used by `bmff`.

use crate::detect::block::{Carrier, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::container::bmff::{BoxAt, box_at};
use crate::detect::unicode::latin;

/// Samples looked at, from the first.
const SAMPLES_MAX: u64 = 4;
/// Bytes of the media within which units are walked.
const MEDIA_CAP: u64 = 1 << 20;
/// Units looked at in one sample.
const UNITS_MAX: usize = 256;
/// The largest unit of user data that is read.
const SEI_CAP: u64 = 64 << 10;
/// Boxes walked on one level of a track.
const SIBLINGS_MAX: usize = 256;
/// Messages in one unit.
const MESSAGES_MAX: usize = 64;

#[derive(Clone, Copy)]
enum Codec {
    H264,
    H265,
}

/// How units stand in a sample.
#[derive(Clone, Copy)]
struct Format {
    codec: Codec,
    /// Bytes of the length before each unit.
    length: u64,
}

/// Looks at the first samples of a track, when it is a film of these codecs in this file.
pub fn track(
    bytes: &mut Bytes<'_>,
    track: BoxAt,
    path: &str,
    found: &mut Found,
) -> Result<(), Broke> {
    let Some(media) = child(bytes, track, *b"mdia")? else {
        return Ok(());
    };
    let Some(information) = child(bytes, media, *b"minf")? else {
        return Ok(());
    };
    let Some(table) = child(bytes, information, *b"stbl")? else {
        return Ok(());
    };
    let Some(format) = format(bytes, table)? else {
        return Ok(());
    };
    if !self_contained(bytes, information)? {
        return Ok(());
    }
    let mut left = MEDIA_CAP;
    for (number, (at, size)) in (1..).zip(samples(bytes, table)?) {
        let there = size.min(bytes.len().saturating_sub(at));
        let looked_at = there.min(left);
        left -= looked_at;
        units(
            bytes,
            at,
            at.saturating_add(looked_at),
            format,
            &format!("{path} sample {number}"),
            found,
        );
        if there < size {
            return Err(Broke::new(at, format!("sample {number} of {path} runs past the end")));
        }
    }
    Ok(())
}

fn child(bytes: &mut Bytes<'_>, parent: BoxAt, kind: [u8; 4]) -> Result<Option<BoxAt>, Broke> {
    find(bytes, parent.body, parent.end, &[kind])
}

fn find(
    bytes: &mut Bytes<'_>,
    from: u64,
    end: u64,
    kinds: &[[u8; 4]],
) -> Result<Option<BoxAt>, Broke> {
    let mut at = from;
    for _ in 0..SIBLINGS_MAX {
        if at + 8 > end {
            break;
        }
        let here = box_at(bytes, at, end)?;
        if kinds.contains(&here.kind) {
            return Ok(Some(here));
        }
        at = here.end;
    }
    Ok(None)
}

/// The codec and the length of lengths, from the first sample description.
fn format(bytes: &mut Bytes<'_>, table: BoxAt) -> Result<Option<Format>, Broke> {
    /// Fields of a description of film before its own boxes.
    const DESCRIPTION: u64 = 78;
    let Some(list) = child(bytes, table, *b"stsd")? else {
        return Ok(None);
    };
    if list.body + 16 > list.end {
        return Ok(None);
    }
    let entry = box_at(bytes, list.body + 8, list.end)?;
    let codec = match &entry.kind {
        b"avc1" | b"avc2" | b"avc3" => Codec::H264,
        b"hvc1" | b"hev1" => Codec::H265,
        _ => return Ok(None),
    };
    let kinds = [*b"avcC", *b"hvcC"];
    let Some(here) = find(bytes, entry.body + DESCRIPTION, entry.end, &kinds)? else {
        return Ok(None);
    };
    let at = here.body + if matches!(codec, Codec::H264) { 4 } else { 21 };
    if at >= here.end {
        return Ok(None);
    }
    let length = u64::from(bytes.u8(at)? & 3) + 1;
    Ok(Some(Format { codec, length }))
}

/// Whether the media stands in this file; a reference movie points elsewhere.
fn self_contained(bytes: &mut Bytes<'_>, information: BoxAt) -> Result<bool, Broke> {
    let Some(place) = child(bytes, information, *b"dinf")? else {
        return Ok(true);
    };
    let Some(list) = child(bytes, place, *b"dref")? else {
        return Ok(true);
    };
    if list.body + 16 > list.end {
        return Ok(true);
    }
    let first = box_at(bytes, list.body + 8, list.end)?;
    Ok(first.end < first.body + 4 || bytes.u32_be(first.body)? & 1 == 1)
}

/// Offset and size of the first samples: those of the first chunk.
fn samples(bytes: &mut Bytes<'_>, table: BoxAt) -> Result<Vec<(u64, u64)>, Broke> {
    let chunks = find(bytes, table.body, table.end, &[*b"stco", *b"co64"])?;
    let sizes = child(bytes, table, *b"stsz")?;
    let (Some(chunks), Some(sizes)) = (chunks, sizes) else {
        return Ok(Vec::new());
    };
    if chunks.body + 12 > chunks.end || bytes.u32_be(chunks.body + 4)? == 0 {
        // A fragmented film: its samples are told of elsewhere.
        return Ok(Vec::new());
    }
    let mut at = match &chunks.kind {
        b"stco" => u64::from(bytes.u32_be(chunks.body + 8)?),
        _ => bytes.u64_be(chunks.body + 8)?,
    };
    let in_chunk = match child(bytes, table, *b"stsc")? {
        Some(list) if list.body + 20 <= list.end => u64::from(bytes.u32_be(list.body + 12)?),
        _ => 1,
    };
    let same = u64::from(bytes.u32_be(sizes.body + 4)?);
    let count = u64::from(bytes.u32_be(sizes.body + 8)?).min(in_chunk).min(SAMPLES_MAX);
    let mut samples = Vec::new();
    for number in 0..count {
        let entry = sizes.body + 12 + number * 4;
        if same == 0 && entry + 4 > sizes.end {
            return Err(Broke::new(entry, "a sample size stands outside its table"));
        }
        let size = if same == 0 { u64::from(bytes.u32_be(entry)?) } else { same };
        samples.push((at, size));
        at = at.saturating_add(size);
    }
    Ok(samples)
}

/// Walks the units of a sample. What does not look like one ends the walk: an encrypted or broken
/// stream is for a player to judge.
fn units(
    bytes: &mut Bytes<'_>,
    from: u64,
    end: u64,
    format: Format,
    place: &str,
    found: &mut Found,
) {
    let mut at = from;
    for _ in 0..UNITS_MAX {
        let header = bytes.peek_up_to(at, 6).to_vec();
        let prefix = usize::try_from(format.length).unwrap_or(4);
        let Some((length, kind)) = header.split_at_checked(prefix) else {
            return;
        };
        let size = length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let body = at + format.length;
        let Some(first) = kind.first().filter(|_| size > 0 && body < end) else {
            return;
        };
        let skip = match format.codec {
            Codec::H264 if first & 0x1f == 6 => 1,
            // User data before and behind the picture.
            Codec::H265 if matches!(first >> 1 & 0x3f, 39 | 40) => 2,
            _ => 0,
        };
        if skip > 0
            && size > skip
            && body + size <= end
            && size <= SEI_CAP
            && let Ok(data) = bytes.take(body + skip, size - skip)
        {
            messages(&data, &format!("{place} SEI @ offset {at}"), found);
        }
        at = body + size;
    }
}

/// The messages of a unit; those of user data are an identifier and what belongs to it.
fn messages(data: &[u8], place: &str, found: &mut Found) {
    let data = unescape(data);
    let mut rest = data.as_slice();
    for _ in 0..MESSAGES_MAX {
        let (Some(kind), Some(size)) = (number(&mut rest), number(&mut rest)) else {
            return;
        };
        let Some((body, after)) = rest.split_at_checked(size) else {
            return;
        };
        rest = after;
        if kind == 5
            && let Some((uuid, text)) = body.split_at_checked(16)
        {
            let key = uuid.iter().fold(String::new(), |key, byte| key + &format!("{byte:02x}"));
            found.text(format!("{place} user data {key}"), Carrier::Sei, key, latin(text));
        }
    }
}

/// A number as bytes that are added up, of which only the last is less than 255.
fn number(rest: &mut &[u8]) -> Option<usize> {
    let mut sum = 0usize;
    loop {
        let (first, after) = rest.split_first()?;
        *rest = after;
        sum += usize::from(*first);
        if *first != 0xff {
            return Some(sum);
        }
    }
}

/// Takes out the bytes that keep a unit from looking like the start of another.
fn unescape(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut zeros = 0;
    for byte in data {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::block::Content;
    use crate::detect::container::bmff::tests::bx;
    use crate::detect::container::bmff::walk;
    use crate::detect::container::walked;

    const KLING: &[u8] =
        b"\x91\xca\x60\x61\x4a\xee\x38\x54\x86\x14\x2d\x5f\x73\xf4\xae\x2ekling-ai\0";

    /// A film of one sample with these units, each behind its length.
    pub fn film(units: &[&[u8]]) -> Vec<u8> {
        let mut sample = Vec::new();
        for unit in units {
            sample.extend_from_slice(&u32::try_from(unit.len()).unwrap().to_be_bytes());
            sample.extend_from_slice(unit);
        }
        let word = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
        let head = bx(b"ftyp", b"isom\0\0\0\0");
        let build = |at: usize| {
            let config = bx(b"avcC", &[1, 0x64, 0, 0x1f, 0xff, 0xe0, 0]);
            let entry = bx(b"avc1", &[vec![0; 78], config].concat());
            let one = |kind, data: &[u8]| bx(kind, &[&[0; 4], &word(1)[..], data].concat());
            let size = bx(b"stsz", &[&[0; 8], &word(1)[..], &word(sample.len())].concat());
            let chunks = one(b"stsc", &[word(1), word(1), word(1)].concat());
            let table = [one(b"stsd", &entry), size, chunks, one(b"stco", &word(at))].concat();
            let data = one(b"dref", &bx(b"url ", &[0, 0, 0, 1]));
            let inner = [bx(b"dinf", &data), bx(b"stbl", &table)].concat();
            bx(b"moov", &bx(b"trak", &bx(b"mdia", &bx(b"minf", &inner))))
        };
        let at = head.len() + build(0).len() + 8;
        [head, build(at), bx(b"mdat", &sample)].concat()
    }

    /// A unit of user data.
    pub fn kling() -> Vec<u8> {
        let mut unit = vec![6, 5, u8::try_from(KLING.len()).unwrap()];
        unit.extend_from_slice(KLING);
        unit.push(0x80);
        unit
    }

    fn look(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn user_data_of_the_first_sample_is_found_by_structure() {
        let file = film(&[&[9, 0x10], &kling(), &[0x65, 1, 2, 3]]);
        let found = look(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 1);
        assert!(found.blocks[0].place.starts_with("moov/trak sample 1 SEI @ offset "));
        assert!(matches!(&found.blocks[0].content, Content::Text { key, value, .. }
            if key == "91ca60614aee385486142d5f73f4ae2e" && value == "kling-ai"));
        // The same bytes inside a picture are nothing.
        assert_eq!(look(&film(&[&[&[0x65], kling().as_slice()].concat()])).blocks, []);
    }

    #[test]
    fn escapes_are_undone_and_long_numbers_added() {
        assert_eq!(unescape(&[0, 0, 3, 1, 0, 0, 3]), [0, 0, 1, 0, 0]);
        assert_eq!(number(&mut [255, 255, 4, 9].as_slice()), Some(514));
        assert_eq!(number(&mut [255, 255].as_slice()), None);
    }

    #[test]
    fn a_sample_past_the_end_is_a_problem_and_a_reference_movie_is_not() {
        let file = film(&[&kling()]);
        assert_eq!(look(&file[..file.len() - 1]).problems.len(), 2);
        // User data that stands before the cut is read all the same.
        let file_of_two = film(&[&kling(), &[0x65; 50]]);
        let cut = look(&file_of_two[..file_of_two.len() - 20]);
        assert_eq!((cut.texts().len(), cut.problems.len()), (1, 2));
        let mut elsewhere = file.clone();
        let url = file.windows(4).position(|kind| kind == b"url ").unwrap();
        elsewhere[url + 7] = 0;
        assert_eq!(look(&elsewhere).blocks, []);
        let mut lie = file.clone();
        let at = file.windows(4).position(|kind| kind == b"stsz").unwrap();
        lie[at + 12..at + 20].copy_from_slice(&[0xff; 8]);
        assert_eq!(look(&lie).problems.len(), 1);
    }
}
