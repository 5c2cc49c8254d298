//! Reads XML one element at a time, with everything that grows bounded. Nothing is expanded:
//! document type declarations and entities that are not XML's own are refused.
//!
//! Used as a stack: [`Xml::child`] steps into the next child, and what it stepped into must be
//! taken by [`Xml::skip`], [`Xml::text`], [`Xml::record`], or by asking for its children until
//! there is none.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

/// Elements in elements. Essence descriptors of compositions go down to 20.
const DEPTH_MAX: usize = 64;
/// Elements in one document: 500 000 files with four elements each, and some.
const ELEMENTS_MAX: usize = 2_500_000;
/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 256;
/// Namespaces in scope.
const BINDINGS_MAX: usize = 512;
/// Elements of one record (an asset, a file's hashes, a resource with all its markers).
const RECORD_MAX: usize = 50_000;
/// Bytes of text of one element.
const TEXT_MAX: usize = 64 << 10;

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(super) struct XmlFault {
    /// From 1.
    pub(super) line: usize,
    /// What is wrong.
    pub(super) what: String,
}

/// The start of an element.
#[derive(Debug)]
pub(super) struct Tag {
    /// Without its prefix.
    pub(super) name: String,
    /// Whether it is in the namespace of the document's root.
    pub(super) own: bool,
    /// Local names and values.
    pub(super) attributes: Vec<(String, String)>,
}

/// An element with all that is in it.
#[derive(Debug)]
pub(super) struct Element {
    /// Its start.
    pub(super) tag: Tag,
    /// The text directly in it, trimmed.
    pub(super) text: String,
    /// The elements directly in it.
    pub(super) children: Vec<Element>,
}

/// A document that is being read.
pub(super) struct Xml<'a> {
    reader: NsReader<&'a [u8]>,
    text: &'a str,
    depth: usize,
    elements: usize,
    namespace: String,
}

impl Tag {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Element {
    /// The first child of that name in the root's namespace.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.tag.own && child.tag.name == name)
    }

    /// The text of the first child of that name.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

impl<'a> Xml<'a> {
    /// Steps into the root, and says what it is.
    pub(super) fn open(text: &'a str) -> Result<(Self, Tag), XmlFault> {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        reader.resolver_mut().set_max_namespace_bindings(BINDINGS_MAX);
        let mut xml = Self { reader, text, depth: 0, elements: 0, namespace: String::new() };
        let root = xml.step()?.ok_or_else(|| xml.fault("holds no element"))?;
        Ok((xml, root))
    }

    /// The root's namespace; empty for none.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Steps into the next child of the current element, or out of it.
    pub(super) fn child(&mut self) -> Result<Option<Tag>, XmlFault> {
        self.step()
    }

    /// Goes past the element just stepped into, whatever the size of its texts.
    pub(super) fn skip(&mut self) -> Result<(), XmlFault> {
        let floor = self.depth;
        while self.depth >= floor {
            match self.event()? {
                Event::Start(tag) => drop(self.enter(&tag)?),
                Event::End(_) => self.depth -= 1,
                Event::GeneralRef(entity) => drop(self.resolve(&entity)?),
                Event::Eof => return Err(self.fault("ends too early")),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text directly in the element just stepped into, trimmed; goes past it.
    pub(super) fn text(&mut self) -> Result<String, XmlFault> {
        let floor = self.depth;
        let mut text = String::new();
        while self.depth >= floor {
            let here = self.depth == floor;
            match self.event()? {
                Event::Start(tag) => drop(self.enter(&tag)?),
                Event::End(_) => self.depth -= 1,
                Event::Eof => return Err(self.fault("ends too early")),
                event if here => self.collect(&event, &mut text)?,
                _ => {}
            }
        }
        Ok(text.trim().to_owned())
    }

    /// All of the element just stepped into; goes past it.
    pub(super) fn record(&mut self, tag: Tag) -> Result<Element, XmlFault> {
        let mut open = vec![Element { tag, text: String::new(), children: Vec::new() }];
        let mut count = 0_usize;
        loop {
            match self.event()? {
                Event::Start(start) => {
                    count += 1;
                    if count > RECORD_MAX {
                        let what = format!("one record holds more than {RECORD_MAX} elements");
                        return Err(self.fault(&what));
                    }
                    let tag = self.enter(&start)?;
                    open.push(Element { tag, text: String::new(), children: Vec::new() });
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    let Some(mut done) = open.pop() else {
                        return Err(self.fault("ends an element that was not begun"));
                    };
                    done.text.truncate(done.text.trim_end().len());
                    let blank = done.text.len() - done.text.trim_start().len();
                    done.text.drain(..blank);
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Event::Eof => return Err(self.fault("ends too early")),
                event => {
                    if let Some(element) = open.last_mut() {
                        let mut text = std::mem::take(&mut element.text);
                        self.collect(&event, &mut text)?;
                        element.text = text;
                    }
                }
            }
        }
    }

    /// Something is wrong at the place that was read last.
    pub(super) fn fault(&self, what: &str) -> XmlFault {
        let end = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        self.fault_at(end, what)
    }

    fn fault_at(&self, end: usize, what: &str) -> XmlFault {
        let read = self.text.as_bytes().get(..end).unwrap_or(self.text.as_bytes());
        let line = read.split(|byte| *byte == b'\n').count();
        XmlFault { line, what: what.to_owned() }
    }

    fn step(&mut self) -> Result<Option<Tag>, XmlFault> {
        loop {
            match self.event()? {
                Event::Start(tag) => return self.enter(&tag).map(Some),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(None);
                }
                Event::Eof if self.depth == 0 => return Ok(None),
                Event::Eof => return Err(self.fault("ends too early")),
                _ => {}
            }
        }
    }

    fn event(&mut self) -> Result<Event<'a>, XmlFault> {
        match self.reader.read_event() {
            Ok(Event::DocType(_)) => Err(self.fault(
                "has a document type declaration, which these formats do not and we do not read",
            )),
            Ok(event) => Ok(event),
            Err(error) => {
                let end = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
                Err(self.fault_at(end, &error.to_string()))
            }
        }
    }

    fn enter(&mut self, tag: &BytesStart<'_>) -> Result<Tag, XmlFault> {
        self.elements += 1;
        self.depth += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(self.fault(&format!("holds more than {ELEMENTS_MAX} elements")));
        }
        if self.depth > DEPTH_MAX {
            return Err(self.fault(&format!("is nested more than {DEPTH_MAX} deep")));
        }
        let (namespace, name) = self.reader.resolver().resolve_element(tag.name());
        let bound = match &namespace {
            ResolveResult::Bound(namespace) => namespace.as_ref(),
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(_) => return Err(self.fault("has a prefix without namespace")),
        };
        let name = name.as_ref().to_owned();
        let own = if self.elements == 1 {
            bound.clone_into(&mut self.namespace);
            true
        } else {
            bound == self.namespace
        };
        let mut attributes = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.fault(&error.to_string()))?;
            if attributes.len() >= ATTRIBUTES_MAX {
                return Err(self.fault(&format!("has more than {ATTRIBUTES_MAX} attributes")));
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| self.fault(&error.to_string()))?;
            if value.len() > TEXT_MAX {
                return Err(self.fault("has an attribute that is too long"));
            }
            attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        }
        Ok(Tag { name, own, attributes })
    }

