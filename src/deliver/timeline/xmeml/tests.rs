//! Final Cut Pro 7 XML: what is a reference, where it stands in the outer timeline, what is refused.

use std::path::Path;

use crate::deliver::timeline::Format;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::TimelineError;
use crate::deliver::timeline::parse;
use crate::model::MediaKind;
use crate::model::Use;

const RATE: &str = "<rate><timebase>25</timebase><ntsc>FALSE</ntsc></rate>";

fn sequence(id: &str, video: &str, audio: &str) -> String {
    format!(
        "<sequence id=\"{id}\"><name>{id}</name>{RATE}<timecode>{RATE}<frame>90000</frame><displayformat>NDF</displayformat></timecode><media><video>{video}</video><audio>{audio}</audio></media></sequence>"
    )
}

fn clip(name: &str, start: i64, end: i64, first: i64, rest: &str) -> String {
    let out = first + 50;
    format!(
        "<clipitem><name>{name}</name>{RATE}<start>{start}</start><end>{end}</end><in>{first}</in><out>{out}</out>{rest}</clipitem>"
    )
}

fn file(id: &str) -> String {
    format!(
        "<file id=\"{id}\"><name>{id}</name><pathurl>file://localhost/m/{id}%20x.mov</pathurl>{RATE}<timecode>{RATE}<frame>100</frame><reel><name>R{id}</name></reel></timecode></file>"
    )
}

fn read(body: &str) -> Timeline {
    let text =
        format!("<?xml version=\"1.0\"?><!DOCTYPE xmeml><xmeml version=\"5\">{body}</xmeml>");
    parse(Path::new("cut.xml"), text.as_bytes()).unwrap()
}

fn times(timeline: &Timeline) -> Vec<(&str, &str)> {
    let shown = timeline.references.iter();
    shown
        .map(|one| {
            (one.record_in.as_deref().unwrap_or("-"), one.record_out.as_deref().unwrap_or("-"))
        })
        .collect()
}

#[test]
fn clips_have_their_files_reels_and_times_and_sound_its_own() {
    let video = format!("<track>{}</track>", clip("a", 0, 50, 10, &file("1")));
    let audio = format!(
        "<track><enabled>FALSE</enabled>{}</track><track>{}</track>",
        clip("a", 0, 50, 10, "<file id=\"1\"/>"),
        clip("b", 0, 50, 10, &format!("<enabled>FALSE</enabled>{}", file("2")))
    );
    let found = read(&sequence("s", &video, &audio));
    assert_eq!((found.format, found.name.as_deref()), (Format::Xmeml, Some("s")));
    assert_eq!(found.references.len(), 3);
    let one = &found.references[0];
    assert_eq!(one.target.as_deref(), Some("file://localhost/m/1%20x.mov"));
    assert_eq!(one.reel.as_deref(), Some("R1"));
    assert_eq!(one.source_in.as_deref(), Some("00:00:04:10"));
    assert_eq!(times(&found)[0], ("01:00:00:00", "01:00:02:00"));
    assert_eq!(one.track.as_deref(), Some("V1"));
    assert_eq!(found.references[1].target, one.target);
    assert_eq!(found.references[1].media, MediaKind::Sound);
    assert_eq!(found.references[2].track.as_deref(), Some("A2"));
    let enabled: Vec<_> = found.references.iter().map(|one| one.enabled).collect();
    assert_eq!(enabled, [true, false, false]);
}

#[test]
fn under_a_transition_both_sides_last_as_long_as_it_does() {
    let video = format!(
        "<track>{}<transitionitem><start>40</start><end>60</end></transitionitem>{}</track>",
        clip("a", 0, -1, 0, &file("1")),
        clip("b", -1, 100, 0, &file("2"))
    );
    let found = read(&sequence("s", &video, ""));
    assert_eq!(times(&found), [("01:00:00:00", "01:00:02:10"), ("01:00:01:15", "01:00:04:00")]);
}

#[test]
fn three_sequences_deep_the_media_are_found_with_their_outer_times() {
    let mut inner = format!("<track>{}</track>", clip("deep", 50, 150, 0, &file("1")));
    for depth in 0..3 {
        let nested = sequence(&format!("n{depth}"), &inner, "");
        inner = format!("<track>{}</track>", clip("nest", 50, 100, 50, &nested));
    }
    let found = read(&sequence("s", &inner, ""));
    assert_eq!(found.references.len(), 1);
    assert_eq!(times(&found), [("01:00:02:00", "01:00:04:00")]);
    assert_eq!(found.references[0].place.matches("nest").count(), 3);
}

