//! What the ledger has that no listing showed: in folders that are gone, in folders that are ignored, and on
//! volumes that are not mounted.
//!
//! A device gets another number when it is mounted again, and a project that was copied to another disk has that
//! one's. What was recorded on the old number would count as not mounted for ever. One file of that volume that still
//! is where it was shows that the volume is here: then what is not there is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::app::AppError;
use crate::app::scan::compare::Compared;
use crate::app::scan::{Departed, Part, ScanOutcome};
use crate::ledger::{Kinds, Reader};
use crate::model::{AssetPath, DirectoryObserved, Event, Found, Head, RelPath, RootName, Seq};
use crate::observe::device_of;
use crate::observe::presence::{deepest, is_nothing};
use crate::problem::Problem;

/// A folder in which something is not there that was recorded on another device.
struct Away {
    directory: RelPath,
    /// That it lies on now, or would if it were there.
    device: u64,
    /// Nobody asked what is in it: no problem that it cannot be told.
    ignored: bool,
}

impl Part<'_> {
    /// What is known in these folders and is not there any more, and in those where the comparison met
    /// what was recorded on another device.
    pub(in crate::app) fn sweep(
        &self,
        directories: Vec<RelPath>,
        compared: &Compared,
        reader: &Reader,
        outcome: &mut ScanOutcome,
    ) -> Result<Vec<Departed>, AppError> {
        let mut gone = Vec::new();
        let listed = compared.away.iter().cloned();
        let mut away: Vec<_> =
            listed.map(|(directory, device)| Away { directory, device, ignored: false }).collect();
        for directory in directories {
            if compared.visited(&directory).is_some() {
                continue;
            }
            let vanished = compared.vanished(&directory, &self.root.path);
            let Some(device) = vanished.or_else(|| self.ignored(&directory, compared)) else {
                continue;
            };
            // Asked anew: what was not there a moment ago may be back with its mount.
            let there = self.is_there(&directory, compared);
            let mut elsewhere = false;
            self.absent(reader, &directory, there, &mut |name, on| {
                if on == device {
                    gone.push((directory.clone(), name.into()));
                } else {
                    elsewhere = true;
                }
            })?;
            if elsewhere {
                away.push(Away { directory, device, ignored: vanished.is_none() });
            } else {
                self.absent_links(reader, &directory, there, &mut gone)?;
            }
        }
        self.return_from(away, compared, reader, &mut gone, outcome)?;
        let veil = self.manner.veil.map(|veil| veil.sift_all(self.root, &mut gone));
        for (directory, files) in veil.unwrap_or_default() {
            outcome.problems.push(unmounted(&self.root.name, &directory, files));
        }
        Ok(gone)
    }

    /// Says what is gone with a volume that is here under another number, and of which files it cannot be
    /// told because theirs is not mounted.
    fn return_from(
        &self,
        away: Vec<Away>,
        compared: &Compared,
        reader: &Reader,
        gone: &mut Vec<Departed>,
        outcome: &mut ScanOutcome,
    ) -> Result<(), AppError> {
        let mut devices = BTreeSet::new();
        for Away { directory, device, .. } in &away {
            let there = self.is_there(directory, compared);
            self.absent(reader, directory, there, &mut |_, on| {
                if on != *device {
                    devices.insert(on);
                }
            })?;
        }
        if devices.is_empty() {
            return Ok(());
        }
        let here = renumbered(reader, &self.root.name, &devices)?;
        for Away { directory, device, ignored } in away {
            let mut elsewhere = 0_u64;
            let there = self.is_there(&directory, compared);
            self.absent(reader, &directory, there, &mut |name, on| {
                if here.contains(&on) {
                    gone.push((directory.clone(), name.into()));
                } else if on != device {
                    elsewhere += 1;
                }
            })?;
            if elsewhere == 0 {
                self.absent_links(reader, &directory, there, gone)?;
            } else if !ignored {
                // Its links were on that volume too.
                outcome.problems.push(unmounted(&self.root.name, &directory, elsewhere));
            }
        }
        Ok(())
    }

    /// The device of a folder that is there and was not listed, or of the nearest one above it that is: it is
    /// ignored. None where the walk was there and could not tell, or the system does not.
    fn ignored(&self, directory: &RelPath, compared: &Compared) -> Option<u64> {
        let (above, _) = compared.listed_above(directory)?;
        let here = deepest(&self.root.path, &above, directory).ok()?;
        if here == above {
            return None;
        }
        device_of(&self.root.path.join(here.as_path())).ok()
    }

    /// Whether a folder may be there, and not behind a link.
    fn is_there(&self, directory: &RelPath, compared: &Compared) -> bool {
        compared.listed_above(directory).is_none_or(|(above, _)| {
            let here = deepest(&self.root.path, &above, directory);
            !here.is_ok_and(|here| here != *directory)
        })
    }

    /// Hands on the files of a folder that are known as there and are not, with the device they were on. Where
    /// the folder is there they are asked after one by one; only a plain "not there" counts.
    fn absent(
        &self,
        reader: &Reader,
        directory: &RelPath,
        there: bool,
        each: &mut dyn FnMut(&[u8], u64),
    ) -> Result<(), AppError> {
        let disk = self.root.path.join(directory.as_path());
        reader.files_in(&self.root.name, directory, &mut |file| {
            if file.present && (!there || is_absent(&disk.join(OsStr::from_bytes(file.name)))) {
                each(file.name, file.fingerprint.device);
            }
        })?;
        Ok(())
    }

    fn absent_links(
        &self,
        reader: &Reader,
        directory: &RelPath,
        there: bool,
        gone: &mut Vec<Departed>,
    ) -> Result<(), AppError> {
        let disk = self.root.path.join(directory.as_path());
        let mut links = reader.links_in(&self.root.name, directory)?;
        links.retain(|link| !there || is_absent(&disk.join(OsStr::from_bytes(&link.name))));
        gone.extend(links.into_iter().map(|link| (directory.clone(), link.name)));
        Ok(())
    }
}

