//! The read side: what scans compare with and people ask for. Never writes, never decides.
//!
//! Here is the handle and the few ways it asks; the questions are in a file a subject: `folders`, `files`,
//! `parts` of a root, `assets`, `evidence`, `names`, `journal`.

mod assets;
mod evidence;
mod files;
mod folders;
mod journal;
mod names;
mod parts;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::ledger::error::LedgerError;
use crate::ledger::migrate::{format, newest};
use crate::ledger::open;

/// A read-only handle. Sees what was committed when each call begins.
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens an existing ledger for reading.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let reader = Self { connection: open::open_read(path)?, path: path.to_owned() };
        reader.head()?;
        Ok(reader)
    }

    /// For `verify`, whose business a damaged newest event is.
    pub(super) fn unchecked(connection: Connection, path: &Path) -> Self {
        Self { connection, path: path.to_owned() }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes all that is read from here on see one state of the ledger, until it is let go. A question
    /// by itself takes and gives up a lock: for a folder of twenty files that costs a third of it.
    /// Not to be held for long: the log cannot be reused meanwhile.
    pub fn hold(&self) -> Result<(), LedgerError> {
        if !self.connection.is_autocommit() {
            return Ok(());
        }
        self.ask(|tables| tables.prepare_cached("BEGIN")?.execute([])).map(drop)
    }

    /// Sees what was committed meanwhile again.
    pub fn let_go(&self) -> Result<(), LedgerError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.ask(|tables| tables.prepare_cached("COMMIT")?.execute([])).map(drop)
    }

    /// Whether the tables are of this program's format. Those of an older one know less: only the
    /// journal can be read until somebody opens the ledger for writing.
    pub fn is_current(&self) -> Result<bool, LedgerError> {
        self.ask(|tables| Ok(format(tables)? == newest()))
    }

    /// Asks the tables. What fails there is said to have failed in reading this ledger.
    fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        question(&self.connection).map_err(|source| LedgerError::sql(&self.path, "read", source))
    }

    /// The one row that a question always has.
    fn one<T>(
        &self,
        sql: &str,
        key: impl Params,
        row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        self.ask(|tables| tables.prepare_cached(sql)?.query_row(key, row))
    }

    /// The row, if there is one.
    fn perhaps<T>(
        &self,
        sql: &str,
        key: impl Params,
        row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, LedgerError> {
        self.ask(|tables| tables.prepare_cached(sql)?.query_row(key, row).optional())
    }

    /// All rows, together.
    fn all<T, All: FromIterator<T>>(
        &self,
        sql: &str,
        key: impl Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<All, LedgerError> {
        self.ask(|tables| tables.prepare_cached(sql)?.query_map(key, row)?.collect())
    }

    /// Row after row, none kept, until `each` says `false`.
    fn rows(
        &self,
        sql: &str,
        key: impl Params,
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<bool>,
    ) -> Result<(), LedgerError> {
        self.ask(|tables| {
            let mut query = tables.prepare_cached(sql)?;
            let mut rows = query.query(key)?;
            while let Some(row) = rows.next()? {
                if !each(row)? {
                    break;
                }
            }
            Ok(())
        })
    }
}
