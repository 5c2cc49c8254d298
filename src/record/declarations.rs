//! Declarations as they add up: versions, what they are for, whom they were sent to; and the register
//! of tools.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::model::{
    Approval, AssetId, AssetPath, Attached, DeclarationId, Declared, Glob, ObservedBatch,
    PathPattern, RelPath, Reported, RootName, Seq, Tool, folded,
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
    places: Vec<Place>,
}

/// Where what a declaration is for lies or will lie.
#[derive(Debug)]
struct Place {
    pattern: PathPattern,
    glob: Option<Glob>,
    /// The event that named it.
    since: Seq,
    /// Who named it.
    by: String,
}

impl Place {
    fn fits(&self, path: &Path) -> bool {
        self.glob.as_ref().is_some_and(|glob| glob.is_match(path))
    }

    /// Whether it takes in a path, or a folder above it.
    fn covers(&self, root: &RootName, path: &RelPath) -> bool {
        let above = path.as_path().ancestors();
        let mut above = above.take_while(|part| *part != Path::new(""));
        self.pattern.root == *root && above.any(|part| self.fits(part))
    }
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
        self.places.iter().map(|place| &place.pattern)
    }

    /// One that is for these places and nothing else yet.
    pub fn of_globs(globs: &[PathPattern]) -> Self {
        let mut dossier = Self::default();
        dossier.add_places(globs, Seq(0), "");
        dossier
    }

    fn add_places(&mut self, globs: &[PathPattern], since: Seq, by: &str) {
        for pattern in globs {
            if self.globs().any(|known| known == pattern) {
                continue;
            }
            // What was journalled was a glob when it was typed.
            let glob = Glob::parse(&pattern.pattern).ok();
            self.places.push(Place { pattern: pattern.clone(), glob, since, by: by.to_owned() });
        }
    }

    /// Whether what lies at a path is under it for that, or once was: `gone` is the event that says
    /// that it lies there no more. What left before a glob was named is not under it.
    pub fn took_in(&self, path: &AssetPath, gone: Option<Seq>) -> bool {
        self.taking(path, gone).next().is_some()
    }

    /// The places, by their numbers, by which it is.
    fn taking(&self, path: &AssetPath, gone: Option<Seq>) -> impl Iterator<Item = (usize, &Place)> {
        let then = move |place: &Place| gone.is_none_or(|gone| gone > place.since);
        let places = self.places.iter().enumerate();
        places.filter(move |(_, place)| then(place) && place.covers(&path.root, &path.path))
    }
}

/// What a content was put under by name.
#[derive(Default)]
struct Attachments {
    ids: Vec<DeclarationId>,
    /// The event that put it under each of them.
    since: Vec<Seq>,
}

/// What a content is under because of where it was seen.
struct TakenIn {
    id: DeclarationId,
    /// The number of the place in it.
    place: usize,
    /// The event that first saw it there.
    since: Seq,
}

/// A declaration that came to say something else: from one version to another.
pub(super) struct Redeclared {
    pub(super) id: DeclarationId,
    pub(super) version: u32,
    pub(super) now: u32,
}

/// All declarations, and the register of tools.
#[derive(Default)]
pub struct Declarations {
    dossiers: BTreeMap<DeclarationId, Dossier>,
    attached: HashMap<AssetId, Attachments>,
    with_globs: Vec<DeclarationId>,
    /// What contents are under because of where they were seen: it stays with them when they are moved or
    /// copied away.
    taken_in: HashMap<AssetId, Vec<TakenIn>>,
    tools: Vec<Entry<Tool>>,
}

impl Declarations {
    pub(super) fn declared(&mut self, entry: Entry<Declared>) {
        let id = entry.fact.id;
        let Declared { assets, globs, .. } = &entry.fact;
        self.attach(id, assets, globs, entry.seq, &entry.actor);
        self.dossiers.entry(id).or_default().versions.push(entry);
    }

