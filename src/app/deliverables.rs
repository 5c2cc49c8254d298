//! Deliverables: defining them, and what is known of their state.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::app::contents::{Contents, check_root, path_pattern};
use crate::app::decide::{decide, fold, whole};
use crate::app::packages;
use crate::app::played::{ReadPackage, played};
use crate::app::references::{self, ReadTimeline};
use crate::app::select::{rooted, select};
use crate::app::{AppError, Context, Project};
use crate::ledger::Reader;
use crate::model::{
    AssetId, AssetPath, DeliverableDefined, DeliverableNote, DeliverableState, Event, Exported,
    FinalItem, FramePattern, MediaProblem, Outcome, PathPattern, Reference, ReferenceLink, RelPath,
    Rendered, Timestamp, shell_word, unescape_bytes,
};
use crate::record::{Deliverable, PathFilter, Record};
use crate::report::DeliverableLine;

/// A deliverable as it is shown.
#[derive(Clone, Debug)]
pub struct DeliverableView {
    /// Its name.
    pub name: String,
    /// Where it stands, by what was last observed.
    pub state: DeliverableState,
    /// Its globs.
    pub paths: Vec<String>,
    /// Its timelines.
    pub timelines: Vec<String>,
    /// Its packages.
    pub packages: Vec<String>,
    /// What it holds, by what was last observed.
    pub contents: Vec<FinalItem>,
    /// The newest gate run: its answer and time.
    pub gate: Option<(Outcome, Timestamp)>,
}

impl DeliverableView {
    /// It in a list of them.
    pub fn line(&self) -> DeliverableLine {
        DeliverableLine {
            name: self.name.clone(),
            state: self.state,
            files: self.contents.len() as u64,
            verdict: self.gate.map(|(outcome, _)| outcome),
            gated: self.gate.map(|(_, at)| at.to_string()),
        }
    }
}

/// A deliverable with everything its timelines refer to, by what is on disk now.
#[derive(Clone, Debug)]
pub struct DeliverableDetails {
    /// As in a list of them.
    pub view: DeliverableView,
    /// What its globs name, of what it holds.
    pub named: Vec<FinalItem>,
    /// Its timelines that can be read, each with its references.
    pub timelines: Vec<ReadTimeline>,
    /// What the compositions of its packages play.
    pub played: Vec<ReadPackage>,
    /// What a gate could not know.
    pub problems: Vec<MediaProblem>,
    /// What is on record at the files that references mean.
    pub assets: BTreeMap<AssetPath, AssetId>,
    /// The commands that ran because it had passed, with what they made.
    pub renders: Vec<(Timestamp, Rendered)>,
    /// Where it was exported to.
    pub exports: Vec<(Timestamp, Exported)>,
}

/// What to add to a deliverable.
#[derive(Clone, Debug, Default)]
pub struct AddOptions {
    /// Files, folders and globs.
    pub paths: Vec<String>,
    /// Timelines.
    pub timelines: Vec<PathBuf>,
    /// Folders of packages.
    pub packages: Vec<PathBuf>,
}

/// Defines a deliverable, or adds to one that is open. A timeline that cannot be read is an error, and
/// then nothing is added.
pub fn add_deliverable(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    options: &AddOptions,
) -> Result<(), AppError> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(AppError::usage("a deliverable needs a name", "e.g. EP101"));
    }
    if options.paths.is_empty() && options.timelines.is_empty() && options.packages.is_empty() {
        return Err(AppError::usage(
            "a deliverable needs to know what it is made of",
            format!(
                "genlock deliverable add {} --path 'reel1/**' --timeline cut.otio",
                shell_word(name)
            ),
        ));
    }
    let paths = options.paths.iter().map(|text| path_pattern(project, context, text));
    let paths: Vec<_> = paths.collect::<Result<_, _>>()?;
    let timelines = options.timelines.iter().map(|file| timeline(project, context, file));
    let timelines: Vec<_> = timelines.collect::<Result<_, _>>()?;
    let packages = options.packages.iter().map(|folder| package(project, context, folder));
    let packages: Vec<_> = packages.collect::<Result<_, _>>()?;
    decide(project, context, |record| {
        let known = record.deliverables.get(name);
        refuse_final(known, name)?;
        let made = known.map(|known| &known.made);
        let new = |path: &&PathPattern| made.is_none_or(|made| !made.paths.contains(path));
        let paths: Vec<_> = paths.iter().filter(new).cloned().collect();
        let new = |path: &&AssetPath| made.is_none_or(|made| !made.timelines.contains(path));
        let timelines: Vec<_> = timelines.iter().filter(new).cloned().collect();
        let new = |path: &&AssetPath| made.is_none_or(|made| !made.packages.contains(path));
        let packages: Vec<_> = packages.iter().filter(new).cloned().collect();
        let nothing = paths.is_empty() && timelines.is_empty() && packages.is_empty();
        let defined = DeliverableDefined { name: name.to_owned(), paths, timelines, packages };
        let events = if nothing { vec![] } else { vec![Event::DeliverableDefined(defined)] };
        Ok((events, ()))
    })
}

