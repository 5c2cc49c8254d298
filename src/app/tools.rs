//! `tool`: the register of generative tools, with their terms as they were.

use std::path::PathBuf;

use crate::app::decide::{decide, decisions};
use crate::app::documents::store;
use crate::app::{AppError, Context, Project};
use crate::model::{Event, Timestamp, Tool};
use crate::record::Entry;
use crate::report::ToolView;

/// Registers a tool, or what is known of it now. What is left out stays as it was registered for the
/// same name and version.
pub fn add_tool(
    project: &Project,
    context: &Context<'_>,
    tool: &Tool,
    terms: Option<&PathBuf>,
) -> Result<ToolView, AppError> {
    if tool.name.trim().is_empty() || tool.name.chars().any(char::is_control) {
        return Err(AppError::usage(
            "a tool needs a name",
            "as declarations call it, e.g. ComfyUI",
        ));
    }
    if let Some(day) = &tool.terms_date {
        let wrong = match Timestamp::has_begun(day, context.now()) {
            Ok(true) => None,
            Ok(false) => Some(format!("{day:?} is yet to come")),
            Err(_) => Some(format!("{day:?} is no day")),
        };
        if let Some(wrong) = wrong {
            let hint = "--terms-date takes the day the terms were read, e.g. 2026-11-30";
            return Err(AppError::usage(wrong, hint));
        }
    }
    let terms = terms.map(|file| store(project, context, file)).transpose()?;
    decide(project, context, |record| {
        let same = |entry: &&Entry<Tool>| entry.fact.is_same_as(tool);
        let before = record.declarations.registrations().iter().rfind(same);
        let mut entry = before.map_or_else(Tool::default, |entry| entry.fact.clone());
        let new = Tool { terms: terms.clone(), ..tool.clone() };
        entry.name.clone_from(&new.name);
        entry.version.clone_from(&new.version);
        keep(&mut entry.vendor, new.vendor);
        keep(&mut entry.licence_tier, new.licence_tier);
        keep(&mut entry.enterprise, new.enterprise);
        keep(&mut entry.stores, new.stores);
        keep(&mut entry.reuses, new.reuses);
        keep(&mut entry.trains_on_inputs, new.trains_on_inputs);
        keep(&mut entry.trains_on_outputs, new.trains_on_outputs);
        if new.terms.is_some() {
            // Other terms were read on another day.
            entry.terms_date = None;
        }
        keep(&mut entry.terms, new.terms);
        keep(&mut entry.terms_date, new.terms_date);
        keep(&mut entry.note, new.note);
        let known = before.is_some_and(|before| before.fact == entry);
        Ok((if known { vec![] } else { vec![Event::ToolRegistered(entry)] }, ()))
    })?;
    // As it is on record: an event has its own time.
    let record = decisions(&project.reader()?)?;
    let made = record.declarations.registrations().iter().rfind(|one| one.fact.is_same_as(tool));
    made.map(view).ok_or_else(|| AppError::Internal("a tool was not registered".to_owned()))
}

fn keep<T>(old: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *old = new;
    }
}

/// Every tool of the register as it stands, by name and version.
pub fn tools(project: &Project) -> Result<Vec<ToolView>, AppError> {
    let record = decisions(&project.reader()?)?;
    Ok(record.declarations.tools().into_iter().map(view).collect())
}

/// Everything ever registered of a tool, the oldest first; the last one of a version stands.
pub fn show_tool(project: &Project, name: &str) -> Result<Vec<ToolView>, AppError> {
    let record = decisions(&project.reader()?)?;
    let all = record.declarations.registrations().iter();
    let found: Vec<_> = all.filter(|entry| entry.fact.is_named(name)).map(view).collect();
    if found.is_empty() {
        let names: Vec<_> =
            record.declarations.tools().iter().map(|one| one.fact.name.clone()).collect();
        let hint = if names.is_empty() {
            "genlock tool add NAME registers one".to_owned()
        } else {
            format!("registered: {}", names.join(", "))
        };
        return Err(AppError::usage(format!("there is no tool {name:?} in the register"), hint));
    }
    Ok(found)
}

fn view(entry: &Entry<Tool>) -> ToolView {
    ToolView::of(&entry.fact, entry.at, &entry.actor)
}
