//! What a package lists: files, folders, and patterns of what it leaves out.

use crate::deliver::package::Digest;
use crate::model::words;

words! {
    /// What a listed file is to its package, in the words that people are told.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum Role {
        /// Says where each asset lies (ST 429-9).
        AssetMap = "asset map",
        /// Says which volume this is (ST 429-9).
        VolumeIndex = "volume index",
        /// Says what the bytes of each asset are (ST 429-8, ST 2067-2).
        PackingList = "packing list",
        /// Says what plays when (ST 429-7, ST 2067-3).
        CompositionPlaylist = "composition playlist",
        /// Says how a composition is turned into other forms (ST 2067-100).
        OutputProfileList = "output profile list",
        /// Subtitles or captions in XML.
        TimedText = "timed text",
        /// Picture, sound or data that a composition plays.
        TrackFile = "track file",
        /// Chain file of an ASC MHL history.
        Chain = "chain file",
        /// One generation of an ASC MHL history, or a legacy MHL.
        Manifest = "manifest",
        /// A file a manifest lists.
        Media = "media",
    }
}

impl Role {
    /// Whether the format itself leaves a file of this role without a hash. What such a file
    /// says is believed by whoever believes the package.
    pub const fn is_unhashed_by_design(self) -> bool {
        matches!(self, Self::AssetMap | Self::VolumeIndex | Self::PackingList | Self::Chain)
    }
}

/// One file that a package lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Relative to the package's folder, `/` between parts, raw bytes; never absolute, never with
    /// `..`.
    pub path: Vec<u8>,
    /// Files whose bytes follow those of `path`, in order: an asset in several chunks (ST 429-9,
    /// 6.4). Size and digests are of all of them together. Nearly always empty.
    pub further_chunks: Vec<Vec<u8>>,
    /// Bytes, when the list says.
    pub size: Option<u64>,
    /// What its bytes must hash to. Several by one algorithm contradict each other, and the check
    /// will say so.
    pub digests: Vec<Digest>,
    /// UUID, lower case without `urn:uuid:`.
    pub id: Option<String>,
    /// What it is.
    pub role: Role,
}

impl Listed {
    /// A file of which nothing but its path is known.
    pub(super) fn new(path: Vec<u8>, role: Role) -> Self {
        Self { path, further_chunks: Vec::new(), size: None, digests: Vec::new(), id: None, role }
    }

    /// Adds a digest, once.
    pub(super) fn add(&mut self, digest: Digest) {
        /// Digests of one file: seven algorithms, and contradictions.
        const DIGESTS_MAX: usize = 32;
        if !self.digests.contains(&digest) && self.digests.len() < DIGESTS_MAX {
            self.digests.push(digest);
        }
    }
}

/// The hashes of a folder by the last generation of an ASC MHL history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFolder {
    /// Relative to the package's folder; empty for itself.
    pub path: Vec<u8>,
    /// The folder of the history that says so: its patterns hold for what is counted.
    pub history: Vec<u8>,
    /// Hash of the hashes of all that is in it.
    pub content: Digest,
    /// The same with the names.
    pub structure: Option<Digest>,
}

/// Patterns of what a history leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredPatterns {
    /// The folder of the history; patterns hold below it and are relative to it.
    pub history: Vec<u8>,
    /// In the manner of `.gitignore`.
    pub patterns: Vec<String>,
}
