//! What one manifest says of the source of its own asset: actions, AI assertions, metadata, and the signed
//! names of generators that say nothing else. Pure. Used by `graph`, which decides what the claim of
//! an ingredient means for the asset.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::generators;
use crate::detect::marks::c2pa::graph::Manifest;
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

/// Whether an assertion lists actions.
pub fn is_actions(label: &str) -> bool {
    let base = label.split("__").next().unwrap_or(label);
    matches!(base, "c2pa.actions" | "c2pa.actions.v2")
}

/// What a manifest says of the source of its own asset. The same source type is said once.
pub fn claims(manifest: &Manifest) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    let actions: Vec<(&str, &Value)> = manifest
        .assertions
        .iter()
        .filter(|(label, _)| is_actions(label))
        .flat_map(|(label, value)| {
            let list = value.get("actions").and_then(Value::as_array);
            list.into_iter().flatten().map(move |action| (label.as_str(), action))
        })
        .collect();
    let created = actions
        .iter()
        .any(|(_, action)| speaks_of_whole(action) && declared(action).is_some_and(whole));
    for (label, action) in &actions {
        if let Some(claim) = of_action(label, action, created)
            && !claims.iter().any(|known| known.source_type == claim.source_type)
        {
            claims.push(claim);
        }
    }
    let stated = degree(&claims);
    let all = manifest.assertions.iter();
    for claim in all.flat_map(|(label, value)| of_metadata(label, value, stated)) {
        if !claims.iter().any(|known| known.source_type == claim.source_type) {
            claims.push(claim);
        }
    }
    let stated = degree(&claims).unwrap_or(SourceType::TrainedAlgorithmicMedia);
    for (label, value) in &manifest.assertions {
        if let Some(claim) = of_assertion(label, value, stated)
            && !claims.iter().any(|known| known.source_type == claim.source_type)
        {
            claims.push(claim);
        }
    }
    let silent = claims.iter().all(|claim| claim.source_type.generative() == Generative::No);
    if silent && let Some(claim) = by_name(manifest, &actions) {
        claims.push(claim);
    }
    for claim in &mut claims {
        if claim.tool.is_none() {
            claim.tool = name(manifest.generators.first().cloned());
        }
        if claim.model.is_none() {
            claim.model = disclosed_model(manifest);
        }
    }
    claims
}

fn whole(known: SourceType) -> bool {
    known.generative() == Generative::Whole
}

fn declared(action: &Value) -> Option<SourceType> {
    let text = action
        .get("digitalSourceType")
        .or_else(|| action.get("parameters")?.get("digitalSourceType"))?;
    SourceType::parse(text.as_str()?)
}

fn kind(action: &Value) -> &str {
    action.get("action").and_then(Value::as_str).unwrap_or("unnamed action")
}

/// Actions whose source type is about all of the asset; others are about what they added.
fn speaks_of_whole(action: &Value) -> bool {
    matches!(
        kind(action),
        "c2pa.created"
            | "c2pa.opened"
            | "c2pa.converted"
            | "c2pa.transcoded"
            | "c2pa.repackaged"
            | "c2pa.published"
            | "unnamed action"
    )
}

fn of_action(label: &str, action: &Value, created: bool) -> Option<Claim> {
    let known = declared(action)?;
    let kind = kind(action);
    let source_type = if whole(known) && !speaks_of_whole(action) {
        if created {
            // Said of the same generation, as Google does for its watermark.
            known
        } else if kind == "c2pa.placed" {
            SourceType::CompositeSynthetic
        } else {
            SourceType::CompositeWithTrainedAlgorithmicMedia
        }
    } else {
        known
    };
    // That an edit was no generative one says nothing of the rest.
    if source_type.generative() == Generative::No && kind != "c2pa.created" {
        return None;
    }
    let mark = if source_type == known {
        format!("{kind} declares {}: {}", known.term(), known.meaning())
    } else {
        format!("{kind} brought in {}, so the asset was {}", known.term(), source_type.meaning())
    };
    let parameters = action.get("parameters").unwrap_or(&Value::Null);
    let mut detail = Vec::new();
    for (key, value) in [
        ("when", pick(action, &["when"])),
        (
            "description",
            pick(action, &["description"]).or_else(|| pick(parameters, &["description"])),
        ),
        ("prompt", pick(parameters, &["prompt", "Prompt"])),
    ] {
        detail.extend(value.map(|value| format!("{key}: {value}")));
    }
    if let Some(object) = parameters.as_object() {
        // The library gives them in another order each time; the same file must say the same.
        let sorted: BTreeMap<_, _> = object.iter().collect();
        for (key, value) in sorted {
            if !matches!(key.as_str(), "description" | "prompt" | "Prompt" | "ingredients")
                && let Some(value) = value.as_str().filter(|value| value.len() < 200)
            {
                detail.push(format!("{key}: {value}"));
            }
        }
    }
    Some(Claim {
        source_type,
        mark,
        assertion: label.to_owned(),
        tool: name(agent(action)),
        model: name(pick(
            parameters,
            &["model_name", "model", "com.adobe.firefly.version", "firefly.version"],
        )),
        detail,
    })
}

