//! Guarded folders: an export that went round the gate is caught.

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::media;
use crate::watch::kit::Watched;
use crate::world::{World, text};

fn guarded() -> World {
    let world = World::new();
    world.configure("[[guard]]\npath = \"DELIVERY\"");
    fs::create_dir(world.path("DELIVERY")).unwrap();
    world
}

#[test]
fn what_lands_in_a_guarded_folder_is_told_at_once_and_judged_when_it_is_complete() {
    let world = guarded();
    let mut watched = Watched::start(&world, &[]);
    let mut export = File::create(world.path("DELIVERY/ep101.mov")).unwrap();
    export.write_all(b"first half").unwrap();
    let arriving = watched.until("arrival", |one| one["event"] == "guard");
    assert_eq!(
        (text(&arriving, "state"), text(&arriving, "path")),
        ("arriving".into(), "DELIVERY/ep101.mov".into())
    );
    assert!(arriving["asset"].is_null());
    drop(export);
    let judged = watched.until("judgement", |one| one["state"] == "refused");
    assert_eq!(judged["path"], "DELIVERY/ep101.mov");
    assert_eq!(judged["asset"], world.id("DELIVERY/ep101.mov"));
    assert!(world.path("DELIVERY/ep101.mov").exists(), "nothing is ever moved or deleted");
    // Moved in as a folder: judged as it is found.
    let packed = world.outside("package");
    fs::create_dir(&packed).unwrap();
    fs::write(packed.join("a.mxf"), "a").unwrap();
    fs::rename(&packed, world.path("DELIVERY/package")).unwrap();
    watched.until("judgement of a moved folder", |one| {
        one["state"] == "refused" && one["path"] == "DELIVERY/package/a.mxf"
    });
    watched.stop();
}

#[test]
fn what_is_part_of_a_final_deliverable_may_lie_there() {
    let world = guarded();
    world.write("conform/a.txt", "clean");
    world.scan();
    world.deliverable("EP101", &["conform"]);
    world.run(["finalize", "EP101"]).expect(0);
    let mut watched = Watched::start(&world, &[]);
    world.write("DELIVERY/a.txt", "clean");
    let known = watched.until("word of it", |one| one["state"] == "known");
    assert!(text(&known, "why").contains("EP101"), "{known}");
    world.write("DELIVERY/a.txt", "other bytes");
    watched.until("refusal", |one| one["state"] == "refused");
    watched.stop();
    world.json(["watch", "--once"]).expect(1);
    world.write("DELIVERY/a.txt", "clean");
    world.json(["watch", "--once"]).expect(0);
    world.run(["reopen", "EP101", "--note", "new reel"]).expect(0);
    world.json(["watch", "--once"]).expect(1);
}

#[test]
fn what_lies_there_is_judged_again_when_what_is_final_changes() {
    let world = guarded();
    world.write("conform/a.txt", "clean");
    world.scan();
    world.deliverable("EP101", &["conform"]);
    world.run(["finalize", "EP101"]).expect(0);
    world.write("DELIVERY/a.txt", "clean");
    world.write("DELIVERY/stray.txt", "of no deliverable");
    let mut watched = Watched::start(&world, &[]);
    let is = |one: &Value, state: &str| one["path"] == "DELIVERY/a.txt" && one["state"] == state;
    for _ in 0..2 {
        watched.forget();
        world.run(["reopen", "EP101", "--note", "new reel"]).expect(0);
        let refused = watched.until("refusal", |one| is(one, "refused"));
        assert!(text(&refused, "why").contains("reopened"), "{refused}");
        world.run(["finalize", "EP101"]).expect(0);
        watched.until("word that it is known", |one| is(one, "known"));
        // What was refused already, and still is, is no news.
        let guards = watched.said.iter().filter(|one| one["event"] == "guard").count();
        assert_eq!(guards, 2, "{:#?}", watched.said);
    }
    watched.stop();
}

#[test]
fn what_is_being_written_is_not_judged_by_what_it_was() {
    let world = guarded();
    for deliverable in ["EP101", "EP102"] {
        world.write(format!("{deliverable}/a.txt"), deliverable);
    }
    world.scan();
    for deliverable in ["EP101", "EP102"] {
        world.deliverable(deliverable, &[deliverable]);
    }
    world.run(["finalize", "EP101"]).expect(0);
    let target = world.write("DELIVERY/a.txt", "EP101");
    let mut watched = Watched::start(&world, &["--settle", "3s"]);
    let mut export = File::options().append(true).open(target).unwrap();
    export.write_all(b"and more").unwrap();
    watched.until("arrival", |one| one["state"] == "arriving");
    world.run(["finalize", "EP102"]).expect(0);
    // What was recorded of it is told by now, and nothing else of the file.
    world.write("beside.txt", "beside");
    watched.changed("beside.txt");
    drop(export);
    watched.until("judgement", |one| one["state"] == "refused");
    let states: Vec<_> = watched.said.iter().filter(|one| one["event"] == "guard").collect();
    assert_eq!(states.len(), 2, "{states:#?}");
    watched.stop();
}

