//! Shares that do not answer: they hold up nobody else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::media;
use crate::watch::blind::{Mount, NO_MOUNT, can_mount, daemons};
use crate::watch::kit::{Watched, in_ledger};
use crate::world::{World, text};

/// A mount whose file system's own process can be stopped.
struct Share {
    daemon: Pid,
    _mount: Mount,
}

impl Share {
    fn of(behind: &Path, at: &Path) -> Self {
        Self::on(Mount::of(behind, at), at)
    }

    fn on(mount: Mount, at: &Path) -> Self {
        let is_its = |pid: &i32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(at.to_str().unwrap())
        };
        let daemon = daemons().into_iter().find(is_its).unwrap();
        Self { daemon: Pid::from_raw(daemon).unwrap(), _mount: mount }
    }

    /// From here on nothing on it is answered.
    fn hang(&self) {
        kill_process(self.daemon, Signal::STOP).unwrap();
    }

    fn answer(&self) {
        kill_process(self.daemon, Signal::CONT).unwrap();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Stopped, it could not be unmounted either.
        let _ = kill_process(self.daemon, Signal::CONT);
    }
}

#[test]
fn a_share_that_hangs_holds_up_no_other_root_and_is_looked_at_when_it_answers() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let world = World::new();
    world.configure("[watch]\npoll = \"200ms\"");
    let (behind, at) = (world.outside("behind"), world.add_root("share"));
    fs::create_dir_all(&behind).unwrap();
    fs::write(behind.join("a.txt"), "a").unwrap();
    let share = Share::of(&behind, &at);
    let mut watched = Watched::start(&world, &["--answer", "1s"]);
    share.hang();
    world.write("ai.png", media::a1111_png(1));
    watched.changed("ai.png");
    watched.problem("root share does not answer");
    watched.until("ready without it", |one| one["event"] == "ready" && one["polled"] == 0);
    world.write("local.txt", "local");
    watched.changed("local.txt");
    // Settings that name it cannot be taken up, and that is told.
    world.configure("[[rule]]\nglob = \"AI/**\"");
    watched.problem("a root that they name does not answer");
    fs::write(behind.join("b.txt"), "b").unwrap();
    assert!(watched.said.iter().all(|one| one["event"] != "gone"), "{:#?}", watched.said);
    assert!(in_ledger(&world).contains_key("share:a.txt"), "called missing");
    watched.forget();
    share.answer();
    watched.until("ready with it", |one| one["event"] == "ready" && one["polled"] == 1);
    watched.changed("share:b.txt");
    let said = watched.stop();
    assert!(said.iter().all(|one| one["event"] != "gone"), "{said:#?}");
    world.verify();
}

#[test]
fn a_share_that_hangs_does_not_keep_it_from_ending() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let world = World::new();
    world.configure("[watch]\npoll = \"100ms\"");
    let behind = world.outside("behind");
    fs::create_dir_all(&behind).unwrap();
    fs::write(behind.join("a.txt"), "a").unwrap();
    let at = world.path("in/share");
    fs::create_dir_all(&at).unwrap();
    let share = Share::of(&behind, &at);
    // Before it was found out, in the middle of a look; and after.
    for args in [&[][..], &["--answer", "500ms"][..]] {
        let mut watched = Watched::start(&world, args);
        share.hang();
        if args.is_empty() {
            std::thread::sleep(Duration::from_millis(500));
        } else {
            watched.problem("does not answer");
        }
        let began = Instant::now();
        let (code, said) = watched.end(Signal::TERM);
        assert_eq!(code, 0, "{said:#?}");
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        share.answer();
    }
    // And while it is waited for before anything is watched.
    share.hang();
    let watched = Watched::spawn(&world, &[]);
    std::thread::sleep(Duration::from_millis(1500));
    let began = Instant::now();
    let (code, said) = watched.end(Signal::TERM);
    assert_eq!(code, 0, "{said:#?}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    share.answer();
    let scan = world.scan();
    assert_eq!(scan["hashed_files"], 0, "called missing: {scan}");
}

#[test]
fn a_share_that_hangs_when_it_starts_does_not_hold_up_the_other_roots() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    // Where it leads cannot be asked, and once it answers it may lead elsewhere than it seemed.
    for is_link in [false, true] {
        let world = World::new();
        world.configure("[watch]\npoll = \"200ms\"");
        let behind = world.outside("behind");
        fs::create_dir_all(&behind).unwrap();
        fs::write(behind.join("ai.png"), media::a1111_png(2)).unwrap();
        let mut at = world.add_root("share");
        if is_link {
            fs::remove_dir(&at).unwrap();
            symlink(world.outside("mount"), &at).unwrap();
            at = world.outside("mount");
            fs::create_dir(&at).unwrap();
        }
        let share = Share::of(&behind, &at);
        share.hang();
        let mut watched = Watched::start(&world, &["--answer", "1s"]);
        watched.problem("root share does not answer");
        world.write("ai.png", media::a1111_png(1));
        watched.changed("ai.png");
        watched.forget();
        share.answer();
        watched.until("ready with it", |one| one["event"] == "ready" && one["polled"] == 1);
        watched.changed("share:ai.png");
        watched.stop();
        world.verify();
    }
}

