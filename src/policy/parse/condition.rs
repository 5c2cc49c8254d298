//! Conditions out of TOML: `{ fact = "status", is = "ai" }`, and `all`, `any`, `not` around them.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::Glob;
use crate::policy::condition::{Condition, Test};
use crate::policy::fact::{Fact, Kind};
use crate::policy::parse::reader::Reader;

/// Deeper than anybody reads.
const MAX_DEPTH: usize = 16;

/// Reads a condition; `None` when it is wrong, which has been said then.
pub(super) fn condition(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Option<Condition> {
    nested(reader, value, 0)
}

fn nested(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    depth: usize,
) -> Option<Condition> {
    let at = value.span().start;
    let DeValue::Table(table) = value.get_ref() else {
        reader.problem(at, "a condition is a table: { fact = …, is = … }, { all = […] }".into());
        return None;
    };
    if depth >= MAX_DEPTH {
        reader.problem(at, format!("conditions are nested more than {MAX_DEPTH} deep"));
        return None;
    }
    if table.contains_key("fact") {
        return predicate(reader, at, table);
    }
    let mut found = None;
    for (key, value) in table {
        let one = match key.get_ref().as_ref() {
            "all" => list(reader, "all", value, depth).map(Condition::All),
            "any" => list(reader, "any", value, depth).map(Condition::Any),
            "not" => nested(reader, value, depth + 1).map(|one| Condition::Not(Box::new(one))),
            unknown => {
                reader.problem(key.span().start, format!("unknown key {unknown:?}"));
                None
            }
        };
        if table.len() == 1 {
            found = one;
        }
    }
    if table.len() != 1 {
        reader.problem(at, "a condition is a fact, or one of all, any, not".into());
    }
    found
}

fn list(
    reader: &mut Reader<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    depth: usize,
) -> Option<Vec<Condition>> {
    let DeValue::Array(entries) = value.get_ref() else {
        reader.problem(value.span().start, format!("{key} is a list of conditions"));
        return None;
    };
    if entries.is_empty() {
        // `all` of nothing would hold for everything.
        reader.problem(value.span().start, format!("{key} is empty"));
        return None;
    }
    let all: Vec<_> = entries.iter().map(|one| nested(reader, one, depth + 1)).collect();
    all.into_iter().collect()
}

fn predicate(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Option<Condition> {
    let named = reader.text("fact", table.get("fact")?);
    let known = named.as_ref().and_then(|(name, _)| Fact::parse(name));
    if let (Some((name, name_at)), None) = (named, known) {
        let said = format!("no fact is called {name:?}; genlock policy explain --facts lists them");
        reader.problem(name_at, said);
    }
    let mut found = None;
    let mut asked = 0;
    for (key, value) in table {
        let key_text = key.get_ref().as_ref();
        if key_text == "fact" {
            continue;
        }
        asked += 1;
        found = match (key_text, known) {
            ("matches", _) => glob(reader, value),
            ("known", _) => reader.flag("known", value).map(Test::Known),
            ("is" | "in" | "has" | "at-least" | "at_least", None) => None,
            ("is", Some(fact)) => is(reader, fact, value),
            ("in", Some(fact)) => words(reader, fact, "in", value).map(Test::In),
            ("has", Some(fact)) => has(reader, fact, value).map(Test::Has),
            ("at-least" | "at_least", Some(fact)) => at_least(reader, fact, value),
            (unknown, _) => {
                reader.problem(key.span().start, format!("unknown key {unknown:?}"));
                None
            }
        };
    }
    if asked != 1 {
        let what =
            if asked == 0 { "asks nothing of the fact" } else { "asks two things of the fact" };
        reader.problem(at, format!("{what}: one of is, in, has, matches, at-least, known"));
        return None;
    }
    let (fact, test) = (known?, found?);
    if !test.fits(fact.kind()) {
        let kind = match fact.kind() {
            Kind::Flag => "true or false",
            Kind::Text => "a text",
            Kind::Number => "a number",
            Kind::Word(_) => "a word",
            Kind::Words(_) => "a list of words",
            Kind::Names => "a list of names",
        };
        reader.problem(at, format!("that cannot be asked of {}, which is {kind}", fact.as_str()));
        return None;
    }
    Some(Condition::Fact(fact, test))
}

fn is(reader: &mut Reader<'_>, fact: Fact, value: &Spanned<DeValue<'_>>) -> Option<Test> {
    match (fact.kind(), value.get_ref()) {
        (Kind::Flag, DeValue::Boolean(flag)) => Some(Test::IsFlag(*flag)),
        (Kind::Flag, _) => {
            let said = format!("is takes true or false for {}", fact.as_str());
            reader.problem(value.span().start, said);
            None
        }
        (_, DeValue::String(_)) => word(reader, fact, "is", value).map(Test::Is),
        _ => {
            let said = format!("is takes a string for {}", fact.as_str());
            reader.problem(value.span().start, said);
            None
        }
    }
}

fn has(reader: &mut Reader<'_>, fact: Fact, value: &Spanned<DeValue<'_>>) -> Option<String> {
    let name = word(reader, fact, "has", value)?;
    // A slip in a role's name would make a rule that never finds, or always does.
    if fact == Fact::ApprovedRoles {
        reader.asks_for_role(value.span().start, &name);
    }
    Some(name)
}

/// A text that is one of the fact's words, where those are a closed set.
fn word(
    reader: &mut Reader<'_>,
    fact: Fact,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<String> {
    let (text, at) = reader.text(key, value)?;
    check(reader, fact, text, at)
}

fn words(
    reader: &mut Reader<'_>,
    fact: Fact,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Vec<String>> {
    let all = reader.texts(key, value)?;
    if all.is_empty() {
        reader.problem(value.span().start, format!("{key} is empty"));
        return None;
    }
    let all: Vec<_> = all.into_iter().map(|(text, at)| check(reader, fact, text, at)).collect();
    all.into_iter().collect()
}

fn check(reader: &mut Reader<'_>, fact: Fact, text: String, at: usize) -> Option<String> {
    match fact.kind().words() {
        Some(words) if !words.contains(&text.as_str()) => {
            reader.problem(at, format!("{} is one of {}", fact.as_str(), words.join(", ")));
            None
        }
        _ => Some(text),
    }
}

fn glob(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Test> {
    let (text, at) = reader.text("matches", value)?;
    match Glob::parse(&text) {
        Ok(glob) => Some(Test::Matches(glob)),
        Err(error) => {
            reader.problem(at, format!("{text:?} is no glob: {}", error.kind()));
            None
        }
    }
}

fn at_least(reader: &mut Reader<'_>, fact: Fact, value: &Spanned<DeValue<'_>>) -> Option<Test> {
    if let Some(number) = Reader::number(value) {
        return Some(Test::AtLeast(number));
    }
    let least = word(reader, fact, "at-least", value)?;
    let words = fact.kind().words().unwrap_or_default();
    Some(Test::AtLeastWord(words.iter().copied().skip_while(|word| *word != least).collect()))
}
