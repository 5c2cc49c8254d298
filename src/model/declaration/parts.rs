//! What a declaration lists: inputs, performers, steps of a pipeline.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{Answer, AssetId, Document, TalentExemption, TalentUse};

/// What went into a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Input {
    /// What it is: a path, an id or a description.
    pub what: String,
    /// Who owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Under what it may be used: a licence, a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearance: Option<String>,
    /// The commissioner's own, unreleased material.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proprietary: Option<Answer>,
    /// Data of people: cast, crew, anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal_data: Option<Answer>,
    /// Owned or controlled by somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_party: Option<Answer>,
}

/// A performer in a use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Talent {
    /// Who.
    pub name: String,
    /// What is done; not said counts as a replica.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub made: Option<TalentUse>,
    /// Why no further consent is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt: Option<TalentExemption>,
    /// Where the consent is: a number, a file, a clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The consent itself, kept in the project's documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_document: Option<Document>,
    /// The day it was given, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_date: Option<String>,
    /// The last day it holds, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_until: Option<String>,
    /// What it allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The production it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub production: Option<String>,
    /// Where it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
    /// For how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The guild that covers them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guild: Option<String>,
    /// When they or the guild were given notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Who represented them: counsel, union, agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub represented_by: Option<String>,
    /// Whether they are a minor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<Answer>,
}

impl Talent {
    /// Whether the guidance asks for consent that is not on record. `is_lost` says of a document whether
    /// it is not kept as it was handed over: then it shows no consent.
    pub fn lacks_consent(&self, is_lost: &dyn Fn(&AssetId) -> bool) -> bool {
        let on_record = match &self.consent_document {
            Some(document) => !is_lost(&document.hash),
            None => self.consent.as_ref().is_some_and(|text| !text.trim().is_empty()),
        };
        !on_record && self.needs_consent()
    }

    /// Whether the guidance asks for consent. An exemption of a replica is from *further* consent to use
    /// one that was consented to; only alterations can do without.
    pub fn needs_consent(&self) -> bool {
        match self.made {
            Some(TalentUse::Alteration) => self.is_altered(),
            Some(TalentUse::Synthetic) => false,
            Some(TalentUse::Replica) | None => true,
        }
    }

    /// Whether a recorded performance is changed beyond what is customary. That it was not safe to perform,
    /// or that nobody can be recognised, excuses replicas only.
    pub fn is_altered(&self) -> bool {
        use TalentExemption as E;
        let excused = matches!(self.exempt, Some(E::AsPerformed | E::Customary | E::Agreed));
        self.made == Some(TalentUse::Alteration) && !excused
    }
}

/// A tool or model that a vendor's pipeline goes through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PipelineStep {
    /// The tool.
    pub tool: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The model in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it does there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub does: Option<String>,
    /// Whether it meets the guidance for data, consent and content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meets_guidance: Option<Answer>,
}

macro_rules! or_text {
    ($full:ident => $target:ident { $key:ident; $($field:ident $(= $rename:literal)?: $kind:ty),* $(,)? }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $full {
            $key: String,
            $(#[serde(default $(, rename = $rename)?)] $field: Option<$kind>,)*
        }

        /// Written as a table, or as a bare string where there is no more to say. By hand, so that what
        /// is wrong in a table is said, and not that it is no string either.
        impl<'de> Deserialize<'de> for $target {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Either;
                impl<'de> Visitor<'de> for Either {
                    type Value = $target;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string or a table")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$target, E> {
                        Ok($target { $key: text.to_owned(), ..$target::default() })
                    }
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$target, A::Error> {
                        let one = $full::deserialize(MapAccessDeserializer::new(map))?;
                        Ok($target { $key: one.$key, $($field: one.$field,)* })
                    }
                }
                deserializer.deserialize_any(Either)
            }
        }
    };
}

or_text!(FullInput => Input {
    what; owner: String, clearance: String, proprietary: Answer, personal_data: Answer,
    third_party: Answer,
});
or_text!(FullTalent => Talent {
    name; made = "use": TalentUse, exempt: TalentExemption, consent: String,
    consent_document: Document, consent_date: String, consent_until: String, scope: String,
    production: String, territory: String, duration: String, guild: String, notice: String,
    represented_by: String, minor: Answer,
});
or_text!(FullStep => PipelineStep {
    tool; version: String, model: String, does: String, meets_guidance: Answer,
});
