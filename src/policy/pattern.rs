//! A glob of a policy: over paths as they are shown, or over another text. `*` does not cross `/`.

use globset::{Error, GlobSet};

use crate::model::glob;

/// A glob that was read.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    /// A set of one. Unlike a matcher of one glob it looks at extensions and literal names first, and a
    /// gate asks this of a hundred thousand paths for every rule.
    set: GlobSet,
}

impl Pattern {
    /// Reads a glob.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let set = GlobSet::builder().add(glob(text)?).build()?;
        Ok(Self { text: text.to_owned(), set })
    }

    /// Whether it fits.
    pub fn is_match(&self, text: &str) -> bool {
        self.set.is_match(text)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_what_a_glob_alone_would() {
        let globs = ["**", "*.png", "reel1/**", "reel?/**/*.mov", "**/a.png", "a", "{a,b}/*", ""];
        let paths =
            ["a", "a.png", "reel1/a.png", "reel1/x/b.mov", "reel10/b.mov", "b/c/d", "b/c", ""];
        for glob in globs {
            let alone = super::glob(glob).unwrap();
            let alone = alone.compile_matcher();
            for path in paths {
                let fits = Pattern::parse(glob).unwrap().is_match(path);
                assert_eq!(fits, alone.is_match(path), "{glob} on {path:?}");
            }
        }
        assert!(Pattern::parse("[").is_err());
    }
}
