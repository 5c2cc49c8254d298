//! `export`: a final deliverable, copied out so that nothing but what was judged can arrive.
//!
//! Verdict, names, copy, comparison, papers, appearance, in this order. What is copied is hashed while it is
//! written and compared with what was judged, so a file that was swapped between gate and copy stops
//! it; what was written is read back from the device; the certificate comes last, and a folder without
//! one is no delivery. Killed at any moment, the next export goes on, with papers that say what is true
//! when it ends.

mod leaving;
mod standing;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::app::decide::decide_on;
use crate::app::export::leaving::{check_apart, check_target, empty_folders, leaving};
use crate::app::export::standing::verdict_of;
use crate::app::gate::{GateAnswer, OnRecord, finalized, gate_on_record};
use crate::app::papers::{CERTIFICATE, Papers, algorithms, check_certificate, is_reserved, papers};
use crate::app::signing::SignOptions;
use crate::app::{AppError, Context, Project};
use crate::attest::Signer;
use crate::deliver::copy::{Copied, CopyError, CopyOptions, copy, read_back};
use crate::deliver::package::Algorithm;
use crate::deliver::staging::{PARTIAL, Staging, check_place, is_left, sweep};
use crate::failpoint;
use crate::model::{
    AssetId, AssetPath, DeliverableState, Event, Exported, Outcome, RelPath, escape_bytes,
};
use crate::observe::presence::is_nothing;
use crate::record::Record;

/// How to export.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// Trust the system that what was written is on the device.
    pub no_read_back: bool,
    /// With what to sign the certificate.
    pub sign: Option<SignOptions>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ExportAnswer {
    /// The verdict it rests on; where it did not pass, nothing was copied.
    pub gate: GateAnswer,
    /// Where the delivery is.
    pub destination: PathBuf,
    /// Files that are not what was judged; where there is one, nothing was delivered.
    pub swapped: Vec<AssetPath>,
    /// What was delivered.
    pub delivered: Option<Exported>,
    /// What lay there before, and is no part of it.
    pub beside: Vec<RelPath>,
    /// The head of the journal that its certificate rests on.
    pub head: String,
    /// It lay there before, as it is to leave now.
    pub already: bool,
}

/// One file of the delivery.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Where it lies.
    pub(super) from: AssetPath,
    /// Its name in the delivery; UTF-8, as manifests are.
    pub(super) name: String,
    /// What was judged.
    pub(super) asset: AssetId,
}

/// What is to leave now, and what is true of it now.
#[derive(Clone, Copy)]
pub(super) struct Leaving<'a> {
    pub(super) project: &'a Project,
    pub(super) context: &'a Context<'a>,
    pub(super) options: &'a ExportOptions,
    pub(super) signer: Option<&'a Signer>,
    pub(super) gate: &'a GateAnswer,
    pub(super) record: &'a Record,
    pub(super) items: &'a [Item],
    /// Folders of packages in which nothing lies.
    pub(super) folders: &'a [String],
}

/// Copies a deliverable into a folder, finalising it first if it is not final.
pub fn export(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    destination: &Path,
    options: &ExportOptions,
) -> Result<ExportAnswer, AppError> {
    // A slash at its end would lead through a link.
    let destination: PathBuf = context.absolute(destination).components().collect();
    let sign = |one: &SignOptions| Signer::open(&context.absolute(&one.key), one.agent.as_deref());
    let signer = options.sign.as_ref().map(sign).transpose()?;
    let OnRecord { answer: gate, mut record } = gate_on_record(project, context, name)?;
    let mut answer = ExportAnswer {
        head: gate.journal.to_string(),
        gate,
        destination: destination.clone(),
        swapped: Vec::new(),
        delivered: None,
        beside: Vec::new(),
        already: false,
    };
    let is_refused = |answer: &ExportAnswer| answer.gate.verdict.outcome != Outcome::Pass;
    if is_refused(&answer) {
        return Ok(answer);
    }
    if answer.gate.state == DeliverableState::FinalChanged {
        // Wherever to: the refusal comes before anything that the destination is in the way of.
        let looked = OnRecord { answer: answer.gate, record };
        OnRecord { answer: answer.gate, record } = finalized(project, context, name, looked)?;
        if is_refused(&answer) {
            return Ok(answer);
        }
    }
    // What cannot leave under its name, or to there, is told before anything is final or copied.
    let mut items = leaving(&record, name)?;
    let is_there = destination.join(CERTIFICATE).is_file();
    let is_resumed = destination.join(PARTIAL).join(CERTIFICATE).is_file();
    let signer = signer.as_ref();
    let folders = &*empty_folders(project, context, &record, name)?;
    if !is_there && !is_resumed {
        let (gate, record, items) = (&answer.gate, &record, &items);
        Leaving { project, context, options, signer, gate, record, items, folders }
            .fits(&destination, None)?;
    }
    if answer.gate.state != DeliverableState::Final {
        let looked = OnRecord { answer: answer.gate, record };
        OnRecord { answer: answer.gate, record } = finalized(project, context, name, looked)?;
        if is_refused(&answer) {
            return Ok(answer);
        }
        items = leaving(&record, name)?;
    }
    let gate = &answer.gate;
    let leaving = Leaving {
        project,
        context,
        options,
        signer,
        gate,
        record: &record,
        items: &items,
        folders,
    };
    if is_there {
        let (done, said) = leaving.finished(&destination)?;
        sweep(&destination)?;
        (answer.beside, answer.head, answer.already) = (said.beside, said.head, true);
        answer.delivered = Some(note(project, context, record, done)?);
        return Ok(answer);
    }
    failpoint::hit("export-judged");
    let staging = Staging::open(&destination)?;
    let delivery = Delivery { leaving, staging: &staging };
    let papers = match delivery.put_together() {
        Ok(Ok(papers)) => papers,
        Ok(Err(swapped)) => {
            staging.discard()?;
            answer.swapped = swapped;
            return Ok(answer);
        }
        Err(error) => {
            staging.leave();
            return Err(error);
        }
    };
    let mut names: Vec<&Path> = items.iter().map(|item| Path::new(&item.name)).collect();
    names.extend(papers.in_order().map(Path::new));
    let done = delivery.exported(&papers);
    staging.finish(&names, folders, &papers.said.beside)?;
    failpoint::hit("delivered");
    (answer.beside, answer.head) = (papers.said.beside, papers.said.head);
    answer.delivered = Some(note(project, context, record, done)?);
    Ok(answer)
}

