//! The hash algorithms that packages and manifests name.

/// A hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-1: packing lists (ST 429-8, ST 2067-2), ASC MHL, legacy MHL.
    Sha1,
    /// MD5: ASC MHL, legacy MHL.
    Md5,
    /// xxHash, 32 bits: legacy MHL writes it as a decimal number.
    Xxh32,
    /// xxHash, 64 bits.
    Xxh64,
    /// XXH3, 64 bits.
    Xxh3_64,
    /// XXH3, 128 bits.
    Xxh3_128,
    /// C4 (ST 2114): SHA-512 in base 58.
    C4,
    /// SHA-256: packing lists that say so.
    Sha256,
    /// SHA-512: packing lists that say so.
    Sha512,
}

impl Algorithm {
    /// As ASC MHL spells it; SHA-256 and SHA-512, which it does not have, as W3C does.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::Xxh32 => "xxh32",
            Self::Xxh64 => "xxh64",
            Self::Xxh3_64 => "xxh3",
            Self::Xxh3_128 => "xxh128",
            Self::C4 => "c4",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

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
