//! What sidecars say, attached to the media beside them. It stays there when the sidecar is renamed,
//! changed or removed; a sidecar that says something new is attached anew, without reading the media.
//! The names in it, of the media and of what it was made from, are the media's too.

use std::io::{Cursor, Read};
use std::sync::Arc;

use crate::app::AppError;
use crate::app::ingest::Ingest;
use crate::app::reading::Reading;
use crate::config::Root;
use crate::detect::{C2PA, examine_beside};
use crate::ledger::Reader;
use crate::model::{
    AssetId, AssetPath, Evidence, Examination, Identity, NamedBeside, RelPath, SIDECARS, Trust,
};
use crate::observe::{Content, FileHasher};

/// A sidecar and the files of its folder that it speaks of.
pub(super) struct Sidecar {
    pub(super) directory: Arc<RelPath>,
    pub(super) name: Box<[u8]>,
    pub(super) media: Vec<Box<[u8]>>,
}

/// How a detached manifest begins what it says of an asset against whose bytes it was held.
const CHECKED: &str = "checked against the bytes beside it: ";

/// The largest detached manifest that is held against media, in bytes.
const STORE_MAX: u64 = 16 << 20;

/// Holds detached C2PA manifests against the media beside them. That is the only sidecar for which
/// media are read: a manifest says of which bytes it speaks.
pub(super) struct Beside<'a> {
    pub(super) root: &'a Root,
    pub(super) reading: Reading<'a>,
    hasher: FileHasher,
}

/// A sidecar or what it speaks of: where it lies, and what the ledger or the record says it holds.
pub(super) struct At<'a> {
    pub(super) path: &'a AssetPath,
    pub(super) asset: AssetId,
}

impl<'a> Beside<'a> {
    pub(super) fn new(root: &'a Root, reading: Reading<'a>) -> Self {
        Self { root, reading, hasher: FileHasher::new() }
    }

    /// What a sidecar says of a media file that is not attached to it yet. `own` is what the sidecar's
    /// bytes show. Where the user stops while media are read for it, it says nothing: what is attached
    /// unchecked would stay.
    pub(super) fn news(
        &mut self,
        sidecar: &At<'_>,
        media: &At<'_>,
        own: &[Evidence],
        attached: &[Evidence],
    ) -> Result<Vec<Evidence>, AppError> {
        let said = said(sidecar.path, own);
        let unsigned = |one: &Evidence| one.detector != C2PA;
        if said.iter().all(unsigned) {
            return Ok(news(&said, attached));
        }
        // Media can be large: what was checked once is not checked again.
        let is_known = |one: &Evidence| attached.iter().any(|known| is_checked(known, one));
        let (mut said, mut signed): (Vec<_>, Vec<_>) = said.into_iter().partition(unsigned);
        if !signed.iter().all(is_known) {
            self.check(sidecar, media, &mut signed);
            self.reading.check()?;
            said.extend(signed);
        }
        Ok(news(&said, attached))
    }

    /// Gives what a detached manifest says the trust that it earns against the bytes of the media beside
    /// it. Where one of the two is not what it was, it stays as it is and is checked the next time.
    fn check(&mut self, sidecar: &At<'_>, media: &At<'_>, signed: &mut [Evidence]) {
        let Self { root, reading, hasher } = self;
        let disk = |at: &At<'_>| root.path.join(at.path.path.as_path());
        let store = reading.look_at(hasher, &disk(sidecar), &sidecar.asset, whole).flatten();
        let Some(store) = store else { return };
        let seen = reading.look_at(hasher, &disk(media), &media.asset, |content, size| {
            let (head, settings) = (content.head(), reading.detection);
            match content {
                Content::Whole(bytes) => {
                    examine_beside(&store, &mut Cursor::new(bytes), size, head, settings)
                }
                Content::File { mut file, .. } => {
                    examine_beside(&store, &mut file, size, head, settings)
                }
            }
        });
        let Some(seen) = seen else { return };
        let seen = seen.map(|seen| said(sidecar.path, &seen));
        for one in signed {
            let same = |seen: &&Evidence| seen.place == one.place && seen.mark == one.mark;
            let found =
                seen.as_ref().map(|seen| seen.iter().find(same).and_then(|seen| seen.trust));
            let result = match found {
                Ok(Some(Trust::Tampered)) => "they are not the bytes that were signed".to_owned(),
                Ok(None | Some(Trust::Invalid)) => "the manifest does not check out".to_owned(),
                Ok(Some(_)) => "they are the bytes that were signed".to_owned(),
                Err(why) => format!("they cannot be: {why}"),
            };
            if let Ok(trust) = found {
                one.trust = Some(trust.unwrap_or(Trust::Invalid));
            }
            let detail = one.detail.take().unwrap_or_default();
            one.detail = Some(format!("{CHECKED}{result}\n{detail}").trim_end().to_owned());
        }
    }
}

/// All of a file, if it is not too large for a manifest.
fn whole(content: Content<'_>, size: u64) -> Option<Vec<u8>> {
    match content {
        Content::Whole(bytes) => Some(bytes.to_vec()),
        Content::File { file, .. } => {
            let mut bytes = Vec::new();
            (size <= STORE_MAX).then(|| file.take(STORE_MAX).read_to_end(&mut bytes).ok())??;
            Some(bytes)
        }
    }
}

/// Whether something attached is what a detached manifest said after it was checked.
fn is_checked(attached: &Evidence, said: &Evidence) -> bool {
    attached.place == said.place
        && attached.mark == said.mark
        && attached.detail.as_ref().is_some_and(|detail| detail.starts_with(CHECKED))
}

