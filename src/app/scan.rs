//! `scan`: walk → compare → read and examine → journal, through bounded channels.
//!
//! Several threads walk and compare with the ledger, several read, and the calling thread owns the
//! ledger: it first checks the whole of its history, while the others are at work already, and opens
//! it for writing only then. Stopping it at any point, even by SIGKILL, loses no more than the batch
//! in hand.

pub(super) mod compare;
mod sweep;
pub(super) mod veil;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{ScopedJoinHandle, available_parallelism};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use crate::app::behind::{Behind, behind_path};
use crate::app::decide::{decisions, whole};
use crate::app::detection::Detection;
use crate::app::ingest::{Fact, Ingest};
use crate::app::origins::{Known, origins};
use crate::app::reading::{Admission, Everything, Job, Outcome, Reading};
use crate::app::reexamine::{Wanted, reexamine};
use crate::app::rules::{adopt, have_changed};
use crate::app::scan::compare::{Compared, Comparer, Seen};
use crate::app::scan::veil::Veil;
use crate::app::sidecars::{Beside, Sidecar, attach};
use crate::app::status::{Tally, tally};
use crate::app::{AppError, Context, Project};
use crate::config::Root;
use crate::detect::disagrees;
use crate::failpoint;
use crate::ledger::{Ledger, LedgerError, Reader, Totals};
use crate::model::{AssetId, AssetPath, Event, RelPath, RootName, SIDECARS, ScanCompleted, Seq};
use crate::observe::{Onlooker, Walk, WalkError, WalkOptions};
use crate::problem::{Problem, in_one_line};
use crate::record::Record;

/// Threads that walk, at most. With two cores the second halves the time of a re-scan; more than a
/// few only wait for each other.
const WALKERS: usize = 4;

/// Chunks of files on their way to the readers.
const CHUNKS: usize = 64;

/// Facts and chunks of read files on their way to the ledger.
const ARRIVALS: usize = 128;

/// What to scan.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// A folder in one of the roots; all roots without one.
    pub directory: Option<std::path::PathBuf>,
    /// Decode pixels too, for texts that generators hide in them, also of what is known.
    pub deep: bool,
    /// Examine everything anew, whatever examined it before.
    pub redetect: bool,
}

/// Who has a say in a scan, and who hears of it.
pub(super) struct Manner<'a> {
    /// Says which files may be read.
    pub(super) admission: &'a dyn Admission,
    /// Hears of every listing.
    pub(super) onlooker: Option<Arc<dyn Onlooker>>,
    /// Knows what went out of sight with a mount.
    pub(super) veil: Option<&'a Veil>,
    /// Whether somebody is told the tally; else nothing is counted but the files.
    pub(super) tallied: bool,
}

/// Reads everything, and nobody looks on.
const PLAIN: Manner<'static> =
    Manner { admission: &Everything, onlooker: None, veil: None, tallied: true };

