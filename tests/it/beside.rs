//! What counts for a file without standing in it: sidecars, the names that generators give, path
//! rules. Seen once it stays with the content; only a person lowers it.

use crate::lineage::blocking;
use crate::media::{
    PARAMETERS, a1111_png, derived, named_png, names, plain_jpeg, plain_png, text_png, xmp,
};
use crate::world::{World, number, text, tick};

const AI: &str = "trainedAlgorithmicMedia";
const DOWNLOAD: &str = "ChatGPT Image Apr 1, 2025, 10_31_08 AM.png";

fn status(world: &World, path: &str) -> String {
    text(&world.row(path), "status")
}

/// Every status, by path.
fn statuses(world: &World) -> Vec<(String, String)> {
    world.files().iter().map(|row| (text(row, "path"), text(row, "status"))).collect()
}

#[test]
fn a_sidecar_speaks_for_the_media_beside_it_and_for_itself() {
    let world = World::with([
        ("a.jpg", plain_jpeg(1)),
        ("a.xmp", xmp(AI).into_bytes()),
        ("b.jpg", plain_jpeg(2)),
        ("b.jpg.XMP", xmp(AI).into_bytes()),
        ("b.mov", b"another".to_vec()),
        ("c.jpg", plain_jpeg(3)),
        ("orphan.xmp", xmp(AI).into_bytes()),
    ]);
    assert_eq!(
        statuses(&world),
        [
            ("a.jpg", "ai"),
            ("a.xmp", "ai"),
            ("b.jpg", "ai"),
            ("b.jpg.XMP", "ai"),
            ("b.mov", "unknown"),
            ("c.jpg", "unknown"),
            ("orphan.xmp", "ai"),
        ]
        .map(|(path, status)| (path.to_owned(), status.to_owned()))
    );
    let shown = world.show("a.jpg");
    assert_eq!(shown["strength"], "declared");
    let place = text(&shown["evidence"][0], "place");
    assert!(place.starts_with("sidecar a.xmp, "), "{place}");
    world.verify();
    let events = world.events();
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
    assert_eq!(world.events(), events + 1, "an unchanged scan journals that it was made");
}

#[test]
fn media_hear_the_sidecars_of_swarmui_and_webui_and_one_in_wide_characters() {
    let swarm =
        r#"{"sui_image_params":{"prompt":"a fox","model":"wan","seed":1},"sui_extra_data":{}}"#;
    let wide: Vec<u8> =
        format!("\u{feff}{}", xmp(AI)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let world = World::with([
        ("0001.mp4", b"a film without metadata".to_vec()),
        ("0001.swarm.json", swarm.as_bytes().to_vec()),
        ("A003.mov", b"another film".to_vec()),
        ("A003.xmp", wide),
        ("plate.png", plain_png(1)),
        (
            "plate.txt",
            b"a fox\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512".to_vec(),
        ),
    ]);
    assert!(statuses(&world).iter().all(|(_, status)| status == "ai"), "{:?}", statuses(&world));
    world.deliverable("EP", &["0001.mp4"]);
    world.gate("EP").expect("refused", &["ai-unapproved 0001.mp4"]);
    let quiet = World::with([("a.mov", b"a film".to_vec()), ("a.txt", b"Take 3 is good".to_vec())]);
    assert!(statuses(&quiet).iter().all(|(_, status)| status == "unknown"));
}

/// A picture and the manifest that was signed for it, kept beside it (`fixtures/marks`).
fn signed_beside(name: &str) -> Vec<u8> {
    std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/marks").join(name),
    )
    .unwrap()
}

