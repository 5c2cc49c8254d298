//! What local programs and a few services leave in their own structures: Fooocus, `SwarmUI`, Easy Diffusion, Draw
//! Things, `NovelAI`, Tensor.Art, Stability Matrix, programs that run Diffusers, Midjourney. Each is believed by several keys together with
//! values of their kind, or by the form of a whole value. `InvokeAI`, Grok and Samsung have files of their own.

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::infotext::is_sampler;
use crate::detect::marks::place::is_free;
use crate::detect::marks::{Marked, details, grok, invokeai, name, pick, samsung, trace};
use crate::model::{Evidence, Generative, SourceType, Strength};

/// The detector's name.
pub const DETECTOR: &str = "tool-trace";

/// Looks for the structures. One file is one mark of one tool: the strongest, of several the first and so the richest
/// in its table.
pub fn look(fields: &[Field], out: &mut Marked) {
    let mut found: Vec<(usize, Evidence)> = easy_diffusion(fields).into_iter().collect();
    let pictures = grok::pictures(fields);
    // Where Midjourney names the picture as it names the job.
    let guids = fields.iter().filter(|field| field.key == "Iptc4xmpExt:DigImageGUID");
    let names: Vec<&str> = guids.map(|field| field.value.as_str()).collect();
    for field in fields {
        let evidence = invokeai::of(field)
            .or_else(|| by_json(field))
            .or_else(|| midjourney(field, &names))
            .or_else(|| grok::of(field, &pictures))
            .or_else(|| samsung::of(field));
        let Some(evidence) = evidence else {
            continue;
        };
        match found.iter_mut().find(|(_, known)| known.tool == evidence.tool) {
            Some((order, known)) if says_more(&evidence, known) => {
                (*order, *known) = (field.order, evidence);
            }
            Some(_) => {}
            None => found.push((field.order, evidence)),
        }
    }
    for (order, evidence) in found {
        out.push(order, evidence);
    }
}

/// Whether a mark is the stronger, or of two equals the one that knows of a part.
fn says_more(new: &Evidence, known: &Evidence) -> bool {
    let part = |one: &Evidence| {
        one.source_type.is_some_and(|source_type| source_type.generative() == Generative::Part)
    };
    (new.strength, part(new)) > (known.strength, part(known))
}

/// What they call a prompt.
const PROMPT: &[&str] = &["positive_prompt", "prompt", "Prompt", "c", "PositivePrompt"];

/// What they call a prompt of what shall not be there.
const NEGATIVE: &[&str] =
    &["negative_prompt", "negativeprompt", "Negative", "uc", "negativePrompt", "NegativePrompt"];

/// Fills in what the parameters of a tool hold.
pub fn filled(field: &Field, tool: &str, mark: &str, parameters: &Value) -> Evidence {
    let keys = &[
        "model",
        "model_name",
        "base_model",
        "base_model_name",
        "model_weights",
        "Model",
        "ModelName",
    ];
    let model = pick(parameters, keys).or_else(|| {
        let inner = ["model", "Model", "baseModel"].iter().find_map(|key| parameters.get(key))?;
        pick(inner, &["name", "model_name", "Model", "modelFileName", "label"])
    });
    Evidence {
        model: name(model),
        detail: details(&[
            ("prompt", pick(parameters, PROMPT)),
            ("negative prompt", pick(parameters, NEGATIVE)),
            ("seed", pick(parameters, &["seed", "Seed"])),
            ("steps", pick(parameters, &["steps", "num_inference_steps", "Steps"])),
            ("as written", Some(field.value.clone())),
        ]),
        ..trace(field, DETECTOR, tool, mark)
    }
}

