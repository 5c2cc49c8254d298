//! Tiny real media, made on the spot: every chunk has its true length and checksum, so that only
//! what a test breaks is broken.

#![allow(dead_code, reason = "a kit: every test takes from it what it needs")]

use std::io::Write;

use flate2::Crc;
use flate2::write::ZlibEncoder;
use jpeg_encoder::{ColorType, Encoder};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Generation parameters as AUTOMATIC1111 writes them.
pub const PARAMETERS: &str = "a lighthouse at night, 35mm\nNegative prompt: text\n\
    Steps: 28, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 2710443391, Size: 320x180, \
    Model hash: 7f3a91c2de, Model: saltmarshRealism_v12, Version: v1.10.1";

/// A PNG chunk with its length and checksum.
pub fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap();
    [&length.to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()].concat()
}

/// A 4×4 picture whose colours follow from `seed`, with extra chunks before the pixels.
pub fn png(seed: u8, extra: &[Vec<u8>]) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(4_u32.to_be_bytes());
    header.extend(4_u32.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut pixels = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    for y in 0..4_u8 {
        pixels.write_all(&[0]).unwrap();
        for x in 0..4_u8 {
            pixels.write_all(&[seed, seed.wrapping_mul(x + 1), seed.wrapping_add(y)]).unwrap();
        }
    }
    let mut file = [SIGNATURE, &chunk(b"IHDR", &header)].concat();
    file.extend(extra.concat());
    file.extend(chunk(b"IDAT", &pixels.finish().unwrap()));
    file.extend(chunk(b"IEND", b""));
    file
}

/// A picture without any metadata: `unknown`.
pub fn plain_png(seed: u8) -> Vec<u8> {
    png(seed, &[])
}

/// A picture with a `tEXt` chunk.
pub fn text_png(seed: u8, key: &str, value: &str) -> Vec<u8> {
    png(seed, &[chunk(b"tEXt", &[key.as_bytes(), b"\0", value.as_bytes()].concat())])
}

/// A picture by AUTOMATIC1111: `ai`, strength `trace`.
pub fn a1111_png(seed: u8) -> Vec<u8> {
    text_png(seed, "parameters", PARAMETERS)
}

/// An XMP packet with a digital source type.
pub fn xmp(term: &str) -> String {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
         xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         Iptc4xmpExt:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/{term}\"/>\
         </rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
}

/// A PNG that declares a source type: `trainedAlgorithmicMedia` makes it `ai`, `declared`;
/// `screenCapture` makes it `suspect`.
pub fn xmp_png(seed: u8, term: &str) -> Vec<u8> {
    let data = [b"XML:com.adobe.xmp\0\0\0\0\0", xmp(term).as_bytes()].concat();
    png(seed, &[chunk(b"iTXt", &data)])
}

/// The same, by AUTOMATIC1111 besides.
pub fn mixed_png(seed: u8, term: &str) -> Vec<u8> {
    let data = [b"XML:com.adobe.xmp\0\0\0\0\0", xmp(term).as_bytes()].concat();
    let parameters = [b"parameters\0", PARAMETERS.as_bytes()].concat();
    png(seed, &[chunk(b"iTXt", &data), chunk(b"tEXt", &parameters)])
}

/// An XMP packet with names for a file and for what it was made from.
pub fn names(own: &str, inside: &str) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
         xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\" \
         xmlns:stRef=\"http://ns.adobe.com/xap/1.0/sType/ResourceRef#\" \
         xmpMM:InstanceID=\"xmp.iid:{own}\" xmpMM:DocumentID=\"xmp.did:{own}\">{inside}\
         </rdf:Description></rdf:RDF></x:xmpmeta>"
    )
}

/// A picture with such names; with `mark` also by AUTOMATIC1111.
pub fn named_png(seed: u8, own: &str, inside: &str, mark: bool) -> Vec<u8> {
    let data = [b"XML:com.adobe.xmp\0\0\0\0\0", names(own, inside).as_bytes()].concat();
    let mut chunks = vec![chunk(b"iTXt", &data)];
    if mark {
        let text = [b"parameters\0", PARAMETERS.as_bytes()].concat();
        chunks.push(chunk(b"tEXt", &text));
    }
    png(seed, &chunks)
}

/// What it says of the one document it was made from.
pub fn derived(from: &str) -> String {
    format!(
        "<xmpMM:DerivedFrom stRef:instanceID=\"xmp.iid:{from}\" stRef:documentID=\"xmp.did:{from}\"/>"
    )
}

/// A JPEG without any metadata: `unknown`.
pub fn plain_jpeg(seed: u8) -> Vec<u8> {
    jpeg(seed, None)
}

/// A JPEG that declares a source type.
pub fn xmp_jpeg(seed: u8, term: &str) -> Vec<u8> {
    let packet = [b"http://ns.adobe.com/xap/1.0/\0", xmp(term).as_bytes()].concat();
    jpeg(seed, Some(&packet))
}

fn jpeg(seed: u8, app1: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 80);
    if let Some(data) = app1 {
        encoder.add_app_segment(1, data.to_vec()).unwrap();
    }
    let pixels: Vec<u8> = (0..8 * 8 * 3_u8).map(|at| at.wrapping_mul(seed)).collect();
    encoder.encode(&pixels, 8, 8, ColorType::Rgb).unwrap();
    out
}

/// A picture with generation parameters in the lowest bits of its alpha channel and nowhere else, as
/// the stealth extension writes them: found only where pixels are decoded.
pub fn hidden_png(seed: u8) -> Vec<u8> {
    const SIDE: usize = 64;
    let length = u32::try_from(PARAMETERS.len() * 8).unwrap().to_be_bytes();
    let text = [b"stealth_pnginfo", &length[..], PARAMETERS.as_bytes()].concat();
    let mut pixels = vec![seed | 0xfe; SIDE * SIDE * 4];
    for pixel in pixels.chunks_mut(4) {
        pixel[3] = 0xfe;
    }
    for at in 0..text.len() * 8 {
        // Column by column.
        let (x, y) = (at / SIDE, at % SIDE);
        pixels[(y * SIDE + x) * 4 + 3] |= text[at / 8] >> (7 - at % 8) & 1;
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 64, 64);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

/// A picture whose C2PA store is no C2PA store: the file is whole, and what it states of its
/// origin cannot be read.
pub fn garbage_c2pa_png(seed: u8) -> Vec<u8> {
    png(
        seed,
        &[chunk(
            b"caBX",
            b"\0\0\0\x40jumb this is not a manifest store at all, to 64 bytes.......",
        )],
    )
}

/// A picture that ends in the middle of its pixels.
pub fn truncated_png(seed: u8) -> Vec<u8> {
    let mut file = plain_png(seed);
    file.truncate(file.len() - 20);
    file
}

/// A JPEG whose last metadata segment says it is longer than the file.
pub fn false_length_jpeg(seed: u8) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xe1, 0xff, 0xf0];
    file.extend(b"http://ns.adobe.com/xap/1.0/\0");
    file.extend(&plain_jpeg(seed)[2..]);
    file
}
