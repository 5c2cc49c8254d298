//! Packages that want to show, read or cost what is not theirs.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::AtomicBool;

use crate::deliver::package::tests::kit::{Folder, asset_map, checked};
use crate::deliver::package::{
    Algorithm, CheckOptions, Hasher, PackageError, PackageProblem, check, read,
};

const AM: &str = "http://www.smpte-ra.org/schemas/429-9/2007/AM";

fn list(file: &str, content: &str) -> String {
    let md5 = Hasher::digest(Algorithm::Md5, content.as_bytes()).value;
    format!("<hashlist version='1.1'><hash><file>{file}</file><md5>{md5}</md5></hash></hashlist>")
}

#[test]
fn no_path_leads_out_of_the_folder() {
    for path in [
        "/etc/passwd",
        "../secret",
        "sub/../../secret",
        "%2e%2e/secret",
        "..%2Fsecret",
        "file:///etc/passwd",
        "C:\\secret",
        "..\\secret",
        "secret%00.mxf",
    ] {
        let folder = Folder::new();
        folder.put("../secret", "s").put("sub/x", "");
        folder.put("ASSETMAP.xml", asset_map(AM, "", &[(2, path)]));
        let told = folder.problems();
        let named = |one: &PackageProblem| matches!(one, PackageProblem::OutsideOfPackage { as_written, .. } if as_written == path);
        assert!(told.iter().any(named), "{path}: {told:?}");
        assert!(!told.iter().any(|one| matches!(one, PackageProblem::NotHashed { .. })), "{path}");
        if path.contains('%') {
            continue;
        }
        fs::remove_file(folder.path().join("ASSETMAP.xml")).unwrap();
        folder.put("a.mhl", list(path, "s"));
        assert!(folder.problems().iter().any(named), "{path}");
    }
}

#[test]
fn a_name_with_a_percent_sign_is_found_as_it_is_written() {
    let folder = Folder::new();
    folder.put("ASSETMAP.xml", asset_map(AM, "", &[(2, "100%25.mxf")])).put("100%25.mxf", "");
    assert_eq!(folder.only().listed[0].path, b"100%25.mxf");
    folder.put("100%.mxf", "");
    assert!(folder.only().listed.iter().any(|listed| listed.path == b"100%.mxf"));
    assert!(folder.told().contains(&"100%25.mxf is there and not listed".to_owned()));
}

#[test]
fn links_are_never_followed() {
    let folder = Folder::new();
    folder.put("../outside/secret", "s").put("a", "s").put("real/secret", "s");
    let outside = folder.path().join("../outside");
    symlink(outside.join("secret"), folder.path().join("link")).unwrap();
    symlink(&outside, folder.path().join("folder")).unwrap();
    symlink("a", folder.path().join("inner")).unwrap();
    for listed in ["link", "folder/secret", "inner", "real"] {
        folder.put("a.mhl", list(listed, "s"));
        let package = folder.only();
        let (problems, bytes) = checked(&folder.path(), &package).unwrap();
        let refused = problems.iter().filter(
            |one| matches!(one, PackageProblem::NotAFile { path, .. } if path == listed.as_bytes()),
        );
        assert_eq!(refused.count(), 1, "{listed}: {problems:?}");
        // Only the list itself was read.
        assert_eq!(bytes, fs::metadata(folder.path().join("a.mhl")).unwrap().len());
        let told = problems.iter().filter(|one| matches!(one, PackageProblem::NotAFile { .. }));
        assert!(told.count() >= 3, "{problems:?}");
    }
    // Nor where a list should be.
    let folder = Folder::new();
    folder.put("../outside/ascmhl_chain.xml", "").put("../outside/ASSETMAP.xml", "").put("x", "");
    symlink("../outside", folder.path().join("ascmhl")).unwrap();
    symlink("../outside/ASSETMAP.xml", folder.path().join("ASSETMAP.xml")).unwrap();
    assert!(matches!(read(&folder.path()), Err(PackageError::NotAPackage { .. })));
}

#[test]
fn a_fifo_is_not_waited_for() {
    let folder = Folder::new();
    folder.put("a.mhl", list("pipe", ""));
    let path = folder.path().join("pipe");
    let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    assert_eq!(folder.told(), ["pipe is a FIFO"]);
}

#[test]
fn names_that_are_no_text_are_told_and_not_lost() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = Folder::new();
    folder.put("a.mhl", list("a", "s")).put("a", "s");
    fs::write(folder.path().join(OsStr::from_bytes(b"x\xff\x1b")), "").unwrap();
    assert_eq!(folder.told(), ["x\\xff\\u{1b} is there and not listed"]);
}

#[test]
fn a_folder_without_lists_is_no_package() {
    let folder = Folder::new();
    folder.put("a.mov", "");
    let error = read(&folder.path()).unwrap_err();
    assert!(error.to_string().contains("ASSETMAP"), "{error}");
    assert!(read(&folder.path().join("none")).is_err());
}

#[test]
fn a_check_stops_when_it_is_told_to() {
    let folder = Folder::new();
    folder.put("a.mhl", list("a", "s")).put("a", "s");
    let (cancel, progress) = (AtomicBool::new(true), |_| {});
    let options = CheckOptions { progress: &progress, cancel: &cancel, left_out: None };
    let stopped = check(&folder.path(), &folder.only(), &options);
    assert!(matches!(stopped, Err(PackageError::Cancelled)));
}

#[test]
fn lists_that_want_too_much_end_in_an_error() {
    let bomb = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><hashlist>&b;\
                </hashlist>";
    let files = "<hash><file>a</file></hash>".repeat(300_000);
    let many = format!("<hashlist version='1.1'>{files}</hashlist>");
    let wide = format!("<hashlist version='1.1'>{}</hashlist>", "<x/>".repeat(10_000_000));
    let deep = format!("<hashlist version='1.1'>{}", "<x>".repeat(100_000));
    let long = format!("<hashlist version='1.1'><hash><file>{}", "x".repeat(10_000_000));
    for (text, expected) in [
        (bomb, "document type"),
        (&many, "more than 250000 files"),
        (&wide, "more than 2500000 elements"),
        (&deep, "nested more than 64"),
        (&long, "more than 65536 bytes"),
    ] {
        let folder = Folder::new();
        folder.put("a.mhl", text);
        let told = folder.told();
        assert!(told.iter().any(|line| line.contains(expected)), "{expected}: {told:?}");
        let folder = Folder::new();
        folder.put("ASSETMAP.xml", text);
        let error = read(&folder.path()).unwrap_err().to_string();
        assert!(error.contains("malformed"), "{error}");
    }
}

#[test]
fn many_files_take_time_in_proportion() {
    // Quadratic work over this many would take minutes.
    let files: Vec<String> = (0..100_000)
        .map(|number| format!("<hash><file>ü/{number}</file><md5>x</md5></hash>"))
        .collect();
    let files = files.concat();
    let folder = Folder::new();
    folder.put("a.mhl", format!("<hashlist version='1.1'>{files}</hashlist>"));
    let problems = folder.problems();
    // Each has no usable hash, and each is missing.
    assert_eq!(problems.len(), 200_000);
}
