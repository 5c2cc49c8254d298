//! What a reference means: the file at its place, else the one of its name, else what a person said; of a
//! sequence every frame. What is not known for sure is no answer.

use std::collections::BTreeSet;
use std::path::Path;

use crate::app::references::Answer;
use crate::app::references::disk::{Disk, Lies, real};
use crate::app::references::links::Links;
use crate::app::references::nested::Nested;
use crate::app::references::search::Search;
use crate::app::{AppError, Context, Project};
use crate::deliver::names::{Called, composed, is_rendered_frame};
use crate::deliver::target::{Place, file_names, of_frame, places};
use crate::ledger::Reader;
use crate::model::{
    AssetId, AssetPath, FramePattern, FrameRange, Reference, ReferenceLink, Resolution,
};

/// Frames of one reference. A day at 24 frames a second is twice that.
const MOST_FRAMES: i64 = 1_000_000;

/// Where a timeline lies, and how it speaks of files.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) folder: &'a Path,
    /// A file without a folder is a name there, and no place.
    pub(super) bare_is_name: bool,
    /// What held it.
    pub(super) timeline: &'a AssetId,
}

/// Which file a reference may mean, before its frames are looked for.
enum Meant {
    /// One of these, and by which of its names; none where its place says so.
    Files(Vec<AssetPath>, Option<Called>),
    /// The one that its place says, which is not there.
    Gone(AssetPath),
    /// That is not known.
    Open(Answer),
}

/// What a file that may be meant stands for: itself, or the frames of its sequence.
struct Frames {
    files: Vec<AssetPath>,
    absent: Vec<AssetPath>,
}

pub(super) struct Resolver<'a> {
    project: &'a Project,
    context: &'a Context<'a>,
    reader: Reader,
    search: Search,
    links: Links<'a>,
    disk: Disk<'a>,
    nested: Nested<'a>,
}

