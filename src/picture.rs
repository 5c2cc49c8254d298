//! Small pictures of large ones, for pages that people read. Bytes in, a small JPEG out; the only
//! place that decodes pixels for showing. Pure: no file, no clock.
//!
//! What is decoded is hostile. Its size is known before a pixel is: what is larger than the limits
//! is not drawn. Then the work is bounded by the pixels and bytes there are, and a decoder that panics
//! costs the picture and nothing else.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

/// The longer side of what is drawn, in pixels.
pub const SIDE: u32 = 160;

/// Bytes of a file that is drawn.
pub const MOST_BYTES: u64 = 64 << 20;

/// Pixels of a picture that is drawn: 8K film frames, not scans of maps.
pub const MOST_PIXELS: u64 = 40_000_000;

/// Bytes that a decoder may take for its pixels.
const MOST_MEMORY: u64 = 256 << 20;

/// 1 to 100. At this size more is not seen.
const QUALITY: u8 = 76;

/// A small picture.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    /// A whole JPEG file.
    pub jpeg: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pixels of what it was drawn from.
    pub from_pixels: u64,
}

/// Why a picture was not drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDrawn {
    /// The format is none that is drawn.
    #[error("{0} is not drawn")]
    Format(String),
    /// It is larger than what is drawn.
    #[error("{width} × {height} pixels are too many to draw")]
    TooLarge {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// It cannot be decoded.
    #[error("it cannot be decoded")]
    Undecodable,
}

/// The format of a media type that is drawn.
fn format_of(media_type: &str) -> Option<ImageFormat> {
    match media_type {
        "image/png" => Some(ImageFormat::Png),
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/webp" => Some(ImageFormat::WebP),
        "image/tiff" => Some(ImageFormat::Tiff),
        "image/gif" => Some(ImageFormat::Gif),
        _ => None,
    }
}

/// Whether a media type is one that is drawn.
pub fn is_drawn(media_type: &str) -> bool {
    format_of(media_type).is_some()
}

/// Draws a picture of at most [`SIDE`] × [`SIDE`] pixels, upright, what is transparent on white. Of an
/// animation the first frame.
pub fn thumbnail(bytes: &[u8], media_type: &str) -> Result<Thumbnail, NotDrawn> {
    let Some(format) = format_of(media_type) else {
        return Err(NotDrawn::Format(media_type.to_owned()));
    };
    catch_unwind(AssertUnwindSafe(|| draw(bytes, format))).unwrap_or(Err(NotDrawn::Undecodable))
}

fn draw(bytes: &[u8], format: ImageFormat) -> Result<Thumbnail, NotDrawn> {
    let undecodable = |_| NotDrawn::Undecodable;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    let from_pixels = u64::from(width) * u64::from(height);
    let too_large = from_pixels > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY;
    if too_large || from_pixels == 0 {
        return Err(NotDrawn::TooLarge { width, height });
    }
    let orientation = decoder.orientation().map_err(undecodable)?;
    let whole = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    let (width, height) = fitted(width, height);
    let mut small = whole.thumbnail_exact(width, height);
    small.apply_orientation(orientation);
    let small = on_white(&small);
    let (width, height) = small.dimensions();
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    small.write_with_encoder(encoder).map_err(undecodable)?;
    Ok(Thumbnail { jpeg, width, height, from_pixels })
}

/// Width and height within [`SIDE`], in proportion; never larger than they are.
fn fitted(width: u32, height: u32) -> (u32, u32) {
    let longer = u64::from(width.max(height));
    let side = u64::from(SIDE).min(longer);
    let of = |length: u32| {
        let scaled = u64::from(length) * side / longer;
        u32::try_from(scaled.max(1)).unwrap_or(SIDE)
    };
    (of(width), of(height))
}

