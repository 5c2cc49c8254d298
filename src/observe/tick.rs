//! Waits until the times of a file can show the next write.
//!
//! File times move in ticks. A file read in the tick it was written in can be written once more and
//! look the same: the fingerprint of such a read would hide the second write for ever. `hash` asks here before it reads; it
//! must never wait longer than a tick, and says `Racy` where a tick is not enough.

use std::fs::File;
use std::time::Duration;

use crate::clock::Clock;
use crate::model::{Fingerprint, Sighting};
use crate::observe::hash::{Stop, stat};
use crate::observe::mount;

/// How far file times can lag behind the clock: one tick of the kernel, at most a hundredth of
/// a second (HZ=100). Two writes within it may leave the same times.
const TICK: i64 = 10_000_000;

/// FAT keeps whole even seconds.
const COARSE_TICK: i64 = 2_000_000_000;
const SECOND: i64 = 1_000_000_000;

/// Waits until the file's times are older than a tick, so that a write after this must show in
/// them, and says whether that could be had.
pub(super) fn settle(file: &File, clock: &dyn Clock) -> Result<(Fingerprint, Sighting), Stop> {
    let before = stat(file)?;
    let wait = match age(&before, clock.now().as_nanos(), file) {
        Age::Old => return Ok((before, Sighting::Read)),
        Age::Unclear => return Ok((before, Sighting::Racy)),
        Age::Young(wait) => wait,
    };
    std::thread::sleep(wait);
    let after = stat(file)?;
    // Held against itself, not against the clock: the sleep is what has passed for sure.
    if after == before {
        return Ok((after, Sighting::Read));
    }
    match age(&after, clock.now().as_nanos(), file) {
        Age::Old => Ok((after, Sighting::Read)),
        Age::Young(_) | Age::Unclear => Ok((after, Sighting::Racy)),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Age {
    Old,
    /// Written this tick, and old after that wait.
    Young(Duration),
    /// From a clock that is ahead, or from a file system whose tick is too long to wait for.
    Unclear,
}

/// How the times in `print` stand to `now`, in nanoseconds since the epoch. The ctime counts too: a tool can set
/// the mtime back right after it wrote.
///
/// An mtime that is ahead was set by somebody, or by a camera whose clock is wrong, and would be ahead
/// for years. On a local disk the ctime is our own clock's and moves with every write: it counts alone then.
fn age(print: &Fingerprint, now: i64, file: &File) -> Age {
    let is_set = print.mtime > now && print.ctime <= now && mount::is_local(file);
    let mtime = if is_set { print.ctime } else { print.mtime };
    age_of(mtime, print.ctime, now)
}

fn age_of(mtime: i64, ctime: i64, now: i64) -> Age {
    let age = now.saturating_sub(mtime.max(ctime));
    let coarse = mtime % SECOND == 0;
    if age < 0 || (coarse && now.saturating_sub(mtime) <= COARSE_TICK) {
        return Age::Unclear;
    }
    if age > TICK {
        return Age::Old;
    }
    Age::Young(Duration::from_nanos((TICK - age).unsigned_abs() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_file_is_told_by_its_newest_time() {
        let at = 1_000 * SECOND + 1;
        assert_eq!(age_of(at, at, at + TICK + 1), Age::Old);
        assert_eq!(age_of(at, at, at + TICK), Age::Young(Duration::from_nanos(1)));
        assert_eq!(age_of(at, at + 5, at), Age::Unclear);
        assert_eq!(age_of(at, at + TICK, at + TICK + 1), Age::Young(Duration::from_millis(10)));
        let whole = 1_000 * SECOND;
        assert_eq!(age_of(whole, whole, whole + SECOND), Age::Unclear);
        assert_eq!(age_of(whole, whole, whole + 3 * SECOND), Age::Old);
    }
}
