//! What people decide: determinations, rejections, revocations. Each is one event that lists the
//! contents it is about. Approvals: `approve`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::app::approvers::Approvers;
use crate::app::confirm::as_journalled;
use crate::app::decide::{decide, decisions, whole};
use crate::app::declare::{as_named, current, taken_in};
use crate::app::documents::store;
use crate::app::{AppError, Context, Project};
use crate::ledger::Reader;
use crate::model::{
    Approval, ApprovalId, AssetId, DeclarationId, DeclarationVersion, Determination,
    DeterminationCleared, DeterminedStatus, Document, Event, NamedDeclaration, Rejection,
    Revocation, Scope, SourceType, Timestamp, is_same_name,
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
    /// Why. Required to contradict a mark, or a word that it is AI-made.
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
    Declaration(NamedDeclaration),
}

impl DecisionTarget {
    pub(super) fn resolve(
        &self,
        reader: &Reader,
        record: &Record,
    ) -> Result<(Vec<AssetId>, Option<DeclarationVersion>), AppError> {
        match self {
            Self::Assets(assets) => Ok((assets.clone(), None)),
            Self::Declaration(named) => {
                let (assets, version) = under(reader, record, *named)?;
                Ok((assets, Some(version)))
            }
        }
    }
}

/// What is under a declaration at this moment, and its version.
fn under(
    reader: &Reader,
    record: &Record,
    named: NamedDeclaration,
) -> Result<(Vec<AssetId>, DeclarationVersion), AppError> {
    let NamedDeclaration { id, .. } = named;
    let version = as_named(record, named)?.version;
    let dossier = record.declarations.get(id);
    let placed = dossier.map(|one| taken_in(reader, one)).transpose()?;
    let placed = placed.unwrap_or_default();
    as_journalled(reader, &placed)?;
    let assets = dossier.into_iter().flat_map(|one| one.assets.iter().copied());
    let assets: BTreeSet<_> = assets.chain(placed.into_iter().map(|place| place.asset)).collect();
    Ok((assets.into_iter().collect(), DeclarationVersion { id, version }))
}

/// What a decision on a declaration would be about at this moment: its version, and how many contents.
pub fn stands(
    project: &Project,
    named: NamedDeclaration,
) -> Result<(DeclarationVersion, usize), AppError> {
    let reader = project.reader()?;
    let (assets, version) = under(&reader, &decisions(&reader)?, named)?;
    Ok((version, assets.len()))
}

/// What to withdraw.
#[derive(Clone, Debug)]
pub enum RevokeTarget {
    /// One approval, for everything it covers.
    Approval(ApprovalId),
    /// Every approval of these contents that was not withdrawn yet, for these contents.
    Assets(Vec<AssetId>),
    /// Every approval that was given under this declaration.
    Declaration(DeclarationId),
}

/// How to withdraw.
#[derive(Clone, Debug, Default)]
pub struct RevokeOptions {
    /// In whose name, where that is not who acts.
    pub by: Option<String>,
    /// Why.
    pub note: String,
    /// Only approvals of this scope.
    pub scope: Option<Scope>,
    /// Only approvals that hold for one of these; all when empty.
    pub deliverables: Vec<String>,
    /// The written withdrawal.
    pub document: Option<PathBuf>,
}

impl RevokeOptions {
    /// Whether an approval is of the kind that is meant.
    fn means(&self, approval: &Approval) -> bool {
        let holds = |name| approval.deliverables.is_empty() || approval.deliverables.contains(name);
        self.scope.is_none_or(|scope| approval.scope == scope)
            && (self.deliverables.is_empty() || self.deliverables.iter().any(holds))
    }
}

/// What a decision was recorded as.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// The approvals or the rejection it made or touched.
    pub ids: Vec<ApprovalId>,
    /// How many contents it is about.
    pub assets: usize,
    /// The declaration it was taken on, as it stood.
    pub declaration: Option<DeclarationVersion>,
    /// Deliverables it names that nobody defined yet.
    pub unknown_deliverables: Vec<String>,
}

