//! `verify` and `log`.

use serde::Serialize;

use crate::app::{self, AppError, Context, Project, VerifyOptions};
use crate::cli::args::{LogArgs, VerifyArgs};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::report::{ProblemView, clean, count, plain, to_the_second};

#[derive(Serialize)]
struct VerifyView {
    ok: bool,
    events: u64,
    head: String,
    problems: Vec<ProblemView>,
}

pub(super) fn verify(
    context: &Context<'_>,
    project: &Project,
    args: &VerifyArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let options = VerifyOptions { files: args.files, head: args.head };
    let found = app::verify(project, context, &options)?;
    let mut exit = Exit::Ok;
    let worst = [
        (&found.broken, Exit::Integrity),
        (&found.changed, Exit::No),
        (&found.unread, Exit::Partial),
    ];
    let mut problems = Vec::new();
    for (list, code) in worst {
        if !list.is_empty() {
            exit = exit.worst(code);
        }
        problems.extend(list.iter().map(ProblemView::from));
    }
    if output.is_json() {
        let head = found.head.hash_hex();
        let ok = problems.is_empty();
        output.json(&VerifyView { ok, events: found.events, head, problems });
        return Ok(exit);
    }
    for one in &problems {
        let place = output.paint(Tone::Bad, &clean(&one.path.path));
        output.line(&format!("{place}: {}", plain(&one.problem, output.limit(400))));
    }
    let events = count(found.events, "event");
    if problems.is_empty() {
        output.line(&format!("whole: {events}, head {}", found.head));
    } else {
        let number = count(problems.len() as u64, "problem");
        output.line(&format!("{number}; {events} hold, up to {}", found.head));
    }
    Ok(exit)
}

pub(super) fn log(
    context: &Context<'_>,
    project: &Project,
    args: &LogArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    app::history(project, context, args.asset.as_deref(), args.since, &mut |event| {
        if output.is_json() {
            output.json(&event);
        } else {
            let when = to_the_second(&event.at);
            let seq = output.paint(Tone::Faint, &format!("{:>6}", event.seq));
            output.line(&format!(
                "{seq} {when}Z {}  {}",
                plain(&event.actor, output.limit(40)),
                plain(&event.summary, output.limit(200))
            ));
        }
        !output.is_lost()
    })?;
    Ok(Exit::Ok)
}
