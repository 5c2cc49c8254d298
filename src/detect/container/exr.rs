//! OpenEXR: the text attributes of its headers, where compositing tools keep what made a frame. Reads
//! the header and never the pixels behind it. Half-written frames are common in render folders, so
//! a header that does not end is a problem.

use crate::detect::block::{Carrier, Content, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::unicode::latin;

const NAME: &str = "exr";
/// Attributes of one file, all parts together.
const ATTRIBUTES_MAX: usize = 10_000;

/// Reads the headers.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    bytes.read_ahead(8 << 10);
    if let Err(broke) = headers(bytes, found) {
        found.broke(NAME, &broke);
    }
}

fn headers(bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
    let multipart = bytes.u32_le(4)? & 0x1000 != 0;
    let mut at = 8;
    for _ in 0..ATTRIBUTES_MAX {
        let (name, after) = word(bytes, at)?;
        if name.is_empty() {
            // The end of a header; with several parts an empty header ends them all.
            if !multipart || bytes.u8(after)? == 0 {
                return Ok(());
            }
            at = after;
            continue;
        }
        let (kind, after) = word(bytes, after)?;
        let size = u64::from(bytes.u32_le(after)?);
        let body = after + 4;
        if body + size > bytes.len() {
            return Err(Broke::new(
                at,
                format!("attribute {name} of {size} bytes runs past the end"),
            ));
        }
        if kind == "string" {
            let data = bytes.take(body, size)?;
            let place = format!("EXR header {name} @ offset {at}");
            if name == "xmp" {
                found.add(place, Content::Xmp(data));
            } else {
                found.text(place, Carrier::Exr, name, latin(&data));
            }
        }
        at = body + size;
    }
    Err(Broke::new(at, "too many attributes"))
}

/// A word up to its closing zero, at most 255 bytes, and the offset behind it.
fn word(bytes: &mut Bytes<'_>, at: u64) -> Result<(String, u64), Broke> {
    let part = bytes.peek_up_to(at, 256);
    let Some(end) = part.iter().position(|byte| *byte == 0) else {
        return Err(Broke::new(at, "no attribute name stands here"));
    };
    let name = latin(part.get(..end).unwrap_or_default());
    Ok((name, at + end as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::container::walked;

    fn attribute(name: &str, kind: &str, data: &[u8]) -> Vec<u8> {
        let mut out = format!("{name}\0{kind}\0").into_bytes();
        out.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
        out.extend_from_slice(data);
        out
    }

    #[test]
    fn text_attributes_of_all_parts_are_read_and_a_cut_header_is_a_problem() {
        let mut file = b"\x76\x2f\x31\x01\x02\x10\0\0".to_vec();
        file.extend(attribute("dataWindow", "box2i", &[0; 16]));
        file.extend(attribute("prompt", "string", b"{}"));
        file.push(0);
        file.extend(attribute("comments", "string", b"hello"));
        file.extend_from_slice(&[0, 0, 1, 2, 3]);
        let look = |data: &[u8]| walked(walk, data);
        let found = look(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 2);
        assert_eq!(look(&file[..60]).problems.len(), 1);
    }
}
