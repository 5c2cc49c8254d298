//! Deliverables made of timelines: what they refer to is judged, and what cannot be told is refused.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png};
use crate::world::{World, text, tick};

/// A clip with one media reference.
pub fn clip(name: &str, target: Option<&str>) -> Value {
    let media = match target {
        Some(target) => json!({"OTIO_SCHEMA": "ExternalReference.1", "target_url": target}),
        None => json!({"OTIO_SCHEMA": "MissingReference.1"}),
    };
    json!({"OTIO_SCHEMA": "Clip.2", "name": name, "enabled": true,
        "source_range": {"OTIO_SCHEMA": "TimeRange.1",
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 0},
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 24}},
        "media_references": {"DEFAULT_MEDIA": media},
        "active_media_reference_key": "DEFAULT_MEDIA"})
}

fn stack(kind: &str, children: &[Value]) -> Value {
    json!({"OTIO_SCHEMA": kind, "name": kind, "kind": "Video", "enabled": true, "children": children})
}

/// A timeline of one track.
pub fn cut(children: &[Value]) -> String {
    let tracks = stack("Stack.1", &[stack("Track.1", children)]);
    json!({"OTIO_SCHEMA": "Timeline.1", "name": "cut", "tracks": tracks}).to_string()
}

fn world(media: &[(&str, Vec<u8>)], timeline: &str) -> World {
    let world = World::with(media.iter().map(|(name, bytes)| (*name, bytes.clone())));
    world.write("edit/cut.otio", timeline);
    world.run(["deliverable", "add", "EP", "--timeline", "edit/cut.otio"]).expect(0);
    world
}

fn references(world: &World) -> Vec<Value> {
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    shown["references"].as_array().unwrap().clone()
}

#[test]
fn what_a_timeline_refers_to_is_what_is_judged() {
    let media =
        [("a/ai.png", a1111_png(1)), ("a/plain.png", plain_png(1)), ("b.png", a1111_png(2))];
    let timeline = cut(&[clip("one", Some("../a/plain.png")), clip("two", Some("../a/ai.png"))]);
    let world = world(&media, &timeline);
    world.gate("EP").expect("refused", &["ai-unapproved a/ai.png"]);
    world.approve(&["a/ai.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned a/ai.png]"]);
    let all = references(&world);
    assert_eq!(all.len(), 2);
    assert_eq!((&all[1]["name"], &all[1]["path"]), (&json!("two"), &json!("a/ai.png")));
    assert_eq!(text(&all[1], "asset"), world.id("a/ai.png"));
    assert_eq!((&all[1]["resolution"], &all[1]["enabled"]), (&json!("resolved"), &json!(true)));
    assert_eq!(all[1]["record_in"], json!("00:00:01:00"));
}

#[test]
fn places_are_read_in_every_spelling() {
    let name = "a b/caf\u{e9} 100%.png";
    let world = World::with([(name, a1111_png(1))]);
    let outside = world.add_root("nas");
    fs::write(outside.join("x.png"), a1111_png(2)).unwrap();
    let to = outside.to_str().unwrap();
    world.configure(&format!(
        "[[map]]\nfrom = 'P:\\show'\nto = {to:?}\n\
         [[map]]\nfrom = \"/Volumes/RAID\"\nto = {to:?}"
    ));
    let absolute = world.path(name).to_str().unwrap().to_owned();
    let escaped = absolute.replace('%', "%25").replace(' ', "%20").replace('\u{e9}', "%C3%A9");
    let decomposed = absolute.replace('\u{e9}', "e\u{301}");
    for (target, path) in [
        (absolute.as_str(), name),
        (&format!("file://{escaped}"), name),
        (&format!("file://localhost{escaped}"), name),
        (name, name),
        (&format!("../{name}"), name),
        (&decomposed, name),
        (r"P:\show\x.png", "nas:x.png"),
        ("file:///p%3a/Show/x.png", "nas:x.png"),
        ("file:///Volumes/RAID/x.png", "nas:x.png"),
        (&format!("{to}/x.png"), "nas:x.png"),
    ] {
        world.write("edit/cut.otio", cut(&[clip("c", Some(target))]));
        let _ = world.run(["deliverable", "rm", "EP"]);
        world.run(["deliverable", "add", "EP", "--timeline", "edit/cut.otio"]).expect(0);
        let all = references(&world);
        assert_eq!(
            (&all[0]["resolution"], &all[0]["path"]),
            (&json!("resolved"), &json!(path)),
            "{target}"
        );
        world.gate("EP").expect("refused", &[&format!("ai-unapproved {path}")]);
    }
}

