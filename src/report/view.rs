//! What is shown: plain values in the shape and order that `docs/cli.md` lists, ready for any format.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::model::{
    AiStatus, AssetPath, Clearance, DeliverableState, DeterminedStatus, Evidence, Finding, Outcome,
    Relation, Scope, Severity, SourceType, Strength, Trust, Verdict, Waived, escape_bytes, words,
};
use crate::problem::Problem;
use crate::report::{DeclarationLine, DeclarationView};

/// A path: as UTF-8, and as base64 of the raw bytes where it is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PathView {
    /// As it is shown.
    pub path: String,
    /// The raw bytes, where the name is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
}

impl PathView {
    /// A place that is no asset's path: a folder of the machine, an event.
    pub const fn plain(path: String) -> Self {
        Self { path, path_bytes: None }
    }

    /// A folder of the machine.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let is_utf8 = std::str::from_utf8(bytes).is_ok();
        let path_bytes = (!is_utf8).then(|| STANDARD.encode(bytes));
        Self { path: escape_bytes(bytes).into_owned(), path_bytes }
    }

    /// The path's own bytes.
    pub fn raw(&self) -> Vec<u8> {
        let bytes = self.path_bytes.as_ref().and_then(|text| STANDARD.decode(text).ok());
        bytes.unwrap_or_else(|| self.path.clone().into_bytes())
    }
}

impl From<&AssetPath> for PathView {
    fn from(path: &AssetPath) -> Self {
        Self { path: path.to_string(), path_bytes: path.base64_when_not_utf8() }
    }
}

/// A line of `ls`.
#[derive(Clone, Debug, Serialize)]
pub struct ListRow {
    /// Where; a folded sequence in its folded form.
    #[serde(flatten)]
    pub path: PathView,
    /// Where that is on this machine, if its root is known; for lists that other programs read.
    #[serde(skip)]
    pub disk: Option<PathBuf>,
    /// What; null for a folded sequence, whose frames are one asset each.
    pub asset: Option<String>,
    /// Bytes, of all frames.
    pub size: u64,
    /// What it is by its bytes.
    pub media_type: String,
    /// AI status.
    pub status: AiStatus,
    /// Source type of what decided it.
    pub source_type: Option<SourceType>,
    /// How strong that was.
    pub strength: Option<Strength>,
    /// The tool named by it.
    pub tool: Option<String>,
    /// Where it stands with the people who clear it.
    pub clearance: Option<Clearance>,
    /// Whether it is there.
    pub present: bool,
    /// Its root is not configured any more: nobody can look whether it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unconfigured: bool,
    /// Frames of a folded sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    /// Its first frame number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Its last frame number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
}

