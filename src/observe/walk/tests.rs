use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::*;
use crate::model::FoundLink;

static GO: AtomicBool = AtomicBool::new(false);

fn rel(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

fn options(filter: Filter, start: &str) -> WalkOptions {
    WalkOptions { start: rel(start), filter }
}

fn all() -> WalkOptions {
    options(Filter::new(&[]).unwrap(), "")
}

fn walk(root: &Path, options: &WalkOptions) -> Result<Vec<Listing>, WalkError> {
    Walk::new(&RootName::project(), root, options, &GO)?.collect()
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Every file of a walk, as paths.
fn files(listings: &[Listing]) -> Vec<String> {
    let paths = listings.iter().flat_map(|listing| {
        let file = |entry: &crate::observe::Entry| listing.directory.join(&entry.name).to_string();
        listing.files.iter().map(file)
    });
    paths.collect()
}

#[test]
fn directories_come_depth_first_and_names_by_their_bytes() {
    let root = tempfile::tempdir().unwrap();
    for path in ["b/2", "b/10", "a/z/1", "a/y/1", "B/1", "top"] {
        put(root.path(), path, b"x");
    }
    let listings = walk(root.path(), &all()).unwrap();
    let order: Vec<_> = listings.iter().map(|l| l.directory.to_string()).collect();
    assert_eq!(order, ["", "B", "a", "a/y", "a/z", "b"]);
    assert_eq!(files(&listings), ["top", "B/1", "a/y/1", "a/z/1", "b/10", "b/2"]);
    assert!(listings.iter().all(|l| l.complete && l.problems.is_empty()));
    let print = listings[0].files[0].fingerprint;
    let metadata = fs::symlink_metadata(root.path().join("top")).unwrap();
    assert_eq!(print, crate::observe::fingerprint::of(&metadata));
    assert_eq!(listings[0].device, print.device);
}

#[test]
fn links_are_recorded_and_never_followed() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a/file", b"x");
    symlink("..", root.path().join("a/up")).unwrap();
    symlink("/etc", root.path().join("a/out")).unwrap();
    symlink("nowhere", root.path().join("a/broken")).unwrap();
    let listings = walk(root.path(), &all()).unwrap();
    assert_eq!(files(&listings), ["a/file"]);
    let link = |name: &str, target: &str| FoundLink {
        name: name.as_bytes().into(),
        target: target.as_bytes().into(),
    };
    assert_eq!(
        listings[1].links,
        [link("broken", "nowhere"), link("out", "/etc"), link("up", "..")]
    );
}

#[test]
fn a_root_may_be_reached_through_a_link() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "real/a", b"x");
    symlink("real", root.path().join("link")).unwrap();
    assert_eq!(files(&walk(&root.path().join("link"), &all()).unwrap()), ["a"]);
}

#[test]
fn what_is_left_out_is_named_and_not_entered() {
    let root = tempfile::tempdir().unwrap();
    for path in
        [".genlock/ledger", "cache/x", "a/.DS_Store", "a/keep.exr", "a/no.bak", "a/b/no.bak"]
    {
        put(root.path(), path, b"x");
    }
    put(root.path(), ".genlockignore", b"cache/\n");
    put(root.path(), "a/.genlockignore", b"*.bak\n{\n");
    let listings = walk(root.path(), &all()).unwrap();
    assert_eq!(files(&listings), [".genlockignore", "a/.genlockignore", "a/keep.exr"]);
    let ignored: Vec<Vec<&[u8]>> =
        listings.iter().map(|l| l.ignored.iter().map(|name| &**name).collect()).collect();
    let expected: [Vec<&[u8]>; 3] =
        [vec![b".genlock", b"cache"], vec![b".DS_Store", b"no.bak"], vec![b"no.bak"]];
    assert_eq!(ignored, expected);
    assert_eq!(listings[1].problems[0].path, "a/.genlockignore");
    assert!(listings[1].complete, "a bad rule hides nothing");

    let gate = walk(root.path(), &options(Filter::only_own(), "")).unwrap();
    assert_eq!(files(&gate).len(), 7);
    assert_eq!(gate[0].ignored, [Box::from(&b".genlock"[..])]);
}

