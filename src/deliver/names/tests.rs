use super::*;
use crate::model::{RelPath, RootName, Use};

fn reference(name: &str, reel: Option<&str>, target: Option<&str>, media: MediaKind) -> Reference {
    Reference {
        name: name.to_owned(),
        target: target.map(str::to_owned),
        inside: false,
        still: false,
        frames: None,
        reel: reel.map(str::to_owned),
        size: None,
        again: false,
        media,
        usage: Use::Used,
        enabled: true,
        track: None,
        source_in: None,
        source_out: None,
        record_in: None,
        record_out: None,
        place: String::new(),
    }
}

/// What a reference may mean among these files.
fn found(reference: &Reference, files: &[&str]) -> Vec<String> {
    let mut names = Names::of([reference]);
    for file in files {
        let path = RelPath::new(*file).unwrap();
        names.offer(&AssetPath::new(RootName::project(), path), file.len() as u64);
    }
    let found = names.candidates(reference).map(|(_, found)| found).unwrap_or_default();
    found.into_iter().map(|one| one.path.to_string()).collect()
}

#[test]
fn a_clip_is_the_only_file_of_its_name_or_stem() {
    let clip = |name: &str| reference(name, None, None, MediaKind::Picture);
    let files = ["a/A001.mov", "a/A001.xml", "a/A001.wav", "b/B.mov", "c/B.mov", "B"];
    assert_eq!(found(&clip("A001.mov"), &files), ["a/A001.mov"]);
    assert_eq!(found(&clip("A001"), &files), ["a/A001.mov"]);
    assert_eq!(found(&clip("B.mov"), &files), ["b/B.mov", "c/B.mov"]);
    assert_eq!(found(&clip("B"), &files), ["B", "b/B.mov", "c/B.mov"], "it may be any of them");
    assert_eq!(found(&clip("a001"), &files), [""; 0], "capitals are told apart");
    let sound = reference("A001", None, None, MediaKind::Sound);
    assert_eq!(found(&sound, &files), ["a/A001.mov", "a/A001.wav"], "a movie has sound too");
    let any = reference("A001", None, None, MediaKind::Other);
    assert_eq!(found(&any, &files), ["a/A001.mov", "a/A001.wav"]);
}

#[test]
fn a_whole_name_wins_only_if_it_is_one_of_media() {
    let clip = |name: &str| reference(name, None, None, MediaKind::Picture);
    let files = ["a/ghost.comp.mov", "b/ghost.comp", "c/x.mov.mov", "d/x.mov", "e/y.nk"];
    assert_eq!(found(&clip("ghost.comp"), &files), ["a/ghost.comp.mov", "b/ghost.comp"]);
    assert_eq!(found(&clip("x.mov"), &files), ["d/x.mov"]);
    assert_eq!(found(&clip("y.nk"), &files), ["e/y.nk"], "in full, and alone");
    let reel = reference("", Some("ghost.comp"), None, MediaKind::Picture);
    assert_eq!(found(&reel, &files).len(), 2);
}

#[test]
fn no_reel_is_no_name() {
    let files = ["AX.mov", "BL.mov", "A001C002.mov", "x.mov"];
    for none in ["AX", "BL", "ax", "", "  "] {
        let nothing = reference(none, Some(none), None, MediaKind::Picture);
        assert_eq!(found(&nothing, &files), [""; 0], "{none:?}");
    }
    let reel = reference("", Some("A001C002"), None, MediaKind::Picture);
    assert_eq!(found(&reel, &files), ["A001C002.mov"]);
    let named = reference("x.mov", Some("A001C002"), None, MediaKind::Picture);
    assert_eq!(found(&named, &files), ["x.mov"], "the clip before the reel");
}

#[test]
fn media_that_lies_elsewhere_is_found_by_its_name_and_size() {
    let files = ["new/a b.mov", "other/a b.mov", "c.mov"];
    let moved = |target: &str| reference("", None, Some(target), MediaKind::Picture);
    assert_eq!(found(&moved("file:///Volumes/X/c.mov"), &files), ["c.mov"]);
    let mut two = moved("file:///Volumes/X/a%20b.mov");
    assert_eq!(found(&two, &files), ["new/a b.mov", "other/a b.mov"]);
    two.size = Some("other/a b.mov".len() as u64);
    assert_eq!(found(&two, &files), ["other/a b.mov"]);
    two.size = Some(1);
    assert_eq!(found(&two, &files), [""; 0]);
}

