//! Where a delivery is put together, so that it is there whole or not at all.
//!
//! A new or empty target appears by one rename of a folder beside it. Where that cannot be (a mount
//! point, a folder that is in use) files are put together in [`PARTIAL`] inside it and renamed one by
//! one when all are verified, the certificate last: until then the folder is no delivery. Whatever is
//! there already is never overwritten. What a killed export left behind is taken up by the next one.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, RenameFlags, flock, renameat_with, statvfs, syncfs};

use crate::failpoint;

/// The folder inside the target where a delivery that cannot appear at once is put together.
pub const PARTIAL: &str = ".genlock-partial";

/// Held while an export is at work; no part of the delivery.
const LOCK: &str = ".lock";

/// Whether a name in a delivery is what a killed export left behind when all was in its place.
pub fn is_left_over(name: &[u8]) -> bool {
    name.strip_prefix(PARTIAL.as_bytes()).is_some_and(|rest| rest == b"/.lock")
}

/// Takes away what a killed export left behind in a finished delivery.
pub fn sweep(target: &Path) -> Result<(), StagingError> {
    let folder = target.join(PARTIAL);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(io_error("remove", &folder)(error))
        }
        _ => Ok(()),
    }
}

/// Why a delivery cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The target is no folder.
    #[error("{} is there and is no folder", path.display())]
    NoFolder {
        /// The target.
        path: PathBuf,
    },
    /// Another export is at it.
    #[error("another export writes to {}", path.display())]
    Busy {
        /// The target.
        path: PathBuf,
    },
    /// Something else has a name that the delivery needs.
    #[error("{} is there already", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// There is not enough room.
    #[error("{} has {free} bytes free, and the delivery needs {needed}", path.display())]
    Full {
        /// The folder.
        path: PathBuf,
        /// Bytes.
        free: u64,
        /// Bytes.
        needed: u64,
    },
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StagingError {
    let path = path.to_owned();
    move |source| StagingError::Io { action, path, source }
}

/// A delivery that is being put together.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    folder: PathBuf,
    /// It appears by one rename.
    at_once: bool,
    _lock: File,
}

