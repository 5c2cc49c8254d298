//! What a deliverable holds on disk right now: walked without ignore rules, every fingerprint
//! compared with the journal's own word, and what differs read and examined.

mod beside;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

use crossbeam_channel::bounded;

use crate::app::behind::{Behind, behind};
use crate::app::contents::{Contents, holds_any, walk_all};
use crate::app::detection::Detection;
use crate::app::follow::{Target, is_silence};
use crate::app::ingest::{Fact, Ingest};
use crate::app::reading::{Chunk, Job, Outcome, Reading};
use crate::app::{AppError, Context, Project};
use crate::config::Root;
use crate::ledger::Ledger;
use crate::model::{
    AssetPath, Fingerprint, HarmlessLink, LinkedFile, MediaProblem, Name, RelPath, RootName,
    RuleCode, Sighting,
};
use crate::observe::{Enters, FileSystemIds, Listing, WalkError, fingerprint};
use crate::problem::in_one_line;
use crate::record::Record;

/// Why nothing below a root that left `config.toml` can be known.
const UNCONFIGURED: &str = "its root is not configured any more";

/// Why what is named below a link is not looked at.
const BELOW_A_LINK: &str = "a folder on the way to it is a link; name where it lies itself";

/// What was seen on disk.
pub(super) struct Seen {
    /// What could not be known, by path.
    pub(super) problems: Vec<MediaProblem>,
    /// Links and what they lead to.
    pub(super) linked: Vec<LinkedFile>,
    /// Links that hide nothing, and are not on record so.
    pub(super) harmless: Vec<HarmlessLink>,
    /// One of the files that had to be read, or that are gone. Reading takes time, in which others may
    /// have come: look again until nothing has.
    pub(super) news: Option<AssetPath>,
}

/// What looking needs from around it.
#[derive(Clone, Copy)]
pub(in crate::app) struct Around<'a> {
    pub(in crate::app) project: &'a Project,
    pub(in crate::app) context: &'a Context<'a>,
    pub(in crate::app) detection: &'a Detection,
}

/// Looks at everything the deliverable names and journals what is new. With what was seen `before` in
/// the same run, what was read then is not read again unless its fingerprint changed.
pub(super) fn look(
    around: Around<'_>,
    ledger: &mut Ledger,
    contents: &Contents,
    record: &Record,
    before: Option<&Seen>,
) -> Result<Seen, AppError> {
    let Around { project, context, detection } = around;
    let mut failed = BTreeMap::new();
    for problem in before.iter().flat_map(|seen| &seen.problems) {
        failed.entry(&problem.path).or_insert(problem);
    }
    let mut look = Look {
        again: before.is_some(),
        failed,
        news: None,
        project,
        context,
        detection,
        contents,
        record,
        problems: Vec::new(),
        troubled: BTreeSet::new(),
        seen: BTreeSet::new(),
        linked: Vec::new(),
        harmless: BTreeSet::new(),
        devices: BTreeMap::new(),
        found: BTreeMap::new(),
        sidecars: BTreeMap::new(),
    };
    for (root, base) in contents.bases(project) {
        match project.config.roots.iter().find(|known| known.name == root) {
            Some(root) => look.walk(root, &base)?,
            None => look.problem(RuleCode::MediaUnread, AssetPath::new(root, base), UNCONFIGURED),
        }
    }
    look.literals();
    look.absent();
    for (root, found) in std::mem::take(&mut look.found) {
        look.read(ledger, &root, found)?;
    }
    beside::look(&mut look, ledger)?;
    look.problems.sort_by(|a, b| a.path.cmp(&b.path).then(a.code.cmp(&b.code)));
    let harmless = look.harmless.into_iter().collect();
    Ok(Seen { problems: look.problems, linked: look.linked, harmless, news: look.news })
}

/// What is to be done in one root.
#[derive(Default)]
struct Found {
    /// Files to read, with their sizes.
    jobs: Vec<(Job, u64)>,
    gone: Vec<AssetPath>,
}

/// The first link on the way to a folder of a root, or the folder itself if it is one.
fn link_on_the_way(root: &Root, folder: &RelPath) -> Option<RelPath> {
    let all: Vec<_> = std::iter::successors(Some(folder.clone()), |folder| {
        (!folder.is_root()).then(|| folder.split().0)
    })
    .collect();
    let is_link = |folder: &RelPath| {
        let found = fs::symlink_metadata(root.path.join(folder.as_path()));
        found.is_ok_and(|found| found.is_symlink())
    };
    all.into_iter().rev().find(|folder| !folder.is_root() && is_link(folder))
}

