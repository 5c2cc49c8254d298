//! Asset arguments: what a user types for one or many contents.
//!
//! A path, a folder, a glob, a folded sequence as `ls` prints it, a full id, or at least eight of
//! its hex digits. Paths are tried from the folder the user stands in, then from the project.

mod pattern;

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::app::behind::{Behind, behind_path};
use crate::app::confirm::Place;
use crate::app::{AppError, Context, Project};
use crate::ledger::{AssetMatch, LocationRow, Reader};
use crate::model::{AssetId, AssetPath, RelPath, RootName, unescape_bytes};

pub(super) use crate::app::select::pattern::{Pattern, has_wildcards, in_folders_there, unescaped};

/// What an argument stands for.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The contents, each once, in the order of their first path.
    pub assets: Vec<AssetId>,
    /// The paths that took, as the tables have them.
    pub(super) places: Vec<Place>,
}

impl Selected {
    /// How many paths that took.
    pub const fn paths(&self) -> usize {
        self.places.len()
    }
}

/// Digits of an abbreviated id.
const MIN_PREFIX: usize = 8;

/// Finds what the arguments stand for. One that stands for nothing is an error, named.
pub fn select(
    project: &Project,
    context: &Context<'_>,
    arguments: &[String],
) -> Result<Selected, AppError> {
    let reader = project.reader()?;
    let mut wanted = wanted(project, context, &reader, arguments)?;
    // For each argument and each way to read it: what is there, and what only was.
    let mut found: Vec<Vec<[Vec<Place>; 2]>> =
        wanted.iter().map(|one| vec![Default::default(); one.readings.len()]).collect();
    if found.iter().any(|readings| !readings.is_empty()) {
        let index = Index::of(&wanted);
        for (at, missing) in [false, true].into_iter().enumerate() {
            reader.locations(missing, &mut |row| {
                for (one, reading) in index.wanting(&wanted, &row) {
                    let (path, asset) = (row.path.clone(), row.asset);
                    found[one][reading][at].push(Place { path, asset, present: !missing });
                }
            })?;
        }
    }
    let mut selected = Selected { assets: Vec::new(), places: Vec::new() };
    for (one, readings) in wanted.iter_mut().zip(found) {
        if let Some(asset) = one.id {
            selected.assets.push(asset);
            continue;
        }
        // The nearest reading that finds anything; in it, what is there before what only was.
        let first = readings.into_iter().flatten().find(|places| !places.is_empty());
        let places = first.ok_or_else(|| one.said_nothing())?;
        selected.assets.extend(places.iter().map(|place| place.asset));
        selected.places.extend(places);
    }
    let mut seen = HashSet::new();
    selected.assets.retain(|asset| seen.insert(*asset));
    Ok(selected)
}

/// Tells whether a location is among what arguments stand for.
pub(super) struct Matcher {
    wanted: Vec<Wanted>,
    ids: HashSet<AssetId>,
    index: Index,
}

impl Matcher {
    pub(super) fn wants(&self, row: &LocationRow) -> bool {
        self.ids.contains(&row.asset) || self.index.wanting(&self.wanted, row).next().is_some()
    }
}

/// Reads arguments for a list of what is there or, with `missing`, of what only was. One that stands
/// for nothing in either is an error: an empty list would say that nothing is the matter with it.
pub(super) fn matcher(
    project: &Project,
    context: &Context<'_>,
    arguments: &[String],
    missing: bool,
) -> Result<Matcher, AppError> {
    let reader = project.reader()?;
    let mut wanted = wanted(project, context, &reader, arguments)?;
    // The first reading that finds anything is the one that is meant.
    let mut nearest: Vec<_> = wanted.iter().map(|one| one.id.map(|_| 0)).collect();
    let index = Index::of(&wanted);
    for missing in [missing, !missing] {
        if nearest.contains(&None) {
            let known = nearest.clone();
            reader.locations(missing, &mut |row| {
                for (one, reading) in index.wanting(&wanted, &row) {
                    if known[one].is_none() {
                        nearest[one] = Some(nearest[one].map_or(reading, |at| at.min(reading)));
                    }
                }
            })?;
        }
    }
    for (one, nearest) in wanted.iter_mut().zip(nearest) {
        let Some(nearest) = nearest else {
            // A new folder in which nothing is known yet is no slip of typing.
            let folder = context.follow(&context.absolute(Path::new(&one.argument)));
            let is_new = folder
                .is_ok_and(|folder| folder.found.is_dir() && project.lies(&folder.path).is_some());
            if one.nothing.is_some() || !is_new {
                return Err(one.said_nothing());
            }
            continue;
        };
        one.readings = one.readings.drain(..).skip(nearest).take(1).collect();
    }
    let ids = wanted.iter().filter_map(|one| one.id).collect();
    Ok(Matcher { index: Index::of(&wanted), ids, wanted })
}

/// An argument and one of its readings, by their numbers.
type At = (usize, usize);

