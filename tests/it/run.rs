//! `run`: an export command starts only when its deliverable passes, and what it makes is judged.

use serde_json::{Value, json};

use crate::media::{a1111_png, derived, named_png, plain_png};
use crate::world::{Ran, World, text};

fn world() -> World {
    let world = World::with([("cut/a.png", plain_png(1)), ("logo.png", plain_png(4))]);
    render(&world);
    world.deliverable("EP", &["cut/**"]);
    world.configure("[watch]\nsettle = \"20ms\"");
    world
}

/// What commands bring from outside the roots stands for what they render.
fn render(world: &World) {
    std::fs::write(world.outside("new.png"), plain_png(5)).unwrap();
    std::fs::write(world.outside("ai.png"), a1111_png(9)).unwrap();
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
    let ran = run(&world, "echo working; mkdir -p out && cp ../new.png out/x.png").expect(0);
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
    let ran = run(&world, "mkdir -p out && cp ../new.png out/x.png; exit 7").expect(7);
    assert_eq!(said(&ran), (json!(true), json!(7), json!("pass"), json!(false)));
    let ran = run(&world, "kill -9 $$").expect(137);
    assert_eq!(ran.value()["command_exit"], 137);
    let ran = run(&world, "true").expect(4);
    assert_eq!(ran.value()["findings"], json!([]));
    world.run(["run", "EP", "--out", "out", "--", "/no/such/program"]).expect(2);
}

#[test]
fn what_a_command_makes_is_judged_itself() {
    let world = world();
    let ran = run(&world, "mkdir -p out && cp ../ai.png out/x.png").expect(1);
    assert_eq!(said(&ran), (json!(true), json!(0), json!("refused"), json!(false)));
}

#[test]
fn what_is_made_from_approved_ai_passes_and_not_once_it_is_revoked() {
    let world = world();
    world.write("cut/ai.png", a1111_png(1));
    world.scan();
    world.approve(&["cut/ai.png"]);
    let ran = run(&world, "mkdir -p out && cp ../new.png out/x.png").expect(0);
    assert_eq!(said(&ran).3, json!(true));
    let row = world.row("out/x.png");
    assert_eq!((&row["status"], &row["strength"]), (&json!("ai-part"), &json!("inherited")));
    world.deliverable("MASTER", &["out"]);
    world.run(["revoke", "cut/ai.png", "--by", "Dana", "--note", "no"]).expect(0);
    assert_eq!(world.gate("MASTER").verdict, "refused");
}

/// The codes of what blocks, with their paths.
fn blocking(ran: &Ran) -> Vec<String> {
    let findings = ran.value()["findings"].as_array().unwrap().clone();
    let blocking = findings.iter().filter(|one| one["severity"] == "block");
    blocking.map(|one| format!("{} {}", text(one, "code"), one["path"])).collect()
}

fn parents(world: &World, path: &str) -> Vec<String> {
    let shown = world.show(path);
    shown["parents"].as_array().unwrap().iter().map(|one| text(one, "asset")).collect()
}

#[test]
fn a_source_that_is_swapped_while_the_command_runs_makes_no_rendition() {
    let world = world();
    let before = world.id("cut/a.png");
    let swap = "cp ../ai.png cut/a.png; mkdir -p out && cp ../new.png out/x.png";
    let ran = run(&world, swap).expect(1);
    assert_eq!(said(&ran), (json!(true), json!(0), json!("refused"), json!(false)));
    let unapproved = "ai-unapproved \"cut/a.png\"".to_owned();
    assert!(blocking(&ran).contains(&unapproved), "{:?}", blocking(&ran));
    // It may have been made from either.
    let both = parents(&world, "out/x.png");
    assert!(both.len() == 2 && both.contains(&before), "{both:?}");
    assert_eq!(world.row("out/x.png")["status"], "ai-part");
    let details = world.json(["deliverable", "show", "EP"]).value();
    assert_eq!(details["renditions"], json!([]));
    // Another clean file is not what was finalised either.
    let world = self::world();
    let args = ["run", "EP", "--out", "out", "--", "sh", "-c"];
    let script = ["cp logo.png cut/a.png; mkdir -p out && cp ../new.png out/x.png"];
    let ran = world.run(args.into_iter().chain(script)).expect(1);
    assert!(ran.stdout.contains("cut/a.png is not the same"), "{}", ran.stdout);
    assert!(ran.stderr.contains("error: EP is not what had passed any more"), "{}", ran.stderr);
    world.run(["run", "EP", "--out", "out", "--", "true"]).expect(1);
    world.verify();
}

