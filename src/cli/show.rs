//! `show`.

use crate::app::{self, AppError, Context, Project};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::report::{
    ApprovalView, AssetView, DeclarationView, EvidenceView, KinView, bytes, clean, plain,
    to_the_second,
};

/// Characters of a long value on screen; `-v` and `--json` give all.
const CUT: usize = 160;

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    asset: &str,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let view = app::show(project, context, asset)?;
    if output.is_json() {
        output.json(&view);
    } else {
        text(&view, output);
    }
    Ok(Exit::Ok)
}

fn text(view: &AssetView, output: &mut Output) {
    let cut = output.limit(CUT);
    let heading = output.paint(Tone::Strong, &view.asset);
    output.line(&format!("asset {heading}"));
    output.line(&format!("  {}, {}", bytes(view.size), view.media_type));
    let status = output.paint(Tone::of(view.status), view.status.as_str());
    let clearance = view.clearance.map(|one| format!(", {one}")).unwrap_or_default();
    output.line(&format!("  status {status}{clearance}"));
    for why in &view.why {
        output.line(&format!("    because {}", plain(why, cut)));
    }
    for one in &view.locations {
        let (mark, verb) = if one.present { (' ', "seen") } else { ('-', "gone, last seen") };
        let when = to_the_second(&one.last_seen);
        output.line(&format!("  {mark} {}  ({verb} {when}Z)", clean(&one.path.path)));
    }
    for (number, one) in view.evidence.iter().enumerate() {
        evidence(number + 1, one, output);
    }
    for problem in &view.problems {
        output.line(&format!("  not fully examined: {}", plain(problem, cut)));
    }
    for (title, all) in [("made from", &view.parents), ("went into", &view.children)] {
        if !all.is_empty() {
            output.line(&format!("  {title}"));
            family(all, 2, output);
        }
    }
    if view.lineage_left_out > 0 {
        output.line(&format!("    and {} more", view.lineage_left_out));
    }
    for one in &view.declarations {
        declaration(one, output);
    }
    for one in &view.approvals {
        approval(one, output);
    }
    output.line("  history");
    for one in &view.events {
        let when = to_the_second(&one.at);
        output.line(&format!(
            "    {:>5} {when}Z {}  {}",
            one.seq,
            plain(&one.actor, output.limit(40)),
            plain(&one.summary, cut)
        ));
    }
}

fn evidence(number: usize, one: &EvidenceView, output: &mut Output) {
    let cut = output.limit(CUT);
    output.line(&format!("  mark {number}: {} ({})", plain(&one.mark, cut), one.strength));
    output.line(&format!("    in        {}", plain(&one.place, cut)));
    let trust = one.trust.map(|trust| format!(" ({trust})")).unwrap_or_default();
    let lines = [
        ("signed by", one.signer.as_ref().map(|signer| format!("{signer}{trust}"))),
        ("tool", one.tool.clone()),
        ("model", one.model.clone()),
        ("detail", one.detail.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            output.line(&format!("    {name:9} {}", plain(&value, cut)));
        }
    }
}

/// Lines of a family on screen at one level; `-v` and `--json` give more.
const KIN: usize = 20;

fn family(all: &[KinView], depth: usize, output: &mut Output) {
    let indent = "  ".repeat(depth);
    let shown = output.limit(KIN);
    for one in all.iter().take(shown) {
        let name = one.path.as_ref().map_or("", |path| path.path.as_str());
        let said = match (&one.by, &one.read) {
            (Some(who), _) => format!("says {who}"),
            (None, Some(place)) => format!("read: {place}"),
            (None, None) => String::new(),
        };
        let circle = if one.circle { "; a circle, which is ignored" } else { "" };
        output.line(&format!(
            "{indent}{} {} {}  {}  ({}{circle})",
            one.relation,
            clean(name),
            &one.asset[..one.asset.len().min(12)],
            one.status,
            plain(&said, output.limit(CUT))
        ));
        family(&one.parents, depth + 1, output);
        family(&one.children, depth + 1, output);
    }
    if all.len() > shown {
        output.line(&format!("{indent}and {} more", all.len() - shown));
    }
}

fn declaration(one: &DeclarationView, output: &mut Output) {
    let version = if one.version > 1 { format!(" version {}", one.version) } else { String::new() };
    let said = plain(&one.declaration.purpose, output.limit(CUT));
    output.line(&format!("  {}{version} declared: {said} ({})", one.id, one.tier));
    let sent = match &one.reported {
        Some(report) => format!("sent to {} on {}", clean(&report.to), clean(&report.on)),
        None => "not sent as it stands".to_owned(),
    };
    output.line(&format!("    {sent}"));
}

fn approval(one: &ApprovalView, output: &mut Output) {
    let scope = one.scope.map(|scope| format!(" for {scope} use")).unwrap_or_default();
    let names = if one.deliverables.is_empty() {
        String::new()
    } else {
        format!(" in {}", clean(&one.deliverables.join(", ")))
    };
    let what =
        if one.determination { "confirmed the determination" } else { one.decision.as_str() };
    let when = to_the_second(&one.at);
    output.line(&format!(
        "  {} {what} by {}{scope}{names} ({}, {when}Z)",
        one.id,
        clean(&one.by),
        one.standing
    ));
    let document = one.document_name.as_ref().zip(one.document.as_ref());
    let lines = [
        ("document", document.map(|(name, hash)| format!("{name} ({})", &hash[..12]))),
        ("until", one.expires.clone()),
        ("if", one.conditions.clone()),
        ("under", one.under.clone()),
        ("signed", one.signature.clone()),
        ("no good", one.flaw.clone()),
        ("note", one.note.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            output.line(&format!("    {name:9} {}", plain(&value, output.limit(CUT))));
        }
    }
}
