//! Standard labels, unsigned: IPTC `DigitalSourceType` and the AI fields of 2025.1 in XMP, and the
//! exact credits that Google and Apple write into XMP and IPTC-IIM. `plus:DataMining` and the like
//! are permissions, not provenance, and give nothing.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::{Marked, details, evidence, name};
use crate::model::{Evidence, Generative, SourceType, Strength};

const DETECTOR: &str = "xmp";

/// Credits, compared as a whole.
const CREDITS: &[(&str, SourceType, &str)] = &[
    ("Made with Google AI", SourceType::TrainedAlgorithmicMedia, "Google AI"),
    ("Edited with Google AI", SourceType::CompositeWithTrainedAlgorithmicMedia, "Google AI"),
    (
        "Apple Photos Clean Up",
        SourceType::CompositeWithTrainedAlgorithmicMedia,
        "Apple Photos Clean Up",
    ),
];

/// Looks for the labels.
pub fn look(fields: &[Field], out: &mut Marked) {
    for field in fields {
        match (field.carrier, field.key.as_str()) {
            (
                Carrier::Xmp | Carrier::XmpNested,
                "Iptc4xmpExt:DigitalSourceType"
                | "Iptc4xmpExt:DigitalSourceFileType"
                | "Iptc4xmpExt:DigitalSourcefileType",
            ) => {
                source_type(field, out);
            }
            (Carrier::Xmp, "photoshop:Credit") | (Carrier::Iim, "2:110") => credit(field, out),
            // Carriers without XMP: a named text under the standard's own name.
            (Carrier::Xmp | Carrier::XmpNested, _) => {}
            (_, key) if named(key) => source_type(field, out),
            _ => {}
        }
    }
    ai_fields(fields, out);
}

/// Whether a key is the standard's name of the field, however a carrier spells it.
fn named(key: &str) -> bool {
    let last = key.rsplit([':', '.', '/']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|it| !matches!(it, '_' | ' ' | '-')).collect();
    plain.eq_ignore_ascii_case("DigitalSourceType")
}

fn source_type(field: &Field, out: &mut Marked) {
    let Some(known) = SourceType::parse(&field.value) else {
        return;
    };
    if field.carrier == Carrier::XmpNested {
        // What an ingredient says of itself: a person must look how much of it is left.
        if known.generative() != Generative::No {
            let mark = format!("an ingredient is declared {}", known.term());
            out.push(
                field.order,
                Evidence {
                    source_type: Some(SourceType::Composite),
                    ..evidence(field, DETECTOR, Strength::Declared, mark)
                },
            );
        }
        return;
    }
    let mark = format!("DigitalSourceType {}: {}", known.term(), known.meaning());
    out.push(
        field.order,
        Evidence {
            source_type: Some(known),
            detail: Some(field.value.clone()),
            ..evidence(field, DETECTOR, Strength::Declared, mark)
        },
    );
}

fn credit(field: &Field, out: &mut Marked) {
    let value = field.value.trim();
    if let Some((credit, known, tool)) = CREDITS.iter().find(|(credit, ..)| *credit == value) {
        let detector = if field.carrier == Carrier::Iim { "iptc-iim" } else { DETECTOR };
        out.push(
            field.order,
            Evidence {
                source_type: Some(*known),
                tool: Some((*tool).to_owned()),
                ..evidence(field, detector, Strength::Declared, format!("credit \"{credit}\""))
            },
        );
    }
}

