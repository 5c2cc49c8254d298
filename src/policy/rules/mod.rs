//! The rules, one family a file. Each looks at one item of the deliverable and says what it finds;
//! which of it counts, and how hard, is the policy's to say.

mod approval;
mod change;
mod determination;
mod finality;
mod media;

use std::collections::BTreeSet;

use crate::model::{AssetId, AssetPath, Authorities, Finding, MediaProblem, RuleCode, Timestamp};
use crate::origin::Origin;
use crate::policy::Policy;
use crate::record::Record;

/// One file of the deliverable, with all that is known of it.
pub struct Item<'a> {
    /// Where it lies.
    pub path: &'a AssetPath,
    /// What it holds.
    pub asset: AssetId,
    /// Whether it is AI-made, and why.
    pub origin: Origin,
    /// What kept detectors from seeing all of it, and no person's determination made up for.
    pub unexamined: Option<&'a str>,
}

/// What is judged.
pub struct Case<'a> {
    /// The deliverable's name.
    pub deliverable: &'a str,
    /// Its files, by path.
    pub items: Vec<Item<'a>>,
    /// Patterns of the deliverable that fit no file.
    pub unmatched: &'a [String],
    /// What kept the gate from knowing.
    pub problems: &'a [MediaProblem],
    /// Written approvals that are not in the document store as they were handed over.
    pub lost_documents: &'a BTreeSet<AssetId>,
    /// What stands behind every recorded yes.
    pub authorities: &'a Authorities,
    /// What is to be marked final, and not only looked at.
    pub finalizing: bool,
    /// What people decided.
    pub record: &'a Record,
    /// The moment of judgement.
    pub now: Timestamp,
}

/// Applies every rule of the policy to every item. All findings, not only the first.
pub fn judge(policy: &Policy, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Findings { policy, findings: Vec::new() };
    media::whole(case, &mut found);
    finality::whole(case, &mut found);
    change::whole(case, &mut found);
    for item in &case.items {
        media::item(item, &mut found);
        determination::item(case, item, &mut found);
        approval::item(case, item, &mut found);
    }
    found.findings
}

/// Collects what the rules say, at the severity the policy gives it.
struct Findings<'a> {
    policy: &'a Policy,
    findings: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, code: RuleCode, item: Option<&Item<'_>>, why: String, fix: String) {
        let Some(severity) = self.policy.severity(code) else { return };
        let asset = item.map(|item| item.asset);
        let path = item.map(|item| item.path.clone());
        self.findings.push(Finding { code, severity, asset, path, why, fix });
    }
}
