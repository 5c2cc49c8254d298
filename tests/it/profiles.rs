//! The bundled profiles, from outside: what each refuses, and what it lets through.

use crate::declarations::{FINAL, HARMLESS, declare};
use crate::media::{a1111_png, plain_png, xmp_png};
use crate::world::{Gate, World, text};

fn world(profile: &str) -> World {
    let world = World::bare();
    world.run(["init", "--profile", profile]).expect(0);
    world.write("cut/ai.png", a1111_png(1));
    world.write("cut/clean.png", plain_png(1));
    world.scan();
    world.deliverable("EP", &["cut"]);
    world
}

/// Everything, also what other tests put aside.
fn all(gate: &Gate, verdict: &str, findings: &[&str]) {
    assert_eq!((gate.verdict.as_str(), gate.findings()), (verdict, own(findings)), "{gate:#?}");
}

fn own(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

#[test]
fn netflix_asks_for_written_approval_and_warns_of_what_is_not_declared() {
    let world = world("netflix");
    all(
        &world.gate("EP"),
        "refused",
        &["[ai-undeclared cut/ai.png]", "[origin-unknown -]", "ai-unapproved cut/ai.png"],
    );
    world.approve(&["cut/ai.png"]);
    let gate = world.gate("EP");
    all(
        &gate,
        "pass",
        &["[ai-undeclared cut/ai.png]", "[approval-unsigned cut/ai.png]", "[origin-unknown -]"],
    );
    assert!(text(gate.finding("origin-unknown"), "why").starts_with("1 file "), "{gate:#?}");
    world.policy(&[("ai-undeclared", "block")]);
    assert_eq!(world.gate("EP").verdict, "refused");
}

#[test]
fn netflix_says_in_one_finding_how_many_origins_are_unknown() {
    let world = World::new();
    for number in 1..=40 {
        world.write(format!("cut/{number}.png"), plain_png(number));
    }
    world.scan();
    world.deliverable("EP", &["cut"]);
    let gate = world.gate("EP");
    all(&gate, "pass", &["[origin-unknown -]"]);
    assert!(text(gate.finding("origin-unknown"), "why").starts_with("40 files "), "{gate:#?}");
    // Who knows says so.
    world.run(["tag", "cut", "--not-ai", "--note", "shot on the day", "--yes"]).expect(0);
    all(&world.gate("EP"), "pass", &[]);
}

#[test]
fn netflix_warns_of_a_render_without_its_sources() {
    let movie = first_movie(&crate::world::fixtures().join("editorial")).unwrap();
    let world = World::with([
        ("out/master.mov", std::fs::read(movie).unwrap()),
        ("cut/a.png", plain_png(1)),
    ]);
    world.deliverable("EP", &["out"]);
    let gate = world.gate("EP");
    assert!(gate.findings().contains(&"[sources-undeclared -]".to_owned()), "{gate:#?}");
    world.deliverable("EP", &["cut"]);
    let gate = world.gate("EP");
    assert!(!gate.findings().contains(&"[sources-undeclared -]".to_owned()), "{gate:#?}");
}

#[test]
fn what_only_goes_with_a_render_is_no_source_of_it() {
    let movie = first_movie(&crate::world::fixtures().join("editorial")).unwrap();
    let world = World::with([("out/master.mov", std::fs::read(movie).unwrap())]);
    world.deliverable("EP", &["out"]);
    let beside: [(&str, &[u8]); 7] = [
        ("empty", b""),
        (".DS_Store", b"\0\0\0\x01Bud1\0\0\x10\0"),
        ("._master.mov", b"\0\x05\x16\x07\0\x02\0\0Mac OS X        "),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0"),
        ("master.mov.md5", b"d41d8cd98f00b204e9800998ecf8427e  master.mov\n"),
        ("master.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"),
        ("ASSETMAP.xml", b"<?xml version=\"1.0\"?><AssetMap/>"),
    ];
    for (name, bytes) in beside {
        world.write(format!("out/{name}"), bytes);
    }
    let says = || world.gate("EP").findings().contains(&"[sources-undeclared -]".to_owned());
    assert!(says());
    // Media of a kind that nobody knows may be what it was made from.
    world.write("out/A001.r3d", b"\x01\x02RED2 of a camera");
    assert!(!says());
}

fn first_movie(folder: &std::path::Path) -> Option<std::path::PathBuf> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|one| one == "mov" || one == "mp4") {
                return Some(path);
            }
        }
    }
    None
}

#[test]
fn every_reason_of_a_tier_cites_what_it_rests_on() {
    for profile in ["netflix", "documentary", "no-ai", "disclose-only"] {
        let world = world(profile);
        for what in [HARMLESS, FINAL] {
            let answer = declare(&world, what, &["cut/ai.png"]);
            let reasons = answer["reasons"].as_array().unwrap();
            assert!(!reasons.is_empty(), "{profile}: {answer}");
            for reason in reasons {
                assert!(text(reason, "why").ends_with(')'), "{profile}: {reason}");
            }
        }
    }
}

