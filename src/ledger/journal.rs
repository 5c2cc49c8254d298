//! The journal's small interface: `append(expected head, events) -> head` and `read(after)`.
//!
//! It is kept this small because the same journal will live in a facility's shared database one
//! day, with every machine keeping its own projection.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::failpoint;
use crate::ledger::chain::link;
use crate::ledger::error::LedgerError;
use crate::ledger::query::Reader;
use crate::ledger::{open, projection};
use crate::model::{Event, Head, Recorded, Seq, Timestamp};

/// Which events a reader wants decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// All of them.
    All,
    /// What people and gates did: everything but the bulk of observations.
    Decisions,
}

/// Kinds that only observe. Everything else is a decision, also kinds yet to come.
const OBSERVING: [&str; 2] = ["observed", "scan-completed"];

impl Kinds {
    fn wants(self, kind: &str) -> bool {
        self == Self::All || !OBSERVING.contains(&kind)
    }
}

/// The write side. One per process; SQLite admits one writer at a time across processes.
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
}

impl Ledger {
    /// Makes a new, empty ledger.
    pub fn create(path: &Path) -> Result<Self, LedgerError> {
        open::create(path).map(|connection| Self { connection, path: path.to_owned() })
    }

    /// Opens an existing ledger and brings its tables up to this program's format.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        open::open(path).map(|connection| Self { connection, path: path.to_owned() })
    }

    /// A read handle on the same file, with a connection of its own.
    pub fn reader(&self) -> Result<Reader, LedgerError> {
        Reader::open(&self.path)
    }

    /// The newest event, after checking that it follows from the one before.
    pub fn head(&self) -> Result<Head, LedgerError> {
        tail(&self.connection, &self.path).map(|tail| tail.head)
    }

    /// Appends events and applies them to the tables, all or nothing, durable on return.
    ///
    /// With `expected`, refuses with [`LedgerError::HeadMoved`] if anything was appended since.
    /// The recorded time is `now`, or the newest event's if the clock was set back.
    pub fn append(
        &mut self,
        expected: Option<Head>,
        now: Timestamp,
        actor: &str,
        events: &[Event],
    ) -> Result<Head, LedgerError> {
        let path = &self.path;
        let sql = |source| LedgerError::sql(path, "append", source);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sql)?;
        let Tail { mut head, at: newest } = tail(&transaction, path)?;
        if expected.is_some_and(|expected| expected != head) {
            return Err(LedgerError::HeadMoved { head });
        }
        let at = now.max(newest);
        for event in events {
            let kind = event.kind();
            let body = event.to_body().map_err(|source| LedgerError::Encode { source })?;
            head = link(&head, at, actor, kind, &body);
            transaction
                .prepare_cached(
                    "INSERT INTO journal (seq, at, actor, kind, hash, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .and_then(|mut insert| {
                    let seq = head.seq.0.cast_signed();
                    insert.execute(params![seq, at.as_nanos(), actor, kind, head.hash, body])
                })
                .map_err(sql)?;
            projection::apply(&transaction, head.seq, at, event).map_err(sql)?;
        }
        failpoint::hit("before-commit");
        transaction.commit().map_err(sql)?;
        failpoint::hit("after-commit");
        Ok(head)
    }
}

/// The newest event's place and time.
#[derive(Clone, Copy)]
pub(super) struct Tail {
    pub(super) head: Head,
    pub(super) at: Timestamp,
}

/// Reads the newest event and checks that it follows from the one before it.
pub(super) fn tail(connection: &Connection, path: &Path) -> Result<Tail, LedgerError> {
    let sql = |source| LedgerError::sql(path, "read the journal", source);
    let newest: Option<i64> = connection
        .prepare_cached("SELECT max(seq) FROM journal")
        .and_then(|mut query| query.query_row([], |row| row.get(0)))
        .map_err(sql)?;
    let Some(newest) = newest else {
        return Ok(Tail { head: Head::EMPTY, at: Timestamp::from_nanos(i64::MIN) });
    };
    let before = Seq(u64::try_from(newest - 1).unwrap_or(0));
    let from = head_at(connection, path, before)?
        .ok_or_else(|| LedgerError::Broken { seq: before, why: "it is missing".to_owned() })?;
    let mut found = Tail { head: from, at: Timestamp::from_nanos(i64::MIN) };
    walk_chain(connection, path, from, None, &mut |raw| {
        found = Tail { head: raw.head, at: raw.at };
        Ok(())
    })?;
    Ok(found)
}

/// The stored hash of an event. `None` when there is no such event.
pub(super) fn head_at(
    connection: &Connection,
    path: &Path,
    seq: Seq,
) -> Result<Option<Head>, LedgerError> {
    if seq.0 == 0 {
        return Ok(Some(Head::EMPTY));
    }
    connection
        .prepare_cached("SELECT hash FROM journal WHERE seq = ?1")
        .and_then(|mut query| query.query_row([seq.0.cast_signed()], |row| row.get(0)).optional())
        .map(|hash| hash.map(|hash| Head { seq, hash }))
        .map_err(|source| LedgerError::sql(path, "read the journal", source))
}

