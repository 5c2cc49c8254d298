//! China's label for generated content (GB 45438-2025, TC260): a JSON object in a carrier's own
//! field, or properties of XMP, and the labels that the programs of `ByteDance` write. The word alone is nothing: at
//! least one of the standard's keys must be there.

use serde_json::{Map, Value};

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::generators;
use crate::detect::marks::{Marked, evidence, name, pick, trace};
use crate::model::{Evidence, SourceType, Strength};

const DETECTOR: &str = "aigc-label";

/// Keys of the standard, then of Tencent's variant.
const KEYS: &[&str] = &[
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
    "ServiceProvider",
    "ContentId",
];

/// Looks for the label.
pub fn look(fields: &[Field], out: &mut Marked) {
    for field in fields {
        if let Some(evidence) = label(field).or_else(|| bytedance(field)) {
            out.push(field.order, evidence);
        }
    }
    let parts: Vec<Part<'_>> = fields.iter().filter_map(part).collect();
    for parts in parts.chunk_by(Part::stands_with) {
        if let Some(evidence) = label_of(parts) {
            out.push(parts[0].field.order, evidence);
        }
    }
}

/// A part of a label that is written in RDF and not as a text of JSON.
struct Part<'a> {
    /// The property and item it stands in; empty beside them, in the packet itself.
    way: &'a str,
    key: &'a str,
    field: &'a Field,
}

impl Part<'_> {
    fn stands_with(&self, other: &Self) -> bool {
        (self.field.order, self.way) == (other.field.order, other.way)
    }
}

fn part(field: &Field) -> Option<Part<'_>> {
    let (way, name) = match field.carrier {
        Carrier::Xmp => ("", field.key.as_str()),
        Carrier::XmpNested => field.key.split_once('/')?,
        _ => return None,
    };
    let own = way.is_empty() || way.split('[').next() == Some("TC260:AIGC");
    let key = name.strip_prefix("TC260:").filter(|key| own && KEYS.contains(key))?;
    Some(Part { way, key, field })
}

