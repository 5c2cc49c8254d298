//! What a file can cost, whatever it says: memory under a limit that the system itself enforces, and
//! time in proportion to its size.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::detect::container::{bmff, id3, jpeg, matroska, png, riff, tiff};
use crate::detect::hostile_tests::samples;
use crate::detect::{Settings, examine};

/// Set for the process that runs under the limit.
const INSIDE: &str = "GENLOCK_TEST_BOUNDED";
/// All that examining one file may hold at once, in a process that does nothing else.
const BOUND: u64 = 128 << 20;

/// A sample, and behind it zeros without an end: no length that it states runs past the end.
struct Endless {
    start: Vec<u8>,
    at: u64,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let start = self.start.get(at..).unwrap_or_default();
        let known = start.len().min(into.len());
        into[..known].copy_from_slice(&start[..known]);
        into[known..].fill(0);
        self.at += into.len() as u64;
        Ok(into.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

/// Address space in use, in bytes.
fn held() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
#[cfg(target_os = "linux")]
fn no_length_that_a_file_states_is_believed() {
    if std::env::var_os(INSIDE).is_none() {
        let name = "detect::bounds_tests::no_length_that_a_file_states_is_believed";
        let mut child = Command::new(std::env::current_exe().unwrap());
        // One arena: glibc reserves address space for each thread otherwise.
        let child = child.args(["--exact", name]).env(INSIDE, "1").env("MALLOC_ARENA_MAX", "1");
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let samples = samples();
    let settings = Settings::default();
    let look = |data: Vec<u8>| {
        let head = data.get(..64).unwrap_or(&data).to_vec();
        examine(&mut Endless { start: data, at: 0 }, 1 << 40, &head, &settings)
    };
    // What is built once for all files is no cost of one.
    for sample in &samples {
        look(sample.clone());
    }
    let mut limit = getrlimit(Resource::As);
    limit.current = Some(held() + BOUND);
    setrlimit(Resource::As, limit).unwrap();
    // A stride that is no multiple of anything meets every place of a sample in time, and a bound on
    // time, since each block that is believed to be large is read.
    let (start, mut looked) = (now(), 0);
    for turn in 0.. {
        if start.elapsed() > Duration::from_secs(3) {
            break;
        }
        let mut data = samples[turn % samples.len()].clone();
        let at = turn * 7919 % (data.len() - 3);
        let lies = [[0x7f, 0xff, 0xff, 0xff], [0, 0xff, 0xff, 0xf0], [0xff, 0xff, 0xff, 0x3f]];
        data[at..at + 4].copy_from_slice(&lies[turn % 3]);
        look(data);
        looked += 1;
    }
    assert!(looked > 10, "{looked}");
}

#[expect(clippy::disallowed_methods, reason = "a bound on patience; nothing judged")]
fn now() -> Instant {
    Instant::now()
}

/// A file with so many of something.
type Craft<'a> = Box<dyn Fn(usize) -> Vec<u8> + 'a>;

/// Processor time of this thread: what else the machine does must not decide.
fn on_this_core() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

fn time(data: &[u8]) -> Duration {
    let settings = Settings::default();
    let once = || {
        let start = on_this_core();
        examine(
            &mut Cursor::new(data),
            data.len() as u64,
            &data[..data.len().min(4096)],
            &settings,
        );
        on_this_core().saturating_sub(start)
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

#[test]
fn a_file_eight_times_as_large_does_not_take_sixty_four_times_as_long() {
    const GROWN: usize = 8;
    let texts = |key: &'static str, value: &'static str| {
        move |count: usize| {
            let chunk = png::tests::chunk(b"tEXt", format!("{key}\0{value}").as_bytes());
            png::tests::png(&vec![chunk; count])
        }
    };
    let signature = format!("Signature: {}", "A".repeat(64));
    let packet = "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
        xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'><r:Description e:AISystemUsed='x'/></r:RDF>";
    let labelled = id3::tests::id3(&[(b"TXXX", b"\0AIGC\0{\"Label\":\"1\"}")]);
    let crafted: [(&str, Craft<'_>); 9] = [
        ("texts", Box::new(texts("k", "v"))),
        ("prompts", Box::new(texts("prompt", "a cat"))),
        ("labels", Box::new(texts("AIGC", "{\"Label\":\"1\"}"))),
        ("graphs", Box::new(texts("parameters", "a\nSteps: 1, Sampler: b, Seed: 3"))),
        (
            "packets",
            Box::new(|count| {
                let body = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
                jpeg::tests::jpeg(&vec![jpeg::tests::segment_bytes(0xe1, &body); count / 8])
            }),
        ),
        (
            "signatures",
            Box::new(|count| {
                let exif = tiff::tests::tiff(&[(270, 2, signature.as_bytes())]);
                let body = [b"Exif\0\0", exif.as_slice()].concat();
                jpeg::tests::jpeg(&vec![jpeg::tests::segment_bytes(0xe1, &body); count / 8])
            }),
        ),
        (
            "boxes",
            Box::new(|count| {
                let boxes = bmff::tests::bx(b"udta", &bmff::tests::bx(b"\xa9cmt", b"\0\x01\0\0x"));
                [bmff::tests::bx(b"ftyp", b"isom\0\0\0\0"), boxes.repeat(count)].concat()
            }),
        ),
        (
            "elements",
            Box::new(|count| {
                matroska::tests::tagged("AIGC", "{\"Label\":\"1\"}").repeat(count / 4)
            }),
        ),
        (
            "tags",
            Box::new(|count| {
                riff::tests::riff(b"WAVE", &vec![riff::tests::chunk(b"id3 ", &labelled); count / 8])
            }),
        ),
    ];
    for (name, craft) in crafted {
        let small = time(&craft(2_000));
        let large = time(&craft(2_000 * GROWN));
        // Under a tenth of a second noise decides, and nothing is quadratic that matters.
        let fine = large < Duration::from_millis(100) || large < small * 32;
        assert!(fine, "{name}: {small:?} and {large:?}");
    }
}
