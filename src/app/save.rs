//! Writes files that are there whole or not at all: aside, and then in one step under their own name.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::app::{AppError, Context};
use crate::failpoint;

/// Lets `write` fill a file that somebody named. What was there before stays until all of it is written.
pub fn save(
    context: &Context<'_>,
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), AppError> {
    let to = context.absolute(file);
    let (Some(folder), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(AppError::usage(format!("{} is no file", to.display()), "name a file"));
    };
    if to.is_dir() || !folder.is_dir() {
        let what = if to.is_dir() { "is a folder" } else { "is in a folder that is not there" };
        return Err(AppError::usage(format!("{} {what}", to.display()), "name a file in a folder"));
    }
    let cannot = |error| AppError::io("write", &to)(error);
    aside(folder, name, &to, |file| {
        let mut out = BufWriter::new(file);
        write(&mut out).and_then(|()| out.flush()).map_err(cannot)?;
        Ok((to.clone(), ()))
    })
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
