//! Genlock: which assets of a production are AI-made, on what evidence, who approved them, and a
//! gate that refuses the delivery of those nobody did. The map is in `docs/architecture.md`.

pub mod clock;
pub mod detect;
pub mod failpoint;
pub mod model;
pub mod problem;
