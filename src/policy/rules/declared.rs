//! The facts of a declaration: what it says, and what the register says of its tools. Made once for
//! each declaration, not for each file under it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::lineage::Ancestor;
use crate::model::{
    Answer, AssetId, Declaration, DeclarationId, ELEMENTS, Prominence, Seq, Talent, TalentUse,
    Timestamp, Tool, is_same_name, plain_word,
};
use crate::policy::condition::Condition;
use crate::policy::fact::{About, Fact, Facts, Value};
use crate::policy::rule::{Rule, Template};
use crate::policy::rules::findings::Words;
use crate::policy::rules::{Case, Item, severity};
use crate::policy::{Policy, tier};
use crate::record::{Declarations, Dossier, Entry, Record};

/// Every declaration with its facts, and with what rules find by them alone.
pub(super) struct Prepared<'a> {
    record: &'a Record,
    all: BTreeMap<DeclarationId, Drawn<'a>>,
    /// The same of files whose mark names a tool that the declaration leaves out, by that tool.
    marked: BTreeMap<DeclarationId, BTreeMap<String, Drawn<'a>>>,
}

/// What is drawn from a declaration once.
struct Drawn<'a> {
    facts: DeclarationFacts<'a>,
    settled: Vec<Settled>,
}

/// What a rule finds in every file under a declaration, as far as that takes nothing of the file.
pub(super) struct Settled {
    /// Whether it finds something; `None` when the file decides.
    pub(super) holds: Option<bool>,
    /// What it says then; none when that names something of the file.
    pub(super) words: Option<Words>,
}

/// Whether a fact is the declaration's own, whatever file is under it.
fn is_own(fact: Fact) -> bool {
    let of_file = [Fact::DeclarationApproved, Fact::ToolApproved];
    fact.about() == About::Declaration && !of_file.contains(&fact)
}

impl Settled {
    fn of(rule: &Rule, when: &Condition, facts: &DeclarationFacts<'_>) -> Self {
        let softened = rule.warn_when.as_ref().map(|when| when.settled(facts, is_own));
        let same = softened != Some(None)
            && [&rule.why, &rule.fix].iter().all(|words| words.names_only(is_own, None));
        let fill = |words: &Template| words.fill(facts, &|_| String::new()).into();
        let words = || {
            let severity = severity(rule, facts)?;
            Some(Words { severity, why: fill(&rule.why), fix: fill(&rule.fix) })
        };
        let holds = when.settled(facts, is_own);
        let words = if same && holds != Some(false) { words() } else { None };
        Self { holds, words }
    }
}

impl<'a> Prepared<'a> {
    /// `rules` are those that are asked about declarations, `marks` the tools that marks of files name.
    pub(super) fn all(
        policy: &Policy,
        case: &Case<'a>,
        rules: &[(&Rule, &Condition)],
        marks: &BTreeSet<&str>,
    ) -> Self {
        let record = case.record;
        let register = &record.declarations;
        let draw = |id, dossier: &'a Dossier, mark: Option<&str>| {
            let current = dossier.current()?;
            let declaration = &*current.fact.declaration;
            if mark.is_some_and(|mark| !leaves_out(register, declaration, mark)) {
                return None;
            }
            let (lost, now) = (case.lost_documents, case.now);
            let mut facts = DeclarationFacts::new(policy, register, declaration, lost, now);
            if mark.is_some() {
                facts.tools = ToolFacts::new(register, declaration, mark, lost);
            }
            let reported = dossier.report().is_some();
            facts.recorded = Some(OnRecord { id, since: current.seq, reported });
            facts.tier = Some(tier(policy, &facts).tier.as_str());
            let settled = rules.iter().map(|(rule, when)| Settled::of(rule, when, &facts));
            let settled = settled.collect();
            Some(Drawn { facts, settled })
        };
        let all = register.all().filter_map(|(id, dossier)| Some((id, draw(id, dossier, None)?)));
        let marked = register.all().map(|(id, dossier)| {
            let drawn = |mark: &&str| Some(((*mark).to_owned(), draw(id, dossier, Some(mark))?));
            (id, marks.iter().filter_map(drawn).collect::<BTreeMap<_, _>>())
        });
        let marked = marked.filter(|(_, drawn)| !drawn.is_empty());
        Self { record, all: all.collect(), marked: marked.collect() }
    }

    /// The declarations that a file is under.
    pub(super) fn of(&self, item: &Item<'_>) -> Cow<'a, [DeclarationId]> {
        if self.all.is_empty() {
            return Cow::Borrowed(&[]);
        }
        self.record.declarations.of(&item.asset, std::iter::once(item.path))
    }

    /// The declarations that something a file was made from is under.
    pub(super) fn of_ancestor(&self, one: &Ancestor) -> Cow<'a, [DeclarationId]> {
        self.record.declarations.of(&one.asset, one.own.paths.iter())
    }

    /// The facts of a declaration, for what a mark names a tool of.
    pub(super) fn get(
        &self,
        id: DeclarationId,
        mark: Option<&str>,
    ) -> Option<&DeclarationFacts<'a>> {
        self.drawn(id, mark).map(|one| &one.facts)
    }

    /// What rules find by a declaration alone, in their order, for what a mark names a tool of.
    pub(super) fn settled(&self, id: DeclarationId, mark: Option<&str>) -> &[Settled] {
        self.drawn(id, mark).map(|one| one.settled.as_slice()).unwrap_or_default()
    }

    fn drawn(&self, id: DeclarationId, mark: Option<&str>) -> Option<&Drawn<'a>> {
        let marked = mark.and_then(|mark| self.marked.get(&id)?.get(mark));
        marked.or_else(|| self.all.get(&id))
    }
}

