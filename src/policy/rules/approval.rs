//! Which approval speaks for an item, and what it lacks: scope final, for this deliverable, in
//! writing, not withdrawn, not run out, not overruled by a later no, of what is still declared so.
//!
//! Choosing among approvals is a procedure, not a condition; what comes of it are facts.

use std::collections::BTreeSet;

use crate::model::{
    AiStatus, Approval, AssetId, Authorities, Authority, Clearance, ConditionMet, DeclarationId,
    Rejection, RuleCode, Scope, Seq, Severity, Timestamp, is_same_name,
};
use crate::policy::Policy;
use crate::policy::fact::ApprovalState;
use crate::policy::role::Power;
use crate::policy::rules::Case;
use crate::record::{Entry, Record, Standing};

/// What approvals are weighed by, for a verdict and for a log alike.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// Its roles say who may, its severities whether signatures are asked for.
    pub policy: Option<&'a Policy>,
    /// What people decided.
    pub record: &'a Record,
    /// What stands behind every recorded yes.
    pub authorities: &'a Authorities,
    /// Documents that are not in the store as they were handed over.
    pub lost_documents: &'a BTreeSet<AssetId>,
    /// The moment that they are weighed at.
    pub now: Timestamp,
    /// The deliverable that they are to be for, if it is one.
    pub deliverable: Option<&'a str>,
}

impl<'a> Basis<'a> {
    pub(super) fn of(policy: &'a Policy, case: &Case<'a>) -> Self {
        let Case { record, authorities, lost_documents, now, deliverable, .. } = *case;
        let (policy, deliverable) = (Some(policy), Some(deliverable));
        Self { policy, record, authorities, lost_documents, now, deliverable }
    }

    fn asks_for_signatures(&self) -> bool {
        self.policy.is_some_and(|policy| is_blocking(policy, RuleCode::ApprovalUnsigned))
    }

    fn is_ours(&self, deliverables: &[String]) -> bool {
        self.deliverable.is_none_or(|name| is_for(deliverables, name))
    }

    /// Whether something that an approval lacks keeps it out.
    fn minds(&self, lack: &Lack) -> bool {
        match self.policy {
            Some(policy) => is_blocking(policy, lack.code()),
            None => !matches!(lack, Lack::Unsigned),
        }
    }
}

/// How an item stands with those who may approve it.
#[derive(Clone, Default)]
pub(super) struct ApprovalFacts<'a> {
    /// None where it needs no approval and nobody said no.
    pub(super) state: Option<ApprovalState>,
    /// The approval that comes nearest to what is needed.
    pub(super) best: Option<&'a Entry<Approval>>,
    /// What that lacks, up to the first that blocks, each by its code.
    lacks: Vec<(RuleCode, String)>,
    /// Fingerprint of the key the nearest one is signed with.
    pub(super) key: Option<&'a str>,
    /// Every approval that holds: when what it says yes to was said, and of which declaration, if of one.
    holding: Vec<(Seq, Option<DeclarationId>)>,
    /// The declaration the nearest one was given under, or is outdated by.
    pub(super) declaration: Option<DeclarationId>,
    /// The approval that says what the nearest one says yes to: itself, or the one that it extends.
    pub(super) said: Option<&'a Entry<Approval>>,
    /// Roles of everybody whose approval holds.
    pub(super) roles: BTreeSet<String>,
    /// What it is bound to, and nobody's word that it was met counts.
    pub(super) open: Option<String>,
    pub(super) rejected: Option<String>,
    pub(super) overrides: Option<String>,
    /// Whether its document is in the store.
    pub(super) documented: bool,
    /// When somebody said no, or withdrew a yes, if that is what blocks.
    pub(super) refused: Option<Timestamp>,
    /// When somebody said no that the policy only wants to hear of, if no yes came after it.
    pub(super) warned: Option<Timestamp>,
}

