//! AAF objects in their compound file (AAF Stored Format Specification 1.1): each object is a storage
//! with a stream of properties; what it owns are storages in it. Read on demand, one object at a time.

use std::io::Cursor;
use std::io::Read;

use cfb::CompoundFile;

use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::format::Format;

/// Bytes of one stream of properties, or of one index of owned objects.
const STREAM_MAX: u64 = 8 << 20;
/// Bytes of all streams together, one that is read twice counted twice.
const READ_MAX: usize = 2_000_000_000;
/// Objects that one property owns.
const OWNED_MAX: usize = 200_000;

/// An identifier of a mob: a UMID.
pub type MobId = [u8; 32];

/// The file.
pub struct Container<'a> {
    file: CompoundFile<Cursor<&'a [u8]>>,
    read_bytes: usize,
}

/// One object's properties.
pub struct Object {
    path: String,
    /// Which class it is: the third group of its identifier, `0x1100` for a source clip.
    pub class: u16,
    data: Vec<u8>,
    /// Identifier, stored form, and where in `data`.
    entries: Vec<(u16, u16, usize, usize)>,
}

fn broken(path: &str, problem: impl std::fmt::Display) -> TimelineError {
    TimelineError::malformed(Format::Aaf, format!("object {path}"), problem.to_string())
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|pair| u16::from_le_bytes(*pair))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

