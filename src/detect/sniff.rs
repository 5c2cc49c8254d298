//! What a file is, by its first bytes and never by its name. Only a table of magics; it never
//! fails, and what it does not know is `application/octet-stream`. First step of `examine`.

use crate::detect::bytes::Bytes;
use crate::detect::container::id3::TAGS_MAX;
use crate::detect::unicode;

/// Nothing in it.
pub const EMPTY: &str = "application/x-empty";
/// Not known.
pub const UNKNOWN: &str = "application/octet-stream";

/// Magic bytes at a fixed offset.
const MAGICS: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\x76\x2f\x31\x01", "image/x-exr"),
    (0, b"SDPX", "image/x-dpx"),
    (0, b"XPDS", "image/x-dpx"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/x-jp2-codestream"),
    (0, b"BM", "image/bmp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01", "application/mxf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-cfb"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"IIU\0", "image/x-panasonic-rw2"),
    (0, b"IIRO", "image/x-olympus-orf"),
    (0, b"IIRS", "image/x-olympus-orf"),
    (0, b"FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    (4, b"jumb", "application/c2pa"),
];

/// The media type of the bytes.
pub fn sniff(bytes: &mut Bytes<'_>) -> &'static str {
    if bytes.is_empty() {
        return EMPTY;
    }
    let mut behind = 0;
    for _ in 0..TAGS_MAX {
        let Some(length) = id3_length(bytes.peek_up_to(behind, 10)) else {
            break;
        };
        behind = behind.saturating_add(length);
    }
    if behind > 0 {
        return match bytes.peek_up_to(behind, 4) {
            b"fLaC" => "audio/flac",
            [b'O', b'g', b'g', b'S'] => "audio/ogg",
            _ => "audio/mpeg",
        };
    }
    let dng = is_dng(bytes);
    let head = bytes.peek_up_to(0, 4096);
    if let Some(known) = magic(head) {
        return known;
    }
    if tiff(head) {
        return if dng { "image/x-adobe-dng" } else { "image/tiff" };
    }
    riff(head)
        .or_else(|| bmff(head))
        .or_else(|| ebml(head))
        .or_else(|| pdf(head))
        .or_else(|| jpeg_start(head).map(|_| "image/jpeg"))
        .or_else(|| mpeg_audio(head))
        .or_else(|| text(head))
        .unwrap_or(UNKNOWN)
}

/// The length of an `ID3v2` tag with its header, when one stands here.
pub fn id3_length(head: &[u8]) -> Option<u64> {
    match head {
        [b'I', b'D', b'3', major, _, flags, a, b, c, d, ..]
            if (2..=4).contains(major) && (a | b | c | d) < 0x80 =>
        {
            let size = [a, b, c, d].iter().fold(0u64, |sum, byte| sum << 7 | u64::from(**byte));
            let footer = if flags & 0x10 != 0 { 10 } else { 0 };
            Some(10 + size + footer)
        }
        _ => None,
    }
}

fn magic(head: &[u8]) -> Option<&'static str> {
    MAGICS
        .iter()
        .find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
        .map(|(_, _, known)| *known)
        .filter(|known| match *known {
            "image/bmp" => bmp(head),
            "application/c2pa" => head.get(12..16) == Some(b"jumd"),
            _ => true,
        })
}

/// `BM` alone begins many a text.
fn bmp(head: &[u8]) -> bool {
    matches!(head.get(6..10), Some([0, 0, 0, 0])) && head.get(15..18) == Some(&[0, 0, 0])
}

fn tiff(head: &[u8]) -> bool {
    matches!(head, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

/// DNG is TIFF whose first directory has the `DNGVersion` tag (0xC612).
fn is_dng(bytes: &mut Bytes<'_>) -> bool {
    let Ok([a, b, magic, zero, o0, o1, o2, o3]) = bytes.array::<8>(0) else {
        return false;
    };
    let little = match [a, b, magic, zero] {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return false,
    };
    let short = |pair: [u8; 2]| {
        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    };
    let raw = [o0, o1, o2, o3];
    let ifd = u64::from(if little { u32::from_le_bytes(raw) } else { u32::from_be_bytes(raw) });
    let count = bytes.array(ifd).map_or(0, short).min(512);
    (0..u64::from(count))
        .any(|entry| bytes.array(ifd + 2 + entry * 12).is_ok_and(|tag| short(tag) == 0xC612))
}

fn riff(head: &[u8]) -> Option<&'static str> {
    let form = head.get(8..12)?;
    match (head.get(..4)?, form) {
        (b"RIFF" | b"RIFX", b"WEBP") => Some("image/webp"),
        (b"RIFF" | b"RIFX" | b"RF64" | b"BW64", b"WAVE") => Some("audio/wav"),
        (b"RIFF", b"AVI ") => Some("video/x-msvideo"),
        (b"FORM", b"AIFF" | b"AIFC") => Some("audio/aiff"),
        _ => None,
    }
}

fn bmff(head: &[u8]) -> Option<&'static str> {
    let kind = head.get(4..8)?;
    // Pieces of a film that is sent in pieces.
    if matches!(kind, b"styp" | b"sidx" | b"moof" | b"emsg") && head.first() == Some(&0) {
        return Some("video/mp4");
    }
    // No text has a zero here: films begin with words too, and words with `wide`. Only sound and pictures
    // fill more than 16 MiB.
    let counted = head.first() == Some(&0) || (kind == b"mdat" && head.get(..4)?.contains(&0));
    if counted && matches!(kind, b"moov" | b"mdat" | b"wide" | b"pnot" | b"free" | b"skip") {
        return Some("video/quicktime");
    }
    if kind != b"ftyp" {
        return None;
    }
    let size = head.get(..4)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let major = head.get(8..12)?;
    let mut brands = head.get(16..size.min(head.len())).unwrap_or_default().chunks(4);
    Some(match major {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => "image/heic",
        b"avif" | b"avis" => "image/avif",
        b"mif1" | b"msf1" | b"mif2" => match brands
            .find(|brand| matches!(*brand, b"avif" | b"avis" | b"heic" | b"heix" | b"hevc"))
        {
            Some(b"avif" | b"avis") => "image/avif",
            Some(_) => "image/heic",
            None => "image/heif",
        },
        b"qt  " => "video/quicktime",
        b"M4A " | b"M4B " | b"M4P " => "audio/mp4",
        b"crx " => "image/x-canon-cr3",
        b"jp2 " | b"jpx " => "image/jp2",
        _ => "video/mp4",
    })
}

fn ebml(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"\x1a\x45\xdf\xa3") {
        return None;
    }
    // The DocType element (0x4282) stands within the first few dozen bytes of the EBML header.
    let header = head.get(..64.min(head.len()))?;
    let at = header.windows(2).position(|pair| pair == b"\x42\x82")?;
    Some(if header.get(at + 3..at + 7) == Some(b"webm") {
        "video/webm"
    } else {
        "video/x-matroska"
    })
}