#[test]
fn a_clips_name_is_no_other_file_than_the_one_that_is_said() {
    let said = |target: &str, clip: &str| {
        let cut = reference(clip, Some(clip), Some(target), MediaKind::Picture);
        found(&cut, &["m/plate.mov", "m/hero_v9.mov", "m/A001.mov"])
    };
    for other in [
        "s3://bucket/hero_v8.mp4?sig=1",
        "https://veo.example.com/gen/abc123",
        "data:video/mp4;base64,AAAA",
        "file:///Volumes/X/hero_v8.mov?x",
        "file:///Volumes/X/tape",
        "/Volumes/X/hero_v8.pct",
        r"D:\x\hero_v8.aep",
    ] {
        assert_eq!(said(other, "plate"), [""; 0], "{other}");
    }
    assert_eq!(said("s3://bucket/hero_v9.mp4?sig=1", "hero_v9"), ["m/hero_v9.mov"]);
    assert_eq!(said("/Volumes/X/hero_v9.aep", "hero_v9.mov"), ["m/hero_v9.mov"]);
    assert_eq!(said("https://x.example/get/hero_v9.mov#t=2", "plate"), ["m/hero_v9.mov"]);
    // A tape without an ending says no file.
    assert_eq!(said("R001", "A001"), ["m/A001.mov"]);
}

#[test]
fn names_that_differ_only_in_their_unicode_form_are_one_name_by_stem_and_two_in_a_folder() {
    let (composed, decomposed) = ("caf\u{e9}.mov", "cafe\u{301}.mov");
    let clip = reference(decomposed, None, None, MediaKind::Picture);
    assert_eq!(found(&clip, &[composed]), [composed]);
    assert_eq!(found(&clip, &[composed, decomposed]).len(), 2);
    let both = [composed.as_bytes(), decomposed.as_bytes()];
    let folder = Spellings::of(both);
    assert_eq!(folder.alike(decomposed.as_bytes()), [decomposed.as_bytes()]);
    assert_eq!(folder.alike("cafe\u{301}.mo".as_bytes()), [b""; 0]);
    let one = Spellings::of(both[..1].iter().copied());
    assert_eq!(one.alike(decomposed.as_bytes()), [composed.as_bytes()]);
}

#[test]
fn the_first_frame_of_a_sequence_is_looked_for() {
    let mut frames = reference("sh", None, Some("/mnt/x/sh.%04d.exr"), MediaKind::Picture);
    frames.frames = Some(crate::model::FrameRange { first: 1001, last: 1003, step: 1 });
    assert_eq!(found(&frames, &["r/sh.1001.exr", "r/sh.1002.exr"]), ["r/sh.1001.exr"]);
}

#[test]
fn a_sequence_of_renders_is_called_as_its_frames_without_their_numbers() {
    let clip = |name: &str| reference(name, None, None, MediaKind::Picture);
    let files = [
        "exr/dragon.0001.exr",
        "exr/dragon.0002.exr",
        "prx/dragon.mov",
        "b/bird_1001.dpx",
        "b/bird_1002.dpx",
        "s/sh_010.exr",
        "s/sh_020.exr",
        "t/tree.0001.png",
    ];
    assert_eq!(found(&clip("dragon"), &files), ["exr/dragon.0001.exr", "prx/dragon.mov"]);
    assert_eq!(found(&clip("bird"), &files), ["b/bird_1001.dpx"], "one frame stands for all");
    assert_eq!(found(&clip("sh"), &files), [""; 0]);
    assert_eq!(found(&clip("tree"), &files), [""; 0]);
    assert_eq!(found(&clip("dragon.mov"), &files), ["prx/dragon.mov"]);
    let sound = reference("dragon", None, None, MediaKind::Sound);
    assert_eq!(found(&sound, &files), ["prx/dragon.mov"]);
}
