//! The text that Stable Diffusion `WebUI`, `NovelAI` and `SwarmUI` hide in the lowest bits of the pixels
//! of a PNG or a lossless `WebP`: a signature, a length in bits, the text or its gzip, column by column. The only place
//! here where pixels are decoded, so `examine` comes here only when the settings ask for it. Pixels,
//! memory and what the text inflates to are bounded; an image without the signature in its first
//! column is let go as soon as that column can be read.

use std::io::{BufReader, SeekFrom};

use image_webp::WebPDecoder;
use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use crate::detect::block::{Carrier, Found};
use crate::detect::bytes::Source;
use crate::detect::inflate::gunzip;

const NAME: &str = "stealth";
/// Pixels decoded at most; generators make far fewer. One bit of each of four channels is kept.
const PIXELS_MAX: u64 = 64 << 20;
/// The same of `WebP`, whose decoder gives the whole picture at once: four bytes each.
const WEBP_PIXELS_MAX: u64 = 8 << 20;
/// What the decoder may allocate beside that.
const DECODER_CAP: usize = 16 << 20;
/// Every signature has this many letters.
const SIGNATURE: usize = 15;
/// Signatures: name, whether in alpha (else in the three colours), whether compressed.
const SIGNATURES: &[(&str, bool, bool)] = &[
    ("stealth_pngcomp", true, true),
    ("stealth_pnginfo", true, false),
    ("stealth_rgbcomp", false, true),
    ("stealth_rgbinfo", false, false),
];

/// Looks for a hidden text in a PNG.
pub fn png(source: &mut dyn Source, found: &mut Found) {
    tell("PNG", of_png(source), found);
}

/// Looks for a hidden text in a `WebP`.
pub fn webp(source: &mut dyn Source, found: &mut Found) {
    tell("WebP", of_webp(source), found);
}

fn tell(format: &str, hidden: Result<Option<Hidden>, String>, found: &mut Found) {
    match hidden {
        Ok(Some((name, alpha, text))) => {
            let channel = if alpha { "alpha" } else { "colour" };
            let place = format!("{format} pixels, lowest bits of {channel}, {name}");
            found.text(place, Carrier::PngText, "parameters", text);
        }
        Ok(None) => {}
        Err(why) => found.problem(NAME, why),
    }
}

type Hidden = (&'static str, bool, String);

fn failed(error: &dyn std::fmt::Display) -> String {
    format!("the pixels cannot be decoded: {error}")
}

fn too_many(width: u32, height: u32) -> String {
    format!("{width} by {height} pixels are more than are looked through for a hidden text")
}

fn of_png(source: &mut dyn Source) -> Result<Option<Hidden>, String> {
    source.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
    let limits = Limits { bytes: DECODER_CAP };
    let mut decoder = Decoder::new_with_limits(BufReader::new(source), limits);
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|error| failed(&error))?;
    let info = reader.info();
    let channels = match (info.color_type, info.bit_depth) {
        (ColorType::Rgba, BitDepth::Eight) => 4,
        (ColorType::Rgb, BitDepth::Eight) => 3,
        // No writer hides a text in other kinds.
        _ => return Ok(None),
    };
    if info.interlaced {
        return Ok(None);
    }
    let (width, height) = info.size();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(too_many(width, height));
    }
    let mut planes = Planes::new(width, height, channels);
    while planes.rows < planes.height {
        let Some(row) = reader.next_row().map_err(|error| failed(&error))? else {
            break;
        };
        if planes.row(row.data()) {
            return Ok(None);
        }
    }
    planes.hidden()
}

fn of_webp(source: &mut dyn Source) -> Result<Option<Hidden>, String> {
    source.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
    let mut decoder = WebPDecoder::new(BufReader::new(source)).map_err(|error| failed(&error))?;
    decoder.set_memory_limit(DECODER_CAP);
    // A lossy picture keeps no lowest bits, and nobody hides a text in a film.
    if decoder.is_animated() || decoder.is_lossy() {
        return Ok(None);
    }
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > WEBP_PIXELS_MAX {
        return Err(too_many(width, height));
    }
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut planes = Planes::new(width, height, channels);
    let mut pixels = vec![0; planes.width * planes.height * channels];
    decoder.read_image(&mut pixels).map_err(|error| failed(&error))?;
    for row in pixels.chunks_exact((planes.width * channels).max(1)) {
        if planes.row(row) {
            return Ok(None);
        }
    }
    planes.hidden()
}

/// The lowest bits of a picture, in the order in which texts are hidden in them.
struct Planes {
    alpha: Bits,
    colour: Bits,
    width: usize,
    height: usize,
    channels: usize,
    rows: usize,
}

