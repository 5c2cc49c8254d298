//! Deliverables made of packages: all that is in them is judged, and they must be what they say.

use std::fmt::Write;
use std::fs;

use crate::media::{a1111_png, plain_png};
use crate::world::{World, tick};

/// A legacy MHL over files of a folder.
fn mhl(world: &World, folder: &str, names: &[&str]) {
    let mut text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hashlist version=\"1.1\">\n".to_owned();
    for name in names {
        let bytes = world.read(format!("{folder}/{name}"));
        let hash = twox(&bytes);
        let size = bytes.len();
        write!(
            text,
            "<hash><file>{name}</file><size>{size}</size><xxhash64be>{hash}</xxhash64be></hash>"
        )
        .unwrap();
    }
    text.push_str("</hashlist>\n");
    world.write(format!("{folder}/list.mhl"), text);
}

fn twox(bytes: &[u8]) -> String {
    use genlock::deliver::package::{Algorithm, Hasher};
    Hasher::digest(Algorithm::Xxh64, bytes).value
}

fn world() -> World {
    let world = World::with([("dcp/a.png", plain_png(1)), ("dcp/b/c.png", plain_png(2))]);
    mhl(&world, "dcp", &["a.png", "b/c.png"]);
    world.run(["deliverable", "add", "EP", "--package", "dcp"]).expect(0);
    world
}

#[test]
fn a_package_that_is_what_it_says_passes_and_is_read_once() {
    let world = world();
    world.gate("EP").expect("pass", &[]);
    let events = world.events();
    world.gate("EP").expect("pass", &[]);
    assert_eq!(world.events(), events + 1, "nothing but the gate's own event");
    let checked = |world: &World| {
        let events = world.json(["log"]).values();
        events.iter().filter(|event| event["kind"] == "package-checked").count()
    };
    assert_eq!(checked(&world), 1);
    tick();
    fs::write(world.path("dcp/a.png"), plain_png(3)).unwrap();
    world.gate("EP").expect("refused", &["package-mismatch dcp/a.png"; 2]);
    assert_eq!(checked(&world), 2);
    world.write("dcp/a.png", plain_png(1));
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn what_lies_in_a_package_is_judged_and_what_is_not_listed_blocks() {
    let world = world();
    world.write("dcp/extra.png", plain_png(9));
    world.gate("EP").expect("refused", &["package-mismatch dcp/extra.png"]);
    world.remove("dcp/extra.png");
    world.remove("dcp/b/c.png");
    world.gate("EP").expect("cannot-tell", &["media-missing dcp/b/c.png"]);
    world.write("dcp/b/c.png", a1111_png(1));
    mhl(&world, "dcp", &["a.png", "b/c.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved dcp/b/c.png"]);
}

#[test]
fn a_folder_that_is_no_package_is_not_added() {
    let world = World::with([("plain/a.png", plain_png(1))]);
    let error = world.json(["deliverable", "add", "EP", "--package", "plain"]).expect(4).error();
    assert!(error.contains("nothing was added"), "{error}");
    world.run(["deliverable", "add", "EP", "--package", "/etc"]).expect(2);
    assert_eq!(world.json(["deliverable", "ls"]).expect(0).stdout, "");
}
