//! Every directory of a root, one listing at a time, depth first.
//!
//! The scan, the gate and the export begin here. The walk keeps no more than one directory and
//! the stack of those still to do, follows no symbolic link, does cross mounts, and sorts by raw
//! bytes so that two walks of an unchanged tree say the same in the same order.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// The walk of a root. Yields a listing for each directory, parents before what is in them. A
/// directory that could not be listed yields one that is not complete; one that vanished since
/// its parent was listed yields none.
///
/// After an error it yields nothing more. Only a walk that ended without one has seen everything
/// but what incomplete listings and ignored names admit to.
#[derive(Debug)]
pub struct Walk<'a> {
    lister: Lister,
    pending: Vec<Filter>,
    start_problems: Vec<Problem>,
    cancel: &'a AtomicBool,
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
        Ok(Self { lister, pending: vec![filter], start_problems, cancel, ended: false })
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
            let Some(next) = self.pending.pop() else {
                // A root swapped at the last moment must not leave a walk that looks whole.
                self.lister.check_root()?;
                return Ok(None);
            };
            let Some((mut listing, filter)) = self.lister.list(&next, self.cancel)? else {
                continue;
            };
            let below = listing.subdirectories.iter().rev();
            self.pending.extend(below.map(|name| filter.enter(&listing.directory.join(name))));
            if !self.start_problems.is_empty() {
                listing.problems.splice(0..0, self.start_problems.drain(..));
            }
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
        step
    }
}

impl std::iter::FusedIterator for Walk<'_> {}

/// Whether the way to a directory is of directories only and the directory there.
///
/// Segment by segment, because the system would follow a link on the way without a word.
pub fn check_start(lister: &Lister, start: &RelPath) -> Result<(), WalkError> {
    if start.is_root() {
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
