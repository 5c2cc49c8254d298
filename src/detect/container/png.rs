//! PNG: text chunks (before and after the pixels, and behind the end), `eXIf`, `caBX`. Walks chunk by chunk and
//! never inflates pixels. A chunk past the end, or no `IEND`, is a problem.

use crate::detect::block::{Carrier, Content, Found, Pieces, Store};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::container::irb;
use crate::detect::container::tiff::is_exif;
use crate::detect::inflate::inflate;
use crate::detect::unicode::latin;

const NAME: &str = "png";

/// Walks the chunks.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    if let Err(broke) = chunks(bytes, found) {
        found.broke(NAME, &broke);
    }
}

fn chunks(bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
    let mut at = 8;
    let mut ended = false;
    loop {
        let (kind, len) = match head(bytes, at) {
            // Behind the end stands what programs left there that know nothing of it: chunks, or anything.
            Err(_) if ended => return Ok(()),
            other => other?,
        };
        let name = String::from_utf8_lossy(&kind).into_owned();
        let body = at + 8;
        let end = body + len + 4;
        let cut = (end > bytes.len())
            .then(|| Broke::new(at, format!("chunk {name} of {len} bytes runs past the end")));
        if ended && cut.is_some() {
            return Ok(());
        }
        // What is there of it is read.
        let len = len.min(bytes.len() - body);
        match &kind {
            // ComfyUI keeps what it writes into animations in a chunk of its own, made as a tEXt is.
            b"tEXt" | b"zTXt" | b"iTXt" | b"comf" => match bytes.take(body, len) {
                Ok(data) => text(&name, at, &data, found),
                Err(broke) => found.broke(NAME, &broke),
            },
            b"eXIf" => match bytes.take(body, len) {
                Ok(data) => found.add(format!("PNG eXIf @ offset {at}"), Content::Exif(data)),
                Err(broke) => found.broke(NAME, &broke),
            },
            b"caBX" => {
                let store = Store::InPlace(Pieces::from(body..body + len));
                found.add(format!("PNG caBX @ offset {at}"), Content::C2pa(store));
            }
            b"IEND" if cut.is_none() => ended = true,
            _ => {}
        }
        if let Some(cut) = cut {
            return Err(cut);
        }
        at = end;
    }
}

/// The kind of the chunk at `at`, and its length.
fn head(bytes: &mut Bytes<'_>, at: u64) -> Result<([u8; 4], u64), Broke> {
    let [l0, l1, l2, l3, kind @ ..] = bytes
        .array::<8>(at)
        .map_err(|broke| Broke::new(at, format!("no IEND chunk, {}", broke.why)))?;
    if !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(Broke::new(at, "no chunk stands here"));
    }
    Ok((kind, u64::from(u32::from_be_bytes([l0, l1, l2, l3]))))
}

fn text(kind: &str, at: u64, data: &[u8], found: &mut Found) {
    let Some((key, value)) = split_text(kind, data, found) else {
        found.problem(NAME, format!("{kind} chunk broke at offset {at}: no keyword"));
        return;
    };
    let place = format!("PNG {kind} {key} @ offset {at}");
    let value = match value {
        Ok(value) => value,
        Err(why) => {
            found.problem(NAME, format!("{kind} chunk {key} broke at offset {at}: {why}"));
            return;
        }
    };
    if key == "XML:com.adobe.xmp" {
        found.add(place, Content::Xmp(value));
        return;
    }
    if let Some(profile) = key.strip_prefix("Raw profile type ") {
        raw_profile(profile, &place, &value, found);
        return;
    }
    // tEXt and zTXt are Latin-1 by the specification and UTF-8 by habit.
    found.text(place, Carrier::PngText, key, latin(&value));
}

type Value = Result<Vec<u8>, String>;

/// Keyword and value bytes of a text chunk.
fn split_text(kind: &str, data: &[u8], found: &mut Found) -> Option<(String, Value)> {
    let zero = data.iter().position(|byte| *byte == 0)?;
    let key: String = data.get(..zero)?.iter().map(|byte| char::from(*byte)).collect();
    let rest = data.get(zero + 1..)?;
    let value = match kind {
        "tEXt" | "comf" => Ok(rest.to_vec()),
        "zTXt" => found.unpack(rest.get(1..)?, inflate),
        _ => {
            let (flags, rest) = rest.split_at_checked(2)?;
            let mut parts = rest.splitn(3, |byte| *byte == 0);
            let (_language, _translated) = (parts.next()?, parts.next()?);
            let value = parts.next()?;
            if flags.first() == Some(&1) {
                found.unpack(value, inflate)
            } else {
                Ok(value.to_vec())
            }
        }
    };
    Some((key, value))
}

