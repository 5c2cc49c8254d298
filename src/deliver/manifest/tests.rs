//! Generations as bytes, as the package reader reads them, and as the reference implementation
//! (ascmhl, named by `GENLOCK_ASCMHL`) takes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use crate::deliver::manifest::ascmhl::write_within;
use crate::deliver::manifest::{
    Creator, Generation, GenerationOptions, ManifestError, ManifestFile, write_generation,
};
use crate::deliver::package::hash_list::Limits;
use crate::deliver::package::{self, Algorithm, CheckOptions, Digest, Hasher, PackageProblem};
use crate::model::Timestamp;

fn creator() -> Creator {
    Creator {
        host_name: "studio & co".to_owned(),
        tool: "genlock".to_owned(),
        tool_version: "0.1.0".to_owned(),
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn list(folder: &Path, algorithms: &[Algorithm]) -> Vec<ManifestFile> {
    let (mut files, mut open) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(folder.join(&at)).unwrap() {
            let entry = entry.unwrap();
            let path = at.join(entry.file_name());
            let bytes = path.to_str().unwrap().as_bytes().to_vec();
            if entry.file_name() == "ascmhl" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
                continue;
            }
            let content = fs::read(entry.path()).unwrap();
            let mut hasher = Hasher::new(algorithms.iter().copied());
            hasher.update(&content);
            files.push(ManifestFile {
                path: bytes,
                size: content.len() as u64,
                modified: Some(time("2026-11-22T08:00:00Z")),
                digests: hasher.finish(),
            });
        }
    }
    files
}

fn generation(folder: &Path, at: &str, algorithms: &[Algorithm]) -> Generation {
    generation_with(folder, at, algorithms, |_| {}).unwrap()
}

fn generation_with(
    folder: &Path,
    at: &str,
    algorithms: &[Algorithm],
    change: impl FnOnce(&mut Vec<ManifestFile>),
) -> Result<Generation, ManifestError> {
    let mut files = list(folder, algorithms);
    change(&mut files);
    let made = write_generation(&GenerationOptions {
        creator: &creator(),
        time: time(at),
        folder_name: folder.file_name().unwrap().to_str().unwrap(),
        files: &files,
        folders: &[],
        references: &[],
    })?;
    let history = folder.join("ascmhl");
    fs::create_dir_all(&history).unwrap();
    fs::write(history.join(&made.name), &made.manifest).unwrap();
    fs::write(history.join("ascmhl_chain.xml"), &made.chain).unwrap();
    Ok(made)
}

fn tree() -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("R&D take 1");
    for (path, content) in [
        ("A/a.mov", "picture"),
        ("A/B/deep & <wide>.wav", "sound"),
        ("A.b/between", "sorts between"),
        ("Größe/ü.txt", "utf-8"),
        ("empty.bin", ""),
        ("z.txt", "last"),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    (temp, folder)
}

fn problems(folder: &Path) -> Vec<PackageProblem> {
    let packages = package::read(folder).unwrap();
    let (cancel, progress) = (AtomicBool::new(false), |_| {});
    let options = CheckOptions { progress: &progress, cancel: &cancel, left_out: None };
    packages.iter().flat_map(|one| package::check(folder, one, &options).unwrap()).collect()
}

#[test]
fn a_generation_that_is_written_checks_clean() {
    let (_temp, folder) = tree();
    let made = generation(&folder, "2026-11-22T09:30:05.5Z", &[Algorithm::Xxh64, Algorithm::C4]);
    assert_eq!(made.name, "0001_R&D take 1_2026-11-22_093005Z.mhl");
    assert_eq!(problems(&folder), []);
    let package = &package::read(&folder).unwrap()[0];
    // Four folders and the root, two algorithms.
    assert_eq!(package.folders.len(), 10, "{:?}", package.folders);
}

#[test]
fn every_change_of_a_written_folder_is_found() {
    type Change = fn(&Path);
    let cases: [(&str, Change); 6] = [
        ("has the xxh64", |folder| fs::write(folder.join("z.txt"), "LAST").unwrap()),
        ("has 5 bytes, listed are 4", |folder| fs::write(folder.join("z.txt"), "lasts").unwrap()),
        ("is there and not listed", |folder| fs::write(folder.join("A/x"), "x").unwrap()),
        ("is listed and not there", |folder| fs::remove_file(folder.join("A/a.mov")).unwrap()),
        ("the structure xxh64", |folder| fs::create_dir(folder.join("nothing here")).unwrap()),
        ("the content xxh64", |folder| fs::create_dir(folder.join("A/new")).unwrap()),
    ];
    for (expected, change) in cases {
        let (_temp, folder) = tree();
        generation(&folder, "2026-11-22T09:30:05Z", &[Algorithm::Xxh64]);
        change(&folder);
        let told: Vec<String> = problems(&folder).iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|line| line.contains(expected)), "{expected}: {told:?}");
    }
}

