//! Where the system tells nothing or not everything: its queue overflows, a mount has no events.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::watch::kit::{Watched, converges, in_ledger, long, through};
use crate::world::{World, number, text};

/// Events that the system keeps for a watcher that does not read them.
fn queue() -> usize {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    limit.trim().parse().unwrap()
}

#[test]
fn an_overflow_of_the_systems_own_queue_is_said_and_made_good() {
    if queue() > 100_000 {
        println!("SKIPPED: fs.inotify.max_queued_events is {}, too many to overflow", queue());
        return;
    }
    let world = World::new();
    world.write("old/a.txt", "a");
    let mut watched = Watched::start(&world, &[]);
    let pid = Pid::from_raw(i32::try_from(watched.pid()).unwrap()).unwrap();
    // Stopped, it reads nothing of what is told; every file is told of twice at least.
    kill_process(pid, Signal::STOP).unwrap();
    for at in 0..queue() / 2 + 500 {
        world.write(format!("old/{at}.txt"), format!("file {at}"));
    }
    // Told last, so not told at all.
    world.rename("old", "renamed");
    world.write("renamed/deep/er/last.txt", "last");
    kill_process(pid, Signal::CONT).unwrap();
    watched.problem("the system's queue of events overflowed");
    watched.until("rescan", |one| one["event"] == "rescan");
    converges(&world, &mut watched);
    // It hears again, also of what was made while it did not.
    world.write("renamed/deep/er/new.txt", "new");
    watched.changed("renamed/deep/er/new.txt");
    watched.stop();
    world.verify();
}

/// A folder shown in another place by FUSE, as a share would be.
pub struct Mount {
    at: PathBuf,
}

impl Mount {
    pub fn of(from: &Path, at: &Path) -> Self {
        Self::with("nonempty", from, at)
    }

    /// The same, mounted with these options.
    pub fn with(options: &str, from: &Path, at: &Path) -> Self {
        let mounted =
            Command::new("bindfs").args(["-o", options]).arg(from).arg(at).status().unwrap();
        assert!(mounted.success(), "bindfs: {mounted}");
        Self { at: at.to_owned() }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // As when a cable is pulled: whatever is open there.
        let _ = Command::new("fusermount").arg("-uz").arg(&self.at).status();
    }
}

pub const NO_MOUNT: &str = "SKIPPED: no bindfs, or no /dev/fuse: there is no mount to try";

/// Whether a mount can be made here.
pub fn can_mount() -> bool {
    let there = Command::new("bindfs")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let allowed = fs::File::options().read(true).write(true).open("/dev/fuse").is_ok();
    there && allowed
}

/// Says what is polled and what it costs: with `ready` where a poll was made before it.
fn is_polling(one: &Value) -> bool {
    (one["event"] == "polling" || one["event"] == "ready")
        && number(one, "polled") > 0
        && one["poll_took_ms"].is_u64()
}

#[test]
fn a_root_on_a_network_mount_is_polled_and_it_says_how_often_and_why() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let world = World::new();
    world.configure("[watch]\npoll = \"200ms\"");
    let (behind, share) = (world.outside("behind"), world.add_root("share"));
    fs::create_dir_all(behind.join("in")).unwrap();
    fs::write(behind.join("in/a.txt"), "a").unwrap();
    let mount = Mount::of(&behind, &share);
    let mut watched = Watched::start(&world, &[]);
    let ready = watched.until("ready", |one| one["event"] == "ready");
    assert_eq!((number(&ready, "watched"), number(&ready, "polled")), (1, 2), "{ready}");
    // More only where a look takes long.
    assert!(number(&ready, "poll_ms") >= 200, "{ready}");
    assert_eq!(text(&ready, "poll_why"), "on a network mount (fuse)");
    watched.until("what a poll costs", is_polling);
    // Behind its back, as another machine does it: no event tells of it.
    fs::write(behind.join("in/b.txt"), "b").unwrap();
    watched.changed("share:in/b.txt");
    fs::rename(behind.join("in"), behind.join("out")).unwrap();
    watched.changed("share:out/b.txt");
    watched.gone("share:in/b.txt");
    // It goes away with its root.
    watched.forget();
    drop(mount);
    watched
        .until("the end of polling", |one| one["event"] == "polling" && number(one, "polled") == 0);
    world.write("here.txt", "here");
    watched.changed("here.txt");
    assert!(in_ledger(&world).contains_key("share:out/b.txt"), "called missing");
    let mount = Mount::of(&behind, &share);
    watched.until("polling", is_polling);
    fs::write(behind.join("out/c.txt"), "c").unwrap();
    watched.changed("share:out/c.txt");
    let said = watched.stop();
    assert!(said.iter().all(|one| one["event"] != "gone"), "{said:#?}");
    assert_eq!(world.scan()["hashed_files"], 0, "what came back was read again");
    drop(mount);
}

