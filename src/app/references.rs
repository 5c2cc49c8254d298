//! The references of a deliverable's timelines, each with the files it means.
//!
//! A timeline says a place or only a name; here the disk is asked. What is not known for sure is no
//! answer: two files that may be meant, one that lies outside the roots, one that is not there. A
//! gate is refused by each of these until a person links it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::app::documents::keep;
use crate::app::{AppError, Context, Project};
use crate::deliver::names::{Names, same_name};
use crate::deliver::target::{Place, of_frame, places};
use crate::deliver::timeline::{self, Timeline, TimelineError};
use crate::ledger::Reader;
use crate::model::{
    AssetId, AssetPath, Found, FrameRange, MadeOf, MediaProblem, Reference, ReferenceLink, RelPath,
    Resolution, RuleCode, TimelineRead,
};
use crate::observe::sequence::fold;
use crate::observe::{Filter, Fold, FramePattern, Walk, WalkOptions};

/// A timeline larger than this is refused: the longest of features are a tenth of it.
const LARGEST: u64 = 256 << 20;

/// Frames of one reference. A day at 24 frames a second is twice that.
const MOST_FRAMES: i64 = 1_000_000;

/// What a reference means.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether that is known.
    pub resolution: Resolution,
    /// The files meant; of an ambiguous one those that may be.
    pub files: Vec<AssetPath>,
    /// Why not, where it is not resolved.
    pub why: String,
}

/// A timeline that was read, and what each of its references means.
#[derive(Clone, Debug)]
pub struct ReadTimeline {
    /// What was named: a file, or the folder of a bundle.
    pub named: AssetPath,
    /// The file that was read.
    pub read: TimelineRead,
    /// What it held.
    bytes: Vec<u8>,
    /// What format it is.
    pub format: &'static str,
    /// What was tolerated in it.
    pub notes: Vec<String>,
    /// Every reference in its order.
    pub references: Vec<(Reference, Answer)>,
}

/// What the timelines of a deliverable mean.
#[derive(Clone, Debug, Default)]
pub struct Referenced {
    /// Those that could be read.
    pub timelines: Vec<ReadTimeline>,
    /// What keeps a gate from knowing.
    problems: Vec<MediaProblem>,
    /// What people said that references mean.
    links: Vec<ReferenceLink>,
}

impl Referenced {
    /// Leaves out what is disabled or muted wherever it is mentioned: a policy may say so.
    #[must_use]
    pub(super) fn without_disabled(mut self) -> Self {
        for one in &mut self.timelines {
            one.references.retain(|(reference, _)| reference.enabled);
        }
        let read = |path: &AssetPath| self.timelines.iter().any(|one| one.read.path == *path);
        let mut left: Vec<_> =
            self.problems.drain(..).filter(|problem| !read(&problem.path)).collect();
        for one in &self.timelines {
            left.extend(problems(&one.read.path, &one.references));
        }
        self.problems = left;
        self
    }

    /// Every file they are known to mean, and they themselves.
    pub(super) fn files(&self) -> BTreeSet<AssetPath> {
        let mut files = BTreeSet::new();
        for one in &self.timelines {
            files.insert(one.read.path.clone());
            let known = one.references.iter().filter(|(_, answer)| {
                matches!(answer.resolution, Resolution::Resolved | Resolution::Offline)
            });
            files.extend(known.flat_map(|(_, answer)| answer.files.iter().cloned()));
        }
        files
    }

