//! Exports that go on where one was killed, or find a delivery: what leaves is whole, says what is true
//! now, and has nothing of anybody else's in it.

#![cfg_attr(not(debug_assertions), allow(dead_code, reason = "there are no failpoints then"))]

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::export::{CERTIFICATE, export, files, out, verify, world};
use crate::media::{a1111_png, plain_png};
use crate::world::{World, text};

/// Exports until a failpoint, and is killed there.
fn killed(world: &World, to: &Path, at: &str) {
    let mut command = world.command();
    command.args(["export", "EP"]).arg(to).env("GENLOCK_FAILPOINT_ABORT", at);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), None, "it was not killed at {at}");
}

/// Exports, and does something while it waits at a failpoint.
pub fn stopped(world: &World, to: &Path, at: &str, act: impl FnOnce()) -> Output {
    let mut command = world.command();
    command.args(["--json", "export", "EP"]).arg(to).env("GENLOCK_FAILPOINT_STOP", at);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let waited = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::UNTRACED);
    assert!(waited.unwrap().unwrap().1.stopped(), "{at}");
    act();
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    child.wait_with_output().unwrap()
}

/// A folder that holds something of somebody's.
fn used(world: &World, name: &str) -> std::path::PathBuf {
    let to = world.outside(name);
    fs::create_dir_all(&to).unwrap();
    fs::write(to.join("README"), "theirs").unwrap();
    to
}

