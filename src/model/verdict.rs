//! What a gate answers.

use serde::{Deserialize, Serialize};

use crate::model::{AssetId, AssetPath};

macro_rules! rule_codes {
    ($($variant:ident = $code:literal, $meaning:literal;)*) => {
        /// The stable code of a finding. Scripts match on it; a code is never given a new meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RuleCode {
            $(#[doc = $meaning] #[serde(rename = $code)] $variant,)*
        }

        impl RuleCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it is written in JSON, in text and in policies.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// One sentence on what it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

rule_codes! {
    AiUnapproved = "ai-unapproved", "an AI-made asset has no approval at all";
    ApprovalTempOnly = "approval-temp-only", "an AI-made asset is approved for temporary use only";
    ApprovalNotForThisDeliverable = "approval-not-for-this-deliverable", "an AI-made asset is approved for other deliverables only";
    ApprovalExpired = "approval-expired", "an AI-made asset's approval has run out";
    ApprovalRevoked = "approval-revoked", "an AI-made asset's approval was withdrawn";
    ApprovalRejected = "approval-rejected", "an AI-made asset was refused by the people who decide";
    ApprovalNoDocument = "approval-no-document", "an AI-made asset's approval has no written document";
    ApprovalUnsigned = "approval-unsigned", "an approval carries no signature";
    ApprovalInvalid = "approval-invalid", "an approval is signed, and its signature proves nothing";
    ApproverNotAllowed = "approver-not-allowed", "an approval is by somebody who may not give it";
    PolicyChanged = "policy-changed", "policy or approvers were changed and nobody acknowledged it";
    ConditionsOpen = "conditions-open", "an approval is bound to conditions nobody recorded as met";
    ApprovalOverridesRejection = "approval-overrides-rejection", "an approval came after somebody's rejection";
    SuspectUndetermined = "suspect-undetermined", "an asset carries a weak mark and no person has decided";
    DeterminationContradictsMark = "determination-contradicts-mark", "a person determined that an asset is not AI although it carries a mark";
    MediaMissing = "media-missing", "something the deliverable names is not there";
    MediaChanged = "media-changed", "a file kept changing while it was read";
    MediaUnread = "media-unread", "content could not be read or fully examined";
    MediaUnresolved = "media-unresolved", "a reference leads to nothing the project knows";
    PathUnmatched = "path-unmatched", "a pattern of the deliverable fits no file";
    FinalChanged = "final-changed", "a final deliverable holds something else than was finalised";
    DeliverableEmpty = "deliverable-empty", "the deliverable contains nothing";
}

impl RuleCode {
    /// Whether the finding says "could not look" rather than "looked, and no".
    pub const fn is_media(self) -> bool {
        matches!(
            self,
            Self::MediaMissing | Self::MediaChanged | Self::MediaUnread | Self::MediaUnresolved
        )
    }
}

/// What a finding does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Said, and nothing more.
    Warn,
    /// The deliverable cannot pass.
    Block,
}

impl Severity {
    /// As it is written in JSON, in text and in policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}

/// One reason, and what would clear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub code: RuleCode,
    /// What it does to the verdict.
    pub severity: Severity,
    /// The content it is about; none where content is what is lacking.
    pub asset: Option<AssetId>,
    /// Where in the deliverable; none for the deliverable as a whole.
    pub path: Option<AssetPath>,
    /// Why, in a sentence for the person who must act.
    pub why: String,
    /// What would clear it, as a command where one exists.
    pub fix: String,
}

/// What kept a gate from knowing what a path holds. Journalled with the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaProblem {
    /// One of the `media-*` codes.
    pub code: RuleCode,
    /// Where.
    pub path: AssetPath,
    /// What happened.
    pub problem: String,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing blocks.
    Pass,
    /// Something other than `media-*` blocks.
    Refused,
    /// Only `media-*` findings block.
    CannotTell,
}

impl Outcome {
    /// As it is written in JSON and in text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Refused => "refused",
            Self::CannotTell => "cannot-tell",
        }
    }
}

/// A deliverable judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub outcome: Outcome,
    /// Every reason, blocking ones first, then by path.
    pub findings: Vec<Finding>,
    /// How many files were judged.
    pub checked: u64,
}

impl Verdict {
    /// Sorts the findings and draws the answer from them.
    pub fn of(mut findings: Vec<Finding>, checked: u64) -> Self {
        findings.sort_by(|a, b| {
            b.severity.cmp(&a.severity).then_with(|| a.path.cmp(&b.path)).then(a.code.cmp(&b.code))
        });
        let blocks = || findings.iter().filter(|finding| finding.severity == Severity::Block);
        let outcome = if blocks().any(|finding| !finding.code.is_media()) {
            Outcome::Refused
        } else if blocks().next().is_some() {
            Outcome::CannotTell
        } else {
            Outcome::Pass
        };
        Self { outcome, findings, checked }
    }
}
