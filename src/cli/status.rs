//! `status`.

use crate::app::{self, AppError, Context, Project};
use crate::cli::deliverable;
use crate::cli::exit::Exit;
use crate::cli::ls::line;
use crate::cli::output::{Output, Tone};
use crate::report::{
    DeclarationLine, ListRow, StatusView, bytes, clean, count, plain, to_the_second,
};

/// Lines of a list before the rest is only counted.
const SHOWN: usize = 12;

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let view = app::status(project, context)?;
    if output.is_json() {
        output.json(&view);
    } else {
        text(&view, output);
    }
    Ok(Exit::Ok)
}

fn text(view: &StatusView, output: &mut Output) {
    output.line(&format!("project {}", clean(&view.project)));
    for (name, path) in view.roots.iter().skip(1) {
        output.line(&format!("  root {name}: {}", clean(path)));
    }
    for (name, files) in &view.unconfigured {
        let files = count(*files, "file");
        output.line(&format!("  root {}: not configured any more, {files} known", clean(name)));
    }
    let policy = view.profile.as_deref().unwrap_or("none");
    match &view.scanned {
        Some(at) => {
            output.line(&format!("policy {policy}, last scan {}Z", to_the_second(at)));
        }
        None => output.line(&format!("policy {policy}, never scanned: genlock scan")),
    }
    output.line(&format!(
        "{}, {}: {} AI-made, {} in part, {} suspect, {} determined not AI, {} without a mark",
        count(view.files, "file"),
        bytes(view.bytes),
        view.ai,
        view.ai_part,
        view.suspect,
        view.not_ai,
        view.unknown
    ));
    undeclared(output, view.awaiting_declaration.len());
    reports(output, &view.awaiting_report);
    list(
        output,
        "AI-made, awaiting approval",
        "genlock show PATH; genlock approve PATH …",
        &view.awaiting_approval,
    );
    list(
        output,
        "suspect, awaiting a person's determination",
        "genlock tag PATH --ai | --not-ai",
        &view.awaiting_determination,
    );
    list(output, "missing", "genlock ls --missing", &view.missing);
    if !view.problems.is_empty() {
        output.line("");
        let heading = format!("not fully examined ({})", view.problems.len());
        let heading = output.paint(Tone::Strong, &heading);
        output.line(&heading);
        for one in view.problems.iter().take(output.limit(SHOWN)) {
            output.line(&format!("  {}: {}", clean(&one.path.path), clean(&one.problem)));
        }
        more(output, view.problems.len());
    }
    if !view.deliverables.is_empty() {
        output.line("");
        let heading = output.paint(Tone::Strong, "deliverables");
        output.line(&heading);
        for one in &view.deliverables {
            let text = deliverable::line(output, one);
            output.line(&format!("  {text}"));
        }
    }
}

/// Counted only: most of them await approval too, and are listed there.
fn undeclared(output: &mut Output, number: usize) {
    if number > 0 {
        output.line("");
        let heading =
            output.paint(Tone::Strong, &format!("AI-made, awaiting declaration ({number})"));
        output.line(&format!("{heading}  genlock ls --ai; genlock declare PATH …"));
    }
}

fn reports(output: &mut Output, lines: &[DeclarationLine]) {
    if lines.is_empty() {
        return;
    }
    output.line("");
    let heading =
        output.paint(Tone::Strong, &format!("declared, awaiting report ({})", lines.len()));
    output.line(&format!("{heading}  genlock reported D-n --to WHO"));
    for one in lines.iter().take(output.limit(SHOWN)) {
        let assets = count(one.assets, "asset");
        output.line(&format!(
            "  {:6} {:8} {assets}  {}",
            one.id,
            one.tier,
            plain(&one.purpose, output.limit(80))
        ));
    }
    more(output, lines.len());
}

fn list(output: &mut Output, heading: &str, hint: &str, rows: &[ListRow]) {
    if rows.is_empty() {
        return;
    }
    output.line("");
    let heading = output.paint(Tone::Strong, &format!("{heading} ({})", rows.len()));
    output.line(&format!("{heading}  {hint}"));
    for row in rows.iter().take(output.limit(SHOWN)) {
        let text = line(output, row);
        output.line(&format!("  {text}"));
    }
    more(output, rows.len());
}

fn more(output: &mut Output, total: usize) {
    if let Some(more @ 1..) = total.checked_sub(output.limit(SHOWN)) {
        output.line(&format!("  … and {more} more"));
    }
}
