//! What leaves with a deliverable, under which names, and whether it can leave to a place.

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::contents::{Contents, walk_all};
use crate::app::deliverables::known;
use crate::app::export::{Item, Leaving};
use crate::app::papers::{check_names, is_reserved, taken};
use crate::app::save::is_among_records;
use crate::app::{AppError, Context, Project};
use crate::deliver::beside::beside;
use crate::deliver::folding::taken_for_one;
use crate::deliver::package::is_list;
use crate::deliver::staging::{Staging, check_free};
use crate::gate as judge;
use crate::model::{AssetPath, FinalItem, RelPath};
use crate::observe::{Enters, WalkError};
use crate::record::Record;

/// What leaves, by name. Of a deliverable that is final, what was finalised.
pub(super) fn leaving(record: &Record, name: &str) -> Result<Vec<Item>, AppError> {
    let deliverable = known(record, name)?;
    let run = deliverable.gate.as_ref().map(|run| &run.fact);
    let named = Contents::new(&deliverable.made)?
        .with_links(run.map(|run| run.linked.as_slice()).unwrap_or_default());
    let holds = match &deliverable.finalized {
        Some(done) => done.fact.contents.clone(),
        None => judge::contents(record.present()),
    };
    // Sources that timelines refer to leave only where nothing else says what does.
    let only_timelines = deliverable.made.paths.is_empty() && deliverable.made.packages.is_empty();
    let leaves =
        |item: &FinalItem| only_timelines || named.contains(&item.path.root, &item.path.path);
    items(holds.into_iter().filter(leaves))
}

fn items(holds: impl Iterator<Item = FinalItem>) -> Result<Vec<Item>, AppError> {
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for FinalItem { path, asset } in holds {
        let name = delivered_as(&path)?;
        if is_reserved(&name) {
            return Err(AppError::usage(
                format!("{path} has a name that a delivery keeps for its own papers"),
                "rename it, leave it out of the deliverable, or move it into a folder",
            ));
        }
        let item = Item { from: path.clone(), name: name.clone(), asset };
        if let Some(other) = items.insert(name, item) {
            return Err(AppError::usage(
                format!("{path} and {} would have one name in the delivery", other.from),
                "rename one of the folders",
            ));
        }
    }
    Ok(items.into_values().collect())
}

/// A path of the project as it is; of another root below the root's name.
fn delivered_as(path: &AssetPath) -> Result<String, AppError> {
    let below = std::str::from_utf8(path.path.as_bytes()).map_err(|_| {
        AppError::usage(
            format!("{path} has a name that is not UTF-8, which a manifest cannot hold"),
            "rename it; what was approved stays approved",
        )
    })?;
    let root =
        if path.root.is_project() { String::new() } else { format!("{}/", path.root.as_str()) };
    Ok(format!("{root}{below}"))
}

/// Folders of packages in which nothing lies, as they are called in the delivery: a list that has hashes of
/// folders would miss them in a copy.
pub(super) fn empty_folders(
    project: &Project,
    context: &Context<'_>,
    record: &Record,
    name: &str,
) -> Result<Vec<String>, AppError> {
    let mut found = Vec::new();
    for package in &known(record, name)?.made.packages {
        let Some(root) = project.root(package) else { continue };
        let walked = walk_all(
            project,
            root,
            &package.path,
            context.cancel,
            Enters(&|_| true),
            &mut |listing| {
                let holds =
                    [listing.files.len(), listing.links.len(), listing.subdirectories.len()];
                if holds == [0; 3] && listing.ignored.is_empty() && listing.skipped == 0 {
                    found.push(AssetPath::new(package.root.clone(), listing.directory));
                }
            },
        );
        match walked {
            Ok(()) => {}
            Err(WalkError::Cancelled) => return Err(AppError::Interrupted),
            Err(error) => {
                return Err(AppError::Internal(format!("cannot list {package}: {error}")));
            }
        }
    }
    let mut names = found.iter().map(delivered_as).collect::<Result<Vec<_>, _>>()?;
    // What lies in the folder of a history is in no manifest.
    names.retain(|name| !is_list(name.as_bytes()));
    names.sort();
    names.dedup();
    Ok(names)
}

/// Checks that nothing of the delivery would lie among the project's records, or itself be part of the
/// deliverable: the next gate would judge the copies too, and find the deliverable changed or its package with
/// more in it.
pub(super) fn check_apart(leaving: &Leaving<'_>, target: &Path) -> Result<(), AppError> {
    let there = target.ancestors().find(|one| one.is_dir()).unwrap_or(target);
    if is_among_records(leaving.project, there).map_err(AppError::io("look at", there))? {
        return Err(AppError::usage(
            format!(
                "nothing was delivered: {} is in the folder of the project's records",
                target.display()
            ),
            "export to a folder elsewhere",
        ));
    }
    let name = &leaving.gate.deliverable;
    let Some((_, place)) = leaving.project.locate(target) else { return Ok(()) };
    let contents = Contents::new(&known(leaving.record, name)?.made)?;
    let names = leaving.items.iter().map(|item| item.name.clone()).chain(taken());
    let mut places = names.map(|name| place.path.join(name.as_bytes()));
    match places.find(|path| contents.contains(&place.root, path)) {
        None => Ok(()),
        Some(path) => Err(AppError::usage(
            format!(
                "nothing was delivered: {} would be part of {name} itself",
                AssetPath::new(place.root, path)
            ),
            "export to a folder that none of its paths and packages takes in",
        )),
    }
}

/// Checks that a manifest can hold every name, and that nothing is in the way of any in the target, where what is
/// put together for it may have begun. Gives what lies there beside.
pub(super) fn check_target(
    target: &Path,
    staging: Option<&Staging>,
    items: &[Item],
    folders: &[String],
) -> Result<Vec<RelPath>, AppError> {
    check_names(target, items, folders)?;
    let papers: Vec<_> = taken().collect();
    let names = items.iter().map(|item| &item.name).chain(&papers);
    let mut names: Vec<_> = names.map(Path::new).collect();
    check_free(target, names.iter().copied())?;
    names.extend(folders.iter().map(Path::new));
    if let Some((one, other)) =
        taken_for_one(target, staging, names.iter().filter_map(|name| name.to_str()))?
    {
        let place = target.display();
        return Err(AppError::usage(
            format!(
                "nothing was delivered: {one} and {other} would be one and the same in {place}"
            ),
            "its volume does not tell their names apart: rename one of them, or export to another volume",
        ));
    }
    Ok(beside(target, &names)?)
}
