//! Problems: what could not be looked at. Never mixed with findings, which say what a policy
//! refuses.

use std::fmt;

/// Something that could not be examined, on one line of its own. Work goes on past it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where: an asset path as it is shown, or a folder.
    pub path: String,
    /// What went wrong, lower case, without a final period.
    pub problem: String,
}

impl Problem {
    /// Puts the two together.
    pub fn new(path: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self { path: path.to_string(), problem: problem.to_string() }
    }
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
