//! Where readers put what they find. Holds the limits that all formats share: how many references,
//! how much text, how many steps of work; beyond them a timeline is refused, never cut short.

use crate::deliver::names::is_no_name;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::format::Format;
use crate::model::FrameRange;
use crate::model::MediaKind;
use crate::model::Reference;
use crate::model::Use;

/// References of one timeline. A feature film has some thousands; compounds in compounds multiply.
const REFERENCES_MAX: usize = 60_000;
/// Bytes in the names, paths and places of all references.
const TEXT_MAX: usize = 32 << 20;
/// Bytes in one name or path. Systems stop at 4 KiB; percent-encoding makes three of one.
const NAME_MAX: usize = 32 << 10;
/// Items looked at, one that is looked at twice counted twice.
const STEPS_MAX: usize = 2_000_000;
/// Notes for people: more say nothing new.
const NOTES_MAX: usize = 100;
/// Bytes in one note.
const NOTE_MAX: usize = 400;

/// Collects the references of one timeline.
pub struct Collector {
    format: Format,
    references: Vec<Reference>,
    notes: Vec<String>,
    unsaid: usize,
    text: usize,
    steps: usize,
}

impl Collector {
    /// For a timeline in this format.
    pub fn new(format: Format) -> Self {
        Self { format, references: Vec::new(), notes: Vec::new(), unsaid: 0, text: 0, steps: 0 }
    }

    /// The format that is read.
    pub fn format(&self) -> Format {
        self.format
    }

    /// One more item is looked at.
    pub fn step(&mut self) -> Result<(), TimelineError> {
        self.steps_of(0)
    }

    /// One more item is looked at, spelled in so many bytes.
    pub fn steps_of(&mut self, bytes: usize) -> Result<(), TimelineError> {
        /// Bytes that take as long to look at as an item does.
        const STEP: usize = 256;
        self.steps += 1 + bytes / STEP;
        self.within("items", self.steps, STEPS_MAX)
    }

    /// One more mention of media.
    pub fn push(&mut self, reference: Reference) -> Result<(), TimelineError> {
        let texts = [
            Some(&reference.name),
            reference.target.as_ref(),
            reference.reel.as_ref(),
            reference.track.as_ref(),
            Some(&reference.place),
        ];
        for text in texts.into_iter().flatten() {
            self.within("bytes in one name or path", text.len(), NAME_MAX)?;
            self.text += text.len();
        }
        self.within("bytes of names and paths", self.text, TEXT_MAX)?;
        self.within("references", self.references.len() + 1, REFERENCES_MAX)?;
        self.references.push(reference);
        Ok(())
    }

