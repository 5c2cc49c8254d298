//! Export beside `cp`, `sync -f` and `sha256sum` of the copy, and beside `ascmhl create` on it. Paired: the
//! commands take turns, and what is printed is each run and the median of the ratios.
//!
//! `cargo bench --bench export -- [DIR] [--quick]`. 8 GiB of mixed sizes are made under DIR (default: the
//! system's temporary folder), a tenth with `--quick`, and as much again for one copy at a time.
//! `GENLOCK_ASCMHL` names the program ascmhl; without it that row is left out, and said.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Bytes of a file and how many of it: films, mezzanines, frames, stills, papers.
const FILES: [(u64, u64); 5] =
    [(2 << 30, 1), (256 << 20, 12), (24 << 20, 100), (1 << 20, 600), (16 << 10, 3_000)];

const ROUNDS: usize = 3;

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let part = if words.iter().any(|word| word == "--quick") { 10 } else { 1 };
    let dir = match words.iter().find(|word| !word.starts_with('-')) {
        Some(base) => tempfile::tempdir_in(base)?,
        None => tempfile::tempdir()?,
    };
    let project = dir.path().join("project");
    let bytes = grow(&project.join("cut"), part)?;
    println!("{bytes} bytes");
    let genlock = |args: &[&str]| run(env!("CARGO_BIN_EXE_genlock"), args, &project);
    genlock(&["init"])?;
    genlock(&["scan"])?;
    genlock(&["deliverable", "add", "EP", "--path", "cut/**"])?;
    genlock(&["finalize", "EP"])?;
    let copy = dir.path().join("copy");
    let out = copy.to_str().ok_or("a path that is not UTF-8")?;
    let theirs = format!(
        "cp -a cut {out} && sync -f {out} && find {out} -type f -print0 | xargs -0 sha256sum > /dev/null"
    );
    let shell = || run("sh", &["-c", &theirs], &project);
    let ways: [(&str, &[&str]); 2] =
        [("export", &[]), ("export --no-read-back", &["--no-read-back"])];
    for (name, more) in ways {
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let args = [&["export", "EP", out][..], more].concat();
            let ours = timed(|| genlock(&args))?;
            fs::remove_dir_all(&copy)?;
            let peer = timed(shell)?;
            fs::remove_dir_all(&copy)?;
            println!("{name} {ours:.2} s, cp + sync -f + sha256sum {peer:.2} s");
            ratios.push(ours / peer);
        }
        ratios.sort_by(f64::total_cmp);
        println!("{name}: {:.2} of it", ratios[ROUNDS / 2]);
    }
    let Some(ascmhl) = std::env::var_os("GENLOCK_ASCMHL") else {
        println!("ascmhl create: left out, GENLOCK_ASCMHL names no program");
        return Ok(());
    };
    run("cp", &["-a", "cut", out], &project)?;
    let ascmhl = ascmhl.to_str().ok_or("a path that is not UTF-8")?;
    let manifest = timed(|| run(ascmhl, &["create", "-h", "xxh64", out], &project))?;
    println!("ascmhl create -h xxh64 of the copy: {manifest:.2} s, hashing alone");
    Ok(())
}

fn grow(root: &Path, part: u64) -> Done<u64> {
    let block = b"0123456789abcdefghijklmnopqrstuv".repeat(1 << 15);
    let mut written = 0;
    for (size, count) in FILES {
        let folder = root.join(format!("of-{size}"));
        fs::create_dir_all(&folder)?;
        for file in 0..count.div_ceil(part) {
            let size = if count == 1 { size / part } else { size };
            let mut out = fs::File::create(folder.join(format!("clip_{file:07}.bin")))?;
            out.write_all(&file.to_le_bytes())?;
            let mut left = usize::try_from(size)? - 8;
            while left > 0 {
                let some = left.min(block.len());
                out.write_all(&block[..some])?;
                left -= some;
            }
            written += size;
        }
    }
    Ok(written)
}

fn timed(work: impl FnOnce() -> Done<()>) -> Done<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}

fn run(program: &str, args: &[&str], dir: &Path) -> Done<()> {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status()?;
    if !status.success() {
        return Err(format!("{program} {args:?} gave {status}").into());
    }
    Ok(())
}
