//! The only file that names the `c2pa` library: one store in, a plain graph out. No network: remote
//! manifests, OCSP and the resolution of identities are off, and every host is refused besides.

use std::collections::BTreeMap;
use std::io::{Cursor, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use c2pa::jumbf_io::load_jumbf_from_stream;
use c2pa::{Context, Ingredient, Manifest as Signed, Reader, Relationship, ValidationState};

use crate::detect::Settings;
use crate::detect::block::{Block, Content, Store};
use crate::detect::bytes::Source;
use crate::detect::marks::c2pa::graph::{Edge, Graph, Input, Manifest, Relation};
use crate::detect::marks::c2pa::lengths;
use crate::model::{GivenName, NameKind, Trust};

/// Settings that no configuration can loosen.
const OFFLINE: &str = r#"{
    "version": 1,
    "verify": {
        "verify_after_reading": true,
        "ocsp_fetch": false,
        "remote_manifest_fetch": false
    },
    "core": {
        "decode_identity_assertions": false,
        "allowed_network_hosts": [],
        "backing_store_memory_threshold_in_mb": 64
    }
}"#;

/// Builds the library's context once for all assets.
pub fn context(trust_anchors: Option<&str>) -> Result<Arc<Context>, String> {
    let mut settings =
        c2pa::Settings::new().with_json(OFFLINE).map_err(|error| error.to_string())?;
    settings.trust.trust_anchors = trust_anchors.map(str::to_owned);
    Context::new()
        .with_settings(settings)
        .map(Context::into_shared)
        .map_err(|error| error.to_string())
}

/// The library's name for a media type that we sniffed. It would trust an extension otherwise.
fn format(media_type: &str) -> Option<&'static str> {
    Some(match media_type {
        "image/jpeg" => "image/jpeg",
        "image/png" => "image/png",
        "image/webp" => "image/webp",
        "image/gif" => "image/gif",
        "image/tiff" => "image/tiff",
        "image/x-adobe-dng" => "image/x-adobe-dng",
        "image/svg+xml" => "image/svg+xml",
        "image/heic" => "image/heic",
        "image/heif" => "image/heif",
        "image/avif" => "image/avif",
        "image/jxl" => "image/jxl",
        "video/mp4" => "video/mp4",
        "video/quicktime" => "video/quicktime",
        "audio/mp4" => "audio/mp4",
        "video/x-msvideo" => "video/avi",
        "audio/wav" => "audio/wav",
        "audio/mpeg" => "audio/mpeg",
        "audio/flac" => "audio/flac",
        _ => return None,
    })
}

/// Up to this many bytes assets are checked by as many threads as like to. The library takes as much
/// memory as the asset has bytes, up to three times 256 MiB: larger ones wait for each other, so that it
/// takes that much once and not once a thread.
const TOGETHER_MAX: u64 = 32 << 20;

/// Reads and validates the store of an asset.
pub fn read(
    source: &mut dyn Source,
    media_type: &str,
    block: &Block,
    settings: &Settings,
) -> Result<Graph, String> {
    let detached = media_type == "application/c2pa";
    guarded(source, settings, detached, |reader, source| match &block.content {
        Content::C2pa(Store::Extracted(store)) if detached => {
            lengths::check(store)?;
            let nothing = Cursor::new(Vec::new());
            reader.with_manifest_data_and_stream(store, "application/c2pa", nothing).map_err(said)
        }
        Content::C2pa(Store::Extracted(store)) => against(reader, store, ANY, source),
        _ => {
            let format = format(media_type)
                .ok_or_else(|| format!("{media_type} is not a format the library reads"))?;
            let mut source = source;
            let store = load_jumbf_from_stream(format, &mut source).map_err(said)?;
            against(reader, &store, format, source)
        }
    })
}

/// Reads a store that was kept beside an asset, and validates it against the bytes of that asset.
pub fn read_beside(
    source: &mut dyn Source,
    media_type: &str,
    store: &[u8],
    settings: &Settings,
) -> Result<Graph, String> {
    let format = format(media_type).unwrap_or(ANY);
    guarded(source, settings, false, |reader, source| against(reader, store, format, source))
}

/// Reads a store whose file the library refuses, so that nothing binds it to the bytes there: what is whole by
/// itself is `tampered`, as if they were others.
pub fn read_apart(store: &[u8], settings: &Settings) -> Result<Graph, String> {
    let mut nothing = Cursor::new(Vec::new());
    let mut graph = guarded(&mut nothing, settings, false, |reader, source| {
        against(reader, store, ANY, source)
    })?;
    if let Some(active) = graph.manifests.get_mut(&graph.active)
        && active.trust != Trust::Invalid
    {
        active.trust = Trust::Tampered;
    }
    Ok(graph)
}

/// What the library takes for a format that it knows nothing of: bytes.
const ANY: &str = "application/octet-stream";