#[test]
fn what_ends_where_a_nested_sequence_begins_to_be_shown_is_outside() {
    let clips = [clip("hidden", 0, 50, 0, &file("1")), clip("shown", 50, 100, 0, &file("2"))];
    let inner = sequence("in", &format!("<track>{}</track>", clips.concat()), "");
    let outer = format!("<track>{}</track>", clip("n", 0, 50, 50, &inner));
    let found = read(&sequence("s", &outer, ""));
    assert_eq!(times(&found), [("-", "-"), ("01:00:00:00", "01:00:02:00")]);
    let outside = found.references.iter().map(|one| one.place.contains("outside the part"));
    assert_eq!(outside.collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_nested_sequence_is_found_by_its_id_and_a_lost_one_noted() {
    let body = format!(
        "{}{}",
        sequence("in", &format!("<track>{}</track>", clip("a", 0, 50, 0, &file("1"))), ""),
        sequence(
            "out",
            &format!(
                "<track>{}{}</track>",
                clip("n", 0, 50, 0, "<sequence id=\"in\"/>"),
                clip("lost", 50, 99, 0, "<sequence id=\"gone\"/>")
            ),
            ""
        )
    );
    let found = read(&body);
    let names: Vec<_> = found.references.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "a", "lost"]);
    assert_eq!(found.notes.len(), 1);
}

#[test]
fn a_nested_sequence_with_nothing_in_it_is_a_reference_by_its_name() {
    let nest = |inner: &str| {
        let nested = sequence("n", inner, "<track></track>");
        let clips = clip("nest", 0, 50, 0, &nested);
        read(&sequence("s", &format!("<track>{clips}</track>"), ""))
    };
    let found = nest("<track></track>");
    assert_eq!(found.references[0].name, "nest");
    assert_eq!(times(&found), [("01:00:00:00", "01:00:02:00")]);
    assert!(found.notes[0].contains("nothing in its sequence"), "{:?}", found.notes);
    let found = nest("<track><generatoritem><name>x</name></generatoritem></track>");
    assert!(found.references.is_empty() && found.notes.is_empty(), "{found:?}");
}

#[test]
fn angles_generators_and_files_in_bins_are_what_they_are() {
    let angles = format!(
        "<multiclip><angle><clip>{}</clip></angle><angle><activevideoangle>TRUE</activevideoangle><clip>{}</clip></angle></multiclip>",
        file("1"),
        file("2")
    );
    let slug = "<file id=\"9\"><name>Bars</name><mediaSource>Slug</mediaSource></file>";
    let video = format!(
        "<track>{}{}<generatoritem><name>x</name></generatoritem>{}</track>",
        clip("m", 0, 50, 0, &angles),
        clip("bars", 50, 60, 0, slug),
        clip("offline", 60, 70, 0, "")
    );
    let bin = format!(
        "<project><children><bin><children><clip id=\"c\">{}</clip>{}</children></bin></children></project>",
        file("3"),
        sequence("s", &video, "")
    );
    let found = read(&bin);
    let seen: Vec<_> =
        found.references.iter().map(|one| (one.target.as_deref(), one.usage)).collect();
    let url = |id| match id {
        1 => Some("file://localhost/m/1%20x.mov"),
        2 => Some("file://localhost/m/2%20x.mov"),
        _ => Some("file://localhost/m/3%20x.mov"),
    };
    assert_eq!(
        seen,
        [(url(1), Use::Alternative), (url(2), Use::Used), (None, Use::Used), (url(3), Use::Listed)]
    );
}

#[test]
fn drop_frame_sequences_count_as_they_do() {
    let video = format!("<track>{}</track>", clip("a", 1800, 1850, 0, &file("1")));
    let text = sequence("s", &video, "")
        .replace("<frame>90000</frame><displayformat>NDF", "<frame>0</frame><displayformat>DF")
        .replace("<timebase>25</timebase><ntsc>FALSE", "<timebase>30</timebase><ntsc>TRUE");
    assert_eq!(times(&read(&text))[0].0, "00:01:00;02");
}

#[test]
fn sequences_that_hold_themselves_are_refused() {
    let video = format!("<track>{}</track>", clip("a", 0, 50, 0, "<sequence id=\"s\"/>"));
    let text = format!("<xmeml>{}</xmeml>", sequence("s", &video, ""));
    let error = parse(Path::new("a.xml"), text.as_bytes()).unwrap_err();
    assert!(matches!(error, TimelineError::Malformed { .. }), "{error}");
    let bomb = format!("<xmeml>{}", "<a/>".repeat(2_500_000));
    let error = parse(Path::new("a.xml"), bomb.as_bytes()).unwrap_err();
    assert!(matches!(error, TimelineError::TooLarge { .. }), "{error}");
}

