//! Folders that are links: no walk goes through them, and what a shell finds below them is never left out of a
//! verdict without a word.

use std::fs;

use crate::media::{a1111_png, plain_png};
use crate::world::{Gate, World, text};

/// A project with a clean file in `conform/reel1`, and an AI file in a folder outside the roots.
fn world() -> World {
    let world = World::with([("conform/reel1/ok.png", plain_png(1))]);
    fs::create_dir(world.outside("san")).unwrap();
    fs::write(world.outside("san/f.png"), a1111_png(1)).unwrap();
    world
}

/// Checks that a gate cannot tell, because of that path. Gives why.
#[track_caller]
fn unresolved(world: &World, name: &str, path: &str) -> String {
    let gate = world.gate(name);
    let found = gate.findings();
    assert!(found.contains(&format!("media-unresolved {path}")), "{found:?}");
    assert_ne!(gate.code, 0);
    text(gate.finding("media-unresolved"), "why")
}

#[test]
fn a_folder_that_gave_way_to_a_link_does_not_vanish_from_the_gate() {
    let world = world();
    world.write("conform/reel2/f.png", a1111_png(2));
    world.deliverable("EP", &["conform/**/*.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved conform/reel2/f.png"]);
    fs::rename(world.path("conform/reel2"), world.outside("moved")).unwrap();
    world.link("conform/reel2", world.outside("moved"));
    let gate = world.gate("EP");
    let found = ["ai-unapproved conform/reel2/f.png", "media-unresolved conform/reel2"];
    gate.expect("refused", &found);
    let why = text(gate.finding("media-unresolved"), "why");
    assert!(why.contains("out of the project's roots"), "{why}");
    world.run(["finalize", "EP"]).expect(1);
    // The same where nobody knew of a folder there.
    world.link("conform/reel3", world.outside("san"));
    let found = world.gate("EP").findings();
    assert!(found.contains(&"media-unresolved conform/reel3".to_owned()), "{found:?}");
}

#[test]
fn a_link_that_a_pattern_could_reach_through_blocks_and_no_other_does() {
    let world = world();
    world.link("conform/plates", world.outside("san"));
    let blocks = [
        "conform/*/*",
        "conform/{reel1,plates}/*.png",
        "conform/[pr]*/*.png",
        "conform/plate?/*",
        "*/*/ok.png",
        "**/*.png",
        "conform/**",
        "conform/*",
    ];
    for (at, pattern) in blocks.iter().enumerate() {
        let name = format!("B{at}");
        world.deliverable(&name, &[pattern]);
        unresolved(&world, &name, "conform/plates");
    }
    for (at, pattern) in ["conform/reel?/*", "conform/r*/*.png"].iter().enumerate() {
        let name = format!("P{at}");
        world.deliverable(&name, &[pattern]);
        world.gate(&name).expect("pass", &[]);
    }
}

#[test]
fn a_link_to_a_volume_that_is_away_blocks_where_something_could_be_below_it() {
    let world = world();
    world.link("conform/reel2", "/mnt/not_mounted/reel2");
    world.deliverable("EP", &["conform/reel[12]/*"]);
    world.gate("EP").expect("cannot-tell", &["media-unresolved conform/reel2"]);
    world.deliverable("ONE", &["conform/reel1/*"]);
    world.gate("ONE").expect("pass", &[]);
}

#[test]
fn a_link_that_hides_nothing_is_no_problem() {
    let world = world();
    // The newest version of something, itself, a note, the lock of an editor.
    world.link("conform/latest", "reel1");
    world.link("conform/reel1/self", "..");
    world.write("notes/readme.txt", "x");
    world.link("conform/readme.txt", "../notes/readme.txt");
    world.link("conform/.#notes", "kim@edit.example.4711");
    world.link("conform/f.1001.exr", "/purged/f.1001.exr");
    world.deliverable("EP", &["conform/**/*.png"]);
    world.gate("EP").expect("pass", &[]);
    world.deliverable("FLAT", &["conform/*/*.png"]);
    world.remove("conform/reel1/self");
    world.gate("FLAT").expect("pass", &[]);
    // Elsewhere in the roots, where the pattern does not come.
    world.write("plates/f.png", a1111_png(1));
    world.link("conform/plates", "../plates");
    world.gate("EP").expect("cannot-tell", &["media-unresolved conform/plates"]);
    world.deliverable("BOTH", &["conform/**/*.png", "plates"]);
    world.gate("BOTH").expect("refused", &["ai-unapproved plates/f.png"]);
}

#[test]
fn a_link_into_what_genlock_keeps_for_itself_is_no_part_of_everything() {
    let world = world();
    fs::create_dir(world.path(".genlock/hid")).unwrap();
    fs::write(world.path(".genlock/hid/f.png"), a1111_png(1)).unwrap();
    world.link("conform/h", "../.genlock/hid");
    for (name, pattern) in [("ALL", "**"), ("PART", "conform/**"), ("BELOW", "**/*.png")] {
        world.deliverable(name, &[pattern]);
        world.gate(name).expect("cannot-tell", &["media-unresolved conform/h"]);
    }
}

