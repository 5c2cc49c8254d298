//! What the system says of changes, as they happen. The only file that names notify (`docs/adr/0008`).
//!
//! It gives hints and never truth: a name in a folder to look at. One folder at a time is watched,
//! never what is below it, so that folders that are left out cost nothing and each is watched before
//! it is listed. Its callback must never wait: it puts a hint into a channel, and where there is no
//! room, or the system says that it lost some, it says so in [`Lost`].
//!
//! Opening and reading are not asked for: our own reading would fill the queue.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{
    Config, ErrorKind, Event, EventKind, EventKindMask, PathOp, RecommendedWatcher, RecursiveMode,
    WatchPathConfig, Watcher as _,
};

/// Something happened at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A file was closed by who wrote it.
    Closed(PathBuf),
    /// Something was written there, or its attributes changed.
    Touched(PathBuf),
    /// Something appeared there.
    Created(PathBuf),
    /// A name came or went: what lay there is not what was known there.
    Named(PathBuf),
    /// The first path goes by the second now.
    Renamed(PathBuf, PathBuf),
    /// Look at [`Lost`].
    Lost,
}

impl Hint {
    /// The path it is about, the present one of two.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Closed(path)
            | Self::Touched(path)
            | Self::Created(path)
            | Self::Named(path)
            | Self::Renamed(_, path) => Some(path),
            Self::Lost => None,
        }
    }
}

/// Says that hints were lost, and why.
#[derive(Debug, Default)]
pub struct Lost {
    any: AtomicBool,
    why: Mutex<Option<String>>,
}

impl Lost {
    fn because(&self, why: impl FnOnce() -> String) {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(why);
        self.any.store(true, Ordering::Release);
    }

    /// Why hints were lost since this was last asked.
    pub fn take(&self) -> Option<String> {
        if !self.any.swap(false, Ordering::AcqRel) {
            return None;
        }
        self.why.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Why a folder is not watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not there any more.
    Gone,
    /// The system has no more watches to give.
    Exhausted,
    /// Something else.
    Failed(String),
}

/// Folders handed down at a time: so few that no event is heeded between them and those above them.
const BATCH: usize = 500;

/// Watches folders, one by one.
#[derive(Debug)]
pub struct Watcher {
    inner: RecommendedWatcher,
    roots: BTreeSet<PathBuf>,
}

impl Watcher {
    /// Starts to listen. The error is why the system would not. Of the folders to come, only `roots` may be links:
    /// a watch on the link itself would hear nothing of the folder that it leads to.
    pub fn new(
        hints: Sender<Hint>,
        lost: Arc<Lost>,
        roots: BTreeSet<PathBuf>,
    ) -> Result<Self, String> {
        // No OPEN and no CLOSE without writing.
        let kinds = EventKindMask::CORE | EventKindMask::ACCESS_CLOSE;
        let config = Config::default().with_event_kinds(kinds).with_follow_symlinks(false);
        let tell = move |event: notify::Result<Event>| take(event, &hints, &lost);
        let inner = RecommendedWatcher::new(tell, config).map_err(|error| error.to_string())?;
        Ok(Self { inner, roots })
    }

    /// Watches folders, in this order. Gives those that are not watched now.
    ///
    /// `above` are the watched folders that these lie in, the outermost first. The watch below takes
    /// a path that it has for one that is watched, and lets go of a path that went away only with what
    /// it knows above it. So none may be known to it without those: what moved away with one of them
    /// would be taken for what lies there now.
    pub fn watch(&mut self, above: &[PathBuf], folders: Vec<PathBuf>) -> Vec<(PathBuf, Refused)> {
        let mut refused = Vec::new();
        let mut folders = folders.into_iter().peekable();
        while folders.peek().is_some() {
            let mut some: Vec<_> = folders.by_ref().take(BATCH).collect();
            while !some.is_empty() {
                some = self.add(above, some, &mut refused);
            }
        }
        refused
    }

    /// Hands down folders with those above them, all at once or not at all: between two calls, events
    /// are heeded. Gives those behind one that was refused, to be handed down anew.
    fn add(
        &mut self,
        above: &[PathBuf],
        folders: Vec<PathBuf>,
        refused: &mut Vec<(PathBuf, Refused)>,
    ) -> Vec<PathBuf> {
        let watch = |folder: &PathBuf| {
            let plain = WatchPathConfig::new(RecursiveMode::NonRecursive);
            let follow = self.roots.contains(folder);
            PathOp::Watch(folder.clone(), plain.with_dereference_symlinks(follow))
        };
        let ops = above.iter().chain(&folders).map(watch).collect();
        let Err(error) = self.inner.update_paths(ops) else { return Vec::new() };
        let why = match error.source.kind {
            ErrorKind::MaxFilesWatch => Refused::Exhausted,
            ErrorKind::PathNotFound => Refused::Gone,
            ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::NotFound => Refused::Gone,
            ErrorKind::Io(error) => Refused::Failed(error.to_string()),
            other => Refused::Failed(format!("{other:?}")),
        };
        let rest = error.remaining;
        match error.origin {
            Some(op) if rest.len() < folders.len() => {
                refused.push((op.into_path(), why));
                rest.into_iter().map(PathOp::into_path).collect()
            }
            // One above them, which is told of on its own, or nobody answers any more: none of them is
            // watched.
            _ => {
                refused.extend(folders.into_iter().map(|folder| (folder, why.clone())));
                Vec::new()
            }
        }
    }

    /// Watches a folder no longer. One that is not watched is none the worse for it.
    pub fn unwatch(&mut self, folder: &Path) {
        let _ = self.inner.unwatch(folder);
    }
}

/// Turns an event into a hint. Runs on the thread that empties the system's queue.
fn take(event: notify::Result<Event>, hints: &Sender<Hint>, lost: &Lost) {
    let told = match event {
        Err(error) => {
            lost.because(|| format!("the system's watcher failed: {error}"));
            hints.try_send(Hint::Lost)
        }
        // Before the paths: such an event names none.
        Ok(event) if event.need_rescan() => {
            lost.because(|| "the system's queue of events overflowed".to_owned());
            hints.try_send(Hint::Lost)
        }
        Ok(event) => match hint(event) {
            Some(hint) => hints.try_send(hint),
            None => return,
        },
    };
    // Full or nobody there: who reads the channel is at work on it and will look.
    if told.is_err_and(|error| error.is_full()) {
        lost.because(|| "more happened at once than could be kept".to_owned());
    }
}

fn hint(event: Event) -> Option<Hint> {
    let kind = event.kind;
    let mut paths = event.paths.into_iter();
    let path = paths.next()?;
    Some(match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Hint::Closed(path),
        EventKind::Access(_) => return None,
        EventKind::Create(_) => Hint::Created(path),
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => Hint::Renamed(path, paths.next()?),
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => Hint::Named(path),
        EventKind::Modify(_) | EventKind::Any | EventKind::Other => Hint::Touched(path),
    })
}

#[cfg(test)]
mod tests;
