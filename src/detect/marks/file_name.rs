//! The names that generators give what is downloaded from them. A name is weak: anyone may give any,
//! so it is suspicion at most, and only a whole name of a generator's own form counts. The forms are
//! rows of `generators.toml`; a mere word in a name is nothing. Whoever knows the name asks.

use crate::detect::generators;
use crate::model::{Evidence, SourceType, Strength};

/// The longest name that is looked at, in bytes. File systems allow 255.
const NAME_MAX: usize = 1024;

/// Suspicion, when the whole name has the form of a generator's downloads. `name` is a file name, or
/// a path that ends in one.
pub fn name_mark(name: &[u8]) -> Option<Evidence> {
    let name = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
    let name = std::str::from_utf8(name).ok().filter(|name| name.len() <= NAME_MAX)?;
    let tool = generators::named_file(stem(name))?;
    let mark = format!("named as downloads from {tool} are");
    Some(Evidence {
        source_type: Some(SourceType::TrainedAlgorithmicMedia),
        tool: Some(tool.to_owned()),
        detail: Some(name.to_owned()),
        ..Evidence::new("file-name", Strength::Heuristic, mark, "file name")
    })
}

/// The name without its extension and without what browsers and file managers add to a copy, however often:
/// `name (1).png`, `name(1)(1).png`, `name copy 2.png`, `name - Copy (2).png`.
fn stem(name: &str) -> &str {
    let mut stem = match name.rsplit_once('.') {
        Some((stem, extension))
            if (2..=5).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            stem
        }
        _ => name,
    };
    while let Some(before) = copied(stem) {
        stem = before;
    }
    stem
}

/// What was copied, when a name ends in what says so.
fn copied(stem: &str) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((before, number)) = stem.strip_suffix(')').and_then(|rest| rest.rsplit_once('('))
        && digits(number)
    {
        return Some(before.trim_end());
    }
    let windows = [" - Copy", " - Kopie", " - Copie", " - copia", " - Copia"];
    if let Some(before) = windows.iter().find_map(|word| stem.strip_suffix(word)) {
        return Some(before);
    }
    let (before, after) = stem.rsplit_once(" copy")?;
    (after.is_empty() || after.strip_prefix(' ').is_some_and(digits)).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Option<String> {
        let mark = name_mark(name.as_bytes())?;
        assert_eq!((mark.strength, mark.place.as_str()), (Strength::Heuristic, "file name"));
        mark.tool
    }

    #[test]
    fn whole_names_of_downloads_are_suspicion() {
        for (name, known) in [
            ("ChatGPT Image Apr 1, 2025, 10_31_08 AM.png", "OpenAI"),
            ("ChatGPT Image Apr 1, 2025 at 10_31_08\u{202f}PM (2).png", "OpenAI"),
            ("ChatGPT Image 1. Apr. 2025, 22_31_08.png", "OpenAI"),
            ("DALL\u{b7}E 2024-01-15 10.30.45 - A cat in a hat.webp", "OpenAI"),
            ("DALL\u{b7}E 2022-07-21 09.12.01 copy.png", "OpenAI"),
            (
                "20250331_1650_Dramatic Scene_simple_compose_01jqpx3v6kf2e8a9b0c1d2e3f4.mp4",
                "OpenAI",
            ),
            ("dl/Gemini_Generated_Image_x8k2abx8k2abx8k2.png", "Google"),
            ("Gemini_Generated_Image_x8k2abx8k2abx8k2 (1).png", "Google"),
            ("Gemini_Generated_Image_x8k2abx8k2abx8k2 - Copy.png", "Google"),
            ("Gemini_Generated_Image_x8k2abx8k2abx8k2 - Copy (2).png", "Google"),
            ("ChatGPT Image Apr 1, 2025, 10_31_08 AM(1)(1).png", "OpenAI"),
            ("u123_1990s_phone_advert_0f8fad5b-d9cb-469f-a165-70867728950e_2.png", "Midjourney"),
            ("ElevenLabs_2024-03-01T12_33_44_Rachel_pre_s50_sb75_m1.mp3", "ElevenLabs"),
            ("ann_a_red_fox_in_snow_0f8fad5b-d9cb-469f-a165-70867728950e_0.png", "Midjourney"),
            ("Gen-3 Alpha Turbo 2513648123, a fox runs, M 5.mp4", "Runway"),
            ("ComfyUI_00012_.png", "ComfyUI"),
            ("ComfyUI_temp_abcde_00001_.png", "ComfyUI"),
            ("jimeng-2024-11-20-1234-\u{72d0}\u{72f8}.jpeg", "Jimeng"),
        ] {
            let got = tool(name);
            assert!(got.as_ref().is_some_and(|tool| tool.contains(known)), "{name}: {got:?}");
        }
    }

    #[test]
    fn words_and_near_misses_are_nothing() {
        for name in [
            "",
            "midjourney.png",
            "midjourney_ohio_road_sign.jpg",
            "runway_34L_takeoff.mov",
            "Sora Tanaka interview 2025-04-01.wav",
            "ChatGPT Image.png",
            "screenshot of ChatGPT Image Apr 1, 2025, 10_31_08 AM.png",
            "ChatGPT Image notes for Monday.txt",
            "Gemini_Generated_Image_.png",
            "Gemini_Generated_Image_policy.pdf",
            "Gemini_Generated_Image_overview.png",
            "shot_010_comp_v3_3f2b8c1e-1111-4abc-8def-0123456789ab_0.mov",
            "IMG_0001_scan_front_3f2b8c1e-1111-4abc-8def-0123456789ab_1.png",
            "Gemini_Generated_Image_x8k2 edited by Tom.png",
            "Gemini_mission_1965.tif",
            "ElevenLabs_contract.pdf",
            "Eleven labs of Europe 2024-03-01.mp3",
            "DALL\u{b7}E essay.docx",
            "Gen-3 engine test, M 5.mp4",
            "ComfyUI_00012_graded.png",
            "ComfyUI.png",
            "A001_0f8fad5b-d9cb-469f-a165-70867728950e.mov",
            "0f8fad5b-d9cb-469f-a165-70867728950e_0.png",
            "clip_0f8fad5b-d9cb-469f-a165-70867728950e_0.mov",
            "export_clip_0f8fad5b-d9cb-469f-a165-70867728950e_1.png",
            "scan_page_12_3b241101-e2bb-4255-8caf-4136c566a962_2.png",
            "IMG_0042_edited_6ba7b810-9dad-11d1-80b4-00c04fd430c8_0.png",
            "ann_a_red_fox_0f8fad5b-d9cb-469f-a165-70867728950e_7.png",
            "Firefly over the lake 2024.jpg",
            "kling klang 1998.wav",
        ] {
            assert_eq!(tool(name), None, "{name}");
        }
        assert_eq!(name_mark(b"ChatGPT Image \xff, 10_31_08.png"), None);
        assert_eq!(name_mark(&vec![b'_'; 100_000]), None);
    }
}
