//! Policy or approvers that changed: said with every verdict until somebody acknowledges it.

use crate::model::RuleCode;
use crate::policy::difference::difference;
use crate::policy::rules::{Case, Findings};

pub(super) fn whole(case: &Case<'_>, found: &mut Findings<'_>) {
    for change in case.record.texts.changes_since(case.authorities.acknowledged) {
        let why = format!(
            "{} changed {} on {} (event {}):\n{}",
            change.actor,
            match change.of {
                "policy" => "the policy",
                _ => "the approvers",
            },
            change.at.to_the_second(),
            change.seq,
            difference(change.before, change.after)
        );
        let fix = "if it is meant: genlock policy ack --by WHO --note WHY".to_owned();
        found.add(RuleCode::PolicyChanged, None, why, fix);
    }
}
