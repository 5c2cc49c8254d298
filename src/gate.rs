//! The gate: a policy and the facts in, a verdict out. Pure; it is handed the moment.
//!
//! Facts are the [`Record`] folded from checked journal events. What was seen on disk is in it as
//! observations; what could not be seen is in `problems`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AssetPath, FinalItem, Found, MediaProblem, Timestamp, Verdict};
use crate::origin::Origin;
use crate::policy::{Case, Item, Policy, judge};
use crate::record::Record;

/// Judges what a deliverable contains.
///
/// `contents` are the files it names as the record last saw them; `now` is moved forward
/// to the newest event if the clock says an earlier time.
pub fn gate(
    policy: &Policy,
    deliverable: &str,
    contents: &BTreeMap<AssetPath, Found>,
    problems: &[MediaProblem],
    record: &Record,
    now: Timestamp,
) -> Verdict {
    let now = record.newest.map_or(now, |newest| now.max(newest));
    let unknown: BTreeSet<_> = problems.iter().map(|problem| &problem.path).collect();
    let items: Vec<_> = contents
        .iter()
        .filter(|(path, _)| !unknown.contains(path))
        .map(|(path, found)| item(path, found, record))
        .collect();
    let checked = items.len() as u64;
    let case = Case { deliverable, items, problems, record, now };
    Verdict::of(judge(policy, &case), checked)
}

fn item<'a>(path: &'a AssetPath, found: &Found, record: &'a Record) -> Item<'a> {
    let examination = record.examination(&found.asset);
    let determination = record.determination(&found.asset).map(|entry| &entry.fact);
    let evidence = examination.map(|seen| seen.evidence.as_slice()).unwrap_or_default();
    let problems = examination.map(|seen| seen.problems.as_slice()).unwrap_or_default();
    // A person who looked at the picture knows more than a parser that stumbled over it.
    let unexamined =
        problems.first().filter(|_| determination.is_none()).map(|one| one.problem.as_str());
    let origin = Origin::of(evidence, determination);
    Item { path, asset: found.asset, origin, unexamined }
}

/// The exact list that a finalised deliverable is bound to.
pub fn contents(files: &BTreeMap<AssetPath, Found>) -> Vec<FinalItem> {
    files.iter().map(|(path, found)| FinalItem { path: path.clone(), asset: found.asset }).collect()
}