    pub(super) fn attached(&mut self, fact: &Attached, seq: Seq, actor: &str) {
        // Nothing is declared by being put under what nobody declared.
        if self.dossiers.contains_key(&fact.declaration) {
            self.attach(fact.declaration, &fact.assets, &fact.globs, seq, actor);
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

    /// Puts what was seen under the declarations whose globs take it in.
    pub(super) fn observed(&mut self, batch: &ObservedBatch, since: Seq) {
        for id in &self.with_globs {
            let places = self.dossiers.get(id).map(|one| one.places.as_slice());
            let places = places.unwrap_or_default().iter().enumerate();
            let then = |one: &Place| one.pattern.root == batch.root && one.since < since;
            for (place, named) in places.filter(|(_, one)| then(one)) {
                for observed in &batch.directories {
                    let folder = &observed.directory;
                    let whole = named.covers(&batch.root, folder);
                    let fits = |name: &[u8]| named.fits(folder.join(name).as_path());
                    for found in observed.files.iter().filter(|one| whole || fits(&one.name)) {
                        let taken = TakenIn { id: *id, place, since };
                        take_in(&mut self.taken_in, found.asset, taken);
                    }
                }
            }
        }
    }

    /// Takes from the tables what a fold without observations did not see: that a content lies at a
    /// path since an event, or did until the event `gone`.
    pub fn learn(&mut self, asset: AssetId, path: &AssetPath, since: Seq, gone: Option<Seq>) {
        for id in &self.with_globs {
            let taking = self.dossiers.get(id).into_iter().flat_map(|one| one.taking(path, gone));
            for (place, _) in taking {
                take_in(&mut self.taken_in, asset, TakenIn { id: *id, place, since });
            }
        }
    }

    /// Who put a content under declarations by naming places that it was seen at.
    pub(super) fn takers(&self, asset: &AssetId) -> impl Iterator<Item = &str> {
        self.taken_in(asset).filter_map(|one| self.place(one)).map(|place| place.by.as_str())
    }

    fn taken_in(&self, asset: &AssetId) -> impl Iterator<Item = &TakenIn> {
        self.taken_in.get(asset).into_iter().flatten()
    }

    fn place(&self, one: &TakenIn) -> Option<&Place> {
        self.dossiers.get(&one.id)?.places.get(one.place)
    }

    /// What was declared anew of a content since the event `said`, of what it was under when an approval was
    /// given.
    pub(super) fn redeclared(
        &self,
        asset: &AssetId,
        said: Seq,
        given: &Entry<Approval>,
    ) -> Option<Redeclared> {
        let attached = self.attached.get(asset);
        let attached = attached.into_iter().flat_map(|one| one.ids.iter().zip(&one.since));
        let attached = attached.filter(|(_, since)| **since < given.seq).map(|(id, _)| *id);
        let then = |one: &&TakenIn| {
            one.since < given.seq && self.place(one).is_some_and(|place| place.since < given.seq)
        };
        let mut all = attached.chain(self.taken_in(asset).filter(then).map(|one| one.id));
        all.find_map(|id| {
            let dossier = self.dossiers.get(&id)?;
            let then = dossier.versions.iter().rfind(|one| one.seq < said)?.fact.version;
            let now = dossier.current()?.fact.version;
            (now > then).then_some(Redeclared { id, version: then, now })
        })
    }

    /// Who put whatever lies at a path, or did until the event `gone`, under declarations.
    pub fn takers_at(&self, path: &AssetPath, gone: Option<Seq>) -> impl Iterator<Item = &str> {
        let dossiers = self.with_globs.iter().filter_map(|id| self.dossiers.get(id));
        dossiers.flat_map(move |one| one.taking(path, gone)).map(|(_, place)| place.by.as_str())
    }

    fn attach(
        &mut self,
        id: DeclarationId,
        assets: &[AssetId],
        globs: &[PathPattern],
        since: Seq,
        by: &str,
    ) {
        let dossier = self.dossiers.entry(id).or_default();
        for asset in assets {
            let known = self.attached.entry(*asset).or_default();
            if !known.ids.contains(&id) {
                known.ids.push(id);
                known.since.push(since);
                dossier.assets.push(*asset);
            }
        }
        dossier.add_places(globs, since, by);
        if !dossier.places.is_empty() && !self.with_globs.contains(&id) {
            self.with_globs.push(id);
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

    /// Whether a content is under a declaration: named by it, or seen where its globs say.
    pub(super) fn is_under(&self, asset: &AssetId, id: DeclarationId) -> bool {
        self.attached.get(asset).is_some_and(|one| one.ids.contains(&id))
            || self.taken_in(asset).any(|one| one.id == id)
    }

    /// The declarations that a content is under, in order: that name it, whose globs took it in, or take
    /// in one of these paths.
    pub fn of<'a>(
        &self,
        asset: &AssetId,
        paths: impl Iterator<Item = &'a AssetPath>,
    ) -> Cow<'_, [DeclarationId]> {
        let attached = self.attached.get(asset).map(|one| one.ids.as_slice()).unwrap_or_default();
        if self.with_globs.is_empty() {
            return Cow::Borrowed(attached);
        }
        let mut all = attached.to_vec();
        for TakenIn { id, .. } in self.taken_in(asset) {
            if !all.contains(id) {
                all.push(*id);
            }
        }
        for path in paths {
            let fits = |id: &&DeclarationId| {
                !all.contains(id)
                    && self.dossiers.get(id).is_some_and(|one| one.took_in(path, None))
            };
            let more: Vec<_> = self.with_globs.iter().filter(fits).copied().collect();
            all.extend(more);
        }
        all.sort_unstable();
        Cow::Owned(all)
    }

    /// What the register says of a tool: the newest entry that is about this very version, else the
    /// newest about all of them. Else what it says of each other version: one that nobody looked into is
    /// not known to be better than the worst of them.
    pub fn tool(&self, name: &str, version: Option<&str>) -> Vec<&Entry<Tool>> {
        let fits = |entry: &&Entry<Tool>| entry.fact.is(name, version);
        let exact = self.tools.iter().rfind(|entry| entry.fact.version.is_some() && fits(entry));
        match exact.or_else(|| self.tools.iter().rfind(fits)) {
            Some(entry) => vec![entry],
            None => self.tools().into_iter().filter(|entry| entry.fact.is_named(name)).collect(),
        }
    }

    /// Since when the register answers of an entry's tool what it answers now: the first of the entries
    /// of its name and version, up to that one, that all answer alike.
    pub fn answered_since(&self, entry: &Entry<Tool>) -> Seq {
        let same = |one: &&Entry<Tool>| one.seq <= entry.seq && one.fact.is_same_as(&entry.fact);
        let earlier = self.tools.iter().rev().filter(same);
        let alike = earlier.take_while(|one| one.fact.data_answers() == entry.fact.data_answers());
        alike.last().map_or(entry.seq, |one| one.seq)
    }

    /// Every entry of the register that stands, by name and version.
    pub fn tools(&self) -> Vec<&Entry<Tool>> {
        let key = |entry: &Entry<Tool>| (folded(&entry.fact.name), entry.fact.version.clone());
        let newest: BTreeMap<_, _> = self.tools.iter().map(|entry| (key(entry), entry)).collect();
        newest.into_values().collect()
    }

    /// Every entry ever made, in order.
    pub fn registrations(&self) -> &[Entry<Tool>] {
        &self.tools
    }
}

fn take_in(taken_in: &mut HashMap<AssetId, Vec<TakenIn>>, asset: AssetId, taken: TakenIn) {
    let known = taken_in.entry(asset).or_default();
    match known.iter_mut().find(|one| (one.id, one.place) == (taken.id, taken.place)) {
        Some(one) => one.since = one.since.min(taken.since),
        None => known.push(taken),
    }
}
