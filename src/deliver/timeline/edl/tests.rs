//! Edit decision lists: both sides of a blend, names wherever they stand, and what is refused.

use std::path::Path;

use crate::deliver::timeline::Format;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::parse;
use crate::model::FrameRange;
use crate::model::MediaKind;
use crate::model::Reference;
use crate::model::Use;

fn read(text: &str) -> Timeline {
    parse(Path::new("cut.edl"), text.as_bytes()).unwrap()
}

fn names(timeline: &Timeline) -> Vec<&str> {
    timeline.references.iter().map(|one| one.name.as_str()).collect()
}

fn times(one: &Reference) -> (&str, &str) {
    (one.record_in.as_deref().unwrap(), one.record_out.as_deref().unwrap())
}

#[test]
fn both_sides_of_a_dissolve_are_references_however_it_is_written() {
    // Where the outgoing line has a length, and where it has none.
    for (length, end) in [("01:00:02:00", "01:00:03:00"), ("01:00:00:00", "01:00:01:00")] {
        let text = format!(
            "TITLE: x\n002  AX V C        00:00:00:00 00:00:02:00 01:00:00:00 {length}\n\
             002  AX V D    024 00:00:00:00 00:00:04:00 {length} 01:00:06:00\n\
             EFFECTS NAME IS CROSS DISSOLVE\n\
             * FROM CLIP NAME: ai.mov\n* TO CLIP NAME: b.mov\n"
        );
        let found = read(&text);
        assert_eq!(found.format, Format::Edl);
        assert_eq!(found.name.as_deref(), Some("x"));
        assert_eq!(names(&found), ["ai.mov", "b.mov"]);
        assert_eq!(times(&found.references[0]), ("01:00:00:00", end));
        assert_eq!(found.references[0].reel, None);
    }
}

#[test]
fn picture_and_sound_that_dissolve_under_one_number_share_their_names() {
    let line = |channel: &str, kind: &str, from: &str, to: &str| {
        format!("001  AX {channel} {kind} 00:00:00:00 00:00:01:00 01:00:{from}:00 01:00:{to}:00\n")
    };
    let text = line("V", "C", "00", "00")
        + &line("V", "D 024", "00", "01")
        + &line("A", "C", "00", "00")
        + &line("A", "D 024", "00", "01")
        + "* FROM CLIP NAME: a.mov\n* TO CLIP NAME: b.mov\n";
    let found = read(&text);
    assert_eq!(names(&found), ["a.mov", "b.mov", "a.mov", "b.mov"]);
    // A reel of its own says enough.
    let found = read(&text.replacen("AX V D", "A001 V D", 1));
    assert_eq!(names(&found), ["a.mov", "", "a.mov", "b.mov"]);
}

#[test]
fn an_outgoing_side_without_a_line_of_its_own_is_a_reference() {
    let found = read(
        "001  A V C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * FROM CLIP NAME: a.mov\n\
         002  B V W001 010 00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00\n\
         * FROM CLIP NAME: hidden.mov\n* TO CLIP NAME: b.mov\n* SOURCE FILE: /m/b.mov\n",
    );
    assert_eq!(names(&found), ["a.mov", "b.mov", "hidden.mov"]);
    assert_eq!(found.references[1].target.as_deref(), Some("/m/b.mov"));
    assert_eq!(times(&found.references[2]), ("01:00:02:00", "01:00:02:10"));
    assert_eq!(found.references[2].reel, None);
}

#[test]
fn names_between_the_lines_and_files_after_the_names_go_where_they_belong() {
    let found = read(
        "001  A V C        00:00:00:00 00:00:00:00 01:00:00:00 01:00:00:00\n\
         * FROM CLIP NAME: a\n* SOURCE FILE: /a.mov\n\
         001  B V D    010 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * TO CLIP NAME: b\n* SOURCE FILE: /b.mov\n\
         002  A V C        00:00:00:00 00:00:00:00 01:00:02:00 01:00:02:00\n\
         002  B V D    010 00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00\n\
         * FROM CLIP NAME: c\n* TO CLIP NAME: d\n* SOURCE FILE: /c.mov\n* SOURCE FILE: /d.mov\n",
    );
    let seen: Vec<_> = found
        .references
        .iter()
        .map(|one| (one.name.as_str(), one.target.as_deref().unwrap()))
        .collect();
    assert_eq!(seen, [("a", "/a.mov"), ("b", "/b.mov"), ("c", "/c.mov"), ("d", "/d.mov")]);
}

