//! A watch under measure: how soon a closed file is in the ledger, what an idle one costs, and storms, in
//! which nothing may be lost, beside `inotifywait -m -r` and `watchman` on the same storm where they are
//! installed.
//!
//! `cargo bench --bench watch -- [DIR] [--quick] [latency|idle|ready|storm|swap|moves]…`. Trees are
//! made under DIR (default: the system's temporary folder) and taken away again; a tenth of each with
//! `--quick`. Without a name all are run; idle takes a minute.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

type Done = Result<(), Box<dyn Error>>;

/// Measures in a fresh project, a share of the whole.
type Measure = fn(&Path, u64) -> Done;

const MEASURES: [(&str, Measure); 6] = [
    ("latency", latency),
    ("ready", ready),
    ("idle", idle),
    ("storm", storm),
    ("swap", swap),
    ("moves", moves),
];

fn main() -> Done {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let share = if words.iter().any(|word| word == "--quick") { 10 } else { 1 };
    let base = words.iter().find(|word| word.contains('/')).map(PathBuf::from);
    let base = base.unwrap_or_else(std::env::temp_dir);
    for (name, measure) in MEASURES {
        let named = words.iter().any(|word| MEASURES.iter().any(|(one, _)| one == word));
        if !named || words.iter().any(|word| word == name) {
            let dir = tempfile::tempdir_in(&base)?;
            genlock(dir.path(), &["init"])?;
            measure(dir.path(), share)?;
        }
    }
    Ok(())
}

/// From the return of `close` to the time on the event that recorded the file: its commit is a moment
/// later, so the time at which its row is heard of is given too.
fn latency(dir: &Path, share: u64) -> Done {
    let files = 1000 / share;
    let mut watch = Watch::start(dir)?;
    let mut recorded = Vec::new();
    let mut heard = Vec::new();
    for at in 0..files {
        let mut bytes = vec![b'.'; 1 << 20];
        bytes[..4].copy_from_slice(format!("{at:04}").as_bytes());
        let name = format!("{at:04}.bin");
        fs::write(dir.join(&name), bytes)?;
        let closed = SystemTime::now();
        let began = Instant::now();
        let said = watch.until(|one| one["event"] == "changed" && one["path"] == *name)?;
        heard.push(began.elapsed());
        let at: jiff::Timestamp = said["at"].as_str().ok_or("no time")?.parse()?;
        recorded.push(SystemTime::from(at).duration_since(closed).unwrap_or_default());
    }
    println!("latency, {files} files of 1 MiB, one after the other:");
    print_spread("  close to journalled", recorded);
    print_spread("  close to told (after the commit)", heard);
    watch.stop()
}

/// Until a watch over an unchanged, known tree is ready, beside a scan of it.
fn ready(dir: &Path, share: u64) -> Done {
    grow(dir, 200_000 / share, 40)?;
    genlock(dir, &["scan"])?;
    let (mut scans, mut readies) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let began = Instant::now();
        genlock(dir, &["scan"])?;
        scans.push(began.elapsed());
        let began = Instant::now();
        let watch = Watch::start(dir)?;
        readies.push(began.elapsed());
        watch.stop()?;
    }
    println!("ready, {} unchanged files:", 200_000 / share);
    print_spread("  scan", scans);
    print_spread("  watch until ready", readies);
    Ok(())
}

fn idle(dir: &Path, share: u64) -> Done {
    grow(dir, 200_000 / share, 40)?;
    genlock(dir, &["scan"])?;
    let watch = Watch::start(dir)?;
    std::thread::sleep(Duration::from_secs(5));
    let before = cpu(watch.child.id())?;
    std::thread::sleep(Duration::from_mins(1));
    let used = cpu(watch.child.id())?.saturating_sub(before);
    println!("idle, {} files in {} folders:", 200_000 / share, 5000 / share);
    println!(
        "  {:.2} CPU seconds an hour, without the hourly look at everything",
        used.as_secs_f64() * 60.0
    );
    println!(
        "  {} MiB resident, {} MiB at most",
        memory(watch.child.id(), "VmRSS")?,
        memory(watch.child.id(), "VmHWM")?
    );
    watch.stop()
}

fn storm(dir: &Path, share: u64) -> Done {
    let files = 100_000 / share;
    beside(dir, "storm of new files in new nested folders", &|| {
        let began = Instant::now();
        for at in 0..files {
            let folder = dir.join(format!("{}/{}/{}", at % 20, at / 20 % 20, at / 1000));
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("{at}.txt")), at.to_string())?;
            // Spread over a minute.
            if at % 100 == 0 {
                let due =
                    Duration::from_secs(60 / share) * u32::try_from(at)? / u32::try_from(files)?;
                std::thread::sleep(due.saturating_sub(began.elapsed()));
            }
        }
        Ok(())
    })
}

