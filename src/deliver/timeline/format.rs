//! Which format a timeline is in: by content first, then by extension. Reads nothing but what it is
//! given.

use std::path::Path;

use crate::model::words;

words! {
    /// The formats that are read.
    #[derive(PartialOrd, Ord)]
    pub enum Format {
        /// `OpenTimelineIO` JSON.
        Otio = "otio",
        /// `OpenTimelineIO` in a ZIP archive with its media.
        Otioz = "otioz",
        /// `OpenTimelineIO` in a folder with its media.
        Otiod = "otiod",
        /// CMX 3600 edit decision list and its variants with long reels.
        Edl = "edl",
        /// Final Cut Pro XML, 1.8 to 1.13.
        Fcpxml = "fcpxml",
        /// Final Cut Pro 7 XML interchange format.
        Xmeml = "xmeml",
        /// Advanced Authoring Format.
        Aaf = "aaf",
        /// Avid Log Exchange.
        Ale = "ale",
        /// Adobe Premiere Pro project.
        Prproj = "prproj",
    }
}

impl Format {
    /// Whether a file without a folder is a name there, as a person typed it or a system knew it, and not a
    /// place beside the timeline.
    pub fn says_names(self) -> bool {
        matches!(self, Self::Edl | Self::Ale)
    }

    /// By the first bytes of a binary format. Text is told apart once it is decoded.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        const STARTS: &[(&[u8], Format)] = &[
            (b"PK\x03\x04", Format::Otioz),
            (b"PK\x05\x06", Format::Otioz),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format::Aaf),
            (b"\x1f\x8b", Format::Prproj),
        ];
        STARTS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, format)| *format)
    }

    /// By what a text says of itself.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let start = text.trim_start();
        if start.starts_with(['{', '[']) {
            return Some(Self::Otio);
        }
        if start.starts_with('<') {
            return match root(start) {
                "fcpxml" => Some(Self::Fcpxml),
                "xmeml" => Some(Self::Xmeml),
                "PremiereData" => Some(Self::Prproj),
                _ => None,
            };
        }
        let first = start.lines().next().unwrap_or_default().trim();
        if first.eq_ignore_ascii_case("heading") {
            return Some(Self::Ale);
        }
        let edl = ["TITLE:", "FCM:"].iter().any(|word| {
            first.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        });
        edl.then_some(Self::Edl)
    }

    /// By extension, for a text that does not say what it is.
    pub(super) fn of_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "otio" => Some(Self::Otio),
            "otioz" => Some(Self::Otioz),
            "edl" => Some(Self::Edl),
            "fcpxml" => Some(Self::Fcpxml),
            "aaf" => Some(Self::Aaf),
            "ale" => Some(Self::Ale),
            "prproj" => Some(Self::Prproj),
            _ => None,
        }
    }
}

/// The name of the root element: the first tag that is no declaration and no comment.
fn root(text: &str) -> &str {
    /// Comments and declarations looked past.
    const PROLOGUE_MAX: usize = 64;
    let mut rest = text;
    for _ in 0..PROLOGUE_MAX {
        let Some(at) = rest.find('<') else { break };
        rest = rest.get(at + 1..).unwrap_or_default();
        if rest.starts_with("!--") {
            let end = rest.find("-->").unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        } else if !rest.starts_with(['!', '?']) {
            let end = rest.find([' ', '\t', '\r', '\n', '>', '/']).unwrap_or(rest.len());
            return rest.get(..end).unwrap_or_default();
        }
    }
    ""
}
