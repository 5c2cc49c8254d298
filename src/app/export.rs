//! `export`: a final deliverable, copied out so that nothing but what was judged can arrive.
//!
//! Verdict, copy, comparison, papers, appearance, in this order. What is copied is hashed while it is
//! written and compared with what was judged, so a file that was swapped between gate and copy stops
//! it; what was written is read back from the device; the certificate comes last, and a folder without
//! one is no delivery. Killed at any moment, the next export goes on.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::app::contents::Contents;
use crate::app::decide::{append, catch_up, fold};
use crate::app::deliverables::{DeliverableState, known};
use crate::app::gate::{GateAnswer, finalize, gate};
use crate::app::papers::{CERTIFICATE, Papers, is_reserved, papers};
use crate::app::signing::SignOptions;
use crate::app::{AppError, Context, Project};
use crate::attest::{Certificate, Signer};
use crate::deliver::copy::{Copied, CopyError, CopyOptions, copy, read_back};
use crate::deliver::package::Algorithm;
use crate::deliver::staging::{Staging, StagingError, sweep};
use crate::failpoint;
use crate::ledger::LedgerError;
use crate::model::{AssetId, AssetPath, Event, Exported, FinalItem, Outcome};
use crate::record::{PathFilter, Record};

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

/// What every copy is hashed with, besides BLAKE3: certificates say SHA-256, ASC MHL xxh64.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Xxh64];

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
    let mut answer = ExportAnswer {
        gate: judged(project, context, name)?,
        destination: destination.clone(),
        swapped: Vec::new(),
        delivered: None,
    };
    if answer.gate.verdict.outcome != Outcome::Pass {
        return Ok(answer);
    }
    let record = record_of(project, name)?;
    let items = items(&record, name)?;
    if destination.join(CERTIFICATE).is_file() {
        let done = finished(context, &destination, name, &items)?;
        sweep(&destination)?;
        answer.delivered = Some(note(project, context, &record, done)?);
        return Ok(answer);
    }
    failpoint::hit("export-judged");
    let staging = Staging::open(&destination)?;
    let delivery = Delivery { project, context, options, staging: &staging, items: &items };
    // One whose papers are all there was killed while it appeared: they say what is in it.
    let papers = if let Some(papers) = delivery.resumed(name)? {
        papers
    } else {
        let copied = match delivery.copy_all()? {
            Ok(copied) => copied,
            Err(swapped) => {
                staging.discard()?;
                answer.swapped = swapped;
                return Ok(answer);
            }
        };
        let made = papers(&delivery, &answer.gate, &record, &copied, signer.as_ref())?;
        staging.check(made.in_order().map(Path::new), 0)?;
        staging.sync()?;
        failpoint::hit("papers-synced");
        made
    };
    let mut names: Vec<&Path> = items.iter().map(|item| Path::new(&item.name)).collect();
    names.extend(papers.in_order().map(Path::new));
    let done = delivery.exported(name, &answer, &papers);
    staging.finish(names)?;
    failpoint::hit("delivered");
    answer.delivered = Some(note(project, context, &record, done)?);
    Ok(answer)
}

/// A verdict of now: the deliverable is final, and holds what was finalised.
pub(super) fn judged(
    project: &Project,
    context: &Context<'_>,
    name: &str,
) -> Result<GateAnswer, AppError> {
    let looked = gate(project, context, name)?;
    let passes = looked.verdict.outcome == Outcome::Pass;
    if !passes || looked.state == DeliverableState::Final {
        return Ok(looked);
    }
    // Open; one that changed since it was final does not come here, its gate is not asked to
    // finalise it anew.
    if looked.state == DeliverableState::FinalChanged {
        return Err(AppError::usage(
            format!("{name} holds something else than was finalised"),
            format!("genlock reopen {name} --note WHY, then finalize it anew"),
        ));
    }
    finalize(project, context, name, None)
}

/// Everything decided, with what was seen of the deliverable.
fn record_of(project: &Project, name: &str) -> Result<Record, AppError> {
    let reader = project.reader()?;
    let decided = fold(&reader, None)?;
    let deliverable = known(&decided, name)?;
    let run = deliverable.gate.as_ref().map(|run| &run.fact);
    let contents = Contents::new(&deliverable.made)?
        .with_referenced(run.map(|run| run.referenced.clone()).unwrap_or_default())
        .with_links(run.map(|run| run.linked.as_slice()).unwrap_or_default());
    let scope: PathFilter<'_> = &|root, path| contents.contains(root, path);
    fold(&reader, Some(scope))
}

/// What leaves: the files that globs name; where there are only timelines, what they refer to.
pub(super) fn items(record: &Record, name: &str) -> Result<Vec<Item>, AppError> {
    let deliverable = known(record, name)?;
    let Some(done) = &deliverable.finalized else {
        return Err(AppError::Internal(format!("{name} is not final")));
    };
    let run = deliverable.gate.as_ref().map(|run| &run.fact);
    let linked = run.map(|run| run.linked.as_slice()).unwrap_or_default();
    let named = Contents::new(&deliverable.made)?.with_links(linked);
    let only_timelines = deliverable.made.paths.is_empty();
    let leaves =
        |item: &&FinalItem| only_timelines || named.contains(&item.path.root, &item.path.path);
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for FinalItem { path, asset } in done.fact.contents.iter().filter(leaves) {
        let name = delivered_as(path)?;
        if is_reserved(&name) {
            return Err(AppError::usage(
                format!("{path} has a name that a delivery keeps for its own papers"),
                "rename it, or leave it out of the deliverable",
            ));
        }
        let item = Item { from: path.clone(), name: name.clone(), asset: *asset };
        if let Some(other) = items.insert(name, item) {
            return Err(AppError::usage(
                format!("{path} and {} would have one name in the delivery", other.from),
                "rename one of the folders",
            ));
        }
    }
    Ok(items.into_values().collect())
}

