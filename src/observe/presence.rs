//! Whether something is there. An error that says so is told here from one that keeps anybody from knowing.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Whether an error says that nothing is there: no such name, or a file where a folder above it would be.
pub fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether an open file is the one that lies at a path, and not one that was removed or replaced since.
pub fn lies_at(file: &File, path: &Path) -> bool {
    let (ours, there) = (file.metadata(), fs::metadata(path));
    matches!((ours, there), (Ok(ours), Ok(there))
        if (ours.dev(), ours.ino()) == (there.dev(), there.ino()))
}