#[test]
fn what_is_not_known_for_sure_is_refused_until_somebody_links_it() {
    let media = [("a/x.png", a1111_png(1)), ("b/x.png", plain_png(2)), ("c/y.png", plain_png(3))];
    let timeline = cut(&[
        clip("x.png", None),
        clip("nothing", None),
        clip("y", None),
        clip("passwords", Some("file:///etc/passwd")),
        clip("gone", Some("../c/gone.png")),
    ]);
    let world = world(&media, &timeline);
    let found: Vec<_> = references(&world).iter().map(|one| text(one, "resolution")).collect();
    assert_eq!(found, ["ambiguous", "unresolved", "resolved", "unresolved", "unresolved"]);
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-unresolved edit/cut.otio"; 4]);
    let why = |part: &str| {
        let all = gate.answer["findings"].as_array().unwrap();
        assert!(all.iter().any(|one| text(one, "why").contains(part)), "{part}: {all:#?}");
    };
    why("\"x.png\"");
    why("2 files may be meant: a/x.png, b/x.png");
    why("outside the project's roots, at /etc/passwd");

    let link = |reference: &str, asset: &str| {
        world.run(["deliverable", "link", "EP", reference, asset]).expect(0);
    };
    link("x.png", "b/x.png");
    link("nothing", "c/y.png");
    link("passwords", "c/y.png");
    link("../c/gone.png", "c/y.png");
    world.gate("EP").expect("pass", &[]);
    link("x.png", "a/x.png");
    world.gate("EP").expect("refused", &["ai-unapproved a/x.png"]);
    world.run(["deliverable", "link", "EP", "no such reference", "a/x.png"]).expect(2);
    // Linked is a content, and not whatever lies there later.
    world.write("a/x.png", plain_png(9));
    world.gate("EP").expect("cannot-tell", &["media-changed a/x.png"]);
}

#[test]
fn a_timeline_that_cannot_be_read_is_not_added() {
    let world = World::with([("a.png", plain_png(1))]);
    for (name, bytes) in [
        ("x.otio", &b"{\"OTIO_SCHEMA\": "[..]),
        ("y.otio", b"\xff\xfe\0"),
        ("z.mov", b"no timeline"),
    ] {
        world.write(name, bytes);
        let error = world.json(["deliverable", "add", "EP", "--timeline", name, "--path", "a.png"]);
        let error = error.expect(4);
        assert!(error.error().contains("nothing was added"), "{name}");
        assert!(text(&error.value()["error"], "hint").contains("--path"), "{name}");
    }
    world.run(["deliverable", "add", "EP", "--timeline", "not-there.otio"]).expect(4);
    world.run(["deliverable", "add", "EP", "--timeline", "/etc/hostname"]).expect(2);
    world.run(["deliverable", "add", "EP"]).expect(2);
    assert_eq!(world.json(["deliverable", "ls"]).expect(0).stdout, "");
}

#[test]
fn a_timeline_that_was_edited_or_lost_after_it_was_final_says_so() {
    let media = [("a.png", plain_png(1)), ("b.png", plain_png(2))];
    let world = world(&media, &cut(&[clip("a", Some("../a.png"))]));
    let gate = world.json(["finalize", "EP"]).expect(0).value();
    let state = || text(&world.json(["deliverable", "show", "EP"]).expect(0).value(), "state");
    assert_eq!(state(), "final");
    tick();
    world.write("edit/cut.otio", cut(&[clip("a", Some("../a.png")), clip("b", Some("../b.png"))]));
    world.scan();
    assert_eq!(state(), "final-changed");
    world.gate("EP");
    assert_eq!(state(), "final-changed");
    // What held then is still known, without the disk.
    fs::remove_dir_all(world.path("edit")).unwrap();
    let seq = gate["journal"]["seq"].to_string();
    let again = world.json(["gate", "EP", "--as-of", &seq]).expect(0).value();
    assert_eq!(again["verdict"], gate["verdict"]);
    assert_eq!(again["checked"], gate["checked"]);
    world.gate("EP").expect("cannot-tell", &["[final-changed -]", "media-missing edit/cut.otio"]);
    let texts: Vec<_> = fs::read_dir(world.path(".genlock/documents")).unwrap().collect();
    assert_eq!(texts.len(), 2, "both timelines are kept by hash");
}

