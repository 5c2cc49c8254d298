//! `ComfyUI`: the graph it ran (`prompt`) and the graph it drew (`workflow`), as JSON, wherever its
//! savers put them. A graph is one by its shape: nodes with a class and inputs. What it made is generated where a node
//! generates; a graph of other nodes, which loads and scales, is for a person to look at.

mod flow;

use std::borrow::Cow;

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::comfyui::flow::{Flow, class, link_type};
use crate::detect::marks::place::is_free;
use crate::detect::marks::{Marked, details, name, pick, trace};
use crate::model::{Evidence, Strength};

const DETECTOR: &str = "comfyui";
const TOOL: &str = "ComfyUI";

/// Looks for graphs. One file is one mark: the strongest, of several the graph that ran, which says more than the drawn
/// one.
pub fn look(fields: &[Field], out: &mut Marked) {
    let mut best: Option<(bool, usize, Evidence)> = None;
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
        let ran = graph(field, &value).and_then(|graph| report(field, &graph));
        let is_run = ran.is_some();
        let inner = embedded(field, &value, "workflow");
        let drawn = || {
            let drawn = [Some(value.as_ref()), inner.as_deref()];
            drawn
                .into_iter()
                .flatten()
                .filter(|it| is_ours(it))
                .map(|it| workflow(field, it))
                .next()
        };
        let Some(evidence) = ran.or_else(drawn) else {
            continue;
        };
        let more = best.as_ref().is_none_or(|(known_run, _, known)| {
            (evidence.strength, is_run) > (known.strength, *known_run)
        });
        if more {
            best = Some((is_run, field.order, evidence));
        }
    }
    if let Some((_, order, evidence)) = best {
        out.push(order, evidence);
    }
}

/// A document that is a graph as a whole, or a drawn one with what the editor of `ComfyUI` writes.
fn document(field: &Field, value: &Value) -> Option<Evidence> {
    if let Some(graph) = graph(field, value)
        && graph.as_object().is_some_and(|nodes| nodes.values().all(is_node))
    {
        return report(field, &graph);
    }
    let counted = value.get("last_node_id").is_some() || value.get("state").is_some();
    (counted && is_ours(value)).then(|| workflow(field, value))
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
    is_workflow(value) && (list("nodes").any(marked) || carries_diffusion(value))
}

/// Whether a link of a drawn graph carries what only diffusion has.
fn carries_diffusion(value: &Value) -> bool {
    let carries = |link: &Value| {
        matches!(
            link_type(link),
            Some("MODEL" | "CLIP" | "CONDITIONING" | "LATENT" | "VAE" | "CONTROL_NET")
        )
    };
    value.get("links").and_then(Value::as_array).into_iter().flatten().any(carries)
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
    class(node).is_some() && node.get("inputs").is_some_and(Value::is_object)
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

fn workflow(field: &Field, value: &Value) -> Evidence {
    let flow = Flow::drawn(value);
    let sure = carries_diffusion(value) || flow.generates();
    Evidence {
        source_type: Some(flow.degree()),
        strength: strength(sure),
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, TOOL, "workflow of ComfyUI")
    }
}

fn strength(sure: bool) -> Strength {
    if sure { Strength::Trace } else { Strength::Heuristic }
}

