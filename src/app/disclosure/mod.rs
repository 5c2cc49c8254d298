//! `disclose`: the disclosure log of a deliverable or of the whole project, gathered from the journal
//! and from what the timelines on disk say.
//!
//! Everything in it rests on checked events, not on tables. It must never look complete when it is
//! not: what is missing is said at each element, what could not be told and what a log cannot show
//! at the top.

mod credit;
mod elements;
mod fold;
mod gaps;
mod pictures;
mod said;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use crate::app::authority::authorities;
use crate::app::contents::Contents;
use crate::app::decide::fold as fold_journal;
use crate::app::deliverables::{known, state};
use crate::app::disclosure::elements::{Ground, Listed};
use crate::app::disclosure::uses::Uses;
use crate::app::documents::lost;
use crate::app::kin::places;
use crate::app::references;
use crate::app::{AppError, Context, Project};
use crate::gate as judge;
use crate::lineage::{Lineage, Own};
use crate::model::{AiStatus, AssetId, AssetPath, DeliverableState, Found};
use crate::policy::{Basis, Policy};
use crate::record::{Deliverable, PathFilter, Record};
use crate::report::{
    Contribution, DisclosedDeliverable, DisclosedVerdict, Disclosure, DisclosureCounts, GapView,
    HeadView, OpenView, Pictures, PolicyView,
};

/// The whole log, with its pictures: what is left beside a delivery. One that is without pictures
/// costs less: [`disclosure_data`].
pub fn disclosure(
    project: &Project,
    context: &Context<'_>,
    name: Option<&str>,
) -> Result<Disclosure, AppError> {
    let (mut log, listed) = gather(project, context, name)?;
    log.pictures = pictures::draw(project, context, &listed)?;
    Ok(log)
}

/// The log without its pictures: all that CSV, JSON and text have of it.
pub fn disclosure_data(
    project: &Project,
    context: &Context<'_>,
    name: Option<&str>,
) -> Result<Disclosure, AppError> {
    gather(project, context, name).map(|(log, _)| log)
}

