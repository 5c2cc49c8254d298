//! Media by its name alone: a clip, a reel, or a file that lies elsewhere than the timeline says.
//!
//! A name counts where it is the only one of its kind in the roots. Names are compared as bytes first,
//! then in Unicode's form NFC: macOS writes the same name in other bytes. Pure: files are offered
//! one by one, and only those that something asks for are kept, so memory does not grow with the tree.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use crate::deliver::target::{file_name, of_frame};
use crate::model::{AssetPath, MediaKind, Reference};

/// A file of that name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Where it lies.
    pub path: AssetPath,
    /// Bytes.
    pub size: u64,
}

/// The files that references may mean by name.
#[derive(Debug, Default)]
pub struct Names {
    wanted: BTreeSet<Vec<u8>>,
    found: BTreeMap<Vec<u8>, Vec<Candidate>>,
}

/// What speaks of media and is none: the stem of a clip is theirs too.
const NO_MEDIA: &[&str] = &[
    "aaf", "ale", "c2pa", "csv", "doc", "docx", "edl", "fcpxml", "htm", "html", "ini", "json",
    "log", "md5", "mhl", "otio", "otioz", "pdf", "prproj", "rtf", "sfk", "sidecar", "srt", "thm",
    "toml", "txt", "vtt", "xml", "xmp", "yaml", "yml",
];

/// What holds sound alone.
const SOUND: &[&str] = &["aac", "aif", "aiff", "bwf", "flac", "m4a", "mp3", "ogg", "opus", "wav"];

/// The name in NFC, where it is text.
pub fn composed(name: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(name) {
        Ok(text) => text.nfc().collect::<String>().into_bytes(),
        Err(_) => name.to_vec(),
    }
}

/// What a reference may be called on disk, the surest first: the file it says, the clip's name, the
/// reel.
fn called(reference: &Reference) -> impl Iterator<Item = Vec<u8>> {
    let first = match (&reference.target, reference.frames) {
        (Some(target), Some(frames)) => of_frame(target, frames.first),
        (target, _) => target.clone(),
    };
    let target = first.as_deref().and_then(file_name);
    let name = (!is_no_name(&reference.name)).then(|| reference.name.as_bytes().to_vec());
    let reel = reference.reel.as_deref().filter(|reel| !is_no_name(reel));
    [target, name, reel.map(|reel| reel.as_bytes().to_vec())]
        .into_iter()
        .flatten()
        .map(|name| composed(&name))
}

/// What an edit decision list writes where there is no reel, and what is no name at all.
fn is_no_name(name: &str) -> bool {
    let name = name.trim();
    name.is_empty() || ["AX", "BL"].iter().any(|none| name.eq_ignore_ascii_case(none))
}

fn ending(name: &[u8]) -> String {
    let at = name.iter().rposition(|byte| *byte == b'.').map_or(name.len(), |at| at + 1);
    String::from_utf8_lossy(&name[at..]).to_ascii_lowercase()
}

fn stem(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|byte| *byte == b'.') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

impl Names {
    /// Asks for the names of these references.
    pub fn of<'a>(references: impl IntoIterator<Item = &'a Reference>) -> Self {
        let wanted = references.into_iter().flat_map(called).collect();
        Self { wanted, found: BTreeMap::new() }
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Offers a file. What nobody asks for is not kept.
    pub fn offer(&mut self, path: &AssetPath, size: u64) {
        let name = composed(path.path.name());
        let mut keep = |key: &[u8]| {
            if self.wanted.contains(key) {
                let candidate = Candidate { path: path.clone(), size };
                self.found.entry(key.to_vec()).or_default().push(candidate);
            }
        };
        keep(&name);
        let stem = stem(&name);
        if stem.len() < name.len() && !NO_MEDIA.contains(&&*ending(&name)) {
            keep(stem);
        }
    }

    /// The files that a reference may mean, by the first of its names that any file has. More than one
    /// is a question for a person. A size that the timeline states must be the file's.
    pub fn candidates(&self, reference: &Reference) -> Vec<Candidate> {
        called(reference).find_map(|name| self.by_name(&name, reference)).unwrap_or_default()
    }

    fn by_name(&self, name: &[u8], reference: &Reference) -> Option<Vec<Candidate>> {
        let mut found = self.found.get(name)?.clone();
        found.retain(|one| reference.size.is_none_or(|size| size == one.size));
        let whole = |one: &Candidate| composed(one.path.path.name()) == name;
        if found.iter().any(whole) {
            // Named with its ending: a stem that is spelled so too is something else.
            found.retain(whole);
        } else {
            let sounds = |one: &Candidate| SOUND.contains(&&*ending(one.path.path.name()));
            let wants_sound = match reference.media {
                MediaKind::Sound => Some(true),
                MediaKind::Picture => Some(false),
                MediaKind::Other => None,
            };
            if let Some(wanted) = wants_sound
                && found.iter().any(|one| sounds(one) == wanted)
            {
                found.retain(|one| sounds(one) == wanted);
            }
        }
        found.sort();
        found.dedup();
        (!found.is_empty()).then_some(found)
    }
}

/// Which of the names in a folder is meant by `name`: the same bytes, else those that are the same in
/// NFC. Two that differ only so are told apart by their bytes.
pub fn same_name<'a>(name: &[u8], names: impl Iterator<Item = &'a [u8]>) -> Vec<&'a [u8]> {
    let wanted = composed(name);
    let mut alike = Vec::new();
    for one in names {
        if one == name {
            return vec![one];
        }
        if composed(one) == wanted {
            alike.push(one);
        }
    }
    alike
}

#[cfg(test)]
mod tests;
