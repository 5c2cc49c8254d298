//! The folders that are kept track of, and how: by the system's watches or by polling.
//!
//! Every listing comes by here before anything in it is listed (see [`Onlooker`]): folders that are
//! new in it are watched then and there, and folders that are not in it any more are let go. So a
//! folder is watched before it is listed, and what is left out is never watched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;

use crate::app::watch::aside::{Aside, Unread, unread_in};
use crate::app::watch::place::{Place, WatchedPart, locate};
use crate::app::watch::porch::Foreign;
use crate::model::{AssetPath, RelPath};
use crate::observe::{Hint, Listing, Lost, MountKinds, Onlooker, Refused, Watcher};
use crate::problem::Problem;

/// How a folder is kept track of.
#[derive(Debug, Default)]
struct Folder {
    below: Vec<Box<[u8]>>,
    polled: bool,
    /// It could not be watched for a reason of its own, which may be over.
    refused: bool,
}

/// What a listing changed.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Folders nobody kept track of: to be listed now.
    pub(super) found: Vec<Box<[u8]>>,
    /// Folders that are not there any more, or left out now.
    pub(super) gone: Vec<Box<[u8]>>,
}

/// How folders are to be watched.
#[derive(Clone, Debug, Default)]
pub(super) struct TreeOptions {
    /// Never by the system's watches.
    pub(super) poll: bool,
    /// At most so many of the system's watches.
    pub(super) most: Option<usize>,
    /// The guarded ones.
    pub(super) guards: Vec<AssetPath>,
}

/// All folders of all parts.
pub(super) struct Tree {
    parts: Vec<WatchedPart>,
    options: TreeOptions,
    hints: Sender<Hint>,
    lost: Arc<Lost>,
    /// With a lock of its own: setting watches takes as long as listing, and other threads go on with
    /// the tree meanwhile.
    watcher: Arc<Mutex<Option<Watcher>>>,
    listening: bool,
    folders: BTreeMap<Place, Folder>,
    watched: usize,
    polled: BTreeSet<Place>,
    kinds: MountKinds,
    /// Parts of which something lies on a network mount, by its kind.
    networks: BTreeMap<usize, &'static str>,
    foreign: Foreign,
    aside: Aside,
    exhausted: bool,
    /// Why folders are polled that lie on no network mount.
    short: Option<String>,
    problems: Vec<Problem>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("folders", &self.folders.len()).finish_non_exhaustive()
    }
}

impl Tree {
    pub(super) fn new(
        parts: &[WatchedPart],
        options: TreeOptions,
        hints: Sender<Hint>,
        lost: Arc<Lost>,
        foreign: Foreign,
    ) -> Self {
        Self {
            parts: parts.to_vec(),
            aside: Aside::default(),
            options,
            hints,
            lost,
            watcher: Arc::default(),
            listening: false,
            folders: BTreeMap::new(),
            watched: 0,
            polled: BTreeSet::new(),
            kinds: MountKinds::default(),
            networks: BTreeMap::new(),
            foreign,
            exhausted: false,
            short: None,
            problems: Vec::new(),
        }
    }

    fn begin_anew(&mut self, kinds: MountKinds) {
        self.listening = false;
        *self.watcher() = None;
        self.folders.clear();
        self.polled.clear();
        self.watched = 0;
        self.exhausted = false;
        self.short = None;
        self.aside.begin_anew();
        // After something was mounted all begins anew, so this holds until then.
        self.kinds = kinds;
        self.networks.clear();
        self.foreign.clear();
        if self.options.poll {
            return;
        }
        let roots = self.parts.iter().map(|part| part.root.path.clone()).collect();
        match Watcher::new(self.hints.clone(), Arc::clone(&self.lost), roots) {
            Ok(watcher) => {
                *self.watcher() = Some(watcher);
                self.listening = true;
            }
            Err(why) => {
                self.problems.push(Problem::new(
                    "watch",
                    format!(
                        "the system gives no watcher ({why}), so everything is polled; the limit is \
                         fs.inotify.max_user_instances"
                    ),
                ));
                self.short = Some(format!("the system gives no watcher: {why}"));
            }
        }
    }

    /// Has the system tell of a file in `folder`, which is none of those that are kept track of. Events
    /// come in their order: once this one is heard, everything before it is. Gives the file's path.
    pub(super) fn sign(&self, folder: &Path) -> Option<PathBuf> {
        let mut watcher = self.watcher();
        if !watcher.as_mut()?.watch(&[], vec![folder.to_owned()]).is_empty() {
            return None;
        }
        let sign = folder.join(format!("watch.{}.genlock-tmp", std::process::id()));
        std::fs::write(&sign, b"").ok()?;
        // Nobody minds one that stays; a next one takes its place.
        let _ = std::fs::remove_file(&sign);
        Some(sign)
    }

