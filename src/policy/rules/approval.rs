//! Which approval speaks for an item, and what it lacks: scope final, for this deliverable, in
//! writing, not withdrawn, not run out, not overruled by a later no, of what is still declared so.
//!
//! Choosing among approvals is a procedure, not a condition; what comes of it are facts.

use crate::model::{AiStatus, Approval, AssetId, Rejection, RuleCode, Scope, Seq, Severity};
use crate::policy::Policy;
use crate::policy::rules::{Case, Item};
use crate::record::{Entry, Standing};

/// How an item stands with those who may approve it.
#[derive(Default)]
pub(super) struct ApprovalFacts<'a> {
    /// `none`, `rejected`, `short` or `holds`.
    pub(super) state: Option<&'static str>,
    /// The approval that comes nearest to what is needed.
    pub(super) best: Option<&'a Entry<Approval>>,
    pub(super) revoked: Option<String>,
    pub(super) temp_only: Option<String>,
    pub(super) elsewhere: Option<String>,
    pub(super) expired: Option<String>,
    pub(super) outdated: Option<String>,
    pub(super) undocumented: Option<String>,
    pub(super) rejected: Option<String>,
    pub(super) overrides: Option<String>,
    /// Whether its document is in the store.
    pub(super) documented: bool,
}

impl<'a> ApprovalFacts<'a> {
    /// `ai` is whether the item needs an approval. One that does not may still have been refused.
    pub(super) fn of(policy: &Policy, case: &Case<'a>, item: &Item<'_>, ai: bool) -> Self {
        // A policy that does not mind rejections judges as if there were none.
        let minded = policy.severity(RuleCode::ApprovalRejected).is_some();
        let rejection = case
            .record
            .rejections_of(&item.asset)
            .filter(|entry| minded && is_for(&entry.fact.deliverables, case.deliverable))
            .last();
        if !ai && rejection.is_none() {
            return Self::default();
        }
        let overruled = |entry: &Entry<Approval>| rejection.is_some_and(|no| no.seq > entry.seq);
        // A determination that was confirmed after a no speaks for what is not AI-made.
        let speaks = |entry: &Entry<Approval>| !ai || !entry.fact.determination;
        let offered: Vec<(&Entry<Approval>, Vec<Lack>)> = case
            .record
            .approvals_of(&item.asset, case.now)
            .filter(|(entry, _)| speaks(entry) && !overruled(entry))
            .map(|(entry, standing)| (entry, Lack::all(&entry.fact, &standing, case)))
            .collect();
        // The approval that comes nearest to what is needed; of equals the newest.
        let nearness = |lacks: &[Lack]| lacks.first().map_or(u8::MAX, Lack::rank);
        let best = offered.into_iter().max_by_key(|(entry, lacks)| (nearness(lacks), entry.seq));
        match (best, rejection) {
            (Some((entry, lacks)), _) if lacks.is_empty() => Self {
                overrides: rejection.map(|no| overrides(entry, no)),
                ..Self::holding(case, entry)
            },
            (Some((entry, lacks)), None) => Self::short(policy, case, entry, lacks),
            (_, Some(no)) => Self {
                state: Some("rejected"),
                rejected: Some(format!(
                    "{} said no on {}: {}",
                    no.fact.by,
                    no.at.to_the_second(),
                    no.fact.note
                )),
                ..Self::default()
            },
            (None, None) => Self { state: Some("none"), ..Self::default() },
        }
    }

    fn holding(case: &Case<'_>, entry: &'a Entry<Approval>) -> Self {
        let document = entry.fact.document.as_ref();
        let documented = document.is_some_and(|one| !case.lost_documents.contains(&one.hash));
        Self { state: Some("holds"), best: Some(entry), documented, ..Self::default() }
    }

