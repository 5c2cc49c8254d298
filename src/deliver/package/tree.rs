//! The files of a package's folder. Links are never followed: not as the last part of a path and
//! not before it, so that a package cannot show files that are not its own.

use std::ffi::OsStr;
use std::fs::{File, FileType};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use crate::deliver::package::PackageError;
use crate::deliver::package::relative_path::join;

/// Files and folders of one package.
const ENTRIES_MAX: usize = 500_000;
/// Folders in folders.
const DEPTH_MAX: usize = 64;
/// Bytes of one list: 500 000 files with half a kilobyte each.
pub(super) const LIST_MAX: u64 = 256 << 20;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// Neither; what it is, to follow "is".
    Other(&'static str),
    /// A folder whose entries cannot be listed; why.
    Closed(String),
}

/// One entry below a package's folder.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Relative to the folder.
    pub(super) path: Vec<u8>,
    /// What it is.
    pub(super) kind: Kind,
}

/// Why a path of a package gave no file.
#[derive(Debug)]
pub(super) enum OpenFault {
    /// Nothing is there.
    Missing,
    /// Something else is; what, to follow "is".
    NotAFile(&'static str),
    /// The system refused, or the file is too large for what it is.
    Refused(String),
}

/// Everything below a folder, by path, but for one name directly in it. The folder itself may be
/// reached through a link.
pub(super) fn walk(
    folder: &Path,
    left_out: Option<&[u8]>,
    cancel: &AtomicBool,
) -> Result<Vec<Entry>, PackageError> {
    let unreadable = |source| PackageError::Unreadable {
        path: folder.to_owned(),
        action: "list the entries of",
        source,
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut open: Vec<(Vec<u8>, usize)> = vec![(Vec::new(), 0)];
    while let Some((at, depth)) = open.pop() {
        if cancel.load(Ordering::Relaxed) {
            return Err(PackageError::Cancelled);
        }
        let listed = std::fs::read_dir(folder.join(OsStr::from_bytes(&at)));
        let found = match listed.and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(found) => found,
            Err(error) if at.is_empty() => return Err(unreadable(error)),
            Err(error) => {
                entries.push(Entry { path: at, kind: Kind::Closed(error.to_string()) });
                continue;
            }
        };
        if entries.len() + found.len() > ENTRIES_MAX {
            return Err(PackageError::TooMany {
                path: folder.to_owned(),
                limit: ENTRIES_MAX,
                of: "files and folders",
            });
        }
        for entry in found {
            let path = join(&at, &entry.file_name().into_vec());
            if left_out == Some(&path) {
                continue;
            }
            let kind = match entry.file_type() {
                Ok(kind) => told(kind),
                Err(error) => Kind::Closed(error.to_string()),
            };
            if kind == Kind::Folder && depth < DEPTH_MAX {
                open.push((path.clone(), depth + 1));
            }
            let too_deep = kind == Kind::Folder && depth >= DEPTH_MAX;
            let kind = if too_deep {
                Kind::Closed(format!("more than {DEPTH_MAX} folders in folders"))
            } else {
                kind
            };
            entries.push(Entry { path, kind });
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// Opens a file below the folder, refusing every link on the way and everything that is no file.
pub(super) fn open(folder: &Path, path: &[u8]) -> Result<File, OpenFault> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let steps = OFlags::DIRECTORY;
    let fault = |error: Errno| match error {
        Errno::NOENT => OpenFault::Missing,
        Errno::LOOP => OpenFault::NotAFile("a symbolic link, which is never followed"),
        Errno::NOTDIR => OpenFault::NotAFile("behind a link or a file"),
        error => OpenFault::Refused(io::Error::from(error).to_string()),
    };
    let root = OFlags::RDONLY | OFlags::CLOEXEC | steps;
    let mut at = openat(CWD, folder, root, Mode::empty()).map_err(fault)?;
    let mut parts = path.split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        let name = OsStr::from_bytes(part);
        if parts.peek().is_some() {
            at = openat(&at, name, flags | steps, Mode::empty()).map_err(fault)?;
            continue;
        }
        // A FIFO must not be waited for.
        let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(openat(&at, name, flags, Mode::empty()).map_err(fault)?);
        let metadata = file.metadata().map_err(|error| OpenFault::Refused(error.to_string()))?;
        return match told(metadata.file_type()) {
            Kind::File => Ok(file),
            Kind::Other(what) => Err(OpenFault::NotAFile(what)),
            Kind::Folder | Kind::Closed(_) => Err(OpenFault::NotAFile("a folder")),
        };
    }
    Err(OpenFault::Missing)
}

/// Whether a folder, and no link to one, stands directly in the package's folder.
pub(super) fn is_folder(folder: &Path, name: &str) -> bool {
    std::fs::symlink_metadata(folder.join(name)).is_ok_and(|metadata| metadata.is_dir())
}

/// All bytes of a list.
pub(super) fn read_list(folder: &Path, path: &[u8]) -> Result<Vec<u8>, OpenFault> {
    let file = open(folder, path)?;
    let mut bytes = Vec::new();
    let read = file.take(LIST_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| OpenFault::Refused(error.to_string()))?;
    if bytes.len() as u64 > LIST_MAX {
        return Err(OpenFault::Refused(format!("it is a list of more than {LIST_MAX} bytes")));
    }
    Ok(bytes)
}

/// The first bytes of a file.
pub(super) fn read_start(folder: &Path, path: &[u8], bytes: u64) -> Result<Vec<u8>, OpenFault> {
    let mut start = Vec::new();
    let read = open(folder, path)?.take(bytes).read_to_end(&mut start);
    read.map_err(|error| OpenFault::Refused(error.to_string()))?;
    Ok(start)
}

fn told(kind: FileType) -> Kind {
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_symlink() {
        Kind::Other("a symbolic link, which is never followed")
    } else if kind.is_fifo() {
        Kind::Other("a FIFO")
    } else if kind.is_socket() {
        Kind::Other("a socket")
    } else {
        Kind::Other("a device")
    }
}
