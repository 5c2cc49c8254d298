//! `deliverable`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::app::{
    self, AddOptions, Answer, AppError, Context, DeliverableDetails, Project, ReadTimeline,
};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::model::{
    AssetId, AssetPath, DeliverableState, FinalItem, MediaProblem, Reference, Rendered, Resolution,
    Timestamp, shell_word,
};
use crate::report::{DeliverableLine, PathView, ProblemView, clean, count, to_the_second};

pub(super) fn add(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    options: &AddOptions,
    output: &mut Output,
) -> Result<Exit, AppError> {
    app::add_deliverable(project, context, name, options)?;
    if output.is_json() {
        show(context, project, name, output)?;
        return Ok(Exit::Ok);
    }
    let known = app::show_deliverable(project, context, name)?;
    let DeliverableDetails { view, timelines, .. } = &known;
    if !view.paths.is_empty() {
        let files = count(known.named.len() as u64, "file");
        let paths = clean(&view.paths.join(", ")).into_owned();
        output.remark(&format!("{} contains {paths}  ({files} as last observed)", clean(name)));
    }
    for package in &view.packages {
        output.remark(&format!("{} contains the package {}", clean(name), clean(package)));
    }
    for one in timelines {
        output.remark(&format!("{} contains {}", clean(name), summary(one)));
        for note in &one.notes {
            output.remark(&format!("  note: {}", clean(note)));
        }
    }
    output.remark(&format!("next: genlock gate {}", clean(&shell_word(name))));
    Ok(Exit::Ok)
}

/// `cut.otio (otio): 12 references, 2 unresolved`.
fn summary(one: &ReadTimeline) -> String {
    let mut text = format!(
        "what {} refers to ({}): {}",
        clean(&one.named.to_string()),
        one.format,
        count(one.references.len() as u64, "reference")
    );
    for wanted in [Resolution::Ambiguous, Resolution::Unresolved, Resolution::Offline] {
        let some = one.references.iter().filter(|(_, answer)| answer.resolution == wanted).count();
        if some > 0 {
            let _ = write!(text, ", {some} {}", wanted.as_str());
        }
    }
    text
}

pub(super) fn link(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    reference: &str,
    asset: &str,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let link = app::link_reference(project, context, name, reference, asset)?;
    if output.is_json() {
        show(context, project, name, output)?;
        return Ok(Exit::Ok);
    }
    let more = match link.frames.len() {
        0 | 1 => String::new(),
        frames => format!(" and {} more", frames - 1),
    };
    output.remark(&format!(
        "in {} the reference {} means {}{more}",
        clean(name),
        clean(reference),
        clean(&link.path.to_string())
    ));
    Ok(Exit::Ok)
}

pub(super) fn rm(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    output: &mut Output,
) -> Result<Exit, AppError> {
    app::remove_deliverable(project, context, name)?;
    if output.is_json() {
        #[derive(Serialize)]
        struct Removed<'a> {
            removed: &'a str,
        }
        output.json(&Removed { removed: name });
    } else {
        output.remark(&format!("{} removed; its past verdicts stay in genlock log", clean(name)));
    }
    Ok(Exit::Ok)
}

pub(super) fn ls(project: &Project, output: &mut Output) -> Result<Exit, AppError> {
    for one in app::deliverables(project)? {
        let view = one.line();
        if output.is_json() {
            output.json(&view);
        } else {
            let text = line(output, &view);
            output.line(&text);
        }
    }
    Ok(Exit::Ok)
}

/// One deliverable in a list of them.
pub(super) fn line(output: &Output, line: &DeliverableLine) -> String {
    let tone = match line.state {
        DeliverableState::Final => Tone::Good,
        DeliverableState::FinalChanged => Tone::Bad,
        DeliverableState::Open => Tone::Faint,
    };
    let state = output.paint(tone, &format!("{:13}", line.state));
    let verdict = match (line.verdict, &line.gated) {
        (Some(verdict), Some(at)) => format!("last gate: {verdict}, {}", to_the_second(at)),
        _ => "never gated".to_owned(),
    };
    format!("{state} {}  {}  {verdict}", clean(&line.name), count(line.files, "file"))
}

#[derive(Serialize)]
struct DeliverableDetail {
    deliverable: String,
    state: DeliverableState,
    paths: Vec<String>,
    timelines: Vec<String>,
    packages: Vec<String>,
    references: Vec<ReferenceView>,
    notes: Vec<NoteView>,
    renditions: Vec<RenditionView>,
    exports: Vec<ExportView>,
    /// What of it could not be looked at.
    problems: Vec<ProblemView>,
}

