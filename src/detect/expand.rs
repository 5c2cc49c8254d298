//! Turns blocks into named fields: XMP packets into properties, EXIF into tags, IPTC-IIM into data
//! sets. Stands between walkers and marks, so that a mark is written once for all containers.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use crate::detect::block::{Block, Carrier, Content, Found};
use crate::detect::container::tiff;
use crate::detect::unicode::latin;
use crate::detect::xmp;

/// Blocks in blocks: XMP in a TIFF tag in an EXIF block.
const DEPTH_MAX: usize = 3;
/// The longest text parsed as JSON.
const JSON_CAP: usize = 4 << 20;
/// Brackets, colons and commas in all texts of one file that are parsed as JSON: parsed, a value takes many
/// times the memory of its text.
const VALUES_MAX: usize = 250_000;
/// The longest text of these in which an object is escaped: it is held several times on the way.
const ESCAPED_CAP: usize = 1 << 20;
/// Texts of JSON in texts of JSON, the outermost included.
const ESCAPES_MAX: usize = 5;
/// Fields of one file. XMP splits into many.
const FIELDS_MAX: usize = 20_000;

/// One named text with its place.
pub struct Field {
    /// Where it stands among all blocks of the file.
    pub order: usize,
    /// The exact place.
    pub place: String,
    /// What kind of carrier.
    pub carrier: Carrier,
    /// Its name there.
    pub key: String,
    /// The text.
    pub value: String,
    /// It speaks of something that was placed in the asset, and not of the asset.
    pub part: bool,
    /// Together with those before it, it holds more values than are parsed.
    dense: bool,
    json: OnceCell<Option<Value>>,
}

impl Field {
    /// A text of its own.
    pub fn new(order: usize, place: String, carrier: Carrier, key: &str, value: String) -> Self {
        let key = key.to_owned();
        let (part, dense, json) = (false, false, OnceCell::new());
        Self { order, place, carrier, key, value, part, dense, json }
    }

    /// The text as a JSON object, parsed at most once.
    pub fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| self.object(&self.value)).as_ref()
    }

    /// A part of its text as a JSON object. Python writers leave `NaN` and `Infinity` in, which JSON does
    /// not know; others write the object as a text of JSON, or escape its quotes once more than they should.
    pub fn object(&self, part: &str) -> Option<Value> {
        let mut text = Cow::Borrowed(part);
        for _ in 0..ESCAPES_MAX {
            let object = text.trim();
            let plain = match object.as_bytes() {
                [b'{', ..] if !is_escaped(object) => {
                    return self.parse(object).or_else(|| self.parse(&without_nan(object)));
                }
                [b'{' | b'"', ..] if object.len() > ESCAPED_CAP => return None,
                [b'"', ..] => match self.parse(object)? {
                    Value::String(inner) => inner,
                    _ => return None,
                },
                [b'{', ..] if begins_with_a(object, "&quot;") => {
                    object.replace("&quot;", "\"").replace("&amp;", "&")
                }
                [b'{', ..] => format!("\"{object}\""),
                _ => return None,
            };
            text = Cow::Owned(plain);
        }
        None
    }

    /// A part of its text as JSON, within the bounds of memory.
    pub fn parse(&self, part: &str) -> Option<Value> {
        if self.dense || part.len() > JSON_CAP {
            return None;
        }
        serde_json::from_str(part).ok()
    }
}

/// Whether the quotes of an object were escaped once more than they should.
fn is_escaped(object: &str) -> bool {
    begins_with_a(object, "\\\"") || begins_with_a(object, "&quot;")
}

/// Whether an object begins with this for a quote.
fn begins_with_a(object: &str, quote: &str) -> bool {
    object.get(1..).is_some_and(|first| first.trim_start().starts_with(quote))
}

/// How much is read of a text that means to be a JSON object; nothing where it is no such text.
fn json_cap(text: &str) -> Option<usize> {
    let text = text.trim_start();
    let quoted = text.starts_with('"') && text.trim_start_matches(['"', '\\']).starts_with('{');
    match text.starts_with('{') {
        true if !is_escaped(text) => Some(JSON_CAP),
        it => (it || quoted).then_some(ESCAPED_CAP),
    }
}

