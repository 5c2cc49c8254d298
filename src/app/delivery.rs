//! `verify DELIVERY`: whether a delivery is what was certified, on a machine that has nothing but it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::app::papers::{CERTIFICATE, SIGNATURE};
use crate::app::{AppError, Context};
use crate::attest::{AllowedSigners, Certificate};
use crate::deliver::beside::is_left;
use crate::deliver::copy::{Copied, CopyError, CopyOptions, read_back};
use crate::deliver::package::{self, Algorithm, Digest, is_list, is_of_a_drive};
use crate::deliver::staging::{PARTIAL, is_left_over};
use crate::model::{Head, Outcome, RelPath};
use crate::observe::whole;
use crate::problem::in_one_line;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct DeliveryVerified {
    /// Why it is no delivery, or not the one that was certified: file and what is wrong.
    pub broken: Vec<(String, String)>,
    /// Files that were compared.
    pub files: u64,
    /// The deliverable, and the head of the journal its verdict is in, as the certificate says.
    pub said: Option<(String, Head)>,
    /// Fingerprint of the key that signed the certificate.
    pub signed: Option<String>,
    /// What lies beside it: the certificate says that it was there before, or it is what file managers
    /// leave behind. Nobody vouches for it.
    pub beside: Vec<String>,
}

/// Checks a delivery. With a list of signers the certificate must be signed by one of them.
pub fn verify_delivery(
    context: &Context<'_>,
    folder: &Path,
    signers: Option<&Path>,
) -> Result<DeliveryVerified, AppError> {
    let folder = context.absolute(folder);
    if !folder.is_dir() {
        return Err(AppError::usage(
            format!("there is no folder {}", folder.display()),
            "genlock verify FOLDER looks at a delivery; genlock verify alone at the ledger of a project",
        ));
    }
    let mut verified = DeliveryVerified::default();
    let signers = signers.map(|path| read_signers(context, path)).transpose()?;
    let path = folder.join(CERTIFICATE);
    let Some(text) = paper(&path) else {
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
    if certificate.said.verdict != Outcome::Pass {
        let why = format!("its verdict is {}, not pass", certificate.said.verdict.as_str());
        verified.broken.push((CERTIFICATE.to_owned(), why));
    }
    let at = certificate.said.exported_at;
    match (paper(&folder.join(SIGNATURE)), &signers) {
        (Some(signature), signers) => {
            match Certificate::signed(&text, &signature, signers.as_ref(), at) {
                Ok(fingerprint) => verified.signed = Some(fingerprint),
                Err(flaw) => verified.broken.push((CERTIFICATE.to_owned(), flaw.to_string())),
            }
        }
        (None, Some(_)) => {
            let why = "not there: nobody signed the certificate".to_owned();
            verified.broken.push((SIGNATURE.to_owned(), why));
        }
        (None, None) => {}
    }
    files(context, &folder, &certificate, &mut verified)?;
    Ok(verified)
}

/// Bytes of a certificate, at most.
pub(super) const PAPER_MAX: u64 = 256 << 20;

/// The text of a certificate or signature. A folder that came from elsewhere may hold anything by that
/// name: what is no file, or larger than any of ours, is none.
pub(super) fn paper(path: &Path) -> Option<String> {
    String::from_utf8(whole(path, PAPER_MAX).ok()??).ok()
}

fn read_signers(context: &Context<'_>, path: &Path) -> Result<AllowedSigners, AppError> {
    let path = context.absolute(path);
    let bytes = fs::read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => AppError::usage(
            format!("there is no file {}", path.display()),
            "--signers names a file of allowed signers, as ssh-keygen reads it",
        ),
        _ => AppError::io("read", &path)(error),
    })?;
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
    let beside: BTreeSet<&RelPath> = certificate.said.beside.iter().collect();
    let Listed { files: listed, folders } = listed(folder, &beside, verified);
    context.reporter.expect(listed.len() as u64, listed.values().sum());
    let mut certified = BTreeMap::new();
    for file in &certificate.files {
        let name = file.name.clone().unwrap_or_default();
        let known = RelPath::new(name.clone()).unwrap_or_default();
        if !listed.contains_key(&known) {
            verified.broken.push((name, "not there".to_owned()));
        } else if certified.insert(known, file).is_some() {
            verified.broken.push((name, "the certificate names it twice".to_owned()));
        }
    }
    let Lists { files: mut history, folders: listed_folders } = history(folder, verified);
    for path in listed.keys() {
        let text = path.to_string();
        let digests = history.remove(path.as_bytes());
        let certified = certified.get(path);
        // The list cannot list itself; what it is made of is in the chain.
        let is_own_list = text.starts_with(OWN_LISTS);
        let is_ours = if is_own_list {
            digests.is_some()
        } else {
            [CERTIFICATE, SIGNATURE].contains(&&*text)
        };
        if certified.is_none() && !is_ours {
            if beside.contains(path) || is_left(folder, path) {
                verified.beside.push(text);
            } else {
                verified.broken.push((text, "it is no part of the delivery".to_owned()));
            }
            continue;
        }
        let read = match read(context, &folder.join(path.as_path()), digests.as_deref()) {
            Ok(read) => read,
            Err(CopyError::Stopped) => return Err(AppError::Interrupted),
            Err(error) => {
                verified.broken.push((text, in_one_line(&error)));
                continue;
            }
        };
        context.reporter.advance(1, 0);
        verified.files += 1;
        let as_certified = certified.is_none_or(|file| {
            let sha256 = file.digest.sha256.as_ref();
            let is_it =
                |one: &Digest| one.algorithm == Algorithm::Sha256 && Some(&one.value) == sha256;
            read.asset == file.digest.blake3 && (sha256.is_none() || read.digests.iter().any(is_it))
        });
        let as_listed = digests.map(|digests| digests.iter().all(|one| read.digests.contains(one)));
        if !as_certified || as_listed == Some(false) {
            verified.broken.push((text, "its content is not what was delivered".to_owned()));
        } else if as_listed.is_none() && !is_list(path.as_bytes()) {
            verified.broken.push((text, "the manifest does not list it".to_owned()));
        }
    }
    let told: BTreeSet<_> = verified.broken.iter().map(|(name, _)| name.clone()).collect();
    for name in history.into_keys() {
        let name = String::from_utf8_lossy(&name).into_owned();
        if !told.contains(&name) {
            verified.broken.push((name, "not there, and the manifest lists it".to_owned()));
        }
    }
    empty_folders(folder, &folders, &listed_folders, &beside, verified);
    Ok(())
}

