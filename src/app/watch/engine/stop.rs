//! How a watch ends: nothing that is complete is left unrecorded, and nobody waits long for it.

use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;

use crate::app::AppError;
use crate::app::watch::WatchOutcome;
use crate::app::watch::engine::{Busy, Ended, Engine, GRACE, HINTS, NAP, PATIENCE};
use crate::app::watch::hook::Hooks;
use crate::app::watch::place::Place;
use crate::app::watch::worker::{Task, Whereabouts};
use crate::model::{RelPath, RootName};
use crate::problem::Problem;

impl Engine<'_> {
    /// Ends where nothing is lost: what is complete is recorded, and what is not is said.
    pub(super) fn stop(&mut self) -> Result<Ended, AppError> {
        if self.first.is_none() {
            // A first scan may take hours. What it recorded stays.
            self.halt.store(true, Ordering::Relaxed);
        }
        self.finish_task()?;
        if self.first.is_some() && self.glance.has_ledger() && !self.is_stuck() {
            self.hear_out();
            self.own_up();
            if !self.is_halted()
                && let Some(rescan) = self.rescan.take()
            {
                // What was lost is not heard of again by anybody, and may have been the end of a file that
                // is waited for: by their times it is told which are complete.
                for part in 0..self.parts.len() {
                    self.porch.forget_below(&Place::new(part, RelPath::root()));
                }
                self.look_at_all(rescan);
                self.finish_task()?;
                if self.is_halted() {
                    let path = self.project.dir.display();
                    let what = "stopped before everything was looked at again; the next scan does";
                    self.problem(&Problem::new(path, what));
                }
            }
            while let Some(place) = self.below.pop_first().filter(|_| !self.is_halted()) {
                self.give(Busy::Look, Task::Below(place));
                self.finish_task()?;
            }
            self.settle_now();
            let folders = std::mem::take(&mut self.folders);
            let renewed = std::mem::take(&mut self.renewed);
            if !folders.is_empty() && !self.is_halted() {
                self.give(Busy::Look, Task::Look { folders, renewed });
                self.finish_task()?;
            }
            let unfinished = self.porch.waiting_for(20);
            if self.options.once {
                for place in unfinished {
                    let path = self.parts[place.part].asset_path(&place.path);
                    self.problem(&Problem::at(&path, "still being written, not read"));
                }
                for path in self.guards.being_made().take(20).cloned().collect::<Vec<_>>() {
                    let what = "not judged: a command that `genlock run` started is at work there";
                    self.problem(&Problem::at(&path, what));
                }
            }
            if self.lost.take().is_none() && self.is_settled() && !self.is_halted() {
                self.give(Busy::Checkpoint, Task::Checkpoint);
                self.finish_task()?;
            }
        }
        if self.is_stuck() {
            let path = self.project.dir.display();
            let what =
                "stopped while a disk did not answer: what was under way is left to the next scan";
            self.problem(&Problem::new(path, what));
        }
        self.flush();
        let (guarded, problems) = (self.guards.wrong(), self.problems);
        let outcome = WatchOutcome { guarded, problems, complete: self.ready };
        Ok(Ended::Stopped(outcome))
    }

    /// However it ended, nothing may go on behind our back, but for what a share holds. What was recorded
    /// last is told, where the ledger is the one that was watched.
    pub(super) fn let_go(
        &mut self,
        worker: JoinHandle<()>,
        whereabouts: &Whereabouts,
        is_ours: bool,
    ) -> Result<(), AppError> {
        self.halt.store(true, Ordering::Relaxed);
        self.tasks = None;
        let patience = if self.is_stuck() { Duration::ZERO } else { PATIENCE };
        let at = || {
            let at = whereabouts.root();
            let may_be = |root: &RootName| {
                self.glance.is_silent(root) || at.as_ref().is_none_or(|at| at == root)
            };
            let roots = self.parts.iter().map(|part| &part.root.name);
            roots.filter(|root| may_be(root)).cloned().collect()
        };
        if self.behind.part_with(worker, patience, at) {
            return Err(AppError::Internal("the watch's worker died".to_owned()));
        }
        if is_ours && self.glance.has_ledger() {
            self.say_recorded()?;
        }
        self.finish_hooks();
        Ok(())
    }

    /// Lets hooks end, and says what became of them.
    fn finish_hooks(&mut self) {
        self.flush();
        let left_out = self.hooks.as_mut().and_then(Hooks::left_out);
        let left = self.hooks.take().and_then(|hooks| hooks.finish(PATIENCE));
        let complaints: Vec<_> = self.complaints.try_iter().chain(left_out).chain(left).collect();
        for problem in complaints {
            self.problem(&problem);
        }
        self.flush();
    }

    /// Looks at what a writer closed and nobody looked at yet.
    fn settle_now(&mut self) {
        let until = self.watch.elapsed() + PATIENCE;
        let mut due = self.porch.due_now();
        while !due.is_empty() || self.settling.waits().is_some() {
            self.settling.ask(due);
            let left = until.saturating_sub(self.watch.elapsed());
            let Some(seen) = self.settling.answer(left) else { return };
            for folder in self.porch.settle(seen) {
                self.want(folder);
            }
            due = self.porch.due();
        }
    }

    /// Whether the worker was told to end and does not.
    fn is_stuck(&self) -> bool {
        self.is_halted() && self.busy.is_some()
    }

    fn is_halted(&self) -> bool {
        self.halt.load(Ordering::Relaxed)
    }

    /// Hears what happened until now. The system may not have told all of it yet.
    fn hear_out(&mut self) {
        let control = self.project.control();
        let sign = self.glance.has_project().then(|| self.tree.lock().sign(&control)).flatten();
        let until = self.watch.elapsed() + PATIENCE;
        while let Some(sign) = &sign {
            let left = until.saturating_sub(self.watch.elapsed());
            let Ok(hint) = self.heard.recv_timeout(left) else { break };
            match hint.path() {
                Some(path) if path == sign => break,
                // What happens there is our own doing.
                Some(path) if path.starts_with(&control) => {}
                _ => self.hear(hint),
            }
        }
        let rest: Vec<_> = self.heard.try_iter().take(HINTS).collect();
        for hint in rest {
            if hint.path().is_none_or(|path| !path.starts_with(&control)) {
                self.hear(hint);
            }
        }
    }

    /// Waits for the task under way, for as long as patience lasts; then it is told to end, and may not be
    /// able to.
    pub(super) fn finish_task(&mut self) -> Result<(), AppError> {
        let mut until = self.watch.elapsed();
        if !self.is_halted() {
            until += PATIENCE;
        }
        while self.busy.is_some() && self.watch.elapsed() < until + GRACE {
            match self.reported.recv_timeout(NAP) {
                Ok(report) => match self.take(report) {
                    Err(AppError::Interrupted) => {}
                    done => done?,
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(AppError::Internal("the worker of the watch died".to_owned()));
                }
            }
            if self.watch.elapsed() >= until {
                self.halt.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}
