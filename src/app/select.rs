//! Asset arguments: what a user types for one or many contents.
//!
//! A path, a folder, a glob, a folded sequence as `ls` prints it, a full id, or at least eight of
//! its hex digits. Paths are tried from the folder the user stands in, then from the project.

use std::collections::HashSet;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::app::{AppError, Context, Project};
use crate::ledger::{AssetMatch, LocationRow, Reader};
use crate::model::{AssetId, AssetPath, RelPath, RootName};
use crate::observe::FramePattern;

/// What an argument stands for.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The contents, each once, in the order of their first path.
    pub assets: Vec<AssetId>,
    /// How many paths that took.
    pub paths: usize,
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
    let mut wanted = Vec::new();
    for argument in arguments {
        wanted.push(Wanted::new(project, context, &reader, argument)?);
    }
    let mut found: Vec<(Vec<AssetId>, bool)> = vec![(Vec::new(), false); wanted.len()];
    if wanted.iter().any(|one| one.id.is_none()) {
        // Paths that are gone still name what they held, unless the same argument finds one there.
        for missing in [false, true] {
            reader.locations(missing, &mut |row| {
                for (one, (assets, present)) in wanted.iter().zip(&mut found) {
                    if one.id.is_none() && !(missing && *present) && one.wants(&row) {
                        assets.push(row.asset);
                        *present |= !missing;
                    }
                }
            })?;
        }
    }
    let mut selected = Selected { assets: Vec::new(), paths: 0 };
    for (one, (assets, _)) in wanted.iter().zip(found) {
        if let Some(asset) = one.id {
            selected.assets.push(asset);
        } else if assets.is_empty() {
            return Err(AppError::usage(
                format!("no asset matches {:?}", one.argument),
                "run genlock scan first if it is new; genlock ls lists what is known",
            ));
        }
        selected.paths += assets.len();
        selected.assets.extend(assets);
    }
    let mut seen = HashSet::new();
    selected.assets.retain(|asset| seen.insert(*asset));
    Ok(selected)
}

/// Tells whether a location is among what arguments stand for.
pub(super) struct Matcher {
    wanted: Vec<Wanted>,
}

impl Matcher {
    pub(super) fn wants(&self, row: &LocationRow) -> bool {
        self.wanted.iter().any(|one| one.wants(row))
    }
}

/// Reads arguments for a list, where one that matches nothing is no error.
pub(super) fn matcher(
    project: &Project,
    context: &Context<'_>,
    arguments: &[String],
) -> Result<Matcher, AppError> {
    let reader = project.reader()?;
    let wanted = arguments
        .iter()
        .map(|argument| Wanted::new(project, context, &reader, argument))
        .collect::<Result<_, _>>()?;
    Ok(Matcher { wanted })
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

/// An argument, in every way it can be read.
struct Wanted {
    argument: String,
    id: Option<AssetId>,
    exact: Vec<AssetPath>,
    patterns: Vec<Pattern>,
}

/// A glob or a folded sequence below a root.
pub(super) struct Pattern {
    root: RootName,
    glob: Option<GlobMatcher>,
    sequence: Option<(RelPath, FramePattern)>,
}

impl Pattern {
    /// Reads a pattern below a root: `*` and `?` stay within a segment, `**` crosses them.
    pub(super) fn new(root: RootName, text: &str) -> Result<Self, AppError> {
        let glob = if text.contains(['*', '?', '[', '{']) {
            let built = GlobBuilder::new(text).literal_separator(true).build();
            Some(built.map_err(|error| {
                AppError::usage(
                    format!("{text:?} is not a pattern: {}", error.kind()),
                    "quote patterns for the shell, e.g. 'reel1/**'",
                )
            })?)
        } else {
            None
        };
        let sequence = RelPath::new(text).ok().and_then(|path| {
            let (directory, name) = path.split();
            Some((directory, FramePattern::parse(name)?))
        });
        Ok(Self { root, glob: glob.map(|glob| glob.compile_matcher()), sequence })
    }

    /// Whether a path fits, or lies in a folder that fits: `reel1/*` must not leave out what is in
    /// the folders of `reel1`.
    pub(super) fn matches(&self, root: &RootName, path: &RelPath) -> bool {
        if *root != self.root {
            return false;
        }
        let glob = self.glob.as_ref().is_some_and(|glob| {
            let above = path.as_path().ancestors();
            above.take_while(|part| *part != Path::new("")).any(|part| glob.is_match(part))
        });
        glob || self.sequence.as_ref().is_some_and(|(directory, frames)| {
            let (here, name) = path.split();
            here == *directory && frames.frame_of(name).is_some()
        })
    }
}

impl Wanted {
    fn new(
        project: &Project,
        context: &Context<'_>,
        reader: &Reader,
        argument: &str,
    ) -> Result<Self, AppError> {
        if argument.is_empty() {
            // A script's unset variable must not stand for the whole folder.
            return Err(AppError::usage(
                "an asset argument is empty",
                "the folder itself is \".\"",
            ));
        }
        let mut one = Self {
            argument: argument.to_owned(),
            id: by_id(reader, argument)?,
            exact: Vec::new(),
            patterns: Vec::new(),
        };
        if one.id.is_some() {
            return Ok(one);
        }
        if let Some((root, below)) = rooted(project, argument) {
            one.exact.extend(RelPath::new(below).map(|path| AssetPath::new(root.clone(), path)));
            one.patterns.push(Pattern::new(root, below)?);
        }
        if let Some((_, path)) = project.locate(&context.absolute(Path::new(argument))) {
            if let Ok(text) = std::str::from_utf8(path.path.as_bytes()) {
                one.patterns.push(Pattern::new(path.root.clone(), text)?);
            }
            one.exact.push(path);
        }
        if one.exact.is_empty() && one.patterns.is_empty() {
            return Err(AppError::usage(
                format!("{argument:?} lies outside the project's roots"),
                "genlock status lists the roots",
            ));
        }
        Ok(one)
    }

    fn wants(&self, row: &LocationRow) -> bool {
        let LocationRow { path, asset, .. } = row;
        let within = |one: &AssetPath| one.root == path.root && path.path.is_within(&one.path);
        // Names that are not UTF-8 are typed in the escaped form in which they are printed.
        let as_printed =
            || path.base64_when_not_utf8().is_some() && path.to_string() == self.argument;
        self.id == Some(*asset)
            || self.exact.iter().any(within)
            || self.patterns.iter().any(|pattern| pattern.matches(&path.root, &path.path))
            || as_printed()
    }
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
