//! What an export leaves beside the media: the disclosure log, the delivery certificate with its signature,
//! and one ASC MHL generation that covers all of these.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use crate::app::AppError;
use crate::app::delivery::{PAPER_MAX, paper};
use crate::app::disclosure::{disclosure, disclosure_data};
use crate::app::export::{Delivery, Item, Leaving};
use crate::attest::{
    Certificate, DELIVERY, DeliveryPredicate, Digests, Disclosed, PolicyInForce, Signer, Statement,
    Subject, Warning,
};
use crate::deliver::copy::Copied;
use crate::deliver::manifest::{
    Creator, Generation, GenerationOptions, ManifestError, ManifestFile, ManifestReference,
    write_generation,
};
use crate::deliver::package::{Algorithm, Digest, Hasher, is_generation, is_list};
use crate::deliver::staging::{PARTIAL, Staging, StagingError};
use crate::failpoint;
use crate::gate as judge;
use crate::model::{AiStatus, AssetId, Paper, RelPath, Timestamp};
use crate::record::Record;
use crate::report::{Disclosure, disclosure_csv, disclosure_html, json_line};

/// What makes a folder a delivery.
pub(super) const CERTIFICATE: &str = "genlock-certificate.json";
/// As `ssh-keygen -Y sign` would have written it.
pub(super) const SIGNATURE: &str = "genlock-certificate.json.sig";
/// The disclosure log, before its endings.
const DISCLOSURE: &str = "genlock-disclosure";
/// The folder of ASC MHL.
pub(super) const MHL: &str = "ascmhl";
/// What all our own names begin with.
const OURS: &str = "genlock-";

/// The forms of the disclosure log: their endings, and what writes them.
const FORMS: [(&str, Form); 3] = [
    ("html", |out, log| disclosure_html(out, log)),
    ("csv", |out, log| disclosure_csv(out, log)),
    ("json", |out, log| json_line(out, log)),
];

/// Whether media cannot have this name in a delivery.
pub(super) fn is_reserved(name: &str) -> bool {
    let top = name.split('/').next().unwrap_or_default();
    name.starts_with(OURS) || [MHL, PARTIAL].contains(&top)
}

/// The names that papers take at the top of a delivery.
pub(super) fn taken() -> impl Iterator<Item = String> {
    let forms = FORMS.iter().map(|(ending, _)| format!("{DISCLOSURE}.{ending}"));
    forms.chain([MHL, SIGNATURE, CERTIFICATE].map(str::to_owned))
}

/// Checks that a manifest can list all this in a delivery of that name, before anything is copied. The
/// manifest that it makes is no shorter than the one that will be.
pub(super) fn check_names(
    destination: &Path,
    items: &[Item],
    folders: &[String],
) -> Result<(), AppError> {
    let (mut content, ever) = (Content::of(folders), Timestamp::from_nanos(0));
    for name in items.iter().map(|item| item.name.clone()).chain(taken()) {
        let made = algorithms(&name).iter().map(|one| Hasher::digest(*one, b""));
        content.add(&name, u64::MAX, &made.collect::<Vec<_>>(), Some(ever));
    }
    content.generation(destination, ever).map(drop)
}

/// Checks that a certificate of all this is one that can be read, before anything is copied.
pub(super) fn check_certificate(
    leaving: &Leaving<'_>,
    beside: Vec<RelPath>,
) -> Result<(), AppError> {
    let digest = Digests::of(b"");
    let names = leaving.items.iter().map(|item| item.name.clone()).chain(taken());
    let subjects = names.map(|name| Subject { name: Some(name), digest: digest.clone() });
    let said = predicate(leaving, leaving.context.now(), beside);
    certificate(subjects.collect(), said, PAPER_MAX).map(drop)
}

/// The text of a certificate, unless it would be larger than those that are read.
fn certificate(
    subjects: Vec<Subject>,
    said: DeliveryPredicate,
    most: u64,
) -> Result<String, AppError> {
    let text = Statement::new(subjects, said)
        .to_text()
        .map_err(|error| AppError::Internal(format!("cannot write a certificate: {error}")))?;
    if text.len() as u64 > most {
        let why = format!("it is too much for one certificate, which has more than {most} bytes");
        return Err(too_much(&why));
    }
    Ok(text)
}

fn too_much(why: &dyn Display) -> AppError {
    AppError::usage(
        format!("nothing was delivered: {why}"),
        "make a deliverable of each part, and export each to a folder of its own",
    )
}

/// What a copy is hashed with, besides BLAKE3: certificates say SHA-256, ASC MHL xxh64, and C4 of the
/// manifests it refers to.
pub(super) fn algorithms(name: &str) -> &'static [Algorithm] {
    const ALL: [Algorithm; 3] = [Algorithm::Sha256, Algorithm::Xxh64, Algorithm::C4];
    if is_generation(name.as_bytes()) { &ALL } else { &ALL[..2] }
}