impl<'a> ApprovalFacts<'a> {
    /// `ai` is whether the content needs an approval. One that does not may still have been refused.
    /// `waived` says whether somebody took on themselves what an approval lacks.
    pub(super) fn of(
        policy: &Policy,
        case: &Case<'a>,
        asset: &AssetId,
        ai: bool,
        waived: &dyn Fn(RuleCode) -> bool,
    ) -> Self {
        let (basis, record) = (Basis::of(policy, case), case.record);
        // A policy that does not mind rejections judges as if there were none. One that only wants to
        // hear of them too: a no must not be better than nobody's word.
        let minded = policy.severity(RuleCode::ApprovalRejected);
        let nos = record.rejections_of(asset);
        let nos = nos.filter(|no| minded.is_some() && basis.is_ours(&no.fact.deliverables));
        let rejection = nos.last();
        if !ai && rejection.is_none() {
            return Self::default();
        }
        // Nor does a waiver of the no say yes.
        let binding = minded == Some(Severity::Block)
            && !(rejection.is_some() && waived(RuleCode::ApprovalRejected));
        let (no, heard) = if binding { (rejection, None) } else { (None, rejection) };
        let overruled =
            |entry: &Entry<Approval>| no.is_some_and(|no| no.seq > record.answers(entry, asset));
        // A determination that was confirmed after a no speaks for what is not AI-made.
        let speaks = |entry: &Entry<Approval>| !ai || !entry.fact.determination;
        let offers: Vec<_> = record
            .approvals_of(asset, case.now)
            .filter(|(entry, _)| speaks(entry) && !overruled(entry))
            .map(|(entry, standing)| Offer::new(policy, &basis, asset, entry, &standing, waived))
            .collect();
        let held = offers.iter().filter(|one| one.holds());
        let roles = held.flat_map(|one| policy.roles_of(&one.entry.fact.by)).collect();
        let covering = offers.iter().filter(|one| one.covers).map(|one| one.entry);
        let under = |entry: &Entry<Approval>| entry.fact.declaration.map(|one| one.id);
        let holding = covering.map(|entry| (record.said(entry).seq, under(entry))).collect();
        // What somebody forged, or could not give, is no approval; it is said where no other holds.
        let (void, offers): (Vec<_>, Vec<_>) = offers.into_iter().partition(|one| one.void);
        let best = offers.into_iter().max_by_key(Offer::nearness);
        let mut facts = Self::drawn(policy, case, best, no);
        if let Some(no) = heard {
            facts.hear(record, asset, no);
        }
        if facts.state != Some(ApprovalState::Holds)
            && let Some(void) = void.into_iter().max_by_key(|one| one.entry.seq)
        {
            facts.tell_void(Self::by(policy, case, void));
        }
        Self { holding, roles, ..facts }
    }

    /// What comes of the approval that is nearest, where `no` came before all that are left.
    fn drawn(
        policy: &Policy,
        case: &Case<'a>,
        best: Option<Offer<'a>>,
        no: Option<&Entry<Rejection>>,
    ) -> Self {
        match (best, no) {
            (Some(best), no) if no.is_none() || best.blocking.is_none() => Self {
                overrides: no.map(|no| overrides(best.entry, no)),
                ..Self::by(policy, case, best)
            },
            (best, Some(no)) => {
                // A yes that came after a no, and is none yet: what it lacks must not hide behind the no.
                let basis = Basis::of(policy, case);
                let since = best.as_ref().and_then(|one| Some((one.lack()?, one.entry)));
                let since = since.map(|(lack, entry)| lack.said(entry, &basis));
                let since = since.map(|said| format!("; since then {said}")).unwrap_or_default();
                let (state, rejected) = (Some(ApprovalState::Rejected), Some(refused(no) + &since));
                Self { state, rejected, refused: Some(no.at), ..Self::default() }
            }
            (_, None) => Self { state: Some(ApprovalState::None), ..Self::default() },
        }
    }

