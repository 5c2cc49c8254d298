//! Generations as bytes, as the package reader reads them, and as the reference implementation
//! (ascmhl, named by `GENLOCK_ASCMHL`) takes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use crate::deliver::manifest::ascmhl::write_within;
use crate::deliver::manifest::{
    Author, Creator, Generation, GenerationOptions, ManifestError, ManifestFile, ManifestFolder,
    Process, write_generation,
};
use crate::deliver::package::hash_list::Limits;
use crate::deliver::package::{
    self, Algorithm, CheckOptions, Digest, Hasher, PackageProblem, Previous,
};
use crate::model::Timestamp;

fn creator() -> Creator {
    Creator {
        host_name: "studio & co".to_owned(),
        tool: "genlock".to_owned(),
        tool_version: "0.1.0".to_owned(),
        authors: vec![Author {
            name: "Zoë <DIT>".to_owned(),
            role: Some("DIT".to_owned()),
            email: Some("zoe@example.org".to_owned()),
            phone: None,
        }],
        location: Some("Köln".to_owned()),
        comment: Some("\"final\"".to_owned()),
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn list(folder: &Path, algorithms: &[Algorithm]) -> (Vec<ManifestFile>, Vec<ManifestFolder>) {
    let (mut files, mut folders, mut open) = (Vec::new(), Vec::new(), vec![PathBuf::new()]);
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(folder.join(&at)).unwrap() {
            let entry = entry.unwrap();
            let path = at.join(entry.file_name());
            let bytes = path.to_str().unwrap().as_bytes().to_vec();
            if entry.file_name() == "ascmhl" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                let modified = Some(time("2026-11-22T08:00:00Z"));
                folders.push(ManifestFolder { path: bytes, modified });
                open.push(path);
                continue;
            }
            let content = fs::read(entry.path()).unwrap();
            let mut hasher = Hasher::new(algorithms.iter().copied());
            hasher.update(&content);
            files.push(ManifestFile {
                path: bytes,
                previous_path: None,
                size: content.len() as u64,
                modified: Some(time("2026-11-22T08:00:00Z")),
                digests: hasher.finish(),
            });
        }
    }
    (files, folders)
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
    let (mut files, folders) = list(folder, algorithms);
    change(&mut files);
    let previous: Option<Previous> = package::previous(folder).unwrap();
    let made = write_generation(&GenerationOptions {
        creator: &creator(),
        process: Process::Transfer,
        time: time(at),
        folder_name: folder.file_name().unwrap().to_str().unwrap(),
        files: &files,
        folders: &folders,
        references: &[],
        ignored: &["*.tmp".to_owned()],
        previous: previous.as_ref(),
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
    fs::create_dir(folder.join("nothing in here")).unwrap();
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
    assert_eq!((made.failed.len(), made.missing.len()), (0, 0));
    assert_eq!(problems(&folder), []);
    let package = &package::read(&folder).unwrap()[0];
    // Six folders and the root, two algorithms.
    assert_eq!(package.folders.len(), 12, "{:?}", package.folders);
}

#[test]
fn every_change_of_a_written_folder_is_found() {
    type Change = fn(&Path);
    let cases: [(&str, Change); 6] = [
        ("has the xxh64", |folder| fs::write(folder.join("z.txt"), "LAST").unwrap()),
        ("has 5 bytes, listed are 4", |folder| fs::write(folder.join("z.txt"), "lasts").unwrap()),
        ("is there and not listed", |folder| fs::write(folder.join("A/x"), "x").unwrap()),
        ("is listed and not there", |folder| fs::remove_file(folder.join("A/a.mov")).unwrap()),
        ("the structure xxh64", |folder| {
            fs::rename(folder.join("nothing in here"), folder.join("nothing here")).unwrap();
        }),
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
fn a_second_generation_verifies_the_first_and_adds_an_algorithm() {
    let (_temp, folder) = tree();
    generation(&folder, "2026-11-22T09:30:05Z", &[Algorithm::Xxh64]);
    fs::write(folder.join("new.txt"), "new").unwrap();
    let algorithms = [Algorithm::Xxh64, Algorithm::Md5];
    let made = generation(&folder, "2026-11-23T10:00:00Z", &algorithms);
    let text = String::from_utf8(made.manifest).unwrap();
    assert!(made.name.starts_with("0002_"));
    assert_eq!(text.matches("action=\"verified\"").count(), 12);
    assert_eq!(text.matches("action=\"original\"").count(), 2);
    assert_eq!(text.matches("<pattern>").count(), 4);
    assert_eq!(problems(&folder), []);
}

#[test]
fn a_changed_file_is_recorded_as_failed_and_told() {
    let (_temp, folder) = tree();
    generation(&folder, "2026-11-22T09:30:05Z", &[Algorithm::Xxh64]);
    fs::write(folder.join("z.txt"), "LAST").unwrap();
    fs::remove_file(folder.join("A/a.mov")).unwrap();
    let algorithms = [Algorithm::Xxh64, Algorithm::Md5];
    let made = generation(&folder, "2026-11-23T10:00:00Z", &algorithms);
    assert_eq!(made.failed, [b"z.txt".to_vec()]);
    assert_eq!(made.missing, [b"A/a.mov".to_vec()]);
    let text = String::from_utf8(made.manifest).unwrap();
    let (_, hash) = text.split_once("z.txt</path>").unwrap();
    let (hash, _) = hash.split_once("</hash>").unwrap();
    assert!(hash.contains("failed") && !hash.contains("md5"), "{hash}");
    assert_eq!(problems(&folder).len(), 2, "{:?}", problems(&folder));
}

#[test]
fn a_renamed_file_keeps_its_hash() {
    let (_temp, folder) = tree();
    generation(&folder, "2026-11-22T09:30:05Z", &[Algorithm::Xxh64]);
    fs::rename(folder.join("z.txt"), folder.join("y.txt")).unwrap();
    let made = generation_with(&folder, "2026-11-23T10:00:00Z", &[Algorithm::Xxh64], |files| {
        let file = files.iter_mut().find(|file| file.path == b"y.txt").unwrap();
        file.previous_path = Some(b"z.txt".to_vec());
    })
    .unwrap();
    assert_eq!((made.failed.len(), made.missing.len()), (0, 0));
    assert_eq!(problems(&folder), []);
    fs::write(folder.join("y.txt"), "LAST").unwrap();
    assert_eq!(problems(&folder).len(), 1);
}

#[test]
fn a_history_that_was_tampered_with_is_not_continued() {
    let (_temp, folder) = tree();
    let made = generation(&folder, "2026-11-22T09:30:05Z", &[Algorithm::Xxh64]);
    let path = folder.join("ascmhl").join(&made.name);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("transfer", "in-place")).unwrap();
    assert!(package::previous(&folder).unwrap_err().to_string().contains("not that of the file"));
    let told = problems(&folder);
    assert!(matches!(told.as_slice(), [PackageProblem::HashDiffers { .. }]), "{told:?}");
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
    generation(&folder, "2026-11-22T09:30:05Z", &[Algorithm::Sha1]);
    assert!(matches!(refused(|_| {}), ManifestError::NotComparable { .. }));
}

#[test]
fn a_sha_256_alone_is_no_algorithm_of_asc_mhl() {
    let digest = Hasher::digest(Algorithm::Sha256, b"");
    let file = ManifestFile {
        path: b"a".to_vec(),
        previous_path: None,
        size: 0,
        modified: None,
        digests: vec![digest],
    };
    let error = write_generation(&GenerationOptions {
        creator: &creator(),
        process: Process::InPlace,
        time: time("2026-11-22T09:30:05Z"),
        folder_name: "x",
        files: &[file],
        folders: &[],
        references: &[],
        ignored: &[],
        previous: None,
    });
    assert!(matches!(error, Err(ManifestError::NoCommonAlgorithm { .. })));
}

#[test]
fn what_no_reader_would_take_is_not_written() {
    let (_temp, folder) = tree();
    let (files, folders) = list(&folder, &[Algorithm::Xxh64]);
    let within = |records: usize, bytes: u64| {
        let options = GenerationOptions {
            creator: &creator(),
            process: Process::Transfer,
            time: time("2026-11-22T09:30:05Z"),
            folder_name: "x",
            files: &files,
            folders: &folders,
            references: &[],
            ignored: &[],
            previous: None,
        };
        write_within(&options, Limits { records, bytes })
    };
    // The folder itself is one too.
    let (records, Limits { bytes, .. }) = (files.len() + folders.len() + 1, Limits::OURS);
    let length = within(records, bytes).unwrap().manifest.len() as u64;
    within(records, length).unwrap();
    let told = |made: Result<Generation, ManifestError>| made.unwrap_err().to_string();
    assert!(told(within(records - 1, bytes)).ends_with("lists more than 11 files"));
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
        // A second one of ours, and a third one of theirs on top of it.
        fs::write(folder.join("new.txt"), "new").unwrap();
        generation(&folder, "2026-11-23T09:30:05Z", &[algorithm, Algorithm::Xxh64]);
        accepted(&folder, &["verify", "-v"]);
        accepted(&folder, &["diff"]);
        accepted(&folder, &["create", "-h", algorithm.as_str()]);
        assert_eq!(problems(&folder), [], "{algorithm:?}");
    }
    // Theirs first, ours second.
    let (_temp, folder) = tree();
    accepted(&folder, &["create", "-h", "md5", "-h", "c4"]);
    assert_eq!(problems(&folder), []);
    generation(&folder, "2026-11-23T09:30:05Z", &[Algorithm::Md5, Algorithm::Xxh3_128]);
    accepted(&folder, &["verify", "-v"]);
    accepted(&folder, &["verify", "-dh", "-v"]);
    assert_eq!(problems(&folder), []);
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
