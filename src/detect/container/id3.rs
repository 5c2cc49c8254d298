//! `ID3v2` tags (MP3, FLAC, AIFF, WAV) and what follows them in FLAC. Reads frame headers and only
//! the frames that carry text, links, private data or a C2PA store; pictures are seeked over.

use crate::detect::block::{Carrier, Content, Found, Store};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::container::ape;
use crate::detect::inflate::inflate;
use crate::detect::sniff::id3_length;
use crate::detect::unicode::{latin, utf16};

const NAME: &str = "id3";
/// Frames walked in one tag.
const FRAMES_MAX: usize = 10_000;
/// Tags in a row at either end.
pub const TAGS_MAX: usize = 16;

/// Walks an MP3: its tags in front and at the end. Frames of sound are not looked at, and a file
/// without a tag is whole.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    tags(bytes, "MP3 ID3v2", found);
    let mut end = ape::old(bytes, found);
    for _ in 0..TAGS_MAX {
        let start = ape::tag(bytes, end, found).or_else(|| appended(bytes, end, found));
        let Some(start) = start else {
            return;
        };
        end = start;
    }
    found.problem(NAME, "more tags stand at the end than are read");
}

/// Reads the tags at the start, of which programs that do not know each other leave several, and gives
/// the offset behind them.
pub fn tags(bytes: &mut Bytes<'_>, place: &str, found: &mut Found) -> u64 {
    let mut at = 0;
    for _ in 0..TAGS_MAX {
        let end = tag(bytes, at, place, found);
        if end == at {
            return at;
        }
        at = end;
    }
    found.problem(NAME, "more tags stand at the start than are read");
    at
}

/// Reads the tag of version 2.4 that ends at `end` with a footer, and gives the offset of its start.
fn appended(bytes: &mut Bytes<'_>, end: u64, found: &mut Found) -> Option<u64> {
    let mut footer = bytes.array::<10>(end.checked_sub(10)?).ok()?;
    footer.get_mut(..3).filter(|word| *word == b"3DI")?.copy_from_slice(b"ID3");
    let start = end.checked_sub(id3_length(&footer)?)?;
    let header = bytes.array::<10>(start).ok()?;
    // Nothing but a tag that both its ends agree on.
    (header == footer).then(|| tag(bytes, start, "MP3 ID3v2", found))?;
    Some(start)
}

/// Reads the tag at `at` and gives the offset behind it.
pub fn tag(bytes: &mut Bytes<'_>, at: u64, place: &str, found: &mut Found) -> u64 {
    let header = bytes.peek_up_to(at, 10).to_vec();
    let Some(length) = id3_length(&header) else {
        return at;
    };
    let (major, flags) = (header[3], header[5]);
    let end = at.saturating_add(length);
    if end > bytes.len() {
        found.problem(
            NAME,
            format!("broke at offset {at}: a tag of {length} bytes runs past the end"),
        );
    }
    let footer = if flags & 0x10 != 0 { 10 } else { 0 };
    let body_end = (end - footer).min(bytes.len());
    let result = if flags & 0x80 != 0 && major < 4 {
        // The whole tag is unsynchronised: undo that in memory, in which offsets then count.
        bytes.take(at + 10, body_end.saturating_sub(at + 10)).and_then(|body| {
            let body = resynchronise(&body);
            let len = body.len() as u64;
            frames(&mut Bytes::memory(&body), 0, len, major, flags, place, found)
        })
    } else {
        frames(bytes, at + 10, body_end, major, flags, place, found)
    };
    if let Err(broke) = result {
        found.broke(NAME, &broke);
    }
    end
}

fn resynchronise(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut after_ff = false;
    for byte in data {
        if !(after_ff && *byte == 0) {
            out.push(*byte);
        }
        after_ff = *byte == 0xff;
    }
    out
}

fn synchsafe(raw: [u8; 4]) -> u64 {
    raw.iter().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f))
}

