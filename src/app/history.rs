//! `log`: the journal, newest first, each event in a sentence.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::app::decide::decisions;
use crate::app::declare::learn_places;
use crate::app::{AppError, Context, Project, select};
use crate::ledger::LogRow;
use crate::model::{
    Approval, ApproversAdopted, Attached, ConditionMet, Declared, DeliverableDefined,
    DeliverableNote, DirectoryObserved, Event, Exported, Finalization, GateRun, Linked,
    ObservedBatch, PackageChecked, PathPattern, PolicyAcknowledged, ReferenceLink, Rendered,
    Reported, Seq, Timestamp, Tool, Unlinked,
};
use crate::policy;
use crate::record::Record;
use crate::report::{EventView, count};

/// Reads the journal, newest first, from `since` on; with an asset argument only what names it, its
/// approvals or its declarations.
/// Stops when `each` says `false`.
pub fn history(
    project: &Project,
    context: &Context<'_>,
    asset: Option<&str>,
    since: Option<Timestamp>,
    each: &mut dyn FnMut(EventView) -> bool,
) -> Result<(), AppError> {
    let asset = match asset {
        Some(argument) => {
            let selected = select(project, context, &[argument.to_owned()])?;
            let [asset] = selected.assets[..] else {
                let found = selected.assets.len();
                return Err(AppError::usage(
                    format!("{argument:?} stands for {found} assets"),
                    "name one of them",
                ));
            };
            let reader = project.reader()?;
            let mut record = decisions(&reader)?;
            learn_places(&reader, &mut record)?;
            let declarations = record.declarations.of(&asset, std::iter::empty());
            Some((asset, record.besides(&asset, &declarations)))
        }
        None => None,
    };
    let asset = asset.as_ref().map(|(asset, besides)| (asset, besides));
    // Only once there is a change to tell of. What the journal is too broken to say is left out.
    let told: OnceCell<BTreeMap<Seq, String>> = OnceCell::new();
    let changes = || project.reader().and_then(|reader| decisions(&reader)).map(|all| short(&all));
    project.reader()?.log(asset, since, &mut |row| {
        let (seq, is_text) = (row.head.seq, TEXTS.contains(&row.kind.as_str()));
        let mut view = event_view(row);
        if is_text {
            let told = told.get_or_init(|| changes().unwrap_or_default());
            view.summary.extend(told.get(&seq).map(String::as_str));
        }
        each(view)
    })?;
    Ok(())
}

/// Events that put a text on record which may differ from the one before.
const TEXTS: [&str; 2] = ["policy-adopted", "approvers-adopted"];

/// What each change of policy and approvers is about, in a few words.
fn short(record: &Record) -> BTreeMap<Seq, String> {
    let changes = record.texts.changes_since(None).into_iter();
    let said = changes.map(|one| {
        let lines = policy::changes(one.of, one.before, one.after);
        let first: Vec<_> = lines.iter().take(3).map(String::as_str).collect();
        let more = lines.len() - first.len();
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        (one.seq, format!(": {}{more}", first.join("; ")))
    });
    said.collect()
}

/// An event as it is shown.
pub(super) fn event_view(row: LogRow) -> EventView {
    let summary = match Event::from_parts(&row.kind, &row.body) {
        Some(Ok(event)) => sentence(&event),
        Some(Err(_)) => "its body does not read".to_owned(),
        None => "of a kind this program does not know".to_owned(),
    };
    EventView {
        seq: row.head.seq.0,
        at: row.at.to_string(),
        actor: row.actor,
        kind: row.kind,
        summary,
        hash: row.head.hash_hex(),
    }
}

