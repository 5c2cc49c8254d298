//! The record: what the journal's events add up to. Pure: events in, state out.
//!
//! Folded from journal events whose hashes and links were checked on the way, never from tables, so
//! that no edited row can say yes. It holds what people decided; with a scope, also what was seen
//! at the paths a gate asks about and every mark on record.

mod declarations;
mod deliverables;
mod extension;
mod kinship;
mod places;
mod story;
mod texts;
mod words;

use declarations::Redeclared;
pub use declarations::{Declarations, Dossier};
pub use deliverables::Deliverable;
pub use extension::Against;
pub use kinship::{Alike, Kin, Kinship, Said, Seen};
pub use places::Places;
pub use texts::{Change, Texts};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::model::{
    Approval, ApprovalId, AssetId, AssetPath, Clearance, ConditionMet, ContentProblem,
    DeclarationId, Event, Evidence, Examination, Exported, Found, Head, Identity, NamedBeside,
    ObservedBatch, PackageChecked, PolicyAdopted, Recorded, Reexamined, Rejection, RelPath,
    Rendered, Revocation, RootName, SIDECARS, Scope, Seq, Timestamp,
};
use crate::record::words::Words;

/// A fact with its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// The event.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who acted.
    pub actor: String,
    /// The fact.
    pub fact: T,
}

impl Entry<Revocation> {
    fn standing(&self) -> Standing {
        let Revocation { by, note, .. } = &self.fact;
        Standing::Revoked { by: by.clone(), at: self.at, note: note.clone() }
    }
}

/// Whether an approval holds for an asset at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Active,
    /// It ran out.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was withdrawn.
    Revoked {
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
        /// Why.
        note: String,
    },
    /// The declaration it was given under has changed since.
    Outdated {
        /// The declaration.
        declaration: DeclarationId,
        /// The version it was given under.
        version: u32,
        /// The version that stands.
        now: u32,
    },
}

/// Chooses the paths whose observations a fold keeps.
pub type PathFilter<'a> = &'a dyn Fn(&RootName, &RelPath) -> bool;

/// Everything decided, up to an event.
#[derive(Default)]
pub struct Record {
    /// The newest event folded in.
    pub head: Option<Head>,
    /// Its time; nothing is judged as if it were earlier.
    pub newest: Option<Timestamp>,
    /// Chain hash of every event but observations.
    pub history: BTreeMap<Seq, AssetId>,
    /// Policies and approvers, with every change of them.
    pub texts: Texts,
    /// Deliverables by name.
    pub deliverables: BTreeMap<String, Deliverable>,
    /// The globs of the path rules in force.
    pub rules: BTreeSet<String>,
    /// What everything that is recorded was at least examined with.
    pub examined_with: Option<Reexamined>,
    /// Every approval, in order.
    pub approvals: Vec<Entry<Approval>>,
    /// Every rejection, in order.
    pub rejections: Vec<Entry<Rejection>>,
    /// Every revocation, in order.
    pub revocations: Vec<Entry<Revocation>>,
    /// Every word that conditions were met, in order.
    pub conditions_met: Vec<Entry<ConditionMet>>,
    /// The newest check of each package.
    pub packages: BTreeMap<AssetPath, PackageChecked>,
    /// Every command that ran for a deliverable, in order.
    pub renders: Vec<Entry<Rendered>>,
    /// Every export, in order.
    pub exports: Vec<Entry<Exported>>,
    /// What was made from what. Names in files are in it only in a record folded with a scope, or once
    /// somebody puts them in.
    pub kinship: Kinship,
    /// What was declared, and the register of tools.
    pub declarations: Declarations,
    words: Words,
    approved: HashMap<AssetId, Vec<usize>>,
    rejected: HashMap<AssetId, Vec<usize>>,
    revoked: HashMap<ApprovalId, Vec<usize>>,
    /// Approvals by number; of two that claim one, the first has it.
    numbered: HashMap<ApprovalId, usize>,
    /// Who put contents under a declaration.
    attachers: HashMap<AssetId, BTreeSet<String>>,
    /// What each revocation is limited to; empty for no limit.
    revoked_assets: Vec<HashSet<AssetId>>,
    examined: HashMap<AssetId, Examination>,
    attached: HashMap<AssetId, Vec<Evidence>>,
    /// What sidecars name contents.
    named: HashMap<AssetId, Identity>,
    /// Contents that are sidecars.
    sidecars: HashSet<AssetId>,
    present: BTreeMap<AssetPath, Found>,
    /// Every link, with the event that saw it as it is: one outside the scope may lead to a folder in which some of
    /// it seems to lie.
    links: BTreeMap<AssetPath, (Seq, Box<[u8]>)>,
}

