//! PDF: metadata streams, the file attached as C2PA manifest, and the AIGC entry of the document
//! information, which may stand in a stream of packed objects. Walks objects from the front by their
//! syntax, skipping streams by their length; streams are never inside other streams.

use crate::detect::block::{Carrier, Content, Found, Store};
use crate::detect::bytes::{Broke, Bytes, WINDOW_MAX};
use crate::detect::container::jpeg::is_c2pa_jumbf;
use crate::detect::container::tiff::{latin, utf16};
use crate::detect::inflate::inflate;

const NAME: &str = "pdf";
/// Tokens read in one file.
const TOKENS_MAX: usize = 20_000_000;
/// The largest dictionary that is kept; larger ones name no metadata.
const DICTIONARY_CAP: usize = 64 << 10;
/// How far the end of a stream with a false length is searched.
const SEARCH_CAP: u64 = 64 << 20;

/// Walks the objects.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    bytes.read_ahead(8 << 10);
    let mut walk = Walk { at: 0, depth: 0, dictionary: Vec::new(), start: 0, packed: None };
    if let Err(broke) = walk.run(bytes, found) {
        found.broke(NAME, &broke);
    }
}

struct Walk {
    at: u64,
    depth: usize,
    /// The newest dictionary of the top level, as written.
    dictionary: Vec<u8>,
    start: u64,
    /// The stream that these objects are packed into, where they are.
    packed: Option<u64>,
}

impl Walk {
    fn run(&mut self, bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
        for _ in 0..TOKENS_MAX {
            let Ok(first) = bytes.u8(self.at) else {
                return Ok(());
            };
            let at = self.at;
            self.at += 1;
            match first {
                b'%' => self.skip_while(bytes, |byte| byte != b'\n' && byte != b'\r'),
                b'(' => self.string(bytes)?,
                b'<' if bytes.peek_up_to(self.at, 1) == b"<" => {
                    self.at += 1;
                    if self.depth == 0 {
                        self.start = at;
                    }
                    self.depth += 1;
                }
                b'<' => {
                    self.skip_while(bytes, |byte| byte != b'>');
                    self.at += 1;
                }
                b'>' if self.depth > 0 && bytes.peek_up_to(self.at, 1) == b">" => {
                    self.at += 1;
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.close(bytes, found);
                    }
                }
                b's' if self.packed.is_none() && bytes.peek_up_to(self.at, 5) == b"tream" => {
                    self.at += 5;
                    self.depth = 0;
                    self.stream(bytes, found)?;
                }
                b'e' if bytes.peek_up_to(self.at, 5) == b"ndobj" => {
                    // Dictionaries end with their object, however they were nested.
                    self.depth = 0;
                    self.dictionary.clear();
                    self.at += 5;
                }
                byte if regular(byte) => self.skip_while(bytes, regular),
                _ => {}
            }
        }
        Err(Broke::new(self.at, "too many tokens"))
    }

    fn skip_while(&mut self, bytes: &mut Bytes<'_>, keep: impl Fn(u8) -> bool) {
        while let Ok(byte) = bytes.u8(self.at) {
            if !keep(byte) {
                return;
            }
            self.at += 1;
        }
    }

    fn string(&mut self, bytes: &mut Bytes<'_>) -> Result<(), Broke> {
        let start = self.at;
        let mut depth = 1;
        while depth > 0 {
            let byte = bytes.u8(self.at).map_err(|_| Broke::new(start, "a text does not end"))?;
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// A dictionary of the top level ended.
    fn close(&mut self, bytes: &mut Bytes<'_>, found: &mut Found) {
        let len = self.at - self.start;
        self.dictionary.clear();
        if len <= DICTIONARY_CAP as u64
            && let Ok(text) = bytes.take(self.start, len)
        {
            if let Some(value) = entry(&text, b"/AIGC") {
                let value = unescape(value);
                let at = self.packed.unwrap_or(self.start);
                let place = format!("PDF document information AIGC @ offset {at}");
                found.text(place, Carrier::Pdf, "AIGC", value);
            }
            self.dictionary = text;
        }
    }

    fn stream(&mut self, bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
        if bytes.peek_up_to(self.at, 2) == b"\r\n" {
            self.at += 2;
        } else {
            self.at += 1;
        }
        let body = self.at;
        let dictionary = std::mem::take(&mut self.dictionary);
        let stated = entry(&dictionary, b"/Length").and_then(length);
        let end = match stated.and_then(|len| body.checked_add(len)) {
            Some(end) if ends_stream(bytes, end) => end,
            // The length stands in another object, or lies.
            _ => find_end(bytes, body).ok_or_else(|| Broke::new(body, "a stream does not end"))?,
        };
        self.at = end;
        let metadata = name(&dictionary, b"/Type", b"/Metadata");
        if name(&dictionary, b"/Type", b"/ObjStm") {
            let data = bytes.take(body, end - body)?;
            if let Err(broke) = objects(&dictionary, body, &data, found) {
                found.broke(NAME, &broke);
            }
            return Ok(());
        }
        let start = bytes.peek_up_to(body, 64);
        let is_store = is_c2pa_jumbf(start);
        if !metadata && !is_store {
            return Ok(());
        }
        let data = bytes.take(body, end - body)?;
        if is_store {
            let place = format!("PDF attached C2PA manifest @ offset {body}");
            found.add(place, Content::C2pa(Store::Extracted(data)));
            return Ok(());
        }
        let place = format!("PDF metadata stream @ offset {body}");
        match entry(&dictionary, b"/Filter").map(<[u8]>::trim_ascii) {
            None => found.add(place, Content::Xmp(data)),
            Some(filter)
                if filter.starts_with(b"/FlateDecode") || filter.starts_with(b"[/FlateDecode]") =>
            {
                match found.unpack(&data, inflate) {
                    Ok(data) => found.add(place, Content::Xmp(data)),
                    Err(why) => found.problem(NAME, format!("{place} {why}")),
                }
            }
            Some(_) => found.problem(NAME, format!("{place} has a filter that is not read")),
        }
        Ok(())
    }
}

/// Objects packed into a stream, among which the document information may be.
fn objects(dictionary: &[u8], at: u64, data: &[u8], found: &mut Found) -> Result<(), Broke> {
    let filter = entry(dictionary, b"/Filter").map(<[u8]>::trim_ascii);
    let unpacked = match filter {
        None => data.to_vec(),
        Some(filter)
            if filter.starts_with(b"/FlateDecode") || filter.starts_with(b"[/FlateDecode]") =>
        {
            found.unpack(data, inflate).map_err(|why| Broke::new(at, why))?
        }
        Some(_) => return Err(Broke::new(at, "objects are packed in a way that is not read")),
    };
    let mut walk = Walk { at: 0, depth: 0, dictionary: Vec::new(), start: 0, packed: Some(at) };
    walk.run(&mut Bytes::memory(&unpacked), found)
}

fn regular(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && byte != 0 && !b"()<>[]{}/%".contains(&byte)
}

fn ends_stream(bytes: &mut Bytes<'_>, at: u64) -> bool {
    bytes.peek_up_to(at, 16).trim_ascii_start().starts_with(b"endstream")
}

fn find_end(bytes: &mut Bytes<'_>, from: u64) -> Option<u64> {
    const END: &[u8] = b"endstream";
    let mut at = from;
    let stop = bytes.len().min(from.saturating_add(SEARCH_CAP));
    while at < stop {
        let part = bytes.peek_up_to(at, WINDOW_MAX / 8);
        if let Some(hit) = part.windows(END.len()).position(|word| word == END) {
            return Some(at + hit as u64);
        }
        at += (part.len() as u64).saturating_sub(END.len() as u64).max(1);
    }
    None
}

/// What follows a key of a dictionary. Keys are compared whole.
fn entry<'a>(dictionary: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut from = 0;
    loop {
        let rest = dictionary.get(from..)?;
        let hit = rest.windows(key.len()).position(|word| word == key)?;
        let after = rest.get(hit + key.len()..)?;
        if !after.first().copied().is_some_and(regular) {
            return Some(after);
        }
        from += hit + key.len();
    }
}

