//! AAF: files made here object by object, with what is a reference and where it stands.

use std::io::Cursor;
use std::io::Write;
use std::path::Path;

use cfb::CompoundFile;
use uuid::Uuid;

use crate::deliver::timeline::Format;
use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::TimelineError;
use crate::deliver::timeline::parse;
use crate::model::MediaKind;
use crate::model::Use;

const PICTURE: [u8; 16] = [2, 2, 3, 1, 0, 1, 0, 0, 6, 0x0e, 0x2b, 0x34, 4, 1, 1, 1];
const SOUND: [u8; 16] = [2, 2, 3, 1, 0, 2, 0, 0, 6, 0x0e, 0x2b, 0x34, 4, 1, 1, 1];
const TOP: [u8; 16] = [2, 1, 1, 0x0d, 1, 1, 0, 7, 6, 0x0e, 0x2b, 0x34, 4, 1, 1, 1];

/// One object: its class, its values, and what it owns.
#[derive(Clone, Default)]
struct Thing {
    class: u16,
    values: Vec<(u16, Vec<u8>)>,
    owned: Vec<(u16, u16, Vec<Thing>)>,
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

impl Thing {
    fn of(class: u16) -> Self {
        Self { class, ..Self::default() }
    }

    fn with(mut self, id: u16, value: &[u8]) -> Self {
        self.values.push((id, value.to_vec()));
        self
    }

    fn owns(mut self, id: u16, things: &[Thing]) -> Self {
        self.owned.push((id, 0x32, things.to_vec()));
        self
    }

    fn owns_one(mut self, id: u16, thing: &Thing) -> Self {
        self.owned.push((id, 0x22, vec![thing.clone()]));
        self
    }

