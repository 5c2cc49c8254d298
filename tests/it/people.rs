//! Determinations, approvals and the arguments that name assets.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png, xmp_png};
use crate::world::{ACTOR, World, number, text, tick};

const AI: &str = "trainedAlgorithmicMedia";

/// Status, source type and strength of a path.
fn origin(world: &World, path: &str) -> (String, Value, String) {
    let row = world.row(path);
    (text(&row, "status"), row["source_type"].clone(), text(&row, "strength"))
}

#[test]
fn a_determination_decides_whatever_the_marks_say() {
    let world = World::with([("a.png", plain_png(1)), ("b.png", a1111_png(1))]);
    let person = |status: &str| (status.to_owned(), Value::Null, "person".to_owned());
    for (flag, status) in [("--ai", "ai"), ("--ai-part", "ai-part"), ("--not-ai", "not-ai")] {
        world.run(["tag", "a.png", flag]).expect(0);
        assert_eq!(origin(&world, "a.png"), person(status));
    }
    world.run(["tag", "b.png", "--ai-part"]).expect(0);
    assert_eq!(origin(&world, "b.png"), person("ai-part"));
}

#[test]
fn a_source_type_says_the_status_by_itself_and_must_agree_with_a_flag() {
    let world = World::with([("a.png", plain_png(1))]);
    let cases = [
        (AI, "ai"),
        ("compositeSynthetic", "ai-part"),
        ("digitalCapture", "not-ai"),
        ("algorithmicMedia", "not-ai"),
    ];
    for (term, status) in cases {
        world.run(["tag", "a.png", "--source-type", term]).expect(0);
        assert_eq!(origin(&world, "a.png"), (status.into(), json!(term), "person".into()));
    }
    world.json(["tag", "a.png", "--source-type", "composite"]).expect(2).error();
    world.run(["tag", "a.png", "--source-type", "composite", "--ai-part"]).expect(0);
    assert_eq!(origin(&world, "a.png").0, "ai-part");
    world.json(["tag", "a.png", "--source-type", AI, "--not-ai"]).expect(2).error();
    world.json(["tag", "a.png", "--source-type", "notATerm"]).expect(2).error();
    world.json(["tag", "a.png"]).expect(2).error();
    world.json(["tag", "a.png", "--ai", "--not-ai"]).expect(2).error();
}

#[test]
fn not_ai_against_a_mark_needs_a_note() {
    let world = World::with([
        ("mark.png", xmp_png(1, AI)),
        ("suspect.png", xmp_png(2, "screenCapture")),
        ("plain.png", plain_png(1)),
    ]);
    let events = world.events();
    for path in ["mark.png", "suspect.png"] {
        let ran = world.json(["tag", path, "--not-ai"]).expect(2);
        assert!(text(&ran.value()["error"], "hint").contains("--note"), "{}", ran.stdout);
    }
    // All or nothing.
    world.run(["tag", "*.png", "--not-ai"]).expect(2);
    assert_eq!(world.events(), events);
    world.run(["tag", "plain.png", "--not-ai"]).expect(0);
    world.run(["tag", "*.png", "--not-ai", "--note", "shot on stage"]).expect(0);
    let shown = world.show("mark.png");
    assert_eq!(shown["status"], "not-ai");
    assert!(text(&shown["why"], "0").contains("shot on stage"), "{shown}");
    assert_eq!(shown["determination"]["note"], "shot on stage");
    assert_eq!(shown["determination"]["by"], ACTOR);
    assert!(shown["why"].to_string().contains("both stay on the record"), "{shown}");
    assert_eq!(shown["evidence"][0]["strength"], "declared");
}

#[test]
fn a_tool_and_a_note_are_kept_with_the_determination() {
    let world = World::with([("a.png", plain_png(1))]);
    world.run(["tag", "a.png", "--ai", "--tool", "Runway", "--note", "test shot"]).expect(0);
    assert_eq!(world.row("a.png")["tool"], "Runway");
    assert_eq!(world.json(["ls", "--tool", "runw"]).values().len(), 1);
    assert_eq!(world.json(["ls", "--tool", "sora"]).values().len(), 0);
}

