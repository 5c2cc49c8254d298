//! Whether a signature proves what an event says: it is of the statement, by a key that the list of
//! that moment allows the person, and the statement says what the event says.

use crate::attest::AllowedSigners;
use std::collections::BTreeMap;

use crate::attest::allowed_signers::NotAllowed;
use crate::attest::sshsig::{self, NAMESPACE, Unreadable};
use crate::attest::statement::{
    ApprovalPredicate, ConditionPredicate, PolicyPredicate, Predicate, Statement, Subject,
};
use crate::model::{
    Approval, AssetId, ConditionMet, Document, PolicyAcknowledged, Seq, Signed, Timestamp,
};

/// What a signature, or the lack of one, shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// There is none.
    Unsigned,
    /// It holds; the key's fingerprint.
    Signed(String),
    /// There is one, and it proves nothing.
    Flawed(Flaw),
}

/// Why a signature proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Nobody could sign.
    #[error("no list of approvers was in force when it was recorded")]
    NoList,
    /// Not a signature.
    #[error("its signature cannot be read: {0}")]
    Signature(String),
    /// Made for something else.
    #[error("its signature is for {0:?} and not for approvals")]
    Namespace(String),
    /// Not of this statement.
    #[error("its signature is not of the statement that stands with it")]
    Altered,
    /// Nobody of that name may sign.
    #[error("the list of approvers that was in force does not name them")]
    Name,
    /// A stranger's key.
    #[error("the list of approvers that was in force has another key for them")]
    Key,
    /// A key for other things.
    #[error("the list of approvers that was in force does not let that key sign approvals")]
    KeyNamespace,
    /// Too early or too late.
    #[error("the key was not valid when it was recorded")]
    Time,
    /// Not a statement.
    #[error("its statement cannot be read: {0}")]
    Statement(String),
    /// The event and the statement are two stories.
    #[error("its signed statement says something else of {0}")]
    Differs(&'static str),
    /// Signed once, used twice.
    #[error("its signed statement was used before, in event {0}")]
    Replayed(Seq),
}

/// What a signature is judged by.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The list of approvers in force when the event was recorded.
    pub signers: Option<&'a AllowedSigners>,
    /// When that was.
    pub at: Timestamp,
    /// Chain hashes of the decisions on record.
    pub history: &'a BTreeMap<Seq, AssetId>,
}

impl Ground<'_> {
    /// Whether what the signer saw, `SEQ:HASH`, is on record: a history that was rewritten since, or
    /// is another production's, is not what was signed on.
    fn has(&self, head: &str) -> bool {
        let parts = head.split_once(':');
        parts
            .and_then(|(seq, hash)| Some((seq.parse().ok()?, hash.parse().ok()?)))
            .is_some_and(|(seq, hash): (u64, AssetId)| self.history.get(&Seq(seq)) == Some(&hash))
    }
}

/// What the signature of an approval shows.
pub fn approval(fact: &Approval, ground: Ground<'_>) -> Attestation {
    judged(fact.signed.as_ref(), &fact.by, ground, |said: &Statement<ApprovalPredicate>| {
        let of = &said.predicate;
        let subjects = said.subject.iter().map(|one| &one.digest.blake3);
        same(&[
            ("the history it was signed on", ground.has(&of.head)),
            ("who approves", of.by == fact.by),
            ("when it was signed", of.signed_at <= ground.at),
            ("what it covers", subjects.eq(&fact.assets)),
            ("its scope", of.scope == fact.scope),
            ("its deliverables", of.deliverables == fact.deliverables),
            ("its conditions", of.conditions == fact.conditions),
            ("its expiry", of.expires == fact.expires),
            ("its note", of.note == fact.note),
            ("its document", documents(&of.documents, fact.document.as_ref())),
            ("its declaration", of.declaration == fact.declaration),
            ("what it extends", of.under == fact.under),
            ("what it confirms", of.determination == fact.determination),
        ])
    })
}

/// What the signature under a met condition shows. `event` is the chain hash of the approval's event.
pub fn condition(
    fact: &ConditionMet,
    conditions: Option<&str>,
    event: AssetId,
    ground: Ground<'_>,
) -> Attestation {
    judged(fact.signed.as_ref(), &fact.by, ground, |said: &Statement<ConditionPredicate>| {
        let of = &said.predicate;
        same(&[
            ("the history it was signed on", ground.has(&of.head)),
            ("who says it", of.by == fact.by),
            ("when it was signed", of.signed_at <= ground.at),
            ("which approval", of.approval == fact.approval),
            ("which approval", said.subject.iter().map(|one| one.digest.blake3).eq([event])),
            ("the conditions", Some(of.conditions.as_str()) == conditions),
            ("its note", of.note == fact.note),
            ("its document", documents(&of.documents, fact.document.as_ref())),
        ])
    })
}

/// What the signature under an acknowledged policy shows.
pub fn policy(fact: &PolicyAcknowledged, ground: Ground<'_>) -> Attestation {
    judged(fact.signed.as_ref(), &fact.by, ground, |said: &Statement<PolicyPredicate>| {
        let of = &said.predicate;
        let subjects = said.subject.iter().map(|one| one.digest.blake3);
        same(&[
            ("the history it was signed on", ground.has(&of.head)),
            ("who says it", of.by == fact.by),
            ("when it was signed", of.signed_at <= ground.at),
            ("the texts", subjects.eq(std::iter::once(fact.policy).chain(fact.approvers))),
            ("its note", of.note == fact.note),
        ])
    })
}

fn judged<P: Predicate>(
    signed: Option<&Signed>,
    by: &str,
    ground: Ground<'_>,
    agrees: impl FnOnce(&Statement<P>) -> Result<(), Flaw>,
) -> Attestation {
    let Some(signed) = signed else { return Attestation::Unsigned };
    let proven = || {
        let key = sshsig::open(&signed.signature, NAMESPACE, signed.statement.as_bytes())?;
        ground.signers.ok_or(Flaw::NoList)?.allows(by, &key, NAMESPACE, ground.at)?;
        agrees(&Statement::parse(&signed.statement).map_err(Flaw::Statement)?)?;
        Ok(sshsig::fingerprint(&key))
    };
    match proven() {
        Ok(fingerprint) => Attestation::Signed(fingerprint),
        Err(flaw) => Attestation::Flawed(flaw),
    }
}

fn same(all: &[(&'static str, bool)]) -> Result<(), Flaw> {
    all.iter().find(|(_, same)| !same).map_or(Ok(()), |(what, _)| Err(Flaw::Differs(what)))
}

fn documents(said: &[Subject], fact: Option<&Document>) -> bool {
    let said = said.iter().map(|one| (one.digest.blake3, one.name.as_deref()));
    said.eq(fact.map(|one| (one.hash, Some(one.name.as_str()))))
}

impl From<Unreadable> for Flaw {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Format(how) => Self::Signature(how),
            Unreadable::Namespace(other) => Self::Namespace(other),
            Unreadable::Message => Self::Altered,
        }
    }
}

impl From<NotAllowed> for Flaw {
    fn from(not: NotAllowed) -> Self {
        match not {
            NotAllowed::Name => Self::Name,
            NotAllowed::Key => Self::Key,
            NotAllowed::Namespace => Self::KeyNamespace,
            NotAllowed::Time => Self::Time,
        }
    }
}
