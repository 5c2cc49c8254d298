//! RIFF: WebP, WAV (with RF64 and BW64), AVI; and AIFF, the same with the big end first. Walks
//! chunk headers and seeks over everything else.

use crate::detect::block::{Carrier, Content, Found, Pieces, Store};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::container::id3;
use crate::detect::unicode::latin;
use crate::detect::xmp;

/// Chunks walked in one file, lists included.
const CHUNKS_MAX: usize = 100_000;
/// Lists in lists.
const DEPTH_MAX: usize = 4;

struct Walk<'a> {
    name: &'static str,
    label: &'a str,
    big_end: bool,
    chunks: usize,
    /// The true length of `data` in RF64 and BW64.
    data_size: Option<u64>,
}

/// Walks the chunks.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    let magic = bytes.array::<12>(0).unwrap_or_default();
    let form = [magic[8], magic[9], magic[10], magic[11]];
    let (name, label) = match &form {
        b"WEBP" => ("webp", "WebP"),
        b"AVI " => ("avi", "AVI"),
        b"AIFF" | b"AIFC" => ("aiff", "AIFF"),
        _ => ("wav", "WAV"),
    };
    let mut walk = Walk {
        name,
        label,
        big_end: magic.starts_with(b"FORM") || magic.starts_with(b"RIFX"),
        chunks: 0,
        data_size: None,
    };
    if let Err(broke) = walk.forms(bytes, found) {
        found.broke(name, &broke);
    }
}

