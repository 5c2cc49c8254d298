//! What a deliverable is made of: timelines and packages read, and what they mention told in terms of
//! places and names. Looks at no folder of the project: where things lie is asked by `app`.

pub mod names;
pub mod target;
pub mod timeline;
