//! What a person determined about an asset's origin.

use serde::{Deserialize, Serialize};

use crate::model::{AiStatus, AssetId, SourceType, words};

words! {
    /// The three answers a person can give.
    #[derive(Deserialize)]
    pub enum DeterminedStatus {
        /// Wholly generated.
        Ai = "ai",
        /// Contains or was altered by generative AI.
        AiPart = "ai-part",
        /// Not AI-made, whatever marks it carries.
        NotAi = "not-ai",
    }
}

impl From<DeterminedStatus> for AiStatus {
    fn from(status: DeterminedStatus) -> Self {
        match status {
            DeterminedStatus::Ai => Self::Ai,
            DeterminedStatus::AiPart => Self::AiPart,
            DeterminedStatus::NotAi => Self::NotAi,
        }
    }
}

/// A person's determination, for one or many contents. The newest one of an asset stands; the
/// marks it contradicts stay on the record beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Determination {
    /// The contents it is about.
    pub assets: Vec<AssetId>,
    /// What was determined.
    pub status: DeterminedStatus,
    /// The source type, when the person named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<SourceType>,
    /// The tool it was made with, as the person says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who. Kept beside the event's actor because people act for others.
    pub by: String,
}
