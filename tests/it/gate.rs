//! The gate: what a deliverable contains is found on disk, what could not be known never passes, and
//! the policy decides how hard each finding is.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::media::{a1111_png, plain_png, truncated_png, xmp_png};
use crate::world::{Ran, World, number, text, tick};

const AI: &str = "trainedAlgorithmicMedia";

#[test]
fn every_finding_code_has_a_test() {
    let tests = [
        include_str!("gate.rs"),
        include_str!("approvals.rs"),
        include_str!("attacks.rs"),
        include_str!("in_force.rs"),
        include_str!("bad_input.rs"),
        include_str!("deliverables.rs"),
        include_str!("packages.rs"),
        include_str!("declarations.rs"),
        include_str!("policy.rs"),
        include_str!("profiles.rs"),
        include_str!("tools.rs"),
    ];
    for code in genlock::model::RuleCode::ALL {
        let quoted = format!("\"{} ", code.as_str());
        let warned = format!("\"[{} ", code.as_str());
        let tested = tests.iter().any(|text| text.contains(&quoted) || text.contains(&warned));
        assert!(tested, "no test expects the finding {}", code.as_str());
    }
}

#[test]
fn a_deliverable_of_clean_files_passes() {
    let world = World::with([("a.png", plain_png(1)), ("b.png", plain_png(2))]);
    world.deliverable("EP", &["*.png"]);
    let gate = world.gate("EP");
    assert_eq!(number(&gate.expect("pass", &[]).answer, "checked"), 2);
}

#[test]
fn an_empty_deliverable_is_refused() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("NONE", &["nothing/**"]);
    world.gate("NONE").expect("refused", &["deliverable-empty -"]);
    world.run(["finalize", "NONE"]).expect(1);
    fs::create_dir(world.path("empty")).unwrap();
    world.deliverable("HOLLOW", &["empty"]);
    world.gate("HOLLOW").expect("refused", &["deliverable-empty -"]);
}

#[test]
fn a_pattern_that_fits_nothing_is_said() {
    let world = World::with([("cut/a.png", plain_png(1))]);
    world.deliverable("EP", &["cut/**", "grafics/**"]);
    let gate = world.gate("EP");
    gate.expect("pass", &["[path-unmatched -]"]);
    assert!(text(gate.finding("path-unmatched"), "why").contains("grafics/**"));
}

#[test]
fn a_single_character_of_a_pattern_is_not_a_byte() {
    let world = World::with([
        ("conform/a.png", plain_png(1)),
        ("conform/é.png", a1111_png(1)),
        ("conform/scène_1.png", a1111_png(2)),
    ]);
    let ai = "ai-unapproved conform/é.png";
    for (name, pattern) in
        [("ONE", "conform/?.png"), ("NOT", "conform/[!b].png"), ("OF", "conform/[a-zà-ÿ].png")]
    {
        world.deliverable(name, &[pattern]);
        world.gate(name).expect("refused", &[ai]);
    }
    world.deliverable("IN", &["conform/sc?ne_*"]);
    world.gate("IN").expect("refused", &["ai-unapproved conform/scène_1.png"]);
    let listed = world.json(["ls", "conform/?.png"]).expect(0).values();
    assert_eq!(listed.len(), 2, "{listed:?}");
}

#[test]
fn a_deliverable_whose_folder_went_away_is_empty() {
    let world = World::with([("cut/a.png", plain_png(1)), ("cut/deep/b.png", plain_png(2))]);
    world.deliverable("EP", &["cut/**"]);
    world.deliverable("DEEP", &["cut/deep/*.png"]);
    world.gate("EP").expect("pass", &[]);
    fs::remove_dir_all(world.path("cut/deep")).unwrap();
    world.gate("DEEP").expect("refused", &["deliverable-empty -"]);
    let gate = world.gate("EP");
    assert_eq!(number(&gate.expect("pass", &[]).answer, "checked"), 1);
    fs::remove_dir_all(world.path("cut")).unwrap();
    world.gate("EP").expect("refused", &["deliverable-empty -"]);
    // What the gate saw is on the ledger: the files are missing, without a scan.
    assert_eq!(world.json(["ls", "--missing"]).values().len(), 2);
    world.verify();
}

