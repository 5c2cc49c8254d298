//! Programs of the user that are run when something is told: the event as JSON on their stdin, never
//! through a shell, a few at a time, each for a limited time. What goes wrong with one is a problem,
//! and nothing waits for it.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::app::watch::news::is_news;
use crate::clock::Stopwatch;
use crate::problem::Problem;
use crate::report::{WatchEvent, json_line};

/// Run at a time.
const AT_A_TIME: usize = 4;

/// Waiting to be run; beyond that they are dropped, and that is a problem.
const WAITING: usize = 1024;

/// How long one may take.
const LIMIT: Duration = Duration::from_secs(30);

/// How often a running one is looked at.
const GLANCE: Duration = Duration::from_millis(20);

type Call = (Arc<[String]>, Vec<u8>);

/// Runs hooks beside everything else.
pub(super) struct Hooks {
    on_ai: Option<Arc<[String]>>,
    on_guard: Option<Arc<[String]>>,
    calls: Option<Sender<Call>>,
    problems: Sender<Problem>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Hooks {
    pub(super) fn new(on_ai: &[String], on_guard: &[String], problems: Sender<Problem>) -> Self {
        let some = |command: &[String]| (!command.is_empty()).then(|| Arc::from(command));
        let (on_ai, on_guard) = (some(on_ai), some(on_guard));
        let stop = Arc::new(AtomicBool::new(false));
        let (calls, to_run) = bounded::<Call>(WAITING);
        let wanted = if on_ai.is_some() || on_guard.is_some() { AT_A_TIME } else { 0 };
        let threads = (0..wanted)
            .map(|_| {
                let (to_run, problems, stop) =
                    (to_run.clone(), problems.clone(), Arc::clone(&stop));
                std::thread::spawn(move || work(&to_run, &problems, &stop))
            })
            .collect();
        Self { on_ai, on_guard, calls: Some(calls), problems, stop, threads }
    }

    /// Runs what is to be run for an event.
    pub(super) fn tell(&self, event: &WatchEvent) {
        let command = match event {
            WatchEvent::Changed(changed) if is_news(changed) => &self.on_ai,
            WatchEvent::Guard(guard) if guard.state != "known" => &self.on_guard,
            _ => return,
        };
        let (Some(command), Some(calls)) = (command, &self.calls) else { return };
        let mut input = Vec::new();
        if json_line(&mut input, event).is_err() {
            return;
        }
        if let Err(TrySendError::Full(_)) = calls.try_send((Arc::clone(command), input)) {
            let what = format!("{WAITING} calls wait already, one was left out");
            // Of many that are left out one said is enough.
            let _ = self.problems.try_send(Problem::new(&command[0], what));
        }
    }

    /// Lets those that run end, for as long as `patience` lasts.
    pub(super) fn finish(mut self, patience: Duration) {
        self.calls = None;
        let watch = Stopwatch::start();
        while watch.elapsed() < patience && self.threads.iter().any(|one| !one.is_finished()) {
            std::thread::sleep(GLANCE);
        }
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

fn work(calls: &Receiver<Call>, problems: &Sender<Problem>, stop: &AtomicBool) {
    for (command, input) in calls {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if let Err(what) = run(&command, &input, stop) {
            let _ = problems.try_send(Problem::new(format_args!("hook {}", command[0]), what));
        }
    }
}

fn run(command: &[String], input: &[u8], stop: &AtomicBool) -> Result<(), String> {
    // stdout is the watch's own answer.
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot be run: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // An event fits a pipe's buffer, so this does not wait for one that does not read; one that has
        // ended already is judged by how it ended.
        let _ = stdin.write_all(input);
    }
    let watch = Stopwatch::start();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) => {}
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
        if watch.elapsed() >= LIMIT || stop.load(Ordering::Relaxed) {
            end(&mut child);
            return Err(format!("did not end within {} s and was stopped", LIMIT.as_secs()));
        }
        std::thread::sleep(GLANCE);
    }
}

fn end(child: &mut Child) {
    // Both fail only for one that has ended.
    let _ = child.kill();
    let _ = child.wait();
}
