//! What every use case is handed: time, listeners, who acts, and a way to stop.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::AppError;
use crate::app::follow::{Follower, Target};
use crate::clock::Clock;
use crate::model::Timestamp;
use crate::problem::Reporter;

/// The surroundings of one command.
pub struct Context<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Who hears of problems and progress.
    pub reporter: &'a dyn Reporter,
    /// Who acts, for the journal.
    pub actor: String,
    /// The folder that relative paths are relative to.
    pub cwd: PathBuf,
    /// Set when the user asks to stop.
    pub cancel: &'a AtomicBool,
    /// Who follows links.
    pub follower: Follower,
}

/// What of them a thread takes along that nobody may be able to wait for.
#[derive(Clone)]
pub(super) struct Lasting {
    /// The time.
    pub(super) clock: &'static dyn Clock,
    actor: String,
    cwd: PathBuf,
}

impl Lasting {
    /// With who hears of it there, and what stops it.
    pub(super) fn context<'a>(
        &self,
        reporter: &'a dyn Reporter,
        cancel: &'a AtomicBool,
    ) -> Context<'a> {
        let Self { clock, actor, cwd } = self.clone();
        Context { clock, reporter, actor, cwd, cancel, follower: Follower::default() }
    }
}

impl Context<'_> {
    /// The same for a thread of its own.
    pub(super) fn lasting(&self, clock: &'static dyn Clock) -> Lasting {
        Lasting { clock, actor: self.actor.clone(), cwd: self.cwd.clone() }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Stops here if the user asked to.
    pub fn check(&self) -> Result<(), AppError> {
        if self.cancel.load(Ordering::Relaxed) { Err(AppError::Interrupted) } else { Ok(()) }
    }

    /// What a link leads to, asked for with a limit.
    pub(super) fn follow(&self, link: &Path) -> io::Result<Target> {
        self.follower.follow(link, self)
    }

    /// The same, stopped by something else.
    pub(super) fn stopped_by<'b>(&'b self, cancel: &'b AtomicBool) -> Context<'b> {
        let Self { clock, reporter, .. } = *self;
        let (actor, cwd) = (self.actor.clone(), self.cwd.clone());
        Context { clock, reporter, actor, cwd, cancel, follower: self.follower.clone() }
    }

    /// A path as the user typed it, made absolute.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.cwd.join(path)
    }
}
