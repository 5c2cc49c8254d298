//! `run`: an export command of somebody else's, which starts only when the deliverable has passed.
//!
//! What it makes is read, given lineage to what the deliverable held while it ran, and judged. A
//! rendition it is only when the command ended well, the deliverable is still what had passed, and the
//! judgement is a pass. Whatever fails once the command has ended, it is on record.

pub(super) mod at_work;
mod settling;
mod snapshot;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::app::contents::{Contents, path_pattern};
use crate::app::decide::{decide, fold};
use crate::app::gate::{GateAnswer, MadeFiles, OnRecord, finalized, gate, gate_on_record};
use crate::app::kin::{own, places};
use crate::app::link::link_made;
use crate::app::run::at_work::AtWork;
use crate::app::run::settling::{Handles, Settled, Settling};
use crate::app::run::snapshot::Snapshot;
use crate::app::run::sources::Sources;
use crate::app::{AppError, Context, Project};
use crate::failpoint;
use crate::ledger::Reader;
use crate::model::{
    AiStatus, AssetId, AssetPath, DeliverableState, Event, FinalItem, Finding, MadeOf, Outcome,
    Rendered, RuleCode,
};
use crate::record::{Record, Said};

/// What to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// What the command makes: files, folders or globs.
    pub outputs: Vec<String>,
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// Whether its stdout goes to ours; to stderr when not.
    pub stdout: bool,
    /// What it made is complete when it was unchanged for so long; as the settings say when not given.
    pub settle: Option<Duration>,
}

/// What came of it.
#[derive(Debug)]
pub struct RunAnswer {
    /// The verdict that it rests on; where it did not pass, nothing ran.
    pub gate: GateAnswer,
    /// What ran.
    pub ran: Option<Ran>,
}

/// A command that ran.
#[derive(Debug)]
pub struct Ran {
    /// As it is on record.
    pub rendered: Rendered,
    /// What there is to say of what it made; of the deliverable too, where it is not what had passed.
    pub findings: Vec<Finding>,
    /// Whether the deliverable still is what had passed.
    pub still: bool,
    /// Outputs without lineage to the deliverable, and why.
    pub unlinked: Vec<(AssetPath, &'static str)>,
    /// What failed after a command that gave another exit code than 0.
    pub failed: Option<AppError>,
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
    let named = Contents::new(&made)?;
    let looked = gate_on_record(project, context, name)?;
    let OnRecord { answer: gate, record } = finalized(project, context, name, looked)?;
    if gate.verdict.outcome != Outcome::Pass {
        return Ok(RunAnswer { gate, ran: None });
    }
    let sources = Sources::of(project, name, &record)?;
    drop(record);
    // Until what it made is on record.
    let _at_work = AtWork::announce(&project.config.ledger, &made.paths)?;
    let before = Snapshot::of(project, context, &named)?;
    let handles = Handles::on(project, &before);
    let status = start(project, options)?;
    failpoint::hit("command-ended");
    let rendered = Rendered {
        deliverable: name.to_owned(),
        gate: gate.journal.seq,
        command: options.command.iter().map(|one| one.to_string_lossy().into_owned()).collect(),
        exit: code(status),
        outputs: Vec::new(),
        outcome: Outcome::CannotTell,
    };
    // What ran goes on record whatever happens now: Ctrl-C ends the command, and then us.
    let never = AtomicBool::new(false);
    let after = context.stopped_by(&never);
    let (unlinked, findings) = (Vec::new(), Vec::new());
    let mut ran = Ran { rendered, findings, still: true, unlinked, failed: None };
    let still = options.settle.unwrap_or(project.config.watch.settle);
    let hurried = context.cancel;
    let handles = &handles;
    let settling = Settling { project, context: &after, named: &named, still, handles, hurried };
    let follow = Follow { project, context: &after, name, settling, sources: &sources };
    let followed = follow.up(&before, &mut ran).and_then(|()| context.check());
    if followed.is_err() {
        ran.rendered.outcome = Outcome::CannotTell;
    }
    let event = Event::Rendered(ran.rendered.clone());
    let recorded = decide(project, &after, |_| Ok((vec![event.clone()], ())));
    failpoint::hit("render-recorded");
    context.check()?;
    match followed.and(recorded) {
        Err(error) if ran.rendered.exit == 0 => return Err(error),
        done => ran.failed = done.err(),
    }
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

/// Why there is no lineage of what lay elsewhere and is known.
const KNOWN: &str = "the same lay elsewhere before, and what it is is known: it is a copy of that";

/// What clears a change while a command ran. A gate that passes afterwards makes no rendition of what it made.
const AGAIN: &str = "once nothing is written any more, run the command again";

/// Whether it is known what a content is, by a person's word on it or on what it was made from, or by its
/// own marks. Of any other that lay somewhere before nobody can tell whether it is a copy of that or an
/// earlier try of the same command: a test render would clear the official one. A name in a file says
/// nothing here: who makes the file writes it.
fn is_known(reader: &Reader, record: &Record, asset: &AssetId) -> Result<bool, AppError> {
    let parents = record.kinship.parents_of(asset);
    Ok(parents.iter().any(|kin| matches!(kin.said, Said::By(_)))
        || own(reader, record, asset)?.origin.status != AiStatus::Unknown)
}

/// What is looked at once the command has ended.
struct Follow<'a> {
    project: &'a Project,
    context: &'a Context<'a>,
    name: &'a str,
    settling: Settling<'a>,
    sources: &'a Sources,
}

impl Follow<'_> {
    /// Reads what was made once it holds still, gates the deliverable again, links and judges. What is known is in `ran` also
    /// where something fails on the way.
    fn up(&self, before: &Snapshot, ran: &mut Ran) -> Result<(), AppError> {
        let Self { project, context, name, .. } = *self;
        let Settled { files, mut unknown } = self.settling.wait(before)?;
        if files.is_empty() && unknown.is_empty() {
            return Ok(());
        }
        let mut made = MadeFiles::look(project, context, files.clone())?;
        ran.rendered.outputs = made.contents();
        let again = gate(project, context, name);
        let now = Sources::on_record(project, name);
        // Lineage is drawn also where the deliverable cannot be judged any more.
        let held = now.as_ref().unwrap_or(self.sources);
        let sequel = self.sources.since(project, held, &files)?;
        ran.unlinked = self.descend(&sequel.held, &ran.rendered.outputs)?;
        let again = self.again(again?, &now?, ran);
        unknown.extend(sequel.written);
        let mut verdict = made.judge(project, context, name, unknown)?;
        for finding in &mut verdict.findings {
            if finding.code == RuleCode::MediaChanged {
                finding.fix = AGAIN.into();
            }
        }
        ran.findings.extend(verdict.findings);
        ran.rendered.outcome = again.worst(verdict.outcome);
        Ok(())
    }