impl Staging {
    /// Begins, or goes on with what a killed export left behind.
    pub fn open(target: &Path) -> Result<Self, StagingError> {
        let parent = target.parent().unwrap_or(target);
        fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        let at_once = match fs::symlink_metadata(target) {
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(io_error("look at", target)(error)),
            Ok(found) if !found.is_dir() => {
                return Err(StagingError::NoFolder { path: target.to_owned() });
            }
            Ok(found) => {
                let above = fs::metadata(parent).map_err(io_error("look at", parent))?;
                let mut inside = fs::read_dir(target).map_err(io_error("list", target))?;
                found.dev() == above.dev() && inside.next().is_none()
            }
        };
        let folder = if at_once {
            let name = target.file_name().unwrap_or_default().to_string_lossy();
            parent.join(format!(".{name}{PARTIAL}"))
        } else {
            target.join(PARTIAL)
        };
        fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
        let lock = folder.join(LOCK);
        let file = File::create(&lock).map_err(io_error("create", &lock))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| StagingError::Busy { path: target.to_owned() })?;
        Ok(Self { target: target.to_owned(), folder, at_once, _lock: file })
    }

    /// Where a file of the delivery is put together. Its folders are made.
    pub fn place(&self, name: &Path) -> Result<PathBuf, StagingError> {
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        Ok(path)
    }

    /// The folder that is to be the delivery.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where files of the delivery may lie now.
    pub fn folders(&self) -> Vec<&Path> {
        let placed = (!self.at_once).then_some(&*self.target);
        std::iter::once(&*self.folder).chain(placed).collect()
    }

    /// Takes a folder away that is to be made anew.
    pub fn remove_folder(&self, name: &Path) -> Result<(), StagingError> {
        let path = self.folder.join(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(io_error("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Where a file of the delivery lies now: put together, or already in its place.
    pub fn find(&self, name: &Path) -> Option<PathBuf> {
        let is_file = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|one| one.is_file());
        Some(self.folder.join(name))
            .filter(is_file)
            .or_else(|| Some(self.target.join(name)).filter(|path| !self.at_once && is_file(path)))
    }

    /// Takes a file away that is not what it should be.
    pub fn remove(&self, name: &Path) -> Result<(), StagingError> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(io_error("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Checks that nothing else has the names that the delivery needs, and that there is room for so
    /// many more bytes.
    pub fn check<'a>(
        &self,
        names: impl IntoIterator<Item = &'a Path>,
        needed: u64,
    ) -> Result<(), StagingError> {
        if !self.at_once {
            for name in names {
                let path = self.target.join(name);
                if !self.folder.join(name).exists_nofollow() && path.exists_nofollow() {
                    return Err(StagingError::Taken { path });
                }
            }
        }
        let room = statvfs(&self.folder)
            .map_err(|error| io_error("look at", &self.folder)(error.into()))?;
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        if free < needed {
            return Err(StagingError::Full { path: self.target.clone(), free, needed });
        }
        Ok(())
    }

    /// Has the device hold everything that was written.
    pub fn sync(&self) -> Result<(), StagingError> {
        let folder = File::open(&self.folder).map_err(io_error("open", &self.folder))?;
        syncfs(&folder).map_err(|error| io_error("sync", &self.folder)(error.into()))
    }

    /// Makes it the delivery: `names` are its files, the one that makes it one last.
    pub fn finish<'a>(self, names: impl IntoIterator<Item = &'a Path>) -> Result<(), StagingError> {
        if self.at_once {
            let lock = self.folder.join(LOCK);
            fs::remove_file(&lock).map_err(io_error("remove", &lock))?;
            // Onto an empty folder, or onto nothing: never over anything.
            fs::rename(&self.folder, &self.target).map_err(io_error("create", &self.target))?;
            failpoint::hit("delivery-appeared");
            let parent = self.target.parent().unwrap_or(&self.target);
            return sync_folder(parent);
        }
        let mut folders = vec![self.target.clone()];
        for name in names {
            let (from, to) = (self.folder.join(name), self.target.join(name));
            if !from.exists_nofollow() {
                // An earlier export put it into its place before it was killed.
                continue;
            }
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(io_error("create", parent))?;
                if folders.last().is_none_or(|last| last != parent) {
                    folders.push(parent.to_owned());
                }
            }
            let moved =
                renameat_with(rustix::fs::CWD, &from, rustix::fs::CWD, &to, RenameFlags::NOREPLACE);
            match moved {
                Ok(()) => {}
                Err(rustix::io::Errno::EXIST) => return Err(StagingError::Taken { path: to }),
                Err(error) => return Err(io_error("create", &to)(error.into())),
            }
            // Folders that are empty now would look like part of the delivery to who is about to get it.
            let mut emptied = from.parent();
            while let Some(folder) = emptied.filter(|folder| *folder != self.folder) {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
                emptied = folder.parent();
            }
            failpoint::hit("delivery-placed");
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))?;
        // Nothing of it is part of the delivery; what stays is in nobody's way but is no delivery's.
        fs::remove_dir_all(&self.folder).map_err(io_error("remove", &self.folder))
    }

    /// Takes away everything that was put together.
    pub fn discard(self) -> Result<(), StagingError> {
        fs::remove_dir_all(&self.folder).map_err(io_error("remove", &self.folder))
    }
}

fn sync_folder(folder: &Path) -> Result<(), StagingError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error("sync", folder))
}

trait Exists {
    fn exists_nofollow(&self) -> bool;
}

impl Exists for Path {
    fn exists_nofollow(&self) -> bool {
        fs::symlink_metadata(self).is_ok()
    }
}
