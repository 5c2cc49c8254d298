//! An AI-made asset in a final deliverable needs an approval that holds: scope final, for this
//! deliverable, in writing, not withdrawn, not run out, not overruled by a later no.

use crate::model::{AiStatus, Approval, Authority, Rejection, RuleCode, Scope, Severity};
use crate::policy::Policy;
use crate::policy::rules::{Case, Findings, Item};
use crate::record::{Entry, Standing};

pub(super) fn item(case: &Case<'_>, item: &Item<'_>, found: &mut Findings<'_>) {
    // A policy that does not mind rejections judges as if there were none.
    let minded = found.policy.severity(RuleCode::ApprovalRejected).is_some();
    let rejection = case
        .record
        .rejections_of(&item.asset)
        .filter(|entry| minded && is_for(&entry.fact.deliverables, case.deliverable))
        .last();
    let is_ai = matches!(item.origin.status, AiStatus::Ai | AiStatus::AiPart);
    if !is_ai && rejection.is_none() {
        return;
    }
    let overruled = |entry: &Entry<Approval>| rejection.is_some_and(|no| no.seq > entry.seq);
    // A determination that was confirmed after a no speaks for what is not AI-made.
    let speaks = |entry: &Entry<Approval>| !is_ai || !entry.fact.determination;
    let offered: Vec<(&Entry<Approval>, Vec<Shortfall>)> = case
        .record
        .approvals_of(&item.asset, case.now)
        .filter(|(entry, _)| speaks(entry) && !overruled(entry))
        .map(|(entry, standing)| (entry, Shortfall::all(entry, &standing, case)))
        .collect();
    // The approval that comes nearest to what is needed; of equals the newest.
    let nearness = |shortfalls: &[Shortfall]| shortfalls.first().map_or(u8::MAX, Shortfall::rank);
    let best = offered.into_iter().max_by_key(|(entry, short)| (nearness(short), entry.seq));
    match (best, rejection) {
        (Some((entry, shortfalls)), _) if enough(&shortfalls, found.policy) => {
            short(case, item, entry, &shortfalls, found);
            overrides(item, entry, rejection, found);
        }
        (Some((entry, shortfalls)), None) => short(case, item, entry, &shortfalls, found),
        (_, Some(no)) => {
            let why =
                format!("{} said no on {}: {}", no.fact.by, no.at.to_the_second(), no.fact.note);
            let fix = format!("take it out of the deliverable, or ask {} again", no.fact.by);
            found.add(RuleCode::ApprovalRejected, Some(item), why, fix);
        }
        (None, None) => {
            let why = format!("it is {}, and nobody approved it: {}", word(item), reason(item));
            found.add(RuleCode::AiUnapproved, Some(item), why, approve(case, item));
        }
    }
}

/// What an approval lacks to let an asset into this deliverable.
enum Shortfall {
    Invalid(String),
    NotAllowed(String),
    TempOnly,
    OtherDeliverable,
    Revoked(String),
    Expired(String),
    Document(String),
    Unsigned,
}

impl Shortfall {
    /// Everything it lacks, the farthest from enough first.
    fn all(entry: &Entry<Approval>, standing: &Standing, case: &Case<'_>) -> Vec<Self> {
        let mut all = Vec::new();
        let approval = &entry.fact;
        let Authority { signed, flaw, not_allowed } = case.authorities.of(entry.seq);
        let is_signed = signed.is_some() || flaw.is_some();
        all.extend(flaw.map(Self::Invalid));
        all.extend(not_allowed.map(Self::NotAllowed));
        if !is_signed {
            all.push(Self::Unsigned);
        }
        if approval.scope == Scope::Temp {
            all.push(Self::TempOnly);
        }
        if !is_for(&approval.deliverables, case.deliverable) {
            all.push(Self::OtherDeliverable);
        }
        match standing {
            Standing::Revoked { by, at, note } => {
                all.push(Self::Revoked(format!("by {by} on {}: {note}", at.to_the_second())));
            }
            Standing::Expired { at } => all.push(Self::Expired(at.to_the_second())),
            Standing::Active => {}
        }
        match &approval.document {
            None if !approval.determination => {
                all.push(Self::Document("has no written document".to_owned()));
            }
            Some(document) if case.lost_documents.contains(&document.hash) => {
                all.push(Self::Document(format!(
                    "rests on {}, which is not in the document store",
                    document.name
                )));
            }
            _ => {}
        }
        all.sort_by_key(Self::rank);
        all
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Invalid(_) => 0,
            Self::NotAllowed(_) => 1,
            Self::Revoked(_) => 2,
            Self::TempOnly => 3,
            Self::OtherDeliverable => 4,
            Self::Expired(_) => 5,
            Self::Document(_) => 6,
            Self::Unsigned => 7,
        }
    }
}

/// Whether nothing is lacking but a signature that the policy does not ask for.
fn enough(shortfalls: &[Shortfall], policy: &Policy) -> bool {
    let asked = policy.severity(RuleCode::ApprovalUnsigned) == Some(Severity::Block);
    shortfalls.iter().all(|one| matches!(one, Shortfall::Unsigned) && !asked)
}

