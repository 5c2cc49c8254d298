//! Final Cut Pro XML (.fcpxml, and `Info.fcpxml` in an .fcpxmld bundle), versions 1.8 to 1.13 and what
//! later ones keep: projects, connected clips, secondary storylines, compounds, multicam, auditions.
//!
//! Every mention of an asset is a reference, through compounds down to their media. Generators and
//! titles are no media, but what their parameters and those of filters name is. An asset that nothing mentions is listed: it is in the file for some reason.
//! <https://developer.apple.com/documentation/professional-video-applications/fcpxml-reference>

use std::collections::HashMap;
use std::collections::HashSet;

use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::sight::Lap;
use crate::deliver::timeline::sight::Sight;
use crate::deliver::timeline::timecode::Rate;
use crate::deliver::timeline::timecode::Seconds;
use crate::deliver::timeline::xml::Document;
use crate::deliver::timeline::xml::Element;
use crate::model::Reference;
use crate::model::Use;

mod asset;
#[cfg(test)]
mod tests;

/// Compounds in compounds.
const COMPOUNDS_MAX: usize = 32;

/// Reads a document.
pub fn read(text: &str, mut out: Collector) -> Result<Timeline, TimelineError> {
    let document = Document::parse(text, out.format())?;
    let root = document.root();
    if root.name() != "fcpxml" {
        return Err(TimelineError::malformed(out.format(), "the root", "no fcpxml element"));
    }
    let version = root.attribute("version").unwrap_or_default();
    let minor = version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok());
    if !minor.is_some_and(|minor| (8..=13).contains(&minor)) {
        out.note(format!("version {version:?}: read as 1.8 to 1.13 are"));
    }
    let mut resources = HashMap::new();
    let listed = root.children().filter(|child| child.name() == "resources");
    for resource in listed.flat_map(Element::children) {
        if let Some(id) = resource.attribute("id") {
            resources.entry(id.into_owned()).or_insert(resource);
        }
    }
    let mut story = Story { resources, mentioned: HashSet::new(), rate: None, within: vec![], out };
    let mut name = None;
    story.shelf(root, "", 0, &mut name)?;
    story.unmentioned(root)?;
    story.parameters(&document)?;
    Ok(story.out.finish(name))
}

/// Which part of media is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Picture,
    Sound,
}

impl Part {
    fn of(word: Option<&str>) -> Self {
        match word {
            Some("video") => Self::Picture,
            Some("audio") => Self::Sound,
            _ => Self::All,
        }
    }
}

/// Where an element stands.
#[derive(Clone)]
struct Spot {
    usage: Use,
    enabled: bool,
    part: Part,
    track: Option<String>,
    /// Of what lies here; its zero is that of the parent's time.
    sight: Sight,
    /// What the transitions beside it add to what stands here.
    lap: Lap,
    place: String,
}

impl Spot {
    fn top(usage: Use, place: String) -> Self {
        let sight = Sight::default();
        Self { usage, enabled: true, part: Part::All, track: None, sight, lap: Lap::NONE, place }
    }
}

struct Story<'d> {
    resources: HashMap<String, Element<'d>>,
    mentioned: HashSet<String>,
    /// Of the outermost sequence.
    rate: Option<Rate>,
    /// The compounds that are being read.
    within: Vec<u32>,
    out: Collector,
}

fn seconds(element: Element<'_>, name: &str) -> Option<Seconds> {
    element.attribute(name).and_then(|text| Seconds::parse(&text))
}

fn name_of(element: Element<'_>) -> String {
    element.attribute("name").unwrap_or_default().trim().to_owned()
}

fn is_off(element: Element<'_>, name: &str) -> bool {
    element.attribute(name).as_deref() == Some("0")
}

/// Where in the timeline an item says that it begins.
fn offset(element: Element<'_>, spot: &Spot) -> Option<Seconds> {
    let offset = seconds(element, "offset")?;
    spot.sight.zero.and_then(|zero| zero.plus(offset))
}

/// How much a transition shows of the item beside it, beyond the place of that: by where it begins and ends. All of it
/// where it does not say where it begins.
fn shown(
    beside: Option<Element<'_>>,
    spot: &Spot,
    beyond: impl Fn(Seconds, Seconds) -> Option<Seconds>,
) -> Seconds {
    let length = || {
        let transition = beside.filter(|one| one.name() == "transition")?;
        let length = seconds(transition, "duration")?;
        let from = offset(transition, spot);
        from.map_or(Some(length), |from| beyond(from, from.plus(length)?))
    };
    length().map_or(Seconds::ZERO, |length| length.max(Seconds::ZERO))
}

