//! Events to tables: one pure `apply`, in the transaction that appends.
//!
//! The same events in the same order give the same rows, on any machine at any time: nothing here
//! reads a clock, the disk or anything but the event and the tables it built before.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::ledger::rows::{attached_to, names_beside};
use crate::model::{
    AssetId, DirectoryObserved, Event, Evidence, Examination, Found, FoundLink, GivenName,
    Identity, NamedBeside, ObservedBatch, RelPath, RootName, ScanCompleted, Seq, Sighting,
    SourceType, Timestamp, Trust,
};

/// Applies one event. Decisions change no table: they are folded from the journal where needed.
pub(super) fn apply(tables: &Connection, seq: Seq, at: Timestamp, event: &Event) -> Result<()> {
    match event {
        Event::Observed(batch) => Step { tables, seq, at }.observed(batch),
        Event::ScanCompleted(scan) => Step { tables, seq, at }.scan_completed(scan),
        _ => Ok(()),
    }
}

/// For a directory nothing was known of: no row can be in the way, and the plain statement needs no
/// journal of its own to undo half of itself.
const LOCATION_NEW: &str = "
    INSERT INTO location (directory, name, asset, present, sighting, size, mtime, ctime, device,
                          inode, first_seen, last_seen, seq)
    VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL, ?11)";

/// For a directory that is known: the row may be there.
const LOCATION_AGAIN: &str = "
    INSERT INTO location (directory, name, asset, present, sighting, size, mtime, ctime, device,
                          inode, first_seen, last_seen, seq)
    VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL, ?11)
    ON CONFLICT (directory, name) DO UPDATE SET
        asset = excluded.asset, present = 1, sighting = excluded.sighting, size = excluded.size,
        mtime = excluded.mtime, ctime = excluded.ctime, device = excluded.device,
        inode = excluded.inode, first_seen = excluded.first_seen, last_seen = NULL,
        seq = excluded.seq";

/// Where the things that a sidecar names are numbered from: above those that a content names itself.
const BESIDE: i64 = 1 << 32;

struct Step<'a> {
    tables: &'a Connection,
    seq: Seq,
    at: Timestamp,
}

