//! What a deliverable names: its globs, asked of a path or walked on disk.
//!
//! Ignore rules play no part here: they are for scans, and never hide what a deliverable names.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::app::select::{Pattern, has_wildcards, in_folders_there, is_name, rooted, unescaped};
use crate::app::{AppError, Context, Project};
use crate::config::Root;
use crate::model::{
    AssetPath, Found, GateRun, LinkedFile, MadeOf, PathPattern, RelPath, RootName, unescape_bytes,
};
use crate::observe::{Enters, Filter, Listing, Walk, WalkError, WalkOptions};

/// The paths a deliverable is made of.
pub(super) struct Contents {
    patterns: Vec<Named>,
    /// The links that lead to each file.
    linked: BTreeMap<AssetPath, BTreeSet<AssetPath>>,
    referenced: BTreeSet<AssetPath>,
}

/// One `--path`: a file, a folder with all below it, or a pattern. Or the folder of a package.
struct Named {
    root: RootName,
    literal: Option<RelPath>,
    /// Unless it is one name.
    pattern: Option<Pattern>,
    typed: String,
    /// The folder below which everything it can match lies.
    base: RelPath,
}

impl Contents {
    /// Reads what a deliverable is made of.
    pub(super) fn new(made: &MadeOf) -> Result<Self, AppError> {
        let paths = made.paths.iter().map(Named::new);
        let packages = made.packages.iter().map(|folder| Ok(Named::folder(folder)));
        let patterns = paths.chain(packages).collect::<Result<_, _>>()?;
        Ok(Self { patterns, linked: BTreeMap::new(), referenced: BTreeSet::new() })
    }

    /// What a deliverable is made of, with what a gate saw that its timelines and links mean.
    pub(super) fn seen(made: &MadeOf, run: Option<&GateRun>) -> Result<Self, AppError> {
        let contents = Self::new(made)?;
        let Some(run) = run else { return Ok(contents) };
        Ok(contents.with_referenced(run.referenced.iter().cloned()).with_links(&run.linked))
    }

    /// Adds the files that its timelines refer to.
    pub(super) fn with_referenced(mut self, files: impl IntoIterator<Item = AssetPath>) -> Self {
        self.referenced.extend(files);
        self
    }

    /// With what links in it lead to.
    pub(super) fn with_links(mut self, linked: &[LinkedFile]) -> Self {
        self.relink(linked);
        self
    }

    /// What links in it lead to now: what they led to before is no part of it any more.
    pub(super) fn relink(&mut self, linked: &[LinkedFile]) {
        self.linked.clear();
        for one in linked {
            self.linked.entry(one.file.clone()).or_default().insert(one.link.clone());
        }
    }

    /// Whether a path belongs to it.
    pub(super) fn contains(&self, root: &RootName, path: &RelPath) -> bool {
        if self.patterns.iter().any(|named| named.contains(root, path)) {
            return true;
        }
        if self.linked.is_empty() && self.referenced.is_empty() {
            return false;
        }
        let path = AssetPath::new(root.clone(), path.clone());
        self.linked.contains_key(&path) || self.referenced.contains(&path)
    }

    /// Whether something below a folder may belong to it. Where nothing can, what that folder is plays no part.
    pub(super) fn could_hold(&self, root: &RootName, folder: &RelPath) -> bool {
        if self.patterns.iter().any(|named| named.could_hold(root, folder)) {
            return true;
        }
        let folder = AssetPath::new(root.clone(), folder.clone());
        let referenced = self.referenced.range(first_below(&folder)..).next();
        holds_any(&self.linked, &folder) || referenced.is_some_and(|one| is_in(one, &folder))
    }

    /// Whether all that patterns fit below `link` they fit too where that leads, below `folder`: then the walk
    /// comes by it there. What is named without wildcards is looked at by its name.
    pub(super) fn holds_as_well(&self, link: &AssetPath, folder: &AssetPath) -> bool {
        let mut patterns = self.patterns.iter();
        self.contains(&folder.root, &folder.path)
            || patterns.all(|named| named.holds_as_well(link, folder))
    }

