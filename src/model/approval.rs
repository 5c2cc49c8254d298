//! Decisions of the people who may say yes or no.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::{AssetId, DeclarationId, NamedDeclaration, Timestamp, words};

/// `A-n`: the n-th decision on the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApprovalId(pub u64);

impl fmt::Display for ApprovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A-{}", self.0)
    }
}

impl FromStr for ApprovalId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix("A-").and_then(|n| n.parse().ok()).map(Self).ok_or(())
    }
}

words! {
    /// What an approval allows.
    #[derive(Deserialize)]
    pub enum Scope {
        /// Temporary use: edit, pitch, screening copies.
        Temp = "temp",
        /// Part of a final deliverable.
        Final = "final",
    }
}

/// A letter, consent or licence, copied into `.genlock/documents/` under its own hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// BLAKE3-256 of its bytes; also its file name in the store.
    pub hash: AssetId,
    /// The name it had when it was handed over.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// A statement that was signed, and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The statement, byte for byte as it was signed.
    pub statement: String,
    /// As `ssh-keygen -Y sign` writes it.
    pub signature: String,
}

/// The declaration a decision was taken on, as it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclarationVersion {
    /// The declaration.
    pub id: DeclarationId,
    /// Its version.
    pub version: u32,
}

impl DeclarationVersion {
    /// As people name exactly this one.
    pub fn named(self) -> NamedDeclaration {
        NamedDeclaration { id: self.id, version: Some(self.version) }
    }
}

impl fmt::Display for DeclarationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", self.id, self.version)
    }
}

/// A recorded yes. Bound to contents, so a changed byte is not covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its number.
    pub id: ApprovalId,
    /// The contents it covers.
    pub assets: Vec<AssetId>,
    /// Who said yes.
    pub by: String,
    /// Temporary or final use.
    pub scope: Scope,
    /// The deliverables it is for; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliverables: Vec<String>,
    /// The written approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// Conditions it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    /// The last moment it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Confirms a contested `--not-ai` determination instead of approving an AI asset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub determination: bool,
    /// The declaration it was given under: when that changes, it does not hold any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<DeclarationVersion>,
    /// The approval that this one extends to a later version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<ApprovalId>,
    /// What was signed, where it was. It says the same as the fields above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

impl Approval {
    /// A yes and nothing more: for all deliverables, without a document, and bound to nothing.
    pub fn new(id: ApprovalId, assets: Vec<AssetId>, by: &str, scope: Scope) -> Self {
        Self {
            id,
            assets,
            by: by.to_owned(),
            scope,
            deliverables: Vec::new(),
            document: None,
            conditions: None,
            expires: None,
            note: None,
            determination: false,
            declaration: None,
            under: None,
            signed: None,
        }
    }
}

/// A person's word that what an approval is bound to was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionMet {
    /// The approval whose conditions they are.
    pub approval: ApprovalId,
    /// Who says so.
    pub by: String,
    /// How they were met.
    pub note: String,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// What was signed, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

/// A recorded no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Its number, from the same series as approvals.
    pub id: ApprovalId,
    /// The contents it is about.
    pub assets: Vec<AssetId>,
    /// Who said no.
    pub by: String,
    /// The deliverables it is for; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliverables: Vec<String>,
    /// The use that was refused, where that was said. A gate asks of final use: no to a temporary one is
    /// no to that too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Why.
    pub note: String,
    /// The written refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// The declaration that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<DeclarationVersion>,
}

/// Approvals withdrawn, from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The approvals it withdraws.
    pub approvals: Vec<ApprovalId>,
    /// Only for these contents; empty means for all that they cover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<AssetId>,
    /// Who withdrew them.
    pub by: String,
    /// Why.
    pub note: String,
    /// The written withdrawal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}
