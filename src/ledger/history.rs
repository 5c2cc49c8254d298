//! Walking the journal: every event's number, time, hash and link checked on the way.
//!
//! What a reader, a writer that opens a file, and `verify` share. Never appends, and never trusts a
//! row because it is there.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::ledger::chain::link;
use crate::ledger::error::LedgerError;
use crate::model::{Event, Head, Recorded, Seq, Timestamp};

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

/// Whether an event of this chain hash is there. Looks through all of them.
pub(super) fn has_head(
    connection: &Connection,
    path: &Path,
    hash: &[u8; 32],
) -> Result<bool, LedgerError> {
    connection
        .prepare_cached("SELECT 1 FROM journal WHERE hash = ?1")
        .and_then(|mut query| query.exists([hash]))
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
