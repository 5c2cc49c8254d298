//! What one manifest says of the source of its own asset: actions, AI assertions, metadata, and the signed
//! names of generators that say nothing else. Pure. Used by `graph`, which decides what the claim of
//! an ingredient means for the asset.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::generators::{self, Agent};
use crate::detect::marks::c2pa::actions::{Action, actions, base};
use crate::detect::marks::c2pa::graph::{Input, Manifest, Relation};
use crate::detect::marks::{Marked, declared, name, pick};
use crate::detect::xmp;
use crate::model::{Evidence, Generative, SourceType, Strength};

/// One thing a manifest says.
pub struct Claim {
    /// The source type of the asset that follows from it.
    pub source_type: SourceType,
    /// In plain words.
    pub mark: String,
    /// The label of the assertion, when one says it.
    pub assertion: String,
    /// Software agent, else claim generator.
    pub tool: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Prompt, time and other parameters.
    pub detail: Vec<String>,
}

/// What a manifest says of the source of its own asset. The same source type is said once.
pub fn claims(manifest: &Manifest) -> Vec<Claim> {
    let mut claims = Claims(Vec::new());
    let actions = actions(manifest);
    let created = actions
        .iter()
        .any(|action| speaks_of_whole(action) && action.source_type().is_some_and(whole));
    for action in &actions {
        if let Some((known, source_type)) = source_type(action, created)
            && claims.lack(source_type)
        {
            claims.0.push(of_action(action, known, source_type));
        }
    }
    let stated = degree(&claims.0);
    let all = manifest.assertions.iter();
    claims.add(all.flat_map(|(label, value)| of_metadata(label, value, stated)));
    let stated = degree(&claims.0).unwrap_or(SourceType::TrainedAlgorithmicMedia);
    let all = manifest.assertions.iter();
    let disclosed: Vec<Claim> =
        all.filter_map(|(label, value)| of_assertion(label, value, stated)).collect();
    let model = disclosed.iter().find_map(|claim| claim.model.clone());
    claims.add(disclosed);
    // What may hold a part of a model does not say whether a generator that is named made one.
    let says = |claim: &Claim| {
        matches!(claim.source_type.generative(), Generative::Whole | Generative::Part)
    };
    if !claims.0.iter().any(says)
        && let Some(claim) = by_name(manifest, &actions)
    {
        claims.0.push(claim);
    }
    let inputs = Inputs::of(manifest);
    for claim in &mut claims.0 {
        if claim.tool.is_none() {
            claim.tool = name(manifest.generators.first().cloned());
        }
        if claim.source_type.generative() != Generative::No {
            inputs.complete(claim);
        }
        if claim.model.is_none() {
            claim.model.clone_from(&model);
        }
    }
    claims.0
}

/// Claims, each source type once.
struct Claims(Vec<Claim>);

impl Claims {
    fn lack(&self, source_type: SourceType) -> bool {
        !self.0.iter().any(|known| known.source_type == source_type)
    }

    fn add(&mut self, more: impl IntoIterator<Item = Claim>) {
        for claim in more {
            if self.lack(claim.source_type) {
                self.0.push(claim);
            }
        }
    }
}

/// What ingredients tell of how a model was asked.
struct Inputs<'a> {
    model: Option<String>,
    texts: Vec<(&'static str, &'a str)>,
}

impl<'a> Inputs<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        let mut inputs = Self { model: None, texts: Vec::new() };
        for edge in &manifest.ingredients {
            match edge.input {
                Some(Input::Model) if inputs.model.is_none() => {
                    inputs.model = name(edge.title.clone());
                }
                Some(Input::Prompt) => {
                    inputs.texts.extend(Some("prompt").zip(edge.text.as_deref()));
                }
                Some(Input::Seed) => inputs.texts.extend(Some("seed").zip(edge.text.as_deref())),
                _ => {}
            }
        }
        inputs
    }

    fn complete(&self, claim: &mut Claim) {
        if claim.model.is_none() {
            claim.model.clone_from(&self.model);
        }
        for (key, text) in &self.texts {
            let line = format!("{key}: {text}");
            if !claim.detail.contains(&line) {
                claim.detail.push(line);
            }
        }
    }
}

fn whole(known: SourceType) -> bool {
    known.generative() == Generative::Whole
}