/// The papers of a delivery.
#[derive(Clone, Debug)]
pub(super) struct Papers {
    /// Every one of them, the certificate last: it makes the folder a delivery.
    pub(super) written: Vec<Paper>,
    /// What the certificate says.
    pub(super) said: DeliveryPredicate,
}

impl Papers {
    /// Their names, in the order in which they appear.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &str> {
        self.written.iter().map(|paper| paper.name.as_str())
    }

    /// The papers of a folder that was found whole.
    pub(super) fn of(certificate: &Certificate, folder: &Path) -> Result<Self, AppError> {
        let ours = certificate.files.iter().filter_map(|file| file.name.clone());
        let mut names: Vec<String> = ours.filter(|name| is_reserved(name)).collect();
        if folder.join(SIGNATURE).is_file() {
            names.push(SIGNATURE.to_owned());
        }
        let mut manifests = BTreeSet::new();
        for entry in fs::read_dir(folder.join(MHL)).into_iter().flatten().flatten() {
            manifests.insert(format!("{MHL}/{}", entry.file_name().to_string_lossy()));
        }
        names.extend(manifests);
        names.push(CERTIFICATE.to_owned());
        let paper = |name: String| {
            let path = folder.join(&name);
            let bytes = fs::read(&path).map_err(AppError::io("read", &path))?;
            Ok(Paper { asset: AssetId::from(blake3::hash(&bytes)), name })
        };
        let written = names.into_iter().map(paper).collect::<Result<_, AppError>>()?;
        Ok(Self { written, said: certificate.said.clone() })
    }
}

/// Whether the papers in a folder say what they would say if they were made now: the verdict's warnings,
/// policy, approvers and counts, and the disclosure log but for its moment.
pub(super) fn says_now(
    leaving: &Leaving<'_>,
    folder: &Path,
    said: &DeliveryPredicate,
) -> Result<bool, AppError> {
    let now = predicate(leaving, said.exported_at, said.beside.clone());
    let now = DeliveryPredicate {
        head: said.head.clone(),
        by: said.by.clone(),
        program: said.program.clone(),
        read_back: said.read_back,
        ..now
    };
    if now != *said {
        return Ok(false);
    }
    let Some(log) = paper(&folder.join(format!("{DISCLOSURE}.json"))) else { return Ok(false) };
    let now = disclosure_data(leaving.project, leaving.context, Some(&said.deliverable))?;
    let mut bytes = Vec::new();
    json_line(&mut bytes, &now).map_err(AppError::io("write", Path::new(DISCLOSURE)))?;
    Ok(match (timeless(log.as_bytes()), timeless(&bytes)) {
        (Some(then), Some(now)) => then == now,
        _ => false,
    })
}

/// A disclosure log without what is of the moment it was written at.
fn timeless(log: &[u8]) -> Option<Value> {
    let mut log: Value = serde_json::from_slice(log).ok()?;
    let fields = log.as_object_mut()?;
    for moment in ["written", "program", "scanned", "journal"] {
        fields.remove(moment);
    }
    fields.get_mut("deliverable")?.as_object_mut()?.remove("verdict");
    Some(log)
}

/// Writes the papers of a delivery whose media is all there. Those that a killed export left are taken away
/// first, and the certificate gets its name when the device has all the others: it says that they are there.
pub(super) fn papers(
    delivery: &Delivery<'_>,
    copied: &[Copied],
    beside: Vec<RelPath>,
) -> Result<Papers, AppError> {
    let Delivery { leaving, staging } = delivery;
    let now = leaving.context.now();
    staging.keep(|name| leaving.has(name))?;
    let mut writer = Writer { staging, papers: Vec::new(), content: Content::of(leaving.folders) };
    disclose(leaving, &mut writer, now)?;
    for (item, copied) in leaving.items.iter().zip(copied) {
        let modified = modified(staging, item)?;
        writer.content.add(&item.name, copied.size, &copied.digests, modified);
    }
    let mut subjects: Vec<_> =
        leaving.items.iter().zip(copied).map(|(item, copied)| subject(item, copied)).collect();
    subjects.extend(writer.papers.iter().map(|paper| paper.subject.clone()));
    let said = predicate(leaving, now, beside);
    let text = certificate(subjects, said.clone(), PAPER_MAX)?;
    let sign = |signer: &Signer| signer.sign(DELIVERY, text.as_bytes());
    if let Some(signature) = leaving.signer.map(sign).transpose()? {
        writer.write(SIGNATURE, signature.as_bytes(), now)?;
    }
    let certificate = Written::new(CERTIFICATE, text.as_bytes());
    writer.list(CERTIFICATE, text.as_bytes(), now);
    let generation = writer.content.generation(staging.target(), now)?;
    writer.write(&format!("{MHL}/{}", generation.name), &generation.manifest, now)?;
    writer.write(&format!("{MHL}/ascmhl_chain.xml"), &generation.chain, now)?;
    staging.write_last(Path::new(CERTIFICATE), text.as_bytes())?;
    writer.papers.push(certificate);
    let written = writer.papers.into_iter().map(|paper| paper.paper).collect();
    Ok(Papers { written, said })
}

