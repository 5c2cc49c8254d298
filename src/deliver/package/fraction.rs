//! Exact times: edit rates such as 24000/1001 do not survive a float.

use std::fmt;

/// A number as a fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    /// Above.
    pub numerator: u64,
    /// Below; never zero.
    pub denominator: u64,
}

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// In lowest terms; `None` when the denominator is zero or a part does not fit.
    pub fn new(numerator: u128, denominator: u128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let (mut a, mut b) = (numerator, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self {
            numerator: u64::try_from(numerator / a).ok()?,
            denominator: u64::try_from(denominator / a).ok()?,
        })
    }

    /// From an edit rate as playlists write it: `24000 1001`, or `24`. Never zero.
    pub fn rate(text: &str) -> Option<Self> {
        let mut parts = text.split_ascii_whitespace();
        let numerator = parts.next()?.parse::<u64>().ok()?;
        let denominator = parts.next().map_or(Ok(1), str::parse::<u64>).ok()?;
        if parts.next().is_some() || numerator == 0 {
            return None;
        }
        Self::new(numerator.into(), denominator.into())
    }

    /// This time and so many units of a rate more, in seconds.
    pub fn after(self, units: u64, rate: Self) -> Option<Self> {
        let more = Self::new(
            u128::from(units).checked_mul(rate.denominator.into())?,
            rate.numerator.into(),
        )?;
        let left = u128::from(self.numerator) * u128::from(more.denominator);
        let right = u128::from(more.numerator) * u128::from(self.denominator);
        let below = u128::from(self.denominator) * u128::from(more.denominator);
        Self::new(left.checked_add(right)?, below)
    }

    /// Whether this is more than another.
    pub fn exceeds(self, other: Self) -> bool {
        u128::from(self.numerator) * u128::from(other.denominator)
            > u128::from(other.numerator) * u128::from(self.denominator)
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            below => write!(f, "{}/{below}", self.numerator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_they_are_written() {
        assert_eq!(Fraction::rate("24000 1001").unwrap().to_string(), "24000/1001");
        assert_eq!(Fraction::rate(" 48000  1 ").unwrap().to_string(), "48000");
        assert_eq!(Fraction::rate("24").unwrap().to_string(), "24");
        for bad in ["", "0 1", "24 0", "24 1 1", "-24 1", "24/1"] {
            assert_eq!(Fraction::rate(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn times_of_different_rates_add_up_exactly() {
        let film = Fraction::rate("24000 1001").unwrap();
        let sound = Fraction::rate("48000 1").unwrap();
        let picture = Fraction::ZERO.after(24, film).unwrap();
        assert_eq!(picture, Fraction::ZERO.after(48_048, sound).unwrap());
        assert!(picture.after(1, sound).unwrap().exceeds(picture));
    }

    #[test]
    fn what_does_not_fit_is_none_and_no_panic() {
        let slow = Fraction { numerator: 1, denominator: u64::MAX };
        assert_eq!(Fraction::ZERO.after(u64::MAX, slow), None);
        let odd = Fraction { numerator: u64::MAX, denominator: u64::MAX - 1 };
        assert_eq!(odd.after(u64::MAX, Fraction { numerator: u64::MAX - 2, denominator: 1 }), None);
    }
}
