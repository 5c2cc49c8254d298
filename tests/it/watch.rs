//! `watch` from outside: started as a process, told nothing, asked by its output and its ledger.
//!
//! Nothing here sleeps and hopes: a test makes a change, then waits for the event or the ledger row
//! that must come of it, with a bound.

pub mod blind;
mod converge;
mod guard;
pub mod kit;
mod living;
mod settings;
mod silent;
mod storm;
mod telling;
mod ways;