fn against(
    reader: Reader,
    store: &[u8],
    format: &str,
    source: &mut dyn Source,
) -> Result<Reader, String> {
    lengths::check(store)?;
    source.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    reader.with_manifest_data_and_stream(store, format, source).map_err(said)
}

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn said(error: c2pa::Error) -> String {
    error.to_string().replace('\n', " ")
}

/// Runs the library. It is large and works on hostile data: a panic in it is a problem of this asset.
fn guarded(
    source: &mut dyn Source,
    settings: &Settings,
    detached: bool,
    run: impl FnOnce(Reader, &mut dyn Source) -> Result<Reader, String>,
) -> Result<Graph, String> {
    let context = settings.context()?;
    let size = source.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
    source.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    let _alone = (size > TOGETHER_MAX).then(|| settings.large());
    let result = catch_unwind(AssertUnwindSafe(|| {
        let reader = run(Reader::from_shared_context(&context), source)?;
        graph(&reader, detached).ok_or_else(|| "no active manifest".to_owned())
    }));
    result.unwrap_or_else(|_| Err("the c2pa library panicked on it".to_owned()))
}

fn graph(reader: &Reader, detached: bool) -> Option<Graph> {
    let active = reader.active_label()?.to_owned();
    let mut checks = Checks::of(reader, &active);
    if detached {
        // The asset is elsewhere: that these bytes are not its bytes says nothing. Nor can such a
        // manifest speak for any asset, so it is never trusted here.
        checks.failures.retain(|(code, _)| !binds_bytes(code));
        checks.state = ValidationState::Valid;
    }
    let mut manifests: BTreeMap<String, Manifest> = reader
        .manifests()
        .iter()
        .map(|(label, signed)| (label.clone(), manifest(label, signed, &checks)))
        .collect();
    texts(reader, &mut manifests);
    manifests.contains_key(&active).then_some(Graph { active, manifests })
}

fn manifest(label: &str, signed: &Signed, checks: &Checks) -> Manifest {
    let mut generators: Vec<String> = signed
        .claim_generator_info
        .iter()
        .flatten()
        .map(|info| match &info.version {
            Some(version) => format!("{}/{version}", info.name),
            None => info.name.clone(),
        })
        .collect();
    generators.extend(signed.claim_generator().map(str::to_owned));
    let (trust, codes) = checks.of_manifest(label, signed);
    Manifest {
        label: label.to_owned(),
        generators,
        issuer: signed.issuer(),
        common_name: signed.common_name(),
        time: signed.time(),
        assertions: signed
            .assertions()
            .iter()
            .filter_map(|assertion| {
                let value = assertion.value().ok()?;
                Some((assertion.label_with_instance(), value.clone()))
            })
            .collect(),
        ingredients: signed.ingredients().iter().map(edge).collect(),
        trust,
        codes,
    }
}

fn edge(ingredient: &Ingredient) -> Edge {
    Edge {
        relation: match ingredient.relationship() {
            Relationship::ParentOf => Relation::ParentOf,
            Relationship::ComponentOf => Relation::ComponentOf,
            Relationship::InputTo => Relation::InputTo,
        },
        label: ingredient.active_manifest().map(str::to_owned),
        title: ingredient.title().map(str::to_owned),
        names: Some((NameKind::Instance, ingredient.instance_id()))
            .into_iter()
            .chain(ingredient.document_id().map(|id| (NameKind::Document, id)))
            .map(|(kind, id)| GivenName(kind, id.trim().to_owned()))
            .collect(),
        input: ingredient
            .data_types()
            .into_iter()
            .flatten()
            .find_map(|data| Input::of(&data.asset_type)),
        text: None,
    }
}

/// Reads what prompts and seeds hold into their ingredients. Every ingredient may name the same data, so there
/// is a bound to how many are read.
fn texts(reader: &Reader, manifests: &mut BTreeMap<String, Manifest>) {
    /// Of a store.
    const TEXTS_MAX: usize = 16;
    let given = |edge: &&mut Edge| matches!(edge.input, Some(Input::Prompt | Input::Seed));
    let mut left = TEXTS_MAX;
    for (label, manifest) in manifests {
        let signed = reader.get_manifest(label).into_iter().flat_map(Signed::ingredients);
        let edges = manifest.ingredients.iter_mut().zip(signed);
        for (edge, ingredient) in edges.filter(|(edge, _)| given(edge)).take(left) {
            left -= 1;
            edge.text = ingredient.data_ref().and_then(|data| {
                let mut text = Cursor::new(Vec::new());
                reader.resource_to_stream(&data.identifier, &mut text).ok()?;
                String::from_utf8(text.into_inner()).ok()
            });
        }
    }
}

/// All that validation said, by code and the address it is about.
struct Checks {
    active: String,
    state: ValidationState,
    failures: Vec<(String, String)>,
    successes: Vec<(String, String)>,
    ingredient_failures: Vec<(String, String)>,
}

