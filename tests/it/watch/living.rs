//! Living with it: signals, one at a time, beside other commands, hooks, polling, and what it says.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::media;
use crate::watch::kit::{BOUND, Watched, bound_by_permissions, converges, in_ledger, long};
use crate::world::{Ran, World, number, text};

#[test]
fn it_stops_cleanly_on_both_signals_with_everything_settled_recorded() {
    for signal in [Signal::INT, Signal::TERM] {
        let world = World::new();
        let mut watched = Watched::start(&world, &[]);
        // A problem is no reason to end otherwise.
        world.write(".genlockignore", "[a-\n{\n");
        world.write("a.txt", "a");
        watched.changed("a.txt");
        for at in 0..50 {
            world.write(format!("{at}.txt"), at.to_string());
        }
        let (code, _) = watched.end(signal);
        assert_eq!(code, 0);
        world.verify();
        assert_eq!(in_ledger(&world).len(), 52, "what was closed is recorded");
    }
}

#[test]
fn a_first_scan_can_be_stopped_too() {
    let world = World::new();
    for at in 0..3000 {
        world.write(format!("{}/{at}.bin", at % 30), format!("file {at}"));
    }
    let watched = Watched::spawn(&world, &[]);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(watched.end(Signal::TERM).0, 0);
    world.verify();
}

#[test]
fn a_second_watch_says_who_has_the_ledger_and_a_crash_leaves_no_lock() {
    let world = World::new();
    let watched = Watched::start(&world, &[]);
    let ran = world.json(["watch"]).expect(5);
    let error = ran.error();
    let pid = format!("process {}", watched.pid());
    assert!(error.contains(&pid) && error.contains(crate::world::ACTOR), "{error}");
    // Other commands work beside it.
    world.scan();
    world.write("a.png", media::a1111_png(1));
    world.run(["scan"]).expect(0);
    world.run(["tag", "a.png", "--ai"]).expect(0);
    assert_eq!(watched.end(Signal::KILL).0, -1);
    Watched::start(&world, &[]).stop();
    world.verify();
}

