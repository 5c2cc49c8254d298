//! Final Cut Pro 7 XML interchange format (`xmeml`, versions 1 to 5), as Final Cut Pro 7, Premiere,
//! Resolve and others write it: sequences, nested sequences, multiclips, sound.
//!
//! Every clip is a reference, through nested sequences down to their media. Generators, and files that
//! the writer itself calls made by the application, are no media. A file that no sequence uses is listed,
//! and so is one that an effect holds.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::parameter::Parameters;
use crate::deliver::timeline::sight::Sight;
use crate::deliver::timeline::sight::Tracks;
use crate::deliver::timeline::timecode::Rate;
use crate::deliver::timeline::timecode::Seconds;
use crate::deliver::timeline::xml::Document;
use crate::deliver::timeline::xml::Element;
use crate::model::MediaKind;
use crate::model::Reference;
use crate::model::Use;

#[cfg(test)]
mod tests;

/// Sequences in sequences.
const NESTED_MAX: usize = 32;

/// How much is told of an element where all of it is there.
const WHOLE: u8 = 2;

/// Reads a document.
pub fn read(text: &str, out: Collector) -> Result<Timeline, TimelineError> {
    let document = Document::parse(text, out.format())?;
    if document.root().name() != "xmeml" {
        return Err(TimelineError::malformed(out.format(), "the root", "no xmeml element"));
    }
    let mut reader = Xmeml {
        files: HashMap::new(),
        sequences: HashMap::new(),
        clips: HashMap::new(),
        multiclips: HashMap::new(),
        mentioned: HashSet::new(),
        rate: None,
        within: Vec::new(),
        out,
    };
    for element in document.all() {
        let told = |name: &str| u8::from(element.child(name).is_some());
        let (map, told) = match element.name() {
            // What the application makes has no path, and no more to tell than that.
            "file" => (&mut reader.files, (told("pathurl") * WHOLE).max(told("mediaSource"))),
            "sequence" => (&mut reader.sequences, told("media") * WHOLE),
            "clip" => (&mut reader.clips, told("file").max(told("media")) * WHOLE),
            "multiclip" => (&mut reader.multiclips, told("angle") * WHOLE),
            _ => continue,
        };
        // Other mentions, before it or after, hold the id alone.
        let Some(id) = element.attribute("id") else { continue };
        if map.get(id.as_ref()).is_none_or(|(_, known)| *known < told) {
            map.insert(id.into_owned(), (element, told));
        }
    }
    let mut name = None;
    reader.shelf(document.root(), &mut name)?;
    reader.unmentioned(&document)?;
    let mut parameters = Parameters::default();
    for value in document.all().filter(|element| element.name() == "value") {
        reader.out.steps_of(value.text_cost())?;
        parameters.value(&value.text(), &mut reader.out)?;
    }
    Ok(reader.out.finish(name))
}

/// Where a sequence stands.
#[derive(Clone)]
struct Spot {
    usage: Use,
    enabled: bool,
    /// The outer track, inside a nested sequence.
    track: Option<String>,
    /// What the outer track takes of it.
    media: Option<MediaKind>,
    /// Of what lies in the sequence; its zero is the sequence's first frame.
    sight: Sight,
    place: String,
}

