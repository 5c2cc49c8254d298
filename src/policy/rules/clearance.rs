//! Where a content stands with those who must clear it, with all that it was made from: what lists and logs
//! show. Weighed as a gate weighs it (`heritage.rs`), but without a verdict, a waiver or a severity.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::lineage::{Ancestor, Ancestry, only_inherited};
use crate::model::{AiStatus, AssetId, Clearance, DeclarationId};
use crate::origin::Origin;
use crate::policy::rules::approval::{Basis, Refusal, clearance, word};

/// How contents stand. Each ancestor is looked at once, however many were made from it.
pub struct Clearances<'a> {
    /// What approvals are weighed by.
    pub basis: Basis<'a>,
    known: RefCell<HashMap<AssetId, Stands>>,
}

/// How an ancestor stands by itself.
#[derive(Clone, Copy)]
struct Stands {
    /// None where it needs nobody's approval.
    clearance: Option<Clearance>,
    refusal: Option<Refusal>,
}

impl<'a> Clearances<'a> {
    /// By what approvals are weighed.
    pub fn new(basis: Basis<'a>) -> Self {
        Self { basis, known: RefCell::default() }
    }

    /// How a content stands, under some declarations, that is AI-made or suspect; nothing for others. What is
    /// so only by what it was made from stands where its sources do, the farthest from cleared, unless a
    /// decision is about itself. A no to anything that it was made from stands against it, whatever that is
    /// and whatever marks it has itself, until it is approved after that.
    pub fn of(
        &self,
        asset: &AssetId,
        declarations: &[DeclarationId],
        origin: &Origin,
        above: &Ancestry,
    ) -> Option<Clearance> {
        if !origin.status.is_ai_or_suspect() {
            return None;
        }
        let own = clearance(&self.basis, asset, declarations);
        if matches!(own, Clearance::Rejected | Clearance::Revoked | Clearance::Expired) {
            return Some(own);
        }
        let refused = self.refusing(asset, above).map(|(_, _, refused)| refused);
        if let Some(refused) = refused.min_by_key(|one| nearness(*one)) {
            return Some(refused);
        }
        let in_own_right = !only_inherited(origin) || !declarations.is_empty();
        if own == Clearance::Approved || in_own_right {
            return Some(own);
        }
        let sources = above.each().filter_map(|(_, one)| self.stands(one).clearance);
        sources.min_by_key(|one| nearness(*one)).or(Some(own))
    }

    /// What a content was made from and somebody said no to, or withdrew a yes, with which of them it was: all
    /// that an approval of the content itself did not come after.
    pub fn refusing<'b>(
        &'b self,
        asset: &AssetId,
        above: &'b Ancestry,
    ) -> impl Iterator<Item = (usize, &'b Ancestor, Clearance)> {
        let said = self.any_no().then(|| word(&self.basis, asset).said).flatten();
        let all = self.any_no().then(|| above.each()).into_iter().flatten();
        all.filter_map(move |(at, one)| {
            let refusal = self.stands(one).refusal?;
            let is_answered = said.is_some_and(|said| said > refusal.at);
            (!is_answered).then_some((at, one, refusal.clearance))
        })
    }

    /// Whether somebody said no to an ancestor, or withdrew a yes, and nobody said yes since: which of them.
    pub fn refused(&self, one: &Ancestor) -> Option<Clearance> {
        let refusal = self.any_no().then(|| self.stands(one).refusal).flatten();
        refusal.map(|refusal| refusal.clearance)
    }

    /// Where nobody ever said no, thousands of frames that name one another are not gone through for it.
    fn any_no(&self) -> bool {
        let record = self.basis.record;
        !record.rejections.is_empty() || !record.revocations.is_empty()
    }

    fn stands(&self, one: &Ancestor) -> Stands {
        let mut known = self.known.borrow_mut();
        *known.entry(one.asset).or_insert_with(|| {
            let record = self.basis.record;
            let declarations = record.declarations.of(&one.asset, one.own.paths.iter());
            let status = one.own.origin.status;
            let is_declared = !declarations.is_empty() && status != AiStatus::NotAi;
            let is_source = status.is_ai_or_suspect() || is_declared;
            Stands {
                clearance: is_source.then(|| clearance(&self.basis, &one.asset, &declarations)),
                refusal: word(&self.basis, &one.asset).refusal,
            }
        })
    }
}

/// How near to cleared it is.
const fn nearness(clearance: Clearance) -> u8 {
    match clearance {
        Clearance::Rejected => 0,
        Clearance::Revoked => 1,
        Clearance::Expired => 2,
        Clearance::Undeclared => 3,
        Clearance::Declared => 4,
        Clearance::Reported => 5,
        Clearance::Approved => 6,
    }
}
