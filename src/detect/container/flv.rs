//! FLV: the texts of `onMetaData`, which stands in a script tag before the first frames. Walks tag
//! headers, and values of AMF0 with a bound on depth; never reads sound or film.

use crate::detect::block::{Carrier, Content, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::unicode::latin;
use crate::detect::xmp::is_packet;

const NAME: &str = "flv";
/// Tags walked: what describes the film stands before its frames.
const TAGS_MAX: usize = 64;
/// The largest script tag read; key frame lists make some a few hundred kilobytes.
const SCRIPT_CAP: u64 = 4 << 20;
/// Objects in objects.
const DEPTH_MAX: usize = 8;
/// Values of one script tag.
const VALUES_MAX: usize = 200_000;

/// Walks the first tags.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    if let Err(broke) = tags(bytes, found) {
        found.broke(NAME, &broke);
    }
}

fn tags(bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
    // Each tag has the size of the one before it in front.
    let mut at = u64::from(bytes.u32_be(5)?) + 4;
    for _ in 0..TAGS_MAX {
        if at == bytes.len() {
            return Ok(());
        }
        let header = bytes.u32_be(at)?;
        let (kind, size) = (header >> 24 & 0x1f, u64::from(header & 0x00ff_ffff));
        let body = at + 11;
        if body + size > bytes.len() {
            return Err(Broke::new(at, format!("a tag of {size} bytes runs past the end")));
        }
        if kind == 18 {
            if size > SCRIPT_CAP {
                return Err(Broke::new(
                    at,
                    format!("a script of {size} bytes is larger than is read"),
                ));
            }
            let data = bytes.take(body, size)?;
            let mut script = Script { rest: &data, values: 0, place: at, found: &mut *found };
            if script.message().is_none() {
                found.problem(NAME, format!("broke at offset {at}: a value of the script lies"));
            }
        }
        at = body + size + 4;
    }
    Ok(())
}

struct Script<'a> {
    rest: &'a [u8],
    values: usize,
    place: u64,
    found: &'a mut Found,
}

impl<'a> Script<'a> {
    /// A name and the values that belong to it.
    fn message(&mut self) -> Option<()> {
        while !self.rest.is_empty() {
            self.value("", 0)?;
        }
        Some(())
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(part)
    }

    fn length(&mut self, size: usize) -> Option<usize> {
        let raw = self.bytes(size)?;
        Some(raw.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    }

    fn text(&mut self, size: usize) -> Option<String> {
        let length = self.length(size)?;
        Some(latin(self.bytes(length)?))
    }

    fn value(&mut self, key: &str, depth: usize) -> Option<()> {
        self.values += 1;
        if depth > DEPTH_MAX || self.values > VALUES_MAX {
            return None;
        }
        match self.bytes(1)?.first()? {
            // Number and date; yes or no; nothing of three kinds; a reference.
            0 => self.bytes(8).map(|_| ()),
            11 => self.bytes(10).map(|_| ()),
            1 => self.bytes(1).map(|_| ()),
            5 | 6 | 13 => Some(()),
            7 => self.bytes(2).map(|_| ()),
            kind @ (2 | 12 | 15) => {
                let text = self.text(if *kind == 2 { 2 } else { 4 })?;
                self.add(key, text);
                Some(())
            }
            3 => self.members(depth),
            8 => {
                self.bytes(4)?;
                self.members(depth)
            }
            16 => {
                self.text(2)?;
                self.members(depth)
            }
            10 => {
                let count = self.length(4)?;
                for _ in 0..count {
                    self.value(key, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Names and values, up to the mark of the end. Some writers leave that out.
    fn members(&mut self, depth: usize) -> Option<()> {
        while !self.rest.is_empty() {
            if let Some(rest) = self.rest.strip_prefix(b"\0\0\x09") {
                self.rest = rest;
                return Some(());
            }
            let key = self.text(2)?;
            self.value(&key, depth + 1)?;
        }
        Some(())
    }

    fn add(&mut self, key: &str, value: String) {
        if key.is_empty() {
            return;
        }
        let place = format!("FLV onMetaData {key} @ offset {}", self.place);
        if is_packet(value.as_bytes()) {
            self.found.add(place, Content::Xmp(value.into_bytes()));
        } else {
            self.found.text(place, Carrier::Flv, key, value);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    fn short(text: &str) -> Vec<u8> {
        [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat()
    }

    /// A film of one script tag with these members, and a frame.
    pub fn flv(members: &[(&str, &str)]) -> Vec<u8> {
        let mut script =
            [b"\x02".to_vec(), short("onMetaData"), b"\x08\0\0\0\x09".to_vec()].concat();
        script.extend([short("duration"), vec![0; 9]].concat());
        for (key, value) in members {
            script.extend([short(key), vec![2], short(value)].concat());
        }
        script.extend_from_slice(b"\0\0\x09");
        let tag = |kind: u32, data: &[u8]| {
            let size = u32::try_from(data.len()).unwrap();
            [&(kind << 24 | size).to_be_bytes()[..], &[0; 7], data, &[0; 4]].concat()
        };
        [b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec(), tag(18, &script), tag(9, &[7; 30])].concat()
    }

    fn look(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn texts_of_the_script_are_read() {
        let found = look(&flv(&[("AIGC", "{\"Label\":\"1\"}"), ("liveXML", "<x:xmpmeta/>")]));
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks[0].place, "FLV onMetaData AIGC @ offset 13");
        assert!(matches!(&found.blocks[1].content, Content::Xmp(_)));
    }

    #[test]
    fn a_cut_film_a_lie_and_nesting_are_problems() {
        let file = flv(&[("AIGC", "{}")]);
        for end in [11, 15, 40, file.len() - 10] {
            assert_eq!(look(&file[..end]).problems.len(), 1, "{end}");
        }
        let mut lie = file;
        let at = lie.windows(4).position(|key| key == b"AIGC").unwrap();
        lie[at + 5] = 0xff;
        assert_eq!(look(&lie).problems.len(), 1);
        let deep = [b"\x03".to_vec(), b"\0\0\x03".repeat(100_000)].concat();
        let mut found = Found::default();
        let mut script = Script { rest: &deep, values: 0, place: 0, found: &mut found };
        assert_eq!(script.message(), None);
    }
}
