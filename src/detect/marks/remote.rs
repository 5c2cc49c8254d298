//! The address of a C2PA manifest that is kept elsewhere (`dcterms:provenance`). What stays behind
//! when a file is stripped of its manifest: not a claim of AI by itself, and nothing is fetched, but
//! a person must look. Says nothing where the manifest is still in the file. Museums give the page on who
//! owned a picture in the same property: an address that speaks of no manifest is none.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::{Marked, evidence};
use crate::model::{Evidence, Strength};

/// Who keeps manifests, by a part of the name of the host. The first may go on, as `cai-manifests-stage`.
const HOSTS: &[&str] =
    &["cai-manifests", "c2pa", "contentcredentials", "content-credentials", "contentauthenticity"];

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

/// Whether an address, in small letters, is one of those who keep manifests, or of a file or folder that is called as
/// they are. "Manifest" alone is none: museums call the description of a picture so (IIIF).
fn is_manifest(address: &str) -> bool {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let Some(rest) = rest.and_then(|rest| rest.split(['?', '#']).next()) else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let keeps = |part: &str| HOSTS.contains(&part) || part.starts_with("cai-manifests-");
    host.split('.').any(keeps)
        || path.split('/').any(|part| part.rsplit('.').next() == Some("c2pa"))
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
            "https://cai-manifests-stage.adobe.com/x",
            "https://example.org/store/c2pa/123",
            "https://example.com/photo.c2pa?signed=1",
        ] {
            let got = of(address);
            assert!(matches!(&got[..], [one] if one.strength == Strength::Heuristic), "{address}");
        }
        for address in [
            "https://www.rijksmuseum.example/en/collection/RP-F-1234/provenance",
            "https://www.museum.example/collection/futurist-manifesto/provenance",
            "https://iiif.harvardartmuseums.example/manifests/object/299843",
            "https://iiif.io/api/presentation/2/manifest.json",
            "https://example.org/page?about=x.c2pa",
            "manifest of the ship",
            "",
        ] {
            assert_eq!(of(address), [], "{address}");
        }
    }
}
