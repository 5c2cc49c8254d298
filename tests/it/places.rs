//! Where scans look: roots, parts, ignore rules, links, and where a project is made.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use genlock::ledger::{Kinds, Ledger, Reader};
use genlock::model::{Event, Head, RelPath};
use rustix::process::{Pid, Signal, kill_process};

use crate::media::{a1111_png, plain_png};
use crate::world::{World, number, text, tick};

/// Every present path, in the order of `ls`.
fn listed(world: &World) -> Vec<String> {
    world.files().iter().map(|row| text(row, "path")).collect()
}

/// The problems of a scan as `path: problem`.
fn problems(scanned: &serde_json::Value) -> Vec<String> {
    let list = scanned["problems"].as_array().unwrap();
    list.iter().map(|one| format!("{}: {}", text(one, "path"), text(one, "problem"))).collect()
}

#[test]
fn files_of_another_root_are_shown_with_its_name() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::create_dir(archive.join("1974")).unwrap();
    fs::write(archive.join("1974/a.png"), a1111_png(1)).unwrap();
    world.write("a.png", plain_png(1));
    assert_eq!(number(&world.scan(), "files"), 2);
    assert_eq!(listed(&world), ["archive:1974/a.png", "a.png"]);
    assert_eq!(world.show("archive:1974/a.png")["status"], "ai");
    assert_eq!(world.json(["ls", "archive:1974"]).values().len(), 1);
    assert_eq!(world.json(["ls", "archive:**/*.png"]).values().len(), 1);
    // And by where it lies, too.
    let place = archive.join("1974/a.png").display().to_string();
    assert_eq!(world.id(&place), world.id("archive:1974/a.png"));
}

#[test]
fn each_root_records_its_own_completed_scan() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::write(archive.join("old.png"), plain_png(1)).unwrap();
    world.write("a.png", plain_png(2));
    world.write("b.png", plain_png(3));
    world.scan();
    let events = world.json(["log"]).values();
    let scans: Vec<_> = events
        .iter()
        .rev()
        .filter(|event| event["kind"] == "scan-completed")
        .map(|event| text(event, "summary"))
        .collect();
    assert_eq!(
        scans,
        [
            "scan of project completed: 2 files, 2 read, 0 problems",
            "scan of archive completed: 1 file, 1 read, 0 problems",
        ]
    );
}

#[test]
fn a_file_moved_to_another_root_keeps_its_approval() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.approve(&["a.png"]);
    let archive = world.add_root("archive");
    fs::rename(world.path("a.png"), archive.join("a.png")).unwrap();
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
    assert_eq!(world.row("archive:a.png")["clearance"], "approved");
}

#[test]
fn a_root_that_vanished_is_a_problem_and_makes_nothing_missing() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::write(archive.join("old.png"), a1111_png(1)).unwrap();
    world.write("a.png", plain_png(1));
    world.scan();
    fs::rename(&archive, world.outside("unmounted")).unwrap();
    world.write("b.png", plain_png(2));
    let scanned = world.json(["scan"]).expect(4).value();
    let told = problems(&scanned);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("nothing in it is called missing"), "{told:?}");
    assert_eq!(number(&scanned, "missing"), 0);
    assert_eq!(listed(&world), ["archive:old.png", "a.png", "b.png"], "the rest is recorded");
    // An empty mount point in its place is no better.
    fs::rename(world.outside("unmounted"), &archive).unwrap();
    assert_eq!(number(&world.scan(), "missing"), 0);
}

#[test]
fn a_root_beside_the_project_that_is_not_there_stops_nothing() {
    let world = World::with([("a.png", plain_png(1))]);
    world.configure("[[root]]\nname = \"gone\"\npath = \"../gone/media\"");
    assert_eq!(listed(&world), ["a.png"]);
    assert_eq!(problems(&world.json(["scan"]).expect(4).value()).len(), 1);
    fs::create_dir_all(world.outside("gone/media")).unwrap();
    fs::write(world.outside("gone/media/b.png"), plain_png(2)).unwrap();
    world.scan();
    assert_eq!(listed(&world), ["gone:b.png", "a.png"]);
    // Written so and inside the project it still counts twice.
    world.configure("[[root]]\nname = \"inside\"\npath = \"../project/media\"");
    world.run(["ls"]).expect(3);
}