#[test]
fn a_source_that_is_swapped_and_put_back_leaves_nobody_to_know_what_was_read() {
    let world = world();
    let swap = "cp cut/a.png kept; cp ../ai.png cut/a.png; mkdir -p out && cp ../new.png out/x.png; \
                cp kept cut/a.png";
    let ran = run(&world, swap).expect(4);
    assert_eq!(said(&ran), (json!(true), json!(0), json!("cannot-tell"), json!(false)));
    assert_eq!(blocking(&ran), ["media-changed \"cut/a.png\""]);
    // Renamed away and back, it has the times and the inode that it had.
    let renamed = "mv cut/a.png kept; cp ../ai.png cut/a.png; cp ../new.png out/x.png; \
                   mv kept cut/a.png";
    assert_eq!(blocking(&run(&world, renamed).expect(4)), ["media-changed \"cut/a.png\""]);
    // Links and permissions are no writing.
    let touched = "ln cut/a.png other; chmod 600 cut/a.png; cp ../new.png out/x.png";
    assert_eq!(said(&run(&world, touched).expect(0)).3, json!(true));
}

#[test]
fn a_folder_that_is_swapped_and_put_back_leaves_nobody_to_know_what_was_read() {
    let world = World::with([("reels/cut/a.png", plain_png(1))]);
    render(&world);
    world.deliverable("EP", &["reels/cut/*.png"]);
    let make = "mkdir -p out && cp ../new.png out/x.png";
    for folder in ["reels/cut", "reels"] {
        let swap = format!(
            "mv {folder} away; mkdir -p reels/cut; cp ../ai.png reels/cut/a.png; {make}; \
             rm -r {folder}; mv away {folder}"
        );
        let ran = run(&world, &swap).expect(4);
        assert_eq!(said(&ran), (json!(true), json!(0), json!("cannot-tell"), json!(false)));
        assert_eq!(blocking(&ran), [format!("media-changed \"{folder}\"")]);
    }
    // Another folder of the same files.
    let swap = format!("cp -al reels copy; mv reels away; mv copy reels; {make}");
    assert_eq!(blocking(&run(&world, &swap).expect(4)), ["media-changed \"reels/cut\""]);
    // What comes into a folder of the sources, and permissions, are no swap.
    let beside = format!(
        "echo 1 > reels/cut/a.pek; chmod 700 reels/cut; echo 1 > log; {make}; echo > out/y"
    );
    assert_eq!(said(&run(&world, &beside).expect(0)).3, json!(true));
}

#[test]
fn what_comes_beside_a_source_costs_no_rendition_where_the_output_is_made_above_it() {
    let world = world();
    world.deliverable("ONE", &["cut/a.png"]);
    let run = |out: &str, script: &str| {
        world.json(["run", "ONE", "--out", out, "--", "sh", "-c", script])
    };
    // A colleague puts something beside the source; the folder of the output is new in the folder above, or the output is.
    for (out, make) in [
        ("out", "mkdir -p out/mov && cp ../new.png out/mov/x.png"),
        ("top.png", "cp ../new.png top.png"),
    ] {
        let ran =
            run(out, &format!("echo {out} > cut/news.txt; mv cut/news.txt cut/{out}.txt; {make}"));
        assert_eq!(
            said(&ran.expect(0)),
            (json!(true), json!(0), json!("pass"), json!(true)),
            "{out}"
        );
    }
    // A folder that went away and came back has no news of its own.
    let swap = "mv cut away; mkdir cut; cp ../ai.png cut/a.png; mkdir new; cp ../new.png new/x.png; \
                rm -r cut; mv away cut";
    assert_eq!(blocking(&run("new", swap).expect(4)), ["media-changed \"cut\""]);
    // Where the output explains nothing of the folder above, nobody knows what happened to that.
    let beside = "echo > cut/more.txt; mkdir dailies; cp ../new.png out/y.png";
    let ran = run("out", beside).expect(4);
    assert_eq!(blocking(&ran), ["media-changed \"cut\""]);
    let fix = text(&ran.value()["findings"][0], "fix");
    assert!(fix.contains("run the command again"), "{fix}");
}

