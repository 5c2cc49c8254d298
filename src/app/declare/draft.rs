//! A declaration in the making: a TOML table that answers are put into, one by one, and that becomes
//! a declaration when it is whole.

use std::path::Path;

use toml::{Table, Value};

use crate::app::declare::fields::{FIELDS, Field, Kind, LISTS, ListField, is_nothing};
use crate::model::{Declaration, Timestamp, plain_word};

/// A declaration in the making.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    table: Table,
    asked: Vec<String>,
}

/// A question that the answers so far make relevant.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// Words to choose from; none for free text.
    pub choices: Vec<&'static str>,
    /// Where the question comes from.
    pub source: &'static str,
    /// What is known already, and kept when nothing is answered.
    pub known: Option<String>,
    key: String,
    kind: Asked,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Field(Kind),
    Entries(&'static str),
}

impl From<&Declaration> for Draft {
    fn from(declaration: &Declaration) -> Self {
        Self { table: Table::try_from(declaration).unwrap_or_default(), asked: Vec::new() }
    }
}

impl Draft {
    /// The next relevant question nobody was asked yet.
    pub fn next(&self) -> Option<Question> {
        for field in FIELDS {
            if let Some(question) = self.field("", field) {
                return Some(question);
            }
            for list in LISTS.iter().filter(|list| list.after == field.key) {
                if let Some(question) = self.list(list) {
                    return Some(question);
                }
            }
        }
        None
    }

    fn field(&self, prefix: &str, field: &Field) -> Option<Question> {
        let key = format!("{prefix}{}", field.key);
        let said = |key: &str| self.said(&format!("{prefix}{key}"));
        if self.asked.contains(&key) || !(field.relevant)(&said) {
            return None;
        }
        let choices = match field.kind {
            Kind::Word(words) | Kind::Words(words) => words(),
            Kind::Flag => vec!["yes", "no"],
            Kind::Text | Kind::List | Kind::Day | Kind::File => Vec::new(),
        };
        let whose = self.whose(prefix);
        Some(Question {
            text: format!("{whose}{}", field.question),
            choices,
            source: field.source,
            known: self.said(&key),
            key,
            kind: Asked::Field(field.kind),
        })
    }

    fn list(&self, list: &'static ListField) -> Option<Question> {
        let said = |key: &str| self.said(key);
        if !(list.relevant)(&said) {
            return None;
        }
        let entries = self.table.get(list.key).and_then(Value::as_array);
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        if !self.asked.iter().any(|key| key == list.key) {
            let names: Vec<_> = entries.iter().filter_map(|one| name(one, list)).collect();
            return Some(Question {
                text: list.question.to_owned(),
                choices: Vec::new(),
                source: list.source,
                known: (!names.is_empty()).then(|| names.join(", ")),
                key: list.key.to_owned(),
                kind: Asked::Entries(list.name),
            });
        }
        (0..entries.len()).find_map(|at| {
            let prefix = format!("{}.{at}.", list.key);
            list.fields.iter().find_map(|field| self.field(&prefix, field))
        })
    }

    /// Whom a question in a list is about.
    fn whose(&self, prefix: &str) -> String {
        let first = prefix.split('.').next();
        let list = LISTS.iter().find(|list| Some(list.key) == first);
        let entry = list.and_then(|list| self.said(&format!("{prefix}{}", list.name)));
        entry.map(|name| format!("{name}: ")).unwrap_or_default()
    }

    /// Takes an answer. Nothing keeps what is known. The error says what would do.
    pub fn answer(&mut self, question: &Question, text: &str) -> Result<(), String> {
        let text = text.trim();
        if !text.is_empty() {
            let value = value(question, text, self)?;
            self.put(&question.key, value);
        }
        self.asked.push(question.key.clone());
        Ok(())
    }

    /// Takes from another draft what this one does not say: what went unsaid, never what was said.
    pub fn fill_from(&mut self, known: &Self) {
        for key in ["tool", "model", "prompts"] {
            if self.said(key).is_none()
                && let Some(value) = known.table.get(key)
            {
                self.put(key, value.clone());
            }
        }
    }

