//! What was made from what, as far as it is known: people's links, and names in files that lead to
//! contents. Which name leads where is drawn from everything at hand, so that it does not matter
//! what was seen first.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::model::{AssetId, Derivation, GivenName, Identity, Linked, Relation, Unlinked};

/// Who says that something was made from something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A person.
    By(String),
    /// The file itself: by which name, and where in it.
    Read {
        /// The name that led to the other content.
        name: GivenName,
        /// Where in the file it stands.
        place: String,
    },
}

/// Somebody's child or parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kin {
    /// The other content.
    pub asset: AssetId,
    /// How the child was made from the parent.
    pub relation: Relation,
    /// Who says so.
    pub said: Said,
}

/// What a person said of all pairs of some children and some parents, at once.
#[derive(Clone, Debug)]
struct Word {
    /// In the order of their ids, as the parents are.
    children: Vec<AssetId>,
    parents: Vec<AssetId>,
    /// How they are linked and who says so; none where they are not.
    linked: Option<(Relation, String)>,
}

impl Word {
    fn is_about(&self, parent: &AssetId) -> bool {
        self.parents.binary_search(parent).is_ok()
    }
}

/// Whose name it is.
#[derive(Clone, Debug, Default)]
struct Owners {
    media: BTreeSet<AssetId>,
    /// Contents that speak of others.
    sidecars: BTreeSet<AssetId>,
}

/// What contents have in common that take one another's place in all that files say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alike<'a> {
    /// What they are called by any that names them.
    own: Vec<&'a GivenName>,
    from: &'a [Derivation],
    is_sidecar: bool,
}

/// What a walk up asked for already: it asks for each name, and for each choice of parents that people
/// linked, once.
#[derive(Default)]
pub struct Seen<'a> {
    names: HashSet<&'a GivenName>,
    words: HashSet<&'a [usize]>,
}

/// All that is known of who was made from what.
#[derive(Clone, Debug, Default)]
pub struct Kinship {
    /// What people said, in order. Of a pair the newest counts.
    words: Vec<Word>,
    /// Where each child is spoken of in them.
    of_child: HashMap<AssetId, Vec<usize>>,
    /// The same of each parent.
    of_parent: HashMap<AssetId, Vec<usize>>,
    identities: HashMap<AssetId, Identity>,
    owners: HashMap<GivenName, Owners>,
    /// Who names it as what it was made from.
    namers: HashMap<GivenName, BTreeSet<AssetId>>,
}

impl Kinship {
    pub(super) fn linked(&mut self, fact: &Linked) {
        self.say(&fact.children, &fact.parents, Some((fact.relation, fact.by.clone())));
    }

    pub(super) fn unlinked(&mut self, fact: &Unlinked) {
        self.say(&fact.children, &fact.parents, None);
    }

    /// Sequences are linked to sequences: what is kept must not grow with their pairs.
    fn say(
        &mut self,
        children: &[AssetId],
        parents: &[AssetId],
        linked: Option<(Relation, String)>,
    ) {
        let each_once = |all: &[AssetId]| -> Vec<AssetId> {
            let all: BTreeSet<_> = all.iter().copied().collect();
            all.into_iter().collect()
        };
        let word = Word { children: each_once(children), parents: each_once(parents), linked };
        let at = self.words.len();
        for (map, all) in
            [(&mut self.of_child, &word.children), (&mut self.of_parent, &word.parents)]
        {
            for asset in all {
                map.entry(*asset).or_default().push(at);
            }
        }
        self.words.push(word);
    }

    /// Takes the names a content carries; those it was known by before do not count any more. A sidecar is
    /// about a media file and is nothing others were made from: a name that media have is none of its own.
    pub fn learn(&mut self, asset: AssetId, identity: Option<&Identity>, is_sidecar: bool) {
        if let Some(before) = self.identities.remove(&asset) {
            for name in &before.own {
                if let Some(owners) = self.owners.get_mut(name) {
                    owners.media.remove(&asset);
                    owners.sidecars.remove(&asset);
                }
            }
            for name in before.from.iter().flat_map(|one| &one.names) {
                if let Some(all) = self.namers.get_mut(name) {
                    all.remove(&asset);
                }
            }
        }
        let Some(identity) = identity else { return };
        for name in &identity.own {
            let owners = self.owners.entry(name.clone()).or_default();
            let all = if is_sidecar { &mut owners.sidecars } else { &mut owners.media };
            all.insert(asset);
        }
        for name in identity.from.iter().flat_map(|one| &one.names) {
            self.namers.entry(name.clone()).or_default().insert(asset);
        }
        self.identities.insert(asset, identity.clone());
    }

