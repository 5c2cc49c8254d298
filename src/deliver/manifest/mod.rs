//! Manifests that are left beside a deliverable. Makes bytes; never reads or writes a file, never
//! hashes media and never reads a clock: digests and times are handed in. An export comes before it
//! and puts the bytes in place.

mod ascmhl;
mod creator;
mod error;
mod markup;

#[cfg(test)]
mod tests;

pub use ascmhl::{
    Generation, GenerationOptions, ManifestFile, ManifestReference, write_generation,
};
pub use creator::Creator;
pub use error::ManifestError;
