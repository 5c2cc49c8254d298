//! Media that parameters of effects and titles name: what a plug-in lays over a picture is seen as the
//! clip is. A parameter holds anything, so only what cannot be anything else counts: a `file:` URL of
//! a file that ends as media do. A look-up table or a preset is none.

use std::collections::BTreeSet;

use crate::deliver::names::is_media;
use crate::deliver::timeline::collector::{Collector, mention};
use crate::deliver::timeline::error::TimelineError;
use crate::model::Use;

/// The parameters of one document.
#[derive(Default)]
pub struct Parameters(BTreeSet<String>);

impl Parameters {
    /// The value of a parameter: lists the file that it names, once.
    pub fn value(&mut self, value: &str, out: &mut Collector) -> Result<(), TimelineError> {
        let value = value.trim();
        let is_url = value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:"));
        if !is_url || !is_media(value) || !self.0.insert(value.to_owned()) {
            return Ok(());
        }
        let place = "a parameter of an effect or title".to_owned();
        let mut reference = mention("", Use::Listed, place);
        reference.target = Some(value.to_owned());
        out.push(reference)
    }
}
