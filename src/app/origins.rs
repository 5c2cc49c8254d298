//! Origins of every content that carries a mark or was determined: what lists look statuses up in.
//! A content that is not in here has no mark, which says nothing.

use std::collections::BTreeMap;

use crate::app::AppError;
use crate::ledger::Reader;
use crate::model::{AiStatus, AssetId, Clearance, ContentProblem, Examination, Timestamp};
use crate::origin::Origin;
use crate::record::Record;

/// What lists show of one content.
pub(super) struct Known {
    pub(super) origin: Origin,
    pub(super) clearance: Option<Clearance>,
    /// What could not be examined and no person made up for.
    pub(super) problems: Vec<ContentProblem>,
}

/// Draws the origin of every content there is anything to say of.
pub(super) fn origins(
    reader: &Reader,
    record: &Record,
    now: Timestamp,
) -> Result<BTreeMap<AssetId, Known>, AppError> {
    let mut known = BTreeMap::new();
    reader.examined(&mut |row| {
        let determination = record.determination(&row.asset).map(|entry| &entry.fact);
        let Examination { evidence, problems } = record.counted(row.examination);
        let origin = Origin::of(&evidence, determination);
        let problems = if determination.is_none() { problems } else { Vec::new() };
        known.insert(row.asset, Known { origin, clearance: None, problems });
    })?;
    for asset in record.determined() {
        let determination = record.determination(asset).map(|entry| &entry.fact);
        known.entry(*asset).or_insert_with(|| Known {
            origin: Origin::of(&[], determination),
            clearance: None,
            problems: Vec::new(),
        });
    }
    for (asset, one) in &mut known {
        one.clearance = clearance(one.origin.status, record, asset, now);
    }
    Ok(known)
}

/// The clearance of an AI-made or suspect asset; nothing for others.
pub(super) fn clearance(
    status: AiStatus,
    record: &Record,
    asset: &AssetId,
    now: Timestamp,
) -> Option<Clearance> {
    status.is_ai_or_suspect().then(|| record.clearance(asset, now))
}
