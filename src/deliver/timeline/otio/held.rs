//! Media in objects that no version of the format knows: a studio's own reference, a studio's own
//! clip. What they hold is read as if it were known; a text in them that reads as a place of media is one.
//! What shows something that nobody can tell is a reference all the same, by its name, so that it is
//! never left out in silence.

use crate::deliver::names::is_media;
use crate::deliver::timeline::collector::is_place;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::json::Node;
use crate::deliver::timeline::otio::REFERENCES;
use crate::deliver::timeline::otio::SHOW_NOTHING;
use crate::deliver::timeline::otio::Spot;
use crate::deliver::timeline::otio::VALUES;
use crate::deliver::timeline::otio::Walk;
use crate::deliver::timeline::otio::children;
use crate::deliver::timeline::otio::has_target;
use crate::deliver::timeline::otio::is_known_reference;
use crate::deliver::timeline::otio::is_off;
use crate::deliver::timeline::otio::name;
use crate::deliver::timeline::otio::schema;
use crate::model::Reference;
use crate::model::Use;

/// What is known of the clip whose media are read.
#[derive(Clone)]
pub(super) struct Held {
    reference: Reference,
    /// Nothing else says where the media lie: a text may.
    texts: bool,
}

impl Held {
    /// The clip's mention of what stands deeper, at `place`.
    pub(super) fn at(&self, place: &str) -> Reference {
        Reference { place: place.to_owned(), ..self.reference.clone() }
    }
}

/// The media references of a clip, and whether each is the active one. In a list none is told apart.
pub(super) fn media<'n, 'a>(clip: &'n Node<'a>) -> Vec<(&'n Node<'a>, bool)> {
    let many = clip.get("media_references");
    let active = clip.get("active_media_reference_key").text().unwrap_or("DEFAULT_MEDIA");
    let known = many.entries().iter().any(|(key, _)| key == active);
    let mut all = Vec::new();
    match many {
        Node::Object(entries) if many.get("OTIO_SCHEMA").text().is_none() => {
            for (key, node) in entries {
                flatten(node, key == active || !known, &mut all);
            }
        }
        Node::Nothing => {}
        // One or a list where there should be several by their keys.
        other => flatten(other, true, &mut all),
    }
    match clip.get("media_reference") {
        Node::Nothing => {}
        one => flatten(one, true, &mut all),
    }
    all
}

fn flatten<'n, 'a>(node: &'n Node<'a>, active: bool, all: &mut Vec<(&'n Node<'a>, bool)>) {
    match node {
        Node::List(items) => items.iter().for_each(|item| flatten(item, active, all)),
        one => all.push((one, active)),
    }
}

impl Walk {
    pub(super) fn note_unknown(&mut self, node: &Node<'_>) {
        let schema = schema(node);
        if !schema.is_empty() {
            self.out.note(format!("unknown schema {schema}: read for the media in it"));
        }
    }

    /// What stands in a composition. If it is of a schema that is not known and gives no reference, it
    /// is one by its name: something is shown there, and nobody can tell what.
    pub(super) fn item(&mut self, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        for item in node.items() {
            self.item(item, spot)?;
        }
        if matches!(node, Node::Nothing | Node::List(_)) {
            return Ok(());
        }
        if is_known(schema(node)) {
            return self.object(node, &Spot { held: None, ..spot.clone() });
        }
        let before = self.out.count();
        let reference = mention(name(node), spot.usage, spot.place.clone());
        let mut reference = self.placed(reference, node, spot);
        reference.enabled &= !is_off(node);
        let held = Some(Held { reference: reference.clone(), texts: true });
        self.value(node, &Spot { held, enabled: reference.enabled, ..spot.clone() })?;
        // A composition shows what is in it.
        let is_composition = matches!(node.get("children"), Node::List(_) | Node::Object(_));
        if self.out.count() > before || is_composition {
            return Ok(());
        }
        self.untold(reference)
    }

    /// A media reference: each of its places as a mention by `reference`, then what it holds besides. One of
    /// a vendor's own without a place is what it holds; with nothing in it, it is a mention by name.
    pub(super) fn medium(
        &mut self,
        reference: Reference,
        media: &Node<'_>,
        spot: &Spot,
    ) -> Result<(), TimelineError> {
        if schema(media) == "GeneratorReference" && !has_target(media) {
            return self.rest(media, &Spot { held: None, ..spot.clone() }, &[]);
        }
        let is_told = is_known_reference(media) || has_target(media);
        let beside_told = spot.held.as_ref().is_some_and(|held| !held.texts);
        if spot.held.is_some() && schema(media) == "MissingReference" && !has_target(media) {
            return Ok(());
        }
        if is_told || !matches!(media, Node::Object(_)) {
            self.targets(reference.clone(), media)?;
            // Beside the place that it says, what it holds is another choice.
            let usage = reference.usage.max(Use::Alternative);
            let held = Some(Held { reference: Reference { usage, ..reference }, texts: false });
            return self.rest(media, &Spot { held, ..spot.clone() }, &["target_urls"]);
        }
        self.note_unknown(media);
        let before = self.out.count();
        let held = Some(Held { reference: reference.clone(), texts: true });
        self.rest(media, &Spot { held, ..spot.clone() }, &["target_urls"])?;
        if self.out.count() > before || beside_told { Ok(()) } else { self.untold(reference) }
    }

    /// A text in what is meant as media.
    pub(super) fn text(&mut self, text: &str, spot: &Spot) -> Result<(), TimelineError> {
        match &spot.held {
            Some(held) if held.texts && (is_place(text) || is_media(text)) => {
                let target = Some(text.to_owned());
                let reference = held.at(&spot.place);
                self.out.push(Reference { target, ..reference })
            }
            _ => Ok(()),
        }
    }

    /// Something is shown, and nobody can tell what.
    pub(super) fn untold(&mut self, reference: Reference) -> Result<(), TimelineError> {
        let place = &reference.place;
        self.out
            .note(format!("{place}: which media it shows is not told: known by its name alone"));
        self.out.push(reference)
    }
}

/// Whether it is a compound in which nothing stands, not even a gap: converters leave one where they could
/// not follow a nested sequence.
pub(super) fn is_hollow(node: &Node<'_>) -> bool {
    match schema(node) {
        "Timeline" => is_hollow(node.get("tracks")),
        "Stack" | "Track" | "Sequence" => children(node).iter().all(is_hollow),
        _ => false,
    }
}

/// Whether what is of this schema says what it shows, if it shows anything.
fn is_known(schema: &str) -> bool {
    /// Compositions, and what stands in them.
    const COMPOSED: &[&str] = &[
        "Clip",
        "Track",
        "Sequence",
        "Stack",
        "Timeline",
        "SerializableCollection",
        "SerializeableCollection",
    ];
    [COMPOSED, SHOW_NOTHING, REFERENCES, VALUES].iter().any(|known| known.contains(&schema))
}