    /// Whose name it is.
    fn owners(&self, name: &GivenName) -> Option<&BTreeSet<AssetId>> {
        let owners = self.owners.get(name)?;
        Some(if owners.media.is_empty() { &owners.sidecars } else { &owners.media })
    }

    /// What people said of a content, as numbers: those of which they said the same have the same.
    fn words_of(&self, child: &AssetId) -> &[usize] {
        self.of_child.get(child).map(Vec::as_slice).unwrap_or_default()
    }

    /// The newest word about each of its parents, and who says so.
    fn newest_of(&self, child: &AssetId) -> impl Iterator<Item = (&AssetId, &Word)> {
        let words = self.words_of(child);
        words.iter().enumerate().flat_map(move |(at, word)| {
            let later = &words[at + 1..];
            let stands =
                |parent: &AssetId| !later.iter().any(|at| self.words[*at].is_about(parent));
            let word = &self.words[*word];
            let parents = word.parents.iter().filter(move |parent| stands(parent));
            parents.map(move |parent| (parent, word))
        })
    }

    /// The newest word about a pair.
    fn word(&self, child: &AssetId, parent: &AssetId) -> Option<&Word> {
        let mut words = self.words_of(child).iter().rev().map(|at| &self.words[*at]);
        words.find(|word| word.is_about(parent))
    }

    /// The same words of people, with the names that another knows.
    #[must_use]
    pub fn with_names_of(&self, other: &Self) -> Self {
        let (words, of_child) = (self.words.clone(), self.of_child.clone());
        Self { words, of_child, of_parent: self.of_parent.clone(), ..other.clone() }
    }