/// Actions whose source type is about all of the asset; others are about what they added.
fn speaks_of_whole(action: &Action<'_>) -> bool {
    matches!(
        action.kind(),
        "c2pa.created"
            | "c2pa.opened"
            | "c2pa.converted"
            | "c2pa.transcoded"
            | "c2pa.repackaged"
            | "c2pa.published"
            | "unnamed action"
    )
}

/// The source type that an action states, and that of the asset which follows.
fn source_type(action: &Action<'_>, created: bool) -> Option<(SourceType, SourceType)> {
    let known = action.source_type()?;
    let follows = if whole(known) && !speaks_of_whole(action) {
        if created {
            // Said of the same generation, as Google does for its watermark.
            known
        } else if action.kind() == "c2pa.placed" {
            SourceType::CompositeSynthetic
        } else {
            SourceType::CompositeWithTrainedAlgorithmicMedia
        }
    } else {
        known
    };
    // That an edit was no generative one says nothing of the rest.
    (follows.generative() != Generative::No || action.kind() == "c2pa.created")
        .then_some((known, follows))
}

fn of_action(action: &Action<'_>, known: SourceType, source_type: SourceType) -> Claim {
    let kind = action.kind();
    let mark = if source_type == known {
        format!("{kind} declares {}: {}", known.term(), known.meaning())
    } else {
        format!("{kind} brought in {}, so the asset was {}", known.term(), source_type.meaning())
    };
    let mut detail = Vec::new();
    for (key, value) in [
        ("when", action.text("when")),
        ("description", action.text("description").or_else(|| action.parameter(&["description"]))),
        ("prompt", action.parameter(&["prompt", "Prompt"])),
    ] {
        detail.extend(value.map(|value| format!("{key}: {value}")));
    }
    detail.extend(action.lines(&["description", "prompt", "Prompt", "ingredients"]));
    Claim {
        source_type,
        mark,
        assertion: action.label.to_owned(),
        tool: name(action.agent()),
        model: name(action.parameter(&[
            "model_name",
            "model",
            "com.adobe.firefly.version",
            "firefly.version",
        ])),
        detail,
    }
}

/// How much of the asset was generated, by what says so: the whole, else a part.
fn degree(claims: &[Claim]) -> Option<SourceType> {
    let of = |kind| claims.iter().map(|one| one.source_type).find(|it| it.generative() == kind);
    of(Generative::Whole).or_else(|| of(Generative::Part))
}

/// The fields of XMP that a manifest signs as JSON-LD: the same labels as in a packet, by the same rules.
fn of_metadata(label: &str, value: &Value, stated: Option<SourceType>) -> Vec<Claim> {
    let known = ["stds.iptc", "stds.iptc.photo-metadata", "c2pa.metadata", "cawg.metadata"];
    let Some(object) = value.as_object().filter(|_| known.contains(&base(label))) else {
        return Vec::new();
    };
    let sorted: BTreeMap<_, _> = object.iter().collect();
    let mut fields = Vec::new();
    for (key, inner) in sorted {
        let (prefix, local) = key.rsplit_once(':').unwrap_or(("", key));
        let namespace = value.get("@context").and_then(|context| context.get(prefix)?.as_str());
        let key = match namespace {
            // Whatever the prefix: nothing else is named so.
            _ if local == "DigitalSourceType" => format!("Iptc4xmpExt:{local}"),
            Some(namespace) => xmp::key(namespace, local),
            None => key.clone(),
        };
        let mut texts = Vec::new();
        texts_of(inner, 0, &mut texts);
        let field = |text| Field::new(0, String::new(), Carrier::Xmp, &key, text);
        fields.extend(texts.into_iter().map(field));
    }
    let mut marked = Marked::default();
    declared::look_beside(&fields, stated, &mut marked);
    let claim = |one: Evidence| {
        let source_type = match one.strength {
            // A claim is as strong as its signature: what a person must look at says so by its source type.
            Strength::Heuristic => SourceType::Composite,
            _ => one.source_type?,
        };
        Some(Claim {
            source_type,
            mark: one.mark,
            assertion: label.to_owned(),
            tool: one.tool,
            model: one.model,
            detail: one.detail.into_iter().collect(),
        })
    };
    marked.finish().0.into_iter().filter_map(claim).collect()
}

/// The texts of a value of JSON-LD: itself, those of a list, or those of a value with its language or type.
fn texts_of(value: &Value, depth: usize, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(list) if depth < 4 => {
            for inner in list {
                texts_of(inner, depth + 1, out);
            }
        }
        Value::Object(object) if depth < 4 => {
            for (key, inner) in object {
                if !matches!(key.as_str(), "@language" | "@type") {
                    texts_of(inner, depth + 1, out);
                }
            }
        }
        _ => {}
    }
}

