//! A look at some folders: the scan's own list, compare, read and journal, for folders that something
//! was heard of instead of all of them. So a watch and a scan cannot disagree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};

use crate::app::detection::Detection;
use crate::app::ingest::{Fact, Ingest};
use crate::app::reading::{Admission, Job};
use crate::app::scan::compare::{Compared, Comparer};
use crate::app::scan::veil::Veil;
use crate::app::scan::{Arrival, Manner, Part, ScanOutcome};
use crate::app::sidecars::{Beside, attach};
use crate::app::watch::place::Place;
use crate::app::watch::tree::SharedTree;
use crate::app::{AppError, Context, Project};
use crate::clock::Stopwatch;
use crate::config::Root;
use crate::ledger::{Ledger, Reader};
use crate::model::{RelPath, SIDECARS};
use crate::observe::presence::deepest;
use crate::observe::{Filter, Lister, Listing, WalkError, check_start};
use crate::problem::Problem;

/// What a look needs from around it.
pub(super) struct Look<'a> {
    pub(super) project: &'a Project,
    pub(super) context: &'a Context<'a>,
    pub(super) root: &'a Root,
    pub(super) part: usize,
    pub(super) filter: &'a Filter,
    pub(super) detection: &'a Detection,
    pub(super) admission: &'a dyn Admission,
    pub(super) tree: &'a SharedTree,
    pub(super) veil: &'a Veil,
}

/// What a look gave, beside what is in the ledger now.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) problems: Vec<Problem>,
    /// Folders of which it cannot be said yet what is in them.
    pub(super) doubts: BTreeSet<RelPath>,
    /// Folders that may not be reached now, through one above that may not be entered.
    pub(super) closed: BTreeSet<RelPath>,
    /// The root is not there.
    pub(super) away: bool,
    /// How long listing took: what it costs whoever serves the folders.
    pub(super) listing: Duration,
}

