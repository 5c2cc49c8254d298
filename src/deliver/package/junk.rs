//! What file managers leave behind in every folder they show.

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
