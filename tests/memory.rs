//! What examining one file takes of memory at its peak, whatever the lengths in it say. A binary of its
//! own, because it counts every allocation of its process; so it is one test.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says so by panicking"
)]

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use genlock::detect::{Settings, Source, examine};
use genlock::model::Trust;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The stated bound, in bytes.
const BOUND: usize = 64 << 20;

/// The largest file that is used as a seed.
const SEED_MAX: u64 = 128 << 10;

/// A file, and behind it zeros without an end: no length that it states runs past the end.
struct Endless<'a> {
    start: &'a [u8],
    at: u64,
}

impl Read for Endless<'_> {
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

impl Seek for Endless<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if (16..=SEED_MAX).contains(&path.metadata().unwrap().len()) {
            out.push(path);
        }
    }
}

/// The most that was allocated at once, in bytes, beyond what was before.
fn peak(source: &mut dyn Source, len: u64, head: &[u8], settings: &Settings) -> usize {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    drop(examine(source, len, head, settings));
    HEAP.peak_usage().saturating_sub(before)
}

/// A PNG with so many texts of JSON, each of small values with about this many brackets, colons and
/// commas, in at most 4 MiB.
fn dense(texts: usize, value: &str, marks: usize) -> Vec<u8> {
    let mut text = format!("prompt\0{{\"a\":[{value}");
    let each = 1 + value.bytes().filter(|byte| b"{[:,".contains(byte)).count();
    for _ in 0..(marks / each).min((4 << 20) / (value.len() + 1) - 16) {
        text.push(',');
        text.push_str(value);
    }
    text.push_str("]}");
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    let header = b"\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0";
    let chunk = [&length[..], b"tEXt", text.as_bytes(), b"\0\0\0\0"].concat();
    [b"\x89PNG\r\n\x1a\n", &header[..], &chunk.repeat(texts)].concat()
}

/// A PNG with as many texts of JSON of this length as are kept, each one long value, with this for a quote,
/// within this.
fn long(length: usize, quote: &str, around: &str) -> Vec<u8> {
    let text = "x".repeat(length - 64);
    let text = format!("prompt\0{around}{{{quote}a{quote}:{quote}{text}{quote}}}{around}");
    let size = u32::try_from(text.len()).unwrap().to_be_bytes();
    let start = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0";
    let chunk = [&size[..], b"tEXt", text.as_bytes(), b"\0\0\0\0"].concat();
    [start.to_vec(), chunk.repeat((24 << 20) / length)].concat()
}

/// A lossless `WebP` of as many pixels as are looked through.
fn pixels() -> Vec<u8> {
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file)
        .encode(&vec![0xfe; 2896 * 2896 * 4], 2896, 2896, image_webp::ColorType::Rgba8)
        .unwrap();
    file
}

/// A PNG with XMP of these many MiB, each packet one long property.
fn packets(sizes: &[usize]) -> Vec<u8> {
    let chunk = |mib: &usize| {
        let text = "x".repeat((mib << 20) - 1024);
        let packet = format!(
            "XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x='adobe:ns:meta/'>\
             <r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
             xmlns:d='http://purl.org/dc/elements/1.1/'><r:Description d:source='{text}'/></r:RDF></x:xmpmeta>"
        );
        let length = u32::try_from(packet.len()).unwrap().to_be_bytes();
        [&length[..], b"iTXt", packet.as_bytes(), b"\0\0\0\0"].concat()
    };
    let start = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0";
    [start.to_vec(), sizes.iter().flat_map(chunk).collect()].concat()
}

