//! Words of a command that somebody is told to type: names are what other people wrote, and one must not end
//! the command and begin another.

use std::fmt::Write;

/// A text as a shell takes it for one word.
pub fn shell_word(text: &str) -> String {
    let plain = |one: char| one.is_alphanumeric() || "._-+:/@".contains(one);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A path as a shell takes it for one word, whatever its bytes are: those that nobody could see or type, by
/// number, as bash and zsh read them.
pub fn shell_path(path: &[u8]) -> String {
    let seen = |one: char| one.is_alphanumeric() || one == ' ' || one.is_ascii_punctuation();
    if let Some(text) = std::str::from_utf8(path).ok().filter(|text| text.chars().all(seen)) {
        return shell_word(text);
    }
    let mut word = String::from("$'");
    for &byte in path {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(byte)]),
            b' '..=b'~' => word.push(char::from(byte)),
            _ => drop(write!(word, "\\x{byte:02x}")),
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word_and_the_same_whatever_its_bytes_are() {
        assert_eq!(shell_path(b"/mnt/EP101"), "/mnt/EP101");
        assert_eq!(shell_path("/mnt/Épisode 1".as_bytes()), "'/mnt/Épisode 1'");
        for path in [&b"/mnt/d\xff"[..], b"a\nb'c\\d", b"\x1b[2J$(x)", b"-f", b"\xe2\x80\xaeb1"] {
            let printf = format!("printf %s {}", shell_path(path));
            let said = std::process::Command::new("bash").args(["-c", &printf]).output();
            let Ok(said) = said else { return };
            assert_eq!(said.stdout, path, "{printf}");
            assert!(printf.chars().all(|one| !one.is_control()));
        }
    }

    #[test]
    fn a_name_stays_one_word_whatever_is_in_it() {
        for plain in ["EP101", "D-1", "dana@studio.example", "Épisode", "reel1/a.png"] {
            assert_eq!(shell_word(plain), plain);
        }
        assert_eq!(shell_word("Episode 1; rm -rf x"), "'Episode 1; rm -rf x'");
        assert_eq!(shell_word("it's $(x)"), r"'it'\''s $(x)'");
        assert_eq!(shell_word("-f"), "'-f'");
        assert_eq!(shell_word(""), "''");
    }
}
