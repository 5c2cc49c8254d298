//! ISO base media (MP4, MOV, M4A, HEIC, AVIF, CR3) and its relatives JPEG XL and JPEG 2000. Walks box
//! headers and seeks over the media, so a 200 GB `ProRes` costs what its index costs.

use crate::detect::block::{Carrier, Content, Found, Pieces, Store};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::container::{avc, heif, irb, jpeg};
use crate::detect::inflate::unbrotli;
use crate::detect::unicode::{latin, utf16, wide_text};

const NAME: &str = "bmff";
/// Boxes walked in one file.
const BOXES_MAX: usize = 200_000;
/// Boxes in boxes.
const DEPTH_MAX: usize = 8;
/// `uuid` of a C2PA box.
const C2PA_UUID: [u8; 16] = *b"\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81";
/// `uuid` of an XMP box.
const XMP_UUID: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
/// `uuid` of an EXIF box in JPEG 2000 (`JpgTiffExif->JP2`).
const EXIF_UUID: [u8; 16] = *b"JpgTiffExif->JP2";

/// `uuid` of an IPTC-IIM box in JPEG 2000.
const IPTC_UUID: [u8; 16] = *b"\x33\xc7\xa4\xd2\xb8\x1d\x47\x23\xa0\xba\xf1\xa3\xe0\x97\xad\x38";

/// A box: where its header and body stand and where it ends.
#[derive(Clone, Copy, Debug)]
pub struct BoxAt {
    /// Four letters.
    pub kind: [u8; 4],
    /// Offset of the header.
    pub at: u64,
    /// Offset of the body.
    pub body: u64,
    /// Offset behind the box.
    pub end: u64,
}

impl BoxAt {
    /// The four letters as text; `©` is not ASCII.
    pub fn name(&self) -> String {
        self.kind.iter().map(|byte| char::from(*byte)).collect()
    }
}

/// Reads the box header at `at`; the box must end by `end`.
pub fn box_at(bytes: &mut Bytes<'_>, at: u64, end: u64) -> Result<BoxAt, Broke> {
    match cut_box_at(bytes, at, end)? {
        (here, None) => Ok(here),
        (_, Some(cut)) => Err(cut),
    }
}

/// The same of a file that may be cut off inside the box: as much of the box as there is, and that it should
/// go on.
fn cut_box_at(bytes: &mut Bytes<'_>, at: u64, end: u64) -> Result<(BoxAt, Option<Broke>), Broke> {
    let [s0, s1, s2, s3, k0, k1, k2, k3] = bytes.array::<8>(at)?;
    let kind = [k0, k1, k2, k3];
    let (body, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
        0 => (at + 8, end - at),
        1 => (at + 16, bytes.u64_be(at + 8)?),
        size => (at + 8, u64::from(size)),
    };
    let name: String = kind.iter().map(|byte| char::from(*byte)).collect();
    let stop = at.saturating_add(size);
    if stop < body {
        return Err(Broke::new(at, format!("box {name} is smaller than its header")));
    }
    let cut = || Broke::new(at, format!("box {name} of {size} bytes runs past the end"));
    if body > end {
        return Err(cut());
    }
    Ok((BoxAt { kind, at, body, end: stop.min(end) }, (stop > end).then(cut)))
}

/// Whether what is there of a box that is cut off is read: a list of boxes, of which those before the cut are
/// whole, or a manifest store.
fn is_read_cut(bytes: &mut Bytes<'_>, here: BoxAt) -> bool {
    match &here.kind {
        b"moov" | b"trak" | b"udta" | b"meta" | b"jumb" => true,
        b"uuid" => bytes.peek_up_to(here.body, 16) == C2PA_UUID,
        _ => false,
    }
}

/// Walks the boxes of a file.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    let mut walk = Walk::default();
    let end = bytes.len();
    match walk.children(bytes, 0, end, "", 0, found) {
        Err(broke) => found.broke(NAME, &broke),
        Ok(()) if walk.media && !walk.index => {
            found.problem(NAME, "ends before its index: no box says what its media is");
        }
        Ok(()) => {}
    }
}

#[derive(Default)]
struct Walk {
    boxes: usize,
    /// Whether there is media, and whether there is what says where in it which frame stands.
    media: bool,
    index: bool,
}

