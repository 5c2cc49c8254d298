//! Whatever happens to files between scans, the ledger says what a naive model says: a map from
//! path to bytes.
//!
//! In this process and not through the binary, for the number of cases. Nothing waits: changes
//! and scans follow each other within one tick of the file system's clock.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use genlock::app::{
    self, Context, Follower, InitOptions, ListOptions, Project, ScanOptions, VerifyOptions,
};
use genlock::clock::SystemClock;
use genlock::problem::Silent;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Something that happens in the folder. Numbers choose among few names and few contents, so
/// that things meet.
#[derive(Clone, Debug)]
enum Step {
    Write(usize, u8),
    Append(usize),
    Remove(usize),
    Touch(usize),
    Copy(usize, usize),
    Rename(usize, usize),
    RenameFolder(usize, usize),
    RemoveFolder(usize),
    Scan,
}

const FOLDERS: [&str; 4] = ["a", "a/sub", "b", "c"];
const NAMES: [&str; 3] = ["x.png", "y.png", "z"];

fn place(number: usize) -> String {
    format!("{}/{}", FOLDERS[number % 4], NAMES[number / 4 % 3])
}

fn step() -> impl Strategy<Value = Step> {
    let file = || 0..12_usize;
    prop_oneof![
        4 => (file(), 0..4_u8).prop_map(|(at, content)| Step::Write(at, content)),
        1 => file().prop_map(Step::Append),
        2 => file().prop_map(Step::Remove),
        1 => file().prop_map(Step::Touch),
        2 => (file(), file()).prop_map(|(from, to)| Step::Copy(from, to)),
        3 => (file(), file()).prop_map(|(from, to)| Step::Rename(from, to)),
        2 => (0..4_usize, 0..4_usize).prop_map(|(from, to)| Step::RenameFolder(from, to)),
        1 => (0..4_usize).prop_map(Step::RemoveFolder),
        3 => Just(Step::Scan),
    ]
}

/// The folder, and what it should hold.
struct Tree {
    dir: tempfile::TempDir,
    files: BTreeMap<String, Vec<u8>>,
    touched: u64,
}

impl Tree {
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn put(&mut self, name: &str, bytes: Vec<u8>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &bytes).unwrap();
        self.files.insert(name.to_owned(), bytes);
    }

    /// What cannot happen, as removing what is not there, does not.
    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Write(at, content) => self.put(&place(at), vec![b'0' + content; 40]),
            Step::Append(at) => {
                if let Some(mut bytes) = self.files.get(&place(at)).cloned() {
                    bytes.push(b'+');
                    self.put(&place(at), bytes);
                }
            }
            Step::Remove(at) => {
                if self.files.remove(&place(at)).is_some() {
                    fs::remove_file(self.path(&place(at))).unwrap();
                }
            }
            Step::Touch(at) => {
                if self.files.contains_key(&place(at)) {
                    // Another time at each touch: a time set back to what it was, on other bytes
                    // of the same length under another name, is told apart by the gate only.
                    self.touched += 1;
                    let when =
                        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + self.touched);
                    let file = fs::File::options().write(true).open(self.path(&place(at)));
                    file.unwrap().set_modified(when).unwrap();
                }
            }
            Step::Copy(from, to) => {
                if from != to
                    && let Some(bytes) = self.files.get(&place(from)).cloned()
                {
                    self.put(&place(to), bytes);
                }
            }
            Step::Rename(from, to) => {
                if from != to
                    && let Some(bytes) = self.files.remove(&place(from))
                {
                    fs::create_dir_all(self.path(FOLDERS[to % 4])).unwrap();
                    fs::rename(self.path(&place(from)), self.path(&place(to))).unwrap();
                    self.files.insert(place(to), bytes);
                }
            }
            Step::RenameFolder(from, to) => self.rename_folder(FOLDERS[from], FOLDERS[to]),
            Step::RemoveFolder(at) => {
                let _ = fs::remove_dir_all(self.path(FOLDERS[at]));
                let below = format!("{}/", FOLDERS[at]);
                self.files.retain(|name, _| !name.starts_with(&below));
            }
            Step::Scan => {}
        }
    }

    fn rename_folder(&mut self, from: &str, to: &str) {
        let within = to.starts_with(&format!("{from}/")) || from.starts_with(&format!("{to}/"));
        if from == to || within || !self.path(from).is_dir() {
            return;
        }
        let _ = fs::remove_dir_all(self.path(to));
        fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        fs::rename(self.path(from), self.path(to)).unwrap();
        let (from, to) = (format!("{from}/"), format!("{to}/"));
        self.files.retain(|name, _| !name.starts_with(&to));
        let moved: Vec<_> =
            self.files.keys().filter(|name| name.starts_with(&from)).cloned().collect();
        for name in moved {
            let bytes = self.files.remove(&name).unwrap();
            self.files.insert(name.replacen(&from, &to, 1), bytes);
        }
    }
}

fn context<'a>(dir: &Path, clock: &'a SystemClock, cancel: &'a AtomicBool) -> Context<'a> {
    let (actor, cwd) = ("kim".to_owned(), dir.to_owned());
    Context { clock, reporter: &Silent, actor, cwd, cancel, follower: Follower::default() }
}

/// Scans, and compares the ledger with the model.
fn compare(
    project: &Project,
    context: &Context<'_>,
    tree: &Tree,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    let outcome = app::scan(project, context, &ScanOptions::default()).unwrap();
    prop_assert!(outcome.problems.is_empty(), "{:?} after {steps:?}", outcome.problems);
    let mut listed = BTreeMap::new();
    let options = ListOptions { files: true, ..ListOptions::default() };
    app::list(project, context, &options, &mut |row| {
        listed.insert(row.path.path.clone(), row.asset.clone().unwrap());
    })
    .unwrap();
    let model: BTreeMap<_, _> = tree
        .files
        .iter()
        .map(|(name, bytes)| (name.clone(), blake3::hash(bytes).to_hex().to_string()))
        .collect();
    prop_assert_eq!(listed, model, "after {:?}", steps);
    prop_assert_eq!(outcome.tally.files, tree.files.len() as u64);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 50,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn scans_agree_with_a_naive_model(steps in vec(step(), 1..24)) {
        let dir = tempfile::tempdir().unwrap();
        let (clock, cancel) = (SystemClock, AtomicBool::new(false));
        let context = context(dir.path(), &clock, &cancel);
        let made = app::init(&context, dir.path(), &InitOptions::default()).unwrap();
        let project = made.project;
        let mut tree = Tree { dir, files: BTreeMap::new(), touched: 0 };
        for (at, step) in steps.iter().enumerate() {
            tree.apply(step);
            if matches!(step, Step::Scan) {
                compare(&project, &context, &tree, &steps[..at])?;
            }
        }
        compare(&project, &context, &tree, &steps)?;
        let again = app::scan(&project, &context, &ScanOptions::default()).unwrap();
        prop_assert_eq!(again.hashed_files, 0, "a re-scan read something after {:?}", steps);
        let options = VerifyOptions { files: true, head: None };
        let verified = app::verify(&project, &context, &options).unwrap();
        prop_assert!(verified.broken.is_empty(), "{:?} after {steps:?}", verified.broken);
        prop_assert!(verified.changed.is_empty(), "{:?} after {steps:?}", verified.changed);
        prop_assert!(verified.unread.is_empty());
    }
}
