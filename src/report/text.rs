//! Text for people at a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Text from a file, made safe for a terminal: control characters, escape sequences and invisible
/// direction marks show as `\xNN` or `\u{NNNN}` and do nothing.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        let code = u32::from(c);
        if !is_unsafe(c) {
            out.push(c);
        } else if code < 0x100 {
            let _ = write!(out, "\\x{code:02x}");
        } else {
            let _ = write!(out, "\\u{{{code:x}}}");
        }
    }
    Cow::Owned(out)
}

/// Control characters, and those that reorder or hide text (Unicode UAX #9, "Trojan source").
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// One line of at most `limit` characters, safe for a terminal.
pub fn plain(text: &str, limit: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = clean(&line);
    if line.chars().count() <= limit {
        return line.into_owned();
    }
    let cut: String = line.chars().take(limit.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// Bytes as people read them: `812 B`, `3.4 MB`, `1.2 TB` (powers of 1000).
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    // Integers throughout: tenths of the unit, rounded down.
    let mut tenths = u128::from(count) * 10;
    let mut unit = 0;
    while tenths >= 10_000 && unit < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit - 1])
}

/// `1 file`, `3 files`, `3 entries`.
pub fn count(number: u64, one: &str) -> String {
    match one.strip_suffix('y') {
        _ if number == 1 => format!("1 {one}"),
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {one}s"),
    }
}

/// A time as JSON gives it, `2026-05-04T10:12:00.000000000Z`, to the second and without its zone.
pub fn to_the_second(at: &str) -> &str {
    &at[..at.len().min(19)]
}

/// Milliseconds as people read them.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_cannot_write_to_the_terminal() {
        assert_eq!(clean("a\x1b[2Jb\nc"), "a\\x1b[2Jb\\x0ac");
        assert_eq!(clean("exe\u{202e}gpj.png"), "exe\\u{202e}gpj.png");
        assert_eq!(clean("a\u{61c}b.png"), "a\\u{61c}b.png");
        assert_eq!(clean("Zürich – 東京.png"), "Zürich – 東京.png");
    }

    #[test]
    fn one_is_one_and_more_are_more() {
        let cases = [(1, "file", "1 file"), (0, "file", "0 files"), (2, "entry", "2 entries")];
        for (number, one, text) in cases {
            assert_eq!(count(number, one), text);
        }
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_960_000, "1.9 MB"),
            (4_000_000_000_000, "4.0 TB"),
        ];
        for (size, text) in cases {
            assert_eq!(bytes(size), text);
        }
        assert_eq!(bytes(u64::MAX), "18.4 EB");
    }
}
