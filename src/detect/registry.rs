//! The tables: which walker reads which media type, and which marks are looked for. A new container
//! or mark is one file and one row here. Each row says since which version of the set of detectors it
//! is as it is, so that an upgrade examines again only what it could say something else about.

use crate::detect::block::Found;
use crate::detect::bytes::{Bytes, Source};
use crate::detect::container::{
    bmff, document, dpx, exr, flac, flv, gif, id3, jpeg, matroska, mxf, pdf, png, psd, riff,
    stealth, tiff,
};
use crate::detect::expand::Field;
use crate::detect::marks::{
    Marked, aigc, comfyui, declared, identity, infotext, local_ui, named, remote,
};

/// A walker and the media types it reads.
pub struct Container {
    /// As `sniff` names them.
    pub media_types: &'static [&'static str],
    /// Version of the set of detectors at which it last changed.
    pub since: u32,
    /// Yields blocks and problems.
    pub walk: fn(&mut Bytes<'_>, &mut Found),
}

/// All walkers. A media type that is in no row has no carrier that is read so far, and gives neither
/// evidence nor problem.
pub const CONTAINERS: &[Container] = &[
    Container { media_types: &["image/png"], since: 7, walk: png::walk },
    Container { media_types: &["image/jpeg"], since: 7, walk: jpeg::walk },
    Container {
        media_types: &["image/webp", "audio/wav", "audio/aiff", "video/x-msvideo"],
        since: 7,
        walk: riff::walk,
    },
    Container { media_types: &["image/gif"], since: 7, walk: gif::walk },
    Container {
        media_types: &[
            "image/tiff",
            "image/x-adobe-dng",
            "image/x-panasonic-rw2",
            "image/x-olympus-orf",
        ],
        since: 7,
        walk: tiff::walk,
    },
    Container {
        media_types: &[
            "image/heic",
            "image/heif",
            "image/avif",
            "image/x-canon-cr3",
            "video/mp4",
            "video/quicktime",
            "audio/mp4",
            "image/jp2",
        ],
        since: 7,
        walk: bmff::walk,
    },
    Container {
        media_types: &["image/jxl"],
        since: 7,
        walk: |bytes, found| {
            // A bare codestream has no boxes and so no metadata.
            if bytes.peek_up_to(4, 4) == b"JXL " {
                bmff::walk(bytes, found);
            }
        },
    },
    Container { media_types: &["video/webm", "video/x-matroska"], since: 6, walk: matroska::walk },
    Container { media_types: &["image/x-exr"], since: 1, walk: exr::walk },
    Container { media_types: &["image/x-dpx"], since: 1, walk: dpx::walk },
    Container { media_types: &["application/mxf"], since: 6, walk: mxf::walk },
    Container { media_types: &["video/x-flv"], since: 1, walk: flv::walk },
    Container { media_types: &["audio/mpeg"], since: 7, walk: id3::walk },
    Container { media_types: &["audio/flac"], since: 7, walk: flac::walk },
    Container { media_types: &["audio/ogg"], since: 6, walk: flac::ogg },
    Container { media_types: &["image/vnd.adobe.photoshop"], since: 1, walk: psd::walk },
    Container { media_types: &["application/pdf"], since: 7, walk: pdf::walk },
    Container { media_types: &["application/c2pa"], since: 1, walk: document::c2pa },
    Container { media_types: &["image/svg+xml"], since: 7, walk: document::svg },
    Container { media_types: &["application/json"], since: 6, walk: document::json },
    Container {
        media_types: &["text/plain", "text/x-edl", "application/xml"],
        since: 6,
        walk: document::text,
    },
    Container { media_types: &["application/rdf+xml"], since: 1, walk: document::xmp },
];

/// A family of marks that looks at fields.
pub struct Mark {
    /// Version of the set of detectors at which it last changed.
    pub since: u32,
    /// Whether it has something to say where a C2PA store is in the file.
    pub beside_store: bool,
    /// Reports what it sees.
    pub look: fn(&[Field], &mut Marked),
}

