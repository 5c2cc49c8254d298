//! `init` and `deliverable`.

use serde::Serialize;

use crate::app::{self, AppError, Context, DeliverableState, InitOptions, Project};
use crate::cli::args::{Global, InitArgs};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::report::{DeliverableLine, clean, count};

#[derive(Serialize)]
struct InitView {
    project: String,
    created: bool,
    ledger: String,
}

pub(super) fn init(
    context: &Context<'_>,
    global: &Global,
    args: &InitArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let dir = args.dir.as_ref().or(global.project.as_ref());
    let dir = dir.map_or_else(|| context.cwd.clone(), |dir| context.absolute(dir));
    let options = InitOptions { profile: Some(args.profile.clone()), ledger: args.ledger.clone() };
    let made = app::init(context, &dir, &options)?;
    let project = made.project.dir.display().to_string();
    let ledger = made.project.config.ledger.display().to_string();
    if output.is_json() {
        output.json(&InitView { project, created: made.created, ledger });
        return Ok(Exit::Ok);
    }
    if made.created {
        output.remark(&format!("project made in {}", clean(&project)));
        output.remark(&format!(
            "  policy    .genlock/policy.toml, from the profile {}",
            args.profile
        ));
        output.remark(&format!("  ledger    {}", clean(&ledger)));
        output.remark("next: genlock scan");
    } else {
        output.remark(&format!(
            "there is a project in {} already; nothing was changed",
            clean(&project)
        ));
    }
    Ok(Exit::Ok)
}

pub(super) fn deliverable_add(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    paths: &[String],
    output: &mut Output,
) -> Result<Exit, AppError> {
    app::add_deliverable(project, context, name, paths)?;
    if output.is_json() {
        return deliverable_show(project, name, output);
    }
    let known = app::show_deliverable(project, name)?;
    let files = count(known.contents.len() as u64, "file");
    let paths = clean(&known.paths.join(", ")).into_owned();
    output.remark(&format!("{} contains {paths}  ({files} as last observed)", clean(name)));
    output.remark(&format!("next: genlock gate {}", clean(name)));
    Ok(Exit::Ok)
}

pub(super) fn deliverable_rm(
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

pub(super) fn deliverable_ls(project: &Project, output: &mut Output) -> Result<Exit, AppError> {
    for one in app::deliverables(project)? {
        let line = DeliverableLine {
            name: one.name,
            state: one.state.as_str(),
            files: one.contents.len() as u64,
            verdict: one.gate.map(|(outcome, _)| outcome.as_str()),
            gated: one.gate.map(|(_, at)| at.to_string()),
        };
        if output.is_json() {
            output.json(&line);
        } else {
            let text = deliverable_line(output, &line);
            output.line(&text);
        }
    }
    Ok(Exit::Ok)
}

/// One deliverable in a list of them.
pub(super) fn deliverable_line(output: &Output, line: &DeliverableLine) -> String {
    let tone = match line.state {
        "final" => Tone::Good,
        "final-changed" => Tone::Bad,
        _ => Tone::Faint,
    };
    let state = output.paint(tone, &format!("{:13}", line.state));
    let verdict = match (line.verdict, &line.gated) {
        (Some(verdict), Some(at)) => format!("last gate: {verdict}, {}", &at[..at.len().min(19)]),
        _ => "never gated".to_owned(),
    };
    format!("{state} {}  {}  {verdict}", clean(&line.name), count(line.files, "file"))
}

#[derive(Serialize)]
struct DeliverableDetail {
    deliverable: String,
    state: &'static str,
    paths: Vec<String>,
    references: Vec<Reference>,
}

/// A thing the deliverable is made of, in the shape that timelines will fill too.
#[derive(Serialize)]
struct Reference {
    name: String,
    target: String,
    reel: Option<String>,
    record_in: Option<String>,
    record_out: Option<String>,
    track: Option<String>,
    enabled: bool,
    resolution: &'static str,
    asset: Option<String>,
    path: Option<String>,
}

pub(super) fn deliverable_show(
    project: &Project,
    name: &str,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let one = app::show_deliverable(project, name)?;
    if output.is_json() {
        let references = one.contents.iter().map(|item| {
            let path = item.path.to_string();
            Reference {
                name: path.rsplit('/').next().unwrap_or_default().to_owned(),
                target: path.clone(),
                reel: None,
                record_in: None,
                record_out: None,
                track: None,
                enabled: true,
                resolution: "resolved",
                asset: Some(item.asset.to_string()),
                path: Some(path),
            }
        });
        let references = references.collect();
        let state = one.state.as_str();
        output.json(&DeliverableDetail {
            deliverable: one.name,
            state,
            paths: one.paths,
            references,
        });
        return Ok(Exit::Ok);
    }
    output.line(&format!("{}  {}", clean(&one.name), one.state.as_str()));
    for path in &one.paths {
        output.line(&format!("  contains {}", clean(path)));
    }
    if let Some((outcome, at)) = one.gate {
        output.line(&format!("  last gate: {} at {}", outcome.as_str(), at.to_the_second()));
    }
    output.line(&format!("  {}, as last observed:", count(one.contents.len() as u64, "file")));
    for item in &one.contents {
        output.line(&format!("    {}  {}", item.asset.short(), clean(&item.path.to_string())));
    }
    if one.state == DeliverableState::FinalChanged {
        output.line(
            "it changed since it was finalised: genlock reopen it before anything is exported",
        );
    }
    Ok(Exit::Ok)
}