impl Leaving<'_> {
    /// Checks that there is room for it, that all of it can lie in the target, and that a certificate and a manifest can say so. Gives
    /// what lies there beside.
    fn fits(&self, target: &Path, staging: Option<&Staging>) -> Result<Vec<RelPath>, AppError> {
        check_apart(self, target)?;
        let missing = self.items.iter().filter(|item| !is_left(target, Path::new(&item.name)));
        let needed: u64 = missing.map(|item| self.size(item)).sum();
        check_place(target, needed.saturating_add(SPARE))?;
        let beside = check_target(target, staging, self.items, self.folders)?;
        check_certificate(self, beside.clone())?;
        Ok(beside)
    }

    fn size(&self, item: &Item) -> u64 {
        let disk = self.project.on_disk(&item.from);
        disk.and_then(|disk| std::fs::symlink_metadata(disk).ok()).map_or(0, |found| found.len())
    }

    /// Whether a file, or an empty folder, of that name leaves.
    pub(super) fn has(&self, name: &Path) -> bool {
        name.to_str().is_some_and(|name| {
            self.items.binary_search_by(|item| (*item.name).cmp(name)).is_ok()
                || self.folders.binary_search_by(|folder| (**folder).cmp(name)).is_ok()
        })
    }
}

/// A delivery in the making.
pub(super) struct Delivery<'a> {
    pub(super) leaving: Leaving<'a>,
    pub(super) staging: &'a Staging,
}