#[test]
fn a_mount_that_comes_and_goes_in_a_root_loses_nothing() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let world = World::new();
    world.configure("[watch]\npoll = \"200ms\"");
    let behind = world.outside("behind");
    fs::create_dir_all(behind.join("deep")).unwrap();
    for at in 0..20 {
        fs::write(behind.join(format!("deep/{at}.txt")), format!("file {at}")).unwrap();
    }
    std::os::unix::fs::symlink("1.txt", behind.join("deep/link")).unwrap();
    let place = world.path("a share");
    fs::create_dir(&place).unwrap();
    let mut watched = Watched::start(&world, &[]);
    let ready = watched.until("ready", |one| one["event"] == "ready");
    assert_eq!((number(&ready, "watched"), number(&ready, "polled")), (2, 0), "{ready}");
    assert!(ready["poll_ms"].is_null(), "{ready}");
    // The mount may go away at any moment of a look at it.
    for round in 0..if long() { 100 } else { 4 } {
        let mount = Mount::of(&behind, &place);
        let polling = watched.until("polling", is_polling);
        assert_eq!(number(&polling, "polled"), 2, "{polling}");
        assert_eq!(text(&polling, "poll_why"), "on a network mount (fuse)");
        let name = format!("deep/new{round}.txt");
        fs::write(behind.join(&name), format!("new {round}")).unwrap();
        watched.changed(&format!("a share/{name}"));
        converges(&world, &mut watched);
        watched.forget();
        drop(mount);
        watched.until("rescan", |one| one["event"] == "rescan");
        watched.problem("mount");
        // The system tells of what is local as before, also of what lies under the mount.
        world.write(format!("a share/local{round}.txt"), format!("local {round}"));
        watched.changed(&format!("a share/local{round}.txt"));
        assert!(watched.said.iter().all(|one| one["event"] != "gone"), "{:#?}", watched.said);
        assert!(in_ledger(&world).contains_key("a share/deep/3.txt"), "called missing");
        // What the next mount hides would not be missing either.
        fs::remove_file(place.join(format!("local{round}.txt"))).unwrap();
        watched.gone(&format!("a share/local{round}.txt"));
        watched.forget();
    }
    watched.stop();
    world.verify();
}

/// What is mounted in a place by mount(8), until it goes.
struct Bound {
    at: PathBuf,
}

