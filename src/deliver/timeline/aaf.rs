//! AAF, as Avid, Premiere, Resolve and Pro Tools write it (AAF Object Specification 1.1): compositions,
//! the master mobs that they cut, and the locators of the files behind those.
//!
//! Every source clip is a reference, through effects, nested scopes, selectors and compositions in
//! compositions. Media that no composition uses are listed. Of essence embedded in the file it is told
//! that it is there; retimed source ranges and the parameters of effects are not read.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::aaf::object::Container;
use crate::deliver::timeline::aaf::object::MobId;
use crate::deliver::timeline::aaf::object::Object;
use crate::deliver::timeline::aaf::source::Media;
use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::sight::Sight;
use crate::deliver::timeline::sight::Tracks;
use crate::deliver::timeline::sight::taken;
use crate::deliver::timeline::timecode::Rate;
use crate::deliver::timeline::timecode::Seconds;
use crate::model::MediaKind;
use crate::model::Use;

mod object;
mod source;
#[cfg(test)]
mod tests;

/// Segments in segments, and compositions in compositions.
const DEPTH_MAX: usize = 64;
/// Identifiers of classes and properties (AAF Object Specification, appendix).
mod id {
    pub const COMPOSITION: u16 = 0x3500;
    pub const TAPE: u16 = 0x2e00;
    pub const TRANSITION: u16 = 0x1700;
    pub const HEADER: u16 = 0x0002;
    pub const CONTENT: u16 = 0x3b03;
    pub const MOBS: u16 = 0x1901;
    /// Essence in the file itself, and the mob that it is of.
    pub const ESSENCE: u16 = 0x1902;
    pub const ESSENCE_OF: u16 = 0x2701;
    pub const MOB_ID: u16 = 0x4401;
    pub const MOB_NAME: u16 = 0x4402;
    pub const SLOTS: u16 = 0x4403;
    pub const USAGE: u16 = 0x4408;
    pub const COMMENTS: u16 = 0x4406;
    pub const TAG_NAME: u16 = 0x5001;
    pub const TAG_VALUE: u16 = 0x5003;
    pub const SLOT_ID: u16 = 0x4801;
    pub const SEGMENT: u16 = 0x4803;
    pub const EDIT_RATE: u16 = 0x4b01;
    pub const DESCRIPTOR: u16 = 0x4701;
    pub const LOCATORS: u16 = 0x2f01;
    /// Of one that stands for several: its tracks lie in files of their own.
    pub const DESCRIPTORS: u16 = 0x3f01;
    pub const URL: u16 = 0x4001;
    pub const LOCATOR_NAME: u16 = 0x4101;
    pub const DATA_DEFINITION: u16 = 0x0201;
    pub const LENGTH: u16 = 0x0202;
    pub const SOURCE_ID: u16 = 0x1101;
    pub const SOURCE_SLOT: u16 = 0x1102;
    pub const SOURCE_START: u16 = 0x1201;
    pub const COMPONENTS: u16 = 0x1001;
    pub const SELECTED: u16 = 0x0f01;
    pub const ALTERNATES: u16 = 0x0f02;
    pub const CHOICES: u16 = 0x0501;
    pub const TIMECODE_START: u16 = 0x1501;
    pub const TIMECODE_FPS: u16 = 0x1502;
    pub const TIMECODE_DROP: u16 = 0x1503;
    /// Inputs and rendering of an effect, slots of a scope, input of a pulldown, still frame of a
    /// group, effect of a transition.
    pub const INNER: [u16; 6] = [0x0b02, 0x0b05, 0x0c01, 0x0d01, 0x0502, 0x1801];
}

/// A mob that is known.
struct Mob {
    path: String,
    class: u16,
    name: String,
    top: bool,
}

/// Where a segment stands.
#[derive(Clone)]
struct Spot {
    usage: Use,
    enabled: bool,
    track: Option<String>,
    media: MediaKind,
    rate: Option<Rate>,
    /// Of what lies here; its zero is where the segment begins.
    sight: Sight,
    place: String,
    depth: usize,
}

