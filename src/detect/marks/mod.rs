//! One file per family of marks. A mark looks at fields and reports evidence; it never judges what
//! an asset is, never reads files, and never takes a mere word for a mark.

pub mod aigc;
pub mod c2pa;
pub mod comfyui;
pub mod declared;
pub mod denial;
pub mod file_name;
pub mod grok;
pub mod identity;
pub mod infotext;
pub mod invokeai;
pub mod local_ui;
pub mod marked;
pub mod named;
pub mod place;
pub mod remote;
pub mod samsung;

pub use marked::Marked;

use serde_json::Value;

use crate::detect::expand::Field;
use crate::model::{Evidence, SourceType, Strength};

/// The longest name of a tool or model that is believed to be one.
const NAME_CAP: usize = 256;

/// Evidence of a field, to be filled in.
pub fn evidence(
    field: &Field,
    detector: &str,
    strength: Strength,
    mark: impl Into<String>,
) -> Evidence {
    Evidence::new(detector, strength, mark, &field.place)
}

/// Evidence of what a generator's own program left behind: the whole was generated.
pub fn trace(field: &Field, detector: &str, tool: &str, mark: impl Into<String>) -> Evidence {
    Evidence {
        source_type: Some(SourceType::TrainedAlgorithmicMedia),
        tool: Some(tool.to_owned()),
        ..evidence(field, detector, Strength::Trace, mark)
    }
}

/// A text or number at one of these keys of an object, as text.
pub fn pick(object: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A name, when it is short enough to be one.
pub fn name(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty() && text.len() <= NAME_CAP)
}

/// `prompt: …`, `seed: …` on lines, for what is there.
pub fn details(parts: &[(&str, Option<String>)]) -> Option<String> {
    let lines: Vec<String> = parts
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}: {value}")))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What one mark says of these blocks, for tests.
#[cfg(test)]
pub fn said(
    look: impl Fn(&[Field], &mut Marked),
    blocks: impl IntoIterator<Item = crate::detect::block::Content>,
) -> Vec<Evidence> {
    let mut found = crate::detect::block::Found::default();
    for content in blocks {
        found.add("P", content);
    }
    let mut out = Marked::default();
    look(&crate::detect::expand::expand(&mut found).0, &mut out);
    out.finish().0
}