impl Record {
    /// Folds in the next event, keeping observations of the paths that `scope` wants.
    pub fn apply(&mut self, recorded: Recorded, scope: Option<PathFilter<'_>>) {
        let Recorded { head, at, actor, event } = recorded;
        self.head = Some(head);
        self.newest = Some(at);
        let seq = head.seq;
        if !Event::is_observation(event.kind()) {
            self.history.insert(seq, AssetId::from_bytes(head.hash));
        }
        match event {
            Event::PolicyAdopted(fact) => {
                self.texts.policies.push(Entry { seq, at, actor, fact });
            }
            Event::ApproversAdopted(fact) => {
                self.texts.approvers.push(Entry { seq, at, actor, fact });
            }
            Event::PolicyAcknowledged(fact) => {
                self.texts.acknowledged.push(Entry { seq, at, actor, fact });
            }
            Event::Observed(batch) => self.observed(seq, batch, scope),
            Event::Determined(fact) => self.words.determined(Entry { seq, at, actor, fact }),
            Event::DeterminationCleared(fact) => self.words.cleared(&fact, &actor),
            Event::Approved(fact) => {
                let index = self.approvals.len();
                for asset in &fact.assets {
                    self.approved.entry(*asset).or_default().push(index);
                }
                self.numbered.entry(fact.id).or_insert(index);
                self.approvals.push(Entry { seq, at, actor, fact });
            }
            Event::Rejected(fact) => {
                let index = self.rejections.len();
                for asset in &fact.assets {
                    self.rejected.entry(*asset).or_default().push(index);
                }
                self.rejections.push(Entry { seq, at, actor, fact });
            }
            Event::Revoked(fact) => {
                let index = self.revocations.len();
                for approval in &fact.approvals {
                    self.revoked.entry(*approval).or_default().push(index);
                }
                self.revoked_assets.push(fact.assets.iter().copied().collect());
                self.revocations.push(Entry { seq, at, actor, fact });
            }
            Event::ConditionMet(fact) => self.conditions_met.push(Entry { seq, at, actor, fact }),
            Event::Linked(fact) => self.kinship.linked(&fact),
            Event::Unlinked(fact) => self.kinship.unlinked(&fact),
            Event::Declared(fact) => {
                self.put_under(&fact.assets, &actor);
                self.declarations.declared(Entry { seq, at, actor, fact });
            }
            Event::Attached(fact) => {
                self.put_under(&fact.assets, &actor);
                self.declarations.attached(&fact, seq, &actor);
            }
            Event::Reported(fact) => self.declarations.reported(Entry { seq, at, actor, fact }),
            Event::ToolRegistered(fact) => {
                self.declarations.registered(Entry { seq, at, actor, fact });
            }
            Event::DeliverableDefined(fact) => self.defined(fact),
            Event::DeliverableRemoved(fact) => drop(self.deliverables.remove(&fact.name)),
            Event::ReferenceLinked(fact) => self.reference_linked(fact),
            Event::Gated(fact) => self.gated(Entry { seq, at, actor, fact }),
            Event::Finalized(fact) => self.finalized(Entry { seq, at, actor, fact }),
            Event::Reopened(fact) => self.reopened(&fact.name),
            Event::PackageChecked(fact) => {
                self.packages.insert(fact.package.clone(), fact);
            }
            Event::Exported(fact) => self.exports.push(Entry { seq, at, actor, fact }),
            Event::Rendered(fact) => self.renders.push(Entry { seq, at, actor, fact }),
            Event::RulesAdopted(fact) => self.rules = fact.globs,
            Event::Reexamined(fact) => self.examined_with = Some(fact),
            Event::ProjectCreated(fact) => {
                let detectors = fact.detectors;
                self.examined_with = Some(Reexamined { detectors, trust_list: None, assets: 0 });
            }
            Event::ScanCompleted(_) => {}
        }
    }

