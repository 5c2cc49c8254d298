//! Matroska and `WebM`: the tags and the names of the programs. Walks elements by their sizes and
//! seeks over clusters; a live recording's clusters of unknown size are walked through.

use crate::detect::block::{Carrier, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::unicode::latin;

const NAME: &str = "matroska";
/// Elements walked in one file: each cluster of a long film is one.
const ELEMENTS_MAX: usize = 1_000_000;
/// Tags in tags.
const DEPTH_MAX: usize = 6;
/// Bytes read of a name, a title or a program.
const NAME_CAP: u64 = 1024;

/// Walks the elements.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    let mut walk = Walk::default();
    let end = bytes.len();
    if let Err(broke) = walk.children(bytes, 0, end, 0, found) {
        found.broke(NAME, &broke);
    }
}

#[derive(Default)]
struct Walk {
    elements: usize,
    /// The newest tag name, which stands before its text.
    name: String,
    /// Something ran past the end of what it stands in.
    cut: bool,
}

impl Walk {
    fn children(
        &mut self,
        bytes: &mut Bytes<'_>,
        from: u64,
        end: u64,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let mut at = from;
        while at < end {
            self.elements += 1;
            if self.elements > ELEMENTS_MAX || depth > DEPTH_MAX {
                return Err(Broke::new(at, "too many elements"));
            }
            let (id, id_len, _) = number(bytes, at, false)?;
            let (size, size_len, unknown) = number(bytes, at + id_len, true)?;
            let body = at + id_len + size_len;
            if unknown {
                // Segment or cluster of a live recording: its children follow on this level.
                at = body;
                continue;
            }
            // Segment, Info, Tags, Tag, SimpleTag.
            let holds = matches!(id, 0x1853_8067 | 0x1549_A966 | 0x1254_C367 | 0x7373 | 0x67C8);
            let mut stop = body.saturating_add(size);
            if stop > end {
                // What holds others is read as far as it goes; that they too run past the end is not said again.
                if !std::mem::replace(&mut self.cut, true) {
                    let why = format!("element {id:X} of {size} bytes runs past the end");
                    found.broke(NAME, &Broke::new(at, why));
                }
                if !holds {
                    return Ok(());
                }
                stop = end;
            }
            match id {
                _ if holds => {
                    if let Err(broke) = self.children(bytes, body, stop, depth + 1, found) {
                        found.broke(NAME, &broke);
                    }
                }
                _ => self.text(bytes, id, at, body, size, found)?,
            }
            at = stop;
        }
        Ok(())
    }

    /// An element that is a text, or names the next one.
    fn text(
        &mut self,
        bytes: &mut Bytes<'_>,
        id: u64,
        at: u64,
        body: u64,
        size: u64,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let key = match id {
            // TagName.
            0x45A3 => {
                self.name = latin(&bytes.take(body, size.min(NAME_CAP))?);
                return Ok(());
            }
            // TagString.
            0x4487 => {
                match bytes.take(body, size) {
                    Ok(data) => {
                        let name = self.name.clone();
                        let place = format!("Matroska Tags/SimpleTag {name} @ offset {at}");
                        found.text(place, Carrier::Matroska, name, latin(&data));
                    }
                    Err(broke) => found.broke(NAME, &broke),
                }
                return Ok(());
            }
            0x7BA9 => "Title",
            0x4D80 => "MuxingApp",
            0x5741 => "WritingApp",
            _ => return Ok(()),
        };
        let value = latin(&bytes.take(body, size.min(NAME_CAP))?);
        let place = format!("Matroska Info/{key} @ offset {at}");
        found.text(place, Carrier::Matroska, key, value);
        Ok(())
    }
}

/// A number whose first byte tells its length: value, length, and whether all its bits are set,
/// which for a size means unknown. An id keeps the marker bit.
fn number(bytes: &mut Bytes<'_>, at: u64, size: bool) -> Result<(u64, u64, bool), Broke> {
    let first = bytes.u8(at)?;
    let len = first.leading_zeros() + 1;
    if len > if size { 8 } else { 4 } {
        return Err(Broke::new(at, "no element stands here"));
    }
    let rest = bytes.peek(at, len as usize)?;
    let whole = rest.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    let mask = (1u64 << (7 * len)) - 1;
    let value = if size { whole & mask } else { whole };
    Ok((value, u64::from(len), size && value == mask))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    /// One element with a size of eight bytes.
    pub fn element(id: &[u8], data: &[u8]) -> Vec<u8> {
        let mut out = id.to_vec();
        out.push(1);
        out.extend_from_slice(&(data.len() as u64).to_be_bytes()[1..]);
        out.extend_from_slice(data);
        out
    }

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    /// A file with one tag.
    pub fn tagged(name: &str, value: &str) -> Vec<u8> {
        let simple =
            [element(b"\x45\xa3", name.as_bytes()), element(b"\x44\x87", value.as_bytes())]
                .concat();
        let tags =
            element(b"\x12\x54\xc3\x67", &element(b"\x73\x73", &element(b"\x67\xc8", &simple)));
        let cluster = element(b"\x1f\x43\xb6\x75", &[0; 50]);
        [
            element(b"\x1a\x45\xdf\xa3", b"\x42\x82\x84webm"),
            element(b"\x18\x53\x80\x67", &[cluster, tags].concat()),
        ]
        .concat()
    }

    #[test]
    fn tags_behind_the_clusters_are_found() {
        let file = tagged("PROMPT", "{}");
        let result = found(&file);
        assert_eq!(result.problems, []);
        assert!(result.blocks[0].place.starts_with("Matroska Tags/SimpleTag PROMPT"));
        let mut live = file.clone();
        let segment = live.windows(4).position(|id| id == b"\x18\x53\x80\x67").unwrap();
        live[segment + 4..segment + 12].copy_from_slice(&[1, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(found(&live).blocks.len(), 1);
        assert_eq!(found(&file[..file.len() - 1]).problems.len(), 1);
        let tags = &file[segment + 12..];
        let cluster = element(b"\x1f\x43\xb6\x75", &[0; 50]);
        let body = element(b"\x18\x53\x80\x67", &[tags, &cluster].concat());
        let cut = [&file[..segment], &body].concat();
        assert_eq!(found(&cut).problems, []);
        let cut = found(&cut[..cut.len() - 1]);
        assert_eq!((cut.problems.len(), cut.blocks.len()), (1, 1), "what stands before the cut");
    }
}