/// What a scan did and found.
#[derive(Clone, Debug, Default)]
pub struct ScanOutcome {
    /// What is present in the scanned parts, by status.
    pub tally: Tally,
    /// Files whose bytes were read, and how many bytes that was.
    pub hashed_files: u64,
    /// See above.
    pub hashed_bytes: u64,
    /// Files the fingerprint spared a read.
    pub unchanged: u64,
    /// FIFOs, sockets and devices, never opened.
    pub skipped: u64,
    /// Contents that were examined again without being hashed again.
    pub reexamined: u64,
    /// Files read now whose name says another format than their bytes, with what they hold.
    pub misnamed: Vec<Problem>,
    /// Links recorded now that lead to a folder out of the roots, or nowhere, with where: what is below them is
    /// not scanned.
    pub unfollowed: Vec<Problem>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
    /// Those of them that contents have, as the tally found them.
    standing: BTreeSet<Problem>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

impl ScanOutcome {
    /// Adds what there is in a part of a root.
    fn add(
        &mut self,
        reader: &Reader,
        record: &Record,
        known: &BTreeMap<AssetId, Known>,
        root: &RootName,
        start: &RelPath,
        totals: Totals,
    ) -> Result<Tally, AppError> {
        let mut standing = Vec::new();
        let part = tally(reader, record, known, root, start, totals, &mut standing)?;
        self.tally += part;
        self.problems.extend(standing.iter().cloned());
        self.problems.sort();
        self.standing.extend(standing);
        Ok(part)
    }
}

/// Scans all roots of a project, or a part of one.
pub fn scan(
    project: &Project,
    context: &Context<'_>,
    options: &ScanOptions,
) -> Result<ScanOutcome, AppError> {
    let began = context.now();
    let mut outcome = ScanOutcome::default();
    let ended = scan_parts(project, context, options, &mut outcome);
    // Also of a scan that was stopped or failed: what it could not look at it did not look at.
    for problem in &outcome.problems {
        context.reporter.problem(problem);
    }
    ended?;
    let nanos = context.now().as_nanos().saturating_sub(began.as_nanos());
    outcome.elapsed_ms = u64::try_from(nanos / 1_000_000).unwrap_or(0);
    Ok(outcome)
}

fn scan_parts(
    project: &Project,
    context: &Context<'_>,
    options: &ScanOptions,
    outcome: &mut ScanOutcome,
) -> Result<(), AppError> {
    let parts = parts(project, context, options.directory.as_deref())?;
    let detection = Detection::of(project, options.deep)?;
    let mut ledger = Checked::of(project);
    let reader = project.reader()?;
    let before = reader.head()?.seq;
    if have_changed(&reader, &detection)? {
        adopt(project, context, ledger.get()?, &detection)?;
    }
    let mut all = true;
    for (root, start) in &parts {
        let part = Part { project, context, detection: &detection, root, start, manner: &PLAIN };
        match part.scan(&mut ledger, outcome) {
            Ok(walked) => all &= walked,
            Err(error) => {
                // Whatever went wrong first: that the ledger does not hold is worse.
                if !matches!(error, AppError::Interrupted) {
                    ledger.get()?;
                }
                return Err(error);
            }
        }
    }
    // All there is: every root, each walked to its end.
    let all = all && options.directory.is_none();
    outcome.reexamined = reexamine(
        project,
        context,
        ledger.get()?,
        &detection,
        &Wanted { parts: &parts, all, asked: options.redetect },
        &mut outcome.problems,
    )?;
    if outcome.reexamined > 0 {
        retold(project, &parts, outcome)?;
    }
    outcome.unfollowed = unfollowed(project, context, before)?;
    Ok(())
}

/// Links recorded since an event that hide a folder from every scan, with where they lead. Asked for when all is on
/// record: it may take as long as one waits for a share.
fn unfollowed(
    project: &Project,
    context: &Context<'_>,
    since: Seq,
) -> Result<Vec<Problem>, AppError> {
    let mut unfollowed = Vec::new();
    project.reader()?.links_since(since, &mut |path| {
        if let Some(Behind::Unknown(why)) = behind_path(project, context, &path) {
            unfollowed.push(Problem::at(&path, why));
        }
        context.check().is_ok()
    })?;
    context.check()?;
    Ok(unfollowed)
}

/// Counts anew, and says anew what contents could not be looked at, since some were examined again.
fn retold(
    project: &Project,
    parts: &[(&Root, RelPath)],
    outcome: &mut ScanOutcome,
) -> Result<(), AppError> {
    let reader = project.reader()?;
    let mut record = decisions(&reader)?;
    let known = origins(&reader, &mut record, None)?;
    let before = std::mem::take(&mut outcome.standing);
    outcome.problems.retain(|one| !before.contains(one));
    outcome.tally = Tally::default();
    for (root, start) in parts {
        let totals = reader.totals(&root.name, start)?;
        outcome.add(&reader, &record, &known, &root.name, start, totals)?;
    }
    outcome.problems.dedup();
    Ok(())
}

/// The ledger, opened for writing as late as when its history was found whole. Until then nothing is
/// written to its file, not even what opening it would write.
pub(super) struct Checked<'a> {
    project: &'a Project,
    ledger: Option<Ledger>,
}