    /// What keeps a gate from knowing, after it saw what is on disk: also a timeline that is not the one
    /// that was read, and a link to a content that is not there any more.
    pub(super) fn problems(&self, present: &BTreeMap<AssetPath, Found>) -> Vec<MediaProblem> {
        let holds = |path: &AssetPath, asset: &AssetId| {
            present.get(path).is_none_or(|found| found.asset == *asset)
        };
        let changed = |path: &AssetPath, problem: String| MediaProblem {
            code: RuleCode::MediaChanged,
            path: path.clone(),
            problem,
        };
        let mut problems = self.problems.clone();
        for TimelineRead { path, hash } in self.timelines.iter().map(|one| &one.read) {
            if !holds(path, hash) {
                problems.push(changed(path, "the timeline changed while it was read".to_owned()));
            }
        }
        let used = |link: &&ReferenceLink| {
            let mut all = self.timelines.iter().flat_map(|one| &one.references);
            all.any(|(reference, _)| is_called(reference, &link.reference))
        };
        for link in self.links.iter().filter(used) {
            if !holds(&link.path, &link.asset) {
                let what =
                    format!("{:?} was linked to it when it held something else", link.reference);
                problems.push(changed(&link.path, what));
            }
        }
        problems
    }

    /// Timelines that could not be read, with why.
    pub(super) fn unread<'a>(&'a self, made: &'a MadeOf) -> impl Iterator<Item = &'a MediaProblem> {
        self.problems.iter().filter(|one| {
            let was_read = self.timelines.iter().any(|read| read.read.path == one.path);
            !was_read && made.timelines.contains(&one.path)
        })
    }

    /// Puts the timelines into the document store, so that what a verdict rests on can be read later.
    pub(super) fn keep(&self, project: &Project) -> Result<(), AppError> {
        self.timelines.iter().try_for_each(|one| keep(project, one.read.hash, &one.bytes))
    }

    /// What was read, as a gate records it.
    pub(super) fn reads(&self) -> Vec<TimelineRead> {
        self.timelines.iter().map(|one| one.read.clone()).collect()
    }
}

/// Reads the bytes of a timeline in the roots. Gives the file that was read, too.
pub(super) fn read(
    project: &Project,
    named: &AssetPath,
) -> Result<(AssetPath, PathBuf, Vec<u8>), TimelineError> {
    let unreadable =
        |path: &Path, source| TimelineError::Unreachable { path: path.to_owned(), source };
    let disk = project.on_disk(named).ok_or_else(|| TimelineError::Unreachable {
        path: PathBuf::from(named.to_string()),
        source: std::io::Error::other("its root is not configured"),
    })?;
    let file = timeline::main_file(&disk)?;
    let found = fs::metadata(&file).map_err(|source| unreadable(&file, source))?;
    if !found.is_file() || found.len() > LARGEST {
        let why = if found.is_file() { "larger than 256 MiB" } else { "no regular file" };
        return Err(unreadable(&file, std::io::Error::other(why)));
    }
    let bytes = fs::read(&file).map_err(|source| unreadable(&file, source))?;
    let path = match file.strip_prefix(&disk) {
        Ok(below) if !below.as_os_str().is_empty() => {
            let name = below.as_os_str().as_bytes();
            AssetPath::new(named.root.clone(), named.path.join(name))
        }
        _ => named.clone(),
    };
    Ok((path, file, bytes))
}

/// Reads the timelines of a deliverable and looks for what they refer to. One that cannot be read is
/// a problem of it, not an error.
pub(super) fn look(
    project: &Project,
    context: &Context<'_>,
    made: &MadeOf,
) -> Result<Referenced, AppError> {
    let mut found = Referenced { links: made.links.clone(), ..Referenced::default() };
    let mut parsed = Vec::new();
    for named in &made.timelines {
        let read = read(project, named).and_then(|(path, file, bytes)| {
            Ok((timeline::parse(&file, &bytes)?, path, file, bytes))
        });
        match read {
            Ok((timeline, path, file, bytes)) => {
                let hash = AssetId::from(blake3::hash(&bytes));
                parsed.push((named.clone(), TimelineRead { path, hash }, file, bytes, timeline));
            }
            Err(error) => found.problems.push(MediaProblem {
                code: unread(&error),
                path: named.clone(),
                problem: cause_of(&error),
            }),
        }
    }
    let links = Links::new(&made.links);
    let open = parsed.iter().flat_map(|(.., timeline)| &timeline.references);
    let open = open.filter(|one| links.of(one).is_none());
    let open: Vec<_> = open.flat_map(|one| [Some(one.clone()), folded(one)]).flatten().collect();
    let names = names(project, context, &open)?;
    let reader = project.reader()?;
    let mut resolver = Resolver { project, reader, names, links, folders: BTreeMap::new() };
    for (named, read, file, bytes, timeline) in parsed {
        context.check()?;
        let folder = file.parent().unwrap_or(&file).to_owned();
        let Timeline { format, notes, references, .. } = timeline;
        let answered = references.into_iter().map(|reference| {
            let answer = resolver.answer(&reference, &folder);
            (reference, answer)
        });
        let references: Vec<_> = answered.collect();
        found.problems.extend(problems(&read.path, &references));
        let format = format.as_str();
        found.timelines.push(ReadTimeline { named, read, bytes, format, notes, references });
    }
    Ok(found)
}

