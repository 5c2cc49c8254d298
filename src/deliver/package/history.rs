//! An ASC MHL history: the generations of a folder and of the histories nested in it, put
//! together to what each file must be now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::deliver::package::chain::{self, ChainEntry};
use crate::deliver::package::hash_list::{self, FileHash, HashList};
use crate::deliver::package::relative_path::{join, relative, split};
use crate::deliver::package::text::decode;
use crate::deliver::package::tree::{self, Kind, OpenFault};
use crate::deliver::package::{
    Digest, IgnoredPatterns, Listed, ListedFolder, Package, PackageError, PackageKind,
    PackageProblem, Role,
};

/// Histories in one folder.
const HISTORIES_MAX: usize = 1_000;
/// Files in all histories of one folder: as many as one generation lists and refers to, with its own two
/// lists.
const LISTED_MAX: usize = hash_list::RECORDS_MAX + hash_list::REFERENCES_MAX + 2;
/// Files in all generations of all histories of one folder.
const RECORDS_MAX: usize = 2_000_000;

/// Bytes of the patterns of all histories of one folder; beyond, patterns hide nothing.
const PATTERN_BYTES_MAX: usize = 64 << 10;

/// What is being put together.
struct Assembly<'a> {
    folder: &'a Path,
    listed: BTreeMap<Vec<u8>, Listed>,
    folders: Vec<ListedFolder>,
    ignored: Vec<IgnoredPatterns>,
    problems: Vec<PackageProblem>,
    records: usize,
    /// Bytes of all patterns.
    pattern_bytes: usize,
}

/// The history of a folder; `None` when it has none.
pub(super) fn read(folder: &Path) -> Result<Option<Package>, PackageError> {
    if !tree::is_folder(folder, chain::FOLDER) {
        return Ok(None);
    }
    let mut roots = roots(folder)?;
    roots.sort();
    assemble(folder, &roots).map(Some)
}

/// The history of a folder without those nested in it; `None` when it has none.
pub fn own(folder: &Path) -> Result<Option<Package>, PackageError> {
    if !tree::is_folder(folder, chain::FOLDER) {
        return Ok(None);
    }
    assemble(folder, &[Vec::new()]).map(Some)
}

fn assemble(folder: &Path, roots: &[Vec<u8>]) -> Result<Package, PackageError> {
    let mut assembly = Assembly {
        folder,
        listed: BTreeMap::new(),
        folders: Vec::new(),
        ignored: Vec::new(),
        problems: Vec::new(),
        records: 0,
        pattern_bytes: 0,
    };
    for root in roots {
        assembly.history(root)?;
    }
    assembly.problems.sort();
    assembly.problems.dedup();
    Ok(Package {
        kind: PackageKind::AscMhl,
        name: folder.file_name().map(|name| name.to_string_lossy().into_owned()),
        listed: assembly.listed.into_values().collect(),
        uses: Vec::new(),
        foreign: BTreeMap::new(),
        folders: assembly.folders,
        ignored: assembly.ignored,
        problems: assembly.problems,
        accounted: Arc::default(),
    })
}

/// The folders that have a history, without the last part `ascmhl`.
fn roots(folder: &Path) -> Result<Vec<Vec<u8>>, PackageError> {
    let entries = tree::walk(folder, None, &AtomicBool::new(false))?;
    let found = entries.iter().filter(|entry| entry.kind == Kind::Folder);
    let found = found.filter_map(|entry| {
        let (root, name) = split(&entry.path);
        let inside = root.split(|byte| *byte == b'/').any(|part| part == chain::FOLDER.as_bytes());
        (name == chain::FOLDER.as_bytes() && !inside).then(|| root.to_vec())
    });
    let roots: Vec<Vec<u8>> = found.collect();
    if roots.len() > HISTORIES_MAX {
        let path = folder.to_owned();
        return Err(PackageError::TooMany { path, limit: HISTORIES_MAX, of: "histories" });
    }
    Ok(roots)
}