    /// Something was tolerated; people should know.
    pub fn note(&mut self, note: impl Into<String>) {
        let mut note = note.into();
        if note.len() > NOTE_MAX {
            note.truncate(note.floor_char_boundary(NOTE_MAX));
            note.push('…');
        }
        if self.notes.len() >= NOTES_MAX {
            self.unsaid += 1;
        } else if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// How many references there are so far.
    pub fn count(&self) -> usize {
        self.references.len()
    }

    /// All of it.
    pub fn finish(mut self, name: Option<String>) -> Timeline {
        if self.unsaid > 0 {
            self.notes.push(format!("and {} notes more", self.unsaid));
        }
        let name = name.filter(|name| !name.trim().is_empty());
        Timeline { name, format: self.format, references: self.references, notes: self.notes }
    }

    /// Refuses a timeline that holds more of something than is read.
    pub fn within(
        &self,
        what: &'static str,
        count: usize,
        limit: usize,
    ) -> Result<(), TimelineError> {
        if count > limit {
            return Err(TimelineError::TooLarge { format: self.format, what, limit });
        }
        Ok(())
    }
}

/// A reference that says a name, a use and a place, and nothing else yet.
pub fn mention(name: &str, usage: Use, place: String) -> Reference {
    Reference {
        name: name.trim().to_owned(),
        target: None,
        inside: false,
        still: false,
        frames: None,
        reel: None,
        size: None,
        again: false,
        media: MediaKind::Other,
        usage,
        enabled: true,
        track: None,
        source_in: None,
        source_out: None,
        record_in: None,
        record_out: None,
        place,
    }
}

/// A reel name, unless it says that there is none.
pub fn reel(name: &str) -> Option<String> {
    (!is_no_name(name)).then(|| name.trim().to_owned())
}

/// Whether a text says where a file lies: a URL, a drive, a path from the top.
pub fn is_place(text: &str) -> bool {
    let text = text.trim();
    let is_drive = text.as_bytes().get(1..3).is_some_and(|rest| matches!(rest, b":\\" | b":/"));
    text.contains("://") || text.starts_with("file:/") || is_drive || text.starts_with(['/', '\\'])
}

/// A file name with its frames in brackets, as `shot.[1001-1072].exr`, in the form of `Reference`:
/// `shot.%04d.exr` and the frames. Nothing if it is no sequence.
pub fn bracketed(path: &str) -> Option<(String, FrameRange)> {
    let open = path.rfind('[')?;
    let (head, rest) = (path.get(..open)?, path.get(open + 1..)?);
    let (range, tail) = rest.split_once(']')?;
    let (first, last) = range.split_once('-')?;
    let digits = |text: &str| {
        (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(first) || !digits(last) || tail.contains(['/', '\\']) {
        return None;
    }
    let frames = FrameRange { first: first.parse().ok()?, last: last.parse().ok()?, step: 1 };
    (frames.first <= frames.last).then(|| (format!("{head}%0{}d{tail}", first.len()), frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_in_brackets_becomes_a_sequence() {
        let (path, frames) = bracketed("/a/shot_[1001-1072].exr").unwrap();
        assert_eq!(path, "/a/shot_%04d.exr");
        assert_eq!(frames, FrameRange { first: 1001, last: 1072, step: 1 });
        for plain in ["a.mov", "a[1].exr", "a[9-1].exr", "a[b-c].exr", "[1-2]/a.exr", "a[1-2"] {
            assert_eq!(bracketed(plain), None, "{plain}");
        }
    }

    #[test]
    fn more_references_than_the_limit_are_refused_not_cut() {
        let mut all = Collector::new(Format::Edl);
        for _ in 0..REFERENCES_MAX {
            all.push(mention("a", Use::Used, String::new())).unwrap();
        }
        assert!(all.push(mention("a", Use::Used, String::new())).is_err());
        let long = "x".repeat(NAME_MAX + 1);
        let mut one = Collector::new(Format::Edl);
        assert!(one.push(mention(&long, Use::Used, String::new())).is_err());
    }

    #[test]
    fn notes_stop_and_say_how_many_were_not_said() {
        let mut all = Collector::new(Format::Edl);
        for number in 0..NOTES_MAX + 3 {
            all.note(format!("note {number}"));
        }
        let notes = all.finish(None).notes;
        assert_eq!(notes.len(), NOTES_MAX + 1);
        assert_eq!(notes.last().unwrap(), "and 3 notes more");
    }

    #[test]
    fn a_place_is_told_from_a_name() {
        for place in ["file:///a/b", "s3://a", "file:/a", "/a/b", r"D:\a", "d:/a", r"\\server\a"] {
            assert!(is_place(place), "{place}");
        }
        for name in ["", "a", "a.mov", "A/B roll", "a: b", "7:/"] {
            assert_eq!(is_place(name), name == "7:/", "{name}");
        }
    }

    #[test]
    fn no_reel_is_no_reel() {
        for none in ["", " ", "AX", "ax", "BL"] {
            assert_eq!(reel(none), None);
        }
        assert_eq!(reel(" A001 ").as_deref(), Some("A001"));
    }
}