impl Bound {
    /// None where that is not allowed.
    fn new(args: &[&str], at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(args).arg(at).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self { at: at.to_owned() })
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

/// Everything was looked at after a mount came or went, and what came after it is heard.
#[track_caller]
fn is_over(world: &World, watched: &mut Watched, round: &str) {
    watched.until("rescan", |one| one["event"] == "rescan");
    world.write("sentinel.txt", round);
    watched.changed("sentinel.txt");
    assert!(watched.said.iter().all(|one| one["event"] != "gone"), "{:#?}", watched.said);
    watched.forget();
}

#[test]
fn what_a_mount_of_the_same_disk_takes_along_or_covers_is_not_missing() {
    let world = World::new();
    let behind = world.outside("behind");
    fs::create_dir_all(behind.join("deep")).unwrap();
    fs::write(behind.join("m.txt"), "m").unwrap();
    fs::write(behind.join("deep/n.txt"), "n").unwrap();
    std::os::unix::fs::symlink("m.txt", behind.join("link")).unwrap();
    world.write("mnt/own.txt", "own");
    world.write("mnt/below/own.txt", "own, below");
    let place = world.path("mnt");
    let from = behind.display().to_string();
    let bind = || Bound::new(&["--bind", &from], &place);
    let mut watched = Watched::start(&world, &[]);
    watched.forget();
    let Some(bound) = bind() else {
        println!("SKIPPED: mount(8) is not allowed here");
        return;
    };
    is_over(&world, &mut watched, "bound over");
    let known = |name: &str| in_ledger(&world).contains_key(name);
    assert!(known("mnt/own.txt") && known("mnt/below/own.txt"), "called missing");
    assert!(known("mnt/m.txt") && known("mnt/deep/n.txt"));
    // Another look there, of something that really went, is not mistaken for it.
    fs::write(behind.join("more.txt"), "more").unwrap();
    watched.changed("mnt/more.txt");
    fs::remove_file(behind.join("more.txt")).unwrap();
    watched.gone("mnt/more.txt");
    watched.forget();
    drop(bound);
    is_over(&world, &mut watched, "unbound");
    for name in ["mnt/own.txt", "mnt/below/own.txt", "mnt/m.txt", "mnt/deep/n.txt"] {
        assert!(known(name), "{name} is called missing");
    }
    // What came back into sight can be removed.
    world.remove("mnt/own.txt");
    watched.gone("mnt/own.txt");
    fs::remove_dir_all(world.path("mnt/below")).unwrap();
    watched.gone("mnt/below/own.txt");
    watched.forget();
    // Of another kind, over a folder with files of its own.
    world.write("mnt/deep/here.txt", "here");
    watched.changed("mnt/deep/here.txt");
    watched.forget();
    let bound = Bound::new(&["-t", "tmpfs", "none"], &place).unwrap();
    is_over(&world, &mut watched, "covered");
    world.write("mnt/deep/t.txt", "t");
    watched.changed("mnt/deep/t.txt");
    watched.forget();
    drop(bound);
    is_over(&world, &mut watched, "uncovered");
    for name in ["mnt/deep/here.txt", "mnt/deep/t.txt", "mnt/m.txt", "mnt/deep/n.txt"] {
        assert!(known(name), "{name} is called missing");
    }
    // Settings taken up meanwhile change nothing.
    world.configure("[watch]\nreconcile = \"2h\"");
    watched.until("ready again", |one| one["event"] == "ready");
    let bound = bind().unwrap();
    is_over(&world, &mut watched, "bound again");
    fs::remove_file(behind.join("m.txt")).unwrap();
    watched.gone("mnt/m.txt");
    watched.stop();
    drop(bound);
    world.verify();
}

#[test]
fn a_mount_that_no_longer_answers_is_a_problem_and_nothing_in_it_is_missing() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let world = World::new();
    world.configure("[watch]\npoll = \"200ms\"");
    let behind = world.outside("behind");
    fs::create_dir_all(&behind).unwrap();
    fs::write(behind.join("a.txt"), "a").unwrap();
    let place = world.path("share");
    fs::create_dir(&place).unwrap();
    let before = daemons();
    let _mount = Mount::of(&behind, &place);
    let daemon: Vec<_> = daemons().into_iter().filter(|pid| !before.contains(pid)).collect();
    let mut watched = Watched::start(&world, &[]);
    assert!(in_ledger(&world).contains_key("share/a.txt"));
    // The file system's own process dies, and everything on it fails from then on.
    for pid in daemon {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(place.to_str().unwrap()) {
            kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        }
    }
    watched.problem("not connected");
    world.write("here.txt", "here");
    watched.changed("here.txt");
    assert!(in_ledger(&world).contains_key("share/a.txt"), "called missing");
    watched.stop();
}

