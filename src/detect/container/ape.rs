//! Tags at the end of an MP3 other than `ID3v2`: the comment of `ID3v1`, and `APEv2` before it. Reads the
//! footer and the text items; pictures are passed over. Used by `id3`.

use crate::detect::block::{Carrier, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::unicode::latin;

const NAME: &str = "ape";
/// Items read from one tag.
const ITEMS_MAX: u32 = 10_000;
/// The largest tag that is read.
const TAG_CAP: u64 = 8 << 20;
/// Footer, and `ID3v1` tag.
const FOOTER: u64 = 32;
const ID3V1: u64 = 128;

/// Reads the `ID3v1` tag at the very end, when there is one, and gives the offset where what is before it ends.
pub fn old(bytes: &mut Bytes<'_>, found: &mut Found) -> u64 {
    let len = bytes.len();
    let tail = bytes.peek_up_to(len.saturating_sub(ID3V1), 128);
    let old = tail.len() == 128 && tail.starts_with(b"TAG");
    let end = if old { len - ID3V1 } else { len };
    if old {
        let comment = latin(tail.get(97..127).unwrap_or_default());
        if !comment.trim().is_empty() {
            found.text(
                format!("ID3v1 comment @ offset {}", end + 97),
                Carrier::Id3,
                "COMM",
                comment,
            );
        }
    }
    end
}

/// Reads the tag that ends at `end`, when there is one, and gives the offset of its start.
pub fn tag(bytes: &mut Bytes<'_>, end: u64, found: &mut Found) -> Option<u64> {
    if bytes.peek_up_to(end.checked_sub(FOOTER)?, 8) != b"APETAGEX" {
        return None;
    }
    match items(bytes, end, found) {
        Ok(start) => Some(start),
        Err(broke) => {
            found.broke(NAME, &broke);
            None
        }
    }
}

fn items(bytes: &mut Bytes<'_>, end: u64, found: &mut Found) -> Result<u64, Broke> {
    let footer = end - FOOTER;
    // The size counts the items and the footer, and not the header.
    let size = u64::from(bytes.u32_le(footer + 12)?);
    let count = bytes.u32_le(footer + 16)?;
    if count > ITEMS_MAX {
        found.more(NAME, "items");
    }
    if size < FOOTER || size > end || size > TAG_CAP {
        return Err(Broke::new(footer, format!("a tag of {size} bytes")));
    }
    let start = end - size;
    let data = bytes.take(start, size - FOOTER)?;
    let mut rest = data.as_slice();
    for _ in 0..count.min(ITEMS_MAX) {
        let at = start + (data.len() - rest.len()) as u64;
        let lie = || Broke::new(at, "an item runs past its tag");
        let (header, after) = rest.split_first_chunk::<8>().ok_or_else(lie)?;
        let [l0, l1, l2, l3, flags, ..] = *header;
        let len = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).map_err(|_| lie())?;
        let zero = after.iter().take(256).position(|byte| *byte == 0).ok_or_else(lie)?;
        let (key, after) = after.split_at(zero);
        let (value, after) =
            after.get(1..).and_then(|after| after.split_at_checked(len)).ok_or_else(lie)?;
        rest = after;
        // Bits 1 and 2 tell of binary items and links.
        if flags & 0b110 == 0 {
            let key = latin(key);
            let place = format!("APEv2 {key} @ offset {at}");
            found.text(place, Carrier::Id3, format!("TXXX:{key}"), latin(value));
        }
    }
    // The header says the same as the footer, where it was written.
    let header = start.checked_sub(FOOTER).filter(|at| bytes.peek_up_to(*at, 8) == b"APETAGEX");
    Ok(header.unwrap_or(start))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::block::Content;
    use crate::detect::container::walked;

    /// A sound with these items behind it, and an `ID3v1` tag behind them.
    pub fn ape(texts: &[(&str, &str)]) -> Vec<u8> {
        let mut items = Vec::new();
        for (key, value) in texts {
            items.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
            items.extend_from_slice(&[0; 4]);
            items.extend_from_slice(format!("{key}\0{value}").as_bytes());
        }
        let word = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
        let mut out = b"\xff\xfb\x90\0".to_vec();
        out.resize(400, 0);
        out.extend_from_slice(&items);
        out.extend_from_slice(b"APETAGEX\xd0\x07\0\0");
        out.extend([word(items.len() + 32), word(texts.len()), word(0), [0; 4], [0; 4]].concat());
        out.extend_from_slice(b"TAG");
        out.resize(out.len() + 125, 0);
        out
    }

    fn look(data: &[u8]) -> Found {
        walked(
            |bytes, found| {
                let end = old(bytes, found);
                tag(bytes, end, found);
            },
            data,
        )
    }

    #[test]
    fn the_comment_of_an_old_tag_is_read() {
        let mut file = ape(&[]);
        let at = file.len() - 128 + 97;
        file[at..at + 30].copy_from_slice(b"made with suno; created=2026-0");
        assert_eq!(look(&file).texts(), [("COMM", "made with suno; created=2026-0")]);
    }

    #[test]
    fn items_before_an_old_tag_are_read_and_a_lie_is_a_problem() {
        let file = ape(&[("AIGC", "{\"Label\":\"1\"}"), ("Title", "x")]);
        let found = look(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks[0].place, "APEv2 AIGC @ offset 400");
        assert!(matches!(&found.blocks[1].content, Content::Text { key, value, .. }
            if key == "TXXX:Title" && value == "x"));
        assert_eq!(look(&file[..file.len() - 128]).blocks.len(), 2);
        let mut lie = file.clone();
        lie[400] = 0xff;
        assert_eq!(look(&lie).problems.len(), 1);
        let mut lie = file.clone();
        let at = file.len() - 128 - 20;
        lie[at..at + 4].copy_from_slice(&[0xff; 4]);
        assert_eq!(look(&lie).problems.len(), 1);
        assert_eq!(look(b"\xff\xfb").problems, []);
    }
}