/// Whether what a mark says must be asked of the register besides a declaration: one that names no tool
/// says nothing of it, and one that names others does not speak for a tool that is known to keep data.
fn leaves_out(register: &Declarations, declaration: &Declaration, mark: &str) -> bool {
    let mut named = declaration.tools().map(|(name, _)| name).peekable();
    if named.peek().is_none() {
        return true;
    }
    let mut known = register.tool(mark, None).into_iter();
    !named.any(|name| is_same_name(name, mark))
        && known.any(|one| one.fact.keeps_data() == Some(true))
}

/// A declaration as it is on record.
#[derive(Clone, Copy)]
pub(super) struct OnRecord {
    pub(super) id: DeclarationId,
    /// The event that made it stand as it does.
    pub(super) since: Seq,
    pub(super) reported: bool,
}

/// What a declaration says, as facts.
pub struct DeclarationFacts<'a> {
    declaration: &'a Declaration,
    /// How it stands on record, once somebody recorded it.
    pub(super) recorded: Option<OnRecord>,
    tier: Option<&'static str>,
    phase: Option<String>,
    talent: TalentFacts,
    tools: ToolFacts,
    pipeline_unmet: Option<String>,
    training_uncleared: Option<&'a str>,
}

impl<'a> DeclarationFacts<'a> {
    /// The facts of a declaration before anybody recorded it: it has no number, was not reported, and
    /// has no tier yet. `lost` are documents that are not kept as they were handed over.
    pub fn new(
        policy: &Policy,
        register: &Declarations,
        declaration: &'a Declaration,
        lost: &BTreeSet<AssetId>,
        now: Timestamp,
    ) -> Self {
        let talent = TalentFacts::new(policy, &declaration.talent, lost, now);
        let steps = declaration.pipeline.iter();
        let unmet = steps.filter(|step| step.meets_guidance != Some(Answer::Yes));
        let tools = ToolFacts::new(register, declaration, None, lost);
        let uncleared = declaration.training_clearance.as_deref().is_none_or(is_blank);
        Self {
            declaration,
            recorded: None,
            tier: None,
            phase: declaration.phase.as_deref().map(plain_word),
            talent,
            tools,
            pipeline_unmet: listed(unmet.map(|step| step.tool.as_str())),
            training_uncleared: declaration.training_data.as_deref().filter(|_| uncleared),
        }
    }
}

impl DeclarationFacts<'_> {
    /// Whether it was reported as it stands.
    pub(super) fn is_reported(&self) -> bool {
        self.recorded.is_some_and(|one| one.reported)
    }

    /// The event since which the register says of its tools that they keep data, if it does.
    pub(super) const fn tools_since(&self) -> Seq {
        self.tools.keep_since
    }
}

/// What there is to say of its performers.
struct TalentFacts {
    all: Option<String>,
    replica: Option<String>,
    altered: Option<String>,
    synthetic: Option<String>,
    minor: Option<String>,
    missing: Option<String>,
    elsewhere: Option<String>,
    unplaced: Option<String>,
    expired: Option<String>,
}

