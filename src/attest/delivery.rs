//! Delivery certificates: what was delivered, under which verdict, and who says so.
//!
//! A certificate is an in-toto Statement whose subjects are the files of a delivery by content. It is
//! read on machines that have nothing but the delivery: it says everything itself.

use serde::{Deserialize, Serialize};

use crate::attest::Predicate;
use crate::attest::allowed_signers::AllowedSigners;
use crate::attest::sshsig::{self, DELIVERY, Unreadable};
use crate::attest::statement::{Statement, Subject};
use crate::model::{AssetId, Outcome, RelPath, Timestamp};

/// What a certificate says of the files it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryPredicate {
    /// The deliverable.
    pub deliverable: String,
    /// The verdict, which is always that it passed.
    pub verdict: Outcome,
    /// The event that recorded the verdict, `SEQ:HASH`: it stands for all of history up to there.
    pub head: String,
    /// Files that were judged: what is delivered, and what it was made from.
    pub checked: u64,
    /// What stood beside the verdict and did not block.
    pub warnings: Vec<Warning>,
    /// The policy it was judged by.
    pub policy: PolicyInForce,
    /// BLAKE3-256 of the list of approvers in force, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<AssetId>,
    /// How much of what was judged is AI-made.
    pub disclosed: Disclosed,
    /// When it was exported.
    pub exported_at: Timestamp,
    /// Who exported it.
    pub by: String,
    /// The program that did.
    pub program: String,
    /// Whether every file was read back from the device after it was written.
    pub read_back: bool,
    /// What lay in the folder before, and is no part of the delivery: nobody vouches for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<RelPath>,
}

/// A finding that did not block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Its code.
    pub code: String,
    /// The file it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it says.
    pub why: String,
}

/// The policy in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyInForce {
    /// Its profile.
    pub profile: String,
    /// BLAKE3-256 of its text.
    pub hash: AssetId,
}

/// Files that were judged, by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    /// Wholly AI-made.
    pub ai: u64,
    /// AI-made in part.
    pub ai_part: u64,
    /// With a weak mark, and nobody decided.
    pub suspect: u64,
    /// Somebody determined that it is not.
    pub not_ai: u64,
    /// Nothing says anything.
    pub unknown: u64,
}

impl Predicate for DeliveryPredicate {
    const TYPE: &'static str = "urn:genlock:delivery:v1";
}

/// A certificate that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The files, by the name each has in the delivery.
    pub files: Vec<Subject>,
    /// What is said of them.
    pub said: DeliveryPredicate,
}

/// Why a certificate or its signature proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFlaw {
    /// It is no certificate.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The signature is none.
    #[error("its signature cannot be read: {0}")]
    Signature(String),
    /// The signature is for something else.
    #[error("its signature is for {0:?} and not for deliveries")]
    Namespace(String),
    /// The certificate is not what was signed.
    #[error("its signature is of another text: the certificate was changed")]
    Altered,
    /// The signature is by nobody who may.
    #[error("its signature is by {fingerprint}, which the list of signers does not allow")]
    NotAllowed {
        /// Of the key.
        fingerprint: String,
    },
}

impl Certificate {
    /// Reads a certificate.
    pub fn parse(text: &str) -> Result<Self, CertificateFlaw> {
        let read = Statement::<DeliveryPredicate>::parse(text);
        let Statement { subject, predicate, .. } = read.map_err(CertificateFlaw::Certificate)?;
        Ok(Self { files: subject, said: predicate })
    }

    /// Checks a signature of a certificate's text; gives the fingerprint of the key. With a list of
    /// signers, the key must be one that any of its principals may sign deliveries with at that time.
    pub fn signed(
        text: &str,
        signature: &str,
        signers: Option<&AllowedSigners>,
        at: Timestamp,
    ) -> Result<String, CertificateFlaw> {
        let key = sshsig::open(signature, DELIVERY, text.as_bytes()).map_err(|why| match why {
            Unreadable::Format(how) => CertificateFlaw::Signature(how),
            Unreadable::Namespace(other) => CertificateFlaw::Namespace(other),
            Unreadable::Message => CertificateFlaw::Altered,
        })?;
        let fingerprint = sshsig::fingerprint(&key);
        if signers.is_some_and(|signers| !signers.allow_anybody(&key, DELIVERY, at)) {
            return Err(CertificateFlaw::NotAllowed { fingerprint });
        }
        Ok(fingerprint)
    }
}