fn swap(dir: &Path, share: u64) -> Done {
    let files = 20_000 / share;
    let branch = |name: &str| -> Done {
        for at in 0..files {
            let folder = dir.join(format!("src/{}/{}", at % 40, at % 7));
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("{at}.txt")), format!("{name} {at}"))?;
        }
        Ok(())
    };
    branch("main")?;
    genlock(dir, &["scan"])?;
    beside(dir, "every file swapped for another", &|| {
        fs::remove_dir_all(dir.join("src"))?;
        branch("feature")
    })
}

fn moves(dir: &Path, share: u64) -> Done {
    grow(&dir.join("tree"), 2000 / share, 20)?;
    genlock(dir, &["scan"])?;
    let out = tempfile::tempdir_in(dir.parent().ok_or("no folder above")?)?;
    beside(dir, "a tree moved out and in, 100 times", &|| {
        for _ in 0..100 {
            fs::rename(dir.join("tree"), out.path().join("tree"))?;
            fs::rename(out.path().join("tree"), dir.join("tree"))?;
        }
        Ok(())
    })
}

/// Runs a storm over a watch, and then over the peers: what was lost, and what it took.
fn beside(dir: &Path, what: &str, act: &dyn Fn() -> Done) -> Done {
    println!("{what}:");
    let mut watch = Watch::start(dir)?;
    let pid = watch.child.id();
    let before = cpu(pid)?;
    act()?;
    let ended = Instant::now();
    let wanted = on_disk(dir)?;
    while in_ledger(dir)? != wanted {
        if ended.elapsed() > Duration::from_mins(10) {
            return Err("it does not converge".into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    watch.hear();
    let rescans = watch.said.iter().filter(|one| one["event"] == "rescan").count();
    println!(
        "  genlock: {} files, 0 lost, 0 ghosts {:.1} s after the end; {:.2} CPU s, {} MiB, {rescans} rescans",
        wanted.len(),
        ended.elapsed().as_secs_f64(),
        cpu(pid)?.saturating_sub(before).as_secs_f64(),
        memory(pid, "VmHWM")?
    );
    watch.stop()?;
    clear(dir)?;
    inotifywait(dir, act)?;
    clear(dir)?;
    watchman(dir, act)
}

/// Takes away what a storm made anew.
fn clear(dir: &Path) -> Done {
    let left = fs::read_dir(dir)?.filter_map(Result::ok);
    for entry in left.filter(|entry| {
        entry.file_name() != ".genlock" && entry.file_name() != "src" && entry.file_name() != "tree"
    }) {
        fs::remove_dir_all(entry.path())?;
    }
    Ok(())
}

/// Which of the paths that are there in the end it ever named.
fn inotifywait(dir: &Path, act: &dyn Fn() -> Done) -> Done {
    let command = Command::new("inotifywait")
        .args(["-m", "-r", "-q", "--format", "%w%f", "-e", "close_write,create,moved_to"])
        .arg(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = command else {
        println!("  inotifywait: not installed");
        return Ok(());
    };
    let lines = lines(&mut child)?;
    std::thread::sleep(Duration::from_secs(2));
    let before = cpu(child.id())?;
    act()?;
    let mut named = HashSet::new();
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(2)) {
        named.insert(line);
    }
    let used = cpu(child.id())?.saturating_sub(before);
    child.kill()?;
    child.wait()?;
    let there = on_disk(dir)?;
    let prefix = format!("{}/", dir.display());
    let lost = there.iter().filter(|path| !named.contains(&format!("{prefix}{path}"))).count();
    println!(
        "  inotifywait -m -r: never named {lost} of {} files; {:.2} CPU s",
        there.len(),
        used.as_secs_f64()
    );
    Ok(())
}

/// Which of the paths that are there in the end it knows, and which it knows that are not there.
fn watchman(dir: &Path, act: &dyn Fn() -> Done) -> Done {
    let own = tempfile::tempdir()?;
    let file = |name: &str| format!("--{name}={}", own.path().join(name).display());
    let server = Command::new("watchman")
        .args(["--foreground", "--no-save-state"])
        .args([file("sockname"), file("statefile"), file("logfile")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut server) = server else {
        println!("  watchman: not installed");
        return Ok(());
    };
    std::thread::sleep(Duration::from_secs(1));
    let ask = |command: Value| -> Result<Value, Box<dyn Error>> {
        let mut child = Command::new("watchman")
            .args(["--no-spawn", "-j", &file("sockname")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        serde_json::to_writer(child.stdin.take().ok_or("no input")?, &command)?;
        let answer: Value = serde_json::from_slice(&child.wait_with_output()?.stdout)?;
        if answer["error"].is_null() { Ok(answer) } else { Err(answer.to_string().into()) }
    };
    ask(json!(["watch", dir]))?;
    let clock = ask(json!(["clock", dir, { "sync_timeout": 60_000 }]))?["clock"].clone();
    let before = cpu(server.id())?;
    act()?;
    let there: HashSet<_> = on_disk(dir)?.into_iter().collect();
    std::thread::sleep(Duration::from_secs(5));
    let used = cpu(server.id())?.saturating_sub(before);
    let query = json!({
        "expression": ["allof", ["type", "f"], ["not", ["dirname", ".genlock"]]],
        "fields": ["name"],
    });
    let known = ask(json!(["query", dir, query]))?;
    let names = known["files"].as_array().ok_or("no files")?.iter();
    let known: HashSet<_> = names.filter_map(|name| Some(name.as_str()?.to_owned())).collect();
    let since = ask(json!(["query", dir, { "since": clock, "fields": ["name"] }]))?;
    let anew = since["is_fresh_instance"] == true || !since["warning"].is_null();
    println!(
        "  watchman: does not know {} of {} files, knows {} that are not there; {:.2} CPU s, {} MiB{}",
        there.difference(&known).count(),
        there.len(),
        known.difference(&there).count(),
        used.as_secs_f64(),
        memory(server.id(), "VmHWM")?,
        if anew { "; it lost events and began anew" } else { "" }
    );
    server.kill()?;
    server.wait()?;
    Ok(())
}

struct Watch {
    child: Child,
    lines: Receiver<String>,
    said: Vec<Value>,
}

impl Watch {
    fn start(dir: &Path) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_genlock"))
            .args(["--json", "watch"])
            .current_dir(dir)
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = lines(&mut child)?;
        let mut watch = Self { child, lines, said: Vec::new() };
        watch.until(|one| one["event"] == "ready")?;
        Ok(watch)
    }

    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value, Box<dyn Error>> {
        loop {
            let line = self.lines.recv_timeout(Duration::from_mins(5))?;
            let value: Value = serde_json::from_str(&line)?;
            if wanted(&value) {
                return Ok(value);
            }
            self.said.push(value);
        }
    }

    fn hear(&mut self) {
        self.said.extend(self.lines.try_iter().filter_map(|line| serde_json::from_str(&line).ok()));
    }

    fn stop(mut self) -> Done {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the watch ended with {status}").into()) }
    }
}

fn lines(child: &mut Child) -> Result<Receiver<String>, Box<dyn Error>> {
    let out = child.stdout.take().ok_or("no output")?;
    let (sender, receiver) = sync_channel(1 << 20);
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

fn genlock(dir: &Path, args: &[&str]) -> Result<Vec<u8>, Box<dyn Error>> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_genlock")).current_dir(dir).args(args).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("genlock {args:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn grow(dir: &Path, files: u64, a_folder: u64) -> Done {
    for at in 0..files {
        let folder = dir.join(format!("d{}/{}", at / a_folder % 50, at / a_folder));
        if at % a_folder == 0 {
            fs::create_dir_all(&folder)?;
        }
        fs::write(folder.join(format!("{at}.bin")), format!("file {at}"))?;
    }
    // So that every file is old enough to be read at once.
    std::thread::sleep(Duration::from_secs(3));
    Ok(())
}

fn on_disk(dir: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in
        walkdir::WalkDir::new(dir).into_iter().filter_entry(|one| one.file_name() != ".genlock")
    {
        let entry = entry?;
        if entry.file_type().is_file() {
            found.push(entry.path().strip_prefix(dir)?.display().to_string());
        }
    }
    found.sort();
    Ok(found)
}

/// By path; that no content is an older one a scan at the end would show.
fn in_ledger(dir: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let listed = genlock(dir, &["ls", "-0"])?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let mut names: Vec<_> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.sort();
    Ok(names)
}

/// User and system time of a process so far (`proc_pid_stat(5)`, in ticks of 1/100 s).
fn cpu(pid: u32) -> Result<Duration, Box<dyn Error>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<_> = stat.rsplit(") ").next().ok_or("no fields")?.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// In MiB.
fn memory(pid: u32, what: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with(what)).ok_or("no such line")?;
    let kib: u64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kib / 1024)
}

fn print_spread(what: &str, mut all: Vec<Duration>) {
    all.sort();
    let at = |percent: usize| all[(all.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!(
        "{what}: p50 {:.1} ms, p90 {:.1}, p99 {:.1}, most {:.1}",
        at(50),
        at(90),
        at(99),
        at(100)
    );
}
