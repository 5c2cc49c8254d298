//! What was made from AI is AI: links that people record, names that files carry, what is inherited, and
//! a gate that follows lineage from what is delivered to what it was made from.

use serde_json::Value;

use crate::keys::{DANA, Key, LEE, restated};
use crate::media::{self, a1111_png, derived, named_png, names, plain_jpeg, plain_png, xmp_png};
use crate::world::{Gate, World, text, tick};

fn link(world: &World, child: &str, parent: &str, how: &str) {
    world.run(["link", child, "--from", parent, "--as", how]).expect(0);
}

/// An AI original and a proxy of it that carries nothing, of which only the proxy is delivered.
fn proxy() -> World {
    let world = World::with([("src/orig.png", a1111_png(1)), ("out/proxy.jpg", plain_jpeg(2))]);
    world.deliverable("EP", &["out/**"]);
    world
}

fn status(world: &World, path: &str) -> (String, Value) {
    let row = world.row(path);
    (text(&row, "status"), row["strength"].clone())
}

pub fn blocking(gate: &Gate) -> Vec<String> {
    gate.findings().into_iter().filter(|one| !one.starts_with('[')).collect()
}

#[test]
fn a_proxy_whose_original_is_ai_is_refused_until_the_original_is_approved() {
    let world = proxy();
    assert_eq!(world.gate("EP").verdict, "pass", "nobody said what it was made from");
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    let refused = world.gate("EP");
    refused.expect("refused", &["ai-unapproved out/proxy.jpg"]);
    let why = text(refused.finding("ai-unapproved"), "why");
    let original = &world.id("src/orig.png")[..12];
    assert!(why.contains("a proxy of src/orig.png") && why.contains(original), "{why}");
    assert!(text(refused.finding("ai-unapproved"), "fix").contains(&format!("approve {original}")));
    world.approve(&["src/orig.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned out/proxy.jpg]"]);
    world.run(["revoke", "src/orig.png", "--note", "the studio changed its mind"]).expect(0);
    let refused = world.gate("EP");
    refused.expect("refused", &["approval-revoked out/proxy.jpg"]);
    let why = text(refused.finding("approval-revoked"), "why");
    assert!(why.contains("src/orig.png") && why.contains("changed its mind"), "{why}");
    world.verify();
}

#[test]
fn every_list_says_the_inherited_status() {
    let world = proxy();
    let before = world.scan();
    assert_eq!((before["ai"].as_u64(), before["unknown"].as_u64()), (Some(1), Some(1)));
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    let row = world.row("out/proxy.jpg");
    assert_eq!(row["status"], "ai");
    assert_eq!(row["strength"], "inherited");
    assert_eq!(row["source_type"], "trainedAlgorithmicMedia");
    assert_eq!(row["clearance"], "undeclared");
    let listed = world.json(["ls", "--ai", "--files"]).expect(0).values();
    assert_eq!(listed.len(), 2);
    let shown = world.show("out/proxy.jpg");
    assert_eq!((&shown["status"], &shown["strength"]), (&"ai".into(), &"inherited".into()));
    assert!(text(&shown["why"], "0").starts_with("a proxy of src/orig.png"), "{shown}");
    let page = world.json(["status"]).expect(0).value();
    assert_eq!((page["ai"].as_u64(), page["unknown"].as_u64()), (Some(2), Some(0)));
    assert_eq!(page["awaiting_approval"].as_array().unwrap().len(), 2);
    let after = world.scan();
    assert_eq!((after["ai"].as_u64(), after["unknown"].as_u64()), (Some(2), Some(0)));
    let seen: Vec<_> = world.json(["watch", "--once"]).expect(0).values();
    let told = seen.iter().find(|one| one["path"] == "out/proxy.jpg");
    assert_eq!(told.map(|one| &one["strength"]), None, "nothing changed, so nothing is told");
    world.approve(&["src/orig.png"]);
    assert_eq!(world.row("out/proxy.jpg")["clearance"], "approved");
    assert_eq!(world.show("out/proxy.jpg")["clearance"], "approved");
    let page = world.json(["status"]).expect(0).value();
    assert_eq!(page["awaiting_approval"].as_array().unwrap().len(), 0);
}

#[test]
fn each_relation_gives_its_status() {
    for (how, given) in [
        ("transcode", "ai"),
        ("proxy", "ai"),
        ("version", "ai"),
        ("frame", "ai"),
        ("crop", "ai"),
        ("composite", "ai-part"),
    ] {
        for (source, of_source) in [("ai", given), ("ai-part", "ai-part"), ("suspect", "suspect")] {
            let bytes = match source {
                "ai" => a1111_png(1),
                "ai-part" => xmp_png(1, "compositeSynthetic"),
                _ => xmp_png(1, "screenCapture"),
            };
            let world = World::with([("a.png", bytes), ("b.png", plain_png(2))]);
            assert_eq!(status(&world, "a.png").0, source);
            link(&world, "b.png", "a.png", how);
            let row = world.row("b.png");
            assert_eq!(text(&row, "status"), of_source, "{how} of {source}");
            assert_eq!(row["strength"], "inherited", "{how} of {source}");
            if how == "composite" && source == "ai" {
                assert_eq!(row["source_type"], "compositeSynthetic");
            }
        }
    }
}

