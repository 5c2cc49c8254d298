//! `OpenTimelineIO` (.otio, and the same in `.otioz` and `.otiod`), schemas as of 0.18: timelines,
//! stacks and tracks in any nesting, clips with one or several media references, image sequences.
//! Unknown schemas are noted, and what they hold is read as if they were known, so that a vendor's own
//! type hides nothing. So is what hangs on an object: effects, markers, fields of a vendor's own. Of
//! metadata only what is a reference by its schema counts.

use crate::deliver::target::is_relative;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::format::Format;
use crate::deliver::timeline::json;
use crate::deliver::timeline::json::Node;
use crate::deliver::timeline::otio::held::Held;
use crate::deliver::timeline::otio::held::is_hollow;
use crate::deliver::timeline::otio::held::media;
use crate::deliver::timeline::sight::Lap;
use crate::deliver::timeline::sight::Sight;
use crate::deliver::timeline::sight::Tracks;
use crate::deliver::timeline::sight::taken;
use crate::deliver::timeline::text;
use crate::deliver::timeline::timecode::Rate;
use crate::deliver::timeline::timecode::Seconds;
use crate::deliver::timeline::timecode::whole;
use crate::model::FrameRange;
use crate::model::MediaKind;
use crate::model::Reference;
use crate::model::Use;

mod held;
#[cfg(test)]
mod tests;

/// Schemas that show nothing of their own. What hangs on them may.
const SHOW_NOTHING: &[&str] = &[
    "Gap",
    "Filler",
    "Transition",
    "Effect",
    "TimeEffect",
    "LinearTimeWarp",
    "FreezeFrame",
    "Marker",
    "Color",
];

/// Schemas of media references.
const REFERENCES: &[&str] =
    &["ExternalReference", "ImageSequenceReference", "MissingReference", "GeneratorReference"];

/// Schemas of times and sizes.
const VALUES: &[&str] = &["RationalTime", "TimeRange", "TimeTransform", "Box2d", "V2d"];

/// The timeline in an `.otioz` archive.
pub const ZIPPED_NAME: &str = "content.otio";

/// Reads the timeline of an `.otioz` archive. Targets that are relative mean files in the archive.
pub fn zipped(content: &[u8]) -> Result<Timeline, TimelineError> {
    let decoded = text::decode(content);
    let mut out = Collector::new(Format::Otioz);
    out.note("relative targets mean files inside the archive");
    if let Some(note) = decoded.note {
        out.note(note);
    }
    let mut timeline = read(&decoded.text, out)?;
    for one in &mut timeline.references {
        one.inside = one.target.as_deref().is_some_and(is_relative);
    }
    Ok(timeline)
}

/// Reads the JSON of a timeline.
pub fn read(text: &str, out: Collector) -> Result<Timeline, TimelineError> {
    let format = out.format();
    let broken =
        |error: serde_json::Error| TimelineError::malformed(format, place_of(&error), said(&error));
    let fixed;
    let root = match json::parse(text) {
        Ok(root) => root,
        Err(_) if text.contains("NaN") || text.contains("Inf") => {
            fixed = json::without_nan(text);
            json::parse(&fixed).map_err(broken)?
        }
        Err(error) => return Err(broken(error)),
    };
    if root.get("OTIO_SCHEMA").text().is_none() {
        return Err(TimelineError::malformed(format, "the root", "no OTIO_SCHEMA"));
    }
    let mut walk = Walk { out, rate: None };
    let spot = Spot {
        usage: Use::Listed,
        enabled: true,
        track: None,
        media: MediaKind::Other,
        sight: Sight::default(),
        lap: Lap::NONE,
        held: None,
        place: String::new(),
    };
    walk.object(&root, &spot)?;
    let name = root.get("name").text().map(str::to_owned);
    Ok(walk.out.finish(name))
}

fn place_of(error: &serde_json::Error) -> String {
    format!("line {} column {}", error.line(), error.column())
}

fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(said, _)| said.to_owned())
}

/// Where an object stands.
#[derive(Clone)]
struct Spot {
    usage: Use,
    enabled: bool,
    track: Option<String>,
    media: MediaKind,
    /// Of what lies here; its zero is where the object begins.
    sight: Sight,
    /// What the transitions beside it add to what begins here.
    lap: Lap,
    /// Whose media lie here, in something that is meant as media.
    held: Option<Held>,
    place: String,
}

