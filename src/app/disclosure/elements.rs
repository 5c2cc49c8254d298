//! What is known of one content, as an element of a log.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::app::disclosure::gaps::{self, Family};
use crate::app::disclosure::said::{self, Speaker};
use crate::app::disclosure::uses::Uses;
use crate::app::{AppError, show};
use crate::attest::sha256_of;
use crate::ledger::Reader;
use crate::lineage::{Ancestor, Ancestry, only_inherited};
use crate::model::{
    AiStatus, AssetId, AssetPath, Authorities, Clearance, DeclarationId, Found, Timestamp,
};
use crate::origin::Origin;
use crate::policy::{
    Basis, DeclarationFacts, Policy, clearance, confirmed, lacks, tier, words_of_conditions,
};
use crate::record::{Record, Standing};
use crate::report::{
    Contribution, DecisionView, DisclosedAsset, DisclosedDeclaration, ElementView, EvidenceView,
    GapView, PathView, SourceView, ToolView, WordView,
};

/// An element, and what its formats do not show.
pub(super) struct Listed {
    /// As it is shown.
    pub view: ElementView,
    /// Where its contents lie.
    pub paths: Vec<AssetPath>,
}

/// Something AI-made, or that may be, that an element was made from.
pub(super) struct Source {
    asset: AssetId,
    /// Where it lies, or the beginning of its id.
    pub name: String,
    paths: Vec<AssetPath>,
    pub status: AiStatus,
    why: String,
    pub declarations: Vec<DeclarationId>,
    pub decisions: Vec<DecisionView>,
}

impl Source {
    fn view(&self) -> SourceView {
        SourceView {
            asset: self.asset.to_string(),
            paths: self.paths.iter().map(PathView::from).collect(),
            status: self.status,
            why: self.why.clone(),
        }
    }

    /// Its decisions, as those of what was made from it.
    fn heard(&self) -> impl Iterator<Item = DecisionView> {
        let from =
            |one: &DecisionView| DecisionView { from: Some(self.name.clone()), ..one.clone() };
        self.decisions.iter().map(from)
    }
}

/// What every element is looked up in.
pub(super) struct Ground<'a> {
    reader: &'a Reader,
    record: &'a Record,
    policy: Option<&'a Policy>,
    authorities: Authorities,
    lost: BTreeSet<AssetId>,
    /// The deliverable whose log it is.
    name: Option<&'a str>,
    now: Timestamp,
    declared: BTreeMap<DeclarationId, Arc<DisclosedDeclaration>>,
    sha256: HashMap<AssetId, String>,
    /// What was made from the same, as the frames of a sequence are, has its sources looked up once.
    sources: RefCell<HashMap<*const Ancestry, Sources>>,
}

