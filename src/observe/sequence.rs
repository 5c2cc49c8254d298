//! Image sequences: `beauty.1001.exr` to `beauty.1096.exr` are one thing to the people who made it.
//!
//! Pure, and for showing and naming only: every frame stays an asset of its own, and nothing is
//! judged by the sequence it is in. It must err towards single files, because folding two
//! unrelated images under one name hides one of them.
//!
//! A name is a frame when it ends in digits, a dot and an image extension, and
//! - before the digits stands `.`, `_` or `-`, or nothing at all (`0001.png`), or else the digits of
//!   some frame begin with a zero (`frame0001.png`);
//! - the digits are at most 18, are no version (`_v003.exr`) and no size (`2048x1024.jpg`);
//! - it is not a camera's still (`DSC_0001.JPG`, `IMG_1234.HEIC`): those count pictures, not frames.
//!
//! Frames of one prefix, extension and padding are a sequence when there are at least three with no
//! more than 99 numbers missing between one and the next. A larger hole makes two sequences of it;
//! stock pictures with long random numbers stay single that way.
//!
//! Padding is the width of the first number. Numbers that outgrow it go on without zeros, as
//! `%04d` does after 9999.

use std::collections::HashMap;

use crate::model::{FrameKind, FramePattern, frame_kind, frame_number};

/// Fewer are single files: `wedge.1.png` and `wedge.2.png` are two tries.
const LEAST_FRAMES: usize = 3;

/// From one frame to the next. Renders on every 2nd, 10th or 100th frame still hold together.
const LARGEST_STEP: u64 = 100;

/// What cameras and phones put before their running number.
const CAMERAS: &[&str] = &[
    "dsc", "dsc_", "_dsc", "dscf", "_dscf", "_dsf", "dscn", "img", "img_", "img_e", "_img", "_mg_",
    "mvimg_", "pxl_", "p", "r", "l", "g", "gopr", "gp", "dji_", "sam_", "cimg", "imgp", "pict",
];

/// A sequence found among names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// What its frames are called.
    pub pattern: FramePattern,
    /// How many frames there are.
    pub frames: u64,
    /// In how many places between first and last one or more numbers have no frame.
    pub gaps: u64,
}

/// A line of a folded list. Numbers are positions in the list that was folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fold {
    /// A name of its own.
    Single(usize),
    /// A sequence, and where its frames are, by frame number.
    Sequence(Sequence, Vec<usize>),
}

impl Fold {
    /// Where its first name is in the list that was folded.
    pub fn first(&self) -> usize {
        match self {
            Self::Single(at) => *at,
            Self::Sequence(_, at) => at.first().copied().unwrap_or_default(),
        }
    }
}

/// A name that could be a frame.
struct Parts<'a> {
    prefix: &'a [u8],
    digits: &'a [u8],
    suffix: &'a [u8],
    number: u64,
}

fn parts_of(name: &[u8]) -> Option<Parts<'_>> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let (stem, suffix) = name.split_at(dot);
    let kind = frame_kind(&suffix[1..])?;
    let digits_at =
        stem.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |before| before + 1);
    let (prefix, digits) = stem.split_at(digits_at);
    let number = frame_number(digits)?;
    let no_frame = match prefix {
        [.., b'.' | b'_' | b'-', b'v' | b'V'] | [b'v' | b'V'] => true,
        [.., digit, b'x' | b'X'] => digit.is_ascii_digit(),
        _ => kind == FrameKind::Picture && is_camera(prefix),
    };
    (!no_frame).then_some(Parts { prefix, digits, suffix, number })
}

fn is_camera(prefix: &[u8]) -> bool {
    CAMERAS.iter().any(|known| prefix.eq_ignore_ascii_case(known.as_bytes()))
}

/// A possible frame of the group it was put in; groups share prefix and suffix.
#[derive(Clone, Copy)]
struct Candidate {
    group: usize,
    width: usize,
    number: u64,
    zero: bool,
    at: usize,
}

/// Folds the names of one directory, sorted by raw bytes. Lines come in the order of their first
/// names. Takes time in proportion to the number of names.
pub fn fold<N: AsRef<[u8]>>(names: &[N]) -> Vec<Fold> {
    fold_from(names, LEAST_FRAMES)
}

