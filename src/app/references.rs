//! The references of a deliverable's timelines, each with the files it means.
//!
//! A timeline says a place or only a name; here the disk is asked. What is not known for sure is no
//! answer: two files that may be meant, one that lies outside the roots, one that is not there. A
//! gate is refused by each of these until a person links it.

mod disk;
mod file;
mod links;
mod nested;
mod resolve;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use crate::app::references::links::{Links, is_nameless};
use crate::app::references::nested::Nested;
use crate::app::references::resolve::{Beside, Resolver};
use crate::app::{AppError, Context, Project};
use crate::deliver::names::Called;
use crate::deliver::timeline::{Timeline, TimelineError};
use crate::model::{
    AssetId, AssetPath, FinalItem, Found, LinkedAs, MadeOf, MediaProblem, Reference, ReferenceLink,
    Resolution, RuleCode, TimelineRead,
};
use crate::problem::in_one_line;

pub(super) use disk::real;
pub(super) use file::Source;
pub(super) use links::{is_at, is_called, takes};

/// What a reference means.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether that is known.
    pub resolution: Resolution,
    /// The files meant; of an ambiguous one those that may be.
    pub files: Vec<AssetPath>,
    /// Why not, where it is not resolved.
    pub why: String,
    /// By which of its names; none where its place says it.
    called: Option<Called>,
    /// What a person called it who said what it means, and of a place in which timeline.
    link: Option<(Option<AssetId>, String)>,
}

impl Answer {
    /// One that no name and no person had a part in.
    pub(super) const fn plain(resolution: Resolution, files: Vec<AssetPath>, why: String) -> Self {
        Self { resolution, files, why, called: None, link: None }
    }
}

/// A timeline that was read, and what each of its references means.
#[derive(Clone, Debug)]
pub struct ReadTimeline {
    /// What was named: a file, or the folder of a bundle.
    pub named: AssetPath,
    /// The file, as it was read.
    source: Source,
    /// What format it is.
    pub format: &'static str,
    /// What was tolerated in it.
    pub notes: Vec<String>,
    /// Every reference in its order.
    pub references: Vec<(Reference, Answer)>,
}

/// What the timelines of a deliverable mean.
#[derive(Clone, Debug, Default)]
pub struct Referenced {
    /// Those that could be read.
    pub timelines: Vec<ReadTimeline>,
    /// What keeps a gate from knowing.
    problems: Vec<MediaProblem>,
    /// What people said that references mean.
    links: Vec<ReferenceLink>,
}

impl ReadTimeline {
    /// The file that was read.
    pub fn path(&self) -> &AssetPath {
        &self.source.read.path
    }

    /// What it held.
    pub(super) fn hash(&self) -> AssetId {
        self.source.read.hash
    }
}

impl Referenced {
    /// Leaves out what is disabled or muted wherever it is mentioned: a policy may say so.
    #[must_use]
    pub(super) fn without_disabled(mut self) -> Self {
        for one in &mut self.timelines {
            one.references.retain(|(reference, _)| reference.enabled);
        }
        let read = |path: &AssetPath| self.timelines.iter().any(|one| *one.path() == *path);
        let mut left: Vec<_> =
            self.problems.drain(..).filter(|problem| !read(&problem.path)).collect();
        for one in &self.timelines {
            left.extend(problems(&one.source.read.path, &one.references));
        }
        self.problems = left;
        self
    }

    /// Every file they are known to mean, and they themselves.
    pub(super) fn files(&self) -> BTreeSet<AssetPath> {
        let mut files = BTreeSet::new();
        for one in &self.timelines {
            files.insert(one.source.read.path.clone());
            let known = one.references.iter().filter(|(_, answer)| {
                matches!(answer.resolution, Resolution::Resolved | Resolution::Offline)
            });
            files.extend(known.flat_map(|(_, answer)| answer.files.iter().cloned()));
        }
        files
    }

