//! Standard labels, unsigned: IPTC `DigitalSourceType` and the AI fields of 2025.1 in XMP, and the
//! exact credits that Google and Apple write into XMP and IPTC-IIM. `plus:DataMining` and the like
//! are permissions, not provenance, and give nothing.

use std::cell::LazyCell;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::denial::{denies, vague};
use crate::detect::marks::{Marked, details, evidence, name};
use crate::model::{Evidence, Generative, SourceType, Strength};

const DETECTOR: &str = "xmp";

/// Credits, compared as a whole, but for one that ends in a colon.
const CREDITS: &[(&str, SourceType, &str)] = &[
    ("Made with Google AI", SourceType::TrainedAlgorithmicMedia, "Google AI"),
    ("Edited with Google AI", SourceType::CompositeWithTrainedAlgorithmicMedia, "Google AI"),
    (
        "Apple Photos Clean Up",
        SourceType::CompositeWithTrainedAlgorithmicMedia,
        "Apple Photos Clean Up",
    ),
    (
        "Apple Photos Generative Edit:",
        SourceType::CompositeWithTrainedAlgorithmicMedia,
        "Apple Photos",
    ),
    ("Apple Image Playground", SourceType::TrainedAlgorithmicMedia, "Apple Image Playground"),
];

/// The credit that a text is. Behind a colon Apple says which edit it was, as far as the 32 bytes of IPTC-IIM reach.
fn known_credit(value: &str) -> Option<(&'static str, SourceType, &'static str)> {
    let value = value.trim();
    let is = |credit: &str| value == credit || (credit.ends_with(':') && value.starts_with(credit));
    CREDITS.iter().find(|(credit, ..)| is(credit)).copied()
}

/// Looks for the labels.
pub fn look(fields: &[Field], out: &mut Marked) {
    look_beside(fields, None, out);
}

/// Looks for the labels, where something else states how much was generated: that holds for those which do
/// not say it themselves.
pub fn look_beside(fields: &[Field], stated: Option<SourceType>, out: &mut Marked) {
    for field in fields {
        if is_source_type(field) {
            source_type(field, out);
        } else if is_credit(field) {
            credit(field, out);
        }
    }
    ai_fields(fields, stated, out);
}

/// Whether a field holds a source type; in carriers without XMP, under the standard's own name.
fn is_source_type(field: &Field) -> bool {
    match field.carrier {
        Carrier::Xmp | Carrier::XmpNested => matches!(
            field.key.as_str(),
            "Iptc4xmpExt:DigitalSourceType"
                | "Iptc4xmpExt:DigitalSourceFileType"
                | "Iptc4xmpExt:DigitalSourcefileType"
        ),
        _ => named(&field.key),
    }
}

fn is_credit(field: &Field) -> bool {
    let place = (field.carrier, field.key.as_str());
    matches!(place, (Carrier::Xmp, "photoshop:Credit") | (Carrier::Iim, "2:110"))
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
    if let Some((credit, known, tool)) = known_credit(&field.value) {
        let detector = if field.carrier == Carrier::Iim { "iptc-iim" } else { DETECTOR };
        out.push(
            field.order,
            Evidence {
                source_type: Some(known),
                tool: Some(tool.to_owned()),
                ..evidence(field, detector, Strength::Declared, format!("credit \"{credit}\""))
            },
        );
    }
}

/// What the source types and credits of a file say of how much of it was generated: the whole, a part, or
/// nothing. Ingredients and what was placed in it speak of themselves.
fn degree(fields: &[Field]) -> Option<SourceType> {
    let stated: Vec<SourceType> = fields
        .iter()
        .filter(|field| field.carrier != Carrier::XmpNested && !field.part)
        .filter_map(|field| match field.carrier {
            _ if is_credit(field) => known_credit(&field.value).map(|(_, known, _)| known),
            _ if is_source_type(field) => SourceType::parse(&field.value),
            _ => None,
        })
        .collect();
    let of = |kind| stated.iter().copied().find(|known| known.generative() == kind);
    of(Generative::Whole).or_else(|| of(Generative::Part))
}

