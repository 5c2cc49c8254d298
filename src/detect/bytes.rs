//! Bounded random access to an asset: the only way a container walker reads.
//!
//! It never reads past the length it was told, never allocates more than a stated cap whatever a
//! length field says, and serves what lies in the head (the first bytes, which hashing has read
//! already) without touching the file again. Sits below `container/`.

use std::io::{Read, Seek, SeekFrom};

/// What an asset is read from.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send + ?Sized> Source for T {}

/// The largest single block taken into memory: a XMP packet, a text chunk, a tag.
pub const BLOCK_CAP: u64 = 16 << 20;

/// The smallest read from the file: one header and its neighbours.
const WINDOW: usize = 512;

/// The largest window a walker may ask for.
pub const WINDOW_MAX: usize = 64 << 10;

/// Where a walk broke, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("broke at offset {at}: {why}")]
pub struct Broke {
    /// Offset in the file, or in the block for what lies in memory.
    pub at: u64,
    /// Why, in plain words.
    pub why: String,
}

impl Broke {
    /// Puts the two together.
    pub fn new(at: u64, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }
}

/// Random access with bounds.
pub struct Bytes<'a> {
    source: Option<&'a mut dyn Source>,
    len: u64,
    head: &'a [u8],
    window: Vec<u8>,
    window_at: u64,
    window_size: usize,
}

impl<'a> Bytes<'a> {
    /// Over a file of `len` bytes whose first bytes are already in memory.
    pub fn new(source: &'a mut dyn Source, len: u64, head: &'a [u8]) -> Self {
        let known = usize::try_from(len).map_or(head.len(), |len| head.len().min(len));
        Self {
            source: Some(source),
            len,
            head: head.get(..known).unwrap_or(head),
            window: Vec::new(),
            window_at: 0,
            window_size: WINDOW,
        }
    }

    /// Over a block in memory.
    pub fn memory(data: &'a [u8]) -> Self {
        Self {
            source: None,
            len: data.len() as u64,
            head: data,
            window: Vec::new(),
            window_at: 0,
            window_size: WINDOW,
        }
    }

    /// How many bytes there are.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads at least this much at a time from here on: for walks that touch every part.
    pub fn read_ahead(&mut self, size: usize) {
        self.window_size = size.clamp(WINDOW, WINDOW_MAX);
    }

    /// `n` bytes at `at`, without keeping them. `n` is at most `WINDOW_MAX`.
    pub fn peek(&mut self, at: u64, n: usize) -> Result<&[u8], Broke> {
        let past = || Broke::new(at, "the file ends here");
        let wanted = n as u64;
        if at.checked_add(wanted).is_none_or(|end| end > self.len) || n > WINDOW_MAX {
            return Err(past());
        }
        if let Ok(start) = usize::try_from(at)
            && let Some(end) = start.checked_add(n)
            && end <= self.head.len()
        {
            return self.head.get(start..end).ok_or_else(past);
        }
        let held = self.window.len() as u64;
        let inside = at >= self.window_at && at + wanted <= self.window_at + held;
        if !inside {
            let room = self.len - at;
            let size = self.window_size.max(n);
            let size = usize::try_from(room).map_or(size, |room| size.min(room));
            let mut window = std::mem::take(&mut self.window);
            window.resize(size, 0);
            self.fill(at, &mut window)?;
            self.window = window;
            self.window_at = at;
        }
        let start = usize::try_from(at - self.window_at).map_err(|_| past())?;
        self.window.get(start..start + n).ok_or_else(past)
    }

    /// As many bytes as there are at `at`, up to `n`.
    pub fn peek_up_to(&mut self, at: u64, n: usize) -> &[u8] {
        let room = self.len.saturating_sub(at);
        let n = usize::try_from(room).map_or(n, |room| n.min(room));
        self.peek(at, n.min(WINDOW_MAX)).unwrap_or_default()
    }

