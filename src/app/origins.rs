//! Origins of every content that carries a mark or was determined: what lists look statuses up in.
//! A content that is not in here has no mark, which says nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::app::authority::authorities;
use crate::app::declare::learn_places;
use crate::app::kin::learn;
use crate::app::{AppError, Project};
use crate::ledger::Reader;
use crate::lineage::{Ancestor, Ancestry, Lineage, Own, only_inherited};
use crate::model::{
    AiStatus, AssetId, Authorities, Clearance, ContentProblem, DeclarationId, Evidence,
    Examination, Strength, Timestamp,
};
use crate::origin::Origin;
use crate::policy::{Basis, Policy, clearance};
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
    for (asset, one) in &mut known {
        one.declarations = record.declarations.of(asset, std::iter::empty()).into_owned();
        one.clearance = clearing.of(record, one.origin.status, asset, &one.declarations);
    }
    let inherited: Vec<_> = above
        .iter()
        .filter_map(|(asset, ancestry)| {
            let one = known.get(asset).filter(|one| only_inherited(&one.origin))?;
            let of = |one: &Ancestor| {
                let known = known.get(&one.asset).and_then(|known| known.clearance);
                known.unwrap_or(Clearance::Undeclared)
            };
            Some((*asset, ancestry.clearance(one.clearance?, &of)))
        })
        .collect();
    for (asset, clearance) in inherited {
        if let Some(one) = known.get_mut(&asset) {
            one.clearance = Some(clearance);
        }
    }
    Ok(known)
}

/// What a content's marks and people's words about it say.
fn own(record: &Record, asset: &AssetId, evidence: &[Evidence]) -> Own {
    Own::of(record, asset, evidence, &[], Vec::new())
}

/// What was made from something and nobody determined, with what it inherits. `known` is what each
/// content is by itself.
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
        .filter(|(_, origin, _)| origin.strength == Some(Strength::Inherited))
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

    /// The clearance of an AI-made or suspect asset; nothing for others.
    pub(super) fn of(
        &self,
        record: &Record,
        status: AiStatus,
        asset: &AssetId,
        declarations: &[DeclarationId],
    ) -> Option<Clearance> {
        let basis = Basis {
            policy: self.policy.as_ref(),
            record,
            authorities: &self.authorities,
            lost_documents: &NONE,
            now: self.now,
            deliverable: None,
        };
        status.is_ai_or_suspect().then(|| clearance(&basis, asset, declarations))
    }
}
