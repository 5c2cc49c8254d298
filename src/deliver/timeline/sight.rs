//! Where in a timeline something is seen. Compounds, nested sequences and speed changes lie around a clip, and
//! each shows a part of what is in it: all formats that nest share what follows from that. What a file says
//! of times its own reader reads.

use crate::deliver::timeline::timecode::Rate;
use crate::deliver::timeline::timecode::Seconds;
use crate::model::MediaKind;
use crate::model::Reference;

/// What of the timeline is seen of things that lie in one place.
#[derive(Clone, Copy, Default)]
pub struct Sight {
    /// Where in the timeline the time that counts here begins; `None` if unknown.
    pub zero: Option<Seconds>,
    /// What of the timeline all that lies around leaves visible.
    window: Option<(Seconds, Seconds)>,
    /// A speed change lies around: things inside are somewhere in the window.
    whole: bool,
}

impl Sight {
    /// With nothing around.
    pub fn from(zero: Option<Seconds>) -> Self {
        Self { zero, ..Self::default() }
    }

    /// The same window, with another zero.
    #[must_use]
    pub fn at(self, zero: Option<Seconds>) -> Self {
        Self { zero, ..self }
    }

    /// The same where time may run at another speed: if it does, only the window is known.
    #[must_use]
    pub fn retimed(self, is_retimed: bool) -> Self {
        Self { whole: self.whole || is_retimed, ..self }
    }

    /// What is seen of something that begins at `at` in the timeline and is so long. What cannot be placed
    /// is somewhere in the window. The end may come before the start: then nothing of it is seen.
    fn seen(self, at: Option<Seconds>, length: Option<Seconds>) -> Option<(Seconds, Seconds)> {
        if self.whole {
            return self.window;
        }
        let own = at.and_then(|at| Some((at, at.plus(length?)?)));
        match (own, self.window) {
            (Some(own), Some(window)) => Some((own.0.max(window.0), own.1.min(window.1))),
            (own, window) => own.or(window),
        }
    }

    /// Of what lies in something that begins at `at`, is so long, and is shown from `start` on in its own
    /// time.
    #[must_use]
    pub fn through(
        self,
        at: Option<Seconds>,
        length: Option<Seconds>,
        start: Option<Seconds>,
    ) -> Self {
        let zero = at.zip(start).and_then(|(at, start)| at.minus(start));
        Self { zero, window: self.seen(at, length), ..self }
    }

    /// Says in a reference where it is seen; of one that `around` leaves out, in its place that it is not.
    pub fn record(
        self,
        reference: &mut Reference,
        at: Option<Seconds>,
        length: Option<Seconds>,
        rate: Option<Rate>,
        around: &str,
    ) {
        let Some((from, to)) = self.seen(at, length) else { return };
        if from >= to {
            // What has no length is seen nowhere anyway.
            if length.is_none_or(|length| length > Seconds::ZERO) {
                let left_out = format!(" (outside the part of the {around} that is shown)");
                reference.place.push_str(&left_out);
            }
        } else if let Some(rate) = rate {
            reference.record_in = from.timecode(rate);
            reference.record_out = to.timecode(rate);
        }
    }
}

/// How much longer something is seen than its place says, where transitions stand beside it.
#[derive(Clone, Copy)]
pub struct Lap {
    /// Seen so much earlier.
    pub before: Seconds,
    /// Seen so much longer.
    pub after: Seconds,
}

impl Lap {
    /// Nothing beside it.
    pub const NONE: Self = Self { before: Seconds::ZERO, after: Seconds::ZERO };

    /// From when and how long something is seen whose own place this is.
    pub fn around(
        self,
        at: Option<Seconds>,
        length: Option<Seconds>,
    ) -> (Option<Seconds>, Option<Seconds>) {
        let at = at.and_then(|at| at.minus(self.before));
        let length = length.and_then(|length| length.plus(self.before)?.plus(self.after));
        (at, length)
    }
}

/// Says in a reference which part of its media is taken.
pub fn taken(reference: &mut Reference, start: Seconds, length: Seconds, rate: Rate) {
    reference.source_in = start.timecode(rate);
    reference.source_out = start.plus(length).and_then(|end| end.timecode(rate));
}

/// Gives the tracks of one timeline their names.
#[derive(Default)]
pub struct Tracks {
    pictures: usize,
    sounds: usize,
    others: usize,
}

impl Tracks {
    /// The next one that carries this: `V1`, `A1`, `T1`.
    pub fn label(&mut self, media: MediaKind) -> String {
        let (letter, count) = match media {
            MediaKind::Picture => ('V', &mut self.pictures),
            MediaKind::Sound => ('A', &mut self.sounds),
            MediaKind::Other => ('T', &mut self.others),
        };
        *count += 1;
        format!("{letter}{count}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::timeline::collector::mention;
    use crate::model::Use;

    fn seconds(whole: i128) -> Option<Seconds> {
        Seconds::new(whole, 1)
    }

    /// When something is seen that begins so many seconds into the timeline and is so long.
    fn told(sight: Sight, at: i128, length: i128) -> (Option<String>, Option<String>, bool) {
        let mut found = mention("a", Use::Used, String::new());
        sight.record(&mut found, seconds(at), seconds(length), Rate::new(24, 1), "compound");
        (found.record_in, found.record_out, found.place.contains("outside the part"))
    }

    #[test]
    fn each_thing_around_leaves_less_to_be_seen() {
        let shown = |from: &str, to: &str| (Some(from.to_owned()), Some(to.to_owned()), false);
        // Three seconds at ten, from its own second two on; in it something that outlasts it.
        let outer = Sight::from(seconds(0)).through(seconds(10), seconds(3), seconds(2));
        assert_eq!(outer.zero, seconds(8));
        assert_eq!(told(outer, 9, 2), shown("00:00:10:00", "00:00:11:00"));
        let inner = outer.through(seconds(12), seconds(9), seconds(0));
        assert_eq!(told(inner, 11, 9), shown("00:00:12:00", "00:00:13:00"));
        // What is left out says so; what has no length was not there to be seen.
        assert_eq!(told(outer, 8, 2), (None, None, true));
        assert_eq!(told(outer, 8, 0), (None, None, false));
        // What cannot be placed, and what runs at another speed, is somewhere in what is shown.
        let unknown = outer.through(None, seconds(9), seconds(0));
        assert_eq!(told(unknown, 9, 2), shown("00:00:10:00", "00:00:11:00"));
        let retimed = outer.retimed(true).through(seconds(50), seconds(1), seconds(0));
        assert_eq!(told(retimed, 99, 2), shown("00:00:10:00", "00:00:13:00"));
        assert_eq!(told(Sight::from(seconds(0)).retimed(true), 1, 2), (None, None, false));
    }

    #[test]
    fn tracks_are_numbered_by_what_they_carry() {
        let mut tracks = Tracks::default();
        let kinds = [MediaKind::Picture, MediaKind::Sound, MediaKind::Picture, MediaKind::Other];
        assert_eq!(kinds.map(|kind| tracks.label(kind)), ["V1", "A1", "V2", "T1"]);
    }
}