#[test]
fn an_ai_file_that_landed_after_the_last_scan_does_not_pass() {
    let world = World::with([("cut/a.png", plain_png(1))]);
    world.deliverable("EP", &["cut/**"]);
    world.gate("EP").expect("pass", &[]);
    world.write("cut/late.png", a1111_png(1));
    world.gate("EP").expect("refused", &["ai-unapproved cut/late.png"]);
    world.write("cut/later/still.png", xmp_png(1, AI));
    world
        .gate("EP")
        .expect("refused", &["ai-unapproved cut/late.png", "ai-unapproved cut/later/still.png"]);
    assert_eq!(world.row("cut/late.png")["status"], "ai", "the gate recorded what it saw");
}

#[test]
fn an_ai_file_in_a_project_never_scanned_does_not_pass() {
    let world = World::new();
    world.write("a.png", a1111_png(1));
    world.deliverable("EP", &["**"]);
    world.gate("EP").expect("refused", &["ai-unapproved a.png"]);
}

#[test]
fn ignore_rules_never_hide_what_a_deliverable_names() {
    let world = World::new();
    world.write(".genlockignore", "*.png\nhidden/\n");
    world.configure("ignore = [\"*.jpg\"]");
    world.write("cut/ai.png", a1111_png(1));
    world.write("cut/hidden/ai.png", a1111_png(2));
    world.write("cut/._ai.png", a1111_png(3));
    world.write("cut/.genlock/ai.png", a1111_png(4));
    world.write("cut/.Trashes/ai.jpg", a1111_png(5));
    world.scan();
    world.deliverable("EP", &["cut/**"]);
    let all = [
        "ai-unapproved cut/.Trashes/ai.jpg",
        "ai-unapproved cut/._ai.png",
        "ai-unapproved cut/.genlock/ai.png",
        "ai-unapproved cut/ai.png",
        "ai-unapproved cut/hidden/ai.png",
    ];
    world.gate("EP").expect("refused", &all);
    // A scan between does not make them forgotten.
    world.scan();
    world.gate("EP").expect("refused", &all);
    world.approve(&["cut"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    world.verify();
}

#[test]
fn a_link_stands_for_the_file_it_leads_to() {
    let world = World::with([("lib/ai.png", a1111_png(1)), ("lib/clean.png", plain_png(1))]);
    fs::create_dir(world.path("cut")).unwrap();
    world.link("cut/clean.png", "../lib/clean.png");
    world.deliverable("EP", &["cut"]);
    world.gate("EP").expect("pass", &[]);
    world.link("cut/ai.png", "../lib/ai.png");
    world.gate("EP").expect("refused", &["ai-unapproved lib/ai.png"]);
    world.approve(&["lib/ai.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned lib/ai.png]"]);
    // What it leads to is re-read: another content behind the same link is not covered.
    tick();
    world.write("lib/ai.png", a1111_png(2));
    world.gate("EP").expect("refused", &["ai-unapproved lib/ai.png"]);
}

#[test]
fn two_links_to_one_file_are_both_what_their_patterns_fit() {
    let world = World::with([("src/x.png", plain_png(1))]);
    for folder in ["a", "b"] {
        fs::create_dir(world.path(folder)).unwrap();
        world.link(&format!("{folder}/x.png"), "../src/x.png");
    }
    world.deliverable("EP", &["a/*", "b/*"]);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn a_file_that_gave_way_to_a_link_is_not_judged_any_more() {
    for named in ["cut/a.png", "cut/*.png"] {
        let world = World::with([("cut/a.png", a1111_png(1)), ("lib/clean.png", plain_png(1))]);
        world.deliverable("EP", &[named]);
        world.gate("EP").expect("refused", &["ai-unapproved cut/a.png"]);
        world.remove("cut/a.png");
        world.link("cut/a.png", "../lib/clean.png");
        let gate = world.gate("EP");
        assert_eq!(number(&gate.expect("pass", &[]).answer, "checked"), 1, "{named}");
        world.scan();
        world.gate("EP").expect("pass", &[]);
        world.verify();
    }
}

#[test]
fn a_file_that_is_named_twice_is_judged_once() {
    let world = World::new();
    world.write("cut/a.png", a1111_png(1));
    world.write("lib/b.png", a1111_png(2));
    world.link("cut/b.png", "../lib/b.png");
    world.deliverable("EP", &["cut/**", "cut/a.png", "./cut/a.png", "cut/b.png", "lib/b.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved cut/a.png", "ai-unapproved lib/b.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved cut/a.png", "ai-unapproved lib/b.png"]);
}

#[test]
fn a_link_out_of_the_roots_or_to_nowhere_or_to_a_folder_cannot_be_told() {
    let world = World::new();
    fs::write(world.outside("ai.png"), a1111_png(1)).unwrap();
    world.write("cut/a.png", plain_png(1));
    world.write("lib/ai.png", a1111_png(1));
    world.link("cut/outside.png", world.outside("ai.png"));
    world.link("cut/dangling.png", "gone.png");
    world.link("cut/folder", "../lib");
    world.deliverable("EP", &["cut/**"]);
    world.gate("EP").expect(
        "cannot-tell",
        &[
            "media-unresolved cut/dangling.png",
            "media-unresolved cut/folder",
            "media-unresolved cut/outside.png",
        ],
    );
    // The same when the link is named itself.
    world.deliverable("ONE", &["cut/outside.png"]);
    world.gate("ONE").expect("cannot-tell", &["media-unresolved cut/outside.png"]);
}

#[test]
fn a_link_into_another_root_is_judged_where_it_leads() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::write(archive.join("ai.png"), a1111_png(1)).unwrap();
    fs::create_dir(world.path("cut")).unwrap();
    world.link("cut/ai.png", archive.join("ai.png"));
    world.deliverable("EP", &["cut"]);
    world.gate("EP").expect("refused", &["ai-unapproved archive:ai.png"]);
}

#[test]
fn a_link_to_what_genlock_keeps_for_itself_hides_nothing() {
    let world = World::with([("cut/a.png", plain_png(1))]);
    fs::write(world.path(".genlock/documents/ai.png"), a1111_png(1)).unwrap();
    world.link("cut/ai.png", "../.genlock/documents/ai.png");
    world.deliverable("PART", &["cut"]);
    assert_ne!(world.gate("PART").verdict, "pass");
    world.deliverable("ALL", &["**"]);
    assert_ne!(world.gate("ALL").verdict, "pass");
}

#[test]
fn what_is_named_one_by_one_must_be_there() {
    let world = World::with([("a.png", plain_png(1)), ("b.png", plain_png(2))]);
    world.deliverable("EP", &["a.png", "b.png"]);
    world.gate("EP").expect("pass", &[]);
    world.remove("b.png");
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-missing b.png"]);
    assert_eq!(number(&gate.answer, "checked"), 1);
    assert_eq!(gate.answer["problems"][0]["path"], "b.png");
    world.rename("a.png", "b.png");
    world.gate("EP").expect("cannot-tell", &["media-missing a.png"]);
}

#[test]
fn a_deliverable_may_span_roots() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::create_dir(archive.join("used")).unwrap();
    fs::write(archive.join("used/ai.png"), a1111_png(1)).unwrap();
    fs::write(archive.join("other.png"), a1111_png(2)).unwrap();
    world.write("cut/a.png", plain_png(1));
    world.deliverable("EP", &["cut", "archive:used/**"]);
    let gate = world.gate("EP");
    gate.expect("refused", &["ai-unapproved archive:used/ai.png"]);
    assert_eq!(number(&gate.answer, "checked"), 2);
    world.approve(&["archive:used/ai.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    // A root that vanished cannot be told, whatever was known of it.
    fs::rename(&archive, world.outside("unmounted")).unwrap();
    let gate = world.gate("EP");
    assert_eq!((gate.verdict.as_str(), gate.code), ("cannot-tell", 4), "{gate:#?}");
    // Nor one that is not configured any more.
    let config = fs::read_to_string(world.path(".genlock/config.toml")).unwrap();
    let added = config.rfind("[[root]]").unwrap();
    fs::write(world.path(".genlock/config.toml"), &config[..added]).unwrap();
    assert_ne!(world.gate("EP").verdict, "pass");
}

#[test]
fn all_findings_come_at_once_and_each_says_what_would_clear_it() {
    let world = World::with([
        ("ai.png", a1111_png(1)),
        ("suspect.png", xmp_png(2, "screenCapture")),
        ("temp.png", a1111_png(3)),
    ]);
    world.json(["scan"]);
    world.write("broken.png", truncated_png(4));
    world.run(["approve", "temp.png", "--by", "Dana", "--scope", "temp"]).expect(0);
    world.deliverable("EP", &["*.png", "gone.png"]);
    let gate = world.gate("EP");
    gate.expect(
        "refused",
        &[
            "ai-unapproved ai.png",
            "approval-temp-only temp.png",
            "media-missing gone.png",
            "media-unread broken.png",
            "suspect-undetermined suspect.png",
        ],
    );
    for finding in gate.answer["findings"].as_array().unwrap() {
        assert!(text(finding, "why").len() > 10, "{finding}");
        assert!(text(finding, "fix").len() > 10, "{finding}");
    }
    assert!(text(gate.finding("ai-unapproved"), "fix").contains("genlock approve"));
    assert!(text(gate.finding("suspect-undetermined"), "fix").contains("genlock tag"));
}

#[test]
fn a_suspect_needs_a_determination() {
    let world = World::with([("s.png", xmp_png(1, "screenCapture"))]);
    world.deliverable("EP", &["s.png"]);
    world.gate("EP").expect("refused", &["suspect-undetermined s.png"]);
    // An approval is no determination.
    world.approve(&["s.png"]);
    world.gate("EP").expect("refused", &["suspect-undetermined s.png"]);
    world.run(["tag", "s.png", "--ai-part"]).expect(0);
    world.gate("EP").expect("pass", &["[approval-unsigned s.png]"]);
}

#[test]
fn a_refusal_outweighs_what_could_not_be_told_and_warnings_pass() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png", "gone.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved ai.png", "media-missing gone.png"]);
    world.approve(&["ai.png"]);
    world
        .gate("EP")
        .expect("cannot-tell", &["[approval-unsigned ai.png]", "media-missing gone.png"]);
    world.write("gone.png", plain_png(1));
    world.gate("EP").expect("pass", &["[approval-unsigned ai.png]"]);
}

#[test]
fn the_policy_decides_how_hard_a_finding_is() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    world.policy(&[("ai-unapproved", "warn")]);
    world.gate("EP").expect("pass", &["[ai-unapproved ai.png]"]);
    world.policy(&[("ai-unapproved", "off")]);
    world.gate("EP").expect("pass", &[]);
    world.policy(&[("ai-unapproved", "block"), ("approval-unsigned", "block")]);
    world.approve(&["ai.png"]);
    world.gate("EP").expect("refused", &["approval-unsigned ai.png"]);
}

#[test]
fn a_changed_policy_is_put_on_the_record_and_named_by_the_verdict() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    let before = world.gate("EP").answer["policy"].clone();
    assert_eq!(before["profile"], "netflix");
    world.policy(&[("conditions-open", "block")]);
    let after = world.gate("EP").answer["policy"].clone();
    assert_ne!(before["hash"], after["hash"]);
    let written = world.read(".genlock/policy.toml");
    assert_eq!(text(&after, "hash"), blake3::hash(&written).to_hex().as_str());
    let adopted = |world: &World| {
        let events = world.json(["log"]).values();
        events.iter().filter(|event| event["kind"] == "policy-adopted").count()
    };
    assert_eq!(adopted(&world), 2);
    world.gate("EP");
    assert_eq!(adopted(&world), 2, "unchanged, it is no news");
}

