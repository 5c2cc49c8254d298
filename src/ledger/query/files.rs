//! Paths: what is or was where, and since when.

use rusqlite::{Params, params};

use crate::ledger::LedgerError;
use crate::ledger::projection::{coverage, find_asset};
use crate::ledger::query::Reader;
use crate::ledger::rows::{
    HeldRow, LocationRow, SameInode, asset_id, asset_path, fingerprint, sighting,
};
use crate::model::{AssetId, AssetPath, Fingerprint, Seq, Timestamp};

impl Reader {
    /// Whether any file was ever observed.
    pub fn is_empty(&self) -> Result<bool, LedgerError> {
        self.one("SELECT NOT EXISTS (SELECT 1 FROM location)", [], |row| row.get(0))
    }

    /// What a path holds.
    pub fn asset_at(&self, path: &AssetPath) -> Result<Option<AssetId>, LedgerError> {
        let (directory, name) = path.path.split();
        self.perhaps(
            "SELECT a.hash FROM directory d JOIN location l ON l.directory = d.id
                            JOIN asset a ON a.id = l.asset
             WHERE d.root = ?1 AND d.path = ?2 AND l.name = ?3 AND l.present = 1",
            params![path.root.as_str(), directory.as_bytes(), name],
            |row| asset_id(row, 0),
        )
    }

    /// Since when a path holds a content, where it does.
    pub fn first_seen_at(
        &self,
        path: &AssetPath,
        asset: &AssetId,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let (directory, name) = path.path.split();
        self.perhaps(
            "SELECT l.first_seen FROM directory d JOIN location l ON l.directory = d.id
                                 JOIN asset a ON a.id = l.asset
             WHERE d.root = ?1 AND d.path = ?2 AND l.name = ?3 AND a.hash = ?4 AND l.present = 1",
            params![path.root.as_str(), directory.as_bytes(), name, asset.as_bytes()],
            |row| row.get(0).map(Timestamp::from_nanos),
        )
    }

    /// What the system said of the file at a path when it was last there.
    pub fn fingerprint_at(&self, path: &AssetPath) -> Result<Option<Fingerprint>, LedgerError> {
        let (directory, name) = path.path.split();
        self.perhaps(
            "SELECT l.size, l.mtime, l.ctime, l.device, l.inode
             FROM directory d JOIN location l ON l.directory = d.id
             WHERE d.root = ?1 AND d.path = ?2 AND l.name = ?3",
            params![path.root.as_str(), directory.as_bytes(), name],
            |row| fingerprint(row, 0),
        )
    }

    /// Files that had this inode on this device, ones that were present last first.
    pub fn same_inode(&self, device: u64, inode: u64) -> Result<Vec<SameInode>, LedgerError> {
        self.all(
            "SELECT d.root, d.path, l.name, a.hash, l.size, l.mtime, l.ctime, l.device, l.inode,
                    a.media_type, l.sighting
             FROM location l JOIN directory d ON d.id = l.directory
                             JOIN asset a ON a.id = l.asset
             WHERE l.inode = ?1 AND l.device = ?2 ORDER BY l.present DESC LIMIT 8",
            params![inode.cast_signed(), device.cast_signed()],
            |row| {
                Ok(SameInode {
                    path: asset_path(row, 0)?,
                    asset: asset_id(row, 3)?,
                    fingerprint: fingerprint(row, 4)?,
                    media_type: row.get(9)?,
                    sighting: sighting(row.get(10)?),
                })
            },
        )
    }

    /// Where a file is known to be there that is this one by its inode, and was another state of it.
    pub fn other_states(&self, now: &Fingerprint) -> Result<Vec<AssetPath>, LedgerError> {
        self.all(
            "SELECT d.root, d.path, l.name
             FROM location l JOIN directory d ON d.id = l.directory
             WHERE l.inode = ?1 AND l.device = ?2 AND l.present
               AND (l.size, l.mtime, l.ctime) != (?3, ?4, ?5)",
            params![
                now.inode.cast_signed(),
                now.device.cast_signed(),
                now.size.cast_signed(),
                now.mtime,
                now.ctime
            ],
            |row| asset_path(row, 0),
        )
    }

