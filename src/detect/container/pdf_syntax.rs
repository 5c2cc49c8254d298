//! What stands in a dictionary of PDF: entries, names, texts, references to other objects, and the filters
//! of a stream. Pure functions over bytes in memory. Used by `pdf`.

use crate::detect::block::Found;
use crate::detect::inflate::inflate;
use crate::detect::unicode::{latin, utf16};

/// Filters of one stream, one after another.
const FILTERS_MAX: usize = 8;

/// What an entry holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, as written in either form.
    Text(String),
    /// The number of the object that holds it.
    Reference(u64),
}

/// Whether a byte belongs to a name, a number or a keyword.
pub fn regular(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && byte != 0 && !b"()<>[]{}/%".contains(&byte)
}

/// What follows a key of a dictionary. Keys are compared whole.
pub fn entry<'a>(dictionary: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut from = 0;
    loop {
        let rest = dictionary.get(from..)?;
        let hit = rest.windows(key.len()).position(|word| word == key)?;
        let after = rest.get(hit + key.len()..)?;
        if !after.first().copied().is_some_and(regular) {
            return Some(after);
        }
        from += hit + key.len();
    }
}

/// Every name in a dictionary and what follows it, of dictionaries in it too: what is a key, and what a value, who asks
/// knows by what it looks for.
pub fn entries(dictionary: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let starts = dictionary.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    starts.filter_map(|(at, _)| {
        let rest = dictionary.get(at + 1..)?;
        let end = rest.iter().position(|byte| !regular(*byte)).unwrap_or(rest.len());
        rest.split_at_checked(end)
    })
}

/// Whether a key has this name as its value.
pub fn name(dictionary: &[u8], key: &[u8], value: &[u8]) -> bool {
    entry(dictionary, key).is_some_and(|after| is_name(after, value))
}

/// Whether this name stands here. `#6a` in a name stands for a byte.
pub fn is_name(after: &[u8], value: &[u8]) -> bool {
    let [b'/', after @ ..] = after.trim_ascii_start() else {
        return false;
    };
    let end = after.iter().position(|byte| !regular(*byte)).unwrap_or(after.len());
    let mut name = after.get(..end).unwrap_or_default();
    let mut wanted = value.iter();
    while let Some((first, rest)) = name.split_first() {
        let (byte, rest) = match (first, rest) {
            (b'#', [high, low, rest @ ..]) if high.is_ascii_hexdigit() => {
                (hexadecimal(&[*high, *low])[0], rest)
            }
            _ => (*first, rest),
        };
        name = rest;
        if wanted.next() != Some(&byte) {
            return false;
        }
    }
    wanted.next().is_none()
}

/// A number, and what follows it.
pub fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let text = text.trim_ascii_start();
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// A direct length; an indirect one (`12 0 R`) is found by the end of the stream.
pub fn length(after: &[u8]) -> Option<u64> {
    let (length, rest) = number(after)?;
    number(rest).is_none().then_some(length)
}

/// The text or the reference that stands here.
pub fn value(after: &[u8]) -> Option<Value> {
    let after = after.trim_ascii_start();
    if after.first().is_some_and(u8::is_ascii_digit) {
        return reference(after).map(Value::Reference);
    }
    text(after).map(Value::Text)
}

/// The number of the object that is referred to here.
pub fn reference(after: &[u8]) -> Option<u64> {
    let (object, rest) = number(after)?;
    let (_, rest) = number(rest)?;
    rest.trim_ascii_start().starts_with(b"R").then_some(object)
}

/// A text in round brackets, or in hexadecimal digits in angle brackets.
pub fn text(data: &[u8]) -> Option<String> {
    let bytes = match data {
        [b'(', ..] => unescape(data),
        [b'<', b'<', ..] => return None,
        [b'<', digits @ ..] => hexadecimal(digits),
        _ => return None,
    };
    Some(match bytes.as_slice() {
        [0xfe, 0xff, rest @ ..] => utf16(rest, false),
        [0xff, 0xfe, rest @ ..] => utf16(rest, true),
        [0xef, 0xbb, 0xbf, rest @ ..] => latin(rest),
        other => latin(other),
    })
}

fn unescape(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut depth = 0;
    let mut rest = data;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'(' => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            b')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            b'\\' => {
                let (byte, after) = escaped(rest);
                out.extend(byte);
                rest = after;
                continue;
            }
            _ => {}
        }
        out.push(*byte);
    }
    out
}

