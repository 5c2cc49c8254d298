//! Which comment of an event speaks of which of its lines. Nothing that is named is dropped: what no line can
//! take becomes a side of its own.

use std::ops::RangeInclusive;

use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::edl::event::Event;
use crate::deliver::timeline::edl::statement::Said;
use crate::deliver::timeline::error::TimelineError;
use crate::model::MediaKind;
use crate::model::Use;

/// One side: a line, or what is named without having one.
pub struct Side {
    /// The line; of one that has none, that of another side that is seen at the same time.
    pub event: Event,
    /// The number of the line, or of the comment.
    pub line: usize,
    /// Whether its frames drop.
    pub drop: bool,
    /// Stands only in comments.
    pub implied: bool,
    /// What its clip is called.
    pub name: Option<String>,
    /// Where its file lies.
    pub target: Option<String>,
    /// Its reel in full.
    pub reel: Option<String>,
    /// More channels than the line says.
    pub channels: Option<String>,
}

impl Side {
    /// A line, of which nothing else is known yet.
    pub fn of(event: Event, line: usize, drop: bool) -> Self {
        Self {
            event,
            line,
            drop,
            implied: false,
            name: None,
            target: None,
            reel: None,
            channels: None,
        }
    }

    /// One that has no line of its own, in place of such a line.
    fn implied(event: Event, line: usize, drop: bool) -> Self {
        Self { implied: true, ..Self::of(event, line, drop) }
    }

    fn is_blend(&self) -> bool {
        self.event.effect.blend().is_some()
    }
}

/// What a comment gives to a side.
enum Given {
    Name(String),
    Target(String),
}

/// The sides of one event.
#[derive(Default)]
pub struct Sides {
    /// Its lines.
    pub lines: Vec<Side>,
    /// What is named without having a line.
    pub implied: Vec<Side>,
    /// Where the lines of the block begin that is read.
    start: usize,
}

impl Sides {
    /// Takes lines in a row, and gives them the comments on them.
    pub fn block(
        &mut self,
        lines: Vec<Side>,
        said: Vec<(Said, usize)>,
        out: &mut Collector,
    ) -> Result<(), TimelineError> {
        self.start = self.lines.len();
        self.lines.extend(lines);
        let Some(last) = self.lines.len().checked_sub(1).filter(|last| *last >= self.start) else {
            return of_nothing(said, out);
        };
        let said = self.hear(said);
        match (self.start..=last).rev().find(|at| self.is_blend(*at)) {
            Some(blend) => self.blend(blend, said),
            None => self.cuts(last, said),
        }
        Ok(())
    }

    fn is_blend(&self, at: usize) -> bool {
        self.lines.get(at).is_some_and(Side::is_blend)
    }

    /// Gives the names of what is heard to lines of sound, and the rest back. Where no line is of sound alone,
    /// one name is that of the last line if nothing else names it; else what is heard is a reference of its
    /// own, beside the picture.
    fn hear(&mut self, said: Vec<(Said, usize)>) -> Vec<(Said, usize)> {
        let is_heard = |(said, _): &(Said, usize)| matches!(said, Said::Heard(_));
        let (heard, mut rest): (Vec<_>, Vec<_>) = said.into_iter().partition(is_heard);
        let alone = heard.len() == 1 && !rest.iter().any(|(said, _)| said.names_clip());
        for (said, line) in heard {
            let Said::Heard(text) = said else { continue };
            let mut lines = self.lines.iter_mut().skip(self.start);
            let of_sound =
                lines.find(|side| side.event.media() == MediaKind::Sound && side.name.is_none());
            if let Some(side) = of_sound {
                side.name = Some(text);
            } else if alone {
                rest.push((Said::From(text), line));
            } else if let Some(model) = self.lines.last() {
                let (reel, channels) = (String::new(), "A".to_owned());
                let event = Event { reel, channels, ..model.event.clone() };
                let drop = model.drop;
                self.implied.push(Side { name: Some(text), ..Side::implied(event, line, drop) });
            }
        }
        rest
    }