impl Look<'_> {
    /// Looks at `folders`, and at all below those that nobody kept track of.
    pub(super) fn run(
        &self,
        ledger: &mut Ledger,
        folders: BTreeSet<RelPath>,
        doubts: BTreeSet<RelPath>,
    ) -> Result<Looked, AppError> {
        let mut looked = Looked::default();
        let lister = match Lister::open(&self.root.name, &self.root.path) {
            Ok(lister) => lister,
            Err(error) => {
                looked.problems.push(self.root_problem(&error));
                looked.away = true;
                return Ok(looked);
            }
        };
        let rounds = Rounds {
            look: self,
            lister,
            pending: folders.into_iter().rev().collect(),
            listed: BTreeMap::new(),
            cancel: self.context.cancel,
            unsure: doubts,
            closed: BTreeSet::new(),
            problems: Vec::new(),
            listing: Duration::ZERO,
        };
        let reader = ledger.reader()?;
        let Self { admission, veil, .. } = *self;
        let manner = Manner { admission, onlooker: None, veil: Some(veil), tallied: false };
        let part = Part {
            project: self.project,
            context: self.context,
            root: self.root,
            start: &RelPath::root(),
            detection: self.detection,
            manner: &manner,
        };
        let marked = Arc::new(reader.marked(&self.root.name, &SIDECARS)?);
        let comparer = Comparer::new(&part, ledger.reader()?, &marked, Compared::default())?;
        let mut sidecars = Vec::new();
        let (jobs, to_read) = bounded::<Vec<Job>>(64);
        let (arrivals, arrived) = bounded::<Arrival>(128);
        let mut outcome = ScanOutcome::default();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let seen = arrivals.clone();
            let stop = &stop;
            let comparing = scope.spawn(move || rounds.compare(comparer, stop, &jobs, &seen));
            for _ in 0..self.project.config.readers {
                let (to_read, results) = (to_read.clone(), arrivals.clone());
                let reading = part.reading();
                scope.spawn(move || {
                    reading.run_admitted(self.admission, &to_read, &results, Arrival::Read);
                });
            }
            drop((to_read, arrivals));
            let mut ingest =
                Ingest::new(ledger, self.context, self.detection, self.root.name.clone());
            let journalled = part.journal(&arrived, &mut ingest, &mut sidecars, &mut outcome);
            stop.store(true, Ordering::Relaxed);
            drop(arrived);
            let died = || AppError::Internal("a thread of the watch died".to_owned());
            let (seen, rounds) = comparing.join().map_err(|_| died())?;
            journalled?;
            let seen = seen?;
            looked.problems.extend(rounds.problems);
            looked.listing = rounds.listing;
            looked.closed = rounds.closed;
            if let Some(error) = rounds.error {
                if matches!(error, WalkError::Cancelled) {
                    return Err(AppError::Interrupted);
                }
                looked.problems.push(self.root_problem(&error));
                looked.away = true;
                return Ok(());
            }
            looked.doubts =
                self.sweep(&part, &seen, rounds.unsure, &reader, &mut ingest, &mut outcome)?;
            ingest.flush()?;
            attach(&mut Beside::new(self.root, part.reading()), &reader, &mut ingest, &sidecars)?;
            ingest.flush()
        })?;
        looked.problems.append(&mut outcome.problems);
        Ok(looked)
    }

    /// Journals as gone what the ledger has in folders that are not there, or not the ones they were. Gives
    /// those of which that cannot be said yet.
    fn sweep(
        &self,
        part: &Part<'_>,
        seen: &Compared,
        unsure: BTreeSet<RelPath>,
        reader: &Reader,
        ingest: &mut Ingest<'_>,
        outcome: &mut ScanOutcome,
    ) -> Result<BTreeSet<RelPath>, AppError> {
        // All of them at once: asked folder by folder, the ledger looks through all it knows each time.
        let mut known = Vec::new();
        if !unsure.is_empty() {
            known = reader.directories(&self.root.name, &RelPath::root())?;
            known.retain(|directory| is_within_any(directory, &unsure));
        }
        for (directory, name) in part.sweep(known, seen, reader, outcome)? {
            ingest.add(&directory, Fact::Gone(name))?;
        }
        // One that came back since the listing that lacked it is in doubt still: it may be gone again by the
        // next one, which then lacks it as this one did.
        let back = |folder: &RelPath| {
            let deepest = || deepest(&self.root.path, &RelPath::root(), folder);
            seen.visited(folder).is_none() && deepest().is_ok_and(|deepest| deepest == *folder)
        };
        Ok(unsure.into_iter().filter(back).collect())
    }

    fn root_problem(&self, error: &WalkError) -> Problem {
        let what = format!("{error}; nothing in it is called missing");
        Problem::new(self.root.path.display(), what)
    }
}

/// Lists one folder after the other, and what is new below them.
struct Rounds<'a> {
    look: &'a Look<'a>,
    lister: Lister,
    /// Last in, first out; parents before what is in them.
    pending: Vec<RelPath>,
    /// With the rules that hold in them, where all of it could be listed: those of all that lies above are
    /// read once, and not for each folder anew, which in a deep tree takes as long as its depth times its depth.
    listed: BTreeMap<RelPath, Option<Filter>>,
    cancel: &'a AtomicBool,
    /// Folders that are gone, or not the ones that were known under their names: what the ledger has
    /// below them may not be there.
    unsure: BTreeSet<RelPath>,
    closed: BTreeSet<RelPath>,
    problems: Vec<Problem>,
    listing: Duration,
}

/// What came of the rounds beside the listings.
struct Ended {
    unsure: BTreeSet<RelPath>,
    closed: BTreeSet<RelPath>,
    problems: Vec<Problem>,
    listing: Duration,
    error: Option<WalkError>,
}