/// Tools that write one JSON object with keys of their own.
fn by_json(field: &Field) -> Option<Evidence> {
    let any_key = matches!(
        field.carrier,
        Carrier::Json
            | Carrier::Mp4
            | Carrier::Matroska
            | Carrier::Vorbis
            | Carrier::Id3
            | Carrier::Mxf
    );
    if !any_key && !is_free(field) {
        return None;
    }
    // Some end the text with a zero byte.
    let ended =
        field.value.ends_with('\0').then(|| field.object(field.value.trim_end_matches('\0')));
    let value = ended.as_ref().map_or_else(|| field.json(), Option::as_ref)?;
    if let Some(parameters) = value.get("sui_image_params").filter(|it| it.is_object()) {
        return Some(filled(field, "SwarmUI", "image parameters of SwarmUI", parameters));
    }
    let named = pick(value, &["software", "version"]).filter(|tool| tool.starts_with("Fooocus"));
    let hashed = texts(value, &["base_model_hash"]);
    if (hashed || (named.is_some() && texts(value, &["base_model"])))
        && (texts(value, &["prompt"]) || texts(value, &["Prompt"]))
        && numbers(value, &["seed"])
    {
        let tool = pick(value, &["software", "version"])
            .filter(|tool| tool.contains("ooocus"))
            .unwrap_or_else(|| "Fooocus".to_owned());
        return Some(filled(field, &tool, "parameters of Fooocus", value));
    }
    let sampler = |key: &str| value.get(key).and_then(Value::as_str).is_some_and(is_sampler);
    // The samplers of diffusion, or what the prompt is weighed against and how much.
    if texts(value, &["c", "model", "sampler"])
        && numbers(value, &["seed", "steps"])
        && (sampler("sampler") || (texts(value, &["uc"]) && numbers(value, &["scale"])))
    {
        return Some(filled(field, "Draw Things", "parameters of Draw Things", value));
    }
    if EASY.iter().any(|[prompt, seed, steps, with, model]| {
        texts(value, &[prompt])
            && numbers(value, &[seed, steps])
            && (sampler(with) || texts(value, &[model]))
    }) {
        return Some(filled(field, "Easy Diffusion", "parameters of Easy Diffusion", value));
    }
    if let Some(tool) = service(value) {
        return Some(filled(field, tool, &format!("parameters of {tool}"), value));
    }
    if let Some(evidence) = civitai(field, value).or_else(|| asked(field, value)) {
        return Some(evidence);
    }
    // NovelAI keeps the text chunks of its PNG as one object in EXIF.
    let comment = value.get("Comment").and_then(Value::as_str);
    let comment = comment.and_then(|text| field.object(text));
    let settings = comment.as_ref().unwrap_or(value);
    is_novelai(settings).then(|| {
        let evidence = filled(field, "NovelAI", "parameters of NovelAI", settings);
        let infill = pick(settings, &["request_type"]).as_deref() == Some("NativeInfillingRequest");
        let part = infill.then_some(SourceType::CompositeWithTrainedAlgorithmicMedia);
        Evidence { source_type: part.or(evidence.source_type), ..evidence }
    })
}

fn texts(value: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| value.get(key).is_some_and(Value::is_string))
}

/// Numbers, also those that were written as a text.
fn numbers(value: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| match value.get(key) {
        Some(Value::Number(_)) => true,
        Some(Value::String(text)) => text.parse::<f64>().is_ok(),
        _ => false,
    })
}

/// Programs and services that write one object with the words of the library beneath them.
fn service(value: &Value) -> Option<&'static str> {
    if texts(value, &["prompt", "negative_prompt"])
        && numbers(value, &["guidance_scale", "num_inference_steps", "seed"])
    {
        return Some("Diffusers (a Space of Hugging Face)");
    }
    let made = value.get("baseModel").is_some_and(Value::is_object);
    if made && texts(value, &["prompt"]) && numbers(value, &["steps", "cfgScale", "seed"]) {
        return Some("Tensor.Art");
    }
    if texts(value, &["mflux_version", "prompt"]) && numbers(value, &["seed", "steps"]) {
        return Some("mflux");
    }
    if texts(value, &["prompt", "promptNeg"]) && numbers(value, &["seed", "steps", "scaleTxt"]) {
        return Some("NMKD Stable Diffusion GUI");
    }
    (texts(value, &["PositivePrompt", "NegativePrompt"])
        && numbers(value, &["Seed", "Steps", "CfgScale"]))
    .then_some("Stability Matrix")
}