    fn observed(&mut self, seq: Seq, batch: ObservedBatch, scope: Option<PathFilter<'_>>) {
        self.declarations.observed(&batch, seq);
        let Some(wanted) = scope else { return };
        for observed in batch.directories {
            let place =
                |name: &[u8]| AssetPath::new(batch.root.clone(), observed.directory.join(name));
            for found in observed.files {
                if SIDECARS.contains(&&*found.media_type) {
                    self.sidecars.insert(found.asset);
                }
                let path = place(&found.name);
                self.links.remove(&path);
                if wanted(&path.root, &path.path) {
                    self.present.insert(path, found);
                }
            }
            for link in &observed.links {
                let path = place(&link.name);
                self.present.remove(&path);
                self.links.insert(path, (seq, link.target.clone()));
            }
            for name in &observed.gone {
                let path = place(&name.0);
                self.present.remove(&path);
                self.links.remove(&path);
            }
        }
        let mut renamed: Vec<AssetId> = batch.examined.iter().map(|(asset, _)| *asset).collect();
        self.examined.extend(batch.examined);
        for NamedBeside(asset, _, identity) in batch.named {
            self.named.entry(asset).or_default().join(&identity);
            renamed.push(asset);
        }
        for asset in &renamed {
            self.learn_names(asset);
        }
        for (asset, evidence) in batch.attached {
            let known = self.attached.entry(asset).or_default();
            for one in evidence {
                if !known.contains(&one) {
                    known.push(one);
                }
            }
        }
    }

    /// Has a record that was folded without observations know of one what declarations took in by it.
    pub fn learn_seen(&mut self, recorded: &Recorded) {
        if let Event::Observed(batch) = &recorded.event {
            self.declarations.observed(batch, recorded.head.seq);
        }
    }

    /// Has lineage know the names of a content: those that its bytes carry, and those of sidecars.
    fn learn_names(&mut self, asset: &AssetId) {
        let carried = self.examined.get(asset).and_then(|seen| seen.identity.as_deref());
        let is_sidecar = self.sidecars.contains(asset);
        let Some(beside) = self.named.get(asset) else {
            return self.kinship.learn(*asset, carried, is_sidecar);
        };
        let mut all = carried.cloned().unwrap_or_default();
        all.join(beside);
        self.kinship.learn(*asset, Some(&all), is_sidecar);
    }

    /// What sidecars name a content, and what it was made from. Only in a record folded with a scope.
    pub fn named_beside(&self, asset: &AssetId) -> Option<&Identity> {
        self.named.get(asset)
    }

    /// Every approval that covers a content, in order, with how it stands at `now`.
    pub fn approvals_of(
        &self,
        asset: &AssetId,
        now: Timestamp,
    ) -> impl Iterator<Item = (&Entry<Approval>, Standing)> {
        let indices = self.approved.get(asset).map(Vec::as_slice).unwrap_or_default();
        let asset = *asset;
        indices.iter().map(move |index| {
            let entry = &self.approvals[*index];
            (entry, self.standing(entry, &asset, now))
        })
    }

    /// How an approval stands for one of its contents at `now`.
    pub fn standing(&self, entry: &Entry<Approval>, asset: &AssetId, now: Timestamp) -> Standing {
        if let Some(index) = self.withdrawn_for(entry.fact.id, asset) {
            return self.revocations[index].standing();
        }
        self.standing_besides(entry, Some(asset), now)
    }

    /// How an approval of a declaration that nothing was under yet stands at `now`.
    pub fn standing_ahead(&self, entry: &Entry<Approval>, now: Timestamp) -> Standing {
        match self.withdrawn(entry) {
            Some(revocation) => revocation.standing(),
            None => self.standing_besides(entry, None, now),
        }
    }

    /// How an approval stands, for one of its contents or ahead of any, that was not withdrawn itself.
    fn standing_besides(
        &self,
        entry: &Entry<Approval>,
        asset: Option<&AssetId>,
        now: Timestamp,
    ) -> Standing {
        if let Some(revoked) = self.fell(entry) {
            return revoked;
        }
        match entry.fact.expires {
            Some(at) if at < now => Standing::Expired { at },
            _ => self.outdated(entry, asset).unwrap_or(Standing::Active),
        }
    }

