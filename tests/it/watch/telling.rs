//! Whoever is told: readers who do not read, hooks that do not end, and nothing told wrong or twice.

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

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

#[test]
fn a_full_disk_for_what_is_told_stops_neither_the_recording_nor_the_end() {
    let world = World::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut child = world
        .command()
        .args(["--json", "watch", "--settle", "300ms"])
        .stdout(full)
        .spawn()
        .unwrap();
    for number in 0..3 {
        world.write(format!("{number}.png"), media::a1111_png(number));
        eventually("it is not recorded", || world.files().len() == usize::from(number) + 1);
    }
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    eventually("it does not end", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(0));
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

#[test]
fn what_lies_there_and_is_judged_again_leaves_room_for_the_call_of_what_lands() {
    let world = World::new();
    world.write("conform/a.txt", "clean");
    for number in 0..1100 {
        world.write(format!("DELIVERY/{number}.txt"), "clean");
    }
    world.scan();
    world.deliverable("EP101", &["conform"]);
    world.run(["finalize", "EP101"]).expect(0);
    let (go, log) = (world.path("go"), world.path("hooks.log"));
    let script = "until test -e \"$0\"; do sleep 0.05; done; cat >> \"$1\"";
    world.configure(&format!(
        "[watch]\non_guard = [\"/bin/sh\", \"-c\", {script:?}, {go:?}, {log:?}]\n\
         [[guard]]\npath = \"DELIVERY\""
    ));
    let mut watched = Watched::start(&world, &[]);
    world.run(["reopen", "EP101", "--note", "new reel"]).expect(0);
    let left = watched.problem("calls were left out so far");
    let count = text(&left, "problem").split(' ').next().unwrap().parse::<u32>().unwrap();
    // 512 wait; nobody knows how many of four have been taken up by then.
    assert!((1100 - 512 - 4..=1100 - 512).contains(&count), "{left}");
    world.write("DELIVERY/round.mov", "round the gate");
    let is_it = |one: &Value, state: &str| {
        one["event"] == "guard" && one["path"] == "DELIVERY/round.mov" && one["state"] == state
    };
    watched.until("refusal", |one| is_it(one, "refused"));
    world.write("go", "");
    eventually("no call for what landed", || {
        let calls = fs::read_to_string(&log).unwrap_or_default();
        let calls = calls.lines().filter_map(|line| serde_json::from_str(line).ok());
        let calls: Vec<Value> = calls.collect();
        ["arriving", "refused"].iter().all(|state| calls.iter().any(|one| is_it(one, state)))
    });
    watched.stop();
}

#[test]
fn calls_for_ai_made_files_cost_no_guarded_folder_its_call() {
    let world = World::new();
    // More than may wait, and none of those that run ends before it may.
    for number in 0..1040_u16 {
        world.write(format!("{number}.png"), media::a1111_png((number % 251) as u8));
    }
    let (go, log) = (world.path("go"), world.path("guard.log"));
    let hang = "until test -e \"$0\"; do sleep 0.05; done";
    world.configure(&format!(
        "[watch]\non_ai = [\"/bin/sh\", \"-c\", {hang:?}, {go:?}]\n\
         on_guard = [\"/bin/sh\", \"-c\", \"cat >> \\\"$0\\\"\", {log:?}]\n\
         [[guard]]\npath = \"DELIVERY\""
    ));
    let mut watched = Watched::start(&world, &[]);
    watched.problem("calls were left out so far");
    world.write("DELIVERY/round.mov", "round the gate");
    eventually("no call for what landed", || {
        let calls = fs::read_to_string(&log).unwrap_or_default();
        ["arriving", "refused"].iter().all(|state| calls.contains(&format!("\"{state}\"")))
    });
    assert!(!go.exists(), "what was run for AI-made files is still at it");
    world.write("go", "");
    watched.stop();
}

#[test]
fn what_is_opened_in_a_guarded_folder_and_not_changed_is_no_arrival() {
    let world = World::new();
    world.configure("[[guard]]\npath = \"DELIVERY\"");
    world.write("DELIVERY/a.txt", "a");
    let mut watched = Watched::start(&world, &[]);
    let refused = |one: &Value| one["state"] == "refused" && one["path"] == "DELIVERY/a.txt";
    watched.until("refusal", refused);
    watched.forget();
    drop(File::options().append(true).open(world.path("DELIVERY/a.txt")).unwrap());
    world.write("after.txt", "after");
    watched.changed("after.txt");
    assert!(watched.said.iter().all(|one| one["event"] != "guard"), "{:?}", watched.said);
    // Touched, it arrives, and what arrives is judged.
    let touched = File::options().write(true).open(world.path("DELIVERY/a.txt")).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    drop(touched);
    watched.until("arrival", |one| one["state"] == "arriving");
    watched.until("refusal again", refused);
    watched.stop();
    // Nor is anything left open of what was judged by nobody that runs now.
    let mut watched = Watched::start(&world, &[]);
    watched.until("refusal", refused);
    watched.forget();
    drop(File::options().append(true).open(world.path("DELIVERY/a.txt")).unwrap());
    watched.until("arrival", |one| one["state"] == "arriving");
    watched.until("its verdict", refused);
    watched.stop();
}

#[test]
fn a_name_that_went_away_before_it_was_judged_arrives_again() {
    let world = World::new();
    world.configure("[[guard]]\npath = \"DELIVERY\"");
    fs::create_dir(world.path("DELIVERY")).unwrap();
    let mut watched = Watched::start(&world, &[]);
    let is_it = |one: &Value| one["state"] == "arriving" && one["path"] == "DELIVERY/a.mov";
    for _ in 0..2 {
        let mut growing = File::create(world.path("DELIVERY/a.mov")).unwrap();
        growing.write_all(b"first").unwrap();
        watched.until("arrival", is_it);
        world.remove("DELIVERY/a.mov");
        drop(growing);
        // A look at the folder, and it is over.
        world.write("DELIVERY/b.txt", "b");
        watched.changed("DELIVERY/b.txt");
        world.remove("DELIVERY/b.txt");
        watched.gone("DELIVERY/b.txt");
        watched.forget();
    }
    watched.stop();
}

#[test]
fn what_nobody_heard_of_and_is_incomplete_is_arriving_before_it_is_judged() {
    for args in [&["--poll"][..], &[]] {
        let world = World::new();
        world.configure("[watch]\npoll = \"200ms\"\n[[guard]]\npath = \"DELIVERY\"");
        fs::create_dir(world.path("DELIVERY")).unwrap();
        fs::create_dir(world.outside("in")).unwrap();
        let mut watched = Watched::start(&world, args);
        // Moved in as a whole while it grows: of what is in it nothing is told.
        let mut growing = File::create(world.outside("in/a.mov")).unwrap();
        growing.write_all(b"first").unwrap();
        fs::rename(world.outside("in"), world.path("DELIVERY/in")).unwrap();
        watched.until("arrival", |one| one["state"] == "arriving");
        growing.write_all(b"last").unwrap();
        drop(growing);
        watched.until("refusal", |one| one["state"] == "refused");
        let said = watched.stop();
        let states: Vec<_> = said.iter().filter_map(|one| one["state"].as_str()).collect();
        assert_eq!(states, ["arriving", "refused"], "{said:#?}");
    }
}

#[test]
fn only_what_came_is_new_and_what_came_back_is() {
    let world = World::new();
    world.write("plain.txt", "plain");
    let mut watched = Watched::start(&world, &[]);
    let touched = File::options().write(true).open(world.path("plain.txt")).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    drop(touched);
    assert_eq!(watched.changed("plain.txt")["new"], false);
    world.write("ai.png", media::a1111_png(1));
    assert_eq!(watched.changed("ai.png")["new"], true);
    world.remove("ai.png");
    watched.gone("ai.png");
    watched.forget();
    world.write("ai.png", media::a1111_png(1));
    assert_eq!(watched.changed("ai.png")["new"], true);
    watched.stop();
}

#[test]
fn copies_with_their_sidecars_make_no_news_of_those_before() {
    let world = World::new();
    world.write("old/c.mp4", "same");
    let mut watched = Watched::start(&world, &[]);
    for number in 0..4 {
        world.write(format!("v{number}/c.xmp"), media::xmp("trainedAlgorithmicMedia"));
        world.write(format!("v{number}/c.mp4"), "same");
        let path = format!("v{number}/c.mp4");
        watched.until("news", |one| one["path"] == path.as_str() && one["status"] == "ai");
        watched.changed(&format!("v{number}/c.xmp"));
    }
    let said = watched.stop();
    // What lay there before is AI-made from the first of them on, and that is told.
    for path in ["old/c.mp4", "v0/c.mp4"] {
        let news = |one: &&Value| {
            one["event"] == "changed" && one["path"] == path && one["status"] == "ai"
        };
        assert_eq!(said.iter().filter(news).count(), 1, "{path}: {said:#?}");
    }
}