/// A path of the project as it is; of another root below the root's name.
fn delivered_as(path: &AssetPath) -> Result<String, AppError> {
    let below = std::str::from_utf8(path.path.as_bytes()).map_err(|_| {
        AppError::usage(
            format!("{path} has a name that is not UTF-8, which a manifest cannot hold"),
            "rename it; what was approved stays approved",
        )
    })?;
    let root =
        if path.root.is_project() { String::new() } else { format!("{}/", path.root.as_str()) };
    Ok(format!("{root}{below}"))
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
        let names = self.items.iter().map(|item| Path::new(&item.name));
        self.staging.check(names, needed.saturating_add(SPARE))?;
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
        if let Some(at) = self.staging.find(name) {
            let there = self.hashing(&ALGORITHMS, |options| read_back(&at, options))?;
            if there.asset == item.asset {
                return Ok(there);
            }
            self.staging.remove(name)?;
        }
        let from = self.project.on_disk(&item.from).ok_or_else(|| {
            AppError::Internal(format!("the root of {} is not configured", item.from))
        })?;
        let to = self.staging.place(name)?;
        let copied = self.hashing(&ALGORITHMS, |options| copy(&from, &to, options))?;
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

    /// The papers of an export that was killed while the delivery appeared, if they are of this one and
    /// every file is what they say.
    fn resumed(&self, name: &str) -> Result<Option<Papers>, AppError> {
        let Some(at) = self.staging.find(Path::new(CERTIFICATE)) else { return Ok(None) };
        let read = AppError::io("read", &at);
        let text = std::fs::read_to_string(&at).map_err(read)?;
        let Ok(certificate) = Certificate::parse(&text) else { return Ok(None) };
        let papers = Papers::of(&certificate, &self.staging.folders());
        let (Some(papers), true) = (papers, is_of(&certificate, name, self.items)) else {
            self.staging.remove(Path::new(CERTIFICATE))?;
            return Ok(None);
        };
        let same = self.each(|item| {
            let Some(at) = self.staging.find(Path::new(&item.name)) else { return Ok(false) };
            Ok(self.hashing(&[], |options| read_back(&at, options))?.asset == item.asset)
        })?;
        Ok(same.into_iter().all(|same| same).then_some(papers))
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

/// Whether a certificate is of this deliverable as it was finalised.
fn is_of(certificate: &Certificate, name: &str, items: &[Item]) -> bool {
    let says = |item: &Item| {
        let mut files = certificate.files.iter();
        files.any(|file| {
            file.name.as_deref() == Some(&*item.name) && file.digest.blake3 == item.asset
        })
    };
    certificate.said.deliverable == name && items.iter().all(says)
}

/// A delivery that is there already: finished, and perhaps not on record because the program was killed.
/// Its certificate says what was delivered; that it still is there is looked at.
fn finished(
    context: &Context<'_>,
    destination: &Path,
    name: &str,
    items: &[Item],
) -> Result<Exported, AppError> {
    let path = destination.join(CERTIFICATE);
    let text = std::fs::read_to_string(&path).map_err(AppError::io("read", &path))?;
    let taken = || AppError::Staging(StagingError::Taken { path: path.clone() });
    let certificate = Certificate::parse(&text).map_err(|_| taken())?;
    let papers = Papers::of(&certificate, &[destination]).ok_or_else(taken)?;
    if !is_of(&certificate, name, items) {
        return Err(taken());
    }
    let advance = |bytes| context.reporter.advance(0, bytes);
    let options = CopyOptions { algorithms: &[], cancel: context.cancel, advance: &advance };
    let mut bytes = 0;
    for item in items {
        let path = destination.join(&item.name);
        let read = match read_back(&path, &options) {
            Ok(read) if read.asset == item.asset => read,
            Err(CopyError::Read { source, .. }) if source.kind() != ErrorKind::NotFound => {
                return Err(AppError::Io { action: "read", path, source });
            }
            Err(CopyError::Stopped) => return Err(AppError::Interrupted),
            _ => return Err(AppError::Unfaithful { path }),
        };
        bytes += read.size;
    }
    let gate = certificate.said.head.split_once(':').and_then(|(seq, _)| seq.parse().ok());
    Ok(Exported {
        deliverable: name.to_owned(),
        gate: crate::model::Seq(gate.unwrap_or_default()),
        destination: destination.to_string_lossy().into_owned(),
        files: items.len() as u64,
        bytes,
        papers: papers.written,
        read_back: certificate.said.read_back,
    })
}

/// Puts the export on record, unless it is.
fn note(
    project: &Project,
    context: &Context<'_>,
    record: &Record,
    done: Exported,
) -> Result<Exported, AppError> {
    if record.exports.iter().any(|known| known.fact == done) {
        return Ok(done);
    }
    let mut ledger = project.ledger()?;
    let reader = ledger.reader()?;
    let mut record = fold(&reader, None)?;
    loop {
        let event = [Event::Exported(done.clone())];
        match append(&mut ledger, context, &record, context.now(), &event) {
            Ok(_) => return Ok(done),
            Err(LedgerError::HeadMoved { .. }) => catch_up(&reader, &mut record, None)?,
            Err(error) => return Err(error.into()),
        }
    }
}

fn of_copy(error: CopyError) -> AppError {
    match error {
        CopyError::Stopped => AppError::Interrupted,
        CopyError::Read { path, source } => AppError::Io { action: "read", path, source },
        CopyError::Write { path, source } => AppError::Io { action: "write", path, source },
    }
}