struct Look<'a> {
    /// Whether this run looked before, and what it could not know then.
    again: bool,
    failed: BTreeMap<&'a AssetPath, &'a MediaProblem>,
    news: Option<AssetPath>,
    project: &'a Project,
    context: &'a Context<'a>,
    detection: &'a Detection,
    contents: &'a Contents,
    record: &'a Record,
    problems: Vec<MediaProblem>,
    /// Where these are, until reading begins.
    troubled: BTreeSet<AssetPath>,
    seen: BTreeSet<AssetPath>,
    linked: Vec<LinkedFile>,
    harmless: BTreeSet<HarmlessLink>,
    /// The device of every folder that was listed completely.
    devices: BTreeMap<AssetPath, u64>,
    found: BTreeMap<RootName, Found>,
    /// Sidecars beside what the deliverable names, and which of its files they speak of.
    sidecars: BTreeMap<AssetPath, BTreeSet<AssetPath>>,
}

impl Look<'_> {
    fn problem(&mut self, code: RuleCode, path: AssetPath, problem: impl Into<String>) {
        self.tell(MediaProblem { code, path, problem: problem.into(), reference: None });
    }

    fn tell(&mut self, problem: MediaProblem) {
        self.troubled.insert(problem.path.clone());
        self.problems.push(problem);
    }

    fn walk(&mut self, root: &Root, base: &RelPath) -> Result<(), AppError> {
        let (cancel, contents) = (self.context.cancel, self.contents);
        // What nothing of it can lie in may be closed to us.
        let enters = |folder: &RelPath| contents.could_hold(&root.name, folder);
        let walked = walk_all(self.project, root, base, cancel, Enters(&enters), &mut |listing| {
            self.listing(root, &listing);
        });
        match walked {
            Ok(()) => Ok(()),
            // A folder that is not there holds nothing: an empty deliverable says so by itself.
            Err(WalkError::StartGone { .. }) => {
                self.gone(root, base);
                Ok(())
            }
            Err(WalkError::Cancelled) => Err(AppError::Interrupted),
            Err(error) => {
                let path = AssetPath::new(root.name.clone(), base.clone());
                match link_on_the_way(root, base) {
                    None => self.problem(RuleCode::MediaUnread, path, in_one_line(&error)),
                    Some(link) if link == *base => self.link(root, path),
                    Some(_) => self.problem(RuleCode::MediaUnresolved, path, BELOW_A_LINK),
                }
                Ok(())
            }
        }
    }

    /// Where a folder is gone, the nearest one above that is there says on which device it would
    /// be: what the record has below is gone with it, unless it lay on a volume that is not mounted.
    fn gone(&mut self, root: &Root, base: &RelPath) {
        let mut above = base.clone();
        while !above.is_root() {
            above = above.split().0;
            let disk = root.path.join(above.as_path());
            if let Ok(found) = fs::symlink_metadata(&disk)
                && found.is_dir()
            {
                let device = FileSystemIds::default().id_of(fingerprint::of(&found).device, &disk);
                self.devices.insert(AssetPath::new(root.name.clone(), base.clone()), device);
                return;
            }
        }
    }

    fn listing(&mut self, root: &Root, listing: &Listing) {
        let here = AssetPath::new(root.name.clone(), listing.directory.clone());
        if listing.complete {
            self.devices.insert(here, listing.device);
        } else {
            let what = match listing.problems.first() {
                Some(problem) => problem.problem.clone(),
                None => "could not be listed".to_owned(),
            };
            self.problem(RuleCode::MediaUnread, here, what);
        }
        for entry in &listing.files {
            let path = listing.directory.join(&entry.name);
            if self.contents.contains(&root.name, &path) {
                self.file(root, &AssetPath::new(root.name.clone(), path), entry.fingerprint);
            }
        }
        beside::listed(self, root, listing);
        for link in &listing.links {
            let path = listing.directory.join(&link.name);
            let path = AssetPath::new(root.name.clone(), path);
            if self.contents.contains(&path.root, &path.path) {
                self.link(root, path);
            } else if self.contents.could_hold(&path.root, &path.path) {
                if self.hides(root, &path) {
                    self.link(root, path);
                } else {
                    self.harmless(root, path);
                }
            }
        }
    }

    /// Whether a link whose own name is not in the deliverable may lead to a folder that holds something of
    /// it, by the names that it has below the link, and that no walk comes by.
    fn hides(&self, root: &Root, link: &AssetPath) -> bool {
        let disk = root.path.join(link.path.as_path());
        match behind(self.project, &disk, self.context.follow(&disk).as_ref()) {
            Behind::NoFolder => false,
            Behind::Folder(lies) => {
                Project::is_own(&lies) || !self.contents.holds_as_well(link, &lies)
            }
            Behind::Unknown(_) => true,
        }
    }

    /// Notes a link that hides nothing. Of one that is on record as it is, that is known by the run's own place in
    /// the journal.
    fn harmless(&mut self, root: &Root, link: AssetPath) {
        let Ok(target) = fs::read_link(root.path.join(link.path.as_path())) else { return };
        let target = target.into_os_string().into_vec();
        if self.record.link(&link) != Some(&*target) {
            self.harmless.insert(HarmlessLink { link, target: Name(target.into()) });
        }
    }

    /// Trusts the journal's word for a file with the fingerprint it had when it was read; anything
    /// else is read now.
    fn file(&mut self, root: &Root, path: &AssetPath, fingerprint: Fingerprint) {
        if !self.seen.insert(path.clone()) {
            // Named twice, by a glob and one by one: one reading is enough.
            return;
        }
        let trusted = self.record.present().get(path).is_some_and(|known| {
            let read = known.sighting == Sighting::Read
                || (self.again && known.sighting == Sighting::Racy);
            read && known.fingerprint == fingerprint
        });
        if let Some(&problem) = self.failed.get(path) {
            self.tell(problem.clone());
        } else if !trusted {
            self.read_later(root, path, fingerprint.size);
            self.news.get_or_insert_with(|| path.clone());
        }
    }

    fn read_later(&mut self, root: &Root, path: &AssetPath, size: u64) {
        let (directory, name) = path.path.split();
        let disk = root.path.join(path.path.as_path());
        let job = Job { directory: Arc::new(directory), name: name.into(), disk, expected: None };
        self.found.entry(root.name.clone()).or_default().jobs.push((job, size));
        self.context.reporter.expect(1, size);
    }

    /// A link stands for the file it leads to, which is judged where it lies in the roots. It is read
    /// each time: nobody asked for it by its own path, so the record may not have followed it.
    fn link(&mut self, at: &Root, path: AssetPath) {
        if self.seen.insert(path.clone()) && self.record.present().contains_key(&path) {
            // The file that was here gave way to the link.
            self.found.entry(at.name.clone()).or_default().gone.push(path.clone());
        }
        let disk = at.path.join(path.path.as_path());
        let Target { path: target, found } = match self.context.follow(&disk) {
            Ok(target) => target,
            Err(error) if is_silence(&error) => {
                let what = format!("it is not known where the link leads: {error}");
                return self.problem(RuleCode::MediaUnread, path, what);
            }
            Err(error) => {
                let what = format!("the link leads nowhere: {error}");
                return self.problem(RuleCode::MediaUnresolved, path, what);
            }
        };
        let project = self.project;
        let Some((root, lies)) = project.lies(&target) else {
            let what =
                format!("the link leads out of the project's roots, to {}", target.display());
            return self.problem(RuleCode::MediaUnresolved, path, what);
        };
        let is_part = self.contents.contains(&lies.root, &lies.path);
        if found.is_file() {
            // The walk comes by what the deliverable names, but never through `.genlock/`.
            let walked = is_part && !Project::is_own(&lies);
            self.linked.push(LinkedFile { link: path.clone(), file: lies.clone() });
            if !walked && self.seen.insert(lies.clone()) {
                self.read_later(root, &lies, found.len());
                beside::probed(self, root, &lies);
            }
        } else if Project::is_own(&lies) {
            let what = format!("it leads to {lies}, where Genlock keeps its own and no media is");
            self.problem(RuleCode::MediaUnresolved, path, what);
        } else if found.is_dir() && is_part {
            // A link to a folder that is part of it anyway, as to the newest version of a shot.
            self.harmless(at, path);
        } else {
            let what = format!("it is a link to {lies}, which is not followed; name that itself");
            self.problem(RuleCode::MediaUnresolved, path, what);
        }
    }

    /// What is named one by one must be there.
    fn literals(&mut self) {
        let contents = self.contents;
        let mut file_systems = FileSystemIds::default();
        for path in contents.literals() {
            if self.troubled.contains(&path) || holds_any(&self.devices, &path) {
                continue;
            }
            let Some(root) = self.project.root(&path) else {
                self.problem(RuleCode::MediaUnread, path, UNCONFIGURED);
                continue;
            };
            if link_on_the_way(root, &path.path.split().0).is_some() {
                self.problem(RuleCode::MediaUnresolved, path, BELOW_A_LINK);
                continue;
            }
            let disk = root.path.join(path.path.as_path());
            match fs::symlink_metadata(&disk) {
                Ok(found) if found.is_file() => {
                    let mut print = fingerprint::of(&found);
                    print.device = file_systems.id_of(print.device, &root.path);
                    self.file(root, &path, print);
                    beside::probed(self, root, &path);
                }
                Ok(found) if found.is_symlink() => self.link(root, path),
                Ok(_) => {
                    let what = "it is neither a file nor a folder";
                    self.problem(RuleCode::MediaUnread, path, what);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let what = "the deliverable names it, and it is not there";
                    self.problem(RuleCode::MediaMissing, path, what);
                }
                Err(error) => self.problem(RuleCode::MediaUnread, path, error.to_string()),
            }
        }
    }

    /// What the record has here and nobody saw: gone, or out of sight.
    fn absent(&mut self) {
        let unseen = self.record.present().iter().filter(|(path, _)| !self.seen.contains(*path));
        let mut unmounted = Vec::new();
        for (path, known) in unseen {
            let (mut device, mut hidden) = (None, false);
            let mut above = path.clone();
            loop {
                device = device.or_else(|| self.devices.get(&above).copied());
                hidden |= self.troubled.contains(&above);
                if above.path.is_root() {
                    break;
                }
                above.path = above.path.split().0;
            }
            match device {
                Some(device) if device == known.fingerprint.device && !hidden => {
                    self.news.get_or_insert_with(|| path.clone());
                    self.found.entry(path.root.clone()).or_default().gone.push(path.clone());
                }
                Some(_) if !hidden => unmounted.push(path.clone()),
                _ => {}
            }
        }
        for path in unmounted {
            let what = "it lay on a volume that is not mounted now";
            self.problem(RuleCode::MediaUnread, path, what);
        }
    }

    fn read(&mut self, ledger: &mut Ledger, root: &RootName, found: Found) -> Result<(), AppError> {
        let reading = Reading::new(self.context, &self.detection.settings);
        let mut ingest = Ingest::new(ledger, self.context, self.detection, root.clone());
        for path in found.gone {
            let (directory, name) = path.path.split();
            ingest.add(&directory, Fact::Gone(name.into()))?;
        }
        let readers = self.project.config.readers;
        let (jobs, to_read) = bounded(readers * 4);
        let (results, arrived) = bounded(readers * 4);
        let problems = &mut self.problems;
        let read = std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut chunk = Chunk::default();
                for (job, size) in found.jobs {
                    if chunk.add(job, size).is_some_and(|full| jobs.send(full).is_err()) {
                        return;
                    }
                }
                // With nobody listening any more the last chunk has no reader either.
                let _ = jobs.send(chunk.take());
            });
            for _ in 0..readers {
                let (to_read, results) = (to_read.clone(), results.clone());
                scope.spawn(move || reading.run(&to_read, &results, |chunk| chunk));
            }
            drop((to_read, results));
            // Taken by value: left early, nobody listens any more and every thread ends.
            for (job, outcome) in arrived.into_iter().flatten() {
                let fact = match outcome {
                    Outcome::Found(file, shown) => Fact::Found(file, shown),
                    Outcome::Vanished => Fact::Gone(job.name),
                    Outcome::Failed(code, problem) => {
                        let path = AssetPath::new(root.clone(), job.directory.join(&job.name));
                        problems.push(MediaProblem { code, path, problem, reference: None });
                        continue;
                    }
                };
                ingest.add(&job.directory, fact)?;
            }
            Ok::<_, AppError>(())
        });
        read?;
        ingest.flush()?;
        self.context.check()
    }
}
