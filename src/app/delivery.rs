//! `verify DELIVERY`: whether a delivery is what was certified, on a machine that has nothing but it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::app::papers::{CERTIFICATE, SIGNATURE};
use crate::app::{AppError, Context};
use crate::attest::{AllowedSigners, Certificate};
use crate::deliver::copy::{CopyError, CopyOptions, read_back};
use crate::deliver::package::{self, Algorithm, Digest, PackageKind, Role};
use crate::deliver::staging::{PARTIAL, is_left_over};
use crate::model::Head;

/// What was found.
#[derive(Clone, Debug)]
pub struct DeliveryVerified {
    /// Why it is no delivery, or not the one that was certified: file and what is wrong.
    pub broken: Vec<(String, String)>,
    /// Files that were compared.
    pub files: u64,
    /// The deliverable, and the head of the journal its verdict is in, as the certificate says.
    pub said: Option<(String, Head)>,
    /// Fingerprint of the key that signed the certificate.
    pub signed: Option<String>,
}

/// Checks a delivery. With a list of signers the certificate must be signed by one of them.
pub fn verify_delivery(
    context: &Context<'_>,
    folder: &Path,
    signers: Option<&Path>,
) -> Result<DeliveryVerified, AppError> {
    let folder = context.absolute(folder);
    let mut verified = DeliveryVerified { broken: Vec::new(), files: 0, said: None, signed: None };
    let signers = signers.map(|path| read_signers(context, path)).transpose()?;
    let path = folder.join(CERTIFICATE);
    let Ok(text) = fs::read_to_string(&path) else {
        let unfinished = folder.join(PARTIAL).is_dir();
        let why = if unfinished {
            "not there: an export to this folder has not ended; genlock export finishes it"
        } else {
            "not there: this is no delivery of Genlock's, or not all of it has arrived"
        };
        verified.broken.push((CERTIFICATE.to_owned(), why.to_owned()));
        return Ok(verified);
    };
    let certificate = match Certificate::parse(&text) {
        Ok(certificate) => certificate,
        Err(flaw) => {
            verified.broken.push((CERTIFICATE.to_owned(), flaw.to_string()));
            return Ok(verified);
        }
    };
    let head = certificate.said.head.parse().ok();
    verified.said = head.map(|head| (certificate.said.deliverable.clone(), head));
    let at = certificate.said.exported_at;
    match (fs::read_to_string(folder.join(SIGNATURE)), &signers) {
        (Ok(signature), signers) => {
            match Certificate::signed(&text, &signature, signers.as_ref(), at) {
                Ok(fingerprint) => verified.signed = Some(fingerprint),
                Err(flaw) => verified.broken.push((CERTIFICATE.to_owned(), flaw.to_string())),
            }
        }
        (Err(_), Some(_)) => {
            let why = "not there: nobody signed the certificate".to_owned();
            verified.broken.push((SIGNATURE.to_owned(), why));
        }
        (Err(_), None) => {}
    }
    files(context, &folder, &certificate, &mut verified)?;
    Ok(verified)
}

fn read_signers(context: &Context<'_>, path: &Path) -> Result<AllowedSigners, AppError> {
    let path = context.absolute(path);
    let bytes = fs::read(&path).map_err(AppError::io("read", &path))?;
    AllowedSigners::parse(&bytes).map_err(|source| AppError::ApproversInvalid { path, source })
}

