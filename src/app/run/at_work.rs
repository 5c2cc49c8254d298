//! Says to others what a command is making, for as long as it runs and what it made is not on record: a
//! watch that guards the place waits with its word. The lock is the system's, on an open file beside the
//! ledger, and goes away with the process, however that ends.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::model::PathPattern;
use crate::observe::presence::lies_at;

/// Behind each name, so that ignore rules know it for ours wherever the ledger lies.
const SUFFIX: &str = ".genlock-tmp";

/// More is no word of ours.
const MOST: u64 = 1 << 20;

/// A command is at work while it lives.
#[derive(Debug)]
pub(super) struct AtWork {
    path: PathBuf,
    _lock: File,
}

impl AtWork {
    /// From here on a command makes these.
    pub(super) fn announce(ledger: &Path, outputs: &[PathPattern]) -> Result<Self, AppError> {
        let folder = folder(ledger);
        for number in 0_u64.. {
            // The folder goes with the last one that is at work.
            fs::create_dir_all(&folder).map_err(AppError::io("create", &folder))?;
            sweep(&folder);
            let path = folder.join(format!("{}.{number}{SUFFIX}", std::process::id()));
            let made = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
            let mut file = match made {
                Ok(file) => file,
                Err(error)
                    if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) =>
                {
                    continue;
                }
                Err(error) => return Err(AppError::io("create", &path)(error)),
            };
            let said = serde_json::to_vec(outputs).unwrap_or_default();
            file.write_all(&said).map_err(AppError::io("write", &path))?;
            file.lock().map_err(AppError::io("lock", &path))?;
            // One that was swept away before it was locked says nothing to anybody.
            if lies_at(&file, &path) {
                return Ok(Self { path, _lock: file });
            }
        }
        Err(AppError::Internal("no name is left for a command".to_owned()))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        // One that stays is not locked any more, and the next one sweeps it away.
        let _ = fs::remove_file(&self.path);
        let _ = self.path.parent().map(fs::remove_dir);
    }
}

/// What commands are making now.
pub(in crate::app) fn at_work(ledger: &Path) -> Vec<Vec<PathPattern>> {
    let mut all: Vec<_> = announced(ledger).iter().filter_map(|path| read(path)).collect();
    all.sort_unstable();
    all
}

/// The files in which that is said, of those that ended too.
pub(in crate::app) fn announced(ledger: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder(ledger)) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.as_os_str().as_encoded_bytes().ends_with(SUFFIX.as_bytes())).collect()
}

fn read(path: &Path) -> Option<Vec<PathPattern>> {
    let file = File::open(path).ok()?;
    if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let mut said = Vec::new();
    file.take(MOST).read_to_end(&mut said).ok()?;
    serde_json::from_slice(&said).ok()
}

/// Takes away what those left behind that were killed.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn folder(ledger: &Path) -> PathBuf {
    let mut name: OsString = ledger.as_os_str().to_owned();
    name.push(".runs");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RootName;

    #[test]
    fn what_is_said_holds_while_it_lives_and_a_killed_one_says_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let ledger = temp.path().join("ledger.db");
        let outputs = |pattern: &str| {
            vec![PathPattern {
                root: RootName::project(),
                pattern: pattern.to_owned(),
                printed: false,
            }]
        };
        let one = AtWork::announce(&ledger, &outputs("a")).unwrap();
        let other = AtWork::announce(&ledger, &outputs("b")).unwrap();
        assert_eq!(at_work(&ledger), [outputs("a"), outputs("b")]);
        drop(one);
        assert_eq!(at_work(&ledger), [outputs("b")]);
        // Killed: the file stays, and nobody holds it.
        let left = folder(&ledger).join(format!("1.0{SUFFIX}"));
        fs::write(&left, serde_json::to_vec(&outputs("c")).unwrap()).unwrap();
        assert_eq!(at_work(&ledger), [outputs("b")]);
        let third = AtWork::announce(&ledger, &outputs("d")).unwrap();
        assert!(!left.try_exists().unwrap());
        drop((other, third));
        assert!(!folder(&ledger).try_exists().unwrap());
    }
}
