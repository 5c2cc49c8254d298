//! The lines of an edit decision list that are no events: titles, counting modes, and the comments in
//! which systems leave the names that the eight columns of a reel cannot hold.

use crate::deliver::names::is_media;
use crate::deliver::timeline::collector::is_place;

/// What a comment says of a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The name of what is cut to, or of the outgoing side of a blend.
    From(String),
    /// The name of the incoming side of a blend.
    To(String),
    /// The name of what is heard, where that is not what is seen.
    Heard(String),
    /// A file, of the side that was named last.
    File(String),
    /// A file, of what is cut to, or of the outgoing side of a blend.
    FromFile(String),
    /// A file, of the incoming side of a blend.
    ToFile(String),
    /// The reel in full. Of the side that was named last, or of the lines whose short reel is `of`.
    Reel {
        /// The reel in full.
        full: String,
        /// What stands for it in the event line.
        of: Option<String>,
    },
    /// More channels of the line above (`AUD`).
    Channels(String),
}

impl Said {
    /// Whether it is the name of what is seen.
    pub fn is_name(&self) -> bool {
        matches!(self, Self::From(_) | Self::To(_))
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File(_) | Self::FromFile(_) | Self::ToFile(_))
    }

    /// Whether it gives a clip a name or a file.
    pub fn names_clip(&self) -> bool {
        self.is_name() || self.is_file() || matches!(self, Self::Heard(_))
    }

    /// The name or the file that it gives.
    pub fn into_name_or_file(self) -> Option<String> {
        match self {
            Self::From(text)
            | Self::To(text)
            | Self::Heard(text)
            | Self::File(text)
            | Self::FromFile(text)
            | Self::ToFile(text) => Some(text),
            Self::Reel { .. } | Self::Channels(_) => None,
        }
    }
}

/// One line that is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `TITLE:`.
    Title(String),
    /// `FCM:`, and whether frames drop from here on.
    Counting(bool),
    /// `>>> SOURCE`: an entry of the table of sources, with its reel. Its file follows.
    Source(String),
    /// Says something of a clip.
    Clip(Said),
    /// A comment, or a statement about how something is shown and not what.
    Comment,
    /// Not understood.
    Unknown,
}

/// Makes of the text behind the colon what it says.
type Sayer = fn(String) -> Said;

/// The words before the colon, and what they say.
const CLIP_WORDS: &[(&str, Sayer)] = &[
    ("FROM CLIP NAME", Said::From),
    ("FROM CLIP", Said::From),
    ("CLIP NAME", Said::From),
    ("VIDEO CLIP NAME", Said::From),
    ("SOURCE CLIP NAME", Said::From),
    ("AUDIO CLIP NAME", Said::Heard),
    ("AUDIO CLIP", Said::Heard),
    ("TO CLIP NAME", Said::To),
    ("TO CLIP", Said::To),
    ("KEY CLIP NAME", Said::To),
    ("KEY CLIP", Said::To),
    ("SOURCE FILE PATH", Said::File),
    ("SOURCE FILE", Said::File),
    ("SOURCE PATH", Said::File),
    ("FROM FILE", Said::FromFile),
    ("OTIO REFERENCE FROM", Said::FromFile),
    ("FILE PATH", Said::File),
    ("TO FILE", Said::ToFile),
    ("OTIO REFERENCE TO", Said::ToFile),
    ("REEL NAME", |full| Said::Reel { full, of: None }),
    ("SOURCE REEL", |full| Said::Reel { full, of: None }),
    ("FINAL CUT PRO REEL", |full| Said::Reel { full, of: None }),
    ("OTIO TRUNCATED REEL NAME FROM", |full| Said::Reel { full, of: None }),
];

/// Statements without a star that say nothing of what is shown.
const KNOWN: &[&str] = &["M2", "SPLIT", "EFFECTS NAME", "EFFECT NAME", "BLEND", "REM", "#", ";"];

impl Statement {
    /// Reads a line.
    pub fn parse(line: &str) -> Self {
        let bare =
            line.trim_start_matches(|first: char| first == '*' || first.is_whitespace()).trim();
        if let Some(said) = clip(bare) {
            return Self::Clip(said);
        }
        if let Some(rest) = bare.strip_prefix(">>>").map(str::trim_start)
            && starts(rest, "SOURCE")
        {
            let reel = rest.split_whitespace().nth(1).unwrap_or_default();
            return Self::Source(reel.to_owned());
        }
        if line.trim_start().starts_with('*') || bare.is_empty() {
            return Self::Comment;
        }
        if let Some(title) = after(bare, "TITLE") {
            return Self::Title(title.to_owned());
        }
        if let Some(mode) = after(bare, "FCM") {
            let mode = mode.to_ascii_uppercase();
            return Self::Counting(mode.contains("DROP") && !mode.contains("NON"));
        }
        if let Some(channels) = bare.get(3..).filter(|_| starts(bare, "AUD")) {
            let numbers: Vec<_> =
                channels.split_whitespace().map(|one| format!("A{one}")).collect();
            return Self::Clip(Said::Channels(numbers.join(" ")));
        }
        if KNOWN.iter().any(|word| starts(bare, word)) {
            return Self::Comment;
        }
        Self::Unknown
    }

    /// Whether it gives a clip a name or a file.
    pub fn names_clip(&self) -> bool {
        matches!(self, Self::Clip(said) if said.names_clip())
    }
}

