//! What a reference of a timeline means: sequences wherever they lie, names that are not the only ones,
//! what people link, and what is never taken for media.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png};
use crate::world::{World, text};

/// An edit decision list: of each event the reel and the comments.
fn edl(events: &[(&str, &[&str])]) -> String {
    let mut out = "TITLE: X\nFCM: NON-DROP FRAME\n\n".to_owned();
    for (at, (reel, comments)) in events.iter().enumerate() {
        let (number, end) = (at + 1, at + 1);
        let times = format!("00:00:00:00 00:00:01:00 01:00:{at:02}:00 01:00:{end:02}:00");
        writeln!(out, "{number:03}  {reel:8} V     C        {times}").unwrap();
        comments.iter().for_each(|one| writeln!(out, "* {one}").unwrap());
    }
    out
}

/// A timeline of one image sequence of four frames.
fn sequence(base: &str, prefix: &str, suffix: &str) -> String {
    json!({"OTIO_SCHEMA": "Timeline.1", "name": "cut", "tracks": {"OTIO_SCHEMA": "Stack.1", "children": [
        {"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": [
        {"OTIO_SCHEMA": "Clip.2", "name": "shot", "media_references": {"DEFAULT_MEDIA": {
            "OTIO_SCHEMA": "ImageSequenceReference.1", "target_url_base": base, "name_prefix": prefix,
            "name_suffix": suffix, "start_frame": 1001, "frame_step": 1, "rate": 24.0,
            "frame_zero_padding": 4, "available_range": {"OTIO_SCHEMA": "TimeRange.1",
                "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 0},
                "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 4}}}},
            "active_media_reference_key": "DEFAULT_MEDIA"}]}]}})
    .to_string()
}

/// The same with as many frames as that.
fn long_sequence(base: &str, frames: u32) -> String {
    let text = sequence(base, "sh.", ".png");
    text.replace("\"value\":4}", &format!("\"value\":{frames}}}"))
}

/// Frames 1001 to 1004, of which the third is AI.
fn frames(pattern: &str) -> Vec<(String, Vec<u8>)> {
    let bytes =
        |at| if at == 1003 { a1111_png(3) } else { plain_png(u8::try_from(at - 1000).unwrap()) };
    (1001..=1004).map(|at| (pattern.replace('#', &at.to_string()), bytes(at))).collect()
}

/// A scanned project with a deliverable of one timeline.
fn world(files: &[(String, Vec<u8>)], timeline: &str, text: &str) -> World {
    let world = World::with(files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())));
    add(&world, timeline, text);
    world
}

fn add(world: &World, timeline: &str, text: &str) {
    world.write(timeline, text);
    let _ = world.run(["deliverable", "rm", "EP"]);
    world.run(["deliverable", "add", "EP", "--timeline", timeline]).expect(0);
}

fn files(list: &[(&str, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    list.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.clone())).collect()
}

fn shown(world: &World) -> Vec<Value> {
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    shown["references"].as_array().unwrap().clone()
}

fn resolutions(world: &World) -> Vec<String> {
    shown(world).iter().map(|one| text(one, "resolution")).collect()
}

#[test]
fn every_frame_of_a_sequence_is_judged_wherever_the_timeline_was_made() {
    let found = frames("render/sh.#.png");
    let world = world(&found, "cut.otio", &sequence("file:///D:/render/", "sh.", ".png"));
    for base in
        ["file:///D:/render/", r"\\nas\render\", "https://x.example/render/", "file://nas/r"]
    {
        add(&world, "cut.otio", &sequence(base, "sh.", ".png"));
        assert_eq!(shown(&world)[0]["files"], 4, "{base}");
        world.gate("EP").expect("refused", &["ai-unapproved render/sh.1003.png"]);
    }
    let windows = ["FROM CLIP NAME: sh", r"SOURCE FILE: D:\render\sh.[1001-1004].png"];
    add(&world, "cut.edl", &edl(&[("AX", &windows)]));
    world.gate("EP").expect("refused", &["ai-unapproved render/sh.1003.png"]);
    world.configure(&format!("[[map]]\nfrom = 'D:\\'\nto = {:?}", world.dir()));
    world.gate("EP").expect("refused", &["ai-unapproved render/sh.1003.png"]);
    add(&world, "cut.otio", &sequence("file:///D:/render/", "sh.", ".png"));
    world.gate("EP").expect("refused", &["ai-unapproved render/sh.1003.png"]);
    world.remove("render/sh.1004.png");
    let missing = ["ai-unapproved render/sh.1003.png", "media-missing cut.otio"];
    world.gate("EP").expect("refused", &missing);
}

#[test]
fn a_sequence_that_is_hardly_there_is_answered_frame_by_frame() {
    let mut found = frames("render/sh.#.png");
    found.extend((0..3_000).map(|at| (format!("render/other_{at}.txt"), Vec::new())));
    let world = world(&found, "cut.otio", &long_sequence("render/", 3_004));
    let gate = world.gate("EP");
    gate.expect("refused", &["ai-unapproved render/sh.1003.png", "media-missing cut.otio"]);
    assert!(gate.answer.to_string().contains("3000 of its frames are not there"), "{gate:#?}");
}

#[test]
fn the_last_frame_of_a_stepped_sequence_is_judged_where_it_is_there() {
    let stepped = [("0998", plain_png(1)), ("1000", plain_png(2)), ("1002", a1111_png(3))];
    let stepped: Vec<_> =
        stepped.map(|(number, bytes)| (format!("sh/x.{number}.png"), bytes)).into_iter().collect();
    let cut = long_sequence("sh", 5).replace("sh.", "x.").replace("1001", "998");
    let cut = cut.replace("\"frame_step\":1", "\"frame_step\":2");
    let world = world(&stepped, "cut.otio", &cut);
    // Five frames of time are two whole steps; the third image is seen in the fifth.
    assert_eq!(shown(&world)[0]["files"], 3);
    world.gate("EP").expect("refused", &["ai-unapproved sh/x.1002.png"]);
    // Programs that count whole steps never made it.
    world.remove("sh/x.1002.png");
    world.gate("EP").expect("pass", &[]);
    world.remove("sh/x.1000.png");
    world.gate("EP").expect("cannot-tell", &["media-missing cut.otio"]);
}

#[test]
fn a_sequence_whose_names_are_spelled_as_in_a_url_is_found_whole() {
    let found = frames("render/sh a.#.png");
    let world = world(&found, "cut.otio", &sequence("render", "sh%20a.", ".png"));
    world.gate("EP").expect("refused", &["ai-unapproved render/sh a.1003.png"]);
    // Also where only its name can be looked for.
    add(&world, "cut.otio", &sequence("/Volumes/GONE", "sh%20a.", ".png"));
    world.gate("EP").expect("refused", &["ai-unapproved render/sh a.1003.png"]);
}

#[test]
fn frames_are_called_as_the_library_of_the_format_calls_them() {
    let frame = |name: &str, byte| (format!("render/{name}"), byte);
    let below_zero = [
        frame("sh.-0002.png", plain_png(1)),
        frame("sh.-0001.png", a1111_png(2)),
        frame("sh.0000.png", plain_png(3)),
        frame("sh.0001.png", plain_png(4)),
    ];
    let cut = sequence("render", "sh.", ".png").replace("1001", "-2");
    let early = world(&below_zero, "cut.otio", &cut);
    early.gate("EP").expect("refused", &["ai-unapproved render/sh.-0001.png"]);
    let drafts = frames("render/sh.# draft.png");
    let drafts = world(&drafts, "cut.otio", &sequence("render", "sh.", "%20draft.png"));
    drafts.gate("EP").expect("refused", &["ai-unapproved render/sh.1003 draft.png"]);
}

#[test]
fn two_versions_that_share_their_first_frame_are_two_answers() {
    let slate = |name: &str| (name.to_owned(), plain_png(9));
    for ending in ["png", "exr"] {
        let mut all =
            vec![slate(&format!("v1/sh.1001.{ending}")), slate(&format!("v2/sh.1001.{ending}"))];
        for at in 2..=4 {
            all.push((format!("v1/sh.100{at}.{ending}"), plain_png(at)));
            all.push((format!("v2/sh.100{at}.{ending}"), a1111_png(at)));
        }
        let cut = sequence("file:///Volumes/GONE/v2", "sh.", &format!(".{ending}"));
        let world = world(&all, "cut.otio", &cut);
        assert_eq!(resolutions(&world), ["ambiguous"]);
        world.gate("EP").expect("cannot-tell", &["media-unresolved cut.otio"]);
    }
    // A rendered frame named alone stands for its sequence, also of two frames.
    let pair = |folder: &str, second| {
        [slate(&format!("{folder}/sh.1001.exr")), (format!("{folder}/sh.1002.exr"), second)]
    };
    let named = edl(&[("AX", &["FROM CLIP NAME: sh.1001.exr"])]);
    let both = [pair("v1", plain_png(1)), pair("v2", a1111_png(1))].concat();
    assert_eq!(resolutions(&world(&both, "cut.edl", &named)), ["ambiguous"]);
    let one = world(&pair("v2", a1111_png(1)), "cut.edl", &named);
    one.gate("EP").expect("refused", &["ai-unapproved v2/sh.1002.exr"]);
    let copies = [pair("v1", a1111_png(1)), pair("v2", a1111_png(1))].concat();
    let copies = world(&copies, "cut.edl", &named);
    assert_eq!(shown(&copies)[0]["files"], 4);
}

/// A timeline of FCP 7 with one clip, said to be a still or not.
fn xmeml(file: &str, still: bool) -> String {
    let still = if still { "TRUE" } else { "FALSE" };
    format!(
        "<xmeml version=\"5\"><sequence><name>s</name><media><video><track><clipitem>\
        <name>{file}</name><start>0</start><end>4</end><stillframe>{still}</stillframe>\
        <file id=\"f\"><name>{file}</name><pathurl>file://localhost/D%3a/x/{file}</pathurl>\
        <duration>4</duration></file></clipitem></track></video></media></sequence></xmeml>"
    )
}

/// One of Final Cut Pro X with an asset that lasts so long.
fn fcpxml(file: &str, duration: &str) -> String {
    format!(
        "<fcpxml version=\"1.10\"><resources><format id=\"r1\" frameDuration=\"1/24s\"/>\
        <asset id=\"r2\" src=\"file:///Volumes/X/{file}\" duration=\"{duration}\" hasVideo=\"1\"/>\
        </resources><library><event><project><sequence format=\"r1\"><spine>\
        <video ref=\"r2\" offset=\"0s\" duration=\"4s\"/></spine></sequence></project></event>\
        </library></fcpxml>"
    )
}

/// One of OTIO whose media has as many frames.
fn otio(file: &str, frames: u32) -> String {
    let text = long_sequence("", frames).replace("ImageSequenceReference.1", "ExternalReference.1");
    text.replace("\"target_url_base\":\"\"", &format!("\"target_url\":\"/Volumes/X/{file}\""))
}

#[test]
fn a_sequence_of_stills_may_be_named_by_its_first_frame() {
    let frames = frames("tif/t.#.png");
    let first = "t.1001.png";
    let cuts = |still: bool| {
        let (duration, count) = if still { ("0s", 1) } else { ("4s", 4) };
        [
            ("cut.xml", xmeml(first, still)),
            ("cut.fcpxml", fcpxml(first, duration)),
            ("cut.otio", otio(first, count)),
        ]
    };
    let world = World::with(frames.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())));
    let named = ("cut.edl", edl(&[("AX", &["SOURCE FILE: tif/t.1001.png"])]));
    for (timeline, text) in cuts(false).into_iter().chain([named.clone()]) {
        add(&world, timeline, &text);
        assert_eq!(shown(&world)[0]["files"], 4, "{timeline}");
        world.gate("EP").expect("refused", &["ai-unapproved tif/t.1003.png"]);
    }
    // What is said to be a still is one, as is what stands alone.
    for (timeline, text) in cuts(true) {
        add(&world, timeline, &text);
        assert_eq!(shown(&world)[0]["path"], "tif/t.1001.png", "{timeline}");
        world.gate("EP").expect("pass", &[]);
    }
    for frame in ["tif/t.1003.png", "tif/t.1004.png"] {
        world.remove(frame);
    }
    for (timeline, text) in cuts(false).into_iter().chain([named]) {
        add(&world, timeline, &text);
        world.gate("EP").expect("pass", &[]);
    }
    // A person who links it to one frame means that one.
    let world = self::world(&frames, "cut.xml", &xmeml(first, false));
    world.run(["deliverable", "link", "EP", first, "tif/t.1001.png"]).expect(2);
    let target = format!("file://localhost/D%3a/x/{first}");
    world.run(["deliverable", "link", "EP", &target, "tif/t.1001.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn a_folded_sequence_in_an_edl_is_found_by_its_name() {
    let clip = edl(&[("AX", &["FROM CLIP NAME: sh.[1001-1004].png"])]);
    let world = world(&frames("shots/sh.#.png"), "cut.edl", &clip);
    world.gate("EP").expect("refused", &["ai-unapproved shots/sh.1003.png"]);
}

#[test]
fn no_name_is_the_only_one_while_a_root_is_not_there() {
    let world = World::with([("thumbs/hero.png", plain_png(1))]);
    let outside = world.add_root("nas");
    fs::write(outside.join("hero.png"), a1111_png(2)).unwrap();
    world.scan();
    add(&world, "cut.edl", &edl(&[("AX", &["FROM CLIP NAME: hero.png"])]));
    assert_eq!(resolutions(&world), ["ambiguous"]);
    let away = world.outside("away");
    fs::rename(&outside, &away).unwrap();
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-unresolved cut.edl"]);
    let why = text(gate.finding("media-unresolved"), "why");
    assert!(why.contains("nas:hero.png") && why.contains("root nas is not there"), "{why}");
    fs::rename(&away, &outside).unwrap();
    fs::remove_file(outside.join("hero.png")).unwrap();
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn no_name_is_the_only_one_while_a_folder_cannot_be_listed() {
    let files = files(&[("open/shot.png", plain_png(1)), ("shut/other.png", plain_png(2))]);
    let world = world(&files, "cut.edl", &edl(&[("AX", &["FROM CLIP NAME: shot.png"])]));
    world.gate("EP").expect("pass", &[]);
    let shut = world.path("shut");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&shut).is_ok() {
        eprintln!("SKIPPED: this user may list everything");
        return;
    }
    let gate = world.gate("EP");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o755)).unwrap();
    gate.expect("cannot-tell", &["media-unresolved cut.edl"]);
    let why = text(gate.finding("media-unresolved"), "why");
    assert!(why.contains("open/shot.png") && why.contains("shut"), "{why}");
}

