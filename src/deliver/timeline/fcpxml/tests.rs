//! Final Cut Pro XML: what is a reference, where it stands in the outer timeline, and what is refused.

use std::fmt::Write;
use std::path::Path;

use crate::deliver::timeline::Format;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::TimelineError;
use crate::deliver::timeline::parse;
use crate::model::MediaKind;
use crate::model::Use;

const ASSETS: &str = r#"<format id="f" frameDuration="100/2500s"/>
<format id="n" frameDuration="1001/30000s"/>
<asset id="a" name="A" start="10s" duration="100s" hasVideo="1" hasAudio="1" format="f"><media-rep kind="original-media" src="file:///m/a%20b.mov"/><media-rep kind="proxy-media" src="file:///p/a.mov"/><metadata><md key="com.apple.proapps.studio.reel" value="A001"/></metadata></asset>
<asset id="b" name="B" start="0s" duration="100s" hasVideo="1" format="f" src="file:///m/b.mov"/>
<asset id="s" name="S" start="0s" duration="100s" hasAudio="1" src="file:///m/s.wav"/>
<effect id="e" name="Clouds"/>"#;

fn document(resources: &str, sequence: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><!DOCTYPE fcpxml><fcpxml version="1.10"><resources>{ASSETS}{resources}</resources><library><event name="E"><project name="P"><sequence format="f" tcStart="3600s" tcFormat="NDF"><spine>{sequence}</spine></sequence></project></event></library></fcpxml>"#
    )
}

fn read(resources: &str, sequence: &str) -> Timeline {
    parse(Path::new("cut.xml"), document(resources, sequence).as_bytes()).unwrap()
}

/// Target without its folder, use, and where it is seen.
fn used(timeline: &Timeline) -> Vec<(&str, Use, Option<&str>, Option<&str>)> {
    let shown = timeline.references.iter().filter(|one| one.usage != Use::Listed);
    shown
        .map(|one| {
            let target = one.target.as_deref().unwrap_or("none");
            let name = target.rsplit_once('/').map_or(target, |(_, name)| name);
            (name, one.usage, one.record_in.as_deref(), one.record_out.as_deref())
        })
        .collect()
}

#[test]
fn both_sides_of_a_transition_are_told_for_as_long_as_it_shows_them() {
    let found = read(
        r#"<media id="m" name="M"><sequence format="f"><spine><asset-clip ref="b" offset="0s" duration="9s"/></spine></sequence></media>"#,
        r#"<asset-clip ref="b" offset="3600s" duration="2s"/>
           <transition offset="3601s" duration="2s"/>
           <asset-clip ref="b" offset="3602s" duration="2s"><asset-clip ref="s" lane="-1" offset="0s" duration="2s"/></asset-clip>
           <transition offset="3604s" duration="1s"/>
           <ref-clip ref="m" offset="3604s" start="3s" duration="2s"/>
           <transition duration="1s"/>
           <asset-clip ref="b" duration="2s"/>"#,
    );
    let times: Vec<_> = used(&found).iter().map(|one| (one.2.unwrap(), one.3.unwrap())).collect();
    assert_eq!(
        times,
        [
            ("01:00:00:00", "01:00:03:00"),
            ("01:00:01:00", "01:00:05:00"),
            // It hangs on a clip, and no transition shows more of it.
            ("01:00:02:00", "01:00:04:00"),
            // Where nothing says on which side a transition stands, it may be on both.
            ("01:00:04:00", "01:00:07:00"),
            ("01:00:05:00", "01:00:08:00"),
        ]
    );
}

