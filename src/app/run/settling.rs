//! Waits until what a command made holds still. A command may only have handed its work to an encoder, or
//! left a child behind: what they write goes on after it ended, and half a file would be judged for the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::app::contents::Contents;
use crate::app::run::snapshot::Snapshot;
use crate::app::{AppError, Context, Project};
use crate::clock::Stopwatch;
use crate::model::{AssetPath, Fingerprint, MediaProblem, RuleCode};
use crate::observe::{Looked, Settle, SettleOptions, Verdict, held_open};

/// How many settle times are waited at most.
const PATIENCE: u32 = 30;

/// How long Ctrl-C may wait.
const GLANCE: Duration = Duration::from_millis(50);

/// How to wait.
pub(super) struct Settling<'a> {
    pub(super) project: &'a Project,
    pub(super) context: &'a Context<'a>,
    /// What `--out` names.
    pub(super) named: &'a Contents,
    /// What was unchanged for so long is complete, unless somebody has it open.
    pub(super) still: Duration,
    /// What others had open to write to before the command started.
    pub(super) handles: &'a Handles,
    /// Set by who waits no more.
    pub(super) hurried: &'a AtomicBool,
}

/// Handles of other processes, each with its file. Those that were there before a command started are not its
/// own: a log that `tee` writes is open until we end ourselves. Such a file holds still as any other.
pub(super) struct Handles(BTreeMap<PathBuf, PathBuf>);

impl Handles {
    /// On the files of a look.
    pub(super) fn on(project: &Project, before: &Snapshot) -> Self {
        let disk: Vec<_> = before.places().filter_map(|path| project.on_disk(path)).collect();
        let held = held_open(&disk.iter().map(PathBuf::as_path).collect());
        Self(held.into_iter().map(|(handle, file)| (handle, file.to_owned())).collect())
    }

    fn has(&self, handle: &Path, file: &Path) -> bool {
        self.0.get(handle).is_some_and(|held| held == file)
    }
}

/// What a command made.
pub(super) struct Settled {
    pub(super) files: BTreeSet<AssetPath>,
    /// What could not be looked into, or did not hold still.
    pub(super) unknown: Vec<MediaProblem>,
}

impl Settling<'_> {
    /// Looks at what was made or changed since `before`, again and again, until all of it holds still: what
    /// comes meanwhile is waited for too.
    pub(super) fn wait(&self, before: &Snapshot) -> Result<Settled, AppError> {
        let watch = Stopwatch::start();
        let still = self.still;
        let options = SettleOptions { quiet: still, still, limit: usize::MAX };
        let mut waiting = Waiting { settle: Settle::new(options), complete: BTreeMap::new() };
        // Since the first look: a look may take longer than all the patience, and one says nothing.
        let mut since: Option<Stopwatch> = None;
        loop {
            let now = Snapshot::of(self.project, self.context, self.named)?;
            let made = now.since(before);
            waiting.look(self, &made, watch.elapsed());
            let waited = since.map(|since| since.elapsed());
            since = since.or_else(|| Some(Stopwatch::start()));
            let patience =
                still.saturating_mul(PATIENCE).saturating_sub(waited.unwrap_or_default());
            let is_over = waited.is_some() && patience.is_zero();
            if waiting.settle.is_empty() || is_over || self.is_hurried() {
                let mut unknown = now.unread;
                unknown.extend(waiting.settle.pending().map(|path| MediaProblem {
                    code: RuleCode::MediaChanged,
                    path: path.clone(),
                    problem: "it was still being written when the command had ended".to_owned(),
                    reference: None,
                }));
                return Ok(Settled { files: made.into_keys().collect(), unknown });
            }
            let due = waiting.settle.next_due().unwrap_or_default();
            self.pause(due.saturating_sub(watch.elapsed()).min(patience));
        }
    }

    fn is_hurried(&self) -> bool {
        self.hurried.load(Ordering::Relaxed)
    }

    fn pause(&self, long: Duration) {
        let watch = Stopwatch::start();
        while watch.elapsed() < long && !self.is_hurried() {
            std::thread::sleep(long.saturating_sub(watch.elapsed()).min(GLANCE));
        }
    }
}

struct Waiting {
    settle: Settle<AssetPath>,
    /// As it was when it was found to be complete.
    complete: BTreeMap<AssetPath, Fingerprint>,
}

impl Waiting {
    /// Takes in what a look showed.
    fn look(
        &mut self,
        settling: &Settling<'_>,
        made: &BTreeMap<AssetPath, Fingerprint>,
        now: Duration,
    ) {
        for (path, print) in made {
            if self.complete.get(path) != Some(print) {
                // Of so many there is room for all.
                let _ = self.settle.seen(path, *print, now);
            }
        }
        let mut ready = BTreeMap::new();
        for path in self.settle.due(now, usize::MAX) {
            let looked = made.get(&path).map_or(Looked::Absent, |print| Looked::File(*print));
            if let Verdict::Ready(print) = self.settle.looked(&path, looked, now) {
                ready.insert(path, print);
            }
        }
        let on_disk = |path: &AssetPath| Some((settling.project.on_disk(path)?, path.clone()));
        let disk: BTreeMap<PathBuf, AssetPath> = ready.keys().filter_map(on_disk).collect();
        for (handle, file) in held_open(&disk.keys().map(PathBuf::as_path).collect()) {
            if settling.handles.has(&handle, file) {
                continue;
            }
            if let Some((path, print)) = disk.get(file).and_then(|path| ready.remove_entry(path)) {
                let _ = self.settle.seen(&path, print, now);
            }
        }
        self.complete.append(&mut ready);
    }
}