fn frames(
    bytes: &mut Bytes<'_>,
    from: u64,
    end: u64,
    major: u8,
    flags: u8,
    place: &str,
    found: &mut Found,
) -> Result<(), Broke> {
    let mut at = from;
    if flags & 0x40 != 0 && major >= 3 {
        let raw = bytes.array::<4>(at)?;
        at += if major == 4 { synchsafe(raw) } else { 4 + u64::from(u32::from_be_bytes(raw)) };
    }
    let header: u64 = if major == 2 { 6 } else { 10 };
    for _ in 0..FRAMES_MAX {
        if at + header > end || bytes.u8(at)? == 0 {
            return Ok(());
        }
        let (id, size, form) = if major == 2 {
            let raw = bytes.array::<6>(at)?;
            let size = raw[3..].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            (String::from_utf8_lossy(&raw[..3]).into_owned(), size, Form::default())
        } else {
            let raw = bytes.array::<10>(at)?;
            let size = frame_size(bytes, [raw[4], raw[5], raw[6], raw[7]], major, at + 10, end);
            let id = String::from_utf8_lossy(&raw[..4]).into_owned();
            (id, size, Form::of(major, raw[9]))
        };
        let body = at + header;
        if !id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            // Taggers leave rubbish behind a tag that shrank; players stop here too.
            return Ok(());
        }
        let cut = (body + size > end)
            .then(|| Broke::new(at, format!("frame {id} of {size} bytes runs past the tag")));
        if id == "GEOB" && cut.is_some() {
            // What is there of a manifest store is read.
            let data = bytes.take(body, end.saturating_sub(body))?;
            frame(&id, &data, &format!("{place} {id} @ offset {at}"), found);
        }
        if let Some(cut) = cut {
            return Err(cut);
        }
        let wanted = id.starts_with(['T', 'W'])
            || matches!(id.as_str(), "COMM" | "COM" | "GEOB" | "GEO" | "PRIV");
        if wanted {
            match bytes.take(body, size).and_then(|data| form.undo(at, data, found)) {
                Ok(data) => frame(&id, &data, &format!("{place} {id} @ offset {at}"), found),
                Err(broke) => found.broke(NAME, &broke),
            }
        }
        at = body + size;
    }
    Err(Broke::new(at, "too many frames"))
}

/// The size of a frame. iTunes wrote plain sizes into 2.4 tags; a plain one that fits and is followed by a frame
/// name or the end is taken there, else the synchsafe reading of the standard.
fn frame_size(bytes: &mut Bytes<'_>, field: [u8; 4], major: u8, body: u64, end: u64) -> u64 {
    let (plain, safe) = (u64::from(u32::from_be_bytes(field)), synchsafe(field));
    if major != 4 || field.iter().any(|byte| *byte >= 0x80) {
        return plain;
    }
    let is_plain =
        !frame_follows(bytes, body + safe, end) && frame_follows(bytes, body + plain, end);
    if is_plain { plain } else { safe }
}

/// What was done to a frame before it was written.
#[derive(Clone, Copy, Default)]
struct Form {
    unsynchronised: bool,
    compressed: bool,
    encrypted: bool,
    /// Bytes that stand before the data: its length, its group.
    before: usize,
}

impl Form {
    fn of(major: u8, flags: u8) -> Self {
        let bit = |bit: u8| flags & bit != 0;
        let count = |there: bool, size: usize| if there { size } else { 0 };
        if major == 4 {
            Self {
                unsynchronised: bit(0x02),
                compressed: bit(0x08),
                encrypted: bit(0x04),
                before: count(bit(0x40), 1) + count(bit(0x01), 4),
            }
        } else {
            Self {
                unsynchronised: false,
                compressed: bit(0x80),
                encrypted: bit(0x40),
                before: count(bit(0x80), 4) + count(bit(0x20), 1),
            }
        }
    }

    fn undo(self, at: u64, data: Vec<u8>, found: &mut Found) -> Result<Vec<u8>, Broke> {
        if self.encrypted {
            return Err(Broke::new(at, "an encrypted frame cannot be read"));
        }
        let mut data = if self.unsynchronised { resynchronise(&data) } else { data };
        data.drain(..self.before.min(data.len()));
        if !self.compressed {
            return Ok(data);
        }
        found.unpack(&data, inflate).map_err(|why| Broke::new(at, why))
    }
}

