//! How a final deliverable differs from what was finalised.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::rules::{Case, Item};

/// Named paths before the rest is only counted.
const NAMED: usize = 5;

/// What is new, gone or not the same; nothing while it is open, or unchanged.
pub(super) fn changes(case: &Case<'_>, items: &[Item<'_>]) -> Option<String> {
    let deliverable = case.record.deliverables.get(case.deliverable);
    let done = deliverable.and_then(|known| known.finalized.as_ref())?;
    let before: BTreeMap<_, _> =
        done.fact.contents.iter().map(|item| (&item.path, item.asset)).collect();
    let now: BTreeMap<_, _> = items.iter().map(|item| (item.path, item.asset)).collect();
    let mut changes = Vec::new();
    for (path, asset) in &now {
        match before.get(path) {
            None => changes.push(format!("{path} is new")),
            Some(was) if was != asset => changes.push(format!("{path} is not the same")),
            Some(_) => {}
        }
    }
    let unknown: BTreeSet<_> = case.problems.iter().map(|problem| &problem.path).collect();
    let gone = before.keys().filter(|path| !now.contains_key(*path) && !unknown.contains(*path));
    changes.extend(gone.map(|path| format!("{path} is gone")));
    if changes.is_empty() {
        return None;
    }
    let more = changes.len().saturating_sub(NAMED);
    changes.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{}{more}", changes.join(", ")))
}