#[test]
fn clips_connected_clips_and_storylines_have_their_times() {
    let found = read(
        "",
        r#"<asset-clip ref="b" name="one" offset="3600s" start="5s" duration="4s">
             <asset-clip ref="s" lane="-1" offset="6s" duration="10s"/>
             <spine lane="1" offset="7s"><asset-clip ref="b" offset="0s" duration="1s"/><asset-clip ref="b" duration="1s"/></spine>
           </asset-clip>
           <gap offset="3604s" duration="1s" start="3600s"><video ref="b" lane="2" offset="3600s" duration="1s" enabled="0"/></gap>
           <title ref="e" offset="3605s" duration="1s"/><video ref="e" offset="3606s" duration="1s"/>
           <asset-clip ref="b" duration="1s"/>"#,
    );
    assert_eq!(found.format, Format::Fcpxml);
    assert_eq!(found.name.as_deref(), Some("P"));
    let at = |from, to| (Some(from), Some(to));
    let times: Vec<_> = used(&found).iter().map(|one| (one.2, one.3)).collect();
    assert_eq!(
        times,
        [
            at("01:00:00:00", "01:00:04:00"),
            at("01:00:01:00", "01:00:11:00"),
            at("01:00:02:00", "01:00:03:00"),
            at("01:00:03:00", "01:00:04:00"),
            at("01:00:04:00", "01:00:05:00"),
            at("01:00:07:00", "01:00:08:00"),
        ]
    );
    let one = &found.references[0];
    assert_eq!(
        (one.source_in.as_deref(), one.source_out.as_deref()),
        at("00:00:05:00", "00:00:09:00")
    );
    assert_eq!(found.references[1].media, MediaKind::Sound);
    assert_eq!(found.references[1].track.as_deref(), Some("lane -1"));
    assert_eq!(found.references[2].track.as_deref(), Some("lane 1"));
    assert!(!found.references[4].enabled);
    // Nothing mentions the first asset: its file and its proxy are listed.
    assert!(found.references[6].place.contains("no storyline"));
}

