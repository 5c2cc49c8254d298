//! What a graph of manifests says about AI. Pure: works on plain values, so each shape seen in the
//! wild is a test. Walks from the active manifest through its ingredients, each manifest once.
//!
//! The active manifest and its `parentOf` chain speak of the asset itself. A generated `componentOf`
//! ingredient makes it a part. A generated `inputTo` ingredient went into some process, and how much
//! of it came out no manifest says: a person must look (`composite`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::detect::marks::c2pa::DETECTOR;
use crate::detect::marks::c2pa::actions::is_actions;
use crate::detect::marks::c2pa::claims::{Claim, claims};
use crate::detect::marks::marked::EVIDENCE_MAX;
use crate::detect::marks::{Marked, name};
use crate::model::{
    Derivation, Evidence, Generative, GivenName, NameKind, Relation as Made, SourceType, Strength,
    Trust,
};

/// Ingredients of ingredients: a picture that is edited again and again has its states in a row.
const DEPTH_MAX: usize = 128;

/// How an ingredient went into the asset, what means most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The asset is a later state of it.
    ParentOf,
    /// It is one of several parts.
    ComponentOf,
    /// It was an input to a process.
    InputTo,
}

/// What a model was given, by the type of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// What it was asked for.
    Prompt,
    /// The number that its chance began with.
    Seed,
    /// The model itself.
    Model,
}

impl Input {
    /// Of a type as the standard writes it.
    pub fn of(kind: &str) -> Option<Self> {
        match kind {
            "c2pa.types.generator.prompt" => Some(Self::Prompt),
            "c2pa.types.generator.seed" => Some(Self::Seed),
            _ if kind == "c2pa.types.model" || kind.starts_with("c2pa.types.model.") => {
                Some(Self::Model)
            }
            _ => None,
        }
    }
}

/// An ingredient.
#[derive(Clone, Debug)]
pub struct Edge {
    /// How it went in.
    pub relation: Relation,
    /// Its manifest, when it has one in the store.
    pub label: Option<String>,
    /// Its title, for people.
    pub title: Option<String>,
    /// What XMP it carried calls it.
    pub names: Vec<GivenName>,
    /// What it is to a model.
    pub input: Option<Input>,
    /// The text that it holds, of a prompt or a seed.
    pub text: Option<String>,
}

/// A manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its label in the store.
    pub label: String,
    /// Claim generator names, `name/version`.
    pub generators: Vec<String>,
    /// Organisation of the signing certificate.
    pub issuer: Option<String>,
    /// Common name of the signing certificate.
    pub common_name: Option<String>,
    /// When it was signed, by a time stamp.
    pub time: Option<String>,
    /// Assertions that are readable as JSON, by label.
    pub assertions: Vec<(String, Value)>,
    /// Ingredients.
    pub ingredients: Vec<Edge>,
    /// How far it can be trusted.
    pub trust: Trust,
    /// Codes of what failed in validation.
    pub codes: Vec<String>,
}

/// All manifests of a store.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Label of the active manifest.
    pub active: String,
    /// By label.
    pub manifests: BTreeMap<String, Manifest>,
}

/// Judges a graph: what it says, and whether all of it was looked at. `place` is where the store stands in the file.
pub fn judge(graph: &Graph, place: &str) -> (Vec<Evidence>, bool) {
    let mut judge = Judge {
        graph,
        place,
        seen: BTreeSet::new(),
        parts: Vec::new(),
        out: Vec::new(),
        whole: true,
    };
    judge.own(&graph.active, "active manifest", Trust::Trusted, 0);
    // Each manifest is entered once: first as what it means most.
    let mut parts = std::mem::take(&mut judge.parts);
    parts.sort_by_key(|(edge, ..)| edge.relation);
    for (edge, label, above, depth) in parts {
        judge.part(edge, label, above, depth);
    }
    if judge.out.is_empty()
        && let Some(active) = graph.manifests.get(&graph.active)
    {
        let mut evidence = judge.evidence(active, "", active.trust);
        "C2PA manifest that names no source type".clone_into(&mut evidence.mark);
        evidence.tool = name(active.generators.first().cloned());
        judge.out.push(evidence);
    }
    (judge.out, judge.whole)
}

/// The names that a graph has for the asset and for what went into it. The label of a manifest stands for
/// one signed state; hashes that stores hold are of other algorithms, over other bytes than ours.
pub fn names(graph: &Graph, place: &str, out: &mut Marked) {
    out.is_named(GivenName(NameKind::Manifest, graph.active.clone()));
    let Some(active) = graph.manifests.get(&graph.active) else { return };
    for edge in &active.ingredients {
        let label = edge.label.clone().map(|label| GivenName(NameKind::Manifest, label));
        let title = edge.title.as_deref().unwrap_or("untitled");
        out.derives(Derivation {
            relation: match edge.relation {
                Relation::ParentOf => Made::Version,
                Relation::ComponentOf | Relation::InputTo => Made::Composite,
            },
            names: label.into_iter().chain(edge.names.iter().cloned()).collect(),
            place: format!("{place} manifest {} ingredient \"{title}\"", active.label),
        });
    }
}