/// The same where two frames are enough: for one that is known to stand for its sequence.
pub fn fold_pairs<N: AsRef<[u8]>>(names: &[N]) -> Vec<Fold> {
    fold_from(names, 2)
}

fn fold_from<N: AsRef<[u8]>>(names: &[N], enough: usize) -> Vec<Fold> {
    let mut groups: HashMap<(&[u8], &[u8]), usize> = HashMap::new();
    let mut folds = Vec::new();
    let mut candidates = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let Some(parts) = parts_of(name.as_ref()) else {
            folds.push(Fold::Single(at));
            continue;
        };
        let fresh = groups.len();
        candidates.push(Candidate {
            group: *groups.entry((parts.prefix, parts.suffix)).or_insert(fresh),
            width: parts.digits.len(),
            number: parts.number,
            zero: parts.digits.len() > 1 && parts.digits[0] == b'0',
            at,
        });
    }
    drop(groups);
    // Stable, because it is quickest on what is sorted already, as names in order mostly are.
    candidates.sort_by_key(|frame| (frame.group, frame.width, frame.number));
    for group in candidates.chunk_by(|a, b| a.group == b.group) {
        fold_group(names, group, enough, &mut folds);
    }
    folds.sort_by_key(Fold::first);
    folds
}

/// Splits frames of one prefix and suffix by padding: a width in which some number begins with a zero is
/// a padding of its own, the numbers of all others have none.
fn fold_group<N: AsRef<[u8]>>(
    names: &[N],
    group: &[Candidate],
    enough: usize,
    folds: &mut Vec<Fold>,
) {
    let mut plain: Vec<Candidate> = Vec::new();
    let mut padded: Vec<Vec<Candidate>> = Vec::new();
    for width in group.chunk_by(|a, b| a.width == b.width) {
        if width.iter().any(|frame| frame.zero) {
            padded.push(width.to_vec());
            continue;
        }
        // 9999 and 10000 of `%04d`: these went on where the padded ones ran out of digits.
        let outgrown = padded.last_mut().filter(|run| {
            let (last, first) = (run.last(), width.first());
            last.zip(first).is_some_and(|(last, first)| {
                last.width + 1 == first.width && last.number + 1 == first.number
            })
        });
        match outgrown {
            Some(run) => run.extend_from_slice(width),
            None => plain.extend_from_slice(width),
        }
    }
    for run in padded.iter().chain(std::iter::once(&plain)) {
        // Letters run into the number only where zeros show that it is one.
        let prefix = run
            .first()
            .and_then(|frame| parts_of(names[frame.at].as_ref()))
            .map_or(&b""[..], |parts| parts.prefix);
        let set_off = matches!(prefix, [] | [.., b'.' | b'_' | b'-']);
        if !set_off && !run.iter().any(|frame| frame.zero) {
            folds.extend(run.iter().map(|frame| Fold::Single(frame.at)));
            continue;
        }
        for stretch in run.chunk_by(|a, b| b.number - a.number <= LARGEST_STEP) {
            fold_stretch(names, stretch, enough, folds);
        }
    }
}

fn fold_stretch<N: AsRef<[u8]>>(
    names: &[N],
    stretch: &[Candidate],
    enough: usize,
    folds: &mut Vec<Fold>,
) {
    let ends = stretch.first().zip(stretch.last());
    let parts = ends.and_then(|(first, _)| parts_of(names[first.at].as_ref()));
    match ends.zip(parts) {
        Some(((first, last), parts)) if stretch.len() >= enough => {
            let holes = stretch.windows(2).filter(|pair| pair[1].number - pair[0].number > 1);
            let sequence = Sequence {
                pattern: FramePattern {
                    prefix: parts.prefix.into(),
                    padding: first.width,
                    suffix: parts.suffix.into(),
                    first: first.number,
                    last: last.number,
                },
                frames: stretch.len() as u64,
                gaps: holes.count() as u64,
            };
            let at = stretch.iter().map(|frame| frame.at).collect();
            folds.push(Fold::Sequence(sequence, at));
        }
        _ => folds.extend(stretch.iter().map(|frame| Fold::Single(frame.at))),
    }
}

#[cfg(test)]
mod tests;
