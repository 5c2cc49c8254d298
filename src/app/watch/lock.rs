//! One watcher for a ledger. The lock is the system's, on an open file: it goes away with the process,
//! however that ends, and cannot be left behind.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::{AppError, Context};
use crate::ledger::LedgerError;
use crate::observe::presence::lies_at;

/// Held while it lives.
pub(super) struct WatchLock {
    file: File,
}

impl WatchLock {
    /// The lock beside a ledger: the one that is held, where that is what others would find there, whatever
    /// its path was when it was taken; else it is taken, or who has it is said.
    pub(super) fn of(
        ledger: &Path,
        held: Option<&Arc<Self>>,
        context: &Context<'_>,
    ) -> Result<Arc<Self>, AppError> {
        let path = beside(ledger);
        if let Some(held) = held.filter(|held| lies_at(&held.file, &path)) {
            return Ok(Arc::clone(held));
        }
        loop {
            let lock = Self::take(ledger, &path, context)?;
            // One that was taken away between opening and locking keeps nobody out.
            if lies_at(&lock.file, &path) {
                return Ok(Arc::new(lock));
            }
        }
    }

    fn take(ledger: &Path, path: &Path, context: &Context<'_>) -> Result<Self, AppError> {
        let cannot =
            |action| move |source| LedgerError::Io { action, path: path.to_owned(), source };
        let mut file = open(ledger, path).map_err(cannot("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Who holds it may be about to write: then it is nobody we can name.
                let _ = file.read_to_string(&mut by);
                let by = by.trim();
                let by = if by.is_empty() { "another genlock".to_owned() } else { by.to_owned() };
                return Err(AppError::Watched { ledger: ledger.to_owned(), by });
            }
            Err(TryLockError::Error(source)) => return Err(cannot("lock")(source).into()),
        }
        let who =
            format!("{}, process {}, since {}\n", context.actor, std::process::id(), context.now());
        // What stands there is for people only; the lock holds without it.
        let _ = file.set_len(0).and_then(|()| file.write_all(who.as_bytes()));
        Ok(Self { file })
    }
}

/// Whoever may write the ledger may watch it: the file is made with the rights of the ledger, as SQLite makes
/// its own. One that somebody else left can be locked without the right to write it.
fn open(ledger: &Path, path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            let as_ledger = fs::metadata(ledger)?;
            // Only root may give it away, and others need not.
            let _ = fchown(&file, Some(as_ledger.uid()), Some(as_ledger.gid()));
            let _ = file.set_permissions(as_ledger.permissions());
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match options.open(path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path),
            opened => opened,
        },
        Err(error) => Err(error),
    }
}

fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".watch");
    PathBuf::from(name)
}
