//! `verify` finds every single edit of the journal and of every table, wherever it is made.
//!
//! Edits are made with plain SQLite by somebody who knows the ledger: triggers are dropped and put
//! back, constraints switched off. Tables and columns are listed from the file itself, so that a
//! new table is covered without a word here, and the world must fill it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use genlock::ledger::link;
use genlock::model::{Head, Seq, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::media;
use crate::world::{Ran, World, text, tick};

#[expect(clippy::disallowed_methods, reason = "a test edits behind the program's back")]
fn sql(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let off = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
               PRAGMA synchronous = OFF;";
    connection.execute_batch(off).unwrap();
    connection
}

/// A world with rows in every table and events of many kinds.
fn world() -> World {
    let world = World::with([
        ("a.png", media::a1111_png(1)),
        ("sub/b.png", media::xmp_png(2, "compositeWithTrainedAlgorithmicMedia")),
        ("sub/c.png", media::plain_png(3)),
        ("changes.png", media::plain_png(4)),
        ("goes.png", media::plain_png(5)),
        (
            "long.png",
            media::text_png(
                10,
                "parameters",
                &format!("{}{}", "sea, ".repeat(200), media::PARAMETERS),
            ),
        ),
        ("rule.png", media::plain_png(11)),
        (
            "child.png",
            media::named_png(
                12,
                "the-child-1",
                &(media::derived("the-source")
                    + "<xmpMM:Ingredients><rdf:Bag><rdf:li stRef:instanceID=\"xmp.iid:element-1\"/>\
                       </rdf:Bag></xmpMM:Ingredients>"),
                false,
            ),
        ),
    ]);
    tick();
    world.configure("[[rule]]\nglob = \"rule.*\"");
    world.write("broken.png", media::garbage_c2pa_png(6));
    world.write("cut.png", media::truncated_png(9));
    world.write("changes.png", media::plain_png(7));
    world.remove("goes.png");
    world.link("link.png", "a.png");
    world.link("sub/link.png", "c.png");
    // Some of it cannot be examined: that is a row as well.
    world.run(["scan"]).expect(4);
    world.run(["scan", "sub"]).expect(0);
    let far = world.add_root("far");
    fs::write(far.join("far.png"), media::plain_png(8)).unwrap();
    world.run(["scan"]).expect(4);
    world.run(["tag", "sub/c.png", "--ai-part", "--tool", "Vega"]).expect(0);
    world.deliverable("EP101", &["sub"]);
    world.approve(&["sub/b.png", "sub/c.png"]);
    world.gate("EP101");
    world.run(["finalize", "EP101"]).expect(0);
    world.run(["reopen", "EP101", "--note", "again"]).expect(0);
    world.run(["reject", "a.png", "--by", "Dana", "--note", "no"]).expect(0);
    fs::write(world.outside("use.toml"), "use = \"a sky\"\n").unwrap();
    let file = world.outside("use.toml").display().to_string();
    world.run(["declare", "a.png", "--from", &file]).expect(0);
    world.run(["declare", "D-1", "--add", "sub/**"]).expect(0);
    world.run(["reported", "D-1", "--to", "Dana"]).expect(0);
    world.run(["tool", "add", "Vega"]).expect(0);
    world.run(["approve", "D-1", "--by", "Dana", "--scope", "temp"]).expect(0);
    world.verify();
    world
}

/// A ledger that can be put back after each edit.
struct Victim {
    world: World,
    whole: Vec<u8>,
    events: Vec<(Head, i64)>,
}

impl Victim {
    fn new() -> Self {
        let world = world();
        let whole = fs::read(world.ledger()).unwrap();
        let events = sql(&world.ledger())
            .prepare("SELECT seq, hash, at FROM journal ORDER BY seq")
            .unwrap()
            .query_map([], |row| {
                let seq = Seq(u64::try_from(row.get::<_, i64>(0)?).unwrap());
                Ok((Head { seq, hash: row.get(1)? }, row.get(2)?))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        Self { world, whole, events }
    }

    fn newest(&self) -> i64 {
        i64::try_from(self.events.len()).unwrap()
    }

    /// Puts the whole ledger back and edits it with all triggers out of the way.
    fn edit<T>(&self, edit: impl FnOnce(&Connection) -> T) -> T {
        self.restore();
        let connection = sql(&self.world.ledger());
        let triggers: Vec<(String, String)> = connection
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(triggers.len() >= 3);
        for (name, _) in &triggers {
            connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        let made = edit(&connection);
        for (_, trigger) in &triggers {
            connection.execute_batch(trigger).unwrap();
        }
        made
    }

    fn tables(&self) -> Vec<(String, Vec<(String, String)>)> {
        self.restore();
        tables(&sql(&self.world.ledger()))
    }

    fn rows(&self, table: &str) -> Vec<(String, Vec<Value>)> {
        self.restore();
        rows(&sql(&self.world.ledger()), table)
    }

    fn restore(&self) {
        for side in ["ledger.db-wal", "ledger.db-shm"] {
            let _ = fs::remove_file(self.world.path(".genlock").join(side));
        }
        fs::write(self.world.ledger(), &self.whole).unwrap();
    }

    fn verify(&self) -> Ran {
        self.world.json(["verify"])
    }

    /// Makes one edit with these statements, which `verify` must find.
    #[track_caller]
    fn found(&self, statements: &str) -> Ran {
        self.edit(|connection| connection.execute_batch(statements).unwrap());
        let ran = self.verify();
        assert_eq!(ran.code, 6, "not found: {statements}\n{ran:?}");
        ran
    }

    /// The same, and whatever writes or decides refuses too.
    #[track_caller]
    fn refused_by_all(&self, statements: &str) {
        self.found(statements);
        let commands: [&[&str]; 4] =
            [&["scan"], &["gate", "EP101"], &["finalize", "EP101"], &["tag", "a.png", "--ai"]];
        for command in commands {
            let ran = self.world.json(command);
            assert_eq!(ran.code, 6, "{command:?} after {statements}: {ran:?}");
        }
    }
}

#[test]
fn an_edit_that_changes_nothing_is_no_edit() {
    let victim = Victim::new();
    victim.edit(|connection| connection.execute_batch("VACUUM").unwrap());
    assert_eq!(victim.verify().code, 0, "the triggers were not put back as they were");
}

#[test]
fn a_change_of_any_column_of_any_event_is_found() {
    let victim = Victim::new();
    let mut edits = 0;
    for (head, at) in &victim.events {
        let seq = head.seq.0;
        let changes = [
            "actor = actor || ' '".to_owned(),
            "actor = ''".to_owned(),
            "actor = CAST(x'6bff' AS TEXT)".to_owned(),
            // One that the world has none of.
            "kind = 'deliverable-removed'".to_owned(),
            "kind = kind || 's'".to_owned(),
            "body = body || ' '".to_owned(),
            "body = replace(body, '\":', '\": ')".to_owned(),
            "body = '{}'".to_owned(),
            // One byte in 256 is zero already, and would not be changed by writing a zero.
            "hash = CAST(CASE substr(hash, 1, 1) WHEN x'00' THEN x'01' ELSE x'00' END
             || substr(hash, 2) AS BLOB)"
                .to_owned(),
            "hash = x''".to_owned(),
            format!("at = {at} + 1"),
            format!("at = {at} - 1"),
            "seq = seq + 1000".to_owned(),
            "seq = -seq".to_owned(),
        ];
        for change in changes {
            victim.found(&format!("UPDATE journal SET {change} WHERE seq = {seq}"));
            edits += 1;
        }
    }
    eprintln!("{edits} changed columns of {} events found", victim.events.len());
}

#[test]
fn an_event_rewritten_with_its_own_hash_is_found_at_the_next() {
    let victim = Victim::new();
    for pair in victim.events.windows(2) {
        let (previous, (head, at)) = (pair[0].0, pair[1]);
        if head.seq.0 == victim.events.len() as u64 {
            continue;
        }
        victim.edit(|connection| {
            let (kind, body): (String, String) = connection
                .query_row(
                    "SELECT kind, body FROM journal WHERE seq = ?1",
                    [head.seq.0.cast_signed()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap();
            let forged = link(&previous, Timestamp::from_nanos(at), "forger", &kind, &body);
            let change = "UPDATE journal SET actor = 'forger', hash = ?2 WHERE seq = ?1";
            connection.execute(change, params![head.seq.0.cast_signed(), forged.hash]).unwrap();
        });
        let ran = victim.verify().expect(6);
        let next = format!("event {}", head.seq.0 + 1);
        assert_eq!(ran.value()["problems"][0]["path"], next, "{ran:?}");
    }
}

#[test]
fn events_removed_swapped_inserted_or_shifted_are_found() {
    let victim = Victim::new();
    let newest = victim.newest();
    for seq in 1..newest {
        victim.found(&format!("DELETE FROM journal WHERE seq = {seq}"));
        victim.found(&format!(
            "DELETE FROM journal WHERE seq = {seq};
             UPDATE journal SET seq = -seq WHERE seq > {seq};
             UPDATE journal SET seq = -seq - 1 WHERE seq < 0;"
        ));
        victim.found(&format!(
            "UPDATE journal SET seq = -1 WHERE seq = {seq};
             UPDATE journal SET seq = {seq} WHERE seq = {seq} + 1;
             UPDATE journal SET seq = {seq} + 1 WHERE seq = -1;"
        ));
        victim.found(&format!(
            "UPDATE journal SET seq = -seq WHERE seq > {seq};
             UPDATE journal SET seq = -seq + 1 WHERE seq < 0;
             INSERT INTO journal SELECT seq + 1, at, actor, kind, hash, body
             FROM journal WHERE seq = {seq};"
        ));
    }
    victim.found("DELETE FROM journal");
    victim.found("INSERT INTO journal SELECT 0, at, actor, kind, hash, body FROM journal LIMIT 1");
    victim.found("INSERT INTO journal SELECT -9, at, actor, kind, hash, body FROM journal LIMIT 1");
}

/// Appends an event whose hash is the right one.
fn append(connection: &Connection, after: &Head, at: i64, kind: &str, body: &str) {
    let head = link(after, Timestamp::from_nanos(at), "forger", kind, body);
    connection
        .execute(
            "INSERT INTO journal (seq, at, actor, kind, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![head.seq.0.cast_signed(), at, "forger", kind, head.hash, body],
        )
        .unwrap();
}

#[test]
fn an_event_appended_by_hand_is_found_unless_it_is_well_formed_and_then_it_shows_in_the_tables() {
    let victim = Victim::new();
    let newest = victim.newest();
    victim.refused_by_all(&format!(
        "INSERT INTO journal SELECT {newest} + 1, at, actor, kind, hash, body
         FROM journal WHERE seq = {newest}"
    ));
    victim.refused_by_all(&format!(
        "INSERT INTO journal SELECT {newest} + 1, at, actor, kind, randomblob(32), body
         FROM journal WHERE seq = {newest}"
    ));
    let (head, at) = victim.events.last().copied().unwrap();
    let forgeries = [
        ("of the past", at - 1, "reopened", r#"{"name":"EP101","note":"x"}"#),
        ("of no kind", at, "blessed", "{}"),
        ("without sense", at, "reopened", "{"),
        ("of another shape", at, "reopened", "[]"),
        (
            "that no table knows",
            at,
            "scan-completed",
            r#"{"root":"other","directory":"","started":0,"files":0,"hashed_files":0,"problems":0}"#,
        ),
    ];
    for (what, at, kind, body) in forgeries {
        victim.edit(|connection| append(connection, &head, at, kind, body));
        let ran = victim.verify();
        assert_eq!(ran.code, 6, "an event {what}: {ran:?}");
    }
}

#[test]
fn a_broken_chain_is_refused_wherever_it_is_broken() {
    let victim = Victim::new();
    for seq in [1, victim.newest() / 2, victim.newest()] {
        victim.refused_by_all(&format!("UPDATE journal SET actor = 'x' WHERE seq = {seq}"));
    }
}

/// Every table but the journal, each with its columns and their types.
fn tables(connection: &Connection) -> Vec<(String, Vec<(String, String)>)> {
    let names: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name <> 'journal' AND name NOT LIKE 'sqlite_%'",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    let columns = |table: &String| {
        connection
            .prepare("SELECT name, type FROM pragma_table_info(?1)")
            .unwrap()
            .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    names.iter().map(|table| (table.clone(), columns(table))).collect()
}

/// Rows by number, for tables with and without a rowid: the key of the n-th row as a condition.
fn rows(connection: &Connection, table: &str) -> Vec<(String, Vec<Value>)> {
    let keys: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")
        .unwrap()
        .query_map([table], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(!keys.is_empty(), "{table} has no key");
    let condition: Vec<_> = keys.iter().map(|key| format!("{key} = ?")).collect();
    connection
        .prepare(&format!("SELECT {} FROM {table}", keys.join(", ")))
        .unwrap()
        .query_map([], |row| {
            let values: Vec<Value> = (0..keys.len()).map(|at| row.get(at).unwrap()).collect();
            Ok((condition.join(" AND "), values))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn a_column_that_is_gone_hides_nothing_else() {
    let victim = Victim::new();
    victim.edit(|connection| {
        let edits = "ALTER TABLE evidence DROP COLUMN rule; UPDATE location SET size = size + 1;";
        connection.execute_batch(edits).unwrap();
    });
    let problems = victim.verify().expect(6).value()["problems"].as_array().unwrap().clone();
    for (place, problem) in [
        ("table evidence", "it has no column rule: its rows are not compared"),
        ("table location", "a row was changed"),
    ] {
        let says = |one: &serde_json::Value| text(one, "problem").starts_with(problem);
        assert!(problems.iter().any(|one| one["path"] == place && says(one)), "{problems:?}");
    }
}

#[test]
fn a_change_of_any_column_of_any_table_is_found() {
    let victim = Victim::new();
    let (mut edits, mut columns_edited) = (0, 0);
    for (table, columns) in victim.tables() {
        let rows = victim.rows(&table);
        assert!(!rows.is_empty(), "the world of this test has no row in {table}");
        for (column, kind) in columns {
            // Something else of the same type, and what another row has there.
            let others = match kind.as_str() {
                "INTEGER" => {
                    let plus = |more| format!("coalesce({column}, 6) + {more}");
                    [plus(1), plus(1000)]
                }
                "TEXT" => [format!("coalesce({column}, '') || 'x'"), "''".to_owned()],
                "BLOB" => [format!("CAST({column} || x'78' AS BLOB)"), "x''".to_owned()],
                unknown => panic!("{table}.{column} is of the type {unknown}"),
            };
            let neighbour = format!(
                "(SELECT other.{column} FROM {table} AS other
                  WHERE other.{column} IS NOT {table}.{column} LIMIT 1)"
            );
            let mut applied = 0;
            for (condition, key) in rows.iter().take(3) {
                for value in others.iter().chain([&neighbour]) {
                    let change = format!(
                        "UPDATE OR IGNORE {table} SET {column} = {value}
                         WHERE {condition} AND {value} IS NOT NULL AND {column} IS NOT {value}"
                    );
                    let count = victim.edit(|connection| {
                        connection.execute(&change, rusqlite::params_from_iter(key)).unwrap()
                    });
                    if count == 1 {
                        let ran = victim.verify();
                        assert_eq!(ran.code, 6, "not found: {change}\n{ran:?}");
                        applied += 1;
                    }
                }
            }
            assert!(applied > 0, "{table}.{column} was never changed");
            columns_edited += 1;
            edits += applied;
        }
    }
    eprintln!("{edits} changes of {columns_edited} columns found");
}

#[test]
fn a_row_removed_from_or_added_to_any_table_is_found() {
    let victim = Victim::new();
    let mut edits = 0;
    for (table, columns) in victim.tables() {
        for (condition, key) in victim.rows(&table) {
            victim.edit(|connection| {
                let remove = format!("DELETE FROM {table} WHERE {condition}");
                let count = connection.execute(&remove, rusqlite::params_from_iter(&key)).unwrap();
                assert_eq!(count, 1);
            });
            victim.verify().expect(6);
            edits += 1;
        }
        victim.found(&format!("DELETE FROM {table}"));
        // A copy of a row that differs in one column, or, for tables with several keys, in all.
        let other = |(column, kind): &(String, String)| match kind.as_str() {
            "INTEGER" => format!("(SELECT coalesce(max({column}), 0) + 1 FROM {table})"),
            "TEXT" => format!("coalesce({column}, '') || '-added'"),
            _ => format!("CAST({column} || x'2e' AS BLOB)"),
        };
        let mut added = 0;
        for change in (0..columns.len()).map(Some).chain([None]) {
            let value = |(at, column): (usize, &(String, String))| {
                if change.is_none_or(|change| change == at) {
                    other(column)
                } else {
                    column.0.clone()
                }
            };
            let values: Vec<_> = columns.iter().enumerate().map(value).collect();
            let values = values.join(", ");
            let add = format!("INSERT OR IGNORE INTO {table} SELECT {values} FROM {table} LIMIT 1");
            if victim.edit(|connection| connection.execute(&add, []).unwrap()) == 1 {
                let ran = victim.verify();
                assert_eq!(ran.code, 6, "not found: {add}\n{ran:?}");
                added += 1;
            }
        }
        assert!(added > 0, "nothing was added to {table}");
        edits += added + 1;
    }
    eprintln!("{edits} rows removed or added found");
}

#[test]
fn a_trigger_index_or_table_dropped_weakened_or_added_is_found() {
    let victim = Victim::new();
    let objects: Vec<(String, String)> = sql(&victim.world.ledger())
        .prepare("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let kinds: BTreeSet<_> = objects.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["index", "table", "trigger"]));
    for (kind, name) in &objects {
        victim.restore();
        sql(&victim.world.ledger()).execute_batch(&format!("DROP {kind} {name}")).unwrap();
        assert_eq!(victim.verify().code, 6, "{kind} {name} was dropped and not missed");
    }
    let additions = [
        "CREATE TRIGGER quiet AFTER INSERT ON journal BEGIN DELETE FROM evidence; END",
        "CREATE TABLE more (x INTEGER) STRICT",
        "CREATE INDEX more ON journal (actor)",
        "CREATE VIEW more AS SELECT * FROM journal",
        "DROP TRIGGER journal_no_update;
         CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT 1; END",
        "ALTER TABLE asset ADD COLUMN more TEXT",
    ];
    for addition in additions {
        victim.restore();
        sql(&victim.world.ledger()).execute_batch(addition).unwrap();
        assert_eq!(victim.verify().code, 6, "not found: {addition}");
    }
}

#[test]
fn true_heads_are_accepted_and_no_others() {
    let victim = Victim::new();
    for (head, _) in &victim.events {
        victim.world.run(["verify", "--head", &head.to_string()]).expect(0);
        victim.world.run(["verify", "--head", &head.hash_hex()]).expect(0);
    }
    let newest = victim.events.last().unwrap().0;
    let mut hash = newest.hash;
    hash[31] ^= 1;
    let beyond = Seq(newest.seq.0 + 1);
    let other = victim.events[0].0.hash;
    for wrong in [
        Head { hash, ..newest },
        Head { seq: beyond, ..newest },
        Head { hash: other, ..newest },
        Head { seq: Seq(0), ..newest },
    ] {
        victim.world.run(["verify", "--head", &wrong.to_string()]).expect(6);
    }
    let ran =
        victim.world.json(["verify", "--head", &Head { hash, ..newest }.hash_hex()]).expect(6);
    let problem = text(&ran.value()["problems"][0], "problem");
    assert!(problem.contains("none of the") && problem.contains("another history"), "{problem}");
    for nonsense in ["7", "7:", ":abc", "x:00"] {
        victim.world.run(["verify", "--head", nonsense]).expect(2);
    }
}

#[test]
fn a_quoted_head_catches_a_cut_tail_and_an_older_file_put_back() {
    let victim = Victim::new();
    let quoted = victim.events.last().unwrap().0.to_string();
    // The newest event is a rejection, which no table shows: without a head nothing can tell.
    let newest = victim.newest();
    victim.edit(|connection| {
        connection.execute("DELETE FROM journal WHERE seq = ?1", [newest]).unwrap()
    });
    victim.world.run(["verify"]).expect(0);
    let ran = victim.world.json(["verify", "--head", &quoted]).expect(6);
    let problem = text(&ran.value()["problems"][0], "problem");
    assert!(problem.contains(&format!("ends at event {}", newest - 1)), "{problem}");

    victim.restore();
    let older = victim.whole.clone();
    let verdict = victim.world.gate("EP101").answer;
    let journal = &verdict["journal"];
    let quoted = format!("{}:{}", journal["seq"], text(journal, "head"));
    victim.world.run(["verify", "--head", &quoted]).expect(0);
    fs::write(victim.world.ledger(), older).unwrap();
    victim.world.run(["verify"]).expect(0);
    victim.world.run(["verify", "--head", &quoted]).expect(6);
    // Another history of the same length is not this one either.
    victim.world.gate("EP101");
    victim.world.run(["verify"]).expect(0);
    victim.world.run(["verify", "--head", &quoted]).expect(6);
}

#[test]
fn files_are_compared_with_the_ledger_when_asked() {
    let world = World::with([("a.png", media::plain_png(1)), ("b.png", media::plain_png(2))]);
    world.run(["verify", "--files"]).expect(0);
    world.write("a.png", media::plain_png(9));
    world.run(["verify"]).expect(0);
    let ran = world.json(["verify", "--files"]).expect(1);
    assert_eq!(ran.value()["problems"][0]["path"], "a.png");
    world.scan();
    world.run(["verify", "--files"]).expect(0);
    world.remove("b.png");
    let ran = world.json(["verify", "--files"]).expect(1);
    assert_eq!(ran.value()["problems"][0]["path"], "b.png");
    assert_eq!(ran.value()["ok"], false);
}

/// The pragmas of the program's own connections, read from where they are written.
fn pragmas() -> String {
    let source: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger/open.rs");
    let source = fs::read_to_string(source).unwrap();
    let (_, rest) = source.split_once("const WRITE_PRAGMAS: &str = \"").unwrap();
    let pragmas = rest.split_once("\";").unwrap().0.to_owned();
    for safe in ["journal_mode = WAL", "synchronous = FULL", "recursive_triggers = ON"] {
        assert!(pragmas.contains(safe), "{pragmas}");
    }
    pragmas
}

#[test]
fn the_journal_is_only_ever_appended_to() {
    let world = world();
    #[expect(clippy::disallowed_methods, reason = "a test edits behind the program's back")]
    let connection = Connection::open(world.ledger()).unwrap();
    connection.execute_batch(&pragmas()).unwrap();
    let row = "actor, kind, randomblob(32), body FROM journal WHERE seq = 1";
    let refused = [
        "UPDATE journal SET actor = 'x'".to_owned(),
        "UPDATE journal SET seq = seq + 100 WHERE seq = 1".to_owned(),
        "UPDATE OR REPLACE journal SET seq = 2 WHERE seq = 1".to_owned(),
        "DELETE FROM journal".to_owned(),
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)".to_owned(),
        format!("INSERT OR REPLACE INTO journal SELECT 1, at, {row}"),
        format!("REPLACE INTO journal SELECT (SELECT max(seq) FROM journal), at, {row}"),
        format!("INSERT INTO journal SELECT 1000, at, {row}"),
        format!("INSERT INTO journal SELECT 0, at, {row}"),
        "INSERT INTO journal SELECT * FROM journal WHERE seq = 1
         ON CONFLICT DO UPDATE SET actor = 'x'"
            .to_owned(),
    ];
    for statement in &refused {
        let done = connection.execute(statement, []);
        assert!(done.is_err(), "{statement} was let through: {done:?}");
    }
    drop(connection);
    world.verify();
}
