//! Deliverables in the record: what each is made of, its verdicts, and what left.

use crate::model::{DeliverableDefined, Finalization, GateRun, MadeOf, ReferenceLink};
use crate::record::{Entry, Record};

/// A deliverable as defined so far.
#[derive(Clone, Debug, Default)]
pub struct Deliverable {
    /// What it is made of.
    pub made: MadeOf,
    /// The newest gate run.
    pub gate: Option<Entry<GateRun>>,
    /// Set while it is final.
    pub finalized: Option<Entry<Finalization>>,
}

impl Record {
    pub(super) fn defined(&mut self, fact: DeliverableDefined) {
        let made = &mut self.deliverables.entry(fact.name).or_default().made;
        made.paths.extend(fact.paths);
        made.timelines.extend(fact.timelines);
        made.packages.extend(fact.packages);
    }

    pub(super) fn reference_linked(&mut self, fact: ReferenceLink) {
        if let Some(deliverable) = self.deliverables.get_mut(&fact.deliverable) {
            deliverable.made.links.push(fact);
        }
    }

    pub(super) fn gated(&mut self, entry: Entry<GateRun>) {
        if let Some(deliverable) = self.deliverables.get_mut(&entry.fact.deliverable) {
            deliverable.gate = Some(entry);
        }
    }

    pub(super) fn finalized(&mut self, entry: Entry<Finalization>) {
        if let Some(deliverable) = self.deliverables.get_mut(&entry.fact.deliverable) {
            deliverable.finalized = Some(entry);
        }
    }

    pub(super) fn reopened(&mut self, name: &str) {
        if let Some(deliverable) = self.deliverables.get_mut(name) {
            deliverable.finalized = None;
        }
    }
}
