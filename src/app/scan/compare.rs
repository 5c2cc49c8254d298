//! What a listing says beside what the ledger knows: unchanged, moved, to be read, or gone.
//!
//! Each thread that walks compares what it lists: handing listings over costs more than it gives.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::hash::BuildHasher;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;

use crate::app::ingest::Fact;
use crate::app::reading::{Chunk, Job, Shown};
use crate::app::scan::Part;
use crate::app::scan::sweep::unmounted;
use crate::app::scan::veil::Veil;
use crate::app::sidecars::Sidecar;
use crate::app::{AppError, Context, Project};
use crate::config::Root;
use crate::ledger::{KnownFile, KnownLink, Reader};
use crate::model::{AssetPath, Found, RelPath, Sighting};
use crate::observe::presence::{deepest, is_nothing};
use crate::observe::{Entry, Listing, WalkError, device_of, sidecar};
use crate::problem::Problem;

/// Folders compared with one state of the ledger.
const HELD: usize = 256;

/// Compares listings with the ledger.
pub(in crate::app) struct Comparer<'a> {
    project: &'a Project,
    root: &'a Root,
    reader: Reader,
    context: &'a Context<'a>,
    veil: Option<&'a Veil>,
    /// Nothing was ever observed: no path can be known and no file can have been moved.
    first: bool,
    has_links: bool,
    /// Sidecars that carry marks: what stands beside them is looked at by every scan, so that an
    /// interrupted one is made up for.
    marked_sidecars: Arc<BTreeSet<RelPath>>,
    /// Folders compared since the reader was last let go.
    held: usize,
    chunk: Chunk,
    compared: Compared,
}

/// Something to journal or to tell.
pub(in crate::app) enum Seen {
    Fact(Arc<RelPath>, Fact),
    Problem(Problem),
    Sidecar(Sidecar),
}

/// What was compared.
#[derive(Default)]
pub(in crate::app) struct Compared {
    pub(in crate::app) unchanged: u64,
    pub(in crate::app) skipped: u64,
    /// Files that the ledger has as present in what was listed.
    pub(in crate::app) present: u64,
    /// Folders in which something is not there that was recorded on another device, and theirs.
    pub(in crate::app) away: Vec<(RelPath, u64)>,
    /// By a hash of its path: whether a folder's listing was complete, and its device. A hash and
    /// not the path, because a tree may have a million folders.
    visited: HashMap<u64, (bool, u64)>,
    hasher: RandomState,
}

impl Compared {
    /// For another part of the same walk.
    pub(in crate::app) fn part(&self) -> Self {
        Self { hasher: self.hasher.clone(), ..Self::default() }
    }

    /// Takes in what a part compared.
    pub(in crate::app) fn merge(&mut self, part: Self) {
        self.unchanged += part.unchanged;
        self.skipped += part.skipped;
        self.present += part.present;
        self.away.extend(part.away);
        self.visited.extend(part.visited);
    }

    /// Whether a folder was listed: if so, whether completely, and its device.
    pub(in crate::app) fn visited(&self, directory: &RelPath) -> Option<(bool, u64)> {
        self.visited.get(&self.hasher.hash_one(directory.as_bytes())).copied()
    }

    /// For a folder that was not listed: the nearest one above it that was, and the next one below that on
    /// the way.
    pub(in crate::app) fn listed_above(&self, directory: &RelPath) -> Option<(RelPath, RelPath)> {
        let mut below = directory.clone();
        while !below.is_root() {
            let above = below.split().0;
            if self.visited(&above).is_some() {
                return Some((above, below));
            }
            below = above;
        }
        None
    }

