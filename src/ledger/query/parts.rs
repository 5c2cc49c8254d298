//! A part of a root: everything at or below a folder.

use std::collections::BTreeMap;

use crate::ledger::LedgerError;
use crate::ledger::projection::{below, prefix};
use crate::ledger::query::Reader;
use crate::ledger::rows::{SeenAsset, Totals, asset_id, bytes, fingerprint, rel_path};
use crate::model::{AssetId, RelPath, RootName};

/// Whether a directory `d` is in the part that `part` gives the key of. For `concat!`: statements are
/// never put together while the program runs.
macro_rules! in_part {
    () => {
        "d.root = ?1 AND (?2 = x'' OR d.path = ?2 OR (d.path >= ?3 AND d.path < ?4))"
    };
}
pub(super) use in_part;

/// The first four parameters of a statement with `in_part`.
pub(super) fn part<'a>(
    root: &'a RootName,
    directory: &'a RelPath,
) -> (&'a str, &'a [u8], Vec<u8>, Vec<u8>) {
    let (low, high) = below(directory);
    (root.as_str(), directory.as_bytes(), low, high)
}

impl Reader {
    /// Every present file in a part of a root with what examined its content, by content. Stops when
    /// `each` says `false`.
    pub fn seen_assets(
        &self,
        root: &RootName,
        directory: &RelPath,
        each: &mut dyn FnMut(SeenAsset) -> bool,
    ) -> Result<(), LedgerError> {
        self.rows(
            concat!(
                "SELECT a.hash, a.media_type, a.detectors, a.deep,
                        EXISTS (SELECT 1 FROM evidence e
                                WHERE e.asset = a.id AND e.strength = 'signed'),
                        d.path, l.name, l.size, l.mtime, l.ctime, l.device, l.inode
                 FROM directory d JOIN location l ON l.directory = d.id AND l.present = 1
                                  JOIN asset a ON a.id = l.asset
                 WHERE ",
                in_part!(),
                " ORDER BY a.id"
            ),
            part(root, directory),
            |row| {
                Ok(each(SeenAsset {
                    asset: asset_id(row, 0)?,
                    media_type: row.get(1)?,
                    detectors: row.get(2)?,
                    deep: row.get(3)?,
                    signed: row.get(4)?,
                    path: rel_path(row, 5)?.join(&bytes(row, 6)?),
                    fingerprint: fingerprint(row, 7)?,
                }))
            },
        )
    }

    /// How many present files in a part of a root hold a content.
    pub fn present(
        &self,
        asset: &AssetId,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<u64, LedgerError> {
        let (root, path, low, high) = part(root, directory);
        let count: i64 = self.one(
            concat!(
                "SELECT count(*) FROM asset a JOIN location l ON l.asset = a.id AND l.present = 1
                                 JOIN directory d ON d.id = l.directory
                 WHERE a.prefix = ?5 AND a.hash = ?6 AND ",
                in_part!()
            ),
            (root, path, low, high, prefix(asset), asset.as_bytes()),
            |row| row.get(0),
        )?;
        Ok(count.cast_unsigned())
    }

    /// How many present files in a part of a root hold each content that carries a mark or could not
    /// be fully examined. One question for all of them: asked one by one, a statement whose range
    /// is bound anew is planned anew.
    pub fn present_examined(
        &self,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<BTreeMap<AssetId, u64>, LedgerError> {
        self.all(
            // In this order: by itself it begins with every file there is.
            concat!(
                "SELECT a.hash, count(*)
                 FROM (SELECT asset FROM evidence UNION SELECT asset FROM content_problem) e
                 CROSS JOIN asset a ON a.id = e.asset
                 CROSS JOIN location l ON l.asset = a.id AND l.present = 1
                 CROSS JOIN directory d ON d.id = l.directory
                 WHERE ",
                in_part!(),
                " GROUP BY a.id"
            ),
            part(root, directory),
            |row| Ok((asset_id(row, 0)?, row.get::<_, i64>(1)?.cast_unsigned())),
        )
    }

    /// Counts over a part of a root.
    pub fn totals(&self, root: &RootName, directory: &RelPath) -> Result<Totals, LedgerError> {
        self.one(
            concat!(
                "SELECT coalesce(sum(l.present), 0), coalesce(sum(l.size * l.present), 0),
                        coalesce(sum(1 - l.present), 0)
                 FROM directory d JOIN location l ON l.directory = d.id
                 WHERE ",
                in_part!()
            ),
            part(root, directory),
            |row| {
                Ok(Totals {
                    files: row.get::<_, i64>(0)?.cast_unsigned(),
                    bytes: row.get::<_, i64>(1)?.cast_unsigned(),
                    missing: row.get::<_, i64>(2)?.cast_unsigned(),
                })
            },
        )
    }
}