    /// When the newest scan reached its end.
    pub fn last_scan(&self) -> Result<Option<Timestamp>, LedgerError> {
        let at: Option<i64> = self.one("SELECT max(at) FROM coverage", [], |row| row.get(0))?;
        Ok(at.map(Timestamp::from_nanos))
    }

    /// Every path and what it holds, or with `missing` what it held, by root and path.
    pub fn locations(
        &self,
        missing: bool,
        each: &mut dyn FnMut(LocationRow),
    ) -> Result<(), LedgerError> {
        self.location_rows(
            "SELECT d.root, d.path, l.name, a.hash, a.size, a.media_type, l.present, l.first_seen,
                    l.last_seen
             FROM directory d JOIN location l ON l.directory = d.id JOIN asset a ON a.id = l.asset
             WHERE l.present = ?1 ORDER BY d.root, d.path, l.name",
            [!missing],
            each,
        )
    }

    /// Every path that holds or ever held a content: present ones first.
    pub fn locations_of(&self, asset: &AssetId) -> Result<Vec<LocationRow>, LedgerError> {
        let mut found = Vec::new();
        if let Some(row) = self.ask(|tables| find_asset(tables, asset))? {
            self.location_rows(
                "SELECT d.root, d.path, l.name, a.hash, a.size, a.media_type, l.present,
                        l.first_seen, l.last_seen
                 FROM location l JOIN directory d ON d.id = l.directory
                                 JOIN asset a ON a.id = l.asset
                 WHERE l.asset = ?1
                 UNION ALL
                 SELECT d.root, d.path, f.name, a.hash, a.size, a.media_type, 0,
                        f.first_seen, f.last_seen
                 FROM former_location f JOIN directory d ON d.id = f.directory
                                        JOIN asset a ON a.id = f.asset
                 WHERE f.asset = ?1
                 ORDER BY 7 DESC, 1, 2, 3",
                [row],
                &mut |location| found.push(location),
            )?;
        }
        Ok(found)
    }

    fn location_rows(
        &self,
        sql: &str,
        key: impl Params,
        each: &mut dyn FnMut(LocationRow),
    ) -> Result<(), LedgerError> {
        let mut covered: Option<(AssetPath, Option<i64>)> = None;
        self.rows(sql, key, |row| {
            let path = asset_path(row, 0)?;
            let first_seen: i64 = row.get(7)?;
            let last_seen = if let Some(gone) = row.get::<_, Option<i64>>(8)? {
                gone
            } else {
                let here = AssetPath::new(path.root.clone(), path.path.split().0);
                let at = match &covered {
                    Some((known, at)) if *known == here => *at,
                    _ => coverage(&self.connection, &here.root, &here.path)?,
                };
                covered = Some((here, at));
                at.map_or(first_seen, |at| at.max(first_seen))
            };
            each(LocationRow {
                path,
                asset: asset_id(row, 3)?,
                size: row.get::<_, i64>(4)?.cast_unsigned(),
                media_type: row.get(5)?,
                present: row.get(6)?,
                first_seen: Timestamp::from_nanos(first_seen),
                last_seen: Timestamp::from_nanos(last_seen),
            });
            Ok(true)
        })
    }

    /// Every path that holds or ever held a content.
    pub fn held(&self, each: &mut dyn FnMut(HeldRow)) -> Result<(), LedgerError> {
        self.rows(
            "SELECT d.root, d.path, l.name, a.hash, l.first_seen, iif(l.present, NULL, l.seq)
             FROM directory d JOIN location l ON l.directory = d.id JOIN asset a ON a.id = l.asset
             UNION ALL
             SELECT d.root, d.path, f.name, a.hash, f.first_seen, f.seq
             FROM former_location f JOIN directory d ON d.id = f.directory
                                    JOIN asset a ON a.id = f.asset",
            [],
            |row| {
                each(HeldRow {
                    path: asset_path(row, 0)?,
                    asset: asset_id(row, 3)?,
                    since: Timestamp::from_nanos(row.get(4)?),
                    gone: row.get::<_, Option<i64>>(5)?.map(|seq| Seq(seq.cast_unsigned())),
                });
                Ok(true)
            },
        )
    }
}
