//! `declare` and `reported`.

use serde::Serialize;

use crate::app::{self, AppError, Context, Covered, DeclareAnswer, Draft, Project};
use crate::cli::args::{DeclareArgs, ReportedArgs};
use crate::cli::error::declined;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::cli::terminal::{Conversation, can_ask, confirm};
use crate::model::{DeclarationVersion, NamedDeclaration, Tier};
use crate::report::{clean, count, plain};

#[derive(Serialize)]
struct DeclaredView<'a> {
    id: String,
    version: u32,
    tier: Tier,
    reasons: Vec<ReasonView<'a>>,
    assets: usize,
}

#[derive(Serialize)]
struct ReasonView<'a> {
    code: &'a str,
    why: &'a str,
}

pub(super) fn declare(
    context: &Context<'_>,
    project: &Project,
    args: &DeclareArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let existing = match args.assets.as_slice() {
        [one] => one.parse::<NamedDeclaration>().ok(),
        _ => None,
    };
    let named = if existing.is_some() { &[] } else { args.assets.as_slice() };
    if existing.is_none() && !args.add.is_empty() {
        return Err(AppError::usage(
            "--add puts assets under a declaration that there is",
            "genlock declare D-n --add ASSET",
        ));
    }
    // As it stands before anything is asked or read.
    let from = existing.map(|named| app::standing(project, named)).transpose()?;
    let existing = existing.map(|named| named.id);
    let covered = app::covered(project, context, &[named, &args.add].concat())?;
    let number = covered.assets.len();
    let question = format!("declare this of {}?", count(number as u64, "asset"));
    if !args.template && number > 1 && !args.yes && !confirm(&question) {
        return Ok(declined(output, Exit::No));
    }
    if let Some(file) = &args.from {
        let declaration = app::declaration_from(project, context, file)?;
        let mut draft = Draft::from(&declaration);
        // By the marks the first time only: said again unchanged, it is the same.
        draft.fill_from(&match existing {
            Some(id) => app::said(project, id)?,
            None => app::known(project, None, &covered)?,
        });
        let declaration = app::declaration_of(project, context, draft)?;
        let answer = app::declare(project, context, from, &declaration, &covered)?;
        return Ok(show(&answer, output));
    }
    if let Some(id) = existing.filter(|_| !args.add.is_empty()) {
        return Ok(show(&app::attach(project, context, id, &covered)?, output));
    }
    let draft = app::draft(project, existing, &covered)?;
    if args.template {
        let text = app::declaration_template(&draft);
        output.raw(|out| out.write_all(text.as_bytes()));
        return Ok(Exit::Ok);
    }
    if output.is_json() || !can_ask() {
        return Err(AppError::usage(
            "what is to be declared is not said",
            "write it with: genlock declare ASSET --template > use.toml; then: genlock declare ASSET \
             --from use.toml; on a terminal questions are asked",
        ));
    }
    match answered(context, project, from, &covered, draft, output)? {
        Ok(answer) => Ok(show(&answer, output)),
        Err(exit) => Ok(declined(output, exit)),
    }
}

/// Asks, and declares what is answered; the exit code when whoever answers leaves.
fn answered(
    context: &Context<'_>,
    project: &Project,
    from: Option<DeclarationVersion>,
    covered: &Covered,
    mut draft: Draft,
    output: &mut Output,
) -> Result<Result<DeclareAnswer, Exit>, AppError> {
    // Who hears only at the end that there is no policy to answer by has answered everything for nothing.
    project.policy()?;
    output.complain("Enter keeps what is said to be now, \"none\" takes it away; Ctrl-D leaves");
    let before = draft.clone();
    let left = questions(context, &mut draft)?;
    let gone = draft.settle(&before);
    if !gone.is_empty() {
        let said = "left out, since what was answered leaves no question for it";
        output.complain(&format!("note: {said}: {}", clean(&gone.join(", "))));
    }
    let declared = || {
        let declaration = app::declaration_of(project, context, draft.clone())?;
        app::declare(project, context, from, &declaration, covered)
    };
    let answer = left.map_or_else(|| declared().map(Ok), |exit| Ok(Err(exit)));
    if !matches!(answer, Ok(Ok(_))) {
        unfinished(project, from, &draft, output);
    }
    answer
}

