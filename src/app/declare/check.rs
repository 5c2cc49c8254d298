//! What is wrong with a declaration in a file: everything at once, each at its line and column. A
//! misspelt question must not go unanswered, and who wrote ten should not be told of one at a time.
//!
//! Each value is tried on its own, by the same reading that the declaration as a whole goes through.

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::app::declare::fields::{FIELDS, Field, Kind, LISTS, ListField};
use crate::model::{Declaration, Timestamp};
use crate::policy::PolicyProblem;

/// Before what is only asked of principles.
const PRINCIPLES: &str = "principles";

/// Every problem, by place. `is_file` says whether a file that is named is there.
pub(super) fn problems(
    text: &str,
    now: Timestamp,
    is_file: &dyn Fn(&str) -> bool,
) -> Vec<PolicyProblem> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut check = Check { text, now, is_file, found: Vec::new() };
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        check.problem(at, error.message());
    }
    check.whole(table.get_ref());
    PolicyProblem::all(text, check.found)
}

/// What says nothing.
pub(super) const NO_USE: &str = "use says nothing: what is made, and why";

type Leaf<'a> = Spanned<DeValue<'a>>;

struct Check<'a> {
    text: &'a str,
    now: Timestamp,
    is_file: &'a dyn Fn(&str) -> bool,
    /// Each with its byte.
    found: Vec<(usize, String)>,
}

