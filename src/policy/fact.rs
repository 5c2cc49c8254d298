//! The facts a rule may ask about: a closed set, each with its kind and the words it can be.
//!
//! A rule names facts; it never computes. What is not known of an item is *absent*, and every
//! predicate about it is false but `known = false`.

use std::borrow::Cow;

use crate::model::{
    AiStatus, Answer, Clearance, ELEMENTS, Medium, Prominence, Strength, Tier, words,
};

/// What a fact can be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
    /// A number.
    Number,
    /// One of these words, the weaker first where they are ordered.
    Word(&'static [&'static str]),
    /// Some of these words.
    Words(&'static [&'static str]),
    /// Some names, which the policy itself gives: roles.
    Names,
}

impl Kind {
    /// What kind, in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Text => "text",
            Self::Number => "number",
            Self::Word(_) => "word",
            Self::Words(_) => "words",
            Self::Names => "names",
        }
    }

    /// The words it can be, where there is a closed set.
    pub const fn words(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Word(words) | Self::Words(words) => Some(words),
            Self::Flag | Self::Text | Self::Number | Self::Names => None,
        }
    }
}

/// What a fact is about: rules about a declaration are asked once for each one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The deliverable as a whole.
    Deliverable,
    /// A file in it.
    Item,
    /// A declaration that covers the file, and the tools it names.
    Declaration,
}

impl About {
    /// In a word or two.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deliverable => "the deliverable",
            Self::Item => "a file",
            Self::Declaration => "a declaration",
        }
    }
}

/// A fact as it is for one item. Absent when there is nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Not known, or not applicable.
    Absent,
    /// `true` or `false`.
    Flag(bool),
    /// A text or a word.
    Text(Cow<'a, str>),
    /// A number.
    Number(u64),
    /// Some words.
    Words(Vec<&'a str>),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn maybe(text: Option<&'a str>) -> Self {
        text.filter(|text| !text.trim().is_empty()).map_or(Self::Absent, Self::text)
    }

    pub(super) fn said(text: Option<String>) -> Self {
        text.map_or(Self::Absent, |text| Self::Text(Cow::Owned(text)))
    }
}

/// Where facts come from: an item that is judged, or a test of a policy.
pub trait Facts {
    /// What is known.
    fn get(&self, fact: Fact) -> Value<'_>;
}