    /// What keeps a gate from knowing, after it saw what is on disk: also a timeline that is not the one
    /// that was read, and a link to a content that is not there any more.
    pub(super) fn problems(&self, present: &BTreeMap<AssetPath, Found>) -> Vec<MediaProblem> {
        let holds = |path: &AssetPath, asset: &AssetId| {
            present.get(path).is_none_or(|found| found.asset == *asset)
        };
        let changed = |path: &AssetPath, problem: String| MediaProblem {
            code: RuleCode::MediaChanged,
            path: path.clone(),
            problem,
            reference: None,
        };
        let mut problems = self.problems.clone();
        for TimelineRead { path, hash, .. } in self.timelines.iter().map(|one| &one.source.read) {
            if !holds(path, hash) {
                problems.push(changed(path, "the timeline changed while it was read".to_owned()));
            }
        }
        let answers = self.timelines.iter().flat_map(|one| &one.references);
        let links = answers.filter_map(|(_, answer)| answer.link.as_ref());
        let used: BTreeSet<LinkedAs<'_>> =
            links.map(|(timeline, reference)| (timeline.as_ref(), &**reference)).collect();
        let newest: BTreeMap<_, _> = self.links.iter().map(|one| (one.of(), one)).collect();
        for link in newest.values().filter(|link| used.contains(&link.of())) {
            let first = FinalItem { path: link.path.clone(), asset: link.asset };
            let all = [first].into_iter().chain(link.frames.iter().cloned());
            if let Some(one) = all.into_iter().find(|one| !holds(&one.path, &one.asset)) {
                let what =
                    format!("{:?} was linked to it when it held something else", link.reference);
                problems.push(changed(&one.path, what));
            }
        }
        problems
    }

    /// That there is nothing but timelines, and they refer to nothing: an empty cut would pass whatever was
    /// meant to be in it.
    pub(super) fn hollow(&self, present: &BTreeMap<AssetPath, Found>) -> Option<MediaProblem> {
        let is_timeline = |path: &AssetPath| self.timelines.iter().any(|one| *one.path() == *path);
        let first = self.timelines.first().filter(|_| present.keys().all(is_timeline))?;
        Some(MediaProblem {
            code: RuleCode::DeliverableEmpty,
            path: first.path().clone(),
            problem: "it refers to no media, and nothing else is in the deliverable".to_owned(),
            reference: None,
        })
    }

    /// Timelines that could not be read, with why.
    pub(super) fn unread<'a>(&'a self, made: &'a MadeOf) -> impl Iterator<Item = &'a MediaProblem> {
        self.problems.iter().filter(|one| {
            let was_read = self.timelines.iter().any(|read| *read.path() == one.path);
            !was_read && made.timelines.contains(&one.path)
        })
    }

    /// What was tolerated in the timelines.
    pub(super) fn notes(&self) -> impl Iterator<Item = (AssetPath, String)> {
        let of = |one: &ReadTimeline| {
            one.notes.iter().map(|note| (one.path().clone(), note.clone())).collect::<Vec<_>>()
        };
        self.timelines.iter().flat_map(of)
    }

    /// Puts the timelines into the document store, so that what a verdict rests on can be read later.
    pub(super) fn keep(&self, project: &Project) -> Result<(), AppError> {
        self.timelines.iter().try_for_each(|one| one.source.keep(project))
    }

    /// What was read, as a gate records it.
    pub(super) fn reads(&self) -> Vec<TimelineRead> {
        self.timelines.iter().map(|one| one.source.read.clone()).collect()
    }
}

/// Reads the timelines of a deliverable and looks for what they refer to. One that cannot be read is
/// a problem of it, not an error.
pub(super) fn look(
    project: &Project,
    context: &Context<'_>,
    made: &MadeOf,
) -> Result<Referenced, AppError> {
    let mut found = Referenced { links: made.links.clone(), ..Referenced::default() };
    let mut parsed = Vec::new();
    for named in &made.timelines {
        let read = Source::read(project, context, named);
        context.check()?;
        match read.and_then(|source| Ok((source.parse()?, source))) {
            Ok((timeline, source)) => parsed.push((named.clone(), source, timeline)),
            Err(error) => found.problems.push(MediaProblem {
                code: unread(&error),
                path: named.clone(),
                problem: in_one_line(&error),
                reference: None,
            }),
        }
    }
    let references = parsed.iter().flat_map(|(.., timeline)| &timeline.references);
    // One that cannot be read is told for itself.
    let read = parsed.iter().map(|(_, source, _)| &source.read.path).chain(&made.timelines);
    let nested = Nested::new(project, context, read);
    let links = Links::new(&made.links);
    let mut resolver = Resolver::new(project, context, links, nested, references)?;
    for (named, source, timeline) in parsed {
        context.check()?;
        let Timeline { format, notes, references, .. } = timeline;
        let beside = Beside {
            folder: source.folder(),
            bare_is_name: format.says_names(),
            timeline: &source.read.hash,
        };
        let answered = references.into_iter().map(|reference| {
            let answer = resolver.answer(&reference, beside);
            (reference, answer)
        });
        let mut references: Vec<_> = answered.collect();
        agree(&mut references);
        found.problems.extend(problems(&source.read.path, &references));
        let format = format.as_str();
        found.timelines.push(ReadTimeline { named, source, format, notes, references });
    }
    Ok(found)
}

