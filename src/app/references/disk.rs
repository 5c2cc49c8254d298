//! What lies at a place on disk that a timeline may mean. Looks at names and metadata; nothing is ever
//! opened, and outside the roots nothing is even listed.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::app::follow::is_silence;
use crate::app::project::without_dots;
use crate::app::{Context, Project};
use crate::deliver::names::{Spellings, is_rendered_frame};
use crate::deliver::timeline::main_file;
use crate::model::AssetPath;
use crate::observe::Fold;
use crate::observe::sequence::{fold, fold_pairs};

/// What lies at a place.
pub(super) enum Lies {
    /// One file, or a link to one, in the roots.
    Here(AssetPath),
    /// Several whose names are the same in all but their bytes.
    Several(Vec<AssetPath>),
    /// Nothing, and it would be in the roots.
    Nothing(AssetPath),
    /// Something, outside the roots: never taken.
    Outside(PathBuf),
    /// Nothing, and it would be outside the roots.
    Elsewhere,
    /// Something that is no file.
    NoFile(AssetPath),
    /// What nobody knows: nothing answers there. With what does not.
    Silent(String),
}

/// The disk as one look at timelines sees it.
pub(super) struct Disk<'a> {
    project: &'a Project,
    context: &'a Context<'a>,
    /// Folders that were looked for, with where they are without links.
    real: HashMap<PathBuf, PathBuf>,
    /// Folders that were listed.
    folders: BTreeMap<PathBuf, Folder>,
}

/// The names in a folder.
struct Folder {
    /// Sorted.
    names: Vec<Vec<u8>>,
    spellings: Spellings,
    /// Its sequences of anything, and of renders alone: told when they are asked for, and once, since each
    /// reference into a folder asks.
    sequences: [OnceCell<Sequences>; 2],
}

/// The sequences among the names in a folder.
struct Sequences {
    /// Where the names of each are.
    all: Vec<Vec<usize>>,
    /// Which of them a name is in.
    with: HashMap<Vec<u8>, usize>,
}

impl Sequences {
    fn of(names: &[Vec<u8>], rendered: bool) -> Self {
        let at: Vec<usize> =
            (0..names.len()).filter(|at| !rendered || is_rendered_frame(&names[*at])).collect();
        let names: Vec<&Vec<u8>> = at.iter().map(|at| &names[*at]).collect();
        let folds = if rendered { fold_pairs(&names) } else { fold(&names) };
        let (mut all, mut with) = (Vec::new(), HashMap::new());
        for one in folds {
            let Fold::Sequence(_, members) = one else { continue };
            with.extend(members.iter().map(|one| (names[*one].clone(), all.len())));
            all.push(members.into_iter().map(|one| at[one]).collect());
        }
        Self { all, with }
    }
}

impl<'a> Disk<'a> {
    pub(super) fn new(project: &'a Project, context: &'a Context<'a>) -> Self {
        Self { project, context, real: HashMap::new(), folders: BTreeMap::new() }
    }

    /// What lies at a path, or at one that is spelled as it in other bytes.
    pub(super) fn lies(&mut self, path: &Path) -> Lies {
        match self.exactly(path) {
            Lies::Nothing(located) => self.alike(located),
            other => other,
        }
    }

    /// What lies at exactly this path.
    pub(super) fn exactly(&mut self, path: &Path) -> Lies {
        let real = match self.in_real_folder(path) {
            Ok(real) => real,
            Err(silence) => return Lies::Silent(silence.to_string()),
        };
        let Some((_, located)) = self.project.lies(&real) else {
            // Asked of its metadata alone: nothing outside the roots is ever opened.
            return match self.context.follow(path) {
                Err(error) if is_silence(&error) => Lies::Silent(error.to_string()),
                Err(_) if fs::symlink_metadata(path).is_err() => Lies::Elsewhere,
                _ => Lies::Outside(path.to_owned()),
            };
        };
        let Some(disk) = self.project.on_disk(&located) else { return Lies::Elsewhere };
        match fs::symlink_metadata(&disk) {
            Ok(found) if found.is_file() => Lies::Here(located),
            Ok(found) if found.is_symlink() => match self.context.follow(&disk) {
                Ok(target) if self.project.lies(&target.path).is_none() => {
                    Lies::Outside(target.path)
                }
                Ok(target) if target.found.is_file() => Lies::Here(located),
                Ok(_) => Lies::NoFile(located),
                Err(error) if is_silence(&error) => Lies::Silent(error.to_string()),
                Err(_) => Lies::Nothing(located),
            },
            // A timeline that is a folder is the file in it.
            Ok(found) if found.is_dir() => main_file(&disk)
                .map_or_else(|_| Lies::NoFile(located), |inner| self.exactly(&inner)),
            Ok(_) => Lies::NoFile(located),
            Err(_) => Lies::Nothing(located),
        }
    }

