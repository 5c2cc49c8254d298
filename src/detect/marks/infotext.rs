//! The text of parameters that AUTOMATIC1111, Forge and their kin write: a prompt, then a line of
//! `Steps: N, Sampler: …`. Believed by its structure, never by a word in it.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::place::is_free;
use crate::detect::marks::{Marked, name, trace};
use crate::model::Evidence;

const DETECTOR: &str = "infotext";

/// Looks where the tools write it.
pub fn look(fields: &[Field], out: &mut Marked) {
    for field in fields {
        if (field.carrier == Carrier::Document || is_free(field))
            && let Some(settings) = settings(&field.value)
        {
            out.push(field.order, report(field, &settings));
        }
    }
}

fn report(field: &Field, settings: &[(&str, &str)]) -> Evidence {
    let value = |key: &str| {
        settings.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
    };
    let version = value("Version").unwrap_or_default();
    let tool = if field.value.contains("\"modelVersionId\"") && value("Civitai resources").is_some()
    {
        "Civitai"
    } else if version.starts_with('f') || version.starts_with("neo") || version == "classic" {
        "Stable Diffusion WebUI Forge"
    } else {
        "Stable Diffusion WebUI (AUTOMATIC1111 format)"
    };
    Evidence {
        model: name(value("Model")),
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, tool, "generation parameters of Stable Diffusion WebUI")
    }
}

/// Samplers of diffusion models, each as its name begins, in small letters and digits alone. Programs that
/// draw fractals, trace light or sample statistics have steps, a seed and a size too, and samplers of their own.
const SAMPLERS: &[&str] = &[
    "euler",
    "lms",
    "heun",
    "dpm",
    "ddim",
    "ddpm",
    "plms",
    "unipc",
    "lcm",
    "restart",
    "ipndm",
    "deis",
    "tcd",
    "keuler",
    "klms",
    "kheun",
    "kdpm",
    "ersde",
    "sasolver",
    "seeds",
    "resmultistep",
    "gradientestimation",
    "undefined",
];

/// The settings of the line that begins with `Steps: N`, when it is one: the number is a number, a sampler, or
/// two other settings with values of their kind, stand beside it, and one that only diffusion has: a known
/// sampler, a guidance, a model or what goes with one.
pub fn settings(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut lines = text.split(['\n', '\r']).rev();
    if let Some(line) = lines.find(|line| line.trim_start().starts_with("Steps: ")) {
        return of_line(line);
    }
    // Programs that keep pictures turn lines into one: then more of it must be of its kind.
    let (_, rest) = text.rsplit_once(" Steps: ")?;
    let line = text.get(text.len() - rest.len() - "Steps: ".len()..)?;
    let all = ["Sampler", "Seed", "Size"];
    of_line(line).filter(|found| all.iter().all(|key| found.iter().any(|(known, _)| known == key)))
}

/// The settings of a line.
fn of_line(line: &str) -> Option<Vec<(&str, &str)>> {
    let settings: Vec<(&str, &str)> = line
        .trim()
        .split(", ")
        .filter_map(|part| part.split_once(": "))
        .map(|(key, value)| (key.trim(), value.trim_end_matches(',').trim()))
        .collect();
    let (_, steps) = settings.first()?;
    if !digits(steps) {
        return None;
    }
    let of_kind = |(key, value): &&(&str, &str)| match *key {
        "Seed" => digits(value.trim_start_matches('-')),
        _ if is_guidance(key) => value.parse::<f64>().is_ok(),
        "Size" => {
            value.split_once('x').is_some_and(|(width, height)| digits(width) && digits(height))
        }
        "Model hash" => !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => false,
    };
    let kinds = settings.iter().filter(of_kind).count();
    let sampler = settings.iter().any(|(key, value)| *key == "Sampler" && !value.is_empty());
    let diffusion = settings.iter().any(|(key, value)| match *key {
        "Sampler" => is_sampler(value),
        _ if ONLY_DIFFUSION.contains(key) => !value.is_empty(),
        _ => is_guidance(key),
    });
    (diffusion && ((sampler && kinds >= 1) || kinds >= 2)).then_some(settings)
}

