//! PDF: metadata streams, the file attached as C2PA manifest, and the AIGC entry of the document
//! information, which may stand in a stream of packed objects and refer to another object. Walks objects
//! from the front by their syntax, skipping streams by their length; streams are never inside other streams.

use std::collections::BTreeMap;

use crate::detect::block::{Carrier, Content, Found, Store};
use crate::detect::bytes::{Broke, Bytes, WINDOW_MAX};
use crate::detect::container::jpeg::is_c2pa_jumbf;
use crate::detect::container::pdf_owners::Owners;
use crate::detect::container::pdf_syntax::{
    Value, entry, length, name, number, regular, text, unfiltered, value,
};

const NAME: &str = "pdf";
/// Tokens read in one file.
const TOKENS_MAX: usize = 20_000_000;
/// The largest dictionary that is kept; larger ones name no metadata.
const DICTIONARY_CAP: usize = 64 << 10;
/// Objects that are a text each, and the longest of them, kept since an entry may refer to one.
const TEXTS_MAX: usize = 4096;
const TEXT_CAP: u64 = 16 << 10;
/// All of these texts together.
const TEXTS_CAP: usize = 1 << 20;
/// How far into a file its header may begin, as readers allow.
const HEADER_WITHIN: usize = 1024;
/// How far the end of a stream with a false length is searched.
const SEARCH_CAP: u64 = 64 << 20;

/// Walks the objects.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    bytes.read_ahead(8 << 10);
    let mut walk = Walk { at: header(bytes), ..Walk::default() };
    if let Err(broke) = walk.run(bytes, found) {
        found.broke(NAME, &broke);
    }
    walk.texts.refer(found);
    walk.owners.tell(found);
}

/// Where the header stands: other things may stand before it.
fn header(bytes: &mut Bytes<'_>) -> u64 {
    let start = bytes.peek_up_to(0, HEADER_WITHIN + 5);
    start.windows(5).position(|word| word == b"%PDF-").unwrap_or(0) as u64
}

/// Objects that are a text, and the entries that refer to one.
#[derive(Default)]
struct Texts {
    /// By the number of the object; the newest of a number counts.
    kept: BTreeMap<u64, String>,
    size: usize,
    /// The number, and the place of the entry.
    wanted: Vec<(u64, String)>,
}

impl Texts {
    fn keep(&mut self, object: u64, text: String) {
        self.size += text.len();
        if self.kept.len() < TEXTS_MAX && self.size <= TEXTS_CAP {
            self.kept.insert(object, text);
        }
    }

    /// Gives each entry its text, once all objects were seen.
    fn refer(self, found: &mut Found) {
        for (object, place) in self.wanted {
            match self.kept.get(&object) {
                Some(text) => found.text(place, Carrier::Pdf, "AIGC", text),
                None => found.problem(NAME, format!("{place} refers to a text that was not read")),
            }
        }
    }
}

#[derive(Default)]
struct Walk {
    at: u64,
    depth: usize,
    /// The newest dictionary of the top level, as written.
    dictionary: Vec<u8>,
    start: u64,
    /// The stream that these objects are packed into, where they are.
    packed: Option<u64>,
    /// Where packed objects begin, with their numbers.
    index: BTreeMap<u64, u64>,
    /// The two newest numbers of the top level, of which an object has its own.
    numbers: [u64; 2],
    /// The object that begins here, until something of it was read.
    object: Option<u64>,
    /// The object that this is in.
    inside: u64,
    texts: Texts,
    owners: Owners,
}

