//! The packages of a deliverable, held against their own lists.
//!
//! A check reads everything, so its answer is journalled with exactly what the folder held: as long as
//! every file in it is the content that was checked, nothing is read again. What could not be read is
//! read at every look.

use std::path::{Path, PathBuf};

use crate::app::gate::Around;
use crate::app::project::CONTROL;
use crate::app::{AppError, Project};
use crate::deliver::package::{self, CheckOptions, Joint, PackageError, PackageProblem};
use crate::ledger::{Ledger, LedgerError};
use crate::model::{AssetId, AssetPath, Event, MediaProblem, PackageChecked, RelPath, RuleCode};
use crate::problem::in_one_line;
use crate::record::Record;

/// What kind of packages lie in a folder, and nothing more; the error is for people.
pub(super) fn kinds(
    project: &Project,
    folder: &AssetPath,
) -> Result<Vec<&'static str>, PackageError> {
    let disk = project.on_disk(folder).unwrap_or_default();
    Ok(package::read(&disk)?.into_iter().map(|one| one.kind.as_str()).collect())
}

/// What packages were found to be.
#[derive(Default)]
pub(super) struct Checks {
    /// What is wrong with them.
    pub(super) problems: Vec<MediaProblem>,
    /// Those that were read just now and could be read whole.
    pub(super) new: Vec<Event>,
}

/// What is wrong with the packages of a deliverable. `record` has what a gate just saw of them.
pub(super) fn check(
    around: Around<'_>,
    packages: &[AssetPath],
    record: &Record,
) -> Result<Checks, AppError> {
    let mut checks = Checks::default();
    let progress = |bytes| around.context.reporter.advance(0, bytes);
    let disk = |folder: &AssetPath| around.project.on_disk(folder).unwrap_or_default();
    let disks: Vec<PathBuf> = packages.iter().map(disk).collect();
    let joint = Joint::of(&disks);
    for (place, (folder, disk)) in packages.iter().zip(&disks).enumerate() {
        let one = One { folder, disk, place, joint: &joint };
        let options = CheckOptions {
            progress: &progress,
            cancel: around.context.cancel,
            // At the top of a root, where no walk goes either.
            left_out: folder.path.is_root().then_some(CONTROL.as_bytes()),
        };
        match one.check(record, &options, &mut checks) {
            Ok(()) => {}
            Err(PackageError::Cancelled) => return Err(AppError::Interrupted),
            Err(error) => checks.problems.push(MediaProblem {
                code: RuleCode::MediaUnread,
                path: folder.clone(),
                problem: in_one_line(&error),
                reference: None,
            }),
        }
    }
    Ok(checks)
}

/// One folder among the packages of a deliverable.
struct One<'a> {
    folder: &'a AssetPath,
    disk: &'a Path,
    /// Which of them it is, and what they hold for each other.
    place: usize,
    joint: &'a Joint,
}

impl One<'_> {
    fn check(
        &self,
        record: &Record,
        options: &CheckOptions<'_>,
        checks: &mut Checks,
    ) -> Result<(), PackageError> {
        let holds = self.holds(record, &package::no_files(self.disk, options)?);
        let was_read = |known: &&PackageChecked| {
            known.problems.iter().all(|one| one.code != RuleCode::MediaUnread)
        };
        let known = record.packages.get(self.folder).filter(|known| known.holds == holds);
        if let Some(known) = known.filter(was_read) {
            checks.problems.extend(known.problems.iter().cloned());
            return Ok(());
        }
        let (problems, is_lasting) = self.read(options)?;
        checks.problems.extend(problems.iter().cloned());
        // What could not be read may be readable at the next look, with the same files there.
        if is_lasting {
            let checked = PackageChecked { package: self.folder.clone(), holds, problems };
            checks.new.push(Event::PackageChecked(checked));
        }
        Ok(())
    }

    /// One hash for every file of the package and its content, for what else is in it, and for what the
    /// other packages of the deliverable hold for it.
    fn holds(&self, record: &Record, no_files: &[(Vec<u8>, String)]) -> AssetId {
        let folder = self.folder;
        let mut hasher = blake3::Hasher::new();
        let mut add = |name: &[u8], what: &[u8]| {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name);
            hasher.update(what);
        };
        for (path, found) in record.present() {
            if path.root == folder.root && path.path.is_within(&folder.path) {
                add(path.path.as_bytes(), found.asset.as_bytes());
            }
        }
        for (name, what) in no_files {
            add(name, blake3::hash(what.as_bytes()).as_bytes());
        }
        for one in self.joint.ground(self.place) {
            // No file has a name like that.
            add(b"//", blake3::hash(one.as_bytes()).as_bytes());
        }
        AssetId::from(hasher.finalize())
    }

    /// What is wrong with the packages of the folder, and whether that depends on nothing but what is in
    /// it and in the others.
    fn read(&self, options: &CheckOptions<'_>) -> Result<(Vec<MediaProblem>, bool), PackageError> {
        let mut problems = Vec::new();
        let mut is_lasting = true;
        for mut package in package::read(self.disk)? {
            self.joint.tell(self.place, &mut package);
            for problem in package::check(self.disk, &package, options)? {
                is_lasting &= !matches!(
                    problem,
                    PackageProblem::Unreadable { .. } | PackageProblem::NotAFile { .. }
                );
                problems.push(MediaProblem {
                    code: code(&problem),
                    path: self.path(&problem),
                    problem: format!("{}: {problem}", package.kind.as_str()),
                    reference: None,
                });
            }
        }
        problems.sort_by(|a, b| (&a.path, a.code, &a.problem).cmp(&(&b.path, b.code, &b.problem)));
        problems.dedup();
        Ok((problems, is_lasting))
    }

    /// Where a problem lies; the folder, where it is about no file.
    fn path(&self, problem: &PackageProblem) -> AssetPath {
        let below = problem.path().and_then(|below| within(self.folder, below));
        below.unwrap_or_else(|| self.folder.clone())
    }
}

/// A path in a package as one in the roots.
pub(super) fn within(folder: &AssetPath, below: &[u8]) -> Option<AssetPath> {
    let below = below.split(|byte| *byte == b'/');
    let joined = below.fold(folder.path.clone(), |path, part| path.join(part));
    let path = RelPath::new(joined.as_bytes()).ok()?;
    Some(AssetPath::new(folder.root.clone(), path))
}

fn code(problem: &PackageProblem) -> RuleCode {
    match problem {
        PackageProblem::Missing { .. } => RuleCode::MediaMissing,
        PackageProblem::Unreadable { .. } => RuleCode::MediaUnread,
        PackageProblem::Unresolved { .. } => RuleCode::MediaUnresolved,
        _ => RuleCode::PackageMismatch,
    }
}

/// Puts checks on record, once it is known that what was read is what was seen. One that somebody beside
/// us journalled meanwhile is no matter.
pub(super) fn note(
    around: Around<'_>,
    ledger: &mut Ledger,
    checks: &[Event],
) -> Result<(), AppError> {
    if checks.is_empty() {
        return Ok(());
    }
    let context = around.context;
    match ledger.append(None, context.now(), &context.actor, checks) {
        Ok(_) | Err(LedgerError::HeadMoved { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