/// The fields of IPTC Photo Metadata 2025.1. Each XMP packet's fields are one declaration; they
/// stand together.
fn ai_fields(fields: &[Field], beside: Option<SourceType>, out: &mut Marked) {
    let degree = LazyCell::new(|| degree(fields).or(beside));
    for packet in fields.chunk_by(|one, next| one.order == next.order) {
        if let Some((order, evidence)) = declaration(packet, || *degree) {
            out.push(order, evidence);
        }
    }
}

/// What the fields of one packet declare together, and where they stand.
fn declaration(
    packet: &[Field],
    degree: impl Fn() -> Option<SourceType>,
) -> Option<(usize, Evidence)> {
    let own = packet.iter().filter(|field| field.carrier == Carrier::Xmp);
    let of = |key: &str| own.clone().find(|field| field.key == key).map(|it| it.value.clone());
    let says = |keys: &[&str]| {
        own.clone().find(|field| keys.contains(&field.key.as_str()) && !denies(&field.value))
    };
    let asked = says(&[
        "Iptc4xmpExt:AISystemUsed",
        "Iptc4xmpExt:AISystemVersionUsed",
        "Iptc4xmpExt:AIPromptInformation",
    ]);
    // Who wrote a prompt wrote one, for whatever it was.
    let field = asked.or_else(|| says(&["Iptc4xmpExt:AIPromptWriterName"]))?;
    let system = of("Iptc4xmpExt:AISystemUsed");
    let version = of("Iptc4xmpExt:AISystemVersionUsed");
    let detail = details(&[
        ("prompt", of("Iptc4xmpExt:AIPromptInformation")),
        ("prompt writer", of("Iptc4xmpExt:AIPromptWriterName")),
    ]);
    // An edit says so in a source type or a credit; without one the fields speak of the whole.
    let mut types = own.filter(|field| is_source_type(field));
    let stated = types.find_map(|field| SourceType::parse(&field.value));
    let contrary = stated.is_some_and(|known| known.generative() == Generative::No);
    // A mix or a recording in which something may be generated, and a system that did: in part.
    let open = stated.is_some_and(|known| known.generative() == Generative::MayContain);
    let unstated =
        if open { SourceType::CompositeSynthetic } else { SourceType::TrainedAlgorithmicMedia };
    let declared = stated.filter(|_| !contrary && !open).or_else(degree).unwrap_or(unstated);
    // A system beside a source type that is no generation contradicts it, as does a prompt for no system,
    // and what names none may be a slip: a person must look.
    let unsure = system.as_ref().is_some_and(|system| denies(system) || vague(system));
    let strength = if contrary || unsure || asked.is_none() {
        Strength::Heuristic
    } else {
        Strength::Declared
    };
    let mark = match &system {
        Some(system) if system.len() <= 100 => format!("AI system used: {system}"),
        _ if asked.is_none() => "writer of an AI prompt named".to_owned(),
        _ => "AI system or prompt declared".to_owned(),
    };
    let evidence = Evidence {
        source_type: Some(declared),
        tool: name(system),
        model: name(version),
        detail,
        ..evidence(field, DETECTOR, strength, mark)
    };
    Some((field.order, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::{Content, text};
    use crate::detect::marks::said;

    fn packet(description: &str) -> Content {
        Content::Xmp(
            format!(
                "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
                 xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' \
                 xmlns:p='http://ns.adobe.com/photoshop/1.0/'><r:Description {description}/></r:RDF>"
            )
            .into_bytes(),
        )
    }

    fn iim_credit(credit: &str) -> Content {
        let length = u8::try_from(credit.len()).unwrap();
        Content::Iim([b"\x1c\x02\x6e\0", &[length][..], credit.as_bytes()].concat())
    }

    fn of(description: &str) -> Vec<Evidence> {
        said(look, [packet(description)])
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
        let apple = |credit: &str| {
            let places = [packet(&format!("p:Credit='{credit}'")), iim_credit(credit)];
            places.map(|place| said(look, [place]).pop().and_then(|one| one.source_type))
        };
        let part = Some(SourceType::CompositeWithTrainedAlgorithmicMedia);
        // As IPTC-IIM cuts it, too.
        for edit in ["Apple Photos Generative Edit: Clean Up", "Apple Photos Generative Edit: Cl"] {
            assert_eq!(apple(edit), [part; 2]);
        }
        let whole = Some(SourceType::TrainedAlgorithmicMedia);
        assert_eq!(apple("Apple Image Playground"), [whole; 2]);
        for near in ["Apple Photos Generative Editors", "Apple Image Playgrounds of Ohio"] {
            assert_eq!(apple(near), [None; 2]);
        }
    }

    #[test]
    fn the_fields_of_2025_are_one_piece_of_evidence() {
        let got =
            of("e:AISystemUsed='DALL-E' e:AISystemVersionUsed='3' e:AIPromptInformation='cat'");
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].tool.as_deref(), Some("DALL-E"));
        assert_eq!(got[0].detail.as_deref(), Some("prompt: cat"));
        let got = of("e:AISystemUsed='Denoiser' e:DigitalSourceType='digitalCapture'");
        assert!(got.iter().all(|one| {
            one.strength == Strength::Heuristic
                || one.source_type == Some(SourceType::DigitalCapture)
        }));
    }
    #[test]
    fn the_degree_comes_from_what_states_one() {
        let part = "compositeWithTrainedAlgorithmicMedia";
        let elsewhere = "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource";
        for beside in [
            format!("e:DigitalSourceType='{part}'"),
            format!("e:DigitalSourceFileType='{part}'"),
            format!("e:DigitalSourceType='{elsewhere}'"),
            "p:Credit='Edited with Google AI'".to_owned(),
        ] {
            let got = of(&format!("e:AISystemUsed='Google Gemini' {beside}"));
            let part = Some(Generative::Part);
            assert_eq!(got.len(), 2, "{beside}");
            assert!(got.iter().all(|one| one.source_type.map(SourceType::generative) == part));
        }
        let whole = |description: &str| of(description).last().and_then(|one| one.source_type);
        let all = Some(SourceType::TrainedAlgorithmicMedia);
        assert_eq!(whole("e:AISystemUsed='Google Gemini'"), all);
        let more = "p:Credit='Edited with Google AI' e:DigitalSourceType='trainedAlgorithmicMedia'";
        assert_eq!(whole(&format!("e:AISystemUsed='Google Gemini' {more}")), all);
        // What only may hold something generated does not weaken a system that is named.
        for may in ["composite", "screenCapture", "virtualRecording"] {
            let got = of(&format!("e:AISystemUsed='Adobe Firefly' e:DigitalSourceType='{may}'"));
            let declared =
                |one: &&Evidence| one.source_type == Some(SourceType::CompositeSynthetic);
            let got = got.iter().find(declared).map(|one| one.strength);
            assert_eq!(got, Some(Strength::Declared), "{may}");
        }
        // In another packet of the same file.
        let packets =
            [packet("e:AISystemUsed='x-1'"), packet(&format!("e:DigitalSourceType='{part}'"))];
        let got = said(look, packets);
        assert!(
            got.iter()
                .all(|one| one.source_type.map(SourceType::generative) == Some(Generative::Part))
        );
    }

    #[test]
    fn what_denies_a_system_is_nothing_and_what_names_none_is_suspicion() {
        for none in ["none", "No AI used in this photograph", "AI: none"] {
            assert_eq!(of(&format!("e:AISystemUsed='{none}'")), [], "{none}");
            assert_eq!(
                of(&format!("e:AIPromptInformation='{none}' e:AISystemVersionUsed='n/a'")),
                []
            );
        }
        let strength = |value: &str| of(&format!("e:AISystemUsed='{value}'"))[0].strength;
        for vague in ["?", "?x", "unknown", "A"] {
            assert_eq!(strength(vague), Strength::Heuristic, "{vague}");
        }
        for named in ["DALL-E", "Flux", "GPT-4o", "No Man AI", "yes", "AI"] {
            let expected = if named == "AI" { Strength::Heuristic } else { Strength::Declared };
            assert_eq!(strength(named), expected, "{named}");
        }
        let got = of("e:AISystemUsed='none' e:AIPromptInformation='a fox in snow'");
        assert_eq!((got.len(), got[0].strength), (1, Strength::Heuristic));
        let got = of("e:AIPromptWriterName='Ann'");
        assert_eq!((got.len(), got[0].strength), (1, Strength::Heuristic));
        assert_eq!(of("e:AIPromptWriterName='n/a'"), []);
    }
}
