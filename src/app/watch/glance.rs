//! What the system's events do not tell, looked at once a second: whether roots, mounts, settings and
//! the ledger are still the ones that are watched. A few calls, no listing. What lies on a root, or in a
//! project, is asked for by an errand: a share may not answer.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::app::errand::Errand;
use crate::app::project::CONTROL;
use crate::app::watch::place::WatchedPart;
use crate::app::{Context, Project};
use crate::clock::Stopwatch;
use crate::model::RootName;
use crate::observe::filter::IGNORE_FILE;
use crate::observe::{MountKinds, Mounted, mounted_within};
use crate::problem::in_one_line;

/// How long an answer is waited for at a glance. A local disk needs no more; another one is heard at the
/// next glance.
pub(super) const MOMENT: Duration = Duration::from_millis(20);

/// Device and inode.
type Identity = (u64, u64);

/// Files of a project that are asked for each by itself: either may be a link to a share.
const SETTINGS: &str = "config.toml";
const POLICY: &str = "policy.toml";

/// Tells one version of a small file from the next.
type Stamp = Option<(u64, u64, i64, i64)>;

/// Versions of the files that say how to watch. By default of files that were never seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamps {
    settings: Stamp,
    trust_list: Stamp,
}

impl Stamps {
    /// Sees those of the project in `dir` now, but for the trust list, which the settings name.
    pub(super) fn of(dir: &Path) -> Self {
        Self { settings: stamp(&dir.join(CONTROL).join(SETTINGS)), trust_list: None }
    }

    /// The same, and the trust list.
    pub(super) fn with_list(self, list: Option<&Path>) -> Self {
        Self { trust_list: list.and_then(stamp), ..self }
    }
}

/// What is seen of a root. To see it, everything that is mounted in it is asked too: what is known of a
/// folder may be remembered for a long time after its server fell silent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sight {
    identity: Option<Identity>,
    /// Where the name leads that the settings have for it.
    leads: Option<PathBuf>,
    /// Rules above the watched folder, where nothing is heard.
    rules: Vec<Stamp>,
}

impl Sight {
    fn of(part: &WatchedPart) -> Self {
        let start = part.disk(&part.start);
        let _ = MountKinds::within(&[&start]);
        Self {
            identity: identity(&start),
            leads: std::fs::canonicalize(&part.root.named).ok(),
            rules: rules_above(part),
        }
    }
}

/// A version of the policy.
#[derive(Clone, Debug)]
struct PolicySight {
    stamp: Stamp,
    /// Why no gate can judge by it. Not looked into where it was there from the beginning.
    wrong: Option<String>,
}

/// Looks after the policy: reads it where it was edited, on its own thread.
struct PolicyPost {
    seen: Option<PolicySight>,
    errand: Errand<(), PolicySight>,
}

impl PolicyPost {
    fn new(project: Project) -> Self {
        let mut seen: Option<PolicySight> = None;
        let errand = Errand::new(move |()| {
            let stamp = stamp(&project.control().join(POLICY));
            let wrong = match &seen {
                None => None,
                Some(seen) if seen.stamp == stamp => seen.wrong.clone(),
                Some(_) => project.policy().err().map(|error| in_one_line(&error)),
            };
            seen.insert(PolicySight { stamp, wrong }).clone()
        });
        Self { seen: None, errand }
    }

    /// What is wrong with it since it was edited.
    fn again(&mut self) -> Option<String> {
        let now = again(&mut self.errand)?;
        let before = self.seen.replace(now.clone())?;
        now.wrong.filter(|_| now.stamp != before.stamp)
    }
}

/// A root, and who asks about it.
struct Post {
    name: RootName,
    start: PathBuf,
    seen: Sight,
    errand: Errand<(), Sight>,
    is_silent: bool,
}

/// What a glance found changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noticed {
    /// This root is not there.
    Away(RootName),
    /// It is there again, or another folder is in its place.
    Back(RootName),
    /// Something was mounted in a root, or unmounted.
    Mounts,
    /// The settings were edited, or the trust list that they name.
    Settings,
    /// A link that the settings name as a root leads elsewhere.
    Elsewhere,
    /// Ignore rules above a watched folder were edited.
    Rules,
    /// The policy was edited, and this is wrong with it.
    Policy(String),
    /// This file of the project does not answer.
    Mute(&'static str),
    /// The ledger is not there.
    LedgerAway,
    /// The ledger is there again, or another file is in its place.
    LedgerBack,
}

