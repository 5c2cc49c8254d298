//! Contents that are alike: their files say the same of what they were made from, they are called the same, and
//! nobody linked them with anything. So are the frames of a sequence to which a program wrote one text. Often
//! that leads to all who are called so, each frame to all the others: what each was made from is the same but
//! for itself, and is drawn for one of them and shared.

use std::collections::HashMap;
use std::sync::Arc;

use crate::lineage::{ANCESTORS_MAX, Ancestor, Ancestry, Own, weight};
use crate::model::{AssetId, Strength};
use crate::record::Alike;

/// What contents have in common that have the same ancestors but for themselves. What each is by itself
/// matters where those who share a name are weighed.
pub(super) type Kind<'a> = (Alike<'a>, bool, bool);

/// The kind of a content.
pub(super) fn kind<'a>(alike: Alike<'a>, own: &Own) -> Kind<'a> {
    let is_told = own.origin.strength == Some(Strength::Person);
    (alike, weight(own.origin.status) != 0, is_told)
}

/// The ancestors of contents of one kind.
pub(super) enum Shared {
    /// None of them is made from another.
    Same(Arc<Ancestry>),
    /// Each of them is made from all the others. Where each is among them.
    Others { whole: Ancestry, places: HashMap<AssetId, usize> },
}

impl Shared {
    /// Takes the ancestors of one content of a kind, to which the others belong that `is_alike`. Nothing where
    /// those of the others do not follow from them.
    pub(super) fn of(
        drawn: &Arc<Ancestry>,
        asset: &AssetId,
        own: Arc<Own>,
        is_alike: impl Fn(&Ancestor) -> bool,
    ) -> Option<Self> {
        let Some(other) = drawn.all.iter().find(|one| is_alike(one)) else {
            return (!drawn.cut).then(|| Self::Same(Arc::clone(drawn)));
        };
        // It stands beside those that stand where the other does, by id.
        let is_beside = |one: &&Ancestor| (one.below, one.part) == (other.below, other.part);
        let first = drawn.all.iter().position(|one| is_beside(&one))?;
        let beside = drawn.all[first..].iter().take_while(is_beside);
        let at = first + beside.take_while(|one| one.asset < *asset).count();
        if at >= ANCESTORS_MAX {
            return None;
        }
        let mut all = drawn.all.to_vec();
        all.insert(at, Ancestor { asset: *asset, own, ..other.clone() });
        for (index, one) in all.iter_mut().enumerate() {
            if let Some(below) = one.below.as_mut().filter(|below| index != at && **below >= at) {
                *below += 1;
            }
        }
        let places = all.iter().enumerate().map(|(at, one)| (one.asset, at)).collect();
        let whole = Ancestry { all: all.into(), ..(**drawn).clone() };
        Some(Self::Others { whole, places })
    }

    /// The ancestors of another content of the kind.
    pub(super) fn but_for(&self, asset: &AssetId) -> Option<Arc<Ancestry>> {
        match self {
            Self::Same(drawn) => Some(Arc::clone(drawn)),
            Self::Others { whole, places } => {
                // Where there are more than are looked at, it may be one of those beyond.
                let beyond = whole.cut.then_some(ANCESTORS_MAX);
                let without = places.get(asset).copied().or(beyond)?;
                Some(Arc::new(Ancestry { without: Some(without), ..whole.clone() }))
            }
        }
    }
}
