//! XML as a tree that costs 28 bytes an element: offsets into the text, nothing copied until it is
//! asked for. Entities other than XML's own are not known, a document that declares some is refused,
//! and so is one with too many elements, too deep, or with a tag that no editor writes.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;

use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::format::Format;

/// Elements of one document. A feature film in FCP 7 XML has some hundred thousand.
const ELEMENTS_MAX: usize = 2_000_000;
/// Elements in elements.
const DEPTH_MAX: usize = 256;
/// Bytes in one tag, and attributes in it.
const TAG_MAX: usize = 256 << 10;
const ATTRIBUTES_MAX: usize = 128;
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Raw {
    /// Where the tag begins, after the `<`.
    tag: u32,
    /// Where it ends, before `>` or `/>`.
    tag_end: u32,
    /// Where the content ends; the content begins after the tag.
    content_end: u32,
    name_len: u32,
    child: u32,
    next: u32,
    children: u32,
}

/// A parsed document.
pub struct Document<'a> {
    text: &'a str,
    elements: Vec<Raw>,
}

/// One element of a document.
#[derive(Clone, Copy)]
pub struct Element<'d> {
    document: &'d Document<'d>,
    index: u32,
}

impl<'a> Document<'a> {
    /// Parses a document. The error says where.
    pub fn parse(text: &'a str, format: Format) -> Result<Self, TimelineError> {
        let broken =
            |at: u64, problem: String| TimelineError::malformed(format, line_of(text, at), problem);
        let mut reader = Reader::from_str(text);
        let mut tree = Tree::default();
        loop {
            let before = reader.buffer_position();
            let event = reader
                .read_event()
                .map_err(|error| broken(reader.error_position(), error.to_string()))?;
            let after = reader.buffer_position();
            let (tag, empty) = match event {
                Event::Start(tag) => (tag, false),
                Event::Empty(tag) => (tag, true),
                Event::End(_) => {
                    tree.close(before);
                    continue;
                }
                Event::DocType(declared) => {
                    if declared.as_ref().contains("<!ENTITY") {
                        return Err(broken(before, "it declares entities".to_owned()));
                    }
                    continue;
                }
                Event::Eof if tree.is_whole() => break,
                Event::Eof => return Err(broken(after, "the document ends too early".to_owned())),
                _ => continue,
            };
            if tree.is_whole() {
                return Err(broken(before, "a second root element".to_owned()));
            }
            check(&tag).map_err(|problem| broken(before, problem))?;
            tree.within(format)?;
            // The tag's own length, whatever stands between two tags.
            let start = after - u64::from(empty) - 1 - len(&tag);
            tree.open(&tag, start, empty);
        }
        Ok(Self { text, elements: tree.elements })
    }

    /// The outermost element.
    pub fn root(&self) -> Element<'_> {
        Element { document: self, index: 0 }
    }

    /// All elements, in their order.
    pub fn all(&self) -> impl Iterator<Item = Element<'_>> {
        let count = u32::try_from(self.elements.len()).unwrap_or(NONE);
        (0..count).map(|index| Element { document: self, index })
    }
}

/// The elements of a document that is being read.
#[derive(Default)]
struct Tree {
    elements: Vec<Raw>,
    /// Each open element and its last child so far.
    open: Vec<(u32, u32)>,
}

impl Tree {
    /// Whether the root element is over.
    fn is_whole(&self) -> bool {
        self.open.is_empty() && !self.elements.is_empty()
    }

    /// Whether there may be one more element here.
    fn within(&self, format: Format) -> Result<(), TimelineError> {
        if self.elements.len() >= ELEMENTS_MAX {
            let what = "elements";
            return Err(TimelineError::TooLarge { format, what, limit: ELEMENTS_MAX });
        }
        if self.open.len() >= DEPTH_MAX {
            let what = "elements in elements";
            return Err(TimelineError::TooLarge { format, what, limit: DEPTH_MAX });
        }
        Ok(())
    }

