//! Assets of Final Cut Pro XML: the files behind a clip, and those that no storyline mentions.

use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::fcpxml::Part;
use crate::deliver::timeline::fcpxml::Spot;
use crate::deliver::timeline::fcpxml::Story;
use crate::deliver::timeline::fcpxml::is_off;
use crate::deliver::timeline::fcpxml::name_of;
use crate::deliver::timeline::parameter::Parameters;
use crate::deliver::timeline::sight::taken;
use crate::deliver::timeline::timecode::Seconds;
use crate::deliver::timeline::xml::Document;
use crate::deliver::timeline::xml::Element;
use crate::model::MediaKind;
use crate::model::Reference;
use crate::model::Use;

impl<'d> Story<'d> {
    /// A mention of an asset. A generator is an effect and no media.
    pub(super) fn asset(
        &mut self,
        element: Element<'d>,
        spot: &Spot,
        at: Option<Seconds>,
    ) -> Result<(), TimelineError> {
        let found = self.resource(element);
        if found.as_ref().is_some_and(|(_, found)| found.name() == "effect") {
            return Ok(());
        }
        let length = self.length(element);
        let mut reference = mention(&name_of(element), spot.usage, spot.place.clone());
        reference = self.placed(reference, spot, at, length);
        reference.reel = reel_of(element);
        let Some((id, asset)) = found else {
            self.out.note(format!("{}: its asset is not in the file", spot.place));
            return self.out.push(reference);
        };
        let flag = |name: &str| asset.attribute(name).as_deref() == Some("1");
        let sound_alone = spot.part == Part::Sound || (flag("hasAudio") && !flag("hasVideo"));
        reference.media = if sound_alone { MediaKind::Sound } else { MediaKind::Picture };
        if sound_alone && muted(element) {
            reference.enabled = false;
        }
        let rate = self.rate_of(asset).or_else(|| self.rate_of(element)).or(self.rate);
        if let (Some(rate), Some(length)) = (rate, length) {
            let drop = element.attribute("tcFormat").as_deref() == Some("DF");
            taken(&mut reference, self.start(element), length, rate.dropping(drop));
        }
        self.files(&id, asset, reference)
    }

    /// One reference for each file of an asset.
    fn files(
        &mut self,
        id: &str,
        asset: Element<'d>,
        mut reference: Reference,
    ) -> Result<(), TimelineError> {
        self.mentioned.insert(id.to_owned());
        if reference.name.is_empty() {
            reference.name = name_of(asset);
        }
        reference.reel = reference.reel.or_else(|| reel_of(asset));
        // A still has no length of its own.
        reference.still = asset.attribute("duration").as_deref() == Some("0s");
        let mut files = Vec::new();
        for element in [asset].into_iter().chain(asset.children()) {
            self.out.steps_of(element.cost())?;
            let source = match element.name() {
                "asset" | "media-rep" => element.attribute("src"),
                "locator" => element.attribute("url"),
                _ => None,
            };
            if let Some(source) = source.filter(|source| !source.trim().is_empty()) {
                let proxy = element.attribute("kind").as_deref() == Some("proxy-media");
                files.push((source.into_owned(), proxy));
            }
        }
        if files.is_empty() {
            return self.out.push(reference);
        }
        let only_proxies = files.iter().all(|(_, proxy)| *proxy);
        for (source, proxy) in files {
            let mut one = reference.clone();
            one.target = Some(source);
            if proxy && !only_proxies {
                one.usage = one.usage.max(Use::Alternative);
                one.place.push_str(", proxy");
            }
            self.out.push(one)?;
        }
        Ok(())
    }

    /// Assets and locators that no storyline mentions.
    pub(super) fn unmentioned(&mut self, root: Element<'d>) -> Result<(), TimelineError> {
        let listed = root.children().filter(|child| child.name() == "resources");
        for resource in listed.flat_map(Element::children) {
            let id = resource.attribute("id").unwrap_or_default().into_owned();
            if self.mentioned.contains(&id) || !matches!(resource.name(), "asset" | "locator") {
                continue;
            }
            let place = format!("resource {id:?}, which no storyline mentions");
            let mut reference = mention(&name_of(resource), Use::Listed, place);
            if resource.attribute("hasVideo").as_deref() == Some("1") {
                reference.media = MediaKind::Picture;
            } else if resource.attribute("hasAudio").as_deref() == Some("1") {
                reference.media = MediaKind::Sound;
            }
            self.files(&id, resource, reference)?;
            // A locator's own address.
            self.mentioned.insert(id);
        }
        Ok(())
    }
}

impl Story<'_> {
    /// Files that parameters name: drop zones of titles, pictures of filters.
    pub(super) fn parameters(&mut self, document: &Document<'_>) -> Result<(), TimelineError> {
        let mut parameters = Parameters::default();
        for element in document.all() {
            let values = match element.name() {
                "param" => ["value", "auxValue"].map(|name| element.attribute(name)),
                "data" => {
                    self.out.steps_of(element.text_cost())?;
                    [Some(element.text().into()), None]
                }
                _ => continue,
            };
            for value in values.into_iter().flatten() {
                parameters.value(&value, &mut self.out)?;
            }
        }
        Ok(())
    }
}

/// The camera roll in a clip's or an asset's metadata.
fn reel_of(element: Element<'_>) -> Option<String> {
    let key = "com.apple.proapps.studio.reel";
    let metadata = element.children().filter(|child| child.name() == "metadata");
    let mut entries = metadata.flat_map(Element::children);
    let entry = entries.find(|entry| entry.attribute("key").as_deref() == Some(key))?;
    reel(&entry.attribute("value")?)
}

/// Whether all of a clip's sound is switched off.
fn muted(element: Element<'_>) -> bool {
    let mut sources = element
        .children()
        .filter(|child| matches!(child.name(), "audio-channel-source" | "audio-role-source"))
        .peekable();
    sources.peek().is_some()
        && sources.all(|source| is_off(source, "enabled") || is_off(source, "active"))
}
