//! The disclosure log: its values, and each format it is written in. What a log says is gathered by
//! `app`; what is written here adds nothing to it and leaves nothing out.

mod csv;
mod html;
mod summary;
mod words;

pub use csv::write as disclosure_csv;
pub use html::write as disclosure_html;
pub use summary::write as disclosure_summary;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::model::{
    AiStatus, Clearance, DeliverableState, Outcome, SourceType, Strength, Use, words,
};
use crate::report::view::{HeadView, PolicyView};
use crate::report::{
    ApprovalView, DeclarationView, DeterminationView, EvidenceView, PathView, ToolView,
};

/// How much of a file tells whether it is a log.
pub const LOG_START: u64 = 1024;

/// Whether a file that begins like this is a disclosure log, in any of its formats. Writing one over
/// anything else would destroy what cannot be made again.
pub fn is_disclosure_log(start: &[u8]) -> bool {
    let page = start.starts_with(b"<!DOCTYPE html>")
        && String::from_utf8_lossy(start).contains("<title>AI disclosure log: ");
    page || start.starts_with(csv::START.as_bytes()) || start.starts_with(JSON_START.as_bytes())
}

/// How every log in JSON begins.
const JSON_START: &str = "{\"v\":1,\"production\":\"";

/// A disclosure log of generative AI, of a deliverable or of a whole project.
#[derive(Clone, Debug, Serialize)]
pub struct Disclosure {
    /// The name of the project folder.
    pub production: String,
    /// The deliverable; null for a whole project.
    pub deliverable: Option<DisclosedDeliverable>,
    /// When this was written, RFC 3339.
    pub written: String,
    /// The program and its version.
    pub program: &'static str,
    /// The newest completed scan, RFC 3339.
    pub scanned: Option<String>,
    /// The policy on record.
    pub policy: Option<PolicyView>,
    /// The newest event it rests on.
    pub journal: HeadView,
    /// How much there is of what.
    pub counts: DisclosureCounts,
    /// A line for the end card, where anything calls for one.
    pub credit: Option<String>,
    /// What this log does not show, in sentences.
    pub not_shown: Vec<String>,
    /// What could not be told: each may hide an element.
    pub open: Vec<OpenView>,
    /// Timelines that could not be read at all; also in `open`.
    #[serde(skip)]
    pub unread: Vec<OpenView>,
    /// Every element, in the order of the cut where one is known, then by path.
    pub elements: Vec<ElementView>,
    /// Uses that were declared, and nothing on record is under them. Only of a whole project.
    #[serde(serialize_with = "shared")]
    pub declared_only: Vec<Arc<DisclosedDeclaration>>,
    /// Small pictures, by asset; only the page shows them.
    #[serde(skip)]
    pub pictures: Pictures,
}

/// The deliverable of a log.
#[derive(Clone, Debug, Serialize)]
pub struct DisclosedDeliverable {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: DeliverableState,
    /// Its globs.
    pub paths: Vec<String>,
    /// Its timelines.
    pub timelines: Vec<String>,
    /// The newest verdict; null where no gate has looked at it.
    pub verdict: Option<DisclosedVerdict>,
}

/// The newest verdict on a deliverable.
#[derive(Clone, Debug, Serialize)]
pub struct DisclosedVerdict {
    /// The answer.
    pub verdict: Outcome,
    /// When, RFC 3339.
    pub at: String,
    /// The event that recorded it.
    pub seq: u64,
    /// Files that were judged.
    pub checked: u64,
    /// The policy it was judged by.
    pub policy: PolicyView,
    /// Who stated with it that every known use is declared.
    pub attested: Option<String>,
    /// Decisions recorded since: what it says may not hold any more.
    pub decisions_since: u64,
}

/// How much there is of what. Files are those of the deliverable, or of the project.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct DisclosureCounts {
    /// Files as last observed.
    pub files: u64,
    /// Elements listed.
    pub elements: u64,
    /// Contents they are; each frame of a sequence is one.
    pub assets: u64,
    /// Of these: wholly generated.
    pub ai: u64,
    /// Of these: generated in part.
    pub ai_part: u64,
    /// Of these: nobody decided yet.
    pub suspect: u64,
    /// Of these: a person says not AI, and a mark says otherwise.
    pub contested: u64,
    /// Of these: declared, and without any mark or determination.
    pub declared: u64,
    /// Elements that lack anything.
    pub lacking: u64,
    /// Files that a person, or a trusted capture claim, says are not AI. Not listed.
    pub not_ai: u64,
    /// Files of which nothing is known. Not listed.
    pub unknown: u64,
}

/// Something that could not be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OpenView {
    /// A finding code, e.g. `media-unresolved`.
    pub code: String,
    /// Where: a timeline or a file.
    #[serde(rename = "where")]
    pub place: String,
    /// What.
    pub what: String,
}

/// One element: an asset, or an image sequence whose frames are all alike.
#[derive(Clone, Debug, Serialize)]
pub struct ElementView {
    /// Its place in the log, from 1.
    pub number: u64,
    /// Its first path, or the folded form of its frames.
    pub name: String,
    /// What AI has to do with it.
    pub contribution: Contribution,
    /// AI status.
    pub status: AiStatus,
    /// Why, the deciding reason first.
    pub why: Vec<String>,
    /// Source type of what decided it.
    pub source_type: Option<SourceType>,
    /// How strong that was.
    pub strength: Option<Strength>,
    /// Where it stands with the people who clear it.
    pub clearance: Option<Clearance>,
    /// What it is by its bytes.
    pub media_type: String,
    /// Bytes, of all frames.
    pub size: u64,
    /// Frames of a folded sequence.
    pub frames: Option<u64>,
    /// The contents.
    pub assets: Vec<DisclosedAsset>,
    /// Every place where a timeline mentions it; empty where none does.
    pub uses: Vec<UseView>,
    /// Tools that are named for it.
    pub tools: Vec<SaidView>,
    /// Models that are named for it.
    pub models: Vec<SaidView>,
    /// Prompts.
    pub prompts: Vec<SaidView>,
    /// Every mark.
    pub evidence: Vec<EvidenceView>,
    /// The determination that stands.
    pub determination: Option<DeterminationView>,
    /// Declarations of its use.
    #[serde(serialize_with = "shared")]
    pub declarations: Vec<Arc<DisclosedDeclaration>>,
    /// Approvals and rejections, in order.
    pub decisions: Vec<DecisionView>,
    /// What it was made from that is AI-made, may be or is contested, where nothing else makes it so, and what
    /// somebody said no to.
    pub sources: Vec<SourceView>,
    /// What is missing, unknown or open.
    pub missing: Vec<GapView>,
}

