//! One digest, in one spelling whatever the format wrote, so that two of them are compared as text.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::deliver::package::Algorithm;

/// Base 58 of C4 (ST 2114, 7.2): no `0`, `O`, `I`, `l`.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Characters of a C4 id after its `c4`.
const C4_DIGITS: usize = 88;

/// A digest of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    /// How it was made.
    pub algorithm: Algorithm,
    /// Lower-case hexadecimal, most significant byte first; for C4 its own base 58 with `c4`.
    pub value: String,
}

impl Digest {
    /// From the bytes of a digest, most significant first. `None` when their number is not the
    /// algorithm's.
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != algorithm.digest_bytes() {
            return None;
        }
        let value = if algorithm == Algorithm::C4 { base58(bytes) } else { hex(bytes) };
        Some(Self { algorithm, value })
    }

    /// From text as ASC MHL writes it: hexadecimal, or base 58 for C4. The error says what is
    /// wrong with the text.
    pub fn from_text(algorithm: Algorithm, text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bytes =
            if algorithm == Algorithm::C4 { from_base58(text) } else { from_hex(text.as_bytes()) };
        bytes.and_then(|bytes| Self::from_bytes(algorithm, &bytes)).ok_or_else(|| {
            let name = algorithm.as_str();
            let short: String = text.chars().take(100).collect();
            format!("{short:?} is not a {name} digest")
        })
    }

    /// From base 64, as packing lists and composition playlists write it (ST 429-8, 5.10).
    pub fn from_base64(algorithm: Algorithm, text: &str) -> Result<Self, String> {
        let plain: String = text.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(&plain).ok();
        bytes.and_then(|bytes| Self::from_bytes(algorithm, &bytes)).ok_or_else(|| {
            let name = algorithm.as_str();
            let short: String = plain.chars().take(100).collect();
            format!("{short:?} is not a {name} digest in base 64")
        })
    }

    /// The bytes, most significant first: what directory hashes are made of.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = if self.algorithm == Algorithm::C4 {
            from_base58(&self.value)
        } else {
            from_hex(self.value.as_bytes())
        };
        bytes.unwrap_or_default()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    /// Hexadecimal digits of the longest digest.
    const HEX_MAX: usize = 128;
    if !text.len().is_multiple_of(2) || text.len() > HEX_MAX {
        return None;
    }
    let nibble =
        |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

/// 64 bytes as a number in base 58, filled up with `1`, which is its zero.
fn base58(bytes: &[u8]) -> String {
    let mut digits = [0_u8; C4_DIGITS];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in digits.iter_mut().rev() {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 58).unwrap_or_default();
            carry /= 58;
        }
    }
    let text = digits.iter().map(|digit| char::from(BASE58[usize::from(*digit)]));
    "c4".chars().chain(text).collect()
}

fn from_base58(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("c4")?.as_bytes();
    if digits.len() != C4_DIGITS {
        return None;
    }
    let mut bytes = [0_u8; 64];
    for digit in digits {
        let place = BASE58.iter().position(|known| known == digit)?;
        let mut carry = u32::try_from(place).ok()?;
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::*;

    #[test]
    fn the_c4_id_of_nothing_is_the_one_of_the_standard() {
        let empty = Digest::from_bytes(Algorithm::C4, &sha2::Sha512::digest(b"")).unwrap();
        assert_eq!(
            empty.value,
            "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT"
        );
        assert_eq!(Digest::from_text(Algorithm::C4, &empty.value).unwrap(), empty);
        assert_eq!(Digest::from_bytes(Algorithm::C4, &empty.to_bytes()).unwrap(), empty);
    }

    #[test]
    fn c4_ids_keep_leading_zeros_and_refuse_what_does_not_fit() {
        let small = Digest::from_bytes(Algorithm::C4, &[0; 64]).unwrap();
        assert_eq!(small.value, format!("c4{}", "1".repeat(88)));
        let large = Digest::from_bytes(Algorithm::C4, &[255; 64]).unwrap();
        assert_eq!(Digest::from_text(Algorithm::C4, &large.value).unwrap().to_bytes(), [255; 64]);
        for bad in [format!("c4{}", "z".repeat(88)), format!("c4{}", "0".repeat(88)), "c4".into()] {
            assert!(Digest::from_text(Algorithm::C4, &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hexadecimal_and_base_64_give_the_same_digest() {
        let hex = Digest::from_text(Algorithm::Sha1, "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709 ");
        let base64 = Digest::from_base64(Algorithm::Sha1, "2jmj7l5rSw0yVb/v\nlWAYkK/YBwk=");
        assert_eq!(hex.unwrap(), base64.unwrap());
    }

    #[test]
    fn a_digest_of_the_wrong_length_is_refused() {
        assert!(Digest::from_text(Algorithm::Md5, "00").is_err());
        assert!(Digest::from_text(Algorithm::Md5, &"é".repeat(16)).is_err());
        assert!(Digest::from_base64(Algorithm::Sha256, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=").is_err());
    }
}
