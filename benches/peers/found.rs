//! What each tool finds in the corpus, and what it calls AI that is not.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use genlock::detect::{Settings, examine};
use genlock::model::AiStatus;
use genlock::origin::Origin;

use crate::labels::Label;
use crate::tools::{Answer, Peer};

/// What a tool made of all labelled files.
#[derive(Default)]
struct Score {
    found: usize,
    missed: usize,
    false_alarms: usize,
    clear: usize,
    failed: usize,
}

/// Asks every tool about every file that is labelled AI or not AI, and prints a row for each.
pub fn compare(corpus: &Path, labels: &[Label], peers: &[Peer]) {
    let judged: Vec<(&Label, bool)> =
        labels.iter().filter_map(|label| Some((label, label.ai()?))).collect();
    let ai = judged.iter().filter(|(_, ai)| *ai).count();
    println!("\n{} files that declare AI, {} that must not be called so", ai, judged.len() - ai);
    println!("| tool | found | false alarms | no answer |");
    println!("|---|---|---|---|");
    let settings = Settings::default();
    row("genlock", ai, judged.len(), &judged, |label| {
        ours(&corpus.join(&label.path), label.ai() == Some(false), &settings)
    });
    for peer in peers {
        let ask = |label: &Label| peer.ask(&corpus.join(&label.path));
        row(peer.name(), ai, judged.len(), &judged, ask);
        if *peer == Peer::Aicheck {
            let peer = Peer::AicheckMedium;
            let ask = |label: &Label| peer.ask(&corpus.join(&label.path));
            row(peer.name(), ai, judged.len(), &judged, ask);
        }
    }
}

fn row(
    name: &str,
    ai: usize,
    all: usize,
    judged: &[(&Label, bool)],
    ask: impl Fn(&Label) -> Answer,
) {
    let mut score = Score::default();
    for (label, ai) in judged {
        match (ask(label), ai) {
            (Answer::Failed, _) => score.failed += 1,
            (Answer::Ai, true) => score.found += 1,
            (Answer::No, true) => score.missed += 1,
            (Answer::Ai, false) => score.false_alarms += 1,
            (Answer::No, false) => score.clear += 1,
        }
    }
    println!(
        "| {name} | {} of {ai} | {} of {} | {} |",
        score.found,
        score.false_alarms,
        all - ai,
        score.failed
    );
}

/// Our own answer: a status of AI or AI in part, as a scan would record it. `suspect` does not count
/// as found, and does count as an alarm.
fn ours(path: &Path, suspect_is_ai: bool, settings: &Settings) -> Answer {
    let Ok(mut file) = File::open(path) else { return Answer::Failed };
    let Ok(metadata) = file.metadata() else { return Answer::Failed };
    let mut head = Vec::new();
    if file.by_ref().take(64 << 10).read_to_end(&mut head).is_err() {
        return Answer::Failed;
    }
    let examined = examine(&mut file, metadata.len(), &head, settings);
    match Origin::of(&examined.examination.evidence, None).status {
        AiStatus::Ai | AiStatus::AiPart => Answer::Ai,
        AiStatus::Suspect if suspect_is_ai => Answer::Ai,
        _ => Answer::No,
    }
}
