use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::time::SystemTime;

use super::*;
use crate::clock::{FixedClock, SystemClock};
use crate::model::Timestamp;

static GO: AtomicBool = AtomicBool::new(false);

fn context() -> HashContext<'static> {
    HashContext { clock: &SystemClock, cancel: &GO, advance: &|_| {} }
}

fn read(path: &Path) -> Result<HashedFile, HashError> {
    FileHasher::new().read(path, &context())
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    noise
}

#[test]
fn the_digest_is_that_of_blake3_at_every_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let large = usize::try_from(LARGE).unwrap();
    let bytes = noise(large + (3 << 20));
    let mut hashers = [1, 2, 3].map(FileHasher::with_threads);
    for size in [
        0,
        1,
        1023,
        1024,
        1025,
        WHOLE - 1,
        WHOLE,
        WHOLE + 1,
        WHOLE + 1024,
        subtree::READ,
        WHOLE + subtree::READ,
        (1 << 20) + 1,
        3_333_333,
        large - 1,
        large,
        large + 1,
        large + 1025,
        large + (1 << 20),
        large + 2_222_222,
    ] {
        let bytes = &bytes[..size];
        fs::write(&path, bytes).unwrap();
        for hasher in &mut hashers {
            let (file, whole) = hasher
                .read_with(&path, &context(), |content, length| {
                    assert_eq!(length, size as u64);
                    match content {
                        Content::Whole(all) => {
                            assert_eq!(all, bytes);
                            true
                        }
                        Content::File { file, head } => {
                            assert_eq!(head, &bytes[..WHOLE]);
                            let mut all = Vec::new();
                            io::Read::read_to_end(&mut &*file, &mut all).unwrap();
                            assert!(all == bytes);
                            false
                        }
                    }
                })
                .unwrap();
            assert_eq!(file.asset, AssetId::from(blake3::hash(bytes)), "{size}");
            assert_eq!(whole, size <= WHOLE);
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!(file.fingerprint, fingerprint::of(&metadata));
        }
    }
}

#[test]
fn a_file_written_this_instant_is_waited_for_and_not_racy() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    for _ in 0..20 {
        fs::write(&path, b"x").unwrap();
        let file = read(&path).unwrap();
        assert_eq!(file.sighting, Sighting::Read);
        fs::write(&path, b"y").unwrap();
        let now = fingerprint::of(&fs::metadata(&path).unwrap());
        assert_ne!(now, file.fingerprint, "a write after the read left no trace");
    }
}

#[test]
fn a_clock_that_is_ahead_makes_a_sighting_racy_and_an_mtime_that_was_set_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let file = File::create(&path).unwrap();
    let tomorrow = fs::metadata(&path).unwrap().modified().unwrap() + Duration::from_hours(24);
    file.set_modified(tomorrow).unwrap();
    let found = read(&path).unwrap();
    assert_eq!(found.sighting, Sighting::Read);
    fs::write(&path, b"later").unwrap();
    file.set_modified(tomorrow).unwrap();
    assert_ne!(found.fingerprint, fingerprint::of(&fs::metadata(&path).unwrap()));

    let clock = FixedClock(Timestamp::from_nanos(0));
    let behind = HashContext { clock: &clock, ..context() };
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let file = FileHasher::new().read(&path, &behind);
    assert_eq!(file.unwrap().sighting, Sighting::Racy, "the ctime counts too");
}

#[test]
fn a_file_that_is_written_at_every_attempt_has_no_digest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    for size in [10, WHOLE + 10, usize::try_from(LARGE).unwrap() + 10] {
        fs::write(&path, noise(size)).unwrap();
        let mut writer = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let mut attempts = 0;
        let result = FileHasher::new().read_with(&path, &context(), |_, _| {
            attempts += 1;
            writer.write_all(b"more").unwrap();
        });
        assert!(matches!(result, Err(HashError::KeepsChanging { attempts: 4, .. })), "{result:?}");
        assert_eq!(attempts, 4);
    }
}

#[test]
fn a_file_that_another_thread_keeps_appending_to_is_never_taken_half() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, b"").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = fs::OpenOptions::new().append(true).open(&path).unwrap();
            while !stop.load(Ordering::Relaxed) {
                writer.write_all(&[7; 100]).unwrap();
            }
        });
        for _ in 0..5 {
            if let Ok(file) = read(&path) {
                // The writer happened to rest: then the digest is that of the size it claims.
                let size = usize::try_from(file.fingerprint.size).unwrap();
                assert_eq!(file.asset, AssetId::from(blake3::hash(&vec![7; size])));
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_change_of_the_same_size_with_its_mtime_put_back_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, b"before").unwrap();
    let mut first = true;
    let mtime = fs::metadata(&path).unwrap().modified().unwrap();
    let (file, seen) = FileHasher::new()
        .read_with(&path, &context(), |content, _| {
            if std::mem::take(&mut first) {
                fs::write(&path, b"after!").unwrap();
                File::options().write(true).open(&path).unwrap().set_modified(mtime).unwrap();
            }
            match content {
                Content::Whole(bytes) => bytes.to_vec(),
                Content::File { .. } => Vec::new(),
            }
        })
        .unwrap();
    assert_eq!(file.asset, AssetId::from(blake3::hash(b"after!")));
    assert_eq!(seen, b"after!", "what was seen and what was hashed are of one attempt");
}

