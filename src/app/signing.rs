//! Signing a decision: what is signed is known only once the ground of the decision is, and a key
//! should be asked once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::app::approvers::Approvers;
use crate::app::{AppError, Context, Project};
use crate::attest::{
    ApprovalPredicate, Attestation, ConditionPredicate, Digests, Ground, NAMESPACE,
    PolicyPredicate, Predicate, Signer, Statement, Subject, hex,
};
use crate::ledger::Reader;
use crate::model::{
    Approval, AssetId, ConditionMet, Document, PolicyAcknowledged, Signed, Timestamp,
};
use crate::observe::{HashError, digests};
use crate::record::Record;

/// With what to sign.
#[derive(Clone, Debug)]
pub struct SignOptions {
    /// A private key, or a public one that ssh-agent holds.
    pub key: PathBuf,
    /// Where ssh-agent listens.
    pub agent: Option<PathBuf>,
}

/// A key at hand, and what it has signed last.
pub(super) struct Signing {
    signer: Signer,
    signed_at: Timestamp,
    last: Option<Signed>,
}

impl Signing {
    pub(super) fn open(context: &Context<'_>, options: &SignOptions) -> Result<Self, AppError> {
        let key = context.absolute(&options.key);
        let signer = Signer::open(&key, options.agent.as_deref())?;
        Ok(Self { signer, signed_at: context.now(), last: None })
    }

    /// Signs an approval as it will be recorded. `policy` is the hash of the text in force.
    pub(super) fn approval(
        &mut self,
        record: &Record,
        fact: &Approval,
        subjects: &Subjects,
        policy: AssetId,
        ground: Ground<'_>,
    ) -> Result<Signed, AppError> {
        let predicate = ApprovalPredicate {
            head: record.decided().to_string(),
            by: fact.by.clone(),
            signed_at: record.moment(self.signed_at),
            scope: fact.scope,
            deliverables: fact.deliverables.clone(),
            conditions: fact.conditions.clone(),
            expires: fact.expires,
            note: fact.note.clone(),
            documents: subjects.documents(fact.document.as_ref()),
            declaration: fact.declaration,
            under: fact.under,
            determination: fact.determination,
            policy,
        };
        let statement = Statement::new(subjects.assets(&fact.assets), predicate);
        let signed = self.sign(&statement)?;
        let fact = Approval { signed: Some(signed.clone()), ..fact.clone() };
        self.checked(signed, &crate::attest::approval(&fact, ground))
    }

    /// Signs that conditions are met. `event` is the chain hash of the approval's event.
    pub(super) fn condition(
        &mut self,
        record: &Record,
        fact: &ConditionMet,
        conditions: &str,
        event: AssetId,
        subjects: &Subjects,
        ground: Ground<'_>,
    ) -> Result<Signed, AppError> {
        let predicate = ConditionPredicate {
            head: record.decided().to_string(),
            approval: fact.approval,
            by: fact.by.clone(),
            signed_at: record.moment(self.signed_at),
            conditions: conditions.to_owned(),
            note: fact.note.clone(),
            documents: subjects.documents(fact.document.as_ref()),
        };
        let digest = Digests { blake3: event, sha256: None };
        let subject = Subject { name: Some(fact.approval.to_string()), digest };
        let signed = self.sign(&Statement::new(vec![subject], predicate))?;
        let fact = ConditionMet { signed: Some(signed.clone()), ..fact.clone() };
        let attestation = crate::attest::condition(&fact, Some(conditions), event, ground);
        self.checked(signed, &attestation)
    }

    /// Signs that the texts in force are meant.
    pub(super) fn policy(
        &mut self,
        record: &Record,
        fact: &PolicyAcknowledged,
        policy: &str,
        approvers: Option<&str>,
        ground: Ground<'_>,
    ) -> Result<Signed, AppError> {
        let predicate = PolicyPredicate {
            head: record.decided().to_string(),
            by: fact.by.clone(),
            signed_at: record.moment(self.signed_at),
            note: fact.note.clone(),
        };
        let named = |name: &str, text: &str| Subject {
            name: Some(name.to_owned()),
            digest: Digests::of(text.as_bytes()),
        };
        let policy = std::iter::once(named("policy.toml", policy));
        let subjects = policy.chain(approvers.map(|text| named("approvers", text))).collect();
        let signed = self.sign(&Statement::new(subjects, predicate))?;
        let fact = PolicyAcknowledged { signed: Some(signed.clone()), ..fact.clone() };
        self.checked(signed, &crate::attest::policy(&fact, ground))
    }