/// A reference to a sequence that is written as people fold it, `shot.[1001-1096].exr`: the same with its
/// frames told. The name may be a file's own, so that one is looked for first.
pub(super) fn folded(reference: &Reference) -> Option<Reference> {
    if reference.frames.is_some() && reference.target.is_some() {
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

impl<'a> Resolver<'a> {
    /// Looks through the roots for the names of those that no link answers.
    pub(super) fn new<'r>(
        project: &'a Project,
        context: &'a Context<'a>,
        links: Links<'a>,
        nested: Nested<'a>,
        references: impl Iterator<Item = &'r Reference>,
    ) -> Result<Self, AppError> {
        let reader = project.reader()?;
        let open = references.filter(|one| links.of_target(one).is_none());
        let open: Vec<_> =
            open.flat_map(|one| [Some(one.clone()), folded(one)]).flatten().collect();
        let search = Search::run(project, context, &reader, &open)?;
        let disk = Disk::new(project, context);
        Ok(Self { project, context, reader, search, links, disk, nested })
    }

    pub(super) fn answer(&mut self, reference: &Reference, beside: Beside<'_>) -> Answer {
        let place = || self.links.of_place(reference, beside.timeline);
        if let Some(link) = self.links.of_target(reference).or_else(place) {
            let answer = self.linked(reference, link, None);
            return self.as_media(answer);
        }
        let mut answer = self.asked(reference, beside);
        if matches!(answer.resolution, Resolution::Unresolved | Resolution::Offline)
            && let Some(folded) = folded(reference)
        {
            let frames = self.asked(&folded, beside);
            if frames.resolution != Resolution::Unresolved {
                answer = frames;
            }
        }
        let answer = self.as_media(answer);
        match self.links.of_name(reference, &answer) {
            Some((by, link)) => {
                let answer = self.linked(reference, link, Some(by));
                self.as_media(answer)
            }
            None => answer,
        }
    }

    /// A timeline is no media: where nobody reads it, what it plays is not known.
    fn as_media(&mut self, answer: Answer) -> Answer {
        if answer.resolution != Resolution::Resolved {
            return answer;
        }
        let Some(path) = self.nested.unread(&answer.files) else { return answer };
        let why = format!(
            "{path} is a timeline itself, and what it plays is not known from here: name it in the \
             deliverable too (deliverable add --timeline)"
        );
        Answer { resolution: Resolution::Unresolved, why, ..answer }
    }

    /// What a person said. One frame of a sequence stands for all of them, where a sequence is asked for.
    fn linked(
        &mut self,
        reference: &Reference,
        link: &ReferenceLink,
        called: Option<Called>,
    ) -> Answer {
        let files = if link.frames.is_empty() {
            self.with_frames(&link.path, is_sequence(reference))
        } else {
            link.frames.iter().map(|frame| frame.path.clone()).collect()
        };
        let linked_as = (link.timeline, link.reference.clone());
        Answer { called, link: Some(linked_as), ..resolved(files) }
    }

    fn asked(&mut self, reference: &Reference, beside: Beside<'_>) -> Answer {
        if reference.inside {
            let why = "its media lies inside the timeline's own file, which is not unpacked: take it out, \
                       scan it, and link it";
            return unresolved(why.to_owned());
        }
        let meant = match (&reference.target, reference.frames) {
            (Some(target), Some(frames)) => {
                return self.sequence(reference, target, frames, beside);
            }
            (Some(target), None) => self.at(reference, target, beside),
            (None, _) => self.by_name(reference, "the timeline gives no place"),
        };
        match meant {
            Meant::Open(answer) => answer,
            Meant::Gone(path) => offline(vec![path.clone()], format!("{path} is not there")),
            Meant::Files(files, called) => self.settle(files, called, &mut |this, path| Frames {
                files: this.with_frames(path, !reference.still),
                absent: Vec::new(),
            }),
        }
    }

    /// Copies of one content are one answer, frame by frame: it does not matter which of them is meant, and
    /// a gate looks at them all.
    fn settle(
        &mut self,
        files: Vec<AssetPath>,
        called: Option<Called>,
        frames_of: &mut dyn FnMut(&mut Self, &AssetPath) -> Frames,
    ) -> Answer {
        let mut all: Vec<_> = files.iter().map(|path| frames_of(self, path)).collect();
        let answer = if all.len() == 1 {
            let Frames { files, absent } = all.remove(0);
            match absent.first() {
                None => resolved(files),
                Some(path) => {
                    let why = format!("{} of its frames are not there, e.g. {path}", absent.len());
                    offline(files, why)
                }
            }
        } else {
            let contents: Vec<_> = all.iter().map(|one| self.contents(one)).collect();
            let first = contents.first().cloned().flatten();
            if first.is_some() && contents.iter().all(|one| *one == first) {
                let all: BTreeSet<_> = all.into_iter().flat_map(|one| one.files).collect();
                resolved(all.into_iter().collect())
            } else {
                ambiguous(files)
            }
        };
        Answer { called, ..answer }
    }

    /// What is on record of files, if it is of all and none is absent.
    fn contents(&self, frames: &Frames) -> Option<Vec<AssetId>> {
        let of =
            |path| self.reader.asset_at(&real(self.project, self.context, path)).ok().flatten();
        frames.files.iter().map(of).collect::<Option<_>>().filter(|_| frames.absent.is_empty())
    }

    /// The file at a target, else the only one of its name.
    fn at(&mut self, reference: &Reference, target: &str, beside: Beside<'_>) -> Meant {
        let mut found = BTreeSet::new();
        let mut missing = None;
        let mut why = "nothing is there";
        for place in places(target, &self.project.config.maps) {
            let (tries, is_absolute) = match place {
                Place::Absolute(path) => (vec![path], true),
                Place::Relative(below) => {
                    (vec![beside.folder.join(&below), self.project.dir.join(&below)], false)
                }
                Place::Foreign(reason) => {
                    why = reason;
                    continue;
                }
            };
            for path in tries {
                match self.disk.lies(&path) {
                    Lies::Here(path) => {
                        found.insert(path);
                        break;
                    }
                    Lies::Several(paths) => {
                        found.extend(paths);
                        break;
                    }
                    // Where it says exactly where it lies in the roots, nothing else is meant.
                    Lies::Nothing(path) if is_absolute => {
                        missing.get_or_insert(path);
                    }
                    Lies::Outside(path) => return outside(&path),
                    Lies::Silent(silence) => {
                        let why = format!("it is not known what lies at its place: {silence}");
                        return Meant::Open(unresolved(why));
                    }
                    Lies::NoFile(path) if is_absolute => {
                        return Meant::Open(unresolved(format!("{path} is no file")));
                    }
                    Lies::Nothing(_) | Lies::NoFile(_) | Lies::Elsewhere => {}
                }
            }
        }
        let bare = beside.bare_is_name && !target.contains(['/', '\\']);
        match (found.is_empty(), missing) {
            (false, _) if bare => {
                // What lies beside the timeline is one of those that are called so.
                if let Some((Called::File, more)) = self.search.names.candidates(reference) {
                    found.extend(more.into_iter().map(|one| one.path.clone()));
                }
                self.named(found, Called::File)
            }
            (false, _) => Meant::Files(found.into_iter().collect(), None),
            (true, None) => self.by_name(reference, why),
            (true, Some(path)) => Meant::Gone(path),
        }
    }

    fn by_name(&mut self, reference: &Reference, why: &str) -> Meant {
        if let Some((by, found)) = self.search.names.candidates(reference) {
            return self.named(found.into_iter().map(|one| one.path.clone()).collect(), by);
        }
        let unseen = self.search.unseen().map(|unseen| format!("; {unseen}")).unwrap_or_default();
        Meant::Open(unresolved(format!("{why}, and no file in the roots has its name{unseen}")))
    }

    /// The files of a name. None of them is the only one while others may lie where nobody could look.
    fn named(&mut self, found: BTreeSet<AssetPath>, by: Called) -> Meant {
        let mut files = Vec::new();
        let mut leads_out = None;
        for path in found {
            match self.project.on_disk(&path).map(|disk| self.disk.exactly(&disk)) {
                Some(Lies::NoFile(_)) => continue,
                Some(Lies::Outside(real)) => leads_out = Some(real),
                // What is gone since it was seen is for the gate to miss.
                _ => {}
            }
            files.push(path);
        }
        match (&*files, leads_out, self.search.unseen()) {
            ([], ..) => Meant::Open(unresolved("what has its name is no file".to_owned())),
            ([_], Some(real), _) => outside(&real),
            (_, _, Some(unseen)) => {
                let Answer { why, .. } = ambiguous(files.clone());
                let why = format!("{why}, and {unseen}");
                Meant::Open(Answer { why, ..ambiguous(files) })
            }
            (_, Some(_), _) => Meant::Open(ambiguous(files)),
            (_, None, None) => Meant::Files(files, Some(by)),
        }
    }

    /// Every frame of a sequence: as many as the timeline says, or it is not all there.
    fn sequence(
        &mut self,
        reference: &Reference,
        target: &str,
        frames: FrameRange,
        beside: Beside<'_>,
    ) -> Answer {
        let FrameRange { first, last, .. } = frames;
        let numbers = last.checked_sub(first).filter(|span| (0..MOST_FRAMES).contains(span));
        let Some(begin) = of_frame(target, first).filter(|_| numbers.is_some()) else {
            return unresolved(format!("its frames {first} to {last} are not a sequence"));
        };
        // Only a file of the frame's own name shows where the others are.
        let begins = Reference {
            name: String::new(),
            reel: None,
            frames: None,
            target: Some(begin.clone()),
            ..reference.clone()
        };
        let (files, called) = match self.at(&begins, &begin, beside) {
            Meant::Open(answer) => return answer,
            Meant::Gone(path) => (vec![path], None),
            Meant::Files(files, called) => (files, called),
        };
        self.settle(files, called, &mut |this, path| this.frames_in(path, target, frames))
    }

    /// The frames of a sequence in the folder where its first was found, in the spelling in which it was: a
    /// target may be a URL or not.
    fn frames_in(&mut self, first: &AssetPath, target: &str, frames: FrameRange) -> Frames {
        let begin = of_frame(target, frames.first).map(|name| file_names(&name));
        let found = composed(first.path.name());
        let spelling = begin.and_then(|all| all.iter().position(|one| composed(one) == found));
        let folder = first.path.split().0;
        let step = usize::try_from(frames.step).unwrap_or(1).max(1);
        let (mut files, mut absent) = (Vec::new(), Vec::new());
        for number in (frames.first..=frames.last).step_by(step) {
            let names = of_frame(target, number).map(|name| file_names(&name));
            let name = spelling.and_then(|at| names?.into_iter().nth(at));
            // Without a name it is not there either.
            let path = name.map_or_else(
                || first.clone(),
                |name| AssetPath::new(first.root.clone(), folder.join(&name)),
            );
            let lies = self.project.on_disk(&path).map(|disk| self.disk.lies(&disk));
            match lies.filter(|_| spelling.is_some()) {
                Some(Lies::Here(path)) => files.push(path),
                Some(Lies::Nothing(_)) if frames.may_lack(number) => {}
                _ => absent.push(path),
            }
        }
        Frames { files, absent }
    }

    /// A file, with every other frame where it is one of a rendered sequence: a timeline that names the
    /// first means them all. With `pictures` also where stills may be frames.
    fn with_frames(&mut self, path: &AssetPath, pictures: bool) -> Vec<AssetPath> {
        let (directory, name) = path.path.split();
        let rendered = is_rendered_frame(name);
        let disk = self.project.on_disk(&AssetPath::new(path.root.clone(), directory.clone()));
        let Some(disk) = disk.filter(|_| rendered || pictures) else { return vec![path.clone()] };
        let Some(frames) = self.disk.sequence(&disk, name, rendered) else {
            return vec![path.clone()];
        };
        let frames = frames.into_iter().map(|frame| directory.join(frame));
        frames.map(|frame| AssetPath::new(path.root.clone(), frame)).collect()
    }
}

/// Whether a reference speaks of a sequence.
fn is_sequence(reference: &Reference) -> bool {
    reference.frames.is_some() || folded(reference).is_some()
}

fn resolved(files: Vec<AssetPath>) -> Answer {
    Answer::plain(Resolution::Resolved, files, String::new())
}

fn offline(files: Vec<AssetPath>, why: String) -> Answer {
    Answer::plain(Resolution::Offline, files, why)
}

fn unresolved(why: String) -> Answer {
    Answer::plain(Resolution::Unresolved, Vec::new(), why)
}

fn outside(path: &Path) -> Meant {
    let why = format!("it lies outside the project's roots, at {}", path.display());
    Meant::Open(unresolved(why))
}

fn ambiguous(files: Vec<AssetPath>) -> Answer {
    let some: Vec<_> = files.iter().take(3).map(ToString::to_string).collect();
    let more = if files.len() > some.len() { ", …" } else { "" };
    let count = match files.len() {
        1 => "1 file".to_owned(),
        many => format!("{many} files"),
    };
    let why = format!("{count} may be meant: {}{more}", some.join(", "));
    Answer::plain(Resolution::Ambiguous, files, why)
}
