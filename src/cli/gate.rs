//! `gate`, `finalize`, `reopen`.

use std::collections::BTreeMap;

use crate::app::{self, AppError, Context, GateAnswer, Project};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::model::{DeliverableState, Finding, Outcome, RuleCode, Seq, Severity, Waived};
use crate::report::{PathView, ProblemView, VerdictView, clean, count, plain};

/// Findings of one kind and reason shown before the rest is only counted.
const SHOWN: usize = 8;

/// Characters of a sentence on screen, and of one that names many things; `-v` shows all.
const USUAL: usize = 240;
const LONG: usize = 400;

pub(super) fn gate(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    as_of: Option<Seq>,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let answer = match as_of {
        Some(seq) => app::gate_as_of(project, name, seq)?,
        None => app::gate(project, context, name)?,
    };
    Ok(show(&answer, None, output))
}

pub(super) fn finalize(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    attest: Option<&str>,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let answer = app::finalize(project, context, name, attest)?;
    Ok(show(&answer, Some(answer.state), output))
}

pub(super) fn reopen(
    context: &Context<'_>,
    project: &Project,
    name: &str,
    note: &str,
    output: &mut Output,
) -> Result<Exit, AppError> {
    app::reopen(project, context, name, note)?;
    if output.is_json() {
        crate::cli::deliverable::show(context, project, name, output)?;
    } else {
        output.remark(&format!("{} is open again", clean(name)));
    }
    Ok(Exit::Ok)
}

/// The exit code of a verdict.
pub(super) const fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Pass => Exit::Ok,
        Outcome::Refused => Exit::No,
        Outcome::CannotTell => Exit::Partial,
    }
}

/// Prints a verdict; gives its exit code.
pub(super) fn show(
    answer: &GateAnswer,
    state: Option<DeliverableState>,
    output: &mut Output,
) -> Exit {
    let exit = exit_of(answer.verdict.outcome);
    if output.is_json() {
        let problems = answer.problems.iter().map(|one| ProblemView {
            path: PathView::from(&one.path),
            problem: one.problem.clone(),
        });
        output.json(&VerdictView::new(
            answer.deliverable.clone(),
            &answer.verdict,
            problems.collect(),
            (answer.profile.clone(), answer.policy.to_string()),
            (answer.journal.seq.0, answer.journal.hash_hex()),
            state,
        ));
        return exit;
    }
    let shown = output.limit(SHOWN);
    findings(output, &answer.verdict.findings, shown);
    waived(output, &answer.verdict.waived, shown);
    for (timeline, note) in answer.notes.iter().take(shown) {
        let note = plain(note, output.limit(LONG));
        output.remark(&format!("note {}: {note}", clean(&timeline.to_string())));
    }
    let (tone, word) = match answer.verdict.outcome {
        Outcome::Pass if state == Some(DeliverableState::Final) => (Tone::Good, "final"),
        Outcome::Pass => (Tone::Good, "pass"),
        Outcome::Refused => (Tone::Bad, "refused"),
        Outcome::CannotTell => (Tone::Careful, "cannot tell"),
    };
    let word = output.paint(tone, word);
    let blocking = answer.verdict.findings.iter().filter(|one| one.severity == Severity::Block);
    let blocking = match blocking.count() as u64 {
        0 => String::new(),
        number => format!(", {number} blocking"),
    };
    output.line(&format!(
        "{}: {word}  ({} checked{blocking}; policy {} {}, journal {})",
        clean(&answer.deliverable),
        count(answer.verdict.checked, "file"),
        answer.profile,
        answer.policy.short(),
        answer.journal
    ));
    exit
}

/// What was kept out, by whom and why; all of one waiver and code together.
fn waived(output: &mut Output, waived: &[Waived], shown: usize) {
    let mut groups: Vec<(&Waived, Vec<&Waived>)> = Vec::new();
    for one in waived {
        let same = |first: &Waived| {
            (&first.finding.code, &first.who, &first.why) == (&one.finding.code, &one.who, &one.why)
        };
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, all)) => all.push(one),
            None => groups.push((one, vec![one])),
        }
    }
    for (first, all) in groups {
        let word = output.paint(Tone::Faint, "waived");
        output.line(&format!(
            "{word} {} by {} until {}: {}",
            first.finding.code.as_str(),
            clean(&first.who),
            first.until.to_the_second(),
            plain(&first.why, output.limit(USUAL))
        ));
        for one in all.iter().take(shown) {
            let Finding { path, asset, why, .. } = &one.finding;
            let what = match (path, asset) {
                (Some(path), Some(_)) => path.to_string(),
                // Of a timeline many things may be unknown.
                (Some(path), None) => format!("{path}: {why}"),
                (None, _) => why.to_string(),
            };
            output.line(&format!("    {}", plain(&what, output.limit(LONG))));
        }
        if all.len() > shown {
            output.line(&format!("    … and {} more (-v shows all)", all.len() - shown));
        }
    }
}

/// Every finding, those that differ only in their path together.
pub(super) fn findings(output: &mut Output, findings: &[Finding], shown: usize) {
    let mut groups: Vec<(&Finding, Vec<&Finding>)> = Vec::new();
    let mut index: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in findings {
        let at = *index.entry((one.code.as_str(), &*one.why)).or_insert_with(|| {
            groups.push((one, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(one);
    }
    for (first, all) in groups {
        let tone = if first.severity == Severity::Block { Tone::Bad } else { Tone::Careful };
        let severity = output.paint(tone, first.severity.as_str());
        let is_list = first.code == RuleCode::PolicyChanged;
        let (head, lines) =
            first.why.split_once('\n').filter(|_| is_list).unwrap_or((&first.why, ""));
        output.line(&format!(
            "{severity} {}: {}",
            first.code.as_str(),
            plain(head, output.limit(USUAL))
        ));
        for line in lines.lines().take(shown) {
            // Who asks for all gets all of it: what is cut could be what was softened.
            output.line(&format!("    {}", plain(line, output.limit(USUAL))));
        }
        if let Some(more @ 1..) = lines.lines().count().checked_sub(shown) {
            output.line(&format!("    … and {more} more (-v shows all)"));
        }
        for one in all.iter().take(shown) {
            if let Some(path) = &one.path {
                let asset =
                    one.asset.map(|asset| format!("  {}", asset.short())).unwrap_or_default();
                output.line(&format!("    {}{asset}", clean(&path.to_string())));
            }
        }
        if all.len() > shown {
            output.line(&format!("    … and {} more (-v shows all)", all.len() - shown));
        }
        if first.severity == Severity::Block {
            output.line(&format!("    to clear it: {}", plain(&first.fix, output.limit(LONG))));
        }
    }
}
