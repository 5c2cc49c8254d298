//! The chain hashes of events, as they are stored with them.

use crate::ledger::LedgerError;
use crate::ledger::history::{has_head, head_at};
use crate::ledger::query::Reader;
use crate::model::{Head, Seq};

impl Reader {
    /// The chain hash stored with an event.
    pub fn head_at(&self, seq: Seq) -> Result<Option<Head>, LedgerError> {
        head_at(&self.connection, &self.path, seq)
    }

    /// Whether an event has this chain hash.
    pub fn has_head(&self, hash: &[u8; 32]) -> Result<bool, LedgerError> {
        has_head(&self.connection, &self.path, hash)
    }
}
