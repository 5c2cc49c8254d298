//! What stands behind every recorded yes: whether its signature proves it, and whether who gave it
//! was among the approvers then. Looked into before a judgement, which only reads the answers.
//!
//! Pure but for its threads: the record in, [`Authorities`] out. So a verdict of an earlier moment comes
//! out as it did then.

use std::collections::{BTreeMap, HashMap};

use crate::app::approvers::ever_named;
use crate::attest::{self, AllowedSigners, Attestation, Flaw, Ground, NAMESPACE};
use crate::model::{
    Approval, AssetId, Authorities, Authority, PolicyAcknowledged, PolicyAdopted, RuleCode, Seq,
    Severity, Timestamp,
};
use crate::policy::{Policy, in_parts};
use crate::record::{Entry, Record};

/// Signatures worth a thread of their own.
const CHUNK: usize = 32;

/// Looks into what stands behind words, and remembers it: what was recorded does not change.
#[derive(Default)]
pub(super) struct Inquiry {
    lists: HashMap<AssetId, Option<AllowedSigners>>,
    trust: Authorities,
    /// The statement that an event carries, by its hash, whatever signature it has: one with another is
    /// the same word.
    statements: HashMap<Seq, AssetId>,
    /// Where each statement was used first.
    used: HashMap<AssetId, Seq>,
    /// How many approvals, met conditions and acknowledgements were noted.
    remembered: [usize; 3],
    acknowledgements: usize,
}

impl Inquiry {
    /// Looks into what stands behind every word of a record.
    pub(super) fn of(record: &Record) -> Self {
        let mut inquiry = Self::default();
        inquiry.look(record);
        inquiry
    }

    /// Looks into what stands behind every word of a record, which must continue what was shown before.
    pub(super) fn look(&mut self, record: &Record) {
        for entry in &record.texts.approvers {
            let parse = || AllowedSigners::parse(entry.fact.text.as_bytes()).ok();
            self.lists.entry(entry.fact.hash).or_insert_with(parse);
        }
        self.remember(record);
        let fresh: Vec<_> = record
            .approvals
            .iter()
            .filter(|entry| !self.trust.words.contains_key(&entry.seq))
            .collect();
        let attested = self.attest(record, &fresh);
        for (entry, attestation) in fresh.iter().zip(attested) {
            let first = self.first(entry.seq);
            let (seq, at) = (entry.seq, entry.at);
            let mut word = self.word(record, seq, at, &entry.fact.by, attestation, first);
            if word.flaw.is_none() {
                word.flaw = self.extends(record, entry);
            }
            word.not_allowed = word
                .not_allowed
                .or_else(|| refused_before(record, entry))
                .or_else(|| barred(record, entry));
            self.trust.words.insert(entry.seq, word);
        }
        for entry in &record.conditions_met {
            if self.trust.words.contains_key(&entry.seq) {
                continue;
            }
            let fact = &entry.fact;
            let about = record.approval(fact.approval);
            let attestation = attest::condition(
                fact,
                about.and_then(|about| about.fact.conditions.as_deref()),
                about
                    .and_then(|about| record.history.get(&about.seq).copied())
                    .unwrap_or(AssetId::from_bytes([0; 32])),
                self.ground(record, entry.seq, entry.at),
            );
            let first = self.first(entry.seq);
            let word = self.word(record, entry.seq, entry.at, &fact.by, attestation, first);
            self.trust.words.insert(entry.seq, word);
        }
        self.acknowledge(record);
    }

    /// What was found when it was looked into last.
    pub(super) const fn found(&self) -> &Authorities {
        &self.trust
    }

    /// Notes every signed statement with where it was used first: used again it proves nothing. Or an
    /// approval that was withdrawn could be put back word for word.
    fn remember(&mut self, record: &Record) {
        let [approvals, conditions, acknowledged] = self.remembered;
        let approvals =
            record.approvals[approvals..].iter().map(|one| (one.seq, one.fact.signed.as_ref()));
        let conditions = record.conditions_met[conditions..]
            .iter()
            .map(|one| (one.seq, one.fact.signed.as_ref()));
        let acknowledged = record.texts.acknowledged[acknowledged..]
            .iter()
            .map(|one| (one.seq, one.fact.signed.as_ref()));
        for (seq, signed) in approvals.chain(conditions).chain(acknowledged) {
            let Some(signed) = signed else { continue };
            let key = AssetId::from(blake3::hash(signed.statement.as_bytes()));
            let first = self.used.entry(key).or_insert(seq);
            *first = seq.min(*first);
            self.statements.insert(seq, key);
        }
        let texts = &record.texts;
        self.remembered =
            [record.approvals.len(), record.conditions_met.len(), texts.acknowledged.len()];
    }

