//! MHL 1.x.

use crate::deliver::package::tests::kit::Folder;
use crate::deliver::package::{Algorithm, Hasher, PackageKind};

fn list(hashes: &str) -> String {
    format!("<?xml version='1.0'?><hashlist version='1.1'><creatorinfo/>{hashes}</hashlist>")
}

fn hash(file: &str, hash: &str) -> String {
    format!("<hash><file>{file}</file><size>3</size>{hash}<hashdate/></hash>")
}

#[test]
fn every_algorithm_is_checked() {
    let folder = Folder::new();
    let digest = |algorithm| Hasher::digest(algorithm, b"abc").value;
    let hashes = [
        format!("<md5 bit='128'>{}</md5>", digest(Algorithm::Md5).to_uppercase()),
        format!("<sha1>{}</sha1>", digest(Algorithm::Sha1)),
        // 0x32d153ff, 0x44bc2cf5ad770999 and its bytes in the other order.
        "<xxhash>852579327</xxhash>".to_owned(),
        "<xxhash64be>44bc2cf5ad770999</xxhash64be>".to_owned(),
        "<xxhash64>990977adf52cbc44</xxhash64>".to_owned(),
    ];
    let mut all = String::new();
    for (number, text) in hashes.iter().enumerate() {
        folder.put(&format!("sub/{number}"), "abc");
        all += &hash(&format!("sub/{number}"), text);
    }
    folder.put("a.mhl", list(&all));
    assert_eq!(folder.told(), [""; 0]);
    assert_eq!(folder.only().kind, PackageKind::LegacyMhl);
    for number in 0..5 {
        folder.put(&format!("sub/{number}"), "abd");
    }
    let told = folder.told();
    assert_eq!(told.iter().filter(|line| line.contains("listed is")).count(), 5, "{told:?}");
}

#[test]
fn null_and_broken_hashes_prove_nothing() {
    let folder = Folder::new();
    folder.put("a", "abc").put("b", "abc").put("c", "abc");
    let all = hash("a", "<null/>") + &hash("b", "<md5>zz</md5>") + &hash("c", "");
    folder.put("a.mhl", list(&all));
    let told = folder.told();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|line| line.contains("has no usable hash")), "{told:?}");
}

#[test]
fn lists_that_contradict_each_other_are_told() {
    let folder = Folder::new();
    let md5 = |text: &[u8]| format!("<md5>{}</md5>", Hasher::digest(Algorithm::Md5, text).value);
    folder.put("a", "abc").put("b", "abc");
    folder.put("1.mhl", list(&hash("a", &md5(b"abc"))));
    folder.put("2.mhl", list(&(hash("a", &md5(b"xyz")) + &hash("b", &md5(b"abc")))));
    let told = folder.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("a has the md5"));
    // Nor in one list.
    std::fs::remove_file(folder.path().join("2.mhl")).unwrap();
    std::fs::remove_file(folder.path().join("b")).unwrap();
    folder.put("1.mhl", list(&(hash("a", &md5(b"abc")) + &hash("a", &md5(b"xyz")))));
    assert_eq!(folder.told().len(), 1);
}

#[test]
fn a_list_of_another_version_is_told() {
    let folder = Folder::new();
    folder.put("a.mhl", "<hashlist version='3.0'/>").put("a", "");
    let told = folder.told();
    assert!(told.iter().any(|line| line.contains("no hashlist of version")), "{told:?}");
    assert!(told.iter().any(|line| line == "a is there and not listed"), "{told:?}");
}

#[test]
fn a_name_in_another_unicode_spelling_is_found_and_told() {
    let folder = Folder::new();
    let md5 = format!("<md5>{}</md5>", Hasher::digest(Algorithm::Md5, b"abc").value);
    folder.put("a.mhl", list(&hash("Gru\u{308}ße.mov", &md5))).put("Gr\u{fc}ße.mov", "abc");
    let told = folder.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("other Unicode characters"));
    folder.put("Gr\u{fc}ße.mov", "abd");
    assert_eq!(folder.told().len(), 2);
    // Both there: the listed one is meant, the other is a stranger.
    folder.put("Gru\u{308}ße.mov", "abc");
    assert_eq!(folder.told(), ["Grüße.mov is there and not listed"]);
}
