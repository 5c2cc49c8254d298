//! Real manifests, signed here with throw-away keys: what trust comes out of which damage.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use c2pa::{Builder, EphemeralSigner, Signer};

use crate::detect::block::STORES_MAX;
use crate::detect::container::bmff::tests::bx;
use crate::detect::container::png::tests::{chunk, png};
use crate::detect::inflate::tests::deflate;
use crate::detect::{Settings, examine};
use crate::model::{Examination, SourceType, Trust};

const TAM: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
const CAPTURE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture";

/// A PNG of one black pixel.
fn pixel() -> Vec<u8> {
    let mut file = png(&[chunk(b"IDAT", &deflate(&[0, 0]))]);
    // Width, height, depth of a grey pixel.
    file[16..26].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1, 8, 0]);
    file
}

fn signed(signer: &EphemeralSigner) -> Vec<u8> {
    signed_as(signer, "image/png", pixel())
}

fn signed_as(signer: &EphemeralSigner, format: &str, plain: Vec<u8>) -> Vec<u8> {
    signed_of(signer, format, plain, TAM)
}

fn signed_of(signer: &EphemeralSigner, format: &str, plain: Vec<u8>, source_type: &str) -> Vec<u8> {
    let definition = serde_json::json!({
        "claim_generator_info": [{"name": "test", "version": "1"}],
        "assertions": [{
            "label": "c2pa.actions",
            "data": {"actions": [{
                "action": "c2pa.created",
                "digitalSourceType": source_type,
                "softwareAgent": {"name": "Model", "version": "2"},
            }]},
        }],
    });
    let mut builder = Builder::default().with_definition(definition).unwrap();
    let mut out = Cursor::new(Vec::new());
    builder.sign(signer, format, &mut Cursor::new(plain), &mut out).unwrap();
    out.into_inner()
}

