//! What lies in guarded folders and has no content to be judged by: symbolic links, and what the ignore
//! rules leave out. Kept beside the tree of watched folders, from the same listings, so that it does not
//! slip through because nobody reads it.

use std::collections::BTreeMap;

use crate::app::watch::guard::is_guarded;
use crate::app::watch::place::{Place, WatchedPart};
use crate::deliver::staging::is_at_work;
use crate::model::AssetPath;
use crate::observe::Listing;
use crate::observe::filter::is_of_a_system;

/// Why a content is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// A symbolic link, and where it leads.
    Link(Box<[u8]>),
    /// The ignore rules leave it out.
    LeftOut,
}

/// What a listing shows of guarded folders that has no content, by name.
pub(super) fn unread_in(
    guards: &[AssetPath],
    part: &WatchedPart,
    listing: &Listing,
) -> BTreeMap<Box<[u8]>, Unread> {
    let mut found = BTreeMap::new();
    if guards.is_empty() {
        return found;
    }
    for link in &listing.links {
        let path = part.asset_path(&listing.directory.join(&link.name));
        // One on the way to a guarded folder hides all that is delivered there.
        if is_guarded(guards, &path) || leads_to_guarded(guards, &path) {
            found.insert(link.name.clone(), Unread::Link(link.target.clone()));
        }
    }
    for name in &listing.ignored {
        let path = listing.directory.join(name);
        if is_guarded(guards, &part.asset_path(&path)) {
            let disk = part.disk(&path);
            let is_dir = std::fs::symlink_metadata(&disk).is_ok_and(|found| found.is_dir());
            // A name of ours says nothing; that an export is at work there does.
            let is_ours = || path.as_bytes() == b".genlock" || is_at_work(&disk);
            let is_known = is_of_a_system(name, is_dir) || is_dir && is_ours();
            if !is_known {
                found.insert(name.clone(), Unread::LeftOut);
            }
        }
    }
    found
}

fn leads_to_guarded(guards: &[AssetPath], path: &AssetPath) -> bool {
    guards.iter().any(|guard| guard.root == path.root && guard.path.is_within(&path.path))
}

/// What is known of guarded folders.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// By folder, and in it by name.
    known: BTreeMap<Place, BTreeMap<Box<[u8]>, Unread>>,
    changed: bool,
}

impl Aside {
    /// Takes in what [`unread_in`] found in a listing.
    pub(super) fn listed(
        &mut self,
        place: Place,
        complete: bool,
        found: BTreeMap<Box<[u8]>, Unread>,
    ) {
        let before = self.known.remove(&place).unwrap_or_default();
        let mut now = if complete { BTreeMap::new() } else { before.clone() };
        now.extend(found);
        self.changed |= now != before;
        if !now.is_empty() {
            self.known.insert(place, now);
        }
    }

    /// A folder is not there any more, or another one.
    pub(super) fn leave(&mut self, folder: &Place) {
        self.changed |= self.known.remove(folder).is_some();
    }

    /// Everything will be listed anew.
    pub(super) fn begin_anew(&mut self) {
        self.known.clear();
        self.changed = true;
    }

    /// All there is, if that is not what it was when this was last asked.
    pub(super) fn take(&mut self, parts: &[WatchedPart]) -> Option<BTreeMap<AssetPath, Unread>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let all = self.known.iter().flat_map(|(place, names)| {
            let path = |name: &[u8]| parts[place.part].asset_path(&place.path.join(name));
            names.iter().map(move |(name, unread)| (path(name), unread.clone()))
        });
        Some(all.collect())
    }
}
