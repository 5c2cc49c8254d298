//! What the system's events do not tell, looked at once a second: whether roots, mounts, settings and
//! the ledger are still the ones that are watched. A few calls, no listing.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::app::Project;
use crate::app::project::CONTROL;
use crate::app::watch::place::WatchedPart;
use crate::observe::filter::IGNORE_FILE;
use crate::observe::{Mounted, mounted_within};

/// Device and inode.
type Identity = (u64, u64);

/// Tells one version of a small file from the next.
type Stamp = Option<(u64, u64, i64, i64)>;

/// Versions of the files that say how to watch. By default of files that were never seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stamps {
    settings: Stamp,
    policy: Stamp,
}

impl Stamps {
    /// Sees those of the project in `dir` now.
    pub(super) fn of(dir: &Path) -> Self {
        let control = dir.join(CONTROL);
        Self {
            settings: stamp(&control.join("config.toml")),
            policy: stamp(&control.join("policy.toml")),
        }
    }
}

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
    /// A link that the settings name as a root leads elsewhere.
    Elsewhere,
    /// Ignore rules above a watched folder were edited.
    Rules,
    /// The policy was edited.
    Policy,
    /// The ledger is not there.
    LedgerAway,
    /// The ledger is there again, or another file is in its place.
    LedgerBack,
}

/// What was seen the last time.
#[derive(Clone)]
pub(super) struct Glance {
    roots: Vec<(PathBuf, Option<Identity>)>,
    /// Roots as the settings name them, and where that leads.
    links: Vec<(PathBuf, Option<PathBuf>)>,
    ledger: (PathBuf, Option<Identity>),
    mounts: Vec<Mounted>,
    /// Rules that lie above the watched folder of a part, where nothing is heard.
    rules: Vec<(usize, PathBuf, Stamp)>,
    dir: PathBuf,
    stamps: Stamps,
}

impl Glance {
    /// Sees what is there now, and what was there when the settings were read.
    pub(super) fn first(project: &Project, parts: &[WatchedPart], stamps: Stamps) -> Self {
        let roots: Vec<_> = parts
            .iter()
            .map(|part| part.disk(&part.start))
            .map(|path| (path.clone(), identity(&path)))
            .collect();
        let ledger = project.config.ledger.clone();
        let named = project.config.roots.iter().map(|root| (root.named.clone(), &root.path));
        let links = named.map(|(named, path)| {
            let leads = std::fs::canonicalize(&named).is_ok().then(|| path.clone());
            (named, leads)
        });
        Self {
            mounts: mounts_in(&roots),
            ledger: (ledger.clone(), identity(&ledger)),
            links: links.collect(),
            rules: parts.iter().enumerate().flat_map(rules_above).collect(),
            dir: project.dir.clone(),
            stamps,
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
        if self.edited_rules() {
            noticed.push(Noticed::Rules);
        }
        // Settings that went away with their project were not edited.
        if self.has_ledger() {
            let before = std::mem::replace(&mut self.stamps, Stamps::of(&self.dir));
            if self.stamps.settings != before.settings {
                noticed.push(Noticed::Settings);
            }
            if self.stamps.policy != before.policy {
                noticed.push(Noticed::Policy);
            }
            if self.lead_elsewhere() {
                noticed.push(Noticed::Elsewhere);
            }
        }
        noticed
    }

    /// Whether rules above a watched folder that is there were edited.
    fn edited_rules(&mut self) -> bool {
        let mut any = false;
        for (part, file, before) in &mut self.rules {
            let now = stamp(file);
            // Those of a root that went away with it were not.
            if now != *before && self.roots[*part].1.is_some() {
                *before = now;
                any = true;
            }
        }
        any
    }

    /// Whether a root is another folder by the name that the settings have for it. One that leads nowhere
    /// now is waited for.
    fn lead_elsewhere(&mut self) -> bool {
        let mut any = false;
        for (named, leads) in &mut self.links {
            let now = std::fs::canonicalize(named).ok();
            if now.is_some() && now != *leads {
                *leads = now;
                any = true;
            }
        }
        any
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

/// The files with rules in the folders above a part's start, as they are now.
fn rules_above((number, part): (usize, &WatchedPart)) -> Vec<(usize, PathBuf, Stamp)> {
    let mut rules = Vec::new();
    let mut folder = part.start.clone();
    while !folder.is_root() {
        folder = folder.split().0;
        let file = part.disk(&folder).join(IGNORE_FILE);
        let stamp = stamp(&file);
        rules.push((number, file, stamp));
    }
    rules
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
