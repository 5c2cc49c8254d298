//! Several of us at once: everybody succeeds, nobody overwrites anybody, and ids are given once.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::media;
use crate::world::{Ran, World, text};

fn start(world: &World, args: &[&str]) -> Child {
    let mut command = world.command();
    command.arg("--json").args(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> Ran {
    Ran::from(child.wait_with_output().unwrap())
}

/// Enough files that a scan lasts a while.
fn crowded() -> World {
    let world = World::new();
    for at in 0..1500_u32 {
        world.write(format!("{}/{at}.bin", at % 30), format!("file {at}"));
    }
    for at in 0..4 {
        world.write(format!("ai/{at}.png"), media::a1111_png(at));
    }
    world
}

#[test]
fn two_scans_at_once_both_succeed_and_agree() {
    let world = crowded();
    let (one, two) = (start(&world, &["scan"]), start(&world, &["scan"]));
    for scan in [end(one).expect(0).value(), end(two).expect(0).value()] {
        assert_eq!((&scan["files"], &scan["ai"]), (&1504.into(), &4.into()));
    }
    world.verify();
    assert_eq!(world.files().len(), 1504);
    assert_eq!(world.scan()["hashed_files"], 0);
}

#[test]
fn approvals_during_a_scan_are_recorded_each_with_an_id_of_its_own() {
    let world = crowded();
    world.run(["scan", "ai"]).expect(0);
    let letter = world.letter();
    let scan = start(&world, &["scan"]);
    let approving: Vec<_> = (0..4)
        .map(|at| {
            let asset = format!("ai/{at}.png");
            start(
                &world,
                &["approve", &asset, "--by", "Dana", "--scope", "final", "--document", &letter],
            )
        })
        .collect();
    let ids: BTreeSet<_> = approving
        .into_iter()
        .map(|child| text(&end(child).expect(0).value()["ids"], "0"))
        .collect();
    assert_eq!(ids.len(), 4, "{ids:?}");
    end(scan).expect(0);
    world.verify();
    world.deliverable("EP101", &["ai"]);
    world.gate("EP101").expect(
        "pass",
        &[
            "[approval-unsigned ai/0.png]",
            "[approval-unsigned ai/1.png]",
            "[approval-unsigned ai/2.png]",
            "[approval-unsigned ai/3.png]",
        ],
    );
}

#[test]
fn gates_during_a_scan_answer_as_they_do_alone() {
    let world = crowded();
    world.deliverable("EP101", &["ai"]);
    let scan = start(&world, &["scan"]);
    let gates = [start(&world, &["gate", "EP101"]), start(&world, &["finalize", "EP101"])];
    for gate in gates {
        assert_eq!(end(gate).expect(1).value()["verdict"], "refused");
    }
    end(scan).expect(0);
    world.verify();
}

#[test]
fn of_several_who_finalize_at_once_all_are_told_the_same() {
    let world = crowded();
    world.deliverable("EP101", &["0"]);
    world.scan();
    let all: Vec<_> = (0..3).map(|_| start(&world, &["finalize", "EP101"])).collect();
    for one in all {
        assert_eq!(end(one).expect(0).value()["verdict"], "pass");
    }
    world.verify();
}

#[test]
fn a_project_made_twice_at_once_is_one_project() {
    for _ in 0..5 {
        let world = World::bare();
        let made: Vec<_> = (0..3).map(|_| start(&world, &["init"])).collect();
        let made: Vec<_> = made.into_iter().map(|one| end(one).expect(0).value()).collect();
        let new = made.iter().filter(|one| one["created"] == true).count();
        assert_eq!(new, 1, "{made:?}");
        world.verify();
        assert_eq!(world.events(), 2);
    }
}

#[test]
fn a_scan_that_is_killed_is_in_nobodys_way() {
    let world = crowded();
    let (mut one, two) = (start(&world, &["scan"]), start(&world, &["scan"]));
    std::thread::sleep(Duration::from_millis(50));
    one.kill().unwrap();
    one.wait().unwrap();
    assert_eq!(end(two).expect(0).value()["files"], 1504);
    world.verify();
}

#[test]
fn a_ledger_that_stays_locked_is_said_to_be_busy_and_not_waited_for_for_ever() {
    let world = World::with([("a.png", media::a1111_png(1))]);
    let lock = Connection::open(world.ledger()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Reading goes on.
    world.run(["ls"]).expect(0);
    world.verify();
    let began = Instant::now();
    let ran = world.json(["tag", "a.png", "--ai"]).expect(5);
    assert!(ran.error().contains("busy"), "{ran:?}");
    assert!(began.elapsed() < Duration::from_mins(1));
    lock.execute_batch("ROLLBACK").unwrap();
    world.run(["tag", "a.png", "--ai"]).expect(0);
}

#[test]
fn several_that_open_an_older_ledger_at_once_all_succeed() {
    let world = World::with([("a.txt", b"a".to_vec())]);
    let format_3 = "DROP INDEX given_name_by_name; DROP INDEX given_name_of_sources;
                    DROP TABLE given_name; PRAGMA user_version = 3;";
    let connection = Connection::open(world.ledger()).unwrap();
    connection.execute_batch(format_3).unwrap();
    // Another one is at it already, and done while they wait.
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let all: Vec<_> = (0..3).map(|_| start(&world, &["ls"])).collect();
    std::thread::sleep(Duration::from_secs(1));
    connection.execute_batch(include_str!("../../schema/0004_lineage.sql")).unwrap();
    connection.execute_batch("PRAGMA user_version = 4; COMMIT").unwrap();
    for ls in all {
        assert_eq!(end(ls).expect(0).value()["path"], "a.txt");
    }
    // And with nobody before them.
    connection.execute_batch(format_3).unwrap();
    let all: Vec<_> = (0..4).map(|_| start(&world, &["ls"])).collect();
    for ls in all {
        end(ls).expect(0);
    }
    world.verify();
}
