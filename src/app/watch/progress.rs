//! How far the first scan is. What is read after it is told as it is recorded, and no progress.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::problem::{Problem, Reporter};

/// Hands on how much there is to read and how much was, until the first scan is over. Problems are events
/// of the watch, and not handed on.
pub(super) struct FirstScan<'a> {
    reporter: &'a dyn Reporter,
    is_over: AtomicBool,
}

impl<'a> FirstScan<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter) -> Self {
        Self { reporter, is_over: AtomicBool::new(false) }
    }

    pub(super) fn end(&self) {
        if !self.is_over.swap(true, Ordering::Relaxed) {
            self.reporter.done();
        }
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }
}

impl Reporter for FirstScan<'_> {
    fn problem(&self, _: &Problem) {}

    fn expect(&self, files: u64, bytes: u64) {
        if self.goes_on() {
            self.reporter.expect(files, bytes);
        }
    }

    fn advance(&self, files: u64, bytes: u64) {
        if self.goes_on() {
            self.reporter.advance(files, bytes);
        }
    }
}
