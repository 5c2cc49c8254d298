//! What a gate rests on: the journal and the disk, never the tables; and a verdict that can be had
//! again years later.

use std::fs;

use genlock::model::JUDGING;
use rusqlite::Connection;

use crate::keys::Key;
use crate::media::{a1111_png, plain_png, truncated_png, xmp_png};
use crate::world::{Gate, World, text, tick};

const AI: &str = "trainedAlgorithmicMedia";

/// Rows that say "known, and nothing new" of a content before it is there.
fn forge_rows(world: &World, bytes: &[u8]) {
    let connection = Connection::open(world.ledger()).unwrap();
    let hash = *blake3::hash(bytes).as_bytes();
    let prefix = i64::from_be_bytes(hash[..8].try_into().unwrap());
    connection
        .execute(
            "INSERT INTO asset (prefix, hash, size, media_type, detectors, seq)
             VALUES (?1, ?2, ?3, 'image/png', 1, 1)",
            (prefix, hash, i64::try_from(bytes.len()).unwrap()),
        )
        .unwrap();
    // The very rows an honest scan of the same bytes makes, taken from another project.
    let honest = World::with([("same.png", bytes.to_vec())]);
    let path = honest.ledger();
    connection.execute("ATTACH ?1 AS honest", [path.to_str().unwrap()]).unwrap();
    let copied = connection
        .execute(
            "INSERT INTO evidence (asset, ordinal, detector, mark, place, strength, source_type, tool,
             model, signer, trust, detail) SELECT (SELECT id FROM asset WHERE hash = ?1), ordinal, detector,
             mark, place, strength, source_type, tool, model, signer, trust, detail
             FROM honest.evidence",
            [hash],
        )
        .unwrap();
    assert!(copied > 0, "the honest scan found no mark to forge");
}

#[test]
fn rows_forged_into_the_tables_do_not_hide_a_mark_from_the_gate() {
    let bytes = a1111_png(7);
    for scan_first in [false, true] {
        let world = World::with([("cut/a.png", plain_png(1))]);
        world.deliverable("EP", &["cut/**"]);
        forge_rows(&world, &bytes);
        world.write("cut/new.png", &bytes);
        if scan_first {
            world.json(["scan"]);
        }
        world.gate("EP").expect("refused", &["ai-unapproved cut/new.png"]);
    }
}

#[test]
fn a_verdict_can_be_had_again_as_of_its_own_event() {
    let world = World::with([("cut/a.png", a1111_png(1)), ("cut/b.png", plain_png(2))]);
    world.deliverable("EP", &["cut/**", "cut/gone.mov"]);
    let first = world.json(["gate", "EP"]);
    world.remove("cut/a.png");
    let letter = world.letter();
    world
        .json(["approve", "cut/a.png", "--by", "D", "--scope", "final", "--document", &letter])
        .expect(0);
    world.write("cut/gone.mov", "there now");
    let second = world.json(["gate", "EP"]);
    world.policy(&[("ai-unapproved", "warn")]);
    world.json(["gate", "EP"]);
    let events = world.events();
    for ran in [first, second] {
        let seq = ran.value()["journal"]["seq"].to_string();
        let again = world.json(["gate", "EP", "--as-of", &seq]);
        assert_eq!(again.stdout, ran.stdout);
        assert_eq!(again.code, ran.code);
    }
    assert_eq!(world.events(), events, "an earlier moment is looked at, not recorded");
    world.json(["gate", "EP", "--as-of", "99999"]).expect(2).error();
    world.json(["gate", "EP", "--as-of", "1"]).expect(2).error();
}

#[test]
fn what_says_that_it_is_ai_made_is_not_offered_as_not_ai_first() {
    let mut cut = a1111_png(1);
    cut.truncate(cut.len() - 4);
    let world = World::new();
    world.write("a.png", cut);
    world.write("b.png", truncated_png(2));
    world.run(["scan"]).expect(4);
    for (name, path, words) in [
        ("A", "a.png", " --ai or --ai-part (or --not-ai --note WHY)"),
        ("B", "b.png", " --not-ai --note WHY (or --ai, --ai-part)"),
    ] {
        world.deliverable(name, &[path]);
        let gate = world.gate(name);
        let fix = text(gate.finding("media-unread"), "fix");
        assert!(fix.ends_with(words), "{fix}");
    }
}