/// A trust list of who signs here.
fn anchors(signer: &EphemeralSigner) -> String {
    let ca = signer.certs().unwrap().pop().unwrap();
    let body = STANDARD.encode(ca);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn look(file: &[u8], settings: &Settings) -> Examination {
    examine(&mut Cursor::new(file), file.len() as u64, file, settings).examination
}

fn trust(file: &[u8], settings: &Settings) -> Option<Trust> {
    let examination = look(file, settings);
    let first = examination.evidence.first()?;
    assert_eq!(first.source_type, Some(SourceType::TrainedAlgorithmicMedia));
    assert_eq!(first.tool.as_deref(), Some("Model 2"));
    assert!(first.place.starts_with("PNG caBX @ offset 33 manifest "));
    first.trust
}

#[test]
fn damage_changes_trust_and_never_the_mark() {
    let signer = EphemeralSigner::new("genlock.test").unwrap();
    let file = signed(&signer);
    let nobody = Settings::default();
    assert_eq!(trust(&file, &nobody), Some(Trust::ValidUntrusted));

    assert_eq!(trust(&file, &Settings::new(Some(anchors(&signer)))), Some(Trust::Trusted));

    let mut changed = file.clone();
    let pixel = changed.windows(4).position(|kind| kind == b"IDAT").unwrap();
    changed[pixel + 6] ^= 1;
    assert_eq!(trust(&changed, &nobody), Some(Trust::Tampered));

    let mut edited = file.clone();
    let agent = edited.windows(5).position(|name| name == b"Model").unwrap();
    edited[agent + 6..agent + 7].copy_from_slice(b"w");
    let examination = look(&edited, &nobody);
    assert!(
        examination.evidence.first().is_none_or(|one| one.trust == Some(Trust::Invalid)),
        "{examination:?}"
    );
    assert!(!examination.is_empty());
}

#[test]
fn a_text_that_states_gigabytes_is_not_believed() {
    let file = signed(&EphemeralSigner::new("genlock.test").unwrap());
    // The head of a short text of CBOR, as a key of an action.
    let at = file.windows(14).position(|key| key == b"\x6dsoftwareAgent").unwrap();
    let mut lie = file;
    lie[at..at + 5].copy_from_slice(b"\x7a\x65\x78\x69\x66");
    let problems = look(&lie, &Settings::default()).problems;
    assert!(problems[0].problem.contains("a length runs past what holds it"), "{problems:?}");
}

#[test]
fn a_store_of_garbage_is_a_problem() {
    let examination = look(&png(&[chunk(b"caBX", &[7; 300])]), &Settings::default());
    assert_eq!(examination.evidence, []);
    assert_eq!(examination.problems.len(), 1);
    assert!(examination.problems[0].problem.starts_with("manifest store in PNG caBX"));
}

#[test]
fn a_signed_film_tells_its_mark_wherever_it_is_cut_behind_it() {
    let signer = EphemeralSigner::new("genlock.test").unwrap();
    let index = bx(b"moov", &bx(b"udta", &bx(b"free", &[0; 90])));
    let plain = [bx(b"ftyp", b"isom\0\0\0\0isom"), bx(b"mdat", &[7; 300]), index].concat();
    let file = signed_as(&signer, "video/mp4", plain);
    let media = file.windows(4).position(|kind| kind == b"mdat").unwrap();
    assert_eq!(look(&file, &Settings::default()).problems, []);
    // In the media, where that ends, and in the index behind it.
    for end in [media + 100, media + 304, file.len() - 50] {
        let examination = look(&file[..end], &Settings::default());
        assert_eq!(examination.problems.len(), 1, "cut at {end}: {:?}", examination.problems);
        let mark = examination.evidence.first().expect("its mark");
        assert_eq!(mark.source_type, Some(SourceType::TrainedAlgorithmicMedia));
        assert_eq!(mark.trust, Some(Trust::Tampered));
        assert!(mark.place.starts_with("uuid C2PA @ offset "), "{}", mark.place);
    }
}

#[test]
fn a_signed_file_cut_anywhere_is_never_silently_clean_and_never_valid() {
    let signer = EphemeralSigner::new("genlock.test").unwrap();
    let file = signed(&signer);
    let settings = Settings::new(Some(anchors(&signer)));
    let told = file.windows(TAM.len()).position(|text| text == TAM.as_bytes()).unwrap();
    for end in (33..file.len()).step_by(97).chain(file.len() - 30..file.len()) {
        let examination = look(&file[..end], &settings);
        assert!(!examination.problems.is_empty(), "cut at {end}");
        let first = examination.evidence.first().and_then(|mark| mark.source_type);
        let generated = Some(SourceType::TrainedAlgorithmicMedia);
        assert!(first == generated || end < told + TAM.len(), "cut at {end}: {examination:?}");
        for mark in &examination.evidence {
            assert!(matches!(mark.trust, Some(Trust::Tampered | Trust::Invalid)), "cut at {end}");
        }
    }
    // Behind the store it is the file that is cut, and the store says by whom it was signed.
    let mark = look(&file[..file.len() - 9], &settings).evidence.remove(0);
    assert_eq!((mark.trust, mark.signer.is_some()), (Some(Trust::Tampered), true));
}

#[test]
fn a_signed_photograph_that_is_cut_becomes_no_generated_one() {
    let signer = EphemeralSigner::new("genlock.test").unwrap();
    let file = signed_of(&signer, "image/png", pixel(), CAPTURE);
    for end in (33..file.len()).step_by(97).chain([file.len() - 9]) {
        let examination = look(&file[..end], &Settings::new(Some(anchors(&signer))));
        assert!(!examination.problems.is_empty(), "cut at {end}");
        for mark in &examination.evidence {
            assert!(matches!(mark.source_type, None | Some(SourceType::DigitalCapture)));
            assert!(mark.trust > Some(Trust::Expired), "cut at {end}");
        }
    }
}

#[test]
fn of_several_stores_each_is_told_and_none_is_valid() {
    let signer = EphemeralSigner::new("genlock.test").unwrap();
    let store = |source_type: &str| {
        let file = signed_of(&signer, "image/png", pixel(), source_type);
        let size = u32::from_be_bytes([file[33], file[34], file[35], file[36]]);
        file[33..33 + 12 + usize::try_from(size).unwrap()].to_vec()
    };
    let two = png(&[store(CAPTURE), store(TAM), chunk(b"IDAT", &deflate(&[0, 0]))]);
    let examination = look(&two, &Settings::new(Some(anchors(&signer))));
    let told: Vec<_> =
        examination.evidence.iter().map(|mark| (mark.source_type, mark.trust)).collect();
    assert_eq!(
        told,
        [SourceType::DigitalCapture, SourceType::TrainedAlgorithmicMedia]
            .map(|known| (Some(known), Some(Trust::Tampered)))
    );
    let [problem] = &examination.problems[..] else { panic!("{:?}", examination.problems) };
    assert!(problem.problem.contains("was read apart from its file: more than one"));
    let many = look(&png(&vec![store(TAM); STORES_MAX + 1]), &Settings::default());
    assert_eq!(many.evidence.len(), STORES_MAX);
    assert!(
        many.problems.iter().any(|it| it.problem == "holds more manifest stores than are read")
    );
}

#[test]
fn a_manifest_that_the_library_cannot_decode_is_told_as_invalid() {
    let mut file = signed(&EphemeralSigner::new("genlock.test").unwrap());
    // A text of CBOR that is no UTF-8.
    let at = file.windows(5).position(|name| name == b"Model").unwrap();
    file[at] = 0xff;
    let examination = look(&file, &Settings::default());
    let mark = examination.evidence.first().expect("its mark");
    assert_eq!(mark.source_type, Some(SourceType::TrainedAlgorithmicMedia));
    assert_eq!(mark.trust, Some(Trust::Invalid));
    assert!(examination.problems[0].problem.contains(" was read without a check: "));
}