    /// Gives comments where a line blends over what was there.
    fn blend(&mut self, blend: usize, said: Vec<(Said, usize)>) {
        let outgoing = blend.checked_sub(1);
        let has_line = |at: usize| {
            at >= self.start && self.lines.get(at).is_some_and(|side| !side.event.is_black())
        };
        let mut turns = Turns::new(blend, outgoing, outgoing.is_some_and(has_line), &said);
        for (said, line) in said {
            let at = turns.whose(&said);
            self.tell(at, blend, said, line);
        }
        // Picture and sound that blend at once have lines of their own, and names for both.
        for at in self.start..blend {
            let alike =
                self.lines.get(at).zip(self.lines.get(blend)).is_some_and(|(one, other)| {
                    one.event.effect == other.event.effect
                        && one.event.record_in == other.event.record_in
                });
            if alike {
                self.share(Some(blend), at);
                if at > self.start && !self.is_blend(at - 1) {
                    self.share(outgoing, at - 1);
                }
            }
        }
    }

    /// Gives comments where nothing blends: one name for each line, or one for all.
    fn cuts(&mut self, last: usize, said: Vec<(Said, usize)>) {
        let name_count = said.iter().filter(|(said, _)| said.is_name()).count();
        let file_count = said.iter().filter(|(said, _)| said.is_file()).count();
        let (mut names, mut files) = (0, 0);
        let mut current = last;
        for (said, line) in said {
            let (so_far, count) = if said.is_name() {
                (&mut names, name_count)
            } else if said.is_file() {
                (&mut files, file_count)
            } else {
                self.tell(Some(current), last, said, line);
                continue;
            };
            let lines = self.lines_of(*so_far, count, last);
            *so_far += 1;
            current = (*lines.start()).min(last);
            for at in lines {
                self.tell(Some(at).filter(|at| *at <= last), last, said.clone(), line);
            }
        }
    }

    /// Of which lines the name of this number speaks, among so many.
    fn lines_of(&self, number: usize, count: usize, last: usize) -> RangeInclusive<usize> {
        let start = self.start;
        if number == 0 && count != last + 1 - start {
            start..=last
        } else {
            start + number..=start + number
        }
    }

    /// Tells a side what a comment says of it; nothing is the side that has no line here. `model` is the line
    /// that is seen when what the comment names is.
    fn tell(&mut self, at: Option<usize>, model: usize, said: Said, line: usize) {
        match said {
            Said::From(text) | Said::To(text) => self.give(at, model, Given::Name(text), line),
            Said::File(text) | Said::FromFile(text) | Said::ToFile(text) => {
                self.give(at, model, Given::Target(text), line);
            }
            Said::Reel { full, of } => self.rename(at, &full, of.as_deref()),
            Said::Channels(more) => {
                if let Some(side) = self.lines.last_mut() {
                    side.channels = Some(more);
                }
            }
            // Given before.
            Said::Heard(_) => {}
        }
    }

    /// Gives a name or a file to a line; if it cannot take it, to a side that stands only in comments.
    fn give(&mut self, at: Option<usize>, model: usize, given: Given, line: usize) {
        let (is_name, text) = match given {
            Given::Name(text) => (true, text),
            Given::Target(text) => (false, text),
        };
        if is_name && text.eq_ignore_ascii_case("BL") {
            return;
        }
        if let Some(side) = at.and_then(|at| self.lines.get_mut(at)) {
            let place = if is_name { &mut side.name } else { &mut side.target };
            if place.as_ref().is_none_or(|there| *there == text) {
                *place = Some(text);
                return;
            }
        }
        let said = |side: &Side| {
            let there = if is_name { &side.name } else { &side.target };
            there.as_ref() == Some(&text)
        };
        if self.lines.iter().any(said) {
            return;
        }
        let Some(model) = self.lines.get(model) else { return };
        // The file of a side that has no line goes with its name.
        if let Some(side) = self.implied.last_mut().filter(|side| {
            !is_name && side.target.is_none() && side.event.number == model.event.number
        }) {
            side.target = Some(text);
            return;
        }
        let (name, target) = if is_name { (Some(text), None) } else { (None, Some(text)) };
        let event = Event { reel: String::new(), ..model.event.clone() };
        let drop = model.drop;
        self.implied.push(Side { name, target, ..Side::implied(event, line, drop) });
    }

