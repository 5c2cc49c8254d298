//! One use of a file by a composition.

use crate::deliver::package::Fraction;
use crate::model::words;

words! {
    /// What kind of thing is played.
    #[derive(Default, PartialOrd, Ord, Hash)]
    pub enum UseKind {
        /// Moving picture.
        Picture = "picture",
        /// Sound, also immersive.
        Sound = "sound",
        /// Subtitles and captions.
        Text = "text",
        /// Markers: names of points in time, without a file.
        Marker = "marker",
        /// Data and everything not known here.
        #[default]
        Data = "data",
    }
}

impl UseKind {
    /// By the element of the playlist.
    pub(super) fn of(element: &str) -> Self {
        match element {
            "MainImageSequence" | "MainPicture" | "MainStereoscopicPicture" => Self::Picture,
            "MainAudioSequence"
            | "CommentarySequence"
            | "HearingImpairedSequence"
            | "VisuallyImpairedSequence"
            | "IABSequence"
            | "MGASADMSignalSequence"
            | "MainSound" => Self::Sound,
            "MainSubtitleSequence"
            | "SubtitlesSequence"
            | "HearingImpairedCaptionsSequence"
            | "VisuallyImpairedTextSequence"
            | "KaraokeSequence"
            | "ForcedNarrativeSequence"
            | "MainSubtitle"
            | "ClosedSubtitle"
            | "ClosedCaption"
            | "MainCaption"
            | "MainClosedCaption" => Self::Text,
            "MarkerSequence" | "MainMarkers" => Self::Marker,
            _ => Self::Data,
        }
    }
}

/// A composition plays a stretch of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompositionUse {
    /// UUID of the composition.
    pub composition: String,
    /// What the composition is called.
    pub title: Option<String>,
    /// UUID of the file. Markers have none and are not given out.
    pub track_file: String,
    /// The file, when this package lists it.
    pub path: Option<Vec<u8>>,
    /// What it is used as.
    pub kind: UseKind,
    /// The element that says so: `MainImageSequence`, `MainPicture`, `ClosedCaption`.
    pub element: String,
    /// UUID of the virtual track (IMF).
    pub track: Option<String>,
    /// Segment (IMF) or reel (DCP), from 1.
    pub part: u32,
    /// Edit units of the file before the stretch.
    pub entry_point: u64,
    /// Edit units of the stretch, played once.
    pub duration: Option<u64>,
    /// How often it is played in a row.
    pub repeat: u64,
    /// Edit units per second.
    pub edit_rate: Option<Fraction>,
    /// Frames per second of the composition; of a DCP those of the reel's picture.
    pub composition_rate: Option<Fraction>,
    /// The timecode at which the composition starts, as it is written there.
    pub starts_at: Option<String>,
    /// Seconds from the start of the composition; `None` where an edit rate or duration before it
    /// is missing.
    pub record_start: Option<Fraction>,
    /// Whether the essence is encrypted. Its bytes are hashed as they lie.
    pub encrypted: bool,
}
