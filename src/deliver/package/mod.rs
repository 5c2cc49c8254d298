//! Packages: folders that come with a list of what is in them. Reads the lists of IMF, DCP (SMPTE
//! and Interop), ASC MHL and MHL 1.x, and checks the files against them.
//!
//! A package is untrusted data: no path of it is followed out of its folder, no link is followed at
//! all, and everything read of it is bounded. This module never decides whether a problem matters,
//! never writes, and never guesses: what it cannot tell is a problem. A gate comes after it, and
//! takes what a package lists as what a deliverable is made of.
//!
//! Flow: [`read`] finds the lists and gives one [`Package`] for each, [`Joint`] tells those of one
//! deliverable of each other; [`check`] reads the files.

mod algorithm;
mod asset_map;
mod assets;
pub(crate) mod chain;
mod check;
mod composition;
mod composition_use;
mod digest;
pub(crate) mod directory_hash;
mod error;
mod fraction;
pub(crate) mod hash_list;
mod hasher;
mod history;
mod ignores;
mod joint;
mod junk;
mod legacy;
mod listed;
#[expect(clippy::module_inception, reason = "it is named for its type, as all are")]
mod package;
mod packing_list;
mod played;
mod problem;
pub(crate) mod relative_path;
mod text;
mod tree;
mod xml;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

pub use algorithm::Algorithm;
pub use chain::{ChainEntry, is_generation, is_list};
pub use check::{CheckOptions, check, no_files};
pub use composition_use::{CompositionUse, UseKind};
pub use digest::Digest;
pub use error::PackageError;
pub use fraction::Fraction;
pub use hasher::Hasher;
pub use history::own;
pub use joint::Joint;
pub use junk::{is_junk, is_of_a_drive, is_settings};
pub use listed::{IgnoredPatterns, Listed, ListedFolder, Role};
pub use package::{Package, PackageKind};
pub use played::played;
pub use problem::PackageProblem;

/// The packages of a folder, by the lists that stand in it: one for an asset map, one for an
/// `ascmhl` folder (with the histories nested in it), one for each `*.mhl`. Only lists are read
/// here, and what is wrong with them is told in each package's problems.
pub fn read(folder: &Path) -> Result<Vec<Package>, PackageError> {
    let mut packages = Vec::new();
    packages.extend(assets::read(folder)?);
    packages.extend(history::read(folder)?);
    packages.extend(legacy::read(folder)?);
    if packages.is_empty() {
        return Err(PackageError::NotAPackage { folder: folder.to_owned() });
    }
    // An IMF package or DCP may lie in a folder with hash lists, which are not its own. ASC MHL
    // answers for everything in its folder, so other lists must be listed in it.
    let of = |kinds: &[PackageKind], any: bool| -> Arc<BTreeSet<Vec<u8>>> {
        let packages = packages.iter().filter(|package| kinds.contains(&package.kind));
        let listed = packages.flat_map(|package| &package.listed);
        let list = |listed: &&Listed| any || matches!(listed.role, Role::Chain | Role::Manifest);
        Arc::new(listed.filter(list).map(|listed| listed.path.clone()).collect())
    };
    let lists = of(&[PackageKind::AscMhl, PackageKind::LegacyMhl], false);
    let mut legacy = (*of(&[PackageKind::LegacyMhl], true)).clone();
    legacy.extend(of(&[PackageKind::AscMhl], false).iter().cloned());
    let legacy = Arc::new(legacy);
    for package in &mut packages {
        package.accounted = match package.kind {
            PackageKind::Imf | PackageKind::DcpSmpte | PackageKind::DcpInterop => lists.clone(),
            PackageKind::AscMhl => Arc::default(),
            PackageKind::LegacyMhl => legacy.clone(),
        };
    }
    Ok(packages)
}

/// A UUID as packages write it (`urn:uuid:…`), without its prefix, in lower case; `None` when it is
/// none. Interop lists carry ids that are UUIDs in form only, so only the form is looked at.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("urn:uuid:").unwrap_or(&text);
    let formed = text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    formed.then(|| text.to_owned())
}
