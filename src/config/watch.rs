//! The `[watch]` table of the settings.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// How `watch` goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// A file nobody was seen to close is complete when it was unchanged for so long.
    pub settle: Duration,
    /// How often folders are looked at that the system does not tell of.
    pub poll: Duration,
    /// How often everything is looked at, whatever was heard.
    pub reconcile: Duration,
    /// Run for each new AI-made or suspect file; nothing when empty.
    pub on_ai: Vec<String>,
    /// Run for each file in a guarded folder that should not be there; nothing when empty.
    pub on_guard: Vec<String>,
}

impl Default for Watching {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(2),
            poll: Duration::from_secs(10),
            reconcile: Duration::from_hours(1),
            on_ai: Vec::new(),
            on_guard: Vec::new(),
        }
    }
}

/// As it is written in the file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileWatch {
    settle: Option<Span>,
    poll: Option<Span>,
    reconcile: Option<Span>,
    on_ai: Vec<String>,
    on_guard: Vec<String>,
}

impl From<FileWatch> for Watching {
    fn from(file: FileWatch) -> Self {
        let default = Self::default();
        let or = |span: Option<Span>, default| span.map_or(default, |span| span.0);
        Self {
            settle: or(file.settle, default.settle),
            poll: or(file.poll, default.poll),
            reconcile: or(file.reconcile, default.reconcile),
            on_ai: file.on_ai,
            on_guard: file.on_guard,
        }
    }
}

struct Span(Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        duration(&String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

/// A time as people write it: `500ms`, `2s`, `10m`, `1h`. The error says so.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a time such as 500ms, 2s, 10m or 1h, up to 1000h");
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    // A wait of no time at all is no wait, and one of years overflows where times are added.
    match number.checked_mul(ms) {
        Some(ms @ 1..=3_600_000_000) => Ok(Duration::from_millis(ms)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(duration("1h"), Ok(Duration::from_hours(1)));
        for wrong in
            ["", "2", "s", "0s", "-1s", "2 s", "1d", "1.5s", "99999999999999999999s", "9999h"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
