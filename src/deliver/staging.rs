//! Where a delivery is put together, so that it is there whole or not at all.
//!
//! A new or empty target appears by one rename of a folder beside it. Where that cannot be (a mount
//! point, a folder that is in use) files are put together in [`PARTIAL`] inside it and renamed when all
//! are verified, the certificate last: until then the folder is no delivery. Whatever is there already is
//! never overwritten. What a killed export left behind is taken up by the next one as far as it is part of
//! that; nothing else of it may leave.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, RenameFlags, flock, renameat_with, statvfs, syncfs};
use rustix::io::Errno;

use crate::deliver::beside::nothing_new;
use crate::failpoint;
use crate::model::RelPath;

/// The folder inside the target where a delivery that cannot appear at once is put together.
pub const PARTIAL: &str = ".genlock-partial";

/// Held while an export is at work; no part of the delivery. Begins as our own names do, which no media
/// has.
const LOCK: &str = "genlock-export.lock";

/// How often, and after which pause, the lock is tried again before another export has it.
const LOOKS: u32 = 5;
const LOOK: Duration = Duration::from_millis(20);

/// Whether a file in a delivery is what a killed export left behind when all was in its place: the lock,
/// which holds nothing.
pub fn is_left_over(name: &[u8], found: &Metadata) -> bool {
    let inside = name.strip_prefix(PARTIAL.as_bytes()).and_then(|rest| rest.strip_prefix(b"/"));
    inside.unwrap_or(name) == LOCK.as_bytes() && found.is_file() && found.len() == 0
}

/// Whether an export is putting a delivery together in a folder at this moment.
pub fn is_at_work(folder: &Path) -> bool {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    let lock = OpenOptions::new().read(true).custom_flags(flags).open(folder.join(LOCK));
    lock.is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockShared) == Err(Errno::AGAIN))
}

/// Takes away what a killed export left behind in a finished delivery. Most left nothing, and where nobody
/// may write, asking to remove what is not there fails too.
pub fn sweep(target: &Path) -> Result<(), StagingError> {
    let lock = target.join(LOCK);
    if is_there(&lock) {
        fs::remove_file(&lock).map_err(io_error("remove", &lock))?;
    }
    let folder = target.join(PARTIAL);
    if is_there(&folder) {
        fs::remove_dir_all(&folder).map_err(io_error("remove", &folder))?;
    }
    Ok(())
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
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
    /// Something is mounted where files are to be put by renaming them.
    #[error("{} is on another volume than the folder it is in", path.display())]
    Mounted {
        /// The folder.
        path: PathBuf,
    },
    /// Something came to lie there since it was looked at.
    #[error("{} came there meanwhile", path.display())]
    Arrived {
        /// What.
        path: PathBuf,
    },
    /// It holds more than a certificate can tell apart from the delivery.
    #[error("{} holds more than {most} files already", path.display())]
    Crowded {
        /// The target.
        path: PathBuf,
        /// How many are told apart.
        most: usize,
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

pub(super) fn io_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> StagingError {
    let path = path.to_owned();
    move |source| StagingError::Io { action, path, source }
}

/// Checks that nothing is in the way of these names in a folder that is to be a delivery: none is there,
/// and what they lie in is a folder of the same volume, or not there either. A link is no folder, wherever
/// it leads.
pub fn check_free<'a>(
    target: &Path,
    names: impl IntoIterator<Item = &'a Path>,
) -> Result<(), StagingError> {
    let top = match fs::symlink_metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            // Mistyped: it goes through a file.
            let is_file = |path: &&Path| fs::metadata(path).is_ok_and(|found| !found.is_dir());
            let path = target.ancestors().find(is_file).unwrap_or(target);
            return Err(StagingError::NoFolder { path: path.to_owned() });
        }
        Err(error) => return Err(io_error("look at", target)(error)),
        Ok(found) if !found.is_dir() => {
            return Err(StagingError::NoFolder { path: target.to_owned() });
        }
        Ok(found) => found,
    };
    for name in names {
        let mut path = target.to_owned();
        let mut parts = name.components().peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) => return Err(io_error("look at", &path)(error)),
                Ok(found) if found.is_dir() && parts.peek().is_some() => {
                    if is_apart(&path, &found, &top) {
                        return Err(StagingError::Mounted { path });
                    }
                }
                Ok(_) => return Err(StagingError::Taken { path }),
            }
        }
    }
    Ok(())
}

