//! The corpus of real files, treated as an editorial folder.
//!
//! It lies beside the repository (`../shared/corpus`) or where `GENLOCK_CORPUS` says, is read-only,
//! and is labelled by `labels.csv`. Without it the test says loudly that it looked at nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::{World, number, text};

fn corpus() -> PathBuf {
    std::env::var_os("GENLOCK_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    )
}

/// The first cells of a line of CSV.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// Found and all, by kind of evidence and expectation.
type Tally = BTreeMap<String, (usize, usize)>;

#[test]
fn the_corpus_is_scanned_judged_and_verified_without_a_false_alarm() {
    let corpus = corpus();
    let Ok(labels) = fs::read_to_string(corpus.join("labels.csv")) else {
        eprintln!("SKIPPED: no corpus at {}; set GENLOCK_CORPUS", corpus.display());
        return;
    };
    let world = World::new();
    let place = fs::canonicalize(&corpus).unwrap().display().to_string();
    world.configure(&format!("[[root]]\nname = \"corpus\"\npath = \"{place}\""));
    let ran = world.json(["scan"]);
    assert!([0, 4].contains(&ran.code), "exit {}: {}", ran.code, ran.stderr);
    assert!(!ran.stderr.contains("panic"), "{}", ran.stderr);
    let scanned = ran.value();
    let listed = world.files();
    let rows: BTreeMap<_, &Value> = listed.iter().map(|row| (text(row, "path"), row)).collect();
    let sum: u64 = ["ai", "ai_part", "suspect", "not_ai", "unknown"]
        .iter()
        .map(|field| number(&scanned, field))
        .sum();
    assert_eq!((sum, listed.len() as u64), (number(&scanned, "files"), sum));

    let mut tally = Tally::new();
    let (mut alarms, mut absent) = (Vec::new(), Vec::new());
    for line in labels.lines().skip(1) {
        let cells = cells(line);
        let [path, _, _, expected, evidence, ..] = &cells[..] else { panic!("{line}") };
        let Some(row) = rows.get(&format!("corpus:{path}")) else {
            absent.push(path.clone());
            continue;
        };
        let status = text(row, "status");
        let is_ai = ["ai", "ai-part"].contains(&status.as_str());
        let entry = tally.entry(format!("{expected:9} {evidence}")).or_default();
        entry.1 += 1;
        entry.0 += usize::from(is_ai);
        if expected == "not-ai" && is_ai {
            alarms.push(format!("{path}: {row}"));
        }
        if expected.starts_with("ai-") && !is_ai {
            println!("missed {evidence}: {path} is {status}");
        }
    }
    println!("called AI, of all, by label:");
    for (kind, (found, all)) in &tally {
        println!("{kind:40} {found:4} of {all:4}");
    }
    println!("{} problems", scanned["problems"].as_array().unwrap().len());
    assert!(alarms.is_empty(), "{alarms:#?}");
    assert!(absent.is_empty(), "labelled and not recorded: {absent:#?}");
    // A second scan reads nothing; a delivery of it all is refused; the ledger is clean.
    let again = world.json(["scan"]);
    assert_eq!(again.code, ran.code);
    let again = again.value();
    assert_eq!(number(&again, "hashed_files"), 0);
    assert_eq!(again["problems"], scanned["problems"]);
    world.deliverable("ALL", &["corpus:**"]);
    assert_eq!(world.gate("ALL").verdict, "refused");
    world.run(["verify", "--files"]).expect(0);
}
