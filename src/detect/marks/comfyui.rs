//! `ComfyUI`: the graph it ran (`prompt`) and the graph it drew (`workflow`), as JSON, wherever its
//! savers put them. A graph is one by its shape: nodes with a class and inputs.

use std::borrow::Cow;

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::place::is_free;
use crate::detect::marks::{Marked, details, name, pick, trace};
use crate::model::Evidence;

const DETECTOR: &str = "comfyui";
const TOOL: &str = "ComfyUI";

/// Looks for graphs. One file is one mark: the graph that ran says more than the drawn one.
pub fn look(fields: &[Field], out: &mut Marked) {
    let mut drawn = None;
    for field in fields.iter().filter(|field| field.carrier == Carrier::Json || is_free(field)) {
        let Some(value) = parsed(field) else {
            continue;
        };
        if field.carrier == Carrier::Json {
            // Nothing but the form speaks for a document: a stricter one.
            if let Some(evidence) = document(field, &value) {
                out.push(field.order, evidence);
            }
            continue;
        }
        if let Some(graph) = graph(field, &value) {
            out.push(field.order, report(field, &graph));
            return;
        }
        let inner = embedded(field, &value, "workflow");
        if [Some(value.as_ref()), inner.as_deref()].into_iter().flatten().any(is_ours) {
            drawn.get_or_insert(field);
        }
    }
    if let Some(field) = drawn {
        out.push(field.order, workflow(field));
    }
}

/// A document that is a graph as a whole, or a drawn one with what the editor of `ComfyUI` writes.
fn document(field: &Field, value: &Value) -> Option<Evidence> {
    if let Some(graph) = graph(field, value)
        && graph.as_object().is_some_and(|nodes| nodes.values().all(is_node))
    {
        return Some(report(field, &graph));
    }
    let counted = value.get("last_node_id").is_some() || value.get("state").is_some();
    (counted && is_ours(value)).then(|| workflow(field))
}

/// A drawn graph with what only the editor of `ComfyUI` writes, or links that carry what only diffusion has:
/// other editors, of sound or of shaders, share the library that draws, and its form of nodes and links.
fn is_ours(value: &Value) -> bool {
    let list = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
    let marked = |node: &Value| {
        ["Node name for S&R", "cnr_id"].iter().any(|key| {
            node.pointer("/properties").is_some_and(|it| it.get(key).is_some_and(Value::is_string))
        })
    };
    let carries = |link: &Value| {
        let kind = link.get(5).or_else(|| link.get("type")).and_then(Value::as_str);
        matches!(kind, Some("MODEL" | "CLIP" | "CONDITIONING" | "LATENT" | "VAE" | "CONTROL_NET"))
    };
    is_workflow(value) && (list("nodes").any(marked) || list("links").any(carries))
}

/// The JSON of a field; some savers write `Prompt: ` or `Workflow:` before it.
fn parsed(field: &Field) -> Option<Cow<'_, Value>> {
    if let Some(value) = field.json() {
        return Some(Cow::Borrowed(value));
    }
    let text = field.value.trim_start();
    let lower = text.get(..9).unwrap_or(text).to_ascii_lowercase();
    let word = ["workflow:", "prompt:"].into_iter().find(|word| lower.starts_with(word))?;
    field.object(text.get(word.len()..)?).map(Cow::Owned)
}

/// The graph that ran: the object itself, or under `prompt`, there also as a text of JSON.
fn graph<'a>(field: &Field, value: &'a Value) -> Option<Cow<'a, Value>> {
    if is_graph(value) {
        return Some(Cow::Borrowed(value));
    }
    embedded(field, value, "prompt").filter(|value| is_graph(value))
}

fn embedded<'a>(field: &Field, value: &'a Value, key: &str) -> Option<Cow<'a, Value>> {
    let mut named = value.as_object()?.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
    named.find_map(|(_, inner)| match inner {
        Value::String(text) if text.trim_start().starts_with('{') => {
            field.object(text).map(Cow::Owned)
        }
        object @ Value::Object(_) => Some(Cow::Borrowed(object)),
        _ => None,
    })
}

/// Every value a node: a class and inputs. One such node suffices, since some savers add notes.
fn is_graph(value: &Value) -> bool {
    value.as_object().is_some_and(|nodes| nodes.values().any(is_node))
}

fn is_node(node: &Value) -> bool {
    node.get("class_type").is_some_and(Value::is_string)
        && node.get("inputs").is_some_and(Value::is_object)
}

fn is_workflow(value: &Value) -> bool {
    let nodes = value.get("nodes").and_then(Value::as_array);
    let nodes = nodes.is_some_and(|nodes| {
        nodes
            .iter()
            .any(|node| node.get("type").is_some_and(Value::is_string) && node.get("id").is_some())
    });
    nodes && value.get("links").is_some_and(Value::is_array)
}

fn workflow(field: &Field) -> Evidence {
    Evidence {
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, TOOL, "workflow of ComfyUI")
    }
}