    /// Where the statement of an event was used before.
    fn first(&self, seq: Seq) -> Option<Seq> {
        self.used.get(self.statements.get(&seq)?).copied().filter(|first| *first != seq)
    }

    fn ground<'a>(&'a self, record: &'a Record, seq: Seq, at: Timestamp) -> Ground<'a> {
        let list = record.texts.approvers_before(seq);
        Ground {
            signers: list.and_then(|entry| self.lists.get(&entry.fact.hash)?.as_ref()),
            at,
            history: &record.history,
        }
    }

    /// Checks signatures, on several threads where there are many.
    fn attest(&self, record: &Record, fresh: &[&Entry<Approval>]) -> Vec<Attestation> {
        let check = |part: &[&Entry<Approval>]| -> Vec<Attestation> {
            part.iter()
                .map(|one| attest::approval(&one.fact, self.ground(record, one.seq, one.at)))
                .collect()
        };
        in_parts(fresh, CHUNK, check).into_iter().flatten().collect()
    }

    fn word(
        &self,
        record: &Record,
        seq: Seq,
        at: Timestamp,
        by: &str,
        attestation: Attestation,
        first: Option<Seq>,
    ) -> Authority {
        let list = record.texts.approvers_before(seq);
        let list = list.and_then(|entry| self.lists.get(&entry.fact.hash)?.as_ref());
        let not_allowed = match list {
            Some(list) if list.admits(by, NAMESPACE, at) => None,
            Some(list) if list.names(by) => {
                Some(format!("no key of {by} was good for approvals when it was recorded"))
            }
            Some(list) if !list.is_empty() => {
                Some(format!("{by} was not among the approvers when it was recorded"))
            }
            _ if ever_named(record, Some(seq)) => {
                Some("nobody was among the approvers any more when it was recorded".to_owned())
            }
            _ => None,
        };
        let (signed, flaw) = match (attestation, first) {
            (Attestation::Unsigned, _) => (None, None),
            (Attestation::Signed(_), Some(first)) => (None, Some(Flaw::Replayed(first))),
            (Attestation::Signed(key), None) => (Some(key), None),
            (Attestation::Flawed(flaw), _) => (None, Some(flaw)),
        };
        Authority { signed, flaw: flaw.map(|flaw| flaw.to_string()), not_allowed }
    }

    /// What is wrong with the approval that this one extends, or with how it does.
    fn extends(&self, record: &Record, above: &Entry<Approval>) -> Option<String> {
        let fact = &above.fact;
        let below = fact.under?;
        let earlier = |entry: &&Entry<Approval>| entry.seq < above.seq && below < fact.id;
        let Some(entry) = record.approval(below).filter(earlier) else {
            return Some(format!("it extends {below}, which is not before it"));
        };
        let of = &entry.fact;
        let same = fact.scope == of.scope
            && fact.deliverables == of.deliverables
            && fact.conditions == of.conditions
            && fact.expires == of.expires
            && fact.document == of.document
            && fact.declaration == of.declaration
            && !fact.determination
            && !of.determination;
        if !same {
            return Some(format!("it extends {below} to what that does not allow"));
        }
        let under = self.trust.words.get(&entry.seq)?;
        let why = under.flaw.as_ref().or(under.not_allowed.as_ref())?;
        Some(format!("it extends {below}, which does not count: {why}"))
    }

