//! What frames of an image sequence are called. Here, because a policy can name frames as a list prints
//! them; which files are a sequence is for `observe` to say.

use std::fmt;

use crate::model::RelPath;

/// So that every frame number fits 64 bits.
const MOST_DIGITS: usize = 18;

/// Extensions that only renderers and film scanners write, never a stills camera.
const RENDERED: &[&str] =
    &["exr", "dpx", "cin", "tga", "sgi", "rgb", "iff", "hdr", "ari", "arx", "sxr", "rla", "pic"];

/// Other image extensions.
const PICTURES: &[&str] = &[
    "tif", "tiff", "png", "jpg", "jpeg", "bmp", "jp2", "j2c", "j2k", "jxl", "webp", "heic", "heif",
    "avif", "dng", "arw", "cr2", "cr3", "nef", "raf", "orf", "rw2", "pef", "srw", "x3f",
];

/// What an extension says of who writes such files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Only renderers and film scanners.
    Rendered,
    /// Stills cameras too.
    Picture,
}

/// What an extension without its dot is, if frames have it.
pub fn frame_kind(extension: &[u8]) -> Option<FrameKind> {
    let among =
        |list: &[&str]| list.iter().any(|known| extension.eq_ignore_ascii_case(known.as_bytes()));
    if among(RENDERED) {
        return Some(FrameKind::Rendered);
    }
    among(PICTURES).then_some(FrameKind::Picture)
}

/// What frames of a sequence are called. Written as `beauty.[1001-1096].exr`, the first number with
/// its padding: `name_[0001-0240].dpx`, `frame[8-12].png`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FramePattern {
    /// Raw bytes before the number, separator included.
    pub prefix: Box<[u8]>,
    /// Digits a number is filled up to with zeros; 1 for none.
    pub padding: usize,
    /// Raw bytes after the number: dot and extension.
    pub suffix: Box<[u8]>,
    /// First frame number.
    pub first: u64,
    /// Last frame number.
    pub last: u64,
}

impl FramePattern {
    /// Reads what [`FramePattern::to_bytes`] writes. None for anything else, so that a name with
    /// brackets of its own can be taken for what it is; ask whether such a file is there first.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let close = text.iter().rposition(|byte| *byte == b']')?;
        let open = text[..close].iter().rposition(|byte| *byte == b'[')?;
        let range = std::str::from_utf8(&text[open + 1..close]).ok()?;
        let (first, last) = range.split_once('-')?;
        let pattern = Self {
            prefix: text[..open].into(),
            padding: first.len(),
            suffix: text[close + 1..].into(),
            first: frame_number(first.as_bytes())?,
            last: frame_number(last.as_bytes())?,
        };
        let sound = frame_kind(pattern.suffix.strip_prefix(b".")?).is_some()
            && pattern.first <= pattern.last
            && pattern.digits(pattern.last) == last;
        sound.then_some(pattern)
    }

    /// Raw, and reversible by [`FramePattern::parse`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let range = format!("[{}-{}]", self.digits(self.first), self.digits(self.last));
        [&*self.prefix, range.as_bytes(), &*self.suffix].concat()
    }

    /// The name of a frame.
    pub fn name(&self, frame: u64) -> Vec<u8> {
        [&*self.prefix, self.digits(frame).as_bytes(), &*self.suffix].concat()
    }

    /// The frame number of a name that is one of these.
    pub fn frame_of(&self, name: &[u8]) -> Option<u64> {
        let digits = name.strip_prefix(&*self.prefix)?.strip_suffix(&*self.suffix)?;
        let frame = frame_number(digits)?;
        let ours =
            (self.first..=self.last).contains(&frame) && self.digits(frame).as_bytes() == digits;
        ours.then_some(frame)
    }

    /// The same from one of its names to another. None where these are not of it.
    #[must_use]
    pub fn part(&self, first: &[u8], last: &[u8]) -> Option<Self> {
        let (first, last) = (self.frame_of(first)?, self.frame_of(last)?);
        Some(Self { first, last, ..self.clone() })
    }

    fn digits(&self, frame: u64) -> String {
        format!("{frame:0width$}", width = self.padding)
    }
}

/// For people: bytes that are not UTF-8 are escaped as in paths.
impl fmt::Display for FramePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", RelPath::root().join(&self.to_bytes()))
    }
}

/// The number of a frame: digits only, and few enough.
pub fn frame_number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > MOST_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