struct Xmeml<'d> {
    /// By their ids, with how much is told of them there.
    files: HashMap<String, (Element<'d>, u8)>,
    sequences: HashMap<String, (Element<'d>, u8)>,
    clips: HashMap<String, (Element<'d>, u8)>,
    multiclips: HashMap<String, (Element<'d>, u8)>,
    mentioned: HashSet<u32>,
    /// Of the outermost sequence.
    rate: Option<Rate>,
    within: Vec<u32>,
    out: Collector,
}

fn number(element: Element<'_>, name: &str) -> Option<i64> {
    element.text_of(name)?.parse().ok()
}

fn is(element: Element<'_>, name: &str, word: &str) -> bool {
    element.text_of(name).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

fn rate(element: Element<'_>) -> Option<Rate> {
    let rate = element.child("rate")?;
    let base = number(rate, "timebase").filter(|base| (1..=1000).contains(base))?;
    if is(rate, "ntsc", "TRUE") { Rate::new(base * 1000, 1001) } else { Rate::new(base, 1) }
}

/// Where a sequence's or a file's own timecode begins, and its rate.
fn timecode(element: Element<'_>) -> Option<(i64, Rate)> {
    let code = element.child("timecode")?;
    let rate = rate(code).or_else(|| rate(element))?;
    let rate = rate.dropping(is(code, "displayformat", "DF"));
    Some((number(code, "frame").unwrap_or(0), rate))
}

impl<'d> Xmeml<'d> {
    /// The document, projects and bins.
    fn shelf(
        &mut self,
        element: Element<'d>,
        name: &mut Option<String>,
    ) -> Result<(), TimelineError> {
        for child in element.children() {
            self.out.steps_of(child.cost())?;
            match child.name() {
                // XML itself bounds how deep bins lie in bins.
                "project" | "bin" | "children" => self.shelf(child, name)?,
                "sequence" => {
                    let title = child.text_of("name").unwrap_or_default();
                    let place = format!("sequence {title:?}");
                    name.get_or_insert(title);
                    self.outermost(child, place)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn outermost(&mut self, element: Element<'d>, place: String) -> Result<(), TimelineError> {
        let (start, rate) =
            timecode(element).map_or((0, rate(element)), |(start, rate)| (start, Some(rate)));
        self.rate = rate;
        let spot = Spot {
            usage: Use::Used,
            enabled: true,
            track: None,
            media: None,
            sight: Sight::from(rate.and_then(|rate| Seconds::of_frames(start, rate))),
            place,
        };
        self.sequence(element, &spot)
    }

    fn sequence(&mut self, element: Element<'d>, spot: &Spot) -> Result<(), TimelineError> {
        if self.within.contains(&element.index()) || self.within.len() >= NESTED_MAX {
            let problem = "sequences hold themselves or are nested too deeply";
            return Err(TimelineError::malformed(self.out.format(), spot.place.clone(), problem));
        }
        self.within.push(element.index());
        let rate = rate(element).or_else(|| timecode(element).map(|(_, rate)| rate));
        for media in element.children().filter(|child| child.name() == "media") {
            let mut labels = Tracks::default();
            for (kind, what) in [("video", MediaKind::Picture), ("audio", MediaKind::Sound)] {
                if spot.media.is_some_and(|cut| cut != what) {
                    // Picture and sound of a nested sequence are cut in apart, each on its track.
                    continue;
                }
                let parts = media.children().filter(|child| child.name() == kind);
                let tracks = parts.flat_map(Element::children);
                for track in tracks.filter(|child| child.name() == "track") {
                    let label = labels.label(what);
                    let mut inner = spot.clone();
                    inner.enabled &= !is(track, "enabled", "FALSE");
                    inner.place = format!("{}, track {label}", spot.place);
                    inner.track.get_or_insert(label);
                    inner.media = Some(what);
                    self.track(track, &inner, rate)?;
                }
            }
        }
        self.within.pop();
        Ok(())
    }

    fn track(
        &mut self,
        track: Element<'d>,
        spot: &Spot,
        rate: Option<Rate>,
    ) -> Result<(), TimelineError> {
        let mut before: Option<Element<'d>> = None;
        let mut items = track.children().peekable();
        while let Some(item) = items.next() {
            self.out.steps_of(item.cost() + spot.place.len())?;
            if item.name() == "clipitem" || item.name() == "clip" {
                // An edge under a transition is -1; it is seen from the transition's start to its end.
                let edge = |name: &str, beside: Option<Element<'d>>| {
                    let own = number(item, name).filter(|frame| *frame >= 0);
                    own.or_else(|| {
                        let beside = beside.filter(|beside| beside.name() == "transitionitem")?;
                        number(beside, name)
                    })
                };
                let start = edge("start", before);
                let end = edge("end", items.peek().copied());
                let at =
                    |frame: Option<i64>| spot.sight.zero?.plus(Seconds::of_frames(frame?, rate?)?);
                self.clip(item, spot, at(start), at(end))?;
            }
            before = Some(item);
        }
        Ok(())
    }

    fn clip(
        &mut self,
        item: Element<'d>,
        spot: &Spot,
        from: Option<Seconds>,
        to: Option<Seconds>,
    ) -> Result<(), TimelineError> {
        let name = item.text_of("name").unwrap_or_default();
        let mut own = spot.clone();
        own.enabled &= !is(item, "enabled", "FALSE");
        let _ = std::fmt::Write::write_fmt(&mut own.place, format_args!(", clip {name:?}"));
        let length = from.zip(to).and_then(|(from, to)| to.minus(from));
        let mut reference = mention(&name, own.usage, own.place.clone());
        reference.enabled = own.enabled;
        reference.track.clone_from(&own.track);
        reference.media = own.media.unwrap_or(MediaKind::Other);
        reference.still = is(item, "stillframe", "TRUE");
        spot.sight.record(&mut reference, from, length, self.rate, "sequence");
        if let Some(nested) = item.child("sequence") {
            return self.nested(item, nested, own, (from, length), reference);
        }
        if let Some(multiclip) = item.child("multiclip") {
            return self.multiclip(item, multiclip, reference);
        }
        if let Some(file) = item.child("file") {
            return self.file(file, item, reference);
        }
        let master = item.text_of("masterclipid").and_then(|id| self.clips.get(&id).copied());
        let files = match master {
            Some((clip, _)) => self.below(clip, "file")?,
            None => Vec::new(),
        };
        match files.first() {
            Some(file) => self.file(*file, item, reference),
            None => self.out.push(reference),
        }
    }

    fn nested(
        &mut self,
        item: Element<'d>,
        nested: Element<'d>,
        mut spot: Spot,
        (from, length): (Option<Seconds>, Option<Seconds>),
        reference: Reference,
    ) -> Result<(), TimelineError> {
        let id = nested.attribute("id");
        let found = match nested.child("media") {
            Some(_) => Some(nested),
            None => id.and_then(|id| self.sequences.get(id.as_ref())).map(|(found, _)| *found),
        };
        let Some(found) = found.filter(|found| found.child("media").is_some()) else {
            self.out.note(format!("{}: its sequence is not in the file", spot.place));
            return self.out.push(reference);
        };
        let first = number(item, "in").unwrap_or(0);
        let skipped = rate(found).and_then(|rate| Seconds::of_frames(first, rate));
        let effects = self.below(item, "effectid")?;
        let is_retimed = effects.iter().any(|one| one.text().eq_ignore_ascii_case("timeremap"));
        spot.sight = spot.sight.through(from, length, skipped).retimed(is_retimed);
        let before = self.out.count();
        self.sequence(found, &spot)?;
        if self.out.count() > before || self.holds_items(found)? {
            return Ok(());
        }
        self.out.note(format!("{}: there is nothing in its sequence", spot.place));
        self.out.push(reference)
    }

    /// Whether anything stands in a sequence, be it a title or a generator.
    fn holds_items(&mut self, sequence: Element<'d>) -> Result<bool, TimelineError> {
        for track in self.below(sequence, "track")? {
            for item in track.children() {
                self.out.step()?;
                if matches!(item.name(), "clipitem" | "clip" | "generatoritem") {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Angles: the active one is used, the others are alternatives; none is active, all are used. What
    /// names no file is a reference by its name.
    fn multiclip(
        &mut self,
        item: Element<'d>,
        multiclip: Element<'d>,
        reference: Reference,
    ) -> Result<(), TimelineError> {
        let word = match reference.media {
            MediaKind::Sound => "activeaudioangle",
            _ => "activevideoangle",
        };
        let id = multiclip.attribute("id");
        let known = id.and_then(|id| self.multiclips.get(id.as_ref())).map(|(known, _)| *known);
        let whole = Some(multiclip).filter(|one| one.child("angle").is_some()).or(known);
        let whole = whole.unwrap_or(multiclip);
        let angles: Vec<_> = whole.children().filter(|child| child.name() == "angle").collect();
        if angles.is_empty() {
            self.out.note(format!("{}: its multiclip is not in the file", reference.place));
            return self.out.push(reference);
        }
        let known = angles.iter().any(|angle| is(*angle, word, "TRUE"));
        for (index, angle) in angles.into_iter().enumerate() {
            let mut one = reference.clone();
            if known && !is(angle, word, "TRUE") {
                one.usage = one.usage.max(Use::Alternative);
            }
            let _ =
                std::fmt::Write::write_fmt(&mut one.place, format_args!(", angle {}", index + 1));
            self.angle(item, angle, one)?;
        }
        Ok(())
    }

    /// The files of an angle: in it, or in the clip of a bin that it means.
    fn angle(
        &mut self,
        item: Element<'d>,
        angle: Element<'d>,
        mut reference: Reference,
    ) -> Result<(), TimelineError> {
        let mut files = self.below(angle, "file")?;
        let clip = angle.child("clip");
        let id = clip.and_then(|clip| clip.attribute("id"));
        let known = id.and_then(|id| self.clips.get(id.as_ref())).map(|(known, _)| *known);
        if let Some(known) = known.filter(|_| files.is_empty()) {
            files.extend(self.below(known, "file")?.first());
        }
        let is_told = |file: &Element<'d>| self.told(*file).child("pathurl").is_some();
        if !files.iter().any(is_told) {
            // The multiclip is called as people like; what the angle shows, as its clip is.
            let name = [clip, known].into_iter().flatten().find_map(|clip| clip.text_of("name"));
            reference.name = name.filter(|name| !name.is_empty()).unwrap_or(reference.name);
        }
        if files.is_empty() {
            return self.out.push(reference);
        }
        files.into_iter().try_for_each(|file| self.file(file, item, reference.clone()))
    }

    /// Of a file that is mentioned, where it is told.
    fn told(&self, mention: Element<'d>) -> Element<'d> {
        if mention.child("pathurl").is_some() {
            return mention;
        }
        let id = mention.attribute("id");
        let known = id.and_then(|id| self.files.get(id.as_ref()));
        known.map_or(mention, |(known, _)| *known)
    }

    fn file(
        &mut self,
        mention: Element<'d>,
        item: Element<'d>,
        mut reference: Reference,
    ) -> Result<(), TimelineError> {
        self.out.steps_of(mention.cost())?;
        let file = self.told(mention);
        for part in file.children() {
            self.out.steps_of(part.cost())?;
        }
        self.mentioned.insert(mention.index());
        self.mentioned.insert(file.index());
        let paths = file.children().filter(|child| child.name() == "pathurl").map(Element::text);
        let mut paths = paths.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        reference.target = paths.next();
        if reference.target.is_none() && file.text_of("mediaSource").is_some() {
            // Bars, slugs, mattes and titles: the application makes them.
            return Ok(());
        }
        if reference.name.is_empty() {
            reference.name = file.text_of("name").unwrap_or_default();
        }
        if let Some(code) = file.child("timecode") {
            reference.reel =
                code.child("reel").and_then(|one| one.text_of("name")).and_then(|name| reel(&name));
        }
        let item_rate = rate(item);
        let (start, rate) = match timecode(file) {
            Some((start, rate)) => (start, Some(rate)),
            None => (0, rate(file).or(item_rate)),
        };
        let counted = item_rate.or(rate);
        let at = |name: &str| {
            let frame = number(item, name).filter(|frame| *frame >= 0)?;
            // In and out count in the clip's rate, the file's timecode in its own.
            let length = Seconds::of_frames(frame, counted?)?;
            Seconds::of_frames(start, rate?)?.plus(length)?.timecode(rate?)
        };
        reference.source_in = at("in");
        reference.source_out = at("out");
        // A second path of one file is not in the specification, and may be what is shown.
        for path in paths {
            let target = Some(path);
            self.out.push(Reference { target, ..reference.clone() })?;
        }
        self.out.push(reference)
    }

    /// Files that no sequence uses: clips in bins, wells of effects.
    fn unmentioned(&mut self, document: &'d Document<'d>) -> Result<(), TimelineError> {
        let mut listed = HashSet::new();
        for element in document.all().filter(|element| element.name() == "file") {
            let id = element.attribute("id");
            let whole = id.as_ref().and_then(|id| self.files.get(id.as_ref()));
            let file = match whole {
                Some((whole, WHOLE)) if element.child("pathurl").is_none() => *whole,
                _ => element,
            };
            let known = self.mentioned.contains(&file.index()) || !listed.insert(file.index());
            if known || file.text_of("pathurl").is_none() {
                continue;
            }
            let place = format!("file {:?}, which no sequence uses", id.unwrap_or_default());
            let reference = mention(&file.text_of("name").unwrap_or_default(), Use::Listed, place);
            self.file(file, file, reference)?;
        }
        Ok(())
    }

    /// All elements of a name in an element, however deep.
    fn below(
        &mut self,
        element: Element<'d>,
        name: &str,
    ) -> Result<Vec<Element<'d>>, TimelineError> {
        let mut found = Vec::new();
        for child in element.children() {
            self.out.step()?;
            if child.name() == name {
                found.push(child);
            } else {
                found.extend(self.below(child, name)?);
            }
        }
        Ok(found)
    }
}
