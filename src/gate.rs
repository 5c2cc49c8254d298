//! The gate: a policy and the facts in, a verdict out. Pure but for threads; it is handed the moment.
//!
//! Facts are the [`Record`] folded from checked journal events. What was seen on disk is in it as
//! observations; what could not be seen is in `problems`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::lineage::{Ancestry, Lineage, Own};
use crate::model::{AssetId, AssetPath, FinalItem, Found, Verdict};
use crate::origin::Origin;
use crate::policy::{Case, Item, Policy, in_parts, judge};
use crate::record::{Places, Record};

/// The facts a judgement rests on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What is judged, but for its files; its moment is moved forward to the newest event if the clock says
    /// an earlier time.
    pub case: Case<'a>,
    /// The files that the deliverable names, as the record last saw them.
    pub contents: &'a BTreeMap<AssetPath, Found>,
    /// Where what the files were made from lies.
    pub places: &'a Places,
}

/// Files worth a thread of their own.
const PART: usize = 2_000;

/// Judges what a deliverable contains.
pub fn gate<'a>(policy: &Policy, ground: Ground<'a>) -> Verdict {
    let Ground { case, contents, places } = ground;
    let record = case.record;
    let case = Case { now: record.moment(case.now), ..case };
    // What differs from the lists of its package was read, and is what it is.
    let unknown = case.problems.iter().filter(|problem| problem.code.is_media());
    let unknown: BTreeSet<_> = unknown.map(|problem| &problem.path).collect();
    let known: Vec<_> = contents.iter().filter(|(path, _)| !unknown.contains(path)).collect();
    let items = |part: &[(&'a AssetPath, &'a Found)]| -> Vec<_> {
        let paths = |asset: &AssetId| places.of(asset).cloned().collect();
        let own = |asset: &AssetId| own(asset, record, paths(asset));
        let mut lineage = Lineage::new(&record.kinship, own);
        part.iter().map(|(path, found)| item(path, found, record, &mut lineage)).collect()
    };
    let items: Vec<_> = in_parts(&known, PART, items).into_iter().flatten().collect();
    judge(policy, &case, &items)
}

fn item<'a>(
    path: &'a AssetPath,
    found: &'a Found,
    record: &Record,
    lineage: &mut Lineage<'_>,
) -> Item<'a> {
    let Own { origin, unexamined, .. } = own(&found.asset, record, Vec::new());
    let ancestry = above(&found.asset, record, lineage);
    let unexamined = unexamined.or_else(|| ancestry.unexamined());
    let origin = ancestry.inherited_by(origin);
    Item { path, asset: found.asset, media_type: &found.media_type, origin, ancestry, unexamined }
}

/// What a content's own marks and people's words about it say.
fn own(asset: &AssetId, record: &Record, paths: Vec<AssetPath>) -> Own {
    let (evidence, problems) = (record.evidence(asset), record.content_problems(asset));
    Own::of(record, asset, &evidence, problems, paths)
}

/// What ancestors are drawn from outside of a gate. The record must be folded with a scope.
pub fn lineage(record: &Record) -> Lineage<'_> {
    Lineage::new(&record.kinship, |asset| own(asset, record, Vec::new()))
}

/// What a content was made from, as far as it counts: nothing where a person determined what it is.
fn above(asset: &AssetId, record: &Record, lineage: &mut Lineage<'_>) -> Arc<Ancestry> {
    if record.determination(asset).is_some() { Arc::default() } else { lineage.of(asset) }
}

/// What a content is, with what it inherits, and what it was made from.
pub fn origin(
    asset: &AssetId,
    record: &Record,
    lineage: &mut Lineage<'_>,
) -> (Origin, Arc<Ancestry>) {
    let above = above(asset, record, lineage);
    (above.inherited_by(own(asset, record, Vec::new()).origin), above)
}

/// Everything that the contents at some paths may have been made from: what a gate asks the places of.
pub fn sources(files: &BTreeMap<AssetPath, Found>, record: &Record) -> BTreeSet<AssetId> {
    let files = files.values().map(|found| found.asset).collect();
    record.kinship.sources_of(&files).into_iter().collect()
}

/// The exact list that a finalised deliverable is bound to.
pub fn contents(files: &BTreeMap<AssetPath, Found>) -> Vec<FinalItem> {
    files.iter().map(|(path, found)| FinalItem { path: path.clone(), asset: found.asset }).collect()
}
