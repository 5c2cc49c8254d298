//! What leaves by `export`: what was judged and nothing else, whole or not at all.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::keys::Key;
use crate::media::{a1111_png, plain_png};
use crate::world::{Ran, World, text};

pub const CERTIFICATE: &str = "genlock-certificate.json";

pub fn world() -> World {
    let files =
        [("cut/a.png", plain_png(1)), ("cut/deep/b.png", plain_png(2)), ("c.png", plain_png(3))];
    let world = World::with(files);
    world.deliverable("EP", &["cut/**"]);
    world
}

pub fn out(world: &World) -> PathBuf {
    world.outside("out/EP")
}

pub fn export(world: &World, to: &Path) -> Ran {
    world.json(["export", "EP", to.to_str().unwrap()])
}

pub fn verify(world: &World, delivery: &Path) -> Ran {
    // A machine with nothing but the folder.
    let mut command = world.command();
    command.current_dir(delivery.parent().unwrap());
    Ran::from(command.args(["--json", "verify"]).arg(delivery).output().unwrap())
}

/// Every file below a folder.
pub fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(one) = folders.pop() {
        for entry in fs::read_dir(one).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

fn state(world: &World) -> String {
    text(&world.json(["deliverable", "show", "EP"]).expect(0).value(), "state")
}

#[test]
fn what_is_in_the_way_where_a_delivery_is_put_together_is_told_before_anything_is_final() {
    let world = world();
    let to = out(&world);
    fs::create_dir_all(world.outside("out/used")).unwrap();
    fs::write(world.outside("out/used/theirs.txt"), "theirs").unwrap();
    for (at, to) in [
        ("out/.EP.genlock-partial", &to),
        ("out/used/.genlock-partial", &world.outside("out/used")),
    ] {
        let at = world.outside(at);
        fs::write(&at, "theirs").unwrap();
        let error = export(&world, to).expect(2).value();
        assert!(error.to_string().contains("is there and is no folder"), "{error}");
        assert_eq!(
            (fs::read(&at).unwrap(), state(&world)),
            (b"theirs".to_vec(), "open".to_owned())
        );
        fs::remove_file(&at).unwrap();
    }
    export(&world, &to).expect(0);
}

#[test]
fn nothing_is_delivered_among_the_records_of_the_project() {
    let world = world();
    let before = files(&world.path(".genlock"));
    std::os::unix::fs::symlink(world.path(".genlock"), world.outside("away")).unwrap();
    for to in [world.path(".genlock"), world.path(".genlock/x/y"), world.outside("away/x")] {
        let error = export(&world, &to).expect(2).value();
        assert!(text(&error["error"], "message").contains("the project's records"), "{error}");
    }
    let is_ledger = |name: &&String| name.starts_with("ledger.db");
    let after = files(&world.path(".genlock"));
    let came: Vec<_> = after.difference(&before).filter(|name| !is_ledger(name)).collect();
    assert_eq!(came, Vec::<&String>::new());
    assert_eq!(state(&world), "open");
}

#[test]
fn a_place_that_is_not_utf_8_is_told_so_that_it_can_be_found_again() {
    let world = world();
    let to = world.outside(OsStr::from_bytes(b"d\xff\nEP"));
    let said = world.run(["export".as_ref(), "EP".as_ref(), to.as_os_str()]).expect(0).stdout;
    let (_, command) = said.split_once("check it anywhere: genlock ").expect("what to type");
    let typed = format!("\"$0\" {command}");
    let program = env!("CARGO_BIN_EXE_genlock");
    if let Ok(checked) = Command::new("bash").args(["-c", &typed, program]).output() {
        assert!(checked.status.success(), "{typed}: {checked:?}");
    }
    let said = world.json(["export".as_ref(), "EP".as_ref(), to.as_os_str()]).expect(0).value();
    assert!(text(&said, "destination").ends_with("d\\xff\nEP"), "{said}");
    let raw = STANDARD.decode(text(&said, "destination_bytes")).unwrap();
    assert_eq!(raw, to.as_os_str().as_bytes());
    assert_eq!(said["already"], true);
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    assert_eq!(shown["exports"].as_array().unwrap().len(), 1);
    assert_eq!(shown["exports"][0]["destination"], said["destination"]);
}

#[test]
fn a_deliverable_that_passes_leaves_whole_with_its_papers() {
    let world = world();
    let said = export(&world, &out(&world)).expect(0).value();
    assert_eq!((&said["verdict"], &said["files"]), (&"pass".into(), &2.into()));
    let found = files(&out(&world));
    assert!(found.contains("cut/a.png") && found.contains("cut/deep/b.png"), "{found:?}");
    assert!(found.contains(CERTIFICATE) && found.contains("ascmhl/ascmhl_chain.xml"), "{found:?}");
    for ending in ["html", "csv", "json"] {
        assert!(found.contains(&format!("genlock-disclosure.{ending}")), "{found:?}");
    }
    assert!(!found.contains("c.png"));
    assert_eq!(fs::read(out(&world).join("cut/a.png")).unwrap(), world.read("cut/a.png"));
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    assert_eq!(shown["state"], "final");
    assert_eq!(
        (&shown["exports"][0]["files"], shown["renditions"].as_array().map(Vec::len)),
        (&2.into(), Some(0))
    );
    let verified = verify(&world, &out(&world)).expect(0).value();
    assert_eq!((&verified["ok"], &verified["deliverable"]), (&true.into(), &"EP".into()));
    // The head it quotes lies on the history it came from.
    world.run(["verify", "--head", &text(&verified, "head")]).expect(0);
    // In the folder beside it nothing is left over.
    assert_eq!(fs::read_dir(world.outside("out")).unwrap().count(), 1);
    // A second export to the same place finds it there.
    export(&world, &out(&world)).expect(0);
    let exports = world.json(["log"]).values();
    assert_eq!(exports.iter().filter(|event| event["kind"] == "exported").count(), 1);
}

#[test]
fn the_certificate_is_a_statement_of_every_file_by_content() {
    let world = world();
    export(&world, &out(&world)).expect(0);
    let text = fs::read_to_string(out(&world).join(CERTIFICATE)).unwrap();
    let said: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(said["_type"], "https://in-toto.io/Statement/v1");
    let subjects = said["subject"].as_array().unwrap();
    let a = subjects.iter().find(|one| one["name"] == "cut/a.png").unwrap();
    let bytes = world.read("cut/a.png");
    assert_eq!(a["digest"]["blake3"], blake3::hash(&bytes).to_hex().as_str());
    assert_eq!(a["digest"]["sha256"].as_str().unwrap().len(), 64);
    let predicate = &said["predicate"];
    assert_eq!((&predicate["verdict"], &predicate["read_back"]), (&"pass".into(), &true.into()));
    assert_eq!(predicate["disclosed"]["unknown"], 2);
    let other = world.outside("unread");
    world.run(["export", "EP", other.to_str().unwrap(), "--no-read-back"]).expect(0);
    let text = fs::read_to_string(other.join(CERTIFICATE)).unwrap();
    assert!(text.contains("\"read_back\":false"));
}

#[test]
fn what_is_refused_does_not_leave() {
    let world = world();
    world.write("cut/ai.png", a1111_png(1));
    let said = export(&world, &out(&world)).expect(1).value();
    assert_eq!(said["verdict"], "refused");
    assert!(!out(&world).exists());
    world.remove("cut/ai.png");
    world.deliverable("EP", &["gone.png"]);
    export(&world, &out(&world)).expect(4);
    assert!(!out(&world).exists());
}

/// Something that somebody does to a delivery.
type Change = fn(&Path);

#[test]
fn anything_done_to_a_delivery_shows() {
    let world = world();
    let to = out(&world);
    let changes: [(&str, Change, &str); 9] = [
        ("a byte", |to| fs::write(to.join("cut/a.png"), plain_png(9)).unwrap(), "cut/a.png"),
        ("a file gone", |to| fs::remove_file(to.join("cut/a.png")).unwrap(), "cut/a.png"),
        ("a file more", |to| fs::write(to.join("cut/x.png"), a1111_png(1)).unwrap(), "cut/x.png"),
        (
            "the log",
            |to| fs::write(to.join("genlock-disclosure.csv"), "nothing").unwrap(),
            "genlock-disclosure.csv",
        ),
        (
            "a link more",
            |to| std::os::unix::fs::symlink("a.png", to.join("cut/l")).unwrap(),
            "cut/l",
        ),
        (
            "renamed",
            |to| fs::rename(to.join("cut/a.png"), to.join("cut/z.png")).unwrap(),
            "cut/a.png",
        ),
        ("no certificate", |to| fs::remove_file(to.join(CERTIFICATE)).unwrap(), CERTIFICATE),
        ("no manifest", |to| fs::remove_dir_all(to.join("ascmhl")).unwrap(), "ascmhl"),
        (
            "another certificate",
            |to| {
                let text = fs::read_to_string(to.join(CERTIFICATE)).unwrap();
                fs::write(to.join(CERTIFICATE), text.replace("\"pass\"", "\"refused\"")).unwrap();
            },
            CERTIFICATE,
        ),
    ];
    for (what, change, place) in changes {
        let _ = fs::remove_dir_all(&to);
        export(&world, &to).expect(0);
        verify(&world, &to).expect(0);
        change(&to);
        let found = verify(&world, &to).expect(6).value();
        let problems = found["problems"].as_array().unwrap();
        assert!(problems.iter().any(|one| one["path"] == place), "{what}: {problems:#?}");
        if place == "cut/a.png" {
            // Nor does the next export take it for the one it made.
            export(&world, &to).expect(6);
        }
    }
    verify(&world, world.dir()).expect(6);
}

#[test]
fn what_changed_since_it_was_final_is_refused_until_it_is_reopened() {
    let world = world();
    world.run(["finalize", "EP"]).expect(0);
    world.write("cut/a.png", plain_png(77));
    let said = export(&world, &out(&world)).expect(1).value();
    assert_eq!(said["verdict"], "refused");
    let run = world.json(["run", "EP", "--out", "o", "--", "touch", "ran"]).expect(1).value();
    assert_eq!((&run["ran"], &run["verdict"]), (&false.into(), &"refused".into()));
    assert!(!out(&world).exists() && !world.path("ran").exists());
    // Also where something is in the way.
    let to = world.outside("used");
    fs::create_dir_all(to.join("ascmhl")).unwrap();
    assert_eq!(export(&world, &to).expect(1).value()["verdict"], "refused");
    world.run(["reopen", "EP", "--note", "a new take"]).expect(0);
    export(&world, &out(&world)).expect(0);
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let world = world();
    let to = out(&world);
    fs::create_dir_all(to.join("cut")).unwrap();
    fs::write(to.join("cut/a.png"), "theirs").unwrap();
    fs::write(to.join("notes.txt"), "theirs").unwrap();
    export(&world, &to).expect(2);
    assert_eq!(fs::read(to.join("cut/a.png")).unwrap(), b"theirs");
    verify(&world, &to).expect(6);
    fs::remove_file(to.join("cut/a.png")).unwrap();
    export(&world, &to).expect(0);
    assert_eq!(fs::read(to.join("notes.txt")).unwrap(), b"theirs");
    assert!(!to.join(".genlock-partial").exists());
    // What was there before is no part of the delivery, and that is said.
    let found = verify(&world, &to).expect(0).value();
    assert_eq!(found["beside"], serde_json::json!(["notes.txt"]), "{found}");
    // A file where the folder should be.
    export(&world, &to.join("notes.txt")).expect(2);
    for below in ["notes.txt/EP", "notes.txt/deep/EP"] {
        let error = export(&world, &to.join(below)).expect(2).error();
        assert!(error.ends_with("notes.txt is there and is no folder"), "{error}");
    }
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_file_that_is_swapped_between_gate_and_copy_stops_it() {
    let world = world();
    for (at, swap_back) in
        [("export-judged", false), ("export-judged", true), ("media-synced", false)]
    {
        let to = out(&world);
        let mut command = world.command();
        command.args(["--json", "export", "EP"]).arg(&to).env("GENLOCK_FAILPOINT_STOP", at);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        let waited = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::UNTRACED);
        assert!(waited.unwrap().unwrap().1.stopped(), "{at}");
        let before = world.read("cut/a.png");
        if at == "export-judged" {
            world.write("cut/a.png", a1111_png(7));
        } else {
            // The copy itself, after it was compared.
            fs::write(world.outside("out/.EP.genlock-partial/cut/a.png"), a1111_png(7)).unwrap();
        }
        rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
        let done = child.wait_with_output().unwrap();
        if swap_back {
            world.write("cut/a.png", &before);
        }
        let code = if at == "export-judged" { 1 } else { 6 };
        assert_eq!(
            done.status.code(),
            Some(code),
            "{at}: {}",
            String::from_utf8_lossy(&done.stdout)
        );
        assert!(!to.exists(), "{at}");
        world.write("cut/a.png", &before);
        // The next one begins with what is right.
        export(&world, &to).expect(0);
        verify(&world, &to).expect(0);
        fs::remove_dir_all(&to).unwrap();
    }
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn killed_anywhere_nothing_partial_is_taken_for_a_delivery_and_the_next_run_finishes_it() {
    for in_use in [false, true] {
        let world = world();
        world.json(["finalize", "EP"]).expect(0);
        let fresh = |name: &str| {
            let to = world.outside(name);
            if in_use {
                fs::create_dir_all(to.join("theirs")).unwrap();
            }
            to
        };
        let list = world.outside("failpoints");
        let first = fresh("first");
        let mut command = world.command();
        command.args(["export", "EP"]).arg(&first).env("GENLOCK_FAILPOINT_COUNT", &list);
        assert!(command.output().unwrap().status.success());
        let passed = fs::read_to_string(list).unwrap().lines().count();
        assert!(passed > 8, "{passed}");
        for number in 1..=passed {
            let to = fresh(&format!("killed-{number}"));
            let mut command = world.command();
            command.args(["export", "EP"]).arg(&to);
            command.env("GENLOCK_FAILPOINT_ABORT", number.to_string());
            let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            let whole = to.join(CERTIFICATE).exists();
            if to.exists() {
                let ran = verify(&world, &to);
                let code = ran.code;
                assert_eq!(code, if whole { 0 } else { 6 }, "killed at {number}: {}", ran.stdout);
            }
            export(&world, &to).expect(0);
            verify(&world, &to).expect(0);
            let named = |folder: &Path| {
                // Generations of ASC MHL have their time in their name.
                let mut names = files(folder);
                names.retain(|name| !name.starts_with("ascmhl/0"));
                names
            };
            assert_eq!(named(&to), named(&first), "killed at {number}");
        }
        world.verify();
    }
}

#[test]
fn a_signed_certificate_is_checked_without_genlock_too() {
    let world = world();
    let to = out(&world);
    let key = Key::new(&world, 7);
    let args = ["export", "EP", to.to_str().unwrap(), "--sign", &key.path];
    world.run(args).expect(0);
    let signed = verify(&world, &to).expect(0).value();
    assert!(text(&signed, "signed").starts_with("SHA256:"));
    let signers = world.outside("signers");
    fs::write(&signers, format!("lab@post.example {}\n", key.public)).unwrap();
    let with = |signers: &Path| {
        let delivery = to.to_str().unwrap();
        world.run(["verify", delivery, "--signers", signers.to_str().unwrap()])
    };
    with(&signers).expect(0);
    let others = world.outside("others");
    fs::write(&others, format!("lab@post.example {}\n", Key::new(&world, 8).public)).unwrap();
    with(&others).expect(6);
    if Command::new("ssh-keygen").arg("-?").stderr(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED: no ssh-keygen on this machine; install the OpenSSH client");
    } else {
        let accepts = || {
            let mut command = Command::new("ssh-keygen");
            command.args([
                "-Y",
                "verify",
                "-I",
                "lab@post.example",
                "-n",
                "genlock-delivery",
                "-f",
            ]);
            command.arg(&signers).arg("-s").arg(to.join(format!("{CERTIFICATE}.sig")));
            command.stdin(fs::File::open(to.join(CERTIFICATE)).unwrap());
            command.output().unwrap().status.success()
        };
        assert!(accepts());
        let text = fs::read_to_string(to.join(CERTIFICATE)).unwrap();
        fs::write(to.join(CERTIFICATE), text.replace("\"EP\"", "\"XX\"")).unwrap();
        assert!(!accepts());
        verify(&world, &to).expect(6);
    }
}

/// What the reference implementation of ASC MHL says of a delivery: exit code and output of a check.
/// Nothing where it is not on this machine.
pub fn reference_tool(delivery: &Path) -> Option<impl Fn(&[&str]) -> (Option<i32>, String)> {
    let ascmhl = std::env::var_os("GENLOCK_ASCMHL")?;
    let debug = Path::new(&ascmhl).with_file_name("ascmhl-debug");
    Some(move |args: &[&str]| {
        let program = if args[0] == "verify" { debug.as_os_str() } else { &ascmhl };
        let done = Command::new(program).args(args).arg(delivery).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        (done.status.code(), said + &String::from_utf8_lossy(&done.stderr))
    })
}

#[test]
fn the_reference_tool_accepts_the_manifest() {
    let world = world();
    let to = out(&world);
    let Some(run) = reference_tool(&to) else {
        eprintln!("SKIPPED: GENLOCK_ASCMHL names no ascmhl program (pip install ascmhl)");
        return;
    };
    export(&world, &to).expect(0);
    for check in [&["verify"][..], &["diff"], &["verify", "-dh"]] {
        let (code, said) = run(check);
        assert_eq!(code, Some(0), "{check:?}: {said}");
    }
    fs::write(to.join("cut/a.png"), plain_png(9)).unwrap();
    assert_ne!(run(&["verify"]).0, Some(0));
}