#[test]
fn a_timeline_that_is_swapped_takes_what_it_refers_to_into_the_lineage() {
    let world = World::with([("plate.png", plain_png(1)), ("gen.png", a1111_png(2))]);
    render(&world);
    let cut = |name: &str, to: &str| {
        let line = "001  AX       V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00";
        let head = "TITLE: cut\nFCM: NON-DROP FRAME\n\n";
        world.write(to, format!("{head}{line}\n* SOURCE FILE: {name}\n"));
    };
    cut("plate.png", "cut.edl");
    cut("gen.png", "other.edl");
    world.run(["deliverable", "add", "EP", "--timeline", "cut.edl"]).expect(0);
    let swap = "mkdir -p out && cp ../new.png out/x.png && cp other.edl cut.edl";
    let ran = run(&world, swap).expect(1);
    assert!(blocking(&ran).contains(&"ai-unapproved \"gen.png\"".to_owned()), "{}", ran.stdout);
    let both = parents(&world, "out/x.png");
    assert!(both.len() == 2 && both.contains(&world.id("gen.png")), "{both:?}");
}

#[test]
fn an_interrupted_run_leaves_record_and_lineage_and_no_rendition() {
    let world = world();
    let script = "mkdir -p out && cp ../new.png out/x.png; kill -INT $PPID; sleep 0.3";
    assert!(run(&world, script).expect(130).error().contains("interrupted"));
    let log = world.json(["log"]).values();
    assert_eq!(log[0]["kind"], "rendered");
    assert!(text(&log[0], "summary").contains("made 1 file: cannot-tell"), "{}", log[0]);
    assert_eq!(parents(&world, "out/x.png"), [world.id("cut/a.png")]);
    assert_eq!(world.json(["deliverable", "show", "EP"]).value()["renditions"], json!([]));
    world.verify();
}

#[test]
fn what_fails_after_the_command_loses_neither_record_nor_lineage_nor_its_exit_code() {
    for (end, code) in [("exit 7", 7), ("true", 3)] {
        let world = world();
        let policy = world.path(".genlock/policy.toml");
        let text = std::fs::read(&policy).unwrap();
        let script =
            format!("mkdir -p out && cp ../new.png out/x.png; rm .genlock/policy.toml; {end}");
        let ran = run(&world, &script).expect(code);
        if code == 7 {
            assert_eq!(said(&ran), (json!(true), json!(7), json!("cannot-tell"), json!(false)));
            assert!(ran.value()["problem"].as_str().unwrap().contains("no policy"));
        } else {
            assert!(ran.error().contains("no policy"));
        }
        assert_eq!(world.json(["log"]).values()[0]["kind"], "rendered");
        std::fs::write(&policy, text).unwrap();
        assert_eq!(parents(&world, "out/x.png"), [world.id("cut/a.png")]);
    }
}

#[test]
fn one_output_that_a_source_was_made_from_does_not_cost_the_others_their_lineage() {
    let world = world();
    world.write("out/base.png", plain_png(8));
    world.scan();
    world.run(["link", "cut/a.png", "--from", "out/base.png", "--as", "crop"]).expect(0);
    let script =
        "cp out/base.png kept; rm out/base.png; cp kept out/base.png; cp ../new.png out/x.png";
    let ran = run(&world, script).expect(0);
    assert_eq!(ran.value()["unlinked"][0]["path"], "out/base.png");
    assert_eq!(parents(&world, "out/x.png"), [world.id("cut/a.png")]);
    assert_eq!(parents(&world, "out/base.png"), [""; 0]);
}

