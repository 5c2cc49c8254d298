//! Whether a path lies on a network file system, and a name for that file system which survives a
//! remount.
//!
//! The ledger asks before it opens (WAL needs a local disk); walk and hash ask so that a
//! fingerprint means the same after the share was mounted again. Where this cannot tell, a file
//! system with a server behind it is assumed, because that is the careful answer for a ledger.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{fstatfs, major, minor, statfs, statvfs};

/// The system would not say what a path is mounted on.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// The list of mounts could not be read.
    #[error("cannot read {path:?}, which says what is mounted")]
    Table {
        /// Where the system keeps it.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// `statfs` failed on the path, or on its nearest ancestor that is there.
    #[error("cannot tell what file system {path:?} is on")]
    Statfs {
        /// What was asked about.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Where Linux says what is mounted in the namespace of this process.
const TABLE: &str = "/proc/self/mountinfo";

/// The name of a network file system by its `f_type`, or none for a local one.
///
/// The numbers are those of Linux, `include/uapi/linux/magic.h` and the drivers that have none
/// there. FUSE counts as network: `sshfs`, `rclone` and cloud mounts are FUSE, and the number does not
/// tell them from a local `ntfs-3g`.
pub const fn network_kind_of(f_type: u32) -> Option<&'static str> {
    Some(match f_type {
        0x6969 => "nfs",
        0x517B => "smb",
        0xFF53_4D42 => "cifs",
        0xFE53_4D42 => "smb2",
        0x6573_5546 => "fuse",
        0x0102_1997 => "9p",
        0x00C3_6400 => "ceph",
        0x5346_414F | 0x6B41_4653 => "afs",
        0x7375_7245 => "coda",
        0x564C => "ncp",
        0x0BD0_0BD0 => "lustre",
        0x4750_4653 => "gpfs",
        0x1983_0326 => "beegfs",
        0xAAD7_AAEA => "panfs",
        0xBEEF_DEAD => "stornext",
        0x6163_6673 => "acfs",
        0x0131_11A8 => "ibrix",
        0x0116_1970 => "gfs2",
        0x7461_636F => "ocfs2",
        0x786F_4256 => "vboxsf",
        0xBACB_ACBC => "vmhgfs",
        0x7C7C_6673 => "prl_fs",
        0x6A65_6A63 => "fakeowner",
        _ => return None,
    })
}

/// The kind of network file system `path` lies on, or none for a local one. A path that is not
/// there yet is judged by its nearest ancestor that is.
pub fn network_kind(path: &Path) -> Result<Option<&'static str>, MountError> {
    let mut asked = path;
    loop {
        // An empty path is what the parent of a bare name is called; the system wants a dot.
        let here = if asked.as_os_str().is_empty() { Path::new(".") } else { asked };
        match statfs(here) {
            Ok(found) => return Ok(network_kind_of(magic(found.f_type))),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {}
            Err(errno) => return Err(cannot(here, errno)),
        }
        match asked.parent() {
            Some(parent) => asked = parent,
            None => return Err(cannot(here, rustix::io::Errno::NOENT)),
        }
    }
}

/// Whether an open file certainly lies on a local file system.
pub(super) fn is_local(file: &File) -> bool {
    fstatfs(file).is_ok_and(|found| network_kind_of(magic(found.f_type)).is_none())
}

/// What is mounted somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mounted {
    /// Where.
    pub at: PathBuf,
    /// All that the system says of it.
    pub line: Vec<u8>,
}

/// What is mounted at or below `folders`, as they are spelled without links, the outer before the
/// inner. The error is that the system would not say.
pub fn mounted_within(folders: &[&Path]) -> Result<Vec<Mounted>, MountError> {
    let unreadable = |source| MountError::Table { path: PathBuf::from(TABLE), source };
    Ok(within(&std::fs::read(TABLE).map_err(unreadable)?, folders))
}