/// Which readings want a row, asked by its path and the folders above it: a script may name every file of
/// a production, and only what is a pattern has to be tried on each row.
struct Index {
    at: HashMap<RootName, HashMap<Vec<u8>, Vec<At>>>,
    like: Vec<At>,
}

impl Index {
    fn of(wanted: &[Wanted]) -> Self {
        let mut index = Self { at: HashMap::new(), like: Vec::new() };
        for (number, one) in wanted.iter().enumerate() {
            for (reading, of) in one.readings.iter().enumerate() {
                let at = (number, reading);
                match of {
                    Reading::At(path) => {
                        let root = index.at.entry(path.root.clone()).or_default();
                        root.entry(path.path.as_bytes().to_vec()).or_default().push(at);
                    }
                    Reading::Like(_) => index.like.push(at),
                }
            }
        }
        index
    }

    fn wanting(&self, wanted: &[Wanted], row: &LocationRow) -> impl Iterator<Item = At> {
        let AssetPath { root, path } = &row.path;
        let fits = move |(one, reading): &At| match &wanted[*one].readings[*reading] {
            Reading::Like(pattern) => pattern.matches(root, path),
            Reading::At(_) => false,
        };
        let named = self.at.get(root).into_iter();
        let named = named.flat_map(|at| and_above(path.as_bytes()).filter_map(|path| at.get(path)));
        named.flatten().copied().chain(self.like.iter().copied().filter(fits))
    }
}

/// A path, every folder above it, and last the root.
fn and_above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let above = |path: &[u8]| path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    std::iter::successors(Some(path), move |path| (!path.is_empty()).then(|| &path[..above(path)]))
}

fn wanted(
    project: &Project,
    context: &Context<'_>,
    reader: &Reader,
    arguments: &[String],
) -> Result<Vec<Wanted>, AppError> {
    arguments.iter().map(|argument| Wanted::new(project, context, reader, argument)).collect()
}

fn by_id(reader: &Reader, argument: &str) -> Result<Option<AssetId>, AppError> {
    let digits = argument.len();
    let is_hex = argument.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !(MIN_PREFIX..=64).contains(&digits) || !is_hex {
        return Ok(None);
    }
    match reader.asset_by_prefix(argument)? {
        AssetMatch::One(asset) => Ok(Some(asset)),
        AssetMatch::None => Ok(None),
        AssetMatch::Several(one, other) => Err(AppError::usage(
            format!("{argument} stands for several assets, e.g. {one} and {other}"),
            "type more digits",
        )),
    }
}

/// An argument, in every way it can be read, the nearest first.
struct Wanted {
    argument: String,
    id: Option<AssetId>,
    readings: Vec<Reading>,
    /// Why it stands for nothing, if it does: a pattern that is none, a link that leads nowhere or out of the
    /// roots. No matter for what is known by that name.
    nothing: Option<AppError>,
}

/// One way to read a path argument.
enum Reading {
    /// A file, or everything in a folder.
    At(AssetPath),
    /// A glob or a folded sequence.
    Like(Pattern),
}