#[test]
fn what_a_link_leads_to_is_an_output() {
    let world = world();
    let script = "mkdir -p out v2 && cp ../new.png v2/x.png && ln -s ../v2/x.png out/latest.png";
    let to_link = ["run", "EP", "--out", "out/latest.png", "--", "sh", "-c", script];
    let ran = world.json(to_link).expect(0);
    assert_eq!(ran.value()["outputs"], json!(["v2/x.png"]));
    assert_eq!(parents(&world, "v2/x.png"), [world.id("cut/a.png")]);
    // A folder behind a link, and links in it that lead round in a circle.
    world.link("latest", "v2");
    world.write("y.png", plain_png(6));
    let script = "cp y.png v2/y.png; ln -sfn . v2/again";
    let ran = world.json(["run", "EP", "--out", "latest", "--", "sh", "-c", script]).expect(0);
    assert_eq!(ran.value()["outputs"], json!(["v2/y.png"]));
    let ran = run(&world, "ln -s /nowhere out/z.png").expect(4);
    assert_eq!(blocking(&ran), ["media-unresolved \"out/z.png\""]);
}

#[test]
fn only_what_was_made_or_changed_is_judged_and_not_as_the_deliverable() {
    let world = world();
    world.write("out/old.png", a1111_png(3));
    world.write("o3/old.png", a1111_png(4));
    assert_eq!(said(&run(&world, "cp ../new.png out/x.png").expect(0)).3, json!(true));
    // A name that is a pattern too.
    let script = "mkdir -p 'o[3]' && cp ../new.png 'o[3]/x.png'";
    let ran = world.json(["run", "EP", "--out", "o[3]", "--", "sh", "-c", script]).expect(0);
    assert_eq!(ran.value()["outputs"], json!(["o[3]/x.png"]));
    // Nothing of it is new in the deliverable: it never was part of that.
    let ran = run(&world, "cp ../ai.png out/y.png").expect(1);
    let findings = ran.value()["findings"].as_array().unwrap().clone();
    assert!(findings.iter().all(|one| one["code"] != "final-changed"), "{findings:#?}");
    assert_eq!(blocking(&ran), ["ai-unapproved \"out/y.png\""]);
}

#[test]
fn what_lay_elsewhere_and_what_is_empty_is_not_made_from_the_deliverable() {
    let world = world();
    world.write("cut/ai.png", a1111_png(1));
    world.write("placeholder.txt", "");
    world.scan();
    world.approve(&["cut/ai.png"]);
    world.run(["tag", "logo.png", "--not-ai", "--note", "drawn by hand"]).expect(0);
    let script = "mkdir -p out && cp logo.png out/logo.png; : > out/empty; cp ../new.png out/x.png; \
                  cp ../new.png out/copy.png";
    let ran = run(&world, script).expect(0);
    let unlinked = ran.value()["unlinked"].as_array().unwrap().clone();
    let paths: Vec<_> = unlinked.iter().map(|one| text(one, "path")).collect();
    assert_eq!(paths, ["out/empty", "out/logo.png"]);
    for (path, status) in
        [("logo.png", "not-ai"), ("out/logo.png", "not-ai"), ("placeholder.txt", "unknown")]
    {
        assert_eq!(world.row(path)["status"], status, "{path}");
    }
    assert_eq!(world.row("out/x.png")["status"], "ai-part");
    // Made again the same, also where the first time went by without a word.
    world.write("out/lost.png", plain_png(21));
    world.scan();
    let again = "cp out/lost.png kept; cp kept out/lost.png; cp kept out/lost2.png; rm kept";
    run(&world, again).expect(0);
    assert_eq!(world.row("out/lost.png")["status"], "ai-part");
    // A person who says that it was not made from these is not contradicted.
    let clear = ["link", "out/x.png", "--from", "cut/a.png", "--clear", "--note", "a slip"];
    world.run(clear).expect(0);
    run(&world, "cp ../new.png out/x.png").expect(0);
    assert_eq!(parents(&world, "out/x.png"), [world.id("cut/ai.png")]);
}

