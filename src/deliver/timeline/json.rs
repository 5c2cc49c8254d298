//! JSON as a tree of counted nodes, for `otio`. Of metadata, which is most of a timeline, only references
//! to media are kept, and what leads to them; a key that stands twice in one object is seen, because two readers would
//! take two different values. Depth is bounded by `serde_json` (128), nodes here.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;

/// Values of one document, those in metadata not counted. A node takes up to 56 bytes.
const NODES_MAX: usize = 600_000;
/// What is kept of metadata whole: reels, as the EDL adapter of `OpenTimelineIO` leaves them.
const METADATA_KEPT: &str = "cmx_3600";
/// Several places of one medium, as schemas of vendors have them.
const TARGETS: &str = "target_urls";
/// What is kept of a reference in metadata besides what lies in it.
const REFERENCE_KEPT: &[&str] = &[
    "OTIO_SCHEMA",
    "name",
    "target_url",
    "target_url_base",
    "name_prefix",
    "name_suffix",
    "start_frame",
    "frame_step",
    "frame_zero_padding",
    "rate",
    "value",
];

/// One value.
#[derive(Debug)]
pub enum Node<'a> {
    /// `null`, or metadata that is not kept.
    Nothing,
    /// `true` or `false`.
    Truth(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Node<'a>>),
    /// An object, in its order.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// The value of anything that is not there.
pub const NOTHING: &Node<'static> = &Node::Nothing;

impl<'a> Node<'a> {
    /// The value of a key; `Nothing` if there is none.
    pub fn get(&self, key: &str) -> &Node<'a> {
        match self {
            Node::Object(entries) => {
                entries.iter().find(|(name, _)| name == key).map_or(NOTHING, |(_, value)| value)
            }
            _ => NOTHING,
        }
    }

    /// A string.
    pub fn text(&self) -> Option<&str> {
        if let Node::Text(text) = self { Some(text) } else { None }
    }

    /// A number.
    pub fn number(&self) -> Option<f64> {
        if let Node::Number(number) = self { Some(*number) } else { None }
    }

    /// The items of an array; none of anything else.
    pub fn items(&self) -> &[Node<'a>] {
        if let Node::List(items) = self { items } else { &[] }
    }

    /// The entries of an object; none of anything else.
    pub fn entries(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        if let Node::Object(entries) = self { entries } else { &[] }
    }
}

/// Parses a document. The message of an error says line and column.
pub fn parse(text: &str) -> Result<Node<'_>, serde_json::Error> {
    let nodes = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_str(text);
    let root = Tree { nodes: &nodes, part: Part::Timeline }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(root)
}

/// Replaces the numbers that JSON does not know and C++ writers leave in, outside strings, keeping
/// every place.
pub fn without_nan(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        let (plain, string) = rest.split_at(quote);
        push_plain(&mut out, plain);
        let mut end = string.len();
        let mut escaped = false;
        for (at, byte) in string.bytes().enumerate().skip(1) {
            if byte == b'"' && !escaped {
                end = at + 1;
                break;
            }
            escaped = byte == b'\\' && !escaped;
        }
        let (string, after) = string.split_at(end);
        out.push_str(string);
        rest = after;
    }
    push_plain(&mut out, rest);
    out
}

fn push_plain(out: &mut String, plain: &str) {
    let nulls = plain
        .replace("-Infinity", "null     ")
        .replace("Infinity", "null    ")
        .replace("-Inf", "null")
        .replace("Inf", "0.0")
        .replace("NaN", "0.0");
    out.push_str(&nulls);
}

/// Where in a timeline a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What says what is cut: all is kept.
    Timeline,
    /// The metadata of an object.
    Metadata,
    /// A value in metadata.
    Inside,
}

#[derive(Clone, Copy)]
struct Tree<'b> {
    nodes: &'b Cell<usize>,
    part: Part,
}

