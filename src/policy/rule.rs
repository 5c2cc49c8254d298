//! A rule as data: its code, when it finds, how hard, what it says and what clears it. And what
//! stands beside rules in a policy: when a declaration escalates, and what was waived.

use std::sync::Arc;

use crate::model::{FindingCode, Severity, Timestamp, shell_word};
use crate::policy::condition::Condition;
use crate::policy::fact::{About, Fact, Facts, Value};

/// A rule of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its code.
    pub code: FindingCode,
    /// What it does; none when it is off.
    pub severity: Option<Severity>,
    /// When it finds. None for what is no condition on facts: the rule is in `rules/`.
    pub when: Option<Condition>,
    /// Where this holds too, it only warns.
    pub warn_when: Option<Condition>,
    /// Whether it only warns because nothing would block without the approval that it speaks of.
    pub is_spared: bool,
    /// One finding for all that it finds, with their number.
    pub fold: bool,
    /// What it says.
    pub why: Template,
    /// What clears it.
    pub fix: Template,
    /// Whose words it rests on.
    pub source: Option<String>,
}

impl Rule {
    /// What it does where it finds; `softened` is whether what softens it holds.
    pub fn effect(&self, softened: bool) -> Option<Severity> {
        let severity = self.severity?;
        Some(if self.is_spared || softened { Severity::Warn } else { severity })
    }
}

/// A reason for which a declared use must be escalated.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// Its code.
    pub code: Arc<str>,
    /// When; asks about the declaration only.
    pub when: Condition,
    /// What it says.
    pub why: Template,
    /// Whose words it rests on.
    pub source: Option<String>,
}

/// An exception that somebody stands for.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// What it keeps out of the verdict.
    pub code: FindingCode,
    /// Of what: a glob over paths, or an id or the beginning of one.
    pub asset: Wanted,
    /// Only in this deliverable.
    pub deliverable: Option<String>,
    /// Who waived it.
    pub who: String,
    /// Why.
    pub why: String,
    /// The last moment it holds.
    pub until: Timestamp,
}

/// What a waiver is about.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Paths: a glob that reads, or a name.
    Paths(String),
    /// A content, by the beginning of its id in lowercase hex.
    Id(String),
}

impl Wanted {
    /// As it was written.
    pub fn text(&self) -> &str {
        match self {
            Self::Paths(text) | Self::Id(text) => text,
        }
    }
}

/// A sentence with facts in it: `{tool} is not in the register`. Of several between bars the first that
/// is known is told, and words behind the last bar where none is: `{tool.trains|tool|its tool}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Facts(Vec<Fact>, String, Within),
    Extra(&'static str),
}

/// Where a fact is told. In a command a text stays one word to a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Sentence,
    Command,
    SingleQuotes,
    DoubleQuotes,
}

/// What is told of a fact that is not known, where a sentence has no words for that.
const UNKNOWN: &str = "?";

impl Part {
    /// What stands between braces.
    fn parse(name: &str) -> Option<Self> {
        if let Some(extra) = EXTRAS.iter().find(|extra| **extra == name) {
            return Some(Self::Extra(extra));
        }
        let mut names: Vec<_> = name.split('|').collect();
        let words = match names[..] {
            [_, .., last] if Fact::parse(last).is_none() => names.pop(),
            _ => None,
        };
        let facts: Option<Vec<_>> = names.into_iter().map(Fact::parse).collect();
        Some(Self::Facts(facts?, words.unwrap_or(UNKNOWN).to_owned(), Within::Sentence))
    }
}

/// What a sentence may name besides facts: the beginning of the asset's id, its status in words, and
/// the number of files of a folded finding.
pub const EXTRAS: &[&str] = &["asset", "made", "count"];

impl Template {
    /// Reads what clears a finding: commands to type, and words around them.
    pub fn of_commands(text: &str) -> Result<Self, String> {
        let mut read = Self::parse(text)?;
        let mut quote = None;
        for part in &mut read.parts {
            match part {
                Part::Text(text) => quote = text.chars().fold(quote, quoted),
                Part::Facts(_, _, within) => {
                    *within = match quote {
                        None => Within::Command,
                        Some('"') => Within::DoubleQuotes,
                        Some(_) => Within::SingleQuotes,
                    }
                }
                Part::Extra(_) => {}
            }
        }
        Ok(read)
    }

    /// Reads a sentence; the error is the name in braces that means nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::parse(name).ok_or_else(|| name.to_owned())?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The sentence for an item.
    pub fn fill(&self, facts: &dyn Facts, extra: &dyn Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(96);
        self.fill_into(&mut out, facts, extra);
        out
    }