    /// For a folder that was not listed: if it is really not there, the device of the nearest
    /// folder above that is. What lies behind a link is not there by this name. `None` where it cannot be
    /// told, or where nobody looked (ignored): also where a mount went away after that folder was listed,
    /// and took this one along.
    pub(in crate::app) fn vanished(&self, directory: &RelPath, root: &Path) -> Option<u64> {
        let (above, below) = self.listed_above(directory)?;
        let (complete, device) = self.visited(&above)?;
        let is_gone = || deepest(root, &above, &below).is_ok_and(|deepest| deepest == above);
        let stays = || device_of(&root.join(above.as_path())).is_ok_and(|now| now == device);
        // Gone is asked again at the end: before, it may have been the mount that was not there.
        (complete && device != 0 && is_gone() && stays() && is_gone()).then_some(device)
    }
}

/// What a folder shows that the ledger does not say.
#[derive(Default)]
struct News<'a> {
    unchanged: u64,
    /// Files that the ledger has as present.
    present: u64,
    /// New, or not as they were.
    entries: Vec<&'a Entry>,
    /// Not there any more.
    gone: Vec<Box<[u8]>>,
    /// Something is not there that was recorded on another device than the folder's present one.
    elsewhere: bool,
}

impl News<'_> {
    /// A file the ledger knows and the listing lacks.
    fn absent(&mut self, file: &KnownFile<'_>, listing: &Listing) {
        let replaced = listing.links.binary_search_by(|link| (*link.name).cmp(file.name)).is_ok();
        if !file.present || !listing.complete || replaced || is_ignored(listing, file.name) {
            return;
        }
        if file.fingerprint.device == listing.device {
            self.gone.push(file.name.into());
        } else {
            self.elsewhere = true;
        }
    }
}

impl<'a> Comparer<'a> {
    pub(in crate::app) fn new(
        part: &Part<'a>,
        reader: Reader,
        marked_sidecars: &Arc<BTreeSet<RelPath>>,
        compared: Compared,
    ) -> Result<Self, AppError> {
        let first = reader.is_empty()?;
        let chunk = Chunk::default();
        let has_links = reader.has_links()?;
        Ok(Self {
            project: part.project,
            root: part.root,
            reader,
            context: part.context,
            veil: part.manner.veil,
            first,
            has_links,
            marked_sidecars: Arc::clone(marked_sidecars),
            held: 0,
            chunk,
            compared,
        })
    }

    /// Walks and compares until there is no more, nobody listens, or `stop` is set. How the walk ended
    /// is given beside what was compared.
    pub(in crate::app) fn run(
        mut self,
        walk: impl IntoIterator<Item = Result<Listing, WalkError>>,
        stop: &AtomicBool,
        jobs: &Sender<Vec<Job>>,
        mut tell: impl FnMut(Seen) -> bool,
    ) -> Result<(Compared, Result<(), WalkError>), AppError> {
        for listing in walk {
            let listing = match listing {
                Ok(listing) => listing,
                Err(error) => return Ok((self.finish(jobs), Err(error))),
            };
            if stop.load(Ordering::Relaxed) || !self.listing(&listing, jobs, &mut tell)? {
                return Ok((self.compared, Ok(())));
            }
        }
        Ok((self.finish(jobs), Ok(())))
    }

    fn finish(mut self, jobs: &Sender<Vec<Job>>) -> Compared {
        // With nobody listening any more the last chunk has no reader either.
        let _ = jobs.send(self.chunk.take());
        self.compared
    }