    fn put_under(&mut self, assets: &[AssetId], actor: &str) {
        for asset in assets {
            self.attachers.entry(*asset).or_default().insert(actor.to_owned());
        }
    }

    /// What withdrew an approval for one of its contents.
    fn withdrawn_for(&self, id: ApprovalId, asset: &AssetId) -> Option<usize> {
        self.withdrawals(id, asset).next()
    }

    /// Everything that withdrew an approval for one of its contents, in order.
    fn withdrawals(&self, id: ApprovalId, asset: &AssetId) -> impl Iterator<Item = usize> {
        let indices = self.revoked.get(&id).map(Vec::as_slice).unwrap_or_default();
        let covers = |assets: &HashSet<AssetId>| assets.is_empty() || assets.contains(asset);
        indices.iter().copied().filter(move |index| covers(&self.revoked_assets[*index]))
    }

    /// What withdrew an approval for all that it covers, at once or the last of it.
    fn withdrawn(&self, entry: &Entry<Approval>) -> Option<&Entry<Revocation>> {
        let id = entry.fact.id;
        let indices = self.revoked.get(&id).map(Vec::as_slice).unwrap_or_default();
        let whole = indices.iter().copied().find(|index| self.revoked_assets[*index].is_empty());
        let each = || -> Option<usize> {
            let assets = entry.fact.assets.iter();
            let all: Option<Vec<_>> = assets.map(|asset| self.withdrawn_for(id, asset)).collect();
            all?.into_iter().max()
        };
        whole.or_else(each).map(|index| &self.revocations[index])
    }

    /// Whether what an approval said yes to has been declared anew since: the declaration it was given
    /// under, or one that the content was under when it was given for that.
    fn outdated(&self, entry: &Entry<Approval>, asset: Option<&AssetId>) -> Option<Standing> {
        if let (Some(asset), None, false) =
            (asset, entry.fact.declaration, entry.fact.determination)
        {
            let said = self.said(entry).seq;
            let Redeclared { id: declaration, version, now } =
                self.declarations.redeclared(asset, said, entry)?;
            return Some(Standing::Outdated { declaration, version, now });
        }
        let under = entry.fact.declaration?;
        let now = self.declarations.get(under.id)?.current()?.fact.version;
        let (declaration, version) = (under.id, under.version);
        (now > version).then_some(Standing::Outdated { declaration, version, now })
    }

    /// Whether an approval was withdrawn as a whole.
    pub fn is_revoked(&self, id: ApprovalId) -> bool {
        let all = self.revoked.get(&id).map(Vec::as_slice).unwrap_or_default();
        all.iter().any(|index| self.revoked_assets[*index].is_empty())
    }

    /// Every rejection of a content, in order.
    pub fn rejections_of(&self, asset: &AssetId) -> impl Iterator<Item = &Entry<Rejection>> {
        let indices = self.rejected.get(asset).map(Vec::as_slice).unwrap_or_default();
        indices.iter().map(|index| &self.rejections[*index])
    }

    /// The number the next decision takes.
    pub fn next_decision(&self) -> ApprovalId {
        ApprovalId(self.approvals.len() as u64 + self.rejections.len() as u64 + 1)
    }

    /// An approval by its number.
    pub fn approval(&self, id: ApprovalId) -> Option<&Entry<Approval>> {
        self.numbered.get(&id).map(|index| &self.approvals[*index])
    }

    /// The moment to judge or to record at, when the clock says `now`: nothing is earlier than the newest
    /// event.
    pub fn moment(&self, now: Timestamp) -> Timestamp {
        self.newest.map_or(now, |newest| newest.max(now))
    }

    /// The newest event that is no observation.
    pub fn decided(&self) -> Head {
        let newest = self.history.last_key_value();
        newest.map_or(Head::EMPTY, |(seq, hash)| Head { seq: *seq, hash: *hash.as_bytes() })
    }

    /// The policy in force.
    pub fn policy(&self) -> Option<&Entry<PolicyAdopted>> {
        self.texts.policies.last()
    }

    /// What kept detectors from seeing all of a content. Only in a record folded with a scope.
    pub fn content_problems(&self, asset: &AssetId) -> &[ContentProblem] {
        self.examined.get(asset).map(|seen| seen.problems.as_slice()).unwrap_or_default()
    }

