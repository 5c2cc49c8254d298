//! Every directory of a root, one listing at a time, depth first.
//!
//! The scan, the gate and the export begin here. The walk keeps no more than one directory and
//! the stack of those still to do, follows no symbolic link, does cross mounts, and sorts by raw
//! bytes so that two walks of an unchanged tree say the same in the same order. Several threads can
//! share one walk; then only its parts are in order.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::{AssetPath, RelPath, RootName};
use crate::observe::{Filter, Lister, Listing, Onlooker};
use crate::problem::Problem;

/// A walk could not begin, or had to end before its time. Nothing may be called missing then.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// The root is not there, or is not the directory it was when the walk began: a share that
    /// is not mounted, a disk that was pulled.
    #[error("root {} is not there: {path:?}", .root.as_str())]
    RootVanished {
        /// The root's name.
        root: RootName,
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The root is there and cannot be looked into.
    #[error("cannot {action} root {}: {path:?}", .root.as_str())]
    RootUnreadable {
        /// The root's name.
        root: RootName,
        /// Where it is.
        path: PathBuf,
        /// What was tried, to follow "cannot".
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The directory to start in is not there; its root is.
    #[error("there is no folder {path}")]
    StartGone {
        /// The directory.
        path: AssetPath,
    },
    /// What to start in is not a directory, or a link is on the way to it.
    #[error("{path} is not a folder, or is reached through a symbolic link")]
    StartNotDirectory {
        /// The directory.
        path: AssetPath,
    },
    /// The directory to start in is left out by the ignore rules.
    #[error("{path} is left out by the ignore rules")]
    StartIgnored {
        /// The directory.
        path: AssetPath,
    },
    /// The way to the directory to start in could not be looked at.
    #[error("cannot look at {path}")]
    StartUnreadable {
        /// The directory, or one above it.
        path: AssetPath,
        /// Why not.
        source: io::Error,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

/// What to walk.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// Where to begin; the root itself for all of it.
    pub start: RelPath,
    /// What is left out: [`Filter::new`] for a scan, [`Filter::only_own`] for a gate.
    pub filter: Filter,
}

/// Says which directories of a root are walked.
#[derive(Clone, Copy)]
pub struct Enters<'a>(pub &'a (dyn Fn(&RelPath) -> bool + Sync));

impl fmt::Debug for Enters<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Enters")
    }
}

/// The walk of a root. Yields a listing for each directory, parents before what is in them. A
/// directory that could not be listed yields one that is not complete; one that vanished since
/// its parent was listed yields none.
///
/// After an error it yields nothing more. Only a walk that ended without one has seen everything
/// but what incomplete listings and ignored names admit to.
#[derive(Debug)]
pub struct Walk<'a> {
    lister: Lister,
    pending: Arc<Pending>,
    cancel: &'a AtomicBool,
    enters: Enters<'a>,
    ended: bool,
}

impl<'a> Walk<'a> {
    /// Prepares to walk the root at `path`. Setting `cancel` ends it with
    /// [`WalkError::Cancelled`] before the next entry.
    pub fn new(
        root: &RootName,
        path: &Path,
        options: &WalkOptions,
        cancel: &'a AtomicBool,
    ) -> Result<Self, WalkError> {
        let lister = Lister::open(root, path)?;
        check_start(&lister, &options.start)?;
        let mut start_problems = Vec::new();
        let filter = options
            .filter
            .descend(root, path, &options.start, &mut start_problems)
            .ok_or_else(|| WalkError::StartIgnored {
                path: AssetPath::new(root.clone(), options.start.clone()),
            })?;
        let pending = Arc::new(Pending::starting_with(filter, start_problems));
        Ok(Self { lister, pending, cancel, enters: Enters(&|_| true), ended: false })
    }

    /// Shares the walk among threads: every directory is listed by one of the parts, whichever is
    /// free. All of it was walked if no part ended with an error. Where one does, or is dropped
    /// before its end, the others end too, and may do so without an error of their own.
    #[must_use]
    pub fn split(self, parts: usize) -> Vec<Self> {
        let part = |_| Self {
            lister: self.lister.clone(),
            pending: Arc::clone(&self.pending),
            cancel: self.cancel,
            enters: self.enters,
            ended: false,
        };
        let mut shared: Vec<_> = (1..parts).map(part).collect();
        shared.push(self);
        shared
    }

