//! What people decide: determinations, rejections, revocations. Each is one event that lists the
//! contents it is about. Approvals: `approve`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::app::approvers::Approvers;
use crate::app::decide::{decide, decisions, whole};
use crate::app::declare::{attached, current};
use crate::app::documents::store;
use crate::app::{AppError, Context, Project};
use crate::ledger::Reader;
use crate::model::{
    Approval, ApprovalId, AssetId, DeclarationId, DeclarationVersion, Determination,
    DeterminationCleared, DeterminedStatus, Document, Event, Rejection, Revocation, SourceType,
};
use crate::origin::Origin;
use crate::record::{Entry, Record, Standing};

/// A determination to record.
#[derive(Clone, Debug)]
pub struct TagOptions {
    /// What was determined.
    pub status: DeterminedStatus,
    /// The source type, when one was named.
    pub source_type: Option<SourceType>,
    /// The tool it was made with.
    pub tool: Option<String>,
    /// Why. Required to contradict a mark.
    pub note: Option<String>,
}

/// What approvals and rejections share.
#[derive(Clone, Debug, Default)]
pub struct DecisionOptions {
    /// Who decided.
    pub by: String,
    /// The deliverables it is for; empty means all.
    pub deliverables: Vec<String>,
    /// The written word.
    pub document: Option<PathBuf>,
    /// Remarks.
    pub note: Option<String>,
}

/// What a decision is about.
#[derive(Clone, Debug)]
pub enum DecisionTarget {
    /// Contents.
    Assets(Vec<AssetId>),
    /// A declaration as it stands, and the contents that are under it at that moment.
    Declaration(DeclarationId),
}

impl DecisionTarget {
    pub(super) fn resolve(
        &self,
        reader: &Reader,
        record: &Record,
    ) -> Result<(Vec<AssetId>, Option<DeclarationVersion>), AppError> {
        match self {
            Self::Assets(assets) => Ok((assets.clone(), None)),
            Self::Declaration(id) => {
                let version = current(record, *id)?.version;
                let dossier = record.declarations.get(*id);
                let assets = dossier.map(|one| attached(reader, one)).transpose()?;
                let assets = assets.into_iter().flatten().collect();
                Ok((assets, Some(DeclarationVersion { id: *id, version })))
            }
        }
    }
}

/// What to withdraw.
#[derive(Clone, Debug)]
pub enum RevokeTarget {
    /// One approval, for everything it covers.
    Approval(ApprovalId),
    /// Every active approval of these contents, for these contents.
    Assets(Vec<AssetId>),
    /// Every approval that was given under this declaration.
    Declaration(DeclarationId),
}

/// What a decision was recorded as.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// The approvals or the rejection it made or touched.
    pub ids: Vec<ApprovalId>,
    /// How many contents it is about.
    pub assets: usize,
    /// Deliverables it names that nobody defined yet.
    pub unknown_deliverables: Vec<String>,
}

/// Records a determination.
pub fn tag(
    project: &Project,
    context: &Context<'_>,
    assets: &[AssetId],
    options: &TagOptions,
) -> Result<(), AppError> {
    if options.status == DeterminedStatus::NotAi && options.note.is_none() {
        let reader = project.reader()?;
        let record = decisions(&reader)?;
        for asset in assets {
            let seen = record.counted(reader.examination(asset)?);
            let marks = Origin::of(&seen.evidence, None);
            if marks.marked.is_some() {
                let message = format!("{} carries a mark: {}", asset.short(), marks.why[0]);
                return Err(AppError::usage(message, "say why it is not AI with --note TEXT"));
            }
        }
    }
    let determination = Determination {
        assets: assets.to_vec(),
        status: options.status,
        source_type: options.source_type,
        tool: options.tool.clone(),
        note: options.note.clone(),
        by: context.actor.clone(),
    };
    decide(project, context, |_| Ok((vec![Event::Determined(determination.clone())], ())))
}

/// Withdraws the determinations of these contents. Gives how many had one.
pub fn clear_tag(
    project: &Project,
    context: &Context<'_>,
    assets: &[AssetId],
    note: Option<&str>,
) -> Result<usize, AppError> {
    decide(project, context, |record| {
        let assets: Vec<_> =
            assets.iter().copied().filter(|asset| record.determination(asset).is_some()).collect();
        let count = assets.len();
        let cleared = DeterminationCleared { assets, note: note.map(str::to_owned) };
        let events = if count == 0 { vec![] } else { vec![Event::DeterminationCleared(cleared)] };
        Ok((events, count))
    })
}

