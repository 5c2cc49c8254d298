//! The register of tools: what is known of each, its terms as they were, and the rules that use it.

use std::fs;

use crate::declarations::declare;
use crate::media::a1111_png;
use crate::world::{Gate, World, text};

const USE: &str = crate::declarations::FINAL;

/// What a tool is registered with that keeps and learns nothing.
#[rustfmt::skip]
const KEEPS_NOTHING: [&str; 8] =
    ["--stores", "no", "--reuses", "no", "--trains-on-inputs", "no", "--trains-on-outputs", "no"];

fn world() -> World {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    declare(&world, USE, &["ai.png"]);
    world
}

fn has(gate: &Gate, finding: &str) -> bool {
    gate.findings().contains(&finding.to_owned())
}

#[test]
fn a_tool_is_registered_with_its_terms_by_their_hash() {
    let world = World::new();
    let terms = world.outside("terms.html");
    fs::write(&terms, "We train on nothing.").unwrap();
    let terms = terms.to_str().unwrap();
    let about = ["tool", "add", "Sketcher", "--version", "2.1", "--vendor", "Sketch Inc"];
    let plan = ["--licence-tier", "enterprise", "--enterprise", "yes"];
    let dated = ["--terms", terms, "--terms-date", "2025-11-20"];
    let args = [&about[..], &plan, &KEEPS_NOTHING, &dated].concat();
    let made = world.json(args).expect(0).value();
    assert_eq!(text(&made, "name"), "Sketcher");
    let listed = world.json(["tool", "ls"]).expect(0).values();
    assert_eq!(listed.len(), 1);
    for (key, value) in [
        ("version", "2.1"),
        ("vendor", "Sketch Inc"),
        ("licence_tier", "enterprise"),
        ("enterprise", "yes"),
        ("stores", "no"),
        ("reuses", "no"),
        ("trains_on_inputs", "no"),
        ("trains_on_outputs", "no"),
        ("terms_name", "terms.html"),
        ("terms_date", "2025-11-20"),
    ] {
        assert_eq!(text(&listed[0], key), value, "{key}");
    }
    let kept = world.path(".genlock/documents").join(text(&listed[0], "terms"));
    assert_eq!(fs::read(&kept).unwrap(), b"We train on nothing.");
    world.verify();
    fs::write(kept, "We train on everything.").unwrap();
    world.run(["verify"]).expect(6);
}

#[test]
fn what_is_registered_again_takes_its_place_and_keeps_what_is_not_said() {
    let world = World::new();
    world.run(["tool", "add", "Sketcher", "--vendor", "Sketch Inc", "--enterprise"]).expect(0);
    world
        .run(["tool", "add", "sketcher", "--enterprise", "no", "--note", "contract ended"])
        .expect(0);
    let listed = world.json(["tool", "ls"]).expect(0).values();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (text(&listed[0], "vendor"), text(&listed[0], "enterprise")),
        ("Sketch Inc".into(), "no".into())
    );
    let history = world.json(["tool", "show", "Sketcher"]).expect(0).values();
    assert_eq!(history.len(), 2, "what was registered before stays on record");
    // Said again, it is no news.
    let events = world.events();
    world.run(["tool", "add", "sketcher", "--enterprise", "no"]).expect(0);
    assert_eq!(world.events(), events);
    let told = world.run(["tool", "show", "sketcher"]).expect(0).stdout;
    assert!(
        told.contains("enterprise agreement  no")
            && told.contains("trains on inputs      not answered"),
        "{told}"
    );
    world.json(["tool", "show", "nothing"]).expect(2).error();
    world.json(["tool", "add", " "]).expect(2).error();
    world.json(["tool", "add", "x", "--stores", "maybe"]).expect(2).error();
    world.json(["tool", "add", "x", "--terms-date", "soon"]).expect(2).error();
    let error = world.json(["tool", "add", "x", "--terms-date", "2199-01-01"]).expect(2).error();
    assert!(error.contains("yet to come"), "{error}");
}

#[test]
fn a_tool_is_found_in_any_case_and_in_either_form_of_unicode() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    declare(&world, &USE.replace("Sketcher", "Кандинский"), &["ai.png"]);
    world.approve(&["ai.png"]);
    let add = |name: &str, trains: &str| {
        let trains = ["--enterprise", "--trains-on-inputs", trains];
        world.run([&["tool", "add", name][..], &trains].concat()).expect(0);
    };
    add("КАНДИНСКИИ\u{306}", "yes");
    assert!(has(&world.gate("EP"), "tool-trains-on-data ai.png"));
    // It is one tool, so that its newest entry stands.
    add("кандинский", "no");
    assert_eq!(world.json(["tool", "ls"]).expect(0).values().len(), 1);
    assert!(!has(&world.gate("EP"), "tool-trains-on-data ai.png"));
}

