//! Declarations: what is declared, what it is answered with, and what holds when it changes.

use std::fs;
use std::sync::atomic::AtomicBool;

use genlock::app::{Context, Covered, Follower, Project};
use genlock::clock::SystemClock;
use genlock::problem::Silent;
use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png, text_png, xmp_png};
use crate::world::{Gate, World, number, text, tick};

const AI: &str = "trainedAlgorithmicMedia";

/// A use that is told and no more: temporary, all principles kept.
pub const HARMLESS: &str = "use = \"a moodboard\"\nmedium = \"image\"\nphase = \"ideation\"\n\
    final = false\nelements = [\"reference\"]\ntool = \"Sketcher\"\ninputs = []\ntalent = []\n\
    [principles]\np1 = \"yes\"\np2 = \"yes\"\np3 = \"yes\"\np4 = \"yes\"\np5 = \"yes\"\n";

/// A use in the final film that an approval can clear.
pub const FINAL: &str = "use = \"a poster behind the bar\"\nmedium = \"image\"\nphase = \"post\"\n\
    final = true\nprominence = \"background\"\nelements = [\"signage\"]\ntool = \"Sketcher\"\n\
    model = \"sketch-2\"\nlicence_tier = \"enterprise\"\ninputs = [\"a sketch of ours\"]\ntalent = []\n\
    human_contribution = \"retouched by the art department\"\nrights_clearance = \"nothing of others in it\"\n\
    [principles]\np1 = \"yes\"\np2 = \"yes\"\np3 = \"yes\"\np4 = \"no\"\np5 = \"yes\"\n";

fn world() -> World {
    let world = World::with([("cut/ai.png", a1111_png(1)), ("cut/clean.png", plain_png(1))]);
    world.deliverable("EP", &["cut/ai.png"]);
    world
}

/// Declares a use; gives the answer.
pub fn declare(world: &World, what: &str, assets: &[&str]) -> Value {
    world.write("../use.toml", what);
    let file = world.outside("use.toml").display().to_string();
    let args = [&["declare"][..], assets, &["--from", &file, "--yes"]].concat();
    world.json(args).expect(0).value()
}

fn codes(answer: &Value) -> Vec<String> {
    answer["reasons"].as_array().unwrap().iter().map(|one| text(one, "code")).collect()
}

fn has(gate: &Gate, finding: &str) -> bool {
    gate.findings().contains(&finding.to_owned())
}

#[test]
fn a_use_that_keeps_every_principle_is_reported_and_any_other_is_escalated() {
    let world = world();
    let answer = declare(&world, HARMLESS, &["cut/ai.png"]);
    assert_eq!((text(&answer, "id"), text(&answer, "tier")), ("D-1".into(), "report".into()));
    assert_eq!(codes(&answer), ["report-intended-use"]);
    assert!(text(&answer["reasons"][0], "why").contains("Introduction"), "{answer}");
    for principle in 1..=5 {
        for no in ["no", "unsure"] {
            let said = format!("p{principle} = \"yes\"");
            let what = HARMLESS.replace(&said, &format!("p{principle} = \"{no}\""));
            let answer = declare(&world, &what, &[]);
            assert_eq!(text(&answer, "tier"), "escalate");
            assert_eq!(codes(&answer), [format!("principle-{principle}")]);
            let cited = format!("Guiding Principles {principle}");
            assert!(text(&answer["reasons"][0], "why").contains(&cited), "{answer}");
            // What nobody answered counts as no.
            let answer = declare(&world, &HARMLESS.replace(&said, ""), &[]);
            assert_eq!(codes(&answer), [format!("principle-{principle}")]);
        }
    }
}

#[test]
fn a_use_may_be_declared_before_any_asset_exists_or_for_globs() {
    let world = World::new();
    world.deliverable("EP", &["cut"]);
    let answer = declare(&world, FINAL, &[]);
    assert_eq!((text(&answer, "id"), number(&answer, "assets")), ("D-1".into(), 0));
    let answer = declare(&world, FINAL, &["cut/gen/**"]);
    assert_eq!((text(&answer, "id"), number(&answer, "assets")), ("D-2".into(), 0));
    world.write("cut/gen/a.png", a1111_png(1));
    world.write("cut/other.png", a1111_png(2));
    world.scan();
    assert_eq!(world.row("cut/gen/a.png")["clearance"], "declared");
    assert_eq!(world.row("cut/other.png")["clearance"], "undeclared");
    let gate = world.gate("EP");
    assert!(has(&gate, "[ai-undeclared cut/other.png]"), "{gate:#?}");
    assert!(!has(&gate, "[ai-undeclared cut/gen/a.png]"), "{gate:#?}");
    // A name that is no glob must be known.
    world.json(["declare", "cut/nowhere.png", "--from", "../use.toml"]).expect(2).error();
}