/// The fields of IPTC Photo Metadata 2025.1. Each XMP packet's fields are one declaration; they
/// stand together.
fn ai_fields(fields: &[Field], out: &mut Marked) {
    for packet in fields.chunk_by(|one, next| one.order == next.order) {
        let of = |key: &str| {
            let field =
                packet.iter().find(|field| field.carrier == Carrier::Xmp && field.key == key)?;
            Some(field.value.clone())
        };
        let ours = |field: &&Field| {
            field.carrier == Carrier::Xmp
                && matches!(
                    field.key.as_str(),
                    "Iptc4xmpExt:AISystemUsed"
                        | "Iptc4xmpExt:AISystemVersionUsed"
                        | "Iptc4xmpExt:AIPromptInformation"
                )
        };
        let Some(field) = packet.iter().find(ours) else {
            continue;
        };
        let system = of("Iptc4xmpExt:AISystemUsed");
        let version = of("Iptc4xmpExt:AISystemVersionUsed");
        let nothing = |text: &String| {
            ["none", "no", "n/a", "na", "-", "not applicable"]
                .contains(&text.trim().to_ascii_lowercase().as_str())
        };
        if system.as_ref().is_some_and(nothing) {
            continue;
        }
        // An edit says so in DigitalSourceType; without one the fields speak of the whole.
        let stated = of("Iptc4xmpExt:DigitalSourceType").and_then(|text| SourceType::parse(&text));
        let declared = stated
            .filter(|known| known.generative() != Generative::No)
            .unwrap_or(SourceType::TrainedAlgorithmicMedia);
        // A system beside a source type that is no generation contradicts it: a person must look.
        let strength = if stated.is_some_and(|known| known.generative() == Generative::No) {
            Strength::Heuristic
        } else {
            Strength::Declared
        };
        let mark = match &system {
            Some(system) if system.len() <= 100 => format!("AI system used: {system}"),
            _ => "AI system or prompt declared".to_owned(),
        };
        out.push(
            field.order,
            Evidence {
                source_type: Some(declared),
                tool: name(system),
                model: name(version),
                detail: details(&[
                    ("prompt", of("Iptc4xmpExt:AIPromptInformation")),
                    ("prompt writer", of("Iptc4xmpExt:AIPromptWriterName")),
                ]),
                ..evidence(field, DETECTOR, strength, mark)
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::{Content, text};
    use crate::detect::marks::said;

    fn of(description: &str) -> Vec<Evidence> {
        let packet = Content::Xmp(
                format!(
                    "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
                     xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' \
                     xmlns:p='http://ns.adobe.com/photoshop/1.0/'><r:Description {description}/></r:RDF>"
                )
                .into_bytes(),
            );
        said(look, [packet])
    }

    #[test]
    fn terms_are_compared_whole() {
        let base = "http://cv.iptc.org/newscodes/digitalsourcetype";
        let got = of(&format!("e:DigitalSourceType='{base}/trainedAlgorithmicMedia'"));
        assert_eq!(got[0].source_type, Some(SourceType::TrainedAlgorithmicMedia));
        assert_eq!(got[0].place, "P Iptc4xmpExt:DigitalSourceType");
        let got = of(&format!("e:DigitalSourceFileType='{base}/algorithmicMedia'"));
        assert_eq!(got[0].source_type, Some(SourceType::AlgorithmicMedia));
        assert_eq!(of("e:DigitalSourceType='http://exiftool.org'"), []);
        assert_eq!(of("p:Instructions='not trainedAlgorithmicMedia'"), []);
    }

    #[test]
    fn a_named_text_of_a_carrier_without_xmp_is_read() {
        let named = |carrier, key: &str, value: &str| {
            said(look, [text(carrier, key, value)]).pop().and_then(|one| one.source_type)
        };
        let whole = Some(SourceType::TrainedAlgorithmicMedia);
        assert_eq!(named(Carrier::Mxf, "DigitalSourceType", "trainedAlgorithmicMedia"), whole);
        for (carrier, key) in [
            (Carrier::Matroska, "DIGITAL_SOURCE_TYPE"),
            (Carrier::Mp4, "com.example.DigitalSourceType"),
            (Carrier::Vorbis, "DIGITALSOURCETYPE"),
            (Carrier::Id3, "TXXX:DigitalSourceType"),
            (Carrier::Riff, "iXML:DigitalSourceType"),
            (Carrier::PngText, "Iptc4xmpExt:DigitalSourceType"),
        ] {
            assert_eq!(named(carrier, key, "trainedAlgorithmicMedia"), whole, "{key}");
        }
        let elsewhere = "https://schema.org/TrainedAlgorithmicMediaDigitalSource";
        assert_eq!(named(Carrier::Mp4, "DigitalSourceType", elsewhere), whole);
        assert_eq!(named(Carrier::Mp4, "DigitalSourceTypes", "trainedAlgorithmicMedia"), None);
        assert_eq!(named(Carrier::Mxf, "Comment", "trainedAlgorithmicMedia"), None);
        assert_eq!(named(Carrier::Dpx, "DigitalSourceType", "a trainedAlgorithmicMedia"), None);
    }

    #[test]
    fn credits_are_exact() {
        assert_eq!(of("p:Credit='Made with Google AI'").len(), 1);
        assert_eq!(of("p:Credit='Not Made with Google AI'"), []);
        assert_eq!(of("p:Credit='Gemini Observatory'"), []);
    }

    #[test]
    fn the_fields_of_2025_are_one_piece_of_evidence() {
        let got =
            of("e:AISystemUsed='DALL-E' e:AISystemVersionUsed='3' e:AIPromptInformation='cat'");
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].tool.as_deref(), Some("DALL-E"));
        assert_eq!(got[0].detail.as_deref(), Some("prompt: cat"));
        assert_eq!(of("e:AISystemUsed='none'"), []);
        let got = of("e:AISystemUsed='Denoiser' e:DigitalSourceType='digitalCapture'");
        assert!(got.iter().all(|one| {
            one.strength == Strength::Heuristic
                || one.source_type == Some(SourceType::DigitalCapture)
        }));
    }
}
