//! What a content inherits: who stands above it, and what follows from that for its status. Pure: what is
//! known comes in, an origin with its reasons comes out. Asked by `gate` and by everything that
//! shows a status, so that all of them say the same.
//!
//! What was made from AI is AI, until a person determines otherwise: of the content itself, or of
//! anything between it and the source. A mark of its own stands beside that, and the stronger decides.

mod alike;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::lineage::alike::{Kind, Shared, kind};
use crate::model::{
    AiStatus, AssetId, AssetPath, ContentProblem, Derivation, Evidence, GivenName, Relation,
    SourceType, Strength,
};
use crate::origin::Origin;
use crate::record::{Kin, Kinship, Record, Said, Seen};

/// Ancestors that are looked at. What has more is taken to have one that nobody knows.
pub const ANCESTORS_MAX: usize = 4_096;

/// Contents that are weighed to tell whether those who share a name are clean. Beyond them nobody is.
const WEIGHED_MAX: usize = 16 * ANCESTORS_MAX;

/// Steps that are followed for it.
const DEEPEST: usize = 128;

/// Steps of a chain that a reason names, before and after those it leaves out.
const NAMED: usize = 3;

/// What is known of a content by itself.
#[derive(Clone, Debug)]
pub struct Own {
    /// Its own marks and determination.
    pub origin: Origin,
    /// What kept detectors from seeing all of it, and no person's determination made up for.
    pub unexamined: Option<String>,
    /// Where it lies, by path.
    pub paths: Vec<AssetPath>,
}

impl Own {
    /// What the record knows of a content, with the evidence that counts and what kept detectors from
    /// seeing all of it.
    pub fn of(
        record: &Record,
        asset: &AssetId,
        evidence: &[Evidence],
        problems: &[ContentProblem],
        paths: Vec<AssetPath>,
    ) -> Self {
        let determination = record.determination(asset).map(|entry| &entry.fact);
        let made = record.said_made(asset).map(|entry| &entry.fact);
        let origin = Origin::of(evidence, determination).beside(made);
        // A person who looked at the picture knows more than a parser that stumbled over it.
        let unexamined = problems.first().filter(|_| determination.is_none());
        Self { origin, unexamined: unexamined.map(|one| one.problem.clone()), paths }
    }
}

/// Something a content was made from, at first or second hand.
#[derive(Clone, Debug)]
pub struct Ancestor {
    /// The content.
    pub asset: AssetId,
    /// What is known of it by itself.
    pub own: Arc<Own>,
    /// Whether it went in as one of several parts somewhere on the way.
    part: bool,
    /// How the content below it was made from it.
    relation: Relation,
    said: Said,
    /// Whether a person says what it was made from.
    told: bool,
    /// The one below it on the way; none for a parent.
    below: Option<usize>,
}

/// All that a content was made from, as far as it counts: what kept all of it first, then the nearest.
#[derive(Clone, Debug, Default)]
pub struct Ancestry {
    /// The ancestors, shared with those of others where they are the same.
    all: Arc<[Ancestor]>,
    /// The one of them that is the content itself, and none of its ancestors.
    without: Option<usize>,
    /// Whether there are more than are looked at.
    pub cut: bool,
    /// Whether a person says what it was made from.
    told: bool,
}

/// What the ancestors of some contents are drawn from. Each is looked at once, and what was made from the
/// same, as the frames of a sequence are, has its ancestors drawn once.
pub struct Lineage<'a> {
    kinship: &'a Kinship,
    own: Box<dyn Fn(&AssetId) -> Own + 'a>,
    known: RefCell<HashMap<AssetId, Arc<Own>>>,
    drawn: HashMap<(&'a [usize], &'a [Derivation]), Drawn>,
    /// The same of contents that are alike, and may be made from one another.
    alike: HashMap<Kind<'a>, Shared>,
}

