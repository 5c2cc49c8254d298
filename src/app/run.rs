//! `run`: an export command of somebody else's, which starts only when the deliverable has passed.
//!
//! What it makes is read, given lineage to what the deliverable holds, and judged. A rendition it is only
//! when the command ended well and the judgement is a pass; everything is on record either way.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;

use crate::app::contents::{Contents, path_pattern, walk_all};
use crate::app::decide::{decide, fold};
use crate::app::deliverables::known;
use crate::app::export::judged;
use crate::app::gate::{GateAnswer, judge_files};
use crate::app::link::{LinkOptions, link};
use crate::app::{AppError, Context, Project};
use crate::failpoint;
use crate::model::{
    AssetId, AssetPath, Event, FinalItem, Fingerprint, MadeOf, MediaProblem, Outcome, Relation,
    Rendered, Verdict,
};
use crate::observe::fingerprint;

/// What to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// What the command makes: files, folders or globs.
    pub outputs: Vec<String>,
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// Whether its stdout goes to ours; to stderr when not.
    pub stdout: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct RunAnswer {
    /// The verdict that it rests on; where it did not pass, nothing ran.
    pub gate: GateAnswer,
    /// What ran.
    pub ran: Option<Ran>,
}

/// A command that ran.
#[derive(Clone, Debug)]
pub struct Ran {
    /// As it is on record.
    pub rendered: Rendered,
    /// The judgement of what it made.
    pub verdict: Verdict,
    /// What of it could not be looked at.
    pub problems: Vec<MediaProblem>,
}

/// Runs a command for a deliverable, finalising it first if it is not final.
pub fn run(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    options: &RunOptions,
) -> Result<RunAnswer, AppError> {
    let paths = options.outputs.iter().map(|text| path_pattern(project, context, text));
    let made = MadeOf { paths: paths.collect::<Result<_, _>>()?, ..MadeOf::default() };
    let gate = judged(project, context, name)?;
    if gate.verdict.outcome != Outcome::Pass {
        return Ok(RunAnswer { gate, ran: None });
    }
    let before = snapshot(project, context, &made)?;
    let status = start(project, options)?;
    failpoint::hit("command-ended");
    let after = snapshot(project, context, &made)?;
    let mut looked = judge_files(project, context, name, &made)?;
    let is_new = |item: &FinalItem| before.get(&item.path) != after.get(&item.path);
    let outputs: Vec<_> = looked.contents.into_iter().filter(is_new).collect();
    if outputs.is_empty() {
        // Nothing was made, so nothing was judged that was.
        looked.verdict.outcome = Outcome::CannotTell;
    } else if descend(project, context, name, &outputs)? {
        let again = judge_files(project, context, name, &made)?;
        looked.verdict = again.verdict;
        looked.problems = again.problems;
    }
    let rendered = Rendered {
        deliverable: name.to_owned(),
        gate: gate.journal.seq,
        command: options.command.iter().map(|one| one.to_string_lossy().into_owned()).collect(),
        exit: code(status),
        outputs,
        outcome: looked.verdict.outcome,
    };
    decide(project, context, |_| Ok((vec![Event::Rendered(rendered.clone())], ())))?;
    failpoint::hit("render-recorded");
    if context.cancel.load(Ordering::Relaxed) {
        return Err(AppError::Interrupted);
    }
    let ran = Ran { rendered, verdict: looked.verdict, problems: looked.problems };
    Ok(RunAnswer { gate, ran: Some(ran) })
}

fn start(project: &Project, options: &RunOptions) -> Result<ExitStatus, AppError> {
    let [program, arguments @ ..] = &*options.command else {
        return Err(AppError::usage("there is no command", "write it after --"));
    };
    let mut command = Command::new(program);
    command.args(arguments).env("GENLOCK_PROJECT", &project.dir);
    if !options.stdout {
        let copy = std::io::stderr().as_fd().try_clone_to_owned();
        let copy = copy.map_err(|source| AppError::Io {
            action: "copy",
            path: "/dev/stderr".into(),
            source,
        })?;
        command.stdout(Stdio::from(copy));
    }
    // Ctrl-C goes to the command as to us: it ends as it likes, and then we record what it made.
    command.status().map_err(|error| {
        AppError::usage(
            format!("cannot run {}: {error}", program.to_string_lossy()),
            "write the command as you would type it, after --",
        )
    })
}

/// As a shell says it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// The files that outputs name, as they are now.
fn snapshot(
    project: &Project,
    context: &Context<'_>,
    made: &MadeOf,
) -> Result<BTreeMap<AssetPath, Fingerprint>, AppError> {
    let contents = Contents::new(made)?;
    let mut all = BTreeMap::new();
    for (name, base) in contents.bases(project) {
        let Some(root) = project.config.roots.iter().find(|root| root.name == name) else {
            continue;
        };
        // A folder that is not there yet holds nothing.
        let _ = walk_all(root, &base, context.cancel, &mut |listing| {
            for entry in listing.files {
                let path = listing.directory.join(&entry.name);
                if contents.contains(&root.name, &path) {
                    all.insert(AssetPath::new(root.name.clone(), path), entry.fingerprint);
                }
            }
        });
    }
    for path in contents.literals() {
        let disk = project.on_disk(&path);
        if let Some(found) = disk.and_then(|disk| fs::symlink_metadata(disk).ok())
            && found.is_file()
        {
            all.entry(path).or_insert_with(|| fingerprint::of(&found));
        }
    }
    Ok(all)
}

/// Puts on record that the outputs were made from what the deliverable holds. Gives whether there was
/// anything to put.
fn descend(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    outputs: &[FinalItem],
) -> Result<bool, AppError> {
    let record = fold(&project.reader()?, None)?;
    let done = known(&record, name)?.finalized.as_ref();
    let timelines: BTreeSet<_> = known(&record, name)?
        .gate
        .iter()
        .flat_map(|run| run.fact.timelines.iter().map(|one| one.path.clone()))
        .collect();
    let sources = done.iter().flat_map(|done| &done.fact.contents);
    let sources = sources.filter(|item| !timelines.contains(&item.path));
    let parents: BTreeSet<AssetId> = sources.map(|item| item.asset).collect();
    let children: BTreeSet<AssetId> =
        outputs.iter().map(|item| item.asset).filter(|asset| !parents.contains(asset)).collect();
    if children.is_empty() || parents.is_empty() {
        return Ok(false);
    }
    let relation = if parents.len() == 1 { Relation::Transcode } else { Relation::Composite };
    let options = LinkOptions {
        children: children.into_iter().collect(),
        parents: parents.into_iter().collect(),
        note: Some(format!("made by a command that ran for {name}")),
    };
    link(project, context, &options, relation)?;
    Ok(true)
}
