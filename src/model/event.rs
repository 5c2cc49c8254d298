//! The journal's alphabet: every fact that can enter the ledger.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::{
    Approval, ApproversAdopted, AssetId, AssetPath, Attached, ConditionMet, Declared,
    Determination, Exported, Finalization, GateRun, Linked, ObservedBatch, PackageChecked,
    PathPattern, PolicyAcknowledged, ReferenceLink, Rejection, Rendered, Reported, Revocation,
    ScanCompleted, Timestamp, Tool, Unlinked,
};

/// Position in the journal, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The newest event and its chain hash: all of history in 32 bytes. Written `SEQ:HASH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its position; 0 before the first event.
    pub seq: Seq,
    /// Its chain hash; zeros before the first event.
    pub hash: [u8; 32],
}

impl Head {
    /// Before the first event.
    pub const EMPTY: Self = Self { seq: Seq(0), hash: [0; 32] };

    /// The hash in hex.
    pub fn hash_hex(&self) -> String {
        blake3::Hash::from_bytes(self.hash).to_hex().to_string()
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash_hex())
    }
}

/// The text is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SEQ:HASH, as a verdict or genlock verify prints it")]
pub struct BadHead;

impl FromStr for Head {
    type Err = BadHead;

    fn from_str(text: &str) -> Result<Self, BadHead> {
        let (seq, hash) = text.split_once(':').ok_or(BadHead)?;
        let seq = seq.parse().map(Seq).map_err(|_| BadHead)?;
        let hash = blake3::Hash::from_hex(hash).map_err(|_| BadHead)?;
        Ok(Self { seq, hash: *hash.as_bytes() })
    }
}

/// The first event of every ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectCreated {
    /// The program that made it, e.g. `genlock 0.1.0`.
    pub program: String,
    /// The profile its policy was copied from.
    pub profile: String,
    /// The project folder, as it was called then: `init` does not give one ledger to two projects.
    pub folder: String,
    /// The detector set it began with.
    #[serde(default = "first_detectors")]
    pub detectors: u32,
}

const fn first_detectors() -> u32 {
    1
}

/// The path rules in force from here on. Evidence that a rule raised and that is not among them does
/// not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesAdopted {
    /// Their globs, as the settings spell them.
    pub globs: BTreeSet<String>,
}

/// Everything on the ledger that could be read was examined with these detectors and this trust
/// list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reexamined {
    /// The detector set.
    pub detectors: u32,
    /// BLAKE3-256 of the trust list's text, where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_list: Option<AssetId>,
    /// Contents that were examined anew.
    pub assets: u64,
}

/// The policy text in force from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAdopted {
    /// Its profile's name.
    pub profile: String,
    /// BLAKE3-256 of the text.
    pub hash: AssetId,
    /// The whole text, so that a verdict can be repeated years later.
    pub text: String,
    /// Put there by `policy ack`, which showed what is different: then it can be acknowledged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shown: bool,
}

impl Event {
    /// Kinds that only say what was seen. Everything else is a decision, also kinds yet to come.
    pub const OBSERVATIONS: [&'static str; 2] = [Self::OBSERVED, "scan-completed"];

    /// The kind of event that says what lies where.
    pub const OBSERVED: &'static str = "observed";

    /// Whether events of a kind only say what was seen.
    pub fn is_observation(kind: &str) -> bool {
        Self::OBSERVATIONS.contains(&kind)
    }
}

macro_rules! events {
    ($($kind:literal => $variant:ident($payload:ty), $meaning:literal;)*) => {
        /// A fact. In the journal: its kind, and its payload as JSON.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $(#[doc = $meaning] $variant($payload),)*
        }

        impl Event {
            /// Every kind, for documentation and tests.
            pub const KINDS: &'static [(&'static str, &'static str)] = &[$(($kind, $meaning)),*];

            /// The kind as the journal spells it.
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind),* }
            }

            /// The payload as the journal keeps it.
            pub fn to_body(&self) -> serde_json::Result<String> {
                match self { $(Self::$variant(payload) => serde_json::to_string(payload)),* }
            }

            /// Reads an event back. `None` for a kind this program does not know.
            pub fn from_parts(kind: &str, body: &str) -> Option<serde_json::Result<Self>> {
                match kind {
                    $($kind => Some(serde_json::from_str(body).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }
    };
}

/// Naming contents whose determination is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeterminationCleared {
    /// The contents.
    pub assets: Vec<AssetId>,
    /// Whether it is the actor's own word, whatever was said since. If not, it is the newest, whose ever
    /// that is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A deliverable's definition, or an addition to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverableDefined {
    /// Its name.
    pub name: String,
    /// Files, folders and globs to add.
    pub paths: Vec<PathPattern>,
    /// Timelines to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<AssetPath>,
    /// Folders of packages to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<AssetPath>,
}

/// A deliverable's name and a remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverableNote {
    /// Its name.
    pub name: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

events! {
    "project-created" => ProjectCreated(ProjectCreated), "a ledger begins";
    "policy-adopted" => PolicyAdopted(PolicyAdopted), "the policy text in force from here on";
    "policy-acknowledged" => PolicyAcknowledged(PolicyAcknowledged), "every change of policy and approvers so far is known and meant";
    "approvers-adopted" => ApproversAdopted(ApproversAdopted), "the list of approvers in force from here on";
    "rules-adopted" => RulesAdopted(RulesAdopted), "the path rules in force from here on";
    "observed" => Observed(ObservedBatch), "what was seen on disk, in a batch";
    "scan-completed" => ScanCompleted(ScanCompleted), "a scan reached its end";
    "reexamined" => Reexamined(Reexamined), "what was recorded was examined with newer detectors or another trust list";
    "determined" => Determined(Determination), "a person determined an asset's origin";
    "determination-cleared" => DeterminationCleared(DeterminationCleared), "a person withdrew a determination";
    "linked" => Linked(Linked), "a person said what contents were made from";
    "unlinked" => Unlinked(Unlinked), "a person withdrew what contents were made from";
    "declared" => Declared(Declared), "a use of generative AI was declared, or declared anew";
    "attached" => Attached(Attached), "more contents were put under a declaration";
    "reported" => Reported(Reported), "a declaration was sent to the commissioner's contact";
    "tool-registered" => ToolRegistered(Tool), "what is known of a generative tool";
    "approved" => Approved(Approval), "a recorded yes";
    "rejected" => Rejected(Rejection), "a recorded no";
    "revoked" => Revoked(Revocation), "approvals withdrawn";
    "condition-met" => ConditionMet(ConditionMet), "what an approval is bound to was met";
    "deliverable-defined" => DeliverableDefined(DeliverableDefined), "a deliverable was defined or extended";
    "deliverable-removed" => DeliverableRemoved(DeliverableNote), "a deliverable was removed";
    "reference-linked" => ReferenceLinked(ReferenceLink), "a person said what a reference of a timeline means";
    "package-checked" => PackageChecked(PackageChecked), "a package was held against its own lists";
    "gated" => Gated(GateRun), "a gate ran";
    "finalized" => Finalized(Finalization), "a deliverable was marked final";
    "exported" => Exported(Exported), "a final deliverable was copied out, and the copy compared";
    "rendered" => Rendered(Rendered), "a command ran because its deliverable had passed";
    "reopened" => Reopened(DeliverableNote), "a final deliverable was opened again";
}

/// An event as the journal holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place and chain hash.
    pub head: Head,
    /// When it was recorded; never before its predecessor.
    pub at: Timestamp,
    /// Who acted, as `--as`, `GENLOCK_ACTOR` or user@host say.
    pub actor: String,
    /// The fact.
    pub event: Event,
}
