//! Real packages, which are not part of the project: `GENLOCK_CORPUS`, else `../shared/corpus`
//! beside the crate's folder. Facts about them were taken with other tools
//! (`timeline-package-facts.csv`: Python's `ElementTree`; ascmhl 1.2).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::deliver::package::tests::kit::{Folder, checked, problems};
use crate::deliver::package::text::decode;
use crate::deliver::package::xml::Xml;
use crate::deliver::package::{
    Algorithm, Digest, PackageKind, PackageProblem, asset_map, composition, hash_list, legacy,
    packing_list, read, uuid,
};

/// The corpus, or a loud word of why there is none.
pub(super) fn folder(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("GENLOCK_CORPUS").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = named.unwrap_or(beside);
    if folder.join("timeline-package-facts.csv").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED {test}: no corpus at {folder:?}; set GENLOCK_CORPUS");
    None
}

/// All XML and MHL files of packages in it.
pub(super) fn lists(corpus: &Path) -> Vec<PathBuf> {
    let mut open = vec![corpus.join("imf-dcp"), corpus.join("mhl")];
    let mut out = Vec::new();
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                open.push(path);
            } else if matches!(kind, Some("xml" | "mhl")) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// The folders that are packages.
fn packages(corpus: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = lists(corpus)
        .into_iter()
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name == "ASSETMAP.xml" || name == "ascmhl_chain.xml"
        })
        .map(|path| {
            let folder = path.parent().unwrap();
            let history = folder.file_name().unwrap() == "ascmhl";
            if history { folder.parent().unwrap() } else { folder }.to_owned()
        })
        .collect();
    out.sort();
    out.dedup();
    out
}

fn text(path: &Path) -> String {
    decode(fs::read(path).unwrap()).unwrap()
}

/// The two columns of a file of facts, where a comma parts them and quotes may stand around them.
fn facts(corpus: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(corpus.join("timeline-package-facts.csv")).unwrap();
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let (path, fact) = match line.strip_prefix('"') {
                Some(rest) => rest.split_once("\",")?,
                None => line.split_once(',')?,
            };
            Some((path.to_owned(), fact.trim_matches('"').to_owned()))
        })
        .collect()
}

#[test]
fn every_list_says_what_the_facts_say() {
    let Some(corpus) = folder("every_list_says_what_the_facts_say") else { return };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (path, fact) in facts(&corpus) {
        let file = corpus.join(&path);
        if let Some(fact) = fact.strip_prefix("XML root ") {
            if !path.starts_with("imf-dcp/") {
                continue;
            }
            let mut parts = fact.split(", ");
            let root = parts.next().unwrap();
            let namespace = parts.next().unwrap().strip_prefix("namespace").unwrap().trim();
            let id = parts.next().unwrap().strip_prefix("Id").unwrap().trim();
            let text = text(&file);
            let (mut xml, tag) = Xml::open(&text).unwrap();
            assert_eq!((tag.name.as_str(), xml.namespace()), (root, namespace), "{path}");
            let read = match root {
                "AssetMap" => asset_map::parse(&text).map(|map| (map.namespace, None)),
                "PackingList" => packing_list::parse(&text).map(|list| (list.namespace, list.id)),
                "CompositionPlaylist" => {
                    composition::parse(&text).map(|playlist| (playlist.namespace, playlist.id))
                }
                "OutputProfileList" => composition::parse_output_profile_list(&text)
                    .map(|_| (namespace.to_owned(), None)),
                "VolumeIndex" => {
                    asset_map::parse_volume_index(&text).map(|_| (namespace.to_owned(), None))
                }
                _ => xml.skip().map(|()| (namespace.to_owned(), None)),
            };
            *seen.entry(root.to_owned()).or_default() += 1;
            if path.ends_with("ASSETMAP_schemaViolation.xml") {
                // Its assets stand outside of a list.
                assert!(read.unwrap_err().what.contains("no AssetList"));
                continue;
            }
            let (read, read_id) = read.unwrap_or_else(|fault| panic!("{path}: {fault}"));
            assert_eq!(read, namespace, "{path}");
            if read_id.is_some() {
                assert_eq!(read_id, uuid(id), "{path}");
            }
        } else if fact.starts_with("hashlist version") {
            *seen.entry("hashlist".to_owned()).or_default() += 1;
            hash_list_agrees(&file, &fact);
        } else if path.starts_with("mhl/") {
            // What Python could not read: Japanese and Korean encodings.
            let files = legacy::parse(&text(&file)).unwrap();
            assert_eq!(files.len(), 2, "{path}");
            assert!(files.iter().all(|file| file.digests.iter().all(Result::is_ok)));
            *seen.entry("recoded".to_owned()).or_default() += 1;
        }
    }
    for (kind, least) in [
        ("AssetMap", 18),
        ("PackingList", 20),
        ("CompositionPlaylist", 50),
        ("OutputProfileList", 3),
        ("hashlist", 18),
        ("recoded", 2),
    ] {
        let count = seen.get(kind).copied().unwrap_or_default();
        assert!(count >= least, "{kind}: {count} files seen: {seen:?}");
    }
}

