//! The text of parameters that AUTOMATIC1111, Forge and their kin write: a prompt, then a line of
//! `Steps: N, Sampler: …`. Believed by its structure, never by a word in it.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::place::is_free;
use crate::detect::marks::{Marked, name, trace};
use crate::model::{Evidence, SourceType};

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
    let evidence = Evidence {
        model: name(value("Model")),
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, tool, "generation parameters of Stable Diffusion WebUI")
    };
    // Written where a mask was painted over a picture, and only there.
    let masked = settings.iter().any(|(key, value)| match *key {
        "Mask blur" | "Mask mode" | "Masked content" | "Masked area padding" | "Inpaint area" => {
            true
        }
        "Operations" => value.contains("inpaint") || value.contains("outpaint"),
        _ => false,
    });
    let part = masked.then_some(SourceType::CompositeWithTrainedAlgorithmicMedia);
    Evidence { source_type: part.or(evidence.source_type), ..evidence }
}

/// Samplers of diffusion models, in small letters and digits alone, without the schedule that some name behind them.
/// Programs that draw fractals, trace light or sample statistics have steps, a seed and a size too, and samplers whose
/// names begin alike.
const SAMPLERS: &[&str] = &[
    "euler",
    "eulera",
    "eulerancestral",
    "eulercfg",
    "eulercfgpp",
    "euleracfg",
    "eulerancestralcfgpp",
    "eulerasubstep",
    "lms",
    "heun",
    "heunpp2",
    "expheun2x0",
    "expheun2x0sde",
    "dpm2",
    "dpm2a",
    "dpm2ancestral",
    "dpmfast",
    "dpmadaptive",
    "dpmsde",
    "dpm2m",
    "dpm2msde",
    "dpm2msdeheun",
    "dpm2sa",
    "dpm2sancestral",
    "dpm3msde",
    "dpmsdesubstep",
    "dpmpp2m",
    "dpmpp2mcfgpp",
    "dpmpp2msde",
    "dpmpp2msdeheun",
    "dpmpp2sa",
    "dpmpp2sancestral",
    "dpmpp2sancestralcfgpp",
    "dpmpp3msde",
    "dpmppsde",
    "dpmsolver",
    "dpmsolvermultistep",
    "dpmsolverstability",
    "ddim",
    "ddimv3",
    "ddimcfgpp",
    "ddpm",
    "plms",
    "pndm",
    "unipc",
    "unipcbh2",
    "unipcsnr",
    "unipcsnr2",
    "unipctu",
    "unipctu2",
    "unipctq",
    "lcm",
    "restart",
    "ipndm",
    "ipndmv",
    "deis",
    "tcd",
    "ersde",
    "sasolver",
    "sasolverpece",
    "seeds2",
    "seeds3",
    "resmultistep",
    "resmultistepcfgpp",
    "resmultistepancestral",
    "resmultistepancestralcfgpp",
    "gradientestimation",
    "gradientestimationcfgpp",
    "eulerdiscrete",
    "eulerancestraldiscrete",
    "forgefluxrealistic",
    "fluxrealistic",
    "undefined",
];

/// Schedules, in small letters and digits alone.
const SCHEDULES: &[&str] = &[
    "karras",
    "exponential",
    "polyexponential",
    "sgmuniform",
    "simple",
    "normal",
    "beta",
    "ddimuniform",
    "linearquadratic",
    "kloptimal",
    "turbo",
    "trailing",
    "ays",
    "gits",
    "automatic",
    "uniform",
    "gpu",
    "scheduler",
];

/// The settings of the line that begins with `Steps: N`, when it is one: the number is a number, a sampler, or
/// two other settings with values of their kind, stand beside it, and one that only diffusion has: the strength of the
/// prompt, what goes with a model, or a sampler that is known, with size and seed.
pub fn settings(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut lines = text.split(['\n', '\r']).rev();
    if let Some(line) = lines.find(|line| line.trim_start().starts_with("Steps: ")) {
        let found = of_line(line)?;
        return (is_certain(&found) || is_sampled(&found)).then_some(found);
    }
    // Programs that keep pictures turn lines into one: then more of it must be of its kind.
    let (_, rest) = text.rsplit_once(" Steps: ")?;
    let line = text.get(text.len() - rest.len() - "Steps: ".len()..)?;
    let all = ["Sampler", "Seed", "Size"];
    of_line(line).filter(|found| {
        is_certain(found) && all.iter().all(|key| found.iter().any(|(known, _)| known == key))
    })
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
    let kinds = settings.iter().filter(|setting| of_kind(setting)).count();
    let sampler = settings.iter().any(|(key, value)| *key == "Sampler" && !value.is_empty());
    ((sampler && kinds >= 1) || kinds >= 2).then_some(settings)
}

/// Whether a setting has a value of its kind.
fn of_kind((key, value): &(&str, &str)) -> bool {
    match *key {
        "Seed" => digits(value.trim_start_matches('-')),
        _ if is_guidance(key) => value.parse::<f64>().is_ok(),
        "Size" => {
            value.split_once('x').is_some_and(|(width, height)| digits(width) && digits(height))
        }
        "Model hash" => !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => false,
    }
}

