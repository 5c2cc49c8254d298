//! Any byte in a name, any kind of directory entry, and image sequences.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::{CWD, FileType, Mode, OFlags, mkdirat, mknodat, openat};
use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png};
use crate::world::{World, number, text};

#[test]
fn a_name_that_is_not_utf8_is_recorded_and_shown_reversibly() {
    let world = World::new();
    let raw = b"caf\xe9\\x.png";
    world.write(OsStr::from_bytes(raw), a1111_png(1));
    assert_eq!(number(&world.scan(), "ai"), 1);
    let row = &world.files()[0];
    assert_eq!(row["path"], "caf\\xe9\\x5cx.png");
    assert_eq!(STANDARD.decode(text(row, "path_bytes")).unwrap(), raw);
    // Typed as it is printed, it is found.
    let shown = world.show("caf\\xe9\\x5cx.png");
    assert_eq!(shown["locations"][0]["path_bytes"], row["path_bytes"]);
    let nul = world.run(["ls", "-0"]).expect(0).raw;
    assert_eq!(nul, [raw.as_slice(), b"\0"].concat());
    // The gate names it in the same way.
    world.deliverable("EP", &["**"]);
    let gate = world.gate("EP");
    let finding = gate.finding("ai-unapproved");
    assert_eq!((&finding["path"], &finding["path_bytes"]), (&row["path"], &row["path_bytes"]));
    world.write(OsStr::from_bytes(raw), a1111_png(2));
    let verified = world.json(["verify", "--files"]).expect(1).value();
    assert_eq!(verified["problems"][0]["path_bytes"], row["path_bytes"]);
    world.write(OsStr::from_bytes(raw), a1111_png(1));
    world.verify();
}

#[test]
fn a_name_of_255_bytes_and_an_empty_file_are_recorded() {
    let world = World::new();
    let long = "n".repeat(255);
    world.write(&long, plain_png(1));
    world.write("empty.exr", "");
    let scanned = world.scan();
    assert_eq!(["files", "unknown", "hashed_files"].map(|field| number(&scanned, field)), [2; 3]);
    assert_eq!(world.row(&long)["media_type"], "image/png");
    assert_eq!(world.row("empty.exr")["size"], 0);
    // Every empty file is one and the same asset.
    world.write("other.txt", "");
    world.scan();
    assert_eq!(world.row("other.txt")["asset"], world.row("empty.exr")["asset"]);
}

#[test]
fn a_hostile_name_does_nothing_to_the_terminal_and_survives_json() {
    let world = World::new();
    let names = ["a\nb.png", "c\x1b[2J.png", "d\u{202e}gnp.exe", "back\\slash.png", "e\tf\".png"];
    for name in names {
        world.write(name, a1111_png(1));
    }
    world.scan();
    let mut shown: Vec<_> = world.files().iter().map(|row| text(row, "path")).collect();
    shown.sort();
    let mut expected = names.map(str::to_owned);
    expected.sort();
    assert_eq!(shown, expected, "UTF-8 names are themselves in JSON");
    world.deliverable("EP", &["**"]);
    for args in [&["ls"][..], &["gate", "EP"], &["status"], &["show", "a\nb.png"]] {
        let ran = world.run(args);
        let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!ran.stdout.contains(bad), "{args:?}: {:?}", ran.stdout);
        assert!(!ran.stdout.lines().any(|line| line.starts_with("b.png")), "{args:?}");
    }
    let text = world.run(["ls"]).stdout;
    assert_eq!(text.lines().count(), names.len());
    assert!(text.contains("a\\x0ab.png") && text.contains("c\\x1b[2J.png"), "{text}");
    let csv = world.run(["ls", "--csv"]).expect(0).stdout;
    assert!(csv.contains("\"a\nb.png\""), "{csv}");
    world.verify();
}

