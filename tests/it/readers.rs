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
