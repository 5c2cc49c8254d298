//! Tests of a policy: facts in, the findings that are expected out. For those who write rules.
//!
//! ```toml
//! [[case]]
//! name = "an AI picture that nobody approved"
//! facts = { status = "ai", ai = true, approval = "none" }
//! expect = ["ai-unapproved"]
//! ```
//!
//! A fact that is not given is absent. An expected code that only warns is written `warn CODE`; of a
//! declaration `tier = "escalate"` can be expected.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::Severity;
use crate::policy::fact::{About, Fact, Facts, Kind, Value};
use crate::policy::parse::{PolicyError, Reader, each, table};
use crate::policy::rule::Rule;
use crate::policy::rules::severity;
use crate::policy::{Policy, tier};

/// A case: what is known, and what must come of it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What it shows.
    pub name: String,
    facts: Given,
    expect: Option<BTreeSet<String>>,
    tier: Option<String>,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialResult {
    /// The case.
    pub name: String,
    /// What was expected and not found.
    pub missing: Vec<String>,
    /// What was found and not expected.
    pub unexpected: Vec<String>,
}

impl TrialResult {
    /// Whether it came out as expected.
    pub fn holds(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}

/// Facts as somebody wrote them down.
#[derive(Clone, Debug, Default)]
struct Given(BTreeMap<Fact, Held>);

#[derive(Clone, Debug)]
enum Held {
    Flag(bool),
    Text(String),
    Number(u64),
    Words(Vec<String>),
}

impl Facts for Given {
    fn get(&self, fact: Fact) -> Value<'_> {
        match self.0.get(&fact) {
            None => Value::Absent,
            Some(Held::Flag(flag)) => Value::Flag(*flag),
            Some(Held::Text(text)) => Value::text(text),
            Some(Held::Number(number)) => Value::Number(*number),
            Some(Held::Words(words)) => Value::Words(words.iter().map(String::as_str).collect()),
        }
    }
}

/// Reads a file of cases, naming every problem with its line.
pub fn trials(text: &str) -> Result<Vec<Trial>, PolicyError> {
    let mut reader = Reader::new(text);
    let mut cases = Vec::new();
    let table = table(&mut reader);
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "case" => each(&mut reader, "case", value, &mut |reader, at, table| {
                cases.push(case(reader, at, table));
            }),
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
    if reader.is_clean() && cases.is_empty() {
        reader.problem(0, "it holds no [[case]]".into());
    }
    reader.finish()?;
    Ok(cases)
}

impl Trial {
    /// Judges the facts of the case by a policy.
    pub fn run(&self, policy: &Policy) -> TrialResult {
        let mut found = BTreeSet::new();
        // As at a gate: what is said of declarations is asked where there is one.
        let declared = self.facts.0.keys().any(|fact| fact.about() == About::Declaration);
        let asked = |rule: &&Rule| {
            let when = rule.when.as_ref();
            declared || when.is_some_and(|when| when.about() != About::Declaration)
        };
        for rule in policy.rules.iter().filter(asked) {
            if rule.when.as_ref().is_some_and(|when| when.holds(&self.facts)) {
                match severity(rule, &self.facts) {
                    Some(Severity::Block) => found.insert(rule.code.as_str().to_owned()),
                    Some(Severity::Warn) => found.insert(format!("warn {}", rule.code.as_str())),
                    None => false,
                };
            }
        }
        let (mut missing, mut unexpected) = (Vec::new(), Vec::new());
        if let Some(expect) = &self.expect {
            missing.extend(expect.difference(&found).cloned());
            unexpected.extend(found.difference(expect).cloned());
        }
        if let Some(expected) = &self.tier {
            let answered = tier(policy, &self.facts).tier.as_str();
            if answered != expected {
                missing.push(format!("tier {expected}"));
                unexpected.push(format!("tier {answered}"));
            }
        }
        TrialResult { name: self.name.clone(), missing, unexpected }
    }
}

