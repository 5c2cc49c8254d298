//! A line for the end card: what it says follows from what is there, and nothing is said where
//! nothing is.

use std::collections::BTreeSet;

use crate::model::is_same_name;
use crate::report::{Contribution, ElementView};

/// Tools that are named; a card has no room for more.
const MOST_TOOLS: usize = 6;

/// The line, where anything calls for one. What nobody decided, what is said not to be AI and what is
/// only in disabled clips calls for none.
pub(super) fn line(elements: &[ElementView]) -> Option<String> {
    let counts = |one: &&ElementView| {
        let temporary = |one: &std::sync::Arc<crate::report::DisclosedDeclaration>| {
            one.declaration.declaration.is_final == Some(false)
        };
        let is_part = match one.contribution {
            Contribution::Generated | Contribution::PartGenerated => true,
            Contribution::Declared => !one.declarations.iter().all(temporary),
            Contribution::Suspect | Contribution::Contested => false,
        };
        is_part && one.is_enabled()
    };
    let all: Vec<_> = elements.iter().filter(counts).collect();
    let media: BTreeSet<_> = all.iter().map(|one| medium(one)).collect();
    if media.is_empty() {
        return None;
    }
    let verbs: BTreeSet<_> = all.iter().map(|one| verb(one)).collect();
    let words = |all: BTreeSet<(u8, &'static str)>, and: &str| {
        let words: Vec<_> = all.into_iter().map(|(_, word)| word).collect();
        match &*words {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
        }
    };
    let plural = media.len() > 1 || media.iter().any(|(_, word)| *word == "images");
    let were = if plural { "were" } else { "was" };
    let (media, verbs) = (words(media, "and"), words(verbs, "or"));
    let mut tools: Vec<String> = Vec::new();
    for name in all.iter().flat_map(|one| &one.tools).map(|said| plain(&said.text)) {
        if !tools.iter().any(|known| is_same_name(known, &name)) {
            tools.push(name);
        }
    }
    tools.sort();
    let more = if tools.len() > MOST_TOOLS { " and others" } else { "" };
    tools.truncate(MOST_TOOLS);
    let named =
        if tools.is_empty() { String::new() } else { format!(" ({}{more})", tools.join(", ")) };
    Some(format!("Some {media} in this programme {were} {verbs} with generative AI{named}."))
}

/// What it is to an audience.
fn medium(one: &ElementView) -> (u8, &'static str) {
    match one.media_type.split('/').next() {
        Some("image" | "video") => (0, "images"),
        Some("audio") => (1, "sound"),
        Some("text") => (2, "text"),
        _ => (3, "material"),
    }
}

/// What was done with it: where only repair of what was recorded is declared, it was enhanced.
fn verb(one: &ElementView) -> (u8, &'static str) {
    let only_repair = !one.declarations.is_empty()
        && one.declarations.iter().all(|one| {
            let made = &one.declaration.declaration.elements;
            !made.is_empty() && made.iter().all(|kind| kind == "clean-up")
        });
    match one.contribution {
        Contribution::PartGenerated if only_repair => (2, "enhanced"),
        Contribution::PartGenerated => (1, "altered"),
        _ => (0, "created"),
    }
}

/// The name without what a detector adds in brackets: `Stable Diffusion WebUI`.
fn plain(tool: &str) -> String {
    let name =
        tool.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).map_or(tool, |it| it.0);
    name.trim().to_owned()
}