macro_rules! facts {
    ($($variant:ident = $name:literal, $about:ident, $kind:expr, $meaning:literal;)*) => {
        words! {
            /// A fact, by name.
            #[derive(PartialOrd, Ord, Hash)]
            pub enum Fact {
                $(#[doc = $meaning] $variant = $name,)*
            }
        }

        impl Fact {
            /// What it can be.
            pub fn kind(self) -> Kind {
                match self { $(Self::$variant => $kind),* }
            }

            /// What it is about.
            pub const fn about(self) -> About {
                match self { $(Self::$variant => About::$about),* }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

words! {
    /// What the fact `approval` can be: what comes of everything that was said for and against a file.
    pub enum ApprovalState {
        /// Nobody approved it.
        None = "none",
        /// The newest decision is a no.
        Rejected = "rejected",
        /// The nearest approval lacks something that blocks.
        Short = "short",
        /// An approval holds.
        Holds = "holds",
    }
}

facts! {
    Deliverable = "deliverable", Deliverable, Kind::Text, "the deliverable's name";
    Finalizing = "finalizing", Deliverable, Kind::Flag, "it is to be marked final, and not only looked at";
    Attested = "attested", Deliverable, Kind::Flag, "somebody states that every known use of generative AI is declared";
    AiCount = "deliverable.ai", Deliverable, Kind::Number, "how many files of status ai or ai-part it holds";
    RenderedOnly = "deliverable.rendered-only", Deliverable, Kind::Flag, "it holds rendered movies, and nothing they were made from";
    Changed = "deliverable.changed", Deliverable, Kind::Text, "how it differs from what was finalised, while it is final";

    Path = "path", Item, Kind::Text, "where the file lies";
    MediaType = "media-type", Item, Kind::Text, "what it is by its bytes, e.g. image/png";
    Timeline = "timeline", Item, Kind::Flag, "it is a timeline of the deliverable, and no media";
    Status = "status", Item, Kind::Word(AiStatus::WORDS), "its AI status";
    Ai = "ai", Item, Kind::Flag, "it needs an approval: its status is ai or ai-part, or it is declared and nobody determined that it is not AI, or it was made from such a file";
    SourceType = "source-type", Item, Kind::Text, "the IPTC source type of what decided the status";
    Strength = "strength", Item, Kind::Word(Strength::WORDS), "how strong that is";
    Marked = "marked", Item, Kind::Word(Strength::WORDS), "the strongest mark that says AI, whatever a person determined; not one that only allows it";
    Because = "because", Item, Kind::Text, "the deciding reason of the status";
    Source = "source", Item, Kind::Text, "the id of what it was made from, where that is what must be cleared or determined";
    SourceSuspect = "source.suspect", Item, Kind::Flag, "it is AI-made only by what it was made from, and some of that is suspect and nobody determined it";
    SourceKnown = "source.known", Item, Kind::Flag, "people say what it was made from, up to what is known not to be AI-made";
    DetectedTool = "detected-tool", Item, Kind::Text, "the tool that marks or a person's determination name";
    Determined = "determined", Item, Kind::Flag, "a person determined its origin";
    Contested = "contested", Item, Kind::Flag, "a person says not AI, and a mark says otherwise";
    Confirmed = "confirmed", Item, Kind::Flag, "a second person confirmed what was determined";
    Clearance = "clearance", Item, Kind::Word(Clearance::WORDS), "the summary that ls shows; no bundled rule reads it";

    Approval = "approval", Item, Kind::Word(ApprovalState::WORDS), "none; rejected: the newest decision is a no; short: the nearest one lacks something that blocks; holds";
    ApprovalId = "approval.id", Item, Kind::Text, "the approval that comes nearest to what is needed, A-n";
    ApprovalBy = "approval.by", Item, Kind::Text, "who gave it";
    ApprovalDeclaration = "approval.declaration", Item, Kind::Text, "the declaration it was given under, or is outdated by, D-n";
    ApprovalDocument = "approval.document", Item, Kind::Flag, "it rests on a document that is in the store as it was handed over";
    ApprovalConditions = "approval.conditions", Item, Kind::Text, "what it is bound to";
    ApprovalOpen = "approval.open", Item, Kind::Text, "what of that nobody whose word counts recorded as met";
    ApprovalSigned = "approval.signed", Item, Kind::Flag, "it is signed, and the signature holds";
    ApprovalKey = "approval.key", Item, Kind::Text, "the fingerprint of the key it is signed with";
    ApprovalInvalid = "approval.invalid", Item, Kind::Text, "that its signature proves nothing: why";
    ApprovalNotAllowed = "approval.not-allowed", Item, Kind::Text, "that whoever gave it could not: why";
    ApprovalUnsigned = "approval.unsigned", Item, Kind::Text, "that it carries no signature";
    ApprovedRoles = "approved.roles", Item, Kind::Names, "roles of everybody whose approval of the file holds";
    ApprovalRevoked = "approval.revoked", Item, Kind::Text, "that it was withdrawn: by whom, when, why";
    ApprovalTempOnly = "approval.temp-only", Item, Kind::Text, "that it allows temporary use only";
    ApprovalElsewhere = "approval.elsewhere", Item, Kind::Text, "that it is for other deliverables only";
    ApprovalExpired = "approval.expired", Item, Kind::Text, "that it ran out: when";
    ApprovalOutdated = "approval.outdated", Item, Kind::Text, "that the declaration it was given under, or that the content was under then, has changed";
    ApprovalUndocumented = "approval.undocumented", Item, Kind::Text, "that it has no written document, or lost it";
    ApprovalRejected = "approval.rejected", Item, Kind::Text, "who said no, when and why, where no approval overrules it";
    ApprovalOverrides = "approval.overrides", Item, Kind::Text, "whose no it came after";

    Declared = "declared", Item, Kind::Flag, "a declaration covers the file";
    Reported = "reported", Item, Kind::Flag, "each declaration that covers it was reported as it stands";
    Declaration = "declaration", Declaration, Kind::Text, "the declaration, D-n";
    DeclarationReported = "declaration.reported", Declaration, Kind::Flag, "it was reported as it stands";
    DeclarationApproved = "declaration.approved", Declaration, Kind::Flag, "an approval holds that was given after it got to stand as it does";
    DeclarationTier = "declaration.tier", Declaration, Kind::Word(Tier::WORDS), "report or escalate, by this policy";
    Use = "declaration.use", Declaration, Kind::Text, "what the tool is used for";
    Medium = "declaration.medium", Declaration, Kind::Word(Medium::WORDS), "what is made";
    Phase = "declaration.phase", Declaration, Kind::Text, "when in the production; ideation while nothing made is kept";
    Final = "declaration.final", Declaration, Kind::Flag, "it is to be part of a final deliverable";
    Prominence = "declaration.prominence", Declaration, Kind::Word(Prominence::WORDS), "how much of it is noticed";
    Elements = "declaration.elements", Declaration, Kind::Words(ELEMENTS), "kinds of elements it makes; a word that is none of these counts as other";
    Model = "declaration.model", Declaration, Kind::Text, "the model";
    LicenceTier = "declaration.licence-tier", Declaration, Kind::Text, "the plan the tool is used under";
    Prompts = "declaration.prompts", Declaration, Kind::Number, "how many prompts are on record";
    PersonalData = "declaration.personal-data", Declaration, Kind::Word(Answer::WORDS), "personal data goes in";
    Proprietary = "declaration.proprietary", Declaration, Kind::Word(Answer::WORDS), "the commissioner's unreleased material goes in";
    ThirdPartyIp = "declaration.third-party-ip", Declaration, Kind::Word(Answer::WORDS), "it refers to, copies or resembles what others own";
    PublicFigure = "declaration.public-figure", Declaration, Kind::Word(Answer::WORDS), "it refers to a public figure or a deceased person";
    TrainingUncleared = "declaration.training-uncleared", Declaration, Kind::Text, "what a model is trained on without clearance";
    UnionImpact = "declaration.union-impact", Declaration, Kind::Word(Answer::WORDS), "it replaces or touches work that unions cover";
    CouldMislead = "declaration.could-mislead", Declaration, Kind::Word(Answer::WORDS), "it could be mistaken for real events, people or statements";
    AltersPerformance = "declaration.alters-performance", Declaration, Kind::Word(Answer::WORDS), "it touches the intent, emotion or delivery of a performance";
    Watermarked = "declaration.watermarked", Declaration, Kind::Word(Answer::WORDS), "it carries a visible mark while it is temporary";
    HumanContribution = "declaration.human-contribution", Declaration, Kind::Text, "what people do to it";
    RightsClearance = "declaration.rights-clearance", Declaration, Kind::Text, "where rights were cleared";
    RightsMissing = "declaration.rights-missing", Declaration, Kind::Text, "signage or text that is not said to be temporary, without a word of where rights were cleared";
    Vendor = "declaration.vendor", Declaration, Kind::Text, "who makes it, when not the production itself";
    Pipeline = "declaration.pipeline", Declaration, Kind::Number, "how many tools or models a pipeline goes through";
    PipelineUnmet = "declaration.pipeline-unmet", Declaration, Kind::Text, "steps nobody says meet the guidance";
    P1 = "declaration.p1", Declaration, Kind::Word(Answer::WORDS), "outputs copy nothing that is not owned";
    P2 = "declaration.p2", Declaration, Kind::Word(Answer::WORDS), "the tools keep, re-use and learn nothing";
    P3 = "declaration.p3", Declaration, Kind::Word(Answer::WORDS), "where possible, an enterprise-secured environment";
    P4 = "declaration.p4", Declaration, Kind::Word(Answer::WORDS), "temporary, and not part of final deliverables";
    P5 = "declaration.p5", Declaration, Kind::Word(Answer::WORDS), "replaces no talent and no union-covered work without consent";
    Talent = "talent", Declaration, Kind::Text, "performers it shows, sounds like or changes";
    TalentReplica = "talent.replica", Declaration, Kind::Text, "those of whom a replica is made";
    TalentAltered = "talent.altered", Declaration, Kind::Text, "those whose performance is changed beyond what is customary";
    TalentSynthetic = "talent.synthetic", Declaration, Kind::Text, "performers that are nobody";
    TalentMinor = "talent.minor", Declaration, Kind::Text, "those who are or may be minors";
    ConsentMissing = "talent.consent-missing", Declaration, Kind::Text, "those whose consent is asked for and not on record, or whose document is lost";
    ConsentElsewhere = "talent.consent-elsewhere", Declaration, Kind::Text, "those whose consent is for another production than the policy's";
    ConsentUnplaced = "talent.consent-unplaced", Declaration, Kind::Text, "those whose consent names a production, while the policy names none";
    ConsentExpired = "talent.consent-expired", Declaration, Kind::Text, "those whose consent has run out";
    Tool = "tool", Declaration, Kind::Text, "the tool that is declared";
    ToolUnregistered = "tool.unregistered", Declaration, Kind::Text, "declared tools that are not in the register";
    ToolNotEnterprise = "tool.not-enterprise", Declaration, Kind::Text, "registered tools that nobody says are under an enterprise agreement";
    ToolTrains = "tool.trains", Declaration, Kind::Text, "registered tools that store, re-use or train on inputs or outputs";
    ToolApproved = "tool.approved", Declaration, Kind::Flag, "an approval holds that was given after the declaration, and what the register says of its tools, got to stand as they do";
    ToolUnknownTerms = "tool.unknown-terms", Declaration, Kind::Text, "registered tools of which nobody answered that";
    ToolTermsMissing = "tool.terms-missing", Declaration, Kind::Text, "registered tools whose terms are not on record, or not kept as they were";
}

impl Fact {
    /// Finds a fact by name; `_` stands for `-`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::from_word(&name.replace('_', "-"))
    }
}