/// What hides an AI still from a reader that looks only at what is plain to see.
#[test]
fn a_timeline_that_cannot_be_read_any_more_is_a_problem_of_what_is_shown() {
    let world = world(&[("a.png", plain_png(1))], &cut(&[clip("a", Some("../gone.png"))]));
    let show = |code| world.json(["deliverable", "show", "EP"]).expect(code).value();
    // What is not resolved is said with the reference.
    assert_eq!(show(0)["problems"], json!([]));
    fs::remove_dir_all(world.path("edit")).unwrap();
    let shown = show(4);
    assert_eq!(shown["problems"][0]["path"], "edit/cut.otio", "{shown}");
    assert_eq!(shown["references"], json!([]));
    let said = world.run(["deliverable", "show", "EP"]).expect(4).stdout;
    assert!(said.contains("edit/cut.otio: "), "{said}");
}

#[test]
fn an_ai_still_does_not_pass_wherever_a_timeline_hides_it() {
    let ai = || clip("still", Some("../a/ai.png"));
    let mut disabled = ai();
    disabled["enabled"] = json!(false);
    let mut off = stack("Track.1", &[ai()]);
    off["enabled"] = json!(false);
    let mut two = clip("two", Some("../a/plain.png"));
    two["media_references"]["hires"] = ai()["media_references"]["DEFAULT_MEDIA"].clone();
    let deep =
        stack("Stack.1", &[stack("Track.1", &[stack("Stack.1", &[stack("Track.1", &[ai()])])])]);
    let media = ai()["media_references"]["DEFAULT_MEDIA"].clone();
    let (mut effect, mut marker) = (two.clone(), two.clone());
    effect["effects"] = json!([{"OTIO_SCHEMA": "Overlay.1", "layer": media}]);
    marker["markers"] = json!([{"OTIO_SCHEMA": "Marker.2", "metadata": {"vendor": [media]}}]);
    for one in [&mut effect, &mut marker] {
        one["media_references"].as_object_mut().unwrap().remove("hires");
    }
    for (what, child) in [
        ("three compounds deep", stack("Stack.1", &[stack("Stack.1", &[deep])])),
        ("disabled", disabled),
        ("on a disabled track", stack("Stack.1", &[off])),
        ("a second media reference", two),
        ("what an effect lays over it", effect),
        ("what a marker refers to", marker),
    ] {
        let media = [("a/ai.png", a1111_png(1)), ("a/plain.png", plain_png(1))];
        let world = world(&media, &cut(&[clip("one", Some("../a/plain.png")), child]));
        let gate = world.gate("EP");
        assert_eq!(gate.verdict, "refused", "{what}");
        gate.expect("refused", &["ai-unapproved a/ai.png"]);
    }
}

#[test]
fn an_ai_still_does_not_pass_behind_a_link_or_another_spelling() {
    let media = [("a/ai.png", a1111_png(1))];
    for (target, finding) in [
        ("../l.png", "ai-unapproved a/ai.png"),
        ("../h.png", "ai-unapproved h.png"),
        ("../a/../a/./ai.png", "ai-unapproved a/ai.png"),
    ] {
        let world = world(&media, &cut(&[clip("c", Some(target))]));
        world.link("l.png", "a/ai.png");
        fs::hard_link(world.path("a/ai.png"), world.path("h.png")).unwrap();
        world.gate("EP").expect("refused", &[finding]);
    }
    let world = world(&media, &cut(&[clip("c", Some("../l.png"))]));
    world.link("l.png", "/etc/passwd");
    world.gate("EP").expect("cannot-tell", &["media-unresolved edit/cut.otio"]);
}

