//! The options of a line of `allowed_signers`: `namespaces`, `valid-after`, `valid-before`.
//!
//! What Genlock does not support is an error and never passed over: an option can only narrow what a
//! key is good for.

use crate::model::MAX_PATTERN;

/// What narrows the use of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Patterns of the namespaces it may sign in; none means all.
    pub(super) namespaces: Option<String>,
    /// Seconds since 1970 from which it is good, that one included.
    pub(super) valid_after: Option<i64>,
    /// Seconds since 1970 up to which it is good, that one included.
    pub(super) valid_before: Option<i64>,
}

impl Options {
    /// Reads options between commas; gives every problem.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut options = Self::default();
        let mut problems = Vec::new();
        let mut rest = text;
        loop {
            match option(rest) {
                Ok((name, value, behind)) => {
                    if let Err(problem) = options.set(name, value) {
                        problems.push(problem);
                    }
                    match behind.strip_prefix(',') {
                        Some(next) => rest = next,
                        None if behind.is_empty() => break,
                        None => {
                            problems.push(format!("{behind:?} is no option"));
                            break;
                        }
                    }
                }
                Err(problem) => {
                    problems.push(problem);
                    break;
                }
            }
        }
        let Self { valid_after, valid_before, .. } = &options;
        if let (Some(after), Some(before)) = (valid_after, valid_before)
            && before <= after
        {
            problems.push("valid-before is not later than valid-after".to_owned());
        }
        if problems.is_empty() { Ok(options) } else { Err(problems) }
    }

    fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        let twice = || Err(format!("a second {name}"));
        let needed = || value.ok_or_else(|| format!("{name} takes a value: {name}=\"…\""));
        // OpenSSH reads option names in any case.
        match name.to_ascii_lowercase().as_str() {
            "namespaces" if self.namespaces.is_some() => twice(),
            "namespaces" => {
                let patterns = needed()?;
                if patterns.split(',').any(|one| one.is_empty() || one.len() > MAX_PATTERN) {
                    return Err("namespaces holds an empty pattern or one too long".to_owned());
                }
                self.namespaces = Some(patterns.to_owned());
                Ok(())
            }
            "valid-after" if self.valid_after.is_some() => twice(),
            "valid-after" => {
                self.valid_after = Some(time(needed()?)?);
                Ok(())
            }
            "valid-before" if self.valid_before.is_some() => twice(),
            "valid-before" => {
                self.valid_before = Some(time(needed()?)?);
                Ok(())
            }
            "cert-authority" => {
                Err("certificate authorities are not supported: list each signer's own key"
                    .to_owned())
            }
            _ => Err(format!("unknown option {name:?}")),
        }
    }
}

/// One option: its name, its value, and what stands behind it.
fn option(text: &str) -> Result<(&str, Option<&str>, &str), String> {
    let end = text.find(|one: char| !one.is_ascii_alphanumeric() && one != '-');
    let (name, behind) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() {
        return Err(format!("{text:?} is no option"));
    }
    let Some(value) = behind.strip_prefix('=') else { return Ok((name, None, behind)) };
    let unquoted = || format!("the value of {name} stands between double quotes");
    let value = value.strip_prefix('"').ok_or_else(unquoted)?;
    let (value, behind) = value.split_once('"').ok_or_else(unquoted)?;
    // An escaped quote has no use in a time or a namespace.
    if value.contains('\\') {
        return Err(format!("the value of {name} holds a backslash"));
    }
    Ok((name, Some(value), behind))
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, each with `Z`. Without it OpenSSH reads the local
/// time of whichever machine looks, and a verdict must be the same on all of them.
fn time(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a time like 20261231Z or 20261231235900Z");
    let Some(digits) = text.strip_suffix('Z') else {
        return Err(format!("{text:?} needs a Z at its end: times are in UTC"));
    };
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|one| one.is_ascii_digit()) {
        return Err(wrong());
    }
    let field = |from: usize, to: usize| digits.get(from..to).unwrap_or("00");
    let [year, month, day] = [field(0, 4), field(4, 6), field(6, 8)];
    let [hour, minute, second] = [field(8, 10), field(10, 12), field(12, 14)];
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    let at: crate::model::Timestamp = text.parse().map_err(|_| wrong())?;
    match at.to_seconds() {
        // OpenSSH takes 0 for "no limit".
        seconds if seconds > 0 => Ok(seconds),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_utc_and_nothing_else_is() {
        assert_eq!(time("20260101Z"), Ok(1_767_225_600));
        assert_eq!(time("202601010001Z"), Ok(1_767_225_660));
        assert_eq!(time("20260101000102Z"), Ok(1_767_225_662));
        for wrong in ["20260101", "2026-01-01Z", "20261301Z", "2026010100Z", "Z", "19700101Z"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_option_that_is_not_supported_is_an_error() {
        let good = "Namespaces=\"genlock-*,!git\",valid-after=\"20260101Z\"";
        let good = Options::parse(good).unwrap();
        assert_eq!(good.namespaces.as_deref(), Some("genlock-*,!git"));
        assert_eq!(good.valid_after, Some(1_767_225_600));
        for wrong in [
            "cert-authority",
            "no-touch-required",
            "namespaces=git",
            "namespaces=\"git",
            "namespaces=\"\"",
            "namespaces",
            "namespaces=\"a\",namespaces=\"b\"",
            "valid-after=\"20260101Z\",valid-before=\"20260101Z\"",
            "namespaces=\"a\"x",
            "namespaces=\"a\",",
            "namespaces=\"a\\\"b\"",
        ] {
            assert!(Options::parse(wrong).is_err(), "{wrong}");
        }
    }
}