    fn watcher(&self) -> MutexGuard<'_, Option<Watcher>> {
        self.watcher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what a listing says. Gives the folders to watch, too, after those above them.
    fn listed(
        &mut self,
        part: usize,
        listing: &Listing,
        unread: BTreeMap<Box<[u8]>, Unread>,
    ) -> (Moved, Vec<PathBuf>, Vec<PathBuf>) {
        let here = Place::new(part, listing.directory.clone());
        self.aside.listed(here.clone(), listing.complete, unread);
        let mut moved = Moved::default();
        let mut below = listing.subdirectories.clone();
        let Some(before) = self.folders.get_mut(&here) else {
            // It came back after it could not be watched. What lies above tells of it.
            moved.found.clone_from(&listing.subdirectories);
            return (moved, Vec::new(), Vec::new());
        };
        for name in std::mem::take(&mut before.below) {
            if listing.subdirectories.binary_search(&name).is_err() {
                if listing.complete {
                    moved.gone.push(name);
                } else {
                    below.push(name);
                }
            }
        }
        before.below = below;
        for name in &moved.gone {
            // One that is there and left out would go on costing a watch.
            let left_out = listing.ignored.binary_search(name).is_ok();
            self.drop_below(&here.join(name), left_out);
        }
        let all = listing.subdirectories.iter().map(|name| (name.clone(), here.join(name)));
        let new: Vec<_>;
        (moved.found, new) = all.filter(|(_, place)| !self.folders.contains_key(place)).unzip();
        let above = new.first().map(|one| self.above(one)).unwrap_or_default();
        let wanted = self.add(new);
        (moved, above, wanted)
    }

    /// Where to look for a folder of which one above is not kept track of: in what lies above that one.
    pub(super) fn lost_above(&self, place: &Place) -> Option<Place> {
        let start = start_of(&self.parts, place.part);
        let (mut here, mut lost) = (place.clone(), None);
        while here != start && !here.path.is_root() {
            here = here.folder();
            if !self.folders.contains_key(&here) {
                lost = Some(if here == start { here.clone() } else { here.folder() });
            }
        }
        lost
    }

    /// The watched folders above this one, the outermost first.
    fn above(&self, place: &Place) -> Vec<PathBuf> {
        let mut above = Vec::new();
        let mut place = place.clone();
        while !place.path.is_root() {
            place = place.folder();
            if self.folders.get(&place).is_some_and(|folder| !folder.polled) {
                above.push(self.parts[place.part].disk(&place.path));
            }
        }
        above.reverse();
        above
    }

    /// Keeps track of folders. Gives those to watch.
    fn add(&mut self, places: Vec<Place>) -> Vec<PathBuf> {
        let mut wanted = Vec::new();
        for place in places {
            let disk = self.parts[place.part].disk(&place.path);
            let network = self.kinds.of(&disk);
            if let Some(kind) = network {
                self.networks.entry(place.part).or_insert(kind);
                self.foreign.set(place.part);
            }
            let spent = self.options.most.is_some_and(|most| self.watched + wanted.len() >= most);
            if spent && self.listening && network.is_none() {
                self.exhaust(&place);
            }
            let polled = network.is_some() || !self.listening || self.exhausted || spent;
            if polled {
                self.polled.insert(place.clone());
            } else {
                self.polled.remove(&place);
                wanted.push(disk);
            }
            let folder = self.folders.entry(place).or_default();
            (folder.polled, folder.refused) = (polled, false);
        }
        self.watched += wanted.len();
        wanted
    }

    fn refused(&mut self, path: &Path, why: &Refused) {
        self.watched = self.watched.saturating_sub(1);
        let Some(place) = locate(&self.parts, path) else { return };
        match why {
            // Its folder will be found without it.
            Refused::Gone => {
                self.folders.remove(&place);
                return;
            }
            Refused::Exhausted => self.exhaust(&place),
            Refused::Failed(why) => {
                self.short.get_or_insert_with(|| format!("the system refuses a watch: {why}"));
                let path = self.parts[place.part].asset_path(&place.path);
                let what = format!("cannot watch the folder, it is polled: {why}");
                self.problems.push(Problem::at(&path, what));
            }
        }
        self.polled.insert(place.clone());
        if let Some(folder) = self.folders.get_mut(&place) {
            folder.polled = true;
            folder.refused = matches!(why, Refused::Failed(_));
        }
    }

