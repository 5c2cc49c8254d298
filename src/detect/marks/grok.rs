//! Grok, which signs the description of a picture and names the picture as its author. Both together, in two fields that
//! belong to each other: in EXIF, as it writes them, or where programs move them that turn EXIF into something else. Either
//! alone may be someone's own. Used by `local_ui`.

use std::collections::BTreeSet;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::local_ui::{DETECTOR, uuid};
use crate::detect::marks::trace;
use crate::model::Evidence;

/// Where a carrier keeps a description, and who made what it describes.
const PLACES: &[(Carrier, &[&str], &[&str])] = &[
    (Carrier::Exif, &["ImageDescription", "UserComment"], &["Artist"]),
    (Carrier::PngText, &["Description", "Comment"], &["Author"]),
    (
        Carrier::Xmp,
        &["dc:description", "exif:UserComment", "tiff:ImageDescription"],
        &["dc:creator", "tiff:Artist"],
    ),
    (Carrier::Iim, &["2:120"], &["2:80"]),
];

/// A carrier, and which block of it: a packet speaks of one picture, a file may hold several.
type Block = (Carrier, usize);

fn block(field: &Field) -> Block {
    // Tags and texts are blocks of their own and speak of the file.
    let single = matches!(field.carrier, Carrier::Exif | Carrier::PngText);
    (field.carrier, if single { 0 } else { field.order })
}

/// The blocks in which the author is the id of a picture.
pub fn pictures(fields: &[Field]) -> BTreeSet<Block> {
    let named = |field: &&Field| {
        let known = PLACES.iter().find(|(carrier, ..)| *carrier == field.carrier);
        known.is_some_and(|(.., authors)| authors.contains(&field.key.as_str())) && is_id(field)
    };
    fields.iter().filter(named).map(block).collect()
}

/// Whether a value is the id of a picture. IPTC-IIM keeps 32 bytes of it.
fn is_id(field: &Field) -> bool {
    let value = field.value.trim();
    let cut = field.carrier == Carrier::Iim && value.len() == 32;
    if cut { uuid(&format!("{value}0000")) } else { uuid(value) }
}

/// The signature, in a block in which the author is the id of a picture.
pub fn of(field: &Field, pictures: &BTreeSet<Block>) -> Option<Evidence> {
    let known = PLACES.iter().find(|(carrier, ..)| *carrier == field.carrier);
    let place = known.is_some_and(|(_, keys, _)| keys.contains(&field.key.as_str()));
    if !place || !pictures.contains(&block(field)) {
        return None;
    }
    let signature = field.value.strip_prefix("Signature:")?.trim();
    let signed = signature.len() >= 64
        && signature.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    signed.then(|| Evidence {
        detail: Some(field.value.clone()),
        ..trace(field, DETECTOR, "Grok (xAI)", "signature of Grok and its picture id")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::{Content, text};
    use crate::detect::marks::{local_ui, said};

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    fn signature() -> String {
        format!("Signature: {}", "Ab1+".repeat(20))
    }

    fn packet(description: &str, creator: &str) -> Content {
        let properties =
            format!("<d:description>{description}</d:description><d:creator>{creator}</d:creator>");
        let packet = format!(
            "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
             xmlns:d='http://purl.org/dc/elements/1.1/'>\
             <r:Description>{properties}</r:Description></r:RDF>"
        );
        Content::Xmp(packet.into_bytes())
    }

    fn iim(description: &str, author: &str) -> Content {
        let set = |number: u8, text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            [&[0x1c, 2, number, 0, length], text.as_bytes()].concat()
        };
        Content::Iim([set(120, description), set(80, author)].concat())
    }

    fn is_grok(blocks: Vec<Content>) -> bool {
        let found = said(local_ui::look, blocks);
        found.iter().any(|one| one.tool.as_deref() == Some("Grok (xAI)"))
    }

    #[test]
    fn the_pair_is_known_wherever_it_was_moved() {
        let signature = signature();
        let pair = |carrier, description: &str, author: &str| {
            vec![text(carrier, description, &signature), text(carrier, author, ID)]
        };
        for moved in [
            pair(Carrier::Exif, "ImageDescription", "Artist"),
            pair(Carrier::PngText, "Description", "Author"),
            vec![packet(&signature, ID)],
            vec![iim(&signature, ID)],
            vec![iim(&signature, &ID[..32])],
        ] {
            assert!(is_grok(moved.clone()), "{moved:?}");
        }
    }

    #[test]
    fn either_alone_is_nothing() {
        let signature = signature();
        for not in [
            vec![packet(&signature, "Ann Example")],
            vec![packet("Signature: short", ID)],
            vec![packet(&signature, "Ann"), packet("a fox", ID)],
            vec![iim(&signature, "Ann Example")],
            vec![text(Carrier::PngText, "Description", &signature)],
            vec![
                text(Carrier::PngText, "Description", &signature),
                text(Carrier::Exif, "Artist", ID),
            ],
        ] {
            assert!(!is_grok(not.clone()), "{not:?}");
        }
    }
}
