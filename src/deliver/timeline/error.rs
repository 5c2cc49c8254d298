//! Why a timeline could not be read. A reader that returns an error has said nothing about what the
//! deliverable is made of, and the caller must not add it.

use std::io;
use std::path::PathBuf;

use crate::deliver::timeline::format::Format;

/// Why a timeline could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The path could not be looked at.
    #[error("cannot look at {}", path.display())]
    Unreachable {
        /// The path as it was given.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A folder that is no bundle.
    #[error("{} is a folder without a timeline in it", path.display())]
    NoTimeline {
        /// The folder.
        path: PathBuf,
    },
    /// Neither content nor extension say a format that is known.
    #[error("{} is not a timeline of a known format", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// The file breaks the rules of its format.
    #[error("the {} timeline breaks at {place}: {problem}", format.as_str())]
    Malformed {
        /// The format it was read as.
        format: Format,
        /// Where in the file: a line, an offset, an element.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// The file holds more than is read of any timeline.
    #[error("the {} timeline holds more than {limit} {what}", format.as_str())]
    TooLarge {
        /// The format it was read as.
        format: Format,
        /// What there is too much of.
        what: &'static str,
        /// How much of it is read.
        limit: usize,
    },
}

impl TimelineError {
    /// The file breaks the rules of its format, at this place.
    pub(super) fn malformed(
        format: Format,
        place: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self::Malformed { format, place: place.into(), problem: problem.into() }
    }
}
