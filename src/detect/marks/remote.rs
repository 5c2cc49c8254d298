//! The address of a C2PA manifest that is kept elsewhere (`dcterms:provenance`). What stays behind
//! when a file is stripped of its manifest: not a claim of AI by itself, and nothing is fetched, but
//! a person must look. Says nothing where the manifest is still in the file. Museums give the page on who
//! owned a picture in the same property: an address that speaks of no manifest is none.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::{Marked, evidence};
use crate::model::{Evidence, Strength};

/// What the addresses of manifests and of those who keep them have in them.
const WORDS: &[&str] =
    &["manifest", "c2pa", "contentcredentials", "content-credentials", "contentauthenticity"];

/// Looks for the address, in a file without a store of its own.
pub fn look(fields: &[Field], out: &mut Marked) {
    let address = fields.iter().find(|field| {
        field.carrier == Carrier::Xmp
            && field.key == "dcterms:provenance"
            && is_manifest(&field.value.to_ascii_lowercase())
    });
    if let Some(field) = address {
        let mark = "points to a C2PA manifest elsewhere, which is not in the file";
        out.push(
            field.order,
            Evidence {
                detail: Some(field.value.clone()),
                ..evidence(field, "c2pa-remote", Strength::Heuristic, mark)
            },
        );
    }
}

fn is_manifest(address: &str) -> bool {
    (address.starts_with("https://") || address.starts_with("http://"))
        && WORDS.iter().any(|word| address.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::text;
    use crate::detect::marks::said;

    #[test]
    fn an_address_of_a_manifest_is_suspicion_and_another_is_nothing() {
        let of = |address: &str| said(look, [text(Carrier::Xmp, "dcterms:provenance", address)]);
        for address in [
            "https://cai-manifests.adobe.com/manifests/adobe-urn-uuid-1",
            "HTTPS://example.org/a.C2PA",
            "http://contentcredentials.example/1",
        ] {
            let got = of(address);
            assert!(matches!(&got[..], [one] if one.strength == Strength::Heuristic), "{address}");
        }
        for address in [
            "https://www.rijksmuseum.example/en/collection/RP-F-1234/provenance",
            "manifest of the ship",
            "",
        ] {
            assert_eq!(of(address), [], "{address}");
        }
    }
}