impl Walk {
    fn children(
        &mut self,
        bytes: &mut Bytes<'_>,
        from: u64,
        end: u64,
        path: &str,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let mut at = from;
        while at < end {
            if end - at < 8 {
                // QuickTime ends lists of user data with a zero of four bytes; files get padded.
                return Ok(());
            }
            self.boxes += 1;
            if self.boxes > BOXES_MAX {
                return Err(Broke::new(at, "too many boxes"));
            }
            let (here, cut) = match cut_box_at(bytes, at, end) {
                Ok((here, None)) => (here, None),
                Ok((here, cut)) if is_read_cut(bytes, here) => (here, cut),
                // What follows the last box of a file without looking like one is a trailer.
                _ if depth == 0 && at > 0 && !self.plausible(bytes, at) => return Ok(()),
                Ok((_, Some(broke))) | Err(broke) => return Err(broke),
            };
            self.media |= &here.kind == b"mdat";
            self.index |= matches!(&here.kind, b"moov" | b"moof" | b"meta");
            let read = self.one(bytes, here, path, depth, found);
            if let Some(cut) = cut {
                // That what it holds ends there too goes without saying.
                return Err(cut);
            }
            // What is broken inside a box does not hide its neighbours.
            if let Err(broke) = read {
                found.broke(NAME, &broke);
            }
            at = here.end;
        }
        Ok(())
    }

    fn plausible(&self, bytes: &mut Bytes<'_>, at: u64) -> bool {
        debug_assert!(self.boxes > 0);
        bytes.array::<4>(at + 4).is_ok_and(|kind| kind.iter().all(u8::is_ascii_alphanumeric))
    }

    fn one(
        &mut self,
        bytes: &mut Bytes<'_>,
        here: BoxAt,
        path: &str,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let size = here.end - here.body;
        let path = if path.is_empty() { here.name() } else { format!("{path}/{}", here.name()) };
        let place = |what: &str| format!("{path}{what} @ offset {}", here.at);
        match &here.kind {
            b"uuid" if size >= 16 => uuid(bytes, here, place, found)?,
            b"moov" | b"trak" | b"udta" if depth < DEPTH_MAX => {
                self.children(bytes, here.body, here.end, &path, depth + 1, found)?;
                if &here.kind == b"trak" {
                    avc::track(bytes, here, &path, found)?;
                }
            }
            b"meta" if depth < DEPTH_MAX => meta(bytes, here, &path, found)?,
            b"XMP_" | b"xml " => {
                let data = bytes.take(here.body, size)?;
                found.add(place(""), Content::Xmp(data));
            }
            b"Exif" if depth == 0 => {
                let data = bytes.take(here.body, size)?;
                found.add(place(""), Content::Exif(exif_item(&data)));
            }
            b"jumb" if depth == 0 => {
                let start = bytes.peek_up_to(here.at, 64);
                if jpeg::is_c2pa_jumbf(start) {
                    let store = Store::InPlace(Pieces::from(here.at..here.end));
                    found.add(place(" C2PA"), Content::C2pa(store));
                }
            }
            b"brob" if size >= 4 => compressed(bytes, here, place, found)?,
            _ => {
                if let Some(value) = user_text(bytes, here, path.contains("udta/"))? {
                    found.text(place(""), Carrier::Mp4, here.name(), value);
                }
            }
        }
        Ok(())
    }
}

/// A box of one of those who named theirs by a number. Canon's inside `moov` is not where generators write.
fn uuid(
    bytes: &mut Bytes<'_>,
    here: BoxAt,
    place: impl Fn(&str) -> String,
    found: &mut Found,
) -> Result<(), Broke> {
    let uuid = bytes.array::<16>(here.body)?;
    let from = here.body + 16;
    if uuid == C2PA_UUID {
        let store = Store::InPlace(store(bytes, from, here.end));
        found.add(place(" C2PA"), Content::C2pa(store));
        return Ok(());
    }
    let mut data = || bytes.take(from, here.end - from);
    match uuid {
        XMP_UUID => found.add(place(" XMP"), Content::Xmp(data()?)),
        EXIF_UUID => found.add(place(" EXIF"), Content::Exif(data()?)),
        IPTC_UUID => irb::walk(&data()?, &place(" IPTC"), found),
        _ => {}
    }
    Ok(())
}

