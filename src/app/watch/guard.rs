//! Guarded folders: what lies in them and is not known as delivered is told, and nothing else is done
//! about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AssetId, AssetPath};
use crate::record::Record;

/// Files that are waited for at a time, at most; what is beyond is told once it is recorded.
const MOST: usize = 100_000;

/// The guarded folders, and what was said of the files in them.
pub(super) struct Guards {
    folders: Vec<AssetPath>,
    /// Told to be arriving, and not judged yet.
    arriving: BTreeSet<AssetPath>,
    /// Judged to be wrong there, by content.
    refused: BTreeMap<AssetPath, AssetId>,
}

impl Guards {
    pub(super) fn new(folders: &[AssetPath]) -> Self {
        Self { folders: folders.to_vec(), arriving: BTreeSet::new(), refused: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.folders.is_empty()
    }

    /// Whether a path lies in a guarded folder.
    pub(super) fn guards(&self, path: &AssetPath) -> bool {
        let within =
            |folder: &AssetPath| folder.root == path.root && path.path.is_within(&folder.path);
        self.folders.iter().any(within)
    }

    /// Something is being written at a guarded path. Whether nobody was told yet.
    pub(super) fn arrives(&mut self, path: &AssetPath) -> bool {
        self.arriving.len() < MOST && self.arriving.insert(path.clone())
    }

    /// What to say of a file now that its content is known; nothing where it was said, or where
    /// nothing was said and nothing is wrong.
    pub(super) fn judge(
        &mut self,
        path: &AssetPath,
        asset: &AssetId,
        record: &Record,
    ) -> Option<(&'static str, String)> {
        if !self.guards(path) {
            return None;
        }
        let arrived = self.arriving.remove(path);
        if let Some(deliverable) = delivered_as(asset, record) {
            self.refused.remove(path);
            return arrived
                .then(|| ("known", format!("part of the final deliverable {deliverable}")));
        }
        let said = self.refused.insert(path.clone(), *asset);
        let why = "not part of any deliverable that is final: it went round the gate";
        (said != Some(*asset)).then(|| ("refused", why.to_owned()))
    }

    /// A file is not there any more.
    pub(super) fn forget(&mut self, path: &AssetPath) {
        self.arriving.remove(path);
        self.refused.remove(path);
    }

    /// How many files are wrong where they are.
    pub(super) fn wrong(&self) -> usize {
        self.refused.len()
    }
}

/// Which final deliverable a content is part of; what an export wrote beside it and what a command made
/// of it, as long as it is final, is.
fn delivered_as<'a>(asset: &AssetId, record: &'a Record) -> Option<&'a str> {
    let holds =
        |contents: &[crate::model::FinalItem]| contents.iter().any(|item| item.asset == *asset);
    let is_final =
        |name: &str| record.deliverables.get(name).is_some_and(|one| one.finalized.is_some());
    let in_one = record
        .deliverables
        .iter()
        .find(|(_, one)| one.finalized.as_ref().is_some_and(|done| holds(&done.fact.contents)))
        .map(|(name, _)| name.as_str());
    let exports = record.exports.iter().map(|entry| &entry.fact);
    let beside = exports
        .filter(|one| one.papers.iter().any(|paper| paper.asset == *asset))
        .map(|one| one.deliverable.as_str());
    let renders = record.renders.iter().map(|entry| &entry.fact);
    let made = renders
        .filter(|one| one.is_rendition() && holds(&one.outputs))
        .map(|one| one.deliverable.as_str());
    in_one.or_else(|| beside.chain(made).find(|name| is_final(name)))
}
