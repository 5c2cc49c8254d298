//! Every exit code, reached as a user reaches it; and what is printed where.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use genlock::cli::Exit;

use crate::media::{a1111_png, plain_png, truncated_png};
use crate::world::{Ran, World, number, text};

/// The codes that the tests below reach, one each. 130 is in `places.rs`.
const REACHED: [u8; 9] = [0, 1, 2, 3, 4, 5, 6, 70, 130];

#[test]
fn no_exit_code_is_without_a_test() {
    let mut all: Vec<_> = Exit::ALL.iter().map(|(_, code, _)| *code).collect();
    all.sort_unstable();
    assert_eq!(all, REACHED);
}

#[test]
fn exit_0_is_done_or_passed() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    fs::create_dir(world.path("new reel")).unwrap();
    for args in [
        &["scan"][..],
        &["ls"],
        &["status"],
        &["log"],
        &["show", "a.png"],
        &["gate", "EP"],
        &["verify"],
        &["verify", "--files"],
        &["--help"],
        &["--version"],
        &["deliverable", "--help"],
        &["completions", "bash"],
        &["man"],
        &["init"],
        &["ls", "new reel"],
    ] {
        let ran = world.run(args).expect(0);
        assert!(!ran.stderr.contains("error"), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn exit_1_is_no() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.run(["gate", "EP"]).expect(1);
    world.run(["finalize", "EP"]).expect(1);
    crate::world::tick();
    world.write("a.png", plain_png(1));
    world.run(["verify"]).expect(0);
    let verified = world.json(["verify", "--files"]).expect(1).value();
    assert_eq!(
        (&verified["ok"], &verified["problems"][0]["path"]),
        (&false.into(), &"a.png".into())
    );
    world.remove("a.png");
    world.run(["verify", "--files"]).expect(1);
}

#[test]
fn exit_2_is_usage() {
    let world = World::with([("a.png", plain_png(1))]);
    for args in [
        &["frobnicate"][..],
        &[],
        &["scan", "--frobnicate"],
        &["ls", "--status", "maybe"],
        &["ls", "--clearance", "maybe"],
        &["ls", "--csv", "--json"],
        &["show", "nope.png"],
        &["ls", "nope.png"],
        &["gate", "nope"],
        &["log", "--since", "yesterday"],
        &["verify", "--head", "nonsense"],
        &["approve", "a.png", "--by", "D", "--scope", "final", "--expires", "soon"],
        &["init", "--profile", "nope", "other"],
    ] {
        world.run(args).expect(2);
    }
    assert!(!world.path("other/.genlock").exists());
}

#[test]
fn exit_3_is_no_project_or_bad_settings_or_policy() {
    let bare = World::bare();
    for args in [&["scan"][..], &["ls"], &["status"], &["verify"], &["log"], &["gate", "EP"]] {
        let ran = bare.run(args).expect(3);
        assert!(ran.stderr.contains("hint: genlock init"), "{}", ran.stderr);
    }
    bare.run(["--project", "nowhere", "ls"]).expect(3);

    let world = World::with([("a.png", plain_png(1))]);
    let settings = world.read(".genlock/config.toml");
    for wrong in ["[scan]\nignored = []", "[[root]]\nname = \"a:b\"\npath = \"/x\"", "nonsense"] {
        world.write(".genlock/config.toml", wrong);
        let error = world.json(["scan"]).expect(3).value();
        assert!(error["error"]["causes"].to_string().contains("config.toml"), "{error}");
        assert!(text(&error["error"], "hint").contains("config.toml"), "{error}");
    }
    world.write(".genlock/config.toml", b"# \xff\n");
    world.run(["ls"]).expect(3);
    // Defaults in the place of what it says would drop roots and rules without a word.
    world.remove(".genlock/config.toml");
    for args in [&["ls"][..], &["gate", "EP"], &["init"]] {
        let error = world.json(args).expect(3).value();
        assert!(text(&error["error"], "hint").contains("an empty file"), "{error}");
    }
    world.fifo(".genlock/config.toml");
    let error = world.json(["ls"]).expect(3).value();
    assert!(error["error"]["causes"].to_string().contains("no regular file"), "{error}");
    world.remove(".genlock/config.toml");
    world.write(".genlock/config.toml", &settings);
    world.run(["ls"]).expect(0);
    // A trust list is named by the settings.
    world.fifo(".genlock/trust.pem");
    world.write(".genlock/config.toml", "[detect]\ntrust_list = \"trust.pem\"\n");
    let error = world.json(["scan"]).expect(3).value();
    assert!(error["error"]["causes"].to_string().contains("no regular file"), "{error}");
    world.write(".genlock/config.toml", &settings);
    world.deliverable("EP", &["a.png"]);
    for name in [".genlock/policy.toml", ".genlock/approvers"] {
        let was = world.read(name);
        world.remove(name);
        world.link(name, Path::new(name).file_name().unwrap());
        let error = world.json(["gate", "EP"]).expect(3).value();
        let (message, hint) = (text(&error["error"], "message"), text(&error["error"], "hint"));
        assert!(message.starts_with("cannot read") && hint.contains("put back"), "{error}");
        world.remove(name);
        world.write(name, was);
    }
    world.write("cases.toml", "[[case]]\n");
    let error = world.json(["policy", "test", "cases.toml"]).expect(3).value();
    assert!(text(&error["error"], "hint").contains("--facts"), "{error}");
    world.write(".genlock/policy.toml", "profile = 7\n");
    let error = world.json(["gate", "EP"]).expect(3).value();
    assert!(text(&error["error"], "hint").contains("policy check"), "{error}");
    world.remove(".genlock/policy.toml");
    world.run(["gate", "EP"]).expect(3);
}

#[test]
fn exit_3_is_a_folder_where_policy_or_approvers_belong() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    let yes = ["approve", "a.png", "--by", "D", "--scope", "final"];
    for name in [".genlock/policy.toml", ".genlock/approvers"] {
        let there = world.read(name);
        world.remove(name);
        fs::create_dir(world.path(name)).unwrap();
        for args in [&["gate", "EP"][..], &["finalize", "EP"], &["export", "EP", "out"]] {
            let said = world.json(args).expect(3).error();
            assert!(said.contains("is no file"), "{said}");
        }
        world.run(yes).expect(3);
        fs::remove_dir(world.path(name)).unwrap();
        world.write(name, there);
    }
    world.run(["gate", "EP"]).expect(0);
}

