//! One event of an edit decision list: the lines that share its number and the comments around them,
//! until it is known which comment speaks of which line.

use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::bracketed;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::collector::reel;
use crate::deliver::timeline::edl::event::Effect;
use crate::deliver::timeline::edl::event::Event;
use crate::deliver::timeline::edl::sides::Side;
use crate::deliver::timeline::edl::sides::Sides;
use crate::deliver::timeline::edl::statement::Said;
use crate::deliver::timeline::error::TimelineError;
use crate::deliver::timeline::timecode::Rate;
use crate::model::Reference;
use crate::model::Use;

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
    pub fn ends_before(&self, next: &Event) -> bool {
        let last = self.blocks.iter().rev().find_map(|block| block.sides.last());
        // With comments before the lines, the incoming line of a blend still belongs to the outgoing.
        last.is_some_and(|last| {
            last.event.number != next.number || (self.before && next.effect.blend().is_none())
        })
    }

    /// One more line.
    pub fn event(&mut self, event: Event, line: usize, drop: bool) {
        let drop = drop || event.record_in.drop;
        let side = Side::of(event, line, drop);
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
        let mut sides = Sides::default();
        for block in self.blocks {
            sides.block(block.sides, block.said, out)?;
        }
        for (at, side) in sides.lines.iter().enumerate() {
            let next = sides.lines.get(at + 1);
            let outlasts = next.and_then(|next| outlasting(side, next, self.rate));
            if side.event.is_black() && side.name.is_none() && side.target.is_none() {
                continue;
            }
            out.push(reference(side, outlasts))?;
        }
        for side in &sides.implied {
            // The outgoing side is seen while the blend lasts.
            let end = blend_end(side, self.rate);
            out.push(reference(side, end))?;
        }
        Ok(())
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
