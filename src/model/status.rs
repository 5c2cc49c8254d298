//! The words for what is known of an asset's origin, as they appear in output.

use serde::{Deserialize, Serialize};

/// Whether an asset is AI-made. Decided by `origin` from evidence and people's determinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AiStatus {
    /// Wholly generated.
    Ai,
    /// Contains, or was altered by, generative AI.
    AiPart,
    /// A weak mark: a person must decide.
    Suspect,
    /// A person determined so, or a trusted capture claim says so.
    NotAi,
    /// No mark, which says nothing.
    Unknown,
}

impl AiStatus {
    /// As it is written in JSON, in text and after `--status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::AiPart => "ai-part",
            Self::Suspect => "suspect",
            Self::NotAi => "not-ai",
            Self::Unknown => "unknown",
        }
    }

    /// `ai`, `ai-part` and `suspect`: what `ls --ai` lists.
    pub const fn is_ai_or_suspect(self) -> bool {
        matches!(self, Self::Ai | Self::AiPart | Self::Suspect)
    }
}

/// How strong the evidence is that decided a status; stronger is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Taken over from a parent asset.
    Inherited,
    /// A pattern that fits generators, and sometimes other things.
    Heuristic,
    /// What a tool left behind: parameters, a software string.
    Trace,
    /// A standard label, unsigned.
    Declared,
    /// A standard label in a signed manifest.
    Signed,
    /// A person's recorded determination.
    Person,
}

impl Strength {
    /// As it is written in JSON and in text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inherited => "inherited",
            Self::Heuristic => "heuristic",
            Self::Trace => "trace",
            Self::Declared => "declared",
            Self::Signed => "signed",
            Self::Person => "person",
        }
    }
}

/// Where an AI-made or suspect asset stands with the people who must clear it. A summary for
/// lists; the gate never reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clearance {
    /// Nobody said anything yet.
    Undeclared,
    /// Its use was declared.
    Declared,
    /// What was declared was sent to the commissioner's contact.
    Reported,
    /// At least one active approval of scope final.
    Approved,
    /// The newest decision is a rejection.
    Rejected,
    /// It was approved, and that was withdrawn.
    Revoked,
    /// It was approved, and the approval ran out.
    Expired,
}

impl Clearance {
    /// Every one, in the order of the work.
    pub const ALL: &'static [Self] = &[
        Self::Undeclared,
        Self::Declared,
        Self::Reported,
        Self::Approved,
        Self::Rejected,
        Self::Revoked,
        Self::Expired,
    ];

    /// As it is written in JSON and in text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undeclared => "undeclared",
            Self::Declared => "declared",
            Self::Reported => "reported",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}
