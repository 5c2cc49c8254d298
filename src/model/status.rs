//! The words for what is known of an asset's origin, as they appear in output.

use serde::Deserialize;

use crate::model::words;

words! {
    /// Whether an asset is AI-made. Decided by `origin` from evidence and people's determinations.
    #[derive(PartialOrd, Ord, Hash, Deserialize)]
    pub enum AiStatus {
        /// Wholly generated.
        Ai = "ai",
        /// Contains, or was altered by, generative AI.
        AiPart = "ai-part",
        /// A weak mark: a person must decide.
        Suspect = "suspect",
        /// A person determined so, or a trusted capture claim says so.
        NotAi = "not-ai",
        /// No mark, which says nothing.
        Unknown = "unknown",
    }
}

impl AiStatus {
    /// `ai`, `ai-part` and `suspect`: what `ls --ai` lists.
    pub const fn is_ai_or_suspect(self) -> bool {
        matches!(self, Self::Ai | Self::AiPart | Self::Suspect)
    }
}

words! {
    /// How strong the evidence is that decided a status; stronger is greater.
    #[derive(PartialOrd, Ord, Hash, Deserialize)]
    pub enum Strength {
        /// Taken over from a parent asset.
        Inherited = "inherited",
        /// A pattern that fits generators, and sometimes other things.
        Heuristic = "heuristic",
        /// What a tool left behind: parameters, a software string.
        Trace = "trace",
        /// A standard label, unsigned.
        Declared = "declared",
        /// A standard label in a signed manifest.
        Signed = "signed",
        /// A person's recorded determination.
        Person = "person",
    }
}

words! {
    /// Where an AI-made or suspect asset stands with the people who must clear it. A summary for
    /// lists; the gate never reads it.
    #[derive(PartialOrd, Ord, Hash, Deserialize)]
    pub enum Clearance {
        /// Nobody said anything yet.
        Undeclared = "undeclared",
        /// Its use was declared.
        Declared = "declared",
        /// What was declared was sent to the commissioner's contact.
        Reported = "reported",
        /// At least one active approval of scope final.
        Approved = "approved",
        /// The newest decision is a rejection.
        Rejected = "rejected",
        /// It was approved, and that was withdrawn.
        Revoked = "revoked",
        /// It was approved, and the approval ran out.
        Expired = "expired",
    }
}
