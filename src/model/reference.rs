//! What a timeline says of one piece of media: as it spells it, and nothing that was found on disk.

use std::path::PathBuf;

use crate::model::words;

/// Frames of an image sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRange {
    /// The first frame's number.
    pub first: i64,
    /// The last number that is seen, included; with a larger step it may be none of a frame's.
    pub last: i64,
    /// From one frame to the next; at least 1.
    pub step: u32,
}

impl FrameRange {
    /// Whether a frame may be left out where it is not there: the last one, where less than a step is left for it. Some
    /// programs count it and some do not.
    pub fn may_lack(&self, frame: i64) -> bool {
        frame > self.first && frame.saturating_add(i64::from(self.step) - 1) > self.last
    }
}

/// What media is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MediaKind {
    /// Picture, with or without sound.
    Picture,
    /// Sound alone.
    Sound,
    /// Something else, or not said.
    Other,
}

words! {
    /// Why a timeline names it.
    #[derive(PartialOrd, Ord)]
    pub enum Use {
        /// It is what is seen or heard there.
        Used = "used",
        /// Another choice for the same place: an audition that is not picked, an angle that is not shown,
        /// a second media reference.
        Alternative = "alternative",
        /// It is in the list of media, and whether it is used cannot be told.
        Listed = "listed",
    }
}

/// One mention of a piece of media in a timeline.
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the timeline's own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// As the timeline calls it: the clip's or the media's name. May be empty.
    pub name: String,
    /// A path or URL as it is spelled there. Of an image sequence with the frame's number as
    /// `%0Nd`, N its digits. `None` where no place is given.
    pub target: Option<String>,
    /// Whether its media lies in the timeline's own file, beside the timeline in an archive or embedded: then
    /// no file on disk is meant, whatever it is called.
    pub inside: bool,
    /// Whether the timeline says that it is one still, and no sequence that is named by its first frame.
    pub still: bool,
    /// The frames of an image sequence that `target` means.
    pub frames: Option<FrameRange>,
    /// Reel, tape or camera roll; never `AX` or `BL`.
    pub reel: Option<String>,
    /// The size that the timeline states, in bytes.
    pub size: Option<u64>,
    /// Another place of the file that the reference before it means: where one of these places is known,
    /// the others are it.
    pub again: bool,
    /// What it is made of.
    pub media: MediaKind,
    /// Why it is named.
    pub usage: Use,
    /// Whether clip and track are enabled and not muted.
    pub enabled: bool,
    /// The track, e.g. `V1`.
    pub track: Option<String>,
    /// First frame of the source, as timecode `HH:MM:SS:FF` (`;` before drop-frame frames).
    pub source_in: Option<String>,
    /// The frame after the last of the source, as timecode.
    pub source_out: Option<String>,
    /// First frame in the timeline, as timecode.
    pub record_in: Option<String>,
    /// The frame after its last in the timeline, as timecode.
    pub record_out: Option<String>,
    /// Where in the file, in plain words: for the person who looks for it.
    pub place: String,
}

words! {
    /// What came of looking for a reference's media.
    #[derive(PartialOrd, Ord)]
    pub enum Resolution {
        /// It is known which files are meant, and they are there.
        Resolved = "resolved",
        /// More than one file may be meant.
        Ambiguous = "ambiguous",
        /// Nothing the project knows is meant.
        Unresolved = "unresolved",
        /// It is known where it should lie, and it is not all there.
        Offline = "offline",
    }
}

/// What a volume is called on the machine a timeline was made on, and where it is here: a `[[map]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixMap {
    /// As timelines spell it, e.g. `/Volumes/RAID`, `P:\show` or `\\server\share`.
    pub from: String,
    /// Where it is here; absolute.
    pub to: PathBuf,
}