#[test]
fn what_the_application_makes_is_no_media_wherever_it_is_told() {
    let slug = r#"<file id="1"><name>Slug</name><mediaSource>Slug</mediaSource></file>"#;
    let mention = r#"<file id="1"/>"#;
    for (first, second) in [(slug, mention), (mention, slug)] {
        let track = clip("a", 0, 25, 0, first) + &clip("a", 25, 50, 0, second);
        let found = read(&sequence("s", &format!("<track>{track}</track>"), ""));
        assert!(found.references.is_empty(), "{:?}", found.references);
    }
    // One id for both is a file.
    let track = clip("a", 0, 25, 0, slug)
        + &clip("a", 25, 50, 0, mention)
        + &clip("a", 50, 75, 0, &file("1"));
    let found = read(&sequence("s", &format!("<track>{track}</track>"), ""));
    assert_eq!(found.references.len(), 3);
}

#[test]
fn a_second_path_of_a_file_is_a_reference() {
    let both = file("1").replace("</file>", "<pathurl>file://localhost/m/2.mov</pathurl></file>");
    let found = read(&sequence("s", &format!("<track>{}</track>", clip("a", 0, 25, 0, &both)), ""));
    let mut seen: Vec<_> =
        found.references.iter().map(|one| one.target.as_deref().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["file://localhost/m/1%20x.mov", "file://localhost/m/2.mov"]);
}

#[test]
fn files_that_an_effect_holds_are_listed() {
    let value = |text: &str| format!("<parameter><value>{text}</value></parameter>");
    let effect = format!(
        "<filter><effect><name>Matte</name><parameter><name>Well</name><value><clip id=\"w\">{}</clip>\
         </value></parameter>{}{}{}</effect></filter>",
        file("2"),
        value("file://localhost/m/over.png"),
        value("file://localhost/m/look.cube"),
        value("12.5"),
    );
    let rest = file("1") + &effect;
    let found = read(&sequence("s", &format!("<track>{}</track>", clip("a", 0, 25, 0, &rest)), ""));
    let seen: Vec<_> =
        found.references.iter().map(|one| (one.target.as_deref().unwrap(), one.usage)).collect();
    assert_eq!(
        seen,
        [
            ("file://localhost/m/1%20x.mov", Use::Used),
            ("file://localhost/m/2%20x.mov", Use::Listed),
            ("file://localhost/m/over.png", Use::Listed),
        ]
    );
}

#[test]
fn a_multiclip_is_found_by_its_id_and_one_of_which_nothing_is_told_is_a_reference() {
    let angle = |rest: &str| {
        format!(
            "<angle><activevideoangle>TRUE</activevideoangle><clip id=\"k\">{rest}</clip></angle>"
        )
    };
    let whole = format!("<multiclip id=\"m\">{}</multiclip>", angle(&file("1")));
    let again = "<multiclip id=\"m\"/>";
    let seen = |clips: &str, bin: &str| {
        let found =
            read(&(bin.to_owned() + &sequence("s", &format!("<track>{clips}</track>"), "")));
        let all = found.references.into_iter().filter(|one| one.usage == Use::Used);
        all.map(|one| (one.name, one.target, one.record_in)).collect::<Vec<_>>()
    };
    let target = || Some("file://localhost/m/1%20x.mov".to_owned());
    let mention = |name: &str, target: Option<String>, at: &str| {
        (name.to_owned(), target, Some(at.to_owned()))
    };
    // The second time by its id alone, also before it is told.
    for (first, second) in [(&whole[..], again), (again, &whole[..])] {
        let clips = clip("mc", 0, 25, 0, first) + &clip("mc", 25, 50, 0, second);
        let expected =
            [mention("mc", target(), "01:00:00:00"), mention("mc", target(), "01:00:01:00")];
        assert_eq!(seen(&clips, ""), expected);
    }
    let hero = [mention("hero", None, "01:00:00:00")];
    // Not in the file; an angle without a file; an angle that means a clip in a bin.
    assert_eq!(seen(&clip("hero", 0, 25, 0, "<multiclip id=\"gone\"/>"), ""), hero);
    let named = format!("<multiclip>{}</multiclip>", angle("<name>hero</name>"));
    assert_eq!(seen(&clip("mc", 0, 25, 0, &named), ""), hero);
    let bin = |rest: &str| {
        let clip = format!("<clip id=\"k\"><name>hero</name>{rest}</clip>");
        format!("<bin><children>{clip}</children></bin>")
    };
    let meant = format!("<multiclip>{}</multiclip>", angle(""));
    let nowhere = bin("<file id=\"f\"><name>f</name></file>");
    assert_eq!(seen(&clip("mc", 0, 25, 0, &meant), &nowhere), hero);
    let expected = [mention("mc", target(), "01:00:00:00")];
    assert_eq!(seen(&clip("mc", 0, 25, 0, &meant), &bin(&file("1"))), expected);
}
