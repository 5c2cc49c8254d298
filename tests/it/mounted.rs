//! Exports onto mount points: a delivery cannot appear there by one rename of a folder beside it, so it
//! is put together inside, and appears file by file.

#![allow(clippy::print_stderr, reason = "a test that was skipped says so")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::export::{CERTIFICATE, export, files, out, verify, world};
use crate::media::plain_png;
use crate::world::World;

/// A folder beside the project that something is mounted on, until it goes.
struct Mounted(PathBuf);

impl Mounted {
    /// An empty file system of its own.
    fn drive(world: &World, name: &str) -> Option<Self> {
        Self::new(world, name, &["-t", "tmpfs", "-o", "size=64m", "none"])
    }

    /// A folder in a file system that takes `a` and `A` for one, where Linux has such.
    fn folding(world: &World, name: &str) -> Option<(Self, PathBuf)> {
        let drive = Self::new(world, name, &["-t", "tmpfs", "-o", "casefold,size=64m", "none"])?;
        let folder = drive.0.join("folding");
        fs::create_dir(&folder).unwrap();
        let folds = Command::new("chattr").arg("+F").arg(&folder).status();
        folds.is_ok_and(|status| status.success()).then_some((drive, folder))
    }

    /// A folder of the same file system, as containers get theirs.
    fn volume(world: &World, name: &str) -> Option<Self> {
        let volume = world.outside(format!("{name}-volume"));
        fs::create_dir_all(&volume).unwrap();
        Self::new(world, name, &["--bind", volume.to_str().unwrap()])
    }