/// Puts on record that what one world knows in a folder was seen there on a device of another number, as
/// before a volume was mounted again.
fn seen_on_another_device(world: &World, known: &World, folder: &str) {
    let folder = RelPath::new(folder).unwrap();
    let reader = Reader::open(&known.ledger()).unwrap();
    let mut seen = Vec::new();
    reader
        .read(Head::EMPTY, None, Kinds::All, &mut |recorded| {
            if let Event::Observed(mut batch) = recorded.event {
                batch.directories.retain(|one| one.directory.is_within(&folder));
                for file in batch.directories.iter_mut().flat_map(|one| &mut one.files) {
                    file.fingerprint.device += 7;
                }
                seen.push(Event::Observed(batch));
            }
        })
        .unwrap();
    let at = Reader::open(&world.ledger()).unwrap().newest().unwrap();
    Ledger::open(&world.ledger()).unwrap().append(None, at, "test", &seen).unwrap();
}

#[test]
fn what_is_gone_from_a_volume_that_is_here_under_another_number_is_missing() {
    let files = ["a.png", "b/1.png", "b/c/2.png", "d/3.png", "d/4.png", "cache/5.png"];
    let world = World::with(files.map(|name| (name, plain_png(name.as_bytes()[name.len() - 5]))));
    seen_on_another_device(&world, &world, "");
    world.write(".genlockignore", "cache/\n");
    fs::remove_dir_all(world.path("b")).unwrap();
    fs::remove_dir_all(world.path("cache")).unwrap();
    world.remove("d/3.png");
    // A gate that comes first puts the one that is there down under its new number.
    world.deliverable("EP", &["a.png"]);
    world.gate("EP");
    let scanned = world.json(["scan"]).expect(0).value();
    assert_eq!((number(&scanned, "files"), number(&scanned, "missing")), (3, 4));
    world.deliverable("ALL", &["**"]);
    world.gate("ALL").expect("pass", &[]);
    world.verify();
}

/// Copies a file with its mtime, as `cp -a` does.
fn copy(from: &Path, to: &Path) {
    let modified = fs::metadata(from).unwrap().modified().unwrap();
    fs::write(to, fs::read(from).unwrap()).unwrap();
    fs::File::options().write(true).open(to).unwrap().set_modified(modified).unwrap();
}

#[test]
fn what_is_gone_from_a_project_that_was_copied_to_another_disk_is_missing() {
    let before = World::with([("a.png", plain_png(1)), ("b/1.png", plain_png(2))]);
    let world = World::new();
    seen_on_another_device(&world, &before, "");
    copy(&before.path("a.png"), &world.path("a.png"));
    let scanned = world.scan();
    assert_eq!((number(&scanned, "files"), number(&scanned, "missing")), (1, 1));
}

#[test]
fn what_lies_on_a_volume_that_is_not_mounted_is_not_missing() {
    let files = ["a.png", "vol/1.png", "vol/2.png", "vol/deep/3.png"];
    let world = World::with(files.map(|name| (name, plain_png(name.as_bytes()[name.len() - 5]))));
    seen_on_another_device(&world, &world, "vol");
    // One of its files was put where it is missing; what lies beside was on that disk before.
    copy(&world.path("vol/1.png"), &world.path("copy"));
    world.rename("copy", "vol/1.png");
    world.remove("vol/2.png");
    fs::remove_dir_all(world.path("vol/deep")).unwrap();
    for _ in 0..2 {
        let scanned = world.json(["scan"]).expect(4).value();
        assert_eq!(number(&scanned, "missing"), 0);
        let what = "1 file here lay on a volume that is not mounted now; none is called missing";
        assert_eq!(problems(&scanned), ["vol", "vol/deep"].map(|at| format!("{at}: {what}")));
    }
}