#[test]
fn rules_use_the_register() {
    let world = world();
    world.approve(&["ai.png"]);
    assert!(has(&world.gate("EP"), "[tool-unregistered ai.png]"));
    // Registered, and nothing known of it.
    world.run(["tool", "add", "Sketcher"]).expect(0);
    let gate = world.gate("EP");
    assert!(!has(&gate, "[tool-unregistered ai.png]"), "{gate:#?}");
    assert!(has(&gate, "[tool-not-enterprise ai.png]"), "{gate:#?}");
    assert!(has(&gate, "[tool-terms-unreviewed ai.png]"), "{gate:#?}");
    world
        .run([&["tool", "add", "Sketcher", "--enterprise"][..], &KEEPS_NOTHING].concat())
        .expect(0);
    world.gate("EP").expect("pass", &["[approval-unsigned ai.png]"]);
}

#[test]
fn a_tool_that_trains_on_data_blocks_until_an_approval_says_yes_to_the_declaration() {
    let world = world();
    world.run(["tool", "add", "Sketcher", "--enterprise", "--trains-on-outputs", "yes"]).expect(0);
    let gate = world.gate("EP");
    assert!(has(&gate, "tool-trains-on-data ai.png"), "{gate:#?}");
    assert!(text(gate.finding("tool-trains-on-data"), "why").contains("Sketcher"));
    world.approve(&["ai.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    // A declaration with that tool escalates.
    let answer = declare(&world, crate::declarations::HARMLESS, &[]);
    assert_eq!(text(&answer, "tier"), "escalate");
    assert_eq!(text(&answer["reasons"][0], "code"), "tool-keeps-data");
}

#[test]
fn a_tool_that_only_a_mark_names_is_looked_up_too() {
    let world = World::with([("ai.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    world.deliverable("A", &["ai.png"]);
    world.deliverable("B", &["b.png"]);
    world.run(["tag", "b.png", "--ai", "--tool", "ComfyUI"]).expect(0);
    world.run(["tool", "add", "ComfyUI", "--enterprise", "--stores", "yes"]).expect(0);
    // Of two tools nobody said which: that is filled in for neither.
    let silent = USE.replace("tool = \"Sketcher\"\n", "");
    declare(&world, &silent, &["*.png"]);
    let gate = world.gate("B");
    assert!(has(&gate, "tool-trains-on-data b.png"), "{gate:#?}");
    let why = text(gate.finding("tool-trains-on-data"), "why");
    assert!(why.contains("ComfyUI (by the mark of the file)"), "{why}");
    let gate = world.gate("A");
    assert!(!has(&gate, "tool-trains-on-data ai.png"), "{gate:#?}");
    assert!(has(&gate, "[tool-unregistered ai.png]"), "{gate:#?}");
    // An approval since says yes to it.
    world.approve(&["b.png"]);
    assert_eq!(world.gate("B").verdict, "pass");
    // A declaration of another tool does not speak for one that is known to keep data.
    world.write("n/c.png", a1111_png(3));
    world.write("n/d.png", a1111_png(4));
    world.scan();
    world.deliverable("C", &["n/c.png", "n/d.png"]);
    world.run(["tag", "n/c.png", "--ai", "--tool", "comfyui"]).expect(0);
    declare(&world, USE, &["n/c.png", "n/d.png"]);
    let gate = world.gate("C");
    assert!(has(&gate, "tool-trains-on-data n/c.png"), "{gate:#?}");
    assert!(!has(&gate, "tool-trains-on-data n/d.png"), "{gate:#?}");
    // Where it names that one too, its own version of it is asked about.
    let step = "[[pipeline]]\ntool = \"ComfyUI\"\nversion = \"2\"\nmeets_guidance = \"yes\"\n";
    declare(&world, &format!("{USE}{step}"), &["D-2"]);
    let safe = [&["tool", "add", "ComfyUI", "--version", "2"][..], &KEEPS_NOTHING].concat();
    world.run(safe).expect(0);
    assert!(!has(&world.gate("C"), "tool-trains-on-data n/c.png"));
}

#[test]
fn a_tool_that_starts_to_train_after_it_was_approved_is_approved_anew() {
    let world = world();
    world
        .run([&["tool", "add", "Sketcher", "--enterprise"][..], &KEEPS_NOTHING].concat())
        .expect(0);
    world.approve(&["ai.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    // Its maker changed the terms: the declaration says what it said, and the yes was to another tool.
    world.run(["tool", "add", "Sketcher", "--trains-on-inputs", "yes"]).expect(0);
    let gate = world.gate("EP");
    gate.expect("refused", &["[approval-unsigned ai.png]", "tool-trains-on-data ai.png"]);
    world.approve(&["ai.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    // A remark, or better terms, ask nobody again.
    world.run(["tool", "add", "Sketcher", "--note", "asked for an exception"]).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
    world.run(["tool", "add", "Sketcher", "--trains-on-inputs", "no"]).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
}

#[test]
fn a_version_nobody_registered_is_no_better_than_the_worst_of_those_that_are() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    let version = |version, more: &[&str]| {
        let add = ["tool", "add", "Sketcher", "--version", version, "--enterprise"];
        world.run([&add[..], &KEEPS_NOTHING, more].concat()).expect(0);
    };
    version("1", &[]);
    declare(&world, USE, &["ai.png"]);
    // It names no version, and there is an entry for one only.
    let gate = world.gate("EP");
    let why = text(gate.finding("tool-unregistered"), "why");
    assert!(why.contains("register of tools: Sketcher (only versions of it are)"), "{why}");
    assert!(!has(&gate, "[tool-not-enterprise ai.png]"), "{gate:#?}");
    world.run(["tool", "add", "Sketcher", "--version", "2", "--stores", "yes"]).expect(0);
    let of_3 = USE.replace("tool = \"Sketcher\"", "tool = \"Sketcher\"\ntool_version = \"3\"");
    declare(&world, &of_3, &["D-1"]);
    let gate = world.gate("EP");
    let why = text(gate.finding("tool-unregistered"), "why");
    assert!(why.contains("register of tools: Sketcher 3 (other versions of it are)"), "{why}");
    for finding in ["tool-trains-on-data ai.png", "[tool-not-enterprise ai.png]"] {
        assert!(has(&gate, finding), "{finding}: {gate:#?}");
    }
    version("3", &[]);
    let gate = world.gate("EP");
    for code in ["tool-unregistered", "tool-trains-on-data", "tool-not-enterprise"] {
        assert!(!gate.findings().iter().any(|one| one.contains(code)), "{code}: {gate:#?}");
    }
}

#[test]
fn who_is_unsure_what_a_tool_keeps_has_not_said_that_it_keeps_nothing() {
    let world = world();
    let unsure = [&["tool", "add", "Sketcher"][..], &KEEPS_NOTHING, &["--enterprise"]].concat();
    let unsure: Vec<_> = unsure
        .iter()
        .enumerate()
        .map(|(at, word)| if at == 4 { "unsure" } else { *word })
        .collect();
    world.run(unsure).expect(0);
    let gate = world.gate("EP");
    assert!(has(&gate, "tool-trains-on-data ai.png"), "{gate:#?}");
    let answer = declare(&world, crate::declarations::HARMLESS, &[]);
    assert_eq!(text(&answer, "tier"), "escalate");
}

#[test]
fn every_step_of_a_vendors_pipeline_is_looked_up() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    world.run(["tool", "add", "Sketcher"]).expect(0);
    world.run(["tool", "add", "Upscaler", "--stores"]).expect(0);
    let what = USE.replace(
        "[principles]",
        "vendor = \"AI Studio\"\npipeline = [\"Upscaler\", \"Hidden\"]\n[principles]",
    );
    let answer = declare(&world, &what, &["ai.png"]);
    let reasons = answer["reasons"].to_string();
    assert!(reasons.contains("pipeline-step") && reasons.contains("tool-keeps-data"), "{reasons}");
    let gate = world.gate("EP");
    assert!(text(gate.finding("tool-unregistered"), "why").contains("Hidden"), "{gate:#?}");
    assert!(has(&gate, "tool-trains-on-data ai.png"), "{gate:#?}");
}

#[test]
fn a_version_that_is_registered_goes_before_the_tool_at_large() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    world.run(["tool", "add", "Sketcher", "--stores"]).expect(0);
    world
        .run(
            [&["tool", "add", "Sketcher", "--version", "3", "--enterprise"][..], &KEEPS_NOTHING]
                .concat(),
        )
        .expect(0);
    declare(&world, &format!("tool_version = \"3\"\n{USE}"), &["ai.png"]);
    assert!(!has(&world.gate("EP"), "tool-trains-on-data ai.png"));
    declare(&world, &format!("tool_version = \"2\"\n{USE}"), &["D-1"]);
    assert!(has(&world.gate("EP"), "tool-trains-on-data ai.png"));
}

#[test]
fn terms_that_are_lost_are_not_on_record() {
    let world = world();
    let terms = world.outside("terms.html");
    fs::write(&terms, "We train on nothing.").unwrap();
    let terms = ["tool", "add", "Sketcher", "--terms", terms.to_str().unwrap()];
    world.run(terms.iter().chain(&KEEPS_NOTHING)).expect(0);
    let unreviewed = "[tool-terms-unreviewed ai.png]";
    assert!(!has(&world.gate("EP"), unreviewed));
    let kept = text(&world.json(["tool", "ls"]).values()[0], "terms");
    fs::write(world.path(".genlock/documents").join(kept), "We train on everything.").unwrap();
    let ran = world.json(["gate", "EP"]);
    let seq = ran.value()["journal"]["seq"].to_string();
    let again = world.json(["gate", "EP", "--as-of", &seq]);
    assert_eq!(again.stdout, ran.stdout);
    assert!(has(&Gate::from(ran), unreviewed));
}

#[test]
fn a_tool_is_told_as_it_is_on_record() {
    let world = World::new();
    let made = world.json(["tool", "add", "Sketcher"]).expect(0).value();
    let again = world.json(["tool", "add", "Sketcher", "--as", "Kim"]).expect(0).value();
    let event = &world.json(["log"]).expect(0).values()[0];
    assert_eq!((text(&made, "at"), text(&made, "by")), (text(event, "at"), text(event, "actor")));
    assert_eq!(again, made);
}