/// The label that stands in these properties.
fn label_of(parts: &[Part<'_>]) -> Option<Evidence> {
    let mut object = Map::new();
    for part in parts {
        object.entry(part.key).or_insert_with(|| part.field.value.as_str().into());
    }
    labelled(parts[0].field, &object.into())
}

/// The label's object, from the field made for it or from one that wraps it.
fn label(field: &Field) -> Option<Evidence> {
    let key = field.key.rsplit([':', '.', '/']).next().unwrap_or_default();
    let own = match field.carrier {
        Carrier::Xmp => field.key == "TC260:AIGC",
        // A bare label, with the word before it.
        Carrier::Comment if field.value.trim_start().starts_with("AIGC{") => true,
        Carrier::XmpNested | Carrier::Iim => false,
        // Vorbis comments know no case, and other writers change it.
        _ => key.eq_ignore_ascii_case("AIGC"),
    };
    let bare = field.value.trim_start().strip_prefix("AIGC{").filter(|_| own);
    let bare = bare.and_then(|rest| field.object(&format!("{{{rest}")));
    let value: &Value = bare.as_ref().or_else(|| field.json())?;
    // Some writers give the object as a text of JSON.
    let quoted = value.get("AIGC").and_then(Value::as_str).and_then(|text| field.object(text));
    let object = match value.get("AIGC") {
        Some(inner @ Value::Object(_)) => inner,
        Some(Value::String(_)) if quoted.is_some() => quoted.as_ref()?,
        _ if own => value,
        _ if is_bare(field, value) => value,
        _ => return None,
    };
    labelled(field, object)
}

/// Whether an object is a label in a field made for something else, by what stands together in no other object:
/// in Tencent's variant only where it stands in a picture, since services write of users and their contents, too.
fn is_bare(field: &Field, value: &Value) -> bool {
    let has = |keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    let tencent = ["ServiceProvider", "ServiceUser", "Time", "ContentId"];
    field.carrier != Carrier::XmpNested
        && (has(&["Label", "ContentProducer", "ProduceID"])
            || (field.carrier != Carrier::Json && has(&tencent)))
}

/// What a label says.
fn labelled(field: &Field, object: &Value) -> Option<Evidence> {
    if !KEYS.iter().any(|key| object.get(key).is_some()) {
        return None;
    }
    let producer = pick(object, &["ContentProducer", "ServiceProvider"]);
    let stated = pick(object, &["Label"]);
    let made = || producer.is_some() || pick(object, &["ProduceID"]).is_some();
    let passed_on = || pick(object, &["ContentPropagator", "PropagateID"]).is_some();
    // 1 generated, 2 possibly, 3 suspected; without one the entry of whoever produced it is itself the claim,
    // while that of whoever passed it on may rest on any of the three.
    let (strength, meaning) = match stated.as_deref().map(str::trim) {
        Some("1") => (Strength::Declared, "generated"),
        Some("2") => (Strength::Heuristic, "possibly generated"),
        Some("3") => (Strength::Heuristic, "suspected to be generated"),
        None if made() => (Strength::Declared, "generated, without a degree"),
        None if passed_on() => (Strength::Heuristic, "passed on as labelled, without a degree"),
        _ => return None,
    };
    Some(Evidence {
        source_type: Some(SourceType::TrainedAlgorithmicMedia),
        tool: producer.as_deref().and_then(generators::producer).or_else(|| name(producer)),
        detail: Some(object.to_string()),
        ..evidence(field, DETECTOR, strength, format!("AIGC label of GB 45438-2025: {meaning}"))
    })
}

/// What Doubao, Jimeng, Dreamina and `TikTok` write.
fn bytedance(field: &Field) -> Option<Evidence> {
    let place = matches!(
        field.carrier,
        Carrier::Exif
            | Carrier::Mp4
            | Carrier::PngText
            | Carrier::Comment
            | Carrier::Matroska
            | Carrier::Vorbis
            | Carrier::Id3
    );
    let value = field.json().filter(|_| place)?;
    let data = value.get("data").unwrap_or(value);
    let product = pick(data, &["product"])
        .filter(|product| ["doubao", "xinghui", "dreamina", "jimeng"].contains(&product.as_str()));
    if let Some(product) =
        product.filter(|_| pick(data, &["exportType"]).as_deref() == Some("generation"))
    {
        return Some(Evidence {
            detail: Some(field.value.clone()),
            ..trace(field, DETECTOR, &product, format!("export of a generation by {product}"))
        });
    }
    let source = pick(value, &["source_info"]).filter(|source| source == "dreamina");
    if let Some(source) = source.filter(|_| pick(value, &["aigc_label_type"]).is_some()) {
        return Some(Evidence {
            detail: Some(field.value.clone()),
            ..trace(field, DETECTOR, &source, "label of an export from Dreamina")
        });
    }
    // 0 is a film without the label, or one whose origin is left open.
    let key = ["aigc_label_type", "aigc_type"].into_iter().find(|key| {
        pick(data, &[key])
            .is_some_and(|kind| kind == "1" || (kind == "2" && *key == "aigc_label_type"))
    })?;
    let kind = pick(data, &[key])?;
    Some(Evidence {
        source_type: Some(SourceType::TrainedAlgorithmicMedia),
        tool: name(pick(data, &["source_info", "product"])),
        detail: Some(field.value.clone()),
        ..evidence(
            field,
            DETECTOR,
            Strength::Declared,
            format!("{key} {kind}: labelled as generated"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::{Content, text};
    use crate::detect::marks::said;

    fn of(carrier: Carrier, key: &str, value: &str) -> Option<(Strength, Option<String>)> {
        said(look, [text(carrier, key, value)]).pop().map(|one| (one.strength, one.tool))
    }

    #[test]
    fn the_label_is_read_with_its_degree_and_producer() {
        let kling = r#"{"Label":"1","ContentProducer":"001191110108335469089C10100"}"#;
        assert_eq!(
            of(Carrier::Mp4, "AIGC", kling),
            Some((Strength::Declared, Some("Kling (Kuaishou)".to_owned())))
        );
        let wrapped = format!("{{\"AIGC\":{kling}}}");
        assert!(of(Carrier::Exif, "UserComment", &wrapped).is_some());
        let quoted = serde_json::json!({ "AIGC": kling }).to_string();
        assert!(of(Carrier::Exif, "UserComment", &quoted).is_some());
        assert!(of(Carrier::PngText, "AIGC", &quoted).is_some());
        assert_eq!(
            of(Carrier::PngText, "AIGC", r#"{"Label":"3"}"#).map(|it| it.0),
            Some(Strength::Heuristic)
        );
        assert!(of(Carrier::Mp4, "aigc_info", r#"{"aigc_label_type":1}"#).is_some());
        let export = r#"{"data":{"product":"dreamina","exportType":"generation"}}"#;
        for (carrier, key) in
            [(Carrier::Matroska, "COMMENT"), (Carrier::Vorbis, "comment"), (Carrier::Id3, "COMM")]
        {
            assert!(of(carrier, key, export).is_some(), "{key}");
        }
        assert!(of(Carrier::Exif, "UserComment", r#"{"data":{"aigc_type":"1"}}"#).is_some());
        assert!(of(Carrier::Comment, "COM", &format!("AIGC{kling}")).is_some());
        assert!(of(Carrier::Vorbis, "aigc", kling).is_some());
        for (without, strength) in [
            (r#"{"ProduceID":"y"}"#, Some(Strength::Declared)),
            (r#"{"ContentProducer":"x"}"#, Some(Strength::Declared)),
            (r#"{"PropagateID":"z"}"#, Some(Strength::Heuristic)),
            (r#"{"ProduceID":""}"#, None),
            (r#"{"ReservedCode1":"c","ContentId":"7"}"#, None),
            (r#"{"Label":"0","ProduceID":"y"}"#, None),
        ] {
            let own = of(Carrier::PngText, "AIGC", without).map(|it| it.0);
            let wrapped = of(Carrier::Exif, "UserComment", &format!("{{\"AIGC\":{without}}}"));
            assert_eq!((own, wrapped.map(|it| it.0)), (strength, strength), "{without}");
        }
        let escaped = serde_json::to_string(kling).unwrap();
        let unquoted = kling.replace('"', "\\\"");
        let entities = kling.replace('"', "&quot;");
        let wrapped_twice = serde_json::json!({ "AIGC": escaped }).to_string();
        for value in [&escaped, &unquoted, &entities, &wrapped_twice] {
            for (carrier, key) in [(Carrier::Xmp, "TC260:AIGC"), (Carrier::Mp4, "AIGC")] {
                assert!(of(carrier, key, value).is_some(), "{key} {value}");
            }
        }
        let bare = r#"{"Label":"1","ContentProducer":"x","ProduceID":"y"}"#;
        assert!(of(Carrier::Exif, "UserComment", bare).is_some());
        assert!(of(Carrier::Json, "", bare).is_some());
        let tencent =
            r#"{"ServiceProvider":"x","ServiceUser":"7","Time":"1750000000","ContentId":"a"}"#;
        let found = of(Carrier::Exif, "ImageDescription", tencent).map(|it| it.0);
        assert_eq!(found, Some(Strength::Declared));
        assert_eq!(of(Carrier::Json, "", tencent), None);
        let less = tencent.replace("ServiceUser", "User");
        assert_eq!(of(Carrier::Exif, "ImageDescription", &less), None);
    }

    #[test]
    fn a_label_in_rdf_is_the_same_as_one_in_json() {
        let of = |ns: &str, inner: &str| {
            let packet = format!(
                "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:t='{ns}' \
                 xmlns:m='http://ns.adobe.com/xap/1.0/mm/'>\
                 <r:Description>{inner}</r:Description></r:RDF>"
            );
            said(look, [Content::Xmp(packet.into_bytes())])
        };
        let ns = "http://www.tc260.org.cn/ns/AIGC/1.0/";
        let producer = "001191110108335469089C10100";
        let parts =
            format!("<t:Label>1</t:Label><t:ContentProducer>{producer}</t:ContentProducer>");
        let attributes = format!("t:Label='1' t:ContentProducer='{producer}'");
        let json = format!("{{\"Label\":\"1\",\"ContentProducer\":\"{producer}\"}}");
        for inner in [
            format!("<t:AIGC r:parseType='Resource'>{parts}</t:AIGC>"),
            format!("<t:AIGC><r:Description>{parts}</r:Description></t:AIGC>"),
            format!("<t:AIGC><r:Description {attributes}/></t:AIGC>"),
            format!("<t:AIGC {attributes}/>"),
            format!("<t:AIGC><r:Bag><r:li r:parseType='Resource'>{parts}</r:li></r:Bag></t:AIGC>"),
            parts.clone(),
            format!("<t:AIGC>{json}</t:AIGC>"),
        ] {
            for ns in
                [ns, "https://www.tc260.org.cn/ns/AIGC/1.0", "http://www.tc260.org.cn/ns/AIGC/1.0#"]
            {
                let got = of(ns, &inner);
                assert_eq!(got.len(), 1, "{inner}");
                assert_eq!(got[0].strength, Strength::Declared);
                assert_eq!(got[0].tool.as_deref(), Some("Kling (Kuaishou)"));
                assert_eq!(got[0].detail.as_deref(), Some(json.as_str()));
            }
        }
        let two = "<t:AIGC><r:Seq><r:li t:Label='3'/><r:li t:Label='1'/></r:Seq></t:AIGC>";
        let strengths: Vec<_> = of(ns, two).iter().map(|one| one.strength).collect();
        assert_eq!(strengths, [Strength::Heuristic, Strength::Declared]);
        for nothing in [
            "<t:AIGC r:parseType='Resource'><t:Talk>1</t:Talk></t:AIGC>",
            "<t:AIGC r:parseType='Resource'><t:Label>0</t:Label></t:AIGC>",
            // What an ingredient says is not said of the file.
            "<m:Pantry><r:Bag><r:li><t:AIGC t:Label='1'/></r:li></r:Bag></m:Pantry>",
        ] {
            assert_eq!(of(ns, nothing), [], "{nothing}");
        }
        assert_eq!(of("http://example.com/ns/AIGC/1.0/", &parts), []);
    }

    #[test]
    fn the_word_alone_is_nothing() {
        assert_eq!(of(Carrier::PngText, "AIGC", "a talk about AIGC"), None);
        assert_eq!(of(Carrier::PngText, "AIGC", r#"{"talk":"AIGC"}"#), None);
        assert_eq!(of(Carrier::Mp4, "aigc_info", r#"{"aigc_label_type":0}"#), None);
        assert_eq!(of(Carrier::Exif, "UserComment", r#"{"aigc_type":0}"#), None);
        assert_eq!(of(Carrier::Comment, "COM", "AIGC{an odd talk}"), None);
        assert_eq!(of(Carrier::Exif, "Make", r#"{"Label":"1"}"#), None);
        assert_eq!(of(Carrier::Exif, "UserComment", r#"{"ProduceID":"y"}"#), None);
        assert_eq!(of(Carrier::Json, "", r#"{"Label":"1","ProduceID":"y"}"#), None);
    }
}