/// What contents have for ancestors of which the same is said.
struct Drawn {
    ancestry: Arc<Ancestry>,
    /// To tell at once whether a content is one of them.
    all: HashSet<AssetId>,
}

impl<'a> Lineage<'a> {
    /// `own` says what is known of a content by itself.
    pub fn new(kinship: &'a Kinship, own: impl Fn(&AssetId) -> Own + 'a) -> Self {
        let (known, drawn, alike) = Default::default();
        Self { kinship, own: Box::new(own), known, drawn, alike }
    }

    /// The ancestors of a content that nobody determined. Ends above what a person determined, and where
    /// names lead in a circle.
    pub fn of(&mut self, asset: &AssetId) -> Arc<Ancestry> {
        let said = self.kinship.said_of(asset);
        if let Some(drawn) = said.and_then(|said| self.drawn.get(&said))
            && !drawn.all.contains(asset)
        {
            return Arc::clone(&drawn.ancestry);
        }
        let kind = if said.is_none() { self.kind(asset) } else { None };
        let known = kind.as_ref().and_then(|kind| self.alike.get(kind)?.but_for(asset));
        if let Some(drawn) = known {
            return drawn;
        }
        let (drawn, circular) = self.draw(asset);
        let drawn = Arc::new(drawn);
        if let Some(said) = said.filter(|_| !circular) {
            let all = || drawn.all.iter().map(|one| one.asset).collect();
            let drawn = || Drawn { ancestry: Arc::clone(&drawn), all: all() };
            self.drawn.entry(said).or_insert_with(drawn);
        }
        if let Some(kind) = kind {
            let is_alike = |one: &Ancestor| self.kind(&one.asset).as_ref() == Some(&kind);
            if let Some(shared) = Shared::of(&drawn, asset, self.own(asset), is_alike) {
                self.alike.insert(kind, shared);
            }
        }
        drawn
    }

    /// What it has in common with others of which each may be made from all the others.
    fn kind(&self, asset: &AssetId) -> Option<Kind<'a>> {
        self.kinship.alike(asset).map(|alike| kind(alike, &self.own(asset)))
    }

    /// The ancestors of a content, and whether it is one of them.
    fn draw(&self, asset: &AssetId) -> (Ancestry, bool) {
        let (mut found, mut circular) = (Ancestry::default(), false);
        let mut all: Vec<Ancestor> = Vec::new();
        if self.kinship.is_empty() {
            return (found, circular);
        }
        let kinship = self.kinship;
        let mut scales = Scales::new(self);
        let mut met = HashSet::from([*asset]);
        // First along what kept all of the source; what is only reached as a part comes after.
        let mut parts: Vec<(Option<usize>, Kin)> = Vec::new();
        for part in [false, true] {
            let mut seen = Seen::default();
            let mut next: Vec<(Option<usize>, Kin)> = if part {
                std::mem::take(&mut parts)
            } else {
                found.told = is_told(kinship, asset);
                let parents = scales.meant(asset, kinship.parents_of(asset));
                parents.into_iter().map(|kin| (None, kin)).collect()
            };
            while !next.is_empty() {
                for (below, kin) in std::mem::take(&mut next) {
                    if !part && kin.relation == Relation::Composite {
                        parts.push((below, kin));
                        continue;
                    }
                    circular |= kin.asset == *asset;
                    if !met.insert(kin.asset) {
                        continue;
                    }
                    if all.len() >= ANCESTORS_MAX {
                        found.cut = true;
                        return (Ancestry { all: all.into(), ..found }, circular);
                    }
                    let at = all.len();
                    let known = self.own(&kin.asset);
                    let ends = known.origin.strength == Some(Strength::Person);
                    if !ends {
                        let parents = kinship.parents_not_seen(&kin.asset, &mut seen);
                        let parents = scales.meant(&kin.asset, parents);
                        next.extend(parents.into_iter().map(|kin| (Some(at), kin)));
                    }
                    let told = !ends && is_told(kinship, &kin.asset);
                    let Kin { asset, relation, said } = kin;
                    all.push(Ancestor { asset, own: known, part, relation, said, told, below });
                }
            }
        }
        (Ancestry { all: all.into(), ..found }, circular)
    }

    /// What is known of a content by itself.
    fn own(&self, asset: &AssetId) -> Arc<Own> {
        let mut known = self.known.borrow_mut();
        Arc::clone(known.entry(*asset).or_insert_with(|| Arc::new((self.own)(asset))))
    }
}

