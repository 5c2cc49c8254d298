//! Reads values out of TOML and gathers what is wrong with them, each at its line and column.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
        let mut reader = Reader::new(&text);
        reader.problem(text.len(), "is not UTF-8".to_owned());
        Self { problems: reader.problems }
    }
}

/// One thing wrong with a policy, or with another text that people write in TOML.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyProblem {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

impl PolicyProblem {
    /// Something wrong at a byte of a text.
    pub fn at(text: &str, at: usize, problem: String) -> Self {
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, problem }
    }
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

/// The text, and what is wrong with it so far.
pub(in crate::policy) struct Reader<'a> {
    text: &'a str,
    problems: Vec<PolicyProblem>,
    /// Whether it is our own list of rules, in which our codes get their conditions.
    catalogue: bool,
}

/// Reads the whole text as TOML, as far as it is.
pub(in crate::policy) fn table<'a>(reader: &mut Reader<'a>) -> Spanned<DeTable<'a>> {
    let (table, errors) = DeTable::parse_recoverable(reader.text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.problem(at, error.message().to_owned());
    }
    table
}

impl<'a> Reader<'a> {
    pub(in crate::policy) fn new(text: &'a str) -> Self {
        Self { text, problems: Vec::new(), catalogue: false }
    }

    pub(in crate::policy) fn of_catalogue(text: &'a str) -> Self {
        Self { catalogue: true, ..Self::new(text) }
    }

    pub(in crate::policy) fn is_catalogue(&self) -> bool {
        self.catalogue
    }

    pub(in crate::policy) fn problem(&mut self, at: usize, problem: String) {
        self.problems.push(PolicyProblem::at(self.text, at, problem));
    }

    pub(in crate::policy) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Every problem, by place; or that there is none.
    pub(in crate::policy) fn finish(mut self) -> Result<(), PolicyError> {
        self.problems.sort();
        if self.problems.is_empty() { Ok(()) } else { Err(PolicyError { problems: self.problems }) }
    }

    pub(in crate::policy) fn text(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<(String, usize)> {
        let at = value.span().start;
        if let DeValue::String(text) = value.get_ref() {
            return Some((text.to_string(), at));
        }
        self.problem(at, format!("{key} is a string"));
        None
    }

    pub(in crate::policy) fn flag(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<bool> {
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.problem(value.span().start, format!("{key} is true or false"));
        None
    }

    /// A list of strings.
    pub(in crate::policy) fn texts(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Vec<(String, usize)>> {
        let DeValue::Array(list) = value.get_ref() else {
            self.problem(value.span().start, format!("{key} is a list of strings"));
            return None;
        };
        list.iter().map(|one| self.text(key, one)).collect()
    }
}
