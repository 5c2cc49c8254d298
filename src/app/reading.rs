//! The readers: threads that hash a file and examine what they hashed, through one open handle.

use std::fs::File;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossbeam_channel::{Receiver, Sender};

use crate::clock::Clock;
use crate::detect::{Examined, Settings, examine};
use crate::model::{AssetId, Examination, Found, RelPath, RootName, RuleCode};
use crate::observe::{Content, FileHasher, HashContext, HashError, HashOptions};
use crate::problem::Reporter;

/// A file to read.
pub(super) struct Job {
    pub(super) directory: Arc<RelPath>,
    pub(super) name: Box<[u8]>,
    pub(super) disk: PathBuf,
    /// Its root and what the ledger says it holds, where that is the question.
    pub(super) expected: Option<(RootName, AssetId)>,
}

/// What reading one file gave.
pub(super) enum Outcome {
    /// Its content, and what it shows.
    Found(Found, Examination),
    /// It is not there any more, which is no problem.
    Vanished,
    /// It could not be read. The code is what a gate makes of it.
    Failed(RuleCode, String),
}

/// What the readers need from around them.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) clock: &'a dyn Clock,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) cancel: &'a AtomicBool,
    pub(super) detection: &'a Settings,
}

impl Reading<'_> {
    /// Reads jobs until there are no more, nobody listens, or the user stops.
    pub(super) fn run<T>(
        &self,
        jobs: &Receiver<Job>,
        results: &Sender<T>,
        wrap: impl Fn(Job, Outcome) -> T,
    ) {
        let mut hasher = FileHasher::new(HashOptions::default());
        for job in jobs {
            let Some(outcome) = self.read(&mut hasher, &job) else { return };
            if results.send(wrap(job, outcome)).is_err() {
                return;
            }
        }
    }

    /// `None` when the user stops.
    fn read(&self, hasher: &mut FileHasher, job: &Job) -> Option<Outcome> {
        let advance = |bytes| self.reporter.advance(0, bytes);
        let context = HashContext { clock: self.clock, cancel: self.cancel, advance: &advance };
        let look = |content: Content<'_>, size: u64| self.look(content, size);
        let outcome = match hasher.read_with(&job.disk, &context, look) {
            Ok((file, Examined { media_type, examination })) => {
                let found = Found {
                    name: job.name.clone(),
                    asset: file.asset,
                    fingerprint: file.fingerprint,
                    sighting: file.sighting,
                    media_type: media_type.to_owned(),
                };
                Outcome::Found(found, examination)
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

    fn look(&self, content: Content<'_>, size: u64) -> Examined {
        match content {
            Content::Whole(bytes) => examine(&mut Cursor::new(bytes), size, bytes, self.detection),
            Content::File { file, head } => {
                let mut source: &File = file;
                examine(&mut source, size, head, self.detection)
            }
        }
    }
}
