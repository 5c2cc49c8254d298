//! What queries give, and how rows of the tables become it.

use rusqlite::{Connection, Row};

use crate::model::{
    AssetId, AssetPath, ContentProblem, Derivation, Evidence, Examination, Fingerprint, GivenName,
    Head, Identity, NameKind, RelPath, Relation, RootName, Seq, Sighting, SourceType, Strength,
    Timestamp, Trust,
};

/// What the ledger knows of one path, for as long as it is looked at.
#[derive(Debug)]
pub struct KnownFile<'a> {
    /// Last segment.
    pub name: &'a [u8],
    /// As it was observed.
    pub fingerprint: Fingerprint,
    /// How its content is known.
    pub sighting: Sighting,
    /// Whether it was there then.
    pub present: bool,
}

/// What the ledger knows of one symbolic link.
#[derive(Debug)]
pub struct KnownLink {
    /// Last segment.
    pub name: Box<[u8]>,
    /// Where it pointed.
    pub target: Box<[u8]>,
}

/// A file with the same inode as one that is asked for.
#[derive(Debug)]
pub struct SameInode {
    /// Where the ledger last saw it.
    pub path: AssetPath,
    /// Its content.
    pub asset: AssetId,
    /// As it was observed.
    pub fingerprint: Fingerprint,
    /// How its content is known.
    pub sighting: Sighting,
    /// What it is.
    pub media_type: String,
}

/// One content.
#[derive(Debug)]
pub struct AssetRow {
    /// Bytes.
    pub size: u64,
    /// What it is by its bytes.
    pub media_type: String,
}

/// A content at one of its present paths, and what examined it.
#[derive(Debug)]
pub struct SeenAsset {
    /// The content.
    pub asset: AssetId,
    /// What it is by its bytes.
    pub media_type: String,
    /// The detector set that examined it.
    pub detectors: u32,
    /// Whether its pixels were decoded too.
    pub deep: bool,
    /// Whether it carries a signed mark.
    pub signed: bool,
    /// Where, below the root that was asked for.
    pub path: RelPath,
    /// As it was observed there.
    pub fingerprint: Fingerprint,
}

/// One path and what it holds or held.
#[derive(Debug)]
pub struct LocationRow {
    /// Where.
    pub path: AssetPath,
    /// What.
    pub asset: AssetId,
    /// Bytes.
    pub size: u64,
    /// What it is by its bytes.
    pub media_type: String,
    /// Whether the path held it when last observed.
    pub present: bool,
    /// When the path was first seen with this content.
    pub first_seen: Timestamp,
    /// When it was last seen with it.
    pub last_seen: Timestamp,
}

/// A path that holds or held a content.
#[derive(Debug)]
pub struct HeldRow {
    /// Where.
    pub path: AssetPath,
    /// What.
    pub asset: AssetId,
    /// When it was first seen there.
    pub since: Timestamp,
    /// The event that says that it is there no more.
    pub gone: Option<Seq>,
}

/// What examining one content gave.
#[derive(Debug)]
pub struct ExaminedRow {
    /// The content.
    pub asset: AssetId,
    /// Its marks and problems.
    pub examination: Examination,
}

/// The names of one content.
#[derive(Debug)]
pub struct NamedRow {
    /// The content.
    pub asset: AssetId,
    /// What it is by its bytes.
    pub media_type: String,
    /// Its names, and those that sidecars have for it.
    pub identity: Identity,
}

/// What an abbreviated id stands for.
#[derive(Debug, PartialEq, Eq)]
pub enum AssetMatch {
    /// Nothing.
    None,
    /// One content.
    One(AssetId),
    /// Several: at least these two.
    Several(AssetId, AssetId),
}

/// One line of the journal for display.
#[derive(Debug)]
pub struct LogRow {
    /// Place and chain hash.
    pub head: Head,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What kind of event.
    pub kind: String,
    /// Its payload, JSON.
    pub body: String,
}

/// Counts over a part of a root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files present.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there and are not any more.
    pub missing: u64,
}

pub(super) fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Box<[u8]>> {
    row.get::<_, Vec<u8>>(column).map(Vec::into_boxed_slice)
}

pub(super) fn rel_path(row: &Row<'_>, column: usize) -> rusqlite::Result<RelPath> {
    RelPath::new(row.get::<_, Vec<u8>>(column)?).map_err(|error| unreadable(column, error))
}

pub(super) fn root_name(row: &Row<'_>, column: usize) -> rusqlite::Result<RootName> {
    RootName::try_from(row.get::<_, String>(column)?).map_err(|error| unreadable(column, error))
}

pub(super) fn asset_path(row: &Row<'_>, first: usize) -> rusqlite::Result<AssetPath> {
    let root = root_name(row, first)?;
    let directory = rel_path(row, first + 1)?;
    Ok(AssetPath::new(root, directory.join(row.get_ref(first + 2)?.as_blob()?)))
}

pub(super) fn asset_id(row: &Row<'_>, column: usize) -> rusqlite::Result<AssetId> {
    row.get(column).map(AssetId::from_bytes)
}

pub(super) fn fingerprint(row: &Row<'_>, first: usize) -> rusqlite::Result<Fingerprint> {
    Ok(Fingerprint {
        size: row.get::<_, i64>(first)?.cast_unsigned(),
        mtime: row.get(first + 1)?,
        ctime: row.get(first + 2)?,
        device: row.get::<_, i64>(first + 3)?.cast_unsigned(),
        inode: row.get::<_, i64>(first + 4)?.cast_unsigned(),
    })
}

