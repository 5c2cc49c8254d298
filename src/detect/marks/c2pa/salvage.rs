//! Reads what is still there of a manifest store that the C2PA library refuses: boxes, and the assertions and claims
//! in them, up to where they are cut off. Pure, and it checks nothing, so that what it gives is `invalid`. Used by
//! `apart`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::detect::marks::c2pa::actions::base;
use crate::detect::marks::c2pa::graph::{Edge, Graph, Manifest, Relation};
use crate::detect::marks::pick;
use crate::model::{GivenName, NameKind, Trust};

/// Values in all assertions of a store: each takes many times the memory of its bytes.
const VALUES_MAX: usize = 100_000;
/// Items in items.
const DEPTH_MAX: usize = 64;

/// What a store still says. Nothing where its active manifest is not in it any more: what the others say
/// is no word about the asset.
pub fn read(store: &[u8]) -> Option<Graph> {
    let (top, label, inside) = boxes(store).find_map(|it| {
        let (label, inside) = described(&it)?;
        Some((it, label, inside))
    })?;
    if label != "c2pa" {
        return None;
    }
    let mut values = VALUES_MAX;
    let mut active = None;
    let mut manifests = BTreeMap::new();
    // What stands in front of the manifests, and they.
    let mut stated = (top.body.len() - inside.len()) as u64;
    for it in boxes(inside) {
        stated = stated.saturating_add(it.stated);
        active = described(&it).map(|(label, inside)| {
            manifests.insert(label.clone(), manifest(&label, inside, &mut values));
            label
        });
    }
    let is_last = stated.saturating_add(top.header) >= top.stated;
    active.filter(|_| is_last).map(|active| Graph { active, manifests })
}

/// A box, and what is there of its body.
struct Boxed<'a> {
    kind: &'a [u8],
    header: u64,
    /// How long it says that it is, header included.
    stated: u64,
    body: &'a [u8],
}

/// The boxes in a row. The last one may be cut off.
fn boxes(data: &[u8]) -> impl Iterator<Item = Boxed<'_>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let number = |raw: &[u8]| raw.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let kind = rest.get(4..8)?;
        let (header, stated) = match number(rest.get(..4)?) {
            0 => (8, rest.len() as u64),
            1 => (16, number(rest.get(8..16)?)),
            size => (8, size),
        };
        let end = usize::try_from(stated).unwrap_or(usize::MAX).min(rest.len());
        let body = rest.get(header..end)?;
        rest = rest.get(end..)?;
        Some(Boxed { kind, header: header as u64, stated, body })
    })
}

/// The label of a superbox, and the boxes behind its description.
fn described<'a>(it: &Boxed<'a>) -> Option<(String, &'a [u8])> {
    if it.kind != b"jumb" {
        return None;
    }
    let first = boxes(it.body).next().filter(|first| first.kind == b"jumd")?;
    // Behind its type and what it holds, up to a zero.
    let label = first.body.get(17..)?;
    let label = label.get(..label.iter().position(|byte| *byte == 0)?)?;
    let inside = it.body.get(usize::try_from(first.stated).ok()?..)?;
    Some((String::from_utf8_lossy(label).into_owned(), inside))
}

fn manifest(label: &str, inside: &[u8], values: &mut usize) -> Manifest {
    let mut out = Manifest {
        label: label.to_owned(),
        generators: Vec::new(),
        issuer: None,
        common_name: None,
        time: None,
        assertions: Vec::new(),
        ingredients: Vec::new(),
        trust: Trust::Invalid,
        codes: Vec::new(),
    };
    for (label, inside) in boxes(inside).filter_map(|it| described(&it)) {
        match base(&label) {
            "c2pa.assertions" => {
                for (label, inside) in boxes(inside).filter_map(|it| described(&it)) {
                    let Some(value) = content(inside, values) else { continue };
                    match base(&label) {
                        "c2pa.ingredient" | "c2pa.ingredient.v2" | "c2pa.ingredient.v3" => {
                            out.ingredients.extend(edge(&value));
                        }
                        _ => out.assertions.push((label, value)),
                    }
                }
            }
            "c2pa.claim" | "c2pa.claim.v2" => {
                let claim = content(inside, values).unwrap_or_default();
                out.generators = generators(&claim);
            }
            _ => {}
        }
    }
    out
}