    /// Whether the deliverable still is what had passed: a file may have been swapped while the command
    /// read it.
    fn again(&self, again: GateAnswer, now: &Sources, ran: &mut Ran) -> Outcome {
        let same = again.state == DeliverableState::Final && now.contents == self.sources.contents;
        let outcome = again.verdict.outcome;
        ran.still = same && outcome == Outcome::Pass;
        if !ran.still {
            ran.findings = again.verdict.findings;
        }
        if same { outcome } else { outcome.worst(Outcome::Refused) }
    }

    /// Puts on record that the outputs were made from what the deliverable held. Gives those of which
    /// that cannot be said.
    fn descend(
        &self,
        sources: &BTreeSet<AssetId>,
        outputs: &[FinalItem],
    ) -> Result<Vec<(AssetPath, &'static str)>, AppError> {
        let Self { project, context, name, .. } = *self;
        let mut children: BTreeSet<_> = outputs.iter().map(|item| item.asset).collect();
        children.retain(|asset| !sources.contains(asset));
        let mut why: BTreeMap<AssetId, &'static str> = BTreeMap::new();
        let empty = AssetId::from(blake3::hash(b""));
        if children.contains(&empty) {
            // Every empty file is the same one.
            why.insert(empty, "it is empty");
        }
        let reader = project.reader()?;
        let places = places(&reader, children.clone(), self.sources.head.seq)?;
        let record = fold(&reader, None)?;
        for asset in &children {
            let mut lay = places.of(asset);
            let elsewhere = lay.any(|path| !self.settling.named.contains(&path.root, &path.path));
            if elsewhere && is_known(&reader, &record, asset)? {
                why.entry(*asset).or_insert(KNOWN);
            }
        }
        children.retain(|asset| !why.contains_key(asset));
        if !children.is_empty() && !sources.is_empty() {
            let note = format!("made by a command that ran for {name}");
            for asset in link_made(project, context, &children, sources, &note)? {
                why.insert(asset, "something that the deliverable holds was made from it");
            }
        }
        let of = |item: &FinalItem| Some((item.path.clone(), *why.get(&item.asset)?));
        Ok(outputs.iter().filter_map(of).collect())
    }
}
