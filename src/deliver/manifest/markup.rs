//! Writes XML with the indentation of the reference implementation. Everything is escaped here;
//! what XML cannot hold is refused.

use std::fmt::Write;

use crate::deliver::manifest::ManifestError;
use crate::deliver::package::relative_path::shown;
use crate::model::Timestamp;

/// XML that is being written.
pub(super) struct Markup {
    out: String,
    open: Vec<&'static str>,
}

impl Markup {
    /// With the root open.
    pub(super) fn new(root: &'static str, attributes: &str) -> Self {
        let out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} {attributes}>\n");
        Self { out, open: vec![root] }
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &'static str) {
        self.indent();
        let _ = writeln!(self.out, "<{name}>");
        self.open.push(name);
    }

    /// Opens an element with an attribute that needs no escape.
    pub(super) fn open_with(&mut self, name: &'static str, attribute: &str) {
        self.indent();
        let _ = writeln!(self.out, "<{name} {attribute}>");
        self.open.push(name);
    }

    /// Closes what was opened last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            let _ = writeln!(self.out, "</{name}>");
        }
    }

    /// An element with text. Attributes without a value are left out.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, Option<&str>)],
        text: &str,
    ) -> Result<(), ManifestError> {
        let text = escaped(name, text)?;
        self.indent();
        let _ = write!(self.out, "<{name}");
        for (attribute, value) in attributes {
            if let Some(value) = value {
                let _ = write!(self.out, " {attribute}=\"{}\"", escaped(attribute, value)?);
            }
        }
        let _ = writeln!(self.out, ">{text}</{name}>");
        Ok(())
    }

    /// All of it, closed.
    pub(super) fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.into_bytes()
    }

    fn indent(&mut self) {
        for _ in &self.open {
            self.out.push_str("  ");
        }
    }
}

/// A time as the schema and the reference implementation write it: to the second, UTC.
pub(super) fn date_time(time: Timestamp) -> String {
    let text = time.to_the_second();
    format!("{}T{}+00:00", text.get(..10).unwrap_or_default(), text.get(11..19).unwrap_or_default())
}

/// The same for the name of a file.
pub(super) fn file_name_time(time: Timestamp) -> String {
    let text = time.to_the_second();
    let clock = text.get(11..19).unwrap_or_default().replace(':', "");
    format!("{}_{clock}Z", text.get(..10).unwrap_or_default())
}

fn escaped(what: &'static str, text: &str) -> Result<String, ManifestError> {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // These would be read as other white space.
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            // XML 1.0, 2.2.
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {
                return Err(ManifestError::NotText { what, text: shown(text.as_bytes()) });
            }
            other => out.push(other),
        }
    }
    // Readers take white space off the ends of a text.
    if text.trim() != text {
        return Err(ManifestError::NotText { what, text: shown(text.as_bytes()) });
    }
    Ok(out)
}
