//! Where files wait until they are complete, between what the system says and the readers.
//!
//! Holds the settle state machine for the threads that share it. A reader asks here before it reads
//! and after: a file that is not known to be complete is turned away and waited for, and what
//! changed while it was read is thrown away and waited for. Nothing is lost: what there is no room
//! for makes everything be looked at again.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::app::reading::{Admission, Job, Outcome};
use crate::app::watch::place::{Place, WatchedPart, locate};
use crate::clock::{Clock, Stopwatch};
use crate::model::{Fingerprint, RuleCode};
use crate::observe::{Looked, Settle, SettleOptions, Verdict, fingerprint};

/// How nice readers are to other programs; the scheduler's disk priority follows it. 19 is nicest.
const NICE: i32 = 10;

/// From when on the times of a file on another machine count: clocks are not that wrong.
const FOREIGN: Duration = Duration::from_hours(24);

/// The parts whose files lie on other machines, with other clocks. Shared by who finds that out and
/// who must know.
#[derive(Clone, Debug)]
pub(super) struct Foreign(Arc<[AtomicBool]>);

impl Foreign {
    pub(super) fn none_of(parts: &[WatchedPart]) -> Self {
        Self(parts.iter().map(|_| AtomicBool::new(false)).collect())
    }

    pub(super) fn set(&self, part: usize) {
        if let Some(flag) = self.0.get(part) {
            flag.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn clear(&self) {
        for flag in &*self.0 {
            flag.store(false, Ordering::Relaxed);
        }
    }

    fn holds(&self, part: usize) -> bool {
        self.0.get(part).is_none_or(|flag| flag.load(Ordering::Relaxed))
    }
}

struct Waiting {
    settle: Settle<Place>,
    /// Complete, and to be read by the next look.
    ready: BTreeMap<Place, Fingerprint>,
    /// Complete, and to be read by the look that is under way.
    admitted: BTreeMap<Place, Fingerprint>,
    /// About to be read, and there under other names too.
    linked: BTreeMap<Place, Fingerprint>,
    /// Found to be incomplete by who wanted to read, where nothing need have been heard.
    unready: BTreeMap<Place, Fingerprint>,
}

/// Shared by the thread that hears of changes and those that read.
pub(super) struct Porch {
    waiting: Mutex<Waiting>,
    parts: Vec<WatchedPart>,
    foreign: Foreign,
    still: Duration,
    clock: &'static dyn Clock,
    watch: Stopwatch,
    overfull: AtomicBool,
}

impl Porch {
    pub(super) fn new(
        parts: &[WatchedPart],
        foreign: Foreign,
        options: SettleOptions,
        clock: &'static dyn Clock,
        watch: Stopwatch,
    ) -> Self {
        let waiting = Waiting {
            settle: Settle::new(options),
            ready: BTreeMap::new(),
            admitted: BTreeMap::new(),
            linked: BTreeMap::new(),
            unready: BTreeMap::new(),
        };
        Self {
            waiting: Mutex::new(waiting),
            parts: parts.to_vec(),
            foreign,
            still: options.still,
            clock,
            watch,
            overfull: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the state machine something; what it has no room for is remembered as a whole.
    pub(super) fn tell(&self, change: impl FnOnce(&mut Settle<Place>, Duration) -> bool) {
        let now = self.watch.elapsed();
        if !change(&mut self.lock().settle, now) {
            self.overfull.store(true, Ordering::Relaxed);
        }
    }

    /// Whether there was no room for a file since this was last asked.
    pub(super) fn take_overfull(&self) -> bool {
        self.overfull.swap(false, Ordering::Relaxed)
    }

    /// What lies below a folder is there no more, or under other names.
    pub(super) fn forget_below(&self, folder: &Place) {
        let (low, high) = folder.below();
        self.lock().settle.forget_range(&low, &high);
    }

    /// What is to be looked at by now, some of it, and where it is on disk.
    pub(super) fn due(&self) -> Vec<(Place, PathBuf)> {
        let due = self.lock().settle.due(self.watch.elapsed(), 1024);
        let disk = |place: &Place| self.parts[place.part].disk(&place.path);
        due.into_iter().map(|place| (place.clone(), disk(&place))).collect()
    }

    /// The same at the end, when there is no time to wait: what a writer closed counts, what nobody was
    /// seen to close does not.
    pub(super) fn due_now(&self) -> Vec<(Place, PathBuf)> {
        self.lock().settle.hurry(self.watch.elapsed());
        self.due()
    }

    /// Takes in what [`look`] showed. Gives the folders to look at: where something is complete, or gone, or
    /// no file at all.
    pub(super) fn settle(&self, seen: Vec<Seen>) -> Vec<Place> {
        let mut folders = Vec::new();
        let mut waiting = self.lock();
        let now = self.watch.elapsed();
        for Seen { place, looked, is_folder } in seen {
            match waiting.settle.looked(&place, looked, now) {
                Verdict::Ready(print) => {
                    folders.push(place.folder());
                    waiting.ready.insert(place, print);
                }
                Verdict::Wait => {}
                Verdict::NoFile => {
                    folders.push(place.folder());
                    if is_folder {
                        folders.push(place);
                    }
                }
            }
        }
        folders
    }

    /// A look begins: it may read what is complete now.
    pub(super) fn begin_look(&self) {
        let mut waiting = self.lock();
        let ready = std::mem::take(&mut waiting.ready);
        waiting.admitted.extend(ready);
    }

    /// It has ended.
    pub(super) fn end_look(&self) {
        self.lock().admitted.clear();
    }

    /// It could not be done, and will be done again.
    pub(super) fn abort_look(&self) {
        let mut waiting = self.lock();
        let mut again = std::mem::take(&mut waiting.admitted);
        again.append(&mut waiting.ready);
        waiting.ready = again;
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.lock().settle.next_due()
    }

    /// The files that readers found to be incomplete since this was last asked.
    pub(super) fn take_unready(&self) -> BTreeMap<Place, Fingerprint> {
        std::mem::take(&mut self.lock().unready)
    }

    /// The files with more than one name that were let through to be read since this was last asked. What is
    /// written under one name is told under that one only.
    pub(super) fn take_linked(&self) -> BTreeMap<Place, Fingerprint> {
        std::mem::take(&mut self.lock().linked)
    }

    /// Whether a file is waited for, or is about to be read.
    pub(super) fn has(&self, place: &Place) -> bool {
        let waiting = self.lock();
        waiting.settle.is_pending(place)
            || waiting.ready.contains_key(place)
            || waiting.admitted.contains_key(place)
    }

    /// Files that are waited for.
    pub(super) fn len(&self) -> usize {
        self.lock().settle.len()
    }

    /// Files that were found changed, or said to be, after `moment`.
    pub(super) fn busy_since(&self, moment: Duration) -> usize {
        self.lock().settle.busy_since(moment)
    }

    /// The first of those that are waited for, to be named in a problem.
    pub(super) fn waiting_for(&self, most: usize) -> Vec<Place> {
        self.lock().settle.pending().take(most).cloned().collect()
    }

    fn place(&self, job: &Job) -> Option<Place> {
        locate(&self.parts, &job.disk)
    }

    /// Whether its times say that nothing was written for a while. Those of a
    /// file on another machine are by its clock.
    fn is_old(&self, part: usize, print: &Fingerprint) -> bool {
        let enough = if self.foreign.holds(part) { FOREIGN } else { self.still };
        let age = self.clock.now().as_nanos().saturating_sub(print.mtime.max(print.ctime));
        u128::try_from(age).is_ok_and(|age| age >= enough.as_nanos())
    }
}

/// What there is at a place.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) place: Place,
    pub(super) looked: Looked,
    is_folder: bool,
}

/// Asks the system about places. A share may take its time: not for the thread that hears hints.
pub(super) fn look(due: Vec<(Place, PathBuf)>) -> Vec<Seen> {
    let look = |(place, disk): (Place, PathBuf)| match std::fs::symlink_metadata(disk) {
        Ok(found) if found.is_file() => {
            Seen { place, looked: Looked::File(fingerprint::of(&found)), is_folder: false }
        }
        Ok(found) => Seen { place, looked: Looked::Other, is_folder: found.is_dir() },
        Err(_) => Seen { place, looked: Looked::Absent, is_folder: false },
    };
    due.into_iter().map(look).collect()
}

/// As the system tells it now, and whether it goes by other names too.
fn print_of(path: &Path) -> Option<(Fingerprint, bool)> {
    let found = std::fs::symlink_metadata(path).ok()?;
    found.is_file().then(|| (fingerprint::of(&found), found.nlink() > 1))
}

/// Equal but for the device: on a network mount the readers use a number that stays.
pub(super) fn same(one: &Fingerprint, other: &Fingerprint) -> bool {
    Fingerprint { device: 0, ..*one } == Fingerprint { device: 0, ..*other }
}

impl Admission for Porch {
    fn begin(&self) {
        // Of this thread only, on Linux. Refused, it reads at the common priority.
        let _ = rustix::process::nice(NICE);
    }

    fn admits(&self, job: &Job) -> bool {
        let Some(place) = self.place(job) else { return true };
        // What is not there any more, or no file, the reader will say.
        let Some((print, is_linked)) = print_of(&job.disk) else { return true };
        let mut waiting = self.lock();
        if waiting.settle.is_pending(&place) {
            return false;
        }
        let known = waiting.admitted.get(&place).or_else(|| waiting.ready.get(&place));
        let complete = match known {
            Some(known) => same(known, &print),
            None => self.is_old(place.part, &print),
        };
        if complete {
            if is_linked {
                waiting.linked.insert(place.clone(), print);
            }
            waiting.admitted.insert(place, print);
            return true;
        }
        waiting.admitted.remove(&place);
        waiting.unready.insert(place.clone(), print);
        let now = self.watch.elapsed();
        if !waiting.settle.seen(&place, print, now) {
            self.overfull.store(true, Ordering::Relaxed);
        }
        false
    }

    fn accepts(&self, job: &Job, outcome: &Outcome) -> bool {
        let Some(place) = self.place(job) else { return true };
        let mut waiting = self.lock();
        let admitted = waiting.admitted.remove(&place);
        let counts = match outcome {
            Outcome::Found(found, _) => {
                admitted.is_none_or(|print| same(&print, &found.fingerprint))
            }
            Outcome::Failed(code, _) => *code != RuleCode::MediaChanged,
            Outcome::Vanished => true,
        };
        let now = self.watch.elapsed();
        if !counts && !waiting.settle.touched(&place, now) {
            self.overfull.store(true, Ordering::Relaxed);
        }
        counts
    }
}