/// `ImageMagick`'s way to carry other profiles: name, length and hexadecimal, on lines.
fn raw_profile(profile: &str, place: &str, value: &[u8], found: &mut Found) {
    let mut lines = value.trim_ascii_start().splitn(3, |byte| *byte == b'\n');
    let (Some(_name), Some(_length), Some(hex)) = (lines.next(), lines.next(), lines.next()) else {
        found.problem(NAME, format!("profile in {place} has no length"));
        return;
    };
    let mut data = Vec::new();
    let mut high = None;
    for byte in hex.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = char::from(*byte).to_digit(16);
        let Some(digit) = digit.and_then(|digit| u8::try_from(digit).ok()) else {
            found.problem(NAME, format!("profile in {place} is not hexadecimal"));
            break;
        };
        match high.take() {
            None => high = Some(digit),
            Some(high) => data.push(high << 4 | digit),
        }
    }
    match profile {
        "iptc" | "8bim" => irb::walk(&data, place, found),
        "xmp" => found.add(place, Content::Xmp(data)),
        "exif" | "APP1" => {
            if let Some(xmp) = data.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                found.add(place, Content::Xmp(xmp.to_vec()));
            } else if data.starts_with(b"Exif\0") || is_exif(&data) {
                found.add(place, Content::Exif(data));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "byte strings are references")]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;
    use crate::detect::inflate::tests::deflate;

    /// One chunk. The walker does not read the CRC.
    pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        out.extend_from_slice(&[0; 4]);
        out
    }

    /// A PNG of these chunks.
    pub fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        out.extend(chunk(b"IHDR", &[0; 13]));
        out.extend(chunks.concat());
        out.extend(chunk(b"IEND", &[]));
        out
    }

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn texts_before_and_after_the_pixels_are_found_with_their_place() {
        let compressed = [b"zkey\0\0".as_slice(), &deflate(b"zvalue")].concat();
        let international = [b"ikey\0\x01\0de\0tr\0".as_slice(), &deflate("ä".as_bytes())].concat();
        let file = png(&[
            chunk(b"tEXt", b"key\0value"),
            chunk(b"IDAT", &[1; 100]),
            chunk(b"zTXt", &compressed),
            chunk(b"iTXt", &international),
            chunk(b"caBX", b"x"),
        ]);
        let found = found(&file);
        assert_eq!(found.problems, []);
        let texts: Vec<_> =
            found.blocks.iter().map(|block| (block.place.as_str(), &block.content)).collect();
        assert_eq!(texts[0].0, "PNG tEXt key @ offset 33");
        assert_eq!(texts.len(), 4);
        assert!(matches!(texts[1].1, Content::Text { value, .. } if value == "zvalue"));
        assert!(matches!(texts[2].1, Content::Text { value, .. } if value == "ä"));
        assert!(matches!(texts[3].1, Content::C2pa(Store::InPlace(_))));
    }

    #[test]
    fn the_chunk_of_comfyui_is_a_text() {
        let found = found(&png(&[chunk(b"IDAT", &[1; 9]), chunk(b"comf", b"prompt\0{}")]));
        assert_eq!(found.texts(), [("prompt", "{}")]);
    }

    #[test]
    fn a_profile_in_hexadecimal_is_unpacked() {
        let profile = b"\nIPTC profile\n      13\n3842494d04040000\n000000051c026e0000\n";
        let data = [b"Raw profile type iptc\0\0".as_slice(), &deflate(profile)].concat();
        let found = found(&png(&[chunk(b"zTXt", &data)]));
        assert_eq!(found.problems, []);
        assert!(matches!(&found.blocks[0].content, Content::Iim(_)));
    }

    #[test]
    fn a_truncated_file_says_where_it_broke_and_keeps_what_was_read() {
        let mut file = png(&[chunk(b"tEXt", b"key\0value"), chunk(b"IDAT", &[1; 100])]);
        file.truncate(file.len() - 50);
        let result = found(&file);
        assert_eq!(result.blocks.len(), 1);
        assert_eq!(
            result.problems[0].problem,
            "broke at offset 54: chunk IDAT of 100 bytes runs past the end"
        );
        let no_end = found(&file[..54]);
        assert!(no_end.problems[0].problem.contains("no IEND"));
    }

    #[test]
    fn chunks_behind_the_end_and_what_is_there_of_a_cut_one_are_read() {
        let mut file = png(&[]);
        for trailer in [b"".as_slice(), b"trailing bytes", b"\0\0\0\x04tEX", &png(&[])] {
            assert_eq!(found(&[&file, trailer].concat()).problems, []);
        }
        file.extend(chunk(b"tEXt", b"key\0value"));
        let behind = found(&file);
        assert_eq!((behind.texts(), behind.problems.len()), (vec![("key", "value")], 0));
        let whole = png(&[chunk(b"tEXt", b"key\0a long value")]);
        let cut = found(&whole[..33 + 8 + 10]);
        assert_eq!(cut.texts(), [("key", "a long")]);
        assert_eq!(cut.problems.len(), 1);
    }

    #[test]
    fn a_bomb_and_a_lying_length_are_problems() {
        let bomb = [b"k\0\0".as_slice(), &deflate(&vec![b'a'; 20 << 20])].concat();
        let result = found(&png(&[chunk(b"zTXt", &bomb)]));
        assert!(result.problems[0].problem.contains("inflates to more"));
        let mut lie = b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt".to_vec();
        lie.extend_from_slice(&[0; 40]);
        assert_eq!(found(&lie).problems.len(), 1);
    }
}
