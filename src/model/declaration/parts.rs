//! What a declaration lists: inputs, performers, steps of a pipeline.

use serde::{Deserialize, Serialize};

use crate::model::{Answer, Document, TalentExemption, TalentUse};

/// What went into a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "InputText")]
pub struct Input {
    /// What it is: a path, an id or a description.
    pub what: String,
    /// Who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Under what it may be used: a licence, a letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<String>,
    /// The commissioner's own, unreleased material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proprietary: Option<Answer>,
    /// Data of people: cast, crew, anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_data: Option<Answer>,
    /// Owned or controlled by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third_party: Option<Answer>,
}

/// A performer in a use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TalentText")]
pub struct Talent {
    /// Who.
    pub name: String,
    /// What is done; not said counts as a replica.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub made: Option<TalentUse>,
    /// Why no further consent is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exempt: Option<TalentExemption>,
    /// Where the consent is: a number, a file, a clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The consent itself, kept in the project's documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_document: Option<Document>,
    /// The day it was given, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_date: Option<String>,
    /// The last day it holds, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_until: Option<String>,
    /// What it allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The production it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<String>,
    /// Where it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
    /// For how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The guild that covers them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guild: Option<String>,
    /// When they or the guild were given notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Who represented them: counsel, union, agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub represented_by: Option<String>,
    /// Whether they are a minor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor: Option<Answer>,
}

impl Talent {
    /// Whether the guidance asks for consent that is not on record. An exemption of a replica is from
    /// *further* consent to use one that was consented to; only alterations can do without.
    pub fn lacks_consent(&self) -> bool {
        use TalentExemption as E;
        let named =
            |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        if named(&self.consent) || self.consent_document.is_some() {
            return false;
        }
        match self.made {
            Some(TalentUse::Alteration) => {
                !matches!(self.exempt, Some(E::AsPerformed | E::Customary | E::Agreed))
            }
            Some(TalentUse::Synthetic) => false,
            Some(TalentUse::Replica) | None => true,
        }
    }
}

/// A tool or model that a vendor's pipeline goes through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StepText")]
pub struct PipelineStep {
    /// The tool.
    pub tool: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The model in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it does there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub does: Option<String>,
    /// Whether it meets the guidance for data, consent and content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meets_guidance: Option<Answer>,
}

macro_rules! or_text {
    ($raw:ident, $full:ident => $target:ident { $key:ident; $($field:ident $(= $rename:literal)?: $kind:ty),* $(,)? }) => {
        /// Written as a table, or as a bare string where there is no more to say.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum $raw {
            Text(String),
            Full(Box<$full>),
        }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $full {
            $key: String,
            $(#[serde(default $(, rename = $rename)?)] $field: Option<$kind>,)*
        }

        impl From<$raw> for $target {
            fn from(raw: $raw) -> Self {
                match raw {
                    $raw::Text($key) => Self { $key, ..Self::default() },
                    $raw::Full(one) => Self { $key: one.$key, $($field: one.$field,)* },
                }
            }
        }
    };
}

or_text!(InputText, FullInput => Input {
    what; owner: String, clearance: String, proprietary: Answer, personal_data: Answer,
    third_party: Answer,
});
or_text!(TalentText, FullTalent => Talent {
    name; made = "use": TalentUse, exempt: TalentExemption, consent: String,
    consent_document: Document, consent_date: String, consent_until: String, scope: String,
    production: String, territory: String, duration: String, guild: String, notice: String,
    represented_by: String, minor: Answer,
});
or_text!(StepText, FullStep => PipelineStep {
    tool; version: String, model: String, does: String, meets_guidance: Answer,
});