fn unread(error: &TimelineError) -> RuleCode {
    match error {
        TimelineError::Unreachable { source, .. }
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            RuleCode::MediaMissing
        }
        _ => RuleCode::MediaUnread,
    }
}

/// An error and what caused it, on one line.
pub(super) fn cause_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// One problem for each thing that is not known, however often a timeline mentions it.
fn problems(timeline: &AssetPath, references: &[(Reference, Answer)]) -> Vec<MediaProblem> {
    let mut told: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    let key = |reference: &Reference| -> (String, Option<String>) {
        (reference.name.clone(), reference.target.clone())
    };
    for (reference, answer) in references {
        if answer.resolution != Resolution::Resolved {
            *told.entry((&reference.name, reference.target.as_deref())).or_default() += 1;
        }
    }
    let mut done = BTreeSet::new();
    let mut problems = Vec::new();
    for (reference, answer) in references {
        let code = match answer.resolution {
            Resolution::Resolved => continue,
            Resolution::Offline => RuleCode::MediaMissing,
            Resolution::Ambiguous | Resolution::Unresolved => RuleCode::MediaUnresolved,
        };
        if !done.insert(key(reference)) {
            continue;
        }
        let again = told[&(&*reference.name, reference.target.as_deref())] - 1;
        let more = if again == 0 { String::new() } else { format!(" (and {again} more times)") };
        let problem = format!("{}, {}{more}: {}", called(reference), reference.place, answer.why);
        problems.push(MediaProblem { code, path: timeline.clone(), problem });
    }
    problems
}

/// What a person would call it.
fn called(reference: &Reference) -> String {
    match (&*reference.name, &reference.target, &reference.reel) {
        ("", Some(target), _) => format!("{target:?}"),
        ("", None, Some(reel)) => format!("reel {reel:?}"),
        ("", None, None) => "a clip without a name".to_owned(),
        (name, ..) => format!("{name:?}"),
    }
}

/// What people said that references mean.
struct Links<'a>(BTreeMap<&'a str, &'a ReferenceLink>);

impl<'a> Links<'a> {
    fn new(links: &'a [ReferenceLink]) -> Self {
        Self(links.iter().map(|one| (&*one.reference, one)).collect())
    }

    fn of(&self, reference: &Reference) -> Option<&'a ReferenceLink> {
        let names =
            [reference.target.as_deref(), Some(&*reference.name), reference.reel.as_deref()];
        names.into_iter().flatten().find_map(|name| self.0.get(name).copied())
    }
}

/// Whether `typed` is what a person may call this reference in `deliverable link`.
pub(super) fn is_called(reference: &Reference, typed: &str) -> bool {
    !typed.is_empty()
        && (reference.name == typed
            || reference.target.as_deref() == Some(typed)
            || reference.reel.as_deref() == Some(typed))
}

