//! What an export leaves beside the media: the disclosure log, the delivery certificate with its signature,
//! and one ASC MHL generation that covers all of these.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::app::delivery::PAPER_MAX;
use crate::app::disclosure::disclosure;
use crate::app::export::{Delivery, ExportOptions, Item};
use crate::app::gate::GateAnswer;
use crate::app::{AppError, Context};
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
const MHL: &str = "ascmhl";
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
pub(super) fn check_names(destination: &Path, items: &[Item]) -> Result<(), AppError> {
    let (mut content, ever) = (Content::default(), Timestamp::from_nanos(0));
    for name in items.iter().map(|item| item.name.clone()).chain(taken()) {
        let made = algorithms(&name).iter().map(|one| Hasher::digest(*one, b""));
        content.add(&name, u64::MAX, &made.collect::<Vec<_>>(), Some(ever));
    }
    content.generation(destination, ever).map(drop)
}

/// Checks that a certificate of all this is one that can be read, before anything is copied.
pub(super) fn check_certificate(
    context: &Context<'_>,
    options: &ExportOptions,
    answer: &GateAnswer,
    record: &Record,
    items: &[Item],
    beside: Vec<RelPath>,
) -> Result<(), AppError> {
    let digest = Digests::of(b"");
    let names = items.iter().map(|item| item.name.clone()).chain(taken());
    let subjects = names.map(|name| Subject { name: Some(name), digest: digest.clone() });
    let said = predicate(context, options, answer, record, context.now(), beside);
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
}

impl Papers {
    /// Their names, in the order in which they appear.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &str> {
        self.written.iter().map(|paper| paper.name.as_str())
    }

    /// The papers that a certificate came with, found in these folders; `None` when one is not there.
    pub(super) fn of(certificate: &Certificate, folders: &[&Path]) -> Option<Self> {
        let find = |name: &str| -> Option<PathBuf> {
            folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
        };
        let ours = certificate.files.iter().filter_map(|file| file.name.clone());
        let mut names: Vec<String> = ours.filter(|name| is_reserved(name)).collect();
        if find(SIGNATURE).is_some() {
            names.push(SIGNATURE.to_owned());
        }
        let mut manifests = BTreeSet::new();
        for folder in folders {
            for entry in fs::read_dir(folder.join(MHL)).into_iter().flatten().flatten() {
                manifests.insert(format!("{MHL}/{}", entry.file_name().to_str()?));
            }
        }
        names.extend(manifests);
        names.push(CERTIFICATE.to_owned());
        let paper = |name: String| {
            let bytes = fs::read(find(&name)?).ok()?;
            Some(Paper { asset: AssetId::from(blake3::hash(&bytes)), name })
        };
        let written: Vec<_> = names.into_iter().map(paper).collect::<Option<_>>()?;
        let whole = certificate.files.iter().all(|file| {
            let mut same = written.iter();
            file.name.as_deref().is_none_or(|name| {
                !is_reserved(name)
                    || same.any(|one| one.name == name && one.asset == file.digest.blake3)
            })
        });
        let has_manifest = written.iter().any(|one| one.name.starts_with(MHL));
        (whole && has_manifest).then_some(Self { written })
    }
}

/// Writes the papers of a delivery whose media is all there.
pub(super) fn papers(
    delivery: &Delivery<'_>,
    answer: &GateAnswer,
    record: &Record,
    copied: &[Copied],
    signer: Option<&Signer>,
    beside: Vec<RelPath>,
) -> Result<Papers, AppError> {
    let now = delivery.context.now();
    let content = Content::default();
    let mut writer = Writer { staging: delivery.staging, papers: Vec::new(), content };
    disclose(delivery, &answer.deliverable, &mut writer, now)?;
    for (item, copied) in delivery.items.iter().zip(copied) {
        let modified = modified(delivery.staging, item)?;
        writer.content.add(&item.name, copied.size, &copied.digests, modified);
    }
    let mut subjects: Vec<_> =
        delivery.items.iter().zip(copied).map(|(item, copied)| subject(item, copied)).collect();
    subjects.extend(writer.papers.iter().map(|paper| paper.subject.clone()));
    let said = predicate(delivery.context, delivery.options, answer, record, now, beside);
    let text = certificate(subjects, said, PAPER_MAX)?;
    let signature = signer.map(|signer| signer.sign(DELIVERY, text.as_bytes())).transpose()?;
    if let Some(signature) = &signature {
        writer.write(SIGNATURE, signature.as_bytes(), now)?;
    }
    writer.write(CERTIFICATE, text.as_bytes(), now)?;
    let certificate = writer.papers.pop();
    let generation = writer.content.generation(delivery.staging.target(), now)?;
    // What a killed export made under another time is none of this one.
    delivery.staging.remove_folder(Path::new(MHL))?;
    writer.write(&format!("{MHL}/{}", generation.name), &generation.manifest, now)?;
    writer.write(&format!("{MHL}/ascmhl_chain.xml"), &generation.chain, now)?;
    writer.papers.extend(certificate);
    let written = writer.papers.into_iter().map(|paper| paper.paper).collect();
    Ok(Papers { written })
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
    content: Content,
}

impl Writer<'_> {
    /// One that a killed export left is replaced: until the certificate is there, none is part of
    /// anything.
    fn write(&mut self, name: &str, bytes: &[u8], now: Timestamp) -> Result<(), AppError> {
        self.staging.remove(Path::new(name))?;
        let path = self.staging.place(Path::new(name))?;
        fs::write(&path, bytes).map_err(AppError::io("write", &path))?;
        let digest = Digests::of(bytes);
        self.papers.push(Written {
            paper: Paper { name: name.to_owned(), asset: digest.blake3 },
            subject: Subject { name: Some(name.to_owned()), digest },
        });
        let made = [Hasher::digest(Algorithm::Xxh64, bytes)];
        self.content.add(name, bytes.len() as u64, &made, Some(now));
        Ok(())
    }
}

/// What a manifest lists.
#[derive(Default)]
struct Content {
    files: Vec<ManifestFile>,
    references: Vec<ManifestReference>,
}

impl Content {
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

fn predicate(
    context: &Context<'_>,
    options: &ExportOptions,
    answer: &GateAnswer,
    record: &Record,
    now: Timestamp,
    beside: Vec<RelPath>,
) -> DeliveryPredicate {
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
    delivery: &Delivery<'_>,
    name: &str,
    writer: &mut Writer<'_>,
    now: Timestamp,
) -> Result<(), AppError> {
    let log = disclosure(delivery.project, delivery.context, Some(name))?;
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
            check_names(Path::new("/out/EP"), &items)
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
