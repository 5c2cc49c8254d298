//! How many files each tool reads in a second: whole processes, taking turns, everything in the page
//! cache.

use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use genlock::detect::{Settings, examine};

use crate::labels::Label;
use crate::tools::{Answer, Peer, run};
use crate::tree;

/// The word by which this program is told to be the detector alone.
pub const DETECT: &str = "--detect-tree";
const ROUNDS: usize = 3;
/// What is read of a file before anything is known of it.
const HEAD: u64 = 4 << 10;

type Job<'a> = Box<dyn Fn() -> Result<(), Box<dyn Error>> + 'a>;

/// Builds the tree and measures.
pub fn compare(corpus: Option<(&Path, &[Label])>, peers: &[Peer]) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let root = dir.path().join("tree");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/editorial");
    let crashing = crashing(corpus, peers);
    let bytes = tree::grow(&root, corpus, &fixtures, &crashing)?;
    println!(
        "\n{} mixed files, {} MB, {} of them signed",
        tree::FILES,
        bytes / 1_000_000,
        tree::signed_files()
    );
    let files = all(&root)?;
    let itself = std::env::current_exe()?;
    let detector = || run(Command::new(&itself).arg(DETECT).arg(&root), &[0]);
    let scan = || scan(&root);
    let mut jobs: Vec<(&str, bool, Job<'_>)> = vec![
        ("genlock, the detector alone", false, Box::new(detector)),
        ("genlock init and scan", false, Box::new(scan)),
    ];
    for peer in peers {
        for way in peer.ways() {
            jobs.push((way.name, way.each, Box::new(|| peer.read_tree(way, &root, &files))));
        }
    }
    let mut times = vec![(Vec::new(), Vec::new()); jobs.len()];
    for round in 0..=ROUNDS {
        for ((_, each, job), (wall, cpu)) in jobs.iter().zip(&mut times) {
            // Two thousand processes take long enough to be measured once.
            if *each && round != 1 {
                continue;
            }
            let (began, before) = (Instant::now(), children_cpu()?);
            job()?;
            if round > 0 {
                wall.push(began.elapsed().as_secs_f64());
                cpu.push(children_cpu()? - before);
            }
        }
    }
    println!(
        "| tool | seconds | of processor | files a second | beside the detector | beside the scan |"
    );
    println!("|---|---|---|---|---|---|");
    for ((name, _, _), (wall, cpu)) in jobs.iter().zip(&times) {
        let seconds = median(wall.clone());
        println!(
            "| {name} | {seconds:.3} | {:.2} | {:.0} | {:.1}x, of processor {:.1}x | {:.1}x |",
            median(cpu.clone()),
            f64::from(tree::FILES) / seconds,
            ratio(wall, &times[0].0),
            ratio(cpu, &times[0].1),
            ratio(wall, &times[1].0),
        );
    }
    Ok(())
}

/// Only makes the tree, to be kept: for a profile of the detector alone.
pub fn grow(corpus: Option<(&Path, &[Label])>, root: &Path) -> Result<(), Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/editorial");
    let bytes = tree::grow(root, corpus, &fixtures, &crashing(corpus, &[Peer::Aicheck]))?;
    println!("{} files, {} MB", tree::FILES, bytes / 1_000_000);
    Ok(())
}

/// Processor time of all processes that were waited for, in seconds. On a busy machine it says more
/// than the clock.
fn children_cpu() -> Result<f64, Box<dyn Error>> {
    /// Linux counts in hundredths for programs, whatever it counts in itself.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name may hold anything; fields are counted behind it, the 16th and 17th of all.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    let mut fields = fields.split(' ').skip(13);
    let mut next = || fields.next().and_then(|field| field.parse::<f64>().ok()).ok_or("no time");
    Ok((next()? + next()?) / TICKS)
}

/// The median of the ratios, pair by pair.
fn ratio(theirs: &[f64], ours: &[f64]) -> f64 {
    median(theirs.iter().zip(ours).map(|(theirs, ours)| theirs / ours).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Files of the corpus that end a tool's run over a whole tree. They are left out for all.
fn crashing(corpus: Option<(&Path, &[Label])>, peers: &[Peer]) -> Vec<PathBuf> {
    let Some((corpus, labels)) = corpus.filter(|_| peers.contains(&Peer::Aicheck)) else {
        return Vec::new();
    };
    let mut crashing = Vec::new();
    for label in labels {
        let path = corpus.join(&label.path);
        if Peer::Aicheck.ask(&path) == Answer::Failed {
            println!("left out, since it ends a run of aicheck: {}", label.path);
            crashing.push(path);
        }
    }
    crashing
}

fn all(root: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for folder in fs::read_dir(root)? {
        let folder = folder?.path();
        if !folder.ends_with(".genlock") {
            for entry in fs::read_dir(folder)? {
                files.push(entry?.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What a scan asks of the detector, without hashing and recording: every file of a tree, on all
/// cores.
pub fn detect(root: &Path) -> Result<(), Box<dyn Error>> {
    let files = all(root)?;
    let settings = Settings::default();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism()?.get();
    let marked: usize = std::thread::scope(|scope| {
        let work = || {
            let mut marked = 0;
            while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                marked += usize::from(look(path, &settings).unwrap_or(false));
            }
            marked
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    });
    println!("{} files, {marked} with a mark", files.len());
    Ok(())
}

fn look(path: &Path, settings: &Settings) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut head = Vec::with_capacity(usize::try_from(HEAD.min(len)).unwrap_or(0));
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok(!examine(&mut file, len, &head, settings).examination.evidence.is_empty())
}

fn scan(root: &Path) -> Result<(), Box<dyn Error>> {
    let control = root.join(".genlock");
    if control.is_dir() {
        fs::remove_dir_all(control)?;
    }
    for command in ["init", "scan"] {
        let mut genlock = Command::new(env!("CARGO_BIN_EXE_genlock"));
        // 4: some files could not be examined whole, which is so in this tree.
        run(genlock.args(["--quiet", command]).current_dir(root), &[0, 4])?;
    }
    Ok(())
}