impl<'a> Checked<'a> {
    /// One that is yet to be checked.
    pub(super) fn of(project: &'a Project) -> Self {
        Self { project, ledger: None }
    }

    pub(super) fn get(&mut self) -> Result<&mut Ledger, AppError> {
        if self.ledger.is_none() {
            whole(self.project)?;
            self.ledger = Some(self.project.ledger()?);
        }
        let closed = || AppError::Internal("the ledger is not open".to_owned());
        self.ledger.as_mut().ok_or_else(closed)
    }
}

/// The roots to scan, and where to begin in each.
pub(super) fn parts<'a>(
    project: &'a Project,
    context: &Context<'_>,
    directory: Option<&Path>,
) -> Result<Vec<(&'a Root, RelPath)>, AppError> {
    let whole = || project.config.roots.iter().map(|root| (root, RelPath::root())).collect();
    let Some(directory) = directory else { return Ok(whole()) };
    let path = context.absolute(directory);
    let path = std::fs::canonicalize(&path).map_err(|error| {
        AppError::usage(
            format!("cannot open {}: {error}", path.display()),
            "name a folder of the project",
        )
    })?;
    if path == project.dir {
        return Ok(whole());
    }
    let (root, below) = project.locate(&path).ok_or_else(|| {
        AppError::usage(
            format!("{} lies outside the roots of {}", path.display(), project.dir.display()),
            "add it as a [[root]] in .genlock/config.toml, or scan it as a project of its own",
        )
    })?;
    Ok(vec![(root, below.path)])
}

/// A root that cannot be walked is a problem; what the ledger knows of it stays as it is. A start
/// that makes no sense is the caller's mistake. Gives that not everything was walked.
fn unwalkable(
    error: WalkError,
    root: &Root,
    outcome: &mut ScanOutcome,
) -> Result<Walked, AppError> {
    match error {
        WalkError::Cancelled => Err(AppError::Interrupted),
        WalkError::RootVanished { .. } | WalkError::RootUnreadable { .. } => {
            outcome.problems.push(root_problem(root, &error));
            Ok(Walked::NotAll)
        }
        other => Err(AppError::usage(
            other.to_string(),
            "name a folder inside the project that is not left out",
        )),
    }
}

fn root_problem(root: &Root, error: &WalkError) -> Problem {
    let what = format!("{}; nothing in it is called missing", in_one_line(error));
    Problem::new(root.path.display(), what)
}

/// One root, or a part of one, on its way through the pipeline.
pub(super) struct Part<'a> {
    pub(super) project: &'a Project,
    pub(super) context: &'a Context<'a>,
    pub(super) detection: &'a Detection,
    pub(super) root: &'a Root,
    pub(super) start: &'a RelPath,
    pub(super) manner: &'a Manner<'a>,
}

/// A path whose folder is not there any more.
pub(super) type Departed = (RelPath, Box<[u8]>);

/// How far a scan of a part came.
enum Walked {
    /// Not everything could be walked.
    NotAll,
    /// Everything was.
    All,
    /// Everything was, nothing was journalled, and these totals hold.
    Unchanged(Totals),
}

/// What the ledger says of a part before it is scanned, asked while it is walked. Holds for as long
/// as nothing is journalled, which after a re-scan of unchanged files is the answer.
struct Survey {
    /// None where nobody is told the tally: to count goes through every file once more.
    totals: Option<Totals>,
    directories: Vec<RelPath>,
}

impl Survey {
    fn of(part: &Part<'_>, reader: &Reader) -> Result<Self, LedgerError> {
        let totals = || reader.totals(&part.root.name, part.start);
        Ok(Self {
            totals: part.manner.tallied.then(totals).transpose()?,
            directories: reader.directories(&part.root.name, part.start)?,
        })
    }

    /// The same of a part that was walked meanwhile, without another look at every file. Of one that is not
    /// tallied the files only, and none where the ledger has some in a folder that was not listed.
    fn totals(&self, compared: &Compared) -> Option<Totals> {
        let listed = || self.directories.iter().all(|one| compared.visited(one).is_some());
        let counted = || Totals { files: compared.present, ..Totals::default() };
        self.totals.or_else(|| listed().then(counted))
    }
}