/// Checks that a delivery can be put together: nothing is in the way where that is done, and there is room for
/// so many more bytes.
pub fn check_place(target: &Path, needed: u64) -> Result<(), StagingError> {
    // What the target itself is like is for `check_free` to say.
    let at_once = is_free(target).unwrap_or(true);
    check_folder(&if at_once { sibling(target) } else { target.join(PARTIAL) })?;
    let there = target.ancestors().find(|one| one.is_dir()).unwrap_or(target);
    let room = statvfs(there).map_err(|error| io_error("look at", there)(error.into()))?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    if free < needed {
        return Err(StagingError::Full { path: target.to_owned(), free, needed });
    }
    Ok(())
}

/// Whether a folder is new or empty, and no mount point: then a delivery can appear there by one rename.
fn is_free(target: &Path) -> Result<bool, StagingError> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(io_error("look at", target)(error)),
        Ok(found) if !found.is_dir() => Err(StagingError::NoFolder { path: target.to_owned() }),
        Ok(found) => {
            let parent = target.parent().unwrap_or(target);
            let above = fs::metadata(parent).map_err(io_error("look at", parent))?;
            let mut inside = fs::read_dir(target).map_err(io_error("list", target))?;
            Ok(!is_apart(target, &found, &above) && inside.next().is_none())
        }
    }
}

/// Checks that nothing but a folder of the same volume has the name of the one that a delivery is put together in.
/// Through a link, what is taken away there would be somebody else's.
fn check_folder(path: &Path) -> Result<(), StagingError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.is_dir() {
        return Err(StagingError::NoFolder { path: path.to_owned() });
    }
    let above = path.parent().unwrap_or(path);
    if is_apart(path, &found, &fs::metadata(above).map_err(io_error("look at", above))?) {
        return Err(StagingError::Mounted { path: path.to_owned() });
    }
    Ok(())
}

/// Whether a killed export left a file of a delivery where that is put together.
pub fn is_left(target: &Path, name: &Path) -> bool {
    is_file(&target.join(PARTIAL).join(name)) || is_file(&sibling(target).join(name))
}

/// Takes the lock. A watch that looks whether somebody has it takes it itself for that moment.
fn hold(lock: &File) -> Result<(), Errno> {
    for _ in 0..LOOKS {
        if flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
    flock(lock, FlockOperation::NonBlockingLockExclusive)
}

/// A delivery that is being put together.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    folder: PathBuf,
    /// The nearest folder above that was there before.
    there: PathBuf,
    /// It appears by one rename.
    at_once: bool,
    _lock: File,
}

impl Staging {
    /// Begins, or goes on with what a killed export left behind.
    pub fn open(target: &Path) -> Result<Self, StagingError> {
        let there = target.ancestors().find(|one| one.is_dir()).unwrap_or(target).to_owned();
        let parent = target.parent().unwrap_or(target);
        fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        let at_once = is_free(target)?;
        let sibling = sibling(target);
        let folder = if at_once { sibling } else { take_up(&sibling, target)? };
        check_folder(&folder)?;
        fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
        check_folder(&folder)?;
        let lock = folder.join(LOCK);
        let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
        let mut open = OpenOptions::new();
        let open = open.write(true).create(true).truncate(true).custom_flags(flags);
        let file = open.open(&lock).map_err(io_error("create", &lock))?;
        let busy = || StagingError::Busy { path: target.to_owned() };
        hold(&file).map_err(|_| busy())?;
        // Who had it may have taken it away with the folder: then it keeps nobody out.
        let held = file.metadata().map_err(io_error("look at", &lock))?;
        let lies = fs::symlink_metadata(&lock).map_err(|_| busy())?;
        if (held.dev(), held.ino()) != (lies.dev(), lies.ino()) {
            return Err(busy());
        }
        Ok(Self { target: target.to_owned(), folder, there, at_once, _lock: file })
    }

    /// Tries something where a delivery would be put together, and leaves nothing there that was not there
    /// before.
    pub fn try_out<T>(
        target: &Path,
        act: impl FnOnce(&Self) -> Result<T, StagingError>,
    ) -> Result<T, StagingError> {
        let staging = Self::open(target)?;
        let done = act(&staging);
        staging.leave();
        done
    }

    /// Ends what comes to nothing: takes everything away but files, with which the next export goes on. What
    /// cannot be taken away stays, and that one has it.
    pub fn leave(self) {
        let _ = self.keep(|name| self.find(name).is_some());
        let is_gone = self.remove(Path::new(LOCK)).is_ok() && fs::remove_dir(&self.folder).is_ok();
        if is_gone {
            remove_emptied(&self.folder, &self.there);
        }
    }