#[test]
fn what_is_gone_from_a_folder_in_an_ignored_one_is_missing() {
    let world = World::with([("cache/a.png", plain_png(1)), ("cache/deep/er/b.png", plain_png(2))]);
    world.write(".genlockignore", "cache/\n");
    fs::remove_dir_all(world.path("cache/deep")).unwrap();
    assert_eq!(number(&world.scan(), "missing"), 1);
    assert_eq!(listed(&world), [".genlockignore", "cache/a.png"]);
}

#[test]
fn what_is_known_of_a_root_that_left_the_settings_is_counted_marked_and_can_be_named() {
    let world = World::with([("a.png", plain_png(1))]);
    let settings = world.read(".genlock/config.toml");
    let archive = world.add_root("archive");
    for number in 1..4 {
        fs::write(archive.join(format!("ai{number}.png")), a1111_png(number)).unwrap();
    }
    world.scan();
    world.write(".genlock/config.toml", settings);
    let status = world.json(["status"]).expect(0).value();
    assert_eq!((number(&status, "files"), number(&status, "ai")), (4, 3));
    assert_eq!(status["unconfigured"], serde_json::json!([["archive", 3]]));
    assert_eq!(world.files().len(), 4);
    let marked = world.row("archive:ai1.png");
    assert_eq!((&marked["present"], &marked["unconfigured"]), (&true.into(), &true.into()));
    assert!(world.row("a.png").get("unconfigured").is_none());
    let listed = world.run(["ls", "archive:*.png"]).expect(0).stdout;
    assert!(listed.contains("its root is not configured"), "{listed}");
    assert_eq!(world.show("archive:ai2.png")["status"], "ai");
    world.run(["log", "--asset", "archive:ai2.png"]).expect(0);
    world.run(["show", "archive:ai9.png"]).expect(2);
    // Whether it still is there, nobody can say.
    fs::remove_dir_all(archive).unwrap();
    let verified = world.json(["verify", "--files"]).expect(4).value();
    let what = "its root is not configured any more, and 3 files cannot be looked for";
    assert_eq!(problems(&verified), [format!("archive:.: {what}")]);
}

#[test]
fn verify_files_says_once_that_a_root_or_a_volume_is_away() {
    let files = ["a.png", "vol/1.png", "vol/2.png", "vol/deep/3.png"];
    let world = World::with(files.map(|name| (name, plain_png(name.as_bytes()[name.len() - 5]))));
    seen_on_another_device(&world, &world, "vol");
    let archive = world.add_root("archive");
    for number in 0..3 {
        fs::write(archive.join(format!("{number}.png")), plain_png(number)).unwrap();
    }
    world.json(["scan", archive.to_str().unwrap()]).expect(0);
    world.json(["verify", "--files"]).expect(0);
    fs::rename(archive, world.outside("away")).unwrap();
    fs::remove_dir_all(world.path("vol")).unwrap();
    let verified = world.json(["verify", "--files"]).expect(4).value();
    let told = [
        "archive:.: the root is not there, and 3 files with it",
        "vol: 3 files here and below lay on a volume that is not mounted now",
    ];
    assert_eq!(problems(&verified), told);
    // What was deleted is changed all the same.
    world.remove("a.png");
    let verified = world.json(["verify", "--files"]).expect(4).value();
    assert!(problems(&verified).contains(&"a.png: is not there any more".to_owned()));
}

#[test]
fn a_ledger_among_the_media_is_none_of_them() {
    let world = World::bare();
    let disk = world.outside("disk");
    fs::create_dir(&disk).unwrap();
    world.run(["init", "--ledger", disk.join("led.db").to_str().unwrap()]).expect(0);
    world.add_root("disk");
    fs::write(disk.join("a.png"), plain_png(1)).unwrap();
    fs::write(disk.join("other.db"), "not ours").unwrap();
    world.scan();
    world.deliverable("EP", &["disk:**"]);
    world.gate("EP").expect("pass", &[]);
    assert_eq!(listed(&world), ["disk:a.png", "disk:other.db"]);
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
}

