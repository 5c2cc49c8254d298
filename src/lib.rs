//! Genlock: which assets of a production are AI-made, on what evidence, who approved them, and a
//! gate that refuses the delivery of those nobody did. The map is in `docs/architecture.md`.

pub mod app;
pub mod attest;
pub mod cli;
pub mod clock;
pub mod config;
pub mod deliver;
pub mod detect;
pub mod failpoint;
pub mod gate;
pub mod ledger;
pub mod lineage;
pub mod model;
pub mod observe;
pub mod origin;
pub mod picture;
pub mod policy;
pub mod problem;
pub mod record;
pub mod report;
