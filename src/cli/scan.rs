//! `scan`.

use serde::Serialize;

use crate::app::{self, AppError, Context, InitOptions, Project, ScanOptions, ScanOutcome};
use crate::cli::args::{Global, ScanArgs};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::problem::Problem;
use crate::report::{PathView, ProblemView, bytes, clean, count, duration};

#[derive(Serialize)]
struct ScanView {
    files: u64,
    bytes: u64,
    hashed_files: u64,
    hashed_bytes: u64,
    unchanged: u64,
    ai: u64,
    ai_part: u64,
    suspect: u64,
    not_ai: u64,
    unknown: u64,
    missing: u64,
    skipped: u64,
    reexamined: u64,
    misnamed: Vec<MisnamedView>,
    unfollowed: Vec<UnfollowedView>,
    problems: Vec<ProblemView>,
    elapsed_ms: u64,
}

/// A file whose name says another format than its bytes.
#[derive(Serialize)]
struct MisnamedView {
    #[serde(flatten)]
    path: PathView,
    holds: String,
}

/// A link that scans do not follow, to what no scan comes by.
#[derive(Serialize)]
struct UnfollowedView {
    #[serde(flatten)]
    path: PathView,
    why: String,
}

impl From<&Problem> for UnfollowedView {
    fn from(one: &Problem) -> Self {
        let path = PathView { path: one.path.clone(), path_bytes: one.path_bytes.clone() };
        Self { path, why: one.problem.clone() }
    }
}

impl From<&Problem> for MisnamedView {
    fn from(one: &Problem) -> Self {
        let path = PathView { path: one.path.clone(), path_bytes: one.path_bytes.clone() };
        Self { path, holds: one.problem.clone() }
    }
}

impl From<&ScanOutcome> for ScanView {
    fn from(outcome: &ScanOutcome) -> Self {
        let tally = outcome.tally;
        Self {
            files: tally.files,
            bytes: tally.bytes,
            hashed_files: outcome.hashed_files,
            hashed_bytes: outcome.hashed_bytes,
            unchanged: outcome.unchanged,
            ai: tally.ai,
            ai_part: tally.ai_part,
            suspect: tally.suspect,
            not_ai: tally.not_ai,
            unknown: tally.unknown,
            missing: tally.missing,
            skipped: outcome.skipped,
            reexamined: outcome.reexamined,
            misnamed: outcome.misnamed.iter().map(MisnamedView::from).collect(),
            unfollowed: outcome.unfollowed.iter().map(UnfollowedView::from).collect(),
            problems: outcome.problems.iter().map(ProblemView::from).collect(),
            elapsed_ms: outcome.elapsed_ms,
        }
    }
}

pub(super) fn run(
    context: &Context<'_>,
    global: &Global,
    args: &ScanArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let (project, directory) = target(context, global, args.dir.as_deref(), output)?;
    let options = ScanOptions { directory, deep: args.deep, redetect: args.redetect };
    let outcome = app::scan(&project, context, &options)?;
    if output.is_json() {
        output.json(&ScanView::from(&outcome));
    } else {
        text(&outcome, output);
    }
    Ok(if outcome.problems.is_empty() { Exit::Ok } else { Exit::Partial })
}

/// The project, and the part of it to scan. Where no folder above has a project, one is made in the
/// folder that was named.
pub(super) fn target(
    context: &Context<'_>,
    global: &Global,
    dir: Option<&std::path::Path>,
    output: &mut Output,
) -> Result<(Project, Option<std::path::PathBuf>), AppError> {
    let Some(dir) = dir else {
        return Ok((crate::cli::find(context, global)?, None));
    };
    let path = context.absolute(dir);
    if global.project.is_some() {
        return Ok((crate::cli::find(context, global)?, Some(path)));
    }
    if !path.is_dir() {
        return Err(AppError::usage(
            format!("{} is not a folder", path.display()),
            "name a folder of the project",
        ));
    }
    // A [[root]] of the project one stands in is part of it wherever it lies.
    if let Ok(project) = Project::find(&context.cwd)
        && project.locate(&path).is_some()
    {
        return Ok((project, Some(path)));
    }
    match Project::find(&path) {
        Ok(project) => Ok((project, Some(path))),
        Err(AppError::NoProject { .. }) => {
            let made = app::init(context, &path, &InitOptions::default())?;
            let dir = made.project.dir.display().to_string();
            let said = format!("no project here or above: one was made in {}", clean(&dir));
            if output.is_json() {
                // Not a line of the answer, and nothing to be silent about.
                output.complain(&said);
            } else {
                output.remark(&said);
            }
            Ok((made.project, None))
        }
        Err(error) => Err(error),
    }
}

/// Links of which a scan says where they lead.
const TOLD: usize = 10;

fn text(outcome: &ScanOutcome, output: &mut Output) {
    let tally = outcome.tally;
    output.remark(&format!(
        "{}, {} in {}: {} read ({}), {} unchanged",
        count(tally.files, "file"),
        bytes(tally.bytes),
        duration(outcome.elapsed_ms),
        outcome.hashed_files,
        bytes(outcome.hashed_bytes),
        outcome.unchanged
    ));
    let ai = output.paint(Tone::Bad, &format!("{} AI-made", tally.ai));
    let part = output.paint(Tone::Bad, &format!("{} in part", tally.ai_part));
    let suspect = output.paint(Tone::Careful, &format!("{} suspect", tally.suspect));
    output.line(&format!(
        "{ai}, {part}, {suspect}, {} determined not AI, {} without a mark",
        tally.not_ai, tally.unknown
    ));
    if tally.ai + tally.ai_part + tally.suspect > 0 {
        output.remark("see them: genlock ls --ai");
    }
    if tally.missing > 0 {
        output.line(&format!("{} gone: genlock ls --missing", count(tally.missing, "path")));
    }
    if outcome.skipped > 0 {
        output.remark(&format!("{} skipped (no regular files)", count(outcome.skipped, "entry")));
    }
    if outcome.reexamined > 0 {
        output.remark(&format!("{} examined again", count(outcome.reexamined, "content")));
    }
    for one in &outcome.misnamed {
        output.remark(&format!("{}: {}", clean(&one.path), clean(&one.problem)));
    }
    for one in outcome.unfollowed.iter().take(TOLD) {
        let said = format!("{} is not followed: {}", clean(&one.path), clean(&one.problem));
        output.remark(&said);
    }
    if let Some(more @ 1..) = outcome.unfollowed.len().checked_sub(TOLD) {
        output.remark(&format!("{more} more are not followed; --json lists all of a scan"));
    }
    if !outcome.problems.is_empty() {
        let problems = outcome.problems.len() as u64;
        output.line(&format!("{}: not everything could be examined", count(problems, "problem")));
    }
}
