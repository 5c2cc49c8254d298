//! Bytes of a text format into text: UTF-8, UTF-16 with a byte order mark, else one byte a character.
//! Never loses a byte: what is no UTF-8 still gives a name that a person recognises, and a note.

use std::borrow::Cow;

/// A decoded text, and what is to be said about it.
pub struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// What was tolerated.
    pub note: Option<String>,
}

/// Decodes the bytes of a text format.
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes);
    }
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(rest) {
        Ok(text) => Decoded { text: Cow::Borrowed(text), note: None },
        Err(error) => {
            let note = format!(
                "not UTF-8 at offset {}: read as Latin-1, so names with accents may be spelled wrong",
                error.valid_up_to() + (bytes.len() - rest.len())
            );
            let text = rest.iter().map(|byte| char::from(*byte)).collect();
            Decoded { text: Cow::Owned(text), note: Some(note) }
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded<'static> {
    let (pairs, left) = bytes.as_chunks::<2>();
    let text: String = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    let broken = !left.is_empty() || text.contains(char::REPLACEMENT_CHARACTER);
    let note = broken.then(|| "broken UTF-16: some characters are replaced".to_owned());
    Decoded { text: Cow::Owned(text), note }
}
