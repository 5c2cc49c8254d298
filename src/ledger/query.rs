//! The read side: what scans compare with and people ask for. Never writes, never decides.

mod heads;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::error::LedgerError;
use crate::ledger::history::{Tail, tail};
use crate::ledger::migrate::{format, newest};
use crate::ledger::open;
use crate::ledger::projection::{below, coverage, find_asset, prefix};
use crate::ledger::rows::{
    AssetMatch, AssetRow, ExaminedRow, HeldRow, KnownFile, KnownLink, LocationRow, LogRow,
    SameInode, SeenAsset, Totals, asset_id, asset_path, attached_to, bytes, evidence_in,
    evidence_of, fingerprint, rel_path, root_name, sighting, unreadable,
};
use crate::model::{
    AssetId, AssetPath, ContentProblem, Evidence, Examination, Fingerprint, Head, RelPath,
    RootName, Seq, Timestamp, Value,
};

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

    fn sql(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::sql(&self.path, "read", source)
    }

    /// The newest event, after checking that it follows from the one before.
    pub fn head(&self) -> Result<Head, LedgerError> {
        tail(&self.connection, &self.path).map(|tail| tail.head)
    }

    /// The newest event's time: nothing is judged as if it were earlier.
    pub fn newest(&self) -> Result<Timestamp, LedgerError> {
        tail(&self.connection, &self.path).map(|Tail { at, .. }| at)
    }

    /// Makes all that is read from here on see one state of the ledger, until it is let go. A question
    /// by itself takes and gives up a lock: for a folder of twenty files that costs a third of it.
    /// Not to be held for long: the log cannot be reused meanwhile.
    pub fn hold(&self) -> Result<(), LedgerError> {
        if !self.connection.is_autocommit() {
            return Ok(());
        }
        let begun = self.connection.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([]));
        begun.map(drop).map_err(|source| self.sql(source))
    }

    /// Sees what was committed meanwhile again.
    pub fn let_go(&self) -> Result<(), LedgerError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        let ended = self.connection.prepare_cached("COMMIT").and_then(|mut end| end.execute([]));
        ended.map(drop).map_err(|source| self.sql(source))
    }

    /// Whether the tables are of this program's format. Those of an older one know less: only the
    /// journal can be read until somebody opens the ledger for writing.
    pub fn is_current(&self) -> Result<bool, LedgerError> {
        format(&self.connection).map(|format| format == newest()).map_err(|source| self.sql(source))
    }

    /// Whether any file was ever observed.
    pub fn is_empty(&self) -> Result<bool, LedgerError> {
        self.connection
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM location)", [], |row| row.get(0))
            .map_err(|source| self.sql(source))
    }

    /// Hands on what is known of the files of one directory, also ones that are gone, by name.
    ///
    /// One at a time and borrowed: a re-scan looks at every row, and copying the names would cost
    /// more than reading them.
    pub fn files_in(
        &self,
        root: &RootName,
        directory: &RelPath,
        each: &mut dyn FnMut(KnownFile<'_>),
    ) -> Result<(), LedgerError> {
        let mut read = || -> rusqlite::Result<()> {
            let mut query = self.connection.prepare_cached(
                "SELECT l.name, l.size, l.mtime, l.ctime, l.device, l.inode, l.sighting, l.present
                 FROM directory d JOIN location l ON l.directory = d.id
                 WHERE d.root = ?1 AND d.path = ?2 ORDER BY l.name",
            )?;
            let mut rows = query.query(params![root.as_str(), directory.as_bytes()])?;
            while let Some(row) = rows.next()? {
                each(KnownFile {
                    name: row.get_ref(0)?.as_blob()?,
                    fingerprint: fingerprint(row, 1)?,
                    sighting: sighting(row.get(6)?),
                    present: row.get(7)?,
                });
            }
            Ok(())
        };
        read().map_err(|source| self.sql(source))
    }

    /// The links of one directory that are there, by name.
    pub fn links_in(
        &self,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<Vec<KnownLink>, LedgerError> {
        self.connection
            .prepare_cached(
                "SELECT l.name, l.target FROM directory d JOIN link l ON l.directory = d.id
                 WHERE d.root = ?1 AND d.path = ?2 AND l.present = 1 ORDER BY l.name",
            )
            .and_then(|mut query| {
                query
                    .query_map(params![root.as_str(), directory.as_bytes()], |row| {
                        Ok(KnownLink { name: bytes(row, 0)?, target: bytes(row, 1)? })
                    })?
                    .collect()
            })
            .map_err(|source| self.sql(source))
    }

    /// Whether any link is there: most trees have none, and need not be asked folder by folder.
    pub fn has_links(&self) -> Result<bool, LedgerError> {
        self.connection
            .query_row("SELECT EXISTS (SELECT 1 FROM link WHERE present = 1)", [], |row| row.get(0))
            .map_err(|source| self.sql(source))
    }

    /// Directories at or below `directory` in which something is present, in the order of their
    /// paths.
    pub fn directories(
        &self,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<Vec<RelPath>, LedgerError> {
        let (low, high) = below(directory);
        self.connection
            .prepare_cached(
                "SELECT path FROM directory d WHERE root = ?1
                 AND (?2 = x'' OR path = ?2 OR (path >= ?3 AND path < ?4))
                 AND (EXISTS (SELECT 1 FROM location WHERE directory = d.id AND present = 1)
                      OR EXISTS (SELECT 1 FROM link WHERE directory = d.id AND present = 1))
                 ORDER BY path",
            )
            .and_then(|mut query| {
                query
                    .query_map(params![root.as_str(), directory.as_bytes(), low, high], |row| {
                        rel_path(row, 0)
                    })?
                    .collect()
            })
            .map_err(|source| self.sql(source))
    }

    /// Files that had this inode on this device, ones that were present last first.
    pub fn same_inode(&self, device: u64, inode: u64) -> Result<Vec<SameInode>, LedgerError> {
        self.connection
            .prepare_cached(
                "SELECT d.root, d.path, l.name, a.hash, l.size, l.mtime, l.ctime, l.device, l.inode,
                        a.media_type, l.sighting
                 FROM location l JOIN directory d ON d.id = l.directory
                                 JOIN asset a ON a.id = l.asset
                 WHERE l.inode = ?1 AND l.device = ?2 ORDER BY l.present DESC LIMIT 8",
            )
            .and_then(|mut query| {
                query
                    .query_map(params![inode.cast_signed(), device.cast_signed()], |row| {
                        Ok(SameInode {
                            path: asset_path(row, 0)?,
                            asset: asset_id(row, 3)?,
                            fingerprint: fingerprint(row, 4)?,
                            media_type: row.get(9)?,
                            sighting: sighting(row.get(10)?),
                        })
                    })?
                    .collect()
            })
            .map_err(|source| self.sql(source))
    }

    /// One content.
    pub fn asset(&self, asset: &AssetId) -> Result<Option<AssetRow>, LedgerError> {
        self.connection
            .prepare_cached("SELECT size, media_type FROM asset WHERE prefix = ?1 AND hash = ?2")
            .and_then(|mut query| {
                query
                    .query_row(params![prefix(asset), asset.as_bytes()], |row| {
                        Ok(AssetRow {
                            size: row.get::<_, i64>(0)?.cast_unsigned(),
                            media_type: row.get(1)?,
                        })
                    })
                    .optional()
            })
            .map_err(|source| self.sql(source))
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
        let found: Vec<AssetId> = self
            .connection
            .prepare_cached("SELECT hash FROM asset WHERE prefix BETWEEN ?1 AND ?2 ORDER BY hash")
            .and_then(|mut query| {
                query.query_map([bound(low), bound(high)], |row| asset_id(row, 0))?.collect()
            })
            .map_err(|source| self.sql(source))?;
        let mut fitting = found.into_iter().filter(|asset| asset.to_string().starts_with(&digits));
        Ok(match (fitting.next(), fitting.next()) {
            (None, _) => AssetMatch::None,
            (Some(one), None) => AssetMatch::One(one),
            (Some(one), Some(other)) => AssetMatch::Several(one, other),
        })
    }

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
        let row = find_asset(&self.connection, asset).map_err(|source| self.sql(source))?;
        row.map_or(Ok(Examination::default()), |row| {
            let read = || -> rusqlite::Result<Examination> {
                Ok(Examination {
                    identity: self.identity_of(row)?.kept(),
                    evidence: evidence(&self.connection, row)?,
                    problems: self.problems_of(row)?,
                })
            };
            read().map_err(|source| self.sql(source))
        })
    }

    fn problems_of(&self, row: i64) -> rusqlite::Result<Vec<ContentProblem>> {
        self.connection
            .prepare_cached(
                "SELECT detector, problem FROM content_problem WHERE asset = ?1 ORDER BY ordinal",
            )?
            .query_map([row], |row| {
                Ok(ContentProblem { detector: row.get(0)?, problem: row.get(1)? })
            })?
            .collect()
    }

    /// Every content that carries a mark or could not be fully examined; without its names.
    pub fn examined(&self, each: &mut dyn FnMut(ExaminedRow)) -> Result<(), LedgerError> {
        self.connection
            .prepare_cached(
                "SELECT id, hash FROM asset WHERE id IN
                 (SELECT asset FROM evidence UNION SELECT asset FROM content_problem) ORDER BY id",
            )
            .and_then(|mut query| {
                let mut rows = query.query([])?;
                while let Some(row) = rows.next()? {
                    let id = row.get(0)?;
                    let evidence = evidence_of(&self.connection, id)?;
                    let problems = self.problems_of(id)?;
                    let examination = Examination { evidence, problems, identity: None };
                    each(ExaminedRow { asset: asset_id(row, 1)?, examination });
                }
                Ok(())
            })
            .map_err(|source| self.sql(source))
    }

    /// What was attached to one content.
    pub fn attached(&self, asset: &AssetId) -> Result<Vec<Evidence>, LedgerError> {
        let row = find_asset(&self.connection, asset).map_err(|source| self.sql(source))?;
        row.map_or(Ok(Vec::new()), |row| {
            attached_to(&self.connection, row).map_err(|source| self.sql(source))
        })
    }

    /// A long text of a mark, whole, checked against its hash.
    pub fn value(&self, hash: &AssetId) -> Result<String, LedgerError> {
        self.connection
            .prepare_cached("SELECT zlib FROM value WHERE hash = ?1")
            .and_then(|mut query| {
                query.query_row([hash.as_bytes()], |row| {
                    let value = Value { hash: *hash, zlib: row.get(0)? };
                    value.text().map_err(|error| unreadable(0, error))
                })
            })
            .map_err(|source| self.sql(source))
    }

    /// What a path holds.
    pub fn asset_at(&self, path: &AssetPath) -> Result<Option<AssetId>, LedgerError> {
        let (directory, name) = path.path.split();
        self.connection
            .prepare_cached(
                "SELECT a.hash FROM directory d JOIN location l ON l.directory = d.id
                                JOIN asset a ON a.id = l.asset
                 WHERE d.root = ?1 AND d.path = ?2 AND l.name = ?3 AND l.present = 1",
            )
            .and_then(|mut query| {
                query
                    .query_row(params![path.root.as_str(), directory.as_bytes(), name], |row| {
                        asset_id(row, 0)
                    })
                    .optional()
            })
            .map_err(|source| self.sql(source))
    }

    /// Since when a path holds a content, where it does.
    pub fn first_seen_at(
        &self,
        path: &AssetPath,
        asset: &AssetId,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let (directory, name) = path.path.split();
        self.connection
            .prepare_cached(
                "SELECT l.first_seen FROM directory d JOIN location l ON l.directory = d.id
                                     JOIN asset a ON a.id = l.asset
                 WHERE d.root = ?1 AND d.path = ?2 AND l.name = ?3 AND a.hash = ?4 AND l.present = 1",
            )
            .and_then(|mut query| {
                query
                    .query_row(
                        params![path.root.as_str(), directory.as_bytes(), name, asset.as_bytes()],
                        |row| row.get(0).map(Timestamp::from_nanos),
                    )
                    .optional()
            })
            .map_err(|source| self.sql(source))
    }

    /// What the system said of the file at a path when it was last there.
    pub fn fingerprint_at(&self, path: &AssetPath) -> Result<Option<Fingerprint>, LedgerError> {
        let (directory, name) = path.path.split();
        self.connection
            .prepare_cached(
                "SELECT l.size, l.mtime, l.ctime, l.device, l.inode
                 FROM directory d JOIN location l ON l.directory = d.id
                 WHERE d.root = ?1 AND d.path = ?2 AND l.name = ?3",
            )
            .and_then(|mut query| {
                let key = params![path.root.as_str(), directory.as_bytes(), name];
                query.query_row(key, |row| fingerprint(row, 0)).optional()
            })
            .map_err(|source| self.sql(source))
    }

    /// The names of all roots in which anything was ever seen.
    pub fn roots(&self) -> Result<Vec<RootName>, LedgerError> {
        self.connection
            .prepare_cached("SELECT DISTINCT root FROM directory ORDER BY root")
            .and_then(|mut query| query.query_map([], |row| root_name(row, 0))?.collect())
            .map_err(|source| self.sql(source))
    }

    /// Every present file in a part of a root with what examined its content, by content. Stops when
    /// `each` says `false`.
    pub fn seen_assets(
        &self,
        root: &RootName,
        directory: &RelPath,
        each: &mut dyn FnMut(SeenAsset) -> bool,
    ) -> Result<(), LedgerError> {
        let (low, high) = below(directory);
        let mut read = || -> rusqlite::Result<()> {
            let mut query = self.connection.prepare_cached(
                "SELECT a.hash, a.media_type, a.detectors, a.deep,
                        EXISTS (SELECT 1 FROM evidence e
                                WHERE e.asset = a.id AND e.strength = 'signed'),
                        d.path, l.name, l.size, l.mtime, l.ctime, l.device, l.inode
                 FROM directory d JOIN location l ON l.directory = d.id AND l.present = 1
                                  JOIN asset a ON a.id = l.asset
                 WHERE d.root = ?1 AND (?2 = x'' OR d.path = ?2 OR (d.path >= ?3 AND d.path < ?4))
                 ORDER BY a.id",
            )?;
            let mut rows = query.query(params![root.as_str(), directory.as_bytes(), low, high])?;
            while let Some(row) = rows.next()? {
                let seen = SeenAsset {
                    asset: asset_id(row, 0)?,
                    media_type: row.get(1)?,
                    detectors: row.get(2)?,
                    deep: row.get(3)?,
                    signed: row.get(4)?,
                    path: rel_path(row, 5)?.join(&bytes(row, 6)?),
                    fingerprint: fingerprint(row, 7)?,
                };
                if !each(seen) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|source| self.sql(source))
    }

    /// Where contents of the given media types that carry a mark lie in a root.
    pub fn marked(
        &self,
        root: &RootName,
        media_types: &[&str],
    ) -> Result<BTreeSet<RelPath>, LedgerError> {
        let read = || -> rusqlite::Result<BTreeSet<RelPath>> {
            let mut query = self.connection.prepare_cached(
                // In this order: by itself it begins with every file there is, at every look of a watch.
                "SELECT d.path, l.name
                 FROM (SELECT DISTINCT asset FROM evidence) e CROSS JOIN asset a ON a.id = e.asset
                 CROSS JOIN location l ON l.asset = a.id CROSS JOIN directory d ON d.id = l.directory
                 WHERE a.media_type = ?1 AND l.present = 1 AND d.root = ?2",
            )?;
            let mut found = BTreeSet::new();
            for media_type in media_types {
                let mut rows = query.query(params![media_type, root.as_str()])?;
                while let Some(row) = rows.next()? {
                    found.insert(rel_path(row, 0)?.join(&bytes(row, 1)?));
                }
            }
            Ok(found)
        };
        read().map_err(|source| self.sql(source))
    }

    /// How many present files in a part of a root hold a content.
    pub fn present(
        &self,
        asset: &AssetId,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<u64, LedgerError> {
        let (low, high) = below(directory);
        self.connection
            .prepare_cached(
                "SELECT count(*) FROM asset a JOIN location l ON l.asset = a.id AND l.present = 1
                                 JOIN directory d ON d.id = l.directory
                 WHERE a.prefix = ?1 AND a.hash = ?2 AND d.root = ?3
                 AND (?4 = x'' OR d.path = ?4 OR (d.path >= ?5 AND d.path < ?6))",
            )
            .and_then(|mut query| {
                let (hash, path) = (asset.as_bytes(), directory.as_bytes());
                let key = (prefix(asset), hash, root.as_str(), path, low, high);
                query.query_row(key, |row| row.get::<_, i64>(0))
            })
            .map(i64::cast_unsigned)
            .map_err(|source| self.sql(source))
    }

    /// How many present files in a part of a root hold each content that carries a mark or could not
    /// be fully examined. One question for all of them: asked one by one, a statement whose range
    /// is bound anew is planned anew.
    pub fn present_examined(
        &self,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<BTreeMap<AssetId, u64>, LedgerError> {
        let (low, high) = below(directory);
        self.connection
            .prepare_cached(
                // In this order: by itself it begins with every file there is.
                "SELECT a.hash, count(*)
                 FROM (SELECT asset FROM evidence UNION SELECT asset FROM content_problem) e
                 CROSS JOIN asset a ON a.id = e.asset
                 CROSS JOIN location l ON l.asset = a.id AND l.present = 1
                 CROSS JOIN directory d ON d.id = l.directory
                 WHERE d.root = ?1 AND (?2 = x'' OR d.path = ?2 OR (d.path >= ?3 AND d.path < ?4))
                 GROUP BY a.id",
            )
            .and_then(|mut query| {
                query
                    .query_map(params![root.as_str(), directory.as_bytes(), low, high], |row| {
                        Ok((asset_id(row, 0)?, row.get::<_, i64>(1)?.cast_unsigned()))
                    })?
                    .collect()
            })
            .map_err(|source| self.sql(source))
    }

    /// Counts over a part of a root.
    pub fn totals(&self, root: &RootName, directory: &RelPath) -> Result<Totals, LedgerError> {
        let (low, high) = below(directory);
        self.connection
            .prepare_cached(
                "SELECT coalesce(sum(l.present), 0), coalesce(sum(l.size * l.present), 0),
                        coalesce(sum(1 - l.present), 0)
                 FROM directory d JOIN location l ON l.directory = d.id
                 WHERE d.root = ?1 AND (?2 = x'' OR d.path = ?2 OR (d.path >= ?3 AND d.path < ?4))",
            )
            .and_then(|mut query| {
                query.query_row(params![root.as_str(), directory.as_bytes(), low, high], |row| {
                    Ok(Totals {
                        files: row.get::<_, i64>(0)?.cast_unsigned(),
                        bytes: row.get::<_, i64>(1)?.cast_unsigned(),
                        missing: row.get::<_, i64>(2)?.cast_unsigned(),
                    })
                })
            })
            .map_err(|source| self.sql(source))
    }

    /// When the newest scan reached its end.
    pub fn last_scan(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.connection
            .query_row("SELECT max(at) FROM coverage", [], |row| row.get::<_, Option<i64>>(0))
            .map(|at| at.map(Timestamp::from_nanos))
            .map_err(|source| self.sql(source))
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
            params![!missing],
            each,
        )
    }

    /// Every path that holds or ever held a content: present ones first.
    pub fn locations_of(&self, asset: &AssetId) -> Result<Vec<LocationRow>, LedgerError> {
        let Some(row) = find_asset(&self.connection, asset).map_err(|source| self.sql(source))?
        else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        self.location_rows(
            "SELECT d.root, d.path, l.name, a.hash, a.size, a.media_type, l.present, l.first_seen,
                    l.last_seen
             FROM location l JOIN directory d ON d.id = l.directory JOIN asset a ON a.id = l.asset
             WHERE l.asset = ?1
             UNION ALL
             SELECT d.root, d.path, f.name, a.hash, a.size, a.media_type, 0, f.first_seen,
                    f.last_seen
             FROM former_location f JOIN directory d ON d.id = f.directory
                                    JOIN asset a ON a.id = f.asset
             WHERE f.asset = ?1
             ORDER BY 7 DESC, 1, 2, 3",
            params![row],
            &mut |location| found.push(location),
        )?;
        Ok(found)
    }

    /// Every path that holds or ever held a content.
    pub fn held(&self, each: &mut dyn FnMut(HeldRow)) -> Result<(), LedgerError> {
        let mut read = || -> rusqlite::Result<()> {
            let mut query = self.connection.prepare_cached(
                "SELECT d.root, d.path, l.name, a.hash, l.first_seen, iif(l.present, NULL, l.seq)
                 FROM directory d JOIN location l ON l.directory = d.id JOIN asset a ON a.id = l.asset
                 UNION ALL
                 SELECT d.root, d.path, f.name, a.hash, f.first_seen, f.seq
                 FROM former_location f JOIN directory d ON d.id = f.directory
                                        JOIN asset a ON a.id = f.asset",
            )?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                each(HeldRow {
                    path: asset_path(row, 0)?,
                    asset: asset_id(row, 3)?,
                    since: Timestamp::from_nanos(row.get(4)?),
                    gone: row.get::<_, Option<i64>>(5)?.map(|seq| Seq(seq.cast_unsigned())),
                });
            }
            Ok(())
        };
        read().map_err(|source| self.sql(source))
    }

    fn location_rows(
        &self,
        sql: &str,
        key: &[&dyn rusqlite::ToSql],
        each: &mut dyn FnMut(LocationRow),
    ) -> Result<(), LedgerError> {
        let mut covered: Option<(AssetPath, Option<i64>)> = None;
        let mut read = || -> rusqlite::Result<()> {
            let mut query = self.connection.prepare_cached(sql)?;
            let mut rows = query.query(key)?;
            while let Some(row) = rows.next()? {
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
            }
            Ok(())
        };
        read().map_err(|source| self.sql(source))
    }

    /// The journal, newest first, from `since` on; with `asset`, only events that name it. Stops
    /// when `each` says `false`.
    pub fn log(
        &self,
        asset: Option<&AssetId>,
        since: Option<Timestamp>,
        each: &mut dyn FnMut(LogRow) -> bool,
    ) -> Result<(), LedgerError> {
        let mut read = || -> rusqlite::Result<()> {
            let mut query = self.connection.prepare_cached(
                "SELECT seq, at, actor, kind, hash, body FROM journal
                 WHERE at >= ?1 AND (?2 IS NULL OR instr(body, ?2) > 0) ORDER BY seq DESC",
            )?;
            let since = since.map_or(i64::MIN, Timestamp::as_nanos);
            let mut rows = query.query(params![since, asset.map(ToString::to_string)])?;
            while let Some(row) = rows.next()? {
                let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
                let head = Head { seq, hash: row.get(4)? };
                let at = Timestamp::from_nanos(row.get(1)?);
                let (actor, kind, body) = (row.get(2)?, row.get(3)?, row.get(5)?);
                if !each(LogRow { head, at, actor, kind, body }) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|source| self.sql(source))
    }
}
