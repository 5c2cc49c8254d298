//! One event of an edit decision list: the lines that share its number and the comments around them,
//! until it is known which comment speaks of which line.

use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::bracketed;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::edl::event::Effect;
use crate::deliver::timeline::edl::event::Event;
use crate::deliver::timeline::edl::statement::Said;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::timecode::Rate;
use crate::model::MediaKind;
use crate::model::Reference;
use crate::model::Use;

/// One side: a line, or what is named without having one.
struct Side {
    event: Event,
    line: usize,
    drop: bool,
    /// Stands only in comments.
    implied: bool,
    name: Option<String>,
    target: Option<String>,
    reel: Option<String>,
    channels: Option<String>,
}

impl Side {
    /// One that has no line of its own, and of which nothing else is known yet.
    fn implied(event: Event, line: usize, drop: bool) -> Self {
        Self {
            event,
            line,
            drop,
            implied: true,
            name: None,
            target: None,
            reel: None,
            channels: None,
        }
    }
}

/// Lines in a row and the comments after them.
#[derive(Default)]
struct Block {
    sides: Vec<Side>,
    said: Vec<(Said, usize)>,
}

/// One event.
pub struct Cut {
    rate: Option<Rate>,
    /// Comments stand before their lines.
    before: bool,
    blocks: Vec<Block>,
    parts: usize,
}

impl Cut {
    /// With nothing in it yet.
    pub fn new(rate: Option<Rate>, before: bool) -> Self {
        Self { rate, before, blocks: vec![Block::default()], parts: 0 }
    }

    /// Lines and comments so far.
    pub fn len(&self) -> usize {
        self.parts
    }

    /// Whether there is a line.
    pub fn has_event(&self) -> bool {
        self.blocks.iter().any(|block| !block.sides.is_empty())
    }

    /// Whether this line begins the next event.
    pub fn ends_before(&self, next: &Event, before: bool) -> bool {
        let last = self.blocks.iter().rev().find_map(|block| block.sides.last());
        // With comments before the lines, the incoming line of a blend still belongs to the outgoing.
        last.is_some_and(|last| {
            last.event.number != next.number || (before && next.effect.blend().is_none())
        })
    }

    /// One more line.
    pub fn event(&mut self, event: Event, line: usize, drop: bool) {
        let drop = drop || event.record_in.drop;
        let side = Side { implied: false, ..Side::implied(event, line, drop) };
        self.parts += 1;
        match self.blocks.last_mut() {
            Some(last) if last.said.is_empty() || last.sides.is_empty() || self.before => {
                last.sides.push(side);
            }
            _ => self.blocks.push(Block { sides: vec![side], said: Vec::new() }),
        }
    }

    /// One more comment.
    pub fn said(&mut self, said: Said, line: usize) {
        self.parts += 1;
        if let Some(last) = self.blocks.last_mut() {
            last.said.push((said, line));
        }
    }

    /// Gives the comments to the lines and the lines to the collector.
    pub fn emit(self, out: &mut Collector) -> Result<(), TimelineError> {
        let mut sides: Vec<Side> = Vec::new();
        let mut implied = Vec::new();
        for mut block in self.blocks {
            let start = sides.len();
            sides.append(&mut block.sides);
            assign(&mut sides, start, block.said, &mut implied, out)?;
        }
        for at in 0..sides.len() {
            let Some(side) = sides.get(at) else { continue };
            let next = sides.get(at + 1);
            let outlasts = next.and_then(|next| outlasting(side, next, self.rate));
            if side.event.is_black() && side.name.is_none() && side.target.is_none() {
                continue;
            }
            out.push(reference(side, outlasts))?;
        }
        for side in &implied {
            // The outgoing side is seen while the blend lasts.
            let end = blend_end(side, self.rate);
            out.push(reference(side, end))?;
        }
        Ok(())
    }
}

