//! Whoever is told: readers who do not read, and hooks that do not end.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::media;
use crate::watch::kit::{BOUND, Watched};
use crate::world::{World, text};

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

/// Whether a process with this word in its arguments runs.
fn runs(word: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|one| {
        fs::read(one.path().join("cmdline")).is_ok_and(|line| {
            line.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes())
        })
    })
}

#[test]
fn a_hook_is_ended_with_what_it_started_and_what_was_never_run_is_said() {
    let world = World::new();
    let long = format!("98{}", std::process::id());
    let hook = format!("[watch]\non_ai = [\"/bin/sh\", \"-c\", \"sleep {long}; true\"]");
    world.configure(&hook);
    let mut watched = Watched::start(&world, &[]);
    for number in 0..6 {
        world.write(format!("{number}.png"), media::a1111_png(number));
        watched.changed(&format!("{number}.png"));
    }
    eventually("no hook runs", || runs(&long));
    let said = watched.stop();
    assert!(!runs(&long), "what a hook started goes on");
    let problem = said.iter().find(|one| one["path"] == "hooks").unwrap();
    assert!(text(problem, "problem").contains("2 calls were left out"), "{problem}");
}
