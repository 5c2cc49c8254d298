//! What a glob is, wherever one is written: in a policy, in a declaration, on the command line.
//!
//! `*` and `?` stay within a segment of a path, `**` crosses them. `?` and `[…]` stand for one character, as
//! in a shell, however many bytes that has; a byte that is part of none is one of its own.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use globset::{Error, GlobBuilder, GlobSet};
use regex_automata::meta::Regex;
use regex_automata::nfa::thompson::{Config, NFA, State, WhichCaptures};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;

/// A glob that was read.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    /// A set of one. Unlike a matcher of one glob it looks at extensions and literal names first, and a
    /// gate asks this of a hundred thousand paths for every rule. It counts bytes.
    bytes: GlobSet,
    chars: Arc<Chars>,
}

impl Glob {
    /// Reads a glob.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let glob = GlobBuilder::new(text).literal_separator(true).build()?;
        let regex = in_characters(glob.regex());
        let bytes = GlobSet::builder().add(glob).build()?;
        let chars = Arc::new(Chars { regex, whole: OnceLock::new(), parts: OnceLock::new() });
        Ok(Self { text: text.to_owned(), bytes, chars })
    }

    /// Whether it fits a path, or another text.
    pub fn is_match(&self, path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        let name = path.as_os_str().as_bytes();
        if name.is_ascii() || !self.text.contains(['?', '[']) {
            return self.bytes.is_match(path);
        }
        self.chars.is_match(name).unwrap_or_else(|| self.bytes.is_match(path))
    }

    /// Whether it may fit something below a folder.
    pub fn could_hold(&self, folder: &Path) -> bool {
        self.chars.in_folder(folder).is_none_or(|after| !after.states.is_empty())
    }

    /// Whether whatever it fits below one folder it fits below another, by the same names.
    pub fn fits_as_well(&self, below: &Path, elsewhere: &Path) -> bool {
        let all = [below, elsewhere].map(|folder| self.chars.in_folder(folder));
        let [Some(here), Some(there)] = all else { return false };
        here.states.iter().all(|state| there.states.contains(state))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The regular expression of a glob, which is over bytes, over characters.
fn in_characters(regex: &str) -> String {
    let mut said = Vec::new();
    let mut chars = regex.strip_prefix("(?-u)").unwrap_or(regex).chars();
    while let Some(one) = chars.next() {
        let escaped = if one == '\\' { chars.next() } else { None };
        match escaped {
            // Only what is not ASCII is written so: the bytes of a character one after the other.
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                said.extend(u8::from_str_radix(&digits, 16));
            }
            escaped => {
                for one in [Some(one), escaped].into_iter().flatten() {
                    said.extend_from_slice(one.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// A text as characters: what is not UTF-8 is one of its own for each byte.
fn characters(text: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text) {
        return text.into();
    }
    let mut chars = String::new();
    for chunk in text.utf8_chunks() {
        chars.push_str(chunk.valid());
        chars.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    chars.into()
}

/// A glob over characters. What reads it is made when something first asks, and is none where it cannot be made.
#[derive(Debug)]
struct Chars {
    regex: String,
    /// For a whole path, as fast as can be.
    whole: OnceLock<Option<Regex>>,
    /// Step by step, so that it can be asked in the middle of a path.
    parts: OnceLock<Option<NFA>>,
}

impl Chars {
    fn is_match(&self, text: &[u8]) -> Option<bool> {
        let read = || Regex::builder().syntax(every()).build(&self.regex).ok();
        let regex = self.whole.get_or_init(read).as_ref()?;
        Some(regex.is_match(&*characters(text)))
    }

    /// Where it stands in a folder, before the name of something in it.
    fn in_folder(&self, folder: &Path) -> Option<After<'_>> {
        let read = || {
            let lean = Config::new().which_captures(WhichCaptures::None);
            NFA::compiler().syntax(every()).configure(lean).build(&self.regex).ok()
        };
        let mut after = After::nothing(self.parts.get_or_init(read).as_ref()?);
        after.read(characters(folder.as_os_str().as_bytes()).as_bytes());
        if !folder.as_os_str().is_empty() {
            after.read(b"/");
        }
        Some(after)
    }
}

/// A line break is a character of a name as others are.
fn every() -> syntax::Config {
    syntax::Config::new().dot_matches_new_line(true)
}

/// What may come next of a glob.
struct After<'a> {
    nfa: &'a NFA,
    states: Vec<StateID>,
    /// In which step each state was met last.
    met: Vec<usize>,
    step: usize,
}

impl<'a> After<'a> {
    /// Nothing was read yet.
    fn nothing(nfa: &'a NFA) -> Self {
        let met = vec![0; nfa.states().len()];
        let mut after = Self { nfa, states: Vec::new(), met, step: 1 };
        after.enter(nfa.start_anchored());
        after
    }

    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step += 1;
            for state in std::mem::take(&mut self.states) {
                let next = match self.nfa.state(state) {
                    State::ByteRange { trans } => trans.matches_byte(*byte).then_some(trans.next),
                    State::Sparse(all) => all.matches_byte(*byte),
                    State::Dense(all) => all.matches_byte(*byte),
                    _ => None,
                };
                if let Some(next) = next {
                    self.enter(next);
                }
            }
        }
    }

    /// Goes on to a state, and from there to all that need nothing read.
    fn enter(&mut self, state: StateID) {
        let mut open = vec![state];
        while let Some(state) = open.pop() {
            if std::mem::replace(&mut self.met[state.as_usize()], self.step) == self.step {
                continue;
            }
            match self.nfa.state(state) {
                State::Look { look: Look::Start, next } if self.step == 1 => open.push(*next),
                State::Union { alternates } => open.extend(alternates.iter()),
                State::BinaryUnion { alt1, alt2 } => open.extend([*alt1, *alt2]),
                State::Capture { next, .. } => open.push(*next),
                State::Fail => {}
                _ => self.states.push(state),
            }
        }
    }
}

#[cfg(test)]
mod tests;