    /// Says what an approval lacks, up to the first lack that keeps it out: one is enough to act on, and what
    /// the policy has softened, or somebody waived, must not hide the next.
    fn by(policy: &Policy, case: &Case<'a>, offer: Offer<'a>) -> Self {
        let basis = Basis::of(policy, case);
        let blocks = offer.blocking.is_some();
        let Offer { entry, mut lacks, left, .. } = offer;
        lacks.truncate(left.map_or(lacks.len(), |at| at + 1));
        let outdated = lacks.iter().find_map(|lack| match lack {
            Lack::Outdated(_, declaration) => Some(*declaration),
            _ => None,
        });
        let refused = match lacks.last().filter(|_| blocks) {
            Some(Lack::Revoked(_, at)) => Some(*at),
            _ => None,
        };
        let document = entry.fact.document.as_ref();
        let word = case.authorities.words.get(&entry.seq);
        Self {
            state: Some(if blocks { ApprovalState::Short } else { ApprovalState::Holds }),
            best: Some(entry),
            lacks: lacks.iter().map(|lack| (lack.code(), lack.said(entry, &basis))).collect(),
            key: word.and_then(|word| word.signed.as_deref()),
            declaration: outdated.or(entry.fact.declaration.map(|one| one.id)),
            said: Some(case.record.said(entry)),
            open: open(&basis, entry),
            documented: document.is_some_and(|one| !case.lost_documents.contains(&one.hash)),
            refused,
            ..Self::default()
        }
    }

    /// Somebody said no, and the policy only wants to hear of it.
    fn hear(&mut self, record: &Record, asset: &AssetId, no: &Entry<Rejection>) {
        if let Some(entry) = self.best.filter(|entry| record.answers(entry, asset) > no.seq) {
            self.overrides = Some(overrides(entry, no));
        } else {
            self.rejected = Some(refused(no));
            self.warned = Some(no.at);
        }
    }

    /// Tells of one that is no approval, where no other holds.
    fn tell_void(&mut self, void: Self) {
        let is_void = |code: &RuleCode| {
            matches!(code, RuleCode::ApprovalInvalid | RuleCode::ApproverNotAllowed)
        };
        if self.state == Some(ApprovalState::None) {
            self.state = Some(ApprovalState::Short);
        }
        self.lacks.retain(|(code, _)| !is_void(code));
        self.lacks.extend(void.lacks.into_iter().filter(|(code, _)| is_void(code)));
    }

    /// What the nearest one lacks of a kind.
    pub(super) fn lacking(&self, code: RuleCode) -> Option<&str> {
        let all = self.lacks.iter().rev();
        all.clone().find(|(known, _)| *known == code).map(|(_, said)| said.as_str())
    }

    /// The same, said of something that is judged for having been made from it.
    pub(super) fn said_of(&self, name: &str) -> Self {
        let mut facts = self.clone();
        let lacks = facts.lacks.iter_mut().map(|(_, text)| text);
        for text in lacks.chain(&mut facts.rejected).chain(&mut facts.overrides) {
            *text = format!("of {name}, which it was made from: {text}");
        }
        facts
    }

    /// Whether what some approval that holds says yes to was said after an event, and not of another
    /// declaration. One that extends an earlier yes says no more than that did.
    pub(super) fn holds_since(&self, seq: Seq, declaration: DeclarationId) -> bool {
        let is_of = |under: Option<DeclarationId>| under.is_none_or(|id| id == declaration);
        self.state == Some(ApprovalState::Holds)
            && self.holding.iter().any(|(said, under)| *said > seq && is_of(*under))
    }
}

/// Conditions that an approval is bound to and nobody met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// None that the policy waits for.
    None,
    /// Somebody took them on themselves.
    Waived,
    Awaited,
}

