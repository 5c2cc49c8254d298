//! `tag`, `approve`, `reject`, `revoke`.

use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

use crate::app::{
    self, AppError, ApproveOptions, Context, DecisionOptions, DecisionTarget, Form, MetOptions,
    Project, RevokeOptions, RevokeTarget, Selected, SignOptions, TagOptions, Verdicts,
};
use crate::cli::args::{ApproveArgs, DecisionArgs, RejectArgs, RevokeArgs, TagArgs};
use crate::cli::error::declined;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::terminal::{can_ask, confirm};
use crate::model::{
    ApprovalId, DeclarationId, DeterminedStatus, Generative, NamedDeclaration, Scope, SourceType,
};
use crate::report::{clean, count};

#[derive(Serialize)]
struct DecisionView {
    ids: Vec<String>,
    assets: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    declaration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
}

impl DecisionView {
    fn of(ids: &[ApprovalId], assets: usize) -> Self {
        let ids = ids.iter().map(ToString::to_string).collect();
        Self { ids, assets, declaration: None, version: None }
    }
}

pub(super) fn tag(
    context: &Context<'_>,
    project: &Project,
    args: &TagArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let selected = app::choose(project, context, &args.assets)?;
    if !agreed("change the determination of", &selected, args.yes) {
        return Ok(declined(output, Exit::No));
    }
    if args.clear {
        let cleared = app::clear_tag(project, context, &selected.assets, args.note.as_deref())?;
        let text = format!("determination of {} withdrawn", count(cleared as u64, "asset"));
        return Ok(done(output, &[], cleared, &text));
    }
    let status = status(args)?;
    let options = TagOptions {
        status,
        source_type: args.source_type,
        tool: args.tool.clone(),
        note: args.note.clone(),
    };
    app::tag(project, context, &selected.assets, &options)?;
    let word = crate::model::AiStatus::from(status).as_str();
    let number = selected.assets.len();
    let text = format!("{} determined to be {word}", count(number as u64, "asset"));
    Ok(done(output, &[], number, &text))
}

/// A source type alone says which of the three it is; with a flag the two must agree.
fn status(args: &TagArgs) -> Result<DeterminedStatus, AppError> {
    let flag = match (args.ai, args.ai_part, args.not_ai) {
        (true, ..) => Some(DeterminedStatus::Ai),
        (_, true, _) => Some(DeterminedStatus::AiPart),
        (_, _, true) => Some(DeterminedStatus::NotAi),
        _ => None,
    };
    let implied = match args.source_type.map(SourceType::generative) {
        Some(Generative::Whole) => Some(DeterminedStatus::Ai),
        Some(Generative::Part) => Some(DeterminedStatus::AiPart),
        Some(Generative::No) => Some(DeterminedStatus::NotAi),
        Some(Generative::MayContain) | None => None,
    };
    match (flag, implied) {
        (Some(flag), Some(implied)) if flag != implied => Err(AppError::usage(
            "the source type says something else than the flag",
            "give one of the two",
        )),
        (Some(one), _) | (None, Some(one)) => Ok(one),
        (None, None) => Err(AppError::usage(
            "that source type may or may not contain AI",
            "say which with --ai, --ai-part or --not-ai",
        )),
    }
}

pub(super) fn approve(
    context: &Context<'_>,
    project: &Project,
    args: &ApproveArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    if args.condition_met {
        return condition_met(context, project, args, output);
    }
    let Some(target) = target(context, project, &args.assets, "approve", args.decision.yes)? else {
        return Ok(declined(output, Exit::No));
    };
    let scope = args.scope.map_or(Scope::Final, Scope::from);
    let form = match args.under {
        Some(id) => Form::Under(id),
        None if args.determination => Form::Determination,
        None => {
            let (conditions, expires) = (args.conditions.clone(), args.expires);
            Form::New { scope, conditions, expires }
        }
    };
    let decision = decision(&args.decision, args.note.clone());
    let options = ApproveOptions { decision, form, sign: sign(args.sign.as_ref()) };
    let made = app::approve(project, context, &target, &options)?;
    note_unknown(output, &made);
    let assets = about(&made);
    let signed = if args.sign.is_some() { ", signed" } else { "" };
    let text = match options.form {
        Form::Determination => {
            format!("{}: determination confirmed for {assets}{signed}", made.ids[0])
        }
        Form::Under(id) => format!("{}: {assets} approved under {id}{signed}", made.ids[0]),
        Form::New { .. } => {
            let lacking = scope == Scope::Final
                && options.decision.document.is_none()
                && app::asks_for_document(project);
            let document =
                if lacking { ", without the document a final deliverable asks for" } else { "" };
            let scope = scope.as_str();
            format!("{}: {assets} approved for {scope} use{signed}{document}", made.ids[0])
        }
    };
    Ok(decided(output, &made, &text))
}

fn condition_met(
    context: &Context<'_>,
    project: &Project,
    args: &ApproveArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let [Ok(approval)] = args.assets.iter().map(|one| one.parse()).collect::<Vec<_>>()[..] else {
        return Err(AppError::usage(
            "--condition-met is about one approval",
            "genlock approve A-n --condition-met --by WHO --note HOW",
        ));
    };
    let options = MetOptions {
        approval,
        by: args.decision.by.clone(),
        note: args.note.clone().unwrap_or_default(),
        document: args.decision.document.clone(),
        sign: sign(args.sign.as_ref()),
    };
    let made = app::condition_met(project, context, &options)?;
    let text = format!("the conditions of {approval} are met, says {}", clean(&options.by));
    Ok(decided(output, &made, &text))
}

