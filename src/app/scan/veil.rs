//! What went out of sight when something was mounted or unmounted, while somebody looked on.
//!
//! The device of a file tells only where another one is mounted. A folder that is mounted in another place
//! of the same disk, or over one, has the same: there a name that is missing since is not gone, and only who
//! saw the mount come or go can know. So a watch keeps this, and a scan, which comes once, does not.
//!
//! Until everything was looked at after such a change, what is missing below its place is put down here;
//! later it is told by that from what was really removed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::app::scan::Departed;
use crate::config::Root;
use crate::model::{AssetPath, RelPath};
use crate::observe::{Mounted, mounted_within};

/// Names that are out of sight, and why.
#[derive(Debug, Default)]
pub(in crate::app) struct Veil(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// In and around these folders mounts count.
    folders: Vec<PathBuf>,
    mounts: Vec<Mounted>,
    /// Where something was mounted or unmounted since everything was looked at, and which change it was.
    changed: BTreeMap<PathBuf, u64>,
    changes: u64,
    /// By folder, what was missing in it then and is still.
    hidden: BTreeMap<AssetPath, BTreeSet<Box<[u8]>>>,
}

impl Veil {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks on from here on.
    pub(in crate::app) fn look_on(&self, folders: Vec<PathBuf>) {
        let mut state = self.lock();
        if state.folders.is_empty() {
            state.mounts = mounts();
        }
        state.folders = folders;
        state.look();
    }

    /// Everything is going to be looked at.
    pub(in crate::app) fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.look();
        state.changes
    }

    /// Everything was looked at that had changed by then, but for folders that were not there.
    pub(in crate::app) fn end(&self, by: u64, away: &[PathBuf]) {
        let was_away =
            |at: &Path| away.iter().any(|folder| at.starts_with(folder) || folder.starts_with(at));
        self.lock().changed.retain(|at, change| *change > by || was_away(at));
    }

    /// Takes out of the names that are missing in a folder those that are not gone but out of sight. Gives
    /// how many that were. To be asked of a folder with nothing missing too: what was out of sight is back.
    pub(in crate::app) fn sift(
        &self,
        root: &Root,
        folder: &RelPath,
        missing: &mut Vec<Box<[u8]>>,
    ) -> u64 {
        let mut state = self.lock();
        if missing.is_empty() && state.hidden.is_empty() {
            return 0;
        }
        if !missing.is_empty() {
            state.look();
        }
        let path = AssetPath::new(root.name.clone(), folder.clone());
        let before = state.hidden.remove(&path).unwrap_or_default();
        let changed = state.has_changed(&root.path.join(folder.as_path()));
        let mut hidden = BTreeSet::new();
        missing.retain(|name| {
            let out_of_sight = changed || before.contains(name);
            if out_of_sight {
                hidden.insert(name.clone());
            }
            !out_of_sight
        });
        let count = hidden.len() as u64;
        if count > 0 {
            state.hidden.insert(path, hidden);
        }
        count
    }

    /// The same of names that no listing spoke of. Gives how many were out of sight, by folder.
    pub(in crate::app) fn sift_all(
        &self,
        root: &Root,
        missing: &mut Vec<Departed>,
    ) -> BTreeMap<RelPath, u64> {
        let mut counts = BTreeMap::new();
        if missing.is_empty() {
            return counts;
        }
        let mut state = self.lock();
        state.look();
        missing.retain(|(folder, name)| {
            let path = AssetPath::new(root.name.clone(), folder.clone());
            let known = state.hidden.get(&path).is_some_and(|names| names.contains(name));
            let out_of_sight = known || state.has_changed(&root.path.join(folder.as_path()));
            if out_of_sight {
                state.hidden.entry(path).or_default().insert(name.clone());
                *counts.entry(folder.clone()).or_default() += 1;
            }
            !out_of_sight
        });
        counts
    }
}

impl State {
    /// Where the system says nothing of mounts, nothing is ever out of sight.
    fn look(&mut self) {
        let now = mounts();
        if now == self.mounts {
            return;
        }
        self.changes += 1;
        let before = std::mem::replace(&mut self.mounts, now);
        let gone = before.iter().filter(|one| self.mounts.binary_search(one).is_err());
        let new = self.mounts.iter().filter(|one| before.binary_search(one).is_err());
        let counts = |at: &Path| {
            self.folders.iter().any(|folder| at.starts_with(folder) || folder.starts_with(at))
        };
        for one in gone.chain(new).filter(|one| counts(&one.at)) {
            self.changed.insert(one.at.clone(), self.changes);
        }
    }

    fn has_changed(&self, folder: &Path) -> bool {
        self.changed.keys().any(|at| folder.starts_with(at))
    }
}

fn mounts() -> Vec<Mounted> {
    mounted_within(&[Path::new("/")]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RootName;

    fn veil(changed: &[&str]) -> Veil {
        let changed = changed.iter().map(|at| (PathBuf::from(at), 1)).collect();
        let state = State { mounts: mounts(), changed, changes: 1, ..State::default() };
        Veil(Mutex::new(state))
    }

    fn gone(veil: &Veil, folder: &str, missing: &[&str]) -> Vec<String> {
        let path = PathBuf::from("/show");
        let root = Root { name: RootName::project(), named: path.clone(), path };
        let mut missing = missing.iter().map(|name| name.as_bytes().into()).collect();
        veil.sift(&root, &RelPath::new(folder).unwrap(), &mut missing);
        missing.iter().map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
    }

    #[test]
    fn what_went_with_a_mount_is_not_gone_until_it_was_seen_again() {
        let veil = veil(&["/show/mnt"]);
        assert_eq!(gone(&veil, "mnt/deep", &["a", "b"]), [""; 0]);
        assert_eq!(gone(&veil, "mount", &["c"]), ["c"], "another folder");
        veil.end(veil.begin(), &[PathBuf::from("/show/mnt/root")]);
        assert_eq!(gone(&veil, "mnt", &["x"]), [""; 0], "a root in it was not there");
        veil.end(veil.begin(), &[]);
        // Everything was looked at: what is missing now and was not then is gone.
        assert_eq!(gone(&veil, "mnt/deep", &["a", "b", "d"]), ["d"]);
        assert_eq!(gone(&veil, "mnt/other", &["e"]), ["e"]);
        // Back in sight, and then removed.
        assert_eq!(gone(&veil, "mnt/deep", &["b"]), [""; 0]);
        assert_eq!(gone(&veil, "mnt/deep", &["a", "b"]), ["a"]);
        assert_eq!(gone(&veil, "mnt/deep", &[]), [""; 0]);
        assert_eq!(gone(&veil, "mnt/deep", &["b"]), ["b"]);
    }

    #[test]
    fn a_change_during_a_look_at_everything_counts_until_the_next() {
        let veil = veil(&["/show/mnt"]);
        let began = veil.begin();
        veil.lock().changed.insert(PathBuf::from("/show/mnt"), began + 1);
        veil.end(began, &[]);
        assert_eq!(gone(&veil, "mnt", &["a"]), [""; 0]);
    }
}
