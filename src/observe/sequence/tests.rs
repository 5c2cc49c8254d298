use super::*;

/// The lines of a folded list, as text.
fn lines(names: &[&str]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort_unstable();
    fold(&names)
        .into_iter()
        .map(|line| match line {
            Fold::Single(at) => names[at].to_owned(),
            Fold::Sequence(found, at) => {
                let frames = at.iter().map(|at| found.pattern.frame_of(names[*at].as_bytes()));
                assert!(frames.is_sorted() && at.len() as u64 == found.frames);
                format!("{} {} frames {} gaps", found.pattern, found.frames, found.gaps)
            }
        })
        .collect()
}

fn run(name: impl Fn(u64) -> String, frames: impl Iterator<Item = u64>) -> Vec<String> {
    let names: Vec<String> = frames.map(name).collect();
    lines(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn frames_become_one_line() {
    let dotted = run(|n| format!("beauty.{n}.exr"), 1001..=1096);
    assert_eq!(dotted, ["beauty.[1001-1096].exr 96 frames 0 gaps"]);
    let padded = run(|n| format!("name_{n:04}.dpx"), 1..=240);
    assert_eq!(padded, ["name_[0001-0240].dpx 240 frames 0 gaps"]);
    let joined = run(|n| format!("frame{n:04}.png"), 998..=1002);
    assert_eq!(joined, ["frame[0998-1002].png 5 frames 0 gaps"]);
    let bare = run(|n| format!("{n:04}.png"), 1..=3);
    assert_eq!(bare, ["[0001-0003].png 3 frames 0 gaps"]);
    let growing = run(|n| format!("a-{n}.tif"), 8..=101);
    assert_eq!(growing, ["a-[8-101].tif 94 frames 0 gaps"]);
    let outgrown = run(|n| format!("a.{n:04}.exr"), 9998..=10001);
    assert_eq!(outgrown, ["a.[9998-10001].exr 4 frames 0 gaps"]);
    let outgrown = run(|n| format!("a.{n:02}.exr"), 1..=1003);
    assert_eq!(outgrown, ["a.[01-1003].exr 1003 frames 0 gaps"]);
}

#[test]
fn holes_are_counted_and_large_ones_make_two_sequences() {
    let held = run(|n| format!("a.{n}.exr"), (1001..=1096).filter(|n| n % 10 == 1));
    assert_eq!(held, ["a.[1001-1091].exr 10 frames 9 gaps"]);
    let two = run(|n| format!("a.{n:04}.exr"), (1..=50).chain(1001..=1003));
    let expected = ["a.[0001-0050].exr 50 frames 0 gaps", "a.[1001-1003].exr 3 frames 0 gaps"];
    assert_eq!(two, expected);
}

#[test]
fn paddings_prefixes_and_extensions_are_kept_apart() {
    let names = [
        "a.001.exr",
        "a.0001.exr",
        "a.002.exr",
        "a.0002.exr",
        "a.003.exr",
        "a.0003.exr",
        "a.001.EXR",
        "a.001.jpg",
        "b.001.exr",
        "a.001.beauty.exr",
    ];
    let expected = [
        "a.[0001-0003].exr 3 frames 0 gaps",
        "a.001.EXR",
        "a.001.beauty.exr",
        "a.[001-003].exr 3 frames 0 gaps",
        "a.001.jpg",
        "b.001.exr",
    ];
    assert_eq!(lines(&names), expected);
}

#[test]
fn numbers_that_are_no_frames_fool_nobody() {
    let sets: &[&[&str]] = &[
        &["IMG_2048x1024.jpg", "IMG_2048x1025.jpg", "IMG_2048x1026.jpg"],
        &["a_2048x0800.png", "a_2048x0801.png", "a_2048x0802.png"],
        &[
            "gettyimages-1364769281-2048x2048.jpg",
            "gettyimages-1364769282-2048x2048.jpg",
            "gettyimages-1364769283-2048x2048.jpg",
        ],
        &["stock_1364769281.jpg", "stock_204857221.jpg", "stock_998877665.jpg"],
        &["scene2_v03.mov", "scene2_v04.mov", "scene2_v05.mov"],
        &["take_2.wav", "take_3.wav", "take_4.wav"],
        &["comp_v001.exr", "comp_v002.exr", "comp_v003.exr"],
        &["comp.V01.png", "comp.V02.png", "comp.V03.png"],
        &["v01.png", "v02.png", "v03.png"],
        &["DSC_0001.JPG", "DSC_0002.JPG", "DSC_0003.JPG"],
        &["DSC00001.ARW", "DSC00002.ARW", "DSC00003.ARW"],
        &["IMG_1234.HEIC", "IMG_1235.HEIC", "IMG_1236.HEIC"],
        &["P1000001.JPG", "P1000002.JPG", "P1000003.JPG"],
        &["GOPR0001.JPG", "GOPR0002.JPG", "GOPR0003.JPG"],
        &["DJI_0001.JPG", "DJI_0002.JPG", "DJI_0003.JPG"],
        &["shot1001.exr", "shot1002.exr", "shot1003.exr"],
        &["wedge.1.png", "wedge.2.png"],
        &["ComfyUI_00001_.png", "ComfyUI_00002_.png", "ComfyUI_00003_.png"],
        &["a.1234567890123456789.exr", "a.1234567890123456790.exr", "a.1234567890123456791.exr"],
        &["1001", "1002", "1003"],
        &[".exr", "a..exr", "a.exr"],
    ];
    for names in sets {
        assert_eq!(&lines(names), names);
    }
}

#[test]
fn words_that_end_in_v_and_renders_named_like_cameras_are_sequences() {
    assert_eq!(run(|n| format!("mov{n:03}.png"), 1..=3), ["mov[001-003].png 3 frames 0 gaps"]);
    assert_eq!(run(|n| format!("img_{n:03}.exr"), 1..=3), ["img_[001-003].exr 3 frames 0 gaps"]);
}

#[test]
fn what_is_written_is_read_back() {
    for text in ["beauty.[1001-1096].exr", "[0001-0240].png", "a[x]_[8-101].tif", "a.[01-1003].jpg"]
    {
        let pattern = FramePattern::parse(text.as_bytes()).unwrap();
        assert_eq!(pattern.to_bytes(), text.as_bytes());
        for frame in [pattern.first, pattern.last] {
            assert_eq!(pattern.frame_of(&pattern.name(frame)), Some(frame));
        }
    }
    let raw = FramePattern::parse(b"\xff.[1001-1002].exr").unwrap();
    assert_eq!(raw.frame_of(b"\xff.1002.exr"), Some(1002));
    assert_eq!(raw.to_string(), "\\xff.[1001-1002].exr");
}

#[test]
fn a_pattern_matches_its_frames_and_nothing_else() {
    let pattern = FramePattern::parse(b"a.[0998-1002].exr").unwrap();
    assert_eq!(pattern.frame_of(b"a.0999.exr"), Some(999));
    for name in [
        "a.999.exr",
        "a.00999.exr",
        "a.0997.exr",
        "a.1003.exr",
        "a.0999.jpg",
        "a..exr",
        "b.0999.exr",
    ] {
        assert_eq!(pattern.frame_of(name.as_bytes()), None, "{name}");
    }
}

#[test]
fn what_is_no_sequence_is_not_read_as_one() {
    for text in [
        "a.1001.exr",
        "a.[1001].exr",
        "a.[1002-1001].exr",
        "a.[0001-2].exr",
        "a.[1-2].mov",
        "a.[-].exr",
        "a.[1-2]exr",
        "a.[+1-2].exr",
        "a.[1-02].exr",
        "a.[1234567890123456789-1234567890123456789].exr",
        "]1-2[.exr",
        "",
    ] {
        assert_eq!(FramePattern::parse(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_million_names_are_folded_in_a_moment() {
    let names: Vec<String> = (0..1_000_000).map(|n| format!("a.{n:07}.exr")).collect();
    assert_eq!(fold(&names).len(), 1);
    let names: Vec<String> = (0..200_000).map(|n| format!("a{n:07}_v2.{:03}.exr", n % 7)).collect();
    assert_eq!(fold(&names).len(), 200_000);
}
