//! Files that are one block: SVG, XMP sidecars, C2PA manifests of their own. They are taken whole,
//! within the block cap; XML is handed to the XMP reader; an SVG is also looked through for a C2PA manifest element.

use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

use crate::detect::block::{Content, Found, Store};
use crate::detect::bytes::Bytes;
use crate::detect::container::jpeg::is_c2pa_jumbf;

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
        Ok(data) => found.add("C2PA manifest file", Content::C2pa(Store::Extracted(data))),
        Err(broke) => found.broke("c2pa", &broke),
    }
}

/// Walks the elements of an SVG.
pub fn svg(bytes: &mut Bytes<'_>, found: &mut Found) {
    let len = bytes.len();
    let data = match bytes.take(0, len) {
        Ok(data) => data,
        Err(broke) => return found.broke("svg", &broke),
    };
    let mut reader = NsReader::from_reader(data.as_slice());
    reader.resolver_mut().set_max_namespace_bindings(512);
    let mut rdf = false;
    let mut c2pa = None;
    let mut ended = false;
    loop {
        match reader.read_resolved_event() {
            Ok((ns, Event::Start(tag) | Event::Empty(tag))) => {
                let local = tag.local_name();
                if local.as_ref() == "manifest"
                    && matches!(ns, ResolveResult::Bound(ns) if ns.as_ref().starts_with("http://c2pa.org/manifest"))
                {
                    c2pa.get_or_insert(reader.buffer_position());
                }
                rdf |= local.as_ref() == "RDF";
            }
            Ok((_, Event::End(tag))) => ended = tag.local_name().as_ref() == "svg",
            Ok((_, Event::Eof)) => break,
            Ok(_) => {}
            Err(error) => {
                let at = reader.error_position();
                found.problem("svg", format!("broke at offset {at}: {error}"));
                ended = true;
                break;
            }
        }
    }
    if !ended && reader.buffer_position() > 0 && !data.ends_with(b"/>") {
        found.problem("svg", format!("broke at offset {len}: ends inside an element"));
    }
    if let Some(at) = c2pa {
        found.add(
            format!("SVG metadata/c2pa:manifest @ offset {at}"),
            Content::C2pa(Store::InPlace),
        );
    }
    if rdf {
        found.add("SVG metadata RDF", Content::Xmp(data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
