//! Genlock from outside: the binary, run as people and scripts run it, each test in a world of its
//! own.

mod approvals;
mod architecture;
mod bad_input;
mod bad_input;
mod concurrent;
mod crash;
mod damage;
mod deliverables;
mod exit_codes;
mod gate;
mod main_job;
mod media;
mod names;
mod pages;
mod people;
mod places;
mod queries;
mod scan;
mod verify;
mod world;
