//! The names that XMP has for a file and for what it was made from (`xmpMM`, XMP specification part 1
//! §8.6 and part 2 §2.8). They are no marks: what they lead to is decided when lineage is judged.
//!
//! `DocumentID` alone makes nothing a parent: documents that share it are states of one another, and
//! which came first it does not say. `History` is not read.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::Marked;
use crate::model::{Derivation, GivenName, NameKind, Relation};

/// Looks for the names.
pub fn look(fields: &[Field], out: &mut Marked) {
    let xmp = |field: &&Field| matches!(field.carrier, Carrier::Xmp | Carrier::XmpNested);
    let mut has_own = false;
    for packet in fields.chunk_by(|one, next| one.order == next.order) {
        let of = |key: &str| packet.iter().filter(xmp).find(|field| field.key == key);
        let name = |kind, field: &Field| GivenName(kind, field.value.trim().to_owned());
        let (instance, document) = (of("xmpMM:InstanceID"), of("xmpMM:DocumentID"));
        if packet.iter().any(|field| field.part) {
            // What was placed in the file has its own names, and what it was made from is its own affair.
            let own = [(NameKind::Instance, instance), (NameKind::Document, document)];
            let own = own.into_iter().filter_map(|(kind, field)| Some((kind, field?)));
            let names: Vec<_> = own.clone().map(|(kind, field)| name(kind, field)).collect();
            if let Some((_, field)) = own.last() {
                derives(out, Relation::Composite, names, field);
            }
            continue;
        }
        // The first packet is the file's own; later ones may be of what is embedded in it.
        if !has_own {
            for (kind, field) in [(NameKind::Instance, instance), (NameKind::Document, document)] {
                if let Some(field) = field {
                    has_own = true;
                    out.is_named(name(kind, field));
                }
            }
        }
        if let Some(field) = of("xmpMM:DerivedFrom") {
            // As the first versions of XMP wrote it: one name, and no word of which kind.
            let names = vec![name(NameKind::Instance, field), name(NameKind::Document, field)];
            derives(out, Relation::Version, names, field);
        }
        // One reference after the other: its names stand together.
        let references = packet.iter().filter(xmp).filter_map(reference).collect::<Vec<_>>();
        for one in references.chunk_by(|one, next| one.way == next.way) {
            let mut names: Vec<_> = one.iter().map(|one| name(one.kind, one.field)).collect();
            names.sort();
            derives(out, one[0].relation, names, one[0].field);
        }
        let other = |field: &&Field| document.is_none_or(|own| own.value != field.value);
        if let Some(field) = of("xmpMM:OriginalDocumentID").filter(other) {
            derives(out, Relation::Version, vec![name(NameKind::Document, field)], field);
        }
    }
}

fn derives(out: &mut Marked, relation: Relation, names: Vec<GivenName>, field: &Field) {
    out.derives(Derivation { relation, names, place: field.place.clone() });
}

/// A name of something the file was made from.
struct Reference<'a> {
    /// The property and item it stands in.
    way: &'a str,
    kind: NameKind,
    relation: Relation,
    field: &'a Field,
}

fn reference(field: &Field) -> Option<Reference<'_>> {
    let (way, name) = field.key.split_once('/')?;
    // What stands deeper is said of what the file was made from, not of the file.
    let kind = match name {
        "stRef:instanceID" | "xmpMM:InstanceID" => NameKind::Instance,
        "stRef:documentID" | "xmpMM:DocumentID" => NameKind::Document,
        _ => return None,
    };
    let relation = match way.split('[').next().unwrap_or(way) {
        "xmpMM:DerivedFrom" => Relation::Version,
        "xmpMM:Ingredients" | "xmpMM:Pantry" => Relation::Composite,
        _ => return None,
    };
    Some(Reference { way, kind, relation, field })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::{Content, Found};
    use crate::detect::expand::expand;
    use crate::detect::marks::marked::SOURCES_MAX;
    use crate::model::Identity;

    fn of(packets: &[&str]) -> (Identity, bool) {
        let mut found = Found::default();
        for inner in packets {
            let packet = format!(
                "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
                 xmlns:s='http://ns.adobe.com/xap/1.0/sType/ResourceRef#' \
                 xmlns:m='http://ns.adobe.com/xap/1.0/mm/'>{inner}</r:RDF>"
            );
            found.add("P", Content::Xmp(packet.into_bytes()));
        }
        let mut out = Marked::default();
        look(&expand(&mut found).0, &mut out);
        out.take_identity()
    }

    fn said(identity: &Identity) -> Vec<String> {
        let line = |one: &Derivation| {
            let names = one.names.iter().map(|name| format!("{} {}", name.0.as_str(), name.1));
            format!("{}: {}", one.relation.as_str(), names.collect::<Vec<_>>().join(", "))
        };
        identity.from.iter().map(line).collect()
    }

    #[test]
    fn a_file_names_itself_and_what_it_was_made_from() {
        let (identity, more) = of(&[
            "<r:Description m:InstanceID='xmp.iid:child' m:DocumentID='xmp.did:child' \
             m:OriginalDocumentID='xmp.did:first'><m:DerivedFrom s:documentID='xmp.did:parent' \
             s:instanceID='xmp.iid:parent'/><m:Ingredients><r:Bag><r:li s:instanceID='xmp.iid:a'/>\
             <r:li s:documentID='xmp.did:b'/></r:Bag></m:Ingredients></r:Description>",
            "<r:Description m:InstanceID='xmp.iid:embedded'/>",
        ]);
        assert!(!more);
        let own = [(NameKind::Instance, "xmp.iid:child"), (NameKind::Document, "xmp.did:child")];
        assert_eq!(identity.own, own.map(|(kind, name)| GivenName(kind, name.to_owned())));
        assert_eq!(
            said(&identity),
            [
                "version: instance xmp.iid:parent, document xmp.did:parent",
                "composite: instance xmp.iid:a",
                "composite: document xmp.did:b",
                "version: document xmp.did:first",
            ]
        );
        assert_eq!(identity.from[0].place, "P xmpMM:DerivedFrom/stRef:documentID");
    }

    #[test]
    fn what_an_ingredient_was_made_from_is_not_said_of_the_file() {
        let (identity, _) = of(&[
            "<r:Description><m:Pantry><r:Bag><r:li><r:Description m:InstanceID='xmp.iid:inside'>\
             <m:DerivedFrom s:instanceID='xmp.iid:elsewhere'/></r:Description></r:li></r:Bag>\
             </m:Pantry></r:Description>",
        ]);
        assert_eq!(said(&identity), ["composite: instance xmp.iid:inside"]);
        assert_eq!(identity.own, []);
    }

    #[test]
    fn short_words_are_no_names_and_too_many_are_told() {
        let (identity, _) =
            of(&["<r:Description m:DocumentID='1'><m:DerivedFrom s:documentID='1'/>\
             </r:Description>"]);
        assert!(identity.is_empty());
        let item = |at| format!("<r:li s:instanceID='xmp.iid:{at:09}'/>");
        let items = (0..=SOURCES_MAX).map(item).collect::<Vec<_>>().concat();
        let (identity, more) = of(&[&format!(
            "<r:Description><m:Ingredients><r:Bag>{items}</r:Bag></m:Ingredients></r:Description>"
        )]);
        assert!(more);
        assert_eq!(identity.from.len(), SOURCES_MAX);
    }
}
