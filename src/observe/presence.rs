//! Whether something is there. An error that says so is told here from one that keeps anybody from knowing.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::model::RelPath;

/// Whether an error says that nothing is there: no such name, or a file where a folder above it would be.
pub fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The deepest folder there is on the way from one that is there to one below it. Segment by segment, because
/// the system would follow a link on the way without a word: what lies behind one goes by another name.
pub fn deepest(root: &Path, from: &RelPath, to: &RelPath) -> io::Result<RelPath> {
    let mut here = from.clone();
    let way = to.as_bytes().get(from.as_bytes().len()..).unwrap_or_default();
    for segment in way.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty()) {
        let next = here.join(segment);
        match fs::symlink_metadata(root.join(next.as_path())) {
            Ok(found) if found.is_dir() => here = next,
            Ok(_) => break,
            Err(error) if is_nothing(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(here)
}

/// Whether an open file is the one that lies at a path, and not one that was removed or replaced since.
pub fn lies_at(file: &File, path: &Path) -> bool {
    let (ours, there) = (file.metadata(), fs::metadata(path));
    matches!((ours, there), (Ok(ours), Ok(there))
        if (ours.dev(), ours.ino()) == (there.dev(), there.ino()))
}
