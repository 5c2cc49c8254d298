//! What the compositions of a package play, as mentions of media: the same as those of a timeline, so
//! that people see where in the cut a track file is. Says what the playlists say; where the files lie is for
//! who knows all packages of a deliverable.

use std::collections::BTreeMap;

use crate::deliver::package::{CompositionUse, Fraction, Package, PackageKind, UseKind};
use crate::deliver::timeline::{Rate, Seconds, Timecode, mention};
use crate::model::{MediaKind, Reference, Use};

/// A mention for each use, with the UUID of the file that is played.
pub fn played(package: &Package) -> Vec<(Reference, &str)> {
    let part = if package.kind == PackageKind::Imf { "segment" } else { "reel" };
    let mut tracks = Tracks::default();
    let of = |used| (reference(used, part, tracks.label(used)), used.track_file.as_str());
    package.uses.iter().map(of).collect()
}

/// Numbers of the tracks of each composition, in the order in which they are mentioned.
#[derive(Default)]
struct Tracks<'a>(BTreeMap<(&'a str, char), Vec<&'a str>>);

impl<'a> Tracks<'a> {
    /// `V1`, `A2`, `T1` for text, `D1` for data.
    fn label(&mut self, used: &'a CompositionUse) -> String {
        let letter = match used.kind {
            UseKind::Picture => 'V',
            UseKind::Sound => 'A',
            UseKind::Text => 'T',
            UseKind::Marker | UseKind::Data => 'D',
        };
        // A reel has no tracks: what is of the same element goes on from reel to reel.
        let track = used.track.as_deref().unwrap_or(&used.element);
        let known = self.0.entry((&used.composition, letter)).or_default();
        let at = known.iter().position(|one| *one == track).unwrap_or_else(|| {
            known.push(track);
            known.len() - 1
        });
        format!("{letter}{}", at + 1)
    }
}

fn reference(used: &CompositionUse, part: &str, track: String) -> Reference {
    let (title, number, element) = (used.title.as_deref(), used.part, &used.element);
    let composition = title.unwrap_or(&used.composition);
    let place = format!("composition {composition:?}, {part} {number}, {element}");
    let name = match &used.path {
        Some(path) => {
            let last = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            String::from_utf8_lossy(last).into_owned()
        }
        None => used.track_file.clone(),
    };
    let mut out = mention(&name, Use::Used, place);
    out.target = Some(format!("urn:uuid:{}", used.track_file));
    out.media = match used.kind {
        UseKind::Picture => MediaKind::Picture,
        UseKind::Sound => MediaKind::Sound,
        UseKind::Text | UseKind::Marker | UseKind::Data => MediaKind::Other,
    };
    out.track = Some(track);
    place_in_time(used, &mut out);
    out
}

/// Fills in the times, in frames of the composition.
fn place_in_time(used: &CompositionUse, out: &mut Reference) -> Option<()> {
    let start = used.starts_at.as_deref().and_then(Timecode::parse);
    let rate = of_fraction(used.composition_rate?)?.dropping(start.is_some_and(|one| one.drop));
    let zero = start.map_or(Some(0), |start| rate.frame(&start))?;
    let zero = Seconds::of_frames(zero, rate)?;
    let own = of_fraction(used.edit_rate?)?;
    let units = |units: u64| Seconds::of_frames(i64::try_from(units).ok()?, own);
    let once = units(used.duration?)?;
    let first = units(used.entry_point)?;
    out.source_in = first.timecode(rate);
    out.source_out = first.plus(once)?.timecode(rate);
    let begins = zero.plus(seconds(used.record_start?)?)?;
    let all = units(used.duration?.checked_mul(used.repeat)?)?;
    out.record_in = begins.timecode(rate);
    out.record_out = begins.plus(all)?.timecode(rate);
    Some(())
}

fn of_fraction(rate: Fraction) -> Option<Rate> {
    Rate::new(i64::try_from(rate.numerator).ok()?, i64::try_from(rate.denominator).ok()?)
}

fn seconds(time: Fraction) -> Option<Seconds> {
    Seconds::new(time.numerator.into(), time.denominator.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_has_its_place_in_the_composition() {
        let rate = |text: &str| Fraction::rate(text);
        let used = CompositionUse {
            composition: "c".to_owned(),
            title: Some("Film".to_owned()),
            track_file: "f".to_owned(),
            path: Some(b"media/f.mxf".to_vec()),
            kind: UseKind::Sound,
            element: "MainAudioSequence".to_owned(),
            track: Some("t".to_owned()),
            part: 2,
            entry_point: 48_000,
            duration: Some(96_000),
            repeat: 2,
            edit_rate: rate("48000 1"),
            composition_rate: rate("24 1"),
            starts_at: Some("01:00:00:00".to_owned()),
            record_start: rate("10"),
            encrypted: false,
        };
        let one = reference(&used, "segment", "A1".to_owned());
        assert_eq!((one.name.as_str(), one.target.as_deref()), ("f.mxf", Some("urn:uuid:f")));
        assert_eq!(one.record_in.as_deref(), Some("01:00:10:00"));
        assert_eq!(one.record_out.as_deref(), Some("01:00:14:00"));
        assert_eq!(one.source_in.as_deref(), Some("00:00:01:00"));
        assert_eq!(one.place, "composition \"Film\", segment 2, MainAudioSequence");
        let dropped = CompositionUse {
            composition_rate: rate("30000 1001"),
            starts_at: Some("01:00:00;00".to_owned()),
            record_start: rate("60"),
            ..used.clone()
        };
        let one = reference(&dropped, "segment", "A1".to_owned());
        assert_eq!(one.record_in.as_deref(), Some("01:00:59;28"));
        let unknown = CompositionUse { record_start: None, path: None, ..used.clone() };
        let one = reference(&unknown, "reel", "A1".to_owned());
        assert_eq!((one.name.as_str(), one.record_in), ("f", None));
        let mut tracks = Tracks::default();
        let other = CompositionUse { track: Some("u".to_owned()), ..used.clone() };
        let labels = [&used, &other, &used].map(|one| tracks.label(one));
        assert_eq!(labels, ["A1", "A2", "A1"]);
    }
}
