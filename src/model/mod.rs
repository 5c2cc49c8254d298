//! The plain values every other room speaks in.
//!
//! Nothing here performs I/O, knows SQL, reads a clock or prints. A type belongs here when two
//! rooms must agree on it; how it is found, stored or shown belongs to them.

mod approval;
mod approvers;
mod asset_id;
mod asset_path;
mod authority;
mod declaration;
mod deliverable;
mod determination;
mod event;
mod evidence;
mod frames;
mod glob;
mod lineage;
mod name;
mod observation;
mod principal;
mod reference;
mod shell;
mod source_type;
mod status;
mod timestamp;
mod tool;
mod value;
mod verdict;
mod words;

pub use approval::{
    Approval, ApprovalId, ConditionMet, DeclarationVersion, Document, Rejection, Revocation, Scope,
    Signed,
};
pub use approvers::{ApproversAdopted, PolicyAcknowledged, TextKind};
pub use asset_id::{AssetId, BadAssetId};
pub use asset_path::{
    AssetPath, BadPath, PROJECT_ROOT, RelPath, RootName, escape_bytes, unescape_bytes,
};
pub use authority::{Authorities, Authority};
pub use declaration::{
    Answer, Attached, Declaration, DeclarationId, Declared, ELEMENTS, IDEATION, Input, Medium,
    NamedDeclaration, PipelineStep, Principles, Prominence, Reported, Talent, TalentExemption,
    TalentUse, Tier, plain_word,
};
pub use deliverable::{
    DeliverableState, Exported, FinalItem, Finalization, GateRun, HarmlessLink, JUDGING, LinkedAs,
    LinkedFile, MadeOf, PackageChecked, Paper, PathPattern, ReferenceLink, Rendered, TimelineRead,
};
pub use determination::{Determination, DeterminedStatus};
pub use event::{
    BadHead, DeliverableDefined, DeliverableNote, DeterminationCleared, Event, Head, PolicyAdopted,
    ProjectCreated, Recorded, Reexamined, RulesAdopted, Seq,
};
pub use evidence::{ContentProblem, Evidence, Examination, Trust};
pub use frames::{FrameKind, FramePattern, frame_kind, frame_number};
pub use glob::Glob;
pub use lineage::{Derivation, GivenName, Identity, Linked, NameKind, Relation, Unlinked};
pub use name::{folded, is_same_name};
pub use observation::{
    DirectoryObserved, Fingerprint, Found, FoundLink, Name, NamedBeside, ObservedBatch, SIDECARS,
    ScanCompleted, Sighting,
};
pub use principal::{MAX_PATTERN, fits_list};
pub use reference::{FrameRange, MediaKind, PrefixMap, Reference, Resolution, Use};
pub use shell::{shell_path, shell_word};
pub use source_type::{Generative, SourceType};
pub use status::{AiStatus, Clearance, Strength};
pub use timestamp::{BadTimestamp, Timestamp};
pub use tool::{Tool, ToolAnswer};
pub use value::{BadValue, Value};
pub use verdict::{
    Finding, FindingCode, MediaProblem, Outcome, RuleCode, Severity, Verdict, Waived,
};
pub(crate) use words::words;
