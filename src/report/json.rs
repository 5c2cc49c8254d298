//! JSON lines: one object each, every one with its version.

use std::io::{self, Write};

use serde::Serialize;

/// The `"v"` of every object: raised when a field changes its meaning, never when one is added.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a, T> {
    v: u32,
    #[serde(flatten)]
    value: &'a T,
}

/// Writes one object and a line feed.
pub fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Versioned { v: VERSION, value })?;
    out.write_all(b"\n")
}