impl Walk<'_> {
    /// All chunks of the file. Some writers state too short a form, so chunks behind its stated end
    /// are read too; but what is no chunk there is a trailer of someone else, not a fault.
    fn forms(&mut self, bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
        let raw = bytes.array::<4>(4)?;
        let stated = if self.big_end { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) };
        // Recorders that stream leave no size; RF64 keeps it elsewhere.
        let form_end = match stated {
            0 | u32::MAX => bytes.len(),
            size => 8 + u64::from(size),
        };
        let end = bytes.len();
        match self.list(bytes, 12, end, 0, found) {
            Err(broke) if broke.at >= form_end => Ok(()),
            other => other,
        }
    }

    fn list(
        &mut self,
        bytes: &mut Bytes<'_>,
        from: u64,
        end: u64,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let mut at = from;
        while at + 8 <= end {
            self.chunks += 1;
            if self.chunks > CHUNKS_MAX {
                return Err(Broke::new(at, "too many chunks"));
            }
            let kind = bytes.array::<4>(at)?;
            let stated = self.size(bytes.array(at + 4)?);
            let body = at + 8;
            let room = end - body;
            let mut size = u64::from(stated);
            if &kind == b"data" {
                if let (u32::MAX, Some(true_size)) = (stated, self.data_size) {
                    size = true_size;
                } else if stated == u32::MAX || (stated == 0 && depth == 0) {
                    // A recorder that streamed: the rest is sound.
                    size = room;
                }
            }
            let name = String::from_utf8_lossy(&kind);
            let cut = (size > room)
                .then(|| Broke::new(at, format!("chunk {name} of {size} bytes runs past the end")));
            if cut.is_some() && !kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
                return Err(Broke::new(at, "no chunk stands here"));
            }
            if kind == [0; 4] && size == 0 {
                // Padding at the end, which players skip.
                return Ok(());
            }
            let read = self.chunk(bytes, kind, at, size.min(room), depth, found);
            if let Some(cut) = cut {
                // What is there of it was read; that what it holds ends there too goes without saying.
                return Err(cut);
            }
            if let Err(broke) = read {
                found.broke(self.name, &broke);
            }
            at = self.behind(bytes, body.saturating_add(size), size, end);
        }
        Ok(())
    }

    fn chunk(
        &mut self,
        bytes: &mut Bytes<'_>,
        kind: [u8; 4],
        at: u64,
        size: u64,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let body = at + 8;
        let place = |what: &str| format!("{} {what} @ offset {at}", self.label);
        match &kind {
            b"ds64" if size >= 16 => self.data_size = Some(bytes.u64_le(body + 8)?),
            b"C2PA" => {
                let store = Store::InPlace(Pieces::from(body..body + size));
                found.add(place("C2PA"), Content::C2pa(store));
            }
            b"XMP " | b"_PMX" => {
                let data = bytes.take(body, size)?;
                found.add(place("XMP"), Content::Xmp(data));
            }
            // A chunk of any application, by its signature.
            b"APPL" if self.big_end && size >= 4 && &bytes.array::<4>(body)? == b"XMP " => {
                let data = bytes.take(body + 4, size - 4)?;
                found.add(place("APPL XMP"), Content::Xmp(data));
            }
            b"EXIF" => {
                let data = bytes.take(body, size)?;
                found.add(place("EXIF"), Content::Exif(data));
            }
            b"id3 " | b"ID3 " | b"ID32" => {
                let data = bytes.take(body, size)?;
                let place = place("id3");
                id3::tag(&mut Bytes::memory(&data), 0, &place, found);
            }
            b"LIST" | b"RIFF" if size >= 4 => match &bytes.array::<4>(body)? {
                b"INFO" => self.info(bytes, body + 4, body + size, found)?,
                b"movi" | b"adtl" => {}
                _ if depth < DEPTH_MAX => {
                    self.list(bytes, body + 4, body + size, depth + 1, found)?;
                }
                _ => {}
            },
            b"bext" => broadcast(&bytes.take(body, size)?, place, found),
            // Where the standard of the label puts it in WAV.
            b"AIGC" => {
                let data = bytes.take(body, size)?;
                found.text(place("AIGC"), Carrier::Riff, "AIGC", latin(&data));
            }
            b"iXML" | b"aXML" | b"axml" => {
                let name = String::from_utf8_lossy(&kind).into_owned();
                if let Some(problem) = document(&name, bytes.take(body, size)?, place, found) {
                    found.problem(self.name, problem);
                }
            }
            b"COMT" if self.big_end && size >= 2 => {
                let data = bytes.take(body, size)?;
                for value in comments(&data) {
                    found.text(place("COMT"), Carrier::Riff, "COMT", latin(value));
                }
            }
            b"NAME" | b"AUTH" | b"ANNO" if self.big_end => {
                let data = bytes.take(body, size)?;
                let key = String::from_utf8_lossy(&kind).into_owned();
                found.text(place(&key), Carrier::Riff, key, latin(&data));
            }
            _ => {}
        }
        Ok(())
    }

    fn info(
        &mut self,
        bytes: &mut Bytes<'_>,
        from: u64,
        end: u64,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let mut at = from;
        while at + 8 <= end {
            self.chunks += 1;
            let size = u64::from(self.size(bytes.array(at + 4)?));
            let key = String::from_utf8_lossy(bytes.peek(at, 4)?).into_owned();
            if self.chunks > CHUNKS_MAX || at + 8 + size > end {
                return Err(Broke::new(
                    at,
                    format!("INFO entry {key} of {size} bytes runs past its list"),
                ));
            }
            let data = bytes.take(at + 8, size)?;
            let place = format!("{} LIST/INFO {key} @ offset {at}", self.label);
            found.text(place, Carrier::Riff, key, latin(&data));
            at = self.behind(bytes, at + 8 + size, size, end);
        }
        Ok(())
    }

    fn size(&self, raw: [u8; 4]) -> u32 {
        if self.big_end { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) }
    }

    /// Where the chunk behind one that ends at `stop` begins: at the next even number, as the format asks, but
    /// for writers that leave the padding away, where a chunk stands at once and none behind a padding.
    fn behind(&self, bytes: &mut Bytes<'_>, stop: u64, size: u64, end: u64) -> u64 {
        let padded = stop.saturating_add(size % 2);
        let unpadded =
            padded < end && self.is_chunk(bytes, stop, end) && !self.is_chunk(bytes, padded, end);
        if size % 2 == 1 && unpadded { stop } else { padded }
    }

    /// Whether a chunk stands at `at`: a name that is one, and a size that fits.
    fn is_chunk(&self, bytes: &mut Bytes<'_>, at: u64, end: u64) -> bool {
        let Ok([k0, k1, k2, k3, s0, s1, s2, s3]) = bytes.array::<8>(at) else {
            return false;
        };
        let named = k0.is_ascii_alphanumeric()
            && [k1, k2, k3].iter().all(|it| it.is_ascii_alphanumeric() || *it == b' ');
        let size = self.size([s0, s1, s2, s3]);
        named && at.saturating_add(8).saturating_add(u64::from(size)) <= end
    }
}