/// What ancestors that several contents share come to.
struct Sources {
    /// Kept, so that no others get their place in memory.
    _of: Arc<Ancestry>,
    all: Rc<[Source]>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        reader: &'a Reader,
        record: &'a Record,
        policy: Option<&'a Policy>,
        authorities: Authorities,
        lost: BTreeSet<AssetId>,
        name: Option<&'a str>,
        now: Timestamp,
    ) -> Self {
        let signed = record.approvals.iter().filter(|entry| {
            let word = authorities.of(entry.seq);
            word.signed.is_some() && word.flaw.is_none()
        });
        let sha256 = signed.filter_map(|entry| entry.fact.signed.as_ref()).flat_map(sha256_of);
        let sha256 = sha256.collect();
        let declared = record.declarations.all();
        let declared = declared
            .filter_map(|(id, _)| {
                Some((id, Arc::new(declared_view(record, policy, id, &lost, now)?)))
            })
            .collect();
        let sources = RefCell::default();
        Self { reader, record, policy, authorities, lost, name, now, declared, sha256, sources }
    }

    /// What approvals are weighed by: the same as for a gate.
    fn basis(&self) -> Basis<'_> {
        Basis {
            policy: self.policy,
            record: self.record,
            authorities: &self.authorities,
            lost_documents: &self.lost,
            now: self.now,
            deliverable: self.name,
        }
    }

    /// How a content stands by itself, by approvals that count.
    fn clearance(&self, asset: &AssetId, declarations: &[DeclarationId]) -> Clearance {
        clearance(&self.basis(), asset, declarations)
    }

    /// The element that a content is, or its status where it is none.
    pub(super) fn element(
        &self,
        asset: AssetId,
        places: &[(&AssetPath, &Found)],
        (origin, above): (Origin, Arc<Ancestry>),
        uses: &Uses,
    ) -> Result<Result<Listed, AiStatus>, AppError> {
        let record = self.record;
        let mut paths: Vec<_> = places.iter().map(|(path, _)| (*path).clone()).collect();
        let declarations = record.declarations.of(&asset, paths.iter());
        // What has marks of its own speaks for itself.
        let inherits = only_inherited(&origin) || origin.status == AiStatus::Unknown;
        let sources = if inherits { self.sources(&above) } else { [].into() };
        let contribution = match origin.status {
            AiStatus::Ai => Contribution::Generated,
            AiStatus::AiPart => Contribution::PartGenerated,
            AiStatus::Suspect => Contribution::Suspect,
            AiStatus::NotAi if origin.contested => Contribution::Contested,
            AiStatus::Unknown if !declarations.is_empty() || !sources.is_empty() => {
                Contribution::Declared
            }
            other => return Ok(Err(other)),
        };
        paths.sort();
        let evidence = record.evidence(&asset);
        let ids: BTreeSet<_> =
            declarations.iter().chain(sources.iter().flat_map(|one| &one.declarations)).collect();
        let declared: Vec<_> =
            ids.into_iter().filter_map(|id| self.declared.get(id)).cloned().collect();
        let mut decisions = self.decisions(&asset);
        decisions.extend(sources.iter().flat_map(Source::heard));
        let speakers = self.speakers(asset, &sources);
        let mut why = origin.why;
        let mut said: HashSet<String> = why.iter().cloned().collect();
        let new = sources.iter().map(|one| &one.why).filter(|why| said.insert((*why).clone()));
        why.extend(new.cloned());
        let own = self.clearance(&asset, &declarations);
        let clearance = origin.status.is_ai_or_suspect().then(|| {
            if !inherits {
                return own;
            }
            let of = |one: &Ancestor| {
                let declarations = record.declarations.of(&one.asset, one.own.paths.iter());
                self.clearance(&one.asset, &declarations)
            };
            above.clearance(own, &of)
        });
        let (path, found) = (paths.first(), places.first().map(|(_, found)| *found));
        let mut view = ElementView {
            number: 0,
            name: path.map(ToString::to_string).unwrap_or_default(),
            contribution,
            status: origin.status,
            why,
            source_type: origin.source_type,
            strength: origin.strength,
            clearance,
            media_type: found.map(|found| found.media_type.clone()).unwrap_or_default(),
            size: found.map_or(0, |found| found.fingerprint.size),
            frames: None,
            assets: vec![DisclosedAsset {
                asset: asset.to_string(),
                sha256: self.sha256.get(&asset).cloned(),
                paths: paths.iter().map(PathView::from).collect(),
            }],
            uses: uses.of(paths.iter()),
            tools: said::tools(&speakers, &declared),
            models: said::models(&speakers, &declared),
            prompts: said::prompts(self.reader, &speakers, &declared)?,
            evidence: evidence.iter().cloned().map(EvidenceView::from).collect(),
            determination: record.determination(&asset).map(show::determination),
            declarations: declared,
            decisions,
            sources: sources.iter().map(Source::view).collect(),
            missing: Vec::new(),
        };
        let confirmed = confirmed(&self.basis(), &asset);
        let in_cut = uses.have_timelines() && self.name.is_some();
        let family = Family { declared: !declarations.is_empty(), sources: &sources };
        let is_lost = |hash: &AssetId| self.lost.contains(hash);
        view.missing = gaps::of(&view, &family, in_cut, confirmed, &is_lost);
        if record.determination(&asset).is_none() {
            let problems = record.content_problems(&asset).iter();
            view.missing.extend(problems.map(|one| {
                GapView::new("media-unread", format!("not fully examined: {}", one.problem))
            }));
        }
        Ok(Ok(Listed { view, paths }))
    }

    /// Declarations that none of these elements is under.
    pub(super) fn unused(&self, elements: &[ElementView]) -> Vec<Arc<DisclosedDeclaration>> {
        let used: BTreeSet<_> = elements
            .iter()
            .flat_map(|one| &one.declarations)
            .map(|one| one.declaration.id.clone())
            .collect();
        let unused = self.declared.values().filter(|one| !used.contains(&one.declaration.id));
        unused.cloned().collect()
    }

    /// Approvals and rejections, in order, each with what keeps it from clearing the content.
    fn decisions(&self, asset: &AssetId) -> Vec<DecisionView> {
        let record = self.record;
        let basis = self.basis();
        let mut views: Vec<_> = record
            .approvals_of(asset, self.now)
            .map(|(entry, standing)| {
                let decision = show::approval(entry, &standing, &self.authorities);
                let conditions_met = words_of_conditions(&basis, entry)
                    .map(|(met, flaw)| WordView {
                        by: met.fact.by.clone(),
                        at: met.at.to_string(),
                        note: met.fact.note.clone(),
                        flaw,
                    })
                    .collect();
                let lacks = lacks(&basis, asset, entry, &standing).into_iter();
                let lacks = lacks.map(|(code, why)| gaps::gap(code, why)).collect();
                let revoked = match standing {
                    Standing::Revoked { by, at, note } => {
                        Some(WordView { by, at: at.to_string(), note, flaw: None })
                    }
                    _ => None,
                };
                let roles = self.roles(&entry.fact.by);
                (
                    entry.seq,
                    DecisionView { from: None, decision, roles, revoked, conditions_met, lacks },
                )
            })
            .collect();
        views.extend(record.rejections_of(asset).map(|entry| {
            let fact = &entry.fact;
            let lacks = vec![GapView::new("approval-rejected", format!("{} is a no", fact.id))];
            let view = DecisionView {
                from: None,
                decision: show::rejection(entry),
                roles: self.roles(&fact.by),
                revoked: None,
                conditions_met: Vec::new(),
                lacks,
            };
            (entry.seq, view)
        }));
        views.sort_by_key(|(seq, _)| *seq);
        views.into_iter().map(|(_, view)| view).collect()
    }

    fn roles(&self, who: &str) -> Vec<String> {
        self.policy.map(|policy| policy.roles_of(who)).unwrap_or_default()
    }

    /// What speaks for the content itself, then for what it was made from.
    fn speakers(&self, asset: AssetId, sources: &[Source]) -> Vec<Speaker> {
        let record = self.record;
        let own = (asset, None, record.evidence(&asset).into_owned());
        let above = sources.iter().map(|one| {
            let evidence = record.evidence(&one.asset).into_owned();
            (one.asset, Some(one.name.clone()), evidence)
        });
        let all = std::iter::once(own).chain(above);
        all.map(|(asset, of, evidence)| {
            let person = record.determination(&asset).map(|entry| &entry.fact);
            let determined = person.and_then(|fact| Some((fact.tool.clone()?, fact.by.clone())));
            Speaker { of, evidence, determined }
        })
        .collect()
    }

    /// What a content was made from and must be cleared or determined, as a gate sees it.
    fn sources(&self, above: &Arc<Ancestry>) -> Rc<[Source]> {
        let known = self.sources.borrow().get(&Arc::as_ptr(above)).map(|one| Rc::clone(&one.all));
        if let Some(known) = known {
            return known;
        }
        let all: Rc<[Source]> = self.look_up(above).into();
        // Those that nobody else holds are of this content alone.
        if Arc::strong_count(above) > 1 {
            let known = Sources { _of: Arc::clone(above), all: Rc::clone(&all) };
            self.sources.borrow_mut().insert(Arc::as_ptr(above), known);
        }
        all
    }

    fn look_up(&self, above: &Ancestry) -> Vec<Source> {
        let source = |(at, one): (usize, &Ancestor)| {
            let declarations = self.record.declarations.of(&one.asset, one.own.paths.iter());
            let status = one.own.origin.status;
            let is_one = status.is_ai_or_suspect()
                || (!declarations.is_empty() && status != AiStatus::NotAi);
            is_one.then(|| Source {
                asset: one.asset,
                name: one.own.paths.first().map_or_else(|| one.asset.short(), ToString::to_string),
                paths: one.own.paths.clone(),
                status,
                why: above.reason(at),
                declarations: declarations.into_owned(),
                decisions: self.decisions(&one.asset),
            })
        };
        above.each().filter_map(source).collect()
    }
}

fn declared_view(
    record: &Record,
    policy: Option<&Policy>,
    id: DeclarationId,
    lost: &BTreeSet<AssetId>,
    now: Timestamp,
) -> Option<DisclosedDeclaration> {
    let declaration = show::declaration(record, id)?;
    let said = &declaration.declaration;
    let reasons = policy.map(|policy| {
        let facts = DeclarationFacts::new(policy, &record.declarations, said, lost, now);
        let reasons = tier(policy, &facts).reasons.into_iter();
        reasons.map(|one| GapView { code: one.code, why: one.why }).collect()
    });
    let tools = said.tools().flat_map(|(name, version)| record.declarations.tool(name, version));
    let tools: BTreeMap<_, _> = tools.map(|entry| (entry.seq, entry)).collect();
    let register = tools
        .into_values()
        .map(|entry| ToolView::of(&entry.fact, entry.at, &entry.actor))
        .collect();
    Some(DisclosedDeclaration { reasons: reasons.unwrap_or_default(), register, declaration })
}
