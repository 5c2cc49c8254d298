//! Packages that belong together: a supplemental IMF package or a version file DCP holds only what is
//! new, and its lists name the rest by UUID, which lies in the package of the original version.
//!
//! Looks up in the asset maps of all folders of one deliverable what a package does not hold, and
//! carries over what its lists say of those bytes, so that they are checked where they lie. It checks
//! nothing itself, and what no package holds stays a problem.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::deliver::package::{Digest, Package, PackageProblem, assets};

/// What the packages of one deliverable hold for each other.
#[derive(Debug, Default)]
pub struct Joint {
    /// By the place of their folder.
    packages: Vec<Told>,
}

/// What one package learns of the others.
#[derive(Debug, Default)]
struct Told {
    /// UUIDs that its lists name and another package holds.
    held: BTreeSet<String>,
    /// What the lists of others say of the bytes of its own assets and its own do not, by UUID.
    digests: BTreeMap<String, BTreeSet<Digest>>,
}

impl Joint {
    /// Reads the asset maps of these folders and what hangs on them. A package that cannot be read holds
    /// nothing for the others; that it cannot be is told where it is checked.
    pub fn of(folders: &[PathBuf]) -> Self {
        // One alone has nobody to ask.
        if folders.len() < 2 {
            return Self::default();
        }
        let read = |folder: &PathBuf| assets::read(folder).ok().flatten();
        let packages: Vec<Option<Package>> = folders.iter().map(read).collect();
        let mut holders: BTreeMap<&str, Vec<(usize, &[Digest])>> = BTreeMap::new();
        for (place, package) in packages.iter().enumerate() {
            for listed in package.iter().flat_map(|package| &package.listed) {
                if let Some(id) = &listed.id {
                    holders.entry(id).or_default().push((place, &listed.digests));
                }
            }
        }
        let mut told: Vec<Told> = folders.iter().map(|_| Told::default()).collect();
        for (place, package) in packages.iter().enumerate() {
            for (id, digests) in package.iter().flat_map(|package| &package.foreign) {
                for (holder, known) in holders.get(id.as_str()).into_iter().flatten() {
                    told[place].held.insert(id.clone());
                    let new: Vec<_> = digests.iter().filter(|one| !known.contains(one)).collect();
                    if !new.is_empty() {
                        let of = told[*holder].digests.entry(id.clone()).or_default();
                        of.extend(new.into_iter().cloned());
                    }
                }
            }
        }
        Self { packages: told }
    }

    /// What the check of the package in that place rests on besides what lies in its folder: nothing,
    /// where it stands alone.
    pub fn ground(&self, place: usize) -> Vec<String> {
        let Some(told) = self.packages.get(place) else { return Vec::new() };
        let held = told.held.iter().map(|id| format!("held {id}"));
        let digests = told.digests.iter().flat_map(|(id, digests)| {
            let one = move |one: &Digest| format!("{id} {} {}", one.algorithm.as_str(), one.value);
            digests.iter().map(one)
        });
        held.chain(digests).collect()
    }

    /// Tells the package in that place what the others hold for it and say of it.
    pub fn tell(&self, place: usize, package: &mut Package) {
        let Some(told) = self.packages.get(place) else { return };
        package.problems.retain(|problem| {
            !matches!(problem, PackageProblem::Unresolved { id, .. } if told.held.contains(id))
        });
        for listed in &mut package.listed {
            let digests = listed.id.as_ref().and_then(|id| told.digests.get(id));
            for digest in digests.into_iter().flatten() {
                listed.add(digest.clone());
            }
        }
    }
}