/// Says where that is kept which was answered and is not recorded, and how it goes on: from the version that
/// the answers were given to, not over what somebody says of it meanwhile.
fn unfinished(
    project: &Project,
    from: Option<DeclarationVersion>,
    draft: &Draft,
    output: &mut Output,
) {
    if !draft.is_answered() {
        return;
    }
    if let Ok(file) = app::keep_unfinished(project, draft) {
        let file = file.display().to_string();
        let what = from.map_or_else(|| "ASSET…".to_owned(), |from| from.named().to_string());
        let next = format!("complete it, then: genlock declare {what} --from that file");
        output.complain(&format!("what was answered is kept in {}: {next}", clean(&file)));
    } else {
        // Nothing can be written there: better on the screen than gone.
        let text = app::declaration_template(draft);
        output.raw(|out| out.write_all(text.as_bytes()));
    }
}

/// One question after the other; gives the exit code when whoever answers leaves.
fn questions(context: &Context<'_>, draft: &mut Draft) -> Result<Option<Exit>, AppError> {
    let conversation = Conversation::begin()?;
    while let Some(question) = draft.next() {
        let choices = match question.choices.as_slice() {
            [] => String::new(),
            choices => format!(" ({})", choices.join(", ")),
        };
        let source = match question.source {
            "" => String::new(),
            source => format!("\n  [{source}]"),
        };
        let known = question.known.as_ref();
        let known = known.map(|known| format!("\n  now: {}", plain(known, 160)));
        let mut text =
            format!("{}{choices}{source}{}", clean(&question.text), known.unwrap_or_default());
        loop {
            let Some(answer) = conversation.ask(&text) else {
                let interrupted = conversation.was_interrupted();
                return Ok(Some(if interrupted { Exit::Interrupted } else { Exit::No }));
            };
            match draft.answer(&question, &answer, context.now()) {
                Ok(()) => break,
                Err(choices) => text = format!("  {choices}"),
            }
        }
    }
    Ok(None)
}

fn show(answer: &DeclareAnswer, output: &mut Output) -> Exit {
    if output.is_json() {
        let reasons = answer.reasons.iter();
        let reasons = reasons.map(|one| ReasonView { code: &one.code, why: &one.why }).collect();
        output.json(&DeclaredView {
            id: answer.id.to_string(),
            version: answer.version,
            tier: answer.tier,
            reasons,
            assets: answer.assets,
        });
        return Exit::Ok;
    }
    let tone = if answer.tier == Tier::Escalate { Tone::Careful } else { Tone::Good };
    let tier = output.paint(tone, answer.tier.as_str());
    let same = if answer.changed { "" } else { ", as it was recorded already" };
    let version =
        if answer.version > 1 { format!(" version {}", answer.version) } else { String::new() };
    let assets = count(answer.assets as u64, "asset");
    output.line(&format!("{}{version}: {tier}  ({assets}{same})", answer.id));
    for one in &answer.reasons {
        output.line(&format!("  {}: {}", one.code, clean(&one.why)));
    }
    let next = match answer.tier {
        Tier::Escalate => "ask the commissioner's contact before going on; once it is sent",
        Tier::Report => "send it to the commissioner's contact, then",
    };
    if answer.assets == 0 {
        output.remark("nothing that is known is under it yet: genlock ls lists what is known");
    }
    output.remark(&format!("{next}: genlock reported {} --to WHO", answer.id));
    Exit::Ok
}

#[derive(Serialize)]
struct ReportedView<'a> {
    id: String,
    version: u32,
    to: &'a str,
    on: Option<&'a str>,
}

pub(super) fn reported(
    context: &Context<'_>,
    project: &Project,
    args: &ReportedArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let (named, on) = (args.declaration, args.on.as_deref());
    let version = app::reported(project, context, named, &args.to, on, args.document.as_ref())?;
    let id = named.id;
    if output.is_json() {
        output.json(&ReportedView { id: id.to_string(), version, to: &args.to, on });
    } else {
        output.remark(&format!("{id} version {version} was sent to {}", clean(&args.to)));
    }
    Ok(Exit::Ok)
}
