//! How a file stands with those who clear it, with all that it was made from. What is AI-made only by
//! inheritance is cleared when each of its sources is, as that source itself would have to be; an
//! approval of the file itself clears it too. A no to anything it was made from blocks, unless the
//! file itself was approved after it.

use std::borrow::Cow;
use std::sync::Arc;

use crate::lineage::{Ancestor, Ancestry};
use crate::model::{AiStatus, Approval, AssetId, DeclarationId, RuleCode, Seq, Strength};
use crate::policy::Policy;
use crate::policy::fact::ApprovalState;
use crate::policy::rules::approval::{ApprovalFacts, Basis, confirmed, is_ai};
use crate::policy::rules::declared::{DeclarationFacts, Prepared};
use crate::policy::rules::waivers::Waivers;
use crate::policy::rules::{Case, Item};
use crate::record::Entry;

/// What there is to say of a file in its own right, or for what it was made from.
#[derive(Default)]
pub(super) struct Heritage<'a> {
    pub(super) approval: ApprovalFacts<'a>,
    /// Whether it needs an approval.
    pub(super) ai: bool,
    /// Whether it, or everything AI-made that it was made from, is declared.
    pub(super) declared: bool,
    /// The declarations that it, or something AI-made that it was made from, is under.
    pub(super) declarations: Cow<'a, [DeclarationId]>,
    /// What it was made from, where that must be cleared or determined.
    pub(super) source: Option<AssetId>,
    /// What it has to do with that, in words.
    pub(super) because: Option<String>,
    /// Whether that is suspect.
    pub(super) suspect: bool,
    /// Whether that is contested and not confirmed: the strongest mark in it.
    pub(super) contested: Option<Strength>,
    /// Declarations of sources only: what approvals since cover in every source.
    approved: Vec<(DeclarationId, Covered)>,
}

/// Whether an approval that holds was given since a declaration got to stand as it does, and since its
/// tools are registered as they are.
#[derive(Clone, Copy)]
pub(super) struct Covered {
    pub(super) declaration: bool,
    pub(super) tools: bool,
}

impl Covered {
    fn by(approval: &ApprovalFacts<'_>, one: &DeclarationFacts<'_>) -> Self {
        let since =
            |seq| one.recorded.is_some_and(|it| approval.holds_since(it.since.max(seq), it.id));
        let declaration = since(Seq(0));
        let tools = declaration && since(one.tools_since());
        Self { declaration, tools }
    }
}

/// The ancestors of one file after the other: what was made from the same mostly lies together, and has what
/// people say of those looked up once.
#[derive(Default)]
pub(super) struct Family<'a> {
    of: Option<&'a Arc<Ancestry>>,
    all: Vec<Forebear<'a>>,
}

impl<'a> Family<'a> {
    fn of(
        &mut self,
        policy: &Policy,
        case: &Case<'a>,
        item: &'a Item<'a>,
        prepared: &Prepared<'a>,
    ) -> Vec<&Forebear<'a>> {
        if !self.of.is_some_and(|known| known.is_drawn_with(&item.ancestry)) {
            let all = item.ancestry.drawn();
            let all = all.map(|(at, one)| Forebear::new(policy, case, prepared, at, one));
            *self = Self { of: Some(&item.ancestry), all: all.collect() };
        }
        self.all.iter().filter(|one| item.ancestry.has(one.at)).collect()
    }
}

/// An ancestor with what people say of it.
struct Forebear<'a> {
    at: usize,
    ancestor: &'a Ancestor,
    facts: ApprovalFacts<'a>,
    declarations: Cow<'a, [DeclarationId]>,
    /// AI-made or declared to be, by its own mark or determination.
    is_source: bool,
}

impl<'a> Heritage<'a> {
    pub(super) fn of(
        policy: &Policy,
        case: &Case<'a>,
        item: &'a Item<'a>,
        prepared: &Prepared<'a>,
        family: &mut Family<'a>,
        waivers: &Waivers<'_>,
    ) -> Self {
        let waived = |code: RuleCode| waivers.is_waived(code, item.path, &item.asset);
        let own = prepared.of(item);
        let ai = needs_approval(item.origin.status, &own);
        if item.ancestry.is_empty() {
            return Self::alone(policy, case, item, ai, own, &waived);
        }
        let all = family.of(policy, case, item, prepared);
        let sources = || all.iter().copied().filter(|one| one.is_source);
        let ai = ai || sources().next().is_some();
        let in_own_right = item.origin.raised || !own.is_empty();
        let mut stands = Self::alone(policy, case, item, ai, own.clone(), &waived);
        stands.declared |= !in_own_right
            && sources().next().is_some()
            && sources().all(|one| !one.declarations.is_empty());
        stands.add_declarations(&own, prepared, sources());
        let said = stands.said();
        let obstacle = obstacle(policy, case, &item.ancestry, in_own_right, &stands, &all);
        let cleared = matches!(obstacle, None | Some(Obstacle::Contested(_)));
        let silent = stands.approval.state != Some(ApprovalState::Holds) && !refuses(&stands);
        if cleared && silent && !in_own_right {
            stands.inherit(sources());
        }
        if let Some(one) = obstacle {
            stands.meet(&item.ancestry, &one);
        }
        stands.hear(&all, said);
        stands
    }