#[test]
fn last_seen_is_the_end_of_the_watch() {
    let world = World::with([("a.txt", b"a".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    let before = text(&world.show("a.txt")["locations"][0], "last_seen");
    world.write("b.txt", "b");
    watched.changed("b.txt");
    watched.stop();
    let after = text(&world.show("a.txt")["locations"][0], "last_seen");
    assert!(after > before, "{before} {after}");
}

#[test]
fn a_watch_counts_the_files_that_a_scan_counts() {
    let all = ["a/1.txt", "a/2.txt", "b/c/3.txt", "gone/4.txt", "left/5.txt"];
    let world = World::with(all.map(|path| (path, path.as_bytes().to_vec())));
    world.scan();
    fs::remove_file(world.path("a/2.txt")).unwrap();
    fs::remove_dir_all(world.path("gone")).unwrap();
    let counts = |files: u64| {
        assert_eq!(number(&world.scan(), "files"), files);
        let mut watched = Watched::start(&world, &[]);
        let ready = watched.until("ready", |one| one["event"] == "ready");
        watched.stop();
        assert_eq!(number(&ready, "files"), files, "{ready}");
        let events = world.json(["log"]).values();
        let scans = events.iter().filter(|event| event["kind"] == "scan-completed");
        let said: Vec<_> = scans.map(|event| text(event, "summary")).collect();
        let files = format!("completed: {files} files, 0 read");
        assert!(said[..2].iter().all(|one| one.contains(&files)), "{said:?}");
    };
    counts(3);
    // What is left out stays on record, and is in no listing.
    world.write(".genlockignore", "left/\n");
    world.scan();
    counts(4);
}

#[test]
fn polling_sees_the_same() {
    let world = World::with([("a.txt", b"a".to_vec())]);
    world.configure("[watch]\npoll = \"200ms\"");
    let mut watched = Watched::start(&world, &["--poll"]);
    let ready = watched.until("ready", |one| one["event"] == "ready");
    assert_eq!((number(&ready, "watched"), number(&ready, "polled")), (0, 1), "{ready}");
    assert!(ready["poll_ms"].is_u64() && ready["poll_why"].is_string());
    world.write("new/deep/b.txt", "b");
    watched.changed("new/deep/b.txt");
    world.write("a.txt", "other");
    watched.changed("a.txt");
    fs::remove_dir_all(world.path("new")).unwrap();
    watched.gone("new/deep/b.txt");
    converges(&world, &mut watched);
    watched.stop();
}

#[test]
fn beyond_the_last_watch_folders_are_polled_and_it_says_how_to_raise_the_limit() {
    let world = World::new();
    world.configure("[watch]\npoll = \"200ms\"");
    for at in 0..10 {
        world.write(format!("{at}/a.txt"), at.to_string());
    }
    let mut watched = Watched::start(&world, &["--watches", "4"]);
    watched.problem("sysctl fs.inotify.max_user_watches=");
    let ready = watched.until("ready", |one| one["event"] == "ready");
    assert_eq!((number(&ready, "watched"), number(&ready, "polled")), (4, 7), "{ready}");
    for at in 0..10 {
        world.write(format!("{at}/b.txt"), format!("new {at}"));
        world.write(format!("{at}/deep/c.txt"), format!("deep {at}"));
    }
    converges(&world, &mut watched);
    watched.stop();
}

#[test]
fn a_lost_event_is_said_and_made_good() {
    let world = World::new();
    let mut watched = Watched::start(&world, &["--queue", "1"]);
    for at in 0..if long() { 20_000 } else { 2000 } {
        world.write(format!("{}/{}/{at}.txt", at % 7, at % 50), format!("file {at}"));
    }
    watched.until("rescan", |one| one["event"] == "rescan");
    watched.problem("everything is looked at again");
    converges(&world, &mut watched);
    fs::remove_dir_all(world.path("3")).unwrap();
    world.rename("4", "3");
    world.write("3/new.txt", "new");
    converges(&world, &mut watched);
    watched.stop();
    world.verify();
}

#[test]
fn a_folder_nobody_may_enter_is_a_problem_and_the_rest_goes_on() {
    let world = World::new();
    let Some(command) = bound_by_permissions(&world) else {
        println!("{EVERYWHERE}");
        return;
    };
    world.write("closed/a.txt", "a");
    permit(&world.path("closed"), 0o000);
    let mut watched = Watched::spawn_as(command, &[]);
    watched.problem("cannot");
    world.write("b.txt", "b");
    watched.changed("b.txt");
    permit(&world.path("closed"), 0o755);
    watched.changed("closed/a.txt");
    watched.stop();
}

#[test]
fn a_folder_that_could_not_be_watched_is_once_it_may_be_entered() {
    let world = World::new();
    world.configure("[watch]\npoll = \"1h\"\n[[guard]]\npath = \"DELIVERY\"");
    let Some(command) = bound_by_permissions(&world) else {
        println!("{EVERYWHERE}");
        return;
    };
    let mut watched = Watched::spawn_as(command, &[]);
    watched.until("ready", |one| one["event"] == "ready");
    fs::DirBuilder::new().mode(0o000).create(world.path("DELIVERY")).unwrap();
    let polling = watched.until("polling", |one| one["event"] == "polling");
    assert!(text(&polling, "poll_why").contains("Permission denied"), "{polling}");
    permit(&world.path("DELIVERY"), 0o755);
    watched.until("its end", |one| one["event"] == "polling" && one["polled"] == 0);
    world.write("DELIVERY/a.png", media::a1111_png(1));
    watched.until("arrival", |one| one["state"] == "arriving");
    watched.until("refusal", |one| one["state"] == "refused");
    watched.stop();
}

#[test]
fn folders_beyond_the_last_watch_are_watched_when_there_are_watches_again() {
    let world = World::new();
    world.configure("[watch]\npoll = \"1h\"\nreconcile = \"2s\"");
    for name in ["a", "b", "c", "d"] {
        fs::create_dir(world.path(name)).unwrap();
    }
    let mut watched = Watched::start(&world, &["--watches", "3"]);
    watched.until("polling", |one| one["polled"] == 2);
    fs::remove_dir(world.path("a")).unwrap();
    fs::remove_dir(world.path("b")).unwrap();
    watched.until("rescan", |one| one["event"] == "rescan");
    watched.until("its end", |one| one["event"] == "polling" && one["polled"] == 0);
    world.write("d/late.txt", "late");
    watched.changed("d/late.txt");
    watched.stop();
}

const EVERYWHERE: &str = "SKIPPED: root may enter every folder, and no setpriv(1) to give that up";

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_was_written_below_a_folder_that_was_closed_is_recorded_when_it_is_open_again() {
    let world = World::new();
    let archive = world.add_root("archive");
    let Some(command) = bound_by_permissions(&world) else {
        println!("{EVERYWHERE}");
        return;
    };
    world.write("a/b/old.txt", "old");
    world.write("a/b/gone/away.txt", "away");
    fs::create_dir_all(archive.join("sub/gone")).unwrap();
    fs::write(archive.join("sub/gone/away.txt"), "away").unwrap();
    let mut watched = Watched::spawn_as(command, &[]);
    watched.until("ready", |one| one["event"] == "ready");
    for (closed, below, shown) in [
        (world.path("a"), world.path("a/b"), "a/b"),
        (archive.clone(), archive.join("sub"), "archive:sub"),
    ] {
        // Others hold the folder below open, and go on.
        let held = fs::File::open(&below).unwrap();
        let within = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
        permit(&closed, 0o000);
        fs::write(within.join("new.png"), media::a1111_png(1)).unwrap();
        fs::write(within.join("old.txt"), "other").unwrap();
        fs::remove_dir_all(within.join("gone")).unwrap();
        fs::create_dir(within.join("deep")).unwrap();
        fs::write(within.join("deep/down.txt"), "down").unwrap();
        watched.problem("cannot look at it");
        world.write("sentinel.txt", shown);
        watched.changed("sentinel.txt");
        watched.forget();
        permit(&closed, 0o755);
        let said = watched.changed(&format!("{shown}/new.png"));
        assert_eq!(said["status"], "ai");
        watched.changed(&format!("{shown}/old.txt"));
        watched.changed(&format!("{shown}/deep/down.txt"));
        watched.gone(&format!("{shown}/gone/away.txt"));
        fs::write(below.join("deep/later.txt"), "later").unwrap();
        watched.changed(&format!("{shown}/deep/later.txt"));
    }
    watched.stop();
    assert_eq!(world.scan()["hashed_files"], 0, "a scan agrees");
}

#[test]
fn what_was_lost_is_looked_at_before_it_ends() {
    let world = World::new();
    for at in 0..500 {
        fs::create_dir_all(world.path(at.to_string())).unwrap();
    }
    let watched = Watched::start(&world, &["--queue", "1"]);
    let pid = Pid::from_raw(i32::try_from(watched.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    for at in 0..500 {
        world.write(format!("{at}/a.txt"), format!("file {at}"));
    }
    // As old as a file must be that nobody was seen to close.
    std::thread::sleep(Duration::from_millis(600));
    kill_process(pid, Signal::INT).unwrap();
    kill_process(pid, Signal::CONT).unwrap();
    let (code, said) = watched.end(Signal::CONT);
    assert_eq!(code, 0, "{said:#?}");
    assert_eq!(in_ledger(&world).len(), 500, "{said:#?}");
}

#[test]
fn rules_above_a_folder_that_is_watched_alone_hold_when_they_are_edited() {
    let world = World::new();
    world.write("reel1/in/a.txt", "a");
    world.write("reel1/b.txt", "b");
    world.write(".genlockignore", "in/\n");
    let mut watched = Watched::start(&world, &["reel1"]);
    assert_eq!(in_ledger(&world).into_keys().collect::<Vec<_>>(), ["reel1/b.txt"]);
    world.write(".genlockignore", "# none\n");
    watched.changed("reel1/in/a.txt");
    world.write("reel1/in/later.txt", "later");
    watched.changed("reel1/in/later.txt");
    // The folder itself is left out for a while.
    world.write(".genlockignore", "reel1/\n");
    watched.problem("left out by the ignore rules");
    watched.forget();
    world.write("reel1/c.txt", "c");
    world.remove(".genlockignore");
    watched.changed("reel1/c.txt");
    world.write("reel1/d.txt", "d");
    watched.changed("reel1/d.txt");
    watched.stop();
}

/// A script in the project's neighbourhood.
fn script(world: &World, name: &str, body: &str) -> String {
    let path = world.outside(name);
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn a_hook_gets_the_event_on_its_stdin_and_never_a_shell() {
    let world = World::new();
    let out = world.outside("heard");
    fs::create_dir(&out).unwrap();
    let hook = script(&world, "hook", &format!("exec /bin/cat > {}/$$.$1", out.display()));
    world.configure(&format!("[watch]\non_ai = [{hook:?}, \"one\"]"));
    let mut watched = Watched::start(&world, &[]);
    world.write("$(touch pwned).png", media::a1111_png(1));
    world.write("plain.txt", "no mark");
    watched.changed("$(touch pwned).png");
    watched.changed("plain.txt");
    let began = Instant::now();
    let heard = loop {
        let texts: Vec<_> = fs::read_dir(&out)
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .filter(|text| text.ends_with('\n'))
            .collect();
        if !texts.is_empty() {
            break texts;
        }
        assert!(began.elapsed() < BOUND, "no hook was run");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(heard.len(), 1, "{heard:?}");
    let event: serde_json::Value = serde_json::from_str(&heard[0]).unwrap();
    assert_eq!((&event["event"], &event["v"]), (&"changed".into(), &1.into()));
    assert_eq!(event["path"], "$(touch pwned).png");
    watched.stop();
    assert!(!world.path("pwned").exists());
}

#[test]
fn a_hook_that_fails_is_a_problem() {
    let world = World::new();
    world.configure("[watch]\non_ai = [\"/bin/false\"]");
    let mut watched = Watched::start(&world, &[]);
    world.write("a.png", media::a1111_png(1));
    watched.problem("ended with");
    watched.stop();
    let world = World::new();
    world.configure("[watch]\non_ai = [\"/no/such/program\"]");
    let mut watched = Watched::start(&world, &[]);
    world.write("a.png", media::a1111_png(1));
    watched.problem("cannot be run");
    watched.stop();
}

#[test]
fn in_text_a_new_ai_asset_is_one_line_and_a_sequence_too() {
    let world = World::new();
    let mut child = world
        .command()
        .args(["watch", "--settle", "300ms"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !fs::read_to_string(world.path(".genlock/ledger.db.watch")).is_ok_and(|it| !it.is_empty())
        || world.events() < 3
    {
        assert!(began.elapsed() < BOUND);
        std::thread::sleep(Duration::from_millis(10));
    }
    for at in 1..=12 {
        world.write(format!("seq.{at:04}.png"), media::a1111_png(at));
    }
    world.write("\u{1b}[31m.png", media::a1111_png(99));
    while world.files().len() < 13 {
        assert!(began.elapsed() < BOUND);
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    child.wait().unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.stdout.contains("watching "), "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
    let lines = ran.stdout.lines().filter(|line| line.starts_with("ai ")).count();
    assert!((2..13).contains(&lines), "frames are folded by what came at once: {ran:?}");
}

#[test]
fn it_ends_when_nobody_listens_any_more() {
    let world = World::new();
    let mut child =
        world.command().args(["--json", "watch"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < BOUND, "it goes on for nobody");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_goes_on_inside_is_said_to_who_asks() {
    let world = World::new();
    let run = |log: &str| {
        let mut command = world.command();
        Ran::from(command.env("GENLOCK_LOG", log).args(["watch", "--once"]).output().unwrap())
    };
    assert!(run("genlock=debug").expect(0).stderr.contains("debug genlock::app::watch"));
    assert_eq!(run("off").expect(0).stderr, "");
}

#[test]
fn once_is_one_pass_and_a_folder_of_a_project_can_be_watched_alone() {
    let world = World::new();
    world.write("in/a.txt", "a");
    world.write("out/b.txt", "b");
    let values = world.json(["watch", "--once", "in"]).expect(0).values();
    assert_eq!(values.last().unwrap()["event"], "ready");
    assert_eq!(in_ledger(&world).into_keys().collect::<Vec<_>>(), ["in/a.txt"]);
    let mut watched = Watched::start(&world, &["in"]);
    world.write("out/c.txt", "c");
    world.write("in/deep/d.txt", "d");
    watched.changed("in/deep/d.txt");
    assert!(!in_ledger(&world).contains_key("out/c.txt"));
    watched.stop();
    world.json(["watch", "--settle", "soon"]).expect(2);
    world.json(["watch", "no-such-folder"]).expect(2);
}

#[test]
fn one_pass_that_is_stopped_is_no_answer() {
    let world = World::new();
    world.write("a.txt", "a");
    for signal in [Signal::INT, Signal::TERM] {
        // What was written a moment ago is waited for.
        let watched = Watched::spawn(&world, &["--once", "--settle", "1h"]);
        let lock = world.path(".genlock/ledger.db.watch");
        let by = format!("process {},", watched.pid());
        let began = Instant::now();
        while !fs::read_to_string(&lock).is_ok_and(|who| who.contains(&by)) {
            assert!(began.elapsed() < BOUND, "it does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        let (code, said) = watched.end(signal);
        assert_eq!(code, 130, "{said:#?}");
    }
    world.verify();
}

/// Long enough to be read for a while, and it takes no room.
fn long_file(world: &World, name: &str) {
    let file = fs::File::create(world.path(name)).unwrap();
    file.set_len(3 << 30).unwrap();
}

#[test]
fn those_who_read_are_nice_and_the_rest_is_not() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    let own = niceness("/proc/self/stat").unwrap();
    long_file(&world, "long.mov");
    let began = Instant::now();
    let tasks = format!("/proc/{}/task", watched.pid());
    let mut nice = 0;
    while nice == 0 {
        assert!(began.elapsed() < BOUND, "nobody who reads is nice");
        nice = fs::read_dir(&tasks)
            .unwrap()
            .filter_map(|task| niceness(task.ok()?.path().join("stat").to_str()?))
            .filter(|found| *found == (own + 10).min(19))
            .count();
    }
    assert_eq!(niceness(&format!("/proc/{}/stat", watched.pid())), Some(own));
    watched.changed("long.mov");
    watched.stop();
}

/// Of a thread (`proc_pid_stat(5)`, field 19); none when it has ended.
fn niceness(stat: &str) -> Option<i32> {
    let text = fs::read_to_string(stat).ok()?;
    text.rsplit(") ").next()?.split(' ').nth(16)?.parse().ok()
}

#[test]
fn on_a_terminal_the_first_scan_shows_how_far_it_is() {
    if !std::process::Command::new("script")
        .arg("--version")
        .output()
        .is_ok_and(|ran| ran.status.success())
    {
        println!("SKIPPED: there is no script(1) to be a terminal");
        return;
    }
    let world = World::new();
    long_file(&world, "long.mov");
    world.write("ai.png", media::a1111_png(1));
    std::thread::sleep(Duration::from_millis(400));
    let on_terminal = |flags: &str| {
        let _ = fs::remove_file(world.path("long.mov"));
        long_file(&world, "long.mov");
        let program = world.command().get_program().to_str().unwrap().to_owned();
        let line = format!("{program} {flags} watch --once --settle 100ms");
        let mut command = std::process::Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env_clear().current_dir(world.dir());
        command.env("HOME", world.outside("home")).env("GENLOCK_ACTOR", crate::world::ACTOR);
        command.env("TERM", "xterm").env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let shown = on_terminal("");
    assert!(shown.contains("/3.00 GiB read") && shown.contains(" left"), "{shown:?}");
    assert!(shown.contains("watching 2 files"), "{shown:?}");
    let shown = on_terminal("--json");
    assert!(!shown.contains(" read") && shown.contains("\"ready\""), "{shown:?}");
    let shown = world.run(["watch", "--once"]).expect(0);
    assert!(!shown.stderr.contains(" read"), "{shown:?}");
}

#[test]
fn the_unit_tries_again_what_may_get_better() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/genlock-watch.service");
    let unit = fs::read_to_string(unit).unwrap();
    let never = unit.lines().find_map(|line| line.strip_prefix("RestartPreventExitStatus="));
    let never: Vec<i32> =
        never.unwrap().split_whitespace().map(|code| code.parse().unwrap()).collect();
    let is_tried_again = |code: i32| code != 0 && !never.contains(&code);
    // The disk with the project is not mounted yet.
    assert!(is_tried_again(World::bare().run(["watch"]).code));
    let world = World::new();
    let watched = Watched::start(&world, &[]);
    assert!(is_tried_again(world.run(["watch"]).code));
    watched.stop();
    world.configure("[watch]\nsettle = \"soon\"");
    assert!(is_tried_again(world.run(["watch"]).code));
    assert!(!is_tried_again(world.run(["watch", "--no-such-option"]).code));
    // Hooks are let end by who started them.
    assert!(unit.contains("\nKillMode=mixed\n"), "{unit}");
}
