//! What is behind the clips of an AAF: from master mobs to files, imports and tapes.

use crate::deliver::timeline::aaf::Aaf;
use crate::deliver::timeline::aaf::DEPTH_MAX;
use crate::deliver::timeline::aaf::id;
use crate::deliver::timeline::aaf::object::MobId;
use crate::deliver::timeline::aaf::object::Object;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::timecode::Rate;
use crate::model::Reference;
use crate::model::Use;

/// Mobs behind a mob: master, file, import, tape.
const CHAIN_MAX: usize = 16;
/// Files behind one clip.
const FILES_MAX: usize = 1024;

/// What is behind a slot of a master mob.
#[derive(Clone, Default)]
pub(super) struct Media {
    /// Where the files are; the nearest to the clip first. Each with whether it is one more place of the
    /// file before it.
    urls: Vec<(String, bool)>,
    /// What is nearer than these lies in the timeline's own file.
    inside: bool,
    reel: Option<String>,
    /// The timecode of the mob's first frame.
    pub(super) start: Option<(i64, Rate)>,
}

impl Media {
    fn knows(&self, url: &str) -> bool {
        self.urls.iter().any(|(known, _)| known == url)
    }
}

impl Aaf<'_> {
    /// One reference for each place of a file behind a clip: of the nearest as it is used, of those that
    /// it was made from as alternatives.
    pub(super) fn files(
        &mut self,
        media: Media,
        mut reference: Reference,
    ) -> Result<(), TimelineError> {
        reference.reel = media.reel;
        if media.inside || media.urls.is_empty() {
            self.out.push(Reference { inside: media.inside, ..reference.clone() })?;
        }
        let mut nearest = !media.inside;
        for (number, (url, again)) in media.urls.into_iter().enumerate() {
            let mut one = reference.clone();
            one.target = Some(url);
            one.again = again;
            nearest &= number == 0 || again;
            if !nearest {
                one.usage = one.usage.max(Use::Alternative);
                one.place.push_str(", what it was made from");
            }
            if again {
                one.place.push_str(", another place of it");
            }
            self.out.push(one)?;
        }
        Ok(())
    }

    pub(super) fn media(&mut self, key: &MobId, slot: i64) -> Result<Media, TimelineError> {
        if let Some(known) = self.media.get(&(*key, slot)) {
            return Ok(known.clone());
        }
        let mut media = Media::default();
        self.chain(key, slot, 0, 0, &mut media)?;
        self.media.insert((*key, slot), media.clone());
        Ok(media)
    }

    /// Follows a mob to the mobs it was made from.
    fn chain(
        &mut self,
        key: &MobId,
        slot: i64,
        offset: i64,
        depth: usize,
        media: &mut Media,
    ) -> Result<(), TimelineError> {
        self.out.step()?;
        let Some(path) = self.mobs.get(key).map(|mob| mob.path.clone()) else { return Ok(()) };
        self.out.within("mobs behind a clip", depth + 1, CHAIN_MAX)?;
        self.out.within("files behind a clip", media.urls.len() + 1, FILES_MAX)?;
        self.seen.insert(*key);
        media.inside |= media.urls.is_empty() && self.embedded.contains(key);
        let mob = self.container.at(&path)?;
        self.described(&mob, media)?;
        let imported = self.imported(&mob)?;
        let slots = self.slots(&path)?;
        if let Some((start, rate)) = Self::timecode(&slots) {
            media.start = start.checked_add(offset).map(|start| (start, rate));
        }
        let meant = slots.iter().any(|(found, _)| found.number(id::SLOT_ID) == Some(slot));
        for (found, segment) in &slots {
            if meant && found.number(id::SLOT_ID) != Some(slot) {
                continue;
            }
            let mut sources = Vec::new();
            self.sources(segment, 0, &mut sources)?;
            for (next, slot, start) in sources {
                self.chain(&next, slot, offset.saturating_add(start), depth + 1, media)?;
            }
        }
        for path in imported.into_iter().filter(|path| !path.trim().is_empty()) {
            if !media.knows(&path) {
                media.urls.push((path, false));
            }
        }
        Ok(())
    }

    /// What the descriptors of a mob say of its files, or of its tape.
    fn described(&mut self, mob: &Object, media: &mut Media) -> Result<(), TimelineError> {
        let mut descriptors = self.container.owned_objects(mob, id::DESCRIPTOR)?;
        while let Some(descriptor) = descriptors.pop() {
            self.out.steps_of(descriptor.cost())?;
            let inner = self.container.owned_objects(&descriptor, id::DESCRIPTORS)?;
            descriptors.extend(inner.into_iter().rev());
            if descriptor.class == id::TAPE {
                media.reel = mob.text(id::MOB_NAME).and_then(|name| reel(&name));
            }
            // Locators of one descriptor are hints where one file may lie (AAF Object Specification, 3.1).
            let mut again = false;
            for locator in self.container.owned_objects(&descriptor, id::LOCATORS)? {
                let url = locator.text(id::URL).or_else(|| locator.text(id::LOCATOR_NAME));
                let url = url.filter(|url| !url.trim().is_empty());
                if let Some(url) = url.filter(|url| !media.knows(url)) {
                    media.urls.push((url, again));
                    again = true;
                }
            }
        }
        Ok(())
    }

    /// Where Avid found what it imported.
    fn imported(&mut self, mob: &Object) -> Result<Vec<String>, TimelineError> {
        let mut paths = Vec::new();
        for comment in self.container.owned_objects(mob, id::COMMENTS)? {
            self.out.steps_of(comment.cost())?;
            if comment.text(id::TAG_NAME).as_deref() == Some("UNC Path") {
                paths.extend(comment.indirect_text(id::TAG_VALUE));
            }
        }
        Ok(paths)
    }

    /// All source clips in a segment: mob, slot and start.
    fn sources(
        &mut self,
        object: &Object,
        depth: usize,
        out: &mut Vec<(MobId, i64, i64)>,
    ) -> Result<(), TimelineError> {
        self.out.steps_of(object.cost())?;
        self.out.within("segments in segments", depth + 1, DEPTH_MAX)?;
        if let Some(key) = object.mob_id(id::SOURCE_ID) {
            let slot = object.number(id::SOURCE_SLOT).unwrap_or(0);
            out.push((key, slot, object.number(id::SOURCE_START).unwrap_or(0)));
            return Ok(());
        }
        let own = [id::COMPONENTS, id::SELECTED, id::ALTERNATES, id::CHOICES];
        for property in own.into_iter().chain(id::INNER) {
            for part in self.container.owned_objects(object, property)? {
                self.sources(&part, depth + 1, out)?;
            }
        }
        Ok(())
    }

    /// Media that no composition uses.
    pub(super) fn unmentioned(&mut self) -> Result<(), TimelineError> {
        // Masters first: the files behind them are then theirs.
        let mut rest: Vec<MobId> =
            self.order.iter().filter(|key| !self.seen.contains(*key)).copied().collect();
        rest.sort_by_key(|key| self.mobs.get(key).map_or(0, |mob| mob.class));
        for key in rest {
            if self.seen.contains(&key) {
                continue;
            }
            let name = self.mobs.get(&key).map(|mob| mob.name.clone()).unwrap_or_default();
            // No slot has this number: all of them are followed.
            let media = self.media(&key, -1)?;
            if media.inside || !media.urls.is_empty() {
                let place = format!("mob {name:?}, which no composition uses");
                self.files(media, mention(&name, Use::Listed, place))?;
            }
        }
        Ok(())
    }
}