impl Step<'_> {
    fn observed(&self, batch: &ObservedBatch) -> Result<()> {
        for observed in &batch.directories {
            self.directory(batch, observed)?;
        }
        for (asset, examination) in &batch.examined {
            if let Some(row) = find_asset(self.tables, asset)? {
                self.examined(row, batch, examination)?;
            }
        }
        for (asset, evidence) in &batch.attached {
            if let Some(row) = find_asset(self.tables, asset)? {
                self.attached(row, evidence)?;
            }
        }
        for NamedBeside(asset, _, identity) in &batch.named {
            if let Some(row) = find_asset(self.tables, asset)? {
                self.named_beside(row, identity)?;
            }
        }
        for value in &batch.values {
            self.tables
                .prepare_cached(
                    "INSERT INTO value (hash, zlib) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute(params![value.hash.as_bytes(), value.zlib])?;
        }
        Ok(())
    }

    fn directory(&self, batch: &ObservedBatch, observed: &DirectoryObserved) -> Result<()> {
        let (directory, known) = self.directory_id(&batch.root, &observed.directory)?;
        for found in &observed.files {
            let asset = self.asset_id(found, batch)?;
            if known {
                let first_seen =
                    self.replaced(directory, found, asset, &batch.root, &observed.directory)?;
                self.file(LOCATION_AGAIN, directory, found, asset, first_seen)?;
            } else {
                self.file(LOCATION_NEW, directory, found, asset, self.at.as_nanos())?;
            }
        }
        for link in &observed.links {
            self.link(directory, link, &batch.root, &observed.directory)?;
        }
        for name in &observed.gone {
            self.gone(directory, &name.0, &batch.root, &observed.directory)?;
        }
        Ok(())
    }

    /// The directory's row, and whether anything was known of it before this event.
    fn directory_id(&self, root: &RootName, path: &RelPath) -> Result<(i64, bool)> {
        let key = params![root.as_str(), path.as_bytes()];
        let known = self
            .tables
            .prepare_cached("SELECT id FROM directory WHERE root = ?1 AND path = ?2")?
            .query_row(key, |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            return Ok((id, true));
        }
        let mut insert =
            self.tables.prepare_cached("INSERT INTO directory (root, path) VALUES (?1, ?2)")?;
        Ok((insert.insert(key)?, false))
    }

    fn asset_id(&self, found: &Found, batch: &ObservedBatch) -> Result<i64> {
        if let Some(id) = find_asset(self.tables, &found.asset)? {
            return Ok(id);
        }
        self.tables
            .prepare_cached(
                "INSERT INTO asset (prefix, hash, size, media_type, detectors, deep, seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .insert(params![
                prefix(&found.asset),
                found.asset.as_bytes(),
                found.fingerprint.size.cast_signed(),
                found.media_type,
                batch.detectors,
                batch.deep,
                self.seq.0.cast_signed(),
            ])
    }

    /// Puts away what this path held before; gives the time its present content came.
    fn replaced(
        &self,
        directory: i64,
        found: &Found,
        asset: i64,
        root: &RootName,
        path: &RelPath,
    ) -> Result<i64> {
        self.forget_link(directory, &found.name)?;
        let before: Option<(i64, i64, Option<i64>)> = self
            .tables
            .prepare_cached(
                "SELECT asset, first_seen, last_seen FROM location
                 WHERE directory = ?1 AND name = ?2",
            )?
            .query_row(params![directory, found.name], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((old, since, gone)) = before else {
            return Ok(self.at.as_nanos());
        };
        if old == asset {
            return Ok(since);
        }
        let until = match gone {
            Some(until) => until,
            None => self.last_seen(root, path, since)?,
        };
        let seq = self.seq.0.cast_signed();
        self.tables
            .prepare_cached(
                "INSERT INTO former_location (directory, name, asset, first_seen, last_seen, seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?
            .execute(params![directory, found.name, old, since, until, seq])?;
        Ok(self.at.as_nanos())
    }

    fn file(
        &self,
        sql: &str,
        directory: i64,
        found: &Found,
        asset: i64,
        first_seen: i64,
    ) -> Result<()> {
        let print = found.fingerprint;
        self.tables.prepare_cached(sql)?.execute(params![
            directory,
            found.name,
            asset,
            sighting_code(found.sighting),
            print.size.cast_signed(),
            print.mtime,
            print.ctime,
            print.device.cast_signed(),
            print.inode.cast_signed(),
            first_seen,
            self.seq.0.cast_signed(),
        ])?;
        Ok(())
    }

    fn link(
        &self,
        directory: i64,
        link: &FoundLink,
        root: &RootName,
        path: &RelPath,
    ) -> Result<()> {
        self.gone_file(directory, &link.name, root, path)?;
        self.tables
            .prepare_cached(
                "INSERT INTO link (directory, name, target, present, seq) VALUES (?1, ?2, ?3, 1, ?4)
                 ON CONFLICT (directory, name) DO UPDATE SET
                     target = excluded.target, present = 1, seq = excluded.seq",
            )?
            .execute(params![directory, link.name, link.target, self.seq.0.cast_signed()])?;
        Ok(())
    }

    fn gone(&self, directory: i64, name: &[u8], root: &RootName, path: &RelPath) -> Result<()> {
        self.forget_link(directory, name)?;
        self.gone_file(directory, name, root, path)
    }

    fn forget_link(&self, directory: i64, name: &[u8]) -> Result<()> {
        self.tables
            .prepare_cached(
                "UPDATE link SET present = 0, seq = ?3
                 WHERE directory = ?1 AND name = ?2 AND present = 1",
            )?
            .execute(params![directory, name, self.seq.0.cast_signed()])?;
        Ok(())
    }

    fn gone_file(
        &self,
        directory: i64,
        name: &[u8],
        root: &RootName,
        path: &RelPath,
    ) -> Result<()> {
        let since: Option<i64> = self
            .tables
            .prepare_cached(
                "SELECT first_seen FROM location
                 WHERE directory = ?1 AND name = ?2 AND present = 1",
            )?
            .query_row(params![directory, name], |row| row.get(0))
            .optional()?;
        let Some(since) = since else { return Ok(()) };
        let until = self.last_seen(root, path, since)?;
        self.tables
            .prepare_cached(
                "UPDATE location SET present = 0, last_seen = ?3, seq = ?4
                 WHERE directory = ?1 AND name = ?2",
            )?
            .execute(params![directory, name, until, self.seq.0.cast_signed()])?;
        Ok(())
    }

    /// When a path of this directory was last known to be there: the newest completed scan that
    /// covered it, or the observation itself.
    fn last_seen(&self, root: &RootName, directory: &RelPath, since: i64) -> Result<i64> {
        Ok(coverage(self.tables, root, directory)?.map_or(since, |at| at.max(since)))
    }

    fn examined(&self, asset: i64, batch: &ObservedBatch, found: &Examination) -> Result<()> {
        for clear in [
            "DELETE FROM evidence WHERE asset = ?1 AND ordinal >= 0",
            "DELETE FROM content_problem WHERE asset = ?1",
            "DELETE FROM given_name WHERE asset = ?1 AND ordinal >= 0",
        ] {
            self.tables.prepare_cached(clear)?.execute([asset])?;
        }
        self.tables
            .prepare_cached("UPDATE asset SET detectors = ?2, deep = max(deep, ?3) WHERE id = ?1")?
            .execute(params![asset, batch.detectors, batch.deep])?;
        for (ordinal, one) in (0_i64..).zip(&found.evidence) {
            self.evidence(asset, ordinal, one)?;
        }
        for (ordinal, one) in (0_i64..).zip(&found.problems) {
            self.tables
                .prepare_cached(
                    "INSERT INTO content_problem (asset, ordinal, detector, problem)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![asset, ordinal, one.detector, one.problem])?;
        }
        let identity = found.identity.as_deref();
        identity.map_or(Ok(()), |identity| self.named(asset, identity, 1, 0..))
    }

    /// Adds what is not there yet, after what is.
    fn named_beside(&self, asset: i64, identity: &Identity) -> Result<()> {
        let known = names_beside(self.tables, asset)?;
        let rows = known.own.len() + known.from.iter().map(|one| one.names.len()).sum::<usize>();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let (source, rows) = (BESIDE + count(known.from.len()), count(rows));
        self.named(asset, &identity.beyond(&known), source, (rows..).map(|row| -1 - row))
    }

    fn named(
        &self,
        asset: i64,
        identity: &Identity,
        source: i64,
        ordinals: impl Iterator<Item = i64>,
    ) -> Result<()> {
        let own = identity.own.iter().map(|name| (0_i64, None, name));
        let from = (source..)
            .zip(&identity.from)
            .flat_map(|(source, one)| one.names.iter().map(move |name| (source, Some(one), name)));
        for (ordinal, (source, from, GivenName(kind, name))) in ordinals.zip(own.chain(from)) {
            self.tables
                .prepare_cached(
                    "INSERT INTO given_name (asset, ordinal, source, relation, kind, name, place)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    asset,
                    ordinal,
                    source,
                    from.map(|one| one.relation.as_str()),
                    kind.as_str(),
                    name,
                    from.map(|one| one.place.as_str()),
                ])?;
        }
        Ok(())
    }

    /// Adds what is not there yet, after what is.
    fn attached(&self, asset: i64, found: &[Evidence]) -> Result<()> {
        let known = attached_to(self.tables, asset)?;
        let mut ordinal = -1 - i64::try_from(known.len()).unwrap_or(i64::MAX);
        for (at, one) in found.iter().enumerate() {
            if !known.contains(one) && !found[..at].contains(one) {
                self.evidence(asset, ordinal, one)?;
                ordinal -= 1;
            }
        }
        Ok(())
    }

    fn evidence(&self, asset: i64, ordinal: i64, one: &Evidence) -> Result<()> {
        let mut insert = self.tables.prepare_cached(
            "INSERT INTO evidence (asset, ordinal, detector, mark, place, strength, source_type,
                                   tool, model, signer, trust, detail, value, rule)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?;
        insert.execute(params![
            asset,
            ordinal,
            one.detector,
            one.mark,
            one.place,
            one.strength.as_str(),
            one.source_type.map(SourceType::term),
            one.tool,
            one.model,
            one.signer,
            one.trust.map(Trust::as_str),
            one.detail,
            one.value.as_ref().map(|hash| hash.as_bytes().as_slice()),
            one.rule,
        ])?;
        Ok(())
    }

    fn scan_completed(&self, scan: &ScanCompleted) -> Result<()> {
        let (low, high) = below(&scan.directory);
        // A scan of a folder says anew when everything below it was seen.
        self.tables
            .prepare_cached(
                "DELETE FROM coverage
                 WHERE root = ?1 AND (?2 = x'' OR (directory >= ?3 AND directory < ?4))",
            )?
            .execute(params![scan.root.as_str(), scan.directory.as_bytes(), low, high])?;
        self.tables
            .prepare_cached(
                "INSERT INTO coverage (root, directory, at, seq) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (root, directory) DO UPDATE SET at = excluded.at, seq = excluded.seq",
            )?
            .execute(params![
                scan.root.as_str(),
                scan.directory.as_bytes(),
                self.at.as_nanos(),
                self.seq.0.cast_signed()
            ])?;
        Ok(())
    }
}

/// The newest completed scan that covered a directory.
pub(super) fn coverage(
    tables: &Connection,
    root: &RootName,
    directory: &RelPath,
) -> Result<Option<i64>> {
    let mut newest: Option<i64> = None;
    let mut query =
        tables.prepare_cached("SELECT at FROM coverage WHERE root = ?1 AND directory = ?2")?;
    let mut part = Some(directory.as_path());
    while let Some(here) = part {
        let key = std::os::unix::ffi::OsStrExt::as_bytes(here.as_os_str());
        let at = query.query_row(params![root.as_str(), key], |row| row.get(0)).optional()?;
        newest = newest.max(at);
        part = here.parent().filter(|_| here != Path::new(""));
    }
    Ok(newest)
}

/// The row of a content. Two contents that share eight bytes are told apart here.
pub(super) fn find_asset(tables: &Connection, asset: &AssetId) -> Result<Option<i64>> {
    tables
        .prepare_cached("SELECT id FROM asset WHERE prefix = ?1 AND hash = ?2")?
        .query_row(params![prefix(asset), asset.as_bytes()], |row| row.get(0))
        .optional()
}

/// The first eight bytes of a hash as the `prefix` column holds them.
pub(super) fn prefix(asset: &AssetId) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&asset.as_bytes()[..8]);
    i64::from_be_bytes(first)
}

/// Bounds of the paths strictly below a directory: `'0'` follows `'/'`.
pub(super) fn below(directory: &RelPath) -> (Vec<u8>, Vec<u8>) {
    let mut low = directory.as_bytes().to_vec();
    let mut high = low.clone();
    low.push(b'/');
    high.push(b'0');
    (low, high)
}

/// How the `sighting` column spells it.
pub(super) const fn sighting_code(sighting: Sighting) -> i64 {
    match sighting {
        Sighting::Read => 0,
        Sighting::Racy => 1,
        Sighting::Carried => 2,
    }
}
