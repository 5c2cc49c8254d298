//! `watch`: keeps the ledger true while people work.
//!
//! ```text
//! system ─hints─▶ engine ─tasks─▶ worker: list ▶ compare ▶ read ▶ journal
//!                 │  ▲ settle        │
//!                 │  └────reports────┘
//!                 └─▶ what to tell, read from the journal ─▶ output, hooks
//! ```
//!
//! Hints only say where to look. What is recorded comes from listing and reading, by the scan's own
//! code. Whenever hints may have been lost, everything is looked at again, and said so. See
//! `docs/watch.md`.

mod aside;
mod engine;
mod glance;
mod guard;
mod hook;
mod lock;
mod look;
mod news;
mod place;
mod porch;
mod progress;
mod setup;
mod tell;
mod tree;
mod worker;

pub use news::{News, news};

use std::path::PathBuf;
use std::time::Duration;

use crate::app::scan::veil::Veil;
use crate::app::watch::engine::{Ended, session};
use crate::app::watch::progress::FirstScan;
use crate::app::watch::setup::Setup;
use crate::app::watch::tell::Teller;
use crate::app::{AppError, Context, Project};
use crate::report::WatchEvent;

/// How to watch.
#[derive(Clone, Debug, Default)]
pub struct WatchOptions {
    /// A folder in one of the roots; all roots without one.
    pub directory: Option<PathBuf>,
    /// Never by the system's events.
    pub poll: bool,
    /// How long a file nobody closed must be unchanged; else as the settings say.
    pub settle: Option<Duration>,
    /// One pass, and then end.
    pub once: bool,
    /// Hints kept at a time.
    pub queue: Option<usize>,
    /// Watches to take from the system, at most.
    pub watches: Option<usize>,
}

/// What a watch saw until it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchOutcome {
    /// Files in guarded folders that should not be there.
    pub guarded: usize,
    /// Problems met.
    pub problems: u64,
}

/// Watches until the user stops it, or with `once` until everything was looked at.
pub fn watch(
    project: &Project,
    context: &Context<'_>,
    options: &WatchOptions,
    tell: &mut dyn FnMut(&[WatchEvent]),
) -> Result<WatchOutcome, AppError> {
    let mut setup = Setup::load(&project.dir, context, options, None)?;
    let mut teller = Teller::new(&setup.project)?;
    let progress = FirstScan::new(context.reporter);
    let veil = Veil::default();
    loop {
        veil.look_on(setup.parts.iter().map(|part| part.disk(&part.start)).collect());
        match session(&setup, context, options, &progress, &veil, &mut teller, tell)? {
            Ended::Stopped(outcome) => return Ok(outcome),
            Ended::Again(next) => setup = *next,
            Ended::LedgerBack => setup.renew(context)?,
        }
        teller = teller.go_on(&setup.project)?;
    }
}
