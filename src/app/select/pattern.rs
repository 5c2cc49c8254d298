//! A pattern as a user types it: a glob, or a folded sequence as `ls` prints it.

use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::model::{AssetPath, FramePattern, Glob, RelPath, RootName};

/// A pattern typed below a folder, its first names taken for what they name as long as that is there:
/// `[AI]/**` is for the folder `[AI]`, not for `A` and `I`.
pub(in crate::app) fn in_folders_there(folder: Option<PathBuf>, text: &str) -> String {
    let Some(mut folder) = folder else { return text.to_owned() };
    let (mut named, mut rest) = (String::new(), text);
    while let Some((name, below)) = rest.split_once('/') {
        folder.push(name);
        if name.contains('*') || !folder.is_dir() {
            break;
        }
        named.push_str(&globset::escape(name));
        named.push('/');
        rest = below;
    }
    named + rest
}

/// The one name that a part of a pattern fits, as `globset::escape` writes it. None when it fits others.
pub(in crate::app) fn unescaped(part: &str) -> Option<String> {
    let mut name = String::new();
    let mut chars = part.chars();
    while let Some(char) = chars.next() {
        name.push(match char {
            '[' => {
                let (one, end) = (chars.next()?, chars.next()?);
                if end != ']' || !"?*[]{}".contains(one) {
                    return None;
                }
                one
            }
            '*' | '?' | '{' => return None,
            plain => plain,
        });
    }
    Some(name)
}

/// Whether a text can be a pattern, by what is in it.
pub(in crate::app) fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// A glob or a folded sequence below a root.
pub(in crate::app) struct Pattern {
    root: RootName,
    /// The folder that the glob is matched below.
    below: RelPath,
    glob: Option<Glob>,
    sequence: Option<(RelPath, FramePattern)>,
}

impl Pattern {
    /// Reads a pattern below a root: `*` and `?` stay within a segment, `**` crosses them.
    pub(in crate::app) fn new(root: RootName, text: &str) -> Result<Self, AppError> {
        let sequence = RelPath::new(text).ok().and_then(|path| {
            let (directory, name) = path.split();
            let directory = unescaped(std::str::from_utf8(directory.as_bytes()).ok()?)?;
            Some((RelPath::new(directory).ok()?, FramePattern::parse(name)?))
        });
        // `[1001-1096]` is frames, not a set of characters.
        let glob = if sequence.is_none() && has_wildcards(text) {
            Some(Glob::parse(text).map_err(|error| {
                AppError::usage(
                    format!("{text:?} is not a pattern: {}", error.kind()),
                    "quote patterns for the shell, e.g. 'reel1/**'",
                )
            })?)
        } else {
            None
        };
        Ok(Self { root, below: RelPath::root(), glob, sequence })
    }

    /// The same where the name of a folder or of a sequence is not UTF-8, which no glob can be: the folders
    /// down to the last such name are meant letter by letter.
    pub(in crate::app) fn of_bytes(path: &AssetPath) -> Option<Self> {
        let root = path.root.clone();
        let (directory, name) = path.path.split();
        if let Some(frames) = FramePattern::parse(name) {
            let (below, sequence) = (RelPath::root(), Some((directory, frames)));
            return Some(Self { root, below, glob: None, sequence });
        }
        let bytes = path.path.as_bytes();
        let mut slashes = (0..bytes.len()).filter(|at| bytes[*at] == b'/');
        let (at, text) =
            slashes.find_map(|at| Some((at, std::str::from_utf8(&bytes[at + 1..]).ok()?)))?;
        let below = RelPath::new(&bytes[..at]).ok()?;
        let pattern = Self::new(root, text).ok().filter(Self::is_one)?;
        Some(Self { below, ..pattern })
    }

    /// The folder below which everything it can match lies.
    pub(in crate::app) fn base(&self) -> RelPath {
        self.sequence.as_ref().map_or_else(|| self.below.clone(), |(folder, _)| folder.clone())
    }

    /// Whether something below a folder of its root may fit.
    pub(in crate::app) fn could_hold(&self, folder: &RelPath) -> bool {
        let glob = self.glob.as_ref().is_some_and(|glob| match self.below_base(folder) {
            Some(folder) => glob.could_hold(folder),
            None => self.below.is_within(folder),
        });
        let sequence = |(directory, _): &(RelPath, _)| directory.is_within(folder);
        glob || self.sequence.as_ref().is_some_and(sequence)
    }

    /// Whether whatever fits below one folder of its root fits below another too, by the same names.
    pub(in crate::app) fn fits_as_well(&self, below: &RelPath, elsewhere: &RelPath) -> bool {
        let folders = self.below_base(below).zip(self.below_base(elsewhere));
        let glob = self.glob.as_ref().zip(folders);
        glob.is_some_and(|(glob, (below, elsewhere))| glob.fits_as_well(below, elsewhere))
    }

    fn below_base<'a>(&self, path: &'a RelPath) -> Option<&'a Path> {
        path.as_path().strip_prefix(self.below.as_path()).ok()
    }

    /// Whether it is one, and not just a name.
    pub(super) fn is_one(&self) -> bool {
        self.is_glob() || self.sequence.is_some()
    }

    /// Whether it is a glob, and no folded sequence.
    pub(super) const fn is_glob(&self) -> bool {
        self.glob.is_some()
    }

    /// Whether a path fits, or lies in a folder that fits: `reel1/*` must not leave out what is in
    /// the folders of `reel1`.
    pub(in crate::app) fn matches(&self, root: &RootName, path: &RelPath) -> bool {
        if *root != self.root {
            return false;
        }
        let glob = self.glob.as_ref().is_some_and(|glob| {
            let Some(path) = self.below_base(path) else { return false };
            let above = path.ancestors();
            above.take_while(|part| *part != Path::new("")).any(|part| glob.is_match(part))
        });
        glob || self.sequence.as_ref().is_some_and(|(directory, frames)| {
            let (here, name) = path.split();
            here == *directory && frames.frame_of(name).is_some()
        })
    }
}
