//! FLAC (with `ID3v2` in front, where C2PA sits) and Ogg (where some taggers put it): Vorbis comments. Reads metadata
//! headers and never sound.

use std::collections::BTreeMap;

use crate::detect::block::{Carrier, Content, Found};
use crate::detect::bytes::{BLOCK_CAP, Broke, Bytes};
use crate::detect::container::id3;
use crate::detect::unicode::latin;

/// Comments read from one block.
const COMMENTS_MAX: u32 = 10_000;
/// Packets of an Ogg file looked at for the comments of its streams.
const PACKETS_MAX: usize = 64;

/// Walks the metadata blocks of a FLAC file.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    let at = id3::tags(bytes, "FLAC ID3v2", found);
    if let Err(broke) = blocks(bytes, at, found) {
        found.broke("flac", &broke);
    }
}

fn blocks(bytes: &mut Bytes<'_>, from: u64, found: &mut Found) -> Result<(), Broke> {
    if bytes.peek_up_to(from, 4) != b"fLaC" {
        return Err(Broke::new(from, "no FLAC stream stands here"));
    }
    let mut at = from + 4;
    loop {
        let header = bytes.u32_be(at)?;
        let (last, kind) = (header >> 31 == 1, header >> 24 & 0x7f);
        let len = u64::from(header & 0x00ff_ffff);
        if at + 4 + len > bytes.len() {
            return Err(Broke::new(at, format!("metadata block of {len} bytes runs past the end")));
        }
        if kind == 4 {
            let data = bytes.take(at + 4, len)?;
            if comments(&data, &format!("FLAC VORBIS_COMMENT @ offset {at}"), found).is_none() {
                found.problem("flac", format!("broke at offset {at}: comments lie about a length"));
            }
        }
        if last {
            return Ok(());
        }
        at += 4 + len;
    }
}

/// Walks the first pages of an Ogg file for its comment header.
pub fn ogg(bytes: &mut Bytes<'_>, found: &mut Found) {
    if let Err(broke) = ogg_comments(bytes, found) {
        found.broke("ogg", &broke);
    }
}

/// One of the streams that share an Ogg file: its packet as far as it was read.
#[derive(Default)]
struct Stream {
    packet: Vec<u8>,
    /// Where the packet began.
    started: u64,
    flac: bool,
    /// Its comments were read.
    done: bool,
}

fn ogg_comments(bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
    let mut at = id3::tags(bytes, "Ogg ID3v2", found);
    let mut streams: BTreeMap<u32, Stream> = BTreeMap::new();
    let (mut packets, mut held) = (0, 0);
    // The comment header is the second packet of a stream, and the first ones of all streams come first.
    while at < bytes.len() && packets < PACKETS_MAX {
        if bytes.peek(at, 4)? != b"OggS" {
            return Err(Broke::new(at, "no page stands here"));
        }
        let stream = streams.entry(bytes.u32_le(at + 14)?).or_default();
        let count = usize::from(bytes.u8(at + 26)?);
        let lacing = bytes.peek(at + 27, count)?.to_vec();
        let mut body = at + 27 + count as u64;
        for size in lacing {
            if stream.packet.is_empty() {
                stream.started = at;
            }
            stream.packet.extend(bytes.take(body, u64::from(size))?);
            held += u64::from(size);
            body += u64::from(size);
            if size < 255 {
                packets += 1;
                stream.flac |= stream.packet.starts_with(b"\x7fFLAC");
                if let Some(data) = comment_packet(&stream.packet, stream.flac) {
                    let place = format!("Ogg comments @ offset {}", stream.started);
                    if comments(data, &place, found).is_none() {
                        return Err(Broke::new(stream.started, "comments lie about a length"));
                    }
                    stream.done = true;
                }
                held -= stream.packet.len() as u64;
                stream.packet.clear();
            }
        }
        if held > BLOCK_CAP {
            return Err(Broke::new(at, "a packet is larger than is read"));
        }
        at = body;
        if streams.values().all(|stream| stream.done) {
            break;
        }
    }
    Ok(())
}

/// What stands in a packet of comments, by the encodings that have them.
fn comment_packet(packet: &[u8], flac: bool) -> Option<&[u8]> {
    [b"\x03vorbis".as_slice(), b"OpusTags", b"\x81theora", b"OVP80\x02 "]
        .iter()
        .find_map(|start| packet.strip_prefix(*start))
        // A metadata block as in a FLAC file: kind, then a length of three bytes.
        .or_else(|| packet.get(4..).filter(|_| flac && packet[0] & 0x7f == 4))
}

