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

/// What a person said of a pair last.
#[derive(Clone, Debug)]
enum Word {
    Linked(Relation, String),
    Withdrawn,
}

/// All that is known of who was made from what.
#[derive(Clone, Debug, Default)]
pub struct Kinship {
    /// By child, then by parent.
    words: HashMap<AssetId, BTreeMap<AssetId, Word>>,
    /// Children somebody ever spoke of, by parent.
    spoken: HashMap<AssetId, BTreeSet<AssetId>>,
    identities: HashMap<AssetId, Identity>,
    /// Whose name it is.
    owners: HashMap<GivenName, BTreeSet<AssetId>>,
    /// Who names it as what it was made from.
    namers: HashMap<GivenName, BTreeSet<AssetId>>,
}

impl Kinship {
    pub(super) fn linked(&mut self, fact: &Linked) {
        let word = || Word::Linked(fact.relation, fact.by.clone());
        self.spoken(&fact.children, &fact.parents, &word);
    }

    pub(super) fn unlinked(&mut self, fact: &Unlinked) {
        self.spoken(&fact.children, &fact.parents, &|| Word::Withdrawn);
    }

    fn spoken(&mut self, children: &[AssetId], parents: &[AssetId], word: &dyn Fn() -> Word) {
        for child in children {
            for parent in parents {
                self.words.entry(*child).or_default().insert(*parent, word());
                self.spoken.entry(*parent).or_default().insert(*child);
            }
        }
    }

    /// Takes the names a content carries; those it was known by before do not count any more.
    pub fn learn(&mut self, asset: AssetId, identity: Option<&Identity>) {
        if let Some(before) = self.identities.remove(&asset) {
            for (map, names) in [
                (&mut self.owners, before.own.iter().collect::<Vec<_>>()),
                (&mut self.namers, before.from.iter().flat_map(|one| &one.names).collect()),
            ] {
                for name in names {
                    if let Some(all) = map.get_mut(name) {
                        all.remove(&asset);
                    }
                }
            }
        }
        let Some(identity) = identity else { return };
        for name in &identity.own {
            self.owners.entry(name.clone()).or_default().insert(asset);
        }
        for name in identity.from.iter().flat_map(|one| &one.names) {
            self.namers.entry(name.clone()).or_default().insert(asset);
        }
        self.identities.insert(asset, identity.clone());
    }

    /// The same words of people, with the names that another knows.
    #[must_use]
    pub fn with_names_of(&self, other: &Self) -> Self {
        Self { words: self.words.clone(), spoken: self.spoken.clone(), ..other.clone() }
    }

