//! Reads a file and says which asset it is.
//!
//! The digest is accepted only if the file held still: its fingerprint before the first byte and
//! after the last must agree, and the path must still lead to it. What looks into the content runs
//! between the two, so that evidence and digest are of the same bytes. Files are read, never mapped (a
//! racing truncate would be SIGBUS), never followed through a link, and never waited for: a FIFO
//! put in a file's place must not stop a scan.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rustix::fs::{Advice, AtFlags, CWD, FileType, Mode, OFlags, Stat, statat};
use rustix::io::Errno;

use crate::clock::Clock;
use crate::model::{AssetId, Fingerprint, Sighting};
use crate::observe::{FileSystemIds, fingerprint, subtree, tick};

/// Bytes. Up to here a file is read by one call and handed on whole.
pub const WHOLE: usize = 64 << 10;

/// Bytes. Above this a file is hashed by several threads; below, starting them costs more than
/// they save.
pub const LARGE: u64 = 8 << 20;

/// Files above this are read by one thread, which takes no memory that grows with them.
pub const HUGE: u64 = 1 << 40;

/// Between attempts. A file that is being written is left to its writer after the last.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(20), Duration::from_millis(60), Duration::from_millis(180)];

/// Bytes between two looks at whether a large file still holds still: an attempt at a recording
/// in progress must not read 200 GB before it is given up.
const RECHECK: u64 = 256 << 20;

/// Why a file has no digest.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// It is not there any more.
    #[error("{path:?} is not there any more")]
    Vanished {
        /// The file.
        path: PathBuf,
    },
    /// A link, FIFO, socket, device or directory is in its place.
    #[error("{path:?} is not a regular file")]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// It was not the same after it was read as before, at every attempt.
    #[error("{path:?} changed each of the {attempts} times it was read")]
    KeepsChanging {
        /// The file.
        path: PathBuf,
        /// How often it was read.
        attempts: usize,
    },
    /// The system refused.
    #[error("cannot {action} {path:?}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What was tried, to follow "cannot".
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

impl HashError {
    /// What happened without the file's path, source included: the text of a problem, which names the
    /// path beside it.
    pub fn reason(&self) -> String {
        match self {
            Self::Vanished { .. } => "is not there any more".to_owned(),
            Self::NotRegular { .. } => "is not a regular file".to_owned(),
            Self::KeepsChanging { attempts, .. } => {
                format!("changed each of the {attempts} times it was read")
            }
            Self::Unreadable { action, source, .. } => format!("cannot {action} it: {source}"),
            Self::Cancelled => "stopped on request".to_owned(),
        }
    }
}

/// Threads for one file above [`LARGE`], the calling one included.
const THREADS: usize = 2;

/// What a reading needs from around it.
#[derive(Clone, Copy)]
pub struct HashContext<'a> {
    /// Now, to tell a file written this instant from one that is settled.
    pub clock: &'a dyn Clock,
    /// Set to stop; looked at after every read.
    pub cancel: &'a AtomicBool,
    /// Told of bytes read since the last call, from several threads. Bytes that are read again are not
    /// told again.
    pub advance: &'a (dyn Fn(u64) + Sync),
}

/// A file that held still while it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashedFile {
    /// Its content.
    pub asset: AssetId,
    /// What the system said of it before and after.
    pub fingerprint: Fingerprint,
    /// [`Sighting::Read`], or [`Sighting::Racy`] where a later write could leave the same
    /// fingerprint.
    pub sighting: Sighting,
}

/// The bytes just hashed, for who wants to look into them.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// All of them, of a file of up to [`WHOLE`] bytes.
    Whole(&'a [u8]),
    /// The file they were read from, its cursor at the start, and their first [`WHOLE`].
    File {
        /// Open for reading.
        file: &'a File,
        /// What it begins with.
        head: &'a [u8],
    },
}