    /// The same, behind what a text holds already.
    pub(super) fn fill_into(
        &self,
        out: &mut String,
        facts: &dyn Facts,
        extra: &dyn Fn(&str) -> String,
    ) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Extra(name) => out.push_str(&extra(name)),
                Part::Facts(all, words, within) => match known(facts, all) {
                    Value::Absent => out.push_str(words),
                    Value::Flag(flag) => out.push_str(if flag { "yes" } else { "no" }),
                    Value::Text(text) => match within {
                        Within::Sentence => out.push_str(&text),
                        Within::Command => out.push_str(&shell_word(&text)),
                        Within::SingleQuotes => out.push_str(&text.replace('\'', r"'\''")),
                        Within::DoubleQuotes => out.push_str(&in_double_quotes(&text)),
                    },
                    Value::Number(number) => out.push_str(&number.to_string()),
                    Value::Words(words) => out.push_str(&words.join(", ")),
                },
            }
        }
    }

    /// Whether it names nothing but such facts, and of the extras none but one.
    pub(super) fn names_only(&self, given: fn(Fact) -> bool, extra: Option<&str>) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Text(_) => true,
            Part::Facts(facts, ..) => facts.iter().all(|fact| given(*fact)),
            Part::Extra(name) => Some(*name) == extra,
        })
    }

    /// The narrowest thing that it names something of.
    pub(super) fn about(&self) -> About {
        let narrowest = |part: &Part| match part {
            Part::Text(_) => About::Deliverable,
            Part::Extra(_) => About::Item,
            Part::Facts(facts, ..) => {
                facts.iter().map(|fact| fact.about()).max().unwrap_or(About::Deliverable)
            }
        };
        self.parts.iter().map(narrowest).max().unwrap_or(About::Deliverable)
    }

    /// As it was written.
    pub fn text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Facts(facts, words, _) => {
                let names = facts.iter().map(|fact| fact.as_str());
                let words = Some(words.as_str()).filter(|words| *words != UNKNOWN);
                format!("{{{}}}", names.chain(words).collect::<Vec<_>>().join("|"))
            }
            Part::Extra(name) => format!("{{{name}}}"),
        };
        self.parts.iter().map(part).collect()
    }
}

/// Which quotes of a sentence's own are open behind a character, if before it those were.
fn quoted(open: Option<char>, next: char) -> Option<char> {
    match open {
        None => Some(next).filter(|next| matches!(next, '\'' | '"')),
        Some(quote) => open.filter(|_| next != quote),
    }
}

/// A text as a shell reads it between double quotes.
fn in_double_quotes(text: &str) -> String {
    let escaped = |next: char| matches!(next, '\\' | '"' | '$' | '`').then_some('\\');
    text.chars().flat_map(|next| escaped(next).into_iter().chain([next])).collect()
}

/// The first of some facts that is known.
fn known<'a>(facts: &'a dyn Facts, all: &[Fact]) -> Value<'a> {
    let values = all.iter().map(|fact| facts.get(*fact));
    values.into_iter().find(|value| *value != Value::Absent).unwrap_or(Value::Absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Given(&'static [Fact]);

    impl Facts for Given {
        fn get(&self, fact: Fact) -> Value<'_> {
            if self.0.contains(&fact) { Value::text(fact.as_str()) } else { Value::Absent }
        }
    }

    struct Named(&'static str);

    impl Facts for Named {
        fn get(&self, _: Fact) -> Value<'_> {
            Value::text(self.0)
        }
    }

    #[test]
    fn a_text_in_a_command_stays_one_word_between_whichever_quotes() {
        let fill = |text: &str| {
            let template = Template::of_commands(text).unwrap();
            template.fill(&Named("it's $(a) `b`"), &|_| String::new())
        };
        assert_eq!(fill("show {path}"), r"show 'it'\''s $(a) `b`'");
        assert_eq!(fill("show '{path}'"), r"show 'it'\''s $(a) `b`'");
        assert_eq!(fill("show \"{path}\""), r#"show "it's \$(a) \`b\`""#);
        assert_eq!(
            fill("show \"in {path}\" {path}"),
            r#"show "in it's \$(a) \`b\`" 'it'\''s $(a) `b`'"#
        );
        assert_eq!(fill("{path}{path}"), r"'it'\''s $(a) `b`''it'\''s $(a) `b`'");
    }

    #[test]
    fn a_sentence_has_words_for_what_is_not_known() {
        let fill = |text: &str, known| {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.text(), text);
            template.fill(&Given(known), &|_| String::new())
        };
        let text = "with {tool.trains|tool|its tool}";
        assert_eq!(fill(text, &[Fact::Tool, Fact::ToolTrains]), "with tool.trains");
        assert_eq!(fill(text, &[Fact::Tool]), "with tool");
        assert_eq!(fill(text, &[]), "with its tool");
        assert_eq!(fill("with {tool}", &[]), "with ?");
        assert_eq!(Template::parse("{toll|tool}"), Err("toll|tool".to_owned()));
    }
}
