//! The table of known generators, read once from `generators.toml`. Data, not code: detection of a
//! new generator is a few lines there. Used by marks.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::detect::block::Carrier;
use crate::detect::shape::Shape;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    signed: Vec<Signed>,
    #[serde(default)]
    signer: Vec<Signer>,
    #[serde(default)]
    value: Vec<NamedValue>,
    #[serde(default)]
    producer: Vec<Producer>,
    #[serde(default)]
    name: Vec<FileName>,
    #[serde(default)]
    nodes: Nodes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    names: Vec<String>,
    tool: String,
    #[serde(default = "yes")]
    whole: bool,
    #[serde(default)]
    common: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signer {
    names: Vec<String>,
    tool: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedValue {
    carrier: Carrier,
    keys: Vec<String>,
    #[serde(default)]
    is: Vec<String>,
    #[serde(default)]
    begins: Vec<String>,
    #[serde(default)]
    form: Vec<Shape>,
    tool: String,
    #[serde(default)]
    weak: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Producer {
    code: String,
    tool: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileName {
    patterns: Vec<Shape>,
    tool: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Nodes {
    parts: Vec<String>,
    services: Vec<Word>,
    quiet: Vec<Word>,
    fills: Vec<String>,
}

/// A word in the name of a class.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Word {
    written: String,
    small: String,
}

impl From<String> for Word {
    fn from(written: String) -> Self {
        Self { small: written.to_ascii_lowercase(), written }
    }
}

impl Word {
    /// Whether it is a word of this name, as it is written here or in small letters. `small` is the name in small letters.
    fn is_in(&self, name: &str, small: &str) -> bool {
        small.match_indices(&self.small).any(|(at, _)| {
            let end = at + self.small.len();
            let (Some(before), Some(own), Some(after)) =
                (name.get(..at), name.get(at..end), name.get(end..))
            else {
                return false;
            };
            let begins =
                !before.ends_with(char::is_alphabetic) || own.starts_with(char::is_uppercase);
            let ends = !after.starts_with(char::is_lowercase);
            (own == self.written || own == self.small) && begins && ends
        })
    }
}

fn yes() -> bool {
    true
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // The file is part of the program; a test keeps it readable.
    toml::from_str(include_str!("generators.toml")).unwrap_or_default()
});

/// A generator known by a signed name.
pub struct Agent {
    /// The tool or service, for people.
    pub tool: String,
    /// Whether all it signs was generated as a whole.
    pub whole: bool,
    /// Whether programs that generate nothing have the name too: then only as what made the asset.
    pub common: bool,
}

/// The generator of this name of a software agent or claim generator.
pub fn signed_agent(text: &str) -> Option<Agent> {
    let known =
        TABLE.signed.iter().find(|entry| entry.names.iter().any(|name| named(text, name)))?;
    Some(Agent { tool: known.tool.clone(), whole: known.whole, common: known.common })
}

/// The generator that signs with a certificate of this organisation or common name.
pub fn signer(issuer: &str) -> Option<String> {
    TABLE
        .signer
        .iter()
        .find(|entry| entry.names.iter().any(|name| name.eq_ignore_ascii_case(issuer.trim())))
        .map(|entry| entry.tool.clone())
}

/// A generator known by a value in a field.
pub struct Writer {
    /// The tool or service, for people.
    pub tool: &'static str,
    /// Whether others write the same.
    pub heuristic: bool,
}

/// Whether a field has this name. Vorbis comments and APE items know no case, and programs that move tags
/// into Matroska or `ID3v2` change it. A comment of `ID3v2` is one whatever it is described as.
fn is_key(carrier: Carrier, known: &str, key: &str) -> bool {
    match carrier {
        Carrier::Vorbis | Carrier::Matroska => known.eq_ignore_ascii_case(key),
        Carrier::Id3 => {
            let plain = key.split_once(':').filter(|(frame, _)| matches!(*frame, "COMM" | "WXXX"));
            known.eq_ignore_ascii_case(plain.map_or(key, |(frame, _)| frame))
        }
        _ => known == key,
    }
}

/// The generator that writes this value into this field.
pub fn named_value(carrier: Carrier, key: &str, value: &str) -> Option<Writer> {
    let value = value.trim();
    let known = TABLE.value.iter().find(|row| {
        row.carrier == carrier
            && row.keys.iter().any(|known| is_key(carrier, known, key))
            && (row.is.iter().any(|known| known == value)
                || row.begins.iter().any(|known| value.starts_with(known.as_str()))
                || row.form.iter().any(|form| form.matches(value)))
    })?;
    Some(Writer { tool: &known.tool, heuristic: known.weak })
}

/// The generator whose downloads have names of this form. `stem` is a file name without extension.
pub fn named_file(stem: &str) -> Option<&'static str> {
    let known = |row: &&FileName| row.patterns.iter().any(|shape| shape.matches(stem));
    TABLE.name.iter().find(known).map(|row| row.tool.as_str())
}

/// The producer that a `ContentProducer` names. Its form: `001`, `1`, the credit code, a suffix.
pub fn producer(text: &str) -> Option<String> {
    let code = text.strip_prefix("0011")?;
    TABLE
        .producer
        .iter()
        .find(|known| code.starts_with(known.code.as_str()))
        .map(|known| known.tool.clone())
}

/// What the name of a class of `ComfyUI` says of its nodes.
#[derive(Clone, Copy, Default)]
pub struct NodeKind {
    /// It generates, or does what is done only for that.
    pub generates: bool,
    /// It asks a service or a model of its own for a picture, film or sound.
    pub serves: bool,
    /// It changes or adds a part of what it is given.
    pub fills: bool,
}

/// What this class of `ComfyUI` is for.
pub fn node(class: &str) -> NodeKind {
    let nodes = &TABLE.nodes;
    let small = class.to_ascii_lowercase();
    let any = |words: &[Word]| words.iter().any(|word| word.is_in(class, &small));
    let part = |parts: &[String]| parts.iter().any(|part| small.contains(part.as_str()));
    let serves = any(&nodes.services) && !any(&nodes.quiet);
    NodeKind { generates: serves || part(&nodes.parts), serves, fills: part(&nodes.fills) }
}

/// The whole name, or the name and then a version.
fn named(text: &str, name: &str) -> bool {
    let text = text.trim();
    let Some(start) = text.get(..name.len()) else {
        return false;
    };
    let Some(rest) = text.get(name.len()..) else {
        return false;
    };
    let mut after = rest.chars();
    start.eq_ignore_ascii_case(name)
        && match after.next() {
            None | Some('/') => true,
            Some(' ' | '_' | '-') => {
                let rest = after.as_str();
                let version = rest.strip_prefix('v').unwrap_or(rest);
                version.starts_with(|next: char| next.is_ascii_digit())
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let table: Table = toml::from_str(include_str!("generators.toml")).unwrap();
        assert!(table.signed.len() > 5 && table.signer.len() > 3);
        let patterns: usize = table.name.iter().map(|row| row.patterns.len()).sum();
        assert!(patterns > 10);
    }

    #[test]
    fn names_are_compared_whole() {
        assert!(signed_agent("Microsoft_Responsible_AI/1.0").is_some());
        assert!(signed_agent("adobe firefly").is_some_and(|agent| !agent.whole));
        assert!(signed_agent("gpt-image 2.0").is_some());
        assert!(signed_agent("Sora Tanaka Editor").is_none());
        assert!(signed_agent("Gemini viewer").is_none());
        assert!(signed_agent("Sora video editor").is_none());
        assert!(signed_agent("Sora v2").is_some() && signed_agent("gpt-image-1.5").is_some());
        assert!(signed_agent("Imagenius").is_none());
        assert!(signer("OpenAI").is_some());
        assert!(signer("RUNWAY AI, INC.").is_some());
        assert!(signed_agent("fal-ai/gpt-image-2").is_some_and(|agent| agent.tool == "fal.ai"));
        assert!(signed_agent("Suno Peak Broadcasting").is_none());
        assert!(signer("OpenAI Watchers e.V.").is_none());
    }

    #[test]
    fn nodes_are_told_by_the_words_of_their_class() {
        for generates in [
            "KSampler",
            "CheckpointLoaderSimple",
            "GrokImageNode",
            "BriaImageEditNode",
            "ReveImageCreateNode",
            "Krea2ImageNode",
            "MagnificImageStyleTransferNode",
            "HiggsfieldMotionTransferNode",
            "HeyGenAvatarVideoNode",
            "MetaMuseImageTextToImageApi",
            "QuiverTextToSVGNode",
            "OpenAIGPTImage1",
            "GeminiImage2Node",
            "ByteDanceSeedreamNode",
            "LumaImageNode",
            "MinimaxHailuoVideoNode",
            "Wan22ImageToVideoLatent",
            "ElevenLabsTextToSoundEffects",
            "SoniloVideoToMusic",
            "ReActorFaceSwap",
            "LivePortraitProcess",
            "ChatterboxTTS",
            "F5TTSAudio",
            "VibeVoiceSingleSpeakerNode",
            "SeedVR2VideoUpscaler",
            "NanoBananaPro_fal",
            "Imagen4_fal",
            "FL_GeminiImageEditor",
            "ComfyUI_NanoBanana",
            "Replicate black-forest-labs/flux-dev",
            "kling_video",
            "FaceDetailer",
        ] {
            assert!(node(generates).generates, "{generates}");
        }
        for not in [
            "LoadImage",
            "SaveImage",
            "ImageScale",
            "ImageUpscaleWithModel",
            "LumaKeyMask",
            "QwenVL",
            "Qwen3_VQA",
            "AILab_QwenVL_Advanced",
            "GeminiNode",
            "GeminiNodeV3",
            "OpenAIChatNode",
            "OpenAIInputFiles",
            "ByteDanceSeedNode",
            "FluxKontextImageScale",
            "RecraftRemoveBackgroundNode",
            "ElevenLabsSpeechToText",
            "Joy_caption",
            "WD14Tagger|pysssss",
            "BiRefNet",
            "ReverseImageBatch",
            "WandbLogger",
            "SwanSong",
            "LoadAUDIO",
            "ImageNSFWFilter",
            "SaveImageWithMetaData",
            "Fluxion",
        ] {
            assert!(!node(not).generates, "{not}");
        }
        for fills in ["FluxProFillNode", "FluxProExpandNode", "BriaEraser", "FaceDetailer"] {
            assert!(node(fills).fills && node(fills).generates, "{fills}");
        }
    }

    #[test]
    fn values_belong_to_their_field() {
        let is = |carrier, key, value| named_value(carrier, key, value).is_some();
        assert!(is(Carrier::Exif, "Make", "Ideogram AI"));
        assert!(!is(Carrier::Exif, "Artist", "Ideogram AI"));
        assert!(!is(Carrier::Exif, "Make", "Ideogram AI fan"));
        assert!(is(Carrier::Exif, "MakerNote", "fooocus"));
        assert!(!is(Carrier::Exif, "MakerNote", "Fooocus lens"));
        assert!(is(Carrier::Id3, "COMM", "made with suno; created=2026; id=x"));
        assert!(!is(Carrier::Id3, "COMM", "the river, made with suno"));
        let made = "made with suno; created=2026; id=x";
        for (carrier, key) in [
            (Carrier::Id3, "COMM:Description"),
            (Carrier::Id3, "TXXX:Comment"),
            (Carrier::Vorbis, "Comment"),
            (Carrier::Vorbis, "description"),
            (Carrier::Matroska, "Comment"),
            (Carrier::Matroska, "DESCRIPTION"),
        ] {
            assert!(is(carrier, key, made), "{key}");
        }
        let studio = "made with suno studio; created=2026-05-01T10:20:30Z";
        for (carrier, key) in [
            (Carrier::Riff, "ICMT"),
            (Carrier::Id3, "COMM"),
            (Carrier::Mp4, "desc"),
            (Carrier::Mp4, "synopsis"),
            (Carrier::Mp4, "ldes"),
            (Carrier::Mp4, "\u{a9}cmt"),
            (Carrier::Vorbis, "COMMENT"),
            (Carrier::Matroska, "DESCRIPTION"),
        ] {
            assert!(is(carrier, key, made) && is(carrier, key, studio), "{key}");
            assert!(!is(carrier, key, "made with suno studio, and a river"), "{key}");
        }
        let song = "https://suno.com/song/0f8fad5b-d9cb-469f-a165-70867728950e";
        assert!(is(Carrier::Id3, "WOAS", song) && is(Carrier::Id3, "WXXX:source", song));
        assert!(!is(Carrier::Id3, "TIT2", made) && !is(Carrier::Exif, "make", "Ideogram AI"));
        let hash = |text: &str| {
            named_value(Carrier::Exif, "Artist", &text.repeat(32)).is_some_and(|it| it.heuristic)
        };
        assert!(hash("0a") && !hash("0z") && !hash("0"));
        assert!(!is(Carrier::Exif, "Artist", "Ansel Adams"));
        let job = named_value(Carrier::PngText, "hf-job-id", "67c8a1");
        assert_eq!(job.map(|it| (it.tool, it.heuristic)), Some(("Higgsfield", true)));
        assert!(is(Carrier::PngText, "hf-job-id", "0f8fad5b-d9cb-469f-a165-70867728950e"));
        assert!(!is(Carrier::PngText, "hf-job-id", "a job-of-mine"));
        assert!(!is(Carrier::PngText, "Comment", "hf-job-id 67c8a1"));
        assert!(is(Carrier::PngText, "postprocessing", "Postprocess upscale by: 4"));
        assert!(is(Carrier::PngText, "extras", "Upscale: 2, visibility: 1.0"));
        assert!(!is(Carrier::PngText, "extras", "bloopers"));
        assert!(!is(Carrier::PngText, "extras", "Upscale: see bonus disc"));
        assert!(!is(Carrier::PngText, "postprocessing", "Postprocess by hand in GIMP"));
        for (key, value) in [
            ("tiff:Make", "Ideogram AI"),
            ("tiff:Software", "Adobe Firefly"),
            ("xmp:CreatorTool", "Aphrodite AI"),
            ("xmp:CreatorTool", "NovelAI"),
            ("xmp:CreatorTool", "NovelAI Diffusion V4.5 C02D4F98"),
            ("xmp:CreatorTool", "Fooocus v2.3.1"),
        ] {
            assert!(is(Carrier::Xmp, key, value), "{key} {value}");
        }
        assert!(!is(Carrier::Xmp, "xmp:CreatorTool", "Ideogram AIR"));
        assert!(!is(Carrier::Xmp, "dc:creator", "Ideogram AI"));
        assert!(!is(Carrier::Id3, "COMM", "not made with udio"));
        assert!(named_value(Carrier::Mp4, "\u{a9}too", "Google").is_some_and(|it| it.heuristic));
    }
}
