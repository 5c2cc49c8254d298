//! A session: a watch with one set of settings, for as long as the same roots answer. What runs beside the
//! engine is started and ended with it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::app::context::Lasting;
use crate::app::errand::Errand;
use crate::app::scan::veil::Veil;
use crate::app::watch::WatchOptions;
use crate::app::watch::behind::Behind;
use crate::app::watch::engine::{Ended, Engine, HINTS, Rescan, WAITING};
use crate::app::watch::glance::Glance;
use crate::app::watch::guard::Guards;
use crate::app::watch::hook::Hooks;
use crate::app::watch::place::WatchedPart;
use crate::app::watch::porch::{Foreign, Porch, look};
use crate::app::watch::progress::FirstScan;
use crate::app::watch::setup::Setup;
use crate::app::watch::tell::{Extent, Teller};
use crate::app::watch::tree::{SharedTree, Tree, TreeOptions};
use crate::app::watch::worker::{Report, Shift, Task, Whereabouts};
use crate::app::{AppError, Context};
use crate::clock::Stopwatch;
use crate::model::RootName;
use crate::observe::{Hint, Lost, SettleOptions};
use crate::report::WatchEvent;

/// After a close. The times of a file must be a tick old before it is read, whatever happens first.
const QUIET: Duration = Duration::from_millis(15);

/// What goes from one session to the next.
pub(in crate::app::watch) struct Session<'a> {
    pub(in crate::app::watch) context: &'a Context<'a>,
    pub(in crate::app::watch) lasting: Lasting,
    pub(in crate::app::watch) options: &'a WatchOptions,
    pub(in crate::app::watch) progress: Arc<FirstScan>,
    pub(in crate::app::watch) veil: Arc<Veil>,
    pub(in crate::app::watch) behind: Behind,
    /// Why there is another session with the same settings, if that is to be said.
    pub(in crate::app::watch) why: Option<String>,
    /// Roots that were looked at to the end in one of them.
    pub(in crate::app::watch) known: BTreeSet<RootName>,
    /// Problems that were told in earlier ones.
    pub(in crate::app::watch) problems: u64,
}

/// What runs beside an engine, as the engine has it.
struct Beside {
    porch: Arc<Porch>,
    tree: SharedTree,
    lost: Arc<Lost>,
    heard: Receiver<Hint>,
    tasks: Sender<Task>,
    reported: Receiver<Report>,
    halt: Arc<AtomicBool>,
    whereabouts: Arc<Whereabouts>,
    worker: JoinHandle<()>,
}

impl Session<'_> {
    /// Watches with one set of settings, as long as the same roots answer.
    pub(in crate::app::watch) fn run(
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
        let watch = Stopwatch::start();
        let still = self.options.settle.unwrap_or(project.config.watch.settle);
        let Beside { porch, tree, lost, heard, tasks, reported, halt, whereabouts, worker } =
            self.begin(setup, &parts, &silent, still, watch);
        let (hook_problems, complaints) = bounded(256);
        let configured = &project.config.watch;
        let hooks = Hooks::new(&configured.on_ai, &configured.on_guard, &hook_problems);
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
        engine.let_go(worker, &whereabouts, is_ours)?;
        self.problems = engine.problems;
        if engine.ready {
            self.known.extend(parts.iter().map(|part| part.root.name.clone()));
        }
        ended
    }

    /// Starts to listen, and the worker, which waits for its first task.
    fn begin(
        &self,
        setup: &Arc<Setup>,
        parts: &[WatchedPart],
        silent: &[WatchedPart],
        still: Duration,
        watch: Stopwatch,
    ) -> Beside {
        let settle = SettleOptions { quiet: QUIET.min(still), still, limit: WAITING };
        let foreign = Foreign::none_of(parts);
        let porch = Porch::new(parts, foreign.clone(), settle, self.lasting.clock, watch);
        let porch = Arc::new(porch);
        let (hints, heard) = bounded(self.options.queue.unwrap_or(HINTS).max(1));
        let lost = Arc::new(Lost::default());
        // For one pass there is nothing to be heard.
        let tree = TreeOptions {
            poll: self.options.poll || self.options.once,
            most: self.options.watches,
            guards: setup.guards.clone(),
        };
        let tree = SharedTree::new(Tree::new(parts, tree, hints, Arc::clone(&lost), foreign));
        let halt = Arc::new(AtomicBool::new(false));
        let (tasks, to_do) = bounded(1);
        let (reports, reported) = bounded(1);
        let whereabouts = Arc::new(Whereabouts::default());
        let shift = Shift {
            setup: Arc::clone(setup),
            parts: parts.to_vec(),
            silent: silent.iter().map(|part| part.disk(&part.start)).collect(),
            lasting: self.lasting.clone(),
            progress: Arc::clone(&self.progress),
            halt: Arc::clone(&halt),
            tree: tree.clone(),
            porch: Arc::clone(&porch),
            veil: Arc::clone(&self.veil),
            whereabouts: Arc::clone(&whereabouts),
        };
        let worker = std::thread::spawn(move || shift.work(&to_do, &reports));
        Beside { porch, tree, lost, heard, tasks, reported, halt, whereabouts, worker }
    }
}
