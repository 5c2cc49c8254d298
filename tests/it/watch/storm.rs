//! Storms, and being killed in one.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use crate::watch::kit::{Watched, converges, long};
use crate::world::World;

/// A number after another, without a crate.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[test]
fn a_tree_moved_in_and_out_again_and_again_leaves_no_ghost() {
    let world = World::new();
    for at in 0..200 {
        world.write(format!("tree/{}/{}/{at}.txt", at % 5, at % 3), format!("file {at}"));
    }
    world.scan();
    let mut watched = Watched::start(&world, &[]);
    let out = world.outside("out");
    for _ in 0..if long() { 100 } else { 20 } {
        fs::rename(world.path("tree"), &out).unwrap();
        fs::rename(&out, world.path("tree")).unwrap();
    }
    converges(&world, &mut watched);
    world.write("tree/4/2/new.txt", "new");
    watched.changed("tree/4/2/new.txt");
    fs::rename(world.path("tree"), &out).unwrap();
    converges(&world, &mut watched);
    watched.stop();
    world.verify();
}

#[test]
fn a_checkout_that_swaps_everything_is_followed() {
    let files = if long() { 20_000 } else { 2000 };
    let world = World::new();
    let write = |branch: &str| {
        for at in 0..files {
            world.write(format!("src/{}/{}/{at}.txt", at % 40, at % 7), format!("{branch} {at}"));
        }
    };
    write("main");
    world.scan();
    let mut watched = Watched::start(&world, &[]);
    for branch in ["feature", "main again"] {
        fs::remove_dir_all(world.path("src")).unwrap();
        write(branch);
    }
    converges(&world, &mut watched);
    watched.stop();
    world.verify();
    assert_eq!(world.scan()["hashed_files"], 0);
}

#[test]
fn killed_in_a_storm_the_ledger_holds_and_the_next_watch_makes_good() {
    let world = World::new();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for round in 0..if long() { 50 } else { 5 } {
        let watched = Watched::spawn(&world, &[]);
        let kill_after = Duration::from_millis(dice.roll(400));
        let storm = std::thread::scope(|scope| {
            let storm = scope.spawn(|| {
                for at in 0..300 {
                    world.write(
                        format!("{}/{}/{at}.txt", round % 3, at % 9),
                        format!("{round} {at}"),
                    );
                    if at % 10 == 0 {
                        let _ = fs::remove_dir_all(world.path(format!("{}/{}", round % 3, at % 4)));
                    }
                }
            });
            std::thread::sleep(kill_after);
            assert_eq!(watched.end(Signal::KILL).0, -1);
            storm.join()
        });
        storm.unwrap();
        world.verify();
    }
    let mut watched = Watched::start(&world, &[]);
    converges(&world, &mut watched);
    watched.stop();
    world.verify();
}
