//! Checks the files of a package against its lists: each listed file is read once for all its
//! hashes, everything listed must be there, and everything there must be listed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use unicode_normalization::UnicodeNormalization;

use crate::deliver::package::chain::is_list;
use crate::deliver::package::directory_hash::{DirectoryHash, DirectoryHashes};
use crate::deliver::package::ignores::Ignores;
use crate::deliver::package::junk::is_junk;
use crate::deliver::package::relative_path::{below, join};
use crate::deliver::package::tree::{self, Entry, Kind, OpenFault};
use crate::deliver::package::{
    Algorithm, Digest, Hasher, Listed, Package, PackageError, PackageKind, PackageProblem, Role,
};

/// Bytes read at once.
const BUFFER: usize = 1 << 20;

/// How a check is followed and stopped.
#[derive(Clone, Copy)]
pub struct CheckOptions<'a> {
    /// Told of bytes read since it was told last.
    pub progress: &'a dyn Fn(u64),
    /// Set to stop: the check then ends with [`PackageError::Cancelled`] within one buffer.
    pub cancel: &'a AtomicBool,
    /// A name directly in the folder that is none of the package's, and not looked at.
    pub left_out: Option<&'a [u8]>,
}

/// Checks a package that [`crate::deliver::package::read`] gave for the same folder. Gives
/// everything that is wrong with it, also what was found while it was read, sorted, each once;
/// nothing when it is as it says.
pub fn check(
    folder: &Path,
    package: &Package,
    options: &CheckOptions<'_>,
) -> Result<Vec<PackageProblem>, PackageError> {
    let mut problems = package.problems.clone();
    let entries = tree::walk(folder, options.left_out, options.cancel)?;
    let ignores = Ignores::new(&package.ignored, &mut problems);
    let mut check = Check {
        folder,
        package,
        options: *options,
        there: entries.iter().map(|entry| (entry.path.as_slice(), &entry.kind)).collect(),
        ignores,
        named: BTreeSet::new(),
        hashed_folders: package
            .folders
            .iter()
            .map(|folder| (folder.history.as_slice(), folder.content.algorithm))
            .collect(),
        unhashed: package
            .problems
            .iter()
            .filter(|problem| matches!(problem, PackageProblem::NotHashed { .. }))
            .filter_map(PackageProblem::path)
            .collect(),
        digests: BTreeMap::new(),
        problems,
        buffer: vec![0; BUFFER],
    };
    let spelled = check.spellings(&entries);
    for listed in &package.listed {
        check.listed(listed, &spelled)?;
    }
    check.extras(&entries);
    check.directories(&entries)?;
    let mut problems = check.problems;
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// What in a package's folder is no regular file: folders, links, devices and what cannot be looked
/// into, each with what it is, sorted. That it is there counts for a check as the files do.
pub fn no_files(
    folder: &Path,
    options: &CheckOptions<'_>,
) -> Result<Vec<(Vec<u8>, String)>, PackageError> {
    let entries = tree::walk(folder, options.left_out, options.cancel)?;
    let what = |entry: Entry| {
        let what = match entry.kind {
            Kind::File => return None,
            Kind::Folder => "a folder".to_owned(),
            Kind::Other(what) => what.to_owned(),
            Kind::Closed(why) => format!("a folder that cannot be listed: {why}"),
        };
        Some((entry.path, what))
    };
    Ok(entries.into_iter().filter_map(what).collect())
}

struct Check<'a> {
    folder: &'a Path,
    package: &'a Package,
    options: CheckOptions<'a>,
    there: BTreeMap<&'a [u8], &'a Kind>,
    ignores: Ignores,
    /// Paths on disk that a listed file answers for.
    named: BTreeSet<Vec<u8>>,
    /// Histories with directory hashes, and the algorithms of these.
    hashed_folders: BTreeSet<(&'a [u8], Algorithm)>,
    /// Files of which it was said already why they have no hash.
    unhashed: BTreeSet<&'a [u8]>,
    /// Digests for the directory hashes.
    digests: BTreeMap<Vec<u8>, Vec<Digest>>,
    problems: Vec<PackageProblem>,
    buffer: Vec<u8>,
}

impl<'a> Check<'a> {
    /// For listed paths that are not there: the path on disk that is the same text in NFC. Several
    /// such are no answer.
    fn spellings(&self, entries: &'a [Entry]) -> BTreeMap<&'a [u8], &'a [u8]> {
        let composed = |path: &[u8]| -> Option<String> {
            Some(std::str::from_utf8(path).ok()?.nfc().collect())
        };
        let mut wanted: BTreeMap<String, Vec<&'a [u8]>> = BTreeMap::new();
        let mut listed = BTreeSet::new();
        for path in self.package.listed.iter().flat_map(paths) {
            listed.insert(path);
            if !path.is_ascii()
                && !self.there.contains_key(path)
                && let Some(text) = composed(path)
            {
                wanted.entry(text).or_default().push(path);
            }
        }
        if wanted.is_empty() {
            return BTreeMap::new();
        }
        let mut found: BTreeMap<String, Vec<&'a [u8]>> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.kind == Kind::File) {
            if entry.path.is_ascii() || listed.contains(entry.path.as_slice()) {
                continue;
            }
            if let Some(text) = composed(&entry.path).filter(|text| wanted.contains_key(text)) {
                found.entry(text).or_default().push(&entry.path);
            }
        }
        let pairs = wanted.into_iter().filter_map(|(text, listed)| {
            match (listed.as_slice(), found.get(&text).map(Vec::as_slice)) {
                ([listed], Some([found])) => Some((*listed, *found)),
                _ => None,
            }
        });
        pairs.collect()
    }

    /// Checks one listed file.
    fn listed(
        &mut self,
        listed: &'a Listed,
        spelled: &BTreeMap<&[u8], &[u8]>,
    ) -> Result<(), PackageError> {
        let named = listed.digests.iter().map(|digest| digest.algorithm);
        let folders = self.directory_algorithms(&listed.path);
        let mut hasher = Hasher::new(named.chain(folders.iter().copied()));
        let mut size = 0_u64;
        let mut whole = true;
        for path in paths(listed) {
            let at = spelled.get(path).copied().unwrap_or(path);
            self.named.insert(at.to_vec());
            if at != path {
                let (path, found) = (path.to_vec(), at.to_vec());
                self.problems.push(PackageProblem::NameDiffers { path, found });
            }
            match self.hash(path, at, &mut hasher)? {
                Some(bytes) => size += bytes,
                None => whole = false,
            }
        }
        if !whole {
            return Ok(());
        }
        let path = &listed.path;
        if let Some(expected) = listed.size.filter(|expected| *expected != size) {
            let path = path.clone();
            self.problems.push(PackageProblem::SizeDiffers { path, listed: expected, found: size });
        }
        let made = hasher.finish();
        for digest in &listed.digests {
            let found = made.iter().find(|found| found.algorithm == digest.algorithm);
            if let Some(found) = found.filter(|found| *found != digest) {
                self.problems.push(PackageProblem::HashDiffers {
                    path: path.clone(),
                    algorithm: digest.algorithm,
                    listed: digest.value.clone(),
                    found: found.value.clone(),
                });
            }
        }
        let by_design = listed.role.is_unhashed_by_design()
            || (listed.role == Role::Manifest && self.package.kind == PackageKind::LegacyMhl);
        if listed.digests.is_empty() && !by_design && !self.unhashed.contains(path.as_slice()) {
            let why = "no list gives one".to_owned();
            self.problems.push(PackageProblem::NotHashed { path: path.clone(), why });
        }
        if !folders.is_empty() {
            let kept = made.into_iter().filter(|digest| folders.contains(&digest.algorithm));
            self.digests.insert(path.clone(), kept.collect());
        }
        Ok(())
    }

    /// Reads a file into the hasher; `None` when it gave a problem instead of bytes.
    fn hash(
        &mut self,
        path: &[u8],
        at: &[u8],
        hasher: &mut Hasher,
    ) -> Result<Option<u64>, PackageError> {
        let path = path.to_vec();
        let mut file = match tree::open(self.folder, at) {
            Ok(file) => file,
            Err(OpenFault::Missing) => {
                self.problems.push(match self.ignores.pattern(&path, false) {
                    Some(pattern) => PackageProblem::Ignored { path, pattern },
                    None => PackageProblem::Missing { path },
                });
                return Ok(None);
            }
            Err(OpenFault::NotAFile(what)) => {
                self.problems.push(PackageProblem::NotAFile { path, what });
                return Ok(None);
            }
            Err(OpenFault::Refused(why)) => {
                self.problems.push(PackageProblem::Unreadable { path, why });
                return Ok(None);
            }
        };
        let mut size = 0_u64;
        loop {
            if self.options.cancel.load(Ordering::Relaxed) {
                return Err(PackageError::Cancelled);
            }
            match file.read(&mut self.buffer) {
                Ok(0) => return Ok(Some(size)),
                Ok(count) => {
                    hasher.update(&self.buffer[..count]);
                    size += count as u64;
                    (self.options.progress)(count as u64);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let why = error.to_string();
                    self.problems.push(PackageProblem::Unreadable { path, why });
                    return Ok(None);
                }
            }
        }
    }

    /// Algorithms of the directory hashes that a file counts for.
    fn directory_algorithms(&self, path: &[u8]) -> BTreeSet<Algorithm> {
        if is_list(path) {
            return BTreeSet::new();
        }
        let histories = self.hashed_folders.iter();
        histories
            .filter(|(history, _)| below(history, path).is_some())
            .map(|(_, algorithm)| *algorithm)
            .collect()
    }

    /// What is there and not listed.
    fn extras(&mut self, entries: &[Entry]) {
        for entry in entries {
            let path = &entry.path;
            match &entry.kind {
                Kind::Folder => {}
                Kind::Closed(why) => {
                    let (path, why) = (path.clone(), why.clone());
                    self.problems.push(PackageProblem::Unreadable { path, why });
                }
                Kind::Other(what) => {
                    self.problems.push(PackageProblem::NotAFile { path: path.clone(), what });
                }
                Kind::File => {
                    let known = self.named.contains(path) || self.package.accounted.contains(path);
                    if known || is_junk(self.folder, path) {
                        continue;
                    }
                    // The default patterns leave out the folder of the history itself; what is in
                    // it is listed by its chain.
                    let pattern = self.ignores.pattern(path, false).filter(|_| !is_list(path));
                    let path = path.clone();
                    self.problems.push(match pattern {
                        Some(pattern) => PackageProblem::Ignored { path, pattern },
                        None => PackageProblem::Extra { path },
                    });
                }
            }
        }
    }

    /// Compares directory hashes, where no file explains that they differ.
    fn directories(&mut self, entries: &[Entry]) -> Result<(), PackageError> {
        let package = self.package;
        let mut made: BTreeMap<(&[u8], Algorithm), _> = BTreeMap::new();
        let mut explained: Vec<Vec<u8>> = Vec::new();
        for problem in &self.problems {
            match problem {
                PackageProblem::NameDiffers { path, found } => {
                    explained.extend([path.clone(), found.clone()]);
                }
                // A statement about the list explains nothing in the folder.
                PackageProblem::NotHashed { .. } | PackageProblem::Ignored { .. } => {}
                problem => explained.extend(problem.path().map(<[u8]>::to_vec)),
            }
        }
        // What was not hashed cannot be counted in, though it is passed over as an extra.
        let uncounted = entries.iter().filter(|entry| {
            entry.kind == Kind::File
                && !is_list(&entry.path)
                && !self.digests.contains_key(&entry.path)
                && self.ignores.pattern(&entry.path, false).is_none()
        });
        explained.extend(uncounted.map(|entry| entry.path.clone()));
        explained.sort();
        for folder in &package.folders {
            if self.options.cancel.load(Ordering::Relaxed) {
                return Err(PackageError::Cancelled);
            }
            // Sorted, so the paths below a folder stand together behind its name and a slash.
            let first = [folder.path.as_slice(), b"/"].concat();
            let first = if folder.path.is_empty() { &[][..] } else { &first };
            let from = explained.partition_point(|path| path.as_slice() < first);
            if explained.get(from).is_some_and(|path| path.starts_with(first)) {
                continue;
            }
            let key = (folder.history.as_slice(), folder.content.algorithm);
            let hashes =
                made.entry(key).or_insert_with(|| self.hash_folders(entries, key.0, key.1));
            let Some(found) = hashes.get(&folder.path) else {
                self.problems.push(PackageProblem::Missing { path: folder.path.clone() });
                continue;
            };
            let parts = [
                ("content", Some(&folder.content), &found.content),
                ("structure", folder.structure.as_ref(), &found.structure),
            ];
            for (part, listed, found) in parts {
                if let Some(listed) = listed.filter(|listed| *listed != found) {
                    self.problems.push(PackageProblem::DirectoryDiffers {
                        path: folder.path.clone(),
                        algorithm: listed.algorithm,
                        part,
                        listed: listed.value.clone(),
                        found: found.value.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The hashes of all folders of one history, with full paths.
    fn hash_folders(
        &self,
        entries: &[Entry],
        history: &[u8],
        algorithm: Algorithm,
    ) -> BTreeMap<Vec<u8>, DirectoryHash> {
        let mut hashes = DirectoryHashes::new(algorithm);
        for entry in entries {
            let Some(path) = below(history, &entry.path) else { continue };
            let folder = entry.kind == Kind::Folder;
            if path.is_empty()
                || is_list(&entry.path)
                || self.ignores.by_history(history, &entry.path, folder)
            {
                continue;
            }
            if folder {
                hashes.add_folder(path);
            } else if let Some(digests) = self.digests.get(&entry.path)
                && let Some(digest) = digests.iter().find(|digest| digest.algorithm == algorithm)
            {
                hashes.add_file(path, digest);
            }
        }
        hashes.finish().into_iter().map(|(path, hash)| (join(history, &path), hash)).collect()
    }
}

/// The files of a listed one, in order.
fn paths(listed: &Listed) -> impl Iterator<Item = &[u8]> {
    std::iter::once(&listed.path).chain(&listed.further_chunks).map(Vec::as_slice)
}