impl TalentFacts {
    fn new(policy: &Policy, talent: &[Talent], lost: &BTreeSet<AssetId>, now: Timestamp) -> Self {
        let of = |wanted: &dyn Fn(&Talent) -> bool| {
            listed(talent.iter().filter(|one| wanted(one)).map(|one| one.name.as_str()))
        };
        // Where no consent is asked for, one that is there all the same does no harm.
        let elsewhere = |one: &Talent| match (&policy.production, &one.production) {
            (Some(ours), Some(theirs)) => one.needs_consent() && !is_same_name(ours, theirs),
            _ => false,
        };
        let unplaced = |one: &Talent| {
            let named = one.production.as_deref().is_some_and(|name| !is_blank(name));
            policy.production.is_none() && named && one.needs_consent()
        };
        // A day that does not read is one that nobody can rely on.
        let expired = |one: &Talent| {
            let until = one.consent_until.as_deref();
            let over = |day| Timestamp::end_of_recorded_day(day).map_or(true, |end| end < now);
            one.needs_consent() && until.is_some_and(over)
        };
        let is_lost = |hash: &AssetId| lost.contains(hash);
        let missing = talent.iter().filter(|one| one.lacks_consent(&is_lost));
        let missing = missing.map(|one| match &one.consent_document {
            Some(paper) => {
                format!("{} ({} is not kept as it was handed over)", one.name, paper.name)
            }
            None => one.name.clone(),
        });
        Self {
            all: of(&|_| true),
            replica: of(&|one| matches!(one.made, None | Some(TalentUse::Replica))),
            altered: of(&Talent::is_altered),
            synthetic: of(&|one| one.made == Some(TalentUse::Synthetic)),
            minor: of(&|one| matches!(one.minor, Some(Answer::Yes | Answer::Unsure))),
            missing: listed(missing),
            elsewhere: of(&elsewhere),
            unplaced: of(&unplaced),
            expired: of(&expired),
        }
    }
}

/// What the register says of its tools, and of one that a mark names.
struct ToolFacts {
    unregistered: Option<String>,
    not_enterprise: Option<String>,
    trains: Option<String>,
    unknown_terms: Option<String>,
    terms_missing: Option<String>,
    keep_since: Seq,
}

impl ToolFacts {
    fn new(
        register: &Declarations,
        declaration: &Declaration,
        mark: Option<&str>,
        lost: &BTreeSet<AssetId>,
    ) -> Self {
        let named = declaration.tools().map(|(name, version)| (name, version, name.to_owned()));
        let marked = mark.map(|name| (name, None, format!("{name} (by the mark of the file)")));
        let tools: Vec<_> = named
            .chain(marked)
            .map(|(name, version, said)| (name, version, said, register.tool(name, version)))
            .collect();
        let of = |wanted: &dyn Fn(&Tool) -> bool| {
            let wanted = |entries: &[&Entry<Tool>]| entries.iter().any(|one| wanted(&one.fact));
            listed(tools.iter().filter(|(.., all)| wanted(all)).map(|(_, _, said, _)| said))
        };
        let unregistered = tools.iter().filter_map(|(name, version, said, entries)| {
            Some(match entries[..] {
                [] => said.clone(),
                [one, ..] if !one.fact.is(name, *version) => match version {
                    Some(version) => format!("{said} {version} (other versions of it are)"),
                    None => format!("{said} (only versions of it are)"),
                },
                _ => return None,
            })
        });
        let entries = tools.iter().flat_map(|(.., entries)| entries);
        let keep = entries.filter(|one| one.fact.keeps_data() == Some(true));
        let keep_since = keep.map(|one| register.answered_since(one)).max().unwrap_or(Seq(0));
        Self {
            keep_since,
            unregistered: listed(unregistered),
            not_enterprise: of(&|tool| tool.enterprise != Some(Answer::Yes)),
            trains: of(&|tool| tool.keeps_data() == Some(true)),
            unknown_terms: of(&|tool| tool.keeps_data().is_none()),
            terms_missing: of(&|tool| {
                let kept = tool.terms.as_ref().is_some_and(|terms| !lost.contains(&terms.hash));
                !kept && tool.enterprise != Some(Answer::Yes)
            }),
        }
    }
}

/// What is to be read in a final use, where nobody says that its rights were cleared.
fn rights_missing(said: &Declaration) -> Option<String> {
    let temporary = match said.is_final {
        Some(is_final) => !is_final,
        None => said.principles.p4 == Some(Answer::Yes),
    };
    let cleared = said.rights_clearance.as_deref().is_some_and(|text| !is_blank(text));
    let read = ["signage", "text"].into_iter().filter(|word| said.elements.contains(*word));
    listed(read.filter(|_| !temporary && !cleared))
}

