//! Guarded folders: what lies in them and is not known as delivered is told, and nothing else is done
//! about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::contents::Contents;
use crate::app::watch::aside::Unread;
use crate::app::watch::porch::same;
use crate::model::{AssetId, AssetPath, Event, Fingerprint, MadeOf, PathPattern};
use crate::record::Record;
use crate::report::GuardState;

/// Files that are waited for at a time, at most; what is beyond is told once it is recorded.
const MOST: usize = 100_000;

/// The guarded folders, and what was said of the files in them.
pub(super) struct Guards {
    folders: Vec<AssetPath>,
    /// Told to be arriving, and not judged yet.
    arriving: BTreeSet<AssetPath>,
    /// Judged to be wrong there, by content.
    refused: BTreeMap<AssetPath, AssetId>,
    /// Nobody knows what they are, and that was told.
    unread: BTreeMap<AssetPath, Unread>,
    /// What files were when they were judged: what nobody changed since does not arrive again.
    judged: BTreeMap<AssetPath, Fingerprint>,
    /// Contents that are part of what is final, each with a deliverable; none where that is to be found out.
    delivered: Option<BTreeMap<AssetId, String>>,
    /// What lies there was not judged since what is final may have changed.
    is_stale: bool,
    /// What commands of `run` are making: what they made is on record when they have ended.
    at_work: Vec<Vec<PathPattern>>,
    made_there: Vec<Contents>,
}

/// Whether a path is one of these folders, or lies in one.
pub(super) fn is_guarded(guards: &[AssetPath], path: &AssetPath) -> bool {
    guards.iter().any(|folder| folder.root == path.root && path.path.is_within(&folder.path))
}