    /// Files it names one by one: that one of them is not there is a finding.
    pub(super) fn literals(&self) -> impl Iterator<Item = AssetPath> {
        self.patterns
            .iter()
            .filter(|named| named.pattern.is_none())
            .filter_map(|named| Some(AssetPath::new(named.root.clone(), named.literal.clone()?)))
            .chain(self.referenced.iter().cloned())
    }

    /// Patterns that fit none of these files, as typed. What is named without wildcards is not among
    /// them: that it is missing is said for itself.
    pub(super) fn unmatched(&self, files: &BTreeMap<AssetPath, Found>) -> Vec<String> {
        let fits = |named: &Named| {
            let mut paths = files.keys().chain(self.linked.values().flatten());
            paths.any(|path| named.contains(&path.root, &path.path))
        };
        let unmatched =
            self.patterns.iter().filter(|named| named.pattern.is_some() && !fits(named));
        unmatched.map(|named| named.typed.clone()).collect()
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
    fn new(path: &PathPattern) -> Result<Self, AppError> {
        let misplaced = || misplaced(&path.to_string());
        let (root, typed) = (path.root.clone(), path.pattern.as_str());
        if path.printed {
            let bytes = unescape_bytes(typed).ok_or_else(misplaced)?;
            let literal = RelPath::new(bytes).map_err(|_| misplaced())?;
            let path = AssetPath::new(root, literal);
            let folder = Self::folder(&path);
            let Some(pattern) = Pattern::of_bytes(&path) else { return Ok(folder) };
            return Ok(Self { base: pattern.base(), pattern: Some(pattern), ..folder });
        }
        let name = unescaped(typed);
        let literal = RelPath::new(name.as_deref().unwrap_or(typed)).ok();
        if literal.is_none() && name.is_some() {
            return Err(misplaced());
        }
        let pattern = name.is_none().then(|| Pattern::new(root.clone(), typed)).transpose()?;
        let folders: Vec<_> = typed.split('/').map_while(unescaped).collect();
        let base = RelPath::new(folders.join("/")).map_err(|_| misplaced())?;
        Ok(Self { root, literal, pattern, typed: path.to_string(), base })
    }

    /// A folder that was found by its name, whatever characters are in that.
    fn folder(path: &AssetPath) -> Self {
        Self {
            root: path.root.clone(),
            literal: Some(path.path.clone()),
            pattern: None,
            typed: path.to_string(),
            base: path.path.clone(),
        }
    }

    /// Whether a folder must be walked to find what it names. A single file is looked at directly.
    fn is_deep(&self, project: &Project) -> bool {
        let path = AssetPath::new(self.root.clone(), self.base.clone());
        let Some(disk) = project.on_disk(&path) else {
            // Nobody knows what it is; that its root is not configured is told where it is walked.
            return true;
        };
        self.pattern.is_some() || std::fs::symlink_metadata(disk).is_ok_and(|found| found.is_dir())
    }

    fn could_hold(&self, root: &RootName, folder: &RelPath) -> bool {
        let above = |literal: &RelPath| literal.is_within(folder);
        *root == self.root
            && (self.contains(root, folder)
                || self.literal.as_ref().is_some_and(above)
                || self.pattern.as_ref().is_some_and(|pattern| pattern.could_hold(folder)))
    }

    fn holds_as_well(&self, link: &AssetPath, folder: &AssetPath) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        let in_one_root = link.root == folder.root;
        !self.could_hold(&link.root, &link.path)
            || (in_one_root && pattern.fits_as_well(&link.path, &folder.path))
    }

    fn contains(&self, root: &RootName, path: &RelPath) -> bool {
        // The folder first: a gate asks this of every file the journal ever mentions.
        if *root != self.root || !path.is_within(&self.base) {
            return false;
        }
        // A name with brackets of its own is also itself.
        self.literal.as_ref().is_some_and(|literal| path.is_within(literal))
            || self.pattern.as_ref().is_some_and(|pattern| pattern.matches(root, path))
    }
}

/// Whether there is something at a path or below it.
pub(super) fn holds_any<T>(all: &BTreeMap<AssetPath, T>, path: &AssetPath) -> bool {
    let first = all.range(first_below(path)..).next();
    all.contains_key(path) || first.is_some_and(|(one, _)| is_in(one, path))
}

