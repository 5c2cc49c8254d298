//! `policy ack`: a person's word that every change of policy and approvers so far is known and meant.
//! Until then each verdict shows them.

use crate::app::approvers::{Approvers, policy_news};
use crate::app::authority::{ack_ground, authorities, demands_signatures};
use crate::app::decide::decide;
use crate::app::signing::Signing;
use crate::app::{AppError, Context, Project, SignOptions};
use crate::attest::{AllowedSigners, Ground, NAMESPACE};
use crate::model::{AssetId, Event, PolicyAcknowledged, Seq};
use crate::record::Record;

/// What to acknowledge, as whom.
#[derive(Clone, Debug)]
pub struct AckOptions {
    /// Who says so.
    pub by: String,
    /// Why it was changed.
    pub note: String,
    /// With what to sign it.
    pub sign: Option<SignOptions>,
}

/// What was acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The policy in force.
    pub policy: AssetId,
    /// The list of approvers in force.
    pub approvers: Option<AssetId>,
    /// Changes that verdicts need not show any more.
    pub changes: usize,
}

/// Records that the policy and the approvers as they are on disk are meant.
pub fn acknowledge(
    project: &Project,
    context: &Context<'_>,
    options: &AckOptions,
) -> Result<Acknowledged, AppError> {
    let AckOptions { by, note, sign } = options;
    if by.trim().is_empty() {
        return Err(AppError::usage("a word needs a name", "say who with --by WHO"));
    }
    let policy = project.policy()?;
    let approvers = Approvers::read(project)?;
    let mut signing = sign.as_ref().map(|sign| Signing::open(context, sign)).transpose()?;
    decide(project, context, |record| {
        let mut events: Vec<Event> =
            policy_news(&policy, record).into_iter().chain(approvers.news(record)).collect();
        let since = authorities(record).acknowledged;
        let unseen = events.len();
        let changes = record.texts.changes_since(since).len() + unseen;
        let list_on_record = record.texts.approvers_hash();
        let newly_listed = events.iter().find_map(|event| match event {
            Event::ApproversAdopted(list) => Some(list.hash),
            _ => None,
        });
        let mut fact = PolicyAcknowledged {
            policy: policy.hash,
            approvers: newly_listed.or(list_on_record),
            by: by.clone(),
            note: note.clone(),
            signed: None,
        };
        let judge = judges(record, &approvers, since)?;
        let at = record.moment(context.now());
        if !judge.is_empty() && !judge.admits(by, NAMESPACE, at) {
            let why = if judge.names(by) {
                format!("no key of {by:?} was left good for approvals by the list before")
            } else {
                format!("{by:?} is not among the approvers who were acknowledged before")
            };
            return Err(AppError::usage(why, "one of them must say that the change is meant"));
        }
        if let Some(signing) = &mut signing {
            let ground = Ground { signers: Some(&judge), at, history: &record.history };
            let list = fact.approvers.map(|_| approvers.text.as_str());
            fact.signed = Some(signing.policy(record, &fact, &policy.text, list, ground)?);
        } else if !judge.is_empty() && (demands_signatures(&policy) || demanded(record, since)) {
            return Err(AppError::usage(
                "this policy asks for signatures, and so does a change of it",
                "sign it with --sign KEYFILE",
            ));
        }
        let answer = Acknowledged { policy: fact.policy, approvers: fact.approvers, changes };
        events.push(Event::PolicyAcknowledged(fact));
        Ok((events, answer))
    })
}

/// After everything that is on record.
const NEXT: Seq = Seq(u64::MAX);

/// Who must acknowledge: those who were acknowledged before; the first who were ever named; else those
/// who are now.
fn judges(
    record: &Record,
    approvers: &Approvers,
    since: Option<Seq>,
) -> Result<AllowedSigners, AppError> {
    let Some(hash) = ack_ground(record, since, NEXT).list else {
        return Ok(approvers.signers.clone());
    };
    let lists = &record.texts.approvers;
    let text = lists.iter().find(|entry| entry.fact.hash == hash).map(|entry| &entry.fact.text);
    AllowedSigners::parse(text.map_or(&[][..], String::as_bytes))
        .map_err(|source| AppError::ApproversInvalid { path: "the journal".into(), source })
}

fn demanded(record: &Record, since: Option<Seq>) -> bool {
    ack_ground(record, since, NEXT).signatures
}