#[test]
fn what_genlock_keeps_may_be_reached_through_a_link() {
    let world = World::with([("a.png", plain_png(1))]);
    let kept = world.outside("kept");
    fs::rename(world.path(".genlock"), &kept).unwrap();
    world.link(".genlock", &kept);
    world.scan();
    world.deliverable("EP", &["**"]);
    world.gate("EP").expect("pass", &[]);
    // Elsewhere that name is a link like any other.
    fs::create_dir(world.path("sub")).unwrap();
    world.link("sub/.genlock", &kept);
    world.gate("EP").expect("cannot-tell", &["media-unresolved sub/.genlock"]);
}

#[test]
fn an_init_that_fails_leaves_no_folder_behind() {
    let world = World::bare();
    for args in [["--profile", "nope"], ["--ledger", "nowhere/led.db"]] {
        world.run(["init", "new/deep"].iter().chain(&args)).expect(2);
        assert!(!world.path("new").exists());
    }
    fs::create_dir(world.path("mine")).unwrap();
    world.run(["init", "mine", "--profile", "nope"]).expect(2);
    world.run(["init", "other", "--profile", "no-ai"]).expect(0);
    world.run(["init", "other"]).expect(0);
    world.run(["init", "other", "--profile", "no-ai"]).expect(0);
    let error = world.json(["init", "other", "--profile", "netflix"]).expect(2).value();
    assert!(text(&error["error"], "message").contains("its policy is \"no-ai\""), "{error}");
    assert!(world.path("mine").exists());
}

#[test]
fn the_ledger_of_a_project_that_moved_is_taken_as_it_is_once_its_old_folder_is_gone() {
    let world = World::bare();
    let names = [&b"o\xff"[..], b"o\xfe", b"moved"].map(OsStr::from_bytes);
    let ledger = world.outside("led.db");
    let init = |name: &OsStr| {
        fs::create_dir_all(world.path(name)).unwrap();
        world.run([OsStr::new("init"), name, OsStr::new("--ledger"), ledger.as_os_str()])
    };
    init(names[0]).expect(0);
    // They look alike where bytes are lost.
    init(names[1]).expect(2);
    fs::remove_dir_all(world.path(names[0]).join(".genlock")).unwrap();
    init(names[0]).expect(0);
    fs::remove_dir_all(world.path(names[0]).join(".genlock")).unwrap();
    fs::rename(world.path(names[0]), world.path(names[2])).unwrap();
    init(names[2]).expect(0);
    let log =
        world.run([OsStr::new("--project"), names[2], OsStr::new("--json"), OsStr::new("log")]);
    assert_eq!(log.expect(0).values().len(), 2, "its history goes on");
}

#[test]
fn a_part_is_scanned_alone_and_counts_alone() {
    let world = World::with([("a/1.png", plain_png(1)), ("b/2.png", plain_png(2))]);
    world.write("a/new.png", a1111_png(3));
    world.write("b/new.png", plain_png(4));
    world.remove("b/2.png");
    let part = world.json(["scan", "a"]).expect(0).value();
    assert_eq!(
        ["files", "hashed_files", "ai", "missing"].map(|field| number(&part, field)),
        [2, 1, 1, 0]
    );
    assert_eq!(listed(&world), ["a/1.png", "a/new.png", "b/2.png"]);
    // From below, as git does.
    let part = crate::world::Ran::expect(world.run_in("b", ["--json", "scan", "."]), 0).value();
    assert_eq!((number(&part, "files"), number(&part, "missing")), (1, 1));
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
}

#[test]
fn a_project_is_found_from_any_folder_below() {
    let world = World::with([("deep/er/a.png", plain_png(1))]);
    let rows = world.run_in("deep/er", ["--json", "ls", "a.png"]).expect(0).values();
    assert_eq!(rows[0]["path"], "deep/er/a.png");
    world.run_in("deep", ["scan"]).expect(0);
}

#[test]
fn a_folder_outside_the_roots_of_a_named_project_is_a_usage_error() {
    let world = World::new();
    let other = world.outside("other");
    fs::create_dir(&other).unwrap();
    let (project, other) = (world.dir().display().to_string(), other.display().to_string());
    let ran = world.json(["--project", &project, "scan", &other]).expect(2);
    assert!(ran.error().contains("lies outside the roots"), "{}", ran.stdout);
    assert!(!world.outside("other/.genlock").exists());
    // A folder of another root of it is a part like any.
    let archive = world.add_root("archive").display().to_string();
    world.run(["--project", &project, "scan", &archive]).expect(0);
}