impl Check<'_> {
    fn problem(&mut self, at: usize, problem: &str) {
        self.found.push((at, problem.trim().to_owned()));
    }

    fn whole(&mut self, table: &DeTable<'_>) {
        let mut named = false;
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let at = value.span().start;
            if name == PRINCIPLES {
                self.principles(value);
            } else if let Some(list) = LISTS.iter().find(|list| list.key == name) {
                self.list(list, value);
            } else if let Some(field) = FIELDS.iter().find(|field| field.key == name) {
                self.value(field, value, &|value| Table::from_iter([(name.to_owned(), value)]));
                named |= name == "use";
                if value.get_ref().as_str().is_some_and(|text| name == "use" && blank(text)) {
                    self.problem(at, NO_USE);
                }
            } else {
                self.problem(key.span().start, &format!("unknown key {name:?}"));
            }
        }
        if !named {
            self.problem(0, NO_USE);
        }
    }

    fn principles(&mut self, value: &Leaf<'_>) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.problem(value.span().start, "principles is a table: [principles]");
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let known = |field: &&Field| field.key.strip_prefix("principles.") == Some(name);
            let Some(field) = FIELDS.iter().find(known) else {
                let problem = format!("unknown key {name:?} in [principles]");
                self.problem(key.span().start, &problem);
                continue;
            };
            self.value(field, value, &|value| {
                let inner = Table::from_iter([(name.to_owned(), value)]);
                Table::from_iter([(PRINCIPLES.to_owned(), Value::Table(inner))])
            });
        }
    }

    fn list(&mut self, list: &ListField, value: &Leaf<'_>) {
        let key = list.key;
        let DeValue::Array(entries) = value.get_ref() else {
            return self.problem(value.span().start, &format!("{key} is a list, or [[{key}]]"));
        };
        for entry in entries {
            let at = entry.span().start;
            match entry.get_ref() {
                DeValue::Table(table) => self.entry(list, at, table),
                DeValue::String(text) if blank(text) => {
                    self.problem(at, &format!("an entry of {key} has no {}", list.name));
                }
                DeValue::String(_) => {}
                _ => self.problem(at, &format!("an entry of {key} is a text or a table")),
            }
        }
    }

    fn entry(&mut self, list: &ListField, at: usize, table: &DeTable<'_>) {
        let mut named = false;
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if name == list.name {
                named = value.get_ref().as_str().is_some_and(|text| !blank(text));
                continue;
            }
            let Some(field) = list.fields.iter().find(|field| field.key == name) else {
                let problem = format!("unknown key {name:?} in [[{}]]", list.key);
                self.problem(key.span().start, &problem);
                continue;
            };
            self.value(field, value, &|value| {
                let whose = (list.name.to_owned(), Value::from("x"));
                let one = Table::from_iter([whose, (name.to_owned(), value)]);
                Table::from_iter([(list.key.to_owned(), Value::from(vec![one]))])
            });
        }
        if !named {
            self.problem(at, &format!("an entry of {} has no {}, as text", list.key, list.name));
        }
    }

    /// Tries a value in a declaration that says nothing else.
    fn value(&mut self, field: &Field, value: &Leaf<'_>, within: &dyn Fn(Value) -> Table) {
        let (span, text) = (value.span(), value.get_ref().as_str());
        let at = span.start;
        if let Some(wrong) = text.and_then(|day| field.kind.wrong_day(day, self.now)) {
            return self.problem(at, &wrong);
        }
        match (field.kind, text) {
            (Kind::File, Some(file)) if !(self.is_file)(file) => {
                return self.problem(at, &format!("there is no file {file:?}"));
            }
            (Kind::File, Some(_)) => return,
            // One that is kept already, as the template of a declaration on record has it.
            (Kind::File, None) if value.get_ref().is_table() => {}
            (Kind::File, None) => return self.problem(at, "names a file, as text"),
            _ => {}
        }
        let written = self.text.get(span).unwrap_or_default();
        let alone = toml::from_str::<Table>(&format!("x = {written}")).ok();
        let Some(alone) = alone.and_then(|mut table| table.remove("x")) else {
            return self.problem(at, &format!("{} is no table", field.key));
        };
        let mut table = within(alone);
        table.entry("use").or_insert_with(|| Value::from("x"));
        if let Err(error) = table.try_into::<Declaration>() {
            self.problem(at, &format!("{}: {}", field.key, error.message()));
        }
    }
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn told(text: &str) -> Vec<String> {
        problems(text, now(), &|file| file == "there.pdf").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once_by_line_and_column() {
        let text = "medium = \"smell\"\nfinal = \"maybe\"\npersonel_data = \"no\"\n\
            inputs = [\"a\", { what = \"b\", ownr = \"c\" }, 3]\ntool = 4\n\
            [principles]\np1 = \"yes\"\np6 = \"yes\"\np2 = \"perhaps\"\n\
            [[talent]]\nname = \"J\"\n  consnet = \"C\"\nconsent_date = \"soon\"\n\
            notice = \"2026-12-01\"\nconsent_until = \"2026-12-01\"\n\
            consent_document = \"gone.pdf\"\nminor = 1\n[[talent]]\nconsent_document = \"there.pdf\"\n\
            [vendor]\nname = \"x\"\n[[pipeline]]\ntool = \"x\"\nversion = 2\n";
        assert_eq!(
            told(text),
            [
                "line 1, column 1: use says nothing: what is made, and why",
                "line 1, column 10: medium: \"smell\" is none of video, sound, text, image",
                "line 2, column 9: final: invalid type: string \"maybe\", expected a boolean",
                "line 3, column 1: unknown key \"personel_data\"",
                "line 4, column 30: unknown key \"ownr\" in [[inputs]]",
                "line 4, column 44: an entry of inputs is a text or a table",
                "line 5, column 8: tool: invalid type: integer `4`, expected a string",
                "line 8, column 1: unknown key \"p6\" in [principles]",
                "line 9, column 6: principles.p2: \"perhaps\" is none of yes, no, unsure",
                "line 12, column 3: unknown key \"consnet\" in [[talent]]",
                "line 13, column 16: \"soon\" is no day like 2026-11-30",
                "line 14, column 10: \"2026-12-01\" is yet to come",
                "line 16, column 20: there is no file \"gone.pdf\"",
                "line 17, column 9: minor: invalid type: integer `1`, expected a word",
                "line 18, column 1: an entry of talent has no name, as text",
                "line 20, column 1: vendor is no table",
                "line 24, column 11: version: invalid type: integer `2`, expected a string",
            ]
        );
        // A text that is cut off says where, and what else there is.
        let cut = told("use = \"x\"\nmedum = \"image\"\ninputs = [\n");
        assert!(cut[0].starts_with("line 2, column 1: unknown key"), "{cut:?}");
        assert!(cut.len() > 1, "{cut:?}");
    }

    #[test]
    fn what_is_read_in_more_than_one_way_is_no_problem() {
        let text = "use = \"x\"\nmedium = \"Still\"\nelements = [\"Key Visual\", \"fog\"]\n\
            personal_data = false\ninputs = [\"a\", { what = \"b\", proprietary = true }]\n\
            principles.p1 = \"?\"\nprinciples.p2 = \'y\'\nprompts = [\"\"\"one\ntwo\"\"\"]\n";
        assert_eq!(told(text), Vec::<String>::new());
    }
}