    /// The same statement is not signed twice: somebody may have to touch a key for it.
    fn sign<P: Predicate>(&mut self, statement: &Statement<P>) -> Result<Signed, AppError> {
        let statement = statement
            .to_text()
            .map_err(|error| AppError::Internal(format!("cannot write a statement: {error}")))?;
        if let Some(last) = self.last.as_ref().filter(|last| last.statement == statement) {
            return Ok(last.clone());
        }
        let signature = self.signer.sign(NAMESPACE, statement.as_bytes())?;
        let signed = Signed { statement, signature };
        self.last = Some(signed.clone());
        Ok(signed)
    }

    /// Refuses to record a signature that no gate would count.
    fn checked(&self, signed: Signed, attestation: &Attestation) -> Result<Signed, AppError> {
        match attestation {
            Attestation::Signed(_) => Ok(signed),
            Attestation::Unsigned => Err(AppError::Internal("a signature was lost".to_owned())),
            Attestation::Flawed(flaw) => Err(AppError::usage(
                format!("a signature with {} would not count: {flaw}", self.signer.fingerprint()),
                ".genlock/approvers says who signs with which key, for what and when",
            )),
        }
    }
}

/// What a signature is judged by that is recorded next.
pub(super) fn ground<'a>(
    record: &'a Record,
    approvers: &'a Approvers,
    at: Timestamp,
) -> Ground<'a> {
    Ground { signers: Some(&approvers.signers), at: record.moment(at), history: &record.history }
}

/// Both hashes of contents and documents, from reading them now.
#[derive(Default)]
pub(super) struct Subjects(BTreeMap<AssetId, String>);

impl Subjects {
    /// Reads each content where it lies. One that is nowhere cannot be signed for: nobody can look at
    /// it either.
    pub(super) fn add(
        &mut self,
        project: &Project,
        context: &Context<'_>,
        reader: &Reader,
        assets: &[AssetId],
    ) -> Result<(), AppError> {
        for asset in assets {
            if self.0.contains_key(asset) {
                continue;
            }
            let Some(sha256) = found(project, context, reader, *asset)? else {
                return Err(AppError::usage(
                    format!("{} is nowhere on disk as the ledger knows it", asset.short()),
                    "a signature names its SHA-256, which takes reading it: put it back, or approve \
                     what is there now; genlock scan looks again",
                ));
            };
            self.0.insert(*asset, sha256);
        }
        Ok(())
    }

    /// Reads a document in the store.
    pub(super) fn add_document(
        &mut self,
        project: &Project,
        context: &Context<'_>,
        document: Option<&Document>,
    ) -> Result<(), AppError> {
        let Some(document) = document else { return Ok(()) };
        let path = project.control().join("documents").join(document.hash.to_string());
        match digests(&path, context.cancel, &|_| {}) {
            Ok((hash, digest)) if hash == document.hash => {
                self.0.insert(hash, hex(&digest));
                Ok(())
            }
            Err(HashError::Cancelled) => Err(AppError::Interrupted),
            Err(HashError::Unreadable { path, action, source }) => {
                Err(AppError::Io { action, path, source })
            }
            _ => Err(AppError::usage(
                format!("the document {} is not in the store as it was", document.name),
                "genlock verify lists documents that are missing; put it back to sign for it",
            )),
        }
    }

    fn subject(&self, name: Option<String>, asset: AssetId) -> Subject {
        Subject { name, digest: Digests { blake3: asset, sha256: self.0.get(&asset).cloned() } }
    }

    fn assets(&self, assets: &[AssetId]) -> Vec<Subject> {
        assets.iter().map(|asset| self.subject(None, *asset)).collect()
    }

    fn documents(&self, document: Option<&Document>) -> Vec<Subject> {
        document.iter().map(|one| self.subject(Some(one.name.clone()), one.hash)).collect()
    }
}

/// The SHA-256 of a content, from the first place where it lies as the ledger knows it.
fn found(
    project: &Project,
    context: &Context<'_>,
    reader: &Reader,
    asset: AssetId,
) -> Result<Option<String>, AppError> {
    for place in reader.locations_of(&asset)?.iter().filter(|place| place.present) {
        let Some(disk) = project.on_disk(&place.path) else { continue };
        context.reporter.expect(1, place.size);
        let read = digests(&disk, context.cancel, &|bytes| context.reporter.advance(0, bytes));
        context.check()?;
        context.reporter.advance(1, 0);
        match read {
            Ok((read, digest)) if read == asset => return Ok(Some(hex(&digest))),
            // Changed since it was scanned, gone, or unreadable: it may lie elsewhere too.
            _ => {}
        }
    }
    Ok(None)
}
