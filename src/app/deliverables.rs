//! Deliverables: defining them, and what is known of their state.

use crate::app::contents::{Contents, path_pattern};
use crate::app::decide::{decide, fold};
use crate::app::{AppError, Context, Project};
use crate::ledger::Reader;
use crate::model::{
    DeliverableDefined, DeliverableNote, Event, FinalItem, Outcome, PathPattern, Timestamp,
};
use crate::record::{Deliverable, PathFilter, Record};

/// Where a deliverable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliverableState {
    /// Not marked final.
    Open,
    /// Final, and what it holds is what was finalised.
    Final,
    /// Final, and what it holds has changed since: reopen it before anything is exported.
    FinalChanged,
}

impl DeliverableState {
    /// As it is written in JSON and in text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Final => "final",
            Self::FinalChanged => "final-changed",
        }
    }
}

/// A deliverable as it is shown.
#[derive(Clone, Debug)]
pub struct DeliverableView {
    /// Its name.
    pub name: String,
    /// Where it stands, by what was last observed.
    pub state: DeliverableState,
    /// Its globs.
    pub paths: Vec<String>,
    /// What it holds, by what was last observed.
    pub contents: Vec<FinalItem>,
    /// The newest gate run: its answer and time.
    pub gate: Option<(Outcome, Timestamp)>,
}

/// Defines a deliverable, or adds to one that is open.
pub fn add_deliverable(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    paths: &[String],
) -> Result<(), AppError> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(AppError::usage("a deliverable needs a name", "e.g. EP101"));
    }
    if paths.is_empty() {
        return Err(AppError::usage(
            "a deliverable needs to know what it is made of",
            format!("genlock deliverable add {name} --path 'reel1/**'"),
        ));
    }
    let paths: Vec<_> =
        paths.iter().map(|text| path_pattern(project, context, text)).collect::<Result<_, _>>()?;
    decide(project, context, |record| {
        let known = record.deliverables.get(name);
        if known.is_some_and(|known| known.finalized.is_some()) {
            return Err(AppError::usage(
                format!("{name} is final, and what it is made of is part of that"),
                format!("genlock reopen {name} --note WHY"),
            ));
        }
        let new = |path: &&PathPattern| known.is_none_or(|known| !known.paths.contains(path));
        let paths: Vec<_> = paths.iter().filter(new).cloned().collect();
        let defined = DeliverableDefined { name: name.to_owned(), paths };
        let events = if defined.paths.is_empty() {
            vec![]
        } else {
            vec![Event::DeliverableDefined(defined)]
        };
        Ok((events, ()))
    })
}

/// Removes a deliverable. Its past verdicts stay in the journal.
pub fn remove_deliverable(
    project: &Project,
    context: &Context<'_>,
    name: &str,
) -> Result<(), AppError> {
    decide(project, context, |record| {
        if known(record, name)?.finalized.is_some() {
            return Err(AppError::usage(
                format!("{name} is final"),
                format!("genlock reopen {name} --note WHY, then remove it"),
            ));
        }
        let removed = DeliverableNote { name: name.to_owned(), note: None };
        Ok((vec![Event::DeliverableRemoved(removed)], ()))
    })
}

/// Every deliverable, by name.
pub fn deliverables(project: &Project) -> Result<Vec<DeliverableView>, AppError> {
    let reader = project.reader()?;
    let names: Vec<_> = fold(&reader, None)?.deliverables.into_keys().collect();
    views(&reader, &names)
}

/// One deliverable.
pub fn show_deliverable(project: &Project, name: &str) -> Result<DeliverableView, AppError> {
    let mut views = views(&project.reader()?, &[name.to_owned()])?;
    views.pop().ok_or_else(|| AppError::Internal("a deliverable without a view".to_owned()))
}

/// Reads the journal once, however many deliverables there are.
fn views(reader: &Reader, names: &[String]) -> Result<Vec<DeliverableView>, AppError> {
    let decided = fold(reader, None)?;
    let mut all = Vec::new();
    for name in names {
        let deliverable = known(&decided, name)?;
        let gate = deliverable.gate.as_ref();
        let linked = gate.map(|run| run.fact.linked.as_slice()).unwrap_or_default();
        all.push(Contents::new(&deliverable.paths)?.with_links(linked));
    }
    let scope: PathFilter<'_> = &|root, path| all.iter().any(|one| one.contains(root, path));
    let record = if all.is_empty() { decided } else { fold(reader, Some(scope))? };
    names
        .iter()
        .zip(&all)
        .map(|(name, contents)| Ok(view(name, known(&record, name)?, contents, &record)))
        .collect()
}

fn view(
    name: &str,
    deliverable: &Deliverable,
    named: &Contents,
    record: &Record,
) -> DeliverableView {
    let contents: Vec<_> = record
        .present()
        .iter()
        .filter(|(path, _)| named.contains(&path.root, &path.path))
        .map(|(path, found)| FinalItem { path: path.clone(), asset: found.asset })
        .collect();
    let state = match &deliverable.finalized {
        None => DeliverableState::Open,
        Some(done) if done.fact.contents == contents => DeliverableState::Final,
        Some(_) => DeliverableState::FinalChanged,
    };
    DeliverableView {
        name: name.to_owned(),
        state,
        paths: deliverable.paths.iter().map(ToString::to_string).collect(),
        contents,
        gate: deliverable.gate.as_ref().map(|run| (run.fact.outcome, run.at)),
    }
}

/// The deliverable of that name, or an error that says which there are.
pub(super) fn known<'a>(record: &'a Record, name: &str) -> Result<&'a Deliverable, AppError> {
    record.deliverables.get(name).ok_or_else(|| {
        let names: Vec<_> = record.deliverables.keys().map(String::as_str).collect();
        let hint = if names.is_empty() {
            "genlock deliverable add NAME --path GLOB defines one".to_owned()
        } else {
            format!("deliverables: {}", names.join(", "))
        };
        AppError::usage(format!("there is no deliverable {name:?}"), hint)
    })
}