#[test]
fn a_dissolve_from_black_has_one_side_and_a_named_black_is_seen() {
    let found = read(
        "001  BL V C        00:00:00:00 00:00:00:00 01:00:00:00 01:00:00:00\n\
         001  AX V D    010 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * FROM CLIP NAME: a.mov\n\
         002  BL V C        00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00\n\
         003  BL V C        00:00:00:00 00:00:02:00 01:00:04:00 01:00:06:00\n\
         * FROM CLIP NAME: smuggled.mov\n",
    );
    assert_eq!(names(&found), ["a.mov", "smuggled.mov"]);
    assert_eq!(found.references[1].reel, None);
}

#[test]
fn keys_give_what_is_laid_over_and_what_is_under() {
    let found = read(
        "001  A V K B      00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         001  B V K    010 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * FROM CLIP NAME: under.mov\n* KEY CLIP NAME: over.mov\n",
    );
    assert_eq!(names(&found), ["under.mov", "over.mov"]);
}

#[test]
fn a_name_too_many_is_a_reference_and_never_dropped() {
    let found = read(
        "001  A V C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * FROM CLIP NAME: a.mov\n* FROM CLIP NAME: a.mov\n* FROM CLIP NAME: ai.mov\n\
         * SOURCE FILE: /a.mov\n",
    );
    assert_eq!(names(&found), ["a.mov", "ai.mov"]);
    assert_eq!(times(&found.references[1]), ("01:00:00:00", "01:00:02:00"));
}

#[test]
fn comments_before_their_events_are_understood() {
    let found = read(
        "TITLE: x\n* FROM CLIP NAME: a\n\
         001  A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * FROM CLIP NAME: b\n\
         002  B V C 00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00\n",
    );
    assert_eq!(names(&found), ["a", "b"]);
    assert_eq!(found.references[1].reel.as_deref(), Some("B"));
}

#[test]
fn long_reels_and_sound_channels_are_read() {
    let found = read(
        "FCM: NON-DROP FRAME\r\n\
         000001  A192C008_160909_R1BY             AA/V  C        19:26:32:20 19:26:32:21 01:00:50:18 01:00:51:23\r\n\
         M2      A192C008_160909_R1BY   000.0 19:26:32:20\r\n\
         AUD  3    4\r\n\
         002  001 V C 00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00\r\n\
         FINAL CUT PRO REEL: A001_LONG REPLACED BY: 001\r\n\
         003  AX V C 00:00:00:00 00:00:02:00 01:00:02:00 01:00:04:00\r\n\
         * REEL NAME: B007\r\n",
    );
    assert_eq!(found.references[0].reel.as_deref(), Some("A192C008_160909_R1BY"));
    assert_eq!(found.references[0].track.as_deref(), Some("A1 A2 V1 A3 A4"));
    assert_eq!(found.references[1].reel.as_deref(), Some("A001_LONG"));
    assert_eq!(found.references[2].reel.as_deref(), Some("B007"));
    assert!(found.notes.is_empty());
}

#[test]
fn drop_frame_is_kept_and_counted() {
    let found = read(
        "FCM: DROP FRAME\n\
         001  A V C        00:00:00:00 00:00:00:00 01:00:59:20 01:00:59:20\n\
         001  B V D    015 00:00:00:00 00:00:02:00 01:00:59:20 01:01:04:00\n",
    );
    assert_eq!(times(&found.references[0]), ("01:00:59;20", "01:01:00;07"));
}

#[test]
fn a_range_in_brackets_is_a_sequence() {
    let found = read(
        "001  A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * FROM CLIP NAME: shot.[1001-1048].exr\n\
         002  A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n\
         * SOURCE FILE: S:\\x\\shot.[0001-0048].exr\n",
    );
    assert_eq!(found.references[0].frames, Some(FrameRange { first: 1001, last: 1048, step: 1 }));
    assert_eq!(found.references[0].target, None);
    assert_eq!(found.references[1].target.as_deref(), Some("S:\\x\\shot.%04d.exr"));
}

