//! What a mark holds of the words a tool was told: one reading, for what is offered to be declared and for
//! the disclosure log.

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
    "signed: ",
    "claim generator: ",
    "validation: ",
];

/// The prompt in what a mark holds, all of it, where it is known which part that is.
pub(super) fn of(detail: &str) -> Option<String> {
    let is_settings = |line: &str| line.trim_start().starts_with("Steps: ");
    let found = if let Some(rest) = detail.strip_prefix("prompt: ") {
        until_line(rest, AFTER)
    } else if detail.lines().any(is_settings) {
        until_line(detail, &["Negative prompt: ", "Steps: "])
    } else if let Some((before, _)) = of_one_line(detail) {
        before.split(" Negative prompt: ").next().unwrap_or(before)
    } else if let Some((_, rest)) = detail.split_once("\nprompt: ") {
        until_line(rest, AFTER)
    } else {
        // As Midjourney describes what it made.
        detail.rsplit_once("Job ID: ").map(|(before, _)| before)?
    };
    let found = found.trim();
    (!found.is_empty()).then(|| found.to_owned())
}

/// Parameters whose lines became one, as some programs keep them.
fn of_one_line(detail: &str) -> Option<(&str, &str)> {
    detail.rsplit_once(" Steps: ").filter(|(_, settings)| settings.contains("Sampler: "))
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
        let line = "a harbour, dusk Negative prompt: text Steps: 20, Sampler: Euler, Seed: 5";
        assert_eq!(of(line).as_deref(), Some("a harbour, dusk"));
        // As an action of C2PA has it among what else it says.
        let action = "when: 2026-01-01\nprompt: a lake\nat night\nsigned: 2026-01-02";
        assert_eq!(of(action).as_deref(), Some("a lake\nat night"));
        let long = "é".repeat(MOST);
        assert_eq!(of(&format!("prompt: {long}")), Some(long.clone()));
        assert!(cut(&long).ends_with("has all of it)"));
    }
}
