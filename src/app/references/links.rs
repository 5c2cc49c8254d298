//! What people said that references mean, and to which references that is said.

use std::collections::BTreeMap;

use crate::app::references::{Answer, ReadTimeline};
use crate::deliver::names::Called;
use crate::model::{AssetId, LinkedAs, Reference, ReferenceLink, Resolution};

/// What people said that references mean.
pub(super) struct Links<'a>(BTreeMap<LinkedAs<'a>, &'a ReferenceLink>);

impl<'a> Links<'a> {
    pub(super) fn new(links: &'a [ReferenceLink]) -> Self {
        Self(links.iter().map(|one| (one.of(), one)).collect())
    }

    /// What was said of exactly what the timeline spells as its place: of no other thing.
    pub(super) fn of_target(&self, reference: &Reference) -> Option<&'a ReferenceLink> {
        self.0.get(&(None, reference.target.as_deref()?)).copied()
    }

    /// What was said of one that is called nothing, by where it stands in a timeline.
    pub(super) fn of_place(
        &self,
        reference: &Reference,
        timeline: &AssetId,
    ) -> Option<&'a ReferenceLink> {
        let link = self.0.get(&(Some(timeline), &*reference.place))?;
        is_nameless(reference).then_some(*link)
    }

    /// What was said of its clip's name or its reel, and of which. Many clips may share these: one that
    /// something surer resolves keeps its own file.
    pub(super) fn of_name(
        &self,
        reference: &Reference,
        answer: &Answer,
    ) -> Option<(Called, &'a ReferenceLink)> {
        let mut open = names(reference).filter(|(by, _)| is_open(answer, *by));
        open.find_map(|(by, name)| Some((by, *self.0.get(&(None, name))?)))
    }
}

/// What a reference is called: by its clip's name, then by its reel.
fn names(reference: &Reference) -> impl Iterator<Item = (Called, &str)> {
    let reel = reference.reel.as_deref().map(|reel| (Called::Reel, reel));
    [(Called::Clip, &*reference.name)].into_iter().chain(reel)
}

/// Whether nothing surer than this name of a reference says what it means.
fn is_open(answer: &Answer, by: Called) -> bool {
    answer.resolution != Resolution::Resolved || answer.called >= Some(by)
}

/// Whether `typed` is what a person may call this reference in `deliverable link`.
pub(in crate::app) fn is_called(reference: &Reference, typed: &str) -> bool {
    !typed.is_empty()
        && (reference.target.as_deref() == Some(typed)
            || names(reference).any(|(_, name)| name == typed))
}

/// Whether nothing but its place tells it from others.
pub(super) fn is_nameless(reference: &Reference) -> bool {
    reference.name.is_empty() && reference.target.is_none() && reference.reel.is_none()
}

/// Whether `typed` is the place of a reference that is called nothing: as it is shown, or behind its timeline
/// where another has one of the same words.
pub(in crate::app) fn is_at(timeline: &ReadTimeline, reference: &Reference, typed: &str) -> bool {
    let of_timeline = || typed.strip_prefix(&timeline.named.to_string())?.strip_prefix(": ");
    is_nameless(reference) && (reference.place == typed || of_timeline() == Some(&*reference.place))
}

/// Whether a link of that name counts for a reference that is answered so.
pub(in crate::app) fn takes(reference: &Reference, answer: &Answer, typed: &str) -> bool {
    reference.target.as_deref() == Some(typed)
        || names(reference).any(|(by, name)| name == typed && is_open(answer, by))
}
