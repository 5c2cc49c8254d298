//! Where the compositions of a deliverable's packages play what lies in them, for people who look at a
//! deliverable and for the disclosure log. A gate judges packages whole and does not ask.

use std::collections::BTreeMap;
use std::fs;

use crate::app::Project;
use crate::app::packages::within;
use crate::app::references::Answer;
use crate::deliver::package::{self, Listed, Package};
use crate::model::{AssetPath, Reference, Resolution};

/// A package whose lists could be read, and what its compositions play.
#[derive(Clone, Debug)]
pub struct ReadPackage {
    /// Its folder.
    pub named: AssetPath,
    /// Which kind of package it is.
    pub kind: &'static str,
    /// Every use, with the file that is played.
    pub references: Vec<(Reference, Answer)>,
}

/// What the compositions of these packages play. A package whose lists cannot be read is left out: that is
/// told where packages are checked.
pub(super) fn played(project: &Project, packages: &[AssetPath]) -> Vec<ReadPackage> {
    let read: Vec<(&AssetPath, Vec<Package>)> = packages
        .iter()
        .filter_map(|folder| Some((folder, package::read(&project.on_disk(folder)?).ok()?)))
        .collect();
    let mut holders: BTreeMap<&str, Vec<Vec<AssetPath>>> = BTreeMap::new();
    for (folder, packages) in &read {
        for listed in packages.iter().flat_map(|package| &package.listed) {
            if let Some(id) = &listed.id {
                holders.entry(id).or_default().push(files(folder, listed));
            }
        }
    }
    let mut all = Vec::new();
    for (folder, packages) in &read {
        for package in packages.iter().filter(|package| !package.uses.is_empty()) {
            let uses = package::played(package).into_iter();
            let references = uses.map(|(reference, id)| {
                let held = holders.get(id).map(Vec::as_slice).unwrap_or_default();
                (reference, answer(project, held))
            });
            let (named, kind) = ((*folder).clone(), package.kind.as_str());
            all.push(ReadPackage { named, kind, references: references.collect() });
        }
    }
    all
}

/// Where a file of a package lies: all parts of it.
fn files(folder: &AssetPath, listed: &Listed) -> Vec<AssetPath> {
    let parts = std::iter::once(&listed.path).chain(&listed.further_chunks);
    parts.filter_map(|path| within(folder, path)).collect()
}

/// The files of a UUID, as the packages that list it say.
fn answer(project: &Project, held: &[Vec<AssetPath>]) -> Answer {
    let lies = |path: &AssetPath| {
        let disk = project.on_disk(path);
        disk.is_some_and(|disk| fs::symlink_metadata(disk).is_ok_and(|found| found.is_file()))
    };
    let whole: Vec<_> = held.iter().filter(|files| files.iter().all(lies)).flatten().collect();
    let (resolution, files, why) = match (held, whole.is_empty()) {
        ([], _) => {
            let why = "no package of the deliverable lists it";
            (Resolution::Unresolved, Vec::new(), why)
        }
        (held, true) => {
            let files = held.iter().flatten().cloned().collect();
            (Resolution::Offline, files, "it is not where its package says")
        }
        (_, false) => (Resolution::Resolved, whole.into_iter().cloned().collect(), ""),
    };
    Answer::plain(resolution, files, why.to_owned())
}