struct Aaf<'a> {
    container: Container<'a>,
    mobs: HashMap<MobId, Mob>,
    /// Their identifiers, in the order of the file.
    order: Vec<MobId>,
    seen: HashSet<MobId>,
    /// Those whose essence is embedded.
    embedded: HashSet<MobId>,
    media: HashMap<(MobId, i64), Media>,
    /// The timecode's rate in the composition that is being read.
    rate: Option<Rate>,
    out: Collector,
}

/// Reads a file.
pub fn read(bytes: &[u8], out: Collector) -> Result<Timeline, TimelineError> {
    let mut aaf = Aaf {
        container: Container::open(bytes)?,
        mobs: HashMap::new(),
        order: Vec::new(),
        seen: HashSet::new(),
        embedded: HashSet::new(),
        media: HashMap::new(),
        rate: None,
        out,
    };
    aaf.load()?;
    let compositions: Vec<MobId> =
        aaf.order.iter().filter(|key| aaf.is_composition(key)).copied().collect();
    let any_top = compositions.iter().any(|key| aaf.mobs.get(key).is_some_and(|mob| mob.top));
    let mut name = None;
    for key in &compositions {
        let Some(mob) = aaf.mobs.get(key).filter(|mob| mob.top || !any_top) else { continue };
        name.get_or_insert_with(|| mob.name.clone());
        aaf.composition(key, Use::Used)?;
    }
    for key in &compositions {
        if !aaf.seen.contains(key) {
            aaf.composition(key, Use::Listed)?;
        }
    }
    aaf.unmentioned()?;
    if compositions.is_empty() {
        aaf.out.note("no composition in it: its media are listed");
    }
    Ok(aaf.out.finish(name))
}