/// Whether an argument is a glob, and not a name, an id or a folded sequence. What looks like one and
/// is the name of something is that name.
pub(super) fn is_glob(
    project: &Project,
    context: &Context<'_>,
    reader: &Reader,
    text: &str,
) -> Result<bool, AppError> {
    let readings = Wanted::new(project, context, reader, text)?.readings;
    let is_one = |one: &Reading| matches!(one, Reading::Like(pattern) if pattern.is_glob());
    if !readings.iter().any(is_one) {
        return Ok(false);
    }
    for reading in readings {
        if let Reading::At(path) = reading
            && is_name(project, reader, &path)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether what could be a pattern is the name of something that is on disk, or is or was known. With
/// `*` in it, it stays a pattern: that takes in the name too, and a file that somebody called `*` must
/// not stand for all the others.
pub(super) fn is_name(
    project: &Project,
    reader: &Reader,
    path: &AssetPath,
) -> Result<bool, AppError> {
    let mut is = is_on_disk(project, path);
    for missing in [false, true] {
        if !is && !has_star(path) {
            reader.locations(missing, &mut |row| {
                is |= row.path.root == path.root && row.path.path.is_within(&path.path);
            })?;
        }
    }
    Ok(is)
}

fn is_on_disk(project: &Project, path: &AssetPath) -> bool {
    let there = |disk| std::fs::symlink_metadata(disk).is_ok();
    !has_star(path) && project.on_disk(path).is_some_and(there)
}

fn has_star(path: &AssetPath) -> bool {
    path.path.as_bytes().contains(&b'*')
}

impl Wanted {
    /// What to say when it stands for nothing.
    fn said_nothing(&mut self) -> AppError {
        self.nothing.take().unwrap_or_else(|| {
            AppError::usage(
                format!("no asset matches {:?}", self.argument),
                "run genlock scan first if it is new; genlock ls lists what is known",
            )
        })
    }

    fn new(
        project: &Project,
        context: &Context<'_>,
        reader: &Reader,
        argument: &str,
    ) -> Result<Self, AppError> {
        if argument.is_empty() {
            // A script's unset variable; as a path it would be the whole project.
            return Err(AppError::usage("an empty asset argument", "name a path, a glob or an id"));
        }
        let id = by_id(reader, argument)?;
        let mut one =
            Self { argument: argument.to_owned(), id, readings: Vec::new(), nothing: None };
        if one.id.is_some() {
            return Ok(one);
        }
        let places = one.names(project, context);
        // Also where no scan has seen it: nothing is decided of what its name would fit as a pattern.
        let mut names = one.readings.iter();
        if names.any(|it| matches!(it, Reading::At(path) if is_on_disk(project, path))) {
            return Ok(one);
        }
        one.patterns(project, places);
        one.readings.extend(unconfigured(project, reader, argument)?);
        if one.readings.is_empty() {
            return Err(AppError::usage(
                format!("{argument:?} lies outside the project's roots"),
                "genlock status lists the roots",
            ));
        }
        Ok(one)
    }

    /// Reads it as a name. Gives where it can lie: from the folder the user stands in, and from the root.
    fn names(&mut self, project: &Project, context: &Context<'_>) -> Vec<AssetPath> {
        let located = |bytes: &[u8]| {
            let path = context.absolute(Path::new(OsStr::from_bytes(bytes)));
            project.locate(&path).map(|(_, path)| path)
        };
        let rooted = rooted(project, &self.argument);
        let below_root = |bytes: Option<&[u8]>| {
            let (root, _) = rooted.clone()?;
            RelPath::new(bytes?).ok().map(|path| AssetPath::new(root, path))
        };
        let below = rooted.as_ref().map(|(_, below)| *below);
        let here = located(self.argument.as_bytes());
        let there = below_root(below.map(str::as_bytes)).filter(|it| here.as_ref() != Some(it));
        // A name that is there is that name, whatever else could be read into it. A link to a folder is that
        // folder, as a path through it is.
        for path in here.iter().chain(&there) {
            match behind_path(project, context, path) {
                Some(Behind::Folder(lies)) => self.readings.push(Reading::At(lies)),
                Some(Behind::Unknown(why)) => {
                    let what = format!("{:?} is {why}", self.argument);
                    let hint = "name where its files lie themselves, in the project or a [[root]]";
                    self.nothing.get_or_insert(AppError::usage(what, hint));
                }
                Some(Behind::NoFolder) | None => {}
            }
            self.readings.push(Reading::At(path.clone()));
        }
        // Names that are not UTF-8 are typed in the escaped form in which they are printed.
        if let Some(bytes) = unescape_bytes(&self.argument) {
            let below = below.and_then(unescape_bytes);
            let printed = [located(&bytes), below_root(below.as_deref())];
            let printed: Vec<_> = printed.into_iter().flatten().collect();
            self.readings.extend(printed.iter().cloned().map(Reading::At));
            self.readings.extend(printed.iter().filter_map(Pattern::of_bytes).map(Reading::Like));
        }
        here.into_iter().chain(there).collect()
    }

    /// Reads it as a pattern, below what could be its name.
    fn patterns(&mut self, project: &Project, places: Vec<AssetPath>) {
        for path in places {
            if let Ok(text) = std::str::from_utf8(path.path.as_bytes()) {
                let text = in_folders_there(project.folder(&path.root), text);
                match Pattern::new(path.root.clone(), &text) {
                    Ok(pattern) if pattern.is_one() => self.readings.push(Reading::Like(pattern)),
                    Ok(_) => {}
                    Err(broken) => self.nothing = Some(broken),
                }
            }
        }
    }
}

/// What `name:path` stands for where a root of that name was configured once: what lay there is still known.
fn unconfigured(
    project: &Project,
    reader: &Reader,
    argument: &str,
) -> Result<Vec<Reading>, AppError> {
    let Some((name, below)) = argument.split_once(':') else { return Ok(Vec::new()) };
    let known = reader.roots()?.into_iter().find(|root| root.as_str() == name);
    let Some(root) = known.filter(|root| project.folder(root).is_none()) else {
        return Ok(Vec::new());
    };
    let names = [Some(below.as_bytes().to_vec()), unescape_bytes(below)];
    let paths = names.into_iter().flatten().filter_map(|name| RelPath::new(name).ok());
    let mut readings: Vec<_> =
        paths.map(|path| Reading::At(AssetPath::new(root.clone(), path))).collect();
    let pattern = Pattern::new(root, below).ok().filter(Pattern::is_one);
    readings.extend(pattern.map(Reading::Like));
    Ok(readings)
}

/// Splits `name:path` where a root has that name; else the project folder and the whole text.
pub(super) fn rooted<'a>(project: &Project, text: &'a str) -> Option<(RootName, &'a str)> {
    if let Some((name, below)) = text.split_once(':')
        && let Some(root) = project.config.roots.iter().find(|root| root.name.as_str() == name)
    {
        return Some((root.name.clone(), below));
    }
    if text.starts_with('/') {
        return None;
    }
    Some((RootName::project(), text.strip_prefix("./").unwrap_or(text)))
}
