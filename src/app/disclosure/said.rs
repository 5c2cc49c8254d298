//! Tools, models and prompts that are named for an element, each with who names it: its own marks, those of
//! what it was made from, and people.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::{AppError, prompts as read};
use crate::ledger::Reader;
use crate::model::{Declaration, Evidence};
use crate::report::{DisclosedDeclaration, SaidView};

/// A content that says something of an element: that itself, or one that it was made from.
pub(super) struct Speaker {
    /// Where that lies; none for the element itself.
    pub of: Option<String>,
    /// Its marks.
    pub evidence: Vec<Evidence>,
    /// The tool that somebody determined, and who did.
    pub determined: Option<(String, String)>,
}

impl Speaker {
    fn from(&self, place: &str) -> String {
        self.of.as_ref().map_or_else(|| place.to_owned(), |of| format!("{of}: {place}"))
    }

    fn mark(&self, mark: &Evidence) -> String {
        self.from(&format!("mark in {}", mark.place))
    }
}

/// Texts with where each is from; the same text is said once, with who said it first.
#[derive(Default)]
struct Said {
    all: Vec<SaidView>,
    /// Where each text stands: a content may be made from thousands with a prompt of their own.
    places: HashMap<String, usize>,
}

impl Said {
    fn add(&mut self, text: Option<&str>, from: &str) {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return };
        match self.places.get(text).map(|at| &mut self.all[*at]) {
            None => {
                self.places.insert(text.to_owned(), self.all.len());
                self.all.push(SaidView { text: text.to_owned(), from: from.to_owned() });
            }
            Some(one)
                if one.from.len() < 200 && !one.from.split("; ").any(|known| known == from) =>
            {
                one.from.push_str("; ");
                one.from.push_str(from);
            }
            Some(_) => {}
        }
    }
}

pub(super) fn tools(all: &[Speaker], declared: &[Arc<DisclosedDeclaration>]) -> Vec<SaidView> {
    let mut said = Said::default();
    for speaker in all {
        for one in &speaker.evidence {
            said.add(one.tool.as_deref(), &speaker.mark(one));
        }
        if let Some((tool, by)) = &speaker.determined {
            said.add(Some(tool), &speaker.from(&format!("determination by {by}")));
        }
    }
    for one in declared {
        for (tool, version) in one.declaration.declaration.tools() {
            said.add(Some(&named(tool, version)), &source(one));
        }
    }
    said.all
}

pub(super) fn models(all: &[Speaker], declared: &[Arc<DisclosedDeclaration>]) -> Vec<SaidView> {
    let mut said = Said::default();
    for speaker in all {
        for one in &speaker.evidence {
            said.add(one.model.as_deref(), &speaker.mark(one));
        }
    }
    for one in declared {
        let Declaration { model, model_version, pipeline, .. } = &one.declaration.declaration;
        let from = source(one);
        if let Some(model) = model {
            said.add(Some(&named(model, model_version.as_deref())), &from);
        }
        for step in pipeline {
            said.add(step.model.as_deref(), &from);
        }
    }
    said.all
}

pub(super) fn prompts(
    reader: &Reader,
    all: &[Speaker],
    declared: &[Arc<DisclosedDeclaration>],
) -> Result<Vec<SaidView>, AppError> {
    let mut said = Said::default();
    for speaker in all {
        for one in &speaker.evidence {
            let Some(start) = &one.detail else { continue };
            let whole = one.value.map(|hash| reader.value(&hash)).transpose()?;
            let prompt = read::of(whole.as_deref().unwrap_or(start));
            said.add(prompt.as_deref().map(read::cut).as_deref(), &speaker.mark(one));
        }
    }
    for one in declared {
        for prompt in &one.declaration.declaration.prompts {
            said.add(Some(&read::cut(prompt)), &source(one));
        }
    }
    Ok(said.all)
}

fn named(name: &str, version: Option<&str>) -> String {
    version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}"))
}

fn source(one: &DisclosedDeclaration) -> String {
    format!("{} version {}", one.declaration.id, one.declaration.version)
}
