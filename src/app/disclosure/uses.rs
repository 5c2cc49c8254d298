//! Where timelines, and the compositions of packages, mention files.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::played::played;
use crate::app::references::{Answer, Referenced, real};
use crate::app::{Context, Project};
use crate::model::{AssetPath, Found, MadeOf, MediaProblem, Reference, Resolution, RuleCode};
use crate::report::{OpenView, UseView};

/// Every mention, and the files that are meant.
#[derive(Default)]
pub(super) struct Uses {
    all: Vec<UseView>,
    of: BTreeMap<AssetPath, Vec<usize>>,
    /// Files that lie there, and the timeline that says so.
    there: BTreeMap<AssetPath, AssetPath>,
    open: BTreeSet<OpenView>,
    unread: BTreeSet<OpenView>,
    timelines: usize,
}

impl Uses {
    /// Adds what the timelines of a deliverable refer to, and what its packages play.
    pub(super) fn add(
        &mut self,
        project: &Project,
        context: &Context<'_>,
        deliverable: &str,
        made: &MadeOf,
        referenced: &Referenced,
    ) {
        self.unread.extend(referenced.unread(made).map(open));
        // What is on disk is not looked at here: that is a gate's business.
        self.open.extend(referenced.problems(&BTreeMap::new()).iter().map(open));
        for timeline in &referenced.timelines {
            self.mentions(project, context, deliverable, &timeline.named, &timeline.references);
        }
        for package in played(project, &made.packages) {
            self.mentions(project, context, deliverable, &package.named, &package.references);
        }
    }

    /// Adds what a timeline or the compositions of a package mention.
    fn mentions(
        &mut self,
        project: &Project,
        context: &Context<'_>,
        deliverable: &str,
        named: &AssetPath,
        references: &[(Reference, Answer)],
    ) {
        self.timelines += 1;
        let mut before: &[AssetPath] = &[];
        for (reference, answer) in references {
            // Another place of the same file is no other use of it.
            let is_same = reference.again && answer.files == before;
            before = &answer.files;
            if is_same {
                continue;
            }
            let at = self.all.len();
            self.all.push(UseView {
                deliverable: deliverable.to_owned(),
                timeline: named.to_string(),
                name: reference.name.clone(),
                track: reference.track.clone(),
                record_in: reference.record_in.clone(),
                record_out: reference.record_out.clone(),
                source_in: reference.source_in.clone(),
                source_out: reference.source_out.clone(),
                enabled: reference.enabled,
                usage: reference.usage,
                place: reference.place.clone(),
                at: (self.timelines, at),
            });
            if !matches!(answer.resolution, Resolution::Resolved | Resolution::Offline) {
                continue;
            }
            for path in &answer.files {
                let path = real(project, context, path);
                if answer.resolution == Resolution::Resolved {
                    self.there.entry(path.clone()).or_insert_with(|| named.clone());
                }
                self.of.entry(path).or_default().push(at);
            }
        }
    }

    /// Files that are meant.
    pub(super) fn files(&self) -> impl Iterator<Item = &AssetPath> {
        self.of.keys()
    }

    /// Files that timelines mean and that nobody has looked at: each may be AI-made.
    pub(super) fn unobserved<'a>(
        &'a self,
        present: &'a BTreeMap<AssetPath, Found>,
    ) -> impl Iterator<Item = OpenView> + 'a {
        let unseen = self.there.iter().filter(|(path, _)| !present.contains_key(*path));
        unseen.map(|(path, timeline)| OpenView {
            code: RuleCode::MediaUnread.as_str().to_owned(),
            place: path.to_string(),
            what: format!("{timeline} refers to it, and nobody has looked at it yet"),
        })
    }

    /// What could not be told.
    pub(super) fn open(&self) -> Vec<OpenView> {
        self.open.iter().cloned().collect()
    }

    /// Timelines that could not be read.
    pub(super) fn unread(&self) -> Vec<OpenView> {
        self.unread.iter().cloned().collect()
    }

    /// Whether any timeline was read, or a composition of a package.
    pub(super) const fn have_timelines(&self) -> bool {
        self.timelines > 0
    }

    /// Every mention of any of these files, in the order of the cut.
    pub(super) fn of<'a>(&self, paths: impl Iterator<Item = &'a AssetPath>) -> Vec<UseView> {
        let at: BTreeSet<_> = paths.filter_map(|path| self.of.get(path)).flatten().collect();
        let mut found: Vec<_> = at.into_iter().map(|at| self.all[*at].clone()).collect();
        found.sort_by(|a, b| a.order().cmp(&b.order()));
        found
    }
}

fn open(problem: &MediaProblem) -> OpenView {
    OpenView {
        code: problem.code.as_str().to_owned(),
        place: problem.path.to_string(),
        what: problem.problem.clone(),
    }
}
