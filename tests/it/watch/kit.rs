//! A running watch, and what it said.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{World, text};

/// Long enough for a loaded machine; a test that needs it fails.
pub const BOUND: Duration = Duration::from_mins(1);

/// A watch over a world.
pub struct Watched {
    child: Child,
    lines: Receiver<String>,
    /// Everything it said so far.
    pub said: Vec<Value>,
}

impl Watched {
    /// Starts it and waits until it is ready. Settles fast, so that tests do.
    pub fn start(world: &World, args: &[&str]) -> Self {
        let mut watched = Self::spawn(world, args);
        watched.until("ready", |one| one["event"] == "ready");
        watched
    }

    /// Starts it.
    pub fn spawn(world: &World, args: &[&str]) -> Self {
        Self::spawn_as(world.command(), args)
    }

    /// Starts it by a command that the program is, or ends in.
    pub fn spawn_as(mut command: Command, args: &[&str]) -> Self {
        command.args(["--json", "watch"]);
        if !args.contains(&"--settle") {
            command.args(["--settle", "300ms"]);
        }
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for something it says; gives it.
    #[track_caller]
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(found) = self.said.iter().find(|one| wanted(one)) {
            return found.clone();
        }
        let began = Instant::now();
        loop {
            let left = BOUND.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    let value: Value = serde_json::from_str(&line).unwrap();
                    assert_eq!(value["v"], 1, "{line}");
                    self.said.push(value.clone());
                    if wanted(&value) {
                        return value;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no {what} in time: {:#?}", self.tail()),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("no {what}, and the watch ended: {:#?}", self.tail())
                }
            }
        }
    }

    fn tail(&self) -> Vec<&Value> {
        self.said.iter().rev().take(20).rev().collect()
    }

    /// Waits until it says that this path changed.
    #[track_caller]
    pub fn changed(&mut self, path: &str) -> Value {
        self.until(&format!("change of {path}"), |one| {
            one["event"] == "changed" && one["path"] == path
        })
    }

    /// Waits until it says that this path is gone.
    #[track_caller]
    pub fn gone(&mut self, path: &str) -> Value {
        self.until(&format!("end of {path}"), |one| one["event"] == "gone" && one["path"] == path)
    }

    /// Waits for a problem that says this.
    #[track_caller]
    pub fn problem(&mut self, part: &str) -> Value {
        self.until(&format!("problem {part:?}"), |one| {
            one["event"] == "problem" && text(one, "problem").contains(part)
        })
    }

    /// What it said since, and nothing before.
    pub fn forget(&mut self) {
        self.said.extend(self.lines.try_iter().map(|line| serde_json::from_str(&line).unwrap()));
        self.said.clear();
    }

    /// Takes in what it has said by now.
    pub fn hear(&mut self) {
        self.said.extend(self.lines.try_iter().map(|line| serde_json::from_str(&line).unwrap()));
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal and waits for the end. Gives the exit code; -1 for a signal.
    pub fn end(mut self, signal: rustix::process::Signal) -> (i32, Vec<Value>) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
        let code = self.wait();
        (code, std::mem::take(&mut self.said))
    }

    /// Waits for it to end by itself.
    pub fn wait(&mut self) -> i32 {
        let began = Instant::now();
        loop {
            self.hear();
            if let Some(status) = self.child.try_wait().unwrap() {
                self.said
                    .extend(self.lines.iter().map(|line| serde_json::from_str(&line).unwrap()));
                return status.code().unwrap_or(-1);
            }
            assert!(began.elapsed() < BOUND, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it as Ctrl-C does; it must end well.
    pub fn stop(self) -> Vec<Value> {
        let (code, said) = self.end(rustix::process::Signal::INT);
        assert_eq!(code, 0, "{said:#?}");
        said
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // A test that failed leaves none behind; one that has ended is none the worse.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(out: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1 << 20);
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The program in a world, started by another that execs what follows its own arguments.
pub fn through(world: &World, starter: &str, args: &[&str]) -> Command {
    let program = world.command();
    let mut command = Command::new(starter);
    command.args(args).arg(program.get_program());
    command.env_clear().current_dir(world.dir()).stdin(Stdio::null());
    for (name, value) in program.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

/// The program as one whom permissions bind. Root is above them, unless it gives that up.
pub fn bound_by_permissions(world: &World) -> Option<Command> {
    if !rustix::process::getuid().is_root() {
        return Some(world.command());
    }
    let starter = "/usr/bin/setpriv";
    let drop = ["--bounding-set=-dac_override,-dac_read_search"];
    let mut tried = Command::new(starter);
    tried.args(drop).arg("/bin/true").stderr(Stdio::null());
    tried.status().is_ok_and(|status| status.success()).then(|| through(world, starter, &drop))
}

/// What is on disk: every regular file below the project, by path, with its id.
pub fn on_disk(world: &World) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![world.dir().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && entry.file_name() != ".genlock" {
                folders.push(entry.path());
            } else if kind.is_file() {
                let bytes = std::fs::read(entry.path()).unwrap();
                found.insert(name(world, &entry.path()), blake3::hash(&bytes).to_hex().to_string());
            }
        }
    }
    found
}

fn name(world: &World, path: &Path) -> String {
    path.strip_prefix(world.dir()).unwrap().to_str().unwrap().to_owned()
}

/// What the ledger says is there.
pub fn in_ledger(world: &World) -> BTreeMap<String, String> {
    world.files().iter().map(|row| (text(row, "path"), text(row, "asset"))).collect()
}

/// Waits until the ledger says what is on disk.
#[track_caller]
pub fn converges(world: &World, watched: &mut Watched) {
    let wanted = on_disk(world);
    let began = Instant::now();
    loop {
        let found = in_ledger(world);
        watched.hear();
        if found == wanted {
            return;
        }
        if began.elapsed() > BOUND {
            let keys =
                |one: &BTreeMap<String, String>| one.keys().cloned().collect::<BTreeSet<_>>();
            let (there, known) = (keys(&wanted), keys(&found));
            let other = |path: &&String| found[*path] != wanted[*path];
            panic!(
                "lost {:?}, ghosts {:?}, another content of {:?}; said {:#?}",
                there.difference(&known).take(10).collect::<Vec<_>>(),
                known.difference(&there).take(10).collect::<Vec<_>>(),
                there.intersection(&known).filter(other).take(10).collect::<Vec<_>>(),
                watched.tail()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether the long campaigns run whole.
pub fn long() -> bool {
    std::env::var_os("GENLOCK_LONG").is_some()
}
