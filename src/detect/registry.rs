//! The tables: which walker reads which media type, and which marks are looked for. A new container
//! or mark is one file and one row here.

use crate::detect::block::Found;
use crate::detect::bytes::Bytes;
use crate::detect::container::{
    bmff, document, dpx, exr, flac, flv, gif, id3, jpeg, matroska, mxf, pdf, png, psd, riff, tiff,
};
use crate::detect::expand::Field;
use crate::detect::marks::{Ordered, aigc, comfyui, declared, infotext, local_ui, named};

/// A walker and the media types it reads.
pub struct Container {
    /// As `sniff` names them.
    pub media_types: &'static [&'static str],
    /// Yields blocks and problems.
    pub walk: fn(&mut Bytes<'_>, &mut Found),
}

/// All walkers. A media type that is in no row has no carrier that is read so far, and gives neither
/// evidence nor problem.
pub const CONTAINERS: &[Container] = &[
    Container { media_types: &["image/png"], walk: png::walk },
    Container { media_types: &["image/jpeg"], walk: jpeg::walk },
    Container {
        media_types: &["image/webp", "audio/wav", "audio/aiff", "video/x-msvideo"],
        walk: riff::walk,
    },
    Container { media_types: &["image/gif"], walk: gif::walk },
    Container {
        media_types: &[
            "image/tiff",
            "image/x-adobe-dng",
            "image/x-panasonic-rw2",
            "image/x-olympus-orf",
        ],
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
        walk: bmff::walk,
    },
    Container {
        media_types: &["image/jxl"],
        walk: |bytes, found| {
            // A bare codestream has no boxes and so no metadata.
            if bytes.peek_up_to(4, 4) == b"JXL " {
                bmff::walk(bytes, found);
            }
        },
    },
    Container { media_types: &["video/webm", "video/x-matroska"], walk: matroska::walk },
    Container { media_types: &["image/x-exr"], walk: exr::walk },
    Container { media_types: &["image/x-dpx"], walk: dpx::walk },
    Container { media_types: &["application/mxf"], walk: mxf::walk },
    Container { media_types: &["video/x-flv"], walk: flv::walk },
    Container { media_types: &["audio/mpeg"], walk: id3::walk },
    Container { media_types: &["audio/flac"], walk: flac::walk },
    Container { media_types: &["audio/ogg"], walk: flac::ogg },
    Container { media_types: &["image/vnd.adobe.photoshop"], walk: psd::walk },
    Container { media_types: &["application/pdf"], walk: pdf::walk },
    Container { media_types: &["application/c2pa"], walk: document::c2pa },
    Container { media_types: &["image/svg+xml"], walk: document::svg },
    Container { media_types: &["application/json"], walk: document::json },
    Container { media_types: &["application/rdf+xml"], walk: document::xmp },
];

/// A family of marks.
pub type Mark = fn(&[Field], &mut Vec<Ordered>);

/// All marks that look at fields. C2PA stores are read apart, since that reads the whole asset.
pub const MARKS: &[Mark] =
    &[declared::look, infotext::look, comfyui::look, local_ui::look, aigc::look, named::look];

/// The walker for a media type.
pub fn container(media_type: &str) -> Option<&'static Container> {
    CONTAINERS.iter().find(|container| container.media_types.contains(&media_type))
}
