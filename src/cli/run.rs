//! `run`.

use serde::Serialize;

use crate::app::{self, AppError, Context, Project, Ran, RunOptions};
use crate::cli::args::RunArgs;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::cli::{error, gate};
use crate::model::Outcome;
use crate::report::{FindingView, PathView, clean, count};

/// Outputs without lineage that are named before the rest is only counted.
const NAMED: usize = 8;

#[derive(Serialize)]
struct RunView {
    ran: bool,
    command_exit: Option<u8>,
    /// Of the deliverable; of it and of what the command made once that ran.
    verdict: Outcome,
    outputs: Vec<String>,
    rendition: bool,
    findings: Vec<FindingView>,
    unlinked: Vec<UnlinkedView>,
    /// What failed after a command that gave another exit code than 0.
    problem: Option<String>,
}

/// An output without lineage to the deliverable.
#[derive(Serialize)]
struct UnlinkedView {
    #[serde(flatten)]
    path: PathView,
    why: &'static str,
}

impl RunView {
    fn of(ran: &Ran, before: Outcome) -> Self {
        let rendered = &ran.rendered;
        // A command that failed and made nothing leaves nothing to judge but what had passed.
        let judged = rendered.exit == 0 || !rendered.outputs.is_empty();
        let verdict = if judged { rendered.outcome } else { before };
        let unlinked = ran.unlinked.iter();
        Self {
            ran: true,
            command_exit: Some(rendered.exit),
            verdict,
            outputs: rendered.outputs.iter().map(|item| item.path.to_string()).collect(),
            rendition: rendered.is_rendition(),
            findings: ran.findings.iter().map(FindingView::from).collect(),
            unlinked: unlinked
                .map(|(path, why)| UnlinkedView { path: PathView::from(path), why })
                .collect(),
            problem: ran.failed.as_ref().map(ToString::to_string),
        }
    }
}

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    args: &RunArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let options = RunOptions {
        outputs: args.outputs.clone(),
        command: args.command.clone(),
        stdout: !output.is_json(),
        settle: args.settle,
    };
    let answer = app::run(project, context, &args.name, &options)?;
    let Some(ran) = answer.ran else {
        let outcome = answer.gate.verdict.outcome;
        if output.is_json() {
            output.json(&RunView {
                ran: false,
                command_exit: None,
                verdict: outcome,
                outputs: Vec::new(),
                rendition: false,
                findings: answer.gate.verdict.findings.iter().map(FindingView::from).collect(),
                unlinked: Vec::new(),
                problem: None,
            });
        } else {
            gate::show(&answer.gate, None, output);
            output.complain("error: gate refused, and the command did not run");
        }
        return Ok(gate::exit_of(outcome));
    };
    if output.is_json() {
        output.json(&RunView::of(&ran, answer.gate.verdict.outcome));
    } else {
        show(&ran, output);
    }
    // The command's own word first; that what it made does not pass is said where it has none.
    Ok(match ran.rendered.exit {
        0 => gate::exit_of(ran.rendered.outcome),
        code => Exit::Ran(code),
    })
}

fn show(ran: &Ran, output: &mut Output) {
    let rendered = &ran.rendered;
    let name = clean(&rendered.deliverable);
    let made = count(rendered.outputs.len() as u64, "file");
    for (path, why) in ran.unlinked.iter().take(NAMED) {
        output.remark(&format!("no lineage for {}: {why}", clean(&path.to_string())));
    }
    if let Some(more) = ran.unlinked.len().checked_sub(NAMED).filter(|more| *more > 0) {
        output.remark(&format!("… nor for {}", count(more as u64, "more file")));
    }
    if rendered.is_rendition() {
        let word = output.paint(Tone::Good, "rendition");
        return output.remark(&format!("{made} made: {word} of {name}"));
    }
    if let Some(failed) = &ran.failed {
        error::print(output, failed);
    }
    if rendered.exit != 0 {
        let why =
            format!("the command gave {}; {made} made, none of it a rendition", rendered.exit);
        return output.remark(&why);
    }
    gate::findings(output, &ran.findings, usize::MAX);
    let what = match rendered.outcome {
        Outcome::Pass => return,
        _ if !ran.still => format!("{name} is not what had passed any more"),
        _ if rendered.outputs.is_empty() => {
            "the command made nothing of what --out names".to_owned()
        }
        Outcome::Refused => format!("gate refused what the command made ({made})"),
        Outcome::CannotTell => format!("gate cannot tell what the command made ({made})"),
    };
    output.complain(&format!("error: {what}: no rendition"));
}
