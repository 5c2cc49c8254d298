//! What was made from what: a person's word for it, and the names that files carry for themselves and
//! for what they were made from.

use serde::{Deserialize, Serialize};

use crate::model::{AssetId, words};

words! {
    /// How a content was made from another.
    #[derive(PartialOrd, Ord, Hash, Deserialize)]
    pub enum Relation {
        /// The same in another format.
        Transcode = "transcode",
        /// The same, smaller, to work with.
        Proxy = "proxy",
        /// A part of the picture.
        Crop = "crop",
        /// Put together from it and other things.
        Composite = "composite",
        /// A frame, or a run of frames.
        Frame = "frame",
        /// A later state.
        Version = "version",
    }
}

/// Contents were made from others, as a person says. The newest word about a pair stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// What was made.
    pub children: Vec<AssetId>,
    /// From what: each of them went into each child.
    pub parents: Vec<AssetId>,
    /// How.
    #[serde(rename = "as")]
    pub relation: Relation,
    /// Who says so.
    pub by: String,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Contents were not made from others, as a person says, whoever or whatever file said so before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlinked {
    /// What was not made.
    pub children: Vec<AssetId>,
    /// From what.
    pub parents: Vec<AssetId>,
    /// Who says so.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

words! {
    /// What kind of name a file carries, the most exact first.
    #[derive(PartialOrd, Ord, Hash, Deserialize)]
    pub enum NameKind {
        /// The label of a C2PA manifest: one signed state of one asset.
        Manifest = "manifest",
        /// XMP `InstanceID`: one saved state of a document.
        Instance = "instance",
        /// XMP `DocumentID`: a document in all its states.
        Document = "document",
    }
}

/// A name of a content, given by the program that wrote it. In the journal `[kind, name]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GivenName(pub NameKind, pub String);

/// Something a content says it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Derivation {
    /// How.
    #[serde(rename = "as")]
    pub relation: Relation,
    /// The names it has for it. Which of them finds it is decided when it is judged.
    pub names: Vec<GivenName>,
    /// Where in the file that stands.
    pub place: String,
}

/// The names a content carries for itself and for what it was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<GivenName>,
    /// What it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Derivation>,
}

impl Identity {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.from.is_empty()
    }

    /// What it says that another does not; where that stands is no matter.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        let is_known = |one: &Derivation| {
            let mut all = other.from.iter();
            all.any(|known| (known.relation, &known.names) == (one.relation, &one.names))
        };
        Self {
            own: self.own.iter().filter(|name| !other.own.contains(name)).cloned().collect(),
            from: self.from.iter().filter(|one| !is_known(one)).cloned().collect(),
        }
    }

    /// Adds what another says beyond it.
    pub fn join(&mut self, other: &Self) {
        let Self { own, from } = other.beyond(self);
        self.own.extend(own);
        self.from.extend(from);
    }

    /// As examinations keep it.
    pub fn kept(self) -> Option<Box<Self>> {
        (!self.is_empty()).then(|| Box::new(self))
    }
}