#[test]
fn documentary_wants_every_origin_known_and_every_use_declared() {
    let world = world("documentary");
    all(
        &world.gate("EP"),
        "refused",
        &["ai-unapproved cut/ai.png", "ai-undeclared cut/ai.png", "origin-unknown cut/clean.png"],
    );
    world.run(["tag", "cut/clean.png", "--not-ai", "--note", "archive reel 4"]).expect(0);
    world.approve(&["cut/ai.png"]);
    all(
        &world.gate("EP"),
        "refused",
        &["[approval-unsigned cut/ai.png]", "ai-undeclared cut/ai.png"],
    );
}

#[test]
fn documentary_watermarks_what_nobody_says_is_final_and_cites_whose_words_it_rests_on() {
    let world = world("documentary");
    let said = "use = \"a test\"\n[principles]\np1 = \"yes\"\np2 = \"yes\"\np3 = \"yes\"\np4 = \"yes\"\n\
        p5 = \"yes\"\n";
    let answer = declare(&world, &format!("could_mislead = \"no\"\n{said}"), &["cut/ai.png"]);
    assert_eq!(text(&answer, "tier"), "report");
    assert!(text(&answer["reasons"][0], "why").ends_with("the cue sheet)"), "{answer}");
    // `final` is not answered: temporary by principle 4, for both rules.
    let found = world.gate("EP").findings();
    for code in ["declared-temporary", "documentary-unwatermarked"] {
        assert!(found.contains(&format!("{code} cut/ai.png")), "{found:?}");
    }
}

#[test]
fn documentary_tells_enhancement_apart_from_generation() {
    let world = World::bare();
    world.run(["init", "--profile", "documentary"]).expect(0);
    world.write("cut/up.png", xmp_png(1, "algorithmicallyEnhanced"));
    world.scan();
    world.deliverable("EP", &["cut"]);
    let gate = world.gate("EP");
    let enhanced = "[documentary-enhancement-undeclared cut/up.png]".to_owned();
    assert!(gate.findings().contains(&enhanced), "{gate:#?}");
    assert!(!gate.findings().iter().any(|one| one.starts_with("ai-")), "{gate:#?}");
}

#[test]
fn no_ai_refuses_whatever_was_approved() {
    let world = world("no-ai");
    world.approve(&["cut/ai.png"]);
    all(&world.gate("EP"), "refused", &["[origin-unknown -]", "no-ai cut/ai.png"]);
    world.remove("cut/ai.png");
    all(&world.gate("EP"), "pass", &["[origin-unknown -]"]);
}

#[test]
fn no_ai_takes_what_two_people_say_is_no_such_thing() {
    let world = world("no-ai");
    world.deliverable("PLATE", &["cut/plate.png"]);
    world.write("cut/plate.png", plain_png(7));
    world.scan();
    declare(&world, FINAL, &["cut/plate.png"]);
    let refused = "no-ai cut/plate.png";
    assert!(world.gate("PLATE").findings().contains(&refused.to_owned()));
    world.run(["tag", "cut/plate.png", "--not-ai", "--note", "shot on the day"]).expect(0);
    let gate = world.gate("PLATE");
    assert!(gate.findings().contains(&refused.to_owned()), "{gate:#?}");
    assert!(text(gate.finding("no-ai"), "fix").contains("--determination"));
    world.run(["approve", "cut/plate.png", "--determination", "--by", "Dana"]).expect(0);
    all(&world.gate("PLATE"), "pass", &[]);
}

#[test]
fn disclose_only_refuses_nothing_and_says_all() {
    let world = world("disclose-only");
    world.write("cut/maybe.png", xmp_png(3, "screenCapture"));
    all(
        &world.gate("EP"),
        "pass",
        &[
            "[ai-undeclared cut/ai.png]",
            "[disclosure-due cut/ai.png]",
            "[origin-unknown -]",
            "[suspect-undetermined cut/maybe.png]",
        ],
    );
    world.run(["finalize", "EP"]).expect(0);
    // But what could not be looked at is never clean.
    world.deliverable("GONE", &["cut/gone.png"]);
    all(&world.gate("GONE"), "cannot-tell", &["media-missing cut/gone.png"]);
}

#[test]
fn every_bundled_profile_can_be_started_from() {
    for profile in genlock::policy::PROFILES {
        let world = world(profile.name);
        assert_eq!(world.json(["status"]).value()["profile"], profile.name);
        world.verify();
        let policy = world.read(".genlock/policy.toml");
        assert_eq!(policy, profile.text.as_bytes());
    }
}