    /// `n` bytes at `at`, kept. Refuses more than `BLOCK_CAP` and anything past the end before it
    /// allocates.
    pub fn take(&mut self, at: u64, n: u64) -> Result<Vec<u8>, Broke> {
        if at.checked_add(n).is_none_or(|end| end > self.len) {
            return Err(Broke::new(at, format!("a length of {n} bytes runs past the end")));
        }
        let size = match usize::try_from(n) {
            Ok(size) if n <= BLOCK_CAP => size,
            _ => {
                return Err(Broke::new(
                    at,
                    format!("a block of {n} bytes is larger than the limit of {BLOCK_CAP}"),
                ));
            }
        };
        if size <= WINDOW {
            return self.peek(at, size).map(<[u8]>::to_vec);
        }
        let mut block = vec![0; size];
        self.fill(at, &mut block)?;
        Ok(block)
    }

    fn fill(&mut self, at: u64, into: &mut [u8]) -> Result<(), Broke> {
        let start = usize::try_from(at).unwrap_or(usize::MAX).min(self.head.len());
        let known = (self.head.len() - start).min(into.len());
        let (first, rest) = into.split_at_mut(known);
        first.copy_from_slice(self.head.get(start..start + known).unwrap_or_default());
        if rest.is_empty() {
            return Ok(());
        }
        let from = at + known as u64;
        let Some(source) = self.source.as_mut() else {
            return Err(Broke::new(from, "the block ends here"));
        };
        source
            .seek(SeekFrom::Start(from))
            .and_then(|_| source.read_exact(rest))
            .map_err(|error| Broke::new(from, format!("reading failed: {error}")))
    }

    /// One byte.
    pub fn u8(&mut self, at: u64) -> Result<u8, Broke> {
        self.array::<1>(at).map(|[byte]| byte)
    }

    /// Two bytes, big end first.
    pub fn u16_be(&mut self, at: u64) -> Result<u16, Broke> {
        self.array(at).map(u16::from_be_bytes)
    }

    /// Four bytes, big end first.
    pub fn u32_be(&mut self, at: u64) -> Result<u32, Broke> {
        self.array(at).map(u32::from_be_bytes)
    }

    /// Four bytes, little end first.
    pub fn u32_le(&mut self, at: u64) -> Result<u32, Broke> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// Eight bytes, big end first.
    pub fn u64_be(&mut self, at: u64) -> Result<u64, Broke> {
        self.array(at).map(u64::from_be_bytes)
    }

    /// Eight bytes, little end first.
    pub fn u64_le(&mut self, at: u64) -> Result<u64, Broke> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// A fixed number of bytes.
    pub fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Broke> {
        let mut array = [0; N];
        array.copy_from_slice(self.peek(at, N)?);
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn what_lies_past_the_head_is_read_and_what_lies_past_the_end_is_refused() {
        let data: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let mut source = Cursor::new(data.clone());
        let mut bytes = Bytes::new(&mut source, 5000, &data[..100]);
        assert_eq!(bytes.peek(98, 4).unwrap(), &data[98..102]);
        assert_eq!(bytes.take(90, 3000).unwrap(), &data[90..3090]);
        assert_eq!(bytes.peek(4996, 4).unwrap(), &data[4996..]);
        assert!(bytes.peek(4997, 4).is_err());
        assert!(bytes.take(u64::MAX, 4).is_err());
        assert!(bytes.take(0, u64::MAX).is_err());
        assert_eq!(bytes.peek_up_to(4998, 100), &data[4998..]);
    }

    #[test]
    fn a_file_shorter_than_its_stat_breaks_and_does_not_panic() {
        let mut source = Cursor::new(vec![1; 10]);
        let mut bytes = Bytes::new(&mut source, 1 << 40, &[1; 10]);
        assert!(bytes.take(5, 100).is_err());
        assert!(bytes.take(5, 1 << 39).is_err());
    }
}
