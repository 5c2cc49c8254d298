//! The readers: threads that hash a file and examine what they hashed, through one open handle.

use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};

use crate::app::{AppError, Context};
use crate::clock::Clock;
use crate::detect::{Examined, Settings, examine};
use crate::model::{
    AssetId, ContentProblem, Evidence, Examination, Found, RelPath, RootName, RuleCode, Value,
};
use crate::observe::{Content, FileHasher, HashContext, HashError};
use crate::problem::Reporter;

/// A file to read.
pub(super) struct Job {
    pub(super) directory: Arc<RelPath>,
    pub(super) name: Box<[u8]>,
    pub(super) disk: PathBuf,
    /// Its root and what the ledger says it holds, where that is the question.
    pub(super) expected: Option<(RootName, AssetId)>,
}

/// Files in a chunk, at most: handing over small files one by one costs more than reading them.
const CHUNK_FILES: usize = 64;

/// Bytes in a chunk before it is handed over: large files go one by one, so that no reader sits on
/// work that another could do.
const CHUNK_BYTES: u64 = 1 << 20;

/// Files of one folder for which holding it open pays: opening, checking and closing it costs as much
/// as looking up the way to it three times.
const WORTH_ENTERING: usize = 4;

/// Gathers jobs into chunks for the readers.
#[derive(Default)]
pub(super) struct Chunk {
    jobs: Vec<Job>,
    bytes: u64,
}

impl Chunk {
    /// Adds a job for a file of `size` bytes; gives the chunk back when it is full.
    pub(super) fn add(&mut self, job: Job, size: u64) -> Option<Vec<Job>> {
        self.jobs.push(job);
        self.bytes += size;
        (self.jobs.len() >= CHUNK_FILES || self.bytes >= CHUNK_BYTES).then(|| self.take())
    }

    /// What has been gathered so far.
    pub(super) fn take(&mut self) -> Vec<Job> {
        self.bytes = 0;
        std::mem::take(&mut self.jobs)
    }
}

/// What the bytes of a content showed.
#[derive(Default)]
pub(super) struct Shown {
    /// Marks and problems.
    pub(super) examination: Examination,
    /// Marks that only decoded pixels show.
    pub(super) hidden: Vec<Evidence>,
    /// Long texts that these point to.
    pub(super) values: Vec<Value>,
}

/// A detail longer than this, in bytes, is kept apart, once for all marks that have it.
const DETAIL_MAX: usize = 512;

/// How much of it stays with the mark.
const DETAIL_START: usize = 256;

impl Shown {
    pub(super) fn of(Examined { examination, hidden, .. }: Examined) -> Self {
        let mut shown = Self { examination, hidden, values: Vec::new() };
        let all = shown.examination.evidence.iter_mut().chain(&mut shown.hidden);
        for one in all {
            let Some(detail) = one.detail.as_mut().filter(|text| text.len() > DETAIL_MAX) else {
                continue;
            };
            let value = Value::of(detail);
            one.value = Some(value.hash);
            let end = (0..=DETAIL_START).rev().find(|at| detail.is_char_boundary(*at));
            detail.truncate(end.unwrap_or(0));
            if shown.values.iter().all(|known| known.hash != value.hash) {
                shown.values.push(value);
            }
        }
        shown
    }
}

/// What reading one file gave.
pub(super) enum Outcome {
    /// Its content, and what it shows.
    Found(Found, Shown),
    /// It is not there any more, which is no problem.
    Vanished,
    /// It could not be read. The code is what a gate makes of it.
    Failed(RuleCode, String),
}

/// What the readers need from around them.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    clock: &'a dyn Clock,
    reporter: &'a dyn Reporter,
    cancel: &'a AtomicBool,
    pub(super) detection: &'a Settings,
    /// Whether contents are examined, and not only hashed.
    examines: bool,
}

/// Who says which files may be read now, and whether what came of it counts. Asked by the readers,
/// several at a time. What is turned away is as if it had not been listed: who turned it away
/// answers for it.
pub(super) trait Admission: Sync {
    /// Before a reader's first file, on its own thread.
    fn begin(&self) {}

    /// Whether to read this now.
    fn admits(&self, job: &Job) -> bool;

    /// Whether what was read counts.
    fn accepts(&self, job: &Job, outcome: &Outcome) -> bool;
}

/// Reads whatever it is given.
pub(super) struct Everything;

impl Admission for Everything {
    fn admits(&self, _: &Job) -> bool {
        true
    }

    fn accepts(&self, _: &Job, _: &Outcome) -> bool {
        true
    }
}

impl<'a> Reading<'a> {
    /// With the clock and the listeners of a command.
    pub(super) fn new(context: &'a Context<'_>, detection: &'a Settings) -> Self {
        let Context { clock, reporter, cancel, .. } = *context;
        Self { clock, reporter, cancel, detection, examines: true }
    }

    /// For who only asks whether files hold what they held.
    pub(super) fn only_hashing(self) -> Self {
        Self { examines: false, ..self }
    }
}