fn generators(claim: &Value) -> Vec<String> {
    let infos = claim.get("claim_generator_info");
    let infos = infos
        .and_then(Value::as_array)
        .map_or_else(|| infos.into_iter().collect(), |list| list.iter().collect::<Vec<_>>());
    let named = infos.into_iter().filter_map(|info| {
        let name = pick(info, &["name"])?;
        Some(match pick(info, &["version"]) {
            Some(version) => format!("{name}/{version}"),
            None => name,
        })
    });
    named.chain(pick(claim, &["claim_generator"])).collect()
}

fn edge(value: &Value) -> Option<Edge> {
    let relation = match value.get("relationship")?.as_str()? {
        "parentOf" => Relation::ParentOf,
        "componentOf" => Relation::ComponentOf,
        "inputTo" => Relation::InputTo,
        _ => return None,
    };
    let manifest = value.get("activeManifest").or_else(|| value.get("c2pa_manifest"));
    let label = manifest
        .and_then(|manifest| manifest.get("url"))
        .and_then(Value::as_str)
        .and_then(|url| url.rsplit('/').next())
        .map(str::to_owned);
    let names = [
        (NameKind::Instance, ["instanceID", "xmpMM:InstanceID"]),
        (NameKind::Document, ["documentID", "xmpMM:DocumentID"]),
    ];
    let names =
        names.into_iter().filter_map(|(kind, keys)| Some(GivenName(kind, pick(value, &keys)?)));
    Some(Edge {
        relation,
        label,
        title: pick(value, &["dc:title"]),
        names: names.collect(),
        input: None,
        text: None,
    })
}

/// The value of an assertion or a claim.
fn content(inside: &[u8], values: &mut usize) -> Option<Value> {
    let it = boxes(inside).next()?;
    match it.kind {
        b"cbor" => Cbor { data: it.body, values }.item(0),
        b"json" => {
            let dense = it.body.iter().filter(|byte| b"[{,:".contains(byte)).count();
            *values = values.checked_sub(dense)?;
            serde_json::from_slice(it.body).ok()
        }
        _ => None,
    }
}

/// CBOR (RFC 8949, 3) as JSON. Where it ends too early, lists and maps hold what was whole before.
struct Cbor<'a, 'b> {
    data: &'a [u8],
    values: &'b mut usize,
}

