//! Markup that nothing from outside can become: texts escaped for where they go, and lists of names.

use std::fmt;
use std::io::{self, Write};

use crate::report::clean;

/// Contents, places and marks that the page lists of one element; the JSON has all.
pub const MOST: usize = 24;

/// A text from outside, escaped for a page: safe between tags and in a quoted attribute.
pub struct Text<'a>(pub &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.0.split('\n').enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            // In runs: a log of a feature is tens of megabytes.
            let line = clean(line.trim_end_matches('\r'));
            let mut from = 0;
            for (at, special) in line.match_indices(['&', '<', '>', '"', '\'']) {
                f.write_str(&line[from..at])?;
                f.write_str(match special {
                    "&" => "&amp;",
                    "<" => "&lt;",
                    ">" => "&gt;",
                    "\"" => "&quot;",
                    _ => "&#39;",
                })?;
                from = at + special.len();
            }
            f.write_str(&line[from..])?;
        }
        Ok(())
    }
}

/// The same in an element that keeps its direction to itself.
pub struct Own<'a>(pub &'a str);

impl fmt::Display for Own<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<bdi>{}</bdi>", Text(self.0))
    }
}

/// A list of names and what belongs to them.
pub struct List<'a>(&'a mut dyn Write);

impl<'a> List<'a> {
    pub fn begin(out: &'a mut dyn Write) -> io::Result<Self> {
        writeln!(out, "<dl>")?;
        Ok(Self(out))
    }

    pub fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        writeln!(
            self.0,
            "<div><dt>{name}</dt><dd><bdi class=\"text\">{}</bdi></dd></div>",
            Text(text)
        )
    }

    pub fn hash(&mut self, name: &str, text: &str) -> io::Result<()> {
        writeln!(self.0, "<div><dt>{name}</dt><dd class=\"hash\">{}</dd></div>", Text(text))
    }

    pub fn many<'b>(&mut self, name: &str, all: impl Iterator<Item = &'b str>) -> io::Result<()> {
        self.begin_many(name, "")?;
        for one in all {
            self.item(&Own(one).to_string())?;
        }
        self.end_many()
    }

    /// The first of many; nothing where there is none.
    pub fn limited<'b>(
        &mut self,
        name: &str,
        all: impl Iterator<Item = &'b str>,
    ) -> io::Result<()> {
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            return Ok(());
        }
        self.begin_many(name, "")?;
        for one in all.iter().take(MOST) {
            self.item(&format!("<bdi class=\"text\">{}</bdi>", Text(one)))?;
        }
        if all.len() > MOST {
            self.item(&format!("and {} more: the JSON lists all", all.len() - MOST))?;
        }
        self.end_many()
    }

    pub fn limited_or<'b>(
        &mut self,
        name: &str,
        all: impl Iterator<Item = &'b str>,
        none: &str,
    ) -> io::Result<()> {
        let mut all = all.peekable();
        if all.peek().is_none() { self.text(name, none) } else { self.limited(name, all) }
    }

    pub fn begin_many(&mut self, name: &str, class: &str) -> io::Result<()> {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        writeln!(self.0, "<div><dt>{name}</dt><dd{class}><ul>")
    }

    /// An item that is markup already.
    pub fn item(&mut self, markup: &str) -> io::Result<()> {
        writeln!(self.0, "<li>{markup}</li>")
    }

    pub fn end_many(&mut self) -> io::Result<()> {
        writeln!(self.0, "</ul></dd></div>")
    }

    pub fn end(self) -> io::Result<()> {
        writeln!(self.0, "</dl>")
    }
}
