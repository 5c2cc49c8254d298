//! `policy ack`: a person's word that every change of policy and approvers so far is known and meant.
//! Until then each verdict shows them. Only what a verdict or this command showed can be acknowledged: who
//! answers for a change must not answer for another that came while they were reading.

use crate::app::approvers::{Approvers, policy_news};
use crate::app::authority::{ack_ground, authorities, demands_signatures};
use crate::app::decide::decide;
use crate::app::project::adopted;
use crate::app::signing::Signing;
use crate::app::{AppError, Context, Project, SignOptions};
use crate::attest::{AllowedSigners, Ground, NAMESPACE};
use crate::model::{AssetId, Event, PolicyAcknowledged, Seq, TextKind, Timestamp};
use crate::policy;
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

/// What was acknowledged, or has to be read before.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The policy in force.
    pub policy: AssetId,
    /// The list of approvers in force.
    pub approvers: Option<AssetId>,
    /// Whether verdicts need not show the changes any more. If not, nobody had been shown all of them.
    pub stands: bool,
    /// The changes that were not acknowledged before.
    pub changes: Vec<ShownChange>,
}

/// A change of the policy or of the approvers, in words.
#[derive(Clone, Debug)]
pub struct ShownChange {
    /// What was changed.
    pub of: TextKind,
    /// The event that put it on record, who ran the command, and when; none when that is this command.
    pub on_record: Option<(Seq, String, Timestamp)>,
    /// What is different.
    pub lines: Vec<String>,
}

/// Records that the policy and the approvers as they are on disk are meant. Where some of it was shown to
/// nobody yet, puts it on record as shown, and acknowledges nothing.
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
        let changes = changes(record, &events, since);
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
        let mut answer = Acknowledged {
            policy: fact.policy,
            approvers: fact.approvers,
            stands: !is_unseen(record, &events, since),
            changes,
        };
        if !answer.stands {
            if events.is_empty() {
                events.push(adopted(&policy));
            }
            events.iter_mut().for_each(mark_shown);
            return Ok((events, answer));
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
        answer.approvers = fact.approvers;
        events.push(Event::PolicyAcknowledged(fact));
        Ok((events, answer))
    })
}

/// Every change since the last acknowledgement, with those that are not on record yet.
fn changes(record: &Record, news: &[Event], since: Option<Seq>) -> Vec<ShownChange> {
    let known = record.texts.changes_since(since);
    let known = known.into_iter().map(|one| ShownChange {
        of: one.of,
        on_record: Some((one.seq, one.actor.to_owned(), one.at)),
        lines: policy::changes(one.of, one.before, one.after),
    });
    let new = news.iter().filter_map(|event| {
        let (of, before, after) = match event {
            Event::PolicyAdopted(new) => {
                (TextKind::Policy, record.policy().map(|old| &old.fact.text), &new.text)
            }
            Event::ApproversAdopted(new) => (
                TextKind::Approvers,
                record.texts.approvers_now().map(|old| &old.fact.text),
                &new.text,
            ),
            _ => return None,
        };
        let before = before.map_or("", String::as_str);
        Some(ShownChange { of, on_record: None, lines: policy::changes(of, before, after) })
    });
    known.chain(new).collect()
}

/// Whether some change was in no verdict, and not shown by this command before.
fn is_unseen(record: &Record, news: &[Event], since: Option<Seq>) -> bool {
    let verdicts = record.deliverables.values().filter_map(|one| one.gate.as_ref());
    let seen = verdicts.map(|run| run.seq).max().max(record.texts.shown());
    let is_new = |seq: Seq| seen.is_none_or(|seen| seq > seen);
    !news.is_empty() || record.texts.changes_since(since).iter().any(|one| is_new(one.seq))
}

fn mark_shown(event: &mut Event) {
    match event {
        Event::PolicyAdopted(fact) => fact.shown = true,
        Event::ApproversAdopted(fact) => fact.shown = true,
        _ => {}
    }
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