#[test]
fn a_policy_on_a_share_that_hangs_stops_nothing_and_is_told() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let world = World::new();
    let (behind, at) = (world.outside("behind"), world.outside("mount"));
    fs::create_dir_all(&behind).unwrap();
    fs::create_dir_all(&at).unwrap();
    let policy = world.path(".genlock/policy.toml");
    fs::copy(&policy, behind.join("good.toml")).unwrap();
    fs::write(behind.join("wrong.toml"), "no policy").unwrap();
    // What is known of its files is remembered, so that only reading one hangs.
    let mount = Mount::with("nonempty,attr_timeout=600,entry_timeout=600", &behind, &at);
    let share = Share::on(mount, &at);
    let lead_to = |name: &str| {
        symlink(at.join(name), world.path("link")).unwrap();
        fs::rename(world.path("link"), &policy).unwrap();
    };
    lead_to("good.toml");
    let mut watched = Watched::start(&world, &["--answer", "1s"]);
    fs::metadata(at.join("wrong.toml")).unwrap();
    // It has had a look at the one that is right by then.
    world.write("before.txt", "before");
    watched.changed("before.txt");
    std::thread::sleep(Duration::from_millis(1500));
    share.hang();
    lead_to("wrong.toml");
    let told = watched.problem("it does not answer: until it does no gate passes");
    assert!(text(&told, "path").ends_with("policy.toml"), "{told}");
    world.write("ai.png", media::a1111_png(1));
    watched.changed("ai.png");
    share.answer();
    watched.problem("no gate will pass by it");
    watched.stop();
}

/// A project with links to a share that hangs, directly and by way of others, and to what answers.
fn linked() -> (World, Share) {
    let world = World::with([("a.txt", b"a".to_vec()), ("old/f.png", media::plain_png(1))]);
    let (behind, at) = (world.outside("behind"), world.outside("nas"));
    for folder in [behind.join("reel1"), world.outside("far"), at.clone()] {
        fs::create_dir_all(folder).unwrap();
    }
    let edl = "TITLE: T\nFCM: NON-DROP FRAME\n\n001  AX  V  C  00:00:00:00 00:00:01:00 \
               01:00:00:00 01:00:01:00\n* FROM CLIP NAME: f.png\n";
    world.write("t.edl", edl);
    world.run(["deliverable", "add", "T", "--timeline", "t.edl"]).expect(0);
    let placed =
        edl.replace("* FROM CLIP NAME: f.png", &format!("* SOURCE FILE: {}/x", at.display()));
    world.write("p.edl", placed);
    world.run(["deliverable", "add", "P", "--timeline", "p.edl"]).expect(0);
    world.deliverable("EP", &["**/*.txt"]);
    // Nothing of it is remembered, so that also asking for its top hangs.
    let mount = Mount::with("nonempty,attr_timeout=0,entry_timeout=0", &behind, &at);
    (world, Share::on(mount, &at))
}

/// Links that lead to the share, and some that do not.
fn lead_there(world: &World) {
    symlink(world.outside("nas"), world.outside("san")).unwrap();
    for at in 0..40 {
        world.link(&format!("plates{at}"), world.outside(format!("nas/reel{at}")));
        world.link(&format!("more{at}"), world.outside(format!("san/reel{at}")));
    }
    world.link("latest", "old");
    world.link("far", world.outside("far"));
}

#[test]
fn a_link_to_a_share_that_hangs_holds_up_no_watch() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let (world, share) = linked();
    let mut watched = Watched::start(&world, &[]);
    share.hang();
    lead_there(&world);
    world.write("after.txt", "after");
    watched.changed("after.txt");
    world.write("ai.png", media::a1111_png(1));
    watched.changed("ai.png");
    watched.stop();
    // Nor one that finds them there.
    let mut watched = Watched::start(&world, &[]);
    world.write("late.txt", "late");
    watched.changed("late.txt");
    watched.stop();
    share.answer();
    world.verify();
}

#[test]
fn links_to_a_share_that_hangs_are_waited_for_once_by_a_scan_and_by_a_gate_that_cannot_tell() {
    if !can_mount() {
        println!("{NO_MOUNT}");
        return;
    }
    let (world, share) = linked();
    world.gate("EP").expect("pass", &[]);
    world.gate("T").expect("pass", &[]);
    share.hang();
    lead_there(&world);
    let began = Instant::now();
    let (scanned, [everything, named, placed], asked) = std::thread::scope(|scope| {
        let scan = scope.spawn(|| world.json(["scan"]).expect(0).value());
        let gates = ["EP", "T", "P"].map(|name| scope.spawn(|| world.gate(name)));
        let asked = scope.spawn(|| world.json(["ls", "plates1"]).expect(2).error());
        let gates = gates.map(|gate| gate.join().unwrap());
        (scan.join().unwrap(), gates, asked.join().unwrap())
    });
    // Each of them, at the same time: not 20 s for each link.
    assert!(began.elapsed() < Duration::from_secs(50), "{:?}", began.elapsed());
    share.answer();
    let unfollowed = scanned["unfollowed"].as_array().unwrap();
    let why = |name: &str| {
        let one = unfollowed.iter().find(|one| one["path"] == name);
        one.map(|one| text(one, "why")).unwrap_or_default()
    };
    let silence = format!("{} does not answer", world.outside("nas").display());
    assert_eq!(unfollowed.len(), 81, "{unfollowed:#?}");
    assert!(why("plates0").contains(&silence) && why("more39").contains(&silence), "{scanned}");
    assert!(why("far").contains("out of the project's roots"), "{scanned}");
    assert!(asked.contains(&silence), "{asked}");
    assert_eq!((everything.code, named.code, placed.code), (4, 4, 4));
    let unread = everything.findings().into_iter().filter(|one| one.starts_with("media-unread "));
    assert_eq!(unread.count(), 80, "{:?}", everything.findings());
    assert!(text(everything.finding("media-unread"), "why").contains(&silence));
    for gate in [named, placed] {
        let why = text(gate.finding("media-unresolved"), "why");
        assert!(why.contains(&silence), "{why}");
    }
    world.verify();
}