fn clip(bare: &str) -> Option<Said> {
    if let Some(file) = autodesk(bare) {
        return Some(Said::File(file));
    }
    let (said, text) =
        CLIP_WORDS.iter().find_map(|(word, said)| Some((said, after(bare, word)?)))?;
    if text.is_empty() {
        return None;
    }
    let said = match said(text.to_owned()) {
        // `FROM CLIP` holds a name with some systems, with others where the file lies.
        Said::From(text) if is_file(&text) => Said::FromFile(text),
        Said::To(text) if is_file(&text) => Said::ToFile(text),
        other => other,
    };
    let Said::Reel { full, .. } = &said else { return Some(said) };
    // `FINAL CUT PRO REEL: A001_long REPLACED BY: 001`
    let upper = full.to_ascii_uppercase();
    let Some(at) = upper.find(" REPLACED BY") else { return Some(said) };
    let (long, rest) = full.split_at(at);
    let short = rest.split_once(':').map(|(_, short)| short.trim().to_owned());
    Some(Said::Reel { full: long.trim().to_owned(), of: short })
}

/// `DLEDL: EDIT:0 FILENAME: shot.(0010@0240).dpx`, as Autodesk's systems write the files of an event; the
/// numbers in parentheses are frames. The folder has a line of its own and is that of their machine.
fn autodesk(bare: &str) -> Option<String> {
    let rest = after(bare, "DLEDL")?;
    let at = rest.to_ascii_uppercase().find("FILENAME:")?;
    let file = rest.get(at + "FILENAME:".len()..)?.trim();
    let sequence = || {
        let (head, rest) = file.split_once('(')?;
        let (frames, tail) = rest.split_once(')')?;
        let (first, last) = frames.split_once('@')?;
        Some(format!("{head}[{first}-{last}]{tail}"))
    };
    (!file.is_empty()).then(|| sequence().unwrap_or_else(|| file.to_owned()))
}

/// Whether what stands for a clip's name says where its file lies: a place, or a file below a folder.
fn is_file(text: &str) -> bool {
    is_place(text) || (text.contains(['/', '\\']) && is_media(text))
}

fn starts(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// What stands after a word and its colon.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.get(word.len()..).filter(|_| starts(text, word))?.trim_start();
    let rest = if starts(rest, "IS:") { rest.get(2..)? } else { rest };
    rest.strip_prefix(':').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_files_and_reels_are_read_in_all_their_spellings() {
        let text = "a b.mov".to_owned();
        for (line, said) in [
            ("* FROM CLIP NAME:  a b.mov ", Said::From(text.clone())),
            ("*from clip name: a b.mov", Said::From(text.clone())),
            ("FROM CLIP NAME IS: a b.mov", Said::From(text.clone())),
            ("* FROM CLIP: a b.mov", Said::From(text.clone())),
            ("* CLIP NAME: a b.mov", Said::From(text.clone())),
            ("* TO CLIP NAME: a b.mov", Said::To(text.clone())),
            ("* KEY CLIP NAME: a b.mov", Said::To(text.clone())),
            ("*SOURCE FILE: a b.mov", Said::File(text.clone())),
            ("* FROM FILE: a b.mov", Said::FromFile(text.clone())),
            ("* OTIO REFERENCE FROM: a b.mov", Said::FromFile(text.clone())),
            ("* OTIO REFERENCE TO: a b.mov", Said::ToFile(text.clone())),
            ("* FROM CLIP: file:///m/a.mov", Said::FromFile("file:///m/a.mov".to_owned())),
            ("* FROM CLIP: m/a.mov", Said::FromFile("m/a.mov".to_owned())),
            ("* FROM CLIP: A/B roll", Said::From("A/B roll".to_owned())),
            (r"* TO CLIP: D:\m\a.mov", Said::ToFile(r"D:\m\a.mov".to_owned())),
            (
                "* OTIO TRUNCATED REEL NAME FROM: a b.mov",
                Said::Reel { full: text.clone(), of: None },
            ),
            ("* TO FILE: a b.mov", Said::ToFile(text.clone())),
            ("* VIDEO CLIP NAME: a b.mov", Said::From(text.clone())),
            ("* SOURCE CLIP NAME: a b.mov", Said::From(text.clone())),
            ("* AUDIO CLIP NAME: a b.mov", Said::Heard(text.clone())),
            ("* DLEDL: EDIT:0 FILENAME: a b.mov", Said::File(text.clone())),
            ("DLEDL: EDIT:0 FILENAME: a.(010@240).dpx", Said::File("a.[010-240].dpx".to_owned())),
            ("* REEL NAME: a b.mov", Said::Reel { full: text.clone(), of: None }),
            (
                "FINAL CUT PRO REEL: a b.mov REPLACED BY: 001",
                Said::Reel { full: text.clone(), of: Some("001".to_owned()) },
            ),
            ("AUD  3    4", Said::Channels("A3 A4".to_owned())),
        ] {
            assert_eq!(Statement::parse(line), Statement::Clip(said), "{line}");
        }
    }

    #[test]
    fn other_lines_are_told_apart() {
        for (line, statement) in [
            ("TITLE:   a ", Statement::Title("a".to_owned())),
            (">>> SOURCE A008C013 A008 060a2b34", Statement::Source("A008C013".to_owned())),
            ("FCM: DROP FRAME", Statement::Counting(true)),
            ("FCM: NON-DROP FRAME", Statement::Counting(false)),
            ("* BLEND, DISSOLVE", Statement::Comment),
            ("* DLEDL: PATH /a/b", Statement::Comment),
            ("* AUDIO LEVEL AT 00:00:00:00 IS -6.00 DB", Statement::Comment),
            ("** FREEZE FRAME", Statement::Comment),
            ("* FROM CLIP IS A STILL", Statement::Comment),
            ("M2   A001  024.0  01:00:00:00", Statement::Comment),
            ("EFFECTS NAME IS CROSS DISSOLVE", Statement::Comment),
            ("what is this", Statement::Unknown),
        ] {
            assert_eq!(Statement::parse(line), statement, "{line}");
        }
    }
}
