//! Follows symbolic links, and nobody else does. What one leads to may lie on a share that hangs, however well the roots
//! answer: it is asked for by an errand with a limit, and what does not answer is said not to. Looks at metadata only.
//!
//! A watch records links and follows none.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::app::Context;
use crate::app::errand::{Errand, LIMIT};
use crate::clock::Stopwatch;
use crate::observe::mount_of;

/// How long a place may take once others have used up the limit.
const MOMENT: Duration = Duration::from_secs(1);

/// Links on one way, at most: as many as the system follows.
const LINKS: usize = 40;

/// What a link leads to at its end.
#[derive(Debug)]
pub(super) struct Target {
    /// Without links.
    pub(super) path: PathBuf,
    pub(super) found: Metadata,
}

/// Follows the links of one command. All of them together wait as long as one may take for what does not answer.
#[derive(Clone, Debug, Default)]
pub struct Follower(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// The one who goes, until he is left behind.
    scout: Option<Scout>,
    /// Mounts that did not answer: nobody is sent there again.
    silent: Vec<PathBuf>,
    /// How long it may still be waited for one that does not.
    patience: Duration,
}

impl Default for State {
    fn default() -> Self {
        Self { scout: None, silent: Vec::new(), patience: LIMIT }
    }
}

impl Follower {
    /// What a link leads to. Any path is followed as well.
    pub(super) fn follow(&self, link: &Path, context: &Context<'_>) -> io::Result<Target> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { scout, silent, patience } = &mut *state;
        let sent = scout.get_or_insert_with(|| Scout::avoiding(silent.clone()));
        sent.errand.ask(link.to_owned());
        let watch = Stopwatch::start();
        let most = (*patience).max(MOMENT);
        if let Some(answer) = sent.errand.answer_by(watch, most, context) {
            return answer;
        }
        let at = sent.at.lock().unwrap_or_else(PoisonError::into_inner).clone();
        *scout = None;
        if context.check().is_err() {
            return Err(io::Error::other("stopped on request"));
        }
        *patience = patience.saturating_sub(watch.elapsed());
        let place = mount_of(&at);
        let said = does_not_answer(&place);
        silent.push(place);
        Err(said)
    }
}

/// Whether it is not known where a link leads, because nothing answers there.
pub(super) fn is_silence(error: &io::Error) -> bool {
    error.kind() == ErrorKind::TimedOut
}

fn does_not_answer(place: &Path) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, format!("{} does not answer", place.display()))
}

/// Goes ahead, and says where it is.
#[derive(Debug)]
struct Scout {
    errand: Errand<PathBuf, io::Result<Target>>,
    at: Arc<Mutex<PathBuf>>,
}

impl Scout {
    fn avoiding(silent: Vec<PathBuf>) -> Self {
        let at = Arc::new(Mutex::new(PathBuf::new()));
        let told = Arc::clone(&at);
        let errand = Errand::new(move |path: PathBuf| {
            end_of(&path, &mut |next| {
                if let Some(place) = silent.iter().find(|place| next.starts_with(place)) {
                    return Err(does_not_answer(place));
                }
                next.clone_into(&mut told.lock().unwrap_or_else(PoisonError::into_inner));
                fs::symlink_metadata(next)
            })
        });
        Self { errand, at }
    }
}

/// Where a path ends, segment by segment as the system goes, which would not say where on the way it waits.
fn end_of(path: &Path, look: &mut dyn FnMut(&Path) -> io::Result<Metadata>) -> io::Result<Target> {
    let mut here = Target { path: PathBuf::from("/"), found: look(Path::new("/"))? };
    let mut ahead = segments(path);
    let mut links = 0;
    while let Some(segment) = ahead.pop() {
        let next = if segment == ".." {
            if !here.found.is_dir() {
                return Err(ErrorKind::NotADirectory.into());
            }
            here.path.parent().unwrap_or(&here.path).to_owned()
        } else {
            here.path.join(&segment)
        };
        let found = look(&next)?;
        if !found.is_symlink() {
            here = Target { path: next, found };
            continue;
        }
        links += 1;
        if links > LINKS {
            return Err(io::Error::other("too many links on the way"));
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            here = Target { path: PathBuf::from("/"), found: look(Path::new("/"))? };
        }
        ahead.extend(segments(&target));
    }
    Ok(here)
}

/// The segments of a path, the first one last.
fn segments(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    let named = parts.filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    named.map(|part| OsStr::to_owned(part.as_os_str())).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::clock::SystemClock;
    use crate::problem::Silent;

    fn followed(path: &Path) -> io::Result<Target> {
        end_of(path, &mut |next| fs::symlink_metadata(next))
    }

    #[test]
    fn a_path_ends_where_it_does_for_the_system() {
        let temp = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(temp.path()).unwrap();
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::write(top.join("a/b/file"), "x").unwrap();
        for (link, target) in [
            ("plain", "a/b/file"),
            ("folder", "./a//b/"),
            ("up", "a/b/../../plain"),
            ("through", "folder/../b/./file"),
            ("a/b/out", "../../folder"),
            ("chain", "a/b/out/file"),
            ("top", "/"),
            ("above", "/../../.."),
            ("gone", "nowhere"),
            ("below", "plain/x"),
            ("past", "plain/.."),
            ("loop", "loop"),
        ] {
            symlink(target, top.join(link)).unwrap();
        }
        symlink(top.join("chain"), top.join("absolute")).unwrap();
        for name in
            ["plain", "folder", "up", "through", "a/b/out", "chain", "top", "above", "absolute"]
        {
            let link = top.join(name);
            let target = followed(&link).unwrap();
            assert_eq!(target.path, fs::canonicalize(&link).unwrap(), "{name}");
            assert_eq!(target.found.is_dir(), fs::metadata(&link).unwrap().is_dir(), "{name}");
        }
        for name in ["gone", "below", "past", "loop", "no-such-name"] {
            let link = top.join(name);
            let (ours, theirs) =
                (followed(&link).unwrap_err(), fs::canonicalize(&link).unwrap_err());
            assert!(name == "loop" || ours.kind() == theirs.kind(), "{name}: {ours}, {theirs}");
        }
    }

    #[test]
    fn nobody_is_sent_twice_to_where_nothing_answers() {
        let temp = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(temp.path()).unwrap();
        fs::create_dir(top.join("share")).unwrap();
        symlink("share/x", top.join("link")).unwrap();
        symlink("file", top.join("other")).unwrap();
        fs::write(top.join("file"), "x").unwrap();
        let cancel = AtomicBool::new(false);
        let context = Context {
            clock: &SystemClock,
            reporter: &Silent,
            actor: String::new(),
            cwd: top.clone(),
            cancel: &cancel,
            follower: Follower::default(),
        };
        let follower = &context.follower;
        follower.0.lock().unwrap().silent.push(top.join("share"));
        let watch = Stopwatch::start();
        for _ in 0..3 {
            let error = follower.follow(&top.join("link"), &context).unwrap_err();
            assert!(is_silence(&error), "{error}");
            assert_eq!(
                error.to_string(),
                format!("{} does not answer", top.join("share").display())
            );
        }
        assert_eq!(follower.follow(&top.join("other"), &context).unwrap().path, top.join("file"));
        assert!(watch.elapsed() < LIMIT / 2);
    }
}
