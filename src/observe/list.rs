//! One directory, listed: the step the walk repeats, and what a watcher does with a directory it
//! was told about.
//!
//! It must never open, follow or read an entry, and never call something absent that it could
//! merely not look at: a listing then says that it is not complete, with a problem that says why.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, readlinkat, statat};
#[cfg(target_os = "linux")]
use rustix::fs::{ResolveFlags, openat2};

use crate::model::{AssetPath, Fingerprint, FoundLink, RelPath, RootName};
use crate::observe::entries::{Met, entries};
use crate::observe::walk::WalkError;
use crate::observe::{FileSystemIds, Filter, fingerprint};
use crate::problem::Problem;

/// A regular file in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Last segment of its path.
    pub name: Box<[u8]>,
    /// What the system said of it when it was listed.
    pub fingerprint: Fingerprint,
}

impl AsRef<[u8]> for Entry {
    fn as_ref(&self) -> &[u8] {
        &self.name
    }
}

/// What one directory held. Every list is sorted by the raw bytes of the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The directory, below the root.
    pub directory: RelPath,
    /// The file system it lies on, as in [`Fingerprint::device`]; zero when that is not known.
    /// Where files that the ledger has here on one device are gone and this is another, a mount
    /// went away, and they are not missing.
    pub device: u64,
    /// Regular files.
    pub files: Vec<Entry>,
    /// Symbolic links, wherever they point.
    pub links: Vec<FoundLink>,
    /// Directories that are not left out.
    pub subdirectories: Vec<Box<[u8]>>,
    /// Names, of whatever kind, that are there and that the filter leaves out.
    pub ignored: Vec<Box<[u8]>>,
    /// FIFOs, sockets and devices: counted, never opened.
    pub skipped: u64,
    /// Whether this is everything. When not, nothing in or below the directory may be called missing.
    pub complete: bool,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
}

/// Hears of every listing before anybody can act on it: a watcher sets its watches on the directories
/// in it before one of them is listed, so that nothing falls between.
pub trait Onlooker: fmt::Debug + Send + Sync {
    /// `listing` was made.
    fn listed(&self, listing: &Listing);
}

/// Lists the directories of one root.
#[derive(Clone, Debug)]
pub struct Lister {
    onlooker: Option<Arc<dyn Onlooker>>,
    root: RootName,
    path: PathBuf,
    identity: (u64, u64),
    file_systems: FileSystemIds,
}

impl Lister {
    /// For the root at `path`, which must be a directory now; it may be reached through a link.
    pub fn open(root: &RootName, path: &Path) -> Result<Self, WalkError> {
        let mut lister = Self {
            onlooker: None,
            root: root.clone(),
            path: path.to_owned(),
            identity: (0, 0),
            file_systems: FileSystemIds::default(),
        };
        lister.identity = lister.root_identity()?;
        Ok(lister)
    }

    /// Tells `onlooker` of every listing.
    pub fn set_onlooker(&mut self, onlooker: Arc<dyn Onlooker>) {
        self.onlooker = Some(onlooker);
    }

    /// The root's name.
    pub fn root(&self) -> &RootName {
        &self.root
    }

    /// Where `directory` is on disk.
    pub fn path_of(&self, directory: &RelPath) -> PathBuf {
        if directory.is_root() {
            // Joining an empty path would add a slash.
            return self.path.clone();
        }
        self.path.join(directory.as_path())
    }

    /// Lists the directory that `filter` speaks for ([`Filter::enter`]), and gives back with it the
    /// filter that includes the directory's own rules, to enter its subdirectories with.
    ///
    /// None when the directory is not there any more while the root still is. Errors are about
    /// the root, or a cancellation; anything else is a problem in the listing.
    pub fn list(
        &mut self,
        filter: &Filter,
        cancel: &AtomicBool,
    ) -> Result<Option<(Listing, Filter)>, WalkError> {
        let directory = filter.directory().clone();
        let path = self.path_of(&directory);
        let mut listing = Listing::of(directory.clone());
        let own = match open_directory(&path, directory.is_root()) {
            Ok(own) => own,
            Err(error) => return self.unlisted(listing, filter, error),
        };
        let identity = (own.stat.st_dev, own.stat.st_ino);
        listing.device = self.file_systems.id_of(own.stat.st_dev, &path);

        let filter = filter.clone().read_rules(&self.root, &path, &mut listing.problems);
        let mut vanished = false;
        entries(own.fd.as_fd(), &path, &mut |met| {
            if cancel.load(Ordering::Relaxed) {
                return Err(WalkError::Cancelled);
            }
            let (name, error) = match met {
                Met::Entry(name, kind) => {
                    match self.take(name, kind, &own, &path, &filter, &mut listing) {
                        Ok(()) => return Ok(()),
                        Err(error) => (Some(name), error),
                    }
                }
                Met::Failed(name, error) => (name, error),
            };
            if error.kind() == io::ErrorKind::NotFound {
                vanished = true;
            } else {
                listing.miss(&self.root, name, &error);
            }
            Ok(())
        })?;

        // One file deleted under our eyes is nothing. All of them at once is a mount that went
        // away, and the listing would read as if everything had been deleted.
        if vanished {
            self.check_root()?;
            match std::fs::symlink_metadata(&path) {
                Ok(_) if directory.is_root() => {}
                Ok(now) if (now.dev(), now.ino()) == identity => {}
                Ok(_) => {
                    let swapped = io::Error::other("replaced while it was listed");
                    listing.miss(&self.root, None, &swapped);
                }
                Err(error) => return self.unlisted(listing, &filter, error),
            }
        }
        listing.sort();
        if let Some(onlooker) = &self.onlooker {
            onlooker.listed(&listing);
        }
        Ok(Some((listing, filter)))
    }

