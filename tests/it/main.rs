//! Genlock from outside: the binary, run as people and scripts run it, each test in a world of its
//! own.

mod architecture;
mod bad_input;
mod concurrent;
mod crash;
mod damage;
mod main_job;
mod media;
mod names;
mod places;
mod scan;
mod verify;
mod world;
