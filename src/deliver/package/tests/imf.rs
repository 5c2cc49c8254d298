//! IMF packages.

use crate::deliver::package::tests::kit::{Folder, asset_map, base64, checked, id, packing_list};
use crate::deliver::package::{
    Algorithm, Fraction, Joint, PackageKind, PackageProblem, Role, UseKind, read,
};

const AM: &str = "http://www.smpte-ra.org/schemas/429-9/2007/AM";
const PKL: &str = "http://www.smpte-ra.org/schemas/2067-2/2016/PKL";
const CPL: &str = "http://www.smpte-ra.org/schemas/2067-3/2016";

fn resource(file: u32, rate: &str, entry: u64, duration: u64, repeat: u64) -> String {
    format!(
        "<Resource><Id>{}</Id><EditRate>{rate}</EditRate><IntrinsicDuration>1000\
         </IntrinsicDuration><EntryPoint>{entry}</EntryPoint><SourceDuration>{duration}\
         </SourceDuration><RepeatCount>{repeat}</RepeatCount><TrackFileId>{}</TrackFileId>\
         </Resource>",
        id(7_000),
        id(file),
    )
}

fn composition(segments: &[String]) -> String {
    let segments: Vec<String> = segments
        .iter()
        .map(|sequences| format!("<Segment><SequenceList>{sequences}</SequenceList></Segment>"))
        .collect();
    format!(
        "<CompositionPlaylist xmlns='{CPL}' xmlns:cc='http://www.smpte-ra.org/ns/2067-2/2020'>\
         <Id>{}</Id><ContentTitle>Film</ContentTitle><EditRate>24000 1001</EditRate>\
         <SegmentList>{}</SegmentList></CompositionPlaylist>",
        id(2),
        segments.concat()
    )
}

fn sequence(name: &str, resources: &[String]) -> String {
    format!(
        "<cc:{name}><Id>{}</Id><TrackId>{}</TrackId><ResourceList>{}</ResourceList></cc:{name}>",
        id(5_000),
        id(6_000),
        resources.concat()
    )
}

/// A whole package: composition, two track files.
fn package(composition: &str) -> Folder {
    let folder = Folder::new();
    let assets = [(1, "PKL.xml"), (2, "CPL.xml"), (3, "video%20file.mxf"), (4, "sub/audio.mxf")];
    let packed: [(u32, &[u8], &str); 3] = [
        (2, composition.as_bytes(), "text/xml"),
        (3, b"video", "application/mxf"),
        (4, b"audio", "application/mxf"),
    ];
    folder
        .put("ASSETMAP.xml", asset_map(AM, "<PackingList>true</PackingList>", &assets))
        .put("VOLINDEX.xml", format!("<VolumeIndex xmlns='{AM}'><Index>1</Index></VolumeIndex>"))
        .put("PKL.xml", packing_list(PKL, &packed))
        .put("CPL.xml", composition)
        .put("video file.mxf", "video")
        .put("sub/audio.mxf", "audio");
    folder
}

fn film() -> String {
    composition(&[
        sequence("MainImageSequence", &[resource(3, "24000 1001", 10, 24, 2)])
            + &sequence(
                "MainAudioSequence",
                &[resource(4, "48000 1", 0, 48_048, 1), resource(4, "48000 1", 100, 48_048, 1)],
            ),
        sequence("MainImageSequence", &[resource(3, "24000 1001", 0, 12, 1)]),
    ])
}

pub(super) fn intact() -> Folder {
    package(&film())
}

#[test]
fn an_intact_package_has_no_problems() {
    let folder = intact();
    assert_eq!(folder.told(), [""; 0]);
    let package = folder.only();
    assert_eq!((package.kind, package.name.as_deref()), (PackageKind::Imf, Some("Film")));
    let roles: Vec<(&str, Role)> = package
        .listed
        .iter()
        .map(|listed| (std::str::from_utf8(&listed.path).unwrap(), listed.role))
        .collect();
    assert_eq!(
        roles,
        [
            ("ASSETMAP.xml", Role::AssetMap),
            ("CPL.xml", Role::CompositionPlaylist),
            ("PKL.xml", Role::PackingList),
            ("VOLINDEX.xml", Role::VolumeIndex),
            ("sub/audio.mxf", Role::TrackFile),
            ("video file.mxf", Role::TrackFile),
        ]
    );
}

