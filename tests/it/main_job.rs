//! The main job on `fixtures/editorial`: from a folder to a refused delivery, to an approval, to a
//! deliverable that is final.

use std::fs;

use serde_json::json;

use crate::world::{Ran, World, fixtures, number, text};

const PORTRAIT: &str = "conform/reel1/graphics/portrait_reconstruction.png";
const STORM: &str = "conform/reel1/graphics/storm_over_harbour.png";
const BOATHOUSE: &str = "conform/reel1/stills/boathouse_night_extended.jpg";

/// A row of `expected.csv`.
struct Expected {
    path: String,
    status: String,
    source_type: String,
    strength: String,
}

fn expected() -> Vec<Expected> {
    let table = fs::read_to_string(fixtures().join("expected.csv")).unwrap();
    let row = |line: &str| {
        let mut cells = line.splitn(5, ',').map(str::to_owned);
        let mut next = || cells.next().unwrap();
        Expected { path: next(), status: next(), source_type: next(), strength: next() }
    };
    table.lines().skip(1).map(row).collect()
}

#[test]
fn every_fixture_gets_the_status_type_and_strength_that_expected_csv_says() {
    let world = World::editorial();
    let scanned = world.scan();
    let rows = world.files();
    let expected = expected();
    assert!(expected.len() > 40, "expected.csv lost its rows");
    let mut wrong = Vec::new();
    for one in &expected {
        let row = rows.iter().find(|row| row["path"] == one.path.as_str());
        if one.status == "ignored" {
            assert!(row.is_none(), "{} was recorded", one.path);
            continue;
        }
        let Some(row) = row else { panic!("{} was not recorded", one.path) };
        let strength = row["strength"].as_str().unwrap_or_default();
        if (text(row, "status"), strength) != (one.status.clone(), &one.strength) {
            wrong.push(format!("{}: {row}", one.path));
        }
        // What the file itself states, wherever: a tool's trace states none, and means it.
        let shown = world.show(&one.path);
        let marks = shown["evidence"].as_array().unwrap();
        let stated = marks.iter().filter(|mark| mark["strength"] != "trace");
        let stated: Vec<_> = stated.filter_map(|mark| mark["source_type"].as_str()).collect();
        let agrees = if one.source_type.is_empty() {
            stated.is_empty()
        } else {
            stated.contains(&one.source_type.as_str())
        };
        if !agrees {
            wrong.push(format!("{} states {stated:?}, not {:?}", one.path, one.source_type));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let recorded = expected.iter().filter(|one| one.status != "ignored").count();
    assert_eq!(rows.len(), recorded, "something else was recorded");
    let count = |status: &str| expected.iter().filter(|one| one.status == status).count();
    for (field, status) in [("ai", "ai"), ("ai_part", "ai-part"), ("suspect", "suspect")] {
        assert_eq!(number(&scanned, field), count(status) as u64, "{field}");
    }
}

#[test]
fn an_unapproved_ai_asset_refuses_the_delivery_and_its_approval_clears_exactly_it() {
    let world = World::editorial();
    world.scan();
    world.deliverable("EP101", &["conform/**"]);

    let unapproved = |path: &str| format!("ai-unapproved {path}");
    let all = [unapproved(PORTRAIT), unapproved(STORM), unapproved(BOATHOUSE)];
    let refused = Ran::expect(world.json(["finalize", "EP101"]), 1).value();
    assert_eq!(refused["verdict"], "refused");
    assert_eq!(refused["checked"], 16);
    world.gate("EP101").expect("refused", &[&all[0], &all[1], &all[2]]);

    // One is approved: the two others still refuse.
    world.approve(&[STORM]);
    world
        .gate("EP101")
        .expect("refused", &[&format!("[approval-unsigned {STORM}]"), &all[0], &all[2]]);

    world.approve(&[PORTRAIT, BOATHOUSE]);
    let passed = Ran::expect(world.json(["finalize", "EP101"]), 0).value();
    assert_eq!((&passed["verdict"], &passed["state"]), (&json!("pass"), &json!("final")));
    let shown = world.json(["deliverable", "show", "EP101"]).value();
    assert_eq!(shown["state"], "final");
    world.verify();
}

#[test]
fn every_step_of_the_job_is_on_the_journal_and_names_who_acted() {
    let world = World::editorial();
    world.scan();
    world.deliverable("EP101", &["conform/**"]);
    world.gate("EP101");
    world.approve(&[PORTRAIT, STORM, BOATHOUSE]);
    world.run(["finalize", "EP101", "--as", "lee"]).expect(0);
    let events = world.json(["log"]).expect(0).values();
    let kinds: Vec<_> = events.iter().rev().map(|event| text(event, "kind")).collect();
    assert_eq!(
        kinds,
        [
            "project-created",
            "policy-adopted",
            "observed",
            "scan-completed",
            "deliverable-defined",
            "gated",
            "approved",
            "gated",
            "finalized"
        ]
    );
    let actors: Vec<_> = events.iter().rev().map(|event| text(event, "actor")).collect();
    assert!(actors[..7].iter().all(|actor| actor == crate::world::ACTOR), "{actors:?}");
    assert_eq!(actors[7..], ["lee", "lee"]);
}

#[test]
fn the_demo_runs_the_whole_job_by_itself() {
    let world = World::bare();
    let place = world.outside("demo");
    let ran = world.run(["demo", &place.display().to_string()]).expect(0);
    for word in ["$ genlock scan", "$ genlock ls --ai", "ai-unapproved", "(exit 1)", "EP101: final"]
    {
        assert!(ran.stdout.contains(word), "{word:?} is not in\n{}", ran.stdout);
    }
    let project = place.display().to_string();
    world.run(["--project", &project, "verify"]).expect(0);
    let state = world.json(["--project", &project, "deliverable", "show", "EP101"]).value();
    assert_eq!(state["state"], "final");
    // What is there is left alone.
    world.run(["demo", &project]).expect(2);
}
