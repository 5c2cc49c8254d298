//! What a deliverable names: its globs, asked of a path or walked on disk.
//!
//! Ignore rules play no part here: they are for scans, and never hide what a deliverable names.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::app::select::{Pattern, rooted};
use crate::app::{AppError, Project};
use crate::config::Root;
use crate::model::{AssetPath, RelPath, RootName};
use crate::observe::{Filter, Listing, Walk, WalkError, WalkOptions};

/// The paths a deliverable is made of.
pub(super) struct Contents {
    patterns: Vec<Named>,
}

/// One `--path`: a file, a folder with all below it, or a pattern.
struct Named {
    root: RootName,
    literal: Option<RelPath>,
    pattern: Pattern,
    has_wildcards: bool,
    /// The folder below which everything it can match lies.
    base: RelPath,
}

impl Contents {
    /// Reads the `--path` texts of a deliverable.
    pub(super) fn new(project: &Project, paths: &[String]) -> Result<Self, AppError> {
        let patterns =
            paths.iter().map(|text| Named::new(project, text)).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// A root it reaches into and the settings do not know.
    pub(super) fn unconfigured(&self, project: &Project) -> Option<&RootName> {
        let known = |root: &RootName| project.config.roots.iter().any(|one| one.name == *root);
        self.patterns.iter().map(|named| &named.root).find(|root| !known(root))
    }

    /// Whether a path belongs to it.
    pub(super) fn contains(&self, root: &RootName, path: &RelPath) -> bool {
        self.patterns.iter().any(|named| named.contains(root, path))
    }

    /// Files it names one by one: that one of them is not there is a finding.
    pub(super) fn literals(&self) -> impl Iterator<Item = AssetPath> {
        self.patterns
            .iter()
            .filter(|named| !named.has_wildcards)
            .filter_map(|named| Some(AssetPath::new(named.root.clone(), named.literal.clone()?)))
    }

    /// The roots it reaches into, and the folders in them to walk; none lies within another.
    pub(super) fn bases(&self, project: &Project) -> Vec<(RootName, RelPath)> {
        let mut bases: Vec<_> = self
            .patterns
            .iter()
            .filter(|named| named.is_deep(project))
            .map(|named| (named.root.clone(), named.base.clone()))
            .collect();
        bases.sort();
        bases.dedup();
        let covered = |(root, path): &(RootName, RelPath)| {
            bases.iter().any(|(other, base)| other == root && base != path && path.is_within(base))
        };
        bases.iter().filter(|base| !covered(base)).cloned().collect()
    }
}

impl Named {
    fn new(project: &Project, text: &str) -> Result<Self, AppError> {
        let misplaced = || {
            AppError::usage(
                format!("{text:?} is not a path below the project or one of its roots"),
                "write it relative to the project, or as name:path below a [[root]]",
            )
        };
        if text.is_empty() {
            return Err(misplaced());
        }
        let located;
        let (root, below) = if let Some(found) = unconfigured(project, text) {
            found
        } else if let Some(found) = rooted(project, text) {
            found
        } else {
            let (root, path) = project.locate(Path::new(text)).ok_or_else(misplaced)?;
            located = path.path.to_string();
            (root.name.clone(), located.as_str())
        };
        let below = below.trim_end_matches('/');
        let below = if below == "." { "" } else { below };
        let literal = RelPath::new(below).ok();
        let has_wildcards = below.contains(['*', '?', '[', '{']);
        if literal.is_none() && !has_wildcards {
            return Err(misplaced());
        }
        let pattern = Pattern::new(root.clone(), below)?;
        let plain: Vec<_> =
            below.split('/').take_while(|part| !part.contains(['*', '?', '[', '{'])).collect();
        let base = RelPath::new(plain.join("/")).map_err(|_| misplaced())?;
        Ok(Self { root, literal, pattern, has_wildcards, base })
    }

    /// Whether a folder must be walked to find what it names. A single file is looked at directly.
    fn is_deep(&self, project: &Project) -> bool {
        let path = AssetPath::new(self.root.clone(), self.base.clone());
        let Some(disk) = project.on_disk(&path) else {
            // Nobody knows what it is; that its root is not configured is told where it is walked.
            return true;
        };
        self.has_wildcards || std::fs::symlink_metadata(disk).is_ok_and(|found| found.is_dir())
    }

    fn contains(&self, root: &RootName, path: &RelPath) -> bool {
        if *root != self.root {
            return false;
        }
        // A name with brackets of its own is also itself.
        self.literal.as_ref().is_some_and(|literal| path.is_within(literal))
            || self.pattern.matches(root, path)
    }
}

/// Splits `name:path` where no root has that name and no name at the top of the project begins so:
/// a root that is not in the settings any more, or a slip. Taken for a path of the project it would
/// name nothing, and a deliverable would pass without what lies there.
fn unconfigured<'a>(project: &Project, text: &'a str) -> Option<(RootName, &'a str)> {
    let (name, below) = text.split_once(':')?;
    let root = RootName::try_from(name.to_owned()).ok()?;
    if project.config.roots.iter().any(|known| known.name == root) {
        return None;
    }
    let begins_so = |entry: std::fs::DirEntry| {
        entry.file_name().as_bytes().starts_with(&text.as_bytes()[..=name.len()])
    };
    let ours = std::fs::read_dir(&project.dir).is_ok_and(|all| all.flatten().any(begins_so));
    (!ours).then_some((root, below))
}

/// Lists everything below a folder of a root with nothing left out but our own `.genlock/`.
pub(super) fn walk_all(
    root: &Root,
    base: &RelPath,
    cancel: &AtomicBool,
    each: &mut dyn FnMut(Listing),
) -> Result<(), WalkError> {
    let options = WalkOptions { start: base.clone(), filter: Filter::only_own() };
    for listing in Walk::new(&root.name, &root.path, &options, cancel)? {
        each(listing?);
    }
    Ok(())
}
