//! Reads the properties out of XMP: RDF as the XMP specification writes it. Names are compared by
//! namespace ([`bare`]), never by prefix; depth is bounded, entities other than XML's own are not expanded,
//! and what was read before a fault is kept. Used by `expand`.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, Reader, XmlVersion};

use crate::detect::bytes::BLOCK_CAP;
use crate::detect::unicode::wide_text;

/// Elements in elements of RDF.
const DEPTH_MAX: usize = 64;
/// Elements in elements of what is around it: a drawing has groups in groups.
const OUTER_DEPTH_MAX: usize = 1024;
/// Namespaces in scope, among which each name is looked up. Packets that hold every schema bind
/// some two hundred.
const BINDINGS_MAX: usize = 512;
/// Attributes read of one element. Settings of raw developers are some hundred.
const ATTRIBUTES_MAX: usize = 4096;
/// Elements of RDF read from one packet.
const ELEMENTS_MAX: usize = 200_000;
/// Properties read from one packet, or texts from another document.
const PROPERTIES_MAX: usize = 20_000;
/// The longest name of an element that is kept: nobody asks for a longer one.
const NAME_CAP: usize = 256;
/// The longest way to a name of a document. Each of very many names may have one.
const WAY_CAP: usize = 512;

/// The namespace of RDF itself, as [`bare`] gives it.
const RDF: &str = "www.w3.org/1999/02/22-rdf-syntax-ns";

/// The usual prefixes of the namespaces that marks name, which are as [`bare`] gives them.
const NAMESPACES: &[(&str, &str)] = &[
    ("iptc.org/std/Iptc4xmpExt/2008-02-29", "Iptc4xmpExt"),
    ("ns.adobe.com/photoshop/1.0", "photoshop"),
    ("ns.adobe.com/xap/1.0", "xmp"),
    ("ns.adobe.com/xap/1.0/mm", "xmpMM"),
    ("ns.adobe.com/xap/1.0/sType/ResourceRef", "stRef"),
    ("ns.adobe.com/exif/1.0", "exif"),
    ("ns.adobe.com/tiff/1.0", "tiff"),
    ("purl.org/dc/elements/1.1", "dc"),
    ("purl.org/dc/terms", "dcterms"),
    ("www.tc260.org.cn/ns/AIGC/1.0", "TC260"),
];

/// One value. A property with several items gives one for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Usual prefix and name, e.g. `Iptc4xmpExt:DigitalSourceType`. Those of namespaces that are not known are
    /// left out. Names of documents and parts of a label inside another property are given with the way to them, since whose
    /// they are follows from it: `xmpMM:Ingredients[2]/stRef:documentID`, `TC260:AIGC/TC260:Label`.
    pub key: String,
    /// The value, without the white space around it.
    pub value: String,
    /// Whether it stands inside another property.
    pub nested: bool,
}

/// The properties of a packet, and what kept the reader from reading all of it. A document may hold several
/// RDF; what is broken behind the first of them is no fault of the packet.
pub fn properties(packet: Vec<u8>) -> (Vec<Property>, Option<String>) {
    let text = decode(packet);
    if text.len() as u64 > BLOCK_CAP {
        // Narrow, wide characters may take half as much again.
        return (Vec::new(), Some("is larger than is read".to_owned()));
    }
    if !text.contains('<') && !text.trim().is_empty() {
        // As in an encrypted document.
        return (Vec::new(), Some("is not XML".to_owned()));
    }
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().check_end_names = false;
    reader.resolver_mut().set_max_namespace_bindings(BINDINGS_MAX);
    let mut rdf = Rdf::default();
    let problem = loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(_) if rdf.part == Part::Behind => break None,
            Err(error) => {
                break Some(format!("broke at offset {}: {error}", reader.error_position()));
            }
        };
        match event {
            Event::Start(tag) => rdf.start(&reader, &tag),
            Event::Empty(tag) => {
                rdf.start(&reader, &tag);
                rdf.end();
            }
            Event::End(_) => rdf.end(),
            Event::Text(text) => rdf.text(&text.xml10_content()),
            Event::CData(text) => rdf.text(&text.xml10_content()),
            Event::GeneralRef(entity) => rdf.entity(&entity),
            Event::Eof if rdf.part == Part::Inside => break Some("ends inside its RDF".to_owned()),
            Event::Eof => break None,
            _ => {}
        }
        if rdf.excess || rdf.out.len() > PROPERTIES_MAX {
            break Some("is nested too deeply or holds too many properties".to_owned());
        }
    };
    let unknown = || rdf.unknown.then(|| "uses an entity that is not read".to_owned());
    let problem = problem.or_else(unknown);
    (rdf.out, problem)
}