#[test]
fn what_cannot_be_written_truly_is_refused() {
    let (_temp, folder) = tree();
    let refused = |change: fn(&mut Vec<ManifestFile>)| {
        generation_with(&folder, "2026-11-22T09:30:05Z", &[Algorithm::Md5], change).unwrap_err()
    };
    assert_eq!(refused(Vec::clear), ManifestError::Empty);
    assert!(matches!(refused(|f| f[0].path = b"../x".to_vec()), ManifestError::Path { .. }));
    assert!(matches!(refused(|f| f[0].path = b"a//x".to_vec()), ManifestError::Path { .. }));
    assert!(matches!(refused(|f| f[0].path = b"ascmhl/x".to_vec()), ManifestError::Path { .. }));
    assert!(matches!(refused(|f| f[0].path = b"\xff".to_vec()), ManifestError::NotText { .. }));
    assert!(matches!(refused(|f| f[0].path = b"a\x01".to_vec()), ManifestError::NotText { .. }));
    assert!(matches!(refused(|f| f[0].path = b" a".to_vec()), ManifestError::NotText { .. }));
    assert!(matches!(refused(|f| f[0].path = b"A".to_vec()), ManifestError::Twice { .. }));
    assert!(matches!(refused(|f| f.push(f[0].clone())), ManifestError::Twice { .. }));
    let error = refused(|f| f[0].digests.clear());
    assert!(matches!(error, ManifestError::NoCommonAlgorithm { .. }));
}

#[test]
fn a_sha_256_alone_is_no_algorithm_of_asc_mhl() {
    let digest = Hasher::digest(Algorithm::Sha256, b"");
    let file = ManifestFile { path: b"a".to_vec(), size: 0, modified: None, digests: vec![digest] };
    let error = write_generation(&GenerationOptions {
        creator: &creator(),
        time: time("2026-11-22T09:30:05Z"),
        folder_name: "x",
        files: &[file],
        folders: &[],
        references: &[],
    });
    assert!(matches!(error, Err(ManifestError::NoCommonAlgorithm { .. })));
}

#[test]
fn what_no_reader_would_take_is_not_written() {
    let (_temp, folder) = tree();
    let files = list(&folder, &[Algorithm::Xxh64]);
    let within = |records: usize, bytes: u64| {
        let options = GenerationOptions {
            creator: &creator(),
            time: time("2026-11-22T09:30:05Z"),
            folder_name: "x",
            files: &files,
            folders: &[],
            references: &[],
        };
        write_within(&options, Limits { records, bytes })
    };
    // Four folders are listed too, and the one that they are in.
    let (records, Limits { bytes, .. }) = (files.len() + 5, Limits::OURS);
    let length = within(records, bytes).unwrap().manifest.len() as u64;
    within(records, length).unwrap();
    let told = |made: Result<Generation, ManifestError>| made.unwrap_err().to_string();
    assert!(told(within(records - 1, bytes)).ends_with("lists more than 10 files"));
    assert!(told(within(records, length - 1)).contains("has more than"));
}