/// An approval that is offered for an item.
struct Offer<'a> {
    entry: &'a Entry<Approval>,
    /// Everything it lacks, the farthest from enough first.
    lacks: Vec<Lack>,
    /// Which of that is the first that blocks.
    blocking: Option<usize>,
    /// Which is the first that blocks and nobody waived.
    left: Option<usize>,
    /// Conditions of it that are open.
    open: Open,
    /// Whether it says yes to what declarations of the content say.
    covers: bool,
    /// Whether it is none at all.
    void: bool,
}

impl<'a> Offer<'a> {
    fn new(
        policy: &Policy,
        basis: &Basis<'_>,
        asset: &AssetId,
        entry: &'a Entry<Approval>,
        standing: &Standing,
        waived: &dyn Fn(RuleCode) -> bool,
    ) -> Self {
        let lacks = Lack::all(basis, asset, entry, standing);
        let blocks = |lack: &Lack| is_blocking(policy, lack.code());
        // What the policy waits for is no yes yet.
        let awaited = is_blocking(policy, RuleCode::ConditionsOpen) && open(basis, entry).is_some();
        let open = match awaited {
            false => Open::None,
            true if waived(RuleCode::ConditionsOpen) => Open::Waived,
            true => Open::Awaited,
        };
        // One that is outdated for a content said yes to its other declarations all the same.
        let is_of_content = entry.fact.declaration.is_none();
        let aside = |lack: &Lack| matches!(lack, Lack::Outdated(..)) && is_of_content;
        let covers = !awaited && !lacks.iter().any(|lack| blocks(lack) && !aside(lack));
        let is_void = |lack: &Lack| matches!(lack, Lack::Invalid(_) | Lack::NotAllowed(_));
        let void = lacks.iter().any(|lack| is_void(lack) && blocks(lack));
        let blocking = lacks.iter().position(blocks);
        let left = lacks.iter().position(|lack| blocks(lack) && !waived(lack.code()));
        Self { entry, lacks, blocking, left, open, covers, void }
    }

    fn holds(&self) -> bool {
        self.blocking.is_none() && self.open == Open::None
    }

    /// The first thing it lacks that blocks.
    fn lack(&self) -> Option<&Lack> {
        self.lacks.get(self.blocking?)
    }

    /// How near it comes to what is needed: by what keeps it out, then by what is said; of equals the newest.
    fn nearness(&self) -> (u8, bool, bool, u8, Seq) {
        let rank = |lack: Option<&Lack>| lack.map_or(u8::MAX, Lack::rank);
        let left = rank(self.left.and_then(|at| self.lacks.get(at)));
        let blocked = self.blocking.is_some();
        (left, self.open != Open::Awaited, !blocked, rank(self.lacks.first()), self.entry.seq)
    }
}

/// What an approval lacks to let an asset into this deliverable.
enum Lack {
    Invalid(String),
    NotAllowed(String),
    Unsigned,
    TempOnly,
    Elsewhere(String),
    Revoked(String, Timestamp),
    Expired(String),
    Outdated(String, DeclarationId),
    Document(String),
}

impl Lack {
    /// What keeps it from being somebody's word at all, or from being proven.
    fn of_word(basis: &Basis<'_>, asset: &AssetId, entry: &Entry<Approval>) -> Vec<Self> {
        let Basis { policy, record, authorities, .. } = *basis;
        let mut all = Vec::new();
        let approval = &entry.fact;
        let word = authorities.of(entry.seq);
        // An extension is worth what it rests on.
        let unproven =
            |_| authorities.of(record.said(entry).seq).signed.is_none() && word.flaw.is_none();
        if word.signed.is_none() && word.flaw.is_none() || approval.under.is_some_and(unproven) {
            all.push(Self::Unsigned);
        }
        all.extend(word.flaw.clone().map(Self::Invalid));
        let power = if approval.under.is_some() { Power::Extend } else { Power::Approve };
        let barred = || may_not(policy, &approval.by, power);
        all.extend(word.not_allowed.clone().or_else(barred).map(Self::NotAllowed));
        if approval.under.is_some() && record.attached_it(&approval.by, asset) {
            let how = format!("{} put it under its declaration; another must", approval.by);
            all.push(Self::NotAllowed(how));
        }
        if let Some(id) = record.outside(entry, asset) {
            let said = record.said(entry).fact.id;
            let how = format!("it extends {said}, which is of {id}, to what is not under {id}");
            all.push(Self::NotAllowed(how));
        }
        all
    }

