//! Detection: what an asset's bytes declare about how it was made.
//!
//! `examine` sniffs the media type, lets the walker of that container collect blocks, splits those
//! into named fields, and lets the marks look at them; a C2PA store is read only when a walker
//! found one. Reports evidence and problems, never a judgement: that is `origin`'s. It never touches
//! a network, never decodes pixels unless asked to, never searches bytes for words, and survives
//! any input: each length, count, depth and allocation is bounded where it is read.

pub mod block;
pub mod bytes;
pub mod container;
pub mod expand;
pub mod extension;
pub mod generators;
pub mod inflate;
pub mod marks;
pub mod registry;
pub mod shape;
pub mod sniff;
pub mod unicode;
pub mod xmp;

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
#[cfg(feature = "c2pa")]
mod mark_fixtures;

pub use bytes::Source;
pub use extension::disagrees;
pub use marks::c2pa::DETECTOR as C2PA;
pub use marks::file_name::name_mark;
pub use registry::{is_deep, outdated};

use crate::detect::block::Found;
use crate::detect::bytes::Bytes;
use crate::detect::marks::Marked;
use crate::model::{Evidence, Examination, Identity};

/// Version of the set of detectors, recorded with every examination: the newest row of `registry`.
pub const DETECTORS: u32 = 7;

/// What examination needs to know. Cheap to share between threads by reference.
#[derive(Default)]
pub struct Settings {
    trust_anchors: Option<String>,
    deep: bool,
    #[cfg(feature = "c2pa")]
    context: std::sync::OnceLock<Result<std::sync::Arc<::c2pa::Context>, String>>,
    #[cfg(feature = "c2pa")]
    large: std::sync::Mutex<()>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("trust_anchors", &self.trust_anchors.as_ref().map(String::len))
            .field("deep", &self.deep)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// With the C2PA trust list in PEM, when one is configured. Without one no signer is trusted.
    pub fn new(trust_anchors: Option<String>) -> Self {
        Self { trust_anchors, ..Self::default() }
    }

    /// Whether to decode pixels too, for texts that generators hide in them. Off by default: it
    /// costs as much as showing the picture.
    #[must_use]
    pub fn deep(mut self, deep: bool) -> Self {
        self.deep = deep;
        self
    }

    /// The library's context, built at first use.
    #[cfg(feature = "c2pa")]
    fn context(&self) -> Result<std::sync::Arc<::c2pa::Context>, String> {
        self.context
            .get_or_init(|| marks::c2pa::read::context(self.trust_anchors.as_deref()))
            .clone()
    }

    /// Held while the library checks a large asset, which takes memory.
    #[cfg(feature = "c2pa")]
    fn large(&self) -> std::sync::MutexGuard<'_, ()> {
        self.large.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What examining an asset gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What it is, by its bytes.
    pub media_type: &'static str,
    /// Evidence and problems.
    pub examination: Examination,
    /// What only a look at the pixels shows (`Settings::deep`). Apart, because a later look that
    /// decodes none says nothing of it.
    pub hidden: Vec<Evidence>,
}

/// Examines an asset of `len` bytes. `head` is its first bytes, as many as are at hand (up to 64 KiB
/// is useful; it may be the whole file): what lies in it is not read again.
pub fn examine(source: &mut dyn Source, len: u64, head: &[u8], settings: &Settings) -> Examined {
    let mut found = Found::default();
    let mut bytes = Bytes::new(source, len, head);
    let media_type = sniff::sniff(&mut bytes);
    if let Some(container) = registry::container(media_type) {
        (container.walk)(&mut bytes, &mut found);
    }
    let (evidence, identity) = judge(source, media_type, settings, &mut found);
    let mut hidden = Vec::new();
    if settings.deep
        && let Some(deep) = registry::deep(media_type)
    {
        (deep.look)(source, &mut found);
        (hidden, _) = judge(source, media_type, settings, &mut found);
    }
    let examination = Examination { evidence, problems: found.problems, identity: identity.kept() };
    Examined { media_type, examination, hidden }
}

/// What a C2PA manifest store that was kept beside an asset says of it, with the trust it earns
/// against the asset's own bytes: where they are not those that were signed, `tampered`. The marks and
/// places are those of the store on its own, in the same order. Source and head as for [`examine`]; the
/// error is why the two could not be held against each other.
pub fn examine_beside(
    store: &[u8],
    source: &mut dyn Source,
    len: u64,
    head: &[u8],
    settings: &Settings,
) -> Result<Vec<Evidence>, String> {
    let media_type = sniff::sniff(&mut Bytes::new(source, len, head));
    marks::c2pa::beside(source, media_type, store, settings)
}

