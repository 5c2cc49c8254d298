//! What the system's events do not tell, looked at once a second: whether roots, mounts, settings and
//! the ledger are still the ones that are watched. A few calls, no listing.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::app::Project;
use crate::app::watch::place::WatchedPart;
use crate::observe::{Mounted, mounted_within};

/// Device and inode.
type Identity = (u64, u64);

/// Tells one version of a small file from the next.
type Stamp = Option<(u64, u64, i64, i64)>;

/// What a glance found changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noticed {
    /// The root of this part is not there.
    Away(usize),
    /// It is there again, or another folder is in its place.
    Back(usize),
    /// Something was mounted in a root, or unmounted.
    Mounts,
    /// The settings were edited.
    Settings,
    /// The policy was edited.
    Policy,
    /// The ledger is not there.
    LedgerAway,
    /// The ledger is there again, or another file is in its place.
    LedgerBack,
}

/// What was seen the last time.
pub(super) struct Glance {
    roots: Vec<(PathBuf, Option<Identity>)>,
    ledger: (PathBuf, Option<Identity>),
    mounts: Vec<Mounted>,
    settings: (PathBuf, Stamp),
    policy: (PathBuf, Stamp),
}

impl Glance {
    /// Sees what is there now.
    pub(super) fn first(project: &Project, parts: &[WatchedPart]) -> Self {
        let roots: Vec<_> = parts
            .iter()
            .map(|part| part.disk(&part.start))
            .map(|path| (path.clone(), identity(&path)))
            .collect();
        let ledger = project.config.ledger.clone();
        let settings = project.control().join("config.toml");
        let policy = project.control().join("policy.toml");
        Self {
            mounts: mounts_in(&roots),
            ledger: (ledger.clone(), identity(&ledger)),
            settings: (settings.clone(), stamp(&settings)),
            policy: (policy.clone(), stamp(&policy)),
            roots,
        }
    }

    /// Whether the root of a part was there.
    pub(super) fn is_there(&self, part: usize) -> bool {
        self.roots.get(part).is_some_and(|(_, identity)| identity.is_some())
    }

    /// Whether the ledger was there.
    pub(super) fn has_ledger(&self) -> bool {
        self.ledger.1.is_some()
    }

    /// Looks, and gives what is not as it was.
    pub(super) fn again(&mut self) -> Vec<Noticed> {
        let mut noticed = Vec::new();
        let before = self.has_ledger();
        match changed(&mut self.ledger) {
            Some(true) => noticed.push(Noticed::LedgerBack),
            Some(false) if before => noticed.push(Noticed::LedgerAway),
            Some(false) | None => {}
        }
        for (part, root) in self.roots.iter_mut().enumerate() {
            match changed(root) {
                Some(true) => noticed.push(Noticed::Back(part)),
                Some(false) => noticed.push(Noticed::Away(part)),
                None => {}
            }
        }
        let mounts = mounts_in(&self.roots);
        if mounts != self.mounts {
            self.mounts = mounts;
            noticed.push(Noticed::Mounts);
        }
        // Settings that went away with their project were not edited.
        if self.has_ledger() {
            for (file, what) in
                [(&mut self.settings, Noticed::Settings), (&mut self.policy, Noticed::Policy)]
            {
                let now = stamp(&file.0);
                if now != file.1 {
                    file.1 = now;
                    noticed.push(what);
                }
            }
        }
        noticed
    }
}

/// None when it is as before; else whether it is there.
fn changed(one: &mut (PathBuf, Option<Identity>)) -> Option<bool> {
    let now = identity(&one.0);
    if now == one.1 {
        return None;
    }
    one.1 = now;
    Some(now.is_some())
}

fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// Where the system says nothing of mounts, none is ever noticed.
fn mounts_in(roots: &[(PathBuf, Option<Identity>)]) -> Vec<Mounted> {
    let roots: Vec<_> = roots.iter().map(|(root, _)| root.as_path()).collect();
    mounted_within(&roots).unwrap_or_default()
}
