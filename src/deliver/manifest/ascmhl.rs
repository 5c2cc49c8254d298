//! Writes the one generation of a delivery's ASC MHL history (ASC MHL 2.0, `ASCMHL.xsd` and
//! `ASCMHLDirectory.xsd` of ascmitc/mhl): the manifest and the chain file. Directory hashes are as
//! in `package::directory_hash`. A root hash is always written.

use std::collections::{BTreeMap, BTreeSet};

use crate::deliver::manifest::markup::{Markup, date_time, file_name_time};
use crate::deliver::manifest::{Creator, ManifestError};
use crate::deliver::package::directory_hash::{DirectoryHash, DirectoryHashes};
use crate::deliver::package::hash_list::{self, Limits};
use crate::deliver::package::relative_path::{relative, shown, split};
use crate::deliver::package::{Algorithm, Digest, Hasher, chain, is_list};
use crate::model::Timestamp;

/// A delivery begins a history: it has no generation before.
const SEQUENCE: u64 = 1;
/// What was done with the files when they were hashed: they were copied.
const PROCESS: &str = "transfer";
/// Patterns that every history has: the reference implementation's own.
const DEFAULT_PATTERNS: [&str; 3] = [".DS_Store", "ascmhl", "ascmhl/"];
/// Algorithms a directory hash may have by the schema, in the order they are written.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::C4,
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Xxh3_128,
    Algorithm::Xxh3_64,
    Algorithm::Xxh64,
];

/// Bytes in the name of a file, as every file system has them.
const NAME_MAX: usize = 255;

/// A file to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFile {
    /// Relative to the folder, `/` between parts; UTF-8.
    pub path: Vec<u8>,
    /// Bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// Digests of its bytes, at least one by an algorithm that all files have.
    pub digests: Vec<Digest>,
}

/// A generation of a history in a folder below, which answers for the files there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestReference {
    /// Of its manifest, relative to the folder; UTF-8.
    pub path: Vec<u8>,
    /// C4 of its manifest.
    pub digest: Digest,
}

/// What a generation is made of.
#[derive(Clone, Copy, Debug)]
pub struct GenerationOptions<'a> {
    /// Who makes it.
    pub creator: &'a Creator,
    /// When.
    pub time: Timestamp,
    /// Name of the folder.
    pub folder_name: &'a str,
    /// All files in it, in any order.
    pub files: &'a [ManifestFile],
    /// Folders in which nothing lies. Those of files are listed without being named here.
    pub folders: &'a [String],
    /// Generations of histories in folders below.
    pub references: &'a [ManifestReference],
}

/// A generation that was made. `manifest` belongs to `ascmhl/<name>`, and after it `chain` to
/// `ascmhl/ascmhl_chain.xml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// File name of the manifest: `0001_<folder>_<date>_<time>Z.mhl`.
    pub name: String,
    /// Bytes of the manifest.
    pub manifest: Vec<u8>,
    /// Bytes of the chain file.
    pub chain: Vec<u8>,
}

/// Makes a generation, if it can be read again.
pub fn write_generation(options: &GenerationOptions<'_>) -> Result<Generation, ManifestError> {
    write_within(options, Limits::OURS)
}

pub(super) fn write_within(
    options: &GenerationOptions<'_>,
    limits: Limits,
) -> Result<Generation, ManifestError> {
    let name = name(options)?;
    let manifest = manifest(options, &Tree::new(options)?)?;
    limits.hold(&manifest).map_err(|why| ManifestError::TooMuch { why })?;
    let chain = chain_file(&name, &manifest)?;
    Ok(Generation { name, manifest, chain })
}

fn name(options: &GenerationOptions<'_>) -> Result<String, ManifestError> {
    let folder = options.folder_name;
    if relative(folder) != Ok(folder.as_bytes().to_vec()) || folder.contains('/') {
        return Err(ManifestError::FolderName { name: shown(folder.as_bytes()) });
    }
    let time = file_name_time(options.time);
    let named = |folder: &str| format!("{SEQUENCE:04}_{folder}_{time}.mhl");
    // A folder may have as long a name as there are; with more in it, it is none.
    let room = NAME_MAX.saturating_sub(named("").len());
    Ok(named(&folder[..folder.floor_char_boundary(room)]))
}