#[test]
fn an_asset_gives_its_proxy_as_an_alternative_and_its_reel() {
    let found = read("", r#"<asset-clip ref="a" offset="3600s" duration="1s"/>"#);
    assert_eq!(found.references[0].target.as_deref(), Some("file:///m/a%20b.mov"));
    assert_eq!(found.references[0].reel.as_deref(), Some("A001"));
    assert_eq!(found.references[0].name, "A");
    assert_eq!(found.references[0].source_in.as_deref(), Some("00:00:10:00"));
    assert_eq!(found.references[1].usage, Use::Alternative);
}

const NESTED: &str = r#"<media id="c1"><sequence format="f" tcStart="0s"><spine><gap duration="1s"/><asset-clip ref="b" duration="3s"/></spine></sequence></media>
<media id="c2"><sequence format="f" tcStart="100s"><spine><gap offset="100s" duration="1s"/><ref-clip ref="c1" offset="101s" duration="4s"/></spine></sequence></media>
<media id="c3"><sequence format="f" tcStart="0s"><spine><ref-clip ref="c2" offset="0s" start="101s" duration="3s"/></spine></sequence></media>"#;

#[test]
fn three_compounds_deep_the_media_are_found_with_their_outer_times() {
    let found =
        read(NESTED, r#"<gap offset="3600s" duration="10s"/><ref-clip ref="c3" duration="2s"/>"#);
    let expected = ("b.mov", Use::Used, Some("01:00:11:00"), Some("01:00:12:00"));
    assert_eq!(used(&found), [expected]);
    assert_eq!(found.references[0].track.as_deref(), Some("primary"));
    assert_eq!(found.references[0].place.matches("ref-clip").count(), 3);
}

#[test]
fn a_speed_change_around_a_compound_leaves_the_place_of_the_compound() {
    let found = read(
        NESTED,
        r#"<ref-clip ref="c1" offset="3600s" duration="2s"><timeMap><timept time="0s" value="0s"/></timeMap></ref-clip>"#,
    );
    assert_eq!(used(&found)[0].2, Some("01:00:00:00"));
    assert_eq!(used(&found)[0].3, Some("01:00:02:00"));
}

#[test]
fn a_speed_change_around_compounds_in_compounds_leaves_the_place_of_the_outermost() {
    let found = read(
        NESTED,
        r#"<ref-clip ref="c2" offset="3600s" duration="2s"><timeMap><timept time="0s" value="0s"/></timeMap></ref-clip>"#,
    );
    assert_eq!(used(&found)[0].2, Some("01:00:00:00"));
    assert_eq!(used(&found)[0].3, Some("01:00:02:00"));
    assert!(!found.references[0].place.contains("outside the part"));
}

#[test]
fn of_auditions_and_multicams_what_is_not_shown_is_an_alternative() {
    let multicam = r#"<media id="m"><multicam format="f" tcStart="0s"><mc-angle name="1" angleID="x"><asset-clip ref="b" offset="0s" duration="9s"/></mc-angle><mc-angle name="2" angleID="y"><asset-clip ref="b" offset="0s" duration="9s"/></mc-angle><mc-angle name="3" angleID="z"><asset-clip ref="s" offset="0s" duration="9s"/></mc-angle></multicam></media>"#;
    let found = read(
        multicam,
        r#"<audition offset="3600s"><asset-clip ref="b" duration="2s"/><asset-clip ref="s" duration="3s"/></audition>
           <mc-clip ref="m" offset="3602s" start="1s" duration="2s"><mc-source angleID="x" srcEnable="video"/><mc-source angleID="z" srcEnable="audio"/></mc-clip>"#,
    );
    let uses: Vec<_> = used(&found).iter().map(|one| (one.0, one.1)).collect();
    assert_eq!(
        uses,
        [
            ("b.mov", Use::Used),
            ("s.wav", Use::Alternative),
            ("b.mov", Use::Used),
            ("b.mov", Use::Alternative),
            ("s.wav", Use::Used),
        ]
    );
    assert_eq!(used(&found)[2].2, Some("01:00:02:00"));
    assert_eq!(used(&found)[2].3, Some("01:00:04:00"));
    let all = read(multicam, r#"<mc-clip ref="m" offset="3600s" duration="2s"/>"#);
    assert!(used(&all).iter().all(|one| one.1 == Use::Used));
}

#[test]
fn sync_clips_clips_and_muted_sound_are_read() {
    let found = read(
        "",
        r#"<sync-clip offset="3600s" duration="2s"><asset-clip ref="b" offset="0s" duration="9s"/><asset-clip ref="s" lane="-1" offset="1s" duration="9s"/></sync-clip>
           <clip offset="3602s" duration="2s"><video ref="b" offset="0s" duration="9s"><audio ref="s" lane="-1" offset="0s" duration="9s"/></video></clip>
           <asset-clip ref="s" offset="3604s" duration="1s"><audio-channel-source srcCh="1" enabled="0"/></asset-clip>"#,
    );
    assert_eq!(found.references[0].record_out.as_deref(), Some("01:00:02:00"));
    assert_eq!(found.references[2].record_out.as_deref(), Some("01:00:04:00"));
    assert_eq!(found.references[3].media, MediaKind::Sound);
    let enabled: Vec<_> = found.references.iter().take(5).map(|one| one.enabled).collect();
    assert_eq!(enabled, [true, true, true, true, false]);
}

#[test]
fn drop_frame_is_counted() {
    let text = document("", r#"<asset-clip ref="b" offset="1802800/30000s" duration="1s"/>"#)
        .replace(
            r#"format="f" tcStart="3600s" tcFormat="NDF""#,
            r#"format="n" tcStart="0s" tcFormat="DF""#,
        );
    let found = parse(Path::new("a.fcpxml"), text.as_bytes()).unwrap();
    assert_eq!(found.references[0].record_in.as_deref(), Some("00:01:00;03"));
}

#[test]
fn a_drawing_is_the_file_that_its_locator_names() {
    let found = read(
        r#"<locator id="l" url="./Media/d.pkdrawing"/>"#,
        r#"<asset-clip ref="b" duration="4s"><live-drawing lane="1" offset="0s" name="D" dataLocator="l" duration="2s"/></asset-clip>"#,
    );
    let seen: Vec<_> = found.references.iter().map(|one| one.target.as_deref().unwrap()).collect();
    assert_eq!(seen[..2], ["file:///m/b.mov", "./Media/d.pkdrawing"]);
    assert!(!seen[2..].contains(&"./Media/d.pkdrawing") && found.notes.is_empty(), "{seen:?}");
}

#[test]
fn what_is_missing_is_a_reference_without_a_target() {
    let found = read(
        "",
        r#"<asset-clip ref="gone" name="x" duration="1s"/><ref-clip ref="gone" name="y" duration="1s"/>"#,
    );
    assert_eq!((found.references[0].name.as_str(), &found.references[0].target), ("x", &None));
    assert_eq!((found.references[1].name.as_str(), &found.references[1].target), ("y", &None));
    assert_eq!(found.notes.len(), 2);
}

#[test]
fn compounds_that_hold_themselves_or_multiply_are_refused() {
    let circle = r#"<media id="c"><sequence format="f"><spine><ref-clip ref="c" duration="1s"/></spine></sequence></media>"#;
    let text = document(circle, r#"<ref-clip ref="c" duration="1s"/>"#);
    assert!(matches!(parse(Path::new("a"), text.as_bytes()), Err(TimelineError::Malformed { .. })));
    let mut bomb = String::new();
    for level in 0..25 {
        let inner = format!(r#"<ref-clip ref="c{}" duration="1s"/>"#, level + 1).repeat(2);
        write!(bomb, r#"<media id="c{level}"><sequence><spine>{inner}</spine></sequence></media>"#)
            .unwrap();
    }
    bomb.push_str(r#"<media id="c25"><sequence><spine><asset-clip ref="b" duration="1s"/></spine></sequence></media>"#);
    let text = document(&bomb, r#"<ref-clip ref="c0" duration="1s"/>"#);
    assert!(matches!(parse(Path::new("a"), text.as_bytes()), Err(TimelineError::TooLarge { .. })));
}

#[test]
fn media_that_parameters_name_are_listed_and_nothing_else_of_them() {
    let found = read(
        "",
        r#"<title ref="e" offset="3600s" duration="1s">
             <param name="Drop Zone" key="1/2" value="file:///m/drop%20zone.mov"/>
             <param name="Group" key="3"><param name="Twice" key="4" value="file:///m/drop%20zone.mov"/></param>
             <param name="LUT" key="5" value="file:///m/look.cube"/>
             <param name="Text" key="6" value="a.mov"/><param name="Path" key="7" value="/m/no.mov"/>
           </title>
           <asset-clip ref="b" duration="1s"><filter-video ref="e"><data key="effectConfig">file:///m/over.png</data>
             <data key="effectData">ZmlsZTovLy9tL3gubW92</data></filter-video></asset-clip>"#,
    );
    let named: Vec<_> = found
        .references
        .iter()
        .filter(|one| one.place.contains("parameter"))
        .map(|one| (one.target.as_deref().unwrap(), one.usage))
        .collect();
    let (first, second) = ("file:///m/drop%20zone.mov", "file:///m/over.png");
    assert_eq!(named, [(first, Use::Listed), (second, Use::Listed)]);
}

#[test]
fn a_compound_of_which_nothing_is_told_is_a_reference_by_its_name() {
    let empty = r#"<media id="m0" name="hero"/><media id="p0" name="hero" projectRef="x"/>
<media id="s0"><sequence format="f"><spine/></sequence></media>
<media id="c0"><multicam format="f"><mc-angle name="a" angleID="x"/></multicam></media>
<media id="t0"><sequence format="f"><spine><title ref="e" duration="1s"/></spine></sequence></media>
<media id="g0"><sequence format="f"><spine><gap duration="1s"/></spine></sequence></media>"#;
    for (clip, name) in [
        (r#"ref-clip ref="m0""#, "hero"),
        (r#"ref-clip ref="p0" name="own""#, "own"),
        (r#"ref-clip ref="s0" name="own""#, "own"),
        (r#"mc-clip ref="c0" name="own""#, "own"),
        (r#"clip name="own""#, "own"),
        (r#"sync-clip name="own""#, "own"),
    ] {
        let found = read(empty, &format!(r#"<{clip} offset="3605s" duration="2s"/>"#));
        let at = (Some("01:00:05:00"), Some("01:00:07:00"));
        assert_eq!(used(&found), [("none", Use::Used, at.0, at.1)], "{clip}");
        assert_eq!(found.references[0].name, name);
        assert!(found.notes.iter().any(|note| note.contains("nothing in")), "{:?}", found.notes);
    }
    // A title or a gap is something, and no media.
    let shown = r#"<ref-clip ref="t0" duration="1s"/><ref-clip ref="g0" duration="1s"/>"#;
    assert_eq!(used(&read(empty, shown)), []);
    // A compound that is one file after all.
    let found = read("", r#"<ref-clip ref="b" offset="3600s" duration="1s"/>"#);
    assert_eq!(used(&found)[0].0, "b.mov");
}