/// Replaces the numbers that JSON does not know, outside strings.
fn without_nan(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    while let Some(first) = rest.chars().next() {
        if quoted && first == '\\' {
            let taken: String = rest.chars().take(2).collect();
            out.push_str(&taken);
            rest = rest.get(taken.len()..).unwrap_or_default();
            continue;
        }
        quoted ^= first == '"';
        let number = ["-Infinity", "Infinity", "NaN"]
            .into_iter()
            .find(|number| !quoted && rest.starts_with(number));
        if let Some(number) = number {
            out.push_str("null");
            rest = rest.get(number.len()..).unwrap_or_default();
        } else {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// Splits all blocks into fields, and gives the blocks that are C2PA stores.
pub fn expand(found: &mut Found) -> (Vec<Field>, Vec<(usize, Block)>) {
    let blocks = std::mem::take(&mut found.blocks);
    let mut all = Expansion { order: 0, fields: Vec::new(), stores: Vec::new(), found };
    all.blocks(blocks, 0);
    let Expansion { mut fields, stores, found, .. } = all;
    let mut values = 0;
    for field in fields.iter_mut().filter(|field| field.value.contains('{')) {
        values += field.value.bytes().filter(|byte| b"{[:,".contains(byte)).count();
        field.dense = values > VALUES_MAX;
        if field.dense && json_cap(&field.value).is_some() {
            found.problem("json", "holds more values of JSON than are read");
        }
    }
    (fields, stores)
}

/// What was split so far.
struct Expansion<'a> {
    /// Where the block in hand stands among all.
    order: usize,
    fields: Vec<Field>,
    stores: Vec<(usize, Block)>,
    found: &'a mut Found,
}

impl Expansion<'_> {
    fn blocks(&mut self, blocks: Vec<Block>, depth: usize) {
        for block in blocks {
            self.order += 1;
            if self.fields.len() >= FIELDS_MAX {
                self.is_full();
            }
            match block.content {
                Content::Text { carrier, key, value } => {
                    self.field(carrier, &key, value, block.place, block.part);
                }
                Content::Xmp(packet) => self.packet(packet, &block.place, block.part),
                Content::Iim(data) => self.data_sets(&data, &block.place, block.part),
                Content::Exif(data) if depth < DEPTH_MAX => {
                    let mut inner = Found::default();
                    tiff::exif(&data, &block.place, &mut inner);
                    for problem in inner.problems {
                        self.found.problem(&problem.detector, problem.problem);
                    }
                    inner.blocks.iter_mut().for_each(|inner| inner.part = block.part);
                    self.blocks(inner.blocks, depth + 1);
                }
                Content::Exif(_) => self.found.more("exif", "blocks in blocks"),
                Content::C2pa(_) => self.stores.push((self.order, block)),
            }
        }
    }

    fn packet(&mut self, packet: Vec<u8>, place: &str, part: bool) {
        let (properties, problem) = xmp::properties(packet);
        for property in properties {
            let carrier = if property.nested { Carrier::XmpNested } else { Carrier::Xmp };
            let place = format!("{place} {}", property.key);
            self.field(carrier, &property.key, property.value, place, part);
        }
        if let Some(problem) = problem {
            self.found.problem("xmp", format!("{place} {problem}"));
        }
    }

    fn data_sets(&mut self, data: &[u8], place: &str, part: bool) {
        let whole = iim(data, |key, value| {
            let place = format!("{place} {key}");
            self.field(Carrier::Iim, &key, value, place, part);
        });
        if whole.is_none() {
            let why = format!("{place} broke: a data set runs past the end");
            self.found.problem("iptc-iim", why);
        }
    }

    fn field(&mut self, carrier: Carrier, key: &str, value: String, place: String, part: bool) {
        if self.fields.len() >= FIELDS_MAX {
            return self.is_full();
        }
        if json_cap(&value).is_some_and(|cap| value.len() > cap) {
            self.found.problem("json", "holds a larger JSON text than is read");
        }
        let field = Field::new(self.order, place, carrier, key, value);
        self.fields.push(Field { part, ..field });
    }

    fn is_full(&mut self) {
        let why = "holds more fields than are read, the rest was not examined";
        self.found.problem("fields", why);
    }
}

/// Reads the application record; nothing when a length lies (what was read before stays).
fn iim(data: &[u8], mut field: impl FnMut(String, String)) -> Option<()> {
    let mut rest = data;
    while let [0x1c, record, dataset, high, low, after @ ..] = rest {
        let mut len = usize::from(u16::from_be_bytes([*high, *low]));
        let mut body = after;
        if len & 0x8000 != 0 {
            // An extended data set: the length of the length.
            let size = len & 0x7fff;
            let raw = after.get(..size).filter(|_| size <= 4)?;
            len = raw.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            body = after.get(size..)?;
        }
        let value = body.get(..len)?;
        if *record == 2 && len <= JSON_CAP {
            field(format!("{record}:{dataset}"), latin(value));
        }
        rest = body.get(len..)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(content: Content) -> (Vec<(String, String)>, usize) {
        let mut found = Found::default();
        found.add("P", content);
        let (fields, _) = expand(&mut found);
        (fields.into_iter().map(|field| (field.place, field.value)).collect(), found.problems.len())
    }

    #[test]
    fn data_sets_are_named_and_a_lie_is_a_problem() {
        let data = b"\x1c\x02\x6e\0\x02ab\x1c\x01\x5a\0\x03\x1b%G".to_vec();
        assert_eq!(fields(Content::Iim(data)), (vec![("P 2:110".to_owned(), "ab".to_owned())], 0));
        assert_eq!(fields(Content::Iim(b"\x1c\x02\x6e\0\x09ab".to_vec())).1, 1);
    }

    #[test]
    fn an_object_that_was_escaped_once_more_is_read() {
        let plain = r#"{"Label":"1","note":"a \"b\" & c"}"#;
        let once = serde_json::to_string(plain).unwrap();
        let twice = serde_json::to_string(&once).unwrap();
        let unquoted = once.trim_matches('"');
        let html = r"{&quot;Label&quot;:&quot;1&quot;,&quot;note&quot;:&quot;a &amp; c&quot;}";
        for text in [plain, &once, &twice, unquoted, &format!(" {once}\n"), html] {
            let field = Field::new(0, String::new(), Carrier::Json, "", text.to_owned());
            let found = field.json().unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found["Label"], "1", "{text}");
        }
        let deep = (0..10).fold(plain.to_owned(), |text, _| serde_json::to_string(&text).unwrap());
        for text in ["\"{\" is a brace", "\"text\"", "{\\\"", "{&quot;", "[1]", &deep] {
            let field = Field::new(0, String::new(), Carrier::Json, "", text.to_owned());
            assert!(field.json().is_none(), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_to_be_read_is_a_problem() {
        let problems = |value: &str| {
            let mut found = Found::default();
            found.text("P", Carrier::PngText, "prompt", value);
            expand(&mut found);
            found.problems.len()
        };
        let object = |len: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(len));
        assert_eq!((problems(&object(ESCAPED_CAP)), problems(&object(JSON_CAP))), (0, 1));
        let quoted = |text: String| serde_json::to_string(&text).unwrap();
        for escape in [
            |text: String| serde_json::to_string(&text).unwrap(),
            |text: String| text.replace('"', "\\\""),
            |text: String| text.replace('"', "&quot;"),
        ] {
            assert_eq!(problems(&escape(object(1000))), 0);
            assert_eq!(problems(&escape(object(ESCAPED_CAP))), 1);
        }
        assert_eq!(problems(&quoted(quoted(object(ESCAPED_CAP)))), 1);
        assert_eq!(problems(&quoted("x".repeat(JSON_CAP))), 0);
    }

    #[test]
    fn numbers_json_does_not_know_are_forgiven_outside_strings() {
        assert_eq!(
            without_nan(r#"{"a":[NaN,-Infinity],"NaN\"":"NaN ä"}"#),
            r#"{"a":[null,null],"NaN\"":"NaN ä"}"#
        );
    }
}
