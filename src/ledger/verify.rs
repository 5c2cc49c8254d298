//! Whether the ledger is what its history says: the file, the chain, and every table against a
//! replay.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::ledger::error::LedgerError;
use crate::ledger::history::walk_chain;
use crate::ledger::query::Reader;
use crate::ledger::{open, projection};
use crate::model::Head;

/// How many differing rows are named before the rest are only counted.
const NAMED: usize = 20;

/// What was found.
#[derive(Debug)]
pub struct Verification {
    /// Events whose hash and link hold.
    pub events: u64,
    /// The newest of them.
    pub head: Head,
    /// Everything that does not hold. Empty means the ledger is whole.
    pub problems: Vec<VerifyProblem>,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyProblem {
    /// Where: an event, a table or the file.
    pub place: String,
    /// What.
    pub problem: String,
}

/// Checks the file, the chain from the first event, and every table against a fresh replay.
/// `advance` hears of every event, for a progress bar. Takes memory for one batch of events.
pub fn verify(path: &Path, advance: &mut dyn FnMut()) -> Result<Verification, LedgerError> {
    let reader = open_unchecked(path)?;
    let connection = reader.connection();
    let sql = |source| LedgerError::sql(path, "verify", source);
    let mut found = Verification { events: 0, head: Head::EMPTY, problems: Vec::new() };

    // One moment for everything that is compared, whatever others write meanwhile.
    connection.execute_batch("BEGIN").map_err(sql)?;
    integrity(connection, &mut found).map_err(sql)?;
    let mut replay = open::scratch().map_err(sql)?;
    let transaction = replay.transaction().map_err(sql)?;
    let walked = walk_chain(connection, path, Head::EMPTY, None, &mut |raw| {
        found.events = raw.head.seq.0;
        found.head = raw.head;
        advance();
        let recorded = raw.decode()?;
        projection::apply(&transaction, raw.head.seq, raw.at, &recorded.event).map_err(sql)
    });
    match walked {
        Ok(_) => {}
        Err(LedgerError::Broken { seq, why }) => {
            found.problems.push(VerifyProblem { place: format!("event {seq}"), problem: why });
            // Tables can only be compared with a history that holds.
            return Ok(found);
        }
        Err(error) => return Err(error),
    }
    transaction.commit().map_err(sql)?;
    compare(connection, &replay, &mut found.problems).map_err(sql)?;
    Ok(found)
}

/// A damaged newest event is for `verify` to report, not a reason to refuse to look.
fn open_unchecked(path: &Path) -> Result<Reader, LedgerError> {
    open::open_read(path).map(|connection| Reader::unchecked(connection, path))
}

fn integrity(connection: &Connection, found: &mut Verification) -> rusqlite::Result<()> {
    let mut check = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let said: String = row.get(0)?;
        if said != "ok" {
            found.problems.push(VerifyProblem { place: "file".to_owned(), problem: said });
        }
    }
    Ok(())
}

fn compare(
    ledger: &Connection,
    replay: &Connection,
    problems: &mut Vec<VerifyProblem>,
) -> rusqlite::Result<()> {
    let schema = objects(ledger)?;
    let expected = objects(replay)?;
    for (name, sql) in &expected {
        if schema.get(name) != Some(sql) {
            let problem = "its definition was changed or removed".to_owned();
            problems.push(VerifyProblem { place: name.clone(), problem });
        }
    }
    for name in schema.keys().filter(|name| !expected.contains_key(*name)) {
        let problem = "it does not belong in a ledger".to_owned();
        problems.push(VerifyProblem { place: name.clone(), problem });
    }
    for table in expected.keys().filter_map(|name| name.strip_prefix("table ")) {
        if table != "journal" && schema.contains_key(&format!("table {table}")) {
            compare_table(ledger, replay, table, problems)?;
        }
    }
    Ok(())
}

