//! Whole packages: made by code, hostile, damaged, and real ones.

mod corpus;
mod damage;
mod dcp;
mod hostile;
mod imf;
mod kit;
mod legacy;
mod mhl;
