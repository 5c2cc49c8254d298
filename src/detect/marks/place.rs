//! Where programs that keep pictures, films and sounds put a text that they were handed and have no field of
//! its own for. What is believed by its form alone is believed there, whatever the program called it; used by
//! the marks that are forms. Says nothing about what stands there.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;

/// Names of comments and descriptions, and those that generators chose, in small letters.
const NAMES: &[&str] = &[
    "anno",
    "bwf_description",
    "comm",
    "comment",
    "comments",
    "comt",
    "desc",
    "description",
    "dscp",
    "icmt",
    "information",
    "isbj",
    "ldes",
    "note",
    "parameters",
    "prompt",
    "summary",
    "synopsis",
    "workflow",
    "\u{a9}cmt",
    "\u{a9}des",
    "\u{a9}inf",
];

/// Tags of a picture. The savers of `WebP` have none but those of the camera.
const TAGS: &[&str] =
    &["UserComment", "ImageDescription", "Make", "Model", "XPComment", "XPSubject", "XPTitle"];

/// The same in XMP.
const PROPERTIES: &[&str] =
    &["dc:description", "exif:UserComment", "tiff:ImageDescription", "tiff:Make", "tiff:Model"];

/// Whether a text may stand in this field that was not made for it.
pub fn is_free(field: &Field) -> bool {
    let key = field.key.as_str();
    match field.carrier {
        // Plugins and re-savers choose their own keywords.
        Carrier::PngText | Carrier::Exr | Carrier::Dpx => true,
        Carrier::Comment => matches!(key, "COM" | "comment"),
        Carrier::Exif => TAGS.contains(&key),
        Carrier::Xmp => PROPERTIES.contains(&key),
        Carrier::Iim => key == "2:120",
        // A comment may have a description of its own behind the name of its frame.
        Carrier::Id3 if key.starts_with("COMM:") => true,
        Carrier::Mp4
        | Carrier::Matroska
        | Carrier::Vorbis
        | Carrier::Mxf
        | Carrier::Id3
        | Carrier::Riff
        | Carrier::Flv => {
            // Behind whose it is; programs change the case when they move texts.
            let last = key.rsplit([':', '.', '/']).next().unwrap_or_default();
            NAMES.contains(&last.to_lowercase().as_str())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_texts_are_told_from_those_with_a_meaning() {
        let is = |carrier, key: &str| {
            is_free(&Field::new(0, String::new(), carrier, key, String::new()))
        };
        for (carrier, key) in [
            (Carrier::PngText, "anything"),
            (Carrier::Exif, "XPComment"),
            (Carrier::Xmp, "dc:description"),
            (Carrier::Iim, "2:120"),
            (Carrier::Comment, "COM"),
            (Carrier::Id3, "COMM:ID3v1 Comment"),
            (Carrier::Id3, "TXXX:Comment"),
            (Carrier::Mxf, "comments"),
            (Carrier::Matroska, "SUMMARY"),
            (Carrier::Mp4, "com.apple.quicktime.description"),
            (Carrier::Mp4, "\u{a9}inf"),
            (Carrier::Riff, "bext:Description"),
            (Carrier::Vorbis, "Workflow"),
        ] {
            assert!(is(carrier, key), "{carrier:?} {key}");
        }
        for (carrier, key) in [
            (Carrier::Exif, "Artist"),
            (Carrier::Xmp, "dc:title"),
            (Carrier::XmpNested, "dc:description"),
            (Carrier::Iim, "2:105"),
            (Carrier::Comment, "AIGC"),
            (Carrier::Id3, "TIT2"),
            (Carrier::Mp4, "\u{a9}nam"),
            (Carrier::Pdf, "description"),
        ] {
            assert!(!is(carrier, key), "{carrier:?} {key}");
        }
    }
}
