//! Judging: what the facts of each item are, which rules find something there, and what waivers keep
//! out. A rule is data (`catalogue.toml`, and what policies add); here is what is no condition.

mod approval;
mod change;
mod clearance;
mod declared;
mod facts;
mod finality;
mod findings;
mod heritage;
mod meant;
mod media;
mod waivers;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::lineage::Ancestry;
use crate::model::{AssetId, AssetPath, Authorities, MediaProblem, Severity, Timestamp, Verdict};
use crate::origin::Origin;
use crate::policy::condition::Condition;
use crate::policy::fact::{About, Facts};
use crate::policy::rule::Rule;
use crate::policy::rules::declared::Prepared;
use crate::policy::rules::facts::{ItemFacts, Whole};
use crate::policy::rules::findings::Findings;
use crate::policy::rules::heritage::Family;
use crate::policy::{Policy, in_parts};
use crate::record::Record;

pub use crate::policy::rules::approval::{Basis, confirmed, lacks, words_of_conditions};
pub use crate::policy::rules::clearance::Clearances;
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
    pub ancestry: Arc<Ancestry>,
    /// What kept detectors from seeing all of it or of what it was made from, and no person's
    /// determination made up for.
    pub unexamined: Option<String>,
}

/// What is judged, but for its files.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The deliverable's name.
    pub deliverable: &'a str,
    /// Patterns of the deliverable that fit no file.
    pub unmatched: &'a [String],
    /// What kept the gate from knowing.
    pub problems: &'a [MediaProblem],
    /// Written approvals and consents that are not in the document store as they were handed over.
    pub lost_documents: &'a BTreeSet<AssetId>,
    /// What stands behind every recorded yes.
    pub authorities: &'a Authorities,
    /// Whether it is to be marked final, and not only looked at.
    pub finalizing: bool,
    /// Whether somebody states with it that every known use of generative AI is declared.
    pub attested: bool,
    /// Whether these are files that a command made from the deliverable: then nothing is asked of it as a
    /// whole.
    pub made: bool,
    /// What people decided, and every mark on record.
    pub record: &'a Record,
    /// The moment of judgement.
    pub now: Timestamp,
}

impl Case<'_> {
    /// Whether a file is one of the deliverable's timelines, or in the bundle of one.
    fn is_timeline(&self, path: &AssetPath) -> bool {
        self.record.deliverables.get(self.deliverable).is_some_and(|one| {
            let mut all = one.made.timelines.iter();
            all.any(|named| named.root == path.root && path.path.is_within(&named.path))
        })
    }
}

/// Items worth a thread of their own.
const PART: usize = 2_000;

/// Rules with their conditions, by what they are asked of.
struct Asked<'a> {
    whole: Vec<(&'a Rule, &'a Condition)>,
    items: Vec<(&'a Rule, &'a Condition)>,
    declarations: Vec<(&'a Rule, &'a Condition)>,
}

impl<'a> Asked<'a> {
    fn of(policy: &'a Policy) -> Self {
        let mut asked = Self { whole: vec![], items: vec![], declarations: vec![] };
        for rule in policy.rules.iter().filter(|rule| rule.severity.is_some()) {
            let Some(when) = &rule.when else { continue };
            let of = match when.about() {
                About::Deliverable => &mut asked.whole,
                About::Item => &mut asked.items,
                About::Declaration => &mut asked.declarations,
            };
            of.push((rule, when));
        }
        asked
    }
}

/// Applies every rule of the policy to every item, which come by path. All findings, not only the first.
pub fn judge(policy: &Policy, case: &Case<'_>, items: &[Item<'_>]) -> Verdict {
    let meant = meant::all(policy, case, items);
    let mut found = Findings::new(policy, case, &meant);
    media::whole(case, items, &mut found);
    let asked = Asked::of(policy);
    let marks = items.iter().filter_map(|item| item.origin.tool.as_deref()).collect();
    let declarations = Prepared::all(policy, case, &asked.declarations, &marks);
    let whole = Whole::of(case, items);
    change::whole(case, &whole, &mut found);
    for &(rule, when) in &asked.whole {
        if when.holds(&whole) {
            found.tell_whole(rule, &whole);
        }
    }
    let parts = in_parts(items, PART, |items| {
        let (mut found, mut family) = (Findings::new(policy, case, &meant), Family::default());
        for item in items {
            let mark = found.mark();
            media::item(item, &mut found);
            let facts = ItemFacts::new(
                policy,
                case,
                &whole,
                item,
                &declarations,
                &mut family,
                found.waivers(),
            );
            of_item(&asked, facts, &mut found);
            found.order_since(mark);
        }
        found
    });
    for part in parts {
        found.take(part);
    }
    found.into_verdict(items.len() as u64, &whole)
}

/// Asks every rule about an item, and about each declaration it is under.
fn of_item<'a>(asked: &Asked<'a>, mut facts: ItemFacts<'_>, found: &mut Findings<'a>) {
    let item = facts.item();
    for &(rule, when) in &asked.items {
        if when.holds(&facts) {
            found.tell(rule, item, &facts, None);
        }
    }
    if facts.is_cleared_of_ai() {
        return;
    }
    // Once for each declaration: what one of them says must not hide what another does.
    while let Some(settled) = facts.next_declaration() {
        for (&(rule, when), known) in asked.declarations.iter().zip(settled) {
            if known.holds.unwrap_or_else(|| when.holds(&facts)) {
                found.tell(rule, item, &facts, known.words.as_ref());
            }
        }
    }
}

/// What a rule's finding does, where it finds.
pub(super) fn severity(rule: &Rule, facts: &dyn Facts) -> Option<Severity> {
    rule.effect(rule.warn_when.as_ref().is_some_and(|when| when.holds(facts)))
}