    /// Puts in what is known, where nothing is said yet.
    pub fn fill(&mut self, key: &str, text: &str) {
        if self.said(key).is_none() && !text.trim().is_empty() {
            self.put(key, Value::from(text));
        }
    }

    /// Puts in texts that are known, where nothing is said yet.
    pub fn fill_list(&mut self, key: &str, texts: &[String]) {
        if self.said(key).is_none() && !texts.is_empty() {
            self.put(key, Value::from(texts.to_vec()));
        }
    }

    /// What is said of a field.
    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let mut value = self.table.get(parts.next()?)?;
        for part in parts {
            value = match value {
                Value::Array(list) => list.get(part.parse::<usize>().ok()?)?,
                Value::Table(table) => table.get(part)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// What is said of a field, as text.
    pub fn said(&self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Boolean(flag) => Some(flag.to_string()),
            Value::Array(list) => {
                let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
                (!texts.is_empty()).then(|| texts.join(", "))
            }
            _ => None,
        }
    }

    fn put(&mut self, key: &str, value: Value) {
        let mut parts: Vec<&str> = key.split('.').collect();
        let Some(last) = parts.pop() else { return };
        let mut place = &mut self.table;
        let mut parts = parts.into_iter();
        while let Some(part) = parts.next() {
            let next = place.entry(part).or_insert_with(|| Value::Table(Table::new()));
            let next = match next {
                Value::Array(entries) => {
                    let at = parts.next().and_then(|at| at.parse::<usize>().ok());
                    at.and_then(|at| entries.get_mut(at))
                }
                other => Some(other),
            };
            match next.and_then(Value::as_table_mut) {
                Some(table) => place = table,
                None => return,
            }
        }
        place.insert(last.to_owned(), value);
    }

    /// What was said, as a file would have it.
    pub(super) fn into_table(self) -> Table {
        self.table
    }
}

fn name(entry: &Value, list: &ListField) -> Option<String> {
    match entry {
        Value::String(text) => Some(text.clone()),
        Value::Table(table) => table.get(list.name).and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

fn value(question: &Question, text: &str, draft: &Draft) -> Result<Value, String> {
    let listed = || text.split(',').map(str::trim).filter(|one| !one.is_empty());
    let choices = || format!("one of {}", question.choices.join(", "));
    let word = |text: &str| match plain_word(text).as_str() {
        "y" => "yes".to_owned(),
        "n" => "no".to_owned(),
        word => word.to_owned(),
    };
    let known = |word: &str| question.choices.contains(&word);
    match question.kind {
        Asked::Field(Kind::Text) => Ok(Value::from(text)),
        // Who is told only at the end has answered everything for nothing.
        Asked::Field(Kind::File) if Path::new(text).is_file() => Ok(Value::from(text)),
        Asked::Field(Kind::File) => Err("a file that is there".to_owned()),
        Asked::Field(Kind::List) => Ok(Value::from(vec![text])),
        Asked::Field(Kind::Day) => match Timestamp::end_of_day(text) {
            Ok(_) => Ok(Value::from(text)),
            Err(_) => Err("a day like 2026-11-30".to_owned()),
        },
        Asked::Field(Kind::Flag) => match word(text).as_str() {
            "yes" => Ok(Value::from(true)),
            "no" => Ok(Value::from(false)),
            _ => Err(choices()),
        },
        Asked::Field(Kind::Word(_)) => {
            Some(word(text)).filter(|one| known(one)).map(Value::from).ok_or_else(choices)
        }
        Asked::Field(Kind::Words(_)) => {
            let all: Vec<_> = listed().map(plain_word).collect();
            if all.iter().all(|one| known(one)) { Ok(Value::from(all)) } else { Err(choices()) }
        }
        Asked::Entries(name_key) => {
            let old = draft.table.get(&question.key).and_then(Value::as_array);
            let entry = |name: &str| {
                let same = |one: &&Value| one.get(name_key).and_then(Value::as_str) == Some(name);
                let kept = old.and_then(|old| old.iter().find(same).cloned());
                kept.unwrap_or_else(|| {
                    Value::Table(Table::from_iter([(name_key.to_owned(), Value::from(name))]))
                })
            };
            Ok(Value::Array(listed().filter(|name| !is_nothing(name)).map(entry).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Answer;

    /// Answers every question that comes by the beginning of its text; gives what was asked.
    fn ask(answers: &[(&str, &str)]) -> (Declaration, Vec<String>) {
        let mut draft = Draft::default();
        let mut asked = Vec::new();
        while let Some(question) = draft.next() {
            let answer = answers.iter().find(|(start, _)| question.text.starts_with(start));
            draft.answer(&question, answer.map_or("", |(_, text)| text)).unwrap();
            asked.push(question.text);
            assert!(asked.len() < 200, "it does not end: {asked:?}");
        }
        (draft.into_table().try_into().unwrap(), asked)
    }

    #[test]
    fn only_what_earlier_answers_make_relevant_is_asked() {
        let (_, asked) = ask(&[
            ("What is made with", "moodboard"),
            ("What is made?", "image"),
            ("When", "ideation"),
            ("Is it to be part", "no"),
            ("What kinds", "reference"),
        ]);
        let was = |start: &str| asked.iter().any(|text| text.starts_with(start));
        for never in
            ["How much", "Which performers", "Which version", "Does it replace", "Where were"]
        {
            assert!(!was(never), "{never}: {asked:#?}");
        }
        assert!(was("1. ") && was("5. "), "{asked:#?}");
        let (_, longer) = ask(&[
            ("What is made with", "a voice"),
            ("What is made?", "sound"),
            ("Is it to be part", "yes"),
            ("With which tool", "Speaker"),
            ("Which performers", "Jane Doe, Sam Roe"),
        ]);
        assert!(longer.len() > asked.len() + 20, "{longer:#?}");
        assert!(longer.iter().any(|text| text == "Sam Roe: Are they a minor?"), "{longer:#?}");
    }

    #[test]
    fn answers_become_a_declaration() {
        let (declaration, _) = ask(&[
            ("What is made with", "a poster in the background"),
            ("What is made?", "image"),
            ("When", "post"),
            ("Is it to be part", "y"),
            ("How much", "story critical"),
            ("What kinds", "signage, character"),
            ("Which performers", "Jane Doe"),
            ("Jane Doe: Where is the consent", "C-17"),
            ("Jane Doe: What is done", "replica"),
            ("Jane Doe: When was it given", "2026-11-01"),
            ("1. ", "yes"),
            ("2. ", "unsure"),
        ]);
        assert_eq!(declaration.purpose, "a poster in the background");
        assert_eq!(declaration.is_final, Some(true));
        assert_eq!(declaration.elements.len(), 2);
        assert_eq!(declaration.talent[0].consent.as_deref(), Some("C-17"));
        assert!(!declaration.talent[0].lacks_consent(&|_| false));
        assert_eq!(declaration.principles.p2, Some(Answer::Unsure));
        assert_eq!(declaration.principles.p3, None);
    }

    #[test]
    fn who_says_that_there_is_nothing_has_named_nothing() {
        let (declaration, asked) = ask(&[
            ("What is made with", "a voice"),
            ("What is made?", "sound"),
            ("With which tool", "Speaker"),
            ("What goes in", "n/a"),
            ("Which performers", "none"),
            ("Is a model trained", "no"),
        ]);
        assert_eq!((declaration.talent, declaration.inputs), (vec![], vec![]));
        let beside = |text: &String| text.starts_with("none: ") || text.starts_with("Under what");
        assert!(!asked.iter().any(beside), "{asked:#?}");
    }

    #[test]
    fn an_answer_that_is_none_of_the_choices_is_asked_again() {
        let mut draft = Draft::default();
        let question = draft.next().unwrap();
        draft.answer(&question, "x").unwrap();
        let medium = draft.next().unwrap();
        assert!(draft.answer(&medium, "smell").unwrap_err().contains("video"));
        assert_eq!(draft.next().unwrap().text, medium.text);
    }
}