#[test]
fn one_pass_says_no_to_what_lies_there_already() {
    let world = guarded();
    world.json(["watch", "--once"]).expect(0);
    world.write("DELIVERY/ep101.png", media::a1111_png(1));
    let said = world.json(["watch", "--once"]).expect(1).values();
    let guard = said.iter().find(|one| one["event"] == "guard").unwrap();
    assert_eq!((text(guard, "state"), text(guard, "status")), ("refused".into(), "ai".into()));
    // In text too, and the exit code is the same.
    let ran = world.run(["watch", "--once"]).expect(1);
    assert!(ran.stdout.contains("guard: refused  DELIVERY/ep101.png"), "{ran:?}");
}

#[test]
fn a_pass_over_one_folder_says_of_guards_elsewhere_only_that_they_are() {
    let world = guarded();
    world.write("DELIVERY/ep101.png", media::a1111_png(1));
    world.write("DELIVERY/ep102/a.png", media::a1111_png(2));
    world.write("reel1/a.txt", "a");
    world.json(["watch", "--once"]).expect(1);
    // What the ledger has of the folder is long gone.
    world.remove("DELIVERY/ep101.png");
    let said = world.json(["watch", "--once", "reel1"]).expect(4).values();
    assert!(said.iter().all(|one| one["event"] != "guard"), "{said:#?}");
    let problem = said.iter().find(|one| one["event"] == "problem").unwrap();
    assert_eq!(problem["path"], "DELIVERY", "{problem}");
    assert!(text(problem, "problem").contains("not in what is watched"), "{problem}");
    // Of a folder in the guarded one, what lies in it is judged.
    let said = world.json(["watch", "--once", "DELIVERY/ep102"]).expect(1).values();
    let judged: Vec<_> = said.iter().filter(|one| one["event"] == "guard").collect();
    assert!(judged.len() == 1 && judged[0]["path"] == "DELIVERY/ep102/a.png", "{judged:#?}");
}

#[test]
fn a_hook_is_run_for_what_should_not_be_there() {
    let world = guarded();
    world.configure("[watch]\non_guard = [\"/bin/false\"]");
    let mut watched = Watched::start(&world, &[]);
    world.write("DELIVERY/a.txt", "a");
    watched.problem("ended with");
    watched.stop();
}

#[test]
fn a_guarded_folder_outside_the_project_is_a_mistake_in_the_settings() {
    let world = World::new();
    world.configure("[[guard]]\npath = \"/mnt/DELIVERY\"");
    world.json(["watch", "--once"]).expect(3);
}

#[test]
fn a_link_in_a_guarded_folder_is_refused_and_so_is_one_in_the_way_to_it() {
    let world = guarded();
    world.write("ai.png", media::a1111_png(1));
    world.link("DELIVERY/before.png", "../ai.png");
    let mut watched = Watched::start(&world, &[]);
    let refused = |watched: &mut Watched, path: &str| {
        watched.until(&format!("refusal of {path}"), |one| {
            one["event"] == "guard" && one["state"] == "refused" && one["path"] == path
        })
    };
    let said = refused(&mut watched, "DELIVERY/before.png");
    assert!(said["asset"].is_null(), "{said}");
    assert!(text(&said, "why").contains("a symbolic link to ../ai.png"), "{said}");
    fs::create_dir(world.path("DELIVERY/reel")).unwrap();
    world.link("DELIVERY/reel/later.png", "../../ai.png");
    refused(&mut watched, "DELIVERY/reel/later.png");
    // The same name, and it leads elsewhere.
    watched.forget();
    fs::remove_file(world.path("DELIVERY/before.png")).unwrap();
    world.link("DELIVERY/before.png", "/elsewhere");
    let said = refused(&mut watched, "DELIVERY/before.png");
    assert!(text(&said, "why").contains("/elsewhere"), "{said}");
    watched.stop();
    world.json(["watch", "--once"]).expect(1);
    fs::remove_dir_all(world.path("DELIVERY")).unwrap();
    world.json(["watch", "--once"]).expect(0);
    // A link in place of the folder: whatever is delivered there, nobody sees it.
    fs::create_dir(world.path("elsewhere")).unwrap();
    world.link("DELIVERY", "elsewhere");
    let said = world.json(["watch", "--once"]).expect(1).values();
    assert!(said.iter().any(|one| one["state"] == "refused" && one["path"] == "DELIVERY"));
}

