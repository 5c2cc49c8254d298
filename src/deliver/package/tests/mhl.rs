//! ASC MHL histories.

use std::fmt::Write;
use std::fs;

use crate::deliver::package::tests::kit::Folder;
use crate::deliver::package::{Algorithm, Hasher, PackageProblem};

fn md5(content: &str) -> String {
    Hasher::digest(Algorithm::Md5, content.as_bytes()).value
}

/// One entry: path, what it held, more of the element.
fn hash(path: &str, content: &str, more: &str) -> String {
    let size = content.len();
    format!(
        "<hash><path size='{size}'>{path}</path><md5 action='verified'>{}</md5>{more}</hash>",
        md5(content)
    )
}

fn manifest(info: &str, hashes: &str, references: &str) -> String {
    format!(
        "<hashlist version='2.0' xmlns='urn:ASC:MHL:v2.0'><creatorinfo/><processinfo>\
         <process>in-place</process>{info}</processinfo><hashes>{hashes}</hashes>{references}\
         </hashlist>"
    )
}

/// Puts a history of these manifests below a folder.
fn history(folder: &Folder, root: &str, manifests: &[String]) {
    let mut chain = "<ascmhldirectory xmlns='urn:ASC:MHL:DIRECTORY:v2.0'>".to_owned();
    for (place, manifest) in manifests.iter().enumerate() {
        let (number, name) = (place + 1, format!("{:04}_x_2026.mhl", place + 1));
        let c4 = Hasher::digest(Algorithm::C4, manifest.as_bytes()).value;
        let _ = write!(
            chain,
            "<hashlist sequencenr='{number}'><path>{name}</path><c4>{c4}</c4></hashlist>"
        );
        folder.put(&format!("{root}ascmhl/{name}"), manifest);
    }
    folder.put(&format!("{root}ascmhl/ascmhl_chain.xml"), chain + "</ascmhldirectory>");
}

fn plain(hashes: &[String]) -> String {
    manifest("", &hashes.concat(), "")
}

#[test]
fn later_generations_add_to_earlier_ones() {
    let folder = Folder::new();
    folder.put("a", "1").put("b/c", "2").put("new", "3");
    let first = plain(&[hash("a", "1", ""), hash("b/c", "2", "")]);
    history(&folder, "", &[first, plain(&[hash("new", "3", "")])]);
    assert_eq!(folder.told(), [""; 0]);
    fs::remove_file(folder.path().join("a")).unwrap();
    folder.put("extra", "");
    assert_eq!(folder.told(), ["a is listed and not there", "extra is there and not listed"]);
}

#[test]
fn files_that_changed_places_keep_their_hashes() {
    let folder = Folder::new();
    folder.put("a", "was b").put("b", "was a");
    let first = plain(&[hash("a", "was a", ""), hash("b", "was b", "")]);
    let swapped = plain(&[
        hash("a", "was b", "<previousPath>b</previousPath>"),
        hash("b", "was a", "<previousPath>a</previousPath>"),
    ]);
    history(&folder, "", &[first, swapped]);
    assert_eq!(folder.told(), [""; 0]);
    // Renamed to hide that it is another file.
    let folder = Folder::new();
    folder.put("b", "other");
    let first = plain(&[hash("a", "was a", "")]);
    let moved = plain(&[hash("b", "other", "<previousPath>a</previousPath>")]);
    history(&folder, "", &[first, moved]);
    assert!(matches!(&folder.problems()[..], [PackageProblem::HashDiffers { path, .. }]
        if path == b"b"));
}

#[test]
fn a_failed_verification_is_no_hash_to_go_by() {
    let folder = Folder::new();
    folder.put("a", "changed").put("b", "found");
    let failed = |path, content| hash(path, content, "").replace("verified", "failed");
    let first = plain(&[hash("a", "origin!", "")]);
    let second = plain(&[failed("a", "changed"), failed("b", "found")]);
    history(&folder, "", &[first, second]);
    let told = folder.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("a has the md5")));
    assert!(told.iter().any(|line| line.contains("only a verification that failed")));
}

#[test]
fn a_generation_that_states_another_original_does_not_replace_the_first() {
    let folder = Folder::new();
    folder.put("a", "new bytes");
    let first = plain(&[hash("a", "old bytes", "")]);
    history(&folder, "", &[first, plain(&[hash("a", "new bytes", "")])]);
    assert!(matches!(&folder.problems()[..], [PackageProblem::HashDiffers { .. }]));
}