#[test]
fn more_is_attached_to_a_declaration_and_is_not_approved_by_what_came_before() {
    let world = World::with([("cut/a.png", a1111_png(1))]);
    world.deliverable("EP", &["cut"]);
    declare(&world, FINAL, &["cut/a.png"]);
    let letter = world.letter();
    let approve = ["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter];
    let made = world.json(approve).expect(0).value();
    assert_eq!((&made["ids"], number(&made, "assets")), (&json!(["A-1"]), 1));
    assert_eq!(world.row("cut/a.png")["clearance"], "approved");
    world
        .gate("EP")
        .expect("pass", &["[approval-unsigned cut/a.png]", "[tool-unregistered cut/a.png]"]);
    // A later version of the picture: under the same declaration, and not approved.
    tick();
    world.write("cut/a.png", a1111_png(2));
    world.scan();
    let added = world.json(["declare", "D-1", "--add", "cut/a.png"]).expect(0).value();
    assert_eq!((text(&added, "id"), number(&added, "version")), ("D-1".into(), 1));
    world
        .gate("EP")
        .expect("refused", &["[tool-unregistered cut/a.png]", "ai-unapproved cut/a.png"]);
    assert_eq!(world.row("cut/a.png")["clearance"], "declared");
    // Added again, it is no news.
    let events = world.events();
    world.run(["declare", "D-1", "--add", "cut/a.png"]).expect(0);
    assert_eq!(world.events(), events);
    world.json(["declare", "D-9", "--add", "cut/a.png"]).expect(2).error();
    world.json(["declare", "cut/a.png", "--add", "cut/a.png"]).expect(2).error();
}

#[test]
fn a_changed_declaration_is_a_new_version_that_the_old_approval_does_not_cover() {
    let world = world();
    declare(&world, FINAL, &["cut/ai.png"]);
    world.run(["reported", "D-1", "--to", "Dana"]).expect(0);
    let letter = world.letter();
    let approve = ["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter];
    world.run(approve).expect(0);
    world
        .gate("EP")
        .expect("pass", &["[approval-unsigned cut/ai.png]", "[tool-unregistered cut/ai.png]"]);
    assert_eq!(world.row("cut/ai.png")["clearance"], "approved");
    // Declared again as it is: nothing changes.
    let events = world.events();
    assert_eq!(number(&declare(&world, FINAL, &["D-1"]), "version"), 1);
    assert_eq!(world.events(), events);

    let answer = declare(&world, &FINAL.replace("\"background\"", "\"story-critical\""), &["D-1"]);
    assert_eq!((text(&answer, "id"), number(&answer, "version")), ("D-1".into(), 2));
    let gate = world.gate("EP");
    gate.expect("refused", &["[tool-unregistered cut/ai.png]", "approval-outdated cut/ai.png"]);
    assert!(
        text(gate.finding("approval-outdated"), "why").contains("version 1 of D-1"),
        "{gate:#?}"
    );
    assert!(has(&gate, "[ai-unreported cut/ai.png]"), "{gate:#?}");
    assert_eq!(world.row("cut/ai.png")["clearance"], "declared");
    let shown = world.show("cut/ai.png");
    assert_eq!(shown["approvals"][0]["standing"], "outdated");
    assert_eq!(
        (number(&shown["declarations"][0], "version"), &shown["declarations"][0]["reported"]),
        (2, &Value::Null)
    );
    world.run(approve).expect(0);
    world
        .gate("EP")
        .expect("pass", &["[approval-unsigned cut/ai.png]", "[tool-unregistered cut/ai.png]"]);
    world.verify();
}

#[test]
fn who_names_the_version_they_read_decides_on_no_other() {
    let world = world();
    declare(&world, FINAL, &["cut/ai.png"]);
    let letter = world.letter();
    let events = world.events();
    for (args, none) in [
        (&["approve", "D-1v2", "--by", "Dana", "--scope", "final"][..], "not 2"),
        (&["reported", "D-1v0", "--to", "Dana", "--document", &letter], "not 0"),
    ] {
        assert!(world.json(args).expect(2).error().contains(none));
    }
    declare(&world, &FINAL.replace("a poster", "a map"), &["D-1v1"]);
    let stale = [
        &["approve", "D-1v1", "--by", "Dana", "--scope", "final", "--document", &letter][..],
        &["reject", "D-1v1", "--by", "Dana", "--note", "no"],
        &["reported", "D-1v1", "--to", "Dana", "--document", &letter],
        &["declare", "D-1v1", "--from", "../use.toml"],
        &["declare", "D-1v1", "--add", "cut/clean.png"],
    ];
    for args in stale {
        let told = world.run(args).expect(2).stderr;
        assert!(told.contains("D-1 stands in version 2, not 1"), "{told}");
        assert!(told.contains("hint: ") && told.contains("D-1v2"), "{told}");
    }
    assert_eq!(world.events(), events + 1);
    assert!(!world.path(".genlock/documents").read_dir().is_ok_and(|mut all| all.next().is_some()));
    // The version that stands, named or not, is in the answer.
    let sent = world.json(["reported", "D-1v2", "--to", "Dana"]).expect(0).value();
    assert_eq!((text(&sent, "id"), number(&sent, "version")), ("D-1".into(), 2));
    for named in ["D-1v2", "D-1"] {
        let args = ["approve", named, "--by", "Dana", "--scope", "final", "--document", &letter];
        let made = world.json(args).expect(0).value();
        assert_eq!((text(&made, "declaration"), number(&made, "version")), ("D-1".into(), 2));
    }
    let no = world.run(["reject", "D-1v2", "--by", "Dana", "--note", "no"]).expect(0).stdout;
    assert!(no.contains("A-3: D-1 version 2, 1 asset rejected"), "{no}");
    let made = world.json(["approve", "cut/ai.png", "--by", "Dana", "--scope", "final"]);
    assert_eq!(made.expect(0).value().get("declaration"), None);
}

#[test]
fn clearance_goes_from_undeclared_to_declared_to_reported_to_approved_and_back_on_the_record() {
    let world = world();
    let is = |word: &str| {
        assert_eq!(world.row("cut/ai.png")["clearance"], word);
        assert_eq!(world.show("cut/ai.png")["clearance"], word);
        assert_eq!(world.json(["ls", "--clearance", word]).expect(0).values().len(), 1);
    };
    is("undeclared");
    declare(&world, FINAL, &["cut/ai.png"]);
    is("declared");
    world.run(["reported", "D-1", "--to", "Dana", "--on", "2026-11-20"]).expect(0);
    is("reported");
    let letter = world.letter();
    let approve = ["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter];
    world.run(approve).expect(0);
    is("approved");
    world.run(["revoke", "D-1", "--note", "recut"]).expect(0);
    is("revoked");
    world.run(["revoke", "D-1", "--note", "again"]).expect(2);
    world.run(approve).expect(0);
    is("approved");
    world.run(["reject", "D-1", "--by", "Lee", "--note", "not this"]).expect(0);
    is("rejected");
    world
        .gate("EP")
        .expect("refused", &["[tool-unregistered cut/ai.png]", "approval-rejected cut/ai.png"]);
}

#[test]
fn a_report_says_to_whom_when_and_with_what() {
    let world = world();
    declare(&world, HARMLESS, &["cut/ai.png"]);
    assert!(has(&world.gate("EP"), "[ai-unreported cut/ai.png]"));
    let letter = world.letter();
    let args =
        ["reported", "D-1", "--to", "Dana Reyes", "--on", "2026-11-20", "--document", &letter];
    let sent = world.json(args).expect(0).value();
    assert_eq!((text(&sent, "id"), number(&sent, "version")), ("D-1".into(), 1));
    let report = &world.show("cut/ai.png")["declarations"][0]["reported"];
    assert_eq!(
        (text(report, "to"), text(report, "on")),
        ("Dana Reyes".into(), "2026-11-20".into())
    );
    let kept = world.path(".genlock/documents").join(text(report, "document"));
    assert_eq!(fs::read(&kept).unwrap(), fs::read(letter).unwrap());
    assert!(!has(&world.gate("EP"), "[ai-unreported cut/ai.png]"));
    world.json(["reported", "D-9", "--to", "Dana"]).expect(2).error();
    world.json(["reported", "D-1", "--to", " "]).expect(2).error();
    for on in ["soon", "2026-11-20T08:00:00", "2999-01-01"] {
        world.json(["reported", "D-1", "--to", "D", "--on", on]).expect(2).error();
    }
    // A document that was changed is found.
    fs::write(&kept, "something else").unwrap();
    world.run(["verify"]).expect(6);
}

#[test]
fn status_says_what_awaits_declaration_report_and_approval() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    declare(&world, FINAL, &["a.png"]);
    let status = world.json(["status"]).expect(0).value();
    let paths = |key: &str| {
        status[key].as_array().unwrap().iter().map(|one| text(one, "path")).collect::<Vec<_>>()
    };
    assert_eq!(paths("awaiting_declaration"), ["b.png"]);
    assert_eq!(paths("awaiting_approval"), ["a.png", "b.png"]);
    let waiting = &status["awaiting_report"][0];
    assert_eq!((text(waiting, "id"), number(waiting, "assets")), ("D-1".into(), 1));
    let told = world.run(["status"]).expect(0).stdout;
    for line in ["awaiting declaration (1)", "awaiting report (1)", "awaiting approval (2)"] {
        assert!(told.contains(line), "{told}");
    }
    world.run(["reported", "D-1", "--to", "Dana"]).expect(0);
    world.approve(&["b.png"]);
    let status = world.json(["status"]).expect(0).value();
    assert_eq!(status["awaiting_report"], json!([]));
    // Approved, and still undeclared: two facts.
    assert_eq!(text(&status["awaiting_declaration"][0], "path"), "b.png");
}

#[test]
fn what_is_declared_needs_an_approval_even_when_it_lost_its_marks() {
    let world = World::with([("cut/stripped.png", plain_png(3))]);
    world.deliverable("EP", &["cut"]);
    world.gate("EP").expect("pass", &[]);
    declare(&world, FINAL, &["cut/stripped.png"]);
    let gate = world.gate("EP");
    gate.expect(
        "refused",
        &["[tool-unregistered cut/stripped.png]", "ai-unapproved cut/stripped.png"],
    );
    assert!(text(gate.finding("ai-unapproved"), "why").contains("declared to be AI-made"));
    // Unless a person says that this one is no such thing.
    world.run(["tag", "cut/stripped.png", "--not-ai", "--note", "the plate"]).expect(0);
    let doubted = "[determination-contradicts-declaration cut/stripped.png]";
    let gate = world.gate("EP");
    assert!(gate.verdict == "pass" && has(&gate, doubted), "{gate:#?}");
    // It stays said until a second person confirms it, and blocks where the policy wants that.
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let code = "determination-contradicts-declaration";
    let strict = format!("{policy}\n[[rule]]\ncode = \"{code}\"\nseverity = \"block\"\n");
    world.write(".genlock/policy.toml", strict);
    let blocks = "determination-contradicts-declaration cut/stripped.png";
    assert!(has(&world.gate("EP"), blocks));
    let confirm = ["approve", "cut/stripped.png", "--determination", "--by"];
    world.run(confirm.into_iter().chain(["kim@edit.example"])).expect(2);
    world.run(confirm.into_iter().chain(["Dana"])).expect(0);
    let gate = world.gate("EP");
    assert!(gate.verdict == "pass" && !has(&gate, blocks), "{gate:#?}");
}

#[test]
fn the_template_prints_every_field_with_what_marks_say_filled_in() {
    let world = world();
    let events = world.events();
    let template = world.run(["declare", "cut/ai.png", "--template"]).expect(0).stdout;
    assert!(
        template.contains("tool = \"Stable Diffusion WebUI (AUTOMATIC1111 format)\""),
        "{template}"
    );
    assert!(template.contains("model = \"saltmarshRealism_v12\""), "{template}");
    assert!(template.contains("a lighthouse at night, 35mm"), "{template}");
    for field in ["use =", "p5 = \"unsure\"", "[[talent]]", "consent_document", "meets_guidance"] {
        assert!(template.contains(field), "{field}: {template}");
    }
    assert_eq!(world.events(), events);
    // Filled in, it is a declaration.
    world.write("use.toml", template.replace("use = \"\"", "use = \"a lighthouse\""));
    let answer = world.json(["declare", "cut/ai.png", "--from", "use.toml"]).expect(0).value();
    assert_eq!(codes(&answer).len(), 5, "every principle is unsure: {answer}");
    world.run(["declare", "--template"]).expect(0);
}

#[test]
fn the_template_of_a_declaration_read_again_unchanged_is_no_news() {
    let world = world();
    world.write("../consent.pdf", "I agree.");
    let what = FINAL.replace("talent = []\n", "prompts = [\"a bar\", \"at night, rain\"]\n")
        + "[[talent]]\nname = \"Jane Doe\"\nconsent_document = \"consent.pdf\"\n\
           [[talent]]\nname = \"Sam Roe\"\nuse = \"replica\"\n\
           [[pipeline]]\ntool = \"Upscaler\"\nmeets_guidance = \"yes\"\n";
    declare(&world, &what, &["cut/ai.png"]);
    let said = world.show("cut/ai.png")["declarations"][0].clone();
    let events = world.events();
    let template = world.run(["declare", "D-1", "--template"]).expect(0).stdout;
    let answer = declare(&world, &template, &["D-1"]);
    assert_eq!((number(&answer, "version"), world.events()), (1, events), "{template}");
    assert_eq!(world.show("cut/ai.png")["declarations"][0], said);
    // One answer more is a new version that keeps the rest.
    let more = template.replace("# vendor = \"\"", "vendor = \"V\"");
    assert_eq!(number(&declare(&world, &more, &["D-1"]), "version"), 2);
    assert!(has(&world.gate("EP"), "talent-consent-missing cut/ai.png"));
}

#[test]
fn what_marks_say_is_filled_in_where_a_file_is_silent() {
    let world = world();
    declare(&world, &HARMLESS.replace("tool = \"Sketcher\"\n", ""), &["cut/ai.png"]);
    let declared = &world.show("cut/ai.png")["declarations"][0];
    assert_eq!(text(declared, "tool"), "Stable Diffusion WebUI (AUTOMATIC1111 format)");
    assert_eq!(text(declared, "model"), "saltmarshRealism_v12");
    assert_eq!(declared["prompts"], json!(["a lighthouse at night, 35mm"]));
}

#[test]
fn a_prompt_of_many_lines_is_offered_whole_and_as_the_disclosure_log_has_it() {
    let world = World::new();
    let prompt = "a quay at night,\nrain on the stones";
    let said = json!({ "positive_prompt": prompt, "seed": 5, "model_name": "m" }).to_string();
    world.write("quay.png", text_png(1, "invokeai_metadata", &said));
    world.scan();
    declare(&world, "use = \"a quay\"\n", &["quay.png"]);
    assert_eq!(world.show("quay.png")["declarations"][0]["prompts"], json!([prompt]));
    let log = world.json(["disclose", "--format", "json"]).expect(0).value();
    let told = log["elements"][0]["prompts"].as_array().unwrap();
    assert_eq!((told.len(), text(&told[0], "text")), (1, prompt.to_owned()), "{told:#?}");
    assert!(text(&told[0], "from").ends_with("D-1 version 1"), "{told:#?}");
}

#[test]
fn a_file_that_is_no_declaration_records_nothing_and_is_told_by_line() {
    let world = world();
    let events = world.events();
    let refused = |what: &str| {
        world.write("bad.toml", what);
        let ran = world.json(["declare", "cut/ai.png", "--from", "bad.toml"]).expect(2);
        assert!(ran.error().contains("as a declaration"), "{}", ran.stdout);
        ran.value()["error"]["causes"].to_string()
    };
    let misspelt = refused(&format!("personel_data = \"no\"\n{HARMLESS}"));
    assert!(misspelt.contains("line 1, column 1: unknown key"), "{misspelt}");
    assert!(refused(&HARMLESS.replace("p1", "p6")).contains("in [principles]"));
    assert!(refused(&HARMLESS.replace("\"image\"", "\"smell\"")).contains("video"));
    assert!(refused(&HARMLESS.replace("a moodboard", " ")).contains("use says nothing"));
    assert!(refused(&HARMLESS.replace("final = false", "final = \"maybe\"")).contains("final"));
    assert!(refused("medium = \"image\"").contains("use"));
    assert!(refused("use = [").contains("line 1"));
    let talent = HARMLESS.replace("talent = []\n", "")
        + "[[talent]]\nname = \"J\"\nconsent_date = \"soon\"\n";
    assert!(refused(&talent).contains("no day"));
    // What is yet to come was not done.
    for key in ["consent_date", "notice"] {
        let when = talent.replace("consent_date = \"soon\"", &format!("{key} = \"2199-01-01\""));
        assert!(refused(&when).contains("is yet to come"), "{when}");
    }
    let ended = "consent_date = \"2025-03-02\"\nconsent_until = \"2025-03-01\"";
    world.write("ended.toml", talent.replace("consent_date = \"soon\"", ended));
    let ran = world.json(["declare", "cut/ai.png", "--from", "ended.toml"]).expect(2);
    assert!(ran.error().contains("ended before it was given"), "{}", ran.stdout);
    let talent =
        HARMLESS.replace("talent = []\n", "") + "[[talent]]\nname = \"J\"\nconsnet = \"C\"\n";
    assert!(refused(&talent).contains("consnet"));
    // Everything at once.
    let many = refused(
        "use = \"x\"\nmedum = \"image\"\n[[talent]]\nname = \"J\"\nconsnet = \"C\"\n\
        consent_document = \"gone.pdf\"\n[principles]\np1 = \"perhaps\"\n",
    );
    for said in ["line 2, column 1", "line 5, column 1", "line 6, column 20", "line 8, column 6"] {
        assert!(many.contains(said), "{said}: {many}");
    }
    let kept = fs::read_dir(world.path(".genlock/documents")).map_or(0, Iterator::count);
    assert_eq!(kept, 0, "a consent was kept of no declaration");
    world.json(["declare", "cut/ai.png", "--from", "nowhere.toml"]).expect(2).error();
    // Nobody is there to be asked.
    world.json(["declare", "cut/ai.png"]).expect(2).error();
    world.run(["declare", "cut/ai.png"]).expect(2);
    assert_eq!(world.events(), events);
}

#[test]
fn a_consent_that_is_a_file_is_kept_with_the_documents() {
    let world = world();
    world.write("../papers/consent.pdf", "I agree.");
    let what = FINAL.replace("talent = []\n", "")
        + "[[talent]]\nname = \"Jane Doe\"\nuse = \"replica\"\nconsent_document = \"papers/consent.pdf\"\n";
    let answer = declare(&world, &what, &["cut/ai.png"]);
    assert!(codes(&answer).contains(&"talent-likeness".to_owned()), "{answer}");
    let declared = &world.show("cut/ai.png")["declarations"][0];
    let hash = text(&declared["talent"][0]["consent_document"], "hash");
    assert_eq!(fs::read(world.path(".genlock/documents").join(&hash)).unwrap(), b"I agree.");
    assert!(!has(&world.gate("EP"), "talent-consent-missing cut/ai.png"));
    world.verify();
    // What is not there as it was handed over shows no consent, whatever else is said of it.
    let kept = world.path(".genlock/documents").join(hash);
    fs::write(&kept, "I do not agree.").unwrap();
    let gate = world.gate("EP");
    let why = text(gate.finding("talent-consent-missing"), "why");
    assert!(why.contains("Jane Doe (consent.pdf is not kept as it was handed over)"), "{why}");
    let seq = gate.answer["journal"]["seq"].to_string();
    fs::remove_file(&kept).unwrap();
    assert!(has(&world.gate("EP"), "talent-consent-missing cut/ai.png"));
    world.run(["verify"]).expect(6);
    fs::write(&kept, "I agree.").unwrap();
    assert!(!has(&world.gate("EP"), "talent-consent-missing cut/ai.png"));
    let again = Gate::from(world.json(["gate", "EP", "--as-of", &seq]));
    assert_eq!(again.answer["findings"], gate.answer["findings"]);
}

#[test]
fn each_risk_that_is_declared_blocks_until_an_approval_that_came_after_it() {
    let talent = "[[talent]]\nname = \"Jane Doe\"\n";
    let cases: &[(&str, String)] = &[
        ("personal-data-unapproved cut/ai.png", format!("personal_data = \"yes\"\n{FINAL}")),
        ("proprietary-unapproved cut/ai.png", format!("proprietary = \"unsure\"\n{FINAL}")),
        ("third-party-ip-unapproved cut/ai.png", format!("third_party_ip = true\n{FINAL}")),
        ("third-party-ip-unapproved cut/ai.png", FINAL.replace("p1 = \"yes\"", "p1 = \"unsure\"")),
        ("likeness-unapproved cut/ai.png", format!("public_figure = \"yes\"\n{FINAL}")),
        (
            "training-data-uncleared cut/ai.png",
            format!("training_data = \"an artist's work\"\n{FINAL}"),
        ),
        ("key-element-unapproved cut/ai.png", FINAL.replace("\"signage\"", "\"key visual\"")),
        ("misleading-content cut/ai.png", format!("could_mislead = \"yes\"\n{FINAL}")),
        ("union-impact cut/ai.png", format!("union_impact = \"yes\"\n{FINAL}")),
        ("union-impact cut/ai.png", FINAL.replace("p5 = \"yes\"", "p5 = \"no\"")),
        ("tool-trains-on-data cut/ai.png", FINAL.replace("p2 = \"yes\"", "p2 = \"no\"")),
        // Nobody answered: no better than unsure.
        ("third-party-ip-unapproved cut/ai.png", FINAL.replace("p1 = \"yes\"\n", "")),
        ("tool-trains-on-data cut/ai.png", FINAL.replace("p2 = \"yes\"\n", "")),
        ("union-impact cut/ai.png", FINAL.replace("p5 = \"yes\"\n", "")),
        (
            "declared-temporary cut/ai.png",
            FINAL.replace("final = true\n", "").replace("p4 = \"no\"", "p4 = \"yes\""),
        ),
        ("talent-unapproved cut/ai.png", FINAL.replace("\"signage\"", "\"voice\"")),
        ("talent-unapproved cut/ai.png", format!("alters_performance = \"unsure\"\n{FINAL}")),
        ("declared-temporary cut/ai.png", FINAL.replace("final = true", "final = false")),
    ];
    for (finding, what) in cases {
        let world = world();
        // Approved in writing before anybody said what it is.
        world.approve(&["cut/ai.png"]);
        declare(&world, what, &["cut/ai.png"]);
        let gate = world.gate("EP");
        assert!(has(&gate, finding), "{finding}: {:?}", gate.findings());
        assert_eq!(gate.verdict, "refused");
        let letter = world.letter();
        world
            .run(["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter])
            .expect(0);
        let gate = world.gate("EP");
        assert_eq!((gate.verdict.as_str(), has(&gate, finding)), ("pass", false), "{gate:#?}");
    }
    // A consent is not approved away.
    let world = world();
    let what = FINAL.replace("talent = []\n", "") + talent;
    declare(&world, &what, &["cut/ai.png"]);
    world.approve(&["cut/ai.png"]);
    let gate = world.gate("EP");
    gate.expect(
        "refused",
        &[
            "[approval-unsigned cut/ai.png]",
            "[tool-unregistered cut/ai.png]",
            "talent-consent-missing cut/ai.png",
        ],
    );
    assert!(text(gate.finding("talent-consent-missing"), "why").contains("Jane Doe"));
    // Nor is a consent for another production, or one that ran out.
    let policy = world.read(".genlock/policy.toml");
    let named = String::from_utf8(policy)
        .unwrap()
        .replace("# production = \"…\"", "production = \"Été à Nîmes\"");
    world.write(".genlock/policy.toml", named);
    let consent = |more: &str| what.clone() + "consent = \"C-1\"\n" + more;
    for (more, finds) in [
        ("production = \"Été à Nîmes\"\n", false),
        // In other letters, or as another keyboard makes them, it is the same one.
        ("production = \"E\u{301}TE\u{301} A\u{300} NI\u{302}MES\"\n", false),
        ("production = \"Another Show\"\n", true),
        ("consent_until = \"2020-01-01\"\n", true),
    ] {
        declare(&world, &consent(more), &["D-1"]);
        let letter = world.letter();
        world
            .run(["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter])
            .expect(0);
        let gate = world.gate("EP");
        assert_eq!(has(&gate, "consent-out-of-scope cut/ai.png"), finds, "{more}");
        if finds {
            let why = text(gate.finding("consent-out-of-scope"), "why");
            assert!(why.contains("nobody's") && !why.contains('?'), "{why}");
        }
        // Nobody has to consent to what is customary, so that a consent to it may be anything.
        let exempt = consent(more) + "use = \"alteration\"\nexempt = \"customary\"\n";
        declare(&world, &exempt, &["D-1"]);
        assert!(!has(&world.gate("EP"), "consent-out-of-scope cut/ai.png"), "{more}");
    }
}

#[test]
fn who_writes_none_has_cleared_nothing_and_named_nobody() {
    let world = world();
    let nothing =
        "training_data = \"no\"\nvendor = \"None\"\ntalent = [\"none\"]\nprompts = [\"n/a\"]\n";
    let what = FINAL.replace("talent = []\n", nothing);
    declare(&world, &what, &["cut/ai.png"]);
    let said = world.show("cut/ai.png")["declarations"][0].clone();
    for key in ["training_data", "vendor", "talent"] {
        assert_eq!(said[key], Value::Null, "{said}");
    }
    world.approve(&["cut/ai.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    // Nor is it a clearance or a consent.
    let what = FINAL
        .replace("talent = []\n", "inputs2")
        .replace("inputs = [\"a sketch of ours\"]\ninputs2", "third_party_ip = \"no\"\n")
        + "[[inputs]]\nwhat = \"a book\"\nthird_party = \"yes\"\nclearance = \"none\"\n\
           [[talent]]\nname = \"Jane Doe\"\nconsent = \"N/A\"\n";
    declare(&world, &what, &["D-1"]);
    let gate = world.gate("EP");
    for finding in ["third-party-ip-unapproved cut/ai.png", "talent-consent-missing cut/ai.png"] {
        assert!(has(&gate, finding), "{finding}: {gate:#?}");
    }
}

#[test]
fn a_prominent_final_element_asks_for_what_people_contributed() {
    let world = world();
    let what = FINAL.replace("\"background\"", "\"prominent\"");
    declare(
        &world,
        &what.replace("human_contribution = \"retouched by the art department\"\n", ""),
        &["cut/ai.png"],
    );
    world.approve(&["cut/ai.png"]);
    let warned = "[human-input-missing cut/ai.png]";
    assert!(has(&world.gate("EP"), warned));
    declare(&world, &what, &["D-1"]);
    assert!(!has(&world.gate("EP"), warned));
}

#[test]
fn a_documentary_asks_for_a_watermark_while_it_is_temporary() {
    let world = World::bare();
    world.run(["init", "--profile", "documentary"]).expect(0);
    world.write("cut/ai.png", xmp_png(1, AI));
    world.scan();
    world.deliverable("EP", &["cut"]);
    let temporary = FINAL.replace("final = true", "final = false");
    declare(&world, &temporary, &["cut/ai.png"]);
    let gate = world.gate("EP");
    assert!(has(&gate, "documentary-unwatermarked cut/ai.png"), "{gate:#?}");
    assert!(has(&gate, "[documentary-prompts-missing cut/ai.png]"), "{gate:#?}");
    declare(
        &world,
        &format!("watermarked = \"yes\"\nprompts = [\"a bar\"]\n{temporary}"),
        &["D-1"],
    );
    let gate = world.gate("EP");
    assert!(!gate.findings().iter().any(|one| one.contains("documentary-")), "{gate:#?}");
}

#[test]
fn several_declarations_of_one_asset_are_each_heard() {
    let world = world();
    declare(&world, FINAL, &["cut/ai.png"]);
    declare(&world, &format!("could_mislead = \"yes\"\n{FINAL}"), &["cut/ai.png"]);
    let letter = world.letter();
    world
        .run(["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter])
        .expect(0);
    // What was said yes to was the first one.
    assert!(has(&world.gate("EP"), "misleading-content cut/ai.png"));
    world
        .run(["approve", "D-2", "--by", "Dana", "--scope", "final", "--document", &letter])
        .expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
    assert_eq!(world.show("cut/ai.png")["declarations"].as_array().unwrap().len(), 2);
}

#[test]
fn each_of_several_declarations_is_cleared_by_its_own_approval() {
    let world = world();
    declare(&world, &format!("could_mislead = \"yes\"\n{FINAL}"), &["cut/ai.png"]);
    declare(&world, &format!("union_impact = \"yes\"\n{FINAL}"), &["cut/ai.png"]);
    let letter = world.letter();
    let approve = |id: &str| {
        world
            .run(["approve", id, "--by", "Dana", "--scope", "final", "--document", &letter])
            .expect(0);
        let gate = world.gate("EP");
        ["misleading-content cut/ai.png", "union-impact cut/ai.png"].map(|one| has(&gate, one))
    };
    assert_eq!(approve("D-1"), [false, true]);
    // The second yes takes nothing from the first.
    assert_eq!(approve("D-2"), [false, false]);
    assert_eq!(world.gate("EP").verdict, "pass");
    // One that is withdrawn says nothing any more.
    world.run(["revoke", "A-1", "--note", "recut"]).expect(0);
    assert!(has(&world.gate("EP"), "misleading-content cut/ai.png"));
}

#[test]
fn what_a_declaration_says_is_not_said_of_a_plate_that_lies_among_what_it_is_for() {
    let world = World::with([("cut/plate.png", plain_png(1)), ("cut/marked.png", a1111_png(1))]);
    world.deliverable("EP", &["cut"]);
    declare(&world, &format!("personal_data = \"yes\"\n{FINAL}"), &["cut/**"]);
    let both =
        ["personal-data-unapproved cut/marked.png", "personal-data-unapproved cut/plate.png"];
    assert!(both.iter().all(|one| has(&world.gate("EP"), one)));
    world.run(["tag", "cut", "--not-ai", "--note", "shot on the day"]).expect(0);
    let gate = world.gate("EP");
    assert!(!has(&gate, both[1]), "{gate:#?}");
    assert!(has(&gate, "[determination-contradicts-declaration cut/plate.png]"), "{gate:#?}");
    // Against a mark, one person's word is not enough.
    assert!(has(&gate, both[0]), "{gate:#?}");
    world.run(["approve", "cut/marked.png", "--determination", "--by", "Dana"]).expect(0);
    let gate = world.gate("EP");
    assert_eq!((gate.verdict.as_str(), has(&gate, both[0])), ("pass", false), "{gate:#?}");
}

#[test]
fn the_statement_that_everything_is_declared_is_on_record_and_judged() {
    let world = world();
    world.approve(&["cut/ai.png"]);
    world.policy(&[("attestation-missing", "block")]);
    // A gate asks for no statement; finalizing does.
    assert_eq!(world.gate("EP").verdict, "pass");
    let refused = Gate::from(world.json(["finalize", "EP"]));
    assert!(has(&refused, "attestation-missing -"), "{refused:#?}");
    // Said of what the ledger knows otherwise, it is refused.
    let refused = Gate::from(world.json(["finalize", "EP", "--attest", "Kim"]));
    assert!(has(&refused, "attestation-contradicted cut/ai.png"), "{refused:#?}");
    declare(&world, FINAL, &["cut/ai.png"]);
    let ran = world.json(["finalize", "EP", "--attest", "Kim"]).expect(0);
    let seq = ran.value()["journal"]["seq"].to_string();
    world.json(["finalize", "EP", "--attest", " "]).expect(2).error();
    let ledger = rusqlite::Connection::open(world.ledger()).unwrap();
    let body: String = ledger
        .query_row("SELECT body FROM journal WHERE seq = ?1", [&seq], |row| row.get(0))
        .unwrap();
    assert!(body.contains("\"attested\":\"Kim\""), "{body}");
    let again = world.json(["gate", "EP", "--as-of", &seq]).expect(0).value();
    assert_eq!(again["findings"], ran.value()["findings"]);
}

#[test]
fn declarations_are_shown_with_the_asset_and_in_the_log() {
    let world = world();
    declare(&world, FINAL, &["cut/ai.png"]);
    world.run(["reported", "D-1", "--to", "Dana"]).expect(0);
    let told = world.run(["show", "cut/ai.png"]).expect(0).stdout;
    assert!(told.contains("D-1 declared: a poster behind the bar (escalate)"), "{told}");
    assert!(told.contains("sent to Dana on"), "{told}");
    let log = world.run(["log"]).expect(0).stdout;
    assert!(log.contains("D-1 declared for 1 asset: a poster behind the bar (escalate)"), "{log}");
    assert!(log.contains("D-1 version 1 sent to Dana"), "{log}");
    let told = world.run(["declare", "D-1", "--add", "cut/clean.png"]).expect(0).stdout;
    assert!(
        told.contains("D-1: escalate  (2 assets)") && told.contains("final-deliverable:"),
        "{told}"
    );
    let told = world.run(["log", "--asset", "cut/clean.png"]).expect(0).stdout;
    assert!(told.contains("D-1 declared for 1 asset, too"), "{told}");
}

#[test]
fn an_element_nobody_has_thought_of_is_escalated() {
    let world = World::new();
    let answer = declare(&world, &HARMLESS.replace("\"reference\"", "\"charcter\""), &[]);
    assert_eq!(codes(&answer), ["element-not-known"]);
}

#[test]
fn hostile_text_in_a_declaration_does_nothing_to_a_terminal() {
    let world = world();
    declare(
        &world,
        &FINAL.replace("a poster behind the bar", "a\\u001b[2Jb\\u202e"),
        &["cut/ai.png"],
    );
    for args in [&["show", "cut/ai.png"][..], &["status"], &["log"], &["gate", "EP"]] {
        let told = world.run(args).stdout;
        assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{args:?}: {told}");
    }
}

#[test]
fn what_was_drawn_from_an_earlier_version_does_not_undo_a_later_one() {
    let world = world();
    declare(&world, FINAL, &["cut/ai.png"]);
    // Somebody draws from version 1; legal records version 2 meanwhile.
    let (project, cancel) = (Project::at(world.dir()).unwrap(), AtomicBool::new(false));
    let from = genlock::app::standing(&project, "D-1".parse().unwrap()).unwrap();
    let strict = FINAL.replace("p3 = \"yes\"", "p3 = \"no\"");
    assert_eq!(number(&declare(&world, &strict, &["D-1"]), "version"), 2);
    world.write("../use.toml", FINAL.replace("behind", "above"));
    let context = Context {
        clock: &SystemClock,
        reporter: &Silent,
        actor: "kim@edit.example".into(),
        cwd: world.dir().to_owned(),
        cancel: &cancel,
        follower: Follower::default(),
    };
    let file = world.outside("use.toml");
    let late = genlock::app::declaration_from(&project, &context, &file).unwrap();
    let covered = Covered::default();
    let refused = genlock::app::declare(&project, &context, Some(from), &late, &covered);
    assert!(refused.unwrap_err().to_string().contains("it is version 2 now"));
    // To add is no new version, whatever was read before.
    let one = "cut/clean.png".to_owned();
    let more = genlock::app::covered(&project, &context, &[one]).unwrap();
    let added = genlock::app::attach(&project, &context, from.id, &more).unwrap();
    assert_eq!(added.version, 2);
    let told = world.run(["declare", "D-1", "--template"]).expect(0).stdout;
    assert!(told.contains("p3 = \"no\""), "{told}");
}

#[test]
fn the_same_said_again_of_more_is_no_new_version() {
    let world = world();
    let without = FINAL.replace("model = \"sketch-2\"\n", "");
    declare(&world, &without, &["cut/clean.png"]);
    world.run(["declare", "D-1", "--add", "cut/ai.png"]).expect(0);
    assert_eq!(number(&declare(&world, &without, &["D-1"]), "version"), 1);
}
