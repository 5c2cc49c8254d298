//! The address of a C2PA manifest that is kept elsewhere (`dcterms:provenance`). What stays behind
//! when a file is stripped of its manifest: not a claim of AI by itself, and nothing is fetched, but
//! a person must look. Says nothing where the manifest is still in the file.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::{Marked, evidence};
use crate::model::{Evidence, Strength};

/// Looks for the address, in a file without a store of its own.
pub fn look(fields: &[Field], out: &mut Marked) {
    let address = fields.iter().find(|field| {
        field.carrier == Carrier::Xmp
            && field.key == "dcterms:provenance"
            && (field.value.starts_with("https://") || field.value.starts_with("http://"))
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
