//! A delivery that is there already: whole, or about to appear when its export was killed. Either is this
//! one only when it holds exactly what is to leave now.

use std::path::Path;

use crate::app::delivery::{paper, verify_delivery};
use crate::app::export::{Delivery, Item};
use crate::app::papers::{CERTIFICATE, Papers, SIGNATURE, is_reserved};
use crate::app::{AppError, Context};
use crate::attest::{Certificate, Signer};
use crate::deliver::copy::read_back;
use crate::deliver::staging::{StagingError, check_free};
use crate::model::{Exported, RelPath, Seq, Timestamp};

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

/// A delivery that is finished, and perhaps not on record because the program was killed: all of it is
/// looked at. Gives what it is on record as, and what lies beside it.
pub(super) fn finished(
    context: &Context<'_>,
    destination: &Path,
    name: &str,
    items: &[Item],
    signer: Option<&Signer>,
) -> Result<(Exported, Vec<RelPath>), AppError> {
    let path = destination.join(CERTIFICATE);
    let taken = || AppError::from(StagingError::Taken { path: path.clone() });
    let text = paper(&path).ok_or_else(taken)?;
    let certificate = Certificate::parse(&text).map_err(|_| taken())?;
    if !is_of(&certificate, name, items) {
        return Err(taken());
    }
    let verified = verify_delivery(context, destination, None)?;
    if let Some((name, problem)) = verified.broken.into_iter().next() {
        return Err(AppError::NotAsDelivered { path: destination.join(name), problem });
    }
    if !is_signed(destination, &text, certificate.said.exported_at, signer) {
        return Err(AppError::usage(
            format!(
                "{} holds this delivery already, not signed with that key",
                destination.display()
            ),
            "a certificate is signed when it is made: export to a folder that is new or empty",
        ));
    }
    let papers = Papers::of(&certificate, &[destination]).ok_or_else(taken)?;
    let mut bytes = 0;
    for item in items {
        let path = destination.join(&item.name);
        bytes += std::fs::symlink_metadata(&path).map_err(AppError::io("look at", &path))?.len();
    }
    let gate = certificate.said.head.split_once(':').and_then(|(seq, _)| seq.parse().ok());
    let done = Exported {
        deliverable: name.to_owned(),
        gate: Seq(gate.unwrap_or_default()),
        destination: destination.to_string_lossy().into_owned(),
        files: items.len() as u64,
        bytes,
        papers: papers.written,
        read_back: certificate.said.read_back,
    };
    Ok((done, certificate.said.beside))
}

impl Delivery<'_> {
    /// The papers of an export that was killed while the delivery appeared, if they are of this one and
    /// every file is what they say, and what they say lies beside it.
    pub(super) fn resumed(
        &self,
        name: &str,
        signer: Option<&Signer>,
    ) -> Result<Option<(Papers, Vec<RelPath>)>, AppError> {
        let Some(at) = self.staging.find(Path::new(CERTIFICATE)) else { return Ok(None) };
        let certificate = paper(&at).and_then(|text| Some((Certificate::parse(&text).ok()?, text)));
        let Some((certificate, text)) = certificate else {
            self.staging.remove(Path::new(CERTIFICATE))?;
            return Ok(None);
        };
        let at = certificate.said.exported_at;
        let folders = self.staging.folders();
        let is_asked = is_of(&certificate, name, self.items)
            && certificate.said.read_back != self.options.no_read_back
            && folders.iter().any(|one| is_signed(one, &text, at, signer));
        let Some(papers) = Papers::of(&certificate, &folders).filter(|_| is_asked) else {
            // What that one put into its place already is no part of this one, and nobody would know
            // it from what lay there before.
            let names = certificate.files.iter().filter_map(|file| file.name.as_deref());
            check_free(self.staging.target(), names.map(Path::new))?;
            self.staging.remove(Path::new(CERTIFICATE))?;
            return Ok(None);
        };
        let same = self.each(|item| {
            let Some(at) = self.staging.find(Path::new(&item.name)) else { return Ok(false) };
            Ok(self.hashing(&[], |options| read_back(&at, options))?.asset == item.asset)
        })?;
        Ok(same.into_iter().all(|same| same).then_some((papers, certificate.said.beside)))
    }
}