/// Every file the certificate names, by its bytes; what else is there; and what the manifest says of all
/// of it. Each file is read once.
fn files(
    context: &Context<'_>,
    folder: &Path,
    certificate: &Certificate,
    verified: &mut DeliveryVerified,
) -> Result<(), AppError> {
    let listed = listed(folder)?;
    context.reporter.expect(listed.len() as u64, listed.values().sum());
    let advance = |bytes| context.reporter.advance(0, bytes);
    let options =
        CopyOptions { algorithms: &ALGORITHMS, cancel: context.cancel, advance: &advance };
    let mut certified = BTreeMap::new();
    for file in &certificate.files {
        let name = file.name.clone().unwrap_or_default();
        if certified.insert(name.clone().into_bytes(), file).is_some() {
            verified.broken.push((name, "the certificate names it twice".to_owned()));
        } else if !listed.contains_key(name.as_bytes()) {
            verified.broken.push((name, "not there".to_owned()));
        }
    }
    let mut manifest = manifest(folder, verified);
    for name in listed.keys() {
        let text = String::from_utf8_lossy(name).into_owned();
        let in_manifest = manifest.remove(name);
        let ours = [CERTIFICATE, SIGNATURE].contains(&&*text);
        let certified = certified.get(name);
        if text.starts_with("ascmhl/") {
            continue;
        }
        if certified.is_none() && !ours {
            verified.broken.push((text, "it is no part of the delivery".to_owned()));
            continue;
        }
        let read = match read_back(&folder.join(OsStr::from_bytes(name)), &options) {
            Ok(read) => read,
            Err(CopyError::Stopped) => return Err(AppError::Interrupted),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|one| format!(": {one}"));
                verified.broken.push((text, format!("{error}{}", cause.unwrap_or_default())));
                continue;
            }
        };
        context.reporter.advance(1, 0);
        verified.files += 1;
        let sha256 = read.digests.first().map(|one| &one.value);
        let as_certified = certified.is_none_or(|file| {
            read.asset == file.digest.blake3
                && (file.digest.sha256.is_none() || sha256 == file.digest.sha256.as_ref())
        });
        let as_listed = in_manifest.as_ref().map(|digests| {
            digests.iter().all(|one| {
                read.digests.iter().all(|own| own.algorithm != one.algorithm || own == one)
            })
        });
        if !as_certified || as_listed == Some(false) {
            verified.broken.push((text, "its content is not what was delivered".to_owned()));
        } else if as_listed.is_none() {
            verified.broken.push((text, "the manifest does not list it".to_owned()));
        }
    }
    for name in manifest.into_keys() {
        let name = String::from_utf8_lossy(&name).into_owned();
        if verified.broken.iter().all(|(known, _)| *known != name) {
            verified.broken.push((name, "not there, and the manifest lists it".to_owned()));
        }
    }
    Ok(())
}

/// SHA-256 as certificates say it, xxh64 as manifests do.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Xxh64];

/// The files that the manifest lists, with their digests.
fn manifest(folder: &Path, verified: &mut DeliveryVerified) -> BTreeMap<Vec<u8>, Vec<Digest>> {
    let histories = match package::read(folder) {
        Ok(packages) => packages.into_iter().filter(|one| one.kind == PackageKind::AscMhl),
        Err(error) => {
            verified.broken.push(("ascmhl".to_owned(), error.to_string()));
            return BTreeMap::new();
        }
    };
    let mut all = BTreeMap::new();
    for history in histories {
        for problem in &history.problems {
            let path = problem.path().map(|path| String::from_utf8_lossy(path).into_owned());
            let place = path.unwrap_or_else(|| "ascmhl".to_owned());
            verified.broken.push((place, format!("by the manifest: {problem}")));
        }
        let media = history.listed.into_iter().filter(|one| one.role == Role::Media);
        all.extend(media.map(|one| (one.path, one.digests)));
    }
    all
}

/// Every file below a folder with its size. Links are files that nobody certified.
fn listed(folder: &Path) -> Result<BTreeMap<Vec<u8>, u64>, AppError> {
    let mut all = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let disk = folder.join(&below);
        for entry in fs::read_dir(&disk).map_err(AppError::io("list", &disk))? {
            let entry = entry.map_err(AppError::io("list", &disk))?;
            let name = below.join(entry.file_name());
            let found = entry.metadata().map_err(AppError::io("look at", &entry.path()))?;
            if found.is_dir() {
                folders.push(name);
            } else if !is_left_over(name.as_os_str().as_bytes()) {
                all.insert(name.as_os_str().as_bytes().to_vec(), found.len());
            }
        }
    }
    Ok(all)
}
