//! What was seen on disk: the bulk of the journal.

use serde::{Deserialize, Serialize};

use crate::model::asset_path::{deserialize_bytes, serialize_bytes};
use crate::model::{AssetId, Evidence, Examination, Identity, RelPath, RootName, Timestamp, Value};

/// What the system says of a file without opening it. Equal fingerprints spare a re-read, unless the
/// sighting was racy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Bytes.
    pub size: u64,
    /// Last change of content, nanoseconds since the epoch; anybody can set it.
    pub mtime: i64,
    /// Last change of the inode, nanoseconds since the epoch; nobody can set it.
    pub ctime: i64,
    /// Device, or a stable file-system id on a network mount.
    pub device: u64,
    /// Inode.
    pub inode: u64,
}

/// How a sighting came to its asset id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sighting {
    /// The bytes were read when the file's times could show the next write. A later scan may trust the
    /// fingerprint.
    #[serde(rename = "read")]
    Read,
    /// The bytes were read when they could not (a clock that is ahead, a coarse file system): a write in
    /// the same tick could hide, so every scan reads it again.
    #[serde(rename = "racy")]
    Racy,
    /// Same device, inode, size and mtime as a file that is gone: taken for a rename without
    /// reading. A gate reads it before it passes.
    #[serde(rename = "carried")]
    Carried,
}

/// One file as it was seen. In the journal it is an array in the order of these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Last segment of its path.
    pub name: Box<[u8]>,
    /// Its content.
    pub asset: AssetId,
    /// What the system said of it before and after it was read.
    pub fingerprint: Fingerprint,
    /// How the content is known.
    pub sighting: Sighting,
    /// What it is by its bytes, e.g. `image/png`.
    pub media_type: String,
}

/// A symbolic link: recorded, never followed out of the roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLink {
    /// Last segment of its path.
    pub name: Box<[u8]>,
    /// Where it points, raw.
    pub target: Box<[u8]>,
}

/// What changed in one directory since it was last observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryObserved {
    /// The directory, below the root.
    pub directory: RelPath,
    /// Files that are new or have new content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Found>,
    /// Links that are new or point elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<FoundLink>,
    /// Names of files and links that were here and are not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Name>,
}

/// One segment of a path, raw.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub Box<[u8]>);

/// A batch of observations in one root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedBatch {
    /// The root all of it lies in.
    pub root: RootName,
    /// Version of the detector set that examined what was read here.
    pub detectors: u32,
    /// Whether pixels were decoded too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deep: bool,
    /// Directory by directory, in the order they were observed.
    pub directories: Vec<DirectoryObserved>,
    /// What examining found, for contents that gave anything to record. A content first seen in
    /// this batch and not listed here was examined and showed nothing. Takes the place of what an
    /// earlier examination of the content found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examined: Vec<(AssetId, Examination)>,
    /// Evidence that does not come from examining the bytes in the usual way: from a sidecar, a
    /// name, a path rule, or from pixels. Stays with the content whatever later batches say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<(AssetId, Vec<Evidence>)>,
    /// What sidecars name the content beside them, and what that was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<NamedBeside>,
    /// Long values that evidence here points to and that no earlier batch holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

/// The names that a sidecar has for the content beside it. They stay with that content, and are none of the
/// sidecar's own any more: it is not what others were made from. In the journal an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedBeside(
    /// The content that is named.
    pub AssetId,
    /// The sidecar's content.
    pub AssetId,
    /// The names.
    pub Identity,
);

/// What [`Found::media_type`] says of sidecars. Recorded when they were first read: detectors before version 4
/// called those in wide characters a text, or did not know them.
pub const SIDECARS: [&str; 5] = [
    "application/rdf+xml",
    "application/json",
    "application/c2pa",
    "text/plain",
    "application/octet-stream",
];

/// A scan that reached its end. An unchanged re-scan journals this and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanCompleted {
    /// Which root.
    pub root: RootName,
    /// Which part of it was covered; the root itself for all of it.
    pub directory: RelPath,
    /// When the walk began: what is newer may have been missed.
    pub started: Timestamp,
    /// Files present in that part when it ended.
    pub files: u64,
    /// Files whose bytes were read.
    pub hashed_files: u64,
    /// Problems met.
    pub problems: u64,
}

type FoundRow<'a> = (RawName<'a>, AssetId, u64, i64, i64, u64, u64, Sighting, &'a str);
type OwnedFoundRow = (OwnedName, AssetId, u64, i64, i64, u64, u64, Sighting, String);

struct RawName<'a>(&'a [u8]);
struct OwnedName(Box<[u8]>);

impl Serialize for RawName<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_bytes(self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for OwnedName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_bytes(deserializer).map(|bytes| Self(bytes.into_boxed_slice()))
    }
}

impl Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_bytes(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        OwnedName::deserialize(deserializer).map(|name| Self(name.0))
    }
}

impl Serialize for Found {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let print = self.fingerprint;
        let row: FoundRow<'_> = (
            RawName(&self.name),
            self.asset,
            print.size,
            print.mtime,
            print.ctime,
            print.device,
            print.inode,
            self.sighting,
            &self.media_type,
        );
        row.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Found {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, asset, size, mtime, ctime, device, inode, sighting, media_type) =
            OwnedFoundRow::deserialize(deserializer)?;
        let fingerprint = Fingerprint { size, mtime, ctime, device, inode };
        Ok(Self { name: name.0, asset, fingerprint, sighting, media_type })
    }
}

impl Serialize for FoundLink {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (RawName(&self.name), RawName(&self.target)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FoundLink {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, target) = <(OwnedName, OwnedName)>::deserialize(deserializer)?;
        Ok(Self { name: name.0, target: target.0 })
    }
}
