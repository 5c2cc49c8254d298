//! The thread that owns the ledger: it scans, looks and journals, one task after the other, and hears
//! of nothing meanwhile. What happens during a task is the next task's business.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::app::context::Lasting;
use crate::app::detection::Detection;
use crate::app::reexamine::{Wanted, reexamine};
use crate::app::rules::{adopt, have_changed};
use crate::app::scan::veil::Veil;
use crate::app::scan::{Checked, Manner, Part, ScanOutcome};
use crate::app::watch::look::Look;
use crate::app::watch::place::{Place, WatchedPart};
use crate::app::watch::porch::Porch;
use crate::app::watch::progress::FirstScan;
use crate::app::watch::setup::Setup;
use crate::app::watch::tree::{Bringer, SharedTree, start_of};
use crate::app::{AppError, Context, Project};
use crate::clock::Stopwatch;
use crate::ledger::LedgerError;
use crate::model::{Event, RelPath, RootName, ScanCompleted};
use crate::observe::Filter;
use crate::observe::presence::is_nothing;
use crate::problem::Problem;

/// What there is to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Scan all parts; with `anew`, after letting go of every watch.
    Scan { anew: bool },
    /// Scan below a folder whose rules changed.
    Below(Place),
    /// Look at these folders; what is known of the watches on and below the others is not true.
    Look { folders: BTreeSet<Place>, renewed: BTreeSet<Place> },
    /// Look at every folder that is polled.
    Poll,
    /// Say that all is as the ledger has it.
    Checkpoint,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) problems: Vec<Problem>,
    /// What may well be as it should be, and is to be said: no reason to end otherwise.
    pub(super) notes: Vec<Problem>,
    /// Parts whose root is not there.
    pub(super) away: BTreeSet<usize>,
    /// How long listing took, of a look.
    pub(super) listing: Duration,
    /// Nothing is wrong, but it could not be done now.
    pub(super) again: Option<Task>,
    /// Files present, as a scan counted them.
    pub(super) files: u64,
    /// Why nothing more can be done.
    pub(super) fatal: Option<AppError>,
}

/// What a worker is handed. Nothing of it is borrowed: a share may hold the worker for longer than anybody
/// waits.
pub(super) struct Shift {
    pub(super) setup: Arc<Setup>,
    pub(super) parts: Vec<WatchedPart>,
    /// What is not looked at, since it does not answer.
    pub(super) silent: Vec<PathBuf>,
    pub(super) lasting: Lasting,
    pub(super) progress: Arc<FirstScan>,
    pub(super) halt: Arc<AtomicBool>,
    pub(super) tree: SharedTree,
    pub(super) porch: Arc<Porch>,
    pub(super) veil: Arc<Veil>,
    pub(super) whereabouts: Arc<Whereabouts>,
}

/// Which root a worker is at.
#[derive(Debug, Default)]
pub(super) struct Whereabouts(Mutex<Option<RootName>>);

impl Whereabouts {
    /// The root; none where it may be any of them.
    pub(super) fn root(&self) -> Option<RootName> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, root: Option<&RootName>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = root.cloned();
    }
}

impl Shift {
    /// Works until there is nobody to ask for more.
    pub(super) fn work(self, tasks: &Receiver<Task>, reports: &Sender<Report>) {
        let Setup { project, filter, detection, .. } = &*self.setup;
        let context = self.lasting.context(&*self.progress, &self.halt);
        let worker = Worker {
            project,
            context: &context,
            parts: &self.parts,
            silent: &self.silent,
            tree: self.tree,
            porch: &self.porch,
            detection,
            veil: &self.veil,
            whereabouts: &self.whereabouts,
            ledger: Checked::of(project),
            filter,
            doubts: BTreeSet::new(),
            closed: BTreeSet::new(),
            begun: false,
        };
        worker.run(tasks, reports);
    }
}

struct Worker<'a> {
    project: &'a Project,
    context: &'a Context<'a>,
    parts: &'a [WatchedPart],
    silent: &'a [PathBuf],
    tree: SharedTree,
    porch: &'a Porch,
    detection: &'a Detection,
    veil: &'a Veil,
    whereabouts: &'a Whereabouts,
    ledger: Checked<'a>,
    filter: &'a Filter,
    /// Names that came or went: what the ledger has below them may not be there.
    doubts: BTreeSet<Place>,
    /// Folders that something was heard of, and that could not be reached then.
    closed: BTreeSet<Place>,
    /// Whether the first scan is done.
    begun: bool,
}

