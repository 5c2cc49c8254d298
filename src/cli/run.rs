//! `run`.

use serde::Serialize;

use crate::app::{self, AppError, Context, Project, RunOptions};
use crate::cli::args::RunArgs;
use crate::cli::exit::Exit;
use crate::cli::gate;
use crate::cli::output::{Output, Tone};
use crate::model::Outcome;
use crate::report::{clean, count};

#[derive(Serialize)]
struct RunView {
    ran: bool,
    command_exit: Option<u8>,
    /// Of the deliverable; of what the command made once it ran.
    verdict: &'static str,
    outputs: Vec<String>,
    rendition: bool,
}

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    args: &RunArgs,
    verbose: bool,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let options = RunOptions {
        outputs: args.outputs.clone(),
        command: args.command.clone(),
        stdout: !output.is_json(),
    };
    let answer = app::run(project, context, &args.name, &options)?;
    let Some(ran) = answer.ran else {
        let exit = gate::exit_of(&answer.gate.verdict);
        if output.is_json() {
            output.json(&RunView {
                ran: false,
                command_exit: None,
                verdict: answer.gate.verdict.outcome.as_str(),
                outputs: Vec::new(),
                rendition: false,
            });
        } else {
            gate::show(&answer.gate, None, verbose, output);
            output.complain("error: gate refused, and the command did not run");
        }
        return Ok(exit);
    };
    let rendered = &ran.rendered;
    // The command's own word first; that what it made does not pass is said where it has none.
    let exit = match rendered.exit {
        0 => gate::exit_of(&ran.verdict),
        code => Exit::Ran(code),
    };
    if output.is_json() {
        output.json(&RunView {
            ran: true,
            command_exit: Some(rendered.exit),
            verdict: ran.verdict.outcome.as_str(),
            outputs: rendered.outputs.iter().map(|item| item.path.to_string()).collect(),
            rendition: rendered.is_rendition(),
        });
        return Ok(exit);
    }
    let made = count(rendered.outputs.len() as u64, "file");
    if rendered.is_rendition() {
        let word = output.paint(Tone::Good, "rendition");
        output.remark(&format!("{made} made: {word} of {}", clean(&rendered.deliverable)));
        return Ok(exit);
    }
    if rendered.exit != 0 {
        let why =
            format!("the command gave {}; {made} made, none of it a rendition", rendered.exit);
        output.remark(&why);
        return Ok(exit);
    }
    gate::findings(output, &ran.verdict.findings, usize::MAX);
    if rendered.outputs.is_empty() {
        output.remark("the command made nothing of what --out names");
    }
    if ran.verdict.outcome != Outcome::Pass {
        let why = format!("error: gate refused what the command made ({made}): no rendition");
        output.complain(&why);
    }
    Ok(exit)
}
