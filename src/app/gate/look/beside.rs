//! Sidecars of what a deliverable names, whether it names them or not: what they say counts for the
//! media beside them. Read at every look: they are small, and a gate takes no table's word for them.

use std::fs;
use std::sync::Arc;

use crate::app::AppError;
use crate::app::gate::look::Look;
use crate::app::ingest::{Fact, Ingest};
use crate::app::reading::{Job, Outcome, Reading};
use crate::app::sidecars::{At, Beside, names};
use crate::config::Root;
use crate::ledger::Ledger;
use crate::model::{AssetPath, NamedBeside, RuleCode};
use crate::observe::{FileHasher, Listing, sidecar};

/// Notes the sidecars of a listed folder.
pub(super) fn listed(look: &mut Look<'_>, root: &Root, listing: &Listing) {
    let at = |name: &[u8]| AssetPath::new(root.name.clone(), listing.directory.join(name));
    for entry in &listing.files {
        for media in sidecar::media_of(&listing.files, &entry.name) {
            let media = at(&listing.files[media].name);
            if look.contents.contains(&media.root, &media.path) {
                look.sidecars.entry(at(&entry.name)).or_default().insert(media);
            }
        }
    }
}

/// Notes the sidecars of one file, whose folder nobody listed.
pub(super) fn probed(look: &mut Look<'_>, root: &Root, media: &AssetPath) {
    let (directory, name) = media.path.split();
    for name in sidecar::names_for(name) {
        let path = directory.join(&name);
        let disk = root.path.join(path.as_path());
        if fs::symlink_metadata(disk).is_ok_and(|found| found.is_file()) {
            let sidecar = AssetPath::new(root.name.clone(), path);
            look.sidecars.entry(sidecar).or_default().insert(media.clone());
        }
    }
}

/// Reads them, and attaches what they say to the media that the record knows. Media that were read
/// just now are known at the next look.
pub(super) fn look(look: &mut Look<'_>, ledger: &mut Ledger) -> Result<(), AppError> {
    let mut hasher = FileHasher::new();
    let reading = Reading::new(look.context, &look.detection.settings);
    for (path, media) in std::mem::take(&mut look.sidecars) {
        let Some(root) = look.project.root(&path) else { continue };
        let (directory, name) = path.path.split();
        let disk = root.path.join(path.path.as_path());
        let directory = Arc::new(directory);
        let job =
            Job { directory: Arc::clone(&directory), name: name.into(), disk, expected: None };
        let (found, shown) = match reading.read(&mut hasher, &job) {
            None => return Err(AppError::Interrupted),
            Some(Outcome::Vanished) => continue,
            Some(Outcome::Found(found, shown)) => (found, shown),
            Some(Outcome::Failed(_, problem)) => {
                look.problem(RuleCode::MediaUnread, path, problem);
                continue;
            }
        };
        let mut beside = Beside::new(root, reading);
        let sidecar = At { path: &path, asset: found.asset };
        let own = &shown.examination.evidence;
        let said = names(&path, &found.media_type, shown.examination.identity.as_deref());
        let (mut new, mut named) = (Vec::new(), Vec::new());
        for media in &media {
            let Some(known) = look.record.present().get(media) else { continue };
            let at = At { path: media, asset: known.asset };
            let attached = look.record.attached(&known.asset);
            new.push((known.asset, beside.news(&sidecar, &at, own, attached)?));
            let of_media = look.record.named_beside(&known.asset);
            let news = of_media.map_or_else(|| said.clone(), |known| said.beyond(known));
            named.push(NamedBeside(known.asset, found.asset, news));
        }
        new.retain(|(_, new)| !new.is_empty());
        named.retain(|one| !one.2.is_empty());
        if new.is_empty() && named.is_empty() {
            continue;
        }
        let is_known = ledger.reader()?.asset_at(&path)? == Some(found.asset);
        let mut ingest = Ingest::new(ledger, look.context, look.detection, root.name.clone());
        if !is_known {
            ingest.add(&directory, Fact::Found(found, shown))?;
        }
        for (asset, evidence) in new {
            ingest.attach(asset, evidence)?;
        }
        for one in named {
            ingest.name(one)?;
        }
        ingest.flush()?;
        look.news.get_or_insert(path);
    }
    Ok(())
}
