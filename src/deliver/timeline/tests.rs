//! The readers against real files (`GENLOCK_CORPUS`, else `../shared/corpus`): each is read, with what
//! independent parsers say of it (`timeline-package-facts.csv`; `OpenTimelineIO` where
//! `GENLOCK_OTIO_PYTHON` names a Python that has it), and damaged in thousands of ways without a panic.
//! Skips loudly when the corpus is not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::deliver::timeline::Format;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::TimelineError;
use crate::deliver::timeline::parse;
use crate::model::Use;

const EXTENSIONS: [&str; 8] = ["otio", "otioz", "edl", "fcpxml", "xml", "aaf", "ale", "prproj"];

/// Files on which our count of clips and `OpenTimelineIO`'s differ: ours, and why it is right
/// (docs/timelines.md has the same table for people).
const DIFFERENCES: &[(&str, usize, &str)] = &[
    ("premiere_example.otio", 12, "they refuse a schema newer than theirs"),
    ("AuditionMarkers3.fcpxml", 2, "they count a choice that is not picked as used"),
    ("Complex.fcpxml", 4, "they fail"),
    ("CompoundClips.fcpxml", 0, "they fail; generators and titles alone"),
    ("HiddenMarkers.fcpxml", 0, "they fail; a title alone"),
    ("MulticamMarkers.fcpxml", 2, "they do not see multicam clips"),
    ("MulticamSample.fcpxml", 2, "they do not see multicam clips"),
    ("Occlusion3.fcpxml", 14, "they fail"),
    ("PhotoshopSample2.fcpxml", 1, "they fail"),
    ("StandaloneAssetClip.fcpxml", 0, "no storyline: listed"),
    ("StandaloneRefClip.fcpxml", 0, "no storyline: listed"),
    ("fcpx_clips.fcpxml", 0, "no storyline: listed"),
    ("no_offset.edl", 3, "they refuse a source one frame longer than its place"),
    ("INS4_R1_010417.edl", 288, "one cut names a second clip"),
    (
        "INS4_R2_DX_092117.edl",
        464,
        "they refuse sources without timecode; six cuts name a second clip",
    ),
    (
        "INS4_R4_DX_092117.edl",
        585,
        "they refuse sources without timecode; ten cuts name a second clip",
    ),
    (
        "ToD_R4_LOCK3.1_030618_Video.edl",
        377,
        "they refuse a speed change; one cut names a second clip",
    ),
    ("test_25.edl", 12, "they take 25 frames for 24"),
    ("25fps.edl", 4, "they take 25 frames for 24"),
    ("dissolve_test_2.edl", 4, "they lose the outgoing side"),
    ("dissolve_test_4.edl", 8, "they lose the outgoing sides"),
    ("transition_duration.edl", 5, "they lose the outgoing side"),
    ("multi_audio.edl", 1, "one event on two channels is one mention"),
    ("empty_name_tags.xml", 218, "they leave nested sequences empty and the second channel out"),
    ("premiere_example.xml", 24, "they leave nested sequences empty and the second channel out"),
    ("test.prproj", 0, "they do not read it; all of it is listed"),
];

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("GENLOCK_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    if root.join("timelines").is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: no timelines in {}; set GENLOCK_CORPUS", root.display());
    None
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if EXTENSIONS.iter().any(|one| path.extension().is_some_and(|found| found == *one)) {
            out.push(path);
        }
    }
}

fn timelines() -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    files(&corpus()?.join("timelines"), &mut found);
    Some(found)
}