/// Where the store stands in a C2PA box: behind version and flags, a word that says what the box is for, and an
/// offset. Boxes for other than a store hold none.
fn store(bytes: &mut Bytes<'_>, from: u64, end: u64) -> Pieces {
    let head = bytes.peek_up_to(from + 4, 16);
    let purpose = head.split(|byte| *byte == 0).next().unwrap_or_default();
    let start = from + 4 + purpose.len() as u64 + 1 + 8;
    let is_store = matches!(purpose, b"manifest" | b"original" | b"update") && start < end;
    if is_store { Pieces::from(start..end) } else { Pieces::default() }
}

/// A box of JPEG XL that is packed: XMP or EXIF.
fn compressed(
    bytes: &mut Bytes<'_>,
    here: BoxAt,
    place: impl Fn(&str) -> String,
    found: &mut Found,
) -> Result<(), Broke> {
    let inner = bytes.array::<4>(here.body)?;
    if &inner == b"jumb" {
        return Err(Broke::new(here.at, "a compressed manifest store cannot be read"));
    }
    if !matches!(&inner, b"xml " | b"Exif") {
        return Ok(());
    }
    let from = here.body + 4;
    let data = bytes.take(from, here.end - from)?;
    let data = found.unpack(&data, unbrotli).map_err(|why| Broke::new(here.at, why))?;
    if &inner == b"xml " {
        found.add(place("/xml"), Content::Xmp(data));
    } else {
        found.add(place("/Exif"), Content::Exif(exif_item(&data)));
    }
    Ok(())
}

/// What a box holds that is one text: of user data as `QuickTime` and 3GPP have it, or a label.
fn user_text(
    bytes: &mut Bytes<'_>,
    here: BoxAt,
    in_user_data: bool,
) -> Result<Option<String>, Broke> {
    let size = here.end - here.body;
    Ok(Some(match &here.kind {
        [0xa9, ..] if in_user_data && size >= 4 => {
            let len = u64::from(bytes.u16_be(here.body)?).min(size - 4);
            latin(&bytes.take(here.body + 4, len)?)
        }
        // 3GPP: version and flags, a language, the text.
        b"titl" | b"dscp" | b"auth" if in_user_data && size > 6 => {
            let data = bytes.take(here.body + 6, size - 6)?;
            if data.starts_with(b"\xfe\xff") { utf16(&data, false) } else { latin(&data) }
        }
        b"AIGC" => {
            let data = bytes.take(here.body, size)?;
            let label = label(&data);
            wide_text(label).unwrap_or_else(|| latin(label))
        }
        _ => return Ok(None),
    }))
}