    fn alone(
        policy: &Policy,
        case: &Case<'a>,
        item: &Item<'_>,
        ai: bool,
        declarations: Cow<'a, [DeclarationId]>,
        waived: &dyn Fn(RuleCode) -> bool,
    ) -> Self {
        let approval = ApprovalFacts::of(policy, case, &item.asset, ai, waived);
        let declared = !declarations.is_empty();
        Self { approval, ai, declared, declarations, ..Self::default() }
    }

    fn add_declarations<'b>(
        &mut self,
        own: &[DeclarationId],
        prepared: &Prepared<'_>,
        sources: impl Iterator<Item = &'b Forebear<'a>>,
    ) where
        'a: 'b,
    {
        for one in sources {
            for id in one.declarations.iter().filter(|id| !own.contains(id)) {
                let mark = one.ancestor.own.origin.tool.as_deref();
                let Some(declared) = prepared.get(*id, mark) else { continue };
                let covered = Covered::by(&one.facts, declared);
                match self.approved.iter_mut().find(|(known, _)| known == id) {
                    Some((_, all)) => {
                        all.declaration &= covered.declaration;
                        all.tools &= covered.tools;
                    }
                    None => self.approved.push((*id, covered)),
                }
            }
        }
        if !self.approved.is_empty() {
            let all = self.declarations.to_mut();
            all.extend(self.approved.iter().map(|(id, _)| *id));
            all.sort_unstable();
        }
    }

    /// Something it was made from stands in the way.
    fn meet(&mut self, ancestry: &Ancestry, one: &Obstacle<'a, '_>) {
        match *one {
            Obstacle::Uncleared(one) => {
                self.approval = one.facts.said_of(&one.ancestor.name());
                self.source = Some(one.ancestor.asset);
                self.because = Some(ancestry.reason(one.at));
            }
            Obstacle::Suspect(one) => {
                self.approval = ApprovalFacts::default();
                self.approval.state = Some(ApprovalState::Short);
                self.suspect = true;
                self.source = one.map(|one| one.ancestor.asset);
                let too_many = || "it was made from more than is looked at".to_owned();
                self.because = Some(one.map_or_else(too_many, |one| ancestry.reason(one.at)));
            }
            Obstacle::Contested(one) => {
                self.contested = one.ancestor.own.origin.marked;
                self.source = Some(one.ancestor.asset);
                self.because = Some(ancestry.reason(one.at));
            }
        }
    }

    /// Every source is cleared: what is said of them is said of it. Of several the one is told that still
    /// has something to say.
    fn inherit<'b>(&mut self, sources: impl Iterator<Item = &'b Forebear<'a>> + Clone)
    where
        'a: 'b,
    {
        let roles = sources.clone().map(|one| &one.facts.roles);
        let roles = roles.cloned().reduce(|all, more| all.intersection(&more).cloned().collect());
        let open = |one: &&Forebear<'_>| {
            let facts = &one.facts;
            let said = [
                facts.open.as_deref(),
                facts.overrides.as_deref(),
                facts.lacking(RuleCode::ApprovalNoDocument),
                facts.lacking(RuleCode::ApprovalUnsigned),
            ];
            std::cmp::Reverse(said.iter().position(Option::is_some).unwrap_or(said.len()))
        };
        if let Some(one) = sources.max_by_key(open) {
            self.approval = one.facts.said_of(&one.ancestor.name());
            self.approval.roles = roles.unwrap_or_default();
            self.source = Some(one.ancestor.asset);
        }
    }

    /// What the approval of the file itself says yes to, where that holds: one that extends an earlier yes
    /// overrules nothing that was said in between.
    fn said(&self) -> Option<&'a Entry<Approval>> {
        self.approval.said.filter(|_| self.approval.state == Some(ApprovalState::Holds))
    }

    /// A no to anything it was made from, that the policy only wants to hear of, is heard of here too,
    /// unless the file itself was approved after it: that is what `said` is.
    fn hear(&mut self, all: &[&Forebear<'a>], said: Option<&Entry<Approval>>) {
        let since = |at| said.is_none_or(|said| at >= said.at);
        let no = all.iter().filter(|one| one.facts.warned.is_some_and(since));
        if self.ai
            && self.approval.rejected.is_none()
            && let Some(one) = no.max_by_key(|one| one.facts.warned)
        {
            self.approval.rejected = one.facts.said_of(&one.ancestor.name()).rejected;
        }
    }

    /// What of a declaration approvals cover: of the file, or of all its sources that are under it.
    pub(super) fn covered(&self, one: &DeclarationFacts<'_>) -> Covered {
        let own = Covered::by(&self.approval, one);
        let id = one.recorded.map(|it| it.id);
        let inherited = self.approved.iter().find(|(known, _)| Some(*known) == id);
        let inherited = inherited.map(|(_, covered)| *covered);
        let is_own = self.source.is_none();
        Covered {
            declaration: own.declaration && is_own || inherited.is_some_and(|one| one.declaration),
            tools: own.tools && is_own || inherited.is_some_and(|one| one.tools),
        }
    }
}