/// Looks through the roots for files by the names that references ask for. What scans leave out is
/// left out here too: the project does not know it.
fn names(
    project: &Project,
    context: &Context<'_>,
    references: &[Reference],
) -> Result<Names, AppError> {
    let mut names = Names::of(references);
    if names.is_empty() {
        return Ok(names);
    }
    for root in &project.config.roots {
        let filter = Filter::new(&project.config.ignore)
            .map_err(|error| AppError::Internal(format!("a pattern was checked: {error:?}")))?;
        let options = WalkOptions { start: RelPath::root(), filter };
        // A root that is not there holds nothing that could be meant.
        let Ok(walk) = Walk::new(&root.name, &root.path, &options, context.cancel) else {
            continue;
        };
        for listing in walk {
            let Ok(listing) = listing else { break };
            for entry in &listing.files {
                let path = AssetPath::new(root.name.clone(), listing.directory.join(&entry.name));
                names.offer(&path, entry.fingerprint.size);
            }
        }
    }
    context.check()?;
    Ok(names)
}

/// What lies at a place.
enum Lies {
    /// One file, or a link to one, in the roots.
    Here(AssetPath),
    /// Several whose names are the same in all but their bytes.
    Several(Vec<AssetPath>),
    /// Nothing, and it would be in the roots.
    Nothing(AssetPath),
    /// Something, outside the roots: never taken.
    Outside(PathBuf),
    /// Nothing, and it would be outside the roots.
    Elsewhere,
    /// Something that is no file.
    NoFile(AssetPath),
}

/// A reference to a sequence that is written as people fold it, `shot.[1001-1096].exr`: the same with its
/// frames told. The name may be a file's own, so that one is looked for first.
fn folded(reference: &Reference) -> Option<Reference> {
    if reference.frames.is_some() {
        return None;
    }
    let target = reference.target.as_deref().unwrap_or(&reference.name);
    let target = percent_encoding::percent_decode_str(target).decode_utf8().ok()?;
    let (folder, name) = target.split_at(target.rfind(['/', '\\']).map_or(0, |at| at + 1));
    let pattern = FramePattern::parse(name.as_bytes())?;
    let (before, _) = name.rsplit_once('[')?;
    let (_, after) = name.rsplit_once(']')?;
    let number = |frame: u64| i64::try_from(frame).ok();
    let frames = FrameRange { first: number(pattern.first)?, last: number(pattern.last)?, step: 1 };
    let target = Some(format!("{folder}{before}%0{}d{after}", pattern.padding));
    Some(Reference { target, frames: Some(frames), ..reference.clone() })
}

struct Resolver<'a> {
    project: &'a Project,
    reader: Reader,
    names: Names,
    links: Links<'a>,
    /// Names in folders that were listed.
    folders: BTreeMap<PathBuf, Vec<Vec<u8>>>,
}