    /// Where a file of the delivery is put together. Its folders are made.
    pub fn place(&self, name: &Path) -> Result<PathBuf, StagingError> {
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        Ok(path)
    }

    /// Makes folders of the delivery in which nothing is to lie.
    pub fn make_folders(&self, names: &[String]) -> Result<(), StagingError> {
        names.iter().try_for_each(|name| {
            let path = self.folder.join(name);
            fs::create_dir_all(&path).map_err(io_error("create", &path))
        })
    }

    /// Writes the file that says that all the others are there: it has its name when the device has them, and
    /// never half of it.
    pub fn write_last(&self, name: &Path, bytes: &[u8]) -> Result<(), StagingError> {
        let path = self.folder.join(name);
        let draft = path.with_extension("draft");
        fs::write(&draft, bytes).map_err(io_error("write", &draft))?;
        self.sync()?;
        failpoint::hit("papers-synced");
        fs::rename(&draft, &path).map_err(io_error("create", &path))?;
        sync_folder(&self.folder)?;
        failpoint::hit("certificate-written");
        Ok(())
    }

    /// The folder that is to be the delivery.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The folder in which it is put together.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of the delivery is put together, if it is.
    pub fn find(&self, name: &Path) -> Option<PathBuf> {
        Some(self.folder.join(name)).filter(|path| is_file(path))
    }

    /// Where something of the delivery is that a killed export put into its place; no link, and through none.
    pub fn placed(&self, name: &Path) -> Option<PathBuf> {
        let mut folders = name.ancestors().skip(1).map(|folder| self.target.join(folder));
        let is_folder =
            |path: PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
        let is_ours = |path: &PathBuf| {
            fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_symlink())
        };
        (!self.at_once && folders.all(is_folder)).then(|| self.target.join(name)).filter(is_ours)
    }

    /// Takes that back, so that all of the delivery is in one place again and can be looked at there.
    pub fn take_back(&self, name: &Path) -> Result<(), StagingError> {
        let (from, to) = (self.target.join(name), self.place(name)?);
        if is_there(&to) {
            // Then it is somebody else's, and in the way.
            return Ok(());
        }
        move_to_free(&from, &to)?;
        remove_emptied(&from, &self.target);
        failpoint::hit("delivery-taken-back");
        Ok(())
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

    /// Takes away everything but the files, and folders in which nothing lies, that are wanted: an earlier
    /// export may have been of something else, and what it left here would leave with this one.
    pub fn keep(&self, wanted: impl Fn(&Path) -> bool) -> Result<(), StagingError> {
        self.prune(Path::new(""), &wanted).map(drop)
    }

    /// Gives whether the folder is empty now.
    fn prune(&self, below: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<bool, StagingError> {
        let folder = self.folder.join(below);
        let list = |error| io_error("list", &folder)(error);
        let entries: Vec<_> =
            fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<_>>).map_err(list)?;
        let mut is_empty = true;
        for entry in entries {
            let name = below.join(entry.file_name());
            let path = entry.path();
            let remove = |error| io_error("remove", &path)(error);
            let kind = entry.file_type().map_err(io_error("look at", &path))?;
            if kind.is_dir() {
                if self.prune(&name, wanted)? && !wanted(&name) {
                    fs::remove_dir(&path).map_err(remove)?;
                } else {
                    is_empty = false;
                }
            } else if kind.is_file() && (name == Path::new(LOCK) || wanted(&name)) {
                is_empty = false;
            } else {
                fs::remove_file(&path).map_err(remove)?;
            }
        }
        Ok(is_empty)
    }

    /// Has the device hold everything that was written.
    pub fn sync(&self) -> Result<(), StagingError> {
        let folder = File::open(&self.folder).map_err(io_error("open", &self.folder))?;
        syncfs(&folder).map_err(|error| io_error("sync", &self.folder)(error.into()))
    }

    /// Makes it the delivery: `names` are its files and nothing else is, the one that makes it one last;
    /// `folders` are those in which nothing lies. `before` is what lay in the target when the last was
    /// written.
    pub fn finish(
        self,
        names: &[&Path],
        folders: &[String],
        before: &[RelPath],
    ) -> Result<(), StagingError> {
        let wanted: BTreeSet<&Path> =
            names.iter().copied().chain(folders.iter().map(Path::new)).collect();
        self.keep(|name| wanted.contains(name))?;
        if let Some(name) = names.iter().find(|name| self.find(name).is_none()) {
            return Err(io_error("find", &self.folder.join(name))(ErrorKind::NotFound.into()));
        }
        if self.at_once {
            // Onto an empty folder, or onto nothing: never over anything. The lock is held until then, so
            // that nobody else begins to write here.
            fs::rename(&self.folder, &self.target).map_err(|error| match error.kind() {
                ErrorKind::DirectoryNotEmpty
                | ErrorKind::AlreadyExists
                | ErrorKind::NotADirectory => StagingError::Arrived { path: self.target.clone() },
                _ => io_error("create", &self.target)(error),
            })?;
            failpoint::hit("delivery-appeared");
            sweep(&self.target)?;
            let parent = self.target.parent().unwrap_or(&self.target);
            return sync_folder(parent);
        }
        check_free(&self.target, names.iter().copied())?;
        if let Some((last, others)) = names.split_last() {
            for name in others {
                // A folder that is not there appears whole: of what lies in it later nobody could say
                // otherwise whether it is part of this.
                let top = name.iter().next().map_or(*name, Path::new);
                if !is_there(&self.target.join(top)) {
                    self.appear(top)?;
                } else if is_there(&self.folder.join(name)) {
                    self.appear(name)?;
                }
            }
            for folder in folders {
                let path = self.target.join(folder);
                fs::create_dir_all(&path).map_err(io_error("create", &path))?;
            }
            // Nothing may say that all is there before the device has it so, nor beside what it does not
            // know.
            self.sync()?;
            failpoint::hit("delivery-in-place");
            nothing_new(&self.target, &wanted.iter().copied().collect::<Vec<_>>(), before)?;
            self.appear(last)?;
        }
        sync_folder(&self.target)?;
        // Nothing of it is part of the delivery; what stays is in nobody's way but is no delivery's.
        fs::remove_dir_all(&self.folder).map_err(io_error("remove", &self.folder))
    }

    /// Puts a file, or a folder with all that is in it, into its place in the target.
    fn appear(&self, name: &Path) -> Result<(), StagingError> {
        let (from, to) = (self.folder.join(name), self.target.join(name));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        }
        move_to_free(&from, &to)?;
        remove_emptied(&from, &self.folder);
        failpoint::hit("delivery-placed");
        Ok(())
    }

    /// Takes away everything that was put together.
    pub fn discard(self) -> Result<(), StagingError> {
        fs::remove_dir_all(&self.folder).map_err(io_error("remove", &self.folder))
    }
}