/// Gives the comments of one block to its lines, `sides[start..]`. What no line can take becomes a
/// side of its own: nothing that is named is dropped.
fn assign(
    sides: &mut [Side],
    start: usize,
    said: Vec<(Said, usize)>,
    implied: &mut Vec<Side>,
    out: &mut Collector,
) -> Result<(), TimelineError> {
    let Some(last) = sides.len().checked_sub(1).filter(|last| *last >= start) else {
        // Comments and no line at all: names that are said of nothing.
        for (said, line) in said {
            if let Said::From(text)
            | Said::To(text)
            | Said::Heard(text)
            | Said::File(text)
            | Said::FromFile(text)
            | Said::ToFile(text) = said
            {
                out.push(mention(&text, Use::Listed, format!("line {line}, before any event")))?;
            }
        }
        return Ok(());
    };
    let said = hear(sides, start, said, implied);
    let Some(blend) = (start..=last).rev().find(|at| is_blend(sides, *at)) else {
        cuts(sides, start, said, implied);
        return Ok(());
    };
    let outgoing = blend.checked_sub(1);
    let froms = said.iter().filter(|(said, _)| matches!(said, Said::From(_))).count();
    let tos = said.iter().filter(|(said, _)| matches!(said, Said::To(_) | Said::ToFile(_))).count();
    let files = said.iter().filter(|(said, _)| matches!(said, Said::File(_))).count();
    // One name alone is the outgoing side's where that has its line here, else the line's own.
    let line_here = outgoing
        .is_some_and(|at| at >= start && sides.get(at).is_some_and(|side| !side.event.is_black()));
    let first_is_outgoing = tos > 0 || froms > 1 || line_here;
    let (mut names, mut paths, mut from_files) = (0, 0, 0);
    let mut current = Some(blend);
    for (said, line) in said {
        match said {
            Said::From(text) => {
                let at = if names == 0 && first_is_outgoing { outgoing } else { Some(blend) };
                names += 1;
                current = at;
                give(sides, at, blend, Given::Name(text), line, implied);
            }
            Said::To(text) => {
                current = Some(blend);
                give(sides, current, blend, Given::Name(text), line, implied);
            }
            Said::File(text) => {
                let at = match (files, paths) {
                    (1, _) => current,
                    (_, 0) if first_is_outgoing => outgoing,
                    _ => Some(blend),
                };
                paths += 1;
                give(sides, at, blend, Given::Target(text), line, implied);
            }
            Said::FromFile(text) => {
                let first = from_files == 0 && first_is_outgoing;
                from_files += 1;
                current = if first { outgoing } else { Some(blend) };
                give(sides, current, blend, Given::Target(text), line, implied);
            }
            Said::ToFile(text) => {
                current = Some(blend);
                give(sides, Some(blend), blend, Given::Target(text), line, implied);
            }
            Said::Reel { full, of } => rename(sides, start, current, &full, of.as_deref()),
            Said::Channels(more) => add_channels(sides, last, more),
            Said::Heard(_) => {}
        }
    }
    // Picture and sound that blend at once have lines of their own, and names for both.
    for at in start..blend {
        let alike = sides.get(at).zip(sides.get(blend)).is_some_and(|(one, other)| {
            one.event.effect == other.event.effect && one.event.record_in == other.event.record_in
        });
        if alike {
            share(sides, Some(blend), at);
            if at > start && !is_blend(sides, at - 1) {
                share(sides, outgoing, at - 1);
            }
        }
    }
    Ok(())
}

/// Gives what was said of one side to another of which nothing is known.
fn share(sides: &mut [Side], from: Option<usize>, to: usize) {
    let said = from.and_then(|from| sides.get(from));
    let said = said.map(|side| (side.name.clone(), side.target.clone()));
    let nameless = |side: &&mut Side| {
        let named = side.name.is_some() || side.target.is_some() || side.reel.is_some();
        !named && !side.event.is_black() && reel(&side.event.reel).is_none()
    };
    if let (Some((name, target)), Some(side)) = (said, sides.get_mut(to).filter(nameless)) {
        side.name = name;
        side.target = target;
    }
}

