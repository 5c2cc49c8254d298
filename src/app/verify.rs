//! `verify`: whether the ledger is whole, lies on a quoted history, and says what is on disk.

mod absent;

use std::str::FromStr;
use std::sync::Arc;

use crossbeam_channel::bounded;

use crate::app::authority::flaws;
use crate::app::decide::fold;
use crate::app::documents::{fault, named};
use crate::app::reading::{Chunk, Job, Outcome, Reading};
use crate::app::verify::absent::Absent;
use crate::app::{AppError, Context, Project};
use crate::detect::Settings;
use crate::ledger::{Reader, verify as verify_ledger};
use crate::model::{AssetId, AssetPath, BadHead, Head};
use crate::problem::Problem;
use crate::record::Record;

/// What to verify besides the ledger itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions {
    /// Re-hash every present file.
    pub files: bool,
    /// A head quoted in a verdict or certificate.
    pub head: Option<Quoted>,
}

/// A head as it was quoted.
#[derive(Clone, Copy, Debug)]
pub enum Quoted {
    /// With its number.
    Head(Head),
    /// Only its chain hash, as the JSON of this command gives it.
    Hash([u8; 32]),
}

impl FromStr for Quoted {
    type Err = BadHead;

    fn from_str(text: &str) -> Result<Self, BadHead> {
        let hash = text.parse::<AssetId>().map(|hash| Self::Hash(*hash.as_bytes()));
        hash.or_else(|_| text.parse().map(Self::Head))
    }
}

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// Events whose hash and link hold.
    pub events: u64,
    /// The newest of them.
    pub head: Head,
    /// What breaks history: exit 6.
    pub broken: Vec<Problem>,
    /// Files that are not what the ledger says: exit 1.
    pub changed: Vec<Problem>,
    /// Files that could not be read: exit 4.
    pub unread: Vec<Problem>,
}

/// Checks the ledger, and what else was asked for.
pub fn verify(
    project: &Project,
    context: &Context<'_>,
    options: &VerifyOptions,
) -> Result<Verified, AppError> {
    // Brings an older format up to date. What is wrong with a ledger is said below.
    let _ = project.reader();
    let checked = verify_ledger(&project.config.ledger, &mut || {
        context.reporter.advance(1, 0);
    })?;
    let mut verified = Verified {
        events: checked.events,
        head: checked.head,
        broken: checked.problems.iter().map(|one| Problem::new(&one.place, &one.problem)).collect(),
        changed: Vec::new(),
        unread: Vec::new(),
    };
    if !verified.broken.is_empty() {
        return Ok(verified);
    }
    let reader = project.reader()?;
    if let Some(quoted) = options.head {
        verified.broken.extend(quoted_head(&reader, quoted, checked.head)?);
    }
    let record = fold(&reader, None)?;
    signatures(&record, &mut verified);
    documents(project, context, &record, &mut verified)?;
    if options.files {
        files(project, context, reader, &mut verified)?;
    }
    Ok(verified)
}

/// Whether a quoted head lies on this history: a cut tail or an older file put back shows here.
fn quoted_head(reader: &Reader, quoted: Quoted, newest: Head) -> Result<Option<Problem>, AppError> {
    let quoted = match quoted {
        Quoted::Head(head) => head,
        Quoted::Hash(hash) if reader.has_head(&hash)? => return Ok(None),
        Quoted::Hash(hash) => {
            let place = format!("event {}", AssetId::from_bytes(hash));
            let problem = format!(
                "it was quoted, and none of the {} events of the journal is it: this is another history, or \
                 its end is cut off",
                newest.seq
            );
            return Ok(Some(Problem::new(place, problem)));
        }
    };
    let problem = match reader.head_at(quoted.seq)? {
        Some(found) if found.hash == quoted.hash => return Ok(None),
        Some(_) => "it is not the event that was quoted: this is another history".to_owned(),
        None => format!("it was quoted, and the journal ends at event {}", newest.seq),
    };
    Ok(Some(Problem::new(format_args!("event {}", quoted.seq), problem)))
}

/// Whether every signature is of the statement it stands with, by who could sign it then.
fn signatures(record: &Record, verified: &mut Verified) {
    for (seq, problem) in flaws(record) {
        verified.broken.push(Problem::new(format_args!("event {seq}"), problem));
    }
}

/// Whether every document a decision rests on is in the store, unchanged.
fn documents(
    project: &Project,
    context: &Context<'_>,
    record: &Record,
    verified: &mut Verified,
) -> Result<(), AppError> {
    for (id, document) in named(record) {
        if let Some(problem) = fault(project, context, document)? {
            let problem = format!("{} {problem}", document.name);
            verified.broken.push(Problem::new(format_args!("document of {id}"), problem));
        }
    }
    Ok(())
}

/// Reads every present file and compares it with the ledger.
fn files(
    project: &Project,
    context: &Context<'_>,
    reader: Reader,
    verified: &mut Verified,
) -> Result<(), AppError> {
    let detection = Settings::default();
    let reading = Reading::new(context, &detection).only_hashing();
    let readers = project.config.readers;
    let (jobs, to_read) = bounded::<Vec<Job>>(readers * 4);
    let (results, arrived) = bounded(readers * 4);
    let asked = project.reader()?;
    let mut absent = Absent::default();
    let unconfigured = std::thread::scope(|scope| {
        let listing = scope.spawn(move || {
            let mut chunk = Chunk::default();
            let mut unconfigured = Absent::default();
            let listed = reader.locations(false, &mut |row| {
                let Some(disk) = project.on_disk(&row.path) else {
                    return unconfigured.unconfigured(&row.path);
                };
                let (directory, name) = row.path.path.split();
                context.reporter.expect(1, row.size);
                let job = Job {
                    directory: Arc::new(directory),
                    name: name.into(),
                    disk,
                    expected: Some((row.path.root, row.asset)),
                };
                if let Some(full) = chunk.add(job, row.size) {
                    // With nobody listening any more there is nothing left to do here.
                    let _ = jobs.send(full);
                }
            });
            let _ = jobs.send(chunk.take());
            listed.map(|()| unconfigured)
        });
        for _ in 0..readers {
            let (to_read, results) = (to_read.clone(), results.clone());
            scope.spawn(move || reading.run(&to_read, &results, |chunk| chunk));
        }
        drop((to_read, results));
        for (job, outcome) in arrived.into_iter().flatten() {
            let Some((root, expected)) = job.expected else { continue };
            let path = AssetPath::new(root, job.directory.join(&job.name));
            match outcome {
                Outcome::Found(found, _) if found.asset == expected => {}
                Outcome::Found(..) => {
                    let problem = "its content is not what the ledger says";
                    verified.changed.push(Problem::at(&path, problem));
                }
                Outcome::Vanished if absent.take(project, &asked, &path)? => {}
                Outcome::Vanished => {
                    verified.changed.push(Problem::at(&path, "is not there any more"));
                }
                Outcome::Failed(_, problem) => {
                    verified.unread.push(Problem::at(&path, problem));
                }
            }
        }
        let died = |_| AppError::Internal("the listing thread died".to_owned());
        listing.join().map_err(died)?.map_err(AppError::from)
    })?;
    verified.unread.extend(unconfigured.problems().chain(absent.problems()));
    context.check()
}
