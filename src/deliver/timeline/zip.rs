//! The one file of a ZIP archive that is the timeline (`.otioz`). Own code of the few structures it takes
//! (APPNOTE.TXT 4.3): end record and directory are found by seeking, the directory is walked, never held,
//! so that an archive of a million names costs no memory, and no media in it is read.

use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;

use flate2::read::DeflateDecoder;

use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::format::Format;

/// The timeline, unpacked, in bytes.
const UNPACKED_MAX: u64 = 256 << 20;
/// Files in one archive.
const FILES_MAX: u64 = 1_000_000;
/// The end record and the longest comment after it.
const END_SPAN: u64 = 22 + 0xffff;

fn broken(at: u64, problem: &str) -> TimelineError {
    TimelineError::malformed(Format::Otioz, format!("offset {at}"), problem)
}

fn too_large(what: &'static str, limit: u64) -> TimelineError {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    TimelineError::TooLarge { format: Format::Otioz, what, limit }
}

/// A number of `N` bytes in a record that lies at `at`, low byte first.
fn number<const N: usize>(record: &[u8], from: usize, at: u64) -> Result<u64, TimelineError> {
    let found = record.get(from..).and_then(<[u8]>::first_chunk::<N>);
    let found = found.ok_or_else(|| broken(at, "a record that is too short"))?;
    Ok(found.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte)))
}

/// One file of the archive.
struct Entry {
    name: Vec<u8>,
    method: u64,
    packed: u64,
    unpacked: u64,
    /// The CRC-32 of what is unpacked.
    sum: u64,
    header: u64,
}

struct Archive<R> {
    source: BufReader<R>,
    length: u64,
    /// Where it is read next.
    at: u64,
}

/// The unpacked file of this name. More than one of the name is refused: readers would differ.
pub fn member<R: Read + Seek>(source: R, wanted: &str) -> Result<Vec<u8>, TimelineError> {
    let mut archive = Archive::open(source)?;
    let mut found = None;
    archive.named(wanted, &mut |at, entry| match found.replace(entry) {
        None => Ok(()),
        Some(_) => Err(broken(at, "two files of the same name")),
    })?;
    let entry = found.ok_or_else(|| {
        TimelineError::malformed(Format::Otioz, "the archive", format!("no {wanted} in it"))
    })?;
    archive.unpack(&entry)
}

/// Whether any file of this name is in it. What cannot be read as an archive has none.
pub fn has_member<R: Read + Seek>(source: R, wanted: &str) -> bool {
    let mut any = false;
    let walked = Archive::open(source).and_then(|mut archive| {
        archive.named(wanted, &mut |_, _| {
            any = true;
            Ok(())
        })
    });
    any || matches!(walked, Err(TimelineError::TooLarge { .. }))
}

impl<R: Read + Seek> Archive<R> {
    fn open(source: R) -> Result<Self, TimelineError> {
        let mut archive = Self { source: BufReader::new(source), length: 0, at: 0 };
        archive.length =
            archive.source.seek(SeekFrom::End(0)).map_err(|error| archive.failed(&error))?;
        Ok(archive)
    }

