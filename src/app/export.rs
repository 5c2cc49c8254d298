//! `export`: a final deliverable, copied out so that nothing but what was judged can arrive.
//!
//! Verdict, names, copy, comparison, papers, appearance, in this order. What is copied is hashed while it is
//! written and compared with what was judged, so a file that was swapped between gate and copy stops
//! it; what was written is read back from the device; the certificate comes last, and a folder without
//! one is no delivery. Killed at any moment, the next export goes on.

mod leaving;
mod standing;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::app::decide::decide_on;
use crate::app::deliverables::DeliverableState;
use crate::app::export::leaving::{check_target, leaving};
use crate::app::export::standing::finished;
use crate::app::gate::{GateAnswer, OnRecord, finalized, gate_on_record};
use crate::app::papers::{CERTIFICATE, Papers, algorithms, check_certificate, is_reserved, papers};
use crate::app::signing::SignOptions;
use crate::app::{AppError, Context, Project};
use crate::attest::Signer;
use crate::deliver::copy::{Copied, CopyError, CopyOptions, copy, read_back};
use crate::deliver::package::Algorithm;
use crate::deliver::staging::{PARTIAL, Staging, sweep};
use crate::failpoint;
use crate::model::{AssetId, AssetPath, Event, Exported, Outcome, RelPath};
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

/// Copies a deliverable into a folder, finalising it first if it is not final.
pub fn export(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    destination: &Path,
    options: &ExportOptions,
) -> Result<ExportAnswer, AppError> {
    let destination = context.absolute(destination);
    let sign = |one: &SignOptions| Signer::open(&context.absolute(&one.key), one.agent.as_deref());
    let signer = options.sign.as_ref().map(sign).transpose()?;
    let OnRecord { answer: gate, mut record } = gate_on_record(project, context, name)?;
    let mut answer = ExportAnswer {
        gate,
        destination: destination.clone(),
        swapped: Vec::new(),
        delivered: None,
        beside: Vec::new(),
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
    let fits = |gate: &GateAnswer, record: &Record, items: &[Item]| {
        let beside = check_target(&destination, items)?;
        check_certificate(context, options, gate, record, items, beside.clone())?;
        Ok::<_, AppError>(beside)
    };
    if !is_there && !is_resumed {
        fits(&answer.gate, &record, &items)?;
    }
    if answer.gate.state != DeliverableState::Final {
        let looked = OnRecord { answer: answer.gate, record };
        OnRecord { answer: answer.gate, record } = finalized(project, context, name, looked)?;
        if is_refused(&answer) {
            return Ok(answer);
        }
        items = leaving(&record, name)?;
    }
    if is_there {
        let (done, beside) = finished(context, &destination, name, &items, signer.as_ref())?;
        sweep(&destination)?;
        answer.beside = beside;
        answer.delivered = Some(note(project, context, record, done)?);
        return Ok(answer);
    }
    failpoint::hit("export-judged");
    let staging = Staging::open(&destination)?;
    staging.keep(|name| {
        let is_item = |name: &str| items.binary_search_by(|item| (*item.name).cmp(name)).is_ok();
        name.to_str().is_some_and(|name| is_reserved(name) || is_item(name))
    })?;
    let delivery = Delivery { project, context, options, staging: &staging, items: &items };
    // One whose papers are all there was killed while it appeared: they say what is in it.
    let papers = if let Some((papers, beside)) = delivery.resumed(name, signer.as_ref())? {
        answer.beside = beside;
        papers
    } else {
        answer.beside = fits(&answer.gate, &record, &items)?;
        let copied = match delivery.copy_all()? {
            Ok(copied) => copied,
            Err(swapped) => {
                staging.discard()?;
                answer.swapped = swapped;
                return Ok(answer);
            }
        };
        let beside = answer.beside.clone();
        let made = papers(&delivery, &answer.gate, &record, &copied, signer.as_ref(), beside)?;
        staging.sync()?;
        failpoint::hit("papers-synced");
        made
    };
    let mut names: Vec<&Path> = items.iter().map(|item| Path::new(&item.name)).collect();
    names.extend(papers.in_order().map(Path::new));
    let done = delivery.exported(name, &answer, &papers);
    staging.finish(&names)?;
    failpoint::hit("delivered");
    answer.delivered = Some(note(project, context, record, done)?);
    Ok(answer)
}

/// A delivery in the making.
pub(super) struct Delivery<'a> {
    pub(super) project: &'a Project,
    pub(super) context: &'a Context<'a>,
    pub(super) options: &'a ExportOptions,
    pub(super) staging: &'a Staging,
    pub(super) items: &'a [Item],
}