#[test]
fn without_a_policy_nothing_passes() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.remove(".genlock/policy.toml");
    let events = world.events();
    for command in ["gate", "finalize"] {
        let error = world.json([command, "EP"]).expect(3).error();
        assert!(error.contains("there is no policy"), "{error}");
        world.write(".genlock/policy.toml", "");
        let ran = world.json([command, "EP"]).expect(3);
        let causes = ran.value()["error"]["causes"].to_string();
        assert!(causes.contains("no rules"), "{causes}");
        world.write(".genlock/policy.toml", b"profile = \"\xff\"\n");
        world.json([command, "EP"]).expect(3).error();
        world.remove(".genlock/policy.toml");
    }
    assert_eq!(world.events(), events, "nothing was judged");
}

#[test]
fn every_problem_of_a_policy_is_named_with_its_line() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.write(
        ".genlock/policy.toml",
        "profile = \"x\"\n[[rule]]\ncode = \"ai-unaproved\"\nseverity = \"block\"\n\
         [[rule]]\ncode = \"media-unread\"\nseverity = \"off\"\n[[rule]]\nseverity = \"soft\"\n",
    );
    let ran = world.json(["gate", "EP"]).expect(3);
    let causes: Vec<_> = ran.value()["error"]["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    for line in ["line 3, ", "line 6, ", "line 8, ", "line 9, "] {
        assert_eq!(causes.iter().filter(|cause| cause.contains(line)).count(), 1, "{causes:#?}");
    }
    let told = world.run(["gate", "EP"]).expect(3).stderr;
    assert_eq!(told.matches("  caused by: line ").count(), 4, "{told}");
}