/// Names between commas, each once; nothing when there are none.
fn listed(names: impl Iterator<Item = impl Into<String>>) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names.map(Into::into) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    (!all.is_empty()).then(|| all.join(", "))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

impl Facts for DeclarationFacts<'_> {
    fn get(&self, fact: Fact) -> Value<'_> {
        let one = self.declaration;
        let (talent, tools) = (&self.talent, &self.tools);
        let answer = |answer: Option<Answer>| Value::maybe(answer.map(Answer::as_str));
        match fact {
            Fact::Declaration => Value::said(self.recorded.map(|one| one.id.to_string())),
            Fact::DeclarationReported => Value::Flag(self.is_reported()),
            Fact::DeclarationTier => Value::maybe(self.tier),
            Fact::Use => Value::text(&one.purpose),
            Fact::Medium => Value::maybe(one.medium.map(crate::model::Medium::as_str)),
            Fact::Phase => Value::maybe(self.phase.as_deref()),
            Fact::Final => one.is_final.map_or(Value::Absent, Value::Flag),
            Fact::Prominence => Value::maybe(one.prominence.map(Prominence::as_str)),
            Fact::Elements if one.elements.is_empty() => Value::Absent,
            Fact::Elements => {
                let known = |word: &&str| ELEMENTS.contains(word);
                let words = one.elements.iter().map(String::as_str);
                let mut all: Vec<_> = words.clone().filter(known).collect();
                if words.clone().any(|word| !known(&word)) && !all.contains(&"other") {
                    all.push("other");
                }
                Value::Words(all)
            }
            Fact::Model => Value::maybe(one.model.as_deref()),
            Fact::LicenceTier => Value::maybe(one.licence_tier.as_deref()),
            Fact::Prompts => Value::Number(one.prompts.len() as u64),
            Fact::PersonalData => answer(one.any_personal_data()),
            Fact::Proprietary => answer(one.any_proprietary()),
            Fact::ThirdPartyIp => answer(one.any_third_party()),
            Fact::PublicFigure => answer(one.public_figure),
            Fact::TrainingUncleared => Value::maybe(self.training_uncleared),
            Fact::UnionImpact => answer(one.union_impact),
            Fact::CouldMislead => answer(one.could_mislead),
            Fact::AltersPerformance => answer(one.alters_performance),
            Fact::Watermarked => answer(one.watermarked),
            Fact::HumanContribution => Value::maybe(one.human_contribution.as_deref()),
            Fact::RightsClearance => Value::maybe(one.rights_clearance.as_deref()),
            Fact::RightsMissing => Value::said(rights_missing(one)),
            Fact::Vendor => Value::maybe(one.vendor.as_deref()),
            Fact::Pipeline => Value::Number(one.pipeline.len() as u64),
            Fact::PipelineUnmet => Value::maybe(self.pipeline_unmet.as_deref()),
            Fact::P1 => answer(one.principles.p1),
            Fact::P2 => answer(one.principles.p2),
            Fact::P3 => answer(one.principles.p3),
            Fact::P4 => answer(one.principles.p4),
            Fact::P5 => answer(one.principles.p5),
            Fact::Talent => Value::maybe(talent.all.as_deref()),
            Fact::TalentReplica => Value::maybe(talent.replica.as_deref()),
            Fact::TalentAltered => Value::maybe(talent.altered.as_deref()),
            Fact::TalentSynthetic => Value::maybe(talent.synthetic.as_deref()),
            Fact::TalentMinor => Value::maybe(talent.minor.as_deref()),
            Fact::ConsentMissing => Value::maybe(talent.missing.as_deref()),
            Fact::ConsentElsewhere => Value::maybe(talent.elsewhere.as_deref()),
            Fact::ConsentUnplaced => Value::maybe(talent.unplaced.as_deref()),
            Fact::ConsentExpired => Value::maybe(talent.expired.as_deref()),
            Fact::Tool => Value::maybe(one.tool.as_deref()),
            Fact::ToolUnregistered => Value::maybe(tools.unregistered.as_deref()),
            Fact::ToolNotEnterprise => Value::maybe(tools.not_enterprise.as_deref()),
            Fact::ToolTrains => Value::maybe(tools.trains.as_deref()),
            Fact::ToolUnknownTerms => Value::maybe(tools.unknown_terms.as_deref()),
            Fact::ToolTermsMissing => Value::maybe(tools.terms_missing.as_deref()),
            _ => Value::Absent,
        }
    }
}
