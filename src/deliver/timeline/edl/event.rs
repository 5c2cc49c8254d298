//! The event line of an edit decision list:
//! `001  REEL  V  D  024  source in, source out, record in, record out`. Columns vary from system to
//! system, so a line is an event if it begins with a number and holds four timecodes in a row; what
//! stands between is read from the right, and reels may be as long as they like.

use std::fmt::Write;

use crate::deliver::timeline::timecode::Timecode;
use crate::model::MediaKind;

/// Words of a line that are looked at.
const WORDS_MAX: usize = 64;

/// How an event begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// At once.
    Cut,
    /// By a dissolve of so many frames.
    Dissolve(i64),
    /// By a wipe of so many frames.
    Wipe(i64),
    /// Over what was there, fading for so many frames: `K`, `KO`.
    Key(i64),
    /// What a key is laid over: `KB`.
    KeyBackground,
    /// Something that is not known, as it is spelled.
    Other(String),
}

impl Effect {
    /// The frames in which both what was there and what comes are seen; nothing for a cut.
    pub fn blend(&self) -> Option<i64> {
        match self {
            Self::Dissolve(frames) | Self::Wipe(frames) | Self::Key(frames) => Some(*frames),
            Self::Cut | Self::KeyBackground | Self::Other(_) => None,
        }
    }
}

/// One event line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number as it is spelled.
    pub number: String,
    /// Its reel as it is spelled, `AX` and `BL` too.
    pub reel: String,
    /// Its channels as they are spelled.
    pub channels: String,
    /// How it begins.
    pub effect: Effect,
    /// First frame of the source.
    pub source_in: Timecode,
    /// The frame after the last of the source.
    pub source_out: Timecode,
    /// First frame in the timeline.
    pub record_in: Timecode,
    /// The frame after the last in the timeline.
    pub record_out: Timecode,
}

impl Event {
    /// Reads a line. Nothing if it is no event.
    pub fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().take(WORDS_MAX).collect();
        let number = *words.first()?;
        if !is_number(number) {
            return None;
        }
        let at = words.iter().position(|word| Timecode::parse(word).is_some())?;
        let mut times = words.get(at..)?.iter().map(|word| Timecode::parse(word));
        let mut time = || times.next().flatten();
        let (source_in, source_out, record_in, record_out) = (time()?, time()?, time()?, time()?);
        let mut body: Vec<&str> = words.get(1..at)?.to_vec();
        let effect = take_effect(&mut body)?;
        let last = body.last().copied().unwrap_or_default();
        let channels = if body.len() > 1 || is_channels(last) {
            body.pop().unwrap_or_default().to_owned()
        } else {
            String::new()
        };
        Some(Self {
            number: number.to_owned(),
            reel: body.join(" "),
            channels,
            effect,
            source_in,
            source_out,
            record_in,
            record_out,
        })
    }

    /// Whether a line that is no event was meant as one: it begins with a number and holds a time or a kind
    /// of edit, or it holds as many times as an event.
    pub fn is_meant_by(line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().take(WORDS_MAX).collect();
        let times = words.iter().filter(|word| resembles_time(word)).count();
        let is_edit = |pair: &[&str]| match pair {
            [channels, kind] => is_channels(channels) && is_kind(kind),
            _ => false,
        };
        let numbered = words.first().is_some_and(|word| is_number(word));
        times >= 4 || (numbered && (times > 0 || words.windows(2).any(is_edit)))
    }

    /// What of the line was not understood.
    pub fn note(&self) -> Option<String> {
        if let Effect::Other(word) = &self.effect {
            return Some(format!("the kind of edit {word:?} is not known: read as a cut"));
        }
        (!is_channels(&self.channels))
            .then(|| format!("the channels {:?} are not known", self.channels))
    }

    /// Whether it is black and no media.
    pub fn is_black(&self) -> bool {
        self.reel.eq_ignore_ascii_case("BL")
    }

    /// What its channels carry.
    pub fn media(&self) -> MediaKind {
        let channels = self.channels.to_ascii_uppercase();
        if !is_channels(&channels) || channels.starts_with('N') {
            MediaKind::Other
        } else if channels.contains(['V', 'B']) {
            MediaKind::Picture
        } else {
            MediaKind::Sound
        }
    }

    /// Its tracks: `V` is `V1`, `AA/V` is `A1 A2 V1`, `B` is `V1 A1`.
    pub fn track(&self) -> Option<String> {
        if self.media() == MediaKind::Other {
            return None;
        }
        let mut out = String::new();
        let mut put = |letter: char, number: &str| {
            let space = if out.is_empty() { "" } else { " " };
            let _ = write!(out, "{space}{letter}{number}");
        };
        let (mut pictures, mut sounds) = (0, 0);
        let channels = self.channels.to_ascii_uppercase();
        let mut rest = channels.as_str();
        while let Some(letter) = rest.chars().next() {
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            let digits = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
            let (number, after) = rest.split_at(digits);
            match letter {
                'B' => {
                    put('V', "1");
                    put('A', "1");
                }
                'V' | 'A' => {
                    let count = if letter == 'V' { &mut pictures } else { &mut sounds };
                    *count += 1;
                    let next = count.to_string();
                    put(letter, if number.is_empty() { &next } else { number });
                }
                _ => {}
            }
            rest = after;
        }
        Some(out)
    }

    /// The highest number of a frame in its second: the rate is above it.
    pub fn most_frames(&self) -> i64 {
        let times = [self.source_in, self.source_out, self.record_in, self.record_out];
        times.iter().map(|time| time.frames).max().unwrap_or(0)
    }
}

