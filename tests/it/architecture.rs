//! The house rules that a machine can check: which room may name which, how long a file may be,
//! who may touch SQLite, and that generated pages are current.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room and the rooms it may name. What is not listed may not be named.
///
/// Differs from the plan in `house.md` where building it taught better: `problem` is a plain
/// value with a listener and names nothing; what people decided is folded by `record`, which
/// `policy` and `gate` judge, so both name it; `policy` asks `origin` for a status; `failpoint` may
/// be named wherever something is written; `cli` names `ledger` only for the exit codes of its
/// errors (see `the_command_line_knows_the_ledger_by_its_errors_only`).
const ROOMS: &[(&str, &[&str])] = &[
    (
        "app",
        &[
            "attest",
            "clock",
            "config",
            "deliver",
            "detect",
            "failpoint",
            "gate",
            "ledger",
            "lineage",
            "model",
            "observe",
            "origin",
            "picture",
            "policy",
            "problem",
            "record",
            "report",
        ],
    ),
    ("attest", &["model"]),
    ("cli", &["app", "clock", "config", "ledger", "model", "problem", "report"]),
    ("clock", &["model"]),
    ("config", &["model"]),
    ("deliver", &["failpoint", "model"]),
    ("detect", &["model", "problem"]),
    ("failpoint", &[]),
    ("gate", &["lineage", "model", "origin", "policy", "record"]),
    ("ledger", &["failpoint", "model"]),
    ("lib", &[]),
    ("lineage", &["model", "origin", "record"]),
    ("main", &["cli"]),
    ("model", &[]),
    ("observe", &["clock", "model", "problem"]),
    ("origin", &["model"]),
    ("picture", &[]),
    ("policy", &["lineage", "model", "origin", "record"]),
    ("problem", &["model"]),
    ("record", &["model"]),
    ("report", &["model", "problem"]),
];

/// The longest a file may be; 100 to 350 lines are aimed at.
const MAX_LINES: usize = 700;

struct Source {
    /// Below `src/`.
    name: String,
    /// The room it belongs to.
    room: String,
    text: String,
}

impl Source {
    /// The lines that are no comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(at, line)| (at + 1, line))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let below = path.strip_prefix(&src).unwrap();
                let room = below.components().next().unwrap().as_os_str().to_str().unwrap();
                found.push(Source {
                    name: below.display().to_string(),
                    room: room.trim_end_matches(".rs").to_owned(),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

/// The words that follow `prefix` in a line: `crate::model::Seq` names `model`.
fn named<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    let starts_word = |at: usize| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || "_:$".contains(before))
    };
    line.match_indices(prefix)
        .filter(|(at, _)| starts_word(*at))
        .map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            let end = rest.find(|next: char| !next.is_alphanumeric() && next != '_');
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect()
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every line of code that contains one of `words`, outside of `room`.
fn lines_with(words: &[&str], room: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| room != Some(source.room.as_str())) {
        for (number, line) in source.code() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                found.push(format!("src/{}:{number}: {word:?} in {}", source.name, line.trim()));
            }
        }
    }
    found
}