fn sentence(event: &Event) -> String {
    let of = |assets: usize| count(assets as u64, "asset");
    match event {
        Event::ProjectCreated(one) => {
            format!("project made with {}, profile {}", one.program, one.profile)
        }
        Event::PolicyAdopted(one) => {
            format!("policy {} {} in force", one.profile, one.hash.short())
        }
        Event::ApproversAdopted(one) => approvers(one),
        Event::PolicyAcknowledged(one) => acknowledged(one),
        Event::ConditionMet(one) => condition_met(one),
        Event::RulesAdopted(one) if one.globs.is_empty() => "no path rule is in force".to_owned(),
        Event::RulesAdopted(one) => {
            let globs: Vec<_> = one.globs.iter().map(String::as_str).collect();
            format!("path rules in force: {}", globs.join(", "))
        }
        Event::Reexamined(one) => {
            let list = if one.trust_list.is_some() { "with a trust list" } else { "no trust list" };
            format!(
                "{} examined again with detectors {}, {list}",
                count(one.assets, "content"),
                one.detectors
            )
        }
        Event::Observed(batch) => observed(batch),
        Event::ScanCompleted(one) => {
            let part =
                if one.directory.is_root() { String::new() } else { format!("/{}", one.directory) };
            format!(
                "scan of {}{part} completed: {}, {} read, {}",
                one.root.as_str(),
                count(one.files, "file"),
                one.hashed_files,
                count(one.problems, "problem")
            )
        }
        Event::Determined(one) => {
            let status = crate::model::AiStatus::from(one.status).as_str();
            let note = noted(one.note.as_deref());
            format!("{} determined {} to be {status}{note}", one.by, of(one.assets.len()))
        }
        Event::DeterminationCleared(one) => {
            let whose = if one.own { "own determination" } else { "determination" };
            format!("{whose} of {} withdrawn", of(one.assets.len()))
        }
        Event::Linked(one) => linked(one),
        Event::Unlinked(one) => unlinked(one),
        Event::Declared(one) => declared(one),
        Event::Attached(one) => attached(one),
        Event::Reported(one) => reported(one),
        Event::ToolRegistered(one) => tool(one),
        Event::Approved(one) if one.determination => {
            format!("{} {} confirmed the determination of {}", one.id, one.by, of(one.assets.len()))
        }
        Event::Approved(one) => approved(one),
        Event::Rejected(one) => format!(
            "{} {} rejected {}{}: {}",
            one.id,
            one.by,
            of(one.assets.len()),
            for_what(&one.deliverables),
            one.note
        ),
        Event::Revoked(one) => {
            let ids: Vec<_> = one.approvals.iter().map(ToString::to_string).collect();
            let some = if one.assets.is_empty() {
                String::new()
            } else {
                format!(" for {}", of(one.assets.len()))
            };
            format!("{} withdrew {}{some}: {}", one.by, ids.join(", "), one.note)
        }
        Event::DeliverableDefined(one) => defined(one),
        Event::DeliverableRemoved(one) => format!("{} removed", one.name),
        Event::ReferenceLinked(one) => reference_linked(one),
        Event::PackageChecked(one) => package_checked(one),
        Event::Gated(one) => gated(one),
        Event::Finalized(one) => finalized(one),
        Event::Exported(one) => exported(one),
        Event::Rendered(one) => rendered(one),
        Event::Reopened(one) => reopened(one),
    }
}

fn defined(one: &DeliverableDefined) -> String {
    let paths = one.paths.iter().map(ToString::to_string);
    let timelines = one.timelines.iter().map(|path| format!("what {path} refers to"));
    let packages = one.packages.iter().map(|path| format!("the package {path}"));
    let all: Vec<_> = paths.chain(timelines).chain(packages).collect();
    format!("{} contains {}", one.name, all.join(", "))
}

fn package_checked(one: &PackageChecked) -> String {
    format!(
        "the package {} was checked: {}",
        one.package,
        count(one.problems.len() as u64, "problem")
    )
}

fn exported(one: &Exported) -> String {
    format!(
        "{} was exported to {} ({})",
        one.deliverable,
        one.destination,
        count(one.files, "file")
    )
}

fn rendered(one: &Rendered) -> String {
    let command = one.command.first().map(String::as_str).unwrap_or_default();
    let made = count(one.outputs.len() as u64, "file");
    format!(
        "{command} ran for {}, exit {}, and made {made}: {}",
        one.deliverable,
        one.exit,
        one.outcome.as_str()
    )
}

fn reference_linked(one: &ReferenceLink) -> String {
    let more = match one.frames.len() {
        0 | 1 => String::new(),
        frames => format!(" and {} more", frames - 1),
    };
    let (of, reference) = (&one.deliverable, &one.reference);
    format!("{of}: the reference {reference:?} means {}{more}", one.path)
}

fn gated(one: &GateRun) -> String {
    format!("{}: {} ({})", one.deliverable, one.outcome.as_str(), count(one.checked, "file"))
}

fn finalized(one: &Finalization) -> String {
    format!("{} is final with {}", one.deliverable, count(one.contents.len() as u64, "file"))
}

fn reopened(one: &DeliverableNote) -> String {
    let note = noted(one.note.as_deref());
    format!("{} reopened{note}", one.name)
}

