//! `status`: a page like git's. And the tally that a scan ends with.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use crate::app::decide::decisions;
use crate::app::declare::attached;
use crate::app::deliverables::{DeliverableView, deliverables};
use crate::app::list::row;
use crate::app::origins::{Clearing, Known, origins};
use crate::app::{AppError, Context, Project};
use crate::ledger::{Reader, Totals};
use crate::model::{AiStatus, AssetId, AssetPath, Clearance, RelPath, RootName, Strength};
use crate::problem::Problem;
use crate::record::Record;
use crate::report::{DeclarationLine, ListRow, ProblemView, StatusView};

/// What is present in some part of the project, by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Files present.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Wholly generated.
    pub ai: u64,
    /// Generated in part.
    pub ai_part: u64,
    /// A person must decide.
    pub suspect: u64,
    /// Determined not to be, or trusted.
    pub not_ai: u64,
    /// No mark. With the others it adds up to `files`.
    pub unknown: u64,
    /// Paths whose file is gone.
    pub missing: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.ai += other.ai;
        self.ai_part += other.ai_part;
        self.suspect += other.suspect;
        self.not_ai += other.not_ai;
        self.unknown += other.unknown;
        self.missing += other.missing;
    }
}

/// Counts a part of a root, whose totals are known, and adds the problems of the contents in it. `known` are
/// the origins of all there are.
pub(super) fn tally(
    reader: &Reader,
    record: &Record,
    known: &BTreeMap<AssetId, Known>,
    root: &RootName,
    directory: &RelPath,
    totals: Totals,
    problems: &mut Vec<Problem>,
) -> Result<Tally, AppError> {
    let mut tally = Tally {
        files: totals.files,
        bytes: totals.bytes,
        missing: totals.missing,
        ..Tally::default()
    };
    let counts = reader.present_examined(root, directory)?;
    for (asset, known) in known {
        let present = match counts.get(asset) {
            Some(count) => *count,
            // Of people's words or of what it was made from, and without a mark of its own.
            None if record.is_spoken_of(asset)
                || known.origin.strength == Some(Strength::Inherited) =>
            {
                reader.present(asset, root, directory)?
            }
            None => 0,
        };
        if present > 0 && !known.problems.is_empty() {
            let here = |path: &AssetPath| path.root == *root && path.path.is_within(directory);
            for location in reader.locations_of(asset)? {
                if location.present && here(&location.path) {
                    let lines = known.problems.iter();
                    problems.extend(lines.map(|one| Problem::at(&location.path, &one.problem)));
                }
            }
        }
        match known.origin.status {
            AiStatus::Ai => tally.ai += present,
            AiStatus::AiPart => tally.ai_part += present,
            AiStatus::Suspect => tally.suspect += present,
            AiStatus::NotAi => tally.not_ai += present,
            AiStatus::Unknown => {}
        }
    }
    problems.sort();
    let told = tally.ai + tally.ai_part + tally.suspect + tally.not_ai;
    tally.unknown = tally.files.saturating_sub(told);
    Ok(tally)
}

/// The state of the whole project, by what was last observed.
pub fn status(project: &Project, context: &Context<'_>) -> Result<StatusView, AppError> {
    let reader = project.reader()?;
    let mut record = decisions(&reader)?;
    let clearing = Clearing::new(project, &record, record.moment(context.now()));
    let known = origins(&reader, &mut record, Some(&clearing))?;
    let mut problems = Vec::new();
    let mut all = Tally::default();
    let mut unconfigured = Vec::new();
    for root in reader.roots()? {
        let totals = reader.totals(&root, &RelPath::root())?;
        if totals.files > 0 && project.folder(&root).is_none() {
            unconfigured.push((root.as_str().to_owned(), totals.files));
        }
        all += tally(&reader, &record, &known, &root, &RelPath::root(), totals, &mut problems)?;
    }
    let Awaiting { declaration, approval, determination, missing } =
        awaiting(project, &reader, &known)?;
    let roots = project.config.roots.iter();
    Ok(StatusView {
        project: project.dir.display().to_string(),
        roots: roots
            .map(|root| (root.name.as_str().to_owned(), root.path.display().to_string()))
            .collect(),
        unconfigured,
        profile: record.policy().map(|entry| entry.fact.profile.clone()),
        scanned: reader.last_scan()?.map(|at| at.to_string()),
        files: all.files,
        bytes: all.bytes,
        ai: all.ai,
        ai_part: all.ai_part,
        suspect: all.suspect,
        not_ai: all.not_ai,
        unknown: all.unknown,
        awaiting_declaration: declaration,
        awaiting_report: awaiting_report(&reader, &record)?,
        awaiting_approval: approval,
        awaiting_determination: determination,
        missing,
        problems: problems.iter().map(ProblemView::from).collect(),
        deliverables: deliverables(project)?.iter().map(DeliverableView::line).collect(),
    })
}

/// What awaits somebody, and what is nowhere any more.
#[derive(Default)]
struct Awaiting {
    declaration: Vec<ListRow>,
    approval: Vec<ListRow>,
    determination: Vec<ListRow>,
    missing: Vec<ListRow>,
}

/// Declarations that were not sent as they stand.
fn awaiting_report(reader: &Reader, record: &Record) -> Result<Vec<DeclarationLine>, AppError> {
    let open = record.declarations.all().filter(|(_, dossier)| dossier.report().is_none());
    let mut lines = Vec::new();
    for (id, dossier) in open {
        let Some(current) = dossier.current() else { continue };
        lines.push(DeclarationLine {
            id: id.to_string(),
            version: current.fact.version,
            purpose: current.fact.declaration.purpose.clone(),
            tier: current.fact.tier,
            assets: attached(reader, dossier)?.len() as u64,
        });
    }
    Ok(lines)
}

/// AI-made assets nobody declared or cleared and suspects nobody decided, each at its first present path; and
/// contents that were somewhere and are nowhere now: a moved file is not missing. One pass over
/// what is gone and one over what is there, however many there are of each.
fn awaiting(
    project: &Project,
    reader: &Reader,
    known: &BTreeMap<AssetId, Known>,
) -> Result<Awaiting, AppError> {
    let mut gone = Vec::new();
    reader.locations(true, &mut |location| gone.push(location))?;
    let mut nowhere: BTreeSet<_> = gone.iter().map(|location| location.asset).collect();
    let mut open: BTreeMap<_, _> = known
        .iter()
        .filter(|(_, one)| match one.origin.status {
            AiStatus::Suspect => true,
            AiStatus::Ai | AiStatus::AiPart => {
                one.clearance != Some(Clearance::Approved) || one.declarations.is_empty()
            }
            AiStatus::NotAi | AiStatus::Unknown => false,
        })
        .collect();
    let mut found = Awaiting::default();
    reader.locations(false, &mut |location| {
        nowhere.remove(&location.asset);
        if let Some(one) = open.remove(&location.asset) {
            let row = || row(project, &location, Some(one));
            if one.origin.status == AiStatus::Suspect {
                found.determination.push(row());
                return;
            }
            if one.declarations.is_empty() {
                found.declaration.push(row());
            }
            if one.clearance != Some(Clearance::Approved) {
                found.approval.push(row());
            }
        }
    })?;
    let missing = gone.iter().filter(|location| nowhere.contains(&location.asset));
    found.missing =
        missing.map(|location| row(project, location, known.get(&location.asset))).collect();
    Ok(found)
}
