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
mod behind;
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

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::app::watch::behind::Behind;
use crate::app::watch::engine::{Ended, Session};
use crate::app::watch::setup::Setup;
use crate::app::watch::tell::Teller;
use crate::app::{AppError, Context};
use crate::clock::Clock;
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
    /// How long a root may take to answer; else long enough for a share.
    pub answer: Option<Duration>,
}

/// What a watch saw until it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchOutcome {
    /// Files in guarded folders that should not be there.
    pub guarded: usize,
    /// Problems met.
    pub problems: u64,
    /// Whether everything was looked at before it was stopped.
    pub complete: bool,
}

/// Watches the project in `dir` until the user stops it, or with `once` until everything was looked at. The clock is that of
/// threads that a share may keep for as long as the process runs.
pub fn watch(
    dir: &Path,
    context: &Context<'_>,
    clock: &'static dyn Clock,
    options: &WatchOptions,
    tell: &mut dyn FnMut(&[WatchEvent]),
) -> Result<WatchOutcome, AppError> {
    let (mut setup, mut glance) = Setup::load(dir, context, options, None)?;
    let mut teller = Teller::new(&setup.project)?;
    let mut session = Session {
        context,
        lasting: context.lasting(clock),
        options,
        progress: Arc::default(),
        veil: Arc::default(),
        behind: Behind::default(),
        why: None,
        known: BTreeSet::new(),
        problems: 0,
    };
    loop {
        session.veil.look_on(setup.parts.iter().map(|part| part.disk(&part.start)).collect());
        match session.run(&setup, &mut glance, &mut teller, tell)? {
            Ended::Stopped(outcome) => return Ok(outcome),
            Ended::Again(next) => {
                setup = next.0;
                glance = next.1.go_on_from(glance);
            }
            Ended::LedgerBack => setup.renew(context)?,
            Ended::Without(why) => session.why = Some(why),
        }
        teller = teller.go_on(&setup.project)?;
    }
}
