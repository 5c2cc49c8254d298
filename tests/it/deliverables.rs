//! Deliverables: defining, finalising, reopening, and what changed since.

use std::fs;

use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png};
use crate::packages::mhl;
use crate::timelines::{clip, cut};
use crate::world::{World, number, text, tick};

fn world() -> World {
    let world = World::with([("cut/a.png", plain_png(1)), ("cut/b.png", plain_png(2))]);
    world.deliverable("EP", &["cut/**"]);
    world
}

fn state(world: &World) -> String {
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    let listed = world.json(["deliverable", "ls"]).expect(0).values();
    assert_eq!(listed[0]["state"], shown["state"]);
    let status = world.json(["status"]).expect(0).value();
    assert_eq!(status["deliverables"][0]["state"], shown["state"]);
    text(&shown, "state")
}

fn finalize(world: &World) -> Value {
    world.json(["finalize", "EP"]).expect(0).value()
}

#[test]
fn a_deliverable_that_passes_becomes_final_with_exactly_what_it_holds() {
    let world = world();
    assert_eq!(state(&world), "open");
    world.gate("EP").expect("pass", &[]);
    assert_eq!(state(&world), "open", "a gate finalises nothing");
    let answer = finalize(&world);
    assert_eq!((&answer["verdict"], &answer["state"]), (&json!("pass"), &json!("final")));
    assert_eq!(state(&world), "final");
    let newest = world.json(["log"]).values().remove(0);
    assert_eq!(text(&newest, "summary"), "EP is final with 2 files");
}

#[test]
fn finalize_refuses_as_the_gate_does() {
    let world = world();
    world.write("cut/ai.png", a1111_png(1));
    let answer = world.json(["finalize", "EP"]).expect(1).value();
    assert_eq!((&answer["verdict"], &answer["state"]), (&json!("refused"), &json!("open")));
    assert_eq!(state(&world), "open");
    world.remove("cut/ai.png");
    world.deliverable("EP", &["gone.png"]);
    world.json(["finalize", "EP"]).expect(4);
    assert_eq!(state(&world), "open");
}

#[test]
fn a_final_deliverable_whose_content_changed_says_so_until_it_is_reopened() {
    for change in 0..3 {
        let world = world();
        finalize(&world);
        tick();
        match change {
            0 => drop(world.write("cut/a.png", plain_png(9))),
            1 => drop(world.write("cut/new.png", plain_png(9))),
            _ => world.remove("cut/b.png"),
        }
        world.scan();
        assert_eq!(state(&world), "final-changed");
        // It would pass, and yet is not what was finalised.
        world.gate("EP").expect("pass", &["[final-changed -]"]);
        let refused = world.json(["finalize", "EP"]).expect(1).value();
        assert_eq!(text(&refused, "verdict"), "refused");
        let finding = &refused["findings"][0];
        assert_eq!(text(finding, "code"), "final-changed");
        assert!(text(finding, "fix").contains("reopen"), "{finding}");
        let path = ["cut/a.png is not the same", "cut/new.png is new", "cut/b.png is gone"];
        assert!(text(finding, "why").contains(path[change]), "{finding}");
        assert_eq!(state(&world), "final-changed");
        world.run(["reopen", "EP", "--note", "new cut"]).expect(0);
        assert_eq!(state(&world), "open");
        finalize(&world);
        assert_eq!(state(&world), "final");
    }
}

#[test]
fn a_final_deliverable_put_back_as_it_was_is_final_again() {
    let world = world();
    finalize(&world);
    let before = world.read("cut/a.png");
    tick();
    world.write("cut/a.png", plain_png(9));
    world.scan();
    assert_eq!(state(&world), "final-changed");
    tick();
    world.write("cut/a.png", before);
    world.scan();
    assert_eq!(state(&world), "final");
    // Unchanged, finalising it again is harmless.
    finalize(&world);
}

#[test]
fn the_change_of_a_final_deliverable_is_noticed_by_the_gate_without_a_scan() {
    let world = world();
    finalize(&world);
    world.write("cut/new.png", plain_png(9));
    world.gate("EP").expect("pass", &["[final-changed -]"]);
    assert_eq!(state(&world), "final-changed");
}

