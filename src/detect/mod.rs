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
pub mod xmp;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod hostile_tests;

pub use bytes::Source;
pub use extension::disagrees;
pub use marks::file_name::name_mark;

use crate::detect::block::Found;
use crate::detect::bytes::Bytes;
use crate::model::Examination;

/// Version of the set of detectors, recorded with every examination.
pub const DETECTORS: u32 = 1;

/// Pieces of evidence kept of one asset, the strongest first when there are more.
const EVIDENCE_MAX: usize = 256;

/// What examination needs to know. Cheap to share between threads by reference.
#[derive(Default)]
pub struct Settings {
    trust_anchors: Option<String>,
    deep: bool,
    #[cfg(feature = "c2pa")]
    context: std::sync::OnceLock<Result<std::sync::Arc<::c2pa::Context>, String>>,
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
}

/// What examining an asset gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What it is, by its bytes.
    pub media_type: &'static str,
    /// Evidence and problems.
    pub examination: Examination,
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
    if settings.deep && media_type == "image/png" {
        container::stealth::look(source, &mut found);
    }
    if found.blocks.is_empty() {
        return Examined {
            media_type,
            examination: Examination { evidence: Vec::new(), problems: found.problems },
        };
    }
    let (fields, stores) = expand::expand(&mut found);
    let mut evidence = Vec::new();
    for look in registry::MARKS {
        look(&fields, &mut evidence);
    }
    if stores.is_empty() {
        marks::remote::look(&fields, &mut evidence);
    }
    marks::c2pa::look(source, media_type, &stores, settings, &mut evidence, &mut found.problems);
    if evidence.len() > EVIDENCE_MAX {
        evidence.sort_by_key(|(_, one)| std::cmp::Reverse(one.strength));
        evidence.truncate(EVIDENCE_MAX);
        found.problem("marks", "carries more marks than are kept");
    }
    // Stable: marks of one block stay in the order of the table.
    evidence.sort_by_key(|(order, _)| *order);
    let mut examination = Examination { evidence: Vec::new(), problems: found.problems };
    for (_, one) in evidence {
        if !examination.evidence.contains(&one) {
            examination.evidence.push(one);
        }
    }
    Examined { media_type, examination }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn settings_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Settings>();
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