impl Guards {
    pub(super) fn new(folders: &[AssetPath]) -> Self {
        Self {
            folders: folders.to_vec(),
            arriving: BTreeSet::new(),
            refused: BTreeMap::new(),
            unread: BTreeMap::new(),
            judged: BTreeMap::new(),
            delivered: None,
            is_stale: true,
            at_work: Vec::new(),
            made_there: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.folders.is_empty()
    }

    /// The guarded folders.
    pub(super) fn folders(&self) -> &[AssetPath] {
        &self.folders
    }

    /// Whether a path lies in a guarded folder.
    pub(super) fn guards(&self, path: &AssetPath) -> bool {
        is_guarded(&self.folders, path)
    }

    /// Something is being written at a guarded path, and is this by now. Whether nobody was told yet.
    pub(super) fn arrives(&mut self, path: &AssetPath, print: &Fingerprint) -> bool {
        self.judged.get(path).is_none_or(|judged| !same(judged, print))
            && self.arriving.len() < MOST
            && self.arriving.insert(path.clone())
    }

    /// What was told to be arriving, and not judged.
    pub(super) fn arriving(&self) -> impl Iterator<Item = &AssetPath> {
        self.arriving.iter()
    }

    /// Whether a file is waited for: it is judged when it is complete, and not by what it was.
    pub(super) fn is_arriving(&self, path: &AssetPath) -> bool {
        self.arriving.contains(path)
    }

    /// Whether all that lies there is to be judged, as it is at first and when what is final may have
    /// changed since this was last asked.
    pub(super) fn take_stale(&mut self) -> bool {
        std::mem::take(&mut self.is_stale)
    }

    /// Takes in what was decided: what is final may not be what it was.
    pub(super) fn learn(&mut self, event: &Event) {
        if matches!(
            event,
            Event::DeliverableDefined(_)
                | Event::DeliverableRemoved(_)
                | Event::Finalized(_)
                | Event::Exported(_)
                | Event::Rendered(_)
                | Event::Reopened(_)
        ) {
            self.delivered = None;
            self.is_stale = true;
        }
    }

    /// Remembers what a file was when its content became known.
    pub(super) fn saw(&mut self, path: &AssetPath, print: Fingerprint) {
        if self.guards(path) && (self.judged.len() < MOST || self.judged.contains_key(path)) {
            self.judged.insert(path.clone(), print);
        }
    }

    /// What to say of a file now that its content is known; nothing where it was said, or where
    /// nothing was said and nothing is wrong.
    pub(super) fn judge(
        &mut self,
        path: &AssetPath,
        asset: &AssetId,
        record: &Record,
    ) -> Option<(GuardState, String)> {
        if !self.guards(path) {
            return None;
        }
        let arrived = self.arriving.remove(path);
        let delivered = self.delivered.get_or_insert_with(|| delivered_by(record));
        if let Some(deliverable) = delivered.get(asset) {
            let refused = self.refused.remove(path).is_some();
            return (arrived || refused).then(|| {
                (GuardState::Known, format!("part of the final deliverable {deliverable}"))
            });
        }
        // Said already; also beside a command that may be making it, since nothing came.
        if !arrived && self.refused.get(path) == Some(asset) {
            return None;
        }
        if self.is_being_made(path) && self.arriving.len() < MOST {
            self.arriving.insert(path.clone());
            return None;
        }
        self.refused.insert(path.clone(), *asset);
        let why = "not part of any deliverable that is final: it went round the gate, or what it was part of \
                   was reopened";
        Some((GuardState::Refused, why.to_owned()))
    }

    /// These are what commands are making. To be said before what is on record is read: who ends in between
    /// has recorded what it made. Whether something was waited for on account of others.
    pub(super) fn set_at_work(&mut self, at_work: Vec<Vec<PathPattern>>) -> bool {
        if at_work == self.at_work {
            return false;
        }
        let waited = self.being_made().next().is_some();
        let contents = |paths: &Vec<PathPattern>| {
            Contents::new(&MadeOf { paths: paths.clone(), ..MadeOf::default() }).ok()
        };
        self.made_there = at_work.iter().filter_map(contents).collect();
        self.at_work = at_work;
        waited
    }

    /// Whether these are others than were said to be at work.
    pub(super) fn are_others(&self, at_work: &[Vec<PathPattern>]) -> bool {
        !self.is_empty() && self.at_work != at_work
    }

    /// What arrived and may be what a command makes.
    pub(super) fn being_made(&self) -> impl Iterator<Item = &AssetPath> {
        self.arriving.iter().filter(|path| self.is_being_made(path))
    }

    fn is_being_made(&self, path: &AssetPath) -> bool {
        self.made_there.iter().any(|made| made.contains(&path.root, &path.path))
    }

    /// These, and no others, lie there without anybody knowing what they are. Gives what to say of
    /// those that nobody was told of.
    pub(super) fn judge_unread(
        &mut self,
        all: BTreeMap<AssetPath, Unread>,
    ) -> Vec<(AssetPath, String)> {
        let mut new = Vec::new();
        for (path, unread) in &all {
            self.arriving.remove(path);
            if self.unread.get(path) != Some(unread) {
                new.push((path.clone(), why_unread(unread)));
            }
        }
        self.unread = all;
        new
    }

    /// A file is not there any more.
    pub(super) fn forget(&mut self, path: &AssetPath) {
        self.arriving.remove(path);
        self.refused.remove(path);
        self.judged.remove(path);
    }

    /// It went away before anybody knew what it was.
    pub(super) fn left(&mut self, path: &AssetPath) {
        self.arriving.remove(path);
    }

    /// How many names are wrong where they are.
    pub(super) fn wrong(&self) -> usize {
        self.refused.len() + self.unread.len()
    }
}

fn why_unread(unread: &Unread) -> String {
    match unread {
        Unread::Link(target) => format!(
            "a symbolic link to {}: it has no content that could be part of a final deliverable, and may \
             lead elsewhere tomorrow",
            String::from_utf8_lossy(target)
        ),
        Unread::LeftOut => "left out by the ignore rules: nobody knows what it is".to_owned(),
    }
}

/// Every content that is part of a deliverable that is final, with one such deliverable; what an export
/// wrote beside it and what a command made of it, as long as it is final, is.
fn delivered_by(record: &Record) -> BTreeMap<AssetId, String> {
    let mut all = BTreeMap::new();
    let mut add = |asset: AssetId, name: &str| {
        all.entry(asset).or_insert_with(|| name.to_owned());
    };
    for (name, one) in &record.deliverables {
        for item in one.finalized.iter().flat_map(|done| &done.fact.contents) {
            add(item.asset, name);
        }
    }
    let is_final =
        |name: &str| record.deliverables.get(name).is_some_and(|one| one.finalized.is_some());
    for one in record.exports.iter().map(|entry| &entry.fact) {
        for paper in one.papers.iter().filter(|_| is_final(&one.deliverable)) {
            add(paper.asset, &one.deliverable);
        }
    }
    for one in record.renders.iter().map(|entry| &entry.fact) {
        if one.is_rendition() && is_final(&one.deliverable) {
            for item in &one.outputs {
                add(item.asset, &one.deliverable);
            }
        }
    }
    all
}