impl Resolver<'_> {
    fn answer(&mut self, reference: &Reference, folder: &Path) -> Answer {
        if let Some(link) = self.links.of(reference) {
            return resolved(vec![link.path.clone()]);
        }
        let answer = self.asked(reference, folder);
        if matches!(answer.resolution, Resolution::Unresolved | Resolution::Offline)
            && let Some(folded) = folded(reference)
        {
            let frames = self.asked(&folded, folder);
            if frames.resolution != Resolution::Unresolved {
                return frames;
            }
        }
        answer
    }

    fn asked(&mut self, reference: &Reference, folder: &Path) -> Answer {
        match (&reference.target, reference.frames) {
            (Some(target), Some(frames)) => self.sequence(reference, target, frames, folder),
            (Some(target), None) => self.at(reference, target, folder),
            (None, _) => self.by_name(reference, "the timeline gives no place"),
        }
    }

    /// Copies of one content are one answer: it does not matter which of them is meant, and a gate looks
    /// at them all.
    fn one_of(&self, files: Vec<AssetPath>) -> Answer {
        let mut known = files.iter().map(|path| self.reader.asset_at(path).ok().flatten());
        let first = known.next().flatten();
        if first.is_some() && known.all(|asset| asset == first) {
            return resolved(files);
        }
        ambiguous(files)
    }

    /// The file at a target, else the only one of its name.
    fn at(&mut self, reference: &Reference, target: &str, folder: &Path) -> Answer {
        let maps = &self.project.config.maps;
        let mut found = BTreeSet::new();
        let mut missing = None;
        let mut why = "nothing is there";
        for place in places(target, maps) {
            let tries = match &place {
                Place::Absolute(path) => vec![path.clone()],
                Place::Relative(below) => vec![folder.join(below), self.project.dir.join(below)],
                Place::Foreign(reason) => {
                    why = reason;
                    continue;
                }
            };
            for path in tries {
                match self.lies(&path) {
                    Lies::Here(path) => {
                        found.insert(path);
                        break;
                    }
                    Lies::Several(paths) => return self.one_of(paths),
                    // Where it says exactly where it lies in the roots, nothing else is meant.
                    Lies::Nothing(path) if matches!(place, Place::Absolute(_)) => {
                        missing.get_or_insert(path);
                    }
                    Lies::Outside(path) => {
                        let why =
                            format!("it lies outside the project's roots, at {}", path.display());
                        return unresolved(why);
                    }
                    Lies::NoFile(path) => return unresolved(format!("{path} is no file")),
                    Lies::Nothing(_) | Lies::Elsewhere => {}
                }
            }
        }
        let found: Vec<_> = found.into_iter().collect();
        match (&*found, missing) {
            ([path], _) => resolved(self.with_frames(path)),
            ([], None) => self.by_name(reference, why),
            ([], Some(path)) => match (reference.size, &*self.names.candidates(reference)) {
                (Some(_), [one]) => resolved(self.with_frames(&one.path)),
                _ => offline(vec![path.clone()], format!("{path} is not there")),
            },
            _ => self.one_of(found),
        }
    }

    fn by_name(&mut self, reference: &Reference, why: &str) -> Answer {
        let found = self.names.candidates(reference);
        match &*found {
            [] => unresolved(format!("{why}, and no file in the roots has its name")),
            [one] => resolved(self.with_frames(&one.path)),
            _ => self.one_of(found.into_iter().map(|one| one.path).collect()),
        }
    }

    /// Every frame of a sequence: as many as the timeline says, or it is not all there.
    fn sequence(
        &mut self,
        reference: &Reference,
        target: &str,
        frames: FrameRange,
        folder: &Path,
    ) -> Answer {
        let FrameRange { first, last, step } = frames;
        let numbers = last.checked_sub(first).filter(|span| (0..MOST_FRAMES).contains(span));
        let Some(begin) = of_frame(target, first).filter(|_| numbers.is_some()) else {
            return unresolved(format!("its frames {first} to {last} are not a sequence"));
        };
        let begins = Reference { frames: None, target: Some(begin.clone()), ..reference.clone() };
        let answer = self.at(&begins, &begin, folder);
        let (Resolution::Resolved | Resolution::Offline, Some(at)) =
            (answer.resolution, answer.files.first())
        else {
            return answer;
        };
        let folder = at.path.split().0;
        let mut files = Vec::new();
        let mut absent = Vec::new();
        let step = usize::try_from(step).unwrap_or(1).max(1);
        for number in (first..=last).step_by(step) {
            let name = of_frame(target, number).and_then(|one| {
                places(&one, &[]).into_iter().find_map(|place| match place {
                    Place::Absolute(path) | Place::Relative(path) => Some(path),
                    Place::Foreign(_) => None,
                })
            });
            let Some(name) = name.as_deref().and_then(Path::file_name) else { continue };
            let path = AssetPath::new(at.root.clone(), folder.join(name.as_bytes()));
            match self.project.on_disk(&path).map(|disk| self.lies(&disk)) {
                Some(Lies::Here(path)) => files.push(path),
                _ => absent.push(path),
            }
        }
        match absent.first() {
            None => resolved(files),
            Some(path) => {
                let why = format!("{} of its frames are not there, e.g. {path}", absent.len());
                offline(files, why)
            }
        }
    }

    /// A file, with every other frame where it is one of a rendered sequence: a timeline that names the
    /// first means them all.
    fn with_frames(&mut self, path: &AssetPath) -> Vec<AssetPath> {
        let (directory, name) = path.path.split();
        let disk = self.project.on_disk(&AssetPath::new(path.root.clone(), directory.clone()));
        if !is_rendered_frame(name) {
            return vec![path.clone()];
        }
        let Some(names) = disk.map(|disk| self.listed(&disk)) else { return vec![path.clone()] };
        let mut names = names.to_vec();
        names.retain(|one| is_rendered_frame(one));
        for one in fold(&names) {
            let Fold::Sequence(_, members) = one else { continue };
            if members.iter().any(|at| names[*at] == name) {
                let frames = members.iter().map(|at| directory.join(&names[*at]));
                return frames.map(|frame| AssetPath::new(path.root.clone(), frame)).collect();
            }
        }
        vec![path.clone()]
    }

    fn lies(&mut self, path: &Path) -> Lies {
        let Some((_, located)) = self.project.locate(path) else {
            // Asked of its metadata alone: nothing outside the roots is ever opened.
            return match fs::symlink_metadata(path) {
                Ok(_) => Lies::Outside(path.to_owned()),
                Err(_) => Lies::Elsewhere,
            };
        };
        let Some(disk) = self.project.on_disk(&located) else { return Lies::Elsewhere };
        match fs::symlink_metadata(&disk) {
            Ok(found) if found.is_file() => Lies::Here(located),
            Ok(found) if found.is_symlink() => match fs::canonicalize(&disk) {
                Ok(real) if self.project.locate(&real).is_none() => Lies::Outside(real),
                Ok(real) if real.is_file() => Lies::Here(located),
                Ok(_) => Lies::NoFile(located),
                Err(_) => Lies::Nothing(located),
            },
            Ok(_) => Lies::NoFile(located),
            Err(_) => self.alike(&disk, located),
        }
    }

    /// A name that is spelled in other bytes on disk.
    fn alike(&mut self, disk: &Path, located: AssetPath) -> Lies {
        let Some(folder) = disk.parent() else { return Lies::Nothing(located) };
        let (directory, name) = located.path.split();
        let alike: Vec<Vec<u8>> = same_name(name, self.listed(folder).iter().map(Vec::as_slice))
            .into_iter()
            .map(<[u8]>::to_vec)
            .collect();
        let at = |name: &Vec<u8>| AssetPath::new(located.root.clone(), directory.join(name));
        let is_file = |name: &&Vec<u8>| {
            fs::symlink_metadata(folder.join(OsString::from_vec((*name).clone())))
                .is_ok_and(|found| found.is_file())
        };
        let files: Vec<_> = alike.iter().filter(is_file).map(at).collect();
        match files.len() {
            0 => Lies::Nothing(located),
            1 => files.into_iter().next().map_or(Lies::Nothing(located), Lies::Here),
            _ => Lies::Several(files),
        }
    }

    fn listed(&mut self, folder: &Path) -> &[Vec<u8>] {
        self.folders.entry(folder.to_owned()).or_insert_with(|| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_vec()).collect();
            names.sort();
            names
        })
    }
}

/// What only renderers and film scanners write: never a still of its own.
fn is_rendered_frame(name: &[u8]) -> bool {
    let ending = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    ["exr", "dpx", "cin"].iter().any(|frame| ending.eq_ignore_ascii_case(frame.as_bytes()))
}

fn resolved(files: Vec<AssetPath>) -> Answer {
    Answer { resolution: Resolution::Resolved, files, why: String::new() }
}

fn offline(files: Vec<AssetPath>, why: String) -> Answer {
    Answer { resolution: Resolution::Offline, files, why }
}

fn unresolved(why: String) -> Answer {
    Answer { resolution: Resolution::Unresolved, files: Vec::new(), why }
}

fn ambiguous(files: Vec<AssetPath>) -> Answer {
    let some: Vec<_> = files.iter().take(3).map(ToString::to_string).collect();
    let more = if files.len() > some.len() { ", …" } else { "" };
    let why = format!("{} files may be meant: {}{more}", files.len(), some.join(", "));
    Answer { resolution: Resolution::Ambiguous, files, why }
}
