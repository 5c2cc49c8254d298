//! Long texts of marks (prompts, workflows): kept once per distinct text, compressed, named by the
//! hash of what they say.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::AssetId;

/// The longest text that is kept, in bytes. Detectors cut what is longer.
const TEXT_MAX: u64 = (1 << 20) + 256;

/// A long text. In the journal it is an array: hash, base64 of the zlib stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// BLAKE3-256 of the text.
    pub hash: AssetId,
    /// The text as a zlib stream.
    pub zlib: Vec<u8>,
}

/// A kept value that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("a kept value is not what it was")]
pub struct BadValue;

impl Value {
    /// Compresses a text. A fast level: it is done while media are read.
    pub fn of(text: &str) -> Self {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory does not fail.
        let zlib = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        Self { hash: AssetId::from(blake3::hash(text.as_bytes())), zlib: zlib.unwrap_or_default() }
    }

    /// The text again, checked against its hash.
    pub fn text(&self) -> Result<String, BadValue> {
        let mut text = String::new();
        let read = ZlibDecoder::new(&*self.zlib).take(TEXT_MAX).read_to_string(&mut text);
        match read {
            Ok(_) if AssetId::from(blake3::hash(text.as_bytes())) == self.hash => Ok(text),
            _ => Err(BadValue),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.hash, STANDARD.encode(&self.zlib)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (hash, text) = <(AssetId, String)>::deserialize(deserializer)?;
        let zlib = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Self { hash, zlib })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_through_the_journal_and_takes_less_room() {
        let text = "{\"prompt\": \"a harbour at dusk\"}".repeat(1000);
        let value = Value::of(&text);
        assert!(value.zlib.len() * 10 < text.len());
        let line = serde_json::to_string(&value).unwrap();
        let back: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back, value);
        assert_eq!(back.text().unwrap(), text);
    }

    #[test]
    fn a_changed_or_bloated_value_is_refused() {
        let mut value = Value::of("a prompt");
        value.hash = Value::of("another").hash;
        assert!(value.text().is_err());
        let bomb = Value::of(&"0".repeat(3 << 20));
        assert!(bomb.text().is_err());
        assert!(Value { hash: bomb.hash, zlib: vec![1, 2, 3] }.text().is_err());
    }
}
