//! What was made from what: a person's word for it, and the names that files carry for themselves and
//! for what they were made from.

use serde::{Deserialize, Serialize};

use crate::model::AssetId;

/// How a content was made from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The same in another format.
    Transcode,
    /// The same, smaller, to work with.
    Proxy,
    /// A part of the picture.
    Crop,
    /// Put together from it and other things.
    Composite,
    /// A frame, or a run of frames.
    Frame,
    /// A later state.
    Version,
}

impl Relation {
    /// Every one, with the word that output, journal and `--as` have for it.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Transcode, "transcode"),
        (Self::Proxy, "proxy"),
        (Self::Crop, "crop"),
        (Self::Composite, "composite"),
        (Self::Frame, "frame"),
        (Self::Version, "version"),
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, word)| word)
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(one, _)| *one)
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

/// What kind of name a file carries, the most exact first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameKind {
    /// The label of a C2PA manifest: one signed state of one asset.
    Manifest,
    /// XMP `InstanceID`: one saved state of a document.
    Instance,
    /// XMP `DocumentID`: a document in all its states.
    Document,
}

impl NameKind {
    /// Every one, with its word.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::Manifest, "manifest"), (Self::Instance, "instance"), (Self::Document, "document")];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, word)| word)
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(one, _)| *one)
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