    /// One more element, whose tag begins at `start`.
    fn open(&mut self, tag: &BytesStart<'_>, start: u64, is_empty: bool) {
        let index = u32::try_from(self.elements.len()).unwrap_or(NONE);
        self.elements.push(Raw {
            tag: offset(start),
            tag_end: offset(start + len(tag)),
            content_end: offset(start + len(tag)),
            name_len: u32::try_from(tag.name().as_ref().len()).unwrap_or(0),
            child: NONE,
            next: NONE,
            children: 0,
        });
        if let Some((parent, last)) = self.open.last_mut() {
            // Indexes are of this very vector.
            self.elements[*parent as usize].children += 1;
            if *last == NONE {
                self.elements[*parent as usize].child = index;
            } else {
                self.elements[*last as usize].next = index;
            }
            *last = index;
        }
        if !is_empty {
            self.open.push((index, NONE));
        }
    }

    /// The element that was opened last is over.
    fn close(&mut self, at: u64) {
        if let Some((index, _)) = self.open.pop() {
            self.elements[index as usize].content_end = offset(at);
        }
    }
}

fn offset(position: u64) -> u32 {
    u32::try_from(position).unwrap_or(NONE)
}

fn len(tag: &BytesStart<'_>) -> u64 {
    (tag.name().as_ref().len() + tag.attributes_raw().len()) as u64
}

fn line_of(text: &str, at: u64) -> String {
    let at = usize::try_from(at).unwrap_or(text.len()).min(text.len());
    let before = text.as_bytes().get(..at).unwrap_or_default();
    format!("line {}", before.split(|byte| *byte == b'\n').count())
}

/// Whether all attributes of a tag can be read, and none stands twice.
fn check(tag: &BytesStart<'_>) -> Result<(), String> {
    if len(tag) > TAG_MAX as u64 {
        return Err("a tag that is too long".to_owned());
    }
    for (number, attribute) in tag.attributes().enumerate() {
        if number >= ATTRIBUTES_MAX {
            return Err("too many attributes".to_owned());
        }
        let attribute = attribute.map_err(|error| error.to_string())?;
        attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    }
    Ok(())
}

impl<'d> Element<'d> {
    fn raw(self) -> Raw {
        self.document.elements[self.index as usize]
    }

    fn slice(self, from: u32, to: u32) -> &'d str {
        self.document.text.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Its number in the document: the same element has the same.
    pub fn index(self) -> u32 {
        self.index
    }

    /// What it costs to look at it, in bytes: its tag, and to find one of its children.
    pub fn cost(self) -> usize {
        /// Bytes that take as long to read as a child to step over.
        const CHILD: usize = 8;
        let raw = self.raw();
        (raw.tag_end - raw.tag) as usize + CHILD * raw.children as usize
    }

    /// What it costs to read its text, in bytes: with elements among the text all of it is read for that, at every
    /// level anew.
    pub fn text_cost(self) -> usize {
        let raw = self.raw();
        if raw.children == 0 { 0 } else { raw.content_end.saturating_sub(raw.tag_end) as usize }
    }