/// The texts of the elements of any XML document, by local name: what an iXML or ADM chunk says. What
/// stands before a fault is given, with the fault. Recorders write `&` as it is.
pub fn elements(document: Vec<u8>) -> (Vec<(String, String)>, Option<String>) {
    let text = decode(document);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_dangling_amp = true;
    let (mut name, mut value, mut out) = (String::new(), String::new(), Vec::new());
    let mut open = 0_usize;
    let problem = loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                open += 1;
                tag.local_name().as_ref().clone_into(&mut name);
                name.truncate(name.floor_char_boundary(NAME_CAP));
                value.clear();
            }
            Ok(Event::Text(text)) => value.push_str(&text.xml10_content()),
            Ok(Event::CData(text)) => value.push_str(&text.xml10_content()),
            Ok(Event::GeneralRef(entity)) => {
                value.push_str(&resolved(&entity).unwrap_or_default());
            }
            Ok(Event::End(_)) => {
                open = open.saturating_sub(1);
                if !value.trim().is_empty() {
                    out.push((name.clone(), value.trim().to_owned()));
                }
                value.clear();
            }
            Ok(Event::Eof) if open > 0 => break Some("ends inside an element".to_owned()),
            // What stands behind the document is none of it.
            Err(_) if open == 0 && !out.is_empty() => break None,
            Err(error) => {
                break Some(format!("broke at offset {}: {error}", reader.error_position()));
            }
            Ok(Event::Eof) => break None,
            Ok(_) => {}
        }
        if out.len() > PROPERTIES_MAX {
            break Some("holds more texts than are read".to_owned());
        }
    };
    (out, problem)
}

/// What an entity stands for; only XML's own are known.
fn resolved(entity: &BytesRef<'_>) -> Option<String> {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return Some(character.to_string());
    }
    let character = match &*entity.xml10_content() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(character.to_owned())
}

/// Whether a block begins as a packet of XMP in UTF-8 does: for carriers that hold any text.
pub fn is_packet(data: &[u8]) -> bool {
    let start = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data).trim_ascii_start();
    [b"<?xpacket".as_slice(), b"<x:xmpmeta", b"<x:xapmeta", b"<rdf:RDF"]
        .iter()
        .any(|known| start.starts_with(known))
}

/// XMP is UTF-8 nearly always; the specification allows UTF-16 and UTF-32 too. The bytes are used up, so that
/// a large packet is held once.
fn decode(packet: Vec<u8>) -> String {
    if let Some(text) = wide_text(&packet) {
        return text;
    }
    let mut text = String::from_utf8(packet)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    text.truncate(text.trim_end_matches('\0').len());
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    text
}

enum Node {
    /// A structural element of RDF that names nothing.
    Plain,
    Rdf,
    Item,
    Property,
}

/// An open property.
struct Open {
    key: String,
    /// Its text so far.
    text: String,
    /// Items of its list so far.
    items: usize,
}

/// The part of a document that is read. Behind one RDF another may begin.
#[derive(Default, PartialEq, Eq)]
enum Part {
    #[default]
    Before,
    Inside,
    Behind,
}

#[derive(Default)]
struct Rdf {
    part: Part,
    /// More of something than is read.
    excess: bool,
    /// Something in it hangs on an entity that the document declares, which is not expanded.
    unknown: bool,
    elements: usize,
    /// Open elements around the RDF.
    outside: usize,
    /// Open elements from the RDF inwards.
    stack: Vec<Node>,
    open: Vec<Open>,
    out: Vec<Property>,
}