#[test]
fn a_detached_manifest_is_checked_against_the_bytes_beside_it() {
    let (media, store) = (signed_beside("beside.png"), signed_beside("beside.c2pa"));
    let mut changed = media.clone();
    let last = changed.len() - 13;
    changed[last] ^= 1;
    let world = World::with([
        ("a.png", media.clone()),
        ("a.c2pa", store.clone()),
        ("b.png", changed),
        ("b.png.c2pa", store.clone()),
        ("c.jpg", plain_jpeg(1)),
        ("c.c2pa", store.clone()),
        ("orphan.c2pa", store),
    ]);
    let said = |path: &str| {
        let shown = world.show(path);
        let one = shown["evidence"][0].clone();
        (text(&shown, "status"), text(&one, "trust"), text(&one, "place"), text(&one, "detail"))
    };
    let (status, trust, place, detail) = said("a.png");
    assert_eq!((status.as_str(), trust.as_str()), ("ai", "valid-untrusted"));
    assert!(place.starts_with("sidecar a.c2pa, C2PA manifest file manifest "), "{place}");
    let begins = "checked against the bytes beside it: ";
    assert!(
        detail.starts_with(&format!("{begins}they are the bytes that were signed\n")),
        "{detail}"
    );
    // A mismatch takes nothing of the claim.
    for path in ["b.png", "c.jpg"] {
        let (status, trust, _, detail) = said(path);
        assert_eq!((status.as_str(), trust.as_str()), ("ai", "tampered"), "{path}");
        assert!(detail.starts_with(&format!("{begins}they are not the bytes")), "{detail}");
    }
    assert_eq!(said("orphan.c2pa").0, "ai");
    world.verify();
    let events = world.events();
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
    assert_eq!(world.events(), events + 1, "what was checked is not checked or journalled again");
}

#[test]
fn a_gate_checks_the_detached_manifest_that_no_scan_saw() {
    let world = World::with([("cut/a.png", signed_beside("beside.png"))]);
    world.deliverable("EP", &["cut/a.png"]);
    world.gate("EP").expect("pass", &[]);
    world.write("cut/a.c2pa", signed_beside("beside.c2pa"));
    world.gate("EP").expect("refused", &["ai-unapproved cut/a.png"]);
    assert_eq!(text(&world.show("cut/a.png")["evidence"][0], "trust"), "valid-untrusted");
    world.verify();
    let events = world.events();
    world.gate("EP").expect("refused", &["ai-unapproved cut/a.png"]);
    assert_eq!(world.events(), events + 1, "what is known is not journalled again");
}

#[test]
fn what_a_sidecar_said_stays_when_it_goes_and_only_a_person_lowers_it() {
    let world = World::with([("a.jpg", plain_jpeg(1)), ("a.xmp", xmp(AI).into_bytes())]);
    world.remove("a.xmp");
    world.rename("a.jpg", "cut.jpg");
    world.scan();
    assert_eq!(status(&world, "cut.jpg"), "ai");
    world.deliverable("EP", &["cut.jpg"]);
    world.gate("EP").expect("refused", &["ai-unapproved cut.jpg"]);
    world.run(["tag", "cut.jpg", "--not-ai", "--note", "shot by us"]).expect(0);
    assert_eq!(status(&world, "cut.jpg"), "not-ai");
}

#[test]
fn a_changed_sidecar_judges_its_media_anew_without_reading_them() {
    let world =
        World::with([("a.jpg", plain_jpeg(1)), ("a.xmp", xmp("digitalCapture").into_bytes())]);
    assert_eq!(status(&world, "a.jpg"), "unknown");
    tick();
    world.write("a.xmp", xmp(AI));
    assert_eq!(number(&world.scan(), "hashed_files"), 1);
    assert_eq!(status(&world, "a.jpg"), "ai");
    // Saying less later takes nothing back.
    tick();
    world.write("a.xmp", xmp("digitalCapture"));
    world.scan();
    assert_eq!(status(&world, "a.jpg"), "ai");
}

#[test]
fn media_that_come_to_a_marked_sidecar_are_marked() {
    let world = World::with([("a.xmp", xmp(AI).into_bytes())]);
    world.write("a.jpg", plain_jpeg(1));
    assert_eq!(number(&world.scan(), "hashed_files"), 1);
    assert_eq!(status(&world, "a.jpg"), "ai");
}

#[test]
fn a_gate_reads_the_sidecar_that_no_scan_saw() {
    for named in ["cut/**", "cut/a.jpg"] {
        let world = World::with([("cut/a.jpg", plain_jpeg(1))]);
        world.deliverable("EP", &[named]);
        world.gate("EP").expect("pass", &[]);
        world.write(".genlockignore", "*.xmp\n");
        world.write("cut/a.xmp", xmp(AI));
        let findings: &[&str] = match named {
            "cut/a.jpg" => &["ai-unapproved cut/a.jpg"],
            _ => &["ai-unapproved cut/a.jpg", "ai-unapproved cut/a.xmp"],
        };
        world.gate("EP").expect("refused", findings);
        world.verify();
        let events = world.events();
        world.gate("EP").expect("refused", findings);
        assert_eq!(world.events(), events + 1, "what is known is not journalled again");
    }
}

