//! `[[role]]` out of TOML.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::policy::parse::reader::Reader;
use crate::policy::role::{Power, Role};

pub(super) fn role(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Option<Role> {
    let (mut name, mut who, mut may) = (None, None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "name" => name = reader.text("name", value).map(|(text, _)| text),
            "who" => who = texts(reader, "who", value),
            "may" => may = texts(reader, "may", value),
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
        if let Some(power) = Power::ALL.iter().find(|power| power.as_str() == word) {
            powers.insert(*power);
        } else {
            let all: Vec<_> = Power::ALL.iter().map(|power| power.as_str()).collect();
            reader.problem(at, format!("may is some of {}, not {word:?}", all.join(", ")));
        }
    }
    let who: Vec<_> = who?;
    for (one, at) in &who {
        if one.is_empty() || one.contains(',') {
            reader.problem(*at, "who is a list of principals or patterns, one each".to_owned());
        }
    }
    Some(Role { name: name?, who: who.into_iter().map(|(one, _)| one).collect(), may: powers })
}

fn texts(
    reader: &mut Reader<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Vec<(String, usize)>> {
    let DeValue::Array(list) = value.get_ref() else {
        reader.problem(value.span().start, format!("{key} is a list of strings"));
        return None;
    };
    Some(list.iter().filter_map(|one| reader.text(key, one)).collect())
}