fn read(path: &Path) -> Timeline {
    parse(path, &fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What another parser counts as clips: one a place in the timeline, whatever its files.
fn clips(timeline: &Timeline) -> usize {
    let places: Vec<&str> = timeline
        .references
        .iter()
        .filter(|one| one.usage == Use::Used || timeline.format == Format::Ale)
        .map(|one| one.place.as_str())
        .collect();
    places.len()
}

#[test]
fn every_timeline_of_the_corpus_is_read() {
    let Some(paths) = timelines() else { return };
    assert!(paths.len() > 60, "{}", paths.len());
    for path in paths {
        let found = read(&path);
        if std::env::var_os("GENLOCK_VERBOSE").is_some() {
            let used = clips(&found);
            eprintln!("{} {used} of {} {:?}", path.display(), found.references.len(), found.notes);
        }
        for one in &found.references {
            assert!(!one.place.is_empty());
            assert_eq!(one.record_in.is_some(), one.record_out.is_some(), "{one:?}");
            assert!(!matches!(one.reel.as_deref(), Some("AX" | "BL")), "{one:?}");
        }
    }
}

fn unquoted(facts: &str) -> &str {
    facts.trim().trim_matches('"')
}

fn number_before(facts: &str, word: &str) -> Option<usize> {
    let before = facts.split(word).next().filter(|before| before.len() < facts.len())?;
    before.trim_end().rsplit([' ', ',', '"']).next()?.parse().ok()
}

#[test]
fn what_independent_parsers_say_is_so() {
    let Some(root) = corpus() else { return };
    let table = fs::read_to_string(root.join("timeline-package-facts.csv")).unwrap();
    let mut checked = 0;
    for line in table.lines().filter(|line| line.starts_with("timelines/")) {
        let (path, facts) = line.split_once(',').unwrap();
        let (found, facts) = (read(&root.join(path)), unquoted(facts));
        if let Some(events) = number_before(facts, "event lines") {
            let lines = found.references.iter().filter(|one| one.place.contains(", event "));
            let (lines, black) = (lines.count(), usize::from(path.ends_with("test_25.edl")));
            // Lines of black are events and no media.
            assert!((events - black..=events).contains(&lines), "{path}: {lines} of {events}");
            checked += 1;
        }
        let targets: BTreeSet<_> =
            found.references.iter().filter_map(|one| one.target.as_deref()).collect();
        if let Some(assets) = number_before(facts, "asset,") {
            // Each is mentioned in a storyline or listed.
            assert!(found.references.len() >= assets, "{path}");
            assert!(assets == 0 || !targets.is_empty(), "{path}");
            checked += 1;
        }
        let urls = number_before(facts, "external media url(s)");
        if let Some(urls) = urls.filter(|_| facts.contains("otio_json")) {
            let places = found.references.iter().filter(|one| one.target.is_some()).count();
            assert!((targets.len()..=places).contains(&urls), "{path}: {urls}, {places}");
            checked += 1;
        }
        if let Some(media) = number_before(facts, "media paths") {
            // One of the paths is the number of a generator.
            assert_eq!(found.references.len() + 1, media, "{path}");
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn counts_and_targets_are_those_of_opentimelineio_or_explained() {
    let Some(paths) = timelines() else { return };
    let Some(python) = std::env::var_os("GENLOCK_OTIO_PYTHON") else {
        eprintln!("SKIPPED: GENLOCK_OTIO_PYTHON names no Python with opentimelineio");
        return;
    };
    let helper = ["tests/helpers/otio_counts.py", "tests/otio_counts.py"]
        .map(|path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let helper = helper.iter().find(|path| path.is_file()).expect("the helper");
    let output = Command::new(python).arg(helper).args(&paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut wrong, mut same) = (Vec::new(), 0);
    for line in text.lines() {
        let theirs: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = Path::new(theirs["path"].as_str().unwrap());
        let name = path.file_name().unwrap().to_str().unwrap();
        let found = read(path);
        let ours = clips(&found);
        let explained = DIFFERENCES.iter().find(|(file, ..)| *file == name);
        let count = theirs["clips"].as_u64().map(|count| usize::try_from(count).unwrap());
        match explained {
            Some((_, expected, _)) if *expected == ours && count != Some(ours) => {}
            None if count == Some(ours) => same += 1,
            _ => wrong.push(format!("{name}: ours {ours}, theirs {count:?} {}", theirs["error"])),
        }
        let targets: BTreeSet<_> =
            found.references.iter().filter_map(|one| one.target.as_deref()).collect();
        for target in theirs["targets"].as_array().into_iter().flatten() {
            let target = target.as_str().unwrap();
            // Of a log they take the file's name without its folder.
            // To a path of an AAF they add a scheme and turn its slashes.
            let target = target.strip_prefix("file://").unwrap_or(target);
            let target = target.replace('\\', "/");
            if !targets.iter().any(|ours| ours.replace('\\', "/").ends_with(&target)) {
                wrong.push(format!("{name}: target {target} is missing"));
            }
        }
    }
    eprintln!("{same} files counted alike, {} explained", DIFFERENCES.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Xorshift: the same damage on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }
}

#[test]
fn no_damage_makes_a_reader_panic_or_hang() {
    /// Larger files say nothing that small ones do not.
    const SEED_MAX: u64 = 500 << 10;
    let Some(paths) = timelines() else { return };
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut cases, mut refused) = (0, 0);
    for path in paths {
        if path.metadata().unwrap().len() > SEED_MAX {
            continue;
        }
        let whole = fs::read(&path).unwrap();
        for round in 0..60 {
            let mut bytes = whole.clone();
            let at = dice.below(bytes.len());
            match round % 4 {
                0 => bytes.truncate(at),
                1 => {
                    for _ in 0..=dice.below(8) {
                        let at = dice.below(bytes.len());
                        bytes[at] ^= 1 << dice.below(8);
                    }
                }
                2 => {
                    let end = (at + dice.below(4096)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    let to = dice.below(bytes.len());
                    bytes.splice(to..to, part);
                }
                _ => {
                    let end = (at + dice.below(64)).min(bytes.len());
                    bytes[at..end].fill(u8::try_from(dice.below(256)).unwrap());
                }
            }
            cases += 1;
            refused += usize::from(parse(&path, &bytes).is_err());
        }
    }
    eprintln!("{cases} damaged files, {refused} refused, no panic");
    assert!(cases > 3000);
}

#[test]
fn what_would_be_read_again_and_again_is_refused() {
    let long = "n".repeat(1 << 20);
    let gap = r#"{"OTIO_SCHEMA":"Gap.1"}"#;
    let gaps = vec![gap; 20_000].join(",");
    let stack = format!(
        r#"{{"OTIO_SCHEMA":"Timeline.1","tracks":{{"OTIO_SCHEMA":"Stack.1","children":[{{"OTIO_SCHEMA":"Stack.1","name":"{long}","children":[{gaps}]}}]}}}}"#
    );
    let nested = format!(
        "<xmeml>{}{}{}</xmeml>",
        "<value>".repeat(200),
        "<a/>text ".repeat(500_000),
        "</value>".repeat(200)
    );
    for (name, text) in [("cut.otio", stack), ("cut.xml", nested)] {
        let error = parse(Path::new(name), text.as_bytes()).unwrap_err();
        assert!(matches!(error, TimelineError::TooLarge { .. }), "{name}: {error}");
    }
}
