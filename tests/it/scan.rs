//! Scans: what is read again, what is carried, what is missing, and which part is looked at.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::media::{a1111_png, plain_png, xmp_jpeg};
use crate::world::{World, number, text, tick};

const AI: &str = "trainedAlgorithmicMedia";

/// hashed, unchanged and missing of a scan.
fn work(scanned: &Value) -> [u64; 3] {
    ["hashed_files", "unchanged", "missing"].map(|field| number(scanned, field))
}

fn approved(world: &World, path: &str) {
    let row = world.row(path);
    let (status, clearance) = (text(&row, "status"), text(&row, "clearance"));
    assert_eq!((status.as_str(), clearance.as_str()), ("ai", "approved"), "{row}");
}

/// A world with one approved AI asset, `a.png`, in a deliverable that passes.
fn cleared() -> World {
    let world = World::with([("cut/a.png", a1111_png(1)), ("cut/plain.png", plain_png(1))]);
    world.approve(&["cut/a.png"]);
    world.deliverable("EP", &["cut"]);
    world.gate("EP").expect("pass", &["[approval-unsigned cut/a.png]"]);
    world
}

#[test]
fn a_rescan_reads_nothing_and_journals_one_event() {
    let world = World::editorial();
    let first = world.scan();
    assert_eq!(work(&first), [40, 0, 0]);
    let events = world.events();
    let again = world.scan();
    assert_eq!(work(&again), [0, 40, 0]);
    assert_eq!(number(&again, "hashed_bytes"), 0);
    assert_eq!(world.events(), events + 1);
    for field in ["files", "bytes", "ai", "ai_part", "suspect", "not_ai", "unknown"] {
        assert_eq!(first[field], again[field], "{field}");
    }
}

#[test]
fn a_renamed_ai_asset_keeps_status_and_approval() {
    let world = cleared();
    world.rename("cut/a.png", "cut/renamed.png");
    assert_eq!(work(&world.scan()), [0, 1, 1]);
    approved(&world, "cut/renamed.png");
    world.gate("EP").expect("pass", &["[approval-unsigned cut/renamed.png]"]);
}

#[test]
fn a_copied_ai_asset_is_read_once_and_is_the_same_asset() {
    let world = cleared();
    fs::copy(world.path("cut/a.png"), world.path("cut/copy.png")).unwrap();
    assert_eq!(work(&world.scan()), [1, 2, 0]);
    approved(&world, "cut/copy.png");
    assert_eq!(world.row("cut/copy.png")["asset"], world.row("cut/a.png")["asset"]);
    assert_eq!(work(&world.scan()), [0, 3, 0]);
    world
        .gate("EP")
        .expect("pass", &["[approval-unsigned cut/a.png]", "[approval-unsigned cut/copy.png]"]);
}