/// Reads a Vorbis comment structure; nothing when a length lies (what was read before stays).
fn comments(data: &[u8], place: &str, found: &mut Found) -> Option<()> {
    let mut rest = data;
    let word = |rest: &mut &[u8]| -> Option<u32> {
        let (raw, after) = rest.split_first_chunk::<4>()?;
        *rest = after;
        Some(u32::from_le_bytes(*raw))
    };
    let vendor = usize::try_from(word(&mut rest)?).ok()?;
    rest = rest.get(vendor..)?;
    let count = word(&mut rest)?;
    if count > COMMENTS_MAX {
        found.more("vorbis", "comments");
    }
    for _ in 0..count.min(COMMENTS_MAX) {
        let len = usize::try_from(word(&mut rest)?).ok()?;
        let text = rest.get(..len)?;
        rest = rest.get(len..)?;
        let text = latin(text);
        if let Some((key, value)) = text.split_once('=')
            && !key.eq_ignore_ascii_case("METADATA_BLOCK_PICTURE")
        {
            let place = format!("{place} {key}");
            if key.eq_ignore_ascii_case("XMP") {
                found.add(place, Content::Xmp(value.as_bytes().to_vec()));
            } else {
                found.text(place, Carrier::Vorbis, key, value);
            }
        }
    }
    Some(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    /// A file of nothing but these comments.
    pub fn flac(texts: &[&str]) -> Vec<u8> {
        let block = comment_block(texts);
        let size = u32::try_from(block.len()).unwrap() | 0x8400_0000;
        [&b"fLaC"[..], &size.to_be_bytes(), &block].concat()
    }

    /// An Ogg file of one page: a header of Opus and these comments.
    pub fn opus(texts: &[&str]) -> Vec<u8> {
        page(&[b"OpusHead".to_vec(), [b"OpusTags".to_vec(), comment_block(texts)].concat()])
    }

    fn comment_block(texts: &[&str]) -> Vec<u8> {
        let mut out = vec![0, 0, 0, 0];
        out.extend_from_slice(&u32::try_from(texts.len()).unwrap().to_le_bytes());
        for text in texts {
            out.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        out
    }

    #[test]
    fn flac_comments_are_read_and_a_lie_is_a_problem() {
        let mut file = flac(&["prompt={}", "noequals"]);
        let found = walked(walk, &file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 1);
        let at = 8 + 8;
        file[at] = 0xff;
        let found = walked(walk, &file);
        assert_eq!(found.problems.len(), 1);
    }

    /// A page of these packets.
    fn page(packets: &[Vec<u8>]) -> Vec<u8> {
        let mut out = b"OggS".to_vec();
        out.extend_from_slice(&[0; 22]);
        out.push(u8::try_from(packets.len()).unwrap());
        out.extend(packets.iter().map(|packet| u8::try_from(packet.len()).unwrap()));
        out.extend(packets.concat());
        out
    }

    #[test]
    fn more_comments_than_are_read_are_a_problem() {
        let found = walked(walk, &flac(&vec!["a=b"; 10_001]));
        assert_eq!((found.blocks.len(), found.problems.len()), (10_000, 1));
    }

    #[test]
    fn comments_of_every_stream_are_read() {
        let of = |serial: u8, packets: &[Vec<u8>]| {
            let mut page = page(packets);
            page[14] = serial;
            page
        };
        let comments = |start: &[u8], text: &str| [start.to_vec(), comment_block(&[text])].concat();
        let file = [
            of(1, &[b"\x80theora".to_vec()]),
            of(2, &[b"\x01vorbis".to_vec()]),
            of(1, &[comments(b"\x81theora", "title=a film")]),
            of(2, &[comments(b"\x03vorbis", "AIGC={}")]),
        ]
        .concat();
        let found = walked(ogg, &file);
        assert_eq!(found.problems, []);
        assert_eq!(found.texts(), [("title", "a film"), ("AIGC", "{}")]);
    }

    #[test]
    fn comments_of_other_encodings_are_read() {
        let comments = comment_block(&["AIGC={}"]);
        let with = |start: &[u8]| [start.to_vec(), comments.clone()].concat();
        for packets in [
            [b"\x80theora".to_vec(), with(b"\x81theora")],
            [b"OpusHead".to_vec(), with(b"OpusTags")],
            [b"\x7fFLAC\x01\0".to_vec(), with(b"\x84\0\0\x14")],
        ] {
            let found = walked(ogg, &page(&packets));
            assert_eq!(found.problems, []);
            assert_eq!(found.texts(), [("AIGC", "{}")]);
        }
        let tagged = [id3::tests::id3(&[(b"TIT2", b"\0a")]), page(&[with(b"OpusTags")])].concat();
        let found = walked(ogg, &tagged);
        assert_eq!(found.texts(), [("TIT2", "a"), ("AIGC", "{}")]);
        assert_eq!(found.problems, []);
        let speech = page(&[b"Speex   ".to_vec(), vec![4; 40]]);
        let found = walked(ogg, &speech);
        assert!(found.blocks.is_empty() && found.problems.is_empty());
    }

    #[test]
    fn ogg_comments_are_read_across_lacing() {
        let packet =
            [b"\x03vorbis".to_vec(), comment_block(&[&format!("a={}", "b".repeat(300))])].concat();
        let mut file = b"OggS".to_vec();
        file.extend_from_slice(&[0; 22]);
        file.push(2);
        file.push(255);
        file.push(u8::try_from(packet.len() - 255).unwrap());
        file.extend_from_slice(&packet);
        let found = walked(ogg, &file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 1);
    }
}
