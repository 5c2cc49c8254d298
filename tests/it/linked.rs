//! Folders that are links: no walk goes through them, and what a shell finds below them is never left out of a
//! verdict without a word.

use std::fs;

use crate::media::{a1111_png, plain_png};
use crate::world::{World, text};

/// A project with a clean file in `conform/reel1`, and an AI file in a folder outside the roots.
fn world() -> World {
    let world = World::with([("conform/reel1/ok.png", plain_png(1))]);
    fs::create_dir(world.outside("san")).unwrap();
    fs::write(world.outside("san/f.png"), a1111_png(1)).unwrap();
    world
}

const EDL: &str = "TITLE: T\nFCM: NON-DROP FRAME\n\n\
    001  AX       V     C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n\
    * FROM CLIP NAME: f.png\n";

/// A timeline that names `f.png`, of which there is a clean one in `old`.
fn cut() -> World {
    let world = world();
    world.write("old/f.png", plain_png(2));
    world.write("t.edl", EDL);
    world.run(["deliverable", "add", "T", "--timeline", "t.edl"]).expect(0);
    world.scan();
    world.gate("T").expect("pass", &[]);
    world
}

#[test]
fn no_name_is_the_only_one_while_a_link_leads_to_a_folder_that_no_walk_comes_by() {
    let world = cut();
    world.link("plates", world.outside("san"));
    let gate = world.gate("T");
    gate.expect("cannot-tell", &["media-unresolved t.edl"]);
    let why = text(gate.finding("media-unresolved"), "why");
    assert!(why.contains("old/f.png") && why.contains("plates (a link out of"), "{why}");
    // A volume that is away, and a folder that scans leave out.
    world.remove("plates");
    world.link("plates", "/mnt/not_mounted/plates");
    world.gate("T").expect("cannot-tell", &["media-unresolved t.edl"]);
    world.remove("plates");
    world.write(".genlockignore", "cache/\n");
    world.write("cache/f.png", a1111_png(1));
    world.gate("T").expect("pass", &[]);
    world.link("plates", "cache");
    world.gate("T").expect("cannot-tell", &["media-unresolved t.edl"]);
    // A person's word says which is meant.
    world.run(["deliverable", "link", "T", "f.png", "old/f.png"]).expect(0);
    world.gate("T").expect("pass", &[]);
}

#[test]
fn a_link_to_what_is_searched_anyway_hides_no_name() {
    let world = cut();
    world.link("latest", "old");
    world.link("old/back", "..");
    world.link("readme", world.outside("san/f.png"));
    world.link(".#t.edl", "kim@edit.example.4711");
    let archive = world.add_root("archive");
    fs::create_dir(archive.join("reel1")).unwrap();
    world.link("archive", archive.join("reel1"));
    world.gate("T").expect("pass", &[]);
}
