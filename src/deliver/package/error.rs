//! Why a package could not be read or checked at all.

use std::io;
use std::path::PathBuf;

/// Reading or checking stopped. What is wrong with single files is a `PackageProblem` instead.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The folder holds no list of any kind known here.
    #[error(
        "{folder:?} is no package: no ASSETMAP or ASSETMAP.xml (IMF, DCP), no ascmhl folder \
         (ASC MHL) and no *.mhl file (MHL 1.x)"
    )]
    NotAPackage {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("cannot {action} {path:?}")]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// What was tried, to follow "cannot".
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The list everything else hangs on is not one.
    #[error("{path:?} is malformed: {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line where there is one.
        what: String,
    },
    /// More than is read of one package.
    #[error("{path:?} holds more than {limit} {of}")]
    TooMany {
        /// The folder or the list.
        path: PathBuf,
        /// How many are read.
        limit: usize,
        /// Of what, in the plural.
        of: &'static str,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
}