fn frame_follows(bytes: &mut Bytes<'_>, at: u64, end: u64) -> bool {
    at == end
        || at + 4 <= end
            && bytes.array::<4>(at).is_ok_and(|id| {
                id == [0; 4]
                    || id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            })
}

fn frame(id: &str, data: &[u8], place: &str, found: &mut Found) {
    let (encoding, rest) = data.split_first().map_or((0, data), |(code, rest)| (*code, rest));
    match id {
        "GEOB" | "GEO" => {
            let mime = rest.split(|byte| *byte == 0).next().unwrap_or_default();
            if matches!(mime, b"application/x-c2pa-manifest-store" | b"application/c2pa") {
                let named = rest.get(mime.len() + 1..).unwrap_or_default();
                let (_file, described) = split_string(encoding, named);
                let (_text, store) = split_string(encoding, described);
                found.add(place, Content::C2pa(Store::Unpacked(store.to_vec())));
            }
        }
        "PRIV" => {
            if let Some(xmp) = data.strip_prefix(b"XMP\0") {
                found.add(place, Content::Xmp(xmp.to_vec()));
            }
        }
        "COMM" | "COM" => {
            let (key, value) = described(encoding, rest.get(3..).unwrap_or_default());
            found.text(place, Carrier::Id3, key_with("COMM", &key), value);
        }
        "TXXX" | "TXX" => {
            let (key, value) = described(encoding, rest);
            found.text(place, Carrier::Id3, key_with("TXXX", &key), value);
        }
        "WXXX" | "WXX" => {
            let (key, rest) = split_string(encoding, rest);
            found.text(place, Carrier::Id3, key_with("WXXX", &key), latin(rest));
        }
        _ if id.starts_with('W') => {
            // What version 2.2 calls the addresses of the source and of the file.
            let key = match id {
                "WAS" => "WOAS",
                "WAF" => "WOAF",
                other => other,
            };
            found.text(place, Carrier::Id3, key, latin(data));
        }
        _ => found.text(place, Carrier::Id3, id, decode(encoding, rest)),
    }
}

fn key_with(id: &str, description: &str) -> String {
    if description.is_empty() { id.to_owned() } else { format!("{id}:{description}") }
}

fn described(encoding: u8, data: &[u8]) -> (String, String) {
    let (key, rest) = split_string(encoding, data);
    (key, decode(encoding, rest))
}

/// A string and what stands behind its closing zero.
fn split_string(encoding: u8, data: &[u8]) -> (String, &[u8]) {
    let (end, behind) = if matches!(encoding, 1 | 2) {
        let end = data.chunks_exact(2).position(|pair| pair == [0, 0]);
        end.map_or((data.len(), data.len()), |end| (end * 2, end * 2 + 2))
    } else {
        let end = data.iter().position(|byte| *byte == 0);
        end.map_or((data.len(), data.len()), |end| (end, end + 1))
    };
    (decode(encoding, data.get(..end).unwrap_or_default()), data.get(behind..).unwrap_or_default())
}

