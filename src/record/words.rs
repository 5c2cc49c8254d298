//! What people said of a content's origin. The newest determination stands; that somebody said before
//! that it is AI-made stays a word of its own, until who said it takes it back.

use std::collections::{BTreeSet, HashMap};

use crate::model::{AssetId, Determination, DeterminationCleared, DeterminedStatus, is_same_name};
use crate::record::{Entry, Record};

/// Every determination, and which of them speak for what.
#[derive(Default)]
pub(super) struct Words {
    all: Vec<Entry<Determination>>,
    /// The newest of each content that nobody withdrew.
    newest: HashMap<AssetId, usize>,
    /// Those by which each person still says that a content is AI-made, in order.
    made: HashMap<AssetId, Vec<usize>>,
}

impl Words {
    pub(super) fn determined(&mut self, entry: Entry<Determination>) {
        let index = self.all.len();
        for asset in &entry.fact.assets {
            self.newest.insert(*asset, index);
            // Who says something else now has taken the earlier word back.
            self.take_back(asset, &entry.fact.by);
            if entry.fact.status != DeterminedStatus::NotAi {
                self.made.entry(*asset).or_default().push(index);
            }
        }
        self.all.push(entry);
    }

    /// Somebody's own word goes, or the newest, whoever made it; what somebody else said is not taken back
    /// by that.
    pub(super) fn cleared(&mut self, fact: &DeterminationCleared, actor: &str) {
        for asset in &fact.assets {
            let newest = self.newest.get(asset);
            let is_own = newest.is_some_and(|one| is_same_name(&self.all[*one].fact.by, actor));
            if fact.own || is_own {
                self.take_back(asset, actor);
            }
            if !fact.own || is_own {
                self.newest.remove(asset);
            }
        }
    }

    /// Somebody does not say any more that a content is AI-made.
    fn take_back(&mut self, asset: &AssetId, who: &str) {
        let all = &self.all;
        if let Some(made) = self.made.get_mut(asset) {
            made.retain(|one| !is_same_name(&all[*one].fact.by, who));
        }
    }
}

impl Record {
    /// The newest determination of a content.
    pub fn determination(&self, asset: &AssetId) -> Option<&Entry<Determination>> {
        self.words.newest.get(asset).map(|index| &self.words.all[*index])
    }

    /// The newest word that a content is AI-made which who said it did not take back, whatever others
    /// determined since.
    pub fn said_made(&self, asset: &AssetId) -> Option<&Entry<Determination>> {
        self.words.made.get(asset)?.last().map(|index| &self.words.all[*index])
    }

    /// Whether somebody's own word stands: the newest one, or one that the content is AI-made.
    pub fn has_word(&self, who: &str, asset: &AssetId) -> bool {
        let made = self.words.made.get(asset).into_iter().flatten();
        let mut all = made.chain(self.words.newest.get(asset));
        all.any(|index| is_same_name(&self.words.all[*index].fact.by, who))
    }

    /// Whether anybody's word says what a content is.
    pub fn is_spoken_of(&self, asset: &AssetId) -> bool {
        self.determination(asset).is_some() || self.said_made(asset).is_some()
    }

    /// Every content somebody determined.
    pub fn determined(&self) -> BTreeSet<AssetId> {
        let said = self.words.made.iter().filter(|(_, made)| !made.is_empty());
        self.words.newest.keys().chain(said.map(|(asset, _)| asset)).copied().collect()
    }
}