/// What was tolerated in a timeline.
#[derive(Serialize)]
struct NoteView {
    timeline: String,
    note: String,
}

/// A file that a command made after the deliverable had passed.
#[derive(Serialize)]
struct RenditionView {
    path: String,
    asset: String,
    at: String,
    command: Vec<String>,
}

/// A delivery that left.
#[derive(Serialize)]
struct ExportView {
    destination: String,
    at: String,
    files: u64,
    bytes: u64,
}

/// A thing the deliverable is made of: a file that its globs name, or a reference of a timeline.
#[derive(Serialize)]
struct ReferenceView {
    name: String,
    target: Option<String>,
    reel: Option<String>,
    record_in: Option<String>,
    record_out: Option<String>,
    track: Option<String>,
    enabled: bool,
    resolution: Resolution,
    asset: Option<String>,
    path: Option<String>,
    /// The raw bytes of `path`, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    /// How many files it means, where not one.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    /// The timeline that mentions it.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<String>,
    /// The package whose composition plays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<String>,
    /// Where in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Why it is not resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

pub(super) fn show(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let mut details = app::show_deliverable(project, context, name)?;
    // What a timeline refers to and nobody knows is said there, reference by reference.
    let DeliverableDetails { timelines, problems, .. } = &mut details;
    problems.retain(|one| timelines.iter().all(|it| *it.path() != one.path));
    let exit = if details.problems.is_empty() { Exit::Ok } else { Exit::Partial };
    if output.is_json() {
        output.json(&detail(details));
        return Ok(exit);
    }
    text(&details, output);
    Ok(exit)
}

fn text(details: &DeliverableDetails, output: &mut Output) {
    let DeliverableDetails { view: one, timelines, played, problems, .. } = details;
    output.line(&format!("{}  {}", clean(&one.name), one.state));
    for path in &one.paths {
        output.line(&format!("  contains {}", clean(path)));
    }
    for timeline in timelines {
        output.line(&format!("  contains {}", summary(timeline)));
    }
    for package in &one.packages {
        output.line(&format!("  contains the package {}", clean(package)));
    }
    if let Some((outcome, at)) = one.gate {
        output.line(&format!("  last gate: {outcome} at {}", at.to_the_second()));
    }
    for timeline in timelines {
        output.line(&format!("  {}:", clean(&timeline.named.to_string())));
        for note in &timeline.notes {
            output.line(&format!("    note: {}", clean(note)));
        }
        mentions(&timeline.references, output);
    }
    for package in played {
        let (named, kind) = (package.named.to_string(), package.kind);
        output.line(&format!("  {}, what its compositions play ({kind}):", clean(&named)));
        mentions(&package.references, output);
    }
    for problem in problems {
        let path = problem.path.to_string();
        output.line(&format!("  {}: {}", clean(&path), clean(&problem.problem)));
    }
    output.line(&format!("  {}, as last observed:", count(one.contents.len() as u64, "file")));
    files(&one.contents, output);
    for (at, done) in &details.renders {
        output.line(&format!("  {}", rendered(*at, done)));
        if done.is_rendition() {
            files(&done.outputs, output);
        }
    }
    for (at, done) in &details.exports {
        let (files, to) = (count(done.files, "file"), clean(&done.destination));
        output.line(&format!("  exported {}: {files} to {to}", at.to_the_second()));
    }
    if one.state == DeliverableState::FinalChanged {
        output.line(
            "it changed since it was finalised: genlock reopen it before anything is exported",
        );
    }
}

fn mentions(all: &[(Reference, Answer)], output: &mut Output) {
    for (reference, answer) in all {
        output.line(&format!("    {}", reference_line(reference, answer)));
    }
}

fn files(all: &[FinalItem], output: &mut Output) {
    for item in all {
        output.line(&format!("    {}  {}", item.asset.short(), clean(&item.path.to_string())));
    }
}

/// `rendered 2026-05-04T10:12:00Z: ffmpeg …, 2 renditions`.
fn rendered(at: Timestamp, done: &Rendered) -> String {
    let command = done.command.join(" ");
    let outputs = done.outputs.len() as u64;
    let made = if done.is_rendition() {
        count(outputs, "rendition")
    } else if done.exit == 0 {
        format!("{}, none a rendition: {}", count(outputs, "file"), done.outcome.as_str())
    } else {
        format!("no rendition: the command ended with {}", done.exit)
    };
    format!("rendered {}: {}, {made}", at.to_the_second(), clean(&command))
}

/// `01:00:00:00  V1  A001C003  -> reel1/A001C003.mov`.
fn reference_line(reference: &Reference, answer: &Answer) -> String {
    let at = reference.record_in.as_deref().unwrap_or("-");
    let track = reference.track.as_deref().unwrap_or("-");
    let name = match (&*reference.name, &reference.target) {
        ("", Some(target)) => target,
        // What it is linked by then.
        ("", None) => reference.reel.as_deref().unwrap_or(&reference.place),
        (name, _) => name,
    };
    let means = match (answer.resolution, &*answer.files) {
        (Resolution::Resolved, [path]) => path.to_string(),
        (Resolution::Resolved, files) => {
            let first = files.first().map(ToString::to_string).unwrap_or_default();
            format!("{first} and {} more", files.len().saturating_sub(1))
        }
        (other, _) => format!("{}: {}", other.as_str(), answer.why),
    };
    let off = if reference.enabled { "" } else { "  (disabled)" };
    format!("{at:11}  {track:4} {}  -> {}{off}", clean(name), clean(&means))
}

fn detail(details: DeliverableDetails) -> DeliverableDetail {
    let DeliverableDetails { view, named, timelines, played, assets, renders, exports, problems } =
        details;
    let renditions = renders.into_iter().filter(|(_, done)| done.is_rendition());
    let renditions = renditions.flat_map(|(at, done)| {
        let command = done.command;
        done.outputs.into_iter().map(move |item| RenditionView {
            path: item.path.to_string(),
            asset: item.asset.to_string(),
            at: at.to_string(),
            command: command.clone(),
        })
    });
    let renditions = renditions.collect();
    let exports = exports.into_iter().map(|(at, done)| ExportView {
        destination: done.destination,
        at: at.to_string(),
        files: done.files,
        bytes: done.bytes,
    });
    let mut references: Vec<_> = named.iter().map(by_glob).collect();
    let mut notes = Vec::new();
    for timeline in timelines {
        let named = timeline.named.to_string();
        let of = |note| NoteView { timeline: named.clone(), note };
        notes.extend(timeline.notes.into_iter().map(of));
        let views = timeline.references.into_iter().map(|one| mentioned(one, &assets));
        references.extend(views.map(|one| ReferenceView { timeline: Some(named.clone()), ..one }));
    }
    for package in played {
        let named = package.named.to_string();
        let views = package.references.into_iter().map(|one| mentioned(one, &assets));
        references.extend(views.map(|one| ReferenceView { package: Some(named.clone()), ..one }));
    }
    DeliverableDetail {
        deliverable: view.name,
        state: view.state,
        paths: view.paths,
        timelines: view.timelines,
        packages: view.packages,
        references,
        notes,
        renditions,
        exports: exports.collect(),
        problems: problems.into_iter().map(problem).collect(),
    }
}

/// A file that a glob of the deliverable names.
fn by_glob(item: &FinalItem) -> ReferenceView {
    let path = item.path.to_string();
    ReferenceView {
        name: path.rsplit('/').next().unwrap_or_default().to_owned(),
        target: Some(path.clone()),
        reel: None,
        record_in: None,
        record_out: None,
        track: None,
        enabled: true,
        resolution: Resolution::Resolved,
        asset: Some(item.asset.to_string()),
        path: Some(path),
        path_bytes: item.path.base64_when_not_utf8(),
        files: None,
        timeline: None,
        package: None,
        place: None,
        why: None,
    }
}

fn problem(one: MediaProblem) -> ProblemView {
    ProblemView { path: PathView::from(&one.path), problem: one.problem }
}

/// A mention of media, and what it means; by what is for the caller to say.
fn mentioned(
    (reference, answer): (Reference, Answer),
    assets: &BTreeMap<AssetPath, AssetId>,
) -> ReferenceView {
    let known = answer.resolution == Resolution::Resolved;
    let one = answer.files.first().filter(|_| known);
    ReferenceView {
        name: reference.name,
        target: reference.target,
        reel: reference.reel,
        record_in: reference.record_in,
        record_out: reference.record_out,
        track: reference.track,
        enabled: reference.enabled,
        resolution: answer.resolution,
        asset: one.and_then(|path| assets.get(path)).map(ToString::to_string),
        path: one.map(ToString::to_string),
        path_bytes: one.and_then(AssetPath::base64_when_not_utf8),
        files: Some(answer.files.len()).filter(|files| known && *files > 1),
        timeline: None,
        package: None,
        place: Some(reference.place),
        why: Some(answer.why).filter(|why| !why.is_empty()),
    }
}
