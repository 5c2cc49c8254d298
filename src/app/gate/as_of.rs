//! `gate --as-of SEQ`: a verdict as it was, or as it would have been, at an earlier event. Looks at
//! the journal only, and records nothing.

use std::collections::BTreeSet;

use crate::app::authority::Inquiry;
use crate::app::contents::{Contents, holds_any};
use crate::app::decide::fold_until;
use crate::app::deliverables::known;
use crate::app::gate::GateAnswer;
use crate::app::kin::places;
use crate::app::{AppError, Project};
use crate::gate as judge;
use crate::model::{
    AssetPath, DeliverableState, GateRun, JUDGING, MadeOf, MediaProblem, PolicyAdopted, RuleCode,
    Seq, Timestamp, shell_word,
};
use crate::policy::{Case, Policy};
use crate::record::{PathFilter, Record};

/// Judges a deliverable as of an event. For the event of a gate run that is its verdict, to the
/// byte; for any other, now is that event's time and the disk is as last observed: what the run before
/// it could not look at is still not known, and what no run looked at is not either.
pub fn gate_as_of(project: &Project, name: &str, seq: Seq) -> Result<GateAnswer, AppError> {
    let reader = project.reader()?;
    let newest = reader.head()?;
    if seq.0 == 0 || seq > newest.seq {
        return Err(AppError::usage(
            format!("there is no event {seq}"),
            format!("the journal ends at event {}; genlock log lists them", newest.seq),
        ));
    }
    let decided = fold_until(&reader, seq, None)?;
    let deliverable = known(&decided, name)?;
    let newest_run = deliverable.gate.as_ref();
    // Of what was defined otherwise then, it saw something else.
    let run = match newest_run {
        Some(run) if run.seq < seq => {
            let then = fold_until(&reader, run.seq, None)?;
            newest_run.filter(|_| known(&then, name).is_ok_and(|one| one.made == deliverable.made))
        }
        run => run,
    };
    let contents = Contents::seen(&deliverable.made, run.map(|run| &run.fact))?;
    let scope: PathFilter<'_> = &|root, path| contents.contains(root, path);
    let record = fold_until(&reader, seq, Some(scope))?;
    let this_run = run.filter(|run| run.seq == seq);
    if let Some(judging) = this_run.map(|run| run.fact.judging).filter(|one| *one != JUDGING) {
        return Err(AppError::usage(
            format!(
                "event {seq} is a verdict of another build of Genlock, which judged in another way \
                 ({judging}, not {JUDGING})"
            ),
            format!(
                "that build gives it again; genlock gate {} judges what is there now",
                shell_word(name)
            ),
        ));
    }
    let problems = match this_run {
        Some(run) => run.fact.problems.clone(),
        None => unseen(&deliverable.made, run.map(|run| (run.seq, &run.fact)), &contents, &record),
    };
    let policy = policy(&record)?;
    let now = record.newest.unwrap_or(Timestamp::from_nanos(0));
    let lost_documents = newest_run.map(|run| run.fact.lost_documents.iter().copied().collect());
    let lost_documents = lost_documents.unwrap_or_default();
    let places = places(&reader, judge::sources(record.present(), &record), seq)?;
    let verdict = judge::gate(
        &policy,
        judge::Ground {
            case: Case {
                deliverable: name,
                unmatched: &contents.unmatched(record.present()),
                problems: &problems,
                lost_documents: &lost_documents,
                authorities: Inquiry::of(&record).found(),
                finalizing: this_run.is_some_and(|run| run.fact.finalizing),
                attested: this_run.is_some_and(|run| run.fact.attested.is_some()),
                made: false,
                record: &record,
                now,
            },
            contents: record.present(),
            places: &places,
        },
    );
    Ok(GateAnswer {
        deliverable: name.to_owned(),
        verdict,
        problems,
        notes: Vec::new(),
        profile: policy.profile,
        policy: policy.hash,
        journal: record.head.unwrap_or(newest),
        state: DeliverableState::Open,
    })
}

/// What was not known at an event that is no verdict, `last` being the newest one before it of the same
/// deliverable as it is defined.
fn unseen(
    made: &MadeOf,
    last: Option<(Seq, &GateRun)>,
    contents: &Contents,
    record: &Record,
) -> Vec<MediaProblem> {
    let mut problems = missing(contents, record);
    let unread = |path: &AssetPath, problem: &str| MediaProblem {
        code: RuleCode::MediaUnread,
        path: path.clone(),
        problem: problem.to_owned(),
        reference: None,
    };
    if let Some((_, run)) = last {
        let known: BTreeSet<_> = problems.iter().map(|one| (one.code, &one.path)).collect();
        let is_new = |one: &&MediaProblem| {
            let came =
                one.code == RuleCode::MediaMissing && record.present().contains_key(&one.path);
            !came && !known.contains(&(one.code, &one.path))
        };
        let still: Vec<_> = run.problems.iter().filter(is_new).cloned().collect();
        problems.extend(still);
    } else {
        let what = "no verdict before that event had read it, as the deliverable was defined then";
        problems.extend(made.timelines.iter().chain(&made.packages).map(|path| unread(path, what)));
    }
    let judged = last.map(|(seq, run)| (seq, JudgedLinks::of(run)));
    let concerned = |link: &AssetPath| {
        contents.contains(&link.root, &link.path) || contents.could_hold(&link.root, &link.path)
    };
    let links = record.links().filter(|(link, seen, target)| {
        let known = |(seq, links): &(Seq, JudgedLinks<'_>)| seen < seq || links.has(link, target);
        concerned(link) && !judged.as_ref().is_some_and(known)
    });
    let what = "it is a link, and no verdict before that event had looked where it leads";
    problems.extend(links.map(|(link, ..)| unread(link, what)));
    problems
}

/// The links that a run judged, also those that were recorded only later.
struct JudgedLinks<'a> {
    /// Those that it followed, or says itself what is the matter with.
    told: BTreeSet<&'a AssetPath>,
    /// Those that hid nothing, and where they pointed.
    harmless: BTreeSet<(&'a AssetPath, &'a [u8])>,
}

impl<'a> JudgedLinks<'a> {
    fn of(run: &'a GateRun) -> Self {
        let followed = run.linked.iter().map(|one| &one.link);
        let told = followed.chain(run.problems.iter().map(|one| &one.path)).collect();
        let harmless = run.harmless.iter().map(|one| (&one.link, &*one.target.0)).collect();
        Self { told, harmless }
    }

    fn has(&self, link: &AssetPath, target: &[u8]) -> bool {
        self.told.contains(link) || self.harmless.contains(&(link, target))
    }
}

/// What is named one by one and was not there when last observed.
fn missing(contents: &Contents, record: &Record) -> Vec<MediaProblem> {
    contents
        .literals()
        .filter(|path| !holds_any(record.present(), path))
        .map(|path| MediaProblem {
            code: RuleCode::MediaMissing,
            path,
            problem: "the deliverable names it, and it was not there".to_owned(),
            reference: None,
        })
        .collect()
}

/// The policy text that was in force.
fn policy(record: &Record) -> Result<Policy, AppError> {
    let Some(entry) = record.policy() else {
        return Err(AppError::usage(
            "no policy was in force at that event",
            "choose a later event",
        ));
    };
    let PolicyAdopted { text, .. } = &entry.fact;
    let path = "event".to_owned() + &entry.seq.to_string();
    Policy::of_record(text).map_err(|source| AppError::PolicyInvalid { path: path.into(), source })
}
