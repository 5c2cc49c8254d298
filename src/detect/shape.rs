//! Forms of whole names, as `generators.toml` writes them: plain text with parts in braces. `{d}` and
//! `{w}` are digits and letters or digits, one or more, or exactly so many with a number (`{d4}`);
//! `{x64}` the same of small hexadecimal digits; `{uuid}` is one in lower case, `{uuid4}` a random one; `{0-3}` is one of these
//! digits; `{any}` is any text, and not empty; `{words}` is such a text of two words or more, which hold letters, between
//! underscores, and no number of three digits or more first; `{half}` is ` AM`, ` PM` or nothing. A form matches the whole of a name or nothing. Used by `generators`.

use serde::Deserialize;

/// Parts of text in one form that can be anything: each multiplies the work.
const ANY_MAX: usize = 3;

enum Part {
    Text(String),
    Digits(Option<usize>),
    Letters(Option<usize>),
    Hexadecimal(Option<usize>),
    Uuid,
    /// Version 4.
    Random,
    ToThree,
    Any,
    Words,
    Half,
}

/// A form.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct Shape(Vec<Part>);

impl TryFrom<String> for Shape {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text} is no form"))
    }
}

impl Shape {
    /// Reads a form; nothing when a part is not known or a brace is open.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (plain, after) = rest.split_once('{').map_or((rest, None), |(a, b)| (a, Some(b)));
            if !plain.is_empty() {
                parts.push(Part::Text(plain.to_owned()));
            }
            let Some(after) = after else {
                break;
            };
            let (name, after) = after.split_once('}')?;
            let count = || name.get(1..)?.parse().ok();
            parts.push(match name {
                "d" => Part::Digits(None),
                "w" => Part::Letters(None),
                "x" => Part::Hexadecimal(None),
                "uuid" => Part::Uuid,
                "uuid4" => Part::Random,
                "0-3" => Part::ToThree,
                "any" => Part::Any,
                "words" => Part::Words,
                "half" => Part::Half,
                _ if name.starts_with('d') => Part::Digits(Some(count()?)),
                _ if name.starts_with('w') => Part::Letters(Some(count()?)),
                _ if name.starts_with('x') => Part::Hexadecimal(Some(count()?)),
                _ => return None,
            });
            rest = after;
        }
        let free = parts.iter().filter(|part| matches!(part, Part::Any | Part::Words)).count();
        (free <= ANY_MAX).then_some(Self(parts))
    }

    /// Whether the whole text has this form.
    pub fn matches(&self, text: &str) -> bool {
        fits(&self.0, text)
    }
}

fn fits(parts: &[Part], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    let run = |count: Option<usize>, is: fn(&u8) -> bool| {
        let most = text.bytes().take_while(is).count();
        let len = count.unwrap_or(most);
        (len > 0 && len <= most).then(|| text.get(len..)).flatten()
    };
    match first {
        Part::Text(known) => text.strip_prefix(known.as_str()).is_some_and(|text| fits(rest, text)),
        Part::Digits(count) => run(*count, u8::is_ascii_digit).is_some_and(|text| fits(rest, text)),
        Part::Letters(count) => {
            run(*count, u8::is_ascii_alphanumeric).is_some_and(|text| fits(rest, text))
        }
        Part::Hexadecimal(count) => run(*count, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            .is_some_and(|text| fits(rest, text)),
        Part::Uuid => {
            text.get(..36).is_some_and(uuid) && text.get(36..).is_some_and(|text| fits(rest, text))
        }
        Part::Random => {
            text.get(..36).is_some_and(|text| uuid(text) && random(text))
                && text.get(36..).is_some_and(|text| fits(rest, text))
        }
        Part::ToThree => {
            text.starts_with(|it| matches!(it, '0'..='3'))
                && text.get(1..).is_some_and(|text| fits(rest, text))
        }
        Part::Half => [" AM", " PM", "\u{202f}AM", "\u{202f}PM", ""]
            .iter()
            .any(|half| text.strip_prefix(half).is_some_and(|text| fits(rest, text))),
        Part::Any => ends(text).any(|(_, text)| fits(rest, text)),
        Part::Words => ends(text).any(|(words, text)| {
            let first = words.split('_').next().unwrap_or_default();
            let number = first.len() >= 3 && first.bytes().all(|byte| byte.is_ascii_digit());
            let words = words.split('_').filter(|word| word.contains(char::is_alphabetic));
            !number && words.take(2).count() == 2 && fits(rest, text)
        }),
    }
}

/// Each way to cut a text in two, the first part not empty.
fn ends(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.char_indices()
        .map(|(at, character)| at + character.len_utf8())
        .filter_map(|end| text.split_at_checked(end))
}

/// Whether a UUID was drawn at random, as its own digits say.
fn random(text: &str) -> bool {
    let digit = |at: usize| text.as_bytes().get(at).copied().unwrap_or_default();
    digit(14) == b'4' && b"89ab".contains(&digit(19))
}

fn uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_matches_whole_texts_only() {
        let is = |form: &str, text: &str| Shape::parse(form).unwrap().matches(text);
        assert!(is("a{d2}-{d}b", "a12-345b"));
        assert!(!is("a{d2}-{d}b", "a123-345b"));
        assert!(!is("a{d2}-{d}b", "a12-345bc"));
        assert!(is("{any}_{w3}", "x_y_abc"));
        assert!(!is("{any}_{w3}", "_abc"));
        assert!(is("{any}{half}", "ä PM"));
        assert!(is("{uuid}", "0f8fad5b-d9cb-469f-a165-70867728950e"));
        assert!(!is("{uuid}", "0F8FAD5B-D9CB-469F-A165-70867728950E"));
        assert!(is("{uuid4}", "0f8fad5b-d9cb-469f-a165-70867728950e"));
        assert!(!is("{uuid4}", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
        assert!(is("{0-3}", "3") && !is("{0-3}", "4") && !is("{0-3}", "") && !is("{0-3}", "11"));
        assert!(is("{words}_{d}", "a_fox_2_1") && !is("{words}_{d}", "page_12_2"));
        assert!(is("{words}_{d}", "3_red_cats_2") && !is("{words}_{d}", "010_comp_v3_2"));
        assert!(is("{x4}", "0a9f"));
        assert!(!is("{x4}", "0A9F"));
        assert!(is("", ""));
    }

    #[test]
    fn a_form_that_is_none_is_refused() {
        for form in ["{", "{y}", "{x-1}", "{d-1}", "{}", "{any}{any}{any}{any}"] {
            assert!(Shape::parse(form).is_none(), "{form}");
        }
    }

    #[test]
    fn the_worst_name_takes_little_time() {
        for form in ["{any}_{any}_{any}_{uuid}", "{words}_{words}_{words}_{uuid}"] {
            let form = Shape::parse(form).unwrap();
            assert!(!form.matches(&"_".repeat(255)));
            assert!(!form.matches(&"a_".repeat(127)));
        }
    }
}
