//! The fingerprint of a file: what the system says of it without opening it.
//!
//! Used by the walk and, before and after every read, by `hash`. It must never round or drop a
//! part: two fingerprints that compare equal spare a re-read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use crate::model::Fingerprint;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// The fingerprint in `metadata`. `device` is `st_dev`; on a network mount the caller replaces it
/// by a stable id, see [`crate::observe::FileSystemIds`].
pub fn of(metadata: &Metadata) -> Fingerprint {
    Fingerprint {
        size: metadata.len(),
        mtime: nanos(metadata.mtime(), metadata.mtime_nsec()),
        ctime: nanos(metadata.ctime(), metadata.ctime_nsec()),
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}

/// The same from a `stat` relative to an open directory, which spares the walk a look-up of the
/// whole path for every file.
pub fn of_stat(stat: &rustix::fs::Stat) -> Fingerprint {
    Fingerprint {
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        mtime: nanos(stat.st_mtime, stat.st_mtime_nsec.try_into().unwrap_or_default()),
        ctime: nanos(stat.st_ctime, stat.st_ctime_nsec.try_into().unwrap_or_default()),
        device: stat.st_dev,
        inode: stat.st_ino,
    }
}

/// Nanoseconds since the epoch, held at the ends of the range: XFS and ext4 can store years that
/// 64 bits of nanoseconds (1677 to 2262) cannot, and wrapping would make old files look new.
fn nanos(seconds: i64, nanos: i64) -> i64 {
    seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_says_what_the_system_says() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.exr");
        std::fs::write(&path, b"12345").unwrap();
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let print = of(&metadata);
        assert_eq!(print, of_stat(&rustix::fs::lstat(&path).unwrap()));
        assert_eq!(print.size, 5);
        assert_eq!(print.inode, metadata.ino());
        let modified = metadata.modified().unwrap();
        let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(u128::try_from(print.mtime).unwrap(), since.as_nanos());
    }

    #[test]
    fn years_beyond_the_range_stay_at_its_ends() {
        assert_eq!(nanos(i64::MAX / 2, 0), i64::MAX);
        assert_eq!(nanos(i64::MIN / 2, 0), i64::MIN);
        assert_eq!(nanos(-1, 999_999_999), -1);
    }
}
