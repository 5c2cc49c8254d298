//! What examining contents gave: marks and problems, and the long texts that marks hold.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::ledger::LedgerError;
use crate::ledger::projection::find_asset;
use crate::ledger::query::Reader;
use crate::ledger::rows::{
    ExaminedRow, asset_id, attached_to, bytes, evidence_in, evidence_of, names_in, problems_of,
    rel_path, unreadable,
};
use crate::model::{AssetId, Evidence, Examination, RelPath, RootName, Value};

impl Reader {
    /// What examining one content gave, and what was attached to it.
    pub fn examination(&self, asset: &AssetId) -> Result<Examination, LedgerError> {
        self.examination_with(asset, evidence_of)
    }

    /// What examining the bytes of one content gave last.
    pub fn examination_of_bytes(&self, asset: &AssetId) -> Result<Examination, LedgerError> {
        self.examination_with(asset, evidence_in)
    }

    fn examination_with(
        &self,
        asset: &AssetId,
        evidence: fn(&Connection, i64) -> rusqlite::Result<Vec<Evidence>>,
    ) -> Result<Examination, LedgerError> {
        self.ask(|tables| {
            let Some(row) = find_asset(tables, asset)? else { return Ok(Examination::default()) };
            Ok(Examination {
                identity: names_in(tables, row)?.kept(),
                evidence: evidence(tables, row)?,
                problems: problems_of(tables, row)?,
            })
        })
    }

    /// Every content that carries a mark or could not be fully examined; without its names.
    pub fn examined(&self, each: &mut dyn FnMut(ExaminedRow)) -> Result<(), LedgerError> {
        self.rows(
            "SELECT id, hash FROM asset WHERE id IN
             (SELECT asset FROM evidence UNION SELECT asset FROM content_problem) ORDER BY id",
            [],
            |row| {
                let id = row.get(0)?;
                let evidence = evidence_of(&self.connection, id)?;
                let problems = problems_of(&self.connection, id)?;
                let examination = Examination { evidence, problems, identity: None };
                each(ExaminedRow { asset: asset_id(row, 1)?, examination });
                Ok(true)
            },
        )
    }

    /// What was attached to one content.
    pub fn attached(&self, asset: &AssetId) -> Result<Vec<Evidence>, LedgerError> {
        self.ask(|tables| {
            find_asset(tables, asset)?.map_or(Ok(Vec::new()), |row| attached_to(tables, row))
        })
    }

    /// A long text of a mark, whole, checked against its hash.
    pub fn value(&self, hash: &AssetId) -> Result<String, LedgerError> {
        self.one("SELECT zlib FROM value WHERE hash = ?1", [hash.as_bytes()], |row| {
            let value = Value { hash: *hash, zlib: row.get(0)? };
            value.text().map_err(|error| unreadable(0, error))
        })
    }

    /// Where contents of the given media types that carry a mark lie in a root.
    pub fn marked(
        &self,
        root: &RootName,
        media_types: &[&str],
    ) -> Result<BTreeSet<RelPath>, LedgerError> {
        let mut found = BTreeSet::new();
        for media_type in media_types {
            self.rows(
                // In this order: by itself it begins with every file there is, at every look of a watch.
                "SELECT d.path, l.name
                 FROM (SELECT DISTINCT asset FROM evidence) e CROSS JOIN asset a ON a.id = e.asset
                 CROSS JOIN location l ON l.asset = a.id CROSS JOIN directory d ON d.id = l.directory
                 WHERE a.media_type = ?1 AND l.present = 1 AND d.root = ?2",
                params![media_type, root.as_str()],
                |row| {
                    found.insert(rel_path(row, 0)?.join(&bytes(row, 1)?));
                    Ok(true)
                },
            )?;
        }
        Ok(found)
    }
}