/// The processes of that name.
pub fn daemons() -> Vec<i32> {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|name| name.trim() == "bindfs")
        })
        .collect()
}

/// The program where the system gives less than it would: in a user namespace of its own, with this
/// written to `/proc/sys/user/NAME`. None where there are no such namespaces.
fn limited(world: &World, name: &str, limit: u32) -> Option<Command> {
    let script = format!("echo {limit} > /proc/sys/user/{name} && exec \"$@\"");
    let args = ["--user", "--map-root-user", "/bin/sh", "-c", &script, "sh"];
    let command = through(world, "/usr/bin/unshare", &args);
    let mut tried = Command::new("/usr/bin/unshare");
    tried.args(["--user", "--map-root-user", "/bin/sh", "-c"]);
    tried.arg(format!("echo {limit} > /proc/sys/user/{name}"));
    tried.stderr(Stdio::null()).status().is_ok_and(|status| status.success()).then_some(command)
}

#[test]
fn where_the_system_gives_no_more_watches_the_rest_is_polled() {
    let world = World::new();
    world.configure("[watch]\npoll = \"200ms\"");
    for at in 0..10 {
        world.write(format!("{at}/a.txt"), at.to_string());
    }
    let Some(command) = limited(&world, "max_inotify_watches", 4) else {
        println!("SKIPPED: no user namespace to set a limit in");
        return;
    };
    let mut watched = Watched::spawn_as(command, &["--settle", "300ms"]);
    watched.problem("sysctl fs.inotify.max_user_watches=");
    let ready = watched.until("ready", |one| one["event"] == "ready");
    assert_eq!((number(&ready, "watched"), number(&ready, "polled")), (4, 7), "{ready}");
    assert_eq!(text(&ready, "poll_why"), "the system gives no more watches");
    for at in 0..10 {
        world.write(format!("{at}/b.txt"), format!("new {at}"));
        world.write(format!("{at}/deep/c.txt"), format!("deep {at}"));
    }
    converges(&world, &mut watched);
    watched.stop();
}

#[test]
fn where_the_system_gives_no_watcher_everything_is_polled() {
    let world = World::new();
    world.configure("[watch]\npoll = \"200ms\"");
    let Some(command) = limited(&world, "max_inotify_instances", 0) else {
        println!("SKIPPED: no user namespace to set a limit in");
        return;
    };
    let mut watched = Watched::spawn_as(command, &["--settle", "300ms"]);
    watched.problem("the limit is fs.inotify.max_user_instances");
    let ready = watched.until("ready", |one| one["event"] == "ready");
    assert_eq!((number(&ready, "watched"), number(&ready, "polled")), (0, 1), "{ready}");
    world.write("in/a.txt", "a");
    watched.changed("in/a.txt");
    watched.stop();
}

#[test]
fn what_nobody_was_told_of_is_found_by_the_look_from_time_to_time() {
    let world = World::with([("a.txt", b"one".to_vec())]);
    world.configure("[watch]\nreconcile = \"1s\"");
    let elsewhere = world.outside("elsewhere.txt");
    fs::hard_link(world.path("a.txt"), &elsewhere).unwrap();
    let mut watched = Watched::start(&world, &[]);
    // Through a name that lies in no watched folder.
    fs::write(&elsewhere, "two, by another name").unwrap();
    let said = watched.changed("a.txt");
    assert_eq!(said["asset"], blake3::hash(b"two, by another name").to_hex().to_string());
    watched.until("rescan", |one| {
        one["event"] == "rescan" && text(one, "why").starts_with("from time to time")
    });
    watched.stop();
}