/// With what to sign; the agent is the one of the shell.
pub(super) fn sign(key: Option<&PathBuf>) -> Option<SignOptions> {
    let agent = || std::env::var_os("SSH_AUTH_SOCK").filter(|at| !at.is_empty()).map(PathBuf::from);
    key.map(|key| SignOptions { key: key.clone(), agent: agent() })
}

pub(super) fn reject(
    context: &Context<'_>,
    project: &Project,
    args: &RejectArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let Some(target) = target(context, project, &args.assets, "reject", args.decision.yes)? else {
        return Ok(declined(output, Exit::No));
    };
    let options = decision(&args.decision, None);
    let scope = args.scope.map(Scope::from);
    let made = app::reject(project, context, &target, &options, scope, &args.note)?;
    note_unknown(output, &made);
    let text = format!("{}: {} rejected", made.ids[0], about(&made));
    Ok(decided(output, &made, &text))
}

pub(super) fn revoke(
    context: &Context<'_>,
    project: &Project,
    args: &RevokeArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let target = match args.targets.as_slice() {
        [one] if let Ok(id) = one.parse() => RevokeTarget::Approval(id),
        [one] if let Ok(id) = one.parse() => RevokeTarget::Declaration(id),
        targets => {
            alone::<ApprovalId>(targets)?;
            alone::<DeclarationId>(targets)?;
            let selected = app::choose_known(project, context, targets)?;
            if !agreed("withdraw the approvals of", &selected, args.yes) {
                return Ok(declined(output, Exit::No));
            }
            RevokeTarget::Assets(selected.assets)
        }
    };
    let options = RevokeOptions {
        by: args.by.clone(),
        note: args.note.clone(),
        scope: args.scope.map(Scope::from),
        deliverables: args.deliverables.clone(),
        document: args.document.clone(),
    };
    let made = app::revoke(project, context, &target, &options)?;
    let ids: Vec<_> = made.ids.iter().map(ToString::to_string).collect();
    let assets = count(made.assets as u64, "asset");
    let wider = made.wider.iter().map(|id| format!("; {id} was for all deliverables"));
    let text = format!("{} withdrawn for {assets}{}", ids.join(", "), wider.collect::<String>());
    Ok(done(output, &made.ids, made.assets, &text))
}

/// A declaration, or assets that whoever sits there agrees to; none when they do not.
fn target(
    context: &Context<'_>,
    project: &Project,
    arguments: &[String],
    verb: &str,
    yes: bool,
) -> Result<Option<DecisionTarget>, AppError> {
    if let [one] = arguments
        && let Ok(named) = one.parse::<NamedDeclaration>()
    {
        if yes || !can_ask() {
            return Ok(Some(DecisionTarget::Declaration(named)));
        }
        // What is agreed to is the version that was asked about.
        let (version, number) = app::stands(project, named)?;
        let question = format!("{verb} {version}, {}?", count(number as u64, "asset"));
        let agreed = number < 2 || confirm(&question);
        return Ok(agreed.then_some(DecisionTarget::Declaration(version.named())));
    }
    alone::<NamedDeclaration>(arguments)?;
    let selected = app::choose(project, context, arguments)?;
    let agreed = agreed(verb, &selected, yes);
    Ok(agreed.then_some(DecisionTarget::Assets(selected.assets)))
}

/// Refuses an approval or declaration beside anything else: each is decided on for itself.
fn alone<T: FromStr>(arguments: &[String]) -> Result<(), AppError> {
    let Some(one) = arguments.iter().find(|one| one.parse::<T>().is_ok()) else { return Ok(()) };
    Err(AppError::usage(
        format!("{one} is named beside other things, and is decided on for itself"),
        format!("name {one} alone; a file of that name is ./{one}"),
    ))
}

fn decision(args: &DecisionArgs, note: Option<String>) -> DecisionOptions {
    DecisionOptions {
        by: args.by.clone(),
        deliverables: args.deliverables.clone(),
        document: args.document.clone(),
        note,
    }
}

/// A person at a terminal is asked before many assets are decided at once.
fn agreed(verb: &str, selected: &Selected, yes: bool) -> bool {
    let number = selected.assets.len();
    yes || number < 2 || {
        let paths = if selected.paths() > number {
            format!(" at {} paths", selected.paths())
        } else {
            String::new()
        };
        confirm(&format!("{verb} {}{paths}?", count(number as u64, "asset")))
    }
}

fn note_unknown(output: &mut Output, made: &Verdicts) {
    for name in &made.unknown_deliverables {
        output.complain(&format!("note: there is no deliverable {:?} yet", clean(name)));
    }
}

/// What was decided on: the contents, and the declaration as it stood.
fn about(made: &Verdicts) -> String {
    let assets = count(made.assets as u64, "asset");
    made.declaration.map_or_else(|| assets.clone(), |one| format!("{one}, {assets}"))
}

fn decided(output: &mut Output, made: &Verdicts, text: &str) -> Exit {
    let (declaration, version) = made.declaration.map(|one| (one.id, one.version)).unzip();
    let declaration = declaration.map(|id| id.to_string());
    let view = DecisionView { declaration, version, ..DecisionView::of(&made.ids, made.assets) };
    tell(output, &view, text)
}

fn done(output: &mut Output, ids: &[ApprovalId], assets: usize, text: &str) -> Exit {
    tell(output, &DecisionView::of(ids, assets), text)
}

fn tell(output: &mut Output, view: &DecisionView, text: &str) -> Exit {
    if output.is_json() {
        output.json(view);
    } else {
        output.remark(text);
    }
    Exit::Ok
}