#[test]
fn a_composition_says_what_plays_when() {
    let package = package(&film()).only();
    let uses: Vec<_> = package
        .uses
        .iter()
        .map(|used| {
            let start = used.record_start.unwrap().to_string();
            (used.kind, used.part, used.entry_point, used.duration.unwrap(), used.repeat, start)
        })
        .collect();
    let start = |text: &str| text.to_owned();
    assert_eq!(
        uses,
        [
            (UseKind::Picture, 1, 10, 24, 2, start("0")),
            (UseKind::Sound, 1, 0, 48_048, 1, start("0")),
            (UseKind::Sound, 1, 100, 48_048, 1, start("1001/1000")),
            // 48 frames of 24000/1001 a second.
            (UseKind::Picture, 2, 0, 12, 1, start("1001/500")),
        ]
    );
    let first = &package.uses[0];
    assert_eq!(first.path.as_deref(), Some(&b"video file.mxf"[..]));
    assert_eq!(first.edit_rate, Fraction::rate("24000 1001"));
    assert_eq!(first.title.as_deref(), Some("Film"));
    assert_eq!(Some(first.composition.as_str()), id(2).strip_prefix("urn:uuid:"));
    assert_eq!(first.track.as_deref(), id(6_000).strip_prefix("urn:uuid:"));
}

#[test]
fn every_difference_from_the_lists_is_told() {
    let folder = package(&film());
    folder.put("video file.mxf", "VIDEO").put("sub/extra.mov", "x");
    std::fs::remove_file(folder.path().join("sub/audio.mxf")).unwrap();
    let problems = folder.problems();
    assert!(matches!(&problems[..], [
        PackageProblem::Missing { path: missing },
        PackageProblem::Extra { path: extra },
        PackageProblem::HashDiffers { path: differs, algorithm: Algorithm::Sha1, .. },
    ] if missing == b"sub/audio.mxf" && extra == b"sub/extra.mov" && differs == b"video file.mxf"));
    folder.put("video file.mxf", "longer");
    assert!(folder.told().contains(&"video file.mxf has 6 bytes, listed are 5".to_owned()));
}

#[test]
fn a_supplemental_package_names_what_it_lacks() {
    let film = composition(&[sequence("MainImageSequence", &[resource(55, "24 1", 0, 1, 1)])]);
    let folder = package(&film);
    let problems = folder.problems();
    let id = id(55).replace("urn:uuid:", "");
    assert_eq!(problems, [PackageProblem::Unresolved { id, named_in: b"CPL.xml".to_vec() }]);
    assert!(problems[0].to_string().contains("supplemental"));
    assert_eq!(folder.only().uses[0].path, None);
}

/// What is wrong with each of several packages that belong together.
fn told_together(folders: &[&Folder]) -> Vec<Vec<String>> {
    let paths: Vec<_> = folders.iter().map(|folder| folder.path()).collect();
    let joint = Joint::of(&paths);
    let told = |(place, folder): (usize, &&Folder)| {
        let mut package = folder.only();
        joint.tell(place, &mut package);
        let (problems, _) = checked(&folder.path(), &package).unwrap();
        problems.iter().map(ToString::to_string).collect()
    };
    folders.iter().enumerate().map(told).collect()
}

