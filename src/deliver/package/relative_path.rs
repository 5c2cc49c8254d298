//! Paths as packages write them, made safe or refused. A package is other people's data: no path
//! of it may lead out of its folder, whatever the spelling.

use std::fmt::Write;

/// Bytes of a path.
const PATH_MAX: usize = 4_096;
/// Parts of a path.
const PARTS_MAX: usize = 64;

/// The path relative to the package's folder, `/` between its parts, without `.` and empty parts.
/// `Err` says why it is none.
pub(crate) fn relative(as_written: &str) -> Result<Vec<u8>, &'static str> {
    if as_written.len() > PATH_MAX {
        return Err("is too long");
    }
    if as_written.contains('\0') {
        return Err("holds a zero byte");
    }
    if as_written.contains('\\') {
        return Err("holds a back slash");
    }
    if as_written.starts_with('/') {
        return Err("is absolute");
    }
    let scheme = as_written.split('/').next().unwrap_or_default();
    let drive = matches!(scheme.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if drive || as_written.contains("://") || scheme.to_ascii_lowercase().starts_with("file:") {
        return Err("is absolute");
    }
    let parts = as_written.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = parts.collect();
    if parts.len() > PARTS_MAX {
        return Err("has too many parts");
    }
    if parts.contains(&"..") {
        return Err("climbs out of its folder");
    }
    if parts.is_empty() {
        return Err("is empty");
    }
    Ok(parts.join("/").into_bytes())
}

/// A path with its percent-encoding taken off once (RFC 3986, 2.1); `None` when there is none, when
/// it is not well-formed or when it is not UTF-8.
pub(super) fn percent_decoded(as_written: &str) -> Option<String> {
    if !as_written.contains('%') {
        return None;
    }
    let mut out = Vec::with_capacity(as_written.len());
    let mut bytes = as_written.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        out.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(out).ok()
}

/// A path below another; the empty one is the package's folder itself.
pub(crate) fn join(folder: &[u8], path: &[u8]) -> Vec<u8> {
    match (folder, path) {
        ([], path) => path.to_vec(),
        (folder, []) => folder.to_vec(),
        (folder, path) => [folder, b"/", path].concat(),
    }
}

/// The rest of a path below a folder; `None` when it is not below it.
pub(crate) fn below<'a>(folder: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix(b"/")
}

/// The folder of a path (empty for the package's own) and its name.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}

/// A path as people are shown it: what is not printable is escaped.
pub(crate) fn shown(path: &[u8]) -> String {
    path.utf8_chunks().fold(String::new(), |mut out, chunk| {
        let escaped = chunk.valid().chars().flat_map(|character| match character {
            '\'' => vec!['\''],
            other => other.escape_debug().collect(),
        });
        out.extend(escaped);
        for byte in chunk.invalid() {
            // Writing to a String does not fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_are_kept() {
        for (written, expected) in
            [("a.mxf", "a.mxf"), ("./a//b/", "a/b"), ("a b/…/.c", "a b/…/.c"), ("a..b/c", "a..b/c")]
        {
            assert_eq!(relative(written).unwrap(), expected.as_bytes(), "{written}");
        }
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for written in [
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/..",
            "C:/x",
            "c:x",
            "file:///etc/passwd",
            "file:x",
            "http://x/y",
            "a\\..\\b",
            "\\\\server\\share",
            "a\0b",
            "",
            ".",
            "/",
        ] {
            assert!(relative(written).is_err(), "{written:?}");
        }
        assert!(relative(&"a/".repeat(100)).is_err());
        assert!(relative(&"a".repeat(5_000)).is_err());
    }

    #[test]
    fn percent_encoding_is_taken_off_once() {
        assert_eq!(percent_decoded("a%20b%2Fc").as_deref(), Some("a b/c"));
        assert_eq!(percent_decoded("%252e%252e/x").as_deref(), Some("%2e%2e/x"));
        for none in ["plain", "100%", "%zz", "%f", "%ff"] {
            assert_eq!(percent_decoded(none), None, "{none}");
        }
        assert!(relative(&percent_decoded("%2e%2e/%2e%2e/x").unwrap()).is_err());
        assert!(relative(&percent_decoded("a%00").unwrap()).is_err());
    }

    #[test]
    fn hostile_names_are_shown_escaped() {
        assert_eq!(shown(b"a\x1b[31m\n\xffb"), "a\\u{1b}[31m\\n\\xffb");
        assert_eq!(shown("Straße's".as_bytes()), "Straße's");
    }
}