impl Delivery<'_> {
    /// Puts all of it together with its papers. The inner error lists what is not what was judged.
    fn put_together(&self) -> Result<Result<Papers, Vec<AssetPath>>, AppError> {
        let Self { leaving, staging } = self;
        staging.keep(|name| leaving.has(name) || name.to_str().is_some_and(is_reserved))?;
        staging.make_folders(leaving.folders)?;
        // One whose papers are all there was killed while it appeared: they say what is in it.
        if let Some(papers) = self.resumed()? {
            return Ok(Ok(papers));
        }
        let beside = leaving.fits(staging.target(), Some(staging))?;
        match self.copy_all()? {
            Ok(copied) => Ok(Ok(papers(self, &copied, beside)?)),
            Err(swapped) => Ok(Err(swapped)),
        }
    }

    /// Copies what is not there yet, and compares everything. The error lists what is not what was
    /// judged.
    fn copy_all(&self) -> Result<Result<Vec<Copied>, Vec<AssetPath>>, AppError> {
        let sizes: Vec<u64> =
            self.leaving.items.iter().map(|item| self.leaving.size(item)).collect();
        self.leaving.context.reporter.expect(self.leaving.items.len() as u64, sizes.iter().sum());
        let mut copied = Vec::new();
        let mut swapped = Vec::new();
        for (item, one) in self.leaving.items.iter().zip(self.each(|item| self.copy_one(item))?) {
            match one.filter(|one| one.asset == item.asset) {
                Some(one) => copied.push(one),
                None => swapped.push(item.from.clone()),
            }
        }
        if !swapped.is_empty() {
            return Ok(Err(swapped));
        }
        self.staging.sync()?;
        failpoint::hit("media-synced");
        if !self.leaving.options.no_read_back {
            self.leaving
                .context
                .reporter
                .expect(self.leaving.items.len() as u64, sizes.iter().sum());
            self.each(|item| {
                let Some(at) = self.staging.find(Path::new(&item.name)) else {
                    return Err(AppError::Internal(format!("{} was not copied", item.name)));
                };
                let read = self.hashing(&[], |options| read_back(&at, options))?;
                if read.asset != item.asset {
                    return Err(AppError::Unfaithful { path: at });
                }
                Ok(())
            })?;
            failpoint::hit("media-read-back");
        }
        Ok(Ok(copied))
    }

    fn hashing<T>(
        &self,
        algorithms: &[Algorithm],
        act: impl FnOnce(&CopyOptions<'_>) -> Result<T, CopyError>,
    ) -> Result<T, AppError> {
        let advance = |bytes| self.leaving.context.reporter.advance(0, bytes);
        let done = act(&CopyOptions {
            algorithms,
            cancel: self.leaving.context.cancel,
            advance: &advance,
        })
        .map_err(of_copy)?;
        self.leaving.context.reporter.advance(1, 0);
        Ok(done)
    }

    /// What a killed export copied is taken for a copy only when its bytes are. `None` where what was
    /// judged is no file any more.
    fn copy_one(&self, item: &Item) -> Result<Option<Copied>, AppError> {
        let name = Path::new(&item.name);
        let algorithms = algorithms(&item.name);
        if let Some(at) = self.staging.find(name) {
            let there = self.hashing(algorithms, |options| read_back(&at, options))?;
            if there.asset == item.asset {
                return Ok(Some(there));
            }
            self.staging.remove(name)?;
        }
        let from = self.leaving.project.on_disk(&item.from).ok_or_else(|| {
            AppError::Internal(format!("the root of {} is not configured", item.from))
        })?;
        let to = self.staging.place(name)?;
        let copied = match self.hashing(algorithms, |options| copy(&from, &to, options)) {
            Err(AppError::Io { path, .. }) if path == from && !is_file(&from)? => return Ok(None),
            copied => copied?,
        };
        failpoint::hit("media-copied");
        Ok(Some(copied))
    }

    /// Does something for every item, some at a time: hashing keeps one processor busy, so does copying.
    fn each<T: Send>(
        &self,
        act: impl Fn(&Item) -> Result<T, AppError> + Sync,
    ) -> Result<Vec<T>, AppError> {
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let done = Mutex::new(Vec::with_capacity(self.leaving.items.len()));
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(AT_A_TIME);
        let first = std::thread::scope(|scope| {
            let work = || -> Result<(), AppError> {
                loop {
                    self.leaving.context.check()?;
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = self.leaving.items.get(at) else { return Ok(()) };
                    if failed.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    let one = act(item).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, one));
                }
            };
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| {
                let died = |_| AppError::Internal("a copying thread died".to_owned());
                thread.join().map_err(died)?
            })
        });
        first?;
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(at, _)| *at);
        Ok(done.into_iter().map(|(_, one)| one).collect())
    }

    fn exported(&self, papers: &Papers) -> Exported {
        Exported {
            deliverable: self.leaving.gate.deliverable.clone(),
            gate: verdict_of(&papers.said),
            destination: on_record(self.staging.target()),
            files: self.leaving.items.len() as u64,
            bytes: self.leaving.items.iter().map(|item| self.leaving.size(item)).sum(),
            papers: papers.written.clone(),
            read_back: !self.leaving.options.no_read_back,
        }
    }
}

/// Whether a file lies there, and no link or anything else.
fn is_file(path: &Path) -> Result<bool, AppError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(found.is_file()),
        Err(error) if is_nothing(&error) => Ok(false),
        Err(error) => Err(AppError::io("look at", path)(error)),
    }
}

/// A folder of the machine as it is recorded: in UTF-8, with other bytes escaped as in any path.
pub(super) fn on_record(folder: &Path) -> String {
    escape_bytes(folder.as_os_str().as_bytes()).into_owned()
}

/// Copies and reads at a time.
const AT_A_TIME: usize = 4;

/// Room for the papers.
const SPARE: u64 = 16 << 20;

/// Puts the export on record, unless it is.
fn note(
    project: &Project,
    context: &Context<'_>,
    record: Record,
    done: Exported,
) -> Result<Exported, AppError> {
    if record.exports.iter().all(|known| known.fact != done) {
        let event = Event::Exported(done.clone());
        decide_on(record, project, context, |_| Ok((vec![event.clone()], ())))?;
    }
    Ok(done)
}

fn of_copy(error: CopyError) -> AppError {
    match error {
        CopyError::Stopped => AppError::Interrupted,
        CopyError::Read { path, source } => AppError::Io { action: "read", path, source },
        CopyError::Write { path, source } => AppError::Io { action: "write", path, source },
    }
}
