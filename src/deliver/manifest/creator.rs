//! Who made a manifest, and in the course of what.

/// Who made a manifest (`ASCMHL.xsd`, `CreatorInfoType`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Creator {
    /// Name of the machine. The schema wants one.
    pub host_name: String,
    /// Name of the program.
    pub tool: String,
    /// Its version.
    pub tool_version: String,
    /// People.
    pub authors: Vec<Author>,
    /// Where.
    pub location: Option<String>,
    /// Anything else.
    pub comment: Option<String>,
}

/// A person named in a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// Name.
    pub name: String,
    /// `DIT`, `Data Manager` …
    pub role: Option<String>,
    /// Must look like one: `a@b.c`.
    pub email: Option<String>,
    /// Free text.
    pub phone: Option<String>,
}

/// What was done with the files when they were hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// They stayed where they were.
    InPlace,
    /// They were copied here.
    Transfer,
    /// Several histories were put into one list.
    Flatten,
}

impl Process {
    /// As the schema spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::Transfer => "transfer",
            Self::Flatten => "flatten",
        }
    }
}