/// A paper that was written.
struct Written {
    paper: Paper,
    subject: Subject,
}

/// Writes papers where the delivery is put together, and lists all that is in it.
struct Writer<'a> {
    staging: &'a Staging,
    papers: Vec<Written>,
    content: Content<'a>,
}

impl Written {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let digest = Digests::of(bytes);
        Self {
            paper: Paper { name: name.to_owned(), asset: digest.blake3 },
            subject: Subject { name: Some(name.to_owned()), digest },
        }
    }
}

impl Writer<'_> {
    fn write(&mut self, name: &str, bytes: &[u8], now: Timestamp) -> Result<(), AppError> {
        let path = self.staging.place(Path::new(name))?;
        fs::write(&path, bytes).map_err(AppError::io("write", &path))?;
        failpoint::hit("paper-written");
        self.papers.push(Written::new(name, bytes));
        self.list(name, bytes, now);
        Ok(())
    }

    /// Has the manifest list a paper.
    fn list(&mut self, name: &str, bytes: &[u8], now: Timestamp) {
        let made = [Hasher::digest(Algorithm::Xxh64, bytes)];
        self.content.add(name, bytes.len() as u64, &made, Some(now));
    }
}

/// What a manifest lists.
struct Content<'a> {
    files: Vec<ManifestFile>,
    /// Those in which nothing lies.
    folders: &'a [String],
    references: Vec<ManifestReference>,
}

impl<'a> Content<'a> {
    const fn of(folders: &'a [String]) -> Self {
        Self { files: Vec::new(), folders, references: Vec::new() }
    }

    /// A history that comes with the media is referred to, as the format has it: its own files are in no
    /// manifest.
    fn add(&mut self, name: &str, size: u64, digests: &[Digest], modified: Option<Timestamp>) {
        let path = name.as_bytes().to_vec();
        let made = |algorithm| digests.iter().find(move |one| one.algorithm == algorithm);
        if !is_list(&path) {
            let digests = made(Algorithm::Xxh64).into_iter().cloned().collect();
            self.files.push(ManifestFile { path, size, modified, digests });
        } else if let Some(digest) = made(Algorithm::C4).filter(|_| is_generation(&path)) {
            self.references.push(ManifestReference { path, digest: digest.clone() });
        }
    }

