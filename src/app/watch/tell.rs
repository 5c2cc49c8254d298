//! What to tell people, read from the journal: what a watch says is what was recorded, by whomever, and
//! is said after it is safe.

use crate::app::watch::guard::Guards;
use crate::app::watch::place::WatchedPart;
use crate::app::{AppError, Project};
use crate::ledger::{Kinds, Reader};
use crate::model::{
    AssetId, AssetPath, Event, Examination, Found, ObservedBatch, Sighting, SourceType, Strength,
    Timestamp,
};
use crate::origin::Origin;
use crate::record::Record;
use crate::report::{ChangedView, GuardView, PathView, WatchEvent};

/// Reads on in the journal, and says what is new in it.
pub(super) struct Teller {
    reader: Reader,
    record: Record,
}

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Every file.
    Everything,
    /// What is AI-made or suspect: of a first scan the rest is no news.
    Marked,
}

impl Teller {
    /// Begins behind what `record` holds.
    pub(super) fn new(project: &Project, record: Record) -> Result<Self, AppError> {
        Ok(Self { reader: project.reader()?, record })
    }

    /// Says what was recorded since the last time, in its order.
    pub(super) fn catch_up(
        &mut self,
        guards: &mut Guards,
        extent: Extent,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        let from = self.record.head.unwrap_or(crate::model::Head::EMPTY);
        let mut seen = Vec::new();
        self.reader.read(from, None, Kinds::All, &mut |recorded| {
            let at = recorded.at;
            if let Event::Observed(batch) = &recorded.event {
                // A batch is bounded, and so is what a turn of the loop adds.
                seen.push((at, batch.clone()));
            }
            self.record.apply(recorded, None);
        })?;
        for (at, batch) in seen {
            self.batch(&batch, at, guards, extent, tell)?;
        }
        Ok(())
    }

    fn batch(
        &self,
        batch: &ObservedBatch,
        at: Timestamp,
        guards: &mut Guards,
        extent: Extent,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        for observed in &batch.directories {
            let path =
                |name: &[u8]| AssetPath::new(batch.root.clone(), observed.directory.join(name));
            for name in &observed.gone {
                guards.forget(&path(&name.0));
                if extent == Extent::Everything {
                    tell(WatchEvent::Gone(PathView::from(&path(&name.0))));
                }
            }
            for found in &observed.files {
                let path = path(&found.name);
                let known = batch.examined.binary_search_by(|(asset, _)| asset.cmp(&found.asset));
                let examination = match known {
                    Ok(at) => batch.examined[at].1.clone(),
                    Err(_) => self.reader.examination(&found.asset)?,
                };
                let origin = self.origin(&found.asset, &examination);
                let guarded = guards.judge(&path, &found.asset, &self.record);
                let marked = origin.status.is_ai_or_suspect();
                if extent == Extent::Everything || marked {
                    let view = self.changed(&path, found, &origin, at)?;
                    tell(WatchEvent::Changed(view));
                }
                if let Some((state, why)) = guarded {
                    tell(WatchEvent::Guard(GuardView {
                        path: PathView::from(&path),
                        asset: Some(found.asset.to_string()),
                        status: Some(origin.status.as_str()),
                        state,
                        why,
                    }));
                }
            }
        }
        Ok(())
    }

    fn origin(&self, asset: &AssetId, examination: &Examination) -> Origin {
        let determination = self.record.determination(asset).map(|entry| &entry.fact);
        Origin::of(&examination.evidence, determination)
    }

    fn changed(
        &self,
        path: &AssetPath,
        found: &Found,
        origin: &Origin,
        at: Timestamp,
    ) -> Result<ChangedView, AppError> {
        // Asked only of the few that a person is told of: whether this path had this content before.
        let new = found.sighting != Sighting::Carried
            && (!origin.status.is_ai_or_suspect() || self.is_new(path, &found.asset, at)?);
        Ok(ChangedView {
            path: PathView::from(path),
            asset: found.asset.to_string(),
            size: found.fingerprint.size,
            status: origin.status.as_str(),
            source_type: origin.source_type.map(SourceType::term),
            strength: origin.strength.map(Strength::as_str),
            tool: origin.tool.clone(),
            why: origin.why.clone(),
            new,
            at: at.to_string(),
        })
    }

    fn is_new(&self, path: &AssetPath, asset: &AssetId, at: Timestamp) -> Result<bool, AppError> {
        let locations = self.reader.locations_of(asset)?;
        let here = locations.iter().find(|one| one.present && one.path == *path);
        Ok(here.is_none_or(|one| one.first_seen >= at))
    }

    /// How many files are present.
    pub(super) fn files(&self, parts: &[WatchedPart]) -> Result<u64, AppError> {
        let mut files = 0;
        for part in parts {
            files += self.reader.totals(&part.root.name, &part.start)?.files;
        }
        Ok(files)
    }

    /// Judges everything that lies in guarded folders now.
    pub(super) fn judge_all(
        &self,
        guards: &mut Guards,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        if guards.is_empty() {
            return Ok(());
        }
        let mut wrong = Vec::new();
        self.reader.locations(false, &mut |row| {
            if let Some((state, why)) = guards.judge(&row.path, &row.asset, &self.record) {
                wrong.push((row.path, row.asset, state, why));
            }
        })?;
        for (path, asset, state, why) in wrong {
            let origin = self.origin(&asset, &self.reader.examination(&asset)?);
            tell(WatchEvent::Guard(GuardView {
                path: PathView::from(&path),
                asset: Some(asset.to_string()),
                status: Some(origin.status.as_str()),
                state,
                why,
            }));
        }
        Ok(())
    }
}
