//! Media by its name alone: a clip, a reel, or a file that lies elsewhere than the timeline says.
//!
//! A name counts where it is the only one of its kind in the roots. Names are compared as bytes first,
//! then in Unicode's form NFC: macOS writes the same name in other bytes. A name without its ending means
//! media only: what works on a shot is called as the shot is. Pure: files are offered one by one, and only
//! those that something asks for are kept, so memory does not grow with the tree.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use crate::deliver::target::{file_names, has_scheme, of_frame};
use crate::model::{AssetPath, MediaKind, Reference};

/// By which of its names media was found; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Called {
    /// The file that the timeline says.
    File,
    /// The clip.
    Clip,
    /// The reel.
    Reel,
}

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
    /// Sequences of which a frame was offered: stem, ending and folder. One frame stands for all.
    sequences: BTreeSet<(Vec<u8>, String, AssetPath)>,
}

/// How moving pictures end: with sound or without.
const MOVIES: &[&str] = &[
    "3g2", "3gp", "asf", "avi", "braw", "cine", "crm", "dv", "f4v", "flv", "gxf", "h264", "h265",
    "hevc", "insv", "ivf", "lrv", "lxf", "m2t", "m2ts", "m2v", "m4v", "mj2", "mjpeg", "mjpg",
    "mkv", "mod", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "nev", "obu", "ogv", "qt", "r3d",
    "rmf", "tod", "ts", "vob", "webm", "wmv", "y4m",
];

/// How stills and frames end.
const STILLS: &[&str] = &[
    "3fr", "ai", "ari", "arw", "arx", "avif", "bmp", "cin", "cr2", "cr3", "dng", "dpx", "eps",
    "exr", "fff", "gif", "hdr", "heic", "heif", "iff", "iiq", "j2c", "j2k", "jfif", "jp2", "jpe",
    "jpeg", "jpg", "jpx", "jxl", "nef", "orf", "pef", "pic", "png", "psb", "psd", "raf", "raw",
    "rgb", "rgba", "rla", "rw2", "sgi", "srw", "svg", "sxr", "targa", "tga", "tif", "tiff", "webp",
    "x3f", "xcf",
];

/// What holds sound alone.
const SOUND: &[&str] = &[
    "aac", "ac3", "aif", "aifc", "aiff", "ape", "au", "bwf", "caf", "dff", "dsf", "dts", "eac3",
    "ec3", "flac", "m4a", "m4b", "mka", "mp2", "mp3", "oga", "ogg", "opus", "rf64", "sd2", "snd",
    "spx", "w64", "wav", "wave", "wma", "wv",
];

/// The name in NFC, where it is text.
pub fn composed(name: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(name) {
        Ok(text) => text.nfc().collect::<String>().into_bytes(),
        Err(_) => name.to_vec(),
    }
}

/// What a reference may be called on disk, the surest first: the file it says, the clip's name, the
/// reel.
///
/// Where a URL or a file with an ending is said, the others count only if they are its name too: what is
/// called like the shot is not the file that was cut in (`sh010` of `renders/sh010_ai_v3.png`). A name
/// without an ending may be a tape's.
fn called(reference: &Reference) -> impl Iterator<Item = (Called, Vec<u8>)> {
    let first = match (&reference.target, reference.frames) {
        (Some(target), Some(frames)) => of_frame(target, frames.first),
        (target, _) => target.clone(),
    };
    let files = first.as_deref().map(file_names).unwrap_or_default();
    let files: Vec<_> = files.iter().map(|name| composed(name)).collect();
    let is_url = reference.target.as_deref().is_some_and(has_scheme);
    let said = is_url || files.iter().any(|name| stem(name) != name);
    let own: BTreeSet<_> =
        files.iter().flat_map(|name| [name.clone(), stem(name).to_vec()]).collect();
    let name = (!is_no_name(&reference.name)).then_some(&*reference.name);
    let reel = reference.reel.as_deref().filter(|reel| !is_no_name(reel));
    let names = [(Called::Clip, name), (Called::Reel, reel)].into_iter();
    let names = names.filter_map(|(by, name)| Some((by, composed(name?.as_bytes()))));
    let names = names.filter(move |(_, name)| {
        !said || own.contains(name) || own.contains(media_stem(name).unwrap_or(name))
    });
    files.into_iter().map(|name| (Called::File, name)).chain(names)
}