    /// Whether nothing is known to be made from anything: nearly always.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.namers.is_empty()
    }

    /// Every content of which somebody or its file says what it was made from.
    pub fn children(&self) -> BTreeSet<AssetId> {
        let saying = self.identities.iter().filter(|(_, identity)| !identity.from.is_empty());
        self.words.keys().chain(saying.map(|(asset, _)| asset)).copied().collect()
    }

    /// What a content was made from, by id, each once. A person's word, that it was or that it was not, stands
    /// before what the file says. Of two names that lead to it the one that fewer carry counts, since that is
    /// the surer one, then the one that keeps more of the source.
    pub fn parents_of(&self, child: &AssetId) -> Vec<Kin> {
        self.parents_not_seen(child, &mut HashSet::new())
    }

    /// The same, but for contents that names lead to which are in `seen`: a walk asks for each name once,
    /// however many files say it.
    pub fn parents_not_seen<'a>(
        &'a self,
        child: &AssetId,
        seen: &mut HashSet<&'a GivenName>,
    ) -> Vec<Kin> {
        let words = self.words.get(child);
        // With how many carry the name that led there.
        let mut found: BTreeMap<AssetId, (Kin, usize)> = BTreeMap::new();
        for (parent, word) in words.into_iter().flatten() {
            if let Word::Linked(relation, by) = word {
                let said = Said::By(by.clone());
                found.insert(*parent, (Kin { asset: *parent, relation: *relation, said }, 0));
            }
        }
        for one in self.derivations(child) {
            let Some((name, owners)) = self.leads_to(child, one) else { continue };
            // What somebody said of one child must not hide what is true of another.
            if words.is_none() && !seen.insert(name) {
                continue;
            }
            for owner in owners.iter().filter(|owner| *owner != child) {
                if matches!(words.and_then(|words| words.get(owner)), Some(Word::Withdrawn)) {
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
        let linked = self.words.get(child).into_iter().flatten();
        linked.filter(|(_, word)| matches!(word, Word::Linked(..))).map(|(parent, _)| parent)
    }

    /// The names that lead from a content to what it was made from, each with the other contents that carry
    /// it and of which nobody said anything. One of them is meant, and which cannot be told.
    pub fn named_by(
        &self,
        child: &AssetId,
    ) -> impl Iterator<Item = (&GivenName, impl Iterator<Item = &AssetId>)> {
        let (child, words) = (*child, self.words.get(child));
        self.derivations(&child).iter().filter_map(move |one| {
            let (name, owners) = self.leads_to(&child, one)?;
            let silent = move |one: &&AssetId| {
                **one != child && words.is_none_or(|words| !words.contains_key(*one))
            };
            Some((name, owners.iter().filter(silent)))
        })
    }

    /// What somebody said last that a content was not made from.
    pub fn withdrawn(&self, child: &AssetId) -> BTreeSet<AssetId> {
        let words = self.words.get(child).into_iter().flatten();
        let withdrawn = words.filter(|(_, word)| matches!(word, Word::Withdrawn));
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
            .filter_map(|name| self.owners.get(name).map(|owners| (name, owners)))
            .filter(|(_, owners)| owners.iter().any(|owner| owner != child))
            .min_by_key(|(name, _)| name.0)
    }

    /// What was made from a content, by id, each once.
    pub fn children_of(&self, parent: &AssetId) -> Vec<Kin> {
        let mut children = self.spoken.get(parent).cloned().unwrap_or_default();
        let own = self.identities.get(parent).map(|identity| identity.own.as_slice());
        for name in own.unwrap_or_default() {
            children.extend(self.namers.get(name).into_iter().flatten());
        }
        children.into_iter().filter_map(|child| self.child(parent, child)).collect()
    }

    fn child(&self, parent: &AssetId, child: AssetId) -> Option<Kin> {
        let word = self.words.get(&child).and_then(|words| words.get(parent));
        let said = match word {
            Some(Word::Withdrawn) => return None,
            Some(Word::Linked(relation, by)) => {
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
        let mut found: HashSet<AssetId> = all.iter().copied().collect();
        let (mut open, mut seen): (Vec<_>, _) = (all.iter().copied().collect(), HashSet::new());
        while let Some(one) = open.pop() {
            let parents = self.parents_not_seen(&one, &mut seen).into_iter();
            open.extend(parents.map(|kin| kin.asset).filter(|asset| found.insert(*asset)));
        }
        found
    }

    /// The way up from a content to one of these, if there is one: a chain of children and parents that
    /// begins with the content.
    pub fn way_up(&self, from: &AssetId, to: &BTreeSet<AssetId>) -> Option<Vec<AssetId>> {
        let mut below: HashMap<AssetId, Option<AssetId>> = HashMap::from([(*from, None)]);
        let (mut open, mut seen) = (vec![*from], HashSet::new());
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
                kinship.learn(all[at].0, Some(&all[at].1));
            }
            // The exact state is known, so the document's other state is not meant.
            assert_eq!(parents(&kinship, 3), [id(2)]);
            assert_eq!(kinship.children_of(&id(2))[0].asset, id(3));
            assert_eq!(kinship.children_of(&id(1)), []);
            kinship.learn(id(2), None);
            assert_eq!(parents(&kinship, 3), [id(1)]);
        }
    }

    #[test]
    fn a_person_stands_before_what_a_file_says() {
        let mut kinship = Kinship::default();
        kinship.learn(id(1), Some(&carries(&[name(NameKind::Instance, "i-1")], &[])));
        kinship.learn(id(2), Some(&carries(&[], &[&[name(NameKind::Instance, "i-1")]])));
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
            kinship.learn(id(1), Some(&carries(&[shared.clone(), own.clone()], &[])));
            kinship.learn(id(2), Some(&carries(std::slice::from_ref(&shared), &[])));
            kinship.learn(id(3), Some(&child));
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
        kinship.learn(id(1), Some(&of("a", "b")));
        kinship.learn(id(2), Some(&of("b", "a")));
        kinship.learn(id(3), Some(&of("c", "c")));
        assert_eq!(parents(&kinship, 1), [id(2)]);
        assert_eq!(kinship.below(&id(1), 10), BTreeSet::from([id(2)]));
        assert_eq!(parents(&kinship, 3), []);
        assert_eq!(kinship.way_up(&id(1), &BTreeSet::from([id(3)])), None);
        let way = kinship.way_up(&id(1), &BTreeSet::from([id(2)]));
        assert_eq!(way, Some(vec![id(1), id(2)]));
    }
}