/// Assertions other than actions and metadata that say where the asset comes from, with the degree that
/// those state. Permissions, such as training-mining, are not among them.
fn of_assertion(label: &str, value: &Value, degree: SourceType) -> Option<Claim> {
    let claim = |mark: &str, model, detail: Option<String>| Claim {
        source_type: degree,
        mark: mark.to_owned(),
        assertion: label.to_owned(),
        tool: None,
        model: name(model),
        detail: detail.into_iter().collect(),
    };
    match base(label) {
        "c2pa.ai_generated_content" => {
            let said = ["ai_generated", "Ai_generated", "AI_generated"].iter().any(|key| {
                value.get(key).is_some_and(|it| it == &Value::Bool(true) || it == "true")
            });
            said.then(|| {
                claim(
                    "c2pa.ai_generated_content says it was generated",
                    pick(value, &["model", "Model"]),
                    pick(value, &["prompt", "Prompt"]).map(|prompt| format!("prompt: {prompt}")),
                )
            })
        }
        "c2pa.ai-disclosure" => Some(claim(
            "c2pa.ai-disclosure discloses a generative model",
            pick(value, &["modelName", "modelIdentifier"]),
            value
                .get("contentProfile")
                .and_then(|profile| pick(profile, &["humanOversightLevel"]))
                .map(|level| format!("human oversight: {level}")),
        )),
        _ => None,
    }
}

/// Whether an action leaves open how the asset was made: it states no source type, or that it began with a blank
/// canvas, which says nothing of what was put on it.
fn is_open(action: &Action<'_>) -> bool {
    action.source_type().is_none_or(|known| known == SourceType::Empty)
}

/// Generators that declare no source type, known by the names they sign.
fn by_name(manifest: &Manifest, actions: &[Action<'_>]) -> Option<Claim> {
    let claim =
        |source_type, tool: &str, what: &str, assertion: &str, detail: Option<String>| Claim {
            source_type,
            mark: format!("{what}, a generator that names no source type"),
            assertion: assertion.to_owned(),
            tool: Some(tool.to_owned()),
            model: None,
            detail: detail.into_iter().collect(),
        };
    let created = actions.iter().any(|action| action.kind() == "c2pa.created");
    // What was opened was there before: no name makes a whole of what it edited.
    let opened = actions.iter().any(|action| action.kind() == "c2pa.opened")
        || manifest.ingredients.iter().any(|edge| edge.relation == Relation::ParentOf);
    let degree = |made: bool, known: &Agent| {
        if made || (known.whole && (created || !opened)) {
            SourceType::TrainedAlgorithmicMedia
        } else {
            SourceType::CompositeWithTrainedAlgorithmicMedia
        }
    };
    for action in actions.iter().filter(|action| is_open(action)) {
        let made = action.kind() == "c2pa.created";
        let blank = action.source_type().is_some();
        let known =
            action.agent().and_then(|agent| Some((generators::signed_agent(&agent)?, agent)));
        // A program that also edits may have begun a canvas for a person to paint on.
        let fits = |known: &Agent| (made || !known.common) && (known.whole || !blank);
        if let Some((known, agent)) = known.filter(|(known, _)| fits(known)) {
            let what = format!("{} by {agent}", action.kind());
            let said = action.text("description").map(|text| format!("description: {text}"));
            return Some(claim(degree(made, &known), &known.tool, &what, action.label, said));
        }
    }
    // A non-generative source type of its own outweighs the name of the program or the signer.
    if !actions.iter().all(is_open) {
        return None;
    }
    let blank = actions.iter().any(|action| action.source_type().is_some());
    for text in &manifest.generators {
        let known = generators::signed_agent(text).filter(|known| !known.common);
        if let Some(known) = known.filter(|it| it.whole || !(blank || actions.is_empty())) {
            let what = format!("claim generator {text}");
            return Some(claim(degree(created, &known), &known.tool, &what, "", None));
        }
    }
    let signers = [&manifest.issuer, &manifest.common_name].into_iter().flatten();
    let (tool, signer) = signers
        .filter(|_| created)
        .find_map(|signer| generators::signer(signer).map(|tool| (tool, signer)))?;
    let what = format!("created and signed by {signer}");
    Some(claim(SourceType::TrainedAlgorithmicMedia, &tool, &what, "", None))
}
