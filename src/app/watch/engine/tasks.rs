//! What the worker is given to do, one task after the other, and what comes of it.

use std::time::Duration;

use crate::app::AppError;
use crate::app::watch::engine::{Busy, Engine, Rescan};
use crate::app::watch::worker::{Report, Task};
use crate::report::{ProblemView, WatchEvent};

/// Before something that failed for the moment is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// From the last thing recorded to the event that says that all is as recorded.
const CHECKPOINT: Duration = Duration::from_mins(10);

/// Listing what is polled may take this part of the time, at most.
const POLL_SHARE: u32 = 10;

impl Engine<'_> {
    /// Gives the worker its next task.
    pub(super) fn begin(&mut self) {
        let now = self.watch.elapsed();
        if let Some(rescan) = self.rescan.take_if(|rescan| rescan.not_before <= now) {
            return self.look_at_all(rescan);
        }
        if self.first.is_none() {
            return;
        }
        if self.look_at.is_some_and(|at| at <= now) {
            if let Some(place) = self.below.pop_first() {
                return self.give(Busy::Look, Task::Below(place));
            }
            self.look_at = None;
            let folders = std::mem::take(&mut self.folders);
            let renewed = std::mem::take(&mut self.renewed);
            if !folders.is_empty() {
                return self.give(Busy::Look, Task::Look { folders, renewed });
            }
        }
        if now >= self.next_poll {
            return self.give(Busy::Poll, Task::Poll);
        }
        if now >= self.next_reconcile {
            let why = "from time to time, whatever was heard".to_owned();
            self.next_reconcile = Duration::MAX;
            // What could not be watched may be watched now: a limit was raised, or others let go.
            let anew = self.tree.lock().short().is_some();
            return self.again(why, anew, Duration::ZERO);
        }
        if now >= self.checkpoint_at && self.is_settled() {
            self.give(Busy::Checkpoint, Task::Checkpoint);
        }
    }

    pub(super) fn look_at_all(&mut self, rescan: Rescan) {
        if let Some(why) = rescan.why {
            self.say(WatchEvent::Rescan { why });
            self.standing.clear();
        }
        if rescan.anew {
            // Covered by it. Otherwise what is watched under the names that came still is not.
            self.folders.clear();
            self.renewed.clear();
            self.below.clear();
            self.look_at = None;
        }
        self.give(Busy::Scan, Task::Scan { anew: rescan.anew });
    }

    pub(super) fn give(&mut self, busy: Busy, task: Task) {
        self.porch.begin_look();
        let sent = self.tasks.as_ref().is_some_and(|tasks| tasks.send(task).is_ok());
        self.busy = sent.then_some(busy);
    }

    /// Whether nothing is waited for and nothing is to be done.
    pub(super) fn is_settled(&self) -> bool {
        self.folders.is_empty()
            && self.below.is_empty()
            && self.rescan.is_none()
            && self.porch.len() == 0
            && self.parts.iter().all(|part| self.glance.is_there(&part.root.name))
    }

    pub(super) fn take(&mut self, report: Report) -> Result<(), AppError> {
        let busy = self.busy.take();
        let now = self.watch.elapsed();
        for problem in report.problems {
            self.problem(&problem);
        }
        for note in report.notes {
            self.say(WatchEvent::Problem(ProblemView::from(&note)));
        }
        if let Some(error) = report.fatal {
            // One that went away with its folder is waited for.
            if self.project.config.ledger.is_file() {
                return Err(error);
            }
            self.next_glance = Duration::ZERO;
            return Ok(());
        }
        if let Some(task) = report.again {
            self.repeat(task, now + RETRY);
            return Ok(());
        }
        if report.away.iter().any(|part| self.glance.is_there(&self.parts[*part].root.name)) {
            self.next_glance = Duration::ZERO;
        }
        match busy {
            Some(Busy::Scan) => {
                self.say_recorded()?;
                self.files = Some(report.files);
                self.first.get_or_insert(now);
                self.progress.end(self.context.reporter);
                self.next_reconcile = now + self.project.config.watch.reconcile;
                self.checkpoint_at = Duration::MAX;
                self.plan_poll(now);
            }
            Some(Busy::Poll) => {
                self.say_recorded()?;
                self.poll_took = Some(report.listing);
                self.plan_poll(now);
            }
            Some(Busy::Look) => {
                self.files = None;
                self.say_recorded()?;
                if self.checkpoint_at == Duration::MAX {
                    self.checkpoint_at = now + CHECKPOINT;
                }
                // Folders that could not be watched are polled from now on.
                if self.next_poll == Duration::MAX {
                    self.plan_poll(now);
                }
            }
            Some(Busy::Checkpoint) => {
                self.checkpoint_at = Duration::MAX;
                self.say_recorded()?;
            }
            None => {}
        }
        self.ask_arrived();
        if self.ready {
            self.say_unread();
            self.say_polling();
        }
        Ok(())
    }

    fn repeat(&mut self, task: Task, at: Duration) {
        match task {
            Task::Scan { anew } => {
                self.rescan = Some(Rescan { why: None, anew, not_before: at });
            }
            Task::Below(place) => {
                self.below.insert(place);
                self.look_at = Some(at);
            }
            Task::Look { folders, renewed } => {
                self.folders.extend(folders);
                self.renewed.extend(renewed);
                self.look_at = Some(at);
            }
            Task::Poll => self.next_poll = at,
            Task::Checkpoint => self.checkpoint_at = at,
        }
    }

    fn plan_poll(&mut self, now: Duration) {
        if self.tree.lock().counts().1 == 0 || self.options.once {
            self.next_poll = Duration::MAX;
            self.poll_took = None;
            return;
        }
        // A slow share is asked less often: it has others to serve.
        let cost = self.poll_took.unwrap_or_default() * POLL_SHARE;
        self.poll_every = self.project.config.watch.poll.max(cost);
        self.next_poll = now + self.poll_every;
    }
}