/// The place of the mount that a path without links lies on, as the system's own list has it: nothing on the mount
/// is asked for. The path itself where nothing but `/` is mounted that it lies in, or what mounts only when it is
/// asked for something.
pub fn mount_of(path: &Path) -> PathBuf {
    let mounted = mounted_within(&[Path::new("/")]).unwrap_or_default();
    innermost(&mounted, path).unwrap_or(path).to_owned()
}

fn innermost<'a>(mounted: &'a [Mounted], path: &Path) -> Option<&'a Path> {
    let of_kind = |automatic: bool| {
        let around = mounted.iter().filter(|one| {
            let is_automatic = kind(&one.line).is_some_and(|kind| kind.starts_with(b"autofs "));
            is_automatic == automatic && path.starts_with(&one.at) && one.at != Path::new("/")
        });
        around.map(|one| &*one.at).max_by_key(|at| at.components().count())
    };
    of_kind(false).filter(|at| of_kind(true).is_none_or(|automatic| at.starts_with(automatic)))
}

/// `type source options` in a line of the list, behind a lone hyphen: fields of any number stand before it.
fn kind(line: &[u8]) -> Option<&[u8]> {
    let at = line.windows(3).position(|three| three == b" - ")?;
    Some(&line[at + 3..])
}

fn within(table: &[u8], folders: &[&Path]) -> Vec<Mounted> {
    let mounted = |line: &[u8]| {
        let at = unescape(line.split(|byte| *byte == b' ').nth(4)?);
        folders
            .iter()
            .any(|folder| at.starts_with(folder))
            .then(|| Mounted { at, line: line.to_vec() })
    };
    let mut all: Vec<_> = table.split(|byte| *byte == b'\n').filter_map(mounted).collect();
    all.sort_unstable();
    all
}

/// Blanks, tabs, newlines and backslashes are three octal digits there.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let (b'\\', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &after[3..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

/// The kinds of the mounts in some folders, asked of the system once and not for each folder in them.
/// Holds until something is mounted or unmounted there.
#[derive(Clone, Debug, Default)]
pub struct MountKinds {
    /// The innermost last. None where the system does not say what is mounted.
    known: Option<Vec<(PathBuf, Option<&'static str>)>>,
}

impl MountKinds {
    /// Asks now.
    pub fn within(folders: &[&Path]) -> Self {
        let Ok(mounted) = mounted_within(folders) else { return Self::default() };
        let folders = folders.iter().map(|folder| (*folder).to_owned());
        let mut known: Vec<_> = folders
            .chain(mounted.into_iter().map(|one| one.at))
            .map(|at| {
                let kind = network_kind(&at).unwrap_or(Some(UNREACHABLE));
                (at, kind)
            })
            .collect();
        known.sort_unstable();
        known.dedup();
        Self { known: Some(known) }
    }

    /// The kind of network file system that a folder in one of them lies on, or none for a local one.
    pub fn of(&self, folder: &Path) -> Option<&'static str> {
        match &self.known {
            Some(known) => known.iter().rev().find(|(at, _)| folder.starts_with(at))?.1,
            None => network_kind(folder).unwrap_or(Some(UNREACHABLE)),
        }
    }
}

/// The kind of a mount that does not answer: nothing local is like that.
const UNREACHABLE: &str = "unreachable";

fn cannot(path: &Path, errno: rustix::io::Errno) -> MountError {
    MountError::Statfs { path: path.to_owned(), source: errno.into() }
}

/// `f_type` is a signed long that some systems fill by sign extension; the magic is 32 bits of it.
fn magic(f_type: impl Into<i64>) -> u32 {
    u32::try_from(f_type.into() & 0xFFFF_FFFF).unwrap_or(u32::MAX)
}

/// Turns `st_dev` into what [`crate::model::Fingerprint::device`] holds, asking the system once
/// per device.
///
/// On a local disk that is `st_dev` itself. A network mount gets a new `st_dev` at every mount,
/// which would make every file look changed; there it is `f_fsid` where the file system fills it
/// in (SMB, Ceph), else a digest of what is mounted (`nfs4 server:/export`), which stays the same.
/// Ids fit 63 bits, so that SQLite can hold them. Whoever compares fingerprints must have made both
/// sides with this.
#[derive(Clone, Debug, Default)]
pub struct FileSystemIds {
    known: Vec<(u64, u64)>,
}

