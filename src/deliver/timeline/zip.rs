//! The one file of a ZIP archive that is the timeline (`.otioz`), and the names of the others. Own code
//! of the few structures it takes (APPNOTE.TXT 4.3): the directory is walked, never held, so that an
//! archive of a million names costs no memory, and no media in it is unpacked.

use std::io::Read;

use flate2::read::DeflateDecoder;

use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::format::Format;

/// The timeline, unpacked, in bytes.
const UNPACKED_MAX: usize = 256 << 20;
/// Files in one archive.
const FILES_MAX: usize = 1_000_000;
/// The end record and the longest comment after it.
const END_SPAN: usize = 22 + 0xffff;

fn broken(at: usize, problem: &str) -> TimelineError {
    TimelineError::malformed(Format::Otioz, format!("offset {at}"), problem)
}

/// A number of `N` bytes at an offset, low byte first.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<usize, TimelineError> {
    let cut = || broken(at, "the archive ends inside a record");
    let found = bytes.get(at..).and_then(<[u8]>::first_chunk::<N>).ok_or_else(cut)?;
    let value = found.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    usize::try_from(value).map_err(|_| broken(at, "a number beyond this machine"))
}

/// One file of the archive.
struct Entry<'a> {
    name: &'a [u8],
    method: usize,
    packed: usize,
    unpacked: usize,
    header: usize,
}

/// The unpacked file of this name. More than one of the name is refused: readers would differ.
pub fn member(bytes: &[u8], wanted: &str) -> Result<Vec<u8>, TimelineError> {
    let (mut at, count) = directory(bytes)?;
    let mut found = None;
    for _ in 0..count {
        let (entry, next) = entry(bytes, at)?;
        if entry.name == wanted.as_bytes() {
            if found.is_some() {
                return Err(broken(at, "two files of the same name"));
            }
            found = Some(entry);
        }
        at = next;
    }
    let entry = found.ok_or_else(|| {
        TimelineError::malformed(Format::Otioz, "the archive", format!("no {wanted} in it"))
    })?;
    unpack(bytes, &entry)
}

/// Where the directory begins and how many files it names.
fn directory(bytes: &[u8]) -> Result<(usize, usize), TimelineError> {
    let from = bytes.len().saturating_sub(END_SPAN);
    let tail = bytes.get(from..).unwrap_or_default();
    let end = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .map(|at| from + at)
        .ok_or_else(|| broken(bytes.len(), "the archive has no end record"))?;
    let (mut count, mut start) = (number::<2>(bytes, end + 10)?, number::<4>(bytes, end + 16)?);
    let locator = end
        .checked_sub(20)
        .filter(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(b"PK\x06\x07")));
    if let Some(locator) = locator {
        let record = number::<8>(bytes, locator + 8)?;
        if !bytes.get(record..).is_some_and(|rest| rest.starts_with(b"PK\x06\x06")) {
            return Err(broken(record, "no 64-bit end record"));
        }
        count = number::<8>(bytes, record.saturating_add(32))?;
        start = number::<8>(bytes, record.saturating_add(48))?;
    }
    if count > FILES_MAX {
        return Err(TimelineError::TooLarge {
            format: Format::Otioz,
            what: "files",
            limit: FILES_MAX,
        });
    }
    Ok((start, count))
}

/// The directory's entry at an offset, and where the next begins.
fn entry(bytes: &[u8], at: usize) -> Result<(Entry<'_>, usize), TimelineError> {
    const WIDE: usize = 0xffff_ffff;
    if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"PK\x01\x02")) {
        return Err(broken(at, "no entry of the directory"));
    }
    let (name_len, extra_len) = (number::<2>(bytes, at + 28)?, number::<2>(bytes, at + 30)?);
    let name_at = at + 46;
    let extra_at = name_at + name_len;
    let next = extra_at + extra_len + number::<2>(bytes, at + 32)?;
    let name = bytes.get(name_at..extra_at).ok_or_else(|| broken(at, "a name past the end"))?;
    let mut entry = Entry {
        name,
        method: number::<2>(bytes, at + 10)?,
        packed: number::<4>(bytes, at + 20)?,
        unpacked: number::<4>(bytes, at + 24)?,
        header: number::<4>(bytes, at + 42)?,
    };
    let mut field = extra_at;
    while field + 4 <= extra_at + extra_len {
        let (id, len) = (number::<2>(bytes, field)?, number::<2>(bytes, field + 2)?);
        if id == 1 {
            let mut value = field + 4;
            for part in [&mut entry.unpacked, &mut entry.packed, &mut entry.header] {
                if *part == WIDE && value + 8 <= field + 4 + len {
                    *part = number::<8>(bytes, value)?;
                    value += 8;
                }
            }
        }
        field += 4 + len;
    }
    Ok((entry, next))
}

fn unpack(bytes: &[u8], entry: &Entry<'_>) -> Result<Vec<u8>, TimelineError> {
    const STORED: usize = 0;
    const DEFLATED: usize = 8;
    let at = entry.header;
    if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"PK\x03\x04")) {
        return Err(broken(at, "no header before the file"));
    }
    if entry.unpacked > UNPACKED_MAX {
        let format = Format::Otioz;
        return Err(TimelineError::TooLarge {
            format,
            what: "bytes unpacked",
            limit: UNPACKED_MAX,
        });
    }
    let data_at = at + 30 + number::<2>(bytes, at + 26)? + number::<2>(bytes, at + 28)?;
    let data = data_at
        .checked_add(entry.packed)
        .and_then(|end| bytes.get(data_at..end))
        .ok_or_else(|| broken(at, "a file past the end"))?;
    let mut out = Vec::new();
    match entry.method {
        STORED => out.extend_from_slice(data),
        DEFLATED => {
            let limit = u64::try_from(entry.unpacked).unwrap_or(u64::MAX).saturating_add(1);
            DeflateDecoder::new(data)
                .take(limit)
                .read_to_end(&mut out)
                .map_err(|error| broken(data_at, &format!("cannot be unpacked: {error}")))?;
        }
        _ => return Err(broken(at, "packed in a way that is not read")),
    }
    if out.len() != entry.unpacked {
        return Err(broken(data_at, "not as long as the directory says"));
    }
    Ok(out)
}
