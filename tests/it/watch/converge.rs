//! Random operations while a watch runs: in the end the ledger, a fresh scan and a naive model agree.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::watch::kit::{Watched, converges, in_ledger, long, on_disk};
use crate::world::World;

#[derive(Clone, Debug)]
enum Act {
    Write(u8, u8),
    Append(u8),
    Save(u8, u8),
    Remove(u8),
    RemoveFolder(u8),
    Rename(u8, u8),
    RenameFolder(u8, u8),
    Link(u8, u8),
    MakeFolder(u8),
    MoveOut(u8),
    MoveIn(u8),
}

fn act() -> impl Strategy<Value = Act> {
    // A file of nothing but brackets is JSON that was cut off: a problem, rightly, and not what is tried
    // here.
    let plain = any::<u8>().prop_map(|byte| if b"[{".contains(&byte) { b'x' } else { byte });
    let (n, c) = (0_u8..24, plain);
    prop_oneof![
        6 => (n.clone(), c.clone()).prop_map(|(at, content)| Act::Write(at, content)),
        2 => n.clone().prop_map(Act::Append),
        2 => (n.clone(), c).prop_map(|(at, content)| Act::Save(at, content)),
        3 => n.clone().prop_map(Act::Remove),
        1 => n.clone().prop_map(Act::RemoveFolder),
        3 => (n.clone(), n.clone()).prop_map(|(from, to)| Act::Rename(from, to)),
        3 => (n.clone(), n.clone()).prop_map(|(from, to)| Act::RenameFolder(from, to)),
        1 => (n.clone(), n.clone()).prop_map(|(from, to)| Act::Link(from, to)),
        1 => n.clone().prop_map(Act::MakeFolder),
        1 => n.clone().prop_map(Act::MoveOut),
        1 => n.prop_map(Act::MoveIn),
    ]
}

/// Folders three deep; every name is sometimes a file and sometimes a folder.
fn folder(at: u8) -> String {
    let (a, b) = (at % 3, at % 4);
    match at % 5 {
        0 => String::new(),
        1 | 2 => format!("d{a}/"),
        _ => format!("d{a}/d{b}/"),
    }
}

fn file(at: u8) -> String {
    format!("{}f{}.txt", folder(at), at % 6)
}

