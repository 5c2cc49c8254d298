//! `run`: an export command starts only when its deliverable passes, and what it makes is judged.

use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png};
use crate::world::{Ran, World};

fn world() -> World {
    let world = World::with([("cut/a.png", plain_png(1)), ("new.png", plain_png(5))]);
    world.write("ai.png", a1111_png(9));
    world.deliverable("EP", &["cut/**"]);
    world
}

fn run(world: &World, script: &str) -> Ran {
    world.json(["run", "EP", "--out", "out", "--", "sh", "-c", script])
}

fn said(ran: &Ran) -> (Value, Value, Value, Value) {
    let value = ran.value();
    let field = |name: &str| value[name].clone();
    (field("ran"), field("command_exit"), field("verdict"), field("rendition"))
}

#[test]
fn a_command_runs_when_its_deliverable_passes_and_what_it_makes_becomes_a_rendition() {
    let world = world();
    world.write("out/old.png", plain_png(3));
    let ran = run(&world, "echo working; mkdir -p out && cp new.png out/x.png").expect(0);
    assert_eq!(said(&ran), (json!(true), json!(0), json!("pass"), json!(true)));
    assert_eq!(ran.value()["outputs"], json!(["out/x.png"]), "old.png was there before");
    assert!(ran.stderr.contains("working"), "stdout is for the answer");
    let shown = world.show("out/x.png");
    assert_eq!(shown["parents"][0]["path"], "cut/a.png");
    assert_eq!(shown["parents"][0]["as"], "transcode");
    let log = world.json(["log"]).values();
    assert_eq!(log[0]["kind"], "rendered");
    let renditions = world.json(["deliverable", "show", "EP"]).value()["renditions"].clone();
    assert_eq!(
        (&renditions[0]["path"], &renditions[0]["command"][0]),
        (&json!("out/x.png"), &json!("sh"))
    );
    let text = world.run(["deliverable", "show", "EP"]).expect(0).stdout;
    assert!(text.contains("1 rendition\n") && text.contains("out/x.png"), "{text}");
    world.verify();
}

#[test]
fn a_command_does_not_run_when_its_deliverable_does_not_pass() {
    let world = world();
    world.write("cut/ai.png", a1111_png(1));
    let ran = run(&world, "touch ran").expect(1);
    assert_eq!(said(&ran), (json!(false), json!(null), json!("refused"), json!(false)));
    let text = world.run(["run", "EP", "--out", "out", "--", "touch", "ran"]).expect(1);
    assert!(text.stderr.contains("error: gate refused"), "{}", text.stderr);
    assert!(!world.path("ran").exists());
    world.run(["run", "EP", "--", "touch", "ran"]).expect(2);
    world.run(["run", "EP", "--out", "out", "--", "/no/such/program"]).expect(1);
    assert!(!world.path("ran").exists());
}

#[test]
fn what_a_command_says_is_passed_through_and_a_failed_one_makes_no_rendition() {
    let world = world();
    let ran = run(&world, "mkdir -p out && cp new.png out/x.png; exit 7").expect(7);
    assert_eq!(said(&ran), (json!(true), json!(7), json!("pass"), json!(false)));
    let ran = run(&world, "kill -9 $$").expect(137);
    assert_eq!(ran.value()["command_exit"], 137);
    run(&world, "true").expect(4);
    world.run(["run", "EP", "--out", "out", "--", "/no/such/program"]).expect(2);
}

#[test]
fn what_a_command_makes_is_judged_itself() {
    let world = world();
    let ran = run(&world, "mkdir -p out && cp ai.png out/x.png").expect(1);
    assert_eq!(said(&ran), (json!(true), json!(0), json!("refused"), json!(false)));
}

#[test]
fn what_is_made_from_approved_ai_passes_and_not_once_it_is_revoked() {
    let world = world();
    world.write("cut/ai.png", a1111_png(1));
    world.scan();
    world.approve(&["cut/ai.png"]);
    let ran = run(&world, "mkdir -p out && cp new.png out/x.png").expect(0);
    assert_eq!(said(&ran).3, json!(true));
    let row = world.row("out/x.png");
    assert_eq!((&row["status"], &row["strength"]), (&json!("ai-part"), &json!("inherited")));
    world.deliverable("MASTER", &["out"]);
    world.run(["revoke", "cut/ai.png", "--by", "Dana", "--note", "no"]).expect(0);
    assert_eq!(world.gate("MASTER").verdict, "refused");
}

#[test]
fn a_guarded_folder_knows_what_export_and_run_write() {
    let world = world();
    world.configure("[[guard]]\npath = \"DELIVERY\"");
    let once = |code| world.json(["watch", "--once"]).expect(code);
    world.run(["export", "EP", "DELIVERY/EP"]).expect(0);
    once(0);
    let args = ["run", "EP", "--out", "DELIVERY/run", "--", "sh", "-c"];
    let script = ["mkdir -p DELIVERY/run && cp new.png DELIVERY/run/x.png"];
    world.run(args.into_iter().chain(script)).expect(0);
    once(0);
    world.write("DELIVERY/y.png", plain_png(77));
    once(1);
}
