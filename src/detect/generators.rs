//! The table of known generators, read once from `generators.toml`. Data, not code: detection of a
//! new generator is a few lines there. Used by marks.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    signed: Vec<Signed>,
    #[serde(default)]
    signer: Vec<Signer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    names: Vec<String>,
    tool: String,
    #[serde(default = "yes")]
    whole: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signer {
    names: Vec<String>,
    tool: String,
}

fn yes() -> bool {
    true
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // The file is part of the program; a test keeps it readable.
    toml::from_str(include_str!("generators.toml")).unwrap_or_default()
});

/// A generator known by a signed name.
pub struct Agent {
    /// The tool or service, for people.
    pub tool: String,
    /// Whether all it signs was generated as a whole.
    pub whole: bool,
}

/// The generator of this name of a software agent or claim generator.
pub fn signed_agent(text: &str) -> Option<Agent> {
    let known =
        TABLE.signed.iter().find(|entry| entry.names.iter().any(|name| named(text, name)))?;
    Some(Agent { tool: known.tool.clone(), whole: known.whole })
}

/// The generator whose organisation signs as this.
pub fn signer(issuer: &str) -> Option<String> {
    TABLE
        .signer
        .iter()
        .find(|entry| entry.names.iter().any(|name| name.eq_ignore_ascii_case(issuer.trim())))
        .map(|entry| entry.tool.clone())
}

/// The whole name, or the name and then a version.
fn named(text: &str, name: &str) -> bool {
    let text = text.trim();
    let Some(start) = text.get(..name.len()) else {
        return false;
    };
    let Some(rest) = text.get(name.len()..) else {
        return false;
    };
    let mut after = rest.chars();
    start.eq_ignore_ascii_case(name)
        && match after.next() {
            None | Some('/') => true,
            Some(' ' | '_' | '-') => {
                after.next().is_some_and(|next| next.is_ascii_digit() || next == 'v')
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let table: Table = toml::from_str(include_str!("generators.toml")).unwrap();
        assert!(table.signed.len() > 5 && table.signer.len() > 3);
    }

    #[test]
    fn names_are_compared_whole() {
        assert!(signed_agent("Microsoft_Responsible_AI/1.0").is_some());
        assert!(signed_agent("adobe firefly").is_some_and(|agent| !agent.whole));
        assert!(signed_agent("gpt-image 2.0").is_some());
        assert!(signed_agent("Sora Tanaka Editor").is_none());
        assert!(signed_agent("Imagenius").is_none());
        assert!(signer("OpenAI").is_some());
        assert!(signer("OpenAI Watchers e.V.").is_none());
    }
}