/// Whether a person says what a content was made from: names in files prove nothing.
fn is_told(kinship: &Kinship, asset: &AssetId) -> bool {
    kinship.linked_to(asset).next().is_some()
}

/// Tells whether contents are clean, with all that they inherit.
struct Scales<'a, 'b> {
    kinship: &'a Kinship,
    lineage: &'b Lineage<'a>,
    known: HashMap<AssetId, bool>,
    /// Those being weighed, each for the one before it.
    open: Vec<AssetId>,
    /// Names whose owners are being weighed.
    names: Vec<&'a GivenName>,
    /// How often one of these was come back to: what was answered then holds only meanwhile.
    returns: usize,
    /// Contents that may still be weighed.
    left: usize,
}

impl<'a, 'b> Scales<'a, 'b> {
    fn new(lineage: &'b Lineage<'a>) -> Self {
        let (known, open, names) = Default::default();
        let kinship = lineage.kinship;
        Self { kinship, lineage, known, open, names, returns: 0, left: WEIGHED_MAX }
    }

    /// Leaves out what a name only may lead to. Programs keep the name of a document when they save it anew,
    /// so several contents may carry the one that is named: then it says that one of them was meant, and
    /// of what all of them are, that is all that is sure. The name of a saved state leads to copies of it,
    /// and a copy that lost its marks does not take them from the others.
    fn meant(&mut self, child: &AssetId, parents: Vec<Kin>) -> Vec<Kin> {
        let name = |kin: &Kin| match &kin.said {
            Said::Read { name, .. } => Some(name.clone()),
            Said::By(_) => None,
        };
        let mut owners: BTreeMap<GivenName, usize> = BTreeMap::new();
        for kin in &parents {
            if let Some(name) = name(kin) {
                *owners.entry(name).or_default() += 1;
            }
        }
        owners.retain(|_, all| *all > 1);
        if owners.is_empty() {
            return parents;
        }
        self.open.push(*child);
        let kinship = self.kinship;
        for (name, all) in kinship.named_by(child) {
            if owners.contains_key(name) && self.of_name(name, all) == Some(false) {
                owners.remove(name);
            }
        }
        self.open.pop();
        parents
            .into_iter()
            .filter(|kin| name(kin).is_none_or(|name| !owners.contains_key(&name)))
            .collect()
    }

    /// Whether what a name leads to is clean: one of its owners is, or none of them is anything else. One that
    /// was made from what the same name leads to is no witness. Nothing, where that depends on what is being
    /// weighed.
    fn of_name(
        &mut self,
        name: &'a GivenName,
        owners: impl Iterator<Item = &'a AssetId>,
    ) -> Option<bool> {
        if self.names.contains(&name) {
            self.returns += 1;
            return None;
        }
        self.names.push(name);
        let (mut clean, mut tainted, mut open) = (false, false, false);
        for one in owners {
            match self.weighed(one) {
                Some(true) => {
                    clean = true;
                    break;
                }
                Some(false) => tainted = true,
                None => open = true,
            }
        }
        self.names.pop();
        if !clean && tainted {
            return Some(false);
        }
        // In a circle of this name alone there is nothing else; in a wider one it is not known yet.
        let unknown = !clean && open && !self.names.is_empty();
        (!unknown).then_some(true)
    }

