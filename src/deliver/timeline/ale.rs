//! Avid Log Exchange: a table of clips with their tapes, timecodes and, in some, files. A log says
//! what there is and not what is used, so its references are listed.

use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::timecode::Timecode;
use crate::model::FrameRange;
use crate::model::MediaKind;
use crate::model::Use;

/// Columns of one log.
const COLUMNS_MAX: usize = 1_000;
/// Bytes in one line.
const LINE_MAX: usize = 1 << 20;

/// Columns that hold a path or a file's name, the most exact first.
const FILES: [&str; 7] =
    ["source file path", "unc", "source path", "file path", "source file", "filename", "file name"];
/// Columns that hold the name of a clip.
const NAMES: [&str; 3] = ["name", "clip name", "clip"];
/// Columns that hold a roll.
const REELS: [&str; 5] = ["tape", "reel", "reel name", "camroll", "tape id"];

/// The part of the log that a line stands in.
enum Part {
    Heading,
    Column,
    Data,
}

/// Reads a log. One without columns is an error.
pub fn read(text: &str, mut out: Collector) -> Result<Timeline, TimelineError> {
    let format = out.format();
    let (mut part, mut columns) = (Part::Heading, Vec::new());
    // Lines end as the systems end them that logs come from: one that ends in both ends once.
    let text = text.replace("\r\n", "\n");
    for (index, line) in text.split(['\n', '\r']).enumerate() {
        let place = || format!("line {}", index + 1);
        out.step()?;
        if line.len() > LINE_MAX {
            return Err(TimelineError::malformed(format, place(), "a line that is too long"));
        }
        if line.trim().is_empty() {
            continue;
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "heading" => part = Part::Heading,
            "column" => part = Part::Column,
            "data" => part = Part::Data,
            _ => match part {
                Part::Heading => {}
                Part::Column => {
                    columns = line.split('\t').map(|one| one.trim().to_ascii_lowercase()).collect();
                    out.within("columns", columns.len(), COLUMNS_MAX)?;
                }
                Part::Data if columns.is_empty() => {
                    return Err(TimelineError::malformed(format, place(), "data before columns"));
                }
                Part::Data => {
                    let cells: Vec<&str> = line.split('\t').take(COLUMNS_MAX).collect();
                    row(&columns, &cells, index + 1, &mut out)?;
                }
            },
        }
    }
    if columns.is_empty() {
        return Err(TimelineError::malformed(format, "the end", "no columns in it"));
    }
    Ok(out.finish(None))
}

fn row(
    columns: &[String],
    cells: &[&str],
    line: usize,
    out: &mut Collector,
) -> Result<(), TimelineError> {
    let cell = |name: &str| {
        let at = columns.iter().position(|column| column == name)?;
        cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    };
    let name = NAMES.iter().find_map(|column| cell(column)).unwrap_or_default();
    let mut reference = mention(name, Use::Listed, format!("line {line}"));
    let file = FILES.iter().find_map(|column| cell(column));
    reference.target = file.map(str::to_owned);
    // A folder alone, with the file's name in a column of its own.
    if let Some(folder) = file.filter(|file| file.ends_with(['/', '\\'])) {
        let last = ["source file", "filename", "file name"].iter().find_map(|column| cell(column));
        reference.target = last.map(|last| format!("{folder}{last}"));
    }
    reference.reel = REELS.iter().find_map(|column| cell(column)).and_then(reel);
    reference.media = match cell("tracks").map(str::to_ascii_uppercase) {
        Some(tracks) if tracks.contains('V') => MediaKind::Picture,
        Some(tracks) if tracks.contains('A') => MediaKind::Sound,
        _ => MediaKind::Other,
    };
    let time =
        |name: &str| cell(name).and_then(Timecode::parse).map(|time| time.spelled(time.drop));
    reference.source_in = time("start");
    reference.source_out = time("end");
    let number = |name: &str| cell(name).and_then(|cell| cell.parse::<i64>().ok());
    let frames = number("unc first frame").zip(number("unc last frame"));
    if let Some((first, last)) = frames.filter(|(first, last)| first <= last)
        && reference.target.as_ref().is_some_and(|target| target.contains('%'))
    {
        reference.frames = Some(FrameRange { first, last, step: 1 });
    }
    if name.is_empty() && reference.target.is_none() && reference.reel.is_none() {
        // In columns that nobody knows: called by the first of what stands there.
        let mut cells = cells.iter().map(|cell| cell.trim());
        cells.find(|cell| !cell.is_empty()).unwrap_or_default().clone_into(&mut reference.name);
    }
    out.push(reference)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::deliver::timeline::Format;
    use crate::deliver::timeline::parse;
    use crate::model::MediaKind;
    use crate::model::Use;

    #[test]
    fn a_log_gives_its_clips_as_listed() {
        let text = "Heading\nFIELD_DELIM\tTABS\nFPS\t24\n\nColumn\nName\tTape\tTracks\tStart\tEnd\tSource File\tUNC\n\nData\n\
                    a\tA001\tV\t01:00:00:00\t01:00:02:00\ta.mov\t/m/a.mov\n\
                    b\t\tA1A2\t01:00:00;00\t\tb.wav\n\t\t\t\t\t\n";
        let found = parse(Path::new("x"), text.as_bytes()).unwrap();
        assert_eq!(found.format, Format::Ale);
        assert_eq!(found.references.len(), 2);
        let one = &found.references[0];
        assert_eq!(one.target.as_deref(), Some("/m/a.mov"));
        assert_eq!((one.reel.as_deref(), one.usage), (Some("A001"), Use::Listed));
        assert_eq!(one.source_out.as_deref(), Some("01:00:02:00"));
        let two = &found.references[1];
        assert_eq!((two.target.as_deref(), two.media), (Some("b.wav"), MediaKind::Sound));
        assert_eq!(two.source_in.as_deref(), Some("01:00:00;00"));
        // The same lines, however they end.
        for ended in [text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
            assert_eq!(
                parse(Path::new("x.ale"), ended.as_bytes()).unwrap().references,
                found.references
            );
        }
    }

    #[test]
    fn a_row_in_columns_that_nobody_knows_is_a_reference() {
        for (columns, name) in [("Clip Name\tStart", "hero.mov"), ("Scene\tTake", "12A")] {
            let text = format!("Heading\nFPS\t24\n\nColumn\n{columns}\n\nData\n{name}\t1\n");
            let found = parse(Path::new("x.ale"), text.as_bytes()).unwrap();
            let names: Vec<_> = found.references.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names, [name]);
        }
    }

    #[test]
    fn a_log_without_columns_is_refused() {
        for text in ["Heading\nFPS\t24\n", "Heading\nData\na\tb\n"] {
            assert!(parse(Path::new("x.ale"), text.as_bytes()).is_err());
        }
    }
}