    /// `false` when nobody listens any more.
    fn listing(
        &mut self,
        listing: &Listing,
        jobs: &Sender<Vec<Job>>,
        tell: &mut impl FnMut(Seen) -> bool,
    ) -> Result<bool, AppError> {
        self.compared.skipped += listing.skipped;
        let key = self.compared.hasher.hash_one(listing.directory.as_bytes());
        self.compared.visited.insert(key, (listing.complete, listing.device));
        let directory = Arc::new(listing.directory.clone());
        let mut told = true;
        for problem in &listing.problems {
            told &= tell(Seen::Problem(problem.clone()));
        }
        if !self.first {
            self.reader.hold()?;
        }
        let mut news = self.news(listing)?;
        if self.has_links || !listing.links.is_empty() {
            let mut known = self.reader.links_in(&self.root.name, &listing.directory)?;
            if news.elsewhere {
                // The volume may not be mounted, and links have no device of their own to tell by.
                known.retain(|one| listing.links.iter().any(|link| link.name == one.name));
            }
            told &= links(listing, &known, &directory, &mut news.gone, tell);
        }
        if let Some(veil) = self.veil.filter(|_| listing.complete) {
            let files = veil.sift(self.root, &directory, &mut news.gone);
            if files > 0 {
                let problem = unmounted(&self.root.name, &directory, files);
                told &= tell(Seen::Problem(problem));
            }
        }
        self.held += 1;
        if self.held >= HELD || !news.entries.is_empty() {
            // Handing over what is to be read may take as long as reading what went before.
            self.reader.let_go()?;
            self.held = 0;
        }
        self.compared.unchanged += news.unchanged;
        self.compared.present += news.present;
        for name in news.gone {
            told &= tell(Seen::Fact(Arc::clone(&directory), Fact::Gone(name)));
        }
        if news.elsewhere {
            self.compared.away.push((listing.directory.clone(), listing.device));
        }
        for one in self.sidecars(listing, &news.entries, &directory) {
            told &= tell(Seen::Sidecar(one));
        }
        let mut wanted = (0, 0);
        let mut to_read = Vec::new();
        for entry in news.entries {
            if let Some(found) = self.moved(&directory, entry)? {
                let fact = Fact::Found(found, Shown::default());
                told &= tell(Seen::Fact(Arc::clone(&directory), fact));
            } else {
                wanted.0 += 1;
                wanted.1 += entry.fingerprint.size;
                to_read.push(entry);
            }
        }
        self.context.reporter.expect(wanted.0, wanted.1);
        for entry in to_read {
            let name = entry.name.clone();
            let disk = self.root.path.join(directory.join(&name).as_path());
            let job = Job { directory: Arc::clone(&directory), name, disk, expected: None };
            if let Some(full) = self.chunk.add(job, entry.fingerprint.size) {
                told = told && jobs.send(full).is_ok();
            }
        }
        Ok(told)
    }

    /// Walks a listing and what the ledger knows of the folder side by side, both by name.
    fn news<'l>(&self, listing: &'l Listing) -> Result<News<'l>, AppError> {
        let mut news = News::default();
        let mut entries = listing.files.iter().peekable();
        if !self.first {
            self.reader.files_in(&self.root.name, &listing.directory, &mut |known| {
                news.present += u64::from(known.present);
                while let Some(entry) = entries.next_if(|entry| *entry.name < *known.name) {
                    news.entries.push(entry);
                }
                match entries.next_if(|entry| *entry.name == *known.name) {
                    Some(entry) if is_unchanged(&known, entry) => news.unchanged += 1,
                    Some(entry) => news.entries.push(entry),
                    None => news.absent(&known, listing),
                }
            })?;
        }
        news.entries.extend(entries);
        Ok(news)
    }

    /// The sidecars of a folder that are new, that carry marks, or beside which something is new, and what
    /// they speak of.
    fn sidecars(
        &self,
        listing: &Listing,
        news: &[&Entry],
        directory: &Arc<RelPath>,
    ) -> Vec<Sidecar> {
        let mut found = Vec::new();
        for entry in &listing.files {
            if sidecar::subject(&entry.name).is_none() {
                continue;
            }
            let is_new = |name: &[u8]| news.binary_search_by(|one| (*one.name).cmp(name)).is_ok();
            let is_marked = self.marked_sidecars.contains(&directory.join(&entry.name));
            let is_wanted = is_marked || is_new(&entry.name);
            if !is_wanted && news.is_empty() {
                continue;
            }
            let beside = sidecar::media_of(&listing.files, &entry.name);
            if is_wanted || beside.iter().any(|at| is_new(&listing.files[*at].name)) {
                let media = beside.into_iter().map(|at| listing.files[at].name.clone());
                found.push(Sidecar {
                    directory: Arc::clone(directory),
                    name: entry.name.clone(),
                    media: media.collect(),
                });
            }
        }
        found.retain(|one| !one.media.is_empty());
        found
    }

    /// A new name for a file that lay elsewhere: same device, inode, size and mtime, and the old
    /// path is gone. It carries its content without being read; a gate will read it.
    fn moved(&self, directory: &RelPath, entry: &Entry) -> Result<Option<Found>, AppError> {
        if self.first {
            return Ok(None);
        }
        let print = entry.fingerprint;
        let here = AssetPath::new(self.root.name.clone(), directory.join(&entry.name));
        for known in self.reader.same_inode(print.device, print.inode)? {
            let same = known.fingerprint.size == print.size
                && known.fingerprint.mtime == print.mtime
                && known.sighting != Sighting::Racy;
            if same && known.path != here && self.is_gone(&known.path, print.inode) {
                return Ok(Some(Found {
                    name: entry.name.clone(),
                    asset: known.asset,
                    fingerprint: print,
                    sighting: Sighting::Carried,
                    media_type: known.media_type,
                }));
            }
        }
        Ok(None)
    }

    /// Also where a link leads to the file by that name now: it goes by another.
    fn is_gone(&self, path: &AssetPath, inode: u64) -> bool {
        let Some(root) = self.project.root(path) else { return false };
        match fs::symlink_metadata(root.path.join(path.path.as_path())) {
            Ok(found) if found.ino() == inode => {
                let folder = path.path.split().0;
                let deepest = deepest(&root.path, &RelPath::root(), &folder);
                deepest.is_ok_and(|deepest| deepest != folder)
            }
            Ok(_) => true,
            Err(error) => is_nothing(&error),
        }
    }
}

