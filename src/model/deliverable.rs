//! Deliverables as the journal records them. What one contains is found on disk, each time.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{AssetId, AssetPath, MediaProblem, Name, Outcome, RootName, Seq, words};

/// What a deliverable is made of: a file, a folder or a glob below a root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PathPattern {
    /// The root, by name: one that is not configured any more is told from a strange file name.
    pub root: RootName,
    /// As typed, relative to the root, e.g. `reel1/**`.
    pub pattern: String,
    /// A name in it is not UTF-8: the pattern is as such paths are printed, with `\xNN`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub printed: bool,
}

/// As it is typed: `name:pattern`, or the bare pattern in the project folder.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.root.is_project() {
            write!(f, "{}:", self.root.as_str())?;
        }
        f.write_str(if self.pattern.is_empty() { "." } else { &self.pattern })
    }
}

words! {
    /// Where a deliverable stands.
    pub enum DeliverableState {
        /// Not marked final.
        Open = "open",
        /// Final, and what it holds is what was finalised.
        Final = "final",
        /// Final, and what it holds has changed since: reopen it before anything is exported.
        FinalChanged = "final-changed",
    }
}

/// What a deliverable is made of, as its definitions add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MadeOf {
    /// Files, folders and globs, in the order they were added.
    pub paths: Vec<PathPattern>,
    /// Timelines: what they refer to is part of it, and so are they.
    pub timelines: Vec<AssetPath>,
    /// Folders of packages: everything in them is part of it, and must be what their lists say.
    pub packages: Vec<AssetPath>,
    /// What people said that a reference means, in their order; of two for one the last counts.
    pub links: Vec<ReferenceLink>,
}

/// A person's word for what a reference of a timeline means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceLink {
    /// The deliverable's name.
    pub deliverable: String,
    /// The reference: its name, its target or its reel as the timeline spells it; of one that has none of
    /// these its place.
    pub reference: String,
    /// What held the timeline in which that place is. In another, or once it is edited, the same words are
    /// another place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<AssetId>,
    /// The content that is meant.
    pub asset: AssetId,
    /// Where it lay then.
    pub path: AssetPath,
    /// Every frame, where a sequence is meant; `asset` and `path` are the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<FinalItem>,
}

impl ReferenceLink {
    /// What it is said of: of two for one the last counts.
    pub fn of(&self) -> LinkedAs<'_> {
        (self.timeline.as_ref(), &self.reference)
    }
}

/// What a link is said of: for a place the timeline that it is in, and what the reference is called.
pub type LinkedAs<'a> = (Option<&'a AssetId>, &'a str);

/// A package that was held against its own lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageChecked {
    /// Its folder.
    pub package: AssetPath,
    /// One hash over the path and content of every file that was in it.
    pub holds: AssetId,
    /// What was wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<MediaProblem>,
}

/// A timeline as a gate read it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimelineRead {
    /// The file; in a bundle the timeline in it.
    pub path: AssetPath,
    /// What it held. The bytes are in the document store under this name.
    pub hash: AssetId,
    /// Of an archive that holds its media too: the timeline in it, which is what the store has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<AssetId>,
}

/// A symbolic link in a deliverable and the file in the roots that it leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkedFile {
    /// The link.
    pub link: AssetPath,
    /// Where the file itself lies.
    pub file: AssetPath,
}

/// A symbolic link in whose folder something of a deliverable may lie, and that hides nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HarmlessLink {
    /// The link.
    pub link: AssetPath,
    /// Where it pointed, raw. One that points elsewhere is another.
    pub target: Name,
}

/// A gate run: its time is the event's, and what it saw is the observations up to here plus these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateRun {
    /// The deliverable's name.
    pub deliverable: String,
    /// The answer it gave.
    pub outcome: Outcome,
    /// How many files it judged.
    pub checked: u64,
    /// Whether it was to be marked final, and not only looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub finalizing: bool,
    /// Who states with it that every known use of generative AI is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested: Option<String>,
    /// Blake3 of the policy text it judged by; the text is in a `policy-adopted` event.
    pub policy: AssetId,
    /// BLAKE3-256 of the list of approvers, where there is one; the text is in an `approvers-adopted`
    /// event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<AssetId>,
    /// The timelines it read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<TimelineRead>,
    /// The files that their references meant, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referenced: Vec<AssetPath>,
    /// Links in the deliverable: what they lead to is part of it wherever it lies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<LinkedFile>,
    /// Links that it found to hide nothing, unless they were on record so: what is recorded of them later is
    /// no news of the deliverable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harmless: Vec<HarmlessLink>,
    /// Written approvals that were not in the document store, or not as they were handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_documents: Vec<AssetId>,
    /// What kept it from knowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<MediaProblem>,
    /// [`JUDGING`] of the program that judged.
    #[serde(default)]
    pub judging: u32,
}

/// In which way verdicts come of facts, where no policy says it. Raised when the same facts come to give
/// another verdict: a run of another number is not given again as if it had been judged so. 0 to 3 were
/// builds before the first release.
pub const JUDGING: u32 = 4;

/// One file of a finalised deliverable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FinalItem {
    /// Where it lies.
    pub path: AssetPath,
    /// What it holds.
    pub asset: AssetId,
}

/// A file that an export wrote beside the media.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Paper {
    /// Its name in the delivery.
    pub name: String,
    /// What it holds.
    pub asset: AssetId,
}

/// A final deliverable was copied out, and every byte of the copy was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The deliverable's name.
    pub deliverable: String,
    /// The gate run it rests on.
    pub gate: Seq,
    /// Where to, as it was called on the machine that did it.
    pub destination: String,
    /// Media files copied.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What else was written: certificate, signature, disclosure log, manifest.
    pub papers: Vec<Paper>,
    /// Whether all was read back from the device.
    pub read_back: bool,
}

/// A command ran because its deliverable had passed, and this is what it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The deliverable's name.
    pub deliverable: String,
    /// The gate run it rests on.
    pub gate: Seq,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// What it exited with; 128 and the signal's number where one ended it.
    pub exit: u8,
    /// What it made or changed, sorted by path.
    pub outputs: Vec<FinalItem>,
    /// What the outputs themselves were judged to be. Only where this is a pass, and the command ended
    /// well, are they renditions of the deliverable.
    pub outcome: Outcome,
}

impl Rendered {
    /// Whether what it made is a rendition of the deliverable.
    pub fn is_rendition(&self) -> bool {
        self.exit == 0 && self.outcome == Outcome::Pass
    }
}

/// A deliverable marked final, with exactly what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finalization {
    /// The deliverable's name.
    pub deliverable: String,
    /// The gate run it rests on.
    pub gate: Seq,
    /// Every file, sorted by path.
    pub contents: Vec<FinalItem>,
}