#[test]
fn a_part_is_walked_under_the_rules_above_it() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), ".genlockignore", b"*.bak\nout/\n{\n");
    for path in ["a/b/x.exr", "a/b/x.bak", "a/c/y", "out/z"] {
        put(root.path(), path, b"x");
    }
    symlink("a", root.path().join("link")).unwrap();
    let filter = || Filter::new(&[]).unwrap();
    let listings = walk(root.path(), &options(filter(), "a/b")).unwrap();
    assert_eq!(files(&listings), ["a/b/x.exr"]);
    assert_eq!(listings[0].problems.len(), 1, "the bad rule above is told of once");

    let error = |start| walk(root.path(), &options(filter(), start)).unwrap_err();
    assert!(matches!(error("out"), WalkError::StartIgnored { .. }));
    assert!(matches!(error("a/none"), WalkError::StartGone { .. }));
    assert!(matches!(error("link/b"), WalkError::StartNotDirectory { .. }));
    assert!(matches!(error("a/c/y"), WalkError::StartNotDirectory { .. }));
}

#[test]
fn special_files_are_counted_and_never_opened() {
    let root = tempfile::tempdir().unwrap();
    let mode = rustix::fs::Mode::RUSR;
    for name in ["fifo1", "fifo2"] {
        let path = root.path().join(name);
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).unwrap();
    }
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
    let listings = walk(root.path(), &all()).unwrap();
    assert_eq!(listings[0].skipped, 3);
    assert!(listings[0].complete);
}

#[test]
fn names_of_any_bytes_and_of_full_length_are_listed_as_they_are() {
    let root = tempfile::tempdir().unwrap();
    let names: [&[u8]; 3] = [b"\xff\xfe.exr", b"new\nline", &[b'x'; 255]];
    for name in names {
        fs::write(root.path().join(std::ffi::OsStr::from_bytes(name)), b"x").unwrap();
    }
    fs::create_dir(root.path().join(std::ffi::OsStr::from_bytes(b"dir\xff"))).unwrap();
    let listings = walk(root.path(), &all()).unwrap();
    let mut found: Vec<&[u8]> = listings[0].files.iter().map(|entry| &*entry.name).collect();
    found.reverse();
    assert_eq!(found, [names[0], names[2], names[1]]);
    assert_eq!(listings[1].directory.as_bytes(), b"dir\xff");
}

#[test]
fn a_path_longer_than_the_system_allows_is_a_problem() {
    let root = tempfile::tempdir().unwrap();
    let name = "d".repeat(250);
    // Made step by step, because no path to it would be taken.
    let mut here = rustix::fs::open(root.path(), rustix::fs::OFlags::DIRECTORY, 0.into()).unwrap();
    for _ in 0..20 {
        rustix::fs::mkdirat(&here, &*name, 0o755.into()).unwrap();
        here = rustix::fs::openat(&here, &*name, rustix::fs::OFlags::DIRECTORY, 0.into()).unwrap();
    }
    let listings = walk(root.path(), &all()).unwrap();
    let last = listings.last().unwrap();
    assert!(!last.complete);
    assert_eq!(last.problems.len(), 1, "{last:?}");
    assert!(last.problems[0].path.starts_with("dddd"));
    assert!(listings.iter().rev().skip(1).all(|l| l.complete));
}

#[test]
fn a_root_that_is_not_there_is_told_from_one_that_cannot_be_read() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "file", b"x");
    for name in ["none", "file", "file/below"] {
        let error = walk(&root.path().join(name), &all()).unwrap_err();
        assert!(matches!(error, WalkError::RootVanished { .. }), "{error:?}");
    }
    symlink("loop", root.path().join("loop")).unwrap();
    let error = walk(&root.path().join("loop"), &all()).unwrap_err();
    assert!(matches!(error, WalkError::RootUnreadable { .. }), "{error:?}");
}

#[test]
fn a_root_that_goes_away_under_the_walk_ends_it_with_an_error() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("root");
    for moved_in_its_place in [false, true] {
        put(&root, "a/1", b"x");
        put(&root, "b/1", b"x");
        let mut walk = Walk::new(&RootName::project(), &root, &all(), &GO).unwrap();
        assert!(walk.next().unwrap().is_ok());
        fs::rename(&root, parent.path().join("away")).unwrap();
        if moved_in_its_place {
            fs::create_dir(&root).unwrap();
        }
        let error = walk.next().unwrap().unwrap_err();
        assert!(matches!(error, WalkError::RootVanished { .. }), "{error:?}");
        assert!(walk.next().is_none());
        fs::remove_dir_all(parent.path().join("away")).unwrap();
    }
}

#[test]
fn a_directory_that_vanished_is_silently_gone() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a/1", b"x");
    put(root.path(), "b/1", b"x");
    let mut walk = Walk::new(&RootName::project(), root.path(), &all(), &GO).unwrap();
    walk.next().unwrap().unwrap();
    fs::remove_dir_all(root.path().join("a")).unwrap();
    let rest: Vec<_> = walk.map(Result::unwrap).collect();
    assert_eq!(files(&rest), ["b/1"]);
    assert!(rest[0].problems.is_empty());
}