/// Whether a folder is on another volume than one above it: nothing can be renamed from there to here.
fn is_apart(folder: &Path, found: &Metadata, above: &Metadata) -> bool {
    found.dev() != above.dev() || is_mounted(folder)
}

/// Whether something is mounted on a folder. Also a folder of the same device may be: containers get their
/// volumes so.
#[cfg(target_os = "linux")]
fn is_mounted(folder: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

    statx(CWD, folder, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Whether something is mounted on a folder: where the system does not say, its device does.
#[cfg(not(target_os = "linux"))]
const fn is_mounted(_: &Path) -> bool {
    false
}

/// Bytes in a name, as every file system has them.
const NAME_MAX: usize = 255;

/// The folder beside a target in which it is put together. Of a long name it has a digest: with more in
/// it than the target's it would be none.
fn sibling(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default();
    let mut folder = format!(".{}{PARTIAL}", name.to_string_lossy());
    if folder.len() > NAME_MAX {
        let digest = blake3::hash(name.as_bytes()).to_hex();
        folder = format!(".{}{PARTIAL}", &digest[..16]);
    }
    target.with_file_name(folder)
}

/// The folder inside a target that is in use. What was put together beside it while it was not, goes on
/// there.
fn take_up(sibling: &Path, target: &Path) -> Result<PathBuf, StagingError> {
    let folder = target.join(PARTIAL);
    let Ok(found) = fs::symlink_metadata(sibling) else { return Ok(folder) };
    let above = fs::symlink_metadata(target).map_err(io_error("look at", target))?;
    if !found.is_dir() || is_there(&folder) || is_apart(target, &above, &found) {
        return Ok(folder);
    }
    if is_at_work(sibling) {
        return Err(StagingError::Busy { path: target.to_owned() });
    }
    fs::rename(sibling, &folder).map_err(io_error("create", &folder))?;
    Ok(folder)
}

/// Takes away the folders that are empty now that something in them was moved: they would look like part
/// of the delivery to who is about to get it.
fn remove_emptied(moved: &Path, below: &Path) {
    let mut emptied = moved.parent();
    while let Some(folder) = emptied.filter(|folder| *folder != below) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
        emptied = folder.parent();
    }
}

fn sync_folder(folder: &Path) -> Result<(), StagingError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error("sync", folder))
}

