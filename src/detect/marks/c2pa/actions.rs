//! The actions of one manifest, each with all that is said of it: by itself, by the template of its name, by
//! the template of all (`*`), and by the list of software agents that it gives a number of. What stands nearest
//! to the action holds. Pure. Used by `claims`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::detect::marks::c2pa::graph::Manifest;
use crate::detect::marks::pick;
use crate::model::SourceType;

/// Actions in the actions that are related to one.
const RELATED_DEPTH: usize = 4;
/// Objects in objects of parameters.
const PARAMETER_DEPTH: usize = 4;

/// The label of an assertion without the number that tells those of one kind apart.
pub fn base(label: &str) -> &str {
    label.split("__").next().unwrap_or(label)
}

/// Whether an assertion lists actions.
pub fn is_actions(label: &str) -> bool {
    matches!(base(label), "c2pa.actions" | "c2pa.actions.v2")
}

/// One action.
pub struct Action<'a> {
    /// The label of the assertion that lists it.
    pub label: &'a str,
    /// The action, then its templates: an earlier one holds.
    layers: [Option<&'a Value>; 3],
    agents: Option<&'a Value>,
}

/// The actions of a manifest, in order, those that are related to one behind it.
pub fn actions(manifest: &Manifest) -> Vec<Action<'_>> {
    let mut out = Vec::new();
    for (label, value) in manifest.assertions.iter().filter(|(label, _)| is_actions(label)) {
        let list = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
        let mut templates: BTreeMap<&str, &Value> = BTreeMap::new();
        for template in list("templates") {
            templates.entry(kind(template)).or_insert(template);
        }
        for action in list("actions") {
            add(label, action, &templates, value.get("softwareAgents"), 0, &mut out);
        }
    }
    out
}

fn add<'a>(
    label: &'a str,
    action: &'a Value,
    templates: &BTreeMap<&str, &'a Value>,
    agents: Option<&'a Value>,
    depth: usize,
    out: &mut Vec<Action<'a>>,
) {
    let layers = [Some(action), templates.get(kind(action)).copied(), templates.get("*").copied()];
    out.push(Action { label, layers, agents });
    let related = action.get("related").and_then(Value::as_array);
    for inner in related.into_iter().flatten().filter(|_| depth < RELATED_DEPTH) {
        add(label, inner, templates, agents, depth + 1, out);
    }
}

fn kind(action: &Value) -> &str {
    action.get("action").and_then(Value::as_str).unwrap_or("unnamed action")
}

impl<'a> Action<'a> {
    /// Its name.
    pub fn kind(&self) -> &'a str {
        self.layers[0].map_or("unnamed action", kind)
    }

    /// A text of it.
    pub fn text(&self, key: &str) -> Option<String> {
        self.layers().find_map(|layer| pick(layer, &[key]))
    }

    /// The first text or number among its parameters that one of these names has.
    pub fn parameter(&self, keys: &[&str]) -> Option<String> {
        self.parameters().find_map(|parameters| pick(parameters, keys))
    }

    /// The source type that it states.
    pub fn source_type(&self) -> Option<SourceType> {
        const KEY: &str = "digitalSourceType";
        let stated = self.layers().find_map(|layer| layer.get(KEY));
        let stated = stated.or_else(|| self.parameters().find_map(|inner| inner.get(KEY)));
        SourceType::parse(stated?.as_str()?)
    }

    /// What made it: a text in version 1 and with some writers of version 2, else a map, there also one of a list
    /// by its number.
    pub fn agent(&self) -> Option<String> {
        let agent = self.layers().find_map(|layer| {
            let listed = || {
                let number = layer.get("softwareAgentIndex")?.as_u64()?;
                self.agents?.get(usize::try_from(number).ok()?)
            };
            layer.get("softwareAgent").or_else(listed)
        })?;
        match agent {
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

    /// Its parameters but for these, each on a line, those in objects by the way to them. Sorted: the library gives
    /// them in another order each time, and the same file must say the same.
    pub fn lines(&self, but: &[&str]) -> Vec<String> {
        let mut lines = BTreeMap::new();
        for parameters in self.parameters() {
            let object = parameters.as_object().into_iter().flatten();
            for (key, value) in object.filter(|(key, _)| !but.contains(&key.as_str())) {
                flatten(key, value, 0, &mut lines);
            }
        }
        lines.into_iter().map(|(key, value)| format!("{key}: {value}")).collect()
    }

    fn layers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.layers.into_iter().flatten()
    }

    fn parameters(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.layers().filter_map(|it| it.get("parameters").or_else(|| it.get("templateParameters")))
    }
}

fn flatten(key: &str, value: &Value, depth: usize, lines: &mut BTreeMap<String, String>) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Object(object) if depth < PARAMETER_DEPTH => {
            for (inner, value) in object {
                flatten(&format!("{key}.{inner}"), value, depth + 1, lines);
            }
            return;
        }
        _ => return,
    };
    lines.entry(key.to_owned()).or_insert(text);
}
