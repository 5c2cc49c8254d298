//! The file of a timeline: found in the roots, read, hashed. Of an archive that holds its media too, of
//! whatever size, only the timeline is held in memory and kept.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::documents::keep;
use crate::app::error::AppError;
use crate::app::follow::Target;
use crate::app::{Context, Project};
use crate::deliver::timeline::{self, Timeline, TimelineError};
use crate::model::{AssetId, AssetPath, TimelineRead};

/// Bytes hashed at a time.
const CHUNK: usize = 1 << 20;

/// A timeline as it was read.
#[derive(Clone, Debug)]
pub(in crate::app) struct Source {
    /// The file, and what it held.
    pub(super) read: TimelineRead,
    /// Where it is on this machine.
    pub(super) file: PathBuf,
    /// The timeline: of an archive the one in it.
    bytes: Vec<u8>,
}

impl Source {
    /// Reads a timeline in the roots; in a bundle the file that is the timeline.
    pub(in crate::app) fn read(
        project: &Project,
        context: &Context<'_>,
        named: &AssetPath,
    ) -> Result<Self, TimelineError> {
        let disk = project.on_disk(named).ok_or_else(|| TimelineError::Unreachable {
            path: PathBuf::from(named.to_string()),
            source: io::Error::other("its root is not configured"),
        })?;
        let unreachable =
            |path: &Path, source| TimelineError::Unreachable { path: path.to_owned(), source };
        // First: it may be a link to where nothing answers.
        context.follow(&disk).map_err(|source| unreachable(&disk, source))?;
        let file = timeline::main_file(&disk)?;
        let path = match file.strip_prefix(&disk) {
            Ok(below) if !below.as_os_str().is_empty() => {
                let name = below.as_os_str().as_bytes();
                AssetPath::new(named.root.clone(), named.path.join(name))
            }
            _ => named.clone(),
        };
        let unreadable = |source| unreachable(&file, source);
        // Before it is opened: a FIFO would wait for a writer.
        let Target { path: lies_at, found } = context.follow(&file).map_err(unreadable)?;
        if !found.is_file() {
            return Err(unreadable(io::Error::other("no regular file")));
        }
        // A link may be put in its place at any time: outside the roots nothing is read.
        if project.lies(&lies_at).is_none() {
            return Err(unreadable(io::Error::other("it leads out of the project's roots")));
        }
        let mut open = File::open(&file).map_err(unreadable)?;
        let bytes;
        if !timeline::is_archive(&start(&mut open).map_err(unreadable)?) {
            let too_large = || unreadable(io::Error::other("larger than 1 GiB"));
            if found.len() > timeline::FILE_MAX {
                return Err(too_large());
            }
            let read = all(&mut open, timeline::FILE_MAX).map_err(unreadable)?;
            bytes = read.ok_or_else(too_large)?;
            let hash = AssetId::from(blake3::hash(&bytes));
            return Ok(Self { read: TimelineRead { path, hash, content: None }, file, bytes });
        }
        let before = open.metadata().map_err(unreadable)?;
        // One that grows is not followed to wherever it ends: that it changed is known by then.
        let as_it_was = (&mut open).take(before.len().saturating_add(1));
        let hash = hash(as_it_was, context.cancel).map_err(unreadable)?;
        bytes = timeline::archived(&mut open)?;
        // What was hashed and what was taken out of it must be one file.
        if differs(&before, &open.metadata().map_err(unreadable)?) {
            return Err(unreadable(io::Error::other("it changed while it was read")));
        }
        let held = Some(AssetId::from(blake3::hash(&bytes)));
        Ok(Self { read: TimelineRead { path, hash, content: held }, file, bytes })
    }

    /// What it says.
    pub(in crate::app) fn parse(&self) -> Result<Timeline, TimelineError> {
        match self.read.content {
            Some(_) => timeline::parse_archived(&self.bytes),
            None => timeline::parse(&self.file, &self.bytes),
        }
    }

    /// The folder it lies in.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(&self.file)
    }

    /// Puts it into the document store.
    pub(super) fn keep(&self, project: &Project) -> Result<(), AppError> {
        keep(project, self.read.content.unwrap_or(self.read.hash), &self.bytes)
    }
}

/// The first bytes, by which an archive is told.
fn start(file: &mut File) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(4).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(start)
}

/// Everything in a file of at most `most` bytes; none of one that is larger, or grows so while it is read.
fn all(file: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

fn hash(mut file: impl Read, cancel: &AtomicBool) -> io::Result<AssetId> {
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(io::Error::other("stopped on request"));
        }
        match file.read(&mut chunk)? {
            0 => return Ok(AssetId::from(hasher.finalize())),
            read => hasher.update(&chunk[..read]),
        };
    }
}

fn differs(before: &Metadata, after: &Metadata) -> bool {
    let print =
        |one: &Metadata| (one.len(), one.mtime(), one.mtime_nsec(), one.ctime(), one.ctime_nsec());
    print(before) != print(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grows_while_it_is_read_is_refused_at_the_limit_and_not_read_on() {
        let of = |size: u64| all(io::repeat(b'x').take(size), 1 << 20).unwrap();
        assert_eq!(of(1 << 20).map(|bytes| bytes.len()), Some(1 << 20));
        assert_eq!(of((1 << 20) + 1), None);
        assert_eq!(all(io::repeat(b'x'), 1 << 20).unwrap(), None, "it never ends");
    }
}