#[test]
fn a_file_replaced_while_it_is_read_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let (path, new) = (dir.path().join("a"), dir.path().join("new"));
    fs::write(&path, b"old").unwrap();
    fs::write(&new, b"new").unwrap();
    let (file, ()) = FileHasher::new()
        .read_with(&path, &context(), |_, _| {
            let _ = fs::rename(&new, &path);
        })
        .unwrap();
    assert_eq!(file.asset, AssetId::from(blake3::hash(b"new")));
}

#[test]
fn a_file_that_goes_away_has_vanished() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    assert!(matches!(read(&path), Err(HashError::Vanished { .. })));
    fs::write(&path, b"x").unwrap();
    let result = FileHasher::new().read_with(&path, &context(), |_, _| {
        fs::remove_file(&path).unwrap();
    });
    assert!(matches!(result, Err(HashError::Vanished { .. })), "{result:?}");
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(CWD, &fifo, FileType::Fifo, mode, 0).unwrap();
    assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    let socket = dir.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let (file, link) = (dir.path().join("file"), dir.path().join("link"));
    fs::write(&file, b"x").unwrap();
    symlink(&file, &link).unwrap();
    for path in [&*fifo, &socket, &link, dir.path(), Path::new("/dev/null")] {
        let result = read(path);
        assert!(matches!(result, Err(HashError::NotRegular { .. })), "{path:?}: {result:?}");
    }
}

#[test]
fn what_cannot_be_read_says_what_was_tried() {
    // Permissions bind nobody when tests run as root. Address 0 is mapped in no process, and a
    // name of 300 bytes is too long for any file system.
    let long = PathBuf::from(format!("/tmp/{}", "x".repeat(300)));
    for (path, tried) in [(Path::new("/proc/self/mem"), "read"), (&*long, "open")] {
        let error = read(path).unwrap_err();
        assert!(
            matches!(error, HashError::Unreadable { action, .. } if action == tried),
            "{error:?}"
        );
        assert!(error.reason().starts_with(&format!("cannot {tried} it: ")));
        assert!(!error.to_string().contains("os error"));
    }
}

#[test]
fn a_reading_can_be_stopped_between_two_reads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, noise(12 << 20)).unwrap();
    for threads in [1, 2] {
        let cancel = AtomicBool::new(false);
        let seen = AtomicU64::new(0);
        let advance = |bytes: u64| {
            seen.fetch_add(bytes, Ordering::Relaxed);
            cancel.store(true, Ordering::Relaxed);
        };
        let context = HashContext { clock: &SystemClock, cancel: &cancel, advance: &advance };
        let result = FileHasher::with_threads(threads).read(&path, &context);
        assert!(matches!(result, Err(HashError::Cancelled)));
        assert!(seen.load(Ordering::Relaxed) < 2 << 20);
    }
}

#[test]
fn progress_adds_up_to_the_size_even_when_a_file_is_read_twice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    for size in [100, 1 << 20, 9 << 20] {
        fs::write(&path, noise(size)).unwrap();
        let seen = AtomicU64::new(0);
        let advance = |bytes| {
            seen.fetch_add(bytes, Ordering::Relaxed);
        };
        let context = HashContext { clock: &SystemClock, cancel: &GO, advance: &advance };
        let mut attempts = 0;
        FileHasher::new()
            .read_with(&path, &context, |_, _| {
                attempts += 1;
                if attempts == 1 {
                    let times = fs::FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
                    File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
                }
            })
            .unwrap();
        assert_eq!(attempts, 2);
        assert_eq!(seen.load(Ordering::Relaxed), fs::metadata(&path).unwrap().size());
    }
}

#[test]
fn a_folder_that_was_entered_is_read_by_names_and_given_up_when_another_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, away) = (dir.path().join("folder"), dir.path().join("away"));
    let put = |bytes: &[u8]| {
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a"), bytes).unwrap();
    };
    put(b"one");
    fs::write(dir.path().join("elsewhere"), b"two").unwrap();
    let mut hasher = FileHasher::new();
    let asset = |bytes: &[u8]| AssetId::from(blake3::hash(bytes));

    hasher.enter(&folder);
    assert_eq!(hasher.read(&folder.join("a"), &context()).unwrap().asset, asset(b"one"));
    let other = hasher.read(&dir.path().join("elsewhere"), &context()).unwrap();
    assert_eq!(other.asset, asset(b"two"), "a path outside the folder is no name in it");
    let none = hasher.read(&folder.join("none"), &context());
    assert!(matches!(none, Err(HashError::Vanished { path }) if path == folder.join("none")));
    assert!(hasher.leave(), "nothing happened to it");

    hasher.enter(&folder);
    fs::rename(&folder, &away).unwrap();
    put(b"new");
    hasher.read(&folder.join("a"), &context()).unwrap();
    assert!(!hasher.leave(), "its path led elsewhere");
    assert_eq!(hasher.read(&folder.join("a"), &context()).unwrap().asset, asset(b"new"));

    hasher.enter(&dir.path().join("none"));
    assert!(hasher.leave(), "nothing was entered");
}
