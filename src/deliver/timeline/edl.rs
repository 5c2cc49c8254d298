//! Edit decision lists: CMX 3600 and what systems made of it (long reels as in the `file32` and
//! `file129` variants, lower case, more audio channels, Avid, Premiere, Resolve and Nucoda comments).
//!
//! Each event line is a reference, and so is each side of a dissolve, wipe or key: also the outgoing
//! one that has no line of its own. A name in a comment is never dropped: what belongs to no line
//! becomes a reference of its own. So does a line that is meant as an event and cannot be read.

use std::mem;

use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::edl::cut::Cut;
use crate::deliver::timeline::edl::event::Event;
use crate::deliver::timeline::edl::statement::Said;
use crate::deliver::timeline::edl::statement::Statement;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::timecode::Rate;
use crate::model::Use;

mod cut;
mod event;
mod sides;
mod statement;
#[cfg(test)]
mod tests;

/// Bytes in one line.
const LINE_MAX: usize = 64 << 10;
/// Lines and comments of one event; after so many it is read as if the next one began.
const PARTS_MAX: usize = 64;

/// The lines with their numbers. Old systems end theirs with a return alone.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split('\n').enumerate();
    let parts = lines.flat_map(|(index, line)| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split(['\r', '\u{c}']).map(move |part| (index + 1, trimmed(part)))
    });
    parts.filter(|(_, line)| !line.is_empty())
}

/// Whether there is an event near the start, for a list that has no title.
pub fn has_event(text: &str) -> bool {
    /// Lines looked at.
    const LOOK_MAX: usize = 200;
    let mut lines = lines(text).take(LOOK_MAX);
    lines.any(|(_, line)| line.len() <= LINE_MAX && Event::parse(line).is_some())
}

/// Reads an edit decision list. One without any event is an error.
pub fn read(text: &str, out: Collector) -> Result<Timeline, TimelineError> {
    let format = out.format();
    let survey = Survey::of(text);
    if !survey.events {
        return Err(TimelineError::malformed(format, "the end", "no event in it"));
    }
    let cut = Cut::new(survey.rate, survey.before);
    let mut list = List { survey, cut, title: None, drop: false, source: None, lost: false, out };
    for (number, line) in lines(text) {
        list.out.step()?;
        if line.len() > LINE_MAX {
            let place = format!("line {number}");
            return Err(TimelineError::malformed(format, place, "a line that is too long"));
        }
        match Event::parse(line) {
            Some(event) => list.event(event, number)?,
            None => list.statement(line, number)?,
        }
    }
    list.close()?;
    Ok(list.out.finish(list.title))
}

/// A list that is being read.
struct List {
    survey: Survey,
    /// The event that is not over yet.
    cut: Cut,
    title: Option<String>,
    /// Whether frames drop from here on.
    drop: bool,
    /// The source that the list's table of sources speaks of, behind the events.
    source: Option<String>,
    /// Whether an event that could not be read is the last one: comments are about that.
    lost: bool,
    out: Collector,
}

impl List {
    /// Ends the event, and begins one with nothing in it.
    fn close(&mut self) -> Result<(), TimelineError> {
        let next = Cut::new(self.survey.rate, self.survey.before);
        mem::replace(&mut self.cut, next).emit(&mut self.out)
    }

    fn event(&mut self, event: Event, number: usize) -> Result<(), TimelineError> {
        self.source = None;
        if let Some(note) = event.note() {
            self.out.note(format!("line {number}: {note}"));
        }
        if self.cut.ends_before(&event) || self.lost || self.cut.len() >= PARTS_MAX {
            self.lost = false;
            self.close()?;
        }
        self.cut.event(event, number, self.drop);
        Ok(())
    }

    /// A line that is no event, or cannot be read as one.
    fn statement(&mut self, line: &str, number: usize) -> Result<(), TimelineError> {
        match Statement::parse(line) {
            Statement::Title(text) => {
                self.title.get_or_insert(text);
            }
            Statement::Counting(dropping) => self.drop = dropping,
            Statement::Comment => {}
            Statement::Unknown if Event::is_meant_by(line) => {
                self.close()?;
                self.lost = !self.survey.before;
                // Called as it is spelled, so that a person can say what it means.
                let words: Vec<_> = line.split_whitespace().collect();
                let place = format!("line {number}, an event that cannot be read");
                self.out.push(mention(&words.join(" "), Use::Used, place))?;
            }
            Statement::Unknown => {
                let note = format!("line {number} is not understood and was skipped: {line}");
                self.out.note(note);
            }
            Statement::Source(reel) => self.source = Some(reel),
            Statement::Clip(said) => self.said(said, number)?,
        }
        Ok(())
    }

    /// What a comment says of a clip, or of the source that stands before it in the table of sources.
    fn said(&mut self, said: Said, number: usize) -> Result<(), TimelineError> {
        match (said, &self.source) {
            (Said::File(file) | Said::FromFile(file), Some(source)) => {
                let place = format!("line {number}, table of sources");
                let mut listed = mention("", Use::Listed, place);
                listed.reel = reel(source);
                listed.target = Some(file);
                self.out.push(listed)
            }
            (said, _) => {
                if (self.survey.before && self.cut.has_event()) || self.cut.len() >= PARTS_MAX {
                    self.close()?;
                }
                self.cut.said(said, number);
                Ok(())
            }
        }
    }
}

fn trimmed(line: &str) -> &str {
    line.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '\0' | '\u{1a}' | '\u{feff}')
    })
}

/// What must be known of the whole list before the first line is read.
struct Survey {
    /// Whether there is an event at all.
    events: bool,
    /// The rate, as far as the highest frame number tells it.
    rate: Option<Rate>,
    /// Comments stand before the events they belong to, not after.
    before: bool,
}

impl Survey {
    fn of(text: &str) -> Self {
        /// Lines looked at. A longer list is refused when it is read.
        const LINES_MAX: usize = 2_000_000;
        let (mut most, mut drop, mut events) = (0, false, false);
        let (mut early, mut late) = (false, false);
        for (_, line) in lines(text).take(LINES_MAX).filter(|(_, line)| line.len() <= LINE_MAX) {
            if let Some(event) = Event::parse(line) {
                most = most.max(event.most_frames());
                drop |= event.record_in.drop;
                (events, late) = (true, false);
                continue;
            }
            let statement = Statement::parse(line);
            if statement.names_clip() {
                early |= !events;
                late = true;
            }
            drop |= matches!(statement, Statement::Counting(true));
        }
        let rate = match most {
            0..=29 if drop => Rate::new(30_000, 1001),
            _ if drop => Rate::new(60_000, 1001),
            0..=23 => Rate::new(24, 1),
            24 => Rate::new(25, 1),
            25..=29 => Rate::new(30, 1),
            30..=49 => Rate::new(50, 1),
            _ => Rate::new(60, 1),
        };
        Self { events, rate, before: early && !late }
    }
}
