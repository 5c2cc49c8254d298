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
use crate::model::{AiStatus, AssetId, AssetPath, Clearance, DeclarationId, Found, Timestamp};
use crate::origin::Origin;
use crate::policy::{
    Basis, Clearances, DeclarationFacts, Policy, confirmed, lacks, tier, words_of_conditions,
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

/// Why something that an element was made from is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Matter {
    /// It is AI-made, suspect or declared.
    Made,
    /// Somebody said no to it, or withdrew a yes.
    Refused,
    /// A person says that it is not AI, a mark or another person says otherwise, and nobody confirmed it.
    Contested,
}

/// Something that an element was made from, for which it may not be cleared.
pub(super) struct Source {
    asset: AssetId,
    /// Where it lies, or the beginning of its id.
    pub name: String,
    pub matter: Matter,
    paths: Vec<AssetPath>,
    pub status: AiStatus,
    why: String,
    /// Who determined it.
    pub by: Option<String>,
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
    /// How contents stand, by the same as for a gate.
    clearances: Clearances<'a>,
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
    pub(super) fn new(reader: &'a Reader, basis: Basis<'a>) -> Self {
        let Basis { policy, record, authorities, lost_documents: lost, now, .. } = basis;
        let signed = record.approvals.iter().filter(|entry| {
            let word = authorities.of(entry.seq);
            word.signed.is_some() && word.flaw.is_none()
        });
        let sha256 = signed.filter_map(|entry| entry.fact.signed.as_ref()).flat_map(sha256_of);
        let sha256 = sha256.collect();
        let declared = record.declarations.all();
        let declared = declared
            .filter_map(|(id, _)| {
                Some((id, Arc::new(declared_view(record, policy, id, lost, now)?)))
            })
            .collect();
        let sources = RefCell::default();
        let clearances = Clearances::new(basis);
        Self { reader, record, clearances, declared, sha256, sources }
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
        // What has marks of its own speaks for itself, and must only be approved after every no.
        let inherits = only_inherited(&origin) || origin.status == AiStatus::Unknown;
        let sources =
            if inherits { self.sources(&above) } else { self.refused(&asset, &above).into() };
        let is_of = |matter| sources.iter().any(|one| one.matter == matter);
        let contribution = match origin.status {
            AiStatus::Ai => Contribution::Generated,
            AiStatus::AiPart => Contribution::PartGenerated,
            AiStatus::Suspect => Contribution::Suspect,
            AiStatus::NotAi if origin.contested => Contribution::Contested,
            AiStatus::Unknown if !declarations.is_empty() || is_of(Matter::Made) => {
                Contribution::Declared
            }
            AiStatus::Unknown if is_of(Matter::Contested) => Contribution::Contested,
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
        let clearance = self.clearances.of(&asset, &declarations, &origin, &above);
        let mut why = origin.why;
        let mut said: HashSet<String> = why.iter().cloned().collect();
        let new = sources.iter().map(|one| &one.why).filter(|why| said.insert((*why).clone()));
        why.extend(new.cloned());
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
        let basis = self.clearances.basis;
        let confirmed = confirmed(&basis, &asset);
        let in_cut = uses.have_timelines() && basis.deliverable.is_some();
        let family = Family { declared: !declarations.is_empty(), inherits, sources: &sources };
        let is_lost = |hash: &AssetId| basis.lost_documents.contains(hash);
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
        let basis = self.clearances.basis;
        let mut views: Vec<_> = record
            .approvals_of(asset, basis.now)
            .map(|(entry, standing)| {
                let decision = show::approval(entry, &standing, basis.authorities);
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
        self.clearances.basis.policy.map(|policy| policy.roles_of(who)).unwrap_or_default()
    }

    /// What speaks for the content itself, then for what it was made from.
    fn speakers(&self, asset: AssetId, sources: &[Source]) -> Vec<Speaker> {
        let record = self.record;
        let own = (asset, None, record.evidence(&asset).into_owned());
        let made = sources.iter().filter(|one| one.matter != Matter::Refused);
        let above = made.map(|one| {
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
        let basis = &self.clearances.basis;
        let source = |(at, one): (usize, &Ancestor)| {
            let declarations = self.record.declarations.of(&one.asset, one.own.paths.iter());
            let origin = &one.own.origin;
            let is_made = origin.status.is_ai_or_suspect()
                || (!declarations.is_empty() && origin.status != AiStatus::NotAi);
            if is_made {
                let declarations = declarations.into_owned();
                return Some(self.source(one, Matter::Made, above.reason(at), declarations));
            }
            if origin.contested && !confirmed(basis, &one.asset) {
                return Some(self.source(one, Matter::Contested, above.reason(at), Vec::new()));
            }
            let no = self.clearances.refused(one)?;
            Some(self.source(one, Matter::Refused, refusal(above, at, no), Vec::new()))
        };
        above.each().filter_map(source).collect()
    }

    /// What somebody said no to, or withdrew a yes, since the content that was made from it was approved.
    fn refused(&self, asset: &AssetId, above: &Ancestry) -> Vec<Source> {
        let refusing = self.clearances.refusing(asset, above);
        let source = |(at, one, no): (usize, &Ancestor, Clearance)| {
            self.source(one, Matter::Refused, refusal(above, at, no), Vec::new())
        };
        refusing.map(source).collect()
    }

    fn source(
        &self,
        one: &Ancestor,
        matter: Matter,
        why: String,
        declarations: Vec<DeclarationId>,
    ) -> Source {
        let (asset, paths) = (one.asset, one.own.paths.clone());
        let by = self.record.determination(&asset).map(|entry| entry.fact.by.clone());
        Source {
            asset,
            name: paths.first().map_or_else(|| asset.short(), ToString::to_string),
            matter,
            paths,
            status: one.own.origin.status,
            why,
            by,
            declarations,
            decisions: self.decisions(&asset),
        }
    }
}

/// The way to something that somebody said no to, or withdrew a yes.
fn refusal(above: &Ancestry, at: usize, no: Clearance) -> String {
    let what = match no {
        Clearance::Revoked => "an approval of which was withdrawn",
        _ => "to which somebody said no",
    };
    format!("{}, {what}", above.way(at))
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
