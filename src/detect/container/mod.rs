//! One file per family of containers. A walker follows the container's own structure, yields blocks
//! with their places, and says where it broke. It never searches bytes for words, never decodes
//! pixels or sound (`stealth` alone does, when asked to), and never trusts a length.

pub mod ape;
pub mod avc;
pub mod bmff;
pub mod document;
pub mod dpx;
pub mod exr;
pub mod flac;
pub mod flv;
pub mod gif;
pub mod heif;
pub mod id3;
pub mod irb;
pub mod jpeg;
pub mod matroska;
pub mod mxf;
pub mod pdf;
pub mod pdf_owners;
pub mod pdf_syntax;
pub mod png;
pub mod psd;
pub mod riff;
pub mod samsung;
pub mod stealth;
pub mod tiff;

/// What a walker finds in these bytes, for tests.
#[cfg(test)]
pub fn walked(
    walk: fn(&mut crate::detect::bytes::Bytes<'_>, &mut crate::detect::block::Found),
    data: &[u8],
) -> crate::detect::block::Found {
    let mut found = crate::detect::block::Found::default();
    walk(&mut crate::detect::bytes::Bytes::memory(data), &mut found);
    found
}
