//! Principals: the names by which people sign, and the patterns that name several of them.
//!
//! As OpenSSH reads them (`match_pattern_list` of its `match.c`), byte for byte, so that a list of
//! signers means here what it means to `ssh-keygen`: `*` is any run of bytes, `?` any one byte,
//! patterns stand between commas, and `!` before one leaves out what it fits.

/// The longest pattern OpenSSH reads.
pub const MAX_PATTERN: usize = 1023;

/// Whether a name fits a list of patterns and none that leaves it out.
pub fn fits_list(name: &str, patterns: &str) -> bool {
    let mut fits_one = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if fits(name, pattern) => return false,
            None if fits(name, pattern) => fits_one = true,
            _ => {}
        }
    }
    fits_one
}

/// Whether a name fits one pattern. Takes no longer than their lengths multiplied.
fn fits(name: &str, pattern: &str) -> bool {
    let (name, pattern) = (name.as_bytes(), pattern.as_bytes());
    let (mut at, mut next) = (0, 0);
    // After the newest star: what to try next, one byte of the name further each time.
    let mut star = None;
    while at < name.len() {
        match pattern.get(next) {
            Some(b'*') => {
                star = Some((next + 1, at));
                next += 1;
            }
            Some(one) if *one == b'?' || *one == name[at] => {
                next += 1;
                at += 1;
            }
            _ => {
                let Some((behind, from)) = star else { return false };
                star = Some((behind, from + 1));
                next = behind;
                at = from + 1;
            }
        }
    }
    pattern[next..].iter().all(|one| *one == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_openssh() {
        let list = "dana@studio.example,*@legal.example,k?m,!mallory@*,Dana Reyes";
        for name in ["dana@studio.example", "lee@legal.example", "kim", "Dana Reyes"] {
            assert!(fits_list(name, list), "{name}");
        }
        for name in ["mallory@legal.example", "dana", "km", "", "dana@studio.example "] {
            assert!(!fits_list(name, list), "{name}");
        }
        // Brackets and braces are no patterns, and a question mark is a byte, not a letter.
        assert!(!fits_list("a", "[a-c]") && fits_list("[a-c]", "[a-c]"));
        assert!(!fits_list("é", "?") && fits_list("é", "??"));
        assert!(fits_list("a,b", "a*") && !fits_list("a,b", "a,b"));
        assert!(fits_list("anything", "*") && !fits_list("anything", "!nobody"));
        assert!(fits_list("abcabd", "*ab?") && !fits_list("abcabd", "*abc"));
    }
}
