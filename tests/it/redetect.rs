//! Examining again what is known: for newer detectors, another trust list, decoded pixels, or because
//! somebody asked. Nothing is hashed again, and nothing that was found is lost.

use std::fs;

use genlock::ledger::{Kinds, Ledger, Reader};
use genlock::model::{AssetId, Event, Head, ObservedBatch, Timestamp};

use crate::media::{a1111_png, hidden_png, plain_png, xmp};
use crate::world::{World, fixture, fixtures, number, text, tick};

fn status(world: &World, path: &str) -> String {
    text(&world.row(path), "status")
}

#[test]
fn what_only_pixels_show_is_found_when_asked_for_and_stays() {
    let world = World::with([("a.png", hidden_png(1)), ("b.png", plain_png(2))]);
    assert_eq!(status(&world, "a.png"), "unknown");
    let deep = world.json(["scan", "--deep"]).expect(0).value();
    assert_eq!((number(&deep, "hashed_files"), number(&deep, "reexamined")), (0, 2));
    assert_eq!(number(&deep, "ai"), number(&world.scan(), "ai"), "what was found is counted");
    assert_eq!(status(&world, "a.png"), "ai");
    let again = world.json(["scan", "--deep"]).expect(0).value();
    assert_eq!(number(&again, "reexamined"), 0, "what was decoded is not decoded again");
    // Neither a reading nor an examination without pixels takes it back.
    tick();
    world.write("a.png", hidden_png(1));
    world.write("copy.png", hidden_png(1));
    world.scan();
    world.json(["scan", "--redetect"]).expect(0);
    assert_eq!((status(&world, "a.png"), status(&world, "copy.png")), ("ai".into(), "ai".into()));
    world.verify();
}