impl<'d> Story<'d> {
    /// What is no timeline itself: library, event, the document.
    fn shelf(
        &mut self,
        element: Element<'d>,
        place: &str,
        depth: usize,
        name: &mut Option<String>,
    ) -> Result<(), TimelineError> {
        /// Libraries, events and folders in each other.
        const SHELVES_MAX: usize = 16;
        for child in element.children() {
            self.out.steps_of(child.cost())?;
            match child.name() {
                "resources" | "import-options" => {}
                "project" => {
                    name.get_or_insert_with(|| name_of(child));
                    let place = format!("{place}project {:?}", name_of(child));
                    let sequences = child.children().filter(|inner| inner.name() == "sequence");
                    for sequence in sequences {
                        self.rate = None;
                        self.sequence(sequence, &Spot::top(Use::Used, place.clone()), true)?;
                    }
                }
                "library" | "event" | "collection-folder" if depth < SHELVES_MAX => {
                    let place = match child.name() {
                        "event" => format!("{place}event {:?}, ", name_of(child)),
                        _ => place.to_owned(),
                    };
                    self.shelf(child, &place, depth + 1, name)?;
                }
                "sequence" => {
                    self.rate = None;
                    self.sequence(child, &Spot::top(Use::Used, "sequence".to_owned()), true)?;
                }
                _ => {
                    self.rate = None;
                    let spot = Spot::top(Use::Listed, format!("{place}browser"));
                    self.item(child, &spot, None)?;
                }
            }
        }
        Ok(())
    }

    /// A project's sequence (`top`), or a compound's, which `spot` places.
    fn sequence(
        &mut self,
        element: Element<'d>,
        spot: &Spot,
        top: bool,
    ) -> Result<(), TimelineError> {
        if self.rate.is_none() {
            let drop = element.attribute("tcFormat").as_deref() == Some("DF");
            self.rate = self.rate_of(element).map(|rate| rate.dropping(drop));
        }
        let mut inner = spot.clone();
        if top {
            inner.sight.zero = Some(Seconds::ZERO);
        }
        let start = seconds(element, "tcStart").unwrap_or(Seconds::ZERO);
        for child in element.children().filter(|child| child.name() == "spine") {
            let mut spot = inner.clone();
            spot.track.get_or_insert_with(|| "primary".to_owned());
            let cursor = inner.sight.zero.and_then(|zero| zero.plus(start));
            self.spine(child, &spot, cursor)?;
        }
        Ok(())
    }

    /// Items one after the other. Their offsets count from `spot.sight.zero`.
    fn spine(
        &mut self,
        element: Element<'d>,
        spot: &Spot,
        start: Option<Seconds>,
    ) -> Result<(), TimelineError> {
        let mut cursor = start;
        let mut before = None;
        let mut items = element.children().peekable();
        while let Some(child) = items.next() {
            let at = offset(child, spot).or(cursor);
            let end = at.and_then(|at| at.plus(self.length(child)?));
            let after = items.peek().copied();
            let lap = Lap {
                before: at
                    .map_or(Seconds::ZERO, |at| shown(before, spot, |from, _| at.minus(from))),
                after: end.map_or(Seconds::ZERO, |end| shown(after, spot, |_, to| to.minus(end))),
            };
            self.item(child, &Spot { lap, ..spot.clone() }, at)?;
            if child.name() != "transition" {
                cursor = end;
            }
            before = Some(child);
        }
        Ok(())
    }

    /// What an element refers to; of a drawing the locator of its file.
    fn resource(&self, element: Element<'d>) -> Option<(String, Element<'d>)> {
        let id = element.attribute("ref").or_else(|| element.attribute("dataLocator"))?;
        self.resources.get(id.as_ref()).map(|found| (id.into_owned(), *found))
    }

    /// How long an item is in its parent.
    fn length(&self, element: Element<'d>) -> Option<Seconds> {
        if let Some(length) = seconds(element, "duration") {
            return Some(length);
        }
        if element.name() == "audition" {
            return element.children().next().and_then(|picked| seconds(picked, "duration"));
        }
        let (_, found) = self.resource(element)?;
        seconds(found, "duration")
            .or_else(|| found.child("sequence").and_then(|inner| seconds(inner, "duration")))
    }

    /// From where in its own time an item is taken.
    fn start(&self, element: Element<'d>) -> Seconds {
        let own = seconds(element, "start").or_else(|| {
            let (_, found) = self.resource(element)?;
            let inner = ["sequence", "multicam"].iter().find_map(|name| found.child(name));
            seconds(found, "start").or_else(|| inner.and_then(|one| seconds(one, "tcStart")))
        });
        own.unwrap_or(Seconds::ZERO)
    }

