//! What lies in a folder before a delivery is put into it, and so is no part of it. A certificate names
//! it, so that who gets the folder can tell it from what was dropped there later.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::deliver::package::{is_junk, is_of_a_drive, is_settings};
use crate::deliver::staging::{PARTIAL, StagingError, io_error};
use crate::model::RelPath;

/// More than this is no folder that something is delivered in.
const MOST: usize = 100_000;

/// Every file that is there and has none of these names, and folders that cannot be listed or hold
/// nothing. In a folder that the delivery has too, everything would be taken for a part of it: there a file
/// is in the way.
pub fn beside(target: &Path, names: &[&Path]) -> Result<Vec<RelPath>, StagingError> {
    let shared: BTreeSet<&OsStr> = names
        .iter()
        .filter(|name| name.components().nth(1).is_some())
        .filter_map(|name| name.iter().next())
        .collect();
    let ours: BTreeSet<&Path> = names.iter().flat_map(|name| name.ancestors()).collect();
    let mut found = Vec::new();
    let mut folders = vec![RelPath::root()];
    while let Some(folder) = folders.pop() {
        let disk = target.join(folder.as_path());
        let is_shared = folder.as_path().iter().next().is_some_and(|top| shared.contains(top));
        let entries = match fs::read_dir(&disk).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) if folder.is_root() && error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) if folder.is_root() || is_shared => {
                return Err(io_error("list", &disk)(error));
            }
            Err(_) => {
                found.push(folder);
                continue;
            }
        };
        // What systems keep there comes and goes, and is told where there is something in it.
        let is_told = !ours.contains(folder.as_path()) && !is_of_a_drive(folder.as_bytes());
        if entries.is_empty() && is_told {
            found.push(folder);
            continue;
        }
        for entry in entries {
            let path = folder.join(entry.file_name().as_bytes());
            let kind = entry.file_type().map_err(io_error("look at", &entry.path()))?;
            if kind.is_dir() {
                if path.as_bytes() != PARTIAL.as_bytes() {
                    folders.push(path);
                }
            } else if ours.contains(path.as_path()) {
                // Put there by this export.
            } else if is_shared && !is_junk(target, path.as_bytes()) {
                return Err(StagingError::Taken { path: entry.path() });
            } else {
                found.push(path);
            }
            if found.len() > MOST {
                return Err(StagingError::Crowded { path: target.to_owned(), most: MOST });
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Checks that nothing came to lie there since `before`, beside these names, but what may come at any time.
pub fn nothing_new(target: &Path, names: &[&Path], before: &[RelPath]) -> Result<(), StagingError> {
    let known: BTreeSet<&RelPath> = before.iter().collect();
    // Of a folder from which everything was taken the certificate says more than is there, not less.
    let is_emptied = |one: &RelPath| {
        before.iter().any(|known| known.is_within(one)) && target.join(one.as_path()).is_dir()
    };
    let is_known = |one: &RelPath| known.contains(one) || is_emptied(one);
    match beside(target, names)?.iter().find(|one| !is_known(one) && !is_left(target, one)) {
        Some(one) => Err(StagingError::Arrived { path: target.join(one.as_path()) }),
        None => Ok(()),
    }
}

/// Whether a file was left by a system or a file manager that the folder was shown with. A file or a link
/// that only has the name of a system's folder is none.
pub fn is_left(folder: &Path, path: &RelPath) -> bool {
    let bytes = path.as_bytes();
    let in_a_folder = bytes.contains(&b'/');
    is_junk(folder, bytes) || is_settings(folder, bytes) || (in_a_folder && is_of_a_drive(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(target: &Path) -> Result<Vec<String>, StagingError> {
        let names = [Path::new("cut/a.png"), Path::new("top.png")];
        Ok(beside(target, &names)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_there_is_named_file_by_file() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("drive");
        assert_eq!(found(&target).unwrap(), [""; 0]);
        for folder in ["other/deep", "cut/empty", PARTIAL] {
            fs::create_dir_all(target.join(folder)).unwrap();
        }
        for file in ["README.txt", "other/deep/x", &format!("{PARTIAL}/x")] {
            fs::write(target.join(file), "theirs").unwrap();
        }
        std::os::unix::fs::symlink("README.txt", target.join("l")).unwrap();
        fs::write(target.join("cut/.DS_Store"), b"\0\0\0\x01Bud1 and more").unwrap();
        let all = ["README.txt", "cut/.DS_Store", "cut/empty", "l", "other/deep/x"];
        assert_eq!(found(&target).unwrap(), all);
        // What only has the name of junk is a file as any other.
        fs::write(target.join("cut/.DS_Store"), "theirs").unwrap();
        assert!(matches!(found(&target), Err(StagingError::Taken { .. })));
    }

    #[test]
    fn a_file_in_a_folder_of_the_delivery_is_in_the_way() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("cut/empty")).unwrap();
        assert_eq!(found(dir.path()).unwrap(), ["cut/empty"]);
        fs::write(dir.path().join("cut/empty/x"), "theirs").unwrap();
        assert!(matches!(found(dir.path()), Err(StagingError::Taken { .. })));
    }
}