#[test]
fn exit_3_is_a_wrong_pattern_in_the_settings_too() {
    let world = World::new();
    world.configure("ignore = [\"[z-a]\"]");
    let error = world.json(["scan"]).expect(3).value();
    assert!(error["error"]["causes"].to_string().contains("[z-a]"), "{error}");
    // Where only names are to be looked for, too.
    let event =
        "001  AX V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n* FROM CLIP NAME: a.mov\n";
    world.write("cut.edl", format!("TITLE: X\n{event}"));
    world.run(["deliverable", "add", "EP", "--path", "cut.edl"]).expect(0);
    world.json(["deliverable", "add", "EP", "--timeline", "cut.edl"]).expect(3);
}

#[test]
fn exit_4_is_not_everything_could_be_examined() {
    let world = World::new();
    world.write("a.png", truncated_png(1));
    world.run(["scan"]).expect(4);
    world.deliverable("EP", &["a.png"]);
    world.run(["gate", "EP"]).expect(4);
    world.run(["finalize", "EP"]).expect(4);
}

#[test]
fn exit_5_is_a_ledger_that_is_missing_or_cannot_be_made() {
    let world = World::with([("a.png", plain_png(1))]);
    world.remove(".genlock/ledger.db");
    for args in [&["scan"][..], &["ls"], &["status"], &["verify"], &["init"]] {
        let error = world.json(args).expect(5).value();
        assert!(text(&error["error"], "hint").contains("backup"), "{error}");
    }
    assert!(!world.ledger().exists(), "a history does not start over by itself");
}