/// Everything known of one asset.
#[derive(Clone, Debug, Serialize)]
pub struct AssetView {
    /// Its id.
    pub asset: String,
    /// Bytes.
    pub size: u64,
    /// What it is by its bytes.
    pub media_type: String,
    /// AI status.
    pub status: AiStatus,
    /// Why, the deciding reason first.
    pub why: Vec<String>,
    /// Source type of what decided it.
    pub source_type: Option<SourceType>,
    /// How strong that was.
    pub strength: Option<Strength>,
    /// The tool named by it.
    pub tool: Option<String>,
    /// Where it stands with the people who clear it.
    pub clearance: Option<Clearance>,
    /// Where it is and was.
    pub locations: Vec<LocationView>,
    /// Every mark.
    pub evidence: Vec<EvidenceView>,
    /// What could not be examined.
    pub problems: Vec<String>,
    /// The determination that stands.
    pub determination: Option<DeterminationView>,
    /// Assets it was made from.
    pub parents: Vec<KinView>,
    /// Assets made from it.
    pub children: Vec<KinView>,
    /// How many of both are not listed here.
    #[serde(skip_serializing_if = "is_zero")]
    pub lineage_left_out: u64,
    /// Declarations of its use.
    pub declarations: Vec<DeclarationView>,
    /// Approvals and rejections, in order.
    pub approvals: Vec<ApprovalView>,
    /// Journal events that name it, oldest first.
    pub events: Vec<EventView>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Something an asset was made from, or that was made from it.
#[derive(Clone, Debug, Serialize)]
pub struct KinView {
    /// Its id.
    pub asset: String,
    /// Where it is, or was last.
    #[serde(flatten)]
    pub path: Option<PathView>,
    /// How the one was made from the other.
    #[serde(rename = "as")]
    pub relation: Relation,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Where in the child that was read, and by which name, when nobody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// Its AI status, with what it inherits.
    pub status: AiStatus,
    /// Whether it is in the chain already: names in files lead in a circle, and that is ignored.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub circle: bool,
    /// What that was made from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<KinView>,
    /// What was made from that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<KinView>,
}

/// Where an asset is or was.
#[derive(Clone, Debug, Serialize)]
pub struct LocationView {
    /// Where.
    #[serde(flatten)]
    pub path: PathView,
    /// Whether it is there.
    pub present: bool,
    /// When it was first seen there, RFC 3339.
    pub first_seen: String,
    /// When it was last seen there.
    pub last_seen: String,
    /// What it holds, where its name says another format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misnamed: Option<String>,
}

/// One mark.
#[derive(Clone, Debug, Serialize)]
pub struct EvidenceView {
    /// Which detector saw it.
    pub detector: String,
    /// What it says.
    pub mark: String,
    /// Where exactly.
    pub place: String,
    /// How strong it is.
    pub strength: Strength,
    /// The source type it declares.
    pub source_type: Option<SourceType>,
    /// The tool.
    pub tool: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Who signed it.
    pub signer: Option<String>,
    /// How far the signature can be trusted.
    pub trust: Option<Trust>,
    /// Prompt, seed, parameters.
    pub detail: Option<String>,
}

impl From<Evidence> for EvidenceView {
    fn from(one: Evidence) -> Self {
        Self {
            detector: one.detector,
            mark: one.mark,
            place: one.place,
            strength: one.strength,
            source_type: one.source_type,
            tool: one.tool,
            model: one.model,
            signer: one.signer,
            trust: one.trust,
            detail: one.detail,
        }
    }
}

/// A person's determination.
#[derive(Clone, Debug, Serialize)]
pub struct DeterminationView {
    /// What was determined.
    pub status: DeterminedStatus,
    /// By whom.
    pub by: String,
    /// When.
    pub at: String,
    /// Why.
    pub note: Option<String>,
}

words! {
    /// What was decided.
    pub enum Decision {
        /// A yes.
        Approved = "approved",
        /// A no.
        Rejected = "rejected",
    }
}

words! {
    /// What has become of a decision.
    pub enum DecisionStanding {
        /// An approval that holds.
        Active = "active",
        /// An approval that ran out.
        Expired = "expired",
        /// An approval of something that has changed since.
        Outdated = "outdated",
        /// An approval that was withdrawn.
        Revoked = "revoked",
        /// A rejection.
        Rejected = "rejected",
    }
}

/// An approval or rejection.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalView {
    /// `A-n`.
    pub id: String,
    /// Which of them it is.
    pub decision: Decision,
    /// Who decided.
    pub by: String,
    /// When it was recorded.
    pub at: String,
    /// What it allows; null for a rejection.
    pub scope: Option<Scope>,
    /// Whether it holds.
    pub standing: DecisionStanding,
    /// The deliverables it is for; empty means all.
    pub deliverables: Vec<String>,
    /// Hash of the written document, which is its name in `.genlock/documents/`.
    pub document: Option<String>,
    /// The name it was handed over with.
    pub document_name: Option<String>,
    /// Conditions.
    pub conditions: Option<String>,
    /// The last moment it holds.
    pub expires: Option<String>,
    /// Remarks.
    pub note: Option<String>,
    /// Whether it confirms a contested determination.
    pub determination: bool,
    /// The approval it extends.
    pub under: Option<String>,
    /// Fingerprint of the key it is signed with, where the signature holds.
    pub signature: Option<String>,
    /// Why it does not count, whatever it says.
    pub flaw: Option<String>,
}