/// What is below `a` begins with `a/`; `a-b` sorts between the two.
fn first_below(folder: &AssetPath) -> AssetPath {
    AssetPath::new(folder.root.clone(), folder.path.join(b""))
}

fn is_in(path: &AssetPath, folder: &AssetPath) -> bool {
    path.root == folder.root && path.path.is_within(&folder.path)
}

/// The name in `name:path` where no root has that name and no name at the top of the project begins
/// so: a slip. Taken for a path of the project it would name nothing, and a deliverable would pass
/// without what lies there.
fn unconfigured(project: &Project, text: &str) -> Option<RootName> {
    let (name, _) = text.split_once(':')?;
    let root = RootName::try_from(name.to_owned()).ok()?;
    if project.config.roots.iter().any(|known| known.name == root) {
        return None;
    }
    let begins_so = |entry: std::fs::DirEntry| {
        entry.file_name().as_bytes().starts_with(&text.as_bytes()[..=name.len()])
    };
    let ours = std::fs::read_dir(&project.dir).is_ok_and(|all| all.flatten().any(begins_so));
    (!ours).then_some(root)
}

/// Checks that `name:path` names a root that is configured.
pub(super) fn check_root(project: &Project, text: &str) -> Result<(), AppError> {
    let Some(name) = unconfigured(project, text) else { return Ok(()) };
    Err(AppError::usage(
        format!("there is no root {:?}", name.as_str()),
        "add it as a [[root]] in .genlock/config.toml; genlock status lists the roots",
    ))
}

/// Reads a `--path` as typed: relative to the folder the user stands in, `name:path` below a root,
/// or absolute. What is the name of something, with brackets of its own, is put down so that it stands
/// for that and nothing else.
pub(super) fn path_pattern(
    project: &Project,
    context: &Context<'_>,
    text: &str,
) -> Result<PathPattern, AppError> {
    if text.is_empty() {
        return Err(misplaced(text));
    }
    check_root(project, text)?;
    if let Some(path) = literally(project, context, text)
        && let Ok(name) = std::str::from_utf8(path.path.as_bytes())
        && has_wildcards(name)
        && is_name(project, &project.reader()?, &path)?
    {
        let pattern = globset::escape(name);
        return Ok(PathPattern { root: path.root, pattern, printed: false });
    }
    if let Some(path) = printed(project, context, text) {
        let path = PathPattern { root: path.root, pattern: path.path.to_string(), printed: true };
        Named::new(&path)?;
        return Ok(path);
    }
    let (root, pattern) = match rooted(project, text) {
        Some((root, below)) if root.is_project() => below_here(project, context, below)?,
        Some((root, below)) => {
            let below = undotted(below).filter(|(up, _)| *up == 0);
            let (_, below) = below.ok_or_else(|| misplaced(text))?;
            let pattern = in_folders_there(project.folder(&root), &below);
            (root, pattern)
        }
        None => {
            let located = project.locate(Path::new(text));
            let (root, path) = located.ok_or_else(|| misplaced(text))?;
            let below = path.path.to_string();
            (root.name.clone(), in_folders_there(Some(root.path.clone()), &below))
        }
    };
    let pattern = pattern.trim_end_matches('/');
    let pattern = if pattern == "." { String::new() } else { pattern.to_owned() };
    let path = PathPattern { root, pattern, printed: false };
    Named::new(&path)?;
    Ok(path)
}

/// What a `--path` stands for, read letter by letter.
fn literally(project: &Project, context: &Context<'_>, text: &str) -> Option<AssetPath> {
    let path = match rooted(project, text) {
        Some((root, below)) if root.is_project() => {
            let here = project.locate(&context.cwd).map_or(&project.dir, |_| &context.cwd);
            here.join(below)
        }
        Some((root, below)) => return Some(AssetPath::new(root, RelPath::new(below).ok()?)),
        None => text.into(),
    };
    project.locate(&path).map(|(_, path)| path)
}

