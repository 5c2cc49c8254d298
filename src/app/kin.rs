//! What was made from what: the names that the tables hold, origins with what they inherit, and where
//! what a gate follows lineage to lies.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::app::AppError;
use crate::ledger::{Kinds, NamedRow, Reader};
use crate::lineage::{Ancestry, Lineage, Own};
use crate::model::{AssetId, Examination, Head, ObservedBatch, SIDECARS, Seq};
use crate::origin::Origin;
use crate::record::{Kinship, Places, Record};

/// Puts the names that files carry into the kinship of a record that was folded without observations.
pub(super) fn learn(reader: &Reader, kinship: &mut Kinship) -> Result<(), AppError> {
    Ok(reader.identities(&mut |row| know(kinship, &row))?)
}

/// The names that files carry, by themselves.
pub(super) fn named(reader: &Reader) -> Result<Kinship, AppError> {
    let mut kinship = Kinship::default();
    learn(reader, &mut kinship)?;
    Ok(kinship)
}

/// The same of the contents that a batch says something of, by what is known of them now.
pub(super) fn learn_batch(
    reader: &Reader,
    record: &mut Record,
    batch: &ObservedBatch,
) -> Result<(), AppError> {
    let named = batch.named.iter().map(|one| one.0);
    for asset in batch.examined.iter().map(|(asset, _)| *asset).chain(named) {
        if let Some(row) = reader.named(&asset)? {
            know(&mut record.kinship, &row);
        }
    }
    Ok(())
}

fn know(kinship: &mut Kinship, NamedRow { asset, media_type, identity }: &NamedRow) {
    kinship.learn(*asset, Some(identity), SIDECARS.contains(&media_type.as_str()));
}

/// Draws the origins of contents, with what they inherit, from the tables. The names must be in the record.
pub(super) struct Origins<'a> {
    reader: &'a Reader,
    record: &'a Record,
    lineage: Lineage<'a>,
    failed: Rc<RefCell<Option<AppError>>>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(reader: &'a Reader, record: &'a Record) -> Self {
        let failed = Rc::new(RefCell::new(None));
        let told = Rc::clone(&failed);
        let known = move |asset: &AssetId| {
            own(reader, record, asset).unwrap_or_else(|error| {
                told.borrow_mut().get_or_insert(error);
                Own::of(record, asset, &[], &[], Vec::new())
            })
        };
        Self { reader, record, lineage: Lineage::new(&record.kinship, known), failed }
    }

    /// The origin of a content, and what it was made from.
    pub(super) fn of(&mut self, asset: &AssetId) -> Result<(Origin, Arc<Ancestry>), AppError> {
        let alone = own(self.reader, self.record, asset)?.origin;
        if self.record.determination(asset).is_some() {
            return Ok((alone, Arc::default()));
        }
        let above = self.lineage.of(asset);
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok((above.inherited_by(alone), above)),
        }
    }
}

/// What is known of a content by itself.
pub(super) fn own(reader: &Reader, record: &Record, asset: &AssetId) -> Result<Own, AppError> {
    let Examination { evidence, problems, .. } = record.counted(reader.examination(asset)?);
    let mut paths: Vec<_> = reader.locations_of(asset)?;
    paths.retain(|one| one.present);
    let paths = paths.into_iter().map(|one| one.path).collect();
    Ok(Own::of(record, asset, &evidence, &problems, paths))
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
