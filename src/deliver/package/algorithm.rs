//! The hash algorithms that packages and manifests name.

use crate::model::words;

words! {
    /// A hash algorithm, spelled as ASC MHL does; SHA-256 and SHA-512, which it does not have, as W3C does.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum Algorithm {
        /// SHA-1: packing lists (ST 429-8, ST 2067-2), ASC MHL, legacy MHL.
        Sha1 = "sha1",
        /// MD5: ASC MHL, legacy MHL.
        Md5 = "md5",
        /// xxHash, 32 bits: legacy MHL writes it as a decimal number.
        Xxh32 = "xxh32",
        /// xxHash, 64 bits.
        Xxh64 = "xxh64",
        /// XXH3, 64 bits.
        Xxh3_64 = "xxh3",
        /// XXH3, 128 bits.
        Xxh3_128 = "xxh128",
        /// C4 (ST 2114): SHA-512 in base 58.
        C4 = "c4",
        /// SHA-256: packing lists that say so.
        Sha256 = "sha256",
        /// SHA-512: packing lists that say so.
        Sha512 = "sha512",
    }
}

impl Algorithm {
    /// From an element of an ASC MHL manifest (`ASCMHL.xsd`, `HashType`).
    pub fn from_asc_mhl(element: &str) -> Option<Self> {
        [Self::Md5, Self::Sha1, Self::C4, Self::Xxh32, Self::Xxh64, Self::Xxh3_64, Self::Xxh3_128]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == element)
    }

    /// From the URI in a `HashAlgorithm` element (XML signature and encryption, W3C).
    pub fn from_uri(uri: &str) -> Option<Self> {
        match uri {
            "http://www.w3.org/2000/09/xmldsig#sha1" => Some(Self::Sha1),
            "http://www.w3.org/2001/04/xmldsig-more#md5" => Some(Self::Md5),
            "http://www.w3.org/2001/04/xmlenc#sha256" => Some(Self::Sha256),
            "http://www.w3.org/2001/04/xmlenc#sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Bytes of a digest.
    pub const fn digest_bytes(self) -> usize {
        match self {
            Self::Xxh32 => 4,
            Self::Xxh64 | Self::Xxh3_64 => 8,
            Self::Md5 | Self::Xxh3_128 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::C4 | Self::Sha512 => 64,
        }
    }
}