fn gather(
    project: &Project,
    context: &Context<'_>,
    name: Option<&str>,
) -> Result<(Disclosure, Vec<Listed>), AppError> {
    let reader = project.reader()?;
    let decided = fold_journal(&reader, None)?;
    let Reach { uses, judged, all } = Reach::of(project, context, &decided, name)?;
    let scope: PathFilter<'_> =
        &|root, path| all.as_ref().is_none_or(|contents| contents.contains(root, path));
    let record = fold_journal(&reader, Some(scope))?;
    let policy = policy(&record);
    let now = record.moment(context.now());
    let (authorities, lost) = (authorities(&record), lost(project, context, &record)?);
    let basis = Basis {
        policy: policy.as_ref(),
        record: &record,
        authorities: &authorities,
        lost_documents: &lost,
        now,
        deliverable: name,
    };
    let ground = Ground::new(&reader, basis);
    let mut found: BTreeMap<AssetId, Vec<(&AssetPath, &Found)>> = BTreeMap::new();
    for (path, one) in record.present() {
        found.entry(one.asset).or_default().push((path, one));
    }
    let mut counts =
        DisclosureCounts { files: record.present().len() as u64, ..Default::default() };
    let mut open = uses.open();
    open.extend(uses.unobserved(record.present()));
    let mut listed = Vec::new();
    let until = record.head.unwrap_or(crate::model::Head::EMPTY).seq;
    let above = places(&reader, judge::sources(record.present(), &record), until)?;
    let mut lineage = Lineage::new(&record.kinship, |asset| {
        let (evidence, problems) = (record.evidence(asset), record.content_problems(asset));
        Own::of(&record, asset, &evidence, problems, above.of(asset).cloned().collect())
    });
    for (asset, places) in &found {
        context.check()?;
        let determination = record.determination(asset).map(|entry| &entry.fact);
        let origin = judge::origin(asset, &record, &mut lineage);
        if determination.is_none() {
            let problems = record.content_problems(asset).iter();
            open.extend(problems.map(|one| OpenView {
                code: "media-unread".to_owned(),
                place: places[0].0.to_string(),
                what: one.problem.clone(),
            }));
        }
        match ground.element(*asset, places, origin, &uses)? {
            Ok(mut one) => {
                let is_judged = |(path, _): &(&AssetPath, _)| is_in(judged.as_ref(), path);
                if !places.iter().any(is_judged) {
                    one.view.missing.push(GapView::new(
                        "not-judged",
                        "no gate judges it: the policy leaves out what is in disabled clips alone",
                    ));
                }
                listed.push(one);
            }
            Err(AiStatus::NotAi) => counts.not_ai += places.len() as u64,
            Err(_) => counts.unknown += places.len() as u64,
        }
    }
    open.sort();
    let listed = fold::fold(listed);
    for one in &listed {
        counts.add(one);
    }
    let elements: Vec<_> = listed.iter().map(|one| one.view.clone()).collect();
    let credit = credit::line(&elements);
    let declared_only = if name.is_none() { ground.unused(&elements) } else { Vec::new() };
    let deliverable = name.map(|name| deliverable(name, &record, &decided, judged.as_ref()));
    let deliverable = deliverable.transpose()?;
    let head = record.head.unwrap_or(crate::model::Head::EMPTY);
    let mut log = Disclosure {
        production: production(project),
        deliverable,
        written: context.now().to_string(),
        program: concat!("genlock ", env!("CARGO_PKG_VERSION")),
        scanned: reader.last_scan()?.map(|at| at.to_string()),
        policy: record.policy().map(|entry| PolicyView {
            profile: entry.fact.profile.clone(),
            hash: entry.fact.hash.to_string(),
        }),
        journal: HeadView { seq: head.seq.0, head: AssetId::from_bytes(head.hash).to_string() },
        counts,
        credit,
        not_shown: Vec::new(),
        open,
        unread: uses.unread(),
        elements,
        declared_only,
        pictures: Pictures::default(),
    };
    log.not_shown = not_shown(&log, uses.have_timelines());
    Ok((log, listed))
}

/// What a log is of.
struct Reach {
    uses: Uses,
    /// What a gate judges; none of the whole project.
    judged: Option<Contents>,
    /// The same with what the policy leaves out of that.
    all: Option<Contents>,
}

impl Reach {
    fn of(
        project: &Project,
        context: &Context<'_>,
        decided: &Record,
        name: Option<&str>,
    ) -> Result<Self, AppError> {
        let names: Vec<_> = match name {
            Some(name) => vec![name.to_owned()],
            None => decided.deliverables.keys().cloned().collect(),
        };
        let ignores_disabled = policy(decided).is_some_and(|policy| policy.ignores_disabled);
        let (mut uses, mut judged) = (Uses::default(), BTreeSet::new());
        for name in &names {
            let made = &known(decided, name)?.made;
            let mut referenced = references::look(project, context, made)?;
            uses.add(project, context, name, made, &referenced);
            if ignores_disabled {
                referenced = referenced.without_disabled();
            }
            judged.extend(
                referenced.files().iter().map(|path| references::real(project, context, path)),
            );
        }
        let contents = |files| name.map(|name| contents(known(decided, name)?, files)).transpose();
        let (judged, all) = (contents(judged)?, contents(uses.files().cloned().collect())?);
        Ok(Self { uses, judged, all })
    }
}

/// Whether a path belongs to some contents; where there are none, everything does.
fn is_in(contents: Option<&Contents>, path: &AssetPath) -> bool {
    contents.is_none_or(|all| all.contains(&path.root, &path.path))
}

