//! GIF: comments and the application extensions that carry XMP and C2PA. Walks block by block;
//! pixels are skipped sub-block by sub-block.

use crate::detect::block::{Carrier, Content, Found, Pieces, Store};
use crate::detect::bytes::{BLOCK_CAP, Broke, Bytes, WINDOW_MAX};
use crate::detect::unicode::latin;

const NAME: &str = "gif";

/// Walks the blocks.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    bytes.read_ahead(WINDOW_MAX);
    if let Err(broke) = blocks(bytes, found) {
        found.broke(NAME, &broke);
    }
}

fn table_size(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn blocks(bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
    let mut at = 13 + table_size(bytes.u8(10)?);
    loop {
        let kind = bytes.u8(at).map_err(|_| Broke::new(at, "ends without a trailer"))?;
        match kind {
            0x3b => return Ok(()),
            0x2c => {
                let data = at + 10 + table_size(bytes.u8(at + 9)?) + 1;
                at = skip(bytes, data)?;
            }
            0x21 => at = extension(bytes, at, found)?,
            // Padding between blocks, which decoders skip.
            0 => at += 1,
            _ => return Err(Broke::new(at, "no block stands here")),
        }
    }
}

fn extension(bytes: &mut Bytes<'_>, at: u64, found: &mut Found) -> Result<u64, Broke> {
    let label = bytes.u8(at + 1)?;
    match label {
        0xfe => {
            let (data, end) = gather(bytes, at + 2)?;
            let place = format!("GIF comment @ offset {at}");
            found.text(place, Carrier::Comment, "comment", latin(&data));
            Ok(end)
        }
        0xff => {
            let size = u64::from(bytes.u8(at + 2)?);
            let id = bytes.take(at + 3, size)?;
            let data = at + 3 + size;
            if id.starts_with(b"XMP DataXMP") {
                let (xmp, end) = packet(bytes, data)?;
                found.add(format!("GIF XMP @ offset {at}"), Content::Xmp(xmp));
                Ok(end)
            } else {
                if id.starts_with(b"C2PA_GIF") {
                    return store(bytes, at, data, found);
                }
                skip(bytes, data)
            }
        }
        _ => skip(bytes, at + 2),
    }
}

/// A packet of XMP and the offset behind it. As Adobe lays it down it stands there bare, with a trailer that
/// makes it skippable: the walk over sub-blocks finds the end, and the packet is the bytes as they are. Other
/// writers split it into sub-blocks, as everything else in a GIF is.
fn packet(bytes: &mut Bytes<'_>, data: u64) -> Result<(Vec<u8>, u64), Broke> {
    /// All sizes a sub-block can have, so that wherever a reader falls in, it comes to the end.
    const TRAILER: u64 = 258;
    let end = skip(bytes, data)?;
    let trailer = end.saturating_sub(TRAILER);
    let start = bytes.peek_up_to(data, 3);
    let bare = matches!(start, [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..])
        || start == b"\xef\xbb\xbf";
    let closed = trailer >= data && bytes.peek(trailer, 4)? == b"\x01\xff\xfe\xfd";
    match (bare, closed) {
        (_, true) => Ok((bytes.take(data, trailer - data)?, end)),
        (true, false) => Ok((bytes.take(data, end - data)?, end)),
        (false, false) => gather(bytes, data),
    }
}

/// The offset behind a chain of sub-blocks.
fn skip(bytes: &mut Bytes<'_>, from: u64) -> Result<u64, Broke> {
    let mut at = from;
    loop {
        let size = bytes.u8(at).map_err(|_| Broke::new(at, "ends inside a block"))?;
        at += 1 + u64::from(size);
        if size == 0 {
            return Ok(at);
        }
    }
}

/// A manifest store in a chain of sub-blocks, and the offset behind it.
fn store(bytes: &mut Bytes<'_>, at: u64, data: u64, found: &mut Found) -> Result<u64, Broke> {
    let mut pieces = Pieces::default();
    let mut next = data;
    let end = loop {
        match bytes.u8(next) {
            Ok(0) => break Ok(next + 1),
            Ok(size) => {
                let piece = next + 1..next + 1 + u64::from(size);
                next = piece.end;
                pieces.push(piece);
            }
            Err(_) => break Err(Broke::new(next, "ends inside a block")),
        }
    };
    found.add(format!("GIF C2PA_GIF @ offset {at}"), Content::C2pa(Store::InPlace(pieces)));
    end
}

/// What a chain of sub-blocks holds, and the offset behind it.
fn gather(bytes: &mut Bytes<'_>, from: u64) -> Result<(Vec<u8>, u64), Broke> {
    let mut at = from;
    let mut data = Vec::new();
    loop {
        let size = u64::from(bytes.u8(at)?);
        if size == 0 {
            return Ok((data, at + 1));
        }
        if data.len() as u64 > BLOCK_CAP {
            return Err(Broke::new(at, "an extension is larger than the limit"));
        }
        data.extend(bytes.take(at + 1, size)?);
        at += 1 + size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::container::walked;

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    /// A file with a packet in an extension for XMP, as these bytes.
    fn with_xmp(packet: &[u8]) -> Vec<u8> {
        let start = b"GIF89a\x01\0\x01\0\0\0\0\x21\xff\x0bXMP DataXMP".as_slice();
        [start, packet, b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02ab\0\x3b"].concat()
    }

    #[test]
    fn a_packet_is_read_bare_and_in_sub_blocks() {
        let xmp = format!("<?xpacket begin=''?><x>{}</x>", "y".repeat(700)).into_bytes();
        let split = |size: usize| {
            let pieces = xmp.chunks(size);
            let pieces = pieces.flat_map(|it| [&[u8::try_from(it.len()).unwrap()], it].concat());
            pieces.chain([0]).collect::<Vec<u8>>()
        };
        let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
        let bare = [xmp.as_slice(), &trailer].concat();
        for packet in [bare, split(255), split(60), split(1), split(239)] {
            let result = found(&with_xmp(&packet));
            assert_eq!(result.problems, []);
            assert!(
                matches!(&result.blocks[..], [one] if one.content == Content::Xmp(xmp.clone())),
                "{packet:?}"
            );
        }
        let cut = with_xmp(&split(255)[..300]);
        assert_eq!(found(&cut).problems.len(), 1);
    }

    #[test]
    fn extensions_are_found_and_a_cut_file_is_a_problem() {
        let mut file = b"GIF89a\x01\0\x01\0\0\0\0".to_vec();
        file.extend_from_slice(b"\x21\xfe\x02hi\0\x21\xff\x0bC2PA_GIF123\x01x\0");
        file.extend_from_slice(b"\x21\xff\x0bXMP DataXMP<x/>");
        file.push(1);
        file.extend((0..=255).rev());
        file.push(0);
        file.extend_from_slice(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02ab\0\x3b");
        let result = found(&file);
        assert_eq!(result.problems, []);
        assert_eq!(result.blocks.len(), 3);
        assert!(matches!(&result.blocks[2].content, Content::Xmp(xmp) if xmp == b"<x/>"));
        assert_eq!(found(&file[..file.len() - 3]).problems.len(), 1);
    }
}
