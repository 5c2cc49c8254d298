//! Writes an answer to a file that somebody named: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::app::{AppError, Context};

/// Lets `write` fill a file beside `file` and puts it there in one step, synced. What was there before
/// stays until then.
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
    let mut draft = std::ffi::OsString::from(".");
    draft.push(name);
    draft.push(format!(".{}.genlock-tmp", std::process::id()));
    let draft = folder.join(draft);
    let written = File::create_new(&draft).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&draft, &to)?;
        File::open(folder)?.sync_all()
    });
    if written.is_err() {
        // It is gone already where it was renamed.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(AppError::io("write", &to))
}
