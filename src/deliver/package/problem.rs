//! What is wrong with a package, one thing each.

use std::fmt;

use crate::deliver::package::Algorithm;
use crate::deliver::package::relative_path::shown;

/// Something that keeps a package from being what it says. Paths are relative to its folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackageProblem {
    /// Listed and not there.
    Missing {
        /// Where it should be.
        path: Vec<u8>,
    },
    /// There and not listed.
    Extra {
        /// Where it is.
        path: Vec<u8>,
    },
    /// Not listed, or listed and not there, and a pattern of the manifest says not to mind. Whoever
    /// wrote the manifest chose the pattern, so this is told and not passed over.
    Ignored {
        /// The file.
        path: Vec<u8>,
        /// The pattern, in the manner of `.gitignore`.
        pattern: String,
    },
    /// Its length is not the listed one.
    SizeDiffers {
        /// The file.
        path: Vec<u8>,
        /// Bytes by the list.
        listed: u64,
        /// Bytes there are.
        found: u64,
    },
    /// Its bytes are not the listed ones.
    HashDiffers {
        /// The file.
        path: Vec<u8>,
        /// By which hash.
        algorithm: Algorithm,
        /// The digest of the list.
        listed: String,
        /// The digest of the file.
        found: String,
    },
    /// The names or contents in a folder are not those its directory hash was made of, and no
    /// problem of a file in it says why.
    DirectoryDiffers {
        /// The folder; empty for the package's own.
        path: Vec<u8>,
        /// By which hash.
        algorithm: Algorithm,
        /// `content` or `structure`.
        part: &'static str,
        /// The digest of the manifest.
        listed: String,
        /// The digest of the folder.
        found: String,
    },
    /// Nothing says what its bytes should be.
    NotHashed {
        /// The file.
        path: Vec<u8>,
        /// Why.
        why: String,
    },
    /// An asset is named that this package does not hold, nor one it was joined with. A supplemental
    /// package alone is like that.
    Unresolved {
        /// Its UUID.
        id: String,
        /// The list or composition that names it.
        named_in: Vec<u8>,
    },
    /// A list names a path outside of the package's folder, or one that could be taken for it. It
    /// was not followed.
    OutsideOfPackage {
        /// As the list spells it.
        as_written: String,
        /// The list.
        named_in: Vec<u8>,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A link, device, FIFO or socket, or a folder where a file is listed. Never followed or read.
    NotAFile {
        /// Where.
        path: Vec<u8>,
        /// What it is.
        what: &'static str,
    },
    /// It could not be read, or it is a list and could not be understood.
    Unreadable {
        /// The file.
        path: Vec<u8>,
        /// Why.
        why: String,
    },
    /// The listed name and the name on disk are the same text in two Unicode spellings. The bytes
    /// were checked all the same.
    NameDiffers {
        /// As listed.
        path: Vec<u8>,
        /// As it is on disk.
        found: Vec<u8>,
    },
    /// It is listed on another volume than this one.
    OtherVolume {
        /// The file.
        path: Vec<u8>,
        /// The volume.
        volume: u64,
    },
    /// A list of a known kind in an edition not known here. It was read as the editions known.
    UnknownNamespace {
        /// The list.
        path: Vec<u8>,
        /// Its namespace.
        namespace: String,
    },
    /// Two statements of the package do not go together.
    Contradiction {
        /// The list or file.
        path: Vec<u8>,
        /// What does not.
        why: String,
    },
}

impl PackageProblem {
    /// The file or folder it is about; `None` when it is about none in the package.
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Self::Missing { path }
            | Self::Extra { path }
            | Self::Ignored { path, .. }
            | Self::SizeDiffers { path, .. }
            | Self::HashDiffers { path, .. }
            | Self::DirectoryDiffers { path, .. }
            | Self::NotHashed { path, .. }
            | Self::NotAFile { path, .. }
            | Self::Unreadable { path, .. }
            | Self::NameDiffers { path, .. }
            | Self::OtherVolume { path, .. }
            | Self::UnknownNamespace { path, .. }
            | Self::Contradiction { path, .. } => Some(path),
            Self::Unresolved { .. } | Self::OutsideOfPackage { .. } => None,
        }
    }
}

impl fmt::Display for PackageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "{} is listed and not there", shown(path)),
            Self::Extra { path } => write!(f, "{} is there and not listed", shown(path)),
            Self::Ignored { path, pattern } => {
                let pattern = shown(pattern.as_bytes());
                write!(f, "{} is left out by the manifest's pattern {pattern}", shown(path))
            }
            Self::SizeDiffers { path, listed, found } => {
                write!(f, "{} has {found} bytes, listed are {listed}", shown(path))
            }
            Self::HashDiffers { path, algorithm, listed, found } => {
                let name = algorithm.as_str();
                write!(f, "{} has the {name} {found}, listed is {listed}", shown(path))
            }
            Self::DirectoryDiffers { path, algorithm, part, listed, found } => {
                let name = algorithm.as_str();
                let path = if path.is_empty() { ".".to_owned() } else { shown(path) };
                write!(f, "folder {path} has the {part} {name} {found}, listed is {listed}")
            }
            Self::NotHashed { path, why } => write!(f, "{} has no usable hash: {why}", shown(path)),
            Self::Unresolved { id, named_in } => {
                let (id, named_in) = (shown(id.as_bytes()), shown(named_in));
                write!(
                    f,
                    "asset {id}, named in {named_in}, is in no package of the deliverable: if this one \
                     is supplemental, add the package of the original version too, with --package"
                )
            }
            Self::OutsideOfPackage { as_written, named_in, why } => {
                let (path, named_in) = (shown(as_written.as_bytes()), shown(named_in));
                write!(f, "path \"{path}\", named in {named_in}, {why}")
            }
            Self::NotAFile { path, what } => write!(f, "{} is {what}", shown(path)),
            Self::Unreadable { path, why } => {
                write!(f, "{} cannot be read: {}", shown(path), shown(why.as_bytes()))
            }
            Self::NameDiffers { path, found } => {
                let (path, found) = (shown(path), shown(found));
                write!(f, "{path} is spelled with other Unicode characters on disk: {found}")
            }
            Self::OtherVolume { path, volume } => {
                write!(f, "{} is listed on volume {volume}, which is not this one", shown(path))
            }
            Self::UnknownNamespace { path, namespace } => {
                let namespace = shown(namespace.as_bytes());
                write!(f, "{} is in the unknown namespace {namespace}", shown(path))
            }
            Self::Contradiction { path, why } => {
                write!(f, "{} contradicts itself: {}", shown(path), shown(why.as_bytes()))
            }
        }
    }
}
