//! Damage is told, and what is refused is left byte for byte as it was found.
//!
//! The first test is the product of what may happen to a file × which file × what is run next.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::media;
use crate::world::{Ran, World, text};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Ledger,
    /// The write-ahead log, with the newest event in it.
    Log,
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Delete,
    Empty,
    Halve,
    FlipHeader,
    /// In the text of an early event, or of a rule.
    FlipBody,
    /// In the text of the newest event.
    FlipNewest,
    /// A row of an early event, or the value of a rule, replaced by another well-formed one.
    EditRow,
    /// The row of the newest event.
    EditNewest,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    /// Refused with this code, everything left as it was found.
    Refused(i32),
    /// Not this command's business.
    Unharmed,
    /// The newest event is lost as if it had never been: no chain can show that, a quoted head can.
    Forgotten,
}

use Action::{Delete, EditNewest, EditRow, Empty, FlipBody, FlipHeader, FlipNewest, Halve};
use Expected::{Forgotten, Refused, Unharmed};
use Place::{Ledger, Log, Policy};

const MISSING: Expected = Refused(5);
const BROKEN: Expected = Refused(6);
const NO_POLICY: Expected = Refused(3);

/// What happens, and what scan, verify and gate say then.
const PRODUCT: &[(Place, Action, [Expected; 3])] = &[
    (Ledger, Delete, [MISSING; 3]),
    (Ledger, Empty, [BROKEN; 3]),
    (Ledger, Halve, [BROKEN; 3]),
    (Ledger, FlipHeader, [BROKEN; 3]),
    (Ledger, FlipBody, [BROKEN; 3]),
    (Ledger, FlipNewest, [BROKEN; 3]),
    (Ledger, EditRow, [BROKEN; 3]),
    (Ledger, EditNewest, [BROKEN; 3]),
    // SQLite drops a log, or the part of it, whose checksums do not hold.
    (Log, Delete, [Forgotten; 3]),
    (Log, Empty, [Forgotten; 3]),
    (Log, Halve, [Forgotten; 3]),
    (Log, FlipHeader, [Forgotten; 3]),
    (Log, FlipNewest, [Forgotten; 3]),
    (Log, EditRow, [BROKEN; 3]),
    (Log, EditNewest, [BROKEN; 3]),
    (Policy, Delete, [Unharmed, Unharmed, NO_POLICY]),
    (Policy, Empty, [Unharmed, Unharmed, NO_POLICY]),
    (Policy, Halve, [Unharmed, Unharmed, NO_POLICY]),
    (Policy, FlipHeader, [Unharmed, Unharmed, NO_POLICY]),
    (Policy, FlipBody, [Unharmed, Unharmed, NO_POLICY]),
    (Policy, EditRow, [Unharmed, Unharmed, NO_POLICY]),
];

const COMMANDS: [&[&str]; 3] = [&["scan"], &["verify"], &["gate", "EP101"]];

/// A project whose deliverable passes, and whose newest event is a note of ours.
fn base() -> World {
    let world = World::with([
        ("a.png", media::a1111_png(1)),
        ("b.png", media::plain_png(2)),
        ("sub/c.png", media::plain_png(3)),
    ]);
    world.approve(&["a.png"]);
    world.deliverable("EP101", &["*.png"]);
    assert_eq!(world.gate("EP101").verdict, "pass");
    world
}

const NEWEST: &str = "the newest note of all";

fn note(world: &World) {
    world.run(["tag", "b.png", "--not-ai", "--note", NEWEST]).expect(0);
}

/// The base with its newest event in the file, or still in the log.
fn world_for(place: Place) -> World {
    let world = base();
    if place == Log {
        // A reader that stays keeps the log from being moved into the file.
        let reader = sql(&world.ledger());
        reader.query_row("SELECT count(*) FROM journal", [], |_| Ok(())).unwrap();
        note(&world);
        let kept = Found::of(&world);
        drop(reader);
        kept.restore(&world);
    } else {
        note(&world);
    }
    world
}

