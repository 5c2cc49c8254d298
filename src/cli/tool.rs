//! `tool add`, `tool ls`, `tool show`.

use crate::app::{self, AppError, Context, Project};
use crate::cli::args::{ToolArgs, ToolCommand};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::model::{Answer, Tool};
use crate::report::{ToolView, answered, clean, to_the_second};

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    command: &ToolCommand,
    output: &mut Output,
) -> Result<Exit, AppError> {
    match command {
        ToolCommand::Add(args) => {
            let view = app::add_tool(project, context, &tool(args), args.terms.as_ref())?;
            if output.is_json() {
                output.json(&view);
            } else {
                output.remark(&line(&view));
            }
        }
        ToolCommand::Ls => {
            for view in app::tools(project)? {
                if output.is_json() {
                    output.json(&view);
                } else {
                    output.line(&line(&view));
                }
            }
        }
        ToolCommand::Show { name } => {
            let entries = app::show_tool(project, name)?;
            for view in &entries {
                if output.is_json() {
                    output.json(view);
                } else {
                    whole(view, output);
                }
            }
        }
    }
    Ok(Exit::Ok)
}

fn tool(args: &ToolArgs) -> Tool {
    Tool {
        name: args.name.clone(),
        version: args.tool_version.clone(),
        vendor: args.vendor.clone(),
        licence_tier: args.licence_tier.clone(),
        enterprise: args.enterprise,
        stores: args.stores,
        reuses: args.reuses,
        trains_on_inputs: args.trains_on_inputs,
        trains_on_outputs: args.trains_on_outputs,
        terms: None,
        terms_date: args.terms_date.clone(),
        note: args.note.clone(),
    }
}

fn line(view: &ToolView) -> String {
    let version = view.version.as_deref().unwrap_or("any version");
    let by =
        view.vendor.as_ref().map(|vendor| format!(" by {}", clean(vendor))).unwrap_or_default();
    let enterprise = answered(view.enterprise);
    let trains = match [view.stores, view.reuses, view.trains_on_inputs, view.trains_on_outputs] {
        all if all.contains(&Some(Answer::Yes)) => "keeps or trains on data",
        all if all.iter().all(|one| *one == Some(Answer::No)) => "keeps nothing",
        _ => "terms not answered",
    };
    let terms = if view.terms.is_some() { ", terms on record" } else { "" };
    format!(
        "{} ({}){by}: enterprise {enterprise}, {trains}{terms}",
        clean(&view.name),
        clean(version)
    )
}

fn whole(view: &ToolView, output: &mut Output) {
    let name = output.paint(Tone::Strong, &clean(&view.name));
    let when = to_the_second(&view.at);
    output.line(&format!("{name}  registered {when}Z by {}", clean(&view.by)));
    let terms = view.terms_name.as_ref().zip(view.terms.as_ref());
    let terms = terms.map(|(name, hash)| format!("{name} ({})", &hash[..12]));
    let said = |answer| Some(answered(answer).to_owned());
    let lines = [
        ("version", view.version.clone()),
        ("vendor", view.vendor.clone()),
        ("licence tier", view.licence_tier.clone()),
        ("enterprise agreement", said(view.enterprise)),
        ("stores inputs", said(view.stores)),
        ("re-uses inputs", said(view.reuses)),
        ("trains on inputs", said(view.trains_on_inputs)),
        ("trains on outputs", said(view.trains_on_outputs)),
        ("terms", terms),
        ("terms read on", view.terms_date.clone()),
        ("note", view.note.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            output.line(&format!("  {name:20}  {}", clean(&value)));
        }
    }
}