impl Reading<'_> {
    /// Stops here if the user asked to.
    pub(super) fn check(&self) -> Result<(), AppError> {
        if self.cancel.load(Ordering::Relaxed) { Err(AppError::Interrupted) } else { Ok(()) }
    }

    /// Reads jobs until there are no more, nobody listens, or the user stops.
    pub(super) fn run<T>(
        &self,
        jobs: &Receiver<Vec<Job>>,
        results: &Sender<T>,
        wrap: impl Fn(Vec<(Job, Outcome)>) -> T,
    ) {
        self.run_admitted(&Everything, jobs, results, wrap);
    }

    /// The same, of what `admission` lets through.
    pub(super) fn run_admitted<T>(
        &self,
        admission: &dyn Admission,
        jobs: &Receiver<Vec<Job>>,
        results: &Sender<T>,
        wrap: impl Fn(Vec<(Job, Outcome)>) -> T,
    ) {
        admission.begin();
        let mut hasher = FileHasher::new();
        for mut chunk in jobs {
            chunk.retain(|job| admission.admits(job));
            let mut outcomes = Vec::with_capacity(chunk.len());
            for run in chunk.chunk_by(|a, b| Arc::ptr_eq(&a.directory, &b.directory)) {
                if self.read_run(&mut hasher, run, &mut outcomes).is_none() {
                    return;
                }
            }
            let read = chunk.into_iter().zip(outcomes);
            let counted = read.filter(|(job, outcome)| admission.accepts(job, outcome)).collect();
            if results.send(wrap(counted)).is_err() {
                return;
            }
        }
    }

    /// Reads files of one folder. `None` when the user stops.
    fn read_run(
        &self,
        hasher: &mut FileHasher,
        run: &[Job],
        outcomes: &mut Vec<Outcome>,
    ) -> Option<()> {
        let before = outcomes.len();
        let folder = run.first().and_then(|job| job.disk.parent());
        if let Some(folder) = folder.filter(|_| run.len() >= WORTH_ENTERING) {
            hasher.enter(folder);
        }
        for job in run {
            outcomes.push(self.read(hasher, job)?);
        }
        if !hasher.leave() {
            // Another folder has its name by now: each file counts by its whole path.
            outcomes.truncate(before);
            for job in run {
                outcomes.push(self.read(hasher, job)?);
            }
        }
        Some(())
    }

    /// `None` when the user stops.
    pub(super) fn read(&self, hasher: &mut FileHasher, job: &Job) -> Option<Outcome> {
        let advance = |bytes| self.reporter.advance(0, bytes);
        let context = HashContext { clock: self.clock, cancel: self.cancel, advance: &advance };
        let look = |content: Content<'_>, size: u64| self.look(content, size);
        let outcome = match hasher.read_with(&job.disk, &context, look) {
            Ok((file, examined)) => {
                let found = Found {
                    name: job.name.clone(),
                    asset: file.asset,
                    fingerprint: file.fingerprint,
                    sighting: file.sighting,
                    media_type: examined.media_type.to_owned(),
                };
                Outcome::Found(found, Shown::of(examined))
            }
            Err(HashError::Cancelled) => return None,
            Err(HashError::Vanished { .. }) => Outcome::Vanished,
            Err(error @ HashError::KeepsChanging { .. }) => {
                Outcome::Failed(RuleCode::MediaChanged, error.reason())
            }
            Err(error) => Outcome::Failed(RuleCode::MediaUnread, error.reason()),
        };
        self.reporter.advance(1, 0);
        Some(outcome)
    }

    /// What `look` makes of a file, if it holds that asset and held still; else nothing. It counts as
    /// no progress: nobody expected it.
    pub(super) fn look_at<T>(
        &self,
        hasher: &mut FileHasher,
        disk: &Path,
        asset: &AssetId,
        look: impl FnMut(Content<'_>, u64) -> T,
    ) -> Option<T> {
        let context = HashContext { clock: self.clock, cancel: self.cancel, advance: &|_| () };
        let (file, seen) = hasher.read_with(disk, &context, look).ok()?;
        (file.asset == *asset).then_some(seen)
    }

    pub(super) fn look(&self, content: Content<'_>, size: u64) -> Examined {
        let unexamined = |problems| Examined {
            media_type: "application/octet-stream",
            examination: Examination { problems, ..Examination::default() },
            hidden: Vec::new(),
        };
        if !self.examines {
            return unexamined(Vec::new());
        }
        let look = || match content {
            Content::Whole(bytes) => examine(&mut Cursor::new(bytes), size, bytes, self.detection),
            Content::File { file, head } => {
                let mut source: &File = file;
                examine(&mut source, size, head, self.detection)
            }
        };
        // A defect of ours in one walker must not keep a whole tree from being scanned.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(look)).unwrap_or_else(|_| {
            unexamined(vec![ContentProblem {
                detector: "genlock".to_owned(),
                problem: "a detector failed on it: please report this file".to_owned(),
            }])
        })
    }
}