/// The same where nothing blends: one name for each line, or one for all.
fn cuts(sides: &mut [Side], start: usize, said: Vec<(Said, usize)>, implied: &mut Vec<Side>) {
    let last = sides.len() - 1;
    let lines = sides.len() - start;
    let is_name = |said: &Said| matches!(said, Said::From(_) | Said::To(_));
    let is_file = |said: &Said| matches!(said, Said::File(_) | Said::FromFile(_) | Said::ToFile(_));
    let name_count = said.iter().filter(|(said, _)| is_name(said)).count();
    let file_count = said.iter().filter(|(said, _)| is_file(said)).count();
    let (mut names, mut files) = (0, 0);
    let targets = |count: usize, number: usize| {
        if number == 0 && count != lines { start..=last } else { start + number..=start + number }
    };
    let mut current = Some(last);
    for (said, line) in said {
        let (range, given): (_, fn(String) -> Given) = match &said {
            said if is_name(said) => {
                names += 1;
                (targets(name_count, names - 1), Given::Name)
            }
            said if is_file(said) => {
                files += 1;
                (targets(file_count, files - 1), Given::Target)
            }
            _ => (start..=last, Given::Name),
        };
        match said {
            Said::From(text)
            | Said::To(text)
            | Said::File(text)
            | Said::FromFile(text)
            | Said::ToFile(text) => {
                current = Some((*range.start()).min(last));
                for at in range {
                    let at = Some(at).filter(|at| *at <= last);
                    give(sides, at, last, given(text.clone()), line, implied);
                }
            }
            Said::Reel { full, of } => rename(sides, start, current, &full, of.as_deref()),
            Said::Channels(more) => add_channels(sides, last, more),
            Said::Heard(_) => {}
        }
    }
}

/// Gives the names of what is heard to lines of sound, `sides[start..]`, and the rest back. Where no line is
/// of sound alone, one name is that of the last line if nothing else names it; else what is heard is a
/// reference of its own, beside the picture.
fn hear(
    sides: &mut [Side],
    start: usize,
    said: Vec<(Said, usize)>,
    implied: &mut Vec<Side>,
) -> Vec<(Said, usize)> {
    let is_heard = |(said, _): &(Said, usize)| matches!(said, Said::Heard(_));
    let (heard, mut rest): (Vec<_>, Vec<_>) = said.into_iter().partition(is_heard);
    let is_named =
        rest.iter().any(|(said, _)| !matches!(said, Said::Reel { .. } | Said::Channels(_)));
    let alone = heard.len() == 1 && !is_named;
    for (said, line) in heard {
        let Said::Heard(text) = said else { continue };
        let of_sound = sides
            .iter_mut()
            .skip(start)
            .find(|side| side.event.media() == MediaKind::Sound && side.name.is_none());
        if let Some(side) = of_sound {
            side.name = Some(text);
        } else if alone {
            rest.push((Said::From(text), line));
        } else if let Some(model) = sides.last() {
            let (reel, channels) = (String::new(), "A".to_owned());
            let event = Event { reel, channels, ..model.event.clone() };
            let drop = model.drop;
            implied.push(Side { name: Some(text), ..Side::implied(event, line, drop) });
        }
    }
    rest
}

/// What a comment gives to a side.
enum Given {
    Name(String),
    Target(String),
}

