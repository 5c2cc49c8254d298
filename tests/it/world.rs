//! A world of its own for each test: a temporary project, a cleared environment and a named actor.
//!
//! Everything goes through the built binary, as a user or a script would run it. Nothing here
//! knows what the answers should be.

#![allow(dead_code, reason = "a kit: every test takes from it what it needs")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Who acts in every world, unless a test says otherwise with `--as`.
pub const ACTOR: &str = "kim@edit.example";

/// A temporary folder with a project in it (`project/`), a home, and room beside them.
pub struct World {
    temp: TempDir,
    project: PathBuf,
}

/// What a command said.
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    /// Exit code; -1 for a signal.
    pub code: i32,
    pub raw: Vec<u8>,
}

impl World {
    /// An empty folder and no project.
    pub fn bare() -> Self {
        let temp = tempfile::Builder::new().prefix("genlock-it-").tempdir().unwrap();
        // The name the program shows: links in the way to the temporary folder resolved.
        let top = fs::canonicalize(temp.path()).unwrap();
        let project = top.join("project");
        fs::create_dir(&project).unwrap();
        fs::create_dir(top.join("home")).unwrap();
        Self { temp, project }
    }

    /// An empty project of the default profile.
    pub fn new() -> Self {
        let world = Self::bare();
        world.run(["init"]).expect(0);
        world
    }

    /// A project over a copy of `fixtures/editorial`, not scanned yet.
    pub fn editorial() -> Self {
        let world = Self::bare();
        copy_tree(&fixtures().join("editorial"), &world.project);
        world.run(["init"]).expect(0);
        world
    }

    /// A project with these files, scanned.
    pub fn with<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        let world = Self::new();
        for (name, bytes) in files {
            world.write(name, bytes);
        }
        world.scan();
        world
    }

    /// The project folder.
    pub fn dir(&self) -> &Path {
        &self.project
    }

    /// A path in the project folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.project.join(name)
    }

    /// A path beside the project folder, outside every root.
    pub fn outside(&self, name: impl AsRef<Path>) -> PathBuf {
        self.project.parent().unwrap().join(name)
    }

    /// The ledger file.
    pub fn ledger(&self) -> PathBuf {
        self.path(".genlock/ledger.db")
    }

    /// Writes a file in the project, folders included.
    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Reads a file of the project.
    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Renames within the project.
    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Removes a file of the project.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Makes a symbolic link in the project.
    pub fn link(&self, name: &str, target: impl AsRef<Path>) {
        symlink(target, self.path(name)).unwrap();
    }

    /// Makes a FIFO in the project: whoever opens it for reading and does not take care waits for ever.
    pub fn fifo(&self, name: &str) {
        let mode = rustix::fs::Mode::from_raw_mode(0o644);
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, self.path(name), kind, mode, 0).unwrap();
    }

    /// Adds text to `.genlock/config.toml`: a table that stands there empty moves to the end.
    pub fn configure(&self, more: &str) {
        let path = self.path(".genlock/config.toml");
        let mut text = fs::read_to_string(&path).unwrap();
        let table = more.lines().next().filter(|line| !line.starts_with("[["));
        if let Some(table) = table {
            text = text.replacen(&format!("\n{table}\n"), "\n", 1);
        }
        fs::write(path, format!("{text}\n{more}\n")).unwrap();
    }

    /// Adds a folder beside the project as a root of that name, and gives its path.
    pub fn add_root(&self, name: &str) -> PathBuf {
        let path = self.outside(name);
        fs::create_dir_all(&path).unwrap();
        self.configure(&format!("[[root]]\nname = \"{name}\"\npath = \"{}\"", path.display()));
        path
    }

    /// Changes some severities of the policy, and acknowledges that.
    pub fn policy(&self, changes: &[(&str, &str)]) {
        self.edit_policy(changes);
        self.acknowledge(&["--note", "as the test wants it"]);
    }

    /// Acknowledges changes of policy and approvers; what no verdict showed, once that has been shown.
    #[track_caller]
    pub fn acknowledge(&self, more: &[&str]) {
        let args = [&["policy", "ack"], more].concat();
        if self.run(&args).code != 0 {
            self.run(&args).expect(0);
        }
    }

    /// Changes some severities of the policy, and says nothing.
    pub fn edit_policy(&self, changes: &[(&str, &str)]) {
        let path = self.path(".genlock/policy.toml");
        let mut text = fs::read_to_string(&path).unwrap();
        for (code, severity) in changes {
            let rule = format!("code = \"{code}\"\nseverity = \"");
            let at = text.find(&rule).expect("the policy has a rule of that code") + rule.len();
            let end = at + text[at..].find('"').unwrap();
            text.replace_range(at..end, severity);
        }
        fs::write(path, text).unwrap();
    }

    /// A letter of approval beside the project.
    pub fn letter(&self) -> String {
        let path = self.outside("letter.txt");
        fs::write(&path, "We approve this.\n").unwrap();
        path.display().to_string()
    }

    /// The program, in the project folder, in an environment of nothing but a home and an actor.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_genlock"));
        command
            .env_clear()
            .env("HOME", self.outside("home"))
            .env("TMPDIR", self.temp.path())
            .env("GENLOCK_ACTOR", ACTOR)
            .current_dir(&self.project)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
        Ran::from(self.command().args(args).output().unwrap())
    }

    /// Runs it in a folder below the project.
    pub fn run_in(&self, dir: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
        Ran::from(self.command().current_dir(self.path(dir)).args(args).output().unwrap())
    }

    /// Runs it with `--json`.
    pub fn json(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
        Ran::from(self.command().arg("--json").args(args).output().unwrap())
    }

    /// Scans everything; there must be no problem. Gives the answer.
    pub fn scan(&self) -> Value {
        self.json(["scan"]).expect(0).value()
    }

    /// `ls` of every present file, unfolded.
    pub fn files(&self) -> Vec<Value> {
        self.json(["ls", "--files"]).expect(0).values()
    }

    /// The row of `ls` for a path.
    pub fn row(&self, path: &str) -> Value {
        let rows = self.files();
        let row = rows.iter().find(|row| row["path"] == path);
        row.unwrap_or_else(|| panic!("{path} is not listed in {rows:#?}")).clone()
    }

    /// `show` of an asset.
    pub fn show(&self, asset: &str) -> Value {
        self.json(["show", asset]).expect(0).value()
    }

    /// The id of what lies at a path.
    pub fn id(&self, path: &str) -> String {
        text(&self.show(path), "asset")
    }

    /// How many events the journal has.
    pub fn events(&self) -> usize {
        self.json(["log"]).expect(0).values().len()
    }

    /// Approves assets for a final deliverable, with a letter. Gives the approval's id.
    pub fn approve(&self, assets: &[&str]) -> String {
        let letter = self.letter();
        let mut args = vec!["approve", "--by", "Dana", "--scope", "final", "--document", &letter];
        args.extend(assets);
        text(&self.json(args).expect(0).value()["ids"], "0")
    }

    /// Defines a deliverable.
    pub fn deliverable(&self, name: &str, paths: &[&str]) {
        let mut args = vec!["deliverable", "add", name];
        args.extend(paths.iter().flat_map(|path| ["--path", path]));
        self.run(args).expect(0);
    }

    /// Runs the gate.
    pub fn gate(&self, name: &str) -> Gate {
        Gate::from(self.json(["gate", name]))
    }

    /// The ledger checks out.
    pub fn verify(&self) {
        self.run(["verify"]).expect(0);
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
            raw: output.stdout,
        }
    }
}

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.code, code, "\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// The one JSON object on stdout.
    #[track_caller]
    pub fn value(&self) -> Value {
        let mut values = self.values();
        assert_eq!(values.len(), 1, "one object was expected: {}", self.stdout);
        values.remove(0)
    }

    /// Every line of stdout as a JSON object; each says its version.
    #[track_caller]
    pub fn values(&self) -> Vec<Value> {
        let parse = |line: &str| -> Value {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|error| {
                panic!("no JSON ({error}): {line}\n--- stderr\n{}", self.stderr)
            });
            assert_eq!(value["v"], 1, "no version: {line}");
            value
        };
        self.stdout.lines().map(parse).collect()
    }

    /// The message of a JSON error, which must carry the exit code it came with.
    #[track_caller]
    pub fn error(&self) -> String {
        let error = &self.value()["error"];
        assert_eq!(error["exit"], self.code, "{error}");
        text(error, "message")
    }

    /// stdout, stderr and status together, for snapshots.
    pub fn transcript(&self) -> String {
        let Self { stdout, stderr, code, .. } = self;
        format!("{stdout}--- stderr\n{stderr}--- exit {code}\n")
    }
}

