//! The texts that decide who may say yes to what: policy and approvers, with every change of them.

use crate::model::{
    ApproversAdopted, AssetId, PolicyAcknowledged, PolicyAdopted, Seq, TextKind, Timestamp,
};
use crate::record::Entry;

/// Every policy, list of approvers and acknowledgement on record, in order.
#[derive(Default)]
pub struct Texts {
    /// Policies.
    pub policies: Vec<Entry<PolicyAdopted>>,
    /// Lists of approvers.
    pub approvers: Vec<Entry<ApproversAdopted>>,
    /// Acknowledgements. Whether one counts is not looked at here.
    pub acknowledged: Vec<Entry<PolicyAcknowledged>>,
}

/// One text that took the place of another.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The event.
    pub seq: Seq,
    /// What kind of text.
    pub of: TextKind,
    /// When it was put on record.
    pub at: Timestamp,
    /// By whose command.
    pub actor: &'a str,
    /// The text before; empty for the first list of approvers.
    pub before: &'a str,
    /// The text since.
    pub after: &'a str,
}

impl Texts {
    /// The list of approvers in force just before an event.
    pub fn approvers_before(&self, seq: Seq) -> Option<&Entry<ApproversAdopted>> {
        before(&self.approvers, seq)
    }

    /// The policy in force just before an event.
    pub fn policy_before(&self, seq: Seq) -> Option<&Entry<PolicyAdopted>> {
        before(&self.policies, seq)
    }

    /// The list of approvers in force.
    pub fn approvers_now(&self) -> Option<&Entry<ApproversAdopted>> {
        self.approvers.last()
    }

    /// The hash of the list of approvers in force.
    pub fn approvers_hash(&self) -> Option<AssetId> {
        self.approvers_now().map(|entry| entry.fact.hash)
    }

    /// The newest event with which `policy ack` showed what is different.
    pub fn shown(&self) -> Option<Seq> {
        let policies = self.policies.iter().filter(|entry| entry.fact.shown).map(|entry| entry.seq);
        let approvers = self.approvers.iter().filter(|entry| entry.fact.shown);
        policies.chain(approvers.map(|entry| entry.seq)).max()
    }

    /// Every change after an event, in order. The policy that a project begins with is no change; its
    /// first approvers are: before them nobody could sign.
    pub fn changes_since(&self, since: Option<Seq>) -> Vec<Change<'_>> {
        let policies = self.policies.windows(2);
        let policies = policies.filter(|pair| pair[0].fact.hash != pair[1].fact.hash);
        let policies = policies.map(|pair| Change {
            seq: pair[1].seq,
            of: TextKind::Policy,
            at: pair[1].at,
            actor: &pair[1].actor,
            before: &pair[0].fact.text,
            after: &pair[1].fact.text,
        });
        let texts = std::iter::once("").chain(self.approvers.iter().map(|one| &*one.fact.text));
        let approvers = texts.zip(&self.approvers);
        let approvers = approvers.filter(|(before, entry)| *before != entry.fact.text);
        let approvers = approvers.map(|(before, entry)| Change {
            seq: entry.seq,
            of: TextKind::Approvers,
            at: entry.at,
            actor: &entry.actor,
            before,
            after: &entry.fact.text,
        });
        let mut all: Vec<_> = policies
            .chain(approvers)
            .filter(|change| since.is_none_or(|since| change.seq > since))
            .collect();
        all.sort_by_key(|change| change.seq);
        all
    }
}

fn before<T>(entries: &[Entry<T>], seq: Seq) -> Option<&Entry<T>> {
    entries[..entries.partition_point(|entry| entry.seq < seq)].last()
}
