//! From single facts to journalled batches: the one place that writes observations.

use std::collections::BTreeMap;

use crate::app::{AppError, Context};
use crate::detect::DETECTORS;
use crate::failpoint;
use crate::ledger::{Ledger, Reader};
use crate::model::{
    AssetId, DirectoryObserved, Event, Examination, Found, FoundLink, Name, ObservedBatch, RelPath,
    RootName, Timestamp,
};

/// Rows in a batch: enough to make a commit cheap per row, few enough to keep memory flat.
const BATCH_ROWS: usize = 32_768;

/// Evidence held back in a batch, roughly, in bytes.
const BATCH_BYTES: usize = 4 << 20;

/// Nanoseconds a fact may wait for its batch: what a killed scan has to read again.
const BATCH_AGE: i64 = 2_000_000_000;

/// One thing seen in a directory.
pub(super) enum Fact {
    /// A file with its content.
    Found(Found, Examination),
    /// A symbolic link.
    Link(FoundLink),
    /// Something that was there and is not any more.
    Gone(Box<[u8]>),
}

/// Collects facts of one root and journals them in batches.
pub(super) struct Ingest<'a> {
    ledger: &'a mut Ledger,
    reader: &'a Reader,
    context: &'a Context<'a>,
    root: RootName,
    directories: BTreeMap<RelPath, DirectoryObserved>,
    examined: BTreeMap<AssetId, Examination>,
    rows: usize,
    bytes: usize,
    since: Option<Timestamp>,
}

impl<'a> Ingest<'a> {
    pub(super) fn new(
        ledger: &'a mut Ledger,
        reader: &'a Reader,
        context: &'a Context<'a>,
        root: RootName,
    ) -> Self {
        Self {
            ledger,
            reader,
            context,
            root,
            directories: BTreeMap::new(),
            examined: BTreeMap::new(),
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
            Fact::Found(found, examination) => {
                if !examination.is_empty() {
                    self.bytes += weight(&examination);
                    self.examined.insert(found.asset, examination);
                }
                observed.files.push(found);
            }
            Fact::Link(link) => observed.links.push(link),
            Fact::Gone(name) => observed.gone.push(Name(name)),
        }
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
        let examined = self.news()?;
        let batch =
            ObservedBatch { root: self.root.clone(), detectors: DETECTORS, directories, examined };
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

    /// Examinations the ledger does not have: a copy of a known file shows nothing new.
    fn news(&mut self) -> Result<Vec<(AssetId, Examination)>, AppError> {
        let mut news = Vec::new();
        for (asset, examination) in std::mem::take(&mut self.examined) {
            let known = self.reader.asset(&asset)?.is_some_and(|row| row.detectors >= DETECTORS);
            if !known || self.reader.examination(&asset)? != examination {
                news.push((asset, examination));
            }
        }
        Ok(news)
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