#[test]
fn a_link_to_media_is_one_of_those_that_have_its_name() {
    let found = files(&[("thumbs/hero.png", plain_png(1)), ("store/0001.png", a1111_png(2))]);
    let world = world(&found, "cut.edl", &edl(&[("AX", &["FROM CLIP NAME: hero.png"])]));
    world.gate("EP").expect("pass", &[]);
    fs::create_dir(world.path("shots")).unwrap();
    world.link("shots/hero.png", "../store/0001.png");
    assert_eq!(resolutions(&world), ["ambiguous"]);
    world.remove("thumbs/hero.png");
    world.gate("EP").expect("refused", &["ai-unapproved store/0001.png"]);
    // One to a file of the same name is no second answer, and one that leads out is none.
    world.write("store/hero.png", plain_png(3));
    world.remove("shots/hero.png");
    world.link("shots/hero.png", "../store/hero.png");
    world.scan();
    assert_eq!(resolutions(&world), ["resolved"]);
    world.remove("store/hero.png");
    world.remove("shots/hero.png");
    world.link("shots/hero.png", "/etc/passwd");
    assert_eq!(resolutions(&world), ["unresolved"]);
}

#[test]
fn what_works_on_a_shot_is_no_media_of_its_name() {
    for ending in ["nk", "cube", "aep", "drx", "ttf", "sh", "zip", "blend", "wav", "mp3"] {
        let found = files(&[(&format!("comp/sh010.{ending}"), b"a file".to_vec())]);
        let world = world(&found, "cut.edl", &edl(&[("AX", &["FROM CLIP NAME: sh010"])]));
        assert_eq!(resolutions(&world), ["unresolved"], "{ending}");
        if ending == "nk" {
            world.write("comp/sh010.mov", a1111_png(1));
            world.gate("EP").expect("refused", &["ai-unapproved comp/sh010.mov"]);
        }
    }
    // Named in full it is what was meant.
    let found = files(&[("comp/sh010.nk", b"a script".to_vec())]);
    let world = world(&found, "cut.edl", &edl(&[("AX", &["FROM CLIP NAME: sh010.nk"])]));
    assert_eq!(resolutions(&world), ["resolved"]);
}

