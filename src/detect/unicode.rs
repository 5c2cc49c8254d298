//! Texts as carriers hold them: in UTF-8 or Latin-1, in UTF-16 of a known order, and, for whole documents, in UTF-16 and
//! UTF-32 as Windows programs and some writers of XMP leave them: with a byte order mark or, where they begin with
//! Latin letters, without one. Used where a file is told (`sniff`) and where texts are read. Pure; it never fails.

/// How the characters of a text are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wide {
    /// Two bytes or four.
    size: usize,
    little: bool,
}

/// The text, when it is written in more than one byte for a Latin letter. Without the byte order mark and
/// without what does not make a whole character at the end.
pub fn wide_text(data: &[u8]) -> Option<String> {
    let Wide { size, little } = wide(data)?;
    let number = |bytes: &[u8]| {
        let shift = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        if little { bytes.iter().rev().fold(0, shift) } else { bytes.iter().fold(0, shift) }
    };
    let numbers = data.chunks_exact(size).map(number);
    if size == 4 {
        let known = |it| char::from_u32(it).unwrap_or(char::REPLACEMENT_CHARACTER);
        Some(joined(numbers.map(known)))
    } else {
        let units = numbers.map(|it| u16::try_from(it).unwrap_or(u16::MAX));
        let known = |it: Result<char, _>| it.unwrap_or(char::REPLACEMENT_CHARACTER);
        Some(joined(char::decode_utf16(units).map(known)))
    }
}

/// The characters behind the byte order mark. They are counted first: growing would hold a large text several
/// times.
fn joined(characters: impl Iterator<Item = char> + Clone) -> String {
    let characters = characters.skip_while(|it| *it == '\u{feff}');
    let mut text = String::with_capacity(characters.clone().map(char::len_utf8).sum());
    text.extend(characters);
    text
}

/// By the mark, else by where the zeros of the first two characters stand.
fn wide(data: &[u8]) -> Option<Wide> {
    let latin = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let (size, little) = match *data {
        [0xff, 0xfe, 0, 0, ..] => (4, true),
        [0, 0, 0xfe, 0xff, ..] => (4, false),
        [0xff, 0xfe, ..] => (2, true),
        [0xfe, 0xff, ..] => (2, false),
        [a, 0, 0, 0, b, 0, 0, 0, ..] if latin(a) && latin(b) => (4, true),
        [0, 0, 0, a, 0, 0, 0, b, ..] if latin(a) && latin(b) => (4, false),
        [a, 0, b, 0, ..] if latin(a) && latin(b) => (2, true),
        [0, a, 0, b, ..] if latin(a) && latin(b) => (2, false),
        _ => return None,
    };
    Some(Wide { size, little })
}

/// UTF-8 when it is, Latin-1 otherwise; without the closing zeros.
pub fn latin(data: &[u8]) -> String {
    let end = data.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    let data = data.get(..end).unwrap_or_default();
    if let Ok(text) = std::str::from_utf8(data) {
        return text.to_owned();
    }
    // As much as it takes and no more: growing would hold a large block three times.
    let wide = data.iter().filter(|byte| !byte.is_ascii()).count();
    let mut text = String::with_capacity(data.len() + wide);
    text.extend(data.iter().map(|byte| char::from(*byte)));
    text
}

/// UTF-16 without the closing zeros.
pub fn utf16(data: &[u8], little: bool) -> String {
    let units = data.chunks_exact(2).map(|pair| match pair {
        [a, b] if little => u16::from_le_bytes([*a, *b]),
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0,
    });
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.trim_end_matches('\0').trim_start_matches('\u{feff}').to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A text in each of the forms: 2 or 4 bytes, either end first.
    pub fn forms(text: &str) -> [Vec<u8>; 4] {
        let wide = text.encode_utf16();
        [
            wide.clone().flat_map(u16::to_le_bytes).collect(),
            wide.flat_map(u16::to_be_bytes).collect(),
            text.chars().flat_map(|it| u32::from(it).to_le_bytes()).collect(),
            text.chars().flat_map(|it| u32::from(it).to_be_bytes()).collect(),
        ]
    }

    #[test]
    fn each_form_is_read_with_a_mark_and_without() {
        for marked in ["\u{feff}<a>\u{72d0}", "<a>\u{72d0}"] {
            for data in forms(marked) {
                assert_eq!(wide_text(&data).as_deref(), Some("<a>\u{72d0}"));
            }
        }
        assert_eq!(wide_text(b"<\0a\0>").as_deref(), Some("<a"));
        for data in
            [b"".as_slice(), b"a", b"<a>", b"\0\0\0\x18ftyp", b"\x01\0\x02\0", b"\xef\xbb\xbf<a>"]
        {
            assert_eq!(wide_text(data), None);
        }
    }
}
