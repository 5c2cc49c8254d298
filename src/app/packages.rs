//! The packages of a deliverable, held against their own lists.
//!
//! A check reads everything, so its answer is journalled with exactly what the folder held: as long as
//! every file in it is the content that was checked, nothing is read again.

use crate::app::gate::Around;
use crate::app::references::cause_of;
use crate::app::{AppError, Project};
use crate::deliver::package::{self, CheckOptions, PackageError, PackageProblem};
use crate::ledger::{Ledger, LedgerError};
use crate::model::{AssetId, AssetPath, Event, MediaProblem, PackageChecked, RelPath, RuleCode};
use crate::record::Record;

/// What kind of packages lie in a folder, and nothing more; the error is for people.
pub(super) fn kinds(
    project: &Project,
    folder: &AssetPath,
) -> Result<Vec<&'static str>, PackageError> {
    let disk = project.on_disk(folder).unwrap_or_default();
    Ok(package::read(&disk)?.into_iter().map(|one| one.kind.as_str()).collect())
}

/// What is wrong with the packages of a deliverable. `record` has what a gate just saw of them.
pub(super) fn check(
    around: Around<'_>,
    ledger: &mut Ledger,
    packages: &[AssetPath],
    record: &Record,
) -> Result<Vec<MediaProblem>, AppError> {
    let mut problems = Vec::new();
    for folder in packages {
        let holds = holds(folder, record);
        let known = record.packages.get(folder).filter(|known| known.holds == holds);
        if let Some(known) = known {
            problems.extend(known.problems.iter().cloned());
            continue;
        }
        let found = match read(around, folder) {
            Ok(found) => found,
            Err(PackageError::Cancelled) => return Err(AppError::Interrupted),
            Err(error) => {
                // Nothing was found that could be remembered.
                problems.push(MediaProblem {
                    code: RuleCode::MediaUnread,
                    path: folder.clone(),
                    problem: cause_of(&error),
                });
                continue;
            }
        };
        problems.extend(found.iter().cloned());
        let checked = PackageChecked { package: folder.clone(), holds, problems: found };
        note(around, ledger, Event::PackageChecked(checked))?;
    }
    Ok(problems)
}

/// One hash for every file of the package and its content.
fn holds(folder: &AssetPath, record: &Record) -> AssetId {
    let mut hasher = blake3::Hasher::new();
    for (path, found) in record.present() {
        if path.root == folder.root && path.path.is_within(&folder.path) {
            let name = path.path.as_bytes();
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name);
            hasher.update(found.asset.as_bytes());
        }
    }
    AssetId::from(hasher.finalize())
}

fn read(around: Around<'_>, folder: &AssetPath) -> Result<Vec<MediaProblem>, PackageError> {
    let disk = around.project.on_disk(folder).unwrap_or_default();
    let reporter = around.context.reporter;
    let progress = |bytes| reporter.advance(0, bytes);
    let options =
        CheckOptions { progress: &progress, cancel: around.context.cancel, left_out: None };
    let mut problems = Vec::new();
    for package in package::read(&disk)? {
        for problem in package::check(&disk, &package, &options)? {
            let path = problem.path().and_then(|below| {
                let below = below.split(|byte| *byte == b'/');
                let joined = below.fold(folder.path.clone(), |path, part| path.join(part));
                RelPath::new(joined.as_bytes()).ok()
            });
            problems.push(MediaProblem {
                code: code(&problem),
                path: AssetPath::new(
                    folder.root.clone(),
                    path.unwrap_or_else(|| folder.path.clone()),
                ),
                problem: format!("{}: {problem}", package.kind.as_str()),
            });
        }
    }
    problems.sort_by(|a, b| (&a.path, a.code, &a.problem).cmp(&(&b.path, b.code, &b.problem)));
    problems.dedup();
    Ok(problems)
}

fn code(problem: &PackageProblem) -> RuleCode {
    match problem {
        PackageProblem::Missing { .. } => RuleCode::MediaMissing,
        PackageProblem::Unreadable { .. } => RuleCode::MediaUnread,
        PackageProblem::Unresolved { .. } => RuleCode::MediaUnresolved,
        _ => RuleCode::PackageMismatch,
    }
}

/// Puts a check on record. One that somebody beside us journalled meanwhile is no matter.
fn note(around: Around<'_>, ledger: &mut Ledger, event: Event) -> Result<(), AppError> {
    let context = around.context;
    match ledger.append(None, context.now(), &context.actor, &[event]) {
        Ok(_) | Err(LedgerError::HeadMoved { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