/// The name of the project folder.
fn production(project: &Project) -> String {
    let name = project.dir.file_name().unwrap_or(project.dir.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The policy on record.
fn policy(record: &Record) -> Option<Policy> {
    record.policy().and_then(|entry| Policy::of_record(&entry.fact.text).ok())
}

/// What a deliverable holds: what it names, what its timelines mean now, and what the newest gate saw.
fn contents(
    deliverable: &Deliverable,
    referred: BTreeSet<AssetPath>,
) -> Result<Contents, AppError> {
    let run = deliverable.gate.as_ref().map(|run| &run.fact);
    Ok(Contents::seen(&deliverable.made, run)?.with_referenced(referred))
}

fn deliverable(
    name: &str,
    record: &Record,
    decided: &Record,
    judged: Option<&Contents>,
) -> Result<DisclosedDeliverable, AppError> {
    // Somebody may have removed it while the timelines were read.
    let one = known(record, name).or_else(|_| known(decided, name))?;
    let text = |hash: &AssetId| {
        let adopted = record.texts.policies.iter().rfind(|entry| entry.fact.hash == *hash);
        adopted.map_or_else(String::new, |entry| entry.fact.profile.clone())
    };
    let verdict = one.gate.as_ref().map(|run| {
        let finalized = one.finalized.as_ref().map_or(run.seq, |done| done.seq.max(run.seq));
        DisclosedVerdict {
            verdict: run.fact.outcome,
            at: run.at.to_string(),
            seq: run.seq.0,
            checked: run.fact.checked,
            policy: PolicyView {
                profile: text(&run.fact.policy),
                hash: run.fact.policy.to_string(),
            },
            attested: run.fact.attested.clone(),
            decisions_since: record.history.keys().filter(|seq| **seq > finalized).count() as u64,
        }
    });
    let mut holds = judge::contents(record.present());
    holds.retain(|item| is_in(judged, &item.path));
    Ok(DisclosedDeliverable {
        name: name.to_owned(),
        state: state(one, &holds),
        paths: one.made.paths.iter().map(ToString::to_string).collect(),
        timelines: one.made.timelines.iter().map(ToString::to_string).collect(),
        verdict,
    })
}

/// What a log cannot show, by what it is of and whether anything says where in the cut it is.
fn not_shown(log: &Disclosure, have_timelines: bool) -> Vec<String> {
    let mut all = Vec::new();
    let counts = &log.counts;
    all.push(format!(
        "Files without any mark: {} of {} files carry no mark, and nobody declared or determined \
         anything of them. They may be AI-made all the same; nothing here says that they are not.",
        counts.unknown, counts.files
    ));
    all.push(
        "Watermarks that cannot be seen or heard, and marks that were removed: only what is written in \
         files, beside them and on record is read."
            .to_owned(),
    );
    all.push(
        "What a rendered file was made of, unless its sources are named by the deliverable."
            .to_owned(),
    );
    match &log.deliverable {
        None => all.push(
            "Which of these elements is in the final cut: this is everything in the project, used or not."
                .to_owned(),
        ),
        Some(one) => {
            if !have_timelines && one.timelines.is_empty() {
                all.push(
                    "Where in the cut the elements are: the deliverable names no timeline.".to_owned(),
                );
            }
            match &one.verdict {
                None => all.push(
                    "Files that changed since the last scan, and what links lead to: no gate has looked \
                     at this deliverable yet."
                        .to_owned(),
                ),
                Some(_) => all.push("Files that changed since they were last looked at.".to_owned()),
            }
            if one.state == DeliverableState::FinalChanged {
                all.push(
                    "What was finalised: the deliverable holds something else now, which is what is listed."
                        .to_owned(),
                );
            }
        }
    }
    all
}

impl DisclosureCounts {
    fn add(&mut self, one: &Listed) {
        let many = one.view.assets.len() as u64;
        self.elements += 1;
        self.assets += many;
        self.lacking += u64::from(!one.view.missing.is_empty());
        match one.view.contribution {
            Contribution::Generated => self.ai += many,
            Contribution::PartGenerated => self.ai_part += many,
            Contribution::Suspect => self.suspect += many,
            Contribution::Contested => self.contested += many,
            Contribution::Declared => self.declared += many,
        }
    }
}
