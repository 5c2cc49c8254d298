//! The labels of the corpus: what each file is expected to come out as.

use std::fs;
use std::path::Path;

/// A row of `labels.csv`.
pub struct Label {
    /// Below the corpus.
    pub path: String,
    /// Which collection.
    pub kind: String,
    /// `ai-whole`, `ai-part`, `not-ai` or `unknown`.
    pub expected: String,
    /// What the label rests on.
    pub evidence: String,
}

impl Label {
    /// Whether the file declares AI, whether it must not be called so, or neither.
    pub fn ai(&self) -> Option<bool> {
        match self.expected.as_str() {
            "ai-whole" | "ai-part" => Some(true),
            "not-ai" => Some(false),
            _ => None,
        }
    }
}

/// All rows; none when there is no corpus.
pub fn read(corpus: &Path) -> Option<Vec<Label>> {
    let text = fs::read_to_string(corpus.join("labels.csv")).ok()?;
    let rows = text.lines().skip(1).filter_map(|line| {
        let mut fields = split(line).into_iter();
        let path = fields.next()?;
        let kind = fields.next()?;
        let expected = fields.nth(1)?;
        Some(Label { path, kind, expected, evidence: fields.next()? })
    });
    Some(rows.collect())
}

/// Splits a line of RFC 4180.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => {
                if let Some(field) = fields.last_mut() {
                    field.push(other);
                }
            }
        }
    }
    fields
}
