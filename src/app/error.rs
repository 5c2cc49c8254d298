//! Why a use case could not answer. Each kind is one exit code; `cli` prints them in one place.

use std::io;
use std::path::{Path, PathBuf};

use crate::attest::{SignError, SignersError};
use crate::config::ConfigError;
use crate::deliver::manifest::ManifestError;
use crate::deliver::package::PackageError;
use crate::deliver::staging::StagingError;
use crate::deliver::timeline::TimelineError;
use crate::ledger::LedgerError;
use crate::observe::mount::MountError;
use crate::policy::{PolicyError, PolicyProblem};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// What was asked for does not make sense.
    #[error("{message}")]
    Usage {
        /// What does not.
        message: String,
        /// What would.
        hint: Option<String>,
    },
    /// No project here or above.
    #[error(
        "there is no project in {}{}",
        from.display(),
        if *exactly { "" } else { " or any folder above it" }
    )]
    NoProject {
        /// Where the search began.
        from: PathBuf,
        /// Whether only that folder was meant, and none above it.
        exactly: bool,
    },
    /// The settings cannot be used.
    #[error("the project's settings cannot be used")]
    Config(#[source] ConfigError),
    /// There is no policy to judge by.
    #[error("there is no policy at {}", path.display())]
    PolicyMissing {
        /// Where it belongs.
        path: PathBuf,
    },
    /// A folder, or whatever else is no file, lies where policy or approvers belong.
    #[error("{} is no file, and nothing passes without what it should say", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
    },
    /// The system does not let policy or approvers be read.
    #[error("cannot read {}, and nothing passes without what it says", path.display())]
    WordUnreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The policy cannot be used.
    #[error("the policy {} cannot be used", path.display())]
    PolicyInvalid {
        /// The file.
        path: PathBuf,
        /// Every problem.
        source: PolicyError,
    },
    /// The list of approvers cannot be used.
    #[error("the list of approvers {} cannot be used", path.display())]
    ApproversInvalid {
        /// The file.
        path: PathBuf,
        /// Every problem.
        source: SignersError,
    },
    /// Nothing was signed.
    #[error("nothing was signed, and nothing recorded")]
    Sign(#[from] SignError),
    /// A file of cases for a policy cannot be used.
    #[error("the cases {} cannot be used", path.display())]
    CasesInvalid {
        /// The file.
        path: PathBuf,
        /// Every problem.
        source: PolicyError,
    },
    /// A timeline cannot be read.
    #[error("cannot read the timeline {}, and nothing was added", path.display())]
    Timeline {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: TimelineError,
    },
    /// A folder is no package, or one whose lists cannot be read.
    #[error("cannot read the package {}, and nothing was added", path.display())]
    Package {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        source: PackageError,
    },
    /// A copy on the device is not what was written.
    #[error("{} does not read back as what was written", path.display())]
    Unfaithful {
        /// The copy.
        path: PathBuf,
    },
    /// A delivery that is there already is not the one that was certified.
    #[error("{}: {problem}", path.display())]
    NotAsDelivered {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A delivery cannot be put together.
    #[error("nothing was delivered")]
    Staging(#[source] StagingError),
    /// The manifest of a delivery cannot be written.
    #[error("the manifest cannot be written, and nothing was delivered")]
    Manifest(#[source] ManifestError),
    /// A file that is to be declared from is no declaration.
    #[error("cannot use {} as a declaration", path.display())]
    DeclarationInvalid {
        /// The file.
        path: PathBuf,
        /// Every problem.
        problems: Vec<PolicyProblem>,
    },
    /// The ledger cannot.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger would lie on a network mount, where SQLite's log is not safe.
    #[error("{} is on a network mount ({kind}), where a ledger is not safe", path.display())]
    NetworkMount {
        /// The folder.
        path: PathBuf,
        /// Which kind of mount.
        kind: String,
    },
    /// Another watch has this ledger.
    #[error("the ledger {} is watched already: {by}", ledger.display())]
    Watched {
        /// The ledger.
        ledger: PathBuf,
        /// Who watches it.
        by: String,
    },
    /// What kind of file system a folder lies on could not be told.
    #[error("cannot tell where the ledger would lie")]
    Mount(#[source] MountError),
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
    /// Stopped by the user.
    #[error("interrupted; what was recorded stays, and the next run goes on from there")]
    Interrupted,
    /// A thread of ours died: a defect.
    #[error("internal error: {0}")]
    Internal(String),
}

impl AppError {
    /// A question that does not make sense, and what would.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

impl From<ConfigError> for AppError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
