//! Deliveries beside other things: what an earlier export left, what lay in the folder before, what
//! somebody put there later.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::export::{CERTIFICATE, export, files, out, verify, world};
use crate::keys::Key;
use crate::media::{a1111_png, plain_png};
use crate::world::{World, text};

/// Two files, one of them AI-made and approved.
fn world_with_ai() -> World {
    let world = World::with([("cut/a.png", plain_png(1)), ("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["cut/**", "ai.png"]);
    world.approve(&["ai.png"]);
    world
}

/// The approval is withdrawn, and the file taken out of the deliverable.
fn take_back(world: &World) {
    world.run(["revoke", "ai.png", "--note", "not after all"]).expect(0);
    world.rename("ai.png", "withdrawn.png");
    world.run(["reopen", "EP", "--note", "without it"]).expect(0);
    world.run(["deliverable", "rm", "EP"]).expect(0);
    world.deliverable("EP", &["cut/**"]);
}

fn names(value: &Value, key: &str) -> Vec<String> {
    value[key].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn state(world: &World) -> String {
    text(&world.json(["deliverable", "show", "EP"]).expect(0).value(), "state")
}

/// Where an export puts files together.
fn staging(world: &World, in_use: bool) -> PathBuf {
    if in_use {
        fs::create_dir_all(out(world)).unwrap();
        fs::write(out(world).join("notes.txt"), "theirs").unwrap();
        return out(world).join(".genlock-partial");
    }
    world.outside("out/.EP.genlock-partial")
}

#[test]
fn what_an_earlier_export_left_does_not_leave_with_this_one() {
    for in_use in [false, true] {
        let world = world();
        let left = staging(&world, in_use);
        fs::create_dir_all(left.join("cut/old/deep")).unwrap();
        fs::write(left.join("cut/old/ai.png"), a1111_png(1)).unwrap();
        fs::write(left.join("genlock-old.html"), "theirs").unwrap();
        std::os::unix::fs::symlink("ai.png", left.join("cut/b.png")).unwrap();
        // What is right is kept, what only has the name is not.
        fs::write(left.join("cut/a.png"), a1111_png(1)).unwrap();
        export(&world, &out(&world)).expect(0);
        verify(&world, &out(&world)).expect(0);
        let found = files(&out(&world));
        assert!(found.iter().all(|name| !name.contains("old")), "{found:?}");
        assert!(!out(&world).join("cut/old").exists() && !left.exists());
        assert_eq!(fs::read(out(&world).join("cut/a.png")).unwrap(), world.read("cut/a.png"));
    }
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_killed_export_of_more_is_not_finished_by_one_of_less() {
    for in_use in [false, true] {
        let world = world_with_ai();
        world.json(["finalize", "EP"]).expect(0);
        let list = world.outside("failpoints");
        let killed = |to: &Path, number: usize| {
            let mut command = world.command();
            command.args(["--json", "export", "EP"]).arg(to);
            command.env("GENLOCK_FAILPOINT_COUNT", &list);
            command.env("GENLOCK_FAILPOINT_ABORT", number.to_string());
            command.output().unwrap();
        };
        let fresh = |number: usize| {
            let to = world.outside(format!("out/{number}"));
            if in_use {
                fs::create_dir_all(to.join("theirs")).unwrap();
            }
            to
        };
        killed(&fresh(0), 0);
        let passed = fs::read_to_string(&list).unwrap();
        let is_placed =
            |line: &str| line.contains("delivery-placed") || line.contains("delivery-in-place");
        let passed: Vec<_> = passed.lines().map(is_placed).collect();
        for number in 1..=passed.len() {
            killed(&fresh(number), number);
        }
        take_back(&world);
        for number in 1..=passed.len() {
            let to = fresh(number);
            let was_whole = to.join(CERTIFICATE).exists();
            let ran = export(&world, &to);
            if was_whole || (passed[number - 1] && in_use) {
                // Something of the other one lies there already; nothing says that it is not this one's.
                ran.expect(2);
                continue;
            }
            ran.expect(0);
            verify(&world, &to).expect(0);
            assert!(!files(&to).contains("ai.png"), "killed at {number}");
        }
    }
}

#[test]
fn a_delivery_of_more_is_not_taken_for_this_one() {
    let world = world_with_ai();
    let to = out(&world);
    export(&world, &to).expect(0);
    take_back(&world);
    let before = files(&to);
    let error = export(&world, &to).expect(2).error();
    assert!(error.contains("is there already"), "{error}");
    assert_eq!(files(&to), before);
    fs::remove_dir_all(&to).unwrap();
    export(&world, &to).expect(0);
    assert!(!files(&to).contains("ai.png"));
    // Nor is this one with something more in it this one.
    fs::write(to.join("cut/more.png"), a1111_png(2)).unwrap();
    let error = export(&world, &to).expect(6).error();
    assert!(error.contains("cut/more.png: it is no part of the delivery"), "{error}");
}

#[test]
fn among_the_lists_of_a_delivery_nothing_can_hide() {
    let world = world();
    let to = out(&world);
    export(&world, &to).expect(0);
    let left = to.join(".genlock-partial");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("genlock-export.lock"), "").unwrap();
    verify(&world, &to).expect(0);
    let breaks = |name: &str, bytes: &[u8]| {
        let before = fs::read(to.join(name)).ok();
        fs::create_dir_all(to.join(name).parent().unwrap()).unwrap();
        fs::write(to.join(name), bytes).unwrap();
        let found = verify(&world, &to).expect(6).value();
        let problems = found["problems"].as_array().unwrap();
        assert!(problems.iter().any(|one| one["path"] == name), "{name}: {problems:#?}");
        if let Some(before) = before {
            fs::write(to.join(name), before).unwrap();
        } else {
            fs::remove_file(to.join(name)).unwrap();
            // With the folder that was made for it: an empty one is no part of the delivery either.
            let _ = fs::remove_dir(to.join(name).parent().unwrap());
        }
        verify(&world, &to).expect(0);
    };
    for name in ["ascmhl/x.png", "ascmhl/deep/x.png", ".genlock-partial/x.png"] {
        breaks(name, &a1111_png(1));
    }
    breaks(".genlock-partial/genlock-export.lock", &a1111_png(1));
    let manifest = files(&to).into_iter().find(|name| name.starts_with("ascmhl/0001_")).unwrap();
    breaks("ascmhl/0002_EP_2026-11-22_080000Z.mhl", &fs::read(to.join(&manifest)).unwrap());
    let mut changed = fs::read(to.join(&manifest)).unwrap();
    changed.extend(b"<!-- more -->");
    breaks(&manifest, &changed);
}

#[test]
fn a_certificate_of_anything_but_a_pass_is_none() {
    let world = world();
    let to = out(&world);
    export(&world, &to).expect(0);
    let text = fs::read_to_string(to.join(CERTIFICATE)).unwrap();
    fs::write(to.join(CERTIFICATE), text.replace("\"pass\"", "\"refused\"")).unwrap();
    let found = verify(&world, &to).expect(6).value();
    let problems = found["problems"].as_array().unwrap();
    assert!(problems.iter().any(|one| one["problem"] == "its verdict is refused, not pass"));
}

/// A folder that cannot be listed, whoever asks: its path is longer than the system takes.
fn unlistable(folder: &Path) -> String {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let mut at = openat(CWD, folder, OFlags::DIRECTORY, Mode::empty()).unwrap();
    let part = "x".repeat(250);
    for _ in 0..20 {
        mkdirat(&at, &*part, Mode::RWXU).unwrap();
        at = openat(&at, &*part, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    part
}

#[test]
fn what_lay_in_the_folder_before_is_told_and_breaks_nothing() {
    let world = world();
    let to = out(&world);
    fs::create_dir_all(to.join("other/deep")).unwrap();
    let junk = b"\0\0\0\x01Bud1 and more";
    let theirs: [(&str, &[u8]); 3] =
        [("README.txt", b"theirs"), (".DS_Store", junk), ("other/deep/x.mov", b"theirs")];
    for (name, bytes) in theirs {
        fs::write(to.join(name), bytes).unwrap();
    }
    let part = unlistable(&to.join("other"));
    let said = export(&world, &to).expect(0).value();
    let beside = names(&said, "beside");
    assert_eq!(beside[..3], [".DS_Store", "README.txt", "other/deep/x.mov"]);
    assert!(beside.len() == 4 && beside[3].starts_with(&format!("other/{part}")), "{beside:?}");
    let certificate = fs::read_to_string(to.join(CERTIFICATE)).unwrap();
    let certificate: Value = serde_json::from_str(&certificate).unwrap();
    assert_eq!(names(&certificate["predicate"], "beside"), beside);
    let mut found = names(&verify(&world, &to).expect(0).value(), "beside");
    found.sort();
    assert_eq!(found, beside);
    let said = world.run(["verify", to.to_str().unwrap()]).expect(0).stdout;
    assert!(said.contains("beside") && said.contains("no part of the delivery"), "{said}");
    // It is there, and compared whole, when it is exported again.
    assert_eq!(names(&export(&world, &to).expect(0).value(), "beside"), beside);
    // What somebody shows the folder with leaves this behind; nobody put it there to be taken along.
    fs::write(to.join("cut/.DS_Store"), junk).unwrap();
    verify(&world, &to).expect(0);
    fs::remove_file(to.join("cut/.DS_Store")).unwrap();
    for name in ["other/deep/y.mov", "cut/.DS_Store", "new.txt", "README.txt/ai.png"] {
        if name.starts_with("README.txt") {
            fs::remove_file(to.join("README.txt")).unwrap();
            fs::create_dir(to.join("README.txt")).unwrap();
        }
        fs::write(to.join(name), a1111_png(1)).unwrap();
        let found = verify(&world, &to).expect(6).value();
        assert_eq!(found["problems"][0]["path"], name);
        fs::remove_file(to.join(name)).unwrap();
    }
    // A folder that came later and cannot be looked into may hold anything.
    let part = unlistable(&to.join("cut"));
    let found = verify(&world, &to).expect(6).value();
    let problem = &found["problems"][0];
    assert!(text(problem, "path").starts_with(&format!("cut/{part}")), "{problem}");
    assert!(text(problem, "problem").contains("cannot be listed"), "{problem}");
}

#[test]
fn what_systems_keep_at_the_top_of_a_drive_is_told_by_name_and_breaks_nothing() {
    let world = world();
    let to = out(&world);
    export(&world, &to).expect(0);
    let mut left = [
        ".Spotlight-V100/Store-V2/x",
        ".TemporaryItems/folders.501/x",
        ".Trashes/501/ai.png",
        ".fseventsd/fseventsd-uuid",
        "$RECYCLE.BIN/S-1-5/desktop.ini",
        "System Volume Information/IndexerVolumeGuid",
    ];
    let put = |name: &str, bytes: &[u8]| {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    for name in left {
        put(name, &a1111_png(1));
    }
    left.sort_unstable();
    let found = verify(&world, &to).expect(0).value();
    assert_eq!(names(&found, "beside"), left, "whatever it is, it is named");
    let part = unlistable(&to.join(".Trashes"));
    let found = names(&verify(&world, &to).expect(0).value(), "beside");
    assert!(found.iter().any(|one| one.starts_with(&format!(".Trashes/{part}"))), "{found:?}");
    for start in ["[.ShellClassInfo]\r\n", "\r\n[.ShellClassInfo]\r\n"] {
        put("desktop.ini", start.as_bytes());
        verify(&world, &to).expect(0);
    }
    fs::remove_file(to.join("desktop.ini")).unwrap();
    // Anywhere else, or only called so, it is a file as any other.
    let others = ["cut/.Trashes/ai.png", "cut/desktop.ini", "more/.fseventsd/x", "desktop.ini"];
    for name in others.into_iter().chain(["System Volume", "$RECYCLE.BIN.png/x"]) {
        put(name, &a1111_png(1));
        let found = verify(&world, &to).expect(6).value();
        assert_eq!(found["problems"][0]["path"], name);
        fs::remove_file(to.join(name)).unwrap();
    }
    fs::remove_dir_all(to.join(".fseventsd")).unwrap();
    std::os::unix::fs::symlink("cut", to.join(".fseventsd")).unwrap();
    let found = verify(&world, &to).expect(6).value();
    assert_eq!(found["problems"][0]["path"], ".fseventsd");
}

/// Puts something into a delivery's place that is in the way; the second folder lies elsewhere.
type Obstacle = fn(&Path, &Path);

#[test]
fn what_is_in_the_way_is_told_before_anything_is_touched() {
    let outside = |world: &World, name: &str| {
        let path = world.outside(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let obstacles: [(&str, Obstacle); 6] = [
        ("ascmhl", |to, _| fs::create_dir(to.join("ascmhl")).unwrap()),
        ("genlock-disclosure.csv", |to, _| {
            fs::write(to.join("genlock-disclosure.csv"), "theirs").unwrap();
        }),
        ("genlock-certificate.json.sig", |to, _| {
            fs::write(to.join("genlock-certificate.json.sig"), "theirs").unwrap();
        }),
        ("cut", |to, _| fs::write(to.join("cut"), "theirs").unwrap()),
        ("cut", |to, other| std::os::unix::fs::symlink(other, to.join("cut")).unwrap()),
        // Who gets the folder would take it for a part of what was judged.
        ("cut/deep/more.png", |to, _| {
            fs::create_dir_all(to.join("cut/deep")).unwrap();
            fs::write(to.join("cut/deep/more.png"), a1111_png(1)).unwrap();
        }),
    ];
    for (place, put) in obstacles {
        let world = world();
        let (to, other) = (outside(&world, "out/EP"), outside(&world, "other"));
        fs::write(to.join("notes.txt"), "theirs").unwrap();
        put(&to, &other);
        let before = files(&to);
        let error = export(&world, &to).expect(2).error();
        let path = to.join(place);
        assert!(error.contains(&format!("{} is there already", path.display())), "{error}");
        assert_eq!(files(&to), before, "{place}");
        assert!(!to.join(".genlock-partial").exists(), "{place}");
        assert_eq!(fs::read_dir(other).unwrap().count(), 0);
        assert_eq!(state(&world), "open", "{place}");
    }
}

#[test]
fn names_that_no_manifest_can_hold_are_told_before_anything_is_final_or_copied() {
    let refused = |world: &World, to: &Path, word: &str| {
        let ran = export(world, to).expect(2).value();
        assert!(ran["error"].to_string().contains(word), "{ran}");
        assert_eq!(state(world), "open");
        assert_eq!(fs::read_dir(world.outside("out")).map_or(0, Iterator::count), 0);
    };
    for name in ["cut/a\\b.png", "cut/ends .png ", "cut/\u{1}.png"] {
        let world = world();
        world.write(name, plain_png(9));
        refused(&world, &out(&world), "cannot be");
    }
    let world = world();
    refused(&world, &world.outside("out/a\\b"), "is no name of a folder");
    // A name that papers have.
    world.write("genlock-x.png", plain_png(9));
    world.deliverable("EP", &["genlock-x.png"]);
    refused(&world, &out(&world), "keeps for its own papers");
}

#[test]
fn a_delivery_that_is_there_is_not_signed_afterwards() {
    let world = world();
    let (to, signed) = (out(&world), world.outside("signed"));
    let (key, other) = (Key::new(&world, 7), Key::new(&world, 8));
    let sign = |to: &Path, key: &Key| {
        world.json(["export", "EP", to.to_str().unwrap(), "--sign", &key.path])
    };
    world.json(["export", "EP", to.to_str().unwrap(), "--no-read-back"]).expect(0);
    let error = sign(&to, &key).expect(2).error();
    assert!(error.contains("not signed with that key"), "{error}");
    // What is told of it is what its certificate says.
    assert_eq!(export(&world, &to).expect(0).value()["read_back"], false);
    sign(&signed, &key).expect(0);
    sign(&signed, &key).expect(0);
    sign(&signed, &other).expect(2);
    export(&world, &signed).expect(0);
    let events = world.json(["log"]).values();
    assert_eq!(events.iter().filter(|event| event["kind"] == "exported").count(), 2);
}

#[test]
fn what_is_no_file_under_the_name_of_a_paper_is_not_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let world = world();
    let to = out(&world);
    export(&world, &to).expect(0);
    fs::remove_file(to.join(CERTIFICATE)).unwrap();
    mknodat(CWD, to.join(CERTIFICATE), FileType::Fifo, Mode::RUSR, 0).unwrap();
    verify(&world, &to).expect(6);
    assert_ne!(export(&world, &to).code, 0);
    let args = ["verify", to.to_str().unwrap(), "--signers", "nobody.txt"];
    assert!(world.json(args).expect(2).error().contains("there is no file"));
}
