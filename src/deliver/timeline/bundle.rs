//! Timelines that are folders: which file in the folder is the timeline. Looks at the file system and
//! reads no content.

use std::path::Path;
use std::path::PathBuf;

use crate::deliver::timeline::error::TimelineError;

/// The extension of a bundle, and the timeline in it. `OpenTimelineIO` file bundles; Final Cut Pro XML
/// bundles, 1.10 and later.
const BUNDLES: [(&str, &str); 2] = [("otiod", "content.otio"), ("fcpxmld", "Info.fcpxml")];

/// The file to read of a timeline: of a bundle folder (`.otiod`, `.fcpxmld`) the timeline in it, else
/// the path itself. A folder that is no bundle is an error.
pub fn main_file(path: &Path) -> Result<PathBuf, TimelineError> {
    let found = |path: &Path| {
        std::fs::metadata(path)
            .map_err(|source| TimelineError::Unreachable { path: path.to_owned(), source })
    };
    if !found(path)?.is_dir() {
        return Ok(path.to_owned());
    }
    let (_, name) = BUNDLES
        .into_iter()
        .find(|(extension, _)| has_extension(path, extension))
        .ok_or_else(|| TimelineError::NoTimeline { path: path.to_owned() })?;
    let inner = path.join(name);
    if found(&inner)?.is_file() {
        return Ok(inner);
    }
    Err(TimelineError::NoTimeline { path: path.to_owned() })
}

/// Whether a file stands in an `.otiod` folder.
pub fn is_otiod(path: &Path) -> bool {
    path.parent().is_some_and(|folder| has_extension(folder, "otiod"))
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_gives_the_timeline_in_it_and_a_plain_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let bundle = root.path().join("cut.otiod");
        std::fs::create_dir(&bundle).unwrap();
        assert!(matches!(main_file(&bundle), Err(TimelineError::Unreachable { .. })));
        std::fs::write(bundle.join("content.otio"), "{}").unwrap();
        assert_eq!(main_file(&bundle).unwrap(), bundle.join("content.otio"));
        assert!(is_otiod(&bundle.join("content.otio")));
        let fcp = root.path().join("cut.FCPXMLD");
        std::fs::create_dir(&fcp).unwrap();
        std::fs::write(fcp.join("Info.fcpxml"), "").unwrap();
        assert_eq!(main_file(&fcp).unwrap(), fcp.join("Info.fcpxml"));
        assert!(matches!(main_file(root.path()), Err(TimelineError::NoTimeline { .. })));
        let file = root.path().join("a.edl");
        assert!(main_file(&file).is_err());
        std::fs::write(&file, "").unwrap();
        assert_eq!(main_file(&file).unwrap(), file);
    }
}
