//! The calling thread of a watch: hears hints, waits until files are complete, gives the worker one
//! task after the other, and tells people. It never lists, reads or writes itself, so that hints are
//! heard whatever the disk does.

mod hear;
mod say;
mod session;
mod stop;
mod tasks;

pub(super) use session::Session;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Select, Sender, TryRecvError};

use crate::app::context::Lasting;
use crate::app::errand::Errand;
use crate::app::watch::behind::Behind;
use crate::app::watch::glance::Glance;
use crate::app::watch::guard::Guards;
use crate::app::watch::hook::Hooks;
use crate::app::watch::place::{Place, WatchedPart};
use crate::app::watch::porch::{Porch, Seen};
use crate::app::watch::progress::FirstScan;
use crate::app::watch::setup::{Loaded, Setup};
use crate::app::watch::tell::{Extent, Teller};
use crate::app::watch::tree::SharedTree;
use crate::app::watch::worker::{Report, Task};
use crate::app::watch::{WatchOptions, WatchOutcome};
use crate::app::{AppError, Context, Project};
use crate::clock::Stopwatch;
use crate::observe::{Hint, Lost};
use crate::problem::Problem;
use crate::report::{PollView, WatchEvent};

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

/// How long work under way may go on after the user asked to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it may take to end once it was told to.
const GRACE: Duration = Duration::from_secs(2);

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
            if let Some(problem) = self.hooks.as_mut().and_then(Hooks::left_out) {
                self.problem(&problem);
            }
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
        if self.glance.has_ledger() {
            for (place, print) in self.porch.take_linked() {
                self.want_other_names(&place, &print)?;
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
}
