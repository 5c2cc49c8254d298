//! What a graph of `ComfyUI` comes to: whether a node of it generates, and whether all that was generated was put into
//! something that was loaded. Of the graph that ran and of the one that was drawn, in one form. Which classes do what is in
//! `generators.toml`; here is only what follows from how the nodes hang together. Pure; used by `comfyui`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::detect::generators::{NodeKind, node};
use crate::model::SourceType;

/// A graph.
pub struct Flow<'a>(Vec<Node<'a>>);

/// A node, and how it hangs together with the others.
#[derive(Default)]
struct Node<'a> {
    class: &'a str,
    kind: NodeKind,
    /// Those that take something from it, by their place in the graph.
    to: Vec<usize>,
    /// Another takes a picture, film or sound from it.
    gives: bool,
    /// It has a prompt, and the number that chance begins with.
    asked: bool,
    /// It was given a mask.
    masked: bool,
}

impl Node<'_> {
    /// Whatever it is called, what gives a picture, film or sound for a prompt and a seed has generated it. Models of
    /// language have both, too, and give a text.
    fn answers(&self) -> bool {
        self.asked && self.gives
    }

    /// It fills in a part: by its name, or since it asks a model by a mask.
    fn fills(&self) -> bool {
        self.kind.fills || (self.masked && (self.kind.serves || self.answers()))
    }

    /// A picture, film or sound is there behind it that was not there before.
    fn makes(&self) -> bool {
        let small = self.class.to_ascii_lowercase();
        let local = small.contains("sampler") || small.contains("vaedecode");
        self.gives && (local || self.kind.serves || self.asked)
    }
}

/// Whether an input of this name takes a picture, film or sound.
fn takes_media(key: &str) -> bool {
    ["image", "pixels", "video", "frames", "audio", "samples", "latent", "svg"]
        .iter()
        .any(|part| key.contains(part))
}

impl<'a> Flow<'a> {
    /// The graph that ran: nodes by their numbers, each with a class and inputs.
    pub fn ran(graph: &'a Map<String, Value>) -> Self {
        let known = || {
            let inputs = |node: &'a Value| Some((class(node)?, node.get("inputs")?.as_object()?));
            graph.iter().filter_map(move |(id, node)| Some((id.as_str(), inputs(node)?)))
        };
        let places: BTreeMap<&str, usize> =
            known().enumerate().map(|(at, (id, _))| (id, at)).collect();
        let mut flow = Self(known().map(|(_, (class, _))| Node::of(class)).collect());
        for (at, (_, (_, inputs))) in known().enumerate() {
            let has = |keys: &[&str]| inputs.keys().any(|key| keys.contains(&last(key)));
            let asked = has(&["prompt", "text", "positive_prompt", "instruction"])
                && has(&["seed", "noise_seed"]);
            if let Some(node) = flow.0.get_mut(at) {
                node.asked = asked;
            }
            for (key, input) in inputs {
                let from = input.get(0).and_then(Value::as_str).and_then(|id| places.get(id));
                if let Some(from) = from.filter(|_| input.get(1).is_some_and(Value::is_u64)) {
                    flow.link(*from, at, takes_media(key), last(key) == "mask");
                }
            }
        }
        flow
    }

    /// The graph that was drawn, and the graphs that stand in it for one node.
    pub fn drawn(value: &'a Value) -> Self {
        let mut flow = Self(Vec::new());
        let inner = value.pointer("/definitions/subgraphs").and_then(Value::as_array);
        for graph in std::iter::once(value).chain(inner.into_iter().flatten()) {
            let list = |key: &str| graph.get(key).and_then(Value::as_array).into_iter().flatten();
            let mut places = BTreeMap::new();
            for node in list("nodes") {
                if let Some(class) = node.get("type").and_then(Value::as_str) {
                    places.insert(node.get("id").and_then(Value::as_i64), flow.0.len());
                    flow.0.push(Node::of(class));
                }
            }
            for link in list("links") {
                let end = |number: usize, name: &str| {
                    let id = link.get(number).or_else(|| link.get(name))?.as_i64()?;
                    places.get(&Some(id)).copied()
                };
                if let Some((from, to)) = end(1, "origin_id").zip(end(3, "target_id")) {
                    let kind = link_type(link).unwrap_or_default().to_ascii_lowercase();
                    flow.link(from, to, takes_media(&kind), kind == "mask");
                }
            }
        }
        flow
    }