/// Says what an approval lacks, up to the first lack that blocks: one is enough to act on, and what
/// the policy has softened must not hide the next.
fn short(
    case: &Case<'_>,
    item: &Item<'_>,
    entry: &Entry<Approval>,
    shortfalls: &[Shortfall],
    found: &mut Findings<'_>,
) {
    let (id, by) = (entry.fact.id, &entry.fact.by);
    let is = word(item);
    for shortfall in shortfalls {
        let (code, why) = match shortfall {
            Shortfall::Invalid(how) => (
                RuleCode::ApprovalInvalid,
                format!("it is {is}, and {id} by {by} proves nothing: {how}"),
            ),
            Shortfall::NotAllowed(how) => {
                (RuleCode::ApproverNotAllowed, format!("it is {is}, and of {id}: {how}"))
            }
            Shortfall::Unsigned => {
                let why = format!("{id} by {by} carries no signature");
                let fix = "sign it: genlock approve … --sign KEYFILE; nothing is needed while the \
                           policy only warns"
                    .to_owned();
                found.add(RuleCode::ApprovalUnsigned, Some(item), why, fix);
                if found.policy.severity(RuleCode::ApprovalUnsigned) == Some(Severity::Block) {
                    return;
                }
                continue;
            }
            Shortfall::Document(how) => {
                (RuleCode::ApprovalNoDocument, format!("it is {is}, and {id} by {by} {how}"))
            }
            Shortfall::Expired(at) => {
                (RuleCode::ApprovalExpired, format!("it is {is}, and {id} by {by} ran out at {at}"))
            }
            Shortfall::Revoked(how) => (
                RuleCode::ApprovalRevoked,
                format!("it is {is}, and {id} by {by} was withdrawn {how}"),
            ),
            Shortfall::OtherDeliverable => (
                RuleCode::ApprovalNotForThisDeliverable,
                format!(
                    "it is {is}, and {id} by {by} is for {}, not for {}",
                    entry.fact.deliverables.join(", "),
                    case.deliverable
                ),
            ),
            Shortfall::TempOnly => (
                RuleCode::ApprovalTempOnly,
                format!("it is {is}, and {id} by {by} allows temporary use only"),
            ),
        };
        found.add(code, Some(item), why, approve(case, item));
        if found.policy.severity(code) == Some(Severity::Block) {
            return;
        }
    }
    holds(case, item, entry, found);
}

/// What is worth saying of an approval that is enough.
fn holds(case: &Case<'_>, item: &Item<'_>, entry: &Entry<Approval>, found: &mut Findings<'_>) {
    let (id, by) = (entry.fact.id, &entry.fact.by);
    let Some(conditions) = &entry.fact.conditions else { return };
    let asked = found.policy.severity(RuleCode::ApprovalUnsigned) == Some(Severity::Block);
    let mut said = None;
    for met in case.record.conditions_met.iter().filter(|met| met.fact.approval == id) {
        let word = case.authorities.of(met.seq);
        let unsigned = asked && word.signed.is_none();
        if met.seq > entry.seq && word.counts() && !unsigned {
            return;
        }
        let lacks = word.flaw.or(word.not_allowed);
        let lacks = lacks.unwrap_or_else(|| "it carries no signature".to_owned());
        said =
            Some(format!("; {} said they were met, and that does not count: {lacks}", met.fact.by));
    }
    let said = said.unwrap_or_default();
    let why = format!("{id} by {by} is bound to: {conditions}{said}");
    let fix = format!("once it is met: genlock approve {id} --condition-met --by WHO --note HOW");
    found.add(RuleCode::ConditionsOpen, Some(item), why, fix);
}

/// Somebody said no before: who looks at the verdict should know whose word this goes against.
fn overrides(
    item: &Item<'_>,
    entry: &Entry<Approval>,
    rejection: Option<&Entry<Rejection>>,
    found: &mut Findings<'_>,
) {
    let Some(no) = rejection else { return };
    let why = format!(
        "{} by {} came after {} by {}: {}",
        entry.fact.id, entry.fact.by, no.fact.id, no.fact.by, no.fact.note
    );
    let fix = format!("make sure that {} agrees", no.fact.by);
    found.add(RuleCode::ApprovalOverridesRejection, Some(item), why, fix);
}

fn is_for(deliverables: &[String], name: &str) -> bool {
    deliverables.is_empty() || deliverables.iter().any(|one| one == name)
}

fn word(item: &Item<'_>) -> &'static str {
    match item.origin.status {
        AiStatus::Ai => "AI-made",
        _ => "AI-made in part",
    }
}

fn reason<'a>(item: &'a Item<'_>) -> &'a str {
    item.origin.why.first().map_or("", String::as_str)
}

fn approve(case: &Case<'_>, item: &Item<'_>) -> String {
    format!(
        "get written approval, then: genlock approve {} --by WHO --scope final --deliverable {} \
         --document FILE; or take it out of the deliverable",
        item.asset.short(),
        case.deliverable
    )
}
