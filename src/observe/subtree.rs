//! BLAKE3 of a large file in pieces that several threads hash at once.
//!
//! BLAKE3 is a binary tree over chunks of 1 KiB: any aligned run of a power of two of chunks is a
//! subtree of its own, and two of them merge into the one above (the BLAKE3 paper, section 2.1).
//! Only `hash` calls this. It must give what `blake3::Hasher` gives for the same bytes, which the tests
//! compare around every boundary; it does not judge whether the file held still meanwhile.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root,
};

use crate::observe::hash::Stop;

/// Bytes in a piece: a power of two of chunks, so that every piece is a subtree.
pub(super) const PIECE: u64 = 4 << 20;

/// Bytes per read, so that what was just copied is hashed out of the cache beside the core. Measured on 4 GiB
/// that are cached: 16 KiB 0.53 s, 64 KiB 0.42, 128 KiB 0.41, 512 KiB 0.39, and no better above.
pub(super) const READ: usize = 512 << 10;

/// Hashes the first `size` bytes of `file` with one thread per buffer, each [`READ`] bytes long.
/// `size` must be more than a piece, so that there is something to merge. `step` is told of
/// every read, from all threads, and can stop the whole.
pub(super) fn hash(
    file: &File,
    size: u64,
    buffers: &mut [Vec<u8>],
    step: &(dyn Fn(u64) -> Result<(), Stop> + Sync),
) -> Result<blake3::Hash, Stop> {
    let pieces = usize::try_from(size.div_ceil(PIECE))
        .map_err(|_| Stop::reading(io::ErrorKind::FileTooLarge.into()))?;
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let values = Mutex::new(vec![[0; 32]; pieces]);

    let work = |buffer: &mut [u8]| -> Result<(), Stop> {
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces || failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let value = hash_piece(file, piece as u64 * PIECE, size, buffer, step)
                .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            let mut values = values.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            values[piece] = value;
        }
    };

    std::thread::scope(|scope| {
        let mut buffers = buffers.iter_mut();
        let own = buffers.next();
        let others: Vec<_> = buffers.map(|buffer| scope.spawn(|| work(buffer))).collect();
        let mut result = match own {
            Some(buffer) => work(buffer),
            None => Ok(()),
        };
        for other in others {
            // A panic in a worker is a defect; it goes on in the thread that asked.
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(other);
        }
        result
    })?;

    let values = values.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (left, right) = values.split_at(left_of(values.len()));
    Ok(merge_subtrees_root(&merge(left), &merge(right), Mode::Hash))
}

fn hash_piece(
    file: &File,
    offset: u64,
    size: u64,
    buffer: &mut [u8],
    step: &(dyn Fn(u64) -> Result<(), Stop> + Sync),
) -> Result<ChainingValue, Stop> {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(offset);
    let end = size.min(offset + PIECE);
    let mut at = offset;
    while at < end {
        let want = usize::try_from(end - at).map_or(buffer.len(), |rest| rest.min(buffer.len()));
        let got = match file.read_at(&mut buffer[..want], at) {
            Ok(0) => return Err(Stop::Changed),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stop::reading(error)),
        };
        hasher.update(&buffer[..got]);
        at += got as u64;
        step(got as u64)?;
    }
    Ok(hasher.finalize_non_root())
}

/// The left subtree is the largest full one that leaves something on the right.
fn left_of(pieces: usize) -> usize {
    pieces.div_ceil(2).next_power_of_two()
}

fn merge(values: &[ChainingValue]) -> ChainingValue {
    if let [one] = values {
        return *one;
    }
    let (left, right) = values.split_at(left_of(values.len()));
    merge_subtrees_non_root(&merge(left), &merge(right), Mode::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_left_subtree_is_full_and_leaves_something_on_the_right() {
        for (pieces, left) in [(2, 1), (3, 2), (4, 2), (5, 4), (8, 4), (9, 8), (17, 16)] {
            assert_eq!(left_of(pieces), left, "{pieces}");
        }
    }

    #[test]
    fn the_digest_is_that_of_blake3_whatever_the_size_and_the_threads() {
        let mut bytes = vec![0; usize::try_from(9 * PIECE).unwrap()];
        blake3::Hasher::new().update(b"subtree").finalize_xof().fill(&mut bytes);
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), &bytes).unwrap();
        let file = File::open(path.path()).unwrap();
        let piece = PIECE;
        for size in [
            piece + 1,
            piece + 1024,
            2 * piece - 1,
            2 * piece,
            2 * piece + 1,
            3 * piece,
            3 * piece + 1023,
            5 * piece + 777_777,
            8 * piece - 1,
            8 * piece + 1025,
            9 * piece,
        ] {
            let expected = blake3::hash(&bytes[..usize::try_from(size).unwrap()]);
            for threads in [1, 2, 5] {
                let mut buffers = vec![vec![0; READ]; threads];
                let found = hash(&file, size, &mut buffers, &|_| Ok(())).ok();
                assert_eq!(found, Some(expected), "{size} bytes, {threads} threads");
            }
        }
    }

    #[test]
    fn a_file_that_ends_early_changed() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(3 * PIECE).unwrap();
        let mut buffers = vec![vec![0; READ]; 2];
        let stop = hash(&file, 4 * PIECE, &mut buffers, &|_| Ok(()));
        assert!(matches!(stop, Err(Stop::Changed)));
    }
}
