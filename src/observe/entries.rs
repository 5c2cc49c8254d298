//! The names in one open folder: the innermost step of a walk.
//!
//! walkdir gives them everywhere. On Linux the system is asked directly: walkdir opens the folder a
//! second time and makes a path of every name, a sixth of what a walk costs. Both must say the
//! same, which a test compares. Neither follows, opens or judges an entry.

use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::FileType;

use crate::observe::walk::WalkError;

/// What reading a folder meets.
pub(super) enum Met<'a> {
    Entry(&'a OsStr, FileType),
    /// An entry, or with no name the rest of the folder, that could not be looked at.
    Failed(Option<&'a OsStr>, io::Error),
}

/// Hands everything in `folder`, which is open and lies at `path`, to `each`; stops at its error.
#[cfg(target_os = "linux")]
pub(super) fn entries(
    folder: BorrowedFd<'_>,
    _path: &Path,
    each: &mut dyn FnMut(Met<'_>) -> Result<(), WalkError>,
) -> Result<(), WalkError> {
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;

    use rustix::fs::{AtFlags, RawDir, statat};

    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut names = RawDir::new(folder, &mut buffer);
    while let Some(entry) = names.next() {
        let entry = match entry {
            Ok(entry) => entry,
            // It would fail again and again.
            Err(errno) => return each(Met::Failed(None, errno.into())),
        };
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let kind = match entry.file_type() {
            // Some file systems do not say.
            FileType::Unknown => statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
                .map(|found| FileType::from_raw_mode(found.st_mode)),
            kind => Ok(kind),
        };
        match kind {
            Ok(kind) => each(Met::Entry(name, kind))?,
            Err(errno) => each(Met::Failed(Some(name), errno.into()))?,
        }
    }
    Ok(())
}

/// Bytes of names asked for at once: those of some two hundred entries.
#[cfg(target_os = "linux")]
const BUFFER: usize = 8 << 10;

#[cfg(not(target_os = "linux"))]
pub(super) use self::portable::entries;

#[cfg(any(test, not(target_os = "linux")))]
mod portable {
    use std::os::unix::fs::FileTypeExt;

    use walkdir::WalkDir;

    use super::{BorrowedFd, FileType, Met, OsStr, Path, WalkError, io};

    /// As above, by the path; that it still leads to the open folder is checked first.
    pub(in crate::observe) fn entries(
        folder: BorrowedFd<'_>,
        path: &Path,
        each: &mut dyn FnMut(Met<'_>) -> Result<(), WalkError>,
    ) -> Result<(), WalkError> {
        let open = rustix::fs::fstat(folder).map(|stat| (stat.st_dev, stat.st_ino));
        let named = rustix::fs::stat(path).map(|stat| (stat.st_dev, stat.st_ino));
        match (open, named) {
            (Ok(open), Ok(named)) if open == named => {}
            (Err(errno), _) | (_, Err(errno)) => return each(Met::Failed(None, errno.into())),
            _ => return each(Met::Failed(None, io::Error::other("replaced while it was listed"))),
        }
        // Whether the root may be a link was settled when the folder was opened.
        let walker = WalkDir::new(path)
            .min_depth(1)
            .max_depth(1)
            .follow_links(false)
            .follow_root_links(true);
        for entry in walker {
            match entry {
                Ok(entry) => each(Met::Entry(entry.file_name(), kind(entry.file_type())))?,
                Err(error) => {
                    let name = error.path().filter(|found| *found != path);
                    let name = name.and_then(Path::file_name).map(OsStr::to_owned);
                    // walkdir's errors repeat the path in their text; problems carry it once.
                    let error = error
                        .into_io_error()
                        .unwrap_or_else(|| io::Error::other("the directory contains itself"));
                    each(Met::Failed(name.as_deref(), error))?;
                }
            }
        }
        Ok(())
    }

    fn kind(kind: std::fs::FileType) -> FileType {
        if kind.is_file() {
            FileType::RegularFile
        } else if kind.is_dir() {
            FileType::Directory
        } else if kind.is_symlink() {
            FileType::Symlink
        } else if kind.is_fifo() {
            FileType::Fifo
        } else {
            FileType::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::fd::AsFd;
    use std::os::unix::fs::symlink;

    use super::*;

    type Entries = fn(
        BorrowedFd<'_>,
        &Path,
        &mut dyn FnMut(Met<'_>) -> Result<(), WalkError>,
    ) -> Result<(), WalkError>;

    #[test]
    fn both_ways_to_read_a_folder_say_the_same() {
        let dir = tempfile::tempdir().unwrap();
        // More than a buffer of the longest names.
        for at in 0..200 {
            fs::write(dir.path().join(format!("{at:0200}")), b"x").unwrap();
        }
        fs::create_dir(dir.path().join("folder")).unwrap();
        fs::write(dir.path().join("folder/below"), b"x").unwrap();
        symlink("nowhere", dir.path().join("link")).unwrap();
        let fifo = dir.path().join("fifo");
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, fifo, FileType::Fifo, mode, 0).unwrap();

        let both: [Entries; 2] = [entries, portable::entries];
        let [found, other] = both.map(|entries| {
            let folder = fs::File::open(dir.path()).unwrap();
            let mut found = BTreeMap::new();
            let mut each = |met: Met<'_>| {
                let Met::Entry(name, kind) = met else { panic!("it can all be read") };
                assert!(found.insert(name.to_owned(), kind).is_none(), "{name:?} came twice");
                Ok(())
            };
            entries(folder.as_fd(), dir.path(), &mut each).unwrap();
            found
        });
        assert_eq!(found.len(), 203);
        assert_eq!(found, other);
    }

    #[test]
    fn a_folder_that_was_removed_is_told_of_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::create_dir(&path).unwrap();
        let folder = fs::File::open(&path).unwrap();
        fs::remove_dir(&path).unwrap();
        for entries in [entries, portable::entries] as [Entries; 2] {
            let mut told = 0;
            let mut each = |met: Met<'_>| {
                assert!(matches!(met, Met::Failed(None, error)
                    if error.kind() == io::ErrorKind::NotFound));
                told += 1;
                Ok(())
            };
            entries(folder.as_fd(), &path, &mut each).unwrap();
            assert_eq!(told, 1);
        }
    }
}