impl<'a> Content<'a> {
    /// What the file begins with, at most [`WHOLE`].
    pub const fn head(&self) -> &'a [u8] {
        match self {
            Self::Whole(head) | Self::File { head, .. } => head,
        }
    }
}

/// Reads files one after the other, keeping its buffers. One for each worker.
#[derive(Debug)]
pub struct FileHasher {
    threads: usize,
    /// One byte more than is ever handed on whole, so that one read shows that there is no more.
    head: Vec<u8>,
    /// One for each thread, made when the first larger file comes.
    buffers: Vec<Vec<u8>>,
    file_systems: FileSystemIds,
    folder: Option<Folder>,
}

/// A folder held open, so that the way to it is not looked up for every file in it.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    fd: OwnedFd,
    identity: (u64, u64),
}

/// A file by its name in an open folder, or by its whole path in no folder in particular.
#[derive(Clone, Copy)]
struct Place<'a> {
    folder: BorrowedFd<'a>,
    name: &'a Path,
}

/// Why one attempt ended early.
#[derive(Debug)]
pub(super) enum Stop {
    Changed,
    Vanished,
    NotRegular,
    Cancelled,
    Failed(&'static str, io::Error),
}

impl Stop {
    pub(super) fn reading(error: io::Error) -> Self {
        // The server dropped the file behind an open handle: look again by path.
        if error.kind() == io::ErrorKind::StaleNetworkFileHandle {
            return Self::Changed;
        }
        Self::Failed("read", error)
    }

    /// What it is of a file that was read so often.
    pub(super) fn at(self, path: &Path, attempts: usize) -> HashError {
        let path = path.to_owned();
        match self {
            Self::Changed => HashError::KeepsChanging { path, attempts },
            Self::Vanished => HashError::Vanished { path },
            Self::NotRegular => HashError::NotRegular { path },
            Self::Cancelled => HashError::Cancelled,
            Self::Failed(action, source) => HashError::Unreadable { path, action, source },
        }
    }
}

impl Default for FileHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl FileHasher {
    /// Makes one without any buffer of note.
    pub fn new() -> Self {
        Self::with_threads(THREADS)
    }

    fn with_threads(threads: usize) -> Self {
        Self {
            threads,
            head: vec![0; WHOLE + 1],
            buffers: Vec::new(),
            file_systems: FileSystemIds::default(),
            folder: None,
        }
    }

    /// Opens a folder from which several files are to be read. That it still is where it was is for
    /// [`FileHasher::leave`] to say. One that cannot be opened is no matter: its files will say why.
    pub fn enter(&mut self, path: &Path) {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = || -> rustix::io::Result<Folder> {
            let fd = rustix::fs::open(path, flags, Mode::empty())?;
            let identity = identity(&rustix::fs::fstat(&fd)?);
            Ok(Folder { path: path.to_owned(), fd, identity })
        };
        self.folder = folder().ok();
    }

    /// Closes the folder that was entered, and says whether its path led to it all the while. If not,
    /// what was read in it, and what was not found in it, must be looked at again.
    pub fn leave(&mut self) -> bool {
        self.folder.take().is_none_or(|folder| {
            let now = statat(CWD, &folder.path, AtFlags::empty());
            now.is_ok_and(|now| identity(&now) == folder.identity)
        })
    }

    /// Reads the file at `path` and gives its digest.
    pub fn read(
        &mut self,
        path: &Path,
        context: &HashContext<'_>,
    ) -> Result<HashedFile, HashError> {
        self.read_with(path, context, |_, _| ()).map(|(file, ())| file)
    }