impl Worker<'_> {
    fn run(mut self, tasks: &Receiver<Task>, reports: &Sender<Report>) {
        for task in tasks {
            let watch = Stopwatch::start();
            log::debug!("begin {task:?}");
            self.whereabouts.set(None);
            let mut report = Report::default();
            let done = match &task {
                Task::Scan { anew } => self.scan(*anew, &mut report),
                Task::Below(place) => self.scan_below(place, &mut report),
                Task::Look { folders, renewed } => {
                    // Watches on a name that came or went may be on another folder than its own.
                    for place in renewed {
                        self.tree.lock().leave(place);
                        self.doubts.insert(place.clone());
                    }
                    self.look(folders, &mut report)
                }
                Task::Poll => {
                    let polled = self.tree.lock().polled().into_iter().collect();
                    self.look(&polled, &mut report)
                }
                Task::Checkpoint => self.checkpoint(),
            };
            match done {
                Ok(()) => self.porch.end_look(),
                Err(error) => {
                    self.porch.abort_look();
                    if let Some(problem) = passing(&error) {
                        report.problems.push(problem);
                        report.again = Some(task);
                    } else {
                        report.fatal = Some(error);
                    }
                }
            }
            report.problems.append(&mut self.tree.lock().take_problems());
            log::debug!("done in {:?}, listed in {:?}", watch.elapsed(), report.listing);
            if reports.send(report).is_err() {
                return;
            }
        }
    }

    fn scan(&mut self, anew: bool, report: &mut Report) -> Result<(), AppError> {
        // It looks at everything that is known.
        self.doubts.clear();
        if anew {
            self.tree.begin_anew();
        }
        if !self.begun && have_changed(&self.project.reader()?, self.detection)? {
            adopt(self.project, self.context, self.ledger.get()?, self.detection)?;
        }
        let began = self.veil.begin();
        for part in 0..self.parts.len() {
            self.scan_part(part, &start_of(self.parts, part).path, report)?;
        }
        let parts = self.parts;
        let away = report.away.iter().map(|part| parts[*part].disk(&parts[*part].start));
        let away: Vec<_> = away.chain(self.silent.iter().cloned()).collect();
        self.veil.end(began, &away);
        self.closed.retain(|place| !is_reachable(parts, place));
        self.check_guards(report)?;
        if !self.begun {
            // As a scan does: detectors may be newer than what is recorded.
            let parts: Vec<_> =
                self.parts.iter().map(|part| (&part.root, part.start.clone())).collect();
            let whole = parts.iter().all(|(_, start)| start.is_root())
                && parts.len() == self.project.config.roots.len();
            let all = whole && report.away.is_empty();
            self.whereabouts.set(None);
            reexamine(
                self.project,
                self.context,
                self.ledger.get()?,
                self.detection,
                &Wanted { parts: &parts, all, asked: false },
                &mut report.problems,
            )?;
            self.begun = true;
        }
        Ok(())
    }

    /// Says which guarded folders guard nothing.
    fn check_guards(&self, report: &mut Report) -> Result<(), AppError> {
        for folder in &self.project.config.guards {
            let Some(part) = self.parts.iter().find(|part| part.root.name == folder.root) else {
                continue;
            };
            let root = &part.root;
            self.whereabouts.set(Some(&root.name));
            self.context.check()?;
            let seen = self.filter.descend(&root.name, &root.path, &folder.path, &mut Vec::new());
            if seen.is_none() {
                let what = "guarded, but left out by the ignore rules: nothing in it is judged";
                report.problems.push(Problem::at(folder, what));
            }
            let found = std::fs::symlink_metadata(part.disk(&folder.path));
            if !self.begun && found.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
                let what = "guarded, but there is no folder of this name (no pattern either): nothing is \
                            judged by it until there is one";
                report.notes.push(Problem::at(folder, what));
            }
        }
        Ok(())
    }

    /// Goes to a root, unless it is to end: who told it to may have left it behind at another.
    fn enter(&self, part: usize) -> Result<(), AppError> {
        self.whereabouts.set(Some(&self.parts[part].root.name));
        self.context.check()
    }

    fn scan_below(&mut self, place: &Place, report: &mut Report) -> Result<(), AppError> {
        // The folder may be gone or left out by now: its own folder knows.
        let above = BTreeSet::from([place.folder()]);
        self.look(&above, report)?;
        if self.tree.lock().contains(place) {
            self.scan_part(place.part, &place.path, report)?;
        }
        Ok(())
    }

    fn scan_part(
        &mut self,
        part: usize,
        start: &RelPath,
        report: &mut Report,
    ) -> Result<(), AppError> {
        self.enter(part)?;
        self.tree.enter(&Place::new(part, start.clone()));
        let onlooker = Arc::new(Bringer { part, tree: self.tree.clone() });
        let veil = Some(self.veil);
        let manner =
            Manner { admission: self.porch, onlooker: Some(onlooker), veil, tallied: false };
        let root = &self.parts[part].root;
        let mut outcome = ScanOutcome::default();
        let scanned = Part {
            project: self.project,
            context: self.context,
            detection: self.detection,
            root,
            start,
            manner: &manner,
        };
        match scanned.scan(&mut self.ledger, &mut outcome) {
            // What could not be walked is among the problems.
            Ok(_) => {}
            Err(AppError::Usage { message, .. }) => {
                // The folder to watch is not there, or left out.
                let path = self.parts[part].asset_path(start);
                outcome.problems.push(Problem::new(path, message));
                report.away.insert(part);
            }
            Err(error) => return Err(error),
        }
        if std::fs::metadata(&root.path).is_err() {
            report.away.insert(part);
        }
        report.files += outcome.tally.files;
        report.problems.append(&mut outcome.problems);
        Ok(())
    }

    fn look(&mut self, folders: &BTreeSet<Place>, report: &mut Report) -> Result<(), AppError> {
        let opened = self.opened(folders);
        for place in &opened {
            // Nobody knows what happened below it meanwhile: it is as one that just came.
            self.tree.lock().leave(place);
            self.doubts.insert(place.clone());
        }
        let above: Vec<_> = opened.iter().map(Place::folder).collect();
        let mut closed = BTreeSet::new();
        let mut by_part: BTreeMap<usize, BTreeSet<RelPath>> = BTreeMap::new();
        for place in folders.iter().chain(&opened).chain(&above) {
            if place.path.is_within(&self.parts[place.part].start) {
                by_part.entry(place.part).or_default().insert(place.path.clone());
            }
        }
        for (part, folders) in by_part {
            self.enter(part)?;
            let look = Look {
                project: self.project,
                context: self.context,
                root: &self.parts[part].root,
                part,
                filter: self.filter,
                detection: self.detection,
                admission: self.porch,
                tree: &self.tree,
                veil: self.veil,
            };
            let (doubts, others) =
                std::mem::take(&mut self.doubts).into_iter().partition(|place| place.part == part);
            self.doubts = others;
            let doubts: BTreeSet<Place> = doubts;
            let doubts = doubts.into_iter().map(|place| place.path).collect();
            let looked = look.run(self.ledger.get()?, folders, doubts)?;
            let again = looked.doubts.into_iter().map(|path| Place::new(part, path));
            self.doubts.extend(again);
            closed.extend(looked.closed.into_iter().map(|path| Place::new(part, path)));
            report.listing += looked.listing;
            report.problems.extend(looked.problems);
            if looked.away {
                report.away.insert(part);
            }
        }
        self.closed.retain(|place| !opened.contains(place));
        self.closed.append(&mut closed);
        Ok(())
    }

    /// Folders in or below those to look at that could not be reached, and can be now.
    fn opened(&self, folders: &BTreeSet<Place>) -> BTreeSet<Place> {
        let asked = |place: &&Place| {
            let above = std::iter::successors(Some((*place).clone()), |place| {
                (!place.path.is_root()).then(|| place.folder())
            });
            above.into_iter().any(|folder| folders.contains(&folder))
        };
        let all = self.closed.iter().filter(asked);
        all.filter(|place| is_reachable(self.parts, place)).cloned().collect()
    }

    /// The event that a scan ends with, for one that would have found nothing.
    fn checkpoint(&mut self) -> Result<(), AppError> {
        let now = self.context.now();
        let reader = self.project.reader()?;
        let mut events = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            self.enter(number)?;
            if std::fs::metadata(part.disk(&part.start)).is_err() {
                continue;
            }
            events.push(Event::ScanCompleted(ScanCompleted {
                root: part.root.name.clone(),
                directory: part.start.clone(),
                started: now,
                files: reader.totals(&part.root.name, &part.start)?.files,
                hashed_files: 0,
                problems: 0,
            }));
        }
        self.ledger.get()?.append(None, now, &self.context.actor, &events)?;
        Ok(())
    }
}

/// Whether the system says what there is at a place, or that there is nothing.
fn is_reachable(parts: &[WatchedPart], place: &Place) -> bool {
    let found = std::fs::symlink_metadata(parts[place.part].disk(&place.path));
    found.map_or_else(|error| is_nothing(&error), |_| true)
}

/// The problem in an error that may be over in a moment: somebody else writes, or a disk is full.
fn passing(error: &AppError) -> Option<Problem> {
    let path: PathBuf = match error {
        AppError::Ledger(LedgerError::Busy { path, .. } | LedgerError::Full { path, .. }) => {
            path.clone()
        }
        _ => return None,
    };
    Some(Problem::new(path.display(), format!("{error}; tried again")))
}