/// Where a JPEG begins: at the first byte, or behind a byte order mark, blanks and zeros that went before it by
/// mistake.
pub fn jpeg_start(head: &[u8]) -> Option<usize> {
    let within = head.get(..1024).unwrap_or(head);
    let start = usize::from(within.starts_with(b"\xef\xbb\xbf")) * 3;
    let blank = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let at = start + within.get(start..)?.iter().position(|byte| !blank(byte))?;
    matches!(head.get(at..)?, [0xff, 0xd8, 0xff, 0xc0..=0xfe, ..]).then_some(at)
}

/// A PDF with something before its header, as readers allow within 1,024 bytes: a header in a line of its
/// own and an object behind it, since texts about PDF have headers too.
fn pdf(head: &[u8]) -> Option<&'static str> {
    let within = head.get(..head.len().min(1024 + 5))?;
    let at = within.windows(5).position(|word| word == b"%PDF-")?;
    let begins = at.checked_sub(1).and_then(|before| head.get(before));
    let [major, b'.', minor, b'\r' | b'\n', after @ ..] = head.get(at + 5..)? else {
        return None;
    };
    let own_line = begins.is_none_or(|byte| matches!(byte, b'\r' | b'\n' | 0 | 0x80..));
    let object = after.windows(4).any(|word| word == b" obj");
    (own_line && major.is_ascii_digit() && minor.is_ascii_digit() && object)
        .then_some("application/pdf")
}

fn mpeg_audio(head: &[u8]) -> Option<&'static str> {
    let [0xff, second, third, ..] = head else {
        return None;
    };
    if second & 0xf6 == 0xf0 {
        return Some("audio/aac");
    }
    let sync = second & 0xe0 == 0xe0;
    let version = second & 0x18 != 0x08;
    let layer = matches!(second & 0x06, 0x02 | 0x04);
    let rate = third & 0xf0 != 0xf0 && third & 0x0c != 0x0c;
    (sync && version && layer && rate).then_some("audio/mpeg")
}

/// Text and what is written in it: by the first element or key, not by a word somewhere.
fn text(head: &[u8]) -> Option<&'static str> {
    match unicode::wide_text(head) {
        Some(text) => narrow(text.as_bytes()),
        None => narrow(head),
    }
}

/// The same of a text in which a Latin letter is one byte.
fn narrow(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let body = head.get(start..)?;
    match body.first()? {
        b'<' => return Some(markup(body)),
        b'{' | b'[' => {
            let next = body.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
            if matches!(next, Some(b'"' | b'{' | b'[' | b'}' | b']' | b'0'..=b'9' | b'-')) {
                let otio = body
                    .get(..512.min(body.len()))?
                    .windows(13)
                    .any(|key| key == b"\"OTIO_SCHEMA\"");
                return Some(if otio {
                    "application/vnd.pixar.opentimelineio+json"
                } else {
                    "application/json"
                });
            }
        }
        _ => {}
    }
    let odd = head
        .iter()
        .any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b));
    if odd {
        return None;
    }
    Some(if body.starts_with(b"TITLE:") { "text/x-edl" } else { "text/plain" })
}