#[test]
fn fifos_and_sockets_are_counted_and_never_opened() {
    let world = World::new();
    world.write("a.png", plain_png(1));
    // Opening a FIFO for reading would wait for ever.
    mknodat(CWD, world.path("pipe"), FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
    let _socket = UnixListener::bind(world.path("socket")).unwrap();
    let scanned = world.scan();
    assert_eq!((number(&scanned, "files"), number(&scanned, "skipped")), (1, 2));
    world.deliverable("EP", &["**"]);
    world.gate("EP").expect("pass", &[]);
}

/// Makes folders in folders until the path is longer than the system takes in one call, with a
/// file in the last.
fn too_deep(world: &World) {
    let name = "d".repeat(250);
    let mut here = openat(CWD, world.dir(), OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..18 {
        mkdirat(&here, name.as_str(), Mode::from_raw_mode(0o755)).unwrap();
        here = openat(&here, name.as_str(), OFlags::PATH, Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::WRONLY;
    openat(&here, "lost.png", flags, Mode::from_raw_mode(0o644)).unwrap();
}

#[test]
fn a_path_longer_than_the_system_allows_is_a_problem_and_the_rest_is_recorded() {
    let world = World::new();
    world.write("a.png", a1111_png(1));
    too_deep(&world);
    for _ in 0..2 {
        let scanned = world.json(["scan"]).expect(4).value();
        assert_eq!((number(&scanned, "files"), number(&scanned, "ai")), (1, 1));
        let problems = scanned["problems"].as_array().unwrap();
        assert_eq!(problems.len(), 1, "{scanned}");
        assert!(text(&problems[0], "problem").contains("too long"), "{scanned}");
    }
    // The gate does not know what is in there.
    world.approve(&["a.png"]);
    world.deliverable("EP", &["**"]);
    let gate = world.gate("EP");
    assert_eq!((gate.verdict.as_str(), gate.code), ("cannot-tell", 4), "{gate:#?}");
    // What the deliverable does not contain does not matter to it.
    world.deliverable("ONE", &["a.png"]);
    world.gate("ONE").expect("pass", &["[approval-unsigned a.png]"]);
}

#[test]
fn a_sequence_is_one_line_of_ls_and_an_argument_as_it_is_printed() {
    let world = World::new();
    for frame in 1001..=1008_u16 {
        world.write(format!("sh/comp.{frame}.png"), plain_png(u8::try_from(frame - 1000).unwrap()));
    }
    world.write("sh/notes.txt", "x");
    world.scan();
    let rows = world.json(["ls"]).values();
    assert_eq!(rows.len(), 2);
    let folded = &rows[0];
    assert_eq!(folded["path"], "sh/comp.[1001-1008].png");
    assert_eq!(["frames", "first", "last"].map(|field| number(folded, field)), [8, 1001, 1008]);
    assert!(folded["asset"].is_null());
    assert_eq!(
        number(folded, "size"),
        world.files()[..8].iter().map(|row| number(row, "size")).sum::<u64>()
    );
    let tagged = ["tag", "sh/comp.[1001-1008].png", "--ai-part", "--note", "sky replaced"];
    let tagged = world.json(tagged).expect(0).value();
    assert_eq!(number(&tagged, "assets"), 8);
    assert_eq!(world.json(["ls", "--ai"]).values()[0]["frames"], 8);
    assert_eq!(world.json(["ls", "--ai", "--files"]).values().len(), 8);
}

#[test]
fn a_frame_that_differs_is_seen_and_not_folded_away() {
    let world = World::new();
    for frame in 1..=9 {
        let bytes = if frame == 5 { a1111_png(frame) } else { plain_png(frame) };
        world.write(format!("f_000{frame}.png"), bytes);
    }
    world.scan();
    let rows = world.json(["ls"]).values();
    let ai: Vec<_> = rows.iter().filter(|row| row["status"] == "ai").collect();
    assert_eq!(ai.len(), 1, "{rows:#?}");
    assert_eq!(ai[0]["path"], "f_0005.png");
}

#[test]
fn numbers_inside_the_names_of_single_files_are_no_sequence() {
    let world = World::new();
    let names = [
        "DSC_0001.JPG",
        "DSC_0002.JPG",
        "DSC_0003.JPG",
        "comp_v001.exr",
        "comp_v002.exr",
        "comp_v003.exr",
        "1974_harbour.png",
        "1975_harbour.png",
        "1976_harbour.png",
        "wall_2048x1024.png",
        "wall_2048x1025.png",
        "wall_2048x1026.png",
        "pair_1.png",
        "pair_2.png",
        "stock_100000.png",
        "stock_200000.png",
        "stock_300000.png",
    ];
    for name in names {
        world.write(name, name);
    }
    world.scan();
    let rows = world.json(["ls"]).values();
    assert!(rows.iter().all(|row| row.get("frames").is_none()), "{rows:#?}");
    assert_eq!(rows.len(), names.len());
}

#[test]
fn a_file_with_brackets_of_its_own_is_found_by_its_name() {
    let world = World::new();
    world.write("a[1-2].png", a1111_png(1));
    world.write("star*.png", a1111_png(2));
    world.scan();
    assert_eq!(world.show("a[1-2].png")["status"], "ai");
    assert_eq!(world.show("star*.png")["status"], "ai");
    world.deliverable("EP", &["a[1-2].png"]);
    world.gate("EP").expect("refused", &["ai-unapproved a[1-2].png"]);
    fs::remove_file(world.path("a[1-2].png")).unwrap();
    world.gate("EP").expect("cannot-tell", &["media-missing a[1-2].png"]);
}

#[test]
fn a_folded_line_stands_for_no_frame_that_is_not_on_it() {
    let world = World::new();
    for frame in 1001..=1010_u16 {
        world.write(format!("sh/c.{frame}.png"), a1111_png(u8::try_from(frame - 1000).unwrap()));
    }
    world.scan();
    for frame in ["sh/c.1003.png", "sh/c.1007.png"] {
        world.run(["reject", frame, "--by", "Dana", "--note", "not this one"]).expect(0);
    }
    let rows = world.json(["ls", "--clearance", "undeclared"]).values();
    let paths: Vec<_> = rows.iter().map(|row| text(row, "path")).collect();
    let expected =
        ["sh/c.1001.png", "sh/c.1002.png", "sh/c.[1004-1006].png", "sh/c.[1008-1010].png"];
    assert_eq!(paths, expected);
    let named: Vec<_> = world.json(["ls", "sh/c.100[1-3].png", "sh/c.1005.png"]).values();
    assert!(named.iter().all(|row| row["frames"].is_null()), "1004 was not named: {named:#?}");
    // Nor for one that is there among those that are gone.
    for frame in [1001, 1002, 1004, 1005, 1006] {
        world.remove(&format!("sh/c.{frame}.png"));
    }
    world.scan();
    let rows = world.json(["ls", "--missing"]).values();
    let paths: Vec<_> = rows.iter().map(|row| text(row, "path")).collect();
    assert_eq!(paths, ["sh/c.1001.png", "sh/c.1002.png", "sh/c.[1004-1006].png"]);
}

#[test]
fn a_file_that_is_there_is_no_pattern_for_others() {
    let world = World::with([("img[1].png", a1111_png(1)), ("img1.png", a1111_png(2))]);
    world.write("open[.png", a1111_png(3));
    world.scan();
    assert_eq!(world.show("img[1].png")["locations"][0]["path"], "img[1].png");
    world.approve(&["img[1].png"]);
    world.deliverable("EP", &["img1.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved img1.png"]);
    world.json(["ls", "open[.png"]).expect(0).value();
    world.run(["ls", "gone[.png"]).expect(2);
    // A pattern is one where no file has that name.
    world.remove("img[1].png");
    world.scan();
    assert_eq!(world.json(["ls", "img[12].png"]).values()[0]["path"], "img1.png");
}

#[test]
fn a_name_that_is_not_utf8_is_an_argument_in_its_own_bytes_and_as_it_is_printed() {
    let world = World::new();
    let name = OsStr::from_bytes(b"day\xff/caf\xe9.png");
    world.write(name, plain_png(1));
    // Spelt out it is a name of its own.
    world.write("out/caf\\xe9.png", plain_png(2));
    world.write(OsStr::from_bytes(b"tr\xe9.png"), &plain_png(3)[..40]);
    let problems = world.json(["scan"]).expect(4).value()["problems"].clone();
    assert_eq!(problems[0]["path_bytes"], json!("dHLpLnBuZw=="));
    let listed = |argument: &OsStr| {
        let rows = world.json([OsStr::new("ls"), argument]).values();
        rows.iter().map(|row| row["path_bytes"].clone()).collect::<Vec<_>>()
    };
    let bytes = [json!("ZGF5/y9jYWbpLnBuZw==")];
    assert_eq!(listed(name), bytes);
    assert_eq!(listed(OsStr::from_bytes(b"day\xff")), bytes);
    assert_eq!(listed(OsStr::new("day\\xff/caf\\xe9.png")), bytes);
    assert_eq!(listed(OsStr::new("out/caf\\xe9.png")), [Value::Null]);
    world.run([OsStr::new("tag"), name, OsStr::new("--ai")]).expect(0);
    assert_eq!(world.json(["ls", "--ai"]).values().len(), 1);
    // In its own bytes and as it is printed, for `log` too.
    let log =
        |asset: &OsStr| world.json([OsStr::new("log"), OsStr::new("--asset"), asset]).values();
    let logged = log(name);
    assert_eq!(text(&logged[0], "kind"), "determined");
    assert_eq!(log(OsStr::new("day\\xff/caf\\xe9.png")), logged);
}

#[test]
fn a_problem_of_a_rule_file_says_the_bytes_of_its_folder() {
    let world = World::new();
    world.write(OsStr::from_bytes(b"f\xff/.genlockignore"), b"\xfe\n");
    let problem = world.json(["scan"]).expect(4).value()["problems"][0].clone();
    assert_eq!(problem["path"], json!("f\\xff/.genlockignore"));
    let bytes = STANDARD.decode(text(&problem, "path_bytes")).unwrap();
    assert_eq!(bytes, b"f\xff/.genlockignore");
}

#[test]
fn sequences_globs_and_paths_of_names_that_are_not_utf8_are_named_as_they_are_printed() {
    let world = World::new();
    for frame in 1..=4_u8 {
        let name = [&b"day\xff/s\xe9q."[..], format!("000{frame}.png").as_bytes()].concat();
        world.write(OsStr::from_bytes(&name), a1111_png(frame));
    }
    world.write("dayxff/a.png", plain_png(9));
    world.scan();
    let folded = world.json(["ls", "--ai"]).values()[0]["path"].clone();
    assert_eq!(folded, "day\\xff/s\\xe9q.[0001-0004].png");
    let count = |argument: &OsStr| {
        world.json([OsStr::new("ls"), OsStr::new("--files"), argument]).expect(0).values().len()
    };
    assert_eq!(count(OsStr::new("day\\xff/s\\xe9q.[0001-0004].png")), 4);
    assert_eq!(count(OsStr::new("day\\xff/s\\xe9q.[0002-0003].png")), 2);
    assert_eq!(count(OsStr::from_bytes(b"day\xff/s\xe9q.[0002-0003].png")), 2);
    assert_eq!(count(OsStr::new("day\\xff/*.png")), 4);
    assert_eq!(count(OsStr::from_bytes(b"day\xff/*.png")), 4);
    let paths = ["day\\xff", "day\\xff/**/*.png", "day\\xff/s\\xe9q.[0001-0004].png"];
    for (name, path) in ["A", "B", "C"].into_iter().zip(paths) {
        world.deliverable(name, &[path]);
        let gate = world.gate(name);
        assert_eq!((gate.verdict.as_str(), &gate.answer["checked"]), ("refused", &json!(4)));
        let shown = world.run(["deliverable", "show", name]).expect(0).stdout;
        assert!(shown.contains(path), "{shown}");
    }
    let bytes = OsStr::from_bytes(b"day\xff/s\xe9q.0001.png");
    let add = ["deliverable", "add", "D", "--path"].map(OsStr::new);
    world.run(add.into_iter().chain([bytes])).expect(0);
    assert_eq!(world.gate("D").answer["checked"], 1);
    fs::write(world.outside("use.toml"), "use = \"a sky\"\n").unwrap();
    world.run(["declare", "day\\xff/*.png", "--from", "../use.toml"]).expect(2);
}

#[test]
fn paths_for_other_programs_are_found_from_the_current_folder() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::write(archive.join("c.png"), a1111_png(3)).unwrap();
    world.write("-a.png", a1111_png(1));
    world.write("sub/b.png", a1111_png(2));
    world.scan();
    for from in [".", "sub"] {
        let listed = world.run_in(from, ["ls", "-0", "--ai"]).expect(0).raw;
        let paths: Vec<_> = listed.split(|byte| *byte == 0).filter(|one| !one.is_empty()).collect();
        assert_eq!(paths.len(), 3);
        for path in paths {
            assert!(!path.starts_with(b"-"));
            assert!(world.path(from).join(OsStr::from_bytes(path)).is_file(), "{path:?}");
        }
    }
    let near = world.run_in("sub", ["ls", "-0", "b.png"]).expect(0).raw;
    assert_eq!(near, b"b.png\0");
    for format in ["--csv", "-0"] {
        world.run(["--json", "ls", format]).expect(2).error();
        world.run(["ls", format, "--json"]).expect(2).error();
    }
}