fn name(dictionary: &[u8], key: &[u8], value: &[u8]) -> bool {
    entry(dictionary, key).is_some_and(|after| {
        after
            .trim_ascii_start()
            .strip_prefix(value)
            .is_some_and(|rest| !rest.first().copied().is_some_and(regular))
    })
}

/// A direct length; an indirect one (`12 0 R`) is found by the end of the stream.
fn length(after: &[u8]) -> Option<u64> {
    let after = after.trim_ascii_start();
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = after.get(digits..)?.trim_ascii_start();
    if rest.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(after.get(..digits)?).ok()?.parse().ok()
}

/// A text in round brackets.
fn unescape(after: &[u8]) -> String {
    let mut out = Vec::new();
    let mut depth = 0;
    let mut bytes = after.trim_ascii_start().iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'(' => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            b')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            b'\\' => {
                if let Some(next) = bytes.next() {
                    out.push(*next);
                }
                continue;
            }
            _ if depth == 0 => break,
            _ => {}
        }
        out.push(*byte);
    }
    match out.as_slice() {
        [0xfe, 0xff, rest @ ..] => utf16(rest, false),
        other => latin(other, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::container::walked;
    use crate::detect::inflate::tests::deflate;

    fn found(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn streams_and_information_are_found() {
        let packed = deflate(b"<y/>");
        let mut file =
            b"%PDF-1.7\n1 0 obj\n<</Type/Metadata/Length 4>>stream\n<x/>\nendstream\nendobj\n"
                .to_vec();
        file.extend_from_slice(
            b"2 0 obj <</Filter/FlateDecode /Type /Metadata /Length 9 0 R>> stream\r\n",
        );
        file.extend_from_slice(&packed);
        file.extend_from_slice(
            b"\nendstream endobj 3 0 obj <</Title (a \\) b) /AIGC ({\"Label\":\"1\"})>> endobj",
        );
        let found = found(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 3);
        assert!(matches!(&found.blocks[1].content, Content::Xmp(xmp) if xmp == b"<y/>"));
        assert!(matches!(&found.blocks[2].content, Content::Text { value, .. }
            if value == "{\"Label\":\"1\"}"));
    }

    #[test]
    fn packed_objects_are_looked_at() {
        let file = |packed: &[u8]| {
            let start = b"%PDF-1.7\n1 0 obj <</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length 0 0 R>>stream\n";
            [start.as_slice(), packed, b"\nendstream endobj"].concat()
        };
        let packed = deflate(b"7 0 <</Title(s)/AIGC({\"Label\":\"1\"})>>");
        assert_eq!(found(&file(&packed)).texts(), [("AIGC", "{\"Label\":\"1\"}")]);
        assert_eq!(found(&file(&packed[..9])).problems.len(), 1);
    }

    #[test]
    fn a_stream_without_an_end_is_a_problem() {
        let result = found(b"%PDF-1.7\n1 0 obj <</Length 999999>>stream\nabc");
        assert_eq!(result.problems.len(), 1);
        assert_eq!(found(b"%PDF-1.7\n<<<<<<<<((((").problems.len(), 1);
    }
}
