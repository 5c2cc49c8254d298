use std::fs;

use crossbeam_channel::bounded;

use super::*;
use crate::config::Root;
use crate::model::RootName;

fn rel(path: &str) -> RelPath {
    RelPath::new(path.as_bytes()).unwrap()
}

#[test]
fn what_lies_below_a_folder_that_was_let_go_is_looked_for_from_above() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().canonicalize().unwrap();
    fs::create_dir_all(path.join("a/b/c")).unwrap();
    let root = Root { name: RootName::project(), named: path.clone(), path };
    let parts = [WatchedPart { root, start: RelPath::root() }];
    let (hints, _heard) = bounded(1024);
    let foreign = Foreign::none_of(&parts);
    let tree = Tree::new(&parts, TreeOptions::default(), hints, Arc::default(), foreign);
    let tree = SharedTree::new(tree);
    let place = |path: &str| Place::new(0, rel(path));
    let lost_above = |path: &str| tree.lock().lost_above(&place(path));

    tree.begin_anew();
    assert_eq!(lost_above("a"), Some(Place::new(0, RelPath::root())));
    tree.enter(&Place::new(0, RelPath::root()));
    for folder in ["a", "a/b", "a/b/c"] {
        tree.enter(&place(folder));
        assert_eq!(lost_above(folder), None);
    }
    assert_eq!(tree.lock().counts(), (4, 0));
    tree.lock().leave(&place("a/b"));
    assert_eq!(lost_above("a/b"), None);
    assert_eq!(lost_above("a/b/c"), Some(place("a")));
    tree.lock().leave(&place("a"));
    assert_eq!(lost_above("a/b/c"), Some(Place::new(0, RelPath::root())));
}
