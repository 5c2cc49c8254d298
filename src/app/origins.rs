//! Origins of every content that carries a mark or was determined: what lists look statuses up in.
//! A content that is not in here has no mark, which says nothing.

use std::collections::{BTreeMap, HashMap};

use crate::app::authority::authorities;
use crate::app::{AppError, Project};
use crate::ledger::Reader;
use crate::model::{
    AiStatus, Approval, AssetId, AssetPath, Authorities, Clearance, ContentProblem, DeclarationId,
    Examination, Timestamp,
};
use crate::origin::Origin;
use crate::policy::{Policy, counts};
use crate::record::{Entry, Record};

/// What lists show of one content.
pub(super) struct Known {
    pub(super) origin: Origin,
    pub(super) clearance: Option<Clearance>,
    /// The declarations it is under.
    pub(super) declarations: Vec<DeclarationId>,
    /// What could not be examined and no person made up for.
    pub(super) problems: Vec<ContentProblem>,
}

/// Draws the origin of every content there is anything to say of, and how it stands with those who
/// must clear it, where that is asked.
pub(super) fn origins(
    reader: &Reader,
    record: &Record,
    clearing: Option<&Clearing<'_>>,
) -> Result<BTreeMap<AssetId, Known>, AppError> {
    let mut known = BTreeMap::new();
    reader.examined(&mut |row| {
        let determination = record.determination(&row.asset).map(|entry| &entry.fact);
        let Examination { evidence, problems } = record.counted(row.examination);
        let origin = Origin::of(&evidence, determination);
        let problems = if determination.is_none() { problems } else { Vec::new() };
        let declarations = Vec::new();
        known.insert(row.asset, Known { origin, clearance: None, declarations, problems });
    })?;
    for asset in record.determined() {
        let determination = record.determination(asset).map(|entry| &entry.fact);
        known.entry(*asset).or_insert_with(|| Known {
            origin: Origin::of(&[], determination),
            clearance: None,
            declarations: Vec::new(),
            problems: Vec::new(),
        });
    }
    let Some(clearing) = clearing else { return Ok(known) };
    let paths = paths(reader, record)?;
    for (asset, one) in &mut known {
        let paths = paths.get(asset).map(Vec::as_slice).unwrap_or_default();
        one.declarations = record.declarations.of(asset, paths.iter()).into_owned();
        one.clearance = clearing.of(one.origin.status, asset, &one.declarations);
    }
    Ok(known)
}

/// Where each content lies that a declaration could be for by its path; nothing where none is.
fn paths(reader: &Reader, record: &Record) -> Result<HashMap<AssetId, Vec<AssetPath>>, AppError> {
    let mut paths: HashMap<_, Vec<_>> = HashMap::new();
    if record.declarations.have_globs() {
        reader.locations(false, &mut |row| {
            if record.declarations.all().any(|(_, dossier)| dossier.covers(&row.path)) {
                paths.entry(row.asset).or_default().push(row.path);
            }
        })?;
    }
    Ok(paths)
}

/// What clearances are drawn from: as the gate does, from checked signatures and the policy on disk.
pub(super) struct Clearing<'a> {
    record: &'a Record,
    pub(super) authorities: Authorities,
    policy: Option<Policy>,
    now: Timestamp,
}

impl<'a> Clearing<'a> {
    pub(super) fn new(project: &Project, record: &'a Record, now: Timestamp) -> Self {
        // Where the policy cannot be used, nothing passes; a list goes by the one on record.
        let recorded = || Policy::parse(&record.policy()?.fact.text).ok();
        let policy = project.policy().ok().or_else(recorded);
        Self { record, authorities: authorities(record), policy, now }
    }

    /// The clearance of an AI-made or suspect asset; nothing for others.
    pub(super) fn of(
        &self,
        status: AiStatus,
        asset: &AssetId,
        declarations: &[DeclarationId],
    ) -> Option<Clearance> {
        let counts = |entry: &Entry<Approval>| {
            let policy = self.policy.as_ref();
            policy.is_some_and(|one| counts(one, asset, entry, &self.authorities, self.record))
        };
        let clearance = || self.record.clearance(asset, declarations, self.now, &counts);
        status.is_ai_or_suspect().then(clearance)
    }
}
