//! Whoever is told: readers who do not read.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::watch::kit::BOUND;
use crate::world::World;

#[track_caller]
fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < BOUND, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_reader_who_does_not_read_stops_neither_the_recording_nor_the_end() {
    let world = World::new();
    world.scan();
    let mut child = world
        .command()
        .args(["--json", "watch", "--settle", "300ms"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Far more is told of them than a pipe holds.
    for number in 0..600 {
        world.write(format!("many/{number}.txt"), format!("{number}"));
    }
    eventually("the first are not recorded", || world.files().len() == 600);
    world.write("late.txt", "late");
    eventually("what comes late is not recorded", || world.files().len() == 601);
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    eventually("it does not end", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    world.verify();
}
