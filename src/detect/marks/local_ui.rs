//! What local programs and a few services leave in their own structures: `InvokeAI`, Fooocus,
//! `SwarmUI`, Easy Diffusion, Draw Things, Midjourney, Grok, Samsung. Each is believed by several keys together
//! or by the form of a whole value.

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::place::is_free;
use crate::detect::marks::{Marked, details, infotext, name, pick, trace};
use crate::model::{Evidence, SourceType, Strength};

const DETECTOR: &str = "tool-trace";

/// Looks for the structures.
pub fn look(fields: &[Field], out: &mut Marked) {
    easy_diffusion(fields, out);
    let artist = fields
        .iter()
        .any(|field| field.carrier == Carrier::Exif && field.key == "Artist" && uuid(&field.value));
    // Where Midjourney names the picture as it names the job.
    let guids = fields.iter().filter(|field| field.key == "Iptc4xmpExt:DigImageGUID");
    let names: Vec<&str> = guids.map(|field| field.value.as_str()).collect();
    for field in fields {
        let evidence = invoke(field)
            .or_else(|| invoke_document(field))
            .or_else(|| by_json(field))
            .or_else(|| midjourney(field, &names))
            .or_else(|| grok(field, artist))
            .or_else(|| samsung(field));
        if let Some(evidence) = evidence {
            let known = |one: &Evidence| one.detector == DETECTOR && one.tool == evidence.tool;
            // One file is one mark of one tool, the first and so the richest in its table.
            if !out.iter().any(known) {
                out.push(field.order, evidence);
            }
        }
    }
}

/// Fills in what the parameters of a tool hold.
fn filled(field: &Field, tool: &str, mark: &str, parameters: &Value) -> Evidence {
    let model = pick(
        parameters,
        &["model", "model_name", "base_model", "base_model_name", "model_weights"],
    )
    .or_else(|| pick(parameters.get("model")?, &["name", "model_name"]));
    Evidence {
        model: name(model),
        detail: details(&[
            ("prompt", pick(parameters, &["positive_prompt", "prompt", "Prompt", "c"])),
            (
                "negative prompt",
                pick(parameters, &["negative_prompt", "negativeprompt", "Negative", "uc"]),
            ),
            ("seed", pick(parameters, &["seed", "Seed"])),
            ("steps", pick(parameters, &["steps", "num_inference_steps"])),
            ("as written", Some(field.value.clone())),
        ]),
        ..trace(field, DETECTOR, tool, mark)
    }
}

