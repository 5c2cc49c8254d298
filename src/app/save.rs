//! Writes files that are there whole or not at all: aside, and then in one step under their own name. What
//! somebody named by mistake, a timeline or the ledger, must survive that.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::app::project::CONTROL;
use crate::app::{AppError, Context, Project};
use crate::failpoint;
use crate::report::{LOG_START, is_disclosure_log};

/// Lets `write` fill a file that somebody named. A log that was there before stays until all of it is
/// written; anything else that was there stays for good.
pub fn save(
    project: &Project,
    context: &Context<'_>,
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), AppError> {
    let named = context.absolute(file);
    let no = |what: &str, hint| AppError::usage(format!("{} {what}", named.display()), hint);
    let cannot = |error| AppError::io("write", &named)(error);
    // What a link leads to is replaced, not the link: `/dev/stdout` is one.
    let there = match fs::metadata(&named) {
        Ok(there) => Some(there),
        Err(error) if error.kind() == ErrorKind::NotFound && !named.is_symlink() => None,
        Err(error) => return Err(cannot(error)),
    };
    let kind = there.as_ref().map(fs::Metadata::file_type);
    if kind.is_some_and(|kind| kind.is_char_device() || kind.is_fifo()) {
        let out = OpenOptions::new().write(true).open(&named).map_err(cannot)?;
        let mut out = BufWriter::new(out);
        return write(&mut out).and_then(|()| out.flush()).map_err(cannot);
    }
    let to = match kind {
        Some(_) => fs::canonicalize(&named).map_err(cannot)?,
        None => named.clone(),
    };
    let (Some(folder), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(no("is no file", "name a file"));
    };
    if kind.is_some_and(|kind| kind.is_dir()) || !folder.is_dir() {
        let what = if kind.is_some() { "is a folder" } else { "is in a folder that is not there" };
        return Err(no(what, "name a file in a folder"));
    }
    let is_ledger = is_ledger(project, folder, name).map_err(cannot)?;
    if is_ledger || is_among_records(project, folder).map_err(cannot)? {
        return Err(no("is in the folder of the project's records", "name a file elsewhere"));
    }
    if let Some(kind) = kind
        && !(kind.is_file() && is_replaceable(&to).map_err(cannot)?)
    {
        let hint = "name another file, or move that one away first";
        return Err(no("is there already, and is no disclosure log", hint));
    }
    aside(folder, name, &to, |file| {
        let mut out = BufWriter::new(file);
        write(&mut out).and_then(|()| out.flush()).map_err(cannot)?;
        Ok((to.clone(), ()))
    })
}

/// Whether a folder that is there is `.genlock/`, or in it: nothing is written there but by us.
pub(super) fn is_among_records(project: &Project, folder: &Path) -> io::Result<bool> {
    let records = fs::canonicalize(project.dir.join(CONTROL))?;
    Ok(fs::canonicalize(folder)?.starts_with(records))
}

/// Whether a place is that of the ledger, or of what SQLite keeps beside it.
fn is_ledger(project: &Project, folder: &Path, name: &OsStr) -> io::Result<bool> {
    let ledger = &project.config.ledger;
    let beside = ledger.parent().and_then(|parent| fs::canonicalize(parent).ok());
    let stem = ledger.file_name().unwrap_or_default().as_encoded_bytes();
    Ok(beside == Some(fs::canonicalize(folder)?) && name.as_encoded_bytes().starts_with(stem))
}

/// Whether nothing is lost with a file: it is empty, or a log that can be written again.
fn is_replaceable(file: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(file)?.take(LOG_START).read_to_end(&mut start)?;
    Ok(start.is_empty() || is_disclosure_log(&start))
}

/// Lets `fill` write a file aside in a folder, and gives it the name that `fill` says in one step, synced.
/// What cannot be written says `cannot write` and `what`.
pub(super) fn aside<T>(
    folder: &Path,
    stem: &OsStr,
    what: &Path,
    fill: impl FnOnce(&mut File) -> Result<(PathBuf, T), AppError>,
) -> Result<T, AppError> {
    let mut draft = OsString::from(".");
    draft.push(stem);
    draft.push(format!(".{}.genlock-tmp", std::process::id()));
    let draft = folder.join(draft);
    let cannot = |error| AppError::io("write", what)(error);
    // One of this name is what a killed process with our number left behind, or a trap: never written to.
    let _ = fs::remove_file(&draft);
    let written = File::create_new(&draft).map_err(cannot).and_then(|mut file| {
        let (to, said) = fill(&mut file)?;
        file.sync_all().map_err(cannot)?;
        failpoint::hit("file-filled");
        fs::rename(&draft, &to).map_err(cannot)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot)?;
        failpoint::hit("file-named");
        Ok(said)
    });
    if written.is_err() {
        // It is gone already where it was renamed.
        let _ = fs::remove_file(&draft);
    }
    written
}