    fn write(&self, file: &mut CompoundFile<Cursor<Vec<u8>>>, path: &str) {
        let place = if path.is_empty() { "/" } else { path };
        let tail = [0x06, 0x0e, 0x2b, 0x34, 2, 6, 1, 1];
        let class = Uuid::from_fields(0x0d01_0101, 0x0101, self.class, &tail);
        file.set_storage_clsid(place, class).unwrap();
        let mut entries: Vec<(u16, u16, Vec<u8>)> =
            self.values.iter().map(|(id, value)| (*id, 0x82, value.clone())).collect();
        for (id, form, things) in &self.owned {
            let name = format!("P-{id:x}");
            entries.push((*id, *form, wide(&name)));
            if *form == 0x22 {
                let inner = format!("{path}/{name}");
                file.create_storage(&inner).unwrap();
                things[0].write(file, &inner);
                continue;
            }
            let count = u32::try_from(things.len()).unwrap();
            let mut index = [count, count, u32::MAX].map(u32::to_le_bytes).concat();
            for (number, thing) in (0..count).zip(things) {
                index.extend(number.to_le_bytes());
                let inner = format!("{path}/{name}{{{number:x}}}");
                file.create_storage(&inner).unwrap();
                thing.write(file, &inner);
            }
            file.create_stream(format!("{path}/{name} index")).unwrap().write_all(&index).unwrap();
        }
        let mut out = vec![0x4c, 0x20];
        out.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        for (id, form, value) in &entries {
            out.extend(id.to_le_bytes());
            out.extend(form.to_le_bytes());
            out.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        }
        out.extend(entries.into_iter().flat_map(|(.., value)| value));
        file.create_stream(format!("{path}/properties")).unwrap().write_all(&out).unwrap();
    }
}

fn bytes(mobs: &[Thing]) -> Vec<u8> {
    with_essence(mobs, &[])
}

/// A file with the essence of some mobs in it.
fn with_essence(mobs: &[Thing], embedded: &[u8]) -> Vec<u8> {
    let of = |key: &u8| Thing::of(0x2300).with(0x2701, &[*key; 32]);
    let essence: Vec<_> = embedded.iter().map(of).collect();
    let content = Thing::of(0x1800).owns(0x1901, mobs).owns(0x1902, &essence);
    let header = Thing::of(0x2f00).owns_one(0x3b03, &content);
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    Thing::of(0).owns_one(0x0002, &header).write(&mut file, "");
    file.into_inner().into_inner()
}

fn read(mobs: &[Thing]) -> Timeline {
    parse(Path::new("cut.aaf"), &bytes(mobs)).unwrap()
}

fn segment(class: u16, kind: [u8; 16], length: i64) -> Thing {
    Thing::of(class).with(0x0201, &kind).with(0x0202, &length.to_le_bytes())
}

fn clip(kind: [u8; 16], length: i64, mob: u8, start: i64) -> Thing {
    segment(0x1100, kind, length)
        .with(0x1101, &[mob; 32])
        .with(0x1102, &1_u32.to_le_bytes())
        .with(0x1201, &start.to_le_bytes())
}

fn sequence(kind: [u8; 16], parts: &[Thing]) -> Thing {
    segment(0x0f00, kind, 1000).owns(0x1001, parts)
}

fn slot(number: u32, segment: &Thing) -> Thing {
    let rate = [25_i32, 1].map(i32::to_le_bytes).concat();
    Thing::of(0x3b00)
        .with(0x4801, &number.to_le_bytes())
        .with(0x4b01, &rate)
        .owns_one(0x4803, segment)
}

fn timecode(start: i64) -> Thing {
    segment(0x1400, [0; 16], 1000)
        .with(0x1501, &start.to_le_bytes())
        .with(0x1502, &25_u16.to_le_bytes())
        .with(0x1503, &[0])
}

fn mob(class: u16, key: u8, name: &str, slots: &[Thing]) -> Thing {
    Thing::of(class).with(0x4401, &[key; 32]).with(0x4402, &wide(name)).owns(0x4403, slots)
}

fn composition(key: u8, segments: &[Thing]) -> Thing {
    let mut slots = vec![slot(99, &timecode(90_000))];
    slots.extend((1_u32..).zip(segments).map(|(number, one)| slot(number, one)));
    mob(0x3500, key, "cut", &slots)
}

/// A master mob, the file behind it and the tape behind that.
fn media(key: u8, name: &str) -> Vec<Thing> {
    let locator = Thing::of(0x3200).with(0x4001, &wide(&format!("file:///m/{name}.mxf")));
    let file = Thing::of(0x2800).owns(0x2f01, &[locator]);
    let tape = slot(2, &timecode(100));
    vec![
        mob(0x3600, key, name, &[slot(1, &clip(PICTURE, 500, key + 1, 0))]),
        mob(0x3700, key + 1, name, &[slot(1, &clip(PICTURE, 500, key + 2, 10))])
            .owns_one(0x4701, &file),
        mob(0x3700, key + 2, &format!("T{name}"), &[slot(1, &clip(PICTURE, 500, 0, 0)), tape])
            .owns_one(0x4701, &Thing::of(0x2e00)),
    ]
}

#[test]
fn a_descriptor_of_several_tracks_gives_all_their_files() {
    let of = |name: &str| {
        let locator = Thing::of(0x3200).with(0x4001, &wide(&format!("file:///m/{name}.mxf")));
        Thing::of(0x2800).owns(0x2f01, &[locator])
    };
    let several = Thing::of(0x4400).owns(0x3f01, &[of("picture"), of("sound")]);
    let found = read(&[
        composition(1, &[clip(PICTURE, 50, 10, 0)]).with(0x4408, &TOP),
        mob(0x3600, 10, "a", &[slot(1, &clip(PICTURE, 500, 11, 0))]),
        mob(0x3700, 11, "a", &[slot(1, &clip(PICTURE, 500, 0, 0))]).owns_one(0x4701, &several),
    ]);
    let targets: Vec<_> =
        found.references.iter().map(|one| one.target.as_deref().unwrap()).collect();
    assert_eq!(targets, ["file:///m/picture.mxf", "file:///m/sound.mxf"]);
}

#[test]
fn essence_in_the_file_itself_is_no_file_of_its_name() {
    let mut mobs = vec![composition(1, &[clip(PICTURE, 50, 10, 0)]).with(0x4408, &TOP)];
    mobs.extend(media(10, "a"));
    mobs.extend([
        mob(0x3600, 40, "unused.mov", &[slot(1, &clip(PICTURE, 500, 41, 0))]),
        mob(0x3700, 41, "unused.mov", &[slot(1, &clip(PICTURE, 500, 0, 0))]),
    ]);
    let found = parse(Path::new("cut.aaf"), &with_essence(&mobs, &[11, 41])).unwrap();
    let seen: Vec<_> = found
        .references
        .iter()
        .map(|one| (&*one.name, one.target.as_deref(), one.inside, one.usage))
        .collect();
    // Where its file says another place too, that is what it was made from.
    assert_eq!(
        seen,
        [
            ("a", None, true, Use::Used),
            ("a", Some("file:///m/a.mxf"), false, Use::Alternative),
            ("unused.mov", None, true, Use::Listed),
        ]
    );
}

#[test]
fn locators_of_one_descriptor_are_places_of_one_file() {
    let locator = |name: &str| Thing::of(0x3200).with(0x4001, &wide(name));
    let of = |names: &[&str]| {
        let locators: Vec<_> = names.iter().map(|name| locator(name)).collect();
        Thing::of(0x2800).owns(0x2f01, &locators)
    };
    let found = read(&[
        composition(1, &[clip(PICTURE, 50, 10, 0)]).with(0x4408, &TOP),
        mob(0x3600, 10, "a", &[slot(1, &clip(PICTURE, 500, 11, 0))]),
        mob(0x3700, 11, "a", &[slot(1, &clip(PICTURE, 500, 12, 0))])
            .owns_one(0x4701, &of(&["/a.mxf", "/b.mxf"])),
        mob(0x3700, 12, "a", &[slot(1, &clip(PICTURE, 500, 0, 0))])
            .owns_one(0x4701, &of(&["/c.mov", "/a.mxf", "/d.mov"])),
    ]);
    let seen: Vec<_> = found
        .references
        .iter()
        .map(|one| (one.target.as_deref().unwrap(), one.usage, one.again))
        .collect();
    let (used, other) = (Use::Used, Use::Alternative);
    assert_eq!(
        seen,
        [
            ("/a.mxf", used, false),
            ("/b.mxf", used, true),
            ("/c.mov", other, false),
            ("/d.mov", other, true),
        ]
    );
    assert!(found.references[3].place.ends_with("made from, another place of it"));
}

#[test]
fn clips_are_followed_to_their_files_and_tapes() {
    let transition = segment(0x1700, PICTURE, 10);
    let parts = [
        segment(0x0900, PICTURE, 25),
        clip(PICTURE, 50, 10, 5),
        transition,
        clip(PICTURE, 50, 20, 0),
    ];
    let sound = sequence(SOUND, &[clip(SOUND, 25, 10, 0)]);
    let mut mobs = vec![composition(1, &[sequence(PICTURE, &parts), sound]).with(0x4408, &TOP)];
    mobs.extend(media(10, "a"));
    mobs.extend(media(20, "b"));
    mobs.extend(media(30, "unused"));
    let found = read(&mobs);
    assert_eq!((found.format, found.name.as_deref()), (Format::Aaf, Some("cut")));
    let seen: Vec<_> = found
        .references
        .iter()
        .map(|one| (one.target.as_deref().unwrap(), one.track.as_deref(), one.usage))
        .collect();
    assert_eq!(
        seen,
        [
            ("file:///m/a.mxf", Some("V1"), Use::Used),
            ("file:///m/b.mxf", Some("V1"), Use::Used),
            ("file:///m/a.mxf", Some("A1"), Use::Used),
            ("file:///m/unused.mxf", None, Use::Listed),
        ]
    );
    let one = &found.references[0];
    assert_eq!(one.reel.as_deref(), Some("Ta"));
    assert_eq!(one.record_in.as_deref(), Some("01:00:01:00"));
    assert_eq!(one.record_out.as_deref(), Some("01:00:03:00"));
    // Ten frames into the tape, whose timecode begins at frame 100; five into the master.
    assert_eq!(one.source_in.as_deref(), Some("00:00:04:15"));
    assert_eq!(found.references[1].record_in.as_deref(), Some("01:00:02:15"));
    assert_eq!(found.references[2].media, MediaKind::Sound);
}

#[test]
fn selectors_groups_effects_and_nested_compositions_hide_nothing() {
    let muted = segment(0x0e00, PICTURE, 50)
        .owns_one(0x0f01, &segment(0x0900, PICTURE, 50))
        .owns(0x0f02, &[clip(PICTURE, 50, 10, 0)]);
    let picked = segment(0x0e00, PICTURE, 50)
        .owns_one(0x0f01, &clip(PICTURE, 50, 10, 0))
        .owns(0x0f02, &[clip(PICTURE, 50, 20, 0)]);
    let retimed = segment(0x0a00, PICTURE, 50).owns(0x0b02, &[clip(PICTURE, 100, 10, 0)]);
    let nested = clip(PICTURE, 25, 2, 25);
    let lost = clip(PICTURE, 25, 77, 0);
    let top = composition(1, &[sequence(PICTURE, &[muted, picked, retimed, nested, lost])]);
    let inner = composition(2, &[sequence(PICTURE, &[clip(PICTURE, 30, 20, 0)])]);
    let mut mobs = vec![top.with(0x4408, &TOP), inner];
    mobs.extend(media(10, "a"));
    mobs.extend(media(20, "b"));
    let found = read(&mobs);
    let seen: Vec<_> = found
        .references
        .iter()
        .map(|one| (one.usage, one.enabled, one.record_in.as_deref(), one.record_out.as_deref()))
        .collect();
    let at = |from, to| (Some(from), Some(to));
    let (first, second) = (at("01:00:00:00", "01:00:02:00"), at("01:00:02:00", "01:00:04:00"));
    let (third, fourth) = (at("01:00:04:00", "01:00:06:00"), at("01:00:06:00", "01:00:06:05"));
    assert_eq!(seen[0], (Use::Used, false, first.0, first.1));
    assert_eq!(seen[1], (Use::Used, true, second.0, second.1));
    assert_eq!(seen[2], (Use::Alternative, true, second.0, second.1));
    assert_eq!(seen[3], (Use::Used, true, third.0, third.1));
    assert_eq!(seen[4], (Use::Used, true, fourth.0, fourth.1));
    assert_eq!(found.references[5].target, None);
    assert!(found.notes[0].contains("not described"));
    assert_eq!(found.references.len(), 6);
}

#[test]
fn circles_are_refused() {
    let top = composition(1, &[sequence(PICTURE, &[clip(PICTURE, 25, 1, 0)])]);
    let error = parse(Path::new("a"), &bytes(&[top])).unwrap_err();
    assert!(matches!(error, TimelineError::TooLarge { .. }), "{error}");
    let master = mob(0x3600, 10, "a", &[slot(1, &clip(PICTURE, 50, 10, 0))]);
    let error = parse(Path::new("a"), &bytes(&[master])).unwrap_err();
    assert!(matches!(error, TimelineError::TooLarge { .. }), "{error}");
    assert!(parse(Path::new("a.aaf"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").is_err());
}
