//! `watch`.

use std::sync::atomic::Ordering;

use crate::app::{self, AppError, Context, News, WatchOptions};
use crate::cli::args::{Global, WatchArgs};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::clock::SystemClock;
use crate::model::AiStatus;
use crate::problem::{Problem, Silent};
use crate::report::{
    GuardState, GuardView, PollView, ProblemView, ReadyView, WatchEvent, clean, count, duration,
    json_line, plain,
};

/// Characters of a reason on a line.
const REASON: usize = 160;

pub(super) fn run(
    context: &Context<'_>,
    global: &Global,
    args: &WatchArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    // Without a look at its roots: one that does not answer is not to hold up the others.
    let (dir, directory) = match &args.dir {
        None => (crate::cli::folder(context, global)?, None),
        Some(dir) => {
            let (project, part) = crate::cli::scan::target(context, global, Some(dir), output)?;
            (project.dir, part)
        }
    };
    let options = WatchOptions {
        directory,
        poll: args.poll,
        settle: args.settle,
        once: args.once,
        queue: args.queue,
        watches: args.watches,
        answer: args.answer,
    };
    // Who reads JSON sees no bar.
    let silent = Context {
        clock: context.clock,
        reporter: &Silent,
        actor: context.actor.clone(),
        cwd: context.cwd.clone(),
        cancel: context.cancel,
        follower: context.follower.clone(),
    };
    let context = if output.is_json() { &silent } else { context };
    // One pass is an answer, and whoever asked for it waits for all of it.
    if !args.once {
        output.go_beside(&gap(output.is_json()));
    }
    let outcome = app::watch(&dir, context, &SystemClock, &options, &mut |events| {
        context.reporter.beside(&mut || {
            if output.is_json() {
                for event in events {
                    output.json(event);
                }
            } else {
                text(events, output);
            }
            output.flush();
        });
        if output.is_lost() {
            // Whoever listened went away: there is nobody left to keep watch for.
            context.cancel.store(true, Ordering::Relaxed);
        }
    })?;
    Ok(if !args.once {
        // Stopped by who started it, and that is what it was to do.
        Exit::Ok
    } else if !outcome.complete {
        // One pass is an answer, and this is none.
        return Err(AppError::Interrupted);
    } else if outcome.guarded > 0 {
        Exit::No
    } else if outcome.problems > 0 {
        Exit::Partial
    } else {
        Exit::Ok
    })
}

/// What stands where something was told and nobody read it.
fn gap(json: bool) -> Vec<u8> {
    let what = "nobody reads what is told, or its disk is full: some of it is left out here, and everything is \
                recorded";
    let problem = Problem::new("output", what);
    if json {
        let mut line = Vec::new();
        // Memory takes whatever is written to it.
        let _ = json_line(&mut line, &WatchEvent::Problem(ProblemView::from(&problem)));
        return line;
    }
    format!("problem: {}: {}\n", problem.path, problem.problem).into_bytes()
}

fn text(events: &[WatchEvent], output: &mut Output) {
    for one in app::news(events) {
        line(&one, output);
    }
    for event in events {
        match event {
            WatchEvent::Ready(view) => ready(view, output),
            WatchEvent::Problem(_) if output.is_quiet() => {}
            WatchEvent::Problem(view) => {
                let (path, problem) = (clean(&view.path.path), clean(&view.problem));
                output.complain(&format!("problem: {path}: {problem}"));
            }
            WatchEvent::Rescan { why } => {
                output.remark(&format!("looking at everything again: {}", clean(why)));
            }
            WatchEvent::Guard(view) => guard(view, output),
            WatchEvent::Polling(view) => polling(view, output),
            WatchEvent::Changed(_) | WatchEvent::Gone(_) => {}
        }
    }
}

fn line(one: &News, output: &mut Output) {
    let tone = if one.status == AiStatus::Suspect { Tone::Careful } else { Tone::Bad };
    let status = output.paint(tone, &format!("{:<7}", one.status));
    let frames = one.frames.map(|frames| format!(" ({})", count(frames, "frame")));
    let (path, why) = (clean(&one.path), plain(&one.why, output.limit(REASON)));
    output.line(&format!("{status}  {path}{}  {why}", frames.unwrap_or_default()));
}

fn guard(view: &GuardView, output: &mut Output) {
    let tone = match view.state {
        GuardState::Known => Tone::Good,
        GuardState::Arriving => Tone::Careful,
        GuardState::Refused => Tone::Bad,
    };
    let state = output.paint(tone, &format!("guard: {}", view.state));
    output.line(&format!(
        "{state}  {}  {}",
        clean(&view.path.path),
        plain(&view.why, output.limit(REASON))
    ));
}

fn ready(view: &ReadyView, output: &mut Output) {
    let folders = view.watched + view.poll.polled;
    output.remark(&format!(
        "watching {} in {} (ready after {})",
        count(view.files, "file"),
        count(folders, "folder"),
        duration(view.elapsed_ms)
    ));
    if view.poll.poll_why.is_some() {
        polling(&view.poll, output);
    }
}

fn polling(view: &PollView, output: &mut Output) {
    let (Some(every), Some(why)) = (view.poll_ms, &view.poll_why) else {
        output.remark("no folder is looked at from time to time any more");
        return;
    };
    let folders = count(view.polled, "folder");
    let cost = view.poll_took_ms.map(|took| format!("; the last look took {}", duration(took)));
    let cost = cost.unwrap_or_default();
    output.remark(&format!("{folders} looked at every {}: {}{cost}", duration(every), clean(why)));
}
