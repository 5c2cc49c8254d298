//! Files that are one block: SVG, XMP, JSON and text sidecars, C2PA manifests of their own. They are
//! taken whole, within a cap; XML is handed to the XMP reader, JSON and texts to the marks; an SVG is
//! also looked through for a C2PA manifest element.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

use serde::de::IgnoredAny;

use crate::detect::block::{Carrier, Content, Found, STORE_FILE, Store};
use crate::detect::bytes::Bytes;
use crate::detect::container::jpeg::is_c2pa_jumbf;
use crate::detect::unicode::{latin, wide_text};
use crate::detect::xmp::bare;

/// The largest JSON document that is looked at.
const JSON_CAP: u64 = 4 << 20;
/// The largest plain text that is looked at; parameters are a few kilobytes.
const TEXT_CAP: u64 = 256 << 10;

/// The text of a document, however its characters are written.
fn decoded(data: &[u8]) -> String {
    wide_text(data).unwrap_or_else(|| latin(data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)))
}

/// Hands the document over as XMP.
pub fn xmp(bytes: &mut Bytes<'_>, found: &mut Found) {
    let len = bytes.len();
    match bytes.take(0, len) {
        Ok(data) => found.add("XMP document", Content::Xmp(data)),
        Err(broke) => found.broke("xmp", &broke),
    }
}

/// Hands over a manifest store that is a file of its own.
pub fn c2pa(bytes: &mut Bytes<'_>, found: &mut Found) {
    if !is_c2pa_jumbf(bytes.peek_up_to(0, 64)) {
        // Some other JUMBF.
        return;
    }
    let len = bytes.len();
    match bytes.take(0, len) {
        Ok(data) => found.add(STORE_FILE, Content::C2pa(Store::Extracted(data))),
        Err(broke) => found.broke("c2pa", &broke),
    }
}

/// Hands over a JSON document, which may be what a generator wrote beside its picture. Larger ones
/// are nobody's sidecar and not looked at. What ends inside a value was cut off; what is otherwise
/// no JSON (lines of JSON, JSON with comments) is some other format and fine.
pub fn json(bytes: &mut Bytes<'_>, found: &mut Found) {
    let len = bytes.len();
    if len > JSON_CAP {
        return;
    }
    match bytes.take(0, len) {
        Ok(data) => {
            let text = decoded(&data);
            if are_parameters(&text) {
                return found.text(TEXT_DOCUMENT, Carrier::Document, "", text);
            }
            let whole = serde_json::from_str::<IgnoredAny>(&text);
            if whole.is_err_and(|error| error.is_eof()) {
                found.problem("json", format!("broke at offset {len}: ends inside a value"));
            }
            found.text("JSON document", Carrier::Json, "", text);
        }
        Err(broke) => found.broke("json", &broke),
    }
}

const TEXT_DOCUMENT: &str = "text document";

/// Whether a text ends as parameters do. How it begins says nothing: a prompt may look like a list of JSON,
/// an element of XML (`<lora:…>`) or the title of an edit list.
fn are_parameters(text: &str) -> bool {
    text.trim_end().lines().next_back().is_some_and(|last| last.starts_with("Steps: "))
}

/// Hands over a plain text that ends as the parameters do that some generators write beside a
/// picture. Any other text says nothing of how anything was made.
pub fn text(bytes: &mut Bytes<'_>, found: &mut Found) {
    let len = bytes.len();
    if len > TEXT_CAP {
        return;
    }
    match bytes.take(0, len) {
        Ok(data) => {
            let text = decoded(&data);
            if are_parameters(&text) {
                found.text(TEXT_DOCUMENT, Carrier::Document, "", text);
            }
        }
        Err(broke) => found.broke("text", &broke),
    }
}