/// The hashes of every folder, by algorithm.
type Hashes = Vec<(Algorithm, BTreeMap<Vec<u8>, DirectoryHash>)>;

/// Files and folders in the order the reference implementation lists them.
struct Tree<'a> {
    files: BTreeMap<&'a [u8], &'a ManifestFile>,
    folders: BTreeSet<Vec<u8>>,
    hashes: Hashes,
}

impl<'a> Tree<'a> {
    fn new(options: &GenerationOptions<'a>) -> Result<Self, ManifestError> {
        let mut files = BTreeMap::new();
        let mut folders = BTreeSet::from([Vec::new()]);
        for folder in options.folders {
            add_parents(&mut folders, text(folder.as_bytes())?.as_bytes());
        }
        for file in options.files {
            text(&file.path)?;
            add_parents(&mut folders, split(&file.path).0);
            if files.insert(file.path.as_slice(), file).is_some() {
                return Err(ManifestError::Twice { path: shown(&file.path) });
            }
        }
        if let Some(path) = files.keys().find(|path| folders.contains(**path)) {
            return Err(ManifestError::Twice { path: shown(path) });
        }
        let hashes = hashes(&files, &folders)?;
        Ok(Self { files, folders, hashes })
    }

    /// Paths of the folders directly in each.
    fn inner(&self) -> BTreeMap<&[u8], Vec<&[u8]>> {
        let mut inner: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
        for path in self.folders.iter().filter(|path| !path.is_empty()) {
            inner.entry(split(path).0).or_default().push(path);
        }
        inner
    }
}

fn add_parents(folders: &mut BTreeSet<Vec<u8>>, path: &[u8]) {
    let mut path = path;
    while !folders.contains(path) {
        folders.insert(path.to_vec());
        path = split(path).0;
    }
}

/// A path as text: relative, plain, and not in a history's own folder.
fn text(path: &[u8]) -> Result<&str, ManifestError> {
    if is_list(path) {
        return Err(ManifestError::path(path, "is in the folder of a history"));
    }
    plain(path)
}

/// A path as text: relative, as the schema has it.
fn plain(path: &[u8]) -> Result<&str, ManifestError> {
    let text = std::str::from_utf8(path)
        .map_err(|_| ManifestError::NotText { what: "path", text: shown(path) })?;
    if relative(text).map_err(|why| ManifestError::path(path, why))? != path {
        return Err(ManifestError::path(path, "has empty parts"));
    }
    Ok(text)
}

fn hashes(
    files: &BTreeMap<&[u8], &ManifestFile>,
    folders: &BTreeSet<Vec<u8>>,
) -> Result<Hashes, ManifestError> {
    if files.is_empty() {
        return Err(ManifestError::Empty);
    }
    let mut common = ALGORITHMS.to_vec();
    for file in files.values() {
        common.retain(|known| file.digests.iter().any(|digest| digest.algorithm == *known));
        if common.is_empty() {
            return Err(ManifestError::NoCommonAlgorithm { path: shown(&file.path) });
        }
    }
    let made = common.into_iter().map(|algorithm| {
        let mut hashes = DirectoryHashes::new(algorithm);
        for folder in folders {
            hashes.add_folder(folder);
        }
        for file in files.values() {
            for digest in file.digests.iter().filter(|digest| digest.algorithm == algorithm) {
                hashes.add_file(&file.path, digest);
            }
        }
        (algorithm, hashes.finish())
    });
    Ok(made.collect())
}

