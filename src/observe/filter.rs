//! Which names are left out: one matcher for the walk and the watcher, so that they agree.
//!
//! Junk that systems and Genlock itself strew about is always left out. Beyond that, people say so in
//! `config.toml` and in `.genlockignore` files, in the language of `gitignore(5)`. A pattern that
//! cannot be understood never hides anything: it becomes a problem. A gate walks with
//! [`Filter::only_own`], because what a deliverable names cannot be ignored into passing.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{Mode, OFlags};

use crate::model::{AssetPath, RelPath, RootName};
use crate::problem::Problem;

/// The file in which people say what is left out.
pub const IGNORE_FILE: &str = ".genlockignore";

/// Bytes. Nobody writes a larger one by hand, and a rule file must not fill the memory.
const IGNORE_FILE_LIMIT: u64 = 1 << 20;

/// A pattern from the configuration is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ignore pattern {pattern:?}: {reason}")]
pub struct BadPattern {
    /// As it was written.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What is left out in one directory. Cheap to clone: the rules of the directories above are
/// shared.
///
/// Precedence as in git: the deepest `.genlockignore` that says anything about a name decides, in
/// it the last line that matches, and the patterns of the configuration come last of all. `!`
/// brings a name back, unless a directory above it is left out: that one is never entered.
#[derive(Clone, Debug)]
pub struct Filter {
    mode: Reach,
    directory: RelPath,
    rules: Option<Arc<Rules>>,
    /// Files that Genlock keeps for itself among the media.
    own: Arc<[AssetPath]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Junk and rules are left out.
    Full,
    /// Only `.genlock/` at the top of the root is, and Genlock's own files among the media.
    OnlyOwn,
}

#[derive(Debug)]
struct Rules {
    matcher: Gitignore,
    /// How many bytes of a path below the root lead to the directory these rules stand in,
    /// slash included.
    above: usize,
    parent: Option<Arc<Rules>>,
}

impl Filter {
    /// For the directory of a root, with the patterns of its configuration.
    pub fn new(patterns: &[String]) -> Result<Self, BadPattern> {
        let mut builder = GitignoreBuilder::new("");
        let bad = |pattern: &str, reason: &ignore::Error| BadPattern {
            pattern: pattern.to_owned(),
            reason: reason_of(reason),
        };
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(|error| bad(pattern, &error))?;
        }
        let matcher = builder.build().map_err(|error| bad(&patterns.join(", "), &error))?;
        Ok(Self { mode: Reach::Full, ..Self::only_own() }.under(matcher))
    }

    /// Leaves out nothing but `.genlock/` at the top of a root. A `.genlock/` further down is
    /// listed: media could be put there to hide them from a gate.
    pub fn only_own() -> Self {
        let (directory, own) = (RelPath::root(), Arc::default());
        Self { mode: Reach::OnlyOwn, directory, rules: None, own }
    }

    /// Leaves these files out too, whatever rules say: a ledger that lies among the media changes with every
    /// look at them.
    #[must_use]
    pub fn without(self, own: Vec<AssetPath>) -> Self {
        Self { own: own.into(), ..self }
    }

    /// The directory this filter speaks for.
    pub fn directory(&self) -> &RelPath {
        &self.directory
    }

    /// The filter of `directory`, one that lies below this filter's, before its own rule file
    /// is read.
    #[must_use]
    pub fn enter(&self, directory: &RelPath) -> Self {
        Self { directory: directory.clone(), ..self.clone() }
    }

