//! What a person must decide: weak marks, and determinations that contradict a mark.

use crate::model::{AiStatus, Finding, RuleCode, Severity, Strength};
use crate::policy::Policy;
use crate::policy::rules::{Case, Findings, Item};
use crate::record::Standing;

pub(super) fn item(case: &Case<'_>, item: &Item<'_>, found: &mut Findings<'_>) {
    if item.origin.status == AiStatus::Suspect {
        let why = format!("it may be AI-made: {}", first_reason(item));
        let fix = format!(
            "a person decides: genlock tag {} --ai, --ai-part or --not-ai --note WHY",
            item.asset.short()
        );
        found.add(RuleCode::SuspectUndetermined, Some(item), why, fix);
    }
    if item.origin.contested && !confirmed(case, item, found.policy) {
        contradiction(item, found);
    }
}

/// Blocks against a signed or declared mark; warns against a trace or a pattern.
fn contradiction(item: &Item<'_>, found: &mut Findings<'_>) {
    let code = RuleCode::DeterminationContradictsMark;
    let Some(severity) = found.policy.severity(code) else { return };
    let strong = matches!(item.origin.marked, Some(Strength::Signed | Strength::Declared));
    let severity = if strong { severity } else { Severity::Warn };
    let marked = item.origin.marked.map_or("mark", Strength::as_str);
    found.findings.push(Finding {
        code,
        severity,
        asset: Some(item.asset),
        path: Some(item.path.clone()),
        why: format!("{}, against a {marked} mark", first_reason(item)),
        fix: format!(
            "somebody who may approve confirms it: genlock approve {} --determination --by WHO; or \
             withdraw it: genlock tag {} --clear",
            item.asset.short(),
            item.asset.short()
        ),
    });
}

/// Whether somebody confirmed the determination that stands now, not an earlier one.
fn confirmed(case: &Case<'_>, item: &Item<'_>, policy: &Policy) -> bool {
    let Some(determination) = case.record.determination(&item.asset) else { return false };
    let rejected = case.record.rejections_of(&item.asset).map(|entry| entry.seq).max();
    let asked = policy.severity(RuleCode::ApprovalUnsigned) == Some(Severity::Block);
    let counts = |seq| {
        let word = case.authorities.of(seq);
        word.counts() && (!asked || word.signed.is_some())
    };
    case.record.approvals_of(&item.asset, case.now).any(|(entry, standing)| {
        let for_this = entry.fact.deliverables.is_empty()
            || entry.fact.deliverables.iter().any(|name| name == case.deliverable);
        entry.fact.determination
            && entry.seq > determination.seq
            && rejected.is_none_or(|no| entry.seq > no)
            // A contested origin needs a second person.
            && entry.fact.by != determination.fact.by
            && standing == Standing::Active
            && counts(entry.seq)
            && for_this
    })
}

fn first_reason<'a>(item: &'a Item<'_>) -> &'a str {
    item.origin.why.first().map_or("", String::as_str)
}
