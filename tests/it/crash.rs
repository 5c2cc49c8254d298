//! Killed at any moment, the ledger is whole, nothing that was acknowledged is lost, and the next
//! run completes what was begun.
//!
//! Each command is run once to list the failpoints it passes, then once for each of them in a copy
//! of the same world, aborting there: no destructor runs, as in a power cut. Beside that, scans are
//! killed at random moments; `GENLOCK_LONG=1` runs the whole of that campaign and
//! `GENLOCK_SEED` repeats one.

#![cfg_attr(not(debug_assertions), allow(dead_code, reason = "there are no failpoints then"))]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::keys::{DANA, Key, LEE};
use crate::media;
use crate::world::{World, copy_tree, text};

/// A command that is killed everywhere.
struct Campaign {
    name: &'static str,
    /// Makes the world it is run in.
    prepare: fn(&World),
    args: fn(&World) -> Vec<String>,
    /// What it exits with when nobody kills it, also when it is run a second time.
    exit: i32,
}

const CAMPAIGNS: &[Campaign] = &[
    Campaign { name: "init", prepare: |_| {}, args: |_| own(&["init"]), exit: 0 },
    Campaign {
        name: "init with a ledger elsewhere",
        prepare: |_| {},
        args: |world| own(&["init", "--ledger", world.outside("far.db").to_str().unwrap()]),
        exit: 0,
    },
    Campaign {
        name: "scan of a folder without a project",
        prepare: put_media,
        args: |_| own(&["scan", "."]),
        exit: 0,
    },
    Campaign { name: "scan", prepare: unscanned, args: |_| own(&["scan"]), exit: 0 },
    Campaign { name: "scan after changes", prepare: changed, args: |_| own(&["scan"]), exit: 0 },
    Campaign {
        name: "tag",
        prepare: scanned,
        args: |_| own(&["tag", "a.png", "--not-ai", "--note", "drawn by hand"]),
        exit: 0,
    },
    Campaign {
        name: "link",
        prepare: scanned,
        args: |_| own(&["link", "clean.jpg", "--from", "a.png", "--as", "proxy"]),
        exit: 0,
    },
    Campaign { name: "approve", prepare: scanned, args: approve, exit: 0 },
    // Signed, and what it rests on is not on record yet: all of it, or nothing.
    Campaign { name: "approve, signed", prepare: signers, args: signed, exit: 0 },
    Campaign {
        name: "approve under, signed",
        prepare: |world| {
            signers(world);
            world.run(signed(world)).expect(0);
        },
        args: |world| {
            let key = Key::new(world, 1);
            own(&["approve", "b.png", "--under", "A-1", "--by", DANA, "--sign", &key.path])
        },
        exit: 0,
    },
    Campaign {
        name: "approve --condition-met, signed",
        prepare: |world| {
            signers(world);
            world.run([signed(world), own(&["--conditions", "credit them"])].concat()).expect(0);
        },
        args: |world| {
            let (key, letter) = (Key::new(world, 1), world.letter());
            let met = ["approve", "A-1", "--condition-met", "--by", DANA, "--note", "done"];
            own(&[&met[..], &["--document", &letter, "--sign", &key.path]].concat())
        },
        exit: 0,
    },
    Campaign {
        name: "policy ack, signed",
        prepare: shown,
        args: |world| {
            let key = Key::new(world, 1);
            own(&["policy", "ack", "--by", DANA, "--note", "meant", "--sign", &key.path])
        },
        exit: 0,
    },
    Campaign {
        name: "declare",
        prepare: scanned,
        args: |world| declare(world, &["b.png"]),
        exit: 0,
    },
    Campaign {
        name: "declare, with a consent to keep",
        prepare: declared,
        args: |world| {
            fs::write(world.outside("consent.txt"), "I agree.").unwrap();
            declare(world, &["D-1"])
        },
        exit: 0,
    },
    Campaign { name: "reported", prepare: declared, args: reported, exit: 0 },
    Campaign { name: "tool add", prepare: scanned, args: tool, exit: 0 },
    Campaign {
        name: "reject",
        prepare: scanned,
        args: |_| own(&["reject", "a.png", "--by", "Dana", "--note", "no"]),
        exit: 0,
    },
    Campaign {
        name: "deliverable add",
        prepare: scanned,
        args: |_| own(&["deliverable", "add", "EP102", "--path", "b.png"]),
        exit: 0,
    },
    Campaign { name: "gate", prepare: approved, args: |_| own(&["gate", "EP101"]), exit: 0 },
    Campaign {
        name: "gate of a package",
        prepare: |world| {
            scanned(world);
            world.write("dcp/a.png", media::plain_png(1));
            crate::packages::mhl(world, "dcp", &["a.png"]);
            world.run(["deliverable", "add", "DCP", "--package", "dcp"]).expect(0);
        },
        args: |_| own(&["gate", "DCP"]),
        exit: 0,
    },
    Campaign {
        name: "gate that refuses what landed since",
        prepare: |world| {
            approved(world);
            world.write("new.png", media::a1111_png(99));
        },
        args: |_| own(&["gate", "EP101"]),
        exit: 1,
    },
    Campaign {
        name: "finalize",
        prepare: approved,
        args: |_| own(&["finalize", "EP101"]),
        exit: 0,
    },
    Campaign {
        name: "finalize under another policy",
        prepare: |world| {
            approved(world);
            world.edit_policy(&[("approval-unsigned", "off")]);
        },
        args: |_| own(&["finalize", "EP101"]),
        exit: 0,
    },
    Campaign {
        name: "export",
        prepare: approved,
        args: |world| own(&["export", "EP101", world.outside("out/EP101").to_str().unwrap()]),
        exit: 0,
    },
    Campaign {
        name: "run",
        prepare: approved,
        args: |_| {
            let script = "mkdir -p out && cp clean.jpg out/made.jpg";
            own(&["run", "EP101", "--out", "out", "--", "sh", "-c", script])
        },
        exit: 0,
    },
    Campaign {
        name: "export into a folder in use",
        prepare: |world| {
            approved(world);
            // Beside b.png: names that some volumes take for one are tried first.
            world.write("B.png", media::plain_png(7));
            world.scan();
        },
        args: |world| {
            fs::create_dir_all(world.outside("used/theirs")).unwrap();
            own(&["export", "EP101", world.outside("used").to_str().unwrap()])
        },
        exit: 0,
    },
    Campaign {
        name: "export that goes on where one was killed",
        prepare: approved,
        args: |world| {
            let used = world.outside("used");
            let args = own(&["export", "EP101", used.to_str().unwrap()]);
            if !used.exists() {
                fs::create_dir_all(used.join("theirs")).unwrap();
                let mut command = world.command();
                command.args(&args).env("GENLOCK_FAILPOINT_ABORT", "delivery-in-place");
                command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            }
            args
        },
        exit: 0,
    },
];

