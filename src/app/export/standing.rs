//! A delivery that is there already: whole, or about to appear when its export was killed. Either is this
//! one only when it holds exactly what is to leave now, and its papers say what is true now.

use std::fs;
use std::path::Path;

use crate::app::AppError;
use crate::app::delivery::{paper, verify_delivery};
use crate::app::export::leaving::check_target;
use crate::app::export::{Delivery, Item, Leaving, on_record};
use crate::app::papers::{CERTIFICATE, MHL, Papers, SIGNATURE, is_reserved, says_now};
use crate::attest::{Certificate, DeliveryPredicate, Signer};
use crate::deliver::copy::read_back;
use crate::deliver::package::{self, Algorithm, Hasher};
use crate::deliver::staging::{StagingError, check_free};
use crate::model::{Exported, Head, RelPath, Seq, Timestamp};

/// Whether a certificate is of this deliverable, with these files and no others.
fn is_of(certificate: &Certificate, name: &str, items: &[Item]) -> bool {
    let mut said: Vec<_> = certificate
        .files
        .iter()
        .map(|file| (file.name.as_deref().unwrap_or_default(), file.digest.blake3))
        .filter(|(name, _)| !is_reserved(name))
        .collect();
    said.sort_unstable();
    let holds = items.iter().map(|item| (&*item.name, item.asset));
    certificate.said.deliverable == name && said.into_iter().eq(holds)
}

/// Whether the certificate in a folder is signed with this key; without a key, signed or not will do.
fn is_signed(folder: &Path, text: &str, at: Timestamp, signer: Option<&Signer>) -> bool {
    let Some(signer) = signer else { return true };
    let signature = paper(&folder.join(SIGNATURE)).unwrap_or_default();
    Certificate::signed(text, &signature, None, at).is_ok_and(|key| key == signer.fingerprint())
}

/// The event that recorded the verdict of a certificate.
pub(super) fn verdict_of(said: &DeliveryPredicate) -> Seq {
    said.head.parse().map_or(Seq(0), |head: Head| head.seq)
}

impl Leaving<'_> {
    /// A delivery that is finished, and perhaps not on record because the program was killed: all of it is
    /// looked at. Gives what it is on record as, and what its certificate says.
    pub(super) fn finished(
        &self,
        destination: &Path,
    ) -> Result<(Exported, DeliveryPredicate), AppError> {
        let path = destination.join(CERTIFICATE);
        let taken = || AppError::from(StagingError::Taken { path: path.clone() });
        let text = paper(&path).ok_or_else(taken)?;
        let certificate = Certificate::parse(&text).map_err(|_| taken())?;
        let has = |folder: &String| destination.join(folder).is_dir();
        let is_of = is_of(&certificate, &self.gate.deliverable, self.items);
        if !is_of || !self.folders.iter().all(has) {
            return Err(taken());
        }
        let verified = verify_delivery(self.context, destination, None)?;
        if let Some((name, problem)) = verified.broken.into_iter().next() {
            return Err(AppError::NotAsDelivered { path: destination.join(name), problem });
        }
        let place = destination.display();
        if !is_signed(destination, &text, certificate.said.exported_at, self.signer) {
            return Err(AppError::usage(
                format!("{place} holds this delivery already, not signed with that key"),
                "a certificate is signed when it is made: export to a folder that is new or empty",
            ));
        }
        if !says_now(self, destination, &certificate.said)? {
            return Err(AppError::usage(
                format!("{place} holds this delivery already, with the papers of an older verdict"),
                "what was decided since is in none of them: export to a folder that is new or empty",
            ));
        }
        let papers = Papers::of(&certificate, destination)?;
        let mut bytes = 0;
        for item in self.items {
            let path = destination.join(&item.name);
            bytes += fs::symlink_metadata(&path).map_err(AppError::io("look at", &path))?.len();
        }
        let done = Exported {
            deliverable: self.gate.deliverable.clone(),
            gate: verdict_of(&certificate.said),
            destination: on_record(destination),
            files: self.items.len() as u64,
            bytes,
            papers: papers.written,
            read_back: certificate.said.read_back,
        };
        Ok((done, certificate.said))
    }
}

impl Delivery<'_> {
    /// The papers of an export that was killed while the delivery appeared, if they are of this one and
    /// say what is true now. All of it is where it was put together then, and whole.
    pub(super) fn resumed(&self) -> Result<Option<Papers>, AppError> {
        let Some(at) = self.staging.find(Path::new(CERTIFICATE)) else { return Ok(None) };
        let certificate = paper(&at).and_then(|text| Some((Certificate::parse(&text).ok()?, text)));
        let Some((certificate, text)) = certificate else { return Ok(None) };
        let Leaving { context, options, signer, gate, items, folders, .. } = self.leaving;
        if !is_of(&certificate, &gate.deliverable, items) {
            // What that one put into its place already is no part of this one, and nobody would know
            // it from what lay there before.
            let names = certificate.files.iter().filter_map(|file| file.name.as_deref());
            check_free(self.staging.target(), names.map(Path::new))?;
            return Ok(None);
        }
        self.take_back(&certificate, &text)?;
        let folder = self.staging.folder();
        let (said, at) = (&certificate.said, certificate.said.exported_at);
        let is_asked =
            said.read_back != options.no_read_back && is_signed(folder, &text, at, signer);
        if !is_asked
            || check_target(self.staging.target(), Some(self.staging), items, folders)?
                != said.beside
            || !says_now(&self.leaving, folder, said)?
            || !verify_delivery(context, folder, None)?.broken.is_empty()
        {
            return Ok(None);
        }
        Papers::of(&certificate, folder).map(Some)
    }

    /// Takes back what is in its place already, so that all of it can be looked at as one folder: what is,
    /// to the byte, what was put there. Anything else is somebody's, and in the way.
    fn take_back(&self, certificate: &Certificate, text: &str) -> Result<(), AppError> {
        for file in &certificate.files {
            // Whoever may write there may have written that one: no name of it leads elsewhere.
            let Ok(name) = RelPath::new(file.name.clone().unwrap_or_default()) else { continue };
            let name = name.as_path();
            let Some(at) = self.staging.placed(name).filter(|at| at.is_file()) else { continue };
            if self.hashing(&[], |options| read_back(&at, options))?.asset == file.digest.blake3 {
                self.staging.take_back(name)?;
            }
        }
        let signature = self.staging.placed(Path::new(SIGNATURE)).and_then(|at| paper(&at));
        let is_ours = |signature: &String| {
            Certificate::signed(text, signature, None, certificate.said.exported_at).is_ok()
        };
        if signature.as_ref().is_some_and(is_ours) {
            self.staging.take_back(Path::new(SIGNATURE))?;
        }
        if self.staging.placed(Path::new(MHL)).is_some()
            && is_manifest_of(self.staging.target(), text)
        {
            self.staging.take_back(Path::new(MHL))?;
        }
        Ok(())
    }
}

/// Whether the history of a folder is the one that was made with a certificate: nobody else has listed
/// that.
fn is_manifest_of(folder: &Path, text: &str) -> bool {
    let digest = Hasher::digest(Algorithm::Xxh64, text.as_bytes());
    package::own(folder).is_ok_and(|history| {
        history.is_some_and(|history| {
            history
                .listed
                .iter()
                .any(|one| one.path == CERTIFICATE.as_bytes() && one.digests == [digest.clone()])
        })
    })
}