impl Rounds<'_> {
    fn compare(
        mut self,
        comparer: Comparer<'_>,
        stop: &AtomicBool,
        jobs: &Sender<Vec<Job>>,
        seen: &Sender<Arrival>,
    ) -> (Result<Compared, AppError>, Ended) {
        let listings = std::iter::from_fn(|| self.next().transpose());
        let tell = |one| seen.send(Arrival::Seen(one)).is_ok();
        let (all, error) = match comparer.run(listings, stop, jobs, tell) {
            Ok((all, ended)) => (Ok(all), ended.err()),
            Err(error) => (Err(error), None),
        };
        (all, self.ended(error))
    }

    fn ended(self, error: Option<WalkError>) -> Ended {
        let Self { unsure, closed, problems, listing, .. } = self;
        Ended { unsure, closed, problems, listing, error }
    }

    fn next(&mut self) -> Result<Option<Listing>, WalkError> {
        loop {
            let Some(folder) = self.pending.pop() else { return Ok(None) };
            if self.listed.contains_key(&folder) {
                continue;
            }
            self.listed.insert(folder.clone(), None);
            let watch = Stopwatch::start();
            let listed = self.list(&folder)?;
            self.listing += watch.elapsed();
            if listed.is_some() {
                return Ok(listed);
            }
        }
    }

    fn list(&mut self, folder: &RelPath) -> Result<Option<Listing>, WalkError> {
        let Look { part, tree, .. } = self.look;
        let here = Place::new(*part, folder.clone());
        // What lies above decides too: a link put in the way must not be followed out of the root.
        match check_start(&self.lister, folder) {
            Ok(()) => {}
            Err(WalkError::StartGone { .. } | WalkError::StartNotDirectory { .. }) => {
                tree.lock().leave(&here);
                self.vanished(folder);
                return Ok(None);
            }
            Err(WalkError::StartUnreadable { path, source }) => {
                let what = format!("cannot look at it: {source}");
                self.problems.push(Problem::at(&path, what));
                // What was heard of it is not heard again.
                self.closed.insert(folder.clone());
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let mut problems = Vec::new();
        let Some(filter) = self.rules_of(folder, &mut problems) else {
            tree.lock().leave(&here);
            return Ok(None);
        };
        if let Some(above) = tree.lock().lost_above(&here) {
            // It would be watched without those above it, and nobody would be told when it moves away
            // with one of them. Found from above, it is listed.
            self.listed.remove(folder);
            self.pending.push(above.path);
            return Ok(None);
        }
        if !tree.lock().contains(&here) {
            // Not the one that was known under its name, so neither is what lay below.
            self.doubt(folder.clone());
        }
        tree.enter(&here);
        let Some((mut listing, filter)) = self.lister.list(&filter, self.cancel)? else {
            tree.lock().leave(&here);
            self.vanished(folder);
            return Ok(None);
        };
        // Of a folder that may not be listed the rules may be read all the same, and were not.
        let rules = listing.complete.then_some(filter);
        self.listed.insert(folder.clone(), rules);
        listing.problems.append(&mut problems);
        let moved = tree.listed(*part, &listing);
        for name in moved.gone.iter().chain(&moved.found) {
            self.doubt(folder.join(name));
        }
        self.pending.extend(moved.found.iter().rev().map(|name| folder.join(name)));
        Ok(Some(listing))
    }

    /// The rules that hold in a folder before its own are read; none where it is left out.
    fn rules_of(&self, folder: &RelPath, problems: &mut Vec<Problem>) -> Option<Filter> {
        let Look { root, filter, .. } = self.look;
        let (above, name) = folder.split();
        match self.listed.get(&above) {
            Some(Some(rules)) if !folder.is_root() => {
                (!rules.ignores(name, true)).then(|| rules.enter(folder))
            }
            _ => filter.descend(&root.name, &root.path, folder, problems),
        }
    }

    fn doubt(&mut self, folder: RelPath) {
        if is_within_any(&folder, &self.unsure) {
            return;
        }
        self.unsure.insert(folder);
    }

    /// A folder is not there. Whether what lay in it is gone, the folder above tells.
    fn vanished(&mut self, folder: &RelPath) {
        self.doubt(folder.clone());
        self.pending.push(folder.split().0);
    }
}

/// Whether a folder is one of these, or lies below one.
fn is_within_any(folder: &RelPath, all: &BTreeSet<RelPath>) -> bool {
    let mut above = folder.clone();
    loop {
        if all.contains(&above) {
            return true;
        }
        if above.is_root() {
            return false;
        }
        above = above.split().0;
    }
}