    /// Its name as it is spelled.
    pub fn name(self) -> &'d str {
        let raw = self.raw();
        self.slice(raw.tag, raw.tag.saturating_add(raw.name_len))
    }

    /// The value of an attribute.
    pub fn attribute(self, name: &str) -> Option<Cow<'d, str>> {
        let raw = self.raw();
        let attributes = self.slice(raw.tag.saturating_add(raw.name_len), raw.tag_end);
        // A quick look first: most elements are asked for attributes that they do not have.
        if !attributes.contains(name) {
            return None;
        }
        let tag = BytesStart::from_content(self.slice(raw.tag, raw.tag_end), raw.name_len as usize);
        let value = tag
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.as_ref() == name)
            .and_then(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0).ok())?;
        Some(Cow::Owned(value.into_owned()))
    }

    /// The text in it, without the white space around; that of its children is not part of it.
    pub fn text(self) -> String {
        let raw = self.raw();
        if raw.content_end <= raw.tag_end {
            return String::new();
        }
        let content = self.slice(raw.tag_end.saturating_add(1), raw.content_end);
        if !content.contains('<') {
            return unescape(content)
                .map_or_else(|_| content.trim().to_owned(), |text| text.trim().to_owned());
        }
        let (mut reader, mut out, mut depth) = (Reader::from_str(content), String::new(), 0_usize);
        loop {
            match reader.read_event() {
                Ok(Event::Start(_)) => depth += 1,
                Ok(Event::End(_)) => depth = depth.saturating_sub(1),
                Ok(Event::Text(text)) if depth == 0 => out.push_str(&text.xml10_content()),
                Ok(Event::CData(text)) if depth == 0 => out.push_str(&text.xml10_content()),
                Ok(Event::GeneralRef(entity)) if depth == 0 => {
                    let spelled = format!("&{};", entity.xml10_content());
                    out.push_str(&unescape(&spelled).unwrap_or(Cow::Borrowed(&spelled)));
                }
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => {}
            }
        }
        out.trim().to_owned()
    }

    /// The elements in it, in their order.
    pub fn children(self) -> impl Iterator<Item = Element<'d>> {
        let at =
            move |index: u32| (index != NONE).then_some(Element { document: self.document, index });
        std::iter::successors(at(self.raw().child), move |child| at(child.raw().next))
    }

    /// The first element of a name in it.
    pub fn child(self, name: &str) -> Option<Element<'d>> {
        self.children().find(|child| child.name() == name)
    }

    /// The text of the first element of a name in it; nothing if there is none or it is empty.
    pub fn text_of(self, name: &str) -> Option<String> {
        self.child(name).map(Element::text).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Document<'_>, TimelineError> {
        Document::parse(text, Format::Xmeml)
    }

    #[test]
    fn elements_attributes_and_texts_are_read() {
        let text = "<?xml version='1.0'?>\n<!DOCTYPE a>\n<a x = \"1 &amp; 2\"  y='é'>\n <b/><!-- no -->\
                    <c>t &lt;&#65;<![CDATA[<&>]]></c ><b z=\"\" /></a>";
        let document = parse(text).unwrap();
        let root = document.root();
        assert_eq!(root.name(), "a");
        assert_eq!(root.attribute("x").as_deref(), Some("1 & 2"));
        assert_eq!(root.attribute("y").as_deref(), Some("é"));
        assert_eq!(root.attribute("z"), None);
        let names: Vec<_> = root.children().map(Element::name).collect();
        assert_eq!(names, ["b", "c", "b"]);
        assert_eq!(root.text_of("c").as_deref(), Some("t <A<&>"));
        assert_eq!(root.text_of("b"), None);
        assert_eq!(document.all().count(), 4);
    }

    #[test]
    fn what_is_broken_is_an_error_that_says_the_line() {
        for text in [
            "",
            "<a>",
            "<a>\n<b></a>",
            "<a/><b/>",
            "<a x='1' x='2'/>",
            "<a x='&unknown;'/>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
            "<a x/>",
        ] {
            let error = parse(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("line"), "{text}: {error}");
        }
    }

    #[test]
    fn too_many_elements_and_too_deep_ones_are_refused() {
        let wide = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        assert!(matches!(parse(&wide), Err(TimelineError::TooLarge { .. })));
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        assert!(matches!(parse(&deep), Err(TimelineError::TooLarge { .. })));
        let laughs = format!("<!DOCTYPE a [{}]><a>&b;</a>", "<!ENTITY b \"&c;&c;\">".repeat(9));
        assert!(parse(&laughs).err().unwrap().to_string().contains("entities"));
        let tag = format!("<a {}/>", "x".repeat(TAG_MAX));
        assert!(parse(&tag).is_err());
    }
}