#[test]
fn exit_6_is_a_history_that_does_not_check_out() {
    let world = World::with([("a.png", plain_png(1))]);
    let head = "1:".to_owned() + &"0".repeat(64);
    let verified = world.json(["verify", "--head", &head]).expect(6).value();
    assert_eq!(verified["ok"], false);
    world.run(["verify", "--head", &format!("99:{}", "0".repeat(64))]).expect(6);
    world.write(
        ".genlock/ledger.db",
        "not a database, and long enough to have a header of 100 bytes ".repeat(3),
    );
    world.run(["ls"]).expect(6);
    world.remove(".genlock/ledger.db");
    world.fifo(".genlock/ledger.db");
    for args in [&["scan"][..], &["ls"], &["verify"]] {
        world.run(args).expect(6);
    }
}

#[test]
fn exit_70_is_a_system_that_fails() {
    let world = World::with([("a.png", plain_png(1))]);
    // A full disk loses the answer, and that must not read as success.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ran = Ran::from(world.command().arg("ls").stdout(full).output().unwrap()).expect(70);
    assert!(ran.stderr.starts_with("error: cannot write the answer"), "{}", ran.stderr);
}

#[test]
fn a_reader_that_goes_away_does_not_change_the_answer() {
    let world = World::new();
    for number in 0..250_u8 {
        world.write(format!("dir/{}_{number}.png", "n".repeat(200)), a1111_png(number));
    }
    world.deliverable("EP", &["dir"]);
    for (args, code) in
        [(&["gate", "EP", "-v"][..], 1), (&["--json", "gate", "EP"], 1), (&["ls"], 0)]
    {
        let mut child = world
            .command()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::with_capacity(16, child.stdout.take().unwrap());
        out.fill_buf().unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(!stderr.contains("error") && !stderr.contains("panic"), "{stderr}");
    }
}

#[test]
fn with_json_an_error_is_an_object_on_stdout() {
    let world = World::new();
    for (args, code) in [
        (&["--json", "gate", "nope"][..], 2),
        (&["--json", "frobnicate"], 2),
        (&["gate", "--json"], 2),
        (&["scan", "--json", "--project", "nowhere"], 3),
    ] {
        let ran = world.run(args).expect(code);
        let error = &ran.value()["error"];
        assert_eq!(number(error, "exit"), u64::from(code.unsigned_abs()));
        assert!(!text(error, "message").is_empty());
        assert!(error["causes"].is_array(), "{error}");
        assert!(error["hint"].is_string() || error["hint"].is_null(), "{error}");
        assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    }
}

#[test]
fn in_text_an_error_is_on_stderr_with_its_causes_and_a_hint() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.write(".genlock/policy.toml", "profile = 7\nextra = 1\nrule = []\n");
    let ran = world.run(["gate", "EP"]).expect(3);
    assert_eq!(ran.stdout, "");
    let shapes: Vec<_> = ran.stderr.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(shapes, ["error", "  caused by", "  caused by", "hint"], "{}", ran.stderr);
    let ran = world.run(["show", "nope.png"]).expect(2);
    assert_eq!(ran.stdout, "");
    let shapes: Vec<_> = ran.stderr.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(shapes, ["error", "hint"], "{}", ran.stderr);
}

#[test]
fn two_writers_take_turns() {
    let world = World::with([("a.png", plain_png(1))]);
    let children: Vec<_> = (0..8)
        .map(|number| {
            let name = format!("D{number}");
            let mut command = world.command();
            command.args(["deliverable", "add", &name, "--path", "a.png"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        Ran::from(child.wait_with_output().unwrap()).expect(0);
    }
    assert_eq!(world.json(["deliverable", "ls"]).values().len(), 8);
    world.verify();
}
