//! Accuracy on the corpus of real files (`GENLOCK_CORPUS`, else `../shared/corpus`): recall per kind
//! of mark and container, how whole and part agree with the label, which detector saw what, what only
//! the pixels show, and no false alarm. `GENLOCK_VERBOSE` prints each mark. Skips loudly when the
//! corpus is not there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::detect::{Examined, Settings, disagrees, examine, name_mark};
use crate::model::{Evidence, Generative, Strength};

struct Row {
    path: String,
    container: String,
    expected: String,
    evidence: String,
}

/// Splits a line of RFC 4180.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

fn rows(corpus: &Path) -> Option<Vec<Row>> {
    let text = std::fs::read_to_string(corpus.join("labels.csv")).ok()?;
    let rows = text.lines().skip(1).map(split).map(|fields| Row {
        path: fields[0].clone(),
        container: fields[2].clone(),
        expected: fields[3].clone(),
        evidence: fields[4].clone(),
    });
    Some(rows.collect())
}

fn corpus() -> PathBuf {
    std::env::var_os("GENLOCK_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    )
}

fn look(path: &Path, settings: &Settings) -> Examined {
    let mut file = File::open(path).unwrap();
    let len = file.metadata().unwrap().len();
    let mut head = Vec::new();
    file.by_ref().take(64 << 10).read_to_end(&mut head).unwrap();
    examine(&mut file, len, &head, settings)
}

/// An approximation of `origin`, which this room may not name: the strongest mark decides.
fn status(evidence: &[Evidence]) -> &'static str {
    let strongest = |kind: Generative| {
        evidence
            .iter()
            .filter(|one| one.strength > Strength::Heuristic)
            .filter(|one| one.source_type.is_some_and(|known| known.generative() == kind))
            .map(|one| one.strength)
            .max()
    };
    let heuristic = evidence.iter().any(|one| {
        one.source_type.is_none_or(|known| known.generative() != Generative::No)
            && one.strength == Strength::Heuristic
    });
    match (strongest(Generative::Whole), strongest(Generative::Part)) {
        (Some(whole), Some(part)) if part > whole => "ai-part",
        (Some(_), _) => "ai-whole",
        (None, Some(_)) => "ai-part",
        (None, None) if strongest(Generative::MayContain).is_some() || heuristic => "suspect",
        (None, None) => "unknown",
    }
}

#[test]
fn every_declared_mark_in_the_corpus_is_found_and_nothing_else() {
    let corpus = corpus();
    let Some(rows) = rows(&corpus) else {
        eprintln!("SKIPPED: no corpus at {}; set GENLOCK_CORPUS", corpus.display());
        return;
    };
    let settings = Settings::default().deep(true);
    let verbose = std::env::var_os("GENLOCK_VERBOSE").is_some();
    let mut table: BTreeMap<(String, String), (usize, usize, usize)> = BTreeMap::new();
    let (mut missed, mut false_alarms, mut wrong_part) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut problems, mut hidden) = (0, 0);
    #[expect(clippy::disallowed_methods, reason = "a figure printed for people, nothing judged")]
    let start = Instant::now();
    for row in &rows {
        let mut got = look(&corpus.join(&row.path), &settings);
        let headers = status(&got.examination.evidence);
        got.examination.evidence.append(&mut got.hidden);
        let status = status(&got.examination.evidence);
        let ai = status.starts_with("ai-");
        hidden += usize::from(status != headers);
        let mut detectors: Vec<&str> =
            got.examination.evidence.iter().map(|one| one.detector.as_str()).collect();
        detectors.sort_unstable();
        detectors.dedup();
        for detector in detectors {
            let entry = seen.entry(detector.to_owned()).or_default();
            entry.0 += 1;
            entry.1 += usize::from(ai);
        }
        if let Some(why) = disagrees(got.media_type, row.path.as_bytes()) {
            println!("named otherwise: {} {why}", row.path);
        }
        if let Some(mark) = name_mark(row.path.as_bytes()) {
            println!("name only: {} {}", row.path, mark.mark);
            if row.expected == "not-ai" {
                false_alarms.push(format!("{}: {mark:?}", row.path));
            }
        }
        if verbose {
            println!("{} {} [{}] expected {}", row.path, got.media_type, status, row.expected);
            for one in &got.examination.evidence {
                println!("    {one:?}");
            }
        }
        for problem in &got.examination.problems {
            problems += 1;
            println!("problem {}: {}: {}", row.path, problem.detector, problem.problem);
        }
        match row.expected.as_str() {
            "ai-whole" | "ai-part" => {
                let key = (row.evidence.clone(), row.container.clone());
                let entry = table.entry(key).or_default();
                entry.0 += 1;
                entry.1 += usize::from(ai);
                entry.2 += usize::from(status == row.expected);
                if !ai {
                    missed.push(format!("{} ({})", row.path, row.evidence));
                } else if status != row.expected {
                    wrong_part.push(format!("{} is {status}", row.path));
                }
            }
            "not-ai" if ai || status == "suspect" => {
                false_alarms.push(format!("{}: {:?}", row.path, got.examination.evidence));
            }
            "unknown" if ai => println!("unknown but {status}: {}", row.path),
            _ => {}
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let (mut all, mut found, mut agreed) = (0, 0, 0);
    for ((evidence, container), (count, hits, same)) in &table {
        println!("{evidence:14} {container:6} {hits:3} of {count:3}, whole/part right {same:3}");
        all += count;
        found += hits;
        agreed += same;
    }
    for (detector, (files, ai)) in &seen {
        println!("{detector:14} saw something in {files:3} files, {ai:3} of them AI");
    }
    println!("{hidden} files are told by their pixels alone");
    for line in &missed {
        println!("missed {line}");
    }
    for line in &wrong_part {
        println!("whole/part differs: {line}");
    }
    for line in &false_alarms {
        println!("FALSE ALARM {line}");
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = rows.len() as f64 / seconds;
    println!(
        "{} files, {found} of {all} found, {agreed} right as whole or part, {} false alarms, \
         {problems} problems, {rate:.0} files/s",
        rows.len(),
        false_alarms.len(),
    );
    assert_eq!(false_alarms, Vec::<String>::new());
    assert_eq!(missed, Vec::<String>::new());
    assert!(agreed * 100 >= all * 95);
}
