//! Packages as folders of files with their bytes, and what is wrong with them.

use std::cell::Cell;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::deliver::package::{
    Algorithm, CheckOptions, Hasher, Package, PackageError, PackageProblem, check, read,
};

/// A folder that goes away.
pub(super) struct Folder {
    temp: tempfile::TempDir,
}

impl Folder {
    pub(super) fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap() }
    }

    /// The package's folder; there is room for others beside it.
    pub(super) fn path(&self) -> PathBuf {
        self.temp.path().join("package")
    }

    pub(super) fn put(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(super) fn problems(&self) -> Vec<PackageProblem> {
        problems(&self.path())
    }

    /// What is wrong, as people are told, without the parts of it that are digests.
    pub(super) fn told(&self) -> Vec<String> {
        self.problems().iter().map(ToString::to_string).collect()
    }

    pub(super) fn only(&self) -> Package {
        let mut packages = read(&self.path()).unwrap();
        assert_eq!(packages.len(), 1);
        packages.remove(0)
    }
}

pub(super) fn checked(
    folder: &Path,
    package: &Package,
) -> Result<(Vec<PackageProblem>, u64), PackageError> {
    let bytes = Cell::new(0);
    let progress = |more| bytes.set(bytes.get() + more);
    let cancel = AtomicBool::new(false);
    let options = CheckOptions { progress: &progress, cancel: &cancel, left_out: None };
    check(folder, package, &options).map(|problems| (problems, bytes.get()))
}

pub(super) fn problems(folder: &Path) -> Vec<PackageProblem> {
    let packages = read(folder).unwrap();
    packages.iter().flat_map(|package| checked(folder, package).unwrap().0).collect()
}

/// A digest as packing lists write it.
pub(super) fn base64(algorithm: Algorithm, content: &[u8]) -> String {
    STANDARD.encode(Hasher::digest(algorithm, content).to_bytes())
}

/// A UUID that ends in a number.
pub(super) fn id(number: u32) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012x}")
}

/// An asset map of assets: number, path, further elements of the chunk.
pub(super) fn asset_map(namespace: &str, packing_list: &str, assets: &[(u32, &str)]) -> String {
    let mut out = format!("<AssetMap xmlns='{namespace}'><Id>{}</Id><AssetList>", id(999));
    for (number, path) in assets {
        let flag = if *number == 1 { packing_list } else { "" };
        let id = id(*number);
        let _ = writeln!(
            out,
            "<Asset><Id>{id}</Id>{flag}<ChunkList><Chunk><Path>{path}</Path></Chunk></ChunkList>\
             </Asset>"
        );
    }
    out + "</AssetList></AssetMap>"
}

/// A packing list with the number 1: number, content, type, further elements.
pub(super) fn packing_list(namespace: &str, assets: &[(u32, &[u8], &str)]) -> String {
    let mut out = format!("<PackingList xmlns='{namespace}'><Id>{}</Id><AssetList>", id(1));
    for (number, content, kind) in assets {
        let (id, hash, size) = (id(*number), base64(Algorithm::Sha1, content), content.len());
        let _ = write!(
            out,
            "<Asset><Id>{id}</Id><Hash>{hash}</Hash><Size>{size}</Size><Type>{kind}</Type></Asset>"
        );
    }
    out + "</AssetList></PackingList>"
}