/// Records a rejection.
pub fn reject(
    project: &Project,
    context: &Context<'_>,
    target: &DecisionTarget,
    options: &DecisionOptions,
    note: &str,
) -> Result<Verdicts, AppError> {
    let (approvers, document) = prepare(project, context, options)?;
    decide(project, context, |record| {
        approvers.check(record, &options.by)?;
        let unknown_deliverables = unknown_deliverables(record, &options.deliverables);
        // Closed again before the ledger is: the last one to close moves the log into the file.
        let (assets, declaration) = target.resolve(&project.reader()?, record)?;
        let id = record.next_decision();
        let rejection = Rejection {
            id,
            assets: assets.clone(),
            by: options.by.clone(),
            deliverables: options.deliverables.clone(),
            note: note.to_owned(),
            document: document.clone(),
            declaration,
        };
        let answer = Verdicts { ids: vec![id], assets: assets.len(), unknown_deliverables };
        let events = approvers.news(record).into_iter().chain([Event::Rejected(rejection)]);
        Ok((events.collect(), answer))
    })
}

/// Withdraws approvals, from now on.
pub fn revoke(
    project: &Project,
    context: &Context<'_>,
    target: &RevokeTarget,
    by: &str,
    note: &str,
) -> Result<Verdicts, AppError> {
    decide(project, context, |record| {
        let now = record.newest.map_or(context.now(), |newest| newest.max(context.now()));
        let mut events = Vec::new();
        let mut ids = Vec::new();
        let assets = match target {
            RevokeTarget::Approval(id) => {
                let entry = record.approval(*id).ok_or_else(|| {
                    AppError::usage(format!("there is no approval {id}"), "genlock log lists them")
                })?;
                let standing = |asset| record.standing(entry, asset, now);
                let revoked = |asset| matches!(standing(asset), Standing::Revoked { .. });
                if !entry.fact.assets.is_empty() && entry.fact.assets.iter().all(revoked) {
                    return Err(AppError::usage(
                        format!("{id} is withdrawn already"),
                        "genlock show ASSET says by whom and why",
                    ));
                }
                ids.push(*id);
                events.push(Event::Revoked(revocation(vec![*id], vec![], by, note)));
                entry.fact.assets.len()
            }
            RevokeTarget::Declaration(id) => {
                current(record, *id)?;
                let under = |entry: &&Entry<Approval>| {
                    let given = entry.fact.declaration.is_some_and(|one| one.id == *id);
                    given && !record.is_revoked(entry.fact.id)
                };
                let approvals: Vec<_> = record.approvals.iter().filter(under).collect();
                ids.extend(approvals.iter().map(|entry| entry.fact.id));
                if ids.is_empty() {
                    return Err(AppError::usage(
                        format!("no active approval was given under {id}"),
                        "genlock log lists approvals",
                    ));
                }
                let assets: BTreeSet<_> =
                    approvals.iter().flat_map(|one| &one.fact.assets).collect();
                events.push(Event::Revoked(revocation(ids.clone(), vec![], by, note)));
                assets.len()
            }
            RevokeTarget::Assets(assets) => {
                for asset in assets {
                    let active: Vec<_> = record
                        .approvals_of(asset, now)
                        .filter(|(_, standing)| *standing == Standing::Active)
                        .map(|(entry, _)| entry.fact.id)
                        .collect();
                    ids.extend(active);
                }
                ids.sort_unstable();
                ids.dedup();
                if ids.is_empty() {
                    return Err(AppError::usage(
                        "no active approval covers what was named",
                        "genlock show ASSET lists its approvals",
                    ));
                }
                events.push(Event::Revoked(revocation(ids.clone(), assets.clone(), by, note)));
                assets.len()
            }
        };
        Ok((events, Verdicts { ids, assets, unknown_deliverables: vec![] }))
    })
}

fn revocation(
    approvals: Vec<ApprovalId>,
    assets: Vec<AssetId>,
    by: &str,
    note: &str,
) -> Revocation {
    Revocation { approvals, assets, by: by.to_owned(), note: note.to_owned() }
}

/// What a decision needs before the ledger is asked: who may decide, and the written word in the
/// store.
pub(super) fn prepare(
    project: &Project,
    context: &Context<'_>,
    options: &DecisionOptions,
) -> Result<(Approvers, Option<Document>), AppError> {
    if options.by.trim().is_empty() {
        return Err(AppError::usage("a decision needs a name", "say who decided with --by WHO"));
    }
    let approvers = Approvers::read(project)?;
    // Before a document is stored for somebody who may not decide; looked at again on firm ground.
    approvers.check(&whole(project)?, &options.by)?;
    let document =
        options.document.as_deref().map(|file| store(project, context, file)).transpose()?;
    Ok((approvers, document))
}

/// A misspelt name makes an approval that covers nothing. The gate refuses then, but whoever typed
/// it should hear of it now; an approval ahead of the deliverable is legitimate.
pub(super) fn unknown_deliverables(record: &Record, names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !record.deliverables.contains_key(*name)).cloned().collect()
}
