//! What to tell people, read from the journal: what a watch says is what was recorded, by whomever, and
//! is said after it is safe.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::decide::decisions;
use crate::app::kin::{Origins, learn, learn_batch};
use crate::app::watch::guard::Guards;
use crate::app::watch::place::WatchedPart;
use crate::app::watch::porch::same;
use crate::app::{AppError, Project};
use crate::ledger::{Kinds, LocationRow, Reader};
use crate::model::{
    AssetId, AssetPath, Event, Evidence, Fingerprint, Head, ObservedBatch, Sighting, Timestamp,
};
use crate::origin::Origin;
use crate::record::Record;
use crate::report::{ChangedView, GuardState, GuardView, PathView, WatchEvent};

/// Heirs of one content that are told of at once.
const HEIRS: usize = 10_000;

/// Names that went away and are remembered, at most.
const GONE: usize = 100_000;

/// Reads on in the journal, and says what is new in it.
pub(super) struct Teller {
    reader: Reader,
    record: Record,
    /// Contents that lie under path rules which are not in force yet: their adoption follows.
    awaiting: BTreeSet<AssetId>,
    told: Told,
}

/// What was told.
#[derive(Default)]
struct Told {
    /// Of what is being read now, where it is AI-made or suspect.
    paths: BTreeSet<AssetPath>,
    /// Contents of which every file was told to be AI-made or suspect: further copies make no news of those.
    marked: BTreeSet<AssetId>,
    /// Names that went away: what comes back is new.
    gone: BTreeSet<AssetPath>,
    /// Guarded files with their contents, to be judged by all that is on record: what they are part of may
    /// be recorded after they were seen.
    landed: BTreeMap<AssetPath, AssetId>,
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
    /// Begins behind what is recorded now. What people decided is read without the rest of the history,
    /// which the first scan checks: what is told here decides nothing.
    pub(super) fn new(project: &Project) -> Result<Self, AppError> {
        let reader = project.reader()?;
        let head = reader.head()?;
        let mut record = decisions(&reader)?;
        record.head = Some(head);
        learn(&reader, &mut record.kinship)?;
        Ok(Self { reader, record, awaiting: BTreeSet::new(), told: Told::default() })
    }

    /// Goes on where it was in the ledger of a new session: what was recorded between two sessions is
    /// told too. In another ledger, or an older copy, it begins behind what is recorded now.
    pub(super) fn go_on(self, project: &Project) -> Result<Self, AppError> {
        let head = self.record.head.unwrap_or(Head::EMPTY);
        let reader = project.reader()?;
        if reader.head_at(head.seq)? != Some(head) {
            return Self::new(project);
        }
        Ok(Self { reader, ..self })
    }

    /// Says what was recorded since the last time, in its order.
    pub(super) fn catch_up(
        &mut self,
        guards: &mut Guards,
        extent: Extent,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        let Self { reader, record, awaiting, told } = self;
        let from = record.head.unwrap_or(Head::EMPTY);
        told.paths.clear();
        let mut failed = Ok(());
        // Batch by batch: those of a first scan together may be larger than memory.
        reader.read(from, None, Kinds::All, &mut |recorded| {
            let (at, event) = (recorded.at, recorded.event.clone());
            let mut decided = decided(&event, awaiting);
            decided.append(&mut heirs(record, &decided));
            let before = Telling { reader, record, at, extent }.marked(&decided);
            record.apply(recorded, None);
            guards.learn(&event);
            if let Event::Observed(batch) = &event {
                if failed.is_ok() {
                    failed = learn_batch(reader, record, batch);
                }
                let coming = |one: &Evidence| !is_in_force(record, one);
                let ruled = batch.attached.iter().filter(|(_, all)| all.iter().any(coming));
                awaiting.extend(ruled.map(|(asset, _)| *asset));
            }
            if failed.is_err() {
                return;
            }
            let teller = Telling { reader, record, at, extent };
            failed = before.and_then(|before| {
                let after = teller.marked(&decided)?;
                for asset in before.difference(&after) {
                    told.marked.remove(asset);
                }
                let new: BTreeSet<_> = after.difference(&before).copied().collect();
                for asset in &new {
                    told.marked.remove(asset);
                }
                teller.raised(&new, told, tell)?;
                match &event {
                    Event::Observed(batch) => teller.batch(batch, told, guards, tell),
                    _ => Ok(()),
                }
            });
        })?;
        failed?;
        for (path, asset) in std::mem::take(&mut self.told.landed) {
            self.judge_one(guards, &path, &asset, tell)?;
        }
        Ok(())
    }

