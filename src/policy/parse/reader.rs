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
        Self { problems: PolicyProblem::all(&text, reader.problems) }
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
    /// Everything that is wrong with a text, each with its byte, by place. Goes through the text once,
    /// however much there is.
    pub fn all(text: &str, mut found: Vec<(usize, String)>) -> Vec<Self> {
        found.sort();
        found.dedup();
        let (mut line, mut column, mut read) = (1, 1, 0);
        let place = |(at, problem)| {
            for character in text.get(read..at).unwrap_or_default().chars() {
                (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            read = at;
            Self { line, column, problem }
        };
        found.into_iter().map(place).collect()
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
    /// Each with its byte.
    problems: Vec<(usize, String)>,
    /// Roles that conditions name, each with its byte.
    roles: Vec<(usize, String)>,
    /// Codes that are none of ours, of what is waived, each with its byte.
    waived: Vec<(usize, String)>,
    /// Whether it is our own list of rules, in which our codes get their conditions.
    catalogue: bool,
    /// Whether it was read before, and is on record.
    recorded: bool,
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
        let (problems, roles, waived) = (Vec::new(), Vec::new(), Vec::new());
        Self { text, problems, roles, waived, catalogue: false, recorded: false }
    }

    pub(in crate::policy) fn of_catalogue(text: &'a str) -> Self {
        Self { catalogue: true, ..Self::new(text) }
    }

    pub(in crate::policy) fn of_record(text: &'a str) -> Self {
        Self { recorded: true, ..Self::new(text) }
    }

    pub(in crate::policy) fn is_recorded(&self) -> bool {
        self.recorded
    }

    /// All of it.
    pub(in crate::policy) fn whole(&self) -> &'a str {
        self.text
    }

    pub(in crate::policy) fn is_catalogue(&self) -> bool {
        self.catalogue
    }

    pub(in crate::policy) fn problem(&mut self, at: usize, problem: String) {
        self.problems.push((at, problem));
    }

    /// Notes that a condition asks for a role: whether there is one is known at the end.
    pub(in crate::policy) fn asks_for_role(&mut self, at: usize, name: &str) {
        self.roles.push((at, name.to_owned()));
    }

    /// Notes that something is waived: whether a rule finds it is known at the end.
    pub(in crate::policy) fn waives(&mut self, at: usize, code: &str) {
        self.waived.push((at, code.to_owned()));
    }

    /// Says of what was only noted whether it is there.
    pub(in crate::policy) fn look_up(
        &mut self,
        is_code: impl Fn(&str) -> bool,
        is_role: impl Fn(&str) -> bool,
    ) {
        for (at, code) in std::mem::take(&mut self.waived) {
            if !is_code(&code) {
                self.problem(at, format!("a waiver of {code:?}, which no rule finds"));
            }
        }
        for (at, name) in std::mem::take(&mut self.roles) {
            if !is_role(&name) {
                let said = format!("a rule asks for the role {name:?}, which no [[role]] has");
                self.problem(at, said);
            }
        }
    }

    pub(in crate::policy) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Every problem, by place; or that there is none.
    pub(in crate::policy) fn finish(self) -> Result<(), PolicyError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(PolicyError { problems: PolicyProblem::all(self.text, self.problems) })
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

    /// A whole number of no sign, as it is written: `0x10` is 16.
    pub(in crate::policy) fn number(value: &Spanned<DeValue<'_>>) -> Option<u64> {
        let number = value.get_ref().as_integer()?;
        u64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// A list of strings: those that are.
    pub(in crate::policy) fn texts(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Vec<(String, usize)>> {
        let DeValue::Array(list) = value.get_ref() else {
            self.problem(value.span().start, format!("{key} is a list of strings"));
            return None;
        };
        Some(list.iter().filter_map(|one| self.text(key, one)).collect())
    }
}