impl<'a> Cbor<'a, '_> {
    /// The next item. Nothing at a break and at the end.
    fn item(&mut self, depth: usize) -> Option<Value> {
        *self.values = self.values.checked_sub(1)?;
        let first = *self.take(1)?.first()?;
        let (kind, short) = (first >> 5, first & 0x1f);
        let count = match short {
            0..=23 => Some(u64::from(short)),
            24..=27 => {
                let raw = self.take(1 << (short - 24))?;
                Some(raw.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return None,
        };
        if depth > DEPTH_MAX {
            return None;
        }
        Some(match (kind, count) {
            (0, Some(number)) => Value::from(number),
            (1, Some(number)) => {
                i64::try_from(number).map_or(Value::Null, |it| Value::from(-1 - it))
            }
            (2, Some(size)) => {
                self.take(usize::try_from(size).ok()?)?;
                Value::Null
            }
            (3, Some(size)) => {
                let text = self.take(usize::try_from(size).ok()?)?;
                Value::String(String::from_utf8_lossy(text).into_owned())
            }
            (2 | 3, None) => {
                let mut text = String::new();
                while let Some(piece) = self.item(depth + 1) {
                    text.push_str(piece.as_str().unwrap_or_default());
                }
                Value::String(text)
            }
            (4, count) => {
                let mut list = Vec::new();
                while count.is_none_or(|count| (list.len() as u64) < count) {
                    let Some(item) = self.item(depth + 1) else { break };
                    list.push(item);
                }
                Value::Array(list)
            }
            (5, count) => {
                let mut map = Map::new();
                let mut met = 0;
                while count.is_none_or(|count| met < count) {
                    met += 1;
                    let Some(key) = self.item(depth + 1) else { break };
                    let Some(value) = self.item(depth + 1) else { break };
                    if let Value::String(key) = key {
                        map.insert(key, value);
                    }
                }
                Value::Object(map)
            }
            (6, Some(_)) => self.item(depth + 1)?,
            (7, Some(bits)) => match short {
                20 => Value::Bool(false),
                21 => Value::Bool(true),
                26 => Value::from(f64::from(f32::from_bits(u32::try_from(bits).ok()?))),
                27 => Value::from(f64::from_bits(bits)),
                _ => Value::Null,
            },
            _ => return None,
        })
    }

    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        // What is cut off is not read as something else.
        let (taken, rest) = self.data.split_at_checked(size).unwrap_or((&[], &[]));
        self.data = rest;
        (taken.len() == size).then_some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::container::bmff::tests::bx;
    use crate::detect::marks::c2pa::graph::judge;
    use crate::model::SourceType;

    /// A box of boxes by its label.
    fn superbox(label: &str, inside: &[Vec<u8>]) -> Vec<u8> {
        let description = [[0; 16].as_slice(), b"\x03", label.as_bytes(), b"\0"].concat();
        bx(b"jumb", &[bx(b"jumd", &description), inside.concat()].concat())
    }

    fn assertions(list: &[Vec<u8>]) -> Vec<u8> {
        superbox("c2pa.assertions", list)
    }

    fn json(label: &str, text: &str) -> Vec<u8> {
        superbox(label, &[bx(b"json", text.as_bytes())])
    }

    const GENERATED: &str = r#"{"actions": [{"action": "c2pa.created", "digitalSourceType": "trainedAlgorithmicMedia"}]}"#;

    /// A generated manifest, and one that has it for an ingredient.
    fn store(relation: &str) -> Vec<u8> {
        let edge = format!(
            r#"{{"relationship": "{relation}", "dc:title": "sky", "activeManifest": {{"url": "self#jumbf=/c2pa/inner"}}}}"#
        );
        let inner = superbox("inner", &[assertions(&[json("c2pa.actions", GENERATED)])]);
        let claim = superbox("c2pa.claim", &[bx(b"cbor", b"\xa1\x6fclaim_generator\x63Cam")]);
        let outer = superbox("outer", &[assertions(&[json("c2pa.ingredient.v3", &edge)]), claim]);
        superbox("c2pa", &[inner, outer])
    }

    #[test]
    fn ingredients_mean_what_they_mean_in_a_whole_store() {
        for (relation, known) in
            [("parentOf", SourceType::TrainedAlgorithmicMedia), ("inputTo", SourceType::Composite)]
        {
            let graph = read(&store(relation)).unwrap();
            assert_eq!(graph.active, "outer");
            assert_eq!(graph.manifests["outer"].generators, ["Cam"]);
            let (evidence, _) = judge(&graph, "x");
            assert_eq!(evidence[0].source_type, Some(known), "{relation}");
            assert_eq!(evidence[0].trust, Some(Trust::Invalid));
        }
    }

    #[test]
    fn what_an_ingredient_says_is_no_word_of_the_asset_whose_manifest_is_cut_away() {
        let store = store("inputTo");
        let outer = store.windows(5).position(|label| label == b"outer").unwrap();
        let mut told = 0;
        for end in 0..store.len() {
            let graph = read(&store[..end]);
            assert!(graph.iter().all(|graph| graph.active == "outer"), "cut at {end}");
            assert!(graph.is_none() || end > outer, "cut at {end}");
            told += usize::from(graph.is_some());
        }
        assert!(told > 100);
    }

    #[test]
    fn cbor_is_read_up_to_where_it_ends() {
        let read = |data: &[u8]| Cbor { data, values: &mut VALUES_MAX.clone() }.item(0);
        let whole =
            b"\xa3\x61a\x83\x01\x20\xf5\x61b\x7f\x61x\x61y\xff\x61c\xbf\x61d\xd8\x20\x41z\xff";
        let json = serde_json::json!({"a": [1, -1, true], "b": "xy", "c": {"d": null}});
        assert_eq!(read(whole), Some(json));
        assert_eq!(read(&whole[..6]), Some(serde_json::json!({"a": [1, -1]})));
        assert_eq!(read(&whole[..2]), Some(serde_json::json!({})));
        assert_eq!(read(b"\xfb\x3f\xf8\0\0\0\0\0\0"), Some(serde_json::json!(1.5)));
        assert_eq!(read(b"\x7b\xff\xff\xff\xff\xff\xff\xff\xffabc"), None);
        assert!(read(&[0x81; 1000]).is_some());
        // As many values as a store may have.
        let many = [b"\x9f".as_slice(), &vec![0; VALUES_MAX * 2]].concat();
        let Some(Value::Array(list)) = read(&many) else { panic!() };
        assert_eq!(list.len(), VALUES_MAX - 1);
    }
}
