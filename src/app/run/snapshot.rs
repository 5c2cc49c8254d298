//! What `--out` names at a moment, so that it can be told afterwards what a command made or changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::app::contents::{Contents, walk_all};
use crate::app::{AppError, Context, Project};
use crate::config::Root;
use crate::model::{AssetPath, Fingerprint, MediaProblem, RelPath, RuleCode};
use crate::observe::{Enters, Listing, WalkError, fingerprint};

/// The files, and what links lead to.
#[derive(Default)]
pub(super) struct Snapshot {
    /// By the name that led there, and by where the file lies: a link that leads to another file made it
    /// part of the outputs, though nobody wrote to either.
    files: BTreeMap<(AssetPath, AssetPath), Fingerprint>,
    /// What could not be looked into.
    pub(super) unread: Vec<MediaProblem>,
}

impl Snapshot {
    /// Looks at all that `contents` names.
    pub(super) fn of(
        project: &Project,
        context: &Context<'_>,
        contents: &Contents,
    ) -> Result<Self, AppError> {
        let found = Self::default();
        let (links, followed) = (Vec::new(), BTreeSet::new());
        let mut look = Look { project, context, contents, found, links, followed };
        for (name, base) in contents.bases(project) {
            // One that left the settings holds nothing that could be made.
            if let Some(root) = project.config.roots.iter().find(|root| root.name == name) {
                look.walk(root, &AssetPath::new(name, base), true)?;
            }
        }
        for path in contents.literals() {
            look.literal(path);
        }
        while let Some(link) = look.links.pop() {
            look.link(link)?;
        }
        Ok(look.found)
    }

    /// Where the files lie.
    pub(super) fn places(&self) -> impl Iterator<Item = &AssetPath> {
        self.files.keys().map(|(_, lies)| lies)
    }

    /// Where the files lie that are not as they were, and how they are.
    pub(super) fn since(&self, before: &Self) -> BTreeMap<AssetPath, Fingerprint> {
        let now = self.files.iter();
        let other = now.filter(|(names, print)| before.files.get(*names) != Some(*print));
        other.map(|((_, lies), print)| (lies.clone(), *print)).collect()
    }
}

struct Look<'a> {
    project: &'a Project,
    context: &'a Context<'a>,
    contents: &'a Contents,
    found: Snapshot,
    /// Still to be followed.
    links: Vec<AssetPath>,
    /// Folders that links led to.
    followed: BTreeSet<AssetPath>,
}

impl Look<'_> {
    /// Everything below a folder, as far as it is `named` or not.
    fn walk(&mut self, root: &Root, base: &AssetPath, named: bool) -> Result<(), AppError> {
        let cancel = self.context.cancel;
        let contents = self.contents;
        let enters = |folder: &RelPath| !named || contents.could_hold(&root.name, folder);
        let walked =
            walk_all(self.project, root, &base.path, cancel, Enters(&enters), &mut |listing| {
                self.listing(root, &listing, named);
            });
        match walked {
            // A folder that is not there yet holds nothing.
            Ok(()) | Err(WalkError::StartGone { .. }) => Ok(()),
            Err(WalkError::Cancelled) => Err(AppError::Interrupted),
            Err(error) => {
                self.unread(base.clone(), error.to_string());
                Ok(())
            }
        }
    }

    fn unread(&mut self, path: AssetPath, problem: String) {
        self.found.unread.push(MediaProblem {
            code: RuleCode::MediaUnread,
            path,
            problem,
            reference: None,
        });
    }

    fn listing(&mut self, root: &Root, listing: &Listing, named: bool) {
        let at = |name: &[u8]| AssetPath::new(root.name.clone(), listing.directory.join(name));
        let is_one = |path: &AssetPath| !named || self.contents.contains(&path.root, &path.path);
        let files = listing.files.iter().map(|entry| (at(&entry.name), entry.fingerprint));
        let files: Vec<_> = files.filter(|(path, _)| is_one(path)).collect();
        let links: Vec<_> = listing.links.iter().map(|link| at(&link.name)).collect();
        self.links.extend(links.into_iter().filter(|path| is_one(path)));
        self.found
            .files
            .extend(files.into_iter().map(|(path, print)| ((path.clone(), path), print)));
        if !listing.complete {
            let problem = listing.problems.first().map(|one| one.problem.clone());
            let problem = problem.unwrap_or_else(|| "could not be listed".to_owned());
            self.unread(AssetPath::new(root.name.clone(), listing.directory.clone()), problem);
        }
    }

    fn literal(&mut self, path: AssetPath) {
        let disk = self.project.on_disk(&path);
        let Some(found) = disk.and_then(|disk| fs::symlink_metadata(disk).ok()) else { return };
        if found.is_symlink() {
            self.links.push(path);
        } else if found.is_file() {
            let print = fingerprint::of(&found);
            self.found.files.entry((path.clone(), path)).or_insert(print);
        }
    }

    /// A link stands for what it leads to. One that leads nowhere is an output itself, so that it is
    /// judged as what it is.
    fn link(&mut self, path: AssetPath) -> Result<(), AppError> {
        let Some(disk) = self.project.on_disk(&path) else { return Ok(()) };
        let target = self.context.follow(&disk).ok();
        let lies = target.as_ref().and_then(|target| self.project.lies(&target.path));
        match (lies, target.as_ref().map(|target| &target.found)) {
            (Some((root, lies)), Some(found)) if found.is_dir() => {
                let walked = self.contents.contains(&lies.root, &lies.path);
                let new = !walked && self.followed.insert(lies.clone());
                if new { self.walk(root, &lies, false) } else { Ok(()) }
            }
            (Some((_, lies)), Some(found)) if found.is_file() => {
                self.found.files.insert((path, lies), fingerprint::of(found));
                Ok(())
            }
            _ => {
                if let Ok(found) = fs::symlink_metadata(&disk) {
                    self.found.files.insert((path.clone(), path), fingerprint::of(&found));
                }
                Ok(())
            }
        }
    }
}