#[test]
fn a_cleared_determination_leaves_the_marks_to_decide() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", plain_png(1))]);
    world.run(["tag", "*.png", "--not-ai", "--note", "no"]).expect(0);
    let cleared = world.json(["tag", "*.png", "--clear"]).expect(0).value();
    assert_eq!(number(&cleared, "assets"), 2);
    assert_eq!(world.row("a.png")["status"], "ai");
    assert_eq!(world.row("b.png")["status"], "unknown");
    // There is nothing left to withdraw, and nothing is journalled.
    let events = world.events();
    assert_eq!(number(&world.json(["tag", "a.png", "--clear"]).expect(0).value(), "assets"), 0);
    assert_eq!(world.events(), events);
    assert_eq!(world.show("a.png")["determination"], Value::Null);
}

#[test]
fn who_says_that_something_is_ai_made_withdraws_it_and_nobody_else() {
    let world = World::with([("a.png", plain_png(1))]);
    world.run(["--as", "Lee", "tag", "a.png", "--ai", "--tool", "Sora"]).expect(0);
    let events = world.events();
    let said = world.json(["--as", "Max", "tag", "a.png", "--clear"]).expect(2).error();
    assert!(said.contains("by the word of Lee"), "{said}");
    let ran = world.json(["--as", "Max", "tag", "a.png", "--not-ai"]).expect(2);
    assert!(text(&ran.value()["error"], "hint").contains("--note"), "{}", ran.stdout);
    assert_eq!(world.events(), events);
    // Max determines otherwise and withdraws that: it is what Lee said, which Lee corrects.
    world.run(["--as", "Max", "tag", "a.png", "--not-ai", "--note", "I drew it"]).expect(0);
    let why = text(&world.show("a.png")["why"], "0");
    assert!(why.ends_with("I drew it; Lee determined it to be AI-made before"), "{why}");
    world.run(["--as", "Max", "tag", "a.png", "--clear"]).expect(0);
    let shown = world.show("a.png");
    assert_eq!((&shown["status"], &shown["strength"]), (&json!("ai"), &json!("declared")));
    assert_eq!((&shown["tool"], &shown["determination"]), (&json!("Sora"), &Value::Null));
    assert_eq!(
        (number(&world.scan(), "ai"), world.row("a.png")["status"].clone()),
        (1, json!("ai"))
    );
    world.run(["--as", "Lee", "tag", "a.png", "--not-ai"]).expect(0);
    assert_eq!(origin(&world, "a.png").0, "not-ai");
    world.run(["--as", "Lee", "tag", "a.png", "--ai"]).expect(0);
    world.run(["--as", "Lee", "tag", "a.png", "--clear"]).expect(0);
    assert_eq!(world.row("a.png")["status"], "unknown");
}

#[test]
fn who_clears_withdraws_their_own_word_whatever_was_said_since() {
    let world = World::with([("a.png", plain_png(1)), ("b.png", plain_png(2))]);
    let as_ = |who: &str, args: &[&str]| {
        world.run(["--as", who, "tag"].into_iter().chain(args.iter().copied())).expect(0);
    };
    as_("Kim", &["a.png", "--ai"]);
    as_("Lee", &["*.png", "--not-ai", "--note", "a photograph"]);
    // Of one their own word, of the other the only one there is.
    as_("kim", &["*.png", "--clear"]);
    assert_eq!(origin(&world, "a.png").0, "not-ai");
    let said = world.show("a.png");
    assert_eq!(said["determination"]["by"], "Lee");
    assert_eq!(said["why"][0], "Lee determined it to be not AI-made: a photograph");
    assert_eq!(world.row("b.png")["status"], "unknown");
    as_("Lee", &["a.png", "--clear"]);
    assert_eq!(world.row("a.png")["status"], "unknown");
    // Also where the newest word was withdrawn by somebody else, and theirs decides.
    as_("Kim", &["a.png", "--ai"]);
    as_("Lee", &["a.png", "--not-ai", "--note", "no"]);
    as_("Max", &["a.png", "--clear"]);
    assert_eq!(world.row("a.png")["status"], "ai");
    world.json(["--as", "Max", "tag", "a.png", "--clear"]).expect(2).error();
    as_("Kim", &["a.png", "--clear"]);
    assert_eq!(world.row("a.png")["status"], "unknown");
}