#[test]
fn what_is_no_media_hides_no_media_of_the_same_name() {
    for (clip, other) in [("wolf", "notes/wolf"), ("ghost.comp", "scripts/ghost.comp")] {
        let media = format!("media/{clip}.png");
        let found = files(&[(&media, a1111_png(1)), (other, b"a script".to_vec())]);
        let world =
            world(&found, "cut.edl", &edl(&[("AX", &[&format!("FROM CLIP NAME: {clip}")])]));
        world.gate("EP").expect("cannot-tell", &["media-unresolved cut.edl"]);
        world.run(["deliverable", "link", "EP", clip, &media]).expect(0);
        world.gate("EP").expect("refused", &[&format!("ai-unapproved {media}")]);
    }
}

#[test]
fn sound_may_be_a_movies_own() {
    let found = files(&[("a/song.wav", b"a sound".to_vec()), ("b/song.mov", b"a movie".to_vec())]);
    let heard = edl(&[("AX", &["FROM CLIP NAME: song"])]).replace(" V     C ", " AA    C ");
    let world = world(&found, "cut.edl", &heard);
    assert_eq!(resolutions(&world), ["ambiguous"]);
    world.remove("b/song.mov");
    assert_eq!(resolutions(&world), ["resolved"]);
}

#[test]
fn a_file_without_a_folder_in_an_edl_is_a_name_and_no_place() {
    let found = files(&[("edit/hero.png", plain_png(1)), ("shots/hero.png", a1111_png(2))]);
    let clip = ["FROM CLIP NAME: h", "SOURCE FILE: hero.png"];
    let world = world(&found, "edit/cut.edl", &edl(&[("AX", &clip)]));
    world.gate("EP").expect("cannot-tell", &["media-unresolved edit/cut.edl"]);
    world.write("shots/hero.png", plain_png(1));
    world.scan();
    assert_eq!(shown(&world)[0]["files"], 2);
    world.remove("shots/hero.png");
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn a_folder_that_is_called_as_a_file_ends_no_search() {
    let found = files(&[("sh010/sh010.png", a1111_png(1))]);
    let clip = ["FROM CLIP NAME: sh010.png", "SOURCE FILE: sh010"];
    let world = world(&found, "cut.edl", &edl(&[("AX", &clip)]));
    world.gate("EP").expect("refused", &["ai-unapproved sh010/sh010.png"]);
}

#[test]
fn folders_and_links_that_are_spelled_in_other_bytes_are_found() {
    let (composed, decomposed) = ("S\u{e9}q", "Se\u{301}q");
    let found = files(&[(&format!("{decomposed}/a.png"), a1111_png(1)), ("m/x.png", a1111_png(2))]);
    let clip = [&*format!("SOURCE FILE: {composed}/a.png")];
    let link = ["SOURCE FILE: m/\u{e9}.png"];
    let world = world(&found, "cut.edl", &edl(&[("AX", &clip), ("AX", &link)]));
    world.link("m/e\u{301}.png", "x.png");
    let ai = [format!("ai-unapproved {decomposed}/a.png"), "ai-unapproved m/x.png".to_owned()];
    world.gate("EP").expect("refused", &ai.each_ref().map(String::as_str));
}

#[test]
fn a_link_by_name_leaves_alone_what_has_a_file_of_its_own() {
    let found = files(&[("good.png", plain_png(1)), ("ai/hero.png", a1111_png(2))]);
    // One reel, two clips: one is nowhere, the other is known by its name.
    let clips =
        edl(&[("A001", &["FROM CLIP NAME: nowhere.mov"]), ("A001", &["FROM CLIP NAME: hero.png"])]);
    let by_reel = world(&found, "cut.edl", &clips);
    by_reel.run(["deliverable", "link", "EP", "A001", "good.png"]).expect(0);
    by_reel.gate("EP").expect("refused", &["ai-unapproved ai/hero.png"]);
    // One clip's name, two files: one is gone, the other is where the timeline says.
    let clips = edl(&[
        ("AX", &["FROM CLIP NAME: Clip 1", r"SOURCE FILE: D:\gone\x.png"]),
        ("AX", &["FROM CLIP NAME: Clip 1", "SOURCE FILE: ai/hero.png"]),
    ]);
    let by_name = world(&found, "cut.edl", &clips);
    by_name.run(["deliverable", "link", "EP", "Clip 1", "good.png"]).expect(0);
    by_name.gate("EP").expect("refused", &["ai-unapproved ai/hero.png"]);
    // Once something else lies there, only who rests on the link is told.
    by_name.write("good.png", plain_png(7));
    let changed = ["ai-unapproved ai/hero.png", "media-changed good.png"];
    by_name.gate("EP").expect("refused", &changed);
    // A link that would say nothing is refused; by its own place it is a person's word.
    let alone = edl(&[("AX", &["FROM CLIP NAME: Clip 1", "SOURCE FILE: ai/hero.png"])]);
    let alone = world(&found, "cut.edl", &alone);
    alone.run(["deliverable", "link", "EP", "Clip 1", "good.png"]).expect(2);
    alone.run(["deliverable", "link", "EP", "ai/hero.png", "good.png"]).expect(0);
    alone.gate("EP").expect("pass", &[]);
    // What is only guessed by the clip's name gives way to a word about that name.
    let guessed = edl(&[("A001", &["FROM CLIP NAME: hero.png"])]);
    let guessed = world(&found, "cut.edl", &guessed);
    guessed.run(["deliverable", "link", "EP", "A001", "good.png"]).expect(2);
    guessed.run(["deliverable", "link", "EP", "hero.png", "good.png"]).expect(0);
    guessed.gate("EP").expect("pass", &[]);
}

#[test]
fn a_sequence_is_linked_as_people_fold_it_or_by_one_of_its_frames() {
    for ending in ["png", "exr"] {
        let found = frames(&format!("new/sh.#.{ending}"));
        let world = world(&found, "cut.otio", &sequence("/gone", "old.", &format!(".{ending}")));
        world.gate("EP").expect("cannot-tell", &["media-unresolved cut.otio"]);
        let ai = format!("ai-unapproved new/sh.1003.{ending}");
        for typed in ["new/sh.[1001-1004]", "new/sh.1001"] {
            let typed = format!("{typed}.{ending}");
            world.run(["deliverable", "link", "EP", "shot", &typed]).expect(0);
            assert_eq!(shown(&world)[0]["files"], 4, "{typed}");
            world.gate("EP").expect("refused", &[&ai]);
        }
        // Every frame is what was linked.
        let folded = format!("new/sh.[1001-1004].{ending}");
        world.run(["deliverable", "link", "EP", "shot", &folded]).expect(0);
        let second = format!("new/sh.1002.{ending}");
        world.write(&second, plain_png(77));
        let changed = format!("media-changed {second}");
        world.gate("EP").expect("refused", &[&ai, &changed]);
        world.write(format!("new/sh.1005.{ending}"), plain_png(5));
        let unknown = format!("new/sh.[1001-1005].{ending}");
        world.run(["deliverable", "link", "EP", "shot", &unknown]).expect(2);
        world.verify();
    }
    let found = frames("new/sh.#.png");
    let world = world(&found, "cut.otio", &sequence("/gone", "old.", ".png"));
    world.run(["deliverable", "link", "EP", "shot", "new/*.png"]).expect(2);
}

#[test]
fn what_is_called_nothing_is_linked_by_its_place() {
    const PLACE: &str = "line 6, event 002";
    let found = files(&[("a.png", plain_png(1)), ("ai/b.png", a1111_png(2))]);
    let cut = edl(&[("AX", &["FROM CLIP NAME: a.png"]), ("AX", &[])]);
    let world = world(&found, "cut.edl", &cut);
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-unresolved cut.edl"]);
    let fix = text(gate.finding("media-unresolved"), "fix");
    assert!(fix.contains(&format!("link EP '{PLACE}' ASSET")), "{fix}");
    let as_of = gate.answer["journal"]["seq"].to_string();
    assert!(world.run(["deliverable", "show", "EP"]).expect(0).stdout.contains(PLACE));
    world.run(["deliverable", "link", "EP", "line 5, event 002", "ai/b.png"]).expect(2);
    world.run(["deliverable", "link", "EP", PLACE, "ai/b.png"]).expect(0);
    world.gate("EP").expect("refused", &["ai-unapproved ai/b.png"]);
    let again = world.json(["gate", "EP", "--as-of", &as_of]).expect(4).value();
    assert_eq!(again, gate.answer);
    // It is bound to the content, and to the timeline as it is: edited, the place may be another clip's.
    world.write("ai/b.png", plain_png(3));
    world.gate("EP").expect("cannot-tell", &["media-changed ai/b.png"]);
    world.write("ai/b.png", a1111_png(2));
    world.write("cut.edl", cut.replace("01:00:02:00", "01:00:01:12"));
    world.gate("EP").expect("cannot-tell", &["media-unresolved cut.edl"]);
    // Where another timeline has a place of these words, it is said which is meant.
    world.write("more.edl", &cut);
    world.run(["deliverable", "add", "EP", "--timeline", "more.edl"]).expect(0);
    world.run(["deliverable", "link", "EP", PLACE, "a.png"]).expect(2);
    let said = format!("cut.edl: {PLACE}");
    world.run(["deliverable", "link", "EP", &said, "a.png"]).expect(0);
    // The other holds what the first did when it was linked.
    world.gate("EP").expect("refused", &["ai-unapproved ai/b.png"]);
    world.verify();
}

#[test]
fn a_fix_names_the_reference_by_the_surest_that_it_has() {
    let clips: [&[&str]; 3] = [
        &["FROM CLIP NAME: it's lost", "SOURCE FILE: /Volumes/X/lost_v1.mov"],
        &["FROM CLIP NAME: it's lost"],
        &[],
    ];
    let events: Vec<_> = ["AX", "AX", "A001"].into_iter().zip(clips).collect();
    let world = world(&[], "cut.edl", &edl(&events));
    let gate = world.gate("EP");
    let fixes = gate.answer["findings"].as_array().unwrap().iter().map(|one| text(one, "fix"));
    let fixes: Vec<_> = fixes.collect();
    for said in ["EP /Volumes/X/lost_v1.mov ASSET", r"EP 'it'\''s lost' ASSET", "EP A001 ASSET"] {
        assert!(fixes.iter().any(|fix| fix.contains(said)), "{said}: {fixes:#?}");
    }
}

#[test]
fn a_movie_and_the_renders_of_its_name_may_both_be_meant() {
    let mut all = frames("exr/dragon.#.exr");
    all.push(("prx/dragon.mov".to_owned(), b"a proxy".to_vec()));
    let world = world(&all, "cut.edl", &edl(&[("AX", &["FROM CLIP NAME: dragon"])]));
    world.gate("EP").expect("cannot-tell", &["media-unresolved cut.edl"]);
    world.run(["deliverable", "link", "EP", "dragon", "prx/dragon.mov"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    // Alone the sequence is what is meant, frame by frame.
    world.run(["deliverable", "rm", "EP"]).expect(0);
    world.remove("prx/dragon.mov");
    world.run(["deliverable", "add", "EP", "--timeline", "cut.edl"]).expect(0);
    assert_eq!(shown(&world)[0]["files"], 4);
    world.gate("EP").expect("refused", &["ai-unapproved exr/dragon.1003.exr"]);
}