fn on_white(picture: &DynamicImage) -> RgbImage {
    let pixels = picture.to_rgba8();
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [r, g, b, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
        let over = |color: u32| (color * alpha + 255 * (255 - alpha)) / 255;
        Rgb([over(r), over(g), over(b)].map(|one| u8::try_from(one).unwrap_or(u8::MAX)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_format_that_is_drawn_comes_out_small() {
        let whole = DynamicImage::ImageRgb8(RgbImage::from_pixel(640, 320, Rgb([200, 30, 30])));
        for (media_type, format) in [
            ("image/png", ImageFormat::Png),
            ("image/jpeg", ImageFormat::Jpeg),
            ("image/webp", ImageFormat::WebP),
            ("image/tiff", ImageFormat::Tiff),
            ("image/gif", ImageFormat::Gif),
        ] {
            let small = thumbnail(&encoded(&whole, format), media_type).unwrap();
            assert_eq!((small.width, small.height), (160, 80), "{media_type}");
            let seen = image::load_from_memory(&small.jpeg).unwrap().to_rgb8();
            assert!(seen.get_pixel(80, 40).0[0] > 180, "{media_type}");
        }
    }

    #[test]
    fn sides_keep_their_proportion_and_nothing_is_blown_up() {
        assert_eq!(fitted(4096, 2160), (160, 84));
        assert_eq!(fitted(2160, 4096), (84, 160));
        assert_eq!(fitted(16, 9), (16, 9));
        assert_eq!(fitted(100_000, 1), (160, 1));
    }

    #[test]
    fn what_is_transparent_is_white() {
        let clear = image::RgbaImage::from_pixel(8, 8, image::Rgba([0, 0, 0, 0]));
        let bytes = encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png);
        let small = thumbnail(&bytes, "image/png").unwrap();
        let seen = image::load_from_memory(&small.jpeg).unwrap().to_rgb8();
        assert!(seen.get_pixel(4, 4).0.iter().all(|one| *one > 250));
    }

    #[test]
    fn what_is_too_large_is_not_drawn_and_not_decoded() {
        // A header of 100,000 × 100,000 pixels and nothing after it: were a pixel asked for, this
        // would be undecodable and not too large.
        let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        let mut body = b"IHDR".to_vec();
        for part in [&100_000_u32.to_be_bytes()[..], &100_000_u32.to_be_bytes(), &[8, 2, 0, 0, 0]] {
            header.extend(part);
            body.extend(part);
        }
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        header.extend(crc.sum().to_be_bytes());
        header.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        let found = thumbnail(&header, "image/png");
        assert_eq!(found.unwrap_err(), NotDrawn::TooLarge { width: 100_000, height: 100_000 });
    }

    #[test]
    fn broken_and_strange_bytes_are_told_and_never_panic() {
        let whole = DynamicImage::ImageRgb8(RgbImage::from_fn(64, 64, |x, y| {
            Rgb([x, y, x ^ y].map(|one| u8::try_from(one).unwrap()))
        }));
        for (media_type, format) in [
            ("image/png", ImageFormat::Png),
            ("image/jpeg", ImageFormat::Jpeg),
            ("image/webp", ImageFormat::WebP),
            ("image/tiff", ImageFormat::Tiff),
            ("image/gif", ImageFormat::Gif),
        ] {
            let bytes = encoded(&whole, format);
            assert_eq!(thumbnail(&[], media_type).unwrap_err(), NotDrawn::Undecodable);
            for at in (0..bytes.len()).step_by(bytes.len() / 64 + 1) {
                let mut broken = bytes.clone();
                broken[at] ^= 0xff;
                for bytes in [&broken[..], &bytes[..at]] {
                    if let Ok(small) = thumbnail(bytes, media_type) {
                        assert!(small.width <= SIDE && small.height <= SIDE, "{media_type}");
                    }
                }
            }
        }
        let other = thumbnail(b"v/1\x01", "image/x-exr").unwrap_err();
        assert_eq!(other.to_string(), "image/x-exr is not drawn");
        assert!(!is_drawn("video/quicktime") && is_drawn("image/webp"));
    }
}
