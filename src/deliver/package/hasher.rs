//! Several digests of the same bytes in one pass.

use md5::Md5;
use sha1::{Digest as _, Sha1};
use sha2::{Digest as _, Sha256, Sha512};
use xxhash_rust::xxh3::Xxh3;
use xxhash_rust::xxh32::Xxh32;
use xxhash_rust::xxh64::Xxh64;

use crate::deliver::package::{Algorithm, Digest};

/// Takes bytes and gives their digests.
#[derive(Clone)]
pub struct Hasher {
    states: Vec<(Algorithm, State)>,
}

#[derive(Clone)]
enum State {
    Sha1(Sha1),
    Md5(Md5),
    Xxh32(Xxh32),
    Xxh64(Xxh64),
    Xxh3(Box<Xxh3>),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// One that makes these digests; an algorithm named twice is made once.
    pub fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let mut states: Vec<(Algorithm, State)> = Vec::new();
        for algorithm in algorithms {
            if states.iter().any(|(known, _)| *known == algorithm) {
                continue;
            }
            let state = match algorithm {
                Algorithm::Sha1 => State::Sha1(Sha1::new()),
                Algorithm::Md5 => State::Md5(Md5::new()),
                Algorithm::Xxh32 => State::Xxh32(Xxh32::new(0)),
                Algorithm::Xxh64 => State::Xxh64(Xxh64::new(0)),
                Algorithm::Xxh3_64 | Algorithm::Xxh3_128 => State::Xxh3(Box::new(Xxh3::new())),
                Algorithm::Sha256 => State::Sha256(Sha256::new()),
                Algorithm::Sha512 | Algorithm::C4 => State::Sha512(Sha512::new()),
            };
            states.push((algorithm, state));
        }
        Self { states }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for (_, state) in &mut self.states {
            match state {
                State::Sha1(state) => state.update(bytes),
                State::Md5(state) => state.update(bytes),
                State::Xxh32(state) => state.update(bytes),
                State::Xxh64(state) => state.update(bytes),
                State::Xxh3(state) => state.update(bytes),
                State::Sha256(state) => state.update(bytes),
                State::Sha512(state) => state.update(bytes),
            }
        }
    }

    /// The digests, in the order the algorithms were named.
    pub fn finish(self) -> Vec<Digest> {
        let digest = |(algorithm, state): (Algorithm, State)| {
            let bytes = match state {
                State::Sha1(state) => state.finalize().to_vec(),
                State::Md5(state) => state.finalize().to_vec(),
                State::Xxh32(state) => state.digest().to_be_bytes().to_vec(),
                State::Xxh64(state) => state.digest().to_be_bytes().to_vec(),
                State::Xxh3(state) if algorithm == Algorithm::Xxh3_128 => {
                    state.digest128().to_be_bytes().to_vec()
                }
                State::Xxh3(state) => state.digest().to_be_bytes().to_vec(),
                State::Sha256(state) => state.finalize().to_vec(),
                State::Sha512(state) => state.finalize().to_vec(),
            };
            Digest::from_bytes(algorithm, &bytes)
        };
        self.states.into_iter().filter_map(digest).collect()
    }

    /// The digest of bytes that are at hand.
    pub fn digest(algorithm: Algorithm, bytes: &[u8]) -> Digest {
        let mut hasher = Self::new([algorithm]);
        hasher.update(bytes);
        let made = hasher.finish().pop();
        made.unwrap_or_else(|| Digest { algorithm, value: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_gives_the_known_digest_of_abc() {
        // From Python: hashlib, xxhash 3 and ascmhl 1.2.
        for (algorithm, expected) in [
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Xxh32, "32d153ff"),
            (Algorithm::Xxh64, "44bc2cf5ad770999"),
            (Algorithm::Xxh3_64, "78af5f94892f3950"),
            (Algorithm::Xxh3_128, "06b05ab6733a618578af5f94892f3950"),
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            assert_eq!(Hasher::digest(algorithm, b"abc").value, expected, "{algorithm:?}");
        }
    }

    #[test]
    fn several_digests_come_of_one_pass_in_order() {
        let mut hasher = Hasher::new([Algorithm::C4, Algorithm::Md5, Algorithm::C4]);
        hasher.update(b"a");
        hasher.update(b"bc");
        let digests = hasher.finish();
        assert_eq!(digests.len(), 2);
        assert_eq!(digests[0], Hasher::digest(Algorithm::C4, b"abc"));
        assert_eq!(digests[1], Hasher::digest(Algorithm::Md5, b"abc"));
    }
}
