//! `InvokeAI`: what all its generations write, into texts of the picture or film or beside it. Believed by keys of its
//! own, or by several together with values of their kind.

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::local_ui::{DETECTOR, filled};
use crate::detect::marks::{name, pick, trace};
use crate::model::{Evidence, SourceType};

/// What it left in a field.
pub fn of(field: &Field) -> Option<Evidence> {
    let evidence = text(field).or_else(|| document(field))?;
    Some(Evidence { source_type: Some(degree(field)), ..evidence })
}

/// It says in a word how it made a picture: what it filled in or put around is a part of it.
fn degree(field: &Field) -> SourceType {
    let mode = field.json().and_then(|value| pick(value, &["generation_mode"]));
    let parts = ["inpaint", "outpaint", "fill"];
    if mode.is_some_and(|mode| parts.iter().any(|part| mode.ends_with(part))) {
        SourceType::CompositeWithTrainedAlgorithmicMedia
    } else {
        SourceType::TrainedAlgorithmicMedia
    }
}

/// All generations of `InvokeAI`.
fn text(field: &Field) -> Option<Evidence> {
    if !matches!(field.carrier, Carrier::PngText | Carrier::Mp4 | Carrier::Matroska) {
        return None;
    }
    // Programs that move tags into Matroska write them in capitals, and ExifTool the first letter.
    let key = field.key.to_ascii_lowercase();
    match key.as_str() {
        "invokeai_metadata" | "invokeai_graph" | "invokeai_workflow" => {
            let mark = format!("{key} of InvokeAI");
            field.json().map(|value| filled(field, "InvokeAI", &mark, value))
        }
        "sd-metadata" => {
            let value = field.json()?;
            let image = value.get("image")?;
            let ours = value.get("app_id").is_some() || value.get("model_weights").is_some();
            ours.then(|| Evidence {
                model: name(pick(value, &["model_weights"])),
                ..filled(field, "InvokeAI", "sd-metadata of InvokeAI", image)
            })
        }
        // A command line: the prompt in quotes, then switches for steps and seed. The oldest form joins each
        // switch to its number and may leave the quotes away; then more switches are asked for.
        "dream" => {
            let switches = field.value.rsplit('"').next()?;
            let words: Vec<&str> = switches.split_whitespace().collect();
            let number = |switch: &str| {
                words.iter().enumerate().any(|(at, word)| match word.strip_prefix(switch) {
                    Some("") => words.get(at + 1).is_some_and(|next| next.parse::<u64>().is_ok()),
                    Some(joined) => joined.parse::<u64>().is_ok(),
                    None => false,
                })
            };
            let quoted = field.value.starts_with('"') || (number("-W") && number("-H"));
            let ours = quoted && number("-s") && number("-S");
            ours.then(|| Evidence {
                detail: Some(field.value.clone()),
                ..trace(field, DETECTOR, "InvokeAI", "command line of InvokeAI's dream")
            })
        }
        _ => None,
    }
}

/// The same beside the picture: several of its keys together, each with a value of its kind.
fn document(field: &Field) -> Option<Evidence> {
    let value = field.json().filter(|_| field.carrier == Carrier::Json)?;
    let text = |key: &str| value.get(key).is_some_and(Value::is_string);
    let object = |key: &str| value.get(key).is_some_and(Value::is_object);
    let number = |key: &str| value.get(key).is_some_and(Value::is_number);
    if text("generation_mode") && text("positive_prompt") && number("seed") && object("model") {
        return Some(filled(field, "InvokeAI", "metadata of InvokeAI", value));
    }
    let first = text("app_id") && text("app_version") && text("model_weights") && object("image");
    if first {
        return Some(filled(field, "InvokeAI", "metadata of InvokeAI", value));
    }
    let node = |node: &Value| {
        node.get("type").and_then(Value::as_str) == Some("invocation")
            && node.pointer("/data/type").is_some_and(Value::is_string)
            && node.pointer("/data/inputs").is_some_and(Value::is_object)
    };
    let nodes = value.get("nodes").and_then(Value::as_array)?;
    (nodes.iter().any(node) && value.get("edges").is_some_and(Value::is_array)).then(|| Evidence {
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, "InvokeAI", "workflow of InvokeAI")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::text;
    use crate::detect::marks::{local_ui, said};

    #[test]
    fn what_it_filled_in_is_a_part() {
        let of = |mode: &str| {
            let value = format!(
                r#"{{"generation_mode":"{mode}","positive_prompt":"x","seed":1,"model":{{"model_name":"m"}}}}"#
            );
            [(Carrier::PngText, "invokeai_metadata"), (Carrier::Json, "")].map(|(carrier, key)| {
                said(local_ui::look, [text(carrier, key, &value)])[0].source_type
            })
        };
        for mode in ["inpaint", "sdxl_outpaint", "flux_fill", "flux_inpaint"] {
            assert_eq!(
                of(mode),
                [Some(SourceType::CompositeWithTrainedAlgorithmicMedia); 2],
                "{mode}"
            );
        }
        for mode in ["txt2img", "img2img", "sdxl_img2img"] {
            assert_eq!(of(mode), [Some(SourceType::TrainedAlgorithmicMedia); 2], "{mode}");
        }
    }
}