fn decode(encoding: u8, data: &[u8]) -> String {
    match (encoding, data) {
        (1, [0xfe, 0xff, rest @ ..]) => utf16(rest, false),
        (1, _) => utf16(data, true),
        (2, _) => utf16(data, false),
        _ => latin(data),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;
    use crate::detect::inflate::tests::deflate;

    /// A 2.3 tag of these frames.
    pub fn id3(frames: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (id, data) in frames {
            body.extend_from_slice(*id);
            body.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
            body.extend_from_slice(&[0, 0]);
            body.extend_from_slice(data);
        }
        let len = u32::try_from(body.len()).unwrap();
        let mut out = b"ID3\x03\0\0".to_vec();
        for shift in [21, 14, 7, 0] {
            out.push(u8::try_from(len >> shift & 0x7f).unwrap());
        }
        out.extend(body);
        out
    }

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn frames_in_other_forms_are_read_or_said() {
        let flagged = |major: u8, flags: u8, data: &[u8]| {
            let mut tag = id3(&[(b"TXXX", data)]);
            (tag[3], tag[19]) = (major, flags);
            found(&tag)
        };
        let text = b"\0key\0value";
        let length = [b"\0\0\0\x0a".as_slice(), text].concat();
        let packed = [b"\0\0\0\x0a".to_vec(), deflate(text)].concat();
        for got in [flagged(4, 0x01, &length), flagged(4, 0x09, &packed), flagged(3, 0x80, &packed)]
        {
            assert_eq!(got.problems, []);
            assert_eq!(got.texts(), [("TXXX:key", "value")]);
        }
        assert!(flagged(3, 0x40, text).problems[0].problem.contains("encrypted"));
        assert!(flagged(4, 0x09, &length).problems[0].problem.contains("cannot be inflated"));
    }

    #[test]
    fn frames_are_decoded() {
        let mut wide = vec![1];
        wide.extend_from_slice(b"\xff\xfeA\0\0\0\xff\xfeb\0");
        let tag = id3(&[
            (b"COMM", b"\0eng\0made"),
            (b"TXXX", &wide),
            (b"WOAS", b"https://x.example/"),
            (b"GEOB", b"\0application/x-c2pa-manifest-store\0c2pa\0d\0data"),
        ]);
        let found = found(&tag);
        assert_eq!(found.problems, []);
        let texts: Vec<_> = found
            .blocks
            .iter()
            .filter_map(|block| match &block.content {
                Content::Text { key, value, .. } => Some((key.as_str(), value.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(texts, [("COMM", "made"), ("TXXX:A", "b"), ("WOAS", "https://x.example/")]);
        assert!(matches!(found.blocks[3].content, Content::C2pa(_)));
    }

    #[test]
    fn every_tag_at_either_end_is_read() {
        let made = id3(&[(b"COMM", b"\0eng\0made")]);
        let title = id3(&[(b"TIT2", b"\0abc")]);
        let twice = found(&[title.as_slice(), &made, b"\xff\xfb\x90\0"].concat());
        assert_eq!(
            (twice.texts(), twice.problems.len()),
            (vec![("TIT2", "abc"), ("COMM", "made")], 0)
        );
        let mut last = made.clone();
        (last[3], last[5]) = (4, 0x10);
        let footer = [b"3DI".as_slice(), &last[3..10]].concat();
        let sound = [0xff; 400];
        let behind = [sound.as_slice(), &last, &footer].concat();
        assert_eq!(found(&behind).texts(), [("COMM", "made")]);
        let ape = ape::tests::ape(&[("AIGC", "{}")]);
        let mixed = [behind.as_slice(), &ape[400..]].concat();
        assert_eq!(found(&mixed).texts(), [("TXXX:AIGC", "{}"), ("COMM", "made")]);
        let mut lie = behind.clone();
        let at = lie.len() - 1;
        lie[at] = 0x7f;
        assert_eq!(found(&lie).texts(), []);
        let many = found(&title.repeat(TAGS_MAX + 1));
        assert_eq!((many.texts().len(), many.problems.len()), (TAGS_MAX, 1));
    }

    #[test]
    fn links_of_version_2_2_have_the_names_of_the_later_ones() {
        let url = b"https://x.example/";
        let mut tag = b"ID3\x02\0\0\0\0\0\x18WAS\0\0\x12".to_vec();
        tag.extend_from_slice(url);
        assert_eq!(found(&tag).texts(), [("WOAS", "https://x.example/")]);
    }

    #[test]
    fn a_lying_frame_is_a_problem() {
        let mut tag = id3(&[(b"TIT2", b"\0abc")]);
        tag[14] = 0x7f;
        assert_eq!(found(&tag).problems.len(), 1);
        assert_eq!(found(b"\xff\xfb\x90\0").problems, []);
    }
}
