//! Time in a timeline: exact seconds as a fraction, frame rates, and timecode with and without
//! dropped frames (SMPTE ST 12-1). Pure arithmetic; anything that does not fit gives nothing rather
//! than a wrong number.

use std::cmp::Ordering;

/// A point in time or a length, in seconds, as a fraction. The divisor is never zero or negative.
#[derive(Clone, Copy, Debug)]
pub struct Seconds {
    over: i128,
    under: i128,
}

/// Beyond this a numerator or divisor is no time in a timeline, and products stay inside `i128`.
const PART_MAX: i128 = 1 << 62;

impl Seconds {
    /// The start of everything.
    pub const ZERO: Self = Self { over: 0, under: 1 };

    /// A fraction; nothing if the divisor is not positive or a part is beyond all reason.
    pub fn new(over: i128, under: i128) -> Option<Self> {
        if under <= 0 || over.checked_abs()? > PART_MAX || under > PART_MAX {
            return None;
        }
        let divisor = gcd(over.unsigned_abs(), under.unsigned_abs());
        let divisor = i128::try_from(divisor).ok()?;
        Some(Self { over: over / divisor, under: under / divisor })
    }

    /// So many frames at this rate.
    pub fn of_frames(frames: i64, rate: Rate) -> Option<Self> {
        let over = i128::from(frames).checked_mul(i128::from(rate.under))?;
        Self::new(over, i128::from(rate.over))
    }

    /// As FCPXML spells it: `1001/30000s`, `5s`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().strip_suffix('s')?;
        let (over, under) = text.split_once('/').unwrap_or((text, "1"));
        if let Some((whole, part)) = over.split_once('.').filter(|_| under == "1") {
            // Not in the specification, and written.
            let digits = part.get(..9).unwrap_or(part);
            let scale = 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
            let over: i128 = format!("{whole}{digits}").parse().ok()?;
            return Self::new(over, scale);
        }
        Self::new(over.parse().ok()?, under.parse().ok()?)
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        let over = self.over.checked_mul(other.under)?;
        let over = over.checked_add(other.over.checked_mul(self.under)?)?;
        let under = self.under.checked_mul(other.under)?;
        let divisor = i128::try_from(gcd(over.unsigned_abs(), under.unsigned_abs())).ok()?;
        Self::new(over / divisor, under / divisor)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { over: -other.over, under: other.under })
    }

    /// A part of it: divided by a whole number.
    pub fn divided(self, by: u32) -> Option<Self> {
        Self::new(self.over, self.under.checked_mul(i128::from(by))?)
    }

    /// In frames, to the nearest.
    pub fn frames(self, rate: Rate) -> Option<i64> {
        let over = self.over.checked_mul(i128::from(rate.over))?;
        let under = self.under.checked_mul(i128::from(rate.under))?;
        let nearest = over.checked_mul(2)?.checked_add(under)?.div_euclid(under.checked_mul(2)?);
        i64::try_from(nearest).ok()
    }

    /// How many whole frames it has: as libraries count that cut off the rest.
    pub fn whole_frames(self, rate: Rate) -> Option<i64> {
        let over = self.over.checked_mul(i128::from(rate.over))?;
        let under = self.under.checked_mul(i128::from(rate.under))?;
        i64::try_from(over.div_euclid(under)).ok()
    }

    /// As timecode.
    pub fn timecode(self, rate: Rate) -> Option<String> {
        self.frames(rate).map(|frames| rate.timecode(frames))
    }
}

impl PartialEq for Seconds {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Seconds {}

impl PartialOrd for Seconds {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Seconds {
    fn cmp(&self, other: &Self) -> Ordering {
        // Parts are below 2^62, so the products are below 2^124.
        (self.over * other.under).cmp(&(other.over * self.under))
    }
}

fn gcd(left: u128, right: u128) -> u128 {
    let (mut left, mut right) = (left, right);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}

/// A frame rate, and whether its timecode drops frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    over: i64,
    under: i64,
    drop: bool,
}

impl Rate {
    /// Frames in so many seconds; nothing if not positive or beyond a million a second.
    pub fn new(over: i64, under: i64) -> Option<Self> {
        /// Frames, and samples of sound, in one second.
        const RATE_MAX: i64 = 1_000_000;
        let fits = over > 0 && (1..=RATE_MAX).contains(&under) && over / under <= RATE_MAX;
        fits.then_some(Self { over, under, drop: false })
    }

