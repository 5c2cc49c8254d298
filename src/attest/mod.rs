//! Proof of who said yes: statements, the SSH signatures over them, and the list of who may sign.
//!
//! A statement ([`Statement`]) is an in-toto Statement whose exact bytes are signed and kept. A
//! [`Signer`] signs with a key file or through ssh-agent. [`AllowedSigners`] reads an OpenSSH
//! `allowed_signers` text; [`Attestation`] checks a signature against it. Everything can be checked
//! with `ssh-keygen -Y verify` as well, and must come out the same.
//!
//! Nothing here reads a clock, the ledger or the project; [`Signer`] alone reads a key file and
//! speaks to the agent. Whether an approval is needed, or enough, is for `policy` to say.

mod agent;
mod allowed_signers;
mod attestation;
mod delivery;
mod options;
mod signer;
mod sshsig;
mod statement;

pub use allowed_signers::{AllowedSigners, SignersError, SignersProblem};
pub use attestation::{Attestation, Flaw, Ground, approval, condition, policy};
pub use delivery::{
    Certificate, CertificateFlaw, DeliveryPredicate, Disclosed, PolicyInForce, Warning,
};
pub use signer::{SignError, Signer};
pub use sshsig::{DELIVERY, NAMESPACE};
pub use statement::{
    ApprovalPredicate, ConditionPredicate, Digests, PolicyPredicate, Predicate, Statement, Subject,
    hex, sha256_of,
};
