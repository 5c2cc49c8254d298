//! What lies behind a symbolic link that a walk came by. No walk follows one, so what is in a folder that it
//! leads to has names nobody sees.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::app::follow::{Target, is_silence};
use crate::app::{Context, Project};
use crate::deliver::names::is_media_name;
use crate::model::AssetPath;
use crate::observe::presence::is_nothing;

/// What a link leads to.
pub(super) enum Behind {
    /// No folder: it adds no name but its own.
    NoFolder,
    /// A folder in the roots.
    Folder(AssetPath),
    /// What may be a folder, of which nothing is known; with why.
    Unknown(String),
}

/// What a path leads to, where that is a link.
pub(super) fn behind_path(
    project: &Project,
    context: &Context<'_>,
    path: &AssetPath,
) -> Option<Behind> {
    let disk = project.on_disk(path)?;
    let is_link = fs::symlink_metadata(&disk).is_ok_and(|found| found.is_symlink());
    is_link.then(|| behind(project, &disk, context.follow(&disk).as_ref()))
}

/// What a link on disk is to who followed it.
pub(super) fn behind(project: &Project, link: &Path, led: Result<&Target, &io::Error>) -> Behind {
    match led {
        Ok(target) if !target.found.is_dir() => Behind::NoFolder,
        Ok(Target { path, .. }) => {
            let out = || format!("a link out of the project's roots, to {}", path.display());
            let lies = project.lies(path);
            lies.map_or_else(|| Behind::Unknown(out()), |(_, lies)| Behind::Folder(lies))
        }
        Err(error) if is_nothing(error) && (is_lock(link) || is_of_media(link)) => Behind::NoFolder,
        Err(error) if is_silence(error) => {
            Behind::Unknown(format!("a link, and it is not known where it leads: {error}"))
        }
        Err(error) => Behind::Unknown(format!("a link that leads nowhere: {error}")),
    }
}

/// Whether what leads nowhere says a name beside itself, as the locks of editors and browsers do: no volume
/// that is away is meant by that.
fn is_lock(link: &Path) -> bool {
    let beside = fs::read_link(link).ok().filter(|target| {
        let mut parts = target.components();
        matches!(parts.next(), Some(std::path::Component::Normal(_))) && parts.next().is_none()
    });
    beside.is_some_and(|name| {
        let target = link.with_file_name(name);
        fs::symlink_metadata(target).is_err_and(|error| is_nothing(&error))
    })
}

/// Whether what leads nowhere led to a file, by how that was called: frames that were cleared away leave
/// such links by the thousand, and below none of them lay anything.
fn is_of_media(link: &Path) -> bool {
    fs::read_link(link)
        .is_ok_and(|target| target.file_name().is_some_and(|name| is_media_name(name.as_bytes())))
}