/// What the folder of the delivery's own history is called, before the names in it.
const OWN_LISTS: &str = "ascmhl/";

/// Reads a file for BLAKE3 and SHA-256, as certificates have them, and for what the manifest has.
fn read(
    context: &Context<'_>,
    path: &Path,
    listed: Option<&[Digest]>,
) -> Result<Copied, CopyError> {
    let listed = listed.into_iter().flatten().map(|one| one.algorithm);
    let algorithms: Vec<_> = std::iter::once(Algorithm::Sha256).chain(listed).collect();
    let advance = |bytes| context.reporter.advance(0, bytes);
    let options =
        CopyOptions { algorithms: &algorithms, cancel: context.cancel, advance: &advance };
    read_back(path, &options)
}

/// What the delivery's own history lists.
#[derive(Default)]
struct Lists {
    /// Files, and those it is made of.
    files: BTreeMap<Vec<u8>, Vec<Digest>>,
    folders: BTreeSet<Vec<u8>>,
}

/// Everything that the delivery's own history lists or is made of, with the digests there are: none of
/// the chain, which is what the others are held against.
fn history(folder: &Path, verified: &mut DeliveryVerified) -> Lists {
    let history = match package::own(folder) {
        Ok(Some(history)) => history,
        Ok(None) => {
            let why = "not there: the delivery has lost its manifest".to_owned();
            verified.broken.push(("ascmhl".to_owned(), why));
            return Lists::default();
        }
        Err(error) => {
            verified.broken.push(("ascmhl".to_owned(), error.to_string()));
            return Lists::default();
        }
    };
    for problem in &history.problems {
        let path = problem.path().map(|path| String::from_utf8_lossy(path).into_owned());
        let place = path.unwrap_or_else(|| "ascmhl".to_owned());
        verified.broken.push((place, format!("by the manifest: {problem}")));
    }
    let folders = history.folders.into_iter().map(|one| one.path).collect();
    Lists {
        files: history.listed.into_iter().map(|one| (one.path, one.digests)).collect(),
        folders,
    }
}

