//! TIFF, DNG and the raw formats built on it, and EXIF blocks, which are TIFF too. Walks the
//! directories (with a limit on directories and entries, and no directory twice), reads the few tags
//! that carry marks, and never touches pixels.

use crate::detect::block::{Carrier, Content, Found, Pieces, Store};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::container::irb;
use crate::detect::unicode::{latin, utf16, wide_text};

const NAME: &str = "tiff";
/// Directories walked in one structure.
const DIRECTORIES_MAX: usize = 64;
/// Directories in directories.
const DEPTH_MAX: usize = 4;
/// Directories that one entry points at; pictures in many sizes have a dozen.
const POINTERS_MAX: u64 = 64;
/// Bytes of values read in one structure: entries may all point at the same large value.
const READ_MAX: u64 = 64 << 20;
/// Entries walked in one directory.
const ENTRIES_MAX: u64 = 4096;

/// Walks a TIFF file.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    structure(bytes, NAME, "TIFF", found);
}

/// Walks an EXIF block. `place` says where the block stands.
pub fn exif(data: &[u8], place: &str, found: &mut Found) {
    structure(&mut Bytes::memory(behind_word(data)), "exif", place, found);
}

/// What stands behind the word that only JPEG needs, with its zero and what fills up to an even number. Some
/// writers put it before a block elsewhere, and some put it there twice or leave the filling away.
fn behind_word(mut data: &[u8]) -> &[u8] {
    while let Some(rest) = data.strip_prefix(b"Exif\0") {
        let filled = !rest.first().is_some_and(u8::is_ascii_alphabetic);
        data = rest.get(usize::from(filled)..).unwrap_or_default();
    }
    data
}

/// Whether an EXIF block begins here, which is TIFF in one of the two byte orders.
pub fn is_exif(data: &[u8]) -> bool {
    data.starts_with(b"II\x2a\0") || data.starts_with(b"MM\0\x2a")
}

fn structure(bytes: &mut Bytes<'_>, detector: &str, place: &str, found: &mut Found) {
    let mut tiff = Tiff {
        bytes,
        detector,
        place,
        little: false,
        big: false,
        seen: Vec::new(),
        budget: READ_MAX,
    };
    if let Err(broke) = tiff.walk(found) {
        found.broke(detector, &broke);
    }
}

struct Tiff<'a, 'b> {
    bytes: &'a mut Bytes<'b>,
    detector: &'a str,
    place: &'a str,
    little: bool,
    big: bool,
    seen: Vec<u64>,
    budget: u64,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where the value stands.
    at: u64,
    size: u64,
}

impl Tiff<'_, '_> {
    fn walk(&mut self, found: &mut Found) -> Result<(), Broke> {
        self.little = match self.bytes.array::<2>(0)? {
            [b'I', b'I'] => true,
            [b'M', b'M'] => false,
            _ => return Err(Broke::new(0, "no byte order stands here")),
        };
        self.big = self.u16(2)? == 43;
        let mut next = if self.big { self.u64(8)? } else { self.u32(4)? };
        let mut number = 0;
        while next != 0 {
            let name = format!("IFD{number}");
            let (entries, after) = self.directory(next)?;
            self.entries(&name, &entries, 0, found);
            next = after;
            number += 1;
        }
        Ok(())
    }

    /// The entries of the directory at `at` and the offset of the next one.
    fn directory(&mut self, at: u64) -> Result<(Vec<Entry>, u64), Broke> {
        if self.seen.contains(&at) || self.seen.len() >= DIRECTORIES_MAX {
            return Err(Broke::new(at, "directories go in a circle or are too many"));
        }
        self.seen.push(at);
        let (count, first, width) = if self.big {
            (self.u64(at)?, at.saturating_add(8), 20)
        } else {
            (u64::from(self.u16(at)?), at.saturating_add(2), 12)
        };
        if count > ENTRIES_MAX {
            return Err(Broke::new(at, format!("a directory of {count} entries")));
        }
        let mut entries = Vec::new();
        for number in 0..count {
            entries.push(self.entry(first + number * width)?);
        }
        let after = first + count * width;
        // Many writers of EXIF leave the offset of the next directory away at the very end.
        let next = if self.big { self.u64(after) } else { self.u32(after) };
        Ok((entries, next.unwrap_or(0)))
    }