/// Commands whose second run says that there is nothing left to do.
const UNDOING: &[Campaign] = &[
    Campaign {
        name: "reopen",
        prepare: |world| {
            approved(world);
            world.run(["finalize", "EP101"]).expect(0);
        },
        args: |_| own(&["reopen", "EP101", "--note", "one more shot"]),
        exit: 0,
    },
    Campaign {
        name: "revoke",
        prepare: approved,
        args: |_| own(&["revoke", "a.png", "--note", "withdrawn"]),
        exit: 0,
    },
];

fn own(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

fn put_media(world: &World) {
    for (at, name) in (0..).zip(["a.png", "b.png", "reel/c.png", "reel/deep/d.png"]) {
        world.write(name, media::a1111_png(at));
    }
    world.write("clean.jpg", media::plain_jpeg(7));
    world.write("copy/clean.jpg", media::plain_jpeg(7));
    world.link("link.png", "a.png");
}

fn unscanned(world: &World) {
    world.run(["init"]).expect(0);
    put_media(world);
    let far = world.add_root("far");
    fs::write(far.join("e.png"), media::plain_png(5)).unwrap();
}

fn scanned(world: &World) {
    unscanned(world);
    world.scan();
    world.deliverable("EP101", &["*.png"]);
}

fn declared(world: &World) {
    scanned(world);
    world.run(declare(world, &["a.png"])).expect(0);
}

fn changed(world: &World) {
    scanned(world);
    world.rename("reel", "reel-2");
    world.remove("b.png");
    world.write("a.png", media::xmp_png(3, "trainedAlgorithmicMedia"));
}

fn approved(world: &World) {
    scanned(world);
    world.approve(&["a.png", "b.png"]);
}

/// Dana may sign; then policy and approvers change, and nobody looked yet.
fn signers(world: &World) {
    scanned(world);
    let (dana, lee) = (Key::new(world, 1), Key::new(world, 2));
    world.approvers(&[format!("{DANA} {}", dana.public)]);
    world.edit_approvers(&[format!("{DANA} {}", dana.public), format!("{LEE} {}", lee.public)]);
    world.edit_policy(&[("approval-unsigned", "block")]);
}

/// The same, once `policy ack` has shown what was changed.
fn shown(world: &World) {
    signers(world);
    world.run(["policy", "ack", "--by", DANA, "--note", "meant"]).expect(1);
}

fn signed(world: &World) -> Vec<String> {
    let (key, letter) = (Key::new(world, 1), world.letter());
    let approve = ["approve", "a.png", "--by", DANA, "--scope", "final", "--document", &letter];
    own(&[&approve[..], &["--sign", &key.path]].concat())
}

fn approve(world: &World) -> Vec<String> {
    let letter = world.letter();
    own(&["approve", "a.png", "--by", "Dana", "--scope", "final", "--document", &letter])
}

/// Declares a use by a performer whose consent is a file.
fn declare(world: &World, assets: &[&str]) -> Vec<String> {
    let consent = world.outside("consent.txt").exists();
    let consent = if consent { "consent_document = \"consent.txt\"\n" } else { "" };
    let what = format!("use = \"a voice\"\n[[talent]]\nname = \"Jane Doe\"\n{consent}");
    fs::write(world.outside("use.toml"), what).unwrap();
    let file = world.outside("use.toml").display().to_string();
    own(&[&["declare", "--from", &file][..], assets].concat())
}

fn reported(world: &World) -> Vec<String> {
    let letter = world.letter();
    own(&["reported", "D-1", "--to", "Dana", "--document", &letter])
}

fn tool(world: &World) -> Vec<String> {
    let terms = world.letter();
    own(&["tool", "add", "Sketcher", "--enterprise", "--terms", &terms])
}

impl Campaign {
    fn world(&self) -> World {
        let world = World::bare();
        (self.prepare)(&world);
        world
    }

    /// Gives the failpoints that were passed, each of which was a kill.
    fn run(&self, again: &dyn Fn(&World) -> bool) -> Vec<String> {
        let base = self.world();
        let before = head(&base);
        let whole = copy(&base);
        let passed = self.passed(&whole);
        assert!(!passed.is_empty(), "{} passes no failpoint", self.name);
        let state = state(&whole);
        for (number, failpoint) in (1_usize..).zip(&passed) {
            let at = format!("{} killed at {number}, {failpoint}", self.name);
            let world = copy(&base);
            let mut command = world.command();
            command.args((self.args)(&world)).env("GENLOCK_FAILPOINT_ABORT", number.to_string());
            // The message of the abort is nobody's business here.
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            assert_eq!(status.signal(), Some(6), "{at}: it was not killed");

            if let Some(before) = &before {
                world.run(["verify", "--head", before]).expect(0);
            } else if world.path(".genlock").is_dir() {
                world.run(["verify"]).expect(0);
            }
            let once_more = world.run((self.args)(&world));
            assert!(
                once_more.code == self.exit || again(&world),
                "{at}: the next run gave {}\n{}",
                once_more.code,
                once_more.stderr
            );
            world.run(["verify"]).expect(0);
            assert_eq!(crate::crash::state(&world), state, "{at}");
        }
        passed
    }

    fn passed(&self, world: &World) -> Vec<String> {
        let list = world.outside("failpoints");
        let mut command = world.command();
        command.args((self.args)(world)).env("GENLOCK_FAILPOINT_COUNT", &list);
        let done = command.output().unwrap();
        assert_eq!(done.status.code(), Some(self.exit), "{}: {done:?}", self.name);
        let text = fs::read_to_string(list).unwrap();
        text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }
}

/// The newest event as `verify --head` takes it, when there is a project.
fn head(world: &World) -> Option<String> {
    if !world.path(".genlock").is_dir() {
        return None;
    }
    let said = world.json(["verify"]).expect(0).value();
    Some(format!("{}:{}", said["events"], text(&said, "head")))
}

fn copy(base: &World) -> World {
    let world = World::bare();
    copy_tree(base.dir(), world.dir());
    world
}

/// Everything a user can see of a project but times, and how often the same was said.
fn state(world: &World) -> (Vec<Value>, Vec<Value>, BTreeSet<String>, BTreeSet<String>) {
    let mut deliverables = world.json(["deliverable", "ls"]).expect(0).values();
    for one in &mut deliverables {
        one.as_object_mut().unwrap().remove("gated");
    }
    let events = world.json(["log"]).expect(0).values();
    let kinds = events.iter().map(|event| text(event, "kind")).collect();
    let mut names = BTreeSet::new();
    for folder in [world.dir().to_owned(), world.path(".genlock")] {
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            // SQLite's own, there while somebody reads.
            if !name.ends_with("-wal") && !name.ends_with("-shm") {
                names.insert(name);
            }
        }
    }
    (world.files(), deliverables, kinds, names)
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn killed_at_any_failpoint_nothing_is_lost_and_the_next_run_completes_it() {
    let mut kills = 0;
    let mut passed = BTreeSet::new();
    for campaign in CAMPAIGNS {
        let at = campaign.run(&|_| false);
        kills += at.len();
        passed.extend(at);
    }
    for campaign in UNDOING {
        // Killed after it was recorded, there is nothing left to undo; the state says whether.
        let at = campaign.run(&|_| true);
        kills += at.len();
        passed.extend(at);
    }
    assert_eq!(passed, failpoints(), "a failpoint of src is passed by no command here");
    eprintln!("{kills} kills at {} failpoints", passed.len());
}

/// Every failpoint that src names.
fn failpoints() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap_or_default();
            let names = text.split("failpoint::hit(\"").skip(1);
            found.extend(names.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    found
}

#[test]
fn what_a_killed_process_left_half_made_is_no_media() {
    let world = World::new();
    world.write("a.png", media::plain_png(1));
    world.write("sub/.genlock.77.genlock-tmp/ledger.db", "half");
    world.write("sub/.far.db.77.genlock-tmp", "half");
    world.write("sub/.far.db.77.genlock-tmp-journal", "half");
    assert_eq!(world.scan()["files"], 1);
}

/// A small generator of numbers that look random, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const ROOTS: u64 = 6;
const FILES: u64 = 500;

fn root_file(world: &World, root: u64, file: u64) -> std::path::PathBuf {
    world.outside(format!("root{root}/{}/file{file}.bin", file / 100))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn scans_killed_at_random_moments_lose_nothing_and_end_where_an_undisturbed_one_does() {
    let kills = if std::env::var_os("GENLOCK_LONG").is_some() { 50 } else { 5 };
    let seed = std::env::var("GENLOCK_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) | 1 << 40);
    let mut dice = Dice(seed);
    eprintln!("GENLOCK_SEED={seed}");

    // Several roots, since each is a batch and a completed scan of its own.
    let (world, calm) = (World::new(), World::new());
    for root in 0..ROOTS {
        let folder = world.add_root(&format!("root{root}"));
        calm.configure(&format!("[[root]]\nname = \"root{root}\"\npath = {folder:?}"));
        for file in 0..FILES {
            let path = root_file(&world, root, file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{root} {file:0>400}")).unwrap();
        }
    }
    let began = Instant::now();
    calm.scan();
    let whole = began.elapsed();

    let mut known = head(&world).unwrap();
    let mut landed = 0;
    for kill in 0..kills {
        let mut command = world.command();
        command.arg("scan").stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let micros = u64::try_from(whole.as_micros()).unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(micros)));
        child.kill().unwrap();
        landed += u32::from(child.wait().unwrap().signal() == Some(9));

        world.run(["verify", "--head", &known]).expect(0);
        known = head(&world).unwrap();
        for root in 0..ROOTS {
            for _ in 0..dice.below(FILES) {
                let path = root_file(&world, root, dice.below(FILES));
                fs::write(path, format!("{kill} {}", dice.below(1000))).unwrap();
            }
        }
    }
    world.scan();
    world.run(["verify", "--files", "--head", &known]).expect(0);
    calm.scan();
    assert_eq!(world.files(), calm.files());
    assert!(landed > 0, "every scan was over before it was killed");
    eprintln!("{landed} of {kills} kills landed during a scan of {} files", ROOTS * FILES);
}
