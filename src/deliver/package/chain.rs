//! The chain file of an ASC MHL history, `ascmhl_chain.xml` (namespace `urn:ASC:MHL:DIRECTORY:v2.0`):
//! the generations in order, each with the hash of its manifest. The chain itself is not signed:
//! whoever rewrites all of it leaves no trace.

use crate::deliver::package::relative_path::split;
use crate::deliver::package::xml::{Xml, XmlFault};
use crate::deliver::package::{Algorithm, Digest};

/// Namespace of a chain file.
pub(crate) const NAMESPACE: &str = "urn:ASC:MHL:DIRECTORY:v2.0";
/// Name of the folder of a history.
pub(crate) const FOLDER: &str = "ascmhl";
/// Name of the chain file in it.
pub(crate) const FILE: &str = "ascmhl_chain.xml";
/// Generations of one history.
const GENERATIONS_MAX: usize = 1_000;

/// One generation in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEntry {
    /// From 1.
    pub sequence: u64,
    /// File name of the manifest.
    pub name: String,
    /// Hash of the manifest, or what is wrong with it.
    pub digest: Result<Digest, String>,
}

/// Whether a path is in the folder of a history, or that folder.
pub fn is_list(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == FOLDER.as_bytes())
}

/// Whether a path is that of a generation as the reference implementation names them:
/// `ascmhl/0001_….mhl`, in whatever folder.
pub fn is_generation(path: &[u8]) -> bool {
    let (folder, name) = split(path);
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let numbered = name.strip_suffix(b".mhl").and_then(|stem| stem.get(digits..));
    split(folder).1 == FOLDER.as_bytes()
        && digits >= 4
        && numbered.is_some_and(|rest| rest.is_empty() || (rest[0] == b'_' && rest.len() > 1))
}

/// Reads a chain file.
pub(super) fn parse(text: &str) -> Result<Vec<ChainEntry>, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    if root.name != "ascmhldirectory" || xml.namespace() != NAMESPACE {
        return Err(xml.fault(&format!("is no ascmhldirectory of {NAMESPACE}")));
    }
    let mut entries: Vec<ChainEntry> = Vec::new();
    while let Some(tag) = xml.child()? {
        if !tag.own || tag.name != "hashlist" {
            xml.skip()?;
            continue;
        }
        if entries.len() >= GENERATIONS_MAX {
            return Err(xml.fault(&format!("lists more than {GENERATIONS_MAX} generations")));
        }
        let element = xml.record(tag)?;
        let number = element.tag.attribute("sequencenr").unwrap_or_default();
        let sequence =
            number.parse().map_err(|_| xml.fault("lists a generation without a number"))?;
        let name = element.text_of("path").unwrap_or_default().to_owned();
        let digest = element.children.iter().find_map(|child| {
            Some(Digest::from_text(Algorithm::from_asc_mhl(&child.tag.name)?, &child.text))
        });
        let digest = digest.unwrap_or_else(|| Err("the chain file gives none".to_owned()));
        entries.push(ChainEntry { sequence, name, digest });
    }
    Ok(entries)
}

/// What is wrong with the order of a chain: it counts from 1 without a gap.
pub(super) fn disorder(entries: &[ChainEntry]) -> Option<String> {
    let mut expected = 1..;
    let wrong = entries.iter().find(|entry| expected.next() != Some(entry.sequence))?;
    let name: String = wrong.name.chars().take(200).collect();
    Some(format!("generation {} ({name}) does not follow the one before it", wrong.sequence))
}
