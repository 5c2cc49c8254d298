//! What sidecars say, attached to the media beside them. It stays there when the sidecar is renamed,
//! changed or removed; a sidecar that says something new is attached anew, without reading the media.

use std::sync::Arc;

use crate::app::AppError;
use crate::app::ingest::Ingest;
use crate::ledger::Reader;
use crate::model::{AssetPath, Evidence, RelPath, RootName, Trust};

/// A sidecar and the files of its folder that it speaks of.
pub(super) struct Sidecar {
    pub(super) directory: Arc<RelPath>,
    pub(super) name: Box<[u8]>,
    pub(super) media: Vec<Box<[u8]>>,
}

/// Attaches what sidecars in a root say to the contents beside them, by what the ledger has at their
/// paths. What is attached already is not journalled again.
pub(super) fn attach(
    reader: &Reader,
    ingest: &mut Ingest<'_>,
    root: &RootName,
    sidecars: &[Sidecar],
) -> Result<(), AppError> {
    for sidecar in sidecars {
        let at = |name: &[u8]| AssetPath::new(root.clone(), sidecar.directory.join(name));
        let path = at(&sidecar.name);
        let Some(asset) = reader.asset_at(&path)? else { continue };
        let said = said(&path, &reader.examination(&asset)?.evidence);
        if said.is_empty() {
            continue;
        }
        for media in &sidecar.media {
            let Some(asset) = reader.asset_at(&at(media))? else { continue };
            let new = news(&said, &reader.attached(&asset)?);
            ingest.attach(asset, new)?;
        }
    }
    Ok(())
}

/// What a sidecar's own marks say of the media beside it. What its name or place says is its own. Nobody
/// checked that a signed manifest was made for these media, so it can raise suspicion and never
/// lower it: no signature in a sidecar is trusted.
pub(super) fn said(sidecar: &AssetPath, evidence: &[Evidence]) -> Vec<Evidence> {
    let own = evidence.iter().filter(|one| one.rule.is_none() && one.detector != "file-name");
    own.map(|one| Evidence {
        trust: one.trust.map(|trust| trust.max(Trust::ValidUntrusted)),
        place: format!("sidecar {sidecar}, {}", one.place),
        ..one.clone()
    })
    .collect()
}

/// What of it is not attached yet.
pub(super) fn news(said: &[Evidence], attached: &[Evidence]) -> Vec<Evidence> {
    said.iter().filter(|one| !attached.contains(one)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AiStatus, SourceType, Strength};
    use crate::origin::Origin;

    fn mark(detector: &str, rule: Option<&str>) -> Evidence {
        Evidence {
            detector: detector.to_owned(),
            mark: "a mark".to_owned(),
            place: "a place".to_owned(),
            strength: Strength::Signed,
            source_type: Some(SourceType::DigitalCapture),
            tool: None,
            model: None,
            signer: None,
            trust: Some(Trust::Trusted),
            detail: None,
            value: None,
            rule: rule.map(str::to_owned),
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
    fn what_the_name_and_the_place_of_a_sidecar_say_is_its_own() {
        let path = AssetPath::new(RootName::project(), RelPath::new("AI/a.xmp").unwrap());
        assert!(
            said(&path, &[mark("file-name", None), mark("path-rule", Some("AI/**"))]).is_empty()
        );
    }
}