    /// Finds the newest acknowledgement that counts. One counts when it is from somebody on the list
    /// that was acknowledged before it, and signed where the policy that was acknowledged before it
    /// asks for signatures: who changed the list and the policy cannot also wave that through.
    fn acknowledge(&mut self, record: &Record) {
        let all = &record.texts.acknowledged;
        for entry in &all[self.acknowledgements..] {
            let ground = ack_ground(record, self.trust.acknowledged, entry.seq);
            let attestation = self.ack_attestation(record, &ground, entry);
            let replayed = self.first(entry.seq);
            let signed = matches!(attestation, Attestation::Signed(_)) && replayed.is_none();
            let list = self.list(ground.list);
            // Without anybody who could sign a signature is not to be had.
            let demanded = ground.signatures && list.is_some();
            let unsigned = attestation == Attestation::Unsigned && !demanded;
            let named = list.is_none_or(|list| list.admits(&entry.fact.by, NAMESPACE, entry.at));
            if named && (signed || unsigned) {
                self.trust.acknowledged = Some(entry.seq);
            }
        }
        self.acknowledgements = all.len();
    }

    fn list(&self, hash: Option<AssetId>) -> Option<&AllowedSigners> {
        self.lists.get(&hash?)?.as_ref().filter(|list| !list.is_empty())
    }

    fn ack_attestation(
        &self,
        record: &Record,
        ground: &AckGround,
        entry: &Entry<PolicyAcknowledged>,
    ) -> Attestation {
        let (signers, at) = (self.list(ground.list), entry.at);
        let ground = Ground { signers, at, history: &record.history };
        attest::policy(&entry.fact, ground)
    }
}

/// Why nobody could extend what this one does: somebody had said no to all of it by then. Who may only
/// extend could otherwise overrule who may approve.
fn refused_before(record: &Record, above: &Entry<Approval>) -> Option<String> {
    let below = record.approval(above.fact.under?)?;
    let no = record.overruled(below, above.seq)?;
    let (id, by) = (no.fact.id, &no.fact.by);
    Some(format!("it extends {}, which {id} by {by} had overruled", below.fact.id))
}

/// Why nobody could extend an approval to one of the contents: it had been refused, or a yes to it
/// withdrawn, and only who may approve takes that back.
fn barred(record: &Record, above: &Entry<Approval>) -> Option<String> {
    let below = record.approval(above.fact.under?)?;
    let against = |asset| Some((asset, record.against(below, asset, above.seq)?));
    let (asset, against) = above.fact.assets.iter().find_map(against)?;
    Some(format!("it extends {} to {}, though {against}", below.fact.id, asset.short()))
}

/// What an acknowledgement is judged by.
pub(super) struct AckGround {
    /// The list of approvers it must be from: the one acknowledged before, where that named anybody,
    /// else the first that did.
    pub(super) list: Option<AssetId>,
    /// Whether it must be signed, where there is somebody who can.
    pub(super) signatures: bool,
}

/// What an acknowledgement recorded at `seq` is judged by, when `since` is the one before it.
pub(super) fn ack_ground(record: &Record, since: Option<Seq>, seq: Seq) -> AckGround {
    let texts = &record.texts;
    let named = |entry: &&Entry<crate::model::ApproversAdopted>| {
        AllowedSigners::parse(entry.fact.text.as_bytes()).is_ok_and(|list| !list.is_empty())
    };
    let acknowledged = since.and_then(|since| texts.approvers_before(since)).filter(named);
    let list =
        acknowledged.or_else(|| texts.approvers.iter().filter(|entry| entry.seq < seq).find(named));
    let asks = |entry: &Entry<PolicyAdopted>| {
        Policy::of_record(&entry.fact.text).is_ok_and(|policy| demands_signatures(&policy))
    };
    // The one that was acknowledged, and everything since: a change cannot take the demand away.
    let known = since.and_then(|since| texts.policy_before(since)).map_or(Seq(0), |one| one.seq);
    let policies = texts.policies.iter().filter(|entry| entry.seq >= known && entry.seq < seq);
    let signatures = policies.into_iter().any(asks);
    AckGround { list: list.map(|entry| entry.fact.hash), signatures }
}

/// Whether a policy lets nothing pass without a signature.
pub(super) fn demands_signatures(policy: &Policy) -> bool {
    policy.severity(RuleCode::ApprovalUnsigned) == Some(Severity::Block)
}

/// What stands behind every word of a record.
pub fn authorities(record: &Record) -> Authorities {
    Inquiry::of(record).trust
}

/// Every signature on record that proves nothing, with the event it stands in.
pub(super) fn flaws(record: &Record) -> BTreeMap<Seq, String> {
    let found = authorities(record);
    found.words.into_iter().filter_map(|(seq, word)| Some((seq, word.flaw?))).collect()
}
