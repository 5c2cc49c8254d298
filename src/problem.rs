//! Problems: what could not be looked at. Never mixed with findings, which say what a policy
//! refuses.

use std::error::Error;
use std::fmt;

use crate::model::AssetPath;

/// Something that could not be examined, on one line of its own. Work goes on past it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where: an asset path as it is shown, or a folder.
    pub path: String,
    /// The bytes of an asset path whose name is not UTF-8, in base64.
    pub path_bytes: Option<String>,
    /// What went wrong, lower case, without a final period.
    pub problem: String,
}

impl Problem {
    /// Of anything that has a name.
    pub fn new(path: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self { path: path.to_string(), path_bytes: None, problem: problem.to_string() }
    }

    /// Of an asset, or a folder of assets.
    pub fn at(path: &AssetPath, problem: impl fmt::Display) -> Self {
        Self { path_bytes: path.base64_when_not_utf8(), ..Self::new(path, problem) }
    }
}

/// An error and everything that caused it, on one line.
pub fn in_one_line(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line = format!("{line}: {cause}");
        next = cause.source();
    }
    line
}

/// Who is told of problems and progress while work goes on. Called from several threads.
pub trait Reporter: Sync {
    /// A problem was met.
    fn problem(&self, problem: &Problem);

    /// Work known so far: files and bytes found that must be read.
    fn expect(&self, files: u64, bytes: u64);

    /// Work done: files and bytes read since the last call.
    fn advance(&self, files: u64, bytes: u64);

    /// All of it is done, and there will be no more.
    fn done(&self) {}

    /// Says something else, where what is shown of progress would be in its way.
    fn beside(&self, say: &mut dyn FnMut()) {
        say();
    }
}

/// Hears everything and says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn problem(&self, _: &Problem) {}
    fn expect(&self, _: u64, _: u64) {}
    fn advance(&self, _: u64, _: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot {what}")]
    struct Outer<E: Error + 'static> {
        what: &'static str,
        source: E,
    }

    #[test]
    fn every_cause_of_an_error_is_on_its_line() {
        let inner = Outer { what: "read", source: io::Error::other("a bad sector") };
        let outer = Outer { what: "copy", source: inner };
        assert_eq!(in_one_line(&outer), "cannot copy: cannot read: a bad sector");
        assert_eq!(in_one_line(&io::Error::other("alone")), "alone");
    }
}