fn objects(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    connection
        .prepare(
            // quote() tells a name from the same bytes stored as another type.
            "SELECT type || ' ' || name,
                    quote(type) || quote(name) || quote(tbl_name) || quote(sql)
             FROM sqlite_schema",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Both sides in the order of their keys; a row on one side only, or with other values, is named.
fn compare_table(
    ledger: &Connection,
    replay: &Connection,
    table: &str,
    problems: &mut Vec<VerifyProblem>,
) -> rusqlite::Result<()> {
    let ((columns, keys), (there, _)) = (columns(replay, table)?, columns(ledger, table)?);
    if let Some(missing) = columns.iter().find(|name| !there.contains(name)) {
        let problem = format!("it has no column {missing}: its rows are not compared");
        problems.push(VerifyProblem { place: format!("table {table}"), problem });
        return Ok(());
    }
    let list = columns.join(", ");
    let order = keys.iter().map(|at| columns[*at].as_str()).collect::<Vec<_>>().join(", ");
    // Table and column names come from our own schema file, not from the file under test.
    let select = ["SELECT ", &list, " FROM ", table, " ORDER BY ", &order].concat();
    let (mut left, mut right) = (ledger.prepare(&select)?, replay.prepare(&select)?);
    let (mut left, mut right) = (left.query([])?, right.query([])?);
    let next = |rows: &mut rusqlite::Rows<'_>| -> rusqlite::Result<Option<Vec<Value>>> {
        rows.next()?.map(|row| (0..columns.len()).map(|at| row.get(at)).collect()).transpose()
    };
    let key = |row: &[Value]| keys.iter().map(|at| SortKey(row[*at].clone())).collect::<Vec<_>>();
    let (mut ours, mut theirs) = (next(&mut left)?, next(&mut right)?);
    let mut differing = 0_usize;
    while ours.is_some() || theirs.is_some() {
        let order = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => key(ours).cmp(&key(theirs)),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        let problem = match order {
            std::cmp::Ordering::Less => Some("a row that no event put there"),
            std::cmp::Ordering::Greater => Some("a row is missing"),
            std::cmp::Ordering::Equal if ours != theirs => Some("a row was changed"),
            std::cmp::Ordering::Equal => None,
        };
        if let Some(problem) = problem {
            differing += 1;
            if differing <= NAMED {
                let row = if order.is_gt() { &theirs } else { &ours };
                let named = row.as_deref().map(|row| describe(row, &keys)).unwrap_or_default();
                let problem = format!("{problem}: {named}");
                problems.push(VerifyProblem { place: format!("table {table}"), problem });
            }
        }
        if order.is_le() {
            ours = next(&mut left)?;
        }
        if order.is_ge() {
            theirs = next(&mut right)?;
        }
    }
    if differing > NAMED {
        let problem = format!("{} more rows differ", differing - NAMED);
        problems.push(VerifyProblem { place: format!("table {table}"), problem });
    }
    Ok(())
}

/// Column names, and which of them make up the primary key, in its order.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<(Vec<String>, Vec<usize>)> {
    let rows: Vec<(String, i64)> = connection
        .prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut keys: Vec<_> =
        (0..rows.len()).filter(|at| rows[*at].1 > 0).map(|at| (rows[at].1, at)).collect();
    keys.sort_unstable();
    let names = rows.into_iter().map(|(name, _)| name).collect();
    Ok((names, keys.into_iter().map(|(_, at)| at).collect()))
}

/// Key values in SQLite's own order. Keys hold integers, texts and blobs only.
#[derive(PartialEq)]
struct SortKey(Value);

impl Eq for SortKey {}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (&self.0, &other.0) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
            (a, b) => class(a).cmp(&class(b)),
        }
    }
}

const fn class(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    }
}

fn describe(row: &[Value], keys: &[usize]) -> String {
    let show = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
    };
    keys.iter().map(|at| show(&row[*at])).collect::<Vec<_>>().join(", ")
}
