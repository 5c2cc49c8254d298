//! `policy check`, `policy explain`, `policy test`, `policy ack`.

use serde::Serialize;

use crate::app::{
    self, AckOptions, Acknowledged, AppError, Context, PolicyChoice, Project, ShownChange,
};
use crate::cli::args::PolicyCommand;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::cli::people::sign;
use crate::model::TextKind;
use crate::report::{RuleView, clean, count, plain};

#[derive(Serialize)]
struct TestView {
    ok: bool,
    cases: usize,
    failed: Vec<FailedView>,
}

#[derive(Serialize)]
struct AckView {
    policy: String,
    approvers: Option<String>,
    changes: usize,
    acknowledged: bool,
    shown: Vec<ChangeView>,
}

#[derive(Serialize)]
struct ChangeView {
    of: TextKind,
    seq: Option<u64>,
    by: Option<String>,
    at: Option<String>,
    difference: Vec<String>,
}

impl ChangeView {
    fn of(change: &ShownChange) -> Self {
        let (seq, by, at) = match &change.on_record {
            Some((seq, by, at)) => (Some(seq.0), Some(by.clone()), Some(at.to_string())),
            None => (None, None, None),
        };
        Self { of: change.of, seq, by, at, difference: change.lines.clone() }
    }
}

#[derive(Serialize)]
struct FailedView {
    name: String,
    missing: Vec<String>,
    unexpected: Vec<String>,
}

pub(super) fn run(
    context: &Context<'_>,
    project: impl Fn() -> Result<Project, AppError>,
    command: &PolicyCommand,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let choose = |profile: &Option<String>| match profile {
        Some(name) => Ok(PolicyChoice::Profile(name.clone())),
        None => project().map(|project| PolicyChoice::Project(Box::new(project))),
    };
    match command {
        PolicyCommand::Check { file, profile } => {
            let choice = match file {
                Some(file) => PolicyChoice::File(file.clone()),
                None => choose(profile)?,
            };
            check(context, &choice, output)
        }
        PolicyCommand::Explain { facts: true, .. } => Ok(facts(output)),
        PolicyCommand::Explain { code, profile, .. } => {
            // Codes mean the same everywhere: without a project there is still an answer.
            let choice = match choose(profile) {
                Err(AppError::NoProject { .. }) => PolicyChoice::Profile("netflix".to_owned()),
                other => other?,
            };
            explain(context, &choice, code.as_deref(), output)
        }
        PolicyCommand::Ack { by, note, sign: key } => {
            let by = by.clone().unwrap_or_else(|| context.actor.clone());
            let options = AckOptions { by, note: note.clone(), sign: sign(key.as_ref()) };
            let known = app::acknowledge(&project()?, context, &options)?;
            Ok(acknowledged(&known, output))
        }
        PolicyCommand::Test { file, profile } => {
            let results = app::test_policy(context, &choose(profile)?, file)?;
            Ok(tested(&results, output))
        }
    }
}

fn acknowledged(known: &Acknowledged, output: &mut Output) -> Exit {
    let exit = if known.stands { Exit::Ok } else { Exit::No };
    if output.is_json() {
        output.json(&AckView {
            policy: known.policy.to_string(),
            approvers: known.approvers.map(|hash| hash.to_string()),
            changes: known.changes.len(),
            acknowledged: known.stands,
            shown: known.changes.iter().map(ChangeView::of).collect(),
        });
        return exit;
    }
    for change in &known.changes {
        output.line(&match &change.on_record {
            Some((seq, by, at)) => {
                format!("{} by {} on {} (event {seq}):", change.of, clean(by), at.to_the_second())
            }
            None => format!("{}, not on record before:", change.of),
        });
        for line in &change.lines {
            output.line(&format!("    {}", clean(line)));
        }
    }
    let changes = count(known.changes.len() as u64, "change");
    if known.stands {
        output.remark(&format!("{changes} acknowledged; policy {}", known.policy.short()));
    } else {
        output.line(&format!(
            "{changes} on record, none acknowledged: no verdict had shown all of this. If it is meant, \
             run the same again"
        ));
    }
    exit
}

fn check(
    context: &Context<'_>,
    choice: &PolicyChoice,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let found = app::check_policy(context, choice)?;
    if output.is_json() {
        output.json(&found);
    } else {
        output.line(&format!(
            "{}: profile {}, {} in force ({} of its own), {} to escalate ({} of its own{}), {}",
            clean(&found.policy),
            clean(&found.profile),
            count(found.rules as u64, "rule"),
            found.own_rules,
            count(found.escalations as u64, "reason"),
            found.own_escalations,
            match found.dropped_escalations.len() {
                0 => String::new(),
                dropped => format!(", {dropped} of genlock left out"),
            },
            count(found.waivers as u64, "waiver")
        ));
    }
    Ok(Exit::Ok)
}

fn explain(
    context: &Context<'_>,
    choice: &PolicyChoice,
    code: Option<&str>,
    output: &mut Output,
) -> Result<Exit, AppError> {
    for view in app::explain_policy(context, choice, code)? {
        if output.is_json() {
            output.json(&view);
        } else if code.is_none() {
            let severity = format!("{:8}", view.severity);
            let said = view.meaning.map(str::to_owned).or(view.why).unwrap_or_default();
            output.line(&format!(
                "{severity} {:34} {}",
                view.code,
                plain(&said, output.limit(120))
            ));
        } else {
            whole(&view, output);
        }
    }
    Ok(Exit::Ok)
}

fn whole(view: &RuleView, output: &mut Output) {
    let code = output.paint(Tone::Strong, &view.code);
    output.line(&format!("{code}: {}", view.severity));
    let lines = [
        ("means", view.meaning.map(str::to_owned)),
        ("finds when", view.when.clone()),
        ("only warns", view.warn_when.clone()),
        ("says", view.why.clone()),
        ("cleared by", view.fix.clone()),
        ("source", view.source.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            output.line(&format!("  {name:10}  {}", clean(&value)));
        }
    }
    if view.fold {
        output.line("  one finding for all files, with their number");
    }
    if view.when.is_none() {
        output.line("  found by the program itself: it is no condition on facts");
    }
}

fn facts(output: &mut Output) -> Exit {
    for view in app::policy_facts() {
        if output.is_json() {
            output.json(&view);
        } else {
            let words = if view.words.is_empty() {
                view.kind.to_owned()
            } else {
                format!("{} of {}", view.kind, view.words.join(", "))
            };
            output.line(&format!("{:32} {} [{words}]", view.fact, view.meaning));
        }
    }
    Exit::Ok
}

fn tested(results: &[app::TrialResult], output: &mut Output) -> Exit {
    let failed: Vec<_> = results.iter().filter(|one| !one.holds()).collect();
    let exit = if failed.is_empty() { Exit::Ok } else { Exit::No };
    if output.is_json() {
        let view = |one: &&app::TrialResult| FailedView {
            name: one.name.clone(),
            missing: one.missing.clone(),
            unexpected: one.unexpected.clone(),
        };
        let failed = failed.iter().map(view).collect();
        output.json(&TestView { ok: exit == Exit::Ok, cases: results.len(), failed });
        return exit;
    }
    for one in &failed {
        let name = output.paint(Tone::Bad, &clean(&one.name));
        output.line(&format!("{name}:"));
        for code in &one.missing {
            output.line(&format!("  expected, and not found: {}", clean(code)));
        }
        for code in &one.unexpected {
            output.line(&format!("  found, and not expected: {}", clean(code)));
        }
    }
    let cases = count(results.len() as u64, "case");
    output.line(&format!("{cases}, {} as expected", results.len() - failed.len()));
    exit
}
