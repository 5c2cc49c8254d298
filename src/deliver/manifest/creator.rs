//! Who made a manifest.

/// Who made a manifest (`ASCMHL.xsd`, `CreatorInfoType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creator {
    /// Name of the machine. The schema wants one.
    pub host_name: String,
    /// Name of the program.
    pub tool: String,
    /// Its version.
    pub tool_version: String,
}
