//! `ls`: what is where, with its status. Folds image sequences folder by folder.

use crate::app::decide::decisions;
use crate::app::origins::{Clearing, Known, origins};
use crate::app::{AppError, Context, Project, select};
use crate::ledger::LocationRow;
use crate::model::{AiStatus, AssetPath, Clearance, RelPath, RootName, SourceType, folded};
use crate::observe::sequence::{Fold, fold};
use crate::report::{ListRow, PathView};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// Only these; all when empty.
    pub assets: Vec<String>,
    /// Only `ai`, `ai-part` and `suspect`.
    pub ai: bool,
    /// Only this status.
    pub status: Option<AiStatus>,
    /// Only this clearance.
    pub clearance: Option<Clearance>,
    /// Only this source type.
    pub source_type: Option<SourceType>,
    /// Only what names this tool; case does not matter.
    pub tool: Option<String>,
    /// What is gone instead of what is there.
    pub missing: bool,
    /// Every file on its own line.
    pub files: bool,
}

impl ListOptions {
    fn wants(&self, row: &ListRow) -> bool {
        let tool = |wanted: &String| {
            row.tool.as_ref().is_some_and(|tool| folded(tool).contains(&folded(wanted)))
        };
        (!self.ai || row.status.is_ai_or_suspect())
            && self.status.is_none_or(|status| row.status == status)
            && self.clearance.is_none_or(|one| row.clearance == Some(one))
            && self.source_type.is_none_or(|one| row.source_type == Some(one))
            && self.tool.as_ref().is_none_or(tool)
    }
}

/// Lists locations by path, one row after the other.
pub fn list(
    project: &Project,
    context: &Context<'_>,
    options: &ListOptions,
    each: &mut dyn FnMut(&ListRow),
) -> Result<(), AppError> {
    let wanted = if options.assets.is_empty() {
        None
    } else {
        Some(select::matcher(project, context, &options.assets, options.missing)?)
    };
    let reader = project.reader()?;
    let mut record = decisions(&reader)?;
    let clearing = Clearing::new(project, &record, record.moment(context.now()));
    let known = origins(&reader, &mut record, Some(&clearing))?;
    let mut folder = Folder { options, rows: Vec::new(), names: Vec::new(), directory: None };
    reader.locations(options.missing, &mut |location| {
        let named = wanted.as_ref().is_none_or(|wanted| wanted.wants(&location));
        let row = named.then(|| row(project, &location, known.get(&location.asset)));
        folder.add(&location, row.filter(|row| options.wants(row)), each);
    })?;
    folder.flush(each);
    Ok(())
}

/// One location as a row.
pub(super) fn row(project: &Project, location: &LocationRow, known: Option<&Known>) -> ListRow {
    let origin = known.map(|known| &known.origin);
    ListRow {
        path: PathView::from(&location.path),
        disk: project.on_disk(&location.path),
        asset: Some(location.asset.to_string()),
        size: location.size,
        media_type: location.media_type.clone(),
        status: origin.map_or(AiStatus::Unknown, |origin| origin.status),
        source_type: origin.and_then(|origin| origin.source_type),
        strength: origin.and_then(|origin| origin.strength),
        tool: origin.and_then(|origin| origin.tool.clone()),
        clearance: known.and_then(|known| known.clearance),
        present: location.present,
        unconfigured: project.root(&location.path).is_none(),
        frames: None,
        first: None,
        last: None,
    }
}

/// Gathers the rows of one folder and folds sequences whose frames are alike.
struct Folder<'a> {
    options: &'a ListOptions,
    directory: Option<(RootName, RelPath)>,
    /// Of all files in it, also those that were not asked for: a folded line names every frame of its
    /// range, so none may lie in it that is not on that line.
    names: Vec<Box<[u8]>>,
    rows: Vec<Option<ListRow>>,
}

impl Folder<'_> {
    fn add(
        &mut self,
        location: &LocationRow,
        row: Option<ListRow>,
        each: &mut dyn FnMut(&ListRow),
    ) {
        if self.options.files {
            return row.iter().for_each(each);
        }
        let (directory, name) = location.path.path.split();
        let here = (location.path.root.clone(), directory);
        if self.directory.as_ref() != Some(&here) {
            self.flush(each);
            self.directory = Some(here);
        }
        self.names.push(name.into());
        self.rows.push(row);
    }

    fn flush(&mut self, each: &mut dyn FnMut(&ListRow)) {
        let names = std::mem::take(&mut self.names);
        let rows = std::mem::take(&mut self.rows);
        let mut lines: Vec<(usize, ListRow)> = Vec::new();
        for one in fold(&names) {
            let (sequence, frames) = match one {
                Fold::Single(at) => {
                    lines.extend(rows[at].clone().map(|row| (at, row)));
                    continue;
                }
                Fold::Sequence(sequence, frames) => (sequence, frames),
            };
            // One frame that differs must be seen, not folded away; nor one that was not asked for. Between
            // frames that are gone there may be one that is there, so those must follow each other.
            let number = |at: usize| sequence.pattern.frame_of(&names[at]);
            let follow = |a: usize, b: usize| number(a).map(|a| a + 1) == number(b);
            let alike = |a: &usize, b: &usize| {
                are_alike(rows[*a].as_ref(), rows[*b].as_ref())
                    && (!self.options.missing || follow(*a, *b))
            };
            for run in frames.chunk_by(alike) {
                let wanted: Vec<_> =
                    run.iter().filter_map(|at| rows[*at].clone().map(|row| (*at, row))).collect();
                let pattern = sequence.pattern.part(&names[run[0]], &names[run[run.len() - 1]]);
                match (pattern, &*wanted) {
                    (Some(pattern), [(at, first), _, _, ..]) => {
                        let mut folded = first.clone();
                        folded.path = self.folded_path(&pattern.to_bytes());
                        folded.asset = None;
                        folded.size = wanted.iter().map(|(_, row)| row.size).sum();
                        folded.frames = Some(wanted.len() as u64);
                        folded.first = Some(pattern.first);
                        folded.last = Some(pattern.last);
                        lines.push((*at, folded));
                    }
                    _ => lines.extend(wanted),
                }
            }
        }
        lines.sort_by_key(|(at, _)| *at);
        for (_, row) in &lines {
            each(row);
        }
    }

    fn folded_path(&self, name: &[u8]) -> PathView {
        let here = self.directory.clone();
        let (root, directory) = here.unwrap_or_else(|| (RootName::project(), RelPath::root()));
        PathView::from(&AssetPath::new(root, directory.join(name)))
    }
}

/// Whether two frames may stand on one line.
fn are_alike(one: Option<&ListRow>, other: Option<&ListRow>) -> bool {
    let (Some(a), Some(b)) = (one, other) else { return false };
    (a.status, a.source_type, a.strength, a.clearance, &a.tool, &a.media_type)
        == (b.status, b.source_type, b.strength, b.clearance, &b.tool, &b.media_type)
}