impl Delivery<'_> {
    /// Copies what is not there yet, and compares everything. The error lists what is not what was
    /// judged.
    fn copy_all(&self) -> Result<Result<Vec<Copied>, Vec<AssetPath>>, AppError> {
        let sizes: Vec<u64> = self.items.iter().map(|item| self.size(item)).collect();
        let missing = self.items.iter().zip(&sizes);
        let missing =
            missing.filter(|(item, _)| self.staging.find(Path::new(&item.name)).is_none());
        let needed: u64 = missing.map(|(_, size)| *size).sum();
        self.staging.check_room(needed.saturating_add(SPARE))?;
        self.context.reporter.expect(self.items.len() as u64, sizes.iter().sum());
        let copied = self.each(|item| self.copy_one(item))?;
        let mut swapped = Vec::new();
        for (item, copied) in self.items.iter().zip(&copied) {
            if copied.asset != item.asset {
                swapped.push(item.from.clone());
            }
        }
        if !swapped.is_empty() {
            return Ok(Err(swapped));
        }
        self.staging.sync()?;
        failpoint::hit("media-synced");
        if !self.options.no_read_back {
            self.context.reporter.expect(self.items.len() as u64, sizes.iter().sum());
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
        let advance = |bytes| self.context.reporter.advance(0, bytes);
        let done = act(&CopyOptions { algorithms, cancel: self.context.cancel, advance: &advance })
            .map_err(of_copy)?;
        self.context.reporter.advance(1, 0);
        Ok(done)
    }

    /// What a killed export copied is taken for a copy only when its bytes are.
    fn copy_one(&self, item: &Item) -> Result<Copied, AppError> {
        let name = Path::new(&item.name);
        let algorithms = algorithms(&item.name);
        if let Some(at) = self.staging.find(name) {
            let there = self.hashing(algorithms, |options| read_back(&at, options))?;
            if there.asset == item.asset {
                return Ok(there);
            }
            self.staging.remove(name)?;
        }
        let from = self.project.on_disk(&item.from).ok_or_else(|| {
            AppError::Internal(format!("the root of {} is not configured", item.from))
        })?;
        let to = self.staging.place(name)?;
        let copied = self.hashing(algorithms, |options| copy(&from, &to, options))?;
        failpoint::hit("media-copied");
        Ok(copied)
    }

    fn size(&self, item: &Item) -> u64 {
        let disk = self.project.on_disk(&item.from);
        disk.and_then(|disk| std::fs::symlink_metadata(disk).ok()).map_or(0, |found| found.len())
    }

    /// Does something for every item, some at a time: hashing keeps one processor busy, so does copying.
    fn each<T: Send>(
        &self,
        act: impl Fn(&Item) -> Result<T, AppError> + Sync,
    ) -> Result<Vec<T>, AppError> {
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let done = Mutex::new(Vec::with_capacity(self.items.len()));
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(AT_A_TIME);
        let first = std::thread::scope(|scope| {
            let work = || -> Result<(), AppError> {
                loop {
                    self.context.check()?;
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = self.items.get(at) else { return Ok(()) };
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

    fn exported(&self, name: &str, answer: &ExportAnswer, papers: &Papers) -> Exported {
        Exported {
            deliverable: name.to_owned(),
            gate: answer.gate.journal.seq,
            destination: answer.destination.to_string_lossy().into_owned(),
            files: self.items.len() as u64,
            bytes: self.items.iter().map(|item| self.size(item)).sum(),
            papers: papers.written.clone(),
            read_back: !self.options.no_read_back,
        }
    }
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
