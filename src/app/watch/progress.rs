//! How far the first scan is. What is read after it is told as it is recorded, and no progress.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::problem::{Problem, Reporter};

/// Counts what there is to read and what was, until the first scan is over: who reads may be left behind,
/// and holds nobody's terminal. Problems are events of the watch, and not handed on.
#[derive(Debug, Default)]
pub(super) struct FirstScan {
    expected: [AtomicU64; 2],
    advanced: [AtomicU64; 2],
    is_over: AtomicBool,
}

impl FirstScan {
    /// Hands on what was counted since the last time.
    pub(super) fn hand_on(&self, reporter: &dyn Reporter) {
        if self.is_over.load(Ordering::Relaxed) {
            return;
        }
        let take =
            |counts: &[AtomicU64; 2]| counts.each_ref().map(|one| one.swap(0, Ordering::Relaxed));
        let ([files, bytes], [done, read]) = (take(&self.expected), take(&self.advanced));
        if files + bytes > 0 {
            reporter.expect(files, bytes);
        }
        if done + read > 0 {
            reporter.advance(done, read);
        }
    }

    pub(super) fn end(&self, reporter: &dyn Reporter) {
        self.hand_on(reporter);
        if !self.is_over.swap(true, Ordering::Relaxed) {
            reporter.done();
        }
    }
}

fn count([files, bytes]: &[AtomicU64; 2], more_files: u64, more_bytes: u64) {
    files.fetch_add(more_files, Ordering::Relaxed);
    bytes.fetch_add(more_bytes, Ordering::Relaxed);
}

impl Reporter for FirstScan {
    fn problem(&self, _: &Problem) {}

    fn expect(&self, files: u64, bytes: u64) {
        count(&self.expected, files, bytes);
    }

    fn advance(&self, files: u64, bytes: u64) {
        count(&self.advanced, files, bytes);
    }
}
