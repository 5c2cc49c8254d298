//! Timelines that name other timelines as if they were media: no AI passes a gate two files deep.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png};
use crate::world::{World, text};

/// A timeline of one clip.
fn otio(target: &str) -> String {
    let medium = json!({"OTIO_SCHEMA": "ExternalReference.1", "target_url": target});
    let clip = json!({"OTIO_SCHEMA": "Clip.2", "name": "shot",
        "media_references": {"DEFAULT_MEDIA": medium}, "active_media_reference_key": "DEFAULT_MEDIA"});
    json!({"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Stack.1", "children":
        [{"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": [clip]}]}})
    .to_string()
}

fn edl(name: &str) -> String {
    format!(
        "TITLE: x\n\n001  AX  V  C  00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n* FROM CLIP NAME: {name}\n"
    )
}

fn xmeml(place: &str) -> String {
    format!(
        "<xmeml version=\"5\"><sequence><name>s</name><rate><timebase>25</timebase></rate><media><video><track>\
         <clipitem id=\"c\"><name>n</name><start>0</start><end>50</end><in>0</in><out>50</out><file id=\"f\">\
         <name>n</name><pathurl>{place}</pathurl></file></clipitem></track></video></media></sequence></xmeml>"
    )
}

fn fcpxml(place: &str) -> String {
    format!(
        "<fcpxml version=\"1.10\"><resources><asset id=\"a\" name=\"a\" hasVideo=\"1\" duration=\"2s\">\
         <media-rep kind=\"original-media\" src=\"{place}\"/></asset></resources><library><event><project>\
         <sequence><spine><asset-clip ref=\"a\" offset=\"0s\" duration=\"2s\"/></spine></sequence></project>\
         </event></library></fcpxml>"
    )
}

fn project(places: &[&str]) -> String {
    let mut all = String::new();
    for (at, place) in places.iter().enumerate() {
        write!(all, "<Media ObjectUID=\"{at}\"><RelativePath>{place}</RelativePath></Media>")
            .unwrap();
    }
    format!("<?xml version=\"1.0\"?><PremiereData Version=\"3\">{all}</PremiereData>")
}

/// A scanned project with these timelines; EP is the first of them.
fn world(timelines: &[(&str, String)]) -> World {
    let world = World::with([("ai.png", a1111_png(1)), ("plain.png", plain_png(2))]);
    for (name, content) in timelines {
        world.write(name, content);
    }
    world.scan();
    name(&world, timelines[0].0);
    world
}

fn name(world: &World, timeline: &str) {
    world.run(["deliverable", "add", "EP", "--timeline", timeline]).expect(0);
}

fn first(world: &World) -> Value {
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    shown["references"][0].clone()
}

#[test]
fn a_timeline_in_the_place_of_media_blocks_until_the_deliverable_names_it() {
    let cases = [
        [("film.otio", otio("reel.otio")), ("reel.otio", otio("ai.png"))],
        [("film.xml", xmeml("reel.fcpxml")), ("reel.fcpxml", fcpxml("ai.png"))],
        [("film.edl", edl("reel.otio")), ("reel.otio", otio("ai.png"))],
        [("film.fcpxml", fcpxml("reel.xml")), ("reel.xml", xmeml("ai.png"))],
        [
            ("film.prproj", project(&["plain.png", "reel.prproj"])),
            ("reel.prproj", project(&["ai.png"])),
        ],
        // Whatever it is called.
        [("film.otio", otio("reel.png")), ("reel.png", edl("ai.png"))],
        // A folder that is a timeline.
        [("film.otio", otio("reel.fcpxmld")), ("reel.fcpxmld/Info.fcpxml", fcpxml("../ai.png"))],
    ];
    for case in cases {
        let [(film, _), (reel, _)] = &case;
        let world = world(&case);
        let gate = world.gate("EP");
        gate.expect("cannot-tell", &[&format!("media-unresolved {film}")]);
        let why = text(gate.finding("media-unresolved"), "why");
        assert!(why.contains(&format!("{reel} is a timeline itself")), "{why}");
        assert!(why.contains("deliverable add --timeline"), "{why}");
        world.run(["finalize", "EP"]).expect(4);
        // Once it is named it is no question any more, and what it plays is judged.
        name(&world, reel.split('/').next().unwrap());
        world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
        world.approve(&["ai.png"]);
        world.gate("EP").expect("pass", &["[approval-unsigned ai.png]"]);
    }
}

#[test]
fn each_timeline_on_the_way_must_be_named_and_one_that_names_itself_is() {
    let world = world(&[
        ("film.otio", otio("act.otio")),
        ("act.otio", otio("reel.otio")),
        ("reel.otio", otio("ai.png")),
    ]);
    world.gate("EP").expect("cannot-tell", &["media-unresolved film.otio"]);
    name(&world, "act.otio");
    world.gate("EP").expect("cannot-tell", &["media-unresolved act.otio"]);
    name(&world, "reel.otio");
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
    // In a circle nothing is left to judge.
    world.write("reel.otio", otio("film.otio"));
    world.gate("EP").expect("refused", &["deliverable-empty film.otio"]);
}

#[test]
fn a_link_to_a_timeline_answers_no_more_than_the_timeline_did() {
    let world = world(&[("film.otio", otio("gone/reel")), ("reel.otio", otio("ai.png"))]);
    let link = |asset: &str| world.run(["deliverable", "link", "EP", "gone/reel", asset]).expect(0);
    link("reel.otio");
    assert_eq!(text(&first(&world), "resolution"), "unresolved");
    world.gate("EP").expect("cannot-tell", &["media-unresolved film.otio"]);
    // What was made of it is media; a clip's name stands for it where nothing surer does.
    link("plain.png");
    world.gate("EP").expect("pass", &[]);
    world.write("film.otio", otio("reel.otio"));
    world.gate("EP").expect("cannot-tell", &["media-unresolved film.otio"]);
    world.run(["deliverable", "link", "EP", "shot", "plain.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn what_a_nested_timeline_plays_is_disclosed_with_its_own_times() {
    let world = world(&[("film.otio", otio("reel.edl")), ("reel.edl", edl("ai.png"))]);
    let log = || {
        let log = world.json(["disclose", "EP"]).expect(0).value();
        (log["elements"].as_array().unwrap().clone(), log["open"].to_string())
    };
    let (elements, open) = log();
    assert!(elements.is_empty() && open.contains("reel.edl is a timeline itself"), "{open}");
    name(&world, "reel.edl");
    let (elements, _) = log();
    let used = &elements[0]["uses"][0];
    assert_eq!(
        (text(used, "timeline"), text(used, "record_in")),
        ("reel.edl".to_owned(), "01:00:00:00".to_owned())
    );
}