/// `hashlist version 2.0, 3 hash entries, {'xxh64': 3}`
fn hash_list_agrees(file: &Path, fact: &str) {
    let (_, rest) = fact.split_once(", ").unwrap();
    let (entries, rest) = rest.split_once(" hash entries, {").unwrap();
    let (counts, _) = rest.split_once('}').unwrap();
    let counted: usize = counts
        .split(", ")
        .map(|part| part.split_once(": ").unwrap().1.parse::<usize>().unwrap())
        .sum();
    let entries: usize = entries.parse().unwrap();
    let text = text(file);
    let (files, hashes) = if fact.contains("version 2.0") {
        let list = hash_list::parse(&text).unwrap();
        let hashes = list.files.iter().map(|file| file.digests.len() + file.failed).sum();
        (list.files.len(), hashes)
    } else {
        let list = legacy::parse(&text).unwrap();
        let hashes = list.iter().map(|file| file.digests.len() + usize::from(file.null)).sum();
        (list.len(), hashes)
    };
    assert_eq!((files, hashes), (entries, counted), "{file:?}");
}

#[test]
fn every_package_is_read_and_checked() {
    let Some(corpus) = folder("every_package_is_read_and_checked") else { return };
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in packages(&corpus) {
        for package in read(&folder).unwrap() {
            *kinds.entry(package.kind.as_str()).or_default() += 1;
            let (problems, _) = checked(&folder, &package).unwrap();
            // For comparing with another program.
            if std::env::var_os("GENLOCK_CORPUS_SHOW").is_some() {
                for problem in &problems {
                    println!("{}\t{problem}", folder.strip_prefix(&corpus).unwrap().display());
                }
            }
            if matches!(package.kind, PackageKind::Imf | PackageKind::DcpSmpte) {
                let unlisted = package.uses.iter().filter(|used| used.path.is_none()).count();
                let unresolved = problems
                    .iter()
                    .any(|problem| matches!(problem, PackageProblem::Unresolved { .. }));
                assert!(unlisted == 0 || unresolved, "{folder:?}");
                assert!(!package.uses.is_empty() || !problems.is_empty(), "{folder:?}");
            }
        }
    }
    assert!(kinds["imf"] >= 14 && kinds["dcp-smpte"] >= 2 && kinds["asc-mhl"] >= 6, "{kinds:?}");
}

#[test]
fn real_packages_have_the_problems_they_have() {
    let Some(corpus) = folder("real_packages_have_the_problems_they_have") else { return };
    let told = |path: &str| -> Vec<String> {
        problems(&corpus.join(path)).iter().map(ToString::to_string).collect()
    };
    // The media was not collected; all lists are whole.
    let dcp = "imf-dcp/cth103+libdcp/test/ref/DCP";
    let missing = ["audio.mxf is listed and not there", "video.mxf is listed and not there"];
    assert_eq!(told(&format!("{dcp}/dcp_test1")), missing);
    assert_eq!(told(&format!("{dcp}/encryption_test")), missing);
    let mhl = "mhl/made-with-ascmhl-1.2";
    assert_eq!(told(&format!("{mhl}/A001R1AB_ok")), [""; 0]);
    assert_eq!(told(&format!("{mhl}/A001R1AB_two_generations")), [""; 0]);
    let missing = ["Clips/A001C002.mp4 is listed and not there"];
    assert_eq!(told(&format!("{mhl}/A001R1AB_missing")), missing);
}

