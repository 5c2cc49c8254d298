//! Examining contents again without hashing them again: after an upgrade, for another trust list, for
//! decoded pixels, or because somebody asked. Reads what the detectors read, mostly headers.

use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::app::decide::decisions;
use crate::app::detection::Detection;
use crate::app::ingest::Ingest;
use crate::app::reading::{Reading, Shown};
use crate::app::{AppError, Context, Project};
use crate::config::Root;
use crate::detect::{DETECTORS, is_deep, outdated};
use crate::ledger::{Ledger, Reader, SeenAsset};
use crate::model::{AssetId, AssetPath, Event, Fingerprint, Reexamined, RelPath};
use crate::observe::FileHasher;
use crate::problem::Problem;

/// Why contents may have to be examined again.
struct Reasons {
    /// Somebody asked.
    asked: bool,
    /// Nothing recorded was examined with less than this.
    at_least: u32,
    /// The trust list is another.
    trust_changed: bool,
    deep: bool,
}

impl Reasons {
    fn apply_to(&self, seen: &SeenAsset) -> bool {
        let detectors = seen.detectors.max(self.at_least);
        self.asked
            || outdated(&seen.media_type, detectors)
            || (self.trust_changed && seen.signed)
            || (self.deep && !seen.deep && is_deep(&seen.media_type))
    }
}

/// A content to look at again.
struct Again {
    asset: AssetId,
    path: AssetPath,
    disk: PathBuf,
    fingerprint: Fingerprint,
}

/// What to examine again.
pub(super) struct Wanted<'a> {
    /// Folders of roots.
    pub(super) parts: &'a [(&'a Root, RelPath)],
    /// Whether that is all there is: then what was done need not be done again.
    pub(super) all: bool,
    /// Whether somebody asked, whatever examined it before.
    pub(super) asked: bool,
}

/// Examines again what there is a reason for; gives how many contents that were.
pub(super) fn reexamine(
    project: &Project,
    context: &Context<'_>,
    ledger: &mut Ledger,
    detection: &Detection,
    wanted: &Wanted<'_>,
    problems: &mut Vec<Problem>,
) -> Result<u64, AppError> {
    let Wanted { parts, all, asked } = *wanted;
    let known = decisions(&ledger.reader()?)?.examined_with;
    let at_least = known.as_ref().map_or(0, |known| known.detectors);
    let trust_changed = known.as_ref().and_then(|known| known.trust_list) != detection.trust_list;
    let reasons = Reasons { asked, at_least, trust_changed, deep: detection.deep };
    let lasting = asked || trust_changed || at_least < DETECTORS;
    if !lasting && !detection.deep {
        return Ok(0);
    }
    let before = problems.len();
    let mut assets = 0;
    for (root, start) in parts {
        let part = Part { project, context, detection, reasons: &reasons, root, start };
        assets += part.run(ledger, problems)?;
    }
    if lasting && all && problems.len() == before {
        let detectors = DETECTORS.max(at_least);
        let trust_list = detection.trust_list;
        let event = Event::Reexamined(Reexamined { detectors, trust_list, assets });
        ledger.append(None, context.now(), &context.actor, &[event])?;
    }
    Ok(assets)
}

struct Part<'a> {
    project: &'a Project,
    context: &'a Context<'a>,
    detection: &'a Detection,
    reasons: &'a Reasons,
    root: &'a Root,
    start: &'a RelPath,
}

type Looked = (Again, Result<Option<Shown>, String>);

impl Part<'_> {
    fn run(&self, ledger: &mut Ledger, problems: &mut Vec<Problem>) -> Result<u64, AppError> {
        let readers = self.project.config.readers;
        let (jobs, to_look) = bounded::<Again>(readers * 16);
        let (results, looked) = bounded::<Looked>(readers * 16);
        let (lister, reader) = (ledger.reader()?, ledger.reader()?);
        let root = self.root.name.clone();
        let mut ingest = Ingest::new(ledger, self.context, self.detection, root);
        let assets = std::thread::scope(|scope| {
            let listing = scope.spawn(move || self.list(&lister, &jobs));
            for _ in 0..readers {
                let (to_look, results) = (to_look.clone(), results.clone());
                scope.spawn(move || self.look(&to_look, &results));
            }
            drop((to_look, results));
            let mut assets = 0;
            for (again, shown) in looked {
                match shown {
                    Ok(Some(shown)) => {
                        assets += 1;
                        if self.detection.deep || is_news(&reader, &again.asset, &shown)? {
                            ingest.again(again.asset, shown)?;
                        }
                    }
                    // Not what it was: the next scan reads it, with these detectors.
                    Ok(None) => {}
                    Err(problem) => problems.push(Problem::at(&again.path, problem)),
                }
            }
            let died = |_| AppError::Internal("a thread of the scan died".to_owned());
            listing.join().map_err(died)??;
            Ok::<_, AppError>(assets)
        })?;
        self.context.check()?;
        ingest.flush()?;
        Ok(assets)
    }

    fn list(&self, reader: &Reader, jobs: &Sender<Again>) -> Result<(), AppError> {
        let mut newest = None;
        reader.seen_assets(&self.root.name, self.start, &mut |seen| {
            // Rows of one content follow each other; one of its files is enough.
            if newest == Some(seen.asset) || !self.reasons.apply_to(&seen) {
                return true;
            }
            newest = Some(seen.asset);
            let disk = self.root.path.join(seen.path.as_path());
            let path = AssetPath::new(self.root.name.clone(), seen.path);
            self.context.reporter.expect(1, 0);
            let SeenAsset { asset, fingerprint, .. } = seen;
            jobs.send(Again { asset, path, disk, fingerprint }).is_ok()
        })?;
        Ok(())
    }

    fn look(&self, jobs: &Receiver<Again>, results: &Sender<Looked>) {
        let mut hasher = FileHasher::new();
        let reading = Reading::new(self.context, &self.detection.settings);
        for again in jobs {
            if self.context.check().is_err() {
                return;
            }
            let look = hasher.look_again(&again.disk, &again.fingerprint, |content, size| {
                Shown::of(reading.look(content, size))
            });
            self.context.reporter.advance(1, 0);
            if results.send((again, look.map_err(|error| error.reason()))).is_err() {
                return;
            }
        }
    }
}

/// Whether examining again showed something else than is on record.
fn is_news(reader: &Reader, asset: &AssetId, shown: &Shown) -> Result<bool, AppError> {
    Ok(reader.examination_of_bytes(asset)? != shown.examination)
}