    /// The ASC MHL generation over everything that was added.
    fn generation(&self, destination: &Path, now: Timestamp) -> Result<Generation, AppError> {
        let creator = Creator {
            host_name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            tool: "genlock".to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let folder = destination.file_name().unwrap_or_default().to_string_lossy();
        write_generation(&GenerationOptions {
            creator: &creator,
            time: now,
            folder_name: &folder,
            files: &self.files,
            folders: self.folders,
            references: &self.references,
        })
        .map_err(|error| match error {
            ManifestError::TooMuch { .. } => too_much(&error),
            other => AppError::Manifest(other),
        })
    }
}

/// When a file was changed last, as it is in the delivery.
fn modified(staging: &Staging, item: &Item) -> Result<Option<Timestamp>, AppError> {
    let at = staging.find(Path::new(&item.name)).unwrap_or_default();
    let found = fs::metadata(&at).map_err(AppError::io("look at", &at))?;
    let nanos =
        found.mtime().checked_mul(1_000_000_000).and_then(|at| at.checked_add(found.mtime_nsec()));
    Ok(nanos.map(Timestamp::from_nanos))
}

fn subject(item: &Item, copied: &Copied) -> Subject {
    let is_sha256 = |one: &&Digest| one.algorithm == Algorithm::Sha256;
    let sha256 = copied.digests.iter().find(is_sha256).map(|one| one.value.clone());
    Subject { name: Some(item.name.clone()), digest: Digests { blake3: copied.asset, sha256 } }
}

fn predicate(leaving: &Leaving<'_>, now: Timestamp, beside: Vec<RelPath>) -> DeliveryPredicate {
    let Leaving { context, options, gate: answer, record, .. } = leaving;
    let warnings = answer.verdict.findings.iter().map(|one| Warning {
        code: one.code.as_str().to_owned(),
        path: one.path.as_ref().map(ToString::to_string),
        why: one.why.to_string(),
    });
    DeliveryPredicate {
        deliverable: answer.deliverable.clone(),
        verdict: answer.verdict.outcome,
        head: answer.journal.to_string(),
        checked: answer.verdict.checked,
        warnings: warnings.collect(),
        policy: PolicyInForce { profile: answer.profile.clone(), hash: answer.policy },
        approvers: record.texts.approvers_hash(),
        disclosed: disclosed(record),
        exported_at: now,
        by: context.actor.clone(),
        program: PROGRAM.to_owned(),
        read_back: !options.no_read_back,
        beside,
    }
}

const PROGRAM: &str = concat!("genlock ", env!("CARGO_PKG_VERSION"));

fn disclosed(record: &Record) -> Disclosed {
    let mut disclosed = Disclosed::default();
    let mut lineage = judge::lineage(record);
    for found in record.present().values() {
        let count = match judge::origin(&found.asset, record, &mut lineage).0.status {
            AiStatus::Ai => &mut disclosed.ai,
            AiStatus::AiPart => &mut disclosed.ai_part,
            AiStatus::Suspect => &mut disclosed.suspect,
            AiStatus::NotAi => &mut disclosed.not_ai,
            AiStatus::Unknown => &mut disclosed.unknown,
        };
        *count += 1;
    }
    disclosed
}

/// The disclosure log, in its three forms.
fn disclose(
    leaving: &Leaving<'_>,
    writer: &mut Writer<'_>,
    now: Timestamp,
) -> Result<(), AppError> {
    let log = disclosure(leaving.project, leaving.context, Some(&leaving.gate.deliverable))?;
    for (ending, write) in FORMS {
        let mut bytes = Vec::new();
        write(&mut bytes, &log).map_err(AppError::io("write", Path::new(DISCLOSURE)))?;
        writer.write(&format!("{DISCLOSURE}.{ending}"), &bytes, now)?;
    }
    Ok(())
}

/// A form of the disclosure log.
type Form = fn(&mut dyn Write, &Disclosure) -> io::Result<()>;

impl From<StagingError> for AppError {
    fn from(error: StagingError) -> Self {
        match error {
            StagingError::Io { action, path, source } => Self::Io { action, path, source },
            StagingError::NoFolder { .. }
            | StagingError::Taken { .. }
            | StagingError::Crowded { .. } => Self::usage(
                format!("nothing was delivered: {error}"),
                "nothing that is there is overwritten: export to a folder that is new or empty",
            ),
            StagingError::Arrived { .. } => Self::usage(
                format!("the delivery was not finished: {error}"),
                "look at what it is and who put it there; then the same export goes on",
            ),
            StagingError::Mounted { .. } => Self::usage(
                format!("nothing was delivered: {error}"),
                "files appear there by one rename each, which no volume has with another: export to a folder without \
                 mount points",
            ),
            other => Self::Staging(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AssetPath, Outcome, RootName};

    fn item(name: &str) -> Item {
        let path = RelPath::new(name).unwrap();
        let asset = AssetId::from(blake3::hash(b""));
        Item { from: AssetPath::new(RootName::project(), path), name: name.to_owned(), asset }
    }

    #[test]
    fn more_than_a_manifest_holds_is_told_before_anything_is_copied() {
        let of = |histories: usize| {
            let name = |at: usize| item(&format!("card-{at}/ascmhl/0001_card_2026.mhl"));
            let mut items: Vec<_> = (0..histories).map(name).collect();
            items.push(item("a.png"));
            check_names(Path::new("/out/EP"), &items, &[])
        };
        of(10_000).unwrap();
        let Err(AppError::Usage { message, hint }) = of(10_001) else { panic!("it was taken") };
        assert!(message.starts_with("nothing was delivered: it is too much"), "{message}");
        assert!(message.ends_with("refers to more than 10000 manifests"), "{message}");
        assert!(hint.is_some());
    }

    #[test]
    fn more_than_a_certificate_holds_is_told() {
        let subject = || Subject { name: Some("a".to_owned()), digest: Digests::of(b"a") };
        let said = || DeliveryPredicate {
            deliverable: "EP".to_owned(),
            verdict: Outcome::Pass,
            head: String::new(),
            checked: 1,
            warnings: Vec::new(),
            policy: PolicyInForce { profile: String::new(), hash: Digests::of(b"").blake3 },
            approvers: None,
            disclosed: Disclosed::default(),
            exported_at: Timestamp::from_nanos(0),
            by: String::new(),
            program: PROGRAM.to_owned(),
            read_back: true,
            beside: Vec::new(),
        };
        let text = certificate(vec![subject()], said(), PAPER_MAX).unwrap();
        let most = text.len() as u64;
        assert_eq!(certificate(vec![subject()], said(), most).unwrap(), text);
        let more = certificate(vec![subject(), subject()], said(), most);
        assert!(
            matches!(more, Err(AppError::Usage { message, .. }) if message.contains("certificate"))
        );
    }
}
