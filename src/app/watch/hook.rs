//! Programs of the user that are run when something is told: the event as JSON on their stdin, never
//! through a shell, a few at a time, each for a limited time. What goes wrong with one is a problem,
//! and nothing waits for it.

use std::io::{ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::app::watch::news::is_news;
use crate::clock::Stopwatch;
use crate::problem::Problem;
use crate::report::{GuardState, WatchEvent, json_line};

/// Run at a time, of each hook.
const AT_A_TIME: usize = 4;

/// Calls of a hook that wait to be run; beyond that they are dropped, and that is a problem.
const WAITING: usize = 1024;

/// Waiting at most where one more is for what lay there already: the rest of the room is kept for what
/// happens meanwhile.
const WAITING_FOR_OLD: usize = WAITING / 2;

/// How long one may take.
const LIMIT: Duration = Duration::from_secs(30);

/// How often a running one is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Runs hooks beside everything else. Neither has to do with the calls of the other: what lands in a guarded
/// folder must not go untold since thousands of AI-made files came, or since what is run for those hangs.
pub(super) struct Hooks {
    on_ai: Option<Hook>,
    on_guard: Option<Hook>,
    /// Calls for which there was no room.
    left_out: u64,
    /// How many of these were told of.
    told: u64,
    stop: Arc<AtomicBool>,
}

/// One of them, with its calls and what runs them.
struct Hook {
    calls: Sender<Vec<u8>>,
    /// What nobody has taken from the others' end.
    waiting: Receiver<Vec<u8>>,
    threads: Vec<JoinHandle<()>>,
}

impl Hooks {
    pub(super) fn new(on_ai: &[String], on_guard: &[String], problems: &Sender<Problem>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let some = |command: &[String]| {
            (!command.is_empty()).then(|| Hook::new(&Arc::from(command), problems, &stop))
        };
        let (on_ai, on_guard) = (some(on_ai), some(on_guard));
        Self { on_ai, on_guard, left_out: 0, told: 0, stop }
    }

    /// Runs what is to be run for an event.
    pub(super) fn tell(&mut self, event: &WatchEvent) {
        self.call(event, WAITING);
    }

    /// The same for what lay there already. There may be thousands at once, as after a `reopen`, and none
    /// may cost what lands beside them its call.
    pub(super) fn tell_old(&mut self, event: &WatchEvent) {
        self.call(event, WAITING_FOR_OLD);
    }

    fn call(&mut self, event: &WatchEvent, most: usize) {
        let hook = match event {
            WatchEvent::Changed(changed) if is_news(changed) => &self.on_ai,
            WatchEvent::Guard(guard) if guard.state != GuardState::Known => &self.on_guard,
            _ => return,
        };
        let Some(Hook { calls, .. }) = hook else { return };
        let mut input = Vec::new();
        if json_line(&mut input, event).is_err() {
            return;
        }
        if calls.len() >= most || calls.try_send(input).is_err() {
            self.left_out += 1;
        }
    }

    /// How many calls were left out by now, where they are more than was said.
    pub(super) fn left_out(&mut self) -> Option<Problem> {
        let left = self.left_out;
        let what = format!("{left} calls were left out so far: too many waited already");
        (std::mem::replace(&mut self.told, left) < left).then(|| Problem::new("hooks", what))
    }

    /// Lets those that run end, for as long as `patience` lasts. Gives what there is to say of those
    /// that were never run.
    pub(super) fn finish(self, patience: Duration) -> Option<Problem> {
        let hooks = [self.on_ai, self.on_guard].into_iter().flatten();
        // Without the end that calls are put in at, threads end when all have been taken.
        let (waiting, threads): (Vec<_>, Vec<_>) =
            hooks.map(|hook| (hook.waiting, hook.threads)).unzip();
        let threads: Vec<_> = threads.into_iter().flatten().collect();
        let watch = Stopwatch::start();
        while watch.elapsed() < patience && threads.iter().any(|one| !one.is_finished()) {
            std::thread::sleep(GLANCE);
        }
        self.stop.store(true, Ordering::Relaxed);
        for thread in threads {
            let _ = thread.join();
        }
        let left: usize = waiting.iter().map(Receiver::len).sum();
        let what = format!("{left} calls were left out: they waited when the watch ended");
        (left > 0).then(|| Problem::new("hooks", what))
    }
}

impl Hook {
    fn new(command: &Arc<[String]>, problems: &Sender<Problem>, stop: &Arc<AtomicBool>) -> Self {
        let (calls, waiting) = bounded(WAITING);
        let threads = (0..AT_A_TIME)
            .map(|_| {
                let (command, to_run) = (Arc::clone(command), waiting.clone());
                let (problems, stop) = (problems.clone(), Arc::clone(stop));
                std::thread::spawn(move || work(&command, &to_run, &problems, &stop))
            })
            .collect();
        Self { calls, waiting, threads }
    }
}

fn work(
    command: &[String],
    calls: &Receiver<Vec<u8>>,
    problems: &Sender<Problem>,
    stop: &AtomicBool,
) {
    while !stop.load(Ordering::Relaxed) {
        let Ok(input) = calls.recv() else { return };
        if let Err(what) = run(command, &input, stop) {
            let _ = problems.try_send(Problem::new(format_args!("hook {}", command[0]), what));
        }
    }
}

fn run(command: &[String], input: &[u8], stop: &AtomicBool) -> Result<(), String> {
    // stdout is the watch's own answer. A group of its own: what it starts is ended with it.
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot be run: {error}"))?;
    let mut feed = child.stdin.take().and_then(|stdin| Feed::new(stdin, input));
    let watch = Stopwatch::start();
    loop {
        feed = feed.and_then(Feed::go_on);
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) => {}
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
        if watch.elapsed() >= LIMIT {
            end(&mut child);
            return Err(format!("did not end within {} s and was stopped", LIMIT.as_secs()));
        }
        if stop.load(Ordering::Relaxed) {
            end(&mut child);
            return Err("had not ended when the watch did, and was stopped".to_owned());
        }
        std::thread::sleep(GLANCE);
    }
}

/// The rest of the event on its way to a hook, which may never read it.
struct Feed<'a> {
    stdin: ChildStdin,
    rest: &'a [u8],
}

impl<'a> Feed<'a> {
    fn new(stdin: ChildStdin, rest: &'a [u8]) -> Option<Self> {
        // Where this could not be said, writing might wait for ever: then nothing is written.
        rustix::fs::fcntl_setfl(&stdin, rustix::fs::OFlags::NONBLOCK).ok()?;
        Self { stdin, rest }.go_on()
    }

    /// Writes what there is room for. Nothing is left of it when all is written, or nobody reads: one
    /// that has ended already is judged by how it ended.
    fn go_on(mut self) -> Option<Self> {
        while !self.rest.is_empty() {
            match self.stdin.write(self.rest) {
                Ok(written) => self.rest = &self.rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(self),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        None
    }
}

/// Ends one with all that it started.
fn end(child: &mut Child) {
    // These fail only for what has ended.
    let group = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    let _ = child.wait();
}
