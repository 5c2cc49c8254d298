//! The facts of an item: what each name that a rule can write stands for.

use std::cell::OnceCell;

use crate::model::{AiStatus, Clearance, DeclarationId, RuleCode, SourceType, Strength};
use crate::policy::Policy;
use crate::policy::fact::{About, ApprovalState, Fact, Facts, Value};
use crate::policy::rules::approval::{Basis, confirmed, is_ai};
use crate::policy::rules::clearance::Clearances;
use crate::policy::rules::declared::{DeclarationFacts, Prepared, Settled};
use crate::policy::rules::heritage::{Family, Heritage};
use crate::policy::rules::waivers::Waivers;
use crate::policy::rules::{Case, Item, finality};

/// The facts of the deliverable as a whole.
pub(super) struct Whole<'a> {
    deliverable: &'a str,
    finalizing: bool,
    attested: bool,
    ai: u64,
    rendered_only: bool,
    changed: Option<String>,
}

impl<'a> Whole<'a> {
    pub(super) fn of(case: &Case<'a>, items: &[Item<'_>]) -> Self {
        // A movie is rendered from something; a still or a sound may be the thing itself.
        let rendered = |item: &&Item<'_>| {
            item.media_type.starts_with("video/") || item.media_type.ends_with("/mxf")
        };
        // What it can be made from: a picture, a timeline, or media of a kind that nobody knows. Not what
        // only goes with a movie: a checksum, a subtitle, a sidecar, what a system leaves in its folders.
        let source = |item: &&Item<'_>| {
            let unknown = item.media_type == "application/octet-stream";
            item.media_type.starts_with("image/")
                || unknown && !item.path.path.name().starts_with(b".")
                || case.is_timeline(item.path)
        };
        Self {
            finalizing: case.finalizing,
            attested: case.attested,
            ai: items.iter().filter(|item| is_ai(item.origin.status)).count() as u64,
            rendered_only: !case.made
                && items.iter().any(|item| rendered(&item))
                && !items.iter().any(|item| source(&item)),
            changed: finality::changes(case, items).filter(|_| !case.made),
            ..Self::named(case.deliverable)
        }
    }

    /// Nothing but its name.
    pub(super) fn named(deliverable: &'a str) -> Self {
        let (finalizing, attested, rendered_only) = (false, false, false);
        Self { deliverable, finalizing, attested, ai: 0, rendered_only, changed: None }
    }
}

impl Facts for Whole<'_> {
    fn get(&self, fact: Fact) -> Value<'_> {
        match fact {
            Fact::Deliverable => Value::text(self.deliverable),
            Fact::Finalizing => Value::Flag(self.finalizing),
            Fact::Attested => Value::Flag(self.attested),
            Fact::AiCount => Value::Number(self.ai),
            Fact::RenderedOnly => Value::Flag(self.rendered_only),
            Fact::Changed => Value::maybe(self.changed.as_deref()),
            _ => Value::Absent,
        }
    }
}

/// The facts of one file, and of one declaration that it is under at a time.
pub(super) struct ItemFacts<'a> {
    policy: &'a Policy,
    case: &'a Case<'a>,
    whole: &'a Whole<'a>,
    item: &'a Item<'a>,
    prepared: &'a Prepared<'a>,
    stands: Heritage<'a>,
    /// Its path as it is shown, once a rule asks for it.
    shown: OnceCell<String>,
    /// How many declarations were gone through.
    at: usize,
}

impl<'a> ItemFacts<'a> {
    pub(super) fn new(
        policy: &'a Policy,
        case: &'a Case<'a>,
        whole: &'a Whole<'a>,
        item: &'a Item<'a>,
        prepared: &'a Prepared<'a>,
        family: &mut Family<'a>,
        waivers: &Waivers<'_>,
    ) -> Self {
        let stands = Heritage::of(policy, case, item, prepared, family, waivers);
        let shown = OnceCell::new();
        Self { policy, case, whole, item, prepared, stands, shown, at: 0 }
    }

    /// What they are facts of.
    pub(super) fn item(&self) -> &'a Item<'a> {
        self.item
    }

    /// Whether a person determined that it is no AI, and nothing about that is open: then what its
    /// declarations say is not said of it.
    pub(super) fn is_cleared_of_ai(&self) -> bool {
        self.item.origin.status == AiStatus::NotAi
            && self.case.record.determination(&self.item.asset).is_some()
            && (!self.item.origin.contested || self.is_confirmed())
    }

    /// Whether somebody else confirmed that it is no AI.
    fn is_confirmed(&self) -> bool {
        confirmed(&Basis::of(self.policy, self.case), &self.item.asset)
    }