/// An event as it lies in the file, its chain hash checked.
pub(super) struct Raw<'a> {
    pub(super) head: Head,
    pub(super) at: Timestamp,
    pub(super) actor: &'a str,
    pub(super) kind: &'a str,
    pub(super) body: &'a str,
}

impl Raw<'_> {
    /// Reads the payload.
    pub(super) fn decode(&self) -> Result<Recorded, LedgerError> {
        let seq = self.head.seq;
        let event = match Event::from_parts(self.kind, self.body) {
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                return Err(LedgerError::Broken {
                    seq,
                    why: format!("its body does not read: {error}"),
                });
            }
            None => {
                return Err(LedgerError::UnknownKind { seq, kind: self.kind.to_owned() });
            }
        };
        Ok(Recorded { head: self.head, at: self.at, actor: self.actor.to_owned(), event })
    }
}

/// Hands every event after `from` to `each`, in order, after checking that its number, time, hash
/// and link follow from the one before. Stops after `until`. Returns the last one's head.
pub(super) fn walk_chain(
    connection: &Connection,
    path: &Path,
    from: Head,
    until: Option<Seq>,
    each: &mut dyn FnMut(&Raw<'_>) -> Result<(), LedgerError>,
) -> Result<Head, LedgerError> {
    let sql = |source| LedgerError::sql(path, "read the journal", source);
    let mut query = connection
        .prepare_cached(
            "SELECT seq, at, actor, kind, hash, body FROM journal
             WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
        )
        .map_err(sql)?;
    let until = until.map_or(i64::MAX, |seq| seq.0.cast_signed());
    // Nothing comes before the first event: a row down there is an edit like any other.
    let after = if from == Head::EMPTY { i64::MIN } else { from.seq.0.cast_signed() };
    let mut rows = query.query([after, until]).map_err(sql)?;
    let mut head = from;
    let mut newest = i64::MIN;
    while let Some(row) = rows.next().map_err(sql)? {
        let expected = Seq(head.seq.0 + 1);
        let broken = |why: &str| LedgerError::Broken { seq: expected, why: why.to_owned() };
        let text = |column: usize| {
            let value = row.get_ref(column).map_err(sql)?;
            value.as_str().map_err(|_| broken("a column is not text"))
        };
        let seq: i64 = row.get(0).map_err(sql)?;
        let at: i64 = row.get(1).map_err(sql)?;
        let hash: [u8; 32] = row.get(4).map_err(|_| broken("its hash is not 32 bytes"))?;
        let (actor, kind, body) = (text(2)?, text(3)?, text(5)?);
        if seq != expected.0.cast_signed() {
            let misplaced =
                if seq < 1 { "a row lies before the first event" } else { "it is missing" };
            return Err(broken(misplaced));
        }
        let at_time = Timestamp::from_nanos(at);
        let linked = link(&head, at_time, actor, kind, body);
        if linked.hash != hash {
            return Err(broken("its content or the one before it was changed"));
        }
        if at < newest {
            return Err(broken("it is older than the one before it"));
        }
        newest = at;
        head = linked;
        each(&Raw { head, at: at_time, actor, kind, body })?;
    }
    Ok(head)
}

impl Reader {
    /// Hands every event after `from` to `each` in order, checking hash and link of every one on
    /// the way and decoding those of the wanted kinds. Returns the last one's head.
    pub fn read(
        &self,
        from: Head,
        until: Option<Seq>,
        kinds: Kinds,
        each: &mut dyn FnMut(Recorded),
    ) -> Result<Head, LedgerError> {
        walk_chain(self.connection(), self.path(), from, until, &mut |raw| {
            if kinds.wants(raw.kind) {
                each(raw.decode()?);
            }
            Ok(())
        })
    }

    /// Hands the events people made to `each` in order, without reading the observations between
    /// them and so without checking the chain: for display, never for a gate.
    pub fn read_decisions(&self, each: &mut dyn FnMut(Recorded)) -> Result<(), LedgerError> {
        let sql = |source| LedgerError::sql(self.path(), "read the journal", source);
        let mut query = self
            .connection()
            .prepare_cached(
                "SELECT seq, at, actor, kind, hash, body FROM journal
                 WHERE seq IN (SELECT seq FROM journal INDEXED BY journal_by_kind
                               WHERE kind NOT IN ('observed', 'scan-completed'))
                 ORDER BY seq",
            )
            .map_err(sql)?;
        let mut rows = query.query([]).map_err(sql)?;
        while let Some(row) = rows.next().map_err(sql)? {
            let seq = Seq(row.get::<_, i64>(0).map_err(sql)?.cast_unsigned());
            let actor: String = row.get(2).map_err(sql)?;
            let kind: String = row.get(3).map_err(sql)?;
            let body: String = row.get(5).map_err(sql)?;
            let raw = Raw {
                head: Head { seq, hash: row.get(4).map_err(sql)? },
                at: Timestamp::from_nanos(row.get(1).map_err(sql)?),
                actor: &actor,
                kind: &kind,
                body: &body,
            };
            each(raw.decode()?);
        }
        Ok(())
    }
}