#[test]
fn a_directory_swapped_for_something_else_is_not_followed_and_not_complete() {
    for link in [true, false] {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "a/1", b"x");
        put(root.path(), "b/1", b"x");
        let mut walk = Walk::new(&RootName::project(), root.path(), &all(), &GO).unwrap();
        walk.next().unwrap().unwrap();
        fs::remove_dir_all(root.path().join("a")).unwrap();
        if link {
            symlink("b", root.path().join("a")).unwrap();
        } else {
            put(root.path(), "a", b"x");
        }
        let swapped = walk.next().unwrap().unwrap();
        assert_eq!(swapped.directory, rel("a"));
        assert!(!swapped.complete && swapped.files.is_empty());
        assert_eq!(swapped.problems[0].path, "a");
        assert_eq!(files(&[walk.next().unwrap().unwrap()]), ["b/1"]);
    }
}

#[test]
fn a_walk_can_be_stopped_and_does_not_look_finished() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a/1", b"x");
    let cancel = AtomicBool::new(false);
    let mut walk = Walk::new(&RootName::project(), root.path(), &all(), &cancel).unwrap();
    assert!(walk.next().unwrap().is_ok());
    cancel.store(true, Ordering::Relaxed);
    assert!(matches!(walk.next(), Some(Err(WalkError::Cancelled))));
    assert!(walk.next().is_none());
}

/// Walks with several threads; each part's listings, or how it ended.
fn walk_shared(walk: Walk<'_>, parts: usize) -> Vec<Result<Vec<Listing>, WalkError>> {
    std::thread::scope(|scope| {
        let parts = walk.split(parts).into_iter();
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || part.collect())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_shared_walk_lists_every_directory_once_under_the_same_rules() {
    let root = tempfile::tempdir().unwrap();
    for a in 0..12 {
        for b in 0..12 {
            put(root.path(), &format!("a{a}/b{b}/keep"), b"x");
            put(root.path(), &format!("a{a}/b{b}/no.bak"), b"x");
        }
        put(root.path(), &format!("a{a}/.genlockignore"), b"*.bak\n");
    }
    put(root.path(), ".genlockignore", b"{\n");
    for (start, directories) in [("", 1 + 12 + 144), ("a3", 13), ("a3/b3", 1)] {
        let options = || options(Filter::new(&[]).unwrap(), start);
        let mut alone = walk(root.path(), &options()).unwrap();
        alone.sort_by(|a, b| a.directory.cmp(&b.directory));
        assert_eq!(alone.len(), directories);
        for parts in [1, 2, 5] {
            let walk = Walk::new(&RootName::project(), root.path(), &options(), &GO).unwrap();
            let mut shared: Vec<_> =
                walk_shared(walk, parts).into_iter().flat_map(Result::unwrap).collect();
            shared.sort_by(|a, b| a.directory.cmp(&b.directory));
            assert_eq!(shared, alone, "{start:?} in {parts} parts");
        }
    }
}

#[test]
fn a_shared_walk_is_ended_by_an_error_in_any_part() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("root");
    for folder in 0..50 {
        put(&root, &format!("{folder}/1"), b"x");
    }
    let begun = |cancel| {
        let mut walk = Walk::new(&RootName::project(), &root, &all(), cancel).unwrap();
        walk.next().unwrap().unwrap();
        walk
    };
    let cancel = AtomicBool::new(false);
    let walk = begun(&cancel);
    cancel.store(true, Ordering::Relaxed);
    let ends = walk_shared(walk, 3);
    assert!(ends.iter().any(|end| matches!(end, Err(WalkError::Cancelled))));

    let walk = begun(&GO);
    fs::rename(&root, parent.path().join("away")).unwrap();
    let ends = walk_shared(walk, 3);
    assert!(ends.iter().any(|end| matches!(end, Err(WalkError::RootVanished { .. }))), "{ends:?}");
}

#[test]
fn a_part_that_is_dropped_ends_the_others() {
    let root = tempfile::tempdir().unwrap();
    for folder in 0..50 {
        put(root.path(), &format!("{folder}/1"), b"x");
    }
    let mut walk = Walk::new(&RootName::project(), root.path(), &all(), &GO).unwrap();
    walk.next().unwrap().unwrap();
    let mut parts = walk.split(2);
    drop(parts.pop());
    assert!(parts.remove(0).next().is_none());
}
