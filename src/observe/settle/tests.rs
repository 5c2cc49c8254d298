use super::*;

/// What happens to one file, at a moment in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Step {
    Touched(u64),
    Closed(u64),
    Seen(u64, u64),
    /// Nothing is due at this moment.
    Idle(u64),
    /// It is due; a look shows so many bytes; this follows.
    Look(u64, u64, Verdict),
    /// It is due, and there is nothing.
    Absent(u64),
    /// The file goes by the other name now.
    Renamed(u64),
}
use Step::{Absent, Closed, Idle, Look, Renamed, Seen, Touched};

const QUIET: u64 = 20;
const STILL: u64 = 2000;
const WAIT: Verdict = Verdict::Wait;

fn print(size: u64) -> Fingerprint {
    Fingerprint { size, mtime: 1, ctime: 1, device: 1, inode: 1 }
}

const fn ready(size: u64) -> Verdict {
    Verdict::Ready(Fingerprint { size, mtime: 1, ctime: 1, device: 1, inode: 1 })
}

fn settle() -> Settle<&'static str> {
    Settle::new(SettleOptions {
        quiet: Duration::from_millis(QUIET),
        still: Duration::from_millis(STILL),
        limit: 3,
    })
}

#[track_caller]
fn plays(what: &str, steps: &[Step]) {
    let mut settle = settle();
    let mut key = "a";
    let at = Duration::from_millis;
    for (number, step) in steps.iter().enumerate() {
        let place = format!("{what}, step {number}: {step:?}");
        match *step {
            Touched(now) => assert!(settle.touched(&key, at(now)), "{place}"),
            Closed(now) => assert!(settle.closed(&key, at(now)), "{place}"),
            Seen(now, size) => assert!(settle.seen(&key, print(size), at(now)), "{place}"),
            Idle(now) => assert!(settle.due(at(now), 9).is_empty(), "{place}"),
            Look(now, size, verdict) => {
                assert_eq!(settle.due(at(now), 9), [key], "{place}");
                let looked = settle.looked(&key, Looked::File(print(size)), at(now));
                assert_eq!(looked, verdict, "{place}");
            }
            Absent(now) => {
                assert_eq!(settle.due(at(now), 9), [key], "{place}");
                let looked = settle.looked(&key, Looked::Absent, at(now));
                assert_eq!(looked, Verdict::NoFile, "{place}");
            }
            Renamed(now) => {
                assert!(settle.renamed(&key, &"b", at(now)), "{place}");
                key = "b";
            }
        }
    }
    assert_eq!(settle.pending.len(), settle.due.len(), "{what}: out of step");
}

#[test]
fn a_file_is_complete_when_it_was_closed_or_held_still() {
    plays("closed", &[Touched(0), Closed(10), Idle(29), Look(30, 5, ready(5)), Idle(9999)]);
    plays("closed twice in one go", &[Closed(0), Closed(10), Idle(29), Look(30, 5, ready(5))]);
    plays(
        "never closed",
        &[Touched(0), Idle(1999), Look(2000, 5, WAIT), Idle(3999), Look(4000, 5, ready(5))],
    );
    plays("met by a listing", &[Seen(0, 5), Idle(1999), Look(2000, 5, ready(5))]);
    plays("met, and changed", &[Seen(0, 5), Look(2000, 6, WAIT), Look(4000, 6, ready(6))]);
    plays("a word of what is known", &[Touched(0), Seen(1, 5), Idle(1999)]);
}

#[test]
fn a_file_that_grows_is_never_complete() {
    let mut hours = Vec::new();
    for at in 0..3600 {
        hours.push(Touched(at * 1000));
        hours.push(Idle(at * 1000 + 999));
    }
    hours.extend([Look(3_599_000 + 2000, 7, WAIT), Look(3_599_000 + 4000, 7, ready(7))]);
    plays("told of every second", &hours);
    // On a share nobody tells: it is looked at, and nothing more.
    let mut polled = vec![Seen(0, 0)];
    polled.extend((1..1000).map(|at| Look(at * 2000, at, WAIT)));
    polled.push(Look(1000 * 2000, 999, ready(999)));
    plays("looked at every two seconds", &polled);
    plays(
        "written again after a close",
        &[Closed(0), Touched(10), Idle(2009), Look(2010, 5, WAIT)],
    );
}

#[test]
fn a_file_closed_again_and_again_is_not_read_each_time() {
    plays(
        "a log",
        &[
            Closed(0),
            Look(20, 1, ready(1)),
            Closed(500),
            Idle(520),
            Closed(1000),
            Idle(2999),
            Look(3000, 3, ready(3)),
            // Long after, it is a new matter.
            Closed(9000),
            Look(9020, 4, ready(4)),
        ],
    );
}

#[test]
fn a_name_takes_along_what_is_known_of_the_file() {
    plays("a temporary file, closed, then named", &[Closed(0), Renamed(5), Look(25, 5, ready(5))]);
    plays(
        "renamed while it is written",
        &[Touched(0), Renamed(5), Idle(2004), Look(2005, 5, WAIT)],
    );
    plays("a complete file", &[Renamed(5), Look(25, 5, ready(5))]);
}

#[test]
fn what_is_not_there_is_not_waited_for() {
    plays("deleted", &[Touched(0), Absent(2000), Idle(9999)]);
    plays("deleted and made again", &[Closed(0), Touched(5), Idle(2004), Look(2005, 1, WAIT)]);
    let mut settle = settle();
    assert!(settle.touched(&"a", Duration::ZERO));
    let looked = settle.looked(&"a", Looked::Other, Duration::from_secs(2));
    assert_eq!((looked, settle.len()), (Verdict::NoFile, 0));
}

#[test]
fn a_look_from_before_the_last_word_does_not_count() {
    let mut settle = settle();
    let at = Duration::from_millis;
    assert!(settle.closed(&"a", at(0)));
    assert_eq!(settle.due(at(20), 9), ["a"]);
    // It is looked at, and meanwhile it is written again.
    assert!(settle.touched(&"a", at(20)));
    assert_eq!(settle.looked(&"a", Looked::File(print(5)), at(21)), WAIT);
    assert!(settle.is_pending(&"a"));
}

#[test]
fn what_there_is_no_room_for_is_refused_and_not_forgotten_in_silence() {
    let mut settle = settle();
    for key in ["a", "b", "c"] {
        assert!(settle.touched(&key, Duration::ZERO));
    }
    assert!(!settle.touched(&"d", Duration::ZERO));
    assert!(!settle.seen(&"d", print(1), Duration::ZERO));
    assert!(settle.closed(&"c", Duration::ZERO), "one that is known has its place");
    settle.forget_range(&"b", &"c");
    assert_eq!(settle.pending().copied().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(settle.next_due(), Some(Duration::from_millis(QUIET)));
}

#[test]
fn at_the_end_what_was_closed_counts_and_nothing_else() {
    let mut settle = settle();
    assert!(settle.touched(&"a", Duration::ZERO));
    assert!(settle.closed(&"b", Duration::ZERO));
    settle.hurry(Duration::from_millis(1));
    assert_eq!(settle.due(Duration::from_millis(1), 9), ["b"]);
}