/// The type of a document by its root element.
fn markup(body: &[u8]) -> &'static str {
    let mut rest = body;
    loop {
        let Some(open) = rest.iter().position(|byte| *byte == b'<') else {
            return "application/xml";
        };
        let tag = rest.get(open + 1..).unwrap_or_default();
        if tag.starts_with(b"?xpacket") {
            return "application/rdf+xml";
        }
        let close: &[u8] = if tag.starts_with(b"!--") {
            b"-->"
        } else if tag.starts_with(b"?") {
            b"?>"
        } else if tag.starts_with(b"!") {
            if tag.get(..13).is_some_and(|t| t.eq_ignore_ascii_case(b"!DOCTYPE html")) {
                return "text/html";
            }
            b">"
        } else {
            let end = tag
                .iter()
                .position(|byte| !(byte.is_ascii_alphanumeric() || b":_-.".contains(byte)))
                .unwrap_or(tag.len());
            let name = tag.get(..end).unwrap_or_default();
            let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
            return match local {
                b"svg" => "image/svg+xml",
                b"xmpmeta" | b"xapmeta" | b"RDF" => "application/rdf+xml",
                b"fcpxml" => "application/x-fcpxml+xml",
                b"html" | b"HTML" => "text/html",
                _ => "application/xml",
            };
        };
        let Some(end) = tag.windows(close.len()).position(|part| part == close) else {
            return "application/xml";
        };
        rest = tag.get(end + close.len()..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data: &[u8]) -> &'static str {
        sniff(&mut Bytes::memory(data))
    }

    #[test]
    fn media_types_come_from_the_bytes() {
        let cases: &[(&[u8], &str)] = &[
            (b"", EMPTY),
            (b"\0", UNKNOWN),
            (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav"),
            (b"\0\0\0\x18ftypqt  \0\0\0\0", "video/quicktime"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image/avif"),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4"),
            (b"\0\0\0\x18stypmsdh\0\0\0\0", "video/mp4"),
            (b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm", "video/webm"),
            (b"ID3\x04\0\0\0\0\0\0fLaC", "audio/flac"),
            (b"ID3\x03\0\0\0\0\0\0ID3\x04\0\0\0\0\0\0fLaC", "audio/flac"),
            (b"ID3\x03\0\0\0\0\0\0\xff\xfb", "audio/mpeg"),
            (b"\xff\xfb\x90\x00", "audio/mpeg"),
            (b"\xff\xfeT\0", "text/plain"),
            (b"\xfe\xff\0T\0I\0T\0L\0E\0:", "text/x-edl"),
            (b"{\0\n\0\"\0a\0\"\0", "application/json"),
            (b"\0<\0s\0v\0g\0 ", "image/svg+xml"),
            (b"a\0b\0\x01\x02\x03\0", UNKNOWN),
            (
                b"<?xml version=\"1.0\"?>\n<!-- c --><fcpxml version='1.9'>",
                "application/x-fcpxml+xml",
            ),
            (b"<?xpacket begin=''?><x:xmpmeta>", "application/rdf+xml"),
            (b"<svg:svg xmlns:svg='x'/>", "image/svg+xml"),
            (b"{\"OTIO_SCHEMA\": \"Timeline.1\"}", "application/vnd.pixar.opentimelineio+json"),
            (b"{ \"a\": 1}", "application/json"),
            (b"TITLE: CUT\n", "text/x-edl"),
            (b"\xef\xbb\xbf%PDF-1.7\n1 0 obj", "application/pdf"),
            (b"\xef\xbb\xbf\xff\xd8\xff\xe0", "image/jpeg"),
            (b"\n\0\0\xff\xd8\xff\xe1", "image/jpeg"),
            (b"\xef\xbb\xbf\0\x01\xff\xd8\xff\xe0", "application/octet-stream"),
            (b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\r\n1 0 obj", "application/pdf"),
            (b"A file begins with %PDF-1.4\n", "text/plain"),
            (b"BM is a fine text of some length", "text/plain"),
            (b"The wide shot of the harbour", "text/plain"),
            (b"The jumbo jet has landed", "text/plain"),
            (b"\0\0\0\x08wide\0\0\0\x10mdat", "video/quicktime"),
            (b"\x7f\0\x20\x10mdat", "video/quicktime"),
            (b"\0\0\x01\0jumb\0\0\0\x1ejumdc2pa", "application/c2pa"),
            (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", "application/mxf"),
        ];
        for (data, expected) in cases {
            assert_eq!(&of(data), expected, "{data:?}");
        }
    }
}
