//! The policy: which rules apply, how hard, and whose words they rest on.
//!
//! TOML in, a validated [`Policy`] out; then facts in, findings out. A rule is data: a condition over
//! the closed set of facts in `fact.rs`. `rules/` says what the facts of an item are, and holds what
//! is no condition. Pure but for threads: nothing here reads a file, a clock or the ledger. A policy that is absent,
//! empty or wrong is an error, never an open gate.

mod catalogue;
mod changes;
mod condition;
mod difference;
mod fact;
mod parse;
mod parts;
mod profiles;
mod role;
mod rule;
mod rules;
mod tier;
mod trial;

pub use catalogue::{Catalogue, catalogue};
pub use changes::changes;
pub use condition::{Condition, Test};
pub use fact::{About, ApprovalState, Fact, Facts, Kind, Value};
pub use parse::{PolicyError, PolicyProblem};
pub use parts::in_parts;
pub use profiles::{PROFILES, Profile, profile};
pub use role::{Power, Role};
pub use rule::{Escalation, Rule, Template, Waiver, Wanted};
pub use rules::{
    Basis, Case, Clearances, DeclarationFacts, Item, confirmed, judge, lacks, words_of_conditions,
};
pub use tier::{Answered, Reason, tier};
pub use trial::{Trial, TrialResult, trials};

use crate::model::{AssetId, FindingCode, RuleCode, Severity};

/// A policy that was read and found whole.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The profile it is, or was copied from.
    pub profile: String,
    /// The production it is for: consents for another one do not count.
    pub production: Option<String>,
    /// BLAKE3-256 of its text.
    pub hash: AssetId,
    /// Its text.
    pub text: String,
    /// Every rule: ours at this policy's severities, then its own.
    pub rules: Vec<Rule>,
    /// When a declared use must go to the commissioner's contact.
    pub escalations: Vec<Escalation>,
    /// Whether these are its own only, and none of Netflix's guidance.
    pub own_escalations_only: bool,
    /// Its exceptions.
    pub waivers: Vec<Waiver>,
    /// Who may do what with approvals; none leaves it to the list of approvers.
    pub roles: Vec<Role>,
    /// Whether what a timeline holds disabled or muted is left out of what is judged.
    pub ignores_disabled: bool,
    /// Severities of our codes, in their order: asked for every file of a deliverable.
    severities: Vec<Option<Severity>>,
}

impl Policy {
    /// Reads a policy; on failure names every problem with its line.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        parse::parse(parse::Reader::new(text))
    }

    /// Reads a policy that is on record. What was a policy when it was adopted is one for ever.
    pub fn of_record(text: &str) -> Result<Self, PolicyError> {
        parse::parse(parse::Reader::of_record(text))
    }

    /// The rule of a code.
    pub fn rule(&self, code: &FindingCode) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.code == *code)
    }

    /// Whether somebody may do something with approvals, as far as roles say.
    pub fn may(&self, who: &str, power: Power) -> bool {
        self.roles.is_empty()
            || self.roles.iter().any(|role| role.may.contains(&power) && role.is_of(who))
    }

    /// The roles somebody has.
    pub fn roles_of(&self, who: &str) -> Vec<String> {
        self.roles.iter().filter(|role| role.is_of(who)).map(|role| role.name.clone()).collect()
    }

    /// What a finding of one of our codes does; `None` when the policy says `off`.
    ///
    /// What could not be known always blocks: no policy can make a gate pass what nobody saw.
    pub fn severity(&self, code: RuleCode) -> Option<Severity> {
        if is_fixed(code) {
            return Some(Severity::Block);
        }
        self.severities.get(code as usize).copied().flatten()
    }
}

/// The severities of our codes, in the order of the codes.
fn severities(rules: &[Rule]) -> Vec<Option<Severity>> {
    let severity = |code: &RuleCode| {
        rules.iter().find(|rule| rule.code == *code).and_then(|rule| rule.severity)
    };
    RuleCode::ALL.iter().map(severity).collect()
}

/// Codes no policy may soften: a gate that could not look, or saw nothing, has no ground to pass.
fn is_fixed(code: RuleCode) -> bool {
    code.is_media()
        || matches!(
            code,
            RuleCode::DeliverableEmpty | RuleCode::PackageMismatch | RuleCode::ApprovalInvalid
        )
}

/// What would be found in the place of what an approval lacks, or of whom it overrules, if there were no
/// approval: it does no worse than that, and who waives that waives this. What somebody forged is no approval.
fn in_its_place(code: &FindingCode) -> Option<RuleCode> {
    let FindingCode::BuiltIn(code) = code else { return None };
    match code {
        RuleCode::ApproverNotAllowed
        | RuleCode::ApprovalRevoked
        | RuleCode::ApprovalTempOnly
        | RuleCode::ApprovalNotForThisDeliverable
        | RuleCode::ApprovalExpired
        | RuleCode::ApprovalOutdated
        | RuleCode::ApprovalNoDocument
        | RuleCode::ApprovalUnsigned
        | RuleCode::ConditionsOpen => Some(RuleCode::AiUnapproved),
        RuleCode::ApprovalOverridesRejection => Some(RuleCode::ApprovalRejected),
        _ => None,
    }
}

/// What somebody may take on themselves. Not what nobody could know; and a waiver that is not used
/// is said whatever a waiver says.
fn is_waivable(code: RuleCode) -> bool {
    // What a timeline means can be known to a person where no program can tell.
    code == RuleCode::MediaUnresolved
        || (!is_fixed(code) && !matches!(code, RuleCode::ExceptionUnused | RuleCode::PolicyChanged))
}