/// What programs call the strength of the prompt.
fn is_guidance(key: &str) -> bool {
    let all = ["CFG scale", "Distilled CFG Scale", "Guidance", "Guidance scale"];
    all.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// Settings that only programs have which make pictures by diffusion.
const ONLY_DIFFUSION: &[&str] = &[
    "Model",
    "Model hash",
    "Lora hashes",
    "Hashes",
    "Denoising strength",
    "Clip skip",
    "Civitai resources",
    "Civitai metadata",
    "Schedule type",
    "Module 1",
    "VAE",
    "VAE hash",
];

/// Whether this is a sampler of a diffusion model.
pub fn is_sampler(sampler: &str) -> bool {
    let plain: String = sampler.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    SAMPLERS.iter().any(|known| plain.starts_with(known))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::text;
    use crate::detect::marks::said;

    #[test]
    fn it_is_read_where_tools_write_it() {
        let real = "a cat\nSteps: 15, Sampler: UniPC, CFG scale: 5, Seed: 1, Size: 512x400";
        let is = |carrier, key| !said(look, [text(carrier, key, real)]).is_empty();
        assert!(is(Carrier::Id3, "TXXX:parameters") && is(Carrier::Riff, "ICMT"));
        assert!(
            is(Carrier::Mp4, "com.apple.quicktime.comment") && is(Carrier::Matroska, "COMMENT")
        );
        assert!(is(Carrier::Document, "") && is(Carrier::Vorbis, "parameters"));
        assert!(is(Carrier::Xmp, "dc:description") && is(Carrier::Exif, "XPComment"));
        assert!(is(Carrier::Iim, "2:120") && is(Carrier::Id3, "COMM:ID3v1 Comment"));
        assert!(!is(Carrier::Mp4, "\u{a9}nam") && !is(Carrier::Id3, "TIT2"));
    }

    #[test]
    fn the_structure_decides() {
        let real = "a cat\nNegative prompt: dog\nSteps: 15, Sampler: UniPC, CFG scale: 5, \
                    Seed: 1, Size: 512x400, Model hash: c0d1994c73, Model: sd15";
        let settings = settings(real).unwrap();
        assert!(settings.contains(&("Model", "sd15")));
        for short in [
            "Steps: 20, Sampler: Euler a, Seed: 1, Size: 512x512",
            "Steps: 20, Sampler: k_dpmpp_2m, Seed: 1",
            "Steps: 20, Sampler: new one, CFG scale: 7, Seed: 1",
            "Steps: 20, Seed: 42, Size: 512x512, Model: x",
            "Steps: 20, Sampler: Flux Realistic, Schedule type: Beta, Seed: 1, Size: 5x5",
            "Steps: 20, Seed: 9, Size: 512x512, Version: f2.0.1v1.10.1, Module 1: ae",
            "Steps: 28, Seed: 1, Size: 832x1216, Clip skip: 2, Civitai metadata: {}",
            "Steps: 8, Seed: 9, Size: 512x512, Lora hashes: \"a: 1b\"",
            "Steps: 20, CFG Scale: 8.0, Seed: 1, Size: 5x5",
            "Steps: 8, Sampler: UniPC, Guidance Scale: 7.5, Seed: 3, Size: 512x512",
        ] {
            assert!(super::settings(short).is_some(), "{short}");
        }
        for turned in ["\r", "\r\n", " "] {
            assert!(super::settings(&real.replace('\n', turned)).is_some());
        }
        assert_eq!(super::settings("he took Steps: 9, Sampler: Euler, Seed: 1, and left"), None);
        for not in [
            "exposure=1.2 gamma=2.2 tonemap=filmic",
            "Steps: 39 to the lighthouse, Size: small, Seed: sunflower",
            "Steps: 12, then left",
            "Posterior of tide model\nSteps: 5000, Sampler: NUTS, Seed: 42",
            "Conway Life, generation image\nSteps: 500, Size: 64x64, Seed: 7",
            "Julia set\nSteps: 1000, Size: 1920x1080, Seed: 3",
            "cornell box\nSteps: 64, Sampler: Sobol-Burley, Seed: 0, Size: 960x540",
            "Steps: 12",
            "Sampler: Euler, Steps: 12",
            "",
        ] {
            assert_eq!(super::settings(not), None, "{not}");
        }
    }
}
