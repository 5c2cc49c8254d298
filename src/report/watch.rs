//! What a watch says, in the shape that `docs/watch.md` gives: one object for each thing that happened.

use serde::Serialize;

use crate::model::{AiStatus, SourceType, Strength, words};
use crate::report::{PathView, ProblemView};

/// Something a watch has to say.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum WatchEvent {
    /// Every watch is set and the first scan is recorded.
    Ready(ReadyView),
    /// A file settled and is recorded.
    Changed(ChangedView),
    /// A file is not there any more, and that is recorded.
    Gone(PathView),
    /// Something could not be looked at.
    Problem(ProblemView),
    /// Everything is looked at again.
    Rescan {
        /// Why.
        why: String,
    },
    /// What is polled, or how often, is not what was said.
    Polling(PollView),
    /// Something lies in a guarded folder that should not.
    Guard(GuardView),
}

/// What is watched.
#[derive(Clone, Debug, Serialize)]
pub struct ReadyView {
    /// Files present.
    pub files: u64,
    /// Folders the system tells of.
    pub watched: u64,
    /// What is polled.
    #[serde(flatten)]
    pub poll: PollView,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// What is polled, how often and at what cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PollView {
    /// Folders looked at from time to time.
    pub polled: u64,
    /// How often, in milliseconds; null where none is polled.
    pub poll_ms: Option<u64>,
    /// Why: `--poll`, a network mount, no watches left.
    pub poll_why: Option<String>,
    /// How long the last look at them took, without reading what was new, in milliseconds; null
    /// before the first one.
    pub poll_took_ms: Option<u64>,
}

/// A file as it was recorded.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedView {
    /// Where.
    #[serde(flatten)]
    pub path: PathView,
    /// What.
    pub asset: String,
    /// Bytes.
    pub size: u64,
    /// AI status.
    pub status: AiStatus,
    /// Source type of what decided it.
    pub source_type: Option<SourceType>,
    /// How strong that was.
    pub strength: Option<Strength>,
    /// The tool named by it.
    pub tool: Option<String>,
    /// Why, the deciding reason first.
    pub why: Vec<String>,
    /// Whether this path held this content before.
    pub new: bool,
    /// When it was recorded.
    pub at: String,
}

words! {
    /// How a file stands in a guarded folder.
    pub enum GuardState {
        /// It is being written.
        Arriving = "arriving",
        /// It should not be there.
        Refused = "refused",
        /// It is part of something final.
        Known = "known",
    }
}

/// A file in a guarded folder.
#[derive(Clone, Debug, Serialize)]
pub struct GuardView {
    /// Where.
    #[serde(flatten)]
    pub path: PathView,
    /// What; null while it is arriving, and for what has no content to know.
    pub asset: Option<String>,
    /// AI status; null where `asset` is.
    pub status: Option<AiStatus>,
    /// How it stands there.
    pub state: GuardState,
    /// Why.
    pub why: String,
}
