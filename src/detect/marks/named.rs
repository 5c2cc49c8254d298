//! Values that a generator writes whole into a standard field, such as `Make` = `Ideogram AI`. All of
//! them are rows of `generators.toml`; a value is compared whole or by a stated beginning, in the
//! stated field of the stated carrier only.

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::generators;
use crate::detect::marks::{Marked, trace};
use crate::model::{Evidence, Strength};

/// Looks each field up.
pub fn look(fields: &[Field], out: &mut Marked) {
    for field in fields {
        let Some(known) = generators::named_value(field.carrier, &field.key, &field.value) else {
            continue;
        };
        let what = if field.carrier == Carrier::Sei { "user data in the film" } else { &field.key };
        let mark = format!("{what} is what {} writes", known.tool);
        let mut evidence = Evidence {
            detail: Some(field.value.clone()),
            ..trace(field, "tool-trace", known.tool, mark)
        };
        if known.heuristic {
            evidence.strength = Strength::Heuristic;
        }
        // How much was generated its own parameters say better than its name.
        let same = |one: &&Evidence| one.tool == evidence.tool && one.strength == Strength::Trace;
        if let Some(source_type) = out.iter().find(same).and_then(|one| one.source_type) {
            evidence.source_type = Some(source_type);
        }
        out.push(field.order, evidence);
    }
}