#[test]
fn a_verdict_of_a_build_that_judges_in_another_way_is_not_judged_anew() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    for judging in [0, JUDGING - 1, JUDGING + 1] {
        let seq = world.judged_by("EP", judging);
        let refused = world.json(["gate", "EP", "--as-of", &seq]).expect(2);
        let said = refused.error();
        assert!(said.contains(&format!("in another way ({judging}, not {JUDGING})")), "{said}");
        // What was known then is judged all the same, as of an event that is no verdict.
        world.run(["tool", "add", "T", "--version", &judging.to_string()]).expect(0);
        let seq = world.events().to_string();
        world.json(["gate", "EP", "--as-of", &seq]).expect(0);
    }
    let seq = world.judged_by("EP", JUDGING);
    world.json(["gate", "EP", "--as-of", &seq]).expect(0);
}

#[test]
fn as_of_an_event_that_is_no_verdict_what_was_not_known_before_is_not_known() {
    let edl = "TITLE: X\nFCM: NON-DROP FRAME\n\
        001  AX       V     C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n\
        * FROM CLIP NAME: nobody_has_this.mov\n";
    let world = World::with([("cut/a.png", plain_png(1)), ("cut.edl", edl.into())]);
    let as_of_newest = |name: &str| {
        let seq = world.json(["log"]).values()[0]["seq"].to_string();
        Gate::from(world.json(["gate", name, "--as-of", &seq]))
    };
    let tool = |name: &str| world.run(["tool", "add", name, "--stores", "no"]).expect(0);
    // A timeline that no verdict has read.
    world.run(["deliverable", "add", "CUT", "--timeline", "cut.edl"]).expect(0);
    let gate = as_of_newest("CUT");
    gate.expect("cannot-tell", &["media-unread cut.edl"]);
    assert!(text(gate.finding("media-unread"), "why").contains("no verdict before"), "{gate:#?}");
    // One that a verdict did not understand.
    world.gate("CUT").expect("cannot-tell", &["media-unresolved cut.edl"]);
    tool("X");
    as_of_newest("CUT").expect("cannot-tell", &["media-unresolved cut.edl"]);
    // Defined otherwise since: it is another question.
    world.run(["deliverable", "add", "CUT", "--path", "cut"]).expect(0);
    as_of_newest("CUT").expect("cannot-tell", &["media-unread cut.edl"]);
    // A link that leads nowhere; before and after a verdict looked.
    world.deliverable("EP", &["cut/**"]);
    as_of_newest("EP").expect("pass", &[]);
    std::os::unix::fs::symlink("/nowhere", world.path("cut/b.png")).unwrap();
    world.json(["scan"]);
    as_of_newest("EP").expect("cannot-tell", &["media-unread cut/b.png"]);
    world.gate("EP").expect("cannot-tell", &["media-unresolved cut/b.png"]);
    tool("Y");
    as_of_newest("EP").expect("cannot-tell", &["media-unresolved cut/b.png"]);
    world.remove("cut/b.png");
    // A written approval that is lost.
    tick();
    world.write("cut/ai.png", a1111_png(1));
    world.scan();
    world.approve(&["cut/ai.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned cut/ai.png]"]);
    let kept = world.path(".genlock/documents");
    fs::remove_dir_all(&kept).unwrap();
    fs::create_dir(&kept).unwrap();
    world.gate("EP").expect("refused", &["approval-no-document cut/ai.png"]);
    tool("Z");
    as_of_newest("EP").expect("refused", &["approval-no-document cut/ai.png"]);
}

#[test]
fn as_of_an_event_before_an_approval_it_does_not_count() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    let before = world.json(["log"]).values()[0]["seq"].to_string();
    world.approve(&["a.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned a.png]"]);
    let then = world.json(["gate", "EP", "--as-of", &before]).expect(1).value();
    assert_eq!(text(&then["findings"][0], "code"), "ai-unapproved");
}

#[test]
fn an_approval_whose_document_is_lost_or_changed_does_not_count() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.approve(&["a.png"]);
    world.gate("EP").expect("pass", &["[approval-unsigned a.png]"]);
    let document = fs::read_dir(world.path(".genlock/documents")).unwrap().next().unwrap().unwrap();
    let letter = fs::read(document.path()).unwrap();
    fs::write(document.path(), "something else").unwrap();
    world.gate("EP").expect("refused", &["approval-no-document a.png"]);
    fs::remove_file(document.path()).unwrap();
    world.gate("EP").expect("refused", &["approval-no-document a.png"]);
    fs::write(document.path(), letter).unwrap();
    world.gate("EP").expect("pass", &["[approval-unsigned a.png]"]);
}

#[test]
fn a_rule_whose_lines_were_deleted_still_holds() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    let rule = "[[rule]]\ncode = \"approval-unsigned\"\nseverity = \"off\"\n";
    fs::write(world.path(".genlock/policy.toml"), format!("profile = \"x\"\n{rule}")).unwrap();
    world.gate("EP").expect("refused", &["[policy-changed -]", "ai-unapproved a.png"]);
}