    /// From frames per second as a decimal number: 23.98 and 29.97 mean 24000/1001 and 30000/1001.
    pub fn of_decimal(rate: f64) -> Option<Self> {
        const BASES: [u32; 7] = [24, 30, 48, 60, 90, 96, 120];
        if !(rate.is_finite() && rate > 0.0 && rate <= 1_000_000.0) {
            return None;
        }
        for base in BASES {
            if (rate - f64::from(base) * 1000.0 / 1001.0).abs() < 0.006 {
                return Self::new(i64::from(base) * 1000, 1001);
            }
        }
        if (rate - rate.round()).abs() < 0.0001 {
            return Self::new(whole(rate)?, 1);
        }
        Self::new(whole(rate * 1000.0)?, 1000)
    }

    /// The same in lowest terms: 2500 frames in 100 seconds are 25 in one.
    #[must_use]
    pub fn reduced(self) -> Self {
        let divisor =
            gcd(u128::from(self.over.unsigned_abs()), u128::from(self.under.unsigned_abs()));
        let divisor = i64::try_from(divisor).unwrap_or(1);
        Self { over: self.over / divisor, under: self.under / divisor, drop: self.drop }
    }

    /// The same with dropped frames, where that exists: 29.97, 59.94 and 119.88.
    #[must_use]
    pub fn dropping(self, drop: bool) -> Self {
        let can = self.under == 1001 && self.nominal() % 30 == 0;
        Self { drop: drop && can, ..self }
    }

    /// The frames that one second of timecode counts.
    pub fn nominal(self) -> i64 {
        (self.over + self.under - 1) / self.under
    }

    /// Frame numbers skipped each minute but the tenth.
    fn skipped(self) -> i64 {
        if self.drop { self.nominal() / 15 } else { 0 }
    }

    /// The timecode of a frame, counted from `00:00:00:00`.
    pub fn timecode(self, frame: i64) -> String {
        let (nominal, skipped) = (i128::from(self.nominal()), i128::from(self.skipped()));
        let mut number = i128::from(frame.unsigned_abs());
        if skipped > 0 {
            let ten_minutes = nominal * 600 - skipped * 9;
            let minute = nominal * 60 - skipped;
            let tens = number / ten_minutes;
            let rest = number % ten_minutes;
            number += skipped * 9 * tens;
            if rest >= skipped {
                number += skipped * ((rest - skipped) / minute);
            }
        }
        let sign = if frame < 0 { "-" } else { "" };
        let (second, frames) = (number / nominal, number % nominal);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let mark = if self.drop { ';' } else { ':' };
        format!("{sign}{hour:02}:{minute:02}:{:02}{mark}{frames:02}", second % 60)
    }

    /// The frame of a timecode, counted from `00:00:00:00`.
    pub fn frame(self, timecode: &Timecode) -> Option<i64> {
        let minutes = timecode.hours * 60 + timecode.minutes;
        let seconds = minutes * 60 + timecode.seconds;
        let skipped = self.skipped() * (minutes - minutes / 10);
        let frames = seconds.checked_mul(self.nominal())?;
        let frames = frames.checked_add(timecode.frames)?.checked_sub(skipped)?;
        Some(if timecode.negative { -frames } else { frames })
    }
}

/// A decimal number as a whole one.
pub fn whole(number: f64) -> Option<i64> {
    /// Whole numbers up to here are exact in a decimal number.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if !number.is_finite() || number.abs() > EXACT_MAX {
        return None;
    }
    // Through text, because a cast that may lose bits hides the cases that must not.
    format!("{:.0}", number.round()).parse().ok()
}

/// The parts of a timecode as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timecode {
    /// Before zero: some systems count a source so that begins before its own timecode.
    negative: bool,
    hours: i64,
    minutes: i64,
    seconds: i64,
    /// The number of the frame in its second.
    pub frames: i64,
    /// Whether it is written as drop-frame: `;` or `,` before the frames (CMX 3600: `.` is the second
    /// field of a frame that does not drop, `,` of one that does).
    pub drop: bool,
}