#[expect(clippy::disallowed_methods, reason = "a test edits behind the program's back")]
fn sql(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn log(world: &World) -> PathBuf {
    world.path(".genlock/ledger.db-wal")
}

fn policy(world: &World) -> PathBuf {
    world.path(".genlock/policy.toml")
}

/// The bytes of everything that may be damaged; `None` for what is not there.
#[derive(PartialEq)]
struct Found {
    ledger: Option<Vec<u8>>,
    log: Option<Vec<u8>>,
    policy: Option<Vec<u8>>,
}

impl Found {
    fn of(world: &World) -> Self {
        // An empty log is no log: a reader makes one while it looks.
        let log = fs::read(log(world)).ok().filter(|bytes| !bytes.is_empty());
        let (ledger, policy) = (fs::read(world.ledger()).ok(), fs::read(policy(world)).ok());
        Self { ledger, log, policy }
    }

    fn restore(&self, world: &World) {
        let files = [(world.ledger(), &self.ledger), (log(world), &self.log)];
        for (path, bytes) in files.into_iter().chain([(policy(world), &self.policy)]) {
            match bytes {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => drop(fs::remove_file(path)),
            }
        }
        let _ = fs::remove_file(world.path(".genlock/ledger.db-shm"));
    }
}

fn damage(world: &World, place: Place, action: Action) {
    let path = match place {
        Ledger => world.ledger(),
        Log => log(world),
        Policy => policy(world),
    };
    let mut bytes = fs::read(&path).unwrap();
    let edits = matches!(action, EditRow | EditNewest);
    if edits && place == Policy {
        let text = String::from_utf8(bytes).unwrap();
        return fs::write(path, text.replacen("severity = \"block\"", "severity = \"allow\"", 1))
            .unwrap();
    }
    if edits {
        return edit(world, place, action == EditNewest);
    }
    match action {
        Delete => return fs::remove_file(path).unwrap(),
        Empty => bytes.clear(),
        Halve => bytes.truncate(bytes.len() / 2),
        FlipHeader => {
            let at = if place == Policy { after(&bytes, "\nprofile") } else { 3 };
            bytes[at - 2] ^= 0x10;
        }
        FlipBody if place == Policy => {
            let at = after(&bytes, "severity = \"bl");
            bytes[at] ^= 0x10;
        }
        FlipBody => {
            let at = after(&bytes, "scan-completed");
            bytes[at + 40] ^= 0x01;
        }
        _ => {
            let at = after(&bytes, NEWEST);
            bytes[at - 3] ^= 0x01;
        }
    }
    fs::write(path, bytes).unwrap();
}

/// Where the last occurrence of a text ends.
fn after(bytes: &[u8], text: &str) -> usize {
    let mut windows = bytes.windows(text.len());
    windows.rposition(|window| window == text.as_bytes()).expect("the text is there") + text.len()
}

/// Changes a row of the journal, as somebody with an SQLite shell would who puts the triggers back.
fn edit(world: &World, place: Place, newest: bool) {
    let connection = sql(&world.ledger());
    let trigger: String = connection
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'journal_no_update'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let which = if newest { "max(seq)" } else { "min(seq)" };
    let edit = format!(
        "BEGIN; DROP TRIGGER journal_no_update;
         UPDATE journal SET actor = actor || '.' WHERE seq = (SELECT {which} FROM journal);
         {trigger}; COMMIT;"
    );
    connection.execute_batch(&edit).unwrap();
    if place == Log {
        let kept = Found::of(world);
        drop(connection);
        kept.restore(world);
    }
}

fn quoted_head(world: &World) -> String {
    let said = world.json(["verify"]).expect(0).value();
    format!("{}:{}", said["events"], text(&said, "head"))
}

#[test]
fn every_damage_is_told_by_every_command_and_left_as_it_was_found() {
    for place in [Ledger, Log, Policy] {
        let world = world_for(place);
        let whole = Found::of(&world);
        let head = quoted_head(&world);
        assert_eq!(place == Log, whole.log.is_some(), "the newest event is not where it belongs");
        for (_, action, expected) in PRODUCT.iter().filter(|(at, ..)| *at == place) {
            for (command, expected) in COMMANDS.iter().zip(expected) {
                whole.restore(&world);
                damage(&world, place, *action);
                let found = Found::of(&world);
                let ran = world.json(*command);
                let what = format!("{place:?} {action:?}, then {command:?}: {ran:?}");
                match expected {
                    Refused(code) => {
                        assert_eq!(ran.code, *code, "{what}");
                        assert!(Found::of(&world) == found, "something was changed: {what}");
                    }
                    Unharmed => assert_eq!(ran.code, 0, "{what}"),
                    Forgotten => {
                        assert_eq!(ran.code, 0, "{what}");
                        world.run(["verify"]).expect(0);
                        world.run(["verify", "--head", &head]).expect(6);
                        assert!(!world.json(["log"]).stdout.contains(NEWEST), "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_command_makes_a_lost_ledger_anew() {
    let world = base();
    fs::remove_file(world.ledger()).unwrap();
    let letter = world.letter();
    let commands: [&[&str]; 15] = [
        &["init"],
        &["scan"],
        &["scan", "."],
        &["status"],
        &["ls"],
        &["show", "a.png"],
        &["log"],
        &["tag", "a.png", "--ai"],
        &["approve", "a.png", "--by", "Dana", "--scope", "final", "--document", &letter],
        &["deliverable", "ls"],
        &["gate", "EP101"],
        &["finalize", "EP101"],
        &["reopen", "EP101", "--note", "x"],
        &["disclose"],
        &["verify"],
    ];
    for command in commands {
        let ran = world.json(command).expect(5);
        assert!(ran.error().contains("no ledger"), "{ran:?}");
        let left = fs::read_dir(world.path(".genlock")).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        let ledger = left.iter().any(|name| name.to_string_lossy().contains("ledger"));
        assert!(!ledger, "{command:?} left {left:?}");
    }
}

/// Runs every command on a ledger that must be refused, and checks that it was left alone.
#[track_caller]
fn refused(world: &World, code: i32) {
    let found = Found::of(world);
    let init: &[&str] = &["init"];
    let status: &[&str] = &["status"];
    for command in COMMANDS.iter().chain([&init, &status]) {
        let ran = world.json(*command).expect(code);
        assert!(!ran.error().is_empty());
        assert!(Found::of(world) == found, "{command:?} changed something");
    }
}

#[test]
fn a_newer_ledger_is_left_to_the_newer_program() {
    let world = base();
    sql(&world.ledger()).pragma_update(None, "user_version", 99).unwrap();
    refused(&world, 5);
}

#[test]
fn a_newer_ledger_is_recognised_by_its_log_too() {
    let world = base();
    let connection = sql(&world.ledger());
    connection.pragma_update(None, "user_version", 99).unwrap();
    let kept = Found::of(&world);
    drop(connection);
    kept.restore(&world);
    assert!(kept.log.is_some());
    refused(&world, 5);
}

#[test]
fn what_is_no_ledger_of_ours_is_left_alone() {
    let world = base();
    let other = world.outside("other.db");
    sql(&other).execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1);").unwrap();
    let foreign: [Vec<u8>; 5] = [
        fs::read(other).unwrap(),
        b"a shopping list\n".to_vec(),
        Vec::new(),
        b"SQLite format 3\0".to_vec(),
        vec![0; 1 << 16],
    ];
    for bytes in foreign {
        fs::write(world.ledger(), bytes).unwrap();
        refused(&world, 6);
    }
}

#[test]
fn a_folder_in_the_place_of_the_ledger_is_left_alone() {
    let world = base();
    fs::remove_file(world.ledger()).unwrap();
    fs::create_dir(world.ledger()).unwrap();
    refused(&world, 5);
    assert!(fs::read_dir(world.ledger()).unwrap().next().is_none());
}

#[test]
fn a_ledger_without_its_tables_is_damaged_not_empty() {
    let whole = base();
    let bytes = fs::read(whole.ledger()).unwrap();
    let tables: Vec<String> = sql(&whole.ledger())
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(tables.len() > 5);
    for table in tables {
        fs::write(whole.ledger(), &bytes).unwrap();
        let drop = format!("PRAGMA foreign_keys = OFF; DROP TABLE {table};");
        sql(&whole.ledger()).execute_batch(&drop).unwrap();
        whole.json(["verify"]).expect(6);
        let journal = table == "journal";
        let gate = whole.json(["gate", "EP101"]).code;
        assert!(gate == 6 || !journal && gate == 0, "{table}: {gate}");
        let scan = whole.json(["scan"]).code;
        assert!(scan == 6 || !journal && scan == 0, "{table}: {scan}");
        whole.json(["verify"]).expect(6);
    }
}

/// A byte flipped anywhere is found, or is one that says nothing: every row is still the same.
#[test]
fn a_flipped_byte_is_found_or_says_nothing() {
    let world = base();
    let bytes = fs::read(world.ledger()).unwrap();
    let rows = everything(&world).expect("the ledger reads");
    // Most of a small ledger is empty space, where there is nothing to find.
    let filled: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let flips = if std::env::var_os("GENLOCK_LONG").is_some() { 2000 } else { 200 };
    let mut harmless = 0;
    for flip in 0..flips {
        let at = filled[flip * (filled.len() - 1) / (flips - 1)];
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (flip % 8);
        fs::write(world.ledger(), &damaged).unwrap();
        let ran: Ran = world.json(["verify"]);
        assert!([0, 5, 6].contains(&ran.code), "byte {at}: {ran:?}");
        assert!(fs::read(world.ledger()).unwrap() == damaged, "byte {at}: it was changed");
        if ran.code == 0 {
            harmless += 1;
            let now = everything(&world).expect("what verifies reads");
            let changed: Vec<_> = rows.iter().zip(&now).filter(|(old, new)| old != new).collect();
            assert!(now == rows, "byte {at} was not found: {changed:#?}");
        }
    }
    assert!(harmless < flips, "no flip was found");
    eprintln!("{} of {flips} flips found, {harmless} in bytes that say nothing", flips - harmless);
}

/// Every row of every table, the schema among them.
fn everything(world: &World) -> rusqlite::Result<Vec<String>> {
    let connection = sql(&world.ledger());
    let mut found = Vec::new();
    let mut tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    tables.push("sqlite_schema".to_owned());
    for table in tables {
        // Not the page a table begins on: where it lies says nothing.
        let what = if table == "sqlite_schema" { "type, name, tbl_name, sql" } else { "*" };
        let mut query = connection.prepare(&format!("SELECT {what} FROM {table}"))?;
        let columns = query.column_count();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                found.push(format!("{table} {:?}", row.get_ref(column)?));
            }
        }
    }
    Ok(found)
}

#[test]
fn a_document_that_was_lost_or_changed_is_found() {
    let world = base();
    let folder = world.path(".genlock/documents");
    let document = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read(&document).unwrap();
    fs::write(&document, b"We approve everything.\n").unwrap();
    assert!(world.run(["verify"]).expect(6).stdout.contains("letter.txt"));
    fs::remove_file(&document).unwrap();
    world.run(["verify"]).expect(6);
    fs::write(&document, text).unwrap();
    world.verify();
}

#[test]
fn settings_that_do_not_read_stop_everything() {
    let world = base();
    let found = Found::of(&world);
    for settings in ["[scan", "[scan]\nignored = []\n", "ledger = 7\n"] {
        fs::write(world.path(".genlock/config.toml"), settings).unwrap();
        for command in COMMANDS {
            world.json(command).expect(3);
        }
    }
    assert!(Found::of(&world) == found);
}

#[test]
fn a_scan_that_has_much_to_add_adds_nothing_to_a_ledger_that_does_not_hold() {
    let world = world_for(Ledger);
    // Walked, read and waiting for the ledger before its history is checked to the end.
    for at in 0..2_000 {
        world.write(format!("new/{at}.bin"), format!("content {at}"));
    }
    for action in [FlipBody, EditRow] {
        let whole = Found::of(&world);
        damage(&world, Ledger, action);
        let found = Found::of(&world);
        for command in [&["scan"][..], &["scan", "new"]] {
            let ran = world.json(command);
            assert_eq!(ran.code, 6, "{action:?}, then {command:?}: {ran:?}");
            assert!(Found::of(&world) == found, "{action:?}: something was changed: {ran:?}");
        }
        whole.restore(&world);
    }
    world.scan();
    world.verify();
}

#[test]
fn a_ledger_where_nothing_can_be_written_is_read_and_left_alone() {
    // What has a meaning in the name of a database, too.
    let name = "a ?#%41 b\u{e9}";
    let world = World::bare();
    world.write(format!("{name}/a.png"), media::a1111_png(1));
    world.run(["init", name]).expect(0);
    world.run(["--project", name, "scan"]).expect(0);
    let control = world.path(name).join(".genlock");
    for (folder, mode) in [(world.outside(""), 0o755), (control.clone(), 0o555)] {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    }
    let run = |args: &[&str]| {
        let mut command = world.command();
        if rustix::process::geteuid().is_root() {
            command.uid(65534);
        }
        Ran::from(command.args(["--json", "--project", name]).args(args).output().unwrap())
    };
    assert_eq!(run(&["ls", "--ai"]).expect(0).values().len(), 1);
    for question in [&["status"][..], &["verify"], &["log"], &["show", "a.png"]] {
        run(question).expect(0);
    }
    for recording in [&["scan"][..], &["watch", "--once"]] {
        let error = run(recording).expect(5).value();
        assert!(text(&error["error"], "hint").contains("the right to write"), "{error}");
    }
    assert_eq!(fs::read_dir(&control).unwrap().count(), 5, "something was put beside it");
    fs::set_permissions(control, fs::Permissions::from_mode(0o755)).unwrap();
}
