//! A deliverable that is final and holds something else than was finalised.

use std::collections::BTreeMap;

use crate::model::{Finding, RuleCode, Severity};
use crate::policy::rules::{Case, Findings};

/// Named paths before the rest is only counted.
const NAMED: usize = 5;

/// Blocks what is to be marked final again: it is opened first, on the record. Else a warning, so
/// that whoever asks hears of it.
pub(super) fn whole(case: &Case<'_>, found: &mut Findings<'_>) {
    let deliverable = case.record.deliverables.get(case.deliverable);
    let Some(done) = deliverable.and_then(|known| known.finalized.as_ref()) else { return };
    let Some(severity) = found.policy.severity(RuleCode::FinalChanged) else { return };
    let before: BTreeMap<_, _> =
        done.fact.contents.iter().map(|item| (&item.path, item.asset)).collect();
    let now: BTreeMap<_, _> = case.items.iter().map(|item| (item.path, item.asset)).collect();
    let mut changes = Vec::new();
    for (path, asset) in &now {
        match before.get(path) {
            None => changes.push(format!("{path} is new")),
            Some(was) if was != asset => changes.push(format!("{path} is not the same")),
            Some(_) => {}
        }
    }
    let unknown = |path: &_| case.problems.iter().any(|problem| problem.path == *path);
    let gone = before.keys().filter(|path| !now.contains_key(*path) && !unknown(**path));
    changes.extend(gone.map(|path| format!("{path} is gone")));
    if changes.is_empty() {
        return;
    }
    let more = changes.len().saturating_sub(NAMED);
    changes.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    found.findings.push(Finding {
        code: RuleCode::FinalChanged,
        severity: if case.finalizing { severity } else { Severity::Warn },
        asset: None,
        path: None,
        why: format!("since {} was finalised: {}{more}", case.deliverable, changes.join(", ")),
        fix: format!("genlock reopen {} --note WHY, then finalize it anew", case.deliverable),
    });
}
