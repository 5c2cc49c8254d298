//! What was made from what: the names that the tables hold, origins with what they inherit, and where
//! what a gate follows lineage to lies.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::app::AppError;
use crate::ledger::{Kinds, Reader};
use crate::lineage::{Ancestry, Own, ancestry};
use crate::model::{AssetId, Head, ObservedBatch, Seq};
use crate::origin::Origin;
use crate::record::{Places, Record};

/// Puts the names that files carry into a record that was folded without observations.
pub(super) fn learn(reader: &Reader, record: &mut Record) -> Result<(), AppError> {
    reader.identities(&mut |asset, identity| record.kinship.learn(asset, Some(&identity)))?;
    Ok(())
}

/// The same of the contents that a batch says something of, by what is known of them now.
pub(super) fn learn_batch(
    reader: &Reader,
    record: &mut Record,
    batch: &ObservedBatch,
) -> Result<(), AppError> {
    // A sidecar's names are the media's from now on.
    let named = batch.named.iter().flat_map(|one| [one.0, one.1]);
    for asset in batch.examined.iter().map(|(asset, _)| *asset).chain(named) {
        record.kinship.learn(asset, Some(&reader.identity(&asset)?));
    }
    Ok(())
}

/// The origin of a content with what it inherits, and what it was made from. The names must be in the
/// record.
pub(super) fn origin(
    reader: &Reader,
    record: &Record,
    asset: &AssetId,
) -> Result<(Origin, Ancestry), AppError> {
    let alone = own(reader, record, asset)?.origin;
    if record.determination(asset).is_some() {
        return Ok((alone, Ancestry::default()));
    }
    let failed = RefCell::new(None);
    let known = |asset: &AssetId| {
        own(reader, record, asset).unwrap_or_else(|error| {
            failed.borrow_mut().get_or_insert(error);
            Own { origin: Origin::of(&[], None), unexamined: None, paths: Vec::new() }
        })
    };
    let above = ancestry(&record.kinship, asset, &known);
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok((above.inherited_by(alone), above)),
    }
}

/// What is known of a content by itself.
pub(super) fn own(reader: &Reader, record: &Record, asset: &AssetId) -> Result<Own, AppError> {
    let examination = record.counted(reader.examination(asset)?);
    let determination = record.determination(asset).map(|entry| &entry.fact);
    let made = record.said_made(asset).map(|entry| &entry.fact);
    let origin = Origin::of(&examination.evidence, determination).beside(made);
    let unexamined = examination.problems.into_iter().next().filter(|_| determination.is_none());
    let mut paths: Vec<_> = reader.locations_of(asset)?;
    paths.retain(|one| one.present);
    let paths = paths.into_iter().map(|one| one.path).collect();
    Ok(Own { origin, unexamined: unexamined.map(|one| one.problem), paths })
}

/// Where some contents lay at an event. Reads the journal only where there are any.
pub(super) fn places(
    reader: &Reader,
    wanted: BTreeSet<AssetId>,
    until: Seq,
) -> Result<Places, AppError> {
    if wanted.is_empty() {
        return Ok(Places::default());
    }
    let mut places = Places::new(wanted);
    let each = &mut |recorded: crate::model::Recorded| places.apply(&recorded.event);
    reader.read(Head::EMPTY, Some(until), Kinds::All, each)?;
    Ok(places)
}
