//! What an element lacks. By what a log should hold, whatever the policy in force demands: a log
//! must not look complete because somebody switched a rule off.

use std::collections::HashSet;

use crate::app::disclosure::elements::{Matter, Source};
use crate::model::{AiStatus, AssetId, Principles, RuleCode};
use crate::report::{
    Contribution, Decision, DecisionView, DisclosedDeclaration, ElementView, GapView,
};

/// What an element was made from.
pub(super) struct Family<'a> {
    /// Whether the element itself is declared.
    pub declared: bool,
    /// Whether it has no marks of its own.
    pub inherits: bool,
    /// What must be cleared, determined or confirmed, or was refused.
    pub sources: &'a [Source],
}

impl Family<'_> {
    /// What makes the element AI-made, or may.
    fn made(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|one| one.matter == Matter::Made)
    }
}

pub(super) fn gap(code: RuleCode, why: impl Into<String>) -> GapView {
    GapView::new(code.as_str(), why)
}

/// Everything an element lacks. `in_cut` is whether timelines were read that should mention it,
/// `confirmed` whether somebody else confirmed that it is not AI, `is_lost` whether a document is not kept as
/// it was handed over.
pub(super) fn of(
    view: &ElementView,
    family: &Family<'_>,
    in_cut: bool,
    confirmed: bool,
    is_lost: &dyn Fn(&AssetId) -> bool,
) -> Vec<GapView> {
    let mut all = Vec::new();
    match view.contribution {
        Contribution::Contested => {
            match &view.determination {
                Some(one) if !confirmed => all.push(contradicted(Some(&one.by))),
                Some(_) => {}
                None => {
                    let contested = family.sources.iter();
                    let contested = contested.filter(|one| one.matter == Matter::Contested);
                    all.extend(contested.map(|one| of_source(one, contradicted(one.by.as_ref()))));
                }
            }
            return all;
        }
        Contribution::Suspect => all.push(gap(
            RuleCode::SuspectUndetermined,
            "it may be AI-made, and nobody decided whether it is",
        )),
        Contribution::Declared => all.push(GapView::new(
            "origin-unmarked",
            "its use is declared, it carries no mark, and nobody determined what it is",
        )),
        Contribution::Generated | Contribution::PartGenerated => {}
    }
    undeclared(family, &mut all);
    declared(&view.declarations, is_lost, &mut all);
    approved(view, family, &mut all);
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

fn contradicted(by: Option<&String>) -> GapView {
    let by = by.map_or("somebody", String::as_str);
    let why = format!(
        "{by} says it is not AI, a mark or somebody else says otherwise, and nobody confirmed that"
    );
    gap(RuleCode::DeterminationContradictsMark, why)
}

/// What something lacks that the element was made from.
fn of_source(one: &Source, gap: GapView) -> GapView {
    GapView { why: format!("{}: {}", one.name, gap.why), ..gap }
}

/// What nobody declared: the element, or something that it was made from.
fn undeclared(family: &Family<'_>, all: &mut Vec<GapView>) {
    let what = "no declaration covers its use: source material and rights, principle answers, phase, \
                prominence, talent and human contribution are not known";
    if family.declared {
        return;
    }
    if family.made().next().is_none() {
        return all.push(gap(RuleCode::AiUndeclared, what));
    }
    let undeclared = family.made().filter(|one| one.declarations.is_empty());
    all.extend(undeclared.map(|one| of_source(one, gap(RuleCode::AiUndeclared, what))));
}

/// What declarations leave open.
fn declared(
    declarations: &[std::sync::Arc<DisclosedDeclaration>],
    is_lost: &dyn Fn(&AssetId) -> bool,
    all: &mut Vec<GapView>,
) {
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

/// What approvals leave open: nothing where one of the element itself clears it, or where each of what it was
/// made from is cleared; else what each lacks. A no to any of those, or to what lies between, counts until the
/// element is approved after it.
fn approved(view: &ElementView, family: &Family<'_>, all: &mut Vec<GapView>) {
    let own: Vec<_> = view.decisions.iter().filter(|one| one.from.is_none()).collect();
    let yes = own.iter().filter(|one| clears(one)).map(|one| said(one, &own)).max();
    let refused = own.iter().any(|one| is_no(one));
    let in_own_right = family.declared || !family.inherits || family.made().next().is_none();
    let mut missing = Vec::new();
    if yes.is_none() && (in_own_right || refused) {
        lacking(&own, &mut missing);
    }
    let mut above = Vec::new();
    for one in family.sources.iter().filter(|_| yes.is_some() || !refused) {
        let decisions: Vec<_> = one.decisions.iter().collect();
        let since = |one: &&DecisionView| yes.is_none_or(|at| when(one) > at);
        let is_no = decisions.iter().copied().any(|one| is_no(one) && since(&one));
        let mut gaps = Vec::new();
        match one.matter {
            Matter::Contested if yes.is_none() => gaps.push(contradicted(one.by.as_ref())),
            Matter::Contested => {}
            _ if decisions.iter().any(|one| clears(one)) => {}
            _ if is_no => lacking(&decisions, &mut gaps),
            _ if yes.is_some() || in_own_right => {}
            _ if one.status == AiStatus::Suspect && one.declarations.is_empty() => gaps.push(gap(
                RuleCode::SuspectUndetermined,
                "it may be AI-made, and nobody decided whether it is",
            )),
            _ => lacking(&decisions, &mut gaps),
        }
        above.extend(gaps.into_iter().map(|gap| of_source(one, gap)));
    }
    if !above.is_empty()
        && !in_own_right
        && yes.is_none()
        && own.iter().any(|one| !one.lacks.is_empty())
    {
        lacking(&own, &mut above);
    }
    missing.extend(above);
    let mut known: HashSet<GapView> = all.iter().cloned().collect();
    all.extend(missing.into_iter().filter(|one| known.insert(one.clone())));
}

/// When what an approval says yes to was said: one that extends another overrules nothing that was said in
/// between.
fn said<'a>(one: &'a DecisionView, own: &[&'a DecisionView]) -> &'a str {
    let below = |one: &DecisionView| {
        let under = one.decision.under.as_ref()?;
        own.iter().copied().find(|below| below.decision.id == *under)
    };
    let mut said = one;
    // No further than there are any, whatever an edited journal says.
    for _ in own {
        said = below(said).unwrap_or(said);
    }
    &said.decision.at
}

fn clears(one: &DecisionView) -> bool {
    one.decision.decision == Decision::Approved && one.lacks.is_empty()
}

fn is_no(one: &DecisionView) -> bool {
    one.decision.decision == Decision::Rejected || one.revoked.is_some()
}

/// When a decision was made, or withdrawn.
fn when(one: &DecisionView) -> &str {
    one.revoked.as_ref().map_or(&one.decision.at, |word| &word.at)
}

/// What decisions leave open that do not clear what they are about.
fn lacking(decisions: &[&DecisionView], all: &mut Vec<GapView>) {
    let yes = decisions.iter().filter(|one| one.decision.decision == Decision::Approved);
    let offered: Vec<_> = yes.filter(|one| !one.decision.determination).collect();
    if let Some(no) = decisions.iter().rfind(|one| one.decision.decision == Decision::Rejected)
        && offered.is_empty()
    {
        let why = no.decision.note.as_deref().unwrap_or_default();
        let (id, by) = (&no.decision.id, &no.decision.by);
        all.push(gap(RuleCode::ApprovalRejected, format!("{id}: {by} said no: {why}")));
    } else if offered.is_empty() {
        all.push(gap(RuleCode::AiUnapproved, "nobody approved it"));
    }
    all.extend(offered.iter().flat_map(|one| one.lacks.iter().cloned()));
}