    /// Whether nothing is known to be made from anything: nearly always.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.namers.is_empty()
    }

    /// Every content of which somebody or its file says what it was made from.
    pub fn children(&self) -> BTreeSet<AssetId> {
        let saying = self.identities.iter().filter(|(_, identity)| !identity.from.is_empty());
        self.of_child.keys().chain(saying.map(|(asset, _)| asset)).copied().collect()
    }

    /// What is said of all that a content was made from, by people and by itself: contents of which the same
    /// is said were made from the same. Nothing, where a name could lead back to the content.
    pub fn said_of<'a>(&'a self, child: &AssetId) -> Option<(&'a [usize], &'a [Derivation])> {
        let from = self.derivations(child);
        let own = || self.identities.get(child).into_iter().flat_map(|identity| &identity.own);
        let is_named =
            || own().any(|name| self.namers.get(name).is_some_and(|all| !all.is_empty()));
        let is_parent = || self.of_parent.contains_key(child) || is_named();
        (from.is_empty() || !is_parent()).then(|| (self.words_of(child), from))
    }

    /// What a content has in common with those that it may be made from as they are from it: what their files say
    /// of that, what they are called, and whether they are sidecars. Nothing where people linked it with others.
    pub fn alike(&self, asset: &AssetId) -> Option<Alike<'_>> {
        let Identity { own, from } = self.identities.get(asset)?;
        let is_linked = self.of_child.contains_key(asset) || self.of_parent.contains_key(asset);
        let is_sidecar = self.owners.get(own.first()?)?.sidecars.contains(asset);
        let is_named =
            |name: &&GivenName| self.namers.get(*name).is_some_and(|all| !all.is_empty());
        let own = || own.iter().filter(is_named).collect();
        (!from.is_empty() && !is_linked).then(|| Alike { own: own(), from, is_sidecar })
    }

    /// What a content was made from, by id, each once. A person's word, that it was or that it was not, stands
    /// before what the file says. Of two names that lead to it the one that fewer carry counts, since that is
    /// the surer one, then the one that keeps more of the source.
    pub fn parents_of(&self, child: &AssetId) -> Vec<Kin> {
        self.parents_not_seen(child, &mut Seen::default())
    }

    /// The same, but for what is in `seen`, however many files say it.
    pub fn parents_not_seen<'a>(&'a self, child: &AssetId, seen: &mut Seen<'a>) -> Vec<Kin> {
        let (words, from) = (self.words_of(child), self.derivations(child));
        if from.is_empty() && !seen.words.insert(words) {
            return Vec::new();
        }
        // With how many carry the name that led there.
        let mut found: BTreeMap<AssetId, (Kin, usize)> = BTreeMap::new();
        for (parent, word) in self.newest_of(child) {
            if let Some((relation, by)) = &word.linked {
                let said = Said::By(by.clone());
                found.insert(*parent, (Kin { asset: *parent, relation: *relation, said }, 0));
            }
        }
        for one in from {
            let Some((name, owners)) = self.leads_to(child, one) else { continue };
            // What somebody said of one child must not hide what is true of another.
            if words.is_empty() && !seen.names.insert(name) {
                continue;
            }
            for owner in owners.iter().filter(|owner| *owner != child) {
                if self.word(child, owner).is_some_and(|word| word.linked.is_none()) {
                    continue;
                }
                let kin = read(*owner, one, name);
                let (known, carriers) =
                    found.entry(*owner).or_insert_with(|| (kin.clone(), owners.len()));
                let keeps_more =
                    known.relation == Relation::Composite && kin.relation != Relation::Composite;
                if matches!(known.said, Said::By(_)) {
                    // Still the person's word: a name may be said of others too.
                    known.relation = if keeps_more { kin.relation } else { known.relation };
                } else if owners.len() < *carriers || (owners.len() == *carriers && keeps_more) {
                    (*known, *carriers) = (kin, owners.len());
                }
            }
        }
        found.into_values().map(|(kin, _)| kin).collect()
    }

    /// What a person says that a content was made from.
    pub fn linked_to(&self, child: &AssetId) -> impl Iterator<Item = &AssetId> {
        self.newest_of(child).filter(|(_, word)| word.linked.is_some()).map(|(parent, _)| parent)
    }

    /// The names that lead from a content to what it was made from, each with the other contents that carry
    /// it and of which nobody said anything. One of them is meant, and which cannot be told.
    pub fn named_by(
        &self,
        child: &AssetId,
    ) -> impl Iterator<Item = (&GivenName, impl Iterator<Item = &AssetId>)> {
        let child = *child;
        self.derivations(&child).iter().filter_map(move |one| {
            let (name, owners) = self.leads_to(&child, one)?;
            let silent = move |one: &&AssetId| **one != child && self.word(&child, one).is_none();
            Some((name, owners.iter().filter(silent)))
        })
    }

    /// What somebody said last that a content was not made from.
    pub fn withdrawn(&self, child: &AssetId) -> BTreeSet<AssetId> {
        let withdrawn = self.newest_of(child).filter(|(_, word)| word.linked.is_none());
        withdrawn.map(|(parent, _)| *parent).collect()
    }

    fn derivations(&self, child: &AssetId) -> &[Derivation] {
        self.identities.get(child).map(|identity| identity.from.as_slice()).unwrap_or_default()
    }

    /// The contents that the most exact of a derivation's names leads to: where a saved state is known,
    /// its document's other states are not meant.
    fn leads_to<'a>(
        &'a self,
        child: &AssetId,
        one: &'a Derivation,
    ) -> Option<(&'a GivenName, &'a BTreeSet<AssetId>)> {
        one.names
            .iter()
            .filter_map(|name| self.owners(name).map(|owners| (name, owners)))
            .filter(|(_, owners)| owners.iter().any(|owner| owner != child))
            .min_by_key(|(name, _)| name.0)
    }

    /// What was made from a content, by id, each once.
    pub fn children_of(&self, parent: &AssetId) -> Vec<Kin> {
        let words = self.of_parent.get(parent).into_iter().flatten();
        let words = words.flat_map(|at| &self.words[*at].children);
        let mut children: BTreeSet<_> = words.copied().collect();
        let own = self.identities.get(parent).map(|identity| identity.own.as_slice());
        for name in own.unwrap_or_default() {
            children.extend(self.namers.get(name).into_iter().flatten());
        }
        children.into_iter().filter_map(|child| self.child(parent, child)).collect()
    }

    fn child(&self, parent: &AssetId, child: AssetId) -> Option<Kin> {
        let said = match self.word(&child, parent).map(|word| &word.linked) {
            Some(None) => return None,
            Some(Some((relation, by))) => {
                let said = Said::By(by.clone());
                Some(Kin { asset: child, relation: *relation, said })
            }
            None => None,
        };
        let mut all = said.into_iter().chain(
            self.derivations(&child)
                .iter()
                .filter(|_| child != *parent)
                .filter_map(|one| self.leads_to(&child, one).map(|(name, all)| (one, name, all)))
                .filter(|(_, _, owners)| owners.contains(parent))
                .map(|(one, name, _)| read(child, one, name)),
        );
        let first = all.next()?;
        let whole = |kin: &Kin| kin.relation != Relation::Composite;
        if whole(&first) {
            return Some(first);
        }
        Some(all.find(whole).unwrap_or(first))
    }

    /// Everything below a content, bounded in number.
    pub fn below(&self, asset: &AssetId, most: usize) -> BTreeSet<AssetId> {
        let mut found = BTreeSet::new();
        let mut open = vec![*asset];
        while let Some(one) = open.pop() {
            for kin in self.children_of(&one) {
                if found.len() < most && kin.asset != *asset && found.insert(kin.asset) {
                    open.push(kin.asset);
                }
            }
        }
        found
    }

    /// Everything above some contents, and they themselves.
    pub fn above(&self, all: &BTreeSet<AssetId>) -> HashSet<AssetId> {
        let mut found = self.sources_of(all);
        found.extend(all);
        found
    }

    /// Everything that some contents were made from, at first or second hand.
    pub fn sources_of(&self, all: &BTreeSet<AssetId>) -> HashSet<AssetId> {
        let (mut found, mut seen) = (HashSet::new(), Seen::default());
        let mut open: Vec<_> = all.iter().copied().collect();
        while let Some(one) = open.pop() {
            for kin in self.parents_not_seen(&one, &mut seen) {
                if found.insert(kin.asset) && !all.contains(&kin.asset) {
                    open.push(kin.asset);
                }
            }
        }
        found
    }

    /// The way up from one of these contents to one of those, if there is one: a chain of children and
    /// parents.
    pub fn way_up(&self, from: &BTreeSet<AssetId>, to: &BTreeSet<AssetId>) -> Option<Vec<AssetId>> {
        let mut below: HashMap<AssetId, Option<AssetId>> =
            from.iter().map(|one| (*one, None)).collect();
        let mut open: Vec<_> = from.iter().rev().copied().collect();
        let mut seen = Seen::default();
        while let Some(one) = open.pop() {
            if to.contains(&one) {
                let mut way = vec![one];
                while let Some(Some(next)) = below.get(&way[way.len() - 1]) {
                    way.push(*next);
                }
                way.reverse();
                return Some(way);
            }
            for kin in self.parents_not_seen(&one, &mut seen) {
                if let Entry::Vacant(vacant) = below.entry(kin.asset) {
                    vacant.insert(Some(one));
                    open.push(kin.asset);
                }
            }
        }
        None
    }
}