/// A code the table's CHECK does not allow is read as the most careful one.
pub(super) const fn sighting(code: i64) -> Sighting {
    match code {
        0 => Sighting::Read,
        2 => Sighting::Carried,
        _ => Sighting::Racy,
    }
}

/// A question for evidence of a content, with the columns that `evidence` reads.
macro_rules! evidence_where {
    ($which:literal) => {
        concat!(
            "SELECT detector, mark, place, strength, source_type, tool, model, signer, trust,
                    detail, value, rule
             FROM evidence WHERE asset = ?1 ",
            $which
        )
    };
}

/// The evidence of a content: what its bytes show in the order it stands in them, then what was
/// attached to it in the order it was seen.
pub(super) fn evidence_of(tables: &Connection, asset: i64) -> rusqlite::Result<Vec<Evidence>> {
    all_of(tables, evidence_where!("ORDER BY ordinal < 0, abs(ordinal)"), asset, evidence)
}

/// What the bytes of a content show, in the order it stands in them.
pub(super) fn evidence_in(tables: &Connection, asset: i64) -> rusqlite::Result<Vec<Evidence>> {
    all_of(tables, evidence_where!("AND ordinal >= 0 ORDER BY ordinal"), asset, evidence)
}

/// What was attached to a content, in the order it was seen.
pub(super) fn attached_to(tables: &Connection, asset: i64) -> rusqlite::Result<Vec<Evidence>> {
    all_of(tables, evidence_where!("AND ordinal < 0 ORDER BY ordinal DESC"), asset, evidence)
}

/// What could not be examined in a content.
pub(super) fn problems_of(
    tables: &Connection,
    asset: i64,
) -> rusqlite::Result<Vec<ContentProblem>> {
    let sql = "SELECT detector, problem FROM content_problem WHERE asset = ?1 ORDER BY ordinal";
    all_of(tables, sql, asset, |row| {
        Ok(ContentProblem { detector: row.get(0)?, problem: row.get(1)? })
    })
}

fn all_of<T>(
    tables: &Connection,
    sql: &str,
    asset: i64,
    row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    tables.prepare_cached(sql)?.query_map([asset], row)?.collect()
}

/// A question for names of a content, with the columns that `names` reads.
macro_rules! names_where {
    ($which:literal) => {
        concat!(
            "SELECT source, relation, kind, name, place FROM given_name WHERE asset = ?1 AND ",
            $which
        )
    };
}

/// The names that the bytes of a content carry.
pub(super) fn names_in(tables: &Connection, asset: i64) -> rusqlite::Result<Identity> {
    let mut query = tables.prepare_cached(names_where!("ordinal >= 0 ORDER BY ordinal"))?;
    names(query.query([asset])?)
}

/// The names that sidecars have for a content, in the order they were seen.
pub(super) fn names_beside(tables: &Connection, asset: i64) -> rusqlite::Result<Identity> {
    let mut query = tables.prepare_cached(names_where!("ordinal < 0 ORDER BY ordinal DESC"))?;
    names(query.query([asset])?)
}

/// The names in the rows of a content. A word that the table's CHECK does not allow is read as the one
/// that counts most.
fn names(mut rows: rusqlite::Rows<'_>) -> rusqlite::Result<Identity> {
    let (mut identity, mut newest) = (Identity::default(), 0);
    while let Some(row) = rows.next()? {
        let source: i64 = row.get(0)?;
        let kind = NameKind::from_word(row.get_ref(2)?.as_str()?).unwrap_or(NameKind::Document);
        let name = GivenName(kind, row.get(3)?);
        if source == 0 {
            identity.own.push(name);
            continue;
        }
        if source != newest {
            newest = source;
            let relation = Relation::from_word(row.get_ref(1)?.as_str()?);
            let relation = relation.unwrap_or(Relation::Version);
            identity.from.push(Derivation { relation, names: Vec::new(), place: row.get(4)? });
        }
        if let Some(last) = identity.from.last_mut() {
            last.names.push(name);
        }
    }
    Ok(identity)
}

fn evidence(row: &Row<'_>) -> rusqlite::Result<Evidence> {
    let word = |column: usize| -> rusqlite::Result<Option<serde_json::Value>> {
        Ok(row.get::<_, Option<String>>(column)?.map(serde_json::Value::String))
    };
    let strength: Strength = serde_json::from_value(word(3)?.unwrap_or_default())
        .map_err(|error| unreadable(3, error))?;
    let source_type: Option<SourceType> = serde_json::from_value(word(4)?.unwrap_or_default())
        .map_err(|error| unreadable(4, error))?;
    let trust: Option<Trust> = serde_json::from_value(word(8)?.unwrap_or_default())
        .map_err(|error| unreadable(8, error))?;
    Ok(Evidence {
        detector: row.get(0)?,
        mark: row.get(1)?,
        place: row.get(2)?,
        strength,
        source_type,
        tool: row.get(5)?,
        model: row.get(6)?,
        signer: row.get(7)?,
        trust,
        detail: row.get(9)?,
        value: row
            .get::<_, Option<[u8; 32]>>(10)?
            .map(|hash| AssetId::from(blake3::Hash::from(hash))),
        rule: row.get(11)?,
    })
}

pub(super) fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
