//! What a graph of manifests says about AI. Pure: works on plain values, so each shape seen in the
//! wild is a test. Walks from the active manifest through its ingredients, each manifest once.
//!
//! The active manifest and its `parentOf` chain speak of the asset itself. A generated `componentOf`
//! ingredient makes it a part. A generated `inputTo` ingredient went into some process, and how much
//! of it came out no manifest says: a person must look (`composite`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::detect::marks::c2pa::DETECTOR;
use crate::detect::marks::c2pa::claims::{Claim, claims, is_actions};
use crate::detect::marks::{Marked, name};
use crate::model::{
    Derivation, Evidence, Generative, GivenName, NameKind, Relation as Made, SourceType, Strength,
    Trust,
};

/// Ingredients of ingredients.
const DEPTH_MAX: usize = 32;
/// No manifest is entered once a store gave this many pieces of evidence.
const EVIDENCE_MAX: usize = 64;

/// How an ingredient went into the asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The asset is a later state of it.
    ParentOf,
    /// It is one of several parts.
    ComponentOf,
    /// It was an input to a process.
    InputTo,
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
    /// Title of the asset.
    pub title: Option<String>,
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

/// Judges a graph. `place` is where the store stands in the file.
pub fn judge(graph: &Graph, place: &str) -> Vec<Evidence> {
    let mut judge = Judge { graph, place, seen: BTreeSet::new(), out: Vec::new() };
    judge.own(&graph.active, "active manifest", Trust::Trusted, 0);
    if judge.out.is_empty()
        && let Some(active) = graph.manifests.get(&graph.active)
    {
        let mut evidence = judge.evidence(active, "", active.trust);
        "C2PA manifest that names no source type".clone_into(&mut evidence.mark);
        evidence.tool = name(active.generators.first().cloned());
        judge.out.push(evidence);
    }
    judge.out
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
    out: Vec<Evidence>,
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
                    self.part(edge, inner, trust, depth + 1);
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
        let room = depth <= DEPTH_MAX && self.out.len() < EVIDENCE_MAX;
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
mod tests {
    use super::*;
    use serde_json::json;

    const TAM: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
    const CAPTURE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture";

    #[expect(clippy::needless_pass_by_value, reason = "reads better where json! is called")]
    fn actions(list: Value) -> Vec<(String, Value)> {
        vec![("c2pa.actions.v2".to_owned(), json!({ "actions": list }))]
    }

    fn manifest(
        label: &str,
        assertions: Vec<(String, Value)>,
        edges: &[(Relation, &str)],
    ) -> Manifest {
        Manifest {
            label: label.to_owned(),
            generators: vec!["some-lib/1".to_owned()],
            issuer: Some("Signer Ltd".to_owned()),
            common_name: None,
            time: None,
            title: None,
            assertions,
            ingredients: edges
                .iter()
                .map(|(relation, label)| Edge {
                    relation: *relation,
                    label: Some((*label).to_owned()),
                    title: None,
                    names: Vec::new(),
                })
                .collect(),
            trust: Trust::ValidUntrusted,
            codes: Vec::new(),
        }
    }

    fn types(manifests: Vec<Manifest>) -> Vec<Option<SourceType>> {
        let graph = Graph {
            active: "a".to_owned(),
            manifests: manifests.into_iter().map(|one| (one.label.clone(), one)).collect(),
        };
        judge(&graph, "P").into_iter().map(|evidence| evidence.source_type).collect()
    }

    #[test]
    fn a_claim_in_the_parent_is_a_claim_on_the_asset() {
        let active = manifest(
            "a",
            actions(json!([{"action": "c2pa.opened"}])),
            &[(Relation::ParentOf, "b")],
        );
        let parent = manifest(
            "b",
            actions(json!([{"action": "c2pa.created", "digitalSourceType": TAM}])),
            &[(Relation::ParentOf, "a")],
        );
        assert_eq!(types(vec![active, parent]), [Some(SourceType::TrainedAlgorithmicMedia)]);
    }

    #[test]
    fn a_component_is_a_part_and_an_input_must_be_looked_at() {
        let created = json!([{"action": "c2pa.created", "digitalSourceType": CAPTURE}]);
        let generated = || {
            manifest(
                "b",
                actions(json!([{"action": "c2pa.created", "digitalSourceType": TAM}])),
                &[],
            )
        };
        for (relation, expected) in [
            (Relation::ComponentOf, SourceType::CompositeSynthetic),
            (Relation::InputTo, SourceType::Composite),
        ] {
            let active = manifest("a", actions(created.clone()), &[(relation, "b")]);
            assert_eq!(
                types(vec![active, generated()]),
                [Some(SourceType::DigitalCapture), Some(expected)]
            );
        }
        let wrap = manifest("a", Vec::new(), &[(Relation::ComponentOf, "b")]);
        assert_eq!(types(vec![wrap, generated()]), [Some(SourceType::TrainedAlgorithmicMedia)]);
    }

    #[test]
    fn an_edit_is_a_part_and_a_generation_is_said_once() {
        let edit =
            json!([{"action": "c2pa.opened"}, {"action": "c2pa.edited", "digitalSourceType": TAM}]);
        assert_eq!(
            types(vec![manifest("a", actions(edit), &[])]),
            [Some(SourceType::CompositeWithTrainedAlgorithmicMedia)]
        );
        let google = json!([
            {"action": "c2pa.created", "digitalSourceType": TAM},
            {"action": "c2pa.edited", "digitalSourceType": TAM},
        ]);
        assert_eq!(
            types(vec![manifest("a", actions(google), &[])]),
            [Some(SourceType::TrainedAlgorithmicMedia)]
        );
    }

    #[test]
    fn generators_without_a_source_type_are_known_by_their_signed_names() {
        let bing = json!([{"action": "c2pa.created", "softwareAgent": "Image Creator from Designer",
            "description": "AI Generated Image"}]);
        assert_eq!(
            types(vec![manifest("a", actions(bing), &[])]),
            [Some(SourceType::TrainedAlgorithmicMedia)]
        );
        let fill = json!([{"action": "c2pa.edited", "softwareAgent": "Adobe Firefly"}]);
        assert_eq!(
            types(vec![manifest("a", actions(fill), &[])]),
            [Some(SourceType::CompositeWithTrainedAlgorithmicMedia)]
        );
        for (action, expected) in [
            ("c2pa.created", SourceType::TrainedAlgorithmicMedia),
            ("c2pa.opened", SourceType::CompositeWithTrainedAlgorithmicMedia),
        ] {
            let mut made = manifest("a", actions(json!([{"action": action}])), &[]);
            made.generators = vec!["topaz labs image api/1.0".to_owned()];
            assert_eq!(types(vec![made]), [Some(expected)]);
        }
        let photoshop = json!([{"action": "c2pa.edited", "softwareAgent": "Adobe Photoshop 26.0"}]);
        assert_eq!(types(vec![manifest("a", actions(photoshop), &[])]), [None]);
    }

    fn with(label: &str, data: Value) -> Vec<(String, Value)> {
        vec![(label.to_owned(), data)]
    }

    #[test]
    fn signed_metadata_is_read_by_the_rules_of_xmp() {
        let context = json!({"Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
            "ps": "http://ns.adobe.com/photoshop/1.0/"});
        for (key, value, expected) in [
            (
                "Iptc4xmpExt:AISystemUsed",
                json!("Google Gemini"),
                SourceType::TrainedAlgorithmicMedia,
            ),
            ("Iptc4xmpExt:AISystemUsed", json!("?"), SourceType::Composite),
            (
                "Iptc4xmpExt:AIPromptInformation",
                json!([{"@value": "a fox", "@language": "en"}]),
                SourceType::TrainedAlgorithmicMedia,
            ),
            (
                "ps:Credit",
                json!("Edited with Google AI"),
                SourceType::CompositeWithTrainedAlgorithmicMedia,
            ),
            ("x:DigitalSourceType", json!(format!("{TAM}/")), SourceType::TrainedAlgorithmicMedia),
        ] {
            let data = json!({"@context": context, key: value});
            for label in ["cawg.metadata", "c2pa.metadata__1"] {
                let got = types(vec![manifest("a", with(label, data.clone()), &[])]);
                assert_eq!(got, [Some(expected)], "{key}");
            }
        }
        for nothing in [
            json!({"dc:title": "Made with Google AI"}),
            json!({"Iptc4xmpExt:AISystemUsed": "none"}),
        ] {
            assert_eq!(types(vec![manifest("a", with("cawg.metadata", nothing), &[])]), [None]);
        }
    }

    #[test]
    fn a_disclosure_without_a_degree_takes_that_of_the_manifest() {
        let part =
            "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
        let edited = json!([{"action": "c2pa.opened"}, {"action": "c2pa.edited", "digitalSourceType": part}]);
        for (label, data) in [
            ("c2pa.ai-disclosure", json!({"modelName": "Flux"})),
            ("c2pa.ai_generated_content", json!({"ai_generated": true})),
            ("cawg.metadata", json!({"Iptc4xmpExt:AISystemUsed": "Flux"})),
        ] {
            let both = [actions(edited.clone()), with(label, data.clone())].concat();
            assert_eq!(
                types(vec![manifest("a", both, &[])]),
                [Some(SourceType::CompositeWithTrainedAlgorithmicMedia)],
                "{label}"
            );
            if label != "cawg.metadata" {
                let alone = with(label, data);
                assert_eq!(
                    types(vec![manifest("a", alone, &[])]),
                    [Some(SourceType::TrainedAlgorithmicMedia)]
                );
            }
        }
    }

    #[test]
    fn permissions_are_not_provenance() {
        let mining = vec![(
            "cawg.training-mining".to_owned(),
            json!({"entries": {"cawg.ai_generative_training": {"use": "notAllowed"}}}),
        )];
        assert_eq!(types(vec![manifest("a", mining, &[])]), [None]);
    }

    #[test]
    fn the_weakest_link_decides_trust() {
        let mut active = manifest("a", Vec::new(), &[(Relation::ParentOf, "b")]);
        active.trust = Trust::Tampered;
        let mut parent = manifest(
            "b",
            actions(json!([{"action": "c2pa.created", "digitalSourceType": TAM}])),
            &[],
        );
        parent.trust = Trust::Trusted;
        let graph = Graph {
            active: "a".to_owned(),
            manifests: [active, parent].into_iter().map(|one| (one.label.clone(), one)).collect(),
        };
        assert_eq!(judge(&graph, "P")[0].trust, Some(Trust::Tampered));
    }
}