/// A line of `log`.
#[derive(Clone, Debug, Serialize)]
pub struct EventView {
    /// Place in the journal.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who acted.
    pub actor: String,
    /// What kind of event.
    pub kind: String,
    /// In a sentence.
    pub summary: String,
    /// Chain hash.
    pub hash: String,
}

/// What a gate says.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictView {
    /// The deliverable.
    pub deliverable: String,
    /// The answer.
    pub verdict: Outcome,
    /// How many files were judged.
    pub checked: u64,
    /// Every reason.
    pub findings: Vec<FindingView>,
    /// What waivers kept out of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<WaivedView>,
    /// What could not be looked at.
    pub problems: Vec<ProblemView>,
    /// The policy it was judged by.
    pub policy: PolicyView,
    /// The event that recorded it.
    pub journal: HeadView,
    /// Where the deliverable stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeliverableState>,
}

/// A policy by name and text.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyView {
    /// The profile.
    pub profile: String,
    /// BLAKE3 of the text.
    pub hash: String,
}

/// A place in the journal.
#[derive(Clone, Debug, Serialize)]
pub struct HeadView {
    /// Place.
    pub seq: u64,
    /// Chain hash.
    pub head: String,
}

impl VerdictView {
    /// Puts a verdict into its shape.
    pub fn new(
        deliverable: String,
        verdict: &Verdict,
        problems: Vec<ProblemView>,
        policy: (String, String),
        journal: (u64, String),
        state: Option<DeliverableState>,
    ) -> Self {
        Self {
            deliverable,
            verdict: verdict.outcome,
            checked: verdict.checked,
            findings: verdict.findings.iter().map(FindingView::from).collect(),
            waived: verdict.waived.iter().map(WaivedView::from).collect(),
            problems,
            policy: PolicyView { profile: policy.0, hash: policy.1 },
            journal: HeadView { seq: journal.0, head: journal.1 },
            state,
        }
    }
}

/// One reason.
#[derive(Clone, Debug, Serialize)]
pub struct FindingView {
    /// Stable code.
    pub code: String,
    /// What it does to the verdict.
    pub severity: Severity,
    /// The asset it is about.
    pub asset: Option<String>,
    /// Where.
    pub path: Option<String>,
    /// The raw bytes of the path, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
    /// Why.
    pub why: String,
    /// What would clear it.
    pub fix: String,
}

impl From<&Finding> for FindingView {
    fn from(one: &Finding) -> Self {
        Self {
            code: one.code.as_str().to_owned(),
            severity: one.severity,
            asset: one.asset.map(|asset| asset.to_string()),
            path: one.path.as_ref().map(ToString::to_string),
            path_bytes: one.path.as_ref().and_then(AssetPath::base64_when_not_utf8),
            why: one.why.to_string(),
            fix: one.fix.to_string(),
        }
    }
}

/// A finding that somebody waived.
#[derive(Clone, Debug, Serialize)]
pub struct WaivedView {
    /// What would have been found.
    #[serde(flatten)]
    pub finding: FindingView,
    /// The waiver that keeps it out.
    pub waiver: WaiverView,
}

/// Who stands for an exception.
#[derive(Clone, Debug, Serialize)]
pub struct WaiverView {
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
    /// The last moment it holds.
    pub until: String,
}

impl From<&Waived> for WaivedView {
    fn from(one: &Waived) -> Self {
        let (who, why) = (one.who.clone(), one.why.clone());
        let waiver = WaiverView { who, why, until: one.until.to_string() };
        Self { finding: FindingView::from(&one.finding), waiver }
    }
}

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemView {
    /// Where.
    #[serde(flatten)]
    pub path: PathView,
    /// What.
    pub problem: String,
}

impl From<&Problem> for ProblemView {
    fn from(one: &Problem) -> Self {
        let path = PathView { path: one.path.clone(), path_bytes: one.path_bytes.clone() };
        Self { path, problem: one.problem.clone() }
    }
}

