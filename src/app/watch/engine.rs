//! The calling thread of a watch: hears hints, waits until files are complete, gives the worker one
//! task after the other, and tells people. It never lists, reads or writes itself, so that hints are
//! heard whatever the disk does.

mod hear;
mod say;
mod stop;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Select, Sender, TryRecvError, bounded};

use crate::app::context::Lasting;
use crate::app::scan::veil::Veil;
use crate::app::watch::behind::Behind;
use crate::app::watch::errand::Errand;
use crate::app::watch::glance::Glance;
use crate::app::watch::guard::Guards;
use crate::app::watch::hook::Hooks;
use crate::app::watch::place::{Place, WatchedPart};
use crate::app::watch::porch::{Foreign, Porch, Seen, look};
use crate::app::watch::progress::FirstScan;
use crate::app::watch::setup::{Loaded, Setup};
use crate::app::watch::tell::{Extent, Teller};
use crate::app::watch::tree::{SharedTree, Tree, TreeOptions};
use crate::app::watch::worker::{Report, Shift, Task, Whereabouts};
use crate::app::watch::{WatchOptions, WatchOutcome};
use crate::app::{AppError, Context, Project};
use crate::clock::Stopwatch;
use crate::model::RootName;
use crate::observe::{Hint, Lost, SettleOptions};
use crate::problem::Problem;
use crate::report::{PollView, ProblemView, WatchEvent};

/// After a close. The times of a file must be a tick old before it is read, whatever happens first.
const QUIET: Duration = Duration::from_millis(15);

/// From the first hint to a look: what comes in one go is looked at in one go.
const GATHER: Duration = Duration::from_millis(5);

/// Files waited for at a time. Beyond it everything is looked at again later.
const WAITING: usize = 250_000;

/// Hints kept at a time.
const HINTS: usize = 1 << 16;

/// Folders to look at, at a time. Beyond it everything is looked at again.
const FOLDERS: usize = 100_000;

/// Between two glances.
const GLANCE: Duration = Duration::from_secs(1);

/// The longest wait: how soon Ctrl-C is heard.
const NAP: Duration = Duration::from_millis(200);

/// Before something that failed for the moment is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// How long work under way may go on after the user asked to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it may take to end once it was told to.
const GRACE: Duration = Duration::from_secs(2);

/// From the last thing recorded to the event that says that all is as recorded.
const CHECKPOINT: Duration = Duration::from_mins(10);

/// Listing what is polled may take this part of the time, at most.
const POLL_SHARE: u32 = 10;

/// Problems remembered, so that each is told once.
const STANDING: usize = 10_000;

/// How a session ended.
pub(super) enum Ended {
    /// For good.
    Stopped(WatchOutcome),
    /// Other settings apply from here on.
    Again(Box<(Arc<Setup>, Glance)>),
    /// The ledger is there again, or another one.
    LedgerBack,
    /// A root does not answer any more, or answers again, as this says: the others go on without it, or all
    /// with it.
    Without(String),
}

/// What goes from one session to the next.
pub(super) struct Session<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) lasting: Lasting,
    pub(super) options: &'a WatchOptions,
    pub(super) progress: Arc<FirstScan>,
    pub(super) veil: Arc<Veil>,
    pub(super) behind: Behind,
    /// Why there is another session with the same settings, if that is to be said.
    pub(super) why: Option<String>,
    /// Roots that were looked at to the end in one of them.
    pub(super) known: BTreeSet<RootName>,
    /// Problems that were told in earlier ones.
    pub(super) problems: u64,
}

