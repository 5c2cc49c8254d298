//! The evidence of one asset while marks are looked for. The one place where what a file says is
//! bounded: a value is kept whole up to 1 MiB, all values of an asset up to 8 MiB, and what is cut
//! ends in a line that gives the length and the hash of the whole, so that it can be told apart from
//! another and proved against the file. Marks hand over whole values and never cut.

use std::collections::BTreeSet;

use crate::model::{Derivation, Evidence, Generative, GivenName, Identity, SourceType};

/// The longest value kept whole, in bytes.
pub const VALUE_CAP: usize = 1 << 20;

/// All whole values of one asset together; what comes after is cut to `SHORT_CAP`.
pub const VALUES_CAP: usize = 8 << 20;

/// What is kept of a value when there is no room for more.
pub const SHORT_CAP: usize = 4096;

/// Pieces of evidence kept of one asset, the strongest when there are more.
pub const EVIDENCE_MAX: usize = 256;

/// Things that an asset may say it was made from. A long timeline that was rendered names some hundreds.
pub const SOURCES_MAX: usize = 1_000;

/// Names an asset may have for itself.
const NAMES_MAX: usize = 16;

/// The shortest and the longest text that is taken for a name somebody gave to one thing only.
const NAME_LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;

/// Names, places and sentences are for reading; values belong in `detail`.
const LINE_CAP: usize = 1024;

/// Evidence with its place in the order of the file.
#[derive(Debug)]
pub struct Marked {
    list: Vec<(usize, Evidence)>,
    room: usize,
    more: bool,
    identity: Identity,
    more_sources: bool,
    parts: BTreeSet<usize>,
}

impl Default for Marked {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            room: VALUES_CAP,
            more: false,
            identity: Identity::default(),
            more_sources: false,
            parts: BTreeSet::new(),
        }
    }
}

impl Marked {
    /// Where the blocks at these places of the order speak of something that was placed in the asset.
    pub fn with_parts(parts: BTreeSet<usize>) -> Self {
        Self { parts, ..Self::default() }
    }

    /// Adds a piece, bounded. `order` is where its block stands among all of the file.
    pub fn push(&mut self, order: usize, mut evidence: Evidence) {
        if let Some(value) = &mut evidence.detail {
            // A value that has to be cut anyway is not worth the last room there is.
            let cap = if value.len().min(VALUE_CAP) <= self.room { VALUE_CAP } else { SHORT_CAP };
            cut(value, cap);
            self.room = self.room.saturating_sub(value.len());
        }
        line(&mut evidence.mark);
        line(&mut evidence.place);
        let names = [&mut evidence.tool, &mut evidence.model, &mut evidence.signer];
        names.into_iter().flatten().for_each(line);
        self.list.push((order, evidence));
        // At twice the number, so that the work stays in proportion to what is pushed.
        if self.list.len() >= 2 * EVIDENCE_MAX {
            self.keep_strongest();
        }
    }

    /// Adds a name of the asset itself.
    pub fn is_named(&mut self, name: GivenName) {
        let own = &mut self.identity.own;
        if NAME_LENGTHS.contains(&name.1.len()) && own.len() < NAMES_MAX && !own.contains(&name) {
            own.push(name);
        }
    }

    /// Adds something the asset was made from; said twice, it counts once.
    pub fn derives(&mut self, mut one: Derivation) {
        one.names.retain(|name| NAME_LENGTHS.contains(&name.1.len()));
        let from = &mut self.identity.from;
        let same = |known: &Derivation| known.relation == one.relation && known.names == one.names;
        if one.names.is_empty() || from.iter().any(same) {
            return;
        }
        self.more_sources |= from.len() >= SOURCES_MAX;
        if from.len() < SOURCES_MAX {
            line(&mut one.place);
            from.push(one);
        }
    }

    /// The names that were added, and whether there was more than is kept.
    pub fn take_identity(&mut self) -> (Identity, bool) {
        (std::mem::take(&mut self.identity), self.more_sources)
    }

    /// What was added so far.
    pub fn iter(&self) -> impl Iterator<Item = &Evidence> {
        self.list.iter().map(|(_, evidence)| evidence)
    }

    /// All of it in the order of the file, each once, and whether there was more than is kept.
    pub fn finish(mut self) -> (Vec<Evidence>, bool) {
        if self.list.len() > EVIDENCE_MAX {
            self.keep_strongest();
        }
        // Stable: marks of one block stay in the order of the table.
        self.list.sort_by_key(|(order, _)| *order);
        let mut evidence: Vec<Evidence> = Vec::with_capacity(self.list.len());
        for (order, mut one) in self.list {
            if self.parts.contains(&order) {
                of_part(&mut one);
            }
            if !evidence.contains(&one) {
                evidence.push(one);
            }
        }
        (evidence, self.more)
    }