#[test]
fn every_frame_of_a_sequence_is_judged() {
    let frames: Vec<_> = (1001..=1006).map(|at| format!("sh/x.{at}.png")).collect();
    let mut media: Vec<_> = frames.iter().map(|name| (name.as_str(), plain_png(1))).collect();
    media[3].1 = a1111_png(1);
    let mut shot = clip("x", None);
    shot["media_references"]["DEFAULT_MEDIA"] = json!({
        "OTIO_SCHEMA": "ImageSequenceReference.1", "target_url_base": "../sh/", "name_prefix": "x.",
        "name_suffix": ".png", "start_frame": 1001, "frame_step": 1, "rate": 24.0,
        "frame_zero_padding": 4, "missing_frame_policy": "error",
        "available_range": {"OTIO_SCHEMA": "TimeRange.1",
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 0},
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 6}}});
    let world = world(&media, &cut(&[shot]));
    world.gate("EP").expect("refused", &["ai-unapproved sh/x.1004.png"]);
    world.approve(&["sh/x.1004.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned sh/x.1004.png]"]);
    world.remove("sh/x.1006.png");
    let approved = "[approval-unsigned sh/x.1004.png]";
    world.gate("EP").expect("cannot-tell", &[approved, "media-missing edit/cut.otio"]);
}

#[test]
fn a_sequence_may_be_named_as_people_fold_it() {
    let frames: Vec<_> = (1001..=1004).map(|at| format!("vfx/x.{at}.exr")).collect();
    let mut media: Vec<_> = frames.iter().map(|name| (name.as_str(), plain_png(1))).collect();
    media[2].1 = a1111_png(1);
    for target in
        [None, Some("/Volumes/GONE/x.%5B1001-1004%5D.exr"), Some("../vfx/x.[1001-1004].exr")]
    {
        let world = world(&media, &cut(&[clip("x.[1001-1004].exr", target)]));
        world.gate("EP").expect("refused", &["ai-unapproved vfx/x.1003.exr"]);
    }
    let world = world(&media, &cut(&[clip("x.[1001-1009].exr", None)]));
    let refused = ["ai-unapproved vfx/x.1003.exr", "media-missing edit/cut.otio"];
    world.gate("EP").expect("refused", &refused);
}

#[test]
fn copies_of_one_content_are_one_answer_and_all_are_judged() {
    let media = [("a/x.png", plain_png(1)), ("b/x.png", plain_png(1))];
    let world = world(&media, &cut(&[clip("x.png", None)]));
    assert_eq!(references(&world)[0]["resolution"], json!("resolved"));
    world.gate("EP").expect("pass", &[]);
    // Before anybody scanned: the gate reads them itself.
    world.write("b/x.png", a1111_png(1));
    world.gate("EP").expect("refused", &["ai-unapproved b/x.png"]);
    world.gate("EP").expect("cannot-tell", &["media-unresolved edit/cut.otio"]);
}

/// A deliverable of one timeline in another format; what its gate says.
pub fn gate_of(name: &str, text: &str) -> crate::world::Gate {
    let world = World::with([
        ("ai.png", a1111_png(1)),
        ("plain.png", plain_png(1)),
        ("voice.png", a1111_png(2)),
    ]);
    world.write(name, text);
    world.run(["deliverable", "add", "EP", "--timeline", name]).expect(0);
    world.gate("EP")
}

#[test]
fn the_outgoing_side_of_a_dissolve_is_judged() {
    let edl = "TITLE: X\nFCM: NON-DROP FRAME\n\n\
        001  AX       V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
        * FROM CLIP NAME: plain.png\n\
        002  AX       V     C        00:00:02:00 00:00:02:00 01:00:02:00 01:00:02:00\n\
        002  AX       V     D    012 00:00:00:00 00:00:03:00 01:00:02:00 01:00:05:00\n\
        * FROM CLIP NAME: ai.png\n* TO CLIP NAME: plain.png\n";
    gate_of("cut.edl", edl).expect("refused", &["ai-unapproved ai.png"]);
    let wipe = edl.replace("V     D    012", "V     W001 012");
    gate_of("cut.edl", &wipe).expect("refused", &["ai-unapproved ai.png"]);
}