impl Aaf<'_> {
    fn load(&mut self) -> Result<(), TimelineError> {
        /// `UsageCode` of a composition that is no part of another: 0d010102-0101-0700-060e-….
        const TOP_LEVEL: [u8; 8] = [0x02, 0x01, 0x01, 0x0d, 0x01, 0x01, 0x00, 0x07];
        let root = self.container.root()?;
        for header in self.container.owned_objects(&root, id::HEADER)? {
            for content in self.container.owned_objects(&header, id::CONTENT)? {
                for path in self.container.owned(&content, id::MOBS)? {
                    let mob = self.container.at(&path)?;
                    self.out.steps_of(mob.cost())?;
                    let Some(key) = mob.mob_id(id::MOB_ID) else {
                        self.out.note(format!("{path}: a mob without an identifier"));
                        continue;
                    };
                    let top = mob.key(id::USAGE).is_some_and(|code| code.starts_with(&TOP_LEVEL));
                    let name = mob.text(id::MOB_NAME).unwrap_or_default();
                    let known = Mob { path, class: mob.class, name, top };
                    if self.mobs.insert(key, known).is_none() {
                        self.order.push(key);
                    }
                }
                for essence in self.container.owned_objects(&content, id::ESSENCE)? {
                    self.out.steps_of(essence.cost())?;
                    self.embedded.extend(essence.mob_id(id::ESSENCE_OF));
                }
            }
        }
        Ok(())
    }

    fn is_composition(&self, key: &MobId) -> bool {
        self.mobs.get(key).is_some_and(|mob| mob.class == id::COMPOSITION)
    }

    fn slots(&mut self, path: &str) -> Result<Vec<(Object, Object)>, TimelineError> {
        let mob = self.container.at(path)?;
        let mut out = Vec::new();
        for slot in self.container.owned_objects(&mob, id::SLOTS)? {
            self.out.steps_of(slot.cost())?;
            if let Some(segment) = self.container.owned_objects(&slot, id::SEGMENT)?.pop() {
                self.out.steps_of(segment.cost())?;
                out.push((slot, segment));
            }
        }
        Ok(out)
    }

    /// The first timecode of slots, and the rate it counts.
    fn timecode(slots: &[(Object, Object)]) -> Option<(i64, Rate)> {
        let (slot, code) = slots.iter().find(|(_, segment)| segment.has(id::TIMECODE_FPS))?;
        let fps = code.number(id::TIMECODE_FPS)?;
        let exact = edit_rate(slot).filter(|rate| rate.nominal() == fps);
        let rate = exact.or_else(|| Rate::new(fps, 1))?;
        let drop = code.number(id::TIMECODE_DROP) == Some(1);
        let rate = if drop && rate.dropping(true) == rate.dropping(false) {
            Rate::new(fps.checked_mul(1000)?, 1001)?
        } else {
            rate
        };
        Some((code.number(id::TIMECODE_START)?, rate.dropping(drop)))
    }

    fn composition(&mut self, key: &MobId, usage: Use) -> Result<(), TimelineError> {
        let Some(mob) = self.mobs.get(key) else { return Ok(()) };
        let (path, place) = (mob.path.clone(), format!("composition {:?}", mob.name));
        self.seen.insert(*key);
        let slots = self.slots(&path)?;
        let code = Self::timecode(&slots);
        let first = slots.iter().find_map(|(slot, _)| edit_rate(slot));
        self.rate = code.map(|(_, rate)| rate).or(first.filter(|rate| rate.nominal() <= 300));
        let start =
            code.map_or(Some(Seconds::ZERO), |(start, rate)| Seconds::of_frames(start, rate));
        let mut labels = Tracks::default();
        for (slot, segment) in &slots {
            let media = kind(segment);
            let label = labels.label(media);
            let spot = Spot {
                usage,
                enabled: true,
                place: format!("{place}, track {label}"),
                track: Some(label),
                media,
                rate: edit_rate(slot),
                sight: Sight::from(start.filter(|_| usage == Use::Used)),
                depth: 0,
            };
            self.segment(segment, &spot)?;
        }
        Ok(())
    }

    fn segment(&mut self, object: &Object, spot: &Spot) -> Result<(), TimelineError> {
        self.out.steps_of(object.cost())?;
        self.out.within("segments in segments", spot.depth + 1, DEPTH_MAX)?;
        let inner = Spot { depth: spot.depth + 1, ..spot.clone() };
        if object.has(id::SOURCE_ID) {
            return self.source_clip(object, &inner);
        }
        self.in_turn(object, &inner)?;
        self.selector(object, &inner)?;
        self.choices(object, &inner)?;
        self.inputs(object, &inner)
    }

    /// The components of a sequence, one after the other.
    fn in_turn(&mut self, object: &Object, spot: &Spot) -> Result<(), TimelineError> {
        let mut spot = spot.clone();
        for path in self.container.owned(object, id::COMPONENTS)? {
            let part = self.container.at(&path)?;
            let length = length(&part, spot.rate);
            let begin = spot.sight.zero;
            if part.class == id::TRANSITION {
                // What follows begins where the transition does: both are seen in it.
                spot.sight = spot.sight.at(begin.and_then(|begin| begin.minus(length?)));
                self.segment(&part, &spot)?;
                continue;
            }
            self.segment(&part, &spot)?;
            spot.sight = spot.sight.at(begin.and_then(|begin| begin.plus(length?)));
        }
        Ok(())
    }

    /// What a selector shows, and what it could show.
    fn selector(&mut self, object: &Object, spot: &Spot) -> Result<(), TimelineError> {
        let selected = self.container.owned_objects(object, id::SELECTED)?;
        let alternates = self.container.owned_objects(object, id::ALTERNATES)?;
        let before = self.out.count();
        for part in &selected {
            self.segment(part, spot)?;
        }
        let mut spot = spot.clone();
        // Avid mutes a clip by selecting nothing in its place.
        if self.out.count() == before {
            spot.enabled = false;
        } else {
            spot.usage = spot.usage.max(Use::Alternative);
        }
        alternates.iter().try_for_each(|part| self.segment(part, &spot))
    }

    /// The choices of a group: the first is shown.
    fn choices(&mut self, object: &Object, spot: &Spot) -> Result<(), TimelineError> {
        let mut spot = spot.clone();
        for part in self.container.owned_objects(object, id::CHOICES)? {
            self.segment(&part, &spot)?;
            spot.usage = spot.usage.max(Use::Alternative);
        }
        Ok(())
    }

    /// What an effect, a scope or a pulldown is made of.
    fn inputs(&mut self, object: &Object, spot: &Spot) -> Result<(), TimelineError> {
        let length = length(object, spot.rate);
        for property in id::INNER {
            for part in self.container.owned_objects(object, property)? {
                let mut spot = spot.clone();
                if length.is_some() && self::length(&part, spot.rate) != length {
                    // A retime: what is inside is somewhere in the effect.
                    let (begin, start) = (spot.sight.zero, Some(Seconds::ZERO));
                    spot.sight = spot.sight.through(begin, length, start).retimed(true);
                }
                self.segment(&part, &spot)?;
            }
        }
        Ok(())
    }

    fn source_clip(&mut self, clip: &Object, spot: &Spot) -> Result<(), TimelineError> {
        // The zero identifier ends a chain; in a composition it means nothing at all.
        let Some(key) = clip.mob_id(id::SOURCE_ID) else { return Ok(()) };
        let track = clip.number(id::SOURCE_SLOT).unwrap_or(0);
        let start = clip.number(id::SOURCE_START).unwrap_or(0);
        let length = length(clip, spot.rate);
        let name = self.mobs.get(&key).map(|mob| mob.name.clone()).unwrap_or_default();
        let place = format!("{}, clip {name:?}", spot.place);
        if self.is_composition(&key) {
            let mut inner = spot.clone();
            let skipped = spot.rate.and_then(|rate| Seconds::of_frames(start, rate));
            inner.sight = spot.sight.through(spot.sight.zero, length, skipped);
            inner.place = place;
            return self.nested(&key, track, &inner);
        }
        let mut reference = mention(&name, spot.usage, place);
        reference.enabled = spot.enabled;
        reference.track.clone_from(&spot.track);
        reference.media = spot.media;
        let begin = spot.sight.zero;
        spot.sight.record(&mut reference, begin, length, self.rate, "composition");
        if !self.mobs.contains_key(&key) {
            self.out.note(format!("{}: its media are not described in the file", reference.place));
        }
        let media = self.media(&key, track)?;
        if let (Some((first, rate)), Some(length)) = (media.start, length) {
            let start = spot.rate.and_then(|own| Seconds::of_frames(start, own));
            if let Some(start) =
                start.and_then(|start| start.plus(Seconds::of_frames(first, rate)?))
            {
                taken(&mut reference, start, length, rate);
            }
        }
        self.files(media, reference)
    }

    fn nested(&mut self, key: &MobId, track: i64, spot: &Spot) -> Result<(), TimelineError> {
        let Some(path) = self.mobs.get(key).map(|mob| mob.path.clone()) else { return Ok(()) };
        self.seen.insert(*key);
        let slots = self.slots(&path)?;
        let meant = slots.iter().any(|(found, _)| found.number(id::SLOT_ID) == Some(track));
        for (found, segment) in &slots {
            if !meant || found.number(id::SLOT_ID) == Some(track) {
                let rate = edit_rate(found).or(spot.rate);
                self.segment(segment, &Spot { rate, ..spot.clone() })?;
            }
        }
        Ok(())
    }
}

