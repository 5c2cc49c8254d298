//! How fast observations enter the ledger: journal, chain hash and tables, durable.
//!
//! `cargo bench --bench ingest -- [ROWS]` (default 1,000,000). Prints assets per second for batches
//! of the size scans use. Synthetic contents: every row is a new asset in a tree of 20 files a
//! folder, so every table and index grows.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::error::Error;
use std::time::Instant;

use genlock::ledger::Ledger;
use genlock::model::{
    AssetId, DirectoryObserved, Event, Fingerprint, Found, ObservedBatch, RelPath, RootName,
    Sighting, Timestamp,
};

const BATCH: u64 = 32_768;
const FILES_A_FOLDER: u64 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000_000_u64);
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("ledger.db");
    let mut ledger = Ledger::create(&path)?;
    let mut spent = std::time::Duration::ZERO;
    let mut next = 0;
    while next < rows {
        let batch = batch(next, BATCH.min(rows - next))?;
        next += BATCH;
        let began = Instant::now();
        ledger.append(None, Timestamp::from_nanos(1), "bench", &[Event::Observed(batch)])?;
        spent += began.elapsed();
    }
    let rate = u128::from(rows) * 1000 / spent.as_millis().max(1);
    let size = std::fs::metadata(&path)?.len() / 1_000_000;
    println!("{rows} assets in {:.2} s: {rate} assets/s, ledger {size} MB", spent.as_secs_f64());
    Ok(())
}

fn batch(from: u64, rows: u64) -> Result<ObservedBatch, Box<dyn Error>> {
    let mut directories: Vec<DirectoryObserved> = Vec::new();
    for row in from..from + rows {
        let folder = row / FILES_A_FOLDER;
        let directory = RelPath::new(format!("reel{:03}/shot{folder:06}", folder / 500))?;
        if directories.last().is_none_or(|last| last.directory != directory) {
            let (files, links, gone) = (Vec::new(), Vec::new(), Vec::new());
            directories.push(DirectoryObserved { directory, files, links, gone });
        }
        if let Some(last) = directories.last_mut() {
            last.files.push(found(row));
        }
    }
    Ok(ObservedBatch {
        root: RootName::project(),
        detectors: 1,
        deep: false,
        directories,
        examined: Vec::new(),
        attached: Vec::new(),
        named: Vec::new(),
        values: Vec::new(),
    })
}

fn found(row: u64) -> Found {
    let time = 1_795_000_000_000_000_000 + i64::try_from(row).unwrap_or(0) * 1_000;
    Found {
        name: format!("comp_v001.{:04}.exr", row % FILES_A_FOLDER).into_bytes().into(),
        asset: AssetId::from(blake3::hash(&row.to_le_bytes())),
        fingerprint: Fingerprint {
            size: 12_345_678 + row,
            mtime: time,
            ctime: time,
            device: 65_024,
            inode: 1_000_000 + row,
        },
        sighting: Sighting::Read,
        media_type: "image/x-exr".to_owned(),
    }
}
