//! Approvals that extend another to a later version: what they rest on, and what stands against that.
//!
//! An extension says no more than the approval it rests on. Who may only extend could otherwise take
//! back what was refused or withdrawn, or wave through what they brought in themselves.

use std::fmt;

use crate::model::{Approval, AssetId, DeclarationId, Rejection, Revocation, Seq, is_same_name};
use crate::record::{Entry, Record, Standing};

/// What was said against a content.
#[derive(Clone, Copy, Debug)]
pub enum Against<'a> {
    /// It was refused.
    Refused(&'a Entry<Rejection>),
    /// A yes to it was taken back.
    Withdrawn(&'a Entry<Revocation>),
}

impl Against<'_> {
    const fn seq(&self) -> Seq {
        match self {
            Self::Refused(no) => no.seq,
            Self::Withdrawn(taken) => taken.seq,
        }
    }
}

impl fmt::Display for Against<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(no) => {
                let Rejection { id, by, note, .. } = &no.fact;
                write!(f, "{id} by {by} refused it: {note}")
            }
            Self::Withdrawn(taken) => {
                let Revocation { by, note, .. } = &taken.fact;
                write!(f, "{by} withdrew its approval: {note}")
            }
        }
    }
}

impl Record {
    /// The approval that this one extends, if it extends an earlier one. Numbers only go down on the
    /// way, so that it ends.
    pub(super) fn below(&self, entry: &Entry<Approval>) -> Option<&Entry<Approval>> {
        self.approval(entry.fact.under.filter(|below| *below < entry.fact.id)?)
    }

    /// What an approval extends was withdrawn: then it falls with it.
    pub(super) fn fell(&self, entry: &Entry<Approval>) -> Option<Standing> {
        let mut below = self.below(entry);
        while let Some(one) = below {
            if let Some(revocation) = self.withdrawn(one) {
                return Some(revocation.standing());
            }
            below = self.below(one);
        }
        None
    }

    /// The approval that says what this one says yes to: of one that extends another, the first of them.
    pub fn said<'a>(&'a self, entry: &'a Entry<Approval>) -> &'a Entry<Approval> {
        let (mut said, mut below) = (entry, self.below(entry));
        while let Some(one) = below {
            (said, below) = (one, self.below(one));
        }
        said
    }

    /// The newest no, before an event, where every content of an approval was refused after it, for
    /// everything the approval is for.
    pub fn overruled(&self, entry: &Entry<Approval>, before: Seq) -> Option<&Entry<Rejection>> {
        let of = &entry.fact.deliverables;
        let refuses = |no: &&Entry<Rejection>| {
            is_for_all(&no.fact.deliverables, of) && no.seq > entry.seq && no.seq < before
        };
        let assets = entry.fact.assets.iter();
        let all: Option<Vec<_>> =
            assets.map(|asset| self.rejections_of(asset).filter(refuses).last()).collect();
        all?.into_iter().max_by_key(|no| no.seq)
    }

    /// Whether somebody put a content under a declaration, itself or by a place it was seen at: then
    /// another must say that it is covered.
    pub fn attached_it(&self, who: &str, asset: &AssetId) -> bool {
        let by_name = self.attachers.get(asset).into_iter().flatten();
        let mut all = by_name.map(String::as_str).chain(self.declarations.takers(asset));
        all.any(|one| is_same_name(one, who))
    }

    /// The declaration that an extended approval is of, where a content is not under it: what was approved
    /// is what that says, and of another content nobody said it.
    pub fn outside(&self, entry: &Entry<Approval>, asset: &AssetId) -> Option<DeclarationId> {
        let id = self.said(entry).fact.declaration?.id;
        (entry.fact.under.is_some() && !self.declarations.is_under(asset, id)).then_some(id)
    }

    /// From which event on a no to a content is not answered by an approval. An extension answers none:
    /// what it rests on does, where that covers the content itself.
    pub fn answers(&self, entry: &Entry<Approval>, asset: &AssetId) -> Seq {
        let said = self.said(entry);
        let is_own = said.seq == entry.seq || said.fact.assets.contains(asset);
        if is_own { said.seq } else { Seq(0) }
    }

    /// What stands, before an event, against extending an approval to a content: the newest no to it, or
    /// withdrawal of a yes to it, that came after what the approval says of it.
    pub fn against(
        &self,
        below: &Entry<Approval>,
        asset: &AssetId,
        before: Seq,
    ) -> Option<Against<'_>> {
        let said = self.said(below);
        let answered = if said.fact.assets.contains(asset) { said.seq } else { Seq(0) };
        let open = |one: &Against<'_>| one.seq() > answered && one.seq() < before;
        let of = below.fact.deliverables.as_slice();
        let refused = self.rejections_of(asset).filter(|no| is_for_all(&no.fact.deliverables, of));
        // A no to one deliverable is judged there. An approval falls as a whole, and with it every one
        // that it was for.
        let indices = self.approved.get(asset).map(Vec::as_slice).unwrap_or_default();
        let approved = indices.iter().map(|index| &self.approvals[*index].fact);
        let approved = approved.filter(|one| !one.determination && meet(&one.deliverables, of));
        let withdrawn = approved.flat_map(|one| self.withdrawals(one.id, asset));
        let withdrawn = withdrawn.map(|index| Against::Withdrawn(&self.revocations[index]));
        let all = refused.map(Against::Refused).chain(withdrawn);
        all.filter(open).max_by_key(Against::seq)
    }
}

/// Whether what is said of some deliverables, none meaning all, is said of everything in `of`.
fn is_for_all(names: &[String], of: &[String]) -> bool {
    names.is_empty() || (!of.is_empty() && of.iter().all(|one| names.contains(one)))
}

/// Whether two choices of deliverables, none meaning all, have one in common.
fn meet(some: &[String], others: &[String]) -> bool {
    some.is_empty() || others.is_empty() || some.iter().any(|one| others.contains(one))
}