fn refuse_final(known: Option<&Deliverable>, name: &str) -> Result<(), AppError> {
    if known.is_some_and(|known| known.finalized.is_some()) {
        return Err(AppError::usage(
            format!("{name} is final, and what it is made of is part of that"),
            format!("genlock reopen {} --note WHY", shell_word(name)),
        ));
    }
    Ok(())
}

/// Where something lies that was typed as a path, or as it is listed: `name:path` of a root, where no file has
/// that for its name.
fn typed_place(
    project: &Project,
    context: &Context<'_>,
    typed: &Path,
) -> Result<PathBuf, AppError> {
    let disk = context.absolute(typed);
    let text = typed.to_str().filter(|_| fs::symlink_metadata(&disk).is_err());
    let Some(text) = text else { return Ok(disk) };
    check_root(project, text)?;
    let listed = rooted(project, text).filter(|(root, _)| !root.is_project());
    let listed = listed.and_then(|(root, below)| {
        let below = unescape_bytes(below).unwrap_or_else(|| below.as_bytes().to_vec());
        project.on_disk(&AssetPath::new(root, RelPath::new(below).ok()?))
    });
    Ok(listed.unwrap_or(disk))
}

/// A timeline as typed: where it lies in the roots. Read once, so that a slip is told now and not by
/// the gate.
fn timeline(project: &Project, context: &Context<'_>, file: &Path) -> Result<AssetPath, AppError> {
    let disk = typed_place(project, context, file)?;
    // Also what a link in the roots leads to.
    let real = fs::canonicalize(&disk).unwrap_or_else(|_| disk.clone());
    let (Some((_, path)), Some(_)) = (project.locate(&disk), project.locate(&real)) else {
        return Err(AppError::usage(
            format!("{} lies outside the project's roots", file.display()),
            "put the timeline into the project: it is part of what is judged",
        ));
    };
    references::Source::read(project, context, &path)
        .and_then(|source| source.parse())
        .map_err(|source| AppError::Timeline { path: disk, source })?;
    Ok(path)
}

/// A package as typed: a folder in the roots in which lists were found.
fn package(project: &Project, context: &Context<'_>, folder: &Path) -> Result<AssetPath, AppError> {
    let disk = typed_place(project, context, folder)?;
    let Some((_, path)) = project.locate(&disk) else {
        return Err(AppError::usage(
            format!("{} lies outside the project's roots", folder.display()),
            "put the package into the project: it is part of what is judged",
        ));
    };
    packages::kinds(project, &path).map_err(|source| AppError::Package { path: disk, source })?;
    Ok(path)
}

/// Records what a reference of a deliverable's timelines means: a file, or a sequence as people fold it.
pub fn link_reference(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    reference: &str,
    asset: &str,
) -> Result<ReferenceLink, AppError> {
    let made = known(&whole(project)?, name)?.made.clone();
    let referenced = references::look(project, context, &made)?;
    let all = referenced.timelines.iter().flat_map(|one| &one.references);
    let called: Vec<_> = all.filter(|(one, _)| references::is_called(one, reference)).collect();
    let (timeline, linked_as) = if called.is_empty() {
        let (timeline, place) = place(&referenced.timelines, name, reference)?;
        (Some(timeline), place)
    } else {
        (None, reference.to_owned())
    };
    if timeline.is_none()
        && !called.iter().any(|(one, answer)| references::takes(one, answer, reference))
    {
        return Err(AppError::usage(
            format!("what {name} calls {reference:?} is known by a surer name or place"),
            format!(
                "link it by its target: genlock --json deliverable show {} lists them",
                shell_word(name)
            ),
        ));
    }
    let link = meant(project, context, asset)?;
    let link =
        ReferenceLink { deliverable: name.to_owned(), reference: linked_as, timeline, ..link };
    decide(project, context, |record| {
        refuse_final(Some(known(record, name)?), name)?;
        Ok((vec![Event::ReferenceLinked(link.clone())], ()))
    })?;
    Ok(link)
}