#[test]
fn a_supplemental_package_finds_the_rest_in_the_original_version() {
    let original = package(&film());
    // What it adds has numbers of its own; 3 lies in the original version.
    let supplemental = |resource: &str| {
        let film = composition(&[sequence("MainImageSequence", &[resource.to_owned()])])
            .replace(&id(2), &id(22));
        let folder = Folder::new();
        folder
            .put("ASSETMAP.xml", {
                let assets = [(1, "PKL.xml"), (22, "CPL.xml")];
                asset_map(AM, "<PackingList>true</PackingList>", &assets)
            })
            .put("PKL.xml", packing_list(PKL, &[(22, film.as_bytes(), "text/xml")]))
            .put("CPL.xml", &film);
        folder
    };
    let none: [String; 0] = [];
    let plain = resource(3, "24 1", 0, 1, 1);
    let folder = supplemental(&plain);
    assert_eq!(told_together(&[&original, &folder]), [none.clone(), none.clone()]);
    assert_eq!(told_together(&[&folder, &original]), [none.clone(), none.clone()]);
    // A package that has it not is no help, and one is asked for.
    let other = supplemental(&plain);
    let alone = told_together(&[&folder, &other]);
    assert!(alone[0][0].contains("--package") && alone[0].len() == 1, "{alone:?}");
    // What the supplemental composition says of the bytes is asked of them where they lie.
    let hashed = |content: &[u8]| {
        let hash = format!("<Hash>{}</Hash></Resource>", base64(Algorithm::Sha1, content));
        plain.replace("</Resource>", &hash)
    };
    let folder = supplemental(&hashed(b"video"));
    assert_eq!(told_together(&[&original, &folder]), [none.clone(), none.clone()]);
    let folder = supplemental(&hashed(b"other"));
    let told = told_together(&[&original, &folder]);
    assert!(told[0][0].starts_with("video file.mxf has the sha1 "), "{told:?}");
    assert_eq!((told[0].len(), &told[1]), (1, &Vec::new()));
}

#[test]
fn a_packing_list_may_say_its_hash_algorithm() {
    let folder = package(&film());
    let list = std::fs::read_to_string(folder.path().join("PKL.xml")).unwrap();
    let sha1 = format!("<Hash>{}</Hash>", base64(Algorithm::Sha1, b"video"));
    let with = |algorithm: &str, hash: &str| {
        let new = format!("<Hash>{hash}</Hash><HashAlgorithm Algorithm='{algorithm}'/>");
        list.replace(&sha1, &new)
    };
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    folder.put("PKL.xml", with(sha256, &base64(Algorithm::Sha256, b"video")));
    assert_eq!(folder.told(), [""; 0]);
    folder.put("PKL.xml", with(sha256, &base64(Algorithm::Sha256, b"other")));
    assert!(matches!(&folder.problems()[..], [PackageProblem::HashDiffers { .. }]));
    for bad in [with("urn:new", "AAAA"), with(sha256, "AAAA"), list.replace(&sha1, "")] {
        folder.put("PKL.xml", bad);
        assert!(matches!(&folder.problems()[..], [PackageProblem::NotHashed { .. }]));
    }
}

#[test]
fn a_playlist_with_another_hash_of_a_file_contradicts_the_packing_list() {
    let other = format!("<Hash>{}</Hash></Resource>", base64(Algorithm::Sha1, b"other"));
    let folder = package(&film().replacen("</Resource>", &other, 1));
    assert!(matches!(&folder.problems()[..], [PackageProblem::HashDiffers { path, .. }]
        if path == b"video file.mxf"));
}

#[test]
fn assets_that_only_one_of_the_lists_has_are_told() {
    let folder = package(&film());
    let map = std::fs::read_to_string(folder.path().join("ASSETMAP.xml")).unwrap();
    folder.put("ASSETMAP.xml", map.replace(&id(4), &id(44)));
    let told = folder.told();
    assert!(told.iter().any(|line| line.contains("no packing list names it")), "{told:?}");
    assert_eq!(told.iter().filter(|line| line.contains("is in no package")).count(), 2);
}

#[test]
fn an_asset_in_chunks_is_hashed_as_a_whole() {
    let folder = package(&film());
    let map = std::fs::read_to_string(folder.path().join("ASSETMAP.xml")).unwrap();
    // The second chunk stands first; the offset decides.
    let chunks = "<Chunk><Path>v2.mxf</Path><Offset>2</Offset><Length>3</Length></Chunk>\
                  <Chunk><Path>v1.mxf</Path><Offset>0</Offset><Length>2</Length></Chunk>";
    let map = map.replace("<Chunk><Path>video%20file.mxf</Path></Chunk>", chunks);
    std::fs::remove_file(folder.path().join("video file.mxf")).unwrap();
    folder.put("ASSETMAP.xml", map).put("v1.mxf", "vi").put("v2.mxf", "deo");
    assert_eq!(folder.told(), [""; 0]);
    folder.put("v2.mxf", "DEO");
    assert!(matches!(&folder.problems()[..], [PackageProblem::HashDiffers { path, .. }]
        if path == b"v1.mxf"));
    std::fs::remove_file(folder.path().join("v2.mxf")).unwrap();
    assert_eq!(folder.told(), ["v2.mxf is listed and not there"]);
}

