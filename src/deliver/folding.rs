//! Names that a file system may take for one: `A.mov` and `a.mov` on exFAT, APFS or a share, a letter with its
//! accent and the two of them, `cut` and `cut.`. Written there, one file would take the place of the other, or be
//! taken for it.
//!
//! Which of them are one differs from volume to volume, so it is asked of the volume itself, and only where there
//! are such names: where the delivery is put together, under its lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use crate::deliver::staging::{Staging, StagingError, io_error};
use crate::failpoint;

/// The folder in which it is tried, among what is put together. Begins as our own names do, which no media
/// has.
const PROBE: &str = "genlock-export.names";

/// Two of these names, or folders in them, that are one in a folder that is there or is to be. `staging` is
/// what is put together for it, if that has begun.
pub fn taken_for_one<'a>(
    target: &Path,
    staging: Option<&Staging>,
    names: impl Iterator<Item = &'a str>,
) -> Result<Option<Pair<'a>>, StagingError> {
    let groups = alike(names);
    match staging {
        _ if groups.is_empty() => Ok(None),
        Some(staging) => first_of(staging, &groups),
        None => Staging::try_out(target, |staging| first_of(staging, &groups)),
    }
}

type Pair<'a> = (&'a str, &'a str);
type Group<'a> = BTreeSet<&'a str>;

fn first_of<'a>(staging: &Staging, groups: &[Group<'a>]) -> Result<Option<Pair<'a>>, StagingError> {
    let probe = staging.folder().join(PROBE);
    let tried = groups.iter().find_map(|group| tried(&probe, group).transpose());
    failpoint::hit("names-tried");
    remove(&probe)?;
    tried.transpose()
}

/// Two names of a group that are one, in a folder made for it.
fn tried<'a>(probe: &Path, group: &Group<'a>) -> Result<Option<Pair<'a>>, StagingError> {
    // Also what a killed export left of it.
    remove(probe)?;
    fs::create_dir(probe).map_err(io_error("create", probe))?;
    ones(probe, group)
}

fn remove(probe: &Path) -> Result<(), StagingError> {
    match fs::remove_dir_all(probe) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io_error("remove", probe)(error)),
        _ => Ok(()),
    }
}

/// Two names of a group of which one leads to what was made under the other, in a folder that is empty.
fn ones<'a>(probe: &Path, group: &Group<'a>) -> Result<Option<Pair<'a>>, StagingError> {
    let place = |name: &str| probe.join(name.rsplit('/').next().unwrap_or_default());
    for name in group {
        let made = place(name);
        match File::create_new(&made) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let inode = |name: &str| fs::symlink_metadata(place(name)).ok().map(|at| at.ino());
                let ours = inode(name);
                let other = group
                    .iter()
                    .take_while(|other| *other != name)
                    .find(|other| inode(other) == ours);
                return Ok(other.or(group.first()).map(|other| (*other, *name)));
            }
            Err(error) => return Err(io_error("create", &made)(error)),
        }
    }
    Ok(None)
}

/// Names, or folders in them, that lie in the same folder and differ in nothing that every volume tells apart.
fn alike<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Group<'a>> {
    let mut known: BTreeMap<(&str, String), Group<'a>> = BTreeMap::new();
    for name in names {
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        for part in ends.map(|end| &name[..end]) {
            let (folder, last) = part.rsplit_once('/').unwrap_or(("", part));
            known.entry((folder, folded(last))).or_default().insert(part);
        }
    }
    known.into_values().filter(|group| group.len() > 1).collect()
}

/// A name without case, with its letters in one form, and without the dots and blanks at its end, which exFAT
/// and Windows drop. Most volumes take fewer for one.
fn folded(name: &str) -> String {
    let name = name.trim_end_matches(['.', ' ']);
    let upper: String = name.nfd().flat_map(char::to_uppercase).collect();
    upper.to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_case_form_or_dots_at_the_end_are_alike_and_so_are_folders() {
        let alike = |names: &[&'static str]| {
            let groups = alike(names.iter().copied()).into_iter();
            groups.map(|group| group.into_iter().collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        assert_eq!(alike(&["A.mov", "a.mov", "b.mov"]), [["A.mov", "a.mov"]]);
        assert_eq!(alike(&["Cut/a", "cut/b", "cut/c"]), [["Cut", "cut"]]);
        assert_eq!(alike(&["x/\u{e9}", "x/e\u{301}"]), [["x/e\u{301}", "x/\u{e9}"]]);
        assert_eq!(alike(&["Straße", "STRASSE"]), [["STRASSE", "Straße"]]);
        assert_eq!(alike(&["cut/a", "cut./a", "b.. "]), [["cut", "cut."]]);
        // A volume may take only what lies in two folders for one, and not the folders.
        let below = ["cut./x", "cut/B.mov", "cut/b.mov"];
        assert_eq!(alike(&below), [["cut", "cut."], ["cut/B.mov", "cut/b.mov"]]);
        // Of three, a volume may take only the last two for one.
        let three = ["\u{c9}.mov", "\u{e9}.MOV", "\u{e9}.mov"];
        assert_eq!(alike(&three), [three]);
        assert_eq!(alike(&["a/b", "a/c", "ab", "a b", "a.b"]), [[""; 0]; 0]);
    }

    #[test]
    fn what_the_folder_tells_apart_is_not_taken_for_one_and_nothing_is_left_there() {
        let temp = tempfile::tempdir().unwrap();
        let names = ["A.mov", "a.mov", "x/\u{e9}", "x/e\u{301}"];
        let target = temp.path().join("new/EP");
        let folds = {
            fs::write(temp.path().join("p"), "").unwrap();
            temp.path().join("P").try_exists().unwrap()
        };
        let found = taken_for_one(&target, None, names.into_iter()).unwrap();
        assert_eq!(found.is_some(), folds);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
        // Nor where it cannot be tried.
        let long = format!("{}\u{c9}", "x".repeat(255));
        let other = format!("{}\u{e9}", "x".repeat(255));
        let failed = taken_for_one(&target, None, [long.as_str(), &other].into_iter());
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
        // As a volume does that takes both for one.
        let probe = temp.path();
        fs::write(probe.join("a.mov"), "").unwrap();
        let found = ones(probe, &["A.mov", "a.mov"].into()).unwrap();
        assert_eq!(found, Some(("A.mov", "a.mov")));
    }
}