/// Gives a file or folder a name that nothing has yet.
fn move_to_free(from: &Path, to: &Path) -> Result<(), StagingError> {
    match renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(StagingError::Taken { path: to.to_owned() }),
        // Network mounts and file systems in user space may know no such thing.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => move_to_taken(from, to),
        Err(error) => Err(io_error("create", to)(error.into())),
    }
}

/// The same in two steps: the name is taken by an empty file or folder, which cannot replace anything, and
/// that one is replaced.
fn move_to_taken(from: &Path, to: &Path) -> Result<(), StagingError> {
    let taken = if is_file(from) {
        OpenOptions::new().write(true).create_new(true).open(to).map(drop)
    } else {
        fs::create_dir(to)
    };
    match taken {
        Ok(()) => fs::rename(from, to).map_err(io_error("create", to)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(StagingError::Taken { path: to.to_owned() })
        }
        Err(error) => Err(io_error("create", to)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staging(target: &Path) -> Staging {
        Staging::open(target).unwrap()
    }

    fn write(staging: &Staging, name: &str) {
        fs::write(staging.place(Path::new(name)).unwrap(), name).unwrap();
    }

    #[test]
    fn nothing_leaves_but_what_is_named() {
        for in_use in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let target = dir.path().join("EP");
            if in_use {
                fs::create_dir(&target).unwrap();
                fs::write(target.join("notes"), "theirs").unwrap();
            }
            let staging = staging(&target);
            for name in ["a", "old/deep/b", "certificate"] {
                write(&staging, name);
            }
            std::os::unix::fs::symlink("a", staging.folder.join("l")).unwrap();
            staging.keep(|name| ["a", "certificate"].contains(&&*name.to_string_lossy())).unwrap();
            assert!(!is_there(&staging.folder.join("old")) && !is_there(&staging.folder.join("l")));
            write(&staging, "late/c");
            let before = if in_use { vec![RelPath::new("notes").unwrap()] } else { Vec::new() };
            staging.finish(&[Path::new("a"), Path::new("certificate")], &[], &before).unwrap();
            let names = fs::read_dir(&target).unwrap().map(|one| one.unwrap().file_name());
            let mut names: Vec<_> = names.filter(|name| name != "notes").collect();
            names.sort();
            assert_eq!(names, ["a", "certificate"]);
        }
    }

    #[test]
    fn what_is_to_leave_and_is_not_there_stops_it() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("EP");
        let staging = staging(&target);
        write(&staging, "a");
        let finished = staging.finish(&[Path::new("a"), Path::new("b")], &[], &[]);
        assert!(matches!(finished, Err(StagingError::Io { action: "find", .. })));
        assert!(!is_there(&target));
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_is_in_the_way() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("EP");
        fs::create_dir_all(target.join("cut")).unwrap();
        fs::create_dir(dir.path().join("other")).unwrap();
        fs::write(dir.path().join("other/theirs"), "theirs").unwrap();
        let free = |name: &str| check_free(&target, [Path::new(name)]);
        assert!(free("cut/a").is_ok());
        assert!(matches!(free("cut"), Err(StagingError::Taken { .. })));
        std::os::unix::fs::symlink("../other", target.join("reel")).unwrap();
        assert!(matches!(free("reel/a"), Err(StagingError::Taken { .. })));
        std::os::unix::fs::symlink("../other", target.join(PARTIAL)).unwrap();
        assert!(matches!(Staging::open(&target), Err(StagingError::NoFolder { .. })));
        assert!(is_there(&dir.path().join("other/theirs")));
    }

    #[test]
    fn a_name_that_is_taken_is_never_replaced() {
        for moved in [move_to_free, move_to_taken] {
            let dir = tempfile::tempdir().unwrap();
            let (from, to) = (dir.path().join("from"), dir.path().join("to"));
            fs::write(&from, "ours").unwrap();
            moved(&from, &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), b"ours");
            fs::write(&from, "other").unwrap();
            assert!(matches!(moved(&from, &to), Err(StagingError::Taken { .. })));
            assert_eq!(fs::read(&to).unwrap(), b"ours");
        }
    }
}