impl Timecode {
    /// `HH:MM:SS:FF`, with `;`, `.` or `,` for `:`, and a sign before it. Nothing if it is no timecode.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        if !(8..=14).contains(&text.len()) || !text.is_ascii() {
            return None;
        }
        let mut parts = text.split([':', ';', '.', ',']);
        let mut part = |most: usize| {
            let part = parts.next()?;
            let digits = !part.is_empty()
                && part.len() <= most
                && part.bytes().all(|byte| byte.is_ascii_digit());
            if digits { part.parse::<i64>().ok() } else { None }
        };
        let (hours, minutes, seconds, frames) = (part(3)?, part(2)?, part(2)?, part(3)?);
        if parts.next().is_some() || minutes > 59 || seconds > 59 {
            return None;
        }
        let last = text.rfind([':', ';', '.', ','])?;
        let drop = text.get(last..)?.starts_with([';', ',']);
        Some(Self { negative, hours, minutes, seconds, frames, drop })
    }

    /// As it is spelled everywhere here.
    pub fn spelled(&self, drop: bool) -> String {
        let mark = if drop { ';' } else { ':' };
        let sign = if self.negative { "-" } else { "" };
        let Self { hours, minutes, seconds, frames, .. } = self;
        format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{mark}{frames:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(over: i64, under: i64, drop: bool) -> Rate {
        Rate::new(over, under).unwrap().dropping(drop)
    }

    #[test]
    fn drop_frame_numbers_skip_two_or_four_each_minute_but_the_tenth() {
        for (over, frame, text) in [
            (30_000, 1799, "00:00:59;29"),
            (30_000, 1800, "00:01:00;02"),
            (30_000, 17_981, "00:09:59;29"),
            (30_000, 17_982, "00:10:00;00"),
            (30_000, 107_892, "01:00:00;00"),
            (60_000, 3599, "00:00:59;59"),
            (60_000, 3600, "00:01:00;04"),
            (60_000, 35_964, "00:10:00;00"),
            (60_000, 215_784, "01:00:00;00"),
        ] {
            let rate = rate(over, 1001, true);
            assert_eq!(rate.timecode(frame), text);
            assert_eq!(rate.frame(&Timecode::parse(text).unwrap()), Some(frame), "{text}");
        }
        let none = rate(30_000, 1001, false);
        assert_eq!(none.timecode(1800), "00:01:00:00");
        assert_eq!(none.frame(&Timecode::parse("01:00:00:00").unwrap()), Some(108_000));
    }

    #[test]
    fn every_drop_frame_number_of_a_day_comes_back() {
        for over in [30_000, 60_000] {
            let rate = rate(over, 1001, true);
            let day = rate.frame(&Timecode::parse("24:00:00;00").unwrap()).unwrap();
            for frame in (0..day).step_by(7) {
                let text = rate.timecode(frame);
                assert_eq!(rate.frame(&Timecode::parse(&text).unwrap()), Some(frame));
            }
        }
    }

    #[test]
    fn only_the_ntsc_rates_drop_frames() {
        assert!(!rate(25, 1, true).drop);
        assert!(!rate(24_000, 1001, true).drop);
        assert!(rate(60_000, 1001, true).drop);
    }

    #[test]
    fn decimal_rates_become_exact_ones() {
        for (decimal, over, under) in [
            (23.976, 24_000, 1001),
            (23.98, 24_000, 1001),
            (23.976_023_976_023_978, 24_000, 1001),
            (24.0, 24, 1),
            (29.97, 30_000, 1001),
            (59.94, 60_000, 1001),
            (12.5, 12_500, 1000),
        ] {
            assert_eq!(Rate::of_decimal(decimal), Rate::new(over, under), "{decimal}");
        }
        for broken in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Rate::of_decimal(broken), None);
        }
    }

    #[test]
    fn seconds_are_exact_and_refuse_what_does_not_fit() {
        let second = Seconds::parse("1001/1000s").unwrap();
        assert_eq!(second.timecode(rate(30_000, 1001, false)).unwrap(), "00:00:01:00");
        assert_eq!(Seconds::parse("3600s"), Seconds::new(3600, 1));
        assert_eq!(Seconds::parse("1.5s"), Seconds::new(3, 2));
        for broken in ["", "s", "1", "1/0s", "1/-1s", "x/1s", "999999999999999999999999s"] {
            assert_eq!(Seconds::parse(broken), None, "{broken}");
        }
        let back = Seconds::ZERO.minus(second).unwrap();
        assert_eq!(back.timecode(rate(30_000, 1001, false)).unwrap(), "-00:00:01:00");
    }

    #[test]
    fn what_looks_like_a_timecode_and_is_none_is_none() {
        for broken in
            ["", "01:00:00", "01:00:00:00:00", "01:60:00:00", "aa:00:00:00", "+1:00:00:00"]
        {
            assert_eq!(Timecode::parse(broken), None, "{broken}");
        }
        let before = Timecode::parse("-00:00:00:12").unwrap();
        assert_eq!(before.spelled(false), "-00:00:00:12");
        assert_eq!(rate(24, 1, false).frame(&before), Some(-12));
        assert!(Timecode::parse("01:00:00;00").unwrap().drop);
        assert!(!Timecode::parse("01:00:00.00").unwrap().drop);
        assert!(Timecode::parse("01:00:00,00").unwrap().drop);
    }
}