    /// A path as it is called in the folder that it lies in, which links may lead to. The error is that nothing
    /// answers there.
    fn in_real_folder(&mut self, path: &Path) -> io::Result<PathBuf> {
        let plain = without_dots(path);
        let (Some(folder), Some(name)) = (plain.parent(), plain.file_name()) else {
            return Ok(plain);
        };
        if let Some(real) = self.real.get(folder) {
            return Ok(real.join(name));
        }
        let real = match self.context.follow(folder) {
            Ok(target) => target.path,
            Err(error) if is_silence(&error) => return Err(error),
            // As far as it is there.
            Err(_) => self.in_real_folder(folder)?,
        };
        let lies = real.join(name);
        self.real.insert(folder.to_owned(), real);
        Ok(lies)
    }

    /// A path whose folders or name are spelled in other bytes on disk: part by part.
    fn alike(&mut self, located: AssetPath) -> Lies {
        let root = self.project.root(&located).map(|root| root.path.clone());
        let mut reached: Vec<PathBuf> = root.into_iter().collect();
        for part in located.path.as_bytes().split(|byte| *byte == b'/') {
            let mut next = Vec::new();
            for folder in reached {
                let exact = folder.join(OsStr::from_bytes(part));
                if fs::symlink_metadata(&exact).is_ok() {
                    next.push(exact);
                    continue;
                }
                let alike = self.folder(&folder).spellings.alike(part).iter();
                next.extend(alike.map(|name| folder.join(OsStr::from_bytes(name))));
            }
            reached = next;
        }
        let mut here = Vec::new();
        let mut other = None;
        for path in reached {
            match self.exactly(&path) {
                Lies::Here(path) => here.push(path),
                Lies::Nothing(_) => {}
                found => other = Some(found),
            }
        }
        match (here.len(), other) {
            (0, other) => other.unwrap_or(Lies::Nothing(located)),
            (1, _) => here.pop().map_or(Lies::Nothing(located), Lies::Here),
            _ => Lies::Several(here),
        }
    }

    /// The names of all frames of the sequence that a file in a folder is one of, in their order; none where it is
    /// of none. Of renders two frames are a sequence already, and nothing else is a frame of theirs.
    pub(super) fn sequence(
        &mut self,
        folder: &Path,
        name: &[u8],
        rendered: bool,
    ) -> Option<Vec<&[u8]>> {
        let Folder { names, sequences, .. } = self.folder(folder);
        let sequences =
            sequences[usize::from(rendered)].get_or_init(|| Sequences::of(names, rendered));
        let members = &sequences.all[*sequences.with.get(name)?];
        Some(members.iter().map(|at| &*names[*at]).collect())
    }

    fn folder(&mut self, folder: &Path) -> &Folder {
        self.folders.entry(folder.to_owned()).or_insert_with(|| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| OsString::into_vec(entry.file_name()));
            let mut names: Vec<_> = names.collect();
            names.sort();
            let spellings = Spellings::of(names.iter().map(Vec::as_slice));
            Folder { spellings, names, sequences: [const { OnceCell::new() }; 2] }
        })
    }
}

/// The file that a link leads to, within the roots; else the path itself.
pub(in crate::app) fn real(
    project: &Project,
    context: &Context<'_>,
    path: &AssetPath,
) -> AssetPath {
    let followed = || {
        let disk = project.on_disk(path)?;
        let is_link = fs::symlink_metadata(&disk).is_ok_and(|found| found.is_symlink());
        let real = is_link.then(|| context.follow(&disk).ok()).flatten()?;
        project.lies(&real.path).map(|(_, located)| located)
    };
    followed().unwrap_or_else(|| path.clone())
}
