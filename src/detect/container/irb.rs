//! Photoshop image resources (`8BIM`): where JPEG APP13, TIFF tag 34377 and PSD keep IPTC-IIM, XMP
//! and EXIF. Works on a block in memory and copies only the parts that marks read.

use crate::detect::block::{Content, Found};

const NAME: &str = "photoshop-resources";

/// Walks the resources. A block that is bare IIM (as in TIFF tag 33723) is passed on as such.
pub fn walk(data: &[u8], place: &str, found: &mut Found) {
    if data.first() == Some(&0x1c) {
        found.add(place, Content::Iim(data.to_vec()));
        return;
    }
    let mut rest = data;
    let mut at = 0;
    while let Some(signature) = rest.get(..4) {
        if !matches!(signature, b"8BIM" | b"MeSa" | b"PHUT" | b"AgHg" | b"DCSR") {
            // Writers pad with zeros; anything else means a length lied.
            if rest.iter().any(|byte| *byte != 0) {
                found.problem(NAME, format!("broke at offset {at} of {place}: no resource"));
            }
            return;
        }
        let Some((id, body, next)) = resource(rest) else {
            found.problem(
                NAME,
                format!("broke at offset {at} of {place}: a resource runs past the end"),
            );
            return;
        };
        match id {
            0x0404 => found.add(format!("{place} IPTC"), Content::Iim(body.to_vec())),
            0x0422 => found.add(format!("{place} EXIF"), Content::Exif(body.to_vec())),
            0x0424 => found.add(format!("{place} XMP"), Content::Xmp(body.to_vec())),
            _ => {}
        }
        at += next;
        rest = rest.get(next..).unwrap_or_default();
    }
}

/// Number, body and full length of the resource at the start of `rest`.
fn resource(rest: &[u8]) -> Option<(u16, &[u8], usize)> {
    let id = u16::from_be_bytes(rest.get(4..6)?.try_into().ok()?);
    // A Pascal string, padded so that it and its length byte are even.
    let name = usize::from(*rest.get(6)?) + 1;
    let size_at = 6 + name + name % 2;
    let size = u32::from_be_bytes(rest.get(size_at..size_at + 4)?.try_into().ok()?);
    let size = usize::try_from(size).ok()?;
    let body_at = size_at + 4;
    let body = rest.get(body_at..body_at.checked_add(size)?)?;
    Some((id, body, (body_at + size + size % 2).min(rest.len())))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// One resource.
    pub fn resource_bytes(id: u16, body: &[u8]) -> Vec<u8> {
        let mut out = b"8BIM".to_vec();
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
        out.extend_from_slice(body);
        if body.len() % 2 == 1 {
            out.push(0);
        }
        out
    }

    #[test]
    fn resources_are_split_and_a_lying_length_is_a_problem() {
        let data = [
            resource_bytes(0x0404, b"\x1c\x02\x6e"),
            resource_bytes(0x03ed, b"ab"),
            resource_bytes(0x0424, b"<x/>"),
        ]
        .concat();
        let mut found = Found::default();
        walk(&data, "P", &mut found);
        assert_eq!(found.blocks.len(), 2);
        assert_eq!(found.blocks[1].place, "P XMP");
        assert_eq!(found.problems, []);
        let mut cut = Found::default();
        walk(&data[..data.len() - 2], "P", &mut cut);
        assert_eq!(cut.problems.len(), 1);
    }
}
