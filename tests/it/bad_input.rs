//! What cannot be read: each a problem on a line of its own, the rest recorded, exit 4, said again by
//! later scans; and what a gate makes of it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use genlock::ledger::Ledger;
use genlock::model::{Event, RulesAdopted, Timestamp};
use serde_json::Value;

use crate::media::{a1111_png, false_length_jpeg, garbage_c2pa_png, plain_png, truncated_png};
use crate::world::{Ran, World, number, text};

/// Paths of the problems, each once.
fn places(answer: &Value) -> Vec<String> {
    let mut places: Vec<_> =
        answer["problems"].as_array().unwrap().iter().map(|one| text(one, "path")).collect();
    places.sort();
    places
}

/// Makes a file from a seed.
type Make = fn(u8) -> Vec<u8>;

const BAD: [(&str, Make); 3] = [
    ("bad/false_length.jpg", false_length_jpeg),
    ("bad/garbage_c2pa.png", garbage_c2pa_png),
    ("bad/truncated.png", truncated_png),
];

fn damaged() -> World {
    let world = World::new();
    for (name, make) in BAD {
        world.write(name, make(1));
    }
    world.write("ai.png", a1111_png(1));
    world.write("plain.png", plain_png(1));
    world
}

#[test]
fn damaged_media_are_problems_and_the_rest_is_recorded() {
    let world = damaged();
    let first = world.json(["scan"]).expect(4).value();
    assert_eq!((number(&first, "files"), number(&first, "ai")), (5, 1));
    assert_eq!(places(&first), BAD.map(|(name, _)| name));
    // On a line of its own, each, in text.
    let text = world.run(["scan"]).expect(4);
    for (name, _) in BAD {
        let line = format!("problem: {name}: ");
        let told = text.stderr.lines().filter(|one| one.starts_with(&line)).count();
        assert_eq!(told, 1, "{name} in {}", text.stderr);
    }
    assert!(text.stdout.contains("not everything could be examined"), "{}", text.stdout);
    // Problems belong to content: nothing was read again, and they are all said again.
    let again = world.json(["scan"]).expect(4).value();
    assert_eq!((number(&again, "hashed_files"), number(&again, "unchanged")), (0, 5));
    assert_eq!(again["problems"], first["problems"]);
    world.verify();
}

#[test]
fn problems_go_with_the_content_wherever_it_moves() {
    let world = damaged();
    world.json(["scan"]).expect(4);
    world.rename("bad/truncated.png", "moved.png");
    let scanned = world.json(["scan"]).expect(4).value();
    assert_eq!(number(&scanned, "hashed_files"), 0);
    assert!(places(&scanned).contains(&"moved.png".to_owned()), "{scanned}");
    // A part without any of it has no problem.
    world.write("good/a.png", plain_png(7));
    world.run(["scan", "good"]).expect(0);
    // Whole again, it is none any more.
    for (name, _) in BAD {
        let _ = fs::remove_file(world.path(name));
    }
    world.remove("moved.png");
    world.scan();
}

#[test]
fn content_that_could_not_be_examined_is_unread_for_the_gate_until_a_person_determines() {
    for (name, make) in BAD {
        let world = World::new();
        world.write(name, make(1));
        world.json(["scan"]).expect(4);
        assert!(!world.show(name)["problems"].as_array().unwrap().is_empty());
        world.deliverable("EP", &["bad"]);
        let unread = format!("media-unread {name}");
        world.gate("EP").expect("cannot-tell", &[&unread]);
        world.run(["tag", name, "--not-ai", "--note", "seen it"]).expect(0);
        world.gate("EP").expect("pass", &[]);
        world.scan();
        world.run(["tag", name, "--clear"]).expect(0);
        world.gate("EP").expect("cannot-tell", &[&unread]);
        world.run(["tag", name, "--ai"]).expect(0);
        world.gate("EP").expect("refused", &[&format!("ai-unapproved {name}")]);
    }
}

#[test]
fn only_what_the_deliverable_contains_affects_its_gate() {
    let world = damaged();
    world.json(["scan"]).expect(4);
    world.deliverable("EP", &["plain.png"]);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn something_unread_beside_something_refused_is_refused() {
    let world = damaged();
    world.deliverable("EP", &["**"]);
    world.gate("EP").expect(
        "refused",
        &[
            "ai-unapproved ai.png",
            "media-unread bad/false_length.jpg",
            "media-unread bad/garbage_c2pa.png",
            "media-unread bad/truncated.png",
        ],
    );
}

#[test]
fn a_file_that_keeps_changing_is_a_problem_and_changed_for_the_gate() {
    // The kernel's own: another text at every read, and never of the length it says it has. A
    // writer in a thread would have to win a race, on however busy a machine.
    let random = Path::new("/proc/sys/kernel/random");
    assert!(random.join("uuid").is_file(), "this test needs Linux's /proc");
    let world = World::new();
    world.write("a.png", plain_png(1));
    world.configure(&format!("[[root]]\nname = \"random\"\npath = \"{}\"", random.display()));
    world.deliverable("EP", &["a.png", "random:uuid"]);
    for _ in 0..2 {
        let scanned = world.json(["scan"]).expect(4).value();
        assert!(places(&scanned).contains(&"random:uuid".to_owned()), "{scanned}");
        let told = scanned["problems"].to_string();
        assert!(told.contains("changed each of the 4 times it was read"), "{told}");
        assert_eq!(number(&scanned, "files"), 1, "the other file is recorded");
    }
    world.gate("EP").expect("cannot-tell", &["media-changed random:uuid"]);
}

fn give_away(path: &Path, id: u32) {
    std::os::unix::fs::lchown(path, Some(id), Some(id)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_away(&entry.unwrap().path(), id);
        }
    }
}