#[test]
fn every_room_names_only_the_rooms_it_may() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == source.room) else {
            wrong.push(format!(
                "src/{}: the room {:?} is not in the table",
                source.name, source.room
            ));
            continue;
        };
        for (number, line) in source.code() {
            let (inside, outside) = (named(line, "crate::"), named(line, "genlock::"));
            for name in inside.into_iter().chain(outside) {
                if name != source.room && !allowed.contains(&name) {
                    wrong.push(format!(
                        "src/{}:{number}: {} may not name {name:?}",
                        source.name, source.room
                    ));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_table_of_rooms_is_about_rooms_that_there_are() {
    let rooms: BTreeSet<_> = sources().into_iter().map(|source| source.room).collect();
    let listed: BTreeSet<_> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(rooms, listed);
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared = text.lines().filter_map(|line| line.strip_prefix("pub mod "));
    let declared: BTreeSet<_> =
        declared.map(|line| line.trim_end_matches(';').to_owned()).collect();
    let inner: BTreeSet<_> =
        listed.into_iter().filter(|room| room != "lib" && room != "main").collect();
    assert_eq!(declared, inner);
}

#[test]
fn the_reader_of_names_is_not_fooled() {
    assert_eq!(named("use crate::model::Seq;", "crate::"), ["model"]);
    assert_eq!(named("f(crate::app::x, &crate::gate)", "crate::"), ["app", "gate"]);
    assert!(named("other_crate::model and $crate::model", "crate::").is_empty());
}

#[test]
fn the_command_line_knows_the_ledger_by_its_errors_only() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room == "cli") {
        for (number, line) in source.code() {
            for name in named(line, "crate::ledger::") {
                if name != "LedgerError" {
                    wrong.push(format!("src/{}:{number}: {}", source.name, line.trim()));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long = |source: &Source| source.text.lines().count() > MAX_LINES;
    let wrong: Vec<_> =
        sources().into_iter().filter(long).map(|source| format!("src/{}", source.name)).collect();
    none(&wrong);
}

#[test]
fn imports_are_written_one_way() {
    none(&lines_with(&["use crate::{", "super::super"], None));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent =
        |source: &Source| !source.text.starts_with("//!") && !source.name.ends_with("tests.rs");
    let wrong: Vec<_> =
        sources().into_iter().filter(silent).map(|source| format!("src/{}", source.name)).collect();
    none(&wrong);
}

#[test]
fn only_the_ledger_speaks_sql() {
    none(&lines_with(&["rusqlite"], Some("ledger")));
}

#[test]
fn one_file_names_the_watcher_of_the_system() {
    let all = lines_with(&["notify::"], None);
    let other = |line: &String| !line.starts_with("src/observe/watch.rs:");
    none(&all.iter().filter(|line| other(line)).cloned().collect::<Vec<_>>());
    assert!(!all.is_empty());
}

#[test]
fn no_text_is_formatted_into_sql() {
    // A statement starts with a verb in capitals; messages of ours never do.
    let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "DROP ", "CREATE "];
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            let formatted = line.contains("format!(") || line.contains("write!(");
            if formatted && verbs.iter().any(|verb| line.contains(verb)) {
                wrong.push(format!("src/{}:{number}: {}", source.name, line.trim()));
            }
        }
    }
    none(&wrong);
}

#[test]
fn nothing_is_async() {
    none(&lines_with(&["async fn", "async move", "async {", ".await;", ".await?", "tokio"], None));
}

#[test]
fn the_entry_point_is_a_page() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 30);
}

#[test]
fn every_event_has_its_section_with_an_example() {
    let page = fs::read_to_string(root().join("docs/ledger.md")).unwrap();
    for (kind, meaning) in genlock::model::Event::KINDS {
        let section = page.split("\n### ").find(|one| one.starts_with(&format!("`{kind}` — ")));
        let section =
            section.unwrap_or_else(|| panic!("{kind} is not in docs/ledger.md: {meaning}"));
        assert!(section.contains("```json\n{"), "{kind} has no example");
    }
}

#[test]
fn every_finding_code_has_its_row() {
    let page = fs::read_to_string(root().join("docs/policy.md")).unwrap();
    for code in genlock::model::RuleCode::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), code.meaning());
        assert!(page.contains(&row), "docs/policy.md lacks {row}");
    }
}

#[test]
fn the_page_of_exit_codes_is_current() {
    let mut page = "# Exit codes\n\n\
        Generated from `src/cli/exit.rs` by a test: `GENLOCK_BLESS=1 cargo test exit_codes` writes \
        it anew.\n\n\
        Scripts may rely on these. When several apply the worst is given, in this order: 130, 70, 6, \
        5, 3, 2, 4,\n1. For a gate the verdict decides. A broken pipe never turns a refusal into 0.\n\n\
        | code | meaning |\n|---:|---|\n"
        .to_owned();
    for (exit, code, meaning) in genlock::cli::Exit::ALL {
        assert_eq!(exit.code(), *code);
        writeln!(page, "| {code} | {meaning} |").unwrap();
    }
    current("docs/exit-codes.md", &page);
}

/// Compares a generated page with the one in the repository, or writes it when blessed.
fn current(name: &str, page: &str) {
    let path: PathBuf = root().join(name);
    if std::env::var_os("GENLOCK_BLESS").is_some() {
        fs::write(&path, page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "{name} is stale; GENLOCK_BLESS=1 cargo test writes it anew");
}
