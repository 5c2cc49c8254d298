//! Genlock from outside: the binary, run as people and scripts run it, each test in a world of its
//! own.

mod architecture;
mod concurrent;
mod crash;
mod media;
mod world;

#[test]
fn a_world_begins_empty() {
    let world = world::World::new();
    world.write("a.png", media::a1111_png(1));
    assert_eq!(world.scan()["ai"], 1);
    world.verify();
}
