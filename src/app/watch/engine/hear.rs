//! What is heard and noticed, and where it says to look. Nothing is looked at here but whether something
//! is a file.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::app::AppError;
use crate::app::errand::Errand;
use crate::app::watch::engine::{Ended, Engine, FOLDERS, GATHER, PATIENCE};
use crate::app::watch::glance::{MOMENT, Noticed};
use crate::app::watch::place::{Place, WatchedPart, locate};
use crate::app::watch::setup::Setup;
use crate::model::{Fingerprint, RootName};
use crate::observe::filter::IGNORE_FILE;
use crate::observe::{Hint, fingerprint};
use crate::problem::{Problem, Silent, in_one_line};
use crate::report::{GuardState, GuardView, PathView, WatchEvent};

impl Engine<'_> {
    pub(super) fn want(&mut self, folder: Place) {
        if self.folders.len() >= FOLDERS {
            self.folders.clear();
            self.renewed.clear();
            self.lose(format!("more than {FOLDERS} folders changed at once"), true);
            return;
        }
        self.look_at.get_or_insert(self.watch.elapsed() + GATHER);
        self.folders.insert(folder);
    }

    /// Looks where else a file lies that was written: of its other names nothing is heard.
    pub(super) fn want_other_names(
        &mut self,
        place: &Place,
        print: &Fingerprint,
    ) -> Result<(), AppError> {
        let here = self.parts[place.part].asset_path(&place.path);
        for path in self.teller.other_names(print)?.into_iter().filter(|path| *path != here) {
            if let Some(part) = self.parts.iter().position(|part| part.has(&path)) {
                self.want(Place::new(part, path.path).folder());
            }
        }
        Ok(())
    }

    pub(super) fn hear(&mut self, hint: Hint) {
        log::trace!("{hint:?}");
        match hint {
            Hint::Lost => {}
            Hint::Closed(path) => self.with(&path, |engine, place| {
                engine.porch.tell(|settle, now| settle.closed(&place, now));
                engine.arriving(&place);
            }),
            Hint::Touched(path) => self.with(&path, |engine, place| {
                engine.porch.tell(|settle, now| settle.touched(&place, now));
                engine.arriving(&place);
            }),
            Hint::Created(path) => {
                if std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
                    return self.hear(Hint::Touched(path));
                }
                // A folder, mostly. What is watched under its name is this one: had there been another
                // before, its end was told.
                self.with(&path, |engine, place| engine.want(place.folder()));
            }
            Hint::Named(path) => self.with(&path, Self::renew),
            Hint::Renamed(from, to) => {
                let (from, to) = (locate(self.parts, &from), locate(self.parts, &to));
                if let (Some(from), Some(to)) = (&from, &to) {
                    self.porch.tell(|settle, now| settle.renamed(from, to, now));
                    self.arriving(to);
                }
                for place in [from, to].into_iter().flatten() {
                    self.renew(place);
                }
            }
        }
    }

    pub(super) fn with(&mut self, path: &std::path::Path, act: impl FnOnce(&mut Self, Place)) {
        let Some(place) = locate(self.parts, path) else { return };
        if place.path.is_root() {
            // The root itself: a glance says what became of it, and a look what may be entered now.
            self.next_glance = Duration::ZERO;
            if self.glance.is_there(&self.parts[place.part].root.name) {
                self.want(place);
            }
            return;
        }
        if place.path.name() == IGNORE_FILE.as_bytes() {
            self.look_at.get_or_insert(self.watch.elapsed() + GATHER);
            self.below.insert(place.folder());
        }
        act(self, place);
    }

    /// A name came or went.
    pub(super) fn renew(&mut self, place: Place) {
        if place.path.is_root() {
            return;
        }
        self.porch.forget_below(&place);
        self.arriving(&place);
        self.want(place.folder());
        self.renewed.insert(place);
    }

    /// Tells at once of a file in a guarded folder.
    pub(super) fn arriving(&mut self, place: &Place) {
        if self.guards.is_empty() {
            return;
        }
        let part = &self.parts[place.part];
        if !self.guards.guards(&part.asset_path(&place.path)) {
            return;
        }
        // What is heard of is on no share.
        let found = std::fs::symlink_metadata(part.disk(&place.path)).ok();
        if let Some(found) = found.filter(std::fs::Metadata::is_file) {
            self.arrives(place, &fingerprint::of(&found));
        }
    }

    /// The same of what is known to be this file.
    pub(super) fn arrives(&mut self, place: &Place, print: &Fingerprint) {
        let path = self.parts[place.part].asset_path(&place.path);
        if !self.guards.guards(&path) || !self.guards.arrives(&path, print) {
            return;
        }
        self.say(WatchEvent::Guard(GuardView {
            path: PathView::from(&path),
            asset: None,
            status: None,
            state: GuardState::Arriving,
            why: "it is judged when it is complete".to_owned(),
        }));
    }

    pub(super) fn look_around(&mut self) -> Option<Ended> {
        let mut ended = None;
        for noticed in self.glance.again() {
            log::info!("{noticed:?}");
            match noticed {
                Noticed::LedgerBack => ended = Some(Ended::LedgerBack),
                Noticed::LedgerAway => {
                    let path = self.project.config.ledger.display();
                    let what = "the ledger is not there; nothing can be recorded until it is back";
                    self.problem(&Problem::new(path, what));
                }
                Noticed::Away(root) => self.away(&root),
                Noticed::Back(root) => {
                    if let Some(part) = self.parts.iter().find(|part| part.root.name == root) {
                        let why = format!("{} is there again", part.disk(&part.start).display());
                        self.again(why, true, Duration::ZERO);
                    }
                }
                Noticed::Rules => {
                    let why = "the ignore rules above the watched folder were edited".to_owned();
                    self.again(why, false, Duration::ZERO);
                }
                Noticed::Mounts => {
                    let why = "something was mounted or unmounted".to_owned();
                    self.again(why, true, Duration::ZERO);
                }
                // A root is watched where its link leads, and not as the link.
                Noticed::Settings | Noticed::Elsewhere => {
                    self.glance.is_untried = true;
                    // One that a share holds is of settings that nobody has any more.
                    self.loading = None;
                }
                Noticed::Policy(why) => {
                    let path = self.project.control().join("policy.toml");
                    let what = format!("no gate will pass by it: {why}");
                    self.problem(&Problem::new(path.display(), what));
                }
                Noticed::Mute(file) => {
                    let path = self.project.control().join(file);
                    let what = "it does not answer: until it does no gate passes, and no edit of it is \
                                heard of";
                    self.problem(&Problem::new(path.display(), what));
                }
            }
        }
        let again = |engine: &mut Self| {
            (engine.glance.is_untried && engine.glance.has_ledger()).then(|| engine.reconsider())?
        };
        ended.or_else(|| again(self)).or_else(|| self.reach())
    }

    /// Whether other roots answer than those that are watched: then all begins anew, with these.
    fn reach(&self) -> Option<Ended> {
        let answers = |part: &WatchedPart| {
            let root = &part.root.name;
            !self.glance.is_silent(root) && !self.behind.holds(root)
        };
        let lost =
            self.parts.iter().find(|part| !answers(part)).map(|part| (part, "does not answer"));
        let found = || self.silent.iter().find(|part| answers(part));
        let (part, what) = lost.or_else(|| found().map(|part| (part, "answers again")))?;
        Some(Ended::Without(format!("{} {what}", part.root.path.display())))
    }

    /// Tries the settings as they are now. What is wrong with them may lie outside of them, so that
    /// nobody need edit them again: they are tried until they can be used. Roots are asked for, and may not
    /// answer.
    fn reconsider(&mut self) -> Option<Ended> {
        let loading = self.loading.get_or_insert_with(|| {
            let (setup, lasting) = (Arc::clone(self.setup), self.lasting.clone());
            let options = self.options.clone();
            Errand::new(move |()| {
                let go = AtomicBool::new(false);
                let context = lasting.context(&Silent, &go);
                Setup::load(&setup.project.dir, &context, &options, Some(&setup))
            })
        });
        loading.ask(());
        let loaded = loading.answer(MOMENT);
        if loading.waits().is_some_and(|waits| waits > PATIENCE) {
            let path = self.project.control().join("config.toml");
            let what = "the settings were edited, and a root that they name does not answer: until it does, or \
                        they name it no more, the old ones hold";
            self.problem(&Problem::new(path.display(), what));
        }
        match loaded? {
            Ok(next) => {
                self.glance.is_untried = false;
                next.0.differs(self.setup).then(|| Ended::Again(Box::new(next)))
            }
            Err(error) => {
                let path = self.project.control().join("config.toml");
                let why = in_one_line(&error);
                let what = format!("the settings cannot be used, the old ones hold: {why}");
                self.problem(&Problem::new(path.display(), what));
                None
            }
        }
    }

    pub(super) fn away(&mut self, root: &RootName) {
        let Some(part) = self.parts.iter().position(|part| part.root.name == *root) else { return };
        let gone = &self.parts[part];
        let what = if gone.start.is_root() {
            format!("root {} is not there", gone.root.name.as_str())
        } else {
            // The root may be there: it was not looked at.
            "the folder to watch is not there".to_owned()
        };
        let what = format!(
            "{what}; nothing in it is called missing, and it is picked up again when it is back"
        );
        self.problem(&Problem::new(gone.disk(&gone.start).display(), what));
        let within = |place: &Place| place.part != part;
        self.folders.retain(within);
        self.renewed.retain(within);
        self.below.retain(within);
    }
}