/// All marks that look at fields. C2PA stores are read apart, since that reads the whole asset.
pub const MARKS: &[Mark] = &[
    Mark { since: 7, beside_store: true, look: declared::look },
    Mark { since: 6, beside_store: true, look: infotext::look },
    Mark { since: 7, beside_store: true, look: comfyui::look },
    Mark { since: 7, beside_store: true, look: local_ui::look },
    Mark { since: 7, beside_store: true, look: aigc::look },
    Mark { since: 7, beside_store: true, look: named::look },
    Mark { since: 3, beside_store: true, look: identity::look },
    Mark { since: 6, beside_store: false, look: remote::look },
];

/// What is looked at only when asked for, since it decodes pixels.
pub struct Deep {
    /// As `sniff` names them.
    pub media_types: &'static [&'static str],
    /// Version of the set of detectors at which it last changed.
    pub since: u32,
    /// Yields blocks and problems.
    pub look: fn(&mut dyn Source, &mut Found),
}

/// All of it.
pub const DEEP: &[Deep] = &[
    Deep { media_types: &["image/png"], since: 1, look: stealth::png },
    Deep { media_types: &["image/webp"], since: 3, look: stealth::webp },
];

/// Since when media types are told as they are: concerns every file.
const SNIFF: u32 = 7;

/// Since when blocks are split into fields as they are (`expand`, `xmp`, EXIF, IPTC-IIM) and C2PA
/// stores read as they are: concerns every file that a walker reads.
const BLOCKS: u32 = 7;

/// The walker for a media type.
pub fn container(media_type: &str) -> Option<&'static Container> {
    CONTAINERS.iter().find(|container| container.media_types.contains(&media_type))
}

/// What looks deeper into a media type.
pub fn deep(media_type: &str) -> Option<&'static Deep> {
    DEEP.iter().find(|deep| deep.media_types.contains(&media_type))
}

/// Whether `Settings::deep` makes a difference for a media type.
pub fn is_deep(media_type: &str) -> bool {
    deep(media_type).is_some()
}

/// Whether the detectors of today could say something else about content of this media type than
/// the set of version `examined_with` did. The media type is what that set said it is.
pub fn outdated(media_type: &str, examined_with: u32) -> bool {
    let versions = container(media_type).map(|container| {
        let marks = MARKS.iter().map(|mark| mark.since);
        let deep = deep(media_type).map(|deep| deep.since);
        marks.chain(deep).chain([container.since, BLOCKS])
    });
    versions.into_iter().flatten().chain([SNIFF]).any(|since| since > examined_with)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::DETECTORS;

    #[test]
    fn the_set_is_as_new_as_its_newest_row() {
        let rows = CONTAINERS.iter().map(|row| row.since);
        let rows = rows.chain(MARKS.iter().map(|row| row.since));
        let rows = rows.chain(DEEP.iter().map(|row| row.since)).chain([SNIFF, BLOCKS]);
        assert_eq!(rows.max(), Some(DETECTORS));
    }

    #[test]
    fn a_media_type_has_one_walker() {
        let mut all: Vec<&str> =
            CONTAINERS.iter().flat_map(|row| row.media_types.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn only_what_a_newer_row_concerns_is_outdated() {
        for media_type in
            ["image/png", "video/mp4", "application/octet-stream", "application/gzip", ""]
        {
            assert!(!outdated(media_type, DETECTORS), "{media_type}");
            assert!(!outdated(media_type, u32::MAX), "{media_type}");
            // Before the first set nothing was looked at.
            assert!(outdated(media_type, 0), "{media_type}");
        }
        for row in CONTAINERS {
            for media_type in row.media_types {
                assert!(outdated(media_type, row.since - 1), "{media_type}");
            }
        }
        // Without a walker only what it is can be told anew.
        assert_eq!(outdated("application/gzip", 1), SNIFF > 1);
        let newest_mark = MARKS.iter().map(|row| row.since).max().unwrap();
        assert!(outdated("image/gif", newest_mark - 1));
    }

    #[test]
    fn deep_concerns_what_it_decodes() {
        assert!(is_deep("image/png") && is_deep("image/webp"));
        assert!(!is_deep("image/jpeg") && !is_deep("text/plain"));
    }
}
