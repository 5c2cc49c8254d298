//! The register of generative tools: what a production knows of each and its terms.

use serde::{Deserialize, Serialize};

use crate::model::{Answer, Document, is_same_name};

/// What is known of one question about a tool; nobody having answered is not a no.
pub type ToolAnswer = Option<Answer>;

/// A tool as registered. The newest entry of a name and version stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name, as declarations call it.
    pub name: String,
    /// Its version; none for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The plan it is used under, e.g. `pro` or `enterprise`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_tier: Option<String>,
    /// Whether an enterprise agreement covers its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise: ToolAnswer,
    /// Whether it stores what is put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stores: ToolAnswer,
    /// Whether it uses that again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuses: ToolAnswer,
    /// Whether it trains on what is put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trains_on_inputs: ToolAnswer,
    /// Whether it trains on what comes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trains_on_outputs: ToolAnswer,
    /// Its terms, as they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Document>,
    /// The day they were read, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_date: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Tool {
    /// Whether this entry is about a tool of that name and version. Case does not matter; an entry
    /// without a version is about all of them.
    pub fn is(&self, name: &str, version: Option<&str>) -> bool {
        self.is_named(name) && self.version.as_deref().is_none_or(|own| version == Some(own))
    }

    /// Whether this entry is about a tool of that name, in some version. Case does not matter.
    pub fn is_named(&self, name: &str) -> bool {
        is_same_name(&self.name, name)
    }

    /// Whether another entry is about the same name and version.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.is_named(&other.name) && self.version == other.version
    }

    /// What was answered of inputs and outputs.
    pub fn data_answers(&self) -> [ToolAnswer; 4] {
        [self.stores, self.reuses, self.trains_on_inputs, self.trains_on_outputs]
    }

    /// Whether it may keep, re-use or learn from what is put in or comes out: who is unsure cannot say
    /// that it does not. `None` where not everything was answered, and the rest with no.
    pub fn keeps_data(&self) -> Option<bool> {
        let all = self.data_answers();
        if all.iter().any(|one| matches!(one, Some(Answer::Yes | Answer::Unsure))) {
            Some(true)
        } else if all.iter().all(|one| *one == Some(Answer::No)) {
            Some(false)
        } else {
            None
        }
    }
}
