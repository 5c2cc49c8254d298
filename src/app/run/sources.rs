//! What a command may have read: all that its deliverable held from the moment it started.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStringExt;

use crate::app::contents::Contents;
use crate::app::decide::fold;
use crate::app::deliverables::known;
use crate::app::{AppError, Project};
use crate::ledger::Kinds;
use crate::model::{
    AssetId, AssetPath, Event, FinalItem, Fingerprint, Found, Head, MediaProblem, RuleCode,
};
use crate::observe::fingerprint;
use crate::record::{PathFilter, Record};

/// A final deliverable when a command starts, or once it has ended.
pub(super) struct Sources {
    /// What was finalised.
    pub(super) contents: Vec<FinalItem>,
    /// The newest event then.
    pub(super) head: Head,
    /// Its files, as they were.
    files: BTreeMap<AssetPath, Found>,
    /// The folders they lie in, all the way up to their roots.
    folders: BTreeMap<AssetPath, Fingerprint>,
    /// What lay in those of them that have others of them in them.
    names: BTreeMap<AssetPath, BTreeSet<Vec<u8>>>,
    timelines: BTreeSet<AssetPath>,
}

/// What became of it while that ran.
pub(super) struct Sequel {
    /// Everything it held in that time.
    pub(super) held: BTreeSet<AssetId>,
    /// Files that somebody wrote to, and folders that were not there all the time.
    pub(super) written: Vec<MediaProblem>,
}

impl Sources {
    /// What it holds now by the journal, whether a gate could look at it or not.
    pub(super) fn on_record(project: &Project, name: &str) -> Result<Self, AppError> {
        let reader = project.reader()?;
        let decided = fold(&reader, None)?;
        let deliverable = known(&decided, name)?;
        let run = deliverable.gate.as_ref().map(|run| &run.fact);
        let contents = Contents::seen(&deliverable.made, run)?;
        let scope: PathFilter<'_> = &|root, path| contents.contains(root, path);
        Self::of(project, name, &fold(&reader, Some(scope))?)
    }

    pub(super) fn of(project: &Project, name: &str, record: &Record) -> Result<Self, AppError> {
        let deliverable = known(record, name)?;
        let contents = deliverable.finalized.as_ref().map(|done| done.fact.contents.clone());
        let run = deliverable.gate.iter().flat_map(|run| &run.fact.timelines);
        let files = record.present().clone();
        let folders = folders(project, files.keys());
        let parents: BTreeSet<_> =
            folders.keys().filter(|path| !path.path.is_root()).map(above).collect();
        let listed = |path: AssetPath| Some((names(project, &path)?, path));
        Ok(Self {
            contents: contents.unwrap_or_default(),
            head: record.head.unwrap_or(Head::EMPTY),
            files,
            folders,
            names: parents
                .into_iter()
                .filter_map(listed)
                .map(|(names, path)| (path, names))
                .collect(),
            timelines: run.map(|one| one.path.clone()).collect(),
        })
    }

    /// What it held from then to `now`, as far as it was seen, by whomever. What the command `made` is none
    /// of it, wherever that lies.
    pub(super) fn since(
        &self,
        project: &Project,
        now: &Self,
        made: &BTreeSet<AssetPath>,
    ) -> Result<Sequel, AppError> {
        let (mut held, mut written) = (BTreeSet::new(), BTreeSet::new());
        let mut add = |path: &AssetPath, found: &Found| {
            // Nothing is made from a timeline, but from what it refers to.
            if !self.timelines.contains(path) && !now.timelines.contains(path) {
                held.insert(found.asset);
            }
        };
        self.files.iter().for_each(|(path, found)| add(path, found));
        let others = now.files.iter().filter(|(path, _)| !made.contains(*path));
        others.for_each(|(path, found)| add(path, found));
        // Something was renamed in it, or made.
        let stirred = |path: &AssetPath| {
            let folder = above(path);
            let changed = |all: &Self| all.folders.get(&folder).map(|print| print.mtime);
            changed(self) != changed(now)
        };
        let mut see = |path: AssetPath, found: &Found| {
            if let Some(was) = self.files.get(&path).filter(|_| !made.contains(&path)) {
                add(&path, found);
                if was.asset != found.asset
                    || was_written(&was.fingerprint, &found.fingerprint, stirred(&path))
                {
                    written.insert(path);
                }
            }
        };
        project.reader()?.read(self.head, None, Kinds::All, &mut |recorded| {
            let Event::Observed(batch) = recorded.event else { return };
            for observed in &batch.directories {
                for found in &observed.files {
                    let path = observed.directory.join(&found.name);
                    see(AssetPath::new(batch.root.clone(), path), found);
                }
            }
        })?;
        // One is told with what was swapped in it, where that shows. Those below come first.
        for folder in self.moved(now, made).into_iter().rev() {
            let is_below =
                |one: &AssetPath| one.root == folder.root && one.path.is_within(&folder.path);
            if !written.iter().any(is_below) {
                written.insert(folder);
            }
        }
        let problem =
            "it was written to or replaced while the command ran: nobody knows what that read";
        let written = written.into_iter().map(|path| MediaProblem {
            code: RuleCode::MediaChanged,
            path,
            problem: problem.to_owned(),
            reference: None,
        });
        Ok(Sequel { held, written: written.collect() })
    }