    /// Says what an approval lacks, up to the first lack that blocks: one is enough to act on, and what
    /// the policy has softened must not hide the next.
    fn short(
        policy: &Policy,
        case: &Case<'_>,
        entry: &'a Entry<Approval>,
        lacks: Vec<Lack>,
    ) -> Self {
        let mut facts = Self::holding(case, entry);
        let name = format!("{} by {}", entry.fact.id, entry.fact.by);
        for lack in lacks {
            let code = lack.code();
            match lack {
                Lack::Revoked(how) => facts.revoked = Some(format!("{name} was withdrawn {how}")),
                Lack::TempOnly => {
                    facts.temp_only = Some(format!("{name} allows temporary use only"));
                }
                Lack::Elsewhere => {
                    let names = entry.fact.deliverables.join(", ");
                    facts.elsewhere =
                        Some(format!("{name} is for {names}, not for {}", case.deliverable));
                }
                Lack::Expired(at) => facts.expired = Some(format!("{name} ran out at {at}")),
                Lack::Outdated(how) => facts.outdated = Some(format!("{name} {how}")),
                Lack::Document(how) => facts.undocumented = Some(format!("{name} {how}")),
            }
            if policy.severity(code) == Some(Severity::Block) {
                facts.state = Some("short");
                break;
            }
        }
        facts
    }

    /// Whether the approval that holds is newer than an event, and says nothing of another declaration.
    pub(super) fn holds_since(&self, seq: Seq, declaration: crate::model::DeclarationId) -> bool {
        self.state == Some("holds")
            && self.best.is_some_and(|entry| {
                entry.seq > seq
                    && entry.fact.declaration.is_none_or(|under| under.id == declaration)
            })
    }
}

/// What an approval lacks to let an asset into this deliverable.
enum Lack {
    TempOnly,
    Elsewhere,
    Revoked(String),
    Expired(String),
    Outdated(String),
    Document(String),
}

impl Lack {
    /// Everything it lacks, the farthest from enough first.
    fn all(approval: &Approval, standing: &Standing, case: &Case<'_>) -> Vec<Self> {
        let mut all = Vec::new();
        if approval.scope == Scope::Temp {
            all.push(Self::TempOnly);
        }
        if !is_for(&approval.deliverables, case.deliverable) {
            all.push(Self::Elsewhere);
        }
        match standing {
            Standing::Revoked { by, at, note } => {
                all.push(Self::Revoked(format!("by {by} on {}: {note}", at.to_the_second())));
            }
            Standing::Expired { at } => all.push(Self::Expired(at.to_the_second())),
            Standing::Outdated { declaration, version, now } => all.push(Self::Outdated(format!(
                "is of version {version} of {declaration}, which stands in version {now}"
            ))),
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
            Self::Revoked(_) => 0,
            Self::TempOnly => 1,
            Self::Elsewhere => 2,
            Self::Expired(_) => 3,
            Self::Outdated(_) => 4,
            Self::Document(_) => 5,
        }
    }

    const fn code(&self) -> RuleCode {
        match self {
            Self::Revoked(_) => RuleCode::ApprovalRevoked,
            Self::TempOnly => RuleCode::ApprovalTempOnly,
            Self::Elsewhere => RuleCode::ApprovalNotForThisDeliverable,
            Self::Expired(_) => RuleCode::ApprovalExpired,
            Self::Outdated(_) => RuleCode::ApprovalOutdated,
            Self::Document(_) => RuleCode::ApprovalNoDocument,
        }
    }
}

/// Somebody said no before: who looks at the verdict should know whose word this goes against.
fn overrides(entry: &Entry<Approval>, no: &Entry<Rejection>) -> String {
    format!(
        "{} by {} came after {} by {}: {}",
        entry.fact.id, entry.fact.by, no.fact.id, no.fact.by, no.fact.note
    )
}

fn is_for(deliverables: &[String], name: &str) -> bool {
    deliverables.is_empty() || deliverables.iter().any(|one| one == name)
}

/// Whether somebody confirmed the determination that stands now, not an earlier one.
pub(super) fn confirmed(case: &Case<'_>, asset: &AssetId) -> bool {
    let Some(determination) = case.record.determination(asset) else { return false };
    let rejected = case.record.rejections_of(asset).map(|entry| entry.seq).max();
    case.record.approvals_of(asset, case.now).any(|(entry, standing)| {
        entry.fact.determination
            && entry.seq > determination.seq
            && rejected.is_none_or(|no| entry.seq > no)
            // A contested origin needs a second person.
            && entry.fact.by != determination.fact.by
            && standing == Standing::Active
            && is_for(&entry.fact.deliverables, case.deliverable)
    })
}

/// Whether an item's status alone says that it needs an approval.
pub(super) const fn is_ai(status: AiStatus) -> bool {
    matches!(status, AiStatus::Ai | AiStatus::AiPart)
}