    /// Whether neither its own marks nor anything it was made from make it AI or suspect. What is not
    /// looked through is not clean; of what depends on what is being weighed nothing is known.
    fn weighed(&mut self, asset: &AssetId) -> Option<bool> {
        if let Some(known) = self.known.get(asset) {
            return Some(*known);
        }
        if self.open.contains(asset) {
            self.returns += 1;
            return None;
        }
        if self.left == 0 || self.open.len() >= DEEPEST {
            self.returns += 1;
            return Some(false);
        }
        self.left -= 1;
        let before = self.returns;
        let Origin { status, strength, .. } = self.lineage.own(asset).origin;
        let verdict = match strength {
            _ if weight(status) != 0 => Some(false),
            Some(Strength::Person) => Some(true),
            _ => {
                self.open.push(*asset);
                let verdict = self.of_sources(asset);
                self.open.pop();
                verdict
            }
        };
        if let Some(clean) = verdict.filter(|_| self.returns == before) {
            self.known.insert(*asset, clean);
        }
        verdict
    }

    /// Whether everything a content was made from is clean.
    fn of_sources(&mut self, asset: &AssetId) -> Option<bool> {
        let kinship = self.kinship;
        let mut verdict = Some(true);
        for parent in kinship.linked_to(asset) {
            match self.weighed(parent) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => verdict = None,
            }
        }
        for (name, owners) in kinship.named_by(asset) {
            match self.of_name(name, owners) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => verdict = None,
            }
        }
        verdict
    }
}

impl Ancestor {
    /// Where it lies and the beginning of its id, for people.
    pub fn name(&self) -> String {
        match self.own.paths.first() {
            Some(path) => format!("{path} {}", self.asset.short()),
            None => self.asset.short(),
        }
    }

    /// What comes of its status for what was made from it.
    fn gives(&self) -> AiStatus {
        match self.own.origin.status {
            AiStatus::Ai if self.part => AiStatus::AiPart,
            status => status,
        }
    }
}

impl Ancestry {
    /// The ancestors, each with its number for [`Ancestry::reason`].
    pub fn each(&self) -> impl Iterator<Item = (usize, &Ancestor)> {
        self.all.iter().enumerate().filter(|(at, _)| self.has(*at))
    }

    /// All that are drawn, with one that may be the content itself and does not count: [`Ancestry::has`] says so.
    pub fn drawn(&self) -> impl Iterator<Item = (usize, &Ancestor)> {
        self.all.iter().enumerate()
    }

    /// Whether the one of that number is an ancestor.
    pub fn has(&self, at: usize) -> bool {
        self.without != Some(at)
    }

