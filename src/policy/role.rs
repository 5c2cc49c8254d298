//! Roles: who may do what with approvals, in the words of the policy. A policy without roles leaves it
//! to the list of approvers alone.

use std::collections::BTreeSet;

use crate::model::{fits_list, words};

words! {
    /// What a role may do.
    #[derive(PartialOrd, Ord)]
    pub enum Power {
        /// Approve.
        Approve = "approve",
        /// Extend an approval to a later version.
        Extend = "extend",
        /// Confirm a determination that contradicts a mark.
        Confirm = "confirm",
        /// Say that what an approval is bound to was met.
        MeetConditions = "meet-conditions",
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