impl Session<'_> {
    /// Watches with one set of settings, as long as the same roots answer.
    pub(super) fn run(
        &mut self,
        setup: &Arc<Setup>,
        glance: &mut Glance,
        teller: &mut Teller,
        tell: &mut dyn FnMut(&[WatchEvent]),
    ) -> Result<Ended, AppError> {
        let Setup { project, guards, .. } = &**setup;
        let is_left_out = |part: &WatchedPart| {
            glance.is_silent(&part.root.name) || self.behind.holds(&part.root.name)
        };
        let (silent, parts): (Vec<_>, Vec<_>) = setup.parts.iter().cloned().partition(is_left_out);
        let still = self.options.settle.unwrap_or(project.config.watch.settle);
        let settle = SettleOptions { quiet: QUIET.min(still), still, limit: WAITING };
        let watch = Stopwatch::start();
        let foreign = Foreign::none_of(&parts);
        let porch = Porch::new(&parts, foreign.clone(), settle, self.lasting.clock, watch);
        let porch = Arc::new(porch);
        let (hints, heard) = bounded(self.options.queue.unwrap_or(HINTS).max(1));
        let lost = Arc::new(Lost::default());
        // For one pass there is nothing to be heard.
        let tree = TreeOptions {
            poll: self.options.poll || self.options.once,
            most: self.options.watches,
            guards: guards.clone(),
        };
        let tree = SharedTree::new(Tree::new(&parts, tree, hints, Arc::clone(&lost), foreign));
        let halt = Arc::new(AtomicBool::new(false));
        let (tasks, to_do) = bounded(1);
        let (reports, reported) = bounded(1);
        let (hook_problems, complaints) = bounded(256);
        let configured = &project.config.watch;
        let hooks = Hooks::new(&configured.on_ai, &configured.on_guard, hook_problems);
        let whereabouts = Arc::new(Whereabouts::default());
        let shift = Shift {
            setup: Arc::clone(setup),
            parts: parts.clone(),
            silent: silent.iter().map(|part| part.disk(&part.start)).collect(),
            lasting: self.lasting.clone(),
            progress: Arc::clone(&self.progress),
            halt: Arc::clone(&halt),
            tree: tree.clone(),
            porch: Arc::clone(&porch),
            veil: Arc::clone(&self.veil),
            whereabouts: Arc::clone(&whereabouts),
        };
        let thread = std::thread::spawn(move || shift.work(&to_do, &reports));
        let why = self.why.take();
        // What came while one session ended and the next began is news, whatever it is.
        let goes_on =
            !parts.is_empty() && parts.iter().all(|part| self.known.contains(&part.root.name));
        let mut engine = Engine {
            setup,
            project,
            context: self.context,
            lasting: &self.lasting,
            options: self.options,
            parts: &parts,
            silent: &silent,
            behind: &mut self.behind,
            still,
            porch,
            tree,
            lost,
            halt: &halt,
            progress: &self.progress,
            tasks: Some(tasks),
            heard,
            reported,
            complaints,
            settling: Errand::new(look),
            arrived: Errand::new(look),
            loading: None,
            watch,
            teller,
            guards: Guards::new(guards),
            hooks: Some(hooks),
            tell,
            said: Vec::new(),
            glance,
            folders: BTreeSet::new(),
            renewed: BTreeSet::new(),
            below: BTreeSet::new(),
            extent: if goes_on { Extent::Everything } else { Extent::Marked },
            rescan: Some(Rescan { why, anew: true, not_before: Duration::ZERO }),
            look_at: None,
            busy: None,
            poll_every: project.config.watch.poll,
            poll_took: None,
            polling: None,
            next_poll: Duration::MAX,
            next_reconcile: Duration::MAX,
            next_glance: Duration::ZERO,
            checkpoint_at: Duration::MAX,
            first: None,
            ready: false,
            files: None,
            standing: BTreeSet::new(),
            problems: self.problems,
        };
        let ended = engine.run();
        let is_ours = !matches!(ended, Ok(Ended::LedgerBack) | Err(_));
        engine.let_go(thread, &whereabouts, is_ours)?;
        self.problems = engine.problems;
        if engine.ready {
            self.known.extend(parts.iter().map(|part| part.root.name.clone()));
        }
        ended
    }
}

/// Everything is to be looked at again.
struct Rescan {
    /// What to tell of it; nothing of the first.
    why: Option<String>,
    /// No watch can be trusted any more.
    anew: bool,
    not_before: Duration,
}