fn edit_rate(slot: &Object) -> Option<Rate> {
    let (over, under) = slot.fraction(id::EDIT_RATE)?;
    Rate::new(over, under)
}

fn length(object: &Object, rate: Option<Rate>) -> Option<Seconds> {
    let frames = object.number(id::LENGTH).filter(|frames| *frames >= 0)?;
    Seconds::of_frames(frames, rate?)
}

/// What a segment carries, by its data definition.
fn kind(segment: &Object) -> MediaKind {
    // The first bytes of 01030202-0100-… and -0200-…, and of 6f3c8ce1-… and 78e1ebe1-… before them.
    const PICTURE: [[u8; 6]; 2] =
        [[0x02, 0x02, 0x03, 0x01, 0x00, 0x01], [0xe1, 0x8c, 0x3c, 0x6f, 0xef, 0x6c]];
    const SOUND: [[u8; 6]; 2] =
        [[0x02, 0x02, 0x03, 0x01, 0x00, 0x02], [0xe1, 0xeb, 0xe1, 0x78, 0xef, 0x6c]];
    let Some(key) = segment.key(id::DATA_DEFINITION) else { return MediaKind::Other };
    if PICTURE.iter().any(|start| key.starts_with(start)) {
        MediaKind::Picture
    } else if SOUND.iter().any(|start| key.starts_with(start)) {
        MediaKind::Sound
    } else {
        MediaKind::Other
    }
}