/// What was seen the last time.
pub(super) struct Glance {
    posts: Vec<Post>,
    ledger: (PathBuf, Option<Identity>),
    mounts: Vec<Mounted>,
    stamps: Stamps,
    settings: Errand<(), Stamps>,
    policy: PolicyPost,
    /// How long a root may take to answer.
    limit: Duration,
    /// The settings as they are now are not those that hold.
    pub(super) is_untried: bool,
}

impl Glance {
    /// With what was there when the settings were read, and nothing else seen yet.
    pub(super) fn new(
        project: &Project,
        parts: &[WatchedPart],
        stamps: Stamps,
        limit: Duration,
    ) -> Self {
        let posts: Vec<_> = parts.iter().map(Post::new).collect();
        let ledger = project.config.ledger.clone();
        let (dir, list) = (project.dir.clone(), project.config.trust_list.clone());
        Self {
            mounts: mounts_in(&posts),
            ledger: (ledger.clone(), identity(&ledger)),
            settings: Errand::new(move |()| Stamps::of(&dir).with_list(list.as_deref())),
            policy: PolicyPost::new(project.clone()),
            stamps,
            posts,
            limit,
            is_untried: false,
        }
    }

    /// Sees what is there now, for `patience` at most. Roots that have not answered by then are silent, and those
    /// that are said to be so are not waited for.
    pub(super) fn first(
        &mut self,
        silent: &BTreeSet<RootName>,
        patience: Duration,
        context: &Context<'_>,
    ) {
        let watch = Stopwatch::start();
        self.posts.iter_mut().for_each(|post| post.errand.ask(()));
        for post in &mut self.posts {
            let most = if silent.contains(&post.name) { Duration::ZERO } else { patience };
            match post.errand.answer_by(watch, most, context) {
                // As the settings were read. One that leads nowhere leads elsewhere once it is there.
                Some(now) => {
                    let leads = post.seen.leads.take().filter(|_| now.leads.is_some());
                    post.seen = Sight { leads, ..now };
                }
                None => post.is_silent = true,
            }
        }
    }

    /// Goes on where another one was with what is none of the settings.
    pub(super) fn go_on_from(self, before: Self) -> Self {
        Self { policy: before.policy, ..self }
    }

    fn post(&self, root: &RootName) -> Option<&Post> {
        self.posts.iter().find(|post| post.name == *root)
    }

    /// Whether a root was there.
    pub(super) fn is_there(&self, root: &RootName) -> bool {
        self.post(root).is_some_and(|post| post.seen.identity.is_some())
    }

    /// Whether a root does not answer.
    pub(super) fn is_silent(&self, root: &RootName) -> bool {
        self.post(root).is_some_and(|post| post.is_silent)
    }

    /// Whether the folder of the project answered at the last glance.
    pub(super) fn has_project(&self) -> bool {
        self.settings.waits().is_none()
    }

    /// Whether the ledger was there.
    pub(super) fn has_ledger(&self) -> bool {
        self.ledger.1.is_some()
    }

    /// Looks, and gives what is not as it was.
    pub(super) fn again(&mut self) -> Vec<Noticed> {
        let mut noticed = Vec::new();
        let before = self.has_ledger();
        let now = identity(&self.ledger.0);
        if now != self.ledger.1 {
            self.ledger.1 = now;
            match now {
                Some(_) => noticed.push(Noticed::LedgerBack),
                None if before => noticed.push(Noticed::LedgerAway),
                None => {}
            }
        }
        let mut elsewhere = false;
        for post in &mut self.posts {
            let Some(now) = again(&mut post.errand) else {
                post.is_silent |= post.errand.waits().is_some_and(|waits| waits > self.limit);
                continue;
            };
            post.is_silent = false;
            elsewhere |= post.take(now, &mut noticed);
        }
        let mounts = mounts_in(&self.posts);
        if mounts != self.mounts {
            self.mounts = mounts;
            noticed.push(Noticed::Mounts);
        }
        // Settings that went away with their project were not edited.
        if self.has_ledger() {
            if let Some(now) = again(&mut self.settings)
                && std::mem::replace(&mut self.stamps, now) != now
            {
                noticed.push(Noticed::Settings);
            }
            noticed.extend(self.policy.again().map(Noticed::Policy));
            // Only here: elsewhere nobody hears what was answered.
            let waits = [(SETTINGS, self.settings.waits()), (POLICY, self.policy.errand.waits())];
            let mute =
                waits.iter().filter(|(_, waits)| waits.is_some_and(|waits| waits > self.limit));
            noticed.extend(mute.map(|(file, _)| Noticed::Mute(file)));
        }
        if elsewhere {
            noticed.push(Noticed::Elsewhere);
        }
        noticed
    }
}