#[test]
fn the_name_of_a_download_is_suspicion_that_a_rename_does_not_take_away() {
    let world = World::with([
        (DOWNLOAD, plain_png(1)),
        ("midjourney road sign.png", plain_png(2)),
        ("runway at night.png", plain_png(3)),
    ]);
    assert_eq!(status(&world, DOWNLOAD), "suspect");
    assert_eq!(status(&world, "midjourney road sign.png"), "unknown");
    assert_eq!(status(&world, "runway at night.png"), "unknown");
    world.rename(DOWNLOAD, "plate.png");
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
    assert_eq!(status(&world, "plate.png"), "suspect");
    let place = text(&world.show("plate.png")["evidence"][0], "place");
    assert_eq!(place, format!("file name {DOWNLOAD}"));
    world.verify();
}

#[test]
fn a_known_content_under_a_download_name_is_suspect_everywhere() {
    let world = World::with([("plate.png", plain_png(1))]);
    world.write(format!("in/{DOWNLOAD}"), plain_png(1));
    world.scan();
    assert_eq!(status(&world, "plate.png"), "suspect");
}

#[test]
fn a_path_rule_raises_and_its_removal_takes_back_what_it_alone_raised() {
    let world = World::with([
        ("AI/sky.png", plain_png(1)),
        ("AI/made.png", text_png(2, "parameters", PARAMETERS)),
        ("shot/sky.png", plain_png(3)),
    ]);
    assert_eq!(status(&world, "AI/sky.png"), "unknown");
    let config = world.read(".genlock/config.toml");
    world.configure("[[rule]]\nglob = \"AI/**\"");
    let scanned = world.scan();
    assert_eq!((number(&scanned, "hashed_files"), number(&scanned, "suspect")), (0, 1));
    assert_eq!(status(&world, "AI/sky.png"), "suspect");
    assert_eq!(status(&world, "AI/made.png"), "ai");
    assert_eq!(status(&world, "shot/sky.png"), "unknown");

    world.rename("AI/sky.png", "shot/cloud.png");
    world.scan();
    assert_eq!(status(&world, "shot/cloud.png"), "suspect");
    let place = text(&world.show("shot/cloud.png")["evidence"][0], "place");
    assert_eq!(place, "path AI/sky.png");

    world.write(".genlock/config.toml", config);
    world.scan();
    assert_eq!(status(&world, "shot/cloud.png"), "unknown");
    assert_eq!(status(&world, "AI/made.png"), "ai");
    world.verify();
    let events = world.events();
    world.scan();
    assert_eq!(world.events(), events + 1);
}

#[test]
fn a_rule_that_comes_late_raises_what_lay_there_once() {
    let world = World::with([("AI/sky.png", plain_png(1)), ("AI/old.png", plain_png(2))]);
    world.rename("AI/sky.png", "sky.png");
    world.rename("AI/old.png", "old.png");
    // Something else lies in one of the old places.
    world.write("AI/old.png", plain_png(3));
    world.scan();
    world.configure("[[rule]]\nglob = \"AI/**\"");
    assert_eq!(number(&world.scan(), "suspect"), 3);
    for path in ["sky.png", "old.png", "AI/old.png"] {
        assert_eq!(status(&world, path), "suspect", "{path}");
    }
    world.verify();
}

#[test]
fn a_gate_goes_by_the_rules_as_they_are_now() {
    let world = World::with([("AI/sky.png", plain_png(1))]);
    world.deliverable("EP", &["AI/**"]);
    world.gate("EP").expect("pass", &[]);
    world.configure("[[rule]]\nglob = \"AI\"");
    let refused = world.gate("EP");
    refused.expect("refused", &["suspect-undetermined AI/sky.png"]);
    // As of then, whatever the rules are later.
    let seq = refused.answer["journal"]["seq"].to_string();
    world.run(["tag", "AI/sky.png", "--not-ai", "--note", "a photograph"]).expect(0);
    world.gate("EP").expect("pass", &["[determination-contradicts-mark AI/sky.png]"]);
    let again = world.json(["gate", "EP", "--as-of", &seq]).expect(1).value();
    assert_eq!(again["findings"], refused.answer["findings"]);
}