fn read(asset: AssetId, one: &Derivation, name: &GivenName) -> Kin {
    let said = Said::Read { name: name.clone(), place: one.place.clone() };
    Kin { asset, relation: one.relation, said }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NameKind;

    fn id(seed: u8) -> AssetId {
        AssetId::from_bytes([seed; 32])
    }

    fn name(kind: NameKind, text: &str) -> GivenName {
        GivenName(kind, text.to_owned())
    }

    fn carries(own: &[GivenName], from: &[&[GivenName]]) -> Identity {
        let from = from.iter().map(|names| Derivation {
            relation: Relation::Version,
            names: names.to_vec(),
            place: "P".to_owned(),
        });
        Identity { own: own.to_vec(), from: from.collect() }
    }

    fn parents(kinship: &Kinship, child: u8) -> Vec<AssetId> {
        kinship.parents_of(&id(child)).into_iter().map(|kin| kin.asset).collect()
    }

    #[test]
    fn names_lead_to_the_same_contents_in_whatever_order_they_come() {
        use NameKind::{Document, Instance};
        let said = [name(Instance, "i-2"), name(Document, "d")];
        let all = [
            (id(1), carries(&[name(Document, "d"), name(Instance, "i-1")], &[])),
            (id(2), carries(&[name(Document, "d"), name(Instance, "i-2")], &[])),
            (id(3), carries(&[name(Instance, "i-3")], &[&said])),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut kinship = Kinship::default();
            for at in order {
                kinship.learn(all[at].0, Some(&all[at].1), false);
            }
            // The exact state is known, so the document's other state is not meant.
            assert_eq!(parents(&kinship, 3), [id(2)]);
            assert_eq!(kinship.children_of(&id(2))[0].asset, id(3));
            assert_eq!(kinship.children_of(&id(1)), []);
            kinship.learn(id(2), None, false);
            assert_eq!(parents(&kinship, 3), [id(1)]);
        }
    }

    #[test]
    fn a_person_stands_before_what_a_file_says() {
        let mut kinship = Kinship::default();
        kinship.learn(id(1), Some(&carries(&[name(NameKind::Instance, "i-1")], &[])), false);
        kinship.learn(id(2), Some(&carries(&[], &[&[name(NameKind::Instance, "i-1")]])), false);
        let unlinked =
            Unlinked { children: vec![id(2)], parents: vec![id(1)], by: "kim".into(), note: None };
        kinship.unlinked(&unlinked);
        assert_eq!(kinship.parents_of(&id(2)), []);
        let Unlinked { children, parents, by, note } = unlinked;
        kinship.linked(&Linked { children, parents, relation: Relation::Proxy, by, note });
        let kin = kinship.parents_of(&id(2)).remove(0);
        assert_eq!((kin.relation, kin.said), (Relation::Proxy, Said::By("kim".into())));
    }

    #[test]
    fn of_two_names_that_lead_to_one_content_the_surer_counts() {
        use NameKind::{Document, Instance};
        let (shared, own) = (name(Document, "shared"), name(Instance, "i-1"));
        let made = |first: &GivenName, second: &GivenName| {
            carries(&[], &[std::slice::from_ref(first), std::slice::from_ref(second)])
        };
        for child in [made(&shared, &own), made(&own, &shared)] {
            let mut kinship = Kinship::default();
            kinship.learn(id(1), Some(&carries(&[shared.clone(), own.clone()], &[])), false);
            kinship.learn(id(2), Some(&carries(std::slice::from_ref(&shared), &[])), false);
            kinship.learn(id(3), Some(&child), false);
            let kin = kinship.parents_of(&id(3)).remove(0);
            let said = Said::Read { name: own.clone(), place: "P".to_owned() };
            assert_eq!((kin.asset, kin.said), (id(1), said));
            // A person's word stays one, and is no less than what the file says.
            let (by, note) = ("kim".to_owned(), None);
            let (children, parents) = (vec![id(3)], vec![id(1)]);
            let relation = Relation::Composite;
            kinship.linked(&Linked { children, parents, relation, by: by.clone(), note });
            let kin = kinship.parents_of(&id(3)).remove(0);
            assert_eq!((kin.relation, kin.said), (Relation::Version, Said::By(by)));
        }
    }

    #[test]
    fn what_names_itself_ends() {
        let mut kinship = Kinship::default();
        let of = |own: &str, from: &str| {
            carries(&[name(NameKind::Instance, own)], &[&[name(NameKind::Instance, from)]])
        };
        kinship.learn(id(1), Some(&of("a", "b")), false);
        kinship.learn(id(2), Some(&of("b", "a")), false);
        kinship.learn(id(3), Some(&of("c", "c")), false);
        assert_eq!(parents(&kinship, 1), [id(2)]);
        assert_eq!(kinship.below(&id(1), 10), BTreeSet::from([id(2)]));
        assert_eq!(parents(&kinship, 3), []);
        assert_eq!(kinship.way_up(&BTreeSet::from([id(1)]), &BTreeSet::from([id(3)])), None);
        let way = kinship.way_up(&BTreeSet::from([id(1)]), &BTreeSet::from([id(2)]));
        assert_eq!(way, Some(vec![id(1), id(2)]));
    }
}
