//! Before a person's word is recorded: is what an argument was taken for what the journal says lay
//! there, and what lies there now?
//!
//! Arguments are looked up in the tables, and anybody who can write the ledger's file can write those. A
//! word is given for contents, and people name paths: one row changed for a moment would have them
//! approve something else.

use std::collections::HashSet;
use std::fs;

use crate::app::select::{Selected, select};
use crate::app::{AppError, Context, Project};
use crate::ledger::{Kinds, LedgerError, Reader};
use crate::model::{AssetId, AssetPath, Event, Head, RelPath, RootName};
use crate::observe::{FileHasher, FileSystemIds, HashContext, HashError, fingerprint};
use crate::record::Record;

/// What the tables say of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) path: AssetPath,
    pub(super) asset: AssetId,
    /// Whether it lay there when it was last observed.
    pub(super) present: bool,
}

/// Holds what the tables say against the journal, every hash and link of which is checked. Gives what the
/// journal says of these paths.
pub(super) fn as_journalled(reader: &Reader, places: &[Place]) -> Result<Record, AppError> {
    let mut record = Record::default();
    if places.is_empty() {
        return Ok(record);
    }
    // By the path alone, whatever its root: more is kept than is asked for, and nothing is missed.
    let paths: HashSet<&RelPath> = places.iter().map(|place| &place.path.path).collect();
    let scope = |_: &RootName, path: &RelPath| paths.contains(path);
    let mut ever: HashSet<(AssetPath, AssetId)> = HashSet::new();
    reader.read(Head::EMPTY, None, Kinds::All, &mut |recorded| {
        if let Event::Observed(batch) = &recorded.event {
            for observed in &batch.directories {
                for found in &observed.files {
                    let path = observed.directory.join(&found.name);
                    if paths.contains(&path) {
                        ever.insert((AssetPath::new(batch.root.clone(), path), found.asset));
                    }
                }
            }
        }
        record.apply(recorded, Some(&scope));
    })?;
    for Place { path, asset, present } in places {
        let holds = record.present().get(path).is_some_and(|found| found.asset == *asset);
        let held = !present && ever.contains(&(path.clone(), *asset));
        if !holds && !held {
            return Err(LedgerError::Unlike { path: path.clone() }.into());
        }
    }
    Ok(record)
}

/// The same, and refuses where something else lies at one of the paths now. What cannot be reached is as it
/// was last seen: a word may be given for what is on a shelf.
pub(super) fn as_it_lies(
    project: &Project,
    context: &Context<'_>,
    reader: &Reader,
    places: &[Place],
) -> Result<(), AppError> {
    let record = as_journalled(reader, places)?;
    let mut hasher = FileHasher::new();
    let mut devices = FileSystemIds::default();
    for Place { path, asset, present } in places {
        let (Some(known), Some(disk)) = (record.present().get(path), project.on_disk(path)) else {
            continue;
        };
        let Ok(found) = fs::symlink_metadata(&disk) else { continue };
        let mut print = fingerprint::of(&found);
        print.device = devices.id_of(print.device, &disk);
        if !present || print == known.fingerprint {
            continue;
        }
        let advance = |bytes| context.reporter.advance(0, bytes);
        let hashing =
            HashContext { clock: context.clock, cancel: context.cancel, advance: &advance };
        context.reporter.expect(0, print.size);
        let is_another = match hasher.read(&disk, &hashing) {
            Ok(read) => read.asset != *asset,
            Err(HashError::Cancelled) => return Err(AppError::Interrupted),
            Err(HashError::Vanished { .. } | HashError::Unreadable { .. }) => false,
            Err(HashError::NotRegular { .. } | HashError::KeepsChanging { .. }) => true,
        };
        if is_another {
            return Err(AppError::usage(
                format!("{path} is not what the ledger knows there"),
                "something else was put there, or it is being written: genlock scan, look at it, and \
                 decide then",
            ));
        }
    }
    Ok(())
}

/// What arguments stand for, for a word about what lies there: held against journal and disk.
pub fn choose(
    project: &Project,
    context: &Context<'_>,
    arguments: &[String],
) -> Result<Selected, AppError> {
    let selected = select(project, context, arguments)?;
    as_it_lies(project, context, &project.reader()?, &selected.places)?;
    Ok(selected)
}

/// What arguments stand for, for a word about what is known by these paths, whatever lies there now: held
/// against the journal.
pub fn choose_known(
    project: &Project,
    context: &Context<'_>,
    arguments: &[String],
) -> Result<Selected, AppError> {
    let selected = select(project, context, arguments)?;
    as_journalled(&project.reader()?, &selected.places)?;
    Ok(selected)
}
