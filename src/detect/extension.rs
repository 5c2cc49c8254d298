//! Whether a file's name says another format than its bytes. Pure and conservative: it speaks only
//! where both are known and of different families, so that a container with several customary names
//! (MP4, MOV, M4A; TIFF and the raw formats made of it) never disagrees with itself, and never of
//! text, which has any name. Stands beside `sniff`; whoever knows the name asks.

/// Formats that share a structure, and all names customary for any of them.
struct Family {
    /// For people.
    label: &'static str,
    /// As `sniff` names them.
    media_types: &'static [&'static str],
    /// Extensions in lower case.
    extensions: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        label: "a JPEG picture",
        media_types: &["image/jpeg"],
        extensions: &["jpg", "jpeg", "jpe", "jfif", "jif"],
    },
    Family { label: "a PNG picture", media_types: &["image/png"], extensions: &["png", "apng"] },
    Family { label: "a GIF picture", media_types: &["image/gif"], extensions: &["gif"] },
    Family { label: "a WebP picture", media_types: &["image/webp"], extensions: &["webp"] },
    Family {
        label: "a TIFF picture or a raw picture made of one",
        media_types: &[
            "image/tiff",
            "image/x-adobe-dng",
            "image/x-panasonic-rw2",
            "image/x-olympus-orf",
        ],
        extensions: &[
            "tif", "tiff", "tf8", "btf", "dng", "nef", "nrw", "cr2", "arw", "sr2", "srf", "pef",
            "srw", "3fr", "fff", "iiq", "rwl", "rw2", "orf", "erf", "mef", "mos", "kdc", "dcr",
            "gpr", "svs", "lsm",
        ],
    },
    Family {
        label: "a HEIF or AVIF picture",
        media_types: &["image/heic", "image/heif", "image/avif"],
        extensions: &["heic", "heif", "hif", "heics", "heifs", "avif", "avifs"],
    },
    Family {
        label: "an MP4 or QuickTime film or sound",
        media_types: &["video/mp4", "video/quicktime", "audio/mp4"],
        extensions: &[
            "mp4", "m4v", "mov", "qt", "m4a", "m4b", "m4p", "m4r", "3gp", "3g2", "f4v", "mp4v",
        ],
    },
    Family {
        label: "a Matroska or WebM film or sound",
        media_types: &["video/x-matroska", "video/webm"],
        extensions: &["mkv", "mka", "mk3d", "mks", "webm", "weba"],
    },
    Family {
        label: "an AVI film",
        media_types: &["video/x-msvideo"],
        extensions: &["avi", "divx"],
    },
    Family { label: "an FLV film", media_types: &["video/x-flv"], extensions: &["flv"] },
    Family { label: "an MXF file", media_types: &["application/mxf"], extensions: &["mxf"] },
    Family {
        label: "a WAVE sound",
        media_types: &["audio/wav"],
        extensions: &["wav", "wave", "bwf", "rf64", "bw64"],
    },
    Family {
        label: "an AIFF sound",
        media_types: &["audio/aiff"],
        extensions: &["aif", "aiff", "aifc"],
    },
    Family {
        label: "an MPEG sound",
        media_types: &["audio/mpeg"],
        // ADTS streams with a tag in front begin as MP3 does.
        extensions: &["mp3", "mp2", "mp1", "mpga", "mpa", "aac"],
    },
    Family { label: "a FLAC sound", media_types: &["audio/flac"], extensions: &["flac"] },
    Family {
        label: "an Ogg file",
        media_types: &["audio/ogg"],
        extensions: &["ogg", "oga", "ogv", "ogx", "opus", "spx"],
    },
    Family {
        label: "a Photoshop document",
        media_types: &["image/vnd.adobe.photoshop"],
        extensions: &["psd", "psb"],
    },
    Family { label: "a PDF document", media_types: &["application/pdf"], extensions: &["pdf"] },
    Family {
        label: "an OpenEXR picture",
        media_types: &["image/x-exr"],
        extensions: &["exr", "sxr", "mxr"],
    },
    Family { label: "a DPX picture", media_types: &["image/x-dpx"], extensions: &["dpx"] },
    Family { label: "a BMP picture", media_types: &["image/bmp"], extensions: &["bmp", "dib"] },
    Family {
        label: "a JPEG 2000 picture",
        media_types: &["image/jp2", "image/x-jp2-codestream"],
        extensions: &["jp2", "jpx", "jpf", "jpm", "j2k", "j2c", "jpc", "jhc", "jph"],
    },
    Family { label: "a JPEG XL picture", media_types: &["image/jxl"], extensions: &["jxl"] },
];