fn linked(one: &Linked) -> String {
    format!(
        "{} linked {} to {} as {}{}",
        one.by,
        count(one.children.len() as u64, "asset"),
        count(one.parents.len() as u64, "source"),
        one.relation.as_str(),
        noted(one.note.as_deref())
    )
}

fn unlinked(one: &Unlinked) -> String {
    format!(
        "{} withdrew that {} came from {}{}",
        one.by,
        count(one.children.len() as u64, "asset"),
        count(one.parents.len() as u64, "source"),
        noted(one.note.as_deref())
    )
}

fn approvers(one: &ApproversAdopted) -> String {
    let lines = one.text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    format!("approvers {} in force: {}", one.hash.short(), count(lines as u64, "line"))
}

fn acknowledged(one: &PolicyAcknowledged) -> String {
    format!(
        "{} knows policy and approvers as they are{}: {}",
        one.by,
        signed(one.signed.is_some()),
        one.note
    )
}

fn condition_met(one: &ConditionMet) -> String {
    let signed = signed(one.signed.is_some());
    format!("{} says the conditions of {} are met{signed}: {}", one.by, one.approval, one.note)
}

fn noted(note: Option<&str>) -> String {
    note.map(|note| format!(": {note}")).unwrap_or_default()
}

const fn signed(signed: bool) -> &'static str {
    if signed { ", signed" } else { "" }
}

fn declared(one: &Declared) -> String {
    let version = if one.version > 1 { format!(" version {}", one.version) } else { String::new() };
    format!(
        "{}{version} declared{}: {} ({})",
        one.id,
        under(one.assets.len(), &one.globs),
        one.declaration.purpose,
        one.tier.as_str()
    )
}

fn attached(one: &Attached) -> String {
    format!("{} declared{}, too", one.declaration, under(one.assets.len(), &one.globs))
}

fn reported(one: &Reported) -> String {
    let on = one.on.as_ref().map(|day| format!(" on {day}")).unwrap_or_default();
    let document = if one.document.is_some() { ", in writing" } else { "" };
    format!("{} version {} sent to {}{on}{document}", one.declaration, one.version, one.to)
}

fn tool(one: &Tool) -> String {
    let version = one.version.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
    format!("tool {}{version} registered", one.name)
}

/// What a declaration was put over.
fn under(assets: usize, globs: &[PathPattern]) -> String {
    let mut what: Vec<_> = globs.iter().map(ToString::to_string).collect();
    if assets > 0 || globs.is_empty() {
        what.insert(0, count(assets as u64, "asset"));
    }
    format!(" for {}", what.join(", "))
}

fn for_what(deliverables: &[String]) -> String {
    match deliverables {
        [] => String::new(),
        names => format!(" for {}", names.join(", ")),
    }
}

fn approved(one: &Approval) -> String {
    let document = if one.document.is_some() { ", in writing" } else { "" };
    let until = one.expires.map(|at| format!(" until {}", at.to_the_second())).unwrap_or_default();
    let under = one.under.map(|id| format!(" under {id}")).unwrap_or_default();
    let signed = signed(one.signed.is_some());
    format!(
        "{} {} approved {} for {} use{}{until}{under}{document}{signed}",
        one.id,
        one.by,
        count(one.assets.len() as u64, "asset"),
        one.scope.as_str(),
        for_what(&one.deliverables)
    )
}

fn observed(batch: &ObservedBatch) -> String {
    let sum = |part: fn(&DirectoryObserved) -> usize| {
        batch.directories.iter().map(part).sum::<usize>() as u64
    };
    let seen = count(sum(|one| one.files.len()), "file");
    let links = sum(|one| one.links.len());
    let links = if links > 0 { format!(", {}", count(links, "link")) } else { String::new() };
    let gone = sum(|one| one.gone.len());
    let gone = if gone > 0 { format!(", {gone} gone") } else { String::new() };
    let marked = batch.examined.iter().filter(|(_, one)| !one.evidence.is_empty()).count();
    let marked = if marked > 0 { format!(", {marked} with marks") } else { String::new() };
    let attached = batch.attached.len();
    let attached =
        if attached > 0 { format!(", {attached} marked from beside") } else { String::new() };
    let named = batch.named.len();
    let named = if named > 0 { format!(", {named} named from beside") } else { String::new() };
    format!("observed {seen}{links}{gone}{marked}{attached}{named} in {}", batch.root.as_str())
}