    /// Whether the root is still the directory it was at the start.
    pub fn check_root(&self) -> Result<(), WalkError> {
        if self.root_identity()? == self.identity {
            return Ok(());
        }
        Err(self.vanished(io::Error::other("another directory is in its place")))
    }

    /// Whether the system says that `directory` is one, and no link on the way to it. Asked once for the whole way:
    /// segment by segment, each time from the top, takes as long as its depth times its depth.
    #[cfg(target_os = "linux")]
    pub(super) fn leads_to(&self, directory: &RelPath) -> bool {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(&self.path, flags, Mode::empty());
        let open = |root| {
            openat2(root, directory.as_path(), flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)
        };
        root.and_then(open).is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn leads_to(&self, _: &RelPath) -> bool {
        false
    }

    fn root_identity(&self) -> Result<(u64, u64), WalkError> {
        match std::fs::metadata(&self.path) {
            Ok(found) if found.is_dir() => Ok((found.dev(), found.ino())),
            Ok(_) => Err(self.vanished(io::ErrorKind::NotADirectory.into())),
            Err(error) => Err(self.root_error("look at", error)),
        }
    }

    fn vanished(&self, source: io::Error) -> WalkError {
        WalkError::RootVanished { root: self.root.clone(), path: self.path.clone(), source }
    }

    fn root_error(&self, action: &'static str, source: io::Error) -> WalkError {
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => self.vanished(source),
            _ => WalkError::RootUnreadable {
                root: self.root.clone(),
                path: self.path.clone(),
                action,
                source,
            },
        }
    }

    /// The directory itself could not be listed.
    fn unlisted(
        &self,
        listing: Listing,
        filter: &Filter,
        error: io::Error,
    ) -> Result<Option<(Listing, Filter)>, WalkError> {
        if listing.directory.is_root() {
            return Err(self.root_error("list", error));
        }
        self.check_root()?;
        if error.kind() == io::ErrorKind::NotFound {
            return Ok(None);
        }
        let mut empty = Listing::of(listing.directory);
        empty.device = listing.device;
        empty.problems = listing.problems;
        empty.miss(&self.root, None, &error);
        Ok(Some((empty, filter.clone())))
    }

    fn take(
        &mut self,
        name: &OsStr,
        kind: FileType,
        own: &Directory,
        path: &Path,
        filter: &Filter,
        listing: &mut Listing,
    ) -> io::Result<()> {
        let bytes = name.as_bytes();
        let is_own = || {
            let is_link = kind == FileType::Symlink;
            kind != FileType::Directory && filter.is_own(&self.root, bytes, is_link)
        };
        if filter.ignores(bytes, kind == FileType::Directory) || is_own() {
            listing.ignored.push(bytes.into());
            return Ok(());
        }
        match kind {
            FileType::Directory => listing.subdirectories.push(bytes.into()),
            FileType::Symlink => {
                let target = readlinkat(&own.fd, name, Vec::new())?;
                let (name, target) = (bytes.into(), target.to_bytes().into());
                listing.links.push(FoundLink { name, target });
            }
            FileType::RegularFile => {
                let stat = statat(&own.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
                if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                    return Err(io::Error::other("became something else while it was listed"));
                }
                let mut fingerprint = fingerprint::of_stat(&stat);
                // A single file can be a mount of its own.
                fingerprint.device = if stat.st_dev == own.stat.st_dev {
                    listing.device
                } else {
                    self.file_systems.id_of(stat.st_dev, &path.join(name))
                };
                listing.files.push(Entry { name: bytes.into(), fingerprint });
            }
            _ => listing.skipped += 1,
        }
        Ok(())
    }
}

impl Listing {
    fn of(directory: RelPath) -> Self {
        Self {
            directory,
            device: 0,
            files: Vec::new(),
            links: Vec::new(),
            subdirectories: Vec::new(),
            ignored: Vec::new(),
            skipped: 0,
            complete: true,
            problems: Vec::new(),
        }
    }

    /// Notes that an entry, or with no name the directory, could not be looked at.
    fn miss(&mut self, root: &RootName, name: Option<&OsStr>, error: &io::Error) {
        self.complete = false;
        let (path, action) = match name {
            Some(name) => (self.directory.join(name.as_bytes()), "look at it"),
            None => (self.directory.clone(), "list the folder"),
        };
        let path = AssetPath::new(root.clone(), path);
        self.problems.push(Problem::at(&path, format_args!("cannot {action}: {error}")));
    }

    fn sort(&mut self) {
        self.files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.links.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.subdirectories.sort_unstable();
        self.ignored.sort_unstable();
    }
}

struct Directory {
    fd: OwnedFd,
    stat: Stat,
}

/// Below the root, a directory that was swapped for a link since its parent was listed must not be
/// followed. The root itself may be reached through a link.
fn open_directory(path: &Path, is_root: bool) -> io::Result<Directory> {
    let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    if !is_root {
        flags |= OFlags::NOFOLLOW;
    }
    let fd = rustix::fs::open(path, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&fd)?;
    Ok(Directory { fd, stat })
}

#[cfg(test)]
mod tests;
