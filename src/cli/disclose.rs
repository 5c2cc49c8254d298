//! `disclose`.

use std::io::{self, IsTerminal, Write};

use crate::app::{self, AppError, Context, Project};
use crate::cli::args::{DiscloseArgs, LogFormat};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::report::{
    Disclosure, clean, count, disclosure_csv, disclosure_html, disclosure_summary, json_line,
};

/// What is written.
#[derive(Clone, Copy)]
enum Shape {
    Html,
    Csv,
    Json,
    Summary,
}

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    args: &DiscloseArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let shape = shape(args, output.is_json());
    let name = args.name.as_deref();
    let log = match shape {
        Shape::Html => app::disclosure(project, context, name)?,
        _ => app::disclosure_data(project, context, name)?,
    };
    let write = |out: &mut dyn Write| match shape {
        Shape::Html => disclosure_html(out, &log),
        Shape::Csv => disclosure_csv(out, &log),
        Shape::Json => json_line(out, &log),
        Shape::Summary => disclosure_summary(out, &log),
    };
    match &args.output {
        None => output.raw(write),
        Some(file) => {
            app::save(project, context, file, write)?;
            if !output.is_json() {
                let lacking = match log.counts.lacking {
                    0 => String::new(),
                    lacking => format!(", {lacking} of them lacking something"),
                };
                let elements = count(log.counts.elements, "element");
                let file = clean(&file.to_string_lossy()).into_owned();
                output.remark(&format!("{file}: {elements}{lacking}"));
            }
        }
    }
    Ok(exit(&log, output))
}

/// The format that was asked for; else the file's by its name; else a summary for who sits at a
/// terminal, and the page for everything else.
fn shape(args: &DiscloseArgs, json: bool) -> Shape {
    if let Some(format) = args.format {
        return match format {
            LogFormat::Html => Shape::Html,
            LogFormat::Csv => Shape::Csv,
            LogFormat::Json => Shape::Json,
        };
    }
    let ending = args.output.as_ref().and_then(|file| file.extension()?.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        _ if json => Shape::Json,
        Some("csv") => Shape::Csv,
        Some("json") => Shape::Json,
        None if args.output.is_none() && io::stdout().is_terminal() => Shape::Summary,
        _ => Shape::Html,
    }
}

/// A timeline that cannot be read is an input that could not be examined: the log is written, and says
/// so, and so does the exit code.
fn exit(log: &Disclosure, output: &mut Output) -> Exit {
    for one in &log.unread {
        output.complain(&format!("problem: {}: {}", clean(&one.place), clean(&one.what)));
    }
    if log.unread.is_empty() { Exit::Ok } else { Exit::Partial }
}
