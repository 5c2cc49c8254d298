//! The journal's small interface: `append(expected head, events) -> head` and `read(after)`.
//!
//! It is kept this small because the same journal will live in a facility's shared database one
//! day, with every machine keeping its own projection.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Params, TransactionBehavior, params};

use crate::failpoint;
use crate::ledger::chain::link;
use crate::ledger::error::LedgerError;
use crate::ledger::history::{Raw, Tail, tail, walk_chain};
use crate::ledger::query::Reader;
use crate::ledger::{open, projection};
use crate::model::{AssetId, Event, Head, Recorded, Seq, Timestamp};

/// Which events a reader wants decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// All of them.
    All,
    /// What people and gates did: everything but the bulk of observations.
    Decisions,
}

impl Kinds {
    fn wants(self, kind: &str) -> bool {
        self == Self::All || !Event::is_observation(kind)
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

    /// Whether a long text of a mark is kept already.
    pub fn has_value(&self, hash: &AssetId) -> Result<bool, LedgerError> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM value WHERE hash = ?1)")
            .and_then(|mut query| query.query_row([hash.as_bytes()], |row| row.get(0)))
            .map_err(|source| LedgerError::sql(&self.path, "read", source))
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
        self.as_written(
            "SELECT seq, at, actor, kind, hash, body FROM journal
             WHERE seq IN (SELECT seq FROM journal INDEXED BY journal_by_kind
                           WHERE kind NOT IN (?1, ?2))
             ORDER BY seq",
            Event::OBSERVATIONS,
            each,
        )
    }

    /// Hands those of what was observed to `each` that are of one time with another, as they are where a
    /// clock was behind: which came first, no time says. Unchecked, for display.
    pub fn read_simultaneous(&self, each: &mut dyn FnMut(Recorded)) -> Result<(), LedgerError> {
        self.as_written(
            "SELECT seq, at, actor, kind, hash, body FROM journal
             WHERE kind = ?1 AND at IN (SELECT at FROM journal WHERE kind = ?1
                                        GROUP BY at HAVING count(*) > 1)
             ORDER BY seq",
            [Event::OBSERVED],
            each,
        )
    }

    fn as_written(
        &self,
        query: &str,
        kinds: impl Params,
        each: &mut dyn FnMut(Recorded),
    ) -> Result<(), LedgerError> {
        let sql = |source| LedgerError::sql(self.path(), "read the journal", source);
        let mut query = self.connection().prepare_cached(query).map_err(sql)?;
        let mut rows = query.query(kinds).map_err(sql)?;
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