impl Planes {
    fn new(width: u32, height: u32, channels: usize) -> Self {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let (width, height) = (size(width), size(height));
        Self {
            alpha: Bits::new(if channels == 4 { width * height } else { 0 }),
            colour: Bits::new(width * height * 3),
            width,
            height,
            channels,
            rows: 0,
        }
    }

    /// Takes the next row. True when no signature is in the first column, as far down as it can hold
    /// one in one bit of each pixel: the rest need not be looked at.
    fn row(&mut self, data: &[u8]) -> bool {
        for (x, pixel) in data.chunks_exact(self.channels).enumerate() {
            let at = x * self.height + self.rows;
            for (channel, value) in pixel.iter().take(3).enumerate() {
                self.colour.set(at * 3 + channel, value & 1);
            }
            if let Some(value) = pixel.get(3) {
                self.alpha.set(at, value & 1);
            }
        }
        self.rows += 1;
        self.rows == SIGNATURE * 8 && signature(&self.alpha, &self.colour).is_none()
    }

    fn hidden(&self) -> Result<Option<Hidden>, String> {
        let Some((name, in_alpha, compressed)) = signature(&self.alpha, &self.colour) else {
            return Ok(None);
        };
        let bits = if in_alpha { &self.alpha } else { &self.colour };
        let lie = || format!("{name} in the pixels states a length that they do not have");
        let length = bits.bytes(SIGNATURE, 4).ok_or_else(lie)?;
        let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let data = bits.bytes(SIGNATURE + 4, length / 8).ok_or_else(lie)?;
        let data = if compressed {
            gunzip(&data).map_err(|why| format!("{name} in the pixels {why}"))?
        } else {
            data
        };
        Ok(Some((name, in_alpha, String::from_utf8_lossy(&data).into_owned())))
    }
}

fn signature(alpha: &Bits, colour: &Bits) -> Option<(&'static str, bool, bool)> {
    SIGNATURES.iter().copied().find(|(name, in_alpha, _)| {
        let bits = if *in_alpha { alpha } else { colour };
        bits.bytes(0, SIGNATURE).is_some_and(|start| start == name.as_bytes())
    })
}

/// A row of bits, the highest of each byte first.
struct Bits(Vec<u8>);

impl Bits {
    fn new(count: usize) -> Self {
        Self(vec![0; count / 8])
    }

    fn set(&mut self, at: usize, bit: u8) {
        if let Some(byte) = self.0.get_mut(at / 8) {
            *byte |= bit << (7 - at % 8);
        }
    }