#[test]
fn what_a_final_deliverable_is_made_of_cannot_be_changed() {
    let world = world();
    finalize(&world);
    world.json(["deliverable", "add", "EP", "--path", "more/**"]).expect(2).error();
    world.run(["reopen", "EP", "--note", "more"]).expect(0);
    world.deliverable("EP", &["more/**"]);
    let shown = world.json(["deliverable", "show", "EP"]).value();
    assert_eq!(shown["paths"], json!(["cut/**", "more/**"]));
}

#[test]
fn reopening_is_on_the_record_and_only_for_what_is_final() {
    let world = world();
    world.json(["reopen", "EP", "--note", "why"]).expect(2).error();
    finalize(&world);
    world.run(["reopen", "EP"]).expect(2);
    world.run(["reopen", "EP", "--note", "colour notes"]).expect(0);
    let newest = world.json(["log"]).values().remove(0);
    assert_eq!(text(&newest, "summary"), "EP reopened: colour notes");
}

#[test]
fn a_removed_deliverable_is_gone_and_its_verdicts_are_not() {
    let world = world();
    world.gate("EP");
    world.run(["deliverable", "rm", "EP"]).expect(0);
    world.run(["gate", "EP"]).expect(2);
    world.run(["deliverable", "show", "EP"]).expect(2);
    world.run(["deliverable", "rm", "EP"]).expect(2);
    assert!(world.json(["deliverable", "ls"]).expect(0).values().is_empty());
    assert!(world.run(["log"]).stdout.contains("EP: pass"));
    // A new one of that name is not final because the old one was.
    world.deliverable("EP", &["cut/a.png"]);
    assert_eq!(state(&world), "open");
}

#[test]
fn adding_the_same_path_twice_is_harmless() {
    let world = world();
    let events = world.events();
    world.deliverable("EP", &["cut/**"]);
    assert_eq!(world.events(), events);
}

#[test]
fn a_path_is_below_the_project_or_a_root_however_it_is_typed() {
    let world = world();
    let archive = world.add_root("archive");
    fs::write(archive.join("x.png"), plain_png(3)).unwrap();
    let absolute = archive.join("x.png").display().to_string();
    let cut = world.path("cut").display().to_string();
    world.deliverable("ALL", &["./cut/", &cut, &absolute, "archive:x.png"]);
    let gate = world.gate("ALL");
    assert_eq!(number(&gate.expect("pass", &[]).answer, "checked"), 3);
    for wrong in ["/etc/hostname", "../up", "cut/../../up", "", "archve:x.png", "cut/[a"] {
        world.json(["deliverable", "add", "BAD", "--path", wrong]).expect(2).error();
    }
    // A name with a colon of its own is a path of the project when it is there.
    world.write("odd:name.png", a1111_png(1));
    world.deliverable("ODD", &["odd:name.png"]);
    world.gate("ODD").expect("refused", &["ai-unapproved odd:name.png"]);
}

#[test]
fn timelines_and_packages_of_a_root_are_named_as_they_are_listed() {
    let world = world();
    let archive = world.add_root("archive");
    fs::create_dir_all(archive.join("card")).unwrap();
    fs::write(archive.join("card/a.png"), plain_png(3)).unwrap();
    fs::write(archive.join("cut.otio"), cut(&[clip("a", Some("card/a.png"))])).unwrap();
    mhl(&world, "../archive/card", &["a.png"]);
    let add = ["deliverable", "add", "CARD", "--timeline", "archive:cut.otio"];
    world.run(add.into_iter().chain(["--package", "archive:card"])).expect(0);
    let shown = world.json(["deliverable", "show", "CARD"]).expect(0).value();
    assert_eq!(shown["packages"], json!(["archive:card"]));
    assert!(shown["timelines"].to_string().contains("archive:cut.otio"), "{shown}");
    world.gate("CARD").expect("pass", &[]);
    for what in ["--timeline", "--package"] {
        let wrong = ["deliverable", "add", "BAD", what, "archve:card"];
        let error = world.json(wrong).expect(2).error();
        assert!(error.contains("there is no root"), "{error}");
    }
    // A name with a colon of its own is a file of the project when it is there.
    world.write("archive:cut.otio", cut(&[clip("a", Some("cut/a.png"))]));
    world.run(["deliverable", "add", "ODD", "--timeline", "archive:cut.otio"]).expect(0);
    let shown = world.json(["deliverable", "show", "ODD"]).expect(0).value();
    assert_eq!(shown["references"][0]["path"], "cut/a.png");
}