/// Walks the elements of an SVG.
pub fn svg(bytes: &mut Bytes<'_>, found: &mut Found) {
    let len = bytes.len();
    let data = match bytes.take(0, len) {
        Ok(data) => wide_text(&data).map(String::into_bytes).unwrap_or(data),
        Err(broke) => return found.broke("svg", &broke),
    };
    let mut drawing = Drawing::default();
    if let Err(why) = drawing.read(&data, len, found) {
        found.problem("svg", why);
    }
    if let Some(at) = drawing.manifest {
        found.add(
            format!("SVG metadata/c2pa:manifest @ offset {at}"),
            Content::C2pa(Store::Unpacked(store(&data, at))),
        );
    }
    if drawing.rdf {
        found.add("SVG metadata RDF", Content::Xmp(data));
    }
}

/// The bytes of a manifest that begins here as a text in base64, as far as they are there. A character that does
/// not belong takes its own place only, so that what stands behind it is read.
fn store(data: &[u8], at: u64) -> Vec<u8> {
    let text = usize::try_from(at).ok().and_then(|at| data.get(at..)).unwrap_or_default();
    let text = text.split(|byte| *byte == b'<').next().unwrap_or_default();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let written = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let mut text: Vec<u8> = written.map(|byte| if known(*byte) { *byte } else { b'A' }).collect();
    text.truncate(text.len() / 4 * 4);
    STANDARD.decode(text).unwrap_or_default()
}

/// What the elements of an SVG show.
#[derive(Default)]
struct Drawing {
    /// Elements that are open.
    open: usize,
    /// Where `metadata` began, while it is open.
    metadata: Option<u64>,
    /// Where a C2PA manifest stands.
    manifest: Option<u64>,
    rdf: bool,
}

impl Drawing {
    /// Walks the elements of a file of `len` bytes.
    fn read(&mut self, data: &[u8], len: u64, found: &mut Found) -> Result<(), String> {
        let mut reader = NsReader::from_reader(data);
        reader.resolver_mut().set_max_namespace_bindings(512);
        loop {
            match reader.read_resolved_event() {
                Ok((ns, Event::Start(tag))) => {
                    self.open += 1;
                    let is_c2pa = is_c2pa(&ns);
                    self.element(tag.local_name().as_ref(), is_c2pa, reader.buffer_position());
                }
                Ok((ns, Event::Empty(tag))) => {
                    let is_c2pa = is_c2pa(&ns);
                    self.element(tag.local_name().as_ref(), is_c2pa, reader.buffer_position());
                }
                Ok((_, Event::End(tag))) => {
                    self.open = self.open.saturating_sub(1);
                    if tag.local_name().as_ref() == "metadata" {
                        self.metadata = None;
                    }
                }
                Ok((_, Event::CData(text))) => self.json(text.xml10_content().as_ref(), found),
                Ok((_, Event::Eof)) if self.open > 0 => {
                    return Err(format!("broke at offset {len}: ends inside an element"));
                }
                Ok((_, Event::Eof)) => return Ok(()),
                Ok(_) => {}
                Err(error) => {
                    return Err(format!("broke at offset {}: {error}", reader.error_position()));
                }
            }
        }
    }

    fn element(&mut self, local: &str, is_c2pa: bool, at: u64) {
        if local == "manifest" && is_c2pa {
            self.manifest.get_or_insert(at);
        }
        if local == "metadata" {
            self.metadata = Some(at);
        }
        self.rdf |= local == "RDF";
    }

    /// `ComfyUI` writes what ran there, as one text of JSON.
    fn json(&self, text: &str, found: &mut Found) {
        if let Some(at) = self.metadata
            && text.trim_start().starts_with('{')
        {
            found.text(format!("SVG metadata @ offset {at}"), Carrier::Json, "", text);
        }
    }
}