    fn collect(&self, event: &Event<'_>, out: &mut String) -> Result<(), XmlFault> {
        match event {
            Event::Text(text) => out.push_str(&text.xml10_content()),
            Event::CData(text) => out.push_str(&text.xml10_content()),
            Event::GeneralRef(entity) => out.push(self.resolve(entity)?),
            _ => {}
        }
        if out.len() > TEXT_MAX {
            return Err(self.fault(&format!("has a text of more than {TEXT_MAX} bytes")));
        }
        Ok(())
    }

    fn resolve(&self, entity: &BytesRef<'_>) -> Result<char, XmlFault> {
        match entity.resolve_char_ref() {
            Ok(Some(character)) => return Ok(character),
            Ok(None) => {}
            Err(error) => return Err(self.fault(&error.to_string())),
        }
        match &*entity.xml10_content() {
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "amp" => Ok('&'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => {
                Err(self.fault("names an entity that is not XML's own; entities are not expanded"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Element, XmlFault> {
        let (mut xml, root) = Xml::open(text)?;
        xml.record(root)
    }

    #[test]
    fn elements_are_told_apart_by_namespace() {
        let root = read(
            "<a xmlns='urn:a' xmlns:b='urn:b'><b:Hash>1</b:Hash><Hash x='&lt;'>2<!-- c -->&amp;\
             <![CDATA[<]]></Hash></a>",
        );
        let root = root.unwrap();
        assert_eq!(root.text_of("Hash"), Some("2&<"));
        assert_eq!(root.children[1].tag.attribute("x"), Some("<"));
        assert!(!root.children[0].tag.own);
    }

    #[test]
    fn a_fault_says_its_line() {
        assert_eq!(read("<a>\n<b>\n</a>").unwrap_err().line, 3);
        assert_eq!(read("<a>\n\n").unwrap_err().what, "ends too early");
        assert!(read("").unwrap_err().what.contains("no element"));
    }

    #[test]
    fn entities_are_never_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>";
        assert!(read(bomb).unwrap_err().what.contains("document type"));
        assert!(read("<a>&b;</a>").unwrap_err().what.contains("entity"));
        assert!(read("<a b='&c;'/>").is_err());
        let (mut xml, _) = Xml::open("<a>&b;</a>").unwrap();
        assert!(xml.skip().is_err());
    }

    #[test]
    fn what_grows_is_bounded() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        assert!(read(&deep).unwrap_err().what.contains("nested"));
        let (mut xml, _) = Xml::open(&deep).unwrap();
        assert!(xml.skip().unwrap_err().what.contains("nested"));
        assert!(read(&format!("<a>{}</a>", "<b/>".repeat(60_000))).is_err());
        let long = format!("<a>{}</a>", "x".repeat(70_000));
        assert!(read(&long).is_err());
        let (mut xml, _) = Xml::open(&long).unwrap();
        assert!(xml.text().is_err());
        let (mut xml, _) = Xml::open(&long).unwrap();
        assert_eq!(xml.skip(), Ok(()));
        let many: Vec<String> = (0..300).map(|i| format!("a{i}='1'")).collect();
        let many = many.join(" ");
        assert!(read(&format!("<a {many}/>")).unwrap_err().what.contains("attributes"));
    }

    #[test]
    fn ten_million_elements_end_in_an_error() {
        let text = format!("<a>{}</a>", "<b/>".repeat(10_000_000));
        let (mut xml, _) = Xml::open(&text).unwrap();
        assert!(xml.skip().unwrap_err().what.contains("elements"));
    }
}