#[test]
fn what_stands_beside_the_clip_in_comments_and_effects_is_judged() {
    let event = "001  AX  AA/V  C  00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
        * FROM CLIP NAME: plain.png\n* AUDIO CLIP NAME: voice.png\n";
    let gate = gate_of("cut.edl", &format!("TITLE: X\n\n{event}"));
    gate.expect("refused", &["ai-unapproved voice.png"]);
    let xmeml = "<xmeml version=\"5\"><sequence><name>s</name><rate><timebase>25</timebase></rate><media><video>\
        <track><clipitem id=\"c\"><name>plain.png</name><start>0</start><end>50</end><in>0</in><out>50</out>\
        <file id=\"f\"><pathurl>plain.png</pathurl></file><filter><effect><parameter><value>WELL</value>\
        </parameter></effect></filter></clipitem></track></video></media></sequence></xmeml>";
    let well = "<clip id=\"w\"><file id=\"g\"><pathurl>ai.png</pathurl></file></clip>";
    for value in [well, "file:///gone/ai.png"] {
        let gate = gate_of("cut.xml", &xmeml.replace("WELL", value));
        gate.expect("refused", &["ai-unapproved ai.png"]);
    }
    gate_of("cut.xml", &xmeml.replace("WELL", "file:///gone/look.cube")).expect("pass", &[]);
    let fcpxml = "<?xml version=\"1.0\"?><fcpxml version=\"1.10\"><resources><format id=\"f\" \
        frameDuration=\"1/25s\"/><effect id=\"e\" name=\"Frame\"/></resources><project name=\"p\"><sequence \
        format=\"f\"><spine><title ref=\"e\" duration=\"2s\"><param name=\"Drop Zone\" key=\"1\" \
        value=\"file:///gone/ai.png\"/></title></spine></sequence></project></fcpxml>";
    gate_of("cut.fcpxml", fcpxml).expect("refused", &["ai-unapproved ai.png"]);
}

#[test]
fn an_audition_that_is_not_picked_and_a_compound_clip_are_judged() {
    let asset = |id: &str, name: &str| {
        format!(
            "<asset id=\"{id}\" name=\"{name}\" start=\"0s\" duration=\"2s\" hasVideo=\"1\" format=\"r0\">\
             <media-rep kind=\"original-media\" src=\"./{name}\"/></asset>"
        )
    };
    let fcpxml = |spine: &str, media: &str| {
        format!(
            "<?xml version=\"1.0\"?><!DOCTYPE fcpxml><fcpxml version=\"1.10\"><resources>\
             <format id=\"r0\" frameDuration=\"1/25s\"/>{}{}{media}</resources><library><event><project \
             name=\"p\"><sequence format=\"r0\" tcStart=\"0s\" duration=\"4s\"><spine>{spine}</spine>\
             </sequence></project></event></library></fcpxml>",
            asset("r1", "plain.png"),
            asset("r2", "ai.png")
        )
    };
    let clip =
        |id: &str| format!("<asset-clip ref=\"{id}\" offset=\"0s\" duration=\"2s\" name=\"c\"/>");
    let audition = fcpxml(&format!("<audition>{}{}</audition>", clip("r1"), clip("r2")), "");
    gate_of("cut.fcpxml", &audition).expect("refused", &["ai-unapproved ai.png"]);
    let inner = |id: &str, within: &str| {
        format!(
            "<media id=\"{id}\" name=\"{id}\"><sequence format=\"r0\" duration=\"2s\" tcStart=\"0s\">\
             <spine>{within}</spine></sequence></media>"
        )
    };
    let compound =
        |id: &str| format!("<ref-clip ref=\"{id}\" offset=\"0s\" duration=\"2s\" name=\"{id}\"/>");
    let media =
        inner("m1", &compound("m2")) + &inner("m2", &compound("m3")) + &inner("m3", &clip("r2"));
    let deep = fcpxml(&(clip("r1") + &compound("m1")), &media);
    gate_of("cut.fcpxml", &deep).expect("refused", &["ai-unapproved ai.png"]);
}