/// What a revocation was recorded as.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// The approvals it withdraws.
    pub ids: Vec<ApprovalId>,
    /// For how many contents.
    pub assets: usize,
    /// Those that held for every deliverable, where only some were named: they fall for all of them.
    pub wider: Vec<ApprovalId>,
}

/// Records a determination.
pub fn tag(
    project: &Project,
    context: &Context<'_>,
    assets: &[AssetId],
    options: &TagOptions,
) -> Result<(), AppError> {
    let determination = Determination {
        assets: assets.to_vec(),
        status: options.status,
        source_type: options.source_type,
        tool: options.tool.clone(),
        note: options.note.clone(),
        by: context.actor.clone(),
    };
    decide(project, context, |record| {
        if options.status == DeterminedStatus::NotAi && options.note.is_none() {
            // Asked on the ground it is decided on: a scan beside us may find a mark meanwhile.
            let reader = project.reader()?;
            if let Some((asset, against)) = contradicted(&reader, record, context, assets)? {
                let message = format!("{} {against}", asset.short());
                return Err(AppError::usage(message, "say why it is not AI with --note TEXT"));
            }
        }
        Ok((vec![Event::Determined(determination.clone())], ()))
    })
}

/// The first content of which something on record says that it is AI-made, and what does.
fn contradicted(
    reader: &Reader,
    record: &Record,
    context: &Context<'_>,
    assets: &[AssetId],
) -> Result<Option<(AssetId, String)>, AppError> {
    for asset in assets {
        let seen = record.counted(reader.examination(asset)?);
        let marks = Origin::of(&seen.evidence, None);
        let mark = marks.raised.then(|| format!("carries a mark: {}", marks.why[0]));
        // Who said it may take it back; of a mark, and of another's word, it must be said why not.
        let word =
            record.said_made(asset).filter(|one| !is_same_name(&one.fact.by, &context.actor));
        let word = || word.map(|one| format!("is AI-made by the word of {}", one.fact.by));
        if let Some(against) = mark.or_else(word) {
            return Ok(Some((*asset, against)));
        }
    }
    Ok(None)
}

/// Withdraws what was determined of these contents: who acts their own word, whatever was said since, else
/// the newest. Gives of how many there was one. That something is AI-made is withdrawn by who said it:
/// anybody else has to say that it is not, for a second person to confirm.
pub fn clear_tag(
    project: &Project,
    context: &Context<'_>,
    assets: &[AssetId],
    note: Option<&str>,
) -> Result<usize, AppError> {
    let actor = &context.actor;
    decide(project, context, |record| {
        let spoken = assets.iter().copied().filter(|asset| record.is_spoken_of(asset));
        let (own, others): (Vec<_>, Vec<_>) = spoken.partition(|one| record.has_word(actor, one));
        let theirs = others.iter().find_map(|asset| {
            let newest = record.determination(asset).or_else(|| record.said_made(asset))?;
            (newest.fact.status != DeterminedStatus::NotAi).then_some((asset, &newest.fact.by))
        });
        if let Some((asset, by)) = theirs {
            return Err(AppError::usage(
                format!("{} is AI-made by the word of {by}, who alone withdraws it", asset.short()),
                "where it is not AI-made: genlock tag ASSET --not-ai --note WHY",
            ));
        }
        let count = own.len() + others.len();
        let withdrawn = [(own, true), (others, false)].into_iter();
        let events = withdrawn.filter(|(assets, _)| !assets.is_empty()).map(|(assets, own)| {
            let note = note.map(str::to_owned);
            Event::DeterminationCleared(DeterminationCleared { assets, own, note })
        });
        Ok((events.collect(), count))
    })
}

