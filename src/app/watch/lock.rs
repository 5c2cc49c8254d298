//! One watcher for a ledger. The lock is the system's, on an open file: it goes away with the process,
//! however that ends, and cannot be left behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::app::{AppError, Context};

/// Held while it lives.
pub(super) struct WatchLock {
    _file: File,
}

impl WatchLock {
    /// Takes the lock beside a ledger, or says who has it.
    pub(super) fn take(ledger: &Path, context: &Context<'_>) -> Result<Self, AppError> {
        let path = beside(ledger);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(AppError::io("open", &path))?;
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
            Err(TryLockError::Error(source)) => {
                return Err(AppError::Io { action: "lock", path, source });
            }
        }
        let who =
            format!("{}, process {}, since {}\n", context.actor, std::process::id(), context.now());
        // What stands there is for people only; the lock holds without it.
        let _ = file.set_len(0).and_then(|()| file.write_all(who.as_bytes()));
        Ok(Self { _file: file })
    }
}

fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".watch");
    PathBuf::from(name)
}