/// All generations of `InvokeAI`.
fn invoke(field: &Field) -> Option<Evidence> {
    let text = matches!(field.carrier, Carrier::PngText | Carrier::Mp4 | Carrier::Matroska);
    if !text {
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
fn invoke_document(field: &Field) -> Option<Evidence> {
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
    let value = field.json()?;
    let has = |keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    if let Some(parameters) = value.get("sui_image_params").filter(|it| it.is_object()) {
        return Some(filled(field, "SwarmUI", "image parameters of SwarmUI", parameters));
    }
    let named = pick(value, &["software", "version"]).filter(|tool| tool.starts_with("Fooocus"));
    let hashed = value.get("base_model_hash").is_some_and(Value::is_string);
    if (hashed || (named.is_some() && has(&["base_model"])))
        && (has(&["prompt", "seed"]) || has(&["Prompt", "seed"]))
    {
        let tool = pick(value, &["software", "version"])
            .filter(|tool| tool.contains("ooocus"))
            .unwrap_or_else(|| "Fooocus".to_owned());
        return Some(filled(field, &tool, "parameters of Fooocus", value));
    }
    let texts = |keys: &[&str]| keys.iter().all(|key| value.get(key).is_some_and(Value::is_string));
    if texts(&["c", "model", "sampler"]) && has(&["seed", "steps"]) {
        return Some(filled(field, "Draw Things", "parameters of Draw Things", value));
    }
    if EASY.iter().any(|[prompt, seed, steps, sampler, model]| {
        has(&[prompt, seed, steps]) && (has(&[sampler]) || has(&[model]))
    }) {
        return Some(filled(field, "Easy Diffusion", "parameters of Easy Diffusion", value));
    }
    // NovelAI keeps the text chunks of its PNG as one object in EXIF.
    let comment = value.get("Comment").and_then(Value::as_str);
    let comment = comment.and_then(|text| field.object(text));
    let settings = comment.as_ref().unwrap_or(value);
    is_novelai(settings).then(|| filled(field, "NovelAI", "parameters of NovelAI", settings))
}

/// The settings of `NovelAI`: those that it writes today, or what all its generations have, a sampler of
/// diffusion and a word of its own (`uc`, what the prompt is weighed against).
fn is_novelai(settings: &Value) -> bool {
    let number = |key: &&str| settings.get(key).is_some_and(Value::is_number);
    let today = ["prompt", "uc", "seed", "steps", "noise_schedule"];
    let own = settings.get("uc").is_some_and(Value::is_string)
        || settings.get("v4_prompt").is_some_and(Value::is_object);
    let sampler = settings.get("sampler").and_then(Value::as_str);
    today.iter().all(|key| settings.get(key).is_some())
        || (own
            && ["steps", "seed", "scale"].iter().all(number)
            && sampler.is_some_and(infotext::is_sampler))
}

/// The names Easy Diffusion gives its settings, in its two generations: prompt, seed, steps, sampler,
/// model.
const EASY: [[&str; 5]; 2] = [
    ["prompt", "seed", "num_inference_steps", "sampler_name", "use_stable_diffusion_model"],
    ["Prompt", "Seed", "Steps", "Sampler", "Stable Diffusion model"],
];

/// Easy Diffusion writes a text chunk for each setting.
fn easy_diffusion(fields: &[Field], out: &mut Marked) {
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
        let Some(with) = text(sampler).or_else(|| text(model)) else {
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
        return out.push(field.order, evidence);
    }
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

/// Grok signs in EXIF and names the picture in `Artist`. Both forms together, since either alone
/// may be someone's own.
fn grok(field: &Field, artist: bool) -> Option<Evidence> {
    if !artist
        || field.carrier != Carrier::Exif
        || !matches!(field.key.as_str(), "ImageDescription" | "UserComment")
    {
        return None;
    }
    let signature = field.value.strip_prefix("Signature:")?.trim();
    let signed = signature.len() >= 64
        && signature.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    signed.then(|| Evidence {
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, "Grok (xAI)", "signature of Grok and its picture id")
    })
}

/// Samsung's editor tells of a generative edit by a type other than zero, once for each edit.
fn samsung(field: &Field) -> Option<Evidence> {
    if field.carrier != Carrier::Trailer {
        return None;
    }
    let listed = field.value.trim_start().starts_with('[');
    let list = listed.then(|| field.parse(&field.value)).flatten();
    let kind = edit(field, list.as_ref().or_else(|| field.json())?, 0)?;
    Some(Evidence {
        source_type: Some(SourceType::CompositeWithTrainedAlgorithmicMedia),
        detail: Some(field.value.clone()),
        ..trace(
            field,
            DETECTOR,
            "Samsung Galaxy AI",
            format!("genAIType {kind}: edited with Galaxy AI"),
        )
    })
}

/// The first type of a generative edit in objects, lists and texts of JSON within each other.
fn edit(field: &Field, value: &Value, depth: usize) -> Option<String> {
    /// Levels looked through.
    const DEPTH_MAX: usize = 16;
    if depth >= DEPTH_MAX {
        return None;
    }
    match value {
        Value::Object(object) => object.iter().find_map(|(key, inner)| {
            let own = (key == "genAIType").then(|| edit_type(inner)).flatten();
            own.or_else(|| edit(field, inner, depth + 1))
        }),
        Value::Array(list) => list.iter().find_map(|inner| edit(field, inner, depth + 1)),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            edit(field, &field.parse(text)?, depth + 1)
        }
        _ => None,
    }
}

/// A type other than zero, or the first of a list of them.
fn edit_type(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => {
            number.as_i64().is_some_and(|it| it != 0).then(|| number.to_string())
        }
        Value::String(text) => (!matches!(text.trim(), "" | "0")).then(|| text.clone()),
        Value::Array(list) => list.iter().find_map(edit_type),
        _ => None,
    }
}

fn uuid(text: &str) -> bool {
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
        ] {
            assert_eq!(tools(&[(PngText, "Comment", &not)]), Vec::<String>::new(), "{not}");
        }
    }

    #[test]
    fn an_edit_is_found_however_deep_it_is_told() {
        let of = |value: &str| tools(&[(Carrier::Trailer, "PhotoEditor_Re_Edit_Data", value)]);
        for edited in [
            r#"{"edits":[{"genAIType":0},{"genAIType":3}]}"#,
            r#"[{"genAIType":"2"}]"#,
            r#"{"a":{"genAIType":[0,2]}}"#,
            r#"{"genAIType":0,"before":{"genAIType":1}}"#,
            r#"{"aiData":"[{\"genAIType\":1}]"}"#,
        ] {
            assert_eq!(of(edited), ["Samsung Galaxy AI"], "{edited}");
        }
        let deep = format!("{}{{\"genAIType\":1}}{}", "[".repeat(100), "]".repeat(100));
        for not in
            [r#"{"genAIType":[0,"0",""],"note":"genAIType 1"}"#, r#"["genAIType",1]"#, "[", &deep]
        {
            assert_eq!(of(not), Vec::<String>::new(), "{not}");
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
                    "{\"c\":\"x\",\"model\":\"m\",\"sampler\":\"s\",\"seed\":1,\"steps\":2}",
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