#[test]
fn a_determination_is_of_the_content_and_follows_it() {
    let world = World::with([("a.png", plain_png(1))]);
    world.run(["tag", "a.png", "--ai"]).expect(0);
    fs::copy(world.path("a.png"), world.path("b.png")).unwrap();
    tick();
    world.write("a.png", plain_png(2));
    let scanned = world.scan();
    assert_eq!((number(&scanned, "ai"), number(&scanned, "unknown")), (1, 1));
    assert_eq!(world.row("b.png")["status"], "ai");
    assert_eq!(world.row("a.png")["status"], "unknown");
}

#[test]
fn documents_are_copied_in_by_their_hash_and_a_changed_one_is_found() {
    let world = World::with([("a.png", a1111_png(1))]);
    let id = world.approve(&["a.png"]);
    assert_eq!(id, "A-1");
    let letter = fs::read(world.outside("letter.txt")).unwrap();
    let hash = blake3::hash(&letter).to_hex().to_string();
    let kept = world.path(".genlock/documents").join(&hash);
    assert_eq!(fs::read(&kept).unwrap(), letter);
    let approval = &world.show("a.png")["approvals"][0];
    assert_eq!(
        (&approval["document"], &approval["document_name"]),
        (&json!(hash), &json!("letter.txt"))
    );
    assert_eq!((&approval["id"], &approval["by"]), (&json!("A-1"), &json!("Dana")));
    assert_eq!((&approval["scope"], &approval["standing"]), (&json!("final"), &json!("active")));
    // The original may go.
    fs::remove_file(world.outside("letter.txt")).unwrap();
    world.verify();
    fs::write(&kept, "We approve that.\n").unwrap();
    let verified = world.json(["verify"]).expect(6).value();
    assert!(verified["problems"].to_string().contains("document of A-1"), "{verified}");
    fs::remove_file(&kept).unwrap();
    world.run(["verify"]).expect(6);
}

/// The document of the first approval, in the store.
fn kept(world: &World) -> std::path::PathBuf {
    let letter = fs::read(world.outside("letter.txt")).unwrap();
    world.path(".genlock/documents").join(blake3::hash(&letter).to_hex().as_str())
}

#[test]
fn nobody_waits_for_a_pipe_in_the_place_of_a_document() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.approve(&["a.png"]);
    world.deliverable("EP", &["a.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned a.png]"]);
    let kept = kept(&world);
    let name = kept.strip_prefix(world.dir()).unwrap().display().to_string();
    fs::remove_file(&kept).unwrap();
    world.fifo(&name);
    let verified = world.json(["verify"]).expect(6).value();
    let said = text(&verified["problems"][0], "problem");
    assert_eq!(said, "letter.txt is not a regular file");
    world.gate("EP").expect("refused", &["approval-no-document a.png"]);
}

#[test]
fn what_a_killed_copy_left_among_the_documents_is_taken_away_once_it_is_old() {
    let world = World::with([("a.png", a1111_png(1))]);
    let draft = |name: &str, age: Duration| {
        let path = world.write(format!(".genlock/documents/{name}"), "half a lett");
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
        path
    };
    let day = Duration::from_hours(24);
    let old = draft(".4711.genlock-tmp", 2 * day);
    let new = draft(".4712.genlock-tmp", day / 2);
    let other = draft("letter.genlock-tmp", 2 * day);
    world.approve(&["a.png"]);
    assert!(!old.exists(), "nobody is at it any more");
    assert!(new.exists(), "somebody may be at it");
    assert!(other.exists(), "no draft of ours is called so");
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_word_that_comes_while_somebody_says_otherwise_is_asked_about_too() {
    let world = World::with([("a.png", plain_png(1))]);
    let mut command = world.command();
    command.args(["tag", "a.png", "--not-ai"]).env("GENLOCK_FAILPOINT_STOP", "decision-taken");
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let waited = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::UNTRACED);
    assert!(waited.unwrap().unwrap().1.stopped());
    world.run(["--as", "kim", "tag", "a.png", "--ai"]).expect(0);
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("is AI-made by the word of kim"), "{said}");
    assert_eq!(world.row("a.png")["status"], "ai");
}