/// What the worker is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Busy {
    Scan,
    Look,
    Poll,
    Checkpoint,
}

struct Engine<'a> {
    setup: &'a Arc<Setup>,
    project: &'a Project,
    context: &'a Context<'a>,
    lasting: &'a Lasting,
    options: &'a WatchOptions,
    parts: &'a [WatchedPart],
    /// What would be watched too, if it answered.
    silent: &'a [WatchedPart],
    behind: &'a mut Behind,
    still: Duration,
    porch: Arc<Porch>,
    tree: SharedTree,
    lost: Arc<Lost>,
    halt: &'a AtomicBool,
    progress: &'a FirstScan,
    tasks: Option<Sender<Task>>,
    heard: Receiver<Hint>,
    reported: Receiver<Report>,
    complaints: Receiver<Problem>,
    /// Looks at files that are waited for.
    settling: Errand<Vec<(Place, PathBuf)>, Vec<Seen>>,
    /// Looks at files that were told to be arriving.
    arrived: Errand<Vec<(Place, PathBuf)>, Vec<Seen>>,
    /// Takes up settings.
    loading: Option<Errand<(), Loaded>>,
    watch: Stopwatch,
    teller: &'a mut Teller,
    guards: Guards,
    hooks: Option<Hooks>,
    tell: &'a mut dyn FnMut(&[WatchEvent]),
    said: Vec<WatchEvent>,
    glance: &'a mut Glance,
    /// How much to say before it is ready.
    extent: Extent,
    /// To be looked at.
    folders: BTreeSet<Place>,
    /// Names that came or went: what is watched under them is not what was.
    renewed: BTreeSet<Place>,
    /// Folders whose rules changed.
    below: BTreeSet<Place>,
    rescan: Option<Rescan>,
    look_at: Option<Duration>,
    busy: Option<Busy>,
    poll_every: Duration,
    /// How long listing took, the last time.
    poll_took: Option<Duration>,
    /// What was said of it.
    polling: Option<PollView>,
    next_poll: Duration,
    next_reconcile: Duration,
    next_glance: Duration,
    checkpoint_at: Duration,
    /// When the first scan ended.
    first: Option<Duration>,
    ready: bool,
    /// Files present, as the last scan counted them, until something else was looked at.
    files: Option<u64>,
    standing: BTreeSet<Problem>,
    problems: u64,
}

