//! Where something is, as the watcher counts: which part of the project, and the path below its root.

use std::path::Path;

use crate::config::Root;
use crate::model::{AssetPath, RelPath};

/// A path of a watched part, by the part's number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) part: usize,
    pub(super) path: RelPath,
}

impl Place {
    pub(super) fn new(part: usize, path: RelPath) -> Self {
        Self { part, path }
    }

    /// The folder it lies in.
    pub(super) fn folder(&self) -> Self {
        Self::new(self.part, self.path.split().0)
    }

    pub(super) fn join(&self, name: &[u8]) -> Self {
        Self::new(self.part, self.path.join(name))
    }

    /// Bounds of what lies strictly below: `'0'` follows `'/'`. Of the root itself: everything.
    pub(super) fn below(&self) -> (Self, Self) {
        if self.path.is_root() {
            // No path begins with a slash: the first is above the root and below every other.
            return (
                Self::new(self.part, RelPath::root().join(b"\0")),
                Self::new(self.part + 1, RelPath::root()),
            );
        }
        let edge = |slash: u8| {
            let mut bytes = self.path.as_bytes().to_vec();
            bytes.push(slash);
            Self::new(self.part, RelPath::root().join(&bytes))
        };
        (edge(b'/'), edge(b'0'))
    }
}

/// What is watched: a root, or a folder in one.
#[derive(Clone, Debug)]
pub(super) struct WatchedPart {
    pub(super) root: Root,
    pub(super) start: RelPath,
}

impl WatchedPart {
    /// Where a path of this part is on disk.
    pub(super) fn disk(&self, path: &RelPath) -> std::path::PathBuf {
        if path.is_root() { self.root.path.clone() } else { self.root.path.join(path.as_path()) }
    }

    /// Whether a path lies in it.
    pub(super) fn has(&self, path: &AssetPath) -> bool {
        path.root == self.root.name && path.path.is_within(&self.start)
    }

    /// Whether it lies in a folder.
    pub(super) fn lies_in(&self, folder: &AssetPath) -> bool {
        folder.root == self.root.name && self.start.is_within(&folder.path)
    }

    pub(super) fn asset_path(&self, path: &RelPath) -> AssetPath {
        AssetPath::new(self.root.name.clone(), path.clone())
    }
}

/// The place of an absolute path, in the part whose root is nearest.
pub(super) fn locate(parts: &[WatchedPart], path: &Path) -> Option<Place> {
    let nearest = parts
        .iter()
        .enumerate()
        .filter_map(|(at, part)| Some((at, path.strip_prefix(&part.root.path).ok()?)))
        .min_by_key(|(_, below)| below.as_os_str().len())?;
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(nearest.1.as_os_str());
    Some(Place::new(nearest.0, RelPath::new(bytes).ok()?))
}