#[test]
fn manifests_must_be_what_the_chain_says() {
    let folder = Folder::new();
    folder.put("a", "1");
    history(&folder, "", &[plain(&[hash("a", "1", "")])]);
    let manifest = folder.path().join("ascmhl/0001_x_2026.mhl");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("in-place", "transfer")).unwrap();
    assert!(matches!(
        &folder.problems()[..],
        [PackageProblem::HashDiffers { algorithm: Algorithm::C4, .. }]
    ));
    fs::write(&manifest, &text).unwrap();
    // A generation beside the chain is no generation.
    folder.put("ascmhl/0002_x_2026.mhl", plain(&[hash("b", "2", "")])).put("b", "2");
    assert_eq!(
        folder.told(),
        ["ascmhl/0002_x_2026.mhl is there and not listed", "b is there and not listed"]
    );
    fs::remove_file(folder.path().join("ascmhl/0002_x_2026.mhl")).unwrap();
    fs::remove_file(folder.path().join("b")).unwrap();
    let chain = folder.path().join("ascmhl/ascmhl_chain.xml");
    let text = fs::read_to_string(&chain).unwrap();
    fs::write(&chain, text.replace("sequencenr='1'", "sequencenr='2'")).unwrap();
    assert!(matches!(&folder.problems()[..], [PackageProblem::Contradiction { .. }]));
    fs::write(&chain, text.replace("0001_x", "../0001_x")).unwrap();
    let problems = folder.problems();
    assert!(problems.iter().any(|one| matches!(one, PackageProblem::OutsideOfPackage { .. })));
    fs::remove_file(&chain).unwrap();
    assert!(folder.told().contains(&"ascmhl/ascmhl_chain.xml is listed and not there".to_owned()));
}

/// A history with another in it.
pub(super) fn nested() -> Folder {
    let folder = Folder::new();
    folder.put("top", "1").put("card/clip", "2").put("card/sub/x", "3");
    let inner = plain(&[hash("clip", "2", ""), hash("sub/x", "3", "")]);
    history(&folder, "card/", std::slice::from_ref(&inner));
    let c4 = Hasher::digest(Algorithm::C4, inner.as_bytes()).value;
    let reference = format!(
        "<references><hashlistreference><path>card/ascmhl/0001_x_2026.mhl</path><c4>{c4}</c4>\
         </hashlistreference></references>"
    );
    history(&folder, "", &[manifest("", &hash("top", "1", ""), &reference)]);
    folder
}

#[test]
fn nested_histories_answer_for_their_folders() {
    let folder = nested();
    assert_eq!(folder.told(), [""; 0]);
    folder.put("card/clip", "!").put("card/y", "");
    let told = folder.told();
    assert!(told[0].contains("card/y is there") && told[1].starts_with("card/clip has the md5"));
    // The nested history was exchanged as a whole; the outer one knows.
    history(&folder, "card/", &[plain(&[hash("clip", "!", ""), hash("sub/x", "3", "")])]);
    fs::remove_file(folder.path().join("card/y")).unwrap();
    let told = folder.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("card/ascmhl/0001_x_2026.mhl has the c4"), "{told:?}");
}

#[test]
fn patterns_are_followed_and_told() {
    let folder = Folder::new();
    folder.put("a", "1").put("x.tmp", "").put("cache/deep/file", "").put("keep/cache", "2");
    let ignore = "<ignore><pattern>.DS_Store</pattern><pattern>ascmhl</pattern>\
                  <pattern>*.tmp</pattern><pattern>/cache/</pattern></ignore>";
    let hashes = hash("a", "1", "")
        + &hash("keep/cache", "2", "")
        + &hash("gone.tmp", "579691650ab4fcf3121a277e7f0eeadf", "40a326fc359f7dbf9717c29ced98335f");
    history(&folder, "", &[manifest(ignore, &hashes, "")]);
    let told = folder.told();
    assert_eq!(
        told,
        [
            "cache/deep/file is left out by the manifest's pattern /cache/",
            "gone.tmp is left out by the manifest's pattern *.tmp",
            "x.tmp is left out by the manifest's pattern *.tmp",
        ]
    );
    // What is listed is checked, ignored or not.
    folder.put("gone.tmp", "changed");
    assert!(folder.told().iter().any(|line| line.starts_with("gone.tmp has the md5")));
}

#[test]
fn directory_hashes_are_checked_where_nothing_else_explains_them() {
    let root = |content: &str, structure: &str| {
        format!(
            "<roothash><content><md5>{content}</md5></content><structure><md5>{structure}</md5>\
             </structure></roothash>"
        )
    };
    // By ascmhl 1.2 for A/a = "x" and b = "y".
    let good = root("579691650ab4fcf3121a277e7f0eeadf", "40a326fc359f7dbf9717c29ced98335f");
    let hashes = hash("A/a", "x", "") + &hash("b", "y", "");
    let with = |root: &str| {
        let folder = Folder::new();
        folder.put("A/a", "x").put("b", "y");
        history(&folder, "", &[manifest(root, &hashes, "")]);
        folder
    };
    assert_eq!(with(&good).told(), [""; 0]);
    let bad = root(&md5("?"), "40a326fc359f7dbf9717c29ced98335f");
    assert!(matches!(
        &with(&bad).problems()[..],
        [PackageProblem::DirectoryDiffers { part: "content", .. }]
    ));
    let folder = with(&good);
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(folder.problems().len(), 2, "{:?}", folder.told());
    // A changed file says all there is to say.
    folder.put("b", "Y");
    assert_eq!(folder.problems().len(), 1, "{:?}", folder.told());
}