#[test]
fn nobody_confirms_their_own_determination() {
    let world = World::with([("a.png", xmp_png(1, AI))]);
    world.deliverable("EP", &["a.png"]);
    world.run(["tag", "a.png", "--not-ai", "--note", "shot it", "--as", "Kim"]).expect(0);
    let confirm = |by: &str| world.run(["approve", "a.png", "--determination", "--by", by]);
    confirm("Kim").expect(2);
    // In other letters it is the same person.
    confirm("kim ").expect(2);
    world.write("b.png", xmp_png(2, AI));
    world.scan();
    let composed = ["tag", "b.png", "--not-ai", "--note", "shot it", "--as", "Jos\u{e9}"];
    world.run(composed).expect(0);
    let spelled = ["approve", "b.png", "--determination", "--by", "JOSE\u{301}"];
    world.run(spelled).expect(2);
    world.gate("EP").expect("refused", &["determination-contradicts-mark a.png"]);
    // Nor written past the program.
    confirm("Max").expect(0);
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    world.forge_approval(|approval| approval.by = "KIM".into());
    world.gate("EP").expect("refused", &["determination-contradicts-mark a.png"]);
    world.run(["approve", "a.png", "--determination", "--by", "Dana"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn once_there_are_approvers_nobody_else_approves_or_rejects() {
    let world = World::with([("a.png", a1111_png(1))]);
    let key = Key::new(&world, 1);
    let list = format!("# the studio\ndana@studio.example,*@legal.example {}\n", key.public);
    fs::write(world.path(".genlock/approvers"), list).unwrap();
    let approve = |by: &str| world.json(["approve", "a.png", "--scope", "final", "--by", by]).code;
    assert_eq!(approve("kim@edit.example"), 2);
    assert_eq!(approve("dana@studio.example"), 0);
    assert_eq!(approve("lee@legal.example"), 0);
    world.json(["reject", "a.png", "--note", "no", "--by", "kim@edit.example"]).expect(2).error();
}

#[test]
fn a_path_is_read_from_where_one_stands_before_the_project() {
    let world = World::with([("art/a.png", a1111_png(1)), ("sub/art/a.png", a1111_png(2))]);
    world.run_in("sub", ["tag", "art/a.png", "--ai"]).expect(0);
    assert!(world.show("art/a.png")["determination"].is_null());
    assert!(!world.show("sub/art/a.png")["determination"].is_null());
    let listed = world.run_in("sub", ["ls", "art", "--json"]).expect(0).values();
    assert_eq!(listed.len(), 1);
    assert_eq!(text(&listed[0], "path"), "sub/art/a.png");
    // As printed, from anywhere.
    let listed = world.run_in("sub", ["ls", "sub/art/a.png", "--json"]).expect(0).values();
    assert_eq!(listed.len(), 1);
}

#[test]
fn a_refused_finalize_of_a_final_deliverable_says_that_it_is_still_final() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.approve(&["a.png"]);
    world.json(["finalize", "EP"]).expect(0);
    world.run(["revoke", "A-1", "--note", "withdrawn"]).expect(0);
    let refused = world.json(["finalize", "EP"]).expect(1).value();
    assert_eq!(text(&refused, "state"), "final");
}

#[test]
fn frames_are_named_as_ls_prints_them() {
    let frames = (1..=4).map(|n| (format!("plates/sh_{n:04}.dpx"), vec![n; 64]));
    let world = World::new();
    for (name, bytes) in frames {
        world.write(name, bytes);
    }
    world.scan();
    let printed = text(&world.json(["ls", "plates"]).values()[0], "path");
    assert_eq!(printed, "plates/sh_[0001-0004].dpx");
    let listed = world.json(["ls", "--files", &printed]).values();
    assert_eq!(listed.len(), 4);
}

#[test]
fn a_no_is_heard_whatever_the_asset_is_taken_for() {
    let world = World::with([("clean.png", plain_png(1)), ("ai.png", xmp_png(1, AI))]);
    world.deliverable("CLEAN", &["clean.png"]);
    let reject = |file: &str| {
        world.run(["reject", file, "--by", "Dana", "--note", "it is AI, keep it out"]).expect(0);
    };
    reject("clean.png");
    world.gate("CLEAN").expect("refused", &["approval-rejected clean.png"]);
    // A no after the confirmation of a contested determination takes that back.
    world.deliverable("AI", &["ai.png"]);
    world.run(["tag", "ai.png", "--not-ai", "--note", "shot it", "--as", "Kim"]).expect(0);
    world.run(["approve", "ai.png", "--determination", "--by", "Dana"]).expect(0);
    world.gate("AI").expect("pass", &[]);
    reject("ai.png");
    let gate = world.gate("AI");
    gate.expect("refused", &["approval-rejected ai.png", "determination-contradicts-mark ai.png"]);
}

#[test]
fn what_a_policy_softens_does_not_hide_the_next_shortfall() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.deliverable("OTHER", &["a.png"]);
    let temp = ["approve", "a.png", "--by", "D", "--scope", "temp", "--deliverable", "OTHER"];
    world.run(temp).expect(0);
    world.policy(&[("approval-temp-only", "warn")]);
    let expected = ["[approval-temp-only a.png]", "approval-not-for-this-deliverable a.png"];
    world.gate("EP").expect("refused", &expected);
    world.run(["reject", "a.png", "--by", "D", "--note", "no"]).expect(0);
    world.policy(&[("approval-rejected", "off"), ("approval-temp-only", "block")]);
    world.gate("EP").expect("refused", &["approval-temp-only a.png"]);
}

#[test]
fn a_set_of_characters_in_a_folder_pattern_is_a_pattern() {
    let world = World::with([("r1/a/plate2.png", a1111_png(1)), ("r1/a/note.txt", vec![1])]);
    world.deliverable("EP", &["r1/a/*.txt", "*/a/plate[1-3].png"]);
    world.gate("EP").expect("refused", &["ai-unapproved r1/a/plate2.png"]);
}

#[test]
fn a_link_to_a_folder_that_is_walked_anyway_is_no_problem() {
    let world = World::with([("reel/v003/a.png", plain_png(1))]);
    world.link("reel/latest", "v003");
    world.deliverable("EP", &["reel/**"]);
    world.gate("EP").expect("pass", &[]);
    // But nothing is reached through a folder that is a link.
    std::os::unix::fs::symlink(world.outside("home"), world.path("out")).unwrap();
    fs::write(world.outside("home/o.txt"), "outside").unwrap();
    world.deliverable("OUT", &["out/o.txt"]);
    assert_eq!(world.gate("OUT").verdict, "cannot-tell");
}

#[test]
fn a_ledger_has_one_project_and_does_not_lie_among_the_media() {
    let world = World::bare();
    let ledger = world.outside("one.db");
    let ledger = ledger.to_str().unwrap();
    world.run(["init", "--ledger", ledger]).expect(0);
    let other = world.outside("other");
    fs::create_dir(&other).unwrap();
    let ran = world.run(["init", other.to_str().unwrap(), "--ledger", ledger]).expect(2);
    assert!(ran.stderr.contains("another project"), "{}", ran.stderr);
    let inside = other.join("media.db");
    world.run(["init", other.to_str().unwrap(), "--ledger", inside.to_str().unwrap()]).expect(2);
}

#[test]
fn a_root_inside_another_is_refused() {
    let world = World::with([("reel/a.png", plain_png(1))]);
    world.configure("[[root]]\nname = \"again\"\npath = \"reel\"\n");
    world.json(["scan"]).expect(3).error();
}

#[test]
fn what_is_no_written_word_is_no_document() {
    let world = World::with([("a.png", a1111_png(1))]);
    let fifo = world.outside("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let empty = world.outside("empty.txt");
    fs::write(&empty, "").unwrap();
    for document in [fifo.to_str().unwrap(), empty.to_str().unwrap(), "/dev/null"] {
        let args = ["approve", "a.png", "--by", "D", "--scope", "final", "--document", document];
        world.json(args).expect(2).error();
    }
}

#[test]
fn a_final_deliverable_is_not_removed_without_a_word() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.run(["finalize", "EP"]).expect(0);
    world.json(["deliverable", "rm", "EP"]).expect(2).error();
    world.run(["reopen", "EP", "--note", "recut"]).expect(0);
    world.run(["deliverable", "rm", "EP"]).expect(0);
}

#[test]
fn what_was_ignored_and_then_removed_is_gone() {
    let world = World::with([("scratch/t.png", plain_png(1)), ("a.png", plain_png(2))]);
    world.write(".genlockignore", "scratch/\n");
    world.scan();
    assert_eq!(world.json(["ls", "scratch"]).values().len(), 1, "there, and only ignored");
    world.remove("scratch/t.png");
    world.scan();
    assert_eq!(world.json(["ls", "scratch"]).values().len(), 0);
    assert_eq!(world.json(["ls", "--missing"]).values().len(), 1);
}
