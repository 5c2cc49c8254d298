//! Bounded inflating: a compressed text chunk may claim any size, so the output is capped and a
//! bomb is an error, not an allocation. Used by container walkers.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

/// The most a compressed block may grow to.
pub const INFLATE_CAP: u64 = 16 << 20;

/// Inflates zlib data up to `INFLATE_CAP` bytes.
pub fn inflate(data: &[u8]) -> Result<Vec<u8>, String> {
    bounded(ZlibDecoder::new(data))
}

/// Inflates gzip data up to `INFLATE_CAP` bytes.
pub fn gunzip(data: &[u8]) -> Result<Vec<u8>, String> {
    bounded(GzDecoder::new(data))
}

/// Inflates brotli data up to `INFLATE_CAP` bytes.
pub fn unbrotli(data: &[u8]) -> Result<Vec<u8>, String> {
    bounded(brotli_decompressor::Decompressor::new(data, 4096))
}

fn bounded(from: impl Read) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let read = from.take(INFLATE_CAP + 1).read_to_end(&mut out);
    if out.len() as u64 > INFLATE_CAP {
        return Err(format!("inflates to more than {INFLATE_CAP} bytes"));
    }
    match read {
        Ok(_) => Ok(out),
        Err(error) => Err(format!("cannot be inflated: {error}")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    /// What a brotli encoder gives that does not try: one stored block of up to 64 KiB.
    pub fn brotli(data: &[u8]) -> Vec<u8> {
        let header = u32::try_from(data.len() - 1).unwrap() << 4 | 1 << 20;
        [&header.to_le_bytes()[..3], data, &[3]].concat()
    }

    /// Deflates, for tests that craft files.
    pub fn deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_is_refused_and_text_is_not() {
        assert_eq!(inflate(&deflate(b"text")).unwrap(), b"text");
        let bomb = deflate(&vec![0; (64 << 20) + 1]);
        assert!(bomb.len() < 100_000);
        assert!(inflate(&bomb).unwrap_err().contains("more than"));
        assert!(inflate(b"not zlib").is_err());
    }
}
