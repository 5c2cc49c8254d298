//! Files read through once: BLAKE3, or BLAKE3 and SHA-256 of one, for statements that others must be able to
//! check; or all of a small one.
//!
//! Says what the bytes hash to and nothing of the file: whoever asks compares the BLAKE3 with the
//! content that was meant. A file that changes meanwhile is then another content. No link is followed at its
//! end, and nothing is waited for: somebody may have put a FIFO in its place.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::model::AssetId;
use crate::observe::HashError;
use crate::observe::hash::{open_path, stat};

/// Reads a file and gives its BLAKE3.
pub fn digest(path: &Path, cancel: &AtomicBool) -> Result<AssetId, HashError> {
    let mut blake3 = blake3::Hasher::new();
    through(path, cancel, &mut |bytes| {
        blake3.update(bytes);
    })?;
    Ok(AssetId::from(blake3.finalize()))
}

/// Reads a file and gives its BLAKE3 and SHA-256. Bytes read are told to `advance`.
pub fn digests(
    path: &Path,
    cancel: &AtomicBool,
    advance: &dyn Fn(u64),
) -> Result<(AssetId, [u8; 32]), HashError> {
    let (mut blake3, mut sha256) = (blake3::Hasher::new(), Sha256::new());
    through(path, cancel, &mut |bytes| {
        blake3.update(bytes);
        sha256.update(bytes);
        advance(bytes.len() as u64);
    })?;
    Ok((AssetId::from(blake3.finalize()), sha256.finalize().into()))
}

/// Reads a file of at most `most` bytes whole; `None` when it is larger.
pub fn whole(path: &Path, most: u64) -> Result<Option<Vec<u8>>, HashError> {
    let file = open_file(path)?;
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(reading(path))?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Shows all bytes of a file to `take`, until the caller asks to stop.
fn through(path: &Path, cancel: &AtomicBool, take: &mut dyn FnMut(&[u8])) -> Result<(), HashError> {
    let mut file = open_file(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(HashError::Cancelled);
        }
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(got) => take(&buffer[..got]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(reading(path)(error)),
        }
    }
}

fn open_file(path: &Path) -> Result<File, HashError> {
    let opened = open_path(path).and_then(|file| stat(&file).map(|_| file));
    opened.map_err(|stop| stop.at(path, 1))
}

fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> HashError {
    move |source| HashError::Unreadable { path: path.to_owned(), action: "read", source }
}
