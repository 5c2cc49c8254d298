//! The policy: which rules apply, how hard, and whose words they rest on.
//!
//! TOML in, a validated [`Policy`] out; then facts in, findings out, one file per rule under
//! `rules/`. Pure: nothing here reads a file, a clock or the ledger. A policy that is absent, empty
//! or wrong is an error, never an open gate.

mod difference;
mod parse;
mod profiles;
mod rules;

pub use parse::{PolicyError, PolicyProblem};
pub use profiles::{PROFILES, Profile, profile};
pub use rules::{Case, Item, judge};

use std::collections::BTreeMap;

use crate::model::{AssetId, RuleCode, Severity};
use crate::policy::parse::Level;

/// A policy that was read and found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The profile it is, or was copied from.
    pub profile: String,
    /// BLAKE3-256 of its text.
    pub hash: AssetId,
    /// Its text.
    pub text: String,
    rules: BTreeMap<RuleCode, Level>,
}

impl Policy {
    /// Reads a policy; on failure names every problem with its line.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        parse::parse(text)
    }

    /// What a finding of this code does; `None` when the policy says `off`.
    ///
    /// What could not be known always blocks: no policy can make a gate pass what nobody saw. A code
    /// the policy does not mention keeps its default: a rule is switched off in so many words, never
    /// by a line that went missing.
    pub fn severity(&self, code: RuleCode) -> Option<Severity> {
        if parse::is_fixed(code) {
            return Some(Severity::Block);
        }
        match self.rules.get(&code) {
            Some(Level::At(severity)) => Some(*severity),
            Some(Level::Off) => None,
            None => Some(default_severity(code)),
        }
    }
}

/// What a rule does where the policy is silent.
const fn default_severity(code: RuleCode) -> Severity {
    match code {
        RuleCode::ApprovalUnsigned
        | RuleCode::ApprovalOverridesRejection
        | RuleCode::ConditionsOpen
        | RuleCode::PathUnmatched
        | RuleCode::PolicyChanged => Severity::Warn,
        _ => Severity::Block,
    }
}