/// What a broadcast wave says in its `bext`, whose history goes on to the end.
fn broadcast(data: &[u8], place: impl Fn(&str) -> String, found: &mut Found) {
    let parts =
        [("Description", 0, 256), ("Originator", 256, 288), ("CodingHistory", 602, data.len())];
    for (key, from, to) in parts {
        let value = latin(data.get(from..to).unwrap_or_default());
        if !value.is_empty() {
            let place = place(&format!("bext {key}"));
            found.text(place, Carrier::Riff, format!("bext:{key}"), value);
        }
    }
}

/// The texts of a document of XML, and what kept it from being read to its end.
fn document(
    name: &str,
    data: Vec<u8>,
    place: impl Fn(&str) -> String,
    found: &mut Found,
) -> Option<String> {
    let (texts, problem) = xmp::elements(data);
    for (element, value) in texts {
        let key = format!("{name}:{element}");
        found.text(place(&format!("{name} {element}")), Carrier::Riff, key, value);
    }
    problem.map(|problem| format!("{} {problem}", place(name)))
}

/// Comments of AIFF: a count, then for each a time, a marker, a length and the text, padded.
fn comments(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [high, low] = rest.get(6..8)?.try_into().ok()?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        let text = rest.get(8..8 + len)?;
        rest = rest.get(8 + len + len % 2..).unwrap_or_default();
        Some(text)
    })
}