    /// Hands out every entry of this name, with its place in the directory.
    fn named(
        &mut self,
        wanted: &str,
        found: &mut dyn FnMut(u64, Entry) -> Result<(), TimelineError>,
    ) -> Result<(), TimelineError> {
        let (start, count) = self.directory()?;
        self.go(start)?;
        for _ in 0..count {
            let at = self.at;
            let entry = self.entry()?;
            if entry.name == wanted.as_bytes() {
                found(at, entry)?;
            }
        }
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> TimelineError {
        broken(self.at, &format!("it cannot be read: {error}"))
    }

    fn go(&mut self, at: u64) -> Result<(), TimelineError> {
        self.at = at;
        self.source.seek(SeekFrom::Start(at)).map_err(|error| self.failed(&error))?;
        Ok(())
    }

    /// The next bytes. They are there before anything is made for them.
    fn take(&mut self, count: u64) -> Result<Vec<u8>, TimelineError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.length);
        let (Some(end), Ok(size)) = (end, usize::try_from(count)) else {
            return Err(broken(self.at, "the archive ends inside a record"));
        };
        let mut bytes = vec![0; size];
        self.source.read_exact(&mut bytes).map_err(|error| self.failed(&error))?;
        self.at = end;
        Ok(bytes)
    }

    /// Where the directory begins and how many files it names.
    fn directory(&mut self) -> Result<(u64, u64), TimelineError> {
        let from = self.length.saturating_sub(END_SPAN);
        self.go(from)?;
        let tail = self.take(self.length - from)?;
        let at = tail.windows(4).rposition(|window| window == b"PK\x05\x06");
        let at = at.ok_or_else(|| broken(self.length, "the archive has no end record"))?;
        let (record, end) = (&tail[at..], from + at as u64);
        let mut count = number::<2>(record, 10, end)?;
        let mut start = number::<4>(record, 16, end)?;
        if let Some(before) = end.checked_sub(20) {
            self.go(before)?;
            let locator = self.take(20)?;
            if locator.starts_with(b"PK\x06\x07") {
                let wide = number::<8>(&locator, 8, before)?;
                self.go(wide)?;
                let record = self.take(56)?;
                if !record.starts_with(b"PK\x06\x06") {
                    return Err(broken(wide, "no 64-bit end record"));
                }
                count = number::<8>(&record, 32, wide)?;
                start = number::<8>(&record, 48, wide)?;
            }
        }
        if count > FILES_MAX {
            return Err(too_large("files", FILES_MAX));
        }
        Ok((start, count))
    }

    /// The next entry of the directory.
    fn entry(&mut self) -> Result<Entry, TimelineError> {
        const WIDE: u64 = 0xffff_ffff;
        let at = self.at;
        let record = self.take(46)?;
        if !record.starts_with(b"PK\x01\x02") {
            return Err(broken(at, "no entry of the directory"));
        }
        let name = self.take(number::<2>(&record, 28, at)?)?;
        let extra = self.take(number::<2>(&record, 30, at)?)?;
        let comment = number::<2>(&record, 32, at)?;
        self.take(comment)?;
        let mut entry = Entry {
            name,
            method: number::<2>(&record, 10, at)?,
            packed: number::<4>(&record, 20, at)?,
            unpacked: number::<4>(&record, 24, at)?,
            sum: number::<4>(&record, 16, at)?,
            header: number::<4>(&record, 42, at)?,
        };
        let mut rest = &*extra;
        while rest.len() >= 4 {
            let id = number::<2>(rest, 0, at)?;
            let len = usize::try_from(number::<2>(rest, 2, at)?).unwrap_or(usize::MAX);
            let field = rest.get(4..).unwrap_or_default();
            let (mut field, after) = field.split_at(len.min(field.len()));
            if id == 1 {
                for part in [&mut entry.unpacked, &mut entry.packed, &mut entry.header] {
                    if *part == WIDE && field.len() >= 8 {
                        *part = number::<8>(field, 0, at)?;
                        field = &field[8..];
                    }
                }
            }
            rest = after;
        }
        Ok(entry)
    }

    fn unpack(&mut self, entry: &Entry) -> Result<Vec<u8>, TimelineError> {
        const STORED: u64 = 0;
        const DEFLATED: u64 = 8;
        let at = entry.header;
        self.go(at)?;
        let header = self.take(30)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(broken(at, "no header before the file"));
        }
        if entry.unpacked > UNPACKED_MAX {
            return Err(too_large("bytes unpacked", UNPACKED_MAX));
        }
        let before = number::<2>(&header, 26, at)? + number::<2>(&header, 28, at)?;
        self.take(before)?;
        let data = self.at;
        if data.checked_add(entry.packed).is_none_or(|end| end > self.length) {
            return Err(broken(at, "a file past the end"));
        }
        let limit = entry.unpacked.saturating_add(1);
        let packed = self.source.by_ref().take(entry.packed);
        let mut out = Vec::new();
        let read = match entry.method {
            STORED => packed.take(limit).read_to_end(&mut out),
            DEFLATED => DeflateDecoder::new(packed).take(limit).read_to_end(&mut out),
            _ => return Err(broken(at, "packed in a way that is not read")),
        };
        read.map_err(|error| broken(data, &format!("cannot be unpacked: {error}")))?;
        if out.len() as u64 != entry.unpacked {
            return Err(broken(data, "not as long as the directory says"));
        }
        let mut sum = flate2::Crc::new();
        sum.update(&out);
        if u64::from(sum.sum()) != entry.sum {
            return Err(broken(data, "not what was packed: its checksum differs"));
        }
        Ok(out)
    }
}