/// Text as AAF stores it: UTF-16 up to a zero.
fn text(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

impl<'a> Container<'a> {
    /// Opens the compound file.
    pub fn open(bytes: &'a [u8]) -> Result<Self, TimelineError> {
        let file = CompoundFile::open(Cursor::new(bytes)).map_err(|error| broken("/", error))?;
        Ok(Self { file, read_bytes: 0 })
    }

    /// The outermost object.
    pub fn root(&mut self) -> Result<Object, TimelineError> {
        self.object("")
    }

    fn stream(&mut self, path: &str) -> Result<Vec<u8>, TimelineError> {
        let mut out = Vec::new();
        let stream = self.file.open_stream(path).map_err(|error| broken(path, error))?;
        stream.take(STREAM_MAX + 1).read_to_end(&mut out).map_err(|error| broken(path, error))?;
        if out.len() as u64 > STREAM_MAX {
            return Err(broken(path, "more properties than an object has"));
        }
        self.read_bytes = self.read_bytes.saturating_add(out.len());
        if self.read_bytes > READ_MAX {
            let what = "bytes to look at";
            return Err(TimelineError::TooLarge { format: Format::Aaf, what, limit: READ_MAX });
        }
        Ok(out)
    }

    fn object(&mut self, path: &str) -> Result<Object, TimelineError> {
        let storage = if path.is_empty() { "/" } else { path };
        let class = self.file.entry(storage).map_err(|error| broken(storage, error))?;
        let (first, second, class, _) = class.clsid().as_fields();
        let class = if (first, second) == (0x0d01_0101, 0x0101) { class } else { 0 };
        let data = self.stream(&format!("{path}/properties"))?;
        let cut = || broken(storage, "its properties end too early");
        // Byte order, version, count; then identifier, form and length of each.
        if data.first() != Some(&0x4c) {
            return Err(broken(storage, "not in the byte order that is read"));
        }
        let count = usize::from(word(&data, 2).ok_or_else(cut)?);
        let mut at = 4 + count * 6;
        let mut entries = Vec::with_capacity(count);
        for index in 0..count {
            let head = 4 + index * 6;
            let id = word(&data, head).ok_or_else(cut)?;
            let form = word(&data, head + 2).ok_or_else(cut)?;
            let len = usize::from(word(&data, head + 4).ok_or_else(cut)?);
            entries.push((id, form, at, at + len));
            at += len;
        }
        if at > data.len() {
            return Err(cut());
        }
        Ok(Object { path: path.to_owned(), class, data, entries })
    }

    /// The objects that a property owns, in their order; none if there is no such property.
    pub fn owned(&mut self, object: &Object, id: u16) -> Result<Vec<String>, TimelineError> {
        const ONE: u16 = 0x22;
        const VECTOR: u16 = 0x32;
        const SET: u16 = 0x3a;
        let Some((form, value)) = object.value(id) else { return Ok(Vec::new()) };
        let name = text(value);
        let path = format!("{}/{name}", object.path);
        if form == ONE {
            return Ok(vec![path]);
        }
        if form != VECTOR && form != SET {
            return Ok(Vec::new());
        }
        let index_path = format!("{path} index");
        let index = self.stream(&index_path)?;
        let cut = || broken(&index_path, "the index ends too early");
        let count = usize::try_from(long(&index, 0).ok_or_else(cut)?).unwrap_or(usize::MAX);
        if count > OWNED_MAX {
            let what = "objects in one";
            return Err(TimelineError::TooLarge { format: Format::Aaf, what, limit: OWNED_MAX });
        }
        // A set's entries hold a count of uses and the key behind the number.
        let (start, step) = match form {
            SET => {
                let key = usize::from(*index.get(14).ok_or_else(cut)?);
                (15, 8 + key)
            }
            _ => (12, 4),
        };
        let numbers = (0..count).map(|each| long(&index, start + each * step));
        numbers.map(|number| Ok(format!("{path}{{{:x}}}", number.ok_or_else(cut)?))).collect()
    }

    /// Reads the objects that a property owns.
    pub fn owned_objects(
        &mut self,
        object: &Object,
        id: u16,
    ) -> Result<Vec<Object>, TimelineError> {
        self.owned(object, id)?.iter().map(|path| self.object(path)).collect()
    }

    /// Reads an object of which the place is known.
    pub fn at(&mut self, path: &str) -> Result<Object, TimelineError> {
        self.object(path)
    }
}

impl Object {
    /// The bytes of its properties.
    pub fn cost(&self) -> usize {
        self.data.len()
    }

    fn value(&self, id: u16) -> Option<(u16, &[u8])> {
        let (_, form, from, to) = self.entries.iter().find(|(found, ..)| *found == id)?;
        Some((*form, self.data.get(*from..*to)?))
    }

    /// Whether it has a property.
    pub fn has(&self, id: u16) -> bool {
        self.value(id).is_some()
    }

    /// A text.
    pub fn text(&self, id: u16) -> Option<String> {
        self.value(id).map(|(_, bytes)| text(bytes))
    }

    /// A text whose type is told beside it: a byte order, the type's identifier, the text.
    pub fn indirect_text(&self, id: u16) -> Option<String> {
        self.value(id).and_then(|(_, bytes)| bytes.get(17..)).map(text)
    }

    /// A whole number of one to eight bytes, with its sign.
    pub fn number(&self, id: u16) -> Option<i64> {
        let (_, bytes) = self.value(id)?;
        match bytes.len() {
            1 => bytes.first().map(|byte| i64::from(*byte)),
            2 => word(bytes, 0).map(i64::from),
            4 => long(bytes, 0).map(|number| i64::from(number.cast_signed())),
            8 => bytes.first_chunk().map(|eight| i64::from_le_bytes(*eight)),
            _ => None,
        }
    }

    /// A fraction of two numbers.
    pub fn fraction(&self, id: u16) -> Option<(i64, i64)> {
        let (_, bytes) = self.value(id)?;
        let part = |at| long(bytes, at).map(|number| i64::from(number.cast_signed()));
        Some((part(0)?, part(4)?))
    }

    /// An identifier of a mob; nothing if there is none or it is zero.
    pub fn mob_id(&self, id: u16) -> Option<MobId> {
        let (_, bytes) = self.value(id)?;
        let found: MobId = *bytes.first_chunk()?;
        found.iter().any(|byte| *byte != 0).then_some(found)
    }

    /// The last sixteen bytes: an identifier, or the key of a weak reference.
    pub fn key(&self, id: u16) -> Option<[u8; 16]> {
        self.value(id).and_then(|(_, bytes)| bytes.last_chunk()).copied()
    }
}
