//! What was said of a content without naming it: of approvals that cover it, and of declarations that it
//! is under.

use std::collections::BTreeSet;

use crate::model::{ApprovalId, AssetId, DeclarationId, Seq};
use crate::record::Record;

impl Record {
    /// The events that say something of an approval of a content, or of one that it extends, and of its
    /// declarations: withdrawals, conditions that were met, versions, reports.
    pub fn besides(&self, asset: &AssetId, declarations: &[DeclarationId]) -> BTreeSet<Seq> {
        let indices = self.approved.get(asset).into_iter().flatten();
        let mut ids: BTreeSet<ApprovalId> = BTreeSet::new();
        for index in indices {
            let mut next = Some(&self.approvals[*index]);
            while let Some(entry) = next {
                ids.insert(entry.fact.id);
                next = self.below(entry);
            }
        }
        let revoked = ids.iter().filter_map(|id| self.revoked.get(id)).flatten();
        // What was withdrawn of other contents only is not of this one.
        let revoked = revoked.filter(|index| {
            let only = &self.revoked_assets[**index];
            only.is_empty() || only.contains(asset)
        });
        let revoked = revoked.map(|index| self.revocations[*index].seq);
        let met = self.conditions_met.iter().filter(|one| ids.contains(&one.fact.approval));
        let dossiers = || declarations.iter().filter_map(|id| self.declarations.get(*id));
        let versions = dossiers().flat_map(|one| &one.versions).map(|one| one.seq);
        let reports = dossiers().flat_map(|one| &one.reports).map(|one| one.seq);
        revoked.chain(met.map(|one| one.seq)).chain(versions).chain(reports).collect()
    }
}
