//! Origins of every content that carries a mark or was determined: what lists look statuses up in.
//! A content that is not in here has no mark, which says nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::app::authority::authorities;
use crate::app::declare::learn_places;
use crate::app::kin::learn;
use crate::app::{AppError, Project};
use crate::ledger::Reader;
use crate::lineage::{Ancestry, Lineage, Own};
use crate::model::{
    AssetId, Authorities, Clearance, ContentProblem, DeclarationId, Evidence, Examination,
    Timestamp,
};
use crate::origin::Origin;
use crate::policy::{Basis, Clearances, Policy};
use crate::record::Record;

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
    record: &mut Record,
    clearing: Option<&Clearing>,
) -> Result<BTreeMap<AssetId, Known>, AppError> {
    learn(reader, &mut record.kinship)?;
    if clearing.is_some() {
        learn_places(reader, record)?;
    }
    let record = &*record;
    let mut known = BTreeMap::new();
    reader.examined(&mut |row| {
        let Examination { evidence, problems, .. } = record.counted(row.examination);
        let Own { origin, .. } = own(record, &row.asset, &evidence);
        let is_determined = record.determination(&row.asset).is_some();
        let problems = if is_determined { Vec::new() } else { problems };
        let declarations = Vec::new();
        known.insert(row.asset, Known { origin, clearance: None, declarations, problems });
    })?;
    for asset in record.determined() {
        known.entry(asset).or_insert_with(|| Known {
            origin: own(record, &asset, &[]).origin,
            clearance: None,
            declarations: Vec::new(),
            problems: Vec::new(),
        });
    }
    let heirs = heirs(record, &known);
    let mut above = HashMap::new();
    for (asset, origin, ancestry) in heirs {
        let one = known.entry(asset).or_insert_with(|| Known {
            origin: origin.clone(),
            clearance: None,
            declarations: Vec::new(),
            problems: Vec::new(),
        });
        one.origin = origin;
        above.insert(asset, ancestry);
    }
    let Some(clearing) = clearing else { return Ok(known) };
    let (clearances, nothing) = (clearing.of(record), Arc::default());
    for (asset, one) in &mut known {
        one.declarations = record.declarations.of(asset, std::iter::empty()).into_owned();
        let above = above.get(asset).unwrap_or(&nothing);
        one.clearance = clearances.of(asset, &one.declarations, &one.origin, above);
    }
    Ok(known)
}

/// What a content's marks and people's words about it say.
fn own(record: &Record, asset: &AssetId, evidence: &[Evidence]) -> Own {
    Own::of(record, asset, evidence, &[], Vec::new())
}

/// What was made from something, nobody determined, and is AI-made or may be, with what it inherits. `known`
/// is what each content is by itself.
fn heirs(
    record: &Record,
    known: &BTreeMap<AssetId, Known>,
) -> Vec<(AssetId, Origin, Arc<Ancestry>)> {
    let own = |asset: &AssetId| {
        let nothing = || own(record, asset, &[]);
        known.get(asset).map_or_else(nothing, |one| Own {
            origin: one.origin.clone(),
            unexamined: None,
            paths: Vec::new(),
        })
    };
    let mut lineage = Lineage::new(&record.kinship, own);
    let undetermined = record.kinship.children().into_iter();
    let undetermined = undetermined.filter(|asset| record.determination(asset).is_none());
    undetermined
        .map(|asset| {
            let above = lineage.of(&asset);
            (asset, above.inherited_by(own(&asset).origin), above)
        })
        .filter(|(_, origin, _)| origin.status.is_ai_or_suspect())
        .collect()
}

/// No document was looked for: whether one is kept is for the gate, not for a list.
static NONE: BTreeSet<AssetId> = BTreeSet::new();

/// What clearances are drawn from: as the gate does, from checked signatures and the policy on disk.
pub(super) struct Clearing {
    pub(super) authorities: Authorities,
    policy: Option<Policy>,
    now: Timestamp,
}

impl Clearing {
    pub(super) fn new(project: &Project, record: &Record, now: Timestamp) -> Self {
        // Where the policy cannot be used, nothing passes; a list goes by the one on record.
        let recorded = || Policy::of_record(&record.policy()?.fact.text).ok();
        let policy = project.policy().ok().or_else(recorded);
        Self { authorities: authorities(record), policy, now }
    }

    /// What is drawn from the decisions of a record.
    pub(super) fn of<'a>(&'a self, record: &'a Record) -> Clearances<'a> {
        Clearances::new(Basis {
            policy: self.policy.as_ref(),
            record,
            authorities: &self.authorities,
            lost_documents: &NONE,
            now: self.now,
            deliverable: None,
        })
    }
}
