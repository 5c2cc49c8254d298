//! What could not be known: missing, unread, unstable or unresolved media, and an empty
//! deliverable.

use crate::model::{Finding, RuleCode, Severity};
use crate::policy::rules::{Case, Findings, Item};

pub(super) fn whole(case: &Case<'_>, found: &mut Findings<'_>) {
    for problem in case.problems {
        let fix = match problem.code {
            RuleCode::MediaMissing => {
                "put the file back, or define the deliverable anew without it".to_owned()
            }
            RuleCode::MediaChanged => {
                "wait until it is written, then run the gate again".to_owned()
            }
            RuleCode::MediaUnresolved => {
                "put the file the link leads to inside the project's roots".to_owned()
            }
            _ => "make it readable, then run the gate again".to_owned(),
        };
        found.findings.push(Finding {
            code: problem.code,
            severity: Severity::Block,
            asset: None,
            path: Some(problem.path.clone()),
            why: problem.problem.clone(),
            fix,
        });
    }
    let empty = case.items.is_empty() && case.problems.is_empty();
    if !empty {
        for pattern in case.unmatched {
            let why = format!("{pattern} fits no file");
            let fix = format!(
                "look for a slip of the keys with: genlock deliverable show {}",
                case.deliverable
            );
            found.add(RuleCode::PathUnmatched, None, why, fix);
        }
    }
    if empty {
        let why = format!("nothing on disk matches what {} names", case.deliverable);
        let fix = format!(
            "look at its paths with: genlock deliverable show {0}; add one with: genlock deliverable \
             add {0} --path GLOB",
            case.deliverable
        );
        found.add(RuleCode::DeliverableEmpty, None, why, fix);
    }
}

pub(super) fn item(item: &Item<'_>, found: &mut Findings<'_>) {
    if let Some(problem) = item.unexamined {
        let why = format!("its content could not be fully examined: {problem}");
        let fix = format!(
            "replace it with a whole file, or have a person look and determine: genlock tag {} \
             --not-ai --note WHY (or --ai, --ai-part)",
            item.asset.short()
        );
        found.add(RuleCode::MediaUnread, Some(item), why, fix);
    }
}