impl Rdf {
    fn start(&mut self, reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) {
        let (ns, local) = reader.resolver().resolve_element(tag.name());
        let (ns, local) = (namespace(&ns), local.as_ref());
        self.unknown |= self.part == Part::Inside && ns.contains('&');
        let rdf = ns == RDF;
        if rdf && local == "RDF" {
            self.part = Part::Inside;
        }
        if self.part != Part::Inside {
            self.outside += 1;
            self.excess |= self.outside > OUTER_DEPTH_MAX;
            return;
        }
        self.elements += 1;
        self.excess |= self.elements > ELEMENTS_MAX || self.stack.len() >= DEPTH_MAX;
        if self.excess {
            return;
        }
        let node = match local {
            "RDF" if rdf => Node::Rdf,
            "li" if rdf => {
                if let Some(open) = self.open.last_mut() {
                    open.items += 1;
                }
                Node::Item
            }
            _ if rdf => Node::Plain,
            _ => {
                self.open.push(Open { key: key(ns, local), text: String::new(), items: 0 });
                Node::Property
            }
        };
        for (number, attribute) in tag.attributes().with_checks(false).flatten().enumerate() {
            if number >= ATTRIBUTES_MAX {
                self.excess = true;
                return;
            }
            let (ns, local) = reader.resolver().resolve_attribute(attribute.key);
            let bound = matches!(ns, ResolveResult::Bound(_));
            let ns = namespace(&ns);
            let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) else {
                self.unknown = true;
                continue;
            };
            self.unknown |= bound && ns.contains('&');
            if ns == RDF && matches!(local.as_ref(), "resource" | "value") {
                self.text(&value);
            } else if bound && ns != RDF && !ns.starts_with("www.w3.org/") {
                self.emit(key(ns, local.as_ref()), &value, !self.open.is_empty());
            }
        }
        self.stack.push(node);
    }

    fn end(&mut self) {
        match self.stack.pop() {
            // One in another ends with it.
            Some(Node::Rdf) if self.stack.is_empty() => {
                self.part = Part::Behind;
                self.open.clear();
            }
            Some(Node::Item) => {
                let nested = self.open.len() > 1;
                if let Some(open) = self.open.last_mut() {
                    let (key, text) = (open.key.clone(), std::mem::take(&mut open.text));
                    self.emit(key, &text, nested);
                }
            }
            Some(Node::Property) => {
                if let Some(Open { key, text, .. }) = self.open.pop() {
                    let nested = !self.open.is_empty();
                    self.emit(key, &text, nested);
                }
            }
            Some(Node::Plain | Node::Rdf) => {}
            None => self.outside = self.outside.saturating_sub(1),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }

    fn entity(&mut self, entity: &BytesRef<'_>) {
        if self.part == Part::Inside {
            let resolved = resolved(entity);
            self.unknown |= resolved.is_none();
            self.text(&resolved.unwrap_or_default());
        }
    }

    fn emit(&mut self, key: String, value: &str, nested: bool) {
        let value = value.trim();
        // Nobody reads what has no known namespace, and its name may be as long as the packet.
        if !value.is_empty() && !key.starts_with('{') {
            let key = if nested && needs_way(&key) { self.way(&key) } else { key };
            self.out.push(Property { key, value: value.to_owned(), nested });
        }
    }

    /// The open properties, with the number of the item, down to a key.
    fn way(&self, key: &str) -> String {
        let mut way = String::new();
        for open in &self.open {
            if way.len() + open.key.len() > WAY_CAP {
                way.push_str("…/");
                break;
            }
            way.push_str(&open.key);
            if open.items > 0 {
                way.extend(["[", &open.items.to_string(), "]"]);
            }
            way.push('/');
        }
        way + key
    }
}

/// Whether a property names a document or one of its states, or is a part of the label of TC260.
fn needs_way(key: &str) -> bool {
    matches!(key, "stRef:instanceID" | "stRef:documentID" | "xmpMM:InstanceID" | "xmpMM:DocumentID")
        || key.starts_with("TC260:")
}

fn namespace<'a>(ns: &'a ResolveResult<'_>) -> &'a str {
    match ns {
        ResolveResult::Bound(ns) => bare(ns.as_ref()),
        _ => "",
    }
}

