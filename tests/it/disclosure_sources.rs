//! The disclosure log beyond the files themselves: what is AI-made only by what it was made from, what
//! nobody has looked at, and every answer of a declaration.

use serde_json::{Value, json};

use crate::declarations::{FINAL, declare};
use crate::lineage::blocking;
use crate::media::{a1111_png, plain_png, xmp_png};
use crate::timelines::{clip, cut};
use crate::world::{World, text};

fn element(world: &World) -> Value {
    let log = world.run(["disclose", "EP", "--format", "json"]).expect(0).value();
    assert_eq!(log["elements"].as_array().unwrap().len(), 1, "{log:#}");
    log["elements"][0].clone()
}

fn all(values: &Value, field: &str) -> Vec<String> {
    values.as_array().unwrap().iter().map(|one| text(one, field)).collect()
}

/// A composite of two pictures that generators made.
fn world() -> World {
    let world = World::with([
        ("src/a.png", a1111_png(1)),
        ("src/b.png", xmp_png(2, "trainedAlgorithmicMedia")),
        ("out/comp.png", plain_png(3)),
    ]);
    let from = ["src/a.png", "src/b.png"];
    for source in from {
        world.run(["link", "out/comp.png", "--from", source, "--as", "composite"]).expect(0);
    }
    world.deliverable("EP", &["out"]);
    world
}

#[test]
fn what_inherits_is_disclosed_with_what_its_sources_say() {
    let world = world();
    let one = element(&world);
    assert_eq!(text(&one, "contribution"), "part-generated");
    let tool = &one["tools"][0];
    assert!(text(tool, "from").starts_with("src/a.png: mark in "), "{tool}");
    assert!(!one["prompts"].as_array().unwrap().is_empty());
    let sources: Vec<_> = all(&one["sources"], "status");
    assert_eq!(sources, ["ai", "ai"]);
    let why = one["why"].to_string();
    assert!(why.contains("src/a.png") && why.contains("src/b.png"), "{why}");
    let log = world.run(["disclose", "EP", "--format", "json"]).expect(0).value();
    assert!(text(&log, "credit").contains("Stable Diffusion"), "{}", log["credit"]);
    let page = world.run(["disclose", "EP", "--format", "html"]).expect(0).stdout;
    assert!(page.contains("Made from"));
}

#[test]
fn what_its_sources_lack_is_missing_as_a_gate_weighs_it() {
    let world = world();
    let gaps = |world: &World| -> Vec<String> {
        let one = element(world);
        let gaps = one["missing"].as_array().unwrap().iter();
        let gaps = gaps.map(|gap| format!("{} {}", text(gap, "code"), text(gap, "why")));
        gaps.filter(|gap| gap.starts_with("ai-un") || gap.starts_with("talent")).collect()
    };
    let starts = |world: &World, wanted: &[&str]| {
        let gaps = gaps(world);
        let same = gaps.len() == wanted.len()
            && gaps.iter().zip(wanted).all(|(gap, start)| gap.starts_with(start));
        assert!(same, "{gaps:#?} is not {wanted:#?}");
    };
    starts(
        &world,
        &[
            "ai-undeclared src/a.png: ",
            "ai-undeclared src/b.png: ",
            "ai-unapproved src/a.png: ",
            "ai-unapproved src/b.png: ",
        ],
    );
    let what =
        FINAL.replace("talent = []\n", "") + "[[talent]]\nname = \"Jo\"\nuse = \"replica\"\n";
    declare(&world, &what, &["src/a.png"]);
    world.approve(&["src/a.png"]);
    starts(
        &world,
        &[
            "ai-undeclared src/b.png: ",
            "ai-unreported D-1",
            "talent-consent-missing D-1",
            "ai-unapproved src/b.png: ",
        ],
    );
    let one = element(&world);
    assert_eq!(text(&one["declarations"][0], "id"), "D-1");
    assert_eq!(text(&one["decisions"][0], "from"), "src/a.png");
    // One word on the composite itself clears it.
    world.approve(&["out/comp.png"]);
    starts(
        &world,
        &["ai-undeclared src/b.png: ", "ai-unreported D-1", "talent-consent-missing D-1"],
    );
    let no = ["reject", "src/b.png", "--by", "Dana", "--note", "not this"];
    world.run(no).expect(0);
    let missing = all(&element(&world)["missing"], "code");
    assert!(missing.contains(&"approval-rejected".to_owned()), "{missing:?}");
}

/// A crop of a transcode of a generated picture, and only the crop is delivered.
fn chain() -> World {
    let world = World::with([
        ("src/gen.png", a1111_png(1)),
        ("src/mid.png", plain_png(2)),
        ("out/child.png", plain_png(3)),
    ]);
    world.run(["link", "src/mid.png", "--from", "src/gen.png", "--as", "transcode"]).expect(0);
    world.run(["link", "out/child.png", "--from", "src/mid.png", "--as", "crop"]).expect(0);
    world.deliverable("EP", &["out"]);
    world
}

/// How the crop stands where it is listed, shown and disclosed.
fn clearances(world: &World) -> [String; 3] {
    [world.row("out/child.png"), world.show("out/child.png"), element(world)]
        .map(|one| text(&one, "clearance"))
}

