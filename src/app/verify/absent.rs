//! Files that are not there: were they deleted, or is what they lay on away? What is on a shelf was not
//! changed, and cannot be verified either: said once for a root or a volume, not for every file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::{AppError, Project};
use crate::ledger::Reader;
use crate::model::{AssetPath, RelPath, RootName};
use crate::observe::device_of;
use crate::problem::Problem;

/// What is away, with how many files and the first place.
#[derive(Default)]
pub(super) struct Absent {
    all: BTreeMap<Away, (AssetPath, u64)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Away {
    /// A root that the settings name no more.
    Unconfigured(RootName),
    /// A root whose folder is not there.
    Root(RootName),
    /// A device below a root.
    Device(RootName, u64),
}

impl Absent {
    /// Takes a file that nobody can look for.
    pub(super) fn unconfigured(&mut self, path: &AssetPath) {
        let place = AssetPath::new(path.root.clone(), RelPath::root());
        self.count(Away::Unconfigured(path.root.clone()), place);
    }

    /// Takes a file that was looked for in vain. False if it is what it lay on that is there, and it is not.
    pub(super) fn take(
        &mut self,
        project: &Project,
        reader: &Reader,
        path: &AssetPath,
    ) -> Result<bool, AppError> {
        let Some(root) = project.root(path) else { return Ok(false) };
        if !root.path.is_dir() {
            let place = AssetPath::new(path.root.clone(), RelPath::root());
            self.count(Away::Root(path.root.clone()), place);
            return Ok(true);
        }
        // The nearest folder that is there says on which device the file would be; the root is.
        let mut above = path.path.split().0;
        while !above.is_root() && !is_folder(&root.path.join(above.as_path())) {
            above = above.split().0;
        }
        let disk = root.path.join(above.as_path());
        let now = device_of(&disk).map_err(AppError::io("look at", &disk))?;
        let lay = reader.fingerprint_at(path)?.map_or(now, |print| print.device);
        if lay != now {
            let folder = AssetPath::new(path.root.clone(), path.path.split().0);
            self.count(Away::Device(path.root.clone(), lay), folder);
        }
        Ok(lay != now)
    }

    fn count(&mut self, away: Away, place: AssetPath) {
        let (first, files) = self.all.entry(away).or_insert_with(|| (place.clone(), 0));
        // Readers come in any order; what they say must not.
        *first = place.min(first.clone());
        *files += 1;
    }

    /// A line for each of them.
    pub(super) fn problems(self) -> impl Iterator<Item = Problem> {
        self.all.into_iter().map(|(away, (place, files))| {
            let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
            let problem = match away {
                Away::Unconfigured(_) => {
                    format!("its root is not configured any more, and {files} cannot be looked for")
                }
                Away::Root(_) => format!("the root is not there, and {files} with it"),
                Away::Device(..) => {
                    format!("{files} here and below lay on a volume that is not mounted now")
                }
            };
            Problem::at(&place, problem)
        })
    }
}

fn is_folder(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}
