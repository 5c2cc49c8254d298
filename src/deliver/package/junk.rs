//! What file managers leave behind in every folder they show, and systems at the top of a drive.

use std::path::Path;

use crate::deliver::package::tree;

/// Whether a file below a folder is junk, by its name and its first bytes: a name alone would be a
/// place to hide things.
pub fn is_junk(folder: &Path, path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let magic: &[u8] = if name == b".DS_Store" {
        b"\0\0\0\x01Bud1"
    } else if name.starts_with(b"._") {
        b"\0\x05\x16\x07"
    } else if name.eq_ignore_ascii_case(b"Thumbs.db") {
        b"\xd0\xcf\x11\xe0"
    } else {
        return false;
    };
    tree::read_start(folder, path, magic.len() as u64).is_ok_and(|start| start == magic)
}

/// Folders that systems keep at the top of a drive.
const OF_DRIVES: &[&str] = &[
    ".fseventsd",
    ".Spotlight-V100",
    ".Trashes",
    ".TemporaryItems",
    "System Volume Information",
    "$RECYCLE.BIN",
];

/// How settings of a folder on Windows begin: in bytes, after an empty line, or in wide characters.
const SETTINGS: &[&[u8]] = &[b"[", b"\r\n[", b"\xff\xfe"];

/// Whether a path below the top of a drive is one of those folders, or in it. Whatever is in it is no
/// part of anything, and told by its name.
pub fn is_of_a_drive(path: &[u8]) -> bool {
    let top = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    OF_DRIVES.iter().any(|name| top.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether a file at the top of a drive is the `desktop.ini` of a file manager.
pub fn is_settings(folder: &Path, path: &[u8]) -> bool {
    let begins = |magic: &&[u8]| {
        tree::read_start(folder, path, magic.len() as u64).is_ok_and(|start| start == *magic)
    };
    path.eq_ignore_ascii_case(b"desktop.ini") && SETTINGS.iter().any(begins)
}
