//! What container walkers find: blocks, each with its exact place. Walkers yield them, `expand`
//! turns them into named fields, marks judge the fields. Nothing here judges.

use std::ops::Range;

use serde::Deserialize;

use crate::detect::bytes::Broke;
use crate::detect::inflate::INFLATE_CAP;
use crate::model::ContentProblem;

/// All blocks of one asset together may hold this much memory. Reading one of them takes up to twice its size
/// beside that.
pub const BLOCKS_CAP: usize = 24 << 20;

/// No asset needs more blocks than this; beyond it the rest is reported as not examined.
pub const BLOCKS_MAX: usize = 20_000;

/// The longest place that is told. Names in it come from the file, and one may stand in very many places.
const PLACE_CAP: usize = 1024;

/// All compressed blocks of one asset may grow to this much, one after another.
const INFLATED_CAP: u64 = 256 << 20;

/// What kind of carrier a named text came from. Marks match on it, so that a key means what the
/// writers of that carrier mean by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// PNG `tEXt`, `zTXt`, `iTXt`.
    PngText,
    /// EXIF or TIFF tag.
    Exif,
    /// XMP property, key with its usual prefix.
    Xmp,
    /// A property inside another XMP structure, such as the ingredients kept in `xmpMM:Pantry`.
    XmpNested,
    /// IPTC-IIM data set, key `record:dataset`.
    Iim,
    /// `ID3v2` frame; `TXXX` and `COMM` carry their description after a colon.
    Id3,
    /// `QuickTime` or MP4 user data, key as written.
    Mp4,
    /// RIFF `INFO`, `bext` or `iXML`.
    Riff,
    /// Vorbis comment (FLAC, Ogg).
    Vorbis,
    /// Matroska or `WebM` simple tag.
    Matroska,
    /// `OpenEXR` header attribute.
    Exr,
    /// DPX header text, or user data by its identification.
    Dpx,
    /// MXF tagged value or identification.
    Mxf,
    /// H.264 or H.265 user data, key the identifier in hexadecimal.
    Sei,
    /// FLV `onMetaData`.
    Flv,
    /// A JSON document as a whole, without a key.
    Json,
    /// A plain text as a whole, without a key.
    Document,
    /// PDF document information.
    Pdf,
    /// A comment without a key (JPEG `COM`, GIF).
    Comment,
    /// A maker's data after the end of the image.
    Trailer,
}

/// Where a manifest store stands that is a file of its own.
pub const STORE_FILE: &str = "C2PA manifest file";

/// Manifest stores that are read of one file. It may have one; who edits without care leaves the last one beside it.
pub const STORES_MAX: usize = 4;

/// A C2PA manifest store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// Where the C2PA library finds it by itself; these are the bytes, for when it refuses the file around them.
    InPlace(Pieces),
    /// As well, but what stands in the file is another form of it, so here is a copy.
    Unpacked(Vec<u8>),
    /// Taken out here, since the library cannot read this container.
    Extracted(Vec<u8>),
}

/// Where in a file the bytes of a store stand, piece by piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces(Vec<Range<u64>>);

impl Pieces {
    /// A GIF splits most, into pieces of 255 bytes: the largest block that is read has as many.
    const MAX: usize = 70_000;

    /// One piece more. What has more of them than a store can have is larger than is read.
    pub fn push(&mut self, piece: Range<u64>) {
        if self.0.len() <= Self::MAX {
            self.0.push(piece);
        }
    }

    /// All of them, in order; nothing where they are too many.
    pub fn all(&self) -> Option<&[Range<u64>]> {
        (self.0.len() <= Self::MAX).then_some(&self.0)
    }
}

impl From<Range<u64>> for Pieces {
    fn from(piece: Range<u64>) -> Self {
        Self(vec![piece])
    }
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An XMP packet, or a document that holds one.
    Xmp(Vec<u8>),
    /// IPTC-IIM data sets.
    Iim(Vec<u8>),
    /// An EXIF block: a TIFF structure.
    Exif(Vec<u8>),
    /// A named text.
    Text {
        /// What kind of carrier.
        carrier: Carrier,
        /// Its name there, case kept.
        key: String,
        /// The text.
        value: String,
    },
    /// A C2PA manifest store.
    C2pa(Store),
}

impl Content {
    fn size(&self) -> usize {
        match self {
            Self::Xmp(data)
            | Self::Iim(data)
            | Self::Exif(data)
            | Self::C2pa(Store::Unpacked(data) | Store::Extracted(data)) => data.len(),
            Self::Text { key, value, .. } => key.len() + value.len(),
            Self::C2pa(Store::InPlace(pieces)) => size_of_val(pieces.0.as_slice()),
        }
    }
}