    /// Folders that went away and came back, or that others took the place of: what the command found in them
    /// meanwhile left no trace on their files. A folder that is renamed is stirred, and so is the one above it. What comes
    /// into a folder stirs it too, and what the command made in the one above stirs that: then neither says anything.
    fn moved(&self, now: &Self, made: &BTreeSet<AssetPath>) -> Vec<AssetPath> {
        let stirred = |path: &AssetPath| {
            let ctime = |all: &Self| all.folders.get(path).map(|print| print.ctime);
            ctime(self) != ctime(now)
        };
        let moved = |path: &AssetPath, was: &Fingerprint| {
            let Some(is) = now.folders.get(path) else { return false };
            let is_top = path.path.is_root();
            let has_news = was.mtime != is.mtime;
            // Of what lies above the root nothing is known.
            let is_innocent = has_news
                && (is_top
                    || made
                        .iter()
                        .any(|one| one.root == path.root && one.path.is_within(&path.path))
                    || self.made_there(&above(path), made));
            was.inode != is.inode
                || (stirred(path) && (is_top || stirred(&above(path))) && !is_innocent)
        };
        let moved = self.folders.iter().filter(|(path, was)| moved(path, was));
        moved.map(|(path, _)| path.clone()).collect()
    }

    /// Whether the command made something right in a folder: a file, or one in a folder that was not there before.
    fn made_there(&self, folder: &AssetPath, made: &BTreeSet<AssetPath>) -> bool {
        let is_new = |entry: &AssetPath| {
            let before = self.names.get(folder);
            before.is_some_and(|names| !names.contains(entry.path.name()))
        };
        made.iter().any(|one| {
            let on_the_way = || ancestors(one).take_while(|path| !path.path.is_root());
            above(one) == *folder
                || on_the_way().any(|path| above(&path) == *folder && is_new(&path))
        })
    }
}

/// The names of what lies in a folder; none where it cannot be listed.
fn names(project: &Project, folder: &AssetPath) -> Option<BTreeSet<Vec<u8>>> {
    let entries = fs::read_dir(project.on_disk(folder)?).ok()?;
    entries.map(|entry| Some(entry.ok()?.file_name().into_vec())).collect()
}

/// The folders of some files, and every one above them up to their roots, as they are now.
fn folders<'a>(
    project: &Project,
    files: impl Iterator<Item = &'a AssetPath>,
) -> BTreeMap<AssetPath, Fingerprint> {
    let mut all = BTreeSet::new();
    for file in files {
        // Above one that is known all are.
        ancestors(file).take_while(|folder| all.insert(folder.clone())).for_each(drop);
    }
    let look = |path: AssetPath| {
        let found = fs::symlink_metadata(project.on_disk(&path)?).ok()?;
        Some((path, fingerprint::of(&found)))
    };
    all.into_iter().filter_map(look).collect()
}

/// Every folder above a path, the nearest first.
fn ancestors(path: &AssetPath) -> impl Iterator<Item = AssetPath> {
    let up = |path: &AssetPath| (!path.path.is_root()).then(|| above(path));
    std::iter::successors(up(path), move |path| up(path))
}

/// The folder of a file.
fn above(path: &AssetPath) -> AssetPath {
    AssetPath::new(path.root.clone(), path.path.split().0)
}

/// Whether a file was written anew between two looks, or went away and came back, which stirs its folder.
/// A change of the inode alone, as another link to the file makes it, is none.
fn was_written(before: &Fingerprint, after: &Fingerprint, stirred: bool) -> bool {
    let of = |print: &Fingerprint| (print.size, print.mtime, print.inode);
    of(before) != of(after) || (stirred && before.ctime != after.ctime)
}
