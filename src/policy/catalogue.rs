//! The rules of this program, as data: `catalogue.toml` in the grammar of policies.

use std::sync::LazyLock;

use crate::policy::parse;
use crate::policy::rule::{Escalation, Rule};

/// What every policy is laid over.
pub struct Catalogue {
    /// Every rule of ours, with its default severity.
    pub rules: Vec<Rule>,
    /// When a use escalates, where a policy does not say.
    pub escalations: Vec<Escalation>,
}

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| match parse::built_in(include_str!("catalogue.toml")) {
        Ok(catalogue) => catalogue,
        // It is part of the program, and a test reads it: what is left of a broken one would let
        // things pass, so nothing is left.
        Err(error) => {
            let problems: Vec<_> = error.problems.iter().map(ToString::to_string).collect();
            unreachable!("catalogue.toml: {}", problems.join("; "))
        }
    });

/// The rules of this program.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FindingCode, RuleCode};

    #[test]
    fn every_code_of_ours_has_its_rule_and_says_why_and_what_clears_it() {
        for code in RuleCode::ALL {
            let rules = &catalogue().rules;
            let found: Vec<_> = rules.iter().filter(|rule| rule.code == *code).collect();
            assert_eq!(found.len(), 1, "{}", code.as_str());
            assert!(!found[0].fix.text().is_empty(), "{} has no fix", code.as_str());
            assert_eq!(
                found[0].when.is_some(),
                !found[0].why.text().is_empty(),
                "{}",
                code.as_str()
            );
        }
        let ours = |rule: &Rule| matches!(rule.code, FindingCode::BuiltIn(_));
        assert!(catalogue().rules.iter().all(ours));
        assert!(catalogue().escalations.iter().all(|one| one.source.is_some()));
    }
}