/// A prompt and the model that was asked it, under a name that says what for. Several services write so, and what is
/// asked need not be a picture: a person must look.
fn asked(field: &Field, value: &Value) -> Option<Evidence> {
    let settings = value.get("generationParams")?;
    if !texts(settings, &["modelName", "prompt"]) {
        return None;
    }
    let evidence = filled(field, "a generative service", "a model and the prompt it got", settings);
    Some(Evidence {
        strength: Strength::Heuristic,
        model: name(pick(settings, &["modelName"])),
        ..evidence
    })
}

/// Civitai keeps beside the graph of an enlargement how the picture in it was generated, as an object, as a text of JSON or
/// as a text of its own.
fn civitai(field: &Field, value: &Value) -> Option<Evidence> {
    const KEY: &str = "extraMetadata";
    let text = value.get(KEY).and_then(Value::as_str).and_then(|text| field.object(text));
    let settings = match value.get(KEY) {
        Some(Value::String(_)) => text.as_ref()?,
        Some(settings) => settings,
        None => Some(value).filter(|_| field.key == KEY)?,
    };
    let sampler = settings.get("sampler").and_then(Value::as_str).is_some_and(is_sampler);
    let made = texts(settings, &["prompt"])
        && numbers(settings, &["seed", "steps"])
        && (sampler || numbers(settings, &["cfgScale"]));
    made.then(|| filled(field, "Civitai", "what Civitai generated the picture from", settings))
}

/// The settings of `NovelAI`: those that it writes today, or what all its generations have, a sampler of
/// diffusion and a word of its own (`uc`, what the prompt is weighed against).
fn is_novelai(settings: &Value) -> bool {
    let today = texts(settings, &["prompt", "uc", "noise_schedule"])
        && numbers(settings, &["seed", "steps"]);
    let own = texts(settings, &["uc"]) || settings.get("v4_prompt").is_some_and(Value::is_object);
    let sampler = settings.get("sampler").and_then(Value::as_str);
    today
        || (own
            && numbers(settings, &["steps", "seed", "scale"])
            && sampler.is_some_and(is_sampler))
}

/// The names Easy Diffusion gives its settings, in its two generations: prompt, seed, steps, sampler,
/// model.
const EASY: [[&str; 5]; 2] = [
    ["prompt", "seed", "num_inference_steps", "sampler_name", "use_stable_diffusion_model"],
    ["Prompt", "Seed", "Steps", "Sampler", "Stable Diffusion model"],
];

/// Easy Diffusion writes a text chunk for each setting.
fn easy_diffusion(fields: &[Field]) -> Option<(usize, Evidence)> {
    for [prompt, seed, steps, sampler, model] in EASY {
        let of = |key: &str| {
            fields.iter().find(|field| field.carrier == Carrier::PngText && field.key == key)
        };
        let text = |key: &str| of(key).map(|field| field.value.clone());
        let number = |key: &str| text(key).filter(|value| value.parse::<u64>().is_ok());
        let Some(field) = of(prompt).filter(|field| !field.value.starts_with('{')) else {
            continue;
        };
        let (Some(seed), Some(_)) = (number(seed), number(steps)) else {
            continue;
        };
        let sampler = text(sampler).filter(|sampler| is_sampler(sampler));
        let Some(with) = sampler.or_else(|| text(model)) else {
            continue;
        };
        let evidence = Evidence {
            model: name(text(model)),
            detail: details(&[
                ("prompt", Some(field.value.clone())),
                ("seed", Some(seed)),
                ("sampler or model", Some(with)),
            ]),
            ..trace(field, DETECTOR, "Easy Diffusion", "parameters of Easy Diffusion")
        };
        return Some((field.order, evidence));
    }
    None
}

