//! The ledger: an append-only, hash-chained journal and the tables projected from it, in one
//! SQLite file. The only room that names rusqlite.
//!
//! Two handles: [`Ledger`] owns the write connection and appends; [`Reader`] reads, and may be
//! opened as often as needed beside it. Format, chain bytes and test vectors: `docs/ledger.md`.

mod chain;
mod error;
mod history;
mod journal;
mod migrate;
mod open;
mod projection;
mod query;
mod rows;
mod verify;

pub use chain::link;
pub use error::LedgerError;
pub use journal::{Kinds, Ledger};
pub use query::Reader;
pub use rows::{
    AssetMatch, AssetRow, ExaminedRow, HeldRow, KnownFile, KnownLink, LocationRow, LogRow,
    NamedRow, SameInode, SeenAsset, Totals,
};
pub use verify::{Verification, VerifyProblem, verify};