    /// Gives a line its reel in full: those whose short reel is said, else the one at hand, else all.
    fn rename(&mut self, current: Option<usize>, full: &str, short: Option<&str>) {
        for (at, side) in self.lines.iter_mut().enumerate().skip(self.start) {
            let meant = match short {
                Some(short) => side.event.reel.eq_ignore_ascii_case(short),
                None => current.is_none_or(|current| current == at),
            };
            if meant {
                side.reel = Some(full.to_owned());
            }
        }
    }

    /// Gives what was said of one line to another of which nothing is known.
    fn share(&mut self, from: Option<usize>, to: usize) {
        let said = from.and_then(|from| self.lines.get(from));
        let said = said.map(|side| (side.name.clone(), side.target.clone()));
        let nameless = |side: &&mut Side| {
            let named = side.name.is_some() || side.target.is_some() || side.reel.is_some();
            !named && !side.event.is_black() && reel(&side.event.reel).is_none()
        };
        if let (Some((name, target)), Some(side)) = (said, self.lines.get_mut(to).filter(nameless))
        {
            side.name = name;
            side.target = target;
        }
    }
}

/// Comments and no line at all: names that are said of nothing.
fn of_nothing(said: Vec<(Said, usize)>, out: &mut Collector) -> Result<(), TimelineError> {
    for (said, line) in said {
        if let Some(text) = said.into_name_or_file() {
            out.push(mention(&text, Use::Listed, format!("line {line}, before any event")))?;
        }
    }
    Ok(())
}

/// Of which side of a blend the next comment speaks.
struct Turns {
    blend: usize,
    /// The line before; nothing where the blend is the first.
    outgoing: Option<usize>,
    /// The first name and the first file are those of the outgoing side.
    first_is_outgoing: bool,
    /// There is one file, which is that of the side that was named last.
    one_file: bool,
    /// What was told so far.
    names: usize,
    files: usize,
    from_files: usize,
    /// The side that was named last.
    current: Option<usize>,
}

impl Turns {
    fn new(blend: usize, outgoing: Option<usize>, has_line: bool, said: &[(Said, usize)]) -> Self {
        let count = |is: fn(&Said) -> bool| said.iter().filter(|(said, _)| is(said)).count();
        let froms = count(|said| matches!(said, Said::From(_)));
        let tos = count(|said| matches!(said, Said::To(_) | Said::ToFile(_)));
        Self {
            blend,
            outgoing,
            // One name alone is the outgoing side's where that has its line here, else the line's own.
            first_is_outgoing: tos > 0 || froms > 1 || has_line,
            one_file: count(|said| matches!(said, Said::File(_))) == 1,
            names: 0,
            files: 0,
            from_files: 0,
            current: Some(blend),
        }
    }

    /// The side that a comment speaks of; nothing if that has no line.
    fn whose(&mut self, said: &Said) -> Option<usize> {
        let (so_far, names) = match said {
            Said::From(_) => (&mut self.names, true),
            Said::FromFile(_) => (&mut self.from_files, true),
            Said::File(_) if !self.one_file => (&mut self.files, false),
            Said::To(_) | Said::ToFile(_) => {
                self.current = Some(self.blend);
                return self.current;
            }
            Said::File(_) | Said::Reel { .. } | Said::Channels(_) | Said::Heard(_) => {
                return self.current;
            }
        };
        let is_first = *so_far == 0;
        *so_far += 1;
        let at = if is_first && self.first_is_outgoing { self.outgoing } else { Some(self.blend) };
        if names {
            self.current = at;
        }
        at
    }
}
