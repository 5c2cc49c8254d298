//! Whatever the bytes are, examining them ends soon and without a panic: random bytes behind every
//! magic, and well-formed files with bytes changed, cut off or repeated.

use std::io::Cursor;
use std::time::Duration;

use proptest::prelude::*;

use crate::detect::container::{
    ape, avc, bmff, dpx, flac, flv, id3, irb, jpeg, matroska, mxf, png, riff, samsung, tiff,
};
use crate::detect::fuzz_tests::spent;
use crate::detect::inflate::tests::{brotli, deflate};
use crate::detect::{Settings, examine};

/// Processor time that a small crafted file may take, in an unoptimised build.
const PATIENCE: Duration = Duration::from_secs(5);

const MAGICS: &[&[u8]] = &[
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe1",
    b"\xff\xd8\xff\xeb",
    b"GIF89a",
    b"II\x2a\0\x08\0\0\0",
    b"MM\0\x2b\0\x08\0\0",
    b"RIFF\xff\xff\0\0WEBP",
    b"RIFF\xff\xff\0\0WAVE",
    b"RF64\xff\xff\xff\xffWAVEds64",
    b"FORM\0\0\xff\xffAIFF",
    b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\xff",
    b"\0\0\0\x10ftypmif1\0\0\0\0",
    b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\xffmoov",
    b"\0\0\0\x10ftypheic\0\0\0\0\0\0\x01\0meta\0\0\0\0\0\0\0\x20iloc",
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"ID3\x03\0\0\0\0\x7f\x7f",
    b"ID3\x04\0\xff\0\0\x7f\x7f",
    b"fLaC\x84\0\0\xff",
    b"OggS\0\x02",
    b"8BPS\0\x01",
    b"\x76\x2f\x31\x01\x02\x10\0\0a\0string\0",
    b"SDPX\0\0\x08\0",
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\0\x83\0\0\x58",
    b"%PDF-1.7\n1 0 obj <<",
    b"<svg xmlns:c2pa='http://c2pa.org/manifest'>",
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>",
    b"",
];

fn ends(data: &[u8], head: usize) {
    let start = spent();
    let head = &data[..head.min(data.len())];
    let len = data.len() as u64;
    let got = examine(&mut Cursor::new(data), len, head, &Settings::default());
    assert!(spent().saturating_sub(start) < PATIENCE, "{} took too long", got.media_type);
    // The same however much of it was at hand.
    let again = examine(&mut Cursor::new(data), len, data, &Settings::default());
    assert_eq!(got, again);
}

/// Small well-formed files, each with a mark.
pub(super) fn samples() -> Vec<Vec<u8>> {
    let xmp: &[u8] = b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
        xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'>\
        <r:Description e:DigitalSourceType='trainedAlgorithmicMedia'/></r:RDF>";
    let exif = tiff::tests::tiff(&[(271, 2, b"Ideogram AI\0"), (700, 1, xmp)]);
    let iim = irb::tests::resource_bytes(0x0404, b"\x1c\x02\x6e\0\x13Made with Google AI");
    let app1 =
        |start: &[u8], data: &[u8]| jpeg::tests::segment_bytes(0xe1, &[start, data].concat());
    let keys = bmff::tests::bx(b"keys", b"\0\0\0\0\0\0\0\x01\0\0\0\x0cmdtaAIGC");
    let value = bmff::tests::bx(b"data", b"\0\0\0\x01\0\0\0\0{\"Label\":\"1\"}");
    let ilst = bmff::tests::bx(b"ilst", &bmff::tests::bx(b"\0\0\0\x01", &value));
    let hdlr = bmff::tests::bx(b"hdlr", &[0; 24]);
    let meta = bmff::tests::bx(b"meta", &[vec![0; 4], hdlr, keys, ilst].concat());
    let svg =
        [&b"<svg xmlns='http://www.w3.org/2000/svg'><metadata>"[..], xmp, b"</metadata></svg>"];
    let svg = svg.concat();
    let info = riff::tests::chunk(b"ICMT", b"made with suno; created=x\0");
    let info = [&b"INFO"[..], &info].concat();
    vec![
        png::tests::png(&[
            png::tests::chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), xmp].concat()),
            png::tests::chunk(b"eXIf", &exif),
            png::tests::chunk(b"tEXt", b"parameters\0a\nSteps: 1, Sampler: b, Seed: 3"),
        ]),
        jpeg::tests::jpeg(&[
            app1(b"Exif\0\0", &exif),
            app1(b"http://ns.adobe.com/xap/1.0/\0", xmp),
            jpeg::tests::segment_bytes(0xed, &[b"Photoshop 3.0\0".as_slice(), &iim].concat()),
        ]),
        riff::tests::riff(
            b"WEBP",
            &[riff::tests::chunk(b"EXIF", &exif), riff::tests::chunk(b"XMP ", xmp)],
        ),
        [
            bmff::tests::bx(b"ftyp", b"isom\0\0\0\0"),
            bmff::tests::bx(b"moov", &bmff::tests::bx(b"udta", &meta)),
        ]
        .concat(),
        id3::tests::id3(&[(b"COMM", b"\0eng\0made with suno; created=x"), (b"PRIV", b"XMP\0<x/>")]),
        exif,
        xmp.to_vec(),
        matroska::tests::tagged("AIGC", "{\"Label\":\"1\"}"),
        dpx::tests::dpx(&[(160, b"someone")], "AIGC", b"{\"Label\":\"1\"}"),
        mxf::tests::mxf(4, 0, &mxf::tests::tagged("AIGC", "{\"Label\":\"1\"}")),
        avc::tests::film(&[&[9, 0x10], &avc::tests::kling(), &[0x65, 1, 2]]),
        svg,
        b"%PDF-1.7\n1 0 obj << /AIGC ({\"Label\":\"1\"}) >> endobj\n".to_vec(),
        b"{\"3\":{\"class_type\":\"KSampler\",\"inputs\":{\"seed\":5}}}".to_vec(),
        riff::tests::riff(b"WAVE", &[riff::tests::chunk(b"LIST", &info)]),
        flac::tests::flac(&["comment=made with suno; created=x"]),
        ape::tests::ape(&[("AIGC", "{\"Label\":\"1\"}")]),
        flv::tests::flv(&[("AIGC", "{\"Label\":\"1\"}")]),
        flac::tests::opus(&["AIGC={\"Label\":\"1\"}"]),
        mxf::tests::streamed(&[b"<?xpacket begin=''?>".as_slice(), xmp].concat()),
        [
            b"\0\0\0\x0cJXL \r\n\x87\n".to_vec(),
            bmff::tests::bx(b"brob", &[b"xml ".to_vec(), brotli(xmp)].concat()),
        ]
        .concat(),
        [
            b"%PDF-1.7\n1 0 obj <</Type/ObjStm/Filter/FlateDecode>>stream\n".to_vec(),
            deflate(b"7 0 <</AIGC({\"Label\":\"1\"})>>"),
            b"\nendstream endobj".to_vec(),
        ]
        .concat(),
        b"a cat\nSteps: 15, Sampler: UniPC, CFG scale: 5, Seed: 1".to_vec(),
        [jpeg::tests::jpeg(&[]), samsung::tests::trailer("{\"genAIType\":2}")].concat(),
    ]
}