    fn keep_strongest(&mut self) {
        self.list.sort_by_key(|(_, one)| std::cmp::Reverse(one.strength));
        self.list.truncate(EVIDENCE_MAX);
        self.more = true;
    }
}

/// What is said of something that was placed in an asset says of the asset that it has a generated element.
fn of_part(evidence: &mut Evidence) {
    evidence.mark = format!("of an element in it: {}", evidence.mark);
    if evidence.source_type.map(SourceType::generative) == Some(Generative::Whole) {
        evidence.source_type = Some(SourceType::CompositeSynthetic);
    }
}

/// Leaves a value as it is, or its start and what proves the rest.
fn cut(value: &mut String, cap: usize) {
    if value.len() <= cap {
        return;
    }
    let last =
        format!("\n[cut; whole: {} bytes, BLAKE3 {}]", value.len(), blake3::hash(value.as_bytes()));
    value.truncate(value.floor_char_boundary(cap.saturating_sub(last.len())));
    value.push_str(&last);
}

/// Cuts a line for people.
fn line(text: &mut String) {
    if text.len() > LINE_CAP {
        text.truncate(text.floor_char_boundary(LINE_CAP));
        text.push_str(" …");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Strength;

    fn one(strength: Strength, mark: &str, detail: &str) -> Evidence {
        Evidence { detail: Some(detail.to_owned()), ..Evidence::new("d", strength, mark, "P") }
    }

    fn kept(values: &[String]) -> Vec<String> {
        let mut marked = Marked::default();
        for (order, value) in values.iter().enumerate() {
            marked.push(order, one(Strength::Trace, &order.to_string(), value));
        }
        marked.finish().0.into_iter().filter_map(|evidence| evidence.detail).collect()
    }

    #[test]
    fn a_value_is_whole_up_to_its_limit_and_provable_beyond() {
        let whole = "ä".repeat(VALUE_CAP / 2);
        assert_eq!(kept(std::slice::from_ref(&whole))[0], whole);
        let long = format!("{whole}x");
        let [cut] = &kept(std::slice::from_ref(&long))[..] else { panic!() };
        assert!(cut.len() <= VALUE_CAP && cut.len() > VALUE_CAP - 2);
        let (start, last) = cut.rsplit_once('\n').unwrap();
        assert!(long.starts_with(start));
        assert_eq!(
            last,
            format!("[cut; whole: {} bytes, BLAKE3 {}]", long.len(), blake3::hash(long.as_bytes()))
        );
    }

    #[test]
    fn all_values_of_an_asset_together_are_bounded() {
        let values: Vec<String> =
            (0..40).map(|at| at.to_string() + &"v".repeat(VALUE_CAP)).collect();
        let kept = kept(&values);
        assert_eq!(kept.len(), 40);
        let sum: usize = kept.iter().map(String::len).sum();
        assert!(sum <= VALUES_CAP + 40 * SHORT_CAP, "{sum}");
        assert!(kept[7].len() == VALUE_CAP && kept[8].len() == SHORT_CAP);
        assert!(kept.iter().all(|value| value.contains("[cut; whole: ")));
    }

    #[test]
    fn the_strongest_are_kept_and_the_order_is_that_of_the_file() {
        let mut marked = Marked::default();
        for order in 0..3000 {
            let strength = if order % 100 == 0 { Strength::Signed } else { Strength::Heuristic };
            marked.push(order, one(strength, &order.to_string(), ""));
        }
        let (evidence, more) = marked.finish();
        assert!(more && evidence.len() == EVIDENCE_MAX);
        assert_eq!(evidence.iter().filter(|one| one.strength == Strength::Signed).count(), 30);
        let order: Vec<usize> = evidence.iter().map(|one| one.mark.parse().unwrap()).collect();
        assert!(order.is_sorted());
    }

    #[test]
    fn a_line_is_short_whatever_the_file_says() {
        let mut marked = Marked::default();
        marked.push(0, Evidence { tool: Some("ü".repeat(9000)), ..one(Strength::Trace, "m", "") });
        let (evidence, _) = marked.finish();
        assert!(evidence[0].tool.as_ref().is_some_and(|tool| tool.len() < LINE_CAP + 8));
    }
}