    /// Everything it lacks, the farthest from enough first.
    fn all(
        basis: &Basis<'_>,
        asset: &AssetId,
        entry: &Entry<Approval>,
        standing: &Standing,
    ) -> Vec<Self> {
        let approval = &entry.fact;
        let mut all = Self::of_word(basis, asset, entry);
        if approval.scope == Scope::Temp {
            all.push(Self::TempOnly);
        }
        if let Some(name) = basis.deliverable.filter(|name| !is_for(&approval.deliverables, name)) {
            let names = approval.deliverables.join(", ");
            all.push(Self::Elsewhere(format!("is for {names}, not for {name}")));
        }
        match standing {
            Standing::Revoked { by, at, note } => {
                let how = format!("by {by} on {}: {note}", at.to_the_second());
                all.push(Self::Revoked(how, *at));
            }
            Standing::Expired { at } => all.push(Self::Expired(at.to_the_second())),
            Standing::Outdated { declaration, version, now } => {
                let of = match approval.declaration {
                    Some(_) => format!("is of version {version} of {declaration}"),
                    None => format!("came to version {version} of {declaration}"),
                };
                let how = format!("{of}, which stands in version {now}");
                all.push(Self::Outdated(how, *declaration));
            }
            Standing::Active => {}
        }
        match &approval.document {
            None if !approval.determination => {
                all.push(Self::Document("has no written document".to_owned()));
            }
            Some(document) if basis.lost_documents.contains(&document.hash) => {
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

    /// What is to be said of it.
    fn said(&self, entry: &Entry<Approval>, basis: &Basis<'_>) -> String {
        let name = format!("{} by {}", entry.fact.id, entry.fact.by);
        match self {
            Self::Invalid(how) | Self::NotAllowed(how) => format!("{name} does not count: {how}"),
            Self::Unsigned if basis.authorities.of(entry.seq).signed.is_some() => {
                let said = basis.record.said(entry).fact.id;
                format!("{name} extends {said}, which carries no signature")
            }
            Self::Unsigned => format!("{name} carries no signature"),
            Self::Revoked(how, _) => format!("{name} was withdrawn {how}"),
            Self::TempOnly => format!("{name} allows temporary use only"),
            Self::Expired(at) => format!("{name} ran out at {at}"),
            Self::Elsewhere(how) | Self::Outdated(how, _) | Self::Document(how) => {
                format!("{name} {how}")
            }
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Invalid(_) => 0,
            Self::NotAllowed(_) => 1,
            Self::Revoked(..) => 2,
            Self::TempOnly => 3,
            Self::Elsewhere(_) => 4,
            Self::Expired(_) => 5,
            Self::Outdated(..) => 6,
            Self::Document(_) => 7,
            Self::Unsigned => 8,
        }
    }

    const fn code(&self) -> RuleCode {
        match self {
            Self::Invalid(_) => RuleCode::ApprovalInvalid,
            Self::NotAllowed(_) => RuleCode::ApproverNotAllowed,
            Self::Unsigned => RuleCode::ApprovalUnsigned,
            Self::Revoked(..) => RuleCode::ApprovalRevoked,
            Self::TempOnly => RuleCode::ApprovalTempOnly,
            Self::Elsewhere(_) => RuleCode::ApprovalNotForThisDeliverable,
            Self::Expired(_) => RuleCode::ApprovalExpired,
            Self::Outdated(..) => RuleCode::ApprovalOutdated,
            Self::Document(_) => RuleCode::ApprovalNoDocument,
        }
    }
}

fn is_blocking(policy: &Policy, code: RuleCode) -> bool {
    policy.severity(code) == Some(Severity::Block)
}

/// Why somebody may not do something, by the roles of the policy.
fn may_not(policy: Option<&Policy>, who: &str, power: Power) -> Option<String> {
    let barred = policy.is_some_and(|policy| !policy.may(who, power));
    barred.then(|| format!("no role of {who} may {}", power.as_str()))
}

/// Where an AI-made or suspect content under some declarations stands with the people who must clear it.
pub(super) fn clearance(
    basis: &Basis<'_>,
    asset: &AssetId,
    declarations: &[DeclarationId],
) -> Clearance {
    let counts = |entry: &Entry<Approval>| counts(basis, asset, entry);
    basis.record.clearance(asset, declarations, basis.now, &counts)
}

/// A no to a content, or a yes to it that was withdrawn, and no yes since.
#[derive(Clone, Copy)]
pub(super) struct Refusal {
    pub(super) at: Timestamp,
    /// Which of them it is.
    pub(super) clearance: Clearance,
}

/// What people said of a content last.
pub(super) struct Word {
    /// When what the newest yes says that holds was said.
    pub(super) said: Option<Timestamp>,
    pub(super) refusal: Option<Refusal>,
}

/// What people said of a content last, whatever the content is and the policy makes of a no. Where no deliverable
/// is asked about, a no to some of them leaves it to those.
pub(super) fn word(basis: &Basis<'_>, asset: &AssetId) -> Word {
    let record = basis.record;
    let is_ours = |no: &&Entry<Rejection>| {
        let of = &no.fact.deliverables;
        if basis.deliverable.is_some() { basis.is_ours(of) } else { of.is_empty() }
    };
    let no = record.rejections_of(asset).filter(is_ours).last();
    let since = record.approvals_of(asset, basis.now).filter(|(entry, _)| {
        let is_since = no.is_none_or(|no| record.answers(entry, asset) > no.seq);
        is_since && !entry.fact.determination
    });
    let (mut said, mut withdrawn, mut is_short) = (None, None, false);
    for (entry, standing) in since {
        let lacks = Lack::all(basis, asset, entry, &standing);
        let stops = |lack: &&Lack| matches!(lack, Lack::Revoked(..)) || basis.minds(lack);
        match lacks.iter().find(stops) {
            None => said = Some(record.said(entry).at),
            // That is nobody's word.
            Some(Lack::Invalid(_) | Lack::NotAllowed(_)) => {}
            Some(Lack::Revoked(_, at)) => withdrawn = withdrawn.max(Some(*at)),
            Some(_) => is_short = true,
        }
    }
    let withdrawn = withdrawn.filter(|_| !is_short);
    let withdrawn = withdrawn.map(|at| Refusal { at, clearance: Clearance::Revoked });
    let no = no.map(|no| Refusal { at: no.at, clearance: Clearance::Rejected });
    Word { said, refusal: no.or(withdrawn).filter(|_| said.is_none()) }
}

/// Whether an approval of a content is one by a policy: nothing forged, by who may give it, signed where
/// that is asked for. What it is for, and whether it still stands, is not looked at. Without a policy none is.
fn counts(basis: &Basis<'_>, asset: &AssetId, entry: &Entry<Approval>) -> bool {
    let Some(policy) = basis.policy else { return false };
    let lacks = Lack::of_word(basis, asset, entry);
    lacks.iter().all(|lack| !is_blocking(policy, lack.code()))
}

/// Who said no, when and why.
fn refused(no: &Entry<Rejection>) -> String {
    format!("{} said no on {}: {}", no.fact.by, no.at.to_the_second(), no.fact.note)
}

/// Everything that keeps an approval from letting an AI asset in, whatever the policy makes of it: what is
/// switched off is lacking all the same. A signature is lacking only where it is asked for.
pub fn lacks(
    basis: &Basis<'_>,
    asset: &AssetId,
    entry: &Entry<Approval>,
    standing: &Standing,
) -> Vec<(RuleCode, String)> {
    let asked = basis.asks_for_signatures();
    let mut all: Vec<_> = Lack::all(basis, asset, entry, standing)
        .into_iter()
        .filter(|lack| asked || !matches!(lack, Lack::Unsigned))
        .map(|lack| (lack.code(), lack.said(entry, basis)))
        .collect();
    let Approval { id, by, .. } = &entry.fact;
    if entry.fact.determination {
        let why = format!("{id} by {by} confirms that it is not AI and approves nothing");
        all.push((RuleCode::AiUnapproved, why));
    }
    if let Some(conditions) = open(basis, entry) {
        let why = format!("{id} by {by} is on a condition that is open: {conditions}");
        all.push((RuleCode::ConditionsOpen, why));
    }
    let record = basis.record;
    let no = record.rejections_of(asset).filter(|no| basis.is_ours(&no.fact.deliverables)).last();
    if let Some(no) = no.filter(|no| no.seq > record.answers(entry, asset)) {
        all.push((RuleCode::ApprovalRejected, refused(no)));
    }
    all
}

/// Every word that the conditions of an approval were met, with why it does not count, if it does not.
pub fn words_of_conditions<'a>(
    basis: &Basis<'a>,
    approval: &Entry<Approval>,
) -> impl Iterator<Item = (&'a Entry<ConditionMet>, Option<String>)> {
    let basis = *basis;
    let (id, since) = (approval.fact.id, approval.seq);
    let words = basis.record.conditions_met.iter();
    words.filter(move |met| met.fact.approval == id && met.seq > since).map(move |met| {
        let Authority { signed, flaw, not_allowed } = basis.authorities.of(met.seq).into_owned();
        let unsigned = || "it carries no signature".to_owned();
        let lack = flaw
            .or(not_allowed)
            .or_else(|| may_not(basis.policy, &met.fact.by, Power::MeetConditions))
            .or_else(|| (basis.asks_for_signatures() && signed.is_none()).then(unsigned));
        (met, lack)
    })
}

/// What an approval is bound to, unless somebody whose word counts recorded that it was met.
fn open(basis: &Basis<'_>, entry: &Entry<Approval>) -> Option<String> {
    let conditions = entry.fact.conditions.as_ref()?;
    if words_of_conditions(basis, entry).any(|(_, lack)| lack.is_none()) {
        return None;
    }
    let said = match words_of_conditions(basis, entry).last() {
        Some((met, Some(lack))) => {
            format!("; {} said it was met, which does not count: {lack}", met.fact.by)
        }
        _ => String::new(),
    };
    Some(format!("{conditions}{said}"))
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
pub fn confirmed(basis: &Basis<'_>, asset: &AssetId) -> bool {
    let Basis { policy, record, .. } = *basis;
    let counts = |entry: &Entry<Approval>| {
        let word = basis.authorities.of(entry.seq);
        let may = may_not(policy, &entry.fact.by, Power::Confirm).is_none();
        may && word.counts() && (!basis.asks_for_signatures() || word.signed.is_some())
    };
    let Some(determination) = record.determination(asset) else { return false };
    let rejected = record.rejections_of(asset).filter(|no| basis.is_ours(&no.fact.deliverables));
    let rejected = rejected.map(|no| no.seq).max();
    record.approvals_of(asset, basis.now).any(|(entry, standing)| {
        entry.fact.determination
            && entry.seq > determination.seq
            && rejected.is_none_or(|no| entry.seq > no)
            // A contested origin needs a second person.
            && !is_same_name(&entry.fact.by, &determination.fact.by)
            && standing == Standing::Active
            && counts(entry)
            && basis.is_ours(&entry.fact.deliverables)
    })
}

/// Whether an item's status alone says that it needs an approval.
pub(super) const fn is_ai(status: AiStatus) -> bool {
    matches!(status, AiStatus::Ai | AiStatus::AiPart)
}
