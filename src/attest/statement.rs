//! What is signed: in-toto Statements (in-toto attestation framework, Statement v1).
//!
//! A statement is written once, signed, and its exact bytes are kept. Nobody has to write it the same
//! way again: reading is enough. A field that is not known is an error, because it could be the one
//! that takes something back.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::model::{ApprovalId, AssetId, DeclarationVersion, Scope, Signed, Timestamp};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// What a statement says of its subjects.
pub trait Predicate: Serialize + DeserializeOwned {
    /// Names the kind of predicate and its version.
    const TYPE: &'static str;
}

/// A statement: what it is about, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement<P> {
    #[serde(rename = "_type")]
    kind: String,
    /// What it is about, by content.
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// What it says.
    pub predicate: P,
}

/// Something a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What it is called here. Left out for media: approved is the content, whatever its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its content.
    pub digest: Digests,
}

/// A content, by both hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// BLAKE3-256: what the ledger knows it by.
    pub blake3: AssetId,
    /// SHA-256 in lowercase hex: what everybody else can check. Left out for an event of the journal,
    /// whose chain hash is BLAKE3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// An approval, or the confirmation of a determination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalPredicate {
    /// The newest decision on record when it was signed, `SEQ:HASH`: it stands for all of history up to
    /// there. So an approval is for one production, and one that was signed vouches for its past.
    pub head: String,
    /// Who says it; also the principal of the signature.
    pub by: String,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// What is allowed.
    pub scope: Scope,
    /// The deliverables it is for; empty means all.
    pub deliverables: Vec<String>,
    /// What it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    /// The last moment it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The written approval.
    pub documents: Vec<Subject>,
    /// The declaration it was given under, as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<DeclarationVersion>,
    /// The approval it extends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<ApprovalId>,
    /// Whether it confirms a contested determination instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub determination: bool,
    /// BLAKE3-256 of the text of the policy in force.
    pub policy: AssetId,
}

/// That the conditions of an approval are met. Its subject is the approval's event, by chain hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionPredicate {
    /// The newest decision on record when it was signed, `SEQ:HASH`.
    pub head: String,
    /// The approval.
    pub approval: ApprovalId,
    /// Who says it.
    pub by: String,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// What the approval was bound to.
    pub conditions: String,
    /// How it was met.
    pub note: String,
    /// What shows it.
    pub documents: Vec<Subject>,
}

/// That the policy and the approvers in force are meant. Its subjects are their texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyPredicate {
    /// The newest decision on record when it was signed, `SEQ:HASH`.
    pub head: String,
    /// Who says it.
    pub by: String,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Why it was changed.
    pub note: String,
}

impl Predicate for ApprovalPredicate {
    const TYPE: &'static str = "urn:genlock:approval:v1";
}

impl Predicate for ConditionPredicate {
    const TYPE: &'static str = "urn:genlock:condition-met:v1";
}

impl Predicate for PolicyPredicate {
    const TYPE: &'static str = "urn:genlock:policy-acknowledged:v1";
}

impl<P: Predicate> Statement<P> {
    /// Says something of contents.
    pub fn new(subject: Vec<Subject>, predicate: P) -> Self {
        let (kind, predicate_type) = (STATEMENT.to_owned(), P::TYPE.to_owned());
        Self { kind, subject, predicate_type, predicate }
    }

    /// The text that is signed and kept.
    pub fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Reads a statement of this kind; the error is for people.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.kind != STATEMENT || read.predicate_type != P::TYPE {
            return Err("it is of another kind".to_owned());
        }
        Ok(read)
    }
}

impl Digests {
    /// Of bytes that are at hand.
    pub fn of(bytes: &[u8]) -> Self {
        let sha256 = hex(&sha2::Sha256::digest(bytes));
        Self { blake3: AssetId::from(blake3::hash(bytes)), sha256: Some(sha256) }
    }
}

/// The SHA-256 of each content that a signed approval is about, as it names them. Says nothing of the
/// signature: ask first whether it holds.
pub fn sha256_of(signed: &Signed) -> Vec<(AssetId, String)> {
    let subjects = Statement::<ApprovalPredicate>::parse(&signed.statement);
    let subjects = subjects.map(|statement| statement.subject).unwrap_or_default();
    let digests = subjects.into_iter().map(|subject| subject.digest);
    digests.filter_map(|one| Some((one.blake3, one.sha256?))).collect()
}

/// Lowercase hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
