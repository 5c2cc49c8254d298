//! Genlock from outside: the binary, run as people and scripts run it, each test in a world of its
//! own.

mod approvals;
mod bad_input;
mod corpus;
mod deliverables;
mod exit_codes;
mod gate;
mod main_job;
mod media;
mod model;
mod names;
mod pages;
mod people;
mod places;
mod queries;
mod scan;
mod world;