fn manifest(options: &GenerationOptions<'_>, tree: &Tree<'_>) -> Result<Vec<u8>, ManifestError> {
    let attributes = format!("version=\"2.0\" xmlns=\"{}\"", hash_list::NAMESPACE);
    let mut out = Markup::new("hashlist", &attributes);
    creator(&mut out, options)?;
    out.open("processinfo");
    out.text("process", &[], PROCESS)?;
    out.open("roothash");
    let date = date_time(options.time);
    directory(&mut out, tree, &[], &date)?;
    out.close();
    out.open("ignore");
    for pattern in DEFAULT_PATTERNS {
        out.text("pattern", &[], pattern)?;
    }
    out.close();
    out.close();
    out.open("hashes");
    let inner = tree.inner();
    // Folders before the files beside them, what is in a folder before the folder itself.
    let mut steps: Vec<(&[u8], bool)> = vec![(&[], false)];
    while let Some((folder, entered)) = steps.pop() {
        if !entered {
            steps.push((folder, true));
            let inner = inner.get(folder).map(Vec::as_slice).unwrap_or_default();
            steps.extend(inner.iter().rev().map(|path| (*path, false)));
            continue;
        }
        let first = if folder.is_empty() { Vec::new() } else { [folder, b"/"].concat() };
        for (path, file) in tree.files.range(first.as_slice()..) {
            if !path.starts_with(&first) {
                break;
            }
            if split(path).0 == folder {
                self::file(&mut out, file, &date)?;
            }
        }
        if !folder.is_empty() {
            out.open("directoryhash");
            out.text("path", &[], text(folder)?)?;
            directory(&mut out, tree, folder, &date)?;
            out.close();
        }
    }
    if !options.references.is_empty() {
        out.close();
        out.open("references");
    }
    for reference in options.references {
        out.open("hashlistreference");
        out.text("path", &[], plain(&reference.path)?)?;
        out.text(reference.digest.algorithm.as_str(), &[], &reference.digest.value)?;
        out.close();
    }
    Ok(out.finish())
}

fn creator(out: &mut Markup, options: &GenerationOptions<'_>) -> Result<(), ManifestError> {
    let creator = options.creator;
    out.open("creatorinfo");
    out.text("creationdate", &[], &date_time(options.time))?;
    out.text("hostname", &[], &creator.host_name)?;
    out.text("tool", &[("version", Some(&creator.tool_version))], &creator.tool)?;
    out.close();
    Ok(())
}

fn directory(
    out: &mut Markup,
    tree: &Tree<'_>,
    folder: &[u8],
    date: &str,
) -> Result<(), ManifestError> {
    let date = [("hashdate", Some(date))];
    for content in [true, false] {
        out.open(if content { "content" } else { "structure" });
        for (algorithm, hashes) in &tree.hashes {
            if let Some(hash) = hashes.get(folder) {
                let digest = if content { &hash.content } else { &hash.structure };
                out.text(algorithm.as_str(), &date, &digest.value)?;
            }
        }
        out.close();
    }
    Ok(())
}

fn file(out: &mut Markup, file: &ManifestFile, date: &str) -> Result<(), ManifestError> {
    let mut digests: Vec<&Digest> = file.digests.iter().collect();
    digests.retain(|digest| Algorithm::from_asc_mhl(digest.algorithm.as_str()).is_some());
    digests.sort_by_key(|digest| digest.algorithm.as_str());
    digests.dedup_by_key(|digest| digest.algorithm);
    out.open("hash");
    let size = file.size.to_string();
    let modified = file.modified.map(date_time);
    let attributes = [("size", Some(size.as_str())), ("lastmodificationdate", modified.as_deref())];
    out.text("path", &attributes, text(&file.path)?)?;
    for digest in digests {
        let attributes = [("action", Some("original")), ("hashdate", Some(date))];
        out.text(digest.algorithm.as_str(), &attributes, &digest.value)?;
    }
    out.close();
    Ok(())
}

fn chain_file(name: &str, manifest: &[u8]) -> Result<Vec<u8>, ManifestError> {
    let mut out = Markup::new("ascmhldirectory", &format!("xmlns=\"{}\"", chain::NAMESPACE));
    let digest = Hasher::digest(Algorithm::C4, manifest);
    out.open_with("hashlist", &format!("sequencenr=\"{SEQUENCE}\""));
    out.text("path", &[], name)?;
    out.text(digest.algorithm.as_str(), &[], &digest.value)?;
    out.close();
    Ok(out.finish())
}