/// What a `--path` stands for where a name in it, or the folder it is typed in, is not UTF-8: given in its own
/// bytes, which arrive as they are printed, or so.
fn printed(project: &Project, context: &Context<'_>, text: &str) -> Option<AssetPath> {
    let bytes = |text: &str| unescape_bytes(text).unwrap_or_else(|| text.as_bytes().to_vec());
    let path = match rooted(project, text) {
        Some((root, below)) if !root.is_project() => {
            AssetPath::new(root, RelPath::new(bytes(below)).ok()?)
        }
        _ => project.locate(&context.absolute(Path::new(OsStr::from_bytes(&bytes(text)))))?.1,
    };
    let typed = literally(project, context, text);
    let is_typed = typed.and_then(|typed| project.on_disk(&typed));
    let is_typed = is_typed.is_some_and(|disk| std::fs::symlink_metadata(disk).is_ok());
    (!is_typed && std::str::from_utf8(path.path.as_bytes()).is_err()).then_some(path)
}

/// A pattern typed in a folder of a root is below that folder; typed elsewhere, below the project.
fn below_here(
    project: &Project,
    context: &Context<'_>,
    text: &str,
) -> Result<(RootName, String), AppError> {
    let (up, text) = undotted(text.trim_end_matches('/')).ok_or_else(|| misplaced(text))?;
    let cwd: &Path = &context.cwd;
    let from = if project.locate(cwd).is_some() { cwd } else { &project.dir };
    let folder = from.ancestors().nth(up);
    let located = folder.and_then(|folder| Some((folder, project.locate(folder)?.1)));
    let (folder, here) = located.ok_or_else(|| misplaced(&text))?;
    let above = std::str::from_utf8(here.path.as_bytes()).map_err(|_| misplaced(&text))?;
    let pattern = match (above, has_wildcards(&text)) {
        ("", _) => in_folders_there(Some(folder.to_owned()), &text),
        (_, true) => {
            let below = in_folders_there(Some(folder.to_owned()), &text);
            format!("{}/{below}", globset::escape(above))
        }
        (_, false) => {
            let located = project.locate(&folder.join(&text));
            let (root, path) = located.ok_or_else(|| misplaced(&text))?;
            return Ok((root.name.clone(), path.path.to_string()));
        }
    };
    Ok((here.root, pattern))
}

/// A path without dots in it, and how many folders up it begins. They are taken away as typed, but
/// not with a pattern before them: nobody can say from where that goes up.
fn undotted(text: &str) -> Option<(usize, String)> {
    let mut up = 0;
    let mut names: Vec<&str> = Vec::new();
    for name in text.split('/') {
        match name {
            "." => {}
            ".." => match names.pop() {
                Some(name) if has_wildcards(name) => return None,
                Some(_) => {}
                None => up += 1,
            },
            name => names.push(name),
        }
    }
    Some((up, names.join("/")))
}

fn misplaced(text: &str) -> AppError {
    AppError::usage(
        format!("{text:?} is not a path below the project or one of its roots"),
        "write it relative to the project, or as name:path below a [[root]]",
    )
}

/// Lists everything below a folder of a root with nothing left out but what is our own, and folders that nobody
/// `enters`.
pub(super) fn walk_all(
    project: &Project,
    root: &Root,
    base: &RelPath,
    cancel: &AtomicBool,
    enters: Enters<'_>,
    each: &mut dyn FnMut(Listing),
) -> Result<(), WalkError> {
    let filter = Filter::only_own().without(project.own_files());
    let options = WalkOptions { start: base.clone(), filter };
    for listing in Walk::new(&root.name, &root.path, &options, cancel)?.entering(enters) {
        each(listing?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_a_path_or_below_it_is_found_among_names_that_begin_alike() {
        let path = |root: &str, path: &str| {
            AssetPath::new(root.to_owned().try_into().unwrap(), RelPath::new(path).unwrap())
        };
        let all = [path("lib", "a-b/c"), path("lib", "a/b"), path("lib", "ab"), path("lib", "z")];
        let all: BTreeMap<_, _> = all.into_iter().zip(1..).collect();
        for held in ["", "a", "a/b", "a-b", "a-b/c", "ab", "z"] {
            assert!(holds_any(&all, &path("lib", held)), "{held}");
        }
        for not in ["a/b/c", "a/c", "a-", "b", "zz"] {
            assert!(!holds_any(&all, &path("lib", not)), "{not}");
        }
        assert!(!holds_any(&all, &path("kit", "")) && !holds_any(&all, &path("other", "")));
    }
}
