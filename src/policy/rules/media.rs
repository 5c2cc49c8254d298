//! What could not be known: missing, unread, unstable or unresolved media, and an empty deliverable;
//! and patterns that fit nothing. Here, because none of it is a fact of a file that was looked at.

use crate::model::{AiStatus, Finding, RuleCode, Severity, shell_word};
use crate::policy::rules::facts::Whole;
use crate::policy::rules::findings::Findings;
use crate::policy::rules::{Case, Item};

pub(super) fn whole(case: &Case<'_>, items: &[Item<'_>], found: &mut Findings<'_>) {
    let facts = Whole::named(found.deliverable());
    for problem in case.problems {
        found.add(Finding {
            code: problem.code.into(),
            severity: Severity::Block,
            asset: None,
            path: Some(problem.path.clone()),
            why: problem.problem.as_str().into(),
            fix: named(found.fix(problem.code, &facts), problem.reference.as_deref()).into(),
        });
    }
    if items.is_empty() && case.problems.is_empty() {
        let why = format!("nothing on disk matches what {} names", case.deliverable);
        let fix = found.fix(RuleCode::DeliverableEmpty, &facts);
        return found.say(RuleCode::DeliverableEmpty, None, why, fix);
    }
    for pattern in case.unmatched {
        let fix = found.fix(RuleCode::PathUnmatched, &facts);
        found.say(RuleCode::PathUnmatched, None, format!("{pattern} fits no file"), fix);
    }
}

/// What clears it, with the reference that it is about in the place that the sentence has for one.
fn named(fix: String, reference: Option<&str>) -> String {
    const PLACE: &str = "REFERENCE";
    match (fix.rfind(PLACE), reference) {
        (Some(at), Some(reference)) => {
            let (before, after) = (&fix[..at], &fix[at + PLACE.len()..]);
            format!("{before}{}{after}", shell_word(reference))
        }
        _ => fix,
    }
}

pub(super) fn item(item: &Item<'_>, found: &mut Findings<'_>) {
    if let Some(problem) = &item.unexamined {
        let why = format!("its content could not be fully examined: {problem}");
        // A file that says it is AI-made must not be waved through as one that is not.
        let says_ai = matches!(item.origin.status, AiStatus::Ai | AiStatus::AiPart);
        let words = if says_ai {
            "--ai or --ai-part (or --not-ai --note WHY)"
        } else {
            "--not-ai --note WHY (or --ai, --ai-part)"
        };
        let fix = format!(
            "replace it with a whole file, or have a person look and determine: genlock tag {} {words}",
            item.asset.short()
        );
        found.say(RuleCode::MediaUnread, Some(item), why, fix);
    }
}