impl FileSystemIds {
    /// The id of `device`, on which `path` lies.
    pub fn id_of(&mut self, device: u64, path: &Path) -> u64 {
        if let Some((_, id)) = self.known.iter().find(|(known, _)| *known == device) {
            return *id;
        }
        // A failure is not kept: it may pass, and the worst of it is one file read again.
        let Ok(id) = stable_id(device, path) else {
            return device;
        };
        let id = id.unwrap_or(device);
        self.known.push((device, id));
        id
    }
}

/// The device that a folder lies on now, as fingerprints have it.
pub fn device_of(folder: &Path) -> io::Result<u64> {
    let found = std::fs::metadata(folder)?;
    Ok(FileSystemIds::default().id_of(found.dev(), folder))
}

/// None on a local file system, and where nothing better than `st_dev` can be learnt.
fn stable_id(device: u64, path: &Path) -> io::Result<Option<u64>> {
    if network_kind_of(magic(statfs(path)?.f_type)).is_none() {
        return Ok(None);
    }
    let id = match statvfs(path)?.f_fsid {
        0 => {
            let table = std::fs::read(TABLE)?;
            mounted(&table, major(device), minor(device)).map(|source| digest(&source))
        }
        id => Some(id),
    };
    Ok(id.map(|id| id & 0x7FFF_FFFF_FFFF_FFFF))
}

