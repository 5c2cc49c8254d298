//! Scans beside `b3sum`, re-scans and gates beside `find -printf`, paired: the commands take turns, and what
//! is printed is the median of each and the median of the ratios.
//!
//! `cargo bench --bench scan -- [DIR] [--quick]`. Trees are made under DIR (default: the system's
//! temporary folder) and taken away again: one file of 4 GiB, 20,000 of 200 KiB, 200,000 of 4 KiB;
//! a tenth of that with `--quick`. Everything is in the page cache. Needs b3sum and find.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 5;

struct Tree {
    name: &'static str,
    files: u64,
    size: usize,
    a_folder: u64,
}

const TREES: [Tree; 3] = [
    Tree { name: "one large file", files: 1, size: 4 << 30, a_folder: 1 },
    Tree { name: "200 KiB files", files: 20_000, size: 200 << 10, a_folder: 100 },
    Tree { name: "4 KiB files", files: 200_000, size: 4 << 10, a_folder: 40 },
];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let base = words.iter().find(|word| !word.starts_with('-')).map(PathBuf::from);
    let dir = match base {
        Some(base) => tempfile::tempdir_in(base)?,
        None => tempfile::tempdir()?,
    };
    for tree in TREES {
        let files = if quick && tree.files > 1 { tree.files / 10 } else { tree.files };
        let size = if quick && tree.files == 1 { tree.size / 10 } else { tree.size };
        let root = dir.path().join(tree.name.replace(' ', "-"));
        grow(&root, files, size, tree.a_folder)?;
        println!("{}: {files} x {size} bytes", tree.name);
        let (anew, again) = (|| anew(&root), || Ok(()));
        let scan = || genlock(&root, &["scan"]);
        pair(&anew, "scan", &scan, "b3sum", &|| b3sum(&root, &[]))?;
        if files == 1 {
            pair(&anew, "scan", &scan, "b3sum --no-mmap", &|| b3sum(&root, &["--no-mmap"]))?;
        } else {
            pair(&again, "re-scan", &scan, "find -printf", &|| find(&root))?;
            genlock(&root, &["deliverable", "add", "EP101", "--path", "**"])?;
            let gate = || genlock(&root, &["gate", "EP101"]);
            pair(&again, "gate", &gate, "find -printf", &|| find(&root))?;
        }
        fs::remove_dir_all(&root)?;
    }
    Ok(())
}

/// Files with contents of their own, so that no two are one asset.
fn grow(root: &Path, files: u64, size: usize, a_folder: u64) -> Result<(), Box<dyn Error>> {
    let block = b"0123456789abcdefghijklmnopqrstuv".repeat(size.min(1 << 20).div_ceil(32));
    for file in 0..files {
        let folder = root.join(format!("shot{:05}", file / a_folder));
        if file % a_folder == 0 {
            fs::create_dir_all(&folder)?;
        }
        let mut out = fs::File::create(folder.join(format!("clip_{file:07}.bin")))?;
        out.write_all(&file.to_le_bytes())?;
        let mut left = size - 8;
        while left > 0 {
            let part = left.min(block.len());
            out.write_all(&block[..part])?;
            left -= part;
        }
    }
    Ok(())
}

type Job<'a> = &'a dyn Fn() -> Result<(), Box<dyn Error>>;

/// `before` is done before each of ours, and not measured.
fn pair(
    before: Job<'_>,
    ours: &str,
    a: Job<'_>,
    theirs: &str,
    b: Job<'_>,
) -> Result<(), Box<dyn Error>> {
    before()?;
    a()?;
    b()?;
    let (mut left, mut right, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        before()?;
        let (one, other) = (time(a)?, time(b)?);
        left.push(one);
        right.push(other);
        ratios.push(one / other);
    }
    println!(
        "  {ours} {:.3} s, {theirs} {:.3} s: {:.2}x (medians of {ROUNDS})",
        median(&mut left),
        median(&mut right),
        median(&mut ratios)
    );
    Ok(())
}

fn time(job: Job<'_>) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    job()?;
    Ok(began.elapsed().as_secs_f64())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A project of which nothing is known.
fn anew(root: &Path) -> Result<(), Box<dyn Error>> {
    let control = root.join(".genlock");
    if control.is_dir() {
        fs::remove_dir_all(control)?;
    }
    genlock(root, &["init"])
}

fn genlock(root: &Path, args: &[&str]) -> Result<(), Box<dyn Error>> {
    run(Command::new(env!("CARGO_BIN_EXE_genlock")).arg("--quiet").args(args).current_dir(root))
}

fn b3sum(root: &Path, flags: &[&str]) -> Result<(), Box<dyn Error>> {
    let list = Command::new("find")
        .arg(root)
        .args(["-type", "f", "-not", "-path", "*/.genlock/*", "-print0"])
        .stdout(Stdio::piped())
        .spawn()?;
    let list = list.stdout.ok_or("find has no output")?;
    run(Command::new("xargs").args(["-0", "b3sum"]).args(flags).stdin(list))
}

fn find(root: &Path) -> Result<(), Box<dyn Error>> {
    run(Command::new("find").arg(root).args(["-printf", "%s %T@ %C@ %i %p\\n"]))
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}
