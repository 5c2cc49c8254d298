//! The files that the tools run on: 2,000 of them, mixed as in a project, a tenth signed, no two the
//! same bytes except the genuine signed ones, which cannot be changed without breaking them.

use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use c2pa::{Builder, Context, Settings, SigningAlg, create_signer};
use flate2::Crc;
use serde_json::json;

use crate::labels::Label;

/// All files.
pub const FILES: u32 = 2_000;
/// Those signed here, and as many genuine ones.
const SIGNED: u32 = FILES / 20;

const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/generate/keys/TEST_ONLY_leaf_cert.pem");
const KEY: &[u8] = include_bytes!("../../fixtures/generate/keys/TEST_ONLY_leaf_key.pem");

/// Kinds of the corpus that hold media.
const MEDIA: &[&str] =
    &["clean-media", "generator-metadata", "near-miss", "iptc-xmp", "ai-unmarked"];

/// Fills `root` from the corpus, but for some of it, and the fixtures; gives how many bytes.
pub fn grow(
    root: &Path,
    corpus: Option<(&Path, &[Label])>,
    fixtures: &Path,
    without: &[PathBuf],
) -> Result<u64, Box<dyn Error>> {
    let mut plain = fixture_files(fixtures)?;
    let mut genuine = Vec::new();
    if let Some((corpus, labels)) = corpus {
        for label in labels {
            let path = corpus.join(&label.path);
            if without.contains(&path) {
                continue;
            }
            if label.evidence.starts_with("c2pa") {
                genuine.push(path);
            } else if MEDIA.contains(&label.kind.as_str()) {
                plain.push(path);
            }
        }
    }
    let pictures: Vec<&PathBuf> =
        plain.iter().filter(|path| has_extension(path, &["jpg", "png"])).collect();
    if pictures.is_empty() {
        return Err("no pictures to sign".into());
    }
    let mut bytes = 0;
    for number in 0..FILES as usize {
        // Signed ones spread evenly, the two sorts in turn.
        let (path, data) = match number % 20 {
            7 => {
                // Not every picture of the corpus is whole enough to be signed.
                let turns = pictures.iter().cycle().skip(number / 20).take(pictures.len());
                let mut signed =
                    turns.filter_map(|path| Some(((*path).clone(), signed(path, number).ok()?)));
                signed.next().ok_or("no picture can be signed")?
            }
            17 if !genuine.is_empty() => {
                let path = genuine[number / 20 % genuine.len()].clone();
                let data = fs::read(&path)?;
                (path, data)
            }
            _ => {
                let path = plain[number % plain.len()].clone();
                let data = unique(fs::read(&path)?, number);
                (path, data)
            }
        };
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or("bin").to_lowercase();
        let folder = root.join(format!("shot{:02}", number / 50));
        fs::create_dir_all(&folder)?;
        bytes += data.len() as u64;
        fs::write(folder.join(format!("file_{number:04}.{extension}")), data)?;
    }
    Ok(bytes)
}

/// The share that is signed, for the heading.
pub const fn signed_files() -> u32 {
    2 * SIGNED
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    extensions.contains(&extension)
}

fn fixture_files(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && !hidden && entry.metadata()?.len() > 0 {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A copy that differs from all others where its container allows.
fn unique(mut data: Vec<u8>, number: usize) -> Vec<u8> {
    let mark = format!("{number:08}");
    let mark = mark.as_bytes();
    if data.starts_with(b"\xff\xd8") {
        data.splice(2..2, [b"\xff\xfe\x00\x0a", mark].concat());
    } else if data.starts_with(b"\x89PNG") && data.len() > 33 {
        let body = [b"tEXtCopy\0", mark].concat();
        let mut crc = Crc::new();
        crc.update(&body);
        let chunk = [&[0, 0, 0, 13][..], &body, &crc.sum().to_be_bytes()].concat();
        data.splice(33..33, chunk);
    } else if data.get(4..8) == Some(b"ftyp") {
        data.extend([b"\x00\x00\x00\x10free", mark].concat());
    } else if data.starts_with(b"RIFF") {
        data.extend([b"JUNK\x08\x00\x00\x00", mark].concat());
        let size = u32::try_from(data.len() - 8).unwrap_or(u32::MAX);
        data[4..8].copy_from_slice(&size.to_le_bytes());
    } else if data.starts_with(b"<") {
        data.extend([b"<!-- ", mark, b" -->\n"].concat());
    } else {
        data.extend(mark);
    }
    data
}

/// A picture of its own with a valid manifest.
fn signed(path: &Path, number: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let data = unique(fs::read(path)?, number);
    let media_type = if data.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    let settings = json!({
        "verify": {"remote_manifest_fetch": false, "ocsp_fetch": false},
        "core": {"allowed_network_hosts": []},
        "builder": {
            "thumbnail": {"enabled": false},
            "auto_timestamp_assertion": {"enabled": false},
        },
    });
    let context =
        Context::new().with_settings(Settings::new().with_json(&settings.to_string())?)?;
    let term = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
    let definition = json!({
        "title": "generated",
        "claim_generator_info": [{"name": "Bench", "version": "1"}],
        "assertions": [{
            "label": "c2pa.actions.v2",
            "created": true,
            "data": {"actions": [{
                "action": "c2pa.created",
                "digitalSourceType": term,
                "softwareAgent": {"name": "Bench", "version": "1"},
            }]},
        }],
    });
    let mut builder = Builder::from_context(context).with_definition(definition)?;
    let signer = create_signer::from_keys(CERTIFICATE, KEY, SigningAlg::Es256, None)?;
    let mut out = Cursor::new(Vec::new());
    builder.sign(&*signer, media_type, &mut Cursor::new(data), &mut out)?;
    Ok(out.into_inner())
}