    fn entry(&mut self, at: u64) -> Result<Entry, Broke> {
        let (tag, kind) = (self.u16(at)?, self.u16(at + 2)?);
        let (count, value, inline) =
            if self.big { (self.u64(at + 4)?, at + 12, 8) } else { (self.u32(at + 4)?, at + 8, 4) };
        let width = match kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        };
        let size = count.saturating_mul(width);
        let at = if size <= inline {
            value
        } else if self.big {
            self.u64(value)?
        } else {
            self.u32(value)?
        };
        Ok(Entry { tag, kind, count, at, size })
    }

    fn entries(&mut self, name: &str, entries: &[Entry], depth: usize, found: &mut Found) {
        for entry in entries {
            if let Err(broke) = self.read(name, entry, depth, found) {
                found.problem(
                    self.detector,
                    format!("tag {name}:0x{:04X} in {} {broke}", entry.tag, self.place),
                );
            }
        }
    }

    fn read(
        &mut self,
        name: &str,
        entry: &Entry,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let place = |tag: &str| format!("{} {name}:{tag}", self.place);
        match entry.tag {
            330 => self.inner("SubIFD", entry, depth, found)?,
            0x8769 => self.inner("ExifIFD", entry, depth, found)?,
            700 => {
                let place = place("XMP");
                let data = self.value(entry)?;
                found.add(place, Content::Xmp(data));
            }
            33723 | 34377 => {
                let place = place(if entry.tag == 33723 { "IPTC" } else { "Photoshop" });
                let mut data = self.value(entry)?;
                if entry.kind == 4 && data.first() != Some(&0x1c) && data.get(3) == Some(&0x1c) {
                    // Texts in numbers of four bytes, which some libraries turn around.
                    data.chunks_exact_mut(4).for_each(<[u8]>::reverse);
                }
                irb::walk(&data, &place, found);
            }
            0xCD41 => {
                if entry.at.saturating_add(entry.size) > self.bytes.len() {
                    found.problem(NAME, format!("C2PA tag in {name} runs past the end"));
                }
                let piece = entry.at..entry.at.saturating_add(entry.size);
                let store = Store::InPlace(Pieces::from(piece));
                found.add(place("C2PA (0xCD41)"), Content::C2pa(store));
            }
            0x9286 => {
                self.text(&place("UserComment"), "UserComment", entry, user_comment, found)?;
            }
            // A maker note is binary, save that Fooocus keeps a word in it.
            0x927C if entry.size <= 32 => {
                self.text(&place("MakerNote"), "MakerNote", entry, |data, _| latin(data), found)?;
            }
            0x9C9B..=0x9C9F => {
                let key = ["XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"]
                    [usize::from(entry.tag - 0x9C9B)];
                self.text(&place(key), key, entry, |data, _| utf16(data, true), found)?;
            }
            tag if entry.kind == 2 || entry.kind == 7 || entry.kind == 129 => {
                let key = match tag {
                    270 => "ImageDescription",
                    271 => "Make",
                    272 => "Model",
                    305 => "Software",
                    315 => "Artist",
                    _ => return Ok(()),
                };
                self.text(&place(key), key, entry, |data, _| latin(data), found)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The directories that an entry points at.
    fn inner(
        &mut self,
        name: &str,
        entry: &Entry,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), Broke> {
        if depth >= DEPTH_MAX {
            found.more(self.detector, "directories in directories");
            return Ok(());
        }
        if entry.count > POINTERS_MAX {
            found.more(self.detector, "directories in one");
        }
        for number in 0..entry.count.min(POINTERS_MAX) {
            let pointer = self.pointer(entry, number)?;
            if pointer != 0 {
                let (entries, _) = self.directory(pointer)?;
                self.entries(name, &entries, depth + 1, found);
            }
        }
        Ok(())
    }

    fn text(
        &mut self,
        place: &str,
        key: &str,
        entry: &Entry,
        decode: impl Fn(&[u8], bool) -> String,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let data = self.value(entry)?;
        let value = decode(&data, self.little);
        if !value.trim().is_empty() {
            found.text(place, Carrier::Exif, key, value);
        }
        Ok(())
    }

    fn value(&mut self, entry: &Entry) -> Result<Vec<u8>, Broke> {
        let inside = entry.at.saturating_add(entry.size) <= self.bytes.len();
        self.budget = self
            .budget
            .checked_sub(if inside { entry.size } else { 0 })
            .ok_or_else(|| Broke::new(entry.at, "too many bytes of values"))?;
        self.bytes.take(entry.at, entry.size)
    }

    fn pointer(&mut self, entry: &Entry, number: u64) -> Result<u64, Broke> {
        if entry.kind == 16 || entry.kind == 18 {
            self.u64(entry.at.saturating_add(number * 8))
        } else {
            self.u32(entry.at.saturating_add(number * 4))
        }
    }

    fn u16(&mut self, at: u64) -> Result<u16, Broke> {
        let raw = self.bytes.array(at)?;
        Ok(if self.little { u16::from_le_bytes(raw) } else { u16::from_be_bytes(raw) })
    }

    fn u32(&mut self, at: u64) -> Result<u64, Broke> {
        Ok(u64::from(if self.little { self.bytes.u32_le(at)? } else { self.bytes.u32_be(at)? }))
    }

    fn u64(&mut self, at: u64) -> Result<u64, Broke> {
        if self.little { self.bytes.u64_le(at) } else { self.bytes.u64_be(at) }
    }
}

/// `UserComment` begins with a character code of eight bytes. `UNICODE` does not say which byte
/// order: some write the order of the TIFF structure, most generators the big end first. The
/// zeros of Latin letters tell.
fn user_comment(data: &[u8], little: bool) -> String {
    let Some((code, text)) = data.split_at_checked(8) else {
        return latin(data);
    };
    match code.to_ascii_uppercase().as_slice() {
        b"UNICODE\0" => match text {
            [0xff, 0xfe, rest @ ..] => utf16(rest, true),
            [0xfe, 0xff, rest @ ..] => utf16(rest, false),
            _ => {
                // Closing zeros are those of any writing.
                let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
                let body = text.get(..end).unwrap_or_default();
                let zeros = |odd: usize| {
                    body.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count()
                };
                let (even, odd) = (zeros(0), zeros(1));
                if even == odd && even == 0 && std::str::from_utf8(body).is_ok() {
                    return latin(body);
                }
                utf16(text, if even == odd { little } else { odd > even })
            }
        },
        b"ASCII\0\0\0" | b"JIS\0\0\0\0\0" | [0, 0, 0, 0, 0, 0, 0, 0] => wide_or_latin(text),
        _ => wide_or_latin(data),
    }
}

/// Some writers state another code than they use, or none.
fn wide_or_latin(data: &[u8]) -> String {
    wide_text(data).map_or_else(|| latin(data), |text| text.trim_end_matches('\0').to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    /// A little-endian TIFF with one directory of text tags.
    pub fn tiff(tags: &[(u16, u16, &[u8])]) -> Vec<u8> {
        let mut out = b"II\x2a\0\x08\0\0\0".to_vec();
        out.extend_from_slice(&u16::try_from(tags.len()).unwrap().to_le_bytes());
        let mut data = Vec::new();
        let data_at = 8 + 2 + tags.len() * 12 + 4;
        for (tag, kind, value) in tags {
            out.extend_from_slice(&tag.to_le_bytes());
            out.extend_from_slice(&kind.to_le_bytes());
            out.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
            if value.len() <= 4 {
                let mut inline = value.to_vec();
                inline.resize(4, 0);
                out.extend(inline);
            } else {
                let at = u32::try_from(data_at + data.len()).unwrap();
                out.extend_from_slice(&at.to_le_bytes());
                data.extend_from_slice(value);
            }
        }
        out.extend_from_slice(&[0; 4]);
        out.extend(data);
        out
    }

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn tags_are_read_with_their_place() {
        let comment = [b"UNICODE\0".as_slice(), b"\0h\0i"].concat();
        let file = tiff(&[(271, 2, b"Maker\0"), (0x9286, 7, &comment), (700, 1, b"<x></x>")]);
        let found = found(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks[0].place, "TIFF IFD0:Make");
        assert!(matches!(&found.blocks[1].content, Content::Text { value, .. } if value == "hi"));
        assert!(matches!(&found.blocks[2].content, Content::Xmp(_)));
    }

    #[test]
    fn what_other_writers_leave_around_a_block_is_passed_over() {
        let mut swapped = b"\x1c\x02\x6e\0\x03abc".to_vec();
        swapped.chunks_exact_mut(4).for_each(<[u8]>::reverse);
        let mut file = tiff(&[(33723, 4, &swapped)]);
        file[14..18].copy_from_slice(&2u32.to_le_bytes());
        let got = found(&file);
        assert_eq!(got.problems, []);
        assert!(
            matches!(&got.blocks[..], [one] if one.content == Content::Iim(b"\x1c\x02\x6e\0\x03abc".to_vec()))
        );
        for word in ["", "Exif\0\0", "Exif\0", "Exif\0\u{7f}", "Exif\0\0Exif\0\0", "Exif\0Exif\0\0"]
        {
            let mut inner = Found::default();
            let block = [word.as_bytes(), &tiff(&[(271, 2, b"Maker\0")])].concat();
            exif(&block, "P", &mut inner);
            assert_eq!((inner.texts(), inner.problems.len()), (vec![("Make", "Maker")], 0));
        }
    }

    #[test]
    fn a_comment_is_read_whatever_code_it_states() {
        let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "Steps: 2\u{6771}\0".encode_utf16().flat_map(order).collect()
        };
        let codes: [&[u8]; 4] = [b"UNICODE\0", b"ASCII\0\0\0", &[0; 8], b""];
        for code in codes {
            for text in [wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
                let comment = user_comment(&[code, &text].concat(), true);
                assert_eq!(comment, "Steps: 2\u{6771}", "{code:?}");
            }
            assert_eq!(user_comment(&[code, b"Steps: 2\0"].concat(), true), "Steps: 2");
        }
    }

    #[test]
    fn circles_and_lying_counts_end() {
        let mut file = tiff(&[(271, 2, b"Maker\0")]);
        let next = 8 + 2 + 12;
        file[next..next + 4].copy_from_slice(&8u32.to_le_bytes());
        assert!(found(&file).problems[0].problem.contains("circle"));
        let mut file = tiff(&[(700, 1, b"long enough")]);
        file[14..18].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(found(&file).problems[0].problem.contains("runs past the end"));
        assert_eq!(found(b"II\x2a\0\xff\xff\xff\xff").problems.len(), 1);
    }
}
