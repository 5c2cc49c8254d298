//! `export`, and `verify` of a delivery.

use std::os::unix::ffi::OsStrExt;

use serde::Serialize;

use crate::app::{self, AppError, Context, ExportOptions, Project};
use crate::cli::args::{ExportArgs, VerifyArgs};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::cli::{gate, people};
use crate::model::{Outcome, shell_path};
use crate::report::{PathView, ProblemView, clean, count, plain};

#[derive(Serialize)]
struct ExportView {
    deliverable: String,
    verdict: Outcome,
    destination: String,
    /// Its raw bytes, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_bytes: Option<String>,
    delivered: bool,
    /// It was there before, as it is to leave now.
    already: bool,
    /// The head of the journal that its certificate rests on.
    head: String,
    files: u64,
    bytes: u64,
    read_back: bool,
    papers: Vec<String>,
    /// Files that were something else when they were copied than when they were judged.
    changed: Vec<String>,
    /// What lay there before, and is no part of the delivery.
    beside: Vec<String>,
}

pub(super) fn export(
    context: &Context<'_>,
    project: &Project,
    args: &ExportArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let options =
        ExportOptions { no_read_back: args.no_read_back, sign: people::sign(args.sign.as_ref()) };
    let answer = app::export(project, context, &args.name, &args.destination, &options)?;
    if answer.gate.verdict.outcome != Outcome::Pass {
        return Ok(gate::show(&answer.gate, None, output));
    }
    let exit = if answer.delivered.is_some() { Exit::Ok } else { Exit::No };
    let raw = answer.destination.as_os_str().as_bytes();
    let PathView { path: destination, path_bytes: destination_bytes } = PathView::of_bytes(raw);
    let beside: Vec<_> = answer.beside.iter().map(ToString::to_string).collect();
    if output.is_json() {
        let done = answer.delivered.as_ref();
        let papers = done.map(|done| done.papers.iter().map(|one| one.name.clone()).collect());
        output.json(&ExportView {
            deliverable: answer.gate.deliverable.clone(),
            verdict: answer.gate.verdict.outcome,
            destination,
            destination_bytes,
            delivered: done.is_some(),
            already: answer.already,
            head: answer.head,
            files: done.map_or(0, |done| done.files),
            bytes: done.map_or(0, |done| done.bytes),
            read_back: done.is_some_and(|done| done.read_back),
            papers: papers.unwrap_or_default(),
            changed: answer.swapped.iter().map(ToString::to_string).collect(),
            beside,
        });
        return Ok(exit);
    }
    for path in &answer.swapped {
        let word = output.paint(Tone::Bad, "changed");
        output.line(&format!(
            "{word} {}: it is not what was judged any more",
            clean(&path.to_string())
        ));
    }
    let Some(done) = answer.delivered else {
        output.line("nothing was delivered; next: genlock gate, then export again");
        return Ok(exit);
    };
    let word = output.paint(Tone::Good, "delivered");
    let word = if answer.already { format!("was {word} already") } else { word };
    let read = if done.read_back { ", read back" } else { ", not read back" };
    output.line(&format!(
        "{}: {word} to {}  ({}, {} bytes, compared{read}; journal {})",
        clean(&done.deliverable),
        clean(&destination),
        count(done.files, "file"),
        done.bytes,
        answer.head
    ));
    tell_beside(&beside, output);
    output.line(&format!("check it anywhere: genlock verify {}", shell_path(raw)));
    Ok(exit)
}

/// In one line, however many there are.
fn tell_beside(beside: &[String], output: &mut Output) {
    let Some(first) = beside.first() else { return };
    let word = output.paint(Tone::Careful, "beside");
    let others = beside.len() as u64 - 1;
    let more =
        if others == 0 { String::new() } else { format!(" and {}", count(others, "more file")) };
    output.line(&format!("{word} {}{more}: no part of the delivery", clean(first)));
}

#[derive(Serialize)]
struct DeliveryView {
    ok: bool,
    files: u64,
    deliverable: Option<String>,
    /// How many events the history has that `head` ends: the certificate's word, looked at by nobody here.
    events: Option<u64>,
    head: Option<String>,
    signed: Option<String>,
    problems: Vec<ProblemView>,
    /// What lies in the folder and is no part of the delivery, and need not be.
    beside: Vec<String>,
}

pub(super) fn verify(
    context: &Context<'_>,
    folder: &std::path::Path,
    args: &VerifyArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let found = app::verify_delivery(context, folder, args.signers.as_deref())?;
    let ok = found.broken.is_empty();
    let exit = if ok { Exit::Ok } else { Exit::Integrity };
    let problems: Vec<_> = found
        .broken
        .into_iter()
        .map(|(path, problem)| ProblemView { path: PathView::plain(path), problem })
        .collect();
    if output.is_json() {
        output.json(&DeliveryView {
            ok,
            files: found.files,
            deliverable: found.said.as_ref().map(|(name, _)| name.clone()),
            events: found.said.as_ref().map(|(_, head)| head.seq.0),
            head: found.said.as_ref().map(|(_, head)| head.to_string()),
            signed: found.signed,
            problems,
            beside: found.beside,
        });
        return Ok(exit);
    }
    for one in &problems {
        let place = output.paint(Tone::Bad, &clean(&one.path.path));
        output.line(&format!("{place}: {}", plain(&one.problem, output.limit(400))));
    }
    tell_beside(&found.beside, output);
    let files = count(found.files, "file");
    let said = found.said.map(|(name, head)| format!("; {} by journal {head}", clean(&name)));
    let signed = match (&found.signed, &args.signers) {
        (Some(key), Some(_)) => format!("; signed by {key}, who may"),
        (Some(key), None) => format!("; signed by {key}, whoever that is: --signers FILE asks"),
        (None, _) => "; not signed".to_owned(),
    };
    let word = if ok { "whole".to_owned() } else { count(problems.len() as u64, "problem") };
    output.line(&format!("{word}: {files}{}{signed}", said.unwrap_or_default()));
    Ok(exit)
}
