//! Roles: who may do what with approvals, in the words of the policy. A policy without roles leaves it
//! to the list of approvers alone.

use std::collections::BTreeSet;

use crate::model::fits_list;

/// What a role may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// Approve.
    Approve,
    /// Extend an approval to a later version.
    Extend,
    /// Confirm a determination that contradicts a mark.
    Confirm,
    /// Say that what an approval is bound to was met.
    MeetConditions,
}

impl Power {
    /// Every one.
    pub const ALL: &'static [Self] =
        &[Self::Approve, Self::Extend, Self::Confirm, Self::MeetConditions];

    /// As policies write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Extend => "extend",
            Self::Confirm => "confirm",
            Self::MeetConditions => "meet-conditions",
        }
    }
}

/// A role of a policy.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Who has it: principals, or patterns of them as in the list of approvers.
    pub who: Vec<String>,
    /// What it may do.
    pub may: BTreeSet<Power>,
}

impl Role {
    /// Whether somebody has it.
    pub fn is_of(&self, who: &str) -> bool {
        fits_list(who, &self.who.join(","))
    }
}
