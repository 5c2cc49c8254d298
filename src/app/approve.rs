//! `approve`: a yes, given anew or extended from an earlier one to a later version; signed, where a
//! key is named.

use std::collections::BTreeSet;

use crate::app::approvers::{Approvers, ahead, policy_news};
use crate::app::authority::authorities;
use crate::app::decide::decide;
use crate::app::declare::attached;
use crate::app::people::{prepare, unknown_deliverables};
use crate::app::signing::{Signing, Subjects, ground};
use crate::app::{
    AppError, Context, DecisionOptions, DecisionTarget, Project, SignOptions, Verdicts,
};
use crate::ledger::{HeldRow, Reader};
use crate::model::{
    Approval, ApprovalId, AssetId, DeclarationId, Document, Event, Scope, Seq, Timestamp,
    is_same_name,
};
use crate::policy::{Policy, Power};
use crate::record::{Entry, Record, Standing};

/// An approval to record.
#[derive(Clone, Debug)]
pub struct ApproveOptions {
    /// Who, for what, in writing.
    pub decision: DecisionOptions,
    /// What kind of yes it is.
    pub form: Form,
    /// With what to sign it.
    pub sign: Option<SignOptions>,
}

/// What kind of yes.
#[derive(Clone, Debug)]
pub enum Form {
    /// A new one.
    New {
        /// Temporary or final use.
        scope: Scope,
        /// Conditions it is bound to.
        conditions: Option<String>,
        /// The last moment it holds.
        expires: Option<Timestamp>,
    },
    /// Confirms a contested determination instead.
    Determination,
    /// Extends an approval to a later version, with its scope, document and conditions.
    Under(ApprovalId),
}

/// Records an approval.
pub fn approve(
    project: &Project,
    context: &Context<'_>,
    target: &DecisionTarget,
    options: &ApproveOptions,
) -> Result<Verdicts, AppError> {
    // A gate judges by the journal's newest time where the clock is behind it.
    if let Form::New { expires: Some(expires), .. } = &options.form {
        let (now, newest) = (context.now(), project.reader()?.newest()?);
        if *expires < now.max(newest) {
            let end = expires.to_the_second();
            let message = format!("an approval that ran out at {end} approves nothing");
            let message = message + &ahead(now, newest);
            return Err(AppError::usage(message, "give --expires a day that is yet to end"));
        }
    }
    if let (Form::Under(id), DecisionTarget::Declaration(_)) = (&options.form, target) {
        return Err(AppError::usage(
            format!("{id} is extended to versions, one by one, and not to a declaration"),
            "name the assets that are new",
        ));
    }
    // Nothing is approved without a policy that says what the approval is worth.
    let policy = project.policy()?;
    let (approvers, document) = prepare(project, context, &options.decision, Some(target))?;
    let mut signing = options.sign.as_ref().map(|one| Signing::open(context, one)).transpose()?;
    let mut subjects = Subjects::default();
    let power = match options.form {
        Form::New { .. } => Power::Approve,
        Form::Determination => Power::Confirm,
        Form::Under(_) => Power::Extend,
    };
    decide(project, context, |record| {
        approvers.check(record, &options.decision.by, context.now())?;
        allowed(&policy, &options.decision.by, power)?;
        // Closed again before the ledger is: the last one to close moves the log into the file.
        let reader = project.reader()?;
        let (assets, declaration) = target.resolve(&reader, record)?;
        let mut approval = draft(record, &reader, context, &assets, options, document.as_ref())?;
        approval.declaration = approval.declaration.or(declaration);
        if let Some(signing) = &mut signing {
            something(&assets)?;
            subjects.add(project, context, &reader, &assets)?;
            subjects.add_document(project, context, approval.document.as_ref())?;
            let ground = ground(record, &approvers, context.now());
            approval.signed =
                Some(signing.approval(record, &approval, &subjects, policy.hash, ground)?);
        }
        let unknown_deliverables = unknown_deliverables(record, &approval.deliverables);
        let ids = vec![approval.id];
        let answer = Verdicts { ids, assets: assets.len(), declaration, unknown_deliverables };
        Ok((events(&approvers, policy_news(&policy, record), record, approval), answer))
    })
}

/// Refuses what no role of the policy lets somebody do.
pub(super) fn allowed(policy: &Policy, by: &str, power: Power) -> Result<(), AppError> {
    if policy.may(by, power) {
        return Ok(());
    }
    let with = policy.roles.iter().filter(|role| role.may.contains(&power));
    let with: Vec<_> = with.map(|role| role.name.as_str()).collect();
    Err(AppError::usage(
        format!("no role of {by:?} may {}", power.as_str()),
        match with.as_slice() {
            [] => "the policy gives that to nobody".to_owned(),
            roles => format!("the policy gives that to: {}", roles.join(", ")),
        },
    ))
}

/// A statement is about contents, and one about none says nothing.
fn something(assets: &[AssetId]) -> Result<(), AppError> {
    if assets.is_empty() {
        return Err(AppError::usage(
            "what is signed are contents, and the declaration has none yet",
            "approve it without --sign, or sign once it has: genlock declare D-n --add ASSET",
        ));
    }
    Ok(())
}

/// Texts that changed go on record before what rests on them.
fn events(
    approvers: &Approvers,
    policy: Option<Event>,
    record: &Record,
    approval: Approval,
) -> Vec<Event> {
    let news = policy.into_iter().chain(approvers.news(record));
    news.chain([Event::Approved(approval)]).collect()
}

