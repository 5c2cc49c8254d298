//! `OpenTimelineIO`: what is a reference, where it stands, and what is refused.

use std::fmt::Write;
use std::path::Path;

use crate::deliver::timeline::Format;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::TimelineError;
use crate::deliver::timeline::parse;
use crate::model::FrameRange;
use crate::model::MediaKind;
use crate::model::Use;

fn time(value: i64, rate: f64) -> String {
    format!(r#"{{"OTIO_SCHEMA":"RationalTime.1","value":{value},"rate":{rate}}}"#)
}

fn range(start: i64, duration: i64, rate: f64) -> String {
    let (start, duration) = (time(start, rate), time(duration, rate));
    format!(r#"{{"OTIO_SCHEMA":"TimeRange.1","start_time":{start},"duration":{duration}}}"#)
}

fn clip(name: &str, rest: &str, start: i64, duration: i64) -> String {
    let range = range(start, duration, 24.0);
    format!(r#"{{"OTIO_SCHEMA":"Clip.2","name":"{name}","source_range":{range}{rest}}}"#)
}

fn external(url: &str) -> String {
    format!(
        r#","media_references":{{"DEFAULT_MEDIA":{{"OTIO_SCHEMA":"ExternalReference.1","target_url":"{url}"}}}},"active_media_reference_key":"DEFAULT_MEDIA""#
    )
}

fn track(kind: &str, rest: &str, children: &[String]) -> String {
    let children = children.join(",");
    format!(r#"{{"OTIO_SCHEMA":"Track.1","kind":"{kind}"{rest},"children":[{children}]}}"#)
}

fn stack(rest: &str, children: &[String]) -> String {
    let children = children.join(",");
    format!(r#"{{"OTIO_SCHEMA":"Stack.1","name":"inner"{rest},"children":[{children}]}}"#)
}

fn timeline(start: &str, tracks: &[String]) -> String {
    let stack = stack("", tracks);
    format!(
        r#"{{"OTIO_SCHEMA":"Timeline.1","name":"cut","global_start_time":{start},"tracks":{stack}}}"#
    )
}

fn read(text: &str) -> Timeline {
    parse(Path::new("cut.otio"), text.as_bytes()).unwrap()
}

#[test]
fn clips_stand_one_after_the_other_from_the_start_timecode() {
    let gap = format!(r#"{{"OTIO_SCHEMA":"Gap.1","source_range":{}}}"#, range(0, 24, 24.0));
    let dissolve = r#"{"OTIO_SCHEMA":"Transition.1","in_offset":null}"#.to_owned();
    let children = [
        clip("a", &external("a.mov"), 48, 12),
        gap,
        clip("b", &external("file:///b.mov"), 0, 24),
        dissolve,
        clip("c", &external("c.mov"), 0, 1),
    ];
    let found = read(&timeline(&time(86_400, 24.0), &[track("Video", "", &children)]));
    assert_eq!(found.name.as_deref(), Some("cut"));
    assert_eq!(found.references.len(), 3);
    let a = &found.references[0];
    assert_eq!(a.target.as_deref(), Some("a.mov"));
    assert_eq!((a.media, a.usage), (MediaKind::Picture, Use::Used));
    assert_eq!(a.track.as_deref(), Some("V1"));
    assert_eq!(a.source_in.as_deref(), Some("00:00:02:00"));
    assert_eq!(a.source_out.as_deref(), Some("00:00:02:12"));
    assert_eq!(a.record_in.as_deref(), Some("01:00:00:00"));
    assert_eq!(found.references[1].record_in.as_deref(), Some("01:00:01:12"));
    assert_eq!(found.references[2].record_in.as_deref(), Some("01:00:02:12"));
}

#[test]
fn three_compounds_deep_the_place_in_the_outer_timeline_is_told() {
    // Each compound shows its second two and three, and the outermost follows one second of a.
    let gap = format!(r#"{{"OTIO_SCHEMA":"Gap.1","source_range":{}}}"#, range(0, 24, 24.0));
    let mut inner = clip("deep", &external("ai.mov"), 0, 240);
    for _ in 0..3 {
        let trim = format!(r#","source_range":{}"#, range(24, 48, 24.0));
        inner = stack(&trim, &[track("Video", "", &[gap.clone(), inner])]);
    }
    let children = [clip("a", &external("a.mov"), 0, 24), inner];
    let found = read(&timeline(&time(0, 24.0), &[track("Video", "", &children)]));
    let deep = &found.references[1];
    assert_eq!(deep.target.as_deref(), Some("ai.mov"));
    assert_eq!(deep.record_in.as_deref(), Some("00:00:01:00"));
    assert_eq!(deep.record_out.as_deref(), Some("00:00:03:00"));
    assert_eq!(deep.place.matches("compound").count(), 3);
}

#[test]
fn what_a_compound_trims_away_is_still_a_reference() {
    let trim = format!(r#","source_range":{}"#, range(0, 24, 24.0));
    let children =
        [clip("in", &external("in.mov"), 0, 24), clip("out", &external("out.mov"), 0, 24)];
    let inner = stack(&trim, &[track("Video", "", &children)]);
    let found = read(&timeline(&time(0, 24.0), &[track("Video", "", &[inner])]));
    assert_eq!(found.references.len(), 2);
    assert_eq!(found.references[1].usage, Use::Used);
    assert_eq!(found.references[1].record_in, None);
    assert!(found.references[1].place.contains("outside the part"));
}

#[test]
fn inside_a_speed_change_the_whole_compound_is_the_place() {
    let rest = format!(
        r#","source_range":{},"effects":[{{"OTIO_SCHEMA":"LinearTimeWarp.1","time_scalar":2.0}}]"#,
        range(0, 24, 24.0)
    );
    let children = [clip("a", &external("a.mov"), 0, 24), clip("b", &external("b.mov"), 0, 24)];
    let inner = stack(&rest, &[track("Video", "", &children)]);
    let found = read(&timeline(&time(0, 24.0), &[track("Video", "", &[inner])]));
    for one in &found.references {
        assert_eq!(one.record_in.as_deref(), Some("00:00:00:00"));
        assert_eq!(one.record_out.as_deref(), Some("00:00:01:00"));
    }
}

#[test]
fn inside_a_speed_change_a_trimmed_compound_is_somewhere_in_the_outermost() {
    let warp = r#""effects":[{"OTIO_SCHEMA":"LinearTimeWarp.1","time_scalar":0.5}]"#;
    let trim = |length| format!(r#","source_range":{}"#, range(0, length, 24.0));
    let first = clip("a", &external("a.mov"), 0, 24);
    let deep = stack(&trim(12), &[track("Video", "", &[clip("b", &external("b.mov"), 0, 24)])]);
    let slow = format!("{},{warp}", trim(48));
    let slow = stack(&slow, &[track("Video", "", &[first, deep])]);
    let found = read(&timeline(&time(0, 24.0), &[track("Video", "", &[slow])]));
    let deep = &found.references[1];
    assert_eq!(deep.record_in.as_deref(), Some("00:00:00:00"));
    assert_eq!(deep.record_out.as_deref(), Some("00:00:02:00"));
}

#[test]
fn other_media_references_are_alternatives_and_a_wrong_key_makes_all_of_them_used() {
    let many = |active: &str| {
        format!(
            r#","media_references":{{"high":{{"OTIO_SCHEMA":"ExternalReference.1","target_url":"h.mov"}},"low":{{"OTIO_SCHEMA":"ExternalReference.1","target_url":"l.mov"}},"gone":{{"OTIO_SCHEMA":"MissingReference.1"}}}},"active_media_reference_key":"{active}""#
        )
    };
    let uses = |active| {
        let child = clip("a", &many(active), 0, 24);
        let found = read(&timeline("null", &[track("Video", "", &[child])]));
        found.references.iter().map(|one| one.usage).collect::<Vec<_>>()
    };
    assert_eq!(uses("low"), [Use::Alternative, Use::Used, Use::Alternative]);
    assert_eq!(uses("none"), [Use::Used, Use::Used, Use::Used]);
}

#[test]
fn a_missing_reference_has_the_name_of_the_clip_and_a_generator_is_no_media() {
    let missing = r#","media_reference":{"OTIO_SCHEMA":"MissingReference.1","name":"m"}"#;
    let generator = r#","media_reference":{"OTIO_SCHEMA":"GeneratorReference.1"}"#;
    let children = [
        clip("a", missing, 0, 24),
        clip("", missing, 0, 24),
        clip("bars", generator, 0, 24),
        clip("none", "", 0, 24),
    ];
    let found = read(&timeline("null", &[track("Video", "", &children)]));
    let names: Vec<_> = found.references.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "m", "none"]);
    assert!(found.references.iter().all(|one| one.target.is_none()));
}

#[test]
fn both_sides_of_a_transition_are_told_for_as_long_as_it_shows_them() {
    let dissolve = |before: i64, after: i64| {
        let (before, after) = (time(before, 24.0), time(after, 24.0));
        format!(r#"{{"OTIO_SCHEMA":"Transition.1","in_offset":{before},"out_offset":{after}}}"#)
    };
    let inner = track("Video", "", &[clip("d", &external("d.mov"), 0, 48)]);
    let children = [
        clip("a", &external("a.mov"), 0, 24),
        dissolve(6, 6),
        clip("b", &external("b.mov"), 10, 24),
        dissolve(0, 12),
        clip("c", &external("c.mov"), 0, 24),
        dissolve(6, 3),
        stack(&format!(r#","source_range":{}"#, range(12, 24, 24.0)), &[inner]),
    ];
    let found = read(&timeline(&time(86_400, 24.0), &[track("Video", "", &children)]));
    let seen = |at: usize| {
        let one = &found.references[at];
        (one.record_in.as_deref().unwrap(), one.record_out.as_deref().unwrap())
    };
    // As `visible_range` of OTIO 0.18.1.
    assert_eq!(seen(0), ("01:00:00:00", "01:00:01:06"));
    assert_eq!(seen(1), ("01:00:00:18", "01:00:02:12"));
    assert_eq!(seen(2), ("01:00:02:00", "01:00:03:03"));
    // What is in a compound is seen from where that is.
    assert_eq!(seen(3), ("01:00:02:18", "01:00:04:00"));
    // What is taken is said as the clip says it.
    assert_eq!(found.references[1].source_in.as_deref(), Some("00:00:00:10"));
}

#[test]
fn an_image_sequence_gives_its_pattern_and_frames() {
    let rest = format!(
        r#","media_reference":{{"OTIO_SCHEMA":"ImageSequenceReference.1","target_url_base":"file:///s","name_prefix":"x.","name_suffix":".exr","start_frame":1001,"frame_step":2,"rate":24.0,"frame_zero_padding":5,"available_range":{}}}"#,
        range(0, 100, 24.0)
    );
    let found = read(&timeline("null", &[track("Video", "", &[clip("a", &rest, 0, 24)])]));
    let one = &found.references[0];
    assert_eq!(one.target.as_deref(), Some("file:///s/x.%05d.exr"));
    assert_eq!(one.frames, Some(FrameRange { first: 1001, last: 1100, step: 2 }));
    // Up to `end_frame` of OTIO 0.18.1, which shows one image more than `number_of_images_in_sequence` counts where
    // the last has less time than a step; of none at all there is one.
    for (length, last) in [(9.0, 1009), (10.0, 1010), (9.9, 1009), (1.0, 1001)] {
        let rest = rest.replace(r#""value":100"#, &format!(r#""value":{length}"#));
        let found = read(&timeline("null", &[track("Video", "", &[clip("a", &rest, 0, 24)])]));
        let frames = FrameRange { first: 1001, last, step: 2 };
        assert_eq!(found.references[0].frames, Some(frames), "{length}");
        let may_lack: Vec<_> =
            (1001..=last).step_by(2).filter(|frame| frames.may_lack(*frame)).collect();
        assert_eq!(may_lack, if last == 1009 { vec![1009] } else { vec![] }, "{length}");
    }
}

#[test]
fn a_disabled_track_and_a_disabled_clip_are_references_that_are_not_enabled() {
    let off = r#","enabled":false"#;
    let tracks = [
        track("Video", off, &[clip("a", &external("a.mov"), 0, 24)]),
        track("Audio", "", &[clip("b", &format!("{}{off}", external("b.wav")), 0, 24)]),
        track("Audio", "", &[clip("c", &external("c.wav"), 0, 24)]),
    ];
    let found = read(&timeline("null", &tracks));
    let seen: Vec<_> = found.references.iter().map(|one| one.enabled).collect();
    assert_eq!(seen, [false, false, true]);
    assert_eq!(found.references[2].track.as_deref(), Some("A2"));
    assert_eq!(found.references[2].media, MediaKind::Sound);
}

#[test]
fn an_unknown_schema_is_noted_and_hides_nothing() {
    let inner = clip("deep", &external("ai.mov"), 0, 24);
    let vendor = format!(r#"{{"OTIO_SCHEMA":"VendorFusion.7","layers":[{inner}]}}"#);
    let odd = r#","media_reference":{"OTIO_SCHEMA":"CloudReference.1","target_url":"cloud://x"}"#;
    let children = [vendor, clip("odd", odd, 0, 24)];
    let found = read(&timeline("null", &[track("Video", "", &children)]));
    let targets: Vec<_> = found.references.iter().map(|one| one.target.as_deref()).collect();
    assert_eq!(targets, [Some("ai.mov"), Some("cloud://x")]);
    assert!(found.notes.iter().any(|note| note.contains("VendorFusion")));
    assert!(found.notes.iter().any(|note| note.contains("CloudReference")));
}

#[test]
fn clips_in_a_bin_are_listed_and_timelines_in_it_are_used() {
    let cut = timeline("null", &[track("Video", "", &[clip("a", &external("a.mov"), 0, 24)])]);
    let loose = clip("b", &external("b.mov"), 0, 24);
    let text =
        format!(r#"{{"OTIO_SCHEMA":"SerializableCollection.1","children":[{cut},{loose}]}}"#);
    let uses: Vec<_> = read(&text).references.iter().map(|one| one.usage).collect();
    assert_eq!(uses, [Use::Used, Use::Listed]);
}

#[test]
fn drop_frame_is_told_by_the_rate() {
    let rate = 30_000.0 / 1001.0;
    let child = format!(
        r#"{{"OTIO_SCHEMA":"Clip.2","source_range":{}{}}}"#,
        range(0, 1800, rate),
        external("a.mov")
    );
    let found = read(&timeline(&time(0, rate), &[track("Video", "", &[child])]));
    assert_eq!(found.references[0].record_out.as_deref(), Some("00:01:00;02"));
}

#[test]
fn what_is_no_timeline_is_an_error_that_says_where() {
    let error = |text: &str| parse(Path::new("a.otio"), text.as_bytes()).unwrap_err().to_string();
    assert!(error("{\"OTIO_SCHEMA\": \"Timeline.1\",\n oops").contains("line 2"));
    assert!(error("{}").contains("OTIO_SCHEMA"));
    assert!(error("[]").contains("OTIO_SCHEMA"));
    let deep = "{\"tracks\":".repeat(100_000);
    assert!(error(&deep).contains("recursion"));
    let mut bomb = String::from("[");
    for _ in 0..10_000_000 / 4 {
        bomb.write_str("{},0").unwrap();
        bomb.push(',');
    }
    assert!(error(&bomb).contains("more than"));
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let (at, len) = (u32::try_from(out.len()).unwrap(), u32::try_from(bytes.len()).unwrap());
        let name_len = u16::try_from(name.len()).unwrap();
        let mut common = Vec::new();
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        common.extend(sum.sum().to_le_bytes());
        common.extend(len.to_le_bytes());
        common.extend(len.to_le_bytes());
        common.extend(name_len.to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(*bytes);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = u32::try_from(out.len()).unwrap();
    let count = u16::try_from(files.len()).unwrap();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[test]
fn an_archive_gives_its_timeline() {
    let text =
        timeline("null", &[track("Video", "", &[clip("a", &external("media/a.mov"), 0, 24)])]);
    let archive = zip(&[("version.txt", b"1.0.0"), ("content.otio", text.as_bytes())]);
    let found = parse(Path::new("cut.otioz"), &archive).unwrap();
    assert_eq!(found.format, Format::Otioz);
    assert_eq!(found.references[0].target.as_deref(), Some("media/a.mov"));
    let mut changed = archive.clone();
    let at = changed.windows(5).position(|word| word == b"a.mov").unwrap();
    changed[at] = b'b';
    assert!(parse(Path::new("cut.otioz"), &changed).unwrap_err().to_string().contains("checksum"));
    let accents = text.replace("\"a\"", "\"\u{e9}\"");
    let narrow: Vec<u8> =
        accents.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect();
    let noted = |found: Timeline| found.notes.iter().any(|note| note.contains("accents"));
    assert!(noted(parse(Path::new("cut.otio"), &narrow).unwrap()));
    assert!(noted(parse(Path::new("cut.otioz"), &zip(&[("content.otio", &narrow)])).unwrap()));
    let none = zip(&[("version.txt", b"1.0.0")]);
    assert!(parse(Path::new("cut.otioz"), &none).is_err());
    let two = zip(&[("content.otio", b"{}"), ("content.otio", b"{}")]);
    let error = parse(Path::new("cut.otioz"), &two).unwrap_err();
    assert!(error.to_string().contains("same name"), "{error}");
    for at in 0..archive.len() {
        let _ = parse(Path::new("cut.otioz"), &archive[..at]);
    }
}

#[test]
fn a_file_in_a_bundle_folder_is_told_apart() {
    let text = timeline("null", &[]);
    let found = parse(Path::new("x/cut.otiod/content.otio"), text.as_bytes()).unwrap();
    assert_eq!(found.format, Format::Otiod);
    assert!(matches!(parse(Path::new("x"), b""), Err(TimelineError::Unknown { .. })));
}

#[test]
fn media_are_found_in_lists_of_lists_and_where_a_list_stands_for_an_object() {
    let media =
        |name: &str| format!(r#"{{"OTIO_SCHEMA":"ExternalReference.1","target_url":"{name}"}}"#);
    let nest = format!(
        r#"{{"OTIO_SCHEMA":"VendorNest.1","items":[[1,[{}]],"x"]}}"#,
        clip("a", &external("nested.mov"), 0, 1)
    );
    let listed = clip("b", &format!(r#","media_references":[{}]"#, media("listed.mov")), 0, 1);
    let alone = format!(
        r#"{{"OTIO_SCHEMA":"Stack.1","children":{}}}"#,
        clip("c", &external("alone.mov"), 0, 1)
    );
    let tracks = track("Video", "", &[nest, listed, alone]);
    let found = read(&format!(r#"{{"OTIO_SCHEMA":"Timeline.1","tracks":[{tracks}]}}"#));
    let targets: Vec<_> =
        found.references.iter().map(|one| (one.target.as_deref().unwrap(), one.usage)).collect();
    let used = |name| (name, Use::Used);
    assert_eq!(targets, [used("nested.mov"), used("listed.mov"), used("alone.mov")]);
}

#[test]
fn media_that_hide_in_gaps_transitions_and_clips_are_found() {
    let of = |schema: &str, rest: &str| {
        format!(r#"{{"OTIO_SCHEMA":"{schema}","effects":[{{"OTIO_SCHEMA":"Effect.1"}}]{rest}}}"#)
    };
    let hidden = |name: &str| clip(name, &external(name), 0, 1);
    let items = [
        of("Gap.1", &external("1.mov")),
        of("Gap.1", &format!(r#","children":[{}]"#, hidden("2.mov"))),
        of("Transition.1", &format!(r#","in_clip":{}"#, hidden("3.mov"))),
        of("Clip.1", &format!(r#","children":[{}]{}"#, hidden("5.mov"), external("4.mov"))),
        of("Gap.1", ""),
    ];
    let found = read(&timeline("null", &[track("Video", "", &items)]));
    let seen: Vec<_> = found.references.iter().map(|one| one.target.as_deref().unwrap()).collect();
    assert_eq!(seen, ["1.mov", "2.mov", "3.mov", "4.mov", "5.mov"]);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn media_that_effects_markers_and_metadata_refer_to_are_found() {
    let reference = |schema: &str, rest: &str| format!(r#"{{"OTIO_SCHEMA":"{schema}",{rest}}}"#);
    let to = |name: &str| reference("ExternalReference.1", &format!(r#""target_url":"{name}""#));
    let effect = format!(
        r#"{{"OTIO_SCHEMA":"Effect.1","effect_name":"Overlay","metadata":{{"vendor":{{"layer":{}}}}}}}"#,
        to("1.png")
    );
    let vendor = format!(r#"{{"OTIO_SCHEMA":"Blend.1","source":{}}}"#, to("2.png"));
    let marker = format!(r#"{{"OTIO_SCHEMA":"Marker.2","metadata":{{"was":[{}]}}}}"#, to("3.mov"));
    let own = reference("VendorReference.1", r#""target_urls":["4.mov","5.mov"]"#);
    let rest = format!(
        r#"{},"effects":[{effect},{vendor}],"markers":[{marker}],"enabled":false,"more":{own}"#,
        external("0.mov")
    );
    let gap = format!(r#"{{"OTIO_SCHEMA":"Gap.1","effects":[{vendor}]}}"#);
    let children = [clip("a", &rest, 0, 24), gap];
    let found = read(&timeline("null", &[track("Video", "", &children)]));
    let seen: Vec<_> = found
        .references
        .iter()
        .map(|one| (one.target.as_deref().unwrap(), one.usage, one.enabled))
        .collect();
    let (used, listed) = (Use::Used, Use::Listed);
    assert_eq!(
        seen,
        [
            ("0.mov", used, false),
            ("1.png", listed, false),
            ("2.png", listed, false),
            ("3.mov", listed, false),
            ("4.mov", listed, false),
            ("5.mov", listed, false),
            ("2.png", listed, true),
        ]
    );
    assert!(found.references[1].place.contains("clip \"a\", effects, item 1"), "{found:?}");
    // As the media of a clip too.
    let many =
        r#","media_reference":{"OTIO_SCHEMA":"Cloud.1","target_urls":{"a":"6.mov","b":" "}}"#;
    let found = read(&timeline("null", &[track("Video", "", &[clip("a", many, 0, 1)])]));
    let targets: Vec<_> = found.references.iter().map(|one| one.target.as_deref()).collect();
    assert_eq!(targets, [Some("6.mov")]);
}

#[test]
fn what_only_looks_like_media_in_metadata_is_none() {
    let rest = format!(
        r#"{},"metadata":{{"target_url":"old.mov","Media Url":"/x/old.mov","take":{{"OTIO_SCHEMA":"Take.1","target_url":"take.mov"}},"lut":"file:///x/a.cube"}},"effects":[{{"OTIO_SCHEMA":"Effect.1","metadata":{{"path":"/x/b.mov"}}}}]"#,
        external("a.mov")
    );
    let found = read(&timeline("null", &[track("Video", "", &[clip("a", &rest, 0, 1)])]));
    assert_eq!(found.references.len(), 1, "{:?}", found.references);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

/// What a track with these items refers to: name, target, use.
fn mentions(items: &[String]) -> Vec<(String, Option<String>, Use)> {
    let found = read(&timeline("null", &[track("Video", "", items)]));
    for one in &found.references {
        assert_eq!(one.track.as_deref(), Some("V1"), "{one:?}");
    }
    found.references.into_iter().map(|one| (one.name, one.target, one.usage)).collect()
}

#[test]
fn what_a_vendors_own_reference_holds_is_the_media_of_its_clip() {
    let external =
        |name: &str| format!(r#"{{"OTIO_SCHEMA":"ExternalReference.1","target_url":"{name}"}}"#);
    let studio = |rest: &str| {
        let rest = format!(r#","media_reference":{{"OTIO_SCHEMA":"StudioReference.1",{rest}}}"#);
        mentions(&[clip("plate", &rest, 0, 24)])
    };
    let plate =
        |target: Option<&str>, usage: Use| ("plate".to_owned(), target.map(str::to_owned), usage);
    let (used, other) = (Use::Used, Use::Alternative);
    let versions = format!(r#""versions":[{},{}]"#, external("a.mov"), external("b.mov"));
    assert_eq!(studio(&versions), [plate(Some("a.mov"), used), plate(Some("b.mov"), used)]);
    // Where it says a place, what it holds besides is another choice, and a text is a vendor's own affair.
    let original = format!(
        r#""target_url":"a.mov","was":"/x/c.mov","original":{},"lost":{{"OTIO_SCHEMA":"MissingReference.1"}}"#,
        external("b.mov")
    );
    assert_eq!(studio(&original), [plate(Some("a.mov"), used), plate(Some("b.mov"), other)]);
    // Where nothing else says one, a text that reads as a place is one.
    for place in ["/mnt/x/hero", "hero.mov", "D:/hero", "s3://b/hero"] {
        assert_eq!(studio(&format!(r#""path":"{place}","take":"7""#)), [plate(Some(place), used)]);
    }
    let deep = r#""versions":[{"OTIO_SCHEMA":"StudioReference.1","of":{"path":["/x/b.mov"]}}]"#;
    assert_eq!(studio(deep), [plate(Some("/x/b.mov"), used)]);
    assert_eq!(studio(r#""asset":"7f3a""#), [plate(None, used)]);
}

#[test]
fn media_of_a_clip_that_are_no_object_are_media_all_the_same() {
    let external =
        |name: &str| format!(r#"{{"OTIO_SCHEMA":"ExternalReference.1","target_url":"{name}"}}"#);
    for (media, targets) in [
        (
            format!("[{},[{}]]", external("a.mov"), external("b.mov")),
            vec![Some("a.mov"), Some("b.mov")],
        ),
        (r#""../hero.mov""#.to_owned(), vec![Some("../hero.mov")]),
        ("7".to_owned(), vec![None]),
        ("null".to_owned(), vec![None]),
    ] {
        let rest = format!(r#","media_reference":{media}"#);
        let seen = mentions(&[clip("plate", &rest, 0, 24)]);
        assert!(seen.iter().all(|(name, _, usage)| name == "plate" && *usage == Use::Used));
        assert_eq!(seen.iter().map(|one| one.1.as_deref()).collect::<Vec<_>>(), targets, "{media}");
    }
    let one = format!(r#","media_references":{}"#, external("a.mov"));
    let seen = mentions(&[clip("plate", &one, 0, 24)]);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].1.as_deref(), Some("a.mov"));
}

#[test]
fn an_item_of_which_nobody_can_tell_what_it_shows_is_a_reference_by_its_name() {
    let item = |schema: &str, rest: &str| {
        let range = range(0, 24, 24.0);
        format!(r#"{{{schema}"name":"hero","source_range":{range}{rest}}}"#)
    };
    let studio = |rest: &str| item(r#""OTIO_SCHEMA":"StudioClip.1","#, rest);
    let hero = |target: Option<&str>| ("hero".to_owned(), target.map(str::to_owned), Use::Used);
    let medium = r#","media":{"OTIO_SCHEMA":"StudioMedia.1","path":"../hero.mov"}"#;
    assert_eq!(mentions(&[studio(medium)]), [hero(Some("../hero.mov"))]);
    assert_eq!(
        mentions(&[studio(r#","media":{"OTIO_SCHEMA":"StudioMedia.1","id":7}"#)]),
        [hero(None)]
    );
    assert_eq!(mentions(&[item("", "")]), [hero(None)]);
    let inner = format!(r#","children":[{}]"#, studio(""));
    assert_eq!(mentions(&[studio(&inner)]), [hero(None)]);
    // What it hangs on itself is seen, but it is not what it shows.
    let marked = r#","markers":[{"OTIO_SCHEMA":"Marker.2","comment":"as in a.mov"}]"#;
    assert_eq!(mentions(&[studio(marked)]), [hero(None)]);
    for empty in
        [r#"{"OTIO_SCHEMA":"Gap.1"}"#, r#"{"OTIO_SCHEMA":"Group.1","children":[]}"#, "null"]
    {
        assert_eq!(mentions(&[empty.to_owned()]), []);
    }
    let found = read(&timeline(&time(0, 24.0), &[track("Video", "", &[studio(""), studio("")])]));
    assert_eq!(found.references[1].record_in.as_deref(), Some("00:00:01:00"));
    assert!(found.notes.iter().any(|note| note.contains("not told")), "{:?}", found.notes);
}

#[test]
fn a_compound_that_a_converter_left_empty_is_listed_by_its_name() {
    let trim = format!(r#","source_range":{}"#, range(0, 24, 24.0));
    for hollow in [stack(&trim, &[]), stack(&trim, &[track("Video", "", &[])])] {
        let cut = [clip("a", &external("a.mov"), 0, 24), hollow];
        let found = read(&timeline(&time(0, 24.0), &[track("Video", "", &cut)]));
        let one = &found.references[1];
        assert_eq!(
            (one.name.as_str(), one.usage, one.track.as_deref()),
            ("inner", Use::Listed, Some("V1"))
        );
        assert_eq!(one.record_in.as_deref(), Some("00:00:01:00"));
        assert!(found.notes[0].contains("compound \"inner\""), "{:?}", found.notes);
    }
    // A gap is something, and a track of the timeline may well be empty.
    let gap = format!(r#"{{"OTIO_SCHEMA":"Gap.1","source_range":{}}}"#, range(0, 24, 24.0));
    let filled = stack(&trim, &[track("Video", "", &[gap])]);
    let found = read(&timeline("null", &[track("Video", "", &[filled]), track("Audio", "", &[])]));
    assert!(found.references.is_empty() && found.notes.is_empty(), "{found:?}");
}
