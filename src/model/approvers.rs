//! Who may approve, as it was read, and a person's word that a change of the rules is known.

use serde::{Deserialize, Serialize};

use crate::model::{AssetId, Signed, words};

/// The list of approvers in force from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproversAdopted {
    /// BLAKE3-256 of the text.
    pub hash: AssetId,
    /// The whole text, so that a signature can be judged by it years later.
    pub text: String,
    /// Put there by `policy ack`, which showed what is different: then it can be acknowledged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shown: bool,
}

/// Every change of the policy and of the approvers up to here is known and meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAcknowledged {
    /// The policy in force.
    pub policy: AssetId,
    /// The list of approvers in force; none was ever there when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<AssetId>,
    /// Who says so.
    pub by: String,
    /// Why it was changed.
    pub note: String,
    /// What was signed, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

words! {
    /// Which text decides who may say yes to what.
    pub enum TextKind {
        /// A policy.
        Policy = "policy",
        /// A list of approvers.
        Approvers = "approvers",
    }
}