#[test]
fn a_pattern_below_a_link_is_told_to_be_so() {
    let world = world();
    world.write("plates/deep/f.png", a1111_png(1));
    world.link("lg", "plates");
    for (name, pattern, path) in
        [("A", "lg/*", "lg"), ("B", "lg/deep/*", "lg/deep"), ("C", "lg/deep", "lg/deep")]
    {
        world.deliverable(name, &[pattern]);
        let said = unresolved(&world, name, path);
        assert!(said.contains("link"), "{said}");
    }
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
    world.link("g.mov", "/purged/g.mov");
    let archive = world.add_root("archive");
    fs::create_dir(archive.join("reel1")).unwrap();
    world.link("archive", archive.join("reel1"));
    world.gate("T").expect("pass", &[]);
}

#[test]
fn a_link_that_no_verdict_looked_at_is_not_taken_for_nothing() {
    let world = world();
    world.deliverable("EP", &["conform/**/*.png"]);
    world.link("conform/plates", world.outside("san"));
    let as_of_newest = || {
        let seq = world.json(["log"]).values()[0]["seq"].to_string();
        Gate::from(world.json(["gate", "EP", "--as-of", &seq]))
    };
    as_of_newest().expect("pass", &[]);
    world.scan();
    as_of_newest().expect("cannot-tell", &["media-unread conform/plates"]);
    world.gate("EP").expect("cannot-tell", &["media-unresolved conform/plates"]);
    as_of_newest().expect("cannot-tell", &["media-unresolved conform/plates"]);
}

#[test]
fn what_a_verdict_found_of_a_link_holds_also_where_the_link_is_recorded_later() {
    let world = world();
    world.deliverable("EP", &["conform/**/*.png"]);
    world.deliverable("ALL", &["conform/**"]);
    world.write("t.txt", "t");
    world.link("conform/.#cut.edl", "uid0@vm.1234");
    world.link("conform/l", "../t.txt");
    world.link("conform/latest", "reel1");
    let as_of_newest = |name: &str| {
        let seq = world.json(["log"]).values()[0]["seq"].to_string();
        Gate::from(world.json(["gate", name, "--as-of", &seq]))
    };
    world.gate("EP").expect("pass", &[]);
    let all = ["media-unresolved conform/.#cut.edl"];
    world.gate("ALL").expect("cannot-tell", &all);
    world.scan();
    as_of_newest("EP").expect("pass", &[]);
    as_of_newest("ALL").expect("cannot-tell", &all);
    // What another verdict says of them then is no news either.
    world.gate("EP").expect("pass", &[]);
    as_of_newest("EP").expect("pass", &[]);
    // One that points elsewhere since is another link.
    world.remove("conform/l");
    world.link("conform/l", world.outside("san"));
    world.scan();
    as_of_newest("EP").expect("cannot-tell", &["media-unread conform/l"]);
    // What a verdict was refused by is told once.
    world.link("conform/plates", world.outside("san"));
    let found = ["media-unresolved conform/l", "media-unresolved conform/plates"];
    world.gate("EP").expect("cannot-tell", &found);
    world.scan();
    as_of_newest("EP").expect("cannot-tell", &found);
    world.verify();
}

#[test]
fn a_folder_may_be_named_by_a_link_to_it() {
    let world = World::with([("graphics/a.png", a1111_png(1)), ("b.png", plain_png(1))]);
    world.link("lg", "graphics");
    world.link("ext", world.outside("home"));
    world.link("gone", "nowhere/at/all");
    for name in ["lg", "lg/", "./lg"] {
        let listed = world.json(["ls", name]).expect(0).values();
        assert_eq!(listed.len(), 1, "{name}: {listed:?}");
        assert_eq!(listed[0]["path"], "graphics/a.png");
    }
    world.run(["tag", "lg", "--ai"]).expect(0);
    assert_eq!(world.row("graphics/a.png")["status"], "ai");
    let said = world.json(["ls", "ext"]).expect(2).error();
    assert!(said.contains("out of the project's roots"), "{said}");
    assert!(world.json(["tag", "gone", "--ai"]).expect(2).error().contains("leads nowhere"));
}

#[test]
fn a_scan_says_once_what_it_does_not_follow() {
    let world = world();
    world.link("latest", "conform");
    world.link("readme", world.outside("san/f.png"));
    world.link("plates", world.outside("san"));
    let scanned = world.scan();
    let said = scanned["unfollowed"].as_array().unwrap();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["path"], "plates");
    assert!(text(&said[0], "why").contains("out of the project's roots"));
    assert_eq!(world.scan()["unfollowed"].as_array().unwrap().len(), 0);
    // Of many, some.
    for number in 0..30 {
        world.link(&format!("plates{number}"), world.outside("san"));
    }
    let told = world.run(["scan"]).expect(0).stdout;
    assert_eq!(told.matches(" is not followed: ").count(), 10, "{told}");
    assert!(told.contains("20 more are not followed"), "{told}");
}

#[test]
fn a_folder_without_a_project_says_nothing_of_those_above() {
    let world = world();
    let said = world.json(["--project", "conform", "status"]).expect(3).error();
    assert!(said.ends_with("conform"), "{said}");
}
