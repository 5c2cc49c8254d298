//! Folders: what is known of one of them, for scans to compare with, and which there are.

use rusqlite::params;

use crate::ledger::LedgerError;
use crate::ledger::query::Reader;
use crate::ledger::query::parts::{in_part, part};
use crate::ledger::rows::{
    KnownFile, KnownLink, asset_path, bytes, fingerprint, rel_path, root_name, sighting,
};
use crate::model::{AssetPath, RelPath, RootName, Seq};

impl Reader {
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
        self.rows(
            "SELECT l.name, l.size, l.mtime, l.ctime, l.device, l.inode, l.sighting, l.present
             FROM directory d JOIN location l ON l.directory = d.id
             WHERE d.root = ?1 AND d.path = ?2 ORDER BY l.name",
            params![root.as_str(), directory.as_bytes()],
            |row| {
                each(KnownFile {
                    name: row.get_ref(0)?.as_blob()?,
                    fingerprint: fingerprint(row, 1)?,
                    sighting: sighting(row.get(6)?),
                    present: row.get(7)?,
                });
                Ok(true)
            },
        )
    }

    /// The links of one directory that are there, by name.
    pub fn links_in(
        &self,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<Vec<KnownLink>, LedgerError> {
        self.all(
            "SELECT l.name, l.target FROM directory d JOIN link l ON l.directory = d.id
             WHERE d.root = ?1 AND d.path = ?2 AND l.present = 1 ORDER BY l.name",
            params![root.as_str(), directory.as_bytes()],
            |row| Ok(KnownLink { name: bytes(row, 0)?, target: bytes(row, 1)? }),
        )
    }

    /// Links that a later event than this one saw as they are, folder by folder, until `each` says `false`.
    pub fn links_since(
        &self,
        seq: Seq,
        each: &mut dyn FnMut(AssetPath) -> bool,
    ) -> Result<(), LedgerError> {
        self.rows(
            "SELECT d.root, d.path, l.name FROM link l JOIN directory d ON d.id = l.directory
             WHERE l.seq > ?1 AND l.present = 1 ORDER BY d.root, d.path, l.name",
            [seq.0.cast_signed()],
            |row| Ok(each(asset_path(row, 0)?)),
        )
    }

    /// Whether any link is there: most trees have none, and need not be asked folder by folder.
    pub fn has_links(&self) -> Result<bool, LedgerError> {
        self.one("SELECT EXISTS (SELECT 1 FROM link WHERE present = 1)", [], |row| row.get(0))
    }

    /// Directories at or below `directory` in which something is present, in the order of their
    /// paths.
    pub fn directories(
        &self,
        root: &RootName,
        directory: &RelPath,
    ) -> Result<Vec<RelPath>, LedgerError> {
        self.all(
            concat!(
                "SELECT path FROM directory d WHERE ",
                in_part!(),
                " AND (EXISTS (SELECT 1 FROM location WHERE directory = d.id AND present = 1)
                       OR EXISTS (SELECT 1 FROM link WHERE directory = d.id AND present = 1))
                  ORDER BY path"
            ),
            part(root, directory),
            |row| rel_path(row, 0),
        )
    }

    /// The names of all roots in which anything was ever seen.
    pub fn roots(&self) -> Result<Vec<RootName>, LedgerError> {
        self.all("SELECT DISTINCT root FROM directory ORDER BY root", [], |row| root_name(row, 0))
    }
}
