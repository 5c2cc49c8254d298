//! Deliverables in the record: what each is made of, its verdicts, and what left.

use crate::model::{Event, Finalization, GateRun, MadeOf};
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
    /// Folds in an event about a deliverable.
    pub(super) fn deliver(&mut self, entry: Entry<Event>) {
        let Entry { seq, at, actor, fact: event } = entry;
        match event {
            Event::DeliverableDefined(fact) => {
                let made = &mut self.deliverables.entry(fact.name).or_default().made;
                made.paths.extend(fact.paths);
                made.timelines.extend(fact.timelines);
                made.packages.extend(fact.packages);
            }
            Event::DeliverableRemoved(fact) => {
                self.deliverables.remove(&fact.name);
            }
            Event::ReferenceLinked(fact) => {
                if let Some(deliverable) = self.deliverables.get_mut(&fact.deliverable) {
                    deliverable.made.links.push(fact);
                }
            }
            Event::Gated(fact) => {
                if let Some(deliverable) = self.deliverables.get_mut(&fact.deliverable) {
                    deliverable.gate = Some(Entry { seq, at, actor, fact });
                }
            }
            Event::Finalized(fact) => {
                if let Some(deliverable) = self.deliverables.get_mut(&fact.deliverable) {
                    deliverable.finalized = Some(Entry { seq, at, actor, fact });
                }
            }
            Event::PackageChecked(fact) => {
                self.packages.insert(fact.package.clone(), fact);
            }
            Event::Rendered(fact) => self.renders.push(Entry { seq, at, actor, fact }),
            Event::Exported(fact) => self.exports.push(Entry { seq, at, actor, fact }),
            Event::Reopened(fact) => {
                if let Some(deliverable) = self.deliverables.get_mut(&fact.name) {
                    deliverable.finalized = None;
                }
            }
            // Every other event is folded by the record itself.
            _ => {}
        }
    }
}