/// Gives a name or a file to a side; if it cannot take it, to one that stands only in comments and
/// where `model` stands.
fn give(
    sides: &mut [Side],
    at: Option<usize>,
    model: usize,
    given: Given,
    line: usize,
    implied: &mut Vec<Side>,
) {
    let (is_name, text) = match given {
        Given::Name(text) => (true, text),
        Given::Target(text) => (false, text),
    };
    if is_name && text.eq_ignore_ascii_case("BL") {
        return;
    }
    if let Some(side) = at.and_then(|at| sides.get_mut(at)) {
        let place = if is_name { &mut side.name } else { &mut side.target };
        if place.as_ref().is_none_or(|there| *there == text) {
            *place = Some(text);
            return;
        }
    }
    let said = |side: &Side| {
        if is_name {
            side.name.as_ref() == Some(&text)
        } else {
            side.target.as_ref() == Some(&text)
        }
    };
    if sides.iter().any(said) {
        return;
    }
    let Some(model) = sides.get(model) else { return };
    // The file of a side that has no line goes with its name.
    if let Some(side) = implied
        .last_mut()
        .filter(|side| !is_name && side.target.is_none() && side.event.number == model.event.number)
    {
        side.target = Some(text);
        return;
    }
    let (name, target) = if is_name { (Some(text), None) } else { (None, Some(text)) };
    let event = Event { reel: String::new(), ..model.event.clone() };
    let drop = model.drop;
    implied.push(Side { name, target, ..Side::implied(event, line, drop) });
}

fn rename(
    sides: &mut [Side],
    start: usize,
    current: Option<usize>,
    full: &str,
    short: Option<&str>,
) {
    for (at, side) in sides.iter_mut().enumerate().skip(start) {
        let meant = match short {
            Some(short) => side.event.reel.eq_ignore_ascii_case(short),
            None => current.is_none_or(|current| current == at),
        };
        if meant {
            side.reel = Some(full.to_owned());
        }
    }
}

fn add_channels(sides: &mut [Side], at: usize, more: String) {
    if let Some(side) = sides.get_mut(at) {
        side.channels = Some(more);
    }
}

/// The reference that a side is. `outlasts` is where it ends if the next line blends over it.
fn reference(side: &Side, outlasts: Option<String>) -> Reference {
    let event = &side.event;
    let what = if side.implied { "named in a comment of event" } else { "event" };
    let place = format!("line {}, {what} {}", side.line, event.number);
    let name = side.name.as_deref().unwrap_or_default();
    let mut out = mention(name, Use::Used, place);
    let named = side.target.as_deref().or(side.name.as_deref()).and_then(bracketed);
    out.frames = named.map(|(_, frames)| frames);
    out.target = side
        .target
        .as_ref()
        .map(|target| bracketed(target).map_or_else(|| target.clone(), |(pattern, _)| pattern));
    out.reel = side.reel.as_deref().or(Some(&event.reel)).and_then(reel);
    out.media = event.media();
    out.track = event.track().map(|track| match &side.channels {
        Some(more) => format!("{track} {more}"),
        None => track,
    });
    if !side.implied {
        out.source_in = Some(event.source_in.spelled(event.source_in.drop || side.drop));
        out.source_out = Some(event.source_out.spelled(event.source_out.drop || side.drop));
    }
    out.record_in = Some(event.record_in.spelled(side.drop));
    out.record_out = outlasts.or_else(|| Some(event.record_out.spelled(side.drop)));
    out
}

fn is_blend(sides: &[Side], at: usize) -> bool {
    sides.get(at).is_some_and(|side| side.event.effect.blend().is_some())
}

/// Where a blend ends in the timeline.
fn blend_end(side: &Side, rate: Option<Rate>) -> Option<String> {
    let (end, rate) = end_of_blend(side, rate)?;
    Some(rate.timecode(end))
}

fn end_of_blend(side: &Side, rate: Option<Rate>) -> Option<(i64, Rate)> {
    let frames = side.event.effect.blend()?;
    let rate = rate?.dropping(side.drop);
    Some((rate.frame(&side.event.record_in)?.checked_add(frames)?, rate))
}

/// Where a line ends that the next one blends over, if that is later than it says itself. What a key is laid
/// over is seen as long as its own line says.
fn outlasting(side: &Side, next: &Side, rate: Option<Rate>) -> Option<String> {
    let (end, rate) = end_of_blend(next, rate)?;
    let own = rate.frame(&side.event.record_out);
    let has_length = own > rate.frame(&side.event.record_in);
    let is_background = side.event.effect == Effect::KeyBackground && has_length;
    (!is_background && own.is_none_or(|own| own < end)).then(|| rate.timecode(end))
}