    fn judge_one(
        &self,
        guards: &mut Guards,
        path: &AssetPath,
        asset: &AssetId,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        if let Some((state, why)) = guards.judge(path, asset, &self.record) {
            let (origin, _) = Origins::new(&self.reader, &self.record).of(asset)?;
            tell(guard(path, asset, &origin, state, why));
        }
        Ok(())
    }

    /// Whether there is something to read on to. A ledger that cannot be asked is for who writes to it to
    /// complain of.
    pub(super) fn is_behind(&self) -> bool {
        let known = self.record.head.map(|head| head.seq);
        self.reader.head().is_ok_and(|head| Some(head.seq) > known)
    }

    /// Where else a file that is this now lies, where the ledger has it as it was.
    pub(super) fn other_names(&self, now: &Fingerprint) -> Result<Vec<AssetPath>, AppError> {
        Ok(self.reader.other_states(now)?)
    }

    /// How many files are present.
    pub(super) fn files(&self, parts: &[WatchedPart]) -> Result<u64, AppError> {
        let mut files = 0;
        for part in parts {
            files += self.reader.totals(&part.root.name, &part.start)?.files;
        }
        Ok(files)
    }

    /// Judges files that are this now, where that is what is recorded of them.
    pub(super) fn judge(
        &self,
        guards: &mut Guards,
        files: &[(AssetPath, Fingerprint)],
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        for (path, print) in files {
            let known = self.reader.fingerprint_at(path)?.filter(|known| same(known, print));
            let (Some(_), Some(asset)) = (known, self.reader.asset_at(path)?) else { continue };
            guards.saw(path, *print);
            self.judge_one(guards, path, &asset, tell)?;
        }
        Ok(())
    }

    /// Judges everything that lies in guarded folders now, but for what is arriving. What lies outside of
    /// what is watched was not looked at: what the ledger has of it may be long gone.
    pub(super) fn judge_all(
        &self,
        parts: &[WatchedPart],
        guards: &mut Guards,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        // By path, so that they are told in order.
        let mut there = BTreeMap::new();
        for folder in guards.folders() {
            // A file may go by the name that is guarded.
            if let Some(asset) = self.reader.asset_at(folder)? {
                there.insert(folder.clone(), asset);
            }
            self.reader.seen_assets(&folder.root, &folder.path, &mut |seen| {
                there.insert(AssetPath::new(folder.root.clone(), seen.path), seen.asset);
                true
            })?;
        }
        there
            .retain(|path, _| !guards.is_arriving(path) && parts.iter().any(|part| part.has(path)));
        for (path, asset) in there {
            self.judge_one(guards, &path, &asset, tell)?;
        }
        Ok(())
    }
}

/// The contents that a decision is about: what they are may not be what it was.
fn decided(event: &Event, awaiting: &mut BTreeSet<AssetId>) -> BTreeSet<AssetId> {
    match event {
        Event::Linked(linked) => linked.children.iter().copied().collect(),
        Event::Determined(determined) => determined.assets.iter().copied().collect(),
        Event::DeterminationCleared(cleared) => cleared.assets.iter().copied().collect(),
        Event::RulesAdopted(_) => std::mem::take(awaiting),
        _ => BTreeSet::new(),
    }
}

/// Whether the path rule that a piece of evidence comes from, if from one, is in force.
fn is_in_force(record: &Record, one: &Evidence) -> bool {
    one.rule.as_ref().is_none_or(|rule| record.rules.contains(rule))
}

/// What was made from these.
fn heirs<'a>(record: &Record, of: impl IntoIterator<Item = &'a AssetId>) -> BTreeSet<AssetId> {
    of.into_iter().flat_map(|asset| record.kinship.below(asset, HEIRS)).collect()
}

/// On the way through one event.
struct Telling<'a> {
    reader: &'a Reader,
    record: &'a Record,
    at: Timestamp,
    extent: Extent,
}

