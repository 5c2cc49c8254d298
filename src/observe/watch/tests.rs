//! On real folders: what is tested is what the system and the library below do together.

use std::fs;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};

use super::*;

/// Hears until something is told of `path`.
#[track_caller]
fn hear(heard: &Receiver<Hint>, path: &Path) {
    while let Ok(hint) = heard.recv_timeout(Duration::from_secs(20)) {
        if hint.path() == Some(path) {
            return;
        }
    }
    panic!("nothing is told of {}", path.display());
}

/// A folder that was moved away with the one it lies in, right after the watches on that one were let
/// go: what lies under its name now is another one, and is watched.
#[test]
fn what_was_watched_late_below_a_moved_folder_is_not_taken_for_what_lies_there_now() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().canonicalize().unwrap();
    let (outer, inner) = (root.join("a"), root.join("a/b"));
    let (hints, heard) = bounded(1024);
    let mut watcher = Watcher::new(hints, Arc::default(), BTreeSet::new()).unwrap();
    let above = [root.clone(), outer.clone()];
    fs::create_dir_all(&inner).unwrap();
    assert_eq!(watcher.watch(&[], vec![root.clone()]), []);
    assert_eq!(watcher.watch(&above[..1], vec![outer.clone()]), []);

    // The library lets go of `a` when it hears of this; who lists `a` has not heard of it yet, and
    // finds `b` in the one that came after.
    fs::rename(&outer, root.join("y")).unwrap();
    fs::create_dir_all(&inner).unwrap();
    hear(&heard, &root.join("y"));
    assert_eq!(watcher.watch(&above, vec![inner.clone()]), []);

    fs::rename(&outer, root.join("z")).unwrap();
    fs::create_dir_all(&inner).unwrap();
    hear(&heard, &root.join("z"));
    assert_eq!(watcher.watch(&above[..1], vec![outer.clone()]), []);
    assert_eq!(watcher.watch(&above, vec![inner.clone()]), []);
    fs::write(inner.join("file"), b"x").unwrap();
    hear(&heard, &inner.join("file"));
}

#[test]
fn nothing_is_watched_below_what_cannot_be() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().canonicalize().unwrap();
    let inner = root.join("b");
    fs::create_dir(&inner).unwrap();
    let (hints, heard) = bounded(1024);
    let mut watcher = Watcher::new(hints, Arc::default(), BTreeSet::new()).unwrap();
    let above = [root.clone(), root.join("went away")];
    assert_eq!(watcher.watch(&above, vec![inner.clone()]), [(inner.clone(), Refused::Gone)]);
    fs::write(inner.join("unheard"), b"x").unwrap();
    // What is told of in between is refused alone.
    let gone = root.join("gone");
    let some = vec![gone.clone(), inner.clone()];
    assert_eq!(watcher.watch(&above[..1], some), [(gone, Refused::Gone)]);
    fs::write(inner.join("heard"), b"x").unwrap();
    while let Ok(hint) = heard.recv_timeout(Duration::from_secs(20)) {
        assert_ne!(hint.path(), Some(&*inner.join("unheard")));
        if hint.path() == Some(&*inner.join("heard")) {
            return;
        }
    }
    panic!("nothing is told of what is watched");
}

#[test]
fn a_root_that_is_a_link_is_heard_where_it_leads() {
    let temp = tempfile::tempdir().unwrap();
    let top = temp.path().canonicalize().unwrap();
    let (real, root) = (top.join("real"), top.join("root"));
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &root).unwrap();
    let (hints, heard) = bounded(1024);
    let roots = BTreeSet::from([root.clone()]);
    let mut watcher = Watcher::new(hints, Arc::default(), roots).unwrap();
    assert_eq!(watcher.watch(&[], vec![root.clone()]), []);
    fs::write(real.join("file"), b"x").unwrap();
    hear(&heard, &root.join("file"));
}