/// The asset maps of Interop have no extension and were not collected; one is made here.
#[test]
fn a_real_interop_package_checks_with_a_made_asset_map() {
    let Some(corpus) = folder("a_real_interop_package_checks_with_a_made_asset_map") else {
        return;
    };
    let package = Folder::new();
    let names = [
        ("ac8d301c-e5d9-4343-b6f3-ba2668adbe56", "pkl_ac8d301c-e5d9-4343-b6f3-ba2668adbe56.xml"),
        ("5407b210-4441-4e97-8b16-8bdc7c12da54", "cpl_5407b210-4441-4e97-8b16-8bdc7c12da54.xml"),
        ("a6c58cff-3e1e-4b38-acec-a42224475ef6", "subs.xml"),
        ("dd015243-ab77-435c-a13d-690566885121", "image.png"),
    ];
    let from = corpus.join("imf-dcp/cth103+libdcp/test/ref/write_interop_subtitle_test3");
    let mut assets = String::new();
    for (place, (id, name)) in names.iter().enumerate() {
        let list = if place == 0 { "<PackingList></PackingList>" } else { "" };
        let _ = write!(
            assets,
            "<Asset><Id>urn:uuid:{id}</Id>{list}<ChunkList><Chunk><Path>{name}</Path></Chunk>\
             </ChunkList></Asset>"
        );
        if let Ok(bytes) = fs::read(from.join(name)) {
            package.put(name, bytes);
        }
    }
    package.put(
        "ASSETMAP",
        format!(
            "<AssetMap xmlns='http://www.digicine.com/PROTO-ASDCP-AM-20040311#'><AssetList>{assets}\
             </AssetList></AssetMap>"
        ),
    );
    // The picture was not collected.
    assert_eq!(package.told(), ["image.png is listed and not there"]);
    let package = package.only();
    assert_eq!(package.kind, PackageKind::DcpInterop);
    assert_eq!(package.uses[0].path.as_deref(), Some(&b"subs.xml"[..]));
    assert_eq!(package.uses[0].duration, Some(6_046));
}

/// The six files of pomfort's tests have the same bytes under several algorithms.
#[test]
fn both_byte_orders_of_xxhash64_are_the_same_digest() {
    let Some(corpus) = folder("both_byte_orders_of_xxhash64_are_the_same_digest") else { return };
    let list = |path: &str| {
        let path = corpus.join("mhl/pomfort+mhl-tool/tests/aux_files").join(path);
        legacy::parse(&text(&path)).unwrap()
    };
    let digest = |files: &[legacy::LegacyFile], name: &str| -> Digest {
        let file = files.iter().find(|file| file.path == name).unwrap();
        let known = file.digests.iter().flatten().find(|one| one.algorithm == Algorithm::Xxh64);
        known.unwrap().clone()
    };
    let (big, little) =
        (list("mhl_verify_multiple/multiple.mhl"), list("mhl_verify_xxhash64/xxhash64.mhl"));
    for name in ["file1.txt", "file2.txt"] {
        assert_eq!(digest(&big, name), digest(&little, name), "{name}");
    }
}

#[test]
fn histories_are_judged_as_the_reference_implementation_judges_them() {
    let name = "histories_are_judged_as_the_reference_implementation_judges_them";
    let Some(corpus) = folder(name) else { return };
    let Some(program) = std::env::var_os("GENLOCK_ASCMHL").map(PathBuf::from) else {
        eprintln!("SKIPPED {name}: GENLOCK_ASCMHL does not name the program ascmhl");
        return;
    };
    let mut compared = 0;
    for folder in packages(&corpus) {
        if !folder.join("ascmhl").is_dir() {
            continue;
        }
        let debug = program.with_file_name("ascmhl-debug");
        let status = Command::new(debug).arg("verify").arg(&folder).output().unwrap().status;
        let problems = problems(&folder);
        let any = |what: fn(&PackageProblem) -> bool| problems.iter().any(what);
        let ours = if any(|one| matches!(one, PackageProblem::HashDiffers { .. })) {
            11
        } else if any(|one| matches!(one, PackageProblem::Extra { .. })) {
            21
        } else if any(|one| matches!(one, PackageProblem::Missing { .. })) {
            10
        } else {
            0
        };
        assert_eq!(status.code(), Some(ours), "{folder:?}: {problems:?}");
        compared += 1;
    }
    assert!(compared >= 6);
}