    fn rate_of(&self, element: Element<'d>) -> Option<Rate> {
        let format = self.resources.get(element.attribute("format")?.as_ref())?;
        if let Some(text) = format.attribute("frameDuration") {
            let (over, under) = text.strip_suffix('s')?.split_once('/')?;
            return Rate::new(under.parse().ok()?, over.parse().ok()?).map(Rate::reduced);
        }
        // Predefined formats say it at the end of their name: FFVideoFormat1080p2997.
        let name = format.attribute("name")?;
        let digits = name.rsplit(['p', 'i']).next().unwrap_or_default();
        let rate = match digits {
            "2398" => 23.976,
            "2997" => 29.97,
            "5994" => 59.94,
            other => other.parse::<u16>().ok().filter(|rate| *rate <= 120).map(f64::from)?,
        };
        Rate::of_decimal(rate)
    }

    /// Any element that may stand in a storyline or a clip, and what hangs on it.
    fn item(
        &mut self,
        element: Element<'d>,
        spot: &Spot,
        at: Option<Seconds>,
    ) -> Result<(), TimelineError> {
        self.out.steps_of(element.cost() + spot.place.len())?;
        let kind = element.name();
        match kind {
            "spine" => {
                let spot = Spot { sight: spot.sight.at(at), ..spot.clone() };
                return self.spine(element, &spot, at);
            }
            "audition" => return self.audition(element, spot, at),
            kind if is_item(kind) => {}
            _ => return Ok(()),
        }
        let mut own = spot.clone();
        own.enabled &= !is_off(element, "enabled");
        let part = match kind {
            "audio" => Part::Sound,
            _ => Part::of(element.attribute("srcEnable").as_deref()),
        };
        if part != Part::All {
            own.part = part;
        }
        if let Some((_, found)) = self.resource(element) {
            self.out.steps_of(found.cost())?;
        }
        let name = name_of(element);
        let on_top = element.attribute("lane");
        if let Some(lane) = on_top.as_deref().filter(|lane| *lane != "0")
            && self.within.is_empty()
        {
            own.track = Some(format!("lane {lane}"));
        }
        if kind != "gap" {
            let _ = std::fmt::Write::write_fmt(&mut own.place, format_args!(", {kind} {name:?}"));
        }
        match kind {
            "asset-clip" | "video" | "audio" | "live-drawing" => self.asset(element, &own, at)?,
            "ref-clip" | "mc-clip" => self.compound(element, &own, at)?,
            "clip" | "sync-clip" if !holds_items(element) => {
                self.untold(element, &own, at, "there is nothing in it")?;
            }
            _ => {}
        }
        self.inside(element, &own, spot, at)
    }

    /// Choices: the first is picked.
    fn audition(
        &mut self,
        element: Element<'d>,
        spot: &Spot,
        at: Option<Seconds>,
    ) -> Result<(), TimelineError> {
        let place = format!("{}, audition", spot.place);
        let mut spot = Spot { place, ..spot.clone() };
        for child in element.children() {
            self.item(child, &spot, at)?;
            spot.usage = spot.usage.max(Use::Alternative);
        }
        Ok(())
    }

    /// What stands in an item and what hangs on it.
    fn inside(
        &mut self,
        element: Element<'d>,
        own: &Spot,
        outer: &Spot,
        at: Option<Seconds>,
    ) -> Result<(), TimelineError> {
        let sight = self.sight_in(element, own, at);
        let zero = sight.zero;
        for child in element.children() {
            let lane = child.attribute("lane");
            let hangs = lane.as_deref().is_some_and(|lane| lane != "0")
                || matches!(
                    element.name(),
                    "asset-clip" | "ref-clip" | "mc-clip" | "title" | "gap"
                );
            let spot = if hangs {
                // It goes on where the item that it hangs on ends, at its own speed, and is seen
                // when that is switched off.
                let track = lane.map(|lane| format!("lane {lane}"));
                let track = if self.within.is_empty() { track } else { None };
                let track = track.or_else(|| own.track.clone());
                let sight = outer.sight.at(zero);
                Spot { track, sight, lap: Lap::NONE, place: own.place.clone(), ..outer.clone() }
            } else {
                Spot { sight, lap: Lap::NONE, ..own.clone() }
            };
            let at = match seconds(child, "offset") {
                Some(offset) => zero.and_then(|zero| zero.plus(offset)),
                None => at,
            };
            self.item(child, &spot, at)?;
        }
        Ok(())
    }

    /// Of what stands in an item.
    fn sight_in(&self, element: Element<'d>, own: &Spot, at: Option<Seconds>) -> Sight {
        let start = self.start(element).minus(own.lap.before);
        let (at, length) = own.lap.around(at, self.length(element));
        own.sight.through(at, length, start).retimed(changes_speed(element))
    }