impl Tree<'_> {
    fn count<E: Error>(&self, nodes: usize) -> Result<(), E> {
        self.nodes.set(self.nodes.get() + nodes);
        if self.nodes.get() > NODES_MAX {
            return Err(E::custom(format_args!("more than {NODES_MAX} values")));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Node<'de>, D::Error> {
        // Of metadata only what is kept counts.
        if self.part == Part::Timeline {
            self.count(1)?;
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Node<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Nothing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Truth(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 no number here means a frame")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 no number here means a frame")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        let within = if self.part == Part::Timeline { Part::Timeline } else { Part::Inside };
        while let Some(item) = list.next_element_seed(Tree { part: within, ..self })? {
            if within == Part::Timeline || leads_to_media(&item) {
                items.push(item);
            }
        }
        if within == Part::Inside {
            if items.is_empty() {
                return Ok(Node::Nothing);
            }
            self.count(1)?;
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node<'de>, A::Error> {
        /// Keys of one object that are compared as they come; of more, all once they are there.
        const COMPARED_MAX: usize = 64;
        if self.part != Part::Timeline {
            return self.metadata(object);
        }
        let mut entries: Vec<(Cow<'de, str>, Node<'de>)> = Vec::new();
        while let Some(key) = object.next_key_seed(Key)? {
            let first = entries.get(..entries.len().min(COMPARED_MAX)).unwrap_or_default();
            if first.iter().any(|(other, _)| *other == key) {
                return Err(A::Error::custom(format_args!("the key {key:?} stands twice")));
            }
            let part = if key == "metadata" { Part::Metadata } else { Part::Timeline };
            let value = object.next_value_seed(Tree { part, ..self })?;
            entries.push((key, value));
        }
        if entries.len() > COMPARED_MAX {
            let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
            keys.sort_unstable();
            if let Some([twice, ..]) = keys.windows(2).find(|pair| pair.first() == pair.last()) {
                return Err(A::Error::custom(format_args!("the key {twice:?} stands twice")));
            }
        }
        Ok(Node::Object(entries))
    }
}

impl Tree<'_> {
    /// An object in metadata: a reference, or what leads to some; else nothing of it is kept.
    fn metadata<'de, A: MapAccess<'de>>(self, mut object: A) -> Result<Node<'de>, A::Error> {
        let mut entries: Vec<(Cow<'de, str>, Node<'de>)> = Vec::new();
        let is_whole = |key: &str| self.part == Part::Metadata && key == METADATA_KEPT;
        while let Some(key) = object.next_key_seed(Key)? {
            let part = if is_whole(&key) || key == TARGETS { Part::Timeline } else { Part::Inside };
            let value = object.next_value_seed(Tree { part, ..self })?;
            let kept = match value {
                Node::Nothing => false,
                Node::Object(_) | Node::List(_) => true,
                _ => REFERENCE_KEPT.contains(&&*key),
            };
            if kept {
                entries.push((key, value));
            }
        }
        if is_reference(&entries) {
            let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
            keys.sort_unstable();
            if let Some([twice, ..]) = keys.windows(2).find(|pair| pair.first() == pair.last()) {
                return Err(A::Error::custom(format_args!("the key {twice:?} stands twice")));
            }
        } else if !is_time(&entries) {
            entries.retain(|(key, value)| is_whole(key) || leads_to_media(value));
        }
        if entries.is_empty() {
            return Ok(Node::Nothing);
        }
        self.count(1 + entries.len())?;
        Ok(Node::Object(entries))
    }
}

fn schema<'n>(entries: &'n [(Cow<'_, str>, Node<'_>)]) -> &'n str {
    let found = entries.iter().find(|(key, _)| key == "OTIO_SCHEMA");
    let full = found.and_then(|(_, value)| value.text()).unwrap_or_default();
    full.split_once('.').map_or(full, |(name, _)| name)
}

/// Whether an object in metadata is plainly a reference: its schema is one, and it says a place. A place
/// in a vendor's own dictionary is none: it may be where something lay once.
fn is_reference(entries: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    let says_place = |(key, _): &(Cow<'_, str>, Node<'_>)| {
        ["target_url", "target_url_base", TARGETS].contains(&key.as_ref())
    };
    schema(entries).ends_with("Reference") && entries.iter().any(says_place)
}

/// Whether an object is a time, which a reference around it may need.
fn is_time(entries: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    matches!(schema(entries), "RationalTime" | "TimeRange")
}

fn leads_to_media(value: &Node<'_>) -> bool {
    match value {
        Node::Object(entries) => !is_time(entries),
        Node::List(_) => true,
        _ => false,
    }
}

/// A key, borrowed where it holds no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_not_kept_but_for_reels_and_references() {
        let root = parse(r#"{"metadata":{"a":{"b":[1]},"cmx_3600":{"reel":"R1"}},"b":2}"#).unwrap();
        assert_eq!(root.get("metadata").entries().len(), 1);
        assert_eq!(root.get("metadata").get("cmx_3600").get("reel").text(), Some("R1"));
        assert_eq!(root.get("b").number(), Some(2.0));
        let text = r#"{"metadata":{"x":{"was":[{"OTIO_SCHEMA":"ExternalReference.1","target_url":"a.mov",
            "more":1,"available_range":{"OTIO_SCHEMA":"TimeRange.1"}}],"target_url":"b.mov"},
            "t":{"OTIO_SCHEMA":"TimeRange.1","value":1},"y":{"OTIO_SCHEMA":"Take.1","target_url":"c"}}}"#;
        let root = parse(text).unwrap();
        let metadata = root.get("metadata");
        assert_eq!(metadata.entries().len(), 1);
        assert_eq!(metadata.get("x").entries().len(), 1);
        let [one] = metadata.get("x").get("was").items() else { panic!("{metadata:?}") };
        assert_eq!((one.get("target_url").text(), one.entries().len()), (Some("a.mov"), 3));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(parse(r#"{"target_url":"a","target_url":"b"}"#).is_err());
        let many: Vec<String> = (0..200).map(|key| format!("\"{key}\":0,")).collect();
        let many = many.concat();
        assert!(parse(&format!("{{{many}\"target_url\":1,\"target_url\":2}}")).is_err());
        assert!(parse(&format!("{{{many}\"target_url\":1}}")).is_ok());
    }

    #[test]
    fn too_many_values_and_too_deep_ones_are_refused() {
        let wide = format!("[{}0]", "0,".repeat(NODES_MAX));
        assert!(parse(&wide).unwrap_err().to_string().contains("more than"));
        let deep = "[".repeat(100_000);
        assert!(parse(&deep).unwrap_err().to_string().contains("recursion"));
    }

    #[test]
    fn numbers_that_json_does_not_know_are_replaced_outside_strings_only() {
        let text = r#"{"a\"NaN":NaN,"b":"-Infinity","c":-Infinity}"#;
        let fixed = without_nan(text);
        let root = parse(&fixed).unwrap();
        assert_eq!(root.get("a\"NaN").number(), Some(0.0));
        assert_eq!(root.get("b").text(), Some("-Infinity"));
        assert_eq!(fixed.len(), text.len());
    }
}