    /// Whether both are drawn from the same.
    pub fn is_drawn_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.all, &other.all)
    }

    /// Whether it was made from nothing that is known.
    pub fn is_empty(&self) -> bool {
        self.each().next().is_none()
    }

    /// Whether people say where all of it is from, up to what is known not to be AI-made.
    pub fn is_known(&self) -> bool {
        let known = |one: &Ancestor| match one.own.origin.status {
            AiStatus::NotAi => true,
            AiStatus::Unknown => one.told,
            AiStatus::Ai | AiStatus::AiPart | AiStatus::Suspect => false,
        };
        self.told && !self.cut && self.each().all(|(_, one)| known(one))
    }

    /// What a content is with what it inherits. `own` is what its own marks say.
    #[must_use]
    pub fn inherited_by(&self, own: Origin) -> Origin {
        let mut source: Option<(u8, usize)> = None;
        for (at, one) in self.each() {
            let weight = weight(one.gives());
            if weight > source.map_or(0, |(heaviest, _)| heaviest) {
                source = Some((weight, at));
            }
        }
        let Some((weight_of_source, at)) = source else { return self.or_too_many(own) };
        let reason = self.reason(at);
        let certain = matches!(own.status, AiStatus::Ai | AiStatus::AiPart);
        if certain || weight(own.status) >= weight_of_source {
            // Its own mark is the stronger evidence.
            let mut why = own.why;
            why.push(reason);
            return Origin { why, ..own };
        }
        let from = &self.all[at];
        let inherited = &from.own.origin;
        let known = own.status != AiStatus::Unknown || own.source_type.is_some();
        let why = std::iter::once(reason).chain(own.why.into_iter().filter(|_| known)).collect();
        Origin {
            status: from.gives(),
            source_type: match (from.part, inherited.status) {
                (true, AiStatus::Ai | AiStatus::AiPart) => Some(SourceType::CompositeSynthetic),
                _ => inherited.source_type,
            },
            strength: Some(Strength::Inherited),
            tool: own.tool.or_else(|| inherited.tool.clone()),
            why,
            marked: own.marked,
            raised: own.raised,
            contested: own.contested,
        }
    }

    /// What nobody can look through is not clean.
    fn or_too_many(&self, own: Origin) -> Origin {
        if !self.cut || weight(own.status) > 0 {
            return own;
        }
        let reason = format!("it was made from more than {ANCESTORS_MAX} others");
        let why = std::iter::once(reason).chain(own.why).collect();
        Origin { status: AiStatus::Suspect, strength: Some(Strength::Inherited), why, ..own }
    }

    /// The way from the content to an ancestor, in words.
    pub fn way(&self, at: usize) -> String {
        let mut way = Vec::new();
        let mut next = Some(at);
        while let Some(ancestor) = next.and_then(|at| self.all.get(at)) {
            way.push(format!("{} {}{}", how(ancestor.relation), ancestor.name(), said(ancestor)));
            next = ancestor.below;
        }
        way.reverse();
        if way.len() > 2 * NAMED {
            let left_out = way.len() - 2 * NAMED;
            way.splice(NAMED..NAMED + left_out, [format!("… {left_out} more …")]);
        }
        way.join(", ")
    }

    /// The way from the content to an ancestor, and what that is, in words.
    pub fn reason(&self, at: usize) -> String {
        let origin = &self.all[at].own.origin;
        let what = match origin.status {
            AiStatus::Ai => "AI-made",
            AiStatus::AiPart => "AI-made in part",
            AiStatus::Suspect => "suspect",
            AiStatus::NotAi => "determined not to be AI-made",
            AiStatus::Unknown => "declared to be AI-made",
        };
        let why = origin.why.first().filter(|_| origin.status != AiStatus::Unknown);
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        format!("{}, which is {what}{why}", self.way(at))
    }

    /// What kept detectors from seeing all of something it was made from.
    pub fn unexamined(&self) -> Option<String> {
        let (_, one) = self.each().find(|(_, one)| one.own.unexamined.is_some())?;
        let problem = one.own.unexamined.as_deref().unwrap_or_default();
        Some(format!("of {}, which it was made from: {problem}", one.name()))
    }
}

/// Whether a content is AI-made or suspect only by what it was made from.
pub fn only_inherited(origin: &Origin) -> bool {
    origin.strength == Some(Strength::Inherited) && !origin.raised
}

const fn weight(status: AiStatus) -> u8 {
    match status {
        AiStatus::Ai => 3,
        AiStatus::AiPart => 2,
        AiStatus::Suspect => 1,
        AiStatus::NotAi | AiStatus::Unknown => 0,
    }
}

const fn how(relation: Relation) -> &'static str {
    match relation {
        Relation::Transcode => "a transcode of",
        Relation::Proxy => "a proxy of",
        Relation::Crop => "a crop of",
        Relation::Composite => "a composite with",
        Relation::Frame => "a frame of",
        Relation::Version => "a version of",
    }
}

fn said(ancestor: &Ancestor) -> String {
    match &ancestor.said {
        Said::By(who) => format!(" (says {who})"),
        Said::Read { place, .. } => format!(" (read in {place})"),
    }
}