impl Assembly<'_> {
    fn history(&mut self, root: &[u8]) -> Result<(), PackageError> {
        let folder = join(root, chain::FOLDER.as_bytes());
        let path = join(&folder, chain::FILE.as_bytes());
        self.listed.insert(path.clone(), Listed::new(path.clone(), Role::Chain));
        let Some(text) = self.text(&path) else { return Ok(()) };
        let entries = match chain::parse(&text) {
            Ok(entries) => entries,
            Err(fault) => {
                self.unreadable(path, fault.to_string());
                return Ok(());
            }
        };
        if let Some(why) = chain::disorder(&entries) {
            self.problems.push(PackageProblem::Contradiction { path: path.clone(), why });
        }
        if entries.is_empty() {
            self.unreadable(path.clone(), "it lists no generation".to_owned());
        }
        let count = entries.len();
        // The files of this history alone, so that a rename in it moves no file of another.
        let mut files: BTreeMap<Vec<u8>, Listed> = BTreeMap::new();
        for (place, entry) in entries.into_iter().enumerate() {
            let Some(name) = self.manifest(&folder, &path, entry) else { continue };
            let Some(text) = self.text(&name) else { continue };
            match hash_list::parse(&text) {
                Ok(list) => {
                    self.generation(root, &name, list, &mut files, place + 1 == count)?;
                }
                Err(fault) => self.unreadable(name, fault.to_string()),
            }
        }
        for (path, file) in files {
            match self.listed.get_mut(&path) {
                None => drop(self.listed.insert(path, file)),
                Some(known) => {
                    for digest in file.digests {
                        known.add(digest);
                    }
                    known.size = known.size.or(file.size);
                }
            }
        }
        if self.listed.len() > LISTED_MAX {
            let path = self.folder.to_owned();
            return Err(PackageError::TooMany { path, limit: LISTED_MAX, of: "listed files" });
        }
        Ok(())
    }

    /// Lists a manifest by its chain entry; gives its path.
    fn manifest(&mut self, folder: &[u8], chain: &[u8], entry: ChainEntry) -> Option<Vec<u8>> {
        let outside = |why| PackageProblem::OutsideOfPackage {
            as_written: entry.name.clone(),
            named_in: chain.to_vec(),
            why,
        };
        let name = match relative(&entry.name) {
            Ok(name) if !name.contains(&b'/') => name,
            Ok(_) => {
                self.problems.push(outside("is not in the folder of its chain file"));
                return None;
            }
            Err(why) => {
                self.problems.push(outside(why));
                return None;
            }
        };
        let path = join(folder, &name);
        let listed = self.listed.entry(path.clone());
        let listed = listed.or_insert_with(|| Listed::new(path.clone(), Role::Manifest));
        match entry.digest {
            Ok(digest) => listed.add(digest),
            Err(why) => {
                self.problems.push(PackageProblem::NotHashed { path: path.clone(), why });
            }
        }
        Some(path)
    }

    /// Adds what one generation says to what those before it said.
    fn generation(
        &mut self,
        root: &[u8],
        manifest: &[u8],
        list: HashList,
        files: &mut BTreeMap<Vec<u8>, Listed>,
        is_last: bool,
    ) -> Result<(), PackageError> {
        self.records += list.files.len() + list.folders.len();
        if self.records > RECORDS_MAX {
            let path = self.folder.to_owned();
            return Err(PackageError::TooMany { path, limit: RECORDS_MAX, of: "recorded hashes" });
        }
        // All old names first: two files may have changed places.
        let mut renamed: BTreeMap<&str, Listed> = BTreeMap::new();
        let before: BTreeSet<&str> =
            list.files.iter().filter_map(|file| file.previous_path.as_deref()).collect();
        for old in before {
            let Some(path) = self.path(root, manifest, old) else { continue };
            if let Some(file) = files.remove(&path) {
                renamed.insert(old, file);
            }
        }
        for file in &list.files {
            let Some(path) = self.path(root, manifest, &file.path) else { continue };
            let moved = file.previous_path.as_deref().and_then(|old| renamed.remove(old));
            let listed =
                files.entry(path.clone()).or_insert_with(|| Listed::new(path.clone(), Role::Media));
            for digest in moved.into_iter().flat_map(|moved| moved.digests) {
                listed.add(digest);
            }
            self.file(listed, file);
        }
        for (path, digest) in list.references {
            self.reference(root, manifest, &path, digest);
        }
        if is_last {
            for folder in list.folders {
                let path = match folder.path.as_str() {
                    "" | "." => Some(root.to_vec()),
                    path => self.path(root, manifest, path),
                };
                let Some(path) = path else { continue };
                for content in folder.content {
                    let same = |digest: &&Digest| digest.algorithm == content.algorithm;
                    self.folders.push(ListedFolder {
                        path: path.clone(),
                        history: root.to_vec(),
                        structure: folder.structure.iter().find(same).cloned(),
                        content,
                    });
                }
            }
            self.patterns(root, manifest, list.patterns);
        }
        Ok(())
    }

    fn patterns(&mut self, root: &[u8], manifest: &[u8], patterns: Vec<String>) {
        self.pattern_bytes += patterns.iter().map(String::len).sum::<usize>();
        if self.pattern_bytes > PATTERN_BYTES_MAX {
            let why = format!("its patterns, with those before, exceed {PATTERN_BYTES_MAX} bytes");
            self.unreadable(manifest.to_vec(), why);
            return;
        }
        self.ignored.push(IgnoredPatterns { history: root.to_vec(), patterns });
    }

    fn file(&mut self, listed: &mut Listed, file: &FileHash) {
        // A later size is only another statement of the same bytes; where the bytes differ, the
        // hash says so.
        listed.size = listed.size.or(file.size);
        for digest in &file.digests {
            match digest {
                Ok(digest) => listed.add(digest.clone()),
                Err(why) => self.problems.push(PackageProblem::NotHashed {
                    path: listed.path.clone(),
                    why: why.clone(),
                }),
            }
        }
        if listed.digests.is_empty() && file.failed > 0 {
            self.problems.push(PackageProblem::NotHashed {
                path: listed.path.clone(),
                why: "only a verification that failed is recorded".to_owned(),
            });
        }
    }

    /// The manifest of a nested history that a generation refers to.
    fn reference(
        &mut self,
        root: &[u8],
        manifest: &[u8],
        path: &str,
        digest: Result<Digest, String>,
    ) {
        let Some(path) = self.path(root, manifest, path) else { return };
        let listed = self.listed.entry(path.clone());
        let listed = listed.or_insert_with(|| Listed::new(path.clone(), Role::Manifest));
        match digest {
            Ok(digest) => listed.add(digest),
            Err(why) => self.problems.push(PackageProblem::NotHashed { path, why }),
        }
    }

    fn path(&mut self, root: &[u8], manifest: &[u8], as_written: &str) -> Option<Vec<u8>> {
        match relative(as_written) {
            Ok(path) => Some(join(root, &path)),
            Err(why) => {
                self.problems.push(PackageProblem::OutsideOfPackage {
                    as_written: as_written.to_owned(),
                    named_in: manifest.to_vec(),
                    why,
                });
                None
            }
        }
    }

    fn text(&mut self, path: &[u8]) -> Option<String> {
        match tree::read_list(self.folder, path).map(decode) {
            Ok(Ok(text)) => return Some(text),
            Ok(Err(why)) | Err(OpenFault::Refused(why)) => self.unreadable(path.to_vec(), why),
            Err(OpenFault::Missing) => {
                self.problems.push(PackageProblem::Missing { path: path.to_vec() });
            }
            Err(OpenFault::NotAFile(what)) => {
                self.problems.push(PackageProblem::NotAFile { path: path.to_vec(), what });
            }
        }
        None
    }

    fn unreadable(&mut self, path: Vec<u8>, why: String) {
        self.problems.push(PackageProblem::Unreadable { path, why });
    }
}