#[test]
fn what_the_ignore_rules_leave_out_of_a_guarded_folder_is_refused() {
    let world = guarded();
    world.write("DELIVERY/.DS_Store", "junk is no delivery");
    world.json(["watch", "--once"]).expect(0);
    world.write(".genlockignore", "*.mov\nhidden/\n");
    let mut watched = Watched::start(&world, &[]);
    let refused = |watched: &mut Watched, path: &str| {
        let said = watched.until(&format!("refusal of {path}"), |one| {
            one["event"] == "guard" && one["state"] == "refused" && one["path"] == path
        });
        assert!(text(&said, "why").contains("left out by the ignore rules"), "{said}");
    };
    world.write("DELIVERY/ep101.mov", "secret");
    refused(&mut watched, "DELIVERY/ep101.mov");
    world.write("DELIVERY/hidden/ep102.mxf", "secret");
    refused(&mut watched, "DELIVERY/hidden");
    // By a rule file in the folder itself, of a file that was judged before.
    watched.forget();
    world.write("DELIVERY/a.txt", "a");
    watched.until("judgement", |one| {
        one["state"] == "refused" && one["path"] == "DELIVERY/a.txt" && one["asset"].is_string()
    });
    watched.forget();
    world.write("DELIVERY/.genlockignore", "a.txt\n");
    refused(&mut watched, "DELIVERY/a.txt");
    watched.stop();
    world.json(["watch", "--once"]).expect(1);
}

#[test]
fn names_of_our_own_hide_nothing_and_an_export_at_work_is_known() {
    let world = guarded();
    world.write("conform/a.txt", "clean");
    world.scan();
    world.deliverable("EP101", &["conform"]);
    world.run(["finalize", "EP101"]).expect(0);
    let mut watched = Watched::start(&world, &[]);
    world.run(["export", "EP101", "DELIVERY/EP101"]).expect(0);
    world.write("DELIVERY/x.mov.genlock-tmp", media::a1111_png(1));
    let told = watched.until("refusal", |one| one["state"] == "refused");
    assert_eq!(
        told["path"], "DELIVERY/x.mov.genlock-tmp",
        "what the export wrote is known: {told}"
    );
    world.write("DELIVERY/.genlock/ai.png", media::a1111_png(1));
    watched.until("refusal", |one| one["path"] == "DELIVERY/.genlock");
    world.write("DELIVERY/.EP.genlock-partial/ai.png", media::a1111_png(1));
    watched.until("refusal", |one| one["path"] == "DELIVERY/.EP.genlock-partial");
    watched.stop();
    // Nothing of where it was put together is on record.
    let gone = world.json(["ls", "--missing"]).values();
    assert!(gone.iter().all(|row| !text(row, "path").contains("partial")), "{gone:#?}");
    let judged = world.json(["watch", "--once"]).expect(1);
    assert_eq!(judged.values().iter().filter(|one| one["state"] == "refused").count(), 3);
}