#[test]
fn a_test_render_that_nobody_said_anything_of_does_not_clear_the_official_one() {
    let world = world();
    world.write("cut/ai.png", a1111_png(1));
    // Made by hand of the same sources; and one that only says of itself that it is from elsewhere.
    world.write("test/render.png", plain_png(5));
    world.write("src.png", named_png(7, "the-source", "", false));
    world.write("test/named.png", named_png(8, "the-child", &derived("the-source"), false));
    // Of these something is known.
    world.write("test/tagged.png", plain_png(31));
    world.write("test/linked.png", plain_png(32));
    world.write("test/marked.png", a1111_png(33));
    world.scan();
    world.approve(&["cut/ai.png"]);
    world.approve(&["test/marked.png"]);
    world.run(["tag", "test/tagged.png", "--not-ai", "--note", "shot on day 2"]).expect(0);
    world.run(["link", "test/linked.png", "--from", "logo.png", "--as", "crop"]).expect(0);
    // One that the deliverable holds is what it was, not made from the others.
    let ran = run(&world, "mkdir -p out && cp test/* cut/a.png out").expect(0);
    assert_eq!(said(&ran).3, json!(true));
    let unlinked = ran.value()["unlinked"].as_array().unwrap().clone();
    let paths: Vec<_> = unlinked.iter().map(|one| text(one, "path")).collect();
    assert_eq!(paths, ["out/linked.png", "out/marked.png", "out/tagged.png"]);
    assert_eq!(parents(&world, "out/a.png"), [""; 0]);
    for path in ["out/render.png", "test/render.png", "out/named.png"] {
        assert_eq!(world.row(path)["status"], "ai-part", "{path}");
    }
    world.deliverable("MASTER", &["out/render.png"]);
    world.run(["revoke", "cut/ai.png", "--by", "Dana", "--note", "no"]).expect(0);
    world.gate("MASTER").expect("refused", &["approval-revoked out/render.png"]);
}

#[test]
fn what_is_made_of_known_sources_is_of_known_origin() {
    let world = World::bare();
    world.run(["init", "--profile", "documentary"]).expect(0);
    world.write("cut/a.png", plain_png(1));
    world.scan();
    world.run(["tag", "cut/a.png", "--not-ai", "--note", "shot on day 3"]).expect(0);
    world.deliverable("EP", &["cut/**"]);
    render(&world);
    let ran = run(&world, "mkdir -p out && cp ../new.png out/x.png").expect(0);
    assert_eq!(said(&ran).3, json!(true));
    world.deliverable("MASTER", &["out"]);
    world.gate("MASTER").expect("pass", &[]);
    // As known as what it was made from, and no more.
    world.write("out/other.png", plain_png(6));
    world.gate("MASTER").expect("refused", &["origin-unknown out/other.png"]);
    world.scan();
    world.run(["link", "out/other.png", "--from", "out/x.png", "--as", "crop"]).expect(0);
    world.gate("MASTER").expect("pass", &[]);
    // A name in a file proves nothing.
    world.write("src.png", named_png(7, "the-source", "", false));
    world.write("out/named.png", named_png(8, "the-child", &derived("the-source"), false));
    world.scan();
    world.run(["tag", "src.png", "--not-ai", "--note", "shot on day 4"]).expect(0);
    assert_eq!(parents(&world, "out/named.png"), [world.id("src.png")]);
    world.gate("MASTER").expect("refused", &["origin-unknown out/named.png"]);
    world.remove("out/named.png");
    world.run(["tag", "cut/a.png", "--clear"]).expect(0);
    let both = ["origin-unknown out/other.png", "origin-unknown out/x.png"];
    world.gate("MASTER").expect("refused", &both);
}