impl Spot {
    fn at(&self, what: &str) -> Self {
        let separator = if self.place.is_empty() { "" } else { ", " };
        Self { place: format!("{}{separator}{what}", self.place), ..self.clone() }
    }
}

/// A stretch of time and the rate it is counted in.
#[derive(Clone, Copy)]
struct Range {
    start: Seconds,
    duration: Seconds,
    rate: Rate,
}

struct Walk {
    out: Collector,
    /// Of the timeline that is being read.
    rate: Option<Rate>,
}

fn schema<'n>(node: &'n Node<'_>) -> &'n str {
    let full = node.get("OTIO_SCHEMA").text().unwrap_or_default();
    full.split_once('.').map_or(full, |(name, _)| name)
}

fn name<'n>(node: &'n Node<'_>) -> &'n str {
    node.get("name").text().unwrap_or_default().trim()
}

fn time(node: &Node<'_>) -> Option<(Seconds, Rate)> {
    let rate = Rate::of_decimal(node.get("rate").number()?)?;
    let value = node.get("value").number()?;
    if let Some(frames) = whole(value).filter(|_| (value - value.round()).abs() < 1e-6) {
        return Some((Seconds::of_frames(frames, rate)?, rate));
    }
    let thousandths = Seconds::of_frames(whole(value * 1000.0)?, rate)?;
    Some((thousandths.divided(1000)?, rate))
}

fn range(node: &Node<'_>) -> Option<Range> {
    let (duration, rate) = time(node.get("duration"))?;
    let start = time(node.get("start_time")).map_or(Seconds::ZERO, |(start, _)| start);
    Some(Range { start, duration, rate })
}

fn is_known_reference(node: &Node<'_>) -> bool {
    REFERENCES.contains(&schema(node))
}

/// Whether it is a vendor's own reference, in what is meant as media.
fn is_held_reference(node: &Node<'_>, spot: &Spot) -> bool {
    spot.held.is_some() && schema(node).ends_with("Reference")
}

fn is_reference(node: &Node<'_>) -> bool {
    is_known_reference(node)
        || ["target_url", "target_url_base"].iter().any(|key| node.get(key).text().is_some())
        || urls(node).next().is_some()
}

/// The places in a list or an object of several, as schemas of vendors have them.
fn urls<'n>(media: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    let all = media.get("target_urls");
    let named = all.entries().iter().map(|(_, node)| node);
    let urls = all.items().iter().chain(named).chain([all]).filter_map(Node::text);
    urls.filter(|url| !url.trim().is_empty())
}

/// What an object holds in its order: one that is not in a list is the only one.
fn children<'n, 'a>(node: &'n Node<'a>) -> &'n [Node<'a>] {
    match node.get("children") {
        one @ Node::Object(_) => std::slice::from_ref(one),
        list => list.items(),
    }
}

/// How long an item is in its parent, and from where in its own time it is taken.
fn extent(node: &Node<'_>) -> Option<Range> {
    if let Some(range) = range(node.get("source_range")) {
        return Some(range);
    }
    let start = Seconds::ZERO;
    match schema(node) {
        "Clip" => {
            let all = media(node);
            let (active, _) = all.iter().find(|(_, active)| *active)?;
            range(active.get("available_range"))
        }
        "Stack" => {
            let inner = children(node).iter().filter_map(extent);
            inner.max_by_key(|range| range.duration).map(|longest| Range { start, ..longest })
        }
        "Timeline" => extent(node.get("tracks")),
        _ => {
            let mut sum: Option<Range> = None;
            for child in children(node) {
                if schema(child) == "Transition" {
                    continue;
                }
                let inner = extent(child)?;
                let before = sum.map_or(Seconds::ZERO, |range| range.duration);
                let duration = before.plus(inner.duration)?;
                let rate = sum.map_or(inner.rate, |range| range.rate);
                sum = Some(Range { start, duration, rate });
            }
            sum
        }
    }
}