#[test]
fn a_line_that_is_not_understood_is_noted_and_a_list_without_events_refused() {
    let found = read("001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\nwhat is this\n");
    assert!(found.notes[0].contains("line 2"));
    for text in ["TITLE: x\nFCM: NON-DROP FRAME\n", ""] {
        let error = parse(Path::new("a.edl"), text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("no event"), "{error}");
    }
    let long = format!(
        "TITLE: x\n001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n{}",
        "x".repeat(70_000)
    );
    assert!(parse(Path::new("a.edl"), long.as_bytes()).is_err());
}

#[test]
fn an_event_that_cannot_be_read_is_a_reference_of_its_own() {
    let found = read(
        "001  tape1 V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n\
         002  tape2 V C 00:00:00:00 00:00:01:00 01:00:01:00\n* FROM CLIP NAME: two.mov\n\
         003  tape3 V C 0 24 86400 86424\n\
         E04  tape4 V C 00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00\n\
         005  tape5 V C 00:00:00:00 00:00:99:00 01:00:03:00 01:00:04:00\n\
         006  tape6 V C -00:00:00:12 00:00:00:12 01:00:04:00 01:00:05:00\n\
         12 monkeys\n",
    );
    let seen: Vec<_> =
        found.references.iter().map(|one| (one.name.as_str(), one.reel.as_deref())).collect();
    assert_eq!(
        seen,
        [
            ("", Some("tape1")),
            ("002 tape2 V C 00:00:00:00 00:00:01:00 01:00:01:00", None),
            ("two.mov", None),
            ("003 tape3 V C 0 24 86400 86424", None),
            ("E04 tape4 V C 00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00", None),
            ("005 tape5 V C 00:00:00:00 00:00:99:00 01:00:03:00 01:00:04:00", None),
            ("", Some("tape6")),
        ]
    );
    assert_eq!(found.references[1].place, "line 2, an event that cannot be read");
    assert_eq!(found.references[6].source_in.as_deref(), Some("-00:00:00:12"));
    assert!(found.notes[0].contains("12 monkeys"), "{:?}", found.notes);
}

#[test]
fn the_table_of_sources_is_listed_and_lines_are_counted_as_people_do() {
    let found = read(
        "001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\r\n* SOURCE FILE: a.mov\r\n\r\n\
         >>> SOURCE B_LONG  B_  060a2b34\r\n* SOURCE FILE: b.mov\r\n",
    );
    let seen: Vec<_> = found.references.iter().map(|one| (one.usage, one.place.as_str())).collect();
    assert_eq!(seen[0], (Use::Listed, "line 5, table of sources"));
    assert_eq!(seen[1], (Use::Used, "line 1, event 001"));
    assert_eq!(found.references[0].reel.as_deref(), Some("B_LONG"));
}

#[test]
fn old_encodings_are_read_with_a_note() {
    let mut text =
        b"001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n* FROM CLIP NAME: caf"
            .to_vec();
    text.push(0xe9);
    let found = parse(Path::new("a.edl"), &text).unwrap();
    assert_eq!(names(&found), ["café"]);
    assert!(found.notes[0].contains("Latin-1"));
    let wide: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain("001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(parse(Path::new("a.edl"), &wide).unwrap().references.len(), 1);
}

#[test]
fn what_is_heard_is_a_reference_beside_what_is_seen() {
    let line = |channel: &str| {
        format!("001  AX {channel} C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n")
    };
    let seen = "* FROM CLIP NAME: a.mov\n";
    let heard = "* AUDIO CLIP NAME: a.wav\n";
    let of = |text: &str| -> Vec<(String, MediaKind)> {
        read(text).references.into_iter().map(|one| (one.name, one.media)).collect()
    };
    let both = [("a.mov".to_owned(), MediaKind::Picture), ("a.wav".to_owned(), MediaKind::Sound)];
    // A line for both, where it has none of its own.
    assert_eq!(of(&(line("AA/V") + seen + heard)), both);
    assert_eq!(of(&(line("V") + heard + seen)), both);
    assert_eq!(of(&(line("V") + &line("A") + seen + heard)), both);
    // One for all is one for all.
    assert_eq!(of(&(line("AA/V") + heard)), [("a.wav".to_owned(), MediaKind::Picture)]);
    assert_eq!(of(&(line("A") + heard)), [("a.wav".to_owned(), MediaKind::Sound)]);
    // A blend of pictures has its sound too.
    let blend = line("V") + &line("V").replace(" C ", " D 012 ") + seen + heard;
    let found = of(&(blend + "* TO CLIP NAME: b.mov\n"));
    let names: Vec<_> = found.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["a.mov", "b.mov", "a.wav"]);
}