#[test]
fn a_guarded_folder_knows_what_export_and_run_write() {
    let world = world();
    world.configure("[[guard]]\npath = \"DELIVERY\"");
    let once = |code| world.json(["watch", "--once"]).expect(code);
    world.run(["export", "EP", "DELIVERY/EP"]).expect(0);
    once(0);
    let args = ["run", "EP", "--out", "DELIVERY/run", "--", "sh", "-c"];
    let script = ["mkdir -p DELIVERY/run && cp ../new.png DELIVERY/run/x.png"];
    world.run(args.into_iter().chain(script)).expect(0);
    once(0);
    world.write("DELIVERY/y.png", plain_png(77));
    once(1);
}

#[test]
fn an_output_with_brackets_in_its_name_is_itself_before_and_after_it_is_there() {
    let world = world();
    let make = |bytes: u8| {
        std::fs::write(world.outside("new.png"), plain_png(bytes)).unwrap();
        let script = "cp ../new.png 'out[1].png'";
        let ran = world.json(["run", "EP", "--out", "out[1].png", "--", "sh", "-c", script]);
        let said = ran.expect(0).value();
        (said["rendition"].clone(), said["outputs"].clone())
    };
    let rendition = (json!(true), json!(["out[1].png"]));
    assert_eq!([make(5), make(6)], [rendition.clone(), rendition]);
}

/// Runs a command that leaves something behind, with a settle time.
fn run_settled(world: &World, settle: &str, script: &str) -> Ran {
    world.json(["run", "EP", "--out", "out", "--settle", settle, "--", "sh", "-c", script])
}

#[test]
fn what_goes_on_in_the_background_is_waited_for() {
    let world = world();
    let whole = blake3::hash(&plain_png(5)).to_hex().to_string();
    // One that comes back later, and one that has the file open all the time and thinks for longer than
    // anybody waits.
    let later =
        "(sleep 0.4; cp ../new.png out/x.png) >&- 2>&- & mkdir -p out; printf half > out/x.png";
    let open = "mkdir -p out; exec 3>out/y.png; printf '' >&3; \
                (sleep 0.9; cat ../new.png >&3) >&- 2>&- & touch out/y.png";
    for (settle, script, made) in [("3s", later, "out/x.png"), ("200ms", open, "out/y.png")] {
        let ran = run_settled(&world, settle, script).expect(0);
        assert_eq!(said(&ran), (json!(true), json!(0), json!("pass"), json!(true)));
        assert_eq!(
            (ran.value()["outputs"].clone(), world.id(made)),
            (json!([made]), whole.clone())
        );
    }
    world.verify();
}

#[test]
fn what_never_holds_still_is_no_rendition() {
    let world = world();
    // For longer than thirty times the settle time it has the file open.
    let script = "mkdir -p out; cp ../new.png out/x.png; exec 3>out/log; sleep 8 >&- 2>&- &";
    let ran = run_settled(&world, "50ms", script).expect(4);
    assert_eq!(said(&ran), (json!(true), json!(0), json!("cannot-tell"), json!(false)));
    assert_eq!(blocking(&ran), ["media-changed \"out/log\""]);
}

#[test]
fn a_log_that_somebody_had_open_before_the_command_is_not_waited_for() {
    let world = world();
    world.write("out/run.log", "");
    let log = std::fs::OpenOptions::new().append(true).open(world.path("out/run.log")).unwrap();
    let script = "cp ../new.png out/x.png; echo done >> out/run.log";
    let ran = run_settled(&world, "50ms", script).expect(0);
    drop(log);
    assert_eq!(said(&ran), (json!(true), json!(0), json!("pass"), json!(true)));
    assert_eq!(ran.value()["outputs"], json!(["out/run.log", "out/x.png"]));
}

#[test]
fn what_was_looked_at_once_is_not_said_to_be_written_still() {
    let world = world();
    // To list them takes longer than thirty times the settle time.
    let script =
        "mkdir -p out; i=0; while [ $i -lt 4000 ]; do echo $i > out/$i.txt; i=$((i+1)); done";
    let ran = run_settled(&world, "1ms", script).expect(0);
    assert_eq!(said(&ran).2, json!("pass"));
}