/// The text in a box made for one label. Writers lay it down bare, behind version and flags, as a text of
/// `QuickTime` or 3GPP with its length or language, or as a value of iTunes: it begins where one of these ends.
fn label(data: &[u8]) -> &[u8] {
    let is_text = |text: &[u8]| {
        let start = text.trim_ascii_start();
        ["{".as_bytes(), b"\"", b"\xfe\xff", b"\xff\xfe"].iter().any(|it| start.starts_with(it))
    };
    let counted = match data {
        [high, low, _, _, text @ ..] => text.get(..usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    };
    let value = (data.get(4..8) == Some(b"data")).then(|| data.get(16..)).flatten();
    let behind = |header: usize| data.get(header..);
    [behind(0), value, counted.filter(|text| !text.is_empty()), behind(4), behind(6)]
        .into_iter()
        .flatten()
        .find(|text| is_text(text))
        .unwrap_or(data)
}

/// An EXIF item begins with the offset of its TIFF header.
pub fn exif_item(data: &[u8]) -> Vec<u8> {
    let skip = data
        .get(..4)
        .map_or(0, |raw| raw.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
    data.get(4usize.saturating_add(skip)..).unwrap_or(data).to_vec()
}

/// A `meta` box: items of a still picture, or keys and values of a film.
fn meta(bytes: &mut Bytes<'_>, here: BoxAt, path: &str, found: &mut Found) -> Result<(), Broke> {
    // QuickTime's meta has no version field in front of its boxes.
    let plain = bytes.peek_up_to(here.body + 4, 4) == b"hdlr";
    let mut at = here.body + if plain { 0 } else { 4 };
    let mut keys = Vec::new();
    let mut items = heif::Items::default();
    while at + 8 <= here.end {
        let (child, cut) = cut_box_at(bytes, at, here.end)?;
        if let Some(cut) = cut {
            if &child.kind == b"ilst" {
                values(bytes, child, &keys, path, found)?;
            }
            return Err(cut);
        }
        match &child.kind {
            b"keys" => keys = key_names(bytes, child, found)?,
            b"ilst" => values(bytes, child, &keys, path, found)?,
            b"iinf" => items.names(bytes, child, found)?,
            b"iloc" => items.places(bytes, child)?,
            b"idat" => items.data_at(child.body),
            b"xml " => {
                let data = bytes.take(child.body, child.end - child.body)?;
                let xml = data.get(4..).unwrap_or_default().to_vec();
                found.add(format!("{path}/xml @ offset {at}"), Content::Xmp(xml));
            }
            _ => {}
        }
        at = child.end;
    }
    items.read(bytes, path, found);
    Ok(())
}

fn key_names(bytes: &mut Bytes<'_>, here: BoxAt, found: &mut Found) -> Result<Vec<String>, Broke> {
    /// Keys of one film; writers use a dozen.
    const KEYS_MAX: u32 = 4096;
    /// Bytes kept of a key; those of known meaning are far shorter.
    const KEY_CAP: u64 = 1024;
    let count = bytes.u32_be(here.body + 4)?;
    if count > KEYS_MAX {
        found.more("bmff", "keys");
    }
    let mut at = here.body + 8;
    let mut names = Vec::new();
    for _ in 0..count.min(KEYS_MAX) {
        let size = u64::from(bytes.u32_be(at)?);
        if size < 8 || at + size > here.end {
            return Err(Broke::new(at, "a key runs past its list"));
        }
        names.push(latin(&bytes.take(at + 8, (size - 8).min(KEY_CAP))?));
        at += size;
    }
    Ok(names)
}

/// The values of an `ilst`: named by index into the keys, by four letters, or by a `name` box.
fn values(
    bytes: &mut Bytes<'_>,
    list: BoxAt,
    keys: &[String],
    path: &str,
    found: &mut Found,
) -> Result<(), Broke> {
    let mut at = list.body;
    while at + 8 <= list.end {
        let (item, cut) = cut_box_at(bytes, at, list.end)?;
        let index = usize::try_from(u32::from_be_bytes(item.kind)).unwrap_or(usize::MAX);
        let mut key = match keys.get(index.wrapping_sub(1)) {
            Some(key) => key.clone(),
            None => item.name(),
        };
        let mut inner = item.body;
        while inner + 8 <= item.end {
            let part = box_at(bytes, inner, item.end)?;
            let size = part.end - part.body;
            match &part.kind {
                b"name" if size >= 4 => {
                    key = latin(&bytes.take(part.body + 4, size - 4)?);
                }
                // Kinds 0 to 5 are text or untyped; pictures and numbers are passed over.
                b"data" if size >= 8 && bytes.u32_be(part.body)? & 0x00ff_ffff <= 5 => {
                    let data = bytes.take(part.body + 8, size - 8)?;
                    let wide = bytes.u32_be(part.body)? & 0x00ff_ffff == 2;
                    let value = if wide { utf16(&data, false) } else { latin(&data) };
                    let place = format!("{path}/ilst {key} @ offset {}", item.at);
                    found.text(place, Carrier::Mp4, key.clone(), value);
                }
                _ => {}
            }
            inner = part.end;
        }
        if let Some(cut) = cut {
            return Err(cut);
        }
        at = item.end;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "byte strings are references")]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;
    use crate::detect::inflate::tests::brotli;

    /// One box.
    pub fn bx(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(data.len() + 8).unwrap().to_be_bytes().to_vec();
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        out
    }

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn keys_and_user_data_are_read() {
        let key = [0, 0, 0, 12].into_iter().chain(*b"mdtaAIGC").collect::<Vec<_>>();
        let keys = bx(b"keys", &[vec![0, 0, 0, 0, 0, 0, 0, 1], key].concat());
        let data = bx(b"data", b"\0\0\0\x01\0\0\0\0value");
        let list = bx(b"ilst", &bx(b"\0\0\0\x01", &data));
        let hdlr = bx(b"hdlr", &[0; 24]);
        let meta = bx(b"meta", &[vec![0; 4], hdlr, keys, list].concat());
        let tool = bx(b"\xa9too", b"\0\x04\0\0tool");
        let file = [
            bx(b"ftyp", b"isom\0\0\0\0"),
            bx(b"moov", &bx(b"udta", &[meta, tool, vec![0; 4]].concat())),
            bx(b"uuid", &[C2PA_UUID.as_slice(), &[0; 4]].concat()),
        ]
        .concat();
        let found = found(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 3);
        assert!(found.blocks[0].place.starts_with("moov/udta/meta/ilst AIGC"));
        assert!(matches!(&found.blocks[1].content, Content::Text { key, value, .. }
            if key == "\u{a9}too" && value == "tool"));
    }

    #[test]
    fn a_label_is_read_in_every_form_of_its_box() {
        let label = br#"{"ProduceID":"x"}"#;
        let length = u16::try_from(label.len()).unwrap().to_be_bytes();
        let value = bx(b"data", &[b"\0\0\0\x01\0\0\0\0".as_slice(), label].concat());
        let wide: Vec<u8> =
            "\u{feff}{\"ProduceID\":\"x\"}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for body in [
            label.to_vec(),
            [b"\0\0\0\0".as_slice(), label].concat(),
            [&length[..], b"\x15\xc7", label].concat(),
            [&length[..], b"\x15\xc7", label, &length, b"\0\0", label].concat(),
            [b"\0\0\0\0\x15\xc7".as_slice(), label, b"\0"].concat(),
            [b"\0\0\0\0".as_slice(), &wide].concat(),
            value,
        ] {
            let one = bx(b"AIGC", &body);
            for inside in [bx(b"moov", &bx(b"udta", &one)), bx(b"moov", &one), one] {
                let file = [bx(b"ftyp", b"isom\0\0\0\0"), inside].concat();
                let found = found(&file);
                assert_eq!(found.problems, []);
                assert_eq!(found.texts(), [("AIGC", r#"{"ProduceID":"x"}"#)], "{body:?}");
            }
        }
        for body in [b"".as_slice(), b"\0", b"\xff\xff\xff\xff", b"\xff\xff\0\0{"] {
            let file = [bx(b"ftyp", b"isom\0\0\0\0"), bx(b"AIGC", body)].concat();
            assert_eq!(found(&file).texts().len(), 1);
        }
    }

    #[test]
    fn texts_in_other_forms_are_read() {
        let wide: Vec<u8> = "w\u{ef}de".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let data = bx(b"data", &[b"\0\0\0\x02\0\0\0\0".to_vec(), wide].concat());
        let list = bx(b"ilst", &bx(b"desc", &data));
        let meta = bx(b"meta", &[vec![0; 4], bx(b"hdlr", &[0; 24]), list].concat());
        let dscp = bx(b"dscp", b"\0\0\0\0\x15\xc7text\0");
        let file =
            [bx(b"ftyp", b"3gp5\0\0\0\0"), bx(b"moov", &bx(b"udta", &[meta, dscp].concat()))]
                .concat();
        assert_eq!(found(&file).texts(), [("desc", "w\u{ef}de"), ("dscp", "text")]);
    }

    #[test]
    fn iptc_of_jpeg_2000_is_read() {
        let iim = b"\x1c\x02\x6e\0\x03abc";
        let file =
            [bx(b"ftyp", b"jp2 \0\0\0\0"), bx(b"uuid", &[IPTC_UUID.as_slice(), iim].concat())];
        let found = found(&file.concat());
        assert_eq!(found.problems, []);
        assert!(matches!(&found.blocks[..], [one] if one.content == Content::Iim(iim.to_vec())));
    }

    #[test]
    fn a_compressed_box_is_read_and_a_broken_one_is_a_problem() {
        let packed = brotli(b"<x/>");
        let file = |data: &[u8]| {
            let start = b"\0\0\0\x0cJXL \r\n\x87\n".to_vec();
            [start, bx(b"ftyp", b"jxl \0\0\0\0"), bx(b"brob", &[b"xml ", data].concat())].concat()
        };
        let good = found(&file(&packed));
        assert_eq!(good.problems, []);
        assert!(matches!(&good.blocks[0].content, Content::Xmp(xmp) if xmp == b"<x/>"));
        assert_eq!(found(&file(&packed[..4])).problems.len(), 1);
        let store = [bx(b"ftyp", b"jxl \0\0\0\0"), bx(b"brob", b"jumbxx")].concat();
        assert!(found(&store).problems[0].problem.contains("manifest store cannot be read"));
    }

    #[test]
    fn a_broken_box_does_not_hide_its_neighbours() {
        let broken = bx(b"moov", b"\0\0\xff\xffudta");
        let c2pa = bx(b"uuid", &[C2PA_UUID.as_slice(), &[0; 4]].concat());
        let file = [bx(b"ftyp", b"isom\0\0\0\0"), broken, c2pa].concat();
        let found = found(&file);
        assert_eq!((found.blocks.len(), found.problems.len()), (1, 1));
    }

    #[test]
    fn what_stands_before_the_cut_of_a_film_is_read() {
        let key = [0, 0, 0, 12].into_iter().chain(*b"mdtaAIGC").collect::<Vec<_>>();
        let keys = bx(b"keys", &[vec![0, 0, 0, 0, 0, 0, 0, 1], key].concat());
        let item = bx(b"\0\0\0\x01", &bx(b"data", b"\0\0\0\x01\0\0\0\0value"));
        let list = bx(b"ilst", &[item, bx(b"\0\0\0\x01", &bx(b"data", &[13; 90]))].concat());
        let meta = bx(b"meta", &[vec![0; 4], bx(b"hdlr", &[0; 24]), keys, list].concat());
        let moov = bx(b"moov", &[bx(b"udta", &meta), bx(b"free", &[0; 90])].concat());
        let (start, media) = (bx(b"ftyp", b"isom\0\0\0\0"), bx(b"mdat", &[0; 100]));
        let first = [start.clone(), moov.clone(), media.clone()].concat();
        let behind = [start, media, moov.clone()].concat();
        let text = moov.windows(5).position(|word| word == b"value").unwrap() + 5;
        // In the media, in what else the index holds, and in the very list.
        for (file, end, kind) in [
            (&first, first.len() - 50, "mdat"),
            (&first, 16 + moov.len() - 50, "moov"),
            (&first, 16 + text, "moov"),
            (&behind, behind.len() - 50, "moov"),
            (&behind, 16 + 108 + text + 30, "moov"),
        ] {
            let found = found(&file[..end]);
            assert_eq!(found.texts(), [("AIGC", "value")], "{kind} cut at {end}");
            let [problem] = &found.problems[..] else { panic!("{:?}", found.problems) };
            assert!(problem.problem.contains(&format!("box {kind} of ")), "{problem:?}");
        }
        let before = found(&first[..16 + text - 1]);
        assert_eq!((before.texts().len(), before.problems.len()), (0, 1));
    }

    #[test]
    fn a_cut_film_is_a_problem_and_nesting_ends() {
        let start = [bx(b"ftyp", b"isom\0\0\0\0"), bx(b"mdat", &[0; 100])].concat();
        let file = [start.as_slice(), &bx(b"moov", b"")].concat();
        assert_eq!(found(&file).problems, []);
        let cut = found(&file[..50]);
        assert_eq!(
            cut.problems[0].problem,
            "broke at offset 16: box mdat of 108 bytes runs past the end"
        );
        // Cut where the media ends, or never closed by the camera.
        let lost = "ends before its index: no box says what its media is";
        assert_eq!(found(&start).problems[0].problem, lost);
        let open = [bx(b"ftyp", b"qt  \0\0\0\0"), b"\0\0\0\0mdat".to_vec(), vec![7; 100]];
        assert_eq!(found(&open.concat()).problems[0].problem, lost);
        let mut deep = Vec::new();
        for _ in 0..1000 {
            deep = bx(b"udta", &deep);
        }
        assert_eq!(found(&deep).problems, []);
    }
}