impl Checks {
    fn of(reader: &Reader, active: &str) -> Self {
        let pair = |status: &c2pa::validation_status::ValidationStatus| {
            (status.code().to_owned(), status.url().unwrap_or_default().to_owned())
        };
        let results = reader.validation_results();
        let codes = results.and_then(c2pa::ValidationResults::active_manifest);
        let list = |of: fn(&c2pa::validation_results::StatusCodes) -> &Vec<_>| {
            codes.map(|codes| of(codes).iter().map(pair).collect::<Vec<_>>())
        };
        let ingredient_failures = results
            .and_then(c2pa::ValidationResults::ingredient_deltas)
            .into_iter()
            .flatten()
            .flat_map(|delta| delta.validation_deltas().failure().iter().map(pair))
            .collect();
        let failures = list(|codes| codes.failure()).unwrap_or_else(|| {
            reader.validation_status().unwrap_or_default().iter().map(pair).collect()
        });
        Self {
            active: active.to_owned(),
            state: reader.validation_state(),
            failures,
            successes: list(|codes| codes.success()).unwrap_or_default(),
            ingredient_failures,
        }
    }

    fn of_manifest(&self, label: &str, signed: &Signed) -> (Trust, Vec<String>) {
        let is_active = label == self.active;
        let failures: Vec<&str> = if is_active {
            self.failures.iter().map(|(code, _)| code.as_str()).collect()
        } else {
            self.ingredient_failures
                .iter()
                .chain(&self.failures)
                .filter(|(_, url)| url.contains(label))
                .map(|(code, _)| code.as_str())
                .collect()
        };
        let succeeded = |code: &str| {
            self.successes
                .iter()
                .any(|(name, url)| name == code && (is_active || url.contains(label)))
        };
        let mut codes: Vec<String> = Vec::new();
        for code in &failures {
            if !codes.iter().any(|known| known == code) {
                codes.push((*code).to_owned());
            }
        }
        let signature = !is_active || succeeded("claimSignature.validated");
        let trusted = succeeded("signingCredential.trusted")
            && (!is_active || self.state == ValidationState::Trusted)
            && signed.signature_info().is_some();
        (trust(&failures, signature, trusted), codes)
    }
}

/// Codes that say the bytes of the asset are not those that were signed.
fn binds_bytes(code: &str) -> bool {
    matches!(
        code,
        "assertion.dataHash.mismatch"
            | "assertion.bmffHash.mismatch"
            | "assertion.boxesHash.mismatch"
            | "assertion.boxesHash.unknownBox"
            | "assertion.collectionHash.mismatch"
    )
}

/// One word from the four facts, the worst first.
fn trust(failures: &[&str], signature: bool, trusted: bool) -> Trust {
    let any = |test: fn(&str) -> bool| failures.iter().any(|code| test(code));
    // What is wrong only with the certificate or with what a third party says leaves the manifest
    // itself whole; so does an assertion that breaks a rule of form under a good signature.
    let whole = |code: &str| {
        code.starts_with("signingCredential.")
            || code.starts_with("timeStamp.")
            || code.starts_with("cawg.")
            || binds_bytes(code)
            || matches!(code, "claimSignature.outsideValidity" | "assertion.action.malformed")
    };
    if !signature || !failures.iter().all(|code| whole(code)) {
        Trust::Invalid
    } else if any(binds_bytes) {
        Trust::Tampered
    } else if any(|code| {
        matches!(code, "signingCredential.expired" | "claimSignature.outsideValidity")
    }) {
        Trust::Expired
    } else if trusted && failures.is_empty() {
        Trust::Trusted
    } else {
        Trust::ValidUntrusted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_kept_apart() {
        let untrusted = "signingCredential.untrusted";
        let cases: &[(&[&str], bool, bool, Trust)] = &[
            (&[], true, true, Trust::Trusted),
            (&[untrusted], true, false, Trust::ValidUntrusted),
            (&["signingCredential.expired", untrusted], true, false, Trust::Expired),
            (&["assertion.dataHash.mismatch", untrusted], true, false, Trust::Tampered),
            (&["assertion.hashedURI.mismatch"], true, true, Trust::Invalid),
            (&["claimSignature.mismatch"], false, false, Trust::Invalid),
            (&["assertion.action.malformed"], true, true, Trust::ValidUntrusted),
        ];
        for (failures, signature, trusted, expected) in cases {
            assert_eq!(trust(failures, *signature, *trusted), *expected, "{failures:?}");
        }
    }

    #[test]
    fn the_context_is_offline() {
        let context = context(None).unwrap();
        let verify = &context.settings().verify;
        assert!(!verify.remote_manifest_fetch && !verify.ocsp_fetch);
        assert_eq!(context.settings().core.allowed_network_hosts, Some(Vec::new()));
        assert!(!context.settings().core.decode_identity_assertions);
    }
}
