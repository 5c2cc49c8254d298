//! Where some contents lie, by the journal: for those that no scope of paths takes in.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AssetId, AssetPath, Event};

/// The paths of the contents that are asked for.
#[derive(Debug, Default)]
pub struct Places {
    wanted: BTreeSet<AssetId>,
    /// The newest content of every path that ever held a wanted one.
    paths: BTreeMap<AssetPath, Option<AssetId>>,
}

impl Places {
    /// For these contents, before the first event.
    pub fn new(wanted: BTreeSet<AssetId>) -> Self {
        Self { wanted, paths: BTreeMap::new() }
    }

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) {
        let Event::Observed(batch) = event else { return };
        for observed in &batch.directories {
            let path =
                |name: &[u8]| AssetPath::new(batch.root.clone(), observed.directory.join(name));
            for found in &observed.files {
                let wanted = self.wanted.contains(&found.asset);
                if wanted {
                    self.paths.insert(path(&found.name), Some(found.asset));
                } else if !self.paths.is_empty() {
                    self.leave(&path(&found.name));
                }
            }
            if !self.paths.is_empty() {
                observed.links.iter().for_each(|link| self.leave(&path(&link.name)));
                observed.gone.iter().for_each(|name| self.leave(&path(&name.0)));
            }
        }
    }

    fn leave(&mut self, path: &AssetPath) {
        if let Some(held) = self.paths.get_mut(path) {
            *held = None;
        }
    }

    /// Where a content lies now, by path.
    pub fn of<'a>(&'a self, asset: &'a AssetId) -> impl Iterator<Item = &'a AssetPath> {
        self.paths
            .iter()
            .filter(move |(_, held)| held.as_ref() == Some(asset))
            .map(|(path, _)| path)
    }
}