    /// A compound or multicam clip: the media inside, where they are in the outer timeline.
    fn compound(
        &mut self,
        element: Element<'d>,
        own: &Spot,
        at: Option<Seconds>,
    ) -> Result<(), TimelineError> {
        let Some((_, media)) = self.resource(element) else {
            return self.untold(element, own, at, "what it refers to is not in the file");
        };
        if media.name() == "asset" {
            return self.asset(element, own, at);
        }
        if self.within.contains(&media.index()) || self.within.len() >= COMPOUNDS_MAX {
            let problem = "compounds hold themselves or are nested too deeply";
            return Err(TimelineError::malformed(self.out.format(), own.place.clone(), problem));
        }
        let inner = Spot { sight: self.sight_in(element, own, at), ..own.clone() };
        if !media.children().any(holds_items) {
            return self.untold(element, own, at, "there is nothing in what it refers to");
        }
        self.within.push(media.index());
        for child in media.children() {
            match child.name() {
                "sequence" => self.sequence(child, &inner, false)?,
                "multicam" => self.multicam(element, child, &inner)?,
                _ => {}
            }
        }
        self.within.pop();
        Ok(())
    }

    /// A clip of which the file does not say what it shows: known by its name alone.
    fn untold(
        &mut self,
        element: Element<'d>,
        own: &Spot,
        at: Option<Seconds>,
        why: &str,
    ) -> Result<(), TimelineError> {
        self.out.note(format!("{}: {why}", own.place));
        let of_media = || self.resource(element).map(|(_, media)| name_of(media));
        let name = Some(name_of(element)).filter(|name| !name.is_empty()).or_else(of_media);
        let reference = mention(&name.unwrap_or_default(), own.usage, own.place.clone());
        self.out.push(self.placed(reference, own, at, self.length(element)))
    }

    fn multicam(
        &mut self,
        clip: Element<'d>,
        multicam: Element<'d>,
        spot: &Spot,
    ) -> Result<(), TimelineError> {
        let mut any = false;
        let mut parts: HashMap<String, Part> = HashMap::new();
        for source in clip.children().filter(|child| child.name() == "mc-source") {
            any = true;
            let word = source.attribute("srcEnable");
            if word.as_deref() == Some("none") {
                continue;
            }
            let part = Part::of(word.as_deref());
            let id = source.attribute("angleID").unwrap_or_default().into_owned();
            let known = parts.entry(id).or_insert(part);
            if *known != part {
                *known = Part::All;
            }
        }
        let start = seconds(multicam, "tcStart").unwrap_or(Seconds::ZERO);
        for angle in multicam.children().filter(|child| child.name() == "mc-angle") {
            self.out.steps_of(angle.cost())?;
            let shown = parts.get(angle.attribute("angleID").unwrap_or_default().as_ref());
            let mut inner = spot.clone();
            match shown {
                // No source at all: nobody says which angle is shown, so all are.
                None if !any => {}
                None => inner.usage = inner.usage.max(Use::Alternative),
                Some(Part::All) => {}
                Some(part) => inner.part = *part,
            }
            inner.place = format!("{}, angle {:?}", spot.place, name_of(angle));
            let cursor = spot.sight.zero.and_then(|zero| zero.plus(start));
            self.spine(angle, &inner, cursor)?;
        }
        Ok(())
    }

    /// Fills in where in the timeline a clip stands.
    fn placed(
        &self,
        mut reference: Reference,
        spot: &Spot,
        at: Option<Seconds>,
        length: Option<Seconds>,
    ) -> Reference {
        reference.enabled = spot.enabled;
        reference.track.clone_from(&spot.track);
        let (at, length) = spot.lap.around(at, length);
        spot.sight.record(&mut reference, at, length, self.rate, "compound");
        reference
    }
}

/// Whether anything stands in a clip, or in the storylines and angles of a compound.
fn holds_items(element: Element<'_>) -> bool {
    element.children().any(|child| match child.name() {
        "spine" | "mc-angle" => holds_items(child),
        kind => is_item(kind),
    })
}

/// What stands in a storyline or a clip.
fn is_item(kind: &str) -> bool {
    matches!(
        kind,
        "asset-clip"
            | "clip"
            | "ref-clip"
            | "sync-clip"
            | "mc-clip"
            | "video"
            | "audio"
            | "gap"
            | "title"
            | "live-drawing"
            | "audition"
    )
}

fn changes_speed(element: Element<'_>) -> bool {
    element.children().any(|child| child.name() == "timeMap")
}