/// Something that an element was made from.
#[derive(Clone, Debug, Serialize)]
pub struct SourceView {
    /// Its id.
    pub asset: String,
    /// Where it lies.
    pub paths: Vec<PathView>,
    /// AI status.
    pub status: AiStatus,
    /// The way from the element to it, and what it is.
    pub why: String,
}

words! {
    /// What AI has to do with an element.
    pub enum Contribution {
        /// It was generated as a whole.
        Generated = "generated",
        /// A part of it was.
        PartGenerated = "part-generated",
        /// It may have been, and nobody decided.
        Suspect = "suspect",
        /// A person says not, and a mark or another person says otherwise.
        Contested = "contested",
        /// Its use is declared, and nothing else says anything.
        Declared = "declared",
    }
}

/// A content of an element.
#[derive(Clone, Debug, Serialize)]
pub struct DisclosedAsset {
    /// Its id.
    pub asset: String,
    /// Its SHA-256 in hex, where a signed approval names it.
    pub sha256: Option<String>,
    /// Where it lies, in the deliverable or in the project.
    pub paths: Vec<PathView>,
}

/// A mention in a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UseView {
    /// The deliverable.
    pub deliverable: String,
    /// The timeline.
    pub timeline: String,
    /// As the timeline calls it.
    pub name: String,
    /// The track.
    pub track: Option<String>,
    /// First frame in the timeline, as timecode.
    pub record_in: Option<String>,
    /// The frame after its last in the timeline.
    pub record_out: Option<String>,
    /// First frame of the source.
    pub source_in: Option<String>,
    /// The frame after the last of the source.
    pub source_out: Option<String>,
    /// Whether clip and track are enabled.
    pub enabled: bool,
    /// Why it is mentioned.
    pub usage: Use,
    /// Where in the timeline, in words.
    pub place: String,
    /// The number of the timeline in the log, and of the mention among all.
    #[serde(skip)]
    pub at: (usize, usize),
}

/// A text, and who says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaidView {
    /// The text.
    pub text: String,
    /// `D-n version v`, `determination by …` or the place of the mark.
    pub from: String,
}

/// A declaration with what it was answered and the tools it names.
#[derive(Clone, Debug, Serialize)]
pub struct DisclosedDeclaration {
    /// The declaration as it stands.
    #[serde(flatten)]
    pub declaration: DeclarationView,
    /// Why it has its tier, by the policy on record.
    pub reasons: Vec<GapView>,
    /// What the register says of the tools it names.
    pub register: Vec<ToolView>,
}

/// A decision with what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionView {
    /// What it is about, where that is something the element was made from.
    pub from: Option<String>,
    /// The decision.
    #[serde(flatten)]
    pub decision: ApprovalView,
    /// Roles of whoever decided, by the policy on record.
    pub roles: Vec<String>,
    /// Who withdrew it.
    pub revoked: Option<WordView>,
    /// Who said that its conditions were met.
    pub conditions_met: Vec<WordView>,
    /// Why it does not clear this asset for final use here; empty where it does.
    pub lacks: Vec<GapView>,
}

/// Somebody's word.
#[derive(Clone, Debug, Serialize)]
pub struct WordView {
    /// Who.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// What was said.
    pub note: String,
    /// Why it does not count.
    pub flaw: Option<String>,
}

/// Something that is missing, with the code it goes by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct GapView {
    /// A finding code, or one of `docs/disclosure.md`.
    pub code: String,
    /// In a sentence.
    pub why: String,
}

impl GapView {
    /// A gap.
    pub fn new(code: &str, why: impl Into<String>) -> Self {
        Self { code: code.to_owned(), why: why.into() }
    }
}

/// The pictures of a log.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// By asset: the picture, or why there is none. An asset that is not in here was not asked for.
    pub of: BTreeMap<String, Result<Picture, String>>,
}

/// A small picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// A whole JPEG file.
    pub jpeg: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

fn shared<S: Serializer, T: Serialize>(all: &[Arc<T>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(|one| &**one))
}

impl UseView {
    /// Its place in the order of the cut: the timeline's, then the record timecode. What has no timecode comes
    /// after what has one.
    pub fn order(&self) -> impl Ord {
        let (timeline, number) = self.at;
        (timeline, self.record_in.is_none(), self.record_in.as_deref(), number)
    }
}

impl ElementView {
    /// Whether any of its uses is enabled; also where no timeline mentions it.
    pub fn is_enabled(&self) -> bool {
        self.uses.is_empty() || self.uses.iter().any(|one| one.enabled)
    }

    /// `01:00:05:20 – 01:00:09:20`, as far as it is known.
    fn record(one: &UseView) -> String {
        match (&one.record_in, &one.record_out) {
            (Some(from), Some(to)) => format!("{from} – {to}"),
            (Some(from), None) => from.clone(),
            _ => "no timecode".to_owned(),
        }
    }
}