/// The codes of what a gate refuses for.
fn refusal(world: &World) -> Vec<String> {
    let found = blocking(&world.gate("EP"));
    found.iter().filter_map(|one| one.split(' ').next()).map(str::to_owned).collect()
}

fn missing(world: &World) -> Vec<String> {
    let gaps = element(world)["missing"].as_array().unwrap().clone();
    gaps.iter().map(|gap| format!("{} {}", text(gap, "code"), text(gap, "why"))).collect()
}

#[test]
fn a_no_to_what_lies_between_is_told_wherever_a_gate_refuses_for_it() {
    let world = chain();
    world.approve(&["src/gen.png"]);
    world.approve(&["src/mid.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    assert_eq!(clearances(&world), ["approved"; 3]);
    world.run(["revoke", "src/mid.png", "--note", "bad crop"]).expect(0);
    assert_eq!(refusal(&world), ["approval-revoked"]);
    assert_eq!(clearances(&world), ["revoked"; 3]);
    let one = element(&world);
    let mut said = one["decisions"].as_array().unwrap().iter();
    let said =
        said.find(|one| one["from"] == "src/mid.png").expect("the approval of the transcode");
    assert_eq!(said["revoked"]["note"], "bad crop");
    assert_eq!(all(&one["sources"], "status"), ["unknown", "ai"]);
    let why = text(&one["sources"][0], "why");
    assert!(why.ends_with("an approval of which was withdrawn"), "{why}");
    let gaps = missing(&world);
    let of_mid: Vec<_> = gaps.iter().filter(|gap| gap.contains("src/mid.png")).collect();
    assert!(matches!(&*of_mid, [one] if one.starts_with("approval-revoked ")), "{gaps:#?}");
    // A no in the place of a withdrawal, and a yes to the crop itself after it.
    world.run(["reject", "src/mid.png", "--by", "Dana", "--note", "not this"]).expect(0);
    assert_eq!(refusal(&world), ["approval-rejected"]);
    assert_eq!(clearances(&world), ["rejected"; 3]);
    assert!(missing(&world).iter().any(|gap| gap.starts_with("approval-rejected src/mid.png")));
    world.approve(&["out/child.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    assert_eq!(clearances(&world), ["approved"; 3]);
    assert!(!missing(&world).iter().any(|gap| gap.starts_with("approval-rejected")));
    // One that came after that.
    world.run(["reject", "src/mid.png", "--by", "Dana", "--note", "still not"]).expect(0);
    assert_eq!(refusal(&world), ["approval-rejected"]);
    assert_eq!(clearances(&world), ["rejected"; 3]);
    assert!(missing(&world).iter().any(|gap| gap.starts_with("approval-rejected src/mid.png")));
    world.approve(&["src/mid.png"]);
    assert_eq!(world.gate("EP").verdict, "pass");
    assert_eq!(clearances(&world), ["approved"; 3]);
}

#[test]
fn a_no_to_a_source_is_told_of_what_has_marks_of_its_own_and_one_to_another_deliverable_is_not() {
    let world = World::with([("src/gen.png", a1111_png(1)), ("out/child.png", a1111_png(2))]);
    world.run(["link", "out/child.png", "--from", "src/gen.png", "--as", "crop"]).expect(0);
    world.deliverable("EP", &["out"]);
    world.deliverable("TRAILER", &["out"]);
    world.approve(&["out/child.png"]);
    let no = ["reject", "src/gen.png", "--by", "Dana", "--note", "no", "--deliverable", "TRAILER"];
    world.run(no).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
    assert_eq!(clearances(&world), ["approved"; 3]);
    assert_eq!(element(&world)["sources"].as_array().unwrap().len(), 0);
    world.run(["reject", "src/gen.png", "--by", "Dana", "--note", "nowhere"]).expect(0);
    assert_eq!(refusal(&world), ["approval-rejected"]);
    assert_eq!(clearances(&world), ["rejected"; 3]);
    assert!(missing(&world).iter().any(|gap| gap.starts_with("approval-rejected src/gen.png")));
}

#[test]
fn a_source_whose_determination_goes_against_its_mark_is_disclosed_until_that_is_confirmed() {
    let generated = xmp_png(1, "trainedAlgorithmicMedia");
    let world = World::with([("src/gen.png", generated), ("out/frame.png", plain_png(2))]);
    world.run(["link", "out/frame.png", "--from", "src/gen.png", "--as", "frame"]).expect(0);
    world.run(["tag", "src/gen.png", "--not-ai", "--note", "I shot it"]).expect(0);
    world.deliverable("EP", &["out"]);
    assert_eq!(refusal(&world), ["determination-contradicts-mark"]);
    let one = element(&world);
    assert_eq!(text(&one, "contribution"), "contested");
    assert_eq!(all(&one["sources"], "status"), ["not-ai"]);
    let gaps = missing(&world);
    let of_source = "determination-contradicts-mark src/gen.png: ";
    assert!(matches!(&*gaps, [one] if one.starts_with(of_source)), "{gaps:#?}");
    let log = world.run(["disclose", "EP", "--format", "json"]).expect(0).value();
    assert_eq!(log["counts"]["contested"], 1);
    let letter = world.letter();
    let yes = ["approve", "src/gen.png", "--determination", "--by", "Dana", "--document", &letter];
    world.run(yes).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
    let log = world.run(["disclose", "EP", "--format", "json"]).expect(0).value();
    assert_eq!(log["elements"].as_array().unwrap().len(), 0, "{log:#}");
}

#[test]
fn what_a_timeline_means_and_nobody_has_looked_at_is_open() {
    let world = World::with([("a.png", plain_png(1))]);
    world.write("new/b.png", a1111_png(2));
    let head = "TITLE: cut\nFCM: NON-DROP FRAME\n\n";
    let line = "001  AX       V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00";
    world.write("cut.edl", format!("{head}{line}\n* FROM CLIP NAME: b.png\n"));
    world.run(["deliverable", "add", "EP", "--timeline", "cut.edl"]).expect(0);
    let open = || {
        let log = world.run(["disclose", "EP", "--format", "json"]).expect(0).value();
        let open = log["open"].as_array().unwrap().clone();
        open.iter().map(|one| (text(one, "code"), text(one, "where"))).collect::<Vec<_>>()
    };
    assert_eq!(open(), [("media-unread".to_owned(), "new/b.png".to_owned())]);
    world.scan();
    assert_eq!(open(), []);
}

#[test]
fn a_log_of_a_delivery_is_of_what_was_finalised_where_the_policy_leaves_disabled_clips_out() {
    let mut off = clip("still", Some("../a/ai.png"));
    off["enabled"] = json!(false);
    let world = World::with([("a/ai.png", a1111_png(1)), ("a/plain.png", plain_png(1))]);
    world.write("edit/cut.otio", cut(&[clip("one", Some("../a/plain.png")), off]));
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    world.write(".genlock/policy.toml", format!("ignore-disabled-clips = true\n{policy}"));
    world.acknowledge(&["--note", "they are never rendered"]);
    world.run(["deliverable", "add", "EP", "--timeline", "edit/cut.otio"]).expect(0);
    let place = world.outside("delivery");
    world.run(["export".as_ref(), "EP".as_ref(), place.as_os_str()]).expect(0);
    let log = std::fs::read(place.join("genlock-disclosure.json")).unwrap();
    let log: Value = serde_json::from_slice(&log).unwrap();
    assert_eq!(log["deliverable"]["state"], "final", "{log:#}");
    assert!(!log["not_shown"].to_string().contains("What was finalised"), "{}", log["not_shown"]);
    assert_eq!(text(&log["elements"][0], "name"), "a/ai.png");
    assert!(all(&log["elements"][0]["missing"], "code").contains(&"not-judged".to_owned()));
    // What is in the cut now and was not then is something else.
    world.write("edit/cut.otio", cut(&[clip("one", Some("../a/ai.png"))]));
    let log = world.run(["disclose", "EP", "--format", "json"]).expect(0).value();
    assert_eq!(log["deliverable"]["state"], "final-changed");
    assert!(!all(&log["elements"][0]["missing"], "code").contains(&"not-judged".to_owned()));
}

#[test]
fn a_spreadsheet_has_every_answer_of_a_declaration() {
    let world = World::with([("out/a.png", a1111_png(1))]);
    world.deliverable("EP", &["out"]);
    let what = "use = \"x\"\ntool = \"Gen\"\nlicence_tier = \"T-tier\"\nrights_clearance = \"T-rights\"\n\
                training_data = \"T-data\"\ntraining_clearance = \"T-cleared\"\nnote = \"T-note\"\n\
                personal_data = \"yes\"\nproprietary = \"no\"\nthird_party_ip = \"unsure\"\n\
                public_figure = \"no\"\nalters_performance = \"yes\"\nunion_impact = \"no\"\n\
                could_mislead = \"unsure\"\nwatermarked = \"yes\"\n";
    declare(&world, what, &["out/a.png"]);
    world.run(["tool", "add", "Gen", "--vendor", "T-vendor", "--note", "T-tool-note"]).expect(0);
    let letter = world.letter();
    world.run(["reported", "D-1", "--to", "Mara", "--document", &letter]).expect(0);
    let table = world.run(["disclose", "EP", "--format", "csv"]).expect(0).stdout;
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let last = names.iter().position(|name| *name == "made_from").unwrap();
    for said in ["T-tier", "T-rights", "T-data", "T-cleared", "T-note", "T-vendor", "D-1 by "] {
        assert!(table.contains(said), "{said}");
    }
    let answers = names.len() - last;
    assert_eq!(answers, 17);
    assert!(table.contains("yes,no,unsure,no,yes,no,unsure,yes,D-1 by "), "{table}");
    assert!(table.contains("document (BLAKE3 "));
    for format in ["csv", "html", "json"] {
        let log = world.run(["disclose", "EP", "--format", format]).expect(0).stdout;
        assert!(log.contains("T-tool-note"), "{format}");
    }
}