/// Attaches what sidecars in a root say to the contents beside them, by what the ledger has at their
/// paths, and their names. What is attached already is not journalled again.
pub(super) fn attach(
    beside: &mut Beside<'_>,
    reader: &Reader,
    ingest: &mut Ingest<'_>,
    sidecars: &[Sidecar],
) -> Result<(), AppError> {
    let root = &beside.root.name.clone();
    for sidecar in sidecars {
        beside.reading.check()?;
        let at = |name: &[u8]| AssetPath::new(root.clone(), sidecar.directory.join(name));
        let path = at(&sidecar.name);
        let Some(asset) = reader.asset_at(&path)? else { continue };
        let Examination { evidence: own, identity, .. } = reader.examination(&asset)?;
        let media_type = reader.asset(&asset)?.map(|row| row.media_type).unwrap_or_default();
        let names = names(&path, &media_type, identity.as_deref());
        if said(&path, &own).is_empty() && names.is_empty() {
            continue;
        }
        for media in &sidecar.media {
            let path_of_media = at(media);
            let Some(of_media) = reader.asset_at(&path_of_media)? else { continue };
            let sidecar = At { path: &path, asset };
            let media = At { path: &path_of_media, asset: of_media };
            let new = beside.news(&sidecar, &media, &own, &reader.attached(&of_media)?)?;
            ingest.attach(of_media, new)?;
            let new = names.beyond(&reader.named_beside(&of_media)?);
            ingest.name(NamedBeside(of_media, asset, new))?;
        }
    }
    Ok(())
}

/// What a sidecar's own marks say of the media beside it. What its name or place says is its own. What
/// is attached stays, and a trust list can be taken back: so a signature in a sidecar is called
/// untrusted at best, and can raise suspicion and never lower it.
fn said(sidecar: &AssetPath, evidence: &[Evidence]) -> Vec<Evidence> {
    let own = evidence.iter().filter(|one| one.rule.is_none() && one.detector != "file-name");
    own.map(|one| Evidence {
        trust: one.trust.map(|trust| trust.max(Trust::ValidUntrusted)),
        place: format!("sidecar {sidecar}, {}", one.place),
        ..one.clone()
    })
    .collect()
}

/// What a sidecar's names are for the media beside it: it is what they are about. Media that are only
/// called like a sidecar keep theirs.
pub(super) fn names(
    sidecar: &AssetPath,
    media_type: &str,
    identity: Option<&Identity>,
) -> Identity {
    let about_media = identity.filter(|_| SIDECARS.contains(&media_type));
    let mut names = about_media.cloned().unwrap_or_default();
    for one in &mut names.from {
        one.place = format!("sidecar {sidecar}, {}", one.place);
    }
    names
}

/// What of it is not attached yet.
fn news(said: &[Evidence], attached: &[Evidence]) -> Vec<Evidence> {
    said.iter().filter(|one| !attached.contains(one)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::app::{Context, Follower};
    use crate::clock::SystemClock;
    use crate::detect::Settings;
    use crate::model::{AiStatus, RootName, SourceType, Strength};
    use crate::origin::Origin;
    use crate::problem::Silent;

    fn mark(detector: &str, rule: Option<&str>) -> Evidence {
        Evidence {
            source_type: Some(SourceType::DigitalCapture),
            trust: Some(Trust::Trusted),
            rule: rule.map(str::to_owned),
            ..Evidence::new(detector, Strength::Signed, "a mark", "a place")
        }
    }

    #[test]
    fn a_trusted_capture_claim_in_a_sidecar_clears_nothing() {
        let path = AssetPath::new(RootName::project(), RelPath::new("a.c2pa").unwrap());
        let capture = mark("c2pa", None);
        assert_eq!(Origin::of(std::slice::from_ref(&capture), None).status, AiStatus::NotAi);
        let said = said(&path, &[capture]);
        assert_eq!(Origin::of(&said, None).status, AiStatus::Unknown);
        assert_eq!(said[0].place, "sidecar a.c2pa, a place");
    }

    #[test]
    fn a_manifest_says_nothing_where_the_user_stopped_before_it_was_checked() {
        let at = |name: &str| AssetPath::new(RootName::project(), RelPath::new(name).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let root = Root { name: RootName::project(), named: path.clone(), path };
        let (detection, cancel) = (Settings::default(), AtomicBool::new(true));
        let context = Context {
            clock: &SystemClock,
            reporter: &Silent,
            actor: "kim".to_owned(),
            cwd: folder.path().to_owned(),
            cancel: &cancel,
            follower: Follower::default(),
        };
        let reading = Reading::new(&context, &detection);
        let (sidecar, media) = (at("a.c2pa"), at("a.png"));
        let asset = AssetId::from(blake3::hash(b"any"));
        let (sidecar, media) = (At { path: &sidecar, asset }, At { path: &media, asset });
        let own = [mark(C2PA, None)];
        let news = Beside::new(&root, reading).news(&sidecar, &media, &own, &[]);
        assert!(matches!(news, Err(AppError::Interrupted)), "{news:?}");
    }

    #[test]
    fn what_the_name_and_the_place_of_a_sidecar_say_is_its_own() {
        let path = AssetPath::new(RootName::project(), RelPath::new("AI/a.xmp").unwrap());
        assert!(
            said(&path, &[mark("file-name", None), mark("path-rule", Some("AI/**"))]).is_empty()
        );
    }
}