/// Whether a word is the number of an event. A time that stands first is none.
fn is_number(word: &str) -> bool {
    let numbered = word.len() <= 8 && word.starts_with(|first: char| first.is_ascii_digit());
    numbered && Timecode::parse(word).is_none()
}

/// Digits with two marks or more between them, whatever else is wrong with it.
fn resembles_time(word: &str) -> bool {
    let is_mark = |byte: &u8| b":;.,".contains(byte);
    word.bytes().filter(is_mark).count() >= 2
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_digit() || is_mark(&byte) || b"+-".contains(&byte))
}

/// A word for the kind of an edit, without its duration.
fn is_kind(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    matches!(word.as_str(), "C" | "D" | "K" | "KB" | "KO" | "O" | "B") || is_wipe(&word)
}

/// Takes the effect and its duration off the end.
fn take_effect(body: &mut Vec<&str>) -> Option<Effect> {
    body.retain(|word| !word.eq_ignore_ascii_case("(F)"));
    let is_effect = |word: &str| !word.eq_ignore_ascii_case("C") && is_kind(word);
    let mut frames = 0;
    let before = body.len().checked_sub(2).and_then(|at| body.get(at)).copied();
    if before.is_some_and(is_effect)
        && let Some(found) = body.last().and_then(|word| duration(word))
    {
        frames = found;
        body.pop();
    }
    let word = body.pop()?.to_ascii_uppercase();
    // `K B` and `K O` with a space, after at least the channels.
    let spaced = matches!(word.as_str(), "B" | "O")
        && body.len() > 1
        && body.last().is_some_and(|last| last.eq_ignore_ascii_case("K"));
    if spaced {
        body.pop();
        return Some(if word == "B" { Effect::KeyBackground } else { Effect::Key(frames) });
    }
    Some(match word.as_str() {
        "C" => Effect::Cut,
        "D" => Effect::Dissolve(frames),
        "K" | "KO" => Effect::Key(frames),
        "KB" => Effect::KeyBackground,
        wipe if is_wipe(wipe) => Effect::Wipe(frames),
        _ => Effect::Other(word),
    })
}

fn is_wipe(word: &str) -> bool {
    word.strip_prefix('W')
        .is_some_and(|rest| rest.len() <= 4 && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn duration(word: &str) -> Option<i64> {
    let whole = word.split_once('.').map_or(word, |(whole, _)| whole);
    let digits = (1..=5).contains(&whole.len()) && whole.bytes().all(|byte| byte.is_ascii_digit());
    if digits { whole.parse().ok() } else { None }
}

fn is_channels(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    matches!(word.as_str(), "NONE" | "NON" | "N")
        || (word.len() <= 32
            && word.starts_with(['V', 'A', 'B'])
            && word.bytes().all(|byte| byte.is_ascii_digit() || b"VAB/&+,".contains(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(between: &str) -> Event {
        let line = format!("001  {between} 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00");
        Event::parse(&line).unwrap()
    }

    #[test]
    fn all_forms_of_an_event_are_read() {
        for (between, reel, channels, effect) in [
            ("A001 V C", "A001", "V", Effect::Cut),
            ("A001 V D 024", "A001", "V", Effect::Dissolve(24)),
            ("A001 AA/V W001 012", "A001", "AA/V", Effect::Wipe(12)),
            ("A001 V K 010", "A001", "V", Effect::Key(10)),
            ("A001 V K B", "A001", "V", Effect::KeyBackground),
            ("A001 V KB 000", "A001", "V", Effect::KeyBackground),
            ("A001 V K O 030", "A001", "V", Effect::Key(30)),
            ("A001 V KO", "A001", "V", Effect::Key(0)),
            ("A001 V K (F) 015", "A001", "V", Effect::Key(15)),
            ("V C", "", "V", Effect::Cut),
            ("a b c V C", "a b c", "V", Effect::Cut),
            ("A001 V Q", "A001", "V", Effect::Other("Q".to_owned())),
            ("a v d 1.5", "a", "v", Effect::Dissolve(1)),
        ] {
            let event = event(between);
            assert_eq!(
                (event.reel.as_str(), event.channels.as_str()),
                (reel, channels),
                "{between}"
            );
            assert_eq!(event.effect, effect, "{between}");
        }
    }

    #[test]
    fn channels_become_tracks_and_a_kind_of_media() {
        for (channels, track, media) in [
            ("V", "V1", MediaKind::Picture),
            ("V2", "V2", MediaKind::Picture),
            ("A", "A1", MediaKind::Sound),
            ("A2", "A2", MediaKind::Sound),
            ("AA", "A1 A2", MediaKind::Sound),
            ("B", "V1 A1", MediaKind::Picture),
            ("AA/V", "A1 A2 V1", MediaKind::Picture),
            ("VA1A2", "V1 A1 A2", MediaKind::Picture),
        ] {
            let event = event(&format!("R {channels} C"));
            assert_eq!(event.track().as_deref(), Some(track));
            assert_eq!(event.media(), media);
        }
        assert_eq!(event("R NONE C").media(), MediaKind::Other);
    }

    #[test]
    fn other_lines_are_no_events() {
        for line in [
            "",
            "TITLE: 1",
            "* 001 A V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00",
            "M2 A001 024.0 00:00:00:00",
            "001 A V C 00:00:00:00 00:00:01:00",
            "001 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00",
        ] {
            assert_eq!(Event::parse(line), None, "{line}");
        }
    }
}
