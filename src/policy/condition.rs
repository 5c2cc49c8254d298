//! Conditions: predicates over facts, combined with all, any and not. Data in, yes or no out.

use std::fmt;

use crate::model::Glob;
use crate::policy::fact::{About, Fact, Facts, Kind, Value};

/// When a rule finds something.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Every one of them.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A predicate over one fact.
    Fact(Fact, Test),
}

/// What is asked of a fact. Of one that is absent, only `Known(false)` holds.
#[derive(Clone, Debug)]
pub enum Test {
    /// It is this text, word or number of words; a list has it.
    Is(String),
    /// It is `true` or `false`.
    IsFlag(bool),
    /// It is one of these.
    In(Vec<String>),
    /// It is among its words.
    Has(String),
    /// The glob fits it; `*` does not cross `/`, `**` does.
    Matches(Glob),
    /// It is this word or a stronger one: one of these, the weakest first.
    AtLeastWord(Vec<&'static str>),
    /// It is this number or more.
    AtLeast(u64),
    /// There is something to say, or not.
    Known(bool),
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, facts: &dyn Facts) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(facts)),
            Self::Any(any) => any.iter().any(|one| one.holds(facts)),
            Self::Not(one) => !one.holds(facts),
            Self::Fact(fact, test) => test.holds(&facts.get(*fact)),
        }
    }

    /// Whether it holds by some of the facts alone: `None` when that takes the others.
    pub(super) fn settled(&self, facts: &dyn Facts, given: fn(Fact) -> bool) -> Option<bool> {
        let all = |all: &[Self], settles: bool| {
            let mut open = false;
            for one in all {
                match one.settled(facts, given) {
                    Some(answer) if answer == settles => return Some(settles),
                    Some(_) => {}
                    None => open = true,
                }
            }
            (!open).then_some(!settles)
        };
        match self {
            Self::All(parts) => all(parts, false),
            Self::Any(parts) => all(parts, true),
            Self::Not(one) => one.settled(facts, given).map(|answer| !answer),
            Self::Fact(fact, test) => given(*fact).then(|| test.holds(&facts.get(*fact))),
        }
    }

    /// The narrowest thing it asks about.
    pub fn about(&self) -> About {
        match self {
            Self::All(all) | Self::Any(all) => {
                all.iter().map(Self::about).max().unwrap_or(About::Deliverable)
            }
            Self::Not(one) => one.about(),
            Self::Fact(fact, _) => fact.about(),
        }
    }

    /// Every fact it asks about.
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::facts).collect(),
            Self::Not(one) => one.facts(),
            Self::Fact(fact, _) => vec![*fact],
        }
    }
}

impl Test {
    fn holds(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Known(known), value) => *known == (*value != Value::Absent),
            (Self::IsFlag(wanted), Value::Flag(flag)) => wanted == flag,
            (Self::Is(wanted), Value::Text(text)) => wanted == text,
            (Self::In(wanted), Value::Text(text)) => wanted.iter().any(|one| one == text),
            (Self::Has(wanted), Value::Words(words)) => words.contains(&wanted.as_str()),
            (Self::Matches(glob), Value::Text(text)) => glob.is_match(&**text),
            (Self::AtLeast(least), Value::Number(number)) => number >= least,
            (Self::AtLeastWord(words), Value::Text(text)) => words.contains(&&**text),
            _ => false,
        }
    }

    /// Whether it can be asked of a fact of this kind.
    pub(super) fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Known(_) => true,
            Self::IsFlag(_) => matches!(kind, Kind::Flag),
            Self::Is(_) | Self::In(_) => matches!(kind, Kind::Text | Kind::Word(_)),
            Self::Has(_) => matches!(kind, Kind::Words(_) | Kind::Names),
            Self::Matches(_) => matches!(kind, Kind::Text),
            Self::AtLeast(_) => matches!(kind, Kind::Number),
            Self::AtLeastWord(_) => matches!(kind, Kind::Word(_)),
        }
    }
}

/// In words, for `policy explain`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, all: &[Self], word: &str| {
            f.write_str("(")?;
            for (at, one) in all.iter().enumerate() {
                if at > 0 {
                    write!(f, " {word} ")?;
                }
                write!(f, "{one}")?;
            }
            f.write_str(")")
        };
        match self {
            Self::All(all) => list(f, all, "and"),
            Self::Any(any) => list(f, any, "or"),
            Self::Not(one) => write!(f, "not {one}"),
            Self::Fact(fact, test) => {
                let name = fact.as_str();
                match test {
                    Test::Is(word) => write!(f, "{name} is {word:?}"),
                    Test::IsFlag(flag) => write!(f, "{name} is {flag}"),
                    Test::In(words) => write!(f, "{name} is one of {}", words.join(", ")),
                    Test::Has(word) => write!(f, "{name} has {word:?}"),
                    Test::Matches(glob) => write!(f, "{name} fits {:?}", glob.as_str()),
                    Test::AtLeastWord(words) => {
                        let least = words.first().copied().unwrap_or_default();
                        write!(f, "{name} is {least:?} or stronger")
                    }
                    Test::AtLeast(number) => write!(f, "{name} is {number} or more"),
                    Test::Known(true) => write!(f, "{name} is known"),
                    Test::Known(false) => write!(f, "{name} is not known"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PROFILES, Policy};

    /// Facts that are anything, the same for a number.
    struct Drawn(u64);

    impl Facts for Drawn {
        fn get(&self, fact: Fact) -> Value<'_> {
            let text = format!("{} {}", self.0, fact.as_str());
            let drawn = blake3::hash(text.as_bytes()).as_bytes()[0] as usize;
            let pick = |words: &[&'static str]| words.get(drawn % (words.len() + 1)).copied();
            match fact.kind() {
                Kind::Flag => Value::Flag(drawn.is_multiple_of(2)),
                Kind::Number => Value::Number(drawn as u64 % 3),
                Kind::Text => Value::maybe((drawn.is_multiple_of(2)).then_some("x")),
                Kind::Word(words) => Value::maybe(pick(words)),
                Kind::Words(words) => Value::Words(pick(words).into_iter().collect()),
                Kind::Names => Value::Absent,
            }
        }
    }

    #[test]
    fn what_some_facts_settle_is_what_all_of_them_say() {
        let givens: [fn(Fact) -> bool; 4] = [
            |_| true,
            |_| false,
            |fact| fact.about() == About::Declaration,
            |fact| fact.as_str().len().is_multiple_of(2),
        ];
        let (mut settled, mut open) = (0, 0);
        for profile in PROFILES {
            let policy = Policy::parse(profile.text).unwrap();
            for when in policy.rules.iter().filter_map(|rule| rule.when.as_ref()) {
                for facts in (0..50).map(Drawn) {
                    for given in givens {
                        match when.settled(&facts, given) {
                            Some(answer) => {
                                assert_eq!(answer, when.holds(&facts), "{when}");
                                settled += 1;
                            }
                            None => open += 1,
                        }
                    }
                    assert_eq!(when.settled(&facts, givens[0]), Some(when.holds(&facts)));
                    assert_eq!(when.settled(&facts, givens[1]), None, "{when}");
                }
            }
        }
        assert!(settled > 1000 && open > 1000, "{settled} settled, {open} open");
    }
}