#[test]
fn autodesk_names_the_files_of_an_event() {
    let found = read(
        "001  AX V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n\
         * FROM CLIP NAME: shot\nDLEDL: PATH /CXFS1/SHOW\n\
         DLEDL: EDIT:0 FILENAME: shot.(0010@0033).dpx\nDLEDL: EDIT:0 FILENAME: shot_1.AIF\n",
    );
    let targets: Vec<_> =
        found.references.iter().map(|one| one.target.as_deref().unwrap()).collect();
    assert_eq!(targets, ["shot.%04d.dpx", "shot_1.AIF"]);
    assert_eq!(found.references[0].frames, Some(FrameRange { first: 10, last: 33, step: 1 }));
}

#[test]
fn where_a_clip_lies_is_no_second_name_of_it() {
    // As OpenTimelineIO writes them, one style after the other.
    for (from, to) in [
        ("FROM CLIP", "TO CLIP"),
        ("FROM FILE", "TO FILE"),
        ("OTIO REFERENCE FROM", "OTIO REFERENCE TO"),
    ] {
        let name = |side: &str, name: &str| format!("* {side} CLIP NAME:  {name}\n");
        let file = |side: &str, name: &str| format!("* {side}: file:///m/{name}.mov\n");
        let reel = "* OTIO TRUNCATED REEL NAME FROM: plate.mov\n";
        let cut = "001  plate  V  C  00:00:01:00 00:00:01:20 00:00:00:00 00:00:00:20\n";
        let lines = "002  plate  V  C     00:00:01:20 00:00:01:20 00:00:00:20 00:00:00:20\n\
             002  hero   V  D 008 00:00:00:20 00:00:02:00 00:00:00:20 00:00:02:00\n";
        for named in [true, false] {
            let name =
                |side: &str, text: &str| if named { name(side, text) } else { String::new() };
            let mut text = cut.to_owned() + &name("FROM", "plate") + &file(from, "plate") + reel;
            text += lines;
            text += &(name("FROM", "plate") + &file(from, "plate"));
            text += &(name("TO", "hero") + &file(to, "hero"));
            let found = read(&text);
            let (plate, hero) = if named { ("plate", "hero") } else { ("", "") };
            assert_eq!(names(&found), [plate, plate, hero], "{from}");
            let targets: Vec<_> =
                found.references.iter().map(|one| one.target.as_deref().unwrap()).collect();
            let (plate, hero) = ("file:///m/plate.mov", "file:///m/hero.mov");
            assert_eq!(targets, [plate, plate, hero], "{from}");
            assert_eq!(found.references[0].reel.as_deref(), Some("plate.mov"));
            assert_eq!(found.references[1].reel.as_deref(), Some("plate"));
        }
    }
}

#[test]
fn what_a_key_is_laid_over_is_seen_after_the_fade() {
    let keyed = |first: &str, out: &str| {
        let found = read(&format!(
            "001  A V {first} 01:00:00:00 01:00:10:00 01:00:00:00 {out}\n\
             001  B V K 024 01:00:00:00 01:00:10:00 01:00:00:00 01:00:10:00\n"
        ));
        found.references[0].record_out.clone().unwrap()
    };
    assert_eq!(keyed("K B", "01:00:10:00"), "01:00:10:00");
    assert_eq!(keyed("K B", "01:00:00:12"), "01:00:00:12");
    assert_eq!(keyed("C", "01:00:10:00"), "01:00:10:00");
    assert_eq!(keyed("C", "01:00:00:00"), "01:00:01:00");
    assert_eq!(keyed("K B", "01:00:00:00"), "01:00:01:00");
}