fn links(
    listing: &Listing,
    known: &[KnownLink],
    directory: &Arc<RelPath>,
    gone: &mut Vec<Box<[u8]>>,
    tell: &mut impl FnMut(Seen) -> bool,
) -> bool {
    let mut told = true;
    for link in &listing.links {
        let same = known.binary_search_by(|one| one.name.cmp(&link.name));
        if !same.is_ok_and(|at| known[at].target == link.target) {
            told &= tell(Seen::Fact(Arc::clone(directory), Fact::Link(link.clone())));
        }
    }
    for link in known {
        // What a file took the place of is not gone: the file's own fact says that the link is.
        let here = listing.links.binary_search_by(|one| one.name.cmp(&link.name)).is_ok()
            || listing.files.binary_search_by(|one| one.name.cmp(&link.name)).is_ok();
        if listing.complete && !here && !is_ignored(listing, &link.name) {
            gone.push(link.name.clone());
        }
    }
    told
}

fn is_unchanged(known: &KnownFile<'_>, entry: &Entry) -> bool {
    known.present && known.sighting != Sighting::Racy && known.fingerprint == entry.fingerprint
}

fn is_ignored(listing: &Listing, name: &[u8]) -> bool {
    listing.ignored.binary_search_by(|one| (**one).cmp(name)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rel(path: &str) -> RelPath {
        RelPath::new(path.as_bytes()).unwrap()
    }

    #[test]
    fn what_was_on_a_mount_that_went_away_after_it_was_listed_is_not_gone() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path();
        fs::create_dir(root.join("share")).unwrap();
        let device = device_of(root).unwrap();
        let listed = |complete: bool, device: u64| {
            let mut compared = Compared::default();
            let key = compared.hasher.hash_one(rel("share").as_bytes());
            compared.visited.insert(key, (complete, device));
            compared.vanished(&rel("share/deep"), root)
        };
        assert_eq!(listed(true, device), Some(device), "it is gone");
        assert_eq!(listed(true, device + 1), None, "listed on another device than it is now");
        assert_eq!(listed(false, device), None);
        fs::create_dir(root.join("share/deep")).unwrap();
        assert_eq!(listed(true, device), None, "it is there");
    }
}
