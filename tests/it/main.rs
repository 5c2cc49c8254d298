//! Genlock from outside: the binary, run as people and scripts run it, each test in a world of its
//! own.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed, and says so by panicking"
)]

mod approvals;
mod architecture;
mod attacks;
mod bad_input;
mod beside;
mod bypasses;
mod concurrent;
mod corpus;
mod crash;
mod damage;
mod declarations;
mod declared_places;
mod deliverables;
mod delivered;
mod disclosure;
mod disclosure_file;
mod disclosure_sources;
mod exit_codes;
mod export;
mod extensions;
mod gate;
mod guidance;
mod in_force;
mod judging;
mod keys;
mod lineage;
mod linked;
mod log_and_gate;
mod main_job;
mod media;
mod model;
mod mounted;
mod names;
mod nested;
mod packages;
mod pages;
mod people;
mod places;
mod policy;
mod profiles;
mod queries;
mod readers;
mod redetect;
mod references;
mod resumed;
mod run;
mod scan;
mod signing;
mod terminal;
mod timelines;
mod tools;
mod trust;
mod verify;
mod watch;
mod world;
