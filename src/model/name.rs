//! Names as people type them: of people, tools and productions. Two are the same in whatever case of letters,
//! and in whichever of Unicode's forms a keyboard or a file system made of them.
//!
//! Signing principals and patterns of them are another thing, compared byte for byte (`principal`).

use unicode_normalization::UnicodeNormalization;

/// A name as it is compared: in small letters and composed, without blanks around it.
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase().nfc().collect()
}

/// Whether two names are one.
pub fn is_same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_any_case_and_in_either_form_of_unicode() {
        let same = [
            ("Dana Reyes", " dana reyes "),
            ("Jos\u{e9} \u{d1}and\u{fa}", "JOSE\u{301} N\u{303}ANDU\u{301}"),
            ("\u{41a}\u{430}\u{43d}", "\u{43a}\u{430}\u{43d}"),
            ("\u{401}\u{43b}\u{43a}\u{430}", "\u{435}\u{308}\u{43b}\u{43a}\u{430}"),
            // What has no capital in one piece.
            ("J\u{30c}", "\u{1f0}"),
        ];
        for (one, other) in same {
            assert!(is_same_name(one, other), "{one} {other}");
        }
        for (one, other) in [("Jose", "Jos\u{e9}"), ("Dana", "Dan"), ("", "x")] {
            assert!(!is_same_name(one, other), "{one} {other}");
        }
    }
}
