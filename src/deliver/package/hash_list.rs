//! One generation of ASC MHL 2.0 (namespace `urn:ASC:MHL:v2.0`, `ASCMHL.xsd` of ascmitc/mhl).

use crate::deliver::package::tree::LIST_MAX;
use crate::deliver::package::xml::{Element, Xml, XmlFault};
use crate::deliver::package::{Algorithm, Digest};

/// Namespace of a manifest.
pub(crate) const NAMESPACE: &str = "urn:ASC:MHL:v2.0";
/// Files and folders of one generation: four hours of film, two eyes, a file a frame.
pub(super) const RECORDS_MAX: usize = 500_000;
/// Patterns of one generation.
const PATTERNS_MAX: usize = 256;
/// Bytes of one pattern.
const PATTERN_MAX: usize = 1_024;
/// References to other histories.
pub(super) const REFERENCES_MAX: usize = 10_000;

/// What one generation says.
#[derive(Debug, Default)]
pub(super) struct HashList {
    pub(super) files: Vec<FileHash>,
    /// The root is the one with an empty path.
    pub(super) folders: Vec<FolderHash>,
    pub(super) patterns: Vec<String>,
    /// Manifests of nested histories and their C4.
    pub(super) references: Vec<(String, Result<Digest, String>)>,
}

/// The hashes of one file.
#[derive(Debug)]
pub(super) struct FileHash {
    /// As written.
    pub(super) path: String,
    /// Its name in the generations before.
    pub(super) previous_path: Option<String>,
    /// Bytes.
    pub(super) size: Option<u64>,
    /// Each hash, or what is wrong with it.
    pub(super) digests: Vec<Result<Digest, String>>,
    /// How many hashes record a failed verification. These say what a file should not be, and
    /// are not among `digests`.
    pub(super) failed: usize,
}

/// The hashes of one folder.
#[derive(Debug)]
pub(super) struct FolderHash {
    /// As written; empty for the root.
    pub(super) path: String,
    pub(super) content: Vec<Digest>,
    pub(super) structure: Vec<Digest>,
}

/// How much of one generation is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Files and folders.
    pub(crate) records: usize,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl Limits {
    /// Those that every reader here has.
    pub(crate) const OURS: Self = Self { records: RECORDS_MAX, bytes: LIST_MAX };

    /// Whether a generation that was made is one that is read; the error says why not, to follow "it".
    pub(crate) fn hold(self, manifest: &[u8]) -> Result<(), String> {
        if manifest.len() as u64 > self.bytes {
            return Err(format!("has more than {} bytes", self.bytes));
        }
        let text = std::str::from_utf8(manifest).map_err(|_| "is not UTF-8".to_owned())?;
        parse_within(text, self.records).map(drop).map_err(|fault| fault.what)
    }
}

/// Reads a generation.
pub(super) fn parse(text: &str) -> Result<HashList, XmlFault> {
    parse_within(text, RECORDS_MAX)
}

fn parse_within(text: &str, most: usize) -> Result<HashList, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    if root.name != "hashlist" || xml.namespace() != NAMESPACE {
        return Err(xml.fault(&format!("is no hashlist of {NAMESPACE}")));
    }
    let mut list = HashList::default();
    while let Some(tag) = xml.child()? {
        match tag.name.as_str() {
            "processinfo" if tag.own => process_info(&mut xml, &mut list)?,
            "hashes" if tag.own => {
                while let Some(tag) = xml.child()? {
                    let element = xml.record(tag)?;
                    if list.files.len() + list.folders.len() >= most {
                        return Err(xml.fault(&format!("lists more than {most} files")));
                    }
                    match element.tag.name.as_str() {
                        "hash" if element.tag.own => {
                            list.files.push(file(&element).map_err(|what| xml.fault(&what))?);
                        }
                        "directoryhash" if element.tag.own => {
                            let path = element.text_of("path").unwrap_or_default();
                            let path = path.to_owned();
                            let hash = folder(&element, path).map_err(|what| xml.fault(&what))?;
                            list.folders.push(hash);
                        }
                        _ => {}
                    }
                }
            }
            "references" if tag.own => {
                while let Some(tag) = xml.child()? {
                    let element = xml.record(tag)?;
                    if list.references.len() >= REFERENCES_MAX {
                        let what = format!("refers to more than {REFERENCES_MAX} manifests");
                        return Err(xml.fault(&what));
                    }
                    let path = element.text_of("path").unwrap_or_default().to_owned();
                    let c4 = element.text_of("c4").unwrap_or_default();
                    list.references.push((path, Digest::from_text(Algorithm::C4, c4)));
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(list)
}

fn process_info(xml: &mut Xml<'_>, list: &mut HashList) -> Result<(), XmlFault> {
    while let Some(tag) = xml.child()? {
        match tag.name.as_str() {
            "roothash" if tag.own => {
                let element = xml.record(tag)?;
                let hash = folder(&element, String::new()).map_err(|what| xml.fault(&what))?;
                list.folders.push(hash);
            }
            "ignore" if tag.own => {
                while let Some(tag) = xml.child()? {
                    let pattern = if tag.own && tag.name == "pattern" {
                        xml.text()?
                    } else {
                        xml.skip()?;
                        continue;
                    };
                    if list.patterns.len() >= PATTERNS_MAX || pattern.len() > PATTERN_MAX {
                        return Err(xml.fault(&format!(
                            "has more than {PATTERNS_MAX} patterns, or one of more than \
                             {PATTERN_MAX} bytes"
                        )));
                    }
                    list.patterns.push(pattern);
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn file(element: &Element) -> Result<FileHash, String> {
    let path = element.child("path").ok_or("lists a file without a path")?;
    let size = match path.tag.attribute("size") {
        None => None,
        Some(text) => Some(
            text.trim()
                .parse::<u64>()
                .map_err(|_| format!("gives a file the size {text:?}, which is no number"))?,
        ),
    };
    let mut hash = FileHash {
        path: path.text.clone(),
        previous_path: element.text_of("previousPath").map(str::to_owned),
        size,
        digests: Vec::new(),
        failed: 0,
    };
    for child in element.children.iter().filter(|child| child.tag.own) {
        let Some(algorithm) = Algorithm::from_asc_mhl(&child.tag.name) else { continue };
        if child.tag.attribute("action") == Some("failed") {
            hash.failed += 1;
        } else {
            hash.digests.push(Digest::from_text(algorithm, &child.text));
        }
    }
    Ok(hash)
}

fn folder(element: &Element, path: String) -> Result<FolderHash, String> {
    let digests = |name: &str| -> Result<Vec<Digest>, String> {
        let Some(part) = element.child(name) else { return Ok(Vec::new()) };
        let own = part.children.iter().filter(|child| child.tag.own);
        let known = own.filter_map(|child| {
            Some(Digest::from_text(Algorithm::from_asc_mhl(&child.tag.name)?, &child.text))
        });
        known.collect()
    };
    Ok(FolderHash { path, content: digests("content")?, structure: digests("structure")? })
}
