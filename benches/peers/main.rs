//! Genlock beside other detectors on the same files, in one run: what each finds, what it calls AI
//! by mistake, and how many files it reads in a second.
//!
//! `cargo bench --bench peers -- [--found | --speed]`; `--grow DIR` only makes the tree, to be kept. The
//! corpus is at `GENLOCK_CORPUS`, else `../shared/corpus`. The tools are looked for in `PATH`: aicheck
//! (`cargo install aicheck --version 0.2.0`), exiftool, c2patool (`cargo install c2patool --locked`). What is
//! absent is said loudly and left out.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

mod found;
mod labels;
mod speed;
mod tools;
mod tree;

use std::error::Error;
use std::path::{Path, PathBuf};

use tools::Peer;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(root) = words.iter().position(|word| word == speed::DETECT).map(|at| at + 1) {
        return speed::detect(Path::new(words.get(root).ok_or("no tree given")?));
    }
    let keep = words.iter().position(|word| word == "--grow").and_then(|at| words.get(at + 1));
    let corpus = std::env::var_os("GENLOCK_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    let labels = labels::read(&corpus);
    if labels.is_none() {
        println!("ABSENT: the corpus, at {}; set GENLOCK_CORPUS", corpus.display());
    }
    if let Some(root) = keep {
        let corpus = labels.as_deref().map(|labels| (&*corpus, labels));
        return speed::grow(corpus, Path::new(root));
    }
    let mut peers = Vec::new();
    for peer in [Peer::Aicheck, Peer::Exiftool, Peer::C2patool] {
        match peer.version() {
            Some(version) => {
                println!("{}: {version}", peer.name());
                peers.push(peer);
            }
            None => println!("ABSENT: {}; its row is missing", peer.name()),
        }
    }
    if let Some(labels) = &labels
        && !words.iter().any(|word| word == "--speed")
    {
        found::compare(&corpus, labels, &peers);
    }
    if !words.iter().any(|word| word == "--found") {
        speed::compare(labels.as_deref().map(|labels| (&*corpus, labels)), &peers)?;
    }
    Ok(())
}