/// A policy that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct PolicySummary {
    /// Which.
    pub policy: String,
    /// The profile it is, or was copied from.
    pub profile: String,
    /// BLAKE3 of the text.
    pub hash: String,
    /// Rules that are not off.
    pub rules: usize,
    /// Rules that it brings along.
    pub own_rules: usize,
    /// Reasons to escalate.
    pub escalations: usize,
    /// How many of them are the policy's own.
    pub own_escalations: usize,
    /// Those of genlock that it leaves out.
    pub dropped_escalations: Vec<String>,
    /// Exceptions.
    pub waivers: usize,
}

words! {
    /// What becomes of what a rule finds.
    pub enum RuleSeverity {
        /// It is said, and nothing more.
        Warn = "warn",
        /// The deliverable cannot pass.
        Block = "block",
        /// Nothing: this policy does not ask.
        Off = "off",
        /// The declaration must go to the commissioner's contact: it is a reason to escalate.
        Escalate = "escalate",
    }
}

impl From<Option<Severity>> for RuleSeverity {
    fn from(severity: Option<Severity>) -> Self {
        match severity {
            Some(Severity::Warn) => Self::Warn,
            Some(Severity::Block) => Self::Block,
            None => Self::Off,
        }
    }
}

/// A rule as `policy explain` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct RuleView {
    /// Its code.
    pub code: String,
    /// What becomes of what it finds.
    pub severity: RuleSeverity,
    /// What the code means; null for rules of a policy's own.
    pub meaning: Option<&'static str>,
    /// When it finds, in words; null where the program itself looks.
    pub when: Option<String>,
    /// Where it only warns.
    pub warn_when: Option<String>,
    /// Whether all that it finds is one finding.
    pub fold: bool,
    /// What it says.
    pub why: Option<String>,
    /// What clears it.
    pub fix: Option<String>,
    /// Whose words it rests on.
    pub source: Option<String>,
}

/// A fact as `policy explain --facts` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct FactView {
    /// Its name.
    pub fact: &'static str,
    /// `deliverable`, `file` or `declaration`.
    pub about: &'static str,
    /// `flag`, `text`, `number`, `word` or `words`.
    pub kind: &'static str,
    /// The words it can be.
    pub words: Vec<&'static str>,
    /// What it means.
    pub meaning: &'static str,
}

/// A deliverable in a list.
#[derive(Clone, Debug, Serialize)]
pub struct DeliverableLine {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: DeliverableState,
    /// Files it holds.
    pub files: u64,
    /// The newest verdict.
    pub verdict: Option<Outcome>,
    /// When that was.
    pub gated: Option<String>,
}

/// The page `status` prints.
#[derive(Clone, Debug, Serialize)]
pub struct StatusView {
    /// The project folder.
    pub project: String,
    /// Roots: name and folder.
    pub roots: Vec<(String, String)>,
    /// Roots that are not configured any more, and how many files are known in each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unconfigured: Vec<(String, u64)>,
    /// The profile of the policy in force.
    pub profile: Option<String>,
    /// The newest completed scan, RFC 3339.
    pub scanned: Option<String>,
    /// Files present, and their bytes.
    pub files: u64,
    /// See above.
    pub bytes: u64,
    /// Files present by status.
    pub ai: u64,
    /// See above.
    pub ai_part: u64,
    /// See above.
    pub suspect: u64,
    /// See above.
    pub not_ai: u64,
    /// See above.
    pub unknown: u64,
    /// AI-made assets that are in no declaration.
    pub awaiting_declaration: Vec<ListRow>,
    /// Declarations that were not sent as they stand.
    pub awaiting_report: Vec<DeclarationLine>,
    /// AI-made assets that await an approval.
    pub awaiting_approval: Vec<ListRow>,
    /// Suspect assets that await a person's determination.
    pub awaiting_determination: Vec<ListRow>,
    /// Contents that are nowhere any more.
    pub missing: Vec<ListRow>,
    /// Contents that could not be fully examined.
    pub problems: Vec<ProblemView>,
    /// Deliverables and their state.
    pub deliverables: Vec<DeliverableLine>,
}