/// Documents that take the most for their length: wide characters, elements in elements, filters.
fn documents() -> Vec<(&'static str, Vec<u8>)> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let rdf = "xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:d='http://purl.org/dc/elements/1.1/'";
    let long = |count: usize| "\u{72d0}".repeat(count - 1024) + "&amp;";
    let packet = |value: &str| {
        format!("<?xpacket?><r:RDF {rdf}><r:Description d:source='{value}'/></r:RDF>")
    };
    let drawing = |count: usize| format!("<svg {rdf}>{}</svg>", packet(&long(count)));
    let stream = |filter: &str, data: &str| {
        let start = format!("%PDF-1.7\n1 0 obj <</Type/Metadata/Filter{filter}>>stream\n");
        [start.as_bytes(), data.as_bytes(), b"\nendstream"].concat()
    };
    let digits = (16 << 20) - 1024;
    vec![
        ("a packet of wide characters", wide(&packet(&long(8 << 20)))),
        ("a packet of wide characters that is read", wide(&packet(&long(5 << 20)))),
        ("a drawing of wide characters", wide(&drawing(8 << 20))),
        ("a drawing of wide characters that is read", wide(&drawing(5 << 20))),
        ("groups in groups", format!("<svg>{}", "<g>".repeat(5 << 20)).into_bytes()),
        (
            "groups behind a packet",
            format!("{}{}", packet("x"), "<g>".repeat(5 << 20)).into_bytes(),
        ),
        ("a stream in hexadecimal", stream("/AHx", &"3c".repeat(digits / 2))),
        ("a stream to the base 85", stream("/A85", &"4ErMC".repeat(digits / 5))),
    ]
}

#[test]
fn no_file_takes_more_than_the_stated_bound_whatever_its_lengths_say() {
    let settings = Settings::default().deep(true);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths = Vec::new();
    files(&fixtures.join("marks"), &mut paths);
    files(&fixtures.join("editorial"), &mut paths);
    if let Some(seeds) = std::env::var_os("GENLOCK_SEEDS") {
        files(Path::new(&seeds), &mut paths);
    }
    assert!(paths.len() > 100, "{}", paths.len());
    let seeds: Vec<(PathBuf, Vec<u8>)> =
        paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    let mut worst = (0, String::new());
    let mut note = |peak: usize, what: &dyn Fn() -> String| {
        if peak > worst.0 {
            worst = (peak, what());
        }
        assert!(peak <= BOUND, "{peak} bytes for {}", what());
    };
    // What is built once for all files is no cost of one.
    for (_, data) in &seeds {
        examine(&mut Cursor::new(data), data.len() as u64, data, &settings);
    }
    let lies: [&[u8]; 5] = [
        b"\x7f\xff\xff\xff",
        b"\0\xff\xff\xf0",
        b"\xff\xff\xff\x3f",
        b"\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\0\0\0\x3f\xff\xff\xff\xff",
    ];
    // Places in each file: `GENLOCK_LIES` of them, for a longer look.
    let places = std::env::var("GENLOCK_LIES").map_or(12, |places| places.parse().unwrap());
    let mut looked = 0;
    for (number, (path, original)) in seeds.iter().enumerate() {
        let stride = (original.len() / places).max(1) | 1;
        for (turn, at) in (0..original.len()).step_by(stride).enumerate() {
            let lie = lies[turn % lies.len()];
            let mut data = original.clone();
            let end = (at + lie.len()).min(data.len());
            data[at..end].copy_from_slice(&lie[..end - at]);
            let head = &data[..data.len().min(64)];
            let what = || format!("{} at {at} with {lie:x?}", path.display());
            note(peak(&mut Cursor::new(&data), data.len() as u64, head, &settings), &what);
            // A signed file without an end would be hashed without an end.
            let signed = data.windows(4).any(|word| word == b"c2pa" || word == b"jumb");
            // Slow: what is believed to be there is read.
            if (number + turn) % 89 == 0 && !signed {
                let mut endless = Endless { start: &data, at: 0 };
                note(peak(&mut endless, 1 << 40, head, &settings), &what);
            }
            looked += 1;
        }
    }
    assert!(looked > 1_000, "{looked}");
    for value in ["0", "{}", "{\"a\":0}", "[[]]", "\"\""] {
        // Just under what is parsed, and far beyond.
        for (texts, marks) in [(1, 249_000), (2, 124_000), (8, usize::MAX)] {
            let file = dense(texts, value, marks);
            let took = peak(&mut Cursor::new(&file), file.len() as u64, &file[..64], &settings);
            println!("{texts} dense texts of {value}: {took} bytes");
            let what = || format!("{texts} dense texts of {value}");
            note(took, &what);
        }
    }
    for (name, file) in [
        ("as many pixels as are decoded", pixels()),
        ("long texts of JSON", long(4 << 20, "\"", "")),
        ("long texts in texts of JSON", long(1 << 20, "\\\"", "\"")),
        ("long texts with escaped quotes", long(1 << 20, "\\\"", "")),
        ("long texts with entities", long(1 << 20, "&quot;", "")),
        ("a long packet and a shorter one", packets(&[16, 8])),
        ("packets beyond what is kept", packets(&[8, 16, 16, 16])),
    ] {
        let took = peak(&mut Cursor::new(&file), file.len() as u64, &file[..64], &settings);
        println!("{name}: {took} bytes");
        note(took, &|| name.to_owned());
    }
    for (name, file) in documents() {
        let took = peak(&mut Cursor::new(&file), file.len() as u64, &file[..64], &settings);
        println!("{name}: {took} bytes");
        note(took, &|| name.to_owned());
    }
    println!("{looked} files, at most {} bytes: {}", worst.0, worst.1);
}