/// What the marks say of the blocks found so far, which are used up; and what names stand in them.
fn judge(
    source: &mut dyn Source,
    media_type: &str,
    settings: &Settings,
    found: &mut Found,
) -> (Vec<Evidence>, Identity) {
    if found.blocks.is_empty() {
        return Default::default();
    }
    let (fields, stores) = expand::expand(found);
    let parts = fields.iter().filter(|field| field.part).map(|field| field.order);
    let mut marked = Marked::with_parts(parts.collect());
    for mark in registry::MARKS.iter().filter(|mark| mark.beside_store || stores.is_empty()) {
        (mark.look)(&fields, &mut marked);
    }
    marks::c2pa::look(source, media_type, &stores, settings, &mut marked, found);
    let (identity, more_sources) = marked.take_identity();
    let (evidence, more) = marked.finish();
    if more {
        found.problem("marks", "carries more marks than are kept");
    }
    if more_sources {
        found.problem("lineage", "names more that it was made from than is kept");
    }
    (evidence, identity)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::model::{Relation, SourceType};

    #[test]
    fn settings_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Settings>();
    }

    #[test]
    fn a_document_with_a_generated_picture_in_it_is_so_in_part() {
        let packet = |name: &str, more: &str| {
            format!(
                "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
                 xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' \
                 xmlns:m='http://ns.adobe.com/xap/1.0/mm/'>\
                 <r:Description m:InstanceID='xmp.iid:{name}' {more}/></r:RDF>"
            )
        };
        let whole = packet("of-picture", "e:DigitalSourceType='trainedAlgorithmicMedia'");
        let plain = packet("of-document", "");
        let file = |owner: &str, text: &str| {
            let stream = |object: u64, names: &str, body: &str| {
                let length = body.len();
                format!(
                    "{object} 0 obj <<{names}/Length {length}>>stream\n{body}\nendstream endobj\n"
                )
            };
            let streams = [
                stream(4, "/Type/Metadata/Subtype/XML", &whole),
                stream(5, "/Type/Metadata/Subtype/XML", &plain),
                stream(3, &format!("/Subtype/Image/Metadata {owner} 0 R"), "-"),
            ];
            let document = if owner == "4" { "5" } else { "4" };
            let catalog = format!("1 0 obj <</Type/Catalog/Metadata {document} 0 R>> endobj\n");
            format!("%PDF-1.7\n2 0 obj <</Type/Page>> endobj\n{text}{catalog}{}", streams.concat())
        };
        let look = |file: &str| {
            let data = file.as_bytes();
            let length = data.len() as u64;
            examine(&mut Cursor::new(data), length, data, &Settings::default()).examination
        };
        let font = "7 0 obj <</Type/Font>> endobj\n";
        let placed = look(&file("4", font));
        assert_eq!(placed.problems, []);
        assert_eq!(placed.evidence[0].source_type, Some(SourceType::CompositeSynthetic));
        assert!(placed.evidence[0].mark.starts_with("of an element in it: DigitalSourceType"));
        let identity = placed.identity.unwrap();
        assert_eq!(identity.own[0].1, "xmp.iid:of-document");
        assert_eq!(identity.from[0].names[0].1, "xmp.iid:of-picture");
        assert_eq!(identity.from[0].relation, Relation::Composite);
        // Of all of it: the catalog says so, or the picture is all there is.
        for file in [file("5", font), file("4", "")] {
            let whole = look(&file).evidence;
            assert_eq!(whole[0].source_type, Some(SourceType::TrainedAlgorithmicMedia));
        }
    }

    #[test]
    fn an_empty_file_and_an_unknown_one_are_recorded_normally() {
        let settings = Settings::default();
        let look =
            |data: &[u8]| examine(&mut Cursor::new(data), data.len() as u64, data, &settings);
        assert_eq!(look(b"").media_type, sniff::EMPTY);
        assert!(look(b"").examination.is_empty());
        assert_eq!(look(b"\0\x01\x02").media_type, sniff::UNKNOWN);
        assert!(look(b"\0\x01\x02").examination.is_empty());
    }
}
