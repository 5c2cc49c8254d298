//! A package: a folder with a list of what is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::deliver::package::{
    CompositionUse, Digest, IgnoredPatterns, Listed, ListedFolder, PackageProblem,
};
use crate::model::words;

words! {
    /// Which kind of list a package has.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum PackageKind {
        /// Interoperable Master Package (ST 2067-2).
        Imf = "imf",
        /// Digital Cinema Package by SMPTE (ST 429-2).
        DcpSmpte = "dcp-smpte",
        /// Digital Cinema Package by the Interop agreement of 2004.
        DcpInterop = "dcp-interop",
        /// ASC Media Hash List, a history of generations.
        AscMhl = "asc-mhl",
        /// Media Hash List 1.0 or 1.1, one file.
        LegacyMhl = "mhl",
    }
}

/// What one package of a folder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Which kind it is.
    pub kind: PackageKind,
    /// What it calls itself.
    pub name: Option<String>,
    /// The files it lists and those it is made of, by path.
    pub listed: Vec<Listed>,
    /// What its compositions play, composition by composition, in the order of the playlist.
    pub uses: Vec<CompositionUse>,
    /// What its lists name and it does not hold, by UUID, with what they say of the bytes.
    pub foreign: BTreeMap<String, Vec<Digest>>,
    /// Directory hashes.
    pub folders: Vec<ListedFolder>,
    /// What it says to leave out.
    pub ignored: Vec<IgnoredPatterns>,
    /// What was wrong already when it was read, in a fixed order. `check` says these again.
    pub problems: Vec<PackageProblem>,
    /// Paths that another package of the same folder answers for: lists of that package, and what
    /// the other lists of MHL 1.x beside this one name.
    pub accounted: Arc<BTreeSet<Vec<u8>>>,
}