/// What an edit decision list writes where there is no reel (`AX` is auxiliary, `BL` is black), and what is
/// no name at all.
pub(super) fn is_no_name(name: &str) -> bool {
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
        let wanted = references.into_iter().flat_map(called).map(|(_, name)| name).collect();
        Self { wanted, ..Self::default() }
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Whether anything asks for a file of this name.
    pub fn wants(&self, name: &[u8]) -> bool {
        let name = composed(name);
        let all = [Some(&*name), media_stem(&name), sequence_stem(&name)];
        all.into_iter().flatten().any(|one| self.wanted.contains(one))
    }

    /// Offers a file. What nobody asks for is not kept.
    pub fn offer(&mut self, path: &AssetPath, size: u64) {
        let name = composed(path.path.name());
        for key in [Some(&*name), media_stem(&name)].into_iter().flatten() {
            if self.wanted.contains(key) {
                let candidate = Candidate { path: path.clone(), size };
                self.found.entry(key.to_vec()).or_default().push(candidate);
            }
        }
        if let Some(key) = sequence_stem(&name).filter(|key| self.wanted.contains(*key)) {
            let folder = AssetPath::new(path.root.clone(), path.path.split().0);
            if self.sequences.insert((key.to_vec(), ending(&name), folder)) {
                let candidate = Candidate { path: path.clone(), size };
                self.found.entry(key.to_vec()).or_default().push(candidate);
            }
        }
    }

    /// The files that a reference may mean, by the first of its names that any file has, and which that
    /// is. More than one is a question for a person. A size that the timeline states must be the file's.
    pub fn candidates(&self, reference: &Reference) -> Option<(Called, Vec<&Candidate>)> {
        called(reference).find_map(|(by, name)| Some((by, self.by_name(&name, reference)?)))
    }

    fn by_name(&self, name: &[u8], reference: &Reference) -> Option<Vec<&Candidate>> {
        let is_as_long = |one: &&Candidate| reference.size.is_none_or(|size| size == one.size);
        let mut found: Vec<_> = self.found.get(name)?.iter().filter(is_as_long).collect();
        let whole = |one: &&Candidate| composed(one.path.path.name()) == name;
        if media_stem(name).is_some() && found.iter().any(whole) {
            // Named with its ending: a stem that is spelled so too is something else.
            found.retain(whole);
        }
        let ends = |one: &Candidate, list: &[&str]| list.contains(&&*ending(one.path.path.name()));
        found.retain(|one| {
            whole(one)
                || match reference.media {
                    MediaKind::Picture => !ends(one, SOUND),
                    // Sound may be cut from a movie, never from a still.
                    MediaKind::Sound => ends(one, SOUND) || ends(one, MOVIES),
                    MediaKind::Other => true,
                }
        });
        found.sort();
        found.dedup();
        (!found.is_empty()).then_some(found)
    }
}

/// Whether a place names a file that ends as pictures, movies or sound do.
pub fn is_media(target: &str) -> bool {
    file_names(target).iter().any(|name| is_media_name(name))
}

/// Whether a file's name ends as those of pictures, movies or sound do.
pub fn is_media_name(name: &[u8]) -> bool {
    media_stem(name).is_some()
}

/// The name without its ending, where that is one of media.
fn media_stem(name: &[u8]) -> Option<&[u8]> {
    let stem = stem(name);
    let ending = &*ending(name);
    let media = [MOVIES, STILLS, SOUND].iter().any(|list| list.contains(&ending));
    (stem.len() < name.len() && media).then_some(stem)
}

/// The name of a rendered frame without number and ending: what its sequence is called.
fn sequence_stem(name: &[u8]) -> Option<&[u8]> {
    /// After anything but a dot fewer digits number shots and tries.
    const FRAME_DIGITS: usize = 4;
    let numbered = stem(name);
    let digits = numbered.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, _) = numbered.split_at(numbered.len() - digits);
    let (separator, before) = before.split_last()?;
    let is_number = match separator {
        b'.' => digits > 0,
        b'_' | b'-' => digits >= FRAME_DIGITS,
        _ => false,
    };
    (is_number && is_rendered_frame(name) && !before.is_empty()).then_some(before)
}

/// What only renderers and film scanners write: never a still of its own.
pub fn is_rendered_frame(name: &[u8]) -> bool {
    ["exr", "dpx", "cin"].contains(&&*ending(name))
}

/// The names in a folder by what they are in NFC: asked as often as frames are missing, composed once.
#[derive(Debug, Default)]
pub struct Spellings(BTreeMap<Vec<u8>, Vec<Vec<u8>>>);

impl Spellings {
    /// Of these names.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut spellings = Self::default();
        for name in names {
            spellings.0.entry(composed(name)).or_default().push(name.to_vec());
        }
        spellings
    }

    /// Which of the names is meant by `name`: the same bytes, else those that are the same in NFC. Two
    /// that differ only so are told apart by their bytes.
    pub fn alike(&self, name: &[u8]) -> &[Vec<u8>] {
        let alike = self.0.get(&composed(name)).map(Vec::as_slice).unwrap_or_default();
        let exact = alike.iter().position(|one| one == name);
        exact.map_or(alike, |at| &alike[at..=at])
    }
}

#[cfg(test)]
mod tests;