    /// Adds what the `.genlockignore` of this filter's directory says, if there is one. `path` is
    /// that directory on disk; `root` names it in problems. Lines that cannot be understood are
    /// problems, and the others still hold.
    #[must_use]
    pub fn read_rules(self, root: &RootName, path: &Path, problems: &mut Vec<Problem>) -> Self {
        if self.mode == Reach::OnlyOwn {
            return self;
        }
        let shown = || {
            let path = self.directory.join(IGNORE_FILE.as_bytes());
            AssetPath::new(root.clone(), path)
        };
        let text = match read_limited(&path.join(IGNORE_FILE)) {
            Ok(None) => return self,
            Ok(Some(text)) => text,
            Err(reason) => {
                problems.push(Problem::at(&shown(), reason));
                return self;
            }
        };
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let mut builder = GitignoreBuilder::new("");
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let fault = match std::str::from_utf8(line) {
                Ok(line) => builder.add_line(None, line).err().map(|error| reason_of(&error)),
                Err(_) => Some("is not UTF-8".to_owned()),
            };
            if let Some(fault) = fault {
                let fault = format!("line {}: {fault}", at + 1);
                problems.push(Problem::at(&shown(), fault));
            }
        }
        match builder.build() {
            Ok(matcher) => self.under(matcher),
            Err(error) => {
                problems.push(Problem::at(&shown(), reason_of(&error)));
                self
            }
        }
    }

    /// The filter of `directory`, reading the rule files of it and of everything above it up to the root
    /// at `path`: for a start below the root. None when `directory` itself is left out.
    pub fn descend(
        &self,
        root: &RootName,
        path: &Path,
        directory: &RelPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut filter = self.enter(&RelPath::root());
        if directory.is_root() {
            return Some(filter);
        }
        for segment in directory.as_bytes().split(|byte| *byte == b'/') {
            let here = path.join(filter.directory.as_path());
            filter = filter.read_rules(root, &here, problems);
            if filter.ignores(segment, true) {
                return None;
            }
            filter = filter.enter(&filter.directory.join(segment));
        }
        Some(filter)
    }

    /// Whether the entry `name` of this filter's directory is left out. A symbolic link is not a
    /// directory here, wherever it points, as in git.
    pub fn ignores(&self, name: &[u8], is_dir: bool) -> bool {
        match self.mode {
            Reach::OnlyOwn => return is_dir && name == b".genlock" && self.directory.is_root(),
            Reach::Full if is_junk(name, is_dir) => return true,
            Reach::Full => {}
        }
        let Some(deepest) = &self.rules else {
            return false;
        };
        let path = self.directory.join(name);
        let mut next = Some(deepest);
        while let Some(rules) = next {
            let below = Path::new(OsStr::from_bytes(&path.as_bytes()[rules.above..]));
            match rules.matcher.matched(below, is_dir) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => next = rules.parent.as_ref(),
            }
        }
        false
    }

    /// Whether an entry that is no directory is Genlock's own: one of its files, or `.genlock` itself
    /// where that is a link.
    pub(super) fn is_own(&self, root: &RootName, name: &[u8], is_link: bool) -> bool {
        let is_here = |own: &AssetPath| {
            own.path.name() == name && own.root == *root && own.path.split().0 == self.directory
        };
        let is_control = name == b".genlock" && root.is_project() && self.directory.is_root();
        (is_link && is_control) || self.own.iter().any(is_here)
    }

    fn under(mut self, matcher: Gitignore) -> Self {
        if !matcher.is_empty() {
            let above = self.directory.as_bytes().len();
            self.rules = Some(Arc::new(Rules {
                matcher,
                above: if above == 0 { 0 } else { above + 1 },
                parent: self.rules.take(),
            }));
        }
        self
    }
}

/// What no production means to deliver, and what Genlock writes itself.
pub fn is_junk(name: &[u8], is_dir: bool) -> bool {
    is_of_a_system(name, is_dir) || is_own(name, is_dir)
}

/// What Genlock writes itself. Anybody may give something such a name.
fn is_own(name: &[u8], is_dir: bool) -> bool {
    if is_dir {
        let is_staging = name.starts_with(b".") && name.ends_with(b".genlock-partial");
        let is_draft = name.starts_with(b".genlock.") && name.ends_with(b".genlock-tmp");
        return name == b".genlock" || name == b".genlock-partial" || is_staging || is_draft;
    }
    name.ends_with(b".genlock-tmp") || name.ends_with(b".genlock-tmp-journal")
}

/// What operating systems leave everywhere. Directories and files are told apart, so that media cannot
/// hide in a directory called `._renders`.
pub fn is_of_a_system(name: &[u8], is_dir: bool) -> bool {
    if is_dir {
        return matches!(
            name,
            b".Spotlight-V100"
                | b".Trashes"
                | b".TemporaryItems"
                | b".DocumentRevisions-V100"
                | b".fseventsd"
                | b"$RECYCLE.BIN"
                | b"System Volume Information"
        );
    }
    name == b".DS_Store"
        || name.starts_with(b"._")
        || name.eq_ignore_ascii_case(b"thumbs.db")
        || name.eq_ignore_ascii_case(b"desktop.ini")
}

/// None when there is none. A link is refused, as git does: it could lead out of the tree. Opened
/// without waiting, because somebody may have made a FIFO of it.
fn read_limited(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP) => return Err("is a symbolic link, not read".to_owned()),
        Err(errno) => return Err(format!("cannot open: {}", std::io::Error::from(errno))),
    };
    let cannot_read = |error: std::io::Error| format!("cannot read: {error}");
    if !file.metadata().map_err(cannot_read)?.is_file() {
        return Err("is not a file, not read".to_owned());
    }
    let mut text = Vec::new();
    file.take(IGNORE_FILE_LIMIT + 1).read_to_end(&mut text).map_err(cannot_read)?;
    if text.len() as u64 > IGNORE_FILE_LIMIT {
        return Err(format!("is larger than {IGNORE_FILE_LIMIT} bytes, not read"));
    }
    Ok(Some(text))
}

fn reason_of(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, glob } => match glob {
            Some(glob) => format!("cannot use {glob:?}: {err}"),
            None => err.clone(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