/// Folders that hold nothing: a manifest that has hashes of folders lists those of the delivery, and any
/// other came later, unless it lay there before. A folder that it lists and that is gone with all that was in
/// it is told by that.
fn empty_folders(
    folder: &Path,
    found: &BTreeMap<RelPath, bool>,
    listed: &BTreeSet<Vec<u8>>,
    beside: &BTreeSet<&RelPath>,
    verified: &mut DeliveryVerified,
) {
    if listed.is_empty() {
        return;
    }
    let empty = found.iter().filter(|(path, is_empty)| {
        let disk = folder.join(path.as_path());
        **is_empty && !listed.contains(path.as_bytes()) && !is_of_the_drive(path, &disk)
    });
    for (path, _) in empty {
        if beside.contains(path) {
            verified.beside.push(path.to_string());
        } else if path.as_bytes() != PARTIAL.as_bytes()
            && !beside.iter().any(|one| one.is_within(path))
        {
            let why = "an empty folder that is no part of the delivery".to_owned();
            verified.broken.push((path.to_string(), why));
        }
    }
    let told: BTreeSet<_> = verified.broken.iter().map(|(name, _)| name.clone()).collect();
    for path in listed {
        let Ok(path) = RelPath::new(path.clone()) else { continue };
        let below = format!("{path}/");
        let is_told = told.contains(&path.to_string())
            || told.range(below.clone()..).next().is_some_and(|name| name.starts_with(&below));
        if !found.contains_key(&path) && !is_told {
            verified.broken.push((path.to_string(), "not there, and the manifest lists it".into()));
        }
    }
}

/// What lies below a folder.
#[derive(Default)]
struct Listed {
    /// Every file with its size.
    files: BTreeMap<RelPath, u64>,
    /// Every folder, and whether nothing is in it.
    folders: BTreeMap<RelPath, bool>,
}

/// Every file below a folder with its size. Links are files that nobody certified; a folder that cannot
/// be listed may hold anything, unless it lay there before.
fn listed(folder: &Path, beside: &BTreeSet<&RelPath>, verified: &mut DeliveryVerified) -> Listed {
    let mut all = Listed::default();
    let mut folders = vec![RelPath::root()];
    while let Some(below) = folders.pop() {
        let disk = folder.join(below.as_path());
        let entries = fs::read_dir(&disk).and_then(|entries| {
            entries
                .map(|entry| entry.and_then(|one| Ok((one.file_name(), one.metadata()?))))
                .collect()
        });
        let entries: Vec<(OsString, Metadata)> = match entries {
            Ok(entries) => entries,
            Err(_) if beside.contains(&below) || is_of_the_drive(&below, &disk) => {
                verified.beside.push(below.to_string());
                continue;
            }
            Err(error) => {
                let why = format!("the folder cannot be listed: {error}");
                let place = if below.is_root() { ".".to_owned() } else { below.to_string() };
                verified.broken.push((place, why));
                continue;
            }
        };
        all.folders.insert(below.clone(), entries.is_empty());
        for (name, found) in entries {
            let name = below.join(name.as_bytes());
            if found.is_dir() {
                folders.push(name);
            } else if !is_left_over(name.as_bytes(), &found) {
                all.files.insert(name, found.len());
            }
        }
    }
    all
}

/// What a file system keeps at its top for its own repairs, where only the system may look; and what
/// systems keep there, of which some is not for everybody.
fn is_of_the_drive(path: &RelPath, disk: &Path) -> bool {
    let repairs = path.as_bytes() == b"lost+found";
    is_of_a_drive(path.as_bytes())
        || (repairs && fs::symlink_metadata(disk).is_ok_and(|one| one.uid() == 0))
}
