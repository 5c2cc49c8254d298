use std::fs;

use super::*;

static GO: AtomicBool = AtomicBool::new(false);

fn filter() -> Filter {
    Filter::new(&[]).unwrap()
}

#[test]
fn one_directory_can_be_listed_by_itself() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("a/b")).unwrap();
    fs::write(root.path().join("a/x.exr"), b"x").unwrap();
    let mut lister = Lister::open(&RootName::project(), root.path()).unwrap();
    let directory = RelPath::new("a").unwrap();
    let (listing, after) = lister.list(&filter().enter(&directory), &GO).unwrap().unwrap();
    assert_eq!(listing.files.len(), 1);
    assert_eq!(listing.subdirectories, [Box::from(&b"b"[..])]);
    assert_eq!(after.directory(), &directory);

    let gone = filter().enter(&RelPath::new("none").unwrap());
    assert!(lister.list(&gone, &GO).unwrap().is_none());
}

#[test]
#[cfg(target_os = "linux")]
fn only_directories_that_no_link_leads_to_are_said_to_be_reached() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("a/b")).unwrap();
    fs::create_dir(outside.path().join("b")).unwrap();
    fs::write(root.path().join("a/file"), b"x").unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("link")).unwrap();
    std::os::unix::fs::symlink("b", root.path().join("a/last")).unwrap();
    let leads = |lister: &Lister, path| lister.leads_to(&RelPath::new(path).unwrap());
    let lister = Lister::open(&RootName::project(), root.path()).unwrap();
    assert!(leads(&lister, "a") && leads(&lister, "a/b"));
    for path in ["link", "link/b", "a/last", "a/file", "a/none", "none/b"] {
        assert!(!leads(&lister, path), "{path}");
    }
    // The root itself may be one.
    let linked = outside.path().join("root");
    std::os::unix::fs::symlink(root.path(), &linked).unwrap();
    let lister = Lister::open(&RootName::project(), &linked).unwrap();
    assert!(leads(&lister, "a/b") && !leads(&lister, "link/b"));
}

#[test]
fn a_directory_whose_way_leads_through_a_file_is_not_complete() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a"), b"x").unwrap();
    let mut lister = Lister::open(&RootName::project(), root.path()).unwrap();
    let below = filter().enter(&RelPath::new("a/b").unwrap());
    let (listing, _) = lister.list(&below, &GO).unwrap().unwrap();
    assert!(!listing.complete);
}

#[test]
fn a_directory_that_cannot_be_read_is_a_problem_and_not_an_absence() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let closed = root.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("x"), b"x").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        eprintln!("skipped: permissions bind nobody here, the tests run as root");
        return;
    }
    let mut lister = Lister::open(&RootName::project(), root.path()).unwrap();
    let below = filter().enter(&RelPath::new("closed").unwrap());
    let (listing, _) = lister.list(&below, &GO).unwrap().unwrap();
    assert!(!listing.complete && listing.files.is_empty());
    assert_eq!(listing.problems[0].path, "closed");
}

#[test]
fn an_entry_that_vanishes_before_it_is_looked_at_is_not_found() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), b"x").unwrap();
    std::os::unix::fs::symlink("x", root.path().join("link")).unwrap();
    let mut lister = Lister::open(&RootName::project(), root.path()).unwrap();
    let own = open_directory(root.path(), true).unwrap();
    let mut listing = Listing::of(RelPath::root());
    for (name, kind) in [("file", FileType::RegularFile), ("link", FileType::Symlink)] {
        fs::remove_file(root.path().join(name)).unwrap();
        let error = lister
            .take(name.as_ref(), kind, &own, root.path(), &filter(), &mut listing)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
    assert_eq!(listing, Listing::of(RelPath::root()));
}

#[test]
fn files_that_come_and_go_while_their_directory_is_listed_are_no_problem() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("stays"), b"x").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for name in 0..50 {
                    fs::write(root.path().join(format!("{name}")), b"x").unwrap();
                }
                for name in 0..50 {
                    fs::remove_file(root.path().join(format!("{name}"))).unwrap();
                }
            }
        });
        let mut lister = Lister::open(&RootName::project(), root.path()).unwrap();
        for _ in 0..300 {
            let (listing, _) = lister.list(&filter(), &GO).unwrap().unwrap();
            assert!(listing.complete, "{:?}", listing.problems);
            assert!(listing.files.iter().any(|entry| &*entry.name == b"stays"));
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn what_could_not_be_looked_at_makes_a_listing_incomplete_and_is_named() {
    let mut listing = Listing::of(RelPath::new("a").unwrap());
    let failed = io::Error::from_raw_os_error(5);
    listing.miss(&RootName::project(), Some("x".as_ref()), &failed);
    listing.miss(&RootName::project(), None, &failed);
    assert!(!listing.complete);
    assert_eq!(listing.problems[0].path, "a/x");
    assert!(listing.problems[0].problem.starts_with("cannot look at it: "));
    assert_eq!(listing.problems[1].path, "a");
    assert!(listing.problems[1].problem.starts_with("cannot list the folder: "));
}