/// Midjourney ends its description with the job, behind its flags. Render farms number their jobs too, so that
/// without a flag, and where nothing else of the file names the job, a person must look.
fn midjourney(field: &Field, names: &[&str]) -> Option<Evidence> {
    let place = matches!(
        (field.carrier, field.key.as_str()),
        (Carrier::PngText, "Description")
            | (Carrier::Exif, "ImageDescription")
            | (Carrier::Xmp, "dc:description")
    );
    let (prompt, job) = field.value.trim().rsplit_once("Job ID: ")?;
    if !place || !uuid(job) {
        return None;
    }
    let flag = |word: &str| {
        word.strip_prefix("--")
            .is_some_and(|name| name.starts_with(|it: char| it.is_ascii_lowercase()))
    };
    let second = prompt.split_whitespace().any(flag)
        || names.iter().any(|name| name.trim().eq_ignore_ascii_case(job));
    let mut evidence = Evidence {
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, "Midjourney", "description with a Midjourney job")
    };
    if !second {
        evidence.strength = Strength::Heuristic;
    }
    Some(evidence)
}

/// Whether a text is a UUID.
pub fn uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.trim().split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12]
        && text.trim().bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::text;
    use crate::detect::marks::said;

    type Texts<'a> = &'a [(Carrier, &'a str, &'a str)];

    fn tools(texts: Texts<'_>) -> Vec<String> {
        let texts = texts.iter().map(|(carrier, key, value)| text(*carrier, key, value));
        said(look, texts).into_iter().filter_map(|evidence| evidence.tool).collect()
    }

    #[test]
    fn novelai_is_known_by_its_settings_alone() {
        use Carrier::{Exif, PngText};
        // What its first generation writes, and what is common to the later ones.
        let first = r#"{"steps": 28, "sampler": "k_euler_ancestral", "seed": 2818276401,
            "strength": 0.69, "noise": 0.667, "scale": 11.0, "uc": "lowres"}"#;
        let later = r#"{"steps":28,"seed":7,"scale":5.0,"sampler":"k_dpmpp_2m","v4_prompt":{}}"#;
        for settings in [first, later] {
            let whole = serde_json::json!({ "Comment": settings, "Source": "x" }).to_string();
            assert_eq!(tools(&[(PngText, "Comment", settings)]), ["NovelAI"]);
            assert_eq!(tools(&[(Exif, "UserComment", &whole)]), ["NovelAI"]);
            assert_eq!(tools(&[(Carrier::Xmp, "dc:description", settings)]), ["NovelAI"]);
            assert_eq!(tools(&[(Carrier::Iim, "2:120", settings)]), ["NovelAI"]);
        }
        for not in [
            first.replace("k_euler_ancestral", "metropolis"),
            first.replace("\"uc\"", "\"note\""),
            first.replace("11.0", "\"large\""),
            first.replace("28", "null"),
        ] {
            assert_eq!(tools(&[(PngText, "Comment", &not)]), Vec::<String>::new(), "{not}");
        }
    }

    #[test]
    fn each_tool_is_known_by_its_form() {
        use Carrier::{Exif, PngText, Xmp};
        let id = "11111111-2222-3333-4444-555555555555";
        let job = format!("a fox --v 4 Job ID: {id}");
        let signature = format!("Signature: {}", "Ab1+".repeat(20));
        let cases: &[(Texts<'_>, &str)] = &[
            (&[(PngText, "Dream", "\"a cat\" -s 50 -S 12 -W 512")], "InvokeAI"),
            (
                &[(PngText, "Dream", "\"a fox\" -s50 -W512 -H512 -C7.5 -Ak_lms -S1579445059")],
                "InvokeAI",
            ),
            (&[(PngText, "Dream", "a fox -s50 -W512 -H512 -C7.5 -Ak_lms -S42")], "InvokeAI"),
            (&[(PngText, "invokeai_metadata", "{\"seed\":1}")], "InvokeAI"),
            (&[(Carrier::Matroska, "INVOKEAI_METADATA", "{\"seed\":1}")], "InvokeAI"),
            (&[(Exif, "UserComment", "{\"sui_image_params\":{\"prompt\":\"x\"}}")], "SwarmUI"),
            (
                &[(
                    PngText,
                    "parameters",
                    "{\"prompt\":\"x\",\"seed\":1,\"base_model_hash\":\"a\"}",
                )],
                "Fooocus",
            ),
            (
                &[(
                    Xmp,
                    "exif:UserComment",
                    "{\"c\":\"x\",\"model\":\"m\",\"sampler\":\"DPM++ 2M Karras\",\"seed\":1,\"steps\":2}",
                )],
                "Draw Things",
            ),
            (
                &[
                    (PngText, "prompt", "x"),
                    (PngText, "seed", "1"),
                    (PngText, "num_inference_steps", "25"),
                    (PngText, "sampler_name", "euler"),
                ],
                "Easy Diffusion",
            ),
            (
                &[
                    (PngText, "Prompt", "x"),
                    (PngText, "Seed", "1"),
                    (PngText, "Steps", "25"),
                    (PngText, "Stable Diffusion model", "sd-v1-4"),
                ],
                "Easy Diffusion",
            ),
            (
                &[(
                    PngText,
                    "Comment",
                    "{\"prompt\":\"x\",\"seed\":1,\"base_model\":\"m\",\"software\":\"Fooocus 1.0 MRE\"}",
                )],
                "Fooocus 1.0 MRE",
            ),
            (&[(PngText, "Description", &job)], "Midjourney"),
            (
                &[(Carrier::Trailer, "PhotoEditor_Re_Edit_Data", "{\"a\":{\"genAIType\":1}}")],
                "Samsung Galaxy AI",
            ),
            (&[(Exif, "ImageDescription", &signature), (Exif, "Artist", id)], "Grok (xAI)"),
            (&[(Carrier::Json, "", "{\"sui_image_params\":{\"prompt\":\"x\"}}")], "SwarmUI"),
            (
                &[(
                    Carrier::Json,
                    "",
                    "{\"generation_mode\":\"txt2img\",\"positive_prompt\":\"x\",\"seed\":1,\
                     \"model\":{\"model_name\":\"m\"}}",
                )],
                "InvokeAI",
            ),
            (
                &[(
                    Carrier::Json,
                    "",
                    "{\"edges\":[],\"nodes\":[{\"type\":\"invocation\",\"data\":\
                     {\"type\":\"l2i\",\"inputs\":{}}}]}",
                )],
                "InvokeAI",
            ),
            (
                &[(
                    Carrier::Json,
                    "",
                    "{\"prompt\":\"x\",\"seed\":1,\"num_inference_steps\":25,\
                     \"sampler_name\":\"euler_a\"}",
                )],
                "Easy Diffusion",
            ),
        ];
        for (texts, tool) in cases {
            assert_eq!(tools(texts), [*tool], "{texts:?}");
        }
    }

    #[test]
    fn what_others_write_with_the_words_of_a_library_is_known() {
        use Carrier::{Json, PngText};
        let space = r#"{"prompt":"1girl","negative_prompt":"lowres","resolution":"832 x 1216","guidance_scale":7,
            "num_inference_steps":28,"seed":612,"sampler":"Euler a","Model":{"Model":"Animagine XL 4.0"}}"#;
        let art = "{\"prompt\":\"cat\",\"negativePrompt\":\"\",\"seed\":\"123\",\"steps\":25,\"cfgScale\":7,\
                   \"baseModel\":{\"label\":\"x\",\"modelFileName\":\"m\"}}\0";
        let matrix = r#"{"PositivePrompt":"cat","NegativePrompt":"","Width":512,"Height":512,"Seed":1,
            "Steps":20,"CfgScale":7,"Sampler":"Euler","ModelName":"m"}"#;
        let mflux =
            r#"{"mflux_version":"0.9.6","model":"dev","seed":42,"steps":20,"prompt":"cat"}"#;
        let nmkd = r#"{"mode":"txt2img","prompt":"cat","promptNeg":"","steps":25,"seed":123,"scaleTxt":7.5,"model":"m"}"#;
        for (key, value, tool, model) in [
            ("parameters", space, "Diffusers (a Space of Hugging Face)", "Animagine XL 4.0"),
            ("generation_data", art, "Tensor.Art", "m"),
            ("parameters-json", matrix, "Stability Matrix", "m"),
            ("Comment", mflux, "mflux", "dev"),
            ("NMKDiffusion", nmkd, "NMKD Stable Diffusion GUI", "m"),
        ] {
            for carrier in [PngText, Json] {
                let got = said(look, [text(carrier, key, value)]);
                let got = got.first().map(|one| (one.tool.as_deref(), one.model.as_deref()));
                assert_eq!(got, Some((Some(tool), Some(model))), "{carrier:?} {key}");
            }
            let none = value.replace("\"cat\"", "null").replace("\"1girl\"", "null");
            assert_eq!(tools(&[(PngText, key, &none)]), Vec::<String>::new(), "{none}");
        }
        let asked = |settings: &str| {
            let value = format!(r#"{{"generationParams":{settings}}}"#);
            let got = said(look, [text(Carrier::Exif, "ImageDescription", &value)]);
            got.first().map(|one| one.strength)
        };
        assert_eq!(asked(r#"{"modelName":"x","prompt":"a cat"}"#), Some(Strength::Heuristic));
        assert_eq!(asked(r#"{"modelName":"a turbine","load":7}"#), None);
    }

    #[test]
    fn what_an_enlargement_of_civitai_began_with_is_told() {
        use Carrier::{Exif, PngText};
        let made = r#"{"prompt":"a cat","negativePrompt":"bad","cfgScale":7,"sampler":"Euler a","steps":25,
            "seed":1,"baseModel":"Illustrious","workflowId":"txt2img"}"#;
        let graph = |extra: &str| {
            format!(
                r#"{{"13":{{"class_type":"ImageUpscaleWithModel","inputs":{{}}}},"extraMetadata":{extra}}}"#
            )
        };
        let quoted = serde_json::to_string(made).unwrap();
        for (carrier, key, value) in [
            (Exif, "UserComment", graph(&quoted)),
            (Exif, "UserComment", graph(made)),
            (PngText, "extraMetadata", made.to_owned()),
        ] {
            assert_eq!(tools(&[(carrier, key, &value)]), ["Civitai"], "{key} {value}");
        }
        for other in [r#"{"prompt":"a cat","title":"x"}"#, r#"{"seed":1,"steps":3,"cfgScale":7}"#] {
            assert_eq!(tools(&[(PngText, "extraMetadata", other)]), Vec::<String>::new());
            assert_eq!(tools(&[(PngText, "Comment", &graph(other))]), Vec::<String>::new());
        }
        // Elsewhere the words of the library alone are those of others, too.
        assert_eq!(tools(&[(PngText, "Comment", made)]), Vec::<String>::new());
    }

    #[test]
    fn settings_of_other_things_are_nothing() {
        for not in [
            r#"{"c":"0.5","model":"ising","sampler":"metropolis","seed":42,"steps":1000}"#,
            r#"{"Prompt":"press play","Seed":7,"Steps":16,"Sampler":"Akai S950"}"#,
            r#"{"prompt":null,"seed":null,"num_inference_steps":null,"sampler_name":null}"#,
            r#"{"prompt":"x","seed":1,"num_inference_steps":25,"sampler_name":null}"#,
            r#"{"base_model_hash":"a","prompt":null,"seed":null}"#,
            r#"{"prompt":null,"uc":null,"seed":null,"steps":null,"noise_schedule":null}"#,
        ] {
            for carrier in [Carrier::Json, Carrier::PngText] {
                assert_eq!(tools(&[(carrier, "Comment", not)]), Vec::<String>::new(), "{not}");
            }
        }
    }

    #[test]
    fn the_strongest_mark_of_a_tool_is_kept_and_what_knows_of_a_part() {
        use Carrier::{PngText, Xmp};
        let id = "11111111-2222-3333-4444-555555555555";
        let (alone, flagged) = (format!("a fox Job ID: {id}"), format!("a fox --v 4 Job ID: {id}"));
        let both = [text(PngText, "Description", &alone), text(Xmp, "dc:description", &flagged)];
        let strengths: Vec<Strength> =
            said(look, both).into_iter().map(|one| one.strength).collect();
        assert_eq!(strengths, [Strength::Trace]);
        let filled = r#"{"generation_mode":"inpaint"}"#;
        let both = [("invokeai_graph", r#"{"id":"x"}"#), ("invokeai_metadata", filled)];
        let both = both.map(|(key, value)| text(PngText, key, value));
        let types: Vec<_> = said(look, both).into_iter().map(|one| one.source_type).collect();
        assert_eq!(types, [Some(SourceType::CompositeWithTrainedAlgorithmicMedia)]);
    }

    #[test]
    fn what_novelai_filled_in_is_a_part() {
        let settings = r#"{"prompt":"x","steps":28,"sampler":"k_euler","seed":1,"scale":5,"uc":"bad",
            "request_type":"NativeInfillingRequest"}"#;
        let texts = || [("Comment", settings), ("Software", "NovelAI")];
        let texts = texts().map(|(key, value)| text(Carrier::PngText, key, value));
        // Its name in its field does not make a whole of it.
        let both = |fields: &[Field], out: &mut Marked| {
            look(fields, out);
            crate::detect::marks::named::look(fields, out);
        };
        let types: Vec<_> = said(both, texts).into_iter().map(|one| one.source_type).collect();
        assert_eq!(types, [Some(SourceType::CompositeWithTrainedAlgorithmicMedia); 2]);
    }

    #[test]
    fn a_job_alone_is_suspicion() {
        let id = "11111111-2222-3333-4444-555555555555";
        let job = format!("render farm frame 12, Job ID: {id}");
        let strengths = |texts: Texts<'_>| -> Vec<Strength> {
            let texts = texts.iter().map(|(carrier, key, value)| text(*carrier, key, value));
            said(look, texts).into_iter().map(|evidence| evidence.strength).collect()
        };
        let description = (Carrier::PngText, "Description", job.as_str());
        assert_eq!(strengths(&[description]), [Strength::Heuristic]);
        let named = (Carrier::Xmp, "Iptc4xmpExt:DigImageGUID", id);
        assert_eq!(strengths(&[description, named]), [Strength::Trace]);
        let other = (Carrier::Xmp, "Iptc4xmpExt:DigImageGUID", "another");
        assert_eq!(strengths(&[description, other]), [Strength::Heuristic]);
    }

    #[test]
    fn words_and_lone_keys_are_nothing() {
        use Carrier::{Exif, PngText};
        for texts in [
            &[(PngText, "prompt", "Please sign here"), (PngText, "workflow", "approved")][..],
            &[
                (PngText, "Prompt", "Enter name"),
                (PngText, "Seed", "sunflower"),
                (PngText, "Steps", "3"),
            ],
            &[(PngText, "Description", "Midjourney to the centre of the earth")],
            &[(PngText, "Description", "Job ID: 4711")],
            &[(PngText, "Dream", "a dream of mine -s")],
            &[(PngText, "Dream", "\"I have a dream\" speech, -s side stage -Steps")],
            &[(PngText, "Dream", "a dream -s50 of -S12")],
            &[(Exif, "ImageDescription", "Signature: short")],
            &[(PngText, "parameters", "{\"gamma\": 2.2}")],
            &[(
                Exif,
                "UserComment",
                "{\"c\":299792458,\"model\":\"ising\",\"sampler\":\"metropolis\",\"seed\":42,\"steps\":9}",
            )],
            &[(Carrier::Json, "", "{\"prompt\":\"midjourney\",\"seed\":1,\"model\":\"runway\"}")],
            &[(Carrier::Json, "", "{\"nodes\":[{\"type\":\"invocation\"}],\"edges\":[]}")],
            &[(Carrier::Trailer, "PhotoEditor_Re_Edit_Data", "{\"genAIType\":0}")],
        ] {
            assert_eq!(tools(texts), Vec::<String>::new(), "{texts:?}");
        }
    }
}