    fn link(&mut self, from: usize, to: usize, media: bool, mask: bool) {
        if let Some(node) = self.0.get_mut(from) {
            node.to.push(to);
            node.gives |= media;
        }
        if let Some(node) = self.0.get_mut(to) {
            node.masked |= mask;
        }
    }

    /// Whether a node of it takes something from another.
    pub fn is_linked(&self) -> bool {
        self.0.iter().any(|node| !node.to.is_empty())
    }

    /// Whether a node of it generates.
    pub fn generates(&self) -> bool {
        self.0.iter().any(|node| node.kind.generates || node.answers())
    }

    /// How much of what it made is generated: a part, where something was filled in what was loaded, and nothing was made
    /// but for that.
    pub fn degree(&self) -> SourceType {
        let any = |test: fn(&str) -> bool| {
            self.0.iter().any(|node| test(&node.class.to_ascii_lowercase()))
        };
        let loaded = any(|class| class.contains("loadimage") || class.contains("loadvideo"));
        let begun = any(|class| class.contains("empty") && class.contains("latent"));
        let filled = self.filled();
        let whole = || {
            let made = self.0.iter().zip(&filled).any(|(node, filled)| node.makes() && !filled);
            begun || made
        };
        if loaded && filled.contains(&true) && !whole() {
            SourceType::CompositeWithTrainedAlgorithmicMedia
        } else {
            SourceType::TrainedAlgorithmicMedia
        }
    }

    /// Of each node, whether it fills something in, or takes part in what was.
    fn filled(&self) -> Vec<bool> {
        let mut filled: Vec<bool> = self.0.iter().map(Node::fills).collect();
        let mut open: Vec<usize> =
            filled.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at).collect();
        while let Some(node) = open.pop().and_then(|at| self.0.get(at)) {
            for at in &node.to {
                if let Some(known) = filled.get_mut(*at).filter(|known| !**known) {
                    *known = true;
                    open.push(*at);
                }
            }
        }
        filled
    }
}

impl<'a> Node<'a> {
    fn of(class: &'a str) -> Self {
        Self { class, kind: node(class), ..Self::default() }
    }
}

/// The class of a node that ran.
pub fn class(node: &Value) -> Option<&str> {
    node.get("class_type")?.as_str()
}

/// What a link of a drawn graph carries.
pub fn link_type(link: &Value) -> Option<&str> {
    link.get(5).or_else(|| link.get("type")).and_then(Value::as_str)
}

