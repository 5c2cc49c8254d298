//! What a deliverable is made of, and how it leaves: timelines and packages read, what they mention told
//! in terms of places and names, files copied so that what arrived is known. Looks at no folder of the
//! project: where things lie is asked by `app`.

pub mod beside;
pub mod copy;
pub mod folding;
pub mod manifest;
pub mod names;
pub mod package;
pub mod staging;
pub mod target;
pub mod timeline;