/// Records a rejection.
pub fn reject(
    project: &Project,
    context: &Context<'_>,
    target: &DecisionTarget,
    options: &DecisionOptions,
    scope: Option<Scope>,
    note: &str,
) -> Result<Verdicts, AppError> {
    let (approvers, document) = prepare(project, context, options, Some(target))?;
    decide(project, context, |record| {
        approvers.check(record, &options.by, context.now())?;
        let unknown_deliverables = unknown_deliverables(record, &options.deliverables);
        // Closed again before the ledger is: the last one to close moves the log into the file.
        let (assets, declaration) = target.resolve(&project.reader()?, record)?;
        let id = record.next_decision();
        let rejection = Rejection {
            id,
            assets: assets.clone(),
            by: options.by.clone(),
            deliverables: options.deliverables.clone(),
            scope,
            note: note.to_owned(),
            document: document.clone(),
            declaration,
        };
        let ids = vec![id];
        let answer = Verdicts { ids, assets: assets.len(), declaration, unknown_deliverables };
        let events = approvers.news(record).into_iter().chain([Event::Rejected(rejection)]);
        Ok((events.collect(), answer))
    })
}

/// Withdraws approvals, from now on.
///
/// Whoever acts may: it only lowers, and a delivery must be stopped by who hears first that rights are
/// gone. Saying that somebody else did, `by`, is that person's word and needs what any decision needs.
pub fn revoke(
    project: &Project,
    context: &Context<'_>,
    target: &RevokeTarget,
    options: &RevokeOptions,
) -> Result<Withdrawal, AppError> {
    let by = options.by.as_deref();
    let speaker = by.map(|by| Speaker::new(project, by)).transpose()?;
    let document = options.document.as_deref();
    let document = document.map(|file| store(project, context, file)).transpose()?;
    decide(project, context, |record| {
        known_deliverables(record, &options.deliverables)?;
        let Withdrawn { approvals, only, assets } = withdrawn(record, context, target, options)?;
        if let Some(speaker) = &speaker {
            speaker.check(record, &approvals, context.now())?;
        }
        let revocation = Revocation {
            approvals: approvals.clone(),
            assets: only,
            by: by.unwrap_or(&context.actor).to_owned(),
            note: options.note.clone(),
            document: document.clone(),
        };
        let news = speaker.as_ref().and_then(|speaker| speaker.approvers.news(record));
        let events = news.into_iter().chain([Event::Revoked(revocation)]).collect();
        let is_wider = |id: &ApprovalId| {
            record.approval(*id).is_some_and(|entry| entry.fact.deliverables.is_empty())
        };
        let mut wider = approvals.clone();
        wider.retain(|id| !options.deliverables.is_empty() && is_wider(id));
        Ok((events, Withdrawal { ids: approvals, assets, wider }))
    })
}

/// Somebody in whose name approvals are withdrawn.
struct Speaker<'a> {
    name: &'a str,
    approvers: Approvers,
}

impl<'a> Speaker<'a> {
    fn new(project: &Project, name: &'a str) -> Result<Self, AppError> {
        if name.trim().is_empty() {
            return Err(AppError::usage(
                "a decision needs a name",
                "say who decided with --by WHO",
            ));
        }
        Ok(Self { name, approvers: Approvers::read(project)? })
    }

    /// Takes who is an approver, and who takes back only their own word: also one who is off the list.
    fn check(
        &self,
        record: &Record,
        approvals: &[ApprovalId],
        now: Timestamp,
    ) -> Result<(), AppError> {
        let own = |id: &ApprovalId| record.approval(*id).is_some_and(|it| it.fact.by == self.name);
        if approvals.iter().all(own) {
            Ok(())
        } else {
            self.approvers.check(record, self.name, now)
        }
    }
}

/// What a revocation is about.
struct Withdrawn {
    approvals: Vec<ApprovalId>,
    /// Only for these contents; empty for all that they cover.
    only: Vec<AssetId>,
    /// How many contents that is.
    assets: usize,
}