#[test]
fn a_muted_clip_is_judged() {
    let xmeml = "<?xml version=\"1.0\"?><!DOCTYPE xmeml><xmeml version=\"5\"><sequence><name>s</name>\
        <rate><timebase>25</timebase></rate><media><audio><track><enabled>FALSE</enabled><clipitem id=\"c\">\
        <name>voice.png</name><enabled>FALSE</enabled><start>0</start><end>50</end><in>0</in><out>50</out>\
        <file id=\"f\"><name>voice.png</name><pathurl>file://localhost/gone/voice.png</pathurl></file>\
        </clipitem></track></audio></media></sequence></xmeml>";
    gate_of("cut.xml", xmeml).expect("refused", &["ai-unapproved voice.png"]);
}

#[test]
fn a_timeline_made_to_exhaust_its_reader_is_refused_at_once() {
    let world = World::with([("a.png", plain_png(1))]);
    let mut laughs = "<?xml version=\"1.0\"?><!DOCTYPE fcpxml [<!ENTITY a0 \"ha\">".to_owned();
    for at in 1..30 {
        let below = format!("&a{};", at - 1).repeat(10);
        write!(laughs, "<!ENTITY a{at} \"{below}\">").unwrap();
    }
    laughs.push_str("]><fcpxml version=\"1.10\"><resources>&a29;</resources></fcpxml>");
    let many = format!("<fcpxml version=\"1.10\">{}</fcpxml>", "<a/>".repeat(10_000_000));
    let deep = format!("<xmeml>{}", "<a>".repeat(1_000_000));
    for (name, text) in [("laughs.fcpxml", laughs), ("many.fcpxml", many), ("deep.xml", deep)] {
        world.write(name, text);
        world.run(["deliverable", "add", "EP", "--timeline", name]).expect(4);
    }
}