#[test]
fn the_samples_carry_marks() {
    for sample in samples() {
        let len = sample.len() as u64;
        let got = examine(&mut Cursor::new(&sample), len, &sample, &Settings::default());
        assert!(!got.examination.evidence.is_empty(), "{}", got.media_type);
        assert_eq!(got.examination.problems, [], "{}", got.media_type);
    }
}

#[test]
fn a_sample_cut_anywhere_ends() {
    for sample in samples() {
        for end in 0..sample.len() {
            ends(&sample[..end], 64);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_behind_each_magic_end(
        magic in 0..MAGICS.len(),
        tail in proptest::collection::vec(any::<u8>(), 0..2048),
        head in 0usize..4096,
    ) {
        ends(&[MAGICS[magic], &tail].concat(), head);
    }

    #[test]
    fn changed_samples_end(
        sample in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut samples = samples();
        let at = sample.index(samples.len());
        let mut data = samples.swap_remove(at);
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        ends(&data, 128);
    }
}

#[test]
fn repeated_structures_take_no_quadratic_time() {
    let chunks = vec![png::tests::chunk(b"tEXt", b"k\0v"); 100_000];
    ends(&png::tests::png(&chunks), 1 << 16);
    let boxes = bmff::tests::bx(b"udta", &[]).repeat(300_000);
    ends(&[bmff::tests::bx(b"ftyp", b"isom\0\0\0\0"), boxes].concat(), 1 << 16);
    ends(&[b"%PDF-1.7\n".to_vec(), b"<<(".repeat(300_000)].concat(), 1 << 16);
    ends(&[b"%PDF-1.7\n".to_vec(), b"stream ".repeat(100_000)].concat(), 1 << 16);
    let segments = vec![jpeg::tests::segment_bytes(0xfe, b"x"); 50_000];
    ends(&jpeg::tests::jpeg(&segments), 1 << 16);
    let mut zeros = b"GIF89a\x01\0\x01\0\0\0\0".to_vec();
    zeros.resize(1 << 20, 0);
    ends(&zeros, 1 << 16);
    let prompts = vec![png::tests::chunk(b"tEXt", b"prompt\0x"); 30_000];
    ends(&png::tests::png(&prompts), 1 << 16);
    let declared = (0..200_000).fold(String::new(), |all, n| all + &format!(" xmlns:a{n}='u'"));
    let used = "<a0:b/>".repeat(200_000);
    ends(
        format!("<x:xmpmeta xmlns:x='adobe:ns:meta/'{declared}>{used}</x:xmpmeta>").as_bytes(),
        64,
    );
    ends(format!("<svg{declared}>{used}</svg>").as_bytes(), 64);
    let one = vec![0; 1 << 18];
    let mut tags = vec![(270, 2, &one[..0]); 4000];
    tags[0].2 = &one;
    let mut file = tiff::tests::tiff(&tags);
    let first: Vec<u8> = file[14..22].to_vec();
    for entry in 1..4000 {
        file[14 + entry * 12..22 + entry * 12].copy_from_slice(&first);
    }
    ends(&file, 1 << 16);
    let nested = "{\"a\":".repeat(100_000);
    ends(
        &png::tests::png(&[png::tests::chunk(b"tEXt", &[b"prompt\0", nested.as_bytes()].concat())]),
        1 << 16,
    );
}
