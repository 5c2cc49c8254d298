//! Files that a command made for a deliverable: looked at and judged as if the deliverable were made of
//! them, and no others.

use std::collections::BTreeSet;

use crate::app::contents::Contents;
use crate::app::detection::Detection;
use crate::app::gate::{Around, Asked, Judged, Looked};
use crate::app::references::Referenced;
use crate::app::{AppError, Context, Project};
use crate::gate as judge;
use crate::ledger::Reader;
use crate::model::{AssetPath, FinalItem, MadeOf, MediaProblem, RuleCode, Verdict};

/// What was seen of them.
pub(in crate::app) struct MadeFiles {
    reader: Reader,
    looked: Looked,
}

impl MadeFiles {
    /// Reads these files, and what links among them lead to. What is seen is journalled.
    pub(in crate::app) fn look(
        project: &Project,
        context: &Context<'_>,
        files: BTreeSet<AssetPath>,
    ) -> Result<Self, AppError> {
        let detection = Detection::of(project, false)?;
        let mut ledger = project.ledger()?;
        let reader = ledger.reader()?;
        let around = Around { project, context, detection: &detection };
        let contents = Contents::new(&MadeOf::default())?.with_referenced(files);
        let referenced = Referenced::default();
        let mut looked = Looked::of(around, &mut ledger, &reader, contents, referenced, &[])?;
        looked.catch_up(&reader)?;
        Ok(Self { reader, looked })
    }

    /// What they hold, by path.
    pub(in crate::app) fn contents(&self) -> Vec<FinalItem> {
        judge::contents(self.looked.record.present())
    }

    /// Judges them for a deliverable, with all that was recorded since. The judgement is not journalled.
    /// What could not be looked at, here or `beside` it, is judged with them.
    pub(in crate::app) fn judge(
        &mut self,
        project: &Project,
        context: &Context<'_>,
        name: &str,
        beside: Vec<MediaProblem>,
    ) -> Result<Verdict, AppError> {
        let read = self.contents();
        self.looked.catch_up(&self.reader)?;
        let now = self.contents();
        let problems = &mut self.looked.seen.problems;
        problems.extend(beside);
        problems.extend(now.iter().filter(|item| read.binary_search(item).is_err()).map(|item| {
            let problem = "it changed again after it was read".to_owned();
            MediaProblem {
                code: RuleCode::MediaChanged,
                path: item.path.clone(),
                problem,
                reference: None,
            }
        }));
        let policy = project.policy()?;
        let asked = Asked { made: true, ..Asked::default() };
        let judged = Judged::new(context, &self.reader, name, asked, &policy, &self.looked)?;
        Ok(judged.verdict)
    }
}