    fn exhaust(&mut self, place: &Place) {
        if std::mem::replace(&mut self.exhausted, true) {
            return;
        }
        self.short = Some("the system gives no more watches".to_owned());
        let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches");
        let limit = limit.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned());
        let path = self.parts[place.part].asset_path(&place.path);
        self.problems.push(Problem::new(
            path,
            format!(
                "no watches left (fs.inotify.max_user_watches is {limit}): from here on folders are \
                 polled; raise it with: sudo sysctl fs.inotify.max_user_watches=1048576"
            ),
        ));
    }

    /// Lets go of a folder and all below it: it is not there, or not the one it was. The watcher was told
    /// so by the system before we were, and has let go itself: telling it folder by folder would take
    /// as long as all folders times these.
    pub(super) fn leave(&mut self, place: &Place) {
        self.drop_below(place, false);
    }

    fn drop_below(&mut self, place: &Place, unwatch: bool) {
        let (low, high) = place.below();
        let mut gone: Vec<_> = self.folders.range(low..high).map(|(at, _)| at.clone()).collect();
        if self.folders.contains_key(place) {
            gone.push(place.clone());
        }
        for place in gone {
            let Some(folder) = self.folders.remove(&place) else { continue };
            self.aside.leave(&place);
            if folder.polled {
                self.polled.remove(&place);
                continue;
            }
            self.watched = self.watched.saturating_sub(1);
            if unwatch && let Some(watcher) = &mut *self.watcher() {
                watcher.unwatch(&self.parts[place.part].disk(&place.path));
            }
        }
    }

    pub(super) fn contains(&self, place: &Place) -> bool {
        self.folders.contains_key(place)
    }

    /// Folders that the system says nothing of.
    pub(super) fn polled(&self) -> Vec<Place> {
        self.polled.iter().cloned().collect()
    }

    /// Folders watched by the system, and polled.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.watched as u64, self.polled.len() as u64)
    }

    /// A kind of network mount that something lies on.
    pub(super) fn network(&self) -> Option<&'static str> {
        self.networks.values().next().copied()
    }

    /// Why folders are polled that the system could tell of, if there are such.
    pub(super) fn short(&self) -> Option<&str> {
        self.short.as_deref().filter(|_| !self.polled.is_empty())
    }

    /// What lies in guarded folders without a content, if that is not what it was.
    pub(super) fn take_unread(&mut self) -> Option<BTreeMap<AssetPath, Unread>> {
        self.aside.take(&self.parts)
    }

    pub(super) fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }
}

/// A tree that several threads share.
#[derive(Clone, Debug)]
pub(super) struct SharedTree {
    tree: Arc<Mutex<Tree>>,
    parts: Arc<[WatchedPart]>,
    guards: Arc<[AssetPath]>,
}

impl SharedTree {
    pub(super) fn new(tree: Tree) -> Self {
        let (parts, guards) = (tree.parts.as_slice().into(), tree.options.guards.as_slice().into());
        Self { tree: Arc::new(Mutex::new(tree)), parts, guards }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of everything and starts to listen anew: after events were lost nobody knows which of
    /// the watches still are on the folders they were set on.
    pub(super) fn begin_anew(&self) {
        let starts: Vec<_> = self.parts.iter().map(|part| part.disk(&part.start)).collect();
        // Not under the lock: a share may not answer, and who hears hints asks for the lock too.
        let kinds = MountKinds::within(&starts.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        self.lock().begin_anew(kinds);
    }

    /// Keeps track of a folder from here on. It is watched when this returns. One that could not be is tried again:
    /// it may be entered now.
    pub(super) fn enter(&self, place: &Place) {
        let (above, wanted) = {
            let mut tree = self.lock();
            if tree.folders.get(place).is_some_and(|folder| !folder.refused) {
                return;
            }
            (tree.above(place), tree.add(vec![place.clone()]))
        };
        self.watch(&above, wanted);
    }

    /// Takes in what a listing says. What is new in it is watched when this returns.
    pub(super) fn listed(&self, part: usize, listing: &Listing) -> Moved {
        // Asks the disk, so not under the lock.
        let unread = unread_in(&self.guards, &self.parts[part], listing);
        let (moved, above, wanted) = self.lock().listed(part, listing, unread);
        self.watch(&above, wanted);
        moved
    }

    fn watch(&self, above: &[PathBuf], wanted: Vec<PathBuf>) {
        if wanted.is_empty() {
            return;
        }
        let watcher = Arc::clone(&self.lock().watcher);
        let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = watcher.as_mut().map(|watcher| watcher.watch(above, wanted));
        drop(watcher);
        let mut tree = self.lock();
        for (path, why) in refused.unwrap_or_default() {
            tree.refused(&path, &why);
        }
    }
}

/// Brings the listings of one part to the tree.
#[derive(Debug)]
pub(super) struct Bringer {
    pub(super) part: usize,
    pub(super) tree: SharedTree,
}

impl Onlooker for Bringer {
    fn listed(&self, listing: &Listing) {
        self.tree.listed(self.part, listing);
    }
}

/// The path of a part's start.
pub(super) fn start_of(parts: &[WatchedPart], part: usize) -> Place {
    Place::new(part, parts.get(part).map_or_else(RelPath::root, |one| one.start.clone()))
}

#[cfg(test)]
mod tests;
