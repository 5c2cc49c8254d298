//! `[[role]]` out of TOML.

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::policy::parse::reader::Reader;
use crate::policy::role::{Power, Role};

/// Reads a role; `None` when it has no name. What else is wrong with it has been said then.
pub(super) fn role(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Option<Role> {
    let (mut name, mut who, mut may) = (None, None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "name" => name = reader.text("name", value).map(|(text, _)| text),
            "who" => who = reader.texts("who", value),
            "may" => may = reader.texts("may", value),
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
    for key in ["name", "who", "may"] {
        if !table.contains_key(key) {
            reader.problem(at, format!("a role has a {key}"));
        }
    }
    let mut powers = BTreeSet::new();
    for (word, at) in may.into_iter().flatten() {
        if let Some(power) = Power::from_word(&word) {
            powers.insert(power);
        } else {
            let all = Power::WORDS.join(", ");
            reader.problem(at, format!("may is some of {all}, not {word:?}"));
        }
    }
    let who: Vec<_> = who.unwrap_or_default();
    for (one, at) in &who {
        if one.is_empty() || one.contains(',') {
            reader.problem(*at, "who is a list of principals or patterns, one each".to_owned());
        }
    }
    Some(Role { name: name?, who: who.into_iter().map(|(one, _)| one).collect(), may: powers })
}
