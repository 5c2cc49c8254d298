//! Judging: what the facts of each item are, which rules find something there, and what waivers keep
//! out. A rule is data (`catalogue.toml`, and what policies add); here is what is no condition.

mod approval;
mod change;
mod declared;
mod facts;
mod finality;
mod findings;
mod heritage;
mod media;
mod waivers;

use std::collections::BTreeSet;

use crate::lineage::Ancestry;
use crate::model::{AssetId, AssetPath, Authorities, MediaProblem, Severity, Timestamp, Verdict};
use crate::origin::Origin;
use crate::policy::Policy;
use crate::policy::condition::Condition;
use crate::policy::fact::Facts;
use crate::policy::rule::Rule;
use crate::policy::rules::declared::Prepared;
use crate::policy::rules::facts::{ItemFacts, Whole};
use crate::policy::rules::findings::Findings;
use crate::record::Record;

pub use crate::policy::rules::declared::DeclarationFacts;

/// One file of the deliverable, with all that is known of it.
pub struct Item<'a> {
    /// Where it lies.
    pub path: &'a AssetPath,
    /// What it holds.
    pub asset: AssetId,
    /// What it is by its bytes.
    pub media_type: &'a str,
    /// Whether it is AI-made, and why.
    pub origin: Origin,
    /// What it was made from.
    pub ancestry: Ancestry,
    /// What kept detectors from seeing all of it or of what it was made from, and no person's
    /// determination made up for.
    pub unexamined: Option<String>,
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
    /// Whether somebody states that every known use is declared.
    pub attested: bool,
    /// What people decided.
    pub record: &'a Record,
    /// The moment of judgement.
    pub now: Timestamp,
}

/// Applies every rule of the policy to every item. All findings, not only the first.
pub fn judge(policy: &Policy, case: &Case<'_>) -> Verdict {
    let mut found = Findings::new(policy, case);
    media::whole(case, &mut found);
    let declarations = Prepared::all(policy, case);
    let whole = Whole::of(case);
    change::whole(case, &whole, &mut found);
    let mut asked: [Vec<(&Rule, &Condition)>; 3] = Default::default();
    for rule in policy.rules.iter().filter(|rule| rule.severity.is_some()) {
        if let Some(when) = &rule.when {
            asked[when.about() as usize].push((rule, when));
        }
    }
    let [of_whole, of_items, of_declarations] = asked;
    for (rule, when) in of_whole {
        if when.holds(&whole) {
            found.tell(rule, None, &whole);
        }
    }
    for item in &case.items {
        media::item(item, &mut found);
        let mut facts = ItemFacts::new(policy, case, &whole, item, &declarations);
        for (rule, when) in &of_items {
            if when.holds(&facts) {
                found.tell(rule, Some(item), &facts);
            }
        }
        // Once for each declaration: what one of them says must not hide what another does.
        while facts.next_declaration() {
            for (rule, when) in &of_declarations {
                if when.holds(&facts) {
                    found.tell(rule, Some(item), &facts);
                }
            }
        }
    }
    found.into_verdict(case.items.len() as u64, &whole)
}

/// What a rule's finding does, where it finds.
pub(super) fn severity(rule: &Rule, facts: &dyn Facts) -> Option<Severity> {
    let severity = rule.severity?;
    let softened = rule.warn_when.as_ref().is_some_and(|when| when.holds(facts));
    Some(if softened { Severity::Warn } else { severity })
}
