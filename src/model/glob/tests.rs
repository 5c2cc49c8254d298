//! What a glob fits, below which folders it can, and that it is what `globset` makes of it.

use std::ffi::OsStr;

use proptest::prelude::*;

use super::*;

fn fits(glob: &str, path: &str) -> bool {
    Glob::parse(glob).unwrap().is_match(path)
}

fn alone(glob: &str) -> Option<globset::GlobMatcher> {
    let glob = GlobBuilder::new(glob).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}

#[test]
fn it_fits_what_a_glob_alone_would() {
    let globs = ["**", "*.png", "reel1/**", "reel?/**/*.mov", "**/a.png", "a", "{a,b}/*", ""];
    let paths = ["a", "a.png", "reel1/a.png", "reel1/x/b.mov", "reel10/b.mov", "b/c/d", "b/c", ""];
    for glob in globs {
        let alone = alone(glob).unwrap();
        for path in paths {
            assert_eq!(fits(glob, path), alone.is_match(path), "{glob} on {path:?}");
        }
    }
    assert!(Glob::parse("[").is_err());
}

#[test]
fn a_single_one_is_a_character_and_not_a_byte() {
    let yes = [
        ("conform/?.png", "conform/é.png"),
        ("conform/[!b].png", "conform/é.png"),
        ("sc?ne_[0-9].png", "scène_1.png"),
        ("[a-zà-ÿ].png", "é.png"),
        ("[é].png", "é.png"),
        ("??", "日本"),
        ("é?*", "éa"),
        ("**/\\?é[?]", "x/?é?"),
        ("{é?,x}/\\xé", "éa/xé"),
    ];
    for (glob, path) in yes {
        assert!(fits(glob, path), "{glob} on {path}");
    }
    let no = [
        ("?", "éa"),
        ("??", "é"),
        ("[é].png", "è.png"),
        ("[a-z].png", "é.png"),
        ("[!é].png", "é.png"),
        // As a shell has it, an accent that stands for itself is a character of its own.
        ("?.png", "e\u{301}.png"),
    ];
    for (glob, path) in no {
        assert!(!fits(glob, path), "{glob} on {path}");
    }
}

#[test]
fn a_byte_that_is_no_character_is_one_of_its_own() {
    let fits =
        |glob: &str, name: &[u8]| Glob::parse(glob).unwrap().is_match(OsStr::from_bytes(name));
    assert!(fits("?.png", b"\xff.png") && fits("[!b].png", b"\xe9.png"));
    assert!(fits("??.png", b"\xe2\x82.png") && !fits("?.png", b"\xe2\x82.png"));
    assert!(fits("?*", b"\xc3\xa9\xff") && !fits("?", b"\xc3\xa9\xff"));
}

#[test]
fn what_can_lie_below_a_folder_is_told_segment_by_segment() {
    let could = |glob: &str, folder: &str| Glob::parse(glob).unwrap().could_hold(folder.as_ref());
    let yes = [
        ("conform/**/*.png", "conform/reel2"),
        ("conform/*/*", "conform/reel2"),
        ("conform/{real,plates}/*.png", "conform/plates"),
        ("conform/reel[12]/*", "conform/reel2"),
        ("conform/reel?/*", "conform/reelé"),
        ("**/a.png", "x/y"),
        ("{a/b,c}/*", "a"),
        ("*.mov", ""),
        ("a/b", "a"),
    ];
    for (glob, folder) in yes {
        assert!(could(glob, folder), "{glob} below {folder}");
    }
    let no = [
        ("conform/*.png", "conform/private"),
        ("conform/o*", "conform/ok"),
        ("*/ok.png", "conform/private"),
        ("conform/sub/*/*.png", "conform/private"),
        ("conform/{real,plates}/*.png", "conform/other"),
        ("conform/reel[12]/*", "conform/reel3"),
        ("*.mov", "lost+found"),
        ("a/b", "a/b"),
        ("conform/*/*", "con"),
    ];
    for (glob, folder) in no {
        assert!(!could(glob, folder), "{glob} below {folder}");
    }
}

#[test]
fn what_it_fits_below_a_folder_it_may_fit_below_another() {
    let as_well = |glob: &str, below: &str, elsewhere: &str| {
        Glob::parse(glob).unwrap().fits_as_well(below.as_ref(), elsewhere.as_ref())
    };
    assert!(as_well("conform/**/*.png", "conform/latest", "conform/v2"));
    assert!(as_well("conform/**/*.png", "conform/a/self", "conform"));
    assert!(as_well("conform/*/*", "conform/latest", "conform/v2"));
    assert!(as_well("conform/v1/*.png", "conform/v1", "conform/v1"));
    assert!(!as_well("conform/**/*.png", "conform/plates", "plates"));
    assert!(!as_well("conform/*/*", "conform/latest", "conform/v2/deeper"));
    assert!(!as_well("conform/{real,plates}/*.png", "conform/plates", "conform/other"));
}

proptest! {
    /// Over ASCII characters are bytes: whichever way it is asked, the answer is the one of `globset`.
    #[test]
    fn characters_are_read_as_bytes_are(
        glob in "([a-c/.]|\\*|\\*\\*|\\*\\*/|/\\*\\*|\\?|\\[[!^]?[a-c]\\]|\\{[a-c/*]{0,3},[a-c]?\\}|\\\\x){0,7}",
        path in "[a-cx/.]{0,8}",
    ) {
        if let (Ok(glob), Some(alone)) = (Glob::parse(&glob), alone(&glob)) {
            let fits = alone.is_match(&path);
            prop_assert_eq!(glob.is_match(&path), fits);
            prop_assert_eq!(glob.chars.is_match(path.as_bytes()).unwrap(), fits);
            for (at, _) in path.match_indices('/').filter(|(at, _)| fits && *at > 0) {
                prop_assert!(glob.could_hold(path[..at].as_ref()), "{}", &path[..at]);
            }
        }
    }
}
