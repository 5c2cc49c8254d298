//! The disclosure log beyond the files themselves: what is AI-made only by what it was made from, what
//! nobody has looked at, and every answer of a declaration.

use serde_json::Value;

use crate::declarations::{FINAL, declare};
use crate::media::{a1111_png, plain_png, xmp_png};
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