/// The approval as it will be recorded, but for its signature.
fn draft(
    record: &Record,
    reader: &Reader,
    context: &Context<'_>,
    assets: &[AssetId],
    options: &ApproveOptions,
    document: Option<&Document>,
) -> Result<Approval, AppError> {
    let DecisionOptions { by, deliverables, note, .. } = &options.decision;
    let mut approval = Approval {
        deliverables: deliverables.clone(),
        document: document.cloned(),
        note: note.clone(),
        ..Approval::new(record.next_decision(), assets.to_vec(), by, Scope::Final)
    };
    match &options.form {
        Form::New { scope, conditions, expires } => {
            approval.scope = *scope;
            approval.conditions.clone_from(conditions);
            approval.expires = *expires;
        }
        Form::Determination => {
            confirms(record, assets, by)?;
            approval.determination = true;
        }
        Form::Under(id) => extend(record, reader, context, *id, &mut approval)?,
    }
    Ok(approval)
}

/// A contested origin needs a second person, and nobody is one by other letters.
fn confirms(record: &Record, assets: &[AssetId], by: &str) -> Result<(), AppError> {
    for asset in assets {
        let Some(determination) = record.determination(asset) else {
            return Err(AppError::usage(
                format!("nobody determined anything of {}", asset.short()),
                "record the determination first: genlock tag ASSET --not-ai --note WHY",
            ));
        };
        if is_same_name(&determination.fact.by, by) {
            return Err(AppError::usage(
                format!("{by} determined it; a second person must confirm"),
                "--by names who confirms it",
            ));
        }
    }
    Ok(())
}

/// Takes over what an earlier approval allows.
fn extend(
    record: &Record,
    reader: &Reader,
    context: &Context<'_>,
    id: ApprovalId,
    approval: &mut Approval,
) -> Result<(), AppError> {
    let Some(entry) = record.approval(id) else {
        return Err(AppError::usage(
            format!("there is no approval {id}"),
            "genlock log lists them",
        ));
    };
    let of = &entry.fact;
    let now = record.moment(context.now());
    let standing = |asset: &AssetId| record.standing(entry, asset, now);
    let ahead = of.assets.is_empty().then(|| record.standing_ahead(entry, now));
    let mut standings = of.assets.iter().map(standing).chain(ahead);
    let holds = standings.any(|one| one == Standing::Active);
    let counts = authorities(record).of(entry.seq).counts();
    if of.determination || !holds || !counts {
        let why = if of.determination { "confirms a determination" } else { "does not hold" };
        return Err(AppError::usage(
            format!("{id} {why}, and there is nothing to extend"),
            "genlock show ASSET says how an approval stands; a new one needs --scope",
        ));
    }
    if let Some(no) = record.overruled(entry, Seq(u64::MAX)) {
        return Err(AppError::usage(
            format!("{id} was overruled by {} of {}: {}", no.fact.id, no.fact.by, no.fact.note),
            "what was refused since needs a new approval, with --scope",
        ));
    }
    let against = |asset| Some((asset, record.against(entry, asset, Seq(u64::MAX))?));
    if let Some((asset, against)) = approval.assets.iter().find_map(against) {
        return Err(AppError::usage(
            format!("{id} is not extended to {}: {against}", asset.short()),
            "what was refused or withdrawn needs a new approval, with --scope",
        ));
    }
    if let Some((declaration, asset)) = outside(record, reader, entry, &approval.assets)? {
        return Err(AppError::usage(
            format!("{id} is of {declaration}, and {} is not under that", asset.short()),
            format!(
                "another person puts it there first: genlock declare {declaration} --add ASSET"
            ),
        ));
    }
    if let Some(asset) = brought_in(record, reader, &approval.by, &approval.assets)? {
        return Err(AppError::usage(
            format!("{} put {} under its declaration", approval.by, asset.short()),
            "another person says that the approval covers it",
        ));
    }
    approval.scope = of.scope;
    approval.deliverables.clone_from(&of.deliverables);
    approval.document.clone_from(&of.document);
    approval.conditions.clone_from(&of.conditions);
    approval.expires = of.expires;
    approval.declaration = of.declaration;
    approval.under = Some(id);
    Ok(())
}

/// The first of some contents that is not under the declaration of an approval, and that declaration.
fn outside(
    record: &Record,
    reader: &Reader,
    entry: &Entry<Approval>,
    assets: &[AssetId],
) -> Result<Option<(DeclarationId, AssetId)>, AppError> {
    let Some(of) = record.said(entry).fact.declaration else { return Ok(None) };
    let Some(dossier) = record.declarations.get(of.id) else { return Ok(None) };
    let under = attached(reader, dossier)?;
    Ok(assets.iter().find(|one| !under.contains(*one)).map(|one| (of.id, *one)))
}

/// What somebody put under a declaration, of some contents. The record was folded without observations:
/// where contents lie and lay is asked of the tables.
fn brought_in(
    record: &Record,
    reader: &Reader,
    by: &str,
    assets: &[AssetId],
) -> Result<Option<AssetId>, AppError> {
    let mut found = assets.iter().find(|one| record.attached_it(by, one)).copied();
    let declarations = &record.declarations;
    if found.is_none() && declarations.have_globs() {
        let assets: BTreeSet<_> = assets.iter().collect();
        reader.held(&mut |HeldRow { path, asset, gone, .. }| {
            let mut takers = declarations.takers_at(&path, gone);
            if assets.contains(&asset) && takers.any(|one| is_same_name(one, by)) {
                found.get_or_insert(asset);
            }
        })?;
    }
    Ok(found)
}
