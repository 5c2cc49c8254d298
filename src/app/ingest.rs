//! From single facts to journalled batches: the one place that writes observations.

use std::collections::BTreeMap;

use crate::app::detection::Detection;
use crate::app::reading::Shown;
use crate::app::{AppError, Context};
use crate::detect::DETECTORS;
use crate::failpoint;
use crate::ledger::Ledger;
use crate::model::{
    AssetId, AssetPath, DirectoryObserved, Event, Evidence, Examination, Found, FoundLink, Name,
    NamedBeside, ObservedBatch, RelPath, RootName, Timestamp, Value,
};

/// Rows in a batch: enough to make a commit cheap per row, few enough to keep memory flat.
const BATCH_ROWS: usize = 32_768;

/// Evidence held back in a batch, roughly, in bytes.
const BATCH_BYTES: usize = 4 << 20;

/// Nanoseconds a fact may wait for its batch: what a killed scan has to read again.
const BATCH_AGE: i64 = 2_000_000_000;

/// One thing seen in a directory.
pub(super) enum Fact {
    /// A file with its content, and what its bytes showed; nothing, where they were not read.
    Found(Found, Shown),
    /// A symbolic link.
    Link(FoundLink),
    /// Something that was there and is not any more.
    Gone(Box<[u8]>),
}

/// Collects facts of one root and journals them in batches.
pub(super) struct Ingest<'a> {
    ledger: &'a mut Ledger,
    context: &'a Context<'a>,
    detection: &'a Detection,
    root: RootName,
    directories: BTreeMap<RelPath, DirectoryObserved>,
    examined: BTreeMap<AssetId, Examination>,
    attached: BTreeMap<AssetId, Vec<Evidence>>,
    named: Vec<NamedBeside>,
    values: BTreeMap<AssetId, Value>,
    rows: usize,
    bytes: usize,
    since: Option<Timestamp>,
}

impl<'a> Ingest<'a> {
    pub(super) fn new(
        ledger: &'a mut Ledger,
        context: &'a Context<'a>,
        detection: &'a Detection,
        root: RootName,
    ) -> Self {
        Self {
            ledger,
            context,
            detection,
            root,
            directories: BTreeMap::new(),
            examined: BTreeMap::new(),
            attached: BTreeMap::new(),
            named: Vec::new(),
            values: BTreeMap::new(),
            rows: 0,
            bytes: 0,
            since: None,
        }
    }

    /// Takes a fact; journals the batch when it is full.
    pub(super) fn add(&mut self, directory: &RelPath, fact: Fact) -> Result<(), AppError> {
        if !self.directories.contains_key(directory) {
            let observed = DirectoryObserved {
                directory: directory.clone(),
                files: Vec::new(),
                links: Vec::new(),
                gone: Vec::new(),
            };
            self.directories.insert(directory.clone(), observed);
        }
        let Some(observed) = self.directories.get_mut(directory) else { return Ok(()) };
        match fact {
            Fact::Found(found, shown) => {
                let path = AssetPath::new(self.root.clone(), directory.join(&found.name));
                let asset = found.asset;
                observed.files.push(found);
                let beside = self.detection.of_place(&path);
                self.shown(asset, shown, beside)?;
            }
            Fact::Link(link) => observed.links.push(link),
            Fact::Gone(name) => observed.gone.push(Name(name)),
        }
        self.counted()
    }

    /// Takes what examining a content anew showed, also if that is nothing any more.
    pub(super) fn again(&mut self, asset: AssetId, shown: Shown) -> Result<(), AppError> {
        self.examined.insert(asset, Examination::default());
        self.shown(asset, shown, Vec::new())?;
        self.counted()
    }

    /// Takes evidence from beside a content, to stay with it.
    pub(super) fn attach(
        &mut self,
        asset: AssetId,
        evidence: Vec<Evidence>,
    ) -> Result<(), AppError> {
        if evidence.is_empty() {
            return Ok(());
        }
        self.attached.entry(asset).or_default().extend(evidence);
        self.counted()
    }

    /// Takes the names that a sidecar has for a content, to stay with it.
    pub(super) fn name(&mut self, named: NamedBeside) -> Result<(), AppError> {
        if named.2.is_empty() {
            return Ok(());
        }
        self.named.push(named);
        self.counted()
    }

    fn shown(
        &mut self,
        asset: AssetId,
        shown: Shown,
        beside: Vec<Evidence>,
    ) -> Result<(), AppError> {
        let Shown { examination, hidden, values } = shown;
        if !examination.is_empty() {
            self.bytes += weight(&examination);
            self.examined.insert(asset, examination);
        }
        if !hidden.is_empty() || !beside.is_empty() {
            self.attached.entry(asset).or_default().extend(hidden.into_iter().chain(beside));
        }
        for value in values {
            if !self.values.contains_key(&value.hash) && !self.ledger.has_value(&value.hash)? {
                self.bytes += value.zlib.len();
                self.values.insert(value.hash, value);
            }
        }
        Ok(())
    }

    /// Counts a row; journals the batch when it is full or old.
    fn counted(&mut self) -> Result<(), AppError> {
        self.rows += 1;
        self.since.get_or_insert_with(|| self.context.now());
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            return self.flush();
        }
        self.flush_if_old()
    }

    /// Journals the batch if its first fact has waited long enough.
    pub(super) fn flush_if_old(&mut self) -> Result<(), AppError> {
        let old = self.since.is_some_and(|since| {
            self.context.now().as_nanos().saturating_sub(since.as_nanos()) >= BATCH_AGE
        });
        if old { self.flush() } else { Ok(()) }
    }

    /// Journals what is held.
    pub(super) fn flush(&mut self) -> Result<(), AppError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut directories: Vec<_> = std::mem::take(&mut self.directories).into_values().collect();
        for observed in &mut directories {
            // In the order of the table's key; also makes the journal independent of which
            // reader was faster.
            observed.files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            observed.links.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            observed.gone.sort_unstable();
            // A folder that changes while it is listed may name an entry twice (POSIX readdir).
            observed.files.dedup_by(|a, b| a.name == b.name);
            observed.links.dedup_by(|a, b| a.name == b.name);
        }
        // All of it, also what the tables say is known: they could be edited, and a gate trusts only
        // the journal.
        let examined = std::mem::take(&mut self.examined).into_iter().collect();
        let batch = ObservedBatch {
            root: self.root.clone(),
            detectors: DETECTORS,
            deep: self.detection.deep,
            directories,
            examined,
            attached: std::mem::take(&mut self.attached).into_iter().collect(),
            named: std::mem::take(&mut self.named),
            values: std::mem::take(&mut self.values).into_values().collect(),
        };
        self.rows = 0;
        self.bytes = 0;
        self.since = None;
        failpoint::hit("batch-full");
        self.ledger.append(
            None,
            self.context.now(),
            &self.context.actor,
            &[Event::Observed(batch)],
        )?;
        Ok(())
    }
}

fn weight(examination: &Examination) -> usize {
    let marks = examination
        .evidence
        .iter()
        .map(|one| 256 + one.mark.len() + one.detail.as_ref().map_or(0, String::len));
    let problems = examination.problems.iter().map(|one| 64 + one.problem.len());
    marks.sum::<usize>() + problems.sum::<usize>()
}