impl Walk {
    fn run(&mut self, bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
        for _ in 0..TOKENS_MAX {
            let Ok(first) = bytes.u8(self.at) else {
                return Ok(());
            };
            let at = self.at;
            self.at += 1;
            if let Some(object) = self.index.get(&at) {
                self.object = Some(*object);
                self.inside = *object;
            }
            let nothing = first.is_ascii_whitespace() || matches!(first, 0 | b'%');
            let object = if nothing { None } else { self.object.take() };
            match first {
                b'%' => self.skip_while(bytes, |byte| byte != b'\n' && byte != b'\r'),
                b'(' => {
                    self.string(bytes)?;
                    self.keep(bytes, object, at);
                }
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
                    self.keep(bytes, object, at);
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
                byte if regular(byte) => {
                    self.skip_while(bytes, regular);
                    self.word(bytes, at);
                }
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

    /// A number or a keyword ended: `12 0 obj` begins an object.
    fn word(&mut self, bytes: &mut Bytes<'_>, from: u64) {
        if self.depth > 0 || self.packed.is_some() || self.at - from > 10 {
            return;
        }
        let word = bytes.peek_up_to(from, usize::try_from(self.at - from).unwrap_or_default());
        if word == b"obj" {
            self.inside = self.numbers[0];
            self.object = Some(self.inside);
        } else if let Some((newest, _)) = number(word) {
            self.numbers = [self.numbers[1], newest];
        }
    }

    /// A text ended, which is all there is of an object.
    fn keep(&mut self, bytes: &mut Bytes<'_>, object: Option<u64>, from: u64) {
        if let Some(object) = object
            && self.depth == 0
            && self.at - from <= TEXT_CAP
            && let Ok(data) = bytes.take(from, self.at.min(bytes.len()) - from)
            && let Some(text) = text(&data)
        {
            self.texts.keep(object, text);
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
            let at = self.packed.unwrap_or(self.start);
            let place = || format!("PDF document information AIGC @ offset {at}");
            match entry(&text, b"/AIGC").and_then(value) {
                Some(Value::Text(text)) => found.text(place(), Carrier::Pdf, "AIGC", text),
                Some(Value::Reference(object)) if self.texts.wanted.len() < TEXTS_MAX => {
                    self.texts.wanted.push((object, place()));
                }
                Some(Value::Reference(_)) => {
                    found.problem(NAME, "more entries refer to a text than are read");
                }
                None => {}
            }
            self.owners.dictionary(self.inside, &text);
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
        let metadata =
            name(&dictionary, b"/Type", b"Metadata") || name(&dictionary, b"/Subtype", b"XML");
        if name(&dictionary, b"/Type", b"ObjStm") {
            let data = bytes.take(body, end - body)?;
            if let Err(broke) = self.objects(&dictionary, body, data, found) {
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
        match unfiltered(&dictionary, data, found) {
            Ok(data) => {
                if !found.is_full() {
                    self.owners.stream(self.inside, found.blocks.len());
                }
                found.add(place, Content::Xmp(data));
            }
            Err(why) => found.problem(NAME, format!("{place} {why}")),
        }
        Ok(())
    }

    /// Objects packed into a stream, among which the document information may be. Pairs of a number and an
    /// offset stand before them.
    fn objects(
        &mut self,
        dictionary: &[u8],
        at: u64,
        data: Vec<u8>,
        found: &mut Found,
    ) -> Result<(), Broke> {
        let data = unfiltered(dictionary, data, found).map_err(|why| Broke::new(at, why))?;
        let first = entry(dictionary, b"/First").and_then(length).unwrap_or_default();
        let mut pairs = data.as_slice();
        let mut index = BTreeMap::new();
        while let Some((object, rest)) = number(pairs)
            && let Some((offset, rest)) = number(rest)
            && index.len() < TEXTS_MAX
        {
            index.insert(first.saturating_add(offset), object);
            pairs = rest;
        }
        let (texts, owners) = (std::mem::take(&mut self.texts), std::mem::take(&mut self.owners));
        let mut walk =
            Walk { at: first, packed: Some(at), index, texts, owners, ..Self::default() };
        let result = walk.run(&mut Bytes::memory(&data), found);
        (self.texts, self.owners) = (walk.texts, walk.owners);
        result
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::Block;
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
    fn an_entry_that_refers_to_another_object_is_followed() {
        let label = "{\"Label\":\"1\"}";
        let read = |file: &str| {
            let found = found(file.as_bytes());
            (found.texts().len(), found.problems.len())
        };
        let file = format!("1 0 obj ({label}) endobj 2 0 obj <</AIGC 1 0 R>> endobj");
        assert_eq!(found(file.as_bytes()).texts(), [("AIGC", label)]);
        assert_eq!(read(&format!("2 0 obj <</AIGC 1 0 R>>endobj 1 0 obj({label})endobj")), (1, 0));
        assert_eq!(read("2 0 obj <</AIGC 1 0 R>> endobj"), (0, 1));
        assert_eq!(read("2 0 obj <</AIGC 1 0 R>> endobj 1 0 obj [(a)] endobj"), (0, 1));
        let packed = deflate(format!("7 0 9 18 <</AIGC 9 0 R>>    ({label})").as_bytes());
        let start = b"%PDF-1.7\n1 0 obj <</Type/ObjStm/First 9/Filter[ /FlateDecode ]>>stream\n";
        let file = [start.as_slice(), &packed, b"\nendstream endobj"].concat();
        assert_eq!(found(&file).texts(), [("AIGC", label)]);
    }

    #[test]
    fn a_header_may_stand_behind_something_else() {
        let file = b"(an open bracket\n%PDF-1.7\n1 0 obj <</AIGC <7b7d>>> endobj";
        assert_eq!(found(file).texts(), [("AIGC", "{}")]);
        assert_eq!(found(file).problems, []);
    }

    #[test]
    fn metadata_is_told_by_either_of_its_names_however_they_are_written() {
        for names in
            ["/Type/Metadata", "/Subtype /XML", "/Type/Meta#64ata", "/Type /Metad#61ta/Subtype/XML"]
        {
            let file =
                format!("%PDF-1.7\n1 0 obj <<{names}/Length 4>>stream\n<y/>\nendstream endobj");
            assert!(
                matches!(
                    &found(file.as_bytes()).blocks[..],
                    [Block { content: Content::Xmp(_), .. }]
                ),
                "{names}"
            );
        }
        for names in ["/Type/Metadat", "/Type/Metadatas", "/Subtype/XMLX", "/Type/Meta#6", ""] {
            let file =
                format!("%PDF-1.7\n1 0 obj <<{names}/Length 4>>stream\n<y/>\nendstream endobj");
            assert_eq!(found(file.as_bytes()).blocks, [], "{names}");
        }
    }

    #[test]
    fn what_a_placed_picture_says_is_no_word_of_the_document() {
        let stream = |object: u64, names: &str, body: &[u8]| {
            let start =
                format!("{object} 0 obj <<{names}/Length {}>>stream\n", body.len()).into_bytes();
            [&start, body, b"\nendstream endobj\n"].concat()
        };
        let parts = |objects: &[Vec<u8>]| {
            let found = found(&[b"%PDF-1.7\n".to_vec(), objects.concat()].concat());
            assert_eq!(found.problems, []);
            found.blocks.iter().map(|block| block.part).collect::<Vec<_>>()
        };
        let packet = |object| stream(object, "/Type/Metadata/Subtype/XML", b"<x/>");
        let picture = stream(3, "/Type/XObject/Subtype/Image/Metadata 4 0 R", b"\0");
        let text = b"7 0 obj <</Type/Font>> endobj\n".to_vec();
        let page = b"2 0 obj <</Type/Page>> endobj\n".to_vec();
        let catalog = b"1 0 obj <</Type/Catalog/Metadata 5 0 R>> endobj\n".to_vec();
        let all = [catalog.clone(), page.clone(), text.clone(), picture.clone()];
        assert_eq!(parts(&[all.concat(), packet(4), packet(5)]), [true, false]);
        // Without the text the picture is all there is, and without a catalog nobody owns its packet.
        let alone = [catalog, page.clone(), picture.clone(), packet(4), packet(5)];
        assert_eq!(parts(&alone), [false, false]);
        assert_eq!(parts(&[page, text, picture, packet(4), packet(5)]), [true, false]);
        // Objects that are packed.
        let dense = deflate(b"1 0 7 35 <</Type/Catalog/Metadata 5 0 R>>   <</Type/Font>>");
        let dense = stream(9, "/Type/ObjStm/First 9/Filter/FlateDecode", &dense);
        let picture = stream(3, "/Type/XObject/Subtype/Image/Metadata 4 0 R", b"\0");
        assert_eq!(parts(&[dense, picture, packet(4), packet(5)]), [true, false]);
    }

    #[test]
    fn a_stream_without_an_end_is_a_problem() {
        let result = found(b"%PDF-1.7\n1 0 obj <</Length 999999>>stream\nabc");
        assert_eq!(result.problems.len(), 1);
        assert_eq!(found(b"%PDF-1.7\n<<<<<<<<((((").problems.len(), 1);
    }
}