#[test]
fn a_missing_document_is_spoken_of_only_where_the_policy_asks_for_one() {
    let world = World::with([("a.png", a1111_png(1))]);
    let approved =
        || world.run(["approve", "a.png", "--by", "Dana", "--scope", "final"]).expect(0).stdout;
    assert!(approved().contains("without the document a final deliverable asks for"));
    world.policy(&[("approval-no-document", "off")]);
    let said = approved();
    assert!(said.contains("approved for final use") && !said.contains("document"), "{said}");
}

#[test]
fn a_document_that_is_not_there_records_nothing() {
    let world = World::with([("a.png", a1111_png(1))]);
    let events = world.events();
    let args = ["approve", "a.png", "--by", "D", "--scope", "final", "--document", "nowhere.pdf"];
    world.json(args).expect(2).error();
    assert_eq!(world.events(), events);
    let left = fs::read_dir(world.path(".genlock/documents")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn approvals_and_rejections_are_numbered_in_one_series() {
    let world = World::with([("a.png", a1111_png(1))]);
    assert_eq!(world.approve(&["a.png"]), "A-1");
    let no = world.json(["reject", "a.png", "--by", "Lee", "--note", "no"]).expect(0).value();
    assert_eq!(no["ids"], json!(["A-2"]));
    assert_eq!(world.approve(&["a.png"]), "A-3");
    let shown = world.show("a.png");
    let decisions: Vec<_> =
        shown["approvals"].as_array().unwrap().iter().map(|one| text(one, "decision")).collect();
    assert_eq!(decisions, ["approved", "rejected", "approved"]);
    world.run(["reject", "a.png", "--by", "Lee"]).expect(2);
    world.run(["revoke", "A-1"]).expect(2);
    world.run(["approve", "a.png", "--scope", "final"]).expect(2);
    world.run(["approve", "a.png", "--by", "D"]).expect(2);
    world.run(["approve", "a.png", "--by", " ", "--scope", "final"]).expect(2);
}

#[test]
fn many_assets_make_one_event_that_lists_each_content_once() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    fs::copy(world.path("a.png"), world.path("copy.png")).unwrap();
    world.scan();
    let events = world.events();
    let letter = world.letter();
    let args = ["approve", ".", "--by", "D", "--scope", "final", "--document", &letter];
    let answer = world.json(args).expect(0).value();
    assert_eq!((number(&answer, "assets"), &answer["ids"]), (2, &json!(["A-1"])));
    assert_eq!(world.events(), events + 1);
    assert_eq!(world.json(["ls", "--clearance", "approved"]).values().len(), 3);
}

#[test]
fn an_asset_is_named_by_path_glob_folder_id_or_prefix() {
    let world = World::with([
        ("cut/a.png", a1111_png(1)),
        ("cut/deep/b.png", a1111_png(2)),
        ("c.png", a1111_png(3)),
    ]);
    let assets = |argument: &str| {
        let answer = world.json(["tag", argument, "--ai"]);
        assert_eq!(answer.code, 0, "{argument}: {}", answer.stdout);
        number(&answer.value(), "assets")
    };
    let id = world.id("c.png");
    assert_eq!(assets("cut/a.png"), 1);
    assert_eq!(assets("./cut/a.png"), 1);
    assert_eq!(assets(&world.path("cut/a.png").display().to_string()), 1);
    assert_eq!(assets("cut/*.png"), 1);
    assert_eq!(assets("**/*.png"), 3);
    assert_eq!(assets("cut"), 2);
    assert_eq!(assets("cut/"), 2);
    assert_eq!(assets(&id), 1);
    assert_eq!(assets(&id.to_uppercase()), 1);
    assert_eq!(assets(&id[..8]), 1);
    assert_eq!(assets(&id[..40]), 1);
    // Relative to where one stands, and to the project.
    assert_eq!(world.run_in("cut", ["tag", "a.png", "--ai"]).code, 0);
    assert_eq!(world.run_in("cut", ["tag", "cut/a.png", "--ai"]).code, 0);
    assert_eq!(world.run_in("cut", ["tag", "../c.png", "--ai"]).code, 0);
}

#[test]
fn an_unknown_asset_is_a_usage_error_and_records_nothing() {
    let world = World::with([("a.png", a1111_png(1))]);
    let events = world.events();
    let none = "0".repeat(64);
    let short = &world.id("a.png")[..7];
    for argument in ["nope.png", "nope/**", "deadbeef", &none, short, "/etc/hostname", "", "["] {
        for command in [&["tag", "--ai"][..], &["approve", "--by", "D", "--scope", "final"]] {
            let args = [command, &[argument]].concat();
            world.json(args).expect(2).error();
        }
        world.json(["show", argument]).expect(2).error();
    }
    // One wrong name among right ones stops all.
    world.json(["tag", "a.png", "nope.png", "--ai"]).expect(2).error();
    assert_eq!(world.events(), events);
}

#[test]
fn a_prefix_that_stands_for_several_assets_is_refused() {
    // Two contents whose ids begin with the same 8 digits: found by search, 2^16 tries or so.
    let world = World::new();
    let mut seen = std::collections::HashMap::new();
    let (one, other) = (0_u64..)
        .find_map(|number| {
            let id = blake3::hash(&number.to_le_bytes());
            let prefix: [u8; 4] = id.as_bytes()[..4].try_into().unwrap();
            seen.insert(prefix, number).map(|before| (before, number))
        })
        .unwrap();
    world.write("one", one.to_le_bytes());
    world.write("other", other.to_le_bytes());
    world.scan();
    let id = world.id("one");
    assert!(world.json(["show", &id[..8]]).expect(2).error().contains("several"));
    assert_eq!(world.show(&id[..20])["asset"], id.as_str());
}

#[test]
fn who_acts_is_named_by_flag_environment_or_login() {
    let world = World::with([("a.png", plain_png(1))]);
    let newest = || text(&world.json(["log"]).values()[0], "actor");
    world.run(["tag", "a.png", "--ai", "--as", "lee"]).expect(0);
    assert_eq!(newest(), "lee");
    world.run(["tag", "a.png", "--ai"]).expect(0);
    assert_eq!(newest(), ACTOR);
    let mut command = world.command();
    command.env_remove("GENLOCK_ACTOR").env("USER", "sam").args(["tag", "a.png", "--ai"]);
    assert!(command.output().unwrap().status.success());
    assert!(newest().starts_with("sam@"), "{}", newest());
}

#[test]
fn an_approval_for_a_deliverable_nobody_defined_is_noted() {
    let world = World::with([("a.png", a1111_png(1))]);
    let args = ["approve", "a.png", "--by", "D", "--scope", "final", "--deliverable", "EP10"];
    let ran = world.run(args).expect(0);
    assert!(ran.stderr.contains("no deliverable \"EP10\" yet"), "{}", ran.stderr);
}

#[test]
fn a_note_that_says_nothing_is_no_note() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.approve(&["a.png"]);
    world.deliverable("EP", &["a.png"]);
    world.run(["finalize", "EP"]).expect(0);
    let events = world.events();
    for command in [
        &["tag", "a.png", "--not-ai"][..],
        &["reject", "a.png", "--by", "Dana"],
        &["revoke", "A-1"],
        &["reopen", "EP"],
        &["approve", "A-1", "--condition-met", "--by", "Dana"],
        &["policy", "ack"],
    ] {
        for blank in ["", " \t"] {
            world.json(command.iter().chain(&["--note", blank])).expect(2).error();
        }
    }
    assert_eq!(world.events(), events);
}