#[test]
fn a_rule_that_is_no_pattern_stops_with_its_text() {
    let world = World::new();
    world.configure("[[rule]]\nglob = \"AI/[\"");
    let refused = world.json(["scan"]).expect(3);
    assert!(refused.stdout.contains("AI/["), "{}", refused.stdout);
}

#[test]
fn a_long_prompt_is_kept_once_and_shown_whole() {
    let prompt = format!("{}{PARAMETERS}", "a harbour at dusk, ".repeat(400));
    let world = World::with([
        ("a.png", text_png(1, "parameters", &prompt)),
        ("b.png", text_png(2, "parameters", &prompt)),
    ]);
    world.write("c.png", text_png(3, "parameters", &prompt));
    world.scan();
    for path in ["a.png", "b.png", "c.png"] {
        let detail = text(&world.show(path)["evidence"][0], "detail");
        assert!(detail.contains(&prompt), "{} bytes", detail.len());
    }
    let ledger = rusqlite::Connection::open(world.ledger()).unwrap();
    let count = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM value"), 1);
    assert_eq!(count("SELECT count(*) FROM journal WHERE body LIKE '%\"values\":%'"), 1);
    // The policy is on record as a whole, and is none of this.
    let bodies = "SELECT sum(length(body)) FROM journal WHERE kind <> 'policy-adopted'";
    assert!(count(bodies) < i64::try_from(prompt.len()).unwrap());
    world.verify();
    let lines = world.run(["show", "a.png"]).expect(0).stdout;
    assert!(lines.lines().all(|line| line.len() < 400), "{lines}");
    ledger.execute("UPDATE value SET zlib = x'00'", []).unwrap();
    world.run(["verify"]).expect(6);
    world.json(["show", "a.png"]).error();
}

#[test]
fn a_name_that_says_another_format_is_reported() {
    let world = World::new();
    world.write("a.jpg", plain_png(1));
    world.write("b.png", plain_png(2));
    let scanned = world.json(["scan"]).expect(0).value();
    assert_eq!(scanned["misnamed"].as_array().unwrap().len(), 1);
    assert_eq!(scanned["misnamed"][0]["path"], "a.jpg");
    let shown = world.show("a.jpg");
    assert_eq!(shown["locations"][0]["misnamed"], "holds a PNG picture but is named .jpg");
    assert!(world.show("b.png")["locations"][0].get("misnamed").is_none());
}

#[test]
fn what_a_sidecar_says_the_media_beside_it_was_made_from_is_inherited() {
    for scanned in [false, true] {
        let world = World::new();
        world.write("src/source.png", named_png(2, "the-source", "", true));
        world.write("out/shot.mov.xmp", names("the-shot", &derived("the-source")));
        world.write("out/shot.mov", "no names in here");
        if scanned {
            world.scan();
            assert_eq!(status(&world, "out/shot.mov"), "ai");
            let shown = world.show("out/shot.mov");
            let read = text(&shown["parents"][0], "read");
            assert!(read.contains("sidecar out/shot.mov.xmp, "), "{read}");
            let events = world.events();
            world.scan();
            assert_eq!(world.events(), events + 1, "it is said once");
        } else {
            // The source is known; the shot nobody scanned. The gate reads its sidecar, named or not.
            world.run(["scan", "src"]).expect(0);
        }
        world.deliverable("EP", &["out/shot.mov"]);
        let gate = world.gate("EP");
        assert_eq!(blocking(&gate), ["ai-unapproved out/shot.mov"], "scanned: {scanned}");
        // It stays with the content whatever becomes of the sidecar, and a person may withdraw it.
        world.remove("out/shot.mov.xmp");
        assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/shot.mov"]);
        let seq = gate.answer["journal"]["seq"].to_string();
        let again = world.json(["gate", "EP", "--as-of", &seq]).expect(1).value();
        assert_eq!(again, gate.answer);
        let args = ["link", "out/shot.mov", "--from", "src/source.png", "--clear"];
        world.run(args.into_iter().chain(["--note", "a template's id"])).expect(0);
        world.gate("EP").expect("pass", &[]);
        world.verify();
    }
}