    /// Reads the file at `path`, and shows its content and length in bytes to `look` before it is
    /// checked that the file held still. `look` runs once for every attempt; what it says of the
    /// accepted one is given back.
    pub fn read_with<T>(
        &mut self,
        path: &Path,
        context: &HashContext<'_>,
        look: impl FnMut(Content<'_>, u64) -> T,
    ) -> Result<(HashedFile, T), HashError> {
        let folder = self.folder.take();
        let place = match (&folder, path.parent(), path.file_name()) {
            (Some(folder), Some(parent), Some(name))
                if parent.as_os_str() == folder.path.as_os_str() =>
            {
                Place { folder: folder.fd.as_fd(), name: Path::new(name) }
            }
            _ => Place { folder: CWD, name: path },
        };
        let read = self.read_at(place, path, context, look);
        self.folder = folder;
        read
    }

    fn read_at<T>(
        &mut self,
        place: Place<'_>,
        path: &Path,
        context: &HashContext<'_>,
        mut look: impl FnMut(Content<'_>, u64) -> T,
    ) -> Result<(HashedFile, T), HashError> {
        let told = AtomicU64::new(0);
        let mut pauses = PAUSES.iter();
        loop {
            let stop = match self.attempt(place, context, &told, &mut look) {
                Ok((mut file, seen)) => {
                    let device = file.fingerprint.device;
                    file.fingerprint.device = self.file_systems.id_of(device, path);
                    return Ok((file, seen));
                }
                Err(stop) => stop,
            };
            match (&stop, pauses.next()) {
                (Stop::Changed, Some(pause)) => std::thread::sleep(*pause),
                _ => return Err(stop.at(path, PAUSES.len() + 1)),
            }
        }
    }

    /// Shows the content of a file to `look` again without hashing it: only what `look` asks for is
    /// read. None unless the file has the fingerprint `expected`, before and after.
    pub fn look_again<T>(
        &mut self,
        path: &Path,
        expected: &Fingerprint,
        look: impl FnOnce(Content<'_>, u64) -> T,
    ) -> Result<Option<T>, HashError> {
        let size = expected.size;
        let place = Place { folder: CWD, name: path };
        let attempt = || {
            let file = open(place)?;
            let before = stat(&file)?;
            let device = self.file_systems.id_of(before.device, path);
            if (Fingerprint { device, ..before }) != *expected {
                return Ok(None);
            }
            let head = read_head(&file, &mut self.head, size)?;
            let whole = size <= WHOLE as u64;
            let shown =
                if whole { Content::Whole(head) } else { Content::File { file: &file, head } };
            let seen = look(shown, size);
            Ok((stat_again(place)? == before).then_some(seen))
        };
        match attempt() {
            Ok(seen) => Ok(seen),
            Err(Stop::Changed | Stop::Vanished | Stop::NotRegular) => Ok(None),
            Err(stop) => Err(stop.at(path, 1)),
        }
    }

    fn attempt<T>(
        &mut self,
        place: Place<'_>,
        context: &HashContext<'_>,
        told: &AtomicU64,
        look: &mut impl FnMut(Content<'_>, u64) -> T,
    ) -> Result<(HashedFile, T), Stop> {
        if context.cancel.load(Ordering::Relaxed) {
            return Err(Stop::Cancelled);
        }
        let file = open(place)?;
        let (before, sighting) = tick::settle(&file, context.clock)?;
        let size = before.size;

        let done = AtomicU64::new(0);
        let step = |bytes: u64| {
            let now = done.fetch_add(bytes, Ordering::Relaxed) + bytes;
            let news = now.saturating_sub(told.fetch_max(now, Ordering::Relaxed));
            if news > 0 {
                (context.advance)(news);
            }
            if context.cancel.load(Ordering::Relaxed) {
                return Err(Stop::Cancelled);
            }
            if now / RECHECK != (now - bytes) / RECHECK && stat(&file)? != before {
                return Err(Stop::Changed);
            }
            Ok(())
        };

        let head = read_head(&file, &mut self.head, size)?;
        let whole = size <= WHOLE as u64;
        if head.len() as u64 != size.min(WHOLE as u64) {
            return Err(Stop::Changed);
        }
        let digest = if whole {
            step(size)?;
            blake3::hash(head)
        } else {
            // Advice; a file system that takes none is read all the same.
            let _ = rustix::fs::fadvise(&file, 0, None, Advice::Sequential);
            // Merging takes 32 bytes for every MiB: without end for a sparse file of petabytes.
            let threads = if size > LARGE && size <= HUGE { self.threads } else { 1 };
            while self.buffers.len() < threads {
                self.buffers.push(vec![0; subtree::READ]);
            }
            let buffers = &mut self.buffers[..threads];
            match buffers {
                [buffer] => hash_in_order(&file, size, head, buffer, &step)?,
                buffers => subtree::hash(&file, size, buffers, &step)?,
            }
        };

        let shown = if whole { Content::Whole(head) } else { Content::File { file: &file, head } };
        let seen = look(shown, size);

        // By path: it names the same inode still, and what the open file itself would answer.
        if stat_again(place)? != before {
            return Err(Stop::Changed);
        }
        let hashed = HashedFile { asset: AssetId::from(digest), fingerprint: before, sighting };
        Ok((hashed, seen))
    }
}

/// Opens a file by its whole path: no link is followed at its end, nothing is waited for.
pub(super) fn open_path(path: &Path) -> Result<File, Stop> {
    open(Place { folder: CWD, name: path })
}

fn open(place: Place<'_>) -> Result<File, Stop> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    match rustix::fs::openat(place.folder, place.name, flags, Mode::empty()) {
        Ok(file) => Ok(File::from(file)),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(Stop::Vanished),
        // A link; a socket, or a device nobody drives.
        Err(Errno::LOOP | Errno::NXIO | Errno::NODEV) => Err(Stop::NotRegular),
        Err(Errno::STALE) => Err(Stop::Changed),
        Err(errno) => Err(Stop::Failed("open", errno.into())),
    }
}

pub(super) fn stat(file: &File) -> Result<Fingerprint, Stop> {
    let found = rustix::fs::fstat(file).map_err(|errno| Stop::reading(errno.into()))?;
    if !is_file(&found) {
        return Err(Stop::NotRegular);
    }
    Ok(fingerprint::of_stat(&found))
}

/// What the name leads to now. Something else or nothing in its place is a change: the next attempt
/// opens it afresh, and learns what it is.
fn stat_again(place: Place<'_>) -> Result<Fingerprint, Stop> {
    match statat(place.folder, place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) if is_file(&found) => Ok(fingerprint::of_stat(&found)),
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Err(Stop::Changed),
        Err(errno) => Err(Stop::reading(errno.into())),
    }
}

fn is_file(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) == FileType::RegularFile
}

fn identity(found: &Stat) -> (u64, u64) {
    (found.st_dev, found.st_ino)
}

/// Fills the head, or, of a file that fits into it, reads all and sees that no more follows.
fn read_head<'a>(file: &File, buffer: &'a mut [u8], size: u64) -> Result<&'a [u8], Stop> {
    let wanted = if size <= WHOLE as u64 { buffer.len() } else { WHOLE };
    let mut filled = 0;
    while filled < wanted {
        match file.read_at(&mut buffer[filled..wanted], filled as u64) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::reading(error)),
        }
        // A read that had room for more and stopped at the size the system gave is at the end.
        if filled as u64 == size {
            break;
        }
    }
    Ok(&buffer[..filled])
}

fn hash_in_order(
    file: &File,
    size: u64,
    head: &[u8],
    buffer: &mut [u8],
    step: &(dyn Fn(u64) -> Result<(), Stop> + Sync),
) -> Result<blake3::Hash, Stop> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head);
    let mut at = head.len() as u64;
    step(at)?;
    while at < size {
        match file.read_at(buffer, at) {
            Ok(0) => return Err(Stop::Changed),
            Ok(got) => {
                hasher.update(&buffer[..got]);
                at += got as u64;
                step(got as u64)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::reading(error)),
        }
    }
    if at > size {
        return Err(Stop::Changed);
    }
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests;
