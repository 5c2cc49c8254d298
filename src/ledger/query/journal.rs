//! The journal: its newest event, its chain hashes, and its lines for display. What folds it reads it by
//! `Reader::read`, beside what appends.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use crate::ledger::LedgerError;
use crate::ledger::history::{Tail, has_head, head_at, tail};
use crate::ledger::query::Reader;
use crate::ledger::rows::LogRow;
use crate::model::{AssetId, Event, Head, Seq, Timestamp};

impl Reader {
    /// The newest event, after checking that it follows from the one before.
    pub fn head(&self) -> Result<Head, LedgerError> {
        tail(&self.connection, &self.path).map(|tail| tail.head)
    }

    /// The newest event's time: nothing is judged as if it were earlier.
    pub fn newest(&self) -> Result<Timestamp, LedgerError> {
        tail(&self.connection, &self.path).map(|Tail { at, .. }| at)
    }

    /// The chain hash stored with an event.
    pub fn head_at(&self, seq: Seq) -> Result<Option<Head>, LedgerError> {
        head_at(&self.connection, &self.path, seq)
    }

    /// Whether an event has this chain hash.
    pub fn has_head(&self, hash: &[u8; 32]) -> Result<bool, LedgerError> {
        has_head(&self.connection, &self.path, hash)
    }

    /// Which event observed something at a time, of the times that only one is of.
    pub fn observed_at(&self) -> Result<BTreeMap<Timestamp, Seq>, LedgerError> {
        let mut found = BTreeMap::new();
        self.rows(
            "SELECT at, min(seq) FROM journal WHERE kind = ?1 GROUP BY at HAVING count(*) = 1",
            [Event::OBSERVED],
            |row| {
                let seq = Seq(row.get::<_, i64>(1)?.cast_unsigned());
                found.insert(Timestamp::from_nanos(row.get(0)?), seq);
                Ok(true)
            },
        )?;
        Ok(found)
    }

    /// The journal, newest first, from `since` on; with an asset only events that name it, and those
    /// besides. Stops when `each` says `false`.
    pub fn log(
        &self,
        asset: Option<(&AssetId, &BTreeSet<Seq>)>,
        since: Option<Timestamp>,
        each: &mut dyn FnMut(LogRow) -> bool,
    ) -> Result<(), LedgerError> {
        let since = since.map_or(i64::MIN, Timestamp::as_nanos);
        let (asset, besides) = asset.unzip();
        let besides = besides.into_iter().flatten().map(|seq| seq.0.to_string());
        let besides = format!("[{}]", besides.collect::<Vec<_>>().join(","));
        self.rows(
            "SELECT seq, at, actor, kind, hash, body FROM journal
             WHERE at >= ?1 AND (?2 IS NULL OR instr(body, ?2) > 0
                                OR seq IN (SELECT value FROM json_each(?3)))
             ORDER BY seq DESC",
            params![since, asset.map(ToString::to_string), besides],
            |row| {
                let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
                let head = Head { seq, hash: row.get(4)? };
                let at = Timestamp::from_nanos(row.get(1)?);
                let (actor, kind, body) = (row.get(2)?, row.get(3)?, row.get(5)?);
                Ok(each(LogRow { head, at, actor, kind, body }))
            },
        )
    }
}