#[test]
fn a_policy_may_leave_out_what_is_disabled() {
    let mut off = clip("still", Some("../a/ai.png"));
    off["enabled"] = json!(false);
    let mut gone = clip("nowhere", Some("../a/gone.png"));
    gone["enabled"] = json!(false);
    let media = [("a/ai.png", a1111_png(1)), ("a/plain.png", plain_png(1))];
    let world = world(&media, &cut(&[clip("one", Some("../a/plain.png")), off, gone]));
    let counted = ["ai-unapproved a/ai.png", "media-unresolved edit/cut.otio"];
    world.gate("EP").expect("refused", &counted);
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    world.write(".genlock/policy.toml", format!("ignore-disabled-clips = true\n{policy}"));
    world.acknowledge(&["--note", "they are never rendered"]);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn what_cannot_be_resolved_may_be_waived_by_somebody_who_answers_for_it() {
    let world = world(&[("a.png", plain_png(1))], &cut(&[clip("black", None)]));
    world.gate("EP").expect("cannot-tell", &["media-unresolved edit/cut.otio"]);
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let waiver = "[[waiver]]\ncode = \"media-unresolved\"\nasset = \"edit/cut.otio\"\nwho = \"Kim\"\n\
                  why = \"black made in the edit\"\nuntil = \"2099-01-01\"\n";
    world.write(".genlock/policy.toml", format!("{policy}\n{waiver}"));
    world.acknowledge(&["--note", "as agreed"]);
    let gate = world.gate("EP");
    gate.expect("pass", &[]);
    assert_eq!(gate.answer["waived"][0]["code"], "media-unresolved");
    // What was waived is told, not only where.
    let told = world.run(["gate", "EP"]).expect(0).stdout;
    assert!(told.contains("edit/cut.otio: \"black\", track V1"), "{told}");
}

#[test]
fn a_timeline_is_no_media_of_unknown_origin() {
    let world = world(&[("a.png", a1111_png(1))], &cut(&[clip("a", Some("../a.png"))]));
    let gate = world.gate("EP");
    let codes: Vec<_> =
        gate.answer["findings"].as_array().unwrap().iter().map(|one| text(one, "code")).collect();
    assert!(!codes.contains(&"origin-unknown".to_owned()), "{codes:?}");
}

#[test]
fn nothing_but_timelines_that_refer_to_nothing_is_empty() {
    for (name, text) in [
        ("a.otio", cut(&[])),
        ("b.otio", "{\"OTIO_SCHEMA\":\"Timeline.1\",\"tracks\":null}".to_owned()),
        ("c.xml", "<?xml version=\"1.0\"?><xmeml version=\"5\"/>".to_owned()),
        ("d.ale", "Heading\nFIELD_DELIM\tTABS\n\nColumn\nName\tTape\n\nData\n".to_owned()),
    ] {
        let world = World::with([("a.png", plain_png(1))]);
        world.write(name, &text);
        world.run(["deliverable", "add", "EP", "--timeline", name]).expect(0);
        let empty = format!("deliverable-empty {name}");
        world.gate("EP").expect("refused", &[&empty]);
        world.run(["finalize", "EP"]).expect(1);
        let gate = world.json(["gate", "EP"]).expect(1);
        let seq = gate.value()["journal"]["seq"].to_string();
        assert_eq!(world.json(["gate", "EP", "--as-of", &seq]).expect(1).stdout, gate.stdout);
        // With something to judge beside it an empty cut is no more than that.
        world.deliverable("EP", &["a.png"]);
        world.gate("EP").expect("pass", &[]);
    }
}

#[test]
fn an_event_that_cannot_be_read_blocks_until_somebody_says_what_it_means() {
    let edl = "TITLE: X\n\n\
        001  plain    V     C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n\
        002  ai       V     C        00:00:00:00 00:00:01:00 01:00:01:00\n";
    let world = World::with([("ai.png", a1111_png(1)), ("plain.png", plain_png(1))]);
    world.write("cut.edl", edl);
    world.run(["deliverable", "add", "EP", "--timeline", "cut.edl"]).expect(0);
    world.gate("EP").expect("cannot-tell", &["media-unresolved cut.edl"]);
    let line = text(&references(&world)[1], "name");
    world.run(["deliverable", "link", "EP", &line, "ai.png"]).expect(0);
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
    // A source that begins before its own timecode is an event like others.
    let early = edl.replace("00:00:01:00 01:00:01:00\n", "00:00:01:00 01:00:01:00 01:00:02:00\n");
    let early = early.replace(
        "C        00:00:00:00 00:00:01:00 01:00:01:00",
        "C        -00:00:00:12 00:00:00:12 01:00:01:00",
    );
    world.write("cut.edl", early);
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
}

#[test]
fn what_was_tolerated_in_a_timeline_is_shown() {
    let mut vendor = clip("a", Some("../a.png"));
    vendor["OTIO_SCHEMA"] = json!("VendorClip.3");
    let world = world(&[("a.png", plain_png(1))], &cut(&[vendor]));
    let note = "unknown schema VendorClip: read for the media in it";
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    let notes = json!([{"timeline": "edit/cut.otio", "note": note}]);
    assert_eq!(shown["notes"], notes);
    assert!(world.run(["deliverable", "show", "EP"]).expect(0).stdout.contains(note));
    assert!(
        world.run(["gate", "EP"]).expect(0).stdout.contains(&format!("note edit/cut.otio: {note}"))
    );
}

/// An archive with a timeline and, without a byte of it written, media of 300 MiB.
fn archive(path: &Path, timeline: &str) {
    const MEDIA: u32 = 300 << 20;
    let mut sum = flate2::Crc::new();
    sum.update(timeline.as_bytes());
    let entry = |name: &str, size: u32| {
        let mut out = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        out.extend([sum.sum(), size, size].map(u32::to_le_bytes).concat());
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend([0, 0]);
        out
    };
    let files =
        [("content.otio", u32::try_from(timeline.len()).unwrap()), ("media/big.mov", MEDIA)];
    let (mut head, mut directory) = (Vec::new(), Vec::new());
    for (name, size) in files {
        let at = u32::try_from(head.len()).unwrap();
        head.extend([b"PK\x03\x04", &*entry(name, size), name.as_bytes()].concat());
        head.extend(timeline.as_bytes().iter().filter(|_| name == "content.otio"));
        directory.extend([b"PK\x01\x02\x14\0", &*entry(name, size), &[0; 10]].concat());
        directory.extend([&at.to_le_bytes(), name.as_bytes()].concat());
    }
    let begins = u32::try_from(head.len()).unwrap() + MEDIA;
    let size = u32::try_from(directory.len()).unwrap();
    directory.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    directory.extend([size, begins].map(u32::to_le_bytes).concat());
    directory.extend([0, 0]);
    let file = fs::File::create(path).unwrap();
    file.write_all_at(&head, 0).unwrap();
    file.write_all_at(&directory, begins.into()).unwrap();
}

#[test]
fn of_an_archive_with_its_media_only_the_timeline_is_kept() {
    let world = World::with([("ai.png", a1111_png(1))]);
    let target = format!("file://{}", world.path("ai.png").display());
    let timeline = cut(&[clip("a", Some(&target))]);
    archive(&world.path("cut.otioz"), &timeline);
    world.run(["deliverable", "add", "EP", "--timeline", "cut.otioz"]).expect(0);
    let gate = world.json(["gate", "EP"]).expect(1);
    let kept: Vec<_> = fs::read_dir(world.path(".genlock/documents")).unwrap().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read_to_string(kept[0].as_ref().unwrap().path()).unwrap(), timeline);
    // The hash on record is the whole file's: it is not told to have changed.
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
    world.remove("cut.otioz");
    let seq = gate.value()["journal"]["seq"].to_string();
    assert_eq!(world.json(["gate", "EP", "--as-of", &seq]).expect(1).stdout, gate.stdout);
    world.verify();
}