/// Runs the program as somebody whom permissions hold back, which they do not hold back root.
fn as_nobody(world: &World, args: &[&str]) -> Ran {
    let mut command = world.command();
    command.arg("--json").args(args);
    if rustix::process::getuid().is_root() {
        // A copy, because the build may lie where nobody may look.
        let program = world.outside("genlock");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_genlock"), &program).unwrap();
        }
        give_away(world.outside("").as_path(), 65534);
        let mut other = std::process::Command::new(program);
        other.args(command.get_args()).env_clear().uid(65534).gid(65534);
        other.current_dir(world.dir());
        command = other;
    }
    Ran::from(command.output().unwrap())
}

#[test]
fn an_unreadable_folder_and_file_are_problems_and_nothing_in_them_is_missing() {
    let world = World::with([
        ("a.png", a1111_png(1)),
        ("locked/b.png", plain_png(1)),
        ("secret.png", plain_png(2)),
    ]);
    let lock = |mode| {
        for name in ["locked", "secret.png"] {
            fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    crate::world::tick();
    world.write("secret.png", plain_png(3));
    lock(0o000);
    for _ in 0..2 {
        let scanned = as_nobody(&world, &["scan"]).expect(4).value();
        assert_eq!(places(&scanned), ["locked", "secret.png"]);
        assert_eq!((number(&scanned, "files"), number(&scanned, "missing")), (3, 0));
    }
    as_nobody(&world, &["deliverable", "add", "EP", "--path", "**"]).expect(0);
    let gate = crate::world::Gate::from(as_nobody(&world, &["gate", "EP"]));
    gate.expect(
        "refused",
        &["ai-unapproved a.png", "media-unread locked", "media-unread secret.png"],
    );
    lock(0o755);
    let scanned = as_nobody(&world, &["scan"]).expect(0).value();
    assert_eq!(number(&scanned, "files"), 3);
}

#[test]
fn a_folder_that_no_pattern_reaches_may_be_unreadable() {
    let world = World::with([
        ("top.png", plain_png(3)),
        ("conform/ok.png", plain_png(1)),
        ("conform/private/x.png", plain_png(2)),
    ]);
    let locks = ["conform/private", "lost+found"];
    fs::create_dir(world.path("lost+found")).unwrap();
    let lock = |mode| {
        for name in locks {
            fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    lock(0o000);
    let gate = |name: &str, pattern: &str| {
        as_nobody(&world, &["deliverable", "add", name, "--path", pattern]).expect(0);
        crate::world::Gate::from(as_nobody(&world, &["gate", name]))
    };
    let clean = [
        "conform/*.png",
        "conform/o*",
        "con*/ok.png",
        "*.png",
        "conform/sub*/*/*.png",
        "conform/ok.png",
    ];
    for (at, pattern) in clean.iter().enumerate() {
        let gate = gate(&format!("P{at}"), pattern);
        let empty = pattern.contains("sub");
        assert_eq!(gate.verdict, if empty { "refused" } else { "pass" }, "{pattern}: {gate:#?}");
        assert!(gate.findings().iter().all(|one| !one.contains("media-")), "{gate:#?}");
    }
    gate("DEEP", "conform/*/*.png").expect("cannot-tell", &["media-unread conform/private"]);
    gate("ALL", "**/ok.png")
        .expect("cannot-tell", &["media-unread conform/private", "media-unread lost+found"]);
    lock(0o755);
}

#[test]
fn an_ignore_file_that_cannot_be_understood_hides_nothing() {
    let world = World::new();
    world.write(".genlockignore", b"a.png\n[z-a].png\n\xff\xfe\n");
    world.write("a.png", plain_png(1));
    world.write("b.png", plain_png(2));
    let scanned = world.json(["scan"]).expect(4).value();
    assert_eq!(places(&scanned), [".genlockignore", ".genlockignore"]);
    let told = scanned["problems"].to_string();
    assert!(told.contains("line 2: ") && told.contains("line 3: "), "{told}");
    assert_eq!(number(&scanned, "files"), 2, "the line that is right holds: {scanned}");
}

#[test]
fn a_problem_in_quiet_mode_still_shows_in_the_exit_code() {
    let world = damaged();
    let ran = world.run(["--quiet", "scan"]).expect(4);
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_day_that_the_journal_has_passed_is_no_day_to_expire() {
    let world = World::with([("a.png", a1111_png(1))]);
    let mut ledger = Ledger::open(&world.ledger()).unwrap();
    let ahead = Timestamp::end_of_day("2199-06-01").unwrap();
    let event = Event::RulesAdopted(RulesAdopted { globs: BTreeSet::new() });
    ledger.append(None, ahead, "a clock that was ahead", &[event]).unwrap();
    drop(ledger);
    let letter = world.letter();
    let approve = |day: &str| {
        let new = ["approve", "a.png", "--by", "Dana", "--scope", "final", "--document", &letter];
        world.run(new.iter().chain(&["--expires", day]))
    };
    approve("2199-05-31").expect(2);
    approve("2199-06-01").expect(0);
}
