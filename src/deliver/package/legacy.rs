//! Media Hash List 1.0 and 1.1 (mediahashlist.org): one `*.mhl` file beside the media it lists.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::deliver::package::relative_path::{relative, shown};
use crate::deliver::package::text::decode;
use crate::deliver::package::tree::{self, OpenFault};
use crate::deliver::package::xml::{Element, Xml, XmlFault};
use crate::deliver::package::{
    Algorithm, Digest, Listed, Package, PackageError, PackageKind, PackageProblem, Role,
};

/// Lists in one folder.
const LISTS_MAX: usize = 256;
/// Files in all lists of one folder.
const FILES_MAX: usize = 250_000;

/// One file of a list.
#[derive(Debug)]
pub(super) struct LegacyFile {
    /// As written.
    pub(super) path: String,
    /// Bytes.
    pub(super) size: Option<u64>,
    /// Hashes, or what is wrong with them.
    pub(super) digests: Vec<Result<Digest, String>>,
    /// Whether the list says that it has no hash.
    pub(super) null: bool,
}

/// The lists of a folder, by name.
pub(super) fn read(folder: &Path) -> Result<Vec<Package>, PackageError> {
    let unreadable = |source| PackageError::Unreadable {
        path: folder.to_owned(),
        action: "list the entries of",
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        use std::os::unix::ffi::OsStringExt;

        let name = entry.map_err(unreadable)?.file_name().into_vec();
        // AppleDouble files carry the name of the file they belong to.
        if name.to_ascii_lowercase().ends_with(b".mhl") && !name.starts_with(b"._") {
            names.push(name);
        }
    }
    names.sort();
    if names.len() > LISTS_MAX {
        let path = folder.to_owned();
        return Err(PackageError::TooMany { path, limit: LISTS_MAX, of: "MHL files" });
    }
    let mut packages = Vec::new();
    let mut files = 0;
    for name in names {
        let package = package(folder, &name);
        files += package.listed.len();
        if files > FILES_MAX {
            let path = folder.to_owned();
            return Err(PackageError::TooMany { path, limit: FILES_MAX, of: "listed files" });
        }
        packages.push(package);
    }
    Ok(packages)
}

fn package(folder: &Path, name: &[u8]) -> Package {
    let mut problems = Vec::new();
    let mut listed: BTreeMap<Vec<u8>, Listed> = BTreeMap::new();
    listed.insert(name.to_vec(), Listed::new(name.to_vec(), Role::Manifest));
    let parsed = match tree::read_list(folder, name) {
        Ok(bytes) => decode(bytes)
            .and_then(|text| parse(&text).map_err(|fault| fault.to_string()))
            .map_err(|why| PackageProblem::Unreadable { path: name.to_vec(), why }),
        Err(OpenFault::Missing) => Err(PackageProblem::Missing { path: name.to_vec() }),
        Err(OpenFault::NotAFile(what)) => {
            Err(PackageProblem::NotAFile { path: name.to_vec(), what })
        }
        Err(OpenFault::Refused(why)) => {
            Err(PackageProblem::Unreadable { path: name.to_vec(), why })
        }
    };
    let files = parsed.unwrap_or_else(|problem| {
        problems.push(problem);
        Vec::new()
    });
    for file in files {
        let path = match relative(&file.path) {
            Ok(path) => path,
            Err(why) => {
                problems.push(PackageProblem::OutsideOfPackage {
                    as_written: file.path,
                    named_in: name.to_vec(),
                    why,
                });
                continue;
            }
        };
        let entry =
            listed.entry(path.clone()).or_insert_with(|| Listed::new(path.clone(), Role::Media));
        entry.size = entry.size.or(file.size);
        for digest in file.digests {
            match digest {
                Ok(digest) => entry.add(digest),
                Err(why) => problems.push(PackageProblem::NotHashed { path: path.clone(), why }),
            }
        }
        if file.null {
            let why = "its list says null".to_owned();
            problems.push(PackageProblem::NotHashed { path, why });
        }
    }
    problems.sort();
    problems.dedup();
    Package {
        kind: PackageKind::LegacyMhl,
        name: Some(shown(name)),
        listed: listed.into_values().collect(),
        uses: Vec::new(),
        foreign: BTreeMap::new(),
        folders: Vec::new(),
        ignored: Vec::new(),
        problems,
        accounted: Arc::default(),
    }
}

/// Reads a list.
pub(super) fn parse(text: &str) -> Result<Vec<LegacyFile>, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    let version = root.attribute("version").unwrap_or_default();
    if root.name != "hashlist" || !matches!(version, "1.0" | "1.1") {
        return Err(xml.fault("is no hashlist of version 1.0 or 1.1"));
    }
    let mut files = Vec::new();
    while let Some(tag) = xml.child()? {
        if !tag.own || tag.name != "hash" {
            xml.skip()?;
            continue;
        }
        if files.len() >= FILES_MAX {
            return Err(xml.fault(&format!("lists more than {FILES_MAX} files")));
        }
        let element = xml.record(tag)?;
        files.push(file(&element).map_err(|what| xml.fault(&what))?);
    }
    Ok(files)
}

fn file(element: &Element) -> Result<LegacyFile, String> {
    let path = element.text_of("file").ok_or("lists a hash without a file")?.to_owned();
    let size = match element.text_of("size") {
        None | Some("") => None,
        Some(text) => Some(
            text.parse::<u64>()
                .map_err(|_| format!("gives a file the size {text:?}, which is no number"))?,
        ),
    };
    let mut digests = Vec::new();
    let mut null = false;
    for child in &element.children {
        let text = child.text.as_str();
        match child.tag.name.as_str() {
            "md5" => digests.push(Digest::from_text(Algorithm::Md5, text)),
            "sha1" => digests.push(Digest::from_text(Algorithm::Sha1, text)),
            // 32 bits as a decimal number.
            "xxhash" => digests.push(decimal(text)),
            // The bytes in the order of a little-endian machine; deprecated for the other.
            "xxhash64" => digests.push(reversed(text)),
            "xxhash64be" => digests.push(Digest::from_text(Algorithm::Xxh64, text)),
            "null" => null = true,
            _ => {}
        }
    }
    Ok(LegacyFile { path, size, digests, null })
}

fn decimal(text: &str) -> Result<Digest, String> {
    let number = text.parse::<u32>().ok();
    number
        .and_then(|number| Digest::from_bytes(Algorithm::Xxh32, &number.to_be_bytes()))
        .ok_or_else(|| {
            let short: String = text.chars().take(100).collect();
            format!("{short:?} is not a 32-bit xxhash")
        })
}

fn reversed(text: &str) -> Result<Digest, String> {
    let digest = Digest::from_text(Algorithm::Xxh64, text)?;
    let mut bytes = digest.to_bytes();
    bytes.reverse();
    Ok(Digest::from_bytes(Algorithm::Xxh64, &bytes).unwrap_or(digest))
}
