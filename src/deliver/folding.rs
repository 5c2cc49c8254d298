//! Names that a file system may take for one: `A.mov` and `a.mov` on exFAT, APFS or a share, a letter with its
//! accent and the two of them. Written there, one file would take the place of the other, or be taken for it.
//!
//! Which of them are one differs from volume to volume, so it is asked of the folder itself, and only where
//! there are such names.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use crate::deliver::staging::{StagingError, io_error};

/// The folder in which it is tried; ours by its name, as what is put together is.
const PROBE: &str = ".genlock-probe";

/// Two of these names, or folders in them, that are one in a folder that is there or is to be.
pub fn taken_for_one<'a>(
    target: &Path,
    names: impl Iterator<Item = &'a str>,
) -> Result<Option<(&'a str, &'a str)>, StagingError> {
    let pairs = alike(names);
    // The volume is that of the nearest folder there is.
    let folder = target.ancestors().find(|one| one.is_dir());
    let Some(folder) = folder.filter(|_| !pairs.is_empty()) else { return Ok(None) };
    let probe = folder.join(format!("{PROBE}.{}", std::process::id()));
    fs::create_dir(&probe).map_err(io_error("create", &probe))?;
    let found = first_of(&probe, pairs);
    fs::remove_dir_all(&probe).map_err(io_error("remove", &probe))?;
    found
}

type Pair<'a> = (&'a str, &'a str);

fn first_of<'a>(probe: &Path, pairs: Vec<Pair<'a>>) -> Result<Option<Pair<'a>>, StagingError> {
    for pair in pairs {
        if is_one(probe, pair)? {
            return Ok(Some(pair));
        }
    }
    Ok(None)
}

/// Whether one of two names leads to what was made under the other.
fn is_one(probe: &Path, (one, other): Pair<'_>) -> Result<bool, StagingError> {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let made = probe.join(last(one));
    match File::create_new(&made) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(io_error("create", &made)(error));
        }
        _ => {}
    }
    let is_one = fs::symlink_metadata(probe.join(last(other))).is_ok();
    fs::remove_file(&made).map_err(io_error("remove", &made))?;
    Ok(is_one)
}

/// Pairs of names, or of folders in them, that differ in nothing but case and the form of their letters.
/// Below folders that do, nothing is looked at: the folders come first.
fn alike<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Pair<'a>> {
    let mut known: HashMap<String, &str> = HashMap::new();
    let mut pairs = Vec::new();
    for name in names {
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        for part in ends.map(|end| &name[..end]) {
            let first = *known.entry(folded(part)).or_insert(part);
            if first != part {
                pairs.push((first, part));
                break;
            }
        }
    }
    pairs.dedup();
    pairs
}

/// A name without case and with its letters in one form. Some take fewer for one; none is known to take more.
fn folded(name: &str) -> String {
    let upper: String = name.nfd().flat_map(char::to_uppercase).collect();
    upper.to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_case_or_form_are_alike_and_so_are_folders() {
        let alike = |names: &[&'static str]| alike(names.iter().copied());
        assert_eq!(alike(&["A.mov", "a.mov", "b.mov"]), [("A.mov", "a.mov")]);
        assert_eq!(alike(&["Cut/a", "cut/b", "cut/c"]), [("Cut", "cut")]);
        assert_eq!(alike(&["x/\u{e9}", "x/e\u{301}"]), [("x/\u{e9}", "x/e\u{301}")]);
        assert_eq!(alike(&["Straße", "STRASSE"]), [("Straße", "STRASSE")]);
        assert_eq!(alike(&["a/b", "a/c", "ab", "a b"]), []);
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
        let found = taken_for_one(&target, names.into_iter()).unwrap();
        assert_eq!(found.is_some(), folds);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
        // As a volume does that takes both for one.
        let probe = temp.path();
        fs::write(probe.join("a.mov"), "").unwrap();
        assert!(is_one(probe, ("A.mov", "a.mov")).unwrap());
    }
}
