//! The same work on every one of many things, shared by the threads there are.

use std::num::NonZero;
use std::{panic, thread};

/// Does `each` with parts of `all`, none smaller than `least` while there is more than one, and gives
/// what came of them in order. With one part, or one core, on this thread.
pub fn in_parts<T: Sync, R: Send>(
    all: &[T],
    least: usize,
    each: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let size = all.len().div_ceil(threads).max(least).max(1);
    let (here, others) = all.split_at(size.min(all.len()));
    if others.is_empty() {
        return vec![each(here)];
    }
    let each = &each;
    thread::scope(|scope| {
        let parts: Vec<_> =
            others.chunks(size).map(|part| scope.spawn(move || each(part))).collect();
        let first = each(here);
        // What one of them found must not be missing.
        let join = |part: thread::ScopedJoinHandle<'_, R>| {
            part.join().unwrap_or_else(|broken| panic::resume_unwind(broken))
        };
        std::iter::once(first).chain(parts.into_iter().map(join)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thing_is_in_one_part_and_parts_come_in_order() {
        for count in [0_usize, 1, 9, 10, 11, 1000] {
            let all: Vec<_> = (0..count).collect();
            let parts = in_parts(&all, 10, <[usize]>::to_vec);
            assert!(parts.len() < 2 || parts[0].len() >= 10, "{parts:?}");
            assert_eq!(parts.concat(), all);
        }
    }

    #[test]
    #[should_panic(expected = "broken")]
    fn a_part_that_breaks_is_not_passed_over() {
        in_parts(&[1; 1000], 1, |_| panic!("broken"));
    }
}