/// A text in version 1 and with some writers of version 2, else a map.
fn agent(action: &Value) -> Option<String> {
    match action.get("softwareAgent")? {
        Value::String(text) => Some(text.clone()),
        map => {
            let agent = pick(map, &["name"])?;
            Some(match pick(map, &["version"]) {
                Some(version) => format!("{agent} {version}"),
                None => agent,
            })
        }
    }
}

/// How much of the asset was generated, by what says so: the whole, else a part.
fn degree(claims: &[Claim]) -> Option<SourceType> {
    let of = |kind| claims.iter().map(|one| one.source_type).find(|it| it.generative() == kind);
    of(Generative::Whole).or_else(|| of(Generative::Part))
}

/// The fields of XMP that a manifest signs as JSON-LD: the same labels as in a packet, by the same rules.
fn of_metadata(label: &str, value: &Value, stated: Option<SourceType>) -> Vec<Claim> {
    let base = label.split("__").next().unwrap_or(label);
    let known = ["stds.iptc", "stds.iptc.photo-metadata", "c2pa.metadata", "cawg.metadata"];
    let Some(object) = value.as_object().filter(|_| known.contains(&base)) else {
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
    let base = label.split("__").next().unwrap_or(label);
    let claim = |mark: &str, model, detail: Option<String>| Claim {
        source_type: degree,
        mark: mark.to_owned(),
        assertion: label.to_owned(),
        tool: None,
        model: name(model),
        detail: detail.into_iter().collect(),
    };
    match base {
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

fn disclosed_model(manifest: &Manifest) -> Option<String> {
    let (_, value) = manifest.assertions.iter().find(|(label, _)| {
        label.starts_with("c2pa.ai-disclosure") || label.starts_with("c2pa.ai_generated_content")
    })?;
    name(pick(value, &["modelName", "model", "Model"]))
}

/// Generators that declare no source type, known by the names they sign.
fn by_name(manifest: &Manifest, actions: &[(&str, &Value)]) -> Option<Claim> {
    let claim =
        |source_type, tool: &str, what: &str, assertion: &str, detail: Option<String>| Claim {
            source_type,
            mark: format!("{what}, a generator that names no source type"),
            assertion: assertion.to_owned(),
            tool: Some(tool.to_owned()),
            model: None,
            detail: detail.into_iter().collect(),
        };
    for (label, action) in actions {
        if declared(action).is_some() {
            continue;
        }
        if let Some((agent, known)) = agent(action)
            .and_then(|agent| generators::signed_agent(&agent).map(|known| (agent, known)))
        {
            let source_type = if kind(action) == "c2pa.created" || known.whole {
                SourceType::TrainedAlgorithmicMedia
            } else {
                SourceType::CompositeWithTrainedAlgorithmicMedia
            };
            let what = format!("{} by {agent}", kind(action));
            let said = pick(action, &["description"]).map(|text| format!("description: {text}"));
            return Some(claim(source_type, &known.tool, &what, label, said));
        }
    }
    // A non-generative source type of its own outweighs the name of the program or the signer.
    if actions.iter().any(|(_, action)| declared(action).is_some()) {
        return None;
    }
    let created = actions.iter().any(|(_, action)| kind(action) == "c2pa.created");
    for text in &manifest.generators {
        let known = generators::signed_agent(text);
        if let Some(known) = known.filter(|known| known.whole || !actions.is_empty()) {
            let source_type = if known.whole || created {
                SourceType::TrainedAlgorithmicMedia
            } else {
                SourceType::CompositeWithTrainedAlgorithmicMedia
            };
            let what = format!("claim generator {text}");
            return Some(claim(source_type, &known.tool, &what, "", None));
        }
    }
    let issuer = manifest.issuer.as_deref()?;
    let tool = generators::signer(issuer).filter(|_| created)?;
    Some(claim(
        SourceType::TrainedAlgorithmicMedia,
        &tool,
        &format!("created and signed by {issuer}"),
        "",
        None,
    ))
}