/// What arrives at the ledger thread.
#[expect(
    clippy::large_enum_variant,
    reason = "most are facts, and a box for each costs more than room"
)]
pub(super) enum Arrival {
    Seen(Seen),
    Read(Vec<(Job, Outcome)>),
}

impl Part<'_> {
    /// Scans it and journals that it was. Gives whether all of it could be walked.
    pub(super) fn scan(
        &self,
        ledger: &mut Checked<'_>,
        outcome: &mut ScanOutcome,
    ) -> Result<bool, AppError> {
        let Self { project, context, root, start, .. } = self;
        let started = context.now();
        let reader = project.reader()?;
        let options = WalkOptions { start: (*start).clone(), filter: project.filter()? };
        // The outcome is of all parts; the event is of this one.
        let before = (outcome.hashed_files, outcome.problems.len() as u64);
        let walked = match Walk::new(&root.name, &root.path, &options, context.cancel) {
            Ok(walk) => {
                let walk = match &self.manner.onlooker {
                    Some(onlooker) => walk.with_onlooker(Arc::clone(onlooker)),
                    None => walk,
                };
                self.run(walk, ledger, &reader, outcome)?
            }
            Err(error) => unwalkable(error, root, outcome)?,
        };
        let ledger = ledger.get()?;
        context.check()?;
        failpoint::hit("scan-recorded");
        let totals = match walked {
            Walked::Unchanged(totals) => totals,
            Walked::All | Walked::NotAll => reader.totals(&root.name, start)?,
        };
        let mut record = decisions(&reader)?;
        let known = origins(&reader, &mut record, None)?;
        let part = outcome.add(&reader, &record, &known, &root.name, start, totals)?;
        let all = !matches!(walked, Walked::NotAll);
        if all {
            let completed = ScanCompleted {
                root: root.name.clone(),
                directory: (*start).clone(),
                started,
                files: part.files,
                hashed_files: outcome.hashed_files - before.0,
                problems: outcome.problems.len() as u64 - before.1,
            };
            let event = Event::ScanCompleted(completed);
            ledger.append(None, context.now(), &context.actor, &[event])?;
        }
        Ok(all)
    }

    /// Runs the pipeline to its end.
    fn run(
        &self,
        walk: Walk<'_>,
        ledger: &mut Checked<'_>,
        reader: &Reader,
        outcome: &mut ScanOutcome,
    ) -> Result<Walked, AppError> {
        let surveyor = self.project.reader()?;
        let before = surveyor.head()?;
        let walkers = available_parallelism().map_or(2, |cores| cores.get().clamp(2, WALKERS));
        let mut compared = Compared::default();
        let mut marked = surveyor.marked(&self.root.name, &SIDECARS)?;
        marked.extend(surveyor.unheard(&self.root.name, &SIDECARS)?);
        let marked = Arc::new(marked);
        let comparers: Vec<_> = (0..walkers)
            .map(|_| Comparer::new(self, self.project.reader()?, &marked, compared.part()))
            .collect::<Result<_, AppError>>()?;
        let (jobs, to_read) = bounded::<Vec<Job>>(CHUNKS);
        let (arrivals, arrived) = bounded::<Arrival>(ARRIVALS);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let mut walking: Vec<ScopedJoinHandle<'_, _>> = Vec::with_capacity(walkers);
            for (part, worker) in walk.split(walkers).into_iter().zip(comparers) {
                let (jobs, seen, stop) = (jobs.clone(), arrivals.clone(), &stop);
                walking.push(scope.spawn(move || {
                    worker.run(part, stop, &jobs, |one| seen.send(Arrival::Seen(one)).is_ok())
                }));
            }
            let surveying = scope.spawn(move || Survey::of(self, &surveyor));
            for _ in 0..self.project.config.readers {
                let (to_read, results) = (to_read.clone(), arrivals.clone());
                let reading = self.reading();
                scope.spawn(move || {
                    reading.run_admitted(self.manner.admission, &to_read, &results, Arrival::Read);
                });
            }
            drop((jobs, to_read, arrivals));

            let root = &self.root.name;
            let ledger = ledger.get();
            let mut ingest = ledger
                .map(|ledger| Ingest::new(ledger, self.context, self.detection, root.clone()));
            let mut sidecars = Vec::new();
            let journalled = match &mut ingest {
                Ok(ingest) => self.journal(&arrived, ingest, &mut sidecars, outcome),
                Err(_) => Ok(()),
            };
            // With nobody listening any more, every thread ends at its next word or folder.
            stop.store(true, Ordering::Relaxed);
            drop(arrived);
            let died = || AppError::Internal("a thread of the scan died".to_owned());
            let walked: Vec<_> = walking.into_iter().map(ScopedJoinHandle::join).collect();
            let survey = surveying.join().map_err(|_| died())?;
            let mut ingest = ingest?;
            journalled?;
            let mut ended = Ok(());
            for part in walked {
                let (part, end) = part.map_err(|_| died())??;
                compared.merge(part);
                ended = ended.and(end);
            }
            outcome.unchanged += compared.unchanged;
            outcome.skipped += compared.skipped;
            match ended {
                Ok(()) => {}
                Err(WalkError::Cancelled) => return Err(AppError::Interrupted),
                Err(error) => {
                    outcome.problems.push(root_problem(self.root, &error));
                    return Ok(Walked::NotAll);
                }
            }
            self.context.check()?;
            let survey = survey?;
            let totals = survey.totals(&compared);
            let directories = if reader.head()? == before {
                survey.directories
            } else {
                reader.directories(&self.root.name, self.start)?
            };
            let gone = self.sweep(directories, &compared, reader, outcome)?;
            for (directory, name) in gone {
                ingest.add(&directory, Fact::Gone(name))?;
            }
            ingest.flush()?;
            attach(&mut Beside::new(self.root, self.reading()), reader, &mut ingest, &sidecars)?;
            ingest.flush()?;
            let unchanged = reader.head()? == before;
            Ok(totals.filter(|_| unchanged).map_or(Walked::All, Walked::Unchanged))
        })
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading::new(self.context, &self.detection.settings)
    }

    pub(super) fn journal(
        &self,
        arrived: &crossbeam_channel::Receiver<Arrival>,
        ingest: &mut Ingest<'_>,
        sidecars: &mut Vec<Sidecar>,
        outcome: &mut ScanOutcome,
    ) -> Result<(), AppError> {
        loop {
            match arrived.recv_timeout(Duration::from_millis(500)) {
                Ok(Arrival::Seen(Seen::Fact(directory, fact))) => {
                    ingest.add(&directory, fact)?;
                }
                Ok(Arrival::Seen(Seen::Problem(problem))) => outcome.problems.push(problem),
                Ok(Arrival::Seen(Seen::Sidecar(sidecar))) => sidecars.push(sidecar),
                Ok(Arrival::Read(chunk)) => {
                    for (job, read) in chunk {
                        self.take(job, read, ingest, outcome)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => ingest.flush_if_old()?,
                Err(RecvTimeoutError::Disconnected) => return ingest.flush(),
            }
        }
    }

    fn take(
        &self,
        job: Job,
        read: Outcome,
        ingest: &mut Ingest<'_>,
        outcome: &mut ScanOutcome,
    ) -> Result<(), AppError> {
        match read {
            Outcome::Found(found, shown) => {
                outcome.hashed_files += 1;
                outcome.hashed_bytes += found.fingerprint.size;
                if let Some(holds) = disagrees(&found.media_type, &found.name) {
                    let path = job.directory.join(&found.name);
                    let path = AssetPath::new(self.root.name.clone(), path);
                    outcome.misnamed.push(Problem::at(&path, holds));
                }
                ingest.add(&job.directory, Fact::Found(found, shown))
            }
            Outcome::Vanished => ingest.add(&job.directory, Fact::Gone(job.name)),
            Outcome::Failed(_, reason) => {
                let path = job.directory.join(&job.name);
                let path = AssetPath::new(self.root.name.clone(), path);
                outcome.problems.push(Problem::at(&path, reason));
                Ok(())
            }
        }
    }
}