/// What a gate said.
#[derive(Debug)]
pub struct Gate {
    pub code: i32,
    pub verdict: String,
    pub answer: Value,
}

impl From<Ran> for Gate {
    fn from(ran: Ran) -> Self {
        let answer = ran.value();
        let verdict = answer["verdict"].as_str().unwrap_or_else(|| panic!("no verdict: {answer}"));
        Self { code: ran.code, verdict: verdict.to_owned(), answer }
    }
}

impl Gate {
    /// What `findings` gives, without the warnings that most small projects get: that nothing was
    /// declared, and that origins are unknown. `profiles.rs` and `declarations.rs` are about those.
    fn to_the_point(&self) -> Vec<String> {
        let aside = |one: &String| {
            ["[origin-unknown ", "[sources-undeclared ", "[ai-undeclared ", "[ai-unreported "]
                .iter()
                .any(|code| one.starts_with(code))
        };
        self.findings().into_iter().filter(|one| !aside(one)).collect()
    }

    /// Every finding as `code path`, blocking ones as they are, warnings in brackets, sorted.
    pub fn findings(&self) -> Vec<String> {
        let mut all: Vec<_> = self.answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let path = one["path"].as_str().unwrap_or("-");
                let found = format!("{} {path}", text(one, "code"));
                if one["severity"] == "warn" { format!("[{found}]") } else { found }
            })
            .collect();
        all.sort();
        all
    }

    /// Checks verdict, exit code and every finding together, but for warnings about what was not
    /// declared.
    #[track_caller]
    pub fn expect(&self, verdict: &str, findings: &[&str]) -> &Self {
        let found = self.to_the_point();
        assert_eq!((self.verdict.as_str(), found), (verdict, own(findings)), "{self:#?}");
        let code = match verdict {
            "pass" => 0,
            "refused" => 1,
            _ => 4,
        };
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// The finding of a code.
    #[track_caller]
    pub fn finding(&self, code: &str) -> &Value {
        let all = self.answer["findings"].as_array().unwrap();
        all.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("{self:#?}"))
    }
}

fn own(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

/// A string field of an object, or of a list by its number.
#[track_caller]
pub fn text(value: &Value, key: &str) -> String {
    let found = key.parse::<usize>().map_or_else(|_| value.get(key), |at| value.get(at));
    let found = found.and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text {key:?} in {value}")).to_owned()
}

/// A number field of an object.
#[track_caller]
pub fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("no number {key:?} in {value}"))
}

/// `fixtures/` of this repository.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A file of `fixtures/editorial`.
pub fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("editorial").join(name)).unwrap()
}

/// Copies a folder with all below it.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Lets the file system's clock move on, so that a write after this has other times.
pub fn tick() {
    std::thread::sleep(Duration::from_millis(25));
}
