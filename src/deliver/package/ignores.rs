//! Patterns of files that a manifest leaves out, in the manner of `.gitignore`. They are data of
//! the package: they are followed, but what they hide is told.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::deliver::package::relative_path::below;
use crate::deliver::package::{IgnoredPatterns, PackageProblem};

/// The patterns of all histories of a package.
pub(super) struct Ignores {
    scopes: Vec<(Vec<u8>, Gitignore)>,
}

impl Ignores {
    /// Patterns that cannot be understood are problems, and hide nothing.
    pub(super) fn new(patterns: &[IgnoredPatterns], problems: &mut Vec<PackageProblem>) -> Self {
        let mut scopes = Vec::new();
        for scope in patterns {
            let mut builder = GitignoreBuilder::new("");
            for pattern in &scope.patterns {
                if let Err(error) = builder.add_line(None, pattern) {
                    let why = format!("the pattern {pattern:?} is none: {error}");
                    let path = scope.history.clone();
                    problems.push(PackageProblem::Contradiction { path, why });
                }
            }
            match builder.build() {
                Ok(matcher) => scopes.push((scope.history.clone(), matcher)),
                Err(error) => problems.push(PackageProblem::Contradiction {
                    path: scope.history.clone(),
                    why: format!("its patterns cannot be used: {error}"),
                }),
            }
        }
        Self { scopes }
    }

    /// The pattern that leaves out a path or a folder above it, by any history above it.
    pub(super) fn pattern(&self, path: &[u8], folder: bool) -> Option<String> {
        self.scopes.iter().find_map(|(history, matcher)| hit(history, matcher, path, folder))
    }

    /// Whether one history leaves out a path.
    pub(super) fn by_history(&self, history: &[u8], path: &[u8], folder: bool) -> bool {
        self.scopes
            .iter()
            .filter(|(known, _)| known == history || below(history, known).is_some())
            .any(|(known, matcher)| hit(known, matcher, path, folder).is_some())
    }
}

fn hit(history: &[u8], matcher: &Gitignore, path: &[u8], folder: bool) -> Option<String> {
    let path = below(history, path).filter(|path| !path.is_empty())?;
    let path = Path::new(OsStr::from_bytes(path));
    match matcher.matched_path_or_any_parents(path, folder) {
        Match::Ignore(glob) => Some(glob.original().to_owned()),
        Match::None | Match::Whitelist(_) => None,
    }
}