fn case(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Trial {
    let mut trial =
        Trial { name: String::new(), facts: Given::default(), expect: None, tier: None };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "name" => {
                trial.name = reader.text("name", value).map(|(text, _)| text).unwrap_or_default();
            }
            "facts" => facts(reader, value, &mut trial.facts),
            "expect" => {
                let all = reader.texts("expect", value).unwrap_or_default();
                trial.expect = Some(all.into_iter().map(|(text, _)| text).collect());
            }
            "tier" => {
                let said = reader.text("tier", value);
                if let Some((_, at)) = said
                    .as_ref()
                    .filter(|(text, _)| !["report", "escalate"].contains(&text.as_str()))
                {
                    reader.problem(*at, "tier is report or escalate".into());
                }
                trial.tier = said.map(|(text, _)| text);
            }
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
    let is_text = |value: &Spanned<DeValue<'_>>| value.get_ref().is_str();
    if trial.name.trim().is_empty() && table.get("name").is_none_or(is_text) {
        reader.problem(at, "a case has a name".into());
    }
    if !table.contains_key("expect") && !table.contains_key("tier") {
        reader.problem(at, "a case expects something: expect = [], or tier".into());
    }
    trial
}

fn facts(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, given: &mut Given) {
    let DeValue::Table(table) = value.get_ref() else {
        return reader.problem(value.span().start, "facts is a table".into());
    };
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let Some(fact) = Fact::parse(name) else {
            reader.problem(key.span().start, format!("no fact is called {name:?}"));
            continue;
        };
        if let Some(held) = held(reader, fact, value) {
            given.0.insert(fact, held);
        }
    }
}

fn held(reader: &mut Reader<'_>, fact: Fact, value: &Spanned<DeValue<'_>>) -> Option<Held> {
    let at = value.span().start;
    let words = fact.kind().words();
    let held = match (fact.kind(), value.get_ref()) {
        (Kind::Flag, DeValue::Boolean(flag)) => Some(Held::Flag(*flag)),
        (Kind::Number, _) => Reader::number(value).map(Held::Number),
        (Kind::Text | Kind::Word(_), DeValue::String(text)) => Some(Held::Text(text.to_string())),
        (Kind::Words(_) | Kind::Names, DeValue::Array(_)) => {
            let all = reader.texts(fact.as_str(), value)?;
            Some(Held::Words(all.into_iter().map(|(text, _)| text).collect()))
        }
        _ => None,
    };
    let strange = match (&held, &words) {
        (Some(Held::Text(text)), Some(words)) => !words.contains(&text.as_str()),
        (Some(Held::Words(all)), Some(words)) => {
            all.iter().any(|one| !words.contains(&one.as_str()))
        }
        (None, _) => true,
        _ => false,
    };
    if strange {
        let said = match words {
            Some(words) => format!("{} is one of {}", fact.as_str(), words.join(", ")),
            None => format!("{} cannot be that", fact.as_str()),
        };
        reader.problem(at, said);
        return None;
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_says_what_came_and_what_did_not() {
        let policy = "profile = \"x\"\n[[rule]]\ncode = \"x-runway\"\nseverity = \"warn\"\n\
            why = \"w\"\nfix = \"f\"\nwhen = { fact = \"tool\", is = \"Runway\" }\n";
        let policy = Policy::parse(policy).unwrap();
        let text = "[[case]]\nname = \"a\"\nfacts = { tool = \"Runway\", \"declaration.p3\" = \"yes\" }\nexpect = [\"warn x-runway\"]\n\
            [[case]]\nname = \"b\"\nfacts = { status = \"suspect\" }\nexpect = [\"warn x-runway\"]\n";
        let results: Vec<_> = trials(text).unwrap().iter().map(|one| one.run(&policy)).collect();
        assert!(results[0].holds(), "{results:?}");
        assert_eq!(results[1].missing, ["warn x-runway"]);
        assert_eq!(results[1].unexpected, ["suspect-undetermined"]);
    }

    #[test]
    fn a_number_is_read_as_a_condition_reads_it() {
        let policy = "profile = \"x\"\n[[rule]]\ncode = \"x-many\"\nseverity = \"warn\"\nwhy = \"w\"\n\
            fix = \"f\"\nwhen = { fact = \"declaration.prompts\", at-least = 16 }\n";
        let policy = Policy::parse(policy).unwrap();
        let cases = |number: &str| {
            let text = format!(
                "[[case]]\nname = \"n\"\nfacts = {{ \"declaration.prompts\" = {number} }}\nexpect = [\"warn x-many\"]\n"
            );
            trials(&text).map(|all| all[0].run(&policy).missing.is_empty())
        };
        assert_eq!([cases("0x10"), cases("0x0f"), cases("10")], [Ok(true), Ok(false), Ok(false)]);
        assert!(cases("-1").is_err());
    }

    #[test]
    fn every_problem_of_a_file_of_cases_is_named() {
        let text = "[[case]]\nfacts = { statis = \"ai\", status = \"al\", ai = 1 }\n[[cases]]\n";
        let error = trials(text).unwrap_err();
        assert_eq!(error.problems.len(), 6, "{error:#?}");
    }
}
