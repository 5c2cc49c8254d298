//! Timelines that say in a roundabout way what they are made of: AI that stands there does not pass, whatever
//! the program that wrote them calls it.

use serde_json::{Value, json};

use crate::timelines::gate_of;

/// A track of one clip `plain.png` with this media reference, and another item where there is one.
fn otio(media: &Value, more: Option<Value>) -> String {
    let range = json!({"OTIO_SCHEMA": "TimeRange.1",
        "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 0},
        "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 24}});
    let clip = json!({"OTIO_SCHEMA": "Clip.1", "name": "plain", "source_range": range,
        "media_reference": media});
    let mut items = vec![clip];
    items.extend(more);
    json!({"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Stack.1", "children":
        [{"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": items}]}})
    .to_string()
}

fn external(target: &str) -> Value {
    json!({"OTIO_SCHEMA": "ExternalReference.1", "target_url": target})
}

#[test]
fn what_objects_of_a_vendors_own_hold_in_an_otio_is_judged() {
    for media in [
        json!({"OTIO_SCHEMA": "StudioReference.1", "versions": [external("plain.png"), external("ai.png")]}),
        json!({"OTIO_SCHEMA": "StudioReference.1", "path": "/mnt/x/ai.png"}),
        json!({"OTIO_SCHEMA": "StudioReference.1", "target_url": "plain.png", "original": external("ai.png")}),
        json!([external("plain.png"), external("ai.png")]),
        json!("ai.png"),
    ] {
        gate_of("cut.otio", &otio(&media, None)).expect("refused", &["ai-unapproved ai.png"]);
    }
    let studio = json!({"OTIO_SCHEMA": "StudioClip.1", "name": "x", "media": {"OTIO_SCHEMA": "StudioMedia.1", "path": "ai.png"}});
    for item in [studio, json!({"name": "ai"})] {
        let gate = gate_of("cut.otio", &otio(&external("plain.png"), Some(item)));
        gate.expect("refused", &["ai-unapproved ai.png"]);
    }
    let untold = json!({"OTIO_SCHEMA": "StudioClip.1", "name": "sh010", "asset": 7});
    let gate = gate_of("cut.otio", &otio(&external("plain.png"), Some(untold)));
    gate.expect("cannot-tell", &["media-unresolved cut.otio"]);
    let told = json!({"OTIO_SCHEMA": "StudioReference.1", "target_url": "plain.png", "was": "/mnt/x/ai.png"});
    gate_of("cut.otio", &otio(&told, None)).expect("pass", &[]);
}

#[test]
fn a_compound_of_which_an_fcpxml_tells_nothing_is_judged_by_its_name() {
    let fcpxml = |media: &str, clip: &str| {
        format!(
            "<?xml version=\"1.0\"?><fcpxml version=\"1.10\"><resources><format id=\"f\" \
             frameDuration=\"1/25s\"/>{media}</resources><project name=\"p\"><sequence format=\"f\"><spine>\
             {clip}</spine></sequence></project></fcpxml>"
        )
    };
    let angle = "<media id=\"m\"><multicam><mc-angle angleID=\"x\"/></multicam></media>";
    for (media, clip) in [
        ("<media id=\"m\" name=\"ai\"/>", "<ref-clip ref=\"m\" duration=\"2s\"/>"),
        (angle, "<mc-clip ref=\"m\" name=\"ai\" duration=\"2s\"/>"),
    ] {
        let gate = gate_of("cut.fcpxml", &fcpxml(media, clip));
        gate.expect("refused", &["ai-unapproved ai.png"]);
    }
    let lost = "<ref-clip ref=\"m\" name=\"sh010\" duration=\"2s\"/>";
    let gate = gate_of("cut.fcpxml", &fcpxml("<media id=\"m\" name=\"x\"/>", lost));
    gate.expect("cannot-tell", &["media-unresolved cut.fcpxml"]);
}

#[test]
fn a_multiclip_of_which_an_xmeml_tells_no_file_is_judged_by_its_name() {
    let xmeml = |name: &str, multiclip: &str| {
        format!(
            "<xmeml version=\"5\"><sequence><name>s</name><rate><timebase>25</timebase></rate><media><video>\
             <track><clipitem id=\"c\"><name>{name}</name><start>0</start><end>50</end><in>0</in><out>50</out>\
             {multiclip}</clipitem></track></video></media></sequence></xmeml>"
        )
    };
    let angle =
        "<multiclip id=\"m\"><angle><clip id=\"k\"><name>ai</name></clip></angle></multiclip>";
    for text in [xmeml("ai", "<multiclip id=\"m\"/>"), xmeml("mc", angle)] {
        gate_of("cut.xml", &text).expect("refused", &["ai-unapproved ai.png"]);
    }
}

#[test]
fn media_that_a_premiere_project_finds_beside_itself_are_judged() {
    let project = |media: &str| {
        format!(
            "<?xml version=\"1.0\"?><PremiereData Version=\"3\"><Media ObjectUID=\"1\">{media}</Media></PremiereData>"
        )
    };
    for media in ["<RelativePath>./ai.png</RelativePath>", "<Title>ai.png</Title>"] {
        gate_of("cut.prproj", &project(media)).expect("refused", &["ai-unapproved ai.png"]);
    }
}

#[test]
fn lists_that_opentimelineio_writes_are_read() {
    let edl = |name: &str| {
        format!(
            "TITLE: rt\n\n001  AX  V  C  00:00:01:00 00:00:02:00 00:00:00:00 00:00:01:00\n\
             * FROM CLIP NAME:  sh010\n* FROM CLIP: file:///Volumes/X/{name}\n\
             * OTIO TRUNCATED REEL NAME FROM: {name}\n"
        )
    };
    gate_of("cut.edl", &edl("plain.png")).expect("pass", &[]);
    gate_of("cut.edl", &edl("ai.png")).expect("refused", &["ai-unapproved ai.png"]);
}