/// A block and the exact place it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// E.g. `PNG iTXt XML:com.adobe.xmp @ offset 41`.
    pub place: String,
    /// What it holds.
    pub content: Content,
    /// It speaks of something that was placed in the asset, and not of the asset.
    pub part: bool,
}

/// Collects blocks and problems during a walk, within the bounds.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order they stand in the file.
    pub blocks: Vec<Block>,
    /// What could not be looked at.
    pub problems: Vec<ContentProblem>,
    held: usize,
    full: bool,
    inflated: u64,
}

impl Found {
    /// Adds a block, unless the bounds are reached: then says so once.
    pub fn add(&mut self, place: impl Into<String>, content: Content) {
        let mut place = place.into();
        if place.len() > PLACE_CAP {
            place.truncate(place.floor_char_boundary(PLACE_CAP));
            place.push('…');
        }
        let size = place.len() + content.size();
        if self.blocks.len() >= BLOCKS_MAX || self.held.saturating_add(size) > BLOCKS_CAP {
            if !self.full {
                self.full = true;
                self.problem(
                    "blocks",
                    "holds more metadata than is read, the rest was not examined",
                );
            }
            return;
        }
        self.held += size;
        self.blocks.push(Block { place, content, part: false });
    }

    /// Whether the bounds are reached, so that whatever is read from here on is read for nothing.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Unpacks a compressed block. A file may hold any number of small blocks that each grow to the
    /// limit of one, so all together are bounded too.
    pub fn unpack(
        &mut self,
        data: &[u8],
        with: fn(&[u8]) -> Result<Vec<u8>, String>,
    ) -> Result<Vec<u8>, String> {
        if self.inflated > INFLATED_CAP {
            return Err("is compressed, and more than is read was inflated before it".to_owned());
        }
        let out = with(data);
        self.inflated += out.as_ref().map_or(INFLATE_CAP, |out| out.len() as u64);
        out
    }

    /// Adds a named text.
    pub fn text(
        &mut self,
        place: impl Into<String>,
        carrier: Carrier,
        key: impl Into<String>,
        value: impl Into<String>,
    ) {
        self.add(place, Content::Text { carrier, key: key.into(), value: value.into() });
    }

    /// Records what kept a walker from looking at all of it. A walker says the same thing once.
    pub fn problem(&mut self, detector: &str, problem: impl Into<String>) {
        /// A crafted file must not fill the ledger with problems.
        const PROBLEMS_MAX: usize = 16;
        let problem = ContentProblem { detector: detector.to_owned(), problem: problem.into() };
        if self.problems.len() < PROBLEMS_MAX && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Records that a walker's limit is reached: what is not looked at may hold a mark.
    pub fn more(&mut self, detector: &str, what: &str) {
        self.problem(detector, format!("holds more {what} than are read"));
    }

    /// Records where a walk broke.
    pub fn broke(&mut self, detector: &str, broke: &Broke) {
        self.problem(detector, broke.to_string());
    }
}

#[cfg(test)]
impl Found {
    /// Keys and values of the named texts, for tests.
    pub fn texts(&self) -> Vec<(&str, &str)> {
        let mut texts = Vec::new();
        for block in &self.blocks {
            if let Content::Text { key, value, .. } = &block.content {
                texts.push((key.as_str(), value.as_str()));
            }
        }
        texts
    }
}

/// A named text, for tests of marks.
#[cfg(test)]
pub fn text(carrier: Carrier, key: &str, value: &str) -> Content {
    Content::Text { carrier, key: key.to_owned(), value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_blocks_are_one_problem() {
        let mut found = Found::default();
        for number in 0..BLOCKS_MAX + 10 {
            found.text("x", Carrier::PngText, number.to_string(), "v");
        }
        assert_eq!(found.blocks.len(), BLOCKS_MAX);
        assert_eq!(found.problems.len(), 1);
    }

    #[test]
    fn names_in_places_count_and_are_cut() {
        let mut found = Found::default();
        for _ in 0..BLOCKS_MAX {
            found.text("ü".repeat(40_000), Carrier::Flv, "k", "v");
        }
        assert!(found.blocks[0].place.ends_with('…'));
        let held: usize = found.blocks.iter().map(|block| block.place.len()).sum();
        assert!(held <= BLOCKS_CAP, "{held} bytes of places");
    }
}
