//! Why a manifest cannot be written.

use crate::deliver::package::relative_path::shown;

/// A manifest that would not say the truth, or that nobody could read, is not written. Paths are
/// shown escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The schema wants at least one file.
    #[error("there is no file to list")]
    Empty,
    /// XML holds text only, and not every character.
    #[error("{what} {text} cannot be written in XML")]
    NotText {
        /// Which text.
        what: &'static str,
        /// The text, escaped.
        text: String,
    },
    /// Absolute, climbing, with back slashes or empty parts, or in the folder of a history.
    #[error("path {path} cannot be listed: it {why}")]
    Path {
        /// The path, escaped.
        path: String,
        /// Why, to follow "it".
        why: &'static str,
    },
    /// Listed twice, or a file and a folder.
    #[error("path {path} is listed twice")]
    Twice {
        /// The path, escaped.
        path: String,
    },
    /// Directory hashes are made of the hashes of all files.
    #[error("no hash algorithm that ASC MHL knows is common to all files; {path} lacks it")]
    NoCommonAlgorithm {
        /// The file at which the last one was lost.
        path: String,
    },
    /// It could be written, and nobody here would read it.
    #[error("it is too much for one manifest, which {why}")]
    TooMuch {
        /// Of what, to follow "it".
        why: String,
    },
    /// The folder's name becomes part of the manifest's name.
    #[error("{name} is no name of a folder")]
    FolderName {
        /// The name, escaped.
        name: String,
    },
}

impl ManifestError {
    /// About a path.
    pub(super) fn path(path: &[u8], why: &'static str) -> Self {
        Self::Path { path: shown(path), why }
    }
}