#[test]
fn a_folder_outside_any_project_becomes_one_and_says_so() {
    let world = World::bare();
    let place = world.outside("card");
    fs::create_dir(&place).unwrap();
    fs::write(place.join("a.png"), a1111_png(1)).unwrap();
    let ran = world.run(["scan", "../card"]).expect(0);
    assert!(ran.stdout.contains("one was made in"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 AI-made"), "{}", ran.stdout);
    assert!(place.join(".genlock/ledger.db").is_file());
    // The second time there is one.
    assert!(!world.run(["scan", "../card"]).expect(0).stdout.contains("was made"));
    // Without a folder nothing is made.
    world.run(["scan"]).expect(3);
    assert!(!world.path(".genlock").exists());
}

#[test]
fn a_part_that_is_not_there_or_is_a_file_or_left_out_is_a_usage_error() {
    let world = World::with([("a.png", plain_png(1)), ("left/b.png", plain_png(2))]);
    world.run(["scan", "nowhere"]).expect(2);
    world.run(["scan", "a.png"]).expect(2);
    world.write(".genlockignore", "left/\n");
    world.run(["scan", "left"]).expect(2);
    world.run(["scan", ".genlock"]).expect(2);
}

#[test]
fn ignore_files_hold_in_their_folder_and_below() {
    let world = World::new();
    world.write(".genlockignore", "*.tmp\n/cache/\n!keep.tmp\n");
    world.write("sub/.genlockignore", "local*\n");
    for name in [
        "a.png",
        "x.tmp",
        "keep.tmp",
        "cache/peak.dat",
        "sub/cache/kept.dat",
        "sub/local.png",
        "sub/y.tmp",
        "other/local.png",
    ] {
        world.write(name, name);
    }
    world.scan();
    assert_eq!(
        listed(&world),
        [
            ".genlockignore",
            "a.png",
            "keep.tmp",
            "other/local.png",
            "sub/.genlockignore",
            "sub/cache/kept.dat"
        ]
    );
}

#[test]
fn what_becomes_ignored_is_not_called_missing() {
    let world = World::with([("a.png", plain_png(1)), ("cache/b.png", plain_png(2))]);
    world.write(".genlockignore", "cache/\na.png\n");
    assert_eq!(number(&world.scan(), "missing"), 0);
}

#[test]
fn junk_is_skipped_and_a_folder_that_is_named_like_it_is_not() {
    let world = World::new();
    for name in [".DS_Store", "._a.png", "Thumbs.db", "deep/desktop.ini", "._renders/a.png"] {
        world.write(name, name);
    }
    world.write(".Trashes/old.png", "x");
    world.scan();
    assert_eq!(listed(&world), ["._renders/a.png"]);
}

#[test]
fn patterns_of_the_settings_are_ignored_too_and_a_wrong_one_is_said() {
    let world = World::new();
    world.configure("ignore = [\"*.autosave\"]");
    world.write("a.autosave", "x");
    world.write("b.png", plain_png(1));
    world.scan();
    assert_eq!(listed(&world), ["b.png"]);
}

#[test]
fn links_are_recorded_and_not_followed() {
    let world = World::new();
    let other = world.outside("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("ai.png"), a1111_png(1)).unwrap();
    world.write("real/a.png", plain_png(1));
    world.link("out", &other);
    world.link("in.png", "real/a.png");
    world.link("folder", "real");
    world.link("nowhere.png", "gone.png");
    world.link("self", "self");
    let scanned = world.scan();
    assert_eq!((number(&scanned, "files"), number(&scanned, "ai")), (1, 0));
    let summary = text(&world.json(["log"]).values()[1], "summary");
    assert_eq!(summary, "observed 1 file, 5 links in project");
    // Unchanged links are no news; a changed one is.
    let events = world.events();
    world.scan();
    assert_eq!(world.events(), events + 1);
    world.remove("in.png");
    world.scan();
    assert_eq!(world.events(), events + 3);
    world.verify();
}

#[test]
fn a_link_to_a_folder_stands_for_that_folder_as_an_argument() {
    let world = World::with([("real/a.png", plain_png(1)), ("was/b.png", plain_png(2))]);
    world.link("folder", "real");
    fs::remove_dir_all(world.path("was")).unwrap();
    world.link("was", "real");
    world.scan();
    let paths = |args: &[&str]| -> Vec<_> {
        world.json(args).expect(0).values().iter().map(|row| text(row, "path")).collect()
    };
    for name in ["folder", "folder/", "was"] {
        assert_eq!(paths(&["ls", "--files", name]), ["real/a.png"]);
    }
    assert_eq!(paths(&["ls", "--missing", "was"]), ["was/b.png"]);
    world.run(["tag", "folder", "--ai"]).expect(0);
    assert_eq!(world.row("real/a.png")["status"], "ai");
    // Nothing is known of what lies elsewhere.
    fs::create_dir(world.outside("other")).unwrap();
    world.link("out", world.outside("other"));
    world.json(["ls", "out"]).expect(2);
}

#[test]
fn a_root_may_be_reached_through_a_link() {
    let world = World::new();
    let disk = world.outside("disk");
    fs::create_dir(&disk).unwrap();
    fs::write(disk.join("a.png"), plain_png(1)).unwrap();
    symlink(&disk, world.outside("mounted")).unwrap();
    let place = world.outside("mounted").display().to_string();
    world.configure(&format!("[[root]]\nname = \"disk\"\npath = \"{place}\""));
    world.scan();
    assert_eq!(listed(&world), ["disk:a.png"]);
}

/// A file that takes longer to read than anybody waits: a hole of terabytes.
fn endless(world: &World) -> std::path::PathBuf {
    let big = world.write("big.mov", "");
    fs::File::options().write(true).open(&big).unwrap().set_len(1 << 42).unwrap();
    big
}

/// Runs the program, presses Ctrl-C once it has opened `file`, and gives its exit code.
fn interrupted_at(world: &World, args: &[&str], file: &Path) -> Option<i32> {
    let mut command = world.command();
    let mut child = command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    let is_reading = || {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        open.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to == file))
    };
    let came = (0..5000).any(|_| {
        let reading = is_reading();
        if !reading {
            std::thread::sleep(Duration::from_millis(2));
        }
        reading
    });
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let code = child.wait().unwrap().code();
    assert!(came, "{args:?} never came to the large file");
    code
}

fn has_event(world: &World, kind: &str) -> bool {
    world.json(["log"]).values().iter().any(|event| event["kind"] == kind)
}

#[test]
fn an_interrupted_scan_keeps_what_it_recorded_and_the_next_completes_it() {
    let world = World::new();
    for number in 0..50 {
        world.write(format!("{number}.png"), plain_png(number));
    }
    let big = endless(&world);
    assert_eq!(interrupted_at(&world, &["scan"], &big), Some(130));
    world.verify();
    let kept = world.files().len();
    assert!(kept <= 50, "the file in hand was not read to its end");
    assert!(!has_event(&world, "scan-completed"));

    tick();
    fs::File::options().write(true).open(&big).unwrap().set_len(1000).unwrap();
    let scanned = world.scan();
    assert_eq!(number(&scanned, "files"), 51);
    assert_eq!(number(&scanned, "unchanged"), kept as u64, "what was recorded is not read again");
    world.verify();
}

#[test]
fn an_interrupted_gate_judges_nothing() {
    let world = World::with([("a.png", plain_png(1))]);
    let big = endless(&world);
    world.deliverable("EP", &["**"]);
    for command in ["gate", "finalize"] {
        assert_eq!(interrupted_at(&world, &[command, "EP"], &big), Some(130));
    }
    assert_eq!(interrupted_at(&world, &["scan"], &big), Some(130));
    assert!(!has_event(&world, "gated") && !has_event(&world, "finalized"));
    world.verify();
}
