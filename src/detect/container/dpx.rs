//! DPX (SMPTE 268M): the texts of its header and its user data. A fixed layout of 2048 bytes, in either
//! byte order, with the user data behind it and the pixels behind that; the pixels are never read.
//! A file that ends inside its header is a problem.

use crate::detect::block::{Carrier, Content, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::unicode::latin;
use crate::detect::xmp::is_packet;

const NAME: &str = "dpx";
/// The generic and the industry header together.
const HEADER: u64 = 2048;
/// The standard's own limit for user data.
const USER_CAP: u64 = 1 << 20;
/// Written where nothing is known: no length, no text.
const UNDEFINED: u32 = u32::MAX;

/// Texts of the header: name, offset, length.
const TEXTS: &[(&str, u64, u64)] = &[
    ("file name", 36, 100),
    ("creator", 160, 100),
    ("project", 260, 200),
    ("copyright", 460, 200),
    ("source file name", 1432, 100),
    ("input device", 1556, 32),
    ("frame identification", 1732, 32),
    ("slate", 1764, 100),
];

/// Reads the header.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    bytes.read_ahead(4 << 10);
    if let Err(broke) = header(bytes, found) {
        found.broke(NAME, &broke);
    }
}

fn header(bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
    let little = bytes.peek(0, 4)? == b"XPDS";
    let number = |bytes: &mut Bytes<'_>, at| {
        if little { bytes.u32_le(at) } else { bytes.u32_be(at) }
    };
    for (name, at, len) in TEXTS {
        let data = bytes.take(*at, *len).map_err(|_| short(bytes.len()))?;
        text(name, *at, &data, found);
    }
    let pixels = u64::from(number(bytes, 4)?);
    if pixels > bytes.len() || bytes.len() < HEADER {
        return Err(short(bytes.len()));
    }
    let stated = number(bytes, 32)?;
    // Some writers state a length and leave no room for it before the pixels.
    let room = pixels.saturating_sub(HEADER);
    if stated == UNDEFINED || stated == 0 || room == 0 {
        return Ok(());
    }
    let size = u64::from(stated).min(room);
    if size > USER_CAP {
        return Err(Broke::new(
            HEADER,
            format!("user data of {size} bytes is larger than allowed"),
        ));
    }
    let data = bytes.take(HEADER, size)?;
    let Some((id, body)) = data.split_at_checked(32) else {
        return Ok(());
    };
    let id = field(id);
    let body = body.get(..body.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1));
    let Some(body) = body.filter(|body| !body.is_empty()) else {
        return Ok(());
    };
    let place = format!("DPX user data {id} @ offset {HEADER}");
    if is_packet(body) {
        found.add(place, Content::Xmp(body.to_vec()));
    } else if std::str::from_utf8(body).is_ok() {
        found.text(place, Carrier::Dpx, id, latin(body));
    }
    Ok(())
}

fn short(len: u64) -> Broke {
    Broke::new(len, "the file ends inside its header")
}

fn text(name: &str, at: u64, data: &[u8], found: &mut Found) {
    let value = field(data);
    if !value.is_empty() {
        found.text(format!("DPX header {name} @ offset {at}"), Carrier::Dpx, name, value);
    }
}

/// A text up to its closing zero. Fields never written are full of ones.
fn field(data: &[u8]) -> String {
    let end = data.iter().position(|byte| matches!(byte, 0 | 0xff)).unwrap_or(data.len());
    latin(data.get(..end).unwrap_or_default()).trim().to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    /// A picture with these texts at their offsets, and user data.
    pub fn dpx(texts: &[(usize, &[u8])], id: &str, user: &[u8]) -> Vec<u8> {
        let pixels = 2048 + 32 + user.len();
        let mut out = vec![0; pixels + 64];
        out[..4].copy_from_slice(b"SDPX");
        out[4..8].copy_from_slice(&u32::try_from(pixels).unwrap().to_be_bytes());
        out[32..36].copy_from_slice(&u32::try_from(32 + user.len()).unwrap().to_be_bytes());
        for (at, data) in texts {
            out[*at..at + data.len()].copy_from_slice(data);
        }
        out[2048..2048 + id.len()].copy_from_slice(id.as_bytes());
        out[2080..pixels].copy_from_slice(user);
        out
    }

    fn look(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn texts_and_user_data_are_read_and_pixels_are_not() {
        let mut file = dpx(&[(160, b"Nuke"), (260, b"EP101")], "AIGC", b"{\"Label\":\"1\"}");
        file.extend_from_slice(b"trainedAlgorithmicMedia");
        let found = look(&file);
        assert_eq!(found.problems, []);
        let texts: Vec<_> = found
            .blocks
            .iter()
            .filter_map(|block| match &block.content {
                Content::Text { key, value, .. } => Some((key.as_str(), value.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(
            texts,
            [("creator", "Nuke"), ("project", "EP101"), ("AIGC", "{\"Label\":\"1\"}")]
        );
        assert_eq!(found.blocks[0].place, "DPX header creator @ offset 160");
    }

    #[test]
    fn both_byte_orders_are_read_and_xmp_is_known_by_its_form() {
        let mut file = dpx(&[], "xmp", b"<x:xmpmeta/>");
        file[..4].copy_from_slice(b"XPDS");
        file[4..8].reverse();
        file[32..36].reverse();
        assert!(matches!(&look(&file).blocks[0].content, Content::Xmp(_)));
    }

    #[test]
    fn a_file_that_ends_inside_its_header_is_a_problem() {
        let file = dpx(&[], "id", b"user");
        for end in [4, 100, 2047, 2050] {
            assert_eq!(look(&file[..end]).problems.len(), 1, "{end}");
        }
        let mut undefined = file;
        undefined[32..36].copy_from_slice(&[0xff; 4]);
        undefined[160..360].copy_from_slice(&[0xff; 200]);
        let found = look(&undefined);
        assert_eq!((found.blocks, found.problems), (vec![], vec![]));
    }
}