#[test]
fn who_agrees_with_a_mark_takes_nothing_from_it() {
    let world = World::with([("a.png", xmp_png(1, AI)), ("b.png", xmp_png(2, AI))]);
    world.run(["tag", "a.png", "--ai"]).expect(0);
    assert_eq!(origin(&world, "a.png"), ("ai".into(), json!(AI), "person".into()));
    world.run(["tag", "b.png", "--ai-part"]).expect(0);
    assert_eq!(origin(&world, "b.png"), ("ai-part".into(), Value::Null, "person".into()));
    assert_eq!(world.json(["ls", "--source-type", AI]).values().len(), 1);
}

#[test]
fn a_rejection_takes_the_form_of_an_approval() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.approve(&["a.png"]);
    let no = world.path("no.txt");
    fs::write(&no, "not this").unwrap();
    let no = no.to_str().unwrap();
    let said = ["reject", "a.png", "--by", "Dana", "--scope", "temp", "--document", no];
    world.run(said.iter().chain(&["--note", "not even temp", "--deliverable", "EP"])).expect(0);
    world.gate("EP").expect("refused", &["approval-rejected a.png"]);
}

#[test]
fn a_revocation_can_be_of_one_scope_or_deliverable_and_in_writing() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.deliverable("TRAILER", &["a.png"]);
    let letter = world.letter();
    for more in [&["temp"][..], &["final", "--deliverable", "EP"]] {
        let base = ["approve", "a.png", "--by", "Dana", "--document", &letter, "--scope"];
        world.run(base.iter().chain(more)).expect(0);
    }
    let revoke = |more: &[&str]| {
        let base = ["revoke", "a.png", "--note", "rights gone", "--document", &letter];
        let ran = world.json(base.iter().chain(more));
        (ran.code, if ran.code == 0 { ran.value()["ids"].clone() } else { Value::Null })
    };
    assert_eq!(revoke(&["--deliverable", "TRAILER", "--scope", "final"]).0, 2, "none is of that");
    assert_eq!(revoke(&["--scope", "temp"]), (0, json!(["A-1"])));
    world.gate("EP").expect("pass", &["[approval-unsigned a.png]"]);
    assert_eq!(revoke(&["--deliverable", "EP"]), (0, json!(["A-2"])));
    world.gate("EP").expect("refused", &["approval-revoked a.png"]);
    // The letter is kept like every other.
    world.verify();
    let kept = world.path(".genlock/documents");
    for document in fs::read_dir(kept).unwrap() {
        fs::remove_file(document.unwrap().path()).unwrap();
    }
    let broken = world.json(["verify"]).expect(6).value();
    assert!(broken["problems"].to_string().contains("revocation"), "{broken}");
}