/// The name of an input without what it belongs to.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whether a graph of these nodes, numbered from one, generates, and whether that is of a part.
    #[expect(clippy::needless_pass_by_value, reason = "reads better where json! is called")]
    fn of(nodes: Value) -> (bool, bool) {
        let nodes = nodes.as_array().unwrap().iter().enumerate();
        let graph: Map<String, Value> = nodes
            .map(|(at, node)| {
                let node = json!({ "class_type": node[0], "inputs": node[1] });
                ((at + 1).to_string(), node)
            })
            .collect();
        let flow = Flow::ran(&graph);
        (flow.generates(), flow.degree() != SourceType::TrainedAlgorithmicMedia)
    }

    #[test]
    fn what_gives_a_picture_for_a_prompt_and_a_seed_generates() {
        let asked = |class: &str, key: &str| {
            let inputs = json!({"prompt": "a fox", "seed": 1, "image": ["1", 0]});
            of(json!([["LoadImage", {}], [class, inputs], ["SaveImage", {key: ["2", 0]}]])).0
        };
        for class in ["SomebodysPainter", "MetaImageNode", "SDXLTurboGenerate"] {
            assert!(asked(class, "images"), "{class}");
            assert!(!asked(class, "text"), "{class}");
        }
        // As the nodes of services name what is asked of one model.
        let dotted =
            json!([["X", {"model.prompt": "a", "model.seed": 1}], ["Save", {"video": ["1", 0]}]]);
        assert!(of(dotted).0);
        let unasked = json!([["X", {"text": "a"}], ["Save", {"images": ["1", 0]}]]);
        assert!(!of(unasked).0);
    }

    #[test]
    fn what_only_looks_at_a_picture_makes_none() {
        let described = |class: &str| {
            of(json!([
                ["LoadImage", {"image": "photo.jpg"}],
                [class, {"image": ["1", 0], "prompt": "describe", "seed": 1}],
                ["ShowText|pysssss", {"text": ["2", 0]}],
                ["SaveImage", {"images": ["1", 0]}],
            ]))
        };
        for class in ["QwenVL", "GeminiNode", "OpenAIChatNode", "ClaudeNode", "LumaKeyMask"] {
            assert!(!described(class).0, "{class}");
        }
        assert!(described("GeminiImage2Node").0);
    }

    #[test]
    fn what_was_filled_in_what_was_loaded_is_a_part() {
        let filled = |class: &str| {
            let inputs = json!({"image": ["1", 0], "mask": ["1", 1], "prompt": "x", "seed": 1});
            of(json!([["LoadImage", {}], [class, inputs], ["SaveImage", {"images": ["2", 0]}]]))
        };
        for class in [
            "FluxProFillNode",
            "FluxProExpandNode",
            "BriaEraser",
            "StabilityInpaintNode",
            "IdeogramV3",
            "ReActorFaceSwap",
        ] {
            assert_eq!(filled(class), (true, true), "{class}");
        }
        let detailed = |more: Value| {
            let mut nodes = json!([
                ["LoadImage", {}],
                ["CheckpointLoaderSimple", {"ckpt_name": "x"}],
                ["CLIPTextEncode", {"text": "face", "clip": ["2", 1]}],
                ["FaceDetailer", {"image": ["1", 0], "model": ["2", 0], "positive": ["3", 0]}],
                ["SaveImage", {"images": ["4", 0]}],
            ]);
            nodes.as_array_mut().unwrap().extend(more.as_array().unwrap().clone());
            of(nodes)
        };
        assert_eq!(detailed(json!([])), (true, true));
        // What was made apart from the filling is no part of what was loaded.
        for apart in [
            json!([["EmptyLatentImage", {}]]),
            json!([["KSampler", {"seed": 1}], ["VAEDecode", {"samples": ["6", 0]}]]),
            json!([["FluxProUltraImageNode", {}], ["SaveImage", {"images": ["6", 0]}]]),
        ] {
            assert_eq!(detailed(apart.clone()), (true, false), "{apart}");
        }
        // What the filling itself needs is: it is cut out, sampled and put back.
        let stitched = of(json!([
            ["LoadImage", {}],
            ["FluxGuidance", {"guidance": 30}],
            ["InpaintCropImproved", {"image": ["1", 0], "mask": ["1", 1]}],
            ["VAEEncode", {"pixels": ["3", 1]}],
            ["KSampler", {"latent_image": ["4", 0], "positive": ["2", 0], "seed": 1}],
            ["VAEDecode", {"samples": ["5", 0]}],
            ["InpaintStitchImproved", {"stitcher": ["3", 0], "inpainted_image": ["6", 0]}],
        ]));
        assert_eq!(stitched, (true, true));
    }

    #[test]
    fn a_drawn_graph_hangs_together_as_one_that_ran() {
        let degree = |links: Value| {
            let node = |id: u8, class: &str| json!({"id": id, "type": class});
            let nodes = [node(1, "LoadImage"), node(2, "FluxProFillNode"), node(3, "KSampler")];
            let graph = json!({"nodes": nodes, "links": links});
            Flow::drawn(&graph).degree()
        };
        let part = SourceType::CompositeWithTrainedAlgorithmicMedia;
        assert_eq!(degree(json!([])), part);
        assert_eq!(degree(json!([[1, 2, 0, 3, 0, "IMAGE"]])), part);
        assert_eq!(degree(json!([{"origin_id": 2, "target_id": 3, "type": "IMAGE"}])), part);
        let whole = SourceType::TrainedAlgorithmicMedia;
        assert_eq!(degree(json!([[1, 3, 0, 1, 0, "LATENT"]])), whole);
    }
}
