//! What an element lacks. By what a log should hold, whatever the policy in force demands: a log
//! must not look complete because somebody switched a rule off.

use crate::model::{Approval, AssetId, Authority, Principles, Rejection, RuleCode, Scope};
use crate::policy::{Policy, Power};
use crate::record::{Entry, Standing};
use crate::report::{DisclosedDeclaration, ElementView, GapView};

fn gap(code: RuleCode, why: impl Into<String>) -> GapView {
    GapView::new(code.as_str(), why)
}

/// What keeps an approval from clearing a content for final use.
pub(super) struct Lacks<'a, L: Fn(&AssetId) -> bool> {
    pub(super) entry: &'a Entry<Approval>,
    pub(super) standing: &'a Standing,
    pub(super) word: &'a Authority,
    pub(super) policy: Option<&'a Policy>,
    /// Whether a document is not in the store as it was.
    pub(super) is_lost: L,
    /// Whether it is for this deliverable.
    pub(super) is_ours: bool,
    /// A later no.
    pub(super) rejected: Option<&'a Entry<Rejection>>,
    /// Whether somebody's word that its conditions are met counts.
    pub(super) is_met: bool,
}

impl<L: Fn(&AssetId) -> bool> Lacks<'_, L> {
    /// All of it; nothing where it clears.
    pub(super) fn all(&self) -> Vec<GapView> {
        use RuleCode as C;
        let Self { entry, standing, word, .. } = self;
        let (fact, id) = (&entry.fact, entry.fact.id);
        let mut all = Vec::new();
        let mut lacks = |code, why: String| all.push(gap(code, why));
        if let Some(why) = &word.flaw {
            lacks(C::ApprovalInvalid, format!("{id} does not count: {why}"));
        }
        let power = if fact.under.is_some() { Power::Extend } else { Power::Approve };
        let barred = self.policy.is_some_and(|policy| !policy.may(&fact.by, power));
        if let Some(why) = &word.not_allowed {
            lacks(C::ApproverNotAllowed, format!("{id} does not count: {why}"));
        } else if barred {
            lacks(C::ApproverNotAllowed, format!("{id}: no role of {} may do that", fact.by));
        }
        if fact.determination {
            lacks(C::AiUnapproved, format!("{id} confirms that it is not AI and approves nothing"));
        }
        if fact.scope == Scope::Temp {
            lacks(C::ApprovalTempOnly, format!("{id} allows temporary use only"));
        }
        if !self.is_ours {
            let names = fact.deliverables.join(", ");
            lacks(C::ApprovalNotForThisDeliverable, format!("{id} is for {names}"));
        }
        match standing {
            Standing::Active => {}
            Standing::Revoked { by, at, note } => lacks(
                C::ApprovalRevoked,
                format!("{id} was withdrawn by {by} on {}: {note}", at.to_the_second()),
            ),
            Standing::Expired { at } => {
                lacks(C::ApprovalExpired, format!("{id} ran out at {}", at.to_the_second()));
            }
            Standing::Outdated { declaration, version, now } => lacks(
                C::ApprovalOutdated,
                format!("{id} is of version {version} of {declaration}, which stands in {now}"),
            ),
        }
        match &fact.document {
            None if !fact.determination => {
                lacks(C::ApprovalNoDocument, format!("{id} has no written document"));
            }
            Some(document) if (self.is_lost)(&document.hash) => lacks(
                C::ApprovalNoDocument,
                format!("{id} rests on {}, which is not in the store as it was", document.name),
            ),
            _ => {}
        }
        if let Some(conditions) = fact.conditions.as_ref().filter(|_| !self.is_met) {
            lacks(
                C::ConditionsOpen,
                format!("{id} is on condition, not recorded as met: {conditions}"),
            );
        }
        if let Some(no) = self.rejected {
            let (by, at) = (&no.fact.by, no.at.to_the_second());
            lacks(C::ApprovalRejected, format!("{by} said no on {at}: {}", no.fact.note));
        }
        all
    }
}

