//! `gate`, `finalize`, `reopen`: look at the deliverable on disk, journal what was seen, judge, and
//! record the answer.
//!
//! Files are read first, without a lock. Judging and recording then take one short transaction on
//! exactly the events that were judged; if the journal moved on meanwhile, it is judged anew.

mod as_of;
mod look;
mod made;

pub use as_of::gate_as_of;
pub(super) use look::Around;
pub(super) use made::MadeFiles;

use std::collections::BTreeSet;

use crate::app::approvers::{Approvers, policy_news};
use crate::app::authority::Inquiry;
use crate::app::contents::Contents;
use crate::app::decide::{append, catch_up, decide, fold, whole};
use crate::app::deliverables::{known, state};
use crate::app::detection::Detection;
use crate::app::documents::lost;
use crate::app::gate::look::{Seen, look};
use crate::app::kin::places;
use crate::app::packages;
use crate::app::references::{self, Referenced};
use crate::app::rules::{adopt, have_changed};
use crate::app::{AppError, Context, Project};
use crate::failpoint;
use crate::gate as judge;
use crate::ledger::{Ledger, LedgerError, Reader};
use crate::model::{
    AssetId, AssetPath, DeliverableNote, DeliverableState, Event, Finalization, GateRun, Head,
    JUDGING, MadeOf, MediaProblem, Outcome, RuleCode, Seq, Sighting, Timestamp, Verdict,
};
use crate::policy::{Case, Policy};
use crate::record::{PathFilter, Record};

/// The answer of a gate.
#[derive(Clone, Debug)]
pub struct GateAnswer {
    /// The deliverable.
    pub deliverable: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What could not be looked at.
    pub problems: Vec<MediaProblem>,
    /// What was tolerated in its timelines when they were read, by timeline: no part of the verdict.
    pub notes: Vec<(AssetPath, String)>,
    /// The profile it was judged by, and the hash of the policy's text.
    pub profile: String,
    /// See above.
    pub policy: AssetId,
    /// The event that recorded this run.
    pub journal: Head,
    /// Where the deliverable stands now.
    pub state: DeliverableState,
}

/// An answer, and the record with it: everything decided, the run itself too, and what the deliverable holds.
pub(super) struct OnRecord {
    pub(super) answer: GateAnswer,
    pub(super) record: Record,
}

/// Judges a deliverable and records the run.
pub fn gate(project: &Project, context: &Context<'_>, name: &str) -> Result<GateAnswer, AppError> {
    Ok(gate_on_record(project, context, name)?.answer)
}

/// The same for who goes on from there, and needs not read the journal again.
pub(super) fn gate_on_record(
    project: &Project,
    context: &Context<'_>,
    name: &str,
) -> Result<OnRecord, AppError> {
    run(project, context, name, Asked::default(), None)
}

/// A verdict of now on what was just looked at: the deliverable is final, if it passes. Of one that changed
/// since it was final this is the refusal: it must be reopened first.
pub(super) fn finalized(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    looked: OnRecord,
) -> Result<OnRecord, AppError> {
    let OnRecord { answer, record } = &looked;
    if answer.verdict.outcome != Outcome::Pass || answer.state == DeliverableState::Final {
        return Ok(looked);
    }
    run(project, context, name, Asked { finalize: true, ..Asked::default() }, Some(record))
}

/// Judges a deliverable and, if it passes, marks it final with exactly what it holds. With `attest`
/// somebody states that every known use of generative AI in it is declared; that is on record with the
/// run, and judged with it.
pub fn finalize(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    attest: Option<&str>,
) -> Result<GateAnswer, AppError> {
    if attest.is_some_and(|who| who.trim().is_empty()) {
        return Err(AppError::usage(
            "a statement needs a name",
            "--attest names who states that every known use of generative AI is declared",
        ));
    }
    let asked = Asked { finalize: true, attest, ..Asked::default() };
    Ok(run(project, context, name, asked, None)?.answer)
}