#[test]
fn a_revocation_for_a_deliverable_that_nobody_named_is_refused_and_a_wider_one_is_said() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    world.deliverable("EP", &["a.png", "b.png"]);
    world.approve(&["a.png"]);
    let ahead = ["approve", "b.png", "--by", "Dana", "--scope", "temp", "--deliverable", "NEXT"];
    world.run(ahead).expect(0);
    let before = world.events();
    for target in ["a.png", "A-1"] {
        let misspelt = ["revoke", target, "--note", "rights gone", "--deliverable", "EP1"];
        let ran = world.run(misspelt).expect(2);
        assert!(ran.stderr.contains("there is no deliverable \"EP1\""), "{}", ran.stderr);
        assert!(ran.stderr.contains("EP, NEXT"), "{}", ran.stderr);
    }
    assert_eq!(world.events(), before);
    let revoke = |asset: &str, name: &str| {
        let args = ["revoke", asset, "--note", "rights gone", "--deliverable", name];
        world.run(args).expect(0).stdout
    };
    let said = revoke("a.png", "EP");
    assert!(said.contains("A-1 withdrawn for 1 asset; A-1 was for all deliverables"), "{said}");
    // An approval may name what is not defined yet, and what it names can be withdrawn.
    let said = revoke("b.png", "NEXT");
    assert!(said.contains("A-2 withdrawn") && !said.contains("all deliverables"), "{said}");
}