    fn bytes(&self, from: usize, count: usize) -> Option<Vec<u8>> {
        self.0.get(from..from.checked_add(count)?).map(<[u8]>::to_vec)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use crate::detect::{Settings, examine};
    use crate::model::{Evidence, Examination, Strength};

    /// A picture with this text hidden in it.
    pub fn hide(name: &str, width: usize, height: usize, text: &[u8]) -> Vec<u8> {
        let data = if name.ends_with("comp") {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        } else {
            text.to_vec()
        };
        let length = u32::try_from(data.len() * 8).unwrap().to_be_bytes();
        let all = [name.as_bytes(), &length, &data].concat();
        picture(width, height, &hidden_in(name, width, height, &all))
    }

    /// The same in a lossless `WebP`.
    pub fn hide_in_webp(width: usize, height: usize, text: &[u8]) -> Vec<u8> {
        let length = u32::try_from(text.len() * 8).unwrap().to_be_bytes();
        let name = "stealth_pnginfo";
        let pixels = hidden_in(name, width, height, &[name.as_bytes(), &length, text].concat());
        let mut out = Vec::new();
        let size = |number| u32::try_from(number).unwrap();
        image_webp::WebPEncoder::new(&mut out)
            .encode(&pixels, size(width), size(height), image_webp::ColorType::Rgba8)
            .unwrap();
        out
    }

    fn hidden_in(name: &str, width: usize, height: usize, all: &[u8]) -> Vec<u8> {
        let mut pixels = vec![0xfe; width * height * 4];
        let per_pixel = if name.contains("png") { 1 } else { 3 };
        for at in 0..all.len() * 8 {
            let bit = all[at / 8] >> (7 - at % 8) & 1;
            let (x, y) = (at / per_pixel / height, at / per_pixel % height);
            let channel = if per_pixel == 1 { 3 } else { at % 3 };
            pixels[(y * width + x) * 4 + channel] |= bit;
        }
        pixels
    }

    fn picture(width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let size = |number| u32::try_from(number).unwrap();
        let mut encoder = png::Encoder::new(&mut out, size(width), size(height));
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        out
    }

    const INFOTEXT: &str = "a cat\nSteps: 15, Sampler: UniPC, CFG scale: 5, Seed: 1, Size: 64x64";

    fn evidence(file: &[u8], settings: &Settings) -> Vec<Evidence> {
        let got = examine(&mut Cursor::new(file), file.len() as u64, &file[..16], settings);
        assert_eq!(got.examination, Examination::default());
        got.hidden
    }

    #[test]
    fn a_hidden_text_is_read_only_when_asked_for() {
        let deep = Settings::default().deep(true);
        for (name, width, height) in [
            ("stealth_pngcomp", 200, 150),
            ("stealth_pnginfo", 100, 50),
            ("stealth_rgbcomp", 60, 130),
            ("stealth_rgbinfo", 60, 40),
        ] {
            let file = hide(name, width, height, INFOTEXT.as_bytes());
            let got = evidence(&file, &deep);
            assert_eq!(got.len(), 1, "{name}");
            assert_eq!(got[0].strength, Strength::Trace);
            assert!(got[0].place.contains(name));
            assert_eq!(evidence(&file, &Settings::default()), []);
        }
        let novel = r#"{"Description":"x","Software":"NovelAI","Comment":"{\"prompt\":\"x\",\"uc\":\"y\",\"seed\":1,\"steps\":28,\"noise_schedule\":\"k\"}"}"#;
        let got = evidence(&hide("stealth_pngcomp", 130, 130, novel.as_bytes()), &deep);
        assert_eq!(got[0].tool.as_deref(), Some("NovelAI"));
    }

    #[test]
    fn a_text_hidden_in_a_webp_is_read_and_damage_is_a_problem() {
        let deep = Settings::default().deep(true);
        let file = hide_in_webp(40, 130, INFOTEXT.as_bytes());
        let got = evidence(&file, &deep);
        assert_eq!(got.len(), 1);
        assert!(got[0].place.starts_with("WebP pixels, lowest bits of alpha"), "{}", got[0].place);
        assert_eq!(evidence(&file, &Settings::default()), []);
        let mut found = Found::default();
        webp(&mut Cursor::new(&file[..file.len() / 2]), &mut found);
        assert!(found.problems[0].problem.contains("cannot be decoded"), "{:?}", found.problems);
        // 14 bits each of width and height less one, behind the signature of the bitstream.
        let huge = b"RIFF\x12\0\0\0WEBPVP8L\x05\0\0\0\x2f\xff\xcf\xff\x03\0";
        let mut found = Found::default();
        webp(&mut Cursor::new(&huge[..]), &mut found);
        assert!(found.problems[0].problem.contains("more than are looked"), "{:?}", found.problems);
    }

    #[test]
    fn a_picture_without_one_gives_nothing() {
        let deep = Settings::default().deep(true);
        assert_eq!(evidence(&picture(50, 200, &vec![0xff; 40_000]), &deep), []);
        assert_eq!(evidence(&picture(1, 1, &[0; 4]), &deep), []);
        assert_eq!(evidence(&hide("stealth_pngcomp", 99, 99, b"hello"), &deep), []);
    }

    fn problem(file: &[u8]) -> String {
        let mut found = Found::default();
        png(&mut Cursor::new(file), &mut found);
        found.problems.pop().map(|one| one.problem).unwrap_or_default()
    }

    #[test]
    fn bombs_lies_and_damage_are_problems() {
        let bomb = hide("stealth_pngcomp", 800, 800, &vec![0; 20 << 20]);
        assert!(problem(&bomb).contains("inflates to more"));
        let long = hide("stealth_pnginfo", 16, 64, &[7; 100]);
        assert_eq!(problem(&long), "");
        let mut all = b"stealth_pnginfo".to_vec();
        all.extend_from_slice(&[0xff; 4]);
        let mut pixels = vec![0xfe; 20 * 20 * 4];
        for at in 0..all.len() * 8 {
            pixels[(at % 20 * 20 + at / 20) * 4 + 3] |= all[at / 8] >> (7 - at % 8) & 1;
        }
        assert!(problem(&picture(20, 20, &pixels)).contains("states a length"));
        assert!(problem(&long[..long.len() / 2]).contains("cannot be decoded"));
        let mut huge = picture(1, 1, &[0; 4]);
        // Width and height, and the checksum left wrong on purpose: either way it is refused.
        huge[16..24].copy_from_slice(&[0, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff]);
        assert_ne!(problem(&huge), "");
    }
}