fn digest(source: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(source).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// `type source` of a device in `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`). A device mounted
/// several times has several lines in an order that a reboot may change: the least counts.
fn mounted(table: &[u8], major: u32, minor: u32) -> Option<Vec<u8>> {
    let device = format!("{major}:{minor}");
    table
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let mut fields = line.split(|byte| *byte == b' ');
            if fields.nth(2)? != device.as_bytes() {
                return None;
            }
            let mut fields = kind(line)?.split(|byte| *byte == b' ');
            Some([fields.next()?, fields.next()?].join(&b' '))
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_number_and_local_ones_are_not_among_them() {
        for (number, name) in [
            (0x6969, "nfs"),
            (0xFF53_4D42, "cifs"),
            (0xFE53_4D42, "smb2"),
            (0x6573_5546, "fuse"),
            (0x0102_1997, "9p"),
            (0x00C3_6400, "ceph"),
            (0x0BD0_0BD0, "lustre"),
            (0x4750_4653, "gpfs"),
        ] {
            assert_eq!(network_kind_of(number), Some(name));
        }
        // ext4, xfs, btrfs, tmpfs, overlay, zfs, f2fs, vfat, exfat, ramfs
        for number in [
            0xEF53,
            0x5846_5342,
            0x9123_683E,
            0x0102_1994,
            0x794C_7630,
            0x2FC1_2FC1,
            0xF2F5_2010,
            0x4D44,
            0x2011_BAB0,
            0x8584_58F6,
        ] {
            assert_eq!(network_kind_of(number), None, "{number:#x}");
        }
    }

    #[test]
    fn a_magic_that_was_sign_extended_is_still_known() {
        assert_eq!(network_kind_of(magic(0xFF53_4D42_i64)), Some("cifs"));
        assert_eq!(network_kind_of(magic(-0x00AC_B2BE_i64)), Some("cifs"));
    }

    #[test]
    fn a_path_that_is_not_there_is_judged_by_its_ancestor() {
        assert!(network_kind(Path::new("/proc/no/such/thing")).unwrap().is_none());
        assert!(network_kind(Path::new("no-such-name-here")).is_ok());
    }

    #[test]
    fn a_local_device_keeps_its_number() {
        let mut ids = FileSystemIds::default();
        assert_eq!(ids.id_of(77, Path::new("/no/such/path")), 77);
        assert!(ids.known.is_empty(), "a failure was kept");
        assert_eq!(ids.id_of(77, Path::new("/proc")), 77);
        assert_eq!(ids.known, [(77, 77)]);
    }

    #[test]
    fn a_mount_is_named_by_what_is_mounted_not_by_where() {
        let table = b"36 35 0:52 / /mnt/b rw shared:1 - nfs4 filer:/show rw,vers=4.2\n\
            37 35 0:52 /sub /mnt/a rw - nfs4 filer:/archive rw\n\
            38 35 8:1 / / rw - ext4 /dev/sda1 rw\n";
        assert_eq!(mounted(table, 0, 52).unwrap(), b"nfs4 filer:/archive");
        assert_eq!(mounted(table, 8, 1).unwrap(), b"ext4 /dev/sda1");
        assert_eq!(mounted(table, 8, 2), None);
    }

    #[test]
    fn mounts_in_a_folder_are_told_from_those_beside_it_whatever_their_names() {
        let table = b"36 35 0:52 / /show/my\\040mount rw - fuse.sshfs far:/ rw\n\
            37 35 0:53 / /show rw - ext4 /dev/sdb1 rw\n\
            38 35 0:54 / /showreel rw - nfs4 filer:/reels rw\n\
            39 35 0:55 / /show/a\\134b\\012 rw - nfs4 filer:/odd rw\n";
        let found = within(table, &[Path::new("/show")]);
        let at: Vec<_> = found.iter().map(|one| one.at.to_str().unwrap()).collect();
        assert_eq!(at, ["/show", "/show/a\\b\n", "/show/my mount"]);
        assert!(found[2].line.ends_with(b"fuse.sshfs far:/ rw"));
    }

    #[test]
    fn a_path_lies_on_the_innermost_mount_around_it() {
        let table = b"35 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            36 35 0:52 / /mnt/nas rw shared:1 - nfs4 filer:/show rw\n\
            37 36 0:53 / /mnt/nas/disk rw - ext4 /dev/sdb1 rw\n\
            38 35 0:54 / /net rw - autofs auto.net rw\n\
            39 38 0:55 / /net/filer rw - nfs4 filer:/ rw\n\
            40 35 0:56 / /home rw - autofs auto.home rw\n\
            41 40 0:57 / /home rw - nfs4 filer:/home rw\n";
        let mounted = within(table, &[Path::new("/")]);
        for (path, at) in [
            ("/mnt/nas", Some("/mnt/nas")),
            ("/mnt/nas/a/b", Some("/mnt/nas")),
            ("/mnt/nas/disk/a", Some("/mnt/nas/disk")),
            ("/mnt/nasty", None),
            ("/srv/a", None),
            // What is not mounted yet is a place of its own, beside others that are.
            ("/net/other/a", None),
            ("/net/filer/a", Some("/net/filer")),
            ("/home/kim", Some("/home")),
        ] {
            assert_eq!(innermost(&mounted, Path::new(path)), at.map(Path::new), "{path}");
        }
        assert_eq!(mount_of(Path::new("/proc/self/status")), Path::new("/proc"));
    }

    #[test]
    fn the_innermost_mount_says_what_a_folder_lies_on() {
        let known = [("/show", None), ("/show/nas", Some("nfs")), ("/show/nas/disk", None)];
        let known = known.map(|(at, kind)| (PathBuf::from(at), kind)).to_vec();
        let kinds = MountKinds { known: Some(known) };
        for (folder, kind) in [
            ("/show", None),
            ("/show/nas", Some("nfs")),
            ("/show/nas/a", Some("nfs")),
            ("/show/nas/disk/a", None),
            ("/show/nasty", None),
        ] {
            assert_eq!(kinds.of(Path::new(folder)), kind, "{folder}");
        }
        assert_eq!(MountKinds::within(&[Path::new("/proc")]).of(Path::new("/proc/self")), None);
    }
}
