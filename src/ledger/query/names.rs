//! Names that contents carry, and those that sidecars have for them. Reads; what they lead to is drawn by
//! `record`.

use std::collections::BTreeSet;

use rusqlite::{Connection, params_from_iter};

use crate::ledger::LedgerError;
use crate::ledger::projection::find_asset;
use crate::ledger::query::Reader;
use crate::ledger::rows::{NamedRow, asset_id, bytes, names_beside, names_in, rel_path};
use crate::model::{AssetId, Identity, RelPath, RootName};

impl Reader {
    /// The names of a content, whoever says them.
    pub fn named(&self, asset: &AssetId) -> Result<Option<NamedRow>, LedgerError> {
        self.ask(|tables| {
            let Some(row) = find_asset(tables, asset)? else { return Ok(None) };
            let media_type = tables
                .prepare_cached("SELECT media_type FROM asset WHERE id = ?1")?
                .query_row([row], |row| row.get(0))?;
            Ok(Some(NamedRow { asset: *asset, media_type, identity: all_names(tables, row)? }))
        })
    }

    /// The names that sidecars have for a content.
    pub fn named_beside(&self, asset: &AssetId) -> Result<Identity, LedgerError> {
        self.ask(|tables| {
            let row = find_asset(tables, asset)?;
            row.map_or(Ok(Identity::default()), |row| names_beside(tables, row))
        })
    }

    /// What names every content carries that says what it was made from, and every one whose own name
    /// one of those says. Costs nothing where none says anything, and each name is looked up once, however many
    /// frames say it.
    pub fn identities(&self, each: &mut dyn FnMut(NamedRow)) -> Result<(), LedgerError> {
        self.rows(
            "WITH saying AS (SELECT asset, name, kind FROM given_name
                             INDEXED BY given_name_of_sources WHERE source > 0)
             SELECT a.id, a.hash, a.media_type FROM asset a WHERE a.id IN (
                 SELECT asset FROM saying
                 UNION
                 SELECT own.asset FROM (SELECT DISTINCT name, kind FROM saying) said
                 CROSS JOIN given_name own ON own.name = said.name AND own.kind = said.kind
                                           AND own.source = 0)
             ORDER BY a.id",
            [],
            |row| {
                let identity = all_names(&self.connection, row.get(0)?)?;
                each(NamedRow { asset: asset_id(row, 1)?, media_type: row.get(2)?, identity });
                Ok(true)
            },
        )
    }

    /// Where contents of the given media types lie in a root that carry names of which nothing was said
    /// of the media beside them yet: a scan was interrupted, or an older program saw them.
    pub fn unheard(
        &self,
        root: &RootName,
        media_types: &[&str],
    ) -> Result<BTreeSet<RelPath>, LedgerError> {
        let types = vec!["?"; media_types.len()].join(", ");
        self.all(
            &format!(
                "SELECT d.path, l.name
                 FROM (SELECT DISTINCT asset FROM given_name WHERE ordinal >= 0) g
                 CROSS JOIN asset a ON a.id = g.asset
                 CROSS JOIN location l ON l.asset = a.id CROSS JOIN directory d ON d.id = l.directory
                 WHERE a.media_type IN ({types}) AND l.present = 1 AND d.root = ?
                   AND NOT EXISTS (SELECT 1 FROM given_name s
                                   JOIN given_name b ON b.name = s.name AND b.kind = s.kind
                                                     AND b.source = 0 AND b.ordinal < 0
                                   WHERE s.asset = a.id AND s.source = 0 AND s.ordinal >= 0)"
            ),
            params_from_iter(media_types.iter().copied().chain([root.as_str()])),
            |row| Ok(rel_path(row, 0)?.join(&bytes(row, 1)?)),
        )
    }
}

/// All names of a content: those its bytes carry, and those that sidecars have for it.
fn all_names(tables: &Connection, asset: i64) -> rusqlite::Result<Identity> {
    let mut all = names_in(tables, asset)?;
    all.join(&names_beside(tables, asset)?);
    Ok(all)
}