    /// `None`, said loudly, where this user may not mount.
    fn new(world: &World, name: &str, args: &[&str]) -> Option<Self> {
        let at = world.outside(name);
        fs::create_dir_all(&at).unwrap();
        let mut command = Command::new("mount");
        let mounted = command.args(args).arg(&at).stderr(Stdio::null()).status();
        if !mounted.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: this user may not mount; run the tests as root");
            return None;
        }
        Some(Self(at))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

type Mount = fn(&World, &str) -> Option<Mounted>;
const MOUNTS: [Mount; 2] = [Mounted::drive, Mounted::volume];

#[test]
fn a_delivery_appears_on_a_mount_point() {
    for mount in MOUNTS {
        let world = world();
        export(&world, &out(&world)).expect(0);
        let Some(drive) = mount(&world, "drive") else { return };
        let said = export(&world, &drive.0).expect(0).value();
        assert_eq!((&said["verdict"], &said["files"]), (&"pass".into(), &2.into()));
        verify(&world, &drive.0).expect(0);
        let named = |folder: &Path| {
            let mut names = files(folder);
            names.retain(|name| !name.starts_with("ascmhl/0"));
            names
        };
        assert_eq!(named(&drive.0), named(&out(&world)));
        assert!(!drive.0.join(".genlock-partial").exists());
        // Nothing was put beside it, where it may be another disk.
        let beside = fs::read_dir(world.outside("")).unwrap();
        let beside = beside.map(|one| one.unwrap().file_name().into_string().unwrap());
        let beside: Vec<_> = beside.filter(|name| name.contains("partial")).collect();
        assert_eq!(beside, [""; 0]);
        // A second one finds it there.
        export(&world, &drive.0).expect(0);
        // A folder on the drive is new: it appears at once.
        let below = drive.0.join("EP");
        export(&world, &below).expect(0);
        verify(&world, &below).expect(0);
    }
}

#[test]
fn what_is_mounted_inside_the_folder_is_told_before_anything_is_final_or_copied() {
    for mount in MOUNTS {
        let world = world();
        let to = world.outside("EP");
        let Some(inside) = mount(&world, "EP/cut/deep") else { return };
        let error = export(&world, &to).expect(2).value();
        let message = error["error"]["message"].to_string();
        assert!(message.contains("EP/cut/deep is on another volume"), "{message}");
        assert_eq!(files(&to), [].into());
        assert!(!to.join(".genlock-partial").exists());
        assert_eq!(world.json(["deliverable", "show", "EP"]).expect(0).value()["state"], "open");
        drop(inside);
        // Also where the delivery would be put together.
        fs::write(to.join("notes.txt"), "theirs").unwrap();
        let Some(staged) = mount(&world, "EP/.genlock-partial") else { return };
        export(&world, &to).expect(2);
        assert_eq!(files(&to), ["notes.txt".to_owned()].into());
        drop(staged);
        // In the way is only what the delivery needs.
        let Some(_beside) = mount(&world, "EP/other") else { return };
        export(&world, &to).expect(0);
        verify(&world, &to).expect(0);
    }
}

#[test]
fn a_drive_that_is_too_small_is_told_and_keeps_nothing() {
    let world = world();
    let Some(drive) = Mounted::new(&world, "drive", &["-t", "tmpfs", "-o", "size=1m", "none"])
    else {
        return;
    };
    let error = export(&world, &drive.0).expect(2).value();
    assert!(error["error"]["causes"].to_string().contains("bytes free"), "{error}");
    assert_eq!(fs::read_dir(&drive.0).unwrap().count(), 0);
    assert_eq!(world.json(["deliverable", "show", "EP"]).expect(0).value()["state"], "open");
    verify(&world, &drive.0).expect(6);
    // Also in a folder that is to be made there.
    export(&world, &drive.0.join("new/EP")).expect(2);
    assert_eq!(fs::read_dir(&drive.0).unwrap().count(), 0);
}

#[test]
fn a_delivery_on_a_drive_that_nobody_may_write_to_is_found_there() {
    let world = world();
    let Some(drive) = Mounted::drive(&world, "drive") else { return };
    export(&world, &drive.0).expect(0);
    let mut command = Command::new("mount");
    assert!(command.args(["-o", "remount,ro"]).arg(&drive.0).status().unwrap().success());
    assert_eq!(export(&world, &drive.0).expect(0).value()["already"], true);
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn killed_anywhere_on_a_mount_point_the_next_run_finishes_it() {
    for mount in MOUNTS {
        let world = world();
        world.json(["finalize", "EP"]).expect(0);
        let list = world.outside("failpoints");
        let Some(first) = mount(&world, "first") else { return };
        let mut command = world.command();
        command.args(["export", "EP"]).arg(&first.0).env("GENLOCK_FAILPOINT_COUNT", &list);
        assert!(command.output().unwrap().status.success());
        let passed = fs::read_to_string(list).unwrap();
        // One by one, folders that were not there as one, the certificate last.
        let placed = passed.lines().filter(|line| line.ends_with(" delivery-placed")).count();
        assert_eq!(placed, fs::read_dir(&first.0).unwrap().count(), "{passed}");
        for number in 1..=passed.lines().count() {
            let to = mount(&world, &format!("killed-{number}")).unwrap();
            let mut command = world.command();
            command.args(["export", "EP"]).arg(&to.0);
            command.env("GENLOCK_FAILPOINT_ABORT", number.to_string());
            let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            let whole = to.0.join(CERTIFICATE).exists();
            let ran = verify(&world, &to.0);
            assert_eq!(ran.code, if whole { 0 } else { 6 }, "killed at {number}: {}", ran.stdout);
            export(&world, &to.0).expect(0);
            verify(&world, &to.0).expect(0);
            assert!(!to.0.join(".genlock-partial").exists());
        }
    }
}

/// What it leaves is Genlock's own by its name, and the next export takes it away.
// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
fn killed_while_names_are_tried(world: &World) {
    world.json(["reopen", "EP", "--note", "a note"]).expect(0);
    world.json(["scan"]).expect(0);
    let to = world.path("theirs");
    world.write("theirs/notes.txt", "theirs");
    let mut command = world.command();
    command.args(["export", "EP"]).arg(&to).env("GENLOCK_FAILPOINT_ABORT", "names-tried");
    assert!(!command.stderr(Stdio::null()).status().unwrap().success());
    assert!(to.join(".genlock-partial/genlock-export.names").is_dir());
    world.json(["scan"]).expect(0);
    let listed = world.json(["ls", "theirs"]).expect(0).stdout;
    assert!(listed.contains("notes.txt") && !listed.contains("genlock-"), "{listed}");
    assert_eq!(world.json(["deliverable", "show", "EP"]).expect(0).value()["state"], "open");
    export(world, &to).expect(0);
    assert!(!to.join(".genlock-partial").exists());
    verify(world, &to).expect(0);
}

#[test]
fn names_that_differ_only_in_case_leave_where_the_volume_tells_them_apart() {
    let world = world();
    world.write("cut/A.png", plain_png(7));
    export(&world, &out(&world)).expect(0);
    let delivered = ["cut/A.png", "cut/a.png"].map(|name| files(&out(&world)).contains(name));
    assert_eq!(delivered, [true; 2]);
    let beside = fs::read_dir(out(&world).parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "nothing that was tried is left");
    verify(&world, &out(&world)).expect(0);
    #[cfg(debug_assertions)]
    killed_while_names_are_tried(&world);
    let Some((_drive, folder)) = Mounted::folding(&world, "drive") else { return };
    for to in [folder.clone(), folder.join("new/EP")] {
        let error = export(&world, &to).expect(2).error();
        assert!(error.contains("cut/A.png and cut/a.png would be one and the same"), "{error}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}