/// The place of a reference that is called nothing, and what held its timeline: in another timeline, or
/// in this one once it is edited, the same words may be another place.
fn place(
    timelines: &[ReadTimeline],
    name: &str,
    typed: &str,
) -> Result<(AssetId, String), AppError> {
    let at = |one: &ReadTimeline| {
        let mut there = one.references.iter().map(|(reference, _)| reference);
        let first = there.find(|reference| references::is_at(one, reference, typed))?.clone();
        let same =
            |other: &Reference| other.place != first.place || other.record_in == first.record_in;
        Some((one.hash(), there.all(same), first.place))
    };
    let mut found: Vec<_> = timelines.iter().filter_map(at).collect();
    found.dedup();
    match &*found {
        [] => Err(AppError::usage(
            format!("{name} has no reference {typed:?}"),
            format!(
                "genlock deliverable show {} lists them: by name, target or reel, and by place \
                 what has none of these",
                shell_word(name)
            ),
        )),
        [(timeline, true, place)] => Ok((*timeline, place.clone())),
        _ => Err(AppError::usage(
            format!("{typed:?} is the place of several references"),
            "say which timeline is meant: 'cut.edl: line 4, event 002'; of clips that are told apart by \
             nothing in one timeline none can be linked",
        )),
    }
}

/// What an asset argument stands for where a reference is linked to it.
fn meant(project: &Project, context: &Context<'_>, typed: &str) -> Result<ReferenceLink, AppError> {
    let reader = project.reader()?;
    let place = project.locate(&context.absolute(Path::new(typed))).map(|(_, path)| path);
    let below = rooted(project, typed)
        .and_then(|(root, below)| Some(AssetPath::new(root, RelPath::new(below).ok()?)));
    let places: Vec<_> = place.into_iter().chain(below).collect();
    let link = |asset, path, frames| {
        let (deliverable, reference) = (String::new(), String::new());
        ReferenceLink { deliverable, reference, timeline: None, asset, path, frames }
    };
    for place in &places {
        let pattern = FramePattern::parse(place.path.name());
        if let Some(pattern) = pattern.filter(|_| !matches!(reader.asset_at(place), Ok(Some(_)))) {
            let frames = frames(project, &reader, place, &pattern)?;
            if let Some(first) = frames.first().cloned() {
                return Ok(link(first.asset, first.path, frames));
            }
        }
    }
    let selected = select(project, context, &[typed.to_owned()])?;
    let [asset] = &*selected.assets else {
        return Err(AppError::usage(
            format!("{typed:?} stands for {} assets", selected.assets.len()),
            "a reference means one, or a sequence as genlock ls folds it: 'shot.[1001-1096].exr'",
        ));
    };
    // The path that was typed, of several that hold it.
    for place in places {
        if reader.asset_at(&place)? == Some(*asset) {
            return Ok(link(*asset, place, Vec::new()));
        }
    }
    let rows = reader.locations_of(asset)?;
    let place = rows.into_iter().find(|row| row.present);
    let place = place.ok_or_else(|| {
        AppError::usage("that asset is not there any more", "link to one that is")
    })?;
    Ok(link(*asset, place.path, Vec::new()))
}

/// The frames of a folded sequence that are on disk. All of them must be known.
fn frames(
    project: &Project,
    reader: &Reader,
    place: &AssetPath,
    pattern: &FramePattern,
) -> Result<Vec<FinalItem>, AppError> {
    let folder = place.path.split().0;
    let disk = project.on_disk(&AssetPath::new(place.root.clone(), folder.clone()));
    let entries = disk.and_then(|disk| fs::read_dir(disk).ok()).into_iter().flatten().flatten();
    let mut numbers: Vec<_> =
        entries.filter_map(|entry| pattern.frame_of(entry.file_name().as_bytes())).collect();
    numbers.sort_unstable();
    let frame = |number: u64| {
        let path = AssetPath::new(place.root.clone(), folder.join(&pattern.name(number)));
        let asset = reader.asset_at(&path)?.ok_or_else(|| {
            AppError::usage(format!("{path} is not known yet"), "run genlock scan first")
        })?;
        Ok(FinalItem { path, asset })
    };
    numbers.into_iter().map(frame).collect()
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
                format!("genlock reopen {} --note WHY, then remove it", shell_word(name)),
            ));
        }
        let removed = DeliverableNote { name: name.to_owned(), note: None };
        Ok((vec![Event::DeliverableRemoved(removed)], ()))
    })
}

