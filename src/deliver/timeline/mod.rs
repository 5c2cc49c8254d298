//! What a deliverable is made of: reads editorial timelines into one list of `Reference`s.
//!
//! One file per format behind one `parse`. A reader gives every mention of media, as the file spells
//! it: used, alternative or only listed, enabled or not, with where it stands. It never looks for the
//! media on disk (that is `app::references`), never decides what blocks (that is `policy`), and never
//! leaves something out without a note. Input is hostile: every depth, count and length is bounded,
//! and a file beyond the limits is refused, never cut short.

mod aaf;
mod ale;
mod bundle;
mod collector;
mod edl;
mod error;
mod fcpxml;
mod format;
mod json;
mod otio;
mod parameter;
mod prproj;
mod recognise;
mod sight;
mod text;
mod timecode;
mod xmeml;
mod xml;
mod zip;

#[cfg(test)]
mod tests;

use std::io::{Cursor, Read, Seek};
use std::path::Path;

pub use crate::deliver::timeline::bundle::main_file;
pub use crate::deliver::timeline::error::TimelineError;
pub use crate::deliver::timeline::format::Format;
pub use crate::deliver::timeline::recognise::is_timeline;
pub use crate::deliver::timeline::timecode::{Rate, Seconds, Timecode};

pub(crate) use crate::deliver::timeline::collector::mention;

use crate::deliver::timeline::collector::Collector;
use crate::model::Reference;

/// The largest timeline file that is read, in bytes. Archives with media in them are larger: of those
/// only the timeline counts.
pub const FILE_MAX: u64 = 1 << 30;

/// A timeline as its file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The name it gives itself.
    pub name: Option<String>,
    /// The format it was read as.
    pub format: Format,
    /// Every mention of media, in the order of the file.
    pub references: Vec<Reference>,
    /// What was tolerated, for people: unknown schemas, an item that was skipped and why.
    pub notes: Vec<String>,
}

/// Reads the timeline in `bytes`. The format is told by content, then by the extension of `path`,
/// which is not opened. A file that is not wholly understood gives notes; one that breaks the rules
/// of its format gives an error that says where.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Timeline, TimelineError> {
    match Format::of_bytes(bytes) {
        // Media lie in the archive too, so it may be of any size.
        Some(Format::Otioz) => return parse_archived(&archived(Cursor::new(bytes))?),
        Some(Format::Prproj) => return prproj::read(bytes, Collector::new(Format::Prproj)),
        Some(format) => {
            small(bytes, format)?;
            return aaf::read(bytes, Collector::new(Format::Aaf));
        }
        None => small(bytes, Format::of_extension(path).unwrap_or(Format::Otio))?,
    }
    let decoded = text::decode(bytes);
    let text = decoded.text.as_ref();
    let format = Format::of_text(text)
        .or_else(|| edl::has_event(text).then_some(Format::Edl))
        .or_else(|| Format::of_extension(path))
        .ok_or_else(|| TimelineError::Unknown { path: path.to_owned() })?;
    let mut out = Collector::new(match format {
        Format::Otio if bundle::is_otiod(path) => Format::Otiod,
        format => format,
    });
    if let Some(note) = decoded.note {
        out.note(note);
    }
    match format {
        Format::Otio | Format::Otiod => otio::read(text, out),
        Format::Edl => edl::read(text, out),
        Format::Fcpxml => fcpxml::read(text, out),
        Format::Xmeml => xmeml::read(text, out),
        Format::Ale => ale::read(text, out),
        Format::Prproj => prproj::read(text.as_bytes(), out),
        // Binary formats whose first bytes are not theirs.
        Format::Otioz | Format::Aaf => {
            Err(TimelineError::malformed(format, "offset 0", "not what its extension says"))
        }
    }
}

/// Whether a file that starts so is an archive with the timeline in it.
pub fn is_archive(start: &[u8]) -> bool {
    Format::of_bytes(start) == Some(Format::Otioz)
}

/// The timeline in an archive, of which nothing else is read.
pub fn archived<R: Read + Seek>(archive: R) -> Result<Vec<u8>, TimelineError> {
    zip::member(archive, otio::ZIPPED_NAME)
}

/// Reads the timeline of an archive.
pub fn parse_archived(content: &[u8]) -> Result<Timeline, TimelineError> {
    otio::zipped(content)
}

fn small(bytes: &[u8], format: Format) -> Result<(), TimelineError> {
    if bytes.len() as u64 > FILE_MAX {
        let limit = usize::try_from(FILE_MAX).unwrap_or(usize::MAX);
        return Err(TimelineError::TooLarge { format, what: "bytes", limit });
    }
    Ok(())
}
