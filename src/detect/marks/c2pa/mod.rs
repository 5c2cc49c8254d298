//! C2PA manifests: read and validated by the `c2pa` library, offline, and only after a walker found
//! a store; then judged over the whole graph of ingredients. Never "invalid, so no mark": what a
//! manifest says, whether the bytes are bound to it, whether its signature holds and whether the
//! signer is trusted are separate facts.

pub mod actions;
#[cfg(feature = "c2pa")]
pub mod apart;
pub mod claims;
pub mod graph;
#[cfg(feature = "c2pa")]
pub mod lengths;
#[cfg(feature = "c2pa")]
pub mod read;
#[cfg(feature = "c2pa")]
pub mod salvage;
#[cfg(test)]
#[cfg(feature = "c2pa")]
mod signed_tests;

use crate::detect::Settings;
#[cfg(feature = "c2pa")]
use crate::detect::block::STORE_FILE;
use crate::detect::block::{Block, Found};
use crate::detect::bytes::Source;
use crate::detect::marks::Marked;
use crate::model::Evidence;

/// The detector's name.
pub const DETECTOR: &str = "c2pa";

/// Reads the store that a walker found.
#[cfg(feature = "c2pa")]
pub fn look(
    source: &mut dyn Source,
    media_type: &str,
    stores: &[(usize, Block)],
    settings: &Settings,
    out: &mut Marked,
    found: &mut Found,
) {
    let Some((order, block)) = stores.first() else {
        return;
    };
    match read::read(source, media_type, block, settings) {
        Ok(graph) => tell(&graph, *order, &block.place, out, found),
        Err(why) => {
            let (apart, more) = apart::read(source, stores, settings);
            let how = match apart.last() {
                // It is the file that is broken, which its walker has said.
                Some(one) if one.is_checked && !found.problems.is_empty() => None,
                Some(one) if one.is_checked => Some("was read apart from its file"),
                Some(_) => Some("was read without a check"),
                None => Some("cannot be read"),
            };
            if let Some(how) = how {
                found.problem(DETECTOR, format!("manifest store in {} {how}: {why}", block.place));
            }
            if more {
                found.more(DETECTOR, "manifest stores");
            }
            for one in apart {
                tell(&one.graph, one.order, one.place, out, found);
            }
        }
    }
}

/// Hands over what a store says.
#[cfg(feature = "c2pa")]
fn tell(graph: &graph::Graph, order: usize, place: &str, out: &mut Marked, found: &mut Found) {
    let (evidence, whole) = graph::judge(graph, place);
    for one in evidence {
        out.push(order, one);
    }
    graph::names(graph, place, out);
    if !whole {
        found.problem(DETECTOR, format!("manifest store in {place} holds more than is looked at"));
    }
}

/// What a store that is a file of its own says of the asset beside it.
#[cfg(feature = "c2pa")]
pub fn beside(
    source: &mut dyn Source,
    media_type: &str,
    store: &[u8],
    settings: &Settings,
) -> Result<Vec<Evidence>, String> {
    let graph = read::read_beside(source, media_type, store, settings)?;
    // What was not looked at is a problem of the store, where that is examined.
    Ok(graph::judge(&graph, STORE_FILE).0)
}

/// Without the library nothing can be said of it.
#[cfg(not(feature = "c2pa"))]
pub fn beside(
    _: &mut dyn Source,
    _: &str,
    _: &[u8],
    _: &Settings,
) -> Result<Vec<Evidence>, String> {
    Err("this build cannot read C2PA manifests".to_owned())
}

/// Without the library a store is a problem, so that the gate refuses rather than guesses.
#[cfg(not(feature = "c2pa"))]
pub fn look(
    _: &mut dyn Source,
    _: &str,
    stores: &[(usize, Block)],
    _: &Settings,
    _: &mut Marked,
    found: &mut Found,
) {
    if let Some((_, block)) = stores.first() {
        found.problem(
            DETECTOR,
            format!("c2pa manifest present in {}, this build cannot read it", block.place),
        );
    }
}