#[test]
fn a_frame_grabbed_from_ai_video_and_a_composite_of_several() {
    let world = World::with([
        ("src/plate.png", plain_png(1)),
        ("src/sky.png", a1111_png(2)),
        ("src/crowd.png", a1111_png(3)),
        ("out/comp.png", plain_png(4)),
        ("out/frame.0001.png", plain_png(5)),
        ("out/frame.0002.png", plain_png(6)),
    ]);
    world.deliverable("EP", &["out/**"]);
    let sources = ["src/plate.png", "src/sky.png", "src/crowd.png"];
    let args = ["link", "--yes", "out/comp.png", "--as", "composite", "--from"];
    world.run(args.into_iter().chain(sources)).expect(0);
    link(&world, "out/frame.[0001-0002].png", "src/sky.png", "frame");
    assert_eq!(status(&world, "out/comp.png").0, "ai-part");
    assert_eq!(status(&world, "out/frame.0002.png").0, "ai");
    let gate = world.gate("EP");
    let all = ["out/comp.png", "out/frame.0001.png", "out/frame.0002.png"];
    let all = all.map(|path| format!("ai-unapproved {path}"));
    gate.expect("refused", &all.each_ref().map(String::as_str));
    world.approve(&["src/sky.png"]);
    // The composite has another source, that nobody approved.
    let gate = world.gate("EP");
    assert_eq!(blocking(&gate), ["ai-unapproved out/comp.png"]);
    assert!(text(gate.finding("ai-unapproved"), "why").contains("src/crowd.png"), "{gate:?}");
    world.approve(&["src/crowd.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
}

#[test]
fn three_generations_inherit_and_the_chain_is_named() {
    let world = World::with([
        ("a.png", a1111_png(1)),
        ("b.png", plain_png(2)),
        ("out/c.png", plain_png(3)),
    ]);
    world.deliverable("EP", &["out/**"]);
    // The younger link is recorded first.
    link(&world, "out/c.png", "b.png", "proxy");
    link(&world, "b.png", "a.png", "composite");
    assert_eq!(status(&world, "out/c.png"), ("ai-part".into(), "inherited".into()));
    let gate = world.gate("EP");
    let why =
        text(gate.expect("refused", &["ai-unapproved out/c.png"]).finding("ai-unapproved"), "why");
    let way = [why.find("a proxy of b.png"), why.find("a composite with a.png")];
    assert!(way[0].is_some() && way[0] < way[1], "{why}");
    // What lies between carries no mark of its own: the source is what must be cleared.
    world.approve(&["b.png"]);
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/c.png"]);
    world.approve(&["a.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    // A no to what lies between counts.
    world.run(["reject", "b.png", "--by", "Dana", "--note", "wrong colours"]).expect(0);
    let gate = world.gate("EP");
    assert_eq!(blocking(&gate), ["approval-rejected out/c.png"]);
    assert!(text(gate.finding("approval-rejected"), "why").contains("of b.png"), "{gate:?}");
}

#[test]
fn a_determination_ends_it_for_the_content_and_what_derives_from_it() {
    let world = World::with([
        ("a.png", a1111_png(1)),
        ("b.png", plain_png(2)),
        ("out/c.png", plain_png(3)),
    ]);
    world.deliverable("EP", &["out/**"]);
    link(&world, "b.png", "a.png", "version");
    link(&world, "out/c.png", "b.png", "version");
    assert_eq!(status(&world, "out/c.png").0, "ai");
    world.run(["tag", "b.png", "--not-ai", "--note", "painted over"]).expect(0);
    assert_eq!(status(&world, "b.png"), ("not-ai".into(), "person".into()));
    assert_eq!(status(&world, "out/c.png"), ("unknown".into(), Value::Null));
    assert_eq!(world.gate("EP").verdict, "pass");
    // Determined to be AI, it is a source of its own, and what is above it is not asked any more.
    world.run(["tag", "b.png", "--ai-part"]).expect(0);
    assert_eq!(status(&world, "out/c.png"), ("ai-part".into(), "inherited".into()));
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/c.png"]);
    world.approve(&["b.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    world.run(["tag", "b.png", "--clear"]).expect(0);
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/c.png"]);
}

#[test]
fn a_mark_of_its_own_stands_beside_and_needs_its_own_approval() {
    let world =
        World::with([("a.png", a1111_png(1)), ("out/b.png", xmp_png(2, "compositeSynthetic"))]);
    world.deliverable("EP", &["out/**"]);
    link(&world, "out/b.png", "a.png", "version");
    // The stronger evidence decides; both are in the reasons.
    let shown = world.show("out/b.png");
    assert_eq!((&shown["status"], &shown["strength"]), (&"ai-part".into(), &"declared".into()));
    let why = shown["why"].as_array().unwrap();
    assert!(text(&shown["why"], "0").contains("compositeSynthetic"), "{why:?}");
    assert!(why.iter().any(|one| one.as_str().unwrap().contains("a version of a.png")), "{why:?}");
    world.approve(&["a.png"]);
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/b.png"]);
    world.approve(&["out/b.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
}

#[test]
fn a_suspicion_of_its_own_is_raised_and_not_cleared_by_its_source() {
    let world = World::with([("a.png", a1111_png(1)), ("out/b.png", xmp_png(2, "screenCapture"))]);
    world.deliverable("EP", &["out/**"]);
    link(&world, "out/b.png", "a.png", "crop");
    assert_eq!(status(&world, "out/b.png"), ("ai".into(), "inherited".into()));
    world.approve(&["a.png"]);
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/b.png"]);
}

#[test]
fn an_approval_of_the_file_itself_clears_it_and_a_later_no_to_its_source_does_not_pass() {
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "transcode");
    world.approve(&["out/proxy.jpg"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    world.run(["reject", "src/orig.png", "--by", "Dana", "--note", "a likeness"]).expect(0);
    let gate = world.gate("EP");
    assert_eq!(blocking(&gate), ["approval-rejected out/proxy.jpg"]);
    assert!(text(gate.finding("approval-rejected"), "why").contains("src/orig.png"));
    // Whoever approves it after that knows of it.
    world.approve(&["out/proxy.jpg"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "transcode");
    world.approve(&["src/orig.png", "out/proxy.jpg"]);
    world.run(["revoke", "src/orig.png", "--note", "withdrawn"]).expect(0);
    assert_eq!(blocking(&world.gate("EP")), ["approval-revoked out/proxy.jpg"]);
}

/// A proxy of an AI original, and Dana and Lee who may sign.
fn signed_for() -> (World, Key, Key) {
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    let (dana, lee) = (Key::new(&world, 1), Key::new(&world, 2));
    world.approvers(&[format!("{DANA} {}", dana.public), format!("{LEE} {}", lee.public)]);
    (world, dana, lee)
}

/// Where every list says that the original and its proxy stand.
fn both_are(world: &World, clearance: &str) {
    for path in ["src/orig.png", "out/proxy.jpg"] {
        assert_eq!(text(&world.row(path), "clearance"), clearance, "{path} in ls");
        assert_eq!(text(&world.show(path), "clearance"), clearance, "{path} in show");
    }
    let status = world.json(["status"]).expect(0).value();
    let awaits = status["awaiting_approval"].as_array().unwrap().len();
    assert_eq!(awaits, if clearance == "approved" { 0 } else { 2 }, "{status}");
}

#[test]
fn an_unsigned_approval_of_a_source_clears_nothing_where_signatures_are_asked_for() {
    let (world, dana, _) = signed_for();
    let letter = world.letter();
    let args = ["approve", "src/orig.png", "--by", DANA, "--scope", "final", "--document", &letter];
    world.run(args).expect(0);
    world.gate("EP").expect("pass", &["[approval-unsigned out/proxy.jpg]"]);
    both_are(&world, "approved");
    world.edit_policy(&[("approval-unsigned", "block")]);
    world.acknowledge(&["--by", DANA, "--note", "x", "--sign", &dana.path]);
    world.gate("EP").expect("refused", &["approval-unsigned out/proxy.jpg"]);
    assert!(world.refusal("EP", "approval-unsigned").contains("src/orig.png"));
    both_are(&world, "undeclared");
    // A rule of the policy reads the same.
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let rule = "[[rule]]\ncode = \"x-cleared\"\nseverity = \"warn\"\nwhy = \"{clearance}\"\n\
        fix = \"-\"\nwhen = { fact = \"clearance\", known = true }\n";
    world.write(".genlock/policy.toml", format!("{policy}\n{rule}"));
    world.acknowledge(&["--by", DANA, "--note", "x", "--sign", &dana.path]);
    assert_eq!(text(world.gate("EP").finding("x-cleared"), "why"), "undeclared");
    world.sign(&dana, DANA, &["src/orig.png"]).expect(0);
    let gate = world.gate("EP");
    gate.expect("pass", &["[x-cleared out/proxy.jpg]"]);
    assert_eq!(text(gate.finding("x-cleared"), "why"), "approved");
    both_are(&world, "approved");
    world.verify();
}

#[test]
fn a_source_that_somebody_signed_for_whose_key_was_taken_away_is_not_cleared() {
    let (world, dana, lee) = signed_for();
    world.sign(&dana, DANA, &["src/orig.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    both_are(&world, "approved");
    world.run(["revoke", "A-1", "--note", "left the studio"]).expect(0);
    world.edit_approvers(&[format!("{LEE} {}", lee.public)]);
    world.acknowledge(&["--by", LEE, "--note", "Dana left"]);
    world.sign(&dana, DANA, &["src/orig.png"]).expect(2);
    // Written past the program.
    let statement = world.newest_approval().signed.unwrap().statement;
    world.forge_approval(|approval| {
        approval.note = Some("again".into());
        approval.signed = Some(dana.signed(restated(&statement, "note", "again".into())));
    });
    let found = ["approval-invalid out/proxy.jpg", "approval-revoked out/proxy.jpg"];
    world.gate("EP").expect("refused", &found);
    both_are(&world, "revoked");
    world.sign(&lee, LEE, &["src/orig.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    both_are(&world, "approved");
}

#[test]
fn a_no_to_a_source_that_only_warns_is_heard_and_is_no_better_than_no_word() {
    let (world, dana, _) = signed_for();
    world.policy_by(DANA, &[("approval-rejected", "warn")]);
    let reject = || {
        let args = ["reject", "src/orig.png", "--by", DANA, "--note", "a likeness"];
        world.run(args).expect(0);
    };
    reject();
    let heard = "[approval-rejected out/proxy.jpg]";
    let gate = world.gate("EP");
    gate.expect("refused", &[heard, "ai-unapproved out/proxy.jpg"]);
    assert!(text(gate.finding("approval-rejected"), "why").contains("src/orig.png"), "{gate:?}");
    world.sign(&dana, DANA, &["src/orig.png"]).expect(0);
    world.gate("EP").expect("pass", &["[approval-overrides-rejection out/proxy.jpg]"]);
    reject();
    world.gate("EP").expect("pass", &[heard]);
    // Of what lies between it is heard too.
    world.write("mid.png", plain_png(7));
    world.scan();
    link(&world, "out/proxy.jpg", "mid.png", "proxy");
    world.sign(&dana, DANA, &["src/orig.png"]).expect(0);
    world.run(["reject", "mid.png", "--by", DANA, "--note", "a stranger"]).expect(0);
    let gate = world.gate("EP");
    assert!(text(gate.finding("approval-rejected"), "why").contains("a stranger"), "{gate:?}");
    // Whoever approves the file itself after that knows of it.
    world.sign(&dana, DANA, &["out/proxy.jpg"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn an_extension_of_an_approval_overrules_no_later_no_to_a_source() {
    let (world, dana, lee) = signed_for();
    world.sign(&dana, DANA, &["out/proxy.jpg"]).expect(0);
    world.run(["reject", "src/orig.png", "--by", DANA, "--note", "a likeness"]).expect(0);
    world.gate("EP").expect("refused", &["approval-rejected out/proxy.jpg"]);
    tick();
    world.write("out/proxy.jpg", plain_jpeg(3));
    world.scan();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    world.sign(&lee, LEE, &["out/proxy.jpg", "--under", "A-1"]).expect(0);
    world.gate("EP").expect("refused", &["approval-rejected out/proxy.jpg"]);
    world.sign(&dana, DANA, &["out/proxy.jpg"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.verify();
}

#[test]
fn a_source_must_be_approved_as_the_file_would_have_to_be() {
    type Flawed = (&'static [&'static str], &'static str);
    let cases: [Flawed; 2] = [
        (&["--scope", "temp"], "approval-temp-only"),
        (&["--scope", "final", "--deliverable", "OTHER"], "approval-not-for-this-deliverable"),
    ];
    for (flags, code) in cases {
        let world = proxy();
        link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
        let letter = world.letter();
        let args = ["approve", "src/orig.png", "--by", "Dana", "--document", &letter];
        world.run(args.iter().chain(flags)).expect(0);
        let gate = world.gate("EP");
        assert_eq!(blocking(&gate), [format!("{code} out/proxy.jpg")]);
        assert!(text(gate.finding(code), "why").contains("src/orig.png"), "{gate:?}");
    }
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    world.run(["approve", "src/orig.png", "--by", "Dana", "--scope", "final"]).expect(0);
    assert_eq!(blocking(&world.gate("EP")), ["approval-no-document out/proxy.jpg"]);
}

/// Every principle is kept.
const KEPT: &str = "final = true\n[principles]\np1 = \"yes\"\np2 = \"yes\"\np3 = \"yes\"\np4 = \"yes\"\np5 = \"yes\"\n";

#[test]
fn what_is_declared_of_a_source_is_declared_of_what_was_made_from_it() {
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    world.approve(&["src/orig.png"]);
    let undeclared = world.gate("EP");
    assert!(undeclared.findings().contains(&"[ai-undeclared out/proxy.jpg]".to_owned()));
    let declare = |what: &str, assets: &[&str]| {
        std::fs::write(world.outside("use.toml"), what).unwrap();
        let file = world.outside("use.toml").display().to_string();
        world.run([&["declare", "--from", &file][..], assets].concat()).expect(0);
    };
    let talent = "[[talent]]\nname = \"Jane Doe\"\n";
    declare(&format!("use = \"a lighthouse\"\n{KEPT}{talent}"), &["src/*"]);
    let gate = world.gate("EP");
    assert!(!gate.findings().iter().any(|one| one.contains("ai-undeclared")), "{gate:?}");
    assert!(gate.findings().contains(&"[ai-unreported out/proxy.jpg]".to_owned()), "{gate:?}");
    let found = ["talent-consent-missing out/proxy.jpg", "talent-unapproved out/proxy.jpg"];
    assert_eq!(blocking(&gate), found);
    world.run(["reported", "D-1", "--to", "Dana"]).expect(0);
    assert!(!world.gate("EP").findings().iter().any(|one| one.contains("ai-unreported")));
}

#[test]
fn a_source_that_is_only_declared_counts_too() {
    let world = World::with([("src/voice.png", plain_png(1)), ("out/proxy.jpg", plain_jpeg(2))]);
    world.deliverable("EP", &["out/**"]);
    link(&world, "out/proxy.jpg", "src/voice.png", "proxy");
    assert_eq!(world.gate("EP").verdict, "pass");
    std::fs::write(world.outside("use.toml"), format!("use = \"a voice\"\n{KEPT}")).unwrap();
    let file = world.outside("use.toml").display().to_string();
    world.run(["declare", "src/voice.png", "--from", &file]).expect(0);
    let gate = world.gate("EP");
    assert_eq!(blocking(&gate), ["ai-unapproved out/proxy.jpg"]);
    assert!(text(gate.finding("ai-unapproved"), "why").contains("src/voice.png"), "{gate:?}");
    world.approve(&["src/voice.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
}

#[test]
fn suspect_and_contested_and_unread_sources_block() {
    // Suspect.
    let world =
        World::with([("src/s.png", xmp_png(1, "screenCapture")), ("out/p.jpg", plain_jpeg(2))]);
    world.deliverable("EP", &["out/**"]);
    link(&world, "out/p.jpg", "src/s.png", "proxy");
    assert_eq!(blocking(&world.gate("EP")), ["suspect-undetermined out/p.jpg"]);
    // Beside an AI source that is cleared it is not forgotten.
    world.write("src/a.png", a1111_png(3));
    world.scan();
    link(&world, "out/p.jpg", "src/a.png", "composite");
    world.approve(&["src/a.png"]);
    let gate = world.gate("EP");
    assert_eq!(blocking(&gate), ["suspect-undetermined out/p.jpg"]);
    assert!(text(gate.finding("suspect-undetermined"), "why").contains("src/s.png"), "{gate:?}");
    world.run(["tag", "src/s.png", "--not-ai", "--note", "our own screen"]).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
    // Against a declared mark, and nobody confirmed it.
    world.write("src/c.png", xmp_png(4, "trainedAlgorithmicMedia"));
    world.scan();
    link(&world, "out/p.jpg", "src/c.png", "composite");
    world.run(["tag", "src/c.png", "--not-ai", "--note", "our own picture"]).expect(0);
    let gate = world.gate("EP");
    assert_eq!(blocking(&gate), ["determination-contradicts-mark out/p.jpg"]);
    assert!(text(gate.finding("determination-contradicts-mark"), "why").contains("src/c.png"));
    world.run(["approve", "src/c.png", "--determination", "--by", "Dana"]).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
    // Of what could not be examined nobody knows.
    let world = World::new();
    world.write("src/t.png", media::truncated_png(1));
    world.write("out/p.jpg", plain_jpeg(2));
    world.run(["scan"]).expect(4);
    world.deliverable("EP", &["out/**"]);
    link(&world, "out/p.jpg", "src/t.png", "proxy");
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-unread out/p.jpg"]);
    assert!(text(gate.finding("media-unread"), "why").contains("src/t.png"), "{gate:?}");
}

#[test]
fn a_circle_is_refused_and_says_the_chain() {
    let world = World::with([
        ("a.png", plain_png(1)),
        ("b.png", plain_png(2)),
        ("c.png", plain_png(3)),
        ("copy.png", plain_png(1)),
    ]);
    link(&world, "b.png", "a.png", "proxy");
    link(&world, "c.png", "b.png", "crop");
    let before = world.events();
    let said = world.json(["link", "a.png", "--from", "c.png", "--as", "frame"]).expect(2).error();
    let at = |name: &str| said.find(name).unwrap_or_else(|| panic!("{said}"));
    assert!(at("c.png") < at("b.png") && at("b.png") < at("a.png"), "{said}");
    for same in ["a.png", "copy.png"] {
        let said = world.json(["link", "a.png", "--from", same, "--as", "proxy"]).expect(2).error();
        assert!(said.contains("itself"), "{said}");
    }
    assert_eq!(world.events(), before, "nothing was recorded");
}

#[test]
fn a_wrong_link_is_withdrawn_on_the_record() {
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    world
        .json(["link", "out/proxy.jpg", "--from", "src/orig.png", "--clear", "--note", "a slip"])
        .expect(0);
    assert_eq!(status(&world, "out/proxy.jpg").0, "unknown");
    assert_eq!(world.gate("EP").verdict, "pass");
    let log = world.run(["log"]).expect(0).stdout;
    assert!(log.contains("withdrew that 1 asset came from 1 source: a slip"), "{log}");
    world.json(["link", "out/proxy.jpg", "--from", "src/orig.png", "--clear"]).expect(2).error();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    assert_eq!(status(&world, "out/proxy.jpg").0, "ai");
    world.verify();
}

#[test]
fn who_links_stands_before_the_command() {
    let world = proxy();
    let args =
        ["--as", "lee@vfx", "link", "out/proxy.jpg", "--from", "src/orig.png", "--as", "proxy"];
    world.run(args).expect(0);
    assert_eq!(world.show("out/proxy.jpg")["parents"][0]["by"], "lee@vfx");
    link(&world, "out/proxy.jpg", "src/orig.png", "crop");
    assert_eq!(world.show("out/proxy.jpg")["parents"][0]["by"], crate::world::ACTOR);
    let said =
        world.json(["link", "out/proxy.jpg", "--from", "src/orig.png", "--as", "kim"]).expect(2);
    assert!(said.error().contains("transcode"), "{}", said.stdout);
    world.json(["link", "out/proxy.jpg", "--from", "src/orig.png"]).expect(2);
    world.json(["link", "out/proxy.jpg", "--as", "proxy"]).expect(2);
    world.json(["link", "none.jpg", "--from", "src/orig.png", "--as", "proxy"]).expect(2);
}

#[test]
fn show_draws_parents_and_children() {
    let world =
        World::with([("a.png", a1111_png(1)), ("b.png", plain_png(2)), ("c.png", plain_png(3))]);
    link(&world, "b.png", "a.png", "frame");
    link(&world, "c.png", "b.png", "proxy");
    let shown = world.show("c.png");
    let parent = &shown["parents"][0];
    assert_eq!(text(parent, "asset"), world.id("b.png"));
    assert_eq!((text(parent, "path"), text(parent, "as")), ("b.png".into(), "proxy".into()));
    assert_eq!(
        (text(parent, "by"), text(parent, "status")),
        (crate::world::ACTOR.into(), "ai".into())
    );
    assert_eq!(parent["parents"][0]["path"], "a.png");
    assert_eq!(shown["children"].as_array().unwrap().len(), 0);
    let child = &world.show("a.png")["children"][0];
    assert_eq!((text(child, "path"), text(child, "as")), ("b.png".into(), "frame".into()));
    assert_eq!(child["children"][0]["path"], "c.png");
    let page = world.run(["show", "c.png"]).expect(0).stdout;
    assert!(page.contains("  made from\n    proxy b.png"), "{page}");
    assert!(page.contains("\n      frame a.png"), "{page}");
}

#[test]
fn derived_from_in_xmp_is_read_in_whatever_order_files_come() {
    for child_first in [false, true] {
        let world = World::new();
        let child = ("out/child.png", named_png(1, "the-child-1", &derived("the-source"), false));
        let source = ("src/source.png", named_png(2, "the-source", "", true));
        let mut files = [child, source];
        if !child_first {
            files.reverse();
        }
        for (path, bytes) in files {
            world.write(path, bytes);
            world.scan();
        }
        assert_eq!(status(&world, "out/child.png"), ("ai".into(), "inherited".into()));
        let shown = world.show("out/child.png");
        let parent = &shown["parents"][0];
        assert_eq!(
            (text(parent, "path"), text(parent, "as")),
            ("src/source.png".into(), "version".into())
        );
        let read = text(parent, "read");
        assert!(
            read.contains("xmp.iid:the-source") && read.contains("xmpMM:DerivedFrom"),
            "{read}"
        );
        assert!(parent.get("by").is_none(), "nobody said so");
        assert_eq!(world.show("src/source.png")["children"][0]["path"], "out/child.png");
        world.deliverable("EP", &["out/**"]);
        assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/child.png"]);
        world.approve(&["src/source.png"]);
        assert_eq!(world.gate("EP").verdict, "pass");
        world.verify();
    }
}

#[test]
fn ingredients_make_a_part_and_a_person_can_withdraw_what_is_read() {
    let world = World::new();
    let inside = "<xmpMM:Ingredients><rdf:Bag><rdf:li stRef:documentID=\"xmp.did:ingredient\"/>\
                  </rdf:Bag></xmpMM:Ingredients>";
    world.write("out/render.png", named_png(1, "the-render", inside, false));
    world.write("src/element.png", named_png(2, "ingredient", "", true));
    world.scan();
    assert_eq!(status(&world, "out/render.png"), ("ai-part".into(), "inherited".into()));
    // A render in Pantry, too.
    let pantry = "<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description \
                  xmpMM:InstanceID=\"xmp.iid:ingredient\"/></rdf:li></rdf:Bag></xmpMM:Pantry>";
    world.write("out/other.png", named_png(3, "the-other-one", pantry, false));
    world.scan();
    assert_eq!(status(&world, "out/other.png").0, "ai-part");
    let args = ["link", "out/render.png", "--from", "src/element.png", "--clear"];
    world.run(args.into_iter().chain(["--note", "a template's id"])).expect(0);
    assert_eq!(status(&world, "out/render.png").0, "unknown");
    assert_eq!(status(&world, "out/other.png").0, "ai-part");
}

#[test]
fn names_that_lead_in_a_circle_end_and_are_said() {
    let world = World::new();
    world.write("out/a.png", named_png(1, "name-of-a", &derived("name-of-b"), false));
    world.write("out/b.png", named_png(2, "name-of-b", &derived("name-of-a"), false));
    world.write("src/ai.png", a1111_png(3));
    world.scan();
    world.deliverable("EP", &["out/**"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    let shown = world.show("out/a.png");
    assert_eq!(shown["parents"][0]["parents"][0]["circle"], true, "{shown}");
    let page = world.run(["show", "out/a.png"]).expect(0).stdout;
    assert!(page.contains("a circle, which is ignored"), "{page}");
    // Both inherit what either is made from, and a link that would be a circle with them is refused.
    link(&world, "out/a.png", "src/ai.png", "frame");
    assert_eq!(
        (status(&world, "out/a.png").0, status(&world, "out/b.png").0),
        ("ai".into(), "ai".into())
    );
    world.json(["link", "src/ai.png", "--from", "out/b.png", "--as", "proxy"]).expect(2).error();
}

#[test]
fn who_shares_a_name_is_weighed_with_what_it_inherits() {
    let child = || named_png(3, "the-child-1", &derived("the-source"), false);
    let source = || named_png(1, "the-source", "", true);
    // Nobody can tell which is meant, and one of them is nothing that is known to be AI.
    let saved_anew = named_png(2, "the-source", "", false);
    let files = [("src/x.png", source()), ("work/y.png", saved_anew), ("out/z.png", child())];
    let world = World::with(files);
    world.deliverable("EP", &["out/**"]);
    assert_eq!(status(&world, "out/z.png").0, "unknown");
    link(&world, "work/y.png", "src/x.png", "version");
    assert_eq!(status(&world, "out/z.png"), ("ai".into(), "inherited".into()));
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/z.png"]);
    // A person who looked at it ends that.
    world.run(["tag", "work/y.png", "--not-ai", "--note", "painted over"]).expect(0);
    assert_eq!(status(&world, "out/z.png").0, "unknown");

    // The same where files alone say it; one that was made from what is asked about is no witness for it.
    for (made_from, status_of_z) in
        [("the-original", "ai"), ("the-child-1", "ai"), ("nothing-known", "unknown")]
    {
        let world = World::with([
            ("src/o.png", named_png(4, "the-original", "", true)),
            ("src/x.png", source()),
            ("work/y.png", named_png(2, "the-source", &derived(made_from), false)),
            ("out/z.png", child()),
        ]);
        assert_eq!(status(&world, "out/z.png").0, status_of_z, "{made_from}");
    }
}

#[test]
fn a_sidecar_whose_media_is_elsewhere_is_no_witness() {
    let child = || named_png(3, "the-child-1", &derived("the-source"), false);
    // The media has the name in its bytes, or from a sidecar of its own.
    let embedded = ("src/m.png", named_png(1, "the-source", "", true));
    let beside = [("src/m.png", a1111_png(1)), ("src/m.xmp", names("the-source", "").into_bytes())];
    for files in [vec![embedded], beside.to_vec()] {
        let world = World::with([("out/z.png", child())]);
        for (path, bytes) in files {
            world.write(path, bytes);
        }
        world.scan();
        world.deliverable("EP", &["out/**"]);
        let agree = || {
            assert_eq!(status(&world, "out/z.png"), ("ai".into(), "inherited".into()));
            let shown = world.show("out/z.png");
            assert_eq!(shown["status"], "ai");
            let parents = shown["parents"].as_array().unwrap();
            let paths: Vec<_> = parents.iter().map(|one| text(one, "path")).collect();
            assert_eq!(paths, ["src/m.png"]);
            assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/z.png"]);
        };
        agree();
        // An older version of the sidecar, and nothing beside it.
        world.write("backup/m.xmp", names("the-source", "<!-- older -->"));
        world.scan();
        agree();
        world.verify();
    }
}

#[test]
fn an_earlier_gate_is_repeated_to_the_byte() {
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    let run = |args: &[&str]| world.json(args.iter().copied());
    let refused = run(&["gate", "EP"]).expect(1);
    let seq = refused.value()["journal"]["seq"].to_string();
    // What it was made from moves, is approved, and the link goes.
    world.rename("src/orig.png", "src/moved.png");
    world.scan();
    world.approve(&["src/moved.png"]);
    let passed = run(&["gate", "EP"]).expect(0);
    let later = passed.value()["journal"]["seq"].to_string();
    world.run(["link", "out/proxy.jpg", "--from", "src/moved.png", "--clear"]).expect(0);
    for (before, seq, code) in [(refused, seq, 1), (passed, later, 0)] {
        let again = run(&["gate", "EP", "--as-of", &seq]).expect(code);
        let of = |value: &Value| {
            (value["findings"].clone(), value["verdict"].clone(), value["journal"].clone())
        };
        assert_eq!(of(&again.value()), of(&before.value()));
        assert_eq!(again.stdout, before.stdout);
    }
}

#[test]
fn edited_names_in_the_tables_are_found_and_decide_nothing() {
    let world = World::new();
    world.write("out/child.png", named_png(1, "the-child-1", &derived("the-source"), false));
    world.write("src/source.png", named_png(2, "the-source", "", true));
    world.scan();
    world.deliverable("EP", &["out/**"]);
    #[expect(clippy::disallowed_methods, reason = "a test edits behind the program's back")]
    let tables = rusqlite::Connection::open(world.ledger()).unwrap();
    tables.execute("DELETE FROM given_name WHERE source > 0", []).unwrap();
    drop(tables);
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/child.png"]);
    let said = world.run(["verify"]).expect(6);
    assert!(said.stdout.contains("given_name") || said.stderr.contains("given_name"), "{said:?}");
}

#[test]
fn an_edited_link_breaks_the_chain() {
    let world = proxy();
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    #[expect(clippy::disallowed_methods, reason = "a test edits behind the program's back")]
    let tables = rusqlite::Connection::open(world.ledger()).unwrap();
    tables
        .execute_batch(
            "DROP TRIGGER journal_no_update;
             UPDATE journal SET body = replace(body, 'proxy', 'crop') WHERE kind = 'linked';",
        )
        .unwrap();
    drop(tables);
    world.run(["gate", "EP"]).expect(6);
    world.run(["verify"]).expect(6);
}

/// A picture signed by somebody no list knows, with claims that say nothing of AI.
#[cfg(feature = "c2pa")]
fn signed_png(seed: u8, ingredient: Option<(&str, &[u8])>) -> Vec<u8> {
    use std::io::Cursor;
    let definition = serde_json::json!({
        "claim_generator_info": [{"name": "an editor", "version": "1"}],
        "assertions": [{
            "label": "c2pa.actions",
            "data": {"actions": [{"action": "c2pa.edited"}]},
        }],
    });
    let mut builder = c2pa::Builder::default().with_definition(definition).unwrap();
    if let Some((relationship, bytes)) = ingredient {
        let said = serde_json::json!({"title": "a source", "relationship": relationship});
        let mut bytes = Cursor::new(bytes.to_vec());
        builder.add_ingredient_from_stream(said.to_string(), "image/png", &mut bytes).unwrap();
    }
    let signer = c2pa::EphemeralSigner::new("genlock.test").unwrap();
    let mut out = Cursor::new(Vec::new());
    let mut picture = Cursor::new(plain_png(seed));
    builder.sign(&signer, "image/png", &mut picture, &mut out).unwrap();
    out.into_inner()
}

#[test]
#[cfg(feature = "c2pa")]
fn ingredients_of_c2pa_are_matched_by_the_manifest_of_the_source() {
    for (relationship, of, given) in
        [("parentOf", "version", "ai"), ("componentOf", "composite", "ai-part")]
    {
        let source = signed_png(1, None);
        let world = World::with([
            ("out/child.png", signed_png(2, Some((relationship, &source)))),
            ("src/source.png", source),
        ]);
        assert_eq!(status(&world, "out/child.png").0, "unknown");
        let parent = &world.show("out/child.png")["parents"][0];
        assert_eq!(
            (text(parent, "path"), text(parent, "as")),
            ("src/source.png".into(), of.into())
        );
        assert!(text(parent, "read").contains("ingredient"), "{parent}");
        world.run(["tag", "src/source.png", "--ai"]).expect(0);
        assert_eq!(status(&world, "out/child.png"), (given.into(), "inherited".into()));
        world.deliverable("EP", &["out/**"]);
        assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/child.png"]);
    }
}

#[test]
fn a_watch_tells_what_becomes_ai_by_a_link_and_by_a_source_that_comes_later() {
    let world = proxy();
    world.write("out/child.png", named_png(5, "the-child-1", &derived("the-source"), false));
    world.scan();
    let mut watched = crate::watch::kit::Watched::start(&world, &[]);
    let inherits = |path: &'static str| {
        move |one: &Value| {
            one["event"] == "changed" && one["path"] == path && one["strength"] == "inherited"
        }
    };
    // Nothing happens on disk but in the ledger.
    link(&world, "out/proxy.jpg", "src/orig.png", "proxy");
    watched.until("the link", inherits("out/proxy.jpg"));
    world.write("src/source.png", named_png(6, "the-source", "", true));
    for path in ["out/proxy.jpg", "out/child.png"] {
        let told = watched.until(path, inherits(path));
        assert_eq!(told["status"], "ai", "{told}");
        assert!(text(&told["why"], "0").contains("src/"), "{told}");
    }
    // Also what only a sidecar says, which comes after its media.
    world.write("out/side.mov", "no names in here");
    watched.until("side.mov", |one| one["path"] == "out/side.mov");
    world.write("out/side.mov.xmp", names("the-side-1", &derived("the-source")));
    watched.until("what a sidecar says", inherits("out/side.mov"));
    watched.stop();
}

/// Histories of links, marks and decisions, without a disk.
mod properties {
    use std::collections::BTreeMap;

    use std::sync::Arc;

    use genlock::lineage::{Ancestry, Lineage, Own};
    use genlock::model::{
        AiStatus, Approval, ApprovalId, AssetId, AssetPath, Derivation, Document, Event, Evidence,
        Fingerprint, Found, GivenName, Head, Identity, Linked, NameKind, Outcome, Recorded,
        RelPath, Relation, Revocation, RootName, Scope, Seq, Sighting, SourceType, Strength,
        Timestamp,
    };
    use genlock::origin::Origin;
    use genlock::policy::{PROFILES, Policy};
    use genlock::record::{Kinship, Record};
    use proptest::prelude::*;

    use crate::judging::judged;

    const ASSETS: u8 = 6;

    fn id(at: u8) -> AssetId {
        AssetId::from_bytes([at; 32])
    }

    /// Frames that one program wrote with one packet: each names what all of them are.
    #[test]
    fn a_name_that_thousands_share_is_weighed_without_looking_at_them_all() {
        let frame = |at: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&at.to_be_bytes());
            AssetId::from_bytes(bytes)
        };
        let shared = GivenName(NameKind::Document, "xmp.did:template".to_owned());
        let (relation, place) = (Relation::Version, "XMP".to_owned());
        let from = vec![Derivation { relation, names: vec![shared.clone()], place }];
        let identity = Identity { own: vec![shared], from };
        let mut kinship = Kinship::default();
        (0..20_000).for_each(|at| kinship.learn(frame(at), Some(&identity), false));
        let origin = || Origin::of(&[], None);
        let own = |_: &AssetId| Own { origin: origin(), unexamined: None, paths: Vec::new() };
        let above = Lineage::new(&kinship, own).of(&frame(7));
        assert!(above.is_empty() && !above.cut);
        assert_eq!(above.inherited_by(origin()).status, AiStatus::Unknown);
    }

    /// The same, each with a mark: each was made from all the others, which is drawn once, also where there are
    /// more than are looked at.
    #[test]
    fn frames_that_were_made_from_one_another_share_what_is_drawn() {
        let frame = |at: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&at.to_be_bytes());
            AssetId::from_bytes(bytes)
        };
        let shared = GivenName(NameKind::Instance, "xmp.iid:template".to_owned());
        let (relation, place) = (Relation::Version, "XMP".to_owned());
        let from = vec![Derivation { relation, names: vec![shared.clone()], place }];
        let identity = Identity { own: vec![shared], from };
        let marked = [mark((SourceType::TrainedAlgorithmicMedia, Strength::Declared))];
        let own = |_: &AssetId| Own {
            origin: Origin::of(&marked, None),
            unexamined: None,
            paths: Vec::new(),
        };
        for (frames, drawn) in [(50, 49), (4_097, 4_096), (4_200, 4_096)] {
            let mut kinship = Kinship::default();
            (0..frames).for_each(|at| kinship.learn(frame(at), Some(&identity), false));
            let mut all = Lineage::new(&kinship, own);
            all.of(&frame(9));
            let second = all.of(&frame(2));
            for at in [0, 9, 30, 48, 4_095, 4_096, 4_097, 4_199] {
                let asset = frame(at.min(frames - 1));
                let (one, alone) = (all.of(&asset), Lineage::new(&kinship, own).of(&asset));
                assert!(one.is_drawn_with(&second) && one.cut == alone.cut);
                let said = |of: &Ancestry| -> Vec<_> {
                    of.each().map(|(at, one)| (one.asset, of.reason(at))).collect()
                };
                assert_eq!(said(&one), said(&alone), "{at} of {frames}");
                assert_eq!(one.each().count(), drawn);
            }
        }
    }

    /// Linking a sequence to a sequence must cost neither the memory nor the time of all their pairs.
    #[test]
    fn frames_that_were_made_from_the_same_share_their_ancestors() {
        let linked = |children: std::ops::Range<u8>, parents: std::ops::Range<u8>| {
            Event::Linked(Linked {
                children: children.map(id).collect(),
                parents: parents.map(id).collect(),
                relation: Relation::Composite,
                by: "kim".into(),
                note: None,
            })
        };
        let mut record = Record::default();
        for (seq, event) in (1..).zip([linked(40..80, 0..40), linked(80..120, 40..80)]) {
            let head = Head { seq: Seq(seq), hash: [0; 32] };
            let at = Timestamp::from_nanos(1);
            record.apply(Recorded { head, at, actor: "kim".into(), event }, None);
        }
        let looked_at = std::cell::Cell::new(0);
        let own = |_: &AssetId| {
            looked_at.set(looked_at.get() + 1);
            Own { origin: Origin::of(&[], None), unexamined: None, paths: Vec::new() }
        };
        let mut lineage = Lineage::new(&record.kinship, own);
        let of = |lineage: &mut Lineage<'_>, frames: std::ops::Range<u8>| {
            let all: Vec<_> = frames.map(|at| lineage.of(&id(at))).collect();
            assert!(all.iter().all(|one| Arc::ptr_eq(one, &all[0])));
            all[0].each().count()
        };
        assert_eq!(of(&mut lineage, 80..120), 80);
        assert_eq!(of(&mut lineage, 40..80), 40);
        assert_eq!(of(&mut lineage, 0..40), 0);
        assert_eq!(looked_at.get(), 80);
        assert_eq!(record.kinship.sources_of(&(80..120).map(id).collect()).len(), 80);
    }

    /// Who is AI by names alone: each content with what it is called, what it was made from, and whether it
    /// carries a mark.
    fn heirs_of_names(contents: &[(&[&str], &[&str], bool)]) -> Vec<bool> {
        let name = |text: &&str| GivenName(NameKind::Document, (*text).to_owned());
        let (relation, place) = (Relation::Version, "XMP".to_owned());
        let mut kinship = Kinship::default();
        for (at, (own, from, _)) in (0..).zip(contents) {
            let from = from.iter().map(|one| Derivation {
                relation,
                names: vec![name(one)],
                place: place.clone(),
            });
            let identity = Identity { own: own.iter().map(name).collect(), from: from.collect() };
            kinship.learn(id(at), Some(&identity), false);
        }
        let origin = |asset: &AssetId| {
            let at = usize::from(asset.as_bytes()[0]);
            let mark = contents[at]
                .2
                .then(|| mark((SourceType::TrainedAlgorithmicMedia, Strength::Declared)));
            Origin::of(mark.as_slice(), None)
        };
        let own =
            |asset: &AssetId| Own { origin: origin(asset), unexamined: None, paths: Vec::new() };
        let mut lineage = Lineage::new(&kinship, own);
        let all = (0..).zip(contents).map(|(at, _)| {
            let above = lineage.of(&id(at));
            above.inherited_by(origin(&id(at))).status == AiStatus::Ai
        });
        all.collect()
    }

    #[test]
    fn saves_of_one_document_are_no_witnesses_for_each_other() {
        let (doc, none): (&[&str], &[&str]) = (&["d"], &[]);
        let ai = (doc, none, true);
        let save = (doc, doc, false);
        assert_eq!(heirs_of_names(&[ai, save]), [true, true]);
        assert_eq!(heirs_of_names(&[ai, save, save, save]), [true; 4]);
        // One that is clean by itself may be what was meant.
        let clean = (doc, none, false);
        assert_eq!(heirs_of_names(&[ai, clean, save, save]), [true, false, false, false]);
        assert_eq!(heirs_of_names(&[save, save]), [false, false]);
        // Each of two was made from the other or from AI.
        let cross: [(&[&str], &[&str], bool); 4] = [
            (&["1"], &[], true),
            (&["2"], &[], true),
            (&["2"], &["1"], false),
            (&["1"], &["2"], false),
        ];
        assert_eq!(heirs_of_names(&cross), [true; 4]);
    }

    #[derive(Clone, Debug)]
    struct History {
        marks: Vec<Option<(SourceType, Strength)>>,
        links: Vec<(u8, u8, usize)>,
        approvals: Vec<(u8, bool)>,
        revoked: Vec<u8>,
    }

    fn marks() -> impl Strategy<Value = Option<(SourceType, Strength)>> {
        use SourceType as T;
        prop_oneof![
            3 => Just(None),
            2 => Just(Some((T::TrainedAlgorithmicMedia, Strength::Trace))),
            1 => Just(Some((T::CompositeSynthetic, Strength::Declared))),
            1 => Just(Some((T::ScreenCapture, Strength::Declared))),
        ]
    }

    fn links() -> impl Strategy<Value = (u8, u8, usize)> {
        // Children after parents: what `link` lets pass has no circle.
        (1..ASSETS).prop_flat_map(|child| (Just(child), 0..child, 0..Relation::ALL.len()))
    }

    prop_compose! {
        fn histories()(
            marks in prop::collection::vec(marks(), usize::from(ASSETS)),
            links in prop::collection::vec(links(), 0..8),
            approvals in prop::collection::vec((0..ASSETS, any::<bool>()), 0..6),
            revoked in prop::collection::vec(1..7_u8, 0..2),
        ) -> History {
            History { marks, links, approvals, revoked }
        }
    }

    fn mark(one: (SourceType, Strength)) -> Evidence {
        Evidence { source_type: Some(one.0), ..Evidence::new("test", one.1, "a mark", "P") }
    }

    /// Folds a history; approvals keep the numbers they have with all of them.
    fn record(history: &History, without: Option<usize>) -> Record {
        use genlock::model::{DirectoryObserved, Examination, ObservedBatch};
        let mut record = Record::default();
        let mut seq = 0;
        let mut add = |event: Event| {
            seq += 1;
            let at = Timestamp::from_nanos(i64::try_from(seq).unwrap());
            let head = Head { seq: Seq(seq), hash: [0; 32] };
            let actor = "kim".to_owned();
            record.apply(Recorded { head, at, actor, event }, Some(&|_, _| true));
        };
        let found = |at: u8| Found {
            name: format!("{at}").into_bytes().into(),
            asset: id(at),
            fingerprint: Fingerprint { size: 1, mtime: 0, ctime: 0, device: 0, inode: 0 },
            sighting: Sighting::Read,
            media_type: "image/png".into(),
        };
        let examined = (0..).zip(&history.marks).filter_map(|(at, one)| {
            let evidence = vec![mark((*one)?)];
            Some((id(at), Examination { evidence, ..Examination::default() }))
        });
        add(Event::Observed(ObservedBatch {
            root: RootName::project(),
            detectors: 1,
            deep: false,
            directories: vec![DirectoryObserved {
                directory: RelPath::root(),
                files: (0..ASSETS).map(found).collect(),
                links: vec![],
                gone: vec![],
            }],
            examined: examined.collect(),
            attached: vec![],
            named: vec![],
            values: vec![],
        }));
        for (child, parent, how) in &history.links {
            add(Event::Linked(Linked {
                children: vec![id(*child)],
                parents: vec![id(*parent)],
                relation: Relation::ALL[*how],
                by: "kim".into(),
                note: None,
            }));
        }
        for (at, (asset, whole)) in history.approvals.iter().enumerate() {
            if without == Some(at) {
                continue;
            }
            let scope = if *whole { Scope::Final } else { Scope::Temp };
            add(Event::Approved(Approval {
                document: Some(Document { hash: id(9), name: "letter".into(), size: 1 }),
                ..Approval::new(ApprovalId(at as u64 + 1), vec![id(*asset)], "Dana", scope)
            }));
        }
        for number in &history.revoked {
            let approvals = vec![ApprovalId(u64::from(*number))];
            let (by, note) = ("Dana".into(), "no".into());
            add(Event::Revoked(Revocation { approvals, assets: vec![], by, note, document: None }));
        }
        record
    }

    fn statuses(record: &Record) -> Vec<AiStatus> {
        let own = |asset: &AssetId| {
            let origin = Origin::of(&record.evidence(asset), None);
            Own { origin, unexamined: None, paths: vec![] }
        };
        let mut lineage = Lineage::new(&record.kinship, own);
        (0..ASSETS)
            .map(|at| {
                let above = lineage.of(&id(at));
                above.inherited_by(own(&id(at)).origin).status
            })
            .collect()
    }

    /// How much it says: nothing, suspect, in part, as a whole.
    fn weight(status: AiStatus) -> u8 {
        match status {
            AiStatus::NotAi | AiStatus::Unknown => 0,
            AiStatus::Suspect => 1,
            AiStatus::AiPart => 2,
            AiStatus::Ai => 3,
        }
    }

    fn passes(record: &Record, policy: &Policy, at: u8) -> bool {
        let contents: BTreeMap<AssetPath, Found> = record
            .present()
            .iter()
            .filter(|(_, found)| found.asset == id(at))
            .map(|(path, found)| (path.clone(), found.clone()))
            .collect();
        judged(policy, record, &contents, false).outcome == Outcome::Pass
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn adding_a_link_never_lowers_a_status(history in histories(), more in links()) {
            // About a pair of its own: a newer word about the same pair takes the place of the older.
            prop_assume!(!history.links.iter().any(|one| (one.0, one.1) == (more.0, more.1)));
            let before = statuses(&record(&history, None));
            let mut linked = history;
            linked.links.push(more);
            let after = statuses(&record(&linked, None));
            for (at, (before, after)) in before.into_iter().zip(after).enumerate() {
                prop_assert!(weight(after) >= weight(before), "{at}: {before:?} became {after:?}");
            }
        }

        #[test]
        fn ancestors_drawn_for_all_are_those_drawn_for_each(
            history in histories(),
            // Few names, so that often some are alike and lead to one another.
            named in prop::collection::vec((0..ASSETS, 0..3_u8, 0..3_u8, any::<bool>()), 0..9),
        ) {
            let mut record = record(&history, None);
            for (asset, own, from, exact) in named {
                let kind = if exact { NameKind::Instance } else { NameKind::Document };
                let name = |at: u8| GivenName(kind, format!("name-of-{at}"));
                let from = Derivation {
                    relation: Relation::Version,
                    names: vec![name(from)],
                    place: "P".to_owned(),
                };
                let identity = Identity { own: vec![name(own)], from: vec![from] };
                record.kinship.learn(id(asset), Some(&identity), false);
            }
            let own = |asset: &AssetId| {
                let origin = Origin::of(&record.evidence(asset), None);
                Own { origin, unexamined: None, paths: vec![] }
            };
            let mut all = Lineage::new(&record.kinship, own);
            for at in (0..ASSETS).chain(0..ASSETS) {
                let (one, alone) = (all.of(&id(at)), Lineage::new(&record.kinship, own).of(&id(at)));
                let said = |of: &Ancestry| -> Vec<_> {
                    of.each().map(|(at, one)| (one.asset, of.reason(at), one.own.origin.status)).collect()
                };
                prop_assert_eq!(said(&one), said(&alone), "{}", at);
                let inherits = |of: &Ancestry| {
                    (of.inherited_by(own(&id(at)).origin), of.is_known(), of.is_empty(), of.cut)
                };
                prop_assert_eq!(format!("{:?}", inherits(&one)), format!("{:?}", inherits(&alone)));
            }
        }

        #[test]
        fn removing_an_approval_never_turns_refused_into_pass(history in histories()) {
            let policy = Policy::parse(PROFILES[0].text).unwrap();
            let all = record(&history, None);
            for at in 0..ASSETS {
                if passes(&all, &policy, at) {
                    continue;
                }
                // One that was withdrawn is none: what it leaves is a no, which counts.
                let withdrawn = |at: &usize| history.revoked.contains(&u8::try_from(at + 1).unwrap());
                for without in (0..history.approvals.len()).filter(|at| !withdrawn(at)) {
                    let fewer = record(&history, Some(without));
                    prop_assert!(!passes(&fewer, &policy, at), "{at} passes without {without}");
                }
            }
        }

        #[test]
        fn what_is_ai_and_has_no_approval_above_or_of_its_own_is_refused(history in histories()) {
            let policy = Policy::parse(PROFILES[0].text).unwrap();
            let bare = History { approvals: vec![], revoked: vec![], ..history };
            let record = record(&bare, None);
            for (at, status) in (0..).zip(statuses(&record)) {
                prop_assert_eq!(passes(&record, &policy, at), !status.is_ai_or_suspect());
            }
        }
    }
}
