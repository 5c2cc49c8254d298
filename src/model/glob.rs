//! What a glob is, wherever one is written: in a policy, in a declaration, on the command line.

use globset::{Error, Glob, GlobBuilder};

/// Reads a glob: `*` and `?` stay within a segment of a path, `**` crosses them.
pub fn glob(text: &str) -> Result<Glob, Error> {
    GlobBuilder::new(text).literal_separator(true).build()
}
