//! TOML to a validated policy, naming every problem at its line.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{AssetId, RuleCode, Severity};
use crate::policy::Policy;

/// Longer than any policy a person would read.
const MAX_BYTES: usize = 1 << 20;

/// A policy that cannot be used, with every reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy has {} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
pub struct PolicyError {
    /// At least one, in the order of the text.
    pub problems: Vec<PolicyProblem>,
}

impl PolicyError {
    /// For a text that stops being UTF-8 after `valid`.
    pub(crate) fn not_utf8(valid: &[u8]) -> Self {
        let text = String::from_utf8_lossy(valid);
        let mut parser = Parser { text: &text, problems: Vec::new() };
        parser.problem(text.len(), "is not UTF-8".to_owned());
        Self { problems: parser.problems }
    }
}

/// One thing wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyProblem {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

/// Codes no policy may soften: a gate that could not look, or saw nothing, has no ground to pass.
pub(super) fn is_fixed(code: RuleCode) -> bool {
    code.is_media() || matches!(code, RuleCode::DeliverableEmpty | RuleCode::ApprovalInvalid)
}

/// What a policy says of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// It finds, at this severity.
    At(Severity),
    /// It says nothing.
    Off,
}

struct Parser<'a> {
    text: &'a str,
    problems: Vec<PolicyProblem>,
}

pub(super) fn parse(text: &str) -> Result<Policy, PolicyError> {
    let mut parser = Parser { text, problems: Vec::new() };
    let mut rules = BTreeMap::new();
    let mut profile = None;
    if text.len() > MAX_BYTES {
        parser.problem(0, format!("the policy is longer than {MAX_BYTES} bytes"));
    } else {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            parser.problem(at, error.message().to_owned());
        }
        profile = parser.top(table.get_ref(), &mut rules);
    }
    if parser.problems.is_empty() && rules.is_empty() {
        parser
            .problem(0, "it holds no rules, and a gate without rules lets everything pass".into());
    }
    if parser.problems.is_empty() && profile.is_none() {
        parser.problem(0, "profile is missing".into());
    }
    match profile {
        Some(profile) if parser.problems.is_empty() => {
            let hash = AssetId::from(blake3::hash(text.as_bytes()));
            Ok(Policy { profile, hash, text: text.to_owned(), rules })
        }
        _ => {
            parser.problems.sort();
            Err(PolicyError { problems: parser.problems })
        }
    }
}

impl Parser<'_> {
    fn problem(&mut self, at: usize, problem: String) {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.problems.push(PolicyProblem { line, column, problem });
    }

    fn top(
        &mut self,
        table: &DeTable<'_>,
        rules: &mut BTreeMap<RuleCode, Level>,
    ) -> Option<String> {
        let mut profile = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "profile" => profile = self.string("profile", value),
                "version" | "title" | "source" => {
                    self.string(key.get_ref(), value);
                }
                "rule" => self.rules(value, rules),
                unknown => self.problem(key.span().start, format!("unknown key {unknown:?}")),
            }
        }
        profile.map(|(text, _)| text)
    }

    fn rules(&mut self, value: &Spanned<DeValue<'_>>, rules: &mut BTreeMap<RuleCode, Level>) {
        let DeValue::Array(list) = value.get_ref() else {
            return self.problem(value.span().start, "rule is written [[rule]]".into());
        };
        for entry in list {
            match entry.get_ref() {
                DeValue::Table(table) => self.rule(entry.span().start, table, rules),
                _ => self.problem(entry.span().start, "a rule is a table".into()),
            }
        }
    }

    fn rule(&mut self, at: usize, table: &DeTable<'_>, rules: &mut BTreeMap<RuleCode, Level>) {
        let mut code = None;
        let mut level = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "code" => code = self.code(value),
                "severity" => level = self.level(value),
                "source" => {
                    self.string("source", value);
                }
                unknown => self.problem(key.span().start, format!("unknown key {unknown:?}")),
            }
        }
        if !table.contains_key("code") {
            self.problem(at, "a rule has a code".into());
        }
        if !table.contains_key("severity") {
            self.problem(at, "a rule has a severity".into());
        }
        let (Some((code, at)), Some(level)) = (code, level) else { return };
        // Or whoever changes the policy would also take away what shows it.
        if code == RuleCode::PolicyChanged && level == Level::Off {
            self.problem(at, "\"policy-changed\" blocks or warns and is never off".into());
        }
        if rules.insert(code, level).is_some() {
            self.problem(at, format!("a second rule for {:?}", code.as_str()));
        }
    }

    fn code(&mut self, value: &Spanned<DeValue<'_>>) -> Option<(RuleCode, usize)> {
        let (text, at) = self.string("code", value)?;
        match RuleCode::ALL.iter().find(|code| code.as_str() == text) {
            Some(code) if is_fixed(*code) => {
                self.problem(at, format!("{text:?} always blocks and takes no rule"));
                None
            }
            Some(code) => Some((*code, at)),
            None => {
                self.problem(at, format!("unknown code {text:?}"));
                None
            }
        }
    }

    fn level(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Level> {
        let (text, at) = self.string("severity", value)?;
        match text.as_str() {
            "block" => Some(Level::At(Severity::Block)),
            "warn" => Some(Level::At(Severity::Warn)),
            "off" => Some(Level::Off),
            _ => {
                self.problem(at, format!("severity is block, warn or off, not {text:?}"));
                None
            }
        }
    }

    fn string(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<(String, usize)> {
        let at = value.span().start;
        if let DeValue::String(text) = value.get_ref() {
            return Some((text.to_string(), at));
        }
        self.problem(at, format!("{key} is a string"));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let error = Policy::parse(text).expect_err("the policy was accepted");
        error.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_named_at_once_with_its_line() {
        let text = "profile = 7\nextra = true\n[[rule]]\ncode = \"ai-unaproved\"\n\
                    severity = \"stop\"\n[[rule]]\ncode = \"media-unread\"\nseverity = \"off\"\n";
        assert_eq!(
            problems(text),
            [
                "line 1, column 11: profile is a string",
                "line 2, column 1: unknown key \"extra\"",
                "line 4, column 8: unknown code \"ai-unaproved\"",
                "line 5, column 12: severity is block, warn or off, not \"stop\"",
                "line 7, column 8: \"media-unread\" always blocks and takes no rule",
            ]
        );
    }

    #[test]
    fn a_policy_without_rules_is_an_error() {
        assert!(problems("")[0].contains("no rules"));
        assert!(problems("profile = \"netflix\"\n")[0].contains("no rules"));
        assert!(!problems("profile = [\n").is_empty());
    }

    #[test]
    fn only_off_switches_a_rule_off_and_what_could_not_be_known_always_blocks() {
        let text = "profile = \"x\"\n[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"off\"\n\
                    [[rule]]\ncode = \"approval-unsigned\"\nseverity = \"warn\"\n";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.severity(RuleCode::MediaUnread), Some(Severity::Block));
        assert_eq!(policy.severity(RuleCode::DeliverableEmpty), Some(Severity::Block));
        assert_eq!(policy.severity(RuleCode::AiUnapproved), None);
        assert_eq!(policy.severity(RuleCode::ApprovalUnsigned), Some(Severity::Warn));
        assert_eq!(policy.severity(RuleCode::ApprovalTempOnly), Some(Severity::Block));
    }
}