/// Several places of one file: what is known of one holds for those that nothing is known of. Where they
/// lead to different files, each stands for itself, also one that leads to a timeline which nobody reads.
fn agree(references: &mut [(Reference, Answer)]) {
    let mut rest = references;
    while !rest.is_empty() {
        let more = rest.iter().skip(1).take_while(|(reference, _)| reference.again).count();
        let (places, after) = rest.split_at_mut(1 + more);
        let known = places.iter().find(|(_, answer)| answer.resolution == Resolution::Resolved);
        if let Some(known) = known.map(|(_, answer)| answer.clone()) {
            for (_, answer) in places {
                let is_open = match answer.resolution {
                    Resolution::Unresolved => answer.files.is_empty(),
                    resolution => resolution == Resolution::Offline,
                };
                if is_open {
                    *answer = known.clone();
                }
            }
        }
        rest = after;
    }
}

fn unread(error: &TimelineError) -> RuleCode {
    match error {
        TimelineError::Unreachable { source, .. }
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            RuleCode::MediaMissing
        }
        _ => RuleCode::MediaUnread,
    }
}

/// One problem for each thing that is not known, however often a timeline mentions it; what is called
/// nothing is another thing at each place.
fn problems(timeline: &AssetPath, references: &[(Reference, Answer)]) -> Vec<MediaProblem> {
    let key = |reference: &Reference| {
        let place = Some(&reference.place).filter(|_| is_nameless(reference)).cloned();
        (reference.name.clone(), reference.target.clone(), place)
    };
    let open = || references.iter().filter(|(_, one)| one.resolution != Resolution::Resolved);
    let mut told: BTreeMap<_, usize> = BTreeMap::new();
    for (reference, _) in open() {
        *told.entry(key(reference)).or_default() += 1;
    }
    let mut problems = Vec::new();
    for (reference, answer) in open() {
        let Some(times) = told.remove(&key(reference)) else { continue };
        let code = match answer.resolution {
            Resolution::Offline => RuleCode::MediaMissing,
            _ => RuleCode::MediaUnresolved,
        };
        let more =
            if times == 1 { String::new() } else { format!(" (and {} more times)", times - 1) };
        let problem = format!("{}, {}{more}: {}", called(reference), reference.place, answer.why);
        let reference = Some(link_as(reference)).filter(|_| code == RuleCode::MediaUnresolved);
        problems.push(MediaProblem { code, path: timeline.clone(), problem, reference });
    }
    problems
}

/// What `deliverable link` takes it by: the surest that it has.
fn link_as(reference: &Reference) -> String {
    let name = Some(&reference.name).filter(|name| !name.is_empty());
    let all = [reference.target.as_ref(), name, reference.reel.as_ref()];
    all.into_iter().flatten().next().unwrap_or(&reference.place).clone()
}

/// What a person would call it.
fn called(reference: &Reference) -> String {
    match (&*reference.name, &reference.target, &reference.reel) {
        ("", Some(target), _) => format!("{target:?}"),
        ("", None, Some(reel)) => format!("reel {reel:?}"),
        ("", None, None) => "a clip without a name".to_owned(),
        (name, ..) => format!("{name:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::timeline::mention;
    use crate::model::{RelPath, RootName, Use};

    #[test]
    fn what_is_known_of_one_place_of_a_file_holds_for_the_others() {
        let path = |name: &str| AssetPath::new(RootName::project(), RelPath::new(name).unwrap());
        let one = |again: bool, resolution: Resolution, files: &[&str]| {
            let reference = Reference { again, ..mention("a", Use::Used, String::new()) };
            let files = files.iter().map(|name| path(name)).collect();
            (reference, Answer::plain(resolution, files, String::new()))
        };
        let (known, lost, away, torn) = (
            Resolution::Resolved,
            Resolution::Unresolved,
            Resolution::Offline,
            Resolution::Ambiguous,
        );
        let mut all = [
            one(false, lost, &[]),
            one(false, lost, &[]),
            one(true, known, &["a.mov"]),
            one(true, away, &["b.mov"]),
            one(true, torn, &["c.mov", "d.mov"]),
            one(true, known, &["e.mov"]),
            one(false, away, &["b.mov"]),
        ];
        agree(&mut all);
        let seen: Vec<_> =
            all.iter().map(|(_, answer)| (answer.resolution, answer.files.clone())).collect();
        let files = |names: &[&str]| names.iter().map(|name| path(name)).collect::<Vec<_>>();
        assert_eq!(
            seen,
            [
                (lost, vec![]),
                (known, files(&["a.mov"])),
                (known, files(&["a.mov"])),
                (known, files(&["a.mov"])),
                (torn, files(&["c.mov", "d.mov"])),
                (known, files(&["e.mov"])),
                (away, files(&["b.mov"])),
            ]
        );
    }
}
