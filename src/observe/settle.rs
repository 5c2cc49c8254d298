//! When a file is complete: closed by its writer, or unchanged for a while. Pure: time is an argument,
//! and what the system says of a file is handed in.
//!
//! Between the events of a watcher and the readers. It must never let a file through that still
//! grows, and never forget one it was told of: what it has no room for it refuses, and who told it
//! must look again later. A file that grows for hours costs a look now and then, and no read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::Fingerprint;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettleOptions {
    /// After a writer closed a file: long enough that a second close in one go counts once.
    pub quiet: Duration,
    /// For a file nobody was seen to close: unchanged for so long.
    pub still: Duration,
    /// Files waited for at a time.
    pub limit: usize,
}

/// What a look at a file showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// A regular file.
    File(Fingerprint),
    /// Something else: there is nothing to wait for.
    Other,
    /// Nothing.
    Absent,
}

/// What follows from a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is complete, as this says.
    Ready(Fingerprint),
    /// Not yet.
    Wait,
    /// There is no file to wait for.
    NoFile,
}

#[derive(Clone, Debug)]
struct Pending {
    /// A writer closed it, and nothing was written since.
    closed: bool,
    /// As it was when it was last looked at.
    seen: Option<Fingerprint>,
    /// When it was last found changed, or said to be.
    since: Duration,
    due: Duration,
}

/// Fewer are no crowd.
const CROWD: usize = 64;

/// The files that are waited for, by `K`.
#[derive(Debug)]
pub struct Settle<K> {
    options: SettleOptions,
    pending: BTreeMap<K, Pending>,
    due: BTreeSet<(Duration, K)>,
    /// What was let through a moment ago. A log that is opened, appended to and closed every second
    /// must not be read every second.
    recent: BTreeMap<K, Duration>,
    /// At how many of these those are dropped that are none any more.
    crowd: usize,
}

impl<K: Ord + Clone> Settle<K> {
    /// Waits for nothing yet.
    pub fn new(options: SettleOptions) -> Self {
        let (pending, due, recent) = Default::default();
        Self { options, pending, due, recent, crowd: CROWD }
    }

    /// Something was written, or its attributes changed. `false` when there is no room.
    #[must_use]
    pub fn touched(&mut self, key: &K, now: Duration) -> bool {
        let due = now + self.options.still;
        self.set(key, now, due, |one| one.closed = false)
    }

    /// A writer closed it. `false` when there is no room.
    #[must_use]
    pub fn closed(&mut self, key: &K, now: Duration) -> bool {
        let again = self.recent.get(key).is_some_and(|at| now < *at + self.options.still);
        let wait = if again { self.options.still } else { self.options.quiet };
        self.set(key, now, now + wait, |one| one.closed = true)
    }

    /// It was met, as `print` says, and nobody had said a word of it. `false` when there is no room.
    #[must_use]
    pub fn seen(&mut self, key: &K, print: Fingerprint, now: Duration) -> bool {
        if self.pending.contains_key(key) {
            return true;
        }
        let due = now + self.options.still;
        self.set(key, now, due, |one| one.seen = Some(print))
    }

    /// It goes by another name now. What is known of it goes with it; one that nobody waited for is
    /// complete, and so it is under its new name.
    #[must_use]
    pub fn renamed(&mut self, from: &K, to: &K, now: Duration) -> bool {
        let before = self.take(from);
        self.recent.remove(from);
        match before {
            Some(one) if !one.closed => self.touched(to, now),
            Some(_) | None => self.closed(to, now),
        }
    }

    /// It is not there any more, or of no interest.
    pub fn forget(&mut self, key: &K) {
        self.take(key);
        self.recent.remove(key);
    }

    /// The same for every key from `low` up to but not including `high`.
    pub fn forget_range(&mut self, low: &K, high: &K) {
        let range = low.clone()..high.clone();
        let below: Vec<_> = self.pending.range(range).map(|(key, _)| key.clone()).collect();
        for key in below {
            self.forget(&key);
        }
    }

    /// Whether it is waited for.
    pub fn is_pending(&self, key: &K) -> bool {
        self.pending.contains_key(key)
    }

    /// What is waited for.
    pub fn pending(&self) -> impl Iterator<Item = &K> {
        self.pending.keys()
    }

    /// What is waited for and was found changed, or said to be, after `moment`.
    pub fn busy_since(&self, moment: Duration) -> usize {
        self.pending.values().filter(|one| one.since > moment).count()
    }

    /// How many files are waited for.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// When to look next.
    pub fn next_due(&self) -> Option<Duration> {
        self.due.first().map(|(at, _)| *at)
    }

    /// What is to be looked at by now, the most overdue first, at most `most`. Each stays due until
    /// [`Settle::looked`] says what was seen.
    pub fn due(&self, now: Duration, most: usize) -> Vec<K> {
        self.due
            .iter()
            .take_while(|(at, _)| *at <= now)
            .take(most)
            .map(|(_, key)| key.clone())
            .collect()
    }

    /// Makes everything that a writer closed due now.
    pub fn hurry(&mut self, now: Duration) {
        let closed: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, one)| one.closed && one.due > now)
            .map(|(key, _)| key.clone())
            .collect();
        for key in closed {
            if let Some(one) = self.take(&key) {
                self.put(&key, Pending { due: now, ..one });
            }
        }
    }

    /// What a look at `key` showed.
    pub fn looked(&mut self, key: &K, looked: Looked, now: Duration) -> Verdict {
        let Some(one) = self.pending.get(key) else { return Verdict::Wait };
        if one.due > now {
            // Told of it again while it was being looked at: that look is too old.
            return Verdict::Wait;
        }
        let print = match looked {
            Looked::File(print) => print,
            Looked::Other | Looked::Absent => {
                self.forget(key);
                return Verdict::NoFile;
            }
        };
        let unchanged = one.seen == Some(print);
        if one.closed || (unchanged && now >= one.since + self.options.still) {
            self.take(key);
            if self.recent.len() >= self.crowd {
                // Not for each file: thousands of frames are complete at once.
                self.recent.retain(|_, at| now < *at + self.options.still);
                self.crowd = CROWD.max(2 * self.recent.len());
            }
            self.recent.insert(key.clone(), now);
            return Verdict::Ready(print);
        }
        let since = if unchanged { one.since } else { now };
        let due = since + self.options.still;
        self.take(key);
        self.put(key, Pending { closed: false, seen: Some(print), since, due });
        Verdict::Wait
    }

    fn set(
        &mut self,
        key: &K,
        now: Duration,
        due: Duration,
        change: impl FnOnce(&mut Pending),
    ) -> bool {
        let known = self.take(key);
        if known.is_none() && self.pending.len() >= self.options.limit {
            return false;
        }
        let mut one = known.unwrap_or(Pending { closed: false, seen: None, since: now, due });
        one.since = now;
        one.due = due;
        change(&mut one);
        self.put(key, one);
        true
    }

    fn take(&mut self, key: &K) -> Option<Pending> {
        let one = self.pending.remove(key)?;
        self.due.remove(&(one.due, key.clone()));
        Some(one)
    }

    fn put(&mut self, key: &K, one: Pending) {
        self.due.insert((one.due, key.clone()));
        self.pending.insert(key.clone(), one);
    }
}

#[cfg(test)]
mod tests;
