//! Where some contents lie, by the journal: for those that no scope of paths takes in.

use std::collections::{BTreeSet, HashMap};

use crate::model::{AssetId, AssetPath, Event};

/// The paths of the contents that are asked for.
#[derive(Debug, Default)]
pub struct Places {
    wanted: BTreeSet<AssetId>,
    /// The paths that hold a wanted one.
    held: HashMap<AssetPath, AssetId>,
    /// The same the other way around.
    paths: HashMap<AssetId, BTreeSet<AssetPath>>,
}

impl Places {
    /// For these contents, before the first event.
    pub fn new(wanted: BTreeSet<AssetId>) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) {
        let Event::Observed(batch) = event else { return };
        for observed in &batch.directories {
            let path =
                |name: &[u8]| AssetPath::new(batch.root.clone(), observed.directory.join(name));
            for found in &observed.files {
                let wanted = self.wanted.contains(&found.asset);
                if wanted || !self.held.is_empty() {
                    let path = path(&found.name);
                    self.leave(&path);
                    if wanted {
                        self.paths.entry(found.asset).or_default().insert(path.clone());
                        self.held.insert(path, found.asset);
                    }
                }
            }
            if !self.held.is_empty() {
                observed.links.iter().for_each(|link| self.leave(&path(&link.name)));
                observed.gone.iter().for_each(|name| self.leave(&path(&name.0)));
            }
        }
    }

    fn leave(&mut self, path: &AssetPath) {
        let held = self.held.remove(path);
        if let Some(paths) = held.and_then(|asset| self.paths.get_mut(&asset)) {
            paths.remove(path);
        }
    }

    /// Where a content lies now, by path.
    pub fn of(&self, asset: &AssetId) -> impl Iterator<Item = &AssetPath> {
        self.paths.get(asset).into_iter().flatten()
    }
}