impl Engine<'_> {
    fn run(&mut self) -> Result<Ended, AppError> {
        for folder in &self.setup.beyond {
            let what = "guarded, but not in what is watched: nothing in it is judged";
            self.problem(&Problem::at(folder, what));
        }
        for part in self.silent {
            let root = &part.root;
            let what = format!(
                "root {} does not answer; nothing in it is called missing, and it is looked at again when \
                 it answers",
                root.name.as_str()
            );
            self.problem(&Problem::new(root.path.display(), what));
        }
        loop {
            if self.context.cancel.load(Ordering::Relaxed) || (self.ready && self.options.once) {
                return self.stop();
            }
            let again = self.turn()?;
            self.flush();
            if let Some(again) = again {
                return Ok(again);
            }
            self.listen()?;
        }
    }

    /// Waits until there is something to hear, and hears it.
    fn listen(&mut self) -> Result<(), AppError> {
        let wait = self.wait();
        let (heard, reported, complaints) =
            (self.heard.clone(), self.reported.clone(), self.complaints.clone());
        let (settled, arrived) = (self.settling.answers().clone(), self.arrived.answers().clone());
        let mut select = Select::new();
        select.recv(&settled);
        select.recv(&arrived);
        select.recv(&heard);
        select.recv(&reported);
        select.recv(&complaints);
        let _ = select.ready_timeout(wait);
        // A bounded number, so that reports are heard in the middle of a storm too.
        for hint in heard.try_iter().take(HINTS) {
            self.hear(hint);
        }
        match reported.try_recv() {
            Ok(report) => self.take(report)?,
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => {
                return Err(AppError::Internal("the worker of the watch died".to_owned()));
            }
        }
        if let Some(seen) = self.settling.answer(Duration::ZERO) {
            for folder in self.porch.settle(seen) {
                self.want(folder);
            }
        }
        if let Some(seen) = self.arrived.answer(Duration::ZERO) {
            self.judge_arrived(seen)?;
        }
        for problem in complaints.try_iter().take(64) {
            self.problem(&problem);
        }
        Ok(())
    }

    fn wait(&self) -> Duration {
        let now = self.watch.elapsed();
        let mut next = now + NAP;
        next = next.min(self.next_glance);
        if self.settling.waits().is_none()
            && let Some(due) = self.porch.next_due()
        {
            next = next.min(due);
        }
        if self.busy.is_none()
            && let Some(at) = self.look_at
        {
            next = next.min(at);
        }
        next.saturating_sub(now).max(Duration::from_millis(1))
    }

    /// What is to be done by now.
    fn turn(&mut self) -> Result<Option<Ended>, AppError> {
        self.own_up();
        let now = self.watch.elapsed();
        if now >= self.next_glance {
            self.next_glance = now + GLANCE;
            if let Some(again) = self.look_around() {
                return Ok(Some(again));
            }
            // Others record too, and nothing need happen on disk: a link makes a known file AI-made.
            if self.busy.is_none() && self.glance.has_ledger() && self.is_behind() {
                self.say_recorded()?;
            }
        }
        for (place, print) in self.porch.take_unready() {
            // Before it is ready they belong to what lies there already.
            if self.ready {
                self.arrives(&place, &print);
            }
        }
        if self.settling.waits().is_none() {
            let due = self.porch.due();
            if !due.is_empty() {
                self.settling.ask(due);
            }
        }
        self.progress.hand_on(self.context.reporter);
        if self.busy.is_none() && self.glance.has_ledger() {
            self.begin();
        }
        self.check_ready()?;
        Ok(None)
    }

    /// Whether something was lost.
    fn own_up(&mut self) {
        if let Some(why) = self.lost.take() {
            self.lose(why, true);
        }
        if self.porch.take_overfull() {
            let why = format!("more than {WAITING} files are being written at once");
            self.lose(why, false);
        }
    }

    /// Events were lost: said, and made good by looking at everything.
    fn lose(&mut self, why: String, anew: bool) {
        let path = self.project.dir.display().to_string();
        self.problem(&Problem::new(path, format!("{why}; everything is looked at again")));
        // Let what is going on go on for a moment: looking at once would only lose more.
        let pause = if anew { Duration::from_millis(100) } else { self.still };
        self.again(why, anew, pause);
    }

    fn again(&mut self, why: String, anew: bool, pause: Duration) {
        let not_before = self.watch.elapsed() + pause;
        let why = Some(why);
        match &mut self.rescan {
            Some(known) => {
                known.anew |= anew;
                known.why = known.why.take().or(why);
            }
            None => self.rescan = Some(Rescan { why, anew, not_before }),
        }
    }

    /// Gives the worker its next task.
    fn begin(&mut self) {
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
            return self.again(why, false, Duration::ZERO);
        }
        if now >= self.checkpoint_at && self.is_settled() {
            self.give(Busy::Checkpoint, Task::Checkpoint);
        }
    }

    fn look_at_all(&mut self, rescan: Rescan) {
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

    fn give(&mut self, busy: Busy, task: Task) {
        self.porch.begin_look();
        let sent = self.tasks.as_ref().is_some_and(|tasks| tasks.send(task).is_ok());
        self.busy = sent.then_some(busy);
    }

    /// Whether nothing is waited for and nothing is to be done.
    fn is_settled(&self) -> bool {
        self.folders.is_empty()
            && self.below.is_empty()
            && self.rescan.is_none()
            && self.porch.len() == 0
            && self.parts.iter().all(|part| self.glance.is_there(&part.root.name))
    }

    fn take(&mut self, report: Report) -> Result<(), AppError> {
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
