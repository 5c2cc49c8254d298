//! What is told, and to whom: each problem once, the rest in the order of the journal.

use std::time::Duration;

use crate::app::AppError;
use crate::app::run::at_work::at_work;
use crate::app::watch::engine::{Engine, GLANCE, STANDING};
use crate::app::watch::place::Place;
use crate::app::watch::porch::Seen;
use crate::app::watch::tell::Extent;
use crate::observe::Looked;
use crate::problem::Problem;
use crate::report::{
    GuardState, GuardView, PathView, PollView, ProblemView, ReadyView, WatchEvent,
};

impl Engine<'_> {
    pub(super) fn check_ready(&mut self) -> Result<(), AppError> {
        let Some(first) = self.first else { return Ok(()) };
        if self.ready || self.busy.is_some() || self.rescan.is_some() {
            return Ok(());
        }
        let now = self.watch.elapsed();
        let waiting = !self.folders.is_empty() || self.porch.len() > 0;
        // Files that were new a moment ago belong to the first scan; one that still grows does not
        // hold it up.
        let patient = now < first + self.still + self.still / 2 + GLANCE;
        if waiting && patient && self.porch.busy_since(first) < self.porch.len().max(1) {
            return Ok(());
        }
        self.ready = true;
        self.judge_all()?;
        self.say_unread();
        let files = match self.files {
            Some(files) => files,
            None => self.teller.files(self.parts)?,
        };
        let watched = self.tree.lock().counts().0;
        let poll = self.poll();
        self.polling = Some(poll.clone());
        self.say(WatchEvent::Ready(ReadyView { files, watched, poll, elapsed_ms: millis(now) }));
        Ok(())
    }

    /// What is polled now.
    fn poll(&self) -> PollView {
        let tree = self.tree.lock();
        let polled = tree.counts().1;
        let why = match tree.network() {
            _ if polled == 0 || self.options.once => None,
            _ if self.options.poll => Some("as asked".to_owned()),
            Some(kind) => Some(format!("on a network mount ({kind})")),
            None => tree.short().map(str::to_owned),
        };
        PollView {
            polled,
            poll_ms: why.is_some().then(|| millis(self.poll_every)),
            poll_took_ms: self.poll_took.filter(|_| why.is_some()).map(millis),
            poll_why: why,
        }
    }

    /// Says what is polled and how often, where that is not much the same as was said.
    pub(super) fn say_polling(&mut self) {
        let now = self.poll();
        let same = self.polling.as_ref().is_some_and(|said| {
            let often = |view: &PollView| view.poll_ms.unwrap_or(0);
            said.poll_why == now.poll_why
                && said.poll_took_ms.is_some() == now.poll_took_ms.is_some()
                && often(&now) < often(said).saturating_mul(2).max(1)
                && often(said) < often(&now).saturating_mul(2).max(1)
        });
        if !same {
            self.polling = Some(now.clone());
            self.say(WatchEvent::Polling(now));
        }
    }

    /// Says what lies in guarded folders and cannot be judged by its content.
    pub(super) fn say_unread(&mut self) {
        let Some(all) = self.tree.lock().take_unread() else { return };
        for (path, why) in self.guards.judge_unread(all) {
            self.say(WatchEvent::Guard(GuardView {
                path: PathView::from(&path),
                asset: None,
                status: None,
                state: GuardState::Refused,
                why,
            }));
        }
    }

    /// Whether more is on record than was told, or other commands are at work.
    pub(super) fn is_behind(&self) -> bool {
        self.teller.is_behind() || self.guards.are_others(&at_work(&self.project.config.ledger))
    }

    /// Asks what became of what was told to be arriving and is waited for no more.
    pub(super) fn ask_arrived(&mut self) {
        let mut over = Vec::new();
        for path in self.guards.arriving() {
            let Some(part) = self.parts.iter().position(|part| part.has(path)) else { continue };
            let place = Place::new(part, path.path.clone());
            if !self.is_coming(&place) {
                let disk = self.parts[part].disk(&place.path);
                over.push((place, disk));
            }
        }
        if !over.is_empty() {
            self.arrived.ask(over);
        }
    }

    /// Whether something is still to be done about a file.
    fn is_coming(&self, place: &Place) -> bool {
        self.porch.has(place) || self.folders.contains(&place.folder()) || self.busy.is_some()
    }

    /// Judges what was told to be arriving and turned out to be what was known, and forgets what went away
    /// again: each that arrives is judged, and a name that comes again is told again.
    pub(super) fn judge_arrived(&mut self, seen: Vec<Seen>) -> Result<(), AppError> {
        let mut still = Vec::new();
        for Seen { place, looked, .. } in seen {
            let path = self.parts[place.part].asset_path(&place.path);
            match looked {
                _ if self.is_coming(&place) => {}
                Looked::File(print) => still.push((path, print)),
                Looked::Other | Looked::Absent => self.guards.left(&path),
            }
        }
        // By what is on record now: a command may have ended.
        self.say_recorded()?;
        let mut said = Vec::new();
        self.teller.judge(&mut self.guards, &still, &mut |event| said.push(event))?;
        for event in said {
            self.say(event);
        }
        Ok(())
    }

    /// Judges all that lies in guarded folders, where that was not done since what is final changed.
    fn judge_all(&mut self) -> Result<(), AppError> {
        if !self.ready || !self.guards.take_stale() {
            return Ok(());
        }
        let mut said = Vec::new();
        self.teller.judge_all(self.parts, &mut self.guards, &mut |event| said.push(event))?;
        for event in said {
            if let Some(hooks) = &mut self.hooks {
                hooks.tell_old(&event);
            }
            self.said.push(event);
        }
        Ok(())
    }

    pub(super) fn say_recorded(&mut self) -> Result<(), AppError> {
        let mut said = Vec::new();
        let extent = if self.ready { Extent::Everything } else { self.extent };
        let others = !self.guards.is_empty()
            && self.guards.set_at_work(at_work(&self.project.config.ledger));
        self.teller.catch_up(&mut self.guards, extent, &mut |event| said.push(event))?;
        for event in said {
            self.say(event);
        }
        self.judge_all()?;
        self.flush();
        if others {
            self.ask_arrived();
        }
        Ok(())
    }

    pub(super) fn say(&mut self, event: WatchEvent) {
        if let Some(hooks) = &mut self.hooks {
            hooks.tell(&event);
        }
        self.said.push(event);
    }

    /// Tells a problem, unless it was told since everything was last looked at.
    pub(super) fn problem(&mut self, problem: &Problem) {
        if self.standing.len() < STANDING && !self.standing.insert(problem.clone()) {
            return;
        }
        self.problems += 1;
        self.say(WatchEvent::Problem(ProblemView::from(problem)));
    }

    pub(super) fn flush(&mut self) {
        if !self.said.is_empty() {
            (self.tell)(&self.said);
            self.said.clear();
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