/// The byte that stands behind a backslash, none for a line that goes on, and what follows it.
fn escaped(data: &[u8]) -> (Option<u8>, &[u8]) {
    let octal = data.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    if let Some((digits, rest)) = data.split_at_checked(octal).filter(|(it, _)| !it.is_empty()) {
        // What does not fit a byte loses its highest bit, as the format says.
        let byte = digits.iter().fold(0u8, |sum, digit| sum << 3 | (digit - b'0'));
        return (Some(byte), rest);
    }
    match data {
        [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => (None, rest),
        [b'n', rest @ ..] => (Some(b'\n'), rest),
        [b'r', rest @ ..] => (Some(b'\r'), rest),
        [b't', rest @ ..] => (Some(b'\t'), rest),
        [b'b', rest @ ..] => (Some(0x08), rest),
        [b'f', rest @ ..] => (Some(0x0c), rest),
        [byte, rest @ ..] => (Some(*byte), rest),
        [] => (None, data),
    }
}

/// Digits up to the closing bracket; white space does not count, and a digit that misses is zero.
fn hexadecimal(data: &[u8]) -> Vec<u8> {
    let digits = data.iter().take_while(|byte| **byte != b'>');
    let digits: Vec<u8> = digits
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect()
}

/// Undoes the filters of a stream.
pub fn unfiltered(dictionary: &[u8], data: Vec<u8>, found: &mut Found) -> Result<Vec<u8>, String> {
    let Some(after) = entry(dictionary, b"/Filter").map(<[u8]>::trim_ascii_start) else {
        return Ok(data);
    };
    let names = match after {
        [b'[', list @ ..] => list.split(|byte| *byte == b']').next().unwrap_or_default(),
        [b'/', name @ ..] => {
            let end = name.iter().position(|byte| !regular(*byte)).unwrap_or(name.len());
            after.get(..=end).unwrap_or_default()
        }
        _ => return Err("has a filter that is not read".to_owned()),
    };
    let names = names.split(|byte| *byte == b'/').map(<[u8]>::trim_ascii);
    let mut data = data;
    for (number, name) in names.filter(|name| !name.is_empty()).enumerate() {
        if number >= FILTERS_MAX {
            return Err("has more filters than are undone".to_owned());
        }
        data = match name {
            b"FlateDecode" | b"Fl" => found.unpack(&data, inflate)?,
            b"ASCIIHexDecode" | b"AHx" => hexadecimal(&data),
            b"ASCII85Decode" | b"A85" => ascii85(&data),
            _ => return Err("has a filter that is not read".to_owned()),
        };
    }
    Ok(data)
}

/// Groups of five digits to the base 85 for four bytes, `z` for four zeros, up to `~`.
fn ascii85(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 5 * 4);
    let mut group = Vec::with_capacity(5);
    for byte in data.iter().take_while(|byte| **byte != b'~') {
        match byte {
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => {}
        }
        if group.len() == 5 {
            out.extend(bytes_of(&group));
            group.clear();
        }
    }
    // A last group of so many digits stands for one byte less.
    if let Some(bytes) = group.len().checked_sub(1) {
        group.resize(5, 84);
        out.extend(bytes_of(&group).iter().take(bytes));
    }
    out
}

fn bytes_of(group: &[u8]) -> [u8; 4] {
    let sum =
        group.iter().fold(0u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(u32::from(*digit)));
    sum.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::inflate::tests::deflate;

    #[test]
    fn a_text_is_the_same_in_every_form() {
        for form in [
            b"({\"a\": \"\\(\"})".as_slice(),
            b"(\\173\"a\": \"(\"\\175 \\)",
            b"(\\173\"a\\42: \\\r\n\"\\50\"})",
            b"<7B 2261 223a20\n2228 227D>",
            b"<feff007b0022006100220 03a0020002200280022007d>",
            b"(\xef\xbb\xbf{\"a\": \"\\(\"})",
        ] {
            let text = text(form).map(|text| text.trim_end_matches([' ', ')']).to_owned());
            assert_eq!(text.as_deref(), Some("{\"a\": \"(\"}"), "{}", form.escape_ascii());
        }
        assert_eq!(value(b" 12 0 R/b"), Some(Value::Reference(12)));
        for none in [b"12".as_slice(), b"<<12>>", b"/Name", b"12 0 obj", b""] {
            assert_eq!(value(none), None);
        }
    }

    #[test]
    fn filters_are_undone_in_their_order() {
        let packed = deflate(b"<x/>");
        let digits = packed.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let hex: String = digits.filter_map(|it| char::from_digit(it.into(), 16)).collect();
        for (filter, data) in [
            ("[ /FlateDecode ]", packed.clone()),
            ("/Fl", packed.clone()),
            ("[/ASCIIHexDecode/FlateDecode]", format!("{hex}>").into_bytes()),
            ("/ASCII85Decode", b"4ErMC~>".to_vec()),
        ] {
            let dictionary = format!("<</Filter {filter}>>");
            let got = unfiltered(dictionary.as_bytes(), data, &mut Found::default());
            assert_eq!(got.as_deref(), Ok(b"<x/>".as_slice()), "{filter}");
        }
        for unread in ["/LZWDecode", "9 0 R", "[/Crypt/FlateDecode]"] {
            let dictionary = format!("<</Filter {unread}>>");
            assert!(unfiltered(dictionary.as_bytes(), Vec::new(), &mut Found::default()).is_err());
        }
    }
}
