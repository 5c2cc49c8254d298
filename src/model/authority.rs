//! What stands behind a recorded word, apart from what it says.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::Seq;

/// What stands behind one recorded word: an approval, or that its conditions are met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// The fingerprint of the key it is signed with, where the signature holds.
    pub signed: Option<String>,
    /// Why it is no word at all: its signature proves nothing, or it extends what is not there.
    pub flaw: Option<String>,
    /// Why whoever gave it could not.
    pub not_allowed: Option<String>,
}

impl Authority {
    /// Whether it counts, where a signature is not asked for.
    pub const fn counts(&self) -> bool {
        self.flaw.is_none() && self.not_allowed.is_none()
    }
}

/// What stands behind every recorded word that a judgement rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorities {
    /// By the event that recorded it: two events that claim one number are two words.
    pub words: BTreeMap<Seq, Authority>,
    /// The newest acknowledgement of policy and approvers that counts.
    pub acknowledged: Option<Seq>,
}

impl Authorities {
    /// What stands behind a word. One that nobody looked into does not count.
    pub fn of(&self, seq: Seq) -> Cow<'_, Authority> {
        let flaw = || Some("nobody looked into what stands behind it".to_owned());
        match self.words.get(&seq) {
            Some(word) => Cow::Borrowed(word),
            None => Cow::Owned(Authority { flaw: flaw(), ..Authority::default() }),
        }
    }
}
