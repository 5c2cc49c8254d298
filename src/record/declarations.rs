//! Declarations as they add up: versions, what they are for, whom they were sent to; and the register
//! of tools.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::model::{
    AssetId, AssetPath, Attached, DeclarationId, Declared, PathPattern, Reported, Tool,
};
use crate::record::Entry;

/// A declaration with its history.
#[derive(Debug, Default)]
pub struct Dossier {
    /// Every version, in order; the last one stands.
    pub versions: Vec<Entry<Declared>>,
    /// Every time it was sent.
    pub reports: Vec<Entry<Reported>>,
    /// Contents it is for, each once, in order.
    pub assets: Vec<AssetId>,
    globs: Vec<(PathPattern, Option<GlobMatcher>)>,
}

impl Dossier {
    /// The version that stands.
    pub fn current(&self) -> Option<&Entry<Declared>> {
        self.versions.last()
    }

    /// The report of the version that stands.
    pub fn report(&self) -> Option<&Entry<Reported>> {
        let version = self.current()?.fact.version;
        self.reports.iter().rfind(|entry| entry.fact.version == version)
    }

    /// Where what it is for lies or will lie.
    pub fn globs(&self) -> impl Iterator<Item = &PathPattern> {
        self.globs.iter().map(|(glob, _)| glob)
    }

    /// Whether one of its globs fits a path, or a folder above it.
    pub fn covers(&self, path: &AssetPath) -> bool {
        self.globs.iter().any(|(pattern, glob)| {
            let above = path.path.as_path().ancestors();
            let mut above = above.take_while(|part| *part != Path::new(""));
            pattern.root == path.root
                && glob.as_ref().is_some_and(|glob| above.any(|part| glob.is_match(part)))
        })
    }
}

/// All declarations, and the register of tools.
#[derive(Default)]
pub struct Declarations {
    dossiers: BTreeMap<DeclarationId, Dossier>,
    attached: HashMap<AssetId, Vec<DeclarationId>>,
    with_globs: Vec<DeclarationId>,
    tools: Vec<Entry<Tool>>,
}

impl Declarations {
    pub(super) fn declared(&mut self, entry: Entry<Declared>) {
        let id = entry.fact.id;
        self.attach(id, &entry.fact.assets, &entry.fact.globs);
        self.dossiers.entry(id).or_default().versions.push(entry);
    }

    pub(super) fn attached(&mut self, fact: &Attached) {
        // Nothing is declared by being put under what nobody declared.
        if self.dossiers.contains_key(&fact.declaration) {
            self.attach(fact.declaration, &fact.assets, &fact.globs);
        }
    }

    pub(super) fn reported(&mut self, entry: Entry<Reported>) {
        if let Some(dossier) = self.dossiers.get_mut(&entry.fact.declaration) {
            dossier.reports.push(entry);
        }
    }

    pub(super) fn registered(&mut self, entry: Entry<Tool>) {
        self.tools.push(entry);
    }

    fn attach(&mut self, id: DeclarationId, assets: &[AssetId], globs: &[PathPattern]) {
        let dossier = self.dossiers.entry(id).or_default();
        for asset in assets {
            let known = self.attached.entry(*asset).or_default();
            if !known.contains(&id) {
                known.push(id);
                dossier.assets.push(*asset);
            }
        }
        for pattern in globs {
            if dossier.globs().any(|known| known == pattern) {
                continue;
            }
            // What was journalled was a glob when it was typed.
            let glob = GlobBuilder::new(&pattern.pattern).literal_separator(true).build();
            dossier.globs.push((pattern.clone(), glob.ok().map(|glob| glob.compile_matcher())));
            if !self.with_globs.contains(&id) {
                self.with_globs.push(id);
            }
        }
    }

    /// A declaration by its number.
    pub fn get(&self, id: DeclarationId) -> Option<&Dossier> {
        self.dossiers.get(&id)
    }

    /// Every declaration, in order.
    pub fn all(&self) -> impl Iterator<Item = (DeclarationId, &Dossier)> {
        self.dossiers.iter().map(|(id, dossier)| (*id, dossier))
    }

    /// The number the next declaration takes.
    pub fn next(&self) -> DeclarationId {
        DeclarationId(self.dossiers.len() as u64 + 1)
    }

    /// Whether any declaration is for paths, so that paths must be asked about.
    pub fn have_globs(&self) -> bool {
        !self.with_globs.is_empty()
    }

    /// The declarations that a content at these paths is under, in order.
    pub fn of<'a>(
        &self,
        asset: &AssetId,
        paths: impl Iterator<Item = &'a AssetPath>,
    ) -> Cow<'_, [DeclarationId]> {
        let attached = self.attached.get(asset).map(Vec::as_slice).unwrap_or_default();
        if self.with_globs.is_empty() {
            return Cow::Borrowed(attached);
        }
        let mut all = attached.to_vec();
        for path in paths {
            let fits = |id: &&DeclarationId| {
                !all.contains(id) && self.dossiers.get(id).is_some_and(|one| one.covers(path))
            };
            let more: Vec<_> = self.with_globs.iter().filter(fits).copied().collect();
            all.extend(more);
        }
        all.sort_unstable();
        Cow::Owned(all)
    }

    /// What the register says of a tool: the newest entry that is about this very version, else the
    /// newest about all of them.
    pub fn tool(&self, name: &str, version: Option<&str>) -> Option<&Entry<Tool>> {
        let fits = |entry: &&Entry<Tool>| entry.fact.is(name, version);
        let exact = self.tools.iter().rfind(|entry| entry.fact.version.is_some() && fits(entry));
        exact.or_else(|| self.tools.iter().rfind(fits))
    }

    /// Every entry of the register that stands, by name and version.
    pub fn tools(&self) -> Vec<&Entry<Tool>> {
        let key = |entry: &Entry<Tool>| {
            (entry.fact.name.trim().to_lowercase(), entry.fact.version.clone())
        };
        let newest: BTreeMap<_, _> = self.tools.iter().map(|entry| (key(entry), entry)).collect();
        newest.into_values().collect()
    }

    /// Every entry ever made, in order.
    pub fn registrations(&self) -> &[Entry<Tool>] {
        &self.tools
    }
}
