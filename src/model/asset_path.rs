//! Where an asset was seen: a root's name and raw bytes below it.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of the root that is the project folder itself.
pub const PROJECT_ROOT: &str = "project";

/// The name of a root: the project folder, or a `[[root]]` of `config.toml`. Shared by all the paths
/// below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RootName(Arc<str>);

/// A root name or a relative path is not usable as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// Root names appear before a colon in output, so they are kept to a plain alphabet.
    #[error("root name {0:?} may hold only letters, digits, '-', '_' and '.'")]
    RootName(String),
    /// A relative path may not be absolute, nor climb, nor hold empty or dot segments.
    #[error("{0:?} is not a path relative to a root")]
    Relative(String),
}

impl RootName {
    /// The project folder's own name.
    pub fn project() -> Self {
        Self(PROJECT_ROOT.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name, for a thread that makes many copies of it: those of one name share a count of them,
    /// and threads that count at once wait for one another.
    #[must_use]
    pub fn unshared(&self) -> Self {
        Self(self.as_str().into())
    }

    /// Whether this is the project folder itself, whose paths are shown without a prefix.
    pub fn is_project(&self) -> bool {
        &*self.0 == PROJECT_ROOT
    }
}

impl TryFrom<String> for RootName {
    type Error = BadPath;

    fn try_from(name: String) -> Result<Self, BadPath> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(plain) {
            return Err(BadPath::RootName(name));
        }
        Ok(Self(name.into()))
    }
}

impl From<RootName> for String {
    fn from(name: RootName) -> Self {
        name.0.as_ref().into()
    }
}

/// Raw bytes of a path below a root, `/` between segments, never lossy. Empty is the root itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RelPath(Box<[u8]>);

impl RelPath {
    /// Checks and wraps a relative path.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, BadPath> {
        let bytes = bytes.into();
        let plain = |segment: &[u8]| !matches!(segment, b"" | b"." | b"..");
        if bytes.is_empty() || (bytes.split(|b| *b == b'/').all(plain) && !bytes.contains(&0)) {
            return Ok(Self(bytes.into_boxed_slice()));
        }
        Err(BadPath::Relative(escape_bytes(&bytes).into_owned()))
    }

    /// The root itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// This directory's child of that name. `name` is one segment as the system listed it.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        if self.0.is_empty() {
            return Self(name.into());
        }
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        bytes.push(b'/');
        bytes.extend_from_slice(name);
        Self(bytes.into_boxed_slice())
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same bytes as a path to hand to the system, below a root's own path.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// Whether this is the root itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Directory and last segment; a single segment lies in the root.
    pub fn split(&self) -> (Self, &[u8]) {
        match self.0.iter().rposition(|b| *b == b'/') {
            Some(slash) => (Self(self.0[..slash].into()), &self.0[slash + 1..]),
            None => (Self::root(), &self.0),
        }
    }

    /// The last segment.
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or_default()
    }

    /// Whether this path is `directory` or lies anywhere below it.
    pub fn is_within(&self, directory: &Self) -> bool {
        directory.is_root()
            || (self.0.starts_with(&directory.0)
                && matches!(self.0.get(directory.0.len()), None | Some(b'/')))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_bytes(&self.0))
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", escape_bytes(&self.0))
    }
}

/// In the journal a UTF-8 path is a string; one that is not is `{"base64": "…"}`.
impl Serialize for RelPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_bytes(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserialize_bytes(deserializer)?;
        Self::new(bytes).map_err(serde::de::Error::custom)
    }
}

/// Writes raw bytes as a JSON string where they are UTF-8, else as `{"base64": "…"}`.
pub(super) fn serialize_bytes<S: Serializer>(
    bytes: &[u8],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return serializer.serialize_str(text);
    }
    let mut map = serializer.serialize_map(Some(1))?;
    serde::ser::SerializeMap::serialize_entry(&mut map, "base64", &STANDARD.encode(bytes))?;
    serde::ser::SerializeMap::end(map)
}

/// Reads what [`serialize_bytes`] wrote.
pub(super) fn deserialize_bytes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<u8>, D::Error> {
    struct Bytes;
    impl<'de> serde::de::Visitor<'de> for Bytes {
        type Value = Vec<u8>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string, or an object with base64")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
            Ok(text.as_bytes().to_vec())
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<u8>, A::Error> {
            match map.next_entry::<Cow<'_, str>, Cow<'_, str>>()? {
                Some((key, text)) if key == "base64" => {
                    STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)
                }
                _ => Err(serde::de::Error::custom("expected base64")),
            }
        }
    }
    deserializer.deserialize_any(Bytes)
}

/// A file's place: which root, and where below it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AssetPath {
    /// The root's name.
    pub root: RootName,
    /// The path below it.
    pub path: RelPath,
}

impl AssetPath {
    /// Puts the two together.
    pub fn new(root: RootName, path: RelPath) -> Self {
        Self { root, path }
    }

    /// The raw bytes when the name is not UTF-8, in base64, for `path_bytes` in JSON output.
    pub fn base64_when_not_utf8(&self) -> Option<String> {
        match std::str::from_utf8(self.path.as_bytes()) {
            Ok(_) => None,
            Err(_) => Some(STANDARD.encode(self.path.as_bytes())),
        }
    }
}

/// `name:path`, or the bare path in the project folder. UTF-8 names appear as they are; in others
/// every byte that is not UTF-8 is `\xNN`, and a backslash is `\x5c` so that it can be undone.
impl fmt::Display for AssetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.root.is_project() {
            write!(f, "{}:", self.root.as_str())?;
        }
        if self.path.is_root() { f.write_str(".") } else { write!(f, "{}", self.path) }
    }
}

/// How the bytes of a path are printed: as they are when they are UTF-8, else with `\xNN`.
pub fn escape_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 12);
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\x5c"));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// The bytes of a path that is not UTF-8, from how it is printed. None for anything else: a name that
/// only looks like it is what it looks like.
pub fn unescape_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('\\');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (digits, rest) = part.strip_prefix('x')?.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    std::str::from_utf8(&bytes).is_err().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_climbs_or_is_absolute_is_refused() {
        for bad in ["/etc", "a//b", "a/../b", ".", "a/", "a\0b"] {
            assert!(RelPath::new(bad).is_err(), "{bad:?} was accepted");
        }
        assert!(RelPath::new("").unwrap().is_root());
    }

    #[test]
    fn within_compares_whole_segments() {
        let dir = RelPath::new("AI").unwrap();
        assert!(RelPath::new("AI/x.png").unwrap().is_within(&dir));
        assert!(dir.is_within(&dir));
        assert!(!RelPath::new("AIRPORT/x.png").unwrap().is_within(&dir));
    }

    #[test]
    fn names_survive_the_journal_whatever_their_bytes() {
        for bytes in [&b"plain.png"[..], b"caf\xc3\xa9.png", b"\xff\xfe.png", b"back\\slash"] {
            let path = RelPath::new(bytes).unwrap();
            let json = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<RelPath>(&json).unwrap(), path, "{json}");
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_is_escaped_reversibly() {
        let path = RelPath::new(&b"a\\b\xff.png"[..]).unwrap();
        assert_eq!(path.to_string(), "a\\x5cb\\xff.png");
        assert_eq!(unescape_bytes(&path.to_string()).as_deref(), Some(path.as_bytes()));
        for not in ["plain.png", "a\\x5cb.png", "a\\b\\xff", "a\\xf", "a\\xzz", "\\"] {
            assert_eq!(unescape_bytes(not), None, "{not}");
        }
    }
}