fn key(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

/// What should be there: path to content. Follows an operation only where the system accepted it.
type Model = BTreeMap<String, Vec<u8>>;

#[expect(clippy::too_many_lines, reason = "a list: one operation after the other")]
fn run(world: &World, model: &mut Model, out: &mut BTreeMap<u8, Model>, act: &Act) {
    let parent = |path: &str| fs::create_dir_all(world.path(path).parent().unwrap()).is_ok();
    let outside = |at: u8| world.outside(format!("out{at}"));
    let within = |model: &Model, folder: &str| -> Vec<String> {
        model.keys().filter(|path| path.starts_with(folder)).cloned().collect()
    };
    match *act {
        Act::Write(at, content) => {
            let bytes = vec![content; usize::from(content) * 10];
            if parent(&file(at)) && fs::write(world.path(file(at)), &bytes).is_ok() {
                model.insert(file(at), bytes);
            }
        }
        Act::Append(at) => {
            let opened = fs::File::options().append(true).open(world.path(file(at)));
            if let Ok(mut opened) = opened {
                std::io::Write::write_all(&mut opened, b"more").unwrap();
                model.get_mut(&file(at)).unwrap().extend(b"more");
            }
        }
        Act::Save(at, content) => {
            let (bytes, temporary) = (vec![content; 77], format!("{}.tmp", file(at)));
            if parent(&file(at)) && fs::write(world.path(&temporary), &bytes).is_ok() {
                fs::rename(world.path(&temporary), world.path(file(at))).unwrap();
                model.insert(file(at), bytes);
            }
        }
        Act::Remove(at) => {
            if fs::remove_file(world.path(file(at))).is_ok() {
                model.remove(&file(at));
            }
        }
        Act::RemoveFolder(at) => {
            let folder = folder(at);
            if !folder.is_empty() && fs::remove_dir_all(world.path(&folder)).is_ok() {
                for path in within(model, &folder) {
                    model.remove(&path);
                }
            }
        }
        Act::Rename(from, to) => {
            if from != to
                && file(from) != file(to)
                && parent(&file(to))
                && fs::rename(world.path(file(from)), world.path(file(to))).is_ok()
            {
                // Two names of one file: such a rename does nothing.
                if world.path(file(from)).symlink_metadata().is_err() {
                    let bytes = model.remove(&file(from)).unwrap();
                    model.insert(file(to), bytes);
                }
            }
        }
        Act::RenameFolder(from, to) => {
            let (from, to) = (folder(from), folder(to));
            if !from.is_empty()
                && !to.is_empty()
                && from != to
                && !to.starts_with(&from)
                && parent(&key(&to))
                && fs::rename(world.path(key(&from)), world.path(key(&to))).is_ok()
            {
                for path in within(model, &from) {
                    let bytes = model.remove(&path).unwrap();
                    model.insert(format!("{to}{}", &path[from.len()..]), bytes);
                }
            }
        }
        Act::Link(from, to) => {
            if file(from) != file(to)
                && parent(&file(to))
                && fs::hard_link(world.path(file(from)), world.path(file(to))).is_ok()
            {
                // Content is told by name here: the two must not be written through each other.
                let bytes = model[&file(from)].clone();
                fs::remove_file(world.path(file(from))).unwrap();
                model.remove(&file(from));
                model.insert(file(to), bytes);
            }
        }
        Act::MakeFolder(at) => {
            let _ = fs::create_dir_all(world.path(folder(at)));
        }
        Act::MoveOut(at) => {
            let folder = folder(at);
            if !folder.is_empty()
                && !out.contains_key(&at)
                && fs::rename(world.path(key(&folder)), outside(at)).is_ok()
            {
                let mut moved = Model::new();
                for path in within(model, &folder) {
                    let bytes = model.remove(&path).unwrap();
                    moved.insert(path[folder.len()..].to_owned(), bytes);
                }
                out.insert(at, moved);
            }
        }
        Act::MoveIn(at) => {
            let folder = folder(at);
            if !folder.is_empty()
                && out.contains_key(&at)
                && parent(&key(&folder))
                && fs::rename(outside(at), world.path(key(&folder))).is_ok()
            {
                let moved = out.remove(&at).unwrap();
                model.extend(
                    moved.into_iter().map(|(path, bytes)| (format!("{folder}{path}"), bytes)),
                );
            }
        }
    }
}

fn campaign(sequences: u32, args: &[&str]) {
    let mut runner = TestRunner::new(Config {
        cases: sequences,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let world = World::new();
    world.configure("[watch]\npoll = \"150ms\"");
    let mut watched = Watched::start(&world, args);
    // One watch for all of them: what a sequence leaves behind is what the next begins with.
    let state = std::cell::RefCell::new((Model::new(), BTreeMap::new(), &mut watched));
    runner
        .run(&proptest::collection::vec(act(), 100..120), |acts| {
            let (model, out, watched) = &mut *state.borrow_mut();
            for act in &acts {
                run(&world, model, out, act);
            }
            converges(&world, watched);
            let disk = on_disk(&world);
            let naive: BTreeMap<_, _> = model
                .iter()
                .map(|(path, bytes)| (path.clone(), blake3::hash(bytes).to_hex().to_string()))
                .collect();
            assert_eq!(disk, naive, "the model is wrong");
            Ok(())
        })
        .unwrap();
    watched.stop();
    let before = in_ledger(&world);
    world.scan();
    assert_eq!(in_ledger(&world), before, "a scan sees something else");
    world.verify();
}

#[test]
fn random_operations_converge() {
    campaign(if long() { 200 } else { 20 }, &["--settle", "100ms"]);
}

#[test]
fn random_operations_converge_by_polling() {
    campaign(if long() { 200 } else { 20 }, &["--settle", "100ms", "--poll"]);
}