#[test]
fn the_setting_does_it_at_every_scan() {
    let world = World::new();
    let path = world.path(".genlock/config.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(path, config.replace("# deep = false", "deep = true")).unwrap();
    world.write("a.png", hidden_png(1));
    world.scan();
    assert_eq!(status(&world, "a.png"), "ai");
    world.write("cut/b.png", hidden_png(2));
    world.deliverable("EP", &["cut/**"]);
    world.gate("EP").expect("refused", &["ai-unapproved cut/b.png"]);
}

#[test]
fn asked_for_everything_is_examined_again_and_nothing_hashed() {
    let world = World::editorial();
    let first = world.scan();
    let before = world.files();
    let again = world.json(["scan", "--redetect"]).expect(0).value();
    assert_eq!(number(&again, "hashed_files"), 0);
    assert!(number(&again, "reexamined") > 0);
    assert!(number(&again, "reexamined") <= number(&first, "files"));
    assert_eq!(world.files(), before);
    world.verify();
}

/// Writes the ledger anew as a program with detectors of this version would have, which observed other things.
fn left_by(world: &World, version: u32, other: impl Fn(&mut ObservedBatch)) {
    let mut events = Vec::new();
    let reader = Reader::open(&world.ledger()).unwrap();
    reader.read(Head::EMPTY, None, Kinds::All, &mut |one| events.push(one.event)).unwrap();
    drop(reader);
    fs::remove_file(world.ledger()).unwrap();
    for event in &mut events {
        match event {
            Event::ProjectCreated(made) => made.detectors = version,
            Event::Observed(batch) => {
                batch.detectors = version;
                other(batch);
            }
            _ => {}
        }
    }
    let mut ledger = Ledger::create(&world.ledger()).unwrap();
    ledger.append(None, Timestamp::from_nanos(1), "older", &events).unwrap();
}

#[test]
fn an_upgrade_examines_what_was_recorded_before_it_and_says_so_once() {
    let world = World::with([("made.png", a1111_png(1)), ("plain.png", plain_png(2))]);
    let plain: AssetId = world.id("plain.png").parse().unwrap();
    // It saw nothing in the made one, and something in the plain one that newer detectors do not.
    left_by(&world, 0, |batch| {
        let mark = batch.examined.remove(0).1;
        batch.examined.push((plain, mark));
    });
    assert_eq!(status(&world, "made.png"), "unknown");
    assert_eq!(status(&world, "plain.png"), "ai");
    // A part of the project is brought up to date with it, the rest is not.
    world.write("new/more.png", plain_png(3));
    world.json(["scan", "new"]).expect(0);
    let scanned = world.scan();
    assert_eq!((number(&scanned, "hashed_files"), number(&scanned, "reexamined")), (0, 2));
    assert_eq!(status(&world, "made.png"), "ai");
    assert_eq!(status(&world, "plain.png"), "unknown");
    world.verify();
    assert_eq!(number(&world.scan(), "reexamined"), 0);
    assert!(world.run(["log"]).expect(0).stdout.contains("2 contents examined again"));
}

#[test]
fn a_sidecar_that_older_detectors_took_for_a_text_is_heard_after_an_upgrade() {
    let packet = xmp("trainedAlgorithmicMedia");
    let wide: Vec<u8> = packet.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let world = World::with([("a.png", plain_png(1)), ("a.xmp", wide)]);
    left_by(&world, 3, |batch| {
        for file in batch.directories.iter_mut().flat_map(|one| &mut one.files) {
            if &*file.name == b"a.xmp" {
                file.media_type = "text/plain".to_owned();
            }
        }
        batch.examined.clear();
        batch.attached.clear();
    });
    assert_eq!(
        (status(&world, "a.png"), status(&world, "a.xmp")),
        ("unknown".into(), "unknown".into())
    );
    assert_eq!(number(&world.scan(), "hashed_files"), 0);
    assert_eq!(status(&world, "a.xmp"), "ai");
    world.scan();
    assert_eq!(status(&world, "a.png"), "ai");
    world.verify();
}

#[test]
fn a_trust_list_examines_again_what_is_signed_and_nothing_else() {
    let world = World::new();
    world.write("camera.jpg", fixture("stills/DSC_0431_evidence_key.jpg"));
    world.write("plain.png", plain_png(1));
    world.scan();
    assert_eq!(status(&world, "camera.jpg"), "unknown");
    let list = fixtures().join("generate/keys/TEST_ONLY_ca_cert.pem");
    let path = world.path(".genlock/config.toml");
    let config = fs::read_to_string(&path).unwrap();
    let line = format!("trust_list = \"{}\"", list.display());
    fs::write(&path, config.replace("# trust_list = \"c2pa-trust-list.pem\"", &line)).unwrap();
    let scanned = world.scan();
    assert_eq!((number(&scanned, "hashed_files"), number(&scanned, "reexamined")), (0, 1));
    assert_eq!((number(&scanned, "not_ai"), number(&scanned, "unknown")), (1, 1), "as it is now");
    assert_eq!(status(&world, "camera.jpg"), "not-ai");
    assert_eq!(world.show("camera.jpg")["evidence"][0]["trust"], "trusted");
    assert_eq!(number(&world.scan(), "reexamined"), 0);
    // Without the list nobody is trusted any more, and nobody invalid.
    fs::write(&path, config).unwrap();
    assert_eq!(number(&world.scan(), "reexamined"), 1);
    assert_eq!(status(&world, "camera.jpg"), "unknown");
    world.verify();
    for list in ["nowhere.pem", "config.toml"] {
        fs::write(&path, format!("[detect]\ntrust_list = \"{list}\"\n")).unwrap();
        world.json(["scan"]).expect(3).error();
    }
}

/// The ledger as the first format had it: its tables, with the columns they had then.
#[expect(clippy::disallowed_methods, reason = "a test makes what only an older program makes")]
fn put_back_to_the_first_format(world: &World) {
    let (path, old) = (world.ledger(), world.outside("old.db"));
    let connection = rusqlite::Connection::open(&old).unwrap();
    connection.execute_batch(include_str!("../../schema/0001_ledger.sql")).unwrap();
    connection
        .execute_batch("PRAGMA application_id = 0x474c4b31; PRAGMA user_version = 1;")
        .unwrap();
    connection.execute("ATTACH ?1 AS now", [path.to_str().unwrap()]).unwrap();
    let list = |sql: &str| -> Vec<String> {
        let mut query = connection.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for table in list("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY rowid") {
        let columns = list(&format!("SELECT name FROM pragma_table_info('{table}')")).join(", ");
        let sql = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}");
        connection.execute(&sql, []).unwrap();
    }
    drop(connection);
    fs::rename(old, path).unwrap();
}

#[test]
fn a_ledger_of_the_first_format_answers_whatever_is_asked_first() {
    for first in
        [vec!["ls", "--ai"], vec!["verify"], vec!["status"], vec!["scan"], vec!["gate", "EP"]]
    {
        let world = World::with([("made.png", a1111_png(1)), ("plain.png", plain_png(2))]);
        world.deliverable("EP", &["plain.png"]);
        put_back_to_the_first_format(&world);
        world.run(&first).expect(0);
        assert_eq!(status(&world, "made.png"), "ai");
        world.verify();
    }
}