impl Telling<'_> {
    fn batch(
        &self,
        batch: &ObservedBatch,
        told: &mut Told,
        guards: &mut Guards,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        let all = self.extent == Extent::Everything;
        let shows = |asset: &AssetId| {
            let examined = batch.examined.binary_search_by(|(one, _)| one.cmp(asset)).is_ok();
            let made = || !self.record.kinship.parents_of(asset).is_empty();
            examined || self.record.is_spoken_of(asset) || made()
        };
        let mut origins = Origins::new(self.reader, self.record);
        for observed in &batch.directories {
            let path =
                |name: &[u8]| AssetPath::new(batch.root.clone(), observed.directory.join(name));
            for name in &observed.gone {
                guards.forget(&path(&name.0));
                told.landed.remove(&path(&name.0));
                if told.gone.len() < GONE {
                    told.gone.insert(path(&name.0));
                }
                if all {
                    tell(WatchEvent::Gone(PathView::from(&path(&name.0))));
                }
            }
            for found in &observed.files {
                let path = path(&found.name);
                let came_back = told.gone.remove(&path);
                guards.saw(&path, found.fingerprint);
                if guards.guards(&path) {
                    told.landed.insert(path.clone(), found.asset);
                }
                if !all && !shows(&found.asset) {
                    continue;
                }
                let (origin, _) = origins.of(&found.asset)?;
                let marked = origin.status.is_ai_or_suspect();
                if marked {
                    told.paths.insert(path.clone());
                    self.whole(&found.asset, told)?;
                }
                if all || marked {
                    let new = found.sighting != Sighting::Carried
                        && (came_back || self.is_new(&path, &found.asset)?);
                    let size = found.fingerprint.size;
                    tell(changed(&path, &found.asset, size, &origin, new, self.at));
                }
            }
        }
        // What a sidecar or a rule raised of files that were there before, and what was made from what
        // came or was raised. What a rule raises that is not in force yet, its adoption tells.
        let in_force = |one: &Evidence| is_in_force(self.record, one);
        let ruled = batch.attached.iter().filter(|(_, all)| all.iter().any(in_force));
        let mut raised: BTreeSet<_> = ruled.map(|(asset, _)| *asset).collect();
        if !self.record.kinship.is_empty() {
            let examined = batch.examined.iter().map(|(asset, _)| asset);
            let attached = batch.attached.iter().map(|(asset, _)| asset);
            let named = batch.named.iter().map(|one| &one.0);
            raised.extend(named.clone());
            raised.append(&mut heirs(self.record, examined.chain(attached).chain(named)));
        }
        self.raised(&raised, told, tell)
    }

    /// Those of them that are AI-made or suspect.
    fn marked(&self, all: &BTreeSet<AssetId>) -> Result<BTreeSet<AssetId>, AppError> {
        let (mut marked, mut origins) = (BTreeSet::new(), Origins::new(self.reader, self.record));
        for asset in all {
            if origins.of(asset)?.0.status.is_ai_or_suspect() {
                marked.insert(*asset);
            }
        }
        Ok(marked)
    }

    /// Tells of every file of contents that became AI-made or suspect, by path, so that sequences fold. They are
    /// looked at together: heirs of one content inherit from the same, which is then drawn once.
    fn raised(
        &self,
        all: &BTreeSet<AssetId>,
        told: &mut Told,
        tell: &mut dyn FnMut(WatchEvent),
    ) -> Result<(), AppError> {
        let mut origins = Origins::new(self.reader, self.record);
        let mut news = BTreeMap::new();
        for asset in all {
            let (origin, _) = origins.of(asset)?;
            if !origin.status.is_ai_or_suspect() {
                told.marked.remove(asset);
            } else if told.marked.insert(*asset) {
                for location in self.reader.locations_of(asset)? {
                    let LocationRow { path, size, present, .. } = location;
                    if present && told.paths.insert(path.clone()) {
                        let event = changed(&path, asset, size, &origin, true, self.at);
                        news.insert(path, event);
                    }
                }
            }
        }
        news.into_values().for_each(tell);
        Ok(())
    }

    /// Notes whether all files of a content were told of. One that lay somewhere before may have become
    /// AI-made only by what lies beside this one, and that is told when it is read.
    fn whole(&self, asset: &AssetId, told: &mut Told) -> Result<(), AppError> {
        if !told.marked.contains(asset) {
            let mut all = self.reader.locations_of(asset)?.into_iter();
            if all.all(|one| !one.present || told.paths.contains(&one.path)) {
                told.marked.insert(*asset);
            }
        }
        Ok(())
    }

    /// Whether this path did not have this content before.
    fn is_new(&self, path: &AssetPath, asset: &AssetId) -> Result<bool, AppError> {
        let since = self.reader.first_seen_at(path, asset)?;
        Ok(since.is_none_or(|since| since >= self.at))
    }
}

fn changed(
    path: &AssetPath,
    asset: &AssetId,
    size: u64,
    origin: &Origin,
    new: bool,
    at: Timestamp,
) -> WatchEvent {
    WatchEvent::Changed(ChangedView {
        path: PathView::from(path),
        asset: asset.to_string(),
        size,
        status: origin.status,
        source_type: origin.source_type,
        strength: origin.strength,
        tool: origin.tool.clone(),
        why: origin.why.clone(),
        new,
        at: at.to_string(),
    })
}

fn guard(
    path: &AssetPath,
    asset: &AssetId,
    origin: &Origin,
    state: GuardState,
    why: String,
) -> WatchEvent {
    WatchEvent::Guard(GuardView {
        path: PathView::from(path),
        asset: Some(asset.to_string()),
        status: Some(origin.status),
        state,
        why,
    })
}