#[test]
fn what_a_command_makes_is_judged_when_it_has_ended_and_is_on_record() {
    let world = guarded();
    world.write("conform/a.txt", "clean");
    world.scan();
    world.deliverable("EP101", &["conform"]);
    let mut watched = Watched::start(&world, &[]);
    // Each waits at a gate of its own, so that the watch has looked while it ran.
    let run = |name: &str, end: &str| {
        let script = format!(
            "echo {name} > DELIVERY/{name}; until test -e go-{name}; do sleep 0.05; done; {end}"
        );
        let mut command = world.command();
        command.args(["run", "EP101", "--out", "DELIVERY", "--", "sh", "-c", &script]);
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let states = |watched: &Watched, path: &str| -> Vec<String> {
        let of_it =
            watched.said.iter().filter(|one| one["event"] == "guard" && one["path"] == path);
        of_it.map(|one| text(one, "state")).collect()
    };
    for (name, end, state) in [
        ("good.mov", "true", "known"),
        ("bad.mov", "false", "refused"),
        ("killed.mov", "true", "refused"),
    ] {
        let path = format!("DELIVERY/{name}");
        let mut command = run(name, end);
        watched.changed(&path);
        // A look later it still is only arriving.
        world.write(format!("beside-{name}.txt"), "beside");
        watched.changed(&format!("beside-{name}.txt"));
        assert_eq!(states(&watched, &path), ["arriving"], "{:#?}", watched.said);
        if name == "killed.mov" {
            command.kill().unwrap();
        } else {
            world.write(format!("go-{name}"), "");
        }
        command.wait().unwrap();
        watched.until("verdict", |one| one["path"] == path.as_str() && one["state"] == state);
        assert_eq!(states(&watched, &path), ["arriving", state], "{:#?}", watched.said);
        world.write(format!("go-{name}"), "");
    }
    watched.stop();
}

#[test]
fn what_was_refused_before_is_not_told_again_because_a_command_writes_beside_it() {
    let world = guarded();
    for deliverable in ["EP101", "EP102"] {
        world.write(format!("{deliverable}/a.txt"), deliverable);
    }
    world.write("DELIVERY/stray.mov", "of no deliverable");
    world.scan();
    for deliverable in ["EP101", "EP102"] {
        world.deliverable(deliverable, &[deliverable]);
    }
    let mut watched = Watched::start(&world, &[]);
    watched.forget();
    let script = "echo cut > DELIVERY/cut.mov; until test -e go; do sleep 0.05; done";
    let mut command = world.command();
    command.args(["run", "EP101", "--out", "DELIVERY", "--", "sh", "-c", script]);
    let mut command = command.stdout(Stdio::null()).spawn().unwrap();
    watched.changed("DELIVERY/cut.mov");
    // All that lies there is judged again, beside the command.
    world.run(["finalize", "EP102"]).expect(0);
    world.write("DELIVERY/a.txt", "EP102");
    let known = |one: &Value, path: &str| one["path"] == path && one["state"] == "known";
    watched.until("word of the copy", |one| known(one, "DELIVERY/a.txt"));
    world.write("go", "");
    command.wait().unwrap();
    watched.until("word of the rendition", |one| known(one, "DELIVERY/cut.mov"));
    world.write("DELIVERY/last.mov", "round the gate");
    let refused = |one: &&Value| one["state"] == "refused";
    watched.until("refusal", |one| refused(&one) && one["path"] == "DELIVERY/last.mov");
    let said = watched.stop();
    let refused: Vec<_> = said.iter().filter(refused).collect();
    assert_eq!(refused.len(), 1, "{refused:#?}");
}

#[test]
fn a_guarded_folder_that_is_not_there_is_told_and_guarded_once_it_is() {
    let world = World::new();
    world.configure("[[guard]]\npath = \"DELIVREY\"");
    let is_told = |one: &Value| {
        one["event"] == "problem"
            && one["path"] == "DELIVREY"
            && text(one, "problem").contains("no folder of this name")
    };
    // It may come later: no reason to say that something could not be looked at.
    let said = world.json(["watch", "--once"]).expect(0).values();
    assert_eq!(said.iter().filter(|one| is_told(one)).count(), 1, "{said:#?}");
    let mut watched = Watched::start(&world, &[]);
    watched.until("what is not there", is_told);
    world.write("DELIVREY/ep.mov", "ep");
    watched.until("refusal", |one| one["state"] == "refused" && one["path"] == "DELIVREY/ep.mov");
    watched.stop();
    let said = world.json(["watch", "--once"]).expect(1).values();
    assert!(!said.iter().any(is_told), "{said:#?}");
}

#[test]
fn what_is_written_under_another_name_of_a_guarded_file_is_heard() {
    let world = guarded();
    world.write("work/x.txt", "clean");
    fs::hard_link(world.path("work/x.txt"), world.path("DELIVERY/x.txt")).unwrap();
    world.deliverable("EP101", &["work"]);
    world.run(["finalize", "EP101"]).expect(0);
    let mut watched = Watched::start(&world, &[]);
    watched.forget();
    // In place: it is the guarded file too, and nothing is told of that name.
    world.write("work/x.txt", "other bytes");
    let guarded =
        |one: &Value, state: &str| one["path"] == "DELIVERY/x.txt" && one["state"] == state;
    watched.until("arrival", |one| guarded(one, "arriving"));
    watched.until("refusal", |one| guarded(one, "refused"));
    watched.changed("work/x.txt");
    watched.changed("DELIVERY/x.txt");
    watched.stop();
    assert_eq!(world.scan()["hashed_files"], 0, "a scan agrees");
}
