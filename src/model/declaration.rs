//! Declarations: what a production says of a use of generative AI, and what it answered.
//!
//! One shape for the journal and for `declare --from`. A question nobody answered is left out; where
//! a rule asks a question of principle, no answer counts as no.

mod parts;
mod words;

pub use parts::{Input, PipelineStep, Talent};
pub use words::{
    Answer, ELEMENTS, IDEATION, Medium, Prominence, TalentExemption, TalentUse, Tier, plain_word,
};

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{AssetId, Document, PathPattern};

/// `D-n`: the n-th declaration on the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeclarationId(pub u64);

impl fmt::Display for DeclarationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "D-{}", self.0)
    }
}

impl FromStr for DeclarationId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix("D-").and_then(|n| n.parse().ok()).map(Self).ok_or(())
    }
}

/// A declaration as somebody names it: `D-n`, or `D-nvM` for the version that they read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedDeclaration {
    /// The declaration.
    pub id: DeclarationId,
    /// The version, where one was named.
    pub version: Option<u32>,
}

impl fmt::Display for NamedDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)?;
        self.version.map_or(Ok(()), |version| write!(f, "v{version}"))
    }
}

impl FromStr for NamedDeclaration {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, version) = match text.split_once('v') {
            Some((id, version)) => (id, Some(version.parse().map_err(|_| ())?)),
            None => (text, None),
        };
        Ok(Self { id: id.parse()?, version })
    }
}

/// The five guiding principles, as a person answered them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principles {
    /// Outputs copy nothing that is not owned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p1: Option<Answer>,
    /// The tools keep, re-use and learn nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p2: Option<Answer>,
    /// Where possible, an enterprise-secured environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p3: Option<Answer>,
    /// Temporary, and not part of final deliverables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p4: Option<Answer>,
    /// Replaces no talent and no union-covered work without consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p5: Option<Answer>,
}

/// What a production says of one use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// What is made with it and why, in a sentence.
    #[serde(rename = "use")]
    pub purpose: String,
    /// What is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// When in the production; `ideation` while nothing made is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Whether it is to be part of a final deliverable.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub is_final: Option<bool>,
    /// How much of it is noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prominence: Option<Prominence>,
    /// Kinds of elements, words of [`ELEMENTS`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", deserialize_with = "elements")]
    pub elements: BTreeSet<String>,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_version: Option<String>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its version or checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<String>,
    /// The plan the tool is used under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_tier: Option<String>,
    /// What it was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<String>,
    /// What went in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Whether personal data goes in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_data: Option<Answer>,
    /// Whether the commissioner's unreleased material goes in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proprietary: Option<Answer>,
    /// Whether it refers to, copies or resembles what others own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third_party_ip: Option<Answer>,
    /// Whether it refers to a public figure or a deceased person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_figure: Option<Answer>,
    /// Performers it shows, sounds like or changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub talent: Vec<Talent>,
    /// Whether a change touches the intent, emotion or delivery of a performance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alters_performance: Option<Answer>,
    /// What a model is trained or tuned on for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_data: Option<String>,
    /// Under what that may be used for training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_clearance: Option<String>,
    /// Whether it replaces or touches work that unions cover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub union_impact: Option<Answer>,
    /// Whether it could be mistaken for real events, people or statements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub could_mislead: Option<Answer>,
    /// Whether it carries a visible mark while it is temporary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermarked: Option<Answer>,
    /// What people do to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_contribution: Option<String>,
    /// Who makes it, when it is not the production itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Each tool or model of a pipeline of several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pipeline: Vec<PipelineStep>,
    /// Where rights were cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights_clearance: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The five answers.
    #[serde(default)]
    pub principles: Principles,
}

fn elements<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    let all = Vec::<String>::deserialize(deserializer)?;
    Ok(all.iter().map(|one| plain_word(one)).collect())
}

impl Declaration {
    /// The worst of a question asked of the whole and of each input: yes, else unsure, else no.
    fn worst(all: impl Iterator<Item = Option<Answer>>) -> Option<Answer> {
        all.flatten().max_by_key(|answer| match answer {
            Answer::No => 0,
            Answer::Unsure => 1,
            Answer::Yes => 2,
        })
    }

    /// Whether personal data goes in, at all.
    pub fn any_personal_data(&self) -> Option<Answer> {
        let inputs = self.inputs.iter().map(|input| input.personal_data);
        Self::worst(inputs.chain([self.personal_data]))
    }

    /// Whether the commissioner's material goes in, at all.
    pub fn any_proprietary(&self) -> Option<Answer> {
        let inputs = self.inputs.iter().map(|input| input.proprietary);
        Self::worst(inputs.chain([self.proprietary]))
    }

    /// Whether anything others own is in it. An input with a clearance is answered for.
    pub fn any_third_party(&self) -> Option<Answer> {
        let blank = |clearance: &String| clearance.trim().is_empty();
        let open = self.inputs.iter().filter(|one| one.clearance.as_ref().is_none_or(blank));
        Self::worst(open.map(|input| input.third_party).chain([self.third_party_ip]))
    }

    /// Every tool it names, with its version.
    pub fn tools(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let own = self.tool.as_deref().map(|tool| (tool, self.tool_version.as_deref()));
        let steps = self.pipeline.iter().map(|step| (step.tool.as_str(), step.version.as_deref()));
        own.into_iter().chain(steps)
    }
}

/// A declaration, new or in a new version. Where there was one of that id, it takes its place;
/// what is attached stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Its number.
    pub id: DeclarationId,
    /// Its version, from 1.
    pub version: u32,
    /// What is said.
    pub declaration: Box<Declaration>,
    /// What it was answered with, by the policy of then.
    pub tier: Tier,
    /// Contents it is for, besides those of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<AssetId>,
    /// Where what it is for lies or will lie.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub globs: Vec<PathPattern>,
}

/// More that a declaration is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// The declaration.
    pub declaration: DeclarationId,
    /// Contents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<AssetId>,
    /// Where more of it lies or will lie.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub globs: Vec<PathPattern>,
}

/// A declaration was sent to the commissioner's contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The declaration.
    pub declaration: DeclarationId,
    /// The version that was sent.
    pub version: u32,
    /// Whom it was sent to.
    pub to: String,
    /// The day, `YYYY-MM-DD`; the day of the event when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// What was sent or answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}
