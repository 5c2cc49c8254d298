//! The hash chain. Pure: bytes in, hash out. Specified byte by byte in `docs/ledger.md`.

use crate::model::{Head, Seq, Timestamp};

/// Separates these hashes from every other use of BLAKE3.
const DOMAIN: &[u8] = b"genlock.journal";

/// Layout of the hashed bytes. A new layout takes a new number.
const VERSION: u8 = 1;

/// The chain hash of the event that follows `previous`.
///
/// Hashed are, in this order: the domain tag, the version byte, then the previous hash, the
/// sequence number (8 bytes), the time (8 bytes), actor, kind and body. Every field but the version
/// is preceded by its length as 8 bytes; all integers are little-endian.
pub fn link(previous: &Head, at: Timestamp, actor: &str, kind: &str, body: &str) -> Head {
    let seq = Seq(previous.seq.0 + 1);
    let mut hasher = blake3::Hasher::new();
    field(&mut hasher, DOMAIN);
    hasher.update(&[VERSION]);
    field(&mut hasher, &previous.hash);
    field(&mut hasher, &seq.0.to_le_bytes());
    field(&mut hasher, &at.as_nanos().to_le_bytes());
    field(&mut hasher, actor.as_bytes());
    field(&mut hasher, kind.as_bytes());
    field(&mut hasher, body.as_bytes());
    Head { seq, hash: *hasher.finalize().as_bytes() }
}

fn field(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of docs/ledger.md.
    #[test]
    fn the_documented_vectors_hold() {
        let text = include_str!("../../docs/ledger.md");
        let at = Timestamp::from_nanos(1_795_338_000_000_000_000);
        let first =
            link(&Head::EMPTY, at, "kim@edit-3", "determination-cleared", r#"{"assets":[]}"#);
        let second = link(&first, at, "", "reopened", r#"{"name":"EP101","note":"é"}"#);
        for head in [first, second] {
            assert!(text.contains(&head.hash_hex()), "docs/ledger.md lacks {head}");
        }
    }

    #[test]
    fn every_field_moves_the_hash() {
        let at = Timestamp::from_nanos(7);
        let base = link(&Head::EMPTY, at, "a", "k", "b");
        let other = Head { seq: Seq(0), hash: [1; 32] };
        let later = Head { seq: Seq(1), hash: [0; 32] };
        let changed = [
            link(&other, at, "a", "k", "b"),
            link(&later, at, "a", "k", "b"),
            link(&Head::EMPTY, Timestamp::from_nanos(8), "a", "k", "b"),
            link(&Head::EMPTY, at, "x", "k", "b"),
            link(&Head::EMPTY, at, "a", "x", "b"),
            link(&Head::EMPTY, at, "a", "k", "x"),
            link(&Head::EMPTY, at, "ak", "", "b"),
            link(&Head::EMPTY, at, "a", "kb", ""),
        ];
        for head in changed {
            assert_ne!(head.hash, base.hash);
        }
    }
}