/// Every deliverable, by name.
pub fn deliverables(project: &Project) -> Result<Vec<DeliverableView>, AppError> {
    let reader = project.reader()?;
    let decided = fold(&reader, None)?;
    let names: Vec<_> = decided.deliverables.keys().cloned().collect();
    Ok(views(&reader, decided, &names)?.0)
}

/// One deliverable, and what its timelines refer to.
pub fn show_deliverable(
    project: &Project,
    context: &Context<'_>,
    name: &str,
) -> Result<DeliverableDetails, AppError> {
    let reader = project.reader()?;
    let (mut views, record) = views(&reader, fold(&reader, None)?, &[name.to_owned()])?;
    let view = views.pop();
    let view = view.ok_or_else(|| AppError::Internal("a deliverable without a view".to_owned()))?;
    let made = known(&record, name)?.made.clone();
    let referenced = references::look(project, context, &made)?;
    let played = played(project, &made.packages);
    let globs = Contents::new(&made)?;
    let by_glob = |item: &&FinalItem| globs.contains(&item.path.root, &item.path.path);
    let named = view.contents.iter().filter(by_glob).cloned().collect();
    let mut assets = BTreeMap::new();
    let answers = played.iter().flat_map(|one| &one.references);
    let files = answers.flat_map(|(_, answer)| answer.files.iter().cloned());
    for path in referenced.files().into_iter().chain(files) {
        if let Some(asset) = reader.asset_at(&path)? {
            assets.insert(path, asset);
        }
    }
    let problems = referenced.problems(&BTreeMap::new());
    let renders = record.renders.into_iter().map(|one| (one.at, one.fact));
    let exports = record.exports.into_iter().map(|one| (one.at, one.fact));
    Ok(DeliverableDetails {
        view,
        named,
        timelines: referenced.timelines,
        played,
        problems,
        assets,
        renders: renders.filter(|(_, done)| done.deliverable == name).collect(),
        exports: exports.filter(|(_, done)| done.deliverable == name).collect(),
    })
}

/// Reads the observations once, however many deliverables there are. Gives the record with them.
fn views(
    reader: &Reader,
    decided: Record,
    names: &[String],
) -> Result<(Vec<DeliverableView>, Record), AppError> {
    let mut all = Vec::new();
    for name in names {
        let deliverable = known(&decided, name)?;
        let run = deliverable.gate.as_ref().map(|run| &run.fact);
        all.push(Contents::seen(&deliverable.made, run)?);
    }
    let scope: PathFilter<'_> = &|root, path| all.iter().any(|one| one.contains(root, path));
    let record = if all.is_empty() { decided } else { fold(reader, Some(scope))? };
    let of = |(name, contents): (&String, &Contents)| {
        Ok(view(name, known(&record, name)?, contents, &record))
    };
    let views = names.iter().zip(&all).map(of).collect::<Result<_, AppError>>()?;
    Ok((views, record))
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
    DeliverableView {
        name: name.to_owned(),
        state: state(deliverable, &contents),
        paths: deliverable.made.paths.iter().map(ToString::to_string).collect(),
        timelines: deliverable.made.timelines.iter().map(ToString::to_string).collect(),
        packages: deliverable.made.packages.iter().map(ToString::to_string).collect(),
        contents,
        gate: deliverable.gate.as_ref().map(|run| (run.fact.outcome, run.at)),
    }
}

/// Where a deliverable stands that holds these, sorted by path.
pub(super) fn state(deliverable: &Deliverable, contents: &[FinalItem]) -> DeliverableState {
    match &deliverable.finalized {
        None => DeliverableState::Open,
        Some(done) if done.fact.contents == contents => DeliverableState::Final,
        Some(_) => DeliverableState::FinalChanged,
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