fn certificate(delivery: &Path) -> Value {
    let text = fs::read_to_string(delivery.join(CERTIFICATE)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["predicate"].clone()
}

/// The one manifest of a delivery.
fn manifest(delivery: &Path) -> std::path::PathBuf {
    let name = files(delivery).into_iter().find(|name| name.starts_with("ascmhl/0001_"));
    delivery.join(name.unwrap())
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn papers_that_a_killed_export_left_broken_are_made_anew() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 5] = [
        ("chain", |at| fs::remove_file(at.join("ascmhl/ascmhl_chain.xml")).unwrap()),
        ("empty", |at| fs::write(manifest(at), "").unwrap()),
        ("stale", |at| fs::copy(manifest(at), at.join("ascmhl/0001_old.mhl")).map(drop).unwrap()),
        ("none", |at| fs::remove_dir_all(at.join("ascmhl")).unwrap()),
        ("log", |at| fs::write(at.join("genlock-disclosure.html"), "").unwrap()),
    ];
    let world = world();
    for in_use in [false, true] {
        for (what, damage) in damages {
            let name = format!("{what}-{in_use}");
            let (to, staging) = if in_use {
                let to = used(&world, &name);
                (to.clone(), to.join(".genlock-partial"))
            } else {
                (world.outside(&name), world.outside(format!(".{name}.genlock-partial")))
            };
            killed(&world, &to, "certificate-written");
            damage(&staging);
            export(&world, &to).expect(0);
            verify(&world, &to).expect(0);
            assert!(!staging.exists(), "{name}");
        }
    }
    // Until all the others are there, nothing has the name of a certificate.
    for at in ["paper-written", "papers-synced"] {
        killed(&world, &out(&world), at);
        assert!(!world.outside("out/.EP.genlock-partial").join(CERTIFICATE).exists(), "{at}");
    }
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn an_export_that_goes_on_says_what_was_decided_meanwhile() {
    let world = world();
    let (begun, placed, done) = (out(&world), used(&world, "used"), world.outside("done"));
    killed(&world, &begun, "certificate-written");
    killed(&world, &placed, "delivery-in-place");
    export(&world, &done).expect(0);
    // As long as nothing was decided, it is what it was.
    let before = certificate(&done);
    let said = export(&world, &done).expect(0).value();
    assert_eq!((&said["already"], &said["head"]), (&true.into(), &before["head"]));
    let told = world.run(["export", "EP", done.to_str().unwrap()]).expect(0).stdout;
    assert!(told.contains("was delivered already"), "{told}");
    assert!(told.contains(&text(&before, "head")), "{told}");
    world.scan();
    export(&world, &done).expect(0);

    world.run(["tag", "cut/a.png", "--ai", "--tool", "Sora"]).expect(0);
    world.approve(&["cut/a.png"]);
    for to in [&begun, &placed] {
        let said = export(&world, to).expect(0).value();
        assert_eq!(said["already"], false);
        verify(&world, to).expect(0);
        let now = certificate(to);
        assert_eq!(now["disclosed"]["ai"], 1, "{now}");
        assert_eq!(now["head"], said["head"]);
        let log = fs::read_to_string(to.join("genlock-disclosure.csv")).unwrap();
        assert!(log.contains("Sora"), "{log}");
    }
    let error = export(&world, &done).expect(2).error();
    assert!(error.contains("papers of an older verdict"), "{error}");
    assert_eq!(certificate(&done), before);
    verify(&world, &done).expect(0);
    // What nobody decides about an asset of it, but about all of them.
    world.policy(&[("approval-unsigned", "off")]);
    let error = export(&world, &begun).expect(2).error();
    assert!(error.contains("papers of an older verdict"), "{error}");
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn what_somebody_puts_there_meanwhile_is_never_taken_for_a_part() {
    for waits in [false, true] {
        let world = world();
        let to = used(&world, "used");
        let put = |name: &str| fs::write(to.join(name), a1111_png(9)).unwrap();
        let meanwhile = |name: &str| {
            if waits {
                let done = stopped(&world, &to, "delivery-in-place", || put(name));
                assert_eq!(done.status.code(), Some(2), "{done:?}");
            } else {
                killed(&world, &to, "delivery-in-place");
                put(name);
            }
            assert!(!to.join(CERTIFICATE).exists());
        };
        meanwhile("cut/x.png");
        let error = export(&world, &to).expect(2).error();
        assert!(error.contains("cut/x.png is there already"), "{error}");
        fs::remove_file(to.join("cut/x.png")).unwrap();
        // Beside the folders of the delivery it is no part of it, and the certificate says so.
        meanwhile("dropped.png");
        let said = export(&world, &to).expect(0).value();
        assert_eq!(said["beside"], serde_json::json!(["README", "dropped.png"]));
        assert_eq!(certificate(&to)["beside"], said["beside"]);
        verify(&world, &to).expect(0);
    }
    // A link in a file's place is somebody's, also where it leads to the same bytes.
    let world = world();
    let (to, elsewhere) = (used(&world, "used"), world.outside("elsewhere.png"));
    killed(&world, &to, "delivery-in-place");
    fs::rename(to.join("cut/a.png"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, to.join("cut/a.png")).unwrap();
    let error = export(&world, &to).expect(2).error();
    assert!(error.contains("cut/a.png is there already"), "{error}");
    assert_eq!(fs::read(&elsewhere).unwrap(), world.read("cut/a.png"));
    // What a file manager leaves stops nothing, nor does what is taken away.
    let world = crate::export::world();
    let to = used(&world, "used");
    let done = stopped(&world, &to, "delivery-in-place", || {
        fs::write(to.join("cut/.DS_Store"), b"\0\0\0\x01Bud1 and more").unwrap();
        fs::remove_file(to.join("README")).unwrap();
    });
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    verify(&world, &to).expect(0);
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_folder_that_somebody_makes_during_the_copy_is_not_replaced() {
    let world = world();
    let to = out(&world);
    let done = stopped(&world, &to, "papers-synced", || {
        fs::create_dir(&to).unwrap();
        fs::write(to.join("mine"), "theirs").unwrap();
    });
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert_eq!(files(&to), ["mine".to_owned()].into());
    // The next one takes up what was copied, and goes on inside.
    let said = export(&world, &to).expect(0).value();
    assert_eq!(said["beside"], serde_json::json!(["mine"]));
    assert_eq!(fs::read_dir(world.outside("out")).unwrap().count(), 1);
    verify(&world, &to).expect(0);
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_file_that_is_gone_or_none_any_more_when_it_is_copied_stops_it() {
    let world = world();
    world.run(["finalize", "EP"]).expect(0);
    let acts: [fn(&World); 4] = [
        |_| {},
        |world| world.link("cut/a.png", "../c.png"),
        |world| world.fifo("cut/a.png"),
        |world| fs::create_dir(world.path("cut/a.png")).unwrap(),
    ];
    for act in acts {
        let to = out(&world);
        let done = stopped(&world, &to, "export-judged", || {
            world.rename("cut/a.png", "aside.png");
            act(&world);
        });
        let said: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!((done.status.code(), &said["delivered"]), (Some(1), &false.into()), "{said}");
        assert_eq!(said["changed"], serde_json::json!(["cut/a.png"]));
        assert_eq!(fs::read_dir(world.outside("out")).unwrap().count(), 0);
        let path = world.path("cut/a.png");
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
        world.rename("aside.png", "cut/a.png");
    }
    export(&world, &out(&world)).expect(0);
}

#[test]
fn a_name_may_be_as_long_as_a_file_system_has_them_and_end_in_slashes() {
    let world = world();
    for length in [228, 240, 255] {
        let to = world.outside(format!("long/{}", "n".repeat(length)));
        export(&world, &to).expect(0);
        verify(&world, &to).expect(0);
    }
    assert_eq!(fs::read_dir(world.outside("long")).unwrap().count(), 3);
    let slashes = format!("{}//", out(&world).display());
    export(&world, Path::new(&slashes)).expect(0);
    verify(&world, &out(&world)).expect(0);
    assert_eq!(export(&world, &out(&world)).expect(0).value()["already"], true);
    // A link is no folder, wherever it leads.
    fs::create_dir(world.outside("real")).unwrap();
    let link = world.outside("link");
    std::os::unix::fs::symlink("real", &link).unwrap();
    for to in [link.display().to_string(), format!("{}/", link.display())] {
        let error = export(&world, Path::new(&to)).expect(2).error();
        assert!(error.ends_with("link is there and is no folder"), "{error}");
    }
}

#[test]
fn what_would_be_part_of_the_deliverable_itself_is_no_place_for_it() {
    let files_of = [
        ("cut/a.png", plain_png(1)),
        ("card/b.png", plain_png(2)),
        ("vfx/late/c.png", plain_png(3)),
    ];
    let world = World::with(files_of);
    crate::packages::mhl(&world, "card", &["b.png"]);
    let add = ["deliverable", "add", "EP", "--path", "cut/**", "--path", "*/late/**"];
    world.run(add.into_iter().chain(["--package", "card"])).expect(0);
    for below in ["cut", "cut/out", "card", "card/out", "out/late"] {
        let before = files(world.dir());
        let error = export(&world, &world.path(below)).expect(2).error();
        assert!(error.contains("would be part of EP itself"), "{below}: {error}");
        let ours = |name: &String| !name.starts_with(".genlock/");
        let now: Vec<_> = files(world.dir()).into_iter().filter(ours).collect();
        assert_eq!(now, before.into_iter().filter(ours).collect::<Vec<_>>(), "{below}");
    }
    assert_eq!(world.json(["deliverable", "show", "EP"]).value()["state"], "open");
    export(&world, &world.path("out/EP")).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn the_empty_folders_of_a_package_leave_with_it() {
    for in_use in [false, true] {
        let world = World::with([("card/A/a.png", plain_png(1))]);
        crate::packages::mhl(&world, "card", &["A/a.png"]);
        fs::create_dir_all(world.path("card/B/EMPTY")).unwrap();
        world.run(["deliverable", "add", "EP", "--package", "card"]).expect(0);
        let to = if in_use { used(&world, "used") } else { out(&world) };
        export(&world, &to).expect(0);
        verify(&world, &to).expect(0);
        assert!(to.join("card/B/EMPTY").is_dir());
        let list = fs::read_to_string(manifest(&to)).unwrap();
        assert!(list.contains("card/B/EMPTY</path>"), "{list}");
        assert_eq!(export(&world, &to).expect(0).value()["already"], true);
        // One that came later is found, and one that went.
        fs::create_dir(to.join("dropped")).unwrap();
        let found = verify(&world, &to).expect(6).value();
        assert_eq!(found["problems"][0]["path"], "dropped", "{found}");
        fs::remove_dir(to.join("dropped")).unwrap();
        fs::remove_dir(to.join("card/B/EMPTY")).unwrap();
        let found = verify(&world, &to).expect(6).value();
        assert_eq!(found["problems"][0]["path"], "card/B/EMPTY", "{found}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_no_broken_delivery() {
    let world = world();
    let typed = world.outside("mistyped");
    let error = verify(&world, &typed).expect(2).error();
    assert!(error.contains("mistyped"), "{error}");
    verify(&world, &world.path("cut/a.png")).expect(2);
    verify(&world, world.dir()).expect(6);
}