#[test]
fn a_star_stays_within_its_folder_and_takes_what_is_below_a_folder_it_fits() {
    let world = World::new();
    for name in ["top.png", "cut/a.png", "cut/sub/b.png", "cut/sub/c.txt", "other/d.png"] {
        world.write(name, name);
    }
    let count = |name: &str, path: &str| {
        world.deliverable(name, &[path]);
        number(&world.gate(name).answer, "checked")
    };
    assert_eq!(count("A", "*.png"), 1);
    assert_eq!(count("B", "cut/*"), 3, "what is in the folders of cut is not left out");
    assert_eq!(count("C", "**/*.png"), 4);
    assert_eq!(count("D", "cut"), 3);
    assert_eq!(count("E", "c*/s?b/{b,d}.png"), 1);
    assert_eq!(count("F", "cut/**"), 3);
}

#[test]
fn the_references_of_a_deliverable_are_what_it_holds() {
    let world = world();
    world.gate("EP");
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    assert_eq!(shown["deliverable"], "EP");
    let first = &shown["references"][0];
    for (field, value) in [
        ("name", json!("a.png")),
        ("target", json!("cut/a.png")),
        ("path", json!("cut/a.png")),
        ("asset", json!(world.id("cut/a.png"))),
        ("resolution", json!("resolved")),
        ("enabled", json!(true)),
        ("reel", Value::Null),
        ("record_in", Value::Null),
        ("record_out", Value::Null),
        ("track", Value::Null),
    ] {
        assert_eq!(first[field], value, "{field}");
    }
    assert_eq!(shown["references"].as_array().unwrap().len(), 2);
}

#[test]
fn a_path_that_is_the_name_of_something_is_no_pattern_for_others() {
    let world = World::with([
        ("v[2]/a.png", plain_png(1)),
        ("v2/b.png", a1111_png(1)),
        ("cut/v[2]/c.png", plain_png(2)),
        ("cut/v2/d.png", a1111_png(2)),
        ("sh.[1001-1002].png", plain_png(3)),
        ("sh.1001.png", a1111_png(3)),
    ]);
    world.deliverable("EP", &["v[2]", "sh.[1001-1002].png"]);
    let add = ["deliverable", "add", "EP", "--path"];
    world.run_in("cut", [&add[..], &["v[2]/"]].concat()).expect(0);
    // From within, too.
    world.run_in("cut/v[2]", [&add[..], &["c.png"]].concat()).expect(0);
    assert_eq!(number(&world.gate("EP").expect("pass", &[]).answer, "checked"), 3);
    world.json(["export", "EP", world.outside("out").to_str().unwrap()]).expect(0);
    assert!(!world.outside("out/v2").exists() && world.outside("out/v[2]/a.png").exists());
    // What is not there yet may be either, and is taken as both.
    world.deliverable("NEXT", &["v[3]"]);
    world.write("v[3]/a.png", plain_png(4));
    world.write("v3/b.png", a1111_png(4));
    world.gate("NEXT").expect("refused", &["ai-unapproved v3/b.png"]);
    // A file that somebody called so does not keep out the others.
    world.write("v2/*", plain_png(5));
    world.deliverable("ALL", &["v2/*"]);
    world.gate("ALL").expect("refused", &["ai-unapproved v2/b.png"]);
}

#[test]
fn a_path_that_goes_up_and_down_is_where_it_leads() {
    let world = World::with([("a.png", plain_png(1)), ("c/d/b.png", plain_png(2))]);
    let archive = world.add_root("archive");
    fs::write(archive.join("c.png"), plain_png(3)).unwrap();
    let (dots, from) = (["../*.png", "../../a.png", "..", "./../../c/d/b.png"], "c/d");
    for (path, is) in dots.iter().zip(["c/*.png", "a.png", "c", "c/d/b.png"]) {
        world.run_in(from, ["deliverable", "add", is, "--path", path]).expect(0);
        let shown = world.json(["deliverable", "show", is]).value();
        assert_eq!(shown["paths"], serde_json::json!([is]));
    }
    world.run(["deliverable", "add", "X", "--path", "c/../*.png"]).expect(0);
    world.run(["deliverable", "add", "X", "--path", "archive:c/../c.png"]).expect(0);
    let shown = world.json(["deliverable", "show", "X"]).value();
    assert_eq!(shown["paths"], serde_json::json!(["*.png", "archive:c.png"]));
    for out in ["../*.png", "archive:../*.png", "*/../a.png"] {
        world.run(["deliverable", "add", "Y", "--path", out]).expect(2);
    }
}