/// The name of a namespace without what sloppy writers change of it: `https` for `http`, and a slash or a hash
/// at its end, or none. Everything else is compared as it stands.
pub fn bare(ns: &str) -> &str {
    let address = ns.strip_prefix("http://").or_else(|| ns.strip_prefix("https://"));
    address.unwrap_or(ns).trim_end_matches(['/', '#'])
}

/// The usual prefix of a namespace and a name, as in [`Property::key`]. Of what is longer than any that is
/// known only the beginning is kept: there may be as many properties of it as fit into a packet.
pub fn key(ns: &str, local: &str) -> String {
    const KEPT: usize = 64;
    let local = &local[..local.floor_char_boundary(KEPT)];
    let bare = bare(ns);
    NAMESPACES.iter().find(|(known, _)| *known == bare).map_or_else(
        || format!("{{{}}}{local}", &ns[..ns.floor_char_boundary(KEPT)]),
        |(_, prefix)| format!("{prefix}:{local}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::unicode::tests::forms;

    fn properties(packet: &[u8]) -> (Vec<Property>, Option<String>) {
        super::properties(packet.to_vec())
    }

    #[test]
    fn a_name_as_long_as_the_packet_is_kept_once_at_most() {
        let long = "n".repeat(200_000);
        let some = "<l:a>1</l:a>".repeat(10_000);
        let ids = "<i:instanceID>x</i:instanceID>".repeat(10_000);
        let packet = wrap(&format!(
            "<r:Description xmlns:l='{long}' xmlns:i='http://ns.adobe.com/xap/1.0/sType/ResourceRef#' \
             l:b='2'>{some}<l:{long}><m:{long}>{ids}</m:{long}></l:{long}></r:Description>"
        ));
        let (found, _) = properties(packet.as_bytes());
        let kept: usize = found.iter().map(|one| one.key.len()).sum();
        assert!(kept < 4 << 20, "{kept} bytes of names");
        assert!(found.iter().any(|one| one.key.ends_with("stRef:instanceID")));
        let depth = 58;
        let (open, close) =
            ("<m:DerivedFromAndOn>".repeat(depth), "</m:DerivedFromAndOn>".repeat(depth));
        let packet = wrap(&format!(
            "<r:Description xmlns:i='http://ns.adobe.com/xap/1.0/sType/ResourceRef#'>{open}{ids}{close}</r:Description>"
        ));
        let (found, _) = properties(packet.as_bytes());
        let kept: usize = found.iter().map(|one| one.key.len()).sum();
        assert!(found.len() == 10_000 && kept < 8 << 20, "{kept} bytes of ways");
    }

    fn wrap(inner: &str) -> String {
        format!(
            "<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF \
             xmlns:r='http://{RDF}#' xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' \
             xmlns:m='http://ns.adobe.com/xap/1.0/mm/'>{inner}</r:RDF></x:xmpmeta>"
        )
    }

    fn read(inner: &str) -> Vec<(String, String, bool)> {
        let (properties, problem) = properties(wrap(inner).as_bytes());
        assert_eq!(problem, None);
        properties
            .into_iter()
            .map(|property| (property.key, property.value, property.nested))
            .collect()
    }

    #[test]
    fn every_way_to_write_a_property_gives_the_same() {
        let expected = [("Iptc4xmpExt:DigitalSourceType".to_owned(), "v&v".to_owned(), false)];
        for inner in [
            "<r:Description e:DigitalSourceType='v&amp;v'/>",
            "<r:Description><e:DigitalSourceType>v&amp;v</e:DigitalSourceType></r:Description>",
            "<r:Description><e:DigitalSourceType r:resource='v&#38;v'/></r:Description>",
            "<r:Description><e:DigitalSourceType r:value='v&amp;v'/></r:Description>",
            "<r:Description><e:DigitalSourceType><r:Description r:value='v&amp;v'/>\
             </e:DigitalSourceType></r:Description>",
            "<r:Description><e:DigitalSourceType><r:Bag><r:li>v&amp;v</r:li></r:Bag>\
             </e:DigitalSourceType></r:Description>",
        ] {
            assert_eq!(read(inner), expected, "{inner}");
        }
    }

    #[test]
    fn a_namespace_is_known_with_either_scheme_and_any_end() {
        let known = |rdf: &str, extension: &str| {
            let packet = format!(
                "<r:RDF xmlns:r='{rdf}'><r:Description xmlns:e='{extension}' e:A='1'>\
                 <e:B r:resource='2'/></r:Description></r:RDF>"
            );
            let (properties, problem) = properties(packet.as_bytes());
            assert_eq!(problem, None);
            properties.into_iter().map(|one| one.key).collect::<Vec<_>>()
        };
        let (rdf, extension) = (format!("http://{RDF}#"), "iptc.org/std/Iptc4xmpExt/2008-02-29");
        for scheme in ["http", "https"] {
            for end in ["/", "", "#", "/#"] {
                let written = format!("{scheme}://{extension}{end}");
                let expected = ["Iptc4xmpExt:A", "Iptc4xmpExt:B"];
                assert_eq!(known(&rdf, &written), expected, "{written}");
                let rdf = format!("{scheme}://{RDF}{end}");
                assert_eq!(known(&rdf, &format!("http://{extension}/")), expected, "{rdf}");
            }
        }
        for other in [
            "http://www.iptc.org/std/Iptc4xmpExt/2008-02-29/",
            "http://iptc.org/std/Iptc4xmpExt/2008-02-29/more/",
            "http://iptc.org/std/Iptc4xmpExt/2009-02-29/",
            "ftp://iptc.org/std/Iptc4xmpExt/2008-02-29/",
            "http://iptc.org/std/iptc4xmpext/2008-02-29/",
        ] {
            assert_eq!(known(&rdf, other), [""; 0], "{other}");
        }
    }

    #[test]
    fn what_hangs_on_an_entity_is_a_problem_and_drawings_have_theirs() {
        let declared = |inside: &str, outside: &str| {
            let packet =
                format!("<!DOCTYPE svg [<!ENTITY n \"u\">]><svg {outside}>{}</svg>", wrap(inside));
            properties(packet.as_bytes()).1.is_some()
        };
        for inside in [
            "<r:Description e:DigitalSourceType='&n;'/>",
            "<r:Description><e:DigitalSourceType>&n;</e:DigitalSourceType></r:Description>",
            "<r:Description xmlns:q='&n;' q:DigitalSourceType='v'/>",
            "<r:Description xmlns:q='&n;'><q:DigitalSourceType>v</q:DigitalSourceType></r:Description>",
        ] {
            assert!(declared(inside, ""), "{inside}");
        }
        // As Illustrator declares what its own elements are.
        assert!(!declared("<r:Description e:A='1'/>", "xmlns:i='&n;'"));
    }

    #[test]
    fn many_attributes_are_read_and_more_are_a_problem() {
        let packet = |count: usize| {
            let many: Vec<String> = (0..count).map(|it| format!("e:A{it}='1'")).collect();
            let many = many.join(" ");
            wrap(&format!("<r:Description {many} e:DigitalSourceType='v'/>"))
        };
        let (found, problem) = properties(packet(600).as_bytes());
        assert_eq!((found.len(), problem), (601, None));
        assert!(properties(packet(ATTRIBUTES_MAX).as_bytes()).1.is_some());
    }

    #[test]
    fn texts_of_a_document_are_all_read_or_it_says_so() {
        let document = |count: usize| {
            let many = "<d>Tom & Jerry</d>".repeat(count);
            format!("<BWFXML>{many}<AIGC>x</AIGC></BWFXML>\0\0")
        };
        let read = |text: String| elements(text.into_bytes());
        let (texts, problem) = read(document(1_100));
        assert_eq!(texts.last().unwrap(), &("AIGC".to_owned(), "x".to_owned()));
        assert_eq!((texts[0].1.as_str(), problem), ("Tom & Jerry", None));
        assert!(read(document(PROPERTIES_MAX)).1.is_some());
        let whole = document(1);
        assert!(read(whole[..whole.len() - 20].to_owned()).1.is_some());
        let long = format!("{}<{}>{}", "<a>".repeat(300), "n".repeat(1 << 20), "t</a>".repeat(300));
        let kept: usize = read(long).0.iter().map(|(name, _)| name.len()).sum();
        assert!(kept < 1 << 20, "{kept} bytes of names");
    }

    #[test]
    fn a_property_of_an_ingredient_is_nested() {
        let got = read(
            "<r:Description><m:Pantry><r:Bag><r:li r:parseType='Resource'>\
             <e:DigitalSourceType>v</e:DigitalSourceType></r:li></r:Bag></m:Pantry>\
             </r:Description>",
        );
        assert_eq!(got.len(), 1);
        assert!(got[0].2);
    }

    #[test]
    fn names_of_documents_inside_others_say_whose_they_are() {
        let xml = "<r:Description m:DocumentID='own' xmlns:s='http://ns.adobe.com/xap/1.0/sType/ResourceRef#'>\
             <m:DerivedFrom s:instanceID='i' s:documentID='d' s:filePath='f'/>\
             <m:Ingredients><r:Bag><r:li s:instanceID='i1'/>\
             <r:li r:parseType='Resource'><s:documentID>d2</s:documentID></r:li></r:Bag></m:Ingredients>\
             <m:Pantry><r:Bag><r:li><r:Description m:InstanceID='p'>\
             <m:DerivedFrom s:instanceID='other'/></r:Description></r:li></r:Bag></m:Pantry>\
             </r:Description>";
        let got: Vec<_> = read(xml).into_iter().map(|(key, value, _)| (key, value)).collect();
        let expected = [
            ("xmpMM:DocumentID", "own"),
            ("xmpMM:DerivedFrom/stRef:instanceID", "i"),
            ("xmpMM:DerivedFrom/stRef:documentID", "d"),
            ("stRef:filePath", "f"),
            ("xmpMM:Ingredients[1]/stRef:instanceID", "i1"),
            ("xmpMM:Ingredients[2]/stRef:documentID", "d2"),
            ("xmpMM:Pantry[1]/xmpMM:InstanceID", "p"),
            ("xmpMM:Pantry[1]/xmpMM:DerivedFrom/stRef:instanceID", "other"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(got, expected);
    }

    #[test]
    fn faults_keep_what_was_read() {
        let whole = wrap("<r:Description e:A='1'/><r:Description e:B='2'/>");
        let (got, problem) = properties(&whole.as_bytes()[..whole.len() - 15]);
        assert_eq!(got.len(), 2);
        assert!(problem.is_some());
        let deep = "<e:A>".repeat(100_000);
        assert!(properties(wrap(&deep).as_bytes()).1.is_some());
        let bomb = format!("<!DOCTYPE x [<!ENTITY a 'aaaa'>]>{}", wrap("<e:A>&a;</e:A>"));
        assert_eq!(properties(bomb.as_bytes()).0, []);
    }

    #[test]
    fn every_rdf_of_a_document_is_read() {
        let licence =
            format!("<r:RDF xmlns:r='http://{RDF}#' xmlns:c='c'><c:Work r:about=''/></r:RDF>");
        let packet = wrap("<r:Description e:A='1'/>");
        let drawing = format!("<svg><metadata>{licence}{packet}</metadata><g/></svg>");
        let (got, problem) = properties(drawing.as_bytes());
        assert_eq!((got.len(), problem), (1, None));
        // What stands behind a packet is not its own; what is cut off inside the second one is.
        assert_eq!(properties(format!("{packet}<!-- \0").as_bytes()).1, None);
        let cut = drawing.split("<r:Description").next().unwrap_or_default();
        assert!(properties(cut.as_bytes()).1.is_some());
        let deep = format!("{packet}{}", "<g>".repeat(100_000));
        assert!(properties(deep.as_bytes()).1.is_some());
        let many = format!("<svg>{}{packet}</svg>", "<g/>".repeat(ELEMENTS_MAX));
        assert_eq!((properties(many.as_bytes()).0.len(), properties(many.as_bytes()).1), (1, None));
    }

    #[test]
    fn wide_characters_are_read() {
        for wide in forms(&wrap("<r:Description e:A='1'/>")) {
            assert_eq!(properties(&wide).0.len(), 1);
        }
    }
}