#[test]
fn a_file_on_another_volume_is_told() {
    let folder = package(&film());
    let map = std::fs::read_to_string(folder.path().join("ASSETMAP.xml")).unwrap();
    let other = "audio.mxf</Path><VolumeIndex>2</VolumeIndex>";
    folder.put("ASSETMAP.xml", map.replace("audio.mxf</Path>", other));
    assert!(matches!(&folder.problems()[..], [PackageProblem::OtherVolume { volume: 2, .. }]));
    let index = format!("<VolumeIndex xmlns='{AM}'><Index>2</Index></VolumeIndex>");
    folder.put("VOLINDEX.xml", index);
    assert_eq!(folder.problems().len(), 3);
}

#[test]
fn lists_of_editions_not_known_are_read_and_told() {
    let folder = package(&film());
    let list = std::fs::read_to_string(folder.path().join("PKL.xml")).unwrap();
    folder.put("PKL.xml", list.replace("2016/PKL", "2050/PKL"));
    assert!(matches!(&folder.problems()[..], [PackageProblem::UnknownNamespace { path, .. }]
        if path == b"PKL.xml"));
}

#[test]
fn lists_that_are_broken_are_told_and_the_rest_is_read() {
    for name in ["PKL.xml", "CPL.xml"] {
        let folder = package(&film());
        let list = std::fs::read_to_string(folder.path().join(name)).unwrap();
        folder.put(name, &list[..list.len() / 2]);
        let told = folder.told();
        assert!(told.iter().any(|line| line.contains("cannot be read: line")), "{told:?}");
        assert!(told.len() > 1, "{told:?}");
    }
    let folder = package(&film());
    folder.put("ASSETMAP.xml", "<AssetMap>");
    assert!(read(&folder.path()).unwrap_err().to_string().contains("malformed: line 1"));
}

#[test]
fn ids_that_do_not_go_together_are_told() {
    let folder = package(&film());
    let list = std::fs::read_to_string(folder.path().join("PKL.xml")).unwrap();
    folder.put("PKL.xml", list.replace(&id(1), &id(77)));
    assert!(matches!(&folder.problems()[..], [PackageProblem::Contradiction { .. }]));
    let folder = package(&film());
    let map = std::fs::read_to_string(folder.path().join("ASSETMAP.xml")).unwrap();
    folder.put("ASSETMAP.xml", map.replace("sub/audio.mxf", "video%20file.mxf"));
    assert!(folder.told().iter().any(|line| line.contains("of another asset")));
}

#[test]
fn an_output_profile_list_names_a_composition() {
    let profile = |number| {
        format!(
            "<OutputProfileList xmlns='http://www.smpte-ra.org/schemas/2067-100/2014'>\
             <CompositionPlaylistId>{}</CompositionPlaylistId></OutputProfileList>",
            id(number)
        )
    };
    for (number, problems) in [(2, 0), (88, 1)] {
        let folder = package(&film());
        let profile = profile(number);
        let film = film();
        let assets = [
            (1, "PKL.xml"),
            (2, "CPL.xml"),
            (3, "video file.mxf"),
            (4, "sub/audio.mxf"),
            (5, "OPL.xml"),
        ];
        let packed: [(u32, &[u8], &str); 4] = [
            (2, film.as_bytes(), "application/xml"),
            (3, b"video", ""),
            (4, b"audio", ""),
            (5, profile.as_bytes(), "text/xml"),
        ];
        folder
            .put("ASSETMAP.xml", asset_map(AM, "<PackingList>true</PackingList>", &assets))
            .put("PKL.xml", packing_list(PKL, &packed))
            .put("OPL.xml", &profile);
        assert_eq!(folder.told().len(), problems, "{:?}", folder.told());
    }
}
