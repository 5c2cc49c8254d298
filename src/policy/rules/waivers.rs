//! Waivers: what somebody took on themselves, exactly as named and for as long as it says.

use crate::model::{
    AssetId, AssetPath, Finding, FindingCode, RuleCode, Severity, Timestamp, Waived,
};
use crate::policy::rule::Waiver;
use crate::policy::rules::Case;
use crate::policy::rules::meant::Meant;
use crate::policy::{Policy, in_its_place};
use crate::record::Record;

/// The waivers of a policy, and which of them kept something out.
pub(super) struct Waivers<'a> {
    all: &'a [Waiver],
    /// What each is about among the files that are judged.
    meant: &'a [Meant<'a>],
    used: Vec<bool>,
    deliverable: &'a str,
    record: &'a Record,
    now: Timestamp,
}

impl<'a> Waivers<'a> {
    pub(super) fn new(policy: &'a Policy, case: &Case<'a>, meant: &'a [Meant<'a>]) -> Self {
        // Which of them are idle is for the deliverable to say, and not for what was made from it.
        let used = vec![case.made; policy.waivers.len()];
        let Case { deliverable, record, now, .. } = *case;
        Self { all: &policy.waivers, meant, used, deliverable, record, now }
    }

    /// The waiver that keeps a finding out, by its place: of several the first. What is about the deliverable
    /// as a whole is waived with the glob `**`.
    pub(super) fn of(
        &mut self,
        code: &FindingCode,
        severity: Severity,
        path: Option<&AssetPath>,
        asset: Option<&AssetId>,
    ) -> Option<usize> {
        let all: Vec<usize> = self.all_of(code, severity, path, asset).collect();
        for at in &all {
            self.used[*at] = true;
        }
        all.first().copied()
    }

    /// Whether a blocking finding of ours would be kept out.
    pub(super) fn is_waived(&self, code: RuleCode, path: &AssetPath, asset: &AssetId) -> bool {
        !self.all.is_empty()
            && self.all_of(&code.into(), Severity::Block, Some(path), Some(asset)).next().is_some()
    }

    fn all_of(
        &self,
        code: &FindingCode,
        severity: Severity,
        path: Option<&AssetPath>,
        asset: Option<&AssetId>,
    ) -> impl Iterator<Item = usize> {
        let other = in_its_place(code).filter(|_| severity == Severity::Block);
        let is_of = move |one: &Waiver| one.code == *code || other.is_some_and(|it| one.code == it);
        let pairs = self.all.iter().zip(self.meant).enumerate();
        let fits = move |(_, (one, meant)): &(usize, (&Waiver, &Meant<'_>))| {
            is_of(one) && self.in_force(one) && meant.is(path, asset)
        };
        pairs.filter(fits).map(|(at, _)| at)
    }

    /// Takes over which of them kept something out elsewhere.
    pub(super) fn take(&mut self, other: &Self) {
        for (used, other) in self.used.iter_mut().zip(&other.used) {
            *used |= other;
        }
    }

    fn in_force(&self, waiver: &Waiver) -> bool {
        waiver.until >= self.now && self.is_here(waiver)
    }

    fn is_here(&self, waiver: &Waiver) -> bool {
        waiver.deliverable.as_ref().is_none_or(|name| name == self.deliverable)
    }

    /// A finding with the waiver that keeps it out.
    pub(super) fn waived(&self, at: usize, finding: Finding) -> Waived {
        let Waiver { who, why, until, .. } = &self.all[at];
        Waived { finding, who: who.clone(), why: why.clone(), until: *until }
    }

    /// Whether it is for a deliverable that nobody defined: then no verdict but this would tell of it.
    fn is_nowhere(&self, waiver: &Waiver) -> bool {
        let name = waiver.deliverable.as_ref();
        name.is_some_and(|name| !self.record.deliverables.contains_key(name))
            && !self.is_here(waiver)
    }

    /// What there is to say of those that kept nothing out.
    pub(super) fn unused(&self) -> Vec<String> {
        let here = |one: &Waiver| self.is_here(one) || self.is_nowhere(one);
        let idle = self.all.iter().zip(&self.used).filter(|(one, used)| !*used && here(one));
        idle.map(|(one, _)| {
            let what =
                format!("{}'s waiver of {} for {}", one.who, one.code.as_str(), one.asset.text());
            if let Some(name) = one.deliverable.as_ref().filter(|_| self.is_nowhere(one)) {
                format!("{what} is for {name}, and no deliverable has that name")
            } else if one.until < self.now {
                format!("{what} ran out at {}", one.until.to_the_second())
            } else {
                format!("{what} matches nothing in {}", self.deliverable)
            }
        })
        .collect()
    }
}