/// What a graph says that ran; nothing where no node generates and none is linked to another, which is how others too
/// list things of a class.
fn report(field: &Field, graph: &Value) -> Option<Evidence> {
    let object = graph.as_object()?;
    let nodes = || object.values().filter(|node| is_node(node));
    let flow = Flow::ran(object);
    let sure = flow.generates();
    if !sure && !flow.is_linked() {
        return None;
    }
    let input = |part: &str, keys: &[&str]| {
        nodes()
            .filter(|node| class(node).is_some_and(|class| class.contains(part)))
            .find_map(|node| pick(node.get("inputs")?, keys))
    };
    Some(Evidence {
        source_type: Some(flow.degree()),
        strength: strength(sure),
        model: name(input("Load", &["ckpt_name", "unet_name", "model_name"])),
        detail: details(&[
            ("prompt", input("TextEncode", &["text", "clip_l", "prompt", "t5xxl"])),
            ("seed", input("", &["seed", "noise_seed"])),
            ("as written", Some(field.value.clone())),
        ]),
        ..trace(field, DETECTOR, TOOL, "graph that ComfyUI ran")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::text;
    use crate::detect::marks::said;
    use crate::model::SourceType;

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
    fn a_graph_that_generates_nothing_is_for_a_person_to_look_at() {
        let of = |key: &str, value: &str| {
            [(Carrier::PngText, key), (Carrier::Json, "")].map(|(carrier, key)| {
                said(look, [text(carrier, key, value)]).first().map(|one| one.strength)
            })
        };
        let scaled = r#"{"1":{"inputs":{"image":"plate.png"},"class_type":"LoadImage"},
            "2":{"inputs":{"image":["1",0],"width":512},"class_type":"ImageScale"},
            "3":{"inputs":{"images":["2",0]},"class_type":"SaveImage"}}"#;
        assert_eq!(of("prompt", scaled), [Some(Strength::Heuristic); 2]);
        let drawn = r#"{"last_node_id":1,"links":[],"nodes":[{"id":1,"type":"LoadImage","properties":{"cnr_id":"comfy-core"}}]}"#;
        assert_eq!(of("workflow", drawn), [Some(Strength::Heuristic); 2]);
        for asked in ["OpenAIGPTImage1", "KlingTextToVideoNode", "WanVideoSampler", "UNETLoader"] {
            let graph = scaled.replace("ImageScale", asked);
            assert_eq!(of("prompt", &graph), [Some(Strength::Trace); 2], "{asked}");
            let drawn = drawn.replace("LoadImage", asked);
            assert_eq!(of("workflow", &drawn), [Some(Strength::Trace); 2], "{asked}");
        }
        let boxed = r#"{"last_node_id":1,"links":[],"nodes":[{"id":1,"type":"0f8f","properties":{"cnr_id":"x"}}],
            "definitions":{"subgraphs":[{"nodes":[{"id":2,"type":"KSampler"}]}]}}"#;
        assert_eq!(of("workflow", boxed), [Some(Strength::Trace); 2]);
        let objects =
            r#"{"0":{"class_type":"car","inputs":{"x":1}},"1":{"class_type":"bus","inputs":{}}}"#;
        assert_eq!(of("Comment", objects), [None; 2]);
        // The graph that generates is told, wherever it stands.
        let both =
            [text(Carrier::PngText, "prompt", scaled), text(Carrier::PngText, "workflow", boxed)];
        assert_eq!(said(look, both)[0].strength, Strength::Trace);
    }

    #[test]
    fn what_a_mask_was_filled_in_is_a_part() {
        let of = |begun: &str, masked: &str| {
            let graph = format!(
                r#"{{"1":{{"inputs":{{"image":"plate.png"}},"class_type":"LoadImage"}},
                "2":{{"inputs":{{"pixels":["1",0]}},"class_type":"{masked}"}},
                "3":{{"inputs":{{}},"class_type":"{begun}"}},
                "4":{{"inputs":{{"seed":5,"latent_image":["2",0]}},"class_type":"KSampler"}}}}"#
            );
            said(look, [text(Carrier::PngText, "prompt", &graph)])[0].source_type
        };
        let part = Some(SourceType::CompositeWithTrainedAlgorithmicMedia);
        for masked in ["VAEEncodeForInpaint", "InpaintModelConditioning", "SetLatentNoiseMask"] {
            assert_eq!(of("VAEDecode", masked), part, "{masked}");
            assert_eq!(of("EmptyLatentImage", masked), Some(SourceType::TrainedAlgorithmicMedia));
        }
        assert_eq!(of("VAEDecode", "VAEEncode"), Some(SourceType::TrainedAlgorithmicMedia));
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
