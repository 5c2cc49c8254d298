//! Where a disclosure log is written to, and what it must never be written over.

use std::os::unix::fs::FileTypeExt as _;
use std::process::Command;
use std::{fs, io};

use crate::media::a1111_png;
use crate::world::World;

#[test]
fn a_log_is_written_over_nothing_but_a_log() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.write("cut.edl", "TITLE: cut\n");
    world.write("page.html", "<!DOCTYPE html>\n<title>Call sheet</title>");
    world.write("other.json", "{\"v\":1,\"assets\":[]}");
    for name in ["cut.edl", "a.png", "page.html", "other.json"] {
        let before = world.read(name);
        let ran = world.run(["disclose", "--output", name]).expect(2);
        assert!(ran.stderr.contains("is no disclosure log"), "{}", ran.stderr);
        assert_eq!(world.read(name), before, "{name}");
    }
    world.write("empty", "");
    for name in ["log.html", "log.csv", "log.json", "empty"] {
        world.run(["disclose", "--output", name]).expect(0);
        world.run(["disclose", "--output", name]).expect(0);
    }
    // A link is followed, not replaced.
    world.link("to-cut", "cut.edl");
    world.link("to-log", "log.csv");
    world.run(["disclose", "--output", "to-cut"]).expect(2);
    world.run(["disclose", "--format", "csv", "--output", "to-log"]).expect(0);
    assert!(fs::symlink_metadata(world.path("to-log")).unwrap().is_symlink());
}

#[test]
fn a_log_is_never_written_into_the_records() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.link("records", ".genlock");
    for name in [".genlock/ledger.db", ".genlock/new.html", "records/new.csv"] {
        world.run(["disclose", "--output", name]).expect(2);
    }
    assert!(!world.path(".genlock/new.html").try_exists().unwrap());
    world.verify();
}

#[test]
fn a_pipe_is_written_into_and_stays_one() {
    let world = World::with([("a.png", a1111_png(1))]);
    let pipe = world.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || io::read_to_string(fs::File::open(pipe).unwrap()).unwrap()
    });
    world.run(["disclose", "--format", "csv", "--output", "pipe"]).expect(0);
    assert!(reader.join().unwrap().starts_with("kind,number,"));
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}
