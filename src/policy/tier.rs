//! What a declaration is answered with: report or escalate, and every reason. Pure.

use crate::model::{RuleCode, Tier};
use crate::policy::Policy;
use crate::policy::fact::Facts;

/// The answer to a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Whether telling may be enough.
    pub tier: Tier,
    /// Why, at least one.
    pub reasons: Vec<Reason>,
}

/// One reason, with the words it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its code.
    pub code: String,
    /// In a sentence that cites its source.
    pub why: String,
}

/// Answers a declaration, by the policy. One reason to escalate is enough; all are given.
pub fn tier(policy: &Policy, facts: &dyn Facts) -> Answered {
    let holds = policy.escalations.iter().filter(|one| one.when.holds(facts));
    let reasons: Vec<_> = holds
        .map(|one| {
            let why = one.why.fill(facts, &|name| format!("{{{name}}}"));
            let why = match &one.source {
                Some(source) => format!("{why} ({source})"),
                None => why,
            };
            Reason { code: one.code.to_string(), why }
        })
        .collect();
    if !reasons.is_empty() {
        return Answered { tier: Tier::Escalate, reasons };
    }
    let why =
        "nothing speaks for asking first; the commissioner's contact is told of every intended use"
            .to_owned();
    // Where the guidance is not what it rests on, it is what the policy cites for declaring a use at all.
    let source = match policy.profile.as_str() {
        "netflix" if !policy.own_escalations_only => {
            Some("Netflix 2025-08, Introduction; Guiding Principles: outcomes")
        }
        _ => policy.rule(&RuleCode::AiUndeclared.into()).and_then(|rule| rule.source.as_deref()),
    };
    let cited = source.map(|source| format!("{why} ({source})"));
    let why = cited.unwrap_or(why);
    let reasons = vec![Reason { code: "report-intended-use".to_owned(), why }];
    Answered { tier: Tier::Report, reasons }
}
