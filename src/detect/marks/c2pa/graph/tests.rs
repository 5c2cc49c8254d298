//! Shapes of graphs seen in the wild, and what each means.

use super::*;
use serde_json::json;

const TAM: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
const CAPTURE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture";

#[expect(clippy::needless_pass_by_value, reason = "reads better where json! is called")]
fn actions(list: Value) -> Vec<(String, Value)> {
    vec![("c2pa.actions.v2".to_owned(), json!({ "actions": list }))]
}

fn manifest(label: &str, assertions: Vec<(String, Value)>, edges: &[(Relation, &str)]) -> Manifest {
    Manifest {
        label: label.to_owned(),
        generators: vec!["some-lib/1".to_owned()],
        issuer: Some("Signer Ltd".to_owned()),
        common_name: None,
        time: None,
        assertions,
        ingredients: edges
            .iter()
            .map(|(relation, label)| Edge {
                relation: *relation,
                label: Some((*label).to_owned()),
                title: None,
                names: Vec::new(),
                input: None,
                text: None,
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
    judge(&graph, "P").0.into_iter().map(|evidence| evidence.source_type).collect()
}

#[test]
fn a_claim_in_the_parent_is_a_claim_on_the_asset() {
    let active =
        manifest("a", actions(json!([{"action": "c2pa.opened"}])), &[(Relation::ParentOf, "b")]);
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
        manifest("b", actions(json!([{"action": "c2pa.created", "digitalSourceType": TAM}])), &[])
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

#[test]
fn a_blank_canvas_is_no_contrary_source_type() {
    let empty = "http://c2pa.org/digitalsourcetype/empty";
    let made = |generator: &str, issuer: &str, common_name: &str, source_type: Option<&str>| {
        let mut action = json!({"action": "c2pa.created"});
        if let Some(source_type) = source_type {
            action["digitalSourceType"] = json!(source_type);
        }
        let edited = json!({"action": "c2pa.edited"});
        let mut one = manifest("a", actions(json!([action, edited])), &[]);
        one.generators = vec![generator.to_owned()];
        one.issuer = Some(issuer.to_owned());
        one.common_name = Some(common_name.to_owned());
        types(vec![one]).into_iter().flatten().map(SourceType::generative).collect::<Vec<_>>()
    };
    let (none, whole) = (Generative::No, Generative::Whole);
    let bria = "Bria Artificial Intelligence";
    assert_eq!(made("Bria Ai", "x", "y", Some(empty)), [none, whole]);
    assert_eq!(made("lib/1", bria, "y", Some(empty)), [none, whole]);
    assert_eq!(made("lib/1", bria, "y", None), [whole]);
    assert_eq!(made("lib/1", "x", "fal.ai", None), [whole]);
    assert_eq!(made("fal-ai/gpt-image-2", "fal - Features & Labels Inc.", "y", None), [whole]);
    assert_eq!(made("Grok Imagine", "x", "y", None), [whole]);
    // Of itself it says nothing, and what also edits may have begun it for a person.
    assert_eq!(made("Paint/1", "x", "y", Some(empty)), [none]);
    assert_eq!(made("Adobe_Firefly", "Adobe Inc.", "y", Some(empty)), [none]);
    // Any other source type outweighs the name.
    assert_eq!(made("Bria Ai", bria, "y", Some(CAPTURE)), [none]);
}

/// What `c2pa.actions.v2` with more than a list of actions says.
fn of_actions(data: Value, edges: &[(Relation, &str)]) -> Vec<Option<SourceType>> {
    types(vec![manifest("a", with("c2pa.actions.v2", data), edges)])
}

const PART: &str =
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";

#[test]
fn templates_listed_agents_and_related_actions_count() {
    let whole = [Some(SourceType::TrainedAlgorithmicMedia)];
    let part = [Some(SourceType::CompositeWithTrainedAlgorithmicMedia)];
    let agents = json!([{"name": "Some App"}, {"name": "Adobe Firefly", "version": "3"}]);
    let fill =
        json!([{"action": "c2pa.opened"}, {"action": "c2pa.edited", "softwareAgentIndex": 1}]);
    assert_eq!(of_actions(json!({"actions": fill, "softwareAgents": agents}), &[]), part);
    for number in [json!(0), json!(9), json!(-1), json!("1")] {
        let other = json!([{"action": "c2pa.edited", "softwareAgentIndex": number}]);
        assert_eq!(of_actions(json!({"actions": other, "softwareAgents": agents}), &[]), [None]);
    }
    let named = json!([{"action": "c2pa.created", "digitalSourceType": TAM}]);
    let created = json!([{"action": "c2pa.created"}]);
    assert_eq!(of_actions(json!({"actions": created, "templates": named}), &[]), whole);
    assert_eq!(
        of_actions(json!({"actions": [{"action": "c2pa.opened"}], "templates": named}), &[]),
        [None]
    );
    // The nearest holds: the action, its own template, that of all.
    let all = json!([{"action": "*", "digitalSourceType": PART}, {"action": "c2pa.created", "digitalSourceType": CAPTURE}]);
    assert_eq!(
        of_actions(
            json!({"actions": [{"action": "c2pa.created"}, {"action": "c2pa.edited"}], "templates": all}),
            &[]
        ),
        [Some(SourceType::DigitalCapture), part[0]]
    );
    let own = json!([{"action": "c2pa.created", "digitalSourceType": TAM}]);
    assert_eq!(of_actions(json!({"actions": own, "templates": all}), &[]), whole);
    let related = json!([{"action": "c2pa.opened"}, {"action": "c2pa.edited",
        "related": [{"action": "c2pa.edited", "digitalSourceType": PART}]}]);
    assert_eq!(of_actions(json!({"actions": related}), &[]), part);
}

#[test]
fn what_may_hold_a_part_does_not_speak_for_a_generator_that_edited_it() {
    let composite = "http://cv.iptc.org/newscodes/digitalsourcetype/composite";
    let fill = |agent: &str| {
        of_actions(
            json!({"actions": [
            {"action": "c2pa.created", "digitalSourceType": composite},
            {"action": "c2pa.edited", "softwareAgent": agent}]}),
            &[],
        )
    };
    assert_eq!(
        fill("Adobe Firefly"),
        [Some(SourceType::Composite), Some(SourceType::CompositeWithTrainedAlgorithmicMedia)]
    );
    assert_eq!(fill("Adobe Photoshop"), [Some(SourceType::Composite)]);
}

#[test]
fn what_edits_a_parent_makes_no_whole_of_it() {
    let part = [Some(SourceType::CompositeWithTrainedAlgorithmicMedia)];
    let by = |action: &str, agent: &str| {
        let list = json!([{"action": "c2pa.opened"}, {"action": action, "softwareAgent": agent}]);
        of_actions(json!({"actions": list}), &[(Relation::ParentOf, "b")])
    };
    for (action, agent) in [
        ("c2pa.dubbed", "ElevenLabs"),
        ("c2pa.translated", "ElevenLabs"),
        ("c2pa.placed", "ElevenLabs"),
        ("c2pa.edited", "Flux.1"),
        ("c2pa.edited", "gpt-image"),
    ] {
        assert_eq!(by(action, agent), part, "{action} {agent}");
    }
    // A parent is one without an action that opens it too.
    let edited = json!({"actions": [{"action": "c2pa.edited", "softwareAgent": "Flux.1"}]});
    assert_eq!(of_actions(edited.clone(), &[(Relation::ParentOf, "b")]), part);
    assert_eq!(of_actions(edited, &[]), [Some(SourceType::TrainedAlgorithmicMedia)]);
    let generator = |name: &str| {
        let list = json!([{"action": "c2pa.opened"}, {"action": "c2pa.color_adjustments"}]);
        let mut made = manifest("a", actions(list), &[(Relation::ParentOf, "b")]);
        made.generators = vec![name.to_owned()];
        types(vec![made])
    };
    assert_eq!(generator("Sora/1.0"), part);
    // Names that other programs have.
    for common in ["Imagen/4.2", "Gemini/2", "Gemini"] {
        assert_eq!(generator(common), [None], "{common}");
    }
    assert_eq!(by("c2pa.edited", "Gemini"), [None]);
    let made = json!({"actions": [{"action": "c2pa.created", "softwareAgent": {"name": "Imagen", "version": "4"}}]});
    assert_eq!(of_actions(made, &[]), [Some(SourceType::TrainedAlgorithmicMedia)]);
}

#[test]
fn a_manifest_means_the_most_of_what_it_is_named_as() {
    let generated = || {
        let created = json!([{"action": "c2pa.created", "digitalSourceType": TAM}]);
        manifest("x", actions(created), &[])
    };
    let opened = actions(json!([{"action": "c2pa.opened"}]));
    let active = |edges: &[(Relation, &str)]| manifest("a", opened.clone(), edges);
    let whole = [Some(SourceType::TrainedAlgorithmicMedia)];
    let both = [(Relation::InputTo, "x"), (Relation::ParentOf, "x")];
    assert_eq!(types(vec![active(&both), generated()]), whole);
    let part = [Some(SourceType::CompositeSynthetic)];
    let both = [(Relation::InputTo, "x"), (Relation::ComponentOf, "x")];
    assert_eq!(types(vec![active(&both), generated()]), part);
    // Also where an earlier state names it as less.
    let before = manifest("p", opened.clone(), &[(Relation::InputTo, "x")]);
    let both = [(Relation::ParentOf, "p"), (Relation::ComponentOf, "x")];
    assert_eq!(types(vec![active(&both), before, generated()]), part);
}

#[test]
fn a_graph_that_is_not_looked_at_as_a_whole_says_so() {
    let chain = |length: usize| {
        let one = |at: usize| {
            let next = format!("m{}", at + 1);
            manifest(
                &format!("m{at}"),
                actions(json!([{"action": "c2pa.opened"}])),
                &[(Relation::ParentOf, &next)],
            )
        };
        let made = json!([{"action": "c2pa.created", "digitalSourceType": TAM}]);
        let last = manifest(&format!("m{length}"), actions(made), &[(Relation::ParentOf, "m0")]);
        let all = (0..length).map(one).chain([last]);
        let manifests = all.map(|one| (one.label.clone(), one)).collect();
        judge(&Graph { active: "m0".to_owned(), manifests }, "P")
    };
    let (evidence, all) = chain(DEPTH_MAX);
    assert!(all && evidence[0].source_type == Some(SourceType::TrainedAlgorithmicMedia));
    assert!(!chain(DEPTH_MAX + 1).1);
    let made = || actions(json!([{"action": "c2pa.created", "digitalSourceType": TAM}]));
    let many = |count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("m{at}")).collect();
        let edges: Vec<_> = names.iter().map(|it| (Relation::ComponentOf, it.as_str())).collect();
        let active = manifest("a", actions(json!([])), &edges);
        let parts = names.iter().map(|name| manifest(name, made(), &[]));
        let all = parts.chain([active]).map(|one| (one.label.clone(), one)).collect();
        judge(&Graph { active: "a".to_owned(), manifests: all }, "P").1
    };
    assert!(many(EVIDENCE_MAX) && !many(EVIDENCE_MAX + 1));
}

#[test]
fn what_a_model_was_asked_is_told() {
    let long = "a red fox ".repeat(60);
    let created = json!([{"action": "c2pa.created", "digitalSourceType": TAM, "parameters": {
        "seed": 424_242, "com.vendor.text_prompt": long, "guidance": {"scale": 7, "rescale": false}}}]);
    let mut made =
        manifest("a", actions(created), &[(Relation::InputTo, "p"), (Relation::InputTo, "m")]);
    let inputs = [(Input::Prompt, Some("a fox over the moon")), (Input::Model, None)];
    for (edge, (input, text)) in made.ingredients.iter_mut().zip(inputs) {
        (edge.input, edge.text) = (Some(input), text.map(str::to_owned));
        edge.title = Some("Model 9".to_owned());
    }
    let graph = Graph { active: "a".to_owned(), manifests: [("a".to_owned(), made)].into() };
    let (evidence, _) = judge(&graph, "P");
    assert_eq!(evidence[0].model.as_deref(), Some("Model 9"));
    let detail = evidence[0].detail.as_deref().unwrap();
    for line in [
        "seed: 424242",
        "guidance.scale: 7",
        "guidance.rescale: false",
        &format!("com.vendor.text_prompt: {long}"),
        "prompt: a fox over the moon",
    ] {
        assert!(detail.lines().any(|it| it == line), "{line} in {detail}");
    }
    assert_eq!(Input::of("c2pa.types.model.pytorch"), Some(Input::Model));
    assert_eq!(Input::of("c2pa.types.generator.prompt"), Some(Input::Prompt));
    assert_eq!(Input::of("c2pa.types.generator"), None);
}

fn with(label: &str, data: Value) -> Vec<(String, Value)> {
    vec![(label.to_owned(), data)]
}

#[test]
fn signed_metadata_is_read_by_the_rules_of_xmp() {
    let context = json!({"Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        "ps": "http://ns.adobe.com/photoshop/1.0/"});
    for (key, value, expected) in [
        ("Iptc4xmpExt:AISystemUsed", json!("Google Gemini"), SourceType::TrainedAlgorithmicMedia),
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
    for nothing in
        [json!({"dc:title": "Made with Google AI"}), json!({"Iptc4xmpExt:AISystemUsed": "none"})]
    {
        assert_eq!(types(vec![manifest("a", with("cawg.metadata", nothing), &[])]), [None]);
    }
}

#[test]
fn a_disclosure_without_a_degree_takes_that_of_the_manifest() {
    let part =
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
    let edited =
        json!([{"action": "c2pa.opened"}, {"action": "c2pa.edited", "digitalSourceType": part}]);
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
    let mut parent =
        manifest("b", actions(json!([{"action": "c2pa.created", "digitalSourceType": TAM}])), &[]);
    parent.trust = Trust::Trusted;
    let graph = Graph {
        active: "a".to_owned(),
        manifests: [active, parent].into_iter().map(|one| (one.label.clone(), one)).collect(),
    };
    assert_eq!(judge(&graph, "P").0[0].trust, Some(Trust::Tampered));
}
