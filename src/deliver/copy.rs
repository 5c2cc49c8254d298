//! One file, copied so that what arrived is known: hashed while it is written, and read back from the
//! device afterwards. Judges nothing: whoever asks compares with what was judged.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Advice, OFlags, fadvise};

use crate::deliver::package::{Algorithm, Digest, Hasher};
use crate::model::AssetId;

/// Read and written at a time.
const BUFFER: usize = 1 << 20;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// BLAKE3-256 of the bytes written.
    pub asset: AssetId,
    /// How many.
    pub size: u64,
    /// Other digests of them, in the order they were asked for.
    pub digests: Vec<Digest>,
}

/// Why a file was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The target could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
}

/// How to copy.
#[derive(Clone, Copy)]
pub struct CopyOptions<'a> {
    /// Digests to make besides BLAKE3.
    pub algorithms: &'a [Algorithm],
    /// Set to stop.
    pub cancel: &'a AtomicBool,
    /// Told how many bytes were handled, as they are.
    pub advance: &'a (dyn Fn(u64) + Sync),
}

/// Copies a file to a name where nothing is yet; its time of modification goes with it. Nothing is
/// synchronised: that is done once for all.
pub fn copy(from: &Path, to: &Path, options: &CopyOptions<'_>) -> Result<Copied, CopyError> {
    let read = |source| CopyError::Read { path: from.to_owned(), source };
    let write = |source| CopyError::Write { path: to.to_owned(), source };
    let mut source = open(from).map_err(read)?;
    let found = source.metadata().map_err(read)?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(to).map_err(write)?;
    let mut copied =
        hashed(&mut source, read, options, &mut |bytes| target.write_all(bytes).map_err(write))?;
    if let Ok(modified) = found.modified() {
        target.set_modified(modified).map_err(write)?;
    }
    copied.size = target.metadata().map_err(write)?.len();
    Ok(copied)
}

/// Hashes a file that is there, as the device has it and not as memory remembers it: what is in the
/// page cache is dropped first, as far as the system does so.
pub fn read_back(path: &Path, options: &CopyOptions<'_>) -> Result<Copied, CopyError> {
    let read = |source| CopyError::Read { path: path.to_owned(), source };
    let mut file = open(path).map_err(read)?;
    // A hint: some file systems keep their own copy, and say so nowhere.
    let _ = fadvise(&file, 0, None, Advice::DontNeed);
    hashed(&mut file, read, options, &mut |_| Ok(()))
}

/// Never through a link at the end of the path, and never waiting for a FIFO's writer.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(file)
}

fn hashed(
    source: &mut File,
    read: impl Fn(io::Error) -> CopyError,
    options: &CopyOptions<'_>,
    each: &mut dyn FnMut(&[u8]) -> Result<(), CopyError>,
) -> Result<Copied, CopyError> {
    let mut blake3 = blake3::Hasher::new();
    let mut others = Hasher::new(options.algorithms.iter().copied());
    let mut buffer = vec![0; BUFFER];
    let mut size = 0;
    loop {
        if options.cancel.load(Ordering::Relaxed) {
            return Err(CopyError::Stopped);
        }
        let got = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(read(error)),
        };
        blake3.update(&buffer[..got]);
        others.update(&buffer[..got]);
        each(&buffer[..got])?;
        size += got as u64;
        (options.advance)(got as u64);
    }
    Ok(Copied { asset: AssetId::from(blake3.finalize()), size, digests: others.finish() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options<'a>(cancel: &'a AtomicBool, algorithms: &'a [Algorithm]) -> CopyOptions<'a> {
        CopyOptions { algorithms, cancel, advance: &|_| {} }
    }

    #[test]
    fn a_copy_is_what_was_read_and_says_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("a"), dir.path().join("b"));
        let bytes = vec![7; BUFFER + 3];
        std::fs::write(&from, &bytes).unwrap();
        let cancel = AtomicBool::new(false);
        let options = options(&cancel, &[Algorithm::Sha256, Algorithm::Xxh64]);
        let copied = copy(&from, &to, &options).unwrap();
        assert_eq!(copied.asset, AssetId::from(blake3::hash(&bytes)));
        assert_eq!(copied.size, bytes.len() as u64);
        assert_eq!(copied.digests[1], Hasher::digest(Algorithm::Xxh64, &bytes));
        assert_eq!(std::fs::read(&to).unwrap(), bytes);
        assert_eq!(read_back(&to, &options).unwrap(), copied);
        let time = |path| std::fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(&from), time(&to));
        assert!(matches!(copy(&from, &to, &options), Err(CopyError::Write { .. })), "never over");
    }

    #[test]
    fn links_and_what_is_no_file_are_not_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "x").unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("l")).unwrap();
        let cancel = AtomicBool::new(false);
        let options = options(&cancel, &[]);
        for name in ["l", ".", "none"] {
            let copied = copy(&dir.path().join(name), &dir.path().join("to"), &options);
            assert!(matches!(copied, Err(CopyError::Read { .. })), "{name}");
        }
        cancel.store(true, Ordering::Relaxed);
        let stopped = copy(&dir.path().join("a"), &dir.path().join("to"), &options);
        assert!(matches!(stopped, Err(CopyError::Stopped)));
    }
}
