//! What a gate answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{AssetId, AssetPath, Timestamp, words};

macro_rules! rule_codes {
    ($($variant:ident = $code:literal, $meaning:literal;)*) => {
        words! {
            /// The stable code of a finding. Scripts match on it; a code is never given a new meaning.
            #[derive(PartialOrd, Ord, Hash, Deserialize)]
            pub enum RuleCode {
                $(#[doc = $meaning] $variant = $code,)*
            }
        }

        impl RuleCode {
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
    ApprovalRejected = "approval-rejected", "an asset was refused by the people who decide, whatever it is taken for";
    ApprovalNoDocument = "approval-no-document", "an AI-made asset's approval has no written document";
    ApprovalUnsigned = "approval-unsigned", "an approval carries no signature";
    ApprovalInvalid = "approval-invalid", "an approval is signed, and its signature proves nothing";
    ApproverNotAllowed = "approver-not-allowed", "an approval is by somebody who may not give it";
    PolicyChanged = "policy-changed", "policy or approvers were changed and nobody acknowledged it";
    ConditionsOpen = "conditions-open", "an approval is bound to conditions nobody recorded as met";
    ApprovalOverridesRejection = "approval-overrides-rejection", "an approval came after somebody's rejection";
    SuspectUndetermined = "suspect-undetermined", "an asset carries a weak mark and no person has decided";
    DeterminationContradictsMark = "determination-contradicts-mark", "a person determined that an asset is not AI although it carries a mark";
    DeterminationContradictsDeclaration = "determination-contradicts-declaration", "a person determined that an asset is not AI although it is declared";
    MediaMissing = "media-missing", "something the deliverable names is not there";
    MediaChanged = "media-changed", "a file kept changing while it was read";
    MediaUnread = "media-unread", "content could not be read or fully examined";
    MediaUnresolved = "media-unresolved", "a reference leads to nothing the project knows";
    PackageMismatch = "package-mismatch", "a package is not what its own lists say";
    PathUnmatched = "path-unmatched", "a pattern of the deliverable fits no file";
    FinalChanged = "final-changed", "a final deliverable holds something else than was finalised";
    DeliverableEmpty = "deliverable-empty", "the deliverable contains nothing";
    ApprovalOutdated = "approval-outdated", "the declaration an approval was given under has changed since";
    AiUndeclared = "ai-undeclared", "an AI-made asset is in no declaration of use";
    AiUnreported = "ai-unreported", "a declared use was not reported to the commissioner, or changed since";
    OriginUnknown = "origin-unknown", "nothing says where an asset comes from";
    SourcesUndeclared = "sources-undeclared", "the deliverable names only rendered files and nothing they were made from";
    TalentConsentMissing = "talent-consent-missing", "a declared use shows or sounds like a performer whose consent is not on record";
    ConsentOutOfScope = "consent-out-of-scope", "a performer's consent is for another production, or has run out";
    ProductionUnset = "production-unset", "a performer's consent names a production, and the policy none to compare it with";
    RightsClearanceMissing = "rights-clearance-missing", "signage or text is to be final, and nobody says where its rights were cleared";
    TalentUnapproved = "talent-unapproved", "a use makes a voice, a likeness or a performance, or may change one, and nobody approved that";
    PersonalDataUnapproved = "personal-data-unapproved", "personal data went into a tool, and nobody approved that";
    ProprietaryUnapproved = "proprietary-unapproved", "the commissioner's unreleased material went into a tool, and nobody approved that";
    ThirdPartyIpUnapproved = "third-party-ip-unapproved", "a use rests on or resembles what others own, and nobody approved that";
    LikenessUnapproved = "likeness-unapproved", "a use refers to a public figure or a deceased person, and nobody approved that";
    TrainingDataUncleared = "training-data-uncleared", "a model was trained or tuned on material without clearance";
    KeyElementUnapproved = "key-element-unapproved", "a main character, key visual or central setting is generated, and nobody approved that";
    HumanInputMissing = "human-input-missing", "a prominent generated element is final and nobody says what people contributed";
    DeclaredTemporary = "declared-temporary", "an asset that was declared to be temporary is in a deliverable";
    MisleadingContent = "misleading-content", "a use could be mistaken for real events, and nobody approved that";
    UnionImpact = "union-impact", "a use touches work that unions cover, and nobody approved that";
    ToolUnregistered = "tool-unregistered", "a declared tool is not in the register";
    ToolNotEnterprise = "tool-not-enterprise", "a declared tool is not under an enterprise agreement";
    ToolTrainsOnData = "tool-trains-on-data", "a declared tool stores, re-uses or trains on what is put in or comes out";
    ToolTermsUnreviewed = "tool-terms-unreviewed", "the terms of a declared tool are not on record, or not kept as they were";
    AttestationMissing = "attestation-missing", "nobody stated that every known use of generative AI is declared";
    AttestationContradicted = "attestation-contradicted", "somebody states that every known use is declared, and this one is not";
    ExceptionUnused = "exception-unused", "a waiver of the policy has run out or matches nothing";
}

/// The code of a finding: one of ours, or one that a policy brings along.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingCode {
    /// A code of this program.
    BuiltIn(RuleCode),
    /// The code of a rule that somebody wrote into a policy.
    Own(Arc<str>),
}

impl FindingCode {
    /// As it is written in JSON, in text and in policies.
    pub fn as_str(&self) -> &str {
        match self {
            Self::BuiltIn(code) => code.as_str(),
            Self::Own(code) => code,
        }
    }

    /// Whether the finding says "could not look" rather than "looked, and no".
    pub fn is_media(&self) -> bool {
        matches!(self, Self::BuiltIn(code) if code.is_media())
    }
}

impl From<RuleCode> for FindingCode {
    fn from(code: RuleCode) -> Self {
        Self::BuiltIn(code)
    }
}

impl PartialEq<RuleCode> for FindingCode {
    fn eq(&self, other: &RuleCode) -> bool {
        matches!(self, Self::BuiltIn(code) if code == other)
    }
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

words! {
    /// What a finding does to the verdict.
    #[derive(PartialOrd, Ord, Hash, Deserialize)]
    pub enum Severity {
        /// Said, and nothing more.
        Warn = "warn",
        /// The deliverable cannot pass.
        Block = "block",
    }
}

/// One reason, and what would clear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub code: FindingCode,
    /// What it does to the verdict.
    pub severity: Severity,
    /// The content it is about; none where content is what is lacking.
    pub asset: Option<AssetId>,
    /// Where in the deliverable; none for the deliverable as a whole.
    pub path: Option<AssetPath>,
    /// Why, in a sentence for the person who must act. Many findings share one.
    pub why: Arc<str>,
    /// What would clear it, as a command where one exists.
    pub fix: Arc<str>,
}

/// A finding that a waiver of the policy keeps out of the verdict. Shown with it: a waiver is a
/// decision somebody stands for, not a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// What would have been found.
    pub finding: Finding,
    /// Who waived it.
    pub who: String,
    /// Why.
    pub why: String,
    /// The last moment the waiver holds.
    pub until: Timestamp,
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
    /// What a person may call the reference of a timeline that it is about, to say what that means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

words! {
    /// The answer.
    #[derive(Deserialize)]
    pub enum Outcome {
        /// Nothing blocks.
        Pass = "pass",
        /// Something other than `media-*` blocks.
        Refused = "refused",
        /// Only `media-*` findings block.
        CannotTell = "cannot-tell",
    }
}

impl Outcome {
    /// The answer to two questions at once.
    #[must_use]
    pub const fn worst(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused, _) | (_, Self::Refused) => Self::Refused,
            (Self::CannotTell, _) | (_, Self::CannotTell) => Self::CannotTell,
            (Self::Pass, Self::Pass) => Self::Pass,
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
    /// What waivers kept out of them.
    pub waived: Vec<Waived>,
    /// How many files were judged.
    pub checked: u64,
}

impl Verdict {
    /// Sorts the findings and draws the answer from them.
    pub fn of(mut findings: Vec<Finding>, mut waived: Vec<Waived>, checked: u64) -> Self {
        let order = |a: &Finding, b: &Finding| {
            b.severity
                .cmp(&a.severity)
                .then_with(|| a.path.cmp(&b.path))
                .then_with(|| a.code.cmp(&b.code))
        };
        // A hundred thousand files come in order already, and moving their findings takes time.
        if !findings.is_sorted_by(|a, b| order(a, b).is_le()) {
            findings.sort_by(order);
        }
        waived.sort_by(|a, b| order(&a.finding, &b.finding));
        let blocks = || findings.iter().filter(|finding| finding.severity == Severity::Block);
        let outcome = if blocks().any(|finding| !finding.code.is_media()) {
            Outcome::Refused
        } else if blocks().next().is_some() {
            Outcome::CannotTell
        } else {
            Outcome::Pass
        };
        Self { outcome, findings, waived, checked }
    }
}