#[test]
fn what_a_sidecar_names_is_the_media_beside_it() {
    for child_first in [false, true] {
        let world = World::new();
        let child = |world: &World| {
            world
                .write("out/child.png", named_png(1, "the-child-1", &derived("the-source"), false));
            world.scan();
        };
        let source = |world: &World| {
            // The mark is in the picture, its name beside it.
            world.write("src/gen.png", a1111_png(3));
            world.write("src/gen.xmp", names("the-source", ""));
            world.scan();
        };
        if child_first {
            child(&world);
            source(&world);
        } else {
            source(&world);
            child(&world);
        }
        assert_eq!(status(&world, "out/child.png"), "ai");
        assert_eq!(status(&world, "src/gen.xmp"), "unknown");
        let shown = world.show("out/child.png");
        let parents = shown["parents"].as_array().unwrap();
        assert_eq!((parents.len(), text(&parents[0], "path")), (1, "src/gen.png".into()));
        world.deliverable("EP", &["out/**"]);
        assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/child.png"]);
        world.approve(&["src/gen.png"]);
        assert_eq!(world.gate("EP").verdict, "pass");
        // Examined anew, it keeps the name.
        world.run(["scan", "--redetect"]).expect(0);
        assert_eq!(status(&world, "out/child.png"), "ai");
        world.verify();
        // Another file of that name, known to be no AI, is a witness as always.
        world.write("src/other.png", named_png(5, "the-source", "", false));
        world.scan();
        world.run(["revoke", "src/gen.png", "--note", "looks"]).expect(0);
        assert_eq!(status(&world, "out/child.png"), "unknown");
        assert_eq!(blocking(&world.gate("EP")), [""; 0]);
    }
}

#[test]
fn media_that_come_to_a_sidecar_later_are_what_it_names() {
    let world = World::new();
    world.write("src/source.png", named_png(2, "the-source", "", true));
    world.write("out/shot.xmp", names("the-shot", &derived("the-source")));
    world.scan();
    for seed in 1..=2 {
        tick();
        world.write("out/shot.png", plain_png(seed));
        world.scan();
        assert_eq!(status(&world, "out/shot.png"), "ai", "version {seed}");
    }
    world.write("out/shot.mov", "another of that name");
    world.scan();
    assert_eq!(status(&world, "out/shot.mov"), "ai");
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_scan_that_was_killed_does_not_keep_names_from_the_media() {
    let world = || {
        let world = World::new();
        world.write("src/source.png", named_png(2, "the-source", "", true));
        world.write("out/shot.xmp", names("the-shot", &derived("the-source")));
        world.write("out/shot.mov", "no names in here");
        world
    };
    let whole = world();
    let list = whole.outside("failpoints");
    let mut command = whole.command();
    let scanned = command.arg("scan").env("GENLOCK_FAILPOINT_COUNT", &list).output().unwrap();
    assert!(scanned.status.success());
    let passed = std::fs::read_to_string(list).unwrap().lines().count();
    for number in 1..=passed {
        let world = world();
        let mut command = world.command();
        command.arg("scan").env("GENLOCK_FAILPOINT_ABORT", number.to_string());
        command.stderr(std::process::Stdio::null()).status().unwrap();
        world.scan();
        assert_eq!(status(&world, "out/shot.mov"), "ai", "killed at {number} of {passed}");
    }
}

#[test]
fn a_picture_that_is_called_like_a_sidecar_keeps_its_names() {
    let world = World::new();
    let source = named_png(2, "the-source", "", true);
    world.write("src/source.png", &source);
    world.write("out/child.png", named_png(1, "the-child-1", &derived("the-source"), false));
    // The same bytes beside something that somebody says is no AI.
    world.write("decoy/x.png", plain_png(7));
    world.write("decoy/x.c2pa", &source);
    world.scan();
    let args = ["tag", "decoy/x.png", "--not-ai", "--note", "drawn by hand"];
    world.run(args).expect(0);
    assert_eq!(status(&world, "out/child.png"), "ai");
    world.deliverable("EP", &["out/**"]);
    assert_eq!(blocking(&world.gate("EP")), ["ai-unapproved out/child.png"]);
}
