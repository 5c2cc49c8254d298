//! `approve A-n --condition-met`: a person's word that what an approval is bound to was met.

use std::path::PathBuf;

use crate::app::approve::allowed;
use crate::app::decide::decide;
use crate::app::people::prepare;
use crate::app::signing::{Signing, Subjects, ground};
use crate::app::{AppError, Context, DecisionOptions, Project, SignOptions, Verdicts};
use crate::model::{ApprovalId, ConditionMet, Event};
use crate::policy::Power;

/// Conditions that were met.
#[derive(Clone, Debug)]
pub struct MetOptions {
    /// The approval they bind.
    pub approval: ApprovalId,
    /// Who says so.
    pub by: String,
    /// How they were met.
    pub note: String,
    /// What shows it.
    pub document: Option<PathBuf>,
    /// With what to sign it.
    pub sign: Option<SignOptions>,
}

/// Records that the conditions of an approval are met.
pub fn condition_met(
    project: &Project,
    context: &Context<'_>,
    options: &MetOptions,
) -> Result<Verdicts, AppError> {
    let MetOptions { approval, by, note, document, sign } = options;
    let decision = DecisionOptions {
        by: by.clone(),
        document: document.clone(),
        ..DecisionOptions::default()
    };
    let policy = project.policy()?;
    let (approvers, document) = prepare(project, context, &decision, None)?;
    let mut signing = sign.as_ref().map(|sign| Signing::open(context, sign)).transpose()?;
    decide(project, context, |record| {
        approvers.check(record, by, context.now())?;
        allowed(&policy, by, Power::MeetConditions)?;
        let about = record.approval(*approval).ok_or_else(|| {
            AppError::usage(format!("there is no approval {approval}"), "genlock log lists them")
        })?;
        let Some(conditions) = &about.fact.conditions else {
            return Err(AppError::usage(
                format!("{approval} is bound to no conditions"),
                "genlock show ASSET says what its approvals are bound to",
            ));
        };
        let mut met = ConditionMet {
            approval: *approval,
            by: by.clone(),
            note: note.clone(),
            document: document.clone(),
            signed: None,
        };
        if let (Some(signing), Some(event)) =
            (&mut signing, record.history.get(&about.seq).copied())
        {
            let mut subjects = Subjects::default();
            subjects.add_document(project, context, document.as_ref())?;
            let ground = ground(record, &approvers, context.now());
            met.signed =
                Some(signing.condition(record, &met, conditions, event, &subjects, ground)?);
        }
        let assets = about.fact.assets.len();
        let events = approvers.news(record).into_iter().chain([Event::ConditionMet(met)]);
        let answer = Verdicts {
            ids: vec![*approval],
            assets,
            declaration: None,
            unknown_deliverables: vec![],
        };
        Ok((events.collect(), answer))
    })
}