    /// Walks no directory, below the one it starts in, that `enters` says no of: none is listed, and nothing is
    /// said of it but its name.
    #[must_use]
    pub fn entering(mut self, enters: Enters<'a>) -> Self {
        self.enters = enters;
        self
    }

    /// Tells `onlooker` of every listing, before a directory in it is listed.
    #[must_use]
    pub fn with_onlooker(mut self, onlooker: Arc<dyn Onlooker>) -> Self {
        self.lister.set_onlooker(onlooker);
        self
    }

    fn step(&mut self) -> Result<Option<Listing>, WalkError> {
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(WalkError::Cancelled);
            }
            let Some(next) = self.pending.take() else {
                // A root swapped at the last moment must not leave a walk that looks whole.
                self.lister.check_root()?;
                return Ok(None);
            };
            let Some((mut listing, filter)) = self.lister.list(&next.filter, self.cancel)? else {
                next.done(std::iter::empty());
                continue;
            };
            if !next.start_problems.is_empty() {
                listing.problems.splice(0..0, next.start_problems.iter().cloned());
            }
            let below = listing.subdirectories.iter().rev();
            let below = below.map(|name| listing.directory.join(name));
            let below = below.filter(|directory| (self.enters.0)(directory));
            next.done(below.map(|directory| filter.enter(&directory)));
            return Ok(Some(listing));
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Listing, WalkError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step().transpose();
        self.ended = !matches!(step, Some(Ok(_)));
        if matches!(step, Some(Err(_))) {
            self.pending.abandon();
        }
        step
    }
}

impl std::iter::FusedIterator for Walk<'_> {}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.pending.abandon();
        }
    }
}

/// The directories still to be listed, last in, first out: memory then grows with the depth of a tree
/// and not with its size.
#[derive(Debug)]
struct Pending {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    filters: Vec<Filter>,
    /// What was wrong on the way to the start: for the first listing.
    start_problems: Vec<Problem>,
    /// Directories being listed now, from which more may come.
    busy: usize,
    abandoned: bool,
}

impl Pending {
    fn starting_with(filter: Filter, start_problems: Vec<Problem>) -> Self {
        let state = State { filters: vec![filter], start_problems, busy: 0, abandoned: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next directory, waiting where another part may yet find some. None when there are no more.
    fn take(&self) -> Option<Taken<'_>> {
        let mut state = self.lock();
        loop {
            if state.abandoned {
                return None;
            }
            if let Some(filter) = state.filters.pop() {
                state.busy += 1;
                let start_problems = std::mem::take(&mut state.start_problems);
                return Some(Taken { pending: self, filter, start_problems });
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn abandon(&self) {
        self.lock().abandoned = true;
        self.changed.notify_all();
    }
}

/// A directory that is being listed.
struct Taken<'a> {
    pending: &'a Pending,
    filter: Filter,
    start_problems: Vec<Problem>,
}

impl Taken<'_> {
    /// It was listed, and these are to be listed after it.
    fn done(&self, below: impl Iterator<Item = Filter>) {
        self.pending.lock().filters.extend(below);
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.pending.lock().busy -= 1;
        // There may be more to do for those who wait, or nothing more will come.
        self.pending.changed.notify_all();
    }
}

/// Whether each segment of the way is a folder and no link, because the system would follow a link on the way
/// without a word. Where that cannot be asked at once, or is not so, segment by segment.
pub fn check_start(lister: &Lister, start: &RelPath) -> Result<(), WalkError> {
    if start.is_root() || lister.leads_to(start) {
        return Ok(());
    }
    let mut here = RelPath::root();
    for segment in start.as_bytes().split(|byte| *byte == b'/') {
        here = here.join(segment);
        let path = AssetPath::new(lister.root().clone(), here.clone());
        match std::fs::symlink_metadata(lister.path_of(&here)) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(WalkError::StartNotDirectory { path }),
            Err(source) => {
                lister.check_root()?;
                return Err(match source.kind() {
                    io::ErrorKind::NotFound => WalkError::StartGone { path },
                    _ => WalkError::StartUnreadable { path, source },
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
