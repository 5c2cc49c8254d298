//! Turns the bytes of a list into text. Most lists are UTF-8; tools of the first MHL years wrote
//! the encoding of the machine they ran on, and said so in the XML declaration.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes. A list in another encoding than UTF-8 is decoded into a second buffer, so it is kept
/// small; those tools wrote small lists.
const RECODED_MAX: usize = 16 << 20;
/// Bytes in which the XML declaration must stand.
const DECLARATION_MAX: usize = 256;

/// The text, without a byte order mark. The error says why it is none.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let (encoding, mark) = match Encoding::for_bom(&bytes) {
        Some((encoding, mark)) => (encoding, mark),
        None => (without_mark(&bytes)?, 0),
    };
    if encoding == UTF_8 {
        let mut text = String::from_utf8(bytes).map_err(|error| {
            format!("is not UTF-8 at byte {}", error.utf8_error().valid_up_to())
        })?;
        text.drain(..mark);
        return Ok(text);
    }
    if bytes.len() > RECODED_MAX {
        return Err(format!("is in {} and larger than {RECODED_MAX} bytes", encoding.name()));
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    text.map(std::borrow::Cow::into_owned).ok_or_else(|| format!("is not {}", encoding.name()))
}

/// The encoding of a document without a byte order mark (XML 1.0, appendix F).
fn without_mark(bytes: &[u8]) -> Result<&'static Encoding, String> {
    match bytes {
        [b'<', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let start = &bytes[..bytes.len().min(DECLARATION_MAX)];
    let start = String::from_utf8_lossy(start);
    let Some(declaration) = start.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"))
    else {
        return Ok(UTF_8);
    };
    let Some((_, rest)) = declaration.0.split_once("encoding") else { return Ok(UTF_8) };
    let rest = rest.trim_start().trim_start_matches('=').trim_start();
    let label = rest.get(1..).and_then(|rest| rest.split(['"', '\'']).next()).unwrap_or_default();
    match Encoding::for_label(label.as_bytes()) {
        // The document was readable as bytes up to here, so it is not UTF-16 whatever it says.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => Err(format!("is in the unknown encoding {label:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(label: &str, body: &[u8]) -> Result<String, String> {
        let mut bytes = format!("<?xml version='1.0' encoding='{label}'?>").into_bytes();
        bytes.extend_from_slice(body);
        decode(bytes).map(|text| text.split_once("?>").unwrap().1.to_owned())
    }

    #[test]
    fn each_declared_encoding_is_read() {
        assert_eq!(said("UTF-8", "é".as_bytes()).unwrap(), "é");
        assert_eq!(said("ISO-8859-15", b"\xe9").unwrap(), "é");
        assert_eq!(said("windows-1251", b"\xf0").unwrap(), "р");
        assert_eq!(said("EUC-JP", b"\xc6\xfc").unwrap(), "日");
        assert_eq!(said("EUC-KR", b"\xc7\xd1").unwrap(), "한");
    }

    #[test]
    fn byte_order_marks_are_followed_and_taken_off() {
        assert_eq!(decode(b"\xef\xbb\xbf<a/>".to_vec()).unwrap(), "<a/>");
        assert_eq!(decode(b"\xff\xfe<\0a\0/\0>\0".to_vec()).unwrap(), "<a/>");
        assert_eq!(decode(b"\0<\0a\0/\0>".to_vec()).unwrap(), "<a/>");
    }

    #[test]
    fn what_is_not_the_encoding_it_says_is_refused() {
        assert!(said("UTF-8", b"\xff").unwrap_err().contains("not UTF-8 at byte"));
        assert!(said("EUC-JP", b"\xff\xff").is_err());
        assert!(said("klingon", b"").unwrap_err().contains("unknown encoding"));
    }
}
