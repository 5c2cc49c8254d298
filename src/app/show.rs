//! `show`: everything known of one asset.

use crate::app::decide::decisions;
use crate::app::declare::learn_places;
use crate::app::history::event_view;
use crate::app::kin::{Origins, learn};
use crate::app::link::{Way, family};
use crate::app::origins::Clearing;
use crate::app::{AppError, Context, Project, select};
use crate::detect::disagrees;
use crate::model::{
    Approval, AssetId, Authorities, DeclarationId, Determination, Rejection, Timestamp,
};
use crate::record::{Entry, Record, Standing};
use crate::report::{
    ApprovalView, AssetView, Decision, DecisionStanding, DeclarationView, DeterminationView,
    EvidenceView, LocationView, PathView, ReportView,
};

/// Everything known of the one asset an argument stands for.
pub fn show(
    project: &Project,
    context: &Context<'_>,
    argument: &str,
) -> Result<AssetView, AppError> {
    let selected = select(project, context, &[argument.to_owned()])?;
    let [asset] = selected.assets[..] else {
        return Err(AppError::usage(
            format!("{argument:?} stands for {} assets", selected.assets.len()),
            "genlock ls lists them; show one of them",
        ));
    };
    let reader = project.reader()?;
    let mut record = decisions(&reader)?;
    learn(&reader, &mut record.kinship)?;
    let (parents, more_parents) = family(&reader, &record, &asset, Way::Up)?;
    let (children, more_children) = family(&reader, &record, &asset, Way::Down)?;
    learn_places(&reader, &mut record)?;
    let record = record;
    let now = record.moment(context.now());
    let row = reader.asset(&asset)?.ok_or_else(|| {
        AppError::usage(format!("{asset} is not on the ledger"), "run genlock scan first")
    })?;
    let mut examination = record.counted(reader.examination(&asset)?);
    for one in &mut examination.evidence {
        if let Some(hash) = &one.value {
            one.detail = Some(reader.value(hash)?);
        }
    }
    let determination = record.determination(&asset);
    let (origin, ancestry) = Origins::new(&reader, &record).of(&asset)?;
    let declarations = record.declarations.of(&asset, std::iter::empty());
    let besides = record.besides(&asset, &declarations);
    let mut events = Vec::new();
    reader.log(Some((&asset, &besides)), None, &mut |row| {
        events.push(event_view(row));
        true
    })?;
    events.reverse();
    let locations = reader.locations_of(&asset)?;
    let clearing = Clearing::new(project, &record, now);
    let clearance = clearing.of(&record).of(&asset, &declarations, &origin, &ancestry);
    Ok(AssetView {
        asset: asset.to_string(),
        size: row.size,
        media_type: row.media_type,
        status: origin.status,
        source_type: origin.source_type,
        strength: origin.strength,
        clearance,
        tool: origin.tool,
        why: origin.why,
        locations: locations
            .iter()
            .map(|one| LocationView {
                path: PathView::from(&one.path),
                present: one.present,
                first_seen: one.first_seen.to_string(),
                last_seen: one.last_seen.to_string(),
                misnamed: disagrees(&one.media_type, one.path.path.name()),
            })
            .collect(),
        evidence: examination.evidence.into_iter().map(EvidenceView::from).collect(),
        problems: examination.problems.into_iter().map(|one| one.problem).collect(),
        determination: determination.map(self::determination),
        parents,
        children,
        lineage_left_out: more_parents + more_children,
        declarations: declarations.iter().filter_map(|id| declaration(&record, *id)).collect(),
        approvals: approvals(&record, &clearing.authorities, &asset, now),
        events,
    })
}

/// A determination.
pub(super) fn determination(entry: &Entry<Determination>) -> DeterminationView {
    DeterminationView {
        status: entry.fact.status,
        by: entry.fact.by.clone(),
        at: entry.at.to_string(),
        note: entry.fact.note.clone(),
    }
}

/// What stands of a declaration, and whom it was sent to.
pub(super) fn declaration(record: &Record, id: DeclarationId) -> Option<DeclarationView> {
    let dossier = record.declarations.get(id)?;
    let current = dossier.current()?;
    let day = |at: Timestamp| at.to_string()[..10].to_owned();
    Some(DeclarationView {
        id: id.to_string(),
        version: current.fact.version,
        at: current.at.to_string(),
        by: current.actor.clone(),
        tier: current.fact.tier,
        reported: dossier.report().map(|entry| ReportView {
            to: entry.fact.to.clone(),
            on: entry.fact.on.clone().unwrap_or_else(|| day(entry.at)),
            by: entry.actor.clone(),
            document: entry.fact.document.as_ref().map(|one| one.hash.to_string()),
        }),
        declaration: (*current.fact.declaration).clone(),
    })
}

fn approvals(
    record: &Record,
    authorities: &Authorities,
    asset: &AssetId,
    now: Timestamp,
) -> Vec<ApprovalView> {
    let approvals = record.approvals_of(asset, now);
    let mut views: Vec<_> = approvals
        .map(|(entry, standing)| (entry.seq, approval(entry, &standing, authorities)))
        .collect();
    views.extend(record.rejections_of(asset).map(|entry| (entry.seq, rejection(entry))));
    views.sort_by_key(|(seq, _)| *seq);
    views.into_iter().map(|(_, view)| view).collect()
}

/// An approval as it stands for one of its contents.
pub(super) fn approval(
    entry: &Entry<Approval>,
    standing: &Standing,
    authorities: &Authorities,
) -> ApprovalView {
    let document = entry.fact.document.as_ref();
    let word = authorities.of(entry.seq).into_owned();
    ApprovalView {
        id: entry.fact.id.to_string(),
        decision: Decision::Approved,
        by: entry.fact.by.clone(),
        at: entry.at.to_string(),
        scope: Some(entry.fact.scope),
        standing: match standing {
            Standing::Active => DecisionStanding::Active,
            Standing::Expired { .. } => DecisionStanding::Expired,
            Standing::Revoked { .. } => DecisionStanding::Revoked,
            Standing::Outdated { .. } => DecisionStanding::Outdated,
        },
        deliverables: entry.fact.deliverables.clone(),
        document: document.map(|one| one.hash.to_string()),
        document_name: document.map(|one| one.name.clone()),
        conditions: entry.fact.conditions.clone(),
        expires: entry.fact.expires.map(|at| at.to_string()),
        note: entry.fact.note.clone(),
        determination: entry.fact.determination,
        under: entry.fact.under.map(|id| id.to_string()),
        signature: word.signed,
        flaw: word.flaw.or(word.not_allowed),
    }
}

/// A rejection.
pub(super) fn rejection(entry: &Entry<Rejection>) -> ApprovalView {
    let document = entry.fact.document.as_ref();
    ApprovalView {
        id: entry.fact.id.to_string(),
        decision: Decision::Rejected,
        by: entry.fact.by.clone(),
        at: entry.at.to_string(),
        scope: None,
        standing: DecisionStanding::Rejected,
        deliverables: entry.fact.deliverables.clone(),
        document: document.map(|one| one.hash.to_string()),
        document_name: document.map(|one| one.name.clone()),
        conditions: None,
        expires: None,
        note: Some(entry.fact.note.clone()),
        determination: false,
        under: None,
        signature: None,
        flaw: None,
    }
}
