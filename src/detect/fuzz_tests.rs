//! A campaign of mutated files on the stable toolchain: what `fuzz/` does with coverage, done blindly
//! on every test run for a moment, and for as many seconds of processor time as `GENLOCK_FUZZ_SECONDS`
//! says (all families together). A finding is a panic, a file that takes too long, or one that takes
//! too much memory. Seeds are the fixtures, the crafted samples and, where it is, the small files of the
//! corpus. A finding is written to the temporary directory before the test fails.
//! `GENLOCK_FUZZ_SEED` is the number that decides what is mutated; `GENLOCK_FUZZ_FAMILY` runs one
//! family alone; `GENLOCK_FUZZ_SEEDS` names a directory to write the seeds to, for `fuzz/`.

use std::fs;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::detect::container::stealth;
use crate::detect::hostile_tests::samples;
use crate::detect::{Settings, examine};

const FAMILIES: &[(&str, &[&str])] = &[
    ("still", &["image/"]),
    ("video", &["video/", "application/mxf"]),
    ("audio", &["audio/"]),
    ("document", &["application/pdf", "image/svg", "application/", "text/"]),
];
/// The largest seed: more bytes are not more structure.
const SEED_MAX: u64 = 128 << 10;
/// What one file may take of the processor, in an unoptimised build.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the process may hold at its peak, in KiB: the seeds, the library of C2PA, one file.
const GREED: u64 = 512 << 10;

/// Xorshift: the same files for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % bound.max(1) as u64).unwrap()
    }
}

fn family(media_type: &str) -> &'static str {
    let svg = media_type == "image/svg+xml";
    let found = FAMILIES
        .iter()
        .find(|(_, types)| types.iter().any(|start| media_type.starts_with(start)) && !svg);
    found.map_or("document", |(family, _)| family)
}

/// Files in a directory and below, in a fixed order.
fn files(directory: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let Ok(kind) = path.symlink_metadata() else {
            continue;
        };
        if kind.is_dir() {
            files(&path, out);
        } else if kind.is_file() && (16..=SEED_MAX).contains(&kind.len()) {
            out.push(path);
        }
    }
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let mut paths = Vec::new();
    for folder in ["fixtures/editorial", "fixtures/marks"] {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut paths);
    }
    if let Some(corpus) = std::env::var_os("GENLOCK_CORPUS") {
        files(Path::new(&corpus), &mut paths);
    }
    let read = paths.iter().map(|path| fs::read(path).unwrap());
    let of = |data: Vec<u8>| {
        let len = data.len() as u64;
        let got = examine(&mut Cursor::new(&data), len, &data, &Settings::default());
        (family(got.media_type), data)
    };
    let hidden = stealth::tests::hide("stealth_pngcomp", 40, 130, b"Steps: 1, Sampler: b, Seed: 3");
    samples().into_iter().chain([hidden]).chain(read).map(of).collect()
}

/// One change of a kind that parsers trip over.
fn mutate(data: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    const LENGTHS: [u32; 10] =
        [0, 1, 7, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff];
    if data.is_empty() {
        data.push(0);
    }
    // Structure stands mostly at the beginning.
    let reach = if dice.below(3) == 0 { data.len() } else { data.len().min(512) };
    let at = dice.below(reach);
    let span = (1 + dice.below(64)).min(data.len() - at);
    match dice.below(9) {
        0 => data[at] ^= 1 << dice.below(8),
        1 => data[at] = dice.roll().to_le_bytes()[0],
        2 => data.truncate(at),
        3 => drop(data.drain(at..at + span)),
        4 => {
            let part = data[at..at + span].to_vec();
            let into = dice.below(data.len());
            data.splice(into..into, part);
        }
        5 => {
            let from = dice.below(other.len());
            let part = other[from..(from + span).min(other.len())].to_vec();
            data.splice(at..at + span, part);
        }
        6 | 7 => {
            let value = LENGTHS[dice.below(LENGTHS.len())];
            let raw = if dice.below(2) == 0 { value.to_be_bytes() } else { value.to_le_bytes() };
            for (byte, new) in data[at..].iter_mut().zip(raw.into_iter().skip(dice.below(4))) {
                *byte = new;
            }
        }
        _ => data[at] = data[at].wrapping_add(if dice.below(2) == 0 { 1 } else { 255 }),
    }
}

/// Processor time of this thread, so that a campaign on a busy machine is as long as on an idle one;
/// the clock where the system does not say.
pub fn spent() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a bound on patience, nothing judged")]
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let ticks = || {
        let stat = fs::read_to_string("/proc/thread-self/stat").ok()?;
        // The name may hold anything; the fields wanted are the 14th and 15th of all.
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ').skip(11);
        let mut next = || fields.next()?.parse::<u64>().ok();
        Some(next()? + next()?)
    };
    ticks().map_or_else(|| BEGAN.elapsed(), |ticks| Duration::from_millis(ticks * 10))
}

/// The most memory this process ever had, in KiB; nothing where the system does not say.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn ends(name: &str, data: &[u8], head: usize, settings: &Settings) {
    let (start, before) = (spent(), peak());
    let result = catch_unwind(AssertUnwindSafe(|| {
        let head = &data[..head.min(data.len())];
        examine(&mut Cursor::new(data), data.len() as u64, head, settings);
    }));
    let grown = peak().saturating_sub(before.max(GREED));
    if result.is_ok() && spent().saturating_sub(start) < PATIENCE && grown == 0 {
        return;
    }
    let path = std::env::temp_dir().join(format!("genlock-finding-{name}-{}", data.len()));
    fs::write(&path, data).unwrap();
    println!("FINDING in {name}: {}", path.display());
    if let Err(panic) = result {
        resume_unwind(panic);
    }
    panic!("took {:?} and {grown} KiB more than {GREED}", spent().saturating_sub(start));
}

#[test]
fn mutated_files_of_each_family_end() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds: u64 = number("GENLOCK_FUZZ_SECONDS").unwrap_or(2);
    let seed = number("GENLOCK_FUZZ_SEED").unwrap_or(0x6765_6e6c_6f63_6b00);
    let only = std::env::var("GENLOCK_FUZZ_FAMILY").ok();
    let seeds = seeds();
    if let Some(directory) = std::env::var_os("GENLOCK_FUZZ_SEEDS") {
        for (number, (family, data)) in seeds.iter().enumerate() {
            let directory = Path::new(&directory).join(family);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(format!("seed-{number:03}")), data).unwrap();
        }
    }
    let families: Vec<&str> = FAMILIES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    assert!(!families.is_empty(), "no such family");
    let each = Duration::from_millis(seconds * 1000 / families.len() as u64);
    let kinds = [Settings::default(), Settings::default().deep(true)];
    for name in families {
        let ours: Vec<&[u8]> =
            seeds.iter().filter(|(family, _)| *family == name).map(|(_, data)| &data[..]).collect();
        assert!(ours.len() >= 2, "{name} has too few seeds");
        let mut dice = Dice(seed | 1);
        let start = spent();
        let mut executions = 0u64;
        while spent().saturating_sub(start) < each {
            let mut data = ours[dice.below(ours.len())].to_vec();
            let other = ours[dice.below(ours.len())];
            for _ in 0..=dice.below(6) {
                mutate(&mut data, other, &mut dice);
            }
            let head = [0, 16, 1 << 16][dice.below(3)];
            ends(name, &data, head, &kinds[dice.below(2)]);
            executions += 1;
        }
        let seconds = spent().saturating_sub(start).as_secs_f64();
        println!("{name}: {executions} executions of {} seeds in {seconds:.1} s", ours.len());
        assert!(executions > 0);
    }
}
