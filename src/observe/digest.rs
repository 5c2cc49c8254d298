//! Files read through once: BLAKE3 and SHA-256 of one, for statements that others must be able to
//! check; or all of a small one.
//!
//! Says what the bytes hash to and nothing of the file: whoever asks compares the BLAKE3 with the
//! content that was meant. A file that changes meanwhile is then another content.

use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::model::AssetId;
use crate::observe::hash::{Stop, open_path};

/// Reads a file. `Ok(None)` when it is gone or no regular file; bytes read are told to `advance`.
pub fn digests(
    path: &Path,
    cancel: &AtomicBool,
    advance: &dyn Fn(u64),
) -> io::Result<Option<(AssetId, [u8; 32])>> {
    let mut file = match open_path(path) {
        Ok(file) => file,
        Err(Stop::Failed(_, source)) => return Err(source),
        Err(_) => return Ok(None),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let (mut blake3, mut sha256) = (blake3::Hasher::new(), Sha256::new());
    let mut buffer = vec![0; 1 << 20];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => {
                blake3.update(&buffer[..got]);
                sha256.update(&buffer[..got]);
                advance(got as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some((AssetId::from(blake3.finalize()), sha256.finalize().into())))
}

/// Reads a file of at most `most` bytes whole. `Ok(None)` when it is gone, no regular file, or larger.
/// No link is followed at its end, and nothing is waited for.
pub fn whole(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match open_path(path) {
        Ok(file) => file,
        Err(Stop::Failed(_, source)) => return Err(source),
        Err(_) => return Ok(None),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}