fn withdrawn(
    record: &Record,
    context: &Context<'_>,
    target: &RevokeTarget,
    options: &RevokeOptions,
) -> Result<Withdrawn, AppError> {
    let now = record.moment(context.now());
    match target {
        RevokeTarget::Approval(id) => {
            let entry = record.approval(*id).ok_or_else(|| {
                AppError::usage(format!("there is no approval {id}"), "genlock log lists them")
            })?;
            if !options.means(&entry.fact) {
                return Err(AppError::usage(
                    format!("{id} is not of that scope or not for that deliverable"),
                    format!("genlock revoke {id} --note WHY withdraws it whatever it is for"),
                ));
            }
            let assets = entry.fact.assets.len();
            let revoked = |standing| matches!(standing, Standing::Revoked { .. });
            let of = |asset| revoked(record.standing(entry, asset, now));
            let all = entry.fact.assets.iter().all(of);
            if all && (assets > 0 || revoked(record.standing_ahead(entry, now))) {
                return Err(AppError::usage(
                    format!("{id} is withdrawn already"),
                    "genlock show ASSET says by whom and why",
                ));
            }
            Ok(Withdrawn { approvals: vec![*id], only: Vec::new(), assets })
        }
        RevokeTarget::Declaration(id) => {
            current(record, *id)?;
            let under = |entry: &&Entry<Approval>| {
                let given = entry.fact.declaration.is_some_and(|one| one.id == *id);
                given && options.means(&entry.fact) && !record.is_revoked(entry.fact.id)
            };
            let given: Vec<_> = record.approvals.iter().filter(under).collect();
            if given.is_empty() {
                return Err(AppError::usage(
                    format!("no approval that is left to withdraw was given under {id}"),
                    "genlock log lists approvals",
                ));
            }
            let assets: BTreeSet<_> = given.iter().flat_map(|one| &one.fact.assets).collect();
            let approvals = given.iter().map(|entry| entry.fact.id).collect();
            Ok(Withdrawn { approvals, only: Vec::new(), assets: assets.len() })
        }
        RevokeTarget::Assets(assets) => {
            // Also what has run out or is outdated: a policy may take it for enough.
            let left = assets.iter().flat_map(|asset| record.approvals_of(asset, now));
            let left = left.filter(|(entry, standing)| {
                !matches!(standing, Standing::Revoked { .. }) && options.means(&entry.fact)
            });
            let approvals: BTreeSet<_> = left.map(|(entry, _)| entry.fact.id).collect();
            if approvals.is_empty() {
                return Err(AppError::usage(
                    "no approval that is left to withdraw covers what was named",
                    "genlock show ASSET lists its approvals",
                ));
            }
            let approvals = approvals.into_iter().collect();
            Ok(Withdrawn { approvals, only: assets.clone(), assets: assets.len() })
        }
    }
}

/// What a decision needs before the ledger is asked: who may decide, and the written word in the
/// store.
pub(super) fn prepare(
    project: &Project,
    context: &Context<'_>,
    options: &DecisionOptions,
    target: Option<&DecisionTarget>,
) -> Result<(Approvers, Option<Document>), AppError> {
    if options.by.trim().is_empty() {
        return Err(AppError::usage("a decision needs a name", "say who decided with --by WHO"));
    }
    let approvers = Approvers::read(project)?;
    // Before a document is stored for somebody who may not decide, or for what does not stand so; looked at
    // again on firm ground.
    let record = whole(project)?;
    approvers.check(&record, &options.by, context.now())?;
    if let Some(DecisionTarget::Declaration(named)) = target {
        as_named(&record, *named)?;
    }
    let document =
        options.document.as_deref().map(|file| store(project, context, file)).transpose()?;
    Ok((approvers, document))
}

/// A misspelt name makes an approval that covers nothing. The gate refuses then, but whoever typed
/// it should hear of it now; an approval ahead of the deliverable is legitimate.
pub(super) fn unknown_deliverables(record: &Record, names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !record.deliverables.contains_key(*name)).cloned().collect()
}

/// A misspelt name would withdraw what holds for all deliverables and leave what was meant.
fn known_deliverables(record: &Record, names: &[String]) -> Result<(), AppError> {
    let approved = record.approvals.iter().flat_map(|entry| &entry.fact.deliverables);
    let known: BTreeSet<_> =
        record.deliverables.keys().chain(approved).map(String::as_str).collect();
    let Some(unknown) = names.iter().find(|name| !known.contains(name.as_str())) else {
        return Ok(());
    };
    let hint = match known.into_iter().collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => {
            "no deliverable is defined, and no approval names one".to_owned()
        }
        names => format!("there are: {names}"),
    };
    Err(AppError::usage(format!("there is no deliverable {unknown:?}"), hint))
}
