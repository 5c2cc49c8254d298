//! Contents, by their ids.

use rusqlite::params;

use crate::ledger::LedgerError;
use crate::ledger::projection::prefix;
use crate::ledger::query::Reader;
use crate::ledger::rows::{AssetMatch, AssetRow, asset_id};
use crate::model::AssetId;

impl Reader {
    /// One content.
    pub fn asset(&self, asset: &AssetId) -> Result<Option<AssetRow>, LedgerError> {
        self.perhaps(
            "SELECT size, media_type FROM asset WHERE prefix = ?1 AND hash = ?2",
            params![prefix(asset), asset.as_bytes()],
            |row| {
                let size = row.get::<_, i64>(0)?.cast_unsigned();
                Ok(AssetRow { size, media_type: row.get(1)? })
            },
        )
    }

    /// The content whose id begins with these hex digits (8 to 64, any case).
    pub fn asset_by_prefix(&self, digits: &str) -> Result<AssetMatch, LedgerError> {
        let digits = digits.to_ascii_lowercase();
        let mut low = [b'0'; 16];
        let mut high = [b'f'; 16];
        for (at, digit) in digits.bytes().take(16).enumerate() {
            low[at] = digit;
            high[at] = digit;
        }
        let bound = |hex: [u8; 16]| {
            let text = String::from_utf8_lossy(&hex).into_owned();
            u64::from_str_radix(&text, 16).unwrap_or_default().cast_signed()
        };
        let found: Vec<AssetId> = self.all(
            "SELECT hash FROM asset WHERE prefix BETWEEN ?1 AND ?2 ORDER BY hash",
            [bound(low), bound(high)],
            |row| asset_id(row, 0),
        )?;
        let mut fitting = found.into_iter().filter(|asset| asset.to_string().starts_with(&digits));
        Ok(match (fitting.next(), fitting.next()) {
            (None, _) => AssetMatch::None,
            (Some(one), None) => AssetMatch::One(one),
            (Some(one), Some(other)) => AssetMatch::Several(one, other),
        })
    }
}