struct Judge<'a> {
    graph: &'a Graph,
    place: &'a str,
    seen: BTreeSet<&'a str>,
    /// What went into the asset or into an earlier state of it, to be looked at behind those.
    parts: Vec<(&'a Edge, &'a str, Trust, usize)>,
    out: Vec<Evidence>,
    /// Whether no limit kept a manifest out.
    whole: bool,
}

impl<'a> Judge<'a> {
    /// A manifest that speaks of the asset itself.
    fn own(&mut self, label: &str, role: &str, above: Trust, depth: usize) {
        let Some(manifest) = self.enter(label, depth) else {
            return;
        };
        // A chain is as strong as its weakest link.
        let trust = above.max(manifest.trust);
        for claim in claims(manifest) {
            let mut evidence = self.evidence(manifest, &claim.assertion, trust);
            evidence.mark = format!("{role}: {}", claim.mark);
            evidence.source_type = Some(claim.source_type);
            evidence.tool = claim.tool;
            evidence.model = claim.model;
            let detail: Vec<String> = claim.detail.into_iter().chain(evidence.detail).collect();
            evidence.detail = (!detail.is_empty()).then(|| detail.join("\n"));
            self.out.push(evidence);
        }
        // One generation of OpenAI's files has no actions at all and the picture as its only
        // component: that is a wrapping, not a composition.
        let wraps = manifest.ingredients.len() == 1
            && !manifest.assertions.iter().any(|(label, _)| is_actions(label));
        for edge in &manifest.ingredients {
            let Some(inner) = edge.label.as_deref() else {
                continue;
            };
            match edge.relation {
                Relation::ParentOf => self.own(inner, "parent ingredient", trust, depth + 1),
                Relation::ComponentOf if wraps => {
                    self.own(inner, "only ingredient", trust, depth + 1);
                }
                Relation::ComponentOf | Relation::InputTo => {
                    self.parts.push((edge, inner, trust, depth + 1));
                }
            }
        }
    }

    /// A manifest of something that went into the asset.
    fn part(&mut self, edge: &Edge, label: &str, above: Trust, depth: usize) {
        let mut trust = above;
        let Some((manifest, claim)) = self.generated(label, &mut trust, depth) else {
            return;
        };
        let (known, how) = match edge.relation {
            Relation::InputTo => (SourceType::Composite, "was an input"),
            _ => (SourceType::CompositeSynthetic, "is a component"),
        };
        let mut evidence = self.evidence(manifest, &claim.assertion, trust);
        let title = edge.title.as_deref().unwrap_or("untitled");
        evidence.mark = format!("ingredient \"{title}\" {how}, and {}", claim.mark);
        evidence.source_type = Some(known);
        evidence.tool = claim.tool;
        evidence.model = claim.model;
        self.out.push(evidence);
    }

    /// The first generative claim in the graph below a manifest.
    fn generated(
        &mut self,
        label: &str,
        trust: &mut Trust,
        depth: usize,
    ) -> Option<(&'a Manifest, Claim)> {
        let manifest = self.enter(label, depth)?;
        let own = claims(manifest).into_iter().find(|claim| {
            matches!(claim.source_type.generative(), Generative::Whole | Generative::Part)
        });
        let before = *trust;
        *trust = before.max(manifest.trust);
        if let Some(claim) = own {
            return Some((manifest, claim));
        }
        let reached = *trust;
        for edge in &manifest.ingredients {
            let inner = edge.label.as_deref();
            *trust = reached;
            if edge.relation != Relation::InputTo
                && let Some(hit) = inner.and_then(|inner| self.generated(inner, trust, depth + 1))
            {
                return Some(hit);
            }
        }
        None
    }

    fn enter(&mut self, label: &str, depth: usize) -> Option<&'a Manifest> {
        let (label, manifest) = self.graph.manifests.get_key_value(label)?;
        let new = !self.seen.contains(label.as_str());
        let room = depth <= DEPTH_MAX && self.out.len() < EVIDENCE_MAX;
        self.whole &= room || !new;
        (room && self.seen.insert(label)).then_some(manifest)
    }

    fn evidence(&self, manifest: &Manifest, assertion: &str, trust: Trust) -> Evidence {
        let assertion = if assertion.is_empty() { String::new() } else { format!(" {assertion}") };
        let mut detail = Vec::new();
        if let Some(time) = &manifest.time {
            detail.push(format!("signed: {time}"));
        }
        if !manifest.generators.is_empty() {
            detail.push(format!("claim generator: {}", manifest.generators.join(", ")));
        }
        if !manifest.codes.is_empty() {
            detail.push(format!("validation: {}", manifest.codes.join(", ")));
        }
        let place = format!("{} manifest {}{assertion}", self.place, manifest.label);
        Evidence {
            signer: signer(manifest),
            trust: Some(trust),
            detail: (!detail.is_empty()).then(|| detail.join("\n")),
            ..Evidence::new(DETECTOR, Strength::Signed, "", place)
        }
    }
}

fn signer(manifest: &Manifest) -> Option<String> {
    match (&manifest.issuer, &manifest.common_name) {
        (Some(issuer), Some(name)) if issuer != name => Some(format!("{issuer} ({name})")),
        (Some(one), _) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests;