impl<'a> Forebear<'a> {
    fn new(
        policy: &Policy,
        case: &Case<'a>,
        prepared: &Prepared<'a>,
        at: usize,
        ancestor: &'a Ancestor,
    ) -> Self {
        let declarations = prepared.of_ancestor(ancestor);
        let is_source = needs_approval(ancestor.own.origin.status, &declarations);
        // Of what only lies between, a yes that was withdrawn counts, and no other.
        let asked =
            is_source || case.record.approvals_of(&ancestor.asset, case.now).next().is_some();
        let facts = ApprovalFacts::of(policy, case, &ancestor.asset, asked, &|_| false);
        Self { at, ancestor, facts, declarations, is_source }
    }
}

/// Something a file was made from, for which it is not cleared.
enum Obstacle<'a, 'b> {
    /// Nobody cleared it, or somebody said no.
    Uncleared(&'b Forebear<'a>),
    /// Nobody determined it; none: there are more than are looked at.
    Suspect(Option<&'b Forebear<'a>>),
    /// A person says it is no AI, a mark says otherwise, and nobody confirmed it.
    Contested(&'b Forebear<'a>),
}

/// The first thing in the way: a no, then what needs a yes, then what nobody decided.
fn obstacle<'a, 'b>(
    policy: &Policy,
    case: &Case<'a>,
    ancestry: &Ancestry,
    in_own_right: bool,
    stands: &Heritage<'a>,
    all: &[&'b Forebear<'a>],
) -> Option<Obstacle<'a, 'b>> {
    let contested = || {
        let open = |one: &&Forebear<'_>| {
            one.ancestor.own.origin.contested
                && !confirmed(&Basis::of(policy, case), &one.ancestor.asset)
        };
        // A mark that blocks before one that only warns.
        all.iter().copied().filter(open).max_by_key(|one| one.ancestor.own.origin.marked)
    };
    let contested = || contested().map(Obstacle::Contested);
    let status = |one: &&Forebear<'_>| one.ancestor.own.origin.status;
    let suspect = |one: &&Forebear<'_>| !one.is_source && status(one) == AiStatus::Suspect;
    if !stands.ai {
        return contested();
    }
    let own = stands.said();
    let no = all.iter().copied().filter(|one| one.facts.refused.is_some());
    if let Some(no) = no.max_by_key(|one| one.facts.refused)
        && own.is_none_or(|own| no.facts.refused >= Some(own.at))
        && !refuses(stands)
    {
        return Some(Obstacle::Uncleared(no));
    }
    if in_own_right || own.is_some() || refuses(stands) {
        return contested().filter(|_| own.is_none());
    }
    let uncleared =
        |one: &&Forebear<'_>| one.is_source && one.facts.state != Some(ApprovalState::Holds);
    let uncleared = all.iter().copied().find(uncleared).map(Obstacle::Uncleared);
    let undetermined = || all.iter().copied().find(suspect).map(|one| Obstacle::Suspect(Some(one)));
    let unknown = || ancestry.cut.then_some(Obstacle::Suspect(None));
    uncleared.or_else(undetermined).or_else(unknown).or_else(contested)
}

/// Whether somebody said no to the file itself, or withdrew a yes.
fn refuses(stands: &Heritage<'_>) -> bool {
    stands.approval.refused.is_some()
}

/// What is AI-made needs an approval, and so does what is declared to be, whatever marks it lost; not
/// what a person says is no such thing.
fn needs_approval(status: AiStatus, declarations: &[DeclarationId]) -> bool {
    is_ai(status) || (!declarations.is_empty() && status != AiStatus::NotAi)
}
