//! What a mark holds of the words a tool was told.

/// Bytes of a prompt that a log has; `genlock show` has all of it.
const MOST: usize = 8 << 10;

/// Names of the lines that follow a prompt where our detectors wrote `prompt: …` themselves.
const AFTER: &[&str] = &[
    "negative prompt: ",
    "seed: ",
    "steps: ",
    "as written: ",
    "prompt writer: ",
    "sampler or model: ",
];

/// The prompt in what a mark holds, where it is known which part of it that is.
pub(super) fn of(detail: &str) -> Option<String> {
    let found = if let Some(rest) = detail.strip_prefix("prompt: ") {
        until_line(rest, AFTER)
    } else if detail.lines().any(|line| line.trim_start().starts_with("Steps: ")) {
        until_line(detail, &["Negative prompt: ", "Steps: "])
    } else {
        // As Midjourney describes what it made.
        detail.rsplit_once("Job ID: ").map(|(before, _)| before)?
    };
    let found = found.trim();
    (!found.is_empty()).then(|| cut(found))
}

/// What comes before the first line that begins with one of these.
fn until_line<'a>(text: &'a str, beginnings: &[&str]) -> &'a str {
    let begins = |line: &str| beginnings.iter().any(|one| line.trim_start().starts_with(one));
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        if length > 0 && begins(line) {
            break;
        }
        length += line.len();
    }
    &text[..length]
}

/// At most [`MOST`] bytes, and it says so.
pub(super) fn cut(text: &str) -> String {
    if text.len() <= MOST {
        return text.to_owned();
    }
    format!("{} … (cut: genlock show has all of it)", &text[..text.floor_char_boundary(MOST)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_is_found_in_what_each_kind_of_mark_holds() {
        let parameters = "a harbour, dusk\nin rain\nNegative prompt: text\nSteps: 20, Seed: 5";
        assert_eq!(of(parameters).as_deref(), Some("a harbour, dusk\nin rain"));
        assert_eq!(of("a harbour\nSteps: 20, Seed: 5").as_deref(), Some("a harbour"));
        assert_eq!(of("prompt: a\nb\nseed: 5").as_deref(), Some("a\nb"));
        let job = "a lake --v 6 Job ID: 0000";
        assert_eq!(of(job).as_deref(), Some("a lake --v 6"));
        assert_eq!(of("http://cv.iptc.org/newscodes/x"), None);
        assert_eq!(of("claim generator: X"), None);
        assert_eq!(of(""), None);
        assert!(of(&format!("prompt: {}", "é".repeat(MOST))).unwrap().ends_with("has all of it)"));
    }
}