    /// The evidence that counts for a content: what its bytes show, then what was attached to it.
    /// Only in a record folded with a scope.
    pub fn evidence(&self, asset: &AssetId) -> Cow<'_, [Evidence]> {
        let shown = self.examined.get(asset).map(|seen| seen.evidence.as_slice());
        let (shown, attached) = (shown.unwrap_or_default(), self.attached(asset));
        // Nearly always: a gate asks this of every file.
        if attached.is_empty() && shown.iter().all(|one| self.counts(one)) {
            return Cow::Borrowed(shown);
        }
        let all = shown.iter().chain(attached);
        Cow::Owned(all.filter(|one| self.counts(one)).cloned().collect())
    }

    /// What was attached to a content, from sidecars, names, path rules and pixels. Only in a record
    /// folded with a scope.
    pub fn attached(&self, asset: &AssetId) -> &[Evidence] {
        self.attached.get(asset).map(Vec::as_slice).unwrap_or_default()
    }

    /// What counts of all that was ever seen of a content.
    pub fn counted(&self, mut examination: Examination) -> Examination {
        examination.evidence.retain(|one| self.counts(one));
        examination
    }

    /// Whether a piece of evidence counts: what a path rule raised goes with the rule.
    fn counts(&self, one: &Evidence) -> bool {
        one.rule.as_ref().is_none_or(|rule| self.rules.contains(rule))
    }

    /// What is at the paths of the scope, by path.
    pub fn present(&self) -> &BTreeMap<AssetPath, Found> {
        &self.present
    }

    /// Every link, with the event that saw it as it is, and where it points. Only in a record folded with a scope.
    pub fn links(&self) -> impl Iterator<Item = (&AssetPath, Seq, &[u8])> {
        self.links.iter().map(|(path, (seq, target))| (path, *seq, &**target))
    }

    /// Where a link points that was seen. Only in a record folded with a scope.
    pub fn link(&self, path: &AssetPath) -> Option<&[u8]> {
        self.links.get(path).map(|(_, target)| &**target)
    }

    /// Where an AI-made or suspect content stands with the people who must clear it. `declarations`
    /// are those it is under; `counts` says which approvals are any.
    pub fn clearance(
        &self,
        asset: &AssetId,
        declarations: &[DeclarationId],
        now: Timestamp,
        counts: &dyn Fn(&Entry<Approval>) -> bool,
    ) -> Clearance {
        let dossiers = || declarations.iter().filter_map(|id| self.declarations.get(*id));
        let mut answer = if declarations.is_empty() {
            Clearance::Undeclared
        } else if dossiers().all(|one| one.report().is_some()) {
            Clearance::Reported
        } else {
            Clearance::Declared
        };
        let rejected = self.rejections_of(asset).map(|entry| entry.seq).max();
        let mut newest = None;
        for (entry, standing) in self.approvals_of(asset, now) {
            let is_final = !entry.fact.determination && entry.fact.scope == Scope::Final;
            if !is_final || !counts(entry) {
                continue;
            }
            newest = Some(entry.seq);
            let this = match standing {
                Standing::Active if !self.unsaid(entry, asset) => Clearance::Approved,
                // What was declared anew waits for its approval again.
                Standing::Active | Standing::Outdated { .. } => continue,
                Standing::Expired { .. } => Clearance::Expired,
                Standing::Revoked { .. } => Clearance::Revoked,
            };
            if answer != Clearance::Approved {
                answer = this;
            }
        }
        if answer != Clearance::Approved && rejected > newest {
            return Clearance::Rejected;
        }
        answer
    }

    /// Whether somebody said no since to all that an approval of a content is for. A no to one deliverable
    /// leaves a wider yes standing.
    fn unsaid(&self, entry: &Entry<Approval>, asset: &AssetId) -> bool {
        let since = || self.rejections_of(asset).filter(|no| no.seq > entry.seq);
        let to = |name: &String| since().any(|no| no.fact.deliverables.contains(name));
        let ours = &entry.fact.deliverables;
        since().any(|no| no.fact.deliverables.is_empty()) || !ours.is_empty() && ours.iter().all(to)
    }
}