fn report(field: &Field, graph: &Value) -> Evidence {
    let nodes = || graph.as_object().into_iter().flat_map(serde_json::Map::values);
    let input = |class: &str, keys: &[&str]| {
        nodes()
            .filter(|node| {
                node.get("class_type")
                    .and_then(Value::as_str)
                    .is_some_and(|name| name.contains(class))
            })
            .find_map(|node| pick(node.get("inputs")?, keys))
    };
    Evidence {
        model: name(input("Load", &["ckpt_name", "unet_name", "model_name"])),
        detail: details(&[
            ("prompt", input("TextEncode", &["text", "clip_l", "prompt", "t5xxl"])),
            ("seed", input("", &["seed", "noise_seed"])),
            ("as written", Some(field.value.clone())),
        ]),
        ..trace(field, DETECTOR, TOOL, "graph that ComfyUI ran")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::text;
    use crate::detect::marks::said;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_document_needs_more_than_nodes_and_links() {
        let of = |document: &str| said(look, [text(Carrier::Json, "", document)]).len();
        let node = r#"{"inputs":{"seed":5},"class_type":"KSampler"}"#;
        assert_eq!(of(&format!(r#"{{"3":{node},"4":{node}}}"#)), 1);
        assert_eq!(of(&format!(r#"{{"prompt":{{"3":{node}}},"client_id":"x"}}"#)), 1);
        assert_eq!(of(&format!(r#"{{"3":{node},"title":"a lecture"}}"#)), 0);
        let drawn = |properties: &str| {
            format!(
                r#"{{"last_node_id":1,"links":[],"nodes":[{{"id":1,"type":"KSampler","properties":{properties}}}]}}"#
            )
        };
        assert_eq!(of(&drawn(r#"{"Node name for S&R":"KSampler"}"#)), 1);
        assert_eq!(of(&drawn("{}")), 0);
        assert_eq!(of(r#"{"nodes":[{"id":1,"type":"person"}],"links":[]}"#), 0);
        assert_eq!(of(r#"{"prompt":"a graph","workflow":"approved"}"#), 0);
    }

    #[test]
    fn a_graph_is_read_wherever_savers_put_it() {
        use Carrier::{Exif, Exr, Id3, Iim, Mp4, PngText, Vorbis, Xmp};
        let graph = r#"{"3":{"inputs":{"seed":5},"class_type":"KSampler"}}"#;
        let drawn = r#"{"nodes":[{"id":1,"type":"KSampler"}],"links":[[1,4,0,3,0,"MODEL"]]}"#;
        let of = |carrier, key, value: &str| said(look, [text(carrier, key, value)]).len();
        for (carrier, key) in [
            (Exif, "XPComment"),
            (Exif, "UserComment"),
            (Exif, "ImageDescription"),
            (Exif, "Make"),
            (Xmp, "dc:description"),
            (Xmp, "tiff:Model"),
            (Iim, "2:120"),
            (PngText, "Prompt"),
            (PngText, "Workflow"),
            (PngText, "Comment"),
            (Mp4, "\u{a9}cmt"),
            (Mp4, "com.apple.quicktime.comment"),
            (Mp4, "Workflow"),
            (Id3, "COMM:a saver"),
            (Vorbis, "WORKFLOW"),
            (Exr, "Workflow"),
            (Mp4, "parameters"),
        ] {
            for value in [graph, drawn] {
                let both = serde_json::json!({ "Prompt": value, "Workflow": value }).to_string();
                for value in [
                    value,
                    &format!("Workflow:{value}"),
                    &format!("Prompt: {value}"),
                    &format!("prompt:{value}"),
                    &serde_json::to_string(value).unwrap(),
                    &both,
                ] {
                    assert_eq!(of(carrier, key, value), 1, "{carrier:?} {key} {value}");
                }
            }
            for near in ["Workflow: approved", "Prompt: {ready}", r#"{"nodes":[],"links":[]}"#] {
                assert_eq!(of(carrier, key, near), 0, "{carrier:?} {key} {near}");
            }
        }
        assert_eq!(of(Exif, "Artist", graph) + of(Mp4, "\u{a9}nam", graph), 0);
    }

    #[test]
    fn a_graph_is_one_by_its_shape() {
        let node = r#"{"3":{"inputs":{"seed":5},"class_type":"KSampler"}}"#;
        let field = Field::new(0, "P".to_owned(), Carrier::Json, "", String::new());
        let is_one = |value: &Value| graph(&field, value).is_some();
        assert!(is_one(&value(node)));
        assert!(is_one(&serde_json::json!({ "prompt": node })));
        let nan = node.replace('5', "NaN");
        assert!(is_one(&serde_json::json!({ "prompt": nan })), "as Python writes it");
        let near = r#"{"prompt":"What is your name?","answer":"Ada","class_type":"lecture"}"#;
        assert!(!is_one(&value(near)));
        let drawn = |links: &str| {
            value(&format!(r#"{{"nodes":[{{"id":1,"type":"KSampler"}}],"links":[{links}]}}"#))
        };
        assert!(
            is_ours(&drawn(r#"[1,4,0,3,0,"MODEL"]"#)) && is_ours(&drawn(r#"{"type":"LATENT"}"#))
        );
        assert!(!is_ours(&drawn("")) && !is_ours(&drawn(r#"[1,1,0,2,0,"audio"]"#)));
        assert!(!is_ours(&value(r#"{"nodes":3,"links":[]}"#)));
        let in_png = |value: &str| said(look, [text(Carrier::PngText, "workflow", value)]).len();
        let other = r#"{"last_node_id":2,"nodes":[{"id":1,"type":"audio/oscillator"}],"links":[[1,1,0,2,0,"audio"]]}"#;
        assert_eq!(in_png(other), 0);
        assert_eq!(in_png(&other.replace("\"audio\"", "\"VAE\"")), 1);
    }
}
