//! Declarations for globs: what they take in, and that it stays declared.

use std::fs;

use crate::declarations::{FINAL, declare};
use crate::media::{a1111_png, plain_png};
use crate::world::{Gate, World, number};

fn has(gate: &Gate, finding: &str) -> bool {
    gate.findings().contains(&finding.to_owned())
}

#[test]
fn what_a_glob_covered_stays_declared_wherever_it_is_moved() {
    let world = World::with([("gen/a.png", a1111_png(1))]);
    declare(&world, FINAL, &["gen/**"]);
    fs::create_dir(world.path("cut")).unwrap();
    world.rename("gen/a.png", "cut/renamed.png");
    world.scan();
    assert_eq!(world.row("cut/renamed.png")["clearance"], "declared");
}

#[test]
fn what_a_glob_took_in_later_stays_declared_wherever_it_is_moved_or_copied() {
    let world = World::new();
    world.write("gen/before.png", plain_png(3));
    world.scan();
    world.rename("gen/before.png", "before.png");
    world.scan();
    declare(&world, FINAL, &["gen/**"]);
    // Nothing in these says that they are AI-made, but where they were put.
    world.write("gen/moved.png", plain_png(1));
    world.write("gen/deep/copied.png", plain_png(2));
    world.scan();
    fs::create_dir(world.path("cut")).unwrap();
    world.rename("before.png", "cut/before.png");
    world.rename("gen/moved.png", "cut/moved.png");
    world.write("cut/copied.png", plain_png(2));
    world.deliverable("EP", &["cut"]);
    let open = ["ai-unapproved cut/copied.png", "ai-unapproved cut/moved.png"];
    let gate = world.gate("EP");
    assert!(open.iter().all(|one| has(&gate, one)), "{gate:#?}");
    assert!(!has(&gate, "ai-unapproved cut/before.png"), "it left before: {gate:#?}");
    world.scan();
    let declared = |path: &str| world.show(path)["declarations"].as_array().unwrap().len();
    let paths = ["cut/moved.png", "cut/copied.png", "cut/before.png"];
    assert_eq!(paths.map(declared), [1, 1, 0]);
    // Something else in the old place changes nothing, and an approval of the declaration covers both.
    world.write("gen/moved.png", plain_png(4));
    world.scan();
    assert_eq!(declared("cut/moved.png"), 1);
    let letter = world.letter();
    let approve = ["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter];
    assert_eq!(number(&world.json(approve).expect(0).value(), "assets"), 3);
    let passed = world.json(["gate", "EP"]).expect(0).value();
    let seq = passed["journal"]["seq"].to_string();
    let again = world.json(["gate", "EP", "--as-of", &seq]).expect(0).value();
    assert_eq!(again["findings"], passed["findings"]);
    // Nor does a commission without AI take it.
    let world = World::bare();
    world.run(["init", "--profile", "no-ai"]).expect(0);
    declare(&world, FINAL, &["gen/**"]);
    world.write("gen/a.png", plain_png(1));
    world.scan();
    world.rename("gen/a.png", "a.png");
    world.deliverable("EP", &["a.png"]);
    assert!(has(&world.gate("EP"), "no-ai a.png"));
}

#[test]
fn a_glob_below_a_folder_with_brackets_of_its_own_is_for_that_folder() {
    let world = World::with([
        ("SC010 [AI]/in {x}/a.png", a1111_png(1)),
        ("SC010 A/in {x}/b.png", a1111_png(2)),
        ("SC010 [AI]/f.1001.png", a1111_png(3)),
        ("SC010 [AI]/f.1002.png", a1111_png(4)),
    ]);
    let globs = ["SC010 [AI]/in*/**", "SC010 [AI]/f.[1001-1002].png"];
    assert_eq!(number(&declare(&world, FINAL, &globs), "assets"), 3);
    let clearance = |path: &str| world.row(path)["clearance"].clone();
    assert_eq!(clearance("SC010 [AI]/in {x}/a.png"), "declared");
    assert_eq!(clearance("SC010 A/in {x}/b.png"), "undeclared");
    // Also from within, and where a decision is meant.
    let args = ["tag", "in {x}/*.png", "--ai", "--yes"];
    world.run_in("SC010 [AI]", args).expect(0);
    assert_eq!(world.show("SC010 A/in {x}/b.png")["determination"], serde_json::Value::Null);
    world.deliverable("EP", &["SC010 [AI]/in {x}/*"]);
    let gate = world.gate("EP");
    assert!(has(&gate, "ai-unapproved SC010 [AI]/in {x}/a.png"), "{gate:#?}");
    assert_eq!(gate.answer["checked"], 1);
    // What fits nothing yet is told.
    let file = world.outside("use.toml").display().to_string();
    let ran = world.run(["declare", "later [AI]/**", "--from", &file]).expect(0);
    assert!(ran.stdout.contains("nothing that is known"), "{}", ran.stdout);
}

#[test]
fn a_name_with_brackets_is_declared_and_no_glob_that_does_not_fit_it() {
    let world = World::with([
        ("SC010 [AI]/a.png", a1111_png(1)),
        ("still [final].png", a1111_png(2)),
        ("still f.png", a1111_png(3)),
        ("later [x].png", a1111_png(4)),
    ]);
    let named = ["SC010 [AI]", "still [final].png"];
    assert_eq!(number(&declare(&world, FINAL, &named), "assets"), 2);
    let clearance = |path: &str| world.row(path)["clearance"].clone();
    assert_eq!(clearance("SC010 [AI]/a.png"), "declared");
    assert_eq!(clearance("still [final].png"), "declared");
    assert_eq!(clearance("still f.png"), "undeclared");
    let added = world.json(["declare", "D-1", "--add", "later [x].png"]).expect(0).value();
    assert_eq!(number(&added, "assets"), 3);
    // As a folder without brackets, it is for what is in it now.
    world.write("SC010 [AI]/b.png", a1111_png(5));
    // What no scan has seen is not known, and no pattern for what is.
    world.write("still [fg].png", a1111_png(6));
    let unseen = ["declare", "D-1", "--add", "still [fg].png"];
    assert!(world.json(unseen).expect(2).error().contains("no asset matches"));
    world.run(["tag", "still [fg].png", "--ai"]).expect(2);
    world.scan();
    assert_eq!(clearance("SC010 [AI]/b.png"), "undeclared");
    // Where nothing has the name it is a glob, also of what lands later; with a star it always is.
    world.write("gen/*.png", a1111_png(7));
    world.write("gen/c.png", a1111_png(8));
    world.scan();
    assert_eq!(number(&declare(&world, FINAL, &["still [ef].png", "gen/*.png"]), "assets"), 3);
    world.write("still e.png", a1111_png(9));
    world.scan();
    assert_eq!(clearance("still e.png"), "declared");
}