#[cfg(test)]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "byte strings are references")]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    /// One chunk.
    pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut out = kind.to_vec();
        out.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
        out.extend_from_slice(data);
        if data.len() % 2 == 1 {
            out.push(0);
        }
        out
    }

    /// A RIFF file of this form.
    pub fn riff(form: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
        chunk(b"RIFF", &[form.to_vec(), chunks.concat()].concat())
    }

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn chunks_and_lists_are_walked() {
        let info = [b"INFO".to_vec(), chunk(b"ICMT", b"odd"), chunk(b"ISFT", b"tool\0")].concat();
        let file =
            riff(b"WAVE", &[chunk(b"data", &[0; 64]), chunk(b"LIST", &info), chunk(b"C2PA", b"x")]);
        let found = found(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 3);
        assert!(matches!(&found.blocks[1].content, Content::Text { value, .. } if value == "tool"));
    }

    type Chunk = fn(&[u8; 4], &[u8]) -> Vec<u8>;

    /// One chunk as writers leave it that know nothing of padding.
    pub fn bare(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let size = u32::try_from(data.len()).unwrap().to_le_bytes();
        [kind.as_slice(), &size, data].concat()
    }

    #[test]
    fn odd_chunks_without_padding_are_read() {
        let info = |chunk: Chunk| {
            let texts =
                [chunk(b"INAM", b"one"), chunk(b"ICMT", b"seven77"), chunk(b"ISFT", b"t\0x")];
            [b"INFO".to_vec(), texts.concat()].concat()
        };
        for list in
            [chunk(b"LIST", &info(bare)), bare(b"LIST", &info(bare)), chunk(b"LIST", &info(chunk))]
        {
            let file = riff(b"WAVE", &[chunk(b"data", &[0; 6]), list, chunk(b"C2PA", b"x")]);
            let found = found(&file);
            assert_eq!(found.problems, []);
            assert_eq!(found.texts(), [("INAM", "one"), ("ICMT", "seven77"), ("ISFT", "t\0x")]);
            assert_eq!(found.blocks.len(), 4);
        }
        // An odd size and nothing that is a chunk on either side stays a problem.
        let torn = [
            b"INFO".to_vec(),
            bare(b"INAM", b"one"),
            b"\x01\x02\x03\x04\xff\xff\xff\xff\xff\xff".to_vec(),
        ];
        assert_eq!(found(&riff(b"WAVE", &[chunk(b"LIST", &torn.concat())])).problems.len(), 1);
    }

    #[test]
    fn sizes_are_turned_where_the_form_turns_them() {
        let big = |kind: &[u8], data: &[u8]| {
            [kind, &u32::try_from(data.len()).unwrap().to_be_bytes(), data].concat()
        };
        let list = [b"INFO".to_vec(), big(b"ICMT", b"made")].concat();
        let file = big(b"RIFX", &[b"WAVE".to_vec(), big(b"LIST", &list)].concat());
        let found = found(&file);
        assert_eq!((found.texts(), found.problems.len()), (vec![("ICMT", "made")], 0));
    }

    #[test]
    fn texts_of_broadcasters_are_read() {
        let mut bext = b"described".to_vec();
        bext.resize(602, 0);
        bext.extend_from_slice(b"A=PCM,T=tool\r\n");
        let xml =
            b"<BWFXML><NOTE>a &lt; b</NOTE><USER><Digital_Source_Type>x</Digital_Source_Type>";
        let wave = riff(b"WAVE", &[chunk(b"bext", &bext), chunk(b"iXML", xml)]);
        assert_eq!(
            found(&wave).texts(),
            [
                ("bext:Description", "described"),
                ("bext:CodingHistory", "A=PCM,T=tool\r\n"),
                ("iXML:NOTE", "a < b"),
                ("iXML:Digital_Source_Type", "x"),
            ]
        );
        let comment = b"\0\x02\0\0\0\0\0\0\0\x03odd\0\0\0\0\0\0\0\0\x02ok";
        let size = u32::try_from(comment.len()).unwrap().to_be_bytes();
        let aiff = [b"FORM\0\0\0\0AIFFCOMT".as_slice(), &size, comment].concat();
        assert_eq!(found(&aiff).texts(), [("COMT", "odd"), ("COMT", "ok")]);
        let packet = b"FORM\0\0\0\0AIFFAPPL\0\0\0\x08XMP <x/>APPL\0\0\0\x04stoc";
        let packet = found(packet);
        assert_eq!(packet.problems, []);
        assert!(
            matches!(&packet.blocks[..], [one] if one.content == Content::Xmp(b"<x/>".to_vec()))
        );
    }

    #[test]
    fn a_label_in_a_chunk_of_its_own_is_read() {
        for form in [b"WAVE", b"AVI ", b"WEBP"] {
            let file = riff(form, &[chunk(b"data", &[0; 6]), chunk(b"AIGC", b"{\"Label\":\"1\"}")]);
            let found = found(&file);
            assert_eq!(
                (found.texts(), found.problems.len()),
                (vec![("AIGC", "{\"Label\":\"1\"}")], 0)
            );
        }
        let mut long = riff(b"WAVE", &[chunk(b"AIGC", b"{}")]);
        long[..4].copy_from_slice(b"RF64");
        assert_eq!(found(&long).texts(), [("AIGC", "{}")]);
    }

    #[test]
    fn a_streamed_recording_is_whole_and_a_cut_one_is_not() {
        let mut file = riff(b"WAVE", &[chunk(b"data", &[0; 64])]);
        file[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(found(&file).problems, []);
        let mut trailer = riff(b"WAVE", &[chunk(b"data", &[0; 64])]);
        trailer.extend_from_slice(b"TAGan old tag of another format");
        assert_eq!(found(&trailer).problems, []);
        let mut cut = riff(b"WEBP", &[chunk(b"VP8 ", &[1; 64])]);
        cut.truncate(50);
        assert_eq!(
            found(&cut).problems[0].problem,
            "broke at offset 12: chunk VP8  of 64 bytes runs past the end"
        );
    }
}
