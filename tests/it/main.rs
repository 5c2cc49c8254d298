//! Genlock from outside: the binary, run as people and scripts run it, each test in a world of its
//! own.

mod approvals;
mod bad_input;
mod gate;
mod main_job;
mod media;
mod names;
mod places;
mod scan;
mod world;