/// Everything an element lacks. `in_cut` is whether timelines were read that should mention it,
/// `confirmed` whether somebody else confirmed that it is not AI, `is_lost` whether a document is not kept as
/// it was handed over.
pub(super) fn of(
    view: &ElementView,
    in_cut: bool,
    confirmed: bool,
    is_lost: &dyn Fn(&AssetId) -> bool,
) -> Vec<GapView> {
    let mut all = Vec::new();
    match view.contribution {
        "contested" => {
            if !confirmed {
                let by = view.determination.as_ref().map_or("somebody", |one| &one.by);
                let why = format!(
                    "{by} says it is not AI, a mark or somebody else says otherwise, and nobody confirmed that"
                );
                all.push(gap(RuleCode::DeterminationContradictsMark, why));
            }
            return all;
        }
        "suspect" => all.push(gap(
            RuleCode::SuspectUndetermined,
            "it may be AI-made, and nobody decided whether it is",
        )),
        "declared" => all.push(GapView::new(
            "origin-unmarked",
            "its use is declared, it carries no mark, and nobody determined what it is",
        )),
        _ => {}
    }
    declared(&view.declarations, is_lost, &mut all);
    approved(view, &mut all);
    for (code, what, there) in [
        ("tool-unknown", "nothing names the tool", !view.tools.is_empty()),
        ("model-unknown", "nothing names the model", !view.models.is_empty()),
        ("prompt-unknown", "no prompt is on record", !view.prompts.is_empty()),
        (
            "timecode-unknown",
            "no timeline of the deliverable mentions it with a timecode",
            !in_cut || view.uses.iter().any(|one| one.record_in.is_some()),
        ),
    ] {
        if !there {
            all.push(GapView::new(code, what));
        }
    }
    all
}

/// What declarations leave open.
fn declared(
    declarations: &[std::sync::Arc<DisclosedDeclaration>],
    is_lost: &dyn Fn(&AssetId) -> bool,
    all: &mut Vec<GapView>,
) {
    if declarations.is_empty() {
        return all.push(gap(
            RuleCode::AiUndeclared,
            "no declaration covers its use: source material and rights, principle answers, phase, \
             prominence, talent and human contribution are not known",
        ));
    }
    for one in declarations {
        let (id, view) = (&one.declaration.id, &one.declaration);
        let said = &view.declaration;
        if view.reported.is_none() {
            let why = format!("{id} was not reported as it stands, in version {}", view.version);
            all.push(gap(RuleCode::AiUnreported, why));
        }
        let without: Vec<_> = said
            .talent
            .iter()
            .filter(|one| one.lacks_consent(is_lost))
            .map(|one| one.name.as_str())
            .collect();
        if !without.is_empty() {
            let why = format!("{id}: no consent of {} is on record", without.join(", "));
            all.push(gap(RuleCode::TalentConsentMissing, why));
        }
        let Principles { p1, p2, p3, p4, p5 } = &said.principles;
        let asked = [("P1", p1), ("P2", p2), ("P3", p3), ("P4", p4), ("P5", p5)];
        let open: Vec<_> =
            asked.iter().filter(|(_, one)| one.is_none()).map(|(name, _)| *name).collect();
        let unsaid = |text: Option<&String>| text.is_none_or(|text| text.trim().is_empty());
        for (code, what, missing) in [
            (
                "principles-unanswered",
                format!("{} not answered", open.join(", ")),
                !open.is_empty(),
            ),
            ("sources-unknown", "nobody says what went in".to_owned(), said.inputs.is_empty()),
            (
                "rights-unknown",
                "source material without owner or clearance".to_owned(),
                said.inputs
                    .iter()
                    .any(|one| unsaid(one.owner.as_ref()) && unsaid(one.clearance.as_ref())),
            ),
            ("phase-unknown", "the phase is not said".to_owned(), unsaid(said.phase.as_ref())),
            (
                "finality-unknown",
                "whether it is temporary or final is not said".to_owned(),
                said.is_final.is_none(),
            ),
            (
                "prominence-unknown",
                "how much of it is noticed is not said".to_owned(),
                said.prominence.is_none(),
            ),
            (
                "human-contribution-unknown",
                "what people contributed is not said".to_owned(),
                unsaid(said.human_contribution.as_ref()),
            ),
        ] {
            if missing {
                all.push(GapView::new(code, format!("{id}: {what}")));
            }
        }
    }
}

/// What approvals leave open: nothing where one of them clears it, else what each lacks.
fn approved(view: &ElementView, all: &mut Vec<GapView>) {
    let yes = || view.decisions.iter().filter(|one| one.decision.decision == "approved");
    // What is AI-made by what it was made from is cleared there.
    let cleared_above = view.strength == Some("inherited") && view.clearance == Some("approved");
    if cleared_above || yes().any(|one| one.lacks.is_empty()) {
        return;
    }
    let offered: Vec<_> = yes().filter(|one| !one.decision.determination).collect();
    if let Some(no) = view.decisions.iter().rfind(|one| one.decision.decision == "rejected")
        && offered.is_empty()
    {
        let why = no.decision.note.as_deref().unwrap_or_default();
        let (id, by) = (&no.decision.id, &no.decision.by);
        all.push(gap(RuleCode::ApprovalRejected, format!("{id}: {by} said no: {why}")));
    } else if offered.is_empty() {
        all.push(gap(RuleCode::AiUnapproved, "nobody approved it"));
    }
    for lacking in offered.iter().flat_map(|one| &one.lacks) {
        if !all.contains(lacking) {
            all.push(lacking.clone());
        }
    }
}
