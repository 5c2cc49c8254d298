//! Items of a HEIC or AVIF picture: finds EXIF and XMP items through `iinf` and `iloc` and reads
//! only those. Used by `bmff`.

use crate::detect::block::{Content, Found};
use crate::detect::bytes::{BLOCK_CAP, Broke, Bytes};
use crate::detect::container::bmff::{BoxAt, box_at, exif_item};

const NAME: &str = "heif";
/// Items with metadata that are read; pictures have one or two.
const WANTED_MAX: usize = 64;
/// Items of one picture; a tiled one of 100 megapixels has a few hundred.
const ITEMS_MAX: u32 = 65_536;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exif,
    Xmp,
}

/// What is known of the items that matter.
#[derive(Default)]
pub struct Items {
    wanted: Vec<(u32, Kind)>,
    /// Item, whether in `idat`, offset, length.
    extents: Vec<(u32, bool, u64, u64)>,
    idat: Option<u64>,
    /// Extents counted, of all items: those that are not kept cost time too.
    counted: u32,
}

impl Items {
    /// Remembers where `idat` begins.
    pub fn data_at(&mut self, at: u64) {
        self.idat = Some(at);
    }

    /// Reads `iinf`: which items hold EXIF or XMP.
    pub fn names(
        &mut self,
        bytes: &mut Bytes<'_>,
        here: BoxAt,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let version = bytes.u8(here.body)?;
        let (count, mut at) = if version == 0 {
            (u32::from(bytes.u16_be(here.body + 4)?), here.body + 6)
        } else {
            (bytes.u32_be(here.body + 4)?, here.body + 8)
        };
        if count > ITEMS_MAX {
            found.more(NAME, "items");
        }
        for _ in 0..count.min(ITEMS_MAX) {
            if at + 8 > here.end {
                break;
            }
            let entry = box_at(bytes, at, here.end)?;
            at = entry.end;
            let version = bytes.u8(entry.body)?;
            let (id, kind_at) = match version {
                2 => (u32::from(bytes.u16_be(entry.body + 4)?), entry.body + 8),
                3 => (bytes.u32_be(entry.body + 4)?, entry.body + 10),
                _ => continue,
            };
            match &bytes.array::<4>(kind_at)? {
                b"Exif" => self.wanted.push((id, Kind::Exif)),
                b"mime" => {
                    let rest = entry.end.saturating_sub(kind_at + 4).min(256);
                    let names = bytes.take(kind_at + 4, rest)?;
                    let mut names = names.split(|byte| *byte == 0);
                    if names.nth(1) == Some(b"application/rdf+xml") {
                        self.wanted.push((id, Kind::Xmp));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads `iloc`: where the items stand.
    pub fn places(&mut self, bytes: &mut Bytes<'_>, here: BoxAt) -> Result<(), Broke> {
        let version = bytes.u8(here.body)?;
        let sizes = bytes.u16_be(here.body + 4)?;
        let [offset_size, length_size, base_size, index_size] =
            [sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15].map(u64::from);
        let mut at = here.body + 6;
        let id_size = if version < 2 { 2 } else { 4 };
        let count = number(bytes, &mut at, id_size)?;
        for _ in 0..count {
            let id = u32::try_from(number(bytes, &mut at, id_size)?).unwrap_or(u32::MAX);
            let method = if version == 0 { 0 } else { number(bytes, &mut at, 2)? & 15 };
            at += 2;
            let base = number(bytes, &mut at, base_size)?;
            let extents = number(bytes, &mut at, 2)?;
            if at > here.end {
                return Err(Broke::new(at, "item places run past their box"));
            }
            for _ in 0..extents {
                self.counted += 1;
                if at >= here.end || self.counted > ITEMS_MAX {
                    return Err(Broke::new(at, "item places run past their box, or are too many"));
                }
                if version > 0 {
                    number(bytes, &mut at, index_size)?;
                }
                let offset = number(bytes, &mut at, offset_size)?;
                let length = number(bytes, &mut at, length_size)?;
                if method <= 1 {
                    self.extents.push((id, method == 1, base.saturating_add(offset), length));
                }
            }
        }
        Ok(())
    }

    /// Reads the items that matter.
    pub fn read(&self, bytes: &mut Bytes<'_>, path: &str, found: &mut Found) {
        if self.wanted.len() > WANTED_MAX {
            found.more(NAME, "metadata items");
        }
        for (item, kind) in self.wanted.iter().take(WANTED_MAX) {
            match self.item(bytes, *item) {
                Ok((None, _)) => {
                    found.problem(NAME, format!("item {item} stands where it is not read"));
                }
                Ok((_, data)) if data.is_empty() => {}
                Ok((Some(at), data)) if *kind == Kind::Exif => {
                    let place = format!("{path} item {item} EXIF @ offset {at}");
                    found.add(place, Content::Exif(exif_item(&data)));
                }
                Ok((Some(at), data)) => {
                    let place = format!("{path} item {item} XMP @ offset {at}");
                    found.add(place, Content::Xmp(data));
                }
                Err(broke) => found.problem(NAME, format!("item {item} {broke}")),
            }
        }
    }

    /// Where an item begins, and its bytes.
    fn item(&self, bytes: &mut Bytes<'_>, item: u32) -> Result<(Option<u64>, Vec<u8>), Broke> {
        let mut data = Vec::new();
        let mut first = None;
        for (_, in_idat, offset, length) in self.extents.iter().filter(|(id, ..)| *id == item) {
            let start = if *in_idat { self.idat.unwrap_or(0) } else { 0 };
            let at = start.saturating_add(*offset);
            if data.len() as u64 + length > BLOCK_CAP {
                return Err(Broke::new(at, "is larger than the limit"));
            }
            data.extend(bytes.take(at, *length)?);
            first.get_or_insert(at);
        }
        Ok((first, data))
    }
}

/// A number of 0, 2, 4 or 8 bytes, as `iloc` states.
fn number(bytes: &mut Bytes<'_>, at: &mut u64, size: u64) -> Result<u64, Broke> {
    let value = match size {
        0 => 0,
        2 => u64::from(bytes.u16_be(*at)?),
        4 => u64::from(bytes.u32_be(*at)?),
        8 => bytes.u64_be(*at)?,
        _ => return Err(Broke::new(*at, "an item place of an unknown size")),
    };
    *at += size;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::container::bmff::tests::bx;
    use crate::detect::container::bmff::walk;
    use crate::detect::container::walked;

    #[test]
    fn an_xmp_item_is_found_through_its_place() {
        let infe = bx(b"infe", b"\x02\0\0\0\0\x07\0\0mimename\0application/rdf+xml\0");
        let iinf = bx(b"iinf", &[b"\0\0\0\0\0\x01".as_slice(), &infe].concat());
        let iloc = |offset: u32| {
            let mut body = b"\0\0\0\0\x44\0\0\x01\0\x07\0\0\0\x01".to_vec();
            body.extend_from_slice(&offset.to_be_bytes());
            body.extend_from_slice(&4u32.to_be_bytes());
            bx(b"iloc", &body)
        };
        let build = |offset| {
            let hdlr = bx(b"hdlr", &[0; 24]);
            let meta = [vec![0; 4], hdlr, iinf.clone(), iloc(offset)].concat();
            [bx(b"ftyp", b"mif1\0\0\0\0"), bx(b"meta", &meta), bx(b"mdat", b"<x/>")].concat()
        };
        let at = build(0).len() - 4;
        let file = build(u32::try_from(at).unwrap());
        let found = walked(walk, &file);
        assert_eq!(found.problems, []);
        assert!(matches!(&found.blocks[0].content, Content::Xmp(xmp) if xmp == b"<x/>"));
        assert_eq!(walked(walk, &build(1 << 30)).problems.len(), 1);
        // Listed, and placed nowhere that is read.
        let mut elsewhere = build(0);
        let kind = elsewhere.windows(4).position(|kind| kind == b"iloc").unwrap();
        elsewhere[kind + 13] = 8;
        assert!(
            walked(walk, &elsewhere).problems[0].problem.contains("stands where it is not read")
        );
    }

    #[test]
    fn extents_without_a_size_are_counted() {
        // Method 2, numbers of no bytes at all: nothing moves.
        let mut iloc = b"\x01\0\0\0\0\0\xff\xff".to_vec();
        iloc.extend(b"\0\x07\0\x02\0\0\xff\xff".repeat(65_535));
        let meta = [vec![0; 4], bx(b"hdlr", &[0; 24]), bx(b"iloc", &iloc)].concat();
        let file = [bx(b"ftyp", b"mif1\0\0\0\0"), bx(b"meta", &meta)].concat();
        assert!(walked(walk, &file).problems[0].problem.contains("too many"));
    }
}
