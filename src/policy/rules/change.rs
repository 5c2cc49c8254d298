//! Policy or approvers that changed: said with every verdict until somebody acknowledges it.

use crate::model::{RuleCode, TextKind};
use crate::policy::changes::changes;
use crate::policy::rules::Case;
use crate::policy::rules::facts::Whole;
use crate::policy::rules::findings::Findings;

pub(super) fn whole(case: &Case<'_>, whole: &Whole<'_>, found: &mut Findings<'_>) {
    let fix = found.fix(RuleCode::PolicyChanged, whole);
    for change in case.record.texts.changes_since(case.authorities.acknowledged) {
        let why = format!(
            "{} changed {} on {} (event {}):\n{}",
            change.actor,
            match change.of {
                TextKind::Policy => "the policy",
                TextKind::Approvers => "the approvers",
            },
            change.at.to_the_second(),
            change.seq,
            changes(change.of, change.before, change.after).join("\n")
        );
        found.say(RuleCode::PolicyChanged, None, why, fix.clone());
    }
}