/// What is asked of a gate.
#[derive(Clone, Copy, Default)]
struct Asked<'a> {
    /// To mark it final, if it passes.
    finalize: bool,
    /// Who states that every known use is declared.
    attest: Option<&'a str>,
    /// Of files that were made from it, and not of the deliverable itself.
    made: bool,
}

/// Takes back that a deliverable is final, on the record.
pub fn reopen(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    note: &str,
) -> Result<(), AppError> {
    decide(project, context, |record| {
        if known(record, name)?.finalized.is_none() {
            return Err(AppError::usage(
                format!("{name} is not final"),
                "there is nothing to undo",
            ));
        }
        let note = DeliverableNote { name: name.to_owned(), note: Some(note.to_owned()) };
        Ok((vec![Event::Reopened(note)], ()))
    })
}

fn run(
    project: &Project,
    context: &Context<'_>,
    name: &str,
    asked: Asked<'_>,
    before: Option<&Record>,
) -> Result<OnRecord, AppError> {
    // Without a policy nothing passes, and nothing needs to be read to know it.
    let mut policy = project.policy()?;
    let mut approvers = Approvers::read(project)?;
    let mut made = match before {
        Some(record) => known(record, name)?.made.clone(),
        None => known(&whole(project)?, name)?.made.clone(),
    };
    let detection = Detection::of(project, false)?;
    let mut ledger = project.ledger()?;
    let reader = ledger.reader()?;
    if have_changed(&reader, &detection)? {
        adopt(project, context, &mut ledger, &detection)?;
    }
    loop {
        context.check()?;
        let around = Around { project, context, detection: &detection };
        let ignores_disabled = policy.ignores_disabled;
        let mut looked = Looked::at(around, &mut ledger, &reader, &made, ignores_disabled)?;
        failpoint::hit("gate-looked");
        // Judged again for as long as others write, and looked at again if they changed what it is
        // made of.
        loop {
            looked.catch_up(&reader)?;
            context.check()?;
            let now_made = &known(&looked.record, name)?.made;
            if *now_made != made {
                made.clone_from(now_made);
                break;
            }
            // A scan beside us may have taken a file for one that was moved: a gate reads it.
            if looked.record.present().values().any(|found| found.sighting == Sighting::Carried) {
                break;
            }
            // On record before anything is judged by them: a verdict shows what changed.
            if news(&policy, &approvers, &looked.record).next().is_some() {
                // Read again first: somebody beside us may have adopted what is newer than ours.
                policy = project.policy()?;
                approvers = Approvers::read(project)?;
                let news: Vec<_> = news(&policy, &approvers, &looked.record).collect();
                match append(&mut ledger, context, &looked.record, context.now(), &news) {
                    Ok(_) => failpoint::hit("texts-adopted"),
                    Err(LedgerError::HeadMoved { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
                if policy.ignores_disabled != ignores_disabled {
                    break;
                }
                continue;
            }
            let judged = Judged::new(context, &reader, name, asked, &policy, &looked)?;
            match judged.record(context, &mut ledger, &reader, &looked.record, asked.finalize) {
                Ok((journal, state)) => {
                    looked.fold_in(&reader)?;
                    let answer = GateAnswer {
                        deliverable: name.to_owned(),
                        verdict: judged.verdict,
                        problems: looked.seen.problems,
                        notes: looked.referenced.notes().collect(),
                        profile: policy.profile,
                        policy: policy.hash,
                        journal,
                        state,
                    };
                    return Ok(OnRecord { answer, record: looked.record });
                }
                Err(LedgerError::HeadMoved { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What of policy and approvers is not on record yet.
fn news(
    policy: &Policy,
    approvers: &Approvers,
    record: &Record,
) -> impl Iterator<Item = Event> + use<> {
    policy_news(policy, record).into_iter().chain(approvers.news(record))
}

/// What was seen on disk and what the journal says, together the ground of a judgement.
struct Looked {
    contents: Contents,
    seen: Seen,
    lost_documents: BTreeSet<AssetId>,
    referenced: Referenced,
    inquiry: Inquiry,
    record: Record,
}

/// How often a gate looks again at what changed while it was looking.
const LOOKS: usize = 5;

impl Looked {
    fn at(
        around: Around<'_>,
        ledger: &mut Ledger,
        reader: &Reader,
        made: &MadeOf,
        ignores_disabled: bool,
    ) -> Result<Self, AppError> {
        let mut referenced = references::look(around.project, around.context, made)?;
        if ignores_disabled {
            referenced = referenced.without_disabled();
        }
        referenced.keep(around.project)?;
        let contents = Contents::new(made)?.with_referenced(referenced.files());
        Self::of(around, ledger, reader, contents, referenced, &made.packages)
    }

    fn of(
        around: Around<'_>,
        ledger: &mut Ledger,
        reader: &Reader,
        contents: Contents,
        referenced: Referenced,
        packages: &[AssetPath],
    ) -> Result<Self, AppError> {
        let named: PathFilter<'_> = &|root, path| contents.contains(root, path);
        let record = fold(reader, Some(named))?;
        // Signatures take a processor, the look takes the disk.
        let (seen, inquiry) = std::thread::scope(|scope| {
            let inquiry = scope.spawn(|| Inquiry::of(&record));
            let seen = look(around, ledger, &contents, &record, None);
            (seen, inquiry.join())
        });
        let inquiry = inquiry.unwrap_or_else(|broken| std::panic::resume_unwind(broken));
        let seen = seen?;
        let contents = contents.with_links(&seen.linked);
        let lost_documents = lost(around.project, around.context, &record)?;
        let mut looked = Self { contents, seen, lost_documents, referenced, inquiry, record };
        let in_packages = looked.packages(around, ledger, reader, packages)?;
        for _ in 0..LOOKS {
            if looked.seen.news.is_none() {
                break;
            }
            looked.catch_up(reader)?;
            let Self { contents, seen, record, .. } = &looked;
            let seen = look(around, ledger, contents, record, Some(seen))?;
            looked.take_in(reader, seen)?;
        }
        if let Some(path) = looked.seen.news.clone() {
            let problem = "files kept coming and changing while the gate looked".to_owned();
            looked.seen.problems.push(MediaProblem {
                code: RuleCode::MediaChanged,
                path,
                problem,
                reference: None,
            });
        }
        looked.seen.problems.extend(looked.referenced.problems(looked.record.present()));
        looked.seen.problems.extend(in_packages);
        if looked.seen.problems.is_empty() {
            looked.catch_up(reader)?;
            looked.seen.problems.extend(looked.referenced.hollow(looked.record.present()));
        }
        looked.seen.problems.sort_by(|a, b| a.path.cmp(&b.path).then(a.code.cmp(&b.code)));
        Ok(looked)
    }

    /// What is wrong with the packages. They are read between two looks, so that a file that changes
    /// meanwhile is noticed.
    fn packages(
        &mut self,
        around: Around<'_>,
        ledger: &mut Ledger,
        reader: &Reader,
        packages: &[AssetPath],
    ) -> Result<Vec<MediaProblem>, AppError> {
        if packages.is_empty() {
            return Ok(Vec::new());
        }
        self.catch_up(reader)?;
        let before = judge::contents(self.record.present());
        failpoint::hit("packages-seen");
        let checks = packages::check(around, packages, &self.record)?;
        let mut problems = checks.problems;
        let seen = look(around, ledger, &self.contents, &self.record, Some(&self.seen))?;
        self.take_in(reader, seen)?;
        self.catch_up(reader)?;
        if judge::contents(self.record.present()) == before {
            packages::note(around, ledger, &checks.new)?;
        } else {
            problems.extend(packages.iter().map(|path| MediaProblem {
                code: RuleCode::MediaChanged,
                path: path.clone(),
                problem: "files changed while the package was checked".to_owned(),
                reference: None,
            }));
        }
        Ok(problems)
    }

    /// Takes what a later look showed. Where a link leads elsewhere by now, what is judged is what it leads to
    /// now, as the run says that goes on record.
    fn take_in(&mut self, reader: &Reader, seen: Seen) -> Result<(), AppError> {
        if seen.linked != self.seen.linked {
            self.contents.relink(&seen.linked);
            let contents = &self.contents;
            let scope: PathFilter<'_> = &|root, path| contents.contains(root, path);
            self.record = fold(reader, Some(scope))?;
        }
        self.seen = seen;
        Ok(())
    }

    /// Folds in what was journalled since, and asks what stands behind it.
    fn catch_up(&mut self, reader: &Reader) -> Result<(), AppError> {
        self.fold_in(reader)?;
        self.inquiry.look(&self.record);
        Ok(())
    }

    /// Folds in what was journalled since: first of all, what was just seen.
    fn fold_in(&mut self, reader: &Reader) -> Result<(), AppError> {
        // What links lead to was read just now, so its observation is among the new events.
        let scope: PathFilter<'_> = &|root, path| self.contents.contains(root, path);
        catch_up(reader, &mut self.record, Some(scope))
    }
}

/// One judgement, ready to be recorded on the events it rests on.
struct Judged {
    /// Also the time of the event that records it, so that it can be repeated exactly.
    now: Timestamp,
    events: Vec<Event>,
    verdict: Verdict,
    finalization: Finalization,
    /// Where the deliverable stood.
    before: DeliverableState,
}

impl Judged {
    fn new(
        context: &Context<'_>,
        reader: &Reader,
        name: &str,
        asked: Asked<'_>,
        policy: &Policy,
        looked: &Looked,
    ) -> Result<Self, AppError> {
        let Looked { record, lost_documents, inquiry, .. } = looked;
        let Seen { problems, linked, harmless, .. } = &looked.seen;
        // Somebody may have removed it while its files were read.
        let deliverable = known(record, name)?;
        let sources = judge::sources(record.present(), record);
        let places = places(reader, sources, record.head.map_or(Seq(0), |head| head.seq))?;
        let now = context.now();
        let verdict = judge::gate(
            policy,
            judge::Ground {
                case: Case {
                    deliverable: name,
                    unmatched: &looked.contents.unmatched(record.present()),
                    problems,
                    lost_documents,
                    authorities: inquiry.found(),
                    finalizing: asked.finalize,
                    attested: asked.attest.is_some(),
                    made: asked.made,
                    record,
                    now,
                },
                contents: record.present(),
                places: &places,
            },
        );
        let contents = judge::contents(record.present());
        let before = state(deliverable, &contents);
        let events = vec![Event::Gated(GateRun {
            deliverable: name.to_owned(),
            outcome: verdict.outcome,
            checked: verdict.checked,
            finalizing: asked.finalize,
            attested: asked.attest.map(str::to_owned),
            policy: policy.hash,
            approvers: record.texts.approvers_hash(),
            timelines: looked.referenced.reads(),
            referenced: looked.referenced.files().into_iter().collect(),
            linked: linked.clone(),
            harmless: harmless.clone(),
            lost_documents: lost_documents.iter().copied().collect(),
            problems: problems.clone(),
            judging: JUDGING,
        })];
        let finalization = Finalization { deliverable: name.to_owned(), gate: Seq(0), contents };
        Ok(Self { now, events, verdict, finalization, before })
    }

    /// Gives the gate run's own event, and where the deliverable stands now.
    fn record(
        &self,
        context: &Context<'_>,
        ledger: &mut Ledger,
        reader: &Reader,
        record: &Record,
        finalize: bool,
    ) -> Result<(Head, DeliverableState), LedgerError> {
        let gated = Seq(record.head.map_or(0, |head| head.seq.0) + self.events.len() as u64);
        let mut events = self.events.clone();
        let finalize = finalize && self.verdict.outcome == Outcome::Pass;
        if finalize {
            let finalization = Finalization { gate: gated, ..self.finalization.clone() };
            events.push(Event::Finalized(finalization));
        }
        let head = append(ledger, context, record, self.now, &events)?;
        failpoint::hit("gate-recorded");
        let journal = if finalize { reader.head_at(gated)?.unwrap_or(head) } else { head };
        Ok((journal, if finalize { DeliverableState::Final } else { self.before }))
    }
}