#[test]
fn media_inside_an_archive_is_no_file_beside_it_or_of_its_name() {
    let world = World::with([("media/big.mov", plain_png(1)), ("store/lost.png", plain_png(2))]);
    let inside = [clip("big", Some("media/big.mov")), clip("lost", Some("media/lost.png"))];
    archive(&world.path("cut.otioz"), &cut(&inside));
    world.run(["deliverable", "add", "EP", "--timeline", "cut.otioz"]).expect(0);
    let resolutions: Vec<_> =
        references(&world).iter().map(|one| text(one, "resolution")).collect();
    assert_eq!(resolutions, ["unresolved"; 2]);
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-unresolved cut.otioz"; 2]);
    let why = text(gate.finding("media-unresolved"), "why");
    assert!(why.contains("inside the timeline's own file"), "{why}");
    // Unpacked and linked it is judged.
    world.write("out/big.png", a1111_png(3));
    world.scan();
    world.run(["deliverable", "link", "EP", "media/big.mov", "out/big.png"]).expect(0);
    world.run(["deliverable", "link", "EP", "media/lost.png", "store/lost.png"]).expect(0);
    world.gate("EP").expect("refused", &["ai-unapproved out/big.png"]);
}

#[test]
fn a_timeline_outside_the_roots_is_refused_also_behind_a_link() {
    let world = World::with([("a.png", plain_png(1))]);
    let outside = world.outside("cut.otio");
    fs::write(&outside, cut(&[clip("a", Some("a.png"))])).unwrap();
    world.link("cut.otio", &outside);
    for typed in [outside.to_str().unwrap(), "cut.otio"] {
        world.run(["deliverable", "add", "EP", "--timeline", typed]).expect(2);
    }
    // Nor is it read where the link came later.
    world.remove("cut.otio");
    world.write("cut.otio", fs::read(&outside).unwrap());
    world.run(["deliverable", "add", "EP", "--timeline", "cut.otio"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.remove("cut.otio");
    world.link("cut.otio", &outside);
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-unread cut.otio"]);
    let why = text(gate.finding("media-unread"), "why");
    assert!(why.contains("leads out of the project's roots"), "{why}");
    // One that stays within them is the file that it leads to.
    world.remove("cut.otio");
    world.write("edit/cut.otio", cut(&[clip("a", Some("a.png"))]));
    world.link("cut.otio", "edit/cut.otio");
    world.gate("EP").expect("pass", &[]);
}
