//! A declaration in the making: a TOML table that answers are put into, one by one, and that becomes
//! a declaration when it is whole.

use std::path::Path;

use toml::{Table, Value};

use crate::app::declare::check::NO_USE;
use crate::app::declare::fields::{FIELDS, Field, Kind, LISTS, ListField, is_nothing};
use crate::model::{Declaration, Timestamp, plain_word};

/// A declaration in the making.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    table: Table,
    asked: Vec<String>,
    answered: bool,
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
    /// What is known already: kept when nothing is answered, taken away by "none".
    pub known: Option<String>,
    key: String,
    kind: Asked,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Field(Kind),
    Entries(&'static str),
}

impl Question {
    /// Whether an answer takes away what is known. Beside words to choose from it is "none" alone, and
    /// where one of them is "no", there must be something to take away: else it could be meant for that.
    fn clears(&self, text: &str) -> bool {
        if self.choices.is_empty() {
            return !text.is_empty() && is_nothing(text);
        }
        let is_no = self.choices.contains(&"no");
        plain_word(text) == "none" && (self.known.is_some() || !is_no)
    }
}

impl From<&Declaration> for Draft {
    fn from(declaration: &Declaration) -> Self {
        Self { table: Table::try_from(declaration).unwrap_or_default(), ..Self::default() }
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
            Kind::Word(words) | Kind::Words(words) => words.to_vec(),
            Kind::Flag => vec!["yes", "no"],
            Kind::Text | Kind::List | Kind::Day | Kind::PastDay | Kind::File => Vec::new(),
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
        let names = self.names(list);
        if !self.asked.iter().any(|key| key == list.key) {
            return Some(Question {
                text: list.question.to_owned(),
                choices: Vec::new(),
                source: list.source,
                known: (!names.is_empty()).then(|| names.join(", ")),
                key: list.key.to_owned(),
                kind: Asked::Entries(list.name),
            });
        }
        (0..names.len()).find_map(|at| {
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

    /// Takes an answer. Nothing keeps what is known, and "none" takes it away. The error says what would
    /// do.
    pub fn answer(
        &mut self,
        question: &Question,
        text: &str,
        now: Timestamp,
    ) -> Result<(), String> {
        let text = text.trim();
        let keeps = text.is_empty();
        let clears = question.clears(text);
        // Asked for again here: without it all the other answers would come to nothing.
        if question.key == "use" && (clears || keeps && question.known.is_none()) {
            return Err(NO_USE.to_owned());
        }
        if clears {
            self.take_out(&question.key);
        } else if !keeps {
            let value = value(question, text, self, now)?;
            self.put(&question.key, value);
        }
        self.answered |= !keeps;
        self.asked.push(question.key.clone());
        Ok(())
    }

    /// Whether anything was answered, so that there is something to lose.
    pub const fn is_answered(&self) -> bool {
        self.answered
    }

    /// Takes out what `before` was asked for and the answers since leave no question for: a performer must
    /// not stay in a picture that is said to be of a bottle now. What was said without being asked, in a
    /// file, stays. Gives what went.
    pub fn settle(&mut self, before: &Self) -> Vec<String> {
        let mut gone = Vec::new();
        for field in FIELDS {
            self.settle_field(field, "", before, "", &mut gone);
            for list in LISTS.iter().filter(|list| list.after == field.key) {
                self.settle_list(list, before, &mut gone);
            }
        }
        gone
    }

    fn settle_field(
        &mut self,
        field: &Field,
        prefix: &str,
        before: &Self,
        its_prefix: &str,
        gone: &mut Vec<String>,
    ) {
        let key = format!("{prefix}{}", field.key);
        let was = (field.relevant)(&|key| before.said(&format!("{its_prefix}{key}")));
        let is = (field.relevant)(&|key| self.said(&format!("{prefix}{key}")));
        if was && !is && self.take_out(&key) {
            gone.push(format!("{}{}", self.whose(prefix), field.key));
        }
    }

    fn settle_list(&mut self, list: &ListField, before: &Self, gone: &mut Vec<String>) {
        let was = (list.relevant)(&|key| before.said(key));
        let is = (list.relevant)(&|key| self.said(key));
        if was && !is {
            if self.take_out(list.key) {
                gone.push(list.key.to_owned());
            }
            return;
        }
        let (names, its_names) = (self.names(list), before.names(list));
        for (at, name) in names.iter().enumerate() {
            let Some(its) = its_names.iter().position(|one| one == name) else { continue };
            let (prefix, its_prefix) =
                (format!("{}.{at}.", list.key), format!("{}.{its}.", list.key));
            for field in list.fields {
                self.settle_field(field, &prefix, before, &its_prefix, gone);
            }
        }
    }

    /// What the entries of a list are called.
    fn names(&self, list: &ListField) -> Vec<String> {
        let entries = self.table.get(list.key).and_then(Value::as_array);
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|one| name(one, list).unwrap_or_default()).collect()
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
        if let Some((table, name)) = self.place(key) {
            table.insert(name.to_owned(), value);
        }
    }

    /// Whether there was anything.
    fn take_out(&mut self, key: &str) -> bool {
        self.place(key).is_some_and(|(table, name)| table.remove(name).is_some())
    }

    /// The table that a field is in, and its name there.
    fn place<'a>(&mut self, key: &'a str) -> Option<(&mut Table, &'a str)> {
        let mut parts: Vec<&str> = key.split('.').collect();
        let last = parts.pop()?;
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
            place = next?.as_table_mut()?;
        }
        Some((place, last))
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

fn value(question: &Question, text: &str, draft: &Draft, now: Timestamp) -> Result<Value, String> {
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
        // Who is told only at the end has answered everything for nothing. In full, so that it is found
        // from wherever an unfinished declaration is read.
        Asked::Field(Kind::File) if Path::new(text).is_file() => {
            let whole = std::path::absolute(text).ok();
            let whole = whole.and_then(|path| path.to_str().map(str::to_owned));
            Ok(Value::from(whole.unwrap_or_else(|| text.to_owned())))
        }
        Asked::Field(Kind::File) => Err("a file that is there".to_owned()),
        Asked::Field(Kind::List) => Ok(Value::from(vec![text])),
        Asked::Field(kind @ (Kind::Day | Kind::PastDay)) => match kind.wrong_day(text, now) {
            None => Ok(Value::from(text)),
            Some(wrong) => Err(format!("a day like 2026-11-30: {wrong}")),
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

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    /// Answers every question that comes by the beginning of its text; gives what was asked.
    fn ask(answers: &[(&str, &str)]) -> (Declaration, Vec<String>) {
        let (declaration, asked, _) = ask_again(Draft::default(), answers);
        (declaration, asked)
    }

    /// The same of what is said already; gives what was left out, too.
    fn ask_again(
        mut draft: Draft,
        answers: &[(&str, &str)],
    ) -> (Declaration, Vec<String>, Vec<String>) {
        let before = draft.clone();
        let mut asked = Vec::new();
        while let Some(question) = draft.next() {
            let answer = answers.iter().find(|(start, _)| question.text.starts_with(start));
            draft.answer(&question, answer.map_or("", |(_, text)| text), now()).unwrap();
            asked.push(question.text);
            assert!(asked.len() < 200, "it does not end: {asked:?}");
        }
        let gone = draft.settle(&before);
        (draft.into_table().try_into().unwrap(), asked, gone)
    }

    const VOICE: &str = "use = \"a voice\"\nmedium = \"sound\"\nphase = \"post\"\nfinal = true\n\
        elements = [\"voice\"]\ntool = \"Speaker\"\nmodel = \"s-2\"\nprompts = [\"say it\"]\n\
        inputs = [\"a tape\"]\ntraining_data = \"tapes\"\ntraining_clearance = \"L-1\"\nvendor = \"V\"\n\
        note = \"ours\"\npersonal_data = \"yes\"\n[[talent]]\nname = \"Jane Doe\"\nconsent = \"C-17\"\n\
        scope = \"the trailer\"\n[[talent]]\nname = \"Sam Roe\"\nconsent = \"C-18\"\n\
        scope = \"all\"\n[[pipeline]]\ntool = \"T\"\n";

    fn voice() -> Draft {
        Draft::from(&toml::from_str::<Declaration>(VOICE).unwrap())
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
        draft.answer(&question, "x", now()).unwrap();
        let medium = draft.next().unwrap();
        assert!(draft.answer(&medium, "smell", now()).unwrap_err().contains("video"));
        assert_eq!(draft.next().unwrap().text, medium.text);
    }
    #[test]
    fn what_new_answers_leave_no_question_for_goes_and_nothing_else() {
        let (same, _, gone) = ask_again(voice(), &[]);
        assert_eq!((same, gone), (toml::from_str(VOICE).unwrap(), vec![]));
        let (declaration, _, gone) = ask_again(
            voice(),
            &[
                ("What is made?", "image"),
                ("What kinds", "prop"),
                ("With which tool", "none"),
                ("Is a model trained", "n/a"),
                ("Does a vendor", "None."),
            ],
        );
        assert_eq!(gone, ["model", "prompts", "talent", "training_clearance", "pipeline"]);
        let left = "use = \"a voice\"\nmedium = \"image\"\nphase = \"post\"\nfinal = true\n\
            elements = [\"prop\"]\ninputs = [\"a tape\"]\nnote = \"ours\"\npersonal_data = \"yes\"\n";
        assert_eq!(declaration, toml::from_str(left).unwrap());
        // Of an entry too, whatever its place in the list is now.
        let answers = [
            ("Which performers", "Sam Roe, Jane Doe"),
            ("Jane Doe: Where is the consent", "none"),
            ("Does personal data", "none"),
        ];
        let (declaration, _, gone) = ask_again(voice(), &answers);
        assert_eq!(gone, ["Jane Doe: scope"]);
        assert_eq!(declaration.talent[0].scope.as_deref(), Some("all"));
        assert_eq!(declaration.personal_data, None);
        // What a file said without being asked is nobody's to take away.
        let unasked = toml::from_str::<Declaration>(
            "use = \"a prop\"\nmedium = \"image\"\nelements = [\"prop\"]\ntalent = [\"Jane Doe\"]\n",
        )
        .unwrap();
        let (declaration, _, gone) = ask_again(Draft::from(&unasked), &[("When", "post")]);
        assert_eq!((declaration.talent.len(), gone), (1, vec![]));
    }

    #[test]
    fn what_goes_in_and_what_a_model_learned_from_is_asked_of_a_vendor_without_a_tool_too() {
        let answers =
            [("What is made with", "a face"), ("When", "post"), ("Does a vendor", "ACME")];
        let (_, asked) = ask(&answers);
        let was = |start: &str| asked.iter().any(|text| text.starts_with(start));
        assert!(was("What goes in") && was("Is a model trained"), "{asked:#?}");
    }

    #[test]
    fn a_phase_is_that_phase_in_letters_of_any_case() {
        let asked = |phase| ask(&[("What is made with", "x"), ("When", phase)]).1.len();
        assert!(asked("ideation") < asked("post"));
        assert_eq!(asked("Ideation"), asked("ideation"));
    }

    #[test]
    fn none_beside_a_no_takes_away_what_is_known_and_is_no_answer_else() {
        let mut draft = Draft::default();
        let mut answer = |start: &str, text: &str| loop {
            let question = draft.next().expect(start);
            if question.text.starts_with(start) {
                return draft.answer(&question, text, now());
            }
            draft.answer(&question, if question.key == "use" { "x" } else { "" }, now()).unwrap();
        };
        for unclear in ["none", "nobody", "no."] {
            assert!(answer("Is it to be part", unclear).unwrap_err().contains("yes, no"));
        }
        answer("Is it to be part", "no").unwrap();
        answer("What kinds", "none").unwrap();
        assert_eq!((draft.said("final").as_deref(), draft.said("elements")), (Some("false"), None));
    }

    #[test]
    fn a_use_is_asked_for_until_there_is_one() {
        let mut draft = Draft::default();
        for nothing in ["", "  ", "none"] {
            let question = draft.next().unwrap();
            assert!(
                draft.answer(&question, nothing, now()).unwrap_err().contains("use says nothing")
            );
            assert_eq!((draft.next().unwrap().text, draft.is_answered()), (question.text, false));
        }
        let mut draft = voice();
        let question = draft.next().unwrap();
        draft.answer(&question, "none", now()).unwrap_err();
        draft.answer(&question, "", now()).unwrap();
        assert_ne!(draft.next().unwrap().text, question.text);
    }
}