/// Whether this is the namespace of a manifest in a drawing.
fn is_c2pa(ns: &ResolveResult<'_>) -> bool {
    matches!(ns, ResolveResult::Bound(ns) if bare(ns.as_ref()).starts_with("c2pa.org/manifest"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::container::walked;
    use crate::detect::unicode::tests::forms;

    #[test]
    fn json_that_was_cut_off_is_a_problem_and_another_format_is_not() {
        let look = |text: &[u8]| {
            let found = walked(json, text);
            (found.blocks.len(), found.problems.len())
        };
        assert_eq!(look(b"\xef\xbb\xbf{\"a\": [1, 2]}"), (1, 0));
        assert_eq!(look(b"{\"a\": [1, 2"), (1, 1));
        assert_eq!(look(b"{\"a\": 1}\n{\"b\": 2}\n"), (1, 0));
        assert_eq!(look(&vec![b' '; 5 << 20]), (0, 0));
    }

    #[test]
    fn documents_in_other_encodings_are_read() {
        for data in forms("{\"a\": 1}") {
            assert_eq!(walked(json, &data).texts(), [("", "{\"a\": 1}")]);
        }
        for data in forms("\u{feff}a fox\r\nSteps: 15, Sampler: UniPC") {
            assert_eq!(walked(text, &data).blocks.len(), 1);
        }
        let drawn = "<svg><metadata><r:RDF xmlns:r='x'/></metadata></svg>";
        for data in forms(drawn) {
            let found = walked(svg, &data);
            assert_eq!(found.problems, []);
            assert!(
                matches!(&found.blocks[0].content, Content::Xmp(data) if data == drawn.as_bytes())
            );
        }
        assert_eq!(walked(json, &forms("{\"a\": ")[0]).problems.len(), 1);
    }

    #[test]
    fn a_text_that_ends_in_parameters_is_handed_over() {
        let texts = |data: &[u8]| walked(text, data).blocks.len();
        let real = b"a cat\nNegative prompt: dog\nSteps: 15, Sampler: UniPC, Seed: 1\n";
        assert_eq!(texts(real), 1);
        assert_eq!(texts(b"Steps: 15, Sampler: UniPC, Seed: 1\nis what I typed"), 0);
        assert_eq!(texts(b""), 0);
        // Prompts look like much.
        for start in ["<lora:ink:1> a cat", "[[a cat]], dog", "{{a cat}}", "TITLE: a cat"] {
            let file = format!("{start}\nSteps: 15, Sampler: UniPC, Seed: 1");
            let media_type = crate::detect::sniff::sniff(&mut Bytes::memory(file.as_bytes()));
            let walk = crate::detect::registry::container(media_type).unwrap().walk;
            let found = walked(walk, file.as_bytes());
            assert_eq!((found.blocks.len(), found.problems.len()), (1, 0), "{start}");
            let Content::Text { carrier, .. } = &found.blocks[0].content else { panic!("{start}") };
            assert_eq!(*carrier, Carrier::Document);
        }
        assert_eq!(texts(&[&vec![b'\n'; 300 << 10], &real[..]].concat()), 0);
    }

    #[test]
    fn a_manifest_element_is_found_by_its_namespace() {
        let look = |text: &str| {
            let mut found = Found::default();
            svg(&mut Bytes::memory(text.as_bytes()), &mut found);
            found
        };
        let found = look(
            "<svg xmlns:c2pa=\"http://c2pa.org/manifest\"><metadata><c2pa:manifest>x\
             </c2pa:manifest></metadata></svg>\n",
        );
        assert_eq!(found.blocks.len(), 1);
        assert_eq!(found.problems, []);
        assert_eq!(look("<svg><manifest/></svg>").blocks, []);
        assert_eq!(look("<svg><g>").problems.len(), 1);
        assert_eq!(look("<svg><g><rect/>").problems.len(), 1);
        assert_eq!(look("<svg><g><rect/></g></svg>").problems, []);
    }

    #[test]
    fn json_in_the_metadata_of_a_drawing_is_handed_over() {
        let drawing = "<svg><metadata><![CDATA[{\"prompt\": {}}]]></metadata><style><![CDATA[{a}]]></style></svg>";
        assert_eq!(walked(svg, drawing.as_bytes()).texts(), [("", "{\"prompt\": {}}")]);
    }
}
