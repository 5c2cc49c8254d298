//! Directory hashes of ASC MHL: one digest for all that is in a folder. Made for a manifest that is
//! written, and again to check one that is read.
//!
//! As the reference implementation (ascmhl 1.2, `DirectoryHashContext`) makes them: the digests of
//! the children, sorted as text, are put one after another as bytes and hashed. For `content` the
//! digest of a child is its own or, for a folder, its content hash; for `structure` it is the hash
//! of the child's name followed by its digest or, for a folder, its structure hash. A folder
//! without children has the hash of nothing.

use std::collections::BTreeMap;

use crate::deliver::package::relative_path::split;
use crate::deliver::package::{Algorithm, Digest, Hasher};

/// Takes the files of a tree and gives the hashes of its folders.
pub(crate) struct DirectoryHashes {
    algorithm: Algorithm,
    folders: BTreeMap<Vec<u8>, Children>,
}

/// Digests of what is in one folder.
#[derive(Default)]
struct Children {
    content: Vec<Digest>,
    structure: Vec<Digest>,
}

/// The two hashes of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DirectoryHash {
    /// What is in it.
    pub(crate) content: Digest,
    /// What is in it and how it is called.
    pub(crate) structure: Digest,
}

impl DirectoryHashes {
    /// For a tree with nothing in it.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self { algorithm, folders: BTreeMap::from([(Vec::new(), Children::default())]) }
    }

    /// Adds a folder, and those it is in.
    pub(crate) fn add_folder(&mut self, path: &[u8]) {
        let mut path = path;
        while !self.folders.contains_key(path) {
            self.folders.insert(path.to_vec(), Children::default());
            path = split(path).0;
        }
    }

    /// Adds a file by its digest, which must be of this algorithm.
    pub(crate) fn add_file(&mut self, path: &[u8], digest: &Digest) {
        let (folder, name) = split(path);
        self.add_folder(folder);
        let named = self.named(name, digest);
        if let Some(children) = self.folders.get_mut(folder) {
            children.content.push(digest.clone());
            children.structure.push(named);
        }
    }

    /// The hashes of every folder; the root has the empty path.
    pub(crate) fn finish(mut self) -> BTreeMap<Vec<u8>, DirectoryHash> {
        let mut out = BTreeMap::new();
        // A folder sorts before what is in it, so the last one is never in want of another.
        while let Some((path, children)) = self.folders.pop_last() {
            let hash = DirectoryHash {
                content: self.of(children.content),
                structure: self.of(children.structure),
            };
            if !path.is_empty() {
                let (folder, name) = split(&path);
                let named = self.named(name, &hash.structure);
                if let Some(parent) = self.folders.get_mut(folder) {
                    parent.content.push(hash.content.clone());
                    parent.structure.push(named);
                }
            }
            out.insert(path, hash);
        }
        out
    }

    fn named(&self, name: &[u8], digest: &Digest) -> Digest {
        Hasher::digest(self.algorithm, &[name, &digest.to_bytes()].concat())
    }

    fn of(&self, mut digests: Vec<Digest>) -> Digest {
        digests.sort();
        let mut hasher = Hasher::new([self.algorithm]);
        for digest in &digests {
            hasher.update(&digest.to_bytes());
        }
        let made = hasher.finish().pop();
        made.unwrap_or_else(|| Hasher::digest(self.algorithm, b""))
    }
}