/// A signed film of so many MiB, most of it a hole in the file.
fn film(mib: u64) -> tempfile::NamedTempFile {
    const CERTIFICATE: &[u8] = include_bytes!("../fixtures/generate/keys/TEST_ONLY_leaf_cert.pem");
    const KEY: &[u8] = include_bytes!("../fixtures/generate/keys/TEST_ONLY_leaf_key.pem");
    let small = "fixtures/editorial/conform/reel1/video/int_detective_a001c003.mov";
    let mut start = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(small)).unwrap();
    let size = mib << 20;
    start.extend(1_u32.to_be_bytes());
    start.extend(b"mdat");
    start.extend(size.to_be_bytes());
    let mut plain = tempfile::tempfile().unwrap();
    plain.write_all(&start).unwrap();
    plain.set_len(start.len() as u64 - 16 + size).unwrap();
    let definition = r#"{"assertions": [{"label": "c2pa.actions", "data": {"actions": [{
        "action": "c2pa.created", "digitalSourceType":
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}]}}]}"#;
    let mut builder = c2pa::Builder::default().with_definition(definition).unwrap();
    let signing = c2pa::SigningAlg::Es256;
    let signer = c2pa::create_signer::from_keys(CERTIFICATE, KEY, signing, None).unwrap();
    let mut out = tempfile::NamedTempFile::new().unwrap();
    plain.rewind().unwrap();
    builder.sign(&*signer, "video/quicktime", &mut plain, &mut out).unwrap();
    out
}

/// What the library takes at most: a piece that is read, one that is hashed, and one that a busy machine has
/// not let go of yet.
const LIBRARY: usize = 3 * (256 << 20);

/// Takes a gigabyte of disk and minutes: `cargo test --release --test memory -- --ignored --nocapture`.
#[test]
#[ignore = "makes large files"]
fn a_large_signed_film_takes_a_stated_bound_once_however_many_look() {
    for mib in [24, 200, 700] {
        let file = film(mib);
        let (path, len) = (file.path(), file.as_file().metadata().unwrap().len());
        let settings = Settings::default();
        let look = || {
            // Opened anew: clones share one cursor.
            let mut file = fs::File::open(path).unwrap();
            let mut head = vec![0; 4096];
            file.read_exact(&mut head).unwrap();
            let got = examine(&mut file, len, &head, &settings).examination;
            assert_eq!(got.problems, []);
            assert_eq!(got.evidence[0].trust, Some(Trust::ValidUntrusted));
        };
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        look();
        let alone = HEAP.peak_usage() - before;
        HEAP.reset_peak_usage();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(look);
            }
        });
        let together = HEAP.peak_usage() - before;
        println!("{mib} MiB: {} MiB alone, {} MiB for four at once", alone >> 20, together >> 20);
        assert!(alone <= LIBRARY + BOUND, "{alone}");
        assert!(together <= LIBRARY + BOUND, "{together}");
    }
}