impl Post {
    /// Before anything was seen: its name leads where it did when the settings were read.
    fn new(part: &WatchedPart) -> Self {
        let leads = Some(part.root.path.clone());
        let seen = Sight { identity: None, leads, rules: Vec::new() };
        let (name, start, part) = (part.root.name.clone(), part.disk(&part.start), part.clone());
        let errand = Errand::new(move |()| Sight::of(&part));
        Self { name, start, seen, errand, is_silent: false }
    }

    /// Takes in what is seen now. Whether the root is another folder by the name that the settings have for
    /// it; one that leads nowhere now is waited for.
    fn take(&mut self, mut now: Sight, noticed: &mut Vec<Noticed>) -> bool {
        let before = &self.seen;
        if now.identity != before.identity {
            noticed.push(match now.identity {
                Some(_) => Noticed::Back(self.name.clone()),
                None => Noticed::Away(self.name.clone()),
            });
        }
        // Rules of a root that went away with it were not edited.
        if now.identity.is_none() {
            now.rules.clone_from(&before.rules);
        } else if now.rules != before.rules {
            noticed.push(Noticed::Rules);
        }
        now.leads = now.leads.or_else(|| before.leads.clone());
        let elsewhere = now.leads != before.leads;
        self.seen = now;
        elsewhere
    }
}

/// Asks again; gives what is newest of what was answered.
fn again<A: Send + 'static>(errand: &mut Errand<(), A>) -> Option<A> {
    let late = errand.answer(Duration::ZERO);
    if errand.waits().is_some() {
        return None;
    }
    errand.ask(());
    errand.answer(MOMENT).or(late)
}

/// The files with rules in the folders above a part's start, as they are now.
fn rules_above(part: &WatchedPart) -> Vec<Stamp> {
    let mut rules = Vec::new();
    let mut folder = part.start.clone();
    while !folder.is_root() {
        folder = folder.split().0;
        rules.push(stamp(&part.disk(&folder).join(IGNORE_FILE)));
    }
    rules
}

fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// Where the system says nothing of mounts, none is ever noticed.
fn mounts_in(posts: &[Post]) -> Vec<Mounted> {
    let starts: Vec<_> = posts.iter().map(|post| post.start.as_path()).collect();
    mounted_within(&starts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crossbeam_channel::{Receiver, bounded};

    use super::*;

    #[test]
    fn nobody_is_said_not_to_answer_while_the_ledger_is_away_and_no_answer_is_heard() {
        let temp = tempfile::tempdir().unwrap();
        let control = temp.path().join(CONTROL);
        fs::create_dir(&control).unwrap();
        fs::write(control.join(SETTINGS), "").unwrap();
        let mut project = Project::at(temp.path()).unwrap();
        project.config.ledger = control.join("ledger.db");
        fs::write(&project.config.ledger, "").unwrap();
        let mut glance = Glance::new(&project, &[], Stamps::default(), Duration::ZERO);
        let (release, gate): (_, Receiver<()>) = bounded(0);
        glance.settings = Errand::new(move |()| {
            let _ = gate.recv();
            Stamps::default()
        });
        let is_mute = |glance: &mut Glance| glance.again().contains(&Noticed::Mute(SETTINGS));
        assert!(is_mute(&mut glance), "it does not answer");
        fs::remove_file(&project.config.ledger).unwrap();
        drop(release);
        assert!(!is_mute(&mut glance), "nobody listens");
    }
}