#[test]
fn a_moved_ai_asset_keeps_status_and_approval() {
    let world = cleared();
    fs::create_dir_all(world.path("elsewhere/deep")).unwrap();
    world.rename("cut/a.png", "elsewhere/deep/b.png");
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
    approved(&world, "elsewhere/deep/b.png");
    // Out of the deliverable, it is nothing that the gate asks about.
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn a_touched_ai_asset_is_read_once_and_keeps_status_and_approval() {
    let world = cleared();
    let file = fs::File::options().write(true).open(world.path("cut/a.png")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(1_600_000_000_123)).unwrap();
    drop(file);
    assert_eq!(work(&world.scan()), [1, 1, 0]);
    approved(&world, "cut/a.png");
    assert_eq!(work(&world.scan()), [0, 2, 0]);
    world.gate("EP").expect("pass", &["[approval-unsigned cut/a.png]"]);
}

#[test]
fn a_downloaded_again_ai_asset_keeps_status_and_approval() {
    let world = cleared();
    let bytes = world.read("cut/a.png");
    world.write("cut/a.png.part", &bytes);
    world.rename("cut/a.png.part", "cut/a.png");
    assert_eq!(work(&world.scan()), [1, 1, 0]);
    approved(&world, "cut/a.png");
    world.remove("cut/a.png");
    world.scan();
    tick();
    world.write("cut/a.png", &bytes);
    world.scan();
    approved(&world, "cut/a.png");
    world.gate("EP").expect("pass", &["[approval-unsigned cut/a.png]"]);
}

#[test]
fn files_under_a_renamed_folder_are_carried_unread_and_the_gate_reads_them() {
    let world = World::new();
    for number in 0..20 {
        world.write(format!("reel1/shots/{number}.png"), plain_png(number));
    }
    world.write("reel1/shots/ai.png", a1111_png(1));
    world.scan();
    world.approve(&["reel1/shots/ai.png"]);
    world.rename("reel1", "reel2");
    let scanned = world.scan();
    assert_eq!(work(&scanned), [0, 0, 21]);
    approved(&world, "reel2/shots/ai.png");
    // Carried: the next scan does not read them either, and is quiet.
    let events = world.events();
    assert_eq!(work(&world.scan()), [0, 21, 21]);
    assert_eq!(world.events(), events + 1);
    // The gate reads what was only carried, and journals that it did.
    world.deliverable("EP", &["reel2/**"]);
    let events = world.events();
    world.gate("EP").expect("pass", &["[approval-unsigned reel2/shots/ai.png]"]);
    assert_eq!(world.events(), events + 2, "observations and the run");
    world.gate("EP");
    assert_eq!(world.events(), events + 3, "only the run");
    world.verify();
}

#[test]
fn files_of_a_folder_that_a_link_replaced_are_missing_whatever_it_leads_to() {
    let world = World::with([
        ("a/f.png", a1111_png(1)),
        ("a/sub/deep/g.png", plain_png(1)),
        ("b/one.txt", b"1".to_vec()),
    ]);
    world.rename("a", "c");
    world.link("a", "c");
    // Moved and not read again, although the link leads to the same files.
    assert_eq!(work(&world.scan()), [0, 1, 2]);
    let known: Vec<_> = world.files().iter().map(|one| text(one, "path")).collect();
    assert_eq!(known, ["b/one.txt", "c/f.png", "c/sub/deep/g.png"]);
    assert_eq!(work(&world.scan()), [0, 3, 2]);
    world.write("c/f.png", plain_png(2));
    world.scan();
    world.run(["verify", "--files"]).expect(0);
    // To other files of the same names.
    fs::rename(world.path("c/sub"), world.outside("sub")).unwrap();
    fs::create_dir_all(world.outside("other/deep")).unwrap();
    fs::write(world.outside("other/deep/g.png"), plain_png(3)).unwrap();
    world.link("c/sub", world.outside("other"));
    assert_eq!(number(&world.scan(), "missing"), 3);
    let known: Vec<_> = world.files().iter().map(|one| text(one, "path")).collect();
    assert_eq!(known, ["b/one.txt", "c/f.png"]);
    world.verify();
}

#[test]
fn files_behind_a_link_in_a_folder_that_is_left_out_are_missing() {
    let world = World::with([("out/keep.txt", b"1".to_vec()), ("out/a/f.png", plain_png(1))]);
    world.rename("out/a", "out/b");
    world.link("out/a", "b");
    world.write(".genlockignore", "out/\n");
    assert_eq!(number(&world.scan(), "missing"), 1);
    let known: Vec<_> = world.files().iter().map(|one| text(one, "path")).collect();
    assert_eq!(known, [".genlockignore", "out/keep.txt"]);
}

#[test]
fn the_gate_finds_out_when_a_carried_file_is_another() {
    let world = World::with([("a/clean.png", plain_png(1))]);
    // Made to look like a rename: same inode, size and time, other bytes, other folder.
    let before = fs::metadata(world.path("a/clean.png")).unwrap();
    let mut bytes = world.read("a/clean.png");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::create_dir(world.path("b")).unwrap();
    world.rename("a/clean.png", "b/forged.png");
    let file = fs::File::options().write(true).open(world.path("b/forged.png")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    drop(file);
    let now = fs::metadata(world.path("b/forged.png")).unwrap();
    assert_eq!((before.ino(), before.size()), (now.ino(), now.size()));
    let clean = world.id("a/clean.png");
    assert_eq!(number(&world.scan(), "hashed_files"), 0, "this test needs it to be carried");
    assert_eq!(world.id("b/forged.png"), clean);
    world.deliverable("EP", &["b"]);
    world.gate("EP");
    assert_ne!(world.id("b/forged.png"), clean, "the gate believed what was carried");
}

#[test]
fn one_byte_replaced_is_another_asset_and_its_approval_does_not_apply() {
    let world = cleared();
    let approved = world.id("cut/a.png");
    tick();
    // A byte of the prompt: the same length, and the mark stays.
    let bytes = world.read("cut/a.png");
    let at = bytes.windows(10).position(|part| part == b"lighthouse").unwrap();
    let mut changed = bytes.clone();
    changed[at] = b'L';
    // The chunk's own checksum is wrong now; readers of text do not mind, hashes do.
    world.write("cut/a.png", &changed);
    world.gate("EP").expect("refused", &["ai-unapproved cut/a.png"]);
    assert_eq!(work(&world.scan()), [0, 2, 0], "the gate has recorded it already");
    let row = world.row("cut/a.png");
    assert_ne!(text(&row, "asset"), approved);
    assert_eq!((&row["status"], &row["clearance"]), (&"ai".into(), &"undeclared".into()));
    // Put back, the approval is there again.
    tick();
    world.write("cut/a.png", bytes);
    world.gate("EP").expect("pass", &["[approval-unsigned cut/a.png]"]);
}

#[test]
fn a_changed_file_is_a_new_asset_and_the_old_one_stays_in_history() {
    let world = World::with([("a.png", a1111_png(1))]);
    let old = world.id("a.png");
    tick();
    world.write("a.png", plain_png(2));
    assert_eq!(work(&world.scan())[..2], [1, 0]);
    let shown = world.show(&old);
    assert_eq!(shown["status"], "ai", "nothing of the old content is forgotten");
    let places = shown["locations"].as_array().unwrap();
    assert_eq!(places.len(), 1);
    assert_eq!((&places[0]["path"], &places[0]["present"]), (&"a.png".into(), &false.into()));
    let new = world.show("a.png");
    assert_ne!(text(&new, "asset"), old);
    assert_eq!(new["locations"][0]["present"], true);
}

#[test]
fn a_vanished_file_is_missing_and_never_deleted_from_history() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", plain_png(2))]);
    let asset = world.id("a.png");
    world.remove("a.png");
    let scanned = world.scan();
    assert_eq!((number(&scanned, "files"), number(&scanned, "missing")), (1, 1));
    let missing = world.json(["ls", "--missing"]).expect(0).values();
    assert_eq!(missing.len(), 1);
    assert_eq!((&missing[0]["path"], &missing[0]["present"]), (&"a.png".into(), &false.into()));
    assert_eq!(missing[0]["status"], "ai");
    assert_eq!(world.id("a.png"), asset, "a path that is gone still names what it held");
    // And back again.
    world.write("a.png", a1111_png(1));
    assert_eq!(number(&world.scan(), "missing"), 0);
}

#[test]
fn a_file_replaced_by_a_folder_or_the_reverse_is_missing() {
    let world = World::with([("a", plain_png(1)), ("b/c.png", plain_png(2))]);
    world.remove("a");
    fs::remove_dir_all(world.path("b")).unwrap();
    world.write("a/inside.png", plain_png(3));
    world.write("b", plain_png(4));
    let scanned = world.scan();
    assert_eq!((number(&scanned, "files"), number(&scanned, "missing")), (2, 2));
    world.verify();
}

#[test]
fn an_unchanged_xmp_jpeg_is_known_by_what_it_declares() {
    let world = World::with([("a.jpg", xmp_jpeg(3, AI)), ("b.jpg", xmp_jpeg(4, "print"))]);
    let row = world.row("a.jpg");
    assert_eq!((&row["status"], &row["strength"]), (&"ai".into(), &"declared".into()));
    assert_eq!(row["source_type"], AI);
    assert_eq!(row["media_type"], "image/jpeg");
    assert_eq!(world.row("b.jpg")["status"], "unknown");
}

#[test]
fn a_file_with_an_mtime_in_the_future_is_read_once() {
    let world = World::new();
    let path = world.write("a.png", a1111_png(1));
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_hours(24)).unwrap();
    assert_eq!(work(&world.scan()), [1, 0, 0]);
    assert_eq!(work(&world.scan()), [0, 1, 0]);
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_scan_that_is_stopped_tells_the_problems_it_met() {
    let world = World::with([("a.png", plain_png(1))]);
    world.add_root("more");
    world.link(".genlockignore", "/etc/hosts");
    let mut command = world.command();
    command.arg("scan").env("GENLOCK_FAILPOINT_STOP", "scan-recorded");
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let waited = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::UNTRACED);
    assert!(waited.unwrap().unwrap().1.stopped());
    // The second root is not walked any more.
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(130), "{said}");
    assert!(said.contains("problem: .genlockignore: is a symbolic link, not read"), "{said}");
}