/// What is wrong, in plain words, when the bytes are of one known family and the last extension of
/// the name is customary for another. `name` is a file name, or a path that ends in one.
pub fn disagrees(media_type: &str, name: &[u8]) -> Option<String> {
    let name = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0)?;
    let extension = std::str::from_utf8(name.get(dot + 1..)?).ok()?.to_ascii_lowercase();
    let holds = FAMILIES.iter().find(|family| family.media_types.contains(&media_type))?;
    let named = FAMILIES.iter().find(|family| family.extensions.contains(&extension.as_str()))?;
    let same = std::ptr::eq(holds, named)
        // FLAC is also carried in Ogg, under either name.
        || (media_type == "audio/ogg" && extension == "flac")
        // What `sniff` says of a brand it does not know, such as a new one of pictures.
        || (media_type == "video/mp4" && named.media_types.contains(&"image/heif"));
    (!same).then(|| format!("holds {} but is named .{extension}", holds.label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::registry::CONTAINERS;

    #[test]
    fn different_families_disagree() {
        assert_eq!(
            disagrees("image/jpeg", b"stills/shot_010.PNG").as_deref(),
            Some("holds a JPEG picture but is named .png")
        );
        for (media_type, name) in [
            ("image/png", "a.jpg"),
            ("image/webp", "a.png"),
            ("video/mp4", "a.wav"),
            ("video/webm", "a.mp4"),
            ("audio/mpeg", "a.wav"),
            ("image/jpeg", "IMG_0001.HEIC"),
            ("image/avif", "a.jpg"),
        ] {
            assert!(disagrees(media_type, name.as_bytes()).is_some(), "{media_type} {name}");
        }
    }

    #[test]
    fn what_is_customary_or_not_known_agrees() {
        for (media_type, name) in [
            ("image/jpeg", "a.JPG"),
            ("video/mp4", "a.mov"),
            ("video/quicktime", "a.mp4"),
            ("audio/mp4", "a.mp4"),
            ("image/tiff", "a.dng"),
            ("image/tiff", "DSC_0001.NEF"),
            ("image/heif", "a.avif"),
            ("audio/ogg", "a.flac"),
            ("video/mp4", "a.heic"),
            ("audio/mpeg", "a.aac"),
            ("image/jpeg", "a"),
            ("image/jpeg", ".png"),
            ("image/jpeg", "a.png.part"),
            ("image/jpeg", "folder.png/a"),
            ("image/jpeg", "a.\u{e4}"),
            ("text/plain", "a.png"),
            ("application/octet-stream", "a.png"),
            ("application/x-empty", "a.png"),
            ("application/zip", "a.png"),
            ("image/jpeg", "a.txt"),
        ] {
            assert_eq!(disagrees(media_type, name.as_bytes()), None, "{media_type} {name}");
        }
        assert_eq!(disagrees("image/jpeg", b"a.\xff\xfe"), None);
        assert_eq!(disagrees("image/jpeg", b""), None);
    }

    #[test]
    fn each_extension_and_media_type_stands_in_one_row() {
        let mut all: Vec<&str> = FAMILIES
            .iter()
            .flat_map(|family| family.extensions.iter().chain(family.media_types).copied())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn binary_media_with_a_walker_have_a_family() {
        let text = ["svg", "json", "rdf", "xml", "c2pa", "cr3", "text/"];
        for media_type in CONTAINERS.iter().flat_map(|container| container.media_types) {
            let known = FAMILIES.iter().any(|family| family.media_types.contains(media_type));
            assert!(known || text.iter().any(|part| media_type.contains(part)), "{media_type}");
        }
    }
}