#[test]
fn an_unknown_deliverable_is_a_usage_error() {
    let world = World::new();
    world.deliverable("EP", &["a"]);
    for command in ["gate", "finalize"] {
        let ran = world.json([command, "nope"]).expect(2);
        assert!(text(&ran.value()["error"], "hint").contains("EP"));
    }
}

#[test]
fn a_gate_journals_its_run_with_what_it_saw() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png", "gone.png"]);
    let gate = world.gate("EP");
    let newest = world.json(["log"]).values().remove(0);
    assert_eq!(newest["kind"], "gated");
    assert_eq!(number(&newest, "seq"), number(&gate.answer["journal"], "seq"));
    assert_eq!(text(&newest, "hash"), text(&gate.answer["journal"], "head"));
    assert_eq!(text(&newest, "summary"), "EP: cannot-tell (1 file)");
    // The head it quotes can be checked against, now and later.
    let head = format!("{}:{}", newest["seq"], text(&newest, "hash"));
    world.scan();
    world.run(["verify", "--head", &head]).expect(0);
}

#[test]
fn a_link_that_is_led_elsewhere_while_the_gate_looks_is_judged_by_what_it_leads_to() {
    let world = World::with([("lib/a.png", plain_png(1)), ("lib/ai.png", a1111_png(2))]);
    // It takes time to read, and then the gate looks again.
    let large = fs::File::create(world.write("cut/large.bin", "")).unwrap();
    large.set_len(600 << 20).unwrap();
    world.link("cut/l.png", "../lib/a.png");
    world.deliverable("EP", &["cut/**"]);
    let gate =
        world.command().args(["--json", "gate", "EP"]).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    world.link("cut/new", "../lib/ai.png");
    world.rename("cut/new", "cut/l.png");
    let live = Ran::from(gate.wait_with_output().unwrap());
    // Whenever the link was led elsewhere: the run that is on record judged what it says that it saw.
    let seq = live.value()["journal"]["seq"].to_string();
    assert_eq!(world.json(["gate", "EP", "--as-of", &seq]).stdout, live.stdout);
}