/// Whether there is a setting that only programs have which make pictures by diffusion.
fn is_certain(settings: &[(&str, &str)]) -> bool {
    settings.iter().any(|setting| {
        let (key, value) = setting;
        match *key {
            "Model hash" => of_kind(setting),
            _ if is_guidance(key) => of_kind(setting),
            _ => ONLY_DIFFUSION.contains(key) && !value.is_empty(),
        }
    })
}

/// Whether size and seed stand beside a sampler that is known, or that has a schedule of its own.
fn is_sampled(settings: &[(&str, &str)]) -> bool {
    let is = |key: &str| settings.iter().filter(|(known, _)| *known == key).any(of_kind);
    let has = |key: &str, test: fn(&str) -> bool| {
        settings.iter().any(|(known, value)| *known == key && test(value))
    };
    let any = |value: &str| !value.is_empty();
    is("Size")
        && is("Seed")
        && (has("Sampler", is_sampler) || (has("Sampler", any) && has("Schedule type", any)))
}

/// What programs call the strength of the prompt.
fn is_guidance(key: &str) -> bool {
    let all = ["CFG scale", "Distilled CFG Scale", "Guidance scale"];
    all.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// Settings that only programs have which make pictures by diffusion.
const ONLY_DIFFUSION: &[&str] = &[
    "Lora hashes",
    "TI hashes",
    "Hashes",
    "VAE hash",
    "Clip skip",
    "Civitai resources",
    "Civitai metadata",
    "Module 1",
];

/// Whether this is a sampler of a diffusion model, as a whole.
pub fn is_sampler(sampler: &str) -> bool {
    let plain: String = sampler.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let mut name = plain.as_str();
    while !SAMPLERS.contains(&name) {
        let behind = SCHEDULES.iter().find_map(|schedule| name.strip_suffix(schedule));
        match behind.or_else(|| name.strip_prefix('k')) {
            Some(rest) => name = rest,
            None => return false,
        }
    }
    true
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
    fn what_was_painted_over_is_a_part() {
        let of = |more: &str| {
            let value = format!("a fox\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1{more}");
            said(look, [text(Carrier::PngText, "parameters", &value)])[0].source_type
        };
        for masked in [
            ", Denoising strength: 0.75, Mask blur: 4, Masked content: original",
            ", Inpaint area: Only masked, Masked area padding: 32",
            ", App: SD.Next, Operations: img2img; inpaint",
        ] {
            assert_eq!(
                of(masked),
                Some(SourceType::CompositeWithTrainedAlgorithmicMedia),
                "{masked}"
            );
        }
        // A picture begun from another, faces drawn anew in it, and a model for masks without one.
        for whole in [
            "",
            ", Denoising strength: 0.75",
            ", ADetailer model: face_yolov8n.pt, ADetailer mask blur: 4",
            ", Conditional mask weight: 1.0",
        ] {
            assert_eq!(of(whole), Some(SourceType::TrainedAlgorithmicMedia), "{whole}");
        }
    }

    #[test]
    fn the_structure_decides() {
        let real = "a cat\nNegative prompt: dog\nSteps: 15, Sampler: UniPC, CFG scale: 5, \
                    Seed: 1, Size: 512x400, Model hash: c0d1994c73, Model: sd15";
        let settings = settings(real).unwrap();
        assert!(settings.contains(&("Model", "sd15")));
        for short in [
            "Steps: 20, Sampler: Euler a, Seed: 1, Size: 512x512",
            "Steps: 20, Sampler: k_dpmpp_2m, Seed: 1, Size: 512x512",
            "Steps: 20, Sampler: DPM++ 2M SDE Karras, Seed: 1, Size: 512x512",
            "Steps: 20, Size: 5x5, Seed: 1, CFG scale: 6, Model hash: 847403d47a, App: SD.Next",
            "Steps: 20, Sampler: new one, CFG scale: 7, Seed: 1",
            "Steps: 20, Seed: 42, Size: 512x512, Model hash: c0d1994c73, Model: x",
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
            "Steps: 500, Size: 3840x2160, Seed: 7, Model: Mandelbulb",
            "Steps: 1000, Sampler: Euler-Maruyama, Seed: 42, Size: 640x480",
            "Steps: 128, Sampler: Sobol, Seed: 0, Size: 1920x1080, Denoising strength: 0.5",
            "Steps: 1000, Model: resnet50, Seed: 42, Size: 224x224",
            "Walk log\nSteps: 10432, Model: Fitbit Charge 5, Seed: 0, Size: 42x38",
            "Steps: 100, Sampler: Heun, Seed: 1",
            "Steps: 64, Guidance: 2.5, Seed: 12",
            "Steps: 10000, Guidance: 3, Model: LES, Seed: 3",
            "Render: Steps: 300, Sampler: LMS, Seed: 9, Size: 640x480",
            "Steps: 5, Model: Thermomix, Size: 20x30, Seed: 12",
            "Steps: 12",
            "Sampler: Euler, Steps: 12",
            "",
        ] {
            assert_eq!(super::settings(not), None, "{not}");
        }
    }
}
