//! Digital Cinema Packages.

use crate::deliver::package::tests::kit::{Folder, asset_map, id, packing_list};
use crate::deliver::package::{PackageKind, UseKind};

fn composition(namespace: &str) -> String {
    let asset = |name: &str, number: u32, more: &str| {
        format!(
            "<{name}><Id>{}</Id><EditRate>24 1</EditRate><IntrinsicDuration>100\
             </IntrinsicDuration>{more}</{name}>",
            id(number)
        )
    };
    let markers = asset("MainMarkers", 800, "");
    let metadata = asset("CompositionMetadataAsset", 801, "");
    let picture = asset("MainPicture", 3, "<EntryPoint>10</EntryPoint><Duration>48</Duration>");
    let key = format!("<KeyId>{}</KeyId>", id(900));
    let sound = asset("MainSound", 4, &format!("<EntryPoint>10</EntryPoint>{key}"));
    let reel =
        |assets: &str| format!("<Reel><Id>{}</Id><AssetList>{assets}</AssetList></Reel>", id(700));
    let reels = reel(&[markers, picture.clone(), sound, metadata].concat()) + &reel(&picture);
    format!(
        "<CompositionPlaylist xmlns='{namespace}'><Id>{}</Id><ContentTitleText>Feature\
         </ContentTitleText><ReelList>{reels}</ReelList></CompositionPlaylist>",
        id(2)
    )
}

fn package(map: (&str, &str), list: &str, playlist: &str, names: [&str; 2]) -> Folder {
    let folder = Folder::new();
    let film = composition(playlist);
    let assets = [(1, "pkl.xml"), (2, "cpl.xml"), (3, "v.mxf"), (4, "a.mxf")];
    let packed: [(u32, &[u8], &str); 3] = [
        (2, film.as_bytes(), "text/xml;asdcpKind=CPL"),
        (3, b"video", "application/x-smpte-mxf;asdcpKind=Picture"),
        (4, b"encrypted audio", "application/x-smpte-mxf;asdcpKind=Sound"),
    ];
    folder
        .put(names[0], asset_map(map.0, map.1, &assets))
        .put(names[1], format!("<VolumeIndex xmlns='{}'><Index>1</Index></VolumeIndex>", map.0))
        .put("pkl.xml", packing_list(list, &packed))
        .put("cpl.xml", film)
        .put("v.mxf", "video")
        .put("a.mxf", "encrypted audio");
    folder
}

fn interop() -> Folder {
    package(
        ("http://www.digicine.com/PROTO-ASDCP-AM-20040311#", "<PackingList/>"),
        "http://www.digicine.com/PROTO-ASDCP-PKL-20040311#",
        "http://www.digicine.com/PROTO-ASDCP-CPL-20040511#",
        ["ASSETMAP", "VOLINDEX"],
    )
}

fn smpte() -> Folder {
    package(
        ("http://www.smpte-ra.org/schemas/429-9/2007/AM", "<PackingList>true</PackingList>"),
        "http://www.smpte-ra.org/schemas/429-8/2007/PKL",
        "http://www.smpte-ra.org/schemas/429-7/2006/CPL",
        ["ASSETMAP.xml", "VOLINDEX.xml"],
    )
}

#[test]
fn both_kinds_are_read_and_told_apart() {
    for (folder, kind) in [(interop(), PackageKind::DcpInterop), (smpte(), PackageKind::DcpSmpte)] {
        assert_eq!(folder.told(), [""; 0], "{kind:?}");
        assert_eq!(folder.only().kind, kind);
        folder.put("v.mxf", "VIDEO").put("._v.mxf", "hidden here");
        assert_eq!(folder.problems().len(), 2, "{kind:?}");
    }
}

#[test]
fn reels_follow_one_another() {
    let uses = smpte().only().uses;
    let told: Vec<_> = uses
        .iter()
        .map(|used| {
            let start = used.record_start.unwrap().to_string();
            (used.kind, used.part, used.entry_point, used.duration, start, used.encrypted)
        })
        .collect();
    assert_eq!(
        told,
        [
            (UseKind::Picture, 1, 10, Some(48), "0".to_owned(), false),
            (UseKind::Sound, 1, 10, Some(90), "0".to_owned(), true),
            (UseKind::Picture, 2, 10, Some(48), "2".to_owned(), false),
        ]
    );
}

#[test]
fn what_file_managers_leave_behind_is_passed_over_only_when_it_is_that() {
    let folder = smpte();
    folder
        .put("._v.mxf", b"\0\x05\x16\x07\0\x02\0\0")
        .put(".DS_Store", b"\0\0\0\x01Bud1...")
        .put("thumbs.DB", b"\xd0\xcf\x11\xe0\xa1\xb1");
    assert_eq!(folder.told(), [""; 0]);
    folder.put(".DS_Store", "not one");
    assert_eq!(folder.told(), [".DS_Store is there and not listed"]);
}

#[test]
fn hash_lists_beside_a_package_are_read_for_themselves() {
    let folder = smpte();
    folder.put(
        "all.mhl",
        "<hashlist version='1.1'><hash><file>v.mxf</file><size>5</size><null/></hash>\
         <hash><file>hidden.mov</file><null/></hash></hashlist>",
    );
    // The list may not make a stranger part of the package.
    folder.put("hidden.mov", "x");
    let packages = crate::deliver::package::read(&folder.path()).unwrap();
    assert_eq!(packages.len(), 2);
    let (problems, _) =
        crate::deliver::package::tests::kit::checked(&folder.path(), &packages[0]).unwrap();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["hidden.mov is there and not listed"]);
}
