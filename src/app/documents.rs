//! The document store: letters, consents and licences, copied to `.genlock/documents/` under
//! their own hash, so that what was approved on paper is there five years later.

use std::collections::btree_map::Entry::Vacant;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use crate::app::save::aside;
use crate::app::{AppError, Context, Project};
use crate::model::{AssetId, Document, Timestamp};
use crate::observe::{HashError, digest, fingerprint};
use crate::record::Record;

/// Copies a document into the store and gives what an event says of it. The copy is on disk before
/// this returns; one that is there already is replaced by the same bytes.
pub(super) fn store(
    project: &Project,
    context: &Context<'_>,
    file: &Path,
) -> Result<Document, AppError> {
    let from = context.absolute(file);
    let unusable = |why: String| {
        AppError::usage(
            format!("cannot use {} as a document: {why}", from.display()),
            "--document takes the file that says it in writing",
        )
    };
    // Before it is opened: a FIFO would wait for a writer.
    let found = fs::metadata(&from).map_err(|error| unusable(error.to_string()))?;
    if !found.is_file() || found.len() == 0 {
        let why = if found.is_file() { "it is empty" } else { "it is no regular file" };
        return Err(unusable(why.to_owned()));
    }
    let mut source = File::open(&from).map_err(|error| unusable(error.to_string()))?;
    let folder = project.control().join("documents");
    fs::create_dir_all(&folder).map_err(AppError::io("create", &folder))?;
    discard_drafts(&folder, context.now());
    let (hash, size) = aside(&folder, OsStr::new("document"), &folder, |draft| {
        let (hash, size) = copy(&mut source, &from, draft, &folder)?;
        Ok((folder.join(hash.to_string()), (hash, size)))
    })?;
    let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Document { hash, name, size })
}

/// Puts bytes into the store that are not a file of their own. What is there already stays.
pub(super) fn keep(project: &Project, hash: AssetId, bytes: &[u8]) -> Result<(), AppError> {
    let folder = project.control().join("documents");
    let to = folder.join(hash.to_string());
    if to.is_file() {
        return Ok(());
    }
    fs::create_dir_all(&folder).map_err(AppError::io("create", &folder))?;
    aside(&folder, OsStr::new("document"), &to, |draft| {
        draft.write_all(bytes).map_err(AppError::io("write", &to))?;
        Ok((to.clone(), ()))
    })
}

/// How long nobody has written to a draft that nobody is at any more, in nanoseconds: a day.
const ABANDONED: i64 = 24 * 3600 * 1_000_000_000;

/// Takes away what killed processes left half copied. What cannot be taken away is in nobody's way.
fn discard_drafts(folder: &Path, now: Timestamp) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_draft = |name: &str| name.starts_with('.') && name.ends_with(".genlock-tmp");
        let written = entry.metadata().ok().map(|found| fingerprint::of(&found).mtime);
        let is_old = |at: i64| now.as_nanos().saturating_sub(at) > ABANDONED;
        if name.to_str().is_some_and(is_draft) && written.is_some_and(is_old) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What is wrong with a document in the store: `None` when it is there as it was handed over.
pub(super) fn fault(
    project: &Project,
    context: &Context<'_>,
    document: &Document,
) -> Result<Option<String>, AppError> {
    let path = project.control().join("documents").join(document.hash.to_string());
    match digest(&path, context.cancel) {
        Ok(hash) if hash == document.hash => Ok(None),
        Ok(_) => Ok(Some("was changed".to_owned())),
        Err(HashError::Cancelled) => Err(AppError::Interrupted),
        Err(error) => Ok(Some(error.reason())),
    }
}

/// Every document that something on record rests on, with what that is.
pub(super) fn named(record: &Record) -> Vec<(String, &Document)> {
    let approvals = record.approvals.iter().map(|one| (one.fact.id, &one.fact.document));
    let rejections = record.rejections.iter().map(|one| (one.fact.id, &one.fact.document));
    let decisions = approvals.chain(rejections);
    let mut all: Vec<_> =
        decisions.filter_map(|(id, document)| Some((id.to_string(), document.as_ref()?))).collect();
    all.extend(record.revocations.iter().filter_map(|one| {
        Some((format!("the revocation {}", one.seq), one.fact.document.as_ref()?))
    }));
    for (id, dossier) in record.declarations.all() {
        let reports = dossier.reports.iter().filter_map(|one| one.fact.document.as_ref());
        all.extend(reports.map(|document| (format!("the report of {id}"), document)));
        let talent = dossier.versions.iter().flat_map(|one| &one.fact.declaration.talent);
        all.extend(talent.filter_map(|one| {
            Some((format!("{id}, the consent of {}", one.name), one.consent_document.as_ref()?))
        }));
    }
    all.extend(record.declarations.registrations().iter().filter_map(|one| {
        Some((format!("the tool {}, its terms", one.fact.name), one.fact.terms.as_ref()?))
    }));
    all
}

/// Documents that approvals name, consents of declarations as they stand and terms in the register, that the
/// store does not hold as they were handed over.
pub(super) fn lost(
    project: &Project,
    context: &Context<'_>,
    record: &Record,
) -> Result<BTreeSet<AssetId>, AppError> {
    let mut checked = BTreeMap::new();
    let approvals = record.approvals.iter().filter_map(|entry| entry.fact.document.as_ref());
    let standing = record.declarations.all().filter_map(|(_, dossier)| dossier.current());
    let talent = standing.flat_map(|entry| &entry.fact.declaration.talent);
    let consents = talent.filter_map(|one| one.consent_document.as_ref());
    let tools = record.declarations.tools().into_iter();
    let terms = tools.filter_map(|entry| entry.fact.terms.as_ref());
    for document in approvals.chain(consents).chain(terms) {
        if let Vacant(entry) = checked.entry(document.hash) {
            entry.insert(fault(project, context, document)?.is_some());
        }
    }
    Ok(checked.into_iter().filter(|(_, lost)| *lost).map(|(hash, _)| hash).collect())
}

fn copy(
    source: &mut File,
    from: &Path,
    to: &mut File,
    store: &Path,
) -> Result<(AssetId, u64), AppError> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let read = source.read(&mut buffer).map_err(AppError::io("read", from))?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(AppError::io("write", store))?;
        size += read as u64;
    }
    Ok((AssetId::from(hasher.finalize()), size))
}
