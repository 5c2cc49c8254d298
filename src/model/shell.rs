//! Words of a command that somebody is told to type: names are what other people wrote, and one must not end
//! the command and begin another.

/// A text as a shell takes it for one word.
pub fn shell_word(text: &str) -> String {
    let plain = |one: char| one.is_alphanumeric() || "._-+:/@".contains(one);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