    /// Goes on to the next declaration, if there is one; gives what rules find by it alone.
    pub(super) fn next_declaration(&mut self) -> Option<&'a [Settled]> {
        let id = self.stands.declarations.get(self.at)?;
        self.at += 1;
        Some(self.prepared.settled(*id, self.mark()))
    }

    /// The tool that its marks name, or those of what it was made from.
    fn mark(&self) -> Option<&'a str> {
        self.item.origin.tool.as_deref()
    }

    fn of_declaration(&self, fact: Fact) -> Value<'_> {
        let current = self.at.checked_sub(1).and_then(|at| self.stands.declarations.get(at));
        let one = current.and_then(|id| self.prepared.get(*id, self.mark()));
        let Some(one) = one else { return Value::Absent };
        match fact {
            Fact::DeclarationApproved => Value::Flag(self.stands.covered(one).declaration),
            Fact::ToolApproved => Value::Flag(self.stands.covered(one).tools),
            fact => one.get(fact),
        }
    }
}

impl Facts for ItemFacts<'_> {
    fn get(&self, fact: Fact) -> Value<'_> {
        let (origin, stands) = (&self.item.origin, &self.stands);
        let approval = &stands.approval;
        let best = approval.best.map(|entry| &entry.fact);
        let lacking = |code| Value::maybe(approval.lacking(code));
        let strength = |one: Option<Strength>| Value::maybe(one.map(Strength::as_str));
        match fact {
            Fact::Status => Value::text(origin.status.as_str()),
            Fact::Ai => Value::Flag(stands.ai),
            Fact::Approval => Value::maybe(approval.state.map(ApprovalState::as_str)),
            Fact::Declared => Value::Flag(stands.declared),
            Fact::Path => Value::text(self.shown.get_or_init(|| self.item.path.to_string())),
            Fact::MediaType => Value::text(self.item.media_type),
            Fact::Timeline => Value::Flag(self.case.is_timeline(self.item.path)),
            Fact::SourceType => Value::maybe(origin.source_type.map(SourceType::term)),
            Fact::Strength => strength(origin.strength),
            Fact::Marked => strength(stands.contested.or(origin.marked)),
            Fact::Because => {
                let own = || origin.why.first().map(String::as_str);
                Value::maybe(stands.because.as_deref().or_else(own))
            }
            Fact::Source => Value::said(stands.source.map(|asset| asset.short())),
            Fact::SourceSuspect => Value::Flag(stands.suspect),
            Fact::SourceKnown => Value::Flag(self.item.ancestry.is_known()),
            Fact::DetectedTool => Value::maybe(origin.tool.as_deref()),
            Fact::Determined => {
                Value::Flag(self.case.record.determination(&self.item.asset).is_some())
            }
            Fact::Contested => Value::Flag(origin.contested || stands.contested.is_some()),
            Fact::Confirmed => Value::Flag(self.is_confirmed()),
            Fact::Clearance => {
                let all = Clearances::new(Basis::of(self.policy, self.case));
                let (asset, declarations) = (&self.item.asset, self.prepared.of(self.item));
                let clearance = all.of(asset, &declarations, origin, &self.item.ancestry);
                Value::maybe(clearance.map(Clearance::as_str))
            }
            Fact::ApprovalId => Value::said(best.map(|one| one.id.to_string())),
            Fact::ApprovalBy => Value::maybe(best.map(|one| one.by.as_str())),
            Fact::ApprovalDeclaration => Value::said(approval.declaration.map(|id| id.to_string())),
            Fact::ApprovalDocument if best.is_some() => Value::Flag(approval.documented),
            Fact::ApprovalSigned if best.is_some() => Value::Flag(approval.key.is_some()),
            Fact::ApprovalDocument | Fact::ApprovalSigned => Value::Absent,
            Fact::ApprovalConditions => {
                Value::maybe(best.and_then(|one| one.conditions.as_deref()))
            }
            Fact::ApprovalOpen => Value::maybe(approval.open.as_deref()),
            Fact::ApprovalKey => Value::maybe(approval.key),
            Fact::ApprovalInvalid => lacking(RuleCode::ApprovalInvalid),
            Fact::ApprovalNotAllowed => lacking(RuleCode::ApproverNotAllowed),
            Fact::ApprovalUnsigned => lacking(RuleCode::ApprovalUnsigned),
            Fact::ApprovedRoles => {
                Value::Words(approval.roles.iter().map(String::as_str).collect())
            }
            Fact::ApprovalRevoked => lacking(RuleCode::ApprovalRevoked),
            Fact::ApprovalTempOnly => lacking(RuleCode::ApprovalTempOnly),
            Fact::ApprovalElsewhere => lacking(RuleCode::ApprovalNotForThisDeliverable),
            Fact::ApprovalExpired => lacking(RuleCode::ApprovalExpired),
            Fact::ApprovalOutdated => lacking(RuleCode::ApprovalOutdated),
            Fact::ApprovalUndocumented => lacking(RuleCode::ApprovalNoDocument),
            Fact::ApprovalRejected => Value::maybe(approval.rejected.as_deref()),
            Fact::ApprovalOverrides => Value::maybe(approval.overrides.as_deref()),
            Fact::Reported => {
                let reported = |id: &DeclarationId| {
                    self.prepared.get(*id, None).is_some_and(DeclarationFacts::is_reported)
                };
                let all = stands.declared && stands.declarations.iter().all(reported);
                Value::Flag(all)
            }
            fact if fact.about() == About::Declaration => self.of_declaration(fact),
            fact => self.whole.get(fact),
        }
    }
}
