//! Points in time, always UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nanoseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 with `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// From noon at the date line, where a day begins first, to midnight in UTC.
const FIRST_ON_EARTH: i64 = 14 * 3_600 * 1_000_000_000;

/// The day in which 64 bits of nanoseconds run out.
const LAST_DAY: jiff::civil::Date = jiff::civil::date(2262, 4, 11);

const DAY: i64 = 24 * 3_600 * 1_000_000_000;

/// The text is neither an RFC 3339 time nor a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an RFC 3339 time nor a date like 2026-11-30")]
pub struct BadTimestamp(String);

impl Timestamp {
    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn to_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// The last nanosecond of a calendar day in UTC: how long an approval "until" that day holds. The day
    /// is written `YYYY-MM-DD` and no other way: who writes a time of day means that, and not midnight.
    pub fn end_of_day(date: &str) -> Result<Self, BadTimestamp> {
        let mut places = (0..).zip(date.bytes());
        let plain = places.all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if plain && date.len() == 10 {
            return Self::end_of_recorded_day(date);
        }
        Err(BadTimestamp(date.to_owned()))
    }

    /// Whether a calendar day has begun anywhere on earth.
    pub fn has_begun(date: &str, now: Self) -> Result<bool, BadTimestamp> {
        let end = Self::end_of_day(date)?;
        Ok(end.0.saturating_sub(DAY) < now.0.saturating_add(FIRST_ON_EARTH))
    }

    /// The same of what is on record already: once a time of day was read over.
    pub fn end_of_recorded_day(date: &str) -> Result<Self, BadTimestamp> {
        let bad = || BadTimestamp(date.to_owned());
        let day: jiff::civil::Date = date.parse().map_err(|_| bad())?;
        // Whoever writes 9999-12-31 means that it never ends: past what can be told is as good as that.
        if day >= LAST_DAY {
            return Ok(Self(i64::MAX));
        }
        let next = day.tomorrow().map_err(|_| bad())?;
        let midnight = next.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| bad())?;
        let nanos = i64::try_from(midnight.timestamp().as_nanosecond()).map_err(|_| bad())?;
        Ok(Self(nanos - 1))
    }

    /// `2026-11-22 09:30:00Z`, for people.
    pub fn to_the_second(self) -> String {
        let text = self.to_string();
        format!("{}Z", text[..19].replace('T', " "))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or_default();
        write!(f, "{time}")
    }
}

impl FromStr for Timestamp {
    type Err = BadTimestamp;

    fn from_str(text: &str) -> Result<Self, BadTimestamp> {
        let bad = || BadTimestamp(text.to_owned());
        let time: jiff::Timestamp = text.parse().map_err(|_| bad())?;
        i64::try_from(time.as_nanosecond()).map(Self).map_err(|_| bad())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_being_written() {
        let time = Timestamp::from_nanos(1_763_802_000_123_456_789);
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
    }

    #[test]
    fn an_expiry_day_lasts_to_its_end_in_utc() {
        let end = Timestamp::end_of_day("2026-11-30").unwrap();
        assert!(end.to_string().starts_with("2026-11-30T23:59:59.999999999"));
        assert!(Timestamp::end_of_day("2026-13-01").is_err());
    }

    #[test]
    fn a_day_past_all_that_can_be_told_never_ends() {
        for day in ["2262-04-11", "2262-04-12", "9999-12-30", "9999-12-31"] {
            let end = Timestamp::end_of_day(day).unwrap();
            assert!(end.to_string().starts_with("2262-04-11T"), "{day}: {end}");
            assert_eq!(end.to_string().parse::<Timestamp>().unwrap(), end);
        }
        assert_eq!(Timestamp::has_begun("9999-12-31", Timestamp::from_nanos(0)), Ok(false));
    }

    #[test]
    fn a_day_is_written_in_one_way() {
        let end = Timestamp::end_of_recorded_day("2026-11-22T08:00:00").unwrap();
        assert_eq!(end, Timestamp::end_of_day("2026-11-22").unwrap());
        for other in [
            "2026-11-22T08:00:00",
            "2026-11-22 08:00",
            "20261122",
            "2026-11-2",
            "",
            "+002026-11-22",
        ] {
            assert!(Timestamp::end_of_day(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_day_begins_where_it_begins_first() {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(Timestamp::has_begun("2026-11-22", noon), Ok(true));
        assert_eq!(Timestamp::has_begun("2026-11-23", noon), Ok(true));
        assert_eq!(Timestamp::has_begun("2026-11-24", noon), Ok(false));
    }
}
