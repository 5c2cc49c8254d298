//! The ways a ledger can refuse.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::{AssetPath, Head, Seq};

/// Why the ledger could not do it. None of these changes the file.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// No file there.
    #[error("there is no ledger at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Written by a newer program.
    #[error("the ledger {} has format {found}; this program knows up to {known}", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// Some other program's file, or no database at all.
    #[error("{} is not a genlock ledger", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// SQLite says the file is damaged.
    #[error("the ledger {} is damaged", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Another process kept the write lock for too long.
    #[error("the ledger {} is busy", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// No room to write.
    #[error("no space left to write to the ledger {}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// An event does not follow from the one before it.
    #[error("the journal is broken at event {seq}: {why}")]
    Broken {
        /// The event.
        seq: Seq,
        /// What does not fit.
        why: String,
    },
    /// A table says something else of a path than the journal.
    #[error("the ledger's tables say of {path} what its journal does not")]
    Unlike {
        /// The path.
        path: AssetPath,
    },
    /// An event of a kind this program does not know.
    #[error("event {seq} is of the unknown kind {kind:?}")]
    UnknownKind {
        /// The event.
        seq: Seq,
        /// Its kind.
        kind: String,
    },
    /// The journal grew since the caller looked. Look again and decide anew.
    #[error("the journal moved on to event {}", head.seq)]
    HeadMoved {
        /// Where it is now.
        head: Head,
    },
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An event could not be written as JSON.
    #[error("cannot encode an event")]
    Encode {
        /// Why not.
        source: serde_json::Error,
    },
    /// SQLite failed in some other way.
    #[error("cannot {action} in the ledger")]
    Sql {
        /// What was attempted.
        action: &'static str,
        /// Why not.
        source: rusqlite::Error,
    },
}

impl LedgerError {
    /// Sorts SQLite's answers by what the user can do about them.
    pub(super) fn sql(path: &Path, action: &'static str, source: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        use rusqlite::ErrorCode as Code;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy { path },
            Some(Code::DiskFull) => Self::Full { path },
            Some(Code::NotADatabase) => Self::Foreign { path },
            // Our statements fit our tables, and our events fit what earlier ones built: a table or
            // column that is not there (`Unknown`) or a row in the way is not as we left it.
            Some(Code::DatabaseCorrupt | Code::Unknown | Code::ConstraintViolation) => {
                Self::Corrupt { path, source }
            }
            Some(
                Code::ReadOnly | Code::CannotOpen | Code::PermissionDenied | Code::SystemIoFailure,
            ) => Self::Io { action, path, source: io::Error::other(source) },
            // A column that is not there, and a value of a kind that no column of ours holds.
            None if matches!(
                source,
                E::SqlInputError { .. }
                    | E::FromSqlConversionFailure(..)
                    | E::InvalidColumnType(..)
                    | E::IntegralValueOutOfRange(..)
                    | E::Utf8Error(..)
            ) =>
            {
                Self::Corrupt { path, source }
            }
            _ => Self::Sql { action, source },
        }
    }
}