/// Runs the reference implementation; gives its exit status and what it said. Half of its commands
/// are in a second program beside the first.
fn reference(program: &Path, arguments: &[&str], folder: &Path) -> (Option<i32>, String) {
    let debug = matches!(arguments.first(), Some(&("verify" | "xsd-schema-check")));
    let program =
        if debug { program.with_file_name("ascmhl-debug") } else { program.to_path_buf() };
    let output = Command::new(program).args(arguments).arg(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_reference_implementation_takes_what_is_written() {
    let Some(program) = std::env::var_os("GENLOCK_ASCMHL").map(PathBuf::from) else {
        eprintln!(
            "SKIPPED the_reference_implementation_takes_what_is_written: GENLOCK_ASCMHL does not \
             name the program ascmhl (pip install ascmhl)"
        );
        return;
    };
    let all = [
        Algorithm::Xxh64,
        Algorithm::C4,
        Algorithm::Md5,
        Algorithm::Sha1,
        Algorithm::Xxh3_64,
        Algorithm::Xxh3_128,
    ];
    let accepted = |folder: &Path, arguments: &[&str]| {
        let (status, said) = reference(&program, arguments, folder);
        assert_eq!(status, Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("ERROR"), "{arguments:?}: {said}");
    };
    for algorithm in all {
        let (_temp, folder) = tree();
        generation(&folder, "2026-11-22T09:30:05Z", &[algorithm]);
        for arguments in [&["verify", "-v"][..], &["verify", "-dh", "-v"], &["diff"], &["info"]] {
            accepted(&folder, arguments);
        }
        // A second one of theirs on top of it.
        fs::write(folder.join("new.txt"), "new").unwrap();
        accepted(&folder, &["create", "-h", algorithm.as_str()]);
        assert_eq!(problems(&folder), [], "{algorithm:?}");
    }
    let (_temp, folder) = tree();
    generation(&folder, "2026-11-23T09:30:05Z", &[Algorithm::Md5, Algorithm::Xxh3_128]);
    // And it refuses what we call changed.
    fs::write(folder.join("z.txt"), "LAST").unwrap();
    assert_eq!(reference(&program, &["verify"], &folder).0, Some(11));
    if let Some(schema) = std::env::var_os("GENLOCK_ASCMHL_XSD").map(PathBuf::from) {
        for entry in fs::read_dir(folder.join("ascmhl")).unwrap() {
            let path = entry.unwrap().path();
            let chain = path.extension().is_some_and(|extension| extension == "xml");
            let (schema, directory) = if chain {
                (schema.join("ASCMHLDirectory.xsd"), &["-df"][..])
            } else {
                (schema.join("ASCMHL.xsd"), &[][..])
            };
            let schema = schema.to_str().unwrap().to_owned();
            let mut arguments = vec!["xsd-schema-check", "-xsd", &schema];
            arguments.extend(directory);
            let (status, said) = reference(&program, &arguments, &path);
            assert_eq!(status, Some(0), "{said}");
        }
    } else {
        eprintln!(
            "SKIPPED the schema check: GENLOCK_ASCMHL_XSD names no folder with ASCMHL.xsd \
             and ASCMHLDirectory.xsd (from the sdist of ascmhl, the import made local)"
        );
    }
}

/// The exit status of `ascmhl-debug verify` that our problems come to.
fn as_status(problems: &[PackageProblem]) -> i32 {
    let any = |what: fn(&PackageProblem) -> bool| problems.iter().any(what);
    if any(|one| matches!(one, PackageProblem::HashDiffers { algorithm: Algorithm::C4, .. })) {
        31
    } else if any(|one| matches!(one, PackageProblem::HashDiffers { .. })) {
        11
    } else if any(|one| matches!(one, PackageProblem::Extra { .. })) {
        21
    } else if any(|one| matches!(one, PackageProblem::Missing { .. })) {
        10
    } else {
        0
    }
}

#[test]
fn histories_of_the_reference_implementation_are_judged_as_by_itself() {
    type Change = fn(&Path, &Path);
    let Some(program) = std::env::var_os("GENLOCK_ASCMHL").map(PathBuf::from) else {
        eprintln!(
            "SKIPPED histories_of_the_reference_implementation_are_judged_as_by_itself: \
             GENLOCK_ASCMHL does not name the program ascmhl (pip install ascmhl)"
        );
        return;
    };
    let create = |program: &Path, folder: &Path| {
        let (status, said) = reference(program, &["create", "-h", "xxh64", "-dr"], folder);
        assert_eq!(status, Some(0), "{said}");
    };
    let changes: [(&str, Change); 9] = [
        ("nothing", |_, _| {}),
        ("content", |_, folder| fs::write(folder.join("z.txt"), "LAST").unwrap()),
        ("nested content", |_, folder| fs::write(folder.join("A/a.mov"), "other!!").unwrap()),
        ("missing", |_, folder| fs::remove_file(folder.join("z.txt")).unwrap()),
        ("nested missing", |_, folder| fs::remove_file(folder.join("A/a.mov")).unwrap()),
        ("extra", |_, folder| fs::write(folder.join("A/B/new"), "").unwrap()),
        ("rename told", |program, folder| {
            fs::rename(folder.join("z.txt"), folder.join("y.txt")).unwrap();
            assert_eq!(reference(program, &["create", "-h", "xxh64", "-dr"], folder).0, Some(0));
        }),
        ("rename not told", |_, folder| {
            fs::rename(folder.join("z.txt"), folder.join("y.txt")).unwrap();
        }),
        ("manifest", |_, folder| {
            let history = fs::read_dir(folder.join("ascmhl")).unwrap();
            let manifests = history.map(|entry| entry.unwrap().path());
            let manifest = manifests.filter(|path| path.extension().unwrap() == "mhl").min();
            let manifest = manifest.unwrap();
            let text = fs::read_to_string(&manifest).unwrap();
            fs::write(manifest, text.replace("in-place", "transfer")).unwrap();
        }),
    ];
    for (name, change) in changes {
        for nested in [false, true] {
            let (_temp, folder) = tree();
            if nested {
                create(&program, &folder.join("A"));
            }
            create(&program, &folder);
            change(&program, &folder);
            let (theirs, said) = reference(&program, &["verify"], &folder);
            let ours = problems(&folder);
            assert_eq!(theirs, Some(as_status(&ours)), "{name} {nested}: {said} {ours:?}");
            if theirs == Some(0) {
                assert_eq!(ours, [], "{name} {nested}: {said}");
            }
        }
    }
}

#[test]
fn directory_hashes_are_those_of_the_reference_implementation() {
    // Printed by ascmhl 1.2, `create -h md5`, for A/a = "x" and b = "y".
    let digest = |text: &[u8]| Hasher::digest(Algorithm::Md5, text);
    let mut hashes = package::directory_hash::DirectoryHashes::new(Algorithm::Md5);
    hashes.add_file(b"A/a", &digest(b"x"));
    hashes.add_file(b"b", &digest(b"y"));
    let made = hashes.finish();
    let root = &made[&Vec::new()];
    let expected = |text| Digest::from_text(Algorithm::Md5, text).unwrap();
    assert_eq!(root.content, expected("579691650ab4fcf3121a277e7f0eeadf"));
    assert_eq!(root.structure, expected("40a326fc359f7dbf9717c29ced98335f"));
}