/// What the transitions on both sides of an item of a track show of it beyond its place.
fn lap(items: &[Node<'_>], at: usize) -> Lap {
    let shown = |beside: Option<usize>, offset: &str| {
        let beside = beside.and_then(|at| items.get(at));
        let transition = beside.filter(|node| schema(node) == "Transition");
        let length = transition.and_then(|node| time(node.get(offset))).map(|(length, _)| length);
        length.map_or(Seconds::ZERO, |length| length.max(Seconds::ZERO))
    };
    Lap {
        before: shown(at.checked_sub(1), "in_offset"),
        after: shown(at.checked_add(1), "out_offset"),
    }
}

fn is_off(node: &Node<'_>) -> bool {
    matches!(node.get("enabled"), Node::Truth(false))
}

fn changes_speed(node: &Node<'_>) -> bool {
    node.get("effects").items().iter().any(|effect| {
        let schema = schema(effect);
        matches!(schema, "LinearTimeWarp" | "FreezeFrame" | "TimeEffect")
            || effect.get("time_scalar").number().is_some_and(|scalar| (scalar - 1.0).abs() > 1e-9)
    })
}

impl Walk {
    fn object(&mut self, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        self.out.steps_of(spot.place.len())?;
        for (number, item) in node.items().iter().enumerate() {
            self.value(item, &spot.at(&format!("item {}", number + 1)))?;
        }
        match schema(node) {
            "Timeline" => self.timeline(node, spot),
            "Stack" => self.composition(node, spot, false),
            "Track" | "Sequence" => self.composition(node, spot, true),
            "Clip" => self.clip(node, spot),
            "SerializableCollection" | "SerializeableCollection" => self.children(node, spot),
            value if VALUES.contains(&value) => Ok(()),
            _ if is_reference(node) || is_held_reference(node, spot) => self.loose(node, spot),
            unknown => self.unknown(unknown, node, spot),
        }
    }

    fn children(&mut self, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        for (number, child) in children(node).iter().enumerate() {
            self.item(child, &spot.at(&format!("item {}", number + 1)))?;
        }
        Ok(())
    }

    /// A value of a key or of a list: an object, a list, or a text that may name media.
    fn value(&mut self, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        match node {
            Node::Object(_) | Node::List(_) => self.object(node, spot),
            Node::Text(text) => self.text(text, spot),
            _ => Ok(()),
        }
    }

    /// A schema that is not known: whatever it holds that is known counts.
    fn unknown(&mut self, schema: &str, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        // What shows nothing of its own may be made to hold something all the same.
        if !SHOW_NOTHING.contains(&schema) {
            self.note_unknown(node);
        }
        let spot = Spot { sight: spot.sight.retimed(true), ..spot.clone() };
        if media(node).iter().any(|(one, _)| !matches!(one, Node::Nothing)) {
            return self.clip(node, &spot);
        }
        self.children(node, &spot)?;
        self.rest(node, &spot, &["children", "media_references", "media_reference"])
    }

    /// What hangs on an object besides `read`: effects, markers, references in metadata, fields of a
    /// vendor's own. Where in it they are seen is not known.
    fn rest(&mut self, node: &Node<'_>, spot: &Spot, read: &[&str]) -> Result<(), TimelineError> {
        let spot = Spot { sight: spot.sight.retimed(true), ..spot.clone() };
        for (key, value) in node.entries().iter().filter(|(key, _)| !read.contains(&key.as_ref())) {
            let is_text = matches!(value, Node::Text(_)) && spot.held.is_some();
            let is_name = matches!(key.as_ref(), "OTIO_SCHEMA" | "name");
            if is_name || !(is_text || matches!(value, Node::Object(_) | Node::List(_))) {
                continue;
            }
            let mut spot = spot.at(key);
            // What hangs on media is not what is cut in.
            if matches!(key.as_ref(), "metadata" | "effects" | "markers") {
                spot.held = None;
            }
            self.value(value, &spot)?;
        }
        Ok(())
    }

    fn timeline(&mut self, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        let tracks = node.get("tracks");
        let start = time(node.get("global_start_time"));
        let rate = start.map(|(_, rate)| rate).or_else(|| extent(tracks).map(|range| range.rate));
        // Sound counts in samples; such a rate says nothing about frames.
        let outer = self.rate;
        self.rate = rate.filter(|rate| rate.nominal() <= 300).map(|rate| rate.dropping(true));
        let spot = Spot {
            usage: Use::Used,
            sight: spot.sight.at(Some(start.map_or(Seconds::ZERO, |(start, _)| start))),
            ..spot.clone()
        };
        let spot = if spot.place.is_empty() {
            spot
        } else {
            spot.at(&format!("timeline {:?}", name(node)))
        };
        self.object(tracks, &spot)?;
        self.rest(node, &spot, &["tracks"])?;
        self.rate = outer;
        Ok(())
    }

    /// A stack (all children at once) or a track (one after the other).
    fn composition(
        &mut self,
        node: &Node<'_>,
        spot: &Spot,
        in_turn: bool,
    ) -> Result<(), TimelineError> {
        let mut inner = spot.clone();
        inner.enabled &= !is_off(node);
        if let Some(trim) = range(node.get("source_range")) {
            let (begin, length) = spot.lap.around(spot.sight.zero, Some(trim.duration));
            inner.sight = spot.sight.through(begin, length, trim.start.minus(spot.lap.before));
        }
        inner.lap = Lap::NONE;
        inner.sight = inner.sight.retimed(changes_speed(node));
        let mut labels = Tracks::default();
        let mut position = inner.sight.zero;
        for (number, child) in children(node).iter().enumerate() {
            let mut spot =
                if in_turn { inner.at(&format!("item {}", number + 1)) } else { inner.clone() };
            if matches!(schema(child), "Track" | "Sequence") {
                spot.media = match child.get("kind").text().unwrap_or("Video") {
                    "Video" => MediaKind::Picture,
                    "Audio" => MediaKind::Sound,
                    _ => MediaKind::Other,
                };
                let label = labels.label(spot.media);
                spot = spot.at(&format!("track {label}"));
                // Inside a compound the place in the outer timeline is what a person looks for.
                spot.track.get_or_insert(label);
            } else if matches!(schema(child), "Stack" | "Timeline") {
                spot = spot.at(&format!("compound {:?}", name(child)));
            }
            if !in_turn {
                self.item(child, &spot)?;
                continue;
            }
            spot.sight.zero = position;
            spot.lap = lap(children(node), number);
            if is_hollow(child) {
                // Whether anything was in it cannot be told either.
                let listed = mention(name(child), Use::Listed, spot.place.clone());
                self.untold(self.placed(listed, child, &spot))?;
            }
            self.item(child, &spot)?;
            if schema(child) != "Transition" {
                let length = extent(child).map(|range| range.duration);
                position = position.zip(length).and_then(|(from, length)| from.plus(length));
            }
        }
        self.rest(node, &inner, &["children"])
    }

    fn clip(&mut self, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        let mut spot = spot.at(&format!("clip {:?}", name(node)));
        spot.enabled &= !is_off(node);
        spot.held = None;
        let all = media(node);
        if all.is_empty() {
            let reference =
                self.placed(mention(name(node), spot.usage, spot.place.clone()), node, &spot);
            self.out.push(reference)?;
        }
        for (one, active) in all {
            self.out.step()?;
            let usage = if active { spot.usage } else { spot.usage.max(Use::Alternative) };
            let reference = mention(name(node), usage, spot.place.clone());
            let reference = self.placed(reference, node, &spot);
            self.medium(reference, one, &spot)?;
        }
        self.children(node, &spot)?;
        self.rest(node, &spot, &["children", "media_references", "media_reference"])
    }

    /// A media reference that stands outside a clip, or deeper in what is meant as one's media.
    fn loose(&mut self, node: &Node<'_>, spot: &Spot) -> Result<(), TimelineError> {
        let listed =
            || Reference { enabled: spot.enabled, ..mention("", Use::Listed, spot.place.clone()) };
        let reference = spot.held.as_ref().map_or_else(listed, |held| held.at(&spot.place));
        self.medium(reference, node, spot)
    }

    /// One reference for each place that a media reference gives; one without, where it gives none.
    fn targets(&mut self, reference: Reference, media: &Node<'_>) -> Result<(), TimelineError> {
        let still = is_still(media);
        let first = self.with_target(Reference { still, ..reference }, media);
        let more = urls(media).filter(|url| first.target.as_deref() != Some(url));
        let more: Vec<Reference> = more
            .map(|url| Reference { target: Some(url.to_owned()), frames: None, ..first.clone() })
            .collect();
        if first.target.is_some() || more.is_empty() {
            self.out.push(first)?;
        }
        more.into_iter().try_for_each(|one| self.out.push(one))
    }

    /// Fills in where in the timeline a clip stands.
    fn placed(&self, mut reference: Reference, clip: &Node<'_>, spot: &Spot) -> Reference {
        reference.enabled = spot.enabled;
        reference.track.clone_from(&spot.track);
        reference.media = spot.media;
        reference.reel = clip.get("metadata").get("cmx_3600").get("reel").text().and_then(reel);
        let Some(extent) = extent(clip) else { return reference };
        if extent.rate.nominal() <= 300 {
            taken(&mut reference, extent.start, extent.duration, extent.rate.dropping(true));
        }
        let (begin, length) = spot.lap.around(spot.sight.zero, Some(extent.duration));
        spot.sight.record(&mut reference, begin, length, self.rate, "compound");
        reference
    }

    /// Fills in which media it is.
    fn with_target(&mut self, mut reference: Reference, media: &Node<'_>) -> Reference {
        if reference.name.is_empty() {
            name(media).clone_into(&mut reference.name);
        }
        if !is_known_reference(media) {
            self.note_unknown(media);
        }
        let plain = media.text().or_else(|| media.get("target_url").text());
        let plain = plain.filter(|url| !url.trim().is_empty());
        reference.target = plain.map(str::to_owned);
        if reference.target.is_none() && media.get("target_url_base").text().is_some() {
            let (target, frames) = sequence(media);
            reference.target = target;
            reference.frames = frames;
            if reference.frames.is_none() {
                let place = &reference.place;
                self.out.note(format!("{place}: the image sequence does not say its frames"));
            }
        }
        reference
    }
}

/// Whether there is no more of it than one frame.
fn is_still(media: &Node<'_>) -> bool {
    range(media.get("available_range"))
        .is_some_and(|all| all.duration.frames(all.rate).is_some_and(|frames| frames <= 1))
}

fn has_target(media: &Node<'_>) -> bool {
    let says = |key: &&str| media.get(key).text().is_some_and(|url| !url.trim().is_empty());
    ["target_url", "target_url_base"].iter().any(says) || urls(media).next().is_some()
}

/// The pattern and the frames of an image sequence. OTIO, `ImageSequenceReference`: the frames are
/// numbered from `start_frame`, one for each `frame_step` frames of the available range, also for fewer at its end.
fn sequence(media: &Node<'_>) -> (Option<String>, Option<FrameRange>) {
    let text = |key: &str| media.get(key).text().unwrap_or_default();
    let number = |key: &str| media.get(key).number().and_then(whole);
    let (base, prefix, suffix) =
        (text("target_url_base"), text("name_prefix"), text("name_suffix"));
    if base.is_empty() && prefix.is_empty() && suffix.is_empty() {
        return (None, None);
    }
    let separator = if base.is_empty() || base.ends_with('/') { "" } else { "/" };
    let digits = number("frame_zero_padding").unwrap_or(0).clamp(1, 32);
    let target = format!("{base}{separator}{prefix}%0{digits}d{suffix}");
    let step = number("frame_step").and_then(|step| u32::try_from(step).ok()).unwrap_or(1).max(1);
    let frames = (|| {
        let range = range(media.get("available_range"))?;
        let rate = media.get("rate").number().and_then(Rate::of_decimal).unwrap_or(range.rate);
        let frames = range.duration.whole_frames(rate)?;
        // Where there is time for less than one image there is one all the same.
        let frames = if range.duration > Seconds::ZERO { frames.max(1) } else { frames };
        let first = number("start_frame").unwrap_or(0);
        let last = first.checked_add(frames.checked_sub(1).filter(|more| *more >= 0)?)?;
        Some(FrameRange { first, last, step })
    })();
    (Some(target), frames)
}