fn is_absent(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| is_nothing(&error))
}

/// Which of these devices, on which something is not there, are here under another number.
///
/// Asked of the journal and not of this walk: whatever came first after the change, a gate or a scan that was
/// interrupted, has put the files that are still there down under the new number.
fn renumbered(
    reader: &Reader,
    root: &RootName,
    asked: &BTreeSet<u64>,
) -> Result<BTreeSet<u64>, AppError> {
    let (here, copied, seen) = Default::default();
    let mut search = Search { reader, root, asked, here, copied, seen };
    let mut searched = Ok(());
    reader.read(Head::EMPTY, None, Kinds::All, &mut |recorded| {
        let Event::Observed(batch) = recorded.event else { return };
        if batch.root == *root && searched.is_ok() {
            searched =
                batch.directories.iter().try_for_each(|one| search.take(recorded.head.seq, one));
        }
    })?;
    searched?;
    Ok(search.ended())
}

struct Search<'a> {
    reader: &'a Reader,
    root: &'a RootName,
    asked: &'a BTreeSet<u64>,
    here: BTreeSet<u64>,
    /// Old and new device of files that lie where they lay with their size and mtime, in another inode.
    copied: BTreeSet<(u64, u64)>,
    /// The first and the last event in which something was seen on a device.
    seen: BTreeMap<u64, (Seq, Seq)>,
}

impl Search<'_> {
    fn take(&mut self, seq: Seq, observed: &DirectoryObserved) -> Result<(), AppError> {
        for file in &observed.files {
            self.seen.entry(file.fingerprint.device).or_insert((seq, seq)).1 = seq;
        }
        let open = |file: &&Found| {
            let device = file.fingerprint.device;
            self.asked.contains(&device) && !self.here.contains(&device)
        };
        let mut old: Vec<_> = observed.files.iter().filter(open).collect();
        if old.is_empty() {
            return Ok(());
        }
        old.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let (here, copied) = (&mut self.here, &mut self.copied);
        self.reader.files_in(self.root, &observed.directory, &mut |known| {
            let Ok(at) = old.binary_search_by(|one| (*one.name).cmp(known.name)) else { return };
            let (was, is) = (old[at].fingerprint, known.fingerprint);
            let same = (was.size, was.mtime) == (is.size, is.mtime);
            // On one of those asked after it may be out of sight itself.
            if !known.present || !same || self.asked.contains(&is.device) {
                return;
            }
            if was.inode == is.inode {
                here.insert(was.device);
            } else {
                copied.insert((was.device, is.device));
            }
        })?;
        Ok(())
    }

    /// A copy shows that all was copied only where nothing in this root was known on its disk before: else
    /// it may be one file, put in the place where a volume is missing.
    fn ended(mut self) -> BTreeSet<u64> {
        for (old, new) in &self.copied {
            let came = self.seen.get(new).map(|(first, _)| first);
            let went = self.seen.get(old).map(|(_, last)| last);
            if came > went {
                self.here.insert(*old);
            }
        }
        self.here
    }
}

/// Files recorded on a device that is not the folder's present one were on a volume that is not
/// mounted now: they are not missing.
pub(in crate::app) fn unmounted(root: &RootName, directory: &RelPath, files: u64) -> Problem {
    let place = AssetPath::new(root.clone(), directory.clone());
    let what = format!(
        "{files} file{} here lay on a volume that is not mounted now; none is called missing",
        if files == 1 { "" } else { "s" }
    );
    Problem::at(&place, what)
}
